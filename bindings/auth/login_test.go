package auth_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

// open connects to a simulator as the values tell.
func open(t *testing.T, sim *simulator.Simulator, at clock.Clock, more map[string]string) (*cloud.Connection, *[]cloud.Event) {
	t.Helper()
	v := map[string]string{"auth_url": simulator.InProcessURL + "/identity/v3", "username": "demo", "password": "secret", "project_name": "demo",
		"region_name": "RegionOne", "identity_provider": "simulator", "protocol": "openid", "client_id": "oslua", "client_secret": "secret",
		"discovery_endpoint": simulator.InProcessURL + "/idp/.well-known/openid-configuration"}
	maps.Copy(v, more)
	cfg, err := cloud.FromValues("test", v)
	if err != nil {
		t.Fatal(err)
	}
	var events []cloud.Event
	c := cloud.New(cfg, cloud.Options{DialContext: sim.DialContext, Clock: at, Trace: func(e cloud.Event) { events = append(events, e) }})
	t.Cleanup(c.Close)
	return c, &events
}

func post(t *testing.T, c *cloud.Connection, path string, body, into any) {
	t.Helper()
	resp, err := c.Do(t.Context(), cloud.Request{Service: cloud.Identity, Method: http.MethodPost, Path: path, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(resp.Body, into); err != nil {
			t.Fatal(err)
		}
	}
}

// passcode is what the user's device shows (RFC 6238).
func passcode(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	h := hmac.New(sha1.New, key)
	_ = binary.Write(h, binary.BigEndian, at.Unix()/30)
	sum := h.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[19]&15:])&0x7fffffff%1000000)
}

