package cloud

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
)

// Services as a Request names them. Any type of the catalog will do too ("placement", "object-store").
const (
	Identity = "identity"
	Compute  = "compute"
	Image    = "image"
	Network  = "network"
	Volume   = "block-storage"
)

// Options are what a Connection needs besides the configuration. The zero value works on the network.
type Options struct {
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error) // reaches a simulator in process; no proxy is used then
	Transport   http.RoundTripper                                                 // replaces the whole transport; DialContext and the configuration's TLS are unused then
	Clock       clock.Clock                                                       // clock.Real{} when nil
	Trace       func(Event)                                                       // called after each request, on the goroutine that made it
	Version     string                                                            // for the User-Agent: oslua/VERSION
	Timeout     time.Duration                                                     // for one answer; 2 minutes when 0
	Retries     int                                                               // repeats at most; 4 when 0, none when negative
	Recorder    Recorder                                                          // told of each request that may change something; nil for nobody
	Grace       time.Duration                                                     // how long a change that was sent may still be answered after its caller was cancelled; 5 seconds when 0, none when negative
	Delayed     func(Delay)                                                       // told of each request that has to wait before it is sent again
}

// Connection is one cloud as one user. It authenticates on first use, keeps one token for the run, and is safe on many
// goroutines.
type Connection struct {
	cfg     Config
	opts    Options
	client  http.Client
	count   atomic.Int64
	reached sync.Map // host → true, once an answer came from it
	gates   sync.Map // a service's first name → *gate

	mu       sync.Mutex
	ending   []func() // called by Close
	token    *Token
	asking   chan struct{} // closed when the authentication under way has ended; nil when there is none
	provider *discovery    // what the OpenID Connect provider said of itself
	denied   error         // the credentials were refused: asking again would be refused too, or lock the user out
}

// New makes a Connection. Nothing is sent before it is used.
func New(cfg *Config, opts Options) *Connection {
	if opts.Clock == nil {
		opts.Clock = clock.Real{}
	}
	if opts.Version == "" {
		opts.Version = "dev"
	}
	if opts.Timeout == 0 {
		opts.Timeout = 2 * time.Minute
	}
	if opts.Grace == 0 {
		opts.Grace = 5 * time.Second
	}
	switch {
	case opts.Retries == 0:
		opts.Retries = 4
	case opts.Retries < 0:
		opts.Retries = 0
	}
	c := &Connection{cfg: *cfg, opts: opts}
	c.client = http.Client{
		Transport: opts.Transport,
		// A redirect is told, not followed: the token must not go where the catalog does not point.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if opts.Transport == nil {
		c.client.Transport = newTransport(cfg, opts)
	}
	return c
}

// Config is what the connection was made from.
func (c *Connection) Config() *Config { return &c.cfg }

// Close gives the idle connections up, and ends what was opened for the connection.
func (c *Connection) Close() {
	c.client.CloseIdleConnections()
	c.mu.Lock()
	ending := c.ending
	c.ending = nil
	c.mu.Unlock()
	for _, end := range ending {
		end()
	}
}

// OnClose has Close call a function that ends something else made for this run: a session on a server.
func (c *Connection) OnClose(end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending = append(c.ending, end)
}

// Requests is how many requests were sent so far, repeats and authentication included.
func (c *Connection) Requests() int { return int(c.count.Load()) }

// Request is one call of a service.
type Request struct {
	Service      string      // Network, Compute, …
	Method       string      // GET when empty
	Path         string      // below the versioned endpoint, escaped: "networks/" + id
	Query        url.Values  // nil for none
	Body         any         // nil for none; []byte and json.RawMessage go as they are, the rest as JSON
	Header       http.Header // beyond the usual ones
	Microversion string      // "2.93" for compute and its like; the configuration's default when empty
	OK           []int       // statuses that mean success; any 2xx when empty
	Idempotent   bool        // a repeat does no harm, though the method alone does not say so: a PUT that sets fields

	Op       string // for errors: "networks.create"
	Resource string // for errors: `network "private"`

	Upload *Upload   // a body too large for memory, in place of Body
	Sink   io.Writer // takes the body of a successful answer in place of Response.Body
}

// Upload is a request body that is read as it is sent.
type Upload struct {
	Open        func() (io.ReadCloser, error) // called for each attempt
	Size        int64                         // -1 when unknown
	ContentType string                        // application/octet-stream when empty
}

