package network

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// copiedVar says that the state is a copy of another cloud's, whose zones, physical networks and agents are not all known
// here: what names one is not refused.
const copiedVar = "network.copied"

// dhcpVar says that networks with DHCP get a port for it, as the other cloud's do.
const dhcpVar = "network.dhcp"

// The parts of the service that a copy can be made of by themselves. Addresses, the scopes and groups of addresses that few
// clouds have, wants the other to be there first.
const (
	Networks  = "networks"
	Addresses = "addresses"
)

// Asks are what Import wants to know for a part.
func Asks(part string, of web.CopyOf) []web.Ask {
	list := func(path string, optional bool) web.Ask {
		return web.Ask{Path: path, List: strings.ReplaceAll(path, "-", "_"), Optional: optional}
	}
	if part == Addresses {
		return []web.Ask{list("address-scopes", true), list("address-groups", true)}
	}
	asks := []web.Ask{
		list("networks", false), list("subnets", false), list("ports", false), list("routers", true), list("floatingips", true),
		list("security-groups", true), list("subnetpools", true), list("rbac-policies", true),
	}
	if !of.Admin {
		// It tells of subnets that only an administrator sees.
		asks = append(asks, list("floatingip_pools", true))
	}
	if of.Project != "" {
		asks = append(asks, web.Ask{Path: "quotas/" + of.Project, Optional: true})
	}
	return asks
}

// copier takes the objects of another cloud over.
type copier struct {
	*call
	of    web.CopyOf
	in    web.Answers
	notes []web.Note
	known map[string]map[string]bool // by resource and ID: what is there already
	views []view                     // of what came, to be compared at the end
}

// view is an object that came, and as the other cloud shows it.
type view struct {
	res    *resource
	id     string
	theirs web.Object
}

