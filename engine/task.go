package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// mapLimit is how many tasks task.map runs at once unless told otherwise: enough to hide latency, polite to a cloud.
const mapLimit = 8

// group is tasks that end together: the first error stops the others, and none outlives the call that made it.
type group struct {
	machine *Machine
	parent  *strand
	ctx     context.Context
	cancel  context.CancelCauseFunc
	wait    sync.WaitGroup
	fail    *failure // the first, with its trace; written with the baton held

	op    string // task.map, for the error
	item  string // what one of the tasks is called in it; "" when there is but one
	size  int    // how many tasks there are
	which string // the one that failed
	begun int    // with the baton
	done  int    // likewise
}

// errSettled stops the tasks of a group that is over: its cause is in the group, not in the context.
var errSettled = errs.New(errs.Cancelled, "cancelled because another task failed or won")

func (m *Machine) newGroup(L *lua.LState, op, item string, size int) *group {
	s := fiberOf(L).strand
	g := &group{machine: m, parent: s, op: op, item: item, size: size}
	g.ctx, g.cancel = context.WithCancelCause(s.ctx)
	return g
}

// run calls fn on a strand of its own, as the nth task, and takes its results. It holds the baton while it runs.
func (g *group) run(n int, fn lua.LValue, args ...lua.LValue) ([]lua.LValue, *failure) {
	m := g.machine
	m.baton.Lock()
	defer m.baton.Unlock()
	if g.ctx.Err() != nil {
		return nil, nil
	}
	g.begun++
	s := &strand{run: g.parent.run, parent: g.parent, ctx: g.ctx}
	th := m.thread(&fiber{strand: s}, nil)
	m.root.G.CurrentThread = th
	th.Push(fn)
	push(th, args)
	fail := m.call(th, len(args))
	if fail == nil {
		values := taken(th)
		m.done(th)
		g.done++
		return values, nil
	}
	if g.ctx.Err() != nil {
		return nil, nil // stopped, or failed on its way out: the first error tells more
	}
	if fail.trace == "" {
		fail.trace = m.traceback(fail.thread)
	}
	g.fail = fail
	g.cancel(errSettled)
	g.which = fmt.Sprintf("%s %d of %d", g.item, n, g.size)
	if len(args) > 0 {
		if name := nameOf(args[0]); name != "" {
			g.which += " (" + name + ")"
		}
	}
	return nil, fail
}

// nameOf is what an item of a list is called, "" when that is not short.
func nameOf(v lua.LValue) string {
	if t, ok := v.(*lua.LTable); ok {
		v = t.RawGetString("name")
	}
	switch v.Type() {
	case lua.LTString, lua.LTNumber:
		if name := v.String(); len(name) <= 80 {
			return name
		}
	}
	return ""
}

// account says in the error what became of the other tasks. It is called with the baton, when all have ended.
func (g *group) account() {
	if g.item == "" {
		return
	}
	inner := g.fail.task
	g.fail.task = fmt.Sprintf("%s: %s failed", g.op, g.which)
	if g.size > 1 {
		g.fail.task += fmt.Sprintf("; of the others %d were done, %d stopped, %d not begun", g.done, g.begun-g.done-1, g.size-g.begun)
	}
	if inner != "" {
		g.fail.task += "; inside it " + inner
	}
	t, ok := g.fail.value.(*lua.LTable)
	if !ok {
		return
	}
	if meta, ok := t.Metatable.(*lua.LTable); ok && meta.RawGetString(errorField) != lua.LNil {
		t.RawSetString("task", lua.LString(g.fail.task))
	}
}

// join waits for all tasks with the baton given up, and raises the first error.
func (g *group) join(L *lua.LState) {
	m := g.machine
	m.blocking(L, func(context.Context) error { g.wait.Wait(); return nil }) //nolint:errcheck // there is none
	g.cancel(errSettled)
	m.unlessStopped(L)
	if g.fail != nil {
		g.account()
		m.rethrow(L, g.fail, joinTraces(g.fail.trace, m.traceback(L)))
	}
}

func (m *Machine) openTask() *lua.LTable {
	t := m.root.CreateTable(0, 4)
	for name, fn := range map[string]lua.LGFunction{
		"all": m.taskAll, "map": m.taskMap, "race": m.taskRace, "timeout": m.taskTimeout, "now": m.taskNow,
	} {
		f := m.root.NewFunction(fn)
		m.named[f] = "task." + name
		t.RawSetString(name, f)
	}
	return t
}

