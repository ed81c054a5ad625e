// Package topology draws a project's networks: as text for a terminal, as SVG, and as the sources of Mermaid and
// Graphviz pictures. It knows no cloud: a picture depends on its data alone, so the same data give the same picture.
package topology

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
)

// Data is what a picture shows.
type Data struct {
	Networks    []Network    `json:"networks"`
	Routers     []Router     `json:"routers"`
	Servers     []Server     `json:"servers"`
	Ports       []Port       `json:"ports"` // those of neither routers nor servers
	FloatingIPs []FloatingIP `json:"floating_ips"`
}

// Network is a wire.
type Network struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Status   string   `json:"status,omitempty"`
	External bool     `json:"external"`
	Shared   bool     `json:"shared"`
	Subnets  []Subnet `json:"subnets"`
	Hidden   bool     `json:"hidden,omitempty"` // it has subnets that may not be seen: those of external networks are their owner's
}

// Subnet is addresses of a network.
type Subnet struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CIDR      string `json:"cidr"`
	GatewayIP string `json:"gateway_ip,omitempty"`
}

// Router joins networks.
type Router struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Status     string      `json:"status,omitempty"`
	Gateway    *Interface  `json:"gateway,omitempty"` // to its external network
	Interfaces []Interface `json:"interfaces"`
}

// Server is a computer on one network or several.
type Server struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Status     string      `json:"status,omitempty"`
	Interfaces []Interface `json:"interfaces"`
}

// Interface is where a router or a server is plugged in.
type Interface struct {
	PortID    string   `json:"port_id,omitempty"`
	NetworkID string   `json:"network_id"`
	Addresses []string `json:"addresses"`
}

// Port is a socket of a network with something else in it, or nothing.
type Port struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	NetworkID   string   `json:"network_id"`
	Addresses   []string `json:"addresses"`
	DeviceOwner string   `json:"device_owner,omitempty"`
}

// FloatingIP is an address of an external network that leads to a port, or to nothing yet.
type FloatingIP struct {
	ID        string `json:"id"`
	Address   string `json:"address"`
	NetworkID string `json:"network_id"`
	PortID    string `json:"port_id,omitempty"`
	Status    string `json:"status,omitempty"`
}

