package network

import (
	"errors"
	"slices"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func noNetwork(id string) *web.Error {
	return notFound("NetworkNotFound", "Network %s could not be found.", id)
}

func networks() *resource {
	return &resource{
		name: "network", plural: "networks", path: "networks", attrs: networkAttrs(), bulk: true, tags: true, notFound: noNetwork,
		order: []string{"id", "name", "tenant_id", "admin_state_up", "mtu", "status", "subnets", "shared", "availability_zone_hints",
			"availability_zones", "ipv4_address_scope", "ipv6_address_scope", "router:external", "description", "port_security_enabled",
			"is_default", "tags", "created_at", "updated_at", "revision_number", "project_id",
			"provider:network_type", "provider:physical_network", "provider:segmentation_id"},
		find:   func(c *call, id string) (record, error) { return c.network(id) },
		list:   listed((*call).seesNetwork, func(c *call) (store.Where, error) { return store.ID(c.sharedIDs("network")...), nil }),
		create: func(c *call, in values) (record, error) { return c.createNetwork(in) },
		update: func(c *call, r record, in values) error { return c.updateNetwork(r.(*network), in) },
		remove: func(c *call, r record) error { return c.deleteNetwork(r.(*network)) },
		count:  countOf[network],
	}
}

func countOf[T store.Document](c *call, project string) (int, error) {
	return store.Count[T](c.Tx, store.Project(project))
}

func (c *call) seesNetwork(n *network) bool {
	return c.admin || n.ProjectID == c.project && c.project != "" || c.sharedWith("network", n.ID, c.project) ||
		c.granted("network", n.ID, "access_as_external", c.project)
}

// network finds a network that the caller may see.
func (c *call) network(id string) (*network, error) {
	n := c.nets[id]
	if n == nil {
		doc, err := store.Get[network](c.Tx, id)
		if err != nil {
			return nil, err
		}
		n = &doc
		c.nets[id] = n
	}
	if !c.seesNetwork(n) {
		return nil, store.ErrNotFound
	}
	return n, nil
}

// seeNetwork is network with Neutron's own 404.
func (c *call) seeNetwork(id string) (*network, error) {
	n, err := c.network(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noNetwork(id)
	}
	return n, err
}

func (c *call) putNetwork(n *network) error {
	delete(c.nets, n.ID)
	return store.Put(c.Tx, *n)
}

// wire gives the attributes.
func (n *network) wire(c *call) (values, error) {
	subnets, err := c.subnetsOf(n.ID)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(subnets))
	for i, s := range subnets {
		ids[i] = s.ID
	}
	v := n.standard(values{
		"admin_state_up": n.AdminStateUp, "mtu": n.MTU, "status": "ACTIVE", "subnets": ids, "shared": c.sharedWith("network", n.ID, c.project),
		"availability_zone_hints": emptyList(n.AZHints), "availability_zones": []string{},
		"ipv4_address_scope": nil, "ipv6_address_scope": nil, "router:external": n.External, "port_security_enabled": n.PortSecurity,
		"provider:network_type": n.NetworkType, "provider:physical_network": orNull(n.PhysicalNetwork), "provider:segmentation_id": nil,
	})
	if n.SegmentationID != 0 {
		v["provider:segmentation_id"] = n.SegmentationID
	}
	if n.External || c.Method == "POST" {
		v["is_default"] = n.IsDefault
	}
	for _, s := range subnets {
		if s.SubnetPoolID == "" {
			continue
		}
		p, err := c.subnetPool(s.SubnetPoolID)
		if err != nil {
			return nil, err
		}
		v["ipv"+python.Str(s.IPVersion)+"_address_scope"] = orNull(p.AddressScopeID)
	}
	return v, nil
}

const (
	physicalNetwork = "public" // the one there is
	flatMTU         = 1500
	vxlanMTU        = 1450
	lastVNI         = 1000
)

