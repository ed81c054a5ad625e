package plan

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestClockJumpsInOrder(t *testing.T) {
	c := NewClock()
	began := c.Now()
	var mu sync.Mutex
	var woken []time.Duration
	var wg sync.WaitGroup
	for _, d := range []time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour} {
		wg.Go(func() {
			if err := c.Sleep(t.Context(), d); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			woken = append(woken, d)
		})
	}
	wg.Wait()
	if want := []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour}; !slices.Equal(woken, want) {
		t.Errorf("woke %v, want %v", woken, want)
	}
	if got := c.Now().Sub(began); got != 3*time.Hour || c.Passed() != got {
		t.Errorf("%s passed, %s said", got, c.Passed())
	}
}

func TestClockWaitsForWhoWorks(t *testing.T) {
	c := NewClock()
	var busy atomic.Bool
	busy.Store(true)
	asked := make(chan struct{})
	var once sync.Once
	c.Quiet = func() bool { once.Do(func() { close(asked) }); return !busy.Load() }
	done := make(chan error, 1)
	go func() { done <- c.Sleep(t.Context(), time.Hour) }()
	<-asked
	select {
	case <-done:
		t.Error("time passed while somebody worked")
	default:
	}
	busy.Store(false)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A limit that comes before the end of a sleep is told of first, and can end the sleep.
func TestClockStopsAtLimits(t *testing.T) {
	c := NewClock()
	began := c.Now()
	ctx, cancel := context.WithCancel(t.Context())
	c.Quiet = func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.watchers) > 0
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Watch(ctx, time.Minute); err != nil {
			t.Error(err)
		}
		if got := c.Now().Sub(began); got != time.Minute {
			t.Errorf("told after %s", got)
		}
		cancel()
	})
	if err := c.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("Sleep = %v, want context.Canceled", err)
	}
	wg.Wait()
	if got := c.Now().Sub(began); got != time.Minute {
		t.Errorf("%s passed", got)
	}
}

// A limit alone lets no time pass.
func TestClockIsNotMovedByLimits(t *testing.T) {
	c := NewClock()
	began := c.Now()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Watch(ctx, time.Hour) }()
	if err := c.Sleep(t.Context(), time.Second); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Watch = %v, want context.Canceled", err)
	}
	if got := c.Now().Sub(began); got != time.Second {
		t.Errorf("%s passed", got)
	}
}

func TestClockLooksAtItsContext(t *testing.T) {
	c := NewClock()
	if err := errors.Join(c.Sleep(t.Context(), 0), c.Watch(t.Context(), 0)); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, wait := range map[string]func(context.Context, time.Duration) error{"Sleep": c.Sleep, "Watch": c.Watch} {
		for _, d := range []time.Duration{0, time.Hour} {
			if err := wait(ctx, d); !errors.Is(err, context.Canceled) {
				t.Errorf("%s(%s) = %v, want context.Canceled", name, d, err)
			}
		}
	}
}
