package network

import (
	"math/big"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// span is an inclusive range of addresses of one family.
type span struct{ first, last netip.Addr }

func (s span) contains(a netip.Addr) bool {
	return a.Is4() == s.first.Is4() && s.first.Compare(a) <= 0 && a.Compare(s.last) <= 0
}

func (s span) overlaps(o span) bool {
	return s.first.Is4() == o.first.Is4() && s.first.Compare(o.last) <= 0 && o.first.Compare(s.last) <= 0
}

func (s span) String() string { return s.first.String() + "-" + s.last.String() }

// size is the number of addresses in the span.
func (s span) size() *big.Int {
	a, b := s.first.As16(), s.last.As16()
	n := new(big.Int).Sub(new(big.Int).SetBytes(b[:]), new(big.Int).SetBytes(a[:]))
	return n.Add(n, big.NewInt(1))
}

// parseAddr reads an address as Neutron stores it: no zone, an IPv4-mapped address stays IPv6.
func parseAddr(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return a, true
}

// parseCIDR reads what netaddr takes as a network: an address with a prefix length or a netmask, an address alone
// (one host), an IPv4 address cut short ("10" is 10.0.0.0). Host bits are kept.
func parseCIDR(s string) (netip.Prefix, bool) {
	text, mask, hasMask := strings.Cut(s, "/")
	a, ok := parseAddr(text)
	if !ok {
		if a, ok = shortIPv4(text); !ok {
			return netip.Prefix{}, false
		}
	}
	bits := a.BitLen()
	if hasMask {
		n, err := strconv.Atoi(mask)
		if err != nil {
			m, ok := parseAddr(mask)
			if !ok || m.BitLen() != a.BitLen() {
				return netip.Prefix{}, false
			}
			ones, size := net.IPMask(m.AsSlice()).Size()
			if size == 0 {
				return netip.Prefix{}, false
			}
			n = ones
		}
		if n < 0 || n > bits {
			return netip.Prefix{}, false
		}
		bits = n
	}
	return netip.PrefixFrom(a, bits), true
}

func shortIPv4(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 || s == "" {
		return netip.Addr{}, false
	}
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	return parseAddr(strings.Join(parts, "."))
}

// lastAddr is a network's highest address.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// usable is the part of a network that pools may cover.
func usable(p netip.Prefix) span {
	first, last := p.Masked().Addr(), lastAddr(p)
	switch {
	case first == last:
	case first.Is4() && p.Bits() <= 30:
		first, last = first.Next(), last.Prev()
	case first.Is6():
		first = first.Next()
	}
	return span{first, last}
}

// defaultPools are the pools a subnet gets when none are asked for: all of it but the gateway.
func defaultPools(p netip.Prefix, gateway netip.Addr) []span {
	all := usable(p)
	if !gateway.IsValid() || !all.contains(gateway) || p.IsSingleIP() {
		return []span{all}
	}
	var pools []span
	if all.first.Less(gateway) {
		pools = append(pools, span{all.first, gateway.Prev()})
	}
	if gateway.Less(all.last) {
		pools = append(pools, span{gateway.Next(), all.last})
	}
	return pools
}

// hostOf says whether a port may have an address on a network: in it, and neither its own nor its broadcast address.
// A router's port may have an IPv6 network's own address (the subnet-router anycast).
func hostOf(p netip.Prefix, a netip.Addr, router bool) bool {
	if !p.Masked().Contains(a) {
		return false
	}
	if a.Is4() {
		return a != p.Masked().Addr() && a != lastAddr(p)
	}
	return router || a != p.Masked().Addr()
}

// eui64 is the address a host with a MAC gives itself on a /64.
func eui64(p netip.Prefix, mac net.HardwareAddr) (netip.Addr, bool) {
	if p.Addr().Is4() || p.Bits() > 64 || len(mac) != 6 {
		return netip.Addr{}, false
	}
	b := p.Masked().Addr().As16()
	copy(b[8:], []byte{mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]})
	return netip.AddrFrom16(b), true
}

// isEUI64 says whether an address looks like one made from a MAC.
func isEUI64(a netip.Addr) bool {
	b := a.As16()
	return a.Is6() && b[11] == 0xff && b[12] == 0xfe
}

// pick gives the first free address of the pools after the one handed out last, beginning anew at the end; the zero
// address when all are taken. Addresses so come back into use as late as they can.
func pick(pools []span, after netip.Addr, taken func(netip.Addr) (bool, error)) (netip.Addr, error) {
	start := 0
	for i, p := range pools {
		if after.IsValid() && p.contains(after) {
			start = i
		}
	}
	try := func(s span) (netip.Addr, error) {
		for a := s.first; a.IsValid() && a.Compare(s.last) <= 0; a = a.Next() {
			used, err := taken(a)
			if err != nil || !used {
				return a, err
			}
		}
		return netip.Addr{}, nil
	}
	for i := range len(pools) + 1 {
		p := pools[(start+i)%max(1, len(pools))]
		switch {
		case i == 0 && after.IsValid() && p.contains(after):
			if after == p.last {
				continue
			}
			p.first = after.Next()
		case i == len(pools) && (!after.IsValid() || !p.contains(after)):
			continue // it was searched whole in the first round
		case i == len(pools):
			p.last = after
		}
		if a, err := try(p); err != nil || a.IsValid() {
			return a, err
		}
	}
	return netip.Addr{}, nil
}

// subtract is what of the prefixes is not covered by taken, as aligned networks, the smallest first.
func subtract(prefixes, taken []netip.Prefix) []netip.Prefix {
	var free []netip.Prefix
	var cut func(p netip.Prefix)
	cut = func(p netip.Prefix) {
		hit := false
		for _, t := range taken {
			if t.Bits() <= p.Bits() && t.Contains(p.Addr()) {
				return
			}
			hit = hit || p.Overlaps(t)
		}
		if !hit {
			free = append(free, p)
			return
		}
		low := netip.PrefixFrom(p.Addr(), p.Bits()+1)
		cut(low)
		next := lastAddr(low).Next()
		cut(netip.PrefixFrom(next, p.Bits()+1))
	}
	for _, p := range prefixes {
		cut(p.Masked())
	}
	free = compact(free)
	slices.SortStableFunc(free, func(a, b netip.Prefix) int {
		if a.Bits() != b.Bits() {
			return b.Bits() - a.Bits()
		}
		return a.Addr().Compare(b.Addr())
	})
	return free
}

// compact joins neighbours and drops what is covered by another, in order of address.
func compact(all []netip.Prefix) []netip.Prefix {
	all = slices.Clone(all)
	for i := range all {
		all[i] = all[i].Masked()
	}
	for {
		slices.SortFunc(all, func(a, b netip.Prefix) int {
			if c := a.Addr().Compare(b.Addr()); c != 0 {
				return c
			}
			return a.Bits() - b.Bits()
		})
		out := all[:0:0]
		changed := false
		for _, p := range all {
			if n := len(out); n > 0 {
				last := out[n-1]
				if last.Addr().Is4() == p.Addr().Is4() && last.Bits() <= p.Bits() && last.Contains(p.Addr()) {
					changed = true
					continue
				}
				if last.Bits() == p.Bits() && p.Bits() > 0 && last.Addr().Is4() == p.Addr().Is4() {
					if up := netip.PrefixFrom(last.Addr(), p.Bits()-1).Masked(); up.Addr() == last.Addr() && up.Contains(p.Addr()) {
						out[n-1] = up
						changed = true
						continue
					}
				}
			}
			out = append(out, p)
		}
		all = out
		if !changed {
			return all
		}
	}
}
