package oslua

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/plan"
	"github.com/oslua/oslua/internal/twin"
	"github.com/oslua/oslua/simulator"
)

// patience is how long a plan really waits for a server that does not answer, and maxReading for what the twin reads.
const (
	patience   = 200 * time.Millisecond
	maxReading = 15 * time.Minute
)

// PlanResult is what a run would change, in order, with the quota it takes and what would fail. It has methods that
// write it as text and as JSON.
type PlanResult = plan.Result

// PlanChange is what would become of one resource, or of one relation of two.
type PlanChange = plan.Change

// Plan tells what run would change, and changes nothing. run gets a Runtime on a copy of the cloud that the options
// lead to: what it asks is read from the cloud, with GET alone, and all it changes is changed on the copy. Time that is
// slept or waited passes at once. Files that scripts write are written to a place of their own and thrown away in the
// end, and programs are not started.
//
// The error is one of making the plan: the cloud cannot be reached, the configuration cannot be used, ctx ended. What
// the run itself fails with is in the result.
func Plan(ctx context.Context, o Options, run func(ctx context.Context, rt *Runtime) error) (_ *PlanResult, err error) {
	cfg, err := o.load(nil)
	if err != nil {
		return nil, err
	}
	p := &planning{opts: o, clock: plan.NewClock(), files: files.NewCopy(), name: nameOf(cfg)}
	defer func() { err = errors.Join(err, p.close()) }()
	if err := p.begin(ctx, cfg); err != nil {
		return nil, err
	}
	rt, err := p.runtime()
	if err != nil {
		return nil, err
	}
	runErr := run(ctx, rt)
	if e := rt.Close(); runErr == nil {
		runErr = e
	}
	if ctx.Err() != nil {
		return nil, errs.New(errs.Cancelled, "cancelled: there is no plan of half a run")
	}
	if err := p.twin.Err(); err != nil {
		return nil, err
	}
	r := p.collector.Finish(ctx)
	p.describe(r, runErr)
	r.Requests = plan.Requests{Cloud: p.twin.Requests(), Twin: int(rt.Requests())}
	return r, nil
}

// nameOf says which cloud a configuration leads to, as Runtime.Cloud does.
func nameOf(cfg *cloud.Config) string {
	switch {
	case cfg.Source == cloud.SourceNone:
		return "the built-in simulator"
	case cfg.Cloud != "":
		return "cloud " + cfg.Cloud
	default:
		return cfg.AuthURL
	}
}

// planning is a plan that is being made.
type planning struct {
	opts  Options
	name  string // of the cloud
	clock *plan.Clock
	files *files.Copy

	builtin   *builtin          // the cloud to read, when it is the built-in one
	real      *cloud.Connection // to the cloud
	twin      *twin.Twin
	looking   *cloud.Connection // to the twin, for the plan's own questions
	collector *plan.Collector
	busy      atomic.Int64 // requests under way
}

// begin connects to the cloud and makes its twin.
func (p *planning) begin(ctx context.Context, cfg *cloud.Config) (err error) {
	o := cloud.Options{Version: Version(), Clock: p.opts.Clock, Timeout: p.opts.Timeout}
	if cfg.Source == cloud.SourceNone {
		p.builtin = &builtin{dir: p.opts.StateDir, notice: p.opts.notify}
		if p.builtin.dir != "" {
			// Looking at a cloud that nobody has used yet does not make it.
			if _, err := os.Stat(simulator.StateFile(SimulatorDir(p.builtin.dir))); err != nil {
				p.builtin.dir = ""
			}
		}
		o.DialContext = p.builtin.dial
		if cfg, err = cloud.FromValues("built-in simulator", builtinValues()); err != nil {
			return err
		}
	} else if cfg.Notice != "" {
		p.opts.notify(cfg.Notice)
	}
	if write := tracing(p.opts.Trace, labelled{p.opts.stderr(), "cloud"}); write != nil {
		o.Trace = write
	}
	p.real = cloud.New(cfg, o)
	if p.twin, err = twin.New(ctx, p.real, twin.Options{Clock: p.clock}); err != nil {
		return err
	}
	look := cloud.Options{Version: Version(), Clock: p.clock}
	p.direct(&look)
	look.Recorder = nil
	p.looking = cloud.New(p.twin.Config(), look)
	p.collector = plan.NewCollector(ctx, p.looking)
	return nil
}

