package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
)

// wantError gives err as ours, or fails the test.
func wantError(t *testing.T, err error, code errs.Code) *errs.Error {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) {
		t.Fatalf("err = %v, want an *errs.Error", err)
	}
	if e.Code != code {
		t.Fatalf("code %q (%s), want %q", e.Code, e.Message, code)
	}
	return e
}

func TestNothingIsSentBeforeUse(t *testing.T) {
	f := newFakeCloud(t)
	c, _ := f.connect(t, Options{})
	if c.Requests() != 0 || f.given() != 0 {
		t.Error("New sends something")
	}
}

func TestRequestsGoOutAsWritten(t *testing.T) {
	f := newFakeCloud(t)
	var got *http.Request
	var body string
	f.mux.HandleFunc("/", f.guarded(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		w.Header().Set("X-Openstack-Request-Id", "req-1")
		w.WriteHeader(201)
		io.WriteString(w, `{"a": 1}`)
	}))
	c, _ := f.connect(t, Options{Version: "1.2"})
	tests := []struct {
		name    string
		req     Request
		line    string
		body    string
		headers map[string]string
	}{
		{"get", Request{Service: Network, Path: "networks"}, "GET /net/v2.0/networks", "", map[string]string{"Content-Type": "", "Accept": "application/json"}},
		{"leading slash and query", Request{Service: Image, Path: "/images", Query: url.Values{"name": {"a b"}}}, "GET /image/v2/images?name=a+b", "", nil},
		{"JSON", Request{Service: Network, Method: "POST", Path: "networks", Body: map[string]any{"x": nil}}, "POST /net/v2.0/networks", `{"x":null}`, map[string]string{"Content-Type": "application/json"}},
		{"raw JSON", Request{Service: Network, Method: "PUT", Path: "x", Body: json.RawMessage(`{ }`)}, "PUT /net/v2.0/x", `{ }`, map[string]string{"Content-Type": "application/json"}},
		{"own header", Request{Service: Image, Method: "PATCH", Path: "x", Body: []byte(`[]`), Header: http.Header{"content-type": {"application/x-patch"}}}, "PATCH /image/v2/x", `[]`, map[string]string{"Content-Type": "application/x-patch"}},
		{"microversion", Request{Service: Compute, Path: "servers", Microversion: "2.93"}, "GET /compute/v2.1/servers", "", map[string]string{"Openstack-Api-Version": "compute 2.93", "X-Openstack-Nova-Api-Version": "2.93"}},
		{"volume by any name", Request{Service: Volume, Path: "volumes", Microversion: "3.59"}, "GET /volume/v3/pid/volumes", "", map[string]string{"Openstack-Api-Version": "volume 3.59"}},
		{"identity", Request{Service: Identity, Path: "projects"}, "GET /v3/projects", "", nil},
		{"upload", Request{Service: Image, Method: "PUT", Path: "file", Upload: &Upload{Size: 3, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("abc")), nil }}}, "PUT /image/v2/file", "abc", map[string]string{"Content-Type": "application/octet-stream", "Content-Length": "3"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := c.Do(t.Context(), tt.req)
			if err != nil {
				t.Fatal(err)
			}
			if line := got.Method + " " + got.RequestURI; line != tt.line || body != tt.body {
				t.Errorf("sent %s %s\nwant %s %s", line, body, tt.line, tt.body)
			}
			for k, v := range tt.headers {
				if got.Header.Get(k) != v {
					t.Errorf("%s: %q, want %q", k, got.Header.Get(k), v)
				}
			}
			if ua := got.UserAgent(); ua != "oslua/1.2" || f.agents[0] != ua {
				t.Errorf("User-Agent %q, %q", ua, f.agents)
			}
			if resp.Status != 201 || string(resp.Body) != `{"a": 1}` || resp.RequestID != "req-1" {
				t.Errorf("%+v", resp)
			}
		})
	}
	if f.given() != 1 {
		t.Errorf("%d tokens for one run", f.given())
	}
	if n := c.Requests(); n != len(tests)+1 {
		t.Errorf("Requests() = %d", n)
	}
}

