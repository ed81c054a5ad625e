package engine

import (
	"iter"
	"runtime"
	"sync"
	"weak"

	lua "github.com/yuin/gopher-lua"
)

// coroutine runs on a goroutine of its own, so that it can yield from anywhere: from under a pcall, a metamethod, an
// iterator, sort, gsub. A resume hands the baton over with the control, and a yield back.
//
// What a script holds is not the thread that runs but a handle, an empty thread. The goroutine knows its handle only
// weakly, so an abandoned coroutine can be collected; its goroutine then ends without running any Lua. (One whose
// function holds its own handle keeps itself alive until Close.)
type coroutine struct {
	machine *Machine
	handle  weak.Pointer[lua.LState]
	fn      *lua.LFunction
	fiber   *fiber
	status  string

	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	ended *sync.Once

	at     *lua.LState  // the thread that yielded, or that failed
	values []lua.LValue // what is handed over
	fail   *failure
}

const (
	suspended = "suspended"
	running   = "running"
	normal    = "normal"
	dead      = "dead"
)

// coroutineOf is how a handle knows its coroutine.
type coroutineOf struct {
	tick
	co *coroutine
}

// livingSet holds the coroutines that have a goroutine, for Close.
type livingSet struct {
	mu  sync.Mutex
	all map[*coroutine]struct{}
}

func (s *livingSet) add(c *coroutine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[c] = struct{}{}
}

func (s *livingSet) remove(c *coroutine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, c)
}

func (s *livingSet) end() {
	s.mu.Lock()
	all := make([]*coroutine, 0, len(s.all))
	for c := range s.all {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		c.abandon()
	}
}

func (m *Machine) openCoroutine() {
	t := m.root.CreateTable(0, 8)
	for name, fn := range map[string]lua.LGFunction{
		"create": m.coCreate, "resume": m.coResume, "yield": m.coYield, "status": m.coStatus,
		"running": m.coRunning, "wrap": m.coWrap, "isyieldable": m.coIsYieldable, "close": m.coClose,
	} {
		t.RawSetString(name, m.root.NewFunction(fn))
	}
	m.root.G.Global.RawSetString("coroutine", t)
}

// threadOf is for the library: the thread in which a handle's coroutine stands, nil when there is none.
func threadOf(h *lua.LState) *lua.LState {
	if c, ok := h.Context().(*coroutineOf); ok {
		return c.co.at
	}
	return nil
}

func (m *Machine) newCoroutine(fn *lua.LFunction) *lua.LState {
	co := &coroutine{machine: m, fn: fn, status: suspended}
	co.fiber = &fiber{co: co}
	h := &lua.LState{G: m.root.G, Env: m.root.Env}
	h.SetContext(&coroutineOf{co: co})
	co.handle = weak.Make(h)
	return h
}

// checkCoroutine gives the coroutine of an argument.
func (m *Machine) checkCoroutine(L *lua.LState, n int) *coroutine {
	h := L.CheckThread(n)
	c, ok := h.Context().(*coroutineOf)
	if !ok {
		L.ArgError(n, "coroutine expected")
	}
	return c.co
}

func (m *Machine) coCreate(L *lua.LState) int {
	fn := L.CheckFunction(1)
	L.Push(m.newCoroutine(fn))
	return 1
}

// resume runs co until it yields, returns or fails.
func (m *Machine) resume(L *lua.LState, co *coroutine, args []lua.LValue) (values []lua.LValue, fail *failure) {
	f := fiberOf(L)
	switch {
	case co.status != suspended:
		what := co.status
		if what != dead {
			what = "non-suspended"
		}
		return nil, &failure{value: lua.LString("cannot resume " + what + " coroutine"), thread: L}
	case f.depth() >= maxNesting:
		return nil, &failure{value: lua.LString("stack overflow (protected calls and coroutines nest deeper than 200)"), thread: L}
	}
	m.unlessStopped(L)
	if f.co != nil {
		f.co.status = normal
	}
	co.status = running
	co.fiber.strand, co.fiber.base = f.strand, f.depth()+1
	co.values, co.fail = args, nil
	if co.next == nil {
		co.start()
	}
	co.next()
	if f.co != nil {
		f.co.status = running
	}
	m.root.G.CurrentThread = L
	values, fail = co.values, co.fail
	co.values, co.fail = nil, nil
	m.unlessStopped(L)
	return values, fail
}

// start makes the goroutine.
func (co *coroutine) start() {
	m := co.machine
	co.ended = new(sync.Once)
	co.next, co.stop = iter.Pull(func(yield func(struct{}) bool) {
		co.yield = yield
		co.body()
	})
	m.coroutines.Add(1)
	m.living.add(co)
	if h := co.handle.Value(); h != nil {
		runtime.AddCleanup(h, func(co *coroutine) { co.abandon() }, co)
	}
}

