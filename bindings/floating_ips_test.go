package bindings_test

import "testing"

func TestFloatingIPs(t *testing.T) {
	const fipID = "b421e5cf-62d3-4585-9bfc-2becd514b722"
	only := exchange{want: "GET networks?router:external=true", answer: `{"networks":[{"id":"` + pubID + `","name":"public"}]}`}
	named := exchange{want: "GET networks?name=public&router:external=true", answer: `{"networks":[{"id":"` + pubID + `","name":"public"}]}`}
	made := exchange{want: "POST floatingips", body: `{"floatingip":{"floating_network_id":"` + pubID + `"}}`, status: 201, answer: `{"floatingip":{"id":"f","status":"DOWN"}}`}
	assigned := func(port string) exchange {
		return exchange{want: "PUT floatingips/" + fipID, body: `{"floatingip":{"port_id":"` + port + `"}}`, answer: `{"floatingip":{"id":"f","port_id":"` + port + `"}}`}
	}
	unreached := func(port string) exchange {
		e := assigned(port)
		e.status = 404
		e.answer = neutronError("ExternalGatewayForFloatingIPNotFound", "External network n is not reachable from subnet s.  Therefore, cannot associate Port p with a Floating IP.")
		return e
	}
	const twoPorts = `{"ports":[{"id":"p6","network_id":"n6","fixed_ips":[{"subnet_id":"s6","ip_address":"2001:db8::9"}]},
		{"id":"p1","network_id":"n1","fixed_ips":[{"subnet_id":"s1","ip_address":"10.1.0.9"}]},
		{"id":"p2","network_id":"n2","fixed_ips":[{"subnet_id":"s2","ip_address":"10.2.0.9"}]}]}`
	serverPorts := exchange{want: "GET ports?device_id=s", answer: twoPorts}
	explained := func(interfaces, router string) []exchange {
		out := []exchange{
			unreached("p1"),
			{want: "GET floatingips/" + fipID, answer: `{"floatingip":{"id":"f","floating_network_id":"` + pubID + `"}}`},
			{want: "GET ports/p1", answer: `{"port":{"id":"p1","network_id":"n1","fixed_ips":[{"subnet_id":"s1","ip_address":"10.1.0.9"}]}}`},
			{want: "GET networks/" + pubID, answer: `{"network":{"id":"x","name":"public"}}`},
			{want: "GET subnets/s1", answer: `{"subnet":{"id":"s1","name":"blue-v4"}}`},
			{want: "GET ports?device_owner=network:router_interface&network_id=n1", answer: `{"ports":[` + interfaces + `]}`},
			{want: "GET ports?device_owner=network:router_interface_distributed&network_id=n1", answer: `{"ports":[]}`},
			{want: "GET ports?device_owner=network:ha_router_replicated_interface&network_id=n1", answer: `{"ports":[]}`},
		}
		if router != "" {
			out = append(out, exchange{want: "GET routers/r1", answer: `{"router":` + router + `}`})
		}
		return out
	}
	const iface = `{"id":"i","device_id":"r1","fixed_ips":[{"subnet_id":"s1","ip_address":"10.1.0.1"}]}`
	fip := `{ id = "` + fipID + `" }`
	runWire(t, []wireCase{
		{name: "from the only network", fn: "floating_ips.create", args: ``, wire: []exchange{only, made}, want: `{"id":"f","status":"DOWN"}`},
		{name: "by name", fn: "floating_ips.create", args: `{ network = "public" }`, wire: []exchange{named, made}, want: `{"id":"f","status":"DOWN"}`},
		{
			name: "the default network", fn: "floating_ips.create", args: ``,
			wire: []exchange{{want: only.want, answer: `{"networks":[{"id":"x","name":"a"},{"id":"` + pubID + `","name":"b","is_default":true}]}`}, made},
			want: `{"id":"f","status":"DOWN"}`,
		},
		{
			name: "two networks", fn: "floating_ips.create", args: ``,
			wire: []exchange{{want: only.want, answer: `{"networks":[{"id":"x","name":"a"},{"id":"y","name":"b"}]}`}},
			fail: &failure{"ambiguous", "floating_ips.create", `"a", "b"`, "network ="},
		},
		{
			name: "no network", fn: "floating_ips.create", args: ``, wire: []exchange{{want: only.want, answer: `{"networks":[]}`}},
			fail: &failure{"not_found", "floating_ips.create", "no external network", ""},
		},
		{
			name: "every option", fn: "floating_ips.create",
			args: `{ network = { id = "` + pubID + `" }, floating_ip_address = "172.24.4.9", subnet = { id = "s" }, port = { id = "p" }, fixed_ip_address = "10.0.0.5",
				description = "d", qos_policy_id = "` + noID + `", dns_name = "web", dns_domain = "example.org.", project_id = "` + noID + `", tags = { "t" } }`,
			wire: []exchange{
				{want: "POST floatingips", body: `{"floatingip":{"floating_network_id":"` + pubID + `","floating_ip_address":"172.24.4.9","subnet_id":"s","port_id":"p","fixed_ip_address":"10.0.0.5",
					"description":"d","qos_policy_id":"` + noID + `","dns_name":"web","dns_domain":"example.org.","project_id":"` + noID + `"}}`, status: 201, answer: `{"floatingip":{"id":"f"}}`},
				{want: "PUT floatingips/f/tags", body: `{"tags":["t"]}`, answer: `{"tags":["t"]}`},
			},
			want: `{"id":"f","tags":["t"]}`,
		},
		{
			name: "one that is free", fn: "floating_ips.create", args: `{ network = { id = "` + pubID + `" }, reuse = true, description = "d" }`,
			wire: []exchange{
				{want: "GET floatingips?floating_network_id=" + pubID + "&project_id=pid", answer: `{"floatingips":[{"id":"a","port_id":"p"},{"id":"b","port_id":null,"description":""}]}`},
				{want: "PUT floatingips/b", body: `{"floatingip":{"description":"d"}}`, answer: `{"floatingip":{"id":"b"}}`},
			},
			want: `{"id":"b"}`,
		},
		{
			name: "none is free", fn: "floating_ips.create", args: `{ network = { id = "` + pubID + `" }, reuse = true }`,
			wire: []exchange{{want: "GET floatingips?floating_network_id=" + pubID + "&project_id=pid", answer: `{"floatingips":[{"id":"a","port_id":"p"}]}`}, made},
			want: `{"id":"f","status":"DOWN"}`,
		},
		{
			name: "by address", fn: "floating_ips.get", args: `"172.24.4.9"`,
			wire: []exchange{{want: "GET floatingips?floating_ip_address=172.24.4.9", answer: `{"floatingips":[{"id":"f","floating_ip_address":"172.24.4.9"}]}`}},
			want: `{"floating_ip_address":"172.24.4.9","id":"f"}`,
		},
		{
			name: "no such address", fn: "floating_ips.get", args: `"172.24.4.8"`,
			wire: []exchange{
				{want: "GET floatingips?floating_ip_address=172.24.4.8", answer: `{"floatingips":[]}`},
				{want: "GET floatingips?fields=id&fields=floating_ip_address", answer: `{"floatingips":[{"id":"f","floating_ip_address":"172.24.4.9"}]}`},
			},
			fail: &failure{"not_found", "floating_ips.get", "no floating ip is 172.24.4.8", "172.24.4.9"},
		},
		{
			name: "a port", fn: "floating_ips.assign", args: fip + `, { port = { id = "p" } }`, wire: []exchange{assigned("p")}, want: `{"id":"f","port_id":"p"}`,
		},
		{
			name: "the server's port that can be reached", fn: "floating_ips.assign", args: fip + `, { server = { id = "s" } }`,
			wire: []exchange{serverPorts, unreached("p1"), assigned("p2")}, want: `{"id":"f","port_id":"p2"}`,
		},
		{
			name: "an ID is a server's", fn: "floating_ips.assign", args: fip + `, "` + noID + `"`,
			wire: []exchange{{want: "GET ports?device_id=" + noID, answer: twoPorts}, assigned("p1")}, want: `{"id":"f","port_id":"p1"}`,
		},
		{
			name: "an ID is a port's", fn: "floating_ips.assign", args: fip + `, "` + portID + `"`,
			wire: []exchange{{want: "GET ports?device_id=" + portID, answer: `{"ports":[]}`}, assigned(portID)}, want: `{"id":"f","port_id":"` + portID + `"}`,
		},
		{
			name: "a server without ports", fn: "floating_ips.assign", args: fip + `, { server = { id = "s" } }`,
			wire: []exchange{{want: "GET ports?device_id=s", answer: `{"ports":[]}`}},
			fail: &failure{"not_found", "floating_ips.assign", "has no port", "ACTIVE"},
		},
		{
			name: "no router", fn: "floating_ips.assign", args: fip + `, { port = { id = "p1" } }`, wire: explained("", ""),
			fail: &failure{"not_found", "floating_ips.assign", `from network "public" to subnet "blue-v4": the subnet is on no router`, "router:add_subnet"},
		},
		{
			name: "no gateway", fn: "floating_ips.assign", args: fip + `, { port = { id = "p1" } }`,
			wire: explained(iface, `{"id":"r1","name":"blue-router","external_gateway_info":null}`),
			fail: &failure{"not_found", "floating_ips.assign", `router "blue-router" has no gateway`, `routers.set_gateway("blue-router", "public")`},
		},
		{
			name: "another gateway", fn: "floating_ips.assign", args: fip + `, { port = { id = "p1" } }`,
			wire: append(explained(iface, `{"id":"r1","name":"blue-router","external_gateway_info":{"network_id":"o"}}`),
				exchange{want: "GET networks/o", answer: `{"network":{"id":"o","name":"other"}}`}),
			fail: &failure{"not_found", "floating_ips.assign", `gateway of its router "blue-router" is on network "other"`, `network = "other"`},
		},
		{
			name: "nothing there", fn: "floating_ips.assign", args: fip + `, {}`, fail: &failure{"bad_argument", "floating_ips.assign.to", "want a server or a port", ""},
		},
		{
			name: "remains", fn: "floating_ips.unassign", args: fip,
			wire: []exchange{{want: "PUT floatingips/" + fipID, body: `{"floatingip":{"port_id":null}}`, answer: `{"floatingip":{"id":"f","port_id":null}}`}}, want: `{"id":"f","port_id":null}`,
		},
		{
			name: "leads there already", fn: "floating_ips.ensure", args: `{ network = { id = "` + pubID + `" }, port = { id = "p" }, description = "d", tags = { "b", "a" } }`,
			wire: []exchange{{want: "GET floatingips?floating_network_id=" + pubID + "&port_id=p", answer: `{"floatingips":[{"id":"f","port_id":"p","description":"d","tags":["a","b"]}]}`}},
			want: `{"description":"d","id":"f","port_id":"p","tags":["a","b"]} false`,
		},
		{
			name: "one that is free leads there", fn: "floating_ips.ensure", args: `{ network = { id = "` + pubID + `" }, port = { id = "p" } }`,
			wire: []exchange{
				{want: "GET floatingips?floating_network_id=" + pubID + "&port_id=p", answer: `{"floatingips":[]}`},
				{want: "GET floatingips?floating_network_id=" + pubID + "&project_id=pid", answer: `{"floatingips":[{"id":"` + fipID + `","port_id":null}]}`},
				assigned("p"),
			},
			want: `{"id":"f","port_id":"p"} true`,
		},
		{
			name: "filters", fn: "floating_ips.list", args: `{ network = "public", status = "DOWN", tags = { "a", "b" }, router = { id = "r" } }`,
			wire: []exchange{named, {want: "GET floatingips?floating_network_id=" + pubID + "&router_id=r&status=DOWN&tags=a,b", answer: `{"floatingips":[]}`}}, want: `[]`,
		},
	})
}
