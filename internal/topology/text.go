package topology

import (
	"fmt"
	"slices"
	"strings"

	"github.com/oslua/oslua/internal/term"
)

const (
	indent  = 3   // where what hangs on a network begins
	spacing = 2   // between boxes
	newMark = "★" // beside what is highlighted
)

// Text draws the picture for a terminal: networks as lines from left to right, what is on one network below it, and what
// joins networks in boxes at the right. Where there is no room for boxes, names stand at both ends of a wire.
func Text(d Data, o Options) string {
	if o.Width <= 0 {
		o.Width = 80
	}
	o.Width = max(o.Width, 40)
	g := build(d, o)
	if len(g.networks) == 0 && len(g.loose) == 0 {
		return g.words.empty + "\n"
	}
	t := &drawing{graph: g, width: o.Width}
	if !t.boxes() {
		t = &drawing{graph: g, width: o.Width}
		t.wires()
	}
	t.footer()
	return t.c.text(o.Color)
}

// drawing is a picture being made.
type drawing struct {
	*graph
	width int
	c     canvas
	row   int // where the next line comes
}

// The styles of cells.
const (
	plainStyle = ""
	newStyle   = "1;32"
	faintStyle = "2"
)

// netStyle is the colour of a network.
func netStyle(i int) string {
	return []string{"1;36", "1;33", "1;35", "1;34", "1;32", "1;31"}[i%6]
}

// leafTexts is what hangs on a network, in words; the addresses take a number of columns at the least.
func (t *drawing) leafTexts(net, widest int) []string {
	leaves := t.leaves[net]
	rows := make([]string, len(leaves))
	for _, l := range leaves {
		widest = max(widest, term.StringWidth(strings.Join(l.addresses, ", ")))
	}
	for i, l := range leaves {
		addresses := strings.Join(l.addresses, ", ")
		if addresses == "" {
			addresses = "-"
		}
		text := term.Pad(addresses, min(widest, 32)) + "  "
		switch l.kind {
		case "server":
			text += l.name
			if l.status != "" && l.status != "ACTIVE" {
				text += " [" + clean(l.status) + "]"
			}
		case "port":
			text += t.words.port + " " + l.name
		default:
			text += t.words.word(l.kind)
		}
		for _, f := range l.floating {
			text += "  ⇄ " + f
		}
		if l.isNew {
			text += " " + newMark
		}
		rows[i] = text
	}
	return rows
}

// title is what stands on a network's line, as long as there is room; with none it is the shortest that says all.
func (t *drawing) title(net, room int) string {
	n := t.networks[net]
	head := label(n.Name, n.ID)
	if t.isNew[n.ID] {
		head += " " + newMark
	}
	tail := ""
	if n.External {
		tail = "  " + t.words.external
	}
	if n.Shared {
		tail += "  " + t.words.shared
	}
	if n.Status != "" && n.Status != "ACTIVE" {
		tail += "  [" + clean(n.Status) + "]"
	}
	var short, long []string
	for _, s := range n.Subnets {
		mark := ""
		if t.isNew[s.ID] && !t.isNew[n.ID] {
			mark = " " + newMark
		}
		short = append(short, s.CIDR+mark)
		long = append(long, strings.TrimSpace(s.CIDR+" "+clean(s.Name))+mark)
	}
	if len(n.Subnets) == 0 {
		none := t.words.noSubnet
		if n.Hidden {
			none, tail = "", strings.TrimPrefix(tail, "  ")
		}
		short, long = []string{none}, []string{none}
	}
	for _, middle := range []string{strings.Join(long, ", "), strings.Join(short, ", ")} {
		if text := head + "  " + middle + tail; term.StringWidth(text) <= room {
			return text
		}
	}
	text := head + "  " + short[0]
	if len(short) > 1 {
		text += fmt.Sprintf(" +%d", len(short)-1)
	}
	if room <= 0 {
		return text + tail
	}
	return cut(text+tail, room)
}

// line draws a network from end to end.
func (t *drawing) line(net int, title string) {
	bar := "━"
	if t.networks[net].External {
		bar = "═"
	}
	style := netStyle(net)
	t.c.put(t.row, 0, strings.Repeat(bar, t.width), style)
	t.c.put(t.row, indent-1, " "+title+" ", style)
}

// knot joins a wire to a network's line, or leads it across.
func (t *drawing) knot(n *node, net, x int) {
	linked := slices.ContainsFunc(n.links, func(l link) bool { return l.net == net })
	if !linked {
		t.c.put(t.row, x-1, " │ ", plainStyle)
		return
	}
	up, down := net > n.top(), net < n.bottom() || net == n.top()
	glyphs := "┷┯┿"
	if t.networks[net].External {
		glyphs = "╧╤╪"
	}
	k := 0
	switch {
	case up && down:
		k = 2
	case down:
		k = 1
	}
	t.c.merge(t.row, x, string([]rune(glyphs)[k]), netStyle(net))
}

