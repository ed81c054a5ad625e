package engine

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// gopher-lua's messages say "attempt to index a non-table object(nil) with key 'x'" and name no variable. The frame that
// failed is still there when the error is caught, and its code tells where the value came from: so the messages become
// Lua's own, with names, and a guess at what was meant.

const (
	indexPrefix = "attempt to index a non-table object("
	callMessage = "attempt to call a non-function object"
	arithPrefix = "cannot perform "
)

// explain rewrites a runtime error of gopher-lua's. It changes nothing it does not know.
func (m *Machine) explain(th *lua.LState, value lua.LValue) (lua.LValue, string) {
	s, ok := value.(lua.LString)
	if !ok {
		return value, ""
	}
	text := string(s)
	at := -1
	for _, known := range []string{indexPrefix, callMessage, arithPrefix} {
		if at = strings.Index(text, known); at >= 0 {
			break
		}
	}
	if at < 0 {
		return value, ""
	}
	head, rest := text[:at], text[at:]
	head = strings.TrimSpace(head)
	if head != "" {
		head += " "
	}
	f, ok := failedFrame(th)
	switch {
	case strings.HasPrefix(rest, indexPrefix):
		kind, key, found := strings.Cut(rest[len(indexPrefix):], ") with key '")
		if !found {
			return value, ""
		}
		key = strings.TrimSuffix(key, "'")
		what, hint := fmt.Sprintf("a %s value", kind), ""
		if ok {
			if e := f.indexed(); e.name != "" {
				what += " (" + e.String() + ")"
				hint = m.guess(th, e)
				return lua.LString(head + "attempt to index " + what), hint
			}
		}
		return lua.LString(fmt.Sprintf("%sattempt to index %s (looking for '%s')", head, what, key)), hint
	case strings.HasPrefix(rest, callMessage):
		kind, hint := "non-function", ""
		if ok {
			if e, v := f.called(); v != nil {
				kind = v.Type().String()
				if e.name != "" {
					return lua.LString(fmt.Sprintf("%sattempt to call a %s value (%s)", head, kind, e)), m.guess(th, e)
				}
			}
		}
		return lua.LString(fmt.Sprintf("%sattempt to call a %s value", head, kind)), hint
	default:
		return lua.LString(m.explainOperation(head, rest, f, ok)), ""
	}
}

// explainOperation puts "cannot perform add operation between nil and number" into Lua's words.
func (m *Machine) explainOperation(head, rest string, f frame, ok bool) string {
	op, types, _ := strings.Cut(strings.TrimPrefix(rest, arithPrefix), " operation between ")
	left, right, _ := strings.Cut(types, " and ")
	fine := func(t string) bool { return t == "number" || t == "string" }
	verb, kind, side := "perform arithmetic on", left, 0
	if op == "concat" {
		verb = "concatenate"
	}
	if fine(left) {
		kind, side = right, 1
		if fine(right) && op != "concat" {
			// Two texts, one of which is no number.
			if kind, side = "string", 0; left == "number" {
				side = 1
			}
		}
	}
	text := fmt.Sprintf("%sattempt to %s a %s value", head, verb, kind)
	if ok {
		if e := f.operand(side); e.name != "" {
			text += " (" + e.String() + ")"
		}
	}
	return text
}

// guess is what a nil variable or field may have been meant to be.
func (m *Machine) guess(th *lua.LState, e expression) string {
	switch e.kind {
	case "global":
		if m.mods.has(e.name) {
			return fmt.Sprintf("add: local %s = require %q", e.name, e.name)
		}
		var names []string
		m.root.G.Global.ForEach(func(k, _ lua.LValue) {
			if s, ok := k.(lua.LString); ok {
				names = append(names, string(s))
			}
		})
		names = append(names, m.mods.names()...)
		names = append(names, m.LocalNames()...)
		if near := schema.Nearest(e.name, names); near != "" && near != e.name {
			if m.mods.has(near) && !m.o.Globals && m.root.G.Global.RawGetString(near) == lua.LNil {
				return fmt.Sprintf("did you mean %s? add: local %s = require %q", near, near, near)
			}
			return "did you mean " + near + "?"
		}
	case "field", "method":
		t, ok := e.of.(*lua.LTable)
		if !ok {
			return ""
		}
		if near := schema.Nearest(e.name, keysOf(t)); near != "" && near != e.name {
			return "did you mean " + near + "?"
		}
	}
	return ""
}

