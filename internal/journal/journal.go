package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/clock"
)

// Outcome is how a run or a change has ended.
type Outcome string

// The outcomes of runs.
const (
	Running     Outcome = "running"
	OK          Outcome = "ok"
	Failed      Outcome = "failed"
	Interrupted Outcome = "interrupted"
	Killed      Outcome = "killed" // its process is gone, and said nothing
)

// The outcomes of changes.
const (
	Pending Outcome = "pending" // sent, perhaps: the run ended before the answer
	Done    Outcome = "done"
	Refused Outcome = "refused" // the service did not do it
	Unknown Outcome = "unknown" // sent, and nobody knows whether the service did it
)

// Run is one run that changed something.
type Run struct {
	ID      string
	Name    string // of the script, "-e", "lab 1-4", "shell"
	Started time.Time
	Ended   time.Time // zero for none
	Outcome Outcome
	Error   string // why it failed
	Sites   []Site // where it worked, in its order
	Made    int    // resources and relations
	Left    int    // of these, as far as is known
	Host    string
	PID     int
}

// Site is one project of one cloud that a run worked on.
type Site struct {
	Cloud     string `json:"cloud,omitempty"` // its name in clouds.yaml
	AuthURL   string `json:"auth_url"`
	Region    string `json:"region,omitempty"`
	ProjectID string `json:"project_id,omitempty"`
	Project   string `json:"project,omitempty"`
	User      string `json:"user,omitempty"`
}

// Change is one change of a run.
type Change struct {
	change.Change
	Seq       int
	Request   int // the number of the first change of its request
	Site      Site
	Before    time.Time
	After     time.Time // zero while there is no answer
	Op        string    // "networks.create"
	Where     string    // file:line
	Service   string
	Method    string
	Path      string
	Marked    bool // what it makes carries the mark of the run
	Status    int
	RequestID string
	Outcome   Outcome
	Gone      time.Time // when what it made was removed; zero while it is there
}

// Open tells whether nobody knows what became of a change, or which ID the service gave.
func (c Change) Open() bool {
	return c.Outcome == Pending || c.Outcome == Unknown || c.Outcome == Done && c.Action == change.Create && c.ID == ""
}

// MayCome tells whether the service may still make what an open change asked for: until Late, and not when it answered
// itself that it broke down over it. 502 and 504 are a proxy's words, which knows nothing of the service.
func (c Change) MayCome(now time.Time) bool {
	switch c.Status {
	case 0, http.StatusBadGateway, http.StatusGatewayTimeout:
		return c.Action == change.Create && now.Sub(c.Before) < Late
	}
	return false
}

// Resource is what a run made: a resource, or a relation of two.
type Resource struct {
	Change
	Left bool // it is there still, as far as is known
}

// Journal is an open journal. It is safe on many goroutines, and its file in many processes.
type Journal struct {
	f     *file
	clock clock.Clock
}

// ErrNone is the cause of the error of a journal that is not there: no run has changed anything yet.
var ErrNone = errors.New("no journal")

// Open opens the journal at a path. There has to be one: errors.Is(err, ErrNone) tells when there is none. A nil clock
// is the machine's.
func Open(ctx context.Context, path string, clk clock.Clock) (*Journal, error) {
	if clk == nil {
		clk = clock.Real{}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		e := errs.New(errs.NotFound, "there is no journal yet: no run has changed anything")
		e.Cause = ErrNone
		return nil, e.WithHint("Runs that change something are written to %s.", path)
	}
	f, err := openFile(ctx, path, false)
	if err != nil {
		return nil, err
	}
	return &Journal{f: f, clock: clk}, nil
}

// Close closes the journal.
func (j *Journal) Close() error { return j.f.Close() }

// Runs gives the runs, the newest first.
func (j *Journal) Runs(ctx context.Context) ([]Run, error) { return j.runs(ctx, "", nil) }

