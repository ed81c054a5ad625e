package network

import (
	"encoding/json"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/web"
)

// A check says why a value is refused, "" when it is not.
type check func(v any) string

// A convert turns what came into what is kept.
type convert func(v any) (any, error)

func isString(limit int) check {
	return func(v any) string {
		s, ok := v.(string)
		if !ok {
			return "'" + python.Str(v) + "' is not a valid string"
		}
		if limit > 0 && utf8.RuneCountInString(s) > limit {
			return "'" + s + "' exceeds maximum length of " + python.Str(limit)
		}
		return ""
	}
}

func orNone(c check) check {
	return func(v any) string {
		if v == nil {
			return ""
		}
		return c(v)
	}
}

func notEmptyString(v any) string {
	if reason := isString(0)(v); reason != "" {
		return reason
	}
	if strings.TrimSpace(v.(string)) == "" {
		return "'" + v.(string) + "' Blank strings are not permitted"
	}
	return ""
}

// isUUIDLike takes every writing of a UUID that Python does: with braces, without dashes, as a URN.
func isUUIDLike(s string) bool {
	s = strings.ToLower(strings.ReplaceAll(s, "urn:", ""))
	s = strings.Trim(strings.ReplaceAll(s, "uuid:", ""), "{}")
	s = strings.ReplaceAll(s, "-", "")
	if len(s) != 32 {
		return false
	}
	for _, r := range s {
		if !strings.ContainsRune("0123456789abcdef", r) {
			return false
		}
	}
	return true
}

func isUUID(v any) string {
	if s, ok := v.(string); ok && isUUIDLike(s) {
		return ""
	}
	return "'" + python.Str(v) + "' is not a valid UUID"
}

func oneOf(values ...any) check {
	return func(v any) string {
		if slices.ContainsFunc(values, func(w any) bool { return python.Repr(w) == python.Repr(v) }) {
			return ""
		}
		return python.Str(v) + " is not in valid_values"
	}
}

func nonNegative(v any) string {
	n, ok := pyInt(v)
	switch {
	case !ok:
		return "'" + python.Str(v) + "' is not an integer"
	case n < 0:
		return "'" + python.Str(v) + "' should be non-negative"
	}
	return ""
}

var blanks = regexp.MustCompile(`\s`)

func isIPAddress(v any) string {
	s, ok := v.(string)
	bad := "'" + python.Str(v) + "' is not a valid IP address"
	if !ok || blanks.MatchString(s) {
		return bad
	}
	if _, ok := parseAddr(s); ok {
		return ""
	}
	if parts := strings.Split(s, "."); len(parts) == 4 {
		for i, p := range parts {
			if p = strings.TrimLeft(p, "0"); p == "" {
				p = "0"
			}
			parts[i] = p
		}
		if plain := strings.Join(parts, "."); plain != s {
			if a, ok := parseAddr(plain); ok {
				return "'" + s + "' is not an accepted IP address, '" + a.String() + "' is recommended"
			}
		}
	}
	return bad
}

func isSubnet(v any) string {
	s, ok := v.(string)
	if !ok || blanks.MatchString(s) {
		return "'" + python.Str(v) + "' is not a valid IP subnet"
	}
	p, ok := parseCIDR(s)
	if !ok {
		return "'" + s + "' is not a valid IP subnet"
	}
	if !strings.Contains(s, "/") || p.Addr().Is4() && p.String() != s {
		return "'" + s + "' isn't a recognized IP subnet cidr, '" + p.Masked().String() + "' is recommended"
	}
	return ""
}

func isRouteCIDR(v any) string {
	s, ok := v.(string)
	if !ok || blanks.MatchString(s) {
		return "'" + python.Str(v) + "' is not a valid CIDR"
	}
	p, ok := parseCIDR(s)
	switch {
	case !ok:
		return "'" + s + "' is not a valid CIDR"
	case !strings.Contains(s, "/") || p.Masked().Addr() != p.Addr():
		return "'" + s + "' is not a recognized CIDR, '" + p.Masked().String() + "' is recommended"
	case p.Addr().IsLoopback():
		return "'" + s + "' is not a routable CIDR"
	}
	return ""
}

func isMAC(v any) string {
	s, ok := v.(string)
	if ok && !blanks.MatchString(s) {
		if m, ok := parseMAC(s); ok && !slices.Contains([]string{"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"}, m.String()) {
			return ""
		}
	}
	return "'" + python.Str(v) + "' is not a valid MAC address"
}

var bareMAC = regexp.MustCompile(`^[0-9A-Fa-f]{12}$`)

