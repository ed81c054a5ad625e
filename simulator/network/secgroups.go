package network

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

const defaultGroup = "default"

func noGroup(id string) *web.Error {
	return notFound("SecurityGroupNotFound", "Security group %s does not exist", id)
}

func securityGroups() *resource {
	return &resource{
		name: "security_group", plural: "security_groups", path: "security-groups", attrs: securityGroupAttrs(), bulk: true, tags: true,
		emulated: true, notFound: noGroup,
		order: []string{"id", "name", "stateful", "tenant_id", "description", "shared", "security_group_rules", "tags", "created_at",
			"updated_at", "revision_number", "project_id"},
		find:   func(c *call, id string) (record, error) { return c.group(id) },
		list:   listed((*call).seesGroup, func(c *call) (store.Where, error) { return store.ID(c.sharedIDs("security_group")...), nil }),
		create: func(c *call, in values) (record, error) { return c.createGroup(in) },
		update: func(c *call, r record, in values) error { return c.updateGroup(r.(*securityGroup), in) },
		remove: func(c *call, r record) error { return c.deleteGroup(r.(*securityGroup)) },
		count:  countOf[securityGroup],
	}
}

func securityRules() *resource {
	return &resource{
		name: "security_group_rule", plural: "security_group_rules", path: "security-group-rules", attrs: securityRuleAttrs(), bulk: true,
		emulated: true, notFound: func(id string) *web.Error {
			return notFound("SecurityGroupRuleNotFound", "Security group rule %s does not exist", id)
		},
		order: []string{"id", "tenant_id", "security_group_id", "ethertype", "direction", "protocol", "port_range_min", "port_range_max",
			"remote_ip_prefix", "remote_address_group_id", "normalized_cidr", "remote_group_id", "description", "created_at", "updated_at",
			"revision_number", "project_id"},
		find: func(c *call, id string) (record, error) {
			r, err := store.Get[securityRule](c.Tx, id)
			if err == nil && !c.seesRule(&r) {
				err = hidden()
			}
			return &r, err
		},
		index: map[string]string{"security_group_id": "group"},
		list: listed((*call).seesRule, func(c *call) (store.Where, error) {
			groups, err := store.IDs[securityGroup](c.Tx, store.Project(c.project))
			return store.By("group", groups...), err
		}),
		create: func(c *call, in values) (record, error) { return c.createRule(in) },
		together: func(_ *call, all []values) error {
			var seen []string
			for _, in := range all {
				if in.text("security_group_id") != all[0].text("security_group_id") {
					return fault(400, "SecurityGroupNotSingleGroupRules", "Only allowed to update rules for one security profile at a time")
				}
				key := python.Repr(map[string]any(in))
				if contains(seen, key) {
					return conflict("DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST.")
				}
				seen = append(seen, key)
			}
			return nil
		},
		update: func(c *call, r record, in values) error {
			rule := r.(*securityRule)
			rule.rename(in)
			rule.touch(c.now())
			return store.Put(c.Tx, *rule)
		},
		remove: func(c *call, r record) error {
			if err := store.Delete[securityRule](c.Tx, r.meta().ID); err != nil {
				return err
			}
			return c.touchGroup(r.(*securityRule).Group)
		},
		count: countOf[securityRule],
	}
}

func (c *call) seesGroup(g *securityGroup) bool {
	return c.admin || g.ProjectID == c.project && c.project != "" || c.sharedWith("security_group", g.ID, c.project)
}

func (c *call) seesRule(r *securityRule) bool {
	if c.admin || r.ProjectID == c.project && c.project != "" {
		return true
	}
	g, err := store.Get[securityGroup](c.Tx, r.Group)
	return err == nil && g.ProjectID == c.project && c.project != ""
}

func (c *call) group(id string) (*securityGroup, error) {
	g, err := store.Get[securityGroup](c.Tx, id)
	if err == nil && !c.seesGroup(&g) {
		err = store.ErrNotFound
	}
	return &g, err
}

// touchGroup notes that a group's rules changed.
func (c *call) touchGroup(id string) error {
	g, err := store.Get[securityGroup](c.Tx, id)
	if err != nil {
		return err
	}
	g.touch(c.now())
	return store.Put(c.Tx, g)
}

