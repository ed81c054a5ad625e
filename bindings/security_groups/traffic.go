package security_groups

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
)

// traffic says which packets are meant: what allow, deny and allows take.
type traffic struct {
	Protocol   any        `lua:"protocol" json:"-" doc:"Protocol by name or number: \"tcp\", \"udp\", \"icmp\", 6 …; any when left out."`
	Port       any        `lua:"port" alias:"ports" json:"-" doc:"Port or range of ports: 22, \"8000-8100\" or { from = 8000, to = 8100 }; any when left out."`
	PortMin    any        `lua:"port_range_min" json:"-" doc:"First port, in place of port."`
	PortMax    any        `lua:"port_range_max" json:"-" doc:"Last port, in place of port."`
	Type       any        `lua:"icmp_type" alias:"type" json:"-" doc:"Type of ICMP: 8 is an echo request; any when left out."`
	Code       any        `lua:"icmp_code" alias:"code" json:"-" doc:"Code of ICMP; any when left out."`
	Remote     schema.Ref `lua:"remote" json:"-" ref:"security_group" doc:"The other end: \"10.0.0.0/8\", \"192.0.2.7\", or a security group (object, ID or name) whose members are meant; anywhere when left out."`
	RemoteIP   string     `lua:"remote_ip_prefix" json:"-" doc:"Addresses of the other end, in place of remote."`
	RemoteSG   schema.Ref `lua:"remote_group_id" alias:"remote_group" json:"-" ref:"security_group" doc:"Security group of the other end, in place of remote."`
	RemoteList schema.Ref `lua:"remote_address_group_id" alias:"remote_address_group" json:"-" ref:"address_group" doc:"Address group of the other end, in place of remote."`
	Direction  string     `lua:"direction" json:"-" enum:"ingress|egress" default:"ingress" doc:"ingress is what comes in, egress what goes out."`
	EtherType  string     `lua:"ethertype" json:"-" enum:"IPv4|IPv6" doc:"Version of IP; as remote's addresses, else IPv4."`
}

// match is traffic as the service has it. A nil pointer or "" is any, or, when asked what to remove, not said.
type match struct {
	direction, ethertype string
	protocol             string
	min, max             *int
	prefix               netip.Prefix // invalid for none
	group, addresses     string
}

// protocols are the names the service knows, with their numbers: a rule made with either is the same rule.
var protocolNumbers = map[string]int{
	"hopopt": 0, "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "dccp": 33, "ipv6-encap": 41,
	"ipv6-route": 43, "ipv6-frag": 44, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "ipv6-nonxt": 59,
	"ipv6-opts": 60, "ospf": 89, "vrrp": 112, "pgm": 113, "sctp": 132, "udplite": 136,
}

func withPorts(protocol string) bool {
	return slices.Contains([]string{"tcp", "udp", "dccp", "sctp", "udplite"}, protocol)
}

func isICMP(protocol string) bool { return protocol == "icmp" || protocol == "ipv6-icmp" }

func refuse(op, option, format string, args ...any) *errs.Error {
	e := errs.New(errs.BadArgument, format, args...)
	e.Op = op + "." + option
	return e
}

// read checks the options and gives what they mean, looking up the names among them.
func (m module) read(ctx context.Context, op string, in *traffic) (match, error) {
	out := match{direction: in.Direction, ethertype: in.EtherType}
	if out.direction == "" {
		out.direction = "ingress"
	}
	if err := m.remote(ctx, op, in, &out); err != nil {
		return out, err
	}
	if out.ethertype == "" {
		out.ethertype = "IPv4"
	}
	if err := readProtocol(op, in, &out); err != nil {
		return out, err
	}
	return out, readPorts(op, in, &out)
}

