package show

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/oslua/oslua/internal/term"
)

// column is one column of a list: its heading, and what it shows.
type column struct {
	label string
	field string                     // a member, or a path of them: "flavor.original_name"
	value func(o map[string]any) any // in place of the member, where the table shows something made of it
	named bool                       // asked for as the member: only a table inside is made readable, and only for people
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
	for _, name := range []string{"id", "name", "status", "option", "message"} {
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

// fitting lays out as many members of objects as a line has room for: what tells them apart, what the table of the kind
// shows, those of fields, then the plain ones of the first object. The name and the ID are always among them, a member
// that no object has never.
func fitting(kind string, rows []map[string]any, fields []string, width int) (header []string, cells [][]string) {
	cols := []column{{field: "name"}, {field: "id"}, {field: "status"}}
	cols = append(cols, columnsOf(kind)...)
	for _, name := range fields {
		cols = append(cols, column{field: name})
	}
	for _, name := range slices.Sorted(maps.Keys(rows[0])) {
		if plain(rows[0][name]) {
			cols = append(cols, column{field: name})
		}
	}
	cells = make([][]string, len(rows))
	room := width - 1
	if width <= 0 {
		room = math.MaxInt
	}
	seen := map[string]bool{}
	for _, c := range cols {
		if seen[c.field] {
			continue
		}
		seen[c.field] = true
		texts := make([]string, len(rows))
		wide, filled := term.StringWidth(c.field), false
		for i, r := range rows {
			v := r[c.field]
			if c.value != nil && !plain(v) {
				v = c.value(r)
			}
			texts[i] = strings.ReplaceAll(printable(text(v)), "\n", " ")
			wide = max(wide, term.StringWidth(texts[i]))
			filled = filled || texts[i] != ""
		}
		if !filled || c.field != "id" && c.field != "name" && (wide+3 > room || wide > 48) {
			continue
		}
		room -= wide + 3
		header = append(header, c.field)
		for i := range rows {
			cells[i] = append(cells[i], texts[i])
		}
		if room < 8 || len(header) >= 10 {
			break
		}
	}
	return header, cells
}

// plain reports a value that a cell holds as it is.
func plain(v any) bool {
	switch v.(type) {
	case nil, string, float64, bool:
		return true
	}
	return false
}

// plural is a kind in words, for so many.
func plural(kind string, n int) string {
	kind = strings.ReplaceAll(kind, "_", " ")
	switch {
	case n == 1:
		return kind
	case strings.HasSuffix(kind, "y") && !strings.HasSuffix(kind, "ey"):
		return strings.TrimSuffix(kind, "y") + "ies"
	}
	return kind + "s"
}
