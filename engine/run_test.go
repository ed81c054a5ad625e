package engine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// asError demands an error of the house and gives it.
func asError(t *testing.T, err error) *errs.Error {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v (%T), want an *errs.Error", err, err)
	}
	return e
}

func contains(t *testing.T, what, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s: got %q, want it to contain %q", what, got, w)
		}
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSyntaxErrors(t *testing.T) {
	for _, tc := range []struct {
		name, code, where string
		message           []string
		hint              string
	}{
		{"token", "local x = 1\nlocal y = = 2", "s.lua:2:11", []string{"unexpected '='", "    2 | local y = = 2", "\n        " + "          ^"}, ""},
		{"end", "if x then\n  print(1)\n", "s.lua:2:11", []string{"ends too early", "  print(1)"}, ""},
		{"open string", "print(\"abc)\n", "s.lua:1", []string{"string is not closed"}, ""},
		{"curly quotes", "print(“hi”)", "s.lua:1:7", []string{"U+201C", "left double quotation mark", "\n              ^"}, `the plain "`},
		{"single quotes", "x = ‘a’", "s.lua:1:5", []string{"left single quotation mark"}, "the plain '"},
		{"em dash", "local a = 1 — a comment", "s.lua:1:13", []string{"em dash"}, "the plain --"},
		{"en dash", "x = 1 – 2", "s.lua:1:7", []string{"en dash"}, "the plain -"},
		{"no-break space", "local\u00a0x = 1", "s.lua:1:6", []string{"U+00A0", "no-break space"}, "a plain space"},
		{"guillemets", "x = «a»", "s.lua:1:5", []string{"left guillemet"}, `the plain "`},
		{"full width", "print（1）", "s.lua:1:6", []string{"full-width ("}, "the plain ("},
		{"quotes in strings are fine", "x = '“' .. '—' = 1", "s.lua:1:16", []string{"unexpected '='"}, ""},
		{"hangul name", "local 이름 = 1", "s.lua:1:7", []string{"U+C774"}, "strings and comments"},
		{"break", "break", "s.lua:1", []string{"    1 | break"}, ""},
		{"after #!", "#!/usr/bin/env oslua\nx = = 1", "s.lua:2:5", []string{"unexpected '='"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := asError(t, newMachine(t).RunString(t.Context(), "s.lua", tc.code))
			if e.Code != errs.Syntax {
				t.Errorf("code %q", e.Code)
			}
			if e.Where != tc.where {
				t.Errorf("where: got %q, want %q\n%s", e.Where, tc.where, e.Message)
			}
			contains(t, "message", e.Message, tc.message...)
			contains(t, "hint", e.Hint, tc.hint)
		})
	}
}

func TestRuntimeErrors(t *testing.T) {
	for _, tc := range []struct {
		name, code, where, message, hint string
	}{
		{"nil module", "\nparrots.say('x')", "s.lua:2", "attempt to index a nil value (global 'parrots')\n    2 | parrots.say('x')", `local parrots = require "parrots"`},
		{"misspelt module", "parots.say('x')", "s.lua:1", "global 'parots'", `require "parrots"`},
		{"misspelt function", "local p = require 'parrots'\np.sya('x')", "s.lua:2", "field 'sya'", "did you mean say?"},
		{"misspelt option of a call of the module", "require('parrots'){nam='x'}", "s.lua:1", `unknown option "nam"; did you mean "name"?`, ""},
		{"misspelt method", "local p = require('parrots').create{name='x'}\np:renam()", "s.lua:2", "method 'renam'", "did you mean rename?"},
		{"error with text", "error('boom')", "s.lua:1", "boom", ""},
		{"error with table", "error({code = 'quota', message = 'full', hint = 'wait'})", "s.lua:1", "full", "wait"},
		{"error with tostring", "error(setmetatable({}, {__tostring = function() return 'mine' end}))", "s.lua:1", "mine", ""},
		{"error with nothing", "error()", "s.lua:1", "nil value", ""},
		{"unknown module", "require 'parots'", "s.lua:1", "module 'parots' not found", `did you mean require "parrots"?`},
		{"deep", "local function f() return 1 + f() end f()", "s.lua:1", "stack overflow", "calls itself"},
		{"compare", "local a = {} if a < 1 then end", "s.lua:1", "attempt to compare", ""},
		{"in a task", "task.all{ function() error('in task') end }", "s.lua:1", "in task", ""},
		{"in wrap", "coroutine.wrap(function() local x; x() end)()", "s.lua:1", "attempt to call a nil value (local 'x')", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := asError(t, newMachine(t).RunString(t.Context(), "s.lua", tc.code))
			contains(t, "message", e.Message, tc.message)
			contains(t, "hint", e.Hint, tc.hint)
			if e.Where != tc.where {
				t.Errorf("where: got %q, want %q", e.Where, tc.where)
			}
			contains(t, "traceback", e.Traceback, "s.lua:")
			if strings.Contains(e.Traceback, "[G]") || strings.Contains(e.Traceback, ".go:") {
				t.Errorf("the traceback shows Go: %s", e.Traceback)
			}
		})
	}
}

