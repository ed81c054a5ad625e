package guest

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/simulator/compute"
)

// accounts is who may log in, as the image, the key and the user data say.
type accounts struct {
	hostname  string
	passwords map[string]string // by user; none without one
	keys      map[string][]ssh.PublicKey
	noPass    bool // ssh_pwauth: false
	anybody   bool // may log in, for it is not known who may
	commands  []string
}

// cloudConfig is what of a #cloud-config the guest heeds; the rest is passed over, as by a small image.
type cloudConfig struct {
	Hostname string    `yaml:"hostname"`
	Password string    `yaml:"password"`
	PWAuth   any       `yaml:"ssh_pwauth"`
	Keys     []string  `yaml:"ssh_authorized_keys"`
	Chpasswd chpasswd  `yaml:"chpasswd"`
	Users    []any     `yaml:"users"`
	RunCmd   []runLine `yaml:"runcmd"`
}

type chpasswd struct {
	List  any `yaml:"list"`
	Users []struct {
		Name     string `yaml:"name"`
		Password string `yaml:"password"`
	} `yaml:"users"`
}

// runLine is one command: a text, or a list of words.
type runLine string

func (r *runLine) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return n.Decode((*string)(r))
	}
	var words []string
	if err := n.Decode(&words); err != nil {
		return err
	}
	for i, w := range words {
		words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	*r = runLine(strings.Join(words, " "))
	return nil
}

// accountsOf works out the accounts of a guest.
func accountsOf(g compute.Guest) accounts {
	a := accounts{hostname: g.Hostname, passwords: map[string]string{}, keys: map[string][]ssh.PublicKey{}, anybody: g.Elsewhere}
	if g.User == "cirros" {
		a.passwords["cirros"] = "gocubsgo"
	}
	if g.RootPassword != "" {
		a.passwords["root"] = g.RootPassword
	}
	a.addKey(g.PublicKey, g.User, "root")
	switch {
	case strings.HasPrefix(g.UserData, "#cloud-config"):
		a.configure(g)
	case strings.HasPrefix(g.UserData, "#!"):
		a.commands = []string{g.UserData[strings.IndexByte(g.UserData+"\n", '\n'):]}
	}
	return a
}

func (a *accounts) configure(g compute.Guest) {
	var c cloudConfig
	if err := yaml.Unmarshal([]byte(g.UserData), &c); err != nil {
		return // the guest says so on its console and goes on without
	}
	if c.Hostname != "" {
		a.hostname = c.Hostname
	}
	if c.Password != "" {
		a.passwords[g.User], a.passwords["root"] = c.Password, c.Password
	}
	for _, k := range c.Keys {
		a.addKey(k, g.User, "root")
	}
	switch list := c.Chpasswd.List.(type) {
	case string:
		a.setPasswords(strings.Split(list, "\n"))
	case []any:
		for _, l := range list {
			if s, ok := l.(string); ok {
				a.setPasswords([]string{s})
			}
		}
	}
	for _, u := range c.Chpasswd.Users {
		if u.Name != "" && u.Password != "" {
			a.passwords[u.Name] = u.Password
		}
	}
	for _, u := range c.Users {
		a.addUser(u, g)
	}
	switch v := c.PWAuth.(type) {
	case bool:
		a.noPass = !v
	case string:
		a.noPass = slices.Contains([]string{"false", "no", "0"}, strings.ToLower(v))
	}
	for _, line := range c.RunCmd {
		a.commands = append(a.commands, string(line))
	}
}

func (a *accounts) addUser(v any, g compute.Guest) {
	u, ok := v.(map[string]any)
	if !ok {
		return
	}
	name, _ := u["name"].(string)
	if name == "" {
		return
	}
	if p, ok := u["plain_text_passwd"].(string); ok {
		a.passwords[name] = p
	}
	keys, _ := u["ssh_authorized_keys"].([]any)
	for _, k := range keys {
		if s, ok := k.(string); ok {
			a.addKey(s, name)
		}
	}
	if _, known := a.keys[name]; !known && len(keys) == 0 {
		a.keys[name] = nil
	}
}

// setPasswords takes lines of the form user:password.
func (a *accounts) setPasswords(lines []string) {
	for _, l := range lines {
		if user, password, ok := strings.Cut(strings.TrimSpace(l), ":"); ok && user != "" {
			a.passwords[user] = password
		}
	}
}

func (a *accounts) addKey(line string, users ...string) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return
	}
	for _, u := range users {
		a.keys[u] = append(a.keys[u], key)
	}
}

func (a *accounts) hasKey(user string, key ssh.PublicKey) bool {
	return slices.ContainsFunc(a.keys[user], func(k ssh.PublicKey) bool { return bytes.Equal(k.Marshal(), key.Marshal()) })
}
