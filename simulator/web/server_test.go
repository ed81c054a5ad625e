package web

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/simulator/store"
)

type fixedClock struct{}

func (fixedClock) Now() time.Time { return time.Unix(1e9, 0) }

// tokens knows one token, "good".
type tokens struct{}

func (tokens) Authenticate(_ *store.Tx, token string, _ time.Time) (*Caller, error) {
	if token != "good" {
		return nil, nil
	}
	return &Caller{UserID: "u", Roles: []string{"member"}}, nil
}

type note struct{ ID string }

func (n note) Meta() store.Meta { return store.Meta{Kind: "note", ID: n.ID} }

func newServer(t *testing.T, style Style, log io.Writer) *Server {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	s, err := NewServer(Config{Store: st, Clock: fixedClock{}, Log: log, Services: []*Service{{
		Name: "test", Prefix: "/test", Style: style, Auth: tokens{},
		Routes: []Route{
			{Method: "GET", Pattern: "/{$}", Public: true, Handler: func(*Request) (*Response, error) { return OK(Object{"root": "<&>"}), nil }},
			{Method: "GET", Pattern: "/v2.0/notes/{id}", Handler: func(r *Request) (*Response, error) {
				n, err := store.Get[note](r.Tx, r.PathValue("id"))
				if err != nil {
					return nil, Errorf(404, "Note %s could not be found.", r.PathValue("id"))
				}
				return OK(Object{"id": n.ID}), nil
			}},
			{Method: "POST", Pattern: "/v2.0/notes", Handler: func(r *Request) (*Response, error) {
				in, err := r.Object()
				if err != nil {
					return nil, err
				}
				id, _ := in["id"].(string)
				if err := store.Put(r.Tx, note{ID: id}); err != nil {
					return nil, err
				}
				if in["fail"] == true {
					return nil, Errorf(409, "no")
				}
				return Created(in), nil
			}},
			{Method: "GET", Pattern: "/v2.0/panic", Handler: func(*Request) (*Response, error) { panic("x") }},
			{Method: "GET", Pattern: "/v2.0/broken", Handler: func(*Request) (*Response, error) { return nil, errors.New("inner secret") }},
			{Pattern: "/v2.0/qos/{rest...}", Missing: true},
			{Method: "PUT", Pattern: "/v2.0/stream", Stream: true, Handler: func(r *Request) (*Response, error) {
				n, err := io.Copy(io.Discard, r.Body)
				return OK(Object{"n": n}), err
			}},
		},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestServer(t *testing.T) {
	var log strings.Builder
	s := newServer(t, Neutron(), &log)
	for _, c := range []struct {
		method, path, token, body string
		status                    int
		want                      string
	}{
		{"GET", "/test", "", "", 200, `{"root":"<&>"}`},
		{"GET", "/test/", "", "", 200, `{"root":"<&>"}`},
		{"HEAD", "/test/", "", "", 200, ``},
		{"GET", "/testing", "", "", 404, "404 page not found\n"},
		{"GET", "/test/v2.0/notes/a", "", "", 401, `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`},
		{"GET", "/test/v2.0/nosuch", "bad", "", 401, `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`},
		{"GET", "/test/v2.0/nosuch", "good", "", 404, `{"NeutronError":{"detail":"","message":"The resource could not be found.","type":"HTTPNotFound"}}`},
		{"GET", "/test/v2.0/notes/a", "good", "", 404, `{"NeutronError":{"detail":"","message":"Note a could not be found.","type":"HTTPNotFound"}}`},
		{"POST", "/test/v2.0/notes", "good", `{"id":"a","fail":true}`, 409, `{"NeutronError":{"detail":"","message":"no","type":"HTTPConflict"}}`},
		{"GET", "/test/v2.0/notes/a", "good", "", 404, `{"NeutronError":{"detail":"","message":"Note a could not be found.","type":"HTTPNotFound"}}`},
		{"POST", "/test/v2.0/notes/", "good", `{"id":"a"}`, 201, `{"id":"a"}`},
		{"GET", "/test//v2.0/notes/a/", "good", "", 200, `{"id":"a"}`},
		{"HEAD", "/test/v2.0/notes/a", "good", "", 200, ``},
		{"POST", "/test/v2.0/notes", "good", `{bad`, 400, `{"NeutronError":{"detail":"","message":"Body contains invalid data","type":"HTTPBadRequest"}}`},
		{"POST", "/test/v2.0/notes", "good", `[]`, 400, `{"NeutronError":{"detail":"","message":"Body contains invalid data","type":"HTTPBadRequest"}}`},
		{"POST", "/test/v2.0/notes", "good", `{"id":"` + strings.Repeat("x", 17<<20) + `"}`, 413, "<html>\n <head>\n  <title>413 Request Entity Too Large</title>\n </head>\n <body>\n  <h1>413 Request Entity Too Large</h1>\n  Request is too large. Larger than max_request_body_size (16777216).<br /><br />\n\n\n\n </body>\n</html>"},
		{"PATCH", "/test/v2.0/notes", "good", "", 405, `{"NeutronError":{"detail":"","message":"The server could not comply with the request since it is either malformed or otherwise incorrect.","type":"HTTPMethodNotAllowed"}}`},
		{"GET", "/test/v2.0/qos/policies", "good", "", 501, `{"NeutronError":{"detail":"","message":"The simulator does not implement GET /test/v2.0/qos/policies. See docs/simulator-coverage.md for what it does.","type":"HTTPNotImplemented"}}`},
		{"GET", "/test/v2.0/panic", "good", "", 500, `{"NeutronError":{"detail":"","message":"Request Failed: internal server error while processing your request.","type":"HTTPInternalServerError"}}`},
		{"GET", "/test/v2.0/broken", "good", "", 500, `{"NeutronError":{"detail":"","message":"Request Failed: internal server error while processing your request.","type":"HTTPInternalServerError"}}`},
		{"PUT", "/test/v2.0/stream", "good", strings.Repeat("x", 200000), 200, `{"n":200000}`},
		{"PUT", "/test/v2.0/stream", "", "x", 401, `{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		if c.token != "" {
			r.Header.Set("X-Auth-Token", c.token)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != c.status || w.Body.String() != c.want {
			t.Errorf("%s %s: got %d %s\nwant %d %s", c.method, c.path, w.Code, w.Body, c.status, c.want)
		}
		if c.path != "/testing" && !strings.HasPrefix(w.Header().Get("X-Openstack-Request-Id"), "req-") {
			t.Errorf("%s %s: no request id", c.method, c.path)
		}
	}
	if !strings.Contains(log.String(), "inner secret") {
		t.Error("the log does not have the error's text")
	}
}

func TestContradictingPatterns(t *testing.T) {
	_, err := NewServer(Config{Services: []*Service{{Name: "x", Routes: []Route{
		{Method: "GET", Pattern: "/{kind}/a/tags"}, {Method: "GET", Pattern: "/networks/{id}/tags"}}}}})
	if err == nil {
		t.Error("no error")
	}
}

func TestAskedVersion(t *testing.T) {
	newest := Version{2, 93}
	for _, c := range []struct {
		header, value string
		want          Version
		found, ok     bool
	}{
		{"X", "y", Version{}, false, true},
		{"OpenStack-API-Version", "compute 2.3", Version{2, 3}, true, true},
		{"OpenStack-API-Version", "volume 3.1, compute 2.10", Version{2, 10}, true, true},
		{"OpenStack-API-Version", "volume 3.1", Version{}, false, true},
		{"OpenStack-API-Version", "compute latest", newest, true, true},
		{"OpenStack-API-Version", "compute 2", Version{}, true, false},
		{"OpenStack-API-Version", "compute two.1", Version{}, true, false},
		{"X-OpenStack-Nova-API-Version", "2.53", Version{2, 53}, true, true},
	} {
		h := http.Header{}
		h.Set(c.header, c.value)
		v, found, ok := AskedVersion(h, "compute", "X-OpenStack-Nova-API-Version", newest)
		if v != c.want || found != c.found || ok != c.ok {
			t.Errorf("%s: %s: got %v %v %v", c.header, c.value, v, found, ok)
		}
	}
}
