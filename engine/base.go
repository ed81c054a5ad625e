package engine

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// openBase puts in what depends on threads: protected calls, and the globals of ours.
func (m *Machine) openBase() {
	g := m.root.G.Global
	set := func(name string, fn lua.LGFunction) { g.RawSetString(name, m.root.NewFunction(fn)) }
	set("pcall", m.pcall)
	set("xpcall", m.xpcall)
	set("try", m.try)
	set("defer", m.deferCall)
	set("sleep", m.sleep)
	set("help", m.help)
	for _, fn := range globalsModule().Funcs {
		if f, ok := g.RawGetString(fn.Name).(*lua.LFunction); ok {
			m.named[f] = fn.Name
		}
	}
	if os, ok := g.RawGetString("os").(*lua.LTable); ok {
		os.RawSetString("exit", m.root.NewFunction(m.exit))
	}
	m.tostring, _ = g.RawGetString("tostring").(*lua.LFunction)
}

// give moves the results of a protected call to L, behind what lies there from index on.
func (m *Machine) give(L, th *lua.LState) int {
	n := th.GetTop()
	th.XMoveTo(L, n)
	m.done(th)
	return n
}

func (m *Machine) pcall(L *lua.LState) int {
	fn := L.CheckAny(1)
	th, fail := m.protect(L, fn, L.GetTop()-1)
	if fail != nil {
		L.Push(lua.LFalse)
		L.Push(fail.value)
		return 2
	}
	L.Push(lua.LTrue)
	return 1 + m.give(L, th)
}

// xpcall takes arguments for the function, as Lua 5.2 does. The handler runs while the frames that failed are still
// there, so debug.traceback in it shows them.
func (m *Machine) xpcall(L *lua.LState) int {
	fn, handler := L.CheckAny(1), L.CheckAny(2)
	th, fail := m.protect(L, fn, max(L.GetTop()-2, 0))
	if fail == nil {
		L.Push(lua.LTrue)
		return 1 + m.give(L, th)
	}
	L.Push(lua.LFalse)
	hth := m.thread(fiberOf(L), fail.thread)
	hth.Push(handler)
	hth.Push(fail.value)
	f := fiberOf(L)
	f.own++
	worse := m.call(hth, 1)
	f.own--
	m.root.G.CurrentThread = L
	m.unlessStopped(L)
	if worse != nil {
		L.Push(worse.value)
		return 2
	}
	return 1 + m.give(L, hth)
}

// try gives the first result and nil, or nil and an error table.
func (m *Machine) try(L *lua.LState) int {
	fn := L.CheckAny(1)
	th, fail := m.protect(L, fn, L.GetTop()-1)
	if fail == nil {
		v := th.Get(1)
		th.SetTop(0)
		m.done(th)
		L.Push(v)
		L.Push(lua.LNil)
		return 2
	}
	L.Push(lua.LNil)
	if t, ok := fail.value.(*lua.LTable); ok {
		L.Push(t)
		return 2
	}
	e := m.described(L, fail)
	e.Message, _, _ = strings.Cut(e.Message, "\n")
	L.Push(m.errorTable(fail.thread, e))
	return 2
}

// deferCall keeps a function for the end of the run.
func (m *Machine) deferCall(L *lua.LState) int {
	fn := L.CheckFunction(1)
	r := fiberOf(L).strand.run
	if n := L.GetTop(); n > 1 {
		args := make([]lua.LValue, n-1)
		for i := range args {
			args[i] = L.Get(i + 2)
		}
		inner := fn
		fn = L.NewFunction(func(L *lua.LState) int {
			L.Push(inner)
			for _, a := range args {
				L.Push(a)
			}
			L.Call(len(args), 0)
			return 0
		})
	}
	r.defers = append(r.defers, fn)
	return 0
}

func (m *Machine) sleep(L *lua.LState) int {
	d, err := duration(L.Get(1))
	if err != nil {
		err.Op = "sleep"
		m.raiseGo(L, err)
	}
	if e := m.blocking(L, func(ctx context.Context) error { return m.o.Clock.Sleep(ctx, d) }); e != nil {
		m.raiseGo(L, e)
	}
	m.unlessStopped(L)
	return 0
}

