package topology

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/oslua/oslua/internal/term"
)

// The measures of the SVG, in its units.
const (
	svgMargin = 24
	svgBar    = 14
	svgHead   = 84 // room for the networks' names above the bars
	svgBoxW   = 176
	svgEmpty  = 210 // from one bar to the next where there are no boxes
	svgStep   = 14  // what heights are multiples of
)

// svgColors are the networks' colours; they are told apart in print too.
func svgColor(i int) string {
	return []string{"#0a7ea4", "#d97706", "#7c3aed", "#15803d", "#be123c", "#4d5b9e", "#a16207", "#0f766e"}[i%8]
}

// SVG draws the picture as a dashboard does: networks as bars from top to bottom, routers and servers between them, and
// on each wire the address it has there.
func SVG(d Data, o Options) string {
	g := build(d, o)
	s := &svg{graph: g, columns: max(1, len(g.networks))}
	s.layColumns()
	s.networksAndNodes()
	s.looseNodes()
	return s.document()
}

type svg struct {
	*graph
	columns int
	lefts   []int      // where each network has its bar, and where the picture ends
	wired   int        // the length of a wire
	used    [][][2]int // by column: from and to of what is there
	height  int
	barEnd  int // how far down the networks' bars go
	wires   strings.Builder
	shapes  strings.Builder
}

// layColumns gives each network a place: a wide one where boxes stand right of it.
func (s *svg) layColumns() {
	s.wired = s.wireLength()
	x := svgMargin
	for i := range s.columns {
		s.lefts = append(s.lefts, x)
		boxes := len(s.networks) == 0 || len(s.leaves[i]) > 0 || slices.ContainsFunc(s.nodes, func(n *node) bool { return n.top() == i })
		if boxes {
			x += svgBar + svgBoxW + 2*s.wired
		} else {
			x += svgEmpty
		}
	}
	if n := s.columns - 1; n >= 0 && len(s.networks) > 0 {
		// The last one's right wires lead nowhere.
		x = max(x-s.wired, s.lefts[n]+svgEmpty)
	}
	s.lefts = append(s.lefts, x)
}

// room is how wide the heading of a network may be.
func (s *svg) room(net int) int { return s.lefts[net+1] - s.lefts[net] - 16 }

// wireLength is room for the longest address beside a box.
func (s *svg) wireLength() int {
	longest := 0
	see := func(addresses []string) {
		for _, a := range addresses {
			longest = max(longest, len(a))
		}
	}
	for _, n := range s.nodes {
		for _, l := range n.links {
			see(l.addresses)
		}
	}
	for _, leaves := range s.leaves {
		for _, l := range leaves {
			see(l.addresses)
		}
	}
	return min(max(80, 7*longest+16), 260)
}

func (s *svg) x(net int) int { return s.lefts[net] }

// free finds the first height at which all columns from a to b have room.
func (s *svg) free(a, b, height int) int {
	for len(s.used) < s.columns+1 {
		s.used = append(s.used, nil)
	}
	y := svgHead + svgStep
	for {
		again := false
		for c := a; c <= b; c++ {
			for _, u := range s.used[c] {
				if y < u[1] && u[0] < y+height {
					y, again = u[1], true
				}
			}
		}
		if !again {
			break
		}
	}
	for c := a; c <= b; c++ {
		s.used[c] = append(s.used[c], [2]int{y, y + height + svgStep})
	}
	s.height = max(s.height, y+height)
	return y
}

// networksAndNodes puts everything at its place.
func (s *svg) networksAndNodes() {
	for _, n := range s.nodes {
		s.node(n)
	}
	for i, leaves := range s.leaves {
		for _, l := range leaves {
			s.leaf(i, l)
		}
	}
}

