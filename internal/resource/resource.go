// Package resource has the functions that every module of a resource offers (list, each, get, find, create, ensure,
// update, delete, wait and the tags), made for the module's own argument structs. A module says what its resource is and
// how its options become a request; what the functions do with that is the same for all, and here.
package resource

import (
	"context"
	"net/url"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
)

// One is the argument that names one resource. Each module has a struct for it, with the word for its resource.
type One interface {
	Ref() schema.Ref
}

// Query makes a list's query of its filters.
type Query[Filters any] func(ctx context.Context, op string, in *Filters) (url.Values, error)

// List gives the function list.
func List[Filters any](c *rest.Collection) func(context.Context, Filters) (schema.List, error) {
	return ListBy(c, plain[Filters](c))
}

// ListBy is List with filters that do not go into the query as they are.
func ListBy[Filters any](c *rest.Collection, query Query[Filters]) func(context.Context, Filters) (schema.List, error) {
	op := c.Module + ".list"
	return func(ctx context.Context, in Filters) (schema.List, error) {
		q, err := query(ctx, op, &in)
		if err != nil {
			return schema.List{}, err
		}
		return c.List(ctx, op, q)
	}
}

// Each gives the function each.
func Each[Filters any](c *rest.Collection) func(context.Context, Filters) (schema.Iter, error) {
	return EachBy(c, plain[Filters](c))
}

// EachBy is Each with filters that do not go into the query as they are.
func EachBy[Filters any](c *rest.Collection, query Query[Filters]) func(context.Context, Filters) (schema.Iter, error) {
	op := c.Module + ".each"
	return func(ctx context.Context, in Filters) (schema.Iter, error) {
		q, err := query(ctx, op, &in)
		if err != nil {
			return schema.Iter{}, err
		}
		return c.Each(op, q), nil
	}
}

func plain[Filters any](c *rest.Collection) Query[Filters] {
	return func(ctx context.Context, op string, in *Filters) (url.Values, error) {
		return c.Client().Query(ctx, op, in)
	}
}

// Get gives the function get.
func Get[O One](c *rest.Collection) func(context.Context, O) (schema.Object, error) {
	op := c.Module + ".get"
	return func(ctx context.Context, in O) (schema.Object, error) { return c.Get(ctx, op, in.Ref()) }
}

// Find gives the function find.
func Find[O One](c *rest.Collection) func(context.Context, O) (schema.Values, error) {
	op := c.Module + ".find"
	return func(ctx context.Context, in O) (schema.Values, error) {
		return rest.Found(c.Find(ctx, op, in.Ref(), nil))
	}
}

// Wanted makes of a function's options what the resource shall be.
type Wanted[Options any] func(ctx context.Context, op string, in *Options) (rest.Wanted, error)

// Create gives the function create.
func Create[Options any](c *rest.Collection, wanted Wanted[Options]) func(context.Context, Options) (schema.Object, error) {
	op := c.Module + ".create"
	return func(ctx context.Context, in Options) (schema.Object, error) {
		w, err := wanted(ctx, op, &in)
		if err != nil {
			return schema.Object{}, err
		}
		return c.Make(ctx, w)
	}
}

// Ensure gives the function ensure.
func Ensure[Options any](c *rest.Collection, wanted Wanted[Options]) func(context.Context, Options) (schema.Values, error) {
	op := c.Module + ".ensure"
	return func(ctx context.Context, in Options) (schema.Values, error) {
		w, err := wanted(ctx, op, &in)
		if err != nil {
			return nil, err
		}
		return rest.Ensured(c.Ensure(ctx, w))
	}
}

// Update gives the function update; change makes of its options what is to change.
func Update[Options any](c *rest.Collection, change func(ctx context.Context, op string, in *Options) (rest.Change, error)) func(context.Context, Options) (schema.Object, error) {
	op := c.Module + ".update"
	return func(ctx context.Context, in Options) (schema.Object, error) {
		ch, err := change(ctx, op, &in)
		if err != nil {
			return schema.Object{}, err
		}
		return c.Change(ctx, ch)
	}
}

// Removal are the arguments of delete.
type Removal[O One] struct {
	One O `lua:",inline"`
	rest.Removal
}

// Delete gives the function delete.
func Delete[O One](c *rest.Collection) func(context.Context, Removal[O]) (bool, error) {
	op := c.Module + ".delete"
	return func(ctx context.Context, in Removal[O]) (bool, error) {
		return c.Delete(ctx, op, in.One.Ref(), in.MissingOK)
	}
}

// Until are the arguments of wait.
type Until[O One] struct {
	One O `lua:",inline"`
	rest.Until
}

// Wait gives the function wait.
func Wait[O One](c *rest.Collection) func(context.Context, Until[O]) (schema.Values, error) {
	op := c.Module + ".wait"
	return func(ctx context.Context, in Until[O]) (schema.Values, error) {
		return rest.Found(c.Wait(ctx, op, in.One.Ref(), in.Target(), in.Timeout))
	}
}