// wire gives the attributes.
func (g *securityGroup) wire(c *call) (values, error) {
	rules, err := store.List[securityRule](c.Tx, store.By("group", g.ID))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(rules, func(a, b securityRule) int { return strings.Compare(a.ID, b.ID) })
	all := make([]ordered, len(rules))
	order := slices.Insert(slices.Clone(c.s.rules.order), 12, "standard_attr_id")
	at := slices.Index(order, "created_at")
	order = slices.Insert(order, at, "tags")
	for i, r := range rules {
		v, err := shown(c, &r)
		if err != nil {
			return nil, err
		}
		if r.AttrID != 0 {
			v["standard_attr_id"] = r.AttrID
		}
		for _, name := range order {
			if have, ok := v[name]; ok {
				all[i] = append(all[i], member{name, have})
			}
		}
	}
	return g.standard(values{"stateful": g.Stateful, "shared": c.sharedWith("security_group", g.ID, c.project), "security_group_rules": all}), nil
}

// wire gives the attributes.
func (r *securityRule) wire(*call) (values, error) {
	v := r.standard(values{
		"security_group_id": r.Group, "ethertype": r.EtherType, "direction": r.Direction, "protocol": orNull(r.Protocol),
		"port_range_min": nil, "port_range_max": nil, "remote_ip_prefix": orNull(r.RemotePrefix),
		"remote_address_group_id": orNull(r.RemoteAddressGroup), "normalized_cidr": nil, "remote_group_id": orNull(r.RemoteGroup),
	})
	if r.PortMin != nil {
		v["port_range_min"] = *r.PortMin
	}
	if r.PortMax != nil {
		v["port_range_max"] = *r.PortMax
	}
	if p, ok := parseCIDR(r.RemotePrefix); ok {
		v["normalized_cidr"] = p.Masked().String()
	}
	if r.NoDescription {
		v["description"] = nil
	}
	delete(v, "name")
	return v, nil
}

// same is what makes two rules one.
func (r *securityRule) same() string {
	number := func(n *int64) string {
		if n == nil {
			return "+"
		}
		return strconv.FormatInt(*n, 10)
	}
	prefix := r.RemotePrefix
	if prefix == "0.0.0.0/0" || prefix == "::/0" {
		prefix = ""
	}
	proto := strings.ToLower(r.Protocol)
	if n, ok := protocolNumber(proto); ok {
		proto = strconv.Itoa(n)
	}
	if r.Twice {
		return r.ID
	}
	return strings.Join([]string{r.Direction, r.EtherType, number(r.PortMax), number(r.PortMin), proto, r.RemoteGroup, r.RemoteAddressGroup, prefix, r.Group}, "_")
}

// ensureDefaultGroup makes a project's default group when it has none, and gives its ID.
func (c *call) ensureDefaultGroup(project string) (string, error) {
	id, err := store.Owner[securityGroup](c.Tx, "default", project)
	if err != nil || id != "" || project == "" {
		return id, err
	}
	g, err := c.newGroup(values{"tenant_id": project, "name": defaultGroup, "description": "Default security group", "stateful": true})
	if err != nil {
		return "", err
	}
	return g.ID, nil
}

// newGroup makes a group with the rules it begins with: everything out, and for the default group its own members in.
func (c *call) newGroup(in values) (*securityGroup, error) {
	g := &securityGroup{std: c.newStd(in), Stateful: in.yes("stateful")}
	g.Revision = 1
	if err := store.Put(c.Tx, *g); err != nil {
		return nil, err
	}
	for _, ethertype := range []string{"IPv4", "IPv6"} {
		directions := []string{"egress"}
		if g.Name == defaultGroup {
			directions = []string{"ingress", "egress"}
		}
		for _, d := range directions {
			r := &securityRule{std: c.newStd(values{"tenant_id": g.ProjectID}), Group: g.ID, Direction: d, EtherType: ethertype, NoDescription: true}
			if d == "ingress" {
				r.RemoteGroup = g.ID
			}
			if err := c.putRule(r); err != nil {
				return nil, err
			}
		}
	}
	return g, nil
}

func (c *call) putRule(r *securityRule) error {
	n, err := c.Tx.Counter("network.standard_attr")
	if err != nil {
		return err
	}
	r.AttrID = n
	return store.Put(c.Tx, *r)
}

func (c *call) createGroup(in values) (*securityGroup, error) {
	if _, err := c.ensureDefaultGroup(in.text("tenant_id")); err != nil {
		return nil, err
	}
	return c.newGroup(in)
}

