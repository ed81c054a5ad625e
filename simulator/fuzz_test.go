package simulator_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

// FuzzRequests sends anything to every route. Whatever comes, nothing panics and nothing answers 500.
//
//	go test ./simulator -run '^$' -fuzz FuzzRequests -fuzztime 1m
//
// contract's TestHostile goes deeper into bodies: it spoils good ones.
func FuzzRequests(f *testing.F) {
	sim := simulatortest.Start(f, simulator.Options{Seed: 1})
	type aRoute struct{ prefix, method, pattern string }
	var routes []aRoute
	for _, s := range sim.Services() {
		for _, r := range s.Routes {
			if !r.Missing {
				routes = append(routes, aRoute{s.Prefix, r.Method, r.Pattern})
			}
		}
	}
	client := sim.Client()
	f.Cleanup(client.CloseIdleConnections)
	tokens := []string{tokenAt(f, client, sim.URL(), "admin"), tokenAt(f, client, sim.URL(), "demo"), "", "nonsense"}
	ids := known(f, sim, tokens[0])

	for i := range routes {
		f.Add(uint16(i), uint8(0), ids[i%len(ids)], "limit=1", `{}`)
		f.Add(uint16(i), uint8(1), "nosuch", "sort_key=name&marker=x", `{"server":{"name":1},"network":[],"port":null,"image":"x"}`)
	}
	f.Add(uint16(0), uint8(0), "%00", "a=%ff", "\xff")
	f.Fuzz(func(t *testing.T, n uint16, who uint8, id, query, body string) {
		r := routes[int(n)%len(routes)]
		if id == "" || who&8 != 0 {
			id = ids[int(n)%len(ids)]
		}
		path := r.prefix
		for part := range strings.SplitSeq(strings.TrimSuffix(r.pattern, "{$}"), "/") {
			if strings.HasPrefix(part, "{") {
				part = id
			}
			if part != "" {
				path += "/" + part
			}
		}
		u := &url.URL{Scheme: "http", Host: "simulator", Path: path, RawQuery: query}
		hr := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://simulator/", strings.NewReader(body))
		hr.Method, hr.URL, hr.RequestURI = r.method, u, u.RequestURI()
		hr.Header.Set("Content-Type", "application/json")
		if token := tokens[int(who)%len(tokens)]; token != "" {
			hr.Header.Set("X-Auth-Token", token)
		}
		if who&16 != 0 {
			hr.Header.Set("X-OpenStack-Nova-API-Version", "2.93")
		}
		w := httptest.NewRecorder()
		sim.Handler().ServeHTTP(w, hr)
		// A subnet pool without room is a 500 of Neutron's own.
		if w.Code == http.StatusInternalServerError && !strings.Contains(w.Body.String(), "SubnetAllocationError") {
			t.Errorf("%s %s %q: %d %s", r.method, u, body, w.Code, w.Body)
		}
	})
}

// known are IDs of things that are there.
func known(f *testing.F, sim *simulator.Simulator, token string) []string {
	f.Helper()
	client := sim.Client()
	defer client.CloseIdleConnections()
	seen := map[string]bool{"42": true}
	for _, path := range []string{"/network/v2.0/networks", "/network/v2.0/ports", "/network/v2.0/routers", "/network/v2.0/subnets",
		"/network/v2.0/security-groups", "/image/v2/images", projects, "/identity/v3/users", "/identity/v3/roles"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(f.Context(), http.MethodGet, "http://simulator"+path, nil)
		r.Header.Set("X-Auth-Token", token)
		sim.Handler().ServeHTTP(w, r)
		for part := range strings.SplitSeq(w.Body.String(), `"id":"`) {
			if id, _, ok := strings.Cut(part, `"`); ok && len(id) >= 32 {
				seen[id] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
