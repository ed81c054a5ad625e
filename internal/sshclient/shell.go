package sshclient

import (
	"context"
	"errors"
	"io"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/engine/errs"
)

// Terminal is where somebody sits: it shows what the server's shell writes and gives it the keys.
type Terminal struct {
	Read    func(ctx context.Context, p []byte) (int, error) // keys as they are pressed, until the context ends
	Out     io.Writer
	Type    string                     // as TERM says it: "xterm-256color"
	Size    func() (columns, rows int) // as it is now
	Resized <-chan struct{}            // told when the size may have changed; nil for never
}

// Shell gives the terminal to the user's shell on the server until that ends, and gives its exit code. Ctrl-C and all
// other keys go there. What a server that does not answer any more leaves is "~." at the beginning of a line: it ends the
// session on this side.
func (s *Session) Shell(ctx context.Context, op string, t Terminal) (int, error) {
	shell, err := s.client.NewSession()
	if err != nil {
		return 0, s.brokeOff(ctx, op, err)
	}
	defer shell.Close()
	keys, err := shell.StdinPipe()
	if err != nil {
		return 0, s.brokeOff(ctx, op, err)
	}
	screen := &screen{out: t.Out}
	defer screen.finish()
	shell.Stdout, shell.Stderr = screen, screen
	columns, rows := t.Size()
	modes := ssh.TerminalModes{ssh.ECHO: 1, ssh.TTY_OP_ISPEED: 38400, ssh.TTY_OP_OSPEED: 38400}
	if err := shell.RequestPty(t.Type, rows, columns, modes); err != nil {
		e := errs.New(errs.Unavailable, "%s gives no terminal", s.opts.addr()).WithHint("session:run(command) runs a command without one")
		e.Op, e.Cause = op, err
		return 0, e
	}
	if err := shell.Shell(); err != nil {
		return 0, s.brokeOff(ctx, op, err)
	}

	// Two goroutines carry keys and sizes; both are gone before this returns, so that the next key is somebody else's.
	inner, end := context.WithCancel(ctx)
	var carriers sync.WaitGroup
	defer carriers.Wait()
	defer end()
	left := false
	carriers.Go(func() {
		left = carry(inner, t, keys)
		if left {
			shell.Close()
		}
	})
	carriers.Go(func() {
		for {
			select {
			case <-inner.Done():
				return
			case <-t.Resized:
				if c, r := t.Size(); c != columns || r != rows {
					columns, rows = c, r
					_ = shell.WindowChange(rows, columns) // one that ended has no window
				}
			}
		}
	})
	stop := context.AfterFunc(ctx, func() { shell.Close() })
	defer stop()
	err = shell.Wait()
	end()
	carriers.Wait()
	switch code, exited := exitOf(err); {
	case exited:
		return code, nil
	case left:
		return codeLeft, nil
	default:
		return 0, s.brokeOff(ctx, op, err)
	}
}

// screen knows whether the cursor is at the beginning of a line, which whoever writes next expects.
type screen struct {
	out     io.Writer
	mu      sync.Mutex // the shell's two outputs come on goroutines of their own
	midLine bool
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(p) > 0 {
		s.midLine = p[len(p)-1] != '\n'
	}
	return s.out.Write(p)
}

func (s *screen) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.midLine {
		_, _ = io.WriteString(s.out, "\r\n") // the terminal is gone then
	}
}

// codeLeft is the code of a session that was left with "~.", as the ssh command gives it.
const codeLeft = 255

// carry brings keys to the shell until there are no more. It reports that "~." ended it.
func carry(ctx context.Context, t Terminal, keys io.WriteCloser) (left bool) {
	buf := make([]byte, 1024)
	begin, tilde := true, false // the key before began a line; it was a tilde there
	for {
		n, err := t.Read(ctx, buf)
		send := make([]byte, 0, n+1)
		for _, b := range buf[:n] {
			if begin && b == '~' {
				begin, tilde = false, true
				continue
			}
			if tilde {
				if b == '.' {
					return true
				}
				if b != '~' { // "~~" types one
					send = append(send, '~')
				}
				tilde = false
			}
			begin = b == '\r' || b == '\n' || b == 0x03 || b == 0x04
			send = append(send, b)
		}
		if len(send) > 0 {
			if _, err := keys.Write(send); err != nil {
				return false
			}
		}
		if err != nil {
			if ctx.Err() == nil {
				keys.Close()
			}
			return false
		}
	}
}

// exitOf gives the code a command or shell ended with, where it ended by itself: 128 and the signal's number when it was
// killed.
func exitOf(err error) (code int, exited bool) {
	var exit *ssh.ExitError
	switch {
	case err == nil:
		return 0, true
	case !errors.As(err, &exit):
		return 0, false
	}
	if n := signals[exit.Signal()]; n > 0 {
		return 128 + n, true
	}
	return exit.ExitStatus(), true
}

// brokeOff is the error of a session that did not end by itself.
func (s *Session) brokeOff(ctx context.Context, op string, err error) error {
	code := errs.Unavailable
	if ctx.Err() != nil {
		code, err = errs.Cancelled, ctx.Err()
		if errors.Is(err, context.DeadlineExceeded) {
			code = errs.Timeout
		}
	}
	e := errs.New(code, "the session with %s broke off: %s", s.opts.addr(), err)
	e.Op, e.Cause = op, err
	e.Hint = "log in again: a server that restarts ends its sessions"
	return e
}
