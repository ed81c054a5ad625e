package bindings_test

import "testing"

func TestProjects(t *testing.T) {
	const mine = `{"projects":[{"id":"pid","name":"demo"},{"id":"q","name":"other"}]}`
	const no = `{"error":{"code":403,"message":"You are not authorized to perform the requested action: identity:list_projects.","title":"Forbidden"}}`
	ids := `{ id = "p" }, { id = "u" }, { id = "r" }`
	runWire(t, []wireCase{
		{name: "one's own", fn: "projects.list", wire: []exchange{{want: "GET auth/projects", answer: mine}}, want: `[{"id":"pid","name":"demo"},{"id":"q","name":"other"}]`},
		{name: "some of them", fn: "projects.list", args: `{ limit = 1 }`, wire: []exchange{{want: "GET auth/projects", answer: mine}}, want: `[{"id":"pid","name":"demo"}]`},
		{
			name: "all, with filters", fn: "projects.list", args: `{ all = true, name = "x", domain_id = { id = "d" }, enabled = false, is_domain = false, parent_id = { id = "p" }, tags = { "a", "b" }, ["not-tags-any"] = { "c" } }`,
			wire: []exchange{{want: "GET projects?domain_id=d&enabled=false&is_domain=false&name=x&not-tags-any=c&parent_id=p&tags=a,b", answer: `{"projects":[]}`}}, want: `[]`,
		},
		{
			name: "as a member", fn: "projects.list", args: `{ all = true }`, wire: []exchange{{want: "GET projects", status: 403, answer: no}},
			fail: &failure{"forbidden", "projects.list", "not authorized", "administrator"},
		},
		{
			name: "a member finds his own", fn: "projects.get", args: `"other"`,
			wire: []exchange{{want: "GET projects?name=other", status: 403, answer: no}, {want: "GET auth/projects", answer: mine}}, want: `{"id":"q","name":"other"}`,
		},
		{
			name: "a member finds none", fn: "projects.find", args: `"nosuch"`,
			wire: []exchange{{want: "GET projects?name=nosuch", status: 403, answer: no}, {want: "GET auth/projects", answer: mine}}, want: `nil`,
		},
		{
			name: "every option", fn: "projects.create",
			args: `{ name = "x", description = "d", enabled = false, domain_id = { id = "d" }, is_domain = false, parent_id = { id = "p" }, tags = { "t" }, options = { immutable = true }, extra = { course = "two" } }`,
			wire: []exchange{{want: "POST projects", body: `{"project":{"name":"x","description":"d","enabled":false,"domain_id":"d","is_domain":false,"parent_id":"p","tags":["t"],"options":{"immutable":true},"course":"two"}}`, status: 201, answer: `{"project":{"id":"p"}}`}},
			want: `{"id":"p"}`,
		},
		{
			name: "as a member", fn: "projects.create", args: `{ name = "x" }`, wire: []exchange{{want: "POST projects", body: `{"project":{"name":"x"}}`, status: 403, answer: no}},
			fail: &failure{"forbidden", "projects.create", "not authorized", "administrator"},
		},
		{
			name: "by another method", fn: "projects.update", args: `{ id = "p" }, { enabled = false }`,
			wire: []exchange{{want: "PATCH projects/p", body: `{"project":{"enabled":false}}`, answer: `{"project":{"id":"p"}}`}}, want: `{"id":"p"}`,
		},
		{
			name: "differs", fn: "projects.ensure", args: `{ name = "x", enabled = true }`,
			wire: []exchange{{want: "GET projects?name=x", answer: `{"projects":[{"id":"p","name":"x","enabled":false}],"links":{"next":null}}`}, {want: "PATCH projects/p", body: `{"project":{"enabled":true}}`, answer: `{"project":{"id":"p"}}`}},
			want: `{"id":"p"} true`,
		},
		{name: "user", fn: "projects.grant", args: ids, wire: []exchange{{want: "PUT projects/p/users/u/roles/r", status: 204}}},
		{name: "user", fn: "projects.revoke", args: ids, wire: []exchange{{want: "DELETE projects/p/users/u/roles/r", status: 204}}},
		{name: "group", fn: "projects.grant_group", args: ids, wire: []exchange{{want: "PUT projects/p/groups/u/roles/r", status: 204}}},
		{name: "group", fn: "projects.revoke_group", args: ids, wire: []exchange{{want: "DELETE projects/p/groups/u/roles/r", status: 204}}},
		{
			name: "by name", fn: "projects.grant", args: `"course", "demo", "member"`,
			wire: []exchange{
				{want: "GET projects?name=course", answer: `{"projects":[{"id":"p","name":"course"}]}`}, {want: "GET users?name=demo", answer: `{"users":[{"id":"u","name":"demo"}]}`},
				{want: "GET roles?name=member", answer: `{"roles":[{"id":"r","name":"member"}]}`}, {want: "PUT projects/p/users/u/roles/r", status: 204},
			},
		},
		{
			name: "users and groups", fn: "projects.members", args: `{ id = "p" }`,
			wire: []exchange{{want: "GET role_assignments?include_names=true&scope.project.id=p", answer: `{"role_assignments":[
				{"role":{"id":"r","name":"member"},"user":{"id":"u","name":"demo","domain":{"id":"default","name":"Default"}},"scope":{"project":{"id":"p"}}},
				{"role":{"id":"r","name":"member"},"group":{"id":"g","name":"all","domain":{"id":"default","name":"Default"}},"scope":{"project":{"id":"p"},"OS-INHERIT:inherited_to":"projects"}}]}`}},
			want: `[{"group":"all","group_domain":"Default","group_id":"g","inherited":true,"role":"member","role_id":"r"},{"role":"member","role_id":"r","user":"demo","user_domain":"Default","user_id":"u"}]`,
		},
		{
			name: "of a user", fn: "projects.roles", args: `{ id = "p" }, { id = "u" }`,
			wire: []exchange{{want: "GET projects/p/users/u/roles", answer: `{"roles":[{"id":"r","name":"member"}]}`}}, want: `[{"id":"r","name":"member"}]`,
		},
	})
}

