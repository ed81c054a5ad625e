package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/clock"
)

// asCommand makes the test binary the oslua command.
const asCommand = "OSLUA_FAULTS_COMMAND"

// ending is how a process is ended while a request of it is under way.
type ending struct {
	name   string
	signal os.Signal
	acted  bool // the cloud has done what was asked
}

var endings = []ending{
	{"kill", syscall.SIGKILL, false}, {"kill-acted", syscall.SIGKILL, true},
	{"int", syscall.SIGINT, false}, {"int-acted", syscall.SIGINT, true},
	{"term", syscall.SIGTERM, false}, {"term-acted", syscall.SIGTERM, true},
}

// TestProcesses ends the command in the middle of each request: by kill -9, Ctrl-C and SIGTERM, before the cloud has
// done what was asked and after.
func TestProcesses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signals")
	}
	c := &tally{}
	t.Cleanup(func() { t.Log(c) })
	for seed, s := range scriptsToRun(t) {
		if s.name == "lab1-2" || s.name == "lab1-3" {
			continue // they log in to servers, which another process cannot reach; TestRequests stops them
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			n := requestsOf(t, s)
			for at := 1; at <= n; at++ {
				for i, e := range endings {
					if !all() && (at%9 != seed%9 || (at/9)%len(endings) != i) {
						continue
					}
					t.Run(fmt.Sprintf("%s/%d", e.name, at), func(t *testing.T) {
						t.Parallel()
						end(t, s, e, at, c)
					})
				}
			}
		})
	}
}

// process is the command at work.
type process struct {
	cmd  *exec.Cmd
	gone chan struct{}

	mu      sync.Mutex
	err     bytes.Buffer
	stopped chan struct{} // closed when it said that it was stopped
	said    bool
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err.Write(b)
	if !p.said && strings.Contains(p.err.String(), "cleaning up") {
		p.said = true
		close(p.stopped)
	}
	return len(b), nil
}

// end runs a script as a process and ends it while its request number at is under way.
func end(t *testing.T, s script, e ending, at int, c *tally) {
	if sig, ok := e.signal.(syscall.Signal); ok && signal.Ignored(sig) {
		t.Skip("the signal is ignored here, and so it is by what is started: run the test in the foreground")
	}
	w := startWorld(t, clock.Real{}, 0)
	home := t.TempDir()
	file := filepath.Join(home, s.file)
	if err := os.WriteFile(file, []byte(s.code), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{gone: make(chan struct{}), stopped: make(chan struct{})}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p.cmd = exec.CommandContext(ctx, os.Args[0], "--quiet", file)
	p.cmd.Stderr, p.cmd.Stdout = p, io.Discard
	p.cmd.Env = []string{asCommand + "=1", "HOME=" + home, "XDG_STATE_HOME=" + home, "TMPDIR=" + home}
	for name, value := range w.environment() {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	over := w.watch(func(n int, rw http.ResponseWriter, r *http.Request) bool {
		if n != at {
			return false
		}
		if e.signal == syscall.SIGKILL {
			if e.acted {
				w.act(r)
			} else {
				_, _ = io.Copy(io.Discard, r.Body)
			}
			_ = p.cmd.Process.Kill()
			<-p.gone
			panic(http.ErrAbortHandler)
		}
		if !e.acted {
			_ = p.cmd.Process.Signal(e.signal)
			<-p.stopped
			return false
		}
		rec := w.act(r)
		_ = p.cmd.Process.Signal(e.signal)
		<-p.stopped
		pass(rw, rec)
		return true
	})
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	err := p.cmd.Wait()
	close(p.gone)
	over()
	if ctx.Err() != nil {
		t.Errorf("it did not end")
	}
	c.add(func() {
		c.runs++
		if err != nil {
			c.failed++
		}
	})
	w.judge(filepath.Join(home, "oslua"), c)
	if t.Failed() {
		t.Logf("it ended with %v: %s", err, p.err.String())
	}
}

// TestJournalDiskFull fills the journal's disk in the middle of each request.
func TestJournalDiskFull(t *testing.T) {
	if err := tryMount(t.TempDir()); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	c := &tally{}
	t.Cleanup(func() { t.Log(c) })
	for seed, s := range scriptsToRun(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			n := requestsOf(t, s)
			for at := 1; at <= n; at++ {
				if !all() && at%8 != seed%8 {
					continue
				}
				t.Run(fmt.Sprint(at), func(t *testing.T) {
					t.Parallel()
					fill(t, s, at, c)
				})
			}
		})
	}
}

// tryMount mounts a disk of a megabyte.
func tryMount(dir string) error {
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return exec.Command("umount", dir).Run()
}

// fill runs a script whose journal's disk is full from its request number at on.
func fill(t *testing.T, s script, at int, c *tally) {
	w := newWorld(t)
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	filler := filepath.Join(dir, "filler")
	over := w.watch(func(n int, _ http.ResponseWriter, _ *http.Request) bool {
		if n == at {
			f, err := os.Create(filler)
			if err != nil {
				t.Error(err)
				return false
			}
			block := make([]byte, 4096)
			for err == nil {
				_, err = f.Write(block)
			}
			_ = f.Close()
		}
		return false
	})
	err := w.run(t.Context(), s, dir, 0)
	over()
	c.add(func() {
		c.runs++
		if err != nil {
			c.failed++
		}
	})
	if err := os.Remove(filler); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	w.judge(dir, c)
	if t.Failed() {
		t.Logf("the run ended with: %v", err)
	}
}
