// Package schema describes Lua modules: one descriptor for each module and function. The engine decodes arguments by
// it, and help, completion, editor stubs and the reference are printed from it, so they cannot disagree.
package schema

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"github.com/oslua/oslua/engine/errs"
)

// Module is one Lua module: what require(Name) gives.
type Module struct {
	Name    string  // "networks"
	Doc     string  // what it is for, a sentence or a paragraph
	Kind    string  // the kind of object it makes ("network"), "" for none
	Fields  []Field // the object's fields worth documenting; without a Kind, the module's own values
	Funcs   []Func
	Classes []Class // tables its functions take or give, beyond options and objects
	Call    string  // the function that a call of the module itself means, "" for none
	Example string  // a few lines of Lua that run as they stand
}

// Globals is the name of a module that describes global functions: "try", not "_G.try".
const Globals = "_G"

// Class names the fields of a table, for help and stubs.
type Class struct {
	Name   string // "lab.Step"
	Doc    string
	Fields []Param
}

// Field is one field of a module's objects.
type Field struct {
	Name string
	Type string // LuaCATS type: "string", "string[]", "table<string,string>"
	Doc  string
}

// Func describes one function of a module. Make it with Fn.
type Func struct {
	Name    string
	Doc     string
	Method  bool     // the first positional argument is the module's own object: also callable as obj:name(...)
	Returns []Field  // in order
	Raises  []string // error codes beyond the ones every call can raise
	REST    []string // "POST /v2.0/networks"
	CLI     string   // the openstack command that does the same
	Example string

	in     reflect.Type
	out    reflect.Type
	plan   func() (*plan, error) // the In struct by reflection, once, when first needed
	params []Param               // for a function that is not called through here (Doc, ParseLua)
	call   func(ctx context.Context, in any) (any, error)
}

// Option adds to a Func's description.
type Option func(*Func)

// Fn describes a function that takes the struct In and gives Out. In's fields carry tags:
//
//	lua:"name[,arg][,required][,nullable]"  name of the option; arg: positional, in field order
//	json:"key"                              key in the request body (see Body); "-" for none
//	doc:"..."                               one sentence, with the unit
//	default:"..."                           shown, not applied
//	enum:"a|b|c"                            the values taken
//	ref:"network"                           kind of resource a Ref, or each Ref of a list, means
//	alias:"network_id,net"                  other names an option is taken under; giving two that differ is an error
//
// An option's name need not be a name in Lua ("router:external"); a positional argument's must.
// The fields' types: string, bool, integers, floats, Size, time.Duration, Ref, any (plain Go values), []byte (text),
// json.RawMessage (any Lua value, encoded), Callback (a function), Value (any Lua value as data), structs, pointers to structs, []T and map[string]T of these, and Opt[T] of
// all of them (Duration is one). Only Opt and Ref can be nullable. Embedded structs are flattened, and so is a struct
// with the tag lua:",inline", for a generic one, which cannot embed its parameter. Fields without a lua tag are not
// options, but a json tag still puts them into the body, so a binding can compute them. A struct whose pointer is an
// encoding.TextUnmarshaler may be given as text too: allocation_pools = { "10.8.0.2-10.8.0.9" }. So may a list type:
// networks = "auto". One that is an ObjectUnmarshaler may be given as an object: networks = { net, port }.
//
// Options that are not positional come in one table, the last argument: create{...}, update(net, {...}).
// Out is one of: None, Object, List, Iter, Raw, Values, Modules, or a plain Go value (string, bool, number, []string,
// map[string]any, []any).
func Fn[In, Out any](name, doc string, call func(context.Context, In) (Out, error), opts ...Option) Func {
	f := Func{
		Name: name, Doc: doc,
		in:   reflect.TypeFor[In](),
		out:  reflect.TypeFor[Out](),
		plan: sync.OnceValues(func() (*plan, error) { return planOf(reflect.TypeFor[In]()) }),
		call: func(ctx context.Context, in any) (any, error) { return call(ctx, *in.(*In)) },
	}
	for _, o := range opts {
		o(&f)
	}
	return f
}

