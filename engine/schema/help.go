package schema

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

const helpWidth = 80

// Help is the text for a topic: the modules for "", a module, a kind of object, a function ("networks.create",
// "router:add_subnet"), or whatever the words of the topic are found in ("floating ip"). Plain text in 80 columns.
func Help(mods []Module, topic string) string {
	topic = strings.TrimSuffix(strings.TrimSpace(topic), "()")
	if topic == "" {
		return helpAll(mods)
	}
	for _, m := range mods {
		if topic == m.Name || topic == m.Kind {
			return helpModule(m)
		}
	}
	for _, m := range mods {
		for _, f := range m.Funcs {
			if topic == qualified(m, f) || f.Method && topic == m.Kind+":"+f.Name {
				return helpFunc(m, f)
			}
		}
	}
	return helpSearch(mods, topic)
}

func helpAll(mods []Module) string {
	var b strings.Builder
	b.WriteString("Modules\n")
	var rows [][2]string
	for _, m := range mods {
		if m.Name != Globals {
			rows = append(rows, [2]string{m.Name, summary(m.Doc)})
		}
	}
	columns(&b, rows)
	rows = nil
	for _, m := range mods {
		if m.Name == Globals {
			for _, f := range m.Funcs {
				rows = append(rows, [2]string{f.Name, summary(f.Doc)})
			}
		}
	}
	if len(rows) > 0 {
		b.WriteString("\nGlobal functions\n")
		columns(&b, rows)
	}
	example := "networks"
	if len(mods) > 0 && !slices.ContainsFunc(mods, func(m Module) bool { return m.Name == example }) {
		example = mods[0].Name
	}
	fmt.Fprintf(&b, "\nhelp %q tells about a module; any words are searched for.\n", example)
	return b.String()
}

func helpModule(m Module) string {
	var b strings.Builder
	b.WriteString(title(m) + "\n\n")
	wrap(&b, m.Doc, "  ")
	var funcs, methods, fields [][2]string
	for _, f := range m.Funcs {
		funcs = append(funcs, [2]string{qualified(m, f), summary(f.Doc)})
		if f.Method {
			methods = append(methods, [2]string{m.Kind + ":" + f.Name, summary(f.Doc)})
		}
	}
	for _, f := range m.Fields {
		fields = append(fields, [2]string{f.Name, join2(f.Type, f.Doc)})
	}
	section := func(title string, rows [][2]string) {
		if len(rows) > 0 {
			b.WriteString("\n" + title + "\n")
			columns(&b, rows)
		}
	}
	section("Functions", funcs)
	if m.Kind != "" {
		section("Methods of "+article(m.Kind), methods)
	}
	section(fieldsTitle(m), fields)
	code(&b, "Example", m.Example)
	return b.String()
}

func fieldsTitle(m Module) string {
	if m.Kind == "" {
		return "Values"
	}
	return "Fields of " + article(m.Kind)
}

func join2(a, b string) string {
	if b == "" {
		return a
	}
	return a + ": " + b
}

func helpFunc(m Module, f Func) string {
	var b strings.Builder
	for _, s := range signatures(m, f) {
		wrapCode(&b, s)
	}
	b.WriteString("\n")
	wrap(&b, f.Doc, "  ")
	var args, opts []Param
	for _, p := range f.Params() {
		if p.Positional {
			args = append(args, p)
		} else {
			opts = append(opts, p)
		}
	}
	for _, part := range []struct {
		title  string
		params []Param
	}{{"Arguments", args}, {"Options", opts}} {
		if len(part.params) > 0 {
			b.WriteString("\n" + part.title + "\n")
			helpParams(&b, part.params, "  ")
		}
	}
	if rs := results(m, f); len(rs) > 0 {
		b.WriteString("\nReturns\n")
		for _, r := range rs {
			lead := "  "
			if r.Name != "" {
				lead += r.Name + "  "
			}
			wrapHang(&b, join2(r.Type, r.Doc), lead, "      ")
		}
	}
	if len(f.Raises) > 0 {
		b.WriteString("\nRaises\n")
		wrap(&b, strings.Join(f.Raises, ", "), "  ")
	}
	code(&b, "Example", f.Example)
	if f.CLI != "" {
		b.WriteString("\nThe same with the openstack command\n")
		wrapHang(&b, f.CLI, "  ", "      ")
	}
	if len(f.REST) > 0 {
		b.WriteString("\nREST\n")
		for _, r := range f.REST {
			wrapHang(&b, r, "  ", "      ")
		}
	}
	return b.String()
}

