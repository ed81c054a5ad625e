package engine

import (
	"context"

	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// raisedError is what a Lua function raised that a Go function called: on its way back to the script it stays what it
// was.
type raisedError struct{ fail *failure }

func (e *raisedError) Error() string {
	if t, ok := e.fail.value.(*lua.LTable); ok {
		if message := t.RawGetString("message"); message != lua.LNil {
			return message.String()
		}
	}
	return e.fail.value.String()
}

// caller lets a Go function that L called, and that works without the baton, call a Lua one. Calls into Go modules made
// by it have the context given; it obeys whatever cancels that.
func (m *Machine) caller(L *lua.LState) schema.Caller {
	return func(ctx context.Context, fn lua.LValue) (schema.Values, error) {
		m.baton.Lock()
		returned := false
		defer func() {
			if returned { // else the goroutine ends: an abandoned coroutine's, which has no baton to give
				m.baton.Unlock()
			}
		}()
		m.root.G.CurrentThread = L
		f := fiberOf(L)
		outer := f.strand
		inner := &strand{run: outer.run, parent: outer, ctx: ctx}
		f.strand = inner
		th, fail, stopped := m.attempt(L, fn)
		returned = true
		// A coroutine that was resumed by another strand meanwhile belongs to that one.
		if f.strand == inner {
			f.strand = outer
		}
		switch {
		case stopped:
			return nil, context.Cause(ctx)
		case fail != nil:
			if fail.trace == "" {
				fail.trace = m.traceback(fail.thread)
			}
			return nil, &raisedError{fail}
		}
		values := make(schema.Values, 0, th.GetTop())
		for _, v := range taken(th) {
			values = append(values, v)
		}
		m.done(th)
		return values, nil
	}
}

// attempt is protect without the end of the strand being raised.
func (m *Machine) attempt(L *lua.LState, fn lua.LValue) (th *lua.LState, fail *failure, stopped bool) {
	f := fiberOf(L)
	if f.depth() >= maxNesting {
		return nil, &failure{value: lua.LString(m.lib.Where(L, 1) + "stack overflow (protected calls and coroutines nest deeper than 200)"), thread: L}, false
	}
	th = m.thread(f, L)
	th.Push(fn)
	f.own++
	fail = m.call(th, 0)
	f.own--
	m.root.G.CurrentThread = L
	return th, fail, fail != nil && f.strand.ctx.Err() != nil
}
