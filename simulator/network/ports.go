package network

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// The owners of ports that Neutron makes itself.
const (
	interfaceOwner = "network:router_interface"
	gatewayOwner   = "network:router_gateway"
	floatingOwner  = "network:floatingip"
	dhcpOwner      = "network:dhcp"
)

// hostName is the one host there is.
const hostName = "openstack-dev"

func isNetworkDevice(owner string) bool { return strings.HasPrefix(owner, "network:") }

func isRouterPort(owner string) bool { return owner == interfaceOwner || owner == gatewayOwner }

func noPort(id string) *web.Error {
	return notFound("PortNotFound", "Port %s could not be found.", id)
}

func ports() *resource {
	return &resource{
		name: "port", plural: "ports", path: "ports", attrs: portAttrs(), bulk: true, tags: true, onNetwork: true, notFound: noPort,
		order: []string{"id", "name", "network_id", "tenant_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner",
			"fixed_ips", "allowed_address_pairs", "extra_dhcp_opts", "security_groups", "description", "binding:vnic_type", "binding:profile",
			"binding:host_id", "binding:vif_type", "binding:vif_details", "port_security_enabled", "tags", "created_at", "updated_at",
			"revision_number", "project_id"},
		find:  func(c *call, id string) (record, error) { return c.port(id) },
		index: map[string]string{"network_id": "network", "device_id": "device"},
		list: listed((*call).seesPort, func(c *call) (store.Where, error) {
			networks, err := store.IDs[network](c.Tx, store.Project(c.project))
			return store.By("network", networks...), err
		}),
		create: func(c *call, in values) (record, error) {
			return c.createPort(in)
		},
		update: func(c *call, r record, in values) error { return c.updatePort(r.(*port), in) },
		remove: func(c *call, r record) error {
			p := r.(*port)
			if err := c.mayDeletePort(p); err != nil {
				return err
			}
			return c.dropPort(p)
		},
		owns: func(c *call, action string, r record) bool {
			return action == "delete" && c.ownsNetwork(r.(*port).NetworkID)
		},
		count: countOf[port],
		filterBy: map[string]func(any, []string) bool{
			"fixed_ips": filterFixedIPs,
			"mac_address": func(have any, want []string) bool {
				return slices.ContainsFunc(want, func(w string) bool { return sameMAC(have, w) })
			},
		},
	}
}

func sameMAC(have any, want string) bool {
	m, ok := parseMAC(want)
	return have == strings.ToLower(want) || ok && have == m.String()
}

// filterFixedIPs takes ip_address=, ip_address_substr= and subnet_id=: one of each kind has to fit.
func filterFixedIPs(have any, want []string) bool {
	ips, _ := have.([]fixedIP)
	byKey := map[string][]string{}
	for _, w := range want {
		k, v, _ := strings.Cut(w, "=")
		byKey[strings.TrimSpace(k)] = append(byKey[strings.TrimSpace(k)], strings.TrimSpace(v))
	}
	for key, all := range byKey {
		var fits func(f fixedIP) bool
		switch key {
		case "ip_address":
			fits = func(f fixedIP) bool {
				return slices.ContainsFunc(all, func(v string) bool { return addrOf(v) == addrOf(f.IP) && addrOf(v).IsValid() })
			}
		case "ip_address_substr":
			fits = func(f fixedIP) bool {
				return slices.ContainsFunc(all, func(v string) bool { return strings.Contains(f.IP, strings.ToLower(v)) })
			}
		case "subnet_id":
			fits = func(f fixedIP) bool { return slices.Contains(all, f.SubnetID) }
		default:
			continue
		}
		if !slices.ContainsFunc(ips, fits) {
			return false
		}
	}
	return true
}

func (c *call) seesPort(p *port) bool {
	if c.admin || p.ProjectID == c.project && c.project != "" {
		return true
	}
	n, err := c.elevated().network(p.NetworkID)
	return err == nil && n.ProjectID == c.project && c.project != ""
}

