package identity

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/web"
)

// mappingSchema is what a mapping has to look like.
func mappingSchema() schema {
	domain := closed(objectOf(schema{"id": anyText(), "name": anyText()}))
	user := closed(objectOf(schema{"id": anyText(), "name": anyText(), "email": anyText(), "domain": domain,
		"type": schema{"type": "string", "enum": list("ephemeral", "local")}}))
	role := objectOf(schema{"name": anyText()})
	role["required"] = list("name")
	projects := closed(objectOf(schema{"name": anyText(), "roles": schema{"type": "array", "items": role}}))
	projects["required"] = list("name", "roles")
	byID := closed(objectOf(schema{"id": anyText()}))
	byID["required"] = list("id")
	byName := closed(objectOf(schema{"name": anyText(), "domain": domain}))
	byName["required"] = list("name", "domain")
	local := closed(objectOf(schema{"user": user, "projects": schema{"type": "array", "items": projects},
		"group": schema{"type": "object", "oneOf": list(byID, byName)}, "groups": anyText(), "group_ids": anyText(), "domain": domain}))
	empty := closed(objectOf(schema{"type": anyText()}))
	empty["required"] = list("type")
	kinds := list(empty)
	for _, kind := range []string{"any_one_of", "not_any_of", "blacklist", "whitelist"} {
		k := closed(objectOf(schema{"type": anyText(), kind: schema{"type": "array"}, "regex": schema{"type": "boolean"}}))
		k["required"] = list("type", kind)
		kinds = append(kinds, k)
	}
	rule := closed(objectOf(schema{"local": schema{"type": "array", "items": local},
		"remote": schema{"type": "array", "minItems": 1, "items": schema{"type": "object", "oneOf": kinds}}}))
	rule["required"] = list("local", "remote")
	s := objectOf(schema{"rules": schema{"type": "array", "minItems": 1, "items": rule}})
	s["required"] = list("rules")
	return s
}

// mappingFaults says what is wrong with a mapping, a line for each thing, "" when all is well.
func mappingFaults(in web.Object) string {
	all := faults(place{schema: mappingSchema(), value: in})
	slices.Sort(all)
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, "\n") + "\n"
}

func faults(p place) []string {
	keyword, sentence := p.fault()
	var all []string
	if keyword != "" {
		all = append(all, sentence)
	}
	if keyword == "type" {
		return all
	}
	if choices, ok := p.schema["oneOf"].([]any); ok {
		if !slices.ContainsFunc(choices, func(c any) bool {
			s, _ := c.(schema)
			return len(faults(place{schema: s, value: p.value})) == 0
		}) {
			all = append(all, python.Repr(p.value)+" is not valid under any of the given schemas")
		}
	}
	for _, c := range p.children() {
		all = append(all, faults(c)...)
	}
	return all
}

// assertionOf names a provider's claims as they reach Keystone through mod_auth_openidc: as headers with the prefix
// OIDC-, as CGI writes these, and with the module's own prefix. A list becomes several values.
func assertionOf(claims map[string]any) map[string][]string {
	out := map[string][]string{}
	for name, v := range claims {
		var values []string
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				values = append(values, fmt.Sprint(item))
			}
		case string:
			values = strings.Split(v, ";")
		case bool, json.Number:
			values = []string{fmt.Sprint(v)}
		default:
			continue
		}
		cgi := strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		for _, as := range []string{"OIDC-" + name, "HTTP_OIDC_" + cgi, "OIDC_CLAIM_" + name} {
			out[as] = values
		}
	}
	return out
}

// mapped is what rules make of an assertion.
type mapped struct {
	user     web.Object
	groupIDs []string
	groups   []web.Object // by name and domain
	projects []web.Object
}