func TestTokenTellsWhoWeAre(t *testing.T) {
	f := newFakeCloud(t)
	c, _ := f.connect(t, Options{})
	tok, err := c.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if tok.ID != "token-number-1" || tok.UserName != "demo" || tok.ProjectDomain.Name != "Default" || tok.Roles[0].Name != "member" ||
		!tok.ExpiresAt.Equal(time.Date(2026, 11, 23, 13, 14, 23, 0, time.UTC)) || len(tok.Catalog) != 6 {
		t.Errorf("%+v", tok)
	}
	if id, err := c.ProjectID(t.Context()); id != "pid" || err != nil {
		t.Errorf("ProjectID = %q, %v", id, err)
	}
	if id, err := c.UserID(t.Context()); id != "uid" || err != nil {
		t.Errorf("UserID = %q, %v", id, err)
	}
	if cat, err := c.Catalog(t.Context()); len(cat) != 6 || cat[0].Endpoints[1].Region != "One" || err != nil {
		t.Errorf("Catalog = %v, %v", cat, err)
	}
}

func TestVersioned(t *testing.T) {
	tests := []struct{ service, url, want string }{
		{Network, "http://h:9696", "http://h:9696/v2.0/"},
		{Network, "http://h/networking/", "http://h/networking/v2.0/"},
		{Network, "http://h:9696/v2.0", "http://h:9696/v2.0/"},
		{Image, "http://h/image", "http://h/image/v2/"},
		{Image, "http://h/v2/", "http://h/v2/"},
		{Compute, "http://h/compute/v2.1", "http://h/compute/v2.1/"},
		{Compute, "http://h/v2.1/abc", "http://h/v2.1/abc/"},
		{Compute, "http://h", "http://h/v2.1/"},
		{Identity, "http://h/identity", "http://h/identity/v3/"},
		{Identity, "http://h:5000/v3/", "http://h:5000/v3/"},
		{Identity, "http://h:5000/v2.0", "http://h:5000/v3/"},
		{Volume, "http://h/v3/abc", "http://h/v3/abc/"},
		{"placement", "http://h/placement", "http://h/placement/"},
		{Network, "http://v2.example", "http://v2.example/v2.0/"},
	}
	for _, tt := range tests {
		if got := versioned(tt.service, tt.url); got != tt.want {
			t.Errorf("versioned(%s, %s) = %s, want %s", tt.service, tt.url, got, tt.want)
		}
	}
}

func TestEndpoint(t *testing.T) {
	f := newFakeCloud(t)
	tests := []struct {
		name, service string
		more          map[string]string
		want          string // with U for the server's address
		hint          string // of the error, when want is ""
	}{
		{"plain", Network, nil, "U/net/v2.0/", ""},
		{"an older type", "volumev2", nil, "U/volume/v2/pid/", ""},
		{"the newest of a service", "volume", nil, "U/volume/v3/pid/", ""},
		{"region", Network, map[string]string{"region_name": "Two"}, "http://two.invalid/net/v2.0/", ""},
		{"interface", Network, map[string]string{"interface": "adminURL"}, "http://admin.invalid/v2.0/", ""},
		{"override", Network, map[string]string{"network_endpoint_override": "http://here:1/n"}, "http://here:1/n/v2.0/", ""},
		{"override of an alias", Volume, map[string]string{"volumev3_endpoint_override": "http://here:1/v3/x"}, "http://here:1/v3/x/", ""},
		{"wrong region", Network, map[string]string{"region_name": "Three"}, "", "One (admin), One (public), Two (public)"},
		{"no interface", Network, map[string]string{"interface": "internal"}, "", "One (public)"},
		{"no service", "dns", nil, "", "the types compute, identity, image, network, volumev2, volumev3; the regions One, Two; the interfaces admin, public"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := New(f.config(t, tt.more), Options{})
			defer c.Close()
			got, err := c.Endpoint(t.Context(), tt.service)
			if tt.want == "" {
				if e := wantError(t, err, errs.Config); !strings.Contains(e.Hint, tt.hint) {
					t.Errorf("hint %q, want %q", e.Hint, tt.hint)
				}
				return
			}
			if want := strings.Replace(tt.want, "U", f.URL, 1); err != nil || got != want {
				t.Errorf("%s, %v; want %s", got, err, want)
			}
			if c.Requests() != 1 {
				t.Errorf("%d requests", c.Requests())
			}
		})
	}
}

