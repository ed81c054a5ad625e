package rawjson

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
)

// Options say how FromLua writes.
type Options struct {
	Indent     int  // spaces for each level, 0 for one line
	EmptyArray bool // an unmarked empty table is [], not {}
}

// FromLua encodes a Lua value. A table of 1..n only is an array, any other an object with sorted keys; json.array and
// json.object settle it for empty ones. Cycles, functions, holes and numbers that JSON lacks are errors of code
// bad_argument that name the path. Metatables are not asked for anything else. The caller holds the machine.
func FromLua(v lua.LValue, o Options) ([]byte, error) {
	e := encoder{o: o}
	if err := e.value(v); err != nil {
		return nil, err
	}
	return e.out, nil
}

type encoder struct {
	o      Options
	out    []byte
	within []*lua.LTable
	path   []step // to the value at hand, for errors
}

// step is a name, or an index when there is none.
type step struct {
	name  string
	index int
}

func (e *encoder) fail(format string, args ...any) error {
	err := errs.New(errs.BadArgument, format, args...)
	var path strings.Builder
	for i, s := range e.path {
		switch {
		case s.index > 0:
			fmt.Fprintf(&path, "[%d]", s.index)
		case i > 0:
			path.WriteString("." + s.name)
		default:
			path.WriteString(s.name)
		}
	}
	if path.Len() > 0 {
		err.Message = path.String() + ": " + err.Message
	}
	return err
}

func (e *encoder) value(v lua.LValue) error {
	switch x := v.(type) {
	case lua.LBool:
		e.out = strconv.AppendBool(e.out, bool(x))
		return nil
	case lua.LNumber:
		n := float64(x)
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return e.fail("JSON has no number for %s", strconv.FormatFloat(n, 'g', -1, 64))
		}
		e.out = appendNumber(e.out, n)
		return nil
	case lua.LString:
		if !utf8.ValidString(string(x)) {
			return e.fail("the string is not UTF-8")
		}
		e.out = appendString(e.out, string(x))
		return nil
	case *lua.LTable:
		return e.table(x)
	}
	if v == lua.LNil || v == Null {
		e.out = append(e.out, "null"...)
		return nil
	}
	return e.fail("JSON has no %s", v.Type())
}

func (e *encoder) table(t *lua.LTable) error {
	if slices.Contains(e.within, t) {
		return e.fail("the table holds itself")
	}
	if len(e.within) == MaxDepth {
		e.path = e.path[:8]
		return e.fail("nested deeper than %d", MaxDepth)
	}
	e.within = append(e.within, t)
	defer func() { e.within = e.within[:len(e.within)-1] }()
	// names and numbers apart: a table is an array or an object, not both
	var names []string
	var odd lua.LValue
	n, top := 0, 0.0
	t.ForEach(func(key, _ lua.LValue) {
		switch k := key.(type) {
		case lua.LString:
			names = append(names, string(k))
		case lua.LNumber:
			if x := float64(k); x >= 1 && x == math.Trunc(x) {
				n++
				top = max(top, x)
				return
			}
			odd = key
		default:
			odd = key
		}
	})
	m := mark(t)
	switch {
	case odd != nil:
		return e.fail("JSON has no member for the key %s", odd)
	case n > 0 && len(names) > 0:
		return e.fail("the table has both numbers and names (%q) as keys", slices.Min(names))
	case n > 0 && m == objectMark:
		return e.fail("the table was marked as an object, but has numbers as keys")
	case len(names) > 0 && m == arrayMark:
		return e.fail("the table was marked as an array, but has the key %q", slices.Min(names))
	case float64(n) != top:
		hole := 1
		for t.RawGetInt(hole) != lua.LNil {
			hole++
		}
		e.path = append(e.path, step{index: hole})
		return e.fail("is nil: an array has no holes; json.null says null")
	case n > 0:
		return e.array(t, n)
	case len(names) > 0:
		slices.Sort(names)
		return e.object(t, names)
	case m == arrayMark || e.o.EmptyArray && m != objectMark:
		e.out = append(e.out, "[]"...)
	default:
		e.out = append(e.out, "{}"...)
	}
	return nil
}

func (e *encoder) array(t *lua.LTable, n int) error {
	e.out = append(e.out, '[')
	for i := range n {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.newline(0)
		e.path = append(e.path, step{index: i + 1})
		if err := e.value(t.RawGetInt(i + 1)); err != nil {
			return err
		}
		e.path = e.path[:len(e.path)-1]
	}
	e.newline(-1)
	e.out = append(e.out, ']')
	return nil
}

func (e *encoder) object(t *lua.LTable, names []string) error {
	e.out = append(e.out, '{')
	for i, name := range names {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		e.newline(0)
		if !utf8.ValidString(name) {
			return e.fail("the key %q is not UTF-8", name)
		}
		e.out = append(appendString(e.out, name), ':')
		if e.o.Indent > 0 {
			e.out = append(e.out, ' ')
		}
		e.path = append(e.path, step{name: name})
		if err := e.value(t.RawGetString(name)); err != nil {
			return err
		}
		e.path = e.path[:len(e.path)-1]
	}
	e.newline(-1)
	e.out = append(e.out, '}')
	return nil
}

// newline begins a line at the level of the table at hand and a few more.
func (e *encoder) newline(more int) {
	if e.o.Indent > 0 {
		e.out = append(e.out, '\n')
		e.out = append(e.out, bytes.Repeat([]byte(" "), e.o.Indent*(len(e.within)+more))...)
	}
}

func appendNumber(out []byte, n float64) []byte {
	if n == math.Trunc(n) && math.Abs(n) < 1e17 {
		if n == 0 {
			return append(out, '0') // also for -0
		}
		return strconv.AppendInt(out, int64(n), 10)
	}
	format := byte('f')
	if abs := math.Abs(n); abs < 1e-6 || abs >= 1e21 {
		format = 'e'
	}
	return strconv.AppendFloat(out, n, format, -1, 64)
}

func appendString(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
			continue
		}
		out = append(out, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(out, s[start:]...), '"')
}
