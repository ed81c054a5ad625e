package network

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// pyStr writes a value as Python's str does: sentences of Neutron quote what the client sent that way.
func pyStr(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return pyRepr(v)
}

// pyRepr writes a value as Python's repr does. Dictionaries are in order of their keys.
func pyRepr(v any) string {
	switch x := v.(type) {
	case nil:
		return "None"
	case bool:
		if x {
			return "True"
		}
		return "False"
	case string:
		return pyQuote(x)
	case json.Number:
		return x.String()
	case []any:
		return pyList(len(x), func(i int) string { return pyRepr(x[i]) })
	case []string:
		return pyList(len(x), func(i int) string { return pyQuote(x[i]) })
	case map[string]any:
		keys := slices.Sorted(maps.Keys(x))
		parts := make([]string, len(keys))
		for i, k := range keys {
			parts[i] = pyQuote(k) + ": " + pyRepr(x[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

func pyList(n int, at func(int) string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = at(i)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// pyTuple writes strings as a tuple.
func pyTuple(all []string) string {
	list := pyRepr(all)
	list = list[1 : len(list)-1]
	if len(all) == 1 {
		list += ","
	}
	return "(" + list + ")"
}

// pySet writes a set of strings as Python does, in the order given.
func pySet(keys []string) string {
	list := pyRepr(keys)
	return "{" + list[1:len(list)-1] + "}"
}

func pyQuote(s string) string {
	quote := `'`
	if strings.Contains(s, `'`) && !strings.Contains(s, `"`) {
		quote = `"`
	}
	var b strings.Builder
	b.WriteString(quote)
	for _, r := range s {
		switch {
		case r == '\\' || string(r) == quote:
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteString(quote)
	return b.String()
}

// pyInt is Python's int(): whole numbers, booleans, texts of digits with blanks around, and numbers cut to whole ones.
func pyInt(v any) (int64, bool) {
	switch x := v.(type) {
	case bool:
		if x {
			return 1, true
		}
		return 0, true
	case int:
		return int64(x), true
	case int64:
		return x, true
	case string:
		n, err := strconv.ParseInt(strings.TrimSpace(x), 10, 64)
		return n, err == nil
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n, true
		}
		f, err := x.Float64()
		return int64(f), err == nil
	}
	return 0, false
}

// splitSeq goes over the parts of a list separated by commas; an empty text has none.
func splitSeq(s string) iter.Seq[string] {
	if s == "" {
		return func(func(string) bool) {}
	}
	return strings.SplitSeq(s, ",")
}
