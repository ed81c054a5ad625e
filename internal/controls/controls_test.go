package controls_test

import (
	"strings"
	"testing"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/controls"
)

func run(t *testing.T, o oslua.Options, code string) (string, error) {
	t.Helper()
	var out strings.Builder
	o.Stdout = &out
	rt, err := oslua.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	}()
	err = rt.RunString(t.Context(), "test", code)
	return strings.TrimSpace(out.String()), err
}

func TestDescriptor(t *testing.T) {
	if err := schema.Validate(controls.Module(nil)); err != nil {
		t.Error(err)
	}
}

func TestControls(t *testing.T) {
	for name, c := range map[string]struct{ code, want string }{
		"clock": {`local t = sim.clock.now()
			local later = sim.clock.advance("2h")
			print(later - t >= 7200 and later - t < 7260)
			print(sim.clock.advance(60) - later >= 60)
			print(select(2, try(sim.clock.advance, -1)).code)
			-- The token is good for a day: one that ran out is renewed and nobody notices.
			networks.list() sim.clock.advance("48h") print(#networks.list{ name = "private" })`, "true\ntrue\nbad_argument\n1"},
		"faults": {`sim.faults.add("GET /network/v2.0/routers count=1 status=409 body='no'")
			sim.faults.add{ method = "GET", path = "/network/v2.0/net*", status = 404, count = 2 }
			print(select(2, try(routers.list)).status, #routers.list())
			print(select(2, try(networks.list)).status)
			for _, r in ipairs(sim.faults.list()) do print(r.hits, r.rule) end
			sim.faults.clear() print(#sim.faults.list(), #networks.list{ name = "public" })`,
			"409\t1\n404\n1\tGET /network/v2.0/routers count=1 status=409 body=no\n1\tGET /network/v2.0/net* count=2 status=404\n0\t1"},
		"bad rules": {`print(select(2, try(sim.faults.add, "GET /x")).code)
			print(select(2, try(sim.faults.add, { path = "/x" })).code)
			print(select(2, try(sim.faults.add, { status = 503, colour = "red" })).code)
			print(select(2, try(sim.faults.add, { cut = "never" })).code)`, "bad_argument\nbad_argument\nbad_argument\nbad_argument"},
		"log": {`networks.list{ name = "x" }
			local l = sim.log{ limit = 1 }
			print(#l, l[1].method, l[1].path, l[1].status, l[1].request_id ~= nil, l[1].ms ~= nil, #sim.log() > 1)`,
			"1\tGET\t/network/v2.0/networks?name=x\t200\ttrue\ttrue\ttrue"},
		"reset": {`networks.create{ name = "gone" } sim.faults.add("GET * status=503") sim.reset()
			print(#networks.list{ name = "gone" }, #networks.list{ name = "private" })`, "0\t1"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, oslua.Options{}, `local sim, networks, routers = require "simulator", require "networks", require "routers" `+c.code)
			if err != nil || got != c.want {
				t.Errorf("got %q, %v\nwant %q", got, err, c.want)
			}
		})
	}
}

func TestRefusedOnAnotherCloud(t *testing.T) {
	env := map[string]string{"OS_AUTH_URL": "http://127.0.0.1:1/v3", "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "p",
		"OS_USER_DOMAIN_ID": "default", "OS_PROJECT_DOMAIN_ID": "default"}
	o := oslua.Options{LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	_, err := run(t, o, `require "simulator"`)
	if err == nil || !strings.Contains(err.Error(), "only on the built-in simulator") {
		t.Error(err)
	}
	got, err := run(t, o, `local _, e = try(require, "simulator") print(e.code, e.hint ~= nil)`)
	if err != nil || got != "unavailable\ttrue" {
		t.Error(got, err)
	}
}