// applyRules makes a user of an assertion, nil when no rule fits.
func applyRules(rules []any, assertion map[string][]string) (*mapped, error) {
	var locals []web.Object
	for _, item := range rules {
		rule, _ := item.(web.Object)
		remote, _ := rule["remote"].([]any)
		values, fits := requirements(remote, assertion)
		if !fits {
			continue
		}
		local, _ := rule["local"].([]any)
		for _, item := range local {
			filled, err := fill(item, values)
			if err != nil {
				return nil, err
			}
			if o, ok := filled.(web.Object); ok {
				locals = append(locals, o)
			}
		}
	}
	if len(locals) == 0 {
		return nil, nil
	}
	m := &mapped{}
	for _, local := range locals {
		if u, ok := local["user"].(web.Object); ok && m.user == nil {
			m.user = u
		}
		if g, ok := local["group"].(web.Object); ok {
			if id, ok := g["id"].(string); ok {
				m.groupIDs = append(m.groupIDs, id)
			} else {
				m.groups = append(m.groups, g)
			}
		}
		if names, ok := local["groups"].(string); ok {
			if local["domain"] == nil {
				return nil, nil // Keystone: both 'groups' and 'domain' must be specified
			}
			for _, name := range literalList(names) {
				m.groups = append(m.groups, web.Object{"name": name, "domain": local["domain"]})
			}
		}
		if ids, ok := local["group_ids"].(string); ok {
			m.groupIDs = append(m.groupIDs, literalList(ids)...)
		}
		if projects, ok := local["projects"].([]any); ok {
			m.projects = nil
			for _, p := range projects {
				if o, ok := p.(web.Object); ok {
					m.projects = append(m.projects, o)
				}
			}
		}
	}
	if m.user == nil {
		m.user = web.Object{}
	}
	return m, nil
}

// requirements holds an assertion against a rule's remote part. It gives the values that {0}, {1} … stand for.
func requirements(remote []any, assertion map[string][]string) (values [][]string, fits bool) {
	for _, item := range remote {
		want, _ := item.(web.Object)
		name, _ := want["type"].(string)
		have := assertion[name]
		if len(have) == 0 || len(have) == 1 && have[0] == "" {
			return nil, false
		}
		regex := want["regex"] == true
		some := func(key string) (matches, others []string, given bool) {
			all, given := want[key].([]any)
			for _, v := range have {
				if slices.ContainsFunc(stringList(all), func(w string) bool { return same(v, w, regex) }) {
					matches = append(matches, v)
				} else {
					others = append(others, v)
				}
			}
			return matches, others, given
		}
		if matches, _, given := some("any_one_of"); given {
			if len(matches) == 0 {
				return nil, false
			}
			continue
		}
		if matches, _, given := some("not_any_of"); given {
			if len(matches) > 0 {
				return nil, false
			}
			continue
		}
		if _, others, given := some("blacklist"); given {
			have = others
		} else if matches, _, given := some("whitelist"); given {
			have = matches
		}
		values = append(values, have)
	}
	return values, true
}

func same(have, want string, regex bool) bool {
	if !regex {
		return have == want
	}
	re, err := regexp.Compile(want)
	return err == nil && re.MatchString(have)
}

var slot = regexp.MustCompile(`\{\{|\}\}|\{\d+\}`)

// fill puts the values into the places of a rule's local part.
func fill(v any, values [][]string) (any, error) {
	switch v := v.(type) {
	case web.Object:
		out := web.Object{}
		for k, item := range v {
			filled, err := fill(item, values)
			if err != nil {
				return nil, err
			}
			out[k] = filled
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			var err error
			if out[i], err = fill(item, values); err != nil {
				return nil, err
			}
		}
		return out, nil
	case string:
		// Without a value to put in, a rule's local part is taken as it is.
		if len(values) == 0 {
			return v, nil
		}
		var wrong error
		text := slot.ReplaceAllStringFunc(v, func(s string) string {
			if s == "{{" || s == "}}" {
				return s[:1]
			}
			n, err := strconv.Atoi(s[1 : len(s)-1])
			if err != nil || n >= len(values) {
				wrong = web.Errorf(500, "An unexpected error prevented the server from fulfilling your request.")
				return ""
			}
			if len(values[n]) == 1 {
				return values[n][0]
			}
			all := make([]any, len(values[n]))
			for i, item := range values[n] {
				all[i] = item
			}
			return python.Repr(all)
		})
		return text, wrong
	}
	return v, nil
}

// literalList reads what fill made of several values; anything else is one.
func literalList(text string) []string {
	if strings.HasPrefix(text, "['") && strings.HasSuffix(text, "']") {
		return strings.Split(text[2:len(text)-2], "', '")
	}
	if text == "[]" {
		return nil
	}
	return []string{text}
}