// facts are the type of a parameter and what else there is to say in few words.
func facts(p Param) string {
	out := p.Type
	if p.Required {
		out += ", required"
	}
	if p.Default != "" {
		out += ", default " + p.Default
	}
	if p.Nullable {
		out += ", " + nullWord(p) + " for none"
	}
	if len(p.Enum) > 0 && strings.Contains(p.Type, "string") {
		out += ", one of " + strings.Join(p.Enum, ", ")
	}
	if len(p.Aliases) > 0 {
		out += ", also " + strings.Join(p.Aliases, ", ")
	}
	return out
}

// nullWord is what says null: false, but where false is a value of its own.
func nullWord(p Param) string {
	if p.Type == "boolean" {
		return "json.null"
	}
	return "false"
}

func helpParams(b *strings.Builder, params []Param, indent string) {
	for _, p := range params {
		wrapHang(b, facts(p), indent+p.Name+"  ", indent+"    ")
		if p.Doc != "" {
			wrap(b, p.Doc, indent+"    ")
		}
		if len(p.Fields) > 0 {
			helpParams(b, p.Fields, indent+"    ")
		}
	}
}

// signatures show how a function is called: by its module, and as a method.
func signatures(m Module, f Func) []string {
	var args []string
	var table []string
	more := false
	for _, p := range f.Params() {
		switch {
		case p.Positional && (p.Required || p.Name == "..."):
			args = append(args, p.Name)
		case p.Positional:
			args = append(args, "["+p.Name+"]")
		case p.Required:
			table = append(table, optionKey(p.Name)+" = ...")
		default:
			more = true
		}
	}
	if more {
		table = append(table, "...")
	}
	braces := ""
	if len(table) > 0 {
		braces = "{ " + strings.Join(table, ", ") + " }"
		if !slices.ContainsFunc(f.Params(), func(p Param) bool { return !p.Positional && p.Required }) {
			braces = "{ [options] }"
		}
	}
	call := func(name string, args []string) string {
		if len(args) == 0 && braces != "" {
			return name + braces
		}
		if braces != "" {
			args = append(slices.Clone(args), braces)
		}
		return name + "(" + strings.Join(args, ", ") + ")"
	}
	back := ""
	for i, r := range results(m, f) {
		if i == 0 {
			back = " -> "
		} else {
			back += ", "
		}
		back += r.Type
	}
	out := []string{call(qualified(m, f), args) + back}
	if f.Method && len(args) > 0 {
		out = append(out, call(m.Kind+":"+f.Name, args[1:])+back)
	}
	return out
}

// results are what the function returns, as said or as its Go type tells.
func results(m Module, f Func) []Field {
	if len(f.Returns) > 0 || f.out == nil {
		return f.Returns
	}
	kind := m.Kind
	if kind == "" {
		kind = "table"
	}
	switch f.out {
	case reflect.TypeFor[None]():
		return nil
	case reflect.TypeFor[Object]():
		return []Field{{Type: kind}}
	case reflect.TypeFor[List]():
		return []Field{{Type: kind + "[]"}}
	case reflect.TypeFor[Iter]():
		return []Field{{Type: "fun(): " + kind + "?"}}
	case reflect.TypeFor[Raw]():
		return []Field{{Type: "any"}}
	case reflect.TypeFor[Values]():
		return []Field{{Type: "any"}, {Type: "any"}}
	case reflect.TypeFor[Modules]():
		return []Field{{Type: "table"}}
	}
	if _, err := checkType(f.out); err == nil {
		return []Field{{Type: luaType(f.out, &field{})}}
	}
	return []Field{{Type: "any"}}
}

