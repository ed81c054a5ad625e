package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/simulator"
	"github.com/spf13/cobra"
)

// newest is how many runs are listed without --all.
const newest = 20

// runsCommand tells what earlier runs changed.
func (a *app) runsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "What earlier runs made and changed, and what of it is left",
		Long: `runs reads the journal: each script that changes something is written there, with all it makes, changes and removes.
It asks no cloud: what somebody else removed is still shown as left.`,
		Example: `  oslua runs list
  oslua runs show --last`,
	}
	var all, listJSON bool
	list := &cobra.Command{
		Use: "list", Short: fmt.Sprintf("List the newest %d runs that changed something", newest), Args: atMost(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listRuns(cmd.Context(), all, listJSON) },
	}
	list.Flags().BoolVar(&all, "all", false, "all runs there are")
	list.Flags().BoolVar(&listJSON, "json", false, "print them as JSON")

	var last, showJSON bool
	show := &cobra.Command{
		Use: "show [ID | --last]", Short: "Show what a run changed, in order, and what of it is left", Args: atMost("ID"),
		Example:           "  oslua runs show --last\n  oslua runs show 261122-194501-k3fz\n  oslua runs show k3fz --json",
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) error {
			id := "last"
			switch {
			case len(args) == 1 && last:
				return usage("%s: give an ID or --last, not both", cmd.CommandPath())
			case len(args) == 1:
				id = args[0]
			case !last:
				return usage("%s needs the ID of a run", cmd.CommandPath()).withHint("oslua runs list shows them; --last takes the newest")
			}
			return a.showRun(cmd.Context(), id, showJSON)
		},
	}
	show.Flags().BoolVar(&last, "last", false, "the newest run that changed something")
	show.Flags().BoolVar(&showJSON, "json", false, "print it as JSON")
	return group(cmd, list, show, a.destroyCommand())
}

// openJournal opens the journal of the user's state directory.
func (a *app) openJournal(ctx context.Context) (*journal.Journal, error) {
	o, err := a.options()
	if err != nil {
		return nil, err
	}
	return journal.Open(ctx, oslua.JournalFile(o.StateDir), clock.Real{})
}

// forgetSimulator notes that nothing is left of what runs made on the built-in cloud, when that is the one in dir.
func (a *app) forgetSimulator(ctx context.Context, dir string) error {
	o, err := a.options()
	if err != nil || dir != oslua.SimulatorDir(o.StateDir) {
		return err
	}
	j, err := journal.Open(ctx, oslua.JournalFile(o.StateDir), clock.Real{})
	switch {
	case errors.Is(err, journal.ErrNone):
		return nil
	case err != nil:
		return err
	}
	defer j.Close()
	return j.MarkCloudGone(ctx, simulator.InProcessURL+"/")
}

// completeRuns completes the IDs of runs, the newest first.
func (a *app) completeRuns(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, none
	}
	j, err := a.openJournal(cmd.Context())
	if err != nil {
		return nil, none
	}
	defer j.Close()
	runs, err := j.Runs(cmd.Context())
	if err != nil {
		return nil, none
	}
	var ids []string
	for _, r := range runs {
		ids = append(ids, fmt.Sprintf("%s\t%s, %d left", r.ID, r.Name, r.Left))
	}
	return ids, none | cobra.ShellCompDirectiveKeepOrder
}

// runJSON is a run as --json has it.
type runJSON struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Started time.Time       `json:"started"`
	Ended   *time.Time      `json:"ended"` // null while it runs, and of one that was killed
	Outcome journal.Outcome `json:"outcome"`
	Error   string          `json:"error,omitempty"`
	Places  []journal.Site  `json:"places"`
	Made    int             `json:"made"`
	Left    int             `json:"left"`
}

func jsonOf(r journal.Run) runJSON {
	out := runJSON{ID: r.ID, Name: r.Name, Started: r.Started.UTC(), Outcome: r.Outcome, Error: r.Error, Places: r.Sites, Made: r.Made, Left: r.Left}
	if !r.Ended.IsZero() {
		ended := r.Ended.UTC()
		out.Ended = &ended
	}
	if out.Places == nil {
		out.Places = []journal.Site{}
	}
	return out
}

