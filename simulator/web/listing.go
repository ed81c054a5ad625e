package web

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Matches says whether an object's field has one of the wanted values, as Neutron compares a query with a resource:
// true and false in any case, numbers by value, a list when one of its items fits, "" and "None" for null.
func Matches(have any, want []string) bool {
	return slices.ContainsFunc(want, func(w string) bool { return matches(have, w) })
}

func matches(have any, want string) bool {
	switch h := have.(type) {
	case nil:
		return want == "" || want == "None"
	case string:
		return h == want
	case bool:
		b, ok := ParseBool(want)
		return ok && b == h
	case []string:
		return slices.Contains(h, want)
	case []any:
		return slices.ContainsFunc(h, func(v any) bool { return matches(v, want) })
	}
	return fmt.Sprint(have) == want
}

// ParseBool reads a boolean as the services do: true, false, 1, 0, in any case.
func ParseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "on", "t", "y":
		return true, true
	case "false", "0", "no", "off", "f", "n":
		return false, true
	}
	return false, false
}

// Select keeps the objects that have a fitting value for each key of the query. Keys named in skip (sort_key, limit and
// their like always) and keys no object has are passed over by the caller's choice: known says what is a filter.
func Select(all []Object, query url.Values, known func(key string) bool) []Object {
	keep := all[:0:0]
	for _, o := range all {
		fits := true
		for key, want := range query {
			if IsListOption(key) || known != nil && !known(key) {
				continue
			}
			if !Matches(o[key], want) {
				fits = false
				break
			}
		}
		if fits {
			keep = append(keep, o)
		}
	}
	return keep
}

// IsListOption says whether a query key orders or cuts a listing instead of filtering it.
func IsListOption(key string) bool {
	switch key {
	case "fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir":
		return true
	}
	return false
}

// Fields keeps the named fields of an object; no names keep all.
func Fields(o Object, names []string) Object {
	if len(names) == 0 {
		return o
	}
	kept := make(Object, len(names))
	for _, n := range names {
		if v, ok := o[n]; ok {
			kept[n] = v
		}
	}
	return kept
}

// SortKey is one sort_key with its sort_dir.
type SortKey struct {
	Name string
	Desc bool
}

// SortKeys pairs a query's sort_key and sort_dir values; a key without a direction is ascending.
func SortKeys(query url.Values) []SortKey {
	var keys []SortKey
	for i, name := range query["sort_key"] {
		k := SortKey{Name: name}
		if dirs := query["sort_dir"]; i < len(dirs) {
			k.Desc = strings.EqualFold(dirs[i], "desc")
		}
		keys = append(keys, k)
	}
	return keys
}

// Sort orders objects by the keys; equal ones keep their order.
func Sort(all []Object, keys []SortKey) {
	if len(keys) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b Object) int {
		for _, k := range keys {
			if c := compare(a[k.Name], b[k.Name]); c != 0 {
				if k.Desc {
					return -c
				}
				return c
			}
		}
		return 0
	})
}

// compare orders two values of one field: null first, then numbers, then text.
func compare(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	}
	if x, ok := number(a); ok {
		if y, ok := number(b); ok {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case float64:
		return n, true
	case bool:
		return float64(btoi(n)), true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Paging is a listing's limit, marker and page_reverse.
type Paging struct {
	Limit   int // 0: no limit
	Marker  string
	Reverse bool
}

// ParsePaging reads a query's paging. ok is false when the limit is no number or is negative.
func ParsePaging(query url.Values) (p Paging, ok bool) {
	p.Marker = query.Get("marker")
	p.Reverse, _ = ParseBool(query.Get("page_reverse"))
	if s := query.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return p, false
		}
		p.Limit = n
	}
	return p, true
}

// Cut gives one page of a sorted listing, whether there is more before and after it, and whether the marker is known.
// id tells an item's ID.
func Cut[T any](all []T, p Paging, id func(T) string) (page []T, before, after, known bool) {
	first, last := 0, len(all)
	if p.Marker != "" {
		at := slices.IndexFunc(all, func(o T) bool { return id(o) == p.Marker })
		if at < 0 {
			return nil, false, false, false
		}
		if p.Reverse {
			last = at
		} else {
			first = at + 1
		}
	}
	if p.Limit > 0 && last-first > p.Limit {
		if p.Reverse {
			first = last - p.Limit
		} else {
			last = first + p.Limit
		}
	}
	return all[first:last], first > 0, last < len(all), true
}

// PageLinks are the links of a listing in Neutron's manner: next with the last ID of the page as the marker, previous
// with the first and page_reverse. They are nil when there is nothing to link to.
func PageLinks(r *Request, p Paging, firstID, lastID string, before, after bool) []Object {
	if p.Limit == 0 {
		return nil
	}
	var links []Object
	link := func(rel, marker string, reverse bool) {
		q := url.Values{}
		for k, v := range r.Query() {
			if k != "marker" && k != "page_reverse" {
				q[k] = v
			}
		}
		q.Set("marker", marker)
		if reverse {
			q.Set("page_reverse", "True")
		}
		links = append(links, Object{"rel": rel, "href": r.URLFor(r.URL.Path) + "?" + q.Encode()})
	}
	if after && lastID != "" {
		link("next", lastID, false)
	}
	if before && firstID != "" {
		link("previous", firstID, true)
	}
	return links
}
