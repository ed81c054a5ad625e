package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/plan"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/check"
)

// The secrets of a run: none of them may be written down anywhere.
const (
	user     = "runner"
	password = "sesame-7c1f-password"
	secret   = "sesame-7c1f" // in every secret of the scripts
)

type object = map[string]any

// world is a cloud that something goes wrong with.
type world struct {
	t     *testing.T
	sim   *simulator.Simulator
	clock clock.Clock
	later clock.Clock // of who looks after the run: time passes at once
	http  *http.Client
	admin string // tokens
	user  string
	seed  []string

	late   sync.WaitGroup // what the cloud does after the run has given up
	hook   atomic.Pointer[func(n int, w http.ResponseWriter, r *http.Request) bool]
	count  atomic.Int64
	mu     sync.Mutex
	tokens map[string]bool // that were sent
}

type bypass struct{}

// newWorld starts a cloud with a user of its own, where time passes at once.
func newWorld(t *testing.T) *world { return startWorld(t, plan.NewClock(), 3*time.Second) }

func startWorld(t *testing.T, clk clock.Clock, build time.Duration) *world {
	t.Helper()
	w := &world{t: t, clock: clk, later: clk, tokens: map[string]bool{}}
	if _, real := clk.(clock.Real); real {
		w.later = plan.NewClock()
	}
	sim, err := simulator.Start(t.Context(), simulator.Options{
		Memory: true, Listen: "127.0.0.1:0", Clock: w.clock, BuildTime: build, Seed: 1, Intercept: w.intercept,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.sim, w.http = sim, sim.Client()
	t.Cleanup(func() {
		w.http.CloseIdleConnections()
		if err := sim.Close(); err != nil {
			t.Errorf("simulator: %v", err)
		}
	})
	w.admin = w.token("admin", "secret", "admin")
	created := w.post("/identity/v3/users", object{"user": object{"name": user, "password": password, "domain_id": "default"}})
	project := w.find("/identity/v3/projects?name=demo", "projects")
	role := w.find("/identity/v3/roles?name=member", "roles")
	path := fmt.Sprintf("/identity/v3/projects/%s/users/%s/roles/%s", project["id"], created["user"].(object)["id"], role["id"])
	w.do(w.admin, http.MethodPut, path, nil)
	w.user = w.token(user, password, "demo")
	w.do(w.user, http.MethodGet, "/network/v2.0/security-groups", nil) // each project gets its first one when it is asked for
	w.seed = w.everything()
	return w
}

// intercept counts the requests of the run, and has the hook look at them.
func (w *world) intercept(rw http.ResponseWriter, r *http.Request) bool {
	hook := w.hook.Load()
	if hook == nil || r.Context().Value(bypass{}) != nil {
		return false
	}
	w.mu.Lock()
	w.tokens[r.Header.Get("X-Auth-Token")] = true
	w.mu.Unlock()
	return (*hook)(int(w.count.Add(1)), rw, r)
}

// watch has hook look at the requests from now on, numbered from 1; the function it gives ends that and tells how many
// there were.
func (w *world) watch(hook func(n int, rw http.ResponseWriter, r *http.Request) bool) (end func() int) {
	w.count.Store(0)
	w.hook.Store(&hook)
	return func() int {
		w.hook.Store(nil)
		return int(w.count.Load())
	}
}

// act has the cloud do what a request asks, and keeps the answer.
func (w *world) act(r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	ctx := context.WithValue(context.WithoutCancel(r.Context()), bypass{}, true)
	w.sim.Handler().ServeHTTP(rec, r.WithContext(ctx))
	return rec
}

// pass gives an answer on.
func pass(rw http.ResponseWriter, rec *httptest.ResponseRecorder) {
	maps.Copy(rw.Header(), rec.Header())
	rw.WriteHeader(rec.Code)
	_, _ = rw.Write(rec.Body.Bytes())
}

func (w *world) token(name, password, project string) string {
	w.t.Helper()
	body := fmt.Sprintf(`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"domain":{"id":"default"},"password":%q}}},
		"scope":{"project":{"name":%q,"domain":{"id":"default"}}}}}`, name, password, project)
	resp, err := w.http.Post(w.sim.URL()+"/identity/v3/auth/tokens", "application/json", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		w.t.Fatalf("no token for %s: %s", name, resp.Status)
	}
	return resp.Header.Get("X-Subject-Token")
}

// do sends a request of the test's own.
func (w *world) do(token, method, path string, body any) object {
	w.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(context.WithoutCancel(w.t.Context()), method, w.sim.URL()+path, in)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", token)
	r.Header.Set("X-OpenStack-Nova-API-Version", "2.60")
	r.Header.Set("Content-Type", "application/json")
	resp, err := w.http.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode >= 400 {
		w.t.Fatalf("%s %s: %s: %s", method, path, resp.Status, raw)
	}
	var out object
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			w.t.Fatal(err)
		}
	}
	return out
}

func (w *world) post(path string, body any) object {
	w.t.Helper()
	return w.do(w.admin, http.MethodPost, path, body)
}

func (w *world) find(path, member string) object {
	w.t.Helper()
	list := w.do(w.admin, http.MethodGet, path, nil)[member].([]any)
	if len(list) == 0 {
		w.t.Fatalf("nothing at %s", path)
	}
	return list[0].(object)
}