func TestTracebackCrossesTasksAndCoroutines(t *testing.T) {
	e := asError(t, newMachine(t).RunString(t.Context(), "s.lua", `
local function inner() error("deep") end
local function outer()
  task.map({1}, function()
    coroutine.wrap(function() inner() end)()
  end)
end
outer()`))
	contains(t, "traceback", e.Traceback, "s.lua:2", "s.lua:5", "s.lua:4", "in function 'outer'", "s.lua:8: in main chunk")
}

func TestGoErrorsComeBack(t *testing.T) {
	m := newMachine(t)
	e := asError(t, m.RunString(t.Context(), "s.lua", "require('parrots').fail()"))
	if e.Code != errs.Conflict || e.Status != 409 || e.Op != "parrots.fail" || !errors.Is(e, fs.ErrExist) {
		t.Errorf("got %+v", e)
	}
	e = asError(t, m.RunString(t.Context(), "s.lua", "local ok, err = pcall(require('parrots').fail) err.hint = 'mine' error(err)"))
	if e.Hint != "mine" || !errors.Is(e, fs.ErrExist) {
		t.Errorf("got %+v", e)
	}
}

func TestRunFile(t *testing.T) {
	dir := t.TempDir()
	script := write(t, dir, "main.lua", "\xef\xbb\xbf#!/usr/bin/env oslua\nlocal a, b = ...\nprint(arg[0] == 'PATH' or arg[0], arg[1], a, b, #arg)")
	m := newMachine(t)
	if err := m.RunFile(t.Context(), script, "one", "two"); err != nil {
		t.Fatal(err)
	}
	if want := script + "\tone\tone\ttwo\t2\n"; m.out.String() != want {
		t.Errorf("got %q, want %q", m.out, want)
	}
	for _, tc := range []struct{ path, message, hint string }{
		{filepath.Join(dir, "mian.lua"), "there is no script", "main.lua?"},
		{filepath.Join(dir, "main"), "there is no script", "main.lua?"},
		{filepath.Join(dir, "no", "main.lua"), "there is no script", "there is no folder"},
		{dir, "is a directory", "run " + script},
	} {
		e := asError(t, m.RunFile(t.Context(), tc.path))
		contains(t, "message", e.Message, tc.message)
		contains(t, "hint", e.Hint, tc.hint)
	}
}

func TestScriptThatReturnsMain(t *testing.T) {
	dir := t.TempDir()
	code := "return setmetatable({}, {__main = function(self, a, b) defer(print, 'cleaned') print(type(self), a, b) error{code = 'check_failed', message = 'no'} end})"
	m := newMachine(t)
	e := asError(t, m.RunFile(t.Context(), write(t, dir, "lab.lua", code), "x", "y"))
	if e.Code != "check_failed" || m.out.String() != "table\tx\ty\ncleaned\n" {
		t.Errorf("got %+v, printed %q", e, m.out)
	}
	m.out.Reset()
	if err := m.RunFile(t.Context(), write(t, dir, "user.lua", "require 'lab'")); err != nil || m.out.Len() > 0 {
		t.Errorf("a required script ran: %v, %q", err, m.out)
	}
}

