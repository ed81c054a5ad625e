package bindings_test

import "testing"

const apart = `{"id":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","name":"apart","policy":"anti-affinity","rules":{},"members":[]}`

func TestServerGroups(t *testing.T) {
	all := exchange{want: "GET os-server-groups", header: "Openstack-Api-Version: compute 2.93", answer: `{"server_groups":[` + apart + `,{"id":"2","name":"near"}]}`}
	created := exchange{want: "POST os-server-groups", body: `{"server_group":{"name":"apart","policy":"anti-affinity","rules":{"max_server_per_host":2}}}`,
		answer: `{"server_group":` + apart + `}`}
	old := exchange{want: "POST os-server-groups", status: 406, answer: `{"computeFault":{"code":406,"message":"Version 2.93 is not supported by the API. Minimum is 2.1 and maximum is 2.60."}}`}
	runWire(t, []wireCase{
		{
			name: "every filter", fn: "server_groups.list", args: `{ all_projects = true, limit = 5, offset = 2 }`,
			wire: []exchange{{want: "GET os-server-groups?all_projects=true&limit=5&offset=2", answer: `{"server_groups":[]}`}},
			want: `[]`,
		},
		{
			name: "pages", fn: "server_groups.each", args: `{ limit = 2, offset = 1 }`,
			wire: []exchange{
				{want: "GET os-server-groups?limit=2&offset=1", answer: `{"server_groups":[{"id":"1"},{"id":"2"}]}`},
				{want: "GET os-server-groups?limit=2&offset=3", answer: `{"server_groups":[{"id":"3"}]}`},
			},
			want: `[{"id":"1"},{"id":"2"}] [{"id":"3"}]`,
		},
		{name: "all at once", fn: "server_groups.each", args: `{}`, wire: []exchange{{want: "GET os-server-groups", answer: `{"server_groups":[{"id":"1"}]}`}}, want: `[{"id":"1"}]`},
		{name: "by name", fn: "server_groups.get", args: `"apart"`, wire: []exchange{all}, want: canonical(apart)},
		{name: "by ID", fn: "server_groups.get", args: `{ id = "2" }`, wire: []exchange{{want: "GET os-server-groups/2", answer: `{"server_group":{"id":"2"}}`}}, want: `{"id":"2"}`},
		{
			name: "nearest name", fn: "server_groups.get", args: `"apar"`, wire: []exchange{all, {want: "GET os-server-groups", answer: all.answer}},
			fail: &failure{"not_found", "server_groups.get", `"apar"`, `did you mean "apart"?`},
		},
		{name: "none", fn: "server_groups.find", args: `"far"`, wire: []exchange{all}, want: `nil`},
		{
			name: "every option", fn: "server_groups.create", args: `{ name = "apart", policy = "anti-affinity", rules = { max_server_per_host = 2 } }`,
			wire: []exchange{created}, want: canonical(apart),
		},
		{
			name: "an older service", fn: "server_groups.create", args: `{ name = "apart", policy = "affinity" }`,
			wire: []exchange{
				{want: "POST os-server-groups", body: `{"server_group":{"name":"apart","policy":"affinity"}}`, status: old.status, answer: old.answer},
				{want: "POST os-server-groups", header: "Openstack-Api-Version: compute 2.60", body: `{"server_group":{"name":"apart","policies":["affinity"]}}`, answer: `{"server_group":{"id":"1"}}`},
			},
			want: `{"id":"1"}`,
		},
		{
			name: "rules on an older service", fn: "server_groups.create", args: `{ name = "apart", policy = "anti-affinity", rules = { max_server_per_host = 2 } }`,
			wire: []exchange{{want: created.want, body: created.body, status: old.status, answer: old.answer}},
			fail: &failure{"bad_argument", "server_groups.create.rules", "knows no rules", "leave rules out"},
		},
		{
			name: "no such policy", fn: "server_groups.create", args: `{ name = "apart", policy = "antiaffinity" }`,
			fail: &failure{"bad_argument", "server_groups.create.policy", "antiaffinity", "anti-affinity"},
		},
		{name: "as it is", fn: "server_groups.ensure", args: `{ name = "apart", policy = "anti-affinity" }`, wire: []exchange{all}, want: canonical(apart) + ` false`},
		{
			name: "not there", fn: "server_groups.ensure", args: `{ name = "far", policy = "affinity" }`,
			wire: []exchange{all, {want: "POST os-server-groups", body: `{"server_group":{"name":"far","policy":"affinity"}}`, answer: `{"server_group":{"id":"1"}}`}},
			want: `{"id":"1"} true`,
		},
		{
			name: "another policy", fn: "server_groups.ensure", args: `{ name = "apart", policy = "affinity" }`, wire: []exchange{all},
			fail: &failure{"conflict", "server_groups.ensure", "policy", "server_groups.delete"},
		},
		{name: "delete", fn: "server_groups.delete", args: `{ id = "2" }`, wire: []exchange{{want: "DELETE os-server-groups/2", status: 204}}, want: `true`},
	})
}
