package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/term"
)

func TestExitCode(t *testing.T) {
	live := t.Context()
	interrupted, cancel := context.WithCancelCause(t.Context())
	cancel(&stopped{signal: os.Interrupt, code: exitInterrupted})
	piped, cancel := context.WithCancelCause(t.Context())
	cancel(errClosedPipe)
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"nothing", live, nil, 0},
		{"os.exit", live, &engine.ExitError{Code: 9}, 9},
		{"usage", live, usage("no"), 2},
		{"script", live, errs.New(errs.NotFound, "no"), 1},
		{"syntax", live, errs.New(errs.Syntax, "no"), 1},
		{"check", live, errs.New("check_failed", "no"), 3},
		{"password", live, errs.New(errs.Unauthorized, "no"), 4},
		{"configuration", live, errs.New(errs.Config, "no"), 4},
		{"timeout", live, errs.New(errs.Timeout, "no"), 124},
		{"cancelled", live, errs.New(errs.Cancelled, "no"), 130},
		{"another", live, io.ErrUnexpectedEOF, 1},
		{"Ctrl-C", interrupted, errs.New(errs.Cancelled, "no"), 130},
		{"Ctrl-C of a server", interrupted, errors.Join(errServed, nil), 0},
		{"closed pipe", piped, errs.New(errs.Cancelled, "no"), 141},
	} {
		if got := exitCode(tt.ctx, tt.err); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestReport(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{usage("unknown option --x").withHint("did you mean --y?"), "oslua: unknown option --x\n  hint: did you mean --y?\n"},
		{io.ErrUnexpectedEOF, "oslua: unexpected EOF\n"},
		{
			&errs.Error{
				Code: errs.NotFound, Status: 404, Op: "networks.get", Message: `no network "x"`, Hint: "networks.list() shows them",
				Where: "a.lua:3", Traceback: "stack traceback:\n\ta.lua:3: in main chunk\n", RequestID: "req-1",
			},
			"oslua: a.lua:3: networks.get: no network \"x\" (HTTP 404)\n  hint: networks.list() shows them\n" +
				"  request: req-1\nstack traceback:\n\ta.lua:3: in main chunk\n",
		},
		{&errs.Error{Code: errs.Syntax, Message: "a.lua:1: unexpected symbol", Where: "a.lua:1"}, "oslua: a.lua:1: unexpected symbol\n"},
	} {
		var b bytes.Buffer
		report(&b, term.Style{}, tt.err)
		if b.String() != tt.want {
			t.Errorf("report(%v):\n%s\nwant\n%s", tt.err, b.String(), tt.want)
		}
	}
}

func TestStateDir(t *testing.T) {
	home := filepath.FromSlash("/home/me")
	abs := t.TempDir()
	for _, tt := range []struct {
		goos string
		env  map[string]string
		want string
	}{
		{"linux", map[string]string{"HOME": home}, filepath.Join(home, ".local", "state", "oslua")},
		{"linux", map[string]string{"HOME": home, "XDG_STATE_HOME": abs}, filepath.Join(abs, "oslua")},
		{"linux", map[string]string{"HOME": home, "XDG_STATE_HOME": "relative"}, filepath.Join(home, ".local", "state", "oslua")},
		{"darwin", map[string]string{"HOME": home}, filepath.Join(home, "Library", "Application Support", "oslua")},
		{"windows", map[string]string{"LocalAppData": abs}, filepath.Join(abs, "oslua")},
		{"windows", map[string]string{"USERPROFILE": home}, filepath.Join(home, "AppData", "Local", "oslua")},
		{"linux", nil, ""},
	} {
		got, err := stateDir(func(name string) (string, bool) { v, ok := tt.env[name]; return v, ok }, tt.goos)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s %v: %q, %v, want %q", tt.goos, tt.env, got, err, tt.want)
		}
	}
}

func TestSearchPath(t *testing.T) {
	sep := string(filepath.ListSeparator)
	if got := searchPath(sep + "a" + sep + sep + "b"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q: an empty member must not mean the current directory", got)
	}
}

// brokenWriter fails as a file descriptor does.
type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestOutput(t *testing.T) {
	var cause error
	full := &output{w: brokenWriter{syscall.ENOSPC}, stop: func(err error) { cause = err }}
	if _, err := io.WriteString(full, "x"); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Write gave %v", err)
	}
	if err := full.Err(); cause != nil || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk: %v, stopped for %v", err, cause)
	}
	if a := (&app{out: full, err: io.Discard}); a.finish(t.Context(), nil) != exitScript {
		t.Error("a full disk is no success")
	}
}

func TestSignals(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var said bytes.Buffer
	left := 0
	s := &signals{cancel: cancel, stderr: &said, exit: func(code int) { left = code }}

	// In the shell Ctrl-C ends the entry, and nothing else.
	leave := s.shell()
	s.handle(os.Interrupt)
	entry, done := s.entryContext(ctx)
	s.handle(os.Interrupt)
	if entry.Err() == nil || ctx.Err() != nil || said.Len() != 0 {
		t.Errorf("entry %v, run %v, said %q", entry.Err(), ctx.Err(), said.String())
	}
	done()
	leave()

	s.handle(syscall.SIGTERM)
	if exitCode(ctx, nil) != exitTerminated || left != 0 || !strings.Contains(said.String(), "terminated") {
		t.Errorf("after SIGTERM: %v, left %d, said %q", context.Cause(ctx), left, said.String())
	}
	s.handle(os.Interrupt)
	if left != exitTerminated {
		t.Errorf("the second signal left with %d", left)
	}
}

func TestWriteEnv(t *testing.T) {
	for shell, want := range map[string]string{
		"sh":         "export OS_AUTH_URL=http://127.0.0.1:5000/identity/v3\n",
		"fish":       "set -gx OS_AUTH_URL http://127.0.0.1:5000/identity/v3\n",
		"powershell": "$env:OS_AUTH_URL = \"http://127.0.0.1:5000/identity/v3\"\n",
	} {
		var b bytes.Buffer
		if err := writeEnv(&b, "http://127.0.0.1:5000", "demo", shell); err != nil || !strings.HasPrefix(b.String(), want) {
			t.Errorf("%s: %q, %v", shell, b.String(), err)
		}
	}
}
