package schema

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	lua "github.com/yuin/gopher-lua"
)

// Decode makes the function's In struct (a pointer to it) from Lua arguments. op ("routers.create") leads the messages.
// An error is an *errs.Error of code bad_argument whose Op is the path to the fault ("routers.create.tags[2]") and
// whose Message leaves that path out, so that Error() reads "routers.create.tags[2]: want string, got number".
// A module's own table as first argument, from networks:list(), is known by its holding the function, or by a
// metatable whose __name is "module". Decode reads Lua tables: the caller holds the machine.
func (f Func) Decode(op string, args []lua.LValue) (in any, err error) {
	if f.plan == nil {
		return nil, errs.New(errs.Runtime, "%s is described here but implemented elsewhere", f.Name)
	}
	p, err := f.plan()
	if err != nil {
		return nil, &errs.Error{Code: errs.Runtime, Op: op, Message: "its descriptor is malformed", Cause: err}
	}
	for len(args) > 0 && args[len(args)-1] == lua.LNil {
		args = args[:len(args)-1]
	}
	v := reflect.New(f.in)
	if err := f.arguments(op, p, v.Elem(), args); err != nil {
		var e *errs.Error
		if errors.As(err, &e) {
			e.Op = op + e.Op
		}
		return nil, err
	}
	return v.Interface(), nil
}

// bad is a fault at the value itself; at puts a path before it on the way up.
func bad(format string, args ...any) *errs.Error { return errs.New(errs.BadArgument, format, args...) }

func at(step string, err error) error {
	if e, ok := err.(*errs.Error); ok {
		e.Op = step + e.Op
	}
	return err
}

func (f Func) arguments(op string, p *plan, v reflect.Value, args []lua.LValue) error {
	if len(args) > 0 && f.isModule(args[0]) {
		return bad("called with a colon").WithHint("a module's function takes a dot: %s", f.call1(op, p))
	}
	options := lua.LNil
	n := len(args)
	switch {
	case n > len(p.args)+min(1, len(p.opts)):
		e := bad("want %s, got %s", f.counts(p), count(n, "argument"))
		if len(p.opts) == 0 && isPlainTable(args[n-1]) {
			return e.WithHint("it takes no options: %s", f.call1(op, p))
		}
		return e.WithHint("write %s", f.call1(op, p))
	case n > len(p.args):
		options, args = args[n-1], args[:n-1]
	case n > 0 && len(p.opts) > 0 && !p.args[n-1].required && !takesTable(p.args[n-1].typ, args[n-1]) && isPlainTable(args[n-1]):
		options, args = args[n-1], args[:n-1]
	}
	for i, a := range p.args {
		if i >= len(args) || args[i] == lua.LNil {
			if !a.required {
				continue
			}
			e := bad("argument %d, %s, is missing", i+1, a.name)
			if i == 0 && f.Method {
				return e.WithHint("write %s, or %s:%s(...) with a colon", f.call1(op, p), a.name, f.Name)
			}
			return e.WithHint("write %s", f.call1(op, p))
		}
		err := a.decode(v.FieldByIndex(a.index), args[i])
		if err == nil {
			continue
		}
		var e *errs.Error
		if i == 0 && f.Method && errors.As(err, &e) && e.Hint == "" {
			e.Hint = fmt.Sprintf("write %s, or %s:%s(...) with a colon", f.call1(op, p), a.name, f.Name)
		}
		return at("."+a.name, err)
	}
	if options == lua.LNil {
		return p.missing(nil, f.call1(op, p))
	}
	t, ok := options.(*lua.LTable)
	if !ok || KindOf(t) != "" {
		return bad("want a table of options, got %s", describe(options)).WithHint("write %s", f.call1(op, p))
	}
	return p.table(v, t, p.opts, f.call1(op, p))
}

// isModule reports whether v is the module f is in: the first argument of networks:list().
func (f Func) isModule(v lua.LValue) bool {
	t, ok := v.(*lua.LTable)
	if !ok {
		return false
	}
	if KindOf(t) == "module" {
		return true
	}
	_, ok = t.RawGetString(f.Name).(*lua.LFunction)
	return ok
}

