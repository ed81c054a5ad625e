package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oslua/oslua/simulator/store"
)

// Config is what a Server needs.
type Config struct {
	Store    *store.Store
	Clock    Clock
	Services []*Service
	// Log gets the text of each 500, which the client does not see. Nil for none.
	Log io.Writer
	// Shift, when set, says how far the cloud's time is ahead of the Clock, as the state has it.
	Shift func(*store.Tx) (time.Duration, error)
	// Root answers what is below no service's prefix. Nil answers 404.
	Root http.Handler
	// Intercept, when set, runs before each request; it may delay it, or answer it itself and return true.
	Intercept func(w http.ResponseWriter, r *http.Request) bool
}

// Server is the handler of all services.
type Server struct {
	config   Config
	log      *log.Logger
	services []*mounted // longest prefix first
}

// mounted is a service with its routes sorted out.
type mounted struct {
	*Service
	mux *http.ServeMux
}

// endpoint is all methods of one pattern.
type endpoint struct {
	methods map[string]*Route
	allowed []string
	missing *Route
}

// found is how the mux hands over the endpoint it chose: it calls it with this as the response writer.
type found struct{ endpoint *endpoint }

func (*found) Header() http.Header         { return http.Header{} }
func (*found) Write(b []byte) (int, error) { return len(b), nil }
func (*found) WriteHeader(int)             {}
func (e *endpoint) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if f, ok := w.(*found); ok {
		f.endpoint = e
	}
}

// NewServer sorts the routes out. Two patterns that contradict each other are an error.
func NewServer(c Config) (*Server, error) {
	s := &Server{config: c}
	if c.Log != nil {
		s.log = log.New(c.Log, "", 0)
	}
	for _, service := range c.Services {
		m, err := mount(service)
		if err != nil {
			return nil, err
		}
		s.services = append(s.services, m)
	}
	slices.SortStableFunc(s.services, func(a, b *mounted) int { return len(b.Prefix) - len(a.Prefix) })
	return s, nil
}

func mount(service *Service) (m *mounted, err error) {
	m = &mounted{Service: service, mux: http.NewServeMux()}
	endpoints := map[string]*endpoint{}
	for i := range service.Routes {
		r := &service.Routes[i]
		e := endpoints[r.Pattern]
		if e == nil {
			e = &endpoint{methods: map[string]*Route{}}
			endpoints[r.Pattern] = e
		}
		switch {
		case r.Method == "":
			e.missing = r
		case e.methods[r.Method] != nil:
			return nil, fmt.Errorf("web: %s has two routes %s %s", service.Name, r.Method, r.Pattern)
		default:
			e.methods[r.Method] = r
			e.allowed = append(e.allowed, r.Method)
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(endpoints)) {
		e := endpoints[pattern]
		if get := e.methods[http.MethodGet]; get != nil && e.methods[http.MethodHead] == nil {
			e.methods[http.MethodHead] = get
		}
		if err := handle(m.mux, pattern, e); err != nil {
			return nil, fmt.Errorf("web: %s: %w", service.Name, err)
		}
	}
	return m, nil
}

// handle registers a pattern; the mux panics where we want an error.
func handle(mux *http.ServeMux, pattern string, e *endpoint) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	mux.Handle(pattern, e)
	return nil
}

// Routes are all services' tables, for the coverage list.
func (s *Server) Routes() map[string][]Route {
	all := map[string][]Route{}
	for _, m := range s.services {
		all[m.Name] = slices.Clone(m.Service.Routes)
	}
	return all
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	started := s.config.Clock.Now()
	if s.config.Intercept != nil && s.config.Intercept(w, hr) {
		return
	}
	for _, m := range s.services {
		rest, ok := strings.CutPrefix(hr.URL.Path, m.Prefix)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		r := s.request(m, hr, rest, started)
		resp := s.answer(m, r)
		s.send(w, m, r, resp)
		return
	}
	if s.config.Root != nil {
		s.config.Root.ServeHTTP(w, hr)
		return
	}
	http.NotFound(w, hr)
}

// request makes the service's view of a request: the path below the prefix, cleaned.
func (s *Server) request(m *mounted, hr *http.Request, rest string, now time.Time) *Request {
	inner := new(http.Request)
	*inner = *hr
	u := new(url.URL)
	*u = *hr.URL
	u.Path, u.RawPath = cleanPath(rest), ""
	if hr.URL.RawPath != "" {
		if raw, ok := strings.CutPrefix(hr.URL.RawPath, m.Prefix); ok {
			u.RawPath = cleanPath(raw)
		}
	}
	inner.URL = u
	scheme := "http"
	if hr.TLS != nil {
		scheme = "https"
	}
	return &Request{Request: inner, Service: m.Service, Store: s.config.Store, Now: now.UTC(),
		ID: requestID(hr), Base: scheme + "://" + hr.Host}
}

// requestID is a new one: a client's own only goes into the log of a real service.
func requestID(*http.Request) string { return "req-" + uuid.NewString() }

