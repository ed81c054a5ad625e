package destroy

import (
	"context"
	"maps"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/internal/rest"
)

// OfRun is Run for what a run of the journal made in the client's project: what nobody knows is asked of the cloud
// first, and what is gone is noted in the journal.
func OfRun(ctx context.Context, client *rest.Client, j *journal.Journal, run string, o Options) (*Report, error) {
	plan, err := LookAtRun(ctx, client, j, run, o.Waiting)
	if err != nil {
		return nil, err
	}
	if o.Confirm != nil {
		if err := o.Confirm(plan); err != nil {
			return nil, err
		}
	}
	noted := o.Gone
	o.Gone = func(r Resource) error {
		if err := NoteIn(ctx, j, run)(r); err != nil || noted == nil {
			return err
		}
		return noted(r)
	}
	return plan.Remove(ctx, o), nil
}

// LookAtRun is Look for what a run of the journal made in the client's project. A request that the run was cut off from
// may be carried out yet: it is waited for as long as journal.Late, and waiting, unless it is nil, is told once how long
// that may be.
func LookAtRun(ctx context.Context, client *rest.Client, j *journal.Journal, run string, waiting func(time.Duration)) (*Plan, error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		if err := j.Resolve(ctx, client, run); err != nil {
			return nil, err
		}
		left, err := late(ctx, client, j, run)
		if err != nil {
			return nil, err
		}
		if left <= 0 {
			break
		}
		if waiting != nil {
			waiting(left)
			waiting = nil
		}
		if err := client.Clock.Sleep(ctx, min(pause, left)); err != nil {
			return nil, errs.New(errs.Cancelled, "cancelled: nothing was removed")
		}
	}
	resources, err := ResourcesOf(ctx, client, j, run)
	if err != nil {
		return nil, err
	}
	if resources, err = withMarked(ctx, client, j, run, resources); err != nil {
		return nil, err
	}
	return Look(ctx, client, resources)
}

// late is how long a change of a run may still be carried out that left no trace so far.
func late(ctx context.Context, client *rest.Client, j *journal.Journal, run string) (left time.Duration, err error) {
	changes, err := j.Changes(ctx, run)
	if err != nil {
		return 0, err
	}
	for _, c := range changes {
		if now := client.Clock.Now(); c.Open() && c.MayCome(now) {
			left = max(left, journal.Late-now.Sub(c.Before))
		}
	}
	return left, nil
}

// withMarked adds what carries the mark of a run that did not end well, and that its journal does not know: a request of
// it may have been carried out after somebody looked.
func withMarked(ctx context.Context, client *rest.Client, j *journal.Journal, id string, resources []Resource) ([]Resource, error) {
	run, err := j.Run(ctx, id)
	if err != nil || run.Outcome == journal.OK {
		return resources, err
	}
	marked, err := FindMarked(ctx, client)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, r := range resources {
		known[key(r.Type, r.ID)] = r.made()
	}
	for _, m := range marked {
		if m.Run == run.ID && !known[key(m.Type, m.ID)] {
			resources = append(resources, m.Resource)
		}
	}
	return resources, nil
}

// ResourcesOf gives what a run of the journal made in the client's project and what of it is left, as the run left it,
// and what it did to what it had not made.
func ResourcesOf(ctx context.Context, client *rest.Client, j *journal.Journal, run string) ([]Resource, error) {
	project, err := client.Conn.ProjectID(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := j.Changes(ctx, run)
	if err != nil {
		return nil, err
	}
	made, err := j.Resources(ctx, run)
	if err != nil {
		return nil, err
	}
	updates := map[string][]journal.Change{}
	for _, c := range changes {
		if c.Action == change.Update && c.Outcome != journal.Refused {
			updates[key(c.Type, c.ID)] = append(updates[key(c.Type, c.ID)], c)
		}
	}
	var out []Resource
	for _, m := range made {
		if !m.Left || m.Site.ProjectID != project {
			continue
		}
		r := Resource{Type: m.Type, ID: m.ID, Name: m.Name, Parent: m.Parent, Attributes: maps.Clone(m.Attributes)}
		for _, u := range updates[key(m.Type, m.ID)] {
			into := &r.Attributes
			if u.Open() {
				into = &r.Maybe
			} else if name := str(u.Attributes["name"]); name != "" {
				r.Name = name
			}
			if *into == nil {
				*into = map[string]any{}
			}
			maps.Copy(*into, u.Attributes)
		}
		out = append(out, r)
	}
	changed, err := j.Changed(ctx, run)
	if err != nil {
		return nil, err
	}
	for _, c := range changed {
		if c.Site.ProjectID == project {
			out = append(out, Resource{Type: c.Type, ID: c.ID, Name: c.Name, Parent: c.Parent, Attributes: c.Attributes, Action: c.Action})
		}
	}
	return out, nil
}

// NoteIn gives an Options.Gone that notes in the journal what is gone.
func NoteIn(ctx context.Context, j *journal.Journal, run string) func(Resource) error {
	ctx = context.WithoutCancel(ctx)
	return func(r Resource) error {
		return j.MarkGone(ctx, run, r.Type, r.Parent, r.ID)
	}
}
