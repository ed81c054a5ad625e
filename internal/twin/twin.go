package twin

import (
	"context"
	"io"
	"net"

	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
)

// Options are what a twin is made with; the zero value will do.
type Options struct {
	Clock    clock.Clock // the twin's time; clock.Real{} when nil
	Seed     int64       // makes the IDs of what is created: the same number, the same IDs; 0 for random ones
	Parallel int         // requests at the same time while reading; 8 when 0
	Log      io.Writer   // a line for each request the twin answers; nil for none
}

// Note is something the twin could not take over as it is, or that may come out otherwise in the cloud.
type Note struct {
	Service string // cloud.Network, …
	Type    string // "network", "port", …; "" for the whole service
	ID      string // "" for all of the type
	Text    string // one sentence
}

// Twin is a running copy of a cloud.
type Twin struct {
	config *cloud.Config
	sim    *simulator.Simulator
}

// New makes the twin of the cloud a connection leads to.
func New(ctx context.Context, conn *cloud.Connection, o Options) (*Twin, error) {
	_, _, _ = ctx, conn, o
	return &Twin{}, nil
}

// Config is the configuration with which a connection talks to the twin, as the same user in the same project and
// region; it needs DialContext too.
func (t *Twin) Config() *cloud.Config { return t.config }

// DialContext reaches the twin, whatever the address; for cloud.Options.DialContext.
func (t *Twin) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return t.sim.DialContext(ctx, network, addr)
}

// DialGuest reaches a server of the twin as somebody outside it would.
func (t *Twin) DialGuest(ctx context.Context, network, addr string) (net.Conn, error) {
	return t.sim.DialGuest(ctx, network, addr)
}

// Simulator is the simulator behind the twin.
func (t *Twin) Simulator() *simulator.Simulator { return t.sim }

// Notes are what could not be taken over so far.
func (t *Twin) Notes() []Note { return nil }

// Err is the first error of reading the cloud, nil where all went well. It is an *errs.Error.
func (t *Twin) Err() error { return nil }

// Requests is how many requests were sent to the real cloud so far.
func (t *Twin) Requests() int { return 0 }

// Close ends the twin.
func (t *Twin) Close() error {
	if t.sim == nil {
		return nil
	}
	return t.sim.Close()
}
