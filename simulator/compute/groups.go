package compute

import (
	"errors"
	"slices"
	"strconv"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func noGroup(id string) error { return notFound("Instance group %s could not be found.", id) }

func (g *serverGroup) wire(c *call) (web.Object, error) {
	members, err := c.members(g.ID)
	if err != nil {
		return nil, err
	}
	o := web.Object{"id": g.ID, "name": g.Name, "members": members}
	if c.at(64) {
		rules := web.Object{}
		if n, err := strconv.Atoi(g.MaxPerHost); err == nil {
			rules["max_server_per_host"] = n
		}
		o["policy"], o["rules"] = g.Policy, rules
	} else {
		o["policies"], o["metadata"] = []string{g.Policy}, web.Object{}
	}
	if c.at(13) {
		o["project_id"], o["user_id"] = g.ProjectID, g.UserID
	}
	return o, nil
}

func (c *call) group() (*serverGroup, error) {
	id := c.PathValue("id")
	g, err := store.Get[serverGroup](c.Tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !c.admin && g.ProjectID != c.project {
		return nil, noGroup(id)
	}
	return &g, err
}

// pageByOffset cuts a listing by limit and offset.
func pageByOffset[T any](c *call, all []T) []T {
	number := func(name string) int { n, _ := strconv.Atoi(c.Query().Get(name)); return max(0, n) }
	offset, limit := min(number("offset"), len(all)), number("limit")
	if limit == 0 || limit > maxLimit {
		limit = maxLimit
	}
	return all[offset:min(len(all), offset+limit)]
}

func listGroups(c *call) (*web.Response, error) {
	err := checkQuery(queryParams(!c.at(75), map[string]schema{"all_projects": text(), "limit": nonNegativeSchema(), "offset": nonNegativeSchema()}), c.Request)
	if err != nil {
		return nil, err
	}
	where := []store.Where{store.Project(c.project)}
	if c.Query().Has("all_projects") && c.admin {
		where = nil
	}
	all, err := store.List[serverGroup](c.Tx, where...)
	if err != nil {
		return nil, err
	}
	shown := []web.Object{}
	for _, g := range pageByOffset(c, all) {
		o, err := g.wire(c)
		if err != nil {
			return nil, err
		}
		shown = append(shown, o)
	}
	return web.OK(web.Object{"server_groups": shown}), nil
}

func showGroup(c *call) (*web.Response, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	o, err := g.wire(c)
	return web.OK(web.Object{"server_group": o}), err
}

func groupSchema(minor int) schema {
	policies := []any{"anti-affinity", "affinity"}
	if minor >= 15 {
		policies = append(policies, "soft-anti-affinity", "soft-affinity")
	}
	if minor < 64 {
		list := schema{typ("array"), items(schema{typ("string"), enum(policies...)}), unique(), count(1, 1)}
		return one("server_group", obj([]property{prop("name", nameSchema()), prop("policies", list)}, "name", "policies"))
	}
	rules := obj([]property{prop("max_server_per_host", positiveSchema())})
	return one("server_group", obj([]property{prop("name", nameSchema()), prop("policy", schema{typ("string"), enum(policies...)}), prop("rules", rules)}, "name", "policy"))
}

func createGroup(c *call) (*web.Response, error) {
	body, err := c.bodyIs(groupSchema(c.Version.Minor))
	if err != nil {
		return nil, err
	}
	have, err := store.Count[serverGroup](c.Tx, store.Project(c.project))
	if err != nil {
		return nil, err
	}
	if limit, err := c.limit(c.project, "server_groups"); err != nil {
		return nil, err
	} else if limit >= 0 && have >= limit {
		return nil, forbidden("Quota exceeded, too many server groups.")
	}
	in := body.object("server_group")
	g := serverGroup{ID: c.Tx.NewID(), Name: in.text("name"), ProjectID: c.project, UserID: c.user, Policy: in.text("policy")}
	if c.at(64) {
		if n := in.object("rules").get("max_server_per_host"); n != nil {
			if g.Policy != "anti-affinity" {
				return nil, badRequest("Only anti-affinity policy supports rules.")
			}
			g.MaxPerHost = python.Str(n)
		}
	} else {
		g.Policy = python.Str(in.list("policies")[0])
	}
	if err := store.Put(c.Tx, g); err != nil {
		return nil, err
	}
	o, err := g.wire(c)
	return web.OK(web.Object{"server_group": o}), err
}

func deleteGroup(c *call) (*web.Response, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	return noContent(), store.Delete[serverGroup](c.Tx, g.ID)
}

// The interfaces of a server.

func (v *view) attachment(c *call, i int) web.Object {
	p := v.ports[i]
	fixed := []web.Object{}
	for _, a := range p.Addresses {
		fixed = append(fixed, web.Object{"subnet_id": a.SubnetID, "ip_address": a.IP})
	}
	o := web.Object{"net_id": p.NetworkID, "port_id": p.ID, "mac_addr": p.MAC, "port_state": p.Status, "fixed_ips": fixed}
	if c.at(70) {
		o["tag"] = orNull(v.PortTags[p.ID])
	}
	return o
}

func listInterfaces(c *call) (*web.Response, error) {
	v, err := c.addressesView()
	if err != nil {
		return nil, err
	}
	all := []web.Object{}
	for i := range v.ports {
		all = append(all, v.attachment(c, i))
	}
	return web.OK(web.Object{"interfaceAttachments": all}), nil
}

func showInterface(c *call) (*web.Response, error) {
	v, err := c.addressesView()
	if err != nil {
		return nil, err
	}
	return c.attachmentOf(v, c.PathValue("port"))
}

func (c *call) attachmentOf(v *view, port string) (*web.Response, error) {
	for i, p := range v.ports {
		if p.ID == port {
			return web.OK(web.Object{"interfaceAttachment": v.attachment(c, i)}), nil
		}
	}
	if _, err := c.net().Port(port); errors.Is(err, store.ErrNotFound) {
		return nil, notFound("Port id %s could not be found.", port)
	} else if err != nil {
		return nil, err
	}
	return nil, notFound("Instance %s does not have a port with id %s", v.ID, port)
}

func interfaceSchema(minor int) schema {
	address := obj([]property{prop("ip_address", ipSchema())}, "ip_address")
	all := []property{prop("net_id", uuidSchema()), prop("port_id", uuidSchema()), prop("fixed_ips", schema{typ("array"), count(1, 1), items(address)})}
	if minor >= 49 {
		all = append(all, prop("tag", tagSchema()))
	}
	return obj([]property{prop("interfaceAttachment", obj(all))})
}

func attachInterface(c *call) (*web.Response, error) {
	body, err := c.bodyIs(interfaceSchema(c.Version.Minor))
	if err != nil {
		return nil, err
	}
	s, task, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	in := body.object("interfaceAttachment")
	n := nic{network: in.text("net_id"), port: in.text("port_id"), tag: in.text("tag")}
	if fixed := in.list("fixed_ips"); len(fixed) > 0 {
		o, _ := fixed[0].(*object)
		n.address = o.text("ip_address")
	}
	switch {
	case n.network != "" && n.port != "":
		return nil, badRequest("Must not input both network_id and port_id")
	case n.address != "" && n.network == "":
		return nil, badRequest("Must input network_id when request IP address")
	}
	if err := c.allowed(s, task, "attach_interface", noTask, active, paused, stopped); err != nil {
		return nil, err
	}
	if err := c.checkAttachment(s, &n); err != nil {
		return nil, err
	}
	zone, err := c.hostZone()
	if err != nil {
		return nil, err
	}
	id, err := c.plug(s, n, nil, "compute:"+zone)
	if err != nil {
		return nil, attachError(s, &n, err)
	}
	if n.tag != "" {
		if s.PortTags == nil {
			s.PortTags = map[string]string{}
		}
		s.PortTags[id] = n.tag
	}
	s.UpdatedAt = c.now()
	if err := c.record(s, "attach_interface", "compute_attach_interface", nil, nil); err != nil {
		return nil, err
	}
	if err := c.put(s); err != nil {
		return nil, err
	}
	v, err := c.view(*s, task)
	if err != nil {
		return nil, err
	}
	return c.attachmentOf(v, id)
}

// checkAttachment finds the network or port to attach.
func (c *call) checkAttachment(s *server, n *nic) error {
	if n.port != "" {
		p, err := c.net().Port(n.port)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return notFound("Port id %s could not be found.", n.port)
		case err != nil:
			return err
		case p.ProjectID != s.ProjectID:
			return badRequest("Port %s not usable for instance %s.", n.port, s.ID)
		case p.DeviceID != "":
			return conflict("Port %s is still in use.", n.port)
		}
		return nil
	}
	if n.network == "" {
		nets, err := c.net().Networks(s.ProjectID)
		switch {
		case err != nil:
			return err
		case len(nets) == 0:
			return badRequest("No specific network was requested and none are available for project '%s'.", s.ProjectID)
		case len(nets) > 1:
			return badRequest("Multiple possible networks found, use a Network ID to be more specific.")
		}
		n.network = nets[0].ID
	}
	net, err := c.net().Network(n.network)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return notFound("Network %s could not be found.", n.network)
	case err != nil:
		return err
	case net.External && !net.Shared && !c.admin:
		return forbidden("It is not allowed to create an interface on external network %s", net.ID)
	case net.Subnets == 0:
		return badRequest("Network requires port_security_enabled and subnet associated in order to apply security groups.")
	}
	if n.address != "" {
		owner, err := c.net().PortAt(n.network, n.address)
		if err != nil {
			return err
		}
		if owner != nil {
			return conflict("Fixed IP %s is already in use.", n.address)
		}
	}
	return nil
}

