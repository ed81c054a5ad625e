package network

import (
	"errors"
	"net/netip"
	"strconv"

	"github.com/oslua/oslua/simulator/store"
)

// Verdict says what becomes of traffic.
type Verdict int

// What can become of traffic. As in life, nobody answers for an address that is not there, and what a security group
// does not allow vanishes without a word.
const (
	Unreachable Verdict = iota // no route, or nobody has the address
	Dropped                    // on its way, something let it vanish
	Delivered
)

// Traffic is what somebody sends.
type Traffic struct {
	Protocol string // tcp, udp or icmp
	From, To netip.Addr
	Port     int // of the destination; 0 for icmp
}

// Arrival is where traffic ends.
type Arrival struct {
	Verdict Verdict
	PortID  string // the port it came to, or was meant for; "" when there is none
	Device  string // the port's device: a server's ID
}

// FromOutside follows traffic that comes from an external network: to a floating IP through its router to the port it is
// on, or straight to a port on the external network itself.
func FromOutside(tx *store.Tx, t Traffic) (Arrival, error) {
	floating, err := store.List[floatingIP](tx)
	if err != nil {
		return Arrival{}, err
	}
	for _, f := range floating {
		if f.Address != t.To.String() {
			continue
		}
		if f.PortID == "" || f.RouterID == "" {
			return Arrival{}, nil
		}
		r, err := store.Get[router](tx, f.RouterID)
		if err != nil || !r.AdminStateUp || r.GatewayPort == "" {
			return Arrival{}, ignoreMissing(err)
		}
		p, err := store.Get[port](tx, f.PortID)
		if err != nil {
			return Arrival{}, ignoreMissing(err)
		}
		return arrive(tx, p, t)
	}
	networks, err := store.List[network](tx)
	if err != nil {
		return Arrival{}, err
	}
	for _, n := range networks {
		if !n.External {
			continue
		}
		if p, ok, err := portAt(tx, n.ID, t.To); err != nil || ok {
			if err != nil {
				return Arrival{}, err
			}
			return arrive(tx, p, t)
		}
	}
	return Arrival{}, nil
}

// FromPort follows traffic that a server sends through a port: to a neighbour, through a router to another of its
// subnets, or out through its gateway. Whatever lies outside answers.
func FromPort(tx *store.Tx, portID string, t Traffic) (Arrival, error) {
	p, err := store.Get[port](tx, portID)
	if err != nil {
		return Arrival{}, ignoreMissing(err)
	}
	if ok, err := allowed(tx, p, "egress", t.To, t); err != nil || !ok {
		return Arrival{Verdict: Dropped}, err
	}
	for _, f := range p.FixedIPs {
		s, err := store.Get[subnet](tx, f.SubnetID)
		if err != nil {
			return Arrival{}, err
		}
		from, err := netip.ParseAddr(f.IP)
		if err != nil || from.Is4() != t.To.Is4() {
			continue
		}
		t.From = from
		if s.prefix().Contains(t.To) {
			return neighbour(tx, p.NetworkID, t)
		}
		if s.Gateway == "" {
			continue
		}
		gateway, err := netip.ParseAddr(s.Gateway)
		if err != nil {
			continue
		}
		door, ok, err := portAt(tx, p.NetworkID, gateway)
		if err != nil {
			return Arrival{}, err
		}
		if !ok || door.DeviceOwner != "network:router_interface" {
			continue
		}
		return throughRouter(tx, door.DeviceID, t)
	}
	return Arrival{}, nil
}

func throughRouter(tx *store.Tx, id string, t Traffic) (Arrival, error) {
	r, err := store.Get[router](tx, id)
	if err != nil || !r.AdminStateUp {
		return Arrival{}, ignoreMissing(err)
	}
	doors, err := store.List[port](tx, store.By("device", id))
	if err != nil {
		return Arrival{}, err
	}
	for _, d := range doors {
		for _, f := range d.FixedIPs {
			s, err := store.Get[subnet](tx, f.SubnetID)
			if err != nil {
				return Arrival{}, err
			}
			if s.prefix().Contains(t.To) && d.ID != r.GatewayPort {
				return neighbour(tx, d.NetworkID, t)
			}
		}
	}
	if r.GatewayPort == "" || !r.SNAT {
		return Arrival{}, nil
	}
	a, err := FromOutside(tx, t)
	if err != nil || a.Verdict != Unreachable {
		return a, err
	}
	return Arrival{Verdict: Delivered}, nil
}

// neighbour follows traffic on a network to the port that has the address.
func neighbour(tx *store.Tx, networkID string, t Traffic) (Arrival, error) {
	p, ok, err := portAt(tx, networkID, t.To)
	if err != nil || !ok {
		return Arrival{}, err
	}
	if p.DeviceOwner == "network:router_interface" {
		return Arrival{Verdict: Delivered, PortID: p.ID, Device: p.DeviceID}, nil
	}
	return arrive(tx, p, t)
}

