package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// The headers a client may rely on; the others are the web server's own affair.
var comparedHeaders = []string{
	"Content-Type", "Allow", "Location", "Vary", "Openstack-Api-Version", "X-Openstack-Nova-Api-Version",
	"Www-Authenticate", "Accept-Patch", "Content-Md5", "Content-Range", "Openstack-Image-Import-Methods", "Openstack-Image-Store-Ids",
}

// presentHeaders are compared by whether they are there.
var presentHeaders = []string{"X-Openstack-Request-Id", "X-Subject-Token"}

var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "<request>"},
	{regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "<id>"},
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "<id>"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?`), "<time>"},
	{regexp.MustCompile(`\bfa:16:3e(:[0-9a-f]{2}){3}\b`), "<mac>"},
	{regexp.MustCompile(`\bgAAAA[\w-]+`), "<token>"},
	{regexp.MustCompile(`\b172\.24\.4\.([2-9]|[1-9]\d{1,2})\b`), "<public address>"},
}

// masker hides what differs between two clouds that behave alike.
type masker struct {
	roots map[string]string // service -> root URL
	saved map[string]string // name -> value
}

// text masks what was saved by its name, URLs by their service, and the rest by its form.
func (m masker) text(s string) string {
	for _, service := range slices.Sorted(maps.Keys(m.roots)) {
		s = strings.ReplaceAll(s, m.roots[service], "<"+service+">")
	}
	names := slices.Collect(maps.Keys(m.saved))
	// The longest first: one value may be part of another.
	sort.Slice(names, func(i, j int) bool {
		a, b := m.saved[names[i]], m.saved[names[j]]
		if len(a) != len(b) {
			return len(a) > len(b)
		}
		return names[i] < names[j]
	})
	for _, name := range names {
		if v := m.saved[name]; len(v) >= 8 {
			s = strings.ReplaceAll(s, v, "{"+name+"}")
		}
	}
	for _, k := range masks {
		s = k.pattern.ReplaceAllString(s, k.with)
	}
	return s
}

// answer renders a response so that two clouds' can be compared line by line.
func (m masker) answer(r request, status int, header http.Header, body []byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d\n", status)
	for _, h := range comparedHeaders {
		if v := header.Get(h); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", h, m.text(v))
		}
	}
	for _, h := range presentHeaders {
		if header.Get(h) != "" {
			fmt.Fprintf(&b, "%s: <present>\n", h)
		}
	}
	if len(body) == 0 {
		return b.String()
	}
	b.WriteString("\n")
	var doc any
	if err := json.Unmarshal(body, &doc); err != nil {
		b.WriteString(strings.TrimSpace(m.text(string(body))) + "\n")
		return b.String()
	}
	for _, path := range r.mask {
		maskPath(doc, strings.Split(path, "."))
	}
	doc = m.value(doc)
	if top, ok := doc.(map[string]any); ok && !r.ordered {
		for key, v := range top {
			if list, ok := v.([]any); ok {
				top[key] = sorted(list)
			}
		}
	}
	pretty, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err)
	}
	pretty = []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(pretty)))
	b.Write(pretty)
	b.WriteString("\n")
	return b.String()
}

// unordered lists: a service gives their elements in no order one may rely on.
var unordered = map[string]bool{
	"subnets": true, "security_group_rules": true, "security_groups": true, "tags": true, "roles": true,
	"catalog": true, "endpoints": true, "availability_zones": true, "methods": true, "audit_ids": true,
	"extensions": true, "rules": true, "allocation_pools": true,
}

// counters of a service's own database.
var counters = map[string]bool{"standard_attr_id": true}

func (m masker) value(v any) any {
	switch v := v.(type) {
	case string:
		return m.text(v)
	case []any:
		for i := range v {
			v[i] = m.value(v[i])
		}
		return v
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, e := range v {
			e = m.value(e)
			if counters[key] {
				e = "<masked>"
			}
			if list, ok := e.([]any); ok && key == "audit_ids" {
				for i := range list {
					list[i] = "<audit id>"
				}
			}
			if list, ok := e.([]any); ok && unordered[key] {
				e = sorted(list)
			}
			out[m.text(key)] = e
		}
		return out
	}
	return v
}

func sorted(list []any) []any {
	texts := make([]string, len(list))
	for i, e := range list {
		text, err := json.Marshal(e)
		if err != nil {
			panic(err)
		}
		texts[i] = string(text)
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return texts[order[i]] < texts[order[j]] })
	out := make([]any, len(list))
	for i, o := range order {
		out[i] = list[o]
	}
	return out
}

func maskPath(v any, path []string) {
	if len(path) == 0 {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			if path[0] != "*" && path[0] != key {
				continue
			}
			if len(path) == 1 {
				v[key] = "<masked>"
			} else {
				maskPath(v[key], path[1:])
			}
		}
	case []any:
		for i := range v {
			if path[0] != "*" && path[0] != strconv.Itoa(i) {
				continue
			}
			if len(path) == 1 {
				v[i] = "<masked>"
			} else {
				maskPath(v[i], path[1:])
			}
		}
	}
}

// lookUp finds a value of a JSON document by keys and indexes, as text.
func lookUp(body []byte, path string) (string, error) {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return "", err
	}
	for _, key := range strings.Split(path, ".") {
		switch e := v.(type) {
		case map[string]any:
			v = e[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(e) {
				return "", fmt.Errorf("no element %s in a list of %d", key, len(e))
			}
			v = e[i]
		default:
			return "", fmt.Errorf("no %s in %s", key, path)
		}
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case nil:
		return "", fmt.Errorf("no %s", path)
	default:
		text, err := json.Marshal(v)
		return string(text), err
	}
}
