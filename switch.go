package oslua

import (
	"context"
	"io"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
)

// tracer is a way to show requests.
type tracer struct {
	mode  Trace
	write func(cloud.Event) // nil shows none
}

// SetTrace shows requests from now on as Options.Trace would have, and gives how they were shown before.
func (r *Runtime) SetTrace(mode Trace) (before Trace) {
	stderr := r.opts.stderr()
	if r.plan != nil {
		stderr = labelled{stderr, "twin"}
	}
	t := &tracer{mode: mode, write: tracing(mode, stderr)}
	if old := r.trace.Swap(t); old != nil {
		before = old.mode
	}
	return before
}

// tracing gives what writes requests as a mode says, nil for none.
func tracing(mode Trace, w io.Writer) func(cloud.Event) {
	switch mode {
	case TraceLines:
		return cloud.TraceLines(w)
	case TraceCurl:
		return cloud.TraceCurl(w)
	}
	return nil
}

func (o Options) stderr() io.Writer {
	if o.Stderr == nil {
		return io.Discard
	}
	return o.Stderr
}

// watched is round each call into a module.
func (r *Runtime) watched(ctx context.Context, c Call) (context.Context, func(error)) {
	if r.opts.Watch == nil {
		return r.onCall(ctx, c)
	}
	ctx, told := r.opts.Watch(ctx, c)
	ctx, end := r.onCall(ctx, c)
	return ctx, func(err error) {
		if end != nil {
			end(err)
		}
		if told != nil {
			told(err)
		}
	}
}

// Requests counts the requests sent so far.
func (r *Runtime) Requests() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, c := range r.conns {
		n += c.Requests()
	}
	return int64(n)
}

// Why says in a few words what made scripts work on this cloud.
func (r *Runtime) Why() string {
	cfg := r.conn.Config()
	switch {
	case r.builtin != nil && r.conn == r.first:
		return "no cloud is configured"
	case r.conn != r.first:
		return "chosen here"
	case r.opts.Cloud != "":
		return "chosen by --cloud"
	case cfg.Source == cloud.SourceEnvironment:
		return "from OS_* variables"
	case r.opts.getenv("OS_CLOUD") != "":
		return "from OS_CLOUD"
	case cfg.Source == cloud.SourceFile:
		return "from clouds.yaml"
	}
	return "as configured"
}

// Use goes on on another cloud of clouds.yaml. The modules work on it from now on; variables that hold objects or
// functions of the cloud before keep to that one.
func (r *Runtime) Use(name string) error {
	if name == "" {
		return errs.New(errs.BadArgument, "no cloud was named")
	}
	if r.plan != nil {
		return r.plan.refuse()
	}
	o := r.opts
	o.Cloud = name
	cfg, err := o.load(nil)
	if err != nil {
		return err
	}
	r.opts.Cloud = name
	r.conn = r.connection(cfg)
	r.machine.Replace(r.bindings())
	return nil
}
