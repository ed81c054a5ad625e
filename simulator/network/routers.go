package network

import (
	"errors"
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func noRouter(id string) *web.Error {
	return notFound("RouterNotFound", "Router %s could not be found", id)
}

func routers() *resource {
	return &resource{
		name: "router", plural: "routers", path: "routers", attrs: routerAttrs(), bulk: true, tags: true, emulated: true, notFound: noRouter,
		order: []string{"id", "name", "tenant_id", "admin_state_up", "status", "external_gateway_info", "description", "availability_zones",
			"distributed", "ha", "availability_zone_hints", "routes", "flavor_id", "tags", "created_at", "updated_at", "revision_number", "project_id"},
		find:   func(c *call, id string) (record, error) { return c.router(id) },
		list:   listed(mine[*router], nil),
		create: func(c *call, in values) (record, error) { return c.createRouter(in) },
		update: func(c *call, r record, in values) error { return c.updateRouter(r.(*router), in) },
		remove: func(c *call, r record) error { return c.deleteRouter(r.(*router)) },
		count:  countOf[router],
	}
}

// listed makes a resource's list of what the caller sees. To who is no admin the store gives only the project's own
// documents and those that others says, so that the rest is not read.
func listed[T store.Document, P interface {
	*T
	record
}](sees func(c *call, doc P) bool, others func(c *call) (store.Where, error)) func(c *call, where ...store.Where) iter.Seq2[record, error] {
	return func(c *call, where ...store.Where) iter.Seq2[record, error] {
		return func(yield func(record, error) bool) {
			if !c.admin {
				reach := []store.Where{store.Project(c.project)}
				if others != nil {
					more, err := others(c)
					if err != nil {
						yield(nil, err)
						return
					}
					reach = append(reach, more)
				}
				where = slices.Concat(where, []store.Where{store.Any(reach...)})
			}
			for doc, err := range store.Each[T](c.Tx, where...) {
				if err != nil {
					yield(nil, err)
					return
				}
				if p := P(&doc); sees(c, p) && !yield(p, nil) {
					return
				}
			}
		}
	}
}

// mine says whether a document is the caller's own, for what cannot be shared.
func mine[P record](c *call, doc P) bool { return c.admin || doc.meta().ProjectID == c.project }

// own finds a document the caller owns.
func own[T store.Document, P interface {
	*T
	record
}](c *call, id string) (P, error) {
	doc, err := store.Get[T](c.Tx, id)
	if err != nil {
		return nil, err
	}
	p := P(&doc)
	if !c.admin && (p.meta().ProjectID != c.project || c.project == "") {
		return nil, store.ErrNotFound
	}
	return p, nil
}

func (c *call) router(id string) (*router, error) { return own[router](c, id) }

func (c *call) seeRouter(id string) (*router, error) {
	r, err := c.router(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noRouter(id)
	}
	return r, err
}

// wire gives the attributes.
func (r *router) wire(c *call) (values, error) {
	var gateway any
	if r.GatewayPort != "" {
		p, err := store.Get[port](c.Tx, r.GatewayPort)
		if err != nil {
			return nil, err
		}
		gateway = ordered{{"network_id", p.NetworkID}, {"external_fixed_ips", emptyList(p.FixedIPs)}, {"enable_snat", r.SNAT}}
	}
	return r.standard(values{
		"admin_state_up": r.AdminStateUp, "status": "ACTIVE", "external_gateway_info": gateway, "availability_zones": []string{},
		"distributed": false, "ha": false, "gw_port_id": orNull(r.GatewayPort), "ha_vr_id": 0, "availability_zone_hints": emptyList(r.AZHints), "routes": sortedRoutes(r.Routes),
		"flavor_id": orNull(r.FlavorID),
	}), nil
}

func noSuchRouter() error {
	return fault(501, "NotImplemented", "The simulator has no agents that could run a distributed or highly available router.")
}

// sortedRoutes are routes in the database's order.
func sortedRoutes(all []route) []route {
	all = append([]route{}, all...)
	slices.SortFunc(all, func(a, b route) int { return strings.Compare(a.Destination+" "+a.NextHop, b.Destination+" "+b.NextHop) })
	return all
}

// gatewayInfo wants network_id, and perhaps enable_snat and external_fixed_ips; nothing, or an empty one, is no gateway.
func gatewayInfo(v any) (string, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case map[string]any:
		if len(x) == 0 {
			return "", nil
		}
	case []any:
		if len(x) == 0 {
			return "", nil
		}
	case string:
		if x == "" {
			return "", nil
		}
	case bool:
		if !x {
			return "", nil
		}
	}
	return shaped(
		field{name: "network_id", required: true, check: isUUID},
		field{name: "enable_snat", conv: toBool},
		field{name: "external_fixed_ips", check: isFixedIPs},
	)(v)
}

