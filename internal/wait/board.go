package wait

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// Wanted is one of the resources that a Board looks at.
type Wanted struct {
	ID    string
	Since string // the service's own time of its last change known, as the service writes it; "" when nobody knows
}

// Board looks at many resources of one kind with one request: the waits that are under way at the same moment share
// what any of them sees. It has no goroutine of its own, so it ends with the last wait.
type Board struct {
	// List gets the resources, each as an answer of its own would show it, by ID. One that is not among them is looked
	// at alone.
	List func(ctx context.Context, op string, wanted []Wanted) (map[string]json.RawMessage, error)
	// Dated has a wait look alone until it knows a time for Wanted.Since.
	Dated bool

	mu    sync.Mutex
	seats []*seat
	poll  chan struct{} // closed when the request under way has ended; nil when there is none
}

// seat is one wait at a board.
type seat struct {
	Wanted
	news *news  // what another's request showed and this wait has not read yet
	wake func() // ends its pause; nil while there is none
}

type news struct {
	body json.RawMessage // nil: not among those listed
}

// join gives a wait its place. What a request shows that began before is nothing to it: it may be older than the change
// that is waited for.
func (b *Board) join(id, since string) *seat {
	s := &seat{Wanted: Wanted{ID: id, Since: since}}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seats = append(b.seats, s)
	return s
}

func (b *Board) leave(s *seat) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seats = slices.DeleteFunc(b.seats, func(o *seat) bool { return o == s })
}

// shared tells whether several wait.
func (b *Board) shared() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.seats) > 1
}

// nap has wake called when there are news, until the function it gives is called.
func (b *Board) nap(s *seat, wake func()) (over func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.wake = wake
	if s.news != nil {
		wake()
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		s.wake = nil
	}
}

// look gives what is new of a resource, from a request of its own or another's; nil when it is not listed. shared is
// false when nobody else waits: then nothing was asked.
func (b *Board) look(ctx context.Context, op string, s *seat) (body json.RawMessage, shared bool, err error) {
	for {
		b.mu.Lock()
		switch {
		case s.news != nil:
			n := s.news
			s.news = nil
			b.mu.Unlock()
			return n.body, true, nil
		case b.poll != nil:
			over := b.poll
			b.mu.Unlock()
			select {
			case <-over:
			case <-ctx.Done():
				return nil, true, ctx.Err()
			}
		case len(b.seats) < 2:
			b.mu.Unlock()
			return nil, false, nil
		default:
			seats := slices.Clone(b.seats)
			wanted := make([]Wanted, len(seats))
			for i, o := range seats {
				wanted[i] = o.Wanted
			}
			over := make(chan struct{})
			b.poll = over
			b.mu.Unlock()
			found, err := b.list(ctx, op, wanted, over)
			if err != nil {
				return nil, true, err // the others ask for themselves
			}
			b.tell(seats, found)
		}
	}
}

// list asks for all, and lets others ask again whatever comes of it.
func (b *Board) list(ctx context.Context, op string, wanted []Wanted, over chan struct{}) (map[string]json.RawMessage, error) {
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.poll = nil
		close(over)
	}()
	return b.List(ctx, op, wanted)
}

func (b *Board) tell(seats []*seat, found map[string]json.RawMessage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range seats {
		s.news = &news{found[s.ID]}
		if s.wake != nil {
			s.wake()
		}
	}
}

// saw keeps the time of a resource's last change.
func (b *Board) saw(s *seat, updated string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if updated != "" {
		s.Since = updated
	}
}

// Earliest is the earliest time among those of a board's resources.
func Earliest(wanted []Wanted) string {
	first := ""
	for _, w := range wanted {
		if first == "" || strings.Compare(w.Since, first) < 0 {
			first = w.Since
		}
	}
	return first
}
