package repl

import (
	"bytes"
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
	showItems = 500 // items of a plain table; objects in lists are not counted
	rowsDepth = 4   // levels in a cell of an object's table
)

// shower puts values into words and tables. It reads tables by raw access only, so it is used with the baton held.
type shower struct {
	width  int
	fields func(kind string) []string // the fields of a kind worth a column, best first; nil when kind is no kind of object
	nameOf func(fn *lua.LFunction) string
	items  int
}

// show gives the text of a value, without a newline at its end; ok is false where the value has words of its own, its
// __tostring.
func (s *shower) show(v lua.LValue) (text string, ok bool) {
	switch v := v.(type) {
	case *lua.LTable:
		kind := schema.KindOf(v)
		switch {
		case kind != "" && s.fields(kind) != nil:
			return s.object(v), true
		case s.isList(v):
			return s.list(v), true
		case hasText(v):
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

func hasText(t *lua.LTable) bool {
	meta, ok := t.Metatable.(*lua.LTable)
	return ok && meta.RawGetString("__tostring") != lua.LNil
}

// isList reports whether a table is a list of objects of one kind.
func (s *shower) isList(t *lua.LTable) bool {
	n := t.Len()
	if n == 0 {
		return false
	}
	first, ok := t.RawGetInt(1).(*lua.LTable)
	if !ok || s.fields(schema.KindOf(first)) == nil {
		return false
	}
	kind := schema.KindOf(first)
	for i := 2; i <= n; i++ {
		item, ok := t.RawGetInt(i).(*lua.LTable)
		if !ok || schema.KindOf(item) != kind {
			return false
		}
	}
	return true
}

// list lays objects out as the rows of a table: as many fields as there is room for.
func (s *shower) list(t *lua.LTable) string {
	n := t.Len()
	first, _ := t.RawGetInt(1).(*lua.LTable)
	var names []string
	for _, name := range s.fields(schema.KindOf(first)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	first.ForEach(func(k, v lua.LValue) {
		if name, ok := k.(lua.LString); ok && !slices.Contains(names, string(name)) && scalar(v) {
			names = append(names, string(name))
		}
	})
	var header []string
	rows := make([][]string, n)
	room := s.width - 1
	for _, name := range names {
		column := make([]string, n)
		wide, filled := term.StringWidth(name), false
		for i := range n {
			item, _ := t.RawGetInt(i + 1).(*lua.LTable)
			v := item.RawGetString(name)
			column[i] = s.cell(v)
			wide = max(wide, term.StringWidth(column[i]))
			filled = filled || v != lua.LNil && column[i] != "" && column[i] != "{}"
		}
		essential := name == "id" || name == "name"
		if !filled || !essential && (wide+3 > room || wide > 48) {
			continue
		}
		room -= wide + 3
		header = append(header, name)
		for i := range rows {
			rows[i] = append(rows[i], column[i])
		}
		if room < 8 || len(header) >= 10 {
			break
		}
	}
	kind := schema.KindOf(first)
	return s.table(header, rows) + fmt.Sprintf("\n%d %s", n, plural(kind, n))
}

func plural(kind string, n int) string {
	kind = strings.ReplaceAll(kind, "_", " ")
	switch {
	case n == 1:
		return kind
	case strings.HasSuffix(kind, "y") && !strings.HasSuffix(kind, "ey"):
		return strings.TrimSuffix(kind, "y") + "ies"
	}
	return kind + "s"
}

func scalar(v lua.LValue) bool {
	switch v.(type) {
	case lua.LString, lua.LNumber, lua.LBool:
		return true
	}
	return false
}

// object lays one object out: a field on a line, what tells it apart first.
func (s *shower) object(t *lua.LTable) string {
	first := []string{"name", "id", "status"}
	var rest []string
	t.ForEach(func(k, _ lua.LValue) {
		if name, ok := k.(lua.LString); ok && !slices.Contains(first, string(name)) {
			rest = append(rest, string(name))
		}
	})
	slices.Sort(rest)
	var rows [][]string
	wide := 5
	for _, name := range append(first, rest...) {
		wide = max(wide, term.StringWidth(name))
	}
	for _, name := range append(first, rest...) {
		v := t.RawGetString(name)
		if v == lua.LNil {
			continue
		}
		rows = append(rows, []string{name, s.value(v, max(20, s.width-wide-8))})
	}
	return s.table([]string{"field", "value"}, rows)
}

// cell is a value in one line.
func (s *shower) cell(v lua.LValue) string {
	switch v := v.(type) {
	case *lua.LNilType:
		return ""
	case lua.LString:
		return oneLine(string(v))
	case *lua.LTable:
		if name, ok := v.RawGetString("name").(lua.LString); ok && schema.KindOf(v) != "" {
			return string(name)
		}
		return s.short(v, 0)
	}
	return number(v)
}

// value is a value in a cell that may have several lines: a table is indented in it.
func (s *shower) value(v lua.LValue, width int) string {
	t, ok := v.(*lua.LTable)
	if !ok {
		return strings.ReplaceAll(s.cell(v), "\t", "    ")
	}
	if text := s.short(t, 0); term.StringWidth(text) <= width {
		return text
	}
	return s.plain(t, "", showDepth-rowsDepth, map[*lua.LTable]bool{})
}

func (s *shower) table(header []string, rows [][]string) string {
	var b bytes.Buffer
	if err := term.Table(&b, s.width, header, rows); err != nil {
		return err.Error()
	}
	return strings.TrimRight(b.String(), "\n")
}

// short is a table in one line.
func (s *shower) short(t *lua.LTable, depth int) string {
	if depth > rowsDepth {
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
		return s.short(t, rowsDepth)
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

// oneLine keeps control characters of a server's text off the terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
