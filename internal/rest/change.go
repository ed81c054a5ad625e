package rest

import (
	"context"
	"net/url"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
)

// Change is what an update asks for.
type Change struct {
	Op       string
	Ref      schema.Ref
	Body     map[string]any
	Tags     *[]string // nil leaves them as they are
	Revision Revision
}

// Change updates a resource, with one request for its members and one for its tags, each only when needed.
func (c *Collection) Change(ctx context.Context, ch Change) (obj schema.Object, err error) {
	if len(ch.Body) == 0 && ch.Tags == nil {
		e := errs.New(errs.BadArgument, "nothing to change").WithHint("name at least one option: help(%q) lists them", ch.Op)
		e.Op = ch.Op
		return schema.Object{}, e
	}
	if err := c.Resolve(ctx, ch.Op, &ch.Ref, nil); err != nil {
		return schema.Object{}, err
	}
	if len(ch.Body) > 0 {
		if obj, err = c.Update(ctx, ch.Op, ch.Ref, ch.Body, ch.Revision); err != nil || ch.Tags == nil {
			return obj, err
		}
		return c.SetTags(ctx, ch.Op, obj, *ch.Tags)
	}
	if err := c.ReplaceTags(ctx, ch.Op, ch.Ref, *ch.Tags); err != nil {
		return schema.Object{}, err
	}
	return c.get(ctx, ch.Op, ch.Ref)
}

// Found turns what Find and Wait give into a function's result: the object, or nil.
func Found(obj schema.Object, ok bool, err error) (schema.Values, error) {
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return schema.Values{nil}, nil
	}
	return schema.Values{obj}, nil
}

// Ensured turns what Ensure gives into a function's results: the object, and whether anything changed.
func Ensured(obj schema.Object, changed bool, err error) (schema.Values, error) {
	if err != nil {
		return nil, err
	}
	return schema.Values{obj, changed}, nil
}

// OfProject is the query that finds only what belongs to a project, when one was given.
func OfProject(project schema.Ref) url.Values { return Within("", schema.Ref{}, project) }

// Within is the query that finds only what is in a parent (key "network_id") and belongs to a project, each where
// given.
func Within(key string, parent, project schema.Ref) url.Values {
	q := url.Values{}
	if parent.ID != "" {
		q.Set(key, parent.ID)
	}
	if project.ID != "" {
		q.Set("project_id", project.ID)
	}
	return q
}

// Tags gives the tags option, nil when it was not given.
func Tags(o schema.Opt[[]string]) *[]string {
	if !o.Set {
		return nil
	}
	return &o.Value
}

// OfUser is the query that means what belongs to a user, when one was given.
func OfUser(id string) url.Values {
	if id == "" {
		return nil
	}
	return url.Values{"user_id": {id}}
}

// LookingUp labels the requests made with the context as look-ups.
func LookingUp(ctx context.Context) context.Context { return cloud.WithLabel(ctx, cloud.LookUp) }