func TestRequire(t *testing.T) {
	dir, lib := t.TempDir(), t.TempDir()
	write(t, dir, "near.lua", "return {from = 'script', name = ...}")
	write(t, dir, "pkg/init.lua", "return 'pkg'")
	write(t, dir, "a/b.lua", "return 'a.b'")
	write(t, dir, "parrots.lua", "return 'shadow'")
	write(t, dir, "broken.lua", "local x = = 1")
	write(t, dir, "raises.lua", "\nerror('at load')")
	write(t, dir, "loop1.lua", "return require 'loop2'")
	write(t, dir, "loop2.lua", "return require 'loop1'")
	write(t, dir, "nothing.lua", "")
	write(t, lib, "near.lua", "return {from = 'lib'}")
	write(t, lib, "far.lua", "return 'far'")
	cwd := t.TempDir()
	write(t, cwd, "here.lua", "return 'cwd'")
	t.Chdir(cwd)
	run := func(t *testing.T, code string) (string, error) {
		m := newMachine(t, func(o *Options) {
			o.Path = []string{lib}
			o.Sources = map[string]string{"greet": "local M = {} function M.hi() return 'hi' end return M"}
		})
		err := m.RunFile(t.Context(), write(t, dir, "main.lua", code))
		return strings.TrimSpace(m.out.String()), err
	}
	for _, tc := range []struct{ name, code, want string }{
		{"beside the script first", "local n = require 'near' print(n.from, n.name)", "script\tnear"},
		{"init.lua", "print(require 'pkg')", "pkg"},
		{"dots are folders", "print(require 'a.b')", "a.b"},
		{"the path", "print(require 'far')", "far"},
		{"built-in before files", "print(type(require 'parrots'))", "table"},
		{"sources", "print(require('greet').hi())", "hi"},
		{"once", "print(require 'near' == require 'near', package.loaded.near == require 'near')", "true\ttrue"},
		{"again after clearing", "local n = require 'near' package.loaded.near = nil print(n == require 'near')", "false"},
		{"preload", "package.preload.near = function(n) return n .. '!' end print(require 'near')", "near!"},
		{"path can be changed", "package.path = '" + filepath.ToSlash(lib) + "/?.lua' print(require('near').from)", "lib"},
		{"no value is true", "print(require 'nothing')", "true"},
		{"json and task", "print(type(require('json').encode), require 'task' == task)", "function\ttrue"},
		{"loaders can be added", "table.insert(package.loaders, 1, function(n) return function() return 'own ' .. n end end) print(require 'x')", "own x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := run(t, tc.code)
			if err != nil || got != tc.want {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
		})
	}
	for _, tc := range []struct {
		name, code, where string
		message           []string
	}{
		{"never the current folder", "require 'here'", "main.lua:1", []string{"module 'here' not found", "no file"}},
		{"a module that does not compile", "require 'broken'", "broken.lua:1:11", []string{"unexpected '='"}},
		{"a module that raises", "require 'raises'", "raises.lua:2", []string{"at load", "error('at load')"}},
		{"a loop", "require 'loop1'", "loop2.lua:1", []string{"loop while loading module 'loop1'"}},
		{"a path for a name", "require '../x'", "main.lua:1", []string{"use dots"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := run(t, tc.code)
			e := asError(t, err)
			contains(t, "message", e.Message, tc.message...)
			if !strings.HasSuffix(e.Where, tc.where) {
				t.Errorf("where: got %q, want %q", e.Where, tc.where)
			}
			contains(t, "traceback", e.Traceback, "main.lua:1")
		})
	}
}

func TestSandbox(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	write(t, dir, "inside.lua", "return 'inside'")
	write(t, outside, "secret.lua", "return 'outside'")
	m := newMachine(t, func(o *Options) { o.Sandbox, o.Path = true, []string{outside} })
	script := write(t, dir, "main.lua", `print(require "inside")
print(pcall(require, "secret"))
package.path = "`+filepath.ToSlash(outside)+`/?.lua"
print((pcall(require, "secret")))
print((pcall(os.execute, "true")), (pcall(io.open, "x")), (pcall(dofile, "x")), (pcall(os.remove, "x")))`)
	if err := m.RunFile(t.Context(), script); err != nil {
		t.Fatal(err)
	}
	if got := m.out.String(); !strings.HasPrefix(got, "inside\nfalse\t") || strings.Contains(got, "true") || strings.Contains(got, "\toutside") {
		t.Errorf("got %q", got)
	}
}

func TestExitRunsCleanUps(t *testing.T) {
	for _, tc := range []struct {
		arg  string
		code int
	}{{"", 0}, {"true", 0}, {"false", 1}, {"7", 7}} {
		for _, how := range []string{"os.exit(%)", "pcall(os.exit, %)", "task.all{ function() os.exit(%) end, function() sleep('2h') end }",
			"coroutine.wrap(function() pcall(os.exit, %) end)()"} {
			m := newMachine(t)
			code := strings.ReplaceAll(how, "%", tc.arg)
			if tc.arg == "" {
				code = strings.ReplaceAll(code, ", )", ")")
			}
			err := m.RunString(t.Context(), "s.lua", "defer(function() print 'first' end) defer(print, 'second') "+code+" print 'unreached'")
			var exit *ExitError
			if !errors.As(err, &exit) || exit.Code != tc.code {
				t.Errorf("%s: got %v", code, err)
			}
			if m.out.String() != "second\nfirst\n" {
				t.Errorf("%s: printed %q", code, m.out)
			}
		}
	}
}

func TestCleanUps(t *testing.T) {
	m := newMachine(t)
	e := asError(t, m.RunString(t.Context(), "s.lua", `
defer(function() print("last") end)
defer(function() error("clean-up broke") end)
defer(function() sleep(1) defer(function() print("nested") end) end)
error("the reason")`))
	contains(t, "message", e.Message, "the reason")
	// A clean-up that failed beside the script is not lost: something may be left for which somebody pays.
	if m.out.String() != "nested\ns.lua:3: a clean-up failed: clean-up broke\n    3 | defer(function() error(\"clean-up broke\") end)\nlast\n" {
		t.Errorf("printed %q", m.out)
	}
	e = asError(t, m.RunString(t.Context(), "s.lua", `defer(function() error("clean-up broke") end)`))
	contains(t, "message", e.Message, "a clean-up failed", "clean-up broke")
}

// dueClock lets the time limit of clean-ups pass at once.
type dueClock struct{ quickClock }

func (c *dueClock) Sleep(ctx context.Context, d time.Duration) error {
	if d == 7*time.Second {
		return nil
	}
	return c.quickClock.Sleep(ctx, d)
}

func TestCleanUpsHaveATimeLimit(t *testing.T) {
	m := newMachine(t, func(o *Options) { o.Clock, o.CleanupTimeout = &dueClock{}, 7*time.Second })
	e := asError(t, m.RunString(t.Context(), "s.lua", `defer(function() while true do pcall(sleep, "2h") end end)`))
	if e.Code != errs.Timeout {
		t.Errorf("got %+v", e)
	}
}

func TestCancellation(t *testing.T) {
	for name, code := range map[string]string{
		"busy loop":                  "started() while true do end",
		"in pcall":                   "started() while true do pcall(function() while true do end end) end",
		"in try":                     "started() while true do try(error, 'x') end",
		"in a call":                  "started() while true do pcall(require('parrots').wait) end",
		"in sleep":                   "started() sleep('2h')",
		"in a coroutine":             "coroutine.wrap(function() started() while true do pcall(sleep, '2h') end end)()",
		"in tasks":                   "task.all{ function() started() sleep('2h') end, function() while true do pcall(sleep, '2h') end end }",
		"in a handler":               "started() xpcall(error, function() while true do end end)",
		"in a metamethod":            "local t = setmetatable({}, {__index = function() while true do end end}) started() print(t.x)",
		"in a coroutine made before": "local co = coroutine.create(function() while true do coroutine.yield() end end) started() while true do coroutine.resume(co) end",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := newMachine(t)
			m.With(func(L *lua.LState) {
				L.G.Global.RawSetString("started", L.NewFunction(func(*lua.LState) int { cancel(); return 0 }))
			})
			err := m.RunString(ctx, "s.lua", "defer(print, 'cleaned')\n"+code)
			e := asError(t, err)
			if e.Code != errs.Cancelled || !errors.Is(err, context.Canceled) {
				t.Errorf("got %+v", e)
			}
			if m.out.String() != "cleaned\n" {
				t.Errorf("printed %q", m.out)
			}
		})
	}
}

func TestDeadlineIsTimeout(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if e := asError(t, newMachine(t).RunString(ctx, "s.lua", "while true do end")); e.Code != errs.Timeout {
		t.Errorf("got %+v", e)
	}
}

func TestLimits(t *testing.T) {
	m := newMachine(t, func(o *Options) { o.MaxInstructions = 100_000 })
	contains(t, "message", asError(t, m.RunString(t.Context(), "s.lua", "while true do pcall(function() end) end")).Message, "more than 100000 instructions")
	if err := m.RunString(t.Context(), "s.lua", "for i = 1, 1000 do end"); err != nil {
		t.Errorf("the next run: %v", err)
	}
	m = newMachine(t, func(o *Options) { o.MaxHeap = heapInUse() + 64<<20 })
	contains(t, "message", asError(t, m.RunString(t.Context(), "s.lua", "local t = {} while true do t[#t + 1] = {} end")).Message, "MiB of memory")
}

