// Package sshclient logs in to servers: commands, files up and down, over one SSH connection. Files go through the
// shell's own cat, so that the smallest guest will do.
package sshclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/wait"
)

// Dial reaches an address; net.Dialer's DialContext when nil.
type Dial func(ctx context.Context, network, addr string) (net.Conn, error)

// Options say where to log in, and as whom.
type Options struct {
	Op       string        // for errors: "servers.ssh"
	Address  string        // host or IP address
	Port     int           // 22 when zero
	Host     string        // who is meant to be there, for the host key: a server's ID; the address when empty
	User     string        // whom to log in as
	Password string        // tried after the key
	Key      []byte        // private key, PEM
	Timeout  time.Duration // for reaching it and logging in together; 30 s when zero
	Dial     Dial
	Hosts    *Hosts // the host keys seen so far; none are remembered when nil
	Clock    clock.Clock
}

// Hosts remembers the key each host showed first. A host that shows another one later is refused: it is another machine.
// It is safe on many goroutines.
type Hosts struct {
	mu   sync.Mutex
	keys map[string]string
}

func (h *Hosts) check(host string, key ssh.PublicKey) error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	text := string(key.Marshal())
	if known, ok := h.keys[host]; ok && known != text {
		return errHostKey
	}
	if h.keys == nil {
		h.keys = map[string]string{}
	}
	h.keys[host] = text
	return nil
}

var errHostKey = errors.New("the host key is not the one seen before")

