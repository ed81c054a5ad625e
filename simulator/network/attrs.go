package network

import "slices"

// These make the lines of the tables. An attribute is given by its name and what may be done with it.

// readOnly is shown and never given.
func readOnly(name string) attr { return attr{name: name} }

func (a attr) filtered() attr { a.filter = true; return a }
func (a attr) sorted() attr   { a.filter, a.sort = true, true; return a }

// identity is the id.
func identity() attr { return readOnly("id").sorted() }

// owner is the project, which is shown twice.
func owner() attr {
	return attr{name: "tenant_id", post: true, def: required{}, check: isString(255), filter: true, sort: true}
}

// given may be given at creation and later.
func given(name string, def any, conv convert, c check) attr {
	return attr{name: name, post: true, put: true, def: def, conv: conv, check: c}
}

// once may be given at creation only.
func once(name string, def any, conv convert, c check) attr {
	return attr{name: name, post: true, def: def, conv: conv, check: c}
}

func text(name string) attr { return given(name, "", nil, isString(255)) }
func flag(name string, def any) attr {
	return given(name, def, toBool, nil)
}

// guarded has a rule of its own for whoever sets it.
func (a attr) guarded(create, update perm) attr {
	a.enforce, a.create, a.update = true, create, update
	return a
}

// private is shown to admin only.
func (a attr) private() attr { a.see = adminOnly; return a }

// standardAttrs are the ones every object has.
func standardAttrs(tagged bool) []attr {
	all := []attr{readOnly("revision_number").filtered(), readOnly("created_at"), readOnly("updated_at"), text("description").filtered()}
	if tagged {
		for _, name := range []string{"tags", "tags-any", "not-tags", "not-tags-any"} {
			all = append(all, readOnly(name).filtered())
		}
	}
	return all
}

func table(own []attr, tagged bool) []attr { return slices.Concat(own, standardAttrs(tagged)) }

func networkAttrs() []attr {
	return table([]attr{
		identity(), text("name").sorted(), readOnly("subnets"), flag("admin_state_up", true).sorted(), readOnly("status").sorted(),
		owner(), flag("shared", false).filtered().guarded(adminOnly, adminOnly),
		readOnly("ipv4_address_scope"), readOnly("ipv6_address_scope"),
		flag("router:external", false).filtered().guarded(adminOnly, adminOnly),
		given("segments", unset{}, nil, nil).guarded(adminOnly, adminOnly).private(),
		given("mtu", int64(0), toInt, nonNegative).sorted().guarded(anyone, anyone),
		readOnly("availability_zones"), once("availability_zone_hints", []any{}, nil, listOf(isString(255))),
		flag("port_security_enabled", true).guarded(anyone, anyone),
		given("provider:network_type", unset{}, nil, isString(32)).filtered().guarded(adminOnly, adminOnly).private(),
		given("provider:physical_network", unset{}, nil, isString(64)).filtered().guarded(adminOnly, adminOnly).private(),
		given("provider:segmentation_id", unset{}, toInt, nil).filtered().guarded(adminOnly, adminOnly).private(),
		flag("is_default", false).filtered().guarded(adminOnly, adminOnly),
	}, true)
}

func subnetAttrs() []attr {
	modes := oneOf("dhcpv6-stateful", "dhcpv6-stateless", "slaac")
	return table([]attr{
		identity(), text("name").sorted(), once("ip_version", required{}, toInt, oneOf(4, 6)).sorted(),
		once("network_id", required{}, nil, isUUID).sorted(),
		once("subnetpool_id", unset{}, nil, orNone(poolID)).sorted(),
		once("prefixlen", unset{}, toInt, nonNegative), once("cidr", unset{}, canonicalCIDR, orNone(isSubnet)).sorted(),
		given("gateway_ip", unset{}, canonicalIP, orNone(isIPAddress)).sorted(),
		given("allocation_pools", unset{}, nil, isPools), given("dns_nameservers", unset{}, noneToList, isNameservers),
		given("host_routes", unset{}, noneToList, isHostRoutes), owner(), flag("enable_dhcp", true).sorted(),
		once("ipv6_ra_mode", unset{}, nil, modes).sorted(), once("ipv6_address_mode", unset{}, nil, modes).sorted(),
		{name: "shared", conv: toBool, filter: true},
		{name: "service_types", post: true, put: true, def: unset{}, verify: serviceTypes},
		once("use_default_subnetpool", false, toBool, nil),
	}, true)
}

func poolID(v any) string {
	if v == "prefix_delegation" {
		return ""
	}
	return isUUID(v)
}