func (c *call) createRouter(in values) (*router, error) {
	r := &router{std: c.newStd(in), AdminStateUp: in.yes("admin_state_up"), SNAT: true, AZHints: in.texts("availability_zone_hints")}
	if len(r.AZHints) > 0 && !c.copied() {
		return nil, notFound("AvailabilityZoneNotFound", "AvailabilityZone %s could not be found.", r.AZHints[0])
	}
	if (in.yes("distributed") || in.yes("ha")) && !c.copied() {
		return nil, noSuchRouter()
	}
	if in.has("flavor_id") {
		return nil, notFound("FlavorNotFound", "Flavor %s could not be found.", python.Str(in["flavor_id"]))
	}
	r.Revision = 1
	if err := store.Put(c.Tx, *r); err != nil {
		return nil, err
	}
	if info, _ := in["external_gateway_info"].(map[string]any); len(info) > 0 {
		if err := c.setGateway(r, info); err != nil {
			return nil, err
		}
		r.Revision += 2
	}
	return r, store.Put(c.Tx, *r)
}

func (c *call) updateRouter(r *router, in values) error {
	if (in.yes("distributed") || in.yes("ha")) && !c.copied() {
		return noSuchRouter()
	}
	if in.set("routes") {
		routes := routesOf(in["routes"])
		if err := c.checkRoutes(r, routes); err != nil {
			return err
		}
		r.Routes = routes
	}
	if in.set("external_gateway_info") {
		info, _ := in["external_gateway_info"].(map[string]any)
		had := r.GatewayPort
		if err := c.setGateway(r, info); err != nil {
			return err
		}
		switch {
		case had == r.GatewayPort:
		case r.GatewayPort == "":
			r.Revision += 2
		default:
			r.Revision++
		}
	}
	r.rename(in)
	if in.set("admin_state_up") {
		r.AdminStateUp = in.yes("admin_state_up")
	}
	if len(in) > 0 {
		r.touch(c.now())
	}
	return store.Put(c.Tx, *r)
}

// attached are the router's ports, the gateway's too.
func (c *call) attached(r *router) ([]port, error) {
	all, err := store.List[port](c.Tx, store.By("device", r.ID))
	return slices.DeleteFunc(all, func(p port) bool { return !isRouterPort(p.DeviceOwner) }), err
}