// functions takes the list of functions that task.all and task.race get.
func (m *Machine) functions(L *lua.LState, op string) []lua.LValue {
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		m.raiseGo(L, (&errs.Error{Code: errs.BadArgument, Op: op, Message: "want a list of functions, got " + L.Get(1).Type().String()}).
			WithHint("%s{ function() ... end, function() ... end }", op))
	}
	fns := make([]lua.LValue, t.Len())
	for i := range fns {
		fns[i] = t.RawGetInt(i + 1)
		if !m.callable(fns[i]) {
			m.raiseGo(L, (&errs.Error{
				Code: errs.BadArgument, Op: fmt.Sprintf("%s[%d]", op, i+1),
				Message: "want a function, got " + fns[i].Type().String(),
			}).WithHint("give the function itself: f, or function() f(x) end, not the call f(x)"))
		}
	}
	return fns
}

func (m *Machine) callable(v lua.LValue) bool {
	return v.Type() == lua.LTFunction || m.root.GetMetaField(v, "__call").Type() == lua.LTFunction
}

func (m *Machine) taskAll(L *lua.LState) int {
	fns := m.functions(L, "task.all")
	g := m.newGroup(L, "task.all", "function", len(fns))
	results := make([]lua.LValue, len(fns))
	for i, fn := range fns {
		g.wait.Go(func() {
			if values, _ := g.run(i+1, fn); len(values) > 0 {
				results[i] = values[0]
			}
		})
	}
	g.join(L)
	L.Push(m.listOf(results))
	return 1
}

// listOf is a table of results in order; where there is none, nil.
func (m *Machine) listOf(values []lua.LValue) *lua.LTable {
	t := m.root.CreateTable(len(values), 0)
	for i, v := range values {
		if v != nil && v != lua.LNil {
			t.RawSetInt(i+1, v)
		}
	}
	return t
}

func (m *Machine) taskMap(L *lua.LState) int {
	const op = "task.map"
	bad := func(at, format string, args ...any) {
		m.raiseGo(L, (&errs.Error{Code: errs.BadArgument, Op: op + at, Message: fmt.Sprintf(format, args...)}).
			WithHint("task.map(list, function(item, index) ... end, {limit = 8})"))
	}
	list, ok := L.Get(1).(*lua.LTable)
	if !ok {
		bad(".list", "want a list, got %s", L.Get(1).Type())
	}
	fn := L.Get(2)
	if !m.callable(fn) {
		bad(".fn", "want a function, got %s", fn.Type())
	}
	limit := mapLimit
	switch o := L.Get(3).(type) {
	case *lua.LNilType:
	case *lua.LTable:
		o.ForEach(func(k, v lua.LValue) {
			n, ok := v.(lua.LNumber)
			switch {
			case k != lua.LString("limit"):
				bad("", "unknown option %s", k)
			case !ok || n < 1:
				bad(".limit", "want a number of at least 1")
			default:
				limit = int(min(n, 1<<16))
			}
		})
	default:
		bad(".options", "want a table, got %s", o.Type())
	}
	n := list.Len()
	items := make([]lua.LValue, n)
	for i := range items {
		items[i] = list.RawGetInt(i + 1)
	}
	g := m.newGroup(L, op, "item", n)
	results := make([]lua.LValue, n)
	next := 0 // with the baton
	for range min(limit, n) {
		g.wait.Go(func() {
			for {
				m.baton.Lock()
				i := next
				next++
				m.baton.Unlock()
				if i >= n || g.ctx.Err() != nil {
					return
				}
				if values, _ := g.run(i+1, fn, items[i], lua.LNumber(i+1)); len(values) > 0 {
					results[i] = values[0]
				}
			}
		})
	}
	g.join(L)
	L.Push(m.listOf(results))
	return 1
}

// taskRace gives what the first task to end gives, be it results or an error.
func (m *Machine) taskRace(L *lua.LState) int {
	fns := m.functions(L, "task.race")
	if len(fns) == 0 {
		m.raiseGo(L, &errs.Error{Code: errs.BadArgument, Op: "task.race", Message: "want at least one function"})
	}
	g := m.newGroup(L, "task.race", "function", len(fns))
	var won []lua.LValue
	settled := false // with the baton
	for i, fn := range fns {
		g.wait.Go(func() {
			values, fail := g.run(i+1, fn)
			m.baton.Lock()
			defer m.baton.Unlock()
			if fail == nil && !settled && g.ctx.Err() == nil {
				settled, won = true, values
				g.cancel(errSettled)
			}
		})
	}
	g.join(L)
	return push(L, won)
}

