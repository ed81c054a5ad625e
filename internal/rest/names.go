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
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
)

type nameKey struct{ kind, name, query string }

// lookup is a name being asked for, or its answer. ready is closed when the answer is there; id is "" when there is none.
type lookup struct {
	ready chan struct{}
	id    string
}

// row is what is needed of a resource to choose among those of a name.
type row struct {
	raw       json.RawMessage
	ID        string `json:"id"`
	Name      string `json:"name"`
	ProjectID string `json:"project_id"`
}

// one fetches the resource of a name with one request. None gives false, two are ambiguous.
func (c *Collection) one(ctx context.Context, op, name string, q url.Values) (schema.Object, bool, error) {
	rows, err := c.named(ctx, op, c.whole(), name, q)
	if err != nil || len(rows) == 0 {
		return schema.Object{}, false, err
	}
	if len(rows) > 1 {
		return schema.Object{}, false, c.ambiguous(op, name, rows)
	}
	return schema.Object{Kind: c.Name, JSON: rows[0].raw}, true, nil
}

// named fetches the resources of a name from the list at path.
func (c *Collection) named(ctx context.Context, op, path, name string, q url.Values) ([]row, error) {
	if name == "" {
		e := errs.New(errs.BadArgument, "want an object, an ID or a name, got empty text").
			WithHint("a name cannot be empty here: many resources have none")
		e.Op = op
		return nil, e
	}
	list, err := c.listAt(ctx, op, path, c.nameQuery(name, q))
	if err != nil {
		return nil, err
	}
	rows, err := c.rows(op, list)
	if err != nil {
		return nil, err
	}
	// A service that does not know the filter would send everything.
	if i := slices.IndexFunc(rows, func(r row) bool { return r.ID == name }); c.Names == byList && i >= 0 {
		return rows[i : i+1], nil
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.Name != name })
	if c.OwnFirst && len(rows) > 1 {
		project, err := c.client.Conn.ProjectID(ctx)
		if err != nil {
			return nil, err
		}
		own := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.ProjectID != project })
		if len(own) > 0 {
			rows = own
		}
	}
	return rows, nil
}

// rows takes a list apart.
func (c *Collection) rows(op string, list schema.List) ([]row, error) {
	var out []row
	for _, page := range list.Pages {
		raw, _ := rawjson.Get(page, c.Plural)
		var members []json.RawMessage
		err := json.Unmarshal(raw, &members)
		for _, m := range members {
			r := row{raw: m}
			if err = json.Unmarshal(m, &r); err != nil {
				break
			}
			if c.Called != "" {
				r.Name = text(schema.Object{JSON: m}, c.Called)
			}
			out = append(out, r)
		}
		if err != nil {
			e := errs.New(errs.Unavailable, "the answer is no list of %s", c.Plural).
				WithHint("something between here and the service answered in its place: look with --trace=curl")
			e.Op, e.Cause = op, err
			return nil, e
		}
	}
	return out, nil
}

// Resolve sets the ID of a reference that has only a name, asking the service the first time. q narrows the search.
func (c *Collection) Resolve(ctx context.Context, op string, ref *schema.Ref, q url.Values) error {
	if *ref = c.known(*ref); ref.ID != "" || ref.Null {
		return nil
	}
	key := nameKey{c.Name, ref.Text, q.Encode()}
	for {
		c.client.mu.Lock()
		l, asked := c.client.names[key]
		if !asked {
			l = &lookup{ready: make(chan struct{})}
			c.client.names[key] = l
		}
		c.client.mu.Unlock()

		if !asked {
			id, err := c.ask(ctx, op, ref.Text, q)
			c.client.mu.Lock()
			l.id = id
			if err != nil && c.client.names[key] == l {
				delete(c.client.names, key) // only answers are remembered
			}
			c.client.mu.Unlock()
			close(l.ready)
			ref.ID = id
			return err
		}
		select {
		case <-l.ready:
		case <-ctx.Done():
			e := errs.New(errs.Cancelled, "stopped looking up %s", c.Describe(*ref))
			e.Op, e.Cause = op, ctx.Err()
			return e
		}
		c.client.mu.Lock()
		id := l.id
		c.client.mu.Unlock()
		if id != "" {
			ref.ID = id
			return nil
		}
		// Who asked failed, perhaps only cancelled: ask ourselves.
	}
}

func (c *Collection) ask(ctx context.Context, op, name string, q url.Values) (string, error) {
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	rows, err := c.named(ctx, op, c.Path, name, q)
	switch {
	case err != nil:
		return "", err
	case len(rows) == 0:
		return "", c.notFound(ctx, op, name, q)
	case len(rows) > 1:
		return "", c.ambiguous(op, name, rows)
	}
	return rows[0].ID, nil
}

// ResolveAll resolves every reference in the options of a call, in order. in is a pointer to them.
func (c *Client) ResolveAll(ctx context.Context, op string, in any) error {
	return schema.EachRef(in, func(_, kind string, ref *schema.Ref) error {
		return c.Of(kind).Resolve(ctx, op, ref, nil)
	})
}

// notFound is the error for a name nobody has. It asks for the names there are, to suggest the nearest.
func (c *Collection) notFound(ctx context.Context, op, name string, q url.Values) error {
	what := c.Noun()
	if q.Get("router:external") == "true" {
		what = "external " + what
	}
	e := errs.New(errs.NotFound, "no %s is named %q", what, name)
	if c.Called != "" {
		e.Message = fmt.Sprintf("no %s is %s", what, name)
	}
	e.Op, e.Resource = op, c.Describe(schema.Ref{Text: name})
	if c.Module != "" {
		e.Hint = c.Module + ".list{} shows the ones there are"
	}
	query := maps.Clone(q)
	if query == nil {
		query = url.Values{}
	}
	if c.Service == cloud.Network { // the other services send all there is, or take it for a property to look for
		query["fields"] = []string{"id", c.called()}
	}
	if c.Name == "flavor" {
		query.Set("is_public", "None")
	}
	list, err := c.listAt(cloud.WithLabel(ctx, cloud.LookUp), op, c.Path, query)
	if err != nil {
		return e
	}
	rows, err := c.rows(op, list)
	if err != nil {
		return e
	}
	var names []string
	for _, r := range rows {
		if r.Name != "" && !slices.Contains(names, r.Name) {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	switch near := schema.Nearest(name, names); {
	case near != "":
		e.Hint = "did you mean " + quoted(near) + "?"
	case len(names) > 0 && len(names) <= 8:
		e.Hint = "there is " + join(names)
	case len(names) == 0:
		e.Hint = "there is no " + what + " that you may see"
	}
	return e
}

func (c *Collection) ambiguous(op, name string, rows []row) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	e := errs.New(errs.Ambiguous, "%d %s are named %q: %s", len(rows), strings.ReplaceAll(c.Plural, "_", " "), name, strings.Join(ids, ", ")).
		WithHint("use an ID, or an object you have, in place of the name")
	e.Op, e.Resource = op, c.Describe(schema.Ref{Text: name})
	return e
}

// forgetName drops what a name was found to mean.
func (c *Client) forgetName(kind, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.names, func(k nameKey, _ *lookup) bool { return k.kind == kind && k.name == name })
}

// forgetID drops the names found to mean the ID.
func (c *Client) forgetID(kind, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.names, func(k nameKey, l *lookup) bool { return k.kind == kind && l.id != "" && l.id == id })
}

func quoted(s string) string { return `"` + s + `"` }

func join(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = quoted(n)
	}
	if len(q) == 1 {
		return q[0]
	}
	return strings.Join(q[:len(q)-1], ", ") + " and " + q[len(q)-1]
}
