package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (l *Library) openDebug(L *lua.LState) {
	register(L, "debug", functions{
		"getfenv":      l.debugGetFEnv,
		"gethook":      l.debugGetHook,
		"getinfo":      l.debugGetInfo,
		"getlocal":     l.debugGetLocal,
		"getmetatable": l.debugGetMetatable,
		"getregistry":  l.debugGetRegistry,
		"getupvalue":   l.debugGetUpvalue,
		"setfenv":      l.debugSetFEnv,
		"sethook":      l.debugSetHook,
		"setlocal":     l.debugSetLocal,
		"setmetatable": l.debugSetMetatable,
		"setupvalue":   l.debugSetUpvalue,
		"traceback":    l.debugTraceback,
	})
}

// thread gives the thread a debug function is about, and how many arguments stand before the others.
func (l *Library) thread(L *lua.LState) (*lua.LState, int) {
	if handle, ok := L.Get(1).(*lua.LState); ok {
		return l.behind(handle), 1
	}
	return L, 0
}

// behind gives the thread of a coroutine's handle, the handle itself for a coroutine that has none.
func (l *Library) behind(handle *lua.LState) *lua.LState {
	if th := l.o.Thread(handle); th != nil {
		return th
	}
	return handle
}

func (l *Library) debugTraceback(L *lua.LState) int {
	th, shift := l.thread(L)
	msg := L.Get(1 + shift)
	if msg != lua.LNil && !lua.LVCanConvToString(msg) {
		L.Push(msg)
		return 1
	}
	level := 1
	if th != L {
		level = 0
	}
	text := l.Traceback(th, l.optInt(L, 2+shift, level))
	if msg != lua.LNil {
		text = l.ToString(L, msg) + "\n" + text
	}
	L.Push(lua.LString(text))
	return 1
}

func (l *Library) debugGetInfo(L *lua.LState) int {
	th, shift := l.thread(L)
	what := l.optStr(L, 2+shift, "flnSuL")
	if i := strings.IndexFunc(what, func(c rune) bool { return !strings.ContainsRune("flnSuL", c) }); i >= 0 {
		l.argError(L, 2+shift, "invalid option")
	}
	var f frame
	if fn, ok := L.Get(1 + shift).(*lua.LFunction); ok {
		f = frame{fn: fn, pc: -1, dbg: &lua.Debug{CurrentLine: -1}}
	} else {
		n := l.number(L, 1+shift)
		if f, ok = l.level(th, toInt(n)); !ok {
			L.Push(lua.LNil)
			return 1
		}
	}
	t := L.CreateTable(0, 12)
	str := func(k, v string) { setField(t, k, lua.LString(v)) }
	num := func(k string, v int) { setField(t, k, lua.LNumber(v)) }
	for _, c := range what {
		switch c {
		case 'S':
			switch {
			case f.fn == nil:
				str("what", "tail")
				str("source", "=(tail call)")
				str("short_src", "(tail call)")
				num("linedefined", -1)
				num("lastlinedefined", -1)
			case f.fn.IsG:
				str("what", "C")
				str("source", "=[C]")
				str("short_src", "[C]")
				num("linedefined", -1)
				num("lastlinedefined", -1)
			default:
				p := f.fn.Proto
				str("what", "Lua")
				if p.LineDefined == 0 {
					str("what", "main")
				}
				if text, ok := strings.CutPrefix(p.SourceName, `[string "`); ok {
					str("source", strings.TrimSuffix(text, `"]`)) // its first line: the rest is not kept
				} else {
					str("source", "@"+p.SourceName)
				}
				str("short_src", p.SourceName)
				num("linedefined", p.LineDefined)
				num("lastlinedefined", p.LastLineDefined)
			}
		case 'l':
			if f.dbg != nil {
				num("currentline", f.dbg.CurrentLine)
			} else {
				num("currentline", -1)
			}
		case 'u':
			if f.fn != nil {
				num("nups", len(f.fn.Upvalues))
			} else {
				num("nups", 0)
			}
		case 'n':
			if f.name != "" {
				str("name", f.name)
			}
			str("namewhat", f.nameWhat)
		case 'f':
			if f.fn != nil {
				setField(t, "func", f.fn)
			}
		case 'L':
			if f.fn != nil && !f.fn.IsG {
				lines := L.CreateTable(0, 0)
				for _, line := range f.fn.Proto.DbgSourcePositions {
					if line > 0 {
						rawSet(lines, lua.LNumber(line), lua.LTrue)
					}
				}
				setField(t, "activelines", lines)
			}
		}
	}
	L.Push(t)
	return 1
}

