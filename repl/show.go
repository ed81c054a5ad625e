package repl

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
	lua "github.com/yuin/gopher-lua"
)

const (
	showDepth = 8   // tables inside of each other
	showItems = 500 // items in all
	lineDepth = 4   // levels of a table in one line
)

// shower writes values as Lua would read them. It reads tables by raw access only, so it is used with the baton held.
type shower struct {
	width  int
	nameOf func(fn *lua.LFunction) string
	items  int
}

// show gives the text of a value, without a newline at its end; ok is false where the value has words of its own, its
// __tostring.
func (s *shower) show(v lua.LValue) (text string, ok bool) {
	switch v := v.(type) {
	case *lua.LTable:
		if hasText(v) {
			return "", false
		}
		return s.plain(v, "", 0, map[*lua.LTable]bool{}), true
	case *lua.LFunction:
		if name := s.nameOf(v); name != "" {
			return "function " + name, true
		}
	}
	return "", false
}

// objectKind is the kind of an object, or of all objects of a list, of an empty one too; "" for anything else.
func objectKind(v lua.LValue) string {
	t, ok := v.(*lua.LTable)
	if !ok {
		return ""
	}
	if kind := schema.KindOf(t); kind != "" {
		return kind
	}
	if mt, ok := t.Metatable.(*lua.LTable); ok && t.Len() == 0 {
		kind, _ := mt.RawGetString(schema.ListKind).(lua.LString)
		return string(kind)
	}
	kind := schema.KindOf(t.RawGetInt(1))
	for i := 2; i <= t.Len() && kind != ""; i++ {
		if schema.KindOf(t.RawGetInt(i)) != kind {
			return ""
		}
	}
	return kind
}

func hasText(t *lua.LTable) bool {
	meta, ok := t.Metatable.(*lua.LTable)
	return ok && meta.RawGetString("__tostring") != lua.LNil
}

// short is a table in one line.
func (s *shower) short(t *lua.LTable, depth int) string {
	if depth > lineDepth {
		return "{…}"
	}
	var parts []string
	n := t.Len()
	for i := 1; i <= n && len(parts) < 20; i++ {
		parts = append(parts, s.shortItem(t.RawGetInt(i), depth))
	}
	for _, k := range keys(t, n) {
		if len(parts) >= 20 {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, keyText(k)+" = "+s.shortItem(t.RawGet(k), depth))
	}
	if len(parts) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

func (s *shower) shortItem(v lua.LValue, depth int) string {
	if t, ok := v.(*lua.LTable); ok {
		return s.short(t, depth+1)
	}
	return s.item(v)
}

// plain is a table as it would be written in Lua, indented where a line does not hold it.
func (s *shower) plain(t *lua.LTable, indent string, depth int, open map[*lua.LTable]bool) string {
	if open[t] {
		return "{ -- the table it is in\n" + indent + "}"
	}
	if depth >= showDepth {
		return s.short(t, lineDepth)
	}
	open[t] = true
	defer delete(open, t)
	n := t.Len()
	rest := keys(t, n)
	if n == 0 && len(rest) == 0 {
		return "{}"
	}
	if !nested(t) {
		if text := s.short(t, 0); n+len(rest) <= 20 && term.StringWidth(text)+len(indent) < s.width-10 {
			return text
		}
	}
	var b strings.Builder
	b.WriteString("{\n")
	inner := indent + "  "
	put := func(key string, v lua.LValue) bool {
		if s.items++; s.items > showItems {
			return false
		}
		b.WriteString(inner + key)
		if child, ok := v.(*lua.LTable); ok {
			b.WriteString(s.plain(child, inner, depth+1, open))
		} else {
			b.WriteString(s.item(v))
		}
		b.WriteString(",\n")
		return true
	}
	all := true
	for i := 1; i <= n && all; i++ {
		all = put("", t.RawGetInt(i))
	}
	for _, k := range rest {
		if !all {
			break
		}
		all = put(keyText(k)+" = ", t.RawGet(k))
	}
	if !all {
		b.WriteString(inner + "… -- " + strconv.Itoa(n+len(rest)) + " items in all\n")
	}
	b.WriteString(indent + "}")
	return b.String()
}

// nested reports whether a table holds tables that hold something.
func nested(t *lua.LTable) (yes bool) {
	t.ForEach(func(_, v lua.LValue) {
		if child, ok := v.(*lua.LTable); ok {
			if k, _ := child.Next(lua.LNil); k != lua.LNil {
				yes = true
			}
		}
	})
	return yes
}

// keys gives the keys beyond the first n, names first.
func keys(t *lua.LTable, n int) (out []lua.LValue) {
	t.ForEach(func(k, _ lua.LValue) {
		if i, ok := k.(lua.LNumber); ok && float64(i) == math.Trunc(float64(i)) && i >= 1 && int(i) <= n {
			return
		}
		out = append(out, k)
	})
	slices.SortStableFunc(out, func(a, b lua.LValue) int {
		x, okx := a.(lua.LString)
		y, oky := b.(lua.LString)
		switch {
		case okx && oky:
			return strings.Compare(string(x), string(y))
		case okx:
			return -1
		case oky:
			return 1
		}
		return 0
	})
	return out
}

func keyText(k lua.LValue) string {
	if name, ok := k.(lua.LString); ok {
		if isName(string(name)) && !slices.Contains(keywords, string(name)) {
			return string(name)
		}
		return "[" + quote(string(name)) + "]"
	}
	return "[" + k.String() + "]"
}

// item is a value inside of a table.
func (s *shower) item(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return quote(string(v))
	case *lua.LFunction:
		if name := s.nameOf(v); name != "" {
			return "function " + name
		}
		return "function"
	}
	return number(v)
}

func number(v lua.LValue) string {
	if n, ok := v.(lua.LNumber); ok && float64(n) == math.Trunc(float64(n)) && math.Abs(float64(n)) < 1e15 {
		return strconv.FormatInt(int64(n), 10)
	}
	return v.String()
}

// quote writes a text as Lua would read it. Letters stay letters.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\%03d`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
