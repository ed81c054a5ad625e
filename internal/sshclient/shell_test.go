package sshclient

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/oslua/oslua/engine/errs"
)

// desk is a terminal at which nobody sits: keys come from a channel.
type desk struct {
	keys chan string

	mu      sync.Mutex
	screen  bytes.Buffer
	columns int
	shown   chan struct{}
}

func newDesk() *desk {
	return &desk{keys: make(chan string, 10), columns: 80, shown: make(chan struct{}, 1000)}
}

func (d *desk) terminal(resized <-chan struct{}) Terminal {
	return Terminal{
		Read: func(ctx context.Context, p []byte) (int, error) {
			select {
			case k, ok := <-d.keys:
				if !ok {
					return 0, io.EOF
				}
				return copy(p, k), nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		},
		Out: d, Type: "xterm", Resized: resized,
		Size: func() (int, int) { d.mu.Lock(); defer d.mu.Unlock(); return d.columns, 24 },
	}
}

func (d *desk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown <- struct{}{}
	return d.screen.Write(p)
}

func (d *desk) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.screen.String()
}

// waitFor waits until the screen shows a text.
func (d *desk) waitFor(t *testing.T, text string) {
	t.Helper()
	for !strings.Contains(d.text(), text) {
		select {
		case <-d.shown:
		case <-t.Context().Done():
			t.Fatalf("%q was never shown: %s", text, d.text())
		}
	}
}

// TestShell: keys go to the server as they are, the screen shows what it writes, and its end is the session's.
func TestShell(t *testing.T) {
	s := connect(t, newGuest(t, nil).options())
	for keys, want := range map[string]struct {
		code   int
		screen string
	}{
		"a\x03\r7":      {7, `<80x24>["a"]["\x03"]["\r"]["7"]` + "\r\n"},
		"k":             {143, `<80x24>["k"]` + "\r\n"},
		"a~.3":          {3, `<80x24>["a"]["~"]["."]["3"]` + "\r\n"}, // not at the beginning of a line
		"~a0":           {0, `<80x24>["~"]["a"]["0"]` + "\r\n"},
		"~~.\r0":        {0, `<80x24>["~"]["."]["\r"]["0"]` + "\r\n"},
		"\r~.0":         {255, ""},
		"\x1b[A서울\x1b5": {5, ""},
	} {
		d := newDesk()
		d.keys <- keys
		code, err := s.Shell(t.Context(), "ssh.shell", d.terminal(nil))
		if err != nil || code != want.code || want.screen != "" && d.text() != want.screen {
			t.Errorf("%q: got %d, %v, screen %q", keys, code, err, d.text())
		}
		d.keys <- "x" // nobody may take it any more
		if len(d.keys) != 1 {
			t.Errorf("%q: a key after the end was taken", keys)
		}
	}
}

func TestShellIsResized(t *testing.T) {
	s := connect(t, newGuest(t, nil).options())
	d, resized := newDesk(), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := s.Shell(t.Context(), "ssh.shell", d.terminal(resized))
		done <- err
	}()
	resized <- struct{}{} // the same size: nothing is said
	d.mu.Lock()
	d.columns = 132
	d.mu.Unlock()
	resized <- struct{}{}
	d.waitFor(t, "<132x24>")
	d.keys <- "0"
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := d.text(); strings.Count(got, "<") != 2 {
		t.Errorf("sizes: %s", got)
	}
}

// TestShellBreaksOff: a server that goes away is an error, and so is a run that is stopped.
func TestShellBreaksOff(t *testing.T) {
	s := connect(t, newGuest(t, nil).options())
	d := newDesk()
	d.keys <- "d"
	if _, err := s.Shell(t.Context(), "ssh.shell", d.terminal(nil)); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d = newDesk()
	d.keys <- "a"
	go func() {
		d.waitFor(t, "a")
		cancel()
	}()
	if _, err := s.Shell(ctx, "ssh.shell", d.terminal(nil)); errs.CodeOf(err) != errs.Cancelled {
		t.Errorf("got %v", err)
	}
	// The keyboard's end is the shell's: it decides what that means.
	d = newDesk()
	close(d.keys)
	if _, err := s.Shell(t.Context(), "ssh.shell", d.terminal(nil)); errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("got %v", err)
	}
}
