package schema

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// Param is one argument or option of a function, computed from the field it decodes into.
type Param struct {
	Name       string
	Type       string // LuaCATS: "string", "network|string", "string[]"; "table" where Fields says more
	Doc        string
	Default    string // shown, not applied
	Required   bool
	Positional bool     // given by place, not in the table of options
	Nullable   bool     // json.null, or false, sends null
	Aliases    []string // other names it is taken under
	Enum       []string
	Ref        string  // the kind of resource meant
	Fields     []Param // what a table holds, for structs and lists and maps of structs
}

// plan is what decoding and encoding need to know about one struct type.
type plan struct {
	fields []*field // embedded structs flattened, in order
	args   []*field // the positional ones
	opts   []*field // the options
	byName map[string]*field
}

// field is one field of an In struct.
type field struct {
	goName     string
	index      []int // through embedded structs
	typ        reflect.Type
	name       string // in Lua, "" when it is no option
	key        string // in the body, "" when it is not sent
	doc, def   string
	enum       []string
	aliases    []string
	ref        string
	required   bool
	positional bool
	nullable   bool
	holdsRef   bool
	sub        *plan // of the struct inside: of the field itself, or of its elements
}

// label names the field in paths.
func (f *field) label() string {
	switch {
	case f.name != "":
		return f.name
	case f.key != "":
		return f.key
	}
	return f.goName
}

// optional is what every Opt[T] is.
type optional interface{ isOpt() }

func (Opt[T]) isOpt() {}

var (
	optType      = reflect.TypeFor[optional]()
	refType      = reflect.TypeFor[Ref]()
	sizeType     = reflect.TypeFor[Size]()
	durationType = reflect.TypeFor[time.Duration]()
	rawType      = reflect.TypeFor[json.RawMessage]()
	anyType      = reflect.TypeFor[any]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	bytesType    = reflect.TypeFor[[]byte]()
)

// fromText reports a struct, or a list, that may be given as text too.
func fromText(t reflect.Type) bool { return reflect.PointerTo(t).Implements(textType) }

// fromObject reports a struct that may be given as an object too.
func fromObject(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[ObjectUnmarshaler]())
}

func isOpt(t reflect.Type) bool { return t.Kind() == reflect.Struct && t.Implements(optType) }

// structIn gives the struct whose fields a table under t holds: t itself, or the element of its lists and maps.
func structIn(t reflect.Type) (reflect.Type, bool) {
	for {
		switch {
		case t == refType:
			return nil, false
		case isOpt(t):
			t = t.Field(0).Type
		case t == rawType || t == bytesType || fromLua(t):
			return nil, false
		case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map:
			t = t.Elem()
		default:
			return t, t.Kind() == reflect.Struct
		}
	}
}

// planOf reads a struct type. The plan is usable, as far as it goes, when there is an error too.
func planOf(t reflect.Type) (*plan, error) { return planIn(t, nil) }

func planIn(t reflect.Type, within []reflect.Type) (*plan, error) {
	p := &plan{byName: map[string]*field{}}
	if t.Kind() != reflect.Struct {
		return p, fmt.Errorf("%s is no struct", t)
	}
	if slices.Contains(within, t) {
		return p, fmt.Errorf("%s contains itself", t)
	}
	err := p.read(t, nil, append(slices.Clone(within), t))
	return p, err
}

func (p *plan) read(t reflect.Type, index []int, within []reflect.Type) error {
	var bad []error
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(slices.Clone(index), i)
		if (sf.Anonymous || sf.Tag.Get("lua") == ",inline") && sf.Type.Kind() == reflect.Struct && sf.Type != refType && !isOpt(sf.Type) {
			bad = append(bad, p.read(sf.Type, at, within))
			continue
		}
		if !sf.IsExported() {
			continue
		}
		f, err := newField(sf, at, within)
		if err != nil {
			bad = append(bad, fmt.Errorf("%s.%s: %w", t, sf.Name, err))
		}
		if f.name == "" && f.key == "" {
			continue
		}
		p.fields = append(p.fields, f)
		if f.name == "" {
			continue
		}
		if p.byName[f.name] != nil {
			bad = append(bad, fmt.Errorf("%s.%s: option %q is there twice", t, sf.Name, f.name))
		}
		p.byName[f.name] = f
		if !f.positional {
			p.opts = append(p.opts, f)
			for _, a := range f.aliases {
				if p.byName[a] != nil {
					bad = append(bad, fmt.Errorf("%s.%s: option %q is there twice", t, sf.Name, a))
				}
				p.byName[a] = f
			}
			continue
		}
		if len(f.aliases) > 0 {
			bad = append(bad, fmt.Errorf("%s.%s: an argument given by place has no other names", t, sf.Name))
		}
		if n := len(p.args); f.required && n > 0 && !p.args[n-1].required {
			bad = append(bad, fmt.Errorf("%s.%s: required argument after an optional one", t, sf.Name))
		}
		p.args = append(p.args, f)
	}
	return errors.Join(bad...)
}