// answer runs the request and turns every failure into a response.
func (s *Server) answer(m *mounted, r *Request) (resp *Response) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so too
				panic(p)
			}
			s.logf("%s %s: panic: %v\n%s", r.Method, r.URL.Path, p, debug.Stack())
			resp = s.failure(m, m.Style.Internal(r))
		}
	}()
	resp, err := s.dispatch(m, r)
	if err == nil {
		return resp
	}
	var e *Error
	if !errors.As(err, &e) {
		var broken *store.Error
		if errors.As(err, &broken) {
			e = Errorf(http.StatusServiceUnavailable, "%s", broken.Error())
		} else {
			e = m.Style.Internal(r)
		}
		s.logf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	return s.failure(m, e)
}

func (s *Server) logf(format string, args ...any) {
	if s.log != nil {
		s.log.Printf(format, args...)
	}
}

func (s *Server) failure(m *mounted, e *Error) *Response {
	if e.Answer != nil {
		return e.Answer
	}
	contentType, body := m.Style.ErrorBody(e)
	return &Response{Status: e.Status, ContentType: contentType, Body: body, Header: e.Header}
}

func (s *Server) dispatch(m *mounted, r *Request) (*Response, error) {
	route, problem := m.find(r)
	r.Route = route
	public := m.Auth == nil || route != nil && route.Public || problem != nil && !m.Style.AuthFirst
	if problem != nil && public {
		return nil, problem
	}
	if route == nil || !route.Stream {
		raw, err := readBody(r, m.Style.MaxBody)
		if err != nil {
			return nil, err
		}
		r.Raw = raw
	}
	run := s.config.Store.View
	if route != nil && !route.Stream && (route.Write || writes(r.Method)) {
		run = s.config.Store.Update
	}
	var resp *Response
	inTx := func(tx *store.Tx) error {
		r.Tx = tx
		if s.config.Shift != nil {
			shift, err := s.config.Shift(tx)
			if err != nil {
				return err
			}
			r.Now = r.Now.Add(shift)
		}
		if !public || m.Auth != nil && r.Header.Get("X-Auth-Token") != "" {
			caller, err := m.Auth.Authenticate(tx, r.Header.Get("X-Auth-Token"), r.Now)
			if err != nil {
				return err
			}
			if caller == nil && !public {
				return m.Style.Unauthorized(r)
			}
			r.Caller = caller
		}
		if problem != nil {
			return problem
		}
		if m.Prepare != nil {
			if err := m.Prepare(r); err != nil {
				return err
			}
		}
		if route.Stream {
			return nil
		}
		var err error
		resp, err = route.Handler(r)
		return err
	}
	if err := run(r.Context(), inTx); err != nil {
		return nil, err
	}
	r.Tx = nil
	if route.Stream {
		return route.Handler(r)
	}
	return resp, nil
}

func writes(method string) bool {
	switch method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}

// find chooses the route, or says why there is none.
func (m *mounted) find(r *Request) (*Route, error) {
	var f found
	m.mux.ServeHTTP(&f, r.Request)
	if f.endpoint == nil {
		return nil, m.Style.NotFound(r)
	}
	route := f.endpoint.methods[r.Method]
	if route == nil {
		route = f.endpoint.missing
	}
	if route == nil {
		return nil, m.Style.MethodNotAllowed(r, slices.Clone(f.endpoint.allowed))
	}
	if route.Missing {
		return nil, Errorf(http.StatusNotImplemented, "The simulator does not implement %s %s%s. See docs/simulator-coverage.md for what it does.",
			r.Method, m.Prefix, r.URL.Path)
	}
	return route, nil
}

func readBody(r *Request, limit int64) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, r.Service.Style.TooLarge(r)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, Errorf(http.StatusBadRequest, "The request's body could not be read.")
	}
	if int64(len(raw)) > limit {
		return nil, r.Service.Style.TooLarge(r)
	}
	return raw, nil
}

// send writes the answer.
func (s *Server) send(w http.ResponseWriter, m *mounted, r *Request, resp *Response) {
	h := w.Header()
	for k, v := range resp.Header {
		h[http.CanonicalHeaderKey(k)] = slices.Clone(v)
	}
	var body []byte
	contentType := resp.ContentType
	switch b := resp.Body.(type) {
	case nil:
	case []byte:
		body = b
	case string:
		body = []byte(b)
	default:
		var err error
		if body, err = marshal(b); err != nil {
			s.logf("%s %s: %v", r.Method, r.URL.Path, err)
			resp = s.failure(m, m.Style.Internal(r))
			body, _ = resp.Body.([]byte)
			contentType = resp.ContentType
		}
	}
	if contentType == "" {
		contentType = m.Style.ContentType
	}
	h.Set("X-Openstack-Request-Id", r.ID)
	if m.Finish != nil {
		m.Finish(r, h)
	}
	if resp.Send != nil {
		if resp.ContentType != "" {
			h.Set("Content-Type", resp.ContentType)
		}
		if resp.Length >= 0 {
			h.Set("Content-Length", strconv.FormatInt(resp.Length, 10))
		}
		w.WriteHeader(resp.Status)
		if r.Method == http.MethodHead {
			return
		}
		if err := resp.Send(w); err != nil && !errors.Is(err, context.Canceled) {
			s.logf("%s %s: %v", r.Method, r.URL.Path, err)
			// The length is promised already: a cut connection is the only honest end.
			panic(http.ErrAbortHandler)
		}
		return
	}
	if body != nil {
		h.Set("Content-Type", contentType)
	}
	if resp.Status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(resp.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone: nobody to tell
	}
}
