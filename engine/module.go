package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// moduleSet is modules that belong together: the machine's own, or those a call gave (a second cloud's). The objects
// that a module of a set makes have the methods of that set.
type moduleSet struct {
	machine *Machine
	fixed   []schema.Module // a set that a call gave
	extra   []schema.Module // added by Register

	all    []schema.Module
	byName map[string]schema.Module
	kinds  map[string]*lua.LTable // metatables
	tables map[string]*lua.LTable // modules
	lists  map[string]*lua.LTable // metatables of lists
}

// list asks for the modules when they are first needed.
func (s *moduleSet) list() []schema.Module {
	if s.byName != nil {
		return s.all
	}
	s.byName = map[string]schema.Module{}
	s.all = nil
	add := func(mods ...schema.Module) {
		for _, mod := range mods {
			if _, ok := s.byName[mod.Name]; ok {
				i := slices.IndexFunc(s.all, func(old schema.Module) bool { return old.Name == mod.Name })
				s.all[i] = mod
			} else {
				s.all = append(s.all, mod)
			}
			s.byName[mod.Name] = mod
		}
	}
	if s.fixed != nil {
		add(s.fixed...)
		return s.all
	}
	globals := globalsModule()
	globals.Funcs = append(globals.Funcs, s.machine.o.Functions...)
	add(taskModule(), globals)
	if mod, err := schema.ParseLua("json", rawjson.Doc); err == nil {
		add(mod)
	}
	o := s.machine.o
	if o.Modules != nil {
		add(o.Modules()...)
	}
	for name, src := range o.Sources {
		if _, ok := s.byName[name]; !ok {
			if mod, err := schema.ParseLua(name, src); err == nil {
				add(mod)
			}
		}
	}
	add(s.extra...)
	slices.SortFunc(s.all, func(a, b schema.Module) int { return strings.Compare(a.Name, b.Name) })
	return s.all
}

// find gives a module that can be made of its descriptor.
func (s *moduleSet) find(name string) (schema.Module, bool) {
	s.list()
	mod, ok := s.byName[name]
	if !ok || !slices.ContainsFunc(mod.Funcs, schema.Func.Callable) {
		return schema.Module{}, false
	}
	return mod, true
}

// has reports whether require would find a built-in module.
func (s *moduleSet) has(name string) bool {
	if _, ok := s.machine.o.Sources[name]; ok || name == "json" {
		return true
	}
	_, ok := s.find(name)
	return ok
}

func (s *moduleSet) names() (names []string) {
	for _, mod := range s.list() {
		if s.has(mod.Name) {
			names = append(names, mod.Name)
		}
	}
	return names
}

// topic is what help knows a table as: a module, or an object's module.
func (s *moduleSet) topic(t *lua.LTable) string {
	loaded, _ := s.machine.root.G.Registry.RawGetString("_LOADED").(*lua.LTable)
	name := ""
	loaded.ForEach(func(k, v lua.LValue) {
		if v == lua.LValue(t) {
			name = k.String()
		}
	})
	if name != "" {
		return name
	}
	if kind := schema.KindOf(t); kind != "" {
		for _, mod := range s.list() {
			if mod.Kind == kind {
				return mod.Name
			}
		}
	}
	return ""
}

// table makes the Lua side of a module. A function named "tags.add" is in a table of its own.
func (s *moduleSet) table(mod schema.Module) *lua.LTable {
	if t := s.tables[mod.Name]; t != nil {
		return t
	}
	t := s.machine.root.CreateTable(0, len(mod.Funcs))
	s.tables[mod.Name] = t
	meta := s.machine.root.CreateTable(0, 2)
	meta.RawSetString("__name", lua.LString("module"))
	meta.RawSetString("__tostring", s.machine.root.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("module " + mod.Name))
		return 1
	}))
	t.Metatable = meta
	for _, fn := range mod.Funcs {
		if fn.Callable() {
			f := s.bind(mod, fn)
			s.put(t, fn.Name, f)
			if fn.Name == mod.Call {
				meta.RawSetString("__call", s.machine.root.NewFunction(func(L *lua.LState) int {
					L.Remove(1) // the module
					return f.GFunction(L)
				}))
			}
		}
	}
	return t
}

