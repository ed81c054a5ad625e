package network

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func noSubnet(id string) *web.Error {
	return notFound("SubnetNotFound", "Subnet %s could not be found.", id)
}

func subnets() *resource {
	return &resource{
		name: "subnet", plural: "subnets", path: "subnets", attrs: subnetAttrs(), bulk: true, tags: true, onNetwork: true, notFound: noSubnet,
		order: []string{"id", "name", "tenant_id", "network_id", "ip_version", "subnetpool_id", "enable_dhcp", "ipv6_ra_mode", "ipv6_address_mode",
			"gateway_ip", "cidr", "allocation_pools", "host_routes", "dns_nameservers", "description", "service_types", "tags",
			"created_at", "updated_at", "revision_number", "project_id"},
		find:   func(c *call, id string) (record, error) { return c.subnet(id) },
		index:  map[string]string{"network_id": "network"},
		list:   listed((*call).seesSubnet, func(c *call) (store.Where, error) { return store.By("network", c.sharedIDs("network")...), nil }),
		owns:   func(c *call, _ string, r record) bool { return c.ownsNetwork(r.(*subnet).NetworkID) },
		create: func(c *call, in values) (record, error) { return c.createSubnet(in) },
		update: func(c *call, r record, in values) error { return c.updateSubnet(r.(*subnet), in) },
		remove: func(c *call, r record) error { return c.deleteSubnet(r.(*subnet)) },
		count:  countOf[subnet],
	}
}

func (c *call) ownsNetwork(id string) bool {
	n, err := store.Get[network](c.Tx, id)
	return err == nil && n.ProjectID == c.project && c.project != ""
}

func (c *call) seesSubnet(s *subnet) bool {
	return c.admin || s.ProjectID == c.project && c.project != "" || c.sharedWith("network", s.NetworkID, c.project)
}

func (c *call) subnet(id string) (*subnet, error) {
	s, err := store.Get[subnet](c.Tx, id)
	if err == nil && !c.seesSubnet(&s) {
		err = store.ErrNotFound
	}
	return &s, err
}

func (c *call) seeSubnet(id string) (*subnet, error) {
	s, err := c.subnet(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noSubnet(id)
	}
	return s, err
}

func (c *call) subnetsOf(networkID string) ([]subnet, error) {
	all, err := store.List[subnet](c.Tx, store.By("network", networkID))
	slices.SortFunc(all, func(a, b subnet) int { return strings.Compare(a.ID, b.ID) })
	return all, err
}

// wire gives the attributes.
func (s *subnet) wire(c *call) (values, error) {
	return s.standard(values{
		"network_id": s.NetworkID, "ip_version": s.IPVersion, "subnetpool_id": orNull(s.SubnetPoolID), "enable_dhcp": s.DHCP,
		"ipv6_ra_mode": orNull(s.RAMode), "ipv6_address_mode": orNull(s.AddressMode), "gateway_ip": orNull(s.Gateway), "cidr": s.CIDR,
		"allocation_pools": emptyList(s.Pools), "host_routes": emptyList(s.Routes), "dns_nameservers": emptyList(s.DNS),
		"service_types": emptyList(s.ServiceTypes), "shared": c.sharedWith("network", s.NetworkID, c.project),
	}), nil
}

func (s *subnet) prefix() netip.Prefix {
	p, _ := netip.ParsePrefix(s.CIDR)
	return p
}

// automatic says whether hosts make their own addresses.
func (s *subnet) automatic() bool {
	return slices.ContainsFunc([]string{s.AddressMode, s.RAMode}, func(mode string) bool { return mode == "slaac" || mode == "dhcpv6-stateless" })
}

func (s *subnet) spans() []span {
	all := make([]span, len(s.Pools))
	for i, p := range s.Pools {
		all[i] = span{addrOf(p.Start), addrOf(p.End)}
	}
	return all
}

func (s *subnet) setPools(all []span) {
	s.Pools = make([]pool, len(all))
	for i, p := range all {
		s.Pools[i] = pool{p.first.String(), p.last.String()}
	}
}

