package compute

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/web"
)

// before36 hides what newer microversions do not have.
func before36(f handler) handler {
	return func(c *call) (*web.Response, error) {
		if c.at(36) {
			return nil, unversioned()
		}
		return f(c)
	}
}

// member is the one object of a body that Nova reads without a schema.
func (c *call) member(name string) (*object, error) {
	body, err := c.bodyIs(nil)
	if err != nil {
		return nil, err
	}
	if body == nil || len(body.keys) == 0 {
		return nil, badRequest("The request body can't be empty")
	}
	if body.get(name) == nil {
		return nil, badRequest("Missing parameter %s", name)
	}
	if body.object(name) == nil {
		return nil, notAnObject(name)
	}
	return body.object(name), nil
}

// notAnObject is the refusal of a body on which Nova itself breaks.
func notAnObject(name string) error { return badRequest("%s is not an object", name) }

// groupWords are a security group's name and description; Nova wants both.
func (c *call) groupWords() (name, description string, err error) {
	in, err := c.member("security_group")
	if err != nil {
		return "", "", err
	}
	for _, f := range []struct {
		name string
		to   *string
	}{{"name", &name}, {"description", &description}} {
		s, ok := in.get(f.name).(string)
		if !ok {
			return "", "", badRequest("%s is not a string or unicode", f.name)
		}
		if n := len([]rune(s)); n > 255 {
			return "", "", badRequest("%s has %d characters, more than 255.", f.name, n)
		}
		*f.to = s
	}
	return name, description, nil
}

// said puts a refusal of the network service into Nova's answer; a conflict has another status for each call.
func (c *call) said(err error, conflict int) error {
	var e *web.Error
	if !errors.As(err, &e) {
		return err
	}
	status := e.Status
	if status == http.StatusConflict {
		status = conflict
	}
	return web.Errorf(status, "%s\nNeutron server returns request_ids: ['%s']", e.Message, c.ID)
}

// theGroup finds the security group with an ID that the caller may see.
func (c *call) theGroup(id string) (network.Group, error) {
	if !isUUID(id) {
		return network.Group{}, badRequest("Security group id should be uuid")
	}
	groups, err := c.net().Groups(id)
	if err != nil {
		return network.Group{}, err
	}
	g, ok := groups[id]
	if !ok || !c.admin && g.ProjectID != c.project {
		return g, notFound("Security group %s does not exist\nNeutron server returns request_ids: ['%s']", id, c.ID)
	}
	return g, nil
}

func showSecurityGroup(c *call) (*web.Response, error) {
	g, err := c.theGroup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return c.groupAnswer(g)
}

func (c *call) groupAnswer(g network.Group) (*web.Response, error) {
	o, err := c.securityGroupWire(g)
	return web.OK(web.Object{"security_group": o}), err
}

func createSecurityGroup(c *call) (*web.Response, error) {
	name, description, err := c.groupWords()
	if err != nil {
		return nil, err
	}
	g, err := c.net().NewGroup(name, description)
	if err != nil {
		return nil, c.said(err, http.StatusForbidden)
	}
	return c.groupAnswer(g)
}

func updateSecurityGroup(c *call) (*web.Response, error) {
	g, err := c.theGroup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	name, description, err := c.groupWords()
	if err != nil {
		return nil, err
	}
	if g, err = c.net().EditGroup(g.ID, name, description); err != nil {
		return nil, c.said(err, http.StatusBadRequest)
	}
	return c.groupAnswer(g)
}

