package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
)

const (
	maxNesting   = 200 // protected calls and resumes inside each other; each one is a Go stack deeper
	deepNesting  = 20  // from here on a thread's stack is small, so that all of them fit into Go's
	frames       = 4096
	deepFrames   = 1024
	keepThreads  = 32  // idle threads worth keeping
	lookEvery    = 128 // instructions between two looks at the context
	measureEvery = 64  // looks between two looks at memory
)

// strand is what a task is to the machine: a line of control with a context. The run itself is the first.
type strand struct {
	run    *run
	parent *strand
	ctx    context.Context // ends with the run, or with the task's group
	waits  *loading        // the module another strand is loading that this one waits for
}

// fiber is a stack of threads that wait for each other: the one of a strand, or a coroutine's. A coroutine belongs to
// the strand that resumed it last, whose cancellation it obeys.
type fiber struct {
	strand *strand
	co     *coroutine // nil for a strand's own
	base   int        // how deep the resume is nested that runs it
	own    int        // protected calls under the running function
	ticks  uint32
	noted  bool // it was given the time to note a late result
}

// tick is the context of one thread. gopher-lua asks it before every instruction, so asking must cost next to nothing:
// it looks at the real context at every 128th. It also says which fiber a thread belongs to.
type tick struct {
	machine *Machine
	fiber   *fiber
	thread  *lua.LState
	caller  *lua.LState // the thread whose protected call runs this one
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (t *tick) Done() <-chan struct{} {
	f := t.fiber
	f.ticks++
	if f.ticks%lookEvery != 0 {
		return nil
	}
	return t.look()
}

// note lets a script that has been stopped go on for a few instructions, once, when a call was carried out all the same:
// what it made can still be given to defer.
func (f *fiber) note() {
	if f.strand.ctx.Err() != nil && !f.noted {
		f.noted, f.ticks = true, 0
	}
}

func (t *tick) look() <-chan struct{} {
	r := t.fiber.strand.run
	r.account()
	if t.fiber.strand.ctx.Err() != nil {
		// Every further instruction of this fiber is refused too, should a Go function catch the error.
		t.fiber.ticks--
		return closed
	}
	return nil
}

// account counts instructions and looks at memory now and then.
func (r *run) account() {
	r.looks++
	m := r.machine
	if limit := m.o.MaxInstructions; limit > 0 {
		if r.instructions += lookEvery; r.instructions > limit {
			r.cancel(errInstructions(limit))
		}
	}
	if limit := m.o.MaxHeap; limit > 0 && r.looks%measureEvery == 0 && tooMuch(limit) {
		r.cancel(errMemory(limit))
	}
}

func (t *tick) Err() error {
	if t.fiber.strand.ctx.Err() != nil {
		return context.Cause(t.fiber.strand.ctx)
	}
	return nil
}

func (t *tick) Deadline() (time.Time, bool) { return t.fiber.strand.ctx.Deadline() }
func (t *tick) Value(key any) any           { return t.fiber.strand.ctx.Value(key) }

// tickOf gives the context of a thread of ours, nil for any other.
func tickOf(L *lua.LState) *tick {
	t, _ := L.Context().(*tick)
	return t
}

// depth counts the protected calls and resumes inside each other.
func (f *fiber) depth() int { return f.base + f.own }

func fiberOf(L *lua.LState) *fiber { return tickOf(L).fiber }

// callerOf is for the library: error levels and tracebacks go on in the thread that waits.
func callerOf(L *lua.LState) *lua.LState {
	if t := tickOf(L); t != nil {
		return t.caller
	}
	return nil
}

// thread gives a thread that has run nothing since it was last clean.
func (m *Machine) thread(f *fiber, caller *lua.LState) *lua.LState {
	if n := len(m.idle); n > 0 && f.depth() < deepNesting {
		th := m.idle[n-1]
		m.idle = m.idle[:n-1]
		t := tickOf(th)
		t.fiber, t.caller = f, caller
		return th
	}
	m.root.Options.CallStackSize = frames
	if f.depth() >= deepNesting {
		m.root.Options.CallStackSize = deepFrames
	}
	th, _ := m.root.NewThread()
	th.Panic = raise
	th.SetContext(&tick{machine: m, fiber: f, thread: th, caller: caller})
	return th
}

// done takes back a thread whose call came to its end. One that failed is left to the garbage collector: closures may
// still share its registers, which is the reason for threads.
func (m *Machine) done(th *lua.LState) {
	t := tickOf(th)
	t.caller = nil
	if th.Options.CallStackSize == frames && len(m.idle) < keepThreads {
		t.fiber = nil
		th.SetTop(0)
		m.idle = append(m.idle, th)
	}
}

// raise is every thread's way to fail: gopher-lua's own would format a traceback each time.
func raise(L *lua.LState) {
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: L.Get(-1)})
}

