package simulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

func TestFaultRulesAreRead(t *testing.T) {
	for _, c := range []struct {
		rule, back string // as it is written, and as String gives it
		want       simulator.Fault
	}{
		{"GET /network/v2.0/ports status=503", "", simulator.Fault{Method: "GET", Path: "/network/v2.0/ports", Status: 503}},
		{"  post\t/x*  count=2 after=3 p=0.5 status=500 retry-after=7", "POST /x* after=3 count=2 p=0.5 status=500 retry-after=7",
			simulator.Fault{Method: "POST", Path: "/x*", Count: 2, After: 3, P: 0.5, Status: 500, RetryAfter: 7}},
		{"* * latency=1500ms", "* * latency=1.5s", simulator.Fault{Method: "*", Path: "*", Latency: 1500 * time.Millisecond}},
		{"* /a latency=1s cut=half", "", simulator.Fault{Method: "*", Path: "/a", Latency: time.Second, Cut: simulator.CutHalf}},
		{`PUT /a status=418 body='{"a": "b c"}'`, "", simulator.Fault{Method: "PUT", Path: "/a", Status: 418, Body: `{"a": "b c"}`}},
		{`PUT /a status=418 body="it's 서울"`, "", simulator.Fault{Method: "PUT", Path: "/a", Status: 418, Body: "it's 서울"}},
		{`PUT /a status=418 body=x=y`, "", simulator.Fault{Method: "PUT", Path: "/a", Status: 418, Body: "x=y"}},
	} {
		got, err := simulator.ParseFault(c.rule)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.rule, got, err)
			continue
		}
		back := c.back
		if back == "" {
			back = c.rule
		}
		if got.String() != back {
			t.Errorf("%s: written back as %s", c.rule, got)
		}
		if again, err := simulator.ParseFault(got.String()); err != nil || again != got {
			t.Errorf("%s: read again as %+v, %v", got, again, err)
		}
	}
}

func TestFaultRulesAreRefused(t *testing.T) {
	for rule, want := range map[string]string{
		"":                               "want METHOD PATH",
		"GET":                            "want METHOD PATH",
		"status=503 /x":                  "want METHOD PATH",
		"GET status=503":                 "want METHOD PATH",
		"GET /x":                         "nothing happens",
		"GET /x count=1":                 "nothing happens",
		"GET /x status":                  "want a word and a value",
		"GET /x status=abc":              "status=abc: want a whole number",
		"GET /x status=99":               "want 200 to 599",
		"GET /x status=503 status=500":   "said twice",
		"GET /x status=503 cut=after":    "status or cut",
		"GET /x cut=never":               "want before, after or half",
		"GET /x p=0 status=500":          "probability",
		"GET /x p=1.5 status=500":        "probability",
		"GET /x p=NaN status=500":        "probability",
		"GET /x count=0 status=500":      "above 0",
		"GET /x latency=2":               "want a duration",
		"GET /x latency=-2s":             "below 0",
		"GET /x latency=2s body=x":       "need a status",
		"GET /x statu=503":               `there is no "statu"`,
		"GET /x status=503 body='never ": "a quote is opened",
	} {
		if f, err := simulator.ParseFault(rule); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %q", rule, f, err, want)
		}
	}
	if _, err := simulator.Start(t.Context(), simulator.Options{Memory: true, Faults: []simulator.Fault{{Path: "*"}}}); err == nil {
		t.Error("a rule that does nothing was taken")
	}
}