func portAttrs() []attr {
	all := table([]attr{
		identity(), text("name").sorted(), once("network_id", required{}, nil, isUUID).sorted(),
		flag("admin_state_up", true).sorted(),
		given("mac_address", unset{}, lower, orNone(isMAC)).sorted().guarded(networkOwner, adminOnly),
		{name: "fixed_ips", post: true, put: true, def: unset{}, check: isFixedIPs, filter: true, keyValue: true, enforce: true,
			create: networkSharer, update: networkOwner, sub: map[string]perm{"ip_address": networkOwner, "subnet_id": networkSharer}},
		text("device_id").sorted(), text("device_owner").sorted().guarded(deviceOwnerish, deviceOwnerish), owner(),
		readOnly("status").sorted(),
		{name: "allowed_address_pairs", post: true, put: true, def: unset{}, conv: noneToList, verify: isAddressPairs,
			enforce: true, create: networkOwner, update: networkOwner, sub: map[string]perm{"ip_address": networkOwner, "mac_address": networkOwner}},
		{name: "extra_dhcp_opts", post: true, put: true, def: nil, verify: isDHCPOptions},
		once("device_profile", nil, nil, orNone(isString(255))),
		given("numa_affinity_policy", nil, nil, oneOf("required", "preferred", "legacy", nil)),
		readOnly("binding:vif_type").private(), readOnly("binding:vif_details").private(),
		given("binding:vnic_type", "normal", nil, oneOf("normal", "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder",
			"smart-nic", "vdpa", "accelerator-direct", "accelerator-direct-physical", "remote-managed")).guarded(anyone, anyone),
		given("binding:host_id", unset{}, nil, nil).filtered().guarded(adminOnly, adminOnly).private(),
		given("binding:profile", unset{}, nil, orNone(isDict)).guarded(adminOnly, adminOnly).private(),
		given("port_security_enabled", unset{}, toBool, nil).guarded(networkOwner, networkOwner),
		given("security_groups", unset{}, noneToList, listOf(isUUID)).filtered(),
	}, true)
	for i := range all {
		if all[i].name == "tags" {
			all[i] = once("tags", []any{}, nil, listOf(isString(255))).filtered()
		}
	}
	return all
}

func routerAttrs() []attr {
	return table([]attr{
		identity(), text("name").sorted(), flag("admin_state_up", true).sorted(), readOnly("status").sorted(), owner(),
		{name: "external_gateway_info", post: true, put: true, def: nil, verify: gatewayInfo, enforce: true,
			sub: map[string]perm{"network_id": anyone, "enable_snat": adminOnly, "external_fixed_ips": adminOnly}},
		given("ha", unset{}, toBoolOrNone, nil).guarded(adminOnly, adminOnly).private(),
		once("flavor_id", unset{}, nil, nil).sorted(), readOnly("availability_zones"),
		once("availability_zone_hints", []any{}, nil, listOf(isString(255))),
		given("distributed", unset{}, toBoolOrNone, nil).guarded(adminOnly, adminOnly).private(),
		{name: "routes", put: true, conv: noneToList, check: isHostRoutes},
	}, true)
}

func floatingIPAttrs() []attr {
	return table([]attr{
		identity(), once("floating_ip_address", nil, nil, orNone(isIPAddress)).sorted().guarded(adminOnly, adminOnly),
		once("subnet_id", nil, nil, orNone(isUUID)), once("floating_network_id", required{}, nil, isUUID).sorted(),
		readOnly("router_id").sorted(), given("port_id", nil, nil, orNone(isUUID)).filtered(),
		given("fixed_ip_address", nil, nil, orNone(isIPAddress)).sorted(), owner(), readOnly("status").sorted(), readOnly("port_details"),
	}, true)
}

func securityGroupAttrs() []attr {
	return table([]attr{
		identity(), {name: "name", post: true, put: true, def: "", verify: groupName, filter: true, sort: true}, owner(),
		readOnly("security_group_rules"), flag("stateful", true),
		{name: "shared", conv: toBool, filter: true},
	}, true)
}

func securityRuleAttrs() []attr {
	return table([]attr{
		identity(), once("security_group_id", required{}, nil, isString(36)).sorted(), once("remote_group_id", nil, nil, nil).sorted(),
		once("direction", required{}, nil, oneOf("ingress", "egress")).sorted(), once("protocol", nil, toProtocol, nil).sorted(),
		once("port_range_min", nil, toPort, nil).sorted(), once("port_range_max", nil, toPort, nil).sorted(),
		once("ethertype", "IPv4", toEtherType, oneOf("IPv4", "IPv6")).sorted(), once("remote_ip_prefix", nil, toPrefix, nil).sorted(),
		owner(), readOnly("normalized_cidr").sorted(), once("remote_address_group_id", nil, nil, nil).sorted(),
	}, false)
}

func subnetPoolAttrs() []attr {
	length := func(name string) attr { return given(name, unset{}, toInt, nonNegative).sorted() }
	return table([]attr{
		identity(), given("name", required{}, nil, notEmptyString).sorted(), owner(), given("prefixes", required{}, nil, listOf(isSubnet)),
		length("default_quota"), readOnly("ip_version").sorted(), length("default_prefixlen"), length("min_prefixlen"), length("max_prefixlen"),
		flag("is_default", false).sorted().guarded(adminOnly, adminOnly), once("shared", false, toBool, nil).sorted().guarded(adminOnly, adminOnly),
		given("address_scope_id", unset{}, nil, orNone(isUUID)).sorted(),
	}, true)
}

func addressScopeAttrs() []attr {
	return []attr{
		identity(), text("name").sorted(), owner(), flag("shared", false).sorted().guarded(adminOnly, adminOnly),
		once("ip_version", required{}, toInt, oneOf(4, 6)).sorted(),
	}
}

func addressGroupAttrs() []attr {
	own := []attr{
		identity(), text("name").sorted(), given("description", "", nil, isString(1024)).sorted(), owner(),
		once("addresses", unset{}, noneToList, listOf(isSubnet)), readOnly("revision_number"), readOnly("created_at"), readOnly("updated_at"),
	}
	return own
}

func grantAttrs() []attr {
	return []attr{
		identity(), {name: "object_type", post: true, def: nil, conv: toObjectType, filter: true},
		once("object_id", required{}, nil, isUUID).filtered(),
		given("target_tenant", required{}, nil, isString(255)).filtered(), owner(),
		once("action", required{}, nil, isString(255)).filtered(),
	}
}