func newField(sf reflect.StructField, index []int, within []reflect.Type) (*field, error) {
	f := &field{
		goName: sf.Name, index: index, typ: sf.Type,
		doc: sf.Tag.Get("doc"), def: sf.Tag.Get("default"), ref: sf.Tag.Get("ref"),
	}
	var bad []error
	if key, _, _ := strings.Cut(sf.Tag.Get("json"), ","); key != "-" {
		f.key = key
	}
	if enum := sf.Tag.Get("enum"); enum != "" {
		f.enum = strings.Split(enum, "|")
	}
	if alias := sf.Tag.Get("alias"); alias != "" {
		f.aliases = strings.Split(alias, ",")
	}
	words := strings.Split(sf.Tag.Get("lua"), ",")
	if words[0] != "-" {
		f.name = words[0]
	}
	for _, w := range words[1:] {
		switch w {
		case "arg":
			f.positional = true
		case "required":
			f.required = true
		case "nullable":
			f.nullable = true
		default:
			bad = append(bad, fmt.Errorf("lua tag has the unknown word %q", w))
		}
	}
	if f.name == "" && f.key == "" {
		return f, errors.Join(bad...)
	}
	if f.positional && !isName(f.name) {
		bad = append(bad, fmt.Errorf("%q is no name in Lua", f.name))
	}
	if f.nullable && sf.Type != refType && !isOpt(sf.Type) {
		bad = append(bad, fmt.Errorf("nullable wants an Opt or a Ref, not %s", sf.Type))
	}
	holdsRef, err := checkType(sf.Type)
	if err != nil {
		bad = append(bad, err)
	}
	f.holdsRef = holdsRef
	if f.ref != "" && !holdsRef {
		bad = append(bad, fmt.Errorf("ref tag on %s", sf.Type))
	}
	if st, ok := structIn(sf.Type); ok {
		sub, err := planIn(st, within)
		if err != nil {
			bad = append(bad, err)
		}
		f.sub = sub
		if len(sub.args) > 0 {
			bad = append(bad, fmt.Errorf("arg inside a table"))
		}
	}
	return f, errors.Join(bad...)
}

// checkType refuses types that cannot be decoded, and says whether there is a Ref in one, structs aside.
func checkType(t reflect.Type) (holdsRef bool, err error) {
	switch {
	case t == refType:
		return true, nil
	case t == anyType || t == rawType || t == bytesType:
		return false, nil
	case isOpt(t):
		return checkType(t.Field(0).Type)
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64, reflect.Struct,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return false, nil
	case reflect.Slice:
		return checkType(t.Elem())
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return checkType(t.Elem())
		}
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Struct && t.Elem() != refType {
			return false, nil
		}
	}
	return false, fmt.Errorf("cannot decode a %s", t)
}

// Params gives the function's arguments: positional ones first, in order, then options.
func (f Func) Params() []Param {
	if f.plan == nil {
		return f.params
	}
	p, _ := f.plan()
	return p.describe()
}

func (p *plan) describe() []Param {
	var out []Param
	for _, f := range slices.Concat(p.args, p.opts) {
		d := Param{
			Name: f.name, Type: luaType(f.typ, f), Doc: f.doc, Default: f.def, Required: f.required,
			Positional: f.positional, Nullable: f.nullable, Aliases: f.aliases, Enum: f.enum, Ref: f.ref,
		}
		if f.sub != nil {
			d.Fields = f.sub.describe()
		}
		out = append(out, d)
	}
	return out
}

