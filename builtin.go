package oslua

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/store"
)

// builtin is the cloud in this process. It starts when something is first asked of it, so a script that works on no
// cloud pays for none.
type builtin struct {
	dir    string // "" for memory
	work   string // the directory the script was started in; "" for none
	notice func(string)

	start sync.Once
	sim   *simulator.Simulator
	err   error
}

// SimulatorDir is where the built-in cloud lives in a state directory.
func SimulatorDir(stateDir string) string { return filepath.Join(stateDir, "simulator") }

// cloud gives the cloud, starting it the first time.
func (b *builtin) cloud(ctx context.Context) (*simulator.Simulator, error) {
	b.start.Do(func() {
		b.notice("no cloud is configured, using the built-in simulator (see --cloud)")
		if rc := openrc(b.work); rc != "" {
			b.notice(rc + " is here and was not read; for its cloud: source " + rc)
		}
		o := simulator.Options{Memory: true}
		if b.dir != "" {
			o = simulator.Options{Dir: SimulatorDir(b.dir)}
		}
		// It outlives the request that was the first.
		if b.sim, b.err = simulator.Start(context.WithoutCancel(ctx), o); b.err != nil {
			b.err = SimulatorError(b.err)
		}
	})
	return b.sim, b.err
}

// openrc finds the file that somebody meant to source: the one OpenStack's web pages and DevStack call so.
func openrc(dir string) string {
	if dir == "" {
		return ""
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".sh")
		if !e.IsDir() && (name == "openrc" || strings.HasSuffix(name, "-openrc")) {
			return e.Name()
		}
	}
	return ""
}

// dial is the dialer of a connection to the built-in cloud.
func (b *builtin) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	sim, err := b.cloud(ctx)
	if err != nil {
		return nil, err
	}
	return sim.DialContext(ctx, network, addr)
}

// dialGuest reaches a server of the built-in cloud as somebody outside it would.
func (b *builtin) dialGuest(ctx context.Context, network, addr string) (net.Conn, error) {
	sim, err := b.cloud(ctx)
	if err != nil {
		return nil, err
	}
	return sim.DialGuest(ctx, network, addr)
}

// SimulatorError gives an error of the simulator the shape of ours: it knows nothing of the engine, and says in its own
// way what to do next.
func SimulatorError(err error) error {
	var e *store.Error
	if !errors.As(err, &e) {
		return err
	}
	return &errs.Error{Code: errs.Config, Message: "the built-in cloud in " + e.Path + ": " + e.Message, Hint: e.Hint, Cause: err}
}

func (b *builtin) stop() error {
	b.start.Do(func() {})
	if b.sim == nil {
		return nil
	}
	return b.sim.Close()
}

// builtinValues is how one gets into the built-in cloud: as demo, as a user of a DevStack would.
func builtinValues() map[string]string {
	return map[string]string{
		"auth_url":          simulator.InProcessURL + "/identity/v3",
		"username":          "demo",
		"password":          "secret",
		"project_name":      "demo",
		"user_domain_id":    "default",
		"project_domain_id": "default",
		"region_name":       "RegionOne",
	}
}