// arrive says whether a port takes traffic.
func arrive(tx *store.Tx, p port, t Traffic) (Arrival, error) {
	a := Arrival{Verdict: Dropped, PortID: p.ID, Device: p.DeviceID}
	n, err := store.Get[network](tx, p.NetworkID)
	if err != nil {
		return Arrival{}, ignoreMissing(err)
	}
	if !p.AdminStateUp || !n.AdminStateUp {
		return a, nil
	}
	ok, err := allowed(tx, p, "ingress", t.From, t)
	if ok {
		a.Verdict = Delivered
	}
	return a, err
}

// allowed says whether a port's security groups let traffic through; peer is the other end.
func allowed(tx *store.Tx, p port, direction string, peer netip.Addr, t Traffic) (bool, error) {
	if !p.PortSecurity {
		return true, nil
	}
	rules, err := store.List[securityRule](tx, store.By("group", p.SecurityGroups...))
	if err != nil {
		return false, err
	}
	for _, r := range rules {
		if r.Direction != direction || (r.EtherType == "IPv4") != peer.Is4() || !r.covers(t) {
			continue
		}
		ok, err := r.concerns(tx, peer)
		if err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// covers says whether the rule is about this protocol and port.
func (r *securityRule) covers(t Traffic) bool {
	if r.Protocol == "" || r.Protocol == "any" || r.Protocol == "0" {
		return true
	}
	if want, _ := protocolNumber(t.Protocol); r.Protocol != t.Protocol && r.Protocol != strconv.Itoa(want) {
		return false
	}
	if r.PortMin == nil || t.Protocol == "icmp" {
		return true
	}
	last := r.PortMin
	if r.PortMax != nil {
		last = r.PortMax
	}
	return int64(t.Port) >= *r.PortMin && int64(t.Port) <= *last
}

// concerns says whether the rule is about this peer: any, one of a prefix, or a member of a group.
func (r *securityRule) concerns(tx *store.Tx, peer netip.Addr) (bool, error) {
	switch {
	case r.RemoteGroup != "":
		ports, err := store.List[port](tx, store.By("group", r.RemoteGroup))
		if err != nil {
			return false, err
		}
		for _, p := range ports {
			for _, f := range p.FixedIPs {
				if f.IP == peer.String() {
					return true, nil
				}
			}
		}
		return false, nil
	case r.RemoteAddressGroup != "":
		g, err := store.Get[addressGroup](tx, r.RemoteAddressGroup)
		if err != nil {
			return false, ignoreMissing(err)
		}
		for _, a := range g.Addresses {
			if prefix, err := netip.ParsePrefix(a); err == nil && prefix.Contains(peer) {
				return true, nil
			}
		}
		return false, nil
	case r.RemotePrefix != "":
		prefix, err := netip.ParsePrefix(r.RemotePrefix)
		return err == nil && prefix.Contains(peer), nil
	}
	return true, nil
}

// portAt finds the port of a network that has an address.
func portAt(tx *store.Tx, networkID string, ip netip.Addr) (port, bool, error) {
	ports, err := store.List[port](tx, store.By("network", networkID))
	if err != nil {
		return port{}, false, err
	}
	for _, p := range ports {
		for _, f := range p.FixedIPs {
			if f.IP == ip.String() {
				return p, true, nil
			}
		}
	}
	return port{}, false, nil
}

// ignoreMissing makes what is gone in the middle of a way a way that leads nowhere.
func ignoreMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// Link is what a server sees of one of its ports.
type Link struct {
	PortID, MAC string
	MTU         int
	Address     netip.Prefix // the zero value when it has none
	Gateway     netip.Addr   // the zero value when there is none
}

// Links are a server's ports with their first addresses, the oldest first.
func Links(tx *store.Tx, device string) ([]Link, error) {
	ports, err := store.List[port](tx, store.By("device", device))
	if err != nil {
		return nil, err
	}
	all := make([]Link, len(ports))
	for i, p := range ports {
		n, err := store.Get[network](tx, p.NetworkID)
		if err != nil {
			return nil, err
		}
		all[i] = Link{PortID: p.ID, MAC: p.MAC, MTU: n.MTU}
		if len(p.FixedIPs) == 0 {
			continue
		}
		s, err := store.Get[subnet](tx, p.FixedIPs[0].SubnetID)
		if err != nil {
			return nil, err
		}
		if ip, err := netip.ParseAddr(p.FixedIPs[0].IP); err == nil {
			all[i].Address = netip.PrefixFrom(ip, s.prefix().Bits())
		}
		if gateway, err := netip.ParseAddr(s.Gateway); err == nil {
			all[i].Gateway = gateway
		}
	}
	return all, nil
}