func (c *call) port(id string) (*port, error) {
	p, err := store.Get[port](c.Tx, id)
	if err == nil && !c.seesPort(&p) {
		err = store.ErrNotFound
	}
	return &p, err
}

func (c *call) seePort(id string) (*port, error) {
	p, err := c.port(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, noPort(id)
	}
	return p, err
}

// wire gives the attributes.
func (p *port) wire(*call) (values, error) {
	pairs := emptyList(slices.Clone(p.Pairs))
	vif, details := "unbound", any(values{})
	switch {
	case p.HostID != "" && p.VNICType != "normal":
		vif = "binding_failed"
	case p.HostID != "":
		vif = "bridge"
		details = ordered{{"port_filter", true}, {"connectivity", "l2"}, {"bound_drivers", values{"0": "simulator"}}}
	}
	profile := p.Profile
	if profile == nil {
		profile = map[string]any{}
	}
	return p.standard(values{
		"network_id": p.NetworkID, "mac_address": p.MAC, "admin_state_up": p.AdminStateUp, "status": p.Status, "device_id": p.DeviceID,
		"device_owner": p.DeviceOwner, "fixed_ips": emptyList(p.FixedIPs), "allowed_address_pairs": pairs,
		"extra_dhcp_opts": emptyList(p.DHCPOptions), "security_groups": emptyList(p.SecurityGroups), "binding:vnic_type": p.VNICType,
		"binding:profile": profile, "binding:host_id": p.HostID, "binding:vif_type": vif, "binding:vif_details": details,
		"port_security_enabled": p.PortSecurity,
	}), nil
}

// createPort makes a port of what a client, or another part of Neutron, asks for.
func (c *call) createPort(in values) (*port, error) {
	p := &port{std: c.newStd(in), NetworkID: in.text("network_id"), AdminStateUp: true, DeviceID: in.text("device_id"),
		DeviceOwner: in.text("device_owner"), VNICType: "normal", Status: "DOWN"}
	if in.set("admin_state_up") {
		p.AdminStateUp = in.yes("admin_state_up")
	}
	if in.has("binding:vnic_type") {
		p.VNICType = in.text("binding:vnic_type")
	}
	if err := c.checkDevice(p.DeviceOwner, p.DeviceID, p.ProjectID); err != nil {
		return nil, err
	}
	n, err := c.seeNetwork(p.NetworkID)
	if err != nil {
		return nil, err
	}
	if err := c.giveMAC(p, in.text("mac_address")); err != nil {
		return nil, err
	}
	if err := c.allocate(p, in); err != nil {
		return nil, err
	}
	if err := c.secure(p, n, in); err != nil {
		return nil, err
	}
	p.bind(in)
	p.DHCPOptions = dhcpOptions(in["extra_dhcp_opts"], nil)
	p.Revision = 1
	if p.DeviceOwner == floatingOwner {
		p.Status = "N/A"
	}
	return p, c.putPort(p)
}

func (c *call) putPort(p *port) error {
	err := store.Put(c.Tx, *p)
	var taken *store.Conflict
	if errors.As(err, &taken) && taken.Key == "ip" {
		subnetID, ip, _ := strings.Cut(taken.Value, " ")
		return allocated(ip, subnetID)
	}
	return err
}

func allocated(ip, subnetID string) error {
	return conflict("IpAddressAlreadyAllocated", "IP address %s already allocated in subnet %s", ip, subnetID)
}

// checkDevice keeps members from posing as another project's router.
func (c *call) checkDevice(owner, device, project string) error {
	if owner != interfaceOwner || c.admin || device == "" {
		return nil
	}
	r, err := store.Get[router](c.Tx, device)
	if err == nil && r.ProjectID != project {
		return conflict("DeviceIDNotOwnedByTenant", "The following device_id %s is not owned by your tenant or matches another tenants router.", device)
	}
	return nil
}