func rule(t *testing.T, text string) simulator.Fault {
	t.Helper()
	f, err := simulator.ParseFault(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFaultsHitWhatTheySay(t *testing.T) {
	const ports = "/network/v2.0/ports"
	for _, c := range []struct {
		rules string // separated by ";"
		calls string // "METHOD path", separated by ";"
		want  string // statuses
	}{
		{"GET " + ports + " status=503", "GET " + ports + ";POST " + ports + ";GET " + ports + "/x", "503 401 401"},
		{"get /network/* count=2 status=500", "GET " + ports + ";GET " + ports + ";GET " + ports, "500 500 401"},
		{"GET * after=1 count=1 status=500", "GET " + ports + ";GET " + ports + ";GET " + ports, "401 500 401"},
		{"GET *ports status=500;GET *ports status=502", "GET " + ports, "500"},
		{"GET *ports count=1 status=500;GET *ports status=502", "GET " + ports + ";GET " + ports, "500 502"},
		{"* /network/v2.0/po?ts status=429 retry-after=2", "HEAD " + ports, "429"},
	} {
		sim := simulatortest.Start(t, simulator.Options{})
		for r := range strings.SplitSeq(c.rules, ";") {
			if err := sim.Faults().Add(rule(t, r)); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for call := range strings.SplitSeq(c.calls, ";") {
			method, path, _ := strings.Cut(call, " ")
			w := httptest.NewRecorder()
			sim.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, "http://simulator"+path, nil))
			got = append(got, w.Result().Status[:3])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.rules, got, c.want)
		}
		sim.Faults().Clear()
		if rules, _ := sim.Faults().List(); rules != nil {
			t.Error("cleared rules are there")
		}
	}
}

func TestChanceComesFromTheSeed(t *testing.T) {
	draw := func(seed int64) string {
		sim := simulatortest.Start(t, simulator.Options{Seed: seed, Faults: []simulator.Fault{rule(t, "* * p=0.3 status=503")}})
		var b strings.Builder
		for range 200 {
			w := httptest.NewRecorder()
			sim.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/", nil))
			if w.Code == 503 {
				b.WriteByte('x')
			} else {
				b.WriteByte('.')
			}
		}
		return b.String()
	}
	one := draw(1)
	if one != draw(1) || one == draw(2) {
		t.Error("the same seed must give the same chances, and another seed others")
	}
	if n := strings.Count(one, "x"); n < 30 || n > 90 {
		t.Errorf("%d of 200 were hit with p=0.3", n)
	}
}

func TestFaultBodies(t *testing.T) {
	for _, c := range []struct{ rule, path, contentType, body string }{
		{"* * status=503", "/network/v2.0/ports", "application/json", `{"NeutronError"`},
		{"* * status=503", "/identity/v3", "application/json", `{"error"`},
		{"* * status=503", "/", "text/plain; charset=utf-8", "Service Unavailable"},
		{"* * status=503 body='go away'", "/network/v2.0/ports", "text/plain; charset=utf-8", "go away"},
		{"* * status=503 body={}", "/network/v2.0/ports", "application/json", "{}"},
	} {
		sim := simulatortest.Start(t, simulator.Options{Faults: []simulator.Fault{rule(t, c.rule)}})
		w := httptest.NewRecorder()
		sim.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", c.path, nil))
		if w.Code != 503 || w.Header().Get("Content-Type") != c.contentType || !strings.HasPrefix(w.Body.String(), c.body) {
			t.Errorf("%s on %s: %d %v %s", c.rule, c.path, w.Code, w.Header(), w.Body)
		}
	}
}