func (m *Machine) taskTimeout(L *lua.LState) int {
	d, bad := duration(L.Get(1))
	if bad != nil {
		bad.Op = "task.timeout"
		m.raiseGo(L, bad)
	}
	fn := L.Get(2)
	if !m.callable(fn) {
		m.raiseGo(L, (&errs.Error{Code: errs.BadArgument, Op: "task.timeout", Message: "want a function, got " + fn.Type().String()}).
			WithHint("task.timeout(30, function() ... end)"))
	}
	args := argsFrom(L, 3)
	g := m.newGroup(L, "task.timeout", "", 1)
	late := errs.New(errs.Timeout, "not done within %v", d)
	late.Op = "task.timeout"
	watch, stop := context.WithCancel(g.ctx)
	g.wait.Go(func() {
		if m.watch(watch, d) == nil {
			g.cancel(late)
		}
	})
	var values []lua.LValue
	g.wait.Go(func() {
		defer stop()
		values, _ = g.run(1, fn, args...)
	})
	m.blocking(L, func(context.Context) error { g.wait.Wait(); return nil }) //nolint:errcheck // there is none
	timedOut := context.Cause(g.ctx) == error(late)
	g.cancel(errSettled)
	stop()
	m.unlessStopped(L)
	switch {
	case g.fail != nil:
		m.rethrow(L, g.fail, joinTraces(g.fail.trace, m.traceback(L)))
	case timedOut && values == nil:
		m.raiseGo(L, late)
	}
	return push(L, values)
}

// taskNow is for measuring: the machine's own seconds, with fractions.
func (m *Machine) taskNow(L *lua.LState) int {
	L.Push(lua.LNumber(m.o.Clock.Now().Sub(m.began).Seconds()))
	return 1
}

// taskModule describes the module for help and stubs.
func taskModule() schema.Module {
	fns := schema.Param{Name: "functions", Type: "function[]", Doc: "What to run, each in a task of its own.", Required: true, Positional: true}
	fn := func(doc string) schema.Param {
		return schema.Param{Name: "fn", Type: "function", Doc: doc, Required: true, Positional: true}
	}
	return schema.Module{
		Name: "task",
		Doc: "Runs functions side by side. A task is plain Lua; while one waits for the cloud or sleeps, others run. The first error " +
			"stops the other tasks and is raised; no task outlives the call that started it.",
		Example: "local names = { \"a\", \"b\", \"c\" }\nlocal lengths = task.map(names, function(name) return #name end)\nprint(#lengths)",
		Funcs: []schema.Func{
			schema.Describe("all", "Run functions side by side and wait for all.", []schema.Param{fns},
				schema.Returns("results", "any[]", "the first result of each, in order"),
				schema.Example("local r = task.all{ function() return 1 end, function() return 2 end }\nprint(r[1], r[2])")),
			schema.Describe("map", "Call a function for each item of a list, several at once.", []schema.Param{
				{Name: "list", Type: "any[]", Doc: "The items.", Required: true, Positional: true},
				fn("Called with an item and its index."),
				{Name: "limit", Type: "integer", Doc: "How many may run at once.", Default: "8"},
			},
				schema.Returns("results", "any[]", "the first result of each call, in the order of the list"),
				schema.Example("local squares = task.map({ 1, 2, 3 }, function(n) return n * n end, { limit = 2 })\nprint(squares[3])")),
			schema.Describe("race", "Run functions side by side; the first to end decides, and the others are stopped.", []schema.Param{fns},
				schema.Returns("...", "any", "what the first returned"),
				schema.Example("print(task.race{ function() sleep(10) return \"slow\" end, function() return \"fast\" end })")),
			schema.Describe("timeout", "Run a function, and raise timeout when it takes too long.", []schema.Param{
				{Name: "duration", Type: "number|string", Doc: `Seconds, or text such as "30s".`, Required: true, Positional: true},
				fn("What to run; further arguments are passed on."),
			},
				schema.Returns("...", "any", "what the function returned"), schema.Raises("timeout"),
				schema.Example("print(task.timeout(\"5s\", function() return \"done\" end))")),
			schema.Describe("now", "Seconds since the program began, for measuring how long something takes.", nil,
				schema.Returns("seconds", "number", "with fractions"),
				schema.Example("local start = task.now()\nsleep(0.1)\nprint(task.now() - start)")),
		},
	}
}
