package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/identity"
	"github.com/oslua/oslua/simulator/simulatortest"
	"github.com/oslua/oslua/simulator/store"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedDir); dir != "" {
		if err := serveToBeKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// client speaks to a cloud as admin.
type client struct {
	t     *testing.T
	http  *http.Client
	base  string
	token string
}

func connect(t *testing.T, c *http.Client, base string) *client {
	t.Helper()
	t.Cleanup(c.CloseIdleConnections)
	k := &client{t: t, http: c, base: base}
	resp := k.do("POST", "/identity/v3/auth/tokens", `{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"admin",
		"domain":{"id":"default"},"password":"secret"}}},"scope":{"project":{"name":"admin","domain":{"id":"default"}}}}}`)
	if resp.StatusCode != 201 {
		t.Fatal(resp.Status)
	}
	k.token = resp.Header.Get("X-Subject-Token")
	return k
}

func (k *client) do(method, path, body string) *http.Response {
	k.t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(k.t.Context()), method, k.base+path, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Auth-Token", k.token)
	resp, err := k.http.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		k.t.Fatal(err)
	}
	resp.Body = io.NopCloser(strings.NewReader(string(raw)))
	return resp
}

// names are what a collection holds.
func (k *client) names(path, key string) string {
	k.t.Helper()
	var out map[string]json.RawMessage
	var list []struct{ Name string }
	if err := json.NewDecoder(k.do("GET", path, "").Body).Decode(&out); err != nil {
		k.t.Fatal(err)
	}
	if err := json.Unmarshal(out[key], &list); err != nil {
		k.t.Fatal(err)
	}
	var names []string
	for _, o := range list {
		names = append(names, o.Name)
	}
	return strings.Join(names, " ")
}

const projects = "/identity/v3/projects"

func (k *client) create(project string) {
	k.t.Helper()
	if resp := k.do("POST", projects, `{"project":{"name":"`+project+`"}}`); resp.StatusCode != 201 {
		k.t.Fatal(resp.Status)
	}
}

func TestInProcessAndOnAPort(t *testing.T) {
	sim := simulatortest.Start(t, simulator.Options{Listen: "127.0.0.1:0"})
	if !strings.HasPrefix(sim.URL(), "http://127.0.0.1:") {
		t.Fatal(sim.URL())
	}
	outside := &http.Client{Transport: &http.Transport{}}
	for name, k := range map[string]*client{
		"in process": connect(t, sim.Client(), simulator.InProcessURL),
		"port":       connect(t, outside, sim.URL()),
	} {
		if got := k.names(projects, "projects"); got != "admin demo service alt_demo" {
			t.Errorf("%s: %s", name, got)
		}
		if got := k.names("/network/v2.0/networks", "networks"); !strings.Contains(got, "public") || !strings.Contains(got, "private") {
			t.Errorf("%s: networks %s", name, got)
		}
		if resp := k.do("GET", "/", ""); resp.StatusCode != 200 {
			t.Errorf("%s: / is %s", name, resp.Status)
		}
		if resp := k.do("GET", "/nosuch", ""); resp.StatusCode != 404 {
			t.Errorf("%s: /nosuch is %s", name, resp.Status)
		}
	}
}

func TestStateStays(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "state")
	o := simulator.Options{Dir: dir}
	for i := range 3 {
		sim, err := simulator.Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		k := connect(t, sim.Client(), sim.URL())
		k.create(fmt.Sprint("p", i))
		k.http.CloseIdleConnections()
		if err := sim.Close(); err != nil {
			t.Fatal(err)
		}
	}
	sim := simulatortest.Start(t, o)
	if got := connect(t, sim.Client(), sim.URL()).names(projects, "projects"); got != "admin demo service alt_demo p0 p1 p2" {
		t.Error(got)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, simulator.StateFile(dir): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if os.PathSeparator == '/' && info.Mode().Perm() != mode {
			t.Errorf("%s: %v, want %v", path, info.Mode().Perm(), mode)
		}
	}
}

// Two clouds of one directory, started at the same time, are one cloud.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	var sims [2]*simulator.Simulator
	var start sync.WaitGroup
	for i := range sims {
		start.Go(func() { sims[i] = simulatortest.Start(t, simulator.Options{Dir: dir}) })
	}
	start.Wait()
	var work sync.WaitGroup
	for i, sim := range sims {
		k := connect(t, sim.Client(), sim.URL())
		work.Go(func() {
			for n := range 15 {
				k.create(fmt.Sprintf("p%d-%d", i, n))
			}
		})
	}
	work.Wait()
	for _, sim := range sims {
		k := connect(t, sim.Client(), sim.URL())
		if got := len(strings.Fields(k.names(projects, "projects"))); got != 4+30 {
			t.Errorf("%d projects", got)
		}
	}
	// A token of the one is good at the other, until the one revokes it.
	one, two := connect(t, sims[0].Client(), sims[0].URL()), connect(t, sims[1].Client(), sims[1].URL())
	two.token = one.token
	if resp := two.do("GET", projects, ""); resp.StatusCode != 200 {
		t.Error(resp.Status)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "DELETE", one.base+"/identity/v3/auth/tokens", nil)
	r.Header.Set("X-Auth-Token", one.token)
	r.Header.Set("X-Subject-Token", one.token)
	resp, err := one.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp := two.do("GET", projects, ""); resp.StatusCode != 401 {
		t.Errorf("a revoked token: %s", resp.Status)
	}
}

