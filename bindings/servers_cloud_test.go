package bindings_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestServerActionsSimulator(t *testing.T) { exerciseServer(t, onSimulator(t, "demo")) }
func TestServerActionsRealCloud(t *testing.T) { exerciseServer(t, onCloud(t, "OSLUA_TEST_CLOUD")) }

// exerciseServer takes a server through all states there are, changes what it is plugged into, and removes it again.
func exerciseServer(t *testing.T, f *fixture) {
	t.Helper()
	tag := fmt.Sprintf("oslua-test-%08x", rand.Uint32())
	t.Cleanup(func() {
		_, _ = f.call("servers.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag))
		_, _ = f.call("images.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag))
		_, _ = f.call("networks.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag))
		_, _ = f.call("security_groups.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag))
	})
	srv := f.must("servers.create", `{ name = %q, image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }`, tag)
	ref := fmt.Sprintf(`{ id = %q }`, srv["id"])
	do := func(fn, more, status string) map[string]any {
		t.Helper()
		got := f.must("servers."+fn, "%s%s", ref, more)
		if status != "" && got["status"] != status {
			t.Errorf("%s: it is %v, want %s", fn, got["status"], status)
		}
		return got
	}
	refused := func(fn, more, code, text string) {
		t.Helper()
		_, err := f.call("servers."+fn, ref+more)
		if err == nil {
			t.Errorf("%s%s was not refused", fn, more)
			return
		}
		failure{code, "servers." + fn, text, ""}.check(t, err)
	}

	do("pause", "", "PAUSED")
	refused("pause", "", "conflict", "")
	refused("stop", "", "conflict", "paused")
	do("unpause", "", "ACTIVE")
	do("suspend", "", "SUSPENDED")
	refused("reboot", `, { type = "SOFT" }`, "conflict", "")
	do("resume", "", "ACTIVE")

	do("lock", `, { locked_reason = "by a test" }`, "")
	if got := f.must("servers.get", "%s", ref); got["locked"] != true || got["locked_reason"] != "by a test" {
		t.Errorf("locked: %v, %v", got["locked"], got["locked_reason"])
	}
	refused("stop", "", "conflict", "locked")
	do("unlock", "", "")
	do("stop", "", "SHUTOFF")
	do("start", "", "ACTIVE")

	do("resize", `, "m1.micro"`, "VERIFY_RESIZE")
	refused("resize", `, "m1.nano"`, "conflict", "")
	do("revert_resize", "", "ACTIVE")
	refused("confirm_resize", "", "conflict", "")
	if got := do("resize", `, "m1.micro", { confirm = true }`, "ACTIVE"); fmt.Sprint(got["flavor"].(map[string]any)["original_name"]) != "m1.micro" {
		t.Errorf("resized to %v", got["flavor"])
	}
	refused("resize", `, "m1.micro"`, "bad_request", "")

	before := f.must("servers.get", "%s", ref)
	if got := do("rebuild", `, "cirros-0.5.2-x86_64-disk", { description = "again", metadata = { built = "twice" } }`, "ACTIVE"); got["description"] != "again" || fmt.Sprint(got["metadata"]) != "map[built:twice]" || got["id"] != before["id"] {
		t.Errorf("rebuilt: %v", got)
	}
	do("rescue", "", "RESCUE")
	refused("pause", "", "conflict", "rescue")
	do("unrescue", "", "ACTIVE")
	if got := do("shelve", "", ""); got["status"] != "SHELVED" && got["status"] != "SHELVED_OFFLOADED" {
		t.Errorf("shelved: %v", got["status"])
	}
	refused("start", "", "conflict", "not ready")
	do("unshelve", "", "ACTIVE")

	img := f.must("servers.create_image", `%s, { name = %q, metadata = { of = "a test" } }`, ref, tag)
	if img["status"] != "active" || img["of"] != "a test" || img["instance_uuid"] != srv["id"] || img["image_type"] != "snapshot" {
		t.Errorf("imaged: %v", img)
	}
	f.must("images.delete", `{ id = %q }`, img["id"])

	// Metadata and tags.
	if got := f.must("servers.set_metadata", `%s, { a = "b", c = "d" }`, ref); got["a"] != "b" || got["built"] != "twice" {
		t.Errorf("metadata is %v", got)
	}
	f.must("servers.delete_metadata", `%s, "a"`, ref)
	refused("delete_metadata", `, "a"`, "not_found", "")
	f.must("servers.set_tags", `%s, { "x", "y" }`, ref)
	f.must("servers.add_tag", `%s, "z"`, ref)
	f.must("servers.remove_tag", `%s, "x"`, ref)
	refused("remove_tag", `, "x"`, "not_found", "")
	if got := f.must("servers.get", "%s", ref); fmt.Sprint(got["tags"]) != "[y z]" || fmt.Sprint(got["metadata"]) != "map[built:twice c:d]" {
		t.Errorf("tags are %v, metadata %v", got["tags"], got["metadata"])
	}

	// Groups and interfaces.
	f.must("security_groups.create", `{ name = %q }`, tag)
	f.must("servers.add_security_group", `%s, %q`, ref, tag)
	if got := f.must("servers.get", "%s", ref); !strings.Contains(fmt.Sprint(got["security_groups"]), tag) {
		t.Errorf("groups are %v", got["security_groups"])
	}
	f.must("servers.remove_security_group", `%s, %q`, ref, tag)
	refused("remove_security_group", fmt.Sprintf(`, %q`, tag), "not_found", "")
	refused("add_security_group", `, "nosuch"`, "not_found", "")

	net := f.must("networks.create", `{ name = %q }`, tag)
	f.must("subnets.create", `{ name = %q, network = { id = %q }, cidr = "10.77.0.0/24" }`, tag, net["id"])
	port := f.must("servers.attach_interface", `%s, { network = { id = %q }, fixed_ips = { "10.77.0.9" } }`, ref, net["id"])
	if !strings.Contains(fmt.Sprint(port["fixed_ips"]), "10.77.0.9") {
		t.Errorf("attached %v", port)
	}
	if got := f.must("servers.interfaces", "%s", ref); strings.Count(fmt.Sprint(got["result"]), `"port_id"`) != 2 {
		t.Errorf("interfaces are %v", got)
	}
	if got := f.must("servers.ip", `%s, { network = %q }`, ref, tag); got["result"] != `"10.77.0.9"` {
		t.Errorf("its address is %v", got)
	}
	f.must("servers.detach_interface", `%s, { id = %q }`, ref, port["port_id"])
	f.must("servers.detach_interface", `%s, { id = %q }`, ref, port["port_id"]) // that it is off already, Nova tells nobody
	f.must("networks.delete", `{ id = %q }`, net["id"])

	log := fmt.Sprint(f.must("servers.actions_log", "%s", ref)["result"])
	for _, action := range []string{"create", "pause", "resize", "rebuild", "rescue", "shelve", "unshelve", "createImage", "attach_interface"} {
		if !strings.Contains(log, fmt.Sprintf(`"action":%q`, action)) {
			t.Errorf("no %s in its log", action)
		}
	}
	f.must("servers.delete", "%s", ref)
	f.must("security_groups.delete", `%q`, tag)
}
