package bindings_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestProjectsSimulator(t *testing.T) { exerciseProjects(t, onSimulator(t, "admin")) }
func TestProjectsRealCloud(t *testing.T) { exerciseProjects(t, onCloud(t, "OSLUA_TEST_CLOUD_ADMIN")) }

// exerciseProjects makes a project, gives it members and quotas, and removes it again.
func exerciseProjects(t *testing.T, f *fixture) {
	t.Helper()
	tag := fmt.Sprintf("oslua-test-%08x", rand.Uint32())
	p := f.must("projects.create", `{ name = %q, description = "made by a test", tags = { "b", "a" } }`, tag)
	ref := fmt.Sprintf(`{ id = %q }`, p["id"])
	t.Cleanup(func() { _, _ = f.call("projects.delete", ref+`, { missing_ok = true }`) })
	if p["enabled"] != true || p["domain_id"] != "default" || p["is_domain"] != false {
		t.Errorf("got %v", p)
	}
	_, err := f.call("projects.create", fmt.Sprintf(`{ name = %q }`, tag))
	failure{"conflict", "projects.create", "", ""}.check(t, err)
	if got := f.must("projects.ensure", `{ name = %q, description = "made by a test", enabled = true }`, tag); got["changed"] != false {
		t.Errorf("ensure changed it")
	}
	if got := f.must("projects.update", `%s, { description = "otherwise", tags = { "c" } }`, ref); got["description"] != "otherwise" || fmt.Sprint(got["tags"]) != "[c]" {
		t.Errorf("updated to %v", got)
	}
	if got := f.must("projects.list", `{ all = true, name = %q, enabled = true, tags = { "c" } }`, tag); !strings.Contains(fmt.Sprint(got["result"]), tag) {
		t.Errorf("list gave %v", got)
	}
	if got := f.must("projects.get", `%q`, tag); got["id"] != p["id"] {
		t.Errorf("by name: %v", got)
	}

	f.must("projects.grant", `%q, "demo", "member"`, tag)
	f.must("projects.grant", `%q, "demo", "member"`, tag) // twice is as good as once
	if got := f.must("projects.roles", `%s, "demo"`, ref); !strings.Contains(fmt.Sprint(got["result"]), `"name":"member"`) {
		t.Errorf("roles are %v", got)
	}
	if got := f.must("projects.members", "%s", ref); !strings.Contains(fmt.Sprint(got["result"]), `"user":"demo"`) {
		t.Errorf("members are %v", got)
	}
	f.must("projects.revoke", `%s, "demo", "member"`, ref)
	_, err = f.call("projects.revoke", ref+`, "demo", "member"`)
	failure{"not_found", "projects.revoke", "", ""}.check(t, err)
	_, err = f.call("projects.grant", ref+`, "nosuch", "member"`)
	failure{"not_found", "projects.grant", "nosuch", ""}.check(t, err)

	// Quotas of a project that has none of its own are the defaults; nothing is in use.
	limit := func(q map[string]any, name string) any { m, _ := q[name].(map[string]any); return m["limit"] }
	before := f.must("quotas.get", "%s", ref)
	for _, name := range []string{"instances", "cores", "ram", "key_pairs", "networks", "subnets", "ports", "routers", "floating_ips", "security_groups", "security_group_rules"} {
		if q, _ := before[name].(map[string]any); q["limit"] == nil || q["in_use"] == nil && q["reserved"] == nil {
			t.Errorf("the quota of %s is %v", name, before[name])
		}
	}
	after := f.must("quotas.update", `%s, { instances = 3, cores = 7, networks = 2, floating_ips = 0 }`, ref)
	if limit(after, "instances") != 3.0 || limit(after, "cores") != 7.0 || limit(after, "networks") != 2.0 || limit(after, "floating_ips") != 0.0 || limit(after, "ram") != limit(before, "ram") {
		t.Errorf("updated to %v", after)
	}
	got, err := f.call("quotas.check", fmt.Sprintf(`{ project = %s, instances = 4, networks = 2 }`, ref))
	if err != nil || !strings.Contains(got, "false") || !strings.Contains(got, "instances") || strings.Contains(got, "networks") {
		t.Errorf("check gave %v, %v", got, err)
	}
	if got := f.must("quotas.limits", `{ project = %s }`, ref); got["maxTotalInstances"] != 3.0 {
		t.Errorf("limits are %v", got)
	}
	f.must("quotas.reset", "%s", ref)
	if got := f.must("quotas.get", "%s", ref); limit(got, "instances") != limit(before, "instances") || limit(got, "networks") != limit(before, "networks") {
		t.Errorf("reset to %v", got)
	}

	// A limit that is reached is a quota error.
	one := fmt.Sprintf(`{ name = %q, project_id = %s }`, tag, ref)
	f.must("quotas.update", `%s, { networks = 1 }`, ref)
	net := f.must("networks.create", "%s", one)
	t.Cleanup(func() { _, _ = f.call("networks.delete", fmt.Sprintf(`{ id = %q }, { missing_ok = true }`, net["id"])) })
	_, err = f.call("networks.create", one)
	failure{"quota", "networks.create", "", ""}.check(t, err)
	f.must("networks.delete", `{ id = %q }`, net["id"])

	f.must("projects.update", `%s, { enabled = false }`, ref)
	f.must("projects.delete", "%s", ref)
	_, err = f.call("projects.get", ref)
	failure{"not_found", "projects.get", "", ""}.check(t, err)
	if got := f.must("projects.delete", "%s", ref+`, { missing_ok = true }`); got["result"] != "false" {
		t.Errorf("deleted twice: %v", got)
	}
}