// setGateway connects the router to an external network, moves its addresses there, or takes it off.
func (c *call) setGateway(r *router, info map[string]any) error {
	up := c.elevated()
	networkID, _ := info["network_id"].(string)
	ips, _ := info["external_fixed_ips"].([]any)
	var gateway *port
	if r.GatewayPort != "" {
		p, err := store.Get[port](c.Tx, r.GatewayPort)
		if err != nil {
			return err
		}
		gateway = &p
	}
	var subnets []subnet
	if networkID != "" {
		n, err := c.seeNetwork(networkID)
		if err != nil {
			return err
		}
		if !n.External {
			return badRequest("router", "Network %s is not an external network", networkID)
		}
		if subnets, err = c.subnetsOf(networkID); err != nil {
			return err
		}
		for _, item := range ips {
			ip, _ := item.(map[string]any)["ip_address"].(string)
			if slices.ContainsFunc(subnets, func(s subnet) bool { return s.Gateway != "" && s.Gateway == ip }) {
				return badRequest("router", "External IP %s is the same as the gateway IP", ip)
			}
		}
	}
	if len(r.Routes) > 0 {
		if err := c.checkRoutesVia(r, r.Routes, subnets); err != nil {
			return err
		}
	}
	r.SNAT = true
	if snat, ok := info["enable_snat"].(bool); ok {
		r.SNAT = snat
	}
	if gateway != nil && gateway.NetworkID == networkID {
		if len(ips) == 0 {
			return nil
		}
		if err := up.moveAddresses(gateway, ips); err != nil {
			return err
		}
		gateway.touch(c.now())
		return c.putPort(gateway)
	}
	if gateway != nil {
		if n, err := store.Count[floatingIP](c.Tx, store.By("router", r.ID)); err != nil {
			return err
		} else if n > 0 {
			return conflict("RouterExternalGatewayInUseByFloatingIp", "Gateway cannot be updated for router %s, since a gateway to external network %s is required by one or more floating IPs.", r.ID, gateway.NetworkID)
		}
		if err := c.dropPort(gateway); err != nil {
			return err
		}
		r.GatewayPort = ""
		r.Routes = slices.Clone(r.Routes)
	}
	if networkID == "" {
		return nil
	}
	if err := c.checkOverlap(r, networkID, subnets); err != nil {
		return err
	}
	in := values{"tenant_id": "", "network_id": networkID, "device_id": r.ID, "device_owner": gatewayOwner, "binding:host_id": hostName}
	if len(ips) > 0 {
		in["fixed_ips"] = ips
	}
	p, err := up.createPort(in)
	if err != nil {
		return err
	}
	r.GatewayPort = p.ID
	p.Revision = 3 // made, given its router, bound
	return c.putPort(p)
}

// checkOverlap holds new subnets against those the router is on.
func (c *call) checkOverlap(r *router, networkID string, fresh []subnet) error {
	ports, err := c.attached(r)
	if err != nil {
		return err
	}
	var there []subnet
	for _, p := range ports {
		for _, f := range p.FixedIPs {
			if slices.ContainsFunc(fresh, func(s subnet) bool { return s.ID == f.SubnetID }) {
				return badRequest("router", "Router already has a port on subnet %s", f.SubnetID)
			}
		}
		if p.DeviceOwner == gatewayOwner {
			all, err := c.subnetsOf(p.NetworkID)
			if err != nil {
				return err
			}
			there = append(there, all...)
			continue
		}
		for _, f := range p.FixedIPs {
			s, err := store.Get[subnet](c.Tx, f.SubnetID)
			if err != nil {
				return err
			}
			there = append(there, s)
		}
	}
	slices.SortFunc(there, func(a, b subnet) int { return strings.Compare(a.ID, b.ID) })
	for _, old := range there {
		for _, s := range fresh {
			if s.prefix().Overlaps(old.prefix()) {
				return badRequest("router", "Cidr %s of subnet %s overlaps with cidr %s of subnet %s", s.CIDR, s.ID, old.CIDR, old.ID)
			}
		}
	}
	return nil
}

// checkRoutes holds extra routes against all the router is on.
func (c *call) checkRoutes(r *router, routes []route) error {
	ports, err := store.List[port](c.Tx, store.By("device", r.ID))
	if err != nil {
		return err
	}
	return c.checkNextHops(r, routes, ports, nil)
}

// checkRoutesVia holds the routes there are against a gateway that is about to change.
func (c *call) checkRoutesVia(r *router, routes []route, gateway []subnet) error {
	ports, err := c.attached(r)
	if err != nil {
		return err
	}
	ports = slices.DeleteFunc(ports, func(p port) bool { return p.ID == r.GatewayPort })
	return c.checkNextHops(r, routes, ports, gateway)
}

