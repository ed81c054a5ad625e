package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func ids(all []Object) string {
	var out []string
	for _, o := range all {
		out = append(out, o["id"].(string))
	}
	return strings.Join(out, "")
}

func TestSelectAndSort(t *testing.T) {
	all := []Object{
		{"id": "a", "name": "x", "up": true, "mtu": 1500, "tags": []string{"p", "q"}, "note": nil},
		{"id": "b", "name": "y", "up": false, "mtu": 900, "tags": []string{}, "note": ""},
		{"id": "c", "name": "x", "up": true, "mtu": 10000, "tags": []string{"q"}, "note": "n"},
	}
	for _, c := range []struct{ query, want string }{
		{"", "abc"},
		{"name=x", "ac"},
		{"name=x&name=y", "abc"},
		{"name=x&id=a&id=b", "a"},
		{"up=True", "ac"},
		{"up=false", "b"},
		{"up=maybe", ""},
		{"mtu=900", "b"},
		{"tags=p", "a"},
		{"note=None", "a"},
		{"unknown=1", "abc"},
		{"limit=1&marker=z&fields=id", "abc"},
		{"sort_key=mtu", "bac"},
		{"sort_key=name&sort_dir=desc", "bac"},
		{"sort_key=name&sort_key=mtu&sort_dir=asc&sort_dir=desc", "cab"},
		{"sort_key=note", "abc"},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		got := Select(append([]Object{}, all...), q, func(key string) bool { return key != "unknown" })
		Sort(got, SortKeys(q))
		if ids(got) != c.want {
			t.Errorf("%s: got %q, want %q", c.query, ids(got), c.want)
		}
	}
	if got := Fields(all[0], []string{"id", "nosuch"}); len(got) != 1 || got["id"] != "a" {
		t.Errorf("fields: %v", got)
	}
}

func TestPages(t *testing.T) {
	all := strings.Split("abcdefg", "")
	for _, c := range []struct {
		query, want   string
		before, after bool
		known         bool
	}{
		{"", "abcdefg", false, false, true},
		{"limit=3", "abc", false, true, true},
		{"limit=3&marker=c", "def", true, true, true},
		{"limit=3&marker=f", "g", true, false, true},
		{"limit=3&marker=g", "", true, false, true},
		{"limit=3&marker=d&page_reverse=True", "abc", false, true, true},
		{"limit=2&marker=d&page_reverse=True", "bc", true, true, true},
		{"limit=2&page_reverse=True", "fg", true, false, true},
		{"limit=3&marker=z", "", false, false, false},
	} {
		q, _ := url.ParseQuery(c.query)
		p, ok := ParsePaging(q)
		if !ok {
			t.Fatal(c.query)
		}
		page, before, after, known := Cut(all, p, func(s string) string { return s })
		if strings.Join(page, "") != c.want || before != c.before || after != c.after || known != c.known {
			t.Errorf("%s: %v %v %v %v", c.query, page, before, after, known)
		}
	}
	for _, bad := range []string{"limit=x", "limit=-1"} {
		q, _ := url.ParseQuery(bad)
		if _, ok := ParsePaging(q); ok {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestPageLinks(t *testing.T) {
	hr, err := http.NewRequestWithContext(t.Context(), "GET", "http://h/v2.0/ports?limit=2&marker=x&name=n", nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Request: hr, Base: "http://h", Service: &Service{Prefix: "/network"}}
	links := PageLinks(r, Paging{Limit: 2, Marker: "x"}, "a", "b", true, true)
	if len(links) != 2 || links[0]["href"] != "http://h/network/v2.0/ports?limit=2&marker=b&name=n" ||
		links[1]["href"] != "http://h/network/v2.0/ports?limit=2&marker=a&name=n&page_reverse=True" {
		t.Errorf("%v", links)
	}
	if PageLinks(r, Paging{}, "a", "b", true, true) != nil {
		t.Error("links without a limit")
	}
}
