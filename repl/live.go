package repl

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	liveWait     = 120 * time.Millisecond // what a key may take: nobody notices
	liveDeadline = 5 * time.Second        // what a fetch may take
)

// Live knows the names of resources in the cloud, for completion. They are fetched in the background when they are
// first wanted, and forgotten when an entry has run.
type Live struct {
	ctx   context.Context
	fetch func(ctx context.Context, kind string) ([]string, error)

	mu   sync.Mutex
	kept map[string]*fetched
}

// fetched are the names of a kind, on their way until done is closed.
type fetched struct {
	done  chan struct{}
	names []string
	err   error
}

// NewLive fetches names with fetch, as long as ctx lasts.
func NewLive(ctx context.Context, fetch func(ctx context.Context, kind string) ([]string, error)) *Live {
	return &Live{ctx: ctx, fetch: fetch, kept: map[string]*fetched{}}
}

// names gives the names of a kind; or, when they take longer than a key may, a function that waits for them.
func (l *Live) names(kind string) (names []string, wait func() ([]string, error)) {
	f := l.start(kind)
	ctx, cancel := context.WithTimeout(l.ctx, liveWait)
	defer cancel()
	select {
	case <-f.done:
		if f.err == nil {
			return f.names, nil
		}
		l.drop(kind, f)
	case <-ctx.Done():
	}
	return nil, func() ([]string, error) {
		<-f.done
		if f.err != nil {
			l.drop(kind, f)
		}
		return f.names, f.err
	}
}

func (l *Live) start(kind string) *fetched {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.kept[kind]; f != nil {
		return f
	}
	f := &fetched{done: make(chan struct{})}
	l.kept[kind] = f
	go func() {
		defer close(f.done)
		ctx, cancel := context.WithTimeout(l.ctx, liveDeadline)
		defer cancel()
		f.names, f.err = l.fetch(ctx, kind)
		slices.Sort(f.names)
		f.names = slices.Compact(f.names)
	}()
	return f
}

func (l *Live) drop(kind string, f *fetched) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept[kind] == f {
		delete(l.kept, kind)
	}
}

// Forget makes the next question ask the cloud again.
func (l *Live) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.kept)
}

func itoa(n int) string { return strconv.Itoa(n) }
