package schema

import (
	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
)

// Decode makes the function's In struct (a pointer to it) from Lua arguments. op ("routers.create") leads the messages.
// An error is an *errs.Error of code bad_argument whose Op is the path to the fault, "routers.create.tags[2]".
func (f Func) Decode(op string, args []lua.LValue) (in any, err error) {
	return nil, errs.New(errs.BadArgument, "not yet")
}

// KindOf gives the kind of resource a Lua value is: the __name of its metatable, "" when it has none.
func KindOf(v lua.LValue) string { return "" }
