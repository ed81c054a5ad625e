package cloud

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/oslua/oslua/engine/errs"
)

const (
	dialTimeout = 10 * time.Second
	// Apache in front of a service drops an idle connection after five seconds. A POST on a connection that is just being
	// dropped is lost and may not be repeated, so ours go first.
	idleTimeout  = 4 * time.Second
	maxBody      = 64 << 20 // of an answer kept in memory
	maxErrorBody = 1 << 20
)

// errSlow is the cause of a request that took longer than Options.Timeout, to tell it from the caller's own deadline.
var errSlow = errors.New("no answer in time")

// newTransport makes the transport of a connection. gophercloud's has two idle connections a host and no timeouts.
func newTransport(cfg *Config, opts Options) *http.Transport {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   dialTimeout,
		ResponseHeaderTimeout: opts.Timeout,
		IdleConnTimeout:       idleTimeout,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   64, // parallel tasks keep theirs
	}
	if cfg.tls != nil {
		t.TLSClientConfig = cfg.tls.Clone()
	}
	if opts.DialContext != nil {
		t.DialContext, t.Proxy = opts.DialContext, nil
	}
	return t
}

// call is a request as it goes over the wire, as often as needed.
type call struct {
	label      Label
	service    string
	method     string
	url        string
	header     http.Header
	body       []byte
	upload     *Upload
	sink       io.Writer
	ok         []int
	idempotent bool
	setting    string // what the address came from, where that is neither auth_url nor the catalog
	lost       bool   // an attempt ended without an answer after it was sent
}

// answer is what came back, whatever its status.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) requestID() string {
	for _, h := range []string{"X-Openstack-Request-Id", "X-Compute-Request-Id"} {
		if id := a.header.Get(h); id != "" {
			return id
		}
	}
	return ""
}

func (k *call) accepts(status int) bool {
	if len(k.ok) > 0 {
		return slices.Contains(k.ok, status)
	}
	return status >= 200 && status < 300
}

func (k *call) succeeded(a *answer) bool {
	return k.accepts(a.status) || (k.method == http.MethodDelete && k.lost && a.status == http.StatusNotFound)
}

// repeatable tells whether it is safe to send the call again when nobody knows what became of the first.
func (k *call) repeatable() bool {
	switch k.method {
	case http.MethodGet, http.MethodHead, http.MethodDelete:
		return true
	}
	// PUT is not among them: Neutron's add_router_interface is one, and fails the second time.
	return k.idempotent
}

// changes tells whether the call may leave something behind, whose outcome is worth a short wait even when nobody wants
// it any more. A stream may take for ever.
func (k *call) changes() bool {
	return k.method != http.MethodGet && k.method != http.MethodHead && k.label != Auth && k.upload == nil && k.sink == nil
}

// failure is an attempt that brought no answer.
type failure struct {
	err  error // as net/http gave it
	sent bool  // it may have reached the service
	sunk bool  // part of the body is with the caller already
}

func (f *failure) Error() string { return f.err.Error() }

// exchange sends a call until there is an answer that stands.
func (c *Connection) exchange(ctx context.Context, k *call) (*answer, error) {
	g := c.gateOf(k.service)
	for attempt := 1; ; attempt++ {
		leave, err := g.enter(ctx)
		if err != nil {
			return nil, interrupted(ctx)
		}
		ans, fail := c.attempt(ctx, k, attempt)
		leave()
		if fail != nil && fail.sent {
			k.lost = true
		}
		if fail != nil && ctx.Err() != nil {
			return nil, unanswered(ctx, k, fail)
		}
		delay, again := c.retry(k, ans, fail, attempt)
		asked := ans != nil && asksToWait(ans) && delay <= maxPatient
		if asked {
			g.pause(delay)
		}
		if again {
			c.delayed(ctx, k, ans, fail, attempt, delay, asked)
		}
		if again && asked {
			continue // the gate waits
		}
		if !again {
			if fail != nil {
				return nil, c.netError(k, fail, attempt)
			}
			return ans, nil
		}
		if err := c.opts.Clock.Sleep(ctx, delay); err != nil {
			return nil, interrupted(ctx)
		}
	}
}