func (j *Journal) runs(ctx context.Context, where string, args []any) ([]Run, error) {
	var runs []Run
	index := map[string]int{}
	err := j.f.query(ctx, `SELECT id, name, started, ended, outcome, error, host, pid, born,
		(SELECT count(*) FROM changes c WHERE c.run = r.id AND action = 'create' AND c.outcome <> 'refused'),
		(SELECT count(*) FROM changes c WHERE c.run = r.id AND action = 'create' AND c.outcome <> 'refused' AND gone = 0)
		FROM runs r `+where+` ORDER BY started DESC, id DESC`, args, func(scan func(...any) error) error {
		var r Run
		var started, ended int64
		var born string
		if err := scan(&r.ID, &r.Name, &started, &ended, &r.Outcome, &r.Error, &r.Host, &r.PID, &born, &r.Made, &r.Left); err != nil {
			return err
		}
		r.Started, r.Ended = timeOf(started), timeOf(ended)
		if r.Outcome == Running && !alive(r.Host, r.PID, born) {
			r.Outcome = Killed
		}
		index[r.ID] = len(runs)
		runs = append(runs, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = j.f.query(ctx, `SELECT run, cloud, auth_url, region, project_id, project, user FROM sites ORDER BY run, n`, nil, func(scan func(...any) error) error {
		var run string
		var s Site
		if err := scan(&run, &s.Cloud, &s.AuthURL, &s.Region, &s.ProjectID, &s.Project, &s.User); err != nil {
			return err
		}
		if i, ok := index[run]; ok {
			runs[i].Sites = append(runs[i].Sites, s)
		}
		return nil
	})
	return runs, err
}

// alive tells whether the process of a run is there still. That of another machine nobody here knows.
func alive(host string, pid int, born string) bool {
	here, err := os.Hostname()
	if err != nil || here != host {
		return true
	}
	return bornAt(pid) == born
}

func timeOf(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns)
}

// Run gives a run by its ID, by the start or the last part of one, or "last" for the newest that
// changed something. None is not_found, several are ambiguous.
func (j *Journal) Run(ctx context.Context, id string) (Run, error) {
	if id == "last" {
		// A script that only finds its things there already may have a change refused on the way: it is not what is meant.
		runs, err := j.runs(ctx, `WHERE started = (SELECT max(started) FROM runs WHERE id IN (SELECT run FROM changes WHERE outcome <> 'refused'))`, nil)
		if err != nil {
			return Run{}, err
		}
		if len(runs) == 0 {
			return Run{}, errs.New(errs.NotFound, "there are no runs: none has changed anything yet")
		}
		return runs[0], nil
	}
	var found []Run
	if id != "" {
		var err error
		n := len(id)
		if found, err = j.runs(ctx, `WHERE substr(id, 1, ?) = ? OR substr(id, -?) = ?`, []any{n, id, n + 1, "-" + id}); err != nil {
			return Run{}, err
		}
	}
	for _, r := range found {
		if r.ID == id {
			return r, nil
		}
	}
	switch len(found) {
	case 0:
		return Run{}, errs.New(errs.NotFound, "there is no run %q", id).WithHint("oslua runs list --all shows them.")
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, r := range found {
		if len(ids) == 5 {
			ids = append(ids, "…")
			break
		}
		ids = append(ids, r.ID)
	}
	return Run{}, errs.New(errs.Ambiguous, "%d runs are meant by %q", len(found), id).WithHint("Say more of it: %s", strings.Join(ids, ", "))
}

// Changes gives what a run changed, in its order.
func (j *Journal) Changes(ctx context.Context, run string) ([]Change, error) {
	var out []Change
	err := j.f.query(ctx, `SELECT c.seq, c.request, c.before, c.after, c.action, c.type, c.id, c.name, c.parent, c.op, c.at, c.service, c.method, c.path,
		c.attributes, c.marked, c.status, c.request_id, c.outcome, c.gone, s.cloud, s.auth_url, s.region, s.project_id, s.project, s.user
		FROM changes c JOIN sites s ON s.run = c.run AND s.n = c.site WHERE c.run = ? ORDER BY c.seq`, []any{run}, func(scan func(...any) error) error {
		var c Change
		var before, after, gone int64
		var attrs string
		if err := scan(&c.Seq, &c.Request, &before, &after, &c.Action, &c.Type, &c.ID, &c.Name, &c.Parent, &c.Op, &c.Where, &c.Service, &c.Method, &c.Path,
			&attrs, &c.Marked, &c.Status, &c.RequestID, &c.Outcome, &gone, &c.Site.Cloud, &c.Site.AuthURL, &c.Site.Region, &c.Site.ProjectID, &c.Site.Project, &c.Site.User); err != nil {
			return err
		}
		c.Before, c.After, c.Gone = timeOf(before), timeOf(after), timeOf(gone)
		if attrs != "" {
			if err := json.Unmarshal([]byte(attrs), &c.Attributes); err != nil {
				return fmt.Errorf("change %d: %w", c.Seq, err)
			}
		}
		out = append(out, c)
		return nil
	})
	return out, err
}

// Resources gives what a run made, in its order, and what of it is left as far as the journal knows: what it or another
// run removed since is not. What nobody knows to exist is among them, Open.
func (j *Journal) Resources(ctx context.Context, run string) ([]Resource, error) {
	all, err := j.Changes(ctx, run)
	var out []Resource
	for _, c := range all {
		if c.Action == change.Create && c.Outcome != Refused {
			out = append(out, Resource{Change: c, Left: c.Gone.IsZero()})
		}
	}
	return out, err
}

// Changed gives what a run changed and removed of what it had not made.
func (j *Journal) Changed(ctx context.Context, run string) ([]Change, error) {
	all, err := j.Changes(ctx, run)
	made := map[string]bool{}
	key := func(c Change) string {
		if c.IsRelation() {
			// What was added by a subnet may have been removed by a port.
			return c.Type + " " + c.Parent
		}
		return c.Type + " " + c.ID
	}
	var out []Change
	for _, c := range all {
		switch {
		case c.Outcome == Refused:
		case c.Action == change.Create:
			made[key(c)] = true
			made[c.ID] = true
		case made[key(c)], c.Parent != "" && made[c.Parent]:
		default:
			out = append(out, c)
		}
	}
	return out, err
}

// MarkCloudGone notes that nothing is left on a cloud, whose identity service's address begins with a text: it was reset.
func (j *Journal) MarkCloudGone(ctx context.Context, authURL string) error {
	j.f.mu.Lock()
	defer j.f.mu.Unlock()
	return j.f.explain(j.f.exec(context.WithoutCancel(ctx), `UPDATE changes SET gone = ? WHERE action = 'create' AND gone = 0
		AND EXISTS (SELECT 1 FROM sites s WHERE s.run = changes.run AND s.n = changes.site AND substr(s.auth_url, 1, ?) = ?)`,
		j.clock.Now().UnixNano(), len(authURL), authURL))
}

// MarkGone notes that a resource which a run made is there no more. parent tells relations apart; "" means any.
func (j *Journal) MarkGone(ctx context.Context, run, typ, parent, id string) error {
	j.f.mu.Lock()
	defer j.f.mu.Unlock()
	return j.f.explain(j.f.exec(context.WithoutCancel(ctx), `UPDATE changes SET gone = ? WHERE run = ? AND action = 'create' AND gone = 0 AND type = ? AND id = ? AND (? = '' OR parent = ?)`,
		j.clock.Now().UnixNano(), run, typ, id, parent, parent))
}
