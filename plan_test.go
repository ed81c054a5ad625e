package oslua

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/oslua/oslua/bindings"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/plan"
	"github.com/oslua/oslua/scripts"
	"github.com/oslua/oslua/simulator"
)

// wire is a cloud on a port of its own, and what reached it.
type wire struct {
	options Options
	sim     *simulator.Simulator
	clock   *plan.Clock

	mu   sync.Mutex
	seen []string // "GET /network/v2.0/networks"
}

// newWire starts a cloud that writes down each request before any service sees it.
func newWire(t *testing.T) *wire {
	t.Helper()
	w := &wire{clock: plan.NewClock()}
	sim, err := simulator.Start(t.Context(), simulator.Options{Memory: true, Listen: "127.0.0.1:0", Seed: 1, Clock: w.clock,
		Intercept: func(_ http.ResponseWriter, r *http.Request) bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seen = append(w.seen, r.Method+" "+r.URL.Path)
			return false
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	env := map[string]string{
		"OS_AUTH_URL": sim.URL() + "/identity/v3", "OS_USERNAME": "demo", "OS_PASSWORD": "secret", "OS_PROJECT_NAME": "demo",
		"OS_USER_DOMAIN_ID": "default", "OS_PROJECT_DOMAIN_ID": "default", "OS_REGION_NAME": "RegionOne", "PLAN_DIR": t.TempDir(),
	}
	w.sim = sim
	w.options = Options{Clock: w.clock, LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	return w
}

// since gives what came since the last call, without the requests for tokens.
func (w *wire) since() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := slices.DeleteFunc(w.seen, func(r string) bool { return r == "POST /identity/v3/auth/tokens" })
	w.seen = nil
	return seen
}

// runner is a run of a script that is planned and done.
type runner struct {
	name   string
	run    func(ctx context.Context, rt *Runtime) error
	again  bool // a second run finds everything done
	fails  errs.Code
	guests bool   // it goes another way where servers run no system
	before string // code that is run for real first, to have something there
}

func script(name string) runner {
	return runner{name: name, run: func(ctx context.Context, rt *Runtime) error {
		return rt.RunFile(ctx, filepath.Join("testdata", "plan", name+".lua"))
	}}
}

// planScripts are scripts with loops and branches, whose course depends on what is there.
func planScripts() []runner {
	again := func(r runner) runner { r.again = true; return r }
	failing := func(r runner, code errs.Code) runner { r.fails = code; return r }
	after := func(r runner, code string) runner { r.name, r.before = r.name+" after", code; return r }
	tidy := `assert(loadfile("testdata/plan/tidy.lua"))()`
	return []runner{
		again(script("networks")),
		after(again(script("networks")), `require("networks").create { name = "plan-net2" }`),
		again(script("ensure")),
		script("retries"),
		after(script("replace"), `local n = require("networks").create { name = "plan-old" }
			require("subnets").create { name = "plan-old-subnet", network = n, cidr = "10.80.0.0/24" }
			require("ports").create { name = "plan-old-port", network = n }`),
		script("temporary"),
		script("servers"),
		script("reach"),
		script("parallel"),
		script("tidy"),
		after(script("tidy"), tidy),
		failing(script("quota"), errs.Quota),
		script("files"),
	}
}

// planLabs are the labs of the course, as far as they ask nobody anything.
func planLabs() []runner {
	var out []runner
	for _, name := range scripts.Labs() {
		if name == "2-1" {
			continue // a quiz
		}
		file, code, _ := scripts.Lab(name)
		out = append(out, runner{name: "lab " + name, again: !strings.HasSuffix(name, "-broken"), guests: name == "1-2", run: func(ctx context.Context, rt *Runtime) error {
			return rt.RunString(ctx, file, code)
		}})
	}
	return out
}

// done runs a runner for real and listens as a plan does.
func done(t *testing.T, o Options, sim *simulator.Simulator, run func(context.Context, *Runtime) error) (*PlanResult, error) {
	t.Helper()
	rt, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	b := bindings.Options{Clock: o.Clock}
	if c, ok := o.Clock.(*plan.Clock); ok {
		c.Quiet = func() bool { return !rt.machine.Busy() }
		b.Dial = impatient(c, sim.DialGuest)
	}
	look := cloud.New(rt.conn.Config(), cloud.Options{})
	defer look.Close()
	reading := look.ReadOnly()
	defer reading.Close()
	c := plan.NewCollector(t.Context(), reading)
	rt.conn = cloud.New(rt.conn.Config(), cloud.Options{Recorder: c, Clock: o.Clock})
	defer rt.conn.Close()
	rt.machine.Replace(bindings.All(rt.conn, b))
	runErr := run(t.Context(), rt)
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
	r := c.Finish(t.Context())
	r.Error = c.Failure(runErr)
	return r, runErr
}

// essence is what of a plan has to come true, one line each. What runs side by side has no order.
func essence(r *PlanResult, ordered bool) (steps, changes []string) {
	for _, s := range r.Steps {
		line := fmt.Sprintf("%s %s %q %s %s", s.Action, s.Type, s.Name, asJSON(s.Attributes), failure(s.Error))
		if ordered {
			line = s.ID + " " + s.Parent + " " + line
		}
		steps = append(steps, line)
	}
	for _, c := range r.Changes {
		of := ""
		if c.Of != nil {
			of = c.Of.Type + " " + c.Of.Name
		}
		changes = append(changes, fmt.Sprintf("%s %s %s %q of %q %s before %s then %v %s %s",
			c.Effect, c.Action, c.Type, c.Name, of, asJSON(c.Attributes), asJSON(c.Before), c.Actions, c.Where, failure(c.Error)))
	}
	if !ordered {
		for i := range steps {
			steps[i] = numbers.Replace(steps[i])
		}
		slices.Sort(steps)
		slices.Sort(changes)
	}
	return steps, changes
}

// numbers are what tells new things apart by their order alone.
var numbers = strings.NewReplacer("new:network:1", "new", "new:network:2", "new", "new:network:3", "new", "new:network:4", "new",
	"new:network:5", "new", "new:network:6", "new")

func failure(f *plan.Failure) string {
	if f == nil {
		return ""
	}
	return f.Code + " " + f.Message
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// comesTrue plans a run and does it, and compares the two.
func comesTrue(t *testing.T, o Options, sim *simulator.Simulator, r runner) {
	t.Helper()
	if r.before != "" {
		if _, err := done(t, o, sim, func(ctx context.Context, rt *Runtime) error { return rt.RunString(ctx, "before", r.before) }); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Plan(t.Context(), o, r.run)
	if err != nil {
		t.Fatal(err)
	}
	real, runErr := done(t, o, sim, r.run)
	if code := errs.CodeOf(runErr); errs.CodeOf(p.Err) != code || code != r.fails && !strings.HasPrefix(r.name, "lab ") {
		t.Errorf("planned to end with %v, ended with %v", p.Err, runErr)
	}
	ordered := !strings.HasPrefix(r.name, "parallel")
	steps, changes := essence(p, ordered)
	realSteps, realChanges := essence(real, ordered)
	if d := cmp.Diff(steps, realSteps); d != "" {
		t.Errorf("steps (- planned, + done):\n%s", d)
	}
	if d := cmp.Diff(changes, realChanges); d != "" {
		t.Errorf("changes (- planned, + done):\n%s", d)
	}
	// On a real cloud others work in the project at the same time.
	if d := cmp.Diff(p.Quota, real.Quota); d != "" && sim != nil {
		t.Errorf("quota (- planned, + done):\n%s", d)
	}
	if d := cmp.Diff(p.Summary, real.Summary); d != "" {
		t.Errorf("summary (- planned, + done):\n%s", d)
	}
	if len(p.Steps) == 0 {
		t.Error("nothing was planned: the comparison says nothing")
	}
	if !r.again {
		return
	}
	second, err := Plan(t.Context(), o, r.run)
	if err != nil {
		t.Fatal(err)
	}
	if second.Changed() || second.Error != nil {
		t.Errorf("a second run would change %s", asJSON(second.Changes))
	}
}

func TestPlanComesTrue(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, r := range planScripts() {
		t.Run(r.name, func(t *testing.T) {
			w := newWire(t)
			comesTrue(t, w.options, w.sim, r)
		})
	}
}

// Each lab is planned and run on a fresh cloud.
func TestPlanOfTheLabsComesTrue(t *testing.T) {
	for _, r := range planLabs() {
		t.Run(r.name, func(t *testing.T) {
			w := newWire(t)
			comesTrue(t, w.options, w.sim, r)
		})
	}
}

// Nothing but GET, and what authenticates, reaches the cloud, whatever a script does.
func TestPlanOnlyReads(t *testing.T) {
	for _, r := range append(planScripts(), planLabs()...) {
		t.Run(r.name, func(t *testing.T) {
			w := newWire(t)
			if r.before != "" {
				if _, err := done(t, w.options, w.sim, func(ctx context.Context, rt *Runtime) error { return rt.RunString(ctx, "before", r.before) }); err != nil {
					t.Fatal(err)
				}
			}
			w.since()
			temp := t.TempDir()
			t.Setenv("TMPDIR", temp)
			p, err := Plan(t.Context(), w.options, r.run)
			if err != nil {
				t.Fatal(err)
			}
			seen := w.since()
			for _, request := range seen {
				if !strings.HasPrefix(request, "GET ") {
					t.Errorf("%s reached the cloud", request)
				}
			}
			if len(p.Steps) == 0 || len(seen) == 0 {
				t.Errorf("%d steps and %d requests: nothing was proved", len(p.Steps), len(seen))
			}
			for _, dir := range []string{w.dir(), temp} {
				left, err := os.ReadDir(dir)
				if err != nil || len(left) != 0 {
					t.Errorf("left on the disk: %v, %v", left, err)
				}
			}
		})
	}
}

// dir is where scripts write.
func (w *wire) dir() string {
	dir, _ := w.options.LookupEnv("PLAN_DIR")
	return dir
}

func code(text string) func(context.Context, *Runtime) error {
	return func(ctx context.Context, rt *Runtime) error { return rt.RunString(ctx, "t", text) }
}

func TestPlanOfTheBuiltInCloud(t *testing.T) {
	dir := t.TempDir()
	o := Options{StateDir: dir}
	p, err := Plan(t.Context(), o, code(`require("networks").create { name = "planned" }`))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Summary; got.Create != 1 || p.Cloud != "the built-in simulator" {
		t.Errorf("plan %s", asJSON(p))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("a plan on a cloud nobody has used left %v (%v)", left, err)
	}
	if err := runs(t, o, `require("networks").create { name = "there" }`); err != nil {
		t.Fatal(err)
	}
	p, err = Plan(t.Context(), o, code(`
		local networks = require "networks"
		networks.delete("there")
		networks.create { name = "planned" }`))
	if err != nil || p.Summary.Create != 1 || p.Summary.Delete != 1 {
		t.Fatalf("plan %s, %v", asJSON(p), err)
	}
	if err := runs(t, o, `local n = require "networks"; assert(n.find("there") and not n.find("planned"))`); err != nil {
		t.Errorf("the plan changed the cloud: %v", err)
	}
}

// runs runs code on a Runtime of its own.
func runs(t *testing.T, o Options, text string) error {
	t.Helper()
	rt, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	return rt.RunString(t.Context(), "t", text)
}

func TestPlanTellsWhatFails(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		want       errs.Code
		says       string
	}{
		{"in use", `local n = require("networks").find("private"); require("networks").delete(n)`, errs.Conflict, "in use"},
		{"no flavor", `require("servers").create { name = "x", image = "cirros-0.5.2-x86_64-disk", flavor = "no-such", network = "private" }`, errs.NotFound, "no-such"},
		{"quota", `for i = 1, 100 do require("routers").create { name = "r" .. i } end`, errs.Quota, "Quota"},
		{"no program", `os.execute("touch /tmp/never")`, errs.Runtime, "a plan runs none"},
		{"another cloud", `require("auth").connect { cloud = "other" }`, errs.Forbidden, "a plan is of one cloud"},
		{"as somebody else", `require("auth").connect { project = "admin" }`, errs.Forbidden, "a plan is of one cloud"},
		{"a mistake", `local x = nil; x.y = 1`, errs.Runtime, "nil"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Plan(t.Context(), Options{}, code(tt.code))
			if err != nil {
				t.Fatal(err)
			}
			if got := errs.CodeOf(p.Err); got != tt.want || p.Error == nil || !strings.Contains(p.Error.Message, tt.says) || p.Error.Where != "t:1" {
				t.Errorf("%s %s, want %s with %q", got, asJSON(p.Error), tt.want, tt.says)
			}
		})
	}
}

func TestPlanThatCannotBeMade(t *testing.T) {
	env := map[string]string{"OS_AUTH_URL": "http://127.0.0.1:1/identity/v3", "OS_USERNAME": "u", "OS_PASSWORD": "geheim-1234", "OS_PROJECT_NAME": "p"}
	ran := false
	p, err := Plan(t.Context(), Options{LookupEnv: func(n string) (string, bool) { v, ok := env[n]; return v, ok }}, func(context.Context, *Runtime) error {
		ran = true
		return nil
	})
	if p != nil || err == nil || ran {
		t.Errorf("a cloud that is not there: plan %v, error %v, ran %v", p, err, ran)
	}
	if err != nil && strings.Contains(err.Error(), "geheim") {
		t.Errorf("the error tells the password: %v", err)
	}
	if _, err := Plan(t.Context(), Options{Cloud: "no-such"}, code("")); errs.CodeOf(err) != errs.Config {
		t.Errorf("a cloud that is not configured: %v", err)
	}
}

func TestPlanIsCancelled(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Plan(ctx, Options{}, func(ctx context.Context, rt *Runtime) error {
		if err := rt.RunString(ctx, "t", `require("networks").create { name = "half" }`); err != nil {
			return err
		}
		cancel()
		return rt.RunString(ctx, "t", `sleep("1h")`)
	})
	if p != nil || errs.CodeOf(err) != errs.Cancelled {
		t.Errorf("plan %v, error %v", p, err)
	}
}

// Fold and the text, as people see them.
func TestPlanIsWritten(t *testing.T) {
	p, err := Plan(t.Context(), Options{}, code(`
local networks, subnets, routers, groups = require "networks", require "subnets", require "routers", require "security_groups"
local net = networks.create { name = "blue" }
subnets.create { name = "blue-subnet", network = net, cidr = "10.5.0.0/24" }
net:update { description = "sky" }
networks.update("private", { description = "ours" })
networks.update("private", { name = "private" })
routers.remove_subnet("router1", subnets.list { name = "private-subnet" }[1])
local gone = networks.create { name = "gone" }
gone:delete()
groups.default():allow { protocol = "tcp", port = 443 }
subnets.update("private-subnet", { name = "private-subnet" })
subnets.update(subnets.find("blue-subnet"), { name = "azure" })
routers.clear_gateway("router1")
require("keypairs").create { name = "mine" }
networks.update("private", { name = "ours" })
try(networks.delete, "public")`))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := p.WriteText(&text, plan.Look{}); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"  + network blue", "      description: sky", "  + subnet azure on blue", "      cidr: 10.5.0.0/24, ip_version: 4",
		"  ~ network private", "      description: none → ours, name: private → ours", "  · router router1", "    - interface private-subnet", "    - gateway public", "  + keypair mine",
		"  ± network gone (made and deleted again)", "    + rule in tcp 443", "  ! network public (delete refused)",
		"  networks", "4 to create, 1 to change, 2 to delete, 1 made and deleted again, 1 refused.",
	} {
		if !strings.Contains("\n"+text.String(), "\n"+line) {
			t.Errorf("no line begins with %q", line)
		}
	}
	if t.Failed() {
		t.Log(text.String())
	}
	var out map[string]any
	var asText strings.Builder
	if err := errors.Join(p.WriteJSON(&asText), json.Unmarshal([]byte(asText.String()), &out)); err != nil || out["version"] != 1.0 {
		t.Errorf("JSON %v: %s", err, asText.String())
	}
}

// A server that only the plan knows answers SSH as one of the built-in cloud would, and the notes say so.
func TestPlanLogsIn(t *testing.T) {
	w := newWire(t)
	p, err := Plan(t.Context(), w.options, code(`
local servers, groups = require "servers", require "security_groups"
local vm = servers.create { name = "in", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
local fip = vm:add_floating_ip(require("floating_ips").create { network = "public" })
local _, closed = try(servers.wait_ssh, vm, { timeout = "2m" })
assert(closed and closed.code == "timeout", closed)
groups.default():allow { protocol = "tcp", port = 22 }
local session = servers.ssh(vm, { user = "cirros", password = "gocubsgo" })
assert(session:run("hostname").stdout:find("in"))`))
	if err != nil || p.Err != nil {
		t.Fatal(err, p.Err)
	}
	if !slices.ContainsFunc(p.Notes, func(n string) bool { return strings.HasPrefix(n, "SSH reaches") }) {
		t.Errorf("notes %q", p.Notes)
	}
}

func TestPlanWarns(t *testing.T) {
	p, err := Plan(t.Context(), Options{}, code(`
local servers, routers, subnets, networks, fips = require "servers", require "routers", require "subnets", require "networks", require "floating_ips"
fips.create { network = "public" }
local net = networks.create { name = "n" }
local r = routers.create { name = "dead-end" }
r:add_subnet(subnets.create { name = "s", network = net, cidr = "10.9.0.0/24" })
local vm = servers.create { name = "shut", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
vm:add_floating_ip(fips.create { network = "public" })
local path = os.tmpname()
require("lab").empty_disk(path, 40 * 2^30)
local big = require("images").create { name = "big", file = path }
servers.create { name = "tight", image = big, flavor = "m1.nano", network = "private", wait = false }`))
	if err != nil {
		t.Fatal(err)
	}
	if p.Err != nil {
		t.Log(p.Err)
	}
	all := strings.Join(p.Warnings, "\n")
	for _, want := range []string{"leads nowhere", "Router dead-end has no gateway", "Nobody outside reaches shut"} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning says %q:\n%s", want, all)
		}
	}
	if !strings.Contains(all+fmt.Sprint(p.Err), "disk") {
		t.Errorf("nothing says that the image is too large:\n%s\n%v", all, p.Err)
	}
}

