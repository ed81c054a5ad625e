package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/store"
)

// Object is a JSON object on its way to or from the wire.
type Object = map[string]any

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Handler answers a request or returns an error, best an *Error.
type Handler func(*Request) (*Response, error)

// Route is one line of a service's table.
type Route struct {
	Method  string // "" with Missing: any
	Pattern string // net/http's, below the prefix
	Handler Handler
	Doc     string // one sentence for the coverage list
	Public  bool   // answers without a token
	Write   bool   // a GET that changes the state
	Stream  bool   // no transaction, body unread, no size limit
	Missing bool   // OpenStack has it, the simulator has not: 501
}

// Service is a simulated service.
type Service struct {
	Name   string // "network": names itself in a 501 and in the coverage list
	Prefix string // "/network"
	Style  Style
	Auth   Authenticator // nil: every route is public to the plumbing, the service looks at tokens itself
	Routes []Route
	// Prepare, when set, runs before each handler with the caller known: for microversions and the like.
	Prepare func(*Request) error
	// Finish, when set, adds headers to each answer, errors too.
	Finish func(*Request, http.Header)
}

// Authenticator finds the caller of a token. It returns nil, nil for a token that is unknown, revoked or expired.
type Authenticator interface {
	Authenticate(tx *store.Tx, token string, now time.Time) (*Caller, error)
}

// Caller is who makes a request, as the token says.
type Caller struct {
	UserID, UserName, UserDomainID, UserDomainName             string
	ProjectID, ProjectName, ProjectDomainID, ProjectDomainName string
	DomainID, DomainName                                       string // domain scope
	System                                                     bool   // system scope
	Roles                                                      []string
	Expires                                                    time.Time
}

// Has says whether the caller has one of the roles.
func (c *Caller) Has(roles ...string) bool {
	return c != nil && slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(c.Roles, r) })
}

// Admin says whether the caller has the role admin.
func (c *Caller) Admin() bool { return c.Has("admin") }

// Request is a request on its way through a service. The embedded one has the path below the service's prefix.
type Request struct {
	*http.Request
	Service *Service
	Route   *Route // nil where no route fits
	Store   *store.Store
	Tx      *store.Tx // nil on a Stream route
	Caller  *Caller   // nil without a token, on public routes
	Now     time.Time // one instant for the whole request, UTC
	ID      string    // "req-..."
	Raw     []byte    // the body; nil on a Stream route
	Base    string    // "http://host:port", as the client sees this server
	// Version is the microversion that Prepare settled on; the zero value where there are none.
	Version Version

	query url.Values
}

// Query gives the query's values.
func (r *Request) Query() url.Values {
	if r.query == nil {
		r.query = r.URL.Query()
	}
	return r.query
}

// URLFor gives the absolute URL of a path below the service's prefix.
func (r *Request) URLFor(path string) string { return r.Base + r.Service.Prefix + path }

// Object reads the body as a JSON object; an empty body is an empty object. Anything else is the service's own 400.
// Numbers are json.Number.
func (r *Request) Object() (Object, error) {
	if len(bytes.TrimSpace(r.Raw)) == 0 {
		return Object{}, nil
	}
	var o Object
	if err := r.decode(&o); err != nil || o == nil {
		return nil, r.Service.Style.BadJSON(r)
	}
	return o, nil
}

// Decode reads the body as JSON into v; what does not fit is the service's own 400.
func (r *Request) Decode(v any) error {
	if err := r.decode(v); err != nil {
		return r.Service.Style.BadJSON(r)
	}
	return nil
}

func (r *Request) decode(v any) error {
	d := json.NewDecoder(bytes.NewReader(r.Raw))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("more than one value")
	}
	return nil
}

// Response is an answer. A Body of []byte or string is sent as it is, anything else as JSON; nil sends none.
type Response struct {
	Status      int
	Body        any
	ContentType string // the style's for JSON when empty
	Header      http.Header
	// Send, when set, writes the body itself after the headers; Length is its size, -1 when it is not known.
	Send   func(w http.ResponseWriter) error
	Length int64
}

// With adds a header to the answer.
func (r *Response) With(key, value string) *Response {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Add(key, value)
	return r
}

// OK is a 200 with a JSON body.
func OK(body any) *Response { return &Response{Status: http.StatusOK, Body: body} }

// Created is a 201 with a JSON body.
func Created(body any) *Response { return &Response{Status: http.StatusCreated, Body: body} }

// Accepted is a 202 with a JSON body, or none when it is nil.
func Accepted(body any) *Response { return &Response{Status: http.StatusAccepted, Body: body} }

// NoContent is a 204.
func NoContent() *Response { return &Response{Status: http.StatusNoContent} }

// Error is an answer that is not a success, and rolls the transaction back.
type Error struct {
	Status  int
	Type    string // Neutron's type, Nova's key ("itemNotFound"); chosen by the status when empty
	Title   string // Keystone's title; the status text when empty
	Message string
	Detail  string
	Header  http.Header
	// Answer, when set, is sent instead of the style's error body.
	Answer *Response
}

// Error is the status and the sentence.
func (e *Error) Error() string { return fmt.Sprintf("%d %s", e.Status, e.Message) }

// Errorf makes an error of a status and a formatted sentence.
func Errorf(status int, format string, args ...any) *Error {
	return &Error{Status: status, Message: fmt.Sprintf(format, args...)}
}

// marshal is JSON as Python's services send it as far as a client can tell: no escapes for < > &.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// statusText is the text in the manner of OpenStack's titles.
func statusText(status int) string {
	if status == http.StatusRequestEntityTooLarge {
		return "Request Entity Too Large"
	}
	return http.StatusText(status)
}

// cleanPath is the path the services see: without doubled or trailing slashes.
func cleanPath(p string) string {
	for strings.Contains(p, "//") {
		p = strings.ReplaceAll(p, "//", "/")
	}
	p = strings.TrimSuffix(p, "/")
	if p == "" {
		return "/"
	}
	return p
}
