package engine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
)

func errInstructions(limit uint64) error {
	return errs.New(errs.Runtime, "the script took more than %d instructions", limit).WithHint("look for a loop that does not end")
}

func errMemory(limit uint64) error {
	return errs.New(errs.Runtime, "the script needs more than %d MiB of memory", limit>>20).
		WithHint("look for a table or string that keeps growing; lists can be read page by page with each{}")
}

func errPanic(what string, r any) error {
	return errs.New(errs.Runtime, "internal error in %s: %v", what, r).WithHint("this is a fault of the program, not of the script: please report it")
}

// record remembers where an error came from that goes on in another thread, where its frames can no longer be seen.
type record struct {
	value lua.LValue
	trace string
	hint  string
	task  string
}

// errorField is where an error table keeps the Go error it was made of: in its metatable, out of sight of pairs.
const errorField = "__error"

func (m *Machine) openErrors() {
	m.errorMeta = m.root.CreateTable(0, 2)
	m.errorMeta.RawSetString("__name", lua.LString("error"))
	m.errorMeta.RawSetString("__tostring", m.root.NewFunction(func(L *lua.LState) int {
		t, ok := L.Get(1).(*lua.LTable)
		if !ok {
			L.Push(lua.LString("error"))
			return 1
		}
		e := fieldsOf(t)
		text := e.Error()
		if e.Where != "" && !strings.HasPrefix(text, e.Where) {
			text = e.Where + ": " + text
		}
		L.Push(lua.LString(text))
		return 1
	}))
}

// errorTable is the Lua value of a Go error. L is where it is raised.
func (m *Machine) errorTable(L *lua.LState, err error) *lua.LTable {
	e := &errs.Error{Code: errs.Runtime, Cause: err}
	if found := (*errs.Error)(nil); errors.As(err, &found) {
		c := *found
		if err != error(found) {
			c.Cause = err
		}
		e = &c
	} else {
		e.Message = err.Error()
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			e.Code, e.Message = errs.Timeout, "the time is up"
		case errors.Is(err, context.Canceled):
			e.Code, e.Message = errs.Cancelled, "cancelled"
		}
	}
	if e.Where == "" {
		e.Where = m.where(L)
	}
	if e.Traceback == "" {
		e.Traceback = m.traceback(L)
	}
	t := L.CreateTable(0, 12)
	set := func(k, v string) {
		if v != "" {
			t.RawSetString(k, lua.LString(v))
		}
	}
	set("code", string(e.Code))
	set("message", e.Message)
	set("op", e.Op)
	set("resource", e.Resource)
	set("request_id", e.RequestID)
	set("fault", e.Fault)
	set("hint", e.Hint)
	set("task", e.Task)
	set("where", e.Where)
	set("traceback", e.Traceback)
	if e.Status != 0 {
		t.RawSetString("status", lua.LNumber(e.Status))
	}
	meta := L.CreateTable(0, 3)
	meta.RawSetString("__name", m.errorMeta.RawGetString("__name"))
	meta.RawSetString("__tostring", m.errorMeta.RawGetString("__tostring"))
	meta.RawSetString(errorField, &lua.LUserData{Value: e, Metatable: lua.LNil})
	t.Metatable = meta
	return t
}

// raiseGo raises a Go error in L.
func (m *Machine) raiseGo(L *lua.LState, err error) {
	m.unlessStopped(L)
	L.Error(m.errorTable(L, err), 0)
}

// rethrow raises in L what failed in another thread, and keeps the way it came.
func (m *Machine) rethrow(L *lua.LState, fail *failure, trace string) {
	m.raised = &record{value: fail.value, trace: trace, hint: fail.hint, task: fail.task}
	L.Error(fail.value, 0)
}

// fieldsOf reads an error table, ours or a script's, without running Lua.
func fieldsOf(t *lua.LTable) *errs.Error {
	e := &errs.Error{Code: errs.Runtime}
	if meta, ok := t.Metatable.(*lua.LTable); ok {
		if ud, ok := meta.RawGetString(errorField).(*lua.LUserData); ok {
			if found, ok := ud.Value.(*errs.Error); ok {
				c := *found
				e = &c
			}
		}
	}
	get := func(k string, to *string) {
		if v := t.RawGetString(k); lua.LVCanConvToString(v) {
			*to = v.String()
		}
	}
	code := string(e.Code)
	get("code", &code)
	e.Code = errs.Code(code)
	get("message", &e.Message)
	get("op", &e.Op)
	get("resource", &e.Resource)
	get("request_id", &e.RequestID)
	get("fault", &e.Fault)
	get("hint", &e.Hint)
	get("task", &e.Task)
	get("where", &e.Where)
	get("traceback", &e.Traceback)
	if n, ok := t.RawGetString("status").(lua.LNumber); ok {
		e.Status = int(n)
	}
	return e
}

// stopError is why a strand ended before its time: os.exit, a limit, a time limit, Ctrl-C, a failed sibling.
func stopError(s *strand) error {
	cause := context.Cause(s.ctx)
	if exit := (*ExitError)(nil); errors.As(cause, &exit) {
		return exit
	}
	if e := (*errs.Error)(nil); errors.As(cause, &e) {
		return cause
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return &errs.Error{Code: errs.Timeout, Message: "the time is up", Cause: cause}
	}
	return &errs.Error{Code: errs.Cancelled, Message: "cancelled", Cause: cause}
}