func (c *call) giveMAC(p *port, asked string) error {
	if asked != "" {
		m, _ := parseMAC(asked)
		owner, err := store.Owner[port](c.Tx, "mac", p.NetworkID+" "+m.String())
		if err != nil {
			return err
		}
		if owner != "" && owner != p.ID {
			return conflict("MacAddressInUse", "Unable to complete operation for network %s. The mac address %s is in use.", p.NetworkID, m)
		}
		p.MAC = m.String()
		return nil
	}
	// The port's own ID is the source, so that the same seed gives the same addresses.
	for i := range 16 {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", p.ID, i))
		mac := net.HardwareAddr{0xfa, 0x16, 0x3e, sum[0], sum[1], sum[2]}.String()
		owner, err := store.Owner[port](c.Tx, "mac", p.NetworkID+" "+mac)
		if err != nil {
			return err
		}
		if owner == "" {
			p.MAC = mac
			return nil
		}
	}
	return fault(503, "MacAddressGenerationFailure", "Unable to generate unique mac on network %s.", p.NetworkID)
}

// candidates are the network's subnets for a device owner, those made for it first.
func (c *call) candidates(networkID, owner string) ([]subnet, error) {
	all, err := c.subnetsOf(networkID)
	if err != nil {
		return nil, err
	}
	fit := slices.DeleteFunc(slices.Clone(all), func(s subnet) bool {
		return len(s.ServiceTypes) > 0 && !slices.Contains(s.ServiceTypes, owner)
	})
	if len(all) > 0 && len(fit) == 0 {
		return nil, conflict("IpAddressGenerationFailureNoMatchingSubnet",
			"No valid service subnet for the given device owner, network %s, service type %s.", networkID, owner)
	}
	slices.SortStableFunc(fit, func(a, b subnet) int { return min(1, len(b.ServiceTypes)) - min(1, len(a.ServiceTypes)) })
	return fit, nil
}

// allocate gives a new port its addresses: those asked for, or one of each family.
func (c *call) allocate(p *port, in values) error {
	subnets, err := c.candidates(p.NetworkID, p.DeviceOwner)
	if err != nil {
		return err
	}
	if in.has("fixed_ips") {
		list, _ := in["fixed_ips"].([]any)
		if len(list) == 0 {
			return nil
		}
		asked, err := c.asked(p, list)
		if err != nil {
			return err
		}
		for _, f := range asked {
			if err := c.take(p, f); err != nil {
				return err
			}
		}
		return c.automatic(p, subnets)
	}
	for _, version := range []int{4, 6} {
		var some []subnet
		for _, s := range subnets {
			if s.IPVersion == version && !s.automatic() {
				some = append(some, s)
			}
		}
		if len(some) == 0 {
			continue
		}
		if err := c.takeAny(p, some); err != nil {
			return err
		}
	}
	return c.automatic(p, subnets)
}

// automatic adds the addresses that the port's MAC makes on subnets that work so.
func (c *call) automatic(p *port, subnets []subnet) error {
	if isRouterPort(p.DeviceOwner) {
		return nil
	}
	mac, _ := parseMAC(p.MAC)
	for _, s := range subnets {
		if !s.automatic() || len(p.on(s.ID)) > 0 {
			continue
		}
		if a, ok := eui64(s.prefix(), mac); ok {
			p.FixedIPs = append(p.FixedIPs, fixedIP{s.ID, a.String()})
		}
	}
	return nil
}

// wanted is one fixed IP that was asked for: a subnet and perhaps an address of it.
type wanted struct {
	subnet *subnet
	ip     netip.Addr
}

