package cloud

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

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
	Timeout     time.Duration                                                     // for the first byte of an answer; 2 minutes when 0
	Retries     int                                                               // repeats at most; 4 when 0, none when negative
}

// Connection is one cloud as one user. It authenticates on first use, keeps one token for the run, and is safe on many
// goroutines.
type Connection struct {
	cfg  Config
	opts Options
}

// New makes a Connection. Nothing is sent before it is used.
func New(cfg *Config, opts Options) *Connection { panic("not written yet") }

// Config is what the connection was made from.
func (c *Connection) Config() *Config { return &c.cfg }

// Close gives the idle connections up.
func (c *Connection) Close() {}

// Request is one call of a service.
type Request struct {
	Service      string      // Network, Compute, …
	Method       string      // GET when empty
	Path         string      // below the versioned endpoint, escaped: "networks/" + id
	Query        url.Values  // nil for none
	Body         any         // nil for none; []byte and json.RawMessage go as they are, the rest as JSON
	Header       http.Header // beyond the usual ones
	Microversion string      // "2.93" for compute and its like
	OK           []int       // statuses that mean success; any 2xx when empty

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
func (c *Connection) Do(ctx context.Context, r Request) (*Response, error) {
	panic("not written yet")
}

// Token is who the connection is, as the identity service said.
type Token struct {
	ID          string // the secret itself
	UserID      string
	UserName    string
	UserDomain  Name
	ProjectID   string // "" when the token is not scoped to a project
	ProjectName string
	ProjectDom  Name
	Domain      Name // the domain of a domain-scoped token
	System      bool
	Roles       []Name
	Methods     []string
	IssuedAt    time.Time
	ExpiresAt   time.Time
	Catalog     []Service
}

// Name is a thing of the identity service.
type Name struct{ ID, Name string }

// Service is one entry of the catalog.
type Service struct {
	ID, Type, Name string
	Endpoints      []Endpoint
}

// Endpoint is one address of a service.
type Endpoint struct {
	ID, Interface, Region, URL string
}

// Token authenticates where that was not done yet.
func (c *Connection) Token(ctx context.Context) (*Token, error) { panic("not written yet") }

// Catalog is the services there are, as the token lists them.
func (c *Connection) Catalog(ctx context.Context) ([]Service, error) { panic("not written yet") }

// Endpoint is the address of a service's API with its version and a slash at the end: what Request.Path follows.
func (c *Connection) Endpoint(ctx context.Context, service string) (string, error) {
	panic("not written yet")
}

// ProjectID is the project the token is scoped to, "" for none.
func (c *Connection) ProjectID(ctx context.Context) (string, error) { panic("not written yet") }

// UserID is the user the token was given to.
func (c *Connection) UserID(ctx context.Context) (string, error) { panic("not written yet") }

// Requests is how many requests were sent so far, retries and authentication included.
func (c *Connection) Requests() int { panic("not written yet") }
