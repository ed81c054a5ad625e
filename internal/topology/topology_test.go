package topology

import (
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oslua/oslua/internal/term"
)

var update = flag.Bool("update", false, "write the golden files")

// chain has n private networks, each behind a router on the public one.
func chain(n int) Data {
	d := Data{Networks: []Network{{ID: "ext", Name: "public", External: true, Status: "ACTIVE", Subnets: []Subnet{{ID: "ext4", Name: "public-subnet", CIDR: "172.24.4.0/24"}}}}}
	for i := range n {
		id := fmt.Sprintf("n%02d", i)
		d.Networks = append(d.Networks, Network{ID: id, Name: fmt.Sprintf("net-%02d", i), Status: "ACTIVE",
			Subnets: []Subnet{{ID: "s" + id, Name: "net-sub", CIDR: fmt.Sprintf("10.%d.0.0/24", i)}}})
		if i%2 == 0 {
			d.Routers = append(d.Routers, Router{ID: "r" + id, Name: fmt.Sprintf("router-%02d", i), Status: "ACTIVE",
				Gateway:    &Interface{NetworkID: "ext", Addresses: []string{fmt.Sprintf("172.24.4.%d", 10+i)}},
				Interfaces: []Interface{{PortID: "p" + id, NetworkID: id, Addresses: []string{fmt.Sprintf("10.%d.0.1", i)}}}})
		} else if i > 1 {
			d.Routers[len(d.Routers)-1].Interfaces = append(d.Routers[len(d.Routers)-1].Interfaces,
				Interface{PortID: "p" + id, NetworkID: id, Addresses: []string{fmt.Sprintf("10.%d.0.1", i)}})
		}
	}
	return d
}

// pictures are the clouds that are drawn.
func pictures() map[string]Data {
	seed := Data{
		Networks: []Network{
			{ID: "priv", Name: "private", Status: "ACTIVE", Subnets: []Subnet{{ID: "s4", Name: "private-subnet", CIDR: "10.0.0.0/26"}}},
			{ID: "ext", Name: "public", External: true, Status: "ACTIVE", Subnets: []Subnet{{ID: "e4", Name: "public-subnet", CIDR: "172.24.4.0/24"}}},
		},
		Routers: []Router{{ID: "r1", Name: "router1", Status: "ACTIVE",
			Gateway:    &Interface{NetworkID: "ext", Addresses: []string{"172.24.4.121"}},
			Interfaces: []Interface{{PortID: "p1", NetworkID: "priv", Addresses: []string{"10.0.0.1"}}}}},
	}
	lab := seed
	lab.Networks = append(lab.Networks[:2:2], Network{ID: "lab", Name: "private_10.8.0.0", Status: "ACTIVE", Subnets: []Subnet{{ID: "l4", Name: "private_10.8.0.0-subnet", CIDR: "10.8.0.0/24"}}})
	lab.Routers = append(lab.Routers[:1:1], Router{ID: "r2", Name: "router_10.8.0.0", Status: "ACTIVE",
		Gateway:    &Interface{NetworkID: "ext", Addresses: []string{"172.24.4.17"}},
		Interfaces: []Interface{{PortID: "p2", NetworkID: "lab", Addresses: []string{"10.8.0.1"}}}})
	lab.Servers = []Server{
		{ID: "v1", Name: "ubuntu20", Status: "ACTIVE", Interfaces: []Interface{{PortID: "vp1", NetworkID: "lab", Addresses: []string{"10.8.0.15"}}}},
		{ID: "v2", Name: "cirros", Status: "BUILD", Interfaces: []Interface{{PortID: "vp2", NetworkID: "lab", Addresses: []string{"10.8.0.9"}}}},
	}
	lab.Ports = []Port{{ID: "d1", NetworkID: "lab", Addresses: []string{"10.8.0.2"}, DeviceOwner: "network:dhcp"}, {ID: "spare123456", NetworkID: "priv", Addresses: []string{"10.0.0.33"}}}
	lab.FloatingIPs = []FloatingIP{{ID: "f1", Address: "172.24.4.30", NetworkID: "ext", PortID: "vp1"}, {ID: "f2", Address: "172.24.4.31", NetworkID: "ext"}}

	korean := Data{
		Networks: []Network{
			{ID: "ext", Name: "외부망", External: true, Status: "ACTIVE", Subnets: []Subnet{{ID: "e4", Name: "외부-서브넷", CIDR: "172.24.4.0/24"}}},
			{ID: "a", Name: "웹서버망", Status: "ACTIVE", Subnets: []Subnet{{ID: "a4", Name: "웹", CIDR: "10.1.0.0/24"}, {ID: "a6", Name: "웹6", CIDR: "2001:db8:1::/64"}}},
			{ID: "b", Name: "데이터베이스망", Status: "ACTIVE", Shared: true, Subnets: []Subnet{{ID: "b4", Name: "디비", CIDR: "10.2.0.0/24"}}},
		},
		Routers: []Router{{ID: "r", Name: "정문라우터", Status: "ACTIVE",
			Gateway:    &Interface{NetworkID: "ext", Addresses: []string{"172.24.4.5"}},
			Interfaces: []Interface{{PortID: "p1", NetworkID: "a", Addresses: []string{"10.1.0.1", "2001:db8:1::1"}}}}},
		Servers: []Server{
			{ID: "s1", Name: "웹서버", Status: "ACTIVE", Interfaces: []Interface{
				{PortID: "q1", NetworkID: "a", Addresses: []string{"10.1.0.10"}}, {PortID: "q2", NetworkID: "b", Addresses: []string{"10.2.0.10"}}}},
			{ID: "s2", Name: "디비", Status: "ACTIVE", Interfaces: []Interface{{PortID: "q3", NetworkID: "b", Addresses: []string{"10.2.0.20"}}}},
		},
		FloatingIPs: []FloatingIP{{ID: "f", Address: "172.24.4.40", NetworkID: "ext", PortID: "q1"}},
	}
	noRouter := Data{Networks: []Network{{ID: "n", Name: "blue", Status: "ACTIVE"}}, Routers: []Router{{ID: "r", Name: "alone", Status: "ACTIVE"}}}
	noGateway := seed
	noGateway.Routers = []Router{seed.Routers[0]}
	noGateway.Routers[0].Gateway = nil
	through := seed // one router on three networks
	through.Networks = append(seed.Networks[:2:2], Network{ID: "x", Name: "office", Status: "ACTIVE", Subnets: []Subnet{{ID: "x4", CIDR: "10.3.0.0/24"}}})
	through.Routers = []Router{seed.Routers[0]}
	through.Routers[0].Interfaces = append(seed.Routers[0].Interfaces[:1:1], Interface{PortID: "p9", NetworkID: "x", Addresses: []string{"10.3.0.1"}})
	return map[string]Data{
		"empty": {}, "one": {Networks: []Network{{ID: "n", Name: "blue", Status: "ACTIVE", Subnets: []Subnet{{ID: "s", Name: "blue-v4", CIDR: "10.8.0.0/24"}}}}},
		"seed": seed, "lab": lab, "korean": korean, "no-router": noRouter, "no-gateway": noGateway, "through": through, "five": chain(4), "thirty": chain(29),
	}
}