func (c *call) updateGroup(g *securityGroup, in values) error {
	if in.set("stateful") && in.yes("stateful") != g.Stateful {
		used, err := store.Count[port](c.Tx, store.By("group", g.ID))
		if err != nil {
			return err
		}
		if used > 0 {
			return groupInUse(g.ID)
		}
		g.Stateful = in.yes("stateful")
	}
	if g.Name == defaultGroup && in.set("name") {
		return conflict("SecurityGroupCannotUpdateDefault", "Updating default security group not allowed.")
	}
	g.rename(in)
	if len(in) > 0 {
		g.touch(c.now())
	}
	return store.Put(c.Tx, *g)
}

func groupInUse(id string) error {
	return conflict("SecurityGroupInUse", "Security Group %s in use.", id)
}

func (c *call) deleteGroup(g *securityGroup) error {
	used, err := store.Count[port](c.Tx, store.By("group", g.ID))
	if err != nil {
		return err
	}
	if used > 0 {
		return groupInUse(g.ID)
	}
	if g.Name == defaultGroup && !c.admin {
		return conflict("SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group.")
	}
	for _, key := range []string{"group", "remote"} {
		rules, err := store.List[securityRule](c.Tx, store.By(key, g.ID))
		if err != nil {
			return err
		}
		for _, r := range rules {
			if err := store.Delete[securityRule](c.Tx, r.ID); err != nil {
				return err
			}
		}
	}
	if err := c.ungrant("security_group", g.ID, func(grant) bool { return true }); err != nil {
		return err
	}
	return store.Delete[securityGroup](c.Tx, g.ID)
}