// remote reads the other end of the traffic.
func (m module) remote(ctx context.Context, op string, in *traffic, out *match) error {
	given := 0
	for _, is := range []bool{in.Remote.Given(), in.RemoteIP != "", in.RemoteSG.Given(), in.RemoteList.Given()} {
		if is {
			given++
		}
	}
	if given > 1 {
		return refuse(op, "remote", "there can be one other end only").
			WithHint("give one of remote, remote_ip_prefix, remote_group_id and remote_address_group_id; another one is another rule")
	}
	text, option := in.RemoteIP, "remote_ip_prefix"
	if text == "" && looksLikeAddress(in.Remote.Text) {
		text, option, in.Remote = in.Remote.Text, "remote", schema.Ref{}
	}
	if text != "" {
		p, err := prefixOf(text)
		if err != nil {
			return refuse(op, option, "%q is no address and no network", text).
				WithHint("write 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32, or name a security group")
		}
		out.prefix = p
		version := "IPv6"
		if p.Addr().Is4() {
			version = "IPv4"
		}
		if out.ethertype != "" && out.ethertype != version {
			return refuse(op, "ethertype", "%s is %s, not %s", text, version, out.ethertype).
				WithHint("leave ethertype out: the addresses tell it")
		}
		out.ethertype = version
	}
	group := in.Remote
	if in.RemoteSG.Given() {
		group = in.RemoteSG
	}
	if group.Given() {
		if err := m.Resolve(ctx, op, &group, nil); err != nil {
			return err
		}
		out.group = group.ID
	}
	if in.RemoteList.Given() {
		if err := m.Client().Of("address_group").Resolve(ctx, op, &in.RemoteList, nil); err != nil {
			return err
		}
		out.addresses = in.RemoteList.ID
	}
	return nil
}

// looksLikeAddress tells an address from the name of a group: "10.0.0.0/33" was meant to be one.
func looksLikeAddress(text string) bool {
	if _, err := prefixOf(text); err == nil {
		return true
	}
	head, _, cut := strings.Cut(text, "/")
	_, err := netip.ParseAddr(head)
	return cut && err == nil
}

// prefixOf reads a network, or an address as the network of it alone.
func prefixOf(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "/") {
		p, err := netip.ParsePrefix(text)
		return p.Masked(), err
	}
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q is no address", text)
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

func readProtocol(op string, in *traffic, out *match) error {
	switch p := in.Protocol.(type) {
	case nil:
		return nil
	case string:
		out.protocol = strings.ToLower(strings.TrimSpace(p))
	default:
		n, ok := whole(p)
		if !ok || n > 255 {
			return refuse(op, "protocol", "want a name or a number from 0 to 255, got %v", p)
		}
		out.protocol = strconv.Itoa(n)
	}
	out.protocol = canonical(out.protocol, out.ethertype)
	if n, err := strconv.Atoi(out.protocol); err == nil {
		if n < 0 || n > 255 {
			return refuse(op, "protocol", "want a name or a number from 0 to 255, got %d", n)
		}
		return nil
	}
	if _, known := protocolNumbers[out.protocol]; !known && out.protocol != "" {
		names := make([]string, 0, len(protocolNumbers))
		for name := range protocolNumbers {
			names = append(names, name)
		}
		slices.Sort(names)
		e := refuse(op, "protocol", "there is no protocol %q", in.Protocol)
		if near := schema.Nearest(out.protocol, names); near != "" {
			return e.WithHint("did you mean %q?", near)
		}
		return e.WithHint("a name (tcp, udp, icmp …) or a number from 0 to 255; leave it out for any")
	}
	if out.protocol == "ipv6-icmp" && out.ethertype == "IPv4" {
		if in.EtherType == "IPv4" || out.prefix.IsValid() {
			return refuse(op, "protocol", "%v is of IPv6", in.Protocol).WithHint(`write "icmp" for IPv4`)
		}
		out.ethertype = "IPv6"
	}
	return nil
}

// canonical gives the one name of a protocol: 6 is tcp, and ICMP has a protocol of its own in IPv6.
func canonical(protocol, ethertype string) string {
	if n, err := strconv.Atoi(protocol); err == nil {
		for name, number := range protocolNumbers {
			if number == n {
				protocol = name
			}
		}
	}
	switch protocol {
	case "any", "ip":
		return ""
	case "icmpv6":
		return "ipv6-icmp"
	case "icmp":
		if ethertype == "IPv6" {
			return "ipv6-icmp"
		}
	}
	return protocol
}

