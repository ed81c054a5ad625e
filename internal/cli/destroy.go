package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/destroy"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/simulator"
	"github.com/spf13/cobra"
)

// destruction is how a removal is asked for.
type destruction struct {
	last, dryRun, yes, json bool
}

// destroyCommand removes what a run made.
func (a *app) destroyCommand() *cobra.Command {
	var d destruction
	cmd := &cobra.Command{
		Use:   "destroy [ID | --last]",
		Short: "Remove exactly what a run made",
		Long: `destroy removes what a run made, in the order in which the services let it go, and several at a time. What is gone
already is fine. What was changed since the run is shown, and what others put on it: they keep what they need. What the
run only changed is shown too, and stays.

It asks before it removes anything; --yes answers. It works on the cloud and in the project of the run. When it was
stopped, run it again: it goes on. The exit code is 1 when something is left.`,
		Example: `  oslua runs destroy --last --dry-run
  oslua runs destroy 261122-184501-k3fz
  oslua runs destroy --last --yes`,
		Args:              atMost("ID"),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			id := ""
			switch {
			case len(args) == 1 && d.last:
				return usage("%s: give an ID or --last, not both", cmd.CommandPath())
			case len(args) == 1:
				id = args[0]
			case d.last:
				id = "last"
			default:
				return usage("%s needs the ID of a run", cmd.CommandPath()).withHint("oslua runs list shows them; --last takes the newest")
			}
			return a.destroyRun(cmd.Context(), id, d)
		},
	}
	cmd.Flags().BoolVar(&d.last, "last", false, "the newest run that changed something")
	cmd.Flags().BoolVar(&d.dryRun, "dry-run", false, "tell what would be removed, in its order, and remove nothing")
	cmd.Flags().BoolVar(&d.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&d.json, "json", false, "print what became of each resource as JSON")
	return cmd
}

// destroyRun removes what a run made on each of the projects it worked on.
func (a *app) destroyRun(ctx context.Context, id string, d destruction) error {
	o, err := a.options()
	if err != nil {
		return err
	}
	o.NoJournal = true // what is removed is noted in the run that made it
	j, err := a.openJournal(ctx)
	if err != nil {
		return err
	}
	defer j.Close()
	run, err := j.Run(ctx, id)
	if err != nil {
		return err
	}
	if run.Outcome == journal.Running {
		return errs.New(errs.Conflict, "run %s is running still (process %d)", run.ID, run.PID).
			WithHint("stop it first, or wait until it has ended")
	}
	left := 0
	var shown []outcomeJSON
	// A run may have made a project and then worked in it: what was used last is emptied first.
	for _, site := range slices.Backward(run.Sites) {
		n, rows, err := a.destroyAt(ctx, o, j, run, site, d)
		shown = append(shown, rows...)
		var wrong *usageError
		switch {
		case err == nil:
		case ctx.Err() != nil:
			a.say("stopped; nothing was removed on " + placeOf(site))
			return err
		case errors.As(err, &wrong) || len(run.Sites) == 1:
			return err
		default:
			// The other projects of the run are none the worse for it.
			a.report(err)
			n++
		}
		left += n
	}
	if d.json {
		if err := a.printJSON(object{"run": run.ID, "name": run.Name, "dry_run": d.dryRun, "resources": noNull(shown)}); err != nil {
			return err
		}
	}
	return a.leftBehind(ctx, left, "oslua runs destroy "+run.ID)
}

// leftBehind is the error for what should be gone and is not. What a signal left is said here: the error of a stopped
// command is not.
func (a *app) leftBehind(ctx context.Context, left int, again string) error {
	is := quantity(left, "resource is", "resources are") + " left"
	switch {
	case ctx.Err() != nil:
		a.say(fmt.Sprintf("stopped; %s; %s goes on", is, again))
		return errs.New(errs.Cancelled, "stopped")
	case left > 0:
		return errs.New(errs.Runtime, "%s", is).WithHint("the lines above say why; %s tries again", again)
	}
	return nil
}

