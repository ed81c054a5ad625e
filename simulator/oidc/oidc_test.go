package oidc_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

type fakeClock struct{ now time.Time }

func (c *fakeClock) Now() time.Time { return c.now }

type object = map[string]any

// site is a simulator asked by hand.
type site struct {
	t     *testing.T
	sim   *simulator.Simulator
	clock *fakeClock
}

func newSite(t *testing.T) *site {
	clock := &fakeClock{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	return &site{t, simulatortest.Start(t, simulator.Options{Clock: clock, TokenLifetime: time.Hour}), clock}
}

// send sends a request; a form goes in the body of a POST. Headers come in pairs.
func (s *site) send(method, path string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, "http://cloud:5000"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.sim.Handler().ServeHTTP(w, r)
	return w
}

func decoded(w *httptest.ResponseRecorder) object {
	var o object
	_ = json.Unmarshal(w.Body.Bytes(), &o)
	return o
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// token asks the token endpoint as the client oslua.
func (s *site) token(pairs ...string) (int, object) {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	w := s.send("POST", "/idp/token", form, "Authorization", basic("oslua", "secret"))
	if w.Header().Get("Cache-Control") != "no-store" && w.Code == 200 {
		s.t.Error("a token may be cached")
	}
	return w.Code, decoded(w)
}

func text(o object, key string) string { v, _ := o[key].(string); return v }

// claims checks a token's signature by the published keys and gives its claims.
func (s *site) claims(token string) object {
	s.t.Helper()
	keys := decoded(s.send("GET", "/idp/jwks", nil))["keys"].([]any)
	key := keys[0].(object)
	bytesOf := func(name string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(text(key, name))
		if err != nil {
			s.t.Fatal(err)
		}
		return b
	}
	public := &rsa.PublicKey{N: new(big.Int).SetBytes(bytesOf("n")), E: int(new(big.Int).SetBytes(bytesOf("e")).Int64())}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		s.t.Fatalf("not a token: %q", token)
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], sig); err != nil {
		s.t.Fatal(err)
	}
	var o object
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(raw, &o) != nil {
		s.t.Fatalf("claims %s, %v", raw, err)
	}
	return o
}

func TestDiscovery(t *testing.T) {
	s := newSite(t)
	w := s.send("GET", "/idp/.well-known/openid-configuration", nil)
	doc := decoded(w)
	if w.Code != 200 || doc["issuer"] != "http://cloud:5000/idp" {
		t.Fatalf("%d %v", w.Code, doc)
	}
	// What it names is there: none answers 404.
	for key, v := range doc {
		address, _ := v.(string)
		if !strings.HasSuffix(key, "_endpoint") && key != "jwks_uri" {
			continue
		}
		for _, method := range []string{"GET", "POST"} {
			if w := s.send(method, strings.TrimPrefix(address, "http://cloud:5000"), nil); w.Code == 404 || w.Code >= 500 {
				t.Errorf("%s %s: %d", method, address, w.Code)
			}
		}
	}
}

func TestGrants(t *testing.T) {
	s := newSite(t)
	tests := []struct {
		name   string
		in     []string
		status int
		err    string
		who    string
		id     bool // an ID token comes too
	}{
		{"password", []string{"grant_type", "password", "username", "demo", "password", "secret", "scope", "openid profile email"}, 200, "", "demo", true},
		{"password without openid", []string{"grant_type", "password", "username", "admin", "password", "secret", "scope", "profile"}, 200, "", "admin", false},
		{"wrong password", []string{"grant_type", "password", "username", "demo", "password", "x"}, 400, "invalid_grant", "", false},
		{"unknown user", []string{"grant_type", "password", "username", "nobody", "password", "secret"}, 400, "invalid_grant", "", false},
		{"a service account has no password", []string{"grant_type", "password", "username", "service-account-oslua", "password", "secret"}, 400, "invalid_grant", "", false},
		{"no password", []string{"grant_type", "password", "username", "demo"}, 400, "invalid_request", "", false},
		{"client credentials", []string{"grant_type", "client_credentials"}, 200, "", "service-account-oslua", true},
		{"no grant", nil, 400, "invalid_request", "", false},
		{"unknown grant", []string{"grant_type", "implicit"}, 400, "unsupported_grant_type", "", false},
		{"wrong code", []string{"grant_type", "authorization_code", "code", "x"}, 400, "invalid_grant", "", false},
		{"wrong refresh token", []string{"grant_type", "refresh_token", "refresh_token", "x"}, 400, "invalid_grant", "", false},
		{"wrong device code", []string{"grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", "x"}, 400, "invalid_grant", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, o := s.token(tt.in...)
			if status != tt.status || text(o, "error") != tt.err {
				t.Fatalf("%d %v", status, o)
			}
			if tt.err != "" {
				return
			}
			c := s.claims(text(o, "access_token"))
			if c["preferred_username"] != tt.who || c["iss"] != "http://cloud:5000/idp" || c["exp"] != float64(s.clock.now.Add(time.Hour).Unix()) {
				t.Errorf("claims %v", c)
			}
			if (o["id_token"] != nil) != tt.id {
				t.Errorf("id_token %v", o["id_token"])
			}
			if tt.id {
				if id := s.claims(text(o, "id_token")); id["aud"] != "oslua" || id["sub"] != c["sub"] {
					t.Errorf("id token %v", id)
				}
			}
		})
	}
}