func groupName(v any) (string, error) {
	reason := isString(255)(v)
	if s, _ := v.(string); reason == "" && strings.EqualFold(s, defaultGroup) {
		return "", conflict("SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
	}
	return reason, nil
}

// protocols are the names a rule may use, in the order Neutron lists them.
func protocols() []string {
	return []string{"ah", "dccp", "egp", "esp", "gre", "hopopt", "icmp", "igmp", "ip", "ipip", "ipv6-encap", "ipv6-frag", "ipv6-icmp", "icmpv6",
		"ipv6-nonxt", "ipv6-opts", "ipv6-route", "ospf", "pgm", "rsvp", "sctp", "tcp", "udp", "udplite", "vrrp"}
}

func protocolNumber(name string) (int, bool) {
	n, ok := map[string]int{"ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "igmp": 2, "ip": 0, "ipip": 4,
		"ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "icmpv6": 58, "ipv6-nonxt": 59, "ipv6-opts": 60, "ipv6-route": 43, "ospf": 89,
		"pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112}[name]
	return n, ok
}

func toProtocol(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	bad := fault(400, "SecurityGroupRuleInvalidProtocol",
		"Security group rule protocol %s not supported. Only protocol values %s and integer representations [0 to 255] are supported.",
		python.Str(v), strings.Replace(python.Repr(protocols()), "[", "[None, ", 1))
	if n, ok := pyInt(v); ok {
		if n < 0 || n > 255 {
			return nil, bad
		}
		return python.Str(v), nil
	}
	if s, ok := v.(string); ok && slices.Contains(protocols(), strings.ToLower(s)) {
		return strings.ToLower(s), nil
	}
	return nil, bad
}

func toPort(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	n, ok := pyInt(v)
	if _, isBool := v.(bool); !ok || isBool || n < 0 || n > 65535 {
		return nil, fault(400, "SecurityGroupInvalidPortValue", "Invalid value for port %s", python.Str(v))
	}
	return n, nil
}

func toEtherType(v any) (any, error) {
	if s, ok := v.(string); ok {
		for _, e := range []string{"IPv4", "IPv6"} {
			if strings.EqualFold(s, e) {
				return e, nil
			}
		}
	}
	return nil, fault(400, "SecurityGroupRuleInvalidEtherType", "Security group rule for ethertype '%s' not supported. Allowed values are ['IPv4', 'IPv6'].", python.Str(v))
}

func toPrefix(v any) (any, error) {
	if v == nil || v == "" {
		return nil, nil
	}
	if s, ok := v.(string); ok {
		if p, ok := parseCIDR(s); ok {
			return p.String(), nil
		}
	}
	return nil, fault(400, "InvalidCIDR", "Invalid CIDR %s given as IP prefix.", python.Str(v))
}

func (c *call) createRule(in values) (*securityRule, error) {
	r := &securityRule{std: c.newStd(in), Group: in.text("security_group_id"), Direction: in.text("direction"), EtherType: in.text("ethertype"),
		Protocol: in.text("protocol"), RemotePrefix: in.text("remote_ip_prefix")}
	number := func(name string) *int64 {
		if !in.has(name) {
			return nil
		}
		n := in.number(name)
		return &n
	}
	r.PortMin, r.PortMax = number("port_range_min"), number("port_range_max")
	if in.has("remote_group_id") {
		r.RemoteGroup = python.Str(in["remote_group_id"])
	}
	if in.has("remote_address_group_id") {
		r.RemoteAddressGroup = python.Str(in["remote_address_group_id"])
	}
	if r.EtherType == "IPv6" {
		switch r.Protocol {
		case "icmp", "icmpv6":
			r.Protocol = "ipv6-icmp"
		case "1":
			r.Protocol = "58"
		}
	}
	if r.PortMin != nil && r.PortMax != nil && *r.PortMin == 1 && *r.PortMax == 65535 {
		r.PortMin, r.PortMax = nil, nil
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if r.RemoteGroup != "" {
		if err := c.groupFor(r, r.RemoteGroup); err != nil {
			return nil, err
		}
	}
	if r.RemoteAddressGroup != "" {
		if _, err := c.s.addressGroups.get(c, r.RemoteAddressGroup); err != nil {
			return nil, err
		}
	}
	if err := c.groupFor(r, r.Group); err != nil {
		return nil, err
	}
	err := c.putRule(r)
	var taken *store.Conflict
	if errors.As(err, &taken) {
		return nil, conflict("SecurityGroupRuleExists", "Security group rule already exists. Rule id is %s.", taken.Owner)
	}
	if err != nil {
		return nil, err
	}
	return r, c.touchGroup(r.Group)
}

func (c *call) groupFor(r *securityRule, id string) error {
	_, err := c.group(id)
	if errors.Is(err, store.ErrNotFound) {
		return noGroup(id)
	}
	return err
}

// check looks whether the parts of a rule go together.
func (r *securityRule) check() error {
	if r.PortMin != nil || r.PortMax != nil {
		if r.Protocol == "" {
			return fault(400, "SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given.")
		}
		n, ok := protocolNumber(r.Protocol)
		if !ok {
			n, _ = strconv.Atoi(r.Protocol)
		}
		zero := func(p *int64) bool { return p != nil && *p == 0 }
		switch n {
		case 33, 6, 17, 132, 136:
			if zero(r.PortMin) || zero(r.PortMax) {
				return fault(400, "SecurityGroupInvalidPortValue", "Invalid value for port 0")
			}
			if r.PortMin == nil || r.PortMax == nil || *r.PortMin > *r.PortMax {
				return fault(400, "SecurityGroupInvalidPortRange", "For TCP/UDP protocols, port_range_min must be <= port_range_max")
			}
		case 1, 58:
			for _, f := range []struct {
				name, attr string
				value      *int64
			}{{"type", "port_range_min", r.PortMin}, {"code", "port_range_max", r.PortMax}} {
				if f.value != nil && *f.value > 255 {
					return fault(400, "SecurityGroupInvalidIcmpValue", "Invalid value for ICMP %s (%s) %d. It must be 0 to 255.", f.name, f.attr, *f.value)
				}
			}
			if r.PortMin == nil {
				return fault(400, "SecurityGroupMissingIcmpType", "ICMP code (port-range-max) %d is provided but ICMP type (port-range-min) is missing.", *r.PortMax)
			}
		default:
			return fault(400, "SecurityGroupInvalidProtocolForPort", "Ports cannot be specified for protocol %d. Ports are only supported for DCCP, SCTP, TCP, UDP, UDPLITE.", n)
		}
	}
	if p, ok := parseCIDR(r.RemotePrefix); ok && p.Addr().Is4() != (r.EtherType == "IPv4") {
		return fault(400, "SecurityGroupRuleParameterConflict", "Conflicting value ethertype %s for CIDR %s", r.EtherType, r.RemotePrefix)
	}
	if r.EtherType == "IPv4" && slices.Contains([]string{"ipv6-encap", "ipv6-frag", "ipv6-icmp", "icmpv6", "ipv6-nonxt", "ipv6-opts", "ipv6-route",
		"41", "44", "58", "59", "60", "43"}, r.Protocol) {
		return fault(400, "SecurityGroupEthertypeConflictWithProtocol", "Invalid ethertype %s for protocol %s.", r.EtherType, r.Protocol)
	}
	remotes := 0
	for _, s := range []string{r.RemotePrefix, r.RemoteGroup, r.RemoteAddressGroup} {
		if s != "" {
			remotes++
		}
	}
	if remotes > 1 {
		return fault(400, "SecurityGroupMultipleRemoteEntites", "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.")
	}
	return nil
}