// node draws a router, or a server on several networks: right of its first network.
func (s *svg) node(n *node) {
	lines := []string{s.words.word(n.kind)}
	if n.status != "" && n.status != "ACTIVE" {
		lines[0] += " · " + n.status
	}
	for _, f := range n.floating {
		lines = append(lines, "⇄ "+f)
	}
	left, right := n.links[:1], n.links[1:]
	rows := max(wireRows(left), wireRows(right))
	height := max(34+16*len(lines), 30*rows+8)
	y := s.free(n.top(), max(n.top(), n.bottom()-1), height)
	x := s.boxX(n.top())
	s.box(n.kind, x, y, height, n.name, lines, n.isNew)
	at := y + height/2 - 15*(wireRows(left)-1)
	s.wire(left[0], x, at, false)
	at = y + height/2 - 15*(wireRows(right)-1)
	for _, l := range right {
		s.wire(l, x+svgBoxW, at, true)
		at += 30 * max(1, len(l.addresses))
	}
}

func wireRows(links []link) int {
	n := 0
	for _, l := range links {
		n += max(1, len(l.addresses))
	}
	return n
}

func (s *svg) boxX(net int) int { return s.x(net) + svgBar + s.wired }

// wire draws a line from a box to a network, with its addresses at the network's end.
func (s *svg) wire(l link, x, y int, toRight bool) {
	end, anchor, text := s.x(l.net)+svgBar, "start", s.x(l.net)+svgBar+6
	if toRight {
		end, anchor, text = s.x(l.net), "end", s.x(l.net)-6
	}
	class := "wire"
	if l.isNew {
		class = "wire new"
	}
	fmt.Fprintf(&s.wires, `<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s"/>`+"\n", class, x, y, end, y, svgColor(l.net))
	for i, a := range l.addresses {
		// Long ones go above, one over the other; the first is nearest to the line.
		fmt.Fprintf(&s.shapes, `<text class="address" x="%d" y="%d" text-anchor="%s">%s</text>`+"\n", text, y-4-13*i, anchor, escape(a))
	}
}

func (s *svg) leaf(net int, l leaf) {
	x := s.boxX(net)
	name := l.name
	var lines []string
	switch l.kind {
	case "server":
		lines = append(lines, s.words.server)
		if l.status != "" && l.status != "ACTIVE" {
			lines[0] += " · " + l.status
		}
	case "floating":
		name = s.words.floating
	case "dhcp":
		name = s.words.dhcp
	default:
		lines = append(lines, s.words.port)
	}
	for _, f := range l.floating {
		lines = append(lines, "⇄ "+f)
	}
	height := max(30+16*len(lines), 13*len(l.addresses)+12)
	y := s.free(net, net, height)
	s.box(l.kind, x, y, height, name, lines, l.isNew)
	s.wire(link{net, l.addresses, l.isNew}, x, y+height/2, false)
}