// Item names one thing of a Data.
type Item struct {
	Kind string `json:"kind"` // "network", "subnet", "router", "server", "port", "floating_ip"
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Items lists everything there is in the data, interfaces of routers and servers as "port".
func (d Data) Items() []Item {
	var items []Item
	for _, n := range d.Networks {
		items = append(items, Item{"network", n.ID, n.Name})
		for _, s := range n.Subnets {
			items = append(items, Item{"subnet", s.ID, s.Name})
		}
	}
	interfaces := func(all []Interface) {
		for _, i := range all {
			if i.PortID != "" {
				items = append(items, Item{"port", i.PortID, strings.Join(i.Addresses, ", ")})
			}
		}
	}
	for _, r := range d.Routers {
		items = append(items, Item{"router", r.ID, r.Name})
		interfaces(r.Interfaces)
	}
	for _, s := range d.Servers {
		items = append(items, Item{"server", s.ID, s.Name})
		interfaces(s.Interfaces)
	}
	for _, p := range d.Ports {
		items = append(items, Item{"port", p.ID, p.Name})
	}
	for _, f := range d.FloatingIPs {
		items = append(items, Item{"floating_ip", f.ID, f.Address})
	}
	return items
}

// Diff is what one picture has and another has not.
type Diff struct {
	Added   []Item `json:"added"`
	Removed []Item `json:"removed"`
	Changed []Item `json:"changed"` // routers and floating IPs that lead elsewhere now
}

// Compare tells what changed between two moments.
func Compare(before, after Data) Diff {
	d := Diff{Added: []Item{}, Removed: []Item{}, Changed: []Item{}}
	missing := func(from, in Data) []Item {
		have := map[string]bool{}
		for _, i := range in.Items() {
			have[i.ID] = true
		}
		return slices.DeleteFunc(from.Items(), func(i Item) bool { return have[i.ID] })
	}
	d.Added = append(d.Added, missing(after, before)...)
	d.Removed = append(d.Removed, missing(before, after)...)
	for _, r := range after.Routers {
		for _, old := range before.Routers {
			if old.ID == r.ID && gatewayOf(old) != gatewayOf(r) {
				d.Changed = append(d.Changed, Item{"router", r.ID, r.Name})
			}
		}
	}
	for _, f := range after.FloatingIPs {
		for _, old := range before.FloatingIPs {
			if old.ID == f.ID && old.PortID != f.PortID {
				d.Changed = append(d.Changed, Item{"floating_ip", f.ID, f.Address})
			}
		}
	}
	return d
}

func gatewayOf(r Router) string {
	if r.Gateway == nil {
		return ""
	}
	return r.Gateway.NetworkID
}

// Options say how a picture is drawn.
type Options struct {
	Width     int      // columns of the terminal, for Text; 80 when 0
	Color     bool     // escape sequences, for Text
	Highlight []string // IDs of what stands out
	Language  string   // "ko" for Korean; else English
}

// words are what a picture says by itself.
type words struct{ external, shared, noSubnet, router, server, port, dhcp, loose, unassigned, floating, new, empty string }

func wordsIn(language string) words {
	if language == "ko" {
		return words{"외부", "공유", "서브넷 없음", "라우터", "서버", "포트", "DHCP", "연결되지 않음", "할당되지 않은 유동 IP", "유동 IP", "방금 만들어짐", "네트워크가 없습니다."}
	}
	return words{"external", "shared", "no subnet", "router", "server", "port", "DHCP", "not connected", "floating IP, not assigned", "floating IP", "just made", "There are no networks."}
}

// link is one end of a wire.
type link struct {
	net       int // index among the networks in their order
	addresses []string
	isNew     bool
}

// node is a router or a server.
type node struct {
	kind, id, name, status string
	links                  []link // by network, in their order
	floating               []string
	isNew                  bool
}

func (n *node) top() int    { return n.links[0].net }
func (n *node) bottom() int { return n.links[len(n.links)-1].net }

// label is the name, or the beginning of the ID where there is none.
func label(name, id string) string {
	if name = clean(name); name != "" {
		return name
	}
	return "(" + id[:min(8, len(id))] + ")"
}

// clean takes what would break a line or a terminal out of a name.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// leaf is what hangs on one network only.
type leaf struct {
	kind, name, status string
	addresses          []string
	floating           []string
	isNew              bool
}

// graph is Data in the order it is drawn.
type graph struct {
	words    words
	networks []Network
	isNew    map[string]bool
	nodes    []*node  // routers, and servers on several networks
	leaves   [][]leaf // of each network
	loose    []*node  // on no network
}

func build(d Data, o Options) *graph {
	g := &graph{words: wordsIn(o.Language), isNew: map[string]bool{}}
	for _, id := range o.Highlight {
		g.isNew[id] = true
	}
	d = sorted(d)
	g.networks = order(d)
	at := map[string]int{}
	for i, n := range g.networks {
		at[n.ID] = i
	}
	g.leaves = make([][]leaf, len(g.networks))
	floating := map[string][]string{}
	newFloating := map[string]bool{}
	for _, f := range d.FloatingIPs {
		if f.PortID != "" {
			floating[f.PortID] = append(floating[f.PortID], f.Address)
			newFloating[f.PortID] = newFloating[f.PortID] || g.isNew[f.ID]
		}
	}
	links := func(all []Interface) (out []link, fips []string) {
		for _, i := range all {
			n, ok := at[i.NetworkID]
			if !ok {
				continue
			}
			fips = append(fips, floating[i.PortID]...)
			fresh := g.isNew[i.PortID] || newFloating[i.PortID]
			if k := slices.IndexFunc(out, func(l link) bool { return l.net == n }); k >= 0 {
				out[k].addresses = append(out[k].addresses, i.Addresses...)
				out[k].isNew = out[k].isNew || fresh
				continue
			}
			out = append(out, link{n, slices.Clone(i.Addresses), fresh})
		}
		slices.SortStableFunc(out, func(a, b link) int { return a.net - b.net })
		return out, fips
	}
	for _, r := range d.Routers {
		all := r.Interfaces
		if r.Gateway != nil {
			all = append([]Interface{*r.Gateway}, all...)
		}
		n := &node{kind: "router", id: r.ID, name: label(r.Name, r.ID), status: r.Status, isNew: g.isNew[r.ID]}
		n.links, _ = links(all)
		g.add(n)
	}
	for _, s := range d.Servers {
		n := &node{kind: "server", id: s.ID, name: label(s.Name, s.ID), status: s.Status, isNew: g.isNew[s.ID]}
		n.links, n.floating = links(s.Interfaces)
		if len(n.links) == 1 {
			l := n.links[0]
			g.leaves[l.net] = append(g.leaves[l.net], leaf{"server", n.name, n.status, l.addresses, n.floating, n.isNew || l.isNew})
			continue
		}
		g.add(n)
	}
	for _, p := range d.Ports {
		n, ok := at[p.NetworkID]
		if !ok {
			continue
		}
		l := leaf{"port", label(p.Name, p.ID), "", p.Addresses, floating[p.ID], g.isNew[p.ID] || newFloating[p.ID]}
		switch {
		case p.DeviceOwner == "network:dhcp":
			l.kind, l.name = "dhcp", ""
		case p.DeviceOwner != "":
			l.name += " (" + clean(p.DeviceOwner) + ")"
		}
		g.leaves[n] = append(g.leaves[n], l)
	}
	for _, f := range d.FloatingIPs {
		if n, ok := at[f.NetworkID]; ok && f.PortID == "" {
			g.leaves[n] = append(g.leaves[n], leaf{"floating", "", "", []string{f.Address}, nil, g.isNew[f.ID]})
		}
	}
	slices.SortStableFunc(g.nodes, func(a, b *node) int {
		return cmp.Or(a.top()-b.top(), strings.Compare(a.kind, b.kind), a.bottom()-b.bottom())
	})
	return g
}

func (g *graph) add(n *node) {
	if len(n.links) == 0 {
		g.loose = append(g.loose, n)
		return
	}
	g.nodes = append(g.nodes, n)
}

// word names a kind.
func (w words) word(kind string) string {
	switch kind {
	case "router":
		return w.router
	case "server":
		return w.server
	case "port":
		return w.port
	case "dhcp":
		return w.dhcp
	}
	return w.unassigned
}

// sorted gives a copy whose lists have an order that a cloud's mood does not change.
func sorted(d Data) Data {
	byName := func(a, b, idA, idB string) int { return cmp.Or(strings.Compare(a, b), strings.Compare(idA, idB)) }
	d.Networks, d.Routers, d.Servers = slices.Clone(d.Networks), slices.Clone(d.Routers), slices.Clone(d.Servers)
	d.Ports, d.FloatingIPs = slices.Clone(d.Ports), slices.Clone(d.FloatingIPs)
	slices.SortFunc(d.Networks, func(a, b Network) int { return byName(a.Name, b.Name, a.ID, b.ID) })
	for i, n := range d.Networks {
		n.Subnets = slices.Clone(n.Subnets)
		slices.SortFunc(n.Subnets, func(a, b Subnet) int { return cmp.Or(compareAddress(a.CIDR, b.CIDR), strings.Compare(a.ID, b.ID)) })
		d.Networks[i] = n
	}
	interfaces := func(all []Interface) []Interface {
		all = slices.Clone(all)
		slices.SortFunc(all, func(a, b Interface) int {
			return cmp.Or(compareAddress(first(a.Addresses), first(b.Addresses)), strings.Compare(a.PortID, b.PortID))
		})
		return all
	}
	slices.SortFunc(d.Routers, func(a, b Router) int { return byName(a.Name, b.Name, a.ID, b.ID) })
	for i := range d.Routers {
		d.Routers[i].Interfaces = interfaces(d.Routers[i].Interfaces)
	}
	slices.SortFunc(d.Servers, func(a, b Server) int { return byName(a.Name, b.Name, a.ID, b.ID) })
	for i := range d.Servers {
		d.Servers[i].Interfaces = interfaces(d.Servers[i].Interfaces)
	}
	slices.SortFunc(d.Ports, func(a, b Port) int {
		return cmp.Or(compareAddress(first(a.Addresses), first(b.Addresses)), byName(a.Name, b.Name, a.ID, b.ID))
	})
	slices.SortFunc(d.FloatingIPs, func(a, b FloatingIP) int {
		return cmp.Or(compareAddress(a.Address, b.Address), strings.Compare(a.ID, b.ID))
	})
	return d
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// compareAddress compares addresses and prefixes as numbers: 10.0.0.9 comes before 10.0.0.10.
func compareAddress(a, b string) int {
	parse := func(s string) netip.Addr {
		s, _, _ = strings.Cut(s, "/")
		addr, _ := netip.ParseAddr(s) //nolint:errcheck // what is none comes first
		return addr
	}
	return cmp.Or(parse(a).Compare(parse(b)), strings.Compare(a, b))
}

// order puts the networks in the order of the picture: an external one, then those that its routers lead to, nearest
// first, and so on; what is joined to nothing comes last, but for external networks, whose place is at the top.
func order(d Data) []Network {
	byID := map[string]Network{}
	for _, n := range d.Networks {
		byID[n.ID] = n
	}
	nets := func(r Router) (ids []string) {
		if r.Gateway != nil {
			ids = append(ids, r.Gateway.NetworkID)
		}
		for _, i := range r.Interfaces {
			ids = append(ids, i.NetworkID)
		}
		return ids
	}
	joined := map[string]bool{}
	var joints [][]string
	add := func(ids []string) {
		joints = append(joints, ids)
		for _, id := range ids {
			joined[id] = true
		}
	}
	for _, r := range d.Routers {
		add(nets(r))
	}
	for _, s := range d.Servers {
		if len(s.Interfaces) > 1 {
			var ids []string
			for _, i := range s.Interfaces {
				ids = append(ids, i.NetworkID)
			}
			add(ids)
		}
	}
	var out []Network
	seen := map[string]bool{}
	visit := func(id string) {
		for queue := []string{id}; len(queue) > 0; queue = queue[1:] {
			n, known := byID[queue[0]]
			if !known || seen[n.ID] {
				continue
			}
			seen[n.ID] = true
			out = append(out, n)
			for _, ids := range joints {
				if slices.Contains(ids, n.ID) {
					queue = append(queue, ids...)
				}
			}
		}
	}
	for _, pick := range []func(Network) bool{
		func(n Network) bool { return n.External && !joined[n.ID] },
		func(n Network) bool { return n.External },
		func(n Network) bool { return joined[n.ID] },
		func(Network) bool { return true },
	} {
		for _, n := range d.Networks {
			if pick(n) {
				visit(n.ID)
			}
		}
	}
	return out
}
