package bindings_test

import "testing"

func TestNetworks(t *testing.T) {
	runWire(t, []wireCase{
		{
			name: "plain", fn: "networks.create", args: `{ name = "blue", shared = false }`,
			wire: []exchange{{want: "POST networks", body: `{"network":{"name":"blue","shared":false}}`, status: 201,
				answer: `{"network":{"id":"` + netID + `","name":"blue","status":"ACTIVE"}}`}},
			want: `{"id":"` + netID + `","name":"blue","status":"ACTIVE"}`,
		},
		{
			name: "every option", fn: "networks.create",
			args: `{ name = "blue", description = "d", admin_state_up = false, shared = true, external = true, is_default = false,
				mtu = 1400, port_security_enabled = false, dns_domain = "example.org.", qos_policy_id = "` + noID + `",
				vlan_transparent = true, ["provider:network_type"] = "vlan", ["provider:physical_network"] = "physnet1",
				["provider:segmentation_id"] = 100, segments = { { ["provider:network_type"] = "vxlan", ["provider:segmentation_id"] = 0 } },
				project_id = "38d9273c1dc74e86bbf2fba83fdb7338", availability_zone_hints = { "nova" } }`,
			wire: []exchange{{want: "POST networks", body: `{"network":{"name":"blue","description":"d","admin_state_up":false,"shared":true,
				"router:external":true,"is_default":false,"mtu":1400,"port_security_enabled":false,"dns_domain":"example.org.",
				"qos_policy_id":"` + noID + `","vlan_transparent":true,"provider:network_type":"vlan","provider:physical_network":"physnet1",
				"provider:segmentation_id":100,"segments":[{"provider:network_type":"vxlan","provider:segmentation_id":0}],
				"project_id":"38d9273c1dc74e86bbf2fba83fdb7338","availability_zone_hints":["nova"]}}`,
				status: 201, answer: `{"network":{"id":"n"}}`}},
			want: `{"id":"n"}`,
		},
		{
			name: "tags go by a request of their own", fn: "networks.create", args: `{ name = "blue", tags = { "lab", "a" } }`,
			wire: []exchange{
				{want: "POST networks", body: `{"network":{"name":"blue"}}`, status: 201, answer: `{"network":{"id":"n","tags":[],"mtu":1450}}`},
				{want: "PUT networks/n/tags", body: `{"tags":["lab","a"]}`, answer: `{"tags":["lab","a"]}`},
			},
			want: `{"id":"n","mtu":1450,"tags":["lab","a"]}`,
		},
		{
			name: "tags refused", fn: "networks.create", args: `{ name = "blue", tags = { "lab" } }`,
			wire: []exchange{
				{want: "POST networks", body: `{"network":{"name":"blue"}}`, status: 201, answer: `{"network":{"id":"n"}}`},
				{want: "PUT networks/n/tags", body: `{"tags":["lab"]}`, status: 400, answer: neutronError("InvalidInput", "bad tags")},
			},
			fail: &failure{"bad_request", "networks.create", "bad tags", `networks.delete("n")`},
		},
		{
			name: "waits while it is being built", fn: "networks.create", args: `{ name = "blue" }`,
			wire: []exchange{
				{want: "POST networks", body: `{"network":{"name":"blue"}}`, status: 201, answer: `{"network":{"id":"n","status":"BUILD"}}`},
				{want: "GET networks/n", answer: `{"network":{"id":"n","status":"BUILD"}}`},
				{want: "GET networks/n", answer: `{"network":{"id":"n","status":"ACTIVE"}}`},
			},
			want: `{"id":"n","status":"ACTIVE"}`,
		},
		{
			name: "does not wait when told so", fn: "networks.create", args: `{ name = "blue", wait = false }`,
			wire: []exchange{{want: "POST networks", body: `{"network":{"name":"blue"}}`, status: 201, answer: `{"network":{"id":"n","status":"BUILD"}}`}},
			want: `{"id":"n","status":"BUILD"}`,
		},
		{
			name: "stops at ERROR", fn: "networks.create", args: `{ name = "blue" }`,
			wire: []exchange{
				{want: "POST networks", body: `{"network":{"name":"blue"}}`, status: 201, answer: `{"network":{"id":"n","name":"blue","status":"BUILD"}}`},
				{want: "GET networks/n", answer: `{"network":{"id":"n","status":"ERROR"}}`},
			},
			fail: &failure{"resource_error", "networks.create", `network "blue" went to ERROR`, ""},
		},
		{
			name: "unknown option", fn: "networks.create", args: `{ name = "blue", shard = true }`,
			fail: &failure{"bad_argument", "networks.create", `did you mean "shared"?`, ""},
		},
		{
			name: "both names of one option", fn: "networks.create", args: `{ name = "blue", external = true, ["router:external"] = false }`,
			fail: &failure{code: "bad_argument"},
		},
		{
			name: "policy", fn: "networks.create", args: `{ name = "x", shared = true }`,
			wire: []exchange{{want: "POST networks", body: `{"network":{"name":"x","shared":true}}`, status: 403,
				answer: neutronError("PolicyNotAuthorized", "(rule:create_network and rule:create_network:shared) is disallowed by policy")}},
			fail: &failure{"forbidden", "networks.create", "disallowed by policy", "may set shared"},
		},
		{
			name: "quota", fn: "networks.create", args: `{ name = "x" }`,
			wire: []exchange{{want: "POST networks", body: `{"network":{"name":"x"}}`, status: 409,
				answer: neutronError("OverQuota", "Quota exceeded for resources: ['network'].")}},
			fail: &failure{"quota", "networks.create", "Quota exceeded", "as many as it may"},
		},
		{
			name: "filters", fn: "networks.list",
			args: `{ name = "", external = true, shared = false, status = "ACTIVE", mtu = 1450, tags = { "a", "b" }, tags_any = { "c" },
				["not-tags"] = { "d" }, sort_key = "name", sort_dir = "desc", fields = { "id", "name" } }`,
			wire: []exchange{{want: "GET networks?fields=id&fields=name&mtu=1450&name=&not-tags=d&router:external=true&shared=false&sort_dir=desc&sort_key=name&status=ACTIVE&tags=a,b&tags-any=c",
				answer: `{"networks":[]}`}},
			want: `[]`,
		},
		{
			name: "pages", fn: "networks.list", args: `{}`,
			wire: []exchange{
				{want: "GET networks", answer: `{"networks":[{"id":"1"}],"networks_links":[{"rel":"next","href":"$URL/v2.0/networks?limit=1&marker=1"}]}`},
				{want: "GET networks?limit=1&marker=1", answer: `{"networks":[{"id":"2"}],"networks_links":[{"rel":"previous","href":"$URL/v2.0/networks?limit=1&marker=2&page_reverse=True"}]}`},
			},
			want: `[{"id":"1"},{"id":"2"}]`,
		},
		{
			name: "a link to itself ends", fn: "networks.list", args: `{ marker = "1" }`,
			wire: []exchange{{want: "GET networks?marker=1", answer: `{"networks":[{"id":"1"}],"networks_links":[{"rel":"next","href":"$URL/v2.0/networks?marker=1"}]}`}},
			want: `[{"id":"1"}]`,
		},
		{
			name: "a limit is kept over pages", fn: "networks.list", args: `{ limit = 3 }`,
			wire: []exchange{
				{want: "GET networks?limit=3", answer: `{"networks":[{"id":"1"},{"id":"2"}],"networks_links":[{"rel":"next","href":"$URL/v2.0/networks?limit=2&marker=2"}]}`},
				{want: "GET networks?limit=1&marker=2", answer: `{"networks":[{"id":"3"}],"networks_links":[{"rel":"next","href":"$URL/v2.0/networks?limit=1&marker=3"}]}`},
			},
			want: `[{"id":"1"},{"id":"2"},{"id":"3"}]`,
		},
		{name: "a limit below one", fn: "networks.list", args: `{ limit = -1 }`, fail: &failure{code: "bad_argument", op: "networks.list.limit"}},
		{
			name: "page by page", fn: "networks.each", args: `{ limit = 1 }`,
			wire: []exchange{
				{want: "GET networks?limit=1", answer: `{"networks":[{"id":"1"}],"networks_links":[{"rel":"next","href":"$URL/v2.0/networks?limit=1&marker=1"}]}`},
				{want: "GET networks?limit=1&marker=1", answer: `{"networks":[]}`},
			},
			want: `[{"id":"1"}] []`,
		},
		{
			name: "by ID", fn: "networks.get", args: `"` + netID + `"`,
			wire: []exchange{{want: "GET networks/" + netID, answer: `{"network":{"id":"` + netID + `"}}`}},
			want: `{"id":"` + netID + `"}`,
		},
		{
			name: "by name", fn: "networks.get", args: `"blue sky"`,
			wire: []exchange{{want: "GET networks?name=blue sky", answer: `{"networks":[{"id":"n","name":"blue sky"}]}`}},
			want: `{"id":"n","name":"blue sky"}`,
		},
		{
			name: "object", fn: "networks.get", args: `{ id = "n", name = "old" }`,
			wire: []exchange{{want: "GET networks/n", answer: `{"network":{"id":"n"}}`}},
			want: `{"id":"n"}`,
		},
		{
			name: "an ID stays one step of the path", fn: "networks.get", args: `{ id = "../routers?x=y" }`,
			wire: []exchange{{want: "GET networks/..%2Frouters%3Fx=y", answer: `{"network":{"id":"n"}}`}},
			want: `{"id":"n"}`,
		},
		{
			name: "no steps up", fn: "networks.get", args: `{ id = ".." }`,
			wire: []exchange{{want: "GET networks/%2E%2E", answer: `{"network":{"id":"n"}}`}},
			want: `{"id":"n"}`,
		},
		{
			name: "no such ID", fn: "networks.get", args: `"` + noID + `"`,
			wire: []exchange{{want: "GET networks/" + noID, status: 404, answer: neutronError("NetworkNotFound", "Network "+noID+" could not be found.")}},
			fail: &failure{"not_found", "networks.get", "could not be found", ""},
		},
		{
			name: "no such name", fn: "networks.get", args: `"privat"`,
			wire: []exchange{
				{want: "GET networks?name=privat", answer: `{"networks":[]}`},
				{want: "GET networks?fields=id&fields=name", answer: `{"networks":[{"id":"1","name":"public"},{"id":"2","name":"private"}]}`},
			},
			fail: &failure{"not_found", "networks.get", `no network is named "privat"`, `did you mean "private"?`},
		},
		{
			name: "two of a name", fn: "networks.get", args: `"blue"`,
			wire: []exchange{{want: "GET networks?name=blue", answer: `{"networks":[{"id":"n1","name":"blue"},{"id":"n2","name":"blue"}]}`}},
			fail: &failure{"ambiguous", "networks.get", "n1, n2", "use an ID"},
		},
		{
			name: "none", fn: "networks.find", args: `"blue"`,
			wire: []exchange{{want: "GET networks?name=blue", answer: `{"networks":[]}`}},
			want: `nil`,
		},
		{
			name: "a filter the service does not know", fn: "networks.find", args: `"blue"`,
			wire: []exchange{{want: "GET networks?name=blue", answer: `{"networks":[{"id":"1","name":"green"},{"id":"2","name":"blue"}]}`}},
			want: `{"id":"2","name":"blue"}`,
		},
		{
			name: "two", fn: "networks.find", args: `"blue"`,
			wire: []exchange{{want: "GET networks?name=blue", answer: `{"networks":[{"id":"n1","name":"blue"},{"id":"n2","name":"blue"}]}`}},
			fail: &failure{code: "ambiguous", says: "2 networks"},
		},
		{
			name: "a name in the form of an ID", fn: "networks.find", args: `"` + noID + `"`,
			wire: []exchange{
				{want: "GET networks/" + noID, status: 404, answer: neutronError("NetworkNotFound", "gone")},
				{want: "GET networks?name=" + noID, answer: `{"networks":[{"id":"n","name":"` + noID + `"}]}`},
			},
			want: `{"id":"n","name":"` + noID + `"}`,
		},
		{
			name: "ID that is gone", fn: "networks.find", args: `{ id = "n" }`,
			wire: []exchange{{want: "GET networks/n", status: 404, answer: neutronError("NetworkNotFound", "gone")}},
			want: `nil`,
		},
		{
			name: "an error is no absence", fn: "networks.find", args: `"blue"`,
			wire: []exchange{{want: "GET networks?name=blue", status: 503, answer: `{"message":"down"}`}},
			fail: &failure{code: "unavailable", op: "networks.find"},
		},
		{
			name: "fields and tags", fn: "networks.update", args: `{ id = "n" }, { name = "green", qos_policy_id = false, tags = {}, revision_number = 3 }`,
			wire: []exchange{
				{want: "PUT networks/n", body: `{"network":{"name":"green","qos_policy_id":null}}`, header: "If-Match: revision_number=3",
					answer: `{"network":{"id":"n","name":"green","tags":["old"]}}`},
				{want: "PUT networks/n/tags", body: `{"tags":[]}`, answer: `{"tags":[]}`},
			},
			want: `{"id":"n","name":"green","tags":[]}`,
		},
		{
			name: "tags alone", fn: "networks.update", args: `"blue", { tags = { "a" } }`,
			wire: []exchange{
				{want: "GET networks?name=blue", answer: `{"networks":[{"id":"n","name":"blue"}]}`},
				{want: "PUT networks/n/tags", body: `{"tags":["a"]}`, answer: `{"tags":["a"]}`},
				{want: "GET networks/n", answer: `{"network":{"id":"n","tags":["a"]}}`},
			},
			want: `{"id":"n","tags":["a"]}`,
		},
		{
			name: "changed by another", fn: "networks.update", args: `{ id = "n" }, { name = "green", revision_number = 3 }`,
			wire: []exchange{{want: "PUT networks/n", body: `{"network":{"name":"green"}}`, status: 412,
				answer: neutronError("RevisionNumberConstraintFailed", "Constrained to 3, but current revision is 4")}},
			fail: &failure{"conflict", "networks.update", "current revision is 4", "get it again"},
		},
		{name: "nothing", fn: "networks.update", args: `{ id = "n" }, {}`, fail: &failure{"bad_argument", "networks.update", "nothing to change", "help"}},
		{
			name: "object", fn: "networks.delete", args: `{ id = "n" }`,
			wire: []exchange{{want: "DELETE networks/n", status: 204}},
			want: `true`,
		},
		{
			name: "missing name", fn: "networks.delete", args: `"blue", { missing_ok = true }`,
			wire: []exchange{
				{want: "GET networks?name=blue", answer: `{"networks":[]}`},
				{want: "GET networks?fields=id&fields=name", answer: `{"networks":[]}`},
			},
			want: `false`,
		},
		{
			name: "missing ID", fn: "networks.delete", args: `{ id = "n" }, { missing_ok = true }`,
			wire: []exchange{{want: "DELETE networks/n", status: 404, answer: neutronError("NetworkNotFound", "gone")}},
			want: `false`,
		},
		{
			name: "missing", fn: "networks.delete", args: `{ id = "n" }`,
			wire: []exchange{{want: "DELETE networks/n", status: 404, answer: neutronError("NetworkNotFound", "Network n could not be found.")}},
			fail: &failure{code: "not_found", op: "networks.delete"},
		},
		{
			name: "in use", fn: "networks.delete", args: `{ id = "n" }`,
			wire: []exchange{{want: "DELETE networks/n", status: 409, answer: neutronError("NetworkInUse",
				"Unable to complete operation on network n. There are one or more ports still in use on the network, id for these ports is: p.")}},
			fail: &failure{"conflict", "networks.delete", "still in use", "ports.list"},
		},
		{
			name: "until gone", fn: "networks.wait", args: `{ id = "n" }, { status = "DELETED" }`,
			wire: []exchange{
				{want: "GET networks/n", answer: `{"network":{"id":"n","status":"ACTIVE"}}`},
				{want: "GET networks/n", status: 404, answer: neutronError("NetworkNotFound", "gone")},
			},
			want: `nil`,
		},
		{
			name: "too long", fn: "networks.wait", args: `{ id = "n" }, { timeout = 0.1 }`,
			wire: []exchange{
				{want: "GET networks/n", answer: `{"network":{"id":"n","status":"BUILD"}}`},
				{want: "GET networks/n", answer: `{"network":{"id":"n","status":"BUILD"}}`},
			},
			fail: &failure{"timeout", "networks.wait", "is still BUILD after 100ms", "timeout ="},
		},
		{
			name: "replace", fn: "networks.set_tags", args: `{ id = "n" }, { "a" }`,
			wire: []exchange{{want: "PUT networks/n/tags", body: `{"tags":["a"]}`, answer: `{"tags":["a"]}`}},
		},
		{
			name: "one more", fn: "networks.add_tag", args: `{ id = "n" }, "a/b"`,
			wire: []exchange{{want: "PUT networks/n/tags/a%2Fb", status: 201}},
		},
		{
			name: "one less", fn: "networks.remove_tag", args: `{ id = "n" }, "a"`,
			wire: []exchange{{want: "DELETE networks/n/tags/a", status: 204}},
		},
		{
			name: "makes it", fn: "networks.ensure", args: `{ name = "blue", mtu = 1400, tags = { "a" } }`,
			wire: []exchange{
				{want: "GET networks?name=blue", answer: `{"networks":[]}`},
				{want: "POST networks", body: `{"network":{"name":"blue","mtu":1400}}`, status: 201, answer: `{"network":{"id":"n","tags":[]}}`},
				{want: "PUT networks/n/tags", body: `{"tags":["a"]}`, answer: `{"tags":["a"]}`},
			},
			want: `{"id":"n","tags":["a"]} true`,
		},
		{
			name: "is so already", fn: "networks.ensure",
			args: `{ name = "blue", mtu = 1400, shared = false, description = "", tags = { "b", "a" }, ["provider:network_type"] = "vlan" }`,
			wire: []exchange{{want: "GET networks?name=blue",
				answer: `{"networks":[{"id":"n","name":"blue","mtu":1400,"shared":false,"description":null,"tags":["a","b"]}]}`}},
			want: `{"description":null,"id":"n","mtu":1400,"name":"blue","shared":false,"tags":["a","b"]} false`,
		},
		{
			name: "changes what differs", fn: "networks.ensure", args: `{ name = "blue", mtu = 1400, shared = false }`,
			wire: []exchange{
				{want: "GET networks?name=blue", answer: `{"networks":[{"id":"n","name":"blue","mtu":1450,"shared":false}]}`},
				{want: "PUT networks/n", body: `{"network":{"mtu":1400}}`, answer: `{"network":{"id":"n","mtu":1400}}`},
			},
			want: `{"id":"n","mtu":1400} true`,
		},
		{
			name: "cannot change", fn: "networks.ensure", args: `{ name = "blue", ["provider:network_type"] = "vlan" }`,
			wire: []exchange{{want: "GET networks?name=blue", answer: `{"networks":[{"id":"n","name":"blue","provider:network_type":"vxlan"}]}`}},
			fail: &failure{"conflict", "networks.ensure", `provider:network_type is "vxlan", not "vlan"`, `networks.delete("n")`},
		},
		{
			name: "two", fn: "networks.ensure", args: `{ name = "blue" }`,
			wire: []exchange{{want: "GET networks?name=blue", answer: `{"networks":[{"id":"n1","name":"blue"},{"id":"n2","name":"blue"}]}`}},
			fail: &failure{code: "ambiguous", op: "networks.ensure"},
		},
	})
}
