package bindings_test

import (
	"context"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
)

func TestAuth(t *testing.T) {
	runWire(t, []wireCase{
		{
			name: "who", fn: "auth.whoami", args: ``,
			want: `{"expires_at":"2026-11-23T13:14:23Z","project":"demo","project_domain":"Default","project_id":"pid","region":"One","roles":["member"],"user":"demo","user_domain":"Default","user_id":"uid"}`,
		},
		{
			name: "the secret is left out", fn: "auth.token", args: ``,
			want: `{"expires_at":"2026-11-23T13:14:23Z","issued_at":"2026-11-22T13:14:23Z","methods":["password"],"project":{"domain":{"id":"default","name":"Default"},"id":"pid","name":"demo"},"roles":[{"id":"r1","name":"member"}],"user":{"domain":{"id":"default","name":"Default"},"id":"uid","name":"demo"}}`,
		},
		{name: "no such service", fn: "auth.endpoint", args: `"netwrk", { interface = "internal" }`, fail: &failure{"not_found", "auth.endpoint", `no service "netwrk"`, `did you mean "network"?`}},
		{name: "no such interface", fn: "auth.endpoint", args: `"network", { interface = "admin" }`, fail: &failure{"not_found", "auth.endpoint", "no admin endpoint", "internal in One"}},
		{name: "no such service here", fn: "auth.endpoint", args: `"rating"`, fail: &failure{code: "config", op: "auth.endpoint"}},
		{name: "other interface", fn: "auth.endpoint", args: `"network", { interface = "internal" }`, want: `"http://internal.invalid"`},
		{
			name: "mine", fn: "auth.projects", args: ``,
			wire: []exchange{{want: "GET auth/projects", answer: `{"links":{},"projects":[{"id":"pid","name":"demo"}]}`}},
			want: `[{"id":"pid","name":"demo"}]`,
		},
		{name: "no cloud", fn: "auth.connect", args: `{}`, fail: &failure{code: "bad_argument", op: "auth.connect"}},
		{name: "nobody to connect", fn: "auth.connect", args: `{ cloud = "other" }`, fail: &failure{code: "config", op: "auth.connect"}},
	})
}

func TestAuthReveal(t *testing.T) {
	f := on(t)
	got, err := f.call("auth.token", `{ reveal = true }`)
	if err != nil || !strings.Contains(got, `"id":"the-token-of-demo"`) {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err = f.call("auth.catalog", ``); err != nil || !strings.Contains(got, `"type":"network"`) || !strings.Contains(got, `"interface":"internal"`) {
		t.Errorf("catalog: got %s, %v", got, err)
	}
	if got, err = f.call("auth.endpoint", `"network"`); err != nil || !strings.HasSuffix(got, `/v2.0/"`) {
		t.Errorf("endpoint: got %s, %v", got, err)
	}
	if n := f.conn.Requests(); n != 1 {
		t.Errorf("%d requests, want 1: the token", n)
	}
}

func TestAuthExplain(t *testing.T) {
	f := on(t)
	for _, args := range []string{``, `{ text = true }`} {
		got, err := f.call("auth.explain", args)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got, "auth_url") || strings.Contains(got, "secret-password") {
			t.Errorf("explain(%s) gave %s", args, got)
		}
	}
	if n := f.conn.Requests(); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func TestAuthConnect(t *testing.T) {
	other := newFakeCloud(t, exchange{want: "GET networks", answer: `{"networks":[{"id":"there"}]}`})
	cfg := configOf(t, other)
	var asked []string
	f := newFixture(t, configOf(t, newFakeCloud(t)), nil, func(_ context.Context, name string, overrides map[string]string) (*cloud.Connection, error) {
		asked = append(asked, name, overrides["region_name"], overrides["project_name"])
		conn := cloud.New(cfg, cloud.Options{Retries: -1})
		t.Cleanup(conn.Close)
		return conn, nil
	}, cloud.Options{Retries: -1})
	out, err := f.raw(t.Context(), "auth.connect", `{ cloud = "other", region = "Two", project_name = "p" }`)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(asked, " "); got != "other Two p" {
		t.Errorf("asked for %q", got)
	}
	mods, ok := out.(schema.Modules)
	if !ok || len(mods) != len(f.mods) {
		t.Fatalf("got %T of %d modules", out, len(mods))
	}
	f.mods = mods
	if got, err := f.call("networks.list", `{}`); err != nil || got != `[{"id":"there"}]` {
		t.Errorf("the other cloud has %s, %v", got, err)
	}
}