func TestClient(t *testing.T) {
	s := newSite(t)
	form := url.Values{"grant_type": {"client_credentials"}}
	inForm := func(id, secret string) url.Values {
		return url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
	}
	tests := []struct {
		name    string
		form    url.Values
		headers []string
		status  int
		err     string
	}{
		{"basic", form, []string{"Authorization", basic("oslua", "secret")}, 200, ""},
		{"in the form", inForm("oslua", "secret"), nil, 200, ""},
		{"wrong secret", form, []string{"Authorization", basic("oslua", "x")}, 401, "invalid_client"},
		{"wrong secret in the form", inForm("oslua", "x"), nil, 401, "invalid_client"},
		{"unknown", form, []string{"Authorization", basic("x", "secret")}, 401, "invalid_client"},
		{"none", form, nil, 401, "invalid_client"},
		{"JSON", nil, []string{"Content-Type", "application/json"}, 400, "invalid_request"},
		{"twice", url.Values{"grant_type": {"a", "b"}}, nil, 400, "invalid_request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := s.send("POST", "/idp/token", tt.form, tt.headers...)
			if w.Code != tt.status || text(decoded(w), "error") != tt.err {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if challenged := w.Header().Get("Www-Authenticate") != ""; challenged != (tt.status == 401 && tt.headers != nil) {
				t.Errorf("challenge %v", w.Header())
			}
		})
	}
}

// login goes to the login page with a query and logs in there; it gives where the browser is sent.
func (s *site) login(query url.Values, user, password, answer string) (*httptest.ResponseRecorder, url.Values) {
	s.t.Helper()
	path := "/idp/authorize?" + query.Encode()
	if w := s.send("GET", path, nil); w.Code != 200 || !strings.Contains(w.Body.String(), "<form") {
		s.t.Fatalf("login page: %d %s", w.Code, w.Body)
	}
	w := s.send("POST", path, url.Values{"username": {user}, "password": {password}, "answer": {answer}})
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil {
		s.t.Fatal(err)
	}
	return w, to.Query()
}

