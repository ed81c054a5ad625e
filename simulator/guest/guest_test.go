package guest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oslua/oslua/simulator/compute"
)

func TestPasswordsFollowFromWhatTheServerWasGiven(t *testing.T) {
	for _, c := range []struct {
		name     string
		guest    compute.Guest
		want     map[string]string
		hostname string
		noPass   bool
		commands []string
	}{
		{"cirros", compute.Guest{User: "cirros", Hostname: "h"}, map[string]string{"cirros": "gocubsgo"}, "h", false, nil},
		{"an image with a root password", compute.Guest{User: "ubuntu", RootPassword: "pw"}, map[string]string{"root": "pw"}, "", false, nil},
		{"password", compute.Guest{User: "ubuntu", UserData: "#cloud-config\npassword: p\nhostname: x\n"},
			map[string]string{"ubuntu": "p", "root": "p"}, "x", false, nil},
		{"chpasswd as a text", compute.Guest{User: "ubuntu", UserData: "#cloud-config\nchpasswd:\n  list: |\n    root:a\n    u:b:c\n"},
			map[string]string{"root": "a", "u": "b:c"}, "", false, nil},
		{"chpasswd as a list", compute.Guest{User: "ubuntu", UserData: "#cloud-config\nchpasswd: {list: ['root:a']}\n"},
			map[string]string{"root": "a"}, "", false, nil},
		{"chpasswd as users", compute.Guest{User: "ubuntu", UserData: "#cloud-config\nchpasswd: {users: [{name: root, password: a}]}\n"},
			map[string]string{"root": "a"}, "", false, nil},
		{"no passwords over ssh", compute.Guest{User: "ubuntu", UserData: "#cloud-config\nssh_pwauth: false\n"}, map[string]string{}, "", true, nil},
		{"runcmd", compute.Guest{User: "ubuntu", UserData: "#cloud-config\nruncmd: [ls, [echo, it's]]\n"}, map[string]string{}, "", false,
			[]string{"ls", `'echo' 'it'\''s'`}},
		{"a script", compute.Guest{User: "ubuntu", UserData: "#!/bin/sh\necho hello\n"}, map[string]string{}, "", false, []string{"\necho hello\n"}},
		{"broken YAML is passed over", compute.Guest{User: "cirros", UserData: "#cloud-config\n\tpassword: ["}, map[string]string{"cirros": "gocubsgo"}, "", false, nil},
		{"anything else is passed over", compute.Guest{User: "ubuntu", UserData: "password: p"}, map[string]string{}, "", false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := accountsOf(c.guest)
			if diff := cmp.Diff(c.want, a.passwords); diff != "" {
				t.Errorf("passwords (-want +got):\n%s", diff)
			}
			if a.hostname != c.hostname || a.noPass != c.noPass || !slices.Equal(a.commands, c.commands) {
				t.Errorf("got hostname %q, noPass %v, commands %q", a.hostname, a.noPass, a.commands)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for script, want := range map[string][]step{
		``:                   nil,
		`  # only a remark`:  nil,
		`echo a\ b "c d" ''`: {{words: []string{"echo", "a b", "c d", ""}}},
		`a && b || c; d | e`: {{words: []string{"a"}, join: "&&"}, {words: []string{"b"}, join: "||"}, {words: []string{"c"}, join: ";"},
			{words: []string{"d"}, join: "|"}, {words: []string{"e"}}},
		`echo x >f; echo y >> g`: {{words: []string{"echo", "x"}, to: "f", join: ";"}, {words: []string{"echo", "y"}, to: "g", append: true}},
		"a\nb":                   {{words: []string{"a"}, join: ";"}, {words: []string{"b"}}},
		`> f`:                    {{to: "f"}},
	} {
		got, err := parse(script)
		if err != nil {
			t.Errorf("%q: %v", script, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(step{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", script, diff)
		}
	}
	if _, err := parse(`echo 'open`); err == nil {
		t.Error("an open quote is no error")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`a 'b' && c > d | e \`)
	f.Fuzz(func(_ *testing.T, script string) {
		_, _ = parse(script) // must neither panic nor loop
	})
}