func (c *call) createSubnet(in values) (*subnet, error) {
	s := &subnet{std: c.newStd(in), NetworkID: in.text("network_id"), IPVersion: int(in.number("ip_version")), DHCP: in.yes("enable_dhcp"),
		RAMode: in.text("ipv6_ra_mode"), AddressMode: in.text("ipv6_address_mode")}
	hasCIDR := in.has("cidr")
	if hasCIDR && in.has("prefixlen") {
		return nil, badRequest("subnets", "cidr and prefixlen must not be supplied together")
	}
	if hasCIDR {
		p, _ := parseCIDR(in.text("cidr"))
		s.CIDR = p.Masked().String()
	}
	poolID, err := c.poolFor(in, s)
	if err != nil {
		return nil, err
	}
	if poolID == "" && !hasCIDR {
		return nil, badRequest("subnets", "a subnetpool must be specified in the absence of a cidr")
	}
	if poolID == "" {
		if err := c.checkSubnet(s, in, nil); err != nil {
			return nil, err
		}
	} else if in.has("allocation_pools") && !hasCIDR {
		return nil, badRequest("subnets", "allocation_pools allowed only for specific subnet requests.")
	}
	n, err := c.seeNetwork(s.NetworkID)
	if err != nil {
		return nil, err
	}
	var p *subnetPool
	if poolID != "" {
		if p, err = c.allocatePrefix(poolID, s, in); err != nil {
			return nil, err
		}
		s.SubnetPoolID = poolID
		if err := c.checkSubnet(s, in, nil); err != nil {
			return nil, err
		}
	}
	if err := c.fillSubnet(s, in); err != nil {
		return nil, err
	}
	if err := c.fitsNetwork(s, p); err != nil {
		return nil, err
	}
	if err := store.Put(c.Tx, *s); err != nil {
		return nil, err
	}
	if s.automatic() {
		if err := c.addAutomatic(s); err != nil {
			return nil, err
		}
	}
	if err := c.serveDHCP(n, s); err != nil {
		return nil, err
	}
	n.touch(c.now())
	return s, c.putNetwork(n)
}

// fillSubnet takes gateway, pools and the lists over from a new subnet's body.
func (c *call) fillSubnet(s *subnet, in values) error {
	prefix := s.prefix()
	var gateway netip.Addr
	if in.set("gateway_ip") {
		gateway = addrOf(in["gateway_ip"])
	} else if gateway = prefix.Addr(); gateway.Is4() || s.SubnetPoolID != "" {
		gateway = gateway.Next() // an IPv6 network's own address is the routers' anycast address
	}
	if gateway.IsValid() {
		s.Gateway = gateway.String()
	}
	if gateway.IsValid() && prefix.Contains(gateway) && !hostOf(prefix, gateway, true) && !prefix.IsSingleIP() {
		return conflict("IpamValueInvalid", "Gateway IP %s cannot be allocated in CIDR %s", gateway, prefix)
	}
	spans := defaultPools(prefix, gateway)
	if in.has("allocation_pools") {
		var err error
		if spans, err = checkedPools(in["allocation_pools"], prefix); err != nil {
			return err
		}
		if err := outsidePools(gateway, spans); err != nil {
			return err
		}
	}
	s.setPools(spans)
	s.DNS, s.ServiceTypes, s.Routes = in.texts("dns_nameservers"), in.texts("service_types"), routesOf(in["host_routes"])
	return nil
}

func routesOf(v any) []route {
	list, _ := v.([]any)
	var all []route
	for _, item := range list {
		d, _ := item.(map[string]any)
		all = append(all, route{python.Str(d["destination"]), python.Str(d["nexthop"])})
	}
	return all
}

// checkedPools reads allocation pools and holds them against the subnet.
func checkedPools(v any, prefix netip.Prefix) ([]span, error) {
	list, _ := v.([]any)
	room := usable(prefix)
	var all []span
	for _, item := range list {
		d := item.(map[string]any)
		p := span{addrOf(d["start"]), addrOf(d["end"])}
		if p.first.Is4() != p.last.Is4() || p.last.Less(p.first) {
			return nil, fault(400, "InvalidAllocationPool", "The allocation pool {'start': %s, 'end': %s} is not valid.", python.Repr(d["start"]), python.Repr(d["end"]))
		}
		all = append(all, p)
	}
	for _, p := range all {
		if p.first.Is4() != prefix.Addr().Is4() {
			return nil, fault(400, "InvalidAllocationPool", "The allocation pool %s is not valid.", p)
		}
		if p.first.Less(room.first) || room.last.Less(p.last) {
			return nil, fault(400, "OutOfBoundsAllocationPool", "The allocation pool %s spans beyond the subnet cidr %s.", p, prefix)
		}
	}
	for i, p := range all {
		for _, o := range all[i+1:] {
			if p.overlaps(o) {
				return nil, conflict("OverlappingAllocationPools", "Found overlapping allocation pools: %s %s for subnet %s.", p, o, prefix)
			}
		}
	}
	return all, nil
}

func outsidePools(gateway netip.Addr, pools []span) error {
	for _, p := range pools {
		if gateway.IsValid() && p.contains(gateway) {
			return conflict("GatewayConflictWithAllocationPools", "Gateway ip %s conflicts with allocation pool %s.", gateway, p)
		}
	}
	return nil
}

