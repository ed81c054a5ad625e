package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/term"
)

// The exit codes. docs/errors.md describes them for users.
const (
	exitOK          = 0
	exitScript      = 1
	exitUsage       = 2
	exitCheck       = 3
	exitAuth        = 4
	exitTimeout     = 124
	exitHungUp      = 129
	exitInterrupted = 130
	exitClosedPipe  = 141
	exitTerminated  = 143
)

// usageError is a command line that cannot be carried out.
type usageError struct {
	message string
	hint    string
}

func usage(format string, args ...any) *usageError {
	return &usageError{message: fmt.Sprintf(format, args...)}
}

func (e *usageError) withHint(format string, args ...any) *usageError {
	return &usageError{message: e.message, hint: fmt.Sprintf(format, args...)}
}

func (e *usageError) Error() string { return e.message }

// errClosedPipe ends a run whose reader went away, as `oslua … | head -1` does.
var errClosedPipe = errors.New("the reader of the output has gone")

// stopped ends a run because of a signal.
type stopped struct {
	signal os.Signal
	code   int
}

func (s *stopped) Error() string { return s.signal.String() }

// exitCode gives the process's exit code for what a command returned.
func exitCode(ctx context.Context, err error) int {
	var (
		exit *engine.ExitError
		stop *stopped
		bad  *usageError
	)
	switch {
	case errors.Is(err, errServed):
		return exitOK
	case errors.As(context.Cause(ctx), &stop):
		return stop.code
	case errors.Is(context.Cause(ctx), errClosedPipe):
		return exitClosedPipe
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.Code
	case errors.As(err, &bad):
		return exitUsage
	}
	switch errs.CodeOf(err) {
	case errs.Unauthorized, errs.Config:
		return exitAuth
	case errs.Timeout:
		return exitTimeout
	case checkFailed:
		return exitCheck
	case errs.Cancelled:
		return exitInterrupted
	}
	return exitScript
}

// checkFailed is the code of the error with which a lab says that a step is not done.
const checkFailed errs.Code = "check_failed"

// silenced reports whether an error says no more than what was already told: that a signal or a closed pipe ended the
// run. A write that found the pipe closed says just that.
func silenced(ctx context.Context, err error) bool {
	if errors.Is(err, errServed) {
		return true
	}
	if errors.Is(context.Cause(ctx), errClosedPipe) && isClosedPipe(err) {
		return true
	}
	return context.Cause(ctx) != nil && (errs.CodeOf(err) == errs.Cancelled || errors.Is(err, context.Canceled))
}

// report writes an error for people: what happened and where, what to do next, and how the script got there.
func report(w io.Writer, style term.Style, err error) {
	var b strings.Builder
	line := func(message, hint string) {
		b.WriteString(style.Error("oslua:") + " " + message + "\n")
		if hint != "" {
			b.WriteString("  " + style.Hint("hint: "+strings.ReplaceAll(hint, "\n", "\n  ")) + "\n")
		}
	}
	var (
		e   *errs.Error
		bad *usageError
	)
	switch {
	case errors.As(err, &bad):
		line(bad.message, bad.hint)
	case errors.As(err, &e) && ofLab(e):
		// What is not done or went wrong is in the cloud: the place in the lab's code helps nobody.
		line(e.Error(), e.Hint)
		if e.RequestID != "" {
			b.WriteString(style.Faint("  request: "+e.RequestID) + "\n")
		}
	case errors.As(err, &e):
		message := e.Error()
		if e.Where != "" && !strings.HasPrefix(message, e.Where) {
			message = e.Where + ": " + message
		}
		line(message, e.Hint)
		if e.Task != "" {
			b.WriteString("  " + e.Task + "\n")
		}
		if e.Fault != "" && !strings.Contains(message, e.Fault) {
			b.WriteString("  fault: " + e.Fault + "\n")
		}
		if e.RequestID != "" {
			b.WriteString(style.Faint("  request: "+e.RequestID) + "\n")
		}
		if t := strings.TrimSpace(e.Traceback); strings.Contains(t, "\n") {
			// One frame says no more than the line above.
			b.WriteString(style.Faint(strings.TrimRight(e.Traceback, "\n")) + "\n")
		}
	default:
		line(err.Error(), "")
	}
	io.WriteString(w, b.String()) //nolint:errcheck // there is nowhere left to tell
}

// ofLab says whether an error is about the cloud that a lab works on. A mistake in a lab's code is not.
func ofLab(e *errs.Error) bool {
	return e.Code == checkFailed || strings.Contains(e.Traceback, "built-in/lab.lua:") && e.Code != errs.Runtime && e.Code != errs.Syntax
}

// reportBriefly writes an error in a line, with its hint, as the shell does; what was typed is still to be seen. An
// error of form keeps its caret.
func reportBriefly(w io.Writer, style term.Style, err error) {
	e := (*errs.Error)(nil)
	if errors.As(err, &e) {
		c := *e
		more := strings.Contains(strings.TrimSpace(c.Traceback), "\n") || c.RequestID != ""
		c.Traceback, c.RequestID = "", ""
		if c.Code != errs.Syntax {
			c.Message, _, _ = strings.Cut(c.Message, "\n")
		}
		report(w, style, &c)
		if more {
			io.WriteString(w, "  "+style.Faint(":bt shows how it came to this")+"\n") //nolint:errcheck // there is nowhere left to tell
		}
		return
	}
	report(w, style, err)
}
