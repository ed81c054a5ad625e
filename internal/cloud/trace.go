package cloud

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
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

type labelKey struct{}

// WithLabel labels the requests made with the context.
func WithLabel(ctx context.Context, l Label) context.Context {
	return context.WithValue(ctx, labelKey{}, l)
}

func labelOf(ctx context.Context) Label {
	if l, ok := ctx.Value(labelKey{}).(Label); ok {
		return l
	}
	return Work
}

// Caller is the call of a script that requests are made for.
type Caller struct {
	ID    int64  // the same for all requests of one call, another for another
	Op    string // "networks.create"
	Where string // file:line
}

type callerKey struct{}

// WithCaller says for which call the requests made with the context are.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// observer is a function that is told of requests, and those told before it.
type observer struct {
	f     func(Event)
	outer *observer
}

type observerKey struct{}

// WithTrace tells f of each request made with the context, beside those told already. f is called on the goroutine that
// made the request.
func WithTrace(ctx context.Context, f func(Event)) context.Context {
	return context.WithValue(ctx, observerKey{}, &observer{f, observerOf(ctx)})
}

func observerOf(ctx context.Context) *observer {
	o, _ := ctx.Value(observerKey{}).(*observer) //nolint:errcheck // nil is nobody
	return o
}

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
	Caller    Caller
	Conn      *Connection // that sent it

	reqHeader, respHeader http.Header
	reqBody, respBody     []byte
	streamed              bool
}

// Streamed reports whether a body went out as a stream.
func (e Event) Streamed() bool { return e.streamed }

// Request gives the headers and the body sent. A streamed body is nil. Neither may be changed.
func (e Event) Request() (http.Header, []byte) { return e.reqHeader, e.reqBody }

// Response gives the headers and the body received. A streamed body is nil. Neither may be changed.
func (e Event) Response() (http.Header, []byte) { return e.respHeader, e.respBody }

// outcome is the end of a trace line: status and time, or why there is no status.
func (e Event) outcome() string {
	var b strings.Builder
	if e.Err != nil {
		fmt.Fprintf(&b, "--- %s %s", inMillis(e.Duration), e.Err)
	} else {
		fmt.Fprintf(&b, "%d %s", e.Status, inMillis(e.Duration))
	}
	if e.Attempt > 1 {
		fmt.Fprintf(&b, " (attempt %d)", e.Attempt)
	}
	return b.String()
}

func inMillis(d time.Duration) string {
	return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
}

// Line is what TraceLines writes, without the newline.
func (e Event) Line() string {
	return fmt.Sprintf("%-8s %s %s %s", e.Label, e.Method, e.Path, e.outcome())
}

// TraceLines gives a function for Options.Trace that writes one line for each request. It is safe on many goroutines.
func TraceLines(w io.Writer) func(Event) {
	var mu sync.Mutex
	return func(e Event) {
		line := e.Line() + "\n"
		mu.Lock()
		defer mu.Unlock()
		io.WriteString(w, line)
	}
}

// TraceCurl gives a function for Options.Trace that writes each request as a curl command, with $OS_TOKEN in place of
// the token and other secrets masked. It is safe on many goroutines.
func TraceCurl(w io.Writer) func(Event) {
	var mu sync.Mutex
	return func(e Event) {
		text := curl(e)
		mu.Lock()
		defer mu.Unlock()
		io.WriteString(w, text)
	}
}

func curl(e Event) string {
	text := e.Curl() + fmt.Sprintf("\n# %s: %s", e.Label, e.outcome())
	if e.RequestID != "" {
		text += ", " + e.RequestID
	}
	return text + "\n\n"
}

// Curl is a command that sends the same request, with $OS_TOKEN in place of the token and other secrets masked.
func (e Event) Curl() string {
	var b strings.Builder
	b.WriteString("curl -i")
	if e.Method == http.MethodHead {
		b.WriteString(" -I")
	} else if e.Method != http.MethodGet {
		b.WriteString(" -X " + e.Method)
	}
	b.WriteString(" " + shellQuote(e.URL))
	for _, name := range slices.Sorted(maps.Keys(e.reqHeader)) {
		for _, v := range e.reqHeader[name] {
			switch {
			case name == "User-Agent":
			case name == "X-Auth-Token":
				b.WriteString(` \` + "\n  " + `-H "X-Auth-Token: $OS_TOKEN"`)
			default:
				b.WriteString(" \\\n  -H " + shellQuote(name+": "+maskHeader(name, v)))
			}
		}
	}
	switch {
	case e.streamed:
		b.WriteString(" \\\n  --data-binary @FILE")
	case e.reqBody != nil:
		mask := maskBody
		if isForm(e.reqHeader) {
			mask = maskForm
		}
		body, ok := mask(e.reqBody)
		if !ok {
			body = fmt.Appendf(nil, "(%d bytes)", len(e.reqBody))
		}
		b.WriteString(" \\\n  -d " + shellQuote(string(body)))
	}
	return b.String()
}

// shellQuote makes a word for a POSIX shell.
func shellQuote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=+@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
