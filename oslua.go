// Package oslua runs Lua scripts for OpenStack inside a Go program.
//
// A Runtime is one script environment on one cloud. It is what the oslua command uses too, so whatever a script does
// there it does here.
package oslua

//go:generate go run ./internal/gendocs

import (
	"context"
	"io"
	"maps"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oslua/oslua/bindings"
	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/controls"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/internal/show"
	"github.com/oslua/oslua/internal/sshclient"
	"github.com/oslua/oslua/internal/story"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/stdlib"
)

// Trace says how requests are shown.
type Trace string

// The ways to show requests.
const (
	TraceOff   Trace = ""
	TraceLines Trace = "lines" // a line for each request
	TraceCurl  Trace = "curl"  // a curl command for each request, secrets masked
)

// Terminal is where somebody sits who is logged in to a server.
type Terminal = sshclient.Terminal

// Call is one call into a module.
type Call = engine.Call

// Delay is a request that waits before it is sent again.
type Delay = cloud.Delay

// Clock tells the time and waits.
type Clock = clock.Clock

// Error is what a failed run gives: what happened, where, and what to do next.
type Error = errs.Error

// ExitError is what a run gives when the script called os.exit.
type ExitError = engine.ExitError

// Options say what a Runtime works on. The zero value is a fresh built-in cloud in memory, and scripts that print
// nowhere: nothing of the process is used unless it is given.
type Options struct {
	Cloud     string                      // a cloud of clouds.yaml; wins over OS_CLOUD
	LookupEnv func(string) (string, bool) // where OS_* and os.getenv look: os.LookupEnv, or nothing when nil
	WorkDir   string                      // the first place clouds.yaml is looked for; "" for none
	Home      string                      // the user's home directory, with .config/openstack in it; "" for none
	StateDir  string                      // where the built-in cloud is kept; "" keeps it in memory only

	Stdin  io.Reader // nil reads nothing
	Stdout io.Writer // nil discards
	Stderr io.Writer // the trace; nil discards

	Trace   Trace
	HAR     string            // a file that the requests are written to at Close, as browsers' network panels open it; "" for none
	Format  string            // how show writes: table, json, yaml, csv or value; "" for table
	Columns []string          // the columns that show writes, when a call does not say; nil for those the openstack command shows
	Notice  func(line string) // told what a user should know: that the built-in cloud is used. nil for nobody
	// Progress is told of each upload and download that begins, with its size in bytes (-1 when nobody knows), and gives
	// what is to be told of each part that has passed and of the end. nil for nobody.
	Progress func(what string, total int64) (moved func(n int64), done func())
	// Terminal lends the terminal to a login on a server, for ssh.shell; back is called when the login ends. nil when there
	// is none.
	Terminal func(ctx context.Context) (t Terminal, back func(), err error)
	// Watch is called round each call into a module: it may give another context, and is told of the end. nil for nobody.
	Watch func(ctx context.Context, call Call) (context.Context, func(error))
	// Delayed is told of each request that has to wait before it is sent again: a service asked for it, or did not answer.
	// nil for nobody.
	Delayed func(Delay)
	Path    []string // directories in which require looks after the script's own
	// Clock is what scripts sleep by and what is waited by, between looks and before repeats; nil is the machine's.
	Clock   Clock
	Timeout time.Duration // for one answer of a service; 2 minutes when 0
	// DialServer is how servers are logged in to, as through a host between; nil is the network.
	DialServer func(ctx context.Context, network, addr string) (net.Conn, error)
	Globals    bool // modules are globals, and need no require
	Sandbox    bool // scripts reach neither files nor processes

	RunName   string // what the journal calls the run; no arguments, they may be secrets
	NoJournal bool   // what the run changes is not written to the journal in StateDir
}

// Runtime runs scripts on one cloud. Its methods but Close are for one goroutine at a time.
type Runtime struct {
	opts    Options
	conn    *cloud.Connection // what the modules work on
	first   *cloud.Connection // what they worked on first
	machine *engine.Machine
	builtin *builtin  // nil on a real cloud
	plan    *planning // nil but in a plan
	har     *cloud.HAR
	journal *journal.Recorder // nil for none
	ended   error             // what the last script failed with
	calls   atomic.Int64      // calls into modules so far
	trace   atomic.Pointer[tracer]

	mu    sync.Mutex
	conns []*cloud.Connection // the one above and those of auth.connect

	close    sync.Once
	closeErr error
}

