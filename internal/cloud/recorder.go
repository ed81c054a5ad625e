package cloud

import (
	"context"
	"net/http"
)

// Recorder is told of each request that may change something: of any method but GET, HEAD and OPTIONS. Requests for a
// token are not told. It is used on many goroutines.
type Recorder interface {
	// Before is called before a request is first sent, once however often it is repeated. body is sent in place of the
	// request's own unless it is nil. after, unless it is nil, is called once when the request has ended; its error
	// becomes that of the call, whatever the service answered. An err keeps the request from being sent.
	Before(ctx context.Context, s Sending) (body []byte, after func(Outcome) error, err error)
}

// Sending is a request that is about to be sent.
type Sending struct {
	Conn         *Connection
	Caller       Caller
	Service      string // as the Request has it
	Method       string
	Path         string // below the versioned endpoint
	Body         []byte // nil for none, and for a stream; it may not be changed
	Microversion string // "" for the service's own choice
	Op           string
	Resource     string
}

// Outcome is how a request has ended, repeats and a new token included.
type Outcome struct {
	Status    int    // of the last answer, 0 when none came
	Body      []byte // of the answer; it may not be changed
	RequestID string
	Err       error // why the call failed; nil when it succeeded
	// Unknown says that nobody knows whether the service acted: an answer was lost after the request was sent, or the
	// service broke down over it.
	Unknown bool
}

// tell tells the recorder of a call, and gives what it is to be told at the end.
func (c *Connection) tell(ctx context.Context, r Request, k *call) (after func(Outcome) error, err error) {
	switch k.method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil, nil
	}
	if c.opts.Recorder == nil {
		return nil, nil
	}
	caller, _ := ctx.Value(callerKey{}).(Caller) //nolint:errcheck // requests may be nobody's
	body, after, err := c.opts.Recorder.Before(ctx, Sending{
		Conn: c, Caller: caller, Service: r.Service, Method: k.method, Path: r.Path, Body: k.body,
		Microversion: c.microversion(r), Op: r.Op, Resource: r.Resource,
	})
	if err != nil {
		return nil, err
	}
	if body != nil {
		k.body = body
	}
	return after, nil
}

// outcome is what there is to tell of a call that has ended. ans is nil when no answer came.
func (k *call) outcome(ans *answer, err error) Outcome {
	o := Outcome{Err: err, Unknown: err != nil && k.lost}
	if ans == nil {
		return o
	}
	o.Status, o.Body, o.RequestID = ans.status, ans.body, ans.requestID()
	switch {
	case err == nil:
	case ans.status == http.StatusNotImplemented, ans.status == http.StatusServiceUnavailable && ans.header.Get("Retry-After") != "":
		// It says that it did nothing.
	case ans.status >= http.StatusInternalServerError:
		o.Unknown = true
	}
	return o
}
