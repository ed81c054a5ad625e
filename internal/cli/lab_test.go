package cli

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/scripts"
)

var update = flag.Bool("update", false, "write the golden files anew")

// classroom is the labs on a cloud of their own in memory, for a test in a bubble of synctest: there waiting takes no time.
type classroom struct {
	t    *testing.T
	rt   *oslua.Runtime
	out  bytes.Buffer
	seed string
}

func newClassroom(t *testing.T) *classroom {
	t.Helper()
	c := &classroom{t: t}
	rt, err := oslua.New(oslua.Options{Stdout: &c.out, Stderr: &c.out})
	if err != nil {
		t.Fatal(err)
	}
	c.rt = rt
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	c.seed = c.state()
	return c
}

// run runs code as a script and gives what it printed, its error as the command reports it, and the exit code.
func (c *classroom) run(name, code string, args ...string) (out, report_ string, exit int) {
	c.t.Helper()
	c.out.Reset()
	err := c.rt.RunString(c.t.Context(), name, code, args...)
	var told bytes.Buffer
	var exited *oslua.ExitError
	if err != nil && !errors.As(err, &exited) {
		report(&told, term.Style{}, err)
	}
	return c.out.String(), told.String(), exitCode(c.t.Context(), err)
}

// lab does something with a lab.
func (c *classroom) lab(name string, args ...string) (out, report string, exit int) {
	c.t.Helper()
	file, code, ok := scripts.Lab(name)
	if !ok {
		c.t.Fatalf("there is no lab %s", name)
	}
	return c.run(file, code, args...)
}

// must runs code that has to succeed, and gives what it printed.
func (c *classroom) must(code string) string {
	c.t.Helper()
	out, told, exit := c.run("test", code)
	if exit != 0 {
		c.t.Fatalf("exit code %d\n%s%s\nof\n%s", exit, out, told, code)
	}
	return out
}

// state is everything there is in the cloud, as an administrator sees it, but for what counts changes.
func (c *classroom) state() string {
	c.t.Helper()
	return c.must(`
		local json = require "json"
		local admin = require("auth").connect { username = "admin", project_name = "admin" }
		local passing = { updated_at = true, revision_number = true }
		local function rows(kind, list)
			local lines = {}
			for i, x in ipairs(list) do
				local o = {}
				for key, value in pairs(x) do if not passing[key] then o[key] = value end end
				for _, rule in ipairs(o.security_group_rules or {}) do rule.updated_at, rule.revision_number = nil, nil end
				lines[i] = kind .. " " .. json.encode(o)
			end
			table.sort(lines)
			for _, line in ipairs(lines) do print(line) end
		end
		for _, kind in ipairs { "networks", "subnets", "ports", "routers", "floating_ips", "security_groups", "images", "flavors" } do
			rows(kind, admin[kind].list())
		end
		rows("servers", admin.servers.list { all_projects = true })
		rows("keypairs", require("keypairs").list())`)
}

// asAtFirst fails the test when the cloud differs from what it was at first.
func (c *classroom) asAtFirst() bool {
	c.t.Helper()
	if diff := cmp.Diff(strings.Split(c.seed, "\n"), strings.Split(c.state(), "\n")); diff != "" {
		c.t.Errorf("the cloud is not what it was (-at first +now):\n%s", diff)
		return false
	}
	return true
}

// normal is output without what is another each time: IDs, and how long things took, which is the last column of tables.
func normal(s string) string {
	s = uuid.ReplaceAllString(s, "00000000-0000-0000-0000-000000000000")
	s = lastColumn.ReplaceAllString(s, "$1$2")
	return took.ReplaceAllString(s, "# s")
}

var (
	lastColumn = regexp.MustCompile(`(?m)^(\+-.*\+)-+\+$|^(\| [^|\n]*\|.*\|)[^|\n]*\|$`)
	took       = regexp.MustCompile(`\b(\d+ ms|\d+\.\d s)\b`)
)

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// mended says how each broken lab is mended.
var mended = map[string]string{
	"1-2-broken": `require("servers").delete("report")
		require("servers").create { name = "report", image = "report-disk", flavor = "ds512M", network = "private" }`,
	"1-3-broken": `require("security_groups").allow("shop", { protocol = "tcp", port = 22 })`,
	"1-4-broken": `require("routers").set_gateway("office-router", "public")`,
}

// TestLabs does all there is to do with each lab and holds what it prints against testdata/labs.
func TestLabs(t *testing.T) {
	for _, name := range scripts.Labs() {
		for _, lang := range term.Languages() {
			t.Run(name+"."+lang, func(t *testing.T) {
				t.Chdir(t.TempDir())
				synctest.Test(t, func(t *testing.T) {
					c := newClassroom(t)
					var all strings.Builder
					do := func(want int, args ...string) {
						t.Helper()
						out, told, exit := c.lab(name, append(args, "--lang", lang)...)
						if exit != want {
							t.Errorf("%s: exit code %d, want %d", strings.Join(args, " "), exit, want)
						}
						fmt.Fprintf(&all, "$ oslua lab %s %s %s\n%s%s\n", args[0], name, strings.Join(args[1:], " "), out, told)
					}
					do(0, "hint")
					do(0, "solve")
					mend, broken := mended[name]
					quiz := name == "2-1"
					switch {
					case broken:
						do(3, "run")
						do(0, "hint", "--level", "3")
						c.must(mend)
						do(0, "run")
						do(0, "check")
					case quiz:
						do(0, "run")
						do(0, "run", "--answers", "abccb", "--list", "my.lua")
						do(3, "check", "--answers", "caabb", "--list", "my.lua")
						do(0, "hint", "uri", "--level", "3")
						c.must(`local f = io.open("my.lua"); local s = f:read("*a"); f:close()
							f = io.open("my.lua", "w")
							f:write((s:gsub('"Status" }', '"Status", "Created" }'):gsub("s%.status }", "s.status, s.created }"))); f:close()`)
						do(0, "check", "--answers", "bcabc", "--list", "my.lua")
						do(0, "run", "--answers", "bcabc", "--list", "my.lua")
					default:
						do(0, "run")
						do(0, "run")
						do(0, "check")
					}
					if !quiz {
						do(0, "hint")
						do(0, "report")
					}
					do(0, "reset")
					c.asAtFirst()
					do(3, "check", "--json")
					golden(t, name+"."+lang, normal(all.String()))
				})
			})
		}
	}
}

// root is this package's directory, for tests that work in another.
var root = func() string { dir, err := os.Getwd(); must(err); return dir }()

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join(root, "testdata", "labs", name+".txt")
	if *update {
		must(os.MkdirAll(filepath.Dir(file), 0o755))
		must(os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got; go test -update writes it anew):\n%s", file, diff)
	}
}