// lists are all types of resources: where they are listed, and for whom.
var lists = []struct {
	typ, path, member string
	mine              bool // the user's own list: nobody else's shows them
}{
	{"network", "/network/v2.0/networks", "networks", false},
	{"subnet", "/network/v2.0/subnets", "subnets", false},
	{"port", "/network/v2.0/ports", "ports", false},
	{"router", "/network/v2.0/routers", "routers", false},
	{"floating_ip", "/network/v2.0/floatingips", "floatingips", false},
	{"security_group", "/network/v2.0/security-groups", "security_groups", false},
	{"server", "/compute/v2.1/servers/detail?all_tenants=1", "servers", false},
	{"keypair", "/compute/v2.1/os-keypairs", "keypairs", true},
	{"server_group", "/compute/v2.1/os-server-groups?all_projects=1", "server_groups", false},
	{"flavor", "/compute/v2.1/flavors/detail?is_public=None", "flavors", false},
	{"image", "/image/v2/images?limit=1000", "images", true},
	{"project", "/identity/v3/projects", "projects", false},
	{"user", "/identity/v3/users", "users", false},
	{"role_assignment", "/identity/v3/role_assignments", "role_assignments", false},
}

// passing are members that change with every change, also with one that is taken back.
var passing = []string{"revision_number", "updated_at", "updated"}

// rows gives all resources of a type.
func (w *world) rows(n int) []object {
	w.t.Helper()
	l := lists[n]
	token := w.admin
	if l.mine {
		token = w.user
	}
	var out []object
	for _, v := range w.do(token, http.MethodGet, l.path, nil)[l.member].([]any) {
		o := v.(object)
		if inner, ok := o[l.typ].(object); ok {
			o = inner
		}
		out = append(out, o)
	}
	return out
}

// everything is the whole cloud, a line for each resource.
func (w *world) everything() []string {
	w.t.Helper()
	var all []string
	for n, l := range lists {
		for _, o := range w.rows(n) {
			for _, p := range passing {
				delete(o, p)
			}
			if rules, ok := o["security_group_rules"].([]any); ok {
				for _, r := range rules {
					for _, p := range passing {
						delete(r.(object), p)
					}
				}
				slices.SortFunc(rules, func(a, b any) int { return strings.Compare(str(a.(object)["id"]), str(b.(object)["id"])) })
			}
			raw, err := json.Marshal(o)
			if err != nil {
				w.t.Fatal(err)
			}
			all = append(all, l.typ+" "+string(raw))
		}
	}
	slices.Sort(all)
	return all
}

// there is one resource that was not there at first and that a run must have asked for.
type there struct{ typ, id, name, in string }

// added lists what is there and was not at first, without what the cloud makes by itself.
func (w *world) added() []there {
	w.t.Helper()
	old := map[string]bool{}
	for _, line := range w.seed {
		typ, raw, _ := strings.Cut(line, " ")
		var o object
		if err := json.Unmarshal([]byte(raw), &o); err != nil {
			w.t.Fatal(err)
		}
		for _, id := range idsOf(o) {
			old[typ+" "+id] = true
		}
	}
	var out []there
	for n, l := range lists {
		for _, o := range w.rows(n) {
			owner := str(o["device_owner"])
			if l.typ == "port" && (strings.HasPrefix(owner, "network:") || strings.HasPrefix(owner, "compute:") && str(o["name"]) == "") {
				continue
			}
			if l.typ == "server" && o["OS-EXT-STS:task_state"] == "deleting" {
				continue // it is on its way out
			}
			ids := idsOf(o)
			if !old[l.typ+" "+ids[0]] {
				out = append(out, there{l.typ, ids[0], str(o["name"]), str(o["network_id"])})
			}
			rules, _ := o["security_group_rules"].([]any)
			for _, r := range rules {
				rule := r.(object)
				if id := str(rule["id"]); !old[l.typ+" "+id] && !(rule["direction"] == "egress" && rule["protocol"] == nil && rule["remote_group_id"] == nil) {
					out = append(out, there{"security_group_rule", id, fmt.Sprint(rule["direction"], rule["protocol"], rule["port_range_min"], rule["remote_group_id"], rule["remote_ip_prefix"], rule["ethertype"]), ids[0]})
				}
			}
		}
	}
	return out
}

// idsOf are the ID of a resource, and those of its parts that are resources themselves.
func idsOf(o object) []string {
	id := str(o["id"])
	if id == "" {
		id = str(o["name"]) // a keypair
	}
	ids := []string{id}
	rules, _ := o["security_group_rules"].([]any)
	for _, r := range rules {
		ids = append(ids, str(r.(object)["id"]))
	}
	return ids
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

// twice gives what was made twice: no script here makes two of a name in one place.
func twice(all []there) []string {
	seen := map[there]bool{}
	var out []string
	for _, x := range all {
		if x.name == "" {
			continue
		}
		key := there{typ: x.typ, name: x.name, in: x.in}
		if seen[key] {
			out = append(out, fmt.Sprintf("%s %q", x.typ, x.name))
		}
		seen[key] = true
	}
	return out
}

// contradictions walks the cloud.
func (w *world) contradictions() []string {
	w.t.Helper()
	wrong, err := check.New(w.http, w.sim.URL(), w.admin).Walk(context.WithoutCancel(w.t.Context()))
	if err != nil {
		w.t.Fatal(err)
	}
	return wrong
}

// difference says what is in one list of lines and not in the other.
func difference(before, after []string) string {
	var b strings.Builder
	for _, x := range before {
		if !slices.Contains(after, x) {
			fmt.Fprintf(&b, "- %.600s\n", x)
		}
	}
	for _, x := range after {
		if !slices.Contains(before, x) {
			fmt.Fprintf(&b, "+ %.300s\n", x)
		}
	}
	return b.String()
}