type object = map[string]any

// destroyAt removes what a run made on one project.
func (a *app) destroyAt(ctx context.Context, o oslua.Options, j *journal.Journal, run journal.Run, site journal.Site, d destruction) (left int, rows []outcomeJSON, err error) {
	rt, conn, err := a.connectTo(ctx, o, run, site)
	if err != nil {
		return 0, nil, err
	}
	defer rt.Close()
	plan, err := destroy.LookAtRun(ctx, rest.New(conn, nil), j, run.ID, a.waiting)
	if err != nil {
		return 0, nil, err
	}
	title := fmt.Sprintf("Run %s (%s) on %s", run.ID, run.Name, placeOf(site))
	return a.carryOut(ctx, plan, title, "oslua runs destroy "+run.ID, d, destroy.NoteIn(ctx, j, run.ID))
}

// carryOut shows a plan, asks, and removes; it gives how many resources are left.
func (a *app) carryOut(ctx context.Context, plan *destroy.Plan, title, command string, d destruction, gone func(destroy.Resource) error) (left int, rows []outcomeJSON, err error) {
	style := term.Style{On: term.Color(a.out, a.getenv)}
	if len(plan.Items) == 0 && !d.json {
		fmt.Fprintf(a.out, "%s: nothing of it is left\n", title) //nolint:errcheck // a.out keeps the error
		return 0, nil, nil
	}
	if d.dryRun {
		if !d.json {
			writePlan(a.out, style, title, plan)
		}
		return 0, planJSON(plan), nil
	}
	if !d.yes && plan.ToRemove() > 0 {
		if d.json || !term.IsTerminal(a.in) {
			return 0, nil, usage("nothing was removed: there is nobody to ask").
				withHint("--yes removes without asking; %s --dry-run shows what", command)
		}
		writePlan(a.out, style, title, plan)
		yes, err := a.ask(ctx, fmt.Sprintf("Remove %s? [y/N] ", quantity(plan.ToRemove(), "resource", "resources")))
		if err != nil {
			return 0, nil, err
		}
		if !yes {
			fmt.Fprintln(a.out, "Nothing was removed.") //nolint:errcheck // a.out keeps the error
			return 0, nil, nil
		}
	} else if !d.json {
		fmt.Fprintln(a.out, style.Bold(title)) //nolint:errcheck // a.out keeps the error
	}
	report := plan.Remove(ctx, destroy.Options{Gone: gone, Told: func(r destroy.Result) {
		if !d.json {
			writeResult(a.out, style, r)
		}
	}})
	if !d.json {
		fmt.Fprintln(a.out, summary(report)) //nolint:errcheck // a.out keeps the error
	}
	return len(report.Left()), reportJSON(report), nil
}

// waiting says why nothing happens for a while.
func (a *app) waiting(left time.Duration) {
	if !a.quiet {
		a.say(fmt.Sprintf("a request of the run had no answer, and the cloud may still carry it out: looking for up to %s", short(left)))
	}
}

// ask puts a question whose answer is yes or no, unless the command is stopped meanwhile.
func (a *app) ask(ctx context.Context, question string) (bool, error) {
	answer := make(chan bool, 1)
	go func() { answer <- a.yesTo(question) }()
	select {
	case yes := <-answer:
		return yes, nil
	case <-ctx.Done():
		return false, errs.New(errs.Cancelled, "cancelled: nothing was removed")
	}
}