// New makes a Runtime. Nothing is sent to a cloud before a script asks for it. A configuration that is there but cannot
// be used is an error.
func New(o Options) (*Runtime, error) {
	cfg, err := o.load(nil)
	if err != nil {
		return nil, err
	}
	return o.runtime(cfg, nil)
}

// runtime makes the Runtime of a configuration, and of a plan where there is one.
func (o Options) runtime(cfg *cloud.Config, p *planning) (*Runtime, error) {
	var err error
	r := &Runtime{opts: o, plan: p}
	r.SetTrace(o.Trace)
	notice := cfg.Notice
	if o.HAR != "" {
		r.har = cloud.NewHAR(Version())
	}
	if cfg.Source == cloud.SourceNone {
		r.builtin = &builtin{dir: o.StateDir, work: o.WorkDir, notice: o.notify}
		if cfg, err = cloud.FromValues("built-in simulator", builtinValues()); err != nil {
			return nil, err
		}
	}
	if notice != "" {
		o.notify(notice)
	}
	r.journal = o.recorder(p)
	r.conn = r.connection(cfg)
	r.first = r.conn
	r.machine, err = engine.New(engine.Options{
		Modules: func() []schema.Module {
			mods := append(stdlib.Modules(r.stdlib()), r.bindings()...)
			if cloud := r.simulator(); cloud != nil {
				mods = append(mods, controls.Module(cloud))
			}
			return mods
		},
		Sources: r.sources(),
		Functions: []schema.Func{
			show.Func(r.out(), r.showOptions), story.Func(r.out(), r.storyOptions),
		},
		OnCall: r.watched,
		Path:   o.Path,
		Stdin:  o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr,
		Getenv:  o.getenv,
		Globals: o.Globals, Sandbox: o.Sandbox,
		Clock: o.Clock, Files: p.copy(),
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// simulator gives what the module simulator works on, nil on a cloud that is none.
func (r *Runtime) simulator() func(context.Context) (*simulator.Simulator, error) {
	switch {
	case r.builtin != nil:
		return r.builtin.cloud
	case r.plan != nil:
		return r.plan.simulator()
	}
	return nil
}

// sources are the modules written in Lua. The simulator's controls are one only where they are refused.
func (r *Runtime) sources() map[string]string {
	sources := stdlib.Sources()
	if r.simulator() == nil {
		sources[controls.Name] = controls.Refusal
	}
	return sources
}

// stdlib is what the modules that need no cloud work on.
func (r *Runtime) stdlib() stdlib.Options {
	o := stdlib.Options{Getenv: r.opts.getenv, StateDir: r.opts.StateDir, Place: r.place, Notice: r.opts.notify,
		Width: func() int { return term.Width(r.out()) }}
	if r.opts.Sandbox || r.plan != nil {
		o.StateDir = ""
	}
	return o
}

// place is the cloud and project that the modules work on.
func (r *Runtime) place() stdlib.Place {
	cfg := r.conn.Config()
	return stdlib.Place{Cloud: cfg.AuthURL, Project: cfg.Project}
}

// bindings describes the modules of the connection there is.
func (r *Runtime) bindings() []schema.Module {
	o := bindings.Options{
		Connect: r.connect, Screen: r.screen(), Progress: r.opts.Progress, Sandbox: r.opts.Sandbox, Clock: r.opts.Clock,
	}
	if r.plan == nil {
		o.Terminal = r.opts.Terminal
	}
	switch {
	case r.opts.DialServer != nil:
		o.Dial = r.opts.DialServer
	case r.builtin != nil:
		o.Dial = r.builtin.dialGuest
	case r.plan != nil:
		o.Dial = r.plan.dialGuest
	}
	return bindings.All(r.conn, o)
}

// connection makes a connection that this Runtime closes in the end.
func (r *Runtime) connection(cfg *cloud.Config) *cloud.Connection {
	o := cloud.Options{Version: Version(), Clock: r.opts.Clock, Timeout: r.opts.Timeout, Delayed: r.opts.Delayed}
	if r.builtin != nil && strings.HasPrefix(cfg.AuthURL, simulator.InProcessURL+"/") {
		o.DialContext = r.builtin.dial
	}
	if r.journal != nil {
		o.Recorder = r.journal
	}
	o.Trace = func(e cloud.Event) {
		if trace := r.trace.Load().write; trace != nil {
			trace(e)
		}
		if r.har != nil {
			r.har.Add(e)
		}
	}
	if r.plan != nil {
		r.plan.direct(&o)
	}
	conn := cloud.New(cfg, o)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, conn)
	return conn
}

// connect is behind auth.connect: another cloud of clouds.yaml, or this one as somebody else.
func (r *Runtime) connect(_ context.Context, name string, overrides map[string]string) (*cloud.Connection, error) {
	if r.plan != nil {
		return nil, r.plan.refuse()
	}
	var cfg *cloud.Config
	var err error
	if name == "" && r.builtin != nil && r.conn == r.first {
		values := builtinValues()
		maps.Copy(values, overrides)
		cfg, err = cloud.FromValues("auth.connect", values)
	} else {
		o := r.opts
		if name != "" {
			o.Cloud = name
		}
		cfg, err = o.load(overrides)
	}
	if err != nil {
		return nil, err
	}
	return r.connection(cfg), nil
}

func (o Options) load(overrides map[string]string) (*cloud.Config, error) {
	return cloud.Load(cloud.LoadOptions{
		Cloud: o.Cloud, LookupEnv: o.LookupEnv, WorkDir: o.WorkDir, Home: o.Home, GOOS: runtime.GOOS, Overrides: overrides,
	})
}

func (o Options) getenv(name string) string {
	if o.LookupEnv == nil {
		return ""
	}
	value, _ := o.LookupEnv(name)
	return value
}

func (o Options) notify(line string) {
	if o.Notice != nil {
		o.Notice(line)
	}
}

// Clouds gives the names of the clouds that the options' clouds.yaml has.
func Clouds(o Options) ([]string, error) {
	o.Cloud = ""
	cfg, err := o.load(nil)
	if err != nil {
		return nil, err
	}
	return cfg.CloudNames, nil
}

// Cloud says which cloud scripts work on and why, in a few words.
func (r *Runtime) Cloud() string {
	cfg := r.conn.Config()
	switch {
	case r.builtin != nil && r.conn == r.first:
		return "the built-in simulator"
	case cfg.Cloud != "":
		return "cloud " + cfg.Cloud
	default:
		return cfg.AuthURL
	}
}

// Explain writes which file and variable gave each value of the configuration, secrets masked.
func (r *Runtime) Explain(w io.Writer) error { return r.conn.Config().WriteExplanation(w) }

// Modules describes all modules a script can use, sorted by name.
func (r *Runtime) Modules() []schema.Module { return r.machine.Modules() }

// RunFile runs a script; its arguments are in arg. The error is an *ExitError when the script called os.exit, else an
// *Error. What the script gave to defer has run when it returns.
func (r *Runtime) RunFile(ctx context.Context, path string, args ...string) error {
	return r.ran(r.machine.RunFile(ctx, path, args...))
}

// RunString runs code as RunFile does a file; name is what messages call it.
func (r *Runtime) RunString(ctx context.Context, name, code string, args ...string) error {
	return r.ran(r.machine.RunString(ctx, name, code, args...))
}

// Register adds a module of your own, or puts it in the place of one of ours. Do so before a script runs.
func (r *Runtime) Register(m schema.Module) { r.machine.Register(m) }

// Machine is the Lua machine beneath, for a shell.
func (r *Runtime) Machine() *engine.Machine { return r.machine }

// Close runs the clean-ups that are left, ends what the scripts started and stops a built-in cloud.
func (r *Runtime) Close() error {
	r.close.Do(func() {
		r.closeErr = r.machine.Close()
		if err := r.finish(); err != nil && r.closeErr == nil {
			r.closeErr = err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, c := range r.conns {
			c.Close()
		}
		if r.builtin != nil {
			if err := r.builtin.stop(); err != nil && r.closeErr == nil {
				r.closeErr = err
			}
		}
		if r.har != nil {
			if err := r.har.Save(r.opts.HAR); err != nil && r.closeErr == nil {
				r.closeErr = err
			}
		}
	})
	return r.closeErr
}