// attempt sends a call once.
func (c *Connection) attempt(ctx context.Context, k *call, n int) (*answer, *failure) {
	start := c.opts.Clock.Now()
	var way departure
	caller := ctx
	if k.changes() {
		var stop func()
		ctx, stop = c.graced(ctx, &way)
		defer stop()
	}
	if k.upload == nil && k.sink == nil {
		// A stream takes as long as it takes; everything else is small.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, c.opts.Timeout, errSlow)
		defer cancel()
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: way.leave})

	req, err := k.request(ctx)
	if err != nil {
		return nil, &failure{err: err}
	}
	c.count.Add(1)
	resp, err := c.client.Do(req)
	var ans *answer
	var fail *failure
	if err == nil {
		host := req.URL.Host
		if _, known := c.reached.Load(host); !known {
			c.reached.Store(host, true)
		}
		ans, fail = k.read(resp)
	} else {
		fail = &failure{err: err}
		var ue *url.Error
		if errors.As(err, &ue) {
			fail.err = ue.Err // without the method and the address
		}
	}
	if fail != nil {
		fail.sent = way.left()
		if context.Cause(ctx) == errSlow || strings.Contains(fail.err.Error(), "timeout awaiting response headers") {
			fail.err = errSlow
		}
	}
	c.report(caller, k, ans, fail, n, start)
	return ans, fail
}

// request makes the request of one attempt.
func (k *call) request(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	if k.body != nil {
		body = bytes.NewReader(k.body)
	}
	var stream io.ReadCloser
	if k.upload != nil {
		var err error
		if stream, err = k.upload.Open(); err != nil {
			return nil, errs.New(errs.BadArgument, "what is to be uploaded cannot be read: %s", fileTrouble(err))
		}
		body = uploadReader{stream}
	}
	req, err := http.NewRequestWithContext(ctx, k.method, k.url, body)
	if err != nil {
		if stream != nil {
			stream.Close()
		}
		return nil, errs.New(errs.BadArgument, "%s %s cannot be sent", k.method, k.url)
	}
	req.Header = k.header.Clone()
	if k.upload != nil {
		req.ContentLength = k.upload.Size
	}
	return req, nil
}

// departure is whether an attempt is on its way to the service, or was held back before: one of both, also when its
// caller gives up at that very moment. The zero value is neither.
type departure struct{ state atomic.Int32 }

const (
	onItsWay = 1 + iota
	heldBack
)

// leave notes that there is a connection to write to. net/http writes to it even when the request's context has ended, so
// that of one held back is closed. HTTP/2 has others on it: there the attempt may reach the service. An attempt gets a
// second connection when its first turns out to have been closed.
func (d *departure) leave(info httptrace.GotConnInfo) {
	if d.state.CompareAndSwap(0, onItsWay) || d.left() {
		return
	}
	if t, ok := info.Conn.(*tls.Conn); ok && t.ConnectionState().NegotiatedProtocol == "h2" {
		d.state.Store(onItsWay)
		return
	}
	info.Conn.Close()
}

// hold keeps the attempt back, and tells whether it was early enough for that.
func (d *departure) hold() bool { return d.state.CompareAndSwap(0, heldBack) }

func (d *departure) left() bool { return d.state.Load() == onItsWay }

// read takes the answer's body.
func (k *call) read(resp *http.Response) (*answer, *failure) {
	defer resp.Body.Close()
	ans := &answer{status: resp.StatusCode, header: resp.Header}
	if k.sink != nil && k.accepts(resp.StatusCode) {
		n, err := io.Copy(sinkWriter{k.sink}, resp.Body)
		if err != nil {
			return nil, &failure{err: err, sunk: n > 0}
		}
		return ans, nil
	}
	limit := int64(maxBody)
	if !k.accepts(resp.StatusCode) {
		limit = maxErrorBody
	}
	var err error
	if ans.body, err = readBody(resp, limit); err != nil {
		return nil, &failure{err: err}
	}
	return ans, nil
}

