// Package controls is the Lua module "simulator": a script's hands on the cloud it runs on, when that is the built-in
// one. It is wired in by the root package alone, for stdlib and bindings know nothing of the simulator.
package controls

import (
	"context"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/simulator"
)

// Name is what require knows the module by.
const Name = "simulator"

// Refusal is the module's source where the cloud is a real one: to require it is an error.
const Refusal = `--- The controls of the built-in simulator. This run works on a real cloud, which has none.
error({
  code = "unavailable",
  message = "module 'simulator' is there only on the built-in simulator, and this run works on another cloud",
  hint = "run without --cloud, OS_CLOUD and OS_AUTH_URL to work on the built-in one",
})
`

// Module is the module; cloud gives the simulator, starting it when it has not been.
func Module(cloud func(context.Context) (*simulator.Simulator, error)) schema.Module {
	c := controls{cloud}
	return schema.Module{
		Name: Name,
		Doc: "Controls of the built-in simulator: its clock, rules for faults, the requests it answered. It is there only when the " +
			"script works on the built-in simulator; on any other cloud to require it is an error.\n\n" +
			"The clock belongs to the cloud and to all processes that share it; faults and the log belong to this process.",
		Funcs: []schema.Func{
			schema.Fn("clock.now", "The cloud's time.", c.now,
				schema.Returns("seconds", "number", "seconds since 1970, UTC")),
			schema.Fn("clock.advance", "Sets the cloud's time forward: builds end, tokens expire. A reset takes it back.", c.advance,
				schema.Returns("seconds", "number", "the time it is now"),
				schema.Example(`require("simulator").clock.advance("1h")`)),
			schema.Fn("faults.add", "Adds a rule for faults, behind those there are. The first rule that hits a request decides; one with a latency only "+
				"lets the next look too.", c.add,
				schema.Example(`local faults = require("simulator").faults
faults.add("GET /network/v2.0/ports count=1 status=503")
faults.add{ method = "POST", path = "/network/*", p = 0.1, latency = "2s" }
faults.clear()`)),
			schema.Fn("faults.list", "The rules in force, as text, and how many requests each has hit.", c.list,
				schema.Returns("rules", "table[]", "each with rule and hits")),
			schema.Fn("faults.clear", "Removes all rules.", c.clear),
			schema.Fn("log", "The last requests that this process's part of the cloud was asked, oldest first.", c.log,
				schema.Returns("requests", "table[]", "each with time, method, path, status (absent when the connection was cut), ms, request_id and fault"),
				schema.Example(`for _, r in ipairs(require("simulator").log{ limit = 5 }) do print(r.method, r.path, r.status) end`)),
			schema.Fn("reset", "Makes the cloud as it was at first. What was created in it is lost, and so are rules for faults.", c.reset),
		},
	}
}

type controls struct {
	cloud func(context.Context) (*simulator.Simulator, error)
}

