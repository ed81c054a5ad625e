// Package trace is the Lua module trace: the requests behind a script's calls, for the script itself.
package trace

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
)

// Module describes the Lua module.
func Module() schema.Module {
	return schema.Module{
		Name: "trace",
		Doc: "The requests behind a script's calls. The labels say what each was for: auth, look-up (a name's ID, or whether something is there), " +
			"work (what was asked for), wait (polling). On the command line --trace prints them.",
		Example: `local found, requests = trace.capture(function() return networks.list() end)
for _, r in ipairs(requests) do print(r.label, r.method, r.path, r.status, r.ms) end`,
		Funcs: []schema.Func{
			schema.Fn("capture", "Call a function and give the requests made by it, tasks it started included and those beside it not. "+
				"Captures may be inside each other: each has all of its own.", capture,
				schema.Returns("...", "any", "What the function returned, and after it the requests in the order they began: a list of tables "+
					"{label, method, url, path, status, ms, request_id, service, op, where, attempt, error}. status is 0 when there was no answer, op the call "+
					"that made the request."),
				schema.Example(`local net, requests = trace.capture(function() return networks.get("private") end)
print(net.name, #requests, requests[#requests].op)`)),
		},
	}
}

type captureArgs struct {
	Fn schema.Callback `lua:"fn,arg,required" doc:"What to call."`
}

func capture(ctx context.Context, in captureArgs) (schema.Values, error) {
	var mu sync.Mutex
	var events []cloud.Event
	values, err := in.Fn.Call(cloud.WithTrace(ctx, func(e cloud.Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e)
	}))
	if err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	slices.SortStableFunc(events, func(a, b cloud.Event) int { return cmp.Or(a.Start.Compare(b.Start)) })
	list := make([]any, len(events))
	for i, e := range events {
		list[i] = table(e)
	}
	return append(values, list), nil
}

// table is a request as a script sees it.
func table(e cloud.Event) map[string]any {
	t := map[string]any{
		"label": string(e.Label), "method": e.Method, "url": e.URL, "path": e.Path, "status": e.Status,
		"ms": float64(e.Duration) / float64(time.Millisecond), "attempt": e.Attempt,
	}
	for name, v := range map[string]string{"request_id": e.RequestID, "service": e.Service, "op": e.Caller.Op, "where": e.Caller.Where} {
		if v != "" {
			t[name] = v
		}
	}
	if e.Err != nil {
		t["error"] = e.Err.Error()
	}
	return t
}