func (n *node) at(net int) (link, bool) {
	i := slices.IndexFunc(n.links, func(l link) bool { return l.net == net })
	if i < 0 {
		return link{}, false
	}
	return n.links[i], true
}

// box is a node with its place.
type box struct {
	*node
	lines []string
	width int // of the frame
	left  int
	x     int // of the wire
	right int // with the addresses
}

// last is the last gap below a network that the node is in.
func (b *box) last() int { return max(b.top(), b.bottom()-1) }

func (t *drawing) newBox(n *node) *box {
	b := &box{node: n}
	name := cut(n.name, 24)
	if n.isNew {
		name += " " + newMark
	}
	kind := t.words.word(n.kind)
	if n.status != "" && n.status != "ACTIVE" {
		kind += " [" + clean(n.status) + "]"
	}
	b.lines = []string{name, kind}
	for _, f := range n.floating {
		b.lines = append(b.lines, "⇄ "+f)
	}
	for _, l := range b.lines {
		b.width = max(b.width, term.StringWidth(l)+4)
	}
	return b
}

// place sets the box's columns.
func (b *box) place(left int) {
	b.left = left
	b.x = left + b.width/2
	b.right = left + b.width
	for _, l := range b.links {
		for _, a := range l.addresses {
			b.right = max(b.right, b.x+2+term.StringWidth(a)+marks(l))
		}
	}
}

func marks(l link) int {
	if l.isNew {
		return 2
	}
	return 0
}

// conflicts reports whether two boxes, their wires or the addresses beside these would touch.
func (b *box) conflicts(o *box) bool {
	if b.top() > o.last() || o.top() > b.last() {
		return false // they share no gap
	}
	near := func(from, to, from2, to2, space int) bool { return from < to2+space && from2 < to+space }
	switch {
	case near(b.x, b.right, o.x, o.right, spacing):
		return true
	case b.top() == o.top():
		return near(b.left, b.left+b.width, o.left, o.left+o.width, 1)
	case b.top() > o.top():
		return near(b.left, b.left+b.width, o.x, o.right, 1)
	}
	return near(b.x, b.right, o.left, o.left+o.width, 1)
}

// fitting is how hard it is tried to find room for boxes.
type fitting int

const (
	roomy   fitting = iota // all right of everything else, titles at their longest
	tidy                   // all right of everything else
	tight                  // right of what stands beside them
	stacked                // below what hangs on the network; only the wires go beside it
)

// boxes draws with boxes; false when there is no room for them.
func (t *drawing) boxes() bool {
	leaves := make([][]string, len(t.networks))
	hanging, titles := make([]int, len(t.networks)), make([]int, len(t.networks)) // where leaves and titles end
	for i := range t.networks {
		leaves[i] = t.leafTexts(i, 0)
		for _, text := range leaves[i] {
			hanging[i] = max(hanging[i], indent+3+term.StringWidth(text))
		}
	}
	var boxes []*box
	fit := roomy
	for ; fit <= stacked; fit++ {
		for i := range t.networks {
			titles[i] = indent + term.StringWidth(t.title(i, 0))
			if fit == roomy {
				titles[i] = indent + term.StringWidth(t.title(i, t.width))
			}
		}
		var ok bool
		if boxes, ok = t.arrange(fit, hanging, titles); ok {
			break
		}
	}
	if fit > stacked {
		return false
	}
	// A wide terminal needs no lines that lead nowhere.
	right := 60
	for i := range t.networks {
		right = max(right, hanging[i], titles[i]+3)
	}
	for _, b := range boxes {
		right = max(right, b.left+b.width+2, b.right+2)
	}
	t.width = min(t.width, right)
	for i := range t.networks {
		room := t.width - 2
		for _, b := range boxes {
			if i >= b.top() && i <= b.bottom() {
				room = min(room, b.x-3)
			}
		}
		t.line(i, t.title(i, room-indent))
		for _, b := range boxes {
			if i >= b.top() && i <= b.bottom() {
				t.knot(b.node, i, b.x)
			}
		}
		t.row++
		t.gap(i, leaves[i], boxes, fit)
	}
	return true
}