// asked finds the subnet of each fixed IP of a body.
func (c *call) asked(p *port, list []any) ([]wanted, error) {
	subnets, err := c.subnetsOf(p.NetworkID)
	if err != nil {
		return nil, err
	}
	var all []wanted
	for _, item := range list {
		d := item.(map[string]any)
		if len(subnets) == 0 {
			return nil, invalidInput("IP allocation requires subnets for network")
		}
		ip := addrOf(d["ip_address"])
		w := wanted{ip: ip}
		if id, ok := d["subnet_id"].(string); ok {
			at := slices.IndexFunc(subnets, func(s subnet) bool { return s.ID == id })
			if at < 0 {
				if _, err := c.seeSubnet(id); err != nil {
					return nil, err
				}
				return nil, invalidInput("Failed to create port on network %s, because fixed_ips included invalid subnet %s", p.NetworkID, id)
			}
			w.subnet = &subnets[at]
			if ip.IsValid() && !hostOf(w.subnet.prefix(), ip, isRouterPort(p.DeviceOwner)) {
				return nil, fault(400, "InvalidIpForSubnet", "IP address %s is not a valid IP for the specified subnet.", ip)
			}
		} else {
			if !ip.IsValid() {
				return nil, invalidInput("IP allocation requires subnet_id or ip_address")
			}
			at := slices.IndexFunc(subnets, func(s subnet) bool { return hostOf(s.prefix(), ip, isRouterPort(p.DeviceOwner)) })
			if at < 0 {
				return nil, fault(400, "InvalidIpForNetwork", "IP address %s is not a valid IP for any of the subnets on the specified network.", ip)
			}
			w.subnet = &subnets[at]
		}
		if ip.IsValid() && w.subnet.automatic() && p.DeviceOwner != interfaceOwner {
			mac, _ := parseMAC(p.MAC)
			if own, _ := eui64(w.subnet.prefix(), mac); own != ip {
				return nil, fault(400, "AllocationOnAutoAddressSubnet", "IPv6 address %s cannot be directly assigned to a port on subnet %s as the subnet is configured for automatic addresses", ip, w.subnet.ID)
			}
		}
		all = append(all, w)
	}
	if len(all) > 5 {
		return nil, fault(400, "InvalidInput", "Exceeded maximum amount of fixed ips per port.")
	}
	return all, nil
}

// take gives the port one address that was asked for.
func (c *call) take(p *port, w wanted) error {
	if !w.ip.IsValid() {
		if w.subnet.automatic() && !isRouterPort(p.DeviceOwner) {
			mac, _ := parseMAC(p.MAC)
			if a, ok := eui64(w.subnet.prefix(), mac); ok {
				p.FixedIPs = append(p.FixedIPs, fixedIP{w.subnet.ID, a.String()})
			}
			return nil
		}
		return c.takeAny(p, []subnet{*w.subnet})
	}
	owner, err := store.Owner[port](c.Tx, "ip", w.subnet.ID+" "+w.ip.String())
	if err != nil {
		return err
	}
	if owner != "" && owner != p.ID {
		return allocated(w.ip.String(), w.subnet.ID)
	}
	p.FixedIPs = append(p.FixedIPs, fixedIP{w.subnet.ID, w.ip.String()})
	return nil
}

// takeAny gives the port the next free address of the first subnet that has one.
func (c *call) takeAny(p *port, subnets []subnet) error {
	for _, s := range subnets {
		name := "network.next." + s.ID
		last, err := c.Tx.Var(name)
		if err != nil {
			return err
		}
		ip, err := pick(s.spans(), addrOf(last), func(a netip.Addr) (bool, error) {
			if slices.ContainsFunc(p.FixedIPs, func(f fixedIP) bool { return f.SubnetID == s.ID && f.IP == a.String() }) {
				return true, nil
			}
			owner, err := store.Owner[port](c.Tx, "ip", s.ID+" "+a.String())
			return owner != "", err
		})
		if err != nil {
			return err
		}
		if ip.IsValid() {
			p.FixedIPs = append(p.FixedIPs, fixedIP{s.ID, ip.String()})
			return c.Tx.SetVar(name, ip.String())
		}
	}
	return conflict("IpAddressGenerationFailure", "No more IP addresses available on network %s.", p.NetworkID)
}

