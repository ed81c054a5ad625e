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

// Pauses between looks: the first, and the longest of a wait alone and of several together.
const (
	firstPause = 500 * time.Millisecond
	maxPause   = 5 * time.Second
	maxShared  = 2 * time.Second
)

// Deleted is the status of a resource that the service no longer knows.
const Deleted = "DELETED"

// State is what one look at a resource showed.
type State struct {
	Status  string
	Fault   string          // the service's own words about a failure, when there are any
	Body    json.RawMessage // the answer the status came in
	Updated string          // the service's own time of the last change, for a Board
	Name    string          // of the resource, for whoever knows its ID alone
}

// Spec says what to wait for.
type Spec struct {
	Op       string                                   // "networks.create", for the error
	Resource string                                   // `network "private"`, for the error
	Type     string                                   // "network", for whoever is told
	ID       string                                   // the resource's ID, for the Board and whoever is told
	Target   []string                                 // statuses that end the wait; Deleted means a 404 is awaited
	Pending  []string                                 // statuses to pass through; empty takes any that is no failure
	Failed   []string                                 // statuses that end it with an error; ERROR when empty
	Timeout  time.Duration                            // DefaultTimeout when zero
	Start    *State                                   // a state already known: saves the first look
	Look     func(ctx context.Context) (State, error) // one request
	Jitter   func() float64                           // 0 to 1; random when nil

	// Board is where waits of one kind share their requests; nil for none. Read makes a state of what it shows.
	Board *Board
	Read  func(ctx context.Context, body json.RawMessage) (State, error)
}

// Event is what a wait tells of itself.
type Event struct {
	Op, Resource, Type, ID string
	Status                 string // "" when it ended before one was known
	Began                  time.Time
	Over                   bool  // the wait has ended
	Err                    error // why it ended without what was wanted
}

type progressKey struct{}

// WithProgress has the waits of the context tell f each status they see, and their end.
func WithProgress(ctx context.Context, f func(Event)) context.Context {
	return context.WithValue(ctx, progressKey{}, f)
}

// waiting is one call of For.
type waiting struct {
	*Spec
	clk    clock.Clock
	began  time.Time
	last   State
	seat   *seat // at the board; nil while there is none
	missed int   // how often the board did not list it
	tell   func(Event)
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
	w := &waiting{Spec: &s, clk: clk, began: clk.Now()}
	w.tell, _ = ctx.Value(progressKey{}).(func(Event)) //nolint:errcheck // nobody wants to know
	st, err := w.run(ctx)
	if w.seat != nil {
		s.Board.leave(w.seat)
	}
	w.told(st.Status, true, err)
	return st, err
}

// told tells of a status, where somebody wants to know.
func (w *waiting) told(status string, over bool, err error) {
	if w.tell != nil {
		w.tell(Event{Op: w.Op, Resource: w.Resource, Type: w.Type, ID: w.ID, Status: status, Began: w.began, Over: over, Err: err})
	}
}

func (w *waiting) run(ctx context.Context) (State, error) {
	if w.Start != nil {
		w.last = *w.Start
		if done, err := w.judge(w.last); done || err != nil {
			return w.last, err
		}
		w.told(w.last.Status, false, nil)
		w.sit()
	}
	deadline := w.began.Add(w.Timeout)
	for first := w.Start == nil; ; first = false {
		if !first {
			now := w.clk.Now()
			left := deadline.Sub(now)
			if left <= 0 {
				return w.last, w.timedOut(w.last)
			}
			pause := w.next(now.Sub(w.began))
			// Many waits begin at the same moment (tasks): spread their looks.
			d := time.Duration(float64(pause) * (0.8 + 0.4*w.Jitter()))
			if err := w.pause(ctx, min(d, left)); err != nil {
				return w.last, w.stopped(err, w.last)
			}
		}
		st, err := w.look(ctx)
		switch {
		case err == nil:
		case errs.CodeOf(err) == errs.NotFound && slices.Contains(w.Target, Deleted):
			return State{Status: Deleted}, nil
		case ctx.Err() != nil && errors.Is(err, ctx.Err()):
			return w.last, w.stopped(err, w.last)
		default:
			return w.last, err
		}
		w.last = st
		if st.Name != "" && w.ID != "" {
			w.Resource = strings.Replace(w.Resource, w.ID, st.Name, 1)
		}
		if done, err := w.judge(st); done || err != nil {
			return st, err
		}
		w.told(st.Status, false, nil)
		w.sit()
	}
}

// next is the pause after a wait of some length. One that looks alone looks half as long again later each time; with
// others it looks more often: a request for all of them is cheap, and each one late keeps what follows it waiting.
func (w *waiting) next(waited time.Duration) time.Duration {
	if w.seat != nil && w.Board.shared() {
		return min(firstPause+waited/16, maxShared)
	}
	return min(firstPause+waited/2, maxPause)
}

// sit takes a place at the board as soon as there can be one, and keeps it up to date.
func (w *waiting) sit() {
	switch {
	case w.Board == nil || w.ID == "" || w.missed > 1:
	case w.seat != nil:
		w.Board.saw(w.seat, w.last.Updated)
	case w.last.Updated != "" || !w.Board.Dated:
		w.seat = w.Board.join(w.ID, w.last.Updated)
	}
}

// pause waits for a time, or for news at the board.
func (w *waiting) pause(ctx context.Context, d time.Duration) error {
	if w.seat == nil {
		return w.clk.Sleep(ctx, d)
	}
	nap, wake := context.WithCancel(ctx)
	defer wake()
	defer w.Board.nap(w.seat, wake)()
	err := w.clk.Sleep(nap, d)
	if ctx.Err() == nil {
		return nil
	}
	return err
}

// look asks for the state: with the others at the board, or alone.
func (w *waiting) look(ctx context.Context) (State, error) {
	if w.seat == nil {
		return w.Look(ctx)
	}
	body, shared, err := w.Board.look(ctx, w.Op, w.seat)
	switch {
	case err != nil:
		return State{}, err
	case !shared:
		return w.Look(ctx)
	case body == nil:
		// It is too new for the list, or gone, or another project's: that shows at its second time.
		w.Board.leave(w.seat)
		w.seat = nil
		w.missed++
		return w.Look(ctx)
	}
	st, err := w.Read(ctx, body)
	if err == nil && strings.EqualFold(st.Status, Deleted) {
		if slices.Contains(w.Target, Deleted) {
			return State{Status: Deleted}, nil
		}
		return w.Look(ctx) // which says what there is to say
	}
	return st, err
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
