package network

import (
	"net/netip"
	"slices"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func floatingIPs() *resource {
	return &resource{
		name: "floatingip", plural: "floatingips", path: "floatingips", attrs: floatingIPAttrs(), bulk: true, tags: true, emulated: true,
		notFound: func(id string) *web.Error {
			return notFound("FloatingIPNotFound", "Floating IP %s could not be found", id)
		},
		order: []string{"id", "tenant_id", "floating_ip_address", "floating_network_id", "router_id", "port_id", "fixed_ip_address", "status",
			"description", "port_details", "tags", "created_at", "updated_at", "revision_number", "project_id"},
		find:   func(c *call, id string) (record, error) { return own[floatingIP](c, id) },
		list:   listed(mine[*floatingIP], nil),
		create: func(c *call, in values) (record, error) { return c.createFloatingIP(in) },
		update: func(c *call, r record, in values) error { return c.updateFloatingIP(r.(*floatingIP), in) },
		remove: func(c *call, r record) error {
			f := r.(*floatingIP)
			if err := store.Delete[floatingIP](c.Tx, f.ID); err != nil {
				return err
			}
			return store.Delete[port](c.Tx, f.FloatingPort)
		},
		count: countOf[floatingIP],
	}
}

// wire gives the attributes.
func (f *floatingIP) wire(c *call) (values, error) {
	v := f.standard(values{
		"floating_ip_address": f.Address, "floating_network_id": f.NetworkID, "router_id": orNull(f.RouterID), "port_id": orNull(f.PortID),
		"fixed_ip_address": orNull(f.FixedIP), "status": f.Status, "port_details": nil,
	})
	if c.Method == "POST" {
		v["status"] = "DOWN" // the agent has not spoken yet
	}
	if f.PortID != "" {
		p, err := store.Get[port](c.Tx, f.PortID)
		if err != nil {
			return nil, err
		}
		v["port_details"] = ordered{{"name", p.Name}, {"network_id", p.NetworkID}, {"mac_address", p.MAC}, {"admin_state_up", p.AdminStateUp},
			{"status", p.Status}, {"device_id", p.DeviceID}, {"device_owner", p.DeviceOwner}}
	}
	return v, nil
}

func (c *call) createFloatingIP(in values) (*floatingIP, error) {
	f := &floatingIP{std: c.newStd(in), NetworkID: in.text("floating_network_id"), Status: "DOWN"}
	n, err := c.seeNetwork(f.NetworkID)
	if err != nil {
		return nil, err
	}
	if !n.External {
		return nil, badRequest("floatingip", "Network %s is not a valid external network", n.ID)
	}
	subnets, err := c.subnetsOf(n.ID)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(subnets, func(s subnet) bool { return s.IPVersion == 4 }) {
		return nil, badRequest("floatingip", "Network %s does not contain any IPv4 subnet", n.ID)
	}
	asked := map[string]any{}
	if in.has("subnet_id") {
		asked["subnet_id"] = in["subnet_id"]
	}
	if in.has("floating_ip_address") {
		asked["ip_address"] = in["floating_ip_address"]
	}
	body := values{"tenant_id": "", "network_id": n.ID, "device_id": f.ID, "device_owner": floatingOwner}
	if len(asked) > 0 {
		body["fixed_ips"] = []any{asked}
	}
	p, err := c.elevated().createPort(body)
	if err != nil {
		return nil, err
	}
	f.FloatingPort = p.ID
	for _, x := range p.FixedIPs {
		if addrOf(x.IP).Is4() {
			f.Address = x.IP
			break
		}
	}
	if f.Address == "" {
		return nil, fault(400, "ExternalIpAddressExhausted", "Unable to find any IP address on external network %s.", n.ID)
	}
	if err := c.associate(f, in); err != nil {
		return nil, err
	}
	if f.PortID != "" {
		f.Status = "ACTIVE"
	}
	return f, store.Put(c.Tx, *f)
}

func (c *call) updateFloatingIP(f *floatingIP, in values) error {
	was := f.PortID
	if err := c.associate(f, in); err != nil {
		return err
	}
	f.rename(in)
	if f.Status = "DOWN"; f.PortID != "" {
		f.Status = "ACTIVE"
	}
	if was != "" && was != f.PortID {
		f.Revision++ // the agent's report that it was ACTIVE
	}
	if len(in) > 0 {
		f.touch(c.now())
	}
	return store.Put(c.Tx, *f)
}

// associate settles which port, address and router a floating IP leads to. A body that does not speak of the port
// leaves an associated one where it is.
func (c *call) associate(f *floatingIP, in values) error {
	if in.has("fixed_ip_address") && !in.has("port_id") && !(f.PortID != "" && !in.set("port_id")) {
		return badRequest("floatingip", "fixed_ip_address cannot be specified without a port_id")
	}
	portID := in.text("port_id")
	if !in.set("port_id") {
		portID = f.PortID
	}
	if portID == "" {
		f.PortID, f.FixedIP, f.RouterID = "", "", ""
		return nil
	}
	p, s, ip, err := c.inside(f, portID, in.text("fixed_ip_address"))
	if err != nil {
		return err
	}
	routerID, err := c.routerBetween(p, s, f.NetworkID)
	if err != nil {
		return err
	}
	if portID != f.PortID {
		owner, err := store.Owner[floatingIP](c.Tx, "fixed", f.NetworkID+" "+portID+" "+ip)
		if err != nil {
			return err
		}
		if owner != "" && owner != f.ID {
			return conflict("FloatingIPPortAlreadyAssociated",
				"Cannot associate floating IP %s (%s) with port %s using fixed IP %s, as that fixed IP already has a floating IP on external network %s.",
				f.Address, f.ID, portID, ip, f.NetworkID)
		}
	}
	f.PortID, f.FixedIP, f.RouterID = portID, ip, routerID
	return nil
}

// inside finds the port's address that a floating IP is to lead to.
func (c *call) inside(f *floatingIP, portID, asked string) (*port, *subnet, string, error) {
	p, err := c.seePort(portID)
	if err != nil {
		return nil, nil, "", err
	}
	if p.ProjectID != f.ProjectID && !c.admin {
		return nil, nil, "", badRequest("floatingip", "Cannot process floating IP association with Port %s, since that port is owned by a different tenant", portID)
	}
	if p.DeviceOwner == "network:dhcp" {
		return nil, nil, "", badRequest("floatingip", "Port %%(id)s is unable to be assigned a floating IP")
	}
	if asked != "" && addrOf(asked).Is6() {
		return nil, nil, "", badRequest("floatingip", "Cannot process floating IP association with %s, since that is not an IPv4 address", asked)
	}
	var fit []fixedIP
	for _, x := range p.FixedIPs {
		if asked == x.IP || asked == "" && addrOf(x.IP).Is4() {
			fit = append(fit, x)
		}
	}
	switch {
	case asked != "" && len(fit) == 0:
		return nil, nil, "", badRequest("floatingip", "Port %s does not have fixed ip %s", portID, asked)
	case len(fit) == 0:
		return nil, nil, "", badRequest("floatingip", "Cannot add floating IP to port %s that has no fixed IPv4 addresses", portID)
	case len(fit) > 1:
		return nil, nil, "", badRequest("floatingip", "Port %s has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP", portID)
	}
	s, err := store.Get[subnet](c.Tx, fit[0].SubnetID)
	return p, &s, fit[0].IP, err
}

// routerBetween finds the router that leads from an external network to a port's subnet, best the one that is the
// subnet's gateway.
func (c *call) routerBetween(p *port, s *subnet, externalID string) (string, error) {
	ports, err := store.List[port](c.Tx, store.By("subnet", s.ID))
	if err != nil {
		return "", err
	}
	first := ""
	for _, i := range ports {
		if i.DeviceOwner != interfaceOwner {
			continue
		}
		r, err := store.Get[router](c.Tx, i.DeviceID)
		if err != nil || r.GatewayPort == "" {
			continue
		}
		gateway, err := store.Get[port](c.Tx, r.GatewayPort)
		if err != nil {
			return "", err
		}
		if gateway.NetworkID != externalID {
			continue
		}
		if slices.Contains(i.on(s.ID), s.Gateway) {
			return r.ID, nil
		}
		if first == "" {
			first = r.ID
		}
	}
	if first == "" {
		return "", notFound("ExternalGatewayForFloatingIPNotFound",
			"External network %s is not reachable from subnet %s.  Therefore, cannot associate Port %s with a Floating IP.", externalID, s.ID, p.ID)
	}
	return first, nil
}

// floatingPools answers the pools of addresses that floating IPs come from.
func (c *call) floatingPools() ([]ordered, error) {
	all := []ordered{}
	for n, err := range store.Each[network](c.Tx) {
		if err != nil {
			return nil, err
		}
		if !n.External || !c.seesNetwork(&n) {
			continue
		}
		subnets, err := c.subnetsOf(n.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range subnets {
			if netip.Addr.Is4(s.prefix().Addr()) {
				all = append(all, ordered{{"subnet_id", s.ID}, {"subnet_name", s.Name}, {"tenant_id", c.project}, {"network_id", n.ID},
					{"cidr", s.CIDR}, {"project_id", c.project}})
			}
		}
	}
	return all, nil
}
