package lualib_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/lualib"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// TestScripts runs the tests that are written in Lua.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*_test.lua")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range scripts {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			L, lib := newState(t, lualib.Options{
				Stdin:  strings.NewReader("first\n42 rest\nlast"),
				Stdout: &out,
				Now:    func() time.Time { return time.Unix(1_000_000_000, 0).UTC() },
				Getenv: func(name string) string { return map[string]string{"HOME": "/home/demo"}[name] },
			})
			defer lib.Close()
			L.SetGlobal("DIR", lua.LString(t.TempDir()))
			proto, err := lualib.Compile(path, src)
			if err != nil {
				t.Fatal(err)
			}
			L.Push(L.NewFunctionFromProto(proto))
			if err := L.PCall(0, 0, nil); err != nil {
				t.Fatalf("%v\n%s", err, out.String())
			}
		})
	}
}

func TestCompile(t *testing.T) {
	for _, c := range []struct {
		name, src string
		line      int // of the error, 0 for none
	}{
		{"plain", "return 1", 0},
		{"mark", "\xef\xbb\xbfreturn 1", 0},
		{"interpreter line", "#!/usr/bin/env oslua\nreturn 1", 0},
		{"mark and interpreter line", "\xef\xbb\xbf#!/usr/bin/env oslua\r\nreturn 1", 0},
		{"only an interpreter line", "#!x", 0},
		{"empty", "", 0},
		{"lines stay", "#!x\n\nlocal = 1", 3},
		{"deep", "return " + strings.Repeat("(", 200_000) + "1" + strings.Repeat(")", 200_000), 0},
		{"deep tables", "return " + strings.Repeat("{", 50_000) + strings.Repeat("}", 50_000), 1},
		{"deep operators", "return " + strings.Repeat("-", 0) + strings.Repeat("not ", 50_000) + "x", 1},
		{"long concatenation", "return " + strings.Repeat("a .. ", 50_000) + "a", 1},
		{"deep blocks", strings.Repeat("do ", 50_000) + strings.Repeat("end ", 50_000), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			proto, err := lualib.Compile("x.lua", []byte(c.src))
			if c.line == 0 {
				if err != nil || proto == nil {
					t.Fatal(err)
				}
				return
			}
			var pe *parse.Error
			if !errors.As(err, &pe) || pe.Pos.Line != c.line {
				t.Fatalf("%#v, want an error on line %d", err, c.line)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{`error("x")`, "test.lua:1: x"},
		{`error("x", 0)`, "x"},
		{`error({code = "mine"})`, "table: "},
		{`assert(false, {1})`, "table: "},
		{`string.rep()`, "test.lua:1: bad argument #1 to 'rep' (string expected, got no value)"},
		{`("x"):rep({})`, "test.lua:1: bad argument #1 to 'rep' (number expected, got table)"},
		{`local t = setmetatable({}, {__index = string}) t:rep(1)`, "test.lua:1: calling 'rep' on bad self (string expected, got table)"},
		{`string.rep("x", 1e10)`, "resulting string too large"},
		{`string.rep("x", 1e300)`, "resulting string too large"},
		{`string.rep("x", 2^29, "yy")`, "resulting string too large"},
		{`string.format("%999d", 1)`, "invalid format (width or precision too long)"},
		{`string.format("%d", "x")`, "bad argument #2 to 'format' (number expected, got string)"},
		{`string.format("%d")`, "bad argument #2 to 'format' (no value)"},
		{`string.format("%y", 1)`, "invalid option '%y' to 'format'"},
		{`string.format("%", 1)`, "invalid option '%' to 'format'"},
		{`string.find("x", "[a")`, "malformed pattern (missing ']')"},
		{`string.find("x", "%")`, "malformed pattern (ends with '%')"},
		{`string.find("x", "%f")`, "missing '[' after '%f' in pattern"},
		{`string.find(("x"):rep(300000), (".?"):rep(300000))`, "pattern too complex"},
		{`string.gsub("x", "x", "%")`, "invalid use of '%' in replacement string"},
		{`string.gsub("x", "x", "%2")`, "invalid capture index"},
		{`string.gsub("x", "x", function() return {} end)`, "invalid replacement value (a table)"},
		{`string.find("x", ("()"):rep(33))`, "too many captures"},
		{`unpack({}, 1, 1e8)`, "too many results to unpack"},
		{`unpack({}, -1e300, 1e300)`, "too many results to unpack"},
		{`string.byte(("x"):rep(2^21), 1, -1)`, "string slice too long"},
		{`table.concat({1, {}, 2})`, "invalid value (table) at index 2 in table for 'concat'"},
		{`table.insert({}, -1e15, 1)`, "position out of bounds"},
		{`table.move({}, 1, 1e15, 2)`, "too many elements to move"},
		{`table.sort({1, 2, "x"})`, "attempt to compare"},
		{`table.sort({1, 2, 3}, function() error("mine") end)`, "mine"},
		{`setmetatable(setmetatable({}, {__metatable = 1}), {})`, "cannot change a protected metatable"},
		{`print(setmetatable({}, {__tostring = function() return 1 == 1 end}))`, "'__tostring' must return a string"},
		{`debug.sethook(print, "l")`, "hooks are not supported"},
		{`io.popen("ls")`, "'popen' not supported"},
		{`dofile("/nonexistent.lua")`, "cannot open /nonexistent.lua: No such file or directory"},
		{`io.lines("/nonexistent.lua")`, "bad argument #1 to 'lines' (/nonexistent.lua: No such file or directory)"},
		{`io.open("x", "q")`, "bad argument #2 to 'open' (invalid mode)"},
	} {
		if _, err := run(t, lualib.Options{}, c.code); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\n\tgot  %v\n\twant %s", c.code, err, c.want)
		}
	}
}

// TestSyntaxMessages holds the form of what loadstring returns.
func TestSyntaxMessages(t *testing.T) {
	out, err := run(t, lualib.Options{}, `
		print(select(2, loadstring("x =")))
		print(select(2, loadstring("x = = 1", "@file.lua")))
		print(select(2, loadstring("\n\nx = 'a", "=name")))
		print(select(2, load(function() return 1 == 1 end)))
		print(select(2, load("x", "x", "b")))`)
	want := `[string "x ="]:1: syntax error near '<eof>'
file.lua:1: syntax error near '='
name:3: unterminated string near 'a'
reader function must return a string
attempt to load a text chunk (mode is 'b')
`
	if err != nil || out != want {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestSandbox(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, code := range []string{
		"io.open(%q, 'w')", "io.lines(%q)", "io.input(%q)", "io.output(%q)", "io.tmpfile()", "os.remove(%q)", "os.rename(%[1]q, %[1]q)",
		"os.tmpname()", "os.execute('touch ' .. %q)", "dofile(%q)", "loadfile(%q)",
	} {
		if strings.Contains(code, "%") {
			code = fmt.Sprintf(code, path)
		}
		_, err := run(t, lualib.Options{Sandbox: true}, code)
		if err == nil || !strings.Contains(err.Error(), "is not available in the sandbox") {
			t.Errorf("%s: %v", code, err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the sandbox made a file")
	}
	if out, err := run(t, lualib.Options{Sandbox: true}, `print(os.time() > 0, io.write("x"), os.getenv("HOME"))`); err != nil || out != "xtrue\ttrue\tnil\n" {
		t.Errorf("%q %v", out, err)
	}
}

// brokenPipe fails every write.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestBrokenPipe(t *testing.T) {
	o := lualib.Options{Stdout: brokenPipe{}, Stderr: brokenPipe{}}
	if _, err := run(t, o, `print("x")`); err == nil || !strings.Contains(err.Error(), "cannot print: ") {
		t.Error(err)
	}
	if _, err := run(t, o, `
		for _, f in ipairs { io.stdout, io.stderr } do
			local ok, msg = f:write("x")
			assert(ok == nil and type(msg) == "string")
			assert(f:setvbuf("full"))
			assert(f:write("x"))
			local ok, msg = f:flush()
			assert(ok == nil and type(msg) == "string")
			assert(f:flush())
		end`); err != nil {
		t.Error(err)
	}
}

func TestFilesAreCompleteAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	var out bytes.Buffer
	_, err := run(t, lualib.Options{Stdout: &out}, fmt.Sprintf(`
		f = io.open(%q, "w") f:setvbuf("full") f:write("never closed")
		io.stdout:setvbuf("full") io.write("held back")`, path))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "never closed" {
		t.Errorf("%q %v", b, err)
	}
	if out.String() != "held back" {
		t.Errorf("%q", out.String())
	}
}

// TestThroughThreads has errors and tracebacks see the thread that waits for a protected call.
func TestThroughThreads(t *testing.T) {
	var out strings.Builder
	callers := map[*lua.LState]*lua.LState{}
	L, lib := newState(t, lualib.Options{Stdout: &out, Caller: func(L *lua.LState) *lua.LState { return callers[L] }})
	defer lib.Close()
	L.SetGlobal("protected", L.NewFunction(func(L *lua.LState) int {
		th, _ := L.NewThread()
		callers[th] = L
		th.Push(L.Get(1))
		if err := th.PCall(0, 0, nil); err != nil {
			var api *lua.ApiError
			errors.As(err, &api)
			L.Push(api.Object)
			return 1
		}
		return 0
	}))
	proto, err := lualib.Compile("test.lua", []byte(`
local function inner()
	error("two up", 2)
end
local function outer()
	return (protected(inner))
end
print(outer())
protected(function() print(debug.traceback("here")) end)
protected(function() print(debug.getinfo(3, "l").currentline) end)
`))
	if err != nil {
		t.Fatal(err)
	}
	L.Push(L.NewFunctionFromProto(proto))
	if err := L.PCall(0, 0, nil); err != nil {
		t.Fatal(err)
	}
	want := `test.lua:6: two up
here
stack traceback:
	test.lua:9: in function <test.lua:9>
	test.lua:9: in main chunk
10
`
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}

func TestTracebackIsShort(t *testing.T) {
	out, err := run(t, lualib.Options{}, `
		local function f(n) if n == 0 then return (debug.traceback()) end local s = f(n - 1) return s end
		print(f(500))`)
	if err != nil || strings.Count(out, "\n\t") != 23 || !strings.Contains(out, "\n\t...\n") || !strings.Contains(out, "in main chunk") {
		t.Errorf("%v\n%s", err, out)
	}
}

// calledOff is a context that ends after it was asked a few times.
type calledOff struct {
	context.Context
	asked int
}

func (c *calledOff) Err() error {
	if c.asked++; c.asked > 3 {
		return context.Canceled
	}
	return nil
}

// TestCancelMatch ends a pattern that would take years.
func TestCancelMatch(t *testing.T) {
	for _, code := range []string{
		`string.find(("a"):rep(60), ("a?"):rep(60) .. ("a"):rep(61))`,
		`for _ in string.gmatch(("a"):rep(60), ("a?"):rep(60) .. ("a"):rep(61)) do end`,
		`string.gsub(("a"):rep(60), ("a?"):rep(60) .. ("a"):rep(61), "")`,
	} {
		L, _ := newState(t, lualib.Options{})
		L.SetContext(&calledOff{Context: t.Context()})
		if err := L.DoString(code); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestStatesAreApart has two machines draw their own random numbers.
func TestStatesAreApart(t *testing.T) {
	code := `math.randomseed(7) print(math.random(1e9), math.random(1e9))`
	a, err := run(t, lualib.Options{}, code)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := run(t, lualib.Options{}, code); a != b {
		t.Errorf("%q %q", a, b)
	}
	a, _ = run(t, lualib.Options{}, `print(math.random(1e9))`)
	if b, _ := run(t, lualib.Options{}, `print(math.random(1e9))`); a == b {
		t.Errorf("%q twice", a)
	}
}