func TestGlobals(t *testing.T) {
	asked := 0
	m := newMachine(t, func(o *Options) {
		o.Globals = true
		o.Modules = func() []schema.Module { asked++; return []schema.Module{parrots()} }
	})
	if asked != 0 {
		t.Error("modules were asked for before they were needed")
	}
	if err := m.RunString(t.Context(), "s.lua", "print(parrots.say 'x', rawget(_G, 'nothing'), nothing, json ~= nil)"); err != nil {
		t.Fatal(err)
	}
	if m.out.String() != "x\tnil\tnil\ttrue\n" || asked != 1 {
		t.Errorf("printed %q, asked %d times", m.out, asked)
	}
}

func TestEval(t *testing.T) {
	m := newMachine(t)
	eval := func(code string) (string, error) {
		values, err := m.Eval(t.Context(), "stdin", code)
		var texts []string
		for _, v := range values {
			texts = append(texts, m.Format(t.Context(), v))
		}
		return strings.Join(texts, " "), err
	}
	for _, tc := range []struct{ code, want string }{
		{"1 + 1, 'x'", "2 x"},
		{"n = 4", ""},
		{"n * 2", "8"},
		{"for i = 1, 2 do n = n + i end", ""},
		{"n", "7"},
		{"co = coroutine.wrap(function() while true do coroutine.yield(n) end end)", ""},
		{"co()", "7"},
		{"co()", "7"},
		{"require('parrots'){name = 'Polly'}", `parrot "Polly" (id-Polly)`}, // the module's Call
		{"require('parrots').create{name = 'Polly'}", `parrot "Polly" (id-Polly)`},
		{"defer(print, 'at the end')", ""},
	} {
		if got, err := eval(tc.code); err != nil || got != tc.want {
			t.Errorf("%s: got %q, %v; want %q", tc.code, got, err, tc.want)
		}
	}
	for _, code := range []string{"for i = 1, 2 do", "f(", "x = [[abc", "function f()", "--[[ note", "x = {", "return"} {
		_, err := eval(code)
		if want := code != "return"; IsIncomplete(err) != want {
			t.Errorf("%s: incomplete = %v (%v), want %v", code, IsIncomplete(err), err, want)
		}
	}
	for _, code := range []string{"x = = 1", "print('abc", "end", "error('x')"} {
		if _, err := eval(code); err == nil || IsIncomplete(err) {
			t.Errorf("%s: %v", code, err)
		}
	}
	if m.out.Len() != 0 {
		t.Errorf("printed %q before Close", m.out)
	}
	if err := m.Close(); err != nil || m.out.String() != "at the end\n" {
		t.Errorf("Close: %v, printed %q", err, m.out)
	}
}

func TestOneRunAtATime(t *testing.T) {
	m := newMachine(t)
	var inner error
	m.With(func(L *lua.LState) {
		L.G.Global.RawSetString("again", L.NewFunction(func(*lua.LState) int {
			inner = m.RunString(t.Context(), "inner", "")
			return 0
		}))
	})
	if err := m.RunString(t.Context(), "s.lua", "again()"); err != nil {
		t.Fatal(err)
	}
	contains(t, "message", asError(t, inner).Message, "running a script already")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	contains(t, "message", asError(t, m.RunString(t.Context(), "s.lua", "")).Message, "closed")
}

func TestOnCall(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	type key struct{}
	m := newMachine(t, func(o *Options) {
		o.OnCall = func(ctx context.Context, c Call) (context.Context, func(error)) {
			return context.WithValue(ctx, key{}, c.Func), func(err error) {
				mu.Lock()
				defer mu.Unlock()
				text := c.Module + "." + c.Func + " " + c.Where
				if c.Page > 0 {
					text += " page"
				}
				if err != nil {
					text += " " + string(errs.CodeOf(err))
				}
				seen = append(seen, text)
			}
		}
	})
	m.Register(schema.Module{Name: "probe", Funcs: []schema.Func{
		schema.Fn("get", "Get.", func(ctx context.Context, _ schema.None) (string, error) { return ctx.Value(key{}).(string), nil }),
	}})
	err := m.RunString(t.Context(), "s.lua", "local p = require 'parrots'\np.say('x')\npcall(p.fail)\nfor _ in p.each() do end\nprint(require('probe').get())")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"parrots.say s.lua:2", "parrots.fail s.lua:3 conflict", "parrots.each s.lua:4",
		"parrots.each s.lua:4 page", "parrots.each s.lua:4 page", "parrots.each s.lua:4 page", "parrots.each s.lua:4 page", "probe.get s.lua:5"}
	if !slices.Equal(seen, want) || m.out.String() != "get\n" {
		t.Errorf("got %q, printed %q", seen, m.out)
	}
}