func deleteSecurityGroup(c *call) (*web.Response, error) {
	g, err := c.theGroup(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := c.net().DropGroup(g.ID); err != nil {
		return nil, c.said(err, http.StatusBadRequest)
	}
	return accepted(), nil
}

func createSecurityRule(c *call) (*web.Response, error) {
	in, err := c.member("security_group_rule")
	if err != nil {
		return nil, err
	}
	parent, err := c.theGroup(in.text("parent_group_id"))
	if err != nil {
		return nil, err
	}
	if in.get("group_id") != nil {
		if _, err := c.theGroup(in.text("group_id")); err != nil {
			return nil, err
		}
	}
	rule, err := ruleOf(in)
	if err != nil {
		return nil, err
	}
	have, err := c.net().Incoming(parent.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range have {
		if sameRule(r, rule) && r.RemoteGroup == "" {
			return nil, badRequest("This rule already exists in group %s", parent.ID)
		}
	}
	made, err := c.net().NewRule(parent.ID, rule)
	if err != nil {
		return nil, c.said(err, http.StatusForbidden)
	}
	o, err := c.securityRuleWire(parent.ID, made)
	return web.OK(web.Object{"security_group_rule": o}), err
}

func sameRule(a, b network.GroupRule) bool {
	port := func(p *int64) int64 {
		if p == nil {
			return -1
		}
		return *p
	}
	prefix := func(r network.GroupRule) string {
		if r.RemotePrefix == "" && r.RemoteGroup == "" {
			return map[bool]string{true: "::/0", false: "0.0.0.0/0"}[r.EtherType == "IPv6"]
		}
		return r.RemotePrefix
	}
	return a.Protocol == b.Protocol && a.RemoteGroup == b.RemoteGroup && prefix(a) == prefix(b) && port(a.PortMin) == port(b.PortMin) &&
		port(a.PortMax) == port(b.PortMax)
}

// ruleOf reads a rule as Nova does: with a CIDR it wants a protocol and ports, with a group it makes them up.
func ruleOf(in *object) (network.GroupRule, error) {
	r := network.GroupRule{EtherType: "IPv4", RemoteGroup: in.text("group_id")}
	given := func(name string) string {
		if v := in.get(name); v != nil {
			return python.Str(v)
		}
		return ""
	}
	protocol := given("ip_protocol")
	upper := strings.ToUpper(protocol)
	from, to := in.get("from_port"), in.get("to_port")
	if r.RemoteGroup == "" {
		cidr := cmp.Or(given("cidr"), "0.0.0.0/0")
		unquoted, err := url.PathUnescape(cidr)
		prefix, perr := netip.ParsePrefix(unquoted)
		if err != nil || perr != nil {
			return r, badRequest("%s is not a valid IP network.", cidr)
		}
		if protocol == "" || from == nil || to == nil {
			return r, badRequest("Not enough parameters to build a valid rule.")
		}
		r.RemotePrefix = unquoted
		if prefix.Addr().Is6() {
			r.EtherType = "IPv6"
		}
	} else if from == nil && to == nil {
		switch upper {
		case "ICMP":
			from, to = json.Number("-1"), json.Number("-1")
		case "TCP", "UDP":
			from, to = json.Number("1"), json.Number("65535")
		}
	}
	if protocol == "" || from == nil || to == nil {
		return r, nil
	}
	low, isLow := pyInt(from)
	high, isHigh := pyInt(to)
	tcp := upper == "TCP" || upper == "UDP"
	bad := func(why string) error { return badRequest("Invalid port range %d:%d. %s", low, high, why) }
	switch {
	case (!isLow || !isHigh) && upper == "ICMP":
		return r, badRequest("Invalid input received: Type and Code must be integers for ICMP protocol type")
	case !isLow || !isHigh:
		return r, badRequest("Invalid input received: To and From ports must be integers")
	case !tcp && upper != "ICMP":
		return r, badRequest("Invalid IP protocol %s.", protocol)
	case tcp && low > high:
		return r, bad("Former value cannot be greater than the later")
	case tcp && (low < 1 || high > 65535):
		return r, bad("Valid " + upper + " ports should be between 1-65535")
	case !tcp && (low < -1 || low > 255 || high < -1 || high > 255):
		return r, bad("For ICMP, the type:code must be valid")
	}
	if prefix, err := netip.ParsePrefix(r.RemotePrefix); err == nil && prefix.Bits() == 0 && !prefix.Addr().IsUnspecified() {
		return r, badRequest("Bad prefix for network in cidr %s", r.RemotePrefix)
	}
	r.Protocol = strings.ToLower(protocol)
	for _, f := range []struct {
		n  int
		to **int64
	}{{low, &r.PortMin}, {high, &r.PortMax}} {
		if f.n != -1 {
			n := int64(f.n)
			*f.to = &n
		}
	}
	return r, nil
}

func deleteSecurityRule(c *call) (*web.Response, error) {
	id := c.PathValue("id")
	if !isUUID(id) {
		return nil, badRequest("Security group id should be uuid")
	}
	err := c.net().DropRule(id)
	if err != nil {
		return nil, c.said(err, http.StatusConflict)
	}
	return accepted(), nil
}
