package sshclient

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guest is an SSH server on loopback whose commands run in the machine's own shell.
type guest struct {
	addr   string
	port   int
	config *ssh.ServerConfig
}

func newKey(t *testing.T) (ssh.Signer, []byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, pem.EncodeToMemory(block)
}

func newGuest(t *testing.T, user ssh.PublicKey) *guest {
	t.Helper()
	g := &guest{config: &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if c.User() == "cirros" && string(password) == "gocubsgo" {
				return nil, nil
			}
			return nil, errors.New("no")
		},
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if user != nil && string(key.Marshal()) == string(user.Marshal()) {
				return nil, nil
			}
			return nil, errors.New("no")
		},
	}}
	host, _ := newKey(t)
	g.config.AddHostKey(host)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.addr, g.port = "127.0.0.1", l.Addr().(*net.TCPAddr).Port
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			wg.Go(func() { g.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return g
}

func (g *guest) serve(conn net.Conn) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, g.config)
	if err != nil {
		return
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { ssh.DiscardRequests(requests) })
	for c := range channels {
		ch, reqs, err := c.Accept()
		if err != nil {
			return
		}
		wg.Go(func() { session(ch, reqs) })
	}
}

func session(ch ssh.Channel, reqs <-chan *ssh.Request) {
	defer ch.Close()
	for r := range reqs {
		if r.Type == "pty-req" {
			_ = r.Reply(true, nil)
			_, _ = ch.Write([]byte("<" + windowIn(r.Payload[4+binary.BigEndian.Uint32(r.Payload):]) + ">"))
			continue
		}
		if r.Type == "shell" {
			_ = r.Reply(true, nil)
			parrot(ch, reqs)
			return
		}
		if r.Type != "exec" {
			_ = r.Reply(false, nil)
			continue
		}
		var command struct{ Text string }
		_ = ssh.Unmarshal(r.Payload, &command)
		_ = r.Reply(true, nil)
		cmd := exec.Command("sh", "-c", command.Text)
		cmd.Stdout, cmd.Stderr = ch, ch.Stderr()
		in, err := cmd.StdinPipe()
		if err != nil || cmd.Start() != nil {
			return
		}
		copied := make(chan struct{})
		go func() {
			defer close(copied)
			_, _ = io.Copy(in, ch)
			in.Close()
		}()
		gone := make(chan struct{})
		go func() { // a signal, or the end of the channel, ends the command
			defer close(gone)
			for r := range reqs {
				if r.Type == "signal" {
					_ = cmd.Process.Kill()
				}
			}
			_ = cmd.Process.Kill()
		}()
		_ = cmd.Wait()
		status := struct{ Code uint32 }{uint32(max(cmd.ProcessState.ExitCode(), 0))}
		_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(&status))
		ch.Close()
		<-copied
		<-gone
		return
	}
}

func windowIn(payload []byte) string {
	return fmt.Sprintf("%dx%d", binary.BigEndian.Uint32(payload), binary.BigEndian.Uint32(payload[4:]))
}

// parrot is a shell that shows each key in brackets and each size it gets. A digit ends it, with that code; k has it
// killed, and d drops the connection's channel.
func parrot(ch ssh.Channel, reqs <-chan *ssh.Request) {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer ch.Close()
	wg.Go(func() {
		for r := range reqs {
			if r.Type == "window-change" {
				_, _ = ch.Write([]byte("<" + windowIn(r.Payload) + ">"))
			}
		}
	})
	buf := make([]byte, 1)
	for {
		if _, err := ch.Read(buf); err != nil {
			return
		}
		_, _ = fmt.Fprintf(ch, "[%q]", buf)
		switch b := buf[0]; {
		case b >= '0' && b <= '9':
			_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(&struct{ Code uint32 }{uint32(b - '0')}))
			return
		case b == 'k':
			_, _ = ch.SendRequest("exit-signal", false, ssh.Marshal(&struct {
				Signal     string
				Core       bool
				Error, Lng string
			}{Signal: "TERM"}))
			return
		case b == 'd':
			return
		}
	}
}

func (g *guest) options() Options {
	return Options{Op: "servers.ssh", Address: g.addr, Port: g.port, User: "cirros", Password: "gocubsgo", Timeout: 5 * time.Second}
}

func needShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there is no POSIX shell to run the commands in")
	}
}

func connect(t *testing.T, o Options) *Session {
	t.Helper()
	s, err := Connect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestRun(t *testing.T) {
	needShell(t)
	s := connect(t, newGuest(t, nil).options())
	for command, want := range map[string]Result{
		"echo hello":                      {Stdout: "hello\n"},
		"echo oops >&2; exit 3":           {Stderr: "oops\n", Code: 3},
		"printf '%s' \"it's\"":            {Stdout: "it's"},
		"cat; echo done":                  {Stdout: "inputdone\n"},
		"nosuchcommand 2>/dev/null":       {Code: 127},
		"printf 'a\\000b' | tr '\\000' x": {Stdout: "axb"},
	} {
		got, err := s.Run(t.Context(), "ssh.run", command, strings.NewReader("input"))
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v, want %+v", command, got, err, want)
		}
	}
}