// local finds the frame for getlocal and setlocal.
func (l *Library) local(L, th *lua.LState, arg int) (frame, bool) {
	f, ok := l.level(th, l.int(L, arg))
	if !ok {
		l.argError(L, arg, "level out of range")
	}
	return f, f.fn != nil
}

func (l *Library) debugGetLocal(L *lua.LState) int {
	th, shift := l.thread(L)
	f, ok := l.local(L, th, 1+shift)
	n := l.int(L, 2+shift)
	if ok && n > 0 {
		if name, v := f.L.GetLocal(f.dbg, n); name != "" {
			L.Push(lua.LString(name))
			L.Push(v)
			return 2
		}
	}
	L.Push(lua.LNil)
	return 1
}

func (l *Library) debugSetLocal(L *lua.LState) int {
	th, shift := l.thread(L)
	f, ok := l.local(L, th, 1+shift)
	n, v := l.int(L, 2+shift), l.any(L, 3+shift)
	if ok && n > 0 {
		if name := f.L.SetLocal(f.dbg, n, v); name != "" {
			L.Push(lua.LString(name))
			return 1
		}
	}
	L.Push(lua.LNil)
	return 1
}

func (l *Library) debugGetUpvalue(L *lua.LState) int {
	n := l.int(L, 2)
	if name, v := L.GetUpvalue(l.function(L, 1), n); name != "" {
		L.Push(lua.LString(name))
		L.Push(v)
		return 2
	}
	return 0
}

func (l *Library) debugSetUpvalue(L *lua.LState) int {
	v := l.any(L, 3)
	n := l.int(L, 2)
	if name := L.SetUpvalue(l.function(L, 1), n, v); name != "" {
		L.Push(lua.LString(name))
		return 1
	}
	return 0
}

func (l *Library) debugGetMetatable(L *lua.LState) int {
	switch v := l.any(L, 1).(type) {
	case *lua.LTable:
		L.Push(v.Metatable)
	case *lua.LUserData:
		L.Push(v.Metatable)
	default:
		L.Push(L.GetMetatable(v))
	}
	return 1
}

func (l *Library) debugSetMetatable(L *lua.LState) int {
	mt := L.Get(2)
	if _, ok := mt.(*lua.LTable); !ok && mt != lua.LNil {
		l.argError(L, 2, "nil or table expected")
	}
	L.SetMetatable(L.Get(1), mt)
	L.Push(lua.LTrue)
	return 1
}

func (l *Library) debugGetFEnv(L *lua.LState) int {
	v := l.any(L, 1)
	if handle, ok := v.(*lua.LState); ok {
		v = l.behind(handle)
	}
	L.Push(L.GetFEnv(v))
	return 1
}

func (l *Library) debugSetFEnv(L *lua.LState) int {
	env := l.table(L, 2)
	switch v := L.Get(1).(type) {
	case *lua.LFunction, *lua.LUserData:
		L.SetFEnv(v, env)
	case *lua.LState:
		v.Env = env // for a thread that is still to come
		l.behind(v).Env = env
	default:
		l.raise(L, "'setfenv' cannot change environment of given object")
	}
	L.SetTop(1)
	return 1
}

func (l *Library) debugGetRegistry(L *lua.LState) int {
	L.Push(L.G.Registry)
	return 1
}

func (l *Library) debugGetHook(L *lua.LState) int { return 0 }

func (l *Library) debugSetHook(L *lua.LState) int {
	_, shift := l.thread(L)
	if L.Get(1+shift) != lua.LNil {
		l.raise(L, "debug.sethook: hooks are not supported")
	}
	return 0
}
