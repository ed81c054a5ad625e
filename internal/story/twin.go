package story

import (
	"regexp"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/schema"
)

// secretOption are options whose values are nobody's business.
var secretOption = regexp.MustCompile(`(?i)pass|secret|token|user_data|private_key|passcode|content`)

// arguments shows what a call was given: {name = "blue"}.
func arguments(given []schema.Given) string {
	var args, opts []string
	for _, g := range given {
		values := make([]string, len(g.Values))
		for i, v := range g.Values {
			if v = clean(v); len([]rune(v)) > 60 {
				v = string([]rune(v)[:57]) + "..."
			}
			if !g.Bool && v != "function" && v != "..." && v != "null" && !number.MatchString(v) {
				v = `"` + v + `"`
			}
			if secretOption.MatchString(g.Name) {
				v = "***"
			}
			values[i] = v
		}
		text := strings.Join(values, ", ")
		if g.List {
			text = "{" + text + "}"
		}
		if g.Positional {
			args = append(args, text)
		} else {
			opts = append(opts, g.Name+" = "+text)
		}
	}
	if len(opts) > 0 {
		args = append(args, "{ "+strings.Join(opts, ", ")+" }")
	}
	return strings.Join(args, ", ")
}

var number = regexp.MustCompile(`^-?\d+(\.\d+)?$`)

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// flags are the openstack command's options whose names are not those of the API with dashes. A "" has none.
var flags = map[string]string{
	"subnets.cidr": "--subnet-range", "subnets.gateway_ip": "--gateway", "subnets.dns_nameservers": "--dns-nameserver",
	"subnets.allocation_pools": "--allocation-pool", "subnets.enable_dhcp": "--dhcp|--no-dhcp", "subnets.host_routes": "--host-route",
	"networks.external": "--external|--internal", "networks.shared": "--share|--no-share", "networks.admin_state_up": "--enable|--disable",
	"networks.port_security_enabled": "--enable-port-security|--disable-port-security",
	"ports.fixed_ips":                "--fixed-ip", "ports.mac_address": "--mac-address", "ports.security_groups": "--security-group",
	"ports.admin_state_up": "--enable|--disable", "ports.device_id": "--device", "ports.list.device_id": "--device-id",
	"routers.external_network": "--external-gateway", "routers.admin_state_up": "--enable|--disable", "routers.enable_snat": "--enable-snat|--disable-snat",
	"servers.networks": "--network", "servers.key": "--key-name", "servers.key_name": "--key-name", "servers.security_groups": "--security-group",
	"servers.metadata": "--property", "servers.user_data": "--user-data", "servers.count": "--max",
	"security_groups.port": "--dst-port", "security_groups.remote": "--remote-ip", "security_groups.remote_ip_prefix": "--remote-ip",
}

// ours are options that are about us and not about the cloud.
var ours = []string{"wait", "timeout", "progress", "limit", "missing_ok", "sort_key", "sort_dir", "page_size", "file"}

var placeholder = regexp.MustCompile(`\b[A-Z][A-Z_-]{1,}\b`)

// openstack is the openstack command that would do what a call did, with the call's values.
func (t *teller) openstack(c call) string {
	i := slices.IndexFunc(t.Modules, func(m schema.Module) bool { return m.Name == c.Module })
	if i < 0 {
		return ""
	}
	fn, ok := t.Modules[i].Lookup(c.Func)
	if !ok || fn.CLI == "" || c.Page > 1 {
		return ""
	}
	command, _, _ := strings.Cut(fn.CLI, " || ")
	left := slices.Clone(c.given)
	use := func(match func(schema.Given) bool) (string, bool) {
		k := slices.IndexFunc(left, match)
		if k < 0 || len(left[k].Values) != 1 {
			return "", false
		}
		v := left[k].Values[0]
		left = slices.Delete(left, k, k+1)
		return quote(v), true
	}
	command = placeholder.ReplaceAllStringFunc(command, func(word string) string {
		low := strings.ToLower(word)
		if v, ok := use(func(g schema.Given) bool {
			return g.Name == low || g.Ref == low || strings.HasPrefix(g.Ref, low) && len(low) >= 3
		}); ok {
			return v
		}
		if low == "name" || low == "id" {
			if v, ok := use(func(g schema.Given) bool { return g.Positional }); ok {
				return v
			}
		}
		return word
	})
	var extra []string
	for _, g := range left {
		if slices.Contains(ours, g.Name) || g.Positional && !strings.HasSuffix(c.Func, "create") {
			continue
		}
		flag, known := flags[c.Op()+"."+g.Name]
		if !known {
			flag, known = flags[c.Module+"."+g.Name]
		}
		if !known {
			flag = "--" + strings.ReplaceAll(g.Name, "_", "-")
		}
		if g.Bool {
			yes, no, both := strings.Cut(flag, "|")
			if !both {
				no = "--no-" + strings.TrimPrefix(yes, "--")
			}
			if g.Values[0] == "true" {
				extra = append(extra, yes)
			} else {
				extra = append(extra, no)
			}
			continue
		}
		for _, v := range g.Values {
			if secretOption.MatchString(g.Name) {
				v = "***"
			}
			extra = append(extra, flag+" "+quote(v))
		}
	}
	if len(extra) == 0 {
		return command
	}
	// Options come before what is named.
	words := strings.Fields(command)
	at := slices.IndexFunc(words, func(w string) bool {
		return w == "create" || w == "set" || w == "list" || w == "delete" || w == "show" || w == "unset"
	})
	if at < 0 {
		return command + " " + strings.Join(extra, " ")
	}
	head := strings.Join(words[:at+1], " ")
	return strings.TrimSpace(head + " " + strings.Join(extra, " ") + " " + strings.TrimSpace(strings.TrimPrefix(command, head)))
}

// quote makes one word for a shell.
func quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=+@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(clean(s), "'", `'\''`) + "'"
}
