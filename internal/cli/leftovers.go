package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/destroy"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/term"
	"github.com/spf13/cobra"
)

// leftover is something that a run made and that is still there.
type leftover struct {
	destroy.Resource
	Run     string    `json:"run"`
	Script  string    `json:"script,omitempty"` // "" when the run is in no journal here
	Created time.Time `json:"created,omitzero"`
	Why     string    `json:"why"`
}

// leftoversCommand shows what runs left behind.
func (a *app) leftoversCommand() *cobra.Command {
	var d destruction
	var all, remove bool
	cmd := &cobra.Command{
		Use:   "leftovers",
		Short: "Show what runs left behind on this cloud",
		Long: `leftovers shows what runs made in this project and what is no longer wanted: of runs that failed, were interrupted or
killed, or were destroyed in part, and of runs that no journal on this machine knows. Runs mark what they make: networks
and what belongs to them in the description, servers and images with a tag. It takes one request for each type.`,
		Example: `  oslua leftovers
  oslua --cloud devstack leftovers --all
  oslua leftovers --destroy`,
		Args: atMost(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case d.yes && !remove:
				return usage("--yes goes with --destroy")
			case d.dryRun && !remove:
				return usage("--dry-run goes with --destroy")
			}
			return a.leftovers(cmd.Context(), all, remove, d)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "those of runs that ended well, too")
	cmd.Flags().BoolVar(&remove, "destroy", false, "remove them")
	cmd.Flags().BoolVar(&d.dryRun, "dry-run", false, "with --destroy: tell what would be removed, in its order")
	cmd.Flags().BoolVar(&d.yes, "yes", false, "with --destroy: do not ask")
	cmd.Flags().BoolVar(&d.json, "json", false, "print them as JSON")
	return cmd
}

