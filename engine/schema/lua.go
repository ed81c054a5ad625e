package schema

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/yuin/gopher-lua/parse"
)

// ParseLua describes a module written in Lua by its doc comments, so that help, stubs and reference cover it from one
// place. The first `---` block of the file is about the module. A block above `function M.name(...)`, where M is what
// the file returns, is about that function. A @class block above `local M = {}` is about the module, its @fields are
// the module's own values. Tags are those of LuaCATS (@param, @return, @class, @field) and ours:
//
//	---@raises not_found, conflict
//	---@openstack openstack network create
//	---@rest POST /v2.0/networks
//	---@example
//	--- lines of Lua, to the end of the block or the next tag
//
// Other tags are passed over.
func ParseLua(name, src string) (Module, error) {
	if strings.HasPrefix(src, "#") {
		src = "--" + src
	}
	if _, err := parse.Parse(strings.NewReader(src), name); err != nil {
		return Module{}, errs.New(errs.Syntax, "%s: %s", name, strings.TrimSpace(err.Error()))
	}
	m := Module{Name: name}
	table := "M"
	for _, line := range strings.Split(src, "\n") {
		if found := luaReturn.FindStringSubmatch(line); found != nil {
			table = found[1]
		}
	}
	var block []string
	first := true
	type entry struct {
		name, args string
		doc        luaDoc
	}
	var funcs []entry
	for _, line := range append(strings.Split(src, "\n"), "") {
		line = strings.TrimRight(line, "\r")
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "---"); ok && !strings.HasPrefix(text, "-") {
			block = append(block, strings.TrimPrefix(text, " "))
			continue
		}
		doc := parseDoc(block)
		found := luaFunction.FindStringSubmatch(line)
		if found == nil {
			found = luaAssigned.FindStringSubmatch(line)
		}
		switch {
		case found != nil && found[1] == table:
			if !strings.HasPrefix(found[2], "_") {
				funcs = append(funcs, entry{found[2], found[3], doc})
			}
		case doc.class.Name != "" && strings.HasPrefix(line, "local "+table+" "):
			m.Doc, m.Example = doc.text, doc.example
			for _, f := range doc.class.Fields {
				m.Fields = append(m.Fields, Field{f.Name, f.Type, f.Doc})
			}
		case doc.class.Name != "":
			m.Classes = append(m.Classes, doc.class)
		case first && len(block) > 0 && found == nil:
			m.Doc, m.Example = doc.text, doc.example
		}
		if len(block) > 0 {
			first = false
		}
		block = nil
	}
	for _, f := range funcs {
		m.Funcs = append(m.Funcs, f.doc.function(f.name, f.args, m.Classes))
	}
	return m, nil
}

var (
	luaReturn   = regexp.MustCompile(`^return\s+([A-Za-z_]\w*)\s*$`)
	luaFunction = regexp.MustCompile(`^function\s+([A-Za-z_]\w*)\.([A-Za-z_]\w*)\s*\(([^)]*)`)
	luaAssigned = regexp.MustCompile(`^([A-Za-z_]\w*)\.([A-Za-z_]\w*)\s*=\s*function\s*\(([^)]*)`)
)

// luaDoc is what one block of doc comments says.
type luaDoc struct {
	text    string
	example string
	params  []Param
	returns []Field
	raises  []string
	rest    []string
	cli     string
	class   Class
}

func parseDoc(block []string) luaDoc {
	var d luaDoc
	var text, example []string
	into := &text
	for _, line := range block {
		tag, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		if !strings.HasPrefix(tag, "@") {
			*into = append(*into, line)
			continue
		}
		into = &text // what follows a tag is about the whole again
		switch tag {
		case "@param":
			if rest != "" {
				d.params = append(d.params, parseParam(rest))
			}
		case "@field":
			if rest != "" {
				d.class.Fields = append(d.class.Fields, parseParam(rest))
			}
		case "@return":
			d.returns = append(d.returns, parseReturns(rest)...)
		case "@class":
			name, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(rest, "(exact)")), ":")
			d.class.Name = strings.TrimSpace(name)
		case "@raises":
			d.raises = append(d.raises, strings.FieldsFunc(rest, func(r rune) bool { return r == ',' || r == ' ' })...)
		case "@openstack":
			d.cli = rest
		case "@rest":
			d.rest = append(d.rest, rest)
		case "@example":
			into = &example
			if rest != "" {
				example = append(example, rest)
			}
		}
	}
	d.text = strings.TrimSpace(strings.Join(text, "\n"))
	d.example = strings.TrimSpace(strings.Join(example, "\n"))
	d.class.Doc = d.text
	return d
}