// failure is an error on its way out of a thread, whose frames are still there to be read.
type failure struct {
	value  lua.LValue
	thread *lua.LState
	hint   string
	trace  string // known already, when the error came from another thread
	task   string // which task it ended, likewise
}

// call runs the function and arguments on top of th. All results stay on th.
func (m *Machine) call(th *lua.LState, nargs int) (fail *failure) {
	returned := false
	defer func() {
		if returned {
			return
		}
		r := recover()
		if r == nil {
			return // the goroutine ends: a coroutine nobody can resume any more
		}
		fail = m.caught(th, r)
	}()
	th.Call(nargs, lua.MultRet)
	returned = true
	return nil
}

// caught makes a failure of a panic that ended th.
func (m *Machine) caught(th *lua.LState, r any) *failure {
	fail := &failure{thread: th}
	switch r := r.(type) {
	case *lua.ApiError:
		fail.value = r.Object
		if known := m.raised; known != nil && known.value == fail.value {
			fail.hint, fail.trace, fail.task = known.hint, known.trace, known.task
			return fail
		}
		if ud, ok := fail.value.(*lua.LUserData); ok {
			// How the parts of the engine that know no error tables raise.
			if e, ok := ud.Value.(*errs.Error); ok {
				fail.value = m.errorTable(th, e)
				return fail
			}
		}
		fail.value, fail.hint = m.explain(th, fail.value)
	case string:
		if r != "lua callstack overflow" {
			fail.value = lua.LString("internal error: " + r)
			break
		}
		fail.value = lua.LString(m.lib.Where(th, 0) + "stack overflow")
		fail.hint = "look for a function that calls itself without end"
	default:
		fail.value = lua.LString(fmt.Sprint("internal error: ", r))
	}
	return fail
}

// protect calls fn on a thread of its own, with arguments that lie on top of L, and takes these off. On success it
// gives the thread with the results: move them and call done. A failure that belongs to the end of the strand, not to
// fn, is raised in L: no script can catch it.
func (m *Machine) protect(L *lua.LState, fn lua.LValue, nargs int) (*lua.LState, *failure) {
	f := fiberOf(L)
	if f.depth() >= maxNesting {
		return nil, &failure{value: lua.LString(m.lib.Where(L, 1) + "stack overflow (protected calls and coroutines nest deeper than 200)"), thread: L}
	}
	th := m.thread(f, L)
	th.Push(fn)
	L.XMoveTo(th, nargs)
	f.own++
	fail := m.call(th, nargs)
	f.own--
	m.root.G.CurrentThread = L
	if fail == nil {
		return th, nil
	}
	m.unlessStopped(L)
	return nil, fail
}

// unlessStopped raises the strand's end when it has come.
func (m *Machine) unlessStopped(L *lua.LState) {
	if s := fiberOf(L).strand; s.ctx.Err() != nil {
		L.Error(m.stopValue(s), 0)
	}
}

// blocking gives the baton up while work runs. Nothing in work may touch a Lua value, but through a caller.
func (m *Machine) blocking(L *lua.LState, work func(ctx context.Context) error) error {
	ctx := fiberOf(L).strand.ctx
	m.baton.Unlock()
	returned := false
	defer func() {
		r := recover()
		if !returned && r == nil {
			return // a coroutine that was abandoned in a Lua function called back: its goroutine ends without the baton
		}
		m.baton.Lock()
		m.root.G.CurrentThread = L
		if r != nil {
			panic(r)
		}
	}()
	err := work(ctx)
	returned = true
	return err
}

// guarded turns a panic of Go code into an error: a fault of ours must not end a user's process.
func guarded(what string, work func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errPanic(what, r)
		}
	}()
	return work()
}
