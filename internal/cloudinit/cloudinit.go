// Package cloudinit writes the user data that cloud-init reads in a server's first minute, and checks what others wrote.
package cloudinit

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
)

// Header is the first line of a cloud-config: without it cloud-init passes the whole text over.
const Header = "#cloud-config"

// MaxSize is the longest user data the compute service takes, in base64.
const MaxSize = 65535

// Config is what a server does when it starts for the first time.
type Config struct {
	Hostname       string           `lua:"hostname" json:"hostname" doc:"Name the server gives itself."`
	FQDN           string           `lua:"fqdn" json:"fqdn" doc:"The same with its domain."`
	ManageEtcHosts schema.Opt[bool] `lua:"manage_etc_hosts" json:"manage_etc_hosts" doc:"Whether its name is put into /etc/hosts."`
	Password       string           `lua:"password" json:"password" doc:"Password of the image's own user. Unless chpasswd and ssh_pwauth say otherwise, it does not expire and SSH takes it."`
	ChPasswd       *ChPasswd        `lua:"chpasswd" json:"-" doc:"Passwords of users: { expire = false, users = { root = \"secret\" } }."`
	SSHPwauth      schema.Opt[bool] `lua:"ssh_pwauth" json:"ssh_pwauth" doc:"Whether SSH takes passwords."`
	DisableRoot    schema.Opt[bool] `lua:"disable_root" json:"disable_root" doc:"Whether root may not come in by SSH."`
	SSHKeys        []string         `lua:"ssh_authorized_keys" json:"ssh_authorized_keys" doc:"Public keys the image's own user takes, as lines of authorized_keys."`
	Groups         []string         `lua:"groups" json:"groups" doc:"Groups to make."`
	Users          []any            `lua:"users" json:"-" doc:"Users to make: \"default\" for the image's own, or tables { name = ..., sudo = ..., ssh_authorized_keys = ... }."`
	PackageUpdate  schema.Opt[bool] `lua:"package_update" json:"package_update" doc:"Whether the list of packages is fetched first."`
	PackageUpgrade schema.Opt[bool] `lua:"package_upgrade" json:"package_upgrade" doc:"Whether all packages are brought up to date."`
	Packages       []any            `lua:"packages" json:"-" doc:"Packages to install: names, or { name, version }."`
	WriteFiles     []File           `lua:"write_files" json:"-" doc:"Files to write: { path = ..., content = ..., permissions = \"0644\" }."`
	Bootcmd        []any            `lua:"bootcmd" json:"-" doc:"Commands to run early at each boot: text for the shell, or lists of words."`
	Runcmd         []any            `lua:"runcmd" json:"-" doc:"Commands to run at the end of the first boot: text for the shell, or lists of words."`
	Timezone       string           `lua:"timezone" json:"timezone" doc:"Time zone: \"Asia/Seoul\"."`
	Locale         string           `lua:"locale" json:"locale" doc:"Locale: \"ko_KR.UTF-8\"."`
	FinalMessage   string           `lua:"final_message" json:"final_message" doc:"Line for the console when all is done: servers.wait_console can wait for it."`
	More           map[string]any   `lua:"more" json:"-" doc:"Other members of the cloud-config, as its documentation names them."`
}

// ChPasswd sets passwords of users.
type ChPasswd struct {
	Expire schema.Opt[bool]  `lua:"expire" json:"expire" default:"false" doc:"Whether each has to be changed at the first login."`
	Users  map[string]string `lua:"users" json:"-" doc:"Passwords by user."`
}

// File is a file to write.
type File struct {
	Path        string           `lua:"path,required" json:"path" doc:"Where: an absolute path."`
	Content     string           `lua:"content" json:"content" doc:"What is in it."`
	Permissions string           `lua:"permissions" json:"permissions" default:"0644" doc:"Its mode, as text: \"0755\"."`
	Owner       string           `lua:"owner" json:"owner" default:"root:root" doc:"Whose it is."`
	Append      schema.Opt[bool] `lua:"append" json:"append" doc:"Whether to add to what is there."`
	Defer       schema.Opt[bool] `lua:"defer" json:"defer" doc:"Whether to write it last, when users and packages are there."`
}

