package identity

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/web"
)

// A schema is as much of JSON Schema as Keystone's requests need, in JSON Schema's own words: Keystone puts the part
// that was not met into its answer, laid out as Python lays out a dictionary, and so does this.
type schema = web.Object

func list(items ...any) []any { return items }

func text(maxLength int) schema {
	return schema{"type": "string", "minLength": 1, "maxLength": maxLength, "pattern": `[\S]+`}
}

func anyText() schema { return schema{"type": "string"} }

func idText() schema {
	return schema{"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}
}

func boolean() schema { return schema{"type": "boolean", "enum": list(true, false, nil)} }

func optionalBoolean() schema {
	return schema{"type": list("boolean", "null"), "enum": list(true, false, nil)}
}

func nullable(s schema) schema {
	s["type"] = list(s["type"], "null")
	return s
}

func objectOf(props schema) schema { return schema{"type": "object", "properties": props} }

func closed(s schema) schema {
	s["additionalProperties"] = false
	return s
}

func tagText() schema {
	return schema{"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"}
}

func tagList() schema {
	return schema{"type": "array", "items": tagText(), "required": list(), "maxItems": 80, "uniqueItems": true}
}

func immutableOption() schema { return closed(objectOf(schema{"immutable": optionalBoolean()})) }

// creating makes the schema of a request that creates, updating of one that changes, of a resource's properties.
func creating(props schema, required ...any) schema {
	s := objectOf(props)
	s["additionalProperties"] = true
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func updating(props schema) schema {
	s := creating(props)
	s["minProperties"] = 1
	return s
}

func authSchema() schema {
	domain := func() schema { return objectOf(schema{"id": anyText(), "name": anyText()}) }
	token := objectOf(schema{"id": anyText()})
	token["required"] = list("id")
	identity := objectOf(schema{
		"methods": schema{"type": "array", "items": anyText()},
		"password": objectOf(schema{"user": objectOf(schema{"id": anyText(), "name": anyText(), "password": anyText(),
			"domain": domain()})}),
		"token": token,
	})
	identity["required"] = list("methods")
	scope := objectOf(schema{
		"project":        objectOf(schema{"id": anyText(), "name": anyText(), "domain": domain()}),
		"domain":         domain(),
		"OS-TRUST:trust": objectOf(schema{"id": anyText()}),
		"system":         objectOf(schema{"all": boolean()}),
	})
	scope["type"] = list("object", "string")
	s := objectOf(schema{"identity": identity, "scope": scope})
	s["required"] = list("identity")
	return s
}

// userKeyword is in the schemas of users by a slip of Keystone's; it means nothing and is shown.
func userKeyword(s schema) schema {
	s["options"] = schema{"type": "object"}
	return s
}

func userSchema() schema {
	protocol := objectOf(schema{"protocol_id": anyText(), "unique_id": anyText()})
	protocol["required"] = list("protocol_id", "unique_id")
	federated := objectOf(schema{"idp_id": anyText(), "protocols": schema{"type": "array", "items": protocol, "minItems": 1}})
	federated["required"] = list("idp_id", "protocols")
	rule := schema{"type": "array", "items": anyText(), "minItems": 1, "uniqueItems": true}
	options := schema{"multi_factor_auth_rules": schema{"type": list("array", "null"), "items": rule, "uniqueItems": true}}
	for _, name := range []string{"ignore_change_password_upon_first_use", "ignore_password_expiry", "ignore_lockout_failure_attempts",
		"lock_password", "ignore_user_inactivity", "multi_factor_auth_enabled"} {
		options[name] = optionalBoolean()
	}
	return schema{"default_project_id": nullable(idText()), "description": nullable(anyText()), "domain_id": idText(),
		"enabled": boolean(), "federated": schema{"type": "array", "items": federated}, "name": text(255),
		"password": nullable(anyText()), "options": closed(objectOf(options))}
}

func groupSchema() schema {
	return schema{"description": nullable(anyText()), "domain_id": idText(), "name": text(255)}
}

func projectSchema() schema {
	return schema{"description": nullable(anyText()), "domain_id": nullable(idText()), "enabled": boolean(), "is_domain": boolean(),
		"parent_id": nullable(idText()), "name": text(64), "tags": tagList(), "options": immutableOption()}
}

func domainSchema() schema {
	return schema{"description": nullable(anyText()), "enabled": boolean(), "name": text(64), "tags": tagList()}
}

func roleSchema() schema {
	return schema{"name": text(255), "description": anyText(), "options": immutableOption()}
}

func serviceSchema() schema {
	return schema{"enabled": boolean(), "name": text(255), "type": schema{"type": "string", "minLength": 1, "maxLength": 255}}
}

func endpointSchema() schema {
	return schema{"enabled": boolean(), "interface": schema{"type": "string", "enum": list("admin", "internal", "public")},
		"region_id": anyText(), "region": anyText(), "service_id": anyText(),
		"url": schema{"type": "string", "minLength": 0, "maxLength": 225, "pattern": "^[a-zA-Z0-9+.-]+:.+"}}
}

func regionSchema() schema {
	return schema{"description": nullable(anyText()), "id": anyText(), "parent_region_id": nullable(anyText())}
}

func credentialSchema() schema {
	return schema{"blob": anyText(), "project_id": anyText(), "type": anyText(), "user_id": anyText()}
}

// newCredentialSchema also says which fields which type needs; checkCredential looks after that.
func newCredentialSchema() schema {
	s := creating(credentialSchema())
	s["oneOf"] = list(
		schema{"title": "ec2 credential requires project_id", "required": list("blob", "type", "user_id", "project_id"),
			"properties": schema{"type": schema{"enum": list("ec2")}}},
		schema{"title": "non-ec2 credential does not require project_id", "required": list("blob", "type", "user_id"),
			"properties": schema{"type": schema{"not": schema{"enum": list("ec2")}}}})
	return s
}

func appCredentialSchema() schema {
	role := closed(objectOf(schema{"id": idText(), "name": text(255)}))
	role["minProperties"], role["maxProperties"] = 1, 1
	rule := closed(objectOf(schema{
		"path":    schema{"type": "string", "minLength": 0, "maxLength": 225, "pattern": `^\/.*`},
		"method":  schema{"type": "string", "pattern": "^(POST|GET|HEAD|PATCH|PUT|DELETE)$"},
		"service": idText(), "id": idText()}))
	optional := list("null", "string")
	return schema{"name": text(255), "description": nullable(anyText()), "secret": schema{"type": optional},
		"expires_at": schema{"type": optional}, "roles": schema{"type": "array", "items": role}, "unrestricted": boolean(),
		"access_rules": schema{"type": "array", "items": rule}}
}

// place is a value with the schema it has to meet, and the way to both.
type place struct {
	schema     schema
	value      any
	inSchema   string // "['properties']['name']"
	inInstance string // "['name']"
	field      string // "name"
}

// check says what is wrong with a value in Keystone's words: of several things the one nearest to the root.
func check(s schema, v any) error {
	level := []place{{schema: s, value: v}}
	for len(level) > 0 {
		var next []place
		for _, p := range level {
			if keyword, sentence := p.fault(); keyword != "" {
				return p.say(keyword, sentence)
			}
			next = append(next, p.children()...)
		}
		level = next
	}
	return nil
}

func (p place) say(keyword, sentence string) error {
	if p.field != "" {
		sentence = fmt.Sprintf("Invalid input for field '%s': %s", p.field, sentence)
	}
	indented := func(v any) string { return strings.ReplaceAll("\n"+python.Pretty(v), "\n", "\n    ") }
	return web.Errorf(400, "%s\n\nFailed validating '%s' in schema%s:%s\n\nOn instance%s:%s", sentence, keyword,
		p.inSchema, indented(p.schema), p.inInstance, indented(p.value))
}

// fault looks at the value itself: the keyword that is not met and the sentence about it, "" when all is well.
func (p place) fault() (keyword, sentence string) {
	s := p.schema
	number := func(key string) (int, bool) { n, ok := s[key].(int); return n, ok }
	types, several := s["type"].([]any)
	if !several && s["type"] != nil {
		types = list(s["type"])
	}
	if types != nil && !slices.ContainsFunc(types, func(t any) bool { return isType(p.value, t.(string)) }) {
		names := make([]string, len(types))
		for i, t := range types {
			names[i] = python.Repr(t)
		}
		return "type", fmt.Sprintf("%s is not of type %s", python.Repr(p.value), strings.Join(names, ", "))
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, p.value) {
		return "enum", fmt.Sprintf("%s is not one of %s", python.Repr(p.value), python.Repr(enum))
	}
	switch v := p.value.(type) {
	case string:
		length := utf8.RuneCountInString(v)
		if n, ok := number("minLength"); ok && length < n {
			return "minLength", python.Repr(v) + " is too short"
		}
		if n, ok := number("maxLength"); ok && length > n {
			return "maxLength", python.Repr(v) + " is too long"
		}
		if pattern, ok := s["pattern"].(string); ok {
			if fits, err := regexp.MatchString(pattern, v); err == nil && !fits {
				return "pattern", fmt.Sprintf("%s does not match %s", python.Repr(v), python.Repr(pattern))
			}
		}
	case web.Object:
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				return "required", python.Repr(name) + " is a required property"
			}
		}
		if n, ok := number("minProperties"); ok && len(v) < n {
			return "minProperties", python.Repr(v) + " does not have enough properties"
		}
		if n, ok := number("maxProperties"); ok && len(v) > n {
			return "maxProperties", python.Repr(v) + " has too many properties"
		}
		if s["additionalProperties"] == false {
			var unknown []string
			props, _ := s["properties"].(schema)
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if props[name] == nil {
					unknown = append(unknown, python.Repr(name))
				}
			}
			switch len(unknown) {
			case 0:
			case 1:
				return "additionalProperties", fmt.Sprintf("Additional properties are not allowed (%s was unexpected)", unknown[0])
			default:
				return "additionalProperties", fmt.Sprintf("Additional properties are not allowed (%s were unexpected)", strings.Join(unknown, ", "))
			}
		}
	case []any:
		if n, ok := number("minItems"); ok && len(v) < n {
			return "minItems", python.Repr(v) + " is too short"
		}
		if n, ok := number("maxItems"); ok && len(v) > n {
			return "maxItems", python.Repr(v) + " is too long"
		}
		seen := map[string]bool{}
		for _, item := range v {
			seen[python.Repr(item)] = true
		}
		if s["uniqueItems"] == true && len(seen) < len(v) {
			return "uniqueItems", python.Repr(v) + " has non-unique elements"
		}
	}
	return "", ""
}

// children are the values inside the value, in the order of their names.
func (p place) children() []place {
	var all []place
	below := func(s schema, v any, schemaKey, key, name string) {
		field := name
		if p.field != "" {
			field = p.field + "/" + name
		}
		all = append(all, place{schema: s, value: v, inSchema: p.inSchema + schemaKey, inInstance: p.inInstance + "[" + key + "]", field: field})
	}
	switch v := p.value.(type) {
	case web.Object:
		props, _ := p.schema["properties"].(schema)
		for _, name := range slices.Sorted(maps.Keys(props)) {
			if value, ok := v[name]; ok {
				below(props[name].(schema), value, "['properties']["+python.Repr(name)+"]", python.Repr(name), name)
			}
		}
	case []any:
		if items, ok := p.schema["items"].(schema); ok {
			for i, item := range v {
				below(items, item, "['items']", fmt.Sprint(i), fmt.Sprint(i))
			}
		}
	}
	return all
}

// invalid is the answer to a value of the wrong type where no schema is at hand.
func invalid(v any, t string) error { return check(schema{"type": t}, v) }

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
