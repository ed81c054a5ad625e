package rest

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/wait"
)

// building are the statuses of a resource that is still being made.
var building = []string{"BUILD", "ALLOCATING", "PENDING_CREATE", "PENDING_UPDATE"}

// Settle waits until a resource that was just made can be used. Most can at once: then nothing is sent. Its arguments
// are the options wait and timeout that every create takes.
func (c *Collection) Settle(ctx context.Context, op string, obj schema.Object, waits schema.Opt[bool], timeout schema.Duration) (schema.Object, error) {
	status := text(obj, "status")
	if !waits.Or(true) || status != "ERROR" && !slices.Contains(building, status) {
		return obj, nil
	}
	st, err := c.wait(ctx, op, RefOf(obj), wait.Spec{
		Target: []string{"ACTIVE", "DOWN"}, Timeout: timeout.Or(0),
		Start: &wait.State{Status: status, Body: obj.JSON},
	})
	if err != nil {
		return schema.Object{}, err
	}
	return c.object(st.Body), nil
}

// Wait waits until a resource has a status; wait.Deleted waits until it is gone, and then ok is false.
func (c *Collection) Wait(ctx context.Context, op string, ref schema.Ref, status string, timeout schema.Duration) (obj schema.Object, ok bool, err error) {
	if err := c.Resolve(ctx, op, &ref, nil); err != nil {
		if status == wait.Deleted && errs.CodeOf(err) == errs.NotFound {
			return schema.Object{}, false, nil
		}
		return schema.Object{}, false, err
	}
	st, err := c.wait(ctx, op, ref, wait.Spec{Target: []string{status}, Timeout: timeout.Or(0)})
	if err != nil || st.Body == nil {
		return schema.Object{}, false, err
	}
	return c.object(st.Body), true, nil
}

func (c *Collection) wait(ctx context.Context, op string, ref schema.Ref, s wait.Spec) (wait.State, error) {
	s.Op, s.Resource, s.Type, s.ID = op, c.Describe(ref), c.Name, ref.ID
	read := func(obj schema.Object) wait.State {
		return wait.State{Status: statusOf(obj), Fault: faultOf(obj), Body: obj.JSON, Name: text(obj, "name")}
	}
	s.Look = func(ctx context.Context) (wait.State, error) {
		obj, err := c.get(ctx, op, ref)
		if err != nil {
			return wait.State{}, err
		}
		return read(obj), nil
	}
	s.Board = c.Board()
	s.Read = func(_ context.Context, body json.RawMessage) (wait.State, error) { return read(c.object(body)), nil }
	return wait.For(ctx, c.client.Clock, s)
}

// Board is where the waits for resources of the kind share their requests; nil where the service cannot list just those
// that are waited for.
func (c *Collection) Board() *wait.Board {
	var list func(context.Context, string, []wait.Wanted) (map[string]json.RawMessage, error)
	switch {
	case c.Service == cloud.Network:
		list = c.listed
	case c.Name == "server":
		list = c.changed
	default:
		return nil
	}
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	b := c.client.boards[c.Name]
	if b == nil {
		b = &wait.Board{List: list, Dated: c.Name == "server"}
		c.client.boards[c.Name] = b
	}
	return b
}

// idsAtOnce is how many IDs go into one address: some servers take no more than 8 KiB of it.
const idsAtOnce = 100

// listed gets resources by their IDs.
func (c *Collection) listed(ctx context.Context, op string, wanted []wait.Wanted) (map[string]json.RawMessage, error) {
	found := map[string]json.RawMessage{}
	for some := range slices.Chunk(wanted, idsAtOnce) {
		q := url.Values{}
		for _, w := range some {
			q.Add("id", w.ID)
		}
		if err := c.gather(ctx, op, c.Path, q, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// changed gets the servers that changed since the earliest change known of those wanted: they are all among them, and
// deleted ones are too. Nova has no filter by ID for everyone.
func (c *Collection) changed(ctx context.Context, op string, wanted []wait.Wanted) (map[string]json.RawMessage, error) {
	found := map[string]json.RawMessage{}
	return found, c.gather(ctx, op, c.Path+"/detail", url.Values{"changes-since": {wait.Earliest(wanted)}}, found)
}

// gather collects the resources of a list by ID, each as an answer of its own would show it.
func (c *Collection) gather(ctx context.Context, op, path string, q url.Values, found map[string]json.RawMessage) error {
	p := c.pager(op, path, q)
	for {
		page, err := p.next(ctx)
		if err != nil || page == nil {
			return err
		}
		var rows []json.RawMessage
		Member(schema.Object{JSON: page}, c.Plural, &rows)
		for _, row := range rows {
			body, err := json.Marshal(c.wrapRow(row))
			if err != nil {
				return err
			}
			found[text(schema.Object{JSON: row}, "id")] = body
		}
	}
}

// wrapRow puts a row of a list where an answer of its own would have it.
func (c *Collection) wrapRow(row json.RawMessage) any {
	if c.Key == "" {
		return row
	}
	return map[string]json.RawMessage{c.Key: row}
}

// faultOf is the service's own text about what went wrong, where it has one.
func faultOf(obj schema.Object) string {
	raw, ok := field(obj, "fault")
	if !ok {
		return ""
	}
	return text(schema.Object{JSON: raw}, "message")
}

// statusOf gives the status. What has none, as subnets, can be used as soon as it is there.
func statusOf(obj schema.Object) string {
	if _, ok := field(obj, "status"); !ok {
		return "ACTIVE"
	}
	return text(obj, "status")
}
