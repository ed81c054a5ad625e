// Package rawjson takes JSON to Lua and back in one pass, without Go values between.
package rawjson

import (
	"hash/maphash"
	"math"
	"strconv"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
)

// MaxDepth is how deep arrays and objects may nest, both ways.
const MaxDepth = 1000

// Null is json.null: how a script says null, and what an array of JSON holds where null stood. It is the same in all
// machines and never changed.
var Null = newNull()

func newNull() *lua.LUserData {
	mt := &lua.LTable{Metatable: lua.LNil}
	mt.RawSetString("__name", lua.LString("json.null"))
	mt.RawSetString("__metatable", lua.LString("json.null"))
	mt.RawSetString("__tostring", &lua.LFunction{IsG: true, GFunction: func(L *lua.LState) int {
		L.Push(lua.LString("null"))
		return 1
	}})
	return &lua.LUserData{Metatable: mt}
}

// The names of the metatables that mark a table as array or object, whatever it holds.
const (
	arrayMark  = "json.array"
	objectMark = "json.object"
)

// IsArray reports whether a table was marked by json.array, or was an empty array in JSON.
func IsArray(t *lua.LTable) bool { return mark(t) == arrayMark }

func mark(t *lua.LTable) string {
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok {
		return ""
	}
	name, _ := mt.RawGetString("__name").(lua.LString)
	return string(name)
}

// marker gives the machine's metatable of a mark. Each machine has its own, since a script can change it.
func marker(L *lua.LState, name string) *lua.LTable {
	mt := L.NewTypeMetatable(name)
	if mt.RawGetString("__name") == lua.LNil {
		mt.RawSetString("__name", lua.LString(name))
	}
	return mt
}

// ToLua decodes body. With a key it decodes that member of the object that body is, and LNil comes when there is
// none. meta, when not nil, becomes the metatable of the object, or of each object in the array. Null members of
// objects are left out; in arrays they are Null, so that positions hold. An empty array is marked, so that FromLua
// makes an array of it again. The caller holds the machine of L.
func ToLua(L *lua.LState, body []byte, key string, meta *lua.LTable) (lua.LValue, error) {
	d := newDecoder(L, body)
	v, err := d.document(key, meta)
	if err != nil {
		return lua.LNil, &errs.Error{
			Code: errs.Unavailable, Message: "the answer is not JSON: " + err.Error(),
			Hint: "is this the service's address? a proxy or a web page may have answered", Cause: err,
		}
	}
	return v, nil
}

// Decode decodes a document as json.decode does. The error is a *SyntaxError.
func Decode(L *lua.LState, text []byte) (lua.LValue, error) {
	d := newDecoder(L, text)
	return d.document("", nil)
}

// pair is a member on its way into a table.
type pair struct {
	key   lua.LValue // an LString
	value lua.LValue
}

// decoder builds tables. Members and elements wait on stacks until their number is known, so that tables are made in
// the right size.
type decoder struct {
	scanner
	L       *lua.LState
	members []pair
	elems   []lua.LValue
	buf     []byte          // of unquote
	block   strings.Builder // where strings are copied to: they hold at most a block alive, not the body
	seed    maphash.Seed
	keys    [256]lua.LValue // members' names met, by hash; the last one wins
	strs    [256]lua.LValue // strings met
	nums    [64]lua.LValue  // numbers met
	numText [64]string
	array   *lua.LTable // the metatable of empty arrays
}

func newDecoder(L *lua.LState, b []byte) *decoder {
	return &decoder{L: L, scanner: scanner{b: b}, seed: maphash.MakeSeed()}
}

func (d *decoder) document(key string, meta *lua.LTable) (lua.LValue, error) {
	if key == "" {
		v, err := d.value(0, meta)
		if err == nil {
			err = d.end()
		}
		return v, err
	}
	var found lua.LValue = lua.LNil
	if d.peek() != '{' {
		return nil, d.unexpected("an object with the member " + strconv.Quote(key))
	}
	err := d.object(0, func(text []byte, plain bool) error {
		if !same(text, plain, key) {
			return d.skip(1)
		}
		v, err := d.value(1, meta)
		if v == Null {
			v = lua.LNil
		}
		found = v
		return err
	})
	if err == nil {
		err = d.end()
	}
	return found, err
}