func readPorts(op string, in *traffic, out *match) error {
	icmp := in.Type != nil || in.Code != nil
	bounds := in.PortMin != nil || in.PortMax != nil
	switch {
	case in.Port == nil && !bounds && !icmp:
		return nil
	case in.Port != nil && (bounds || icmp) || bounds && icmp:
		return refuse(op, "port", "said twice").WithHint("give port, or port_range_min and port_range_max, or icmp_type and icmp_code")
	case icmp && !isICMP(out.protocol):
		return refuse(op, "icmp_type", "only ICMP has types").WithHint(`add protocol = "icmp"`)
	case icmp && in.Type == nil:
		return refuse(op, "icmp_code", "a code belongs to a type").WithHint("add icmp_type")
	case icmp:
		return readICMP(op, in.Type, in.Code, out)
	case out.protocol == "":
		return refuse(op, "port", "only protocols such as tcp and udp have ports").WithHint(`add protocol = "tcp"`)
	case isICMP(out.protocol) && in.Port != nil:
		return refuse(op, "port", "ICMP has no ports").WithHint("leave port out; icmp_type and icmp_code tell its messages apart")
	case isICMP(out.protocol):
		return readICMP(op, in.PortMin, in.PortMax, out)
	case !withPorts(out.protocol):
		return refuse(op, "port", "%s has no ports", out.protocol).WithHint("leave port out")
	}
	var from, to int
	var err error
	if in.Port != nil {
		from, to, err = rangeOf(in.Port)
	} else {
		if in.PortMin == nil {
			in.PortMin = in.PortMax
		} else if in.PortMax == nil {
			in.PortMax = in.PortMin
		}
		from, to, err = bothOf(in.PortMin, in.PortMax)
	}
	if err != nil {
		return refuse(op, "port", "%s", err).WithHint(`write 22, "8000-8100" or { from = 8000, to = 8100 }; several that do not follow each other are several rules`)
	}
	out.min, out.max = &from, &to
	return nil
}

func readICMP(op string, typ, code any, out *match) error {
	for _, v := range []struct {
		option string
		given  any
		into   **int
	}{{"icmp_type", typ, &out.min}, {"icmp_code", code, &out.max}} {
		if v.given == nil {
			continue
		}
		n, ok := whole(v.given)
		if !ok || n > 255 {
			return refuse(op, v.option, "want a number from 0 to 255, got %v", v.given)
		}
		*v.into = &n
	}
	return nil
}

// rangeOf reads a port or a range of ports.
func rangeOf(v any) (from, to int, err error) {
	switch v := v.(type) {
	case string:
		a, b, isRange := strings.Cut(strings.TrimSpace(v), "-")
		if !isRange {
			a, b, isRange = strings.Cut(a, ":") // as the openstack command has it
		}
		if !isRange {
			b = a
		}
		return bothOf(a, b)
	case map[string]any:
		if len(v) == 2 && v["from"] != nil && v["to"] != nil {
			return bothOf(v["from"], v["to"])
		}
		return 0, 0, fmt.Errorf("want a port or a range of ports")
	case []any:
		return 0, 0, fmt.Errorf("want one port or one range, got a list")
	}
	return bothOf(v, v)
}

func bothOf(a, b any) (from, to int, err error) {
	var ok bool
	if from, ok = whole(a); !ok || from < 1 || from > 65535 {
		return 0, 0, fmt.Errorf("want a port from 1 to 65535, got %v", a)
	}
	if to, ok = whole(b); !ok || to < 1 || to > 65535 {
		return 0, 0, fmt.Errorf("want a port from 1 to 65535, got %v", b)
	}
	if from > to {
		return 0, 0, fmt.Errorf("the range %d-%d ends before it begins", from, to)
	}
	return from, to, nil
}

// whole reads a number that is not negative, also from text.
func whole(v any) (int, bool) {
	switch v := v.(type) {
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(v))
		return n, err == nil && n >= 0
	case float64:
		return int(v), v == math.Trunc(v) && v >= 0 && v < 1<<31
	case int:
		return v, v >= 0
	case int64:
		return int(v), v >= 0 && v < 1<<31
	}
	return 0, false
}

