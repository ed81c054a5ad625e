package bindings_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

// onCloud gives the modules of a real cloud, as one that clouds.yaml names in the variable given.
func onCloud(t *testing.T, variable string) *fixture {
	t.Helper()
	name := os.Getenv(variable)
	if name == "" {
		t.Skipf("set %s to a cloud of clouds.yaml (OS_CLIENT_CONFIG_FILE) to run this on a real OpenStack", variable)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := cloud.Load(cloud.LoadOptions{Cloud: name, LookupEnv: os.LookupEnv, WorkDir: dir, GOOS: runtime.GOOS})
	if err != nil {
		t.Fatal(err)
	}
	return newFixture(t, cfg, nil, nil, cloud.Options{})
}

// must calls a function that has to succeed.
func (f *fixture) must(fn, format string, args ...any) map[string]any {
	f.t.Helper()
	got, err := f.call(fn, fmt.Sprintf(format, args...))
	if err != nil {
		f.t.Fatalf("%s: %v", fn, err)
	}
	if i := strings.LastIndex(got, "} "); i > 0 { // ensure's second result
		got = fmt.Sprintf(`{"object":%s,"changed":%s}`, got[:i+1], got[i+2:])
	}
	var m map[string]any
	if strings.HasPrefix(got, "{") {
		if err := json.Unmarshal([]byte(got), &m); err != nil {
			f.t.Fatal(err)
		}
		return m
	}
	return map[string]any{"result": got}
}

// requests counts what a call sends.
func (f *fixture) requests(want int, call func()) {
	f.t.Helper()
	before := f.conn.Requests()
	call()
	if got := f.conn.Requests() - before; got != want {
		f.t.Errorf("%d requests, want %d", got, want)
	}
}

// onSimulator gives the modules of a built-in cloud of its own, as a user whose project has the same name.
func onSimulator(t *testing.T, user string) *fixture {
	t.Helper()
	sim := simulatortest.Start(t, simulator.Options{Memory: true})
	cfg, err := cloud.FromValues("test", map[string]string{
		"auth_url": sim.URL() + "/identity", "username": user, "password": "secret", "project_name": user,
		"user_domain_name": "Default", "project_domain_name": "Default", "region_name": "RegionOne",
	})
	if err != nil {
		t.Fatal(err)
	}
	return newFixture(t, cfg, nil, nil, cloud.Options{DialContext: sim.DialContext, Retries: -1})
}

func TestSimulator(t *testing.T)      { exercise(t, onSimulator(t, "demo")) }
func TestSimulatorAdmin(t *testing.T) { exerciseAdmin(t, onSimulator(t, "admin")) }
func TestRealCloud(t *testing.T)      { exercise(t, onCloud(t, "OSLUA_TEST_CLOUD")) }
func TestRealCloudAdmin(t *testing.T) { exerciseAdmin(t, onCloud(t, "OSLUA_TEST_CLOUD_ADMIN")) }

// exercise makes, compares, changes and deletes one of everything as an ordinary user, and removes it again.
func exercise(t *testing.T, f *fixture) {
	t.Helper()
	tag := fmt.Sprintf("oslua-test-%08x", rand.Uint32())
	var undo []func()
	t.Cleanup(func() {
		for i := len(undo) - 1; i >= 0; i-- {
			undo[i]()
		}
	})
	later := func(fn, args string) { undo = append(undo, func() { _, _ = f.call(fn, args) }) }
	id := func(m map[string]any) string { s, _ := m["id"].(string); return s }
	changed := func(m map[string]any, want bool) {
		t.Helper()
		if m["changed"] != want {
			t.Errorf("changed is %v, want %v", m["changed"], want)
		}
	}

	me := f.must("auth.whoami", ``)
	t.Logf("as %v in %v", me["user"], me["project"])
	f.must("auth.projects", ``)

	// A network, to which tags go by a request of their own.
	var net map[string]any
	f.requests(2, func() {
		net = f.must("networks.create", `{ name = %q, description = "made by a test", shared = false, tags = { "b", "a" } }`, tag)
	})
	later("networks.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, id(net)))
	f.requests(1, func() {
		changed(f.must("networks.ensure", `{ name = %q, description = "made by a test", admin_state_up = true, port_security_enabled = true, tags = { "a", "b" } }`, tag), false)
	})
	f.requests(2, func() { changed(f.must("networks.ensure", `{ name = %q, description = "otherwise" }`, tag), true) })
	if got := f.must("networks.update", `{ id = %q }, { mtu = 1400, port_security_enabled = false, revision_number = %v }`, id(net), f.must("networks.get", `%q`, tag)["revision_number"]); got["mtu"] != 1400.0 {
		t.Errorf("mtu is %v", got["mtu"])
	}
	_, err := f.call("networks.update", fmt.Sprintf(`{ id = %q }, { name = "x", revision_number = 1 }`, id(net)))
	failure{"conflict", "networks.update", "", "get it again"}.check(t, err)
	_, err = f.call("networks.create", `{ name = "oslua-test", shared = true }`)
	failure{"forbidden", "networks.create", "", "may set shared"}.check(t, err)
	f.must("networks.add_tag", `%q, "c d"`, tag)
	f.must("networks.remove_tag", `%q, "c d"`, tag)
	if got := f.must("networks.list", `{ tags = { "a", "b" }, ["not-tags"] = { "c d" }, name = %q, fields = { "id" }, limit = 1, sort_key = "name", sort_dir = "desc" }`, tag); !strings.Contains(fmt.Sprint(got["result"]), id(net)) {
		t.Errorf("list with filters gave %v", got)
	}
	f.must("networks.list", `{ external = true, shared = false, is_default = false, status = "ACTIVE", admin_state_up = true, ["tags-any"] = { "a" }, not_tags_any = { "q" }, mtu = 1500 }`)

	// A subnet.
	var sub map[string]any
	f.requests(1, func() {
		sub = f.must("subnets.create", `{ name = "%[1]s-v4", network = { id = %[2]q }, cidr = "10.8.0.77/24", gateway_ip = "10.8.0.1", dns_nameservers = { "8.8.8.8", "1.1.1.1" },
			allocation_pools = { "10.8.0.10-10.8.0.20", { start = "10.8.0.30", ["end"] = "10.8.0.40" } }, host_routes = { "10.1.0.0/16 via 10.8.0.5" } }`, tag, id(net))
	})
	later("subnets.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, id(sub)))
	ensured := fmt.Sprintf(`{ name = "%[1]s-v4", network = { id = %[2]q }, cidr = "10.8.0.0/24", gateway_ip = "10.8.0.1", dns_nameservers = { "8.8.8.8", "1.1.1.1" },
		allocation_pools = { "10.8.0.30-10.8.0.40", "10.8.0.10-10.8.0.20" }, host_routes = { { destination = "10.1.0.0/16", nexthop = "10.8.0.5" } }, enable_dhcp = true }`, tag, id(net))
	f.requests(1, func() { changed(f.must("subnets.ensure", "%s", ensured), false) })
	f.requests(2, func() {
		changed(f.must("subnets.ensure", `{ name = "%[1]s-v4", network = { id = %[2]q }, cidr = "10.8.0.0/24", dns_nameservers = { "1.1.1.1" }, host_routes = {} }`, tag, id(net)), true)
	})
	_, err = f.call("subnets.ensure", fmt.Sprintf(`{ name = "%[1]s-v4", network = { id = %[2]q }, cidr = "10.9.0.0/24" }`, tag, id(net)))
	failure{"conflict", "subnets.ensure", "cidr", "delete it first"}.check(t, err)
	_, err = f.call("subnets.create", fmt.Sprintf(`{ network = { id = %q }, cidr = "10.8.0.0/25" }`, id(net)))
	failure{"bad_request", "subnets.create", "overlaps", "another cidr"}.check(t, err)
	_, err = f.call("subnets.create", fmt.Sprintf(`{ network = { id = %q }, cidr = "10.10.0.0/24", gateway_ip = "10.10.0.5", allocation_pools = { "10.10.0.2-10.10.0.9" } }`, id(net)))
	failure{"conflict", "subnets.create", "", "allocation_pools"}.check(t, err)
	six := f.must("subnets.create", `{ name = "%[1]s-v6", network = { id = %[2]q }, cidr = "2001:DB8:0:8::/64", ipv6_ra_mode = "slaac", ipv6_address_mode = "slaac" }`, tag, id(net))
	changed(f.must("subnets.ensure", `{ name = "%[1]s-v6", network = { id = %[2]q }, cidr = "2001:db8:0:8:0::/64", ipv6_ra_mode = "slaac", ipv6_address_mode = "slaac", ip_version = 6 }`, tag, id(net)), false)
	f.must("subnets.delete", `{ id = %q }`, id(six))
	closed := f.must("subnets.create", `{ network = { id = %q }, cidr = "10.9.0.0/24", gateway_ip = false, allocation_pools = { "10.9.0.10-10.9.0.20" }, tags = { "t" } }`, id(net))
	if closed["gateway_ip"] != nil || fmt.Sprint(closed["tags"]) != "[t]" {
		t.Errorf("gateway_ip is %v, tags are %v", closed["gateway_ip"], closed["tags"])
	}
	f.must("subnets.update", `{ id = %q }, { gateway_ip = "10.9.0.1", enable_dhcp = false, description = "d" }`, id(closed))
	if got := f.must("subnets.update", `{ id = %q }, { gateway_ip = null, name = "x" }`, id(closed)); got["gateway_ip"] != nil {
		t.Errorf("gateway_ip is %v", got["gateway_ip"])
	}
	f.must("subnets.wait", `{ id = %q }`, id(closed))
	f.must("subnets.delete", `{ id = %q }`, id(closed))
	f.must("subnets.list", `{ network = %q, ip_version = 4, cidr = "10.8.0.0/24", enable_dhcp = true, gateway_ip = "10.8.0.1", shared = false }`, tag)

	// A port.
	port := f.must("ports.create", `{ name = %[1]q, network = { id = %[2]q }, fixed_ips = { { subnet = "%[1]s-v4", ip_address = "10.8.0.17" } }, port_security_enabled = true,
		security_groups = { "default" }, allowed_address_pairs = { "10.8.0.100" }, extra_dhcp_opts = { { opt_name = "bootfile-name", opt_value = "pxe" } },
		["binding:vnic_type"] = "normal", device_owner = "test:one", tags = { "p" } }`, tag, id(net))
	later("ports.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, id(port)))
	changed(f.must("ports.ensure", `{ name = %[1]q, network = { id = %[2]q }, fixed_ips = { { subnet = { id = %[3]q } } }, security_groups = { "default" },
		allowed_address_pairs = { "10.8.0.100" }, extra_dhcp_opts = { { opt_name = "bootfile-name", opt_value = "pxe" } }, ["binding:vnic_type"] = "normal", tags = { "p" } }`, tag, id(net), id(sub)), false)
	changed(f.must("ports.ensure", `{ name = %[1]q, network = { id = %[2]q }, fixed_ips = { "10.8.0.18" }, allowed_address_pairs = {} }`, tag, id(net)), true)
	f.must("ports.update", `{ id = %q }, { security_groups = {}, port_security_enabled = false, extra_dhcp_opts = { { opt_name = "bootfile-name", opt_value = false } } }`, id(port))
	for _, filter := range []string{`ip_address = "10.8.0.18"`, `subnet = "` + tag + `-v4"`, `fixed_ips = { { ip_address_substr = "10.8.0.1" } }, device_owner = "test:one"`, `name = "` + tag + `", status = "DOWN", tags = { "p" }`} {
		if got := f.must("ports.list", `{ network = %q, %s }`, tag, filter); !strings.Contains(fmt.Sprint(got["result"]), id(port)) {
			t.Errorf("ports.list{ %s } gave %v", filter, got)
		}
	}
	_, err = f.call("ports.create", fmt.Sprintf(`{ network = { id = %q }, fixed_ips = { "10.8.0.18" } }`, id(net)))
	failure{"conflict", "ports.create", "already allocated", "ip_address"}.check(t, err)
	_, err = f.call("ports.create", fmt.Sprintf(`{ network = { id = %q }, fixed_ips = { "192.0.2.9" } }`, id(net)))
	failure{"bad_request", "ports.create", "not a valid IP", "cidr"}.check(t, err)

	// A router.
	var rtr map[string]any
	f.requests(1, func() { rtr = f.must("routers.create", `{ name = %q, admin_state_up = true }`, tag) })
	later("routers.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, id(rtr)))
	both := fmt.Sprintf(`{ id = %q }, { id = %q }`, id(rtr), id(sub))
	f.requests(1, func() { f.must("routers.add_subnet", "%s", both) })
	later("routers.remove_subnet", both)
	_, err = f.call("routers.add_subnet", both)
	failure{"bad_request", "routers.add_subnet", "already has a port", "nothing to do"}.check(t, err)
	f.requests(2, func() {
		if got := f.must("routers.set_gateway", `{ id = %q }, "public"`, id(rtr)); got["external_gateway_info"] == nil {
			t.Errorf("no gateway in %v", got)
		}
	})
	f.requests(1, func() {
		changed(f.must("routers.ensure", `{ name = %q, external_network = "public", admin_state_up = true }`, tag), false)
	})
	if got := f.must("routers.interfaces", `%q`, tag); strings.Count(fmt.Sprint(got["result"]), `"device_owner"`) != 1 {
		t.Errorf("interfaces: %v", got)
	}
	_, err = f.call("routers.delete", fmt.Sprintf(`{ id = %q }`, id(rtr)))
	failure{"conflict", "routers.delete", "still attached", "remove_subnet"}.check(t, err)
	_, err = f.call("subnets.delete", fmt.Sprintf(`{ id = %q }`, id(sub)))
	failure{"conflict", "subnets.delete", "IP allocation", "router:remove_subnet"}.check(t, err)
	_, err = f.call("networks.delete", fmt.Sprintf(`{ id = %q }`, id(net)))
	failure{"conflict", "networks.delete", "still in use", "ports.list"}.check(t, err)
	_, err = f.call("routers.set_gateway", fmt.Sprintf(`{ id = %q }, { id = %q }`, id(rtr), id(net)))
	failure{"bad_request", "routers.set_gateway", "not an external network", "external = true"}.check(t, err)
	_, err = f.call("routers.set_gateway", fmt.Sprintf(`{ id = %q }, "publik"`, id(rtr)))
	failure{"not_found", "routers.set_gateway", "external", `"public"`}.check(t, err)
	f.must("routers.add_route", `{ id = %q }, "10.1.0.0/16", "10.8.0.5"`, id(rtr))
	if got := f.must("routers.add_route", `{ id = %q }, "10.2.0.0/16", "10.8.0.6"`, id(rtr)); strings.Count(fmt.Sprint(got["routes"]), "nexthop") != 2 {
		t.Errorf("routes are %v", got["routes"])
	}
	if got := f.must("routers.remove_route", `{ id = %q }, "10.1.0.0/16", "10.8.0.5"`, id(rtr)); strings.Count(fmt.Sprint(got["routes"]), "nexthop") != 1 {
		t.Errorf("routes are %v", got["routes"])
	}
	f.must("routers.update", `{ id = %q }, { routes = {}, description = "d", tags = { "r" } }`, id(rtr))
	if got := f.must("routers.clear_gateway", `{ id = %q }`, id(rtr)); got["external_gateway_info"] != nil {
		t.Errorf("the gateway is still there: %v", got)
	}
	if got := f.must("routers.ensure", `{ name = %q, external_gateway_info = { network = "public" } }`, tag); got["changed"] != true {
		t.Errorf("the gateway was not set: %v", got)
	}
	f.must("routers.wait", `{ id = %q }, { timeout = 30 }`, id(rtr))
	spare := f.must("ports.create", `{ network = { id = %q }, fixed_ips = { "10.8.0.40" } }`, id(net))
	other := f.must("routers.create", `{ name = "%s-2", external_network = "public" }`, tag)
	later("routers.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, id(other)))
	f.must("routers.add_port", `{ id = %q }, { id = %q }`, id(other), id(spare))
	_, err = f.call("ports.delete", fmt.Sprintf(`{ id = %q }`, id(spare)))
	failure{"conflict", "ports.delete", "device owner", "remove_port"}.check(t, err)
	f.must("routers.remove_port", `{ id = %q }, { id = %q }`, id(other), id(spare))
	f.must("routers.delete", `{ id = %q }`, id(other))
	f.must("routers.remove_subnet", "%s", both)
	_, err = f.call("routers.remove_subnet", both)
	failure{"not_found", "routers.remove_subnet", "no interface", "routers.interfaces"}.check(t, err)
	f.must("routers.list", `{ admin_state_up = true, name = %q, tags = { "r" } }`, tag)

	// Two of a name, and none.
	twin := f.must("networks.create", `{ name = %q }`, tag)
	later("networks.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, id(twin)))
	_, err = f.call("networks.get", fmt.Sprintf(`%q`, tag))
	failure{"ambiguous", "networks.get", id(twin), "ID"}.check(t, err)
	f.must("networks.delete", `{ id = %q }`, id(twin))
	if got := f.must("networks.find", `%q`, tag+"-none"); got["result"] != "nil" {
		t.Errorf("find gave %v", got)
	}

	f.must("routers.delete", `%q`, tag)
	f.must("ports.delete", `%q`, tag)
	f.must("subnets.delete", `%q`, tag+"-v4")
	f.requests(1, func() { f.must("networks.delete", `{ id = %q }`, id(net)) })
	if got := f.must("networks.delete", `{ id = %q }, { missing_ok = true }`, id(net)); got["result"] != "false" {
		t.Errorf("deleted twice: %v", got)
	}
	if got := f.must("networks.wait", `{ id = %q }, { status = "DELETED" }`, id(net)); got["result"] != "nil" {
		t.Errorf("wait gave %v", got)
	}
}

// exerciseAdmin is what only an administrator may do.
func exerciseAdmin(t *testing.T, f *fixture) {
	t.Helper()
	tag := fmt.Sprintf("oslua-test-%08x", rand.Uint32())
	t.Cleanup(func() {
		_, _ = f.call("routers.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag))
		_, _ = f.call("networks.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag))
	})
	net := f.must("networks.create", `{ name = %q, external = true, shared = true, project_id = "demo", ["provider:network_type"] = "vxlan", is_default = false, availability_zone_hints = {} }`, tag)
	if net["router:external"] != true || net["provider:network_type"] != "vxlan" {
		t.Errorf("got %v", net)
	}
	got := f.must("networks.ensure", `{ name = %q, ["router:external"] = true, shared = true, project_id = "demo", ["provider:network_type"] = "vxlan", is_default = false }`, tag)
	if got["changed"] != false {
		t.Errorf("ensure changed %v", got)
	}
	_, err := f.call("networks.ensure", fmt.Sprintf(`{ name = %q, ["provider:network_type"] = "flat" }`, tag))
	failure{"conflict", "networks.ensure", "provider:network_type", ""}.check(t, err)
	f.must("networks.list", `{ ["provider:network_type"] = "vxlan", project_id = "demo" }`)
	sub := f.must("subnets.create", `{ network = %q, cidr = "192.0.2.0/24", enable_dhcp = false }`, tag)
	rtr := f.must("routers.create", `{ name = %[1]q, project_id = "demo", external_gateway_info = { network_id = %[1]q, enable_snat = false,
		external_fixed_ips = { { subnet = { id = %[2]q }, ip_address = "192.0.2.77" } } } }`, tag, sub["id"])
	if !strings.Contains(fmt.Sprint(rtr["external_gateway_info"]), "192.0.2.77") {
		t.Errorf("gateway is %v", rtr["external_gateway_info"])
	}
	ensured := f.must("routers.ensure", `{ name = %[1]q, external_gateway_info = { network = %[1]q, enable_snat = false, external_fixed_ips = { "192.0.2.77" } } }`, tag)
	if ensured["changed"] != false {
		t.Errorf("ensure changed %v", ensured)
	}
	if back := f.must("routers.set_gateway", `%[1]q, %[1]q, { enable_snat = true }`, tag); !strings.Contains(fmt.Sprint(back["external_gateway_info"]), "enable_snat:true") {
		t.Errorf("gateway is %v", back["external_gateway_info"])
	}
	f.must("ports.create", `{ network = %q, name = %q, ["binding:host_id"] = "openstack-dev", ["binding:profile"] = { a = "b" }, mac_address = "fa:16:3e:00:00:99", security_groups = {} }`, tag, tag)
	f.must("ports.delete", `%q`, tag)
	f.must("routers.delete", `%q`, tag)
	f.must("networks.delete", `%q`, tag)
}
