package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
)

// notes is a recorder that writes down what it is told.
type notes struct {
	mu    sync.Mutex
	lines []string
	body  []byte // sent in place of the request's
	stop  error  // given before
	end   error  // given after
}

func (n *notes) Before(_ context.Context, s Sending) ([]byte, func(Outcome) error, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf("%s %s %s %s %s %s", s.Service, s.Method, s.Path, s.Body, s.Microversion, s.Caller.Where))
	if n.stop != nil {
		return nil, nil, n.stop
	}
	return n.body, func(o Outcome) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.lines = append(n.lines, fmt.Sprintf("%d %s %s failed=%v unknown=%v", o.Status, o.Body, o.RequestID, o.Err != nil, o.Unknown))
		return n.end
	}, nil
}

func TestRecorder(t *testing.T) {
	reply := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("X-Openstack-Request-Id", "req-1")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	make := Request{Service: Network, Method: "POST", Path: "networks", Body: map[string]any{"a": 1}}
	tests := []struct {
		name    string
		req     Request
		answers []http.HandlerFunc // in their order; the last stays
		want    string             // the recorder's lines
		sent    int
	}{
		{"reading", Request{Service: Network, Path: "networks"}, []http.HandlerFunc{reply(200, "{}")}, "", 1},
		{"head", Request{Service: Network, Method: "HEAD", Path: "networks"}, []http.HandlerFunc{reply(200, "")}, "", 1},
		{"made", make, []http.HandlerFunc{reply(201, "{}")}, "network POST networks {\"a\":1}  x.lua:1\n201 {} req-1 failed=false unknown=false", 1},
		{"refused", make, []http.HandlerFunc{reply(409, "{}")}, "network POST networks {\"a\":1}  x.lua:1\n409 {} req-1 failed=true unknown=false", 1},
		{"broken", make, []http.HandlerFunc{reply(500, "{}")}, "network POST networks {\"a\":1}  x.lua:1\n500 {} req-1 failed=true unknown=true", 1},
		{"cut", make, []http.HandlerFunc{cut}, "network POST networks {\"a\":1}  x.lua:1\n0   failed=true unknown=true", 1},
		{"busy, then made", make, []http.HandlerFunc{reply(429, "{}"), reply(201, "{}")}, "network POST networks {\"a\":1}  x.lua:1\n201 {} req-1 failed=false unknown=false", 2},
		{"the token expired", make, []http.HandlerFunc{reply(401, "{}"), reply(201, "{}")}, "network POST networks {\"a\":1}  x.lua:1\n201 {} req-1 failed=false unknown=false", 2},
		{"gone at the second try", Request{Service: Network, Method: "DELETE", Path: "networks/n"}, []http.HandlerFunc{cut, reply(404, "{}")},
			"network DELETE networks/n   x.lua:1\n404 {} req-1 failed=false unknown=false", 2},
		{"lost, then refused", Request{Service: Network, Method: "PUT", Path: "networks/n", Idempotent: true, Body: []byte("{}")}, []http.HandlerFunc{cut, reply(409, "{}")},
			"network PUT networks/n {}  x.lua:1\n409 {} req-1 failed=true unknown=true", 2},
		{"microversion", Request{Service: Compute, Method: "DELETE", Path: "servers/s", Microversion: "2.93"}, []http.HandlerFunc{reply(204, "")},
			"compute DELETE servers/s  2.93 x.lua:1\n204  req-1 failed=false unknown=false", 1},
		{"upload", Request{Service: Image, Method: "PUT", Path: "images/i/file", Upload: &Upload{Size: 6, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("secret")), nil
		}}}, []http.HandlerFunc{reply(204, "")}, "image PUT images/i/file   x.lua:1\n204  req-1 failed=false unknown=false", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeCloud(t)
			var sent atomic.Int32
			f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				h := tt.answers[min(int(sent.Add(1)), len(tt.answers))-1]
				h(w, r)
			})
			n := &notes{}
			c, _ := f.connect(t, Options{Recorder: n})
			ctx := WithCaller(t.Context(), Caller{Where: "x.lua:1"})
			_, err := c.Do(ctx, tt.req)
			if got := strings.Join(n.lines, "\n"); got != tt.want {
				t.Errorf("told\n%s\nwant\n%s\n(%v)", got, tt.want, err)
			}
			if n := int(sent.Load()); n != tt.sent {
				t.Errorf("sent %d times, want %d", n, tt.sent)
			}
		})
	}
}

func TestRecorderReplacesTheBodyAndStopsRequests(t *testing.T) {
	f := newFakeCloud(t)
	var bodies []string
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		w.WriteHeader(201)
	})
	n := &notes{body: []byte(`{"marked":1}`)}
	c, _ := f.connect(t, Options{Recorder: n})
	req := Request{Service: Network, Method: "POST", Path: "networks", Body: []byte(`{}`), Op: "networks.create"}
	if _, err := c.Do(t.Context(), req); err != nil || bodies[0] != `{"marked":1}` {
		t.Fatalf("sent %q, %v", bodies, err)
	}
	n.end = errs.New(errs.Runtime, "the disk is full")
	if _, err := c.Do(t.Context(), req); !strings.Contains(fmt.Sprint(err), "the disk is full") || len(bodies) != 2 {
		t.Errorf("after: %v", err)
	}
	n.stop = errs.New(errs.Runtime, "no room")
	_, err := c.Do(t.Context(), req)
	var e *errs.Error
	if !errors.As(err, &e) || e.Message != "no room" || e.Op != "networks.create" || len(bodies) != 2 {
		t.Errorf("before: %v, sent %d", err, len(bodies))
	}
}

// A request whose caller gives up at the very moment it goes out has either been answered or never reached the service:
// "unknown" would send the user looking for something that cannot be.
func TestGivenUpWhileItGoesOut(t *testing.T) {
	f := newFakeCloud(t)
	var seen atomic.Int32
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if b, err := io.ReadAll(r.Body); err == nil && r.Method == "POST" && string(b) == `{"a":1}` {
			seen.Add(1)
		}
		w.WriteHeader(http.StatusCreated)
	})
	n := &notes{}
	// The time stands: the grace for an answer never ends.
	c, _ := f.connect(t, Options{Recorder: n, Clock: clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))})
	req := Request{Service: Network, Method: "POST", Path: "networks", Body: []byte(`{"a":1}`)}
	if _, err := c.Do(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		n.lines = nil
		seen.Store(0)
		ctx, cancel := context.WithCancel(t.Context())
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GetConn: func(string) {
			cancel()
			runtime.Gosched()
		}})
		_, err := c.Do(traced, req)
		cancel()
		told := n.lines[len(n.lines)-1]
		if strings.Contains(told, "unknown=true") {
			t.Fatalf("told %q (%v); the service saw %d", told, err, seen.Load())
		}
		if answered := strings.HasPrefix(told, "201"); answered != (seen.Load() == 1) {
			t.Fatalf("told %q (%v); the service saw %d", told, err, seen.Load())
		}
	}
}

func TestDepartureOnASecondConnection(t *testing.T) {
	var d departure
	first, second := net.Pipe()
	defer first.Close()
	d.leave(httptrace.GotConnInfo{Conn: first})
	d.leave(httptrace.GotConnInfo{Conn: second})
	if err := second.SetDeadline(time.Time{}); err != nil {
		t.Errorf("the second connection was closed: %v", err)
	}
}
