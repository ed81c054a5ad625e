package python

import (
	"encoding/json"
	"strings"
	"testing"
)

type pairs struct{}

func (pairs) Keys() []string       { return []string{"b", "a"} }
func (pairs) Value(key string) any { return key + key }

// TestRepr: what Python 3's repr gives.
func TestRepr(t *testing.T) {
	for want, v := range map[string]any{
		"None": nil, "True": true, "7": int64(7), "1.0": json.Number("1.0"), "100.0": json.Number("1e2"), "1e+16": json.Number("1e16"), "12": json.Number("12"),
		`'a'`: "a", `"it's"`: "it's", `'it\'s "so"'`: `it's "so"`, `'a\nb\x1b\\서울'`: "a\nb\x1b\\서울", `'\u200b\xad'`: "\u200b\u00ad",
		"['a', 1]": []any{"a", json.Number("1")}, "['x']": []string{"x"},
		"{'a': 1, 'b': {}}":      map[string]any{"b": map[string]any{}, "a": 1},
		"{'b': 'bb', 'a': 'aa'}": pairs{},
	} {
		if got := Repr(v); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for got, want := range map[string]string{Str("a'b"): "a'b", Str(nil): "None", Tuple([]string{"a"}): "('a',)", Tuple([]string{"a", "b"}): "('a', 'b')", Set([]string{"a", "b"}): "{'a', 'b'}"} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestPretty: what Python 3's pprint gives, 72 columns wide.
func TestPretty(t *testing.T) {
	long := strings.Repeat("word ", 8)
	got := Pretty(map[string]any{"enum": []any{long, long}, "a": true})
	want := "{'a': True,\n 'enum': ['" + long + "',\n          '" + long + "']}"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