func (s *moduleSet) put(t *lua.LTable, name string, v lua.LValue) {
	for {
		first, rest, nested := strings.Cut(name, ".")
		if !nested {
			t.RawSetString(first, v)
			return
		}
		inner, ok := t.RawGetString(first).(*lua.LTable)
		if !ok {
			inner = s.machine.root.CreateTable(0, 4)
			t.RawSetString(first, inner)
		}
		t, name = inner, rest
	}
}

// kind gives the metatable of a kind of object: its methods are the functions of the kind's module that take one.
func (s *moduleSet) kind(kind string) *lua.LTable {
	if kind == "" {
		return nil
	}
	if meta := s.kinds[kind]; meta != nil {
		return meta
	}
	root := s.machine.root
	meta := root.CreateTable(0, 3)
	s.kinds[kind] = meta
	meta.RawSetString("__name", lua.LString(kind))
	meta.RawSetString("__tostring", root.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString(describe(kind, L.Get(1))))
		return 1
	}))
	methods := root.CreateTable(0, 8)
	meta.RawSetString("__index", methods)
	for _, mod := range s.list() {
		if mod.Kind != kind {
			continue
		}
		t := s.table(mod)
		for _, fn := range mod.Funcs {
			if fn.Method && fn.Callable() && !strings.Contains(fn.Name, ".") {
				methods.RawSetString(fn.Name, t.RawGetString(fn.Name))
			}
		}
	}
	return meta
}

// describe is an object in one line: network "private" (id).
func describe(kind string, v lua.LValue) string {
	t, ok := v.(*lua.LTable)
	if !ok {
		return kind
	}
	text := kind
	id := t.RawGetString("id")
	for _, member := range []string{"name", kind + "_address"} { // a floating IP goes by its address
		if s, ok := t.RawGetString(member).(lua.LString); ok && s != "" {
			text += fmt.Sprintf(" \"%s\"", string(s))
			break
		}
	}
	if lua.LVCanConvToString(id) {
		text += " (" + id.String() + ")"
	}
	return text
}

// listMeta is the metatable of lists of a kind: they print as their items, and an empty one is an array for json.
func (s *moduleSet) listMeta(kind string) *lua.LTable {
	if meta := s.lists[kind]; meta != nil {
		return meta
	}
	root := s.machine.root
	meta := root.CreateTable(0, 3)
	if s.lists == nil {
		s.lists = map[string]*lua.LTable{}
	}
	s.lists[kind] = meta
	if v, err := rawjson.ToLua(root, []byte("[]"), "", nil); err == nil {
		if t, ok := v.(*lua.LTable); ok {
			if array, ok := t.Metatable.(*lua.LTable); ok {
				array.ForEach(func(k, v lua.LValue) { meta.RawSet(k, v) })
			}
		}
	}
	meta.RawSetString(schema.ListKind, lua.LString(kind))
	meta.RawSetString("__tostring", root.NewFunction(func(L *lua.LState) int {
		t, ok := L.Get(1).(*lua.LTable)
		if !ok {
			L.Push(lua.LString("list"))
			return 1
		}
		var b strings.Builder
		for i := 1; i <= t.Len(); i++ {
			if i > 1 {
				b.WriteByte('\n')
			}
			b.WriteString(describe(kind, t.RawGetInt(i)))
		}
		if b.Len() == 0 {
			b.WriteString("no " + kind)
		}
		L.Push(lua.LString(b.String()))
		return 1
	}))
	return meta
}