func TestQuotas(t *testing.T) {
	compute := exchange{want: "GET os-quota-sets/pid/detail", answer: `{"quota_set":{"id":"pid","instances":{"limit":10,"in_use":3,"reserved":1},"cores":{"limit":-1,"in_use":3,"reserved":0},"floating_ips":{"limit":-1,"in_use":0,"reserved":0}}}`}
	network := exchange{want: "GET quotas/pid/details.json", answer: `{"quota":{"network":{"limit":100,"used":100,"reserved":0},"floatingip":{"limit":50,"used":2,"reserved":0}}}`}
	const all = `{"cores":{"in_use":3,"limit":-1,"reserved":0,"service":"compute"},"floating_ips":{"free":48,"in_use":2,"limit":50,"reserved":0,"service":"network"},` +
		`"instances":{"free":6,"in_use":3,"limit":10,"reserved":1,"service":"compute"},"networks":{"free":0,"in_use":100,"limit":100,"reserved":0,"service":"network"}}`
	runWire(t, []wireCase{
		{name: "one's own", fn: "quotas.get", wire: []exchange{compute, network}, want: all},
		{name: "one's own by name", fn: "quotas.get", args: `"demo"`, wire: []exchange{compute, network}, want: all},
		{
			name: "without the extension", fn: "quotas.get",
			wire: []exchange{compute, {want: network.want, status: 404, answer: neutronError("HTTPNotFound", "The resource could not be found.")}, {want: "GET quotas/pid", answer: `{"quota":{"network":100}}`}},
			want: `{"cores":{"in_use":3,"limit":-1,"reserved":0,"service":"compute"},"instances":{"free":6,"in_use":3,"limit":10,"reserved":1,"service":"compute"},"networks":{"limit":100,"service":"network"}}`,
		},
		{name: "fits", fn: "quotas.check", args: `{ instances = 6, cores = 1000 }`, wire: []exchange{compute}, want: `true []`},
		{
			name: "does not", fn: "quotas.check", args: `{ instances = 7, networks = 1, floating_ips = 48 }`, wire: []exchange{compute, network},
			want: `false [{"free":6,"in_use":3,"limit":10,"name":"instances","needed":7},{"free":0,"in_use":100,"limit":100,"name":"networks","needed":1}]`,
		},
		{name: "nothing said", fn: "quotas.check", args: `{}`, fail: &failure{"bad_argument", "quotas.check", "say how much", ""}},
		{
			name: "both services", fn: "quotas.update", args: `{ id = "pid" }, { instances = 0, floating_ips = -1, force = true }`,
			wire: []exchange{
				{want: "PUT os-quota-sets/pid", body: `{"quota_set":{"instances":0,"force":true}}`, answer: `{"quota_set":{}}`},
				{want: "PUT quotas/pid", body: `{"quota":{"floatingip":-1}}`, answer: `{"quota":{}}`}, compute, network,
			},
			want: all,
		},
		{
			name: "as a member", fn: "quotas.update", args: `{ id = "pid" }, { cores = 1 }`,
			wire: []exchange{{want: "PUT os-quota-sets/pid", body: `{"quota_set":{"cores":1}}`, status: 403, answer: `{"forbidden":{"code":403,"message":"Policy doesn't allow it."}}`}},
			fail: &failure{"forbidden", "quotas.update", "Policy", "administrators"},
		},
		{name: "below none", fn: "quotas.update", args: `{ id = "pid" }, { cores = -2 }`, fail: &failure{"bad_argument", "quotas.update.cores", "-2", ""}},
		{name: "both", fn: "quotas.reset", args: `{ id = "p" }`, wire: []exchange{{want: "DELETE os-quota-sets/p", status: 202}, {want: "DELETE quotas/p", status: 404, answer: neutronError("TenantQuotaNotFound", "Quota for tenant p could not be found.")}}},
		{name: "own names", fn: "quotas.limits", wire: []exchange{{want: "GET limits", answer: `{"limits":{"rate":[],"absolute":{"maxServerMeta":128}}}`}}, want: `{"maxServerMeta":128}`},
	})
}
