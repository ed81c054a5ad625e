package oslua_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
)

// seat is a terminal: each key is typed when the screen shows the text before it.
type seat struct {
	mu     sync.Mutex
	screen bytes.Buffer
	seen   int
	script []string // a text to wait for, what is typed then, and so on
	more   chan struct{}
}

func (s *seat) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return s.screen.Write(p)
}

func (s *seat) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.script) == 0 {
		return ""
	}
	i := strings.Index(s.screen.String()[s.seen:], s.script[0])
	if i < 0 {
		return ""
	}
	s.seen += i + len(s.script[0])
	keys := s.script[1]
	s.script = s.script[2:]
	return keys
}

func (s *seat) read(ctx context.Context, p []byte) (int, error) {
	for {
		if keys := s.next(); keys != "" {
			return copy(p, keys), nil
		}
		select {
		case <-s.more:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

const guestScript = `
	security_groups.default():allow { protocol = "tcp", port = 22 }
	local server = servers.create { name = "web", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
	server:add_floating_ip(floating_ips.create { network = "public" })
	local session = server:ssh { user = "cirros", password = "gocubsgo" }
	`

// TestShellOnAServer sits at a server of the built-in cloud: lines are edited there, Ctrl-C ends what runs there, and the
// exit code comes back.
func TestShellOnAServer(t *testing.T) {
	s := &seat{more: make(chan struct{}, 1), script: []string{
		"$ ", "whoami\r", "cirros\r\n$ ", "stty size\r", "40 100\r\n$ ", "sleep 1000\r", "sleep 1000\r\n", "\x03",
		"^C\r\n$ ", "not this\x03", "$ ", "echo $HOME > f && cat f; tty\r", "/dev/pts/0\r\n$ ", "exit 5\r",
	}}
	lent, back := 0, 0
	got := printed(t, oslua.Options{Terminal: func(context.Context) (oslua.Terminal, func(), error) {
		lent++
		return oslua.Terminal{Read: s.read, Out: s, Type: "xterm", Size: func() (int, int) { return 100, 40 }}, func() { back++ }, nil
	}}, guestScript+`print(session:shell()) print(session:run("echo on").stdout)`)
	if got != "5\non\n\n" || lent != 1 || back != 1 || len(s.script) > 0 {
		t.Errorf("got %q, lent %d, given back %d, not typed %q, screen:\n%s", got, lent, back, s.script, s.screen.String())
	}
}

func TestShellWithoutATerminal(t *testing.T) {
	got := printed(t, oslua.Options{}, guestScript+`local _, e = try(session.shell, session) print(e.code, e.message, e.hint)`)
	if !strings.Contains(got, "unavailable\tthere is no terminal to type at\tsession:run(command)") {
		t.Errorf("got %s", got)
	}
	got = printed(t, oslua.Options{Terminal: func(context.Context) (oslua.Terminal, func(), error) {
		return oslua.Terminal{}, nil, errors.New("it is gone")
	}}, guestScript+`print(select(2, try(session.shell, session)))`)
	if !strings.Contains(got, string(errs.Unavailable)) && !strings.Contains(got, "it is gone") {
		t.Errorf("got %s", got)
	}
}
