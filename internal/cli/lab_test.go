package cli

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
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
	err  bytes.Buffer
	seed string
}

func newClassroom(t *testing.T) *classroom {
	t.Helper()
	c := &classroom{t: t}
	rt, err := oslua.New(oslua.Options{Stdout: &c.out, Stderr: &c.err})
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
	c.err.Reset()
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

// TestUsualMistakes holds that each mistake learners of the course make meets a check, a hint or an error that names it.
func TestUsualMistakes(t *testing.T) {
	const network = `local n = require("networks").create { name = "private_10.8.0.0" }
		local s = require("subnets").create { network = n, cidr = "10.8.0.0/24", gateway_ip = "10.8.0.1", dns_nameservers = { "8.8.8.8" } }
		require("routers").create { name = "router_10.8.0.0" }:add_subnet(s) `
	const image = `local image = "ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret"
		local file = os.tmpname() defer(os.remove, file) require("lab").empty_disk(file, 2361393152) `
	const ubuntu = `local server = require("servers").create { name = "ubuntu20", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" } `
	for _, m := range []struct {
		name, made string // the mistake, and the code that makes it
		lab        string
		args       string
		want       string
	}{
		{"the gateway is forgotten", network, "1-4", "check", "the router has no external gateway"},
		{"the gateway is forgotten, and the server inside does not get out", network + `
			require("servers").create { name = "inside", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = n, user_data = "#!/bin/sh\nping -c 1 172.24.4.1\n" }:wait_console("login:")
			require("routers").set_gateway("router_10.8.0.0", "public")`, "1-4", "check", "172.24.4.1 did not answer"},
		{"the flavor is too small", image + `require("images").create { name = image, file = file }
			try(require("servers").create, { name = "ubuntu20", image = image, flavor = "m1.nano", network = "private" })`, "1-2", "check",
			"ubuntu20 is the one that failed: its flavor is too small"},
		{"a qcow2 is uploaded as raw", image + `require("images").create { name = image, file = file, disk_format = "raw", force = true }`, "1-2", "check",
			"its format is given as raw; the file is a qcow2"},
		{"an image is created and nothing uploaded", image + `require("images").create { name = image, disk_format = "qcow2" }`, "1-2", "check",
			"it is queued: nothing was uploaded into it"},
		{"a long dash is pasted", ``, "1-4", "run —step", "'—step' begins with a typographic dash, as web pages make them: type --step"},
		{"the address is not assigned", ubuntu + `require("floating_ips").create { network = "public" }`, "1-3", "check", "leads nowhere yet"},
		{"the rule is in no group of the server's", ubuntu + `require("security_groups").create { name = "other" }:allow { protocol = "tcp", port = 22 }`, "1-3", "check",
			"none of the server's groups (default) lets tcp/22 in"},
		{"unassigned is taken for deleted", ubuntu + `local fip = require("floating_ips").create { network = "public" }
			server:set_metadata { ["lab1-3"] = fip.floating_ip_address }
			require("security_groups").default():allow { protocol = "tcp", port = 22 }`, "1-3", "check", "is still the project's: to unassign is not to delete"},
		{"the words to search for are not known: the image", ``, "1-2", "hint image", "search for focal-server-cloudimg-amd64.img"},
		{"the words to search for are not known: the network", ``, "1-4", "hint network", "Look for 'network create'"},
		{"the reason is looked for in Horizon", ``, "1-2", "hint small --level 2", "openstack server show has a field named fault"},
		{"the reason of an ERROR is not read", `require("simulator") try(require("servers").create, { name = "cirros", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.xlarge", network = "private" })`,
			"1-1", "hint server --level 2", "A server in ERROR has its reason in fault"},
		{"source openrc is forgotten", ``, "1-1", "hint flavor --level 2", "'Missing value auth-url', you forgot: source openrc"},
	} {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newClassroom(t)
				c.must(m.made)
				out, told, _ := c.lab(m.lab, append(strings.Fields(m.args), "--lang", "en")...)
				if !strings.Contains(out+told+c.err.String(), m.want) {
					t.Errorf("want %q in\n%s%s%s", m.want, out, told, c.err.String())
				}
			})
		})
	}
}