func (o *Options) fill() {
	if o.Port == 0 {
		o.Port = 22
	}
	if o.Host == "" {
		o.Host = o.Address
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Clock == nil {
		o.Clock = clock.Real{}
	}
}

func (o *Options) addr() string { return net.JoinHostPort(o.Address, strconv.Itoa(o.Port)) }

// Session is one login. It is safe on many goroutines; Close ends it.
type Session struct {
	opts   Options
	client *ssh.Client
}

// Connect logs in. A server that was just made takes a while until it answers, so it is tried until the timeout; a
// refused login is not tried again.
func Connect(ctx context.Context, o Options) (*Session, error) {
	o.fill()
	cfg, err := o.config()
	if err != nil {
		return nil, err
	}
	var s *Session
	err = o.until(ctx, func(ctx context.Context) error {
		c, err := o.handshake(ctx, cfg)
		if err == nil {
			s = &Session{opts: o, client: c}
		}
		return err
	})
	return s, err
}

// Wait waits until an SSH server answers with its banner, without logging in.
func Wait(ctx context.Context, o Options) error {
	o.fill()
	return o.until(ctx, func(ctx context.Context) error {
		conn, err := o.Dial(ctx, "tcp", o.addr())
		if err != nil {
			return err
		}
		defer conn.Close()
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		// Other lines may come before the version.
		var text []byte
		buf := make([]byte, 256)
		for len(text) < 4096 {
			n, err := conn.Read(buf)
			text = append(text, buf[:n]...)
			if bytes.HasPrefix(text, []byte("SSH-")) || bytes.Contains(text, []byte("\nSSH-")) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return errNoSSH
	})
}

var errNoSSH = errors.New("what answers there is no SSH server")

// until tries until it works, until the error is not one of reaching the server, or until the time is over.
func (o *Options) until(ctx context.Context, try func(context.Context) error) error {
	var last error
	deadline := o.Clock.Now().Add(o.Timeout)
	_, err := wait.For(ctx, o.Clock, wait.Spec{
		Op: o.Op, Resource: o.resource(), Type: "ssh", Target: []string{"answering"}, Timeout: o.Timeout,
		Look: func(ctx context.Context) (wait.State, error) {
			attempt, cancel := context.WithTimeout(ctx, min(max(deadline.Sub(o.Clock.Now()), time.Millisecond), 10*time.Second))
			defer cancel()
			if last = try(attempt); last == nil {
				return wait.State{Status: "answering"}, nil
			}
			if final := o.final(last); final != nil && ctx.Err() == nil {
				return wait.State{}, final
			}
			return wait.State{Status: "silent"}, nil
		},
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return o.stopped(ctx.Err())
	case errs.CodeOf(err) == errs.Timeout:
		return o.unreached(last)
	}
	return err
}

// final gives the error of a failure that trying again does not cure, nil for one it may.
func (o *Options) final(err error) error {
	text := err.Error()
	switch {
	case errors.Is(err, errHostKey):
		return o.fault(errs.Forbidden, err, "the host key of %s is not the one it showed before in this run", o.addr()).
			WithHint("another machine answers at this address: look which server has it, with ports.list{ ip_address = ... }")
	case strings.Contains(text, "unable to authenticate"):
		e := o.fault(errs.Unauthorized, err, "%s refuses the login of %q", o.addr(), o.User)
		switch {
		case o.Password != "" && o.Key == nil && !strings.Contains(text, "password") && !strings.Contains(text, "keyboard"):
			e.Hint = "it takes no passwords: log in with a key, or let cloud-init set ssh_pwauth = true"
		case o.Password != "":
			e.Hint = "look at the user and the password: images have a user of their own (cirros, ubuntu, debian), and cloud-init may still be setting the password"
		default:
			e.Hint = "the key belongs to another keypair than the server was made with, or to another user: images have one of their own (cirros, ubuntu, debian)"
		}
		return e
	case strings.Contains(text, "no such host"):
		return o.fault(errs.NotFound, err, "no machine is called %q", o.Address)
	}
	return nil
}

// unreached says why the server was not reached in time.
func (o *Options) unreached(err error) error {
	e := o.fault(errs.Timeout, err, "%s did not answer within %s", o.addr(), o.Timeout)
	var timeout net.Error
	switch {
	case errors.Is(err, errNoSSH):
		e.Message = "what answers at " + o.addr() + " is no SSH server"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message = o.addr() + " refuses the connection"
		e.Hint = "the machine is there but no SSH server listens, or not yet: look at server:console_log(), or wait longer with timeout"
	case errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH):
		e.Message = "there is no way to " + o.addr()
		e.Hint = "use a floating IP: addresses inside a project's network are not reached from outside"
	case errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded):
		e.Hint = "no security group rule lets tcp/22 in (the default group has none), or the address is not reached from here (use a floating IP), or the server still starts"
	default:
		e.Message += ": " + err.Error()
	}
	return e
}

func (o *Options) stopped(err error) error {
	code := errs.Cancelled
	if errors.Is(err, context.DeadlineExceeded) {
		code = errs.Timeout
	}
	return o.fault(code, err, "stopped connecting to %s", o.addr())
}

func (o *Options) fault(code errs.Code, cause error, format string, args ...any) *errs.Error {
	e := errs.New(code, format, args...)
	e.Op, e.Resource, e.Cause = o.Op, o.resource(), cause
	return e
}

// resource is what messages call the connection.
func (o *Options) resource() string {
	if o.User == "" { // only whether anything answers was asked
		return "ssh " + o.addr()
	}
	return "ssh " + o.User + "@" + o.addr()
}

// config makes what x/crypto/ssh wants of the options.
func (o *Options) config() (*ssh.ClientConfig, error) {
	cfg := &ssh.ClientConfig{
		User: o.User,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			return o.Hosts.check(o.Host, key)
		},
	}
	if len(o.Key) > 0 {
		signer, err := ssh.ParsePrivateKey(o.Key)
		if err != nil {
			message, hint := "the private key cannot be read", "want the text of a private key in PEM form, as keypairs.create gives it"
			var locked *ssh.PassphraseMissingError
			if errors.As(err, &locked) {
				message, hint = "the private key is locked by a passphrase", "use a key without one, or a password"
			} else if strings.HasPrefix(string(o.Key), "ssh-") {
				message = "this is a public key"
			}
			e := errs.New(errs.BadArgument, "%s", message).WithHint("%s", hint)
			e.Op = o.Op + ".key"
			return nil, e
		}
		cfg.Auth = append(cfg.Auth, ssh.PublicKeys(signer))
	}
	if o.Password != "" {
		cfg.Auth = append(cfg.Auth, ssh.Password(o.Password),
			ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
				answers := make([]string, len(questions))
				for i := range answers {
					answers[i] = o.Password
				}
				return answers, nil
			}))
	}
	if len(cfg.Auth) == 0 {
		e := errs.New(errs.BadArgument, "nothing to log in with").WithHint("give password, key or key_file")
		e.Op = o.Op
		return nil, e
	}
	return cfg, nil
}