func (c *call) checkNextHops(r *router, routes []route, ports []port, more []subnet) error {
	if len(routes) > 30 {
		return fault(400, "RoutesExhausted", "Unable to complete operation for %s. The number of routes exceeds the maximum 30.", r.ID)
	}
	var reach []netip.Prefix
	var used []string
	for _, s := range more {
		reach = append(reach, s.prefix())
	}
	for _, p := range ports {
		for _, f := range p.FixedIPs {
			s, err := store.Get[subnet](c.Tx, f.SubnetID)
			if err != nil {
				return err
			}
			reach = append(reach, s.prefix())
			used = append(used, f.IP)
		}
	}
	list := make([]any, len(routes))
	for i, x := range routes {
		list[i] = map[string]any{"destination": x.Destination, "nexthop": x.NextHop}
	}
	for _, x := range routes {
		hop := addrOf(x.NextHop)
		if !slices.ContainsFunc(reach, func(p netip.Prefix) bool { return p.Contains(hop) }) {
			return fault(400, "InvalidRoutes", "Invalid format for routes: %s, the nexthop is not connected with router", python.Repr(list))
		}
		if slices.Contains(used, hop.String()) {
			return fault(400, "InvalidRoutes", "Invalid format for routes: %s, the nexthop is used by router", python.Repr(list))
		}
	}
	return nil
}

func (c *call) deleteRouter(r *router) error {
	ports, err := c.attached(r)
	if err != nil {
		return err
	}
	var ids []string
	for _, p := range ports {
		if p.DeviceOwner == interfaceOwner {
			ids = append(ids, p.ID)
		}
	}
	if ids != nil {
		slices.Sort(ids)
		return conflict("RouterInUse", "Router %s has ports still attached: %s", r.ID, strings.Join(ids, ", "))
	}
	r.Routes = nil
	if err := c.setGateway(r, nil); err != nil {
		return err
	}
	return store.Delete[router](c.Tx, r.ID)
}

// interfaceBody reads the body of add_router_interface and remove_router_interface.
func (c *call) interfaceBody(removing bool) (portID, subnetID string, err error) {
	body, err := c.Object()
	if err != nil {
		return "", "", err
	}
	p, hasPort := body["port_id"]
	s, hasSubnet := body["subnet_id"]
	if !hasPort && !hasSubnet {
		return "", "", badRequest("router", "Either subnet_id or port_id must be specified")
	}
	if hasPort && isUUID(p) != "" {
		return "", "", badRequest("router", "%s", isUUID(p))
	}
	if hasSubnet && isUUID(s) != "" {
		return "", "", badRequest("router", "%s", isUUID(s))
	}
	if hasPort && hasSubnet && !removing {
		return "", "", badRequest("router", "Cannot specify both subnet-id and port-id")
	}
	portID, _ = p.(string)
	subnetID, _ = s.(string)
	return portID, subnetID, nil
}

func (c *call) interfaceAnswer(r *router, p *port, subnets []string, main string) *web.Response {
	return web.OK(ordered{{"id", r.ID}, {"tenant_id", p.ProjectID}, {"port_id", p.ID}, {"network_id", p.NetworkID},
		{"subnet_id", main}, {"subnet_ids", subnets}})
}

func addInterface(c *call) (*web.Response, error) {
	r, err := c.seeRouter(c.id())
	if err != nil {
		return nil, err
	}
	portID, subnetID, err := c.interfaceBody(false)
	if err != nil {
		return nil, err
	}
	var p *port
	var ids []string
	if portID != "" {
		p, ids, err = c.attachPort(r, portID)
	} else {
		p, err = c.attachSubnet(r, subnetID)
		ids = []string{subnetID}
	}
	if err != nil {
		return nil, err
	}
	if portID != "" || len(p.FixedIPs) == 1 { // another prefix on a port the router has is no change of the router
		r.touch(c.now())
	}
	if err := store.Put(c.Tx, *r); err != nil {
		return nil, err
	}
	return c.interfaceAnswer(r, p, ids, ids[len(ids)-1]), nil
}

