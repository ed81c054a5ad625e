package plan

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/term"
)

// Look says how a plan is written for people.
type Look struct {
	Style term.Style
	Width int // columns; 0 for no limit
}

// WriteJSON writes the plan as JSON; docs/plan.md describes it.
func (r *Result) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteText writes the plan for people.
func (r *Result) WriteText(w io.Writer, look Look) error {
	t := &writer{look: look}
	where := r.Cloud
	if r.Project != "" {
		where += ", project " + r.Project
	}
	if r.Region != "" {
		where += ", region " + r.Region
	}
	t.line("%s", look.Style.Bold("Plan for "+where))
	t.changes(r.Changes)
	t.files(r)
	t.quota(r.Quota)
	t.list("Warnings", r.Warnings, look.Style.Error)
	t.list("Not known before the run", r.Notes, look.Style.Faint)
	t.failure(r.Error)
	t.line("")
	t.line("%s", look.Style.Bold(r.sentence()))
	_, err := io.WriteString(w, t.b.String())
	return err
}

// sentence sums the plan up.
func (r *Result) sentence() string {
	s := r.Summary
	if !r.Changed() && s.Fails == 0 && r.Error == nil {
		return "Nothing would change."
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{s.Create, "to create"}, {s.Update, "to change"}, {s.Delete, "to delete"}} {
		parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
	}
	if s.Temporary > 0 {
		parts = append(parts, fmt.Sprintf("%d made and deleted again", s.Temporary))
	}
	if s.Fails > 0 {
		parts = append(parts, fmt.Sprintf("%d refused", s.Fails))
	}
	out := strings.Join(parts, ", ") + "."
	if r.Error != nil {
		out += " The run would fail."
	}
	return out
}

type writer struct {
	b    strings.Builder
	look Look
}

func (t *writer) line(format string, args ...any) {
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	t.b.WriteByte('\n')
}

// part says whether a change is shown below what it belongs to.
func part(c *Change) bool {
	if c.Of == nil {
		return false
	}
	switch c.Type {
	case "subnet", "port":
		return false // resources of their own, which stand where they are made
	}
	return true
}

// changes writes the list: what belongs to something stands below it, wherever that was first met.
func (t *writer) changes(all []Change) {
	if len(all) > 0 {
		t.line("")
	}
	parts, owners := map[Ref][]*Change{}, map[Ref]bool{}
	for i := range all {
		switch c := &all[i]; {
		case c.Effect == Same:
		case part(c):
			parts[of(c)] = append(parts[of(c)], c)
		default:
			owners[Ref{Type: c.Type, ID: c.ID}] = true
		}
	}
	for i := range all {
		c := &all[i]
		owner := Ref{Type: c.Type, ID: c.ID}
		switch {
		case c.Effect == Same:
			continue
		case !part(c):
			t.change(c, 1)
		default:
			if owner = of(c); owners[owner] || parts[owner] == nil {
				continue // below its owner, or written with the first of them
			}
			t.line("  · %s %s", noun(owner.Type), t.look.Style.Bold(or(c.Of.Name, c.Of.ID)))
		}
		for _, p := range parts[owner] {
			t.change(p, 2)
		}
		delete(parts, owner)
	}
}

// of is what a change belongs to, by type and ID alone.
func of(c *Change) Ref { return Ref{Type: c.Of.Type, ID: c.Of.ID} }

var marks = map[string]string{"create": "+", "update": "~", "delete": "-"}

// mark paints a sign.
func (t *writer) mark(sign string) string {
	if !t.look.Style.On {
		return sign
	}
	color := map[string]string{"+": "\x1b[32m", "~": "\x1b[33m", "-": "\x1b[31m", "!": "\x1b[1;31m", "±": "\x1b[2m"}[sign]
	return color + sign + "\x1b[0m"
}

