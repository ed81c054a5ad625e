package bindings_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestSimulatorGroups(t *testing.T) { exerciseGroups(t, onSimulator(t, "demo")) }
func TestRealCloudGroups(t *testing.T) { exerciseGroups(t, onCloud(t, "OSLUA_TEST_CLOUD")) }

// exerciseGroups makes a security group and a floating IP as an ordinary user, and removes them again.
func exerciseGroups(t *testing.T, f *fixture) {
	tag := fmt.Sprintf("oslua-test-%08x", rand.Uint32())
	sg := f.must("security_groups.create", `{ name = %q, description = "made by a test" }`, tag)
	t.Cleanup(func() {
		_, _ = f.call("security_groups.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, sg["id"]))
	})
	group := fmt.Sprintf(`{ id = %q }`, sg["id"])
	for _, want := range []bool{true, false} {
		if got := f.must("security_groups.allow", `%s, { protocol = "tcp", port = 22 }`, group); got["changed"] != want {
			t.Errorf("created is %v, want %v", got["changed"], want)
		}
	}
	f.must("security_groups.allow", `%s, { protocol = "icmp", remote = "::/0" }`, group)
	if got := f.must("security_groups.allows", `%s, { protocol = "tcp", port = 22, remote = "192.0.2.7" }`, group); got["result"] != "true" {
		t.Errorf("allows gave %v", got)
	}
	if got := f.must("security_groups.deny", `%s, { protocol = "tcp", port = 22 }`, group); got["result"] != "1" {
		t.Errorf("deny removed %v", got)
	}
	f.must("security_groups.default", ``)

	fip := f.must("floating_ips.create", `{ network = "public", description = %q }`, tag)
	one := fmt.Sprintf(`{ id = %q }`, fip["id"])
	t.Cleanup(func() { _, _ = f.call("floating_ips.delete", one+`, { missing_ok = true }`) })
	if got := f.must("floating_ips.get", `%q`, fip["floating_ip_address"]); got["id"] != fip["id"] {
		t.Errorf("by address: %v", got)
	}
	port := f.must("ports.create", `{ network = "private", name = %q }`, tag)
	t.Cleanup(func() { _, _ = f.call("ports.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, port["id"])) })
	if got := f.must("floating_ips.assign", `%s, %q`, one, port["id"]); got["port_id"] != port["id"] {
		t.Errorf("assigned to %v", got["port_id"])
	}
	if got := f.must("floating_ips.unassign", `%s`, one); got["port_id"] != nil {
		t.Errorf("still assigned to %v", got["port_id"])
	}
	f.must("floating_ips.delete", `%s`, one)
	f.must("security_groups.delete", `%s`, group)
}
