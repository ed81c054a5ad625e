package oslua

import (
	"context"
	"io"

	"github.com/oslua/oslua/bindings/topology"
	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/show"
	"github.com/oslua/oslua/internal/story"
	"github.com/oslua/oslua/internal/term"
)

func (r *Runtime) out() io.Writer {
	if r.opts.Stdout == nil {
		return io.Discard
	}
	return r.opts.Stdout
}

// language is the one asked for, or the environment's.
func (r *Runtime) language(asked string) string { return term.Language(asked, r.opts.getenv) }

func (r *Runtime) style() term.Style { return term.Style{On: term.Color(r.out(), r.opts.getenv)} }

func (r *Runtime) screen() topology.Screen {
	return topology.Screen{
		Out: r.out(), Width: func() int { return term.Width(r.out()) }, Color: r.style().On, Language: r.language, Sandbox: r.opts.Sandbox,
	}
}

func (r *Runtime) showOptions() show.Options {
	return show.Options{Format: r.opts.Format, Columns: r.opts.Columns, Width: term.Width(r.out()), Style: r.style()}
}

func (r *Runtime) storyOptions(language string) story.Options {
	return story.Options{Language: r.language(language), Style: r.style(), Modules: r.Modules()}
}

// Show writes a value as the global function show does.
func (r *Runtime) Show(v schema.Value) error { return show.Write(r.out(), v, r.showOptions()) }

// onCall marks the requests of a call as its own.
func (r *Runtime) onCall(ctx context.Context, c engine.Call) (context.Context, func(error)) {
	id := r.calls.Add(1)
	if r.plan != nil {
		ctx = files.With(ctx, r.plan.files)
	}
	return cloud.WithCaller(ctx, cloud.Caller{ID: id, Op: c.Op(), Where: c.Where}), story.Begin(ctx, id, c)
}

// Record gives a context for a run whose story tell then writes to Options.Stdout, in the language asked for or else the
// environment's.
func (r *Runtime) Record(ctx context.Context) (_ context.Context, tell func(language string) error) {
	ctx, recorder := story.Record(ctx)
	return ctx, func(language string) error { return recorder.Tell(r.out(), r.storyOptions(language)) }
}

// RunExpression runs code as RunString does, but takes an expression too, and gives the values the code has.
func (r *Runtime) RunExpression(ctx context.Context, name, code string, args ...string) ([]schema.Value, error) {
	values, err := r.machine.RunExpression(ctx, name, code, args...)
	return values, r.ran(err)
}
