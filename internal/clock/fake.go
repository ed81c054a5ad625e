package clock

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Fake is a clock that stands still until it is told to move. It is safe on several goroutines.
type Fake struct {
	mu       sync.Mutex
	now      time.Time
	sleepers []*sleeper
	slept    []time.Duration
	auto     bool
	changed  chan struct{} // closed and replaced when the sleepers change
}

type sleeper struct {
	at   time.Time
	wake chan struct{}
}

// NewFake gives a clock that stands at now.
func NewFake(now time.Time) *Fake {
	return &Fake{now: now, changed: make(chan struct{})}
}

// AutoAdvance makes every Sleep return at once and move the clock by its length, for code that sleeps on one
// goroutine only. It returns the clock.
func (f *Fake) AutoAdvance() *Fake {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.auto = true
	return f
}

// Now is the time the clock stands at.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Sleep blocks until the clock has been advanced by d, or ctx ends.
func (f *Fake) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	f.slept = append(f.slept, d)
	if d <= 0 || f.auto {
		f.now = f.now.Add(max(d, 0))
		f.mu.Unlock()
		return nil
	}
	s := &sleeper{at: f.now.Add(d), wake: make(chan struct{})}
	f.sleepers = append(f.sleepers, s)
	f.signal()
	f.mu.Unlock()

	select {
	case <-s.wake:
		return nil
	case <-ctx.Done():
		f.mu.Lock()
		defer f.mu.Unlock()
		f.sleepers = slices.DeleteFunc(f.sleepers, func(o *sleeper) bool { return o == s })
		f.signal()
		return ctx.Err()
	}
}

// Advance moves the clock and wakes who is due.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
	f.sleepers = slices.DeleteFunc(f.sleepers, func(s *sleeper) bool {
		if s.at.After(f.now) {
			return false
		}
		close(s.wake)
		return true
	})
	f.signal()
}

// WaitForSleepers blocks until at least n goroutines sleep on the clock, or ctx ends.
func (f *Fake) WaitForSleepers(ctx context.Context, n int) error {
	for {
		f.mu.Lock()
		enough, changed := len(f.sleepers) >= n, f.changed
		f.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Slept lists the lengths of all sleeps so far, in the order they began.
func (f *Fake) Slept() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.slept)
}

func (f *Fake) signal() {
	close(f.changed)
	f.changed = make(chan struct{})
}