// A cut connection: whether the service did its work is what the rule says.
func TestCuts(t *testing.T) {
	for cut, kept := range map[string]bool{"before": false, "after": true, "half": true} {
		t.Run(cut, func(t *testing.T) {
			sim := simulatortest.Start(t, simulator.Options{})
			k := connect(t, sim.Client(), sim.URL())
			if err := sim.Faults().Add(rule(t, "POST "+projects+" count=1 cut="+cut)); err != nil {
				t.Fatal(err)
			}
			r, _ := http.NewRequestWithContext(t.Context(), "POST", sim.URL()+projects, strings.NewReader(`{"project":{"name":"p"}}`))
			r.Header.Set("X-Auth-Token", k.token)
			resp, err := k.http.Do(r)
			if cut == "half" {
				if err != nil || resp.StatusCode != 201 {
					t.Fatal(resp, err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(body)) != resp.ContentLength/2 {
					t.Errorf("%d of %d bytes, %v", len(body), resp.ContentLength, err)
				}
			} else if err == nil {
				t.Errorf("an answer: %s", resp.Status)
				_ = resp.Body.Close()
			}
			if got := strings.HasSuffix(k.names(projects, "projects"), " p"); got != kept {
				t.Errorf("the project is there: %v", got)
			}
			all := sim.Requests()
			if r := all[len(all)-2]; !strings.Contains(r.Fault, "cut="+cut) || r.Path != projects {
				t.Errorf("the log has %v", r)
			}
		})
	}
}

func TestLatencyWaitsOnTheClock(t *testing.T) {
	fake := clock.NewFake(time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC))
	sim := simulatortest.Start(t, simulator.Options{Clock: fake, Latency: time.Second,
		Faults: []simulator.Fault{rule(t, "GET /identity/* latency=2s")}})
	answered := make(chan int)
	ask := func(ctx context.Context, path string) {
		defer func() {
			if recover() != nil {
				answered <- 0
			}
		}()
		w := httptest.NewRecorder()
		sim.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", path, nil))
		answered <- w.Code
	}
	for path, wait := range map[string]time.Duration{"/identity/v3": 3 * time.Second, "/": time.Second} {
		go ask(t.Context(), path)
		if err := fake.WaitForSleepers(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		fake.Advance(wait - 1)
		select {
		case code := <-answered:
			t.Errorf("%s answered %d too early", path, code)
		default:
		}
		fake.Advance(1)
		if code := <-answered; code != 200 {
			t.Errorf("%s: %d", path, code)
		}
		all := sim.Requests()
		if r := all[len(all)-1]; r.Took != wait || r.Status != 200 {
			t.Errorf("the log has %v", r)
		}
	}
	// A client that goes away ends the wait.
	ctx, cancel := context.WithCancel(t.Context())
	go ask(ctx, "/")
	if err := fake.WaitForSleepers(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if code := <-answered; code != 0 {
		t.Errorf("answered %d to nobody", code)
	}
}

func TestLog(t *testing.T) {
	var out strings.Builder
	fake := clock.NewFake(time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC))
	sim := simulatortest.Start(t, simulator.Options{Clock: fake, Log: &out, Faults: []simulator.Fault{rule(t, "GET /b cut=before")}})
	for _, path := range []string{"/network/v2.0/ports?name=%0Ax", "/b"} {
		func() {
			defer func() { _ = recover() }()
			sim.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		}()
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "07:08:09.000 GET /network/v2.0/ports?name=%0Ax 401 0.0ms req-") ||
		lines[1] != "07:08:09.000 GET /b cut 0.0ms (fault: GET /b cut=before)" {
		t.Errorf("%q", lines)
	}
	for range 600 {
		sim.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", "/last", nil))
	}
	if all := sim.Requests(); len(all) != 500 || all[0].Path != "/last" {
		t.Errorf("%d requests are remembered, the first is %v", len(all), all[0])
	}
}

func TestAdvance(t *testing.T) {
	dir := t.TempDir()
	fake := clock.NewFake(time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC))
	o := simulator.Options{Dir: dir, Clock: fake, TokenLifetime: time.Hour}
	sim, other := simulatortest.Start(t, o), simulatortest.Start(t, o)
	k := connect(t, sim.Client(), sim.URL())
	status := func(s *simulator.Simulator) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "GET", projects, nil)
		r.Header.Set("X-Auth-Token", k.token)
		s.Handler().ServeHTTP(w, r)
		return w.Code
	}
	for _, s := range []*simulator.Simulator{sim, other} {
		if got := status(s); got != 200 {
			t.Error(got)
		}
	}
	if err := sim.Advance(t.Context(), 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*simulator.Simulator{sim, other} {
		if got := status(s); got != 401 {
			t.Errorf("an hour after its end the token gives %d", got)
		}
		now, err := s.Now(t.Context())
		if err != nil || !now.Equal(fake.Now().Add(2*time.Hour)) {
			t.Error(now, err)
		}
	}
	if err := sim.Advance(t.Context(), -1); err == nil {
		t.Error("time went back")
	}
	if err := sim.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, err := other.Now(t.Context()); err != nil || !now.Equal(fake.Now()) {
		t.Error(now, err)
	}
}