// uploadReader and sinkWriter tell trouble of the caller's file from trouble of the network.
type uploadReader struct{ io.ReadCloser }

func (r uploadReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = errs.New(errs.Runtime, "what is to be uploaded cannot be read: %s", fileTrouble(err))
	}
	return n, err
}

type sinkWriter struct{ io.Writer }

func (w sinkWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		err = errs.New(errs.Runtime, "what was downloaded cannot be written: %s", fileTrouble(err))
	}
	return n, err
}

func readBody(resp *http.Response, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= limit {
		b.Grow(int(n) + bytes.MinRead) // one allocation, the buffer's own probe for the end included
	}
	if _, err := b.ReadFrom(io.LimitReader(resp.Body, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		if resp.StatusCode >= 400 {
			return b.Bytes()[:limit], nil
		}
		return nil, errs.New(errs.Unavailable, "the answer is larger than %d MiB", limit>>20).
			WithHint("Ask for less: with filters, or page by page.")
	}
	return b.Bytes(), nil
}

// report tells the trace of an attempt.
func (c *Connection) report(ctx context.Context, k *call, ans *answer, fail *failure, n int, start time.Time) {
	told := observerOf(ctx)
	if c.opts.Trace == nil && told == nil {
		return
	}
	caller, _ := ctx.Value(callerKey{}).(Caller) //nolint:errcheck // requests may be nobody's
	e := Event{
		Caller: caller, Conn: c,
		Label: k.label, Method: k.method, URL: k.url, Service: k.service, Attempt: n,
		Start: start, Duration: c.opts.Clock.Now().Sub(start),
		reqHeader: k.header.Clone(), reqBody: k.body, streamed: k.upload != nil,
	}
	if u, err := url.Parse(k.url); err == nil {
		e.Path = u.RequestURI()
	}
	if ans != nil {
		e.Status, e.RequestID = ans.status, ans.requestID()
		e.respHeader, e.respBody = ans.header, ans.body
	}
	if fail != nil {
		e.Err = c.netError(k, fail, 1)
		if ctx.Err() != nil {
			e.Err = interrupted(ctx)
		}
	}
	if c.opts.Trace != nil {
		c.opts.Trace(e)
	}
	for ; told != nil; told = told.outer {
		told.f(e)
	}
}

// graced gives a context for a request that changes something: when the caller's ends, a request that has been sent is
// given Options.Grace for its answer, so that it is known what became of it.
func (c *Connection) graced(ctx context.Context, way *departure) (_ context.Context, stop func()) {
	late, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	unwatch := context.AfterFunc(ctx, func() {
		if way.hold() || c.opts.Clock.Sleep(late, c.opts.Grace) == nil {
			cancel(context.Cause(ctx))
		}
	})
	return late, func() {
		unwatch()
		cancel(nil)
	}
}

// unanswered is the error of a call whose context ended before it was answered.
func unanswered(ctx context.Context, k *call, fail *failure) error {
	err := interrupted(ctx)
	if e := (*errs.Error)(nil); fail.sent && k.changes() && errors.As(err, &e) {
		return e.WithHint("The request was sent and not answered: it may have been carried out. Look before you send it again.")
	}
	return err
}

// interrupted is the error of a context that has ended.
func interrupted(ctx context.Context) error {
	err := ctx.Err()
	code, text := errs.Cancelled, "cancelled"
	if errors.Is(err, context.DeadlineExceeded) {
		code, text = errs.Timeout, "the time allowed is over"
	}
	// The cause may be worth more than its bare kind: a task group cancels with the error of the task that failed.
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return &errs.Error{Code: code, Message: text, Cause: fmt.Errorf("%w: %w", ctx.Err(), err)}
}
