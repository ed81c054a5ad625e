// Package story tells a run as a story: who authenticated where and how, which endpoint was used and why, each request
// with the call of the script that it was made for, what came back, and the openstack and curl commands that would do
// the same.
package story

import (
	"context"
	"slices"
	"sync"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
)

// Recorder takes down what happens. It is safe on many goroutines.
type Recorder struct {
	mu     sync.Mutex
	calls  []*call
	byID   map[int64]*call
	orphan *call // for requests of no call
}

// call is one call of a script and its requests.
type call struct {
	engine.Call
	given  []schema.Given
	events []cloud.Event
	err    error
	ended  bool
}

type recorderKey struct{}

// Record gives a context whose calls and requests are taken down, by the recorders before too.
func Record(ctx context.Context) (context.Context, *Recorder) {
	r := &Recorder{byID: map[int64]*call{}}
	ctx = cloud.WithTrace(ctx, r.request)
	all := append(slices.Clone(recorders(ctx)), r)
	return context.WithValue(ctx, recorderKey{}, all), r
}

func recorders(ctx context.Context) []*Recorder {
	all, _ := ctx.Value(recorderKey{}).([]*Recorder) //nolint:errcheck // none is fine
	return all
}

// Begin tells the context's recorders of a call; what it gives is called at the call's end. It is nil when there are
// none.
func Begin(ctx context.Context, id int64, c engine.Call) func(error) {
	all := recorders(ctx)
	if len(all) == 0 {
		return nil
	}
	given := schema.GivenTo(c.In) // now: the call may change what it got
	for _, r := range all {
		r.mu.Lock()
		k := &call{Call: c, given: given}
		r.calls = append(r.calls, k)
		r.byID[id] = k
		r.mu.Unlock()
	}
	return func(err error) {
		for _, r := range all {
			r.mu.Lock()
			r.byID[id].err, r.byID[id].ended = err, true
			r.mu.Unlock()
		}
	}
}

func (r *Recorder) request(e cloud.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.byID[e.Caller.ID]
	if k == nil {
		if r.orphan == nil {
			r.orphan = &call{}
			r.calls = append(r.calls, r.orphan)
		}
		k = r.orphan
	}
	k.events = append(k.events, e)
}

// take gives what was taken down so far.
func (r *Recorder) take() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]call, 0, len(r.calls))
	for _, k := range r.calls {
		c := *k
		c.events = slices.Clone(k.events)
		out = append(out, c)
	}
	return out
}