// secure settles port security, groups and address pairs of a new port.
func (c *call) secure(p *port, n *network, in values) error {
	if isNetworkDevice(p.DeviceOwner) {
		p.PortSecurity = false
		return nil
	}
	p.PortSecurity = n.PortSecurity
	if in.has("port_security_enabled") {
		p.PortSecurity = in.yes("port_security_enabled")
	}
	groups := in.texts("security_groups")
	switch {
	case !p.PortSecurity && len(groups) > 0:
		return fault(400, "PortSecurityAndIPRequiredForSecurityGroups", "Port security must be enabled and port must have an IP address in order to use security groups.")
	case p.PortSecurity && !in.set("security_groups"):
		g, err := c.ensureDefaultGroup(p.ProjectID)
		if err != nil {
			return err
		}
		p.SecurityGroups = []string{g}
	default:
		if err := c.checkGroups(groups); err != nil {
			return err
		}
		p.SecurityGroups = groups
	}
	p.setPairs(in)
	if len(p.Pairs) > 0 && !p.PortSecurity {
		return pairsNeedSecurity()
	}
	return nil
}

func pairsNeedSecurity() error {
	return conflict("AddressPairAndPortSecurityRequired", "Port Security must be enabled in order to have allowed address pairs on a port.")
}

func (c *call) checkGroups(ids []string) error {
	var missing []string
	for _, id := range ids {
		if _, err := c.group(id); errors.Is(err, store.ErrNotFound) {
			missing = append(missing, id)
		} else if err != nil {
			return err
		}
	}
	if missing != nil {
		return noGroup(strings.Join(missing, ", "))
	}
	return nil
}

func (p *port) setPairs(in values) {
	if !in.set("allowed_address_pairs") {
		return
	}
	p.Pairs = nil
	list, _ := in["allowed_address_pairs"].([]any)
	for _, item := range list {
		d := item.(map[string]any)
		pair := addressPair{IP: python.Str(d["ip_address"]), MAC: p.MAC}
		if mac, ok := d["mac_address"].(string); ok {
			m, _ := parseMAC(mac)
			pair.MAC = m.String()
		}
		p.Pairs = append(p.Pairs, pair)
	}
}

// bind takes over what concerns the host. A port is bound, and ACTIVE, as soon as it has one.
func (p *port) bind(in values) {
	if in.has("binding:vnic_type") {
		p.VNICType = in.text("binding:vnic_type")
	}
	if in.set("binding:profile") {
		profile, _ := in["binding:profile"].(map[string]any)
		p.Profile = maps.Clone(profile)
	}
	if in.set("binding:host_id") {
		p.HostID = ""
		if in.has("binding:host_id") {
			p.HostID = python.Str(in["binding:host_id"])
		}
		p.Status = "DOWN"
		if p.HostID != "" && p.VNICType == "normal" {
			p.Status = "ACTIVE"
		}
	}
}

func dhcpOptions(v any, old []any) []any {
	list, ok := v.([]any)
	if !ok {
		return old
	}
	all := slices.Clone(old)
	for _, item := range list {
		d := item.(map[string]any)
		version := d["ip_version"]
		if version == nil {
			version = 4
		}
		same := func(o any) bool {
			m, _ := o.(map[string]any)
			return m["opt_name"] == d["opt_name"] && fmt.Sprint(m["ip_version"]) == fmt.Sprint(version)
		}
		all = slices.DeleteFunc(all, same)
		if d["opt_value"] != nil {
			all = append(all, map[string]any{"opt_name": d["opt_name"], "opt_value": d["opt_value"], "ip_version": version})
		}
	}
	return all
}

// isDHCPOptions wants a list of options with names and values.
func isDHCPOptions(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	list, ok := v.([]any)
	if !ok {
		return "", invalidInput("'%s' is not a list", python.Str(v))
	}
	for _, item := range list {
		d, _ := item.(map[string]any)
		name, _ := d["opt_name"].(string)
		value, isText := d["opt_value"].(string)
		_, hasValue := d["opt_value"]
		bad := strings.TrimSpace(name) == "" || len(name) > 64 || !hasValue || d["opt_value"] != nil && !isText || len(value) > 255 ||
			isText && (strings.TrimSpace(value) == "" || strings.Contains(value, "\n"))
		for k := range d {
			bad = bad || k != "opt_name" && k != "opt_value" && k != "ip_version"
		}
		if ip, ok := d["ip_version"]; ok {
			n, isInt := pyInt(ip)
			bad = bad || !isInt || n != 4 && n != 6
			d["ip_version"] = n
		}
		if bad {
			return "", invalidInput("No valid key specs matched for: %s", python.Str(item))
		}
	}
	return "", nil
}