// connectTo connects to the cloud and project where a run worked. The built-in one needs no configuration; any other
// has to be what the configuration of today leads to.
func (a *app) connectTo(ctx context.Context, o oslua.Options, run journal.Run, site journal.Site) (*oslua.Runtime, *cloud.Connection, error) {
	if builtIn(site) {
		if a.cloud != "" {
			return nil, nil, usage("run %s worked on the built-in simulator", run.ID).withHint("leave --cloud out")
		}
		// Whatever the environment says of other clouds is none of this run's business.
		o.LookupEnv, o.Home, o.Notice = nil, "", nil
		o.WorkDir = ""
	} else if site.Cloud != "" && a.cloud == "" {
		o.Cloud = site.Cloud
	}
	rt, err := oslua.New(o)
	if err != nil {
		var e *errs.Error
		if site.Cloud != "" && a.cloud == "" && errors.As(err, &e) {
			return nil, nil, e.WithHint("run %s worked on cloud %q: bring it back to clouds.yaml, or say which cloud that is now: --cloud NAME", run.ID, site.Cloud)
		}
		return nil, nil, err
	}
	conn := rt.Connection()
	var project string
	if sameURL(conn.Config().AuthURL, site.AuthURL) {
		project, err = conn.ProjectID(ctx)
		if err == nil && project != site.ProjectID && slices.ContainsFunc(run.Sites, func(s journal.Site) bool { return s.ProjectID == project }) {
			// The script went to another project of its cloud with auth.connect.
			values := map[string]string{"project_name": site.Project}
			if builtIn(site) {
				values["username"] = site.User // all have the same password there
			}
			if conn, err = rt.Connect(ctx, "", values); err == nil {
				project, err = conn.ProjectID(ctx)
			}
		}
		if err == nil && (project == site.ProjectID || site.ProjectID == "") {
			return rt, conn, nil
		}
	}
	here := placeOf(journal.Site{Cloud: conn.Config().Cloud, AuthURL: conn.Config().AuthURL, Project: conn.Config().Project})
	rt.Close() //nolint:errcheck // nothing was done with it
	if err != nil {
		return nil, nil, err
	}
	e := errs.New(errs.Config, "run %s worked on %s, and the configuration leads to %s", run.ID, placeOf(site), here)
	if site.Cloud != "" {
		return nil, nil, e.WithHint("oslua --cloud %s runs destroy %s", site.Cloud, run.ID)
	}
	return nil, nil, e.WithHint("set OS_AUTH_URL=%s and OS_PROJECT_ID=%s, with the user's name and password, or give that cloud's name in clouds.yaml with --cloud",
		site.AuthURL, site.ProjectID)
}

// builtIn tells the cloud that is in the command.
func builtIn(s journal.Site) bool { return strings.HasPrefix(s.AuthURL, simulator.InProcessURL+"/") }

// sameURL compares addresses of an identity service, of which people write the version or leave it out.
func sameURL(a, b string) bool {
	plain := func(u string) string {
		return strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(u, "/"), "/v3"), "/v2.0")
	}
	return strings.EqualFold(plain(a), plain(b))
}

// placeOf is a project of a cloud in words.
func placeOf(s journal.Site) string {
	where := "cloud " + s.Cloud
	switch {
	case builtIn(s):
		where = "the built-in simulator"
	case s.Cloud == "":
		where = s.AuthURL
	}
	if s.Project == "" {
		return where
	}
	return where + ", project " + s.Project
}

// writePlan writes what would be removed, in its order, and what there is to know about it.
func writePlan(w io.Writer, style term.Style, title string, plan *destroy.Plan) {
	var b strings.Builder
	b.WriteString(style.Bold(title) + "\n")
	n := 0
	var stays, gone []*destroy.Item
	for _, i := range plan.Items {
		switch {
		case i.Unknown, len(i.Holders) > 0 && i.There, i.Action != "" && i.Action != "create":
			stays = append(stays, i)
			continue
		case !i.There:
			gone = append(gone, i)
			continue
		}
		n++
		if n == 1 {
			b.WriteString("would be removed, in this order:\n")
		}
		fmt.Fprintf(&b, "%4d  %s", n, i.Resource)
		if with := i.With(); with != nil {
			b.WriteString(style.Faint("  with " + with.String()))
		}
		b.WriteString("\n")
		notes(&b, style, i)
	}
	if n == 0 {
		b.WriteString("there is nothing to remove\n")
	}
	if len(stays) > 0 {
		b.WriteString("would stay:\n")
		for _, i := range stays {
			fmt.Fprintf(&b, "      %s  %s\n", i.Resource, stayWhy(i))
			notes(&b, style, i)
		}
	}
	if len(gone) > 0 {
		b.WriteString("gone already:\n")
		for _, i := range gone {
			fmt.Fprintf(&b, "      %s\n", style.Faint(i.Resource.String()))
		}
	}
	io.WriteString(w, b.String()) //nolint:errcheck // a.out keeps the error
}

