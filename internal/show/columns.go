package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// column is one column of a list: its heading, and what it shows.
type column struct {
	label string
	field string                     // a member, or a path of them: "flavor.original_name"
	value func(o map[string]any) any // in place of the member, where the table shows something made of it
}

// columnsOf are the columns that the openstack command shows of a kind, in one place.
func columnsOf(kind string) []column {
	id, name, status := column{label: "ID", field: "id"}, column{label: "Name", field: "name"}, column{label: "Status", field: "status"}
	project := column{label: "Project", field: "project_id"}
	switch kind {
	case "network":
		return []column{id, name, {label: "Subnets", field: "subnets"}}
	case "subnet":
		return []column{id, name, {label: "Network", field: "network_id"}, {label: "Subnet", field: "cidr"}}
	case "port":
		return []column{id, name, {label: "MAC Address", field: "mac_address"}, {label: "Fixed IP Addresses", field: "fixed_ips"}, status}
	case "router":
		return []column{id, name, status, {label: "State", field: "admin_state_up", value: state}, project}
	case "server":
		return []column{id, name, status, {label: "Networks", field: "addresses", value: networks}, {label: "Image", field: "image", value: image}, {label: "Flavor", field: "flavor", value: flavor}}
	case "flavor":
		return []column{id, name, {label: "RAM", field: "ram"}, {label: "Disk", field: "disk"}, {label: "Ephemeral", field: "OS-FLV-EXT-DATA:ephemeral"}, {label: "VCPUs", field: "vcpus"}, {label: "Is Public", field: "os-flavor-access:is_public"}}
	case "keypair":
		return []column{name, {label: "Fingerprint", field: "fingerprint"}, {label: "Type", field: "type"}}
	case "image":
		return []column{id, name, status}
	case "floating_ip":
		return []column{id, {label: "Floating IP Address", field: "floating_ip_address"}, {label: "Fixed IP Address", field: "fixed_ip_address"}, {label: "Port", field: "port_id"}, {label: "Floating Network", field: "floating_network_id"}, project}
	case "security_group":
		return []column{id, name, {label: "Description", field: "description"}, project, {label: "Tags", field: "tags"}}
	case "security_group_rule":
		return []column{id, {label: "IP Protocol", field: "protocol"}, {label: "Ethertype", field: "ethertype"}, {label: "IP Range", field: "remote_ip_prefix"}, {label: "Port Range", field: "port_range_min", value: portRange}, {label: "Direction", field: "direction"}, {label: "Remote Security Group", field: "remote_group_id"}}
	case "server_group":
		return []column{id, name, {label: "Policy", field: "policy"}}
	case "project", "user", "group", "role", "domain":
		return []column{id, name}
	}
	return nil
}

func state(o map[string]any) any {
	if up, ok := o["admin_state_up"].(bool); ok && !up {
		return "DOWN"
	}
	return "UP"
}

// networks is private=10.0.0.5, 172.24.4.30; office=10.1.0.3.
func networks(o map[string]any) any {
	all, _ := o["addresses"].(map[string]any)
	var parts []string
	for _, net := range slices.Sorted(maps.Keys(all)) {
		list, _ := all[net].([]any)
		var addresses []string
		for _, a := range list {
			if m, ok := a.(map[string]any); ok {
				addresses = append(addresses, text(m["addr"]))
			}
		}
		parts = append(parts, net+"="+strings.Join(addresses, ", "))
	}
	return strings.Join(parts, "; ")
}

func image(o map[string]any) any {
	if m, ok := o["image"].(map[string]any); ok {
		return m["id"]
	}
	return "N/A (booted from volume)"
}

func flavor(o map[string]any) any {
	m, _ := o["flavor"].(map[string]any)
	if name := m["original_name"]; name != nil {
		return name
	}
	return m["id"]
}

func portRange(o map[string]any) any {
	from, to := o["port_range_min"], o["port_range_max"]
	if from == nil && to == nil {
		return nil
	}
	return fmt.Sprintf("%s:%s", text(from), text(to))
}

// guessed are columns for objects of no kind we know: what tells them apart first, then the plain members they have.
func guessed(rows []map[string]any) []column {
	names := map[string]bool{}
	for _, r := range rows {
		for name, v := range r {
			switch v.(type) {
			case map[string]any, []any:
			default:
				names[name] = true
			}
		}
	}
	var cols []column
	for _, name := range []string{"id", "name", "status"} {
		if names[name] {
			cols = append(cols, column{label: heading(name), field: name})
			delete(names, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		cols = append(cols, column{label: heading(name), field: name})
	}
	return cols
}

// heading makes "Admin State Up" of "admin_state_up".
func heading(field string) string {
	words := strings.FieldsFunc(field, func(r rune) bool { return r == '_' })
	for i, w := range words {
		switch w {
		case "id", "ip", "cidr", "mtu", "mac", "url", "vcpus", "ram", "dns":
			words[i] = strings.ToUpper(w)
		default:
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	if len(words) == 0 {
		return field
	}
	return strings.Join(words, " ")
}