func (c *call) attachSubnet(r *router, id string) (*port, error) {
	s, err := c.seeSubnet(id)
	if err != nil {
		return nil, err
	}
	if s.Gateway == "" {
		return nil, badRequest("router", "Subnet for router interface must have a gateway IP")
	}
	if s.ProjectID != c.project && !c.admin && !c.sharedWith("network", s.NetworkID, c.project) {
		return nil, badRequest("router", "Cannot add interface to router because subnet %s is not owned by project making the request", id)
	}
	if s.IPVersion == 6 && s.RAMode == "" && s.AddressMode != "" {
		return nil, badRequest("router", "IPv6 subnet %s configured to receive RAs from an external router cannot be added to Neutron Router", id)
	}
	if err := c.checkOverlap(r, s.NetworkID, []subnet{*s}); err != nil {
		return nil, err
	}
	if s.IPVersion == 6 {
		ports, err := c.attached(r)
		if err != nil {
			return nil, err
		}
		for _, p := range ports {
			if p.DeviceOwner != interfaceOwner || p.NetworkID != s.NetworkID || !p.hasIPv6() {
				continue
			}
			if err := c.take(&p, wanted{s, addrOf(s.Gateway)}); err != nil {
				return nil, err
			}
			p.touch(c.now())
			return &p, c.putPort(&p)
		}
	}
	p, err := c.elevated().createPort(values{"tenant_id": r.ProjectID, "network_id": s.NetworkID, "device_id": r.ID, "device_owner": interfaceOwner,
		"binding:host_id": hostName, "fixed_ips": []any{map[string]any{"ip_address": s.Gateway, "subnet_id": s.ID}}})
	if err != nil {
		return nil, err
	}
	p.Revision = 4 // made, entered as the router's, updated, bound
	return p, c.putPort(p)
}

func (p *port) hasIPv6() bool {
	return slices.ContainsFunc(p.FixedIPs, func(f fixedIP) bool { return addrOf(f.IP).Is6() })
}

