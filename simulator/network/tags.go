package network

import (
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// tagFilter holds an object's tags against tags, tags-any, not-tags and not-tags-any; each takes a list with commas.
func tagFilter(key string, have any, want []string) (fits, known bool) {
	tags, _ := have.([]string)
	var list []string
	for _, w := range want {
		list = append(list, strings.Split(w, ",")...)
	}
	in := func(t string) bool { return slices.Contains(tags, t) }
	all := !slices.ContainsFunc(list, func(t string) bool { return !in(t) })
	some := slices.ContainsFunc(list, in)
	switch key {
	case "tags":
		return all, true
	case "tags-any":
		return some, true
	case "not-tags":
		return !all, true
	case "not-tags-any":
		return !some, true
	}
	return false, false
}

// tagged is the object a tag request is about.
func (res *resource) tagged(c *call, write bool) (record, error) {
	r, err := res.find(c, c.id())
	if err != nil {
		return nil, notFound("TagResourceNotFound", "Resource %s %s could not be found.", res.plural, c.id())
	}
	if write && !c.admin && r.meta().ProjectID != c.project {
		return nil, notFound("TagResourceNotFound", "Resource %s %s could not be found.", res.plural, c.id())
	}
	return r, nil
}

// retag keeps an object's new tags.
func (c *call) retag(r record, tags []string) error {
	m := r.meta()
	tags = slices.Sorted(slices.Values(tags))
	if slices.Equal(m.Tags, tags) {
		return nil
	}
	m.Tags = tags
	m.touch(c.now())
	return c.putTagged(r)
}

// putTagged stores a document of a kind that has tags.
func (c *call) putTagged(r record) error {
	switch x := r.(type) {
	case *network:
		return c.putNetwork(x)
	case *subnet:
		return store.Put(c.Tx, *x)
	case *port:
		return store.Put(c.Tx, *x)
	case *router:
		return store.Put(c.Tx, *x)
	case *floatingIP:
		return store.Put(c.Tx, *x)
	case *securityGroup:
		return store.Put(c.Tx, *x)
	case *subnetPool:
		return c.putPool(x)
	}
	return nil
}

func (res *resource) listTags(c *call) (*web.Response, error) {
	r, err := res.tagged(c, false)
	if err != nil {
		return nil, err
	}
	return web.OK(ordered{{"tags", emptyList(r.meta().Tags)}}), nil
}

func (res *resource) setTags(c *call) (*web.Response, error) {
	body, err := c.Object()
	if err != nil {
		return nil, err
	}
	v, ok := body["tags"]
	if !ok {
		return nil, invalidInput("Invalid tags body")
	}
	if reason := listOf(isString(255))(v); reason != "" {
		return nil, invalidInput("%s", reason)
	}
	r, err := res.tagged(c, true)
	if err != nil {
		return nil, err
	}
	if err := c.retag(r, texts(v)); err != nil {
		return nil, err
	}
	return web.OK(ordered{{"tags", texts(v)}}), nil
}

func (res *resource) dropTags(c *call) (*web.Response, error) {
	r, err := res.tagged(c, true)
	if err != nil {
		return nil, err
	}
	return web.NoContent(), c.retag(r, nil)
}

func (c *call) tag() (string, error) {
	tag := c.PathValue("tag")
	if reason := isString(255)(tag); reason != "" {
		return "", invalidInput("%s", reason)
	}
	return tag, nil
}

func noTag(tag string) error { return notFound("TagNotFound", "Tag %s could not be found.", tag) }

func (res *resource) showTag(c *call) (*web.Response, error) {
	tag, err := c.tag()
	if err != nil {
		return nil, err
	}
	r, err := res.tagged(c, false)
	if err != nil {
		return nil, err
	}
	if !contains(r.meta().Tags, tag) {
		return nil, noTag(tag)
	}
	return web.NoContent(), nil
}

func (res *resource) addTag(c *call) (*web.Response, error) {
	tag, err := c.tag()
	if err != nil {
		return nil, err
	}
	r, err := res.tagged(c, true)
	if err != nil {
		return nil, err
	}
	if !contains(r.meta().Tags, tag) {
		if err := c.retag(r, append(slices.Clone(r.meta().Tags), tag)); err != nil {
			return nil, err
		}
	}
	return &web.Response{Status: 201, Body: []byte("null")}, nil
}

func (res *resource) dropTag(c *call) (*web.Response, error) {
	tag, err := c.tag()
	if err != nil {
		return nil, err
	}
	r, err := res.tagged(c, true)
	if err != nil {
		return nil, err
	}
	tags := slices.Clone(r.meta().Tags)
	at := slices.Index(tags, tag)
	if at < 0 {
		return nil, noTag(tag)
	}
	return web.NoContent(), c.retag(r, slices.Delete(tags, at, at+1))
}
