package wait

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is what waits ask: resources that are ready some time after the clock began.
type service struct {
	clk   *clock.Fake
	began time.Time
	ready map[string]time.Duration

	mu     sync.Mutex
	looks  int        // at one resource
	lists  [][]Wanted // at many
	fail   error      // of the next list
	hidden string     // never listed
	listed chan struct{}
	hold   chan struct{}
}

func newService() *service {
	clk := clock.NewFake(time.Date(2026, 11, 22, 13, 15, 0, 0, time.UTC))
	return &service{clk: clk, began: clk.Now(), ready: map[string]time.Duration{}}
}

func (s *service) state(id string) State {
	at, ok := s.ready[id]
	st := State{Status: "BUILD", Updated: s.clk.Now().Format(time.RFC3339)}
	if ok && s.clk.Now().Sub(s.began) >= at {
		st.Status = "ACTIVE"
		if strings.HasPrefix(id, "gone") {
			st.Status = Deleted
		}
	}
	return st
}

func (s *service) look(id string) func(context.Context) (State, error) {
	return func(context.Context) (State, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.looks++
		st := s.state(id)
		if st.Status == Deleted {
			return State{}, errs.New(errs.NotFound, "%s is gone", id)
		}
		return st, nil
	}
}

func (s *service) list(ctx context.Context, _ string, wanted []Wanted) (map[string]json.RawMessage, error) {
	s.mu.Lock()
	s.lists = append(s.lists, wanted)
	fail := s.fail
	s.fail = nil
	found := map[string]json.RawMessage{}
	for _, w := range wanted {
		if w.ID != s.hidden {
			found[w.ID], _ = json.Marshal(s.state(w.ID))
		}
	}
	listed, hold := s.listed, s.hold
	s.mu.Unlock()
	if hold != nil {
		listed <- struct{}{}
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, &errs.Error{Code: errs.Cancelled, Message: "cancelled", Cause: ctx.Err()}
		}
	}
	return found, fail
}

func (s *service) spec(b *Board, id string) Spec {
	target := "ACTIVE"
	if strings.HasPrefix(id, "gone") {
		target = Deleted
	}
	return Spec{
		Op: "servers.create", Resource: "server " + id, ID: id, Target: []string{target}, Look: s.look(id), Board: b,
		Start:  &State{Status: "BUILD", Updated: s.clk.Now().Format(time.RFC3339)},
		Jitter: func() float64 { return 0.5 },
		Read: func(_ context.Context, body json.RawMessage) (st State, err error) {
			return st, json.Unmarshal(body, &st)
		},
	}
}

func (s *service) counts() (looks, lists int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.looks, len(s.lists)
}

// all waits for each resource in a goroutine of its own, and moves the clock until all are there.
func (s *service) all(t *testing.T, b *Board, ids ...string) map[string]error {
	t.Helper()
	out := map[string]error{}
	type result struct {
		id  string
		err error
	}
	results := make(chan result, len(ids))
	for _, id := range ids {
		go func() {
			_, err := For(t.Context(), s.clk, s.spec(b, id))
			results <- result{id, err}
		}()
	}
	for left := len(ids); left > 0; {
		ctx, cancel := context.WithCancel(t.Context())
		asleep := make(chan error, 1)
		go func(n int) { asleep <- s.clk.WaitForSleepers(ctx, n) }(left)
		select {
		case r := <-results:
			out[r.id] = r.err
			left--
			cancel()
			<-asleep
		case <-asleep:
			cancel()
			s.clk.Advance(10 * time.Millisecond)
		}
	}
	return out
}

func ids(prefix string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(prefix, i))
	}
	return all
}