func TestKey(t *testing.T) {
	needShell(t)
	signer, private := newKey(t)
	g := newGuest(t, signer.PublicKey())
	o := g.options()
	o.Password, o.Key = "", private
	if got, err := connect(t, o).Run(t.Context(), "ssh.run", "echo in", nil); err != nil || got.Stdout != "in\n" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFiles(t *testing.T) {
	needShell(t)
	s := connect(t, newGuest(t, nil).options())
	to := filepath.Join(t.TempDir(), "it's a file")
	data := strings.Repeat("0123456789abcdef", 20000)
	if err := s.Upload(t.Context(), "ssh.upload", strings.NewReader(data), to, 0o640); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(to)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Fatalf("%v, %v", info, err)
	}
	var back strings.Builder
	if err := s.Download(t.Context(), "ssh.download", to, &back); err != nil || back.String() != data {
		t.Errorf("%d bytes came back, %v", back.Len(), err)
	}
	err = s.Download(t.Context(), "ssh.download", to+"-none", &back)
	if errs.CodeOf(err) != errs.NotFound {
		t.Errorf("got %v", err)
	}
	if err = s.Upload(t.Context(), "ssh.upload", strings.NewReader("x"), filepath.Join(to, "below"), 0o600); err == nil {
		t.Error("a file below a file was written")
	}
}

func TestRefusals(t *testing.T) {
	_, other := newKey(t)
	g := newGuest(t, nil)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := taken.Addr().(*net.TCPAddr).Port
	taken.Close()
	for name, c := range map[string]struct {
		change     func(*Options)
		code       errs.Code
		says, hint string
	}{
		"wrong password": {func(o *Options) { o.Password = "wrong-password" }, errs.Unauthorized, `refuses the login of "cirros"`, "the password"},
		"wrong key":      {func(o *Options) { o.Password, o.Key = "", other }, errs.Unauthorized, "refuses the login", "another keypair"},
		"no key":         {func(o *Options) { o.Key = []byte("nothing") }, errs.BadArgument, "cannot be read", "PEM"},
		"public key":     {func(o *Options) { o.Key = []byte("ssh-ed25519 AAAA") }, errs.BadArgument, "public key", "PEM"},
		"nothing":        {func(o *Options) { o.Password = "" }, errs.BadArgument, "nothing to log in with", "password"},
		"nobody there":   {func(o *Options) { o.Port = closed }, errs.Timeout, "refuses the connection", "console_log"},
		"no answer": {func(o *Options) {
			o.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, context.DeadlineExceeded }
		}, errs.Timeout, "did not answer within 5s", "security group"},
	} {
		t.Run(name, func(t *testing.T) {
			o := g.options()
			o.Clock = clock.NewFake(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)).AutoAdvance()
			c.change(&o)
			_, err := Connect(t.Context(), o)
			var e *errs.Error
			if !errors.As(err, &e) || e.Code != c.code || !strings.Contains(e.Message, c.says) || !strings.Contains(e.Hint, c.hint) {
				t.Errorf("got %+v", e)
			}
			if strings.Contains(fmt.Sprintf("%+v", e), "wrong-password") {
				t.Errorf("the password is in the error: %+v", e)
			}
		})
	}
}

func TestHostKeyChanged(t *testing.T) {
	var hosts Hosts
	for i, want := range []errs.Code{"", errs.Forbidden} {
		o := newGuest(t, nil).options()
		o.Hosts, o.Host = &hosts, "server-id"
		s, err := Connect(t.Context(), o)
		if errs.CodeOf(err) != want {
			t.Errorf("%d: got %v", i, err)
		}
		if s != nil {
			s.Close()
		}
	}
}

// TestAnswersLater: a server that just started refuses connections for a while.
func TestAnswersLater(t *testing.T) {
	g := newGuest(t, nil)
	o := g.options()
	o.Timeout = time.Minute
	o.Clock = clock.NewFake(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)).AutoAdvance()
	tries := 0
	o.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if tries++; tries < 4 {
			return nil, errors.New("connection refused")
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	if err := Wait(t.Context(), o); err != nil || tries != 4 {
		t.Errorf("%v after %d tries", err, tries)
	}
	connect(t, o)
}

func TestCancel(t *testing.T) {
	needShell(t)
	s := connect(t, newGuest(t, nil).options())
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{})
	var once sync.Once
	out := writer(func(p []byte) (int, error) { once.Do(func() { close(started) }); return len(p), nil })
	go func() { <-started; cancel() }()
	if _, err := s.run(ctx, "ssh.run", "echo go; exec sleep 60", nil, out, io.Discard); errs.CodeOf(err) != errs.Cancelled {
		t.Errorf("got %v", err)
	}
	if got, err := s.Run(t.Context(), "ssh.run", "echo still here", nil); err != nil || got.Stdout != "still here\n" {
		t.Errorf("got %+v, %v", got, err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }
