package rawjson

import (
	"bytes"
	"errors"

	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
)

// Doc describes the Lua module json in doc comments, for schema.ParseLua.
const Doc = `--- JSON to Lua values and back.
---
--- Null members of an object are absent in the table; in an array they are json.null, so that positions hold.
---@class json
---@field null any Null: give a member or an option this value to send null.
---@example
--- local json = require "json"
--- print(json.encode({ name = "private", tags = json.array {} }, { indent = 2 }))
local json = {}

--- Decodes a JSON document.
---@param text string the document
---@return any value tables, strings, numbers, booleans
---@raises bad_argument
---@example
--- local net = require("json").decode('{"name": "private", "mtu": 1450}')
--- print(net.name, net.mtu)
function json.decode(text) end

---@class json.encode.options
---@field indent? integer Spaces for each level; without it everything is on one line.
---@field empty_array? boolean An empty table is [], not {}.

--- Encodes a value. A table with the keys 1..n is an array, any other an object with its keys sorted.
---@param value any what to encode
---@param options? json.encode.options how to write it
---@return string text the document
---@raises bad_argument
---@example
--- print(require("json").encode({ 1, 2, { three = true } }))
function json.encode(value, options) end

--- Marks a table as an array, so that it is [] when it is empty.
---@param t table the table
---@return table t the same table
function json.array(t) end

--- Marks a table as an object, so that it is {} when it is empty.
---@param t table the table
---@return table t the same table
function json.object(t) end

return json
`

// Loader makes the Lua module json; it is a loader for package.preload. Its errors are raised as userdata that hold an
// *errs.Error.
func Loader(L *lua.LState) int {
	m := L.CreateTable(0, 5)
	m.RawSetString("null", Null)
	for name, f := range map[string]lua.LGFunction{
		"decode": decode, "encode": encode,
		"array":  func(L *lua.LState) int { return markTable(L, "json.array", arrayMark) },
		"object": func(L *lua.LState) int { return markTable(L, "json.object", objectMark) },
	} {
		m.RawSetString(name, L.NewFunction(f))
	}
	L.Push(m)
	return 1
}

// raise raises err as the value of a userdata, for the engine to make an error table of.
func raise(L *lua.LState, op string, err error) int {
	e := &errs.Error{Code: errs.BadArgument, Message: err.Error(), Cause: err}
	var known *errs.Error
	if errors.As(err, &known) {
		c := *known
		e = &c
	}
	e.Op = op
	ud := L.NewUserData()
	ud.Value = e
	L.Error(ud, 1)
	return 0
}

func wantType(L *lua.LState, op, name, want string, got lua.LValue) int {
	return raise(L, op+"."+name, errs.New(errs.BadArgument, "want %s, got %s", want, got.Type()))
}

func decode(L *lua.LState) int {
	text, ok := L.Get(1).(lua.LString)
	if !ok {
		return wantType(L, "json.decode", "text", "string", L.Get(1))
	}
	v, err := Decode(L, []byte(text))
	if err != nil {
		var se *SyntaxError
		if !errors.As(err, &se) {
			return raise(L, "json.decode", err)
		}
		before := []byte(text)[:min(se.Offset, len(text))]
		line := bytes.Count(before, []byte("\n")) + 1
		column := len(before) - (bytes.LastIndexByte(before, '\n') + 1) + 1
		e := errs.New(errs.BadArgument, "%s at line %d, column %d", se.Message, line, column)
		e.Cause = err
		return raise(L, "json.decode", e)
	}
	L.Push(v)
	return 1
}

func encode(L *lua.LState) int {
	const op = "json.encode"
	if L.GetTop() == 0 {
		return raise(L, op, errs.New(errs.BadArgument, "argument 1, value, is missing"))
	}
	var o Options
	switch t := L.Get(2).(type) {
	case *lua.LNilType:
	case *lua.LTable:
		var unknown string
		t.ForEach(func(key, _ lua.LValue) {
			if k := key.String(); k != "indent" && k != "empty_array" && (unknown == "" || k < unknown) {
				unknown = k
			}
		})
		if unknown != "" {
			return raise(L, op, errs.New(errs.BadArgument, "unknown option %q", unknown).WithHint("it takes indent, empty_array"))
		}
		if v := t.RawGetString("indent"); v != lua.LNil {
			n, ok := v.(lua.LNumber)
			if !ok || n < 0 || n > 16 || n != lua.LNumber(int(n)) {
				return raise(L, op+".indent", errs.New(errs.BadArgument, "want integer from 0 to 16, got %s", v))
			}
			o.Indent = int(n)
		}
		o.EmptyArray = lua.LVAsBool(t.RawGetString("empty_array"))
	default:
		return wantType(L, op, "options", "table", t)
	}
	b, err := FromLua(L.Get(1), o)
	if err != nil {
		return raise(L, op, err)
	}
	L.Push(lua.LString(b))
	return 1
}

func markTable(L *lua.LState, op, name string) int {
	t, ok := L.Get(1).(*lua.LTable)
	if !ok {
		return wantType(L, op, "t", "table", L.Get(1))
	}
	if t.Metatable != lua.LNil && mark(t) != arrayMark && mark(t) != objectMark {
		return raise(L, op, errs.New(errs.BadArgument, "the table has a metatable already"))
	}
	t.Metatable = marker(L, name)
	L.Push(t)
	return 1
}