func (a *app) listRuns(ctx context.Context, all, asJSON bool) error {
	j, err := a.openJournal(ctx)
	var runs []journal.Run
	switch {
	case errors.Is(err, journal.ErrNone):
	case err != nil:
		return err
	default:
		defer j.Close()
		if runs, err = j.Runs(ctx); err != nil {
			return err
		}
	}
	more := 0
	if !all && len(runs) > newest {
		more = len(runs) - newest
		runs = runs[:newest]
	}
	if asJSON {
		rows := []runJSON{}
		for _, r := range runs {
			rows = append(rows, jsonOf(r))
		}
		return a.printJSON(rows)
	}
	if len(runs) == 0 {
		_, err := io.WriteString(a.out, "No run has changed anything yet.\n")
		return err
	}
	rows := [][]string{{"ID", "WHEN", "SCRIPT", "CLOUD", "PROJECT", "MADE", "LEFT", "OUTCOME"}}
	for _, r := range runs {
		cloud, project := "", ""
		if len(r.Sites) > 0 {
			cloud, project = cloudOf(r.Sites[0]), r.Sites[0].Project
			if n := len(r.Sites) - 1; n > 0 {
				project += fmt.Sprintf(" +%d", n)
			}
		}
		name := r.Name
		if name == "" {
			name = "-" // of a Go program that gave none
		}
		rows = append(rows, []string{r.ID, r.Started.Local().Format("Jan _2 15:04"), name, cloud, project, strconv.Itoa(r.Made), strconv.Itoa(r.Left), string(r.Outcome)})
	}
	fitColumn(rows, 2, term.Width(a.out))
	if err := term.Columns(a.out, rows); err != nil {
		return err
	}
	if more > 0 {
		_, err = fmt.Fprintf(a.out, "%d older runs: oslua runs list --all\n", more)
	}
	return err
}

// fitColumn cuts one column at its front, so that the rows fit on a screen: an ID is copied, and stays in one piece.
func fitColumn(rows [][]string, n, width int) {
	if width <= 0 {
		return
	}
	const least, gap = 12, 2
	total, widest := 0, 0
	for i := range rows[0] {
		w := 0
		for _, r := range rows {
			w = max(w, term.StringWidth(r[i]))
		}
		total += w + gap
		if i == n {
			widest = w
		}
	}
	room := max(least, widest-(total-gap-width))
	for _, r := range rows {
		if cell := []rune(r[n]); term.StringWidth(r[n]) > room {
			for term.StringWidth(string(cell)) >= room {
				cell = cell[1:]
			}
			r[n] = "…" + string(cell)
		}
	}
}

// cloudOf names a site's cloud in a word.
func cloudOf(s journal.Site) string {
	switch {
	case strings.HasPrefix(s.AuthURL, simulator.InProcessURL+"/"):
		return "simulator"
	case s.Cloud != "":
		return s.Cloud
	}
	return s.AuthURL
}