// TestServerThatStartedTooEarly: the server inside tried before there was a way out; the lab has another try.
func TestServerThatStartedTooEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClassroom(t)
		c.must(`local n = require("networks").create { name = "private_10.8.0.0" }
			local s = require("subnets").create { network = n, cidr = "10.8.0.0/24", gateway_ip = "10.8.0.1", dns_nameservers = { "8.8.8.8" } }
			require("routers").create { name = "router_10.8.0.0" }:add_subnet(s)
			require("servers").create { name = "inside", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = n,
				user_data = "#!/bin/sh\nping -c 1 172.24.4.1\n" }:wait_console("packet loss")`)
		out, told, exit := c.lab("1-4", "run", "--lang", "en")
		if exit != 0 || !strings.Contains(out, "Starting it anew") || !strings.Contains(out, "64 bytes from 172.24.4.1") {
			t.Errorf("exit code %d\n%s%s", exit, out, told)
		}
		c.must(`require("routers").clear_gateway("router_10.8.0.0")`)
		if out, _, exit := c.lab("1-4", "check", "--lang", "en"); exit != exitCheck || !strings.Contains(out, "the router has no external gateway") {
			t.Errorf("exit code %d\n%s", exit, out)
		}
		if _, told, exit := c.lab("1-4", "reset"); exit != 0 {
			t.Errorf("reset: exit code %d\n%s", exit, told)
		}
		c.asAtFirst()
	})
}

// TestOpenrcIsNamed: who forgot to source the file that lies there works on the built-in cloud, and is told.
func TestOpenrcIsNamed(t *testing.T) {
	for file, want := range map[string]bool{"openrc": true, "openrc.sh": true, "admin-openrc.sh": true, "demo-openrc": true, "myopenrc.txt": false} {
		dir := t.TempDir()
		must(os.WriteFile(filepath.Join(dir, file), nil, 0o600))
		var notices []string
		rt, err := oslua.New(oslua.Options{WorkDir: dir, Notice: func(line string) { notices = append(notices, line) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := rt.RunString(t.Context(), "test", `require("networks").list()`); err != nil {
			t.Error(err)
		}
		must(rt.Close())
		if got := strings.Contains(strings.Join(notices, "\n"), "source "+file); got != want {
			t.Errorf("%s: told %q", file, notices)
		}
	}
}

// TestLongDashesOfTheCommand: the command's own words for the same mistake.
func TestLongDashesOfTheCommand(t *testing.T) {
	a := &app{out: &output{w: io.Discard}, err: io.Discard, lookupEnv: func(string) (string, bool) { return "", false }}
	err := a.execute(t.Context(), []string{"lab", "check", "1-4", "—json"})
	if err == nil || !strings.Contains(err.Error(), "typographic dash") || exitCode(t.Context(), err) != exitUsage {
		t.Errorf("got %v", err)
	}
}

// TestEveryStepHelps: three hints in both languages and a way to do it, for every step that a learner does.
func TestEveryStepHelps(t *testing.T) {
	c := newClassroom(t)
	for _, name := range scripts.Labs() {
		file, code, _ := scripts.Lab(name)
		out, told, exit := c.run("test", `local this = assert(loadstring(arg[1], "="..arg[2]))()
			for n, step in ipairs(this.steps) do
				for _, lang in ipairs { "en", "ko" } do
					if not step.hints and n == 1 and this.id:find("broken") then break end -- it sets the exercise up
					assert(step.hints and #step.hints[lang] == 3, step.id .. " has no three hints in " .. lang)
					assert(step.title[lang] and step.why[lang], step.id .. " has no title or reason in " .. lang)
				end
				if step.run and step.hints then assert(step.lua or step.openstack, step.id .. " shows no way") end
			end`, code, file)
		if exit != 0 {
			t.Errorf("%s: %s%s", name, out, told)
		}
	}
}
