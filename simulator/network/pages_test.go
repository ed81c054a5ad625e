package network

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A page read by itself is what is cut out of the whole listing.
func TestPagesByID(t *testing.T) {
	c := start(t)
	for i := range 9 {
		token := []string{"admin", "demo", "alt"}[i%3]
		c.make(token, fmt.Sprint("n", i), "/v2.0/networks", fmt.Sprintf(`{"network":{"name":"Net%d"}}`, i%2))
		c.make(token, fmt.Sprint("s", i), "/v2.0/subnets", fmt.Sprintf(`{"subnet":{"network_id":"{n%d}","ip_version":4,"cidr":"10.%d.0.0/24"}}`, i, i))
		c.make("admin", fmt.Sprint("p", i), "/v2.0/ports", fmt.Sprintf(`{"port":{"network_id":"{n%d}","device_id":"d%d"}}`, i, i%2))
	}
	list := func(token, path string) (ids []string) {
		t.Helper()
		status, answer := c.do(token, "GET", path, "")
		if status != 200 {
			t.Fatal(token, path, status, answer)
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(path, "/v2.0/"), "?")
		for _, o := range answer[strings.ReplaceAll(name, "-", "_")].([]any) {
			ids = append(ids, o.(map[string]any)["id"].(string))
		}
		return ids
	}
	for _, path := range []string{"networks?", "networks?name=net1&", "networks?tenant_id=p-demo&", "subnets?", "ports?", "ports?device_id=d1&",
		"security-groups?", "security-group-rules?", "rbac-policies?"} {
		for _, token := range []string{"admin", "demo"} {
			path := "/v2.0/" + path
			all := list(token, path)
			if !slices.IsSorted(all) {
				t.Errorf("%s %s: not in order: %q", token, path, all)
			}
			for _, desc := range []bool{false, true} {
				ordered, sort := slices.Clone(all), ""
				if desc {
					slices.Reverse(ordered)
					sort = "&sort_key=id&sort_dir=desc"
				}
				for i, marker := range ordered {
					after, before := ordered[i+1:min(i+3, len(ordered))], ordered[max(0, i-2):i]
					if got := list(token, path+"limit=2&marker="+marker+sort); !slices.Equal(got, after) {
						t.Errorf("%s %s%s after %d: got %q, want %q", token, path, sort, i, got, after)
					}
					if got := list(token, path+"limit=2&page_reverse=True&marker="+marker+sort); !slices.Equal(got, before) {
						t.Errorf("%s %s%s before %d: got %q, want %q", token, path, sort, i, got, before)
					}
				}
			}
		}
	}
	for i := range 9 {
		// Admin made them all; those on its own networks are shown to demo.
		if seen := slices.Contains(list("demo", "/v2.0/ports?limit=100"), c.ids[fmt.Sprint("p", i)]); seen != (i%3 == 1) {
			t.Errorf("demo sees port %d: %t", i, seen)
		}
	}
	if got := list("demo", "/v2.0/networks?name=NET0&limit=5"); len(got) != 1 {
		t.Errorf("a name in another case: %q, want one network", got)
	}
	// A marker that does not fit the filters is still a place in the listing.
	if got, want := list("admin", "/v2.0/networks?tenant_id=p-demo&limit=9&marker="+c.ids["n0"]), list("admin", "/v2.0/networks?tenant_id=p-demo"); !slices.Equal(got,
		slices.DeleteFunc(want, func(id string) bool { return id < c.ids["n0"] })) {
		t.Errorf("after a marker that does not fit: %q", got)
	}
}
