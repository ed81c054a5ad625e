package wait

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
)

func autoClock() *clock.Fake {
	return clock.NewFake(time.Date(2026, 11, 22, 13, 15, 0, 0, time.UTC)).AutoAdvance()
}

// looks gives a Look that goes through statuses, and stays at the last; "404" is not_found, "503" unavailable.
func looks(statuses ...string) func(context.Context) (State, error) {
	return func(context.Context) (State, error) {
		s := statuses[0]
		if len(statuses) > 1 {
			statuses = statuses[1:]
		}
		switch s {
		case "404":
			return State{}, errs.New(errs.NotFound, "gone")
		case "503":
			return State{}, errs.New(errs.Unavailable, "down")
		}
		return State{Status: s, Fault: faultOf(s)}, nil
	}
}

func faultOf(status string) string {
	if status == "ERROR" {
		return "No valid host was found."
	}
	return ""
}

func TestFor(t *testing.T) {
	for _, c := range []struct {
		name   string
		spec   Spec
		status string
		code   errs.Code
		says   string
	}{
		{name: "there already", spec: Spec{Target: []string{"ACTIVE"}, Look: looks("ACTIVE")}, status: "ACTIVE"},
		{name: "known already", spec: Spec{Target: []string{"ACTIVE"}, Start: &State{Status: "active"}}, status: "active"},
		{name: "after a while", spec: Spec{Target: []string{"ACTIVE"}, Look: looks("BUILD", "BUILD", "ACTIVE")}, status: "ACTIVE"},
		{name: "one of several", spec: Spec{Target: []string{"ACTIVE", "DOWN"}, Look: looks("BUILD", "DOWN")}, status: "DOWN"},
		{name: "gone", spec: Spec{Target: []string{Deleted}, Look: looks("ACTIVE", "404")}, status: Deleted},
		{name: "gone while something else was wanted", spec: Spec{Target: []string{"ACTIVE"}, Look: looks("BUILD", "404")}, code: errs.NotFound, says: "gone"},
		{name: "failed", spec: Spec{Target: []string{"ACTIVE"}, Look: looks("BUILD", "ERROR", "ACTIVE")}, code: errs.ResourceError,
			says: `server "s" went to ERROR while waiting for ACTIVE: No valid host was found.`},
		{name: "ERROR can be what is wanted", spec: Spec{Target: []string{"ERROR"}, Look: looks("ERROR")}, status: "ERROR"},
		{name: "deletion that fails", spec: Spec{Target: []string{Deleted}, Look: looks("DELETING", "ERROR")}, code: errs.ResourceError},
		{name: "a state that leads nowhere", spec: Spec{Target: []string{"ACTIVE"}, Pending: []string{"BUILD"}, Look: looks("BUILD", "SHUTOFF")}, code: errs.ResourceError,
			says: `server "s" is SHUTOFF, which does not lead to ACTIVE`},
		{name: "a look that fails", spec: Spec{Target: []string{"ACTIVE"}, Look: looks("BUILD", "503")}, code: errs.Unavailable},
		{name: "too long", spec: Spec{Target: []string{"ACTIVE"}, Timeout: 10 * time.Second, Look: looks("BUILD")}, code: errs.Timeout,
			says: `server "s" is still BUILD after 10s, waiting for ACTIVE`},
		{name: "there is a limit always", spec: Spec{Target: []string{"ACTIVE"}, Look: looks("BUILD")}, code: errs.Timeout, says: "after 5m0s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spec.Op, c.spec.Resource = "servers.wait", `server "s"`
			st, err := For(t.Context(), autoClock(), c.spec)
			if code := errs.CodeOf(err); code != c.code {
				t.Fatalf("got %v of code %q, want %q", err, code, c.code)
			}
			if err == nil && st.Status != c.status {
				t.Errorf("status %q, want %q", st.Status, c.status)
			}
			var e *errs.Error
			if errors.As(err, &e) && c.says != "" && !strings.Contains(e.Message, c.says) {
				t.Errorf("message %q does not say %q", e.Message, c.says)
			}
		})
	}
}

// TestPauses: pauses grow to a maximum, spread by the jitter, and the last ends with the time.
func TestPauses(t *testing.T) {
	clk := autoClock()
	_, err := For(t.Context(), clk, Spec{
		Target: []string{"ACTIVE"}, Timeout: 20 * time.Second, Look: looks("BUILD"), Jitter: func() float64 { return 0.5 },
	})
	if errs.CodeOf(err) != errs.Timeout {
		t.Fatal(err)
	}
	slept := clk.Slept()
	var total time.Duration
	for _, d := range slept {
		total += d
	}
	if total != 20*time.Second || slept[0] != 500*time.Millisecond || slept[1] != 750*time.Millisecond || slices.Max(slept) != 5*time.Second {
		t.Errorf("slept %v, %v in all", slept, total)
	}
	low, high := autoClock(), autoClock()
	for clk, jitter := range map[*clock.Fake]float64{low: 0, high: 1} {
		_, _ = For(t.Context(), clk, Spec{Target: []string{"ACTIVE"}, Look: looks("BUILD", "ACTIVE"), Jitter: func() float64 { return jitter }})
	}
	if low.Slept()[0] != 400*time.Millisecond || high.Slept()[0] != 600*time.Millisecond {
		t.Errorf("the first pause is between %v and %v", low.Slept()[0], high.Slept()[0])
	}
}

// TestInterrupted: a wait ends with its context, in the middle of a pause.
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(context.Context) (context.Context, context.CancelFunc)
		code errs.Code
	}{
		{"cancelled", context.WithCancel, errs.Cancelled},
		{"out of time", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Unix(0, 0))
		}, errs.Timeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			clk := clock.NewFake(time.Unix(0, 0))
			ctx, cancel := c.end(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() {
				_, err := For(ctx, clk, Spec{Op: "servers.create", Resource: "it", Target: []string{"ACTIVE"}, Look: looks("BUILD")})
				done <- err
			}()
			if ctx.Err() == nil {
				if err := clk.WaitForSleepers(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
			cancel()
			err := <-done
			if errs.CodeOf(err) != c.code || !errors.Is(err, ctx.Err()) {
				t.Errorf("got %v", err)
			}
		})
	}
}
