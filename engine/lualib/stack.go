package lualib

import (
	"fmt"
	"reflect"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// frame is one level of the stack.
type frame struct {
	L        *lua.LState
	dbg      *lua.Debug
	fn       *lua.LFunction // nil for a call that a tail call replaced
	pc       int            // of the instruction that runs, -1 when it is not known
	name     string         // what the caller calls the function, "" when that is not known
	nameWhat string         // "global", "local", "method", "field", "upvalue", ""
}

// inside reads the fields of gopher-lua's call frame that its interface does not show. A version without them gives
// ok = false, and names and lines get poorer.
func inside(dbg *lua.Debug, field string) (int, bool) {
	f := reflect.ValueOf(dbg).Elem().FieldByName("frame")
	if !f.IsValid() || f.Kind() != reflect.Pointer || f.IsNil() {
		return 0, false
	}
	if v := f.Elem().FieldByName(field); v.IsValid() && v.CanInt() {
		return int(v.Int()), true
	}
	return 0, false
}

// walk goes up the stack from the running function, level 0, through the threads that wait for this one.
func (l *Library) walk(L *lua.LState, yield func(level int, f frame) bool) {
	level := 0
	for ; L != nil; L = l.o.Caller(L) {
		for at := 0; ; {
			f, ok := l.frameAt(L, at)
			if !ok {
				break
			}
			if !yield(level, f) {
				return
			}
			level++
			at++
			if !f.fn.IsG {
				n, _ := inside(f.dbg, "TailCall")
				at += n
				for ; n > 0; n-- {
					if !yield(level, frame{L: L, pc: -1}) {
						return
					}
					level++
				}
			}
		}
	}
}

// frameAt gives the frame at a level of one thread.
func (l *Library) frameAt(L *lua.LState, at int) (frame, bool) {
	dbg, ok := L.GetStack(at)
	if !ok {
		return frame{}, false
	}
	v, err := L.GetInfo("fl", dbg, lua.LNil)
	fn, ok := v.(*lua.LFunction)
	if err != nil || !ok {
		return frame{}, false
	}
	f := frame{L: L, dbg: dbg, fn: fn, pc: -1}
	if fn.IsG {
		dbg.CurrentLine = -1
	} else if pc, ok := inside(dbg, "Pc"); ok {
		f.pc = pc - 1
	}
	tails := 0
	if !fn.IsG {
		tails, _ = inside(dbg, "TailCall")
	}
	if tails > 0 {
		return f, true // its caller is gone, and the name with it
	}
	if parent, ok := L.GetStack(at + 1); ok {
		if v, _ := L.GetInfo("f", parent, lua.LNil); v != lua.LNil {
			if pc, ok := inside(parent, "Pc"); ok && !v.(*lua.LFunction).IsG {
				f.name, f.nameWhat = callName(v.(*lua.LFunction).Proto, pc-1)
			}
		}
	}
	return f, true
}

// callName says how the instruction at pc names the function it calls.
func callName(p *lua.FunctionProto, pc int) (name, what string) {
	if pc < 0 || pc >= len(p.Code) {
		return "", ""
	}
	for _, c := range p.DbgCalls {
		if c.Pc == pc {
			name = c.Name
		}
	}
	if name == "" || name == "?" || name[0] == '(' {
		return "", ""
	}
	register := p.Code[pc] >> 18 & 0xff
	for i := pc - 1; i >= 0; i-- {
		if p.Code[i]>>18&0xff != register {
			continue
		}
		switch int(p.Code[i] >> 26) {
		case lua.OP_GETGLOBAL:
			return name, "global"
		case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
			return name, "field"
		case lua.OP_SELF:
			return name, "method"
		case lua.OP_MOVE, lua.OP_MOVEN:
			return name, "local"
		case lua.OP_GETUPVAL:
			return name, "upvalue"
		}
	}
	return name, ""
}

// level gives the frame at a level, 0 for the running function.
func (l *Library) level(L *lua.LState, n int) (found frame, ok bool) {
	l.walk(L, func(level int, f frame) bool {
		if level == n {
			found, ok = f, true
		}
		return level < n
	})
	return found, ok
}

// Where is "file:line: " of the first Lua function at a level of the stack or above it, "" when there is none. Level 0 is
// the running function, level 1 the one that called it.
func (l *Library) Where(L *lua.LState, level int) string {
	where := ""
	l.walk(L, func(n int, f frame) bool {
		if n < level || f.fn == nil || f.fn.IsG {
			return true
		}
		where = fmt.Sprintf("%s:%d: ", f.fn.Proto.SourceName, f.dbg.CurrentLine)
		return false
	})
	return where
}

// Traceback lists the Lua functions on the stack from a level on, a line each; functions of Go are left out.
func (l *Library) Traceback(L *lua.LState, level int) string {
	const first, last = 12, 10
	var lines []string
	dropped := false
	l.walk(L, func(n int, f frame) bool {
		if n < level || f.fn == nil || f.fn.IsG {
			return true
		}
		if len(lines) == first+last {
			lines = append(lines[:first], lines[first+1:]...)
			dropped = true
		}
		lines = append(lines, f.describe())
		return true
	})
	if dropped {
		lines = append(lines[:first], append([]string{"..."}, lines[first:]...)...)
	}
	var b strings.Builder
	b.WriteString("stack traceback:")
	for _, s := range lines {
		b.WriteString("\n\t")
		b.WriteString(s)
	}
	return b.String()
}

func (f frame) describe() string {
	p := f.fn.Proto
	at := fmt.Sprintf("%s:%d: ", p.SourceName, f.dbg.CurrentLine)
	switch {
	case f.name != "":
		return at + fmt.Sprintf("in function '%s'", f.name)
	case p.LineDefined == 0:
		return at + "in main chunk"
	}
	return at + fmt.Sprintf("in function <%s:%d>", p.SourceName, p.LineDefined)
}

// shortSource is how messages show the name of a chunk: "@file" and "=name" as they are, source text by its first line.
func shortSource(name string) string {
	const longest = 60
	if name == "" {
		return `[string ""]`
	}
	switch name[0] {
	case '=':
		return name[1:min(len(name), longest)]
	case '@':
		name = name[1:]
		if n := longest - len("...") - 1; len(name) > n {
			return "..." + name[len(name)-n:]
		}
		return name
	}
	first, _, more := strings.Cut(name, "\n")
	first = strings.TrimSuffix(first, "\r")
	n := longest - len(`[string "..."]`) - 1
	if len(first) > n {
		first, more = first[:n], true
	}
	if more {
		first += "..."
	}
	return `[string "` + first + `"]`
}