func helpSearch(mods []Module, topic string) string {
	words := strings.FieldsFunc(strings.ToLower(topic), func(r rune) bool { return r == ' ' || r == '_' || r == '.' || r == ':' || r == '-' })
	type hit struct {
		name, doc string
		score     int
		m         Module
		f         *Func
	}
	var hits []hit
	try := func(h hit, name, near, rest string) {
		name, near, rest = searchable(name), searchable(near), searchable(rest)
		for _, w := range words {
			switch {
			case strings.Contains(name, w):
				h.score += 8
			case strings.Contains(near, w):
				h.score += 4
			case strings.Contains(rest, w):
				h.score++
			default:
				return
			}
		}
		if len(words) > 0 {
			hits = append(hits, h)
		}
	}
	var names []string
	for _, m := range mods {
		var fields []string
		for _, f := range m.Fields {
			fields = append(fields, f.Name)
		}
		names = append(names, m.Name)
		try(hit{name: m.Name, doc: m.Doc, m: m}, m.Name+" "+m.Kind, m.Doc, strings.Join(fields, " "))
		for _, f := range m.Funcs {
			names = append(names, qualified(m, f))
			try(hit{name: qualified(m, f), doc: f.Doc, m: m, f: &f}, qualified(m, f), f.CLI+" "+f.Doc, paramWords(f.Params())+strings.Join(f.REST, " "))
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		if a.score != b.score {
			return b.score - a.score
		}
		return strings.Compare(a.name, b.name)
	})
	if len(hits) == 0 {
		out := fmt.Sprintf("Nothing is known about %q.", topic)
		near := Nearest(topic, names)
		if module, f, ok := strings.Cut(topic, "."); ok && near == "" {
			if near = Nearest(module, names); near != "" {
				near = Nearest(near+"."+f, names)
			}
		}
		if near != "" {
			return out + fmt.Sprintf(" Did you mean %q?\n", near)
		}
		return out + " help() lists the modules.\n"
	}
	if len(hits) == 1 {
		if hits[0].f != nil {
			return helpFunc(hits[0].m, *hits[0].f)
		}
		return helpModule(hits[0].m)
	}
	const most = 20
	var b strings.Builder
	fmt.Fprintf(&b, "Found for %q\n", topic)
	var rows [][2]string
	for _, h := range hits[:min(most, len(hits))] {
		rows = append(rows, [2]string{h.name, summary(h.doc)})
	}
	columns(&b, rows)
	if len(hits) > most {
		fmt.Fprintf(&b, "  and %d more\n", len(hits)-most)
	}
	return b.String()
}

func searchable(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", " ")) }

func paramWords(params []Param) string {
	var b strings.Builder
	for _, p := range params {
		b.WriteString(p.Name + " " + p.Doc + " " + paramWords(p.Fields))
	}
	return b.String()
}

// summary is the first sentence.
func summary(doc string) string {
	doc, _, _ = strings.Cut(doc, "\n\n")
	doc = strings.Join(strings.Fields(doc), " ")
	for i := range len(doc) - 1 {
		if doc[i] == '.' && doc[i+1] == ' ' && !strings.HasSuffix(doc[:i], "e.g") && !strings.HasSuffix(doc[:i], "i.e") {
			return doc[:i+1]
		}
	}
	return doc
}

// columns prints names and what they are beside them.
func columns(b *strings.Builder, rows [][2]string) {
	wide := 0
	for _, r := range rows {
		if n := utf8.RuneCountInString(r[0]); n <= 28 {
			wide = max(wide, n)
		}
	}
	hang := strings.Repeat(" ", wide+4)
	for _, r := range rows {
		if n := utf8.RuneCountInString(r[0]); n > wide {
			b.WriteString("  " + r[0] + "\n")
			wrap(b, r[1], hang)
		} else if r[1] == "" {
			b.WriteString("  " + r[0] + "\n")
		} else {
			wrapHang(b, r[1], "  "+r[0]+strings.Repeat(" ", wide-n+2), hang)
		}
	}
}

func code(b *strings.Builder, title, text string) {
	if text == "" {
		return
	}
	b.WriteString("\n" + title + "\n")
	for _, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		b.WriteString(strings.TrimRight("  "+line, " ") + "\n")
	}
}

// wrap prints text in lines that fit, each with the indent; paragraphs and lists stay apart.
func wrap(b *strings.Builder, text, indent string) { wrapHang(b, text, indent, indent) }

func wrapHang(b *strings.Builder, text, first, hang string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, item := range items(paragraph) {
			lead, rest := first, hang
			if bullet(item) {
				rest += "  "
			}
			line := lead
			empty := true
			for _, w := range strings.Fields(item) {
				if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) > helpWidth {
					b.WriteString(strings.TrimRight(line, " ") + "\n")
					line, empty = rest, true
				}
				if !empty {
					line += " "
				}
				line += w
				empty = false
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			first = hang
		}
	}
}

// wrapCode prints a signature, broken after commas.
func wrapCode(b *strings.Builder, s string) { wrapHang(b, s, "", "    ") }

func bullet(s string) bool {
	s = strings.TrimSpace(s)
	return strings.HasPrefix(s, "* ") || strings.HasPrefix(s, "- ")
}

// items splits a paragraph where a list's item begins.
func items(paragraph string) []string {
	var out []string
	for _, line := range strings.Split(paragraph, "\n") {
		if len(out) == 0 || bullet(line) {
			out = append(out, line)
		} else {
			out[len(out)-1] += " " + strings.TrimSpace(line)
		}
	}
	return out
}
