package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
)

// Rule says how one member of a resource is compared, and whether it may be changed.
type Rule struct {
	Same   Same // Equal when nil
	Update bool // may be changed after creation
}

// Wanted is what Ensure makes true.
type Wanted struct {
	Op    string
	Name  string
	Query url.Values     // narrows the search for the name
	Body  map[string]any // the members wanted, name included
	Tags  *[]string      // the tags wanted, nil when they do not matter
	Rules map[string]Rule
	Waits Waits // how long to wait until one just made can be used

	Check  func(ctx context.Context, obj schema.Object) error // nil, or complains of what members alone do not show
	Create func(ctx context.Context) (schema.Object, error)   // makes it when there is none, tags included; Make when nil
}

// Make creates a resource as wanted, gives it its tags, and waits until it can be used.
func (c *Collection) Make(ctx context.Context, w Wanted) (schema.Object, error) {
	var tags []string
	if w.Tags != nil {
		tags = *w.Tags
	}
	obj, err := c.CreateTagged(ctx, w.Op, w.Body, tags)
	if err != nil {
		return schema.Object{}, err
	}
	return c.Settle(ctx, w.Op, obj, w.Waits.Wait, w.Waits.Timeout)
}

// Ensure finds the resource of the name and makes it as wanted: creates it when there is none, changes what differs
// and may be changed, and fails with conflict when something differs that may not. Members that the service does not
// show cannot be compared and are left alone. changed says whether anything was sent that changes the cloud.
func (c *Collection) Ensure(ctx context.Context, w Wanted) (obj schema.Object, changed bool, err error) {
	obj, ok, err := c.Find(ctx, w.Op, schema.Ref{Text: w.Name}, w.Query)
	if err != nil {
		return schema.Object{}, false, err
	}
	if !ok {
		if w.Create == nil {
			obj, err = c.Make(ctx, w)
		} else {
			obj, err = w.Create(ctx)
		}
		return obj, err == nil, err
	}
	if w.Check != nil {
		if err := w.Check(ctx, obj); err != nil {
			return schema.Object{}, false, err
		}
	}
	change, err := c.differences(w, obj)
	if err != nil {
		return schema.Object{}, false, err
	}
	ref := RefOf(obj)
	if len(change) > 0 {
		if obj, err = c.Update(ctx, w.Op, ref, change, Revision{}); err != nil {
			return schema.Object{}, false, err
		}
		changed = true
	}
	if w.Tags != nil && !sameTags(*w.Tags, obj) {
		if obj, err = c.SetTags(ctx, w.Op, obj, *w.Tags); err != nil {
			return schema.Object{}, changed, err
		}
		changed = true
	}
	return obj, changed, nil
}

// Differences gives the members that would have to be changed for a resource to be as wanted, or a conflict that names
// those that cannot be: for services whose updates are not Update's.
func (c *Collection) Differences(w Wanted, obj schema.Object) (map[string]any, error) {
	return c.differences(w, obj)
}

// differences gives the members to change, or a conflict that names those that cannot be.
func (c *Collection) differences(w Wanted, obj schema.Object) (map[string]any, error) {
	change := map[string]any{}
	var stuck []string
	for _, member := range slices.Sorted(maps.Keys(w.Body)) {
		raw, shown := field(obj, member)
		if !shown {
			continue
		}
		var have any
		if err := json.Unmarshal(raw, &have); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", member, c.Describe(RefOf(obj)), err)
		}
		want, err := Plain(w.Body[member])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member, err)
		}
		rule := w.Rules[member]
		if rule.Same == nil {
			rule.Same = Equal
		}
		switch {
		case Equal(want, have) || rule.Same(want, have):
		case rule.Update:
			change[member] = w.Body[member]
		default:
			stuck = append(stuck, fmt.Sprintf("its %s is %s, not %s", member, show(have), show(want)))
		}
	}
	if len(stuck) > 0 {
		e := errs.New(errs.Conflict, "%s is there, but %s, and that cannot be changed", c.Describe(RefOf(obj)), strings.Join(stuck, "; "))
		e.Op, e.Resource = w.Op, c.Describe(RefOf(obj))
		e.Hint = fmt.Sprintf("take another name, or delete it first: %s.delete(%q)", c.Module, Text(obj, "id"))
		return nil, e
	}
	return change, nil
}

// show writes a value for a message.
func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(b)
}
