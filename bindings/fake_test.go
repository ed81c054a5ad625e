package bindings_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"github.com/oslua/oslua/bindings"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// exchange is one request a call must send, and its answer.
type exchange struct {
	want   string // "POST networks": method and what follows the endpoint, the query decoded
	body   string // JSON, "" for none
	header string // "If-Match: revision_number=3", "" when it does not matter
	status int    // 200 when 0
	answer string
}

// fakeCloud answers requests from a list, in order, and complains of any other.
type fakeCloud struct {
	*httptest.Server
	t testing.TB

	mu     sync.Mutex
	expect []exchange
	sent   []string
}

func newFakeCloud(t testing.TB, expect ...exchange) *fakeCloud {
	f := &fakeCloud{t: t, expect: expect}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() {
		f.Close()
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, e := range f.expect {
			t.Errorf("not sent: %s %s", e.want, e.body)
		}
	})
	return f
}

func (f *fakeCloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == "POST" && r.URL.Path == "/v3/auth/tokens" {
		f.authenticate(w)
		return
	}
	body, _ := io.ReadAll(r.Body)
	path := r.URL.EscapedPath()
	for _, version := range []string{"/v2.0/", "/v2.1/", "/v2/", "/v3/"} {
		path = strings.TrimPrefix(path, version)
	}
	got := r.Method + " " + path
	if q := r.URL.Query(); len(q) > 0 {
		var parts []string
		for _, pair := range strings.Split(q.Encode(), "&") {
			k, v, _ := strings.Cut(pair, "=")
			parts = append(parts, unescape(k)+"="+unescape(v))
		}
		got += "?" + strings.Join(parts, "&")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, got)
	if len(f.expect) == 0 {
		f.t.Errorf("sent one request too many: %s %s", got, body)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	e := f.expect[0]
	f.expect = f.expect[1:]
	if diff := cmp.Diff(e.want+" "+canonical(e.body), got+" "+canonical(string(body))); diff != "" {
		f.t.Errorf("wrong request (-want +got):\n%s", diff)
	}
	if name, value, ok := strings.Cut(e.header, ": "); ok && r.Header.Get(name) != value {
		f.t.Errorf("%s: header %s is %q, want %q", e.want, name, r.Header.Get(name), value)
	}
	if e.status == 0 {
		e.status = http.StatusOK
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Openstack-Request-Id", "req-1")
	w.WriteHeader(e.status)
	_, _ = io.WriteString(w, strings.ReplaceAll(e.answer, "$URL", f.URL))
}

func (f *fakeCloud) authenticate(w http.ResponseWriter) {
	w.Header().Set("X-Subject-Token", "the-token-of-demo")
	w.WriteHeader(http.StatusCreated)
	service := func(typ, path string) string {
		return fmt.Sprintf(`{"id":"c-%[1]s","type":"%[1]s","name":"%[1]s-name","endpoints":[
			{"id":"p","interface":"public","region":"One","region_id":"One","url":"%[2]s%[3]s"},
			{"id":"q","interface":"internal","region":"One","region_id":"One","url":"http://internal.invalid%[3]s"}]}`, typ, f.URL, path)
	}
	_, _ = fmt.Fprintf(w, `{"token":{"methods":["password"],"user":{"id":"uid","name":"demo","domain":{"id":"default","name":"Default"}},
		"project":{"id":"pid","name":"demo","domain":{"id":"default","name":"Default"}},"roles":[{"id":"r1","name":"member"}],
		"issued_at":"2026-11-22T13:14:23.000000Z","expires_at":"2026-11-23T13:14:23.000000Z","catalog":[%s,%s,%s,%s]}}`,
		service("network", ""), service("identity", ""), service("compute", ""), service("image", ""))
}

func unescape(s string) string {
	return strings.NewReplacer("%3A", ":", "%3D", "=", "%2C", ",", "%2F", "/", "+", " ").Replace(s)
}

// canonical writes JSON with sorted keys; anything else comes back as it is.
func canonical(s string) string {
	var v any
	if json.Unmarshal([]byte(s), &v) != nil {
		return s
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// fixture is the modules of a connection, called as Lua calls them.
type fixture struct {
	t    testing.TB
	conn *cloud.Connection
	mods []schema.Module
	l    *lua.LState
}

type connector = func(context.Context, string, map[string]string) (*cloud.Connection, error)

func newFixture(t testing.TB, cfg *cloud.Config, clk clock.Clock, connect connector, o cloud.Options) *fixture {
	return fixtureOf(t, cfg, bindings.Options{Clock: clk, Connect: connect}, o)
}

func fixtureOf(t testing.TB, cfg *cloud.Config, b bindings.Options, o cloud.Options) *fixture {
	conn := cloud.New(cfg, o)
	t.Cleanup(conn.Close)
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	l.Env.RawSetString("null", rawjson.Null)
	t.Cleanup(l.Close)
	return &fixture{t, conn, bindings.All(conn, b), l}
}

// on gives the modules of a cloud that expects these requests.
func on(t testing.TB, expect ...exchange) *fixture {
	t.Helper()
	clk := clock.NewFake(time.Date(2026, 11, 22, 13, 15, 0, 0, time.UTC)).AutoAdvance()
	return newFixture(t, configOf(t, newFakeCloud(t, expect...)), clk, nil, cloud.Options{Retries: -1})
}

func configOf(t testing.TB, f *fakeCloud) *cloud.Config {
	t.Helper()
	cfg, err := cloud.FromValues("test", map[string]string{
		"auth_url": f.URL, "username": "demo", "password": "secret-password", "project_name": "demo",
		"user_domain_id": "default", "project_domain_id": "default", "region_name": "One",
	})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// call calls a function ("networks.create") with arguments written in Lua, and gives its results as a script sees
// them, in JSON: an array when there are several.
func (f *fixture) call(fn, args string) (string, error) {
	f.t.Helper()
	// What a test cleans up is done after its own context has ended.
	out, err := f.raw(context.WithoutCancel(f.t.Context()), fn, args)
	if err != nil {
		return "", err
	}
	return f.show(out), nil
}

func (f *fixture) raw(ctx context.Context, fn, args string) (any, error) {
	f.t.Helper()
	if err := f.l.DoString("return " + args); err != nil {
		f.t.Fatalf("%s(%s): %v", fn, args, err)
	}
	values := make([]lua.LValue, f.l.GetTop())
	for i := range values {
		values[i] = f.l.Get(i + 1)
	}
	f.l.SetTop(0)
	module, name, _ := strings.Cut(fn, ".")
	for _, m := range f.mods {
		if m.Name != module {
			continue
		}
		if d, ok := m.Lookup(name); ok {
			in, err := d.Decode(fn, values)
			if err != nil {
				return nil, err
			}
			return d.Call(ctx, in)
		}
	}
	f.t.Fatalf("there is no %s", fn)
	return nil, nil
}

func (f *fixture) show(v any) string {
	f.t.Helper()
	switch v := v.(type) {
	case schema.None:
		return ""
	case schema.Object:
		return canonical(string(member(v.JSON, v.Key)))
	case schema.Raw:
		return canonical(string(member(v.JSON, v.Key)))
	case schema.List:
		all := []any{}
		for _, p := range v.Pages {
			var rows []any
			if err := json.Unmarshal(member(p, v.Key), &rows); err != nil {
				f.t.Fatal(err)
			}
			all = append(all, rows...)
		}
		return marshal(all)
	case schema.Values:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = f.show(v[i])
		}
		return strings.Join(parts, " ")
	case schema.Iter:
		var pages []string
		for {
			p, err := v.Next(f.t.Context())
			if err != nil {
				f.t.Fatal(err)
			}
			if p == nil {
				return strings.Join(pages, " ")
			}
			pages = append(pages, canonical(string(member(p, v.Key))))
		}
	case nil:
		return "nil"
	}
	return marshal(v)
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func member(body []byte, key string) json.RawMessage {
	if key == "" {
		return body
	}
	raw, _ := rawjson.Get(body, key)
	return raw
}

// failure is what a test says of an error: the parts that are not "".
type failure struct{ code, op, says, hint string }

func (want failure) check(t *testing.T, err error) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an error of code %s", err, want.code)
	}
	if string(e.Code) != want.code {
		t.Errorf("code %s, want %s (%v)", e.Code, want.code, e)
	}
	if want.op != "" && e.Op != want.op {
		t.Errorf("op %q, want %q", e.Op, want.op)
	}
	if !strings.Contains(e.Message, want.says) {
		t.Errorf("message %q does not say %q", e.Message, want.says)
	}
	if !strings.Contains(e.Hint, want.hint) {
		t.Errorf("hint %q does not say %q", e.Hint, want.hint)
	}
	if strings.Contains(fmt.Sprintf("%+v", *e), "secret-password") {
		t.Errorf("a secret is in the error: %+v", *e)
	}
}

// wireCase is one call and what goes over the wire for it.
type wireCase struct {
	name string
	fn   string
	args string
	wire []exchange
	want string // the results in JSON
	fail *failure
}

func runWire(t *testing.T, cases []wireCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.fn+"/"+c.name, func(t *testing.T) {
			got, err := on(t, c.wire...).call(c.fn, c.args)
			if c.fail != nil {
				c.fail.check(t, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("wrong result (-want +got):\n%s", diff)
			}
		})
	}
}

const (
	netID  = "6a59ba27-a42e-4101-ab9f-02cc36339983"
	subID  = "3388d6ed-5a70-484d-a992-2beee065ba08"
	rtrID  = "2cfda77a-9288-4b83-b5d5-ef3e330ce12d"
	portID = "bc5319e0-46c6-45bb-9f30-4826ed952011"
	pubID  = "4563effd-315e-4f65-839b-6a58d5f54db2"
	sgID   = "ce48a8ba-559d-4a94-9866-3e908a481e02"
	noID   = "00000000-0000-4000-8000-000000000000"
)

// neutronError is an error body of the networking service.
func neutronError(kind, message string) string {
	return fmt.Sprintf(`{"NeutronError":{"type":%q,"message":%q,"detail":""}}`, kind, message)
}
