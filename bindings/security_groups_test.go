package bindings_test

import "testing"

func TestSecurityGroups(t *testing.T) {
	const rule = `{"security_group_rule":{"id":"r1","protocol":"tcp"}}`
	post := func(body, answer string) []exchange {
		return []exchange{{want: "POST security-group-rules", body: `{"security_group_rule":` + body + `}`, status: 201, answer: answer}}
	}
	const rules = `{"security_group_rules":[
		{"id":"a","direction":"ingress","ethertype":"IPv4","protocol":"tcp","port_range_min":22,"port_range_max":22,"remote_ip_prefix":null,"remote_group_id":null},
		{"id":"b","direction":"ingress","ethertype":"IPv4","protocol":"6","port_range_min":22,"port_range_max":22,"remote_ip_prefix":"10.0.0.0/8","remote_group_id":null},
		{"id":"c","direction":"ingress","ethertype":"IPv4","protocol":"tcp","port_range_min":1,"port_range_max":1024,"remote_ip_prefix":"192.0.2.0/24"},
		{"id":"d","direction":"ingress","ethertype":"IPv6","protocol":"icmpv6","port_range_min":null,"port_range_max":null},
		{"id":"e","direction":"ingress","ethertype":"IPv4","protocol":null,"remote_group_id":"` + sgID + `"},
		{"id":"f","direction":"egress","ethertype":"IPv4","protocol":null},
		{"id":"g","direction":"ingress","ethertype":"IPv4","protocol":"icmp","port_range_min":8,"port_range_max":null}]}`
	list := exchange{want: "GET security-group-rules?security_group_id=g", answer: rules}
	gone := func(id string) exchange { return exchange{want: "DELETE security-group-rules/" + id, status: 204} }
	allows := func(name, args, want string) wireCase {
		return wireCase{name: name, fn: "security_groups.allows", args: `{ id = "g" }, { ` + args + ` }`, wire: []exchange{list}, want: want}
	}
	refused := func(name, args, option, says, hint string) wireCase {
		return wireCase{name: name, fn: "security_groups.allow", args: `{ id = "g" }, { ` + args + ` }`,
			fail: &failure{"bad_argument", "security_groups.allow." + option, says, hint}}
	}
	runWire(t, []wireCase{
		{
			name: "every option", fn: "security_groups.create",
			args: `{ name = "web", description = "d", stateful = false, project_id = "` + noID + `", tags = { "a" } }`,
			wire: []exchange{
				{want: "POST security-groups", body: `{"security_group":{"name":"web","description":"d","stateful":false,"project_id":"` + noID + `"}}`, status: 201, answer: `{"security_group":{"id":"g"}}`},
				{want: "PUT security-groups/g/tags", body: `{"tags":["a"]}`, answer: `{"tags":["a"]}`},
			},
			want: `{"id":"g","tags":["a"]}`,
		},
		{
			name: "of this project", fn: "security_groups.default",
			wire: []exchange{{want: "GET security-groups?name=default&project_id=pid", answer: `{"security_groups":[{"id":"g","name":"default","project_id":"pid"}]}`}},
			want: `{"id":"g","name":"default","project_id":"pid"}`,
		},
		{
			name: "an administrator sees all", fn: "security_groups.get", args: `"default"`,
			wire: []exchange{{want: "GET security-groups?name=default", answer: `{"security_groups":[{"id":"x","name":"default","project_id":"other"},{"id":"g","name":"default","project_id":"pid"}]}`}},
			want: `{"id":"g","name":"default","project_id":"pid"}`,
		},
		{
			name: "port", fn: "security_groups.allow", args: `{ id = "g" }, { protocol = "tcp", port = 22 }`,
			wire: post(`{"security_group_id":"g","direction":"ingress","ethertype":"IPv4","protocol":"tcp","port_range_min":22,"port_range_max":22}`, rule),
			want: `{"id":"r1","protocol":"tcp"} true`,
		},
		{
			name: "range, number, address", fn: "security_groups.allow",
			args: `{ id = "g" }, { protocol = 17, ports = "8000-8100", remote = "10.1.2.3", direction = "egress", description = "d" }`,
			wire: post(`{"security_group_id":"g","direction":"egress","ethertype":"IPv4","protocol":"udp","port_range_min":8000,"port_range_max":8100,"remote_ip_prefix":"10.1.2.3/32","description":"d"}`, rule),
			want: `{"id":"r1","protocol":"tcp"} true`,
		},
		{
			name: "from and to, host bits", fn: "security_groups.allow",
			args: `{ id = "g" }, { protocol = "TCP", port = { from = 1, to = 65535 }, remote_ip_prefix = "10.1.2.3/8" }`,
			wire: post(`{"security_group_id":"g","direction":"ingress","ethertype":"IPv4","protocol":"tcp","port_range_min":1,"port_range_max":65535,"remote_ip_prefix":"10.0.0.0/8"}`, rule),
			want: `{"id":"r1","protocol":"tcp"} true`,
		},
		{
			name: "IPv6 by its address", fn: "security_groups.allow", args: `{ id = "g" }, { protocol = "icmp", remote = "2001:db8::/32", icmp_type = 128, icmp_code = 0 }`,
			wire: post(`{"security_group_id":"g","direction":"ingress","ethertype":"IPv6","protocol":"ipv6-icmp","port_range_min":128,"port_range_max":0,"remote_ip_prefix":"2001:db8::/32"}`, rule),
			want: `{"id":"r1","protocol":"tcp"} true`,
		},
		{
			name: "a group by name", fn: "security_groups.allow", args: `"web", { protocol = "tcp", port = 5432, remote = "db" }`,
			wire: append([]exchange{
				{want: "GET security-groups?name=db", answer: `{"security_groups":[{"id":"d","name":"db"}]}`},
				{want: "GET security-groups?name=web", answer: `{"security_groups":[{"id":"g","name":"web"}]}`},
			}, post(`{"security_group_id":"g","direction":"ingress","ethertype":"IPv4","protocol":"tcp","port_range_min":5432,"port_range_max":5432,"remote_group_id":"d"}`, rule)...),
			want: `{"id":"r1","protocol":"tcp"} true`,
		},
		{
			name: "there already", fn: "security_groups.allow", args: `{ id = "g" }, { protocol = "tcp", port = 22 }`,
			wire: []exchange{
				{want: "POST security-group-rules", body: `{"security_group_rule":{"security_group_id":"g","direction":"ingress","ethertype":"IPv4","protocol":"tcp","port_range_min":22,"port_range_max":22}}`,
					status: 409, answer: neutronError("SecurityGroupRuleExists", "Security group rule already exists. Rule id is 6855b441-32e2-4022-8332-7fa7754970ad.")},
				{want: "GET security-group-rules/6855b441-32e2-4022-8332-7fa7754970ad", answer: rule},
			},
			want: `{"id":"r1","protocol":"tcp"} false`,
		},
		refused("misspelt", `protocol = "tpc", port = 22`, "protocol", `no protocol "tpc"`, `"tcp"`),
		refused("no protocol", `port = 22`, "port", "have ports", `protocol = "tcp"`),
		refused("a list is no range", `protocol = "tcp", port = { 80, 443 }`, "port", "one port or one range", "several rules"),
		refused("backwards", `protocol = "tcp", port = "90-80"`, "port", "ends before", ""),
		refused("too large", `protocol = "tcp", port = 65536`, "port", "65536", ""),
		refused("no network", `remote = "10.0.0.0/33"`, "remote", "no address", ""),
		refused("two ends", `remote = "10.0.0.0/8", remote_group_id = "web"`, "remote", "one other end", ""),
		refused("versions differ", `remote = "10.0.0.0/8", ethertype = "IPv6"`, "ethertype", "is IPv4", "leave ethertype out"),
		refused("ports of ICMP", `protocol = "icmp", port = 8`, "port", "no ports", "icmp_type"),
		refused("type of TCP", `protocol = "tcp", icmp_type = 8`, "icmp_type", "only ICMP", ""),
		refused("ports of ESP", `protocol = "esp", port = 8`, "port", "esp has no ports", ""),
		allows("from anywhere", `protocol = "tcp", port = 22`, `true`),
		allows("from a part", `protocol = "tcp", port = 22, remote = "198.51.100.9"`, `true`),
		allows("in a range", `protocol = "tcp", port = "80-443", remote = "192.0.2.7"`, `true`),
		allows("the range from elsewhere", `protocol = "tcp", port = 80, remote = "198.51.100.9"`, `false`),
		allows("more than a rule has", `protocol = "tcp", port = "80-2000", remote = "192.0.2.7"`, `false`),
		allows("a member", `protocol = "udp", port = 53, remote = { id = "`+sgID+`" }`, `true`),
		allows("another group", `protocol = "udp", port = 53, remote = { id = "other" }`, `false`),
		allows("ping", `protocol = "icmp", icmp_type = 8`, `true`),
		allows("all of ICMP", `protocol = "icmp"`, `false`),
		allows("ICMP of IPv6", `protocol = "icmp", ethertype = "IPv6"`, `true`),
		allows("outwards", `protocol = "tcp", port = 443, direction = "egress"`, `true`),
		{
			name: "whatever the other end", fn: "security_groups.deny", args: `{ id = "g" }, { protocol = "tcp", port = 22 }`,
			wire: []exchange{list, gone("a"), gone("b")}, want: `2`,
		},
		{
			name: "one of them", fn: "security_groups.deny", args: `{ id = "g" }, { protocol = "tcp", port = 22, remote = "10.0.0.0/8" }`,
			wire: []exchange{list, gone("b")}, want: `1`,
		},
		{
			name: "from anywhere only", fn: "security_groups.deny", args: `{ id = "g" }, { protocol = "tcp", port = 22, remote = "0.0.0.0/0" }`,
			wire: []exchange{list, gone("a")}, want: `1`,
		},
		{
			name: "ICMP of both", fn: "security_groups.deny", args: `{ id = "g" }, { protocol = "icmp" }`,
			wire: []exchange{list, gone("d"), gone("g")}, want: `2`,
		},
		{name: "nothing said", fn: "security_groups.deny", args: `{ id = "g" }, { direction = "egress" }`, fail: &failure{"bad_argument", "security_groups.deny", "say what", ""}},
		{
			name: "with filters", fn: "security_groups.rules", args: `{ id = "g" }, { direction = "ingress", ethertype = "IPv4", protocol = "tcp", port_range_min = 22, port_range_max = 22 }`,
			wire: []exchange{{want: "GET security-group-rules?direction=ingress&ethertype=IPv4&port_range_max=22&port_range_min=22&protocol=tcp&security_group_id=g", answer: `{"security_group_rules":[{"id":"a"}]}`}},
			want: `[{"id":"a"}]`,
		},
		{
			name: "of all groups", fn: "security_groups.rules", args: `{ remote_ip_prefix = "0.0.0.0/0" }`,
			wire: []exchange{{want: "GET security-group-rules?remote_ip_prefix=0.0.0.0/0", answer: `{"security_group_rules":[]}`}}, want: `[]`,
		},
		{name: "object", fn: "security_groups.delete_rule", args: `{ id = "a" }`, wire: []exchange{gone("a")}, want: `true`},
		{
			name: "in use", fn: "security_groups.delete", args: `{ id = "g" }`,
			wire: []exchange{{want: "DELETE security-groups/g", status: 409, answer: neutronError("SecurityGroupInUse", "Security Group g in use.")}},
			fail: &failure{"conflict", "security_groups.delete", "in use", "ports.list"},
		},
		{
			name: "differs", fn: "security_groups.ensure", args: `{ name = "web", description = "new" }`,
			wire: []exchange{
				{want: "GET security-groups?name=web", answer: `{"security_groups":[{"id":"g","name":"web","description":"old"}]}`},
				{want: "PUT security-groups/g", body: `{"security_group":{"description":"new"}}`, answer: `{"security_group":{"id":"g","description":"new"}}`},
			},
			want: `{"description":"new","id":"g"} true`,
		},
	})
}