// Import puts what a cloud answered to the questions of a part into the state. What the user cannot see there but must exist, the ports of floating
// IPs and of routers' gateways and the subnets they are on, is made up.
func Import(tx *store.Tx, part string, of web.CopyOf, in web.Answers) ([]web.Note, error) {
	c := &copier{of: of, in: in, known: map[string]map[string]bool{}, call: &call{s: newService(), admin: of.Admin, project: of.Project,
		nets: map[string]*network{}, pools: map[string]*subnetPool{},
		Request: &web.Request{Request: &http.Request{Method: http.MethodGet}, Tx: tx, Now: of.Now}}}
	if err := tx.SetVar(copiedVar, "yes"); err != nil {
		return nil, err
	}
	steps := []func() error{c.copyNetworks, c.copyPools, c.copySubnets, c.copyPorts, c.copyRouters, c.copyFloatingIPs, c.copyGroups, c.copyGrants,
		c.copyQuota, c.compare}
	if part == Addresses {
		steps = []func() error{c.copyScopes, c.compare}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return c.notes, nil
}

func (c *copier) note(kind, id, format string, args ...any) {
	c.notes = append(c.notes, web.Note{Type: kind, ID: id, Text: fmt.Sprintf(format, args...)})
}

// add says that an object is there. theirs is nil for what is made up.
func (c *copier) add(res *resource, id string, theirs web.Object) {
	if c.known[res.name] == nil {
		c.known[res.name] = map[string]bool{}
	}
	c.known[res.name][id] = true
	if theirs != nil {
		c.views = append(c.views, view{res, id, theirs})
	}
}

// objects are those of a collection that have an ID.
func (c *copier) objects(path string) []values {
	var all []values
	for _, o := range c.in.Items(path) {
		if v := values(o); v.text("id") != "" {
			all = append(all, v)
		}
	}
	return all
}

func stdOf(v values) std {
	at := func(name string) time.Time {
		t, _ := time.Parse(time.RFC3339, v.text(name))
		return t
	}
	project := v.text("tenant_id")
	if v.has("project_id") {
		project = v.text("project_id")
	}
	return std{ID: v.text("id"), ProjectID: project, Name: v.text("name"), Description: v.text("description"), Tags: slices.Sorted(slices.Values(v.texts("tags"))),
		Revision: int(v.number("revision_number")), CreatedAt: at("created_at"), UpdatedAt: at("updated_at")}
}

// put stores an object; without is called for one that this cloud's rules would not let be, to make it one they let.
func put[T store.Document](c *copier, doc *T, without func(*store.Conflict)) error {
	for range 8 {
		err := store.Put(c.Tx, *doc)
		var taken *store.Conflict
		if !errors.As(err, &taken) || without == nil {
			return err
		}
		without(taken)
	}
	return store.Put(c.Tx, *doc)
}

func (c *copier) copyNetworks() error {
	for _, v := range c.objects("networks") {
		n := &network{std: stdOf(v), AdminStateUp: v.yes("admin_state_up"), External: v.yes("router:external"), IsDefault: v.yes("is_default"),
			PortSecurity: true, MTU: int(v.number("mtu")), NetworkType: v.text("provider:network_type"),
			PhysicalNetwork: v.text("provider:physical_network"), SegmentationID: int(v.number("provider:segmentation_id")),
			AZHints: v.texts("availability_zone_hints")}
		if v.has("port_security_enabled") {
			n.PortSecurity = v.yes("port_security_enabled")
		}
		if err := put(c, n, func(*store.Conflict) { n.NetworkType, n.SegmentationID = "", 0 }); err != nil {
			return err
		}
		c.add(c.s.networks, n.ID, web.Object(v))
		for _, g := range []struct {
			is     bool
			action string
		}{{v.yes("shared"), "access_as_shared"}, {n.External, "access_as_external"}} {
			if g.is {
				if err := c.allow("network", n.ID, n.ProjectID, g.action); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// allow makes up the grant that lets the user see or use an object, unless the cloud told of it.
func (c *copier) allow(kind, id, owner, action string) error {
	for _, v := range c.objects("rbac-policies") {
		if v.text("object_id") == id && v.text("action") == action && (v.text("target_tenant") == "*" || v.text("target_tenant") == c.project) {
			return nil
		}
	}
	c.grants = nil
	if c.granted(kind, id, action, c.project) {
		return nil
	}
	if owner == c.project && kind != "network" {
		return nil
	}
	return c.putGrant(&grant{std: std{ID: c.Tx.NewID(), ProjectID: owner}, ObjectType: kind, ObjectID: id, Target: "*", Action: action})
}

func (c *copier) copySubnets() error {
	for _, v := range c.objects("subnets") {
		s := &subnet{std: stdOf(v), NetworkID: v.text("network_id"), CIDR: v.text("cidr"), Gateway: v.text("gateway_ip"), RAMode: v.text("ipv6_ra_mode"),
			AddressMode: v.text("ipv6_address_mode"), SubnetPoolID: v.text("subnetpool_id"), IPVersion: int(v.number("ip_version")),
			DHCP: v.yes("enable_dhcp"), DNS: v.texts("dns_nameservers"), ServiceTypes: v.texts("service_types"), Routes: routesOf(v["host_routes"])}
		if _, err := netip.ParsePrefix(s.CIDR); err != nil {
			c.note("subnet", s.ID, "subnet %s has the CIDR %q, which cannot be read; it is left out", s.ID, s.CIDR)
			continue
		}
		list, _ := v["allocation_pools"].([]any)
		for _, item := range list {
			d, _ := item.(map[string]any)
			p := pool{python.Str(d["start"]), python.Str(d["end"])}
			if addrOf(p.Start).IsValid() && addrOf(p.End).IsValid() {
				s.Pools = append(s.Pools, p)
			}
		}
		if err := c.needNetwork(s.NetworkID, s.ProjectID); err != nil {
			return err
		}
		if err := c.needPool(s); err != nil {
			return err
		}
		if err := store.Put(c.Tx, *s); err != nil {
			return err
		}
		c.add(c.s.subnets, s.ID, web.Object(v))
	}
	return c.hiddenSubnets()
}

// needPool makes up the pool that a subnet is of and that the user does not see.
func (c *copier) needPool(s *subnet) error {
	id := s.SubnetPoolID
	if id == "" || c.known["subnetpool"][id] {
		return nil
	}
	c.add(c.s.pools, id, nil)
	return store.Put(c.Tx, subnetPool{std: std{ID: id, Name: id, CreatedAt: c.now(), UpdatedAt: c.now()}, Prefixes: []string{s.CIDR}, IPVersion: s.IPVersion})
}

// needNetwork makes up a network that the user does not see and that something the user sees is on.
func (c *copier) needNetwork(id, project string) error {
	if id == "" || c.known["network"][id] {
		return nil
	}
	c.note("network", id, "network %s cannot be seen and is made up, because something that can be seen is on it", id)
	c.add(c.s.networks, id, nil)
	return store.Put(c.Tx, network{std: std{ID: id, Name: id, ProjectID: "", CreatedAt: c.now(), UpdatedAt: c.now()}, AdminStateUp: true, PortSecurity: true, MTU: flatMTU})
}

// hiddenSubnets makes up the subnets that networks and addresses name and that the user does not see, those of external
// networks above all.
func (c *copier) hiddenSubnets() error {
	network := map[string]string{}
	addresses := map[string][]netip.Addr{}
	var order []string
	seen := func(net, id string, ip any) {
		if id == "" || c.known["subnet"][id] {
			return
		}
		if _, there := network[id]; !there {
			order = append(order, id)
			network[id] = net
		}
		if a := addrOf(ip); a.IsValid() {
			addresses[id] = append(addresses[id], a)
		}
	}
	fixed := func(net string, list any) {
		all, _ := list.([]any)
		for _, item := range all {
			d, _ := item.(map[string]any)
			id, _ := d["subnet_id"].(string)
			seen(net, id, d["ip_address"])
		}
	}
	for _, v := range c.objects("networks") {
		for _, id := range v.texts("subnets") {
			seen(v.text("id"), id, nil)
		}
	}
	for _, v := range c.objects("routers") {
		if info, _ := v["external_gateway_info"].(map[string]any); info != nil {
			fixed(python.Str(info["network_id"]), info["external_fixed_ips"])
		}
	}
	for _, v := range c.objects("ports") {
		fixed(v.text("network_id"), v["fixed_ips"])
	}
	known := map[string]values{}
	for _, o := range c.in.Items("floatingip_pools") {
		known[values(o).text("subnet_id")] = values(o)
	}
	for _, v := range c.objects("floatingips") {
		// Whose subnet an address is of is not said; with one IPv4 subnet there is no question.
		net := v.text("floating_network_id")
		var of []string
		for _, id := range order {
			if network[id] == net {
				of = append(of, id)
			}
		}
		if a := addrOf(v["floating_ip_address"]); len(of) == 1 && a.IsValid() {
			addresses[of[0]] = append(addresses[of[0]], a)
		}
	}
	for i, id := range order {
		s := &subnet{std: std{ID: id, Name: known[id].text("subnet_name"), CreatedAt: c.now(), UpdatedAt: c.now()}, NetworkID: network[id], CIDR: known[id].text("cidr")}
		prefix, ok := parseCIDR(s.CIDR)
		if !ok {
			prefix = guess(addresses[id], i)
			c.note("subnet", id, "subnet %s cannot be seen: its addresses are taken to be %s", id, prefix)
		}
		s.CIDR = prefix.Masked().String()
		if s.IPVersion = 6; prefix.Addr().Is4() {
			s.IPVersion = 4
		}
		gateway := prefix.Masked().Addr().Next()
		if !slices.Contains(addresses[id], gateway) {
			s.Gateway = gateway.String()
		}
		s.setPools(defaultPools(prefix, gateway))
		if n, err := store.Get[networkDoc](c.Tx, network[id]); err == nil {
			s.ProjectID = n.ProjectID
		}
		if err := c.needNetwork(s.NetworkID, ""); err != nil {
			return err
		}
		if err := store.Put(c.Tx, *s); err != nil {
			return err
		}
		c.add(c.s.subnets, s.ID, nil)
	}
	return nil
}

// networkDoc is network where a variable has that name.
type networkDoc = network

// guess is a network that holds some addresses; without any it is one of those for examples.
func guess(all []netip.Addr, n int) netip.Prefix {
	if len(all) == 0 {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, byte(n), 0}), 24)
	}
	bits := 24
	if all[0].Is6() {
		bits = 64
	}
	for ; bits > 0; bits-- {
		p := netip.PrefixFrom(all[0], bits).Masked()
		if !slices.ContainsFunc(all, func(a netip.Addr) bool { return a.Is4() == all[0].Is4() && !p.Contains(a) }) {
			return p
		}
	}
	return netip.PrefixFrom(all[0], 8).Masked()
}

func fixedOf(v any) []fixedIP {
	list, _ := v.([]any)
	var all []fixedIP
	for _, item := range list {
		d, _ := item.(map[string]any)
		id, _ := d["subnet_id"].(string)
		if a := addrOf(d["ip_address"]); a.IsValid() && id != "" {
			all = append(all, fixedIP{id, a.String()})
		}
	}
	return all
}

// plainOwner is the device owner by which this cloud knows what a port is: a distributed or highly available router's
// interface is a router's interface.
func plainOwner(owner string) string {
	switch owner {
	case "network:router_interface_distributed", "network:ha_router_replicated_interface":
		return interfaceOwner
	}
	return owner
}

func (c *copier) copyPorts() error {
	dhcp := false
	for _, v := range c.objects("ports") {
		p := &port{std: stdOf(v), NetworkID: v.text("network_id"), MAC: strings.ToLower(v.text("mac_address")), Status: v.text("status"),
			DeviceID: v.text("device_id"), DeviceOwner: plainOwner(v.text("device_owner")), HostID: v.text("binding:host_id"), VNICType: "normal",
			AdminStateUp: v.yes("admin_state_up"), PortSecurity: v.yes("port_security_enabled"), FixedIPs: fixedOf(v["fixed_ips"]),
			SecurityGroups: v.texts("security_groups")}
		if v.has("binding:vnic_type") {
			p.VNICType = v.text("binding:vnic_type")
		}
		if !v.has("port_security_enabled") {
			p.PortSecurity = !isNetworkDevice(p.DeviceOwner)
		}
		if p.HostID == "" && p.Status == "ACTIVE" {
			p.HostID = hostName // it is bound, though the user may not see where
		}
		p.DHCPOptions, _ = v["extra_dhcp_opts"].([]any)
		p.Profile, _ = v["binding:profile"].(map[string]any)
		pairs, _ := v["allowed_address_pairs"].([]any)
		for _, item := range pairs {
			d, _ := item.(map[string]any)
			p.Pairs = append(p.Pairs, addressPair{python.Str(d["ip_address"]), python.Str(d["mac_address"])})
		}
		if err := c.needNetwork(p.NetworkID, p.ProjectID); err != nil {
			return err
		}
		if err := put(c, p, func(taken *store.Conflict) {
			c.note("port", p.ID, "port %s has what another port has (%s): it is taken over without it", p.ID, taken.Value)
			if taken.Key == "mac" {
				p.MAC = ""
			} else {
				p.FixedIPs = nil
			}
		}); err != nil {
			return err
		}
		dhcp = dhcp || p.DeviceOwner == dhcpOwner
		c.add(c.s.ports, p.ID, web.Object(v))
	}
	if dhcp {
		return c.Tx.SetVar(dhcpVar, "yes")
	}
	return nil
}

// servicePort finds the port of a router's gateway or a floating IP, or makes up one that has the addresses.
func (c *copier) servicePort(device, owner, networkID string, ips []fixedIP) (*port, error) {
	all, err := store.List[port](c.Tx, store.By("device", device))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].DeviceOwner == owner {
			return &all[i], nil
		}
	}
	if err := c.needNetwork(networkID, ""); err != nil {
		return nil, err
	}
	p := &port{std: std{ID: c.Tx.NewID(), CreatedAt: c.now(), UpdatedAt: c.now()}, NetworkID: networkID, DeviceID: device, DeviceOwner: owner,
		AdminStateUp: true, VNICType: "normal", Status: "ACTIVE", HostID: hostName, FixedIPs: ips}
	if owner == floatingOwner {
		p.Status, p.HostID = "N/A", ""
	}
	if err := c.giveMAC(p, ""); err != nil {
		return nil, err
	}
	return p, put(c, p, func(*store.Conflict) { p.FixedIPs = nil })
}

