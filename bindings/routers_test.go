package bindings_test

import "testing"

func TestRouters(t *testing.T) {
	const added = `{"id":"` + rtrID + `","port_id":"` + portID + `","subnet_id":"` + subID + `","subnet_ids":["` + subID + `"]}`
	runWire(t, []wireCase{
		{
			name: "plain", fn: "routers.create", args: `{ name = "r" }`,
			wire: []exchange{{want: "POST routers", body: `{"router":{"name":"r"}}`, status: 201, answer: `{"router":{"id":"r1","status":"ACTIVE"}}`}},
			want: `{"id":"r1","status":"ACTIVE"}`,
		},
		{
			name: "with a gateway by name", fn: "routers.create", args: `{ name = "r", external_network = "public" }`,
			wire: []exchange{
				{want: "GET networks?name=public&router:external=true", answer: `{"networks":[{"id":"` + pubID + `","name":"public"}]}`},
				{want: "POST routers", body: `{"router":{"name":"r","external_gateway_info":{"network_id":"` + pubID + `"}}}`, status: 201, answer: `{"router":{"id":"r1"}}`},
			},
			want: `{"id":"r1"}`,
		},
		{
			name: "every option", fn: "routers.create",
			args: `{ name = "r", description = "d", admin_state_up = false, distributed = false, ha = true, enable_ndp_proxy = true,
				project_id = "` + noID + `", flavor = "` + noID + `", service_type_id = "st", availability_zone_hints = { "nova" },
				external_gateway_info = { network = { id = "` + pubID + `" }, enable_snat = false, qos_policy_id = false,
					external_fixed_ips = { { subnet = { id = "s" }, ip_address = "172.24.4.9" }, "172.24.4.10" } } }`,
			wire: []exchange{{want: "POST routers", body: `{"router":{"name":"r","description":"d","admin_state_up":false,"distributed":false,"ha":true,
				"enable_ndp_proxy":true,"project_id":"` + noID + `","flavor_id":"` + noID + `","service_type_id":"st","availability_zone_hints":["nova"],
				"external_gateway_info":{"network_id":"` + pubID + `","enable_snat":false,"qos_policy_id":null,
				"external_fixed_ips":[{"subnet_id":"s","ip_address":"172.24.4.9"},{"ip_address":"172.24.4.10"}]}}}`, status: 201, answer: `{"router":{"id":"r1"}}`}},
			want: `{"id":"r1"}`,
		},
		{
			name: "two gateways", fn: "routers.create", args: `{ name = "r", external_network = "public", external_gateway_info = { network = "public" } }`,
			fail: &failure{code: "bad_argument", op: "routers.create.external_network"},
		},
		{
			name: "waits for its agents", fn: "routers.create", args: `{ name = "r" }`,
			wire: []exchange{
				{want: "POST routers", body: `{"router":{"name":"r"}}`, status: 201, answer: `{"router":{"id":"r1","status":"ALLOCATING"}}`},
				{want: "GET routers/r1", answer: `{"router":{"id":"r1","status":"ACTIVE"}}`},
			},
			want: `{"id":"r1","status":"ACTIVE"}`,
		},
		{
			name: "objects", fn: "routers.add_subnet", args: `{ id = "` + rtrID + `" }, { id = "` + subID + `" }`,
			wire: []exchange{{want: "PUT routers/" + rtrID + "/add_router_interface", body: `{"subnet_id":"` + subID + `"}`, answer: added}},
			want: added,
		},
		{
			name: "names", fn: "routers.add_subnet", args: `"r", "s"`,
			wire: []exchange{
				{want: "GET routers?name=r", answer: `{"routers":[{"id":"` + rtrID + `","name":"r"}]}`},
				{want: "GET subnets?name=s", answer: `{"subnets":[{"id":"` + subID + `","name":"s"}]}`},
				{want: "PUT routers/" + rtrID + "/add_router_interface", body: `{"subnet_id":"` + subID + `"}`, answer: added},
			},
			want: added,
		},
		{
			name: "there already", fn: "routers.add_subnet", args: `{ id = "r" }, { id = "s" }`,
			wire: []exchange{{want: "PUT routers/r/add_router_interface", body: `{"subnet_id":"s"}`, status: 400,
				answer: neutronError("BadRequest", "Bad router request: Router already has a port on subnet s.")}},
			fail: &failure{"bad_request", "routers.add_subnet", "already has a port", "nothing to do"},
		},
		{
			name: "same addresses", fn: "routers.add_subnet", args: `{ id = "r" }, { id = "s" }`,
			wire: []exchange{{want: "PUT routers/r/add_router_interface", body: `{"subnet_id":"s"}`, status: 400,
				answer: neutronError("BadRequest", "Bad router request: Cidr 10.8.0.128/25 of subnet s overlaps with cidr 10.8.0.0/24 of subnet t.")}},
			fail: &failure{"bad_request", "routers.add_subnet", "overlaps", "another router"},
		},
		{
			name: "objects", fn: "routers.remove_subnet", args: `{ id = "r" }, { id = "s" }`,
			wire: []exchange{{want: "PUT routers/r/remove_router_interface", body: `{"subnet_id":"s"}`, answer: `{"id":"r"}`}},
			want: `{"id":"r"}`,
		},
		{
			name: "needed by a floating IP", fn: "routers.remove_subnet", args: `{ id = "r" }, { id = "s" }`,
			wire: []exchange{{want: "PUT routers/r/remove_router_interface", body: `{"subnet_id":"s"}`, status: 409,
				answer: neutronError("RouterInterfaceInUseByFloatingIP", "Router interface for subnet s on router r cannot be deleted, as it is required by one or more floating IPs.")}},
			fail: &failure{"conflict", "routers.remove_subnet", "floating IPs", "floating IPs"},
		},
		{
			name: "not on it", fn: "routers.remove_subnet", args: `{ id = "r" }, { id = "s" }`,
			wire: []exchange{{want: "PUT routers/r/remove_router_interface", body: `{"subnet_id":"s"}`, status: 404,
				answer: neutronError("RouterInterfaceNotFoundForSubnet", "Router r has no interface on subnet s")}},
			fail: &failure{"not_found", "routers.remove_subnet", "no interface", "routers.interfaces"},
		},
		{
			name: "objects", fn: "routers.add_port", args: `{ id = "r" }, { id = "p" }`,
			wire: []exchange{{want: "PUT routers/r/add_router_interface", body: `{"port_id":"p"}`, answer: `{"port_id":"p"}`}},
			want: `{"port_id":"p"}`,
		},
		{
			name: "by name", fn: "routers.remove_port", args: `{ id = "r" }, "web"`,
			wire: []exchange{
				{want: "GET ports?name=web", answer: `{"ports":[{"id":"p","name":"web"}]}`},
				{want: "PUT routers/r/remove_router_interface", body: `{"port_id":"p"}`, answer: `{"port_id":"p"}`},
			},
			want: `{"port_id":"p"}`,
		},
		{
			name: "three kinds", fn: "routers.interfaces", args: `{ id = "r" }`,
			wire: []exchange{{want: "GET ports?device_id=r&device_owner=network:router_interface&device_owner=network:router_interface_distributed&device_owner=network:ha_router_replicated_interface",
				answer: `{"ports":[{"id":"p"}]}`}},
			want: `[{"id":"p"}]`,
		},
		{
			name: "by name", fn: "routers.set_gateway", args: `{ id = "r" }, "public"`,
			wire: []exchange{
				{want: "GET networks?name=public&router:external=true", answer: `{"networks":[{"id":"` + pubID + `","name":"public"}]}`},
				{want: "PUT routers/r", body: `{"router":{"external_gateway_info":{"network_id":"` + pubID + `"}}}`,
					answer: `{"router":{"id":"r","external_gateway_info":{"network_id":"` + pubID + `"}}}`},
			},
			want: `{"external_gateway_info":{"network_id":"` + pubID + `"},"id":"r"}`,
		},
		{
			name: "with options", fn: "routers.set_gateway", args: `{ id = "r" }, { id = "n" }, { enable_snat = false, external_fixed_ips = { { ip_address = "172.24.4.9" } } }`,
			wire: []exchange{{want: "PUT routers/r", body: `{"router":{"external_gateway_info":{"network_id":"n","enable_snat":false,"external_fixed_ips":[{"ip_address":"172.24.4.9"}]}}}`,
				answer: `{"router":{"id":"r"}}`}},
			want: `{"id":"r"}`,
		},
		{
			name: "no external network of that name", fn: "routers.set_gateway", args: `{ id = "r" }, "private"`,
			wire: []exchange{
				{want: "GET networks?name=private&router:external=true", answer: `{"networks":[]}`},
				{want: "GET networks?fields=id&fields=name&router:external=true", answer: `{"networks":[{"id":"1","name":"public"}]}`},
			},
			fail: &failure{"not_found", "routers.set_gateway", `no external network is named "private"`, `there is "public"`},
		},
		{
			name: "not external", fn: "routers.set_gateway", args: `{ id = "r" }, { id = "n" }`,
			wire: []exchange{{want: "PUT routers/r", body: `{"router":{"external_gateway_info":{"network_id":"n"}}}`, status: 400,
				answer: neutronError("BadRequest", "Bad router request: Network n is not an external network.")}},
			fail: &failure{"bad_request", "routers.set_gateway", "not an external network", "external = true"},
		},
		{
			name: "plain", fn: "routers.clear_gateway", args: `{ id = "r" }`,
			wire: []exchange{{want: "PUT routers/r", body: `{"router":{"external_gateway_info":{}}}`, answer: `{"router":{"id":"r","external_gateway_info":null}}`}},
			want: `{"external_gateway_info":null,"id":"r"}`,
		},
		{
			name: "one", fn: "routers.add_route", args: `{ id = "r" }, "10.1.0.0/16", "10.8.0.5"`,
			wire: []exchange{{want: "PUT routers/r/add_extraroutes", body: `{"router":{"routes":[{"destination":"10.1.0.0/16","nexthop":"10.8.0.5"}]}}`,
				answer: `{"router":{"id":"r"}}`}},
			want: `{"id":"r"}`,
		},
		{
			name: "one", fn: "routers.remove_route", args: `{ id = "r" }, "10.1.0.0/16", "10.8.0.5"`,
			wire: []exchange{{want: "PUT routers/r/remove_extraroutes", body: `{"router":{"routes":[{"destination":"10.1.0.0/16","nexthop":"10.8.0.5"}]}}`,
				answer: `{"router":{"id":"r"}}`}},
			want: `{"id":"r"}`,
		},
		{name: "no network", fn: "routers.add_route", args: `{ id = "r" }, "10.1.0.0", "10.8.0.5"`, fail: &failure{"bad_argument", "routers.add_route.destination", "CIDR", ""}},
		{name: "no address", fn: "routers.add_route", args: `{ id = "r" }, "10.1.0.0/16", "gw"`, fail: &failure{"bad_argument", "routers.add_route.nexthop", "no IP address", ""}},
		{
			name: "routes and no gateway", fn: "routers.update", args: `{ id = "r" }, { external_network = false, routes = { "10.1.0.0/16 via 10.8.0.5" } }`,
			wire: []exchange{{want: "PUT routers/r", body: `{"router":{"external_gateway_info":{},"routes":[{"destination":"10.1.0.0/16","nexthop":"10.8.0.5"}]}}`,
				answer: `{"router":{"id":"r"}}`}},
			want: `{"id":"r"}`,
		},
		{
			name: "no routes", fn: "routers.update", args: `{ id = "r" }, { routes = {} }`,
			wire: []exchange{{want: "PUT routers/r", body: `{"router":{"routes":[]}}`, answer: `{"router":{"id":"r"}}`}},
			want: `{"id":"r"}`,
		},
		{name: "bad route", fn: "routers.update", args: `{ id = "r" }, { routes = { { destination = "x", nexthop = "10.8.0.5" } } }`,
			fail: &failure{"bad_argument", "routers.update.routes[1].destination", "CIDR", ""}},
		{
			name: "with interfaces", fn: "routers.delete", args: `{ id = "r" }`,
			wire: []exchange{{want: "DELETE routers/r", status: 409, answer: neutronError("RouterInUse", "Router r has ports still attached: p")}},
			fail: &failure{"conflict", "routers.delete", "still attached", "remove_subnet"},
		},
		{
			name: "gateway is there", fn: "routers.ensure", args: `{ name = "r", external_network = "` + pubID + `" }`,
			wire: []exchange{{want: "GET routers?name=r", answer: `{"routers":[{"id":"r1","name":"r","external_gateway_info":{"network_id":"` + pubID + `","enable_snat":true,"external_fixed_ips":[{"ip_address":"172.24.4.9"}]}}]}`}},
			want: `{"external_gateway_info":{"enable_snat":true,"external_fixed_ips":[{"ip_address":"172.24.4.9"}],"network_id":"` + pubID + `"},"id":"r1","name":"r"} false`,
		},
		{
			name: "gateway is missing", fn: "routers.ensure", args: `{ name = "r", external_network = "` + pubID + `" }`,
			wire: []exchange{
				{want: "GET routers?name=r", answer: `{"routers":[{"id":"r1","name":"r","external_gateway_info":null}]}`},
				{want: "PUT routers/r1", body: `{"router":{"external_gateway_info":{"network_id":"` + pubID + `"}}}`, answer: `{"router":{"id":"r1"}}`},
			},
			want: `{"id":"r1"} true`,
		},
		{
			name: "no gateway is wanted and there is none", fn: "routers.ensure", args: `{ name = "r", external_network = false }`,
			wire: []exchange{{want: "GET routers?name=r", answer: `{"routers":[{"id":"r1","name":"r","external_gateway_info":null}]}`}},
			want: `{"external_gateway_info":null,"id":"r1","name":"r"} false`,
		},
		{
			name: "a subnet in place of a network", fn: "routers.list", args: `{ distributed = true, ha = false, project_id = "` + noID + `" }`,
			wire: []exchange{{want: "GET routers?distributed=true&ha=false&project_id=" + noID, answer: `{"routers":[]}`}},
			want: `[]`,
		},
	})
}

