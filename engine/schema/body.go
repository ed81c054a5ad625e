package schema

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/oslua/oslua/engine/errs"
)

// Body makes a request body of in (a struct or a pointer to one): each field with a json tag that was set. An Opt or
// Ref given as null becomes nil, a Ref its ID, a duration seconds; structs, lists and maps follow recursively. A plain
// false, 0 or "" was not set; use an Opt where it means something. A Ref with text but no ID is an error: resolve with
// EachRef first.
func Body(in any) (map[string]any, error) {
	v := reflect.Indirect(reflect.ValueOf(in))
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("schema.Body: %T is no struct", in)
	}
	p, err := planOf(v.Type())
	if err != nil {
		return nil, err
	}
	return p.body("", v)
}

func (p *plan) body(path string, v reflect.Value) (map[string]any, error) {
	out := map[string]any{}
	for _, f := range p.fields {
		if f.key == "" {
			continue
		}
		value, set, err := f.wire(join(path, f.label()), v.FieldByIndex(f.index))
		if err != nil {
			return nil, err
		}
		if set {
			out[f.key] = value
		}
	}
	return out, nil
}

// wire gives the value to send and whether there is one.
func (f *field) wire(path string, v reflect.Value) (value any, set bool, err error) {
	t := v.Type()
	switch {
	case t == refType:
		r := v.Interface().(Ref)
		if r.ID == "" && r.Text != "" && !r.Null {
			return nil, false, errs.New(errs.BadArgument, "%s: %q was not looked up", path, r.Text)
		}
		if r.Null {
			return nil, true, nil
		}
		return r.ID, r.ID != "", nil
	case isOpt(t):
		if !v.Field(1).Bool() {
			return nil, false, nil
		}
		if v.Field(2).Bool() {
			return nil, true, nil
		}
		value, _, err = f.wire(path, v.Field(0))
		return value, true, err
	case t == sizeType:
		return v.Int(), v.Int() != 0, nil
	case t == durationType:
		s := time.Duration(v.Int()).Seconds()
		if s == math.Trunc(s) {
			return int64(s), s != 0, nil
		}
		return s, true, nil
	case t == bytesType:
		return string(v.Bytes()), !v.IsNil(), nil
	case t == rawType:
		return v.Interface(), !v.IsNil(), nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, false, nil
		}
		value, _, err = f.wire(path, v.Elem())
		return value, true, err
	case reflect.Struct:
		m, err := f.sub.body(path, v)
		return m, len(m) > 0, err
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			if list[i], _, err = f.wire(path+"["+strconv.Itoa(i+1)+"]", v.Index(i)); err != nil {
				return nil, false, err
			}
		}
		return list, !v.IsNil(), nil
	case reflect.Map:
		m := make(map[string]any, v.Len())
		for it := v.MapRange(); it.Next(); {
			key := it.Key().String()
			if m[key], _, err = f.wire(join(path, key), it.Value()); err != nil {
				return nil, false, err
			}
		}
		return m, !v.IsNil(), nil
	}
	return v.Interface(), !v.IsZero(), nil
}

// EachRef calls visit for each Ref that was given and is not null, with its path ("networks[1].network") and kind.
// in is a pointer to the struct, so that visit can set the ID. It stops at the first error.
func EachRef(in any, visit func(path, kind string, ref *Ref) error) error {
	v := reflect.ValueOf(in)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("schema.EachRef: %T is no pointer to a struct", in)
	}
	p, err := planOf(v.Elem().Type())
	if err != nil {
		return err
	}
	return p.refs("", v.Elem(), visit)
}

func (p *plan) refs(path string, v reflect.Value, visit func(path, kind string, ref *Ref) error) error {
	for _, f := range p.fields {
		if err := f.refs(join(path, f.label()), v.FieldByIndex(f.index), visit); err != nil {
			return err
		}
	}
	return nil
}

func (f *field) refs(path string, v reflect.Value, visit func(path, kind string, ref *Ref) error) error {
	t := v.Type()
	switch {
	case t == refType:
		if r := v.Addr().Interface().(*Ref); r.Given() && !r.Null {
			return visit(path, f.ref, r)
		}
		return nil
	case isOpt(t):
		if v.Field(1).Bool() && !v.Field(2).Bool() {
			return f.refs(path, v.Field(0), visit)
		}
		return nil
	case t == rawType || t == bytesType:
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return f.refs(path, v.Elem(), visit)
		}
	case reflect.Struct:
		return f.sub.refs(path, v, visit)
	case reflect.Slice:
		if !f.holdsRef && f.sub == nil {
			return nil
		}
		for i := range v.Len() {
			if err := f.refs(path+"["+strconv.Itoa(i+1)+"]", v.Index(i), visit); err != nil {
				return err
			}
		}
	case reflect.Map:
		if !f.holdsRef && f.sub == nil {
			return nil
		}
		keys := map[string]reflect.Value{}
		for _, k := range v.MapKeys() {
			keys[k.String()] = k
		}
		for _, name := range slices.Sorted(maps.Keys(keys)) {
			// a map's values cannot be changed in place
			value := reflect.New(t.Elem()).Elem()
			value.Set(v.MapIndex(keys[name]))
			if err := f.refs(join(path, name), value, visit); err != nil {
				return err
			}
			v.SetMapIndex(keys[name], value)
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
