package cloud

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// traced collects events; it is safe on many goroutines.
type traced struct {
	mu     sync.Mutex
	events []Event
}

func (r *traced) add(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func TestTrace(t *testing.T) {
	f := newFakeCloud(t)
	tries := 0
	f.mux.HandleFunc("/net/v2.0/networks", f.guarded(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Openstack-Request-Id", "req-7")
		if tries++; tries == 1 {
			w.WriteHeader(503)
			return
		}
		io.WriteString(w, `{"networks": []}`)
	}))
	var lines bytes.Buffer
	var rec traced
	writeLine := TraceLines(&lines)
	c, _ := f.connect(t, Options{Trace: func(e Event) { rec.add(e); writeLine(e) }})
	req := Request{Service: Network, Path: "networks", Query: url.Values{"name": {"private"}}}
	if _, err := c.Do(WithLabel(t.Context(), LookUp), req); err != nil {
		t.Fatal(err)
	}
	f.revoke()
	if _, err := c.Do(WithLabel(t.Context(), Wait), req); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), Request{Service: Network, Method: "POST", Path: "networks"}); err != nil {
		t.Fatal(err)
	}
	want := `auth     POST /v3/auth/tokens 201 N ms
look-up  GET /net/v2.0/networks?name=private 503 N ms
look-up  GET /net/v2.0/networks?name=private 200 N ms (attempt 2)
wait     GET /net/v2.0/networks?name=private 401 N ms
auth     POST /v3/auth/tokens 201 N ms
wait     GET /net/v2.0/networks?name=private 200 N ms
work     POST /net/v2.0/networks 200 N ms
`
	if got := regexp.MustCompile(`\d+ ms`).ReplaceAllString(lines.String(), "N ms"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if c.Requests() != len(rec.events) {
		t.Errorf("%d requests, %d events", c.Requests(), len(rec.events))
	}
	e := rec.events[2]
	reqHeader, _ := e.Request()
	_, body := e.Response()
	if e.Service != Network || e.Status != 200 || e.Attempt != 2 || e.RequestID != "req-7" || string(body) != `{"networks": []}` ||
		reqHeader.Get("X-Auth-Token") != "token-number-1" || e.URL != f.URL+"/net/v2.0/networks?name=private" {
		t.Errorf("%+v", e)
	}
}

func TestTraceOfAFailure(t *testing.T) {
	f := newFakeCloud(t)
	f.Close()
	var lines bytes.Buffer
	c, _ := f.connect(t, Options{Trace: TraceLines(&lines)})
	_, err := c.Token(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	want := fmt.Sprintf("auth     POST /v3/auth/tokens --- 0 ms %s refused the connection: nothing listens there\n", f.Listener.Addr())
	if lines.String() != want {
		t.Errorf("got  %swant %s", lines.String(), want)
	}
}

func TestTraceCurl(t *testing.T) {
	event := func(e Event) Event {
		e.Duration, e.RequestID = 12*time.Millisecond, "req-1"
		return e
	}
	tests := []struct {
		name string
		e    Event
		want string
	}{
		{"get", event(Event{Label: LookUp, Method: "GET", URL: "http://h/v2.0/networks?name=a", Status: 200,
			reqHeader: http.Header{"X-Auth-Token": {"t0ken"}, "Accept": {"application/json"}, "User-Agent": {"oslua/1"}}}),
			`curl -i 'http://h/v2.0/networks?name=a' \
  -H 'Accept: application/json' \
  -H "X-Auth-Token: $OS_TOKEN"
# look-up: 200 12 ms, req-1

`},
		{"auth", event(Event{Label: Auth, Method: "POST", URL: "http://h/v3/auth/tokens", Status: 201, reqHeader: http.Header{"Content-Type": {"application/json"}},
			reqBody: []byte(`{"auth":{"identity":{"methods":["password","token"],"password":{"user":{"name":"it's","password":"t0psecret"}},"token":{"id":"t0psecret"}}}}`)}),
			`curl -i -X POST http://h/v3/auth/tokens \
  -H 'Content-Type: application/json' \
  -d '{"auth":{"identity":{"methods":["password","token"],"password":{"user":{"name":"it'\''s","password":"********"}},"token":{"id":"********"}}}}'
# auth: 201 12 ms, req-1

`},
		{"server", event(Event{Label: Work, Method: "POST", URL: "http://h/servers", Status: 202,
			reqBody: []byte(`{"server":{"adminPass":"t0psecret","name":"<a>","personality":[{"contents":"t0psecret","path":"/x"}],"user_data":"t0psecret"}}`)}),
			`curl -i -X POST http://h/servers \
  -d '{"server":{"adminPass":"********","name":"<a>","personality":[{"contents":"********","path":"/x"}],"user_data":"********"}}'
# work: 202 12 ms, req-1

`},
		{"no JSON", event(Event{Label: Work, Method: "PUT", URL: "http://h/x", Err: errors.New("no answer"), reqBody: []byte("t0psecret")}),
			`curl -i -X PUT http://h/x \
  -d '(9 bytes)'
# work: --- 12 ms no answer, req-1

`},
		{"upload", event(Event{Label: Work, Method: "PUT", URL: "http://h/x", Status: 204, streamed: true}),
			"curl -i -X PUT http://h/x \\\n  --data-binary @FILE\n# work: 204 12 ms, req-1\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			TraceCurl(&b)(tt.e)
			if b.String() != tt.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), tt.want)
			}
			if strings.Contains(b.String(), "t0") && tt.name != "get" {
				t.Error("a secret is shown")
			}
		})
	}
}

// TestNoSecretInATrace looks through everything a run with many failures writes.
func TestNoSecretInATrace(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("/net/v2.0/", f.guarded(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if strings.HasSuffix(r.URL.Path, "cut") {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
			return
		}
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"error": {"message": "not so: %s %s"}}`, strings.ReplaceAll(string(b), `"`, `'`), r.Header.Get("X-Auth-Token"))
	}))
	var out bytes.Buffer
	curl, line := TraceCurl(&out), TraceLines(&out)
	c, _ := f.connect(t, Options{Trace: func(e Event) { curl(e); line(e) }})
	note := func(err error) {
		if err != nil {
			fmt.Fprintf(&out, "%v %+v\n", err, err)
		}
	}
	for _, path := range []string{"a", "cut"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			_, err := c.Do(t.Context(), Request{Service: Network, Method: method, Path: path, Body: map[string]any{"adminPass": "root-password"}})
			note(err)
		}
		f.revoke()
	}
	f.mu.Lock()
	f.denyAuth = true
	f.mu.Unlock()
	_, err := c.Do(t.Context(), Request{Service: Network, Path: "a"})
	note(err)
	note(c.Config().WriteExplanation(&out))
	if out.Len() < 1000 {
		t.Fatalf("too little to look through:\n%s", out.String())
	}
	for _, s := range []string{"hunter2", "token-number", "root-password"} {
		if i := strings.Index(out.String(), s); i >= 0 {
			t.Errorf("%q is shown: …%s…", s, out.String()[max(0, i-200):min(out.Len(), i+50)])
		}
	}
}