func (c controls) now(ctx context.Context, _ schema.None) (float64, error) {
	sim, err := c.cloud(ctx)
	if err != nil {
		return 0, err
	}
	now, err := sim.Now(ctx)
	return seconds(now), err
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

type advance struct {
	By time.Duration `lua:"by,arg,required" doc:"How far: seconds, or as in \"90s\" and \"1h\"."`
}

func (c controls) advance(ctx context.Context, in advance) (float64, error) {
	sim, err := c.cloud(ctx)
	if err != nil {
		return 0, err
	}
	if in.By < 0 {
		return 0, errs.New(errs.BadArgument, "the cloud's time goes forward only").WithHint("reset() takes it back")
	}
	if err := sim.Advance(ctx, in.By); err != nil {
		return 0, err
	}
	return c.now(ctx, schema.None{})
}

// Rule is a rule for faults, as a table or as text.
type Rule struct {
	Method     string        `lua:"method" doc:"GET, POST …; any when left out."`
	Path       string        `lua:"path" doc:"Path of the request from its first slash; * stands for anything, ? for one character." default:"*"`
	After      int           `lua:"after" doc:"So many requests pass first."`
	Count      int           `lua:"count" doc:"So many are hit, then the rule rests." default:"no end"`
	P          float64       `lua:"p" doc:"Probability that one is hit, from 0 to 1." default:"1"`
	Latency    time.Duration `lua:"latency" doc:"The answer comes so much later: seconds, or as in \"2s\"."`
	Status     int           `lua:"status" doc:"HTTP status answered in the service's place."`
	Body       string        `lua:"body" doc:"Body of that answer." default:"the service's kind of error"`
	RetryAfter int           `lua:"retry_after" doc:"Seconds, in that answer's Retry-After header."`
	Cut        string        `lua:"cut" enum:"before|after|half" doc:"Cut the connection: before the service sees the request, after it did its work and without an answer, or after half of the answer."`

	parsed *simulator.Fault
}

// UnmarshalText reads a rule as the command's --fault has it.
func (r *Rule) UnmarshalText(text []byte) error {
	f, err := simulator.ParseFault(string(text))
	r.parsed = &f
	return err
}

func (r Rule) fault() simulator.Fault {
	if r.parsed != nil {
		return *r.parsed
	}
	f := simulator.Fault{Method: r.Method, Path: r.Path, After: r.After, Count: r.Count, P: r.P, Latency: r.Latency,
		Status: r.Status, Body: r.Body, RetryAfter: r.RetryAfter, Cut: simulator.Cut(r.Cut)}
	if f.Path == "" {
		f.Path = "*"
	}
	return f
}

type addRule struct {
	Rule Rule `lua:"rule,arg,required" doc:"The rule: a table, or text as in \"POST /network/v2.0/ports count=2 status=503\"."`
}

func (c controls) add(ctx context.Context, in addRule) (schema.None, error) {
	sim, err := c.cloud(ctx)
	if err != nil {
		return schema.None{}, err
	}
	if err := sim.Faults().Add(in.Rule.fault()); err != nil {
		return schema.None{}, errs.New(errs.BadArgument, "%s", err)
	}
	return schema.None{}, nil
}

func (c controls) list(ctx context.Context, _ schema.None) ([]any, error) {
	sim, err := c.cloud(ctx)
	if err != nil {
		return nil, err
	}
	rules, hits := sim.Faults().List()
	all := []any{}
	for i, r := range rules {
		all = append(all, map[string]any{"rule": r.String(), "hits": hits[i]})
	}
	return all, nil
}

func (c controls) clear(ctx context.Context, _ schema.None) (schema.None, error) {
	sim, err := c.cloud(ctx)
	if err == nil {
		sim.Faults().Clear()
	}
	return schema.None{}, err
}

type recent struct {
	Limit int `lua:"limit" doc:"At most so many, the last ones." default:"all that are remembered"`
}

func (c controls) log(ctx context.Context, in recent) ([]any, error) {
	sim, err := c.cloud(ctx)
	if err != nil {
		return nil, err
	}
	requests := sim.Requests()
	if in.Limit > 0 && len(requests) > in.Limit {
		requests = requests[len(requests)-in.Limit:]
	}
	all := []any{}
	for _, r := range requests {
		o := map[string]any{"time": seconds(r.Time), "method": r.Method, "path": r.Path, "ms": float64(r.Took.Microseconds()) / 1000}
		if r.Status != 0 {
			o["status"] = r.Status
		}
		if r.RequestID != "" {
			o["request_id"] = r.RequestID
		}
		if r.Fault != "" {
			o["fault"] = r.Fault
		}
		all = append(all, o)
	}
	return all, nil
}

func (c controls) reset(ctx context.Context, _ schema.None) (schema.None, error) {
	sim, err := c.cloud(ctx)
	if err != nil {
		return schema.None{}, err
	}
	sim.Faults().Clear()
	return schema.None{}, sim.Reset(ctx)
}
