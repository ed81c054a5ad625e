package guest

import (
	"bytes"
	"context"
	"io"
	"sync"

	"golang.org/x/term"
)

// tty is the terminal of a login: it edits lines, and Ctrl-C does what it does on any other.
type tty struct {
	lines   *term.Terminal
	channel io.ReadWriter

	mu            sync.Mutex
	came          *sync.Cond // something was typed, or nothing more will be
	typed         []byte     // not yet read as lines
	over          error
	columns, rows int
	interrupt     context.CancelFunc // ends the command that runs, nil when none does
	interrupted   bool
}

const (
	ctrlC    = 0x03
	ctrlU    = 0x15 // forgets the line
	maxTyped = 64 << 10
)

// forget is what Ctrl-C is for the line editor.
const forget = "\x15\r"

// newTTY makes the terminal at the other end of a channel. It reads the channel until that ends.
func newTTY(channel io.ReadWriter, columns, rows int) *tty {
	t := &tty{channel: channel}
	t.came = sync.NewCond(&t.mu)
	t.lines = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{t, channel}, "")
	t.resize(columns, rows)
	// Keys are read while a command runs too: one of them may be Ctrl-C.
	go t.listen()
	return t
}

func (t *tty) listen() {
	buf := make([]byte, 1024)
	for {
		n, err := t.channel.Read(buf)
		t.mu.Lock()
		t.take(buf[:n])
		t.over = err
		t.came.Broadcast()
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// take keeps what was typed for the next line. Ctrl-C ends the command that runs, or forgets the line.
func (t *tty) take(p []byte) {
	for {
		before, after, found := bytes.Cut(p, []byte{ctrlC})
		if len(t.typed) < maxTyped {
			t.typed = append(t.typed, before...)
		}
		switch {
		case !found:
			return
		case t.interrupt != nil:
			t.interrupt()
			t.interrupted, t.typed = true, nil
		default:
			t.typed = append(t.typed, forget...)
		}
		p = after
	}
}

// Read gives the line editor what was typed.
func (t *tty) Read(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.typed) == 0 && t.over == nil {
		t.came.Wait()
	}
	n := copy(p, t.typed)
	t.typed = t.typed[n:]
	if n == 0 {
		return 0, t.over
	}
	return n, nil
}

// running notes that a command runs. done reports whether Ctrl-C ended it: also one that came between the line and this.
func (t *tty) running(ctx context.Context) (_ context.Context, done func() (interrupted bool)) {
	ctx, cancel := context.WithCancel(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.interrupt, t.interrupted = cancel, bytes.Contains(t.typed, []byte(forget))
	if t.interrupted {
		cancel()
		t.typed = nil
	}
	return ctx, func() bool {
		cancel()
		t.mu.Lock()
		defer t.mu.Unlock()
		t.interrupt = nil
		return t.interrupted
	}
}

func (t *tty) resize(columns, rows int) {
	if columns <= 0 || rows <= 0 {
		columns, rows = 80, 24
	}
	t.mu.Lock()
	t.columns, t.rows = columns, rows
	t.mu.Unlock()
	_ = t.lines.SetSize(columns, rows) // it says only that nobody listens
}

func (t *tty) size() (columns, rows int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.columns, t.rows
}
