package networks

import (
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
)

// rules gives, for each member that ensure takes, how it is compared and whether it may be changed. Of the provider
// attributes the service lets only the segment's number change.
func rules() map[string]rest.Rule {
	segments := rest.Unordered(rest.Members(nil))
	return map[string]rest.Rule{
		"description":               {Update: true},
		"admin_state_up":            {Update: true},
		"shared":                    {Update: true},
		"router:external":           {Update: true},
		"is_default":                {Update: true},
		"mtu":                       {Update: true},
		"port_security_enabled":     {Update: true},
		"dns_domain":                {Update: true, Same: rest.Fold},
		"qos_policy_id":             {Update: true},
		"provider:segmentation_id":  {Update: true},
		"provider:network_type":     {},
		"provider:physical_network": {},
		"vlan_transparent":          {},
		"segments":                  {Same: segments},
		"project_id":                {Same: rest.ID},
		"availability_zone_hints":   {Same: rest.Unordered(rest.Equal)},
	}
}

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID."},
		{Name: "name", Type: "string", Doc: "Its name; names need not be unique."},
		{Name: "description", Type: "string", Doc: "A few words about it."},
		{Name: "status", Type: "string", Doc: "ACTIVE, DOWN, BUILD or ERROR."},
		{Name: "admin_state_up", Type: "boolean", Doc: "Whether its owner wants it to carry traffic."},
		{Name: "shared", Type: "boolean", Doc: "Whether all projects may use it."},
		{Name: "router:external", Type: "boolean", Doc: "Whether it is a way out that routers can have as gateway."},
		{Name: "is_default", Type: "boolean?", Doc: "Whether it is the default external network."},
		{Name: "subnets", Type: "string[]", Doc: "IDs of its subnets."},
		{Name: "mtu", Type: "integer", Doc: "Largest packet, in bytes."},
		{Name: "port_security_enabled", Type: "boolean", Doc: "Whether new ports are guarded by security groups."},
		{Name: "dns_domain", Type: "string?", Doc: "DNS domain of its ports."},
		{Name: "qos_policy_id", Type: "string?", Doc: "ID of its QoS policy."},
		{Name: "vlan_transparent", Type: "boolean?", Doc: "Whether servers' own VLAN tags pass."},
		{Name: "provider:network_type", Type: "string?", Doc: "flat, vlan, vxlan …; administrators see it."},
		{Name: "provider:physical_network", Type: "string?", Doc: "Physical network it is on; administrators see it."},
		{Name: "provider:segmentation_id", Type: "integer?", Doc: "VLAN ID or tunnel key; administrators see it."},
		{Name: "segments", Type: "table[]?", Doc: "Its segments, when it has several; administrators see them."},
		{Name: "availability_zone_hints", Type: "string[]", Doc: "Availability zones asked for."},
		{Name: "availability_zones", Type: "string[]", Doc: "Availability zones its DHCP service runs in."},
		{Name: "ipv4_address_scope", Type: "string?", Doc: "ID of its address scope for IPv4."},
		{Name: "ipv6_address_scope", Type: "string?", Doc: "ID of its address scope for IPv6."},
		{Name: "tags", Type: "string[]", Doc: "Its tags."},
		{Name: "project_id", Type: "string", Doc: "ID of the project it belongs to."},
		{Name: "tenant_id", Type: "string", Doc: "The same by its older name."},
		{Name: "revision_number", Type: "integer", Doc: "Grows with each change."},
		{Name: "created_at", Type: "string", Doc: "When it was created: \"2026-11-22T13:13:05Z\"."},
		{Name: "updated_at", Type: "string", Doc: "When it was last changed."},
	}
}