func (c *call) attachPort(r *router, id string) (*port, []string, error) {
	p, err := c.seePort(id)
	if err != nil {
		return nil, nil, err
	}
	if p.DeviceID != "" {
		return nil, nil, conflict("PortInUse", "Unable to complete operation on port %s for network %s. Port already has an attached device %s.", p.ID, p.NetworkID, p.DeviceID)
	}
	if len(p.FixedIPs) == 0 {
		return nil, nil, badRequest("router", "Router port must have at least one fixed IP")
	}
	var subnets []subnet
	var ids []string
	four := 0
	for _, f := range p.FixedIPs {
		s, err := store.Get[subnet](c.Tx, f.SubnetID)
		if err != nil {
			return nil, nil, err
		}
		if s.IPVersion == 4 {
			four++
		}
		subnets = append(subnets, s)
		if !contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	ports, err := c.attached(r)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range ports {
		if p.hasIPv6() && o.hasIPv6() && o.NetworkID == p.NetworkID {
			return nil, nil, badRequest("router", "Cannot have multiple router ports with the same network id if both contain IPv6 subnets. Existing port %s has IPv6 subnet(s) and network id %s", o.ID, o.NetworkID)
		}
	}
	if err := c.checkOverlap(r, p.NetworkID, subnets); err != nil {
		return nil, nil, err
	}
	if four > 1 {
		return nil, nil, badRequest("router", "Cannot have multiple IPv4 subnets on router port")
	}
	p.DeviceID, p.DeviceOwner, p.HostID, p.Status = r.ID, interfaceOwner, hostName, "ACTIVE"
	p.touch(c.now())
	return p, ids, c.putPort(p)
}

func removeInterface(c *call) (*web.Response, error) {
	r, err := c.seeRouter(c.id())
	if err != nil {
		return nil, err
	}
	portID, subnetID, err := c.interfaceBody(true)
	if err != nil {
		return nil, err
	}
	ports, err := c.attached(r)
	if err != nil {
		return nil, err
	}
	ports = slices.DeleteFunc(ports, func(p port) bool { return p.DeviceOwner != interfaceOwner })
	var p *port
	var ids []string
	if portID != "" {
		at := slices.IndexFunc(ports, func(p port) bool { return p.ID == portID })
		if at < 0 {
			return nil, notFound("RouterInterfaceNotFound", "Router %s does not have an interface with id %s", r.ID, portID)
		}
		p = &ports[at]
		if subnetID != "" && len(p.on(subnetID)) == 0 {
			return nil, fault(400, "SubnetMismatchForPort", "Subnet on port %s does not match the requested subnet %s.", portID, subnetID)
		}
		for _, f := range p.FixedIPs {
			ids = append(ids, f.SubnetID)
		}
	} else {
		if _, err := c.seeSubnet(subnetID); err != nil {
			return nil, err
		}
		at := slices.IndexFunc(ports, func(p port) bool { return len(p.on(subnetID)) > 0 })
		if at < 0 {
			return nil, notFound("RouterInterfaceNotFoundForSubnet", "Router %s has no interface on subnet %s", r.ID, subnetID)
		}
		p, ids = &ports[at], []string{subnetID}
	}
	for _, id := range ids {
		if err := c.interfaceFree(r, id); err != nil {
			return nil, err
		}
	}
	rest := slices.DeleteFunc(slices.Clone(p.FixedIPs), func(f fixedIP) bool { return portID == "" && f.SubnetID == subnetID })
	if portID == "" && len(rest) > 0 {
		p.FixedIPs = rest
		p.touch(c.now())
		err = c.putPort(p)
	} else {
		err = c.dropPort(p)
	}
	if err != nil {
		return nil, err
	}
	r.touch(c.now())
	if err := store.Put(c.Tx, *r); err != nil {
		return nil, err
	}
	return c.interfaceAnswer(r, p, ids, ids[0]), nil
}

// interfaceFree says whether nothing needs the router's way into a subnet.
func (c *call) interfaceFree(r *router, subnetID string) error {
	s, err := store.Get[subnet](c.Tx, subnetID)
	if err != nil {
		return err
	}
	for _, x := range r.Routes {
		if s.prefix().Contains(addrOf(x.NextHop)) {
			return conflict("RouterInterfaceInUseByRoute", "Router interface for subnet %s on router %s cannot be deleted, as it is required by one or more routes.", subnetID, r.ID)
		}
	}
	fips, err := store.List[floatingIP](c.Tx, store.By("router", r.ID))
	if err != nil {
		return err
	}
	for _, f := range fips {
		owner, err := store.Owner[port](c.Tx, "ip", subnetID+" "+f.FixedIP)
		if err != nil {
			return err
		}
		if owner != "" && owner == f.PortID {
			return conflict("RouterInterfaceInUseByFloatingIP", "Router interface for subnet %s on router %s cannot be deleted, as it is required by one or more floating IPs.", subnetID, r.ID)
		}
	}
	return nil
}

// changeRoutes answers add_extraroutes and remove_extraroutes.
func changeRoutes(res *resource, add bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		r, err := c.seeRouter(c.id())
		if err != nil {
			return nil, err
		}
		body, err := c.Object()
		if err != nil {
			return nil, err
		}
		inner, _ := body["router"].(map[string]any)
		if inner == nil || inner["routes"] == nil {
			return nil, malformed("Unable to find 'router' in request body")
		}
		if reason := isHostRoutes(inner["routes"]); reason != "" {
			return nil, malformed("Invalid input for routes. Reason: %s.", reason)
		}
		routes := slices.Clone(r.Routes)
		for _, x := range routesOf(inner["routes"]) {
			at := slices.Index(routes, x)
			switch {
			case add && at < 0:
				routes = append(routes, x)
			case !add && at >= 0:
				routes = slices.Delete(routes, at, at+1)
			}
		}
		if err := c.checkRoutes(r, routes); err != nil {
			return nil, err
		}
		r.Routes = routes
		r.touch(c.now())
		if err := store.Put(c.Tx, *r); err != nil {
			return nil, err
		}
		// Neutron answers this action without looking at what the caller may see.
		v, err := shown(c, r)
		if err != nil {
			return nil, err
		}
		var o ordered
		for _, name := range append(slices.Clone(res.order), "gw_port_id", "ha_vr_id") {
			o = append(o, member{name, v[name]})
		}
		return web.OK(ordered{{"router", o}}), nil
	}
}
