package topology

import (
	"fmt"
	"strings"
)

// point is a node of a picture that another program lays out.
type point struct {
	id, kind string
	lines    []string
	isNew    bool
}

// edge joins a node to a network.
type edge struct {
	from, to, label string
	isNew           bool
}

// flat is the graph as points and edges.
func (g *graph) flat() (points []point, edges []edge) {
	for i, n := range g.networks {
		p := point{id: fmt.Sprintf("n%d", i), kind: "network", lines: []string{label(n.Name, n.ID)}, isNew: g.isNew[n.ID]}
		if n.External {
			p.kind = "external"
		}
		for _, s := range n.Subnets {
			p.lines = append(p.lines, s.CIDR)
		}
		points = append(points, p)
	}
	nodes := append(append([]*node{}, g.nodes...), g.loose...)
	for i, n := range nodes {
		p := point{id: fmt.Sprintf("d%d", i), kind: n.kind, lines: []string{n.name}, isNew: n.isNew}
		for _, f := range n.floating {
			p.lines = append(p.lines, "⇄ "+f)
		}
		points = append(points, p)
		for _, l := range n.links {
			e := edge{from: fmt.Sprintf("n%d", l.net), to: p.id, label: strings.Join(l.addresses, ", "), isNew: l.isNew}
			if l.net != n.top() { // the wider network stays on the left
				e.from, e.to = e.to, e.from
			}
			edges = append(edges, e)
		}
	}
	for net, leaves := range g.leaves {
		for k, l := range leaves {
			p := point{id: fmt.Sprintf("l%d_%d", net, k), kind: l.kind, isNew: l.isNew}
			switch l.kind {
			case "server", "port":
				p.lines = []string{l.name}
			default:
				p.lines = []string{g.words.word(l.kind)}
			}
			for _, f := range l.floating {
				p.lines = append(p.lines, "⇄ "+f)
			}
			points = append(points, p)
			edges = append(edges, edge{fmt.Sprintf("n%d", net), p.id, strings.Join(l.addresses, ", "), l.isNew})
		}
	}
	return points, edges
}

// Mermaid gives the picture as a flowchart of Mermaid, which many web pages draw.
func Mermaid(d Data, o Options) string {
	points, edges := build(d, o).flat()
	quote := strings.NewReplacer(`"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "#", "#35;", "`", "#96;")
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for _, p := range points {
		lines := make([]string, len(p.lines))
		for i, l := range p.lines {
			lines[i] = quote.Replace(l)
		}
		text := `"` + strings.Join(lines, "<br/>") + `"`
		shape := "[" + text + "]"
		switch p.kind {
		case "network", "external":
			shape = "[[" + text + "]]"
		case "router":
			shape = "{{" + text + "}}"
		case "port", "dhcp", "floating":
			shape = "(" + text + ")"
		}
		class := p.kind
		if p.isNew {
			class = "new"
		}
		fmt.Fprintf(&b, "  %s%s:::%s\n", p.id, shape, class)
	}
	for _, e := range edges {
		line := "---"
		if e.isNew {
			line = "==="
		}
		if e.label != "" {
			line += `|"` + quote.Replace(e.label) + `"|`
		}
		fmt.Fprintf(&b, "  %s %s %s\n", e.from, line, e.to)
	}
	b.WriteString(`  classDef external fill:#cffafe,stroke:#0a7ea4
  classDef network fill:#fef3c7,stroke:#d97706
  classDef router fill:#eff6ff,stroke:#2563eb
  classDef server fill:#f9fafb,stroke:#4b5563
  classDef port stroke-dasharray:4 3
  classDef dhcp stroke-dasharray:4 3
  classDef floating stroke-dasharray:4 3
  classDef new fill:#fef9c3,stroke:#ca8a04,stroke-width:3px
`)
	return b.String()
}

// DOT gives the picture in the language of Graphviz.
func DOT(d Data, o Options) string {
	points, edges := build(d, o).flat()
	quote := strings.NewReplacer(`"`, `\"`, `\`, `\\`)
	var b strings.Builder
	b.WriteString("graph topology {\n  rankdir=LR; node [fontname=\"sans-serif\", style=filled, fillcolor=white]; edge [fontname=\"sans-serif\", fontsize=10];\n")
	for _, p := range points {
		lines := make([]string, len(p.lines))
		for i, l := range p.lines {
			lines[i] = quote.Replace(l)
		}
		shape, color := "box", "#f9fafb"
		switch p.kind {
		case "external":
			shape, color = "cylinder", "#cffafe"
		case "network":
			shape, color = "cylinder", "#fef3c7"
		case "router":
			shape, color = "hexagon", "#eff6ff"
		case "port", "dhcp", "floating":
			shape, color = "ellipse", "#ffffff"
		}
		if p.isNew {
			color = "#fde047"
		}
		fmt.Fprintf(&b, "  %s [shape=%s, fillcolor=%q, label=\"%s\"];\n", p.id, shape, color, strings.Join(lines, `\n`))
	}
	for _, e := range edges {
		style := ""
		if e.isNew {
			style = ", penwidth=3"
		}
		fmt.Fprintf(&b, "  %s -- %s [label=\"%s\"%s];\n", e.from, e.to, quote.Replace(e.label), style)
	}
	b.WriteString("}\n")
	return b.String()
}