// TestNamesAreAskedOnce: what a name means is asked once in a run, until something may have changed it.
func TestNamesAreAskedOnce(t *testing.T) {
	look := exchange{want: "GET networks?name=public&router:external=true", answer: `{"networks":[{"id":"` + pubID + `","name":"public"}]}`}
	put := exchange{want: "PUT routers/r", body: `{"router":{"external_gateway_info":{"network_id":"` + pubID + `"}}}`, answer: `{"router":{"id":"r"}}`}
	made := exchange{want: "POST networks", body: `{"network":{"name":"public"}}`, status: 201, answer: `{"network":{"id":"n"}}`}
	gone := exchange{want: "DELETE networks/" + pubID, status: 204}
	renamed := exchange{want: "PUT networks/" + pubID, body: `{"network":{"name":"x"}}`, answer: `{"network":{"id":"n"}}`}
	f := on(t, look, put, put, made, look, put, gone, look, put, renamed, look, put)
	for _, c := range [][2]string{
		{"routers.set_gateway", `{ id = "r" }, "public"`},
		{"routers.set_gateway", `{ id = "r" }, "public"`},
		{"networks.create", `{ name = "public" }`},
		{"routers.set_gateway", `{ id = "r" }, "public"`},
		{"networks.delete", `{ id = "` + pubID + `" }`},
		{"routers.set_gateway", `{ id = "r" }, "public"`},
		{"networks.update", `{ id = "` + pubID + `" }, { name = "x" }`},
		{"routers.set_gateway", `{ id = "r" }, "public"`},
	} {
		if _, err := f.call(c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDesignExample counts the requests of the five plain calls: six, and one for the token.
func TestDesignExample(t *testing.T) {
	f := on(t,
		exchange{want: "POST networks", body: `{"network":{"name":"n","shared":false}}`, status: 201, answer: `{"network":{"id":"n1","status":"ACTIVE"}}`},
		exchange{want: "POST subnets", body: `{"subnet":{"name":"s","network_id":"n1","cidr":"10.8.0.0/24","ip_version":4,"gateway_ip":"10.8.0.1","dns_nameservers":["8.8.8.8"]}}`, status: 201, answer: `{"subnet":{"id":"s1"}}`},
		exchange{want: "POST routers", body: `{"router":{"name":"r"}}`, status: 201, answer: `{"router":{"id":"r1","status":"ACTIVE"}}`},
		exchange{want: "PUT routers/r1/add_router_interface", body: `{"subnet_id":"s1"}`, answer: `{"id":"r1"}`},
		exchange{want: "GET networks?name=public&router:external=true", answer: `{"networks":[{"id":"p1","name":"public"}]}`},
		exchange{want: "PUT routers/r1", body: `{"router":{"external_gateway_info":{"network_id":"p1"}}}`, answer: `{"router":{"id":"r1"}}`},
	)
	for _, c := range [][2]string{
		{"networks.create", `{ name = "n", shared = false }`},
		{"subnets.create", `{ name = "s", network = { id = "n1" }, cidr = "10.8.0.0/24", gateway_ip = "10.8.0.1", dns_nameservers = { "8.8.8.8" } }`},
		{"routers.create", `{ name = "r" }`},
		{"routers.add_subnet", `{ id = "r1" }, { id = "s1" }`},
		{"routers.set_gateway", `{ id = "r1" }, "public"`},
	} {
		if _, err := f.call(c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.conn.Requests(); n != 7 {
		t.Errorf("%d requests, want 7", n)
	}
}
