package cloudinit

import (
	"strings"
	"testing"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
)

func TestText(t *testing.T) {
	c := Config{
		Hostname: "web", Password: "secret: #1", SSHKeys: []string{"ssh-ed25519 AAAA me"},
		Users:      []any{"default", map[string]any{"name": "me", "sudo": "ALL=(ALL) NOPASSWD:ALL"}},
		Packages:   []any{"curl", []any{"nginx", "1.0"}},
		WriteFiles: []File{{Path: "/etc/motd", Content: "hi\n: there\n", Permissions: "0644"}},
		Runcmd:     []any{"echo yes: no > /x", []any{"ls", "-l", int64(1)}},
		More:       map[string]any{"swap": map[string]any{"size": int64(1), "filename": "/s"}, "ntp": map[string]any{"enabled": true}},
	}
	const want = `#cloud-config
hostname: web
password: 'secret: #1'
chpasswd:
  expire: false
ssh_pwauth: true
ssh_authorized_keys:
  - ssh-ed25519 AAAA me
users:
  - default
  - name: me
    sudo: ALL=(ALL) NOPASSWD:ALL
packages:
  - curl
  - - nginx
    - "1.0"
write_files:
  - content: |
      hi
      : there
    path: /etc/motd
    permissions: "0644"
runcmd:
  - 'echo yes: no > /x'
  - - ls
    - -l
    - 1
ntp:
  enabled: true
swap:
  filename: /s
  size: 1
`
	for range 5 {
		got, err := c.Text("servers.create.cloud_init")
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestPasswords(t *testing.T) {
	c := Config{Password: "x", SSHPwauth: schema.Some(false), ChPasswd: &ChPasswd{Expire: schema.Some(true), Users: map[string]string{"root": "r", "me": "m"}}}
	got, err := c.Text("x")
	if err != nil {
		t.Fatal(err)
	}
	const want = "#cloud-config\npassword: x\nchpasswd:\n  expire: true\n  users:\n    - name: me\n      password: m\n      type: text\n" +
		"    - name: root\n      password: r\n      type: text\nssh_pwauth: false\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		config   Config
		op, says string
	}{
		"nothing":      {Config{}, "x", "nothing to do"},
		"private key":  {Config{SSHKeys: []string{"-----BEGIN PRIVATE KEY-----"}}, "x.ssh_authorized_keys[1]", "no public key"},
		"relative":     {Config{WriteFiles: []File{{Path: "motd"}}}, "x.write_files[1].path", "begin with /"},
		"mode":         {Config{WriteFiles: []File{{Path: "/motd", Permissions: "rw"}}}, "x.write_files[1].permissions", "no mode"},
		"command":      {Config{Runcmd: []any{"ls", true}}, "x.runcmd[2]", "text or a list"},
		"nameless":     {Config{Users: []any{map[string]any{"sudo": "x"}}}, "x.users[1]", "needs a name"},
		"twice":        {Config{Hostname: "a", More: map[string]any{"hostname": "b"}}, "x.more", "option of its own"},
		"far too long": {Config{FinalMessage: strings.Repeat("x", 60000)}, "x", "65535"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.config.Text("x")
			e, ok := err.(*errs.Error)
			if !ok || e.Code != errs.BadArgument || e.Op != c.op || !strings.Contains(e.Message, c.says) {
				t.Errorf("got %v (%+v)", err, e)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for text, says := range map[string]string{
		"#!/bin/sh\necho hi":                "",
		"#cloud-config\npackages: [curl]\n": "",
		"#cloud-config\r\nhostname: x\r\n":  "",
		"#cloud-config\n":                   "",
		"{\"ignition\": {}}":                "",
		"# cloud-config\nhostname: x":       "first line",
		"#cloud_config\nhostname: x":        "first line",
		"cloud-config\nhostname: x":         "first line",
		"password: x\nssh_pwauth: true\n":   "header",
		"---\npackages:\n  - curl\n":        "header",
		"\n#cloud-config\nhostname: x\n":    "header",
		"interface: eth0\naddress: x\n":     "",
		"users of this machine":             "",
		"#cloud-config\nruncmd: [a\n":       "no YAML",
		"#cloud-config\n- a\n- b\n":         "names and values",
		"#cloud-config\nhostname: a: b":     "no YAML",
	} {
		err := Check("x", text)
		switch {
		case says == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says)):
			t.Errorf("%q: got %v, want %q", text, err, says)
		}
	}
}
