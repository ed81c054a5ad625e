package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/cloud"
)

// SetTags replaces the tags of a resource and gives it with them. The service takes tags by a request of their own
// and answers with the tags alone; the object's revision_number and updated_at are those from before.
func (c *Collection) SetTags(ctx context.Context, op string, obj schema.Object, tags []string) (schema.Object, error) {
	if tags == nil {
		tags = []string{}
	}
	ref := RefOf(obj)
	if err := c.putTags(ctx, op, ref, tags); err != nil {
		return schema.Object{}, err
	}
	list, err := json.Marshal(tags)
	if err != nil {
		return schema.Object{}, err
	}
	return withMember(obj, "tags", list)
}

func (c *Collection) putTags(ctx context.Context, op string, ref schema.Ref, tags []string) error {
	_, err := c.Put(ctx, op, ref, "tags", map[string]any{"tags": tags}, true)
	return err
}

// ReplaceTags replaces the tags of the resource a reference means.
func (c *Collection) ReplaceTags(ctx context.Context, op string, ref schema.Ref, tags []string) error {
	if err := c.Resolve(ctx, op, &ref, nil); err != nil {
		return err
	}
	if tags == nil {
		tags = []string{}
	}
	return c.putTags(ctx, op, ref, tags)
}

// AddTag gives a resource one tag more; one it has already stays.
func (c *Collection) AddTag(ctx context.Context, op string, ref schema.Ref, tag string) error {
	return c.tag(ctx, http.MethodPut, op, ref, tag)
}

// RemoveTag takes a tag from a resource; one it does not have is not_found.
func (c *Collection) RemoveTag(ctx context.Context, op string, ref schema.Ref, tag string) error {
	return c.tag(ctx, http.MethodDelete, op, ref, tag)
}

func (c *Collection) tag(ctx context.Context, method, op string, ref schema.Ref, tag string) error {
	if tag == "" {
		e := errs.New(errs.BadArgument, "a tag cannot be empty")
		e.Op = op
		return e
	}
	if err := c.Resolve(ctx, op, &ref, nil); err != nil {
		return err
	}
	_, err := c.client.Do(ctx, cloud.Request{
		Service: c.Service, Method: method, Path: c.path(ref.ID, "tags", url.PathEscape(tag)),
		Op: op, Resource: c.Describe(ref), Idempotent: true, Microversion: c.Microversion,
	})
	return err
}

// CreateTagged makes a resource and then gives it its tags, for services that take none on creation.
func (c *Collection) CreateTagged(ctx context.Context, op string, body map[string]any, tags []string) (schema.Object, error) {
	obj, err := c.Create(ctx, op, body)
	if err != nil || len(tags) == 0 {
		return obj, err
	}
	tagged, err := c.SetTags(ctx, op, obj, tags)
	if err != nil {
		return schema.Object{}, c.halfDone(err, obj)
	}
	return tagged, nil
}

// halfDone says that a resource is there although its creation failed on the way.
func (c *Collection) halfDone(err error, obj schema.Object) error {
	if e := asError(err); e != nil {
		return e.WithHint("the %s is there all the same, without its tags: %s.delete(%q) removes it", c.Noun(), c.Module, Text(obj, "id"))
	}
	return err
}

func sameTags(want []string, obj schema.Object) bool {
	raw, ok := field(obj, "tags")
	if !ok {
		return len(want) == 0
	}
	var have []string
	if json.Unmarshal(raw, &have) != nil {
		return false
	}
	have = slices.DeleteFunc(have, change.IsTagMark)
	w := slices.DeleteFunc(slices.Clone(want), change.IsTagMark)
	slices.Sort(w)
	slices.Sort(have)
	return slices.Equal(slices.Compact(w), slices.Compact(have))
}

// withMember gives the object with one member replaced, or added at the end. The others stay as they came.
func withMember(obj schema.Object, member string, value json.RawMessage) (schema.Object, error) {
	if obj.Key == "" {
		js, err := setMember(obj.JSON, member, value)
		obj.JSON = js
		return obj, err
	}
	inner, ok := field(schema.Object{JSON: obj.JSON}, obj.Key)
	if !ok {
		return obj, fmt.Errorf("the answer has no %q", obj.Key)
	}
	inner, err := setMember(inner, member, value)
	if err != nil {
		return obj, err
	}
	return schema.Object{Kind: obj.Kind, JSON: inner}, nil
}

func setMember(object json.RawMessage, member string, value json.RawMessage) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("the answer is no object: %w", err)
	}
	var out bytes.Buffer
	out.WriteByte('{')
	put := func(name string, v json.RawMessage) error {
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		key, err := json.Marshal(name)
		out.Write(key)
		out.WriteByte(':')
		out.Write(v)
		return err
	}
	found := false
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return nil, err
		}
		name, _ := t.(string)
		if name == member {
			v, found = value, true
		}
		if err := put(name, v); err != nil {
			return nil, err
		}
	}
	if !found {
		if err := put(member, value); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// SameTags compares lists of tags as sets. The marks that runs leave on what they make are none of anybody's business.
func SameTags(want, have any) bool {
	plain := func(v any) any {
		return slices.DeleteFunc(slices.Clone(list(v)), func(t any) bool {
			text, ok := t.(string)
			return ok && change.IsTagMark(text)
		})
	}
	return Unordered(Equal)(plain(want), plain(have))
}