func TestResetSnapshotRestore(t *testing.T) {
	for name, o := range map[string]simulator.Options{"memory": {}, "file": {Dir: t.TempDir()}} {
		t.Run(name, func(t *testing.T) {
			sim := simulatortest.Start(t, o)
			k := connect(t, sim.Client(), sim.URL())
			k.create("kept")
			file := filepath.Join(t.TempDir(), "snapshot")
			if err := sim.Snapshot(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			k.create("lost")
			if err := sim.Restore(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			if got := k.names(projects, "projects"); got != "admin demo service alt_demo kept" {
				t.Error(got)
			}
			if err := sim.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			if resp := k.do("GET", projects, ""); resp.StatusCode != 401 {
				t.Errorf("a token from before the reset: %s", resp.Status)
			}
			k = connect(t, sim.Client(), sim.URL())
			if got := k.names(projects, "projects"); got != "admin demo service alt_demo" {
				t.Error(got)
			}
		})
	}
}

func TestSameSeedSameIDs(t *testing.T) {
	everything := func(seed int64) string {
		sim := simulatortest.Start(t, simulator.Options{Seed: seed})
		k := connect(t, sim.Client(), sim.URL())
		k.create("later")
		var all []string
		for _, path := range []string{projects, "/identity/v3/users", "/identity/v3/roles", "/identity/v3/endpoints"} {
			raw, _ := io.ReadAll(k.do("GET", path, "").Body)
			all = append(all, string(raw))
		}
		return strings.Join(all, "\n")
	}
	one := everything(1)
	if one != everything(1) {
		t.Error("the same seed gave other IDs")
	}
	if one == everything(2) || strings.Contains(one, identity.ProjectID(2, "demo")) {
		t.Error("another seed gave the same IDs")
	}
}

func TestRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    simulator.Options
		want string
	}{
		{simulator.Options{}, "say where"},
		{simulator.Options{Memory: true, Dir: "x"}, "not both"},
		{simulator.Options{Memory: true, Listen: "0.0.0.0:0"}, "only a loopback address"},
		{simulator.Options{Memory: true, Listen: ":5000"}, "only a loopback address"},
		{simulator.Options{Memory: true, Listen: "192.0.2.1:5000"}, "only a loopback address"},
		{simulator.Options{Memory: true, Listen: "nonsense"}, "want an address and a port"},
		{simulator.Options{Dir: file}, "not a directory"},
	} {
		sim, err := simulator.Start(t.Context(), c.o)
		if err == nil {
			_ = sim.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
	taken := simulatortest.Start(t, simulator.Options{Listen: "127.0.0.1:0"})
	_, err := simulator.Start(t.Context(), simulator.Options{Memory: true, Listen: strings.TrimPrefix(taken.URL(), "http://")})
	if err == nil || !strings.Contains(err.Error(), "choose another port") {
		t.Error(err)
	}
	_, err = simulator.Start(t.Context(), simulator.Options{Dir: file})
	var e *store.Error
	if !errors.As(err, &e) || e.Hint == "" {
		t.Errorf("no hint: %v", err)
	}
}

func TestClosed(t *testing.T) {
	sim := simulatortest.Start(t, simulator.Options{})
	k := connect(t, sim.Client(), sim.URL())
	k.http.CloseIdleConnections()
	for range 2 {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := sim.DialContext(t.Context(), "tcp", "simulator:80"); err == nil {
		t.Error("a closed cloud can be dialled")
	}
	if err := sim.Reset(t.Context()); err == nil {
		t.Error("a closed cloud can be reset")
	}
}

func TestIntercept(t *testing.T) {
	sim := simulatortest.Start(t, simulator.Options{Intercept: func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/network/v2.0/ports" {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}})
	k := connect(t, sim.Client(), sim.URL())
	if resp := k.do("GET", "/network/v2.0/ports", ""); resp.StatusCode != 503 {
		t.Error(resp.Status)
	}
	if resp := k.do("GET", "/network/v2.0/networks", ""); resp.StatusCode != 200 {
		t.Error(resp.Status)
	}
}

// Opening a cloud that is there and answering the first request.
func BenchmarkStart(b *testing.B) {
	dir := b.TempDir()
	for name, o := range map[string]simulator.Options{"memory": {Memory: true}, "existing": {Dir: dir}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				sim, err := simulator.Start(b.Context(), o)
				if err != nil {
					b.Fatal(err)
				}
				c := sim.Client()
				resp, err := c.Get(sim.URL() + "/identity/v3")
				if err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
				c.CloseIdleConnections()
				if err := sim.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One validated request for a short list.
func BenchmarkRequest(b *testing.B) {
	for name, o := range map[string]simulator.Options{"memory": {Memory: true}, "file": {Dir: b.TempDir()}} {
		b.Run(name, func(b *testing.B) {
			sim, err := simulator.Start(b.Context(), o)
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = sim.Close() }()
			token := login(b, sim)
			r, _ := http.NewRequestWithContext(b.Context(), "GET", sim.URL()+"/identity/v3/regions", nil)
			r.Header.Set("X-Auth-Token", token)
			c := sim.Client()
			defer c.CloseIdleConnections()
			for b.Loop() {
				resp, err := c.Do(r)
				if err != nil || resp.StatusCode != 200 {
					b.Fatal(err, resp)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
}

func login(b *testing.B, sim *simulator.Simulator) string {
	b.Helper()
	c := sim.Client()
	defer c.CloseIdleConnections()
	resp, err := c.Post(sim.URL()+"/identity/v3/auth/tokens", "application/json", strings.NewReader(
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"demo","domain":{"id":"default"},"password":"secret"}}},
		"scope":{"project":{"name":"demo","domain":{"id":"default"}}}}}`))
	if err != nil {
		b.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.Header.Get("X-Subject-Token")
}
