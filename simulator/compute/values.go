package compute

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/oslua/oslua/simulator/python"
)

// object is a JSON object of a request that remembers the order of its members, which Nova's sentences repeat.
type object struct {
	keys []string
	vals map[string]any
}

func (o *object) get(key string) any {
	if o == nil {
		return nil
	}
	return o.vals[key]
}

// Keys gives the names of the members, in the order they were sent in.
func (o *object) Keys() []string { return o.keys }

// Value gives a member.
func (o *object) Value(key string) any { return o.vals[key] }

// has says whether a member is there, be it null.
func (o *object) has(key string) bool {
	if o == nil {
		return false
	}
	_, ok := o.vals[key]
	return ok
}

func (o *object) text(key string) string { s, _ := o.get(key).(string); return s }

func (o *object) object(key string) *object { v, _ := o.get(key).(*object); return v }

func (o *object) list(key string) []any { v, _ := o.get(key).([]any); return v }

// texts gives the object's members that are texts.
func (o *object) texts() map[string]string {
	all := map[string]string{}
	if o == nil {
		return all
	}
	for k, v := range o.vals {
		all[k] = python.Str(v)
	}
	return all
}

// MarshalJSON writes the members in their order.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(k)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(o.vals[k])
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

var errDeep = errors.New("nested too deeply")

// decodeJSON reads one JSON value: objects as *object, numbers as json.Number.
func decodeJSON(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

func decodeValue(d *json.Decoder, depth int) (any, error) {
	if depth > 200 {
		return nil, errDeep
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		o := &object{vals: map[string]any{}}
		for d.More() {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			key, _ := k.(string)
			v, err := decodeValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			if _, twice := o.vals[key]; !twice {
				o.keys = append(o.keys, key)
			}
			o.vals[key] = v
		}
		_, err = d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decodeValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	}
	return t, nil
}

// pyInt reads a number, or a text that is one, as Python's int does.
func pyInt(v any) (int, bool) {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.Atoi(string(v)); err == nil {
			return n, true
		}
		f, err := v.Float64()
		return int(f), err == nil && math.Abs(f) < 1<<53
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(v))
		return n, err == nil
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// truth reads a boolean of a body, which may be a text.
func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case string:
		switch strings.ToLower(v) {
		case "1", "t", "true", "on", "y", "yes":
			return true
		}
	}
	return false
}
