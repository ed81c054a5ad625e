package rawjson

import (
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// Filling a table through its methods costs two allocations for each key and lets two maps and a slice grow, which
// makes JSON to Lua slower than JSON to Go maps. The size is known here, and keys come again and again, so tables are
// filled directly, as long as gopher-lua's LTable has the fields that shape has. Where it has not, the methods serve.

// shape has the fields of lua.LTable in their order.
type shape struct {
	Metatable lua.LValue

	array   []lua.LValue
	dict    map[lua.LValue]lua.LValue
	strdict map[string]lua.LValue
	keys    []lua.LValue
	k2i     map[lua.LValue]int
}

// direct says whether tables can be filled directly.
var direct = sameShape(reflect.TypeFor[shape](), reflect.TypeFor[lua.LTable]())

func sameShape(a, b reflect.Type) bool {
	if a.NumField() != b.NumField() || a.Size() != b.Size() {
		return false
	}
	for i := range a.NumField() {
		f, g := a.Field(i), b.Field(i)
		if f.Name != g.Name || f.Type != g.Type || f.Offset != g.Offset {
			return false
		}
	}
	return true
}

// newObject makes a table of members. Null members are absent, the last of several of one name counts.
func newObject(L *lua.LState, members []pair, direct bool) *lua.LTable {
	n := 0
	for i := range members {
		if members[i].value != Null {
			n++
		}
	}
	t := L.CreateTable(0, n)
	if !direct {
		setAll(t, members)
		return t
	}
	if n == 0 {
		return t
	}
	s := (*shape)(unsafe.Pointer(t))
	s.keys = make([]lua.LValue, 0, n)
	s.k2i = make(map[lua.LValue]int, n)
	for i, m := range members {
		name := string(m.key.(lua.LString))
		if m.value == Null {
			if _, set := s.strdict[name]; set {
				setAll(t, members[i:])
				return t
			}
			continue
		}
		before := len(s.strdict)
		s.strdict[name] = m.value
		if len(s.strdict) > before {
			s.k2i[m.key] = len(s.keys)
			s.keys = append(s.keys, m.key)
		}
	}
	return t
}

func setAll(t *lua.LTable, members []pair) {
	for _, m := range members {
		v := m.value
		if v == Null {
			v = lua.LNil
		}
		t.RawSetString(string(m.key.(lua.LString)), v)
	}
}
