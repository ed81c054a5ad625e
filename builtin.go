package oslua

import (
	"context"
	"net"
	"path/filepath"
	"sync"

	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
)

// builtin is the cloud in this process. It starts when something is first asked of it, so a script that works on no
// cloud pays for none.
type builtin struct {
	dir    string // "" for memory
	notice func(string)

	start sync.Once
	sim   *simulator.Simulator
	err   error
}

// SimulatorDir is where the built-in cloud lives in a state directory.
func SimulatorDir(stateDir string) string { return filepath.Join(stateDir, "simulator") }

// dial is the dialer of a connection to the built-in cloud.
func (b *builtin) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	b.start.Do(func() {
		b.notice("no cloud is configured, using the built-in simulator (--cloud NAME or OS_CLOUD for a real one)")
		o := simulator.Options{Memory: true}
		if b.dir != "" {
			o = simulator.Options{Dir: SimulatorDir(b.dir)}
		}
		// It outlives the request that was the first.
		b.sim, b.err = simulator.Start(context.WithoutCancel(ctx), o)
	})
	if b.err != nil {
		return nil, b.err
	}
	return b.sim.DialContext(ctx, network, addr)
}

func (b *builtin) stop() error {
	b.start.Do(func() {})
	if b.sim == nil {
		return nil
	}
	return b.sim.Close()
}

// builtinConfig is how one gets into the built-in cloud: as demo, as a user of a DevStack would.
func builtinConfig() (*cloud.Config, error) {
	return cloud.FromValues("built-in simulator", map[string]string{
		"auth_url":          "http://simulator/identity/v3",
		"username":          "demo",
		"password":          "secret",
		"project_name":      "demo",
		"user_domain_id":    "default",
		"project_domain_id": "default",
		"region_name":       "RegionOne",
	})
}