func TestBoardAsksOnceForAll(t *testing.T) {
	s := newService()
	b := &Board{List: s.list}
	names := ids("a", 8)
	for i, id := range names {
		s.ready[id] = time.Duration(i+1) * time.Second
	}
	for id, err := range s.all(t, b, names...) {
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	looks, lists := s.counts()
	// Alone each would look at 0.5, 1.25, 2.375, 4.0625 and 6.59 seconds and so on: 37 requests.
	if lists > 16 || looks > 1 {
		t.Errorf("%d lists and %d looks", lists, looks)
	}
	if len(s.lists[0]) != 8 || len(s.lists[lists-1]) != 2 {
		t.Errorf("the first list was for %d, the last for %d", len(s.lists[0]), len(s.lists[lists-1]))
	}
	if len(b.seats) != 0 || b.poll != nil {
		t.Errorf("%d seats are left", len(b.seats))
	}
}

func TestBoardWithOneWait(t *testing.T) {
	s := newService()
	s.ready["a"] = 2 * time.Second
	if err := s.all(t, &Board{List: s.list}, "a")["a"]; err != nil {
		t.Fatal(err)
	}
	if looks, lists := s.counts(); looks != 3 || lists != 0 {
		t.Errorf("%d looks, %d lists", looks, lists)
	}
}

func TestBoardShowsWhatIsDeleted(t *testing.T) {
	s := newService()
	for _, id := range []string{"gone1", "gone2", "a"} {
		s.ready[id] = time.Second
	}
	for id, err := range s.all(t, &Board{List: s.list}, "gone1", "gone2", "a") {
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	if looks, _ := s.counts(); looks != 0 {
		t.Errorf("%d looks", looks)
	}
}

// TestBoardAsksAlone: what the list does not show twice is asked for alone from then on.
func TestBoardAsksAlone(t *testing.T) {
	s := newService()
	s.hidden = "b"
	for _, id := range []string{"a", "b", "c"} {
		s.ready[id] = 2 * time.Second
	}
	for id, err := range s.all(t, &Board{List: s.list}, "a", "b", "c") {
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
	looks, lists := s.counts()
	asked := 0
	for _, l := range s.lists {
		if slices.ContainsFunc(l, func(w Wanted) bool { return w.ID == "b" }) {
			asked++
		}
	}
	if asked > 2 {
		t.Errorf("it is asked for %d times among others", asked)
	}
	if looks > 6 || lists > 5 {
		t.Errorf("%d looks, %d lists", looks, lists)
	}
}

// TestBoardFails: a list that fails ends the wait that sent it; the others ask again.
func TestBoardFails(t *testing.T) {
	s := newService()
	s.fail = errs.New(errs.Unavailable, "down")
	names := ids("a", 4)
	for _, id := range names {
		s.ready[id] = time.Second
	}
	failed := 0
	for _, err := range s.all(t, &Board{List: s.list}, names...) {
		if err != nil {
			failed++
		}
	}
	if failed != 1 {
		t.Errorf("%d failed", failed)
	}
}

// TestBoardGoesOnWithoutTheCancelled: the wait that asks for all is cancelled in the middle; another takes over.
func TestBoardGoesOnWithoutTheCancelled(t *testing.T) {
	s := newService()
	s.listed, s.hold = make(chan struct{}), make(chan struct{})
	asking := make(chan int, 1)
	b := &Board{List: func(ctx context.Context, op string, wanted []Wanted) (map[string]json.RawMessage, error) {
		asking <- ctx.Value(asker{}).(int)
		return s.list(ctx, op, wanted)
	}}
	type result struct {
		i   int
		err error
	}
	results := make(chan result, 3)
	cancels := make([]context.CancelFunc, 3)
	for i, id := range ids("a", 3) {
		s.ready[id] = time.Millisecond
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		cancels[i] = cancel
		spec := s.spec(b, id)
		go func() {
			_, err := For(context.WithValue(ctx, asker{}, i), s.clk, spec)
			results <- result{i, err}
		}()
	}
	if err := s.clk.WaitForSleepers(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	s.clk.Advance(500 * time.Millisecond)
	first := <-asking
	<-s.listed
	cancels[first]()
	if r := <-results; r.i != first || errs.CodeOf(r.err) != errs.Cancelled || !errors.Is(r.err, context.Canceled) {
		t.Fatalf("the first to end is %+v", r)
	}
	if second := <-asking; second == first {
		t.Error("the cancelled one asks")
	}
	<-s.listed
	close(s.hold)
	for range 2 {
		if r := <-results; r.err != nil {
			t.Errorf("%d: %v", r.i, r.err)
		}
	}
	if looks, lists := s.counts(); looks != 0 || lists != 2 {
		t.Errorf("%d looks, %d lists", looks, lists)
	}
}

type asker struct{}

// TestBoardTrustsNothingOlder: a wait that begins while a list is under way does not take what that shows.
func TestBoardTrustsNothingOlder(t *testing.T) {
	b := &Board{}
	a, c := b.join("a", ""), b.join("b", "")
	var late *seat
	b.List = func(_ context.Context, _ string, wanted []Wanted) (map[string]json.RawMessage, error) {
		late = b.join("late", "")
		found := map[string]json.RawMessage{"late": json.RawMessage("{}")}
		for _, w := range wanted {
			found[w.ID] = json.RawMessage("{}")
		}
		return found, nil
	}
	if body, shared, err := b.look(t.Context(), "", a); err != nil || !shared || body == nil {
		t.Fatal(body, shared, err)
	}
	if late.news != nil || c.news == nil {
		t.Errorf("news for the late one: %v, for the other: %v", late.news, c.news)
	}
}
