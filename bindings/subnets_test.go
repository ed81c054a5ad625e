package bindings_test

import "testing"

func TestSubnets(t *testing.T) {
	runWire(t, []wireCase{
		{
			name: "plain", fn: "subnets.create",
			args: `{ name = "s", network = { id = "n" }, cidr = "10.8.0.0/24", gateway_ip = "10.8.0.1", dns_nameservers = { "8.8.8.8" } }`,
			wire: []exchange{{want: "POST subnets", body: `{"subnet":{"name":"s","network_id":"n","cidr":"10.8.0.0/24","ip_version":4,
				"gateway_ip":"10.8.0.1","dns_nameservers":["8.8.8.8"]}}`, status: 201, answer: `{"subnet":{"id":"s1"}}`}},
			want: `{"id":"s1"}`,
		},
		{
			name: "network by name", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/24" }`,
			wire: []exchange{
				{want: "GET networks?name=blue", answer: `{"networks":[{"id":"n","name":"blue"}]}`},
				{want: "POST subnets", body: `{"subnet":{"network_id":"n","cidr":"10.8.0.0/24","ip_version":4}}`, status: 201, answer: `{"subnet":{"id":"s1"}}`},
			},
			want: `{"id":"s1"}`,
		},
		{
			name: "network by the API's word", fn: "subnets.create", args: `{ network_id = "` + netID + `", cidr = "10.8.0.0/24" }`,
			wire: []exchange{{want: "POST subnets", body: `{"subnet":{"network_id":"` + netID + `","cidr":"10.8.0.0/24","ip_version":4}}`, status: 201, answer: `{"subnet":{"id":"s1"}}`}},
			want: `{"id":"s1"}`,
		},
		{
			name: "every option", fn: "subnets.create",
			args: `{ name = "s", description = "d", network = { id = "n" }, cidr = "2001:db8::/64", ip_version = 6, gateway_ip = false,
				dns_nameservers = { "2001:4860:4860::8888" }, allocation_pools = { "2001:db8::2-2001:db8::ff", { start = "2001:db8::1:0", ["end"] = "2001:db8::1:ff" } },
				host_routes = { "2001:db8:1::/64 via 2001:db8::5", { destination = "::/0", nexthop = "2001:db8::6" } }, enable_dhcp = true,
				ipv6_address_mode = "slaac", ipv6_ra_mode = "slaac", segment = false, service_types = { "network:floatingip" },
				dns_publish_fixed_ip = true, project_id = "` + noID + `" }`,
			wire: []exchange{{want: "POST subnets", body: `{"subnet":{"name":"s","description":"d","network_id":"n","cidr":"2001:db8::/64","ip_version":6,"gateway_ip":null,
				"dns_nameservers":["2001:4860:4860::8888"],"allocation_pools":[{"start":"2001:db8::2","end":"2001:db8::ff"},{"start":"2001:db8::1:0","end":"2001:db8::1:ff"}],
				"host_routes":[{"destination":"2001:db8:1::/64","nexthop":"2001:db8::5"},{"destination":"::/0","nexthop":"2001:db8::6"}],"enable_dhcp":true,
				"ipv6_address_mode":"slaac","ipv6_ra_mode":"slaac","segment_id":null,"service_types":["network:floatingip"],"dns_publish_fixed_ip":true,
				"project_id":"` + noID + `"}}`, status: 201, answer: `{"subnet":{"id":"s1"}}`}},
			want: `{"id":"s1"}`,
		},
		{
			name: "from a pool", fn: "subnets.create", args: `{ network = { id = "n" }, subnetpool = "pool", prefixlen = 26 }`,
			wire: []exchange{
				{want: "GET subnetpools?name=pool", answer: `{"subnetpools":[{"id":"sp","name":"pool"}]}`},
				{want: "POST subnets", body: `{"subnet":{"network_id":"n","subnetpool_id":"sp","prefixlen":26,"ip_version":4}}`, status: 201, answer: `{"subnet":{"id":"s1"}}`},
			},
			want: `{"id":"s1"}`,
		},
		{
			name: "from the default pool", fn: "subnets.create", args: `{ network = { id = "n" }, use_default_subnetpool = true, ip_version = 6 }`,
			wire: []exchange{{want: "POST subnets", body: `{"subnet":{"network_id":"n","use_default_subnetpool":true,"ip_version":6}}`, status: 201, answer: `{"subnet":{"id":"s1"}}`}},
			want: `{"id":"s1"}`,
		},
		{
			name: "host bits are the service's to drop", fn: "subnets.create", args: `{ network = { id = "n" }, cidr = "10.9.0.5/24" }`,
			wire: []exchange{{want: "POST subnets", body: `{"subnet":{"network_id":"n","cidr":"10.9.0.5/24","ip_version":4}}`, status: 201, answer: `{"subnet":{"id":"s1","cidr":"10.9.0.0/24"}}`}},
			want: `{"cidr":"10.9.0.0/24","id":"s1"}`,
		},
		{name: "prefix too long", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/33" }`,
			fail: &failure{"bad_argument", "subnets.create.cidr", `"10.8.0.0/33" is no network`, "from 0 to 32"}},
		{name: "no prefix", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0" }`,
			fail: &failure{"bad_argument", "subnets.create.cidr", "no network", "add the prefix length: 10.8.0.0/24"}},
		{name: "netmask", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/255.255.255.0" }`,
			fail: &failure{"bad_argument", "subnets.create.cidr", "no network", "netmask as a prefix length"}},
		{name: "no CIDR at all", fn: "subnets.create", args: `{ network = "blue", cidr = "banana" }`,
			fail: &failure{"bad_argument", "subnets.create.cidr", `"banana"`, "10.8.0.0/24"}},
		{name: "cidr missing", fn: "subnets.create", args: `{ network = "blue" }`,
			fail: &failure{"bad_argument", "subnets.create", `missing option "cidr"`, "subnetpool"}},
		{name: "misspelt", fn: "subnets.create", args: `{ network = "blue", chidr = "10.8.0.0/24" }`,
			fail: &failure{"bad_argument", "subnets.create", `did you mean "cidr"?`, ""}},
		{name: "versions differ", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/24", ip_version = 6 }`,
			fail: &failure{"bad_argument", "subnets.create.ip_version", "is IPv4, not IPv6", "leave ip_version out"}},
		{name: "gateway is no address", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/24", gateway_ip = "10.8.0.300" }`,
			fail: &failure{"bad_argument", "subnets.create.gateway_ip", "no IP address", "false for no gateway"}},
		{name: "gateway of the other version", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/24", gateway_ip = "fe80::1" }`,
			fail: &failure{"bad_argument", "subnets.create.gateway_ip", "but the subnet is IPv4", ""}},
		{name: "name server by name", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/24", dns_nameservers = { "8.8.8.8", "dns.google" } }`,
			fail: &failure{"bad_argument", "subnets.create.dns_nameservers[2]", "dns.google", "address, not its name"}},
		{name: "pool backwards", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/24", allocation_pools = { "10.8.0.9-10.8.0.2" } }`,
			fail: &failure{"bad_argument", "subnets.create.allocation_pools[1]", "before it starts", "lower address first"}},
		{name: "pool without an end", fn: "subnets.create", args: `{ network = "blue", cidr = "10.8.0.0/24", allocation_pools = { "10.8.0.9" } }`,
			fail: &failure{code: "bad_argument", op: "subnets.create.allocation_pools[1]", says: "want a range"}},
		{
			name: "overlap", fn: "subnets.create", args: `{ network = { id = "n" }, cidr = "10.8.0.0/25" }`,
			wire: []exchange{{want: "POST subnets", body: `{"subnet":{"network_id":"n","cidr":"10.8.0.0/25","ip_version":4}}`, status: 400,
				answer: neutronError("InvalidInput", "Invalid input for operation: Requested subnet with cidr: 10.8.0.0/25 for network: n overlaps with another subnet.")}},
			fail: &failure{"bad_request", "subnets.create", "overlaps", "another cidr"},
		},
		{
			name: "gateway in a pool", fn: "subnets.create", args: `{ network = { id = "n" }, cidr = "10.10.0.0/24", gateway_ip = "10.10.0.5", allocation_pools = { "10.10.0.2-10.10.0.9" } }`,
			wire: []exchange{{want: "POST subnets", body: `{"subnet":{"network_id":"n","cidr":"10.10.0.0/24","ip_version":4,"gateway_ip":"10.10.0.5","allocation_pools":[{"start":"10.10.0.2","end":"10.10.0.9"}]}}`, status: 409,
				answer: neutronError("GatewayConflictWithAllocationPools", "Gateway ip 10.10.0.5 conflicts with allocation pool 10.10.0.2-10.10.0.9.")}},
			fail: &failure{"conflict", "subnets.create", "conflicts with allocation pool", "leave it out of allocation_pools"},
		},
		{
			name: "in use", fn: "subnets.delete", args: `{ id = "s" }`,
			wire: []exchange{{want: "DELETE subnets/s", status: 409, answer: neutronError("SubnetInUse",
				"Unable to complete operation on subnet s: One or more ports have an IP allocation from this subnet.")}},
			fail: &failure{"conflict", "subnets.delete", "IP allocation", "remove_subnet"},
		},
		{
			name: "lists are emptied", fn: "subnets.update", args: `{ id = "s" }, { dns_nameservers = {}, host_routes = {}, gateway_ip = false }`,
			wire: []exchange{{want: "PUT subnets/s", body: `{"subnet":{"dns_nameservers":[],"host_routes":[],"gateway_ip":null}}`, answer: `{"subnet":{"id":"s"}}`}},
			want: `{"id":"s"}`,
		},
		{
			name: "null too", fn: "subnets.update", args: `{ id = "s" }, { gateway_ip = null }`,
			wire: []exchange{{want: "PUT subnets/s", body: `{"subnet":{"gateway_ip":null}}`, answer: `{"subnet":{"id":"s"}}`}},
			want: `{"id":"s"}`,
		},
		{
			name: "filters", fn: "subnets.list", args: `{ network = { id = "n" }, ip_version = 4, enable_dhcp = false, cidr = "10.8.0.0/24", service_types = { "a", "b" } }`,
			wire: []exchange{{want: "GET subnets?cidr=10.8.0.0/24&enable_dhcp=false&ip_version=4&network_id=n&service_types=a&service_types=b", answer: `{"subnets":[]}`}},
			want: `[]`,
		},
		{
			name: "is there", fn: "subnets.wait", args: `{ id = "s" }`,
			wire: []exchange{{want: "GET subnets/s", answer: `{"subnet":{"id":"s"}}`}},
			want: `{"id":"s"}`,
		},
		{
			name: "is so already", fn: "subnets.ensure",
			args: `{ name = "s", network = { id = "n" }, cidr = "2001:db8:0::5/64", gateway_ip = "2001:DB8::1", dns_nameservers = { "8.8.8.8", "2001:0::1" },
				allocation_pools = { "2001:db8::20-2001:db8::2f", "2001:db8::10-2001:db8::1f" }, host_routes = {}, enable_dhcp = true }`,
			wire: []exchange{{want: "GET subnets?name=s&network_id=n", answer: `{"subnets":[{"id":"s1","name":"s","network_id":"n","cidr":"2001:db8::/64","ip_version":6,"gateway_ip":"2001:db8::1",
				"dns_nameservers":["8.8.8.8","2001::1"],"host_routes":[],"enable_dhcp":true,
				"allocation_pools":[{"start":"2001:db8::10","end":"2001:db8::1f"},{"start":"2001:db8::20","end":"2001:db8::2f"}]}]}`}},
			want: canonical(`{"id":"s1","name":"s","network_id":"n","cidr":"2001:db8::/64","ip_version":6,"gateway_ip":"2001:db8::1",
				"dns_nameservers":["8.8.8.8","2001::1"],"host_routes":[],"enable_dhcp":true,
				"allocation_pools":[{"start":"2001:db8::10","end":"2001:db8::1f"},{"start":"2001:db8::20","end":"2001:db8::2f"}]}`) + " false",
		},
		{
			name: "the order of name servers counts", fn: "subnets.ensure", args: `{ name = "s", network = { id = "n" }, cidr = "10.8.0.0/24", dns_nameservers = { "1.1.1.1", "8.8.8.8" } }`,
			wire: []exchange{
				{want: "GET subnets?name=s&network_id=n", answer: `{"subnets":[{"id":"s1","name":"s","network_id":"n","cidr":"10.8.0.0/24","ip_version":4,"dns_nameservers":["8.8.8.8","1.1.1.1"]}]}`},
				{want: "PUT subnets/s1", body: `{"subnet":{"dns_nameservers":["1.1.1.1","8.8.8.8"]}}`, answer: `{"subnet":{"id":"s1"}}`},
			},
			want: `{"id":"s1"} true`,
		},
		{
			name: "no gateway any more", fn: "subnets.ensure", args: `{ name = "s", network = { id = "n" }, cidr = "10.8.0.0/24", gateway_ip = false }`,
			wire: []exchange{
				{want: "GET subnets?name=s&network_id=n", answer: `{"subnets":[{"id":"s1","name":"s","cidr":"10.8.0.0/24","gateway_ip":"10.8.0.1"}]}`},
				{want: "PUT subnets/s1", body: `{"subnet":{"gateway_ip":null}}`, answer: `{"subnet":{"id":"s1"}}`},
			},
			want: `{"id":"s1"} true`,
		},
		{
			name: "another cidr", fn: "subnets.ensure", args: `{ name = "s", network = { id = "n" }, cidr = "10.9.0.0/24", enable_dhcp = false }`,
			wire: []exchange{{want: "GET subnets?name=s&network_id=n", answer: `{"subnets":[{"id":"s1","name":"s","cidr":"10.8.0.0/24","enable_dhcp":true}]}`}},
			fail: &failure{"conflict", "subnets.ensure", `cidr is "10.8.0.0/24", not "10.9.0.0/24"`, "subnets.delete"},
		},
	})
}
