package repl

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/oslua/oslua/internal/term"
)

// Clock is where the shell gets its time.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

const (
	statusAfter = 700 * time.Millisecond // shorter waits are not worth a word
	statusEvery = 120 * time.Millisecond
)

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

// Status says on the terminal's last line what a running entry waits for. Calls and Waits tell it, from any goroutine;
// whatever else writes to the terminal goes through Wrap, so that the two do not mix.
type Status struct {
	out   io.Writer
	clock Clock
	width func() int
	live  bool // the terminal can draw over a line; otherwise each new state is a line

	mu     sync.Mutex
	calls  []*call
	shown  bool
	fresh  bool // the cursor is at a line's beginning
	said   string
	frame  int
	began  time.Time // of the entry
	paused int
	halted []string
}

// call is one call of a module under way.
type call struct {
	op       string
	name     string // of what it makes
	makes    bool   // it makes or changes something
	began    time.Time
	resource string // as a wait knows it
	state    string
}

// NewStatus says what there is to say on out. live tells whether a line can be drawn over.
func NewStatus(out io.Writer, clock Clock, width func() int, live bool) *Status {
	return &Status{out: out, clock: clock, width: width, live: live, fresh: true}
}

// Call notes that a call begins. The function it gives is called at its end, with its error and whether it was stopped.
func (s *Status) Call(op, name string, makes bool) (progress func(resource, state string), end func(stopped bool)) {
	c := &call{op: op, name: name, makes: makes, began: s.clock.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	progress = func(resource, state string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.resource, c.state = resource, state
		if line := resource + " is " + state; !s.live && line != s.said {
			s.said = line
			fmt.Fprintln(s.out, "... "+line)
		}
	}
	end = func(stopped bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, other := range s.calls {
			if other == c {
				s.calls = append(s.calls[:i], s.calls[i+1:]...)
				break
			}
		}
		if stopped && c.makes {
			s.halted = append(s.halted, c.half())
		}
	}
	return progress, end
}

// half says what a call left that was stopped in the middle.
func (c *call) half() string {
	switch {
	case c.resource != "" && c.state != "":
		return fmt.Sprintf("%s was stopped: %s is there and was %s", c.op, c.resource, c.state)
	case c.name != "":
		return fmt.Sprintf("%s was stopped: %q may have been made, or changed, or not; look before you try again", c.op, c.name)
	}
	return c.op + " was stopped: it may have taken effect or not; look before you try again"
}

// Halted gives what was stopped in the middle since it was asked last.
func (s *Status) Halted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.halted
	s.halted = nil
	return out
}

// Watch draws until the function it gives is called, which clears the line.
func (s *Status) Watch(ctx context.Context) (stop func()) {
	if !s.live {
		return func() {}
	}
	s.mu.Lock()
	s.began = s.clock.Now()
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for s.clock.Sleep(ctx, statusEvery) == nil {
			s.draw()
		}
	})
	return func() {
		cancel()
		wg.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.clear()
	}
}

func (s *Status) draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fresh || s.paused > 0 {
		return
	}
	c := &call{op: "running", began: s.began}
	if len(s.calls) > 0 {
		c = s.calls[0]
	}
	took := s.clock.Now().Sub(c.began)
	if took < statusAfter {
		return
	}
	s.frame++
	text := fmt.Sprintf("%c %s", spinner[s.frame%len(spinner)], c.op)
	if c.resource != "" {
		text += ": " + c.resource + " is " + c.state
	} else if c.name != "" {
		text += fmt.Sprintf(" %q", c.name)
	}
	text += fmt.Sprintf(", %d s", int(took.Seconds()))
	if n := len(s.calls) - 1; n > 0 {
		text += fmt.Sprintf(", and %d more", n)
	}
	text += " (Ctrl-C stops)"
	fmt.Fprint(s.out, "\r\x1b[K"+term.Cut(text, s.width()-1))
	s.shown = true
}

func (s *Status) clear() {
	if s.shown {
		io.WriteString(s.out, "\r\x1b[K") //nolint:errcheck // the terminal is gone then
		s.shown = false
	}
}

// Pause draws nothing until the function it gives is called: somebody else has the terminal.
func (s *Status) Pause() (resume func()) {
	add := func(n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.clear()
		s.paused += n
	}
	add(1)
	return func() { add(-1) }
}

// Fresh reports whether the cursor is at the beginning of a line.
func (s *Status) Fresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fresh
}

// NewLine notes that the cursor went to the beginning of a line in another way: by the Enter key.
func (s *Status) NewLine() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh = true
}

// Wrap gives a writer to the same terminal.
func (s *Status) Wrap(w io.Writer) io.Writer { return &wrapped{s, w} }

type wrapped struct {
	s *Status
	w io.Writer
}

// Fd lets term look at the terminal behind.
func (w *wrapped) Fd() uintptr {
	if f, ok := w.w.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

func (w *wrapped) Write(p []byte) (int, error) {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.clear()
	n, err := w.w.Write(p)
	if n > 0 {
		w.s.fresh = p[n-1] == '\n'
	}
	return n, err
}