func parseMAC(s string) (net.HardwareAddr, bool) {
	if bareMAC.MatchString(s) {
		s = s[:4] + "." + s[4:8] + "." + s[8:]
	}
	m, err := net.ParseMAC(s)
	return m, err == nil && len(m) == 6
}

// listOf wants a list without duplicates whose items all pass.
func listOf(c check) check {
	return func(v any) string {
		list, ok := v.([]any)
		if !ok {
			return "'" + python.Str(v) + "' is not a list"
		}
		var seen, dups []string
		for _, item := range list {
			r := python.Repr(item)
			if slices.Contains(seen, r) && !slices.Contains(dups, r) {
				dups = append(dups, r)
				continue
			}
			seen = append(seen, r)
		}
		if dups != nil {
			for i, item := range dups {
				dups[i] = strings.Trim(item, "'")
			}
			return "Duplicate items in the list: '" + strings.Join(dups, ", ") + "'"
		}
		for _, item := range list {
			if reason := c(item); reason != "" {
				return reason
			}
		}
		return ""
	}
}

// keys wants a dictionary of exactly the keys.
func keys(v any, want ...string) string {
	d, ok := v.(map[string]any)
	if !ok {
		return "Invalid input. '" + python.Str(v) + "' must be a dictionary with keys: " + python.Repr(want)
	}
	have := sortedKeys(d)
	if len(have) == len(want) && !slices.ContainsFunc(want, func(k string) bool { return !slices.Contains(have, k) }) {
		return ""
	}
	set := "set()"
	if len(have) > 0 {
		set = python.Set(have)
	}
	return "Validation of dictionary's keys failed. Expected keys: " + python.Set(want) + " Provided keys: " + set
}

