package simulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/oslua/oslua/simulator"
)

// fill makes many networks, ports and servers.
func fill(tb testing.TB, sim *simulator.Simulator, token string, networks, ports, servers int) {
	tb.Helper()
	ask := func(method, path, body string) string {
		r := httptest.NewRequestWithContext(tb.Context(), method, "http://simulator"+path, strings.NewReader(body))
		r.Header.Set("X-Auth-Token", token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("OpenStack-API-Version", "compute 2.37")
		w := httptest.NewRecorder()
		sim.Handler().ServeHTTP(w, r)
		if w.Code >= 300 {
			tb.Fatal(w.Code, w.Body)
		}
		return w.Body.String()
	}
	_, rest, _ := strings.Cut(ask("GET", projects+"?name=admin", ""), `"id":"`)
	project, _, _ := strings.Cut(rest, `"`)
	ask("PUT", "/network/v2.0/quotas/"+project, `{"quota":{"network":-1,"port":-1,"subnet":-1}}`)
	id := ""
	for done := 0; done < networks; done += 200 {
		var all []string
		for i := range 200 {
			all = append(all, fmt.Sprintf(`{"name":"n%d","provider:network_type":"local"}`, done+i))
		}
		_, rest, _ := strings.Cut(ask("POST", "/network/v2.0/networks", `{"networks":[`+strings.Join(all, ",")+`]}`), `"id":"`)
		id, _, _ = strings.Cut(rest, `"`)
	}
	ask("POST", "/network/v2.0/subnets", `{"subnet":{"network_id":"`+id+`","ip_version":4,"cidr":"10.32.0.0/16"}}`)
	for done := 0; done < ports; done += 200 {
		all := strings.Repeat(`{"network_id":"`+id+`"},`, 200)
		ask("POST", "/network/v2.0/ports", `{"ports":[`+strings.TrimSuffix(all, ",")+`]}`)
	}
	ask("PUT", "/compute/v2.1/os-quota-sets/"+project, `{"quota_set":{"instances":-1,"cores":-1,"ram":-1}}`)
	_, rest, _ = strings.Cut(ask("GET", "/image/v2/images", ""), `"id":"`)
	image, _, _ := strings.Cut(rest, `"`)
	for done := 0; done < servers; done += 200 {
		ask("POST", "/compute/v2.1/servers", `{"server":{"name":"s","flavorRef":"1","imageRef":"`+image+`","networks":"none","min_count":200}}`)
	}
}

// A cloud with 10,000 networks, 2,000 ports and 10,000 servers: a page, a filtered list, one more port, and the start.
//
//	go test ./simulator -run '^$' -bench Large -benchtime 20x
func BenchmarkLarge(b *testing.B) {
	dir := b.TempDir()
	sim, err := simulator.Start(b.Context(), simulator.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = sim.Close() }()
	client := sim.Client()
	defer client.CloseIdleConnections()
	token := tokenAt(b, client, sim.URL(), "admin")
	fill(b, sim, token, 10000, 2000, 10000)
	member := tokenAt(b, client, sim.URL(), "demo")
	for _, c := range []struct{ name, path, token string }{
		{"networks page of 50", "/network/v2.0/networks?limit=50", token},
		{"a member's networks", "/network/v2.0/networks?limit=50", member},
		{"networks page of 1000", "/network/v2.0/networks?limit=1000", token},
		{"ports page of 50", "/network/v2.0/ports?limit=50", token},
		{"networks by name", "/network/v2.0/networks?name=n77", token},
		{"all ports", "/network/v2.0/ports", token},
		{"servers page of 50", "/compute/v2.1/servers?limit=50", token},
		{"servers page of 1000", "/compute/v2.1/servers/detail?limit=1000", token},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://simulator"+c.path, nil)
				r.Header.Set("X-Auth-Token", c.token)
				w := httptest.NewRecorder()
				sim.Handler().ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
			}
		})
	}
	b.Run("start", func(b *testing.B) {
		for b.Loop() {
			again, err := simulator.Start(b.Context(), simulator.Options{Dir: dir})
			if err != nil {
				b.Fatal(err)
			}
			if err := again.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
