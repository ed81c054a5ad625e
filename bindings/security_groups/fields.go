package security_groups

import (
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
)

// rules gives, for each member that ensure takes, how it is compared and whether it may be changed.
func rules() map[string]rest.Rule {
	return map[string]rest.Rule{
		"description": {Update: true},
		"stateful":    {Update: true},
		"project_id":  {Same: rest.ID},
	}
}

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID."},
		{Name: "name", Type: "string", Doc: "Its name; names need not be unique."},
		{Name: "description", Type: "string", Doc: "A few words about it."},
		{Name: "security_group_rules", Type: "table[]", Doc: "Its rules, each with id, direction, ethertype, protocol, port_range_min, port_range_max, remote_ip_prefix, remote_group_id and description."},
		{Name: "stateful", Type: "boolean", Doc: "Whether answers to what was let through pass by themselves."},
		{Name: "shared", Type: "boolean?", Doc: "Whether it was shared with this project by another."},
		{Name: "tags", Type: "string[]", Doc: "Its tags."},
		{Name: "project_id", Type: "string", Doc: "ID of the project it belongs to."},
		{Name: "tenant_id", Type: "string", Doc: "The same by its older name."},
		{Name: "revision_number", Type: "integer", Doc: "Grows with each change."},
		{Name: "created_at", Type: "string", Doc: "When it was created: \"2026-11-22T13:13:05Z\"."},
		{Name: "updated_at", Type: "string", Doc: "When it was last changed."},
	}
}

func classes() []schema.Class {
	return []schema.Class{{
		Name: "security_group_rule", Doc: "One rule of a security group.",
		Fields: []schema.Param{
			{Name: "id", Type: "string", Doc: "Its ID."},
			{Name: "security_group_id", Type: "string", Doc: "ID of its group."},
			{Name: "direction", Type: "string", Doc: "ingress or egress."},
			{Name: "ethertype", Type: "string", Doc: "IPv4 or IPv6."},
			{Name: "protocol", Type: "string?", Doc: "tcp, udp, icmp …; nil for any."},
			{Name: "port_range_min", Type: "integer?", Doc: "First port, or the type for ICMP; nil for any."},
			{Name: "port_range_max", Type: "integer?", Doc: "Last port, or the code for ICMP; nil for any."},
			{Name: "remote_ip_prefix", Type: "string?", Doc: "Addresses at the other end; nil for any, or when a group is."},
			{Name: "remote_group_id", Type: "string?", Doc: "Group at the other end."},
			{Name: "remote_address_group_id", Type: "string?", Doc: "Address group at the other end."},
			{Name: "normalized_cidr", Type: "string?", Doc: "remote_ip_prefix without its host bits."},
			{Name: "description", Type: "string?", Doc: "A few words about it."},
			{Name: "project_id", Type: "string", Doc: "ID of the project it belongs to."},
		},
	}}
}
