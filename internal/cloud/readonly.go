package cloud

import (
	"net/http"
	"strings"

	"github.com/oslua/oslua/engine/errs"
)

// ReadOnly is a connection to the same cloud as the same user that can change nothing: what is neither GET nor HEAD is
// refused before it leaves, but for the requests that authenticate. It has the token there is already. Closing it closes
// the idle connections of both.
func (c *Connection) ReadOnly() *Connection {
	o := c.opts
	if o.Retries == 0 {
		o.Retries = -1 // none stays none
	}
	g := &guard{next: c.client.Transport}
	o.Transport = g
	r := New(&c.cfg, o)
	g.conn = r
	c.mu.Lock()
	defer c.mu.Unlock()
	r.token, r.denied, r.provider = c.token, c.denied, c.provider
	return r
}

// guard is the last thing before the wire: whatever is above it, only what reads and what authenticates gets through.
type guard struct {
	conn *Connection
	next http.RoundTripper
}

// RoundTrip sends a request, or refuses it.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if !g.allows(req) {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, errs.New(errs.Forbidden, "%s %s was not sent: this connection only reads", req.Method, req.URL.Path)
	}
	return g.next.RoundTrip(req)
}

// CloseIdleConnections is for http.Client.
func (g *guard) CloseIdleConnections() {
	if c, ok := g.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// allows tells what may leave. A method that proxies and frameworks put in a header counts as the method.
func (g *guard) allows(req *http.Request) bool {
	if req.Header.Get("X-Http-Method-Override") != "" {
		return false
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead, "":
		return true
	case http.MethodPost:
		return g.authenticates(req.URL.String())
	}
	return false
}

// authenticates tells whether an address is one of those that give tokens: the identity service's, and with OpenID
// Connect the two before it.
func (g *guard) authenticates(url string) bool {
	cfg := &g.conn.cfg
	base := identityBase(cfg.AuthURL)
	if url == base+"auth/tokens" {
		return true
	}
	if !isOpenID(cfg.AuthType) {
		return false
	}
	rest, ok := strings.CutPrefix(url, base+"OS-FEDERATION/identity_providers/")
	if ok && strings.Count(rest, "/") == 3 && strings.Contains(rest, "/protocols/") && strings.HasSuffix(rest, "/auth") {
		return true
	}
	if endpoint := cfg.plain["access_token_endpoint"]; endpoint != "" {
		return url == endpoint
	}
	g.conn.mu.Lock()
	defer g.conn.mu.Unlock()
	return g.conn.provider != nil && url == g.conn.provider.TokenEndpoint
}
