package identity

import (
	"maps"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// object reads a request's body: none is an empty object, and only application/json will do.
func object(r *web.Request) (web.Object, error) {
	if len(r.Raw) == 0 {
		return web.Object{}, nil
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if k := strings.TrimSpace(kind); k != "" && !strings.EqualFold(k, "application/json") {
		return nil, expecting("application/json", "Content-Type header")
	}
	return r.Object()
}

// member reads the object under a key of the body and checks it. A missing one is empty, as to Keystone.
func member(r *web.Request, key string, s schema) (web.Object, error) {
	body, err := object(r)
	if err != nil {
		return nil, err
	}
	v, ok := body[key]
	if !ok || v == nil {
		v = web.Object{}
	}
	if err := check(s, v); err != nil {
		return nil, err
	}
	o, _ := v.(web.Object)
	return o, nil
}

// selfLink adds an object's link to itself.
func selfLink(r *web.Request, o web.Object, path string) web.Object {
	o["links"] = web.Object{"self": r.URLFor(path)}
	return o
}

// withExtra adds the attributes a service keeps for its clients without knowing them.
func withExtra(o web.Object, extra map[string]any) web.Object {
	for k, v := range extra {
		if _, taken := o[k]; !taken {
			o[k] = v
		}
	}
	return o
}

// collection is the answer to a list.
func collection(r *web.Request, key string, all []web.Object) *web.Response {
	if all == nil {
		all = []web.Object{}
	}
	self := r.URLFor(r.URL.Path)
	if r.URL.RawQuery != "" {
		self += "?" + r.URL.RawQuery
	}
	return web.OK(web.Object{key: all, "links": web.Object{"next": nil, "previous": nil, "self": self}})
}

// filter keeps the objects that fit the query's values for the named attributes: exactly, or with a comparator as in
// name__contains and name__icontains. Other keys are passed over, as Keystone does.
func filter(r *web.Request, all []web.Object, attributes ...string) []web.Object {
	for key, values := range r.Query() {
		attribute, comparator, inexact := strings.Cut(key, "__")
		if !slices.Contains(attributes, attribute) {
			continue
		}
		for _, value := range values {
			all = slices.DeleteFunc(all, func(o web.Object) bool {
				if inexact {
					return !fitsInexactly(o[attribute], comparator, value)
				}
				return !fits(o[attribute], value)
			})
		}
	}
	return all
}

func fits(have any, want string) bool {
	switch h := have.(type) {
	case bool:
		// Only a value that says no is one: ?enabled means enabled=true.
		no := slices.Contains([]string{"0", "false", "f", "no", "n", "off"}, strings.ToLower(want))
		return h != no
	case string:
		return h == want
	case nil:
		return false
	}
	return false
}

func fitsInexactly(have any, comparator, want string) bool {
	h, ok := have.(string)
	if !ok {
		return false
	}
	if rest, insensitive := strings.CutPrefix(comparator, "i"); insensitive {
		comparator, h, want = rest, strings.ToLower(h), strings.ToLower(want)
	}
	switch comparator {
	case "contains":
		return strings.Contains(h, want)
	case "startswith":
		return strings.HasPrefix(h, want)
	case "endswith":
		return strings.HasSuffix(h, want)
	}
	return true
}

// flag says whether a query's flag is set: it is there and not 0.
func flag(r *web.Request, name string) bool {
	return r.Query().Has(name) && r.Query().Get(name) != "0"
}

// setText, setBool and setObject take a field over when the request has it.
func setText(o web.Object, key string, into *string) {
	if v, ok := o[key]; ok {
		s, _ := v.(string)
		*into = s
	}
}

func setBool(o web.Object, key string, into *bool) {
	if b, ok := o[key].(bool); ok {
		*into = b
	}
}

func setPointer(o web.Object, key string, into **string) {
	if v, ok := o[key]; ok {
		*into = nil
		if s, ok := v.(string); ok {
			*into = &s
		}
	}
}

// setOptions merges resource options: null takes one away.
func setOptions(o web.Object, into *map[string]any) {
	in, _ := o["options"].(web.Object)
	for k, v := range in {
		if *into == nil {
			*into = map[string]any{}
		}
		if v == nil {
			delete(*into, k)
		} else {
			(*into)[k] = v
		}
	}
}

// setExtra takes over every attribute that is not one of the known.
func setExtra(o web.Object, into *map[string]any, known ...string) {
	for _, k := range slices.Sorted(maps.Keys(o)) {
		if slices.Contains(known, k) || k == "id" || k == "links" || k == "extra" || k == "options" {
			continue
		}
		if *into == nil {
			*into = map[string]any{}
		}
		(*into)[k] = o[k]
	}
}

func options(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

func stringList(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// immutable refuses to change what its options protect.
func immutable(kind, id, verb string, options map[string]any) error {
	if options["immutable"] == true {
		return web.Errorf(403, "Unable to %s immutable %s resource: `%s. Set resource option \"immutable\" to false first.", verb, kind, id)
	}
	return nil
}

// must gives a document, or Keystone's 404 for its kind.
func must[T store.Document](r *web.Request, kind, id string) (*T, error) {
	d, err := lookup[T](r.Tx, id)
	if err == nil && d == nil {
		err = notFound(kind, id)
	}
	return d, err
}
