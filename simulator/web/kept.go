package web

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// Kept are the members of an object taken over from another cloud that this one would show otherwise, or not at all. Each
// is shown as it was there for as long as this cloud's own value stays what it was then: whatever changes the object here
// wins over what was kept.
type Kept map[string]KeptMember

// KeptMember is one of them. A nil value says that there is no such member.
type KeptMember struct {
	Own    json.RawMessage `json:"own,omitempty"`    // as it was shown here when the object came
	Theirs json.RawMessage `json:"theirs,omitempty"` // as the other cloud shows it
}

// Keep compares what is shown here with what the other cloud showed. Members named in skip are left as they are here.
func Keep(own, theirs any, skip ...string) (Kept, error) {
	mine, err := members(own)
	if err != nil {
		return nil, err
	}
	wanted, err := members(theirs)
	if err != nil {
		return nil, err
	}
	kept := Kept{}
	for name := range wanted {
		if !slices.Contains(skip, name) && !bytes.Equal(mine[name], wanted[name]) {
			kept[name] = KeptMember{Own: mine[name], Theirs: wanted[name]}
		}
	}
	for name := range mine {
		if _, there := wanted[name]; !there && !slices.Contains(skip, name) {
			kept[name] = KeptMember{Own: mine[name]}
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return kept, nil
}

// members are an object's members in one way of writing JSON.
func members(v any) (map[string]json.RawMessage, error) {
	raw, err := canonical(v)
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	return all, json.Unmarshal(raw, &all)
}

// canonical writes JSON with sorted keys and no spaces.
func canonical(v any) (json.RawMessage, error) {
	raw, err := marshal(v)
	if err != nil {
		return nil, err
	}
	var plain any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&plain); err != nil {
		return nil, err
	}
	return marshal(plain)
}

// Apply puts what was kept into an object that is about to be shown, and gives the names of the members that this cloud
// would not show at all. may, when it is not nil, says of these whether they belong into this answer.
func (k Kept) Apply(o Object, may func(name string) bool) (added []string) {
	for _, name := range slices.Sorted(maps.Keys(k)) {
		m := k[name]
		have, there := o[name]
		switch {
		case m.Own == nil:
			if may == nil || may(name) {
				o[name] = m.value()
				added = append(added, name)
			}
			continue
		case !there:
			continue
		}
		if now, err := canonical(have); err != nil || !bytes.Equal(now, m.Own) {
			continue
		}
		if m.Theirs == nil {
			delete(o, name)
		} else {
			o[name] = m.value()
		}
	}
	return added
}

// value is the member as handlers and filters know values: lists of texts as such.
func (m KeptMember) value() any {
	var v any
	d := json.NewDecoder(bytes.NewReader(m.Theirs))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	if list, ok := v.([]any); ok {
		texts := make([]string, 0, len(list))
		for _, item := range list {
			s, ok := item.(string)
			if !ok {
				return v
			}
			texts = append(texts, s)
		}
		return texts
	}
	return v
}
