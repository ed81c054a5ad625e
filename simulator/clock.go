package simulator

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/oslua/oslua/simulator/store"
)

// realClock is the machine's.
type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

// Sleep waits as long as the context lets it.
func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shiftVar is how far the cloud's time is ahead of the clock. It is in the state, so that all processes that share the
// cloud agree about it, and a reset takes it back.
const shiftVar = "clock:shift"

// readShift is asked in each transaction.
func (s *Simulator) readShift(tx *store.Tx) (time.Duration, error) {
	text, err := tx.Var(shiftVar)
	if err != nil {
		return 0, err
	}
	var shift time.Duration
	if text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, err
		}
		shift = time.Duration(n)
	}
	s.shift.Store(int64(shift))
	return shift, nil
}

// Now is the cloud's time.
func (s *Simulator) Now(ctx context.Context) (now time.Time, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		shift, err := s.readShift(tx)
		now = s.options.Clock.Now().Add(shift).UTC()
		return err
	})
	return now, err
}

// Advance sets the cloud's time forward, for all processes that share it: builds end, tokens expire. A reset takes it
// back.
func (s *Simulator) Advance(ctx context.Context, d time.Duration) error {
	if d < 0 {
		return errors.New("simulator: time goes forward only")
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		shift, err := s.readShift(tx)
		if err != nil {
			return err
		}
		if shift += d; shift < 0 {
			return errors.New("simulator: the time would be too far ahead")
		}
		return tx.SetVar(shiftVar, strconv.FormatInt(int64(shift), 10))
	})
}

// shifted is the cloud's time for what has no transaction at hand: as far ahead as the last request found it.
type shifted struct{ sim *Simulator }

func (c shifted) Now() time.Time {
	return c.sim.options.Clock.Now().Add(time.Duration(c.sim.shift.Load()))
}
