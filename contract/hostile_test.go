package contract

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oslua/oslua/simulator"
)

var hostile = flag.Int("hostile", 12, "how many spoilt versions of each request TestHostile sends; -1 for all")

// poisons are values that a client in error, or of ill will, sends in the place of a good one.
func poisons() []any {
	return []any{
		nil, true, "", " ", "x", -1, 0, 1.5, json.Number("1e400"), json.Number("99999999999999999999"), []any{}, []any{nil}, []any{[]any{}},
		[]any{"x", 1}, map[string]any{}, map[string]any{"id": map[string]any{}}, []any{map[string]any{}}, "00000000-0000-0000-0000-000000000000",
		"한글 \u0000 \U0001F600", strings.Repeat("x", 300), "10.0.0.0/8", "::1", "fe80::1%eth0", "'; DROP TABLE docs; --", "%s%n",
	}
}

// spoil gives every version of a value in which one part is a poison, or is missing, or is there beside an unknown one.
func spoil(v any, yield func(any)) {
	for _, p := range poisons() {
		yield(p)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			spoil(v[key], func(inner any) {
				c := maps.Clone(v)
				c[key] = inner
				yield(c)
			})
			c := maps.Clone(v)
			delete(c, key)
			yield(c)
		}
		c := maps.Clone(v)
		c["no_such_thing"] = "x"
		yield(c)
	case []any:
		for i := range v {
			spoil(v[i], func(inner any) {
				c := slices.Clone(v)
				c[i] = inner
				yield(c)
			})
		}
		yield(append(slices.Clone(v), v...))
	}
}