// bind is the one place through which every call of a Go module goes.
func (s *moduleSet) bind(mod schema.Module, fn schema.Func) *lua.LFunction {
	m := s.machine
	op := mod.Name + "." + fn.Name
	if mod.Name == schema.Globals {
		op = fn.Name
	}
	call := Call{Module: mod.Name, Func: fn.Name, Kind: mod.Kind}
	f := m.root.NewFunction(func(L *lua.LState) int {
		in, err := fn.Decode(op, argsFrom(L, 1))
		if err != nil {
			m.raiseGo(L, err)
		}
		call := call
		call.In = in
		out, err := invoke(m, L, call, func(ctx context.Context) (any, error) {
			return fn.Call(schema.WithCaller(ctx, m.caller(L)), in)
		})
		if back := (*raisedError)(nil); errors.As(err, &back) {
			m.unlessStopped(L)
			m.rethrow(L, back.fail, joinTraces(back.fail.trace, m.traceback(L)))
		}
		if err != nil {
			m.raiseGo(L, err)
		}
		fiberOf(L).note()
		L.SetTop(0)
		n, err := s.encode(L, out, call)
		if err != nil {
			m.raiseGo(L, named(err, op))
		}
		return n
	})
	m.named[f] = op
	return f
}

// invoke does the work of a call with the baton given up, OnCall round it.
func invoke[T any](m *Machine, L *lua.LState, call Call, work func(context.Context) (T, error)) (out T, err error) {
	op := call.Op()
	if m.o.OnCall != nil {
		call.Where = m.where(L)
	}
	err = m.blocking(L, func(ctx context.Context) error {
		return guarded(op, func() (err error) {
			if m.o.OnCall != nil {
				var end func(error)
				if ctx, end = m.o.OnCall(ctx, call); end != nil {
					defer func() { end(err) }()
				}
			}
			return guarded(op, func() (err error) { out, err = work(ctx); return err })
		})
	})
	if err != nil {
		err = named(err, op)
	}
	return out, err
}

// named says which operation an error comes from, when it does not know.
func named(err error, op string) error {
	e, back := (*errs.Error)(nil), (*raisedError)(nil)
	switch {
	case errors.As(err, &back):
		return err
	case !errors.As(err, &e):
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return &errs.Error{Code: errs.Runtime, Op: op, Message: err.Error(), Cause: err}
	case e.Op == "" && error(e) == err:
		c := *e
		c.Op = op
		return &c
	}
	return err
}

// encode pushes what a function gave.
func (s *moduleSet) encode(L *lua.LState, out any, call Call) (int, error) {
	switch out := out.(type) {
	case nil, schema.None:
		return 0, nil
	case schema.Values:
		for _, v := range out {
			lv, err := s.value(L, v, call)
			if err != nil {
				return 0, err
			}
			L.Push(lv)
		}
		return len(out), nil
	}
	lv, err := s.value(L, out, call)
	if err != nil {
		return 0, err
	}
	L.Push(lv)
	return 1, nil
}

// value makes one Lua value. An object or a document without JSON is nil.
func (s *moduleSet) value(L *lua.LState, v any, call Call) (lua.LValue, error) {
	switch v := v.(type) {
	case nil, schema.None:
		return lua.LNil, nil
	case lua.LValue:
		return v, nil
	case schema.Object:
		if len(v.JSON) == 0 {
			return lua.LNil, nil
		}
		return rawjson.ToLua(L, v.JSON, v.Key, s.kind(v.Kind))
	case schema.List:
		return s.listValue(L, v)
	case schema.Iter:
		return s.iterator(v, call), nil
	case schema.Raw:
		if len(v.JSON) == 0 {
			return lua.LNil, nil
		}
		return rawjson.ToLua(L, v.JSON, v.Key, nil)
	case json.RawMessage:
		if len(v) == 0 {
			return lua.LNil, nil
		}
		return rawjson.ToLua(L, v, "", nil)
	case schema.Modules:
		set := &moduleSet{machine: s.machine, fixed: v, kinds: map[string]*lua.LTable{}, tables: map[string]*lua.LTable{}}
		t := L.CreateTable(0, len(v))
		for _, mod := range v {
			t.RawSetString(mod.Name, set.table(mod))
		}
		return t, nil
	case bool:
		return lua.LBool(v), nil
	case string:
		return lua.LString(v), nil
	case []byte:
		return lua.LString(v), nil
	case json.Number:
		f, err := v.Float64()
		return lua.LNumber(f), err
	case time.Duration:
		return lua.LNumber(v.Seconds()), nil
	case time.Time:
		return lua.LString(v.UTC().Format(time.RFC3339)), nil
	}
	return s.reflected(L, reflect.ValueOf(v), call)
}

