// Package python writes values as Python does: the services' sentences quote what they were sent that way, and their
// clients match on them.
package python

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Ordered is a dictionary that knows the order of its keys.
type Ordered interface {
	Keys() []string
	Value(key string) any
}

// Str writes a value as Python's str does.
func Str(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return Repr(v)
}

// Repr writes a value as Python's repr does. Dictionaries that know no order are in that of their keys.
func Repr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return Quote(v)
	case json.Number:
		return Number(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case []any:
		return "[" + joined(v, Repr) + "]"
	case []string:
		return "[" + joined(v, Quote) + "]"
	case map[string]any:
		return "{" + joined(slices.Sorted(maps.Keys(v)), func(k string) string { return Quote(k) + ": " + Repr(v[k]) }) + "}"
	case Ordered:
		return "{" + joined(v.Keys(), func(k string) string { return Quote(k) + ": " + Repr(v.Value(k)) }) + "}"
	}
	return fmt.Sprint(v)
}

// Tuple writes strings as a tuple.
func Tuple(all []string) string {
	list := joined(all, Quote)
	if len(all) == 1 {
		list += ","
	}
	return "(" + list + ")"
}

// Set writes strings as a set, in the order given.
func Set(all []string) string { return "{" + joined(all, Quote) + "}" }

func joined[T any](all []T, write func(T) string) string {
	parts := make([]string, len(all))
	for i, v := range all {
		parts[i] = write(v)
	}
	return strings.Join(parts, ", ")
}

// Number writes a number of JSON: what has a point or an exponent is a float.
func Number(n json.Number) string {
	s := string(n)
	if !strings.ContainsAny(s, ".eE") {
		return s
	}
	f, err := n.Float64()
	if err != nil {
		if strings.HasPrefix(s, "-") {
			return "-inf"
		}
		return "inf"
	}
	if abs := math.Abs(f); f != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s = strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// Quote writes a text as a literal.
func Quote(s string) string {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteRune(quote)
	return b.String()
}