func (o *Options) handshake(ctx context.Context, cfg *ssh.ClientConfig) (*ssh.Client, error) {
	conn, err := o.Dial(ctx, "tcp", o.addr())
	if err != nil {
		return nil, err
	}
	// The handshake does not look at the context, but it ends with its connection.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	c, channels, requests, err := ssh.NewClientConn(conn, o.addr(), cfg)
	if !stop() {
		if c != nil {
			c.Close()
		}
		return nil, context.DeadlineExceeded
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}

// Close ends the session and everything that runs in it.
func (s *Session) Close() error { return s.client.Close() }

// Result is what a command did.
type Result struct {
	Stdout, Stderr string
	Code           int // 128 and the signal's number when it was killed, as shells count
}

// maxOutput caps what is kept of each of a command's outputs.
const maxOutput = 64 << 20

// Run runs a command in the user's shell. An exit code other than 0 is a result, not an error.
func (s *Session) Run(ctx context.Context, op, command string, stdin io.Reader) (Result, error) {
	var stdout, stderr capped
	code, err := s.run(ctx, op, command, stdin, &stdout, &stderr)
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: code}, err
}

func (s *Session) run(ctx context.Context, op, command string, stdin io.Reader, stdout, stderr io.Writer) (int, error) {
	run, err := s.client.NewSession()
	if err != nil {
		return 0, s.brokeOff(ctx, op, err)
	}
	defer run.Close()
	stop := context.AfterFunc(ctx, func() {
		_ = run.Signal(ssh.SIGKILL)
		run.Close()
	})
	defer stop()
	run.Stdin, run.Stdout, run.Stderr = stdin, stdout, stderr
	err = run.Run(command)
	if ctx.Err() != nil {
		return 0, s.brokeOff(ctx, op, ctx.Err())
	}
	code, exited := exitOf(err)
	if !exited {
		return 0, s.brokeOff(ctx, op, err)
	}
	return code, nil
}

var signals = map[string]int{"HUP": 1, "INT": 2, "QUIT": 3, "ABRT": 6, "FPE": 8, "KILL": 9, "SEGV": 11, "PIPE": 13, "ALRM": 14, "TERM": 15}

// capped keeps the first part of an output.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if room := maxOutput - c.Len(); room < len(p) {
		c.Buffer.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return c.Buffer.Write(p)
}

// Upload copies to a file of the server, through another that takes its name when it is whole.
func (s *Session) Upload(ctx context.Context, op string, from io.Reader, to string, mode os.FileMode) error {
	part := quote(to + ".part")
	command := fmt.Sprintf("umask 077 && cat > %s && chmod %o %s && mv %s %s", part, mode.Perm(), part, part, quote(to))
	return s.files(ctx, op, to, command, from, io.Discard)
}

// Download copies a file of the server.
func (s *Session) Download(ctx context.Context, op, from string, to io.Writer) error {
	return s.files(ctx, op, from, "cat "+quote(from), nil, to)
}

func (s *Session) files(ctx context.Context, op, file, command string, stdin io.Reader, stdout io.Writer) error {
	var stderr capped
	code, err := s.run(ctx, op, command, stdin, stdout, &stderr)
	if err != nil || code == 0 {
		return err
	}
	says := strings.TrimSpace(stderr.String())
	kind := errs.Runtime
	switch {
	case strings.Contains(says, "No such file"), strings.Contains(says, "nonexistent"):
		kind = errs.NotFound
	case strings.Contains(says, "ermission denied"):
		kind = errs.Forbidden
	}
	e := errs.New(kind, "%s: %s", path.Base(file), says)
	if says == "" {
		e.Message = fmt.Sprintf("%s: the server's shell gave the code %d", path.Base(file), code)
	}
	e.Op = op
	return e
}

// quote makes one word for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