// fitsNetwork holds a new subnet against those that are there.
func (c *call) fitsNetwork(s *subnet, p *subnetPool) error {
	prefix := s.prefix()
	if prefix.Bits() == 0 {
		return invalidInput("0 is not allowed as CIDR prefix length")
	}
	all, err := c.subnetsOf(s.NetworkID)
	if err != nil {
		return err
	}
	for _, o := range all {
		if prefix.Overlaps(o.prefix()) {
			return invalidInput("Requested subnet with cidr: %s for network: %s overlaps with another subnet", prefix, s.NetworkID)
		}
	}
	for _, o := range all {
		if o.IPVersion != s.IPVersion || o.SubnetPoolID == s.SubnetPoolID {
			continue
		}
		if p != nil && p.AddressScopeID != "" && o.SubnetPoolID != "" {
			if op, err := c.subnetPool(o.SubnetPoolID); err != nil {
				return err
			} else if op.AddressScopeID == p.AddressScopeID {
				continue
			}
			return fault(400, "NetworkAddressScopeAffinityError", "Subnets of the same address family hosted on the same network must all be in the same address scope.")
		}
		return fault(400, "NetworkSubnetPoolAffinityError", "Subnets hosted on the same network must be allocated from the same subnet pool.")
	}
	return nil
}

// version holds an address or a network against the subnet's IP version.
func version(s *subnet, text, name string) error {
	a, ok := parseAddr(text)
	if !ok {
		p, ok := parseCIDR(text)
		if !ok {
			return invalidInput("%s '%s' does not match the ip_version '%d'", name, text, s.IPVersion)
		}
		a = p.Addr()
	}
	if a.Is4() != (s.IPVersion == 4) {
		return invalidInput("%s '%s' does not match the ip_version '%d'", name, text, s.IPVersion)
	}
	return nil
}