// Text writes the cloud-config: the same one for the same Config, always. op is whose option it is, for errors.
func (c *Config) Text(op string) (string, error) {
	if err := c.check(op); err != nil {
		return "", err
	}
	doc := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value any) error {
		n := &yaml.Node{}
		if err := n.Encode(value); err != nil {
			return fault(op+"."+key, "%s", err)
		}
		doc.Content = append(doc.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, n)
		return nil
	}
	plain, err := schema.Body(c)
	if err != nil {
		return "", err
	}
	var chpasswd any
	if c.Password != "" || c.ChPasswd != nil {
		chpasswd = c.passwords()
	}
	if c.Password != "" && !c.SSHPwauth.Set {
		plain["ssh_pwauth"] = true
	}
	files := make([]any, len(c.WriteFiles))
	for i := range c.WriteFiles {
		if files[i], err = schema.Body(&c.WriteFiles[i]); err != nil {
			return "", err
		}
	}
	// In the order of their happening, which is that of reading.
	for _, m := range []struct {
		key   string
		value any
	}{
		{"hostname", plain["hostname"]}, {"fqdn", plain["fqdn"]}, {"manage_etc_hosts", plain["manage_etc_hosts"]},
		{"password", plain["password"]}, {"chpasswd", chpasswd}, {"ssh_pwauth", plain["ssh_pwauth"]}, {"disable_root", plain["disable_root"]},
		{"ssh_authorized_keys", plain["ssh_authorized_keys"]}, {"groups", plain["groups"]}, {"users", some(c.Users)},
		{"timezone", plain["timezone"]}, {"locale", plain["locale"]}, {"bootcmd", some(c.Bootcmd)},
		{"package_update", plain["package_update"]}, {"package_upgrade", plain["package_upgrade"]}, {"packages", some(c.Packages)},
		{"write_files", some(files)}, {"runcmd", some(c.Runcmd)}, {"final_message", plain["final_message"]},
	} {
		if _, twice := c.More[m.key]; twice {
			return "", fault(op+".more", "%s is an option of its own", m.key).WithHint("give it outside more")
		}
		if m.value == nil {
			continue
		}
		if err := add(m.key, m.value); err != nil {
			return "", err
		}
	}
	if len(c.More) > 0 {
		more := &yaml.Node{}
		if err := more.Encode(c.More); err != nil { // yaml sorts the keys of a map
			return "", fault(op+".more", "%s", err)
		}
		doc.Content = append(doc.Content, more.Content...)
	}
	if len(doc.Content) == 0 {
		return "", fault(op, "nothing to do").WithHint("name at least one option: packages, runcmd, password …")
	}
	var b bytes.Buffer
	b.WriteString(Header + "\n")
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(doc), enc.Close()); err != nil {
		return "", fault(op, "%s", err)
	}
	return b.String(), Check(op, b.String())
}

func some(list []any) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

// passwords is the chpasswd member. A password made for a lab that has to be changed at the first login helps nobody, so
// it does not expire unless that is said.
func (c *Config) passwords() any {
	out := map[string]any{"expire": false}
	if c.ChPasswd == nil {
		return out
	}
	out["expire"] = c.ChPasswd.Expire.Or(false)
	var names []string
	for name := range c.ChPasswd.Users {
		names = append(names, name)
	}
	slices.Sort(names)
	var users []any
	for _, name := range names {
		users = append(users, map[string]any{"name": name, "password": c.ChPasswd.Users[name], "type": "text"})
	}
	if users != nil {
		out["users"] = users
	}
	return out
}