func (c *call) updatePort(p *port, in values) error {
	if in.set("device_owner") || in.set("device_id") {
		owner, device := p.DeviceOwner, p.DeviceID
		if in.has("device_owner") && in.text("device_owner") != "" {
			owner = in.text("device_owner")
		}
		if in.has("device_id") && in.text("device_id") != "" {
			device = in.text("device_id")
		}
		if err := c.checkDevice(owner, device, p.ProjectID); err != nil {
			return err
		}
	}
	if in.set("mac_address") && !sameMAC(p.MAC, in.text("mac_address")) { // null asks for a new one
		if isNetworkDevice(p.DeviceOwner) {
			return conflict("UnsupportedPortDeviceOwner", "Operation mac address update is not supported for device_owner %s on port %s.", p.DeviceOwner, p.ID)
		}
		if p.HostID != "" {
			return conflict("PortBound", "Unable to complete operation on port %s, port is already bound, port type: bridge, old_mac %s, new_mac %s.", p.ID, p.MAC, in.text("mac_address"))
		}
		if err := c.giveMAC(p, in.text("mac_address")); err != nil {
			return err
		}
	}
	if in.set("fixed_ips") {
		if err := c.keepsRouterAddresses(p, in["fixed_ips"]); err != nil {
			return err
		}
		if err := c.moveAddresses(p, in["fixed_ips"]); err != nil {
			return err
		}
	}
	p.rename(in)
	if in.set("admin_state_up") {
		p.AdminStateUp = in.yes("admin_state_up")
	}
	if in.set("device_id") {
		p.DeviceID = in.text("device_id")
	}
	if in.set("device_owner") {
		p.DeviceOwner = in.text("device_owner")
	}
	if err := c.resecure(p, in); err != nil {
		return err
	}
	p.bind(in)
	p.DHCPOptions = dhcpOptions(in["extra_dhcp_opts"], p.DHCPOptions)
	if len(in) > 0 {
		p.touch(c.now())
	}
	return c.putPort(p)
}

// resecure settles port security, groups and address pairs of a port that is there.
func (c *call) resecure(p *port, in values) error {
	if in.has("port_security_enabled") {
		p.PortSecurity = in.yes("port_security_enabled")
	}
	if in.set("security_groups") {
		groups := in.texts("security_groups")
		if len(groups) > 0 && !p.PortSecurity {
			return fault(400, "PortSecurityAndIPRequiredForSecurityGroups", "Port security must be enabled and port must have an IP address in order to use security groups.")
		}
		if err := c.checkGroups(groups); err != nil {
			return err
		}
		p.SecurityGroups = groups
	}
	p.setPairs(in)
	if !p.PortSecurity && len(p.Pairs) > 0 {
		return pairsNeedSecurity()
	}
	if !p.PortSecurity && len(p.SecurityGroups) > 0 {
		return conflict("PortSecurityPortHasSecurityGroup", "Port has security group associated. Cannot disable port security or IP address until security group is removed.")
	}
	return nil
}