func (c *copier) copyRouters() error {
	for _, v := range c.objects("routers") {
		r := &router{std: stdOf(v), AdminStateUp: v.yes("admin_state_up"), SNAT: true, FlavorID: v.text("flavor_id"), Routes: routesOf(v["routes"]),
			AZHints: v.texts("availability_zone_hints")}
		if info, _ := v["external_gateway_info"].(map[string]any); info["network_id"] != nil {
			p, err := c.servicePort(r.ID, gatewayOwner, python.Str(info["network_id"]), fixedOf(info["external_fixed_ips"]))
			if err != nil {
				return err
			}
			r.GatewayPort = p.ID
			if snat, ok := info["enable_snat"].(bool); ok {
				r.SNAT = snat
			}
		}
		if err := store.Put(c.Tx, *r); err != nil {
			return err
		}
		c.add(c.s.routers, r.ID, web.Object(v))
	}
	return nil
}

func (c *copier) copyFloatingIPs() error {
	for _, v := range c.objects("floatingips") {
		f := &floatingIP{std: stdOf(v), NetworkID: v.text("floating_network_id"), Address: v.text("floating_ip_address"), PortID: v.text("port_id"),
			FixedIP: v.text("fixed_ip_address"), RouterID: v.text("router_id"), Status: v.text("status")}
		var ips []fixedIP
		subnets, err := c.subnetsOf(f.NetworkID)
		if err != nil {
			return err
		}
		for _, s := range subnets {
			if a := addrOf(f.Address); a.IsValid() && s.prefix().Contains(a) {
				ips = []fixedIP{{s.ID, a.String()}}
			}
		}
		p, err := c.servicePort(f.ID, floatingOwner, f.NetworkID, ips)
		if err != nil {
			return err
		}
		f.FloatingPort = p.ID
		if f.PortID != "" && !c.known["port"][f.PortID] {
			if err := c.hiddenPort(f.PortID, v["port_details"]); err != nil {
				return err
			}
		}
		if err := put(c, f, func(*store.Conflict) { f.PortID, f.FixedIP, f.RouterID = "", "", "" }); err != nil {
			return err
		}
		c.add(c.s.floatingIPs, f.ID, web.Object(v))
	}
	return nil
}