func (t *writer) change(c *Change, depth int) {
	pad := strings.Repeat("  ", depth)
	sign, more := marks[c.Action], ""
	switch c.Effect {
	case Temporary:
		sign, more = "±", " (made and deleted again)"
	case Fails:
		sign, more = "!", " ("+c.Action+" refused)"
	}
	name := c.Name
	switch {
	case name == "" && c.Type == "security_group_rule":
		name = ruleText(c.Attributes)
	case name == "" && c.Action == "create" && c.Type == "floating_ip":
		name = "(address known after the run)"
	case name == "" && !strings.HasPrefix(c.ID, "new:"):
		name = c.ID
	}
	title := noun(c.Type)
	if depth > 1 && c.Of != nil {
		title = strings.TrimSpace(strings.TrimPrefix(title, noun(c.Of.Type)))
	}
	if name != "" {
		title += " " + t.look.Style.Bold(name)
	}
	if c.Of != nil && !part(c) {
		title += " on " + or(c.Of.Name, c.Of.ID)
	}
	where := strings.TrimSpace(base(c.Where) + " " + c.Op)
	text := fmt.Sprintf("%s%s %s%s", pad, t.mark(sign), title, more)
	if gap := 56 - term.StringWidth(text); gap > 0 && where != "" {
		if t.look.Width > 0 {
			if 58+term.StringWidth(where) > t.look.Width {
				where = base(c.Where)
			}
			gap = min(gap, max(0, t.look.Width-2-term.StringWidth(text)-term.StringWidth(where)))
		}
		text += strings.Repeat(" ", gap)
	}
	t.line("%s  %s", text, t.look.Style.Faint(where))
	if c.Effect == Fails {
		t.line("%s    %s", pad, t.look.Style.Error(c.Error.Message))
		return
	}
	if c.Action == "delete" || c.Effect == Temporary {
		return
	}
	var set []string
	for _, k := range slices.Sorted(maps.Keys(c.Attributes)) {
		if c.Type == "security_group_rule" || c.Of != nil && (k == "network" || k == "network_id") {
			continue
		}
		v := c.Attributes[k]
		was, had := c.Before[k]
		switch {
		case c.Action == "update" && had && rest.Equal(was, v):
		case c.Action == "update" && had:
			if rest.Empty(was) {
				was = nil
			}
			set = append(set, fmt.Sprintf("%s: %s → %s", k, t.value(was), t.value(v)))
		default:
			set = append(set, fmt.Sprintf("%s: %s", k, t.value(v)))
		}
	}
	for _, a := range c.Actions {
		set = append(set, "then "+strings.TrimPrefix(a, "os-"))
	}
	t.wrapped(pad+"    ", set)
}

// wrapped writes items side by side, on as many lines as they take.
func (t *writer) wrapped(pad string, items []string) {
	width := 100
	if t.look.Width > 0 {
		width = t.look.Width
	}
	line := ""
	for _, item := range items {
		if line != "" && term.StringWidth(pad+line+", "+item) > width {
			t.line("%s%s", pad, line)
			line = ""
		}
		if line != "" {
			line += ", "
		}
		line += item
	}
	if line != "" {
		t.line("%s%s", pad, line)
	}
}