func (c *call) createNetwork(in values) (*network, error) {
	n := &network{std: c.newStd(in), AdminStateUp: in.yes("admin_state_up"), External: in.yes("router:external"),
		IsDefault: in.yes("is_default"), PortSecurity: in.yes("port_security_enabled"), AZHints: in.texts("availability_zone_hints")}
	if len(n.AZHints) > 0 && !c.copied() {
		return nil, notFound("AvailabilityZoneNotFound", "AvailabilityZone %s could not be found.", n.AZHints[0])
	}
	if _, err := c.ensureDefaultGroup(n.ProjectID); err != nil {
		return nil, err
	}
	if err := c.segment(n, in); err != nil {
		return nil, err
	}
	most := vxlanMTU
	if n.NetworkType != "vxlan" {
		most = flatMTU
	}
	if n.MTU = int(in.number("mtu")); n.MTU > most {
		return nil, invalidInput("Requested MTU is too big, maximum is %d", most)
	} else if n.MTU == 0 {
		n.MTU = most
	}
	if n.IsDefault {
		if err := c.oneDefault(n); err != nil {
			return nil, err
		}
	}
	n.Revision = 1
	if err := c.putNetwork(n); err != nil {
		return nil, err
	}
	if in.yes("shared") {
		if err := c.grant(n.ProjectID, "network", n.ID, "*", "access_as_shared"); err != nil {
			return nil, err
		}
	}
	if n.External {
		if err := c.grant(n.ProjectID, "network", n.ID, "*", "access_as_external"); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func (c *call) oneDefault(n *network) error {
	for other, err := range store.Each[network](c.Tx) {
		if err != nil {
			return err
		}
		if other.IsDefault && other.ID != n.ID {
			return conflict("DefaultExternalNetworkExists", "A default external network already exists: %s.", other.ID)
		}
	}
	return nil
}

// segment chooses what carries the network: what admin asked for, or a tunnel.
func (c *call) segment(n *network, in values) error {
	n.NetworkType, n.PhysicalNetwork, n.SegmentationID = in.text("provider:network_type"), in.text("provider:physical_network"), int(in.number("provider:segmentation_id"))
	asked := n.NetworkType + n.PhysicalNetwork
	switch n.NetworkType {
	case "":
		if asked != "" || in.has("provider:segmentation_id") {
			return invalidInput("network_type required")
		}
		n.NetworkType = "vxlan"
	case "flat":
		switch {
		case n.PhysicalNetwork == "":
			return invalidInput("physical_network required for flat provider network")
		case n.PhysicalNetwork != physicalNetwork && !c.copied():
			return invalidInput("physical_network '%s' unknown for flat provider network", n.PhysicalNetwork)
		case in.has("provider:segmentation_id"):
			return invalidInput("segmentation_id prohibited for flat provider network")
		}
		if owner, err := store.Owner[network](c.Tx, "segment", "flat "+n.PhysicalNetwork); err != nil {
			return err
		} else if owner != "" {
			return conflict("FlatNetworkInUse", "Unable to create the flat network. Physical network %s is in use.", n.PhysicalNetwork)
		}
		return nil
	case "local":
		switch {
		case in.has("provider:physical_network"):
			return invalidInput("physical_network prohibited for local provider network")
		case in.has("provider:segmentation_id"):
			return invalidInput("segmentation_id prohibited for local provider network")
		}
		return nil
	case "vxlan":
		if n.PhysicalNetwork != "" {
			return invalidInput("provider:physical_network specified for vxlan network")
		}
	case "vlan", "geneve", "gre":
		if !c.copied() {
			return invalidInput("network_type value '%s' not supported", n.NetworkType)
		}
	default:
		return invalidInput("network_type value '%s' not supported", n.NetworkType)
	}
	if n.SegmentationID != 0 {
		if owner, err := store.Owner[network](c.Tx, "segment", n.NetworkType+" "+python.Str(n.SegmentationID)); err != nil || owner == "" {
			return err
		}
		return conflict("TunnelIdInUse", "Unable to create the network. The tunnel ID %d is in use.", n.SegmentationID)
	}
	for range lastVNI {
		next, err := c.Tx.Counter("network.vni")
		if err != nil {
			return err
		}
		vni := int(next-1)%lastVNI + 1
		owner, err := store.Owner[network](c.Tx, "segment", n.NetworkType+" "+python.Str(vni))
		if err != nil {
			return err
		}
		if owner == "" {
			n.SegmentationID = vni
			return nil
		}
	}
	return fault(503, "NoNetworkAvailable", "Unable to create the network. No tenant network is available for allocation.")
}

func (c *call) updateNetwork(n *network, in values) error {
	if in.set("provider:segmentation_id") && !in.set("provider:network_type") && !in.set("provider:physical_network") {
		return invalidInput("Only VLAN type networks can be updated.")
	}
	for _, k := range []string{"provider:network_type", "provider:physical_network", "provider:segmentation_id", "segments"} {
		if in.set(k) {
			return invalidInput("Plugin does not support updating provider attributes")
		}
	}
	if in.set("router:external") && in.yes("router:external") != n.External {
		if err := c.setExternal(n, in.yes("router:external")); err != nil {
			return err
		}
	}
	if in.set("shared") && in.yes("shared") != c.granted("network", n.ID, "access_as_shared", "") {
		if err := c.setShared(n, in.yes("shared")); err != nil {
			return err
		}
	}
	n.rename(in)
	if in.set("admin_state_up") {
		n.AdminStateUp = in.yes("admin_state_up")
	}
	if in.set("port_security_enabled") {
		n.PortSecurity = in.yes("port_security_enabled")
	}
	if in.set("mtu") {
		most := vxlanMTU
		if n.NetworkType != "vxlan" {
			most = flatMTU
		}
		if n.MTU = int(in.number("mtu")); n.MTU > most {
			return invalidInput("Requested MTU is too big, maximum is %d", most)
		} else if n.MTU == 0 {
			n.MTU = most
		}
	}
	if in.set("is_default") {
		if n.IsDefault = in.yes("is_default"); n.IsDefault {
			if err := c.oneDefault(n); err != nil {
				return err
			}
		}
	}
	if len(in) > 0 {
		n.touch(c.now())
	}
	return c.putNetwork(n)
}

func (c *call) setExternal(n *network, external bool) error {
	n.External = external
	if external {
		return c.grant(n.ProjectID, "network", n.ID, "*", "access_as_external")
	}
	ports, err := store.List[port](c.Tx, store.By("network", n.ID))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(ports, func(p port) bool { return p.DeviceOwner == gatewayOwner }) {
		return conflict("ExternalNetworkInUse", "External network %s cannot be updated to be made non-external, since it has existing gateway ports.", n.ID)
	}
	n.IsDefault = false
	return c.ungrant("network", n.ID, func(g grant) bool { return g.Action == "access_as_external" })
}

func (c *call) setShared(n *network, shared bool) error {
	if shared {
		return c.grant(n.ProjectID, "network", n.ID, "*", "access_as_shared")
	}
	if err := c.checkUnshare(n, "*"); err != nil {
		return err
	}
	return c.ungrant("network", n.ID, func(g grant) bool { return g.Action == "access_as_shared" && g.Target == "*" })
}

// checkUnshare refuses to take a network away from projects that have something on it.
func (c *call) checkUnshare(n *network, target string) error {
	ports, err := store.List[port](c.Tx, store.By("network", n.ID))
	if err != nil {
		return err
	}
	users := []string{}
	for _, p := range ports {
		if !isNetworkDevice(p.DeviceOwner) {
			users = append(users, p.ProjectID)
		}
	}
	subnets, err := c.subnetsOf(n.ID)
	if err != nil {
		return err
	}
	for _, s := range subnets {
		users = append(users, s.ProjectID)
	}
	for _, u := range users {
		if u == n.ProjectID || target != "*" && u != target {
			continue
		}
		still := slices.ContainsFunc(c.grantsOf("network", n.ID), func(g grant) bool {
			return g.Action == "access_as_shared" && g.Target != target && (g.Target == "*" || g.Target == u)
		})
		if !still {
			return conflict("InvalidSharedSetting", "Unable to reconfigure sharing settings for network %s. Multiple tenants are using it.", n.Name)
		}
	}
	return nil
}

func (c *call) deleteNetwork(n *network) error {
	ports, err := store.List[port](c.Tx, store.By("network", n.ID))
	if err != nil {
		return err
	}
	ids := ""
	for _, p := range ports {
		if p.DeviceOwner == "network:dhcp" {
			continue
		}
		if ids != "" {
			ids += ","
		}
		ids += p.ID
	}
	if ids != "" {
		return conflict("NetworkInUse", "Unable to complete operation on network %s. There are one or more ports still in use on the network, id for these ports is: %s.", n.ID, ids)
	}
	for _, p := range ports {
		if err := store.Delete[port](c.Tx, p.ID); err != nil {
			return err
		}
	}
	subnets, err := c.subnetsOf(n.ID)
	if err != nil {
		return err
	}
	for _, s := range subnets {
		if err := store.Delete[subnet](c.Tx, s.ID); err != nil {
			return err
		}
	}
	if err := c.ungrant("network", n.ID, func(grant) bool { return true }); err != nil {
		return err
	}
	delete(c.nets, n.ID)
	return store.Delete[network](c.Tx, n.ID)
}
