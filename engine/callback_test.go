package engine_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/schema"
)

type depthKey struct{}

type withArgs struct {
	Fn schema.Callback `lua:"fn,arg,required" doc:"What to call."`
}

type showArgs struct {
	Value schema.Value `lua:"value,arg" doc:"Anything."`
}

// callbacks has functions that call back with a context of their own.
func callbacks(t *testing.T, code string) string {
	t.Helper()
	depth := func(ctx context.Context) int { n, _ := ctx.Value(depthKey{}).(int); return n }
	mod := schema.Module{Name: "back", Doc: "For tests.", Funcs: []schema.Func{
		schema.Fn("deeper", "Call.", func(ctx context.Context, in withArgs) (schema.Values, error) {
			values, err := in.Fn.Call(context.WithValue(ctx, depthKey{}, depth(ctx)+1))
			if err != nil {
				return nil, err
			}
			return append(values, "end"), nil
		}),
		schema.Fn("depth", "How deep.", func(ctx context.Context, _ schema.None) (int, error) { return depth(ctx), nil }),
		schema.Fn("data", "Show.", func(_ context.Context, in showArgs) (string, error) {
			list, _ := in.Value.Data.([]any)
			return strings.Repeat("x", len(list)), nil
		}),
	}}
	var out bytes.Buffer
	m, err := engine.New(engine.Options{
		Stdout: &out, Modules: func() []schema.Module { return []schema.Module{mod} },
		Functions: []schema.Func{schema.Fn("outer", "Global.", func(ctx context.Context, _ schema.None) (int, error) { return depth(ctx), nil })},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RunString(t.Context(), "t", "local back = require 'back'\n"+code); err != nil {
		out.WriteString("error: " + err.Error())
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	return out.String()
}

func TestCallbacks(t *testing.T) {
	for _, tt := range []struct{ name, code, want string }{
		{"values come back", `print(back.deeper(function() return 1, nil, {} and "t" end))`, "1\tnil\tt\tend\n"},
		{"the context is theirs", `print(back.depth(), back.deeper(function() return back.depth(), outer() end))`, "0\t1\t1\tend\n"},
		{"they nest", `print(back.deeper(function() return back.deeper(back.depth), back.depth() end))`, "2\t1\tend\n"},
		{"tasks in them have it", `print((back.deeper(function() return task.all{ back.depth, back.depth }[2] end)))`, "1\n"},
		{"tasks beside them do not", `
			local r = task.all {
				function() return (back.deeper(function() sleep(0.01) return back.depth() end)) end,
				function() sleep(0.005) return back.depth() end }
			print(r[1], r[2])`, "1\t0\n"},
		{"an error is the one raised", `local e = {} print(select(2, pcall(back.deeper, function() error(e) end)) == e)`, "true\n"},
		{"a message keeps its place", `print(pcall(back.deeper, function() error("no") end))`, "false\tt:2: no\n"},
		{"an error of Go is one", `print(select(2, try(back.deeper, function() back.data(nil, nil, 1) end)).op)`, "back.data\n"},
		{"os.exit passes", `pcall(back.deeper, function() os.exit(3) end) print("no")`, "error: exit 3"},
		{"a time limit passes", `print(select(2, try(task.timeout, 0.01, function() back.deeper(function() sleep(5) end) end)).code)`, "timeout\n"},
		{"coroutines yield through", `
			local co = coroutine.wrap(function() print(back.deeper(function() coroutine.yield("y") return "r" end)) end)
			print(co()) co()`, "y\nr\tend\n"},
		{"an abandoned coroutine", `
			coroutine.wrap(function() back.deeper(function() coroutine.yield() end) end)()
			print(back.depth())`, "0\n"},
		{"not a function", `print(select(2, try(back.deeper, 1)).message)`, "want function, got number\n"},
		{"data of a list", `print(back.data({1, 2}), back.data(nil))`, "xx\t\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := callbacks(t, tt.code); got != tt.want {
				t.Errorf("printed %q, want %q", got, tt.want)
			}
		})
	}
}