// keysOf gives the names in a table and in the tables behind it.
func keysOf(t *lua.LTable) (names []string) {
	for range 5 {
		t.ForEach(func(k, _ lua.LValue) {
			if s, ok := k.(lua.LString); ok && len(names) < 1000 {
				names = append(names, string(s))
			}
		})
		meta, ok := t.Metatable.(*lua.LTable)
		if !ok {
			break
		}
		if t, ok = meta.RawGetString("__index").(*lua.LTable); !ok {
			break
		}
	}
	return names
}

// frame is a Lua function that stopped in the middle.
type frame struct {
	L     *lua.LState
	dbg   *lua.Debug
	proto *lua.FunctionProto
	fn    *lua.LFunction
	pc    int
}

// expression is where a value came from.
type expression struct {
	kind string // "global", "local", "upvalue", "field", "method"
	name string
	of   lua.LValue // the table of a field
}

func (e expression) String() string { return fmt.Sprintf("%s '%s'", e.kind, e.name) }

// failedFrame gives the innermost Lua function of a thread that failed.
func failedFrame(th *lua.LState) (frame, bool) {
	for level := range 3 {
		dbg, ok := th.GetStack(level)
		if !ok {
			break
		}
		v, err := th.GetInfo("f", dbg, lua.LNil)
		fn, ok := v.(*lua.LFunction)
		if err != nil || !ok {
			break
		}
		if fn.IsG {
			continue
		}
		pc, ok := pcOf(dbg)
		if !ok || pc >= len(fn.Proto.Code) {
			break
		}
		return frame{L: th, dbg: dbg, proto: fn.Proto, fn: fn, pc: pc}, true
	}
	return frame{}, false
}

// pcOf reads the instruction a frame stands at, which gopher-lua's interface does not show. Without it messages have
// fewer names.
func pcOf(dbg *lua.Debug) (int, bool) {
	f := reflect.ValueOf(dbg).Elem().FieldByName("frame")
	if !f.IsValid() || f.Kind() != reflect.Pointer || f.IsNil() {
		return 0, false
	}
	pc := f.Elem().FieldByName("Pc")
	if !pc.IsValid() || !pc.CanInt() || pc.Int() < 1 {
		return 0, false
	}
	return int(pc.Int()) - 1, true
}

func decode(i uint32) (op, a, b, c int) {
	return int(i >> 26), int(i>>18) & 0xff, int(i & 0x1ff), int(i>>9) & 0x1ff
}

const constantBit = 0x100

// indexed is the value that the instruction tried to index.
func (f frame) indexed() expression {
	op, a, b, _ := decode(f.proto.Code[f.pc])
	switch op {
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
		return f.origin(b, f.pc)
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
		return f.origin(a, f.pc)
	}
	return expression{}
}

// called is what the instruction tried to call, with its name.
func (f frame) called() (expression, lua.LValue) {
	op, a, _, _ := decode(f.proto.Code[f.pc])
	switch op {
	case lua.OP_CALL, lua.OP_TAILCALL:
		return f.origin(a, f.pc), f.register(a)
	}
	return expression{}, nil
}

// operand is one side of an operation.
func (f frame) operand(side int) expression {
	op, _, b, c := decode(f.proto.Code[f.pc])
	switch op {
	case lua.OP_ADD, lua.OP_SUB, lua.OP_MUL, lua.OP_DIV, lua.OP_MOD, lua.OP_POW:
		r := []int{b, c}[side]
		if r&constantBit == 0 {
			return f.origin(r, f.pc)
		}
	case lua.OP_CONCAT:
		// Operands lie in the registers b to c; the fault is in the first that is neither text nor number.
		for r := b; r <= c; r++ {
			if v := f.register(r); v != nil && !lua.LVCanConvToString(v) {
				return f.origin(r, f.pc)
			}
		}
	}
	return expression{}
}

