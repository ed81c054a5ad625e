package oslua_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

// busy is a cloud whose servers take their time, with what it was asked.
type busy struct {
	*simulator.Simulator
	mu    sync.Mutex
	asked map[string]int // "GET servers/ID", "GET servers/detail", …
}

func newBusy(t testing.TB, build, latency time.Duration) *busy {
	b := &busy{asked: map[string]int{}}
	b.Simulator = simulatortest.Start(t, simulator.Options{
		Listen: "127.0.0.1:0", BuildTime: build, Latency: latency,
		Intercept: func(_ http.ResponseWriter, r *http.Request) bool {
			path := strings.TrimPrefix(r.URL.Path, "/compute/v2.1/")
			if kind, id, ok := strings.Cut(path, "/"); ok && kind == "servers" && len(id) == 36 {
				path = "servers/ID"
			}
			b.mu.Lock()
			defer b.mu.Unlock()
			b.asked[r.Method+" "+path]++
			return false
		},
	})
	b.run(t, "admin", `require("quotas").update("demo", { instances = 200, cores = 400, ram = 1000000, floating_ips = 100, ports = 20000, networks = 20000, subnets = 20000 })`)
	return b
}

// run runs a script and gives what it printed.
func (b *busy) run(t testing.TB, user, code string, args ...string) string {
	t.Helper()
	env := map[string]string{"OS_AUTH_URL": b.URL() + "/identity", "OS_USERNAME": user, "OS_PASSWORD": "secret", "OS_PROJECT_NAME": user,
		"OS_USER_DOMAIN_ID": "default", "OS_PROJECT_DOMAIN_ID": "default", "OS_REGION_NAME": "RegionOne"}
	var out strings.Builder
	rt, err := oslua.New(oslua.Options{LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok }, Stdout: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	if err := rt.RunString(t.Context(), "script", code, args...); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func (b *busy) count(request string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked[request]
}

// TestManyServersAreWaitedForTogether: eight servers that take a second are looked at by a few lists, not by a request
// each.
func TestManyServersAreWaitedForTogether(t *testing.T) {
	b := newBusy(t, time.Second, 0)
	b.run(t, "demo", `
local servers, task = require "servers", require "task"
local made = task.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, function(i)
  return servers.create { name = "s" .. i, image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
end)
for i, s in ipairs(made) do assert(s.status == "ACTIVE" and s.name == "s" .. i) end`)
	lists, looks := b.count("GET servers/detail"), b.count("GET servers/ID")
	if lists == 0 || lists > 8 || looks > 4 {
		t.Errorf("%d lists and %d looks", lists, looks)
	}
}

// TestManyNetworksAreWaitedForTogether: Neutron lists by ID, and only what is waited for.
func TestManyNetworksAreWaitedForTogether(t *testing.T) {
	b := newBusy(t, 0, 0)
	b.run(t, "demo", `
local networks, task = require "networks", require "task"
local nets = {}
for i = 1, 6 do nets[i] = networks.create { name = "n" .. i } end
task.map(nets, function(net)
  local _, err = try(networks.wait, net, { status = "DOWN", timeout = "2500ms" })
  assert(err.code == "timeout" and err.message:find(net.name), err)
end)`)
	lists := b.count("GET /network/v2.0/networks")
	looks := 0
	b.mu.Lock()
	defer b.mu.Unlock()
	for request, n := range b.asked {
		if strings.HasPrefix(request, "GET /network/v2.0/networks/") {
			looks += n
		}
	}
	// Each looks at once, as it begins; then one looks for all.
	if lists == 0 || lists > 12 || looks > 8 {
		t.Errorf("%d lists and %d looks", lists, looks)
	}
}

// BenchmarkFifty makes 50 servers with a port and a floating IP each, 8 at once, and says how much longer that takes
// than the cloud itself.
func BenchmarkFifty(b *testing.B) {
	const build, latency = 3 * time.Second, 30 * time.Millisecond
	script, err := os.ReadFile("measure/parallel.lua")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cloud := newBusy(b, build, latency)
		var took float64
		if _, err := fmt.Sscanf(cloud.run(b, "demo", string(script), "50", "8"), "50 servers, ports and floating IPs with a limit of 8 after %f s", &took); err != nil {
			b.Fatal(err)
		}
		// Seven rounds of a port, a server, its build and a floating IP.
		b.ReportMetric(took/(7*(build+3*latency)).Seconds(), "of-ideal")
		b.ReportMetric(float64(cloud.count("GET servers/detail")), "lists")
		b.ReportMetric(float64(cloud.count("GET servers/ID")), "looks")
	}
}