func TestUnscopedTokenHasNoCatalog(t *testing.T) {
	f := newFakeCloud(t)
	f.catalog = "[]"
	c, _ := f.connect(t, Options{})
	if u, err := c.Endpoint(t.Context(), Identity); err != nil || u != f.URL+"/v3/" {
		t.Errorf("%s, %v", u, err)
	}
	_, err := c.Do(t.Context(), Request{Service: Network, Path: "networks", Op: "networks.list"})
	if e := wantError(t, err, errs.Config); e.Message != "the token has no catalog" || e.Op != "networks.list" {
		t.Errorf("%+v", e)
	}
}

func TestManyGoroutinesAskForOneToken(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("GET /net/v2.0/x", f.guarded(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }))
	c, _ := f.connect(t, Options{})
	all := func() {
		t.Helper()
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				if _, err := c.Do(t.Context(), Request{Service: Network, Path: "x"}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	all()
	if n := f.given(); n != 1 {
		t.Errorf("%d tokens at the start", n)
	}
	f.revoke()
	all()
	if n := f.given(); n != 2 {
		t.Errorf("%d tokens after the first was revoked", n)
	}
}

func TestUploadStartsAnewAfter401(t *testing.T) {
	f := newFakeCloud(t)
	var got string
	f.mux.HandleFunc("PUT /image/v2/file", f.guarded(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = string(b)
		w.WriteHeader(204)
	}))
	c, _ := f.connect(t, Options{})
	if _, err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.revoke()
	opened := 0
	_, err := c.Do(t.Context(), Request{Service: Image, Method: "PUT", Path: "file", Upload: &Upload{Size: -1, Open: func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader("image")), nil
	}}})
	if err != nil || got != "image" || opened != 2 {
		t.Errorf("got %q, opened %d times, %v", got, opened, err)
	}
}

func TestRefusedCredentialsAreSentOnce(t *testing.T) {
	f := newFakeCloud(t)
	f.denyAuth = true
	c, _ := f.connect(t, Options{})
	for range 3 {
		_, err := c.Do(t.Context(), Request{Service: Network, Path: "x"})
		e := wantError(t, err, errs.Unauthorized)
		if e.Status != 401 || e.RequestID != "req-auth" || !strings.Contains(e.Hint, `user "demo"`) || !strings.Contains(e.Hint, `project "demo"`) {
			t.Errorf("%+v", e)
		}
		// The service repeated the password.
		if e.Message != "No entry for ********." {
			t.Errorf("message %q", e.Message)
		}
	}
	if n := f.asked(); n != 1 {
		t.Errorf("asked %d times: that locks users out", n)
	}
}

