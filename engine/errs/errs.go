// Package errs holds the one error value of the house. A binding returns it, the engine raises it in Lua as a table
// of the same fields, and a Go caller gets it back with errors.As.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure an Error is. Scripts compare it as a string.
type Code string

// The codes a script can meet.
const (
	NotFound      Code = "not_found"      // the resource does not exist
	Conflict      Code = "conflict"       // it exists already, or is in use
	Unauthorized  Code = "unauthorized"   // authentication failed
	Forbidden     Code = "forbidden"      // policy refuses it
	Quota         Code = "quota"          // a limit of the project is reached
	BadRequest    Code = "bad_request"    // the service refused an argument
	BadArgument   Code = "bad_argument"   // oslua refused an argument before anything was sent
	Timeout       Code = "timeout"        // a wait or a request took too long
	Cancelled     Code = "cancelled"      // Ctrl-C, or a sibling task failed
	Unavailable   Code = "unavailable"    // no answer, or 5xx
	ResourceError Code = "resource_error" // the resource went to ERROR
	Ambiguous     Code = "ambiguous"      // two resources have the name
	Config        Code = "config"         // clouds.yaml or OS_* cannot be used
	Runtime       Code = "error"          // error("...") in a script, or a Lua runtime error
	Syntax        Code = "syntax"         // the script does not compile
)

// Error is a failure as a script sees it. Only Code and Message are always set.
type Error struct {
	Code      Code
	Status    int    // HTTP status, 0 when no answer came
	Message   string // the service's own sentence where there is one
	Op        string // "routers.create"
	Resource  string // what it was about: `network "private"`
	RequestID string // X-Openstack-Request-Id
	Fault     string // a server's fault text
	Hint      string // what to do next, one sentence
	Task      string // which of several tasks failed and what became of the others, set by the engine
	Where     string // file:line of the script, set by the engine
	Traceback string // Lua frames only, set by the engine
	Cause     error  // the Go error underneath; never shown to a script
}

// Error is the message in one line: operation, sentence, status.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	return b.String()
}

// Unwrap gives the Go error underneath, so that errors.Is(err, context.Canceled) works.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an Error of a code and a formatted message.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithHint returns a copy of e that says what to do next.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// CodeOf gives the code of the first *Error in err's chain, "" when there is none.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
