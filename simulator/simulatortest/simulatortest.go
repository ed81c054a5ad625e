// Package simulatortest starts a cloud for a Go test in one line:
//
//	sim := simulatortest.Start(t, simulator.Options{})
package simulatortest

import (
	"testing"

	"github.com/oslua/oslua/simulator"
)

// Start starts a cloud that ends with the test: in memory unless the options name a directory.
func Start(t testing.TB, o simulator.Options) *simulator.Simulator {
	t.Helper()
	if o.Dir == "" {
		o.Memory = true
	}
	sim, err := simulator.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("simulator: %v", err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Errorf("simulator: %v", err)
		}
	})
	return sim
}
