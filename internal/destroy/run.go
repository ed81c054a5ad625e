package destroy

import (
	"context"
	"maps"

	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/internal/rest"
)

// OfRun is Run for what a run of the journal made in the client's project: what nobody knows is asked of the cloud
// first, and what is gone is noted in the journal.
func OfRun(ctx context.Context, client *rest.Client, j *journal.Journal, run string, o Options) (*Report, error) {
	plan, err := LookAtRun(ctx, client, j, run)
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

// LookAtRun is Look for what a run of the journal made in the client's project.
func LookAtRun(ctx context.Context, client *rest.Client, j *journal.Journal, run string) (*Plan, error) {
	if err := j.Resolve(ctx, client, run); err != nil {
		return nil, err
	}
	resources, err := ResourcesOf(ctx, client, j, run)
	if err != nil {
		return nil, err
	}
	return Look(ctx, client, resources)
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
