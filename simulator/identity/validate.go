package identity

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oslua/oslua/simulator/web"
)

// A schema is as much of JSON Schema as Keystone's requests need. Keystone appends the schema itself to its sentences;
// that part is left out here.
type schema struct {
	types        []string // "string", "null", "boolean", "object", "array", "integer"
	min, max     int      // of a string's length
	pattern      *regexp.Regexp
	enum         []string
	props        map[string]*schema
	required     []string
	items        *schema
	maxItems     int
	unique       bool
	closed       bool // no further properties
	minimalProps int
}

var (
	// Compiled once; the patterns are Keystone's rules for its fields.
	nonBlank   = regexp.MustCompile(`[\S]+`)
	idPattern  = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)
	urlPattern = regexp.MustCompile(`^[a-zA-Z0-9+.-]+:.+`)
	tagPattern = regexp.MustCompile(`^[^,/]*$`)
)

func text(max int) *schema {
	return &schema{types: []string{"string"}, min: 1, max: max, pattern: nonBlank}
}
func anyText() *schema { return &schema{types: []string{"string"}} }
func idText() *schema {
	return &schema{types: []string{"string"}, min: 1, max: 64, pattern: idPattern}
}
func boolean() *schema { return &schema{types: []string{"boolean"}} }
func nullable(s *schema) *schema {
	s.types = append(s.types, "null")
	return s
}
func objectOf(props map[string]*schema, required ...string) *schema {
	return &schema{types: []string{"object"}, props: props, required: required}
}
func tagList() *schema {
	return &schema{types: []string{"array"}, maxItems: 80, unique: true,
		items: &schema{types: []string{"string"}, min: 1, max: 255, pattern: tagPattern}}
}
func optionsSchema() *schema {
	return &schema{types: []string{"object"}, closed: true,
		props: map[string]*schema{"immutable": {types: []string{"boolean", "null"}}}}
}

func authSchema() *schema {
	domain := func() *schema { return objectOf(map[string]*schema{"id": anyText(), "name": anyText()}) }
	userIn := objectOf(map[string]*schema{"id": anyText(), "name": anyText(), "password": anyText(), "domain": domain()})
	scope := objectOf(map[string]*schema{
		"project":        objectOf(map[string]*schema{"id": anyText(), "name": anyText(), "domain": domain()}),
		"domain":         domain(),
		"OS-TRUST:trust": objectOf(map[string]*schema{"id": anyText()}),
		"system":         objectOf(map[string]*schema{"all": boolean()}),
	})
	scope.types = append(scope.types, "string")
	return objectOf(map[string]*schema{
		"identity": objectOf(map[string]*schema{
			"methods":  {types: []string{"array"}, items: anyText()},
			"password": objectOf(map[string]*schema{"user": userIn}),
			"token":    objectOf(map[string]*schema{"id": anyText()}, "id"),
		}, "methods"),
		"scope": scope,
	}, "identity")
}

func userSchema() map[string]*schema {
	return map[string]*schema{"default_project_id": nullable(idText()), "description": nullable(anyText()), "domain_id": idText(),
		"enabled": boolean(), "name": text(255), "password": nullable(anyText()), "options": {types: []string{"object"}}}
}

func groupSchema() map[string]*schema {
	return map[string]*schema{"description": nullable(anyText()), "domain_id": idText(), "name": text(255)}
}

func projectSchema() map[string]*schema {
	return map[string]*schema{"description": nullable(anyText()), "domain_id": nullable(idText()), "enabled": boolean(),
		"is_domain": boolean(), "parent_id": nullable(idText()), "name": text(64), "tags": tagList(), "options": optionsSchema()}
}

func domainSchema() map[string]*schema {
	return map[string]*schema{"description": nullable(anyText()), "enabled": boolean(), "name": text(64), "tags": tagList()}
}

func roleSchema() map[string]*schema {
	return map[string]*schema{"name": text(255), "description": anyText(), "options": optionsSchema()}
}

func serviceSchema() map[string]*schema {
	return map[string]*schema{"enabled": boolean(), "name": text(255), "type": {types: []string{"string"}, min: 1, max: 255}}
}