// box draws a thing: what it is can be told by its shape and not by colour alone.
func (s *svg) box(kind string, x, y, height int, name string, lines []string, isNew bool) {
	class, round := kind, 6
	if kind == "router" {
		round = 17
	}
	if isNew {
		class += " new"
	}
	fmt.Fprintf(&s.shapes, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="%d"/>`+"\n", class, x, y, svgBoxW, height, round)
	top := y + (height-16*len(lines))/2 + 4
	if len(lines) > 0 {
		top = y + (height-16*(len(lines)+1))/2 + 13
	}
	icon := map[string]string{"router": "⊕", "server": "▣", "port": "◦", "dhcp": "◦", "floating": "⇄"}[kind]
	fmt.Fprintf(&s.shapes, `<text class="name" x="%d" y="%d"><title>%s</title>%s</text>`+"\n", x+12, top, escape(name), escape(icon+" "+cut(name, 20)))
	for i, l := range lines {
		fmt.Fprintf(&s.shapes, `<text class="kind" x="%d" y="%d">%s</text>`+"\n", x+12, top+16*(i+1), escape(cut(l, 24)))
	}
	if isNew {
		fmt.Fprintf(&s.shapes, `<text class="star" x="%d" y="%d">★</text>`+"\n", x+svgBoxW-16, y+16)
	}
}

// looseNodes are below everything.
func (s *svg) looseNodes() {
	s.barEnd = max(s.height, svgHead+60) + svgStep
	y := s.barEnd + 2*svgStep
	for i, n := range s.loose {
		x := svgMargin + i%s.columns*(svgBoxW+svgStep)
		at := y + i/s.columns*(66+svgStep)
		s.box(n.kind, x, at, 62, n.name, []string{s.words.word(n.kind), s.words.loose}, n.isNew)
		s.height = max(s.height, at+62)
	}
}

// document puts the parts together: wires lie under bars, so that one that only passes a network goes behind it.
func (s *svg) document() string {
	bottom := max(s.height, svgHead+60) + svgStep
	foot := 0
	anyNew := slices.ContainsFunc(s.nodes, func(n *node) bool { return n.isNew }) || strings.Contains(s.shapes.String(), "★") || len(s.isNew) > 0
	if anyNew {
		foot = 24
	}
	width := svgMargin + s.lefts[s.columns]
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="'Noto Sans KR','Noto Sans CJK KR','Apple SD Gothic Neo','Malgun Gothic',system-ui,'DejaVu Sans',sans-serif">
`, width, bottom+foot+svgMargin/2, width, bottom+foot+svgMargin/2)
	b.WriteString(`<style>
.name{font-size:13px;font-weight:600;fill:#1f2937}.kind{font-size:11px;fill:#6b7280}.address{font-size:11px;fill:#374151}
.net{font-size:14px;font-weight:700}.cidr{font-size:12px;fill:#374151}.wire{stroke-width:2}.wire.new{stroke-width:4}
rect.router{fill:#eff6ff;stroke:#2563eb;stroke-width:1.5}rect.server{fill:#f9fafb;stroke:#4b5563;stroke-width:1.5}
rect.port,rect.dhcp,rect.floating{fill:#fff;stroke:#9ca3af;stroke-dasharray:4 3}
rect.new{fill:#fef9c3;stroke:#ca8a04;stroke-width:2.5}.star{font-size:13px;fill:#ca8a04}
</style>
<rect width="100%" height="100%" fill="#fff"/>
`)
	b.WriteString(s.wires.String())
	for i, n := range s.networks {
		x := s.x(i)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="4" fill="%s"/>`+"\n", x, svgHead-10, svgBar, s.barEnd-svgHead+10, svgColor(i))
		name := label(n.Name, n.ID)
		tail := ""
		if n.External {
			tail += " · " + s.words.external
		}
		if n.Shared {
			tail += " · " + s.words.shared
		}
		if n.Status != "" && n.Status != "ACTIVE" {
			tail += " · " + n.Status
		}
		if s.isNew[n.ID] {
			tail += " ★"
		}
		room := s.room(i) * 10 / 84
		fmt.Fprintf(&b, `<text class="net" x="%d" y="%d" fill="%s"><title>%s</title>%s</text>`+"\n", x, 30, svgColor(i), escape(name+" "+n.ID),
			escape(cut(name, room-term.StringWidth(tail))+tail))
		for k, line := range s.subnetLines(n) {
			fmt.Fprintf(&b, `<text class="cidr" x="%d" y="%d">%s</text>`+"\n", x, 48+15*k, escape(cut(line, s.room(i)*10/72)))
		}
	}
	b.WriteString(s.shapes.String())
	if len(s.networks) == 0 && len(s.loose) == 0 {
		fmt.Fprintf(&b, `<text class="name" x="%d" y="40">%s</text>`+"\n", svgMargin, escape(s.words.empty))
	}
	if anyNew {
		fmt.Fprintf(&b, `<text class="kind" x="%d" y="%d"><tspan class="star">★</tspan> %s</text>`+"\n", svgMargin, bottom+foot, escape(s.words.new))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// subnetLines are two at the most.
func (s *svg) subnetLines(n Network) []string {
	if n.Hidden && len(n.Subnets) == 0 {
		return nil
	}
	if len(n.Subnets) == 0 {
		return []string{s.words.noSubnet}
	}
	var lines []string
	for i, sub := range n.Subnets {
		if i == 1 && len(n.Subnets) > 2 {
			lines = append(lines, fmt.Sprintf("+%d", len(n.Subnets)-1))
			break
		}
		line := strings.TrimSpace(sub.CIDR + " " + clean(sub.Name))
		if s.isNew[sub.ID] && !s.isNew[n.ID] {
			line += " ★"
		}
		lines = append(lines, line)
	}
	return lines
}

// escape makes XML text, without what XML has no place for.
func escape(s string) string { return html.EscapeString(strings.ToValidUTF8(clean(s), "")) }