// checkSubnet looks at what is given for a new subnet, or for one that is there.
func (c *call) checkSubnet(s *subnet, in values, old *subnet) error {
	if err := version(s, s.CIDR, "cidr"); err != nil {
		return err
	}
	prefix := s.prefix()
	if (in.yes("enable_dhcp")) && (old == nil || !old.DHCP) {
		switch {
		case s.IPVersion == 4 && prefix.Bits() > 30, s.IPVersion == 6 && prefix.Bits() > 126:
			return invalidInput("Subnet has a prefix length that is incompatible with DHCP service enabled")
		case prefix.Addr().IsMulticast():
			return invalidInput("Multicast IP subnet is not supported if enable_dhcp is True")
		case prefix.Addr().IsLoopback():
			return invalidInput("Loopback IP subnet is not supported if enable_dhcp is True")
		case s.IPVersion == 4 && prefix.Addr().IsUnspecified():
			return invalidInput("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.")
		}
	}
	if in.has("gateway_ip") {
		if err := version(s, in.text("gateway_ip"), "gateway_ip"); err != nil {
			return err
		}
		g := addrOf(in["gateway_ip"])
		if g.Is4() && (g == prefix.Addr() || g == lastAddr(prefix)) {
			return invalidInput("Gateway is not valid on subnet")
		}
		if old != nil && old.Gateway != "" && g.String() != old.Gateway {
			if id, err := store.Owner[port](c.Tx, "ip", s.ID+" "+old.Gateway); err != nil {
				return err
			} else if id != "" {
				p, err := store.Get[port](c.Tx, id)
				if err != nil {
					return err
				}
				if p.DeviceOwner == interfaceOwner || p.DeviceOwner == gatewayOwner {
					return conflict("GatewayIpInUse", "Current gateway ip %s already in use by port %s. Unable to update.", old.Gateway, id)
				}
			}
		}
	}
	who := s.ID
	if old == nil {
		who = "new subnet"
	}
	if dns := in.texts("dns_nameservers"); len(dns) > 5 {
		return fault(400, "DNSNameServersExhausted", "Unable to complete operation for %s. The number of DNS nameservers exceeds the limit 5.", who)
	} else {
		for _, d := range dns {
			if err := version(s, d, "dns_nameserver"); err != nil {
				return err
			}
		}
	}
	routes := routesOf(in["host_routes"])
	if len(routes) > 20 {
		return fault(400, "HostRoutesExhausted", "Unable to complete operation for %s. The number of host routes exceeds the limit 20.", who)
	}
	for _, r := range routes {
		if err := version(s, r.NextHop, "nexthop"); err != nil {
			return err
		}
		if err := version(s, r.Destination, "destination"); err != nil {
			return err
		}
	}
	if s.IPVersion == 4 {
		if in.has("ipv6_ra_mode") {
			return invalidInput("ipv6_ra_mode is not valid when ip_version is 4")
		}
		if in.has("ipv6_address_mode") {
			return invalidInput("ipv6_address_mode is not valid when ip_version is 4")
		}
		return nil
	}
	if old != nil {
		if in.set("enable_dhcp") && !in.yes("enable_dhcp") && old.RAMode+old.AddressMode != "" {
			return invalidInput("Cannot disable enable_dhcp with ipv6 attributes set")
		}
		return nil
	}
	if s.RAMode+s.AddressMode != "" && !s.DHCP {
		return invalidInput("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
	}
	if s.RAMode != "" && s.AddressMode != "" && s.RAMode != s.AddressMode {
		return invalidInput("ipv6_ra_mode set to '%s' with ipv6_address_mode set to '%s' is not valid. If both attributes are set, they must be the same value", s.RAMode, s.AddressMode)
	}
	if s.automatic() && prefix.Bits() != 64 {
		return invalidInput("Invalid CIDR %s for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64", s.CIDR)
	}
	return nil
}

func (c *call) updateSubnet(s *subnet, in values) error {
	old := *s
	if err := c.checkSubnet(s, in, &old); err != nil {
		return err
	}
	spans := s.spans()
	if in.has("allocation_pools") {
		var err error
		if spans, err = checkedPools(in["allocation_pools"], s.prefix()); err != nil {
			return err
		}
	}
	gateway := addrOf(s.Gateway)
	if in.set("gateway_ip") {
		gateway = addrOf(in["gateway_ip"])
	}
	if gateway != addrOf(s.Gateway) || in.has("allocation_pools") {
		if err := outsidePools(gateway, spans); err != nil {
			return err
		}
	}
	s.setPools(spans)
	if s.Gateway = ""; gateway.IsValid() {
		s.Gateway = gateway.String()
	}
	s.rename(in)
	if in.set("enable_dhcp") {
		s.DHCP = in.yes("enable_dhcp")
	}
	if in.set("dns_nameservers") {
		s.DNS = in.texts("dns_nameservers")
	}
	if in.set("host_routes") {
		s.Routes = routesOf(in["host_routes"])
	}
	if in.set("service_types") {
		s.ServiceTypes = in.texts("service_types")
	}
	if len(in) == 0 {
		return nil
	}
	s.touch(c.now())
	n, err := c.elevated().network(s.NetworkID)
	if err != nil {
		return err
	}
	n.touch(c.now())
	if err := c.putNetwork(n); err != nil {
		return err
	}
	return store.Put(c.Tx, *s)
}

func (c *call) deleteSubnet(s *subnet) error {
	ports, err := store.List[port](c.Tx, store.By("subnet", s.ID))
	if err != nil {
		return err
	}
	for _, p := range ports {
		if p.DeviceOwner != "network:dhcp" && (!s.automatic() || p.DeviceOwner == interfaceOwner) {
			return conflict("SubnetInUse", "Unable to complete operation on subnet %s: One or more ports have an IP allocation from this subnet.", s.ID)
		}
	}
	for _, p := range ports {
		p.FixedIPs = slices.DeleteFunc(p.FixedIPs, func(f fixedIP) bool { return f.SubnetID == s.ID })
		p.touch(c.now())
		if err := store.Put(c.Tx, p); err != nil {
			return err
		}
	}
	n, err := c.elevated().network(s.NetworkID)
	if err != nil {
		return err
	}
	n.touch(c.now())
	if err := c.putNetwork(n); err != nil {
		return err
	}
	return store.Delete[subnet](c.Tx, s.ID)
}

// addAutomatic gives the ports that are there their address on a new subnet whose hosts make their own.
func (c *call) addAutomatic(s *subnet) error {
	ports, err := store.List[port](c.Tx, store.By("network", s.NetworkID))
	if err != nil {
		return err
	}
	for _, p := range ports {
		if isRouterPort(p.DeviceOwner) || p.DeviceOwner == floatingOwner {
			continue
		}
		mac, _ := parseMAC(p.MAC)
		if a, ok := eui64(s.prefix(), mac); ok {
			p.FixedIPs = append(p.FixedIPs, fixedIP{s.ID, a.String()})
			p.touch(c.now())
			if err := store.Put(c.Tx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// serviceTypes wants the beginnings of device owners that there are.
func serviceTypes(v any) (string, error) {
	if v == nil || v == "" {
		return "", nil
	}
	list, ok := v.([]any)
	if !ok {
		return "", malformed("Subnet service types must be a list.")
	}
	for _, item := range list {
		s, ok := item.(string)
		if !ok {
			return "", fault(400, "InvalidInputSubnetServiceType", "Subnet service type %s is not a string.", python.Str(item))
		}
		if !strings.HasPrefix(s, "network:") && !strings.HasPrefix(s, "compute:") && !strings.HasPrefix(s, "baremetal:") {
			return "", fault(400, "InvalidSubnetServiceType", "Subnet service type %s does not correspond to a valid device owner.", s)
		}
	}
	return "", nil
}
