// Package rawjson takes JSON to Lua and back in one pass, without Go values between.
package rawjson

import (
	"encoding/json"

	lua "github.com/yuin/gopher-lua"
)

// MaxDepth is how deep arrays and objects may nest, both ways.
const MaxDepth = 1000

// Null is json.null: how a script says null, and what an array of JSON holds where null stood. It is never changed.
var Null = &lua.LUserData{Metatable: lua.LNil}

// ToLua decodes body. With a key it decodes that member of the object that body is, and LNil comes when there is
// none. meta, when not nil, becomes the metatable of the object, or of each object in the array. Null members of objects are left out.
// The caller holds the machine of L.
func ToLua(L *lua.LState, body []byte, key string, meta *lua.LTable) (lua.LValue, error) {
	return lua.LNil, nil
}

// Get finds the member of an object, or by several keys the member of a member, without decoding anything.
func Get(body []byte, keys ...string) (json.RawMessage, bool) { return nil, false }

// Options say how FromLua writes.
type Options struct {
	Indent     int  // spaces for each level, 0 for one line
	EmptyArray bool // an unmarked empty table is [], not {}
}

// FromLua encodes a Lua value. A table of 1..n only is an array, any other an object with sorted keys; json.array and
// json.object settle it for empty ones. Cycles, functions, holes and numbers that JSON lacks are errors.
func FromLua(v lua.LValue, o Options) ([]byte, error) { return nil, nil }

// Loader makes the Lua module json; it is a loader for package.preload.
func Loader(L *lua.LState) int { return 0 }

// Doc describes the Lua module json in doc comments, for schema.ParseLua.
const Doc = ``
