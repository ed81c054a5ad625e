package cloud

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/oslua/oslua/internal/clock"
)

// Limits of a service are settings by the names openstacksdk uses: rate_limit and concurrency, each a number for every
// service or a mapping from a service's type to its number.
const (
	settingRate        = "rate_limit"
	settingConcurrency = "concurrency"
)

// returnGap is the time between two of the requests that come back after a service had told all to wait.
const returnGap = 100 * time.Millisecond

// gate is what each request to one service passes on its way out: as many at once and as many a second as the
// configuration allows, and none while the service wants to be left alone.
type gate struct {
	clock clock.Clock
	slots chan struct{} // one for each request that may be under way; nil for any number
	rate  *rate.Limiter // nil for none

	mu     sync.Mutex
	resume time.Time // until when the service wants no request
	next   time.Time // when the next of those that wait for that may go
}

// gateOf gives the gate of a service, by any of its names.
func (c *Connection) gateOf(service string) *gate {
	if service == "" {
		service = Identity // authentication
	}
	types := typesOf(service)
	slices.Sort(types)
	if g, ok := c.gates.Load(types[0]); ok {
		return g.(*gate) //nolint:forcetypeassert // nothing else is in it
	}
	g := &gate{clock: c.opts.Clock}
	if r := c.cfg.limit(settingRate, types); r > 0 {
		g.rate = rate.NewLimiter(rate.Limit(r), 1)
	}
	if n := c.cfg.limit(settingConcurrency, types); n >= 1 {
		g.slots = make(chan struct{}, int(min(n, 1<<16)))
	}
	kept, _ := c.gates.LoadOrStore(types[0], g)
	return kept.(*gate) //nolint:forcetypeassert // likewise
}

// enter waits until a request may be sent. leave must be called when it has been answered.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	leave = func() {}
	if g.slots != nil {
		select {
		case g.slots <- struct{}{}:
			leave = func() { <-g.slots }
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := g.turn(ctx); err != nil {
		leave()
		return nil, err
	}
	return leave, nil
}

// turn waits until the service may be bothered, and for the request's place in the rate.
func (g *gate) turn(ctx context.Context) error {
	for {
		if err := g.afterPause(ctx); err != nil {
			return err
		}
		if g.rate == nil {
			return nil
		}
		now := g.clock.Now()
		r := g.rate.ReserveN(now, 1)
		if err := g.sleep(ctx, r.DelayFrom(now)); err != nil {
			r.CancelAt(g.clock.Now())
			return err
		}
		g.mu.Lock()
		paused := g.clock.Now().Before(g.resume)
		g.mu.Unlock()
		if !paused {
			return nil
		}
	}
}

// afterPause waits until the service wants requests again. Those that waited go one after the other, so that the
// service does not meet at once what was too much for it. Who comes later is not kept: a single refusal must not slow the
// rest of a long run down.
func (g *gate) afterPause(ctx context.Context) error {
	for {
		g.mu.Lock()
		now, at := g.clock.Now(), g.next
		if !at.After(now) || !now.Before(g.resume) {
			g.mu.Unlock()
			return nil
		}
		g.next = at.Add(returnGap)
		g.mu.Unlock()
		if err := g.sleep(ctx, at.Sub(now)); err != nil {
			return err
		}
		g.mu.Lock()
		again := at.Before(g.resume) // it asked for more meanwhile
		g.mu.Unlock()
		if !again {
			return nil
		}
	}
}

// pause keeps all requests to the service back for a time: it asked for that.
func (g *gate) pause(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	until := g.clock.Now().Add(d)
	if until.After(g.resume) {
		g.resume = until
	}
	if until.After(g.next) {
		g.next = until
	}
}

func (g *gate) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	return g.clock.Sleep(ctx, d)
}

// limit is the number a setting has for a service, by any of its names: 0 for none. resolve has checked that it is one.
func (c *Config) limit(setting string, types []string) float64 {
	v := c.plain[setting]
	for _, t := range types {
		if own := c.plain[setting+"."+normalize(t)]; own != "" {
			v = own
			break
		}
	}
	n, _ := strconv.ParseFloat(v, 64)
	return n
}

// resolveLimits checks the limits before anything is sent.
func (l *loader) resolveLimits() error {
	for key, v := range l.cfg.plain {
		setting, _, _ := strings.Cut(key, ".")
		if setting != settingRate && setting != settingConcurrency {
			continue
		}
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsNaN(n) || n < 0 || setting == settingConcurrency && n != math.Trunc(n) {
			want, example := "calls a second, as in 2.5", "rate_limit: {compute: 2.5}"
			if setting == settingConcurrency {
				want, example = "a whole number of requests at once", "concurrency: {compute: 4}"
			}
			return l.at(configError("%s %q: want %s", key, v, want).
				WithHint("One number for each service, or one for all: %s.", example), key)
		}
	}
	return nil
}
