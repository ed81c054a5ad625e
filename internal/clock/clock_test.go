package clock

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestFakeWakesWhoIsDue(t *testing.T) {
	f := NewFake(epoch)
	var wg sync.WaitGroup
	woken := make(chan time.Duration, 3)
	for _, d := range []time.Duration{time.Second, 2 * time.Second, time.Minute} {
		wg.Go(func() {
			if f.Sleep(t.Context(), d) == nil {
				woken <- d
			}
		})
	}
	if err := f.WaitForSleepers(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	f.Advance(2 * time.Second)
	first, second := <-woken, <-woken
	if first+second != 3*time.Second {
		t.Errorf("woke %v and %v", first, second)
	}
	f.Advance(time.Hour)
	wg.Wait()
	if got := f.Now(); !got.Equal(epoch.Add(time.Hour + 2*time.Second)) {
		t.Errorf("Now() = %v", got)
	}
}

func TestFakeSleepEndsWithItsContext(t *testing.T) {
	f := NewFake(epoch)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f.Sleep(ctx, time.Hour) }()
	if err := f.WaitForSleepers(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Sleep = %v, want context.Canceled", err)
	}
	if err := f.WaitForSleepers(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a sleeper is left: %v", err)
	}
}

func TestAutoAdvance(t *testing.T) {
	f := NewFake(epoch).AutoAdvance()
	for range 3 {
		if err := f.Sleep(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.Now().Sub(epoch); got != 3*time.Minute {
		t.Errorf("moved by %v", got)
	}
	if got := f.Slept(); len(got) != 3 || got[0] != time.Minute {
		t.Errorf("Slept() = %v", got)
	}
}

func TestRealLooksAtItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var c Clock = Real{}
	if err := c.Sleep(ctx, 0); err != nil {
		t.Errorf("Sleep(0) = %v", err)
	}
	if err := c.Sleep(ctx, time.Nanosecond); err != nil {
		t.Errorf("Sleep(1ns) = %v", err)
	}
	cancel()
	for _, d := range []time.Duration{0, time.Hour} {
		if err := c.Sleep(ctx, d); !errors.Is(err, context.Canceled) {
			t.Errorf("Sleep(%v) = %v, want context.Canceled", d, err)
		}
	}
	if c.Now().IsZero() {
		t.Error("Now() is zero")
	}
}