func endpointSchema() map[string]*schema {
	return map[string]*schema{"enabled": boolean(), "interface": {types: []string{"string"}, enum: []string{"admin", "internal", "public"}},
		"region_id": anyText(), "region": anyText(), "service_id": anyText(), "url": {types: []string{"string"}, max: 225, pattern: urlPattern}}
}

func regionSchema() map[string]*schema {
	return map[string]*schema{"description": nullable(anyText()), "id": {types: []string{"string"}, max: 255},
		"parent_region_id": {types: []string{"string", "null"}}}
}

func appCredentialSchema() map[string]*schema {
	return map[string]*schema{"name": text(255), "description": nullable(anyText()), "secret": nullable(anyText()),
		"expires_at": {types: []string{"null", "string"}}, "unrestricted": nullable(boolean()),
		"roles": {types: []string{"array"}, items: objectOf(map[string]*schema{"id": idText(), "name": text(255)})}}
}

// check says what is wrong with a value in Keystone's words.
func (s *schema) check(v any) error { return s.checkAt("", v) }

func (s *schema) checkAt(path string, v any) error {
	if len(s.types) > 0 && !slices.ContainsFunc(s.types, func(t string) bool { return isType(v, t) }) {
		return invalid(path, v, s.types...)
	}
	if s.enum != nil && !slices.Contains(s.enum, fmt.Sprint(v)) {
		return fault(path, "%s is not one of ['%s']", python(v), strings.Join(s.enum, "', '"))
	}
	switch v := v.(type) {
	case string:
		switch {
		case utf8.RuneCountInString(v) < s.min:
			return fault(path, "%s is too short", python(v))
		case s.max > 0 && utf8.RuneCountInString(v) > s.max:
			return fault(path, "%s is too long", python(v))
		case s.pattern != nil && !s.pattern.MatchString(v):
			return fault(path, "%s does not match %s", python(v), python(s.pattern.String()))
		}
	case web.Object:
		for _, name := range s.required {
			if _, ok := v[name]; !ok {
				return fault(path, "'%s' is a required property", name)
			}
		}
		if len(v) < s.minimalProps {
			return fault(path, "%s does not have enough properties", python(v))
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if p := s.props[name]; p != nil {
				if err := p.checkAt(join(path, name), v[name]); err != nil {
					return err
				}
			} else if s.closed {
				return fault(path, "Additional properties are not allowed ('%s' was unexpected)", name)
			}
		}
	case []any:
		if s.maxItems > 0 && len(v) > s.maxItems {
			return fault(path, "%s is too long", python(v))
		}
		seen := map[string]bool{}
		for i, item := range v {
			if s.items != nil {
				if err := s.items.checkAt(join(path, fmt.Sprint(i)), item); err != nil {
					return err
				}
			}
			if key := python(item); s.unique && seen[key] {
				return fault(path, "%s has non-unique elements", python(v))
			} else {
				seen[key] = true
			}
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

func fault(path, format string, args ...any) error {
	sentence := fmt.Sprintf(format, args...)
	if path != "" {
		sentence = fmt.Sprintf("Invalid input for field '%s': %s", path, sentence)
	}
	return web.Errorf(400, "%s", sentence)
}

// invalid is the sentence for a value of the wrong type.
func invalid(path string, v any, types ...string) error {
	return fault(path, "%s is not of type '%s'", python(v), strings.Join(types, "', '"))
}

func isType(v any, t string) bool {
	switch v := v.(type) {
	case nil:
		return t == "null"
	case bool:
		return t == "boolean"
	case string:
		return t == "string"
	case json.Number:
		return t == "number" || t == "integer" && !strings.ContainsAny(v.String(), ".eE")
	case web.Object:
		return t == "object"
	case []any:
		return t == "array"
	}
	return false
}

// python writes a value as Python's repr does.
func python(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		quote := "'"
		if strings.Contains(v, "'") && !strings.Contains(v, `"`) {
			quote = `"`
		}
		return quote + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, quote, `\`+quote).Replace(v) + quote
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = python(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case web.Object:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, python(k)+": "+python(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}
