package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/cli"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"oslua": func() { os.Exit(cli.Main()) },
	})
}

// TestScripts runs testdata/script: the command as a user meets it. Beside testscript's own commands there are
//
//	exits CODE PROGRAM [ARG]...   run and want this exit code
//	spawn NAME PROGRAM [ARG]...   start and go on
//	expect NAME TEXT              wait until the spawned one printed TEXT
//	capture NAME PREFIX VAR       set VAR to the rest of its line that begins with PREFIX
//	signal NAME INT|TERM|KILL     send a signal
//	requests MAX                  want that many lines of trace at most on the last stderr, and one at least
//	ends NAME CODE                wait for its end and want this exit code; stdout and stderr then look at its output
func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, ".home")
			e.Setenv("HOME", home)
			e.Setenv("USERPROFILE", home)
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("ROOT", root)
			e.Setenv("TERM", "xterm")
			// What the machine's own session says about clouds is none of the scripts' business.
			for _, v := range os.Environ() {
				if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "OS_") || strings.HasPrefix(name, "OSLUA_") {
					e.Setenv(name, "")
				}
			}
			e.Values["spawned"] = map[string]*spawned{}
			return os.MkdirAll(home, 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"spawn":    spawn,
			"expect":   expect,
			"capture":  capture,
			"signal":   send,
			"ends":     ends,
			"requests": requests,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG]...")
	}
	err := ts.Exec(args[1], args[2:]...)
	checkCode(ts, args[0], err)
}

func checkCode(ts *testscript.TestScript, want string, err error) {
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s (%v)", code, want, err)
	}
}

// spawned is a program that runs while the script goes on.
type spawned struct {
	cmd  *exec.Cmd
	wait chan error

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each write
	all     bytes.Buffer
	out     bytes.Buffer
	err     bytes.Buffer
}

type spawnedWriter struct {
	p   *spawned
	own *bytes.Buffer
}

func (w spawnedWriter) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.own.Write(b)
	w.p.all.Write(b)
	close(w.p.changed)
	w.p.changed = make(chan struct{})
	return len(b), nil
}

func spawn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: spawn NAME PROGRAM [ARG]...")
	}
	program, err := lookPath(ts, args[1])
	ts.Check(err)
	p := &spawned{wait: make(chan error, 1), changed: make(chan struct{})}
	p.cmd = exec.Command(program, args[2:]...)
	p.cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "USERPROFILE", "XDG_STATE_HOME", "TERM", "GOCOVERDIR", "TMPDIR", "TMP", "SYSTEMROOT", "OS_CLIENT_CONFIG_FILE",
		"OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME", "OS_USER_DOMAIN_NAME", "OS_PROJECT_DOMAIN_NAME"} {
		if v := ts.Getenv(name); v != "" {
			p.cmd.Env = append(p.cmd.Env, name+"="+v)
		}
	}
	p.cmd.Stdout = spawnedWriter{p, &p.out}
	p.cmd.Stderr = spawnedWriter{p, &p.err}
	ts.Check(p.cmd.Start())
	go func() { p.wait <- p.cmd.Wait() }()
	ts.Defer(func() { p.cmd.Process.Kill() })
	ts.Value("spawned").(map[string]*spawned)[args[0]] = p
}

// requests counts trace lines: "work     POST /network/v2.0/networks 201 3 ms".
func requests(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: requests MAX")
	}
	most, err := strconv.Atoi(args[0])
	ts.Check(err)
	text := ts.ReadFile("stderr")
	n := 0
	for line := range strings.Lines(text) {
		switch word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word {
		case "auth", "look-up", "work", "wait":
			n++
		}
	}
	if n == 0 || n > most {
		ts.Fatalf("%d requests, want 1 to %d:\n%s", n, most, text)
	}
}

func lookPath(ts *testscript.TestScript, program string) (string, error) {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		path := filepath.Join(dir, program+ts.Getenv("exe"))
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

func find(ts *testscript.TestScript, name string) *spawned {
	p, ok := ts.Value("spawned").(map[string]*spawned)[name]
	if !ok {
		ts.Fatalf("%s was not spawned", name)
	}
	return p
}

func expect(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: expect NAME TEXT")
	}
	find(ts, args[0]).waitFor(ts, args[1])
}

// waitFor gives all that was printed once text is in it.
func (p *spawned) waitFor(ts *testscript.TestScript, text string) string {
	limit := time.After(30 * time.Second)
	for {
		p.mu.Lock()
		all, changed := p.all.String(), p.changed
		p.mu.Unlock()
		if strings.Contains(all, text) {
			return all
		}
		select {
		case <-changed:
		case err := <-p.wait:
			p.wait <- err
			ts.Fatalf("it ended (%v) without printing %q:\n%s", err, text, all)
		case <-limit:
			ts.Fatalf("it did not print %q:\n%s", text, all)
		}
	}
}

func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: capture NAME PREFIX VAR")
	}
	_, rest, _ := strings.Cut(find(ts, args[0]).waitFor(ts, args[1]), args[1])
	line, _, _ := strings.Cut(rest, "\n")
	ts.Setenv(args[2], strings.TrimSpace(line))
}

func send(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}
	if neg || len(args) != 2 || signals[args[1]] == nil {
		ts.Fatalf("usage: signal NAME INT|TERM|KILL")
	}
	ts.Check(find(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

func ends(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ends NAME CODE")
	}
	p := find(ts, args[0])
	select {
	case err := <-p.wait:
		p.wait <- err
		io.Copy(ts.Stdout(), bytes.NewReader(p.out.Bytes()))
		io.Copy(ts.Stderr(), bytes.NewReader(p.err.Bytes()))
		checkCode(ts, args[1], err)
	case <-time.After(30 * time.Second):
		ts.Fatalf("%s did not end:\n%s", args[0], p.all.String())
	}
}