// On a real cloud, when one is given. What the scripts make is removed again.
func TestPlanComesTrueOnARealCloud(t *testing.T) {
	name := os.Getenv("OSLUA_TEST_CLOUD")
	if name == "" {
		t.Skip("set OSLUA_TEST_CLOUD to a cloud of clouds.yaml (OS_CLIENT_CONFIG_FILE) to run this on a real OpenStack")
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range append(planScripts(), planLabs()...) {
		t.Run(r.name, func(t *testing.T) {
			if r.guests && os.Getenv("OSLUA_TEST_GUESTS") == "" {
				t.Skip("set OSLUA_TEST_GUESTS where the cloud's servers run systems that can be logged in to")
			}
			dir := t.TempDir()
			o := Options{Cloud: name, WorkDir: wd, Stderr: io.Discard, LookupEnv: func(n string) (string, bool) {
				if n == "PLAN_DIR" {
					return dir, true
				}
				return os.LookupEnv(n)
			}}
			cleanUp := func() {
				if err := runs(t, o, removal); err != nil {
					t.Errorf("cleaning up: %v", err)
				}
			}
			if strings.HasPrefix(r.name, "lab ") {
				cleanUp = func() {
					lab := strings.TrimPrefix(r.name, "lab ")
					file, text, _ := scripts.Lab(lab)
					rt, err := New(o)
					if err != nil {
						t.Fatal(err)
					}
					defer rt.Close()
					if err := rt.RunString(t.Context(), file, text, "reset"); err != nil {
						t.Errorf("resetting lab %s: %v", lab, err)
					}
				}
			}
			defer cleanUp()
			comesTrue(t, o, nil, r)
		})
	}
}

// removal takes away what the scripts made.
const removal = `
local servers, fips, routers, ports, networks, groups, keypairs = require "servers", require "floating_ips", require "routers",
  require "ports", require "networks", require "security_groups", require "keypairs"
for _, s in ipairs(servers.list { name = "^plan" }) do s:delete() end
for _, f in ipairs(fips.list()) do if f.description == "plan" then f:delete() end end
for _, r in ipairs(routers.list()) do
  if r.name:find("^plan") then
    if r.external_gateway_info then r:clear_gateway() end
    for _, p in ipairs(routers.interfaces(r)) do routers.remove_port(r, p) end
    r:delete()
  end
end
for _, n in ipairs(networks.list()) do
  if n.name:find("^plan") then
    for _, p in ipairs(ports.list { network_id = n.id }) do if p.device_owner == "" then p:delete() end end
    n:delete()
  end
end
for _, g in ipairs(groups.list()) do if g.name:find("^plan") then g:delete() end end
if keypairs.find("plan-key") then keypairs.delete("plan-key") end`
