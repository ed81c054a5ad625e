package change

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/oslua/oslua/internal/cloud"
)

// request is a request taken apart.
type request struct {
	service, method, path string
	words                 []string // of the path, unescaped
	doc                   any      // of the body, secrets masked; nil for none
}

func read(service, method, path string, body []byte) *request {
	path, _, _ = strings.Cut(strings.Trim(path, "/"), "?")
	q := &request{service: serviceNamed(service), method: method, path: path, doc: decode(body)}
	hideURLs(q.doc)
	cloud.MaskSecrets(q.doc)
	for _, w := range strings.Split(strings.TrimSuffix(path, ".json"), "/") {
		if plain, err := url.PathUnescape(w); err == nil {
			w = plain
		}
		if w != "" {
			q.words = append(q.words, w)
		}
	}
	for len(q.words) > 1 && prefixes[q.words[0]] {
		q.words = q.words[1:]
	}
	return q
}

// serviceNamed gives one name to a service whatever the catalog's type was.
func serviceNamed(service string) string {
	switch service {
	case "volume", "volumev2", "volumev3":
		return cloud.Volume
	}
	return service
}

func decode(body []byte) any {
	var doc any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if dec.Decode(&doc) != nil {
		return nil
	}
	return doc
}

var userInfo = regexp.MustCompile(`://[^/@\s]+@`)

// hideURLs takes user names, passwords and signatures out of addresses.
func hideURLs(v any) {
	each := func(key string, m any, put func(any)) {
		s, ok := m.(string)
		if !ok {
			hideURLs(m)
			return
		}
		if key == "uri" {
			s, _, _ = strings.Cut(s, "?")
		}
		put(userInfo.ReplaceAllString(s, "://"+cloud.Masked+"@"))
	}
	switch v := v.(type) {
	case map[string]any:
		for k, m := range v {
			each(k, m, func(s any) { v[k] = s })
		}
	case []any:
		for i, m := range v {
			each("", m, func(s any) { v[i] = s })
		}
	}
}

// text gives text and numbers as text, "" for the rest.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// object is the body's members when it is an object.
func (q *request) object() map[string]any {
	m, _ := q.doc.(map[string]any) //nolint:errcheck // nil is none
	return m
}

// attributes are the body's members, whatever they are wrapped in.
func (q *request) attributes() map[string]any {
	switch doc := q.doc.(type) {
	case map[string]any:
		if len(doc) == 1 {
			for _, v := range doc {
				if m, ok := v.(map[string]any); ok {
					return m
				}
			}
		}
		return doc
	case []any:
		m := patched(doc)
		cloud.MaskSecrets(m)
		return m
	}
	return nil
}

// patched makes of a JSON patch what it sets.
func patched(steps []any) map[string]any {
	out := map[string]any{}
	for _, s := range steps {
		step, ok := s.(map[string]any)
		if !ok {
			continue
		}
		key := strings.TrimPrefix(text(step["path"]), "/")
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		if key != "" {
			out[key] = step["value"]
		}
	}
	return out
}

// unwrap gives the resources of a body: one below the type's own word, several below its plural, or the body itself.
func unwrap(typ string, doc map[string]any) []map[string]any {
	key := keyOf(typ)
	for _, k := range []string{key, key + "s", plural(key)} {
		switch v := doc[k].(type) {
		case map[string]any:
			return []map[string]any{v}
		case []any:
			if many := objects(v); len(many) > 0 {
				return many
			}
		}
	}
	if typ != "image" && len(doc) == 1 {
		for _, v := range doc {
			switch v := v.(type) {
			case map[string]any:
				return []map[string]any{v}
			case []any:
				if many := objects(v); len(many) > 0 {
					return many
				}
			}
		}
	}
	return []map[string]any{doc}
}

func objects(list []any) []map[string]any {
	var out []map[string]any
	for _, v := range list {
		if m, ok := v.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// creates gives a change for each resource of the body.
func (q *request) creates(typ, parent string) []Change {
	doc := q.object()
	if doc == nil {
		return []Change{{Action: Create, Type: typ, Parent: parent}}
	}
	var out []Change
	for _, m := range unwrap(typ, doc) {
		c := Change{Action: Create, Type: typ, Name: nameOf(typ, m), Parent: parent, Attributes: m}
		if owner := owners[typ]; owner != "" && c.Parent == "" {
			c.Parent = text(m[owner])
		}
		out = append(out, c)
	}
	return out
}

// one gives a change of one resource, by the body where there is one.
func (q *request) one(action Action, typ, id string) []Change {
	c := Change{Action: action, Type: typ, ID: id}
	if action == Delete {
		return []Change{c}
	}
	if doc := q.object(); doc != nil {
		c.Attributes = unwrap(typ, doc)[0]
	} else {
		c.Attributes = q.attributes()
	}
	c.Name = text(c.Attributes["name"])
	return []Change{c}
}

// generic reads a path as collections and IDs by turns.
func (q *request) generic() []Change {
	n := len(q.words)
	last := q.words[n-1]
	parent := func(i int) string {
		if i < 1 {
			return ""
		}
		return q.words[i]
	}
	if n%2 == 1 { // the path ends with a collection
		if q.method == http.MethodPost {
			return q.creates(q.typeNamed(last), parent(n-2))
		}
		if n == 1 {
			action := Update
			if q.method == http.MethodDelete {
				action = Delete
			}
			return q.one(action, q.typeNamed(last), "")
		}
		c := Change{Action: Update, Type: q.typeNamed(q.words[n-3]), ID: q.words[n-2], Attributes: q.attributes()}
		if c.Attributes == nil {
			c.Attributes = map[string]any{strings.ToLower(q.method): last}
		}
		return []Change{c}
	}
	typ := q.typeNamed(q.words[n-2])
	action := Update
	if q.method == http.MethodDelete {
		action = Delete
	}
	out := q.one(action, typ, last)
	out[0].Parent = parent(n - 3)
	return out
}

// match compares a path with a row's pattern, in which * stands for one word; it gives those words.
func match(pattern string, words []string) (args []string, ok bool) {
	parts := strings.Split(pattern, "/")
	if len(parts) != len(words) {
		return nil, false
	}
	for i, p := range parts {
		switch p {
		case "*":
			args = append(args, words[i])
		case words[i]:
		default:
			return nil, false
		}
	}
	return args, true
}

// count reads a number that may be text.
func count(v any) int {
	n, err := strconv.Atoi(text(v))
	if err != nil || n > maxServers {
		return 0
	}
	return n
}

// maxServers is more than a service makes at once; a larger number is a mistake that it will refuse.
const maxServers = 1000

// numbered is the name that the compute service gives to the nth of several.
func numbered(name string, n int) string { return name + "-" + strconv.Itoa(n) }

// routeID names a route of a router.
func routeID(route map[string]any) string {
	return fmt.Sprintf("%s via %s", text(route["destination"]), text(route["nexthop"]))
}
