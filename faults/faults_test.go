// Package faults is a matrix: each lab of the course and five larger scripts, each request they make, and all that may
// go wrong at that moment. Whatever it is, afterwards
//
//   - the journal knows every resource that is there and was not there at first, as soon as it has asked about what
//     nobody knew,
//   - oslua runs destroy leaves the cloud as it was at first, and it contradicts itself nowhere,
//   - nothing was made twice,
//   - no secret was written down.
//
// By default each request meets one of the faults, another at each, and a few processes are stopped and killed. All of
// it, which takes a while:
//
//	OSLUA_FAULTS=all go test ./faults -timeout 2h -v
//
// A part of it, as the failures name it:
//
//	OSLUA_FAULTS=all go test ./faults -run 'TestRequests/tiers/cut-acted' -v
package faults

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/internal/cli"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/destroy"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/scripts"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(cli.Main())
	}
	flag.Parse()
	// The runs wait most of the time.
	if f := flag.Lookup("test.parallel"); f.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		if err := f.Value.Set("12"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// all reports whether the whole matrix is wanted.
func all() bool { return os.Getenv("OSLUA_FAULTS") == "all" }

// script is what runs while something goes wrong.
type script struct{ name, file, code string }

// scriptsToRun are the labs that ask nothing, and those beside this test.
func scriptsToRun(t *testing.T) []script {
	t.Helper()
	var out []script
	for _, name := range scripts.Labs() {
		file, code, _ := scripts.Lab(name)
		if strings.HasPrefix(name, "2-") {
			continue // it changes nothing
		}
		out = append(out, script{"lab" + name, file, code})
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.lua"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		code, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, script{strings.TrimSuffix(filepath.Base(f), ".lua"), filepath.Base(f), string(code)})
	}
	return out
}

// fault is what goes wrong at a request. It answers it or not; false lets the cloud answer.
type fault struct {
	name  string
	slow  bool // it takes real time
	after bool // every request from the first on
	at    func(w *world, stop func(), rw http.ResponseWriter, r *http.Request) bool
}

// refuse answers a status in the cloud's place.
func refuse(status int) func(*world, func(), http.ResponseWriter, *http.Request) bool {
	return func(_ *world, _ func(), rw http.ResponseWriter, r *http.Request) bool {
		rw.Header().Set("Content-Type", "application/json")
		if status == http.StatusTooManyRequests {
			rw.Header().Set("Retry-After", "2")
		}
		rw.WriteHeader(status)
		fmt.Fprintf(rw, `{"error":{"code":%d,"title":"Fault","message":"Something went wrong with %s."}}`, status, r.URL.Path)
		return true
	}
}

// faults are what may go wrong at a request of a run.
var faults = []fault{
	{name: "500", at: refuse(500)},
	{name: "503", at: refuse(503)},
	{name: "409", at: refuse(409)},
	{name: "429", at: refuse(429)},
	{name: "expired", at: refuse(401)},
	{name: "500-acted", at: func(w *world, _ func(), rw http.ResponseWriter, r *http.Request) bool {
		w.act(r)
		return refuse(500)(w, nil, rw, r)
	}},
	{name: "cut", at: func(*world, func(), http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }},
	{name: "cut-acted", at: func(w *world, _ func(), _ http.ResponseWriter, r *http.Request) bool {
		w.act(r)
		panic(http.ErrAbortHandler)
	}},
	{name: "late", at: func(w *world, _ func(), _ http.ResponseWriter, r *http.Request) bool {
		body, _ := io.ReadAll(r.Body)
		again := r.Clone(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		w.late.Go(func() {
			if w.later.Sleep(again.Context(), 20*time.Second) == nil {
				w.act(again)
			}
		})
		panic(http.ErrAbortHandler)
	}},
	{name: "half", at: func(w *world, _ func(), rw http.ResponseWriter, r *http.Request) bool {
		rec := w.act(r)
		rw.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
		rw.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()+1))
		rw.WriteHeader(rec.Code)
		_, _ = rw.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
		panic(http.ErrAbortHandler)
	}},
	{name: "down", after: true, at: func(*world, func(), http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }},
	{name: "stop", at: func(w *world, stop func(), _ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		stop()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}},
	{name: "stop-acted", at: func(w *world, stop func(), _ http.ResponseWriter, r *http.Request) bool {
		w.act(r)
		stop()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}},
	{name: "timeout", slow: true, at: func(w *world, _ func(), _ http.ResponseWriter, r *http.Request) bool {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}},
	{name: "timeout-acted", slow: true, at: func(w *world, _ func(), _ http.ResponseWriter, r *http.Request) bool {
		w.act(r)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}},
}

// environment is what the run finds in its environment.
func (w *world) environment() map[string]string {
	return map[string]string{
		"OS_AUTH_URL": w.sim.URL() + "/identity", "OS_USERNAME": user, "OS_PASSWORD": password, "OS_PROJECT_NAME": "demo",
		"OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default", "OS_REGION_NAME": "RegionOne", "OS_IDENTITY_API_VERSION": "3",
	}
}

// run runs a script as the command would.
func (w *world) run(ctx context.Context, s script, dir string, timeout time.Duration) error {
	env := w.environment()
	rt, err := oslua.New(oslua.Options{
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		StateDir:  dir, Clock: w.clock, Timeout: timeout, DialServer: w.sim.DialGuest,
	})
	if err != nil {
		return err
	}
	return errors.Join(rt.RunString(ctx, s.file, s.code), rt.Close())
}