// body makes a rule of the traffic.
func (t match) body(group string) map[string]any {
	b := map[string]any{"security_group_id": group, "direction": t.direction, "ethertype": t.ethertype}
	if t.protocol != "" {
		b["protocol"] = t.protocol
	}
	if t.min != nil {
		b["port_range_min"] = *t.min
	}
	if t.max != nil {
		b["port_range_max"] = *t.max
	}
	switch {
	case t.prefix.IsValid():
		b["remote_ip_prefix"] = t.prefix.String()
	case t.group != "":
		b["remote_group_id"] = t.group
	case t.addresses != "":
		b["remote_address_group_id"] = t.addresses
	}
	return b
}

// rule is a rule as the service sends it.
type rule struct {
	ID        string  `json:"id"`
	Direction string  `json:"direction"`
	EtherType string  `json:"ethertype"`
	Protocol  *string `json:"protocol"`
	Min       *int    `json:"port_range_min"`
	Max       *int    `json:"port_range_max"`
	Prefix    *string `json:"remote_ip_prefix"`
	Group     *string `json:"remote_group_id"`
	Addresses *string `json:"remote_address_group_id"`
}

func (r rule) protocol() string { return canonical(strings.ToLower(value(r.Protocol)), r.EtherType) }

// reach is the addresses at the other end: all of them when the rule names none.
func (r rule) reach() netip.Prefix {
	if p, err := prefixOf(value(r.Prefix)); err == nil {
		return p
	}
	return everywhere(r.EtherType)
}

func everywhere(ethertype string) netip.Prefix {
	if ethertype == "IPv6" {
		return netip.PrefixFrom(netip.IPv6Unspecified(), 0)
	}
	return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
}

// admits reports whether the rule lets all of the traffic through.
func (r rule) admits(t match) bool {
	if r.Direction != t.direction || r.EtherType != t.ethertype {
		return false
	}
	if p := r.protocol(); p != "" && p != t.protocol {
		return false
	}
	if isICMP(t.protocol) {
		if r.Min != nil && (t.min == nil || *t.min != *r.Min) || r.Max != nil && (t.max == nil || *t.max != *r.Max) {
			return false
		}
	} else if r.Min != nil && (t.min == nil || *t.min < *r.Min) || r.Max != nil && (t.max == nil || *t.max > *r.Max) {
		return false
	}
	if value(r.Group) != "" || value(r.Addresses) != "" {
		return value(r.Group) == t.group && value(r.Addresses) == t.addresses
	}
	reach := r.reach()
	if t.group != "" || t.addresses != "" { // whose addresses nobody can tell beforehand
		return reach.Bits() == 0
	}
	want := t.prefix
	if !want.IsValid() {
		want = everywhere(t.ethertype)
	}
	return reach.Bits() <= want.Bits() && reach.Contains(want.Addr())
}

// is reports whether the rule is the one described. What was not described may be anything.
func (r rule) is(t match, in *traffic) bool {
	if r.Direction != t.direction {
		return false
	}
	if (in.EtherType != "" || t.prefix.IsValid()) && r.EtherType != t.ethertype {
		return false
	}
	if in.Protocol != nil && r.protocol() != canonical(t.protocol, r.EtherType) {
		return false
	}
	if t.min != nil && (r.Min == nil || *r.Min != *t.min) || t.max != nil && (r.Max == nil || *r.Max != *t.max) {
		return false
	}
	switch {
	case t.prefix.IsValid():
		return value(r.Group) == "" && value(r.Addresses) == "" && r.reach() == t.prefix
	case t.group != "":
		return value(r.Group) == t.group
	case t.addresses != "":
		return value(r.Addresses) == t.addresses
	}
	return true
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// said reports whether anything but the direction was described.
func (in *traffic) said() bool {
	return in.Protocol != nil || in.Port != nil || in.PortMin != nil || in.PortMax != nil || in.Type != nil || in.Code != nil ||
		in.Remote.Given() || in.RemoteIP != "" || in.RemoteSG.Given() || in.RemoteList.Given() || in.EtherType != ""
}

// ofGroup is the query for the rules of a group.
func ofGroup(id string) map[string][]string {
	return rest.Within("security_group_id", schema.Ref{ID: id}, schema.Ref{})
}
