package ports

import (
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
)

// rules gives, for each member that ensure takes, how it is compared and whether it may be changed. All lists are sets.
// An address wanted of a subnet only is met by any address of that subnet.
func rules() map[string]rest.Rule {
	ips := rest.Unordered(rest.Members(map[string]rest.Same{"ip_address": rest.Address}))
	pairs := rest.Unordered(rest.Members(map[string]rest.Same{"ip_address": rest.Network, "mac_address": rest.Fold}))
	return map[string]rest.Rule{
		"network_id":              {},
		"project_id":              {Same: rest.ID},
		"device_profile":          {},
		"description":             {Update: true},
		"admin_state_up":          {Update: true},
		"mac_address":             {Update: true, Same: rest.Fold},
		"fixed_ips":               {Update: true, Same: ips},
		"device_id":               {Update: true},
		"device_owner":            {Update: true},
		"security_groups":         {Update: true, Same: rest.Unordered(rest.Equal)},
		"allowed_address_pairs":   {Update: true, Same: pairs},
		"extra_dhcp_opts":         {Update: true, Same: rest.Unordered(rest.Members(nil))},
		"port_security_enabled":   {Update: true},
		"qos_policy_id":           {Update: true},
		"dns_name":                {Update: true, Same: rest.Fold},
		"dns_domain":              {Update: true, Same: rest.Fold},
		"binding:host_id":         {Update: true},
		"binding:vnic_type":       {Update: true},
		"binding:profile":         {Update: true},
		"propagate_uplink_status": {Update: true},
		"numa_affinity_policy":    {Update: true},
		"trusted":                 {Update: true},
	}
}

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID."},
		{Name: "name", Type: "string", Doc: "Its name, \"\" for none."},
		{Name: "description", Type: "string", Doc: "A few words about it."},
		{Name: "status", Type: "string", Doc: "ACTIVE when what is plugged in is wired, DOWN before; BUILD, ERROR."},
		{Name: "admin_state_up", Type: "boolean", Doc: "Whether its owner wants it to carry traffic."},
		{Name: "network_id", Type: "string", Doc: "ID of the network it is on."},
		{Name: "mac_address", Type: "string", Doc: "Its MAC address."},
		{Name: "fixed_ips", Type: "table[]", Doc: "Its addresses, each with subnet_id and ip_address."},
		{Name: "device_id", Type: "string", Doc: "ID of the server or router it belongs to, \"\" for none."},
		{Name: "device_owner", Type: "string", Doc: "Kind of device: \"compute:nova\", \"network:router_interface\", \"network:dhcp\"; \"\" for none."},
		{Name: "security_groups", Type: "string[]", Doc: "IDs of the security groups that guard it."},
		{Name: "allowed_address_pairs", Type: "table[]", Doc: "Other addresses that may be used on it, each with ip_address and mac_address."},
		{Name: "extra_dhcp_opts", Type: "table[]", Doc: "Its DHCP options, each with opt_name, opt_value and ip_version."},
		{Name: "port_security_enabled", Type: "boolean", Doc: "Whether it is guarded by security groups and against forged addresses."},
		{Name: "qos_policy_id", Type: "string?", Doc: "ID of its QoS policy."},
		{Name: "qos_network_policy_id", Type: "string?", Doc: "ID of its network's QoS policy."},
		{Name: "dns_name", Type: "string?", Doc: "Its name in DNS."},
		{Name: "dns_domain", Type: "string?", Doc: "Its DNS domain."},
		{Name: "dns_assignment", Type: "table[]?", Doc: "Its names in DNS, each with hostname, fqdn and ip_address."},
		{Name: "binding:vnic_type", Type: "string", Doc: "How it is plugged in: normal, direct …"},
		{Name: "binding:host_id", Type: "string?", Doc: "Host it is on; administrators see it."},
		{Name: "binding:profile", Type: "table?", Doc: "What the host should know; administrators see it."},
		{Name: "binding:vif_type", Type: "string?", Doc: "How the host plugged it in; administrators see it."},
		{Name: "binding:vif_details", Type: "table?", Doc: "More of that; administrators see it."},
		{Name: "propagate_uplink_status", Type: "boolean?", Doc: "Whether it goes down with the host's own link."},
		{Name: "numa_affinity_policy", Type: "string?", Doc: "How near to the server's memory its device must be."},
		{Name: "device_profile", Type: "string?", Doc: "Name of the accelerator's device profile."},
		{Name: "data_plane_status", Type: "string?", Doc: "State of the wire underneath."},
		{Name: "resource_request", Type: "table?", Doc: "Bandwidth it needs; administrators see it."},
		{Name: "trunk_details", Type: "table?", Doc: "Its trunk, when it is the parent of one."},
		{Name: "trusted", Type: "boolean?", Doc: "Whether the virtual function is trusted."},
		{Name: "tags", Type: "string[]", Doc: "Its tags."},
		{Name: "project_id", Type: "string", Doc: "ID of the project it belongs to."},
		{Name: "tenant_id", Type: "string", Doc: "The same by its older name."},
		{Name: "revision_number", Type: "integer", Doc: "Grows with each change."},
		{Name: "created_at", Type: "string", Doc: "When it was created: \"2026-11-22T13:13:27Z\"."},
		{Name: "updated_at", Type: "string", Doc: "When it was last changed."},
	}
}