// arrange finds each box a place.
func (t *drawing) arrange(fit fitting, hanging, titles []int) ([]*box, bool) {
	start := 0
	if fit <= tidy {
		for i := range t.networks {
			start = max(start, hanging[i]+3, titles[i]+3)
		}
	}
	var boxes []*box
	for _, n := range t.nodes {
		b := t.newBox(n)
		free := func(left, start int) bool {
			if b.place(left); left < start {
				return false
			}
			for i := b.top(); i <= b.bottom(); i++ {
				if b.x < titles[i]+3 {
					return false
				}
			}
			for i := b.top(); i <= b.last(); i++ {
				if b.x < hanging[i]+spacing {
					return false
				}
			}
			if fit != stacked && left < hanging[b.top()]+spacing {
				return false
			}
			return !slices.ContainsFunc(boxes, b.conflicts)
		}
		// Straight below the box above looks best.
		k := slices.IndexFunc(boxes, func(o *box) bool { return o.bottom() == b.top() && free(o.x-b.width/2, 0) })
		for left := 0; k < 0 && !free(left, start); left++ {
			if b.place(left); max(b.right, left+b.width) > t.width {
				return nil, false
			}
		}
		if max(b.right, b.left+b.width) > t.width {
			return nil, false
		}
		boxes = append(boxes, b)
	}
	return boxes, true
}

// gap draws what is between a network and the next.
func (t *drawing) gap(net int, leaves []string, boxes []*box, fit fitting) {
	height, under := len(leaves), 0
	if fit == stacked {
		under = len(leaves)
	}
	if net < len(t.networks)-1 {
		height = max(height, 1)
	}
	for _, b := range boxes {
		if net < b.top() || net > b.last() {
			continue
		}
		need := 0
		if net == b.top() {
			l, _ := b.at(net)
			need = max(1, len(l.addresses), under) + len(b.lines) + 2
		}
		if net < b.bottom() {
			l, _ := b.at(net + 1)
			need += max(1, len(l.addresses))
		}
		height = max(height, need)
	}
	for i, text := range leaves {
		branch := "├─ "
		if i == len(leaves)-1 {
			branch = "└─ "
		}
		t.c.put(t.row+i, indent, branch, plainStyle)
		t.c.put(t.row+i, indent+3, text, styleOf(text))
	}
	for _, b := range boxes {
		if net >= b.top() && net <= b.last() {
			t.drop(b, net, height, under)
		}
	}
	t.row += height
}

func styleOf(text string) string {
	if strings.HasSuffix(text, newMark) {
		return newStyle
	}
	return plainStyle
}

// drop draws a box, or its wire, in a gap; the box comes under that many rows.
func (t *drawing) drop(b *box, net, height, under int) {
	from := t.row
	end := t.row + height
	if net == b.top() {
		l, _ := b.at(net)
		n := max(1, len(l.addresses), under)
		for i := range n {
			t.c.put(from+i, b.x, "│", plainStyle)
		}
		t.addresses(from, b.x, l)
		t.frame(b, from+n)
		from += n + len(b.lines) + 2
		if b.bottom() == net {
			return
		}
	}
	for r := from; r < end; r++ {
		t.c.put(r, b.x, "│", plainStyle)
	}
	if l, ok := b.at(net + 1); ok {
		t.addresses(end-len(l.addresses), b.x, l)
	}
}

func (t *drawing) addresses(row, x int, l link) {
	for i, a := range l.addresses {
		style := plainStyle
		if l.isNew {
			a += " " + newMark
			style = newStyle
		}
		t.c.put(row+i, x+2, a, style)
	}
}

func (t *drawing) frame(b *box, row int) {
	style := plainStyle
	if b.isNew {
		style = newStyle
	}
	edge := func(l, r, joint string, joined bool) string {
		cells := []rune(l + strings.Repeat("─", b.width-2) + r)
		if joined {
			cells[b.width/2] = []rune(joint)[0]
		}
		return string(cells)
	}
	t.c.put(row, b.left, edge("┌", "┐", "┴", true), style)
	for i, l := range b.lines {
		t.c.put(row+1+i, b.left, "│ "+term.Pad(l, b.width-4)+" │", style)
		if i > 0 {
			t.c.put(row+1+i, b.left+2, l, faintIfPlain(style))
		}
	}
	t.c.put(row+1+len(b.lines), b.left, edge("└", "┘", "┬", b.bottom() > b.top()), style)
}

func faintIfPlain(style string) string {
	if style == plainStyle {
		return faintStyle
	}
	return style
}