func TestHelp(t *testing.T) {
	m := newMachine(t)
	if err := m.RunString(t.Context(), "s.lua", "local p = require 'parrots' help() help(p) help(p.say) help(p.create{name='x'}) help 'task.map' help(task.race)"); err != nil {
		t.Fatal(err)
	}
	contains(t, "help", m.out.String(), "parrots", "Birds that talk.", "Say a word.", "Call a function for each item")
}

func TestModulesAreValid(t *testing.T) {
	for _, mod := range []schema.Module{taskModule(), globalsModule()} {
		if err := schema.Validate(mod); err != nil {
			t.Error(mod.Name, err)
		}
	}
}

// TestAbandonedCoroutinesAreCollected holds that a loop left early costs no goroutine for ever.
func TestAbandonedCoroutinesAreCollected(t *testing.T) {
	m := newMachine(t)
	before := runtime.NumGoroutine()
	code := "for i = 1, 300 do local f = coroutine.wrap(function() pcall(function() coroutine.yield() end) end) f() end"
	if err := m.RunString(t.Context(), "s.lua", code); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		runtime.GC()
		m.living.mu.Lock()
		left := len(m.living.all)
		m.living.mu.Unlock()
		if left < 10 {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("goroutines: %d before, %d after", before, runtime.NumGoroutine())
}

func TestArraysAreLimited(t *testing.T) {
	m := newMachine(t)
	if err := m.RunString(t.Context(), "s.lua", "local t = {} t[67108863] = 1 print(t[67108863])"); err != nil {
		t.Fatal(err)
	}
	if lua.MaxArrayIndex > 1<<23 {
		t.Errorf("MaxArrayIndex is %d", lua.MaxArrayIndex)
	}
}

// TestErrorsNameTheTask: an error says which of the tasks failed and what became of the others, whatever was raised.
func TestErrorsNameTheTask(t *testing.T) {
	for _, tc := range []struct{ name, code, want string }{
		{"an item by its name", `task.map({"a", "b", "c", "d", "e"}, function(v) if v == "c" then error("boom") end end, {limit = 1})`,
			"task.map: item 3 of 5 (c) failed; of the others 2 were done, 0 stopped, 2 not begun"},
		{"others stopped", `local n = 0
task.map({1, 2, 3, 4, 5}, function(v)
  n = n + 1
  while v == 1 and n < 2 or v == 2 and n < 4 or v > 2 do sleep(0.001) end
  if v == 2 then error("boom") end
end, {limit = 3})`,
			"task.map: item 2 of 5 (2) failed; of the others 1 were done, 2 stopped, 1 not begun"},
		{"an item with a name", `task.map({{name = "web"}, {}}, function(v) require("parrots").fail() end, {limit = 1})`,
			"task.map: item 1 of 2 (web) failed; of the others 0 were done, 0 stopped, 1 not begun"},
		{"a function", `local over
task.all{ function() over = true end, function() while not over do sleep(0.001) end error({message = "own"}) end }`,
			"task.all: function 2 of 2 failed; of the others 1 were done, 0 stopped, 0 not begun"},
		{"inside another", `task.map({"outer"}, function() task.map({"x", "y"}, function(v) if v == "y" then error("boom") end end, {limit = 1}) end)`,
			"task.map: item 1 of 1 (outer) failed; inside it task.map: item 2 of 2 (y) failed; of the others 1 were done, 0 stopped, 0 not begun"},
		{"a time limit has no others", `task.timeout("1h", function() error("boom") end)`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := asError(t, newMachine(t).RunString(t.Context(), "s.lua", tc.code))
			if e.Task != tc.want {
				t.Errorf("got  %q\nwant %q", e.Task, tc.want)
			}
		})
	}
	// A script that catches it can read it.
	if err := newMachine(t).RunString(t.Context(), "s.lua", `
local ok, err = pcall(task.map, {"a"}, function() require("parrots").fail() end)
assert(err.task:find("item 1 of 1 %(a%)"), err.task)
assert(err.op == "parrots.fail")`); err != nil {
		t.Error(err)
	}
}