// Response is an answer whose status was among Request.OK.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte
	RequestID string
}

// Do sends a request with the token, authenticating first where there is none, and repeats it where that is safe. An
// answer that is not OK becomes an *errs.Error.
//
// A DELETE that was repeated because its first answer was lost may be answered with 404: that is success, with the
// status 404.
func (c *Connection) Do(ctx context.Context, r Request) (*Response, error) {
	resp, err := c.do(ctx, r)
	if err == nil {
		return resp, nil
	}
	return nil, describe(err, r.Op, r.Resource)
}

func (c *Connection) do(ctx context.Context, r Request) (*Response, error) {
	tok, err := c.Token(ctx)
	if err != nil {
		return nil, err
	}
	base, err := c.Endpoint(ctx, r.Service)
	if err != nil {
		return nil, err
	}
	call, err := c.newCall(ctx, r, base)
	if err != nil {
		return nil, err
	}
	call.header.Set("X-Auth-Token", tok.ID)
	after, err := c.tell(ctx, r, call)
	if err != nil {
		return nil, err
	}
	ans, err := c.settle(ctx, call, tok)
	if err == nil && !call.succeeded(ans) {
		err = c.fault(call, ans)
	}
	if after != nil {
		if bad := after(call.outcome(ans, err)); bad != nil {
			err = bad
		}
	}
	if err != nil {
		return nil, err
	}
	return &Response{Status: ans.status, Header: ans.header, Body: ans.body, RequestID: ans.requestID()}, nil
}

// settle sends a call, and once more with a new token when the service does not take the one there is: it expired or was
// revoked in the middle of the run.
func (c *Connection) settle(ctx context.Context, k *call, tok *Token) (*answer, error) {
	ans, err := c.exchange(ctx, k)
	if err != nil || ans.status != http.StatusUnauthorized {
		return ans, err
	}
	fresh, err := c.authenticated(ctx, tok.ID)
	if err != nil {
		return nil, err
	}
	k.header.Set("X-Auth-Token", fresh.ID)
	return c.exchange(ctx, k)
}

// newCall makes of a Request what goes over the wire.
func (c *Connection) newCall(ctx context.Context, r Request, base string) (*call, error) {
	k := &call{
		label: labelOf(ctx), service: r.Service, method: r.Method, header: http.Header{}, ok: r.OK,
		upload: r.Upload, sink: r.Sink, idempotent: r.Idempotent,
	}
	if k.method == "" {
		k.method = http.MethodGet
	}
	k.url = base + strings.TrimPrefix(r.Path, "/")
	if len(r.Query) > 0 {
		k.url += "?" + r.Query.Encode()
	}
	if _, err := url.Parse(k.url); err != nil {
		return nil, errs.New(errs.BadArgument, "the path %q cannot be part of a URL", r.Path)
	}
	k.header.Set("Accept", "application/json")
	k.header.Set("User-Agent", "oslua/"+c.opts.Version)
	switch body := r.Body.(type) {
	case nil:
	case []byte:
		k.body = body
	case json.RawMessage:
		k.body = body
	default:
		b, err := json.Marshal(body)
		if err != nil {
			return nil, errs.New(errs.BadArgument, "the request cannot be written as JSON: %s", err)
		}
		k.body = b
	}
	if r.Upload != nil {
		k.header.Set("Content-Type", "application/octet-stream")
		if t := r.Upload.ContentType; t != "" {
			k.header.Set("Content-Type", t)
		}
	} else if k.body != nil {
		k.header.Set("Content-Type", "application/json")
	}
	if v := c.microversion(r); v != "" {
		k.header.Set("OpenStack-API-Version", microversionType(r.Service)+" "+v)
		if r.Service == Compute {
			k.header.Set("X-OpenStack-Nova-API-Version", v)
		}
	}
	for name, values := range r.Header {
		k.header[http.CanonicalHeaderKey(name)] = values
	}
	return k, nil
}

// microversion is the one asked for, or the configuration's default.
func (c *Connection) microversion(r Request) string {
	if r.Microversion != "" {
		return r.Microversion
	}
	for _, t := range typesOf(r.Service) {
		if v := c.cfg.plain[strings.ReplaceAll(t, "-", "_")+"_default_microversion"]; v != "" {
			return v
		}
	}
	return ""
}

// microversionType is how a service calls itself in the header.
func microversionType(service string) string {
	switch service {
	case Volume, "volumev3":
		return "volume"
	}
	return service
}