func options(name string, width int) Options {
	o := Options{Width: width}
	switch name {
	case "lab":
		o.Highlight = []string{"lab", "l4", "r2", "p2", "v1", "f2"}
	case "korean":
		o.Language = "ko"
	}
	return o
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

func TestText(t *testing.T) {
	for name, d := range pictures() {
		for _, width := range []int{80, 120} {
			got := Text(d, options(name, width))
			golden(t, fmt.Sprintf("%s-%d.txt", name, width), got)
			for line := range strings.Lines(got) {
				if w := term.StringWidth(strings.TrimSuffix(line, "\n")); w > width {
					t.Errorf("%s at %d: a line of %d columns: %s", name, width, w, line)
				}
			}
		}
	}
}

func TestFiles(t *testing.T) {
	for name, d := range pictures() {
		o := options(name, 0)
		got := SVG(d, o)
		golden(t, name+".svg", got)
		if err := xml.Unmarshal([]byte(got), new(any)); err != nil {
			t.Errorf("%s.svg: %v", name, err)
		}
		if name == "lab" || name == "korean" || name == "empty" {
			golden(t, name+".mmd", Mermaid(d, o))
			golden(t, name+".dot", DOT(d, o))
		}
	}
}

// The same cloud listed in another order is the same picture, and the data are left as they were.
func TestOrderDoesNotMatter(t *testing.T) {
	for name, d := range pictures() {
		before := fmt.Sprint(d)
		want := Text(d, options(name, 100)) + SVG(d, options(name, 100))
		if fmt.Sprint(d) != before {
			t.Errorf("%s: drawing changed the data", name)
		}
		slices.Reverse(d.Networks)
		slices.Reverse(d.Routers)
		slices.Reverse(d.Servers)
		slices.Reverse(d.Ports)
		slices.Reverse(d.FloatingIPs)
		if got := Text(d, options(name, 100)) + SVG(d, options(name, 100)); got != want {
			t.Errorf("%s: in another order it is another picture", name)
		}
	}
}

func TestColorChangesNoText(t *testing.T) {
	for name, d := range pictures() {
		o := options(name, 80)
		want := Text(d, o)
		o.Color = true
		got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(Text(d, o), "")
		if got != want {
			t.Errorf("%s: in colour it is\n%s\nwithout\n%s", name, got, want)
		}
	}
}

func TestNamesThatBreakThings(t *testing.T) {
	d := Data{Networks: []Network{{ID: "n1", Name: "a\nb\x1b[2J <script>\"&"}}}
	if text := Text(d, Options{}); strings.ContainsAny(text, "\x1b") || strings.Count(text, "\n") != 1 {
		t.Errorf("text %q", text)
	}
	if svg := SVG(d, Options{}); strings.Contains(svg, "<script>") || xml.Unmarshal([]byte(svg), new(any)) != nil {
		t.Errorf("svg %s", svg)
	}
	if m := Mermaid(d, Options{}); strings.Contains(m, "<script>") {
		t.Errorf("mermaid %s", m)
	}
}

func TestCompare(t *testing.T) {
	p := pictures()
	got := Compare(p["seed"], p["lab"])
	var names []string
	for _, i := range got.Added {
		names = append(names, i.Kind+" "+i.ID)
	}
	want := "network lab, subnet l4, router r2, port p2, server v1, port vp1, server v2, port vp2, port d1, port spare123456, floating_ip f1, floating_ip f2"
	if s := strings.Join(names, ", "); s != want || len(got.Removed) != 0 {
		t.Errorf("added %s, removed %v", s, got.Removed)
	}
	if got := Compare(p["seed"], p["no-gateway"]); len(got.Changed) != 1 || got.Changed[0].ID != "r1" {
		t.Errorf("a gateway lost: %+v", got)
	}
}