// call1 shows the call: networks.create{ name = ..., ... }.
func (f Func) call1(op string, p *plan) string {
	var args, opts []string
	for _, a := range p.args {
		args = append(args, a.name)
	}
	more := false
	for _, o := range p.opts {
		if o.required {
			opts = append(opts, o.name+" = ...")
		} else {
			more = true
		}
	}
	if more {
		opts = append(opts, "...")
	}
	table := ""
	if len(opts) > 0 {
		table = "{ " + strings.Join(opts, ", ") + " }"
	}
	if len(args) == 0 && table != "" {
		return op + table
	}
	if table != "" {
		args = append(args, table)
	}
	return op + "(" + strings.Join(args, ", ") + ")"
}

func (f Func) counts(p *plan) string {
	least, most := 0, len(p.args)+min(1, len(p.opts))
	for _, a := range p.args {
		if a.required {
			least++
		}
	}
	switch {
	case most == 0:
		return "no arguments"
	case least == most:
		return count(most, "argument")
	}
	return "at most " + count(most, "argument")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// isPlainTable reports a table that is no object.
func isPlainTable(v lua.LValue) bool {
	_, ok := v.(*lua.LTable)
	return ok && KindOf(v) == ""
}

// takesTable reports whether an argument of type t could mean the table v itself, not options after it.
func takesTable(t reflect.Type, v lua.LValue) bool {
	if isOpt(t) {
		return takesTable(t.Field(0).Type, v)
	}
	if t == refType {
		table, ok := v.(*lua.LTable)
		return ok && table.RawGetString("id") != lua.LNil
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Pointer, reflect.Interface:
		return true
	case reflect.Slice:
		table, ok := v.(*lua.LTable)
		return ok && t != bytesType && (t == rawType || table.Len() > 0 || rawjson.IsArray(table))
	}
	return false
}

// missing complains of required options that are not in t.
func (p *plan) missing(t *lua.LTable, example string) error {
	var names []string
	for _, o := range p.opts {
		if !o.required {
			continue
		}
		if t != nil {
			if _, value, err := o.given(t); err != nil || value != lua.LNil {
				continue
			}
		}
		names = append(names, strconv.Quote(o.name))
	}
	if len(names) == 0 {
		return nil
	}
	word := "option"
	if len(names) > 1 {
		word = "options"
	}
	e := bad("missing %s %s", word, strings.Join(names, ", "))
	if example != "" {
		e.Hint = "write " + example
	}
	return e
}

// table decodes a table of options into the struct v.
func (p *plan) table(v reflect.Value, t *lua.LTable, opts []*field, example string) error {
	var unknown []string
	var strange []lua.LValue
	t.ForEach(func(key, _ lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok {
			strange = append(strange, key)
			return
		}
		if f := p.byName[string(name)]; f == nil || f.positional {
			unknown = append(unknown, string(name))
		}
	})
	if len(unknown) > 0 {
		return p.unknown(slices.Min(unknown), opts)
	}
	if len(strange) > 0 {
		e := bad("an option needs a name, got %s without one", describe(t.RawGet(strange[0])))
		if example != "" {
			e.Hint = "write " + example
		}
		return e
	}
	for _, o := range opts {
		name, value, err := o.given(t)
		if err == nil && value != lua.LNil {
			err = o.decode(v.FieldByIndex(o.index), value)
		}
		if err != nil {
			return at(step(name), err)
		}
	}
	return p.missing(t, example)
}

// given finds an option in t under its name or an alias.
func (f *field) given(t *lua.LTable) (name string, value lua.LValue, err error) {
	name, value = f.name, t.RawGetString(f.name)
	for _, a := range f.aliases {
		other := t.RawGetString(a)
		if other == lua.LNil || other == value {
			continue
		}
		if value != lua.LNil {
			return name, value, bad("given as %q too, with another value", a).WithHint("give one of the two")
		}
		name, value = a, other
	}
	return name, value, nil
}

func (p *plan) unknown(name string, opts []*field) error {
	if f := p.byName[name]; f != nil {
		return bad("%q is an argument, not an option", name).WithHint("give it by place, before the table")
	}
	var names, all []string
	for _, o := range opts {
		names = append(names, o.name)
		all = append(append(all, o.name), o.aliases...)
	}
	if near := Nearest(name, all); near != "" {
		return bad("unknown option %q; did you mean %q?", name, near)
	}
	if len(names) == 0 {
		return bad("unknown option %q", name).WithHint("it takes no options")
	}
	return bad("unknown option %q", name).WithHint("it takes %s", strings.Join(names, ", "))
}

// decode sets the field v from an argument or option.
func (f *field) decode(v reflect.Value, lv lua.LValue) error {
	if f.nullable && (lv == rawjson.Null || lv == lua.LFalse && !wantsBool(f.typ)) {
		if f.typ == refType {
			v.Set(reflect.ValueOf(Ref{Null: true}))
			return nil
		}
		v.Field(1).SetBool(true)
		v.Field(2).SetBool(true)
		return nil
	}
	return f.value(v, lv)
}

func wantsBool(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.NumField() > 0 && t.Field(0).Type.Kind() == reflect.Bool
}

func (f *field) value(v reflect.Value, lv lua.LValue) error {
	t := v.Type()
	switch {
	case isOpt(t):
		v.Field(1).SetBool(true)
		return f.value(v.Field(0), lv)
	case fromLua(t):
		return v.Addr().Interface().(unmarshaler).unmarshalLua(lv)
	case t == anyType:
		g, err := toGo(lv, nil)
		if err != nil {
			return err
		}
		if g == nil {
			v.SetZero()
			return nil
		}
		v.Set(reflect.ValueOf(g))
		return nil
	case t == rawType:
		b, err := rawjson.FromLua(lv, rawjson.Options{})
		if err != nil {
			return bad("%s", messageOf(err))
		}
		v.Set(reflect.ValueOf(json.RawMessage(b)))
		return nil
	}
	if lv == rawjson.Null {
		return bad("cannot be null").WithHint("leave it out, or set it to nil")
	}
	switch {
	case t == refType:
		r, err := f.toRef(lv)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(r))
		return nil
	case t == durationType:
		d, err := toDuration(lv)
		v.SetInt(int64(d))
		return err
	case t == sizeType:
		n, err := toSize(lv)
		v.SetInt(n)
		return err
	case t == bytesType:
		s, ok := lv.(lua.LString)
		if !ok {
			return wrongType("string", lv)
		}
		v.SetBytes([]byte(s))
		return nil
	}
	switch t.Kind() {
	case reflect.String:
		s, ok := lv.(lua.LString)
		if !ok {
			return wrongType("string", lv)
		}
		v.SetString(string(s))
		return f.oneOf(string(s))
	case reflect.Bool:
		b, ok := lv.(lua.LBool)
		if !ok {
			return wrongType("boolean", lv)
		}
		v.SetBool(bool(b))
		return nil
	case reflect.Float32, reflect.Float64:
		n, ok := lv.(lua.LNumber)
		if !ok {
			return wrongType("number", lv)
		}
		v.SetFloat(float64(n))
		return nil
	case reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return f.value(v.Elem(), lv)
	case reflect.Struct:
		table, ok := lv.(*lua.LTable)
		if text, isText := lv.(lua.LString); isText && fromText(t) {
			err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
			if e := (*errs.Error)(nil); err != nil && !errors.As(err, &e) {
				return bad("%s", err)
			}
			return err
		}
		if !ok {
			return wrongType("table", lv)
		}
		if kind := KindOf(lv); kind != "" && fromObject(t) {
			id, isText := table.RawGetString("id").(lua.LString)
			if !isText {
				return bad("the %s has no id", kind)
			}
			if err := v.Addr().Interface().(ObjectUnmarshaler).UnmarshalObject(kind, string(id)); err != nil {
				return bad("%s", messageOf(err))
			}
			return nil
		}
		return f.sub.table(v, table, f.sub.opts, "")
	case reflect.Slice:
		return f.list(v, lv)
	case reflect.Map:
		return f.mapping(v, lv)
	}
	return f.integer(v, lv)
}

