package subnets

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/rest"
)

// Pool is a range of addresses.
type Pool struct {
	Start string `lua:"start,required" json:"start" doc:"First address."`
	End   string `lua:"end,required" json:"end" doc:"Last address."`
}

// UnmarshalText takes "10.8.0.2-10.8.0.99".
func (p *Pool) UnmarshalText(text []byte) error {
	start, end, ok := strings.Cut(string(text), "-")
	if !ok {
		return fmt.Errorf("want a range of addresses (10.8.0.2-10.8.0.99), got %q", text)
	}
	p.Start, p.End = strings.TrimSpace(start), strings.TrimSpace(end)
	return nil
}

// Route is a way to a network.
type Route struct {
	Destination string `lua:"destination,required" json:"destination" doc:"Network it leads to: \"10.1.0.0/16\"."`
	NextHop     string `lua:"nexthop,required" json:"nexthop" doc:"Address of the router to send packets for it to."`
}

// UnmarshalText takes "10.1.0.0/16 via 10.8.0.5".
func (r *Route) UnmarshalText(text []byte) error {
	var err error
	r.Destination, r.NextHop, err = rest.Route(string(text))
	return err
}

// refuse makes the error for an argument that cannot be right.
func refuse(op, path, format string, args ...any) *errs.Error {
	e := errs.New(errs.BadArgument, format, args...)
	e.Op = op + "." + path
	return e
}

// check looks at the source of the addresses, and sets ip_version where the cidr tells it.
func (s *source) check(op string) error {
	if s.CIDR == "" {
		if !s.SubnetPool.Given() && !s.DefaultPool.Value {
			e := errs.New(errs.BadArgument, `missing option "cidr"`).
				WithHint(`write cidr = "10.8.0.0/24", or take the addresses from a pool: subnetpool = ...`)
			e.Op = op
			return e
		}
		if s.IPVersion == 0 {
			s.IPVersion = 4
		}
		return nil
	}
	p, err := netip.ParsePrefix(s.CIDR)
	if err != nil {
		return refuse(op, "cidr", "%q is no network in CIDR form", s.CIDR).WithHint("%s", cidrHint(s.CIDR))
	}
	version := 6
	if p.Addr().Is4() {
		version = 4
	}
	switch s.IPVersion {
	case 0:
		s.IPVersion = version
	case version:
	default:
		return refuse(op, "ip_version", "%s is IPv%d, not IPv%d", s.CIDR, version, s.IPVersion).
			WithHint("leave ip_version out: the cidr tells it")
	}
	return nil
}

// cidrHint says what a network in CIDR form would look like, as near to what was given as can be.
func cidrHint(s string) string {
	addr, bits, ok := strings.Cut(s, "/")
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return "write an address and a prefix length: 10.8.0.0/24"
	}
	usual := addr + "/24"
	if a.Is6() {
		usual = addr + "/64"
	}
	if !ok {
		return "add the prefix length: " + usual
	}
	if n, err := strconv.Atoi(bits); err == nil && (n < 0 || n > a.BitLen()) {
		return fmt.Sprintf("the prefix length goes from 0 to %d: %s", a.BitLen(), usual)
	}
	if _, err := netip.ParseAddr(bits); err == nil {
		return "write the netmask as a prefix length: " + usual
	}
	return "the prefix length is a number of bits: " + usual
}

// check looks at the addresses among the settings. version is 4 or 6, or 0 when it is not known.
func (s *settings) check(op string, version int) error {
	if s.GatewayIP.Set && !s.GatewayIP.Null {
		if err := address(op, "gateway_ip", s.GatewayIP.Value, version); err != nil {
			return err.WithHint("write an address of the cidr, or false for no gateway")
		}
	}
	for i, dns := range s.DNSNameservers {
		// Name servers may be of the other version.
		if err := address(op, fmt.Sprintf("dns_nameservers[%d]", i+1), dns, 0); err != nil {
			return err.WithHint("write the name server's address, not its name: 8.8.8.8")
		}
	}
	for i, p := range s.Pools {
		path := fmt.Sprintf("allocation_pools[%d]", i+1)
		if err := address(op, path+".start", p.Start, version); err != nil {
			return err
		}
		if err := address(op, path+".end", p.End, version); err != nil {
			return err
		}
		start, end := netip.MustParseAddr(p.Start), netip.MustParseAddr(p.End)
		if end.Less(start) {
			return refuse(op, path, "it ends (%s) before it starts (%s)", p.End, p.Start).WithHint("write the lower address first")
		}
	}
	for i, r := range s.Routes {
		path := fmt.Sprintf("host_routes[%d]", i+1)
		if _, err := netip.ParsePrefix(r.Destination); err != nil {
			return refuse(op, path+".destination", "%q is no network in CIDR form", r.Destination).WithHint("%s", cidrHint(r.Destination))
		}
		if err := address(op, path+".nexthop", r.NextHop, version); err != nil {
			return err
		}
	}
	return nil
}

func address(op, path, s string, version int) *errs.Error {
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil:
		return refuse(op, path, "%q is no IP address", s).WithHint("write an address: 10.8.0.1")
	case version == 4 && !a.Is4():
		return refuse(op, path, "%s is an IPv6 address, but the subnet is IPv4", s)
	case version == 6 && a.Is4():
		return refuse(op, path, "%s is an IPv4 address, but the subnet is IPv6", s)
	}
	return nil
}