// reflected takes what is left: numbers, lists, maps and pointers of any Go type.
func (s *moduleSet) reflected(L *lua.LState, v reflect.Value, call Call) (lua.LValue, error) {
	switch v.Kind() {
	case reflect.Bool:
		return lua.LBool(v.Bool()), nil
	case reflect.String:
		return lua.LString(v.String()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return lua.LNumber(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return lua.LNumber(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return lua.LNumber(v.Float()), nil
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return lua.LNil, nil
		}
		return s.value(L, v.Elem().Interface(), call)
	case reflect.Slice, reflect.Array:
		t := L.CreateTable(v.Len(), 0)
		t.Metatable = lua.LNil
		for i := range v.Len() {
			item, err := s.value(L, v.Index(i).Interface(), call)
			if err != nil {
				return nil, err
			}
			t.RawSetInt(i+1, item)
		}
		return t, nil
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		t := L.CreateTable(0, v.Len())
		for _, k := range keys {
			item, err := s.value(L, v.MapIndex(k).Interface(), call)
			if err != nil {
				return nil, err
			}
			t.RawSetString(fmt.Sprint(k.Interface()), item)
		}
		return t, nil
	}
	return nil, errs.New(errs.Runtime, "cannot give a %s to Lua", v.Type())
}

// page decodes the array of one page.
func (s *moduleSet) page(L *lua.LState, body json.RawMessage, key, kind string) (*lua.LTable, error) {
	v, err := rawjson.ToLua(L, body, key, s.kind(kind))
	if err != nil {
		return nil, err
	}
	if v == lua.LNil {
		return L.CreateTable(0, 0), nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return nil, errs.New(errs.Unavailable, "the answer holds no list of %q", key)
	}
	return t, nil
}

func (s *moduleSet) listValue(L *lua.LState, v schema.List) (lua.LValue, error) {
	var all *lua.LTable
	for _, body := range v.Pages {
		t, err := s.page(L, body, v.Key, v.Kind)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = t
			continue
		}
		for i := 1; i <= t.Len(); i++ {
			all.Append(t.RawGetInt(i))
		}
	}
	if all == nil {
		all = L.CreateTable(0, 0)
	}
	all.Metatable = s.listMeta(v.Kind)
	return all, nil
}

// iterator is a function for the generic for: it fetches a page when the one before is used up.
func (s *moduleSet) iterator(it schema.Iter, call Call) lua.LValue {
	m := s.machine
	var page *lua.LTable
	at, done, busy := 0, false, false
	return m.root.NewFunction(func(L *lua.LState) int {
		if busy {
			m.raiseGo(L, (&errs.Error{Code: errs.Runtime, Op: call.Op(), Message: "another task is fetching the next page of this iterator"}).
				WithHint("let one task iterate and hand the items to others with task.map"))
		}
		for {
			if page != nil && at < page.Len() {
				at++
				L.Push(page.RawGetInt(at))
				return 1
			}
			if done {
				L.Push(lua.LNil)
				return 1
			}
			call.Page++
			busy = true
			body, err := invoke(m, L, call, it.Next)
			busy = false
			if err == nil && body == nil {
				page, done = nil, true
				continue
			}
			if err == nil {
				page, err = s.page(L, body, it.Key, it.Kind)
				at = 0
			}
			if err != nil {
				done = true
				m.raiseGo(L, named(err, call.Op()))
			}
		}
	})
}