// wires draws without boxes: a router is named below each of its networks, and a wire at the right joins the names.
func (t *drawing) wires() {
	type row struct {
		text string
		node *node
	}
	rows := make([][]row, len(t.networks))
	widest := 0
	for i := range t.networks {
		addresses := 0
		for _, l := range t.leaves[i] {
			addresses = max(addresses, term.StringWidth(strings.Join(l.addresses, ", ")))
		}
		for _, n := range t.nodes {
			if l, ok := n.at(i); ok {
				addresses = max(addresses, term.StringWidth(strings.Join(l.addresses, ", ")))
			}
		}
		for _, n := range t.nodes {
			l, ok := n.at(i)
			if !ok {
				continue
			}
			text := term.Pad(strings.Join(l.addresses, ", "), addresses) + "  [" + n.name + "] " + t.words.word(n.kind)
			if n.status != "" && n.status != "ACTIVE" {
				text += " [" + clean(n.status) + "]"
			}
			if i == n.top() {
				for _, f := range n.floating {
					text += "  ⇄ " + f
				}
			}
			if n.isNew || l.isNew {
				text += " " + newMark
			}
			rows[i] = append(rows[i], row{text, n})
			widest = max(widest, term.StringWidth(text))
		}
		for _, text := range t.leafTexts(i, addresses) {
			rows[i] = append(rows[i], row{text, nil})
		}
	}
	lanes := t.lanes(indent + 3 + widest + 2)
	reach := t.width
	for _, x := range lanes {
		reach = min(reach, x-2)
	}
	drawn := map[*node]bool{}
	for i := range t.networks {
		t.line(i, t.title(i, reach-indent-2))
		for n, x := range lanes {
			if drawn[n] && i <= n.bottom() {
				t.c.put(t.row, x-1, " │ ", plainStyle)
			}
		}
		t.row++
		for k, r := range rows[i] {
			branch := "├─ "
			if k == len(rows[i])-1 {
				branch = "└─ "
			}
			t.c.put(t.row, indent, branch, plainStyle)
			x, wired := lanes[r.node]
			room := t.width - indent - 3
			if len(lanes) > 0 {
				room = reach - indent - 3
			}
			text := cut(r.text, room)
			t.c.put(t.row, indent+3, text, styleOf(text))
			if wired {
				from := indent + 3 + term.StringWidth(text) + 1
				t.c.put(t.row, from, strings.Repeat("─", max(0, x-from)), plainStyle)
				end := "┤"
				switch {
				case i == r.node.top():
					end = "┐"
				case i == r.node.bottom():
					end = "┘"
				}
				t.c.put(t.row, x, end, plainStyle)
			}
			for n, nx := range lanes {
				if n != r.node && drawn[n] {
					t.c.put(t.row, nx, "│", plainStyle)
				}
			}
			if wired {
				drawn[r.node] = i < r.node.bottom()
			}
			t.row++
		}
	}
}

// lanes gives the nodes that join networks a column each, from the right. With no room for all, none has one: the names
// tell as much.
func (t *drawing) lanes(from int) map[*node]int {
	var taken [][2]int // by lane: the networks of who has it
	owner := map[*node]int{}
	type span struct{ lane, top, bottom int }
	var spans []span
	for _, n := range t.nodes {
		if n.top() == n.bottom() {
			continue
		}
		lane := 0
		for slices.ContainsFunc(spans, func(s span) bool { return s.lane == lane && n.top() <= s.bottom && s.top <= n.bottom() }) {
			lane++
		}
		spans = append(spans, span{lane, n.top(), n.bottom()})
		for len(taken) <= lane {
			taken = append(taken, [2]int{})
		}
		owner[n] = lane
	}
	if t.width-2-3*len(taken) < max(from, 40) {
		return nil
	}
	lanes := map[*node]int{}
	for n, lane := range owner {
		lanes[n] = t.width - 3 - 3*lane
	}
	return lanes
}

// footer says what is on no network, and what the signs mean.
func (t *drawing) footer() {
	if len(t.loose) > 0 {
		t.row++
		for _, n := range t.loose {
			text := fmt.Sprintf("%s [%s]  %s", t.words.word(n.kind), n.name, t.words.loose)
			if n.isNew {
				text += " " + newMark
			}
			t.c.put(t.row, indent, text, styleOf(text))
			t.row++
		}
	}
	var legend []string
	if t.c.has("⇄") {
		legend = append(legend, "⇄ "+t.words.floating)
	}
	if t.c.has(newMark) {
		legend = append(legend, newMark+" "+t.words.new)
	}
	if len(legend) > 0 {
		t.c.put(t.row+1, indent, strings.Join(legend, "   "), faintStyle)
	}
}

// cut shortens a text to a number of columns.
func cut(s string, width int) string {
	if term.StringWidth(s) <= width {
		return s
	}
	var b strings.Builder
	used := 0
	for _, r := range s {
		w := term.StringWidth(string(r))
		if used+w > width-1 {
			break
		}
		b.WriteRune(r)
		used += w
	}
	return b.String() + "…"
}
