package cloud

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oslua/oslua/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeCloud is an identity service with a catalog that points back at it, and whatever a test adds under the paths
// /net, /image, /compute.
type fakeCloud struct {
	*httptest.Server
	mux *http.ServeMux

	mu       sync.Mutex
	tokens   int    // given so far
	valid    string // the token that counts
	auths    []string
	agents   []string
	denyAuth bool
	catalog  string // JSON in place of the usual one
}

func newFakeCloud(t *testing.T) *fakeCloud {
	f := &fakeCloud{mux: http.NewServeMux()}
	f.mux.HandleFunc("POST /v3/auth/tokens", f.authenticate)
	f.Server = httptest.NewUnstartedServer(f.mux)
	f.Start()
	t.Cleanup(f.Close)
	return f
}

func (f *fakeCloud) authenticate(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.auths, f.agents = append(f.auths, string(body)), append(f.agents, r.UserAgent())
	w.Header().Set("X-Openstack-Request-Id", "req-auth")
	if f.denyAuth {
		w.WriteHeader(401)
		fmt.Fprintf(w, `{"error":{"code":401,"message":"No entry for %s.","title":"Unauthorized"}}`, "hunter2-secret")
		return
	}
	f.tokens++
	f.valid = fmt.Sprintf("token-number-%d", f.tokens)
	w.Header().Set("X-Subject-Token", f.valid)
	w.WriteHeader(201)
	cat := f.catalog
	if cat == "" {
		entry := func(typ, path string) string {
			return fmt.Sprintf(`{"id":"c-%[1]s","type":"%[1]s","name":"the %[1]s","endpoints":[
				{"id":"a","interface":"admin","region":"One","region_id":"One","url":"http://admin.invalid"},
				{"id":"p","interface":"public","region":"One","region_id":"One","url":"%[2]s%[3]s"},
				{"id":"q","interface":"public","region":"Two","region_id":"Two","url":"http://two.invalid%[3]s"}]}`,
				typ, f.URL, path)
		}
		cat = "[" + strings.Join([]string{entry("network", "/net"), entry("image", "/image/"), entry("compute", "/compute/v2.1"),
			entry("volumev3", "/volume/v3/pid"), entry("volumev2", "/volume/v2/pid"), entry("identity", "")}, ",") + "]"
	}
	fmt.Fprintf(w, `{"token":{"methods":["password"],"user":{"id":"uid","name":"demo","domain":{"id":"default","name":"Default"}},
		"project":{"id":"pid","name":"demo","domain":{"id":"default","name":"Default"}},"roles":[{"id":"r1","name":"member"}],
		"issued_at":"2026-11-22T13:14:23.000000Z","expires_at":"2026-11-23T13:14:23.000000Z","catalog":%s}}`, cat)
}

// guarded answers 401 to any token but the valid one.
func (f *fakeCloud) guarded(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		ok := f.valid != "" && r.Header.Get("X-Auth-Token") == f.valid
		f.mu.Unlock()
		if !ok {
			w.WriteHeader(401)
			io.WriteString(w, `{"error":{"code":401,"message":"The request you have made requires authentication."}}`)
			return
		}
		h(w, r)
	}
}

func (f *fakeCloud) revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.valid = ""
}

func (f *fakeCloud) given() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tokens
}

func (f *fakeCloud) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.auths)
}

// lastAuth is the last body sent for a token, with its keys sorted.
func (f *fakeCloud) lastAuth() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var v any
	if json.Unmarshal([]byte(f.auths[len(f.auths)-1]), &v) != nil {
		return ""
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// config is a configuration for the fake cloud.
func (f *fakeCloud) config(t *testing.T, more map[string]string) *Config {
	t.Helper()
	v := map[string]string{"auth_url": f.URL, "username": "demo", "password": "hunter2-secret", "project_name": "demo", "region_name": "One"}
	for k, s := range more {
		v[k] = s
	}
	c, err := FromValues("test", v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// connect gives a connection to the fake cloud whose clock does not wait.
func (f *fakeCloud) connect(t *testing.T, o Options) (*Connection, *clock.Fake) {
	t.Helper()
	fake := clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)).AutoAdvance()
	if o.Clock == nil {
		o.Clock = fake
	}
	c := New(f.config(t, nil), o)
	t.Cleanup(c.Close)
	return c, fake
}