func (a *app) leftovers(ctx context.Context, all, remove bool, d destruction) error {
	o, err := a.options()
	if err != nil {
		return err
	}
	o.NoJournal = true
	rt, err := oslua.New(o)
	if err != nil {
		return err
	}
	defer rt.Close()
	j, err := a.openJournal(ctx)
	if err != nil && !errors.Is(err, journal.ErrNone) {
		return err
	}
	if j != nil {
		defer j.Close()
	}
	f := &finder{client: rest.New(rt.Connection(), nil), journal: j, all: all, waiting: a.waiting, owner: map[string]string{}}
	left, resources, err := f.find(ctx)
	if err != nil {
		return err
	}
	if !remove {
		if d.json {
			return a.printJSON(object{"leftovers": noNull(left)})
		}
		return a.showLeftovers(rt.Cloud(), left, all)
	}
	if len(left) == 0 && !d.json {
		return a.showLeftovers(rt.Cloud(), left, all)
	}
	plan, err := destroy.Look(ctx, f.client, resources)
	if err != nil {
		return err
	}
	n, rows, err := a.carryOut(ctx, plan, "Leftovers on "+rt.Cloud(), "oslua leftovers --destroy", d, func(r destroy.Resource) error {
		if run := f.owner[keyOf(r)]; run != "" {
			return destroy.NoteIn(ctx, j, run)(r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if d.json {
		if err := a.printJSON(object{"dry_run": d.dryRun, "resources": noNull(rows)}); err != nil {
			return err
		}
	}
	return a.leftBehind(ctx, n, "oslua leftovers --destroy")
}

func keyOf(r destroy.Resource) string { return r.Type + " " + r.Parent + " " + r.ID }

// showLeftovers writes them as a table.
func (a *app) showLeftovers(cloud string, left []leftover, all bool) error {
	if len(left) == 0 {
		what := "nothing is left over on %s"
		if all {
			what = "there is nothing that a run made on %s"
		}
		_, err := fmt.Fprintf(a.out, what+"\n", cloud)
		return err
	}
	now := clock.Real{}.Now()
	var rows [][]string
	there := map[string]bool{}
	for _, l := range left {
		there[l.ID] = true
	}
	n := 0
	for _, l := range left {
		if l.Parent != "" && there[l.Parent] && (destroy.IsRelation(l.Type) || l.Type == "security_group_rule") {
			continue // it is told with what it belongs to
		}
		n++
		age := ""
		if !l.Created.IsZero() {
			age = ago(now, l.Created)
		}
		rows = append(rows, []string{l.Type, l.Name, l.ID, l.Run, age, l.Why})
	}
	if err := term.Table(a.out, term.Width(a.out), []string{"Type", "Name", "ID", "Run", "Age", "Why"}, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "%s on %s; oslua leftovers --destroy removes them\n", quantity(n, "leftover", "leftovers"), cloud)
	return err
}

// finder finds what runs left in the client's project.
type finder struct {
	client  *rest.Client
	journal *journal.Journal // nil for none
	all     bool
	waiting func(time.Duration)
	owner   map[string]string // the run of each resource that the journal knows
}

// find gives what there is to show, and what there would be to remove: relations, too.
func (f *finder) find(ctx context.Context) (left []leftover, resources []destroy.Resource, err error) {
	marked, err := destroy.FindMarked(ctx, f.client)
	if err != nil {
		return nil, nil, err
	}
	runs, why, err := f.runs(ctx)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	created := map[string]time.Time{}
	for _, m := range marked {
		created[keyOf(m.Resource)] = m.Created
	}
	// The journal knows more than marks tell: keys have none, nor have ties between two.
	for _, run := range runs {
		if why[run.ID] == "" || run.Left == 0 {
			continue
		}
		plan, err := destroy.LookAtRun(ctx, f.client, f.journal, run.ID, f.waiting)
		if err != nil {
			return nil, nil, err
		}
		for _, i := range plan.Items {
			if !i.There || i.Implied || i.Unknown || i.Action != "" && i.Action != "create" || seen[keyOf(i.Resource)] {
				continue
			}
			seen[keyOf(i.Resource)] = true
			f.owner[keyOf(i.Resource)] = run.ID
			resources = append(resources, i.Resource)
			left = append(left, leftover{i.Resource, run.ID, run.Name, created[keyOf(i.Resource)], why[run.ID]})
		}
	}
	known := map[string]journal.Run{}
	for _, run := range runs {
		known[run.ID] = run
	}
	for _, m := range marked {
		run, ok := known[m.Run]
		reason := why[m.Run]
		if !ok {
			reason = "its run is in no journal here"
		}
		if reason == "" || seen[keyOf(m.Resource)] {
			continue
		}
		seen[keyOf(m.Resource)] = true
		resources = append(resources, m.Resource)
		left = append(left, leftover{m.Resource, m.Run, run.Name, m.Created, reason})
	}
	slices.SortStableFunc(left, func(x, y leftover) int {
		return cmp.Or(cmp.Compare(x.Run, y.Run), cmp.Compare(x.Type, y.Type), cmp.Compare(x.Name, y.Name))
	})
	return left, resources, nil
}

// runs gives the runs that worked in the client's project, and of those whose resources are not wanted any more, why.
func (f *finder) runs(ctx context.Context) ([]journal.Run, map[string]string, error) {
	if f.journal == nil {
		return nil, nil, nil
	}
	project, err := f.client.Conn.ProjectID(ctx)
	if err != nil {
		return nil, nil, err
	}
	all, err := f.journal.Runs(ctx)
	if err != nil {
		return nil, nil, err
	}
	var runs []journal.Run
	why := map[string]string{}
	for _, run := range all {
		if !slices.ContainsFunc(run.Sites, func(s journal.Site) bool { return at(s, f.client.Conn, project) }) {
			continue
		}
		runs = append(runs, run)
		switch run.Outcome {
		case journal.Running:
		case journal.OK:
			half, err := f.halfDestroyed(ctx, run)
			switch {
			case err != nil:
				return nil, nil, err
			case half && run.Left == 0:
				why[run.ID] = "its run was destroyed"
			case half:
				why[run.ID] = "its run was destroyed in part"
			case f.all:
				why[run.ID] = "its run ended well"
			}
		case journal.Failed:
			why[run.ID] = "its run failed"
		default:
			why[run.ID] = "its run was " + string(run.Outcome)
		}
	}
	return runs, why, nil
}

func at(s journal.Site, conn *cloud.Connection, project string) bool {
	return s.ProjectID == project && sameURL(s.AuthURL, conn.Config().AuthURL)
}

// halfDestroyed reports whether some of what a run left was removed after its end.
func (f *finder) halfDestroyed(ctx context.Context, run journal.Run) (bool, error) {
	made, err := f.journal.Resources(ctx, run.ID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(made, func(r journal.Resource) bool { return r.Gone.After(run.Ended) }), nil
}