// stopValue is what a stopped strand is unwound with. Nothing catches it, so it needs no contents.
func (m *Machine) stopValue(s *strand) lua.LValue {
	return &lua.LUserData{Value: stopError(s), Metatable: lua.LNil}
}

// goError is the error a Go caller gets for a failure that nobody caught.
func (m *Machine) goError(L *lua.LState, fail *failure) error {
	if s := fiberOf(L).strand; s.ctx.Err() != nil {
		err := stopError(s)
		if e := (*errs.Error)(nil); errors.As(err, &e) && err == error(e) && e.Where == "" {
			c := *e
			c.Where, c.Traceback = m.where(fail.thread), m.traceback(fail.thread)
			return &c
		}
		return err
	}
	return m.described(L, fail)
}

// described makes an error of any Lua value.
func (m *Machine) described(L *lua.LState, fail *failure) *errs.Error {
	trace, hint := fail.trace, fail.hint
	if trace == "" {
		trace = m.traceback(fail.thread)
	}
	switch v := fail.value.(type) {
	case *lua.LTable:
		e := fieldsOf(v)
		if e.Message == "" {
			e.Message = m.tableMessage(L, v)
		}
		if e.Where == "" {
			e.Where = m.where(fail.thread)
		}
		if e.Traceback == "" {
			e.Traceback = trace
		}
		if e.Hint == "" {
			e.Hint = hint
		}
		if e.Task == "" {
			e.Task = fail.task
		}
		return e
	case lua.LString, lua.LNumber:
		e := &errs.Error{Code: errs.Runtime, Message: v.String(), Traceback: trace, Hint: hint, Task: fail.task}
		e.Where, e.Message = m.splitWhere(e.Message)
		if line := m.sourceLine(e.Where); line != "" {
			e.Message += "\n" + line
		}
		if e.Where == "" {
			e.Where = m.where(fail.thread)
		}
		return e
	}
	return &errs.Error{
		Code: errs.Runtime, Message: fmt.Sprintf("the script raised a %s value", fail.value.Type()),
		Where: m.where(fail.thread), Traceback: trace, Hint: hint, Task: fail.task,
	}
}

// tableMessage is for an error table without a message: what its own __tostring says.
func (m *Machine) tableMessage(L *lua.LState, t *lua.LTable) string {
	if meta, ok := t.Metatable.(*lua.LTable); ok && meta.RawGetString("__tostring") != lua.LNil {
		if text, ok := m.text(L, t); ok {
			return text
		}
	}
	return "the script raised a table without a message"
}

// text is tostring(v); false when that fails.
func (m *Machine) text(L *lua.LState, v lua.LValue) (string, bool) {
	f := fiberOf(L)
	if f.depth() >= maxNesting {
		return v.String(), false
	}
	th := m.thread(f, L)
	th.Push(m.tostring)
	th.Push(v)
	f.own++
	fail := m.call(th, 1)
	f.own--
	m.root.G.CurrentThread = L
	if fail != nil {
		return v.String(), false
	}
	text := th.Get(-1).String()
	m.done(th)
	return text, true
}

// wherePattern finds the position that Lua puts before a message. Windows paths have a colon of their own.
var wherePattern = regexp.MustCompile(`^((?:[A-Za-z]:[\\/])?[^:\n]+):(\d+): ?`)

// splitWhere takes the position off a message, when it is one of a chunk of ours.
func (m *Machine) splitWhere(message string) (where, rest string) {
	found := wherePattern.FindStringSubmatch(message)
	if found == nil {
		return "", message
	}
	if _, ok := m.texts[found[1]]; !ok {
		return "", message
	}
	return found[1] + ":" + found[2], message[len(found[0]):]
}

// sourceLine is the line at a position, set off as in an editor.
func (m *Machine) sourceLine(where string) string {
	i := strings.LastIndexByte(where, ':')
	if i < 0 {
		return ""
	}
	n := 0
	if _, err := fmt.Sscanf(where[i+1:], "%d", &n); err != nil {
		return ""
	}
	line, ok := lineOf(m.texts[where[:i]], n)
	if !ok || strings.TrimSpace(line) == "" {
		return ""
	}
	return fmt.Sprintf("%5d | %s", n, strings.TrimRight(line, " \t"))
}

// lineOf is the nth line of a text, from 1.
func lineOf(text string, n int) (string, bool) {
	i := 0
	for line := range strings.Lines(text) {
		if i++; i == n {
			return strings.TrimRight(line, "\r\n"), true
		}
	}
	return "", false
}

// where is file:line of the Lua function that runs on L, or of the one that called it.
func (m *Machine) where(L *lua.LState) string {
	return strings.TrimSuffix(m.lib.Where(L, 0), ": ")
}

// traceback lists the Lua functions that run on L and on the threads that wait for it.
func (m *Machine) traceback(L *lua.LState) string {
	_, lines, _ := strings.Cut(m.lib.Traceback(L, 0), "\n")
	return lines
}

// joinTraces puts a trace before the one of the thread that waited.
func joinTraces(inner, outer string) string {
	if inner == "" || outer == "" {
		return inner + outer
	}
	return inner + "\n" + outer
}
