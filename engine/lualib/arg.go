package lualib

import (
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"
)

// maxString is the longest string a function of the library makes: one line of a script must not take the machine down.
const maxString = 1 << 30

const tooLarge = "resulting string too large"

// raise raises a message that begins with the position of the function that called the running one.
func (l *Library) raise(L *lua.LState, format string, args ...any) {
	L.Error(lua.LString(l.Where(L, 1)+fmt.Sprintf(format, args...)), 0)
}

// argError raises "bad argument", named as the caller named the function.
func (l *Library) argError(L *lua.LState, n int, msg string) {
	name, what := "?", ""
	if f, ok := l.level(L, 0); ok {
		if f.name != "" {
			name = f.name
		}
		what = f.nameWhat
	}
	if what == "method" {
		n-- // the object before the colon is not counted
		if n == 0 {
			l.raise(L, "calling '%s' on bad self (%s)", name, msg)
		}
	}
	l.raise(L, "bad argument #%d to '%s' (%s)", n, name, msg)
}

func (l *Library) typeError(L *lua.LState, n int, want string) {
	l.argError(L, n, want+" expected, got "+typeName(L, n))
}

// typeName names the type of an argument, "no value" for one that was not given.
func typeName(L *lua.LState, n int) string {
	if n > L.GetTop() {
		return "no value"
	}
	return L.Get(n).Type().String()
}

func (l *Library) any(L *lua.LState, n int) lua.LValue {
	if n > L.GetTop() {
		l.argError(L, n, "value expected")
	}
	return L.Get(n)
}

func (l *Library) table(L *lua.LState, n int) *lua.LTable {
	t, ok := L.Get(n).(*lua.LTable)
	if !ok {
		l.typeError(L, n, "table")
	}
	return t
}

func (l *Library) function(L *lua.LState, n int) *lua.LFunction {
	f, ok := L.Get(n).(*lua.LFunction)
	if !ok {
		l.typeError(L, n, "function")
	}
	return f
}

func (l *Library) str(L *lua.LState, n int) string {
	switch v := L.Get(n).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return FormatNumber(float64(v))
	}
	l.typeError(L, n, "string")
	return ""
}

func (l *Library) optStr(L *lua.LState, n int, def string) string {
	if L.Get(n) == lua.LNil {
		return def
	}
	return l.str(L, n)
}

func (l *Library) number(L *lua.LState, n int) float64 {
	switch v := L.Get(n).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		if f, ok := ParseNumber(string(v)); ok {
			return f
		}
	}
	l.typeError(L, n, "number")
	return 0
}

func (l *Library) int(L *lua.LState, n int) int {
	return toInt(l.number(L, n))
}

func (l *Library) optInt(L *lua.LState, n, def int) int {
	if L.Get(n) == lua.LNil {
		return def
	}
	return l.int(L, n)
}

// option gives the argument when it is one of the words.
func (l *Library) option(L *lua.LState, n int, def string, words ...string) string {
	var s string
	if def == "" {
		s = l.str(L, n)
	} else {
		s = l.optStr(L, n, def)
	}
	for _, w := range words {
		if s == w {
			return s
		}
	}
	l.argError(L, n, fmt.Sprintf("invalid option '%s'", s))
	return ""
}

// toInt truncates; what has no integer becomes the nearest one, so that no result depends on the processor.
func toInt(f float64) int {
	switch {
	case f != f:
		return 0
	case f >= math.MaxInt:
		return math.MaxInt
	case f <= math.MinInt:
		return math.MinInt
	}
	return int(f)
}

// call calls fn and gives its first result.
func call(L *lua.LState, fn lua.LValue, args ...lua.LValue) lua.LValue {
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	L.Call(len(args), 1)
	v := L.Get(-1)
	L.Pop(1)
	return v
}

// metaField gives a field of a value's metatable, nil for none, whatever __metatable says.
func metaField(L *lua.LState, v lua.LValue, name string) lua.LValue {
	return L.GetMetaField(v, name)
}

// cancelled reports whether the run was called off; work in Go that takes long asks now and then.
func cancelled(L *lua.LState) error {
	if ctx := L.Context(); ctx != nil {
		return ctx.Err()
	}
	return nil
}