// luaType names a Go type in LuaCATS.
func luaType(t reflect.Type, f *field) string {
	switch {
	case t == refType:
		if f.ref == "" {
			return "table|string"
		}
		return f.ref + "|string"
	case t == sizeType:
		return "integer|string"
	case t == durationType:
		return "number|string"
	case t == bytesType:
		return "string"
	case t == reflect.TypeFor[Callback]():
		return "function"
	case t == anyType || t == rawType || fromLua(t):
		return "any"
	case isOpt(t):
		return luaType(t.Field(0).Type, f)
	}
	switch t.Kind() {
	case reflect.String:
		if len(f.enum) == 0 {
			return "string"
		}
		quoted := make([]string, len(f.enum))
		for i, e := range f.enum {
			quoted[i] = strconv.Quote(e)
		}
		return strings.Join(quoted, "|")
	case reflect.Bool:
		return "boolean"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		if fromText(t) {
			return "string|" + listType(luaType(t.Elem(), f))
		}
		return listType(luaType(t.Elem(), f))
	case reflect.Map:
		return "table<string, " + luaType(t.Elem(), f) + ">"
	case reflect.Pointer:
		return luaType(t.Elem(), f)
	case reflect.Struct:
		if fromText(t) {
			return "string|table"
		}
		return "table"
	}
	if len(f.enum) > 0 {
		return strings.Join(f.enum, "|")
	}
	return "integer"
}

// listType is the type of a list of t.
func listType(t string) string {
	if strings.Contains(t, "|") {
		t = "(" + t + ")"
	}
	return t + "[]"
}

var (
	namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	luaWords    = strings.Fields("and break do else elseif end false for function goto if in local nil not or repeat return then true until while")
)

func isName(s string) bool { return namePattern.MatchString(s) && !slices.Contains(luaWords, s) }

// Validate finds what is wrong with a module's descriptors: malformed tags, types that cannot be decoded, missing
// sentences, examples that do not parse. It is for tests.
func Validate(m Module) error {
	var bad []error
	fault := func(format string, args ...any) { bad = append(bad, fmt.Errorf(format, args...)) }
	if !isName(m.Name) {
		fault("module %q: no name in Lua", m.Name)
	}
	if m.Doc == "" {
		fault("module %s: no doc", m.Name)
	}
	if err := parses(m.Example); err != nil {
		fault("module %s: example: %w", m.Name, err)
	}
	for _, d := range m.Fields {
		if d.Name == "" || d.Type == "" {
			fault("module %s: field %q of type %q", m.Name, d.Name, d.Type)
		}
	}
	seen := map[string]bool{}
	for _, f := range m.Funcs {
		op := m.Name + "." + f.Name
		// "tags.add" is add in the table tags of the module.
		if slices.ContainsFunc(strings.Split(f.Name, "."), func(part string) bool { return !isName(part) }) {
			fault("%s: no name in Lua", op)
		}
		if seen[f.Name] {
			fault("%s: there twice", op)
		}
		seen[f.Name] = true
		if f.Doc == "" {
			fault("%s: no doc", op)
		}
		if err := parses(f.Example); err != nil {
			fault("%s: example: %w", op, err)
		}
		for _, r := range f.Returns {
			if r.Type == "" {
				fault("%s: result %q has no type", op, r.Name)
			}
		}
		if f.plan != nil {
			if _, err := f.plan(); err != nil {
				fault("%s: %w", op, err)
			}
		}
		params := f.Params()
		if f.Method {
			switch {
			case m.Kind == "":
				fault("%s: a method, but the module has no kind", op)
			case len(params) == 0 || !params[0].Positional:
				fault("%s: a method takes its object first", op)
			case f.Callable() && params[0].Ref != m.Kind:
				fault("%s: a method takes a %s first, not %q", op, m.Kind, params[0].Ref)
			}
		}
		if f.plan != nil {
			bad = append(bad, undocumented(op, params)...)
		}
	}
	return errors.Join(bad...)
}

func undocumented(path string, params []Param) (bad []error) {
	for _, p := range params {
		if p.Doc == "" {
			bad = append(bad, fmt.Errorf("%s.%s: no doc", path, p.Name))
		}
		bad = append(bad, undocumented(path+"."+p.Name, p.Fields)...)
	}
	return bad
}

func parses(code string) error {
	_, err := parse.Parse(strings.NewReader(code), "example")
	return err
}

// KindOf gives the kind of resource a Lua value is, "network": the __name of its metatable, "" when it has none.
func KindOf(v lua.LValue) string {
	t, ok := v.(*lua.LTable)
	if !ok {
		return ""
	}
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok {
		return ""
	}
	name, _ := mt.RawGetString("__name").(lua.LString)
	if strings.HasPrefix(string(name), "json.") { // the marks of json.array and json.object
		return ""
	}
	return string(name)
}