func whenOf(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// changeJSON is a change as --json has it.
type changeJSON struct {
	Seq        int             `json:"seq"`
	Action     string          `json:"action"`
	Type       string          `json:"type"`
	ID         string          `json:"id,omitempty"`
	Name       string          `json:"name,omitempty"`
	Parent     string          `json:"parent,omitempty"`
	Outcome    journal.Outcome `json:"outcome"`
	Left       *bool           `json:"left,omitempty"` // of what was made
	Own        bool            `json:"own"`            // the run made it, or what it belongs to
	Before     time.Time       `json:"before"`
	After      *time.Time      `json:"after"` // null while there is no answer
	Op         string          `json:"op,omitempty"`
	Where      string          `json:"where,omitempty"`
	Service    string          `json:"service"`
	Method     string          `json:"method"`
	Path       string          `json:"path"`
	Status     int             `json:"status,omitempty"`
	RequestID  string          `json:"request_id,omitempty"`
	Attributes map[string]any  `json:"attributes,omitempty"`
}

func (a *app) showRun(ctx context.Context, id string, asJSON bool) error {
	j, err := a.openJournal(ctx)
	if err != nil {
		return err
	}
	defer j.Close()
	run, err := j.Run(ctx, id)
	if err != nil {
		return err
	}
	changes, err := j.Changes(ctx, run.ID)
	if err != nil {
		return err
	}
	others, err := j.Changed(ctx, run.ID)
	if err != nil {
		return err
	}
	foreign := map[int]bool{}
	for _, c := range others {
		foreign[c.Seq] = true
	}
	if asJSON {
		rows := []changeJSON{}
		for _, c := range changes {
			row := changeJSON{
				Seq: c.Seq, Action: string(c.Action), Type: c.Type, ID: c.ID, Name: c.Name, Parent: c.Parent, Outcome: c.Outcome, Own: !foreign[c.Seq],
				Before: c.Before.UTC(), Op: c.Op, Where: c.Where, Service: c.Service, Method: c.Method, Path: c.Path, Status: c.Status,
				RequestID: c.RequestID, Attributes: c.Attributes,
			}
			if !c.After.IsZero() {
				after := c.After.UTC()
				row.After = &after
			}
			if left, made := isLeft(c); made {
				row.Left = &left
			}
			rows = append(rows, row)
		}
		return a.printJSON(struct {
			runJSON
			Changes []changeJSON `json:"changes"`
		}{jsonOf(run), rows})
	}
	return a.printRun(run, changes, foreign)
}

// isLeft tells of what a change made whether it is there still, as far as is known.
func isLeft(c journal.Change) (left, made bool) {
	made = c.Action == "create" && c.Outcome != journal.Refused
	return made && c.Gone.IsZero(), made
}

func (a *app) printRun(run journal.Run, changes []journal.Change, foreign map[int]bool) error {
	var b strings.Builder
	style := a.outStyle()
	fmt.Fprintf(&b, "%s  %s  %s\n", style.Bold("Run "+run.ID), run.Name, run.Outcome)
	for _, s := range run.Sites {
		fmt.Fprintf(&b, "on %s, project %s, as %s\n", cloudOf(s), s.Project, s.User)
	}
	took := ""
	if !run.Ended.IsZero() {
		took = fmt.Sprintf(", took %s", run.Ended.Sub(run.Started).Round(100*time.Millisecond))
	}
	fmt.Fprintf(&b, "began %s%s\n", whenOf(run.Started), took)
	if run.Error != "" {
		fmt.Fprintf(&b, "error: %s\n", run.Error)
	}
	b.WriteString("\n")
	rows := [][]string{{"#", "CHANGE", "WHAT", "ID", "STATE", "WHERE"}}
	left, open, other := 0, 0, 0
	names := idNamesOf(changes)
	for _, c := range changes {
		state := wordOf(c)
		if foreign[c.Seq] {
			other++
			state += ", not made by this run"
		}
		if is, _ := isLeft(c); is {
			left++
		}
		if c.Outcome == journal.Pending || c.Outcome == journal.Unknown {
			open++
		}
		rows = append(rows, []string{strconv.Itoa(c.Seq), string(c.Action), names.of(c), c.ID, state, c.Where})
	}
	if err := term.Columns(&b, rows); err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%s, %d left", quantity(run.Made, "thing made", "things made"), left)
	if other > 0 {
		fmt.Fprintf(&b, "; %s of what was there before", quantity(other, "change", "changes"))
	}
	b.WriteString(".\n")
	if open > 0 {
		fmt.Fprintf(&b, "%s: nobody knows whether the service did it. oslua runs destroy asks the cloud first.\n", quantity(open, "change has no answer", "changes have no answer"))
	}
	if left > 0 {
		fmt.Fprintf(&b, "oslua runs destroy %s removes what is left.\n", run.ID)
	}
	_, err := io.WriteString(a.out, b.String())
	return err
}

// wordOf is what became of a change, in words.
func wordOf(c journal.Change) string {
	switch c.Outcome {
	case journal.Pending:
		return "no answer"
	case journal.Unknown:
		return "unknown"
	case journal.Refused:
		if c.Status == 0 {
			return "not done"
		}
		return fmt.Sprintf("refused (%d)", c.Status)
	}
	if left, made := isLeft(c); made {
		if left {
			return "left"
		}
		return "gone"
	}
	return "done"
}

// idNames are the names of what a run made, by ID.
type idNames map[string]string

func idNamesOf(changes []journal.Change) idNames {
	names := idNames{}
	for _, c := range changes {
		if c.Name != "" && c.ID != "" && c.Action == "create" {
			names[c.ID] = c.Name
		}
	}
	return names
}

// of names what a change is about, also where the request did not: and of a relation both sides.
func (n idNames) of(c journal.Change) string {
	if c.Name == "" && !c.IsRelation() {
		c.Name = n[c.ID]
	}
	text := nameOf(c)
	if !c.IsRelation() {
		return text
	}
	for _, id := range []string{c.Parent, c.ID} {
		if name := n[id]; name != "" {
			text += fmt.Sprintf(" %q", name)
		}
	}
	return text
}

// nameOf names what a change is about.
func nameOf(c journal.Change) string {
	noun := strings.NewReplacer("floating_ip", "floating IP", "_", " ").Replace(c.Type)
	if c.Name == "" {
		return noun
	}
	return fmt.Sprintf("%s %q", noun, c.Name)
}

func quantity(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// onError is the value of --on-error: what happens to what a run made when it fails.
type onError string

const (
	keepAll   onError = "keep"
	rollBack  onError = "rollback"
	askFirst  onError = "ask"
	undoLimit         = 15 * time.Minute // of a rollback
)

// String, Set and Type make onError a flag's value.
func (o *onError) String() string { return string(*o) }

// Set takes keep, rollback or ask.
func (o *onError) Set(s string) error {
	switch v := onError(s); v {
	case keepAll, rollBack, askFirst:
		*o = v
		return nil
	}
	return errors.New("want --on-error=keep, --on-error=rollback or --on-error=ask")
}

// Type is shown in the help.
func (o *onError) Type() string { return "what" }

// checkOnError refuses to ask where there is nobody.
func (a *app) checkOnError() error {
	switch {
	case a.onError == askFirst && !term.IsTerminal(a.in):
		return usage("--on-error=ask: there is nobody to ask: standard input is no terminal").withHint("--on-error=rollback removes what a failed run made, --on-error=keep keeps it")
	case a.onError == rollBack && a.noJournal:
		return usage("--on-error=rollback needs the journal").withHint("leave --no-journal out")
	}
	return nil
}

// settle tells what a failed run leaves behind, or removes it. It reports the error first, and says so by wrapping it.
func (a *app) settle(ctx context.Context, rt *oslua.Runtime, err error) error {
	var exit *engine.ExitError
	if err == nil || errors.As(err, &exit) && exit.Code == 0 || errors.Is(context.Cause(ctx), errClosedPipe) {
		return err
	}
	// Ctrl-C has ended the run, and not what is to be said and done about it.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	left, lerr := rt.Left(late)
	if lerr != nil || len(left) == 0 {
		return err
	}
	if exit == nil && !silenced(ctx, err) {
		a.report(err)
	}
	undo := a.onError == rollBack
	if a.onError == askFirst {
		question := fmt.Sprintf("Remove the %s that this run made? [y/N] ", quantity(len(left), "thing", "things"))
		if ctx.Err() != nil {
			undo = a.yesTo(question) // Ctrl-C has brought the question about
		} else if undo, lerr = a.ask(ctx, question); lerr != nil {
			undo = false // no answer keeps what there is, and that is said
		}
	}
	if undo {
		left = a.rollback(late, rt, left)
	}
	if len(left) > 0 {
		a.say(whatIsLeft(left, ctx.Err() != nil))
		a.say(fmt.Sprintf("oslua runs show %[1]s lists them; oslua runs destroy %[1]s removes them", rt.RunID()))
	}
	return &told{err}
}

// whatIsLeft says what a run leaves: how much, and of an interrupted one which.
func whatIsLeft(left []oslua.Made, names bool) string {
	text := quantity(len(left), "thing that this run made is left", "things that this run made are left")
	if !names {
		return text
	}
	const most = 8
	var words []string
	for _, r := range left {
		if len(words) == most {
			words = append(words, fmt.Sprintf("%d more", len(left)-most))
			break
		}
		words = append(words, nameOf(r.Change))
	}
	return text + ": " + strings.Join(words, ", ")
}

// rollback removes what a run made, and gives what is left of it all the same.
func (a *app) rollback(ctx context.Context, rt *oslua.Runtime, left []oslua.Made) []oslua.Made {
	a.say(fmt.Sprintf("removing the %s that this run made", quantity(len(left), "thing", "things")))
	removals, err := rt.Rollback(ctx, func(r oslua.Removal) {
		if r.Outcome.Left() {
			line := fmt.Sprintf("%s: %s", r.Resource, r.Outcome)
			if r.Why != "" {
				line += ": " + r.Why
			}
			a.say(line)
		}
	})
	if err != nil {
		a.report(err)
	}
	after, lerr := rt.Left(ctx)
	if lerr != nil {
		return left
	}
	if err == nil && len(after) == 0 {
		a.say(fmt.Sprintf("nothing of it is left (%s)", quantity(len(removals), "removed", "removed")))
	}
	return after
}

// yesTo asks a question whose answer is yes or no; the end of the input is a no.
func (a *app) yesTo(question string) bool {
	io.WriteString(a.err, question)                   //nolint:errcheck // there is nowhere left to tell
	line, _ := bufio.NewReader(a.in).ReadString('\n') //nolint:errcheck // the end of the input is a no
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(line)))
}

// say tells something that belongs to an error.
func (a *app) say(line string) {
	if a.log != nil {
		a.log.write(entry{Event: "notice", Message: line})
		return
	}
	io.WriteString(a.err, "oslua: "+line+"\n") //nolint:errcheck // there is nowhere left to tell
}

// runName is what the journal calls a script: its arguments may be secrets, so only their number is kept.
func runName(s script) string {
	name, n := "shell", 0
	switch {
	case s.isCode:
		name, n = "-e", len(s.args)
	case len(s.args) > 0 && s.args[0] == "-":
		name, n = "standard input", len(s.args)-1
	case len(s.args) > 0:
		name, n = s.args[0], len(s.args)-1
	}
	if n > 0 {
		name += " (" + quantity(n, "argument", "arguments") + ")"
	}
	return name
}
