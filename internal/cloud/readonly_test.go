package cloud

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/oslua/oslua/engine/errs"
)

// noted notes what leaves, and answers nothing of it.
type noted struct {
	mu  sync.Mutex
	all []string
}

var errWire = errors.New("nothing is behind this wire")

func (w *noted) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, r.Method+" "+r.URL.Path)
	return nil, errWire
}

func TestGuardLetsOnlyReadingAndAuthenticatingThrough(t *testing.T) {
	oidc := map[string]string{"auth_type": "v3oidcclientcredentials", "identity_provider": "corp", "protocol": "openid", "client_id": "me",
		"client_secret": "s", "access_token_endpoint": "https://sso.example/token"}
	password := map[string]string{"username": "demo", "password": "p", "project_name": "demo"}
	for _, tt := range []struct {
		values      map[string]string
		method, url string
		override    string
		want        bool
	}{
		{password, "GET", "https://net.example/v2.0/networks", "", true},
		{password, "HEAD", "https://img.example/v2/images/1", "", true},
		{password, "POST", "https://id.example/v3/auth/tokens", "", true},
		{password, "GET", "https://net.example/v2.0/networks/1", "DELETE", false},
		{password, "DELETE", "https://id.example/v3/auth/tokens", "", false},
		{password, "POST", "https://id.example/v3/auth/tokens/", "", false},
		{password, "POST", "https://id.example/v3/auth/tokens?x=1", "", false},
		{password, "POST", "https://other.example/v3/auth/tokens", "", false},
		{password, "POST", "https://id.example/v3/projects", "", false},
		{password, "POST", "https://net.example/v2.0/networks", "", false},
		{password, "PUT", "https://net.example/v2.0/networks/1", "", false},
		{password, "PATCH", "https://img.example/v2/images/1", "", false},
		{password, "DELETE", "https://net.example/v2.0/networks/1", "", false},
		{password, "OPTIONS", "https://net.example/v2.0/", "", false},
		{password, "TRACE", "https://net.example/v2.0/", "", false},
		{password, "get", "https://net.example/v2.0/", "", false},
		{password, "POST", "https://sso.example/token", "", false},
		{password, "POST", "https://id.example/v3/OS-FEDERATION/identity_providers/corp/protocols/openid/auth", "", false},
		{oidc, "POST", "https://sso.example/token", "", true},
		{oidc, "POST", "https://id.example/v3/OS-FEDERATION/identity_providers/corp/protocols/openid/auth", "", true},
		{oidc, "POST", "https://id.example/v3/OS-FEDERATION/identity_providers/corp/protocols/openid", "", false},
		{oidc, "POST", "https://sso.example/users", "", false},
	} {
		values := map[string]string{"auth_url": "https://id.example/v3"}
		for k, v := range tt.values {
			values[k] = v
		}
		cfg, err := FromValues("test", values)
		if err != nil {
			t.Fatal(err)
		}
		w := &noted{}
		conn := New(cfg, Options{Transport: w}).ReadOnly()
		req, err := http.NewRequestWithContext(t.Context(), tt.method, tt.url, strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		if tt.override != "" {
			req.Header.Set("X-Http-Method-Override", tt.override)
		}
		_, err = conn.client.Transport.RoundTrip(req)
		if sent := len(w.all) == 1; sent != tt.want || errors.Is(err, errWire) != tt.want {
			t.Errorf("%s %s: sent %v, want %v (%v)", tt.method, tt.url, sent, tt.want, err)
		}
	}
}

func TestReadOnlyConnection(t *testing.T) {
	f := newFakeCloud(t)
	f.mux.HandleFunc("/net/", f.guarded(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"networks":[]}`)) }))
	conn, _ := f.connect(t, Options{})
	if _, err := conn.Do(t.Context(), Request{Service: Network, Path: "networks"}); err != nil {
		t.Fatal(err)
	}
	r := conn.ReadOnly()
	t.Cleanup(r.Close)
	if _, err := r.Do(t.Context(), Request{Service: Network, Path: "networks"}); err != nil {
		t.Fatal(err)
	}
	if f.given() != 1 {
		t.Errorf("%d tokens were asked for: the one there is will do", f.given())
	}
	_, err := r.Do(t.Context(), Request{Service: Network, Method: "POST", Path: "networks", Body: map[string]any{"network": map[string]any{}}})
	e := wantError(t, err, errs.Forbidden)
	if !strings.Contains(e.Message, "POST /net/v2.0/networks was not sent") {
		t.Errorf("message: %s", e.Message)
	}
	// A token that has ended is replaced: that is no change.
	f.revoke()
	if _, err := r.Do(t.Context(), Request{Service: Network, Path: "networks"}); err != nil {
		t.Fatal(err)
	}
	if f.given() != 2 {
		t.Errorf("%d tokens, want 2", f.given())
	}
}
