package repl

import (
	"fmt"
	"sync"

	"github.com/oslua/oslua/internal/term"
)

// Status is what there is to say of an entry that runs: its Display shows what it waits for, and when the entry is over
// the shell tells what was stopped half-way.
type Status struct {
	display *term.Display

	mu     sync.Mutex
	halted []string
}

// NewStatus has a display, which all that is written to the terminal goes through, show what entries wait for.
func NewStatus(d *term.Display) *Status { return &Status{display: d} }

// Call notes that a call begins that makes or changes something. The functions it gives are called when there is news of
// what it waits for, and at its end with whether it was stopped; on any goroutine.
func (s *Status) Call(op, name string) (progress func(resource, state string), end func(stopped bool)) {
	half := op + " was stopped: it may have taken effect or not; look before you try again"
	if name != "" {
		half = fmt.Sprintf("%s was stopped: %q may have been made, or changed, or not; look before you try again", op, name)
	}
	progress = func(resource, state string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if resource != "" && state != "" {
			half = fmt.Sprintf("%s was stopped: %s is there and was %s", op, resource, state)
		}
	}
	return progress, func(stopped bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if stopped {
			s.halted = append(s.halted, half)
		}
	}
}

// Halted gives what was stopped in the middle since it was asked last.
func (s *Status) Halted() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.halted
	s.halted = nil
	return out
}