func wrongType(want string, got lua.LValue) error { return bad("want %s, got %s", want, describe(got)) }

// describe names what was given, for "got ...".
func describe(v lua.LValue) string {
	if v == rawjson.Null {
		return "json.null"
	}
	if kind := KindOf(v); kind != "" {
		return article(kind)
	}
	return v.Type().String()
}

func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

func (f *field) oneOf(s string) error {
	if len(f.enum) == 0 || slices.Contains(f.enum, s) {
		return nil
	}
	if near := Nearest(s, f.enum); near != "" {
		return bad("%q is not one of its values; did you mean %q?", s, near).WithHint("it takes %s", strings.Join(f.enum, ", "))
	}
	return bad("%q is not one of its values", s).WithHint("it takes %s", strings.Join(f.enum, ", "))
}

func (f *field) integer(v reflect.Value, lv lua.LValue) error {
	n, ok := lv.(lua.LNumber)
	if !ok {
		return wrongType("integer", lv)
	}
	x := float64(n)
	if x != math.Trunc(x) || math.IsInf(x, 0) {
		return bad("want integer, got %s", number(x))
	}
	// 2^63 and 2^64 are floats, the largest integers below them are not
	if v.CanInt() {
		if x >= -(1<<63) && x < 1<<63 && !v.OverflowInt(int64(x)) {
			v.SetInt(int64(x))
			return f.oneOf(number(x))
		}
	} else if x >= 0 && x < 1<<64 && !v.OverflowUint(uint64(x)) {
		v.SetUint(uint64(x))
		return f.oneOf(number(x))
	} else if x < 0 {
		return bad("must not be negative, got %s", number(x))
	}
	return bad("%s is too large", number(x))
}