// Every way to authenticate, against the simulator.
func TestLogins(t *testing.T) {
	const totpSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	at := clock.NewFake(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)).AutoAdvance()
	sim := simulatortest.Start(t, simulator.Options{Clock: at, TokenLifetime: time.Hour})
	demo, _ := open(t, sim, at, nil)
	own, err := demo.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	post(t, demo, "credentials", map[string]any{"credential": map[string]any{"type": "totp", "blob": totpSecret, "user_id": own.UserID}}, nil)
	var app struct {
		Credential struct{ ID, Secret string } `json:"application_credential"`
	}
	post(t, demo, "users/"+own.UserID+"/application_credentials", map[string]any{"application_credential": map[string]any{"name": "mine"}}, &app)
	now := passcode(t, totpSecret, at.Now())

	tests := []struct {
		name     string
		values   map[string]string
		methods  string
		requests int
		user     string // "" for demo's own
	}{
		{"password", nil, "password", 1, ""},
		{"token", map[string]string{"auth_type": "token", "token": own.ID}, "password,token", 1, ""},
		{"application credential", map[string]string{"auth_type": "v3applicationcredential", "application_credential_id": app.Credential.ID,
			"application_credential_secret": app.Credential.Secret}, "application_credential", 1, ""},
		{"passcode", map[string]string{"auth_type": "v3totp", "passcode": now}, "totp", 1, ""},
		{"passcode of the half minute before", map[string]string{"auth_type": "v3totp", "passcode": passcode(t, totpSecret, at.Now().Add(-30*time.Second))}, "totp", 1, ""},
		{"password and passcode", map[string]string{"auth_type": "v3multifactor", "passcode": now}, "password,totp", 1, ""},
		{"OpenID password", map[string]string{"auth_type": "v3oidcpassword"}, "openid,token", 4, "demo"},
		{"OpenID password, ID token", map[string]string{"auth_type": "v3oidcpassword", "access_token_type": "id_token"}, "openid,token", 4, "demo"},
		{"OpenID client credentials", map[string]string{"auth_type": "v3oidcclientcredentials",
			"access_token_endpoint": simulator.InProcessURL + "/idp/token"}, "openid,token", 3, "service-account-oslua"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, events := open(t, sim, at, tt.values)
			tok, err := c.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(tok.Methods)
			if got := strings.Join(tok.Methods, ","); got != tt.methods || tok.ProjectName != "demo" {
				t.Errorf("methods %s in project %q", got, tok.ProjectName)
			}
			if federated := tok.UserID != own.UserID; federated != (tt.user != "") || federated && tok.UserName != tt.user {
				t.Errorf("user %s %s", tok.UserName, tok.UserID)
			}
			if len(*events) != tt.requests {
				t.Errorf("%d requests", len(*events))
			}
			for _, e := range *events {
				if e.Label != cloud.Auth {
					t.Errorf("%s %s is labelled %s", e.Method, e.Path, e.Label)
				}
			}
			if _, err := c.Do(t.Context(), cloud.Request{Service: cloud.Network, Path: "networks"}); err != nil {
				t.Error(err)
			}
		})
	}

	refused := []struct {
		name   string
		values map[string]string
		hint   string
	}{
		{"wrong passcode", map[string]string{"auth_type": "v3totp", "passcode": "000000"}, "passcode"},
		{"passcode of a minute ago", map[string]string{"auth_type": "v3totp", "passcode": passcode(t, totpSecret, at.Now().Add(-time.Minute))}, "half a minute"},
		{"wrong client secret", map[string]string{"auth_type": "v3oidcclientcredentials", "client_secret": "x"}, "client_secret"},
		{"wrong password at the provider", map[string]string{"auth_type": "v3oidcpassword", "password": "x"}, "the provider's"},
		{"unknown provider", map[string]string{"auth_type": "v3oidcpassword", "identity_provider": "x"}, `identity_provider "x"`},
		{"unknown protocol", map[string]string{"auth_type": "v3oidcpassword", "protocol": "x"}, `protocol "x"`},
		{"a token that is none", map[string]string{"auth_type": "v3oidcaccesstoken", "access_token": "x"}, "get a new one"},
		{"nothing mapped", map[string]string{"auth_type": "v3oidcpassword", "openid_scope": "openid"}, "openid_scope"},
		{"no role in the project", map[string]string{"auth_type": "v3oidcpassword", "project_name": "admin"}, `project "admin"`},
	}
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := open(t, sim, at, tt.values)
			_, err := c.Token(t.Context())
			if err == nil || !strings.Contains(fmt.Sprintf("%+v", err)+hint(err), tt.hint) {
				t.Errorf("%v, hint %s", err, hint(err))
			}
		})
	}

	t.Run("two factors wanted", func(t *testing.T) {
		admin, _ := open(t, sim, at, map[string]string{"username": "admin", "project_name": "admin"})
		rules := map[string]any{"user": map[string]any{"options": map[string]any{"multi_factor_auth_rules": [][]string{{"password", "totp"}}}}}
		if _, err := admin.Do(t.Context(), cloud.Request{Service: cloud.Identity, Method: http.MethodPatch, Path: "users/" + own.UserID, Body: rules}); err != nil {
			t.Fatal(err)
		}
		c, _ := open(t, sim, at, nil)
		if _, err := c.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "password and totp") || !strings.Contains(hint(err), "v3multifactor") {
			t.Errorf("%v, hint %s", err, hint(err))
		}
		c, _ = open(t, sim, at, map[string]string{"auth_type": "v3multifactor", "passcode": passcode(t, totpSecret, at.Now())})
		if _, err := c.Token(t.Context()); err != nil {
			t.Error(err)
		}
	})

	t.Run("in mid-run", func(t *testing.T) {
		c, events := open(t, sim, at, map[string]string{"auth_type": "v3oidcpassword"})
		ask := func() {
			t.Helper()
			if _, err := c.Do(t.Context(), cloud.Request{Service: cloud.Network, Path: "networks"}); err != nil {
				t.Fatal(err)
			}
		}
		ask()
		at.Advance(2 * time.Hour)
		ask()
		// 4 to authenticate and 1 to list; then 1 refused, 3 to authenticate and 1 to list.
		if len(*events) != 10 {
			t.Errorf("%d requests", len(*events))
		}
	})
}

func hint(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}
