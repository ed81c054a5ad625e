package repl

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
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

func TestHistoryKeepsEntriesOfSeveralLines(t *testing.T) {
	h := history{path: filepath.Join(t.TempDir(), "history")}
	want := []string{"x = 1", "for i = 1, 2 do -- one\n\tprint(i)\nend", "s = [[\n\n]]", "y = 'a\\nb'"}
	for _, entry := range want {
		if err := h.add(entry); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := h.load(); err != nil || !slices.Equal(got, want) {
		t.Errorf("load() = %q, %v, want %q", got, err, want)
	}
}

func TestHistoryOfSeveralShells(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				if err := (history{path: path}).add(fmt.Sprintf("shell(%d,\n%d)", i, n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := history{path: path}.load()
	slices.Sort(got)
	if err != nil || len(slices.Compact(got)) != 400 {
		t.Errorf("%d entries, %v, want 400", len(got), err)
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

type createIn struct {
	Name   string           `lua:"name,required" doc:"Its name."`
	Ext    schema.Opt[bool] `lua:"router:external" doc:"A way out."`
	Shared schema.Opt[bool] `lua:"shared" default:"false" doc:"For all."`
}

type portIn struct {
	Network   schema.Ref `lua:"network" ref:"network" doc:"Where."`
	Direction string     `lua:"direction" enum:"ingress|egress" doc:"Which way."`
	FixedIPs  []struct {
		Subnet    schema.Ref `lua:"subnet" ref:"subnet" doc:"Of which."`
		IPAddress string     `lua:"ip_address" doc:"The address."`
	} `lua:"fixed_ips" doc:"Its addresses."`
	Groups []schema.Ref `lua:"security_groups" ref:"security_group" doc:"Its groups."`
}

type oneIn struct {
	Network schema.Ref `lua:"network,arg,required" ref:"network" doc:"Which."`
	Subnet  schema.Ref `lua:"subnet,arg" ref:"subnet" doc:"And which."`
}

func anyCall[In any](context.Context, In) (schema.None, error) { return schema.None{}, nil }

func testModules() []schema.Module {
	return []schema.Module{
		{
			Name: "networks", Kind: "network", Doc: "Networks.",
			Fields: []schema.Field{{Name: "status", Type: "string"}, {Name: "router:external", Type: "boolean"}},
			Funcs: []schema.Func{
				schema.Fn("create", "Make one.", anyCall[createIn]), schema.Fn("get", "Get one.", anyCall[oneIn]),
				schema.Fn("list", "List.", anyCall[schema.None]), schema.Fn("delete", "Delete.", anyCall[oneIn], schema.Method()),
			},
		},
		{Name: "subnets", Kind: "subnet", Doc: "Subnets."},
		{Name: "ports", Kind: "port", Doc: "Ports.", Funcs: []schema.Func{schema.Fn("create", "Make one.", anyCall[portIn])}},
	}
}

func testCompleter(t *testing.T) *Completer {
	t.Helper()
	live := NewLive(t.Context(), func(_ context.Context, kind string) ([]string, error) {
		if kind == "port" {
			return nil, errors.New("no cloud")
		}
		return []string{kind + "-2", kind + "-1", "사설"}, nil
	})
	scope := fixedScope{"": {"net", "print"}, "net": {"id", "name"}, "string": {"format"}}
	return NewCompleter(testModules(), scope, live, func() []string { return []string{"devstack", "lab"} })
}

func TestComplete(t *testing.T) {
	c := testCompleter(t)
	for line, want := range map[string]string{
		"ne":                                          "net|networks",
		"print(ne":                                    "net|networks",
		"networks.":                                   "create|delete|get|list",
		"networks.cr":                                 "create",
		"local x = networks.l":                        "list",
		"networks.create{ na":                         "name = ",
		"networks.create { name = 'a', ":              `["router:external"] = |shared = `,
		"networks.create { rou":                       `["router:external"] = `,
		"networks.create { name = ne":                 "net|networks",
		"networks.create { shared = ":                 "false|true",
		"networks.create({ s":                         "shared = ",
		"print(networks.create{ s":                    "shared = ",
		"ports.create{ fixed_ips = { { su":            "subnet = ",
		"ports.create{ direction = ":                  `"egress"|"ingress"`,
		"ports.create{ direction = 'in":               "ingress",
		"ports.create{ network = 'net":                "network-1|network-2",
		"ports.create{ network = '사":                  "사설",
		"ports.create{ fixed_ips = { { subnet = 'sub": "subnet-1|subnet-2",
		"ports.create{ security_groups = { 'x', 'sec": "security_group-1|security_group-2",
		"networks.get('net":                           "network-1|network-2",
		"networks.get 'net":                           "network-1|network-2",
		"networks.get('a', 'su":                       "subnet-1|subnet-2",
		"net:delete('su":                              "subnet-1|subnet-2",
		"net.":                                        "delete|id|name|status",
		"net:d":                                       "delete",
		"net:s":                                       "",
		"string.f":                                    "format",
		"print('ne":                                   "",
		"require 'ne":                                 "networks",
		"require('su":                                 "subnets",
		"help 'po":                                    "ports",
		"-- ne":                                       "",
		"nosuch.":                                     "",
		"":                                            "",
		"networks.gett":                               "",
		"x = { ne":                                    "net|networks",
		"f(networks.get":                              "get",
		":tr":                                         ":trace",
		":trace c":                                    "curl",
		":cloud l":                                    "lab",
		":time networks.l":                            "list",
	} {
		var got []string
		for _, x := range c.Complete(line, len(line)).Candidates {
			got = append(got, x.Text)
		}
		if got := strings.Join(got, "|"); got != want {
			t.Errorf("Complete(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestCompletionOfWhatCannotBeFetched(t *testing.T) {
	c := testCompleter(t)
	line := "net:delete { port = ''"
	if out := c.Complete(line, len(line)-1); len(out.Candidates) != 0 {
		t.Errorf("got %v", out.Candidates)
	}
	names, wait := c.live.names("port")
	if names != nil || wait == nil {
		t.Fatalf("names %q", names)
	}
	if _, err := wait(); err == nil {
		t.Error("no error")
	}
}

func TestCompletionDoesNotWait(t *testing.T) {
	release := make(chan struct{})
	live := NewLive(t.Context(), func(ctx context.Context, _ string) ([]string, error) {
		<-release
		return []string{"late"}, nil
	})
	c := NewCompleter(testModules(), fixedScope{}, live, nil)
	out := c.Complete("networks.get('", len("networks.get('"))
	if out.Later == nil || len(out.Candidates) != 0 {
		t.Fatalf("got %v", out)
	}
	close(release)
	if late := out.Later(); len(late.Candidates) != 1 || late.Candidates[0].Text != "late" {
		t.Errorf("later: %v", late)
	}
	if out := c.Complete("networks.get('l", len("networks.get('l")); len(out.Candidates) != 1 {
		t.Errorf("then: %v", out)
	}
}

func TestHint(t *testing.T) {
	c := testCompleter(t)
	for line, want := range map[string]string{
		"networks.create{ ":          "networks.create{ name = ..., ... }",
		"networks.create{ shared = ": "shared: boolean, default false - For all.",
		"networks.get(":              "networks.get(network, [subnet])",
		"net:delete(":                "network:delete([subnet])",
		"x = 1":                      "",
		"print(":                     "",
		":time networks.get(":        "",
	} {
		if got := c.Hint(line, len(line)); got != want {
			t.Errorf("Hint(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestMenu(t *testing.T) {
	all := words([]string{"aaaa", "bb", "cc", "dd", "ee"})
	if got, want := menu(all, 20, term.Style{}), "aaaa  cc    ee\nbb    dd\n"; got != want {
		t.Errorf("menu() = %q, want %q", got, want)
	}
	// A word wider than the terminal is printed all the same.
	if got, want := menu(all, 2, term.Style{}), "aaaa\nbb\ncc\ndd\nee\n"; got != want {
		t.Errorf("menu() = %q, want %q", got, want)
	}
	if got, want := menu(words([]string{"사설망", "b", "c"}), 16, term.Style{}), "사설망  c\nb\n"; got != want {
		t.Errorf("menu() = %q, want %q", got, want)
	}
	detailed := []Candidate{{Text: "get", Detail: "get(network) and a long story"}, {Text: "list", Detail: "list{}"}}
	if got, want := menu(detailed, 31, term.Style{}), "get   get(network) and a long…\nlist  list{}\n"; got != want {
		t.Errorf("menu() = %q, want %q", got, want)
	}
	if got := (Completion{Candidates: words([]string{"network", "networks", "net"})}).common(); got != "net" {
		t.Errorf("common() = %q", got)
	}
	if got := (Completion{Candidates: words([]string{"사설", "사살"})}).common(); got != "사" {
		t.Errorf("common() = %q", got)
	}
}
