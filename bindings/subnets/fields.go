package subnets

import (
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
)

// rules gives, for each member that ensure takes, how it is compared and whether it may be changed. Name servers are
// asked in order, so their order counts; pools, routes and service types are sets.
func rules() map[string]rest.Rule {
	pools := rest.Unordered(rest.Members(map[string]rest.Same{"start": rest.Address, "end": rest.Address}))
	routes := rest.Unordered(rest.Members(map[string]rest.Same{"destination": rest.Network, "nexthop": rest.Address}))
	return map[string]rest.Rule{
		"network_id":           {},
		"cidr":                 {Same: rest.Network},
		"ip_version":           {},
		"subnetpool_id":        {},
		"ipv6_address_mode":    {},
		"ipv6_ra_mode":         {},
		"project_id":           {Same: rest.ID},
		"description":          {Update: true},
		"gateway_ip":           {Update: true, Same: rest.Address},
		"dns_nameservers":      {Update: true, Same: rest.Ordered(rest.Address)},
		"allocation_pools":     {Update: true, Same: pools},
		"host_routes":          {Update: true, Same: routes},
		"enable_dhcp":          {Update: true},
		"segment_id":           {Update: true},
		"service_types":        {Update: true, Same: rest.Unordered(rest.Equal)},
		"dns_publish_fixed_ip": {Update: true},
	}
}

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID."},
		{Name: "name", Type: "string", Doc: "Its name, \"\" for none."},
		{Name: "description", Type: "string", Doc: "A few words about it."},
		{Name: "network_id", Type: "string", Doc: "ID of the network it is for."},
		{Name: "cidr", Type: "string", Doc: "Its addresses: \"10.8.0.0/24\"."},
		{Name: "ip_version", Type: "integer", Doc: "4 or 6."},
		{Name: "gateway_ip", Type: "string?", Doc: "Address of the way out; nil for none."},
		{Name: "allocation_pools", Type: "table[]", Doc: "Ranges of addresses that are given out, each with start and end."},
		{Name: "dns_nameservers", Type: "string[]", Doc: "Addresses of name servers, the first one first."},
		{Name: "host_routes", Type: "table[]", Doc: "Routes servers learn, each with destination and nexthop."},
		{Name: "enable_dhcp", Type: "boolean", Doc: "Whether servers get their addresses by DHCP."},
		{Name: "ipv6_address_mode", Type: "string?", Doc: "How servers get IPv6 addresses."},
		{Name: "ipv6_ra_mode", Type: "string?", Doc: "What router advertisements say of IPv6 addresses."},
		{Name: "subnetpool_id", Type: "string?", Doc: "ID of the subnet pool its addresses came from."},
		{Name: "segment_id", Type: "string?", Doc: "ID of the segment it is on."},
		{Name: "service_types", Type: "string[]", Doc: "Kinds of port it is for; empty for all."},
		{Name: "dns_publish_fixed_ip", Type: "boolean?", Doc: "Whether fixed addresses are published in DNS."},
		{Name: "tags", Type: "string[]", Doc: "Its tags."},
		{Name: "project_id", Type: "string", Doc: "ID of the project it belongs to."},
		{Name: "tenant_id", Type: "string", Doc: "The same by its older name."},
		{Name: "revision_number", Type: "integer", Doc: "Grows with each change."},
		{Name: "created_at", Type: "string", Doc: "When it was created: \"2026-11-22T13:13:07Z\"."},
		{Name: "updated_at", Type: "string", Doc: "When it was last changed."},
	}
}