// number prints a float as a script would write it.
func number(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatInt(int64(x), 10)
	}
	return strconv.FormatFloat(x, 'g', 14, 64)
}

func (f *field) list(v reflect.Value, lv lua.LValue) error {
	if s, ok := lv.(lua.LString); ok && fromText(v.Type()) {
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			return bad("%s", messageOf(err))
		}
		return nil
	}
	t, ok := lv.(*lua.LTable)
	if !ok {
		return bad("want list, got %s", describe(lv)).WithHint("put it in braces: { ... }")
	}
	if kind := KindOf(t); kind != "" && t.Len() == 0 && t.RawGetString("id") != lua.LNil {
		return bad("want list, got %s", article(kind)).WithHint("put it in braces: { %s }", kind)
	}
	n, err := length(t)
	if err != nil {
		return err
	}
	list := reflect.MakeSlice(v.Type(), n, n)
	for i := range n {
		if err := f.value(list.Index(i), t.RawGetInt(i+1)); err != nil {
			return at("["+strconv.Itoa(i+1)+"]", err)
		}
	}
	v.Set(list)
	return nil
}

// length gives the length of a table that is a list, without holes or names.
func length(t *lua.LTable) (int, error) {
	n, top := 0, 0.0
	var name string
	named := false
	t.ForEach(func(key, _ lua.LValue) {
		x, ok := key.(lua.LNumber)
		if !ok || x < 1 || float64(x) != math.Trunc(float64(x)) {
			if s := key.String(); !named || s < name {
				name, named = s, true
			}
			return
		}
		n++
		top = max(top, float64(x))
	})
	if named {
		return 0, bad("want list, got a table with the key %q", name)
	}
	if top != float64(n) {
		for i := 1; ; i++ {
			if t.RawGetInt(i) == lua.LNil {
				return 0, at("["+strconv.Itoa(i)+"]", bad("is nil: a list has no holes"))
			}
		}
	}
	return n, nil
}

