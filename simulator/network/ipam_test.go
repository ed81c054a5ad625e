package network

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"testing"
)

func addr(s string) netip.Addr {
	if s == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(s)
}

func TestParseCIDR(t *testing.T) {
	for in, want := range map[string]string{
		"10.8.0.0/24": "10.8.0.0/24", "10.8.0.7/24": "10.8.0.7/24", "10.8.0.0/255.255.255.0": "10.8.0.0/24",
		"10.8.0.0": "10.8.0.0/32", "10/8": "10.0.0.0/8", "fd00::/64": "fd00::/64", "::1": "::1/128",
		"10.8.0.0/33": "", "banana": "", "": "", "10.8.0.0/-1": "", "10.8.0.0/255.0.255.0": "", "1.2.3.4.5/8": "", "fe80::1%eth0/64": "",
	} {
		got, ok := parseCIDR(in)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("parseCIDR(%q) = %v, %v; want %q", in, got, ok, want)
		}
	}
}

func TestDefaultPools(t *testing.T) {
	tests := []struct{ cidr, gateway, want string }{
		{"10.8.0.0/24", "10.8.0.1", "[10.8.0.2-10.8.0.254]"},
		{"10.8.0.0/24", "10.8.0.254", "[10.8.0.1-10.8.0.253]"},
		{"10.8.0.0/24", "10.8.0.100", "[10.8.0.1-10.8.0.99 10.8.0.101-10.8.0.254]"},
		{"10.8.0.0/24", "", "[10.8.0.1-10.8.0.254]"},
		{"10.8.0.0/24", "192.0.2.1", "[10.8.0.1-10.8.0.254]"},
		{"10.8.0.0/30", "10.8.0.1", "[10.8.0.2-10.8.0.2]"},
		{"10.8.0.0/31", "10.8.0.0", "[10.8.0.1-10.8.0.1]"},
		{"10.8.0.9/32", "", "[10.8.0.9-10.8.0.9]"},
		{"fd00::/64", "fd00::1", "[fd00::2-fd00::ffff:ffff:ffff:ffff]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(defaultPools(netip.MustParsePrefix(tt.cidr), addr(tt.gateway))); got != tt.want {
			t.Errorf("defaultPools(%s, %s) = %s, want %s", tt.cidr, tt.gateway, got, tt.want)
		}
	}
}

func TestHostOf(t *testing.T) {
	tests := []struct {
		cidr, ip string
		router   bool
		want     bool
	}{
		{"10.8.0.0/24", "10.8.0.0", false, false}, {"10.8.0.0/24", "10.8.0.255", false, false},
		{"10.8.0.0/24", "10.8.0.9", false, true}, {"10.8.0.0/24", "10.9.0.9", false, false},
		{"fd00::/64", "fd00::", false, false}, {"fd00::/64", "fd00::", true, true}, {"fd00::/64", "10.8.0.1", true, false},
	}
	for _, tt := range tests {
		if got := hostOf(netip.MustParsePrefix(tt.cidr), addr(tt.ip), tt.router); got != tt.want {
			t.Errorf("hostOf(%s, %s, %v) = %v", tt.cidr, tt.ip, tt.router, got)
		}
	}
}

func TestEUI64(t *testing.T) {
	mac, _ := net.ParseMAC("fa:16:3e:45:4b:58")
	got, ok := eui64(netip.MustParsePrefix("fd00:1::/64"), mac)
	if !ok || got.String() != "fd00:1::f816:3eff:fe45:4b58" || !isEUI64(got) {
		t.Errorf("eui64 = %v, %v", got, ok)
	}
	if isEUI64(addr("fd00::5")) {
		t.Error("fd00::5 is no EUI-64 address")
	}
}

// Whatever is taken and wherever it begins, pick gives a free address of a pool, each once, until none is left.
func TestPickExhausts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		prefix := netip.MustParsePrefix("10.0.0.0/28")
		gateway := addr(fmt.Sprintf("10.0.0.%d", r.IntN(16)))
		pools := defaultPools(prefix, gateway)
		used := map[netip.Addr]bool{}
		total := 0
		for _, p := range pools {
			for a := p.first; a.Compare(p.last) <= 0; a = a.Next() {
				if r.IntN(3) == 0 {
					used[a] = true
				} else {
					total++
				}
			}
		}
		after := addr(fmt.Sprintf("10.0.0.%d", r.IntN(16)))
		if r.IntN(4) == 0 {
			after = netip.Addr{}
		}
		for i := 0; ; i++ {
			a, err := pick(pools, after, func(a netip.Addr) (bool, error) { return used[a], nil })
			if err != nil {
				t.Fatal(err)
			}
			if !a.IsValid() {
				if i != total {
					t.Fatalf("gave up after %d of %d (pools %v, after %v)", i, total, pools, after)
				}
				break
			}
			if used[a] || !slices.ContainsFunc(pools, func(p span) bool { return p.contains(a) }) {
				t.Fatalf("picked %v: used %v, pools %v", a, used[a], pools)
			}
			used[a], after = true, a
		}
	}
}

func TestSubtract(t *testing.T) {
	tests := []struct{ have, taken, want string }{
		{"10.0.0.0/8", "", "[10.0.0.0/8]"},
		{"10.0.0.0/24", "10.0.0.0/26", "[10.0.0.64/26 10.0.0.128/25]"},
		{"10.0.0.0/24", "10.0.0.0/16", "[]"},
		{"10.0.0.0/25,10.0.0.128/25", "", "[10.0.0.0/24]"},
		{"fd00::/48", "fd00::/49", "[fd00:0:0:8000::/49]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(subtract(prefixes(tt.have), prefixes(tt.taken))); got != tt.want {
			t.Errorf("subtract(%s, %s) = %s, want %s", tt.have, tt.taken, got, tt.want)
		}
	}
}

func prefixes(s string) []netip.Prefix {
	var all []netip.Prefix
	for p := range splitSeq(s) {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

func FuzzParseCIDR(f *testing.F) {
	for _, s := range []string{"10.8.0.0/24", "banana", "::/0", "10/8", "1.2.3.4/255.255.0.0", "fe80::%1/64"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := parseCIDR(s)
		if !ok {
			return
		}
		if !p.IsValid() {
			t.Fatalf("%q gave an invalid prefix", s)
		}
		u := usable(p)
		if !p.Masked().Contains(u.first) || !p.Masked().Contains(u.last) {
			t.Fatalf("%q: %v outside", s, u)
		}
		for _, pool := range defaultPools(p, u.first) {
			if pool.last.Less(pool.first) {
				t.Fatalf("%q: pool %v is empty", s, pool)
			}
		}
	})
}