// parseParam reads `name? type doc`.
func parseParam(s string) Param {
	name, rest, _ := strings.Cut(s, " ")
	name, optional := strings.CutSuffix(name, "?")
	typ, doc := cutType(strings.TrimSpace(rest))
	if t, ok := strings.CutSuffix(typ, "?"); ok {
		typ, optional = t, true
	}
	if t, ok := strings.CutSuffix(typ, "|nil"); ok {
		typ, optional = t, true
	}
	if typ == "" {
		typ = "any"
	}
	return Param{Name: name, Type: typ, Doc: doc, Required: !optional && name != "...", Fields: inlineFields(typ)}
}

// parseReturns reads `type name, type name doc`.
func parseReturns(s string) []Field {
	var out []Field
	for {
		typ, rest := cutType(s)
		if typ == "" {
			return out
		}
		if doc, ok := strings.CutPrefix(rest, "#"); ok {
			return append(out, Field{Type: typ, Doc: strings.TrimSpace(doc)})
		}
		name, doc, _ := strings.Cut(rest, " ")
		plain, more := strings.CutSuffix(name, ",")
		if !isName(plain) {
			return append(out, Field{Type: typ, Doc: rest})
		}
		out = append(out, Field{plain, typ, strings.TrimSpace(doc)})
		if !more {
			return out
		}
		out[len(out)-1].Doc = ""
		s = strings.TrimSpace(doc)
	}
}

// cutType splits a LuaCATS type from what follows: white space ends it outside of brackets, unless it goes on with
// `|`, or after `:` or `,` as in `fun(a: string): string, integer`.
func cutType(s string) (typ, rest string) {
	depth := 0
	var quote byte
	for i := range len(s) {
		c := s[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte("([{<", c) >= 0:
			depth++
		case strings.IndexByte(")]}>", c) >= 0:
			depth--
		case c == ' ' && depth <= 0:
			next := strings.TrimSpace(s[i:])
			before := s[i-1]
			if before == '|' || strings.HasPrefix(next, "|") || strings.HasPrefix(s, "fun(") && (before == ':' || before == ',') {
				continue
			}
			return s[:i], next
		}
	}
	return s, ""
}

// inlineFields reads the fields of a type such as {lang?: string, step?: boolean}.
func inlineFields(typ string) []Param {
	if !strings.HasPrefix(typ, "{") || !strings.HasSuffix(typ, "}") {
		return nil
	}
	var out []Param
	depth, start := 0, 1
	for i := 1; i < len(typ); i++ {
		switch c := typ[i]; {
		case i == len(typ)-1 || c == ',' && depth == 0:
			name, t, ok := strings.Cut(typ[start:i], ":")
			if ok && isName(strings.TrimSuffix(strings.TrimSpace(name), "?")) {
				out = append(out, parseParam(strings.TrimSpace(name)+" "+strings.TrimSpace(t)))
			}
			start = i + 1
		case strings.IndexByte("([{<", c) >= 0:
			depth++
		case strings.IndexByte(")]}>", c) >= 0:
			depth--
		}
	}
	return out
}

// function makes the description of a function with the parameters its definition has.
func (d luaDoc) function(name, args string, classes []Class) Func {
	params := d.params
	for _, a := range strings.Split(args, ",") {
		if a = strings.TrimSpace(a); a == "" {
			continue
		}
		known := false
		for _, p := range params {
			known = known || p.Name == a
		}
		if !known {
			params = append(params, Param{Name: a, Type: "any", Required: a != "..."})
		}
	}
	for i := range params {
		params[i].Positional = true
		for _, c := range classes {
			if strings.TrimSuffix(params[i].Type, "[]") == c.Name {
				params[i].Fields = c.Fields
			}
		}
	}
	f := Describe(name, d.text, params)
	f.Returns, f.Raises, f.REST, f.CLI, f.Example = d.returns, d.raises, d.rest, d.cli, d.example
	return f
}

// qualified names a function as a script calls it.
func qualified(m Module, f Func) string {
	if m.Name == Globals {
		return f.Name
	}
	return m.Name + "." + f.Name
}

// optionKey writes the name of an option as it stands in a table.
func optionKey(name string) string {
	if isName(name) {
		return name
	}
	return fmt.Sprintf("[%q]", name)
}