// keepsRouterAddresses lets nobody change the IPv4 addresses of a router's interface under it.
func (c *call) keepsRouterAddresses(p *port, v any) error {
	if p.DeviceOwner != interfaceOwner {
		return nil
	}
	list, _ := v.([]any)
	want, err := c.asked(p, list)
	if err != nil {
		return err
	}
	for _, f := range p.FixedIPs {
		stays := slices.ContainsFunc(want, func(w wanted) bool {
			return w.subnet.ID == f.SubnetID && (!w.ip.IsValid() || w.ip.String() == f.IP)
		})
		if addrOf(f.IP).Is4() && !stays {
			return badRequest("ports", "IP updates for port %s are not allowed", p.ID)
		}
	}
	for _, w := range want {
		if w.ip.Is4() && !slices.Contains(p.FixedIPs, fixedIP{w.subnet.ID, w.ip.String()}) {
			return badRequest("ports", "IP updates for port %s are not allowed", p.ID)
		}
	}
	return nil
}

// moveAddresses gives a port the fixed IPs asked for. Addresses that stay are kept as they are, and a subnet alone keeps
// the address the port has on it.
func (c *call) moveAddresses(p *port, v any) error {
	list, _ := v.([]any)
	want, err := c.asked(p, list)
	if err != nil {
		return err
	}
	old := p.FixedIPs
	left := slices.Clone(old)
	keep := func(fits func(fixedIP) bool) bool {
		at := len(left) - 1
		for at >= 0 && !fits(left[at]) {
			at--
		}
		if at < 0 {
			return false
		}
		p.FixedIPs = append(p.FixedIPs, left[at])
		left = slices.Delete(left, at, at+1)
		return true
	}
	p.FixedIPs = nil
	var fresh []wanted
	for _, w := range want {
		if !w.ip.IsValid() || !keep(func(f fixedIP) bool { return f.SubnetID == w.subnet.ID && f.IP == w.ip.String() }) {
			fresh = append(fresh, w)
		}
	}
	var add []wanted
	for _, w := range fresh {
		if w.ip.IsValid() || !keep(func(f fixedIP) bool { return f.SubnetID == w.subnet.ID }) {
			add = append(add, w)
		}
	}
	for _, w := range add {
		if err := c.take(p, w); err != nil {
			return err
		}
	}
	for _, f := range left {
		s, err := store.Get[subnet](c.Tx, f.SubnetID)
		if err != nil {
			return err
		}
		if s.automatic() && p.DeviceOwner != interfaceOwner && !slices.Contains(p.FixedIPs, f) {
			p.FixedIPs = append(p.FixedIPs, f)
		}
	}
	return c.loosen(p.ID, func(f floatingIP) bool {
		return !slices.ContainsFunc(p.FixedIPs, func(x fixedIP) bool { return x.IP == f.FixedIP })
	})
}

// mayDeletePort keeps clients from deleting what belongs to a router or a floating IP.
func (c *call) mayDeletePort(p *port) error {
	if len(p.FixedIPs) == 0 {
		return nil
	}
	var there bool
	var err error
	switch p.DeviceOwner {
	case interfaceOwner, gatewayOwner, "network:router_interface_distributed", "network:ha_router_replicated_interface":
		there, err = store.Has[router](c.Tx, p.DeviceID)
	case floatingOwner:
		there, err = store.Has[floatingIP](c.Tx, p.DeviceID)
	}
	if err != nil || !there {
		return err
	}
	return conflict("ServicePortInUse", "Port %s cannot be deleted directly via the port API: has device owner %s.", p.ID, p.DeviceOwner)
}

// dropPort deletes a port and takes it from its floating IPs.
func (c *call) dropPort(p *port) error {
	if err := c.loosen(p.ID, func(floatingIP) bool { return true }); err != nil {
		return err
	}
	return store.Delete[port](c.Tx, p.ID)
}

// loosen takes a port from the floating IPs that fit.
func (c *call) loosen(portID string, fits func(floatingIP) bool) error {
	all, err := store.List[floatingIP](c.Tx, store.By("port", portID))
	if err != nil {
		return err
	}
	for _, f := range all {
		if !fits(f) {
			continue
		}
		f.PortID, f.FixedIP, f.RouterID, f.Status = "", "", "", "DOWN"
		f.touch(c.now())
		if err := store.Put(c.Tx, f); err != nil {
			return err
		}
	}
	return nil
}
