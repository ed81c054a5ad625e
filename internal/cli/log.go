package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/internal/wait"
)

// The ways to write what happens on standard error.
const (
	logText = "text"
	logJSON = "json"
)

// entry is a line of --log-format json. docs/automation.md describes the fields for users.
type entry struct {
	Time       string   `json:"time"`
	Event      string   `json:"event"`
	Message    string   `json:"message,omitempty"`
	Op         string   `json:"op,omitempty"`
	Resource   string   `json:"resource,omitempty"`
	Type       string   `json:"type,omitempty"`
	ID         string   `json:"id,omitempty"`
	Status     string   `json:"status,omitempty"`
	Was        string   `json:"was,omitempty"`
	Seconds    *float64 `json:"seconds,omitempty"`
	Service    string   `json:"service,omitempty"`
	Method     string   `json:"method,omitempty"`
	Path       string   `json:"path,omitempty"`
	HTTPStatus int      `json:"http_status,omitempty"`
	Attempt    int      `json:"attempt,omitempty"`
	All        bool     `json:"all,omitempty"`
	Bytes      *int64   `json:"bytes,omitempty"`
	Total      *int64   `json:"total,omitempty"`
	Code       string   `json:"code,omitempty"`
	Hint       string   `json:"hint,omitempty"`
	Fault      string   `json:"fault,omitempty"`
	RequestID  string   `json:"request_id,omitempty"`
	Where      string   `json:"where,omitempty"`
	Task       string   `json:"task,omitempty"`
}

// eventLog writes entries, each in one piece.
type eventLog struct {
	w     io.Writer
	clock clock.Clock
	mu    sync.Mutex
}

func (l *eventLog) write(e entry) {
	e.Time = l.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00")
	line, err := json.Marshal(e)
	if err != nil {
		return // an entry is texts and numbers
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w.Write(append(line, '\n')) //nolint:errcheck // there is nowhere left to tell
}

func seconds(d time.Duration) *float64 {
	s := float64(d.Milliseconds()) / 1000
	return &s
}

// waits gives what is told of one call's waits.
func (l *eventLog) waits() func(wait.Event) {
	var mu sync.Mutex
	was := ""
	began := false
	return func(e wait.Event) {
		mu.Lock()
		defer mu.Unlock()
		line := entry{Event: "state", Op: e.Op, Resource: e.Resource, Type: e.Type, ID: e.ID, Status: e.Status, Was: was,
			Seconds: seconds(l.clock.Now().Sub(e.Began))}
		switch {
		case e.Over && !began:
			return // there was nothing to wait for
		case e.Over:
			line.Event = "ready"
			if e.Err != nil {
				line.Event = "failed"
				line.fail(e.Err)
			}
			was, began = "", false
		case !began:
			line.Event, line.Was, began, was = "wait", "", true, e.Status
		case e.Status == was:
			return
		default:
			was = e.Status
		}
		l.write(line)
	}
}

// fail adds what an error says.
func (e *entry) fail(err error) {
	e.Message = err.Error()
	var found *errs.Error
	if !errors.As(err, &found) {
		return
	}
	e.Message, e.Code, e.Fault, e.Hint, e.RequestID = found.Message, string(found.Code), found.Fault, found.Hint, found.RequestID
	e.HTTPStatus, e.Where, e.Task = found.Status, found.Where, found.Task
	if e.Op == "" {
		e.Op, e.Resource = found.Op, found.Resource
	}
}

func (l *eventLog) failed(err error) {
	e := entry{Event: "error"}
	e.fail(err)
	if bad := (*usageError)(nil); errors.As(err, &bad) {
		e.Code, e.Message, e.Hint = "usage", bad.message, bad.hint
	}
	l.write(e)
}

func (l *eventLog) delayed(d oslua.Delay) {
	e := entry{Event: "retry", Op: d.Caller.Op, Where: d.Caller.Where, Service: d.Service, Method: d.Method, Path: d.Path, HTTPStatus: d.Status,
		Attempt: d.Attempt, All: d.All, Seconds: seconds(d.Wait)}
	if e.Service == "" {
		e.Service = "identity"
	}
	if d.Err != nil {
		e.Message = d.Err.Error()
	}
	l.write(e)
}

// transferEvery is how often a transfer is told of.
const transferEvery = 10 * time.Second

// transfer tells of an upload or download, as oslua.Options.Progress wants it.
func (l *eventLog) transfer(what string, total int64) (moved func(n int64), done func()) {
	var mu sync.Mutex
	var sum int64
	began := l.clock.Now()
	last := began
	tell := func(event string, now time.Time) {
		e := entry{Event: event, Message: what, Bytes: new(int64), Seconds: seconds(now.Sub(began))}
		if *e.Bytes = sum; total >= 0 {
			e.Total = &total
		}
		l.write(e)
	}
	tell("transfer", began)
	moved = func(n int64) {
		mu.Lock()
		defer mu.Unlock()
		sum += n
		if now := l.clock.Now(); now.Sub(last) >= transferEvery {
			last = now
			tell("transfer", now)
		}
	}
	return moved, sync.OnceFunc(func() {
		mu.Lock()
		defer mu.Unlock()
		tell("transferred", l.clock.Now())
	})
}

// errStream is the process's standard error: as it is, or, with a log, each line as an entry of it.
type errStream struct {
	w io.Writer

	mu   sync.Mutex
	log  *eventLog
	part []byte // of a line
}

func (s *errStream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log == nil {
		return s.w.Write(p)
	}
	s.part = append(s.part, p...)
	for {
		line, rest, ok := bytes.Cut(s.part, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		s.message(line)
		s.part = rest
	}
}

func (s *errStream) message(line []byte) {
	if text := strings.TrimRight(string(line), "\r "); text != "" {
		s.log.write(entry{Event: "message", Message: strings.TrimPrefix(text, "oslua: ")})
	}
}

// flush writes what does not end its line.
func (s *errStream) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log != nil {
		s.message(s.part)
		s.part = nil
	}
}

// Fd lets term look at the file behind. A log is for no terminal.
func (s *errStream) Fd() uintptr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.w.(interface{ Fd() uintptr }); ok && s.log == nil {
		return f.Fd()
	}
	return ^uintptr(0)
}

