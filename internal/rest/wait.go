package rest

import (
	"context"
	"slices"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
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
	s.Op, s.Resource = op, c.Describe(ref)
	s.Look = func(ctx context.Context) (wait.State, error) {
		obj, err := c.get(ctx, op, ref)
		if err != nil {
			return wait.State{}, err
		}
		return wait.State{Status: statusOf(obj), Fault: faultOf(obj), Body: obj.JSON}, nil
	}
	return wait.For(ctx, c.client.Clock, s)
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
