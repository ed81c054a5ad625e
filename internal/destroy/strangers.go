package destroy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// strangers notes on each item what needs it and is not of the run.
func (l *look) strangers() {
	for _, id := range sortedKeys(l.ports) {
		l.strangePort(id, l.ports[id])
	}
	for _, id := range sortedKeys(l.subnets) {
		s := l.subnets[id]
		if l.own("subnet", id) == nil {
			l.own("network", str(s["network_id"])).heldBy("subnet", id, str(s["name"]), "is on it")
		}
	}
	for _, r := range l.remotes {
		if g := str(r["security_group_id"]); l.own("security_group", g) == nil {
			l.own("security_group", str(r["remote_group_id"])).heldBy("security_group", g, "", "has a rule that names it")
		}
	}
	for _, id := range sortedKeys(l.floating) {
		l.strangeFloating(id, l.floating[id])
	}
	for _, t := range l.tenants {
		id, name := str(t.found["id"]), cmp.Or(str(t.found["floating_ip_address"]), str(t.found["name"]))
		if l.own(t.typ, id) == nil && !(t.typ == "security_group" && name == "default") {
			l.own("project", t.project).heldBy(t.typ, id, name, "is in it")
		}
	}
	for _, i := range l.items {
		switch {
		case !i.There || !i.made():
		case i.Type == "server_group":
			members, _ := i.found["members"].([]any)
			for _, m := range members {
				if l.own("server", str(m)) == nil {
					i.heldBy("server", str(m), "", "is in it")
				}
			}
		case i.Type == RouterInterface:
			// It was there before: the service deletes a router's port when the router lets go of it.
			if port := str(i.found["id"]); i.ID == port && l.own("port", port) == nil {
				i.heldBy("port", port, str(i.found["name"]), "would be deleted with it")
			}
		}
	}
}

// heldBy notes a holder once; of nothing it does nothing.
func (i *Item) heldBy(typ, id, name, does string) {
	if i == nil || !i.There || !i.made() {
		return
	}
	h := Holder{typ, id, name, does}
	if !slices.Contains(i.Holders, h) {
		i.Holders = append(i.Holders, h)
	}
}

// strangePort finds who is behind a port, and notes what of the run it takes.
func (l *look) strangePort(id string, p object) {
	owner, device, name := str(p["device_owner"]), str(p["device_id"]), str(p["name"])
	port := l.own("port", id)
	switch {
	case l.own("server", device) != nil, l.attached(device, id):
		// It goes with the server, or is let go by it. One that is just being made has no owner yet.
	case strings.HasPrefix(owner, "compute:"):
		port.heldBy("server", device, "", "uses it")
		if port == nil {
			l.holdPort(p, "server", device, "", "has a port on it")
		}
	case isInterface(p):
		if l.doors[id] != nil {
			return
		}
		l.own("router", device).heldBy("port", id, name, "is an interface of it")
		port.heldBy("router", device, "", "uses it")
		l.holdPort(p, "router", device, "", "has an interface on it")
	case owner == "network:router_gateway":
		if l.own("router", device) == nil && len(l.tied(RouterGateway, device)) == 0 {
			l.holdPort(p, "router", device, "", "has its gateway on it")
		}
	case owner == "network:floatingip":
		if l.own("floating_ip", device) == nil {
			l.holdPort(p, "floating_ip", device, "", "has its address there")
		}
	case strings.HasPrefix(owner, "network:"):
		// The cloud's own, as that of DHCP: it goes with the network.
	case port == nil:
		l.holdPort(p, "port", id, name, "is on it")
	}
}

// holdPort has what of the run a port takes held.
func (l *look) holdPort(p object, typ, id, name, does string) {
	l.own("network", str(p["network_id"])).heldBy(typ, id, name, does)
	for _, s := range subnetsOf(p) {
		l.own("subnet", s).heldBy(typ, id, name, does)
	}
	groups, _ := p["security_groups"].([]any)
	for _, g := range groups {
		l.own("security_group", str(g)).heldBy(typ, id, name, "uses it")
	}
}

// attached reports whether the run plugged a port into a server.
func (l *look) attached(server, port string) bool {
	return slices.ContainsFunc(l.tied(ServerInterface, server), func(i *Item) bool { return i.ID == port })
}

// strangeFloating looks at a floating IP that is not of the run, and at a port or behind a router of it.
func (l *look) strangeFloating(id string, f object) {
	if l.own("floating_ip", id) != nil || slices.ContainsFunc(l.tied(FloatingIPAssociation, id), func(i *Item) bool { return i.There }) {
		return
	}
	address, at := str(f["floating_ip_address"]), str(f["port_id"])
	loser := l.own("port", at)
	if loser == nil {
		loser = l.own("server", str(l.ports[at]["device_id"]))
	}
	if loser != nil && loser.There {
		loser.Loses = append(loser.Loses, fmt.Sprintf("floating IP %s, which is not of this run, is taken off it", address))
		l.useOfFloating(loser, f)
		return
	}
	router, subnets := str(f["router_id"]), subnetsOf(l.ports[at])
	if router == "" {
		return
	}
	const does = "goes through it"
	l.own("router", router).heldBy("floating_ip", id, address, does)
	for _, i := range l.ties[router] {
		if i.Type == RouterGateway || i.Type == RouterInterface && shares(subnetsOf(i.found), subnets) {
			i.heldBy("floating_ip", id, address, does)
		}
	}
}

// spread has what is kept keep what it needs.
func (l *look) spread() {
	for _, i := range ordered(l.items) {
		if i.with != nil && i.Type != "subnet" && i.with.held() != nil {
			i.heldBy(i.with.Type, i.with.ID, i.with.Name, "is kept, and it is part of it")
		}
		if i.held() == nil {
			continue
		}
		for used := range i.uses {
			used.keptFor(i)
		}
		if i.Type == "subnet" {
			i.with.keptFor(i)
		}
	}
}

// keptFor has an item kept for another one, unless it is kept for reasons of its own.
func (i *Item) keptFor(other *Item) {
	if i != nil && i.held() == nil {
		i.heldBy(other.Type, other.ID, other.Name, "is kept")
	}
}

// addedRules tells of rules that others gave to a security group of the run: they go with it.
func (l *look) addedRules(i *Item) {
	rules, _ := i.found["security_group_rules"].([]any)
	own, added := 0, 0
	for _, v := range rules {
		r, _ := v.(object)
		switch {
		case l.own("security_group_rule", str(r["id"])) != nil:
			own++
		case r["direction"] == "egress" && r["protocol"] == nil && r["remote_group_id"] == nil && r["remote_ip_prefix"] == nil:
			// Each new group has these.
		default:
			added++
		}
	}
	if added > 0 {
		i.Changed = append(i.Changed, Difference{"rules", own, own + added})
	}
}