// register is the value of a register of the frame.
func (f frame) register(r int) lua.LValue {
	base := reflect.ValueOf(f.dbg).Elem().FieldByName("frame").Elem().FieldByName("LocalBase")
	array := reflect.ValueOf(f.L).Elem().FieldByName("reg").Elem().FieldByName("array")
	if !base.IsValid() || !array.IsValid() {
		return nil
	}
	i := int(base.Int()) + r
	if i < 0 || i >= array.Len() || array.Index(i).IsNil() {
		return nil
	}
	// reflect hands out no value of an unexported field, but a local of the frame is in reach of the debug interface.
	_, v := f.L.GetLocal(f.dbg, r+1)
	return v
}

// local is the name of the variable in a register. A variable counts as begun one instruction late, so the next one is
// asked too.
func (f frame) local(r, pc int) (string, bool) {
	if name, ok := f.fn.LocalName(r+1, pc); ok {
		return name, true
	}
	return f.fn.LocalName(r+1, pc+1)
}

// origin finds what put the value into a register.
func (f frame) origin(r, pc int) expression {
	if name, ok := f.local(r, pc); ok && !strings.HasPrefix(name, "(") {
		return expression{kind: "local", name: name}
	}
	for i := pc - 1; i >= 0; i-- {
		op, a, b, c := decode(f.proto.Code[i])
		if op == lua.OP_MOVEN {
			// A move that is followed by more of them.
			continue
		}
		if a != r {
			continue
		}
		switch op {
		case lua.OP_GETGLOBAL:
			bx := int(f.proto.Code[i] & 0x3ffff)
			return expression{kind: "global", name: f.constant(bx)}
		case lua.OP_GETUPVAL:
			if b < len(f.proto.DbgUpvalues) {
				return expression{kind: "upvalue", name: f.proto.DbgUpvalues[b]}
			}
		case lua.OP_GETTABLEKS, lua.OP_GETTABLE, lua.OP_SELF:
			if c&constantBit == 0 {
				return expression{}
			}
			kind := "field"
			if op == lua.OP_SELF {
				kind = "method"
			}
			return expression{kind: kind, name: f.constant(c &^ constantBit), of: f.owner(b, i, kind, a)}
		case lua.OP_MOVE:
			if name, ok := f.local(b, i); ok {
				return expression{kind: "local", name: name}
			}
		case lua.OP_SETGLOBAL, lua.OP_SETUPVAL, lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_EQ, lua.OP_LT, lua.OP_LE, lua.OP_TEST, lua.OP_RETURN:
			continue // these have no register to set
		}
		return expression{}
	}
	return expression{}
}

// owner is the table a field was read from: for a method it is still in its register, for a field the source is asked
// again by raw access.
func (f frame) owner(r, pc int, kind string, a int) lua.LValue {
	if kind == "method" {
		return f.register(a + 1)
	}
	if r != a {
		if _, ok := f.local(r, pc); ok {
			return f.register(r)
		}
	}
	e := f.origin(r, pc)
	switch e.kind {
	case "global":
		return f.fn.Env.RawGetString(e.name)
	case "local":
		for i := 1; i < 200; i++ {
			name, v := f.L.GetLocal(f.dbg, i)
			if name == "" {
				break
			}
			if name == e.name {
				return v
			}
		}
	case "upvalue":
		for i, name := range f.proto.DbgUpvalues {
			if name == e.name {
				_, v := f.L.GetUpvalue(f.fn, i+1)
				return v
			}
		}
	case "field":
		if t, ok := e.of.(*lua.LTable); ok {
			return t.RawGetString(e.name)
		}
	}
	return nil
}

func (f frame) constant(i int) string {
	if i < len(f.proto.Constants) {
		return f.proto.Constants[i].String()
	}
	return "?"
}