// client connects to the cloud again, as the user would later.
func (w *world) client() *rest.Client {
	env := w.environment()
	cfg, err := cloud.Load(cloud.LoadOptions{LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	if err != nil {
		w.t.Fatal(err)
	}
	conn := cloud.New(cfg, cloud.Options{Clock: w.later})
	w.t.Cleanup(conn.Close)
	return rest.New(conn, w.later)
}

// tally counts what the matrix did.
type tally struct {
	mu                               sync.Mutex
	runs, failed, resources, unknown int
}

func (c *tally) String() string {
	return fmt.Sprintf("%d runs, %d of which ended with an error; %d resources were there afterwards, all of them in the journal and removed, %d after the cloud was asked about them",
		c.runs, c.failed, c.resources, c.unknown)
}

// judge looks at what a run left, removes it and looks again.
func (w *world) judge(dir string, c *tally) {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	path := filepath.Join(dir, journal.FileName)
	w.secrets(path)
	defer w.settle()
	added := w.added()
	for _, x := range twice(added) {
		w.t.Errorf("made twice: %s", x)
	}
	if _, err := os.Stat(path); err != nil {
		if len(added) > 0 {
			w.t.Errorf("there is no journal, and %v", added)
		}
		return
	}
	j, err := journal.Open(ctx, path, w.later)
	if err != nil {
		w.t.Fatal(err)
	}
	defer j.Close()
	run, err := j.Run(ctx, "last")
	if err != nil {
		if len(added) > 0 {
			w.t.Errorf("the journal knows no run (%v), and %v", err, added)
		}
		return
	}
	client := w.client()
	before := w.known(ctx, j, run.ID)
	if err := j.Resolve(ctx, client, run.ID); err != nil {
		w.t.Errorf("resolve: %v", err)
	}
	known := w.known(ctx, j, run.ID)
	for _, x := range added {
		key := x.typ + " " + x.id
		if !slices.Contains(known, key) {
			w.t.Errorf("the journal does not know %s %q (%s)", x.typ, x.name, x.id)
		}
		if !slices.Contains(before, key) {
			c.add(func() { c.unknown++ })
		}
	}
	c.add(func() { c.resources += len(added) })
	report, err := destroy.OfRun(ctx, client, j, run.ID, destroy.Options{})
	if err != nil {
		w.t.Fatalf("destroy: %v", err)
	}
	for _, r := range report.Left() {
		w.t.Errorf("%s: %s, %s", r.Resource, r.Outcome, r.Why)
	}
	w.settle()
	if known := w.known(ctx, j, run.ID); len(known) > 0 {
		w.t.Errorf("the journal still knows %v", known)
	}
	if diff := difference(w.seed, w.everything()); diff != "" {
		w.t.Errorf("the cloud is not as it was:\n%s", diff)
	}
	for _, x := range w.contradictions() {
		w.t.Errorf("the cloud contradicts itself: %s", x)
	}
	w.secrets(path)
}

func (c *tally) add(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// settle lets what comes late come.
func (w *world) settle() {
	if err := w.later.Sleep(context.WithoutCancel(w.t.Context()), time.Hour); err != nil {
		w.t.Error(err)
	}
	w.late.Wait()
}

// known lists what the journal says is left of a run, by type and ID.
func (w *world) known(ctx context.Context, j *journal.Journal, run string) []string {
	w.t.Helper()
	made, err := j.Resources(ctx, run)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, r := range made {
		if r.Left {
			out = append(out, r.Type+" "+r.ID)
		}
	}
	return out
}

// secrets looks for what must not be written down.
func (w *world) secrets(path string) {
	w.t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			w.t.Fatal(err)
		}
		written := string(raw)
		for _, s := range []string{secret, "c2VzYW1lLTdjMW", "NzYW1lLTdjMW", "zZXNhbWUtN2Mx"} { // and in base64, wherever it begins
			if strings.Contains(written, s) {
				w.t.Errorf("%s has a secret: %s", f, s)
			}
		}
		for token := range w.tokens {
			if len(token) > 20 && strings.Contains(written, token) {
				w.t.Errorf("%s has a token", f)
			}
		}
	}
}

// requestsOf is how many requests a script makes when nothing goes wrong, and a test that nothing does.
func requestsOf(t *testing.T, s script) int {
	t.Helper()
	w := newWorld(t)
	dir := t.TempDir()
	end := w.watch(func(int, http.ResponseWriter, *http.Request) bool { return false })
	err := w.run(t.Context(), s, dir, 0)
	n := end()
	if err != nil && !strings.HasSuffix(s.name, "-broken") {
		t.Fatalf("%s: %v", s.name, err)
	}
	w.judge(dir, &tally{})
	return n
}

func TestRequests(t *testing.T) {
	c := &tally{}
	t.Cleanup(func() { t.Log(c) })
	for seed, s := range scriptsToRun(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			n := requestsOf(t, s)
			for at := 1; at <= n; at++ {
				for i, f := range faults {
					if !all() && (at+seed)%len(faults) != i {
						continue
					}
					t.Run(fmt.Sprintf("%s/%d", f.name, at), func(t *testing.T) {
						t.Parallel()
						meet(t, s, f, at, c)
					})
				}
			}
		})
	}
}

// meet runs a script that meets a fault at one of its requests.
func meet(t *testing.T, s script, f fault, at int, c *tally) {
	w := newWorld(t)
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	end := w.watch(func(n int, rw http.ResponseWriter, r *http.Request) bool {
		if n != at && !(f.after && n > at) {
			return false
		}
		return f.at(w, stop, rw, r)
	})
	timeout := time.Duration(0)
	if f.slow {
		timeout = 500 * time.Millisecond
	}
	err := w.run(ctx, s, dir, timeout)
	end()
	c.add(func() {
		c.runs++
		if err != nil {
			c.failed++
		}
	})
	w.judge(dir, c)
	if t.Failed() {
		t.Logf("the run ended with: %v", err)
	}
}
