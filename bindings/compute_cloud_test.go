package bindings_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestComputeSimulator(t *testing.T) { exerciseCompute(t, onSimulator(t, "demo")) }
func TestComputeRealCloud(t *testing.T) { exerciseCompute(t, onCloud(t, "OSLUA_TEST_CLOUD")) }

// exerciseCompute makes a server and does to it what can be done on any cloud, and removes it again.
func exerciseCompute(t *testing.T, f *fixture) {
	t.Helper()
	tag := fmt.Sprintf("oslua-test-%08x", rand.Uint32())
	t.Cleanup(func() {
		_, _ = f.call("servers.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag))
		_, _ = f.call("keypairs.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag))
	})
	if key := f.must("keypairs.create", `{ name = %q }`, tag); !strings.Contains(fmt.Sprint(key["private_key"]), "PRIVATE KEY") || key["id"] != tag {
		t.Errorf("no key was generated: %v", key["fingerprint"])
	}
	if got := f.must("flavors.get", `"42"`); got["name"] != "m1.nano" {
		t.Errorf("flavor 42 is %v", got["name"])
	}
	wanted := fmt.Sprintf(`{ name = %q, image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private", key_name = %q,
		description = "d", metadata = { a = "b" }, tags = { "t" } }`, tag, tag)
	if got := f.must("servers.preflight", "%s", wanted); got["result"] != "[]" {
		t.Errorf("problems before: %v", got["result"])
	}
	srv := f.must("servers.create", "%s", wanted)
	if srv["status"] != "ACTIVE" || srv["adminPass"] == nil || srv["description"] != "d" || fmt.Sprint(srv["tags"]) != "[t]" {
		t.Errorf("got %v", srv)
	}
	id := fmt.Sprint(srv["id"])
	f.requests(1, func() { // by its name; the image is known
		if got := f.must("servers.ensure", "%s", wanted); got["changed"] != false {
			t.Errorf("ensure changed it")
		}
	})
	for fn, status := range map[string]string{"stop": "SHUTOFF"} {
		if got := f.must("servers."+fn, `{ id = %q }`, id); got["status"] != status {
			t.Errorf("%s: %v", fn, got["status"])
		}
	}
	_, err := f.call("servers.stop", fmt.Sprintf(`{ id = %q }`, id))
	failure{"conflict", "servers.stop", "vm_state stopped", "another state"}.check(t, err)
	if got := f.must("servers.start", `{ id = %q }`, id); got["status"] != "ACTIVE" {
		t.Errorf("start: %v", got["status"])
	}
	f.must("servers.reboot", `{ id = %q }, { type = "HARD" }`, id)
	f.must("servers.set_metadata", `{ id = %q }, { c = "d" }`, id)
	f.must("servers.add_tag", `{ id = %q }, "u"`, id)
	f.must("servers.update", `{ id = %q }, { description = "e" }`, id)
	f.must("servers.actions_log", `{ id = %q }`, id)
	f.must("servers.interfaces", `{ id = %q }`, id)
	if got := f.must("servers.list", `{ name = "^%s$", status = "ACTIVE", tags = { "t", "u" } }`, tag); !strings.Contains(fmt.Sprint(got["result"]), id) {
		t.Errorf("it is not in the list: %v", got)
	}
	f.must("servers.delete", `%q`, tag)
	if got := f.must("servers.find", `%q`, tag); got["result"] != "nil" {
		t.Errorf("it is still there: %v", got)
	}
	f.must("keypairs.delete", `%q`, tag)
}
