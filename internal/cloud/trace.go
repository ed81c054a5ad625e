package cloud

import (
	"context"
	"io"
	"net/http"
	"time"
)

// Label says what a request is for.
type Label string

// The labels a trace shows.
const (
	Auth   Label = "auth"    // set by the connection itself
	LookUp Label = "look-up" // a name's ID, or whether something is there
	Work   Label = "work"    // what was asked for; the default
	Wait   Label = "wait"    // polling
)

// WithLabel labels the requests made with the context.
func WithLabel(ctx context.Context, l Label) context.Context { return ctx }

// Event is one request that was sent, and its answer. The accessors give headers and bodies as they went over the wire,
// secrets and all: the writers here mask them.
type Event struct {
	Label     Label
	Method    string
	URL       string
	Path      string // with the query
	Service   string // "network"; "" for authentication
	Status    int    // 0 when no answer came
	Attempt   int    // 1 for the first, 2 for the first repeat
	Start     time.Time
	Duration  time.Duration
	RequestID string
	Err       error // why no answer came
}

// Request gives the headers and the body sent. A streamed body is nil.
func (e Event) Request() (http.Header, []byte) { return nil, nil }

// Response gives the headers and the body received. A streamed body is nil.
func (e Event) Response() (http.Header, []byte) { return nil, nil }

// TraceLines gives a function for Options.Trace that writes one line for each request. It is safe on many goroutines.
func TraceLines(w io.Writer) func(Event) { return func(Event) {} }

// TraceCurl gives a function for Options.Trace that writes each request as a curl command, secrets masked.
func TraceCurl(w io.Writer) func(Event) { return func(Event) {} }