// to has all that is written become entries of a log.
func (s *errStream) to(l *eventLog) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = l
}

// openLog has standard error become a log.
func (a *app) openLog() {
	if a.log == nil {
		a.display.Silence()
		a.log = &eventLog{w: a.stderr.w, clock: clock.Real{}}
		a.stderr.to(a.log)
		a.style = term.Style{}
	}
}

// tell has a runtime's waits, transfers and delays shown, or logged.
func (a *app) tell(o *oslua.Options) error {
	switch a.logFormat {
	case logText:
	case logJSON:
		a.openLog()
	default:
		return usage("--log-format %s: want %s or %s", a.logFormat, logText, logJSON)
	}
	var watchers []watcher
	switch {
	case a.log != nil:
		if !a.quiet {
			o.Notice = func(line string) { a.log.write(entry{Event: "notice", Message: line}) }
			o.Progress, o.Delayed = a.log.transfer, a.log.delayed
			watchers = append(watchers, func(oslua.Call) (func(wait.Event), func(error)) { return a.log.waits(), func(error) {} })
		}
	case a.quiet:
		a.display.Silence()
	default:
		o.Notice = func(line string) { a.display.Say("oslua: " + line) }
		o.Progress, o.Delayed = a.display.Start, a.sayDelayed()
		if live := term.CanDraw(a.err, a.getenv); live || o.Trace == oslua.TraceOff {
			watchers = append(watchers, a.shown) // else the requests tell of it, line by line
		}
	}
	if a.entries != nil {
		watchers = append(watchers, a.halting)
		o.Notice = afterBanner(o.Notice)
	}
	o.Watch = watching(watchers)
	if term.IsTerminal(a.out) || a.entries != nil {
		o.Stdout = a.display.Wrap(a.out)
	}
	return nil
}

// watcher is told of a call that begins, and gives what wants to know of its waits and of its end.
type watcher func(oslua.Call) (waits func(wait.Event), over func(error))

// watching makes an Options.Watch of watchers.
func watching(watchers []watcher) func(context.Context, oslua.Call) (context.Context, func(error)) {
	if len(watchers) == 0 {
		return nil
	}
	return func(ctx context.Context, call oslua.Call) (context.Context, func(error)) {
		var waits []func(wait.Event)
		var overs []func(error)
		for _, w := range watchers {
			news, over := w(call)
			waits, overs = append(waits, news), append(overs, over)
		}
		tell := func(e wait.Event) {
			for _, f := range waits {
				f(e)
			}
		}
		return wait.WithProgress(ctx, tell), func(err error) {
			for _, f := range overs {
				f(err)
			}
		}
	}
}

// shown shows a call, and what it waits for.
func (a *app) shown(call oslua.Call) (waits func(wait.Event), over func(error)) {
	text := call.Module + "." + call.Func
	if name := nameIn(call.In); name != "" {
		text += fmt.Sprintf(" %q", name)
	}
	it := a.display.Add(text)
	return func(e wait.Event) {
		if e.Over && e.Err != nil || e.Status == "" {
			it.Set(text, "")
			return
		}
		it.Set(e.Resource, e.Status)
	}, func(error) { it.Done() }
}

// sayDelayed tells when a service asks everybody to wait, once for each time.
func (a *app) sayDelayed() func(oslua.Delay) {
	var mu sync.Mutex
	until := map[string]time.Time{}
	return func(d oslua.Delay) {
		now := clock.Real{}.Now()
		mu.Lock()
		defer mu.Unlock()
		if !d.All || d.Wait < 2*time.Second || now.Before(until[d.Service]) {
			return
		}
		until[d.Service] = now.Add(d.Wait)
		a.display.Say(fmt.Sprintf("oslua: the %s service asks to wait (HTTP %d): its requests go on in %d s", d.Service, d.Status, int(d.Wait.Seconds()+0.5)))
	}
}