// check looks at the parts whose form the types do not say.
func (c *Config) check(op string) error {
	for i, k := range c.SSHKeys {
		if f := strings.Fields(k); strings.Contains(k, "PRIVATE KEY") || len(f) < 2 {
			return fault(fmt.Sprintf("%s.ssh_authorized_keys[%d]", op, i+1), "this is no public key").
				WithHint("want a line as in a file whose name ends in .pub: \"ssh-ed25519 AAAA... me\"")
		}
	}
	for i, f := range c.WriteFiles {
		if !strings.HasPrefix(f.Path, "/") {
			return fault(fmt.Sprintf("%s.write_files[%d].path", op, i+1), "%q does not begin with /", f.Path).WithHint("write an absolute path")
		}
		if strings.Trim(f.Permissions, "01234567") != "" {
			return fault(fmt.Sprintf("%s.write_files[%d].permissions", op, i+1), "%q is no mode", f.Permissions).WithHint(`want octal digits as text: "0644"`)
		}
	}
	for key, list := range map[string][]any{"runcmd": c.Runcmd, "bootcmd": c.Bootcmd, "packages": c.Packages} {
		for i, e := range list {
			if err := words(fmt.Sprintf("%s.%s[%d]", op, key, i+1), e); err != nil {
				return err
			}
		}
	}
	for i, u := range c.Users {
		at := fmt.Sprintf("%s.users[%d]", op, i+1)
		switch u := u.(type) {
		case string:
		case map[string]any:
			if name, ok := u["name"].(string); !ok || name == "" {
				return fault(at, "a user needs a name").WithHint(`{ name = "me", ssh_authorized_keys = { ... } }`)
			}
		default:
			return fault(at, "want text or a table, got %T", u)
		}
	}
	return nil
}

// words accepts text, or a list of text and numbers.
func words(at string, v any) error {
	list, ok := v.([]any)
	if !ok {
		if _, text := v.(string); text {
			return nil
		}
		return fault(at, "want text or a list of words")
	}
	for _, w := range list {
		switch w.(type) {
		case string, int64, float64:
		default:
			return fault(at, "want words, got %v", w)
		}
	}
	return nil
}

// configKey gives a member of a cloud-config that a text has, "" when it is something else.
func configKey(text string) string {
	var doc map[string]any
	if yaml.Unmarshal([]byte(text), &doc) != nil {
		return ""
	}
	for _, key := range []string{"password", "chpasswd", "ssh_pwauth", "ssh_authorized_keys", "users", "packages", "write_files", "runcmd", "bootcmd", "hostname"} {
		if _, there := doc[key]; there {
			return key
		}
	}
	return ""
}

// Check looks at user data: a cloud-config has to have its header and be YAML, and none may be longer than the service
// takes. Other kinds (scripts, MIME parts, Ignition) are taken as they are.
func Check(op, text string) error {
	if n := base64.StdEncoding.EncodedLen(len(text)); n > MaxSize {
		return fault(op, "the user data has %d bytes, %d in base64; the service takes %d", len(text), n, MaxSize).
			WithHint("let it fetch the large part: runcmd = { \"curl ...\" }, or \"#include\" and an address")
	}
	first, body, _ := strings.Cut(text, "\n")
	first = strings.TrimRight(first, "\r ")
	if first != Header {
		if near := strings.ToLower(strings.NewReplacer(" ", "", "_", "-", "\ufeff", "").Replace(first)); near == Header || near == "cloud-config" {
			return fault(op, "the first line is %q", first).WithHint("cloud-init passes it over unless it is exactly %q", Header)
		}
		if key := configKey(text); key != "" {
			return fault(op, "it has %s like a cloud-config, but not the header of one", key).
				WithHint("make %q the first line: cloud-init passes it over without", Header)
		}
		return nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return fault(op, "the cloud-config is no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: ")).
			WithHint("cloud-init would pass it over: mind the indentation, and quote text with a colon in it")
	}
	if strings.TrimSpace(body) != "" && (len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode) {
		return fault(op, "the cloud-config holds no names and values").WithHint("want lines such as \"packages: [curl]\" below the header")
	}
	return nil
}

func fault(op, format string, args ...any) *errs.Error {
	e := errs.New(errs.BadArgument, format, args...)
	e.Op = op
	return e
}
