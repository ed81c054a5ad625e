// Package wait waits for a resource to reach a state: with a limit always, with growing pauses, and stopping at once
// when the resource failed.
package wait

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
)

// DefaultTimeout is how long For waits when the Spec does not say.
const DefaultTimeout = 5 * time.Minute

// Pauses between looks: the first, and the longest. Each is half as long again as the one before.
const (
	firstPause = 500 * time.Millisecond
	maxPause   = 5 * time.Second
)

// Deleted is the status of a resource that the service no longer knows.
const Deleted = "DELETED"

// State is what one look at a resource showed.
type State struct {
	Status string
	Fault  string          // the service's own words about a failure, when there are any
	Body   json.RawMessage // the answer the status came in
}

// Spec says what to wait for.
type Spec struct {
	Op       string                                   // "networks.create", for the error
	Resource string                                   // `network "private"`, for the error
	Target   []string                                 // statuses that end the wait; Deleted means a 404 is awaited
	Pending  []string                                 // statuses to pass through; empty takes any that is no failure
	Failed   []string                                 // statuses that end it with an error; ERROR when empty
	Timeout  time.Duration                            // DefaultTimeout when zero
	Start    *State                                   // a state already known: saves the first look
	Look     func(ctx context.Context) (State, error) // one request
	Jitter   func() float64                           // 0 to 1; random when nil
}

type progressKey struct{}

// WithProgress has the waits of the context tell f each status they see.
func WithProgress(ctx context.Context, f func(resource, status string)) context.Context {
	return context.WithValue(ctx, progressKey{}, f)
}

// told tells of a status, where somebody wants to know.
func told(ctx context.Context, resource, status string) {
	if f, ok := ctx.Value(progressKey{}).(func(resource, status string)); ok {
		f(resource, status)
	}
}

// For looks until the resource is in one of the target states and gives that state. It fails with resource_error when
// the resource went to a failed or an unexpected state, with timeout when the time is over, with cancelled when ctx
// ends, and with the error of a look that failed.
func For(ctx context.Context, clk clock.Clock, s Spec) (State, error) {
	ctx = cloud.WithLabel(ctx, cloud.Wait)
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
	if len(s.Failed) == 0 {
		s.Failed = []string{"ERROR"}
	}
	if s.Jitter == nil {
		s.Jitter = rand.Float64
	}
	var last State
	if s.Start != nil {
		last = *s.Start
		if done, err := s.judge(last); done || err != nil {
			return last, err
		}
		told(ctx, s.Resource, last.Status)
	}
	deadline := clk.Now().Add(s.Timeout)
	pause := firstPause
	for first := s.Start == nil; ; first = false {
		if !first {
			left := deadline.Sub(clk.Now())
			if left <= 0 {
				return last, s.timedOut(last)
			}
			// Many waits begin at the same moment (tasks): spread their looks.
			d := time.Duration(float64(pause) * (0.8 + 0.4*s.Jitter()))
			if err := clk.Sleep(ctx, min(d, left)); err != nil {
				return last, s.stopped(err, last)
			}
			pause = min(pause*3/2, maxPause)
		}
		st, err := s.Look(ctx)
		switch {
		case err == nil:
		case errs.CodeOf(err) == errs.NotFound && slices.Contains(s.Target, Deleted):
			return State{Status: Deleted}, nil
		default:
			return last, err
		}
		last = st
		if done, err := s.judge(st); done || err != nil {
			return st, err
		}
		told(ctx, s.Resource, st.Status)
	}
}

// judge says whether the wait is over.
func (s *Spec) judge(st State) (done bool, err error) {
	is := func(t string) bool { return strings.EqualFold(t, st.Status) }
	switch {
	case slices.ContainsFunc(s.Target, is):
		return true, nil
	case slices.ContainsFunc(s.Failed, is):
		e := errs.New(errs.ResourceError, "%s went to %s while waiting for %s", s.Resource, st.Status, s.wanted())
		if st.Fault != "" {
			e.Message += ": " + st.Fault
		}
		e.Op, e.Resource, e.Fault = s.Op, s.Resource, st.Fault
		e.Hint = "it will not get there by waiting: look at what the fault says, delete it and make it again"
		return false, e
	case len(s.Pending) > 0 && !slices.ContainsFunc(s.Pending, is):
		e := errs.New(errs.ResourceError, "%s is %s, which does not lead to %s", s.Resource, st.Status, s.wanted())
		e.Op, e.Resource, e.Fault = s.Op, s.Resource, st.Fault
		return false, e
	}
	return false, nil
}

func (s *Spec) wanted() string { return strings.Join(s.Target, " or ") }

func (s *Spec) timedOut(last State) error {
	e := errs.New(errs.Timeout, "%s is still %s after %s, waiting for %s", s.Resource, last.Status, s.Timeout, s.wanted())
	e.Op, e.Resource = s.Op, s.Resource
	e.Hint = `it may get there yet: look at it again, or wait longer with timeout = "` + (2 * s.Timeout).String() + `"`
	return e
}

func (s *Spec) stopped(cause error, last State) error {
	code := errs.Cancelled
	if errors.Is(cause, context.DeadlineExceeded) {
		code = errs.Timeout
	}
	e := errs.New(code, "stopped waiting for %s to become %s (it was %s)", s.Resource, s.wanted(), last.Status)
	e.Op, e.Resource, e.Cause = s.Op, s.Resource, cause
	return e
}
