package schema

import (
	"context"
	"math"
	"reflect"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	lua "github.com/yuin/gopher-lua"
)

// unmarshaler is an option that takes a Lua value whole: Callback and Value.
type unmarshaler interface{ unmarshalLua(v lua.LValue) error }

func fromLua(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[unmarshaler]())
}

// Callback is a Lua function given to a Go one, which may call it while it itself is being called: not later, and from
// its own goroutine only.
type Callback struct{ fn *lua.LFunction }

func (c *Callback) unmarshalLua(v lua.LValue) error {
	fn, ok := v.(*lua.LFunction)
	if !ok {
		return wrongType("function", v).(*errs.Error).WithHint("give the function itself: f, or function() f(x) end, not the call f(x)")
	}
	c.fn = fn
	return nil
}

// Caller calls a Lua function; the requests that it makes have ctx. The engine gives it.
type Caller func(ctx context.Context, fn lua.LValue) (Values, error)

type callerKey struct{}

// WithCaller gives the functions called with the context a way back into Lua.
func WithCaller(ctx context.Context, call Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, call)
}

// Call runs the function with ctx and gives what it returned: values to be given on, not to be looked at. An error is to
// be returned as it is, so that a script gets back what it raised.
func (c Callback) Call(ctx context.Context) (Values, error) {
	call, ok := ctx.Value(callerKey{}).(Caller)
	if !ok || c.fn == nil {
		return nil, errs.New(errs.Runtime, "there is no script to call back")
	}
	return call(ctx, c.fn)
}

// Value is any Lua value as data, for what shows or saves it: functions in it are left out.
type Value struct {
	Kind string // the kind of the object, or of the objects of a list; "" for anything else
	Data any    // nil, bool, float64, string, []any or map[string]any
}

func (v *Value) unmarshalLua(lv lua.LValue) error {
	*v = ValueOf(lv)
	return nil
}

// IsList reports a list.
func (v Value) IsList() bool {
	_, ok := v.Data.([]any)
	return ok
}

// ListKind is the member of a list's metatable that holds the kind of its objects, for lists that are empty.
const ListKind = "__kind"

// ValueOf makes data of a Lua value. The caller holds the machine.
func ValueOf(lv lua.LValue) Value {
	v := Value{Kind: KindOf(lv), Data: plain(lv, nil)}
	t, ok := lv.(*lua.LTable)
	if !ok {
		return v
	}
	if list, isList := v.Data.([]any); isList {
		v.Kind = ""
		if mt, ok := t.Metatable.(*lua.LTable); ok {
			kind, _ := mt.RawGetString(ListKind).(lua.LString)
			v.Kind = string(kind)
		}
		if v.Kind == "" && len(list) > 0 {
			v.Kind = KindOf(t.RawGetInt(1))
		}
	}
	return v
}

func plain(lv lua.LValue, within []*lua.LTable) any {
	switch lv := lv.(type) {
	case lua.LBool:
		return bool(lv)
	case lua.LNumber:
		if f := float64(lv); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
		return lv.String()
	case lua.LString:
		return strings.ToValidUTF8(string(lv), "\ufffd")
	case *lua.LTable:
		return plainTable(lv, within)
	}
	return nil
}

func plainTable(t *lua.LTable, within []*lua.LTable) any {
	if len(within) > 50 {
		return "..."
	}
	for _, w := range within {
		if w == t {
			return "..."
		}
	}
	within = append(within, t)
	n, members := t.Len(), 0
	t.ForEach(func(lua.LValue, lua.LValue) { members++ })
	if members == n && (n > 0 || rawjson.IsArray(t)) {
		list := make([]any, n)
		for i := range list {
			list[i] = plain(t.RawGetInt(i+1), within)
		}
		return list
	}
	object := make(map[string]any, members)
	t.ForEach(func(k, v lua.LValue) {
		if _, isFunction := v.(*lua.LFunction); !isFunction {
			object[k.String()] = plain(v, within)
		}
	})
	return object
}