// runtime makes the Runtime that the run gets.
func (p *planning) runtime() (*Runtime, error) {
	o := p.opts
	o.Clock, o.DialServer = p.clock, nil
	given := o.LookupEnv
	o.LookupEnv = func(name string) (string, bool) {
		if name == "OSLUA_PLAN" {
			return "1", true
		}
		if given == nil {
			return "", false
		}
		return given(name)
	}
	rt, err := o.runtime(p.twin.Config(), p)
	if err != nil {
		return nil, err
	}
	p.clock.Quiet = func() bool { return p.busy.Load() == 0 && !rt.machine.Busy() }
	return rt, nil
}

// describe adds to a result what only the plan knows.
func (p *planning) describe(r *plan.Result, runErr error) {
	r.Cloud = p.name
	r.Project, r.Region = p.real.Config().Project, p.real.Config().Region
	r.Files = append([]files.Change{}, p.files.Changes()...)
	r.Err, r.Error = runErr, p.collector.Failure(runErr)
	var exit *ExitError
	if errors.As(runErr, &exit) {
		r.Error = &plan.Failure{Code: "exit", Message: exit.Error(), Exit: &exit.Code}
		if exit.Code == 0 {
			r.Err, r.Error = nil, nil
		}
	}
	notes := plan.Assumed(r, p.clock.Passed())
	notes = append(notes, r.Notes...)
	for _, n := range p.twin.Notes() {
		notes = append(notes, plan.Sentence(n.Text))
	}
	r.Notes = notes
}

// close ends what the plan was made with.
func (p *planning) close() error {
	var err error
	if p.looking != nil {
		p.looking.Close()
	}
	if p.twin != nil {
		err = p.twin.Close()
	}
	if p.real != nil {
		p.real.Close()
	}
	if p.builtin != nil {
		err = errors.Join(err, p.builtin.stop())
	}
	return errors.Join(err, p.files.Close())
}

// direct leads a connection to the twin.
func (p *planning) direct(o *cloud.Options) {
	// What a request makes the twin read first may take a while.
	o.Clock, o.Recorder, o.Timeout = p.clock, p.collector, maxReading
	o.Transport = &attended{busy: &p.busy, next: &http.Transport{DialContext: p.twin.DialContext, MaxIdleConnsPerHost: 64}}
}

// dialGuest reaches the twin's servers. What would let nobody in is known at once: only the plan's time passes.
func (p *planning) dialGuest(ctx context.Context, network, addr string) (net.Conn, error) {
	p.collector.Note("SSH reaches stand-ins of the servers: what their programs answer is not what the real ones would.")
	return impatient(p.clock, p.twin.DialGuest)(ctx, network, addr)
}

// impatient has a dialer give up early, and the clock pass for the rest of the time there was.
func impatient(c *plan.Clock, dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		short, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		conn, err := dial(short, network, addr)
		if err == nil || short.Err() == nil || ctx.Err() != nil {
			return conn, err
		}
		if until, ok := ctx.Deadline(); ok {
			if e := c.Sleep(ctx, until.Sub(clock.Real{}.Now())); e != nil {
				return nil, e
			}
		}
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
	}
}

// dialer connects.
type dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// simulator is what scripts control when the plan is of the built-in cloud.
func (p *planning) simulator() func(context.Context) (*simulator.Simulator, error) {
	if p.builtin == nil {
		return nil
	}
	return func(context.Context) (*simulator.Simulator, error) { return p.twin.Simulator(), nil }
}

// refuse is the answer to auth.connect.
func (p *planning) refuse() error {
	return errs.New(errs.Forbidden, "a plan is of one cloud and one user, and cannot go on as another").
		WithHint("plan the part of the script that works elsewhere by itself, with --cloud NAME; os.getenv(\"OSLUA_PLAN\") is \"1\" in a plan")
}

// copy is where scripts' files are: nil, the disk, where there is no plan.
func (p *planning) copy() *files.Copy {
	if p == nil {
		return nil
	}
	return p.files
}

// attended counts the requests under way.
type attended struct {
	busy *atomic.Int64
	next *http.Transport
}

// RoundTrip sends a request.
func (a *attended) RoundTrip(r *http.Request) (*http.Response, error) {
	a.busy.Add(1)
	defer a.busy.Add(-1)
	return a.next.RoundTrip(r)
}

// CloseIdleConnections is for http.Client.
func (a *attended) CloseIdleConnections() { a.next.CloseIdleConnections() }

// labelled says before each text whom it is about.
type labelled struct {
	w     io.Writer
	label string
}

// Write writes a request's line, or its curl command under a line of its own.
func (l labelled) Write(p []byte) (int, error) {
	text := fmt.Sprintf("%-5s %s", l.label, p)
	if strings.HasPrefix(string(p), "curl ") {
		text = "# to the " + l.label + ":\n" + string(p)
	}
	if _, err := io.WriteString(l.w, text); err != nil {
		return 0, err
	}
	return len(p), nil
}
