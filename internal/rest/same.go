package rest

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"strings"
)

// Same says whether a member of an existing resource is what is wanted. Both sides are as encoding/json decodes them
// into any; want is never null when have is not.
type Same func(want, have any) bool

// Equal is plain equality of JSON values. Nothing is as good as an empty text, list or object: services say either.
func Equal(want, have any) bool {
	if Empty(want) && Empty(have) {
		return true
	}
	return reflect.DeepEqual(want, have)
}

// Empty tells whether a JSON value is nothing, or a text, list or object with nothing in it.
func Empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// Fold compares text without case, for MAC addresses and DNS names.
func Fold(want, have any) bool {
	w, ok1 := want.(string)
	h, ok2 := have.(string)
	if ok1 && ok2 {
		return strings.EqualFold(w, h)
	}
	return Equal(want, have)
}

// Address compares IP addresses whatever way they are written.
func Address(want, have any) bool {
	w, ok1 := address(want)
	h, ok2 := address(have)
	if ok1 && ok2 {
		return w == h
	}
	return Equal(want, have)
}

func address(v any) (netip.Addr, bool) {
	s, _ := v.(string)
	a, err := netip.ParseAddr(s)
	return a, err == nil
}

// Network compares networks in CIDR form; the host bits do not count.
func Network(want, have any) bool {
	w, ok1 := network(want)
	h, ok2 := network(have)
	if ok1 && ok2 {
		return w == h
	}
	return Address(want, have)
}

func network(v any) (netip.Prefix, bool) {
	s, _ := v.(string)
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

// ID compares the IDs of projects and their like, which are written with dashes or without.
func ID(want, have any) bool {
	w, ok1 := want.(string)
	h, ok2 := have.(string)
	if ok1 && ok2 {
		return strings.ReplaceAll(w, "-", "") == strings.ReplaceAll(h, "-", "")
	}
	return Equal(want, have)
}

// Ordered compares lists element by element, in order.
func Ordered(same Same) Same {
	return func(want, have any) bool {
		w, h := list(want), list(have)
		return len(w) == len(h) && slices.EqualFunc(w, h, func(a, b any) bool { return same(a, b) })
	}
}

// Unordered compares lists as sets: each wanted element has one of its own among those there, and none is left over.
func Unordered(same Same) Same {
	return func(want, have any) bool {
		w, h := list(want), list(have)
		return len(w) == len(h) && pair(w, h, same)
	}
}

// pair matches each element of w with an element of h of its own. Elements that say little (only a subnet) may match
// many of h, so a choice is taken back when it leaves another without.
func pair(w, h []any, same Same) bool {
	owner := make([]int, len(h)) // which of w has it, -1 for none
	for i := range owner {
		owner[i] = -1
	}
	var place func(i int, tried []bool) bool
	place = func(i int, tried []bool) bool {
		for j := range h {
			if tried[j] || !same(w[i], h[j]) {
				continue
			}
			tried[j] = true
			if owner[j] < 0 || place(owner[j], tried) {
				owner[j] = i
				return true
			}
		}
		return false
	}
	for i := range w {
		if !place(i, make([]bool, len(h))) {
			return false
		}
	}
	return true
}

// Members compares an object member by member: only those wanted count, each by its rule, or Equal without one.
func Members(rules map[string]Same) Same {
	return func(want, have any) bool {
		w, ok1 := want.(map[string]any)
		h, ok2 := have.(map[string]any)
		if !ok1 || !ok2 {
			return Equal(want, have)
		}
		if len(w) == 0 {
			return len(h) == 0
		}
		for k, v := range w {
			same := rules[k]
			if same == nil {
				same = Equal
			}
			if !same(v, h[k]) {
				return false
			}
		}
		return true
	}
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// Plain turns a value of Go into what encoding/json would decode it to.
func Plain(v any) (any, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out any
	return out, json.Unmarshal(b, &out)
}