func TestCode(t *testing.T) {
	const callback = "http://127.0.0.1:9000/callback"
	query := func(more ...string) url.Values {
		q := url.Values{"client_id": {"oslua"}, "response_type": {"code"}, "redirect_uri": {callback}, "scope": {"openid profile"}, "state": {"st"}, "nonce": {"n"}}
		for i := 0; i+1 < len(more); i += 2 {
			q.Set(more[i], more[i+1])
		}
		return q
	}
	redeem := func(s *site, code string, more ...string) (int, object) {
		return s.token(append([]string{"grant_type", "authorization_code", "code", code, "redirect_uri", callback}, more...)...)
	}
	t.Run("plain", func(t *testing.T) {
		s := newSite(t)
		w, back := s.login(query(), "demo", "secret", "yes")
		if w.Code != 302 || !strings.HasPrefix(w.Header().Get("Location"), callback+"?") || back.Get("state") != "st" || back.Get("iss") != "http://cloud:5000/idp" {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
		status, o := redeem(s, back.Get("code"))
		if status != 200 || s.claims(text(o, "id_token"))["nonce"] != "n" {
			t.Fatalf("%d %v", status, o)
		}
		if status, o := redeem(s, back.Get("code")); status != 400 || o["error"] != "invalid_grant" {
			t.Errorf("a code works twice: %d %v", status, o)
		}
	})
	t.Run("late", func(t *testing.T) {
		s := newSite(t)
		_, back := s.login(query(), "demo", "secret", "yes")
		s.clock.now = s.clock.now.Add(2 * time.Minute)
		if status, o := redeem(s, back.Get("code")); status != 400 {
			t.Errorf("%d %v", status, o)
		}
	})
	t.Run("PKCE", func(t *testing.T) {
		s := newSite(t)
		const verifier = "a-verifier-of-at-least-forty-three-characters-is-wanted"
		sum := sha256.Sum256([]byte(verifier))
		_, back := s.login(query("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256"), "demo", "secret", "yes")
		for _, tt := range []struct {
			verifier string
			status   int
		}{{"", 400}, {"other", 400}, {verifier, 200}} {
			if status, o := redeem(s, back.Get("code"), "code_verifier", tt.verifier); status != tt.status {
				t.Errorf("%q: %d %v", tt.verifier, status, o)
			}
		}
	})
	t.Run("mistakes", func(t *testing.T) {
		s := newSite(t)
		if w, _ := s.login(query(), "demo", "x", "yes"); w.Code != 401 || !strings.Contains(w.Body.String(), "wrong") {
			t.Errorf("wrong password: %d", w.Code)
		}
		if _, back := s.login(query(), "", "", "no"); back.Get("error") != "access_denied" {
			t.Errorf("cancelled: %v", back)
		}
		for name, q := range map[string]url.Values{"client": query("client_id", "x"), "foreign address": query("redirect_uri", "https://example.com/")} {
			if w := s.send("GET", "/idp/authorize?"+q.Encode(), nil); w.Code != 400 || w.Header().Get("Location") != "" {
				t.Errorf("%s: %d %v", name, w.Code, w.Header())
			}
		}
		if w := s.send("GET", "/idp/authorize?"+query("response_type", "token").Encode(), nil); w.Code != 302 || !strings.Contains(w.Header().Get("Location"), "unsupported_response_type") {
			t.Errorf("response type: %d %v", w.Code, w.Header())
		}
		q := query("client_id", `<script>alert(1)</script>`)
		if w := s.send("GET", "/idp/authorize?"+q.Encode(), nil); bytes.Contains(w.Body.Bytes(), []byte("<script>")) {
			t.Error("the page runs what it is given")
		}
	})
	t.Run("without a browser to come back to", func(t *testing.T) {
		s := newSite(t)
		w, _ := s.login(query("redirect_uri", "urn:ietf:wg:oauth:2.0:oob"), "demo", "secret", "yes")
		if w.Code != 200 || !strings.Contains(w.Body.String(), "<code>") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestRefresh(t *testing.T) {
	s := newSite(t)
	_, o := s.token("grant_type", "password", "username", "demo", "password", "secret", "scope", "openid profile")
	first := text(o, "refresh_token")
	s.clock.now = s.clock.now.Add(2 * time.Hour)
	if status, o := s.token("grant_type", "refresh_token", "refresh_token", first, "scope", "openid email"); status != 400 || o["error"] != "invalid_scope" {
		t.Errorf("a wider scope: %d %v", status, o)
	}
	status, o := s.token("grant_type", "refresh_token", "refresh_token", first)
	if status != 200 || s.claims(text(o, "access_token"))["preferred_username"] != "demo" {
		t.Fatalf("%d %v", status, o)
	}
	if status, _ := s.token("grant_type", "refresh_token", "refresh_token", first); status != 400 {
		t.Error("a refresh token works twice")
	}
}

func TestDevice(t *testing.T) {
	s := newSite(t)
	begin := decoded(s.send("POST", "/idp/device_authorization", url.Values{"client_id": {"oslua"}, "client_secret": {"secret"}}))
	ask := func() (int, object) {
		return s.token("grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", text(begin, "device_code"))
	}
	if status, o := ask(); status != 400 || o["error"] != "authorization_pending" {
		t.Fatalf("%d %v", status, o)
	}
	if _, o := ask(); o["error"] != "slow_down" {
		t.Errorf("at once again: %v", o)
	}
	form := func(password string) url.Values {
		return url.Values{"user_code": {text(begin, "user_code")}, "username": {"demo"}, "password": {password}, "answer": {"yes"}}
	}
	if w := s.send("POST", "/idp/device", form("x")); w.Code != 401 {
		t.Errorf("wrong password: %d", w.Code)
	}
	if w := s.send("POST", "/idp/device", form("secret")); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.clock.now = s.clock.now.Add(10 * time.Second)
	if status, o := ask(); status != 200 || o["access_token"] == nil {
		t.Errorf("%d %v", status, o)
	}
	if status, _ := ask(); status != 400 {
		t.Error("a device code works twice")
	}
}

func TestTokenEndpoints(t *testing.T) {
	s := newSite(t)
	_, o := s.token("grant_type", "password", "username", "demo", "password", "secret", "scope", "openid email")
	access := text(o, "access_token")
	client := url.Values{"client_id": {"oslua"}, "client_secret": {"secret"}, "token": {access}}
	userinfo := func(token string) (int, object) {
		w := s.send("GET", "/idp/userinfo", nil, "Authorization", "Bearer "+token)
		return w.Code, decoded(w)
	}
	if status, o := userinfo(access); status != 200 || o["email"] != "demo@example.com" || o["preferred_username"] != nil {
		t.Errorf("%d %v", status, o)
	}
	if status, _ := userinfo(access[:len(access)-4] + "AAAA"); status != 401 {
		t.Errorf("a forged token: %d", status)
	}
	if status, _ := userinfo(text(o, "id_token")); status != 401 {
		t.Errorf("an ID token is no access token: %d", status)
	}
	if o := decoded(s.send("POST", "/idp/introspect", client)); o["active"] != true || o["client_id"] != "oslua" {
		t.Errorf("%v", o)
	}
	if w := s.send("POST", "/idp/introspect", url.Values{"token": {access}}); w.Code != 401 {
		t.Errorf("introspection by a stranger: %d", w.Code)
	}
	if w := s.send("POST", "/idp/revoke", client); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if o := decoded(s.send("POST", "/idp/introspect", client)); o["active"] != false {
		t.Errorf("revoked: %v", o)
	}
	_, o = s.token("grant_type", "client_credentials")
	s.clock.now = s.clock.now.Add(time.Hour)
	if status, _ := userinfo(text(o, "access_token")); status != 401 {
		t.Errorf("an expired token: %d", status)
	}
}