func (f *field) mapping(v reflect.Value, lv lua.LValue) error {
	t, ok := lv.(*lua.LTable)
	if !ok {
		return wrongType("table", lv)
	}
	m := reflect.MakeMap(v.Type())
	var first error
	firstKey := ""
	fail := func(key string, err error) {
		if first == nil || key < firstKey { // the same fault each time, whatever the order
			first, firstKey = err, key
		}
	}
	t.ForEach(func(key, value lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok {
			fail("", bad("want names as keys, got the %s %s", key.Type(), key))
			return
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := f.value(elem, value); err != nil {
			fail(string(name), at(step(string(name)), err))
			return
		}
		m.SetMapIndex(reflect.ValueOf(string(name)).Convert(v.Type().Key()), elem)
	})
	if first != nil {
		return first
	}
	v.Set(m)
	return nil
}

func step(name string) string {
	if isName(name) {
		return "." + name
	}
	return "[" + strconv.Quote(name) + "]"
}

// toRef takes an object, an ID or a name.
func (f *field) toRef(lv lua.LValue) (Ref, error) {
	want := f.ref
	if want == "" {
		want = "resource"
	}
	switch x := lv.(type) {
	case lua.LString:
		if strings.TrimSpace(string(x)) == "" {
			return Ref{}, bad("want %s, got an empty string", article(want))
		}
		r := Ref{Text: string(x)}
		if isUUID(r.Text) {
			r.ID = r.Text
		}
		return r, nil
	case lua.LNumber: // flavors have IDs such as 42
		if float64(x) != math.Trunc(float64(x)) || math.IsInf(float64(x), 0) {
			return Ref{}, bad("want %s, got %s", article(want), number(float64(x)))
		}
		return Ref{Text: number(float64(x))}, nil
	case *lua.LTable:
		if kind := KindOf(x); kind != "" && f.ref != "" && kind != f.ref {
			return Ref{}, bad("want %s, got %s", article(want), article(kind))
		}
		switch id := x.RawGetString("id").(type) {
		case lua.LString:
			if id != "" {
				return Ref{ID: string(id)}, nil
			}
		case lua.LNumber:
			return Ref{ID: number(float64(id))}, nil
		}
		return Ref{}, bad("want %s, got a table without id", article(want)).WithHint("give an object, an ID or a name")
	}
	return Ref{}, bad("want %s, got %s", article(want), describe(lv)).WithHint("give an object, an ID or a name")
}

// isUUID reports 32 hexadecimal digits, dashed as 8-4-4-4-12 or not at all.
func isUUID(s string) bool {
	dashed := len(s) == 36
	if !dashed && len(s) != 32 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if dashed && (i == 8 || i == 13 || i == 18 || i == 23) {
			if c != '-' {
				return false
			}
			continue
		}
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

func toDuration(lv lua.LValue) (time.Duration, error) {
	const hint = `write seconds, or text such as "90s", "5m" or "1h30m"`
	var d time.Duration
	switch x := lv.(type) {
	case lua.LNumber:
		s := float64(x)
		if math.IsNaN(s) || math.Abs(s) > float64(math.MaxInt64/time.Second) {
			return 0, bad("want duration, got %s", number(s)).WithHint(hint)
		}
		d = time.Duration(s * float64(time.Second))
	case lua.LString:
		text := strings.TrimSpace(string(x))
		if n, err := strconv.ParseUint(text, 10, 31); err == nil {
			return 0, bad("%q has no unit", text).WithHint("write %d, or %q", n, text+"s")
		}
		var err error
		if d, err = time.ParseDuration(text); err != nil {
			return 0, bad("%q is no duration", string(x)).WithHint(hint)
		}
	default:
		return 0, bad("want duration, got %s", describe(lv)).WithHint(hint)
	}
	if d < 0 {
		return 0, bad("must not be negative")
	}
	return d, nil
}

func toSize(lv lua.LValue) (int64, error) {
	const hint = `write bytes, or text such as "2GB" (10^9) or "2GiB" (2^30)`
	var bytes float64
	switch x := lv.(type) {
	case lua.LNumber:
		bytes = float64(x)
		if bytes != math.Trunc(bytes) {
			return 0, bad("want whole bytes, got %s", number(bytes)).WithHint(hint)
		}
	case lua.LString:
		text := strings.TrimSpace(string(x))
		digits := strings.TrimRight(text, "KMGTPBkmgtpbiI ")
		n, err := strconv.ParseFloat(digits, 64)
		unit, ok := unitOf(strings.TrimSpace(text[len(digits):]))
		if err != nil || !ok || math.IsNaN(n) || math.IsInf(n, 0) {
			return 0, bad("%q is no size", string(x)).WithHint(hint)
		}
		bytes = math.Round(n * unit)
	default:
		return 0, bad("want size, got %s", describe(lv)).WithHint(hint)
	}
	if bytes < 0 {
		return 0, bad("must not be negative")
	}
	if bytes >= 1<<63 || math.IsNaN(bytes) {
		return 0, bad("%s is too large", number(bytes))
	}
	return int64(bytes), nil
}

func unitOf(unit string) (float64, bool) {
	unit = strings.ToUpper(unit)
	if unit == "B" {
		return 1, true
	}
	if len(unit) < 2 || unit[len(unit)-1] != 'B' {
		return 0, false
	}
	power := strings.IndexByte("KMGTP", unit[0]) + 1
	switch {
	case power == 0:
		return 0, false
	case len(unit) == 2:
		return math.Pow(1000, float64(power)), true
	case len(unit) == 3 && unit[1] == 'I':
		return math.Pow(1024, float64(power)), true
	}
	return 0, false
}

// toGo makes plain Go of any Lua value: what a field of type any holds.
func toGo(lv lua.LValue, within []*lua.LTable) (any, error) {
	switch x := lv.(type) {
	case lua.LString:
		return string(x), nil
	case lua.LBool:
		return bool(x), nil
	case lua.LNumber:
		n := float64(x)
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, bad("want a finite number, got %s", strconv.FormatFloat(n, 'g', -1, 64))
		}
		if n == math.Trunc(n) && math.Abs(n) <= 1<<53 {
			return int64(n), nil
		}
		return n, nil
	case *lua.LTable:
		if slices.Contains(within, x) {
			return nil, bad("the table holds itself")
		}
		if len(within) == rawjson.MaxDepth {
			return nil, bad("tables are nested deeper than %d", rawjson.MaxDepth)
		}
		within = append(within, x)
		if x.Len() > 0 || rawjson.IsArray(x) {
			return goList(x, within)
		}
		return goMap(x, within)
	}
	if lv == rawjson.Null {
		return nil, nil
	}
	return nil, bad("want a plain value, got %s", describe(lv))
}

func goList(t *lua.LTable, within []*lua.LTable) (any, error) {
	n, err := length(t)
	if err != nil {
		return nil, err
	}
	list := make([]any, n)
	for i := range list {
		if list[i], err = toGo(t.RawGetInt(i+1), within); err != nil {
			return nil, at("["+strconv.Itoa(i+1)+"]", err)
		}
	}
	return list, nil
}

func goMap(t *lua.LTable, within []*lua.LTable) (any, error) {
	m := map[string]any{}
	var first error
	firstKey := ""
	t.ForEach(func(key, value lua.LValue) {
		name, ok := key.(lua.LString)
		var g any
		var err error
		if !ok {
			err = bad("want names as keys, got the %s %s", key.Type(), key)
		} else if g, err = toGo(value, within); err != nil {
			err = at(step(string(name)), err)
		}
		if err != nil {
			if first == nil || string(name) < firstKey {
				first, firstKey = err, string(name)
			}
			return
		}
		m[string(name)] = g
	})
	if first != nil {
		return nil, first
	}
	return m, nil
}

func messageOf(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