// hiddenPort makes up the port that a floating IP leads to and that the user does not see.
func (c *copier) hiddenPort(id string, details any) error {
	d, _ := details.(map[string]any)
	v := values(d)
	p := &port{std: std{ID: id, Name: v.text("name"), CreatedAt: c.now(), UpdatedAt: c.now()}, NetworkID: v.text("network_id"), MAC: v.text("mac_address"),
		AdminStateUp: v.yes("admin_state_up"), Status: v.text("status"), DeviceID: v.text("device_id"), DeviceOwner: v.text("device_owner"), VNICType: "normal"}
	c.note("port", id, "port %s cannot be seen and is made up, because a floating IP leads to it", id)
	if err := c.needNetwork(p.NetworkID, ""); err != nil {
		return err
	}
	if p.MAC == "" {
		if err := c.giveMAC(p, ""); err != nil {
			return err
		}
	}
	c.add(c.s.ports, id, nil)
	return put(c, p, func(*store.Conflict) { p.MAC = "" })
}

func (c *copier) copyGroups() error {
	most := int64(0)
	for _, v := range c.objects("security-groups") {
		g := &securityGroup{std: stdOf(v), Stateful: true}
		if v.has("stateful") {
			g.Stateful = v.yes("stateful")
		}
		if err := store.Put(c.Tx, *g); err != nil {
			return err
		}
		c.add(c.s.groups, g.ID, web.Object(v))
		if v.yes("shared") {
			if err := c.allow("security_group", g.ID, g.ProjectID, "access_as_shared"); err != nil {
				return err
			}
		}
		list, _ := v["security_group_rules"].([]any)
		for _, item := range list {
			o, _ := item.(map[string]any)
			v := values(o)
			if v.text("id") == "" {
				continue
			}
			r := &securityRule{std: stdOf(v), Group: g.ID, Direction: v.text("direction"), EtherType: v.text("ethertype"), RemotePrefix: v.text("remote_ip_prefix"),
				RemoteGroup: v.text("remote_group_id"), RemoteAddressGroup: v.text("remote_address_group_id"), NoDescription: !v.has("description"),
				AttrID: v.number("standard_attr_id")}
			if v.has("protocol") {
				r.Protocol = python.Str(v["protocol"])
			}
			for name, into := range map[string]**int64{"port_range_min": &r.PortMin, "port_range_max": &r.PortMax} {
				if v.has(name) {
					n := v.number(name)
					*into = &n
				}
			}
			if err := put(c, r, func(*store.Conflict) { r.Twice = true }); err != nil {
				return err
			}
			most = max(most, r.AttrID)
			c.add(c.s.rules, r.ID, web.Object(v))
		}
	}
	for range most {
		// What is made here comes after what came.
		n, err := c.Tx.Counter("network.standard_attr")
		if err != nil || n >= most || most > 1<<16 {
			return err
		}
	}
	return nil
}

