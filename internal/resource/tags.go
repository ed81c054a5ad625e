package resource

import (
	"context"
	"fmt"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
)

// Tag are the arguments of add_tag and remove_tag.
type Tag[O One] struct {
	One O      `lua:",inline"`
	Tag string `lua:"tag,arg,required" json:"-" doc:"The tag."`
}

// Tags are the arguments of set_tags.
type Tags[O One] struct {
	One  O        `lua:",inline"`
	Tags []string `lua:"tags,arg,required" json:"-" doc:"The tags; an empty table takes all away."`
}

// SetTags gives the function set_tags.
func SetTags[O One](c *rest.Collection) func(context.Context, Tags[O]) (schema.None, error) {
	op := c.Module + ".set_tags"
	return func(ctx context.Context, in Tags[O]) (schema.None, error) {
		return schema.None{}, c.ReplaceTags(ctx, op, in.One.Ref(), in.Tags)
	}
}

// AddTag gives the function add_tag.
func AddTag[O One](c *rest.Collection) func(context.Context, Tag[O]) (schema.None, error) {
	op := c.Module + ".add_tag"
	return func(ctx context.Context, in Tag[O]) (schema.None, error) {
		return schema.None{}, c.AddTag(ctx, op, in.One.Ref(), in.Tag)
	}
}

// RemoveTag gives the function remove_tag.
func RemoveTag[O One](c *rest.Collection) func(context.Context, Tag[O]) (schema.None, error) {
	op := c.Module + ".remove_tag"
	return func(ctx context.Context, in Tag[O]) (schema.None, error) {
		return schema.None{}, c.RemoveTag(ctx, op, in.One.Ref(), in.Tag)
	}
}

// TagWords are what the descriptions of the tags' functions say of a resource.
type TagWords struct {
	Noun    string // "network"
	Command string // "openstack network"
	Named   string // what the command calls one: "NAME"
	Example string // the name of one
}

// TagFuncs describes set_tags, add_tag and remove_tag of a resource of the networking service.
func TagFuncs[O One](c *rest.Collection, w TagWords) []schema.Func {
	path := "/v2.0/" + c.Path + "/{id}/tags"
	return []schema.Func{
		schema.Fn("set_tags", "Give a "+w.Noun+" these tags in place of those it has.", SetTags[O](c), schema.Method(),
			schema.Raises("not_found", "ambiguous", "bad_request"),
			schema.REST("PUT "+path), schema.CLI(w.Command+" set --no-tag --tag TAG "+w.Named),
			schema.Example(fmt.Sprintf("%s.set_tags(%q, { \"lab\", \"week-1\" })", c.Module, w.Example))),
		schema.Fn("add_tag", "Give a "+w.Noun+" one tag more.", AddTag[O](c), schema.Method(),
			schema.Raises("not_found", "ambiguous", "bad_request"),
			schema.REST("PUT "+path+"/{tag}"), schema.CLI(w.Command+" set --tag TAG "+w.Named),
			schema.Example(fmt.Sprintf("%s.add_tag(%q, \"lab\")", c.Module, w.Example))),
		schema.Fn("remove_tag", "Take a tag from a "+w.Noun+"; one it does not have is not_found.", RemoveTag[O](c), schema.Method(),
			schema.Raises("not_found", "ambiguous"),
			schema.REST("DELETE "+path+"/{tag}"), schema.CLI(w.Command+" unset --tag TAG "+w.Named),
			schema.Example(fmt.Sprintf("%s.remove_tag(%q, \"lab\")", c.Module, w.Example))),
	}
}
