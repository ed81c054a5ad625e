package image

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/web"
)

//go:embed schemas/*.json schemas/metadefs/*.json
var schemaFiles embed.FS

// schema is a schema, ready for checking.
type schema struct {
	name       string
	whole      map[string]any
	properties map[string]any
	order      []string // of the properties: the first thing wrong is what is told
}

// The schemas of what clients send, read once.
var (
	imageSchema = sync.OnceValue(func() *schema { return readSchema("image") })
	taskSchema  = sync.OnceValue(func() *schema { return readSchema("task") })
)

func readSchema(name string) *schema {
	raw := schemaFile(name)
	s := &schema{name: name, properties: map[string]any{}}
	var doc struct{ Properties json.RawMessage }
	if decode(raw, &s.whole) != nil || decode(raw, &doc) != nil {
		return s
	}
	if _, said := s.whole["additionalProperties"]; !said {
		s.whole["additionalProperties"] = false // left out of what is shown
	}
	d := json.NewDecoder(bytes.NewReader(doc.Properties))
	d.UseNumber()
	_, _ = d.Token()
	for d.More() {
		key, _ := d.Token()
		name, _ := key.(string)
		var v any
		if err := d.Decode(&v); err != nil {
			return s
		}
		s.order = append(s.order, name)
		s.properties[name] = v
	}
	return s
}

func decode(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}

func schemaFile(name string) []byte {
	raw, _ := schemaFiles.ReadFile("schemas/" + name + ".json") // names are constants of the routes
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return raw
	}
	return compact.Bytes()
}

// showSchema answers with one of the schemas.
func showSchema(name string) web.Handler {
	return func(*web.Request) (*web.Response, error) { return web.OK(schemaFile(name)), nil }
}

func (s *schema) isBase(name string) bool { return s.properties[name] != nil }

// violation is one thing that does not fit.
type violation struct {
	message, keyword   string
	schemaPath, inPath []any
	schema             map[string]any
	value              any
	mismatch           bool // of type: told before others
}

// check says what of an object does not fit the schema, nil when all does.
func (s *schema) check(in map[string]any) error {
	var found []violation
	for _, name := range s.order {
		if v, ok := in[name]; ok {
			sub, _ := s.properties[name].(map[string]any)
			found = validate(found, v, sub, []any{"properties", name}, []any{name})
		}
	}
	var extra []string
	others, free := s.whole["additionalProperties"].(map[string]any)
	for _, name := range sortedKeys(in) {
		switch {
		case s.isBase(name):
		case free:
			found = validate(found, in[name], others, []any{"additionalProperties"}, []any{name})
		default:
			extra = append(extra, python.Repr(name))
		}
	}
	if len(extra) > 0 {
		verb := "was"
		if len(extra) > 1 {
			verb = "were"
		}
		found = append(found, violation{message: fmt.Sprintf("Additional properties are not allowed (%s %s unexpected)", strings.Join(extra, ", "), verb),
			keyword: "additionalProperties", schema: s.whole, value: in})
	}
	if len(found) == 0 {
		return nil
	}
	best := found[0]
	for _, v := range found[1:] {
		if len(v.inPath) < len(best.inPath) || len(v.inPath) == len(best.inPath) && v.mismatch && !best.mismatch {
			best = v
		}
	}
	return badRequest("Provided object does not match schema '%s': %s\n\nFailed validating %s in schema%s:\n%s\n\nOn instance%s:\n%s",
		s.name, best.message, python.Repr(best.keyword), subscripts(best.schemaPath), indent(python.Pretty(best.schema)),
		subscripts(best.inPath), indent(python.Pretty(best.value)))
}

func subscripts(path []any) string {
	var b strings.Builder
	for _, p := range path {
		if name, ok := p.(string); ok {
			p = python.Repr(name)
		}
		fmt.Fprintf(&b, "[%v]", p)
	}
	return b.String()
}

func indent(s string) string { return "    " + strings.ReplaceAll(s, "\n", "\n    ") }

// validate knows as much of JSON Schema as Glance's schemas use.
func validate(found []violation, v any, s map[string]any, schemaPath, path []any) []violation {
	fits := true
	add := func(keyword, format string, args ...any) {
		found = append(found, violation{message: fmt.Sprintf(format, args...), keyword: keyword, schemaPath: slices.Clone(schemaPath),
			inPath: slices.Clone(path), schema: s, value: v, mismatch: !fits})
	}
	kinds := stringsOf(s["type"])
	if len(kinds) > 0 {
		fits = slices.ContainsFunc(kinds, func(k string) bool { return isKind(v, k) })
		if !fits {
			quoted := make([]string, len(kinds))
			for i, k := range kinds {
				quoted[i] = python.Repr(k)
			}
			add("type", "%s is not of type %s", python.Repr(v), strings.Join(quoted, ", "))
		}
	}
	if enum, ok := s["enum"].([]any); ok && !slices.ContainsFunc(enum, func(e any) bool { return python.Repr(e) == python.Repr(v) }) {
		add("enum", "%s is not one of %s", python.Repr(v), python.Repr(enum))
	}
	switch v := v.(type) {
	case string:
		n := int64(utf8.RuneCountInString(v))
		if most, ok := integer(s["maxLength"]); ok && n > most {
			add("maxLength", "%s is too long", python.Repr(v))
		}
		if least, ok := integer(s["minLength"]); ok && n < least {
			add("minLength", "%s is too short", python.Repr(v))
		}
		if pattern, ok := s["pattern"].(string); ok {
			if re, err := regexp.Compile(pattern); err == nil && !re.MatchString(v) {
				add("pattern", "%s does not match %s", python.Repr(v), python.Repr(pattern))
			}
		}
	case []any:
		if items, ok := s["items"].(map[string]any); ok {
			for i, e := range v {
				found = validate(found, e, items, append(slices.Clone(schemaPath), "items"), append(slices.Clone(path), i))
			}
		}
	case map[string]any:
		properties, _ := s["properties"].(map[string]any)
		for _, k := range sortedKeys(properties) {
			if e, ok := v[k]; ok {
				sub, _ := properties[k].(map[string]any)
				found = validate(found, e, sub, append(slices.Clone(schemaPath), "properties", k), append(slices.Clone(path), k))
			}
		}
		for _, k := range stringsOf(s["required"]) {
			if _, ok := v[k]; !ok {
				add("required", "%s is a required property", python.Repr(k))
			}
		}
	}
	return found
}

func stringsOf(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

func isKind(v any, kind string) bool {
	switch kind {
	case "null":
		return v == nil
	case "string":
		_, ok := v.(string)
		return ok
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "integer":
		_, ok := integer(v)
		return ok
	case "array":
		_, ok := v.([]any)
		return ok
	case "object":
		_, ok := v.(map[string]any)
		return ok
	}
	return true
}

// integer reads a JSON number without a fraction; one that is too large for us is as large as can be.
func integer(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	if i, err := n.Int64(); err == nil {
		return i, true
	}
	f, err := n.Float64()
	switch {
	case err != nil && !strings.ContainsAny(n.String(), ".eE"), f >= 1<<62:
		if strings.HasPrefix(n.String(), "-") {
			return -1 << 62, true
		}
		return 1 << 62, true
	case err == nil && f == float64(int64(f)):
		return int64(f), true
	}
	return 0, false
}