// attachError puts a refusal of the network service into Nova's words.
func attachError(s *server, n *nic, err error) error {
	var e *web.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Type {
	case "IpAddressAlreadyAllocated":
		return conflict("Fixed IP %s is already in use.", n.address)
	case "IpAddressGenerationFailure":
		return badRequest("No fixed IP addresses available for network: %s", n.network)
	case "InvalidIpForNetwork", "InvalidIpForSubnet":
		return badRequest("Fixed IP %s is not a valid ip address for network %s.", n.address, n.network)
	case "OverQuota":
		return forbidden("Maximum number of ports exceeded")
	}
	return web.Errorf(500, "Failed to attach network adapter device to %s", s.ID)
}

func detachInterface(c *call) (*web.Response, error) {
	s, task, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := c.allowed(s, task, "detach_interface", noTask, active, paused, stopped); err != nil {
		return nil, err
	}
	ports, err := c.net().PortsOf(s.ID)
	if err != nil {
		return nil, err
	}
	port := c.PathValue("port")
	if !slices.ContainsFunc(ports[s.ID], func(p network.Port) bool { return p.ID == port }) {
		// Nova asks the host, and tells nobody what it said.
		return accepted(), nil
	}
	if err := c.unplug(s, port); err != nil {
		return nil, err
	}
	s.UpdatedAt = c.now()
	if err := c.record(s, "detach_interface", "compute_detach_interface", nil, nil); err != nil {
		return nil, err
	}
	return accepted(), c.put(s)
}
