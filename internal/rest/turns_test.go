package rest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
)

func TestInTurn(t *testing.T) {
	c := New(nil, nil)
	var inside, most, calls atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if err := c.InTurn(t.Context(), "router", func() error {
				most.Store(max(most.Load(), inside.Add(1)))
				calls.Add(1)
				inside.Add(-1)
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 || calls.Load() != 50 {
		t.Errorf("%d at once, %d calls", most.Load(), calls.Load())
	}
}

// One that is cancelled while it waits does not wait on, and others do not wait for it.
func TestInTurnCancelled(t *testing.T) {
	c := New(nil, nil)
	ctx, cancel := context.WithCancel(t.Context())
	if err := c.InTurn(ctx, "router", func() error {
		cancel()
		return c.InTurn(ctx, "router", ctx.Err)
	}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if err := c.InTurn(t.Context(), "router", func() error { return nil }); err != nil {
		t.Error(err)
	}
}
