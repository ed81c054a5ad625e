package floating_ips

import "github.com/oslua/oslua/engine/schema"

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID."},
		{Name: "floating_ip_address", Type: "string", Doc: "The address outside."},
		{Name: "fixed_ip_address", Type: "string?", Doc: "The address inside that it leads to; nil while it is unassigned."},
		{Name: "floating_network_id", Type: "string", Doc: "ID of the external network it is from."},
		{Name: "port_id", Type: "string?", Doc: "ID of the port it leads to; nil while it is unassigned."},
		{Name: "port_details", Type: "table?", Doc: "That port's name, network_id, mac_address, status, device_id and device_owner."},
		{Name: "router_id", Type: "string?", Doc: "ID of the router it passes through."},
		{Name: "status", Type: "string", Doc: "ACTIVE when it leads somewhere, DOWN when not; ERROR."},
		{Name: "description", Type: "string", Doc: "A few words about it."},
		{Name: "qos_policy_id", Type: "string?", Doc: "ID of its QoS policy."},
		{Name: "dns_name", Type: "string?", Doc: "Its name in DNS."},
		{Name: "dns_domain", Type: "string?", Doc: "Its DNS domain."},
		{Name: "port_forwardings", Type: "table[]?", Doc: "Single ports that are led on."},
		{Name: "tags", Type: "string[]", Doc: "Its tags."},
		{Name: "project_id", Type: "string", Doc: "ID of the project it belongs to."},
		{Name: "tenant_id", Type: "string", Doc: "The same by its older name."},
		{Name: "revision_number", Type: "integer", Doc: "Grows with each change."},
		{Name: "created_at", Type: "string", Doc: "When it was created: \"2026-11-22T13:13:28Z\"."},
		{Name: "updated_at", Type: "string", Doc: "When it was last changed."},
	}
}
