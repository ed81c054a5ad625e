package oslua

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/destroy"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/internal/rest"
)

// Made is what a run made: a resource, or a relation of two.
type Made = journal.Resource

// Removal is what became of one thing that was to be removed.
type Removal = destroy.Result

// JournalFile is where the runs of a state directory are written down.
func JournalFile(stateDir string) string { return filepath.Join(stateDir, journal.FileName) }

// recorder is what writes the run down, nil for one that is not: without a state directory, and for a plan.
func (o Options) recorder(p *planning) *journal.Recorder {
	if o.StateDir == "" || o.NoJournal || p != nil {
		return nil
	}
	clk := o.Clock
	if clk == nil {
		clk = clock.Real{}
	}
	return journal.NewRecorder(journal.Setup{Path: JournalFile(o.StateDir), Name: o.RunName, Clock: clk})
}

// ran keeps how a script has ended, for the journal.
func (r *Runtime) ran(err error) error {
	r.ended = err
	return err
}

// finish writes how the run has ended.
func (r *Runtime) finish() error {
	if r.journal == nil {
		return nil
	}
	err := r.ended
	var exit *engine.ExitError
	if errors.As(err, &exit) && exit.Code == 0 {
		err = nil
	}
	return r.journal.Finish(err)
}

// RunID is what the journal calls this run, "" before its first change and where nothing is written down.
func (r *Runtime) RunID() string {
	if r.journal == nil {
		return ""
	}
	return r.journal.RunID()
}

// Left gives what this run made and what of it is left, as far as the journal knows. Ask before Close.
func (r *Runtime) Left(ctx context.Context) ([]Made, error) {
	if r.journal == nil {
		return nil, nil
	}
	return r.journal.Left(ctx)
}

// Rollback removes what this run made, and nothing else: what somebody has changed since too. Things it only changed
// stay as they are. It gives what became of each, and ends with the context; told, unless it is nil, is told of each as
// it is done. Ask before Close.
func (r *Runtime) Rollback(ctx context.Context, told func(Removal)) ([]Removal, error) {
	if r.RunID() == "" {
		return nil, nil
	}
	// What is removed is written down too, but a journal that cannot be written keeps nothing from being removed.
	r.journal.Leniently()
	r.mu.Lock()
	conns := append([]*cloud.Connection(nil), r.conns...)
	r.mu.Unlock()
	var all []Removal
	var failed []error
	seen := map[string]bool{}
	for _, conn := range conns {
		if conn.Requests() == 0 {
			continue
		}
		token, err := conn.Token(ctx)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		place := strings.Join([]string{conn.Config().AuthURL, token.ProjectID}, " ")
		if seen[place] {
			continue
		}
		seen[place] = true
		report, err := destroy.OfRun(ctx, rest.New(conn, r.opts.Clock), r.journal.Journal(), r.RunID(), destroy.Options{Told: told})
		if report != nil {
			all = append(all, report.Results...)
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	return all, errors.Join(failed...)
}