// Describe documents a function that is not called through a Func: one written in Lua, or a built-in of the engine. It
// appears in help, completion, stubs and reference as the others do.
func Describe(name, doc string, params []Param, opts ...Option) Func {
	f := Func{Name: name, Doc: doc, params: params}
	for _, o := range opts {
		o(&f)
	}
	return f
}

// Callable reports whether Decode and Call work: false for a function that is only described.
func (f Func) Callable() bool { return f.call != nil }

// Call runs the function with what Decode gave. What comes back is one of the kinds Fn names.
func (f Func) Call(ctx context.Context, in any) (any, error) {
	if f.call == nil {
		return nil, errs.New(errs.Runtime, "%s is described here but implemented elsewhere", f.Name)
	}
	return f.call(ctx, in)
}

// Lookup finds a function of the module by name.
func (m Module) Lookup(name string) (Func, bool) {
	for _, f := range m.Funcs {
		if f.Name == name {
			return f, true
		}
	}
	return Func{}, false
}

// Method marks a function whose first argument is the module's object.
func Method() Option { return func(f *Func) { f.Method = true } }

// Returns names one result; repeat it for several.
func Returns(name, typ, doc string) Option {
	return func(f *Func) { f.Returns = append(f.Returns, Field{name, typ, doc}) }
}

// Raises names error codes the function raises.
func Raises(codes ...string) Option { return func(f *Func) { f.Raises = append(f.Raises, codes...) } }

// REST names the calls behind the function.
func REST(calls ...string) Option { return func(f *Func) { f.REST = append(f.REST, calls...) } }

// CLI names the openstack command that does the same.
func CLI(command string) Option { return func(f *Func) { f.CLI = command } }

// Example is Lua that shows the call.
func Example(code string) Option { return func(f *Func) { f.Example = code } }

// ObjectUnmarshaler is a struct that stands for resources of several kinds, and so may be given as one of them.
type ObjectUnmarshaler interface {
	UnmarshalObject(kind, id string) error
}

// None is the input of a function without arguments, or the output of one without results.
type None struct{}

// Object is one resource as the service sent it. The engine turns it into a table with the methods of its kind.
type Object struct {
	Kind string          // "network"
	JSON json.RawMessage // the body
	Key  string          // the member of JSON that holds the object ("network"); "" when JSON is the object itself
}

// List is many resources of a kind, in order, as pages of bodies.
type List struct {
	Kind  string
	Pages []json.RawMessage
	Key   string // the member of each page that holds the array; "" when the page is the array itself
}

// Iter yields pages lazily: it becomes a Lua iterator over objects. Next gives a nil page at the end.
type Iter struct {
	Kind string
	Key  string
	Next func(ctx context.Context) (json.RawMessage, error)
}

// Raw is any JSON document: it becomes plain Lua values.
type Raw struct {
	JSON json.RawMessage
	Key  string
}

// Values is several results.
type Values []any

// Modules is a table of modules by name: what auth.connect returns.
type Modules []Module

// Ref names a resource: an object, an ID or a name. A zero Ref was not given.
type Ref struct {
	ID   string // set from an object, from text in the form of an ID, or by resolving
	Text string // the text given
	Null bool   // given as null or false, where the option is nullable
}

// Given reports whether anything was given.
func (r Ref) Given() bool { return r.ID != "" || r.Text != "" || r.Null }

// String is the ID or the text, for messages.
func (r Ref) String() string {
	if r.Text != "" {
		return r.Text
	}
	return r.ID
}

// Opt is an optional value that knows whether it was given, so that false, 0 and "" can be sent.
type Opt[T any] struct {
	Value T
	Set   bool
	Null  bool // given as null or false, where the option is nullable; Set is true too
}

// Some gives a set Opt.
func Some[T any](v T) Opt[T] { return Opt[T]{Value: v, Set: true} }

// Or gives the value, or def when none was given.
func (o Opt[T]) Or(def T) T {
	if o.Set && !o.Null {
		return o.Value
	}
	return def
}

// Duration decodes from seconds or from "90s", "5m", "1h30m".
type Duration = Opt[time.Duration]

// Size is a number of bytes; it decodes from a number or from "2GB" (10^9) and "2GiB" (2^30).
type Size int64