// body is what the goroutine does.
func (co *coroutine) body() {
	m := co.machine
	th := m.thread(co.fiber, nil)
	co.at = th
	th.Push(co.fn)
	for _, v := range co.values {
		th.Push(v)
	}
	n := len(co.values)
	co.values = nil
	fail := m.call(th, n)
	co.status = dead
	if fail != nil {
		if fail.trace == "" {
			fail.trace = m.traceback(fail.thread)
		}
		co.fail, co.at = fail, fail.thread
	} else {
		co.values, co.at = taken(th), nil
		m.done(th)
	}
	co.fn = nil
	co.finish()
}

// finish strikes the coroutine off the list of those that have a goroutine.
func (co *coroutine) finish() {
	co.ended.Do(func() {
		co.machine.living.remove(co)
		co.machine.coroutines.Done()
	})
}

// abandon ends the goroutine of a coroutine that nobody will resume: it leaves through its deferred functions, and no
// Lua runs. The goroutine that stops it ends with it, so it is one of its own.
func (co *coroutine) abandon() {
	co.ended.Do(func() {
		co.machine.living.remove(co)
		go func() {
			defer co.machine.coroutines.Done()
			co.stop()
		}()
	})
}

// taken takes all values off a thread.
func taken(th *lua.LState) []lua.LValue {
	n := th.GetTop()
	if n == 0 {
		return nil
	}
	values := make([]lua.LValue, n)
	for i := range values {
		values[i] = th.Get(i + 1)
	}
	th.SetTop(0)
	return values
}

func argsFrom(L *lua.LState, first int) []lua.LValue {
	n := L.GetTop() - first + 1
	if n <= 0 {
		return nil
	}
	values := make([]lua.LValue, n)
	for i := range values {
		values[i] = L.Get(first + i)
	}
	return values
}

func push(L *lua.LState, values []lua.LValue) int {
	for _, v := range values {
		L.Push(v)
	}
	return len(values)
}

func (m *Machine) coResume(L *lua.LState) int {
	h := L.CheckThread(1)
	values, fail := m.resume(L, m.checkCoroutine(L, 1), argsFrom(L, 2))
	runtime.KeepAlive(h)
	if fail != nil {
		L.Push(lua.LFalse)
		L.Push(fail.value)
		return 2
	}
	L.Push(lua.LTrue)
	return 1 + push(L, values)
}

func (m *Machine) coWrap(L *lua.LState) int {
	h := m.newCoroutine(L.CheckFunction(1))
	L.Push(L.NewFunction(func(L *lua.LState) int {
		co := h.Context().(*coroutineOf).co
		values, fail := m.resume(L, co, argsFrom(L, 1))
		runtime.KeepAlive(h)
		if fail != nil {
			if fail.thread == L {
				L.Error(lua.LString(m.lib.Where(L, 1)+fail.value.String()), 0)
			}
			m.rethrow(L, fail, joinTraces(fail.trace, m.traceback(L)))
		}
		return push(L, values)
	}))
	return 1
}

func (m *Machine) coYield(L *lua.LState) int {
	co := fiberOf(L).co
	if co == nil {
		L.RaiseError("attempt to yield from outside a coroutine")
	}
	co.values = argsFrom(L, 1)
	co.status, co.at = suspended, L
	if !co.yield(struct{}{}) {
		runtime.Goexit()
	}
	m.root.G.CurrentThread = L
	values := co.values
	co.values = nil
	m.unlessStopped(L)
	return push(L, values)
}

func (m *Machine) coStatus(L *lua.LState) int {
	L.Push(lua.LString(m.checkCoroutine(L, 1).status))
	return 1
}

// coRunning gives nil outside of coroutines, as in Lua 5.1.
func (m *Machine) coRunning(L *lua.LState) int {
	if co := fiberOf(L).co; co != nil {
		if h := co.handle.Value(); h != nil {
			L.Push(h)
			return 1
		}
	}
	L.Push(lua.LNil)
	return 1
}

func (m *Machine) coIsYieldable(L *lua.LState) int {
	L.Push(lua.LBool(fiberOf(L).co != nil))
	return 1
}

// coClose ends a suspended coroutine, as in Lua 5.4.
func (m *Machine) coClose(L *lua.LState) int {
	co := m.checkCoroutine(L, 1)
	switch co.status {
	case suspended:
		co.status = dead
		co.fn = nil
		if co.next != nil {
			co.abandon()
		}
	case dead:
	default:
		L.RaiseError("cannot close a %s coroutine", co.status)
	}
	L.Push(lua.LTrue)
	return 1
}