// base is a place in a script without its folders.
func base(where string) string { return where[strings.LastIndexAny(where, `/\`)+1:] }

func noun(typ string) string {
	switch typ {
	case "floating_ip_association":
		return "floating ip assigned to"
	case "floating_ip":
		return "floating ip"
	}
	return strings.ReplaceAll(typ, "_", " ")
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// ruleText is a rule in a few words: "in tcp 22 from anywhere".
func ruleText(a map[string]any) string {
	var words []string
	switch a["direction"] {
	case "ingress":
		words = append(words, "in")
	case "egress":
		words = append(words, "out")
	}
	if a["ethertype"] == "IPv6" {
		words = append(words, "IPv6")
	}
	protocol := "any"
	if p := a["protocol"]; p != nil {
		protocol = fmt.Sprint(p)
	}
	words = append(words, protocol)
	low, high := plain(a["port_range_min"]), plain(a["port_range_max"])
	switch {
	case low == "" && high == "":
	case low == high:
		words = append(words, low)
	default:
		words = append(words, low+"-"+high)
	}
	for k, word := range map[string]string{"remote_ip_prefix": "", "remote_group": "group "} {
		if v := plain(a[k]); v != "" {
			words = append(words, "from "+word+v)
		}
	}
	return strings.Join(words, " ")
}

func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// value writes an attribute on one line.
func (t *writer) value(v any) string {
	var s string
	switch v := v.(type) {
	case nil:
		s = "none"
	case string:
		s = standInWords(v)
		if s == "" || strings.ContainsAny(s, "\n\r\t\x1b") {
			s = strconv.Quote(s)
		}
	case []any:
		var parts []string
		for _, m := range v {
			parts = append(parts, t.value(m))
		}
		s = strings.Join(parts, ", ")
		if s == "" {
			s = "none"
		}
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+": "+t.value(v[k]))
		}
		s = "{ " + strings.Join(parts, ", ") + " }"
		if len(parts) == 1 && slices.Contains([]string{"network", "port", "name"}, slices.Sorted(maps.Keys(v))[0]) {
			_, s, _ = strings.Cut(parts[0], ": ")
		}
	default:
		s = plain(v)
	}
	return term.Cut(s, 120)
}

// standInWords says in words what stands for an ID or an address that is not known yet.
func standInWords(s string) string {
	rest, ok := strings.CutPrefix(s, "new:")
	if !ok {
		return s
	}
	typ, rest, _ := strings.Cut(rest, ":")
	if strings.HasSuffix(rest, ":address") {
		return "(address of the new " + noun(typ) + ")"
	}
	return "(new " + noun(typ) + ")"
}

func (t *writer) files(r *Result) {
	if len(r.Files) == 0 {
		return
	}
	t.line("")
	t.line("Files on this machine")
	for _, f := range r.Files {
		sign := "+"
		if f.Action == "remove" {
			sign = "-"
		}
		t.line("  %s %s", t.mark(sign), f.Path)
	}
}

func (t *writer) quota(all []Quota) {
	if len(all) == 0 {
		return
	}
	rows := [][]string{{"Quota", "  now", "after", "limit"}}
	for _, q := range all {
		limit := strconv.Itoa(q.Limit)
		if q.Limit < 0 {
			limit = "none"
		}
		row := []string{"  " + strings.ReplaceAll(q.Name, "_", " "), fmt.Sprintf("%5d", q.Used), fmt.Sprintf("%5d", q.After), fmt.Sprintf("%5s", limit)}
		if q.Refused {
			row = append(row, t.look.Style.Error("exceeded: the run wants more"))
		}
		rows = append(rows, row)
	}
	t.line("")
	_ = term.Columns(&t.b, rows)
}

func (t *writer) list(title string, lines []string, paint func(string) string) {
	if len(lines) == 0 {
		return
	}
	t.line("")
	t.line("%s", title)
	for i, l := range lines {
		if left := len(lines) - i; i >= maxLines && left > 1 {
			t.line("  %s", paint(fmt.Sprintf("• … and %d more: --json has them all", left)))
			return
		}
		t.line("  %s", paint("• "+l))
	}
}

// maxLines is how many notes or warnings are shown: a busy cloud gives a lot of them.
const maxLines = 12

// Sentence begins with a capital letter and ends with a full stop.
func Sentence(text string) string {
	if text == "" {
		return ""
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

func (t *writer) failure(f *Failure) {
	if f == nil {
		return
	}
	t.line("")
	message := f.Message
	if f.Op != "" && !strings.HasPrefix(message, f.Op) {
		message = f.Op + ": " + message
	}
	t.line("%s %s", t.look.Style.Error("The run would fail:"), message)
	if f.Where != "" {
		t.line("  at %s", f.Where)
	}
	if f.Hint != "" {
		t.line("  %s", t.look.Style.Hint("hint: "+f.Hint))
	}
}
