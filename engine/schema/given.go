package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Given is an option that a call was given, as text for people.
type Given struct {
	Name       string
	Positional bool
	Ref        string   // the kind of resource, "" for none
	Values     []string // one, or those of a list
	List       bool
	Bool       bool // the value is true or false
}

// GivenTo lists what a call was given, in the order of its options. in is what Decode gave.
func GivenTo(in any) []Given {
	v := reflect.ValueOf(in)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	p, _ := planOf(v.Elem().Type()) //nolint:errcheck // usable as far as it goes
	var out []Given
	for _, f := range append(slices.Clone(p.args), p.opts...) {
		if f.name == "" {
			continue
		}
		fv := v.Elem().FieldByIndex(f.index)
		if fv.IsZero() {
			continue
		}
		g := Given{Name: f.name, Positional: f.positional, Ref: f.ref}
		g.fill(fv)
		out = append(out, g)
	}
	return out
}

func (g *Given) fill(v reflect.Value) {
	if isOpt(v.Type()) {
		if v.Field(2).Bool() {
			g.Values = []string{"null"}
			return
		}
		v = v.Field(0)
	}
	if (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && v.Type() != bytesType && v.Type() != rawType {
		g.List = true
		for i := range v.Len() {
			g.Values = append(g.Values, asText(v.Index(i)))
		}
		return
	}
	g.Bool = v.Kind() == reflect.Bool
	g.Values = []string{asText(v)}
}

func asText(v reflect.Value) string {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return "nil"
		}
		v = v.Elem()
	}
	if isOpt(v.Type()) {
		return asText(v.Field(0))
	}
	switch x := v.Interface().(type) {
	case Ref:
		return x.String()
	case Callback:
		return "function"
	case Value:
		return "..."
	case json.RawMessage:
		return string(x)
	case []byte:
		return string(x)
	case fmt.Stringer:
		return x.String()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = asText(v.Index(i))
		}
		return strings.Join(parts, ",")
	case reflect.Map:
		keys := v.MapKeys()
		byName := map[string]string{}
		for _, k := range keys {
			byName[fmt.Sprint(k)] = asText(v.MapIndex(k))
		}
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(byName)) {
			parts = append(parts, k+"="+byName[k])
		}
		return strings.Join(parts, ",")
	case reflect.Struct:
		p, _ := planOf(v.Type()) //nolint:errcheck // as above
		var parts []string
		for _, f := range p.fields {
			if fv := v.FieldByIndex(f.index); f.name != "" && !fv.IsZero() {
				parts = append(parts, f.name+"="+asText(fv))
			}
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v.Interface())
}
