package network

import (
	"encoding/json"
	"iter"
	"strconv"
	"strings"
)

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