// TestHostile plays the scenarios and sends, before each request, spoilt versions of it: whatever the answer, it is no
// 500, and the scenario can go on.
//
//	go test ./contract -run TestHostile -hostile -1
func TestHostile(t *testing.T) {
	if *record {
		t.Skip("recording")
	}
	eachScenario(t, func(t *testing.T, s scenario, _ string) {
		t.Parallel()
		sim, err := simulator.Start(t.Context(), simulator.Options{Memory: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := sim.Close(); err != nil {
				t.Error(err)
			}
		}()
		client := &http.Client{Transport: &http.Transport{DialContext: sim.DialContext}, CheckRedirect: stay}
		defer client.CloseIdleConnections()
		c := newCloud(t, client, sim.URL()+"/identity")
		rnd := rand.New(rand.NewPCG(1, uint64(len(s.requests))))
		sent := 0
		for _, r := range s.requests {
			for _, bad := range c.spoilt(r, rnd) {
				sent++
				if status, body := c.handle(sim.Handler(), bad); status >= 500 && status != http.StatusNotImplemented && !realFault(body) {
					t.Errorf("cases/%s.txt:%d: %s %s%s as %s: %s\nanswers %d %s", s.name, r.line, bad.method, bad.service, bad.path, bad.as, clip(bad.body), status, clip(body))
					if sent > 20000 || t.Failed() && sent > 3000 {
						return
					}
				}
			}
			r.until = [2]string{} // what it waits for may never be, after all that
			_, _, body, err := c.send(r)
			if err != nil {
				continue // the spoilt ones may have taken what it needs
			}
			for _, save := range r.save {
				if value, err := lookUp(body, save[1]); err == nil {
					c.saved[save[0]] = value
				}
			}
		}
		t.Logf("%d spoilt requests", sent)
	})
}

// realFault tells the case in which the real service answers 500 itself: Neutron for a subnet pool that has no room left.
func realFault(body string) bool { return strings.Contains(body, `"SubnetAllocationError"`) }

func clip(s string) string {
	if len(s) > 400 {
		return s[:400] + "…"
	}
	return s
}

// spoilt gives versions of a request with something wrong in them.
func (c *cloud) spoilt(r request, rnd *rand.Rand) []request {
	r.until = [2]string{}
	var all []request
	with := func(change func(*request)) {
		bad := r
		change(&bad)
		all = append(all, bad)
	}
	body := c.fill(r.body)
	var v any
	if d := json.NewDecoder(strings.NewReader(body)); body != "" && d.Decode(&v) == nil {
		spoil(v, func(bad any) {
			raw, err := json.Marshal(bad)
			if err != nil {
				return
			}
			with(func(b *request) { b.body = string(raw) })
		})
		for _, text := range []string{body[:len(body)/2], body + body, "\xff\xfe" + body, strings.Repeat("[", 20000), "\"", " "} {
			with(func(b *request) { b.body = text })
		}
	}
	path, query, _ := strings.Cut(r.path, "?")
	for _, add := range []string{"limit=-1", "limit=x", "limit=99999999999999999999", "limit=0", "marker=nosuch", "sort_key=nosuch", "sort_dir=up", "sort_key=id&sort_dir=asc&sort_dir=desc",
		"fields=nosuch", "name=%00", "name=%ff", "id=", "page_reverse=x", "tags=,,", "x[]=1", "%zz=1", "created_at=gt:x", "size_min=x", "changes-since=x", "a=b;c=d", "fixed_ips=x", "fixed_ips=ip_address%3D"} {
		with(func(b *request) { b.path = strings.TrimSuffix(path+"?"+query+"&"+add, "&") })
	}
	parts := strings.Split(path, "/")
	for i := 2; i < len(parts); i++ {
		for _, piece := range []string{"", "nosuch", "%00", "%ff%fe", "..%2f..", "한글", strings.Repeat("a", 500), "00000000-0000-0000-0000-000000000000"} {
			with(func(b *request) {
				p := slices.Clone(parts)
				p[i] = piece
				b.path = strings.Join(p, "/")
			})
		}
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"} {
		with(func(b *request) { b.method = method })
	}
	for _, as := range []string{"nobody", "admin", "alt_demo"} {
		with(func(b *request) { b.as = as })
	}
	for _, h := range [][2]string{{"Content-Type", "text/plain"}, {"OpenStack-API-Version", "compute 2.1"}, {"OpenStack-API-Version", "compute x"},
		{"X-OpenStack-Nova-API-Version", "2.93"}, {"X-OpenStack-Nova-API-Version", "9.9"}, {"X-Subject-Token", "x"}, {"If-Match", "revision_number=x"},
		{"X-Project-Id", "x"}, {"Range", "bytes=x"}, {"Accept", "x"}} {
		with(func(b *request) { b.header = append(slices.Clone(b.header), h) })
	}
	if *hostile >= 0 && len(all) > *hostile {
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:*hostile]
	}
	return all
}

// handle sends a request past HTTP, so that what net/http would not send arrives too.
func (c *cloud) handle(h http.Handler, r request) (int, string) {
	root, err := url.Parse(c.roots[r.service])
	if err != nil {
		return 0, err.Error()
	}
	path, query, _ := strings.Cut(c.fill(r.path), "?")
	u := &url.URL{Scheme: "http", Host: "simulator", Path: root.Path + path, RawQuery: query}
	if p, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = root.Path+p, root.Path+path
	}
	hr := &http.Request{Method: r.method, URL: u, RequestURI: u.RequestURI(), Host: "simulator", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: http.NoBody, ContentLength: int64(len(r.body))}
	if r.body != "" {
		hr.Body = readCloser{bytes.NewReader([]byte(r.body))}
	}
	if token := c.tokens[r.as]; token != "" {
		hr.Header.Set("X-Auth-Token", token)
	}
	for _, h := range r.header {
		hr.Header.Set(h[0], c.fill(h[1]))
	}
	w := httptest.NewRecorder()
	if panicked := call(h, w, hr); panicked != nil && panicked != http.ErrAbortHandler {
		return 599, fmt.Sprint("panic: ", panicked)
	}
	return w.Code, w.Body.String()
}

func call(h http.Handler, w http.ResponseWriter, r *http.Request) (panicked any) {
	defer func() { panicked = recover() }()
	h.ServeHTTP(w, r)
	return nil
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
