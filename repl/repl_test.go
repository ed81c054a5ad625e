package repl

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine/schema"
)

func TestHistoryFileIsPrivate(t *testing.T) {
	h := history{path: filepath.Join(t.TempDir(), "state", "history")}
	for _, line := range []string{"print(1)", `auth.connect{ password = "x" }`, "네트워크 = 1"} {
		if err := h.add(line); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(h.path)
	if err != nil {
		t.Fatal(err)
	}
	if os.PathSeparator == '/' && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o, want 600", info.Mode().Perm())
	}
	got, err := h.load()
	if want := []string{"print(1)", "네트워크 = 1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("load() = %q, %v, want %q", got, err, want)
	}
}

func TestHistoryOfNobody(t *testing.T) {
	got, err := history{path: filepath.Join(t.TempDir(), "none")}.load()
	if err != nil || got != nil {
		t.Errorf("load() = %q, %v of no file", got, err)
	}
}

func TestSetsSecret(t *testing.T) {
	for line, want := range map[string]bool{
		`password = "x"`:                          true,
		`t["password"] = "x"`:                     true,
		`auth.connect{ cloud = "c", passcode=1 }`: true,
		`application_credential_secret = s`:       true,
		`local token="x"`:                         true,
		`set_password("x")`:                       true,
		`print(auth.token_info().expires_at)`:     false,
		`networks.create{ name = "secretary" }`:   false,
		`-- passwords are not kept`:               false,
		`print(1)`:                                false,
	} {
		if got := setsSecret(line); got != want {
			t.Errorf("setsSecret(%q) = %v, want %v", line, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for entry, want := range map[string]string{
		"print(1)":                    "print(1)",
		"for i = 1, 2 do\n  f()\nend": "for i = 1, 2 do f() end",
		"f() -- one\ng()":             "",
		"x = [[a\nb]]":                "",
	} {
		if got := oneLine(entry); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", entry, got, want)
		}
	}
}

type fixedScope map[string][]string

func (s fixedScope) Names(path []string) ([]string, string) {
	kind := ""
	if len(path) == 1 && path[0] == "net" {
		kind = "network"
	}
	return s[strings.Join(path, ".")], kind
}

func TestComplete(t *testing.T) {
	c := &Completer{
		data: schema.Completions{
			Modules: []schema.Candidate{{Name: "networks"}, {Name: "subnets"}, {Name: "routers"}},
			Funcs:   map[string][]schema.Candidate{"networks": {{Name: "create"}, {Name: "get"}, {Name: "list"}}},
			Options: map[string][]schema.Candidate{
				"networks.create":        {{Name: "name"}, {Name: "router:external"}, {Name: "shared"}},
				"ports.create":           {{Name: "fixed_ips"}},
				"ports.create.fixed_ips": {{Name: "subnet"}, {Name: "ip_address"}},
			},
			Members: map[string][]schema.Candidate{"network": {{Name: "status"}, {Name: "router:external"}, {Name: "delete"}}},
		},
		scope: fixedScope{"": {"net", "print"}, "net": {"id", "name"}, "string": {"format"}},
	}
	for line, want := range map[string]string{
		"ne":                               "net networks",
		"print(ne":                         "net networks",
		"networks.":                        "create get list",
		"networks.cr":                      "create",
		"local x = networks.l":             "list",
		"networks.create{ na":              "name = ",
		"networks.create { name = 'a', ":   `["router:external"] =  name =  shared = `,
		"networks.create { name = ne":      "net networks",
		"networks.create({ s":              "shared = ",
		"ports.create{ fixed_ips = { { su": "subnet = ",
		"ports.create{ fixed_ips = { { subnet = s": "subnets",
		"net.":           "delete id name status",
		"net:d":          "delete",
		"string.f":       "format",
		"print('ne":      "",
		"-- ne":          "",
		"nosuch.":        "",
		"":               "",
		"networks.gett":  "",
		"x = { ne":       "net networks",
		"f(networks.get": "get",
	} {
		_, all := c.Complete(line, len(line))
		if got := strings.Join(all, " "); got != want {
			t.Errorf("Complete(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestMenu(t *testing.T) {
	words := []string{"aaaa", "bb", "cc", "dd", "ee"}
	if got, want := menu(words, 20), "aaaa  cc    ee\nbb    dd\n"; got != want {
		t.Errorf("menu() = %q, want %q", got, want)
	}
	// A word wider than the terminal is printed all the same.
	if got, want := menu(words, 2), "aaaa\nbb\ncc\ndd\nee\n"; got != want {
		t.Errorf("menu() = %q, want %q", got, want)
	}
	if got := commonPrefix([]string{"network", "networks", "net"}); got != "net" {
		t.Errorf("commonPrefix() = %q", got)
	}
}
