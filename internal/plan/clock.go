package plan

import (
	"context"
	"sync"
	"time"

	"github.com/oslua/oslua/internal/clock"
)

// look is how often a sleeper looks whether its time has come, and calm how many looks in a row must find nobody at work
// before time passes.
const (
	look = time.Millisecond
	calm = 3
)

// Clock is the time of a plan: it stands still while anybody works, and passes at once when all that is left to do is to
// sleep. Sleepers wake in the order they would have. It is safe on many goroutines.
type Clock struct {
	// Quiet reports whether nobody works; it is asked while somebody sleeps. It is set before the clock is used.
	Quiet func() bool

	real clock.Clock

	mu       sync.Mutex
	start    time.Time
	now      time.Time
	sleepers map[*sleeper]bool
	watchers map[*sleeper]bool
	moves    int // grows when a sleeper comes or goes
}

type sleeper struct{ at time.Time }

// NewClock gives a clock that begins at the present.
func NewClock() *Clock {
	c := &Clock{real: clock.Real{}, sleepers: map[*sleeper]bool{}, watchers: map[*sleeper]bool{}, Quiet: func() bool { return true }}
	c.start = c.real.Now()
	c.now = c.start
	return c
}

// Now is the plan's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Passed is how much time was slept away.
func (c *Clock) Passed() time.Duration { return c.Now().Sub(c.start) }

// Sleep lets d pass, or gives ctx's error when that ends first.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	s := &sleeper{}
	c.mu.Lock()
	s.at = c.now.Add(d)
	c.sleepers[s] = true
	c.moves++
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.sleepers, s)
		c.moves++
	}()
	seen, quiet := -1, 0
	for {
		if err := c.real.Sleep(ctx, look); err != nil {
			return err
		}
		idle := c.Quiet()
		c.mu.Lock()
		switch {
		case !s.at.After(c.now):
			c.mu.Unlock()
			return nil
		case !idle || c.moves != seen:
			seen, quiet = c.moves, 0
		case c.first(s):
			if quiet++; quiet >= calm {
				seen, quiet = -1, 0
				c.now = c.next(s.at)
			}
		}
		c.mu.Unlock()
	}
}

// first tells whether nobody wakes before s, and nobody who was to be told of the present has yet to go.
func (c *Clock) first(s *sleeper) bool {
	for o := range c.sleepers {
		if o.at.Before(s.at) {
			return false
		}
	}
	for w := range c.watchers {
		if !w.at.After(c.now) {
			return false
		}
	}
	return true
}

// next is the time that comes: at, or the first limit before it.
func (c *Clock) next(at time.Time) time.Time {
	for w := range c.watchers {
		if w.at.Before(at) {
			at = w.at
		}
	}
	return at
}

// Watch waits until d has passed, without letting it pass: for limits of time. What takes as long in reality is over
// too, or nothing would ever end it.
func (c *Clock) Watch(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	w := &sleeper{}
	c.mu.Lock()
	w.at = c.now.Add(d)
	c.watchers[w] = true
	c.mu.Unlock()
	limit := c.real.Now().Add(d)
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, w)
		c.moves++
	}()
	for c.Now().Before(w.at) && c.real.Now().Before(limit) {
		if err := c.real.Sleep(ctx, look); err != nil {
			return err
		}
	}
	return ctx.Err()
}
