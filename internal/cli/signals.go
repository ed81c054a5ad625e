package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// signals turns Ctrl-C, SIGTERM and SIGHUP into what they mean at the moment: in a script the first cancels the run, so that
// clean-ups happen, and the second ends the process; in the shell Ctrl-C ends the entry that runs.
type signals struct {
	cancel context.CancelCauseFunc
	stderr io.Writer
	exit   func(int)

	mu    sync.Mutex
	entry context.CancelFunc // set in the shell; Ctrl-C calls it
	first *stopped
}

// watch begins to listen. The function it returns stops that.
func (s *signals) watch() (stop func()) {
	ch := make(chan os.Signal, 2)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		// What the parent told us to ignore, as nohup does, stays ignored.
		if !signal.Ignored(sig) {
			signal.Notify(ch, sig)
		}
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case sig := <-ch:
				s.handle(sig)
			}
		}
	}()
	return func() {
		signal.Stop(ch)
		close(done)
	}
}

func (s *signals) handle(sig os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.entry != nil && sig == os.Interrupt:
		s.entry()
	case s.first != nil:
		s.exit(s.first.code)
	default:
		s.first = &stopped{signal: sig, code: exitInterrupted}
		word := "interrupted"
		switch sig {
		case syscall.SIGTERM:
			s.first.code, word = exitTerminated, "terminated"
		case syscall.SIGHUP:
			s.first.code, word = exitHungUp, "the terminal is gone"
		}
		fmt.Fprintf(s.stderr, "oslua: %s, cleaning up (once more to stop at once)\n", word)
		s.cancel(s.first)
	}
}

// shell gives Ctrl-C to the shell, until the function it returns is called.
func (s *signals) shell() (leave func()) {
	s.set(func() {})
	return func() { s.set(nil) }
}

// entryContext gives a context that Ctrl-C ends, for one entry of the shell.
func (s *signals) entryContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	s.set(cancel)
	return ctx, func() {
		s.set(func() {})
		cancel()
	}
}

func (s *signals) set(entry context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entry = entry
}
