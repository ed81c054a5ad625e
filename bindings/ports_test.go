package bindings_test

import "testing"

func TestPorts(t *testing.T) {
	runWire(t, []wireCase{
		{
			name: "plain", fn: "ports.create", args: `{ network = { id = "n" } }`,
			wire: []exchange{{want: "POST ports", body: `{"port":{"network_id":"n"}}`, status: 201, answer: `{"port":{"id":"p","status":"DOWN"}}`}},
			want: `{"id":"p","status":"DOWN"}`,
		},
		{
			name: "every option", fn: "ports.create",
			args: `{ name = "p", description = "d", network = { id = "n" }, admin_state_up = false, mac_address = "fa:16:3e:00:00:01",
				fixed_ips = { "10.8.0.17", { subnet = { id = "s" } }, { subnet_id = "` + subID + `", ip_address = "10.8.0.18" } },
				device_id = "dev", device_owner = "compute:nova", security_groups = { "` + sgID + `", { id = "sg2" } },
				allowed_address_pairs = { "10.8.0.100", { ip_address = "10.8.0.0/28", mac_address = "fa:16:3e:00:00:02" } },
				extra_dhcp_opts = { { opt_name = "bootfile-name", opt_value = "pxe", ip_version = 4 } }, port_security_enabled = true,
				qos_policy_id = "` + noID + `", dns_name = "web", dns_domain = "example.org.", ["binding:host_id"] = "h", ["binding:vnic_type"] = "direct",
				["binding:profile"] = { trusted = true }, propagate_uplink_status = false, numa_affinity_policy = "legacy", trusted = false,
				device_profile = "dp", value_specs = { extra = "x" }, project_id = "` + noID + `" }`,
			wire: []exchange{{want: "POST ports", body: `{"port":{"name":"p","description":"d","network_id":"n","admin_state_up":false,"mac_address":"fa:16:3e:00:00:01",
				"fixed_ips":[{"ip_address":"10.8.0.17"},{"subnet_id":"s"},{"subnet_id":"` + subID + `","ip_address":"10.8.0.18"}],
				"device_id":"dev","device_owner":"compute:nova","security_groups":["` + sgID + `","sg2"],
				"allowed_address_pairs":[{"ip_address":"10.8.0.100"},{"ip_address":"10.8.0.0/28","mac_address":"fa:16:3e:00:00:02"}],
				"extra_dhcp_opts":[{"opt_name":"bootfile-name","opt_value":"pxe","ip_version":4}],"port_security_enabled":true,"qos_policy_id":"` + noID + `",
				"dns_name":"web","dns_domain":"example.org.","binding:host_id":"h","binding:vnic_type":"direct","binding:profile":{"trusted":true},
				"propagate_uplink_status":false,"numa_affinity_policy":"legacy","trusted":false,"device_profile":"dp","extra":"x","project_id":"` + noID + `"}}`,
				status: 201, answer: `{"port":{"id":"p"}}`}},
			want: `{"id":"p"}`,
		},
		{
			name: "names inside", fn: "ports.create", args: `{ network = "blue", fixed_ips = { { subnet = "blue-v4" } }, security_groups = { "default" } }`,
			wire: []exchange{
				{want: "GET networks?name=blue", answer: `{"networks":[{"id":"n","name":"blue"}]}`},
				{want: "GET subnets?name=blue-v4", answer: `{"subnets":[{"id":"s","name":"blue-v4"}]}`},
				{want: "GET security-groups?name=default", answer: `{"security_groups":[{"id":"other","name":"default","project_id":"x"},{"id":"own","name":"default","project_id":"pid"}]}`},
				{want: "POST ports", body: `{"port":{"network_id":"n","fixed_ips":[{"subnet_id":"s"}],"security_groups":["own"]}}`, status: 201, answer: `{"port":{"id":"p"}}`},
			},
			want: `{"id":"p"}`,
		},
		{name: "a router in place of a network", fn: "ports.create", args: `{ network = 1.5 }`, fail: &failure{code: "bad_argument", op: "ports.create.network"}},
		{name: "value_specs twice", fn: "ports.create", args: `{ network = { id = "n" }, name = "p", value_specs = { name = "q" } }`,
			fail: &failure{"bad_argument", "ports.create.value_specs", "name is an option of its own", ""}},
		{
			name: "none", fn: "ports.update", args: `{ id = "p" }, { security_groups = {}, fixed_ips = {}, mac_address = false, qos_policy_id = false, data_plane_status = "DOWN",
				extra_dhcp_opts = { { opt_name = "tftp-server", opt_value = false } } }`,
			wire: []exchange{{want: "PUT ports/p", body: `{"port":{"security_groups":[],"fixed_ips":[],"mac_address":null,"qos_policy_id":null,"data_plane_status":"DOWN",
				"extra_dhcp_opts":[{"opt_name":"tftp-server","opt_value":null}]}}`, answer: `{"port":{"id":"p"}}`}},
			want: `{"id":"p"}`,
		},
		{
			name: "filters", fn: "ports.list",
			args: `{ network = { id = "n" }, status = "ACTIVE", device_id = "d", device_owner = "compute:nova", mac_address = "m", dns_name = "web",
				subnet = { id = "s" }, ip_address = "10.8.0.17", fixed_ips = { { subnet = { id = "t" }, ip_address_substr = "10.8" } },
				security_groups = { { id = "g" }, { id = "h" } } }`,
			wire: []exchange{{want: "GET ports?device_id=d&device_owner=compute:nova&dns_name=web&fixed_ips=subnet_id=s&fixed_ips=ip_address=10.8.0.17&fixed_ips=subnet_id=t&fixed_ips=ip_address_substr=10.8&mac_address=m&network_id=n&security_groups=g&security_groups=h&status=ACTIVE",
				answer: `{"ports":[]}`}},
			want: `[]`,
		},
		{
			name: "router's own", fn: "ports.delete", args: `{ id = "p" }`,
			wire: []exchange{{want: "DELETE ports/p", status: 409, answer: neutronError("ServicePortInUse",
				"Port p cannot be deleted directly via the port API: has device owner network:router_interface.")}},
			fail: &failure{"conflict", "ports.delete", "router_interface", "remove_subnet"},
		},
		{
			name: "address taken", fn: "ports.create", args: `{ network = { id = "n" }, fixed_ips = { "10.8.0.17" } }`,
			wire: []exchange{{want: "POST ports", body: `{"port":{"network_id":"n","fixed_ips":[{"ip_address":"10.8.0.17"}]}}`, status: 409,
				answer: neutronError("IpAddressAlreadyAllocated", "IP address 10.8.0.17 already allocated in subnet s")}},
			fail: &failure{"conflict", "ports.create", "already allocated", "ip_address = ..."},
		},
		{
			name: "is so already", fn: "ports.ensure",
			args: `{ name = "p", network = { id = "n" }, fixed_ips = { { subnet = { id = "s" } }, { subnet = { id = "s" }, ip_address = "10.8.0.17" } },
				security_groups = { { id = "b" }, { id = "a" } }, allowed_address_pairs = { "10.8.0.100" }, mac_address = "FA:16:3e:00:00:01" }`,
			wire: []exchange{{want: "GET ports?name=p&network_id=n", answer: `{"ports":[{"id":"p1","name":"p","network_id":"n","mac_address":"fa:16:3e:00:00:01","security_groups":["a","b"],
				"fixed_ips":[{"subnet_id":"s","ip_address":"10.8.0.17"},{"subnet_id":"s","ip_address":"10.8.0.20"}],
				"allowed_address_pairs":[{"ip_address":"10.8.0.100","mac_address":"fa:16:3e:00:00:01"}]}]}`}},
			want: canonical(`{"id":"p1","name":"p","network_id":"n","mac_address":"fa:16:3e:00:00:01","security_groups":["a","b"],
				"fixed_ips":[{"subnet_id":"s","ip_address":"10.8.0.17"},{"subnet_id":"s","ip_address":"10.8.0.20"}],
				"allowed_address_pairs":[{"ip_address":"10.8.0.100","mac_address":"fa:16:3e:00:00:01"}]}`) + " false",
		},
		{
			name: "one group more", fn: "ports.ensure", args: `{ name = "p", network = { id = "n" }, security_groups = { { id = "b" }, { id = "a" } } }`,
			wire: []exchange{
				{want: "GET ports?name=p&network_id=n", answer: `{"ports":[{"id":"p1","name":"p","network_id":"n","security_groups":["a"]}]}`},
				{want: "PUT ports/p1", body: `{"port":{"security_groups":["b","a"]}}`, answer: `{"port":{"id":"p1"}}`},
			},
			want: `{"id":"p1"} true`,
		},
	})
}
