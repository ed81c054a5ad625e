package destroy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/oslua/oslua/internal/rest"
)

// Difference is a field that is not as the run left it.
type Difference struct {
	Field string `json:"field"`
	Was   any    `json:"was"` // as the run set it
	Is    any    `json:"is"`
}

// String is the difference in words.
func (d Difference) String() string {
	return fmt.Sprintf("%s was %s, is %s", d.Field, show(d.Was), show(d.Is))
}

// show writes a value as JSON, and not at any length.
func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	const most = 60
	if r := []rune(string(b)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(b)
}

// told are the fields of servers whose request and answer speak of the same thing; the others are written otherwise in
// one than in the other.
var toldOfServers = []string{"name", "description", "metadata", "key_name"}

// passing are fields that change without anybody meaning to: whoever uses a port writes its name on it.
var passing = []string{"device_id", "device_owner", "binding:host_id", "binding:profile", "external_gateway_info", "port_id", "fixed_ip_address", "tags"}

// compare gives the fields the run set that are otherwise now.
func compare(r Resource, found map[string]any) []Difference {
	var out []Difference
	if name, _ := found["name"].(string); r.Name != "" && name != "" && name != r.Name && r.Attributes["name"] == nil && r.Maybe["name"] != name {
		out = append(out, Difference{"name", r.Name, name})
	}
	for _, field := range sortedKeys(r.Attributes) {
		want, err := rest.Plain(r.Attributes[field])
		have, there := found[field]
		switch {
		case err != nil, want == nil, !there, slices.Contains(passing, field), masked(want):
			continue
		case r.Type == "server" && !slices.Contains(toldOfServers, field):
			continue
		}
		if maybe, err := rest.Plain(r.Maybe[field]); err == nil && maybe != nil && same(maybe, have) {
			continue
		}
		if !same(want, have) {
			out = append(out, Difference{field, want, have})
		}
	}
	return out
}

// masked reports whether a value is what stands in a secret's place.
func masked(v any) bool {
	s, ok := v.(string)
	return ok && strings.HasPrefix(s, "***")
}

// same compares what was asked for with what is there. A service fills in what was not said, and writes addresses, text
// and numbers in its own way: only what means something else counts.
func same(want, have any) bool {
	switch w := want.(type) {
	case []any:
		return rest.Unordered(same)(want, have)
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return have != nil || len(w) == 0
		}
		for k, v := range w {
			if !same(v, h[k]) {
				return false
			}
		}
		return true
	case string:
		if h, ok := have.(string); ok {
			return strings.TrimSpace(w) == strings.TrimSpace(h) || rest.Network(w, h) || rest.ID(w, h) || strings.EqualFold(w, h) && strings.Contains(w, ":")
		}
		switch have.(type) {
		case []any, map[string]any:
			return true // they speak of different things: the one that was taken out, and those there are
		}
		return rest.Equal(want, have) || fmt.Sprint(have) == w
	}
	return rest.Equal(want, have)
}