// duration takes seconds, or text such as "90s", "5m", "1h30m".
func duration(v lua.LValue) (time.Duration, *errs.Error) {
	switch v := v.(type) {
	case lua.LNumber:
		s := float64(v)
		if s < 0 || math.IsNaN(s) || s > float64(math.MaxInt64/time.Second) {
			break
		}
		return time.Duration(s * float64(time.Second)), nil
	case lua.LString:
		if d, err := time.ParseDuration(string(v)); err == nil && d >= 0 {
			return d, nil
		}
	}
	got := v.Type().String()
	if lua.LVCanConvToString(v) {
		got = fmt.Sprintf("%q", v.String())
	}
	return 0, errs.New(errs.BadArgument, "want a duration, got %s", got).
		WithHint(`give seconds (1.5), or text such as "30s", "5m", "1h30m"`)
}

// exit ends the run: everything is unwound, clean-ups run, and the Go caller gets an *ExitError.
func (m *Machine) exit(L *lua.LState) int {
	code := 0
	switch v := L.Get(1).(type) {
	case lua.LBool:
		if !v {
			code = 1
		}
	case lua.LNumber:
		code = int(v)
	case *lua.LNilType:
	default:
		m.raiseGo(L, &errs.Error{
			Code: errs.BadArgument, Op: "os.exit",
			Message: "want a number or a boolean, got " + v.Type().String(),
		})
	}
	s := fiberOf(L).strand
	s.run.cancel(&ExitError{Code: code})
	m.unlessStopped(L)
	return 0
}

// help prints the reference: of everything, of a topic in words, of a module, a function or an object.
func (m *Machine) help(L *lua.LState) int {
	topic := ""
	switch v := L.Get(1).(type) {
	case lua.LString:
		topic = string(v)
	case *lua.LFunction:
		topic = m.named[v]
		if topic == "" {
			topic = m.builtinName(v)
		}
	case *lua.LTable:
		topic = m.mods.topic(v)
	}
	if topic == "" && L.GetTop() > 0 && L.Get(1) != lua.LNil {
		io.WriteString(m.o.Stdout, "there is no help for this value; help() lists the modules\n") //nolint:errcheck // as print
		return 0
	}
	text := schema.Help(m.mods.list(), topic)
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	io.WriteString(m.o.Stdout, text) //nolint:errcheck // as print
	return 0
}

// builtinName finds a function of the library by where it is: "string.format".
func (m *Machine) builtinName(fn *lua.LFunction) (name string) {
	m.root.G.Global.ForEach(func(k, v lua.LValue) {
		if v == lua.LValue(fn) && k != lua.LString("_") {
			name = k.String()
		}
		if t, ok := v.(*lua.LTable); ok && name == "" && t != m.root.G.Global {
			t.ForEach(func(k2, v2 lua.LValue) {
				if v2 == lua.LValue(fn) {
					name = k.String() + "." + k2.String()
				}
			})
		}
	})
	return name
}

// globalsModule describes the global functions that Lua does not have.
func globalsModule() schema.Module {
	fn := schema.Param{Name: "fn", Type: "function", Doc: "What to call; further arguments are passed on.", Required: true, Positional: true}
	return schema.Module{
		Name: schema.Globals, Doc: "Functions that are always there, beside Lua's own.",
		Funcs: []schema.Func{
			schema.Describe("try", "Call a function and give its first result, or nil and the error as a table.",
				[]schema.Param{fn}, schema.Returns("value", "any", "what the function returned"),
				schema.Returns("err", "table", "the error, nil when there was none: code, message and, as far as there is one, status, op, resource, request_id, fault, hint, task, where and traceback"),
				schema.Example("local value, err = try(error, \"no luck\")\nif err then print(err.code, err.message) end")),
			schema.Describe("defer", "Call a function at the end of the run, also after an error, os.exit or Ctrl-C; the last one first.",
				[]schema.Param{fn}, schema.Example("defer(print, \"bye\")")),
			schema.Describe("sleep", "Wait while other tasks run.", []schema.Param{
				{Name: "duration", Type: "number|string", Doc: `Seconds, or text such as "30s".`, Required: true, Positional: true},
			}, schema.Example("sleep(0.1)")),
			schema.Describe("help", "Print the reference of a module, a function, an object or a topic.", []schema.Param{
				{Name: "topic", Type: "any", Doc: "What to look up; nothing lists the modules.", Positional: true},
			}, schema.Example("help(\"task.map\")")),
		},
	}
}