// value takes one value. meta is for the object that comes, or the objects in the array that comes.
func (d *decoder) value(depth int, meta *lua.LTable) (lua.LValue, error) {
	switch c := d.peek(); {
	case c == '"':
		text, plain, err := d.str()
		if err != nil {
			return nil, err
		}
		return d.text(&d.strs, text, plain), nil
	case c == '{':
		return d.objectValue(depth, meta)
	case c == '[':
		return d.arrayValue(depth, meta)
	case c == 't':
		return lua.LTrue, d.word("true")
	case c == 'f':
		return lua.LFalse, d.word("false")
	case c == 'n':
		return Null, d.word("null")
	case c == '-' || c-'0' <= 9:
		return d.numberValue()
	}
	return nil, d.unexpected("a value")
}

func (d *decoder) objectValue(depth int, meta *lua.LTable) (lua.LValue, error) {
	base := len(d.members)
	if depth >= MaxDepth {
		return nil, d.fail(d.pos, "nested deeper than %d", MaxDepth)
	}
	d.pos++
	if d.peek() == '}' {
		d.pos++
	} else {
	members:
		for {
			if d.peek() != '"' {
				return nil, d.unexpected("a member's name in quotes")
			}
			text, plain, err := d.str()
			if err != nil {
				return nil, err
			}
			key := d.text(&d.keys, text, plain)
			if d.peek() != ':' {
				return nil, d.unexpected(`":"`)
			}
			d.pos++
			v, err := d.value(depth+1, nil)
			if err != nil {
				return nil, err
			}
			d.members = append(d.members, pair{key, v})
			switch d.peek() {
			case ',':
				d.pos++
			case '}':
				d.pos++
				break members
			default:
				return nil, d.unexpected(`"," or "}"`)
			}
		}
	}
	t := newObject(d.L, d.members[base:], direct)
	clear(d.members[base:])
	d.members = d.members[:base]
	if meta != nil {
		t.Metatable = meta
	}
	return t, nil
}

func (d *decoder) arrayValue(depth int, meta *lua.LTable) (lua.LValue, error) {
	base := len(d.elems)
	if depth >= MaxDepth {
		return nil, d.fail(d.pos, "nested deeper than %d", MaxDepth)
	}
	d.pos++
	if d.peek() == ']' {
		d.pos++
		t := d.L.CreateTable(0, 0)
		if d.array == nil {
			d.array = marker(d.L, arrayMark)
		}
		t.Metatable = d.array
		return t, nil
	}
elements:
	for {
		var inner *lua.LTable
		if d.peek() == '{' {
			inner = meta
		}
		v, err := d.value(depth+1, inner)
		if err != nil {
			return nil, err
		}
		d.elems = append(d.elems, v)
		switch d.peek() {
		case ',':
			d.pos++
		case ']':
			d.pos++
			break elements
		default:
			return nil, d.unexpected(`"," or "]"`)
		}
	}
	t := d.L.CreateTable(len(d.elems)-base, 0)
	for _, v := range d.elems[base:] {
		t.Append(v)
	}
	clear(d.elems[base:])
	d.elems = d.elems[:base]
	return t, nil
}

// text makes a Lua string; one met before is not made again.
func (d *decoder) text(met *[256]lua.LValue, text []byte, plain bool) lua.LValue {
	if !plain {
		d.buf = unquote(d.buf[:0], text)
		text = d.buf
	}
	n := len(text)
	if n == 0 {
		return lua.LString("")
	}
	if n > 64 {
		return lua.LString(d.keep(text))
	}
	slot := &met[uint8(maphash.Bytes(d.seed, text))]
	if s, ok := (*slot).(lua.LString); ok && string(s) == string(text) {
		return *slot
	}
	v := lua.LValue(lua.LString(d.keep(text)))
	*slot = v
	return v
}

// keep copies text into the current block.
func (d *decoder) keep(text []byte) string {
	const size = 4096
	if len(text) > size/4 {
		return string(text)
	}
	if d.block.Cap()-d.block.Len() < len(text) {
		d.block = strings.Builder{}
		d.block.Grow(min(size, max(len(d.b)-d.pos+len(text), len(text))))
	}
	start := d.block.Len()
	d.block.Write(text)
	return d.block.String()[start:]
}

func (d *decoder) numberValue() (lua.LValue, error) {
	start := d.pos
	text, err := d.number()
	if err != nil {
		return nil, err
	}
	slot := maphash.Bytes(d.seed, text) % uint64(len(d.nums))
	if d.nums[slot] != nil && d.numText[slot] == string(text) {
		return d.nums[slot], nil
	}
	s := d.keep(text)
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(x, 0) {
		return nil, d.fail(start, "the number %s is too large", text)
	}
	d.nums[slot], d.numText[slot] = lua.LNumber(x), s
	return d.nums[slot], nil
}