// stayWhy says why an item is not removed.
func stayWhy(i *destroy.Item) string {
	switch {
	case i.Unknown:
		return "nobody knows whether it was made: its request had no answer"
	case i.Action == "delete":
		return "removed by the run, not undone"
	case len(i.Holders) == 0:
		return "changed by the run, not undone"
	}
	var why []string
	for _, h := range i.Holders {
		why = append(why, h.String())
	}
	return strings.Join(why, "; ")
}

func notes(b *strings.Builder, style term.Style, i *destroy.Item) {
	for _, d := range i.Changed {
		b.WriteString(style.Hint("        changed since: "+d.String()) + "\n")
	}
	for _, l := range i.Loses {
		b.WriteString(style.Hint("        note: "+l) + "\n")
	}
}

// writeResult writes what became of a resource.
func writeResult(w io.Writer, style term.Style, r destroy.Result) {
	line := fmt.Sprintf("  %-10s  %s", r.Outcome, r.Resource)
	if r.Outcome == destroy.Removed && r.Took >= 100*time.Millisecond {
		line += style.Faint("  " + short(r.Took))
	}
	if r.Why != "" {
		line += "  " + style.Faint(r.Why)
	}
	if r.Outcome.Left() {
		line = style.Error(fmt.Sprintf("  %-10s", r.Outcome)) + strings.TrimPrefix(line, fmt.Sprintf("  %-10s", r.Outcome))
	}
	fmt.Fprintln(w, line) //nolint:errcheck // a.out keeps the error
}

// summary is a removal in a line.
func summary(r *destroy.Report) string {
	parts := []string{fmt.Sprintf("%d removed", r.Count(destroy.Removed))}
	if n := r.Count(destroy.WasGone); n > 0 {
		parts = append(parts, fmt.Sprintf("%d %s gone already", n, was(n)))
	}
	for _, o := range []destroy.Outcome{destroy.Kept, destroy.Failed, destroy.UnderWay, destroy.NotBegun, destroy.Unknown, destroy.NotUndone} {
		if n := r.Count(o); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(parts, ", ") + ", in " + short(r.Took)
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// short is a duration for people.
func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// outcomeJSON is a resource as --json has it.
type outcomeJSON struct {
	destroy.Resource
	Outcome destroy.Outcome      `json:"outcome,omitempty"`
	Would   string               `json:"would,omitempty"` // of a dry run: remove, keep, nothing
	Why     string               `json:"why,omitempty"`
	Changed []destroy.Difference `json:"changed,omitempty"`
	Holders []destroy.Holder     `json:"holders,omitempty"`
}

func reportJSON(r *destroy.Report) []outcomeJSON {
	var out []outcomeJSON
	for _, res := range r.Results {
		out = append(out, outcomeJSON{Resource: res.Resource, Outcome: res.Outcome, Why: res.Why})
	}
	return out
}

func planJSON(p *destroy.Plan) []outcomeJSON {
	var out []outcomeJSON
	for _, i := range p.Items {
		row := outcomeJSON{Resource: i.Resource, Would: "remove", Changed: i.Changed, Holders: i.Holders}
		switch {
		case i.Unknown, i.There && len(i.Holders) > 0, i.Action != "" && i.Action != "create":
			row.Would, row.Why = "keep", stayWhy(i)
		case !i.There:
			row.Would, row.Why = "nothing", "gone already"
		}
		out = append(out, row)
	}
	return out
}

func noNull[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// ago is a time in words.
func ago(now, then time.Time) string {
	d := now.Sub(then)
	switch {
	case then.IsZero():
		return "?"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(max(d, 0).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