func TestCancelledAuthenticationIsTakenOver(t *testing.T) {
	f := newFakeCloud(t)
	first, release := make(chan bool), make(chan bool)
	var once sync.Once
	slow := http.NewServeMux()
	slow.HandleFunc("POST /v3/auth/tokens", func(w http.ResponseWriter, r *http.Request) {
		held := false
		once.Do(func() { held = true })
		if held {
			close(first)
			<-release
			return
		}
		f.authenticate(w, r)
	})
	f.Config.Handler = slow
	c, _ := f.connect(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	leader := make(chan error, 1)
	go func() { _, err := c.Token(ctx); leader <- err }()
	<-first
	follower := make(chan error, 1)
	go func() { _, err := c.Token(t.Context()); follower <- err }()
	cancel()
	e := wantError(t, <-leader, errs.Cancelled)
	if !errors.Is(e, context.Canceled) {
		t.Error("the cause is lost")
	}
	if err := <-follower; err != nil {
		t.Errorf("the other caller failed too: %v", err)
	}
	close(release)
}

func TestWrongAuthURL(t *testing.T) {
	answer := func(status int, header http.Header, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for k, v := range header {
				w.Header()[k] = v
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	tests := []struct {
		name    string
		h       http.HandlerFunc
		message string
		hint    string
	}{
		{"another service", answer(404, nil, ""), "no Identity API answers at U/v3/auth/tokens: not found", "/identity/v3"},
		{"a page", answer(200, nil, "<html>Horizon</html>"), "what answers at U/v3/ is not an Identity API", "/identity/v3"},
		{"a redirect", answer(301, http.Header{"Location": {"https://x/v3"}}, ""), "no Identity API answers at U/v3/auth/tokens: moved permanently", "https://x/v3"},
		{"http to a TLS port", answer(400, nil, "Client sent an HTTP request to an HTTPS server.\n"), "Client sent an HTTP request to an HTTPS server.", "https://"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeCloud(t)
			f.Config.Handler = tt.h
			c, _ := f.connect(t, Options{})
			_, err := c.Token(t.Context())
			e := wantError(t, err, errs.Config)
			if want := strings.Replace(tt.message, "U", f.URL, 1); e.Message != want || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("%q, hint %q\nwant %q, %q", e.Message, e.Hint, want, tt.hint)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	const drop = -1 // the connection is cut without an answer
	reply := func(status int, retryAfter string) [2]string { return [2]string{strconv.Itoa(status), retryAfter} }
	seq := func(r ...[2]string) [][2]string { return r }
	date := time.Date(2026, 11, 22, 12, 0, 30, 0, time.UTC).Format(http.TimeFormat)
	tests := []struct {
		name    string
		req     Request
		answers [][2]string // then 200
		tries   int
		code    errs.Code     // "" for success
		slept   time.Duration // exactly, when not 0
	}{
		{"429 of a POST", Request{Method: "POST"}, seq(reply(429, "3")), 2, "", 3 * time.Second},
		{"429 without a time", Request{Method: "POST"}, seq(reply(429, "")), 2, "", 0},
		{"429 for ever", Request{}, seq(reply(429, "1"), reply(429, "1"), reply(429, "1"), reply(429, "1"), reply(429, "1")), 5, errs.Unavailable, 4 * time.Second},
		{"429 with a date", Request{}, seq(reply(429, date)), 2, "", 30 * time.Second},
		{"429 for an hour", Request{}, seq(reply(429, "3600")), 1, errs.Unavailable, 0},
		{"503 of a POST", Request{Method: "POST"}, seq(reply(503, "")), 1, errs.Unavailable, 0},
		{"503 of a POST that says when", Request{Method: "POST"}, seq(reply(503, "2")), 2, "", 2 * time.Second},
		{"503 of a GET", Request{}, seq(reply(503, ""), reply(503, "")), 3, "", 0},
		{"500 of a GET", Request{}, seq(reply(500, "")), 2, "", 0},
		{"502 of a POST", Request{Method: "POST"}, seq(reply(502, "")), 1, errs.Unavailable, 0},
		{"500 of a PUT", Request{Method: "PUT"}, seq(reply(500, "")), 1, errs.Unavailable, 0},
		{"500 of a PUT that may be repeated", Request{Method: "PUT", Idempotent: true}, seq(reply(500, "")), 2, "", 0},
		{"501", Request{}, seq(reply(501, "")), 1, errs.Unavailable, 0},
		{"404", Request{}, seq(reply(404, "")), 1, errs.NotFound, 0},
		{"409", Request{}, seq(reply(409, "1")), 1, errs.Conflict, 0},
		{"a cut GET", Request{}, seq(reply(drop, "")), 2, "", 0},
		{"a cut POST", Request{Method: "POST"}, seq(reply(drop, "")), 1, errs.Unavailable, 0},
		{"a cut DELETE that was done", Request{Method: "DELETE"}, seq(reply(drop, ""), reply(404, "")), 2, "", 0},
		{"a DELETE of nothing", Request{Method: "DELETE"}, seq(reply(404, "")), 1, errs.NotFound, 0},
		{"429 and then 404 of a DELETE", Request{Method: "DELETE"}, seq(reply(429, "1"), reply(404, "")), 2, errs.NotFound, time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeCloud(t)
			var sent atomic.Int64
			f.mux.HandleFunc("/net/v2.0/x", f.guarded(func(w http.ResponseWriter, r *http.Request) {
				tries := int(sent.Add(1))
				if b, _ := io.ReadAll(r.Body); r.Method == "POST" && string(b) != `{"n":1}` {
					t.Errorf("body %q", b)
				}
				if tries > len(tt.answers) {
					io.WriteString(w, "{}")
					return
				}
				status, _ := strconv.Atoi(tt.answers[tries-1][0])
				if status == drop {
					conn, _, _ := w.(http.Hijacker).Hijack()
					conn.Close()
					return
				}
				if ra := tt.answers[tries-1][1]; ra != "" {
					w.Header().Set("Retry-After", ra)
				}
				w.WriteHeader(status)
			}))
			// Without keep-alive net/http itself repeats nothing.
			c, fake := f.connect(t, Options{Transport: &http.Transport{DisableKeepAlives: true}})
			tt.req.Service, tt.req.Path = Network, "x"
			if tt.req.Method == "POST" {
				tt.req.Body = map[string]int{"n": 1}
			}
			_, err := c.Do(t.Context(), tt.req)
			tries := int(sent.Load())
			if tt.code == "" && err != nil {
				t.Fatal(err)
			}
			if tt.code != "" {
				wantError(t, err, tt.code)
			}
			if tries != tt.tries {
				t.Errorf("sent %d times, want %d", tries, tt.tries)
			}
			if c.Requests() != tries+1 {
				t.Errorf("Requests() = %d after %d tries and one authentication", c.Requests(), tries)
			}
			var slept time.Duration
			for i, d := range fake.Slept() {
				slept += d
				if limit := firstDelay << i; tt.slept == 0 && (d < limit/2 || d > limit) {
					t.Errorf("sleep %d took %v, want %v to %v", i, d, limit/2, limit)
				}
			}
			if tt.slept != 0 && slept != tt.slept {
				t.Errorf("slept %v, want %v", slept, tt.slept)
			}
		})
	}
}

func TestCancelEndsTheWaitForARepeat(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("/net/v2.0/x", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(429) })
	fake := clock.NewFake(time.Now())
	c, _ := f.connect(t, Options{Clock: fake})
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { _, err := c.Do(ctx, Request{Service: Network, Path: "x"}); done <- err }()
	if err := fake.WaitForSleepers(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	because := errors.New("a sibling failed")
	cancel(because)
	e := wantError(t, <-done, errs.Cancelled)
	if !errors.Is(e, context.Canceled) || !errors.Is(e, because) {
		t.Errorf("cause %v", e.Cause)
	}
}

func TestDeadlineOfTheCaller(t *testing.T) {
	f := newFakeCloud(t)
	c, _ := f.connect(t, Options{})
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err := c.Do(ctx, Request{Service: Network, Path: "x"})
	wantError(t, err, errs.Timeout)
}

func TestSlowAnswer(t *testing.T) {
	f := newFakeCloud(t)
	hold := make(chan bool)
	f.mux.HandleFunc("/net/v2.0/x", func(w http.ResponseWriter, r *http.Request) { <-hold })
	defer close(hold)
	for _, sink := range []io.Writer{nil, io.Discard} {
		c, _ := f.connect(t, Options{Timeout: 100 * time.Millisecond})
		_, err := c.Do(t.Context(), Request{Service: Network, Path: "x", Method: "POST", Sink: sink})
		e := wantError(t, err, errs.Timeout)
		if !strings.Contains(e.Message, "did not answer within 100ms") || !strings.Contains(e.Hint, "may have been carried out") {
			t.Errorf("%s / %s", e.Message, e.Hint)
		}
		if c.Requests() != 2 {
			t.Errorf("%d requests", c.Requests())
		}
	}
}

func TestDownload(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("/image/v2/file", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the image") })
	f.mux.HandleFunc("/image/v2/none", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(404) })
	c, _ := f.connect(t, Options{})
	var b bytes.Buffer
	if resp, err := c.Do(t.Context(), Request{Service: Image, Path: "file", Sink: &b}); err != nil || b.String() != "the image" || resp.Body != nil {
		t.Errorf("%q, %+v, %v", b.String(), resp, err)
	}
	b.Reset()
	_, err := c.Do(t.Context(), Request{Service: Image, Path: "none", Sink: &b})
	wantError(t, err, errs.NotFound)
	if b.Len() > 0 {
		t.Errorf("an error's body went to the sink")
	}
	_, err = c.Do(t.Context(), Request{Service: Image, Path: "file", Sink: full{}})
	if e := wantError(t, err, errs.Runtime); e.Message != "what was downloaded cannot be written: no space left" {
		t.Errorf("%s", e.Message)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestLargeAnswer(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("/net/v2.0/x", func(w http.ResponseWriter, r *http.Request) {
		chunk := make([]byte, 1<<20)
		for range maxBody>>20 + 1 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	c, _ := f.connect(t, Options{})
	_, err := c.Do(t.Context(), Request{Service: Network, Path: "x"})
	if e := wantError(t, err, errs.Unavailable); !strings.Contains(e.Message, "larger than 64 MiB") {
		t.Error(e.Message)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	f := newFakeCloud(t)
	var leaked atomic.Bool
	f.mux.HandleFunc("/other", func(w http.ResponseWriter, r *http.Request) { leaked.Store(true) })
	f.mux.HandleFunc("/net/v2.0/x", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/other", http.StatusFound) })
	c, _ := f.connect(t, Options{})
	_, err := c.Do(t.Context(), Request{Service: Network, Path: "x"})
	if e := wantError(t, err, errs.Unavailable); !strings.Contains(e.Hint, "/other") || leaked.Load() {
		t.Errorf("%s, followed: %v", e.Hint, leaked.Load())
	}
}

func TestInProcessDial(t *testing.T) {
	f := newFakeCloud(t)
	addr := f.Listener.Addr().String()
	cfg, err := FromValues("built-in simulator", map[string]string{"auth_url": "http://simulator/identity-is-elsewhere/../", "username": "u", "password": "p"})
	if err != nil {
		t.Fatal(err)
	}
	cfg.AuthURL = "http://simulator"
	var asked []string
	c := New(cfg, Options{DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
		asked = append(asked, to)
		var d net.Dialer
		return d.DialContext(ctx, "tcp", addr)
	}})
	defer c.Close()
	if _, err := c.Token(t.Context()); err != nil || !slices.Equal(asked, []string{"simulator:80"}) {
		t.Errorf("dialled %q, %v", asked, err)
	}
}

// TestProxy runs itself in a process of its own: net/http reads the variables once.
func TestProxy(t *testing.T) {
	if os.Getenv("OSLUA_PROXY_CHILD") != "" {
		cfg, err := FromValues("test", map[string]string{"auth_url": "http://cloud.invalid:5000/v3", "username": "u", "password": "p"})
		if err != nil {
			t.Fatal(err)
		}
		c := New(cfg, Options{})
		defer c.Close()
		tok, err := c.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("token by proxy:", tok.ID)
		return
	}
	f := newFakeCloud(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy$", "-test.v")
	cmd.Env = append(os.Environ(), "OSLUA_PROXY_CHILD=1", "HTTP_PROXY="+f.URL, "http_proxy="+f.URL, "NO_PROXY=", "no_proxy=")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "token by proxy: token-number-1") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestNoCloudConfigured(t *testing.T) {
	cfg, err := load(nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(cfg, Options{}).Token(t.Context())
	if e := wantError(t, err, errs.Config); e.Message != "no cloud is configured" {
		t.Error(e.Message)
	}
}

func TestPasscodeIsNotSentTwice(t *testing.T) {
	f := newFakeCloud(t)
	cfg := f.config(t, map[string]string{"passcode": "123456"})
	f.mux.HandleFunc("/net/v2.0/x", f.guarded(func(w http.ResponseWriter, r *http.Request) {}))
	c := New(cfg, Options{})
	defer c.Close()
	if _, err := c.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.revoke()
	_, err := c.Do(t.Context(), Request{Service: Network, Path: "x"})
	if e := wantError(t, err, errs.Unauthorized); !strings.Contains(e.Hint, "new passcode") || f.asked() != 1 {
		t.Errorf("%s, asked %d times", e.Hint, f.asked())
	}
}

// wire reads the status and the body of a recorded answer.
func wire(t *testing.T, path string) (int, []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "\nHTTP/1.1 ")
	if !ok {
		t.Fatalf("%s: no answer in it", path)
	}
	status, _ := strconv.Atoi(rest[:3])
	_, body, _ := strings.Cut(strings.ReplaceAll(rest, "\r", ""), "\n\n")
	return status, []byte(body)
}

// TestRecordedErrors reads every error recorded from a real cloud, where the recordings are.
func TestRecordedErrors(t *testing.T) {
	dir := os.Getenv("OSLUA_WIRE")
	if dir == "" {
		t.Skip("OSLUA_WIRE names no folder of recorded answers")
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "*-error-*.http"))
	for _, p := range paths {
		status, body := wire(t, p)
		if status < 300 {
			continue
		}
		s, kind := readFault(body)
		t.Logf("%-60s %d %-12s %s", filepath.Base(p), status, codeOf(status, kind, s), s)
		if len(bytes.TrimSpace(body)) > 0 && (s == "" || strings.ContainsAny(s, "\n{")) {
			t.Errorf("%s: sentence %q", filepath.Base(p), s)
		}
	}
}