func (c *copier) copyPools() error {
	for _, v := range c.objects("subnetpools") {
		p := &subnetPool{std: stdOf(v), Prefixes: v.texts("prefixes"), IPVersion: int(v.number("ip_version")), DefaultLen: lengthOf(v["default_prefixlen"]),
			MinLen: lengthOf(v["min_prefixlen"]), MaxLen: lengthOf(v["max_prefixlen"]), IsDefault: v.yes("is_default"), Shared: v.yes("shared"),
			AddressScopeID: v.text("address_scope_id")}
		if v.has("default_quota") {
			n := v.number("default_quota")
			p.Quota = &n
		}
		if err := put(c, p, func(*store.Conflict) { p.IsDefault = false }); err != nil {
			return err
		}
		c.add(c.s.pools, p.ID, web.Object(v))
		if p.Shared {
			if err := c.allow("subnetpool", p.ID, p.ProjectID, "access_as_shared"); err != nil {
				return err
			}
		}
	}
	return nil
}

// lengthOf reads a prefix length, which some answers have as text.
func lengthOf(v any) int64 {
	if s, ok := v.(string); ok {
		var n int64
		_, _ = fmt.Sscan(s, &n) // 0 is what is left of what is no number
		return n
	}
	n, _ := pyInt(v)
	return n
}