func isPools(v any) string {
	list, ok := v.([]any)
	if !ok {
		return "Invalid data format for IP pool: '" + python.Str(v) + "'"
	}
	for _, item := range list {
		if reason := keys(item, "start", "end"); reason != "" {
			return reason
		}
		for _, k := range []string{"start", "end"} {
			if reason := isIPAddress(item.(map[string]any)[k]); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func isFixedIPs(v any) string {
	list, ok := v.([]any)
	if !ok {
		return "Invalid data format for fixed IP: '" + python.Str(v) + "'"
	}
	var seen []string
	for _, item := range list {
		d, ok := item.(map[string]any)
		if !ok {
			return "Invalid data format for fixed IP: '" + python.Str(item) + "'"
		}
		if ip, ok := d["ip_address"]; ok {
			if slices.Contains(seen, python.Str(ip)) {
				return "Duplicate IP address '" + python.Str(ip) + "'"
			}
			if reason := isIPAddress(ip); reason != "" {
				return reason
			}
			seen = append(seen, python.Str(ip))
		}
		if id, ok := d["subnet_id"]; ok {
			if reason := isUUID(id); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func isNameservers(v any) string {
	list, ok := v.([]any)
	if !ok {
		if s, text := v.(string); text {
			for _, r := range s { // a text is a list of its letters to Python
				return "'" + string(r) + "' is not a valid nameserver. '" + string(r) + "' is not a valid IP address"
			}
			return ""
		}
		if d, dict := v.(map[string]any); dict {
			for _, k := range sortedKeys(d) {
				list = append(list, k)
			}
		} else {
			return "Invalid data format for nameserver: '" + python.Str(v) + "'"
		}
	}
	var seen []string
	for _, host := range list {
		if reason := isIPAddress(host); reason != "" {
			return "'" + python.Str(host) + "' is not a valid nameserver. " + reason
		}
		if slices.Contains(seen, host.(string)) {
			return "Duplicate nameserver '" + host.(string) + "'"
		}
		seen = append(seen, host.(string))
	}
	return ""
}

func isHostRoutes(v any) string {
	list, ok := v.([]any)
	if !ok {
		return "Invalid data format for hostroute: '" + python.Str(v) + "'"
	}
	var seen []string
	for _, item := range list {
		if reason := keys(item, "destination", "nexthop"); reason != "" {
			return reason
		}
		d := item.(map[string]any)
		if reason := isRouteCIDR(d["destination"]); reason != "" {
			return reason
		}
		if reason := isIPAddress(d["nexthop"]); reason != "" {
			return reason
		}
		route := "{'destination': " + python.Repr(d["destination"]) + ", 'nexthop': " + python.Repr(d["nexthop"]) + "}"
		if slices.Contains(seen, route) {
			return "Duplicate hostroute '" + route + "'"
		}
		seen = append(seen, route)
	}
	return ""
}

func isDict(v any) string {
	if _, ok := v.(map[string]any); !ok {
		return "'" + python.Str(v) + "' is not a dictionary"
	}
	return ""
}

// A field is one key of a dictionary with a shape.
type field struct {
	name     string
	required bool
	conv     convert
	check    check
}

// shaped wants a dictionary of the fields, and converts their values where they are.
func shaped(fields ...field) func(v any) (string, error) {
	return func(v any) (string, error) {
		if reason := isDict(v); reason != "" {
			return reason, nil
		}
		d := v.(map[string]any)
		var need, known []string
		for _, f := range fields {
			known = append(known, f.name)
			if f.required {
				need = append(need, f.name)
			}
		}
		if slices.ContainsFunc(need, func(k string) bool { _, ok := d[k]; return !ok }) {
			have := "set()"
			if len(d) > 0 {
				have = python.Set(sortedKeys(d))
			}
			return "Validation of dictionary's keys failed. Expected keys: " + python.Set(need) + " Provided keys: " + have, nil
		}
		if extra := slices.DeleteFunc(sortedKeys(d), func(k string) bool { return slices.Contains(known, k) }); len(extra) > 0 {
			return "Unexpected keys supplied: " + strings.Join(extra, ", "), nil
		}
		for _, f := range fields {
			have, ok := d[f.name]
			if !ok {
				continue
			}
			if f.conv != nil {
				c, err := f.conv(have)
				if err != nil {
					return "", err
				}
				d[f.name] = c
			}
			if f.check != nil {
				if reason := f.check(d[f.name]); reason != "" {
					return reason, nil
				}
			}
		}
		return "", nil
	}
}

// isAddressPairs also fills in what a pair leaves out, so it is given the list to change.
func isAddressPairs(v any) (string, error) {
	list, ok := v.([]any)
	if !ok {
		return "", malformed("Allowed address pairs must be a list.")
	}
	if len(list) > 10 {
		return "", fault(400, "AllowedAddressPairExhausted", "The number of allowed address pair exceeds the maximum 10.")
	}
	var seen []string
	for _, item := range list {
		d, ok := item.(map[string]any)
		if !ok {
			return isDict(item), nil
		}
		if mac, ok := d["mac_address"]; ok {
			if reason := isMAC(mac); reason != "" {
				return "", malformed("%s", reason)
			}
		}
		ip, ok := d["ip_address"]
		if !ok {
			return "", fault(400, "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address")
		}
		s, _ := ip.(string)
		is := isIPAddress
		if strings.Contains(s, "/") {
			is = isSubnet
		}
		if reason := is(ip); reason != "" {
			return "", malformed("%s", reason)
		}
		if p, ok := parseCIDR(s); ok && strings.Contains(s, "/") {
			d["ip_address"] = p.String()
		}
		mac := ""
		if m, ok := d["mac_address"].(string); ok {
			mac = m
		}
		key := mac + " " + s
		if slices.Contains(seen, key) {
			return "", fault(400, "DuplicateAddressPairInRequest", "Request contains duplicate address pair: mac_address %s ip_address %s.", python.Str(d["mac_address"]), s)
		}
		seen = append(seen, key)
		for _, k := range sortedKeys(d) {
			if k != "mac_address" && k != "ip_address" {
				return "", malformed("Unrecognized attribute(s) '%s'", k)
			}
		}
	}
	return "", nil
}

func toBool(v any) (any, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case string, json.Number, int:
		if b, ok := web.ParseBool(strings.TrimSpace(python.Str(x))); ok {
			return b, nil
		}
	}
	return nil, invalidInput("'%s' cannot be converted to boolean", python.Str(v))
}

func toBoolOrNone(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	return toBool(v)
}

func toInt(v any) (any, error) {
	n, ok := pyInt(v)
	if !ok {
		return nil, invalidInput("'%s' is not an integer", python.Str(v))
	}
	return n, nil
}

func noneToList(v any) (any, error) {
	if v == nil {
		return []any{}, nil
	}
	return v, nil
}

func canonicalIP(v any) (any, error) {
	if s, ok := v.(string); ok {
		if a, ok := parseAddr(s); ok {
			return a.String(), nil
		}
	}
	return v, nil
}

func canonicalCIDR(v any) (any, error) {
	if s, ok := v.(string); ok {
		if p, ok := parseCIDR(s); ok {
			return p.String(), nil
		}
	}
	return nil, invalidInput("%s is not in a CIDR format", python.Str(v))
}

func lower(v any) (any, error) {
	if s, ok := v.(string); ok {
		return strings.ToLower(s), nil
	}
	return v, nil
}

// addrOf is the address a checked value names; invalid for nil.
func addrOf(v any) netip.Addr {
	s, _ := v.(string)
	a, _ := parseAddr(s)
	return a
}