func (c *copier) copyScopes() error {
	for _, v := range c.objects("address-scopes") {
		a := addressScope{std: stdOf(v), IPVersion: int(v.number("ip_version"))}
		if err := store.Put(c.Tx, a); err != nil {
			return err
		}
		c.add(c.s.scopes, a.ID, web.Object(v))
		if v.yes("shared") {
			if err := c.allow("address_scope", a.ID, a.ProjectID, "access_as_shared"); err != nil {
				return err
			}
		}
	}
	for _, v := range c.objects("address-groups") {
		a := addressGroup{std: stdOf(v), Addresses: v.texts("addresses")}
		if err := store.Put(c.Tx, a); err != nil {
			return err
		}
		c.add(c.s.addressGroups, a.ID, web.Object(v))
		if v.yes("shared") || a.ProjectID != c.project {
			if err := c.allow("address_group", a.ID, a.ProjectID, "access_as_shared"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *copier) copyGrants() error {
	for _, v := range c.objects("rbac-policies") {
		g := &grant{std: stdOf(v), ObjectType: v.text("object_type"), ObjectID: v.text("object_id"), Target: cmp.Or(v.text("target_tenant"), v.text("target_project")),
			Action: v.text("action")}
		if err := store.Put(c.Tx, *g); err != nil {
			return err
		}
		c.add(c.s.grants, g.ID, web.Object(v))
	}
	c.grants = nil
	return nil
}

func (c *copier) copyQuota() error {
	path := "quotas/" + c.project
	quota := c.in.Object(path, "quota")
	if quota == nil {
		c.note("quota", "", "the project's network quotas cannot be read: Neutron's usual ones are taken")
		return nil
	}
	q := limits{ProjectID: c.project, Limits: map[string]int{}, Names: []string{}}
	for _, name := range append(quotaNames(), sortedKeys(quota)...) {
		n, ok := pyInt(quota[name])
		if quota[name] != nil && ok && !slices.Contains(q.Names, name) {
			q.Limits[name] = int(n)
			q.Names = append(q.Names, name)
		}
	}
	return store.Put(c.Tx, q)
}

// compare keeps what is shown here otherwise than there, now that all is in its place.
func (c *copier) compare() error {
	for _, w := range c.views {
		r, err := w.res.find(c.call, w.id)
		if err != nil {
			c.note(w.res.name, w.id, "%s %s is there, but the copy would not show it", w.res.name, w.id)
			continue
		}
		own, err := r.wire(c.call)
		if err != nil {
			return err
		}
		if rule, ok := r.(*securityRule); ok {
			own["standard_attr_id"] = rule.AttrID
			own["tags"] = emptyList(rule.Tags)
		}
		kept, err := web.Keep(w.res.render(c.call, own), w.theirs, "security_group_rules", "standard_attr_id")
		if err != nil {
			return err
		}
		if _, rule := r.(*securityRule); rule {
			delete(kept, "tags")
		}
		if kept == nil {
			continue
		}
		r.meta().Kept = kept
		if err := c.keep(r); err != nil {
			return err
		}
	}
	return nil
}

// keep stores a document again.
func (c *call) keep(r record) error {
	switch x := r.(type) {
	case *securityRule:
		return store.Put(c.Tx, *x)
	case *addressScope:
		return store.Put(c.Tx, *x)
	case *addressGroup:
		return store.Put(c.Tx, *x)
	case *grant:
		return store.Put(c.Tx, *x)
	}
	return c.putTagged(r)
}

// copied says whether the state is a copy of another cloud's.
func (c *call) copied() bool {
	v, err := c.Tx.Var(copiedVar)
	return err == nil && v != ""
}

// serveDHCP gives a network's DHCP an address of a new subnet, in a copy of a cloud that does so.
func (c *call) serveDHCP(n *network, s *subnet) error {
	if v, err := c.Tx.Var(dhcpVar); err != nil || v == "" || !s.DHCP {
		return err
	}
	up := c.elevated()
	all, err := store.List[port](c.Tx, store.By("network", n.ID))
	if err != nil {
		return err
	}
	for i := range all {
		p := &all[i]
		if p.DeviceOwner != dhcpOwner {
			continue
		}
		if err := up.takeAny(p, []subnet{*s}); err != nil {
			return nil // a full subnet has no DHCP, and is a subnet all the same
		}
		p.touch(c.now())
		return c.putPort(p)
	}
	_, err = up.createPort(values{"tenant_id": n.ProjectID, "network_id": n.ID, "device_id": "dhcp-" + n.ID, "device_owner": dhcpOwner, "binding:host_id": hostName,
		"fixed_ips": []any{map[string]any{"subnet_id": s.ID}}})
	var full *web.Error
	if errors.As(err, &full) && full.Status == http.StatusConflict {
		return nil
	}
	return err
}

// PortsMadeFor are the ports that came into being with a device and have no name of their own, which nobody but who made
// the device for its user will have made. They go with it.
func PortsMadeFor(tx *store.Tx, device string, since time.Time) ([]string, error) {
	var ids []string
	all, err := store.List[port](tx, store.By("device", device))
	for _, p := range all {
		if p.Name == "" && !p.CreatedAt.Before(since) {
			ids = append(ids, p.ID)
		}
	}
	return ids, err
}
