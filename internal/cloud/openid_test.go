package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/oslua/oslua/engine/errs"
)

const (
	clientSecret   = "client-secret-hush"
	accessToken    = "access-token-hush"
	idToken        = "id-token-hush"
	personPassword = "hunter2-secret"
)

// fakeProvider is an OpenID Connect provider beside a fake cloud, and the cloud's federation.
type fakeProvider struct {
	*fakeCloud

	mu       sync.Mutex
	requests []string // "POST /idp/token", as they came
	form     url.Values
	basic    string
	bearer   string
	answers  map[string]answerOf // by path, in place of the usual
	document map[string]any      // beyond the usual in the discovery document
}

type answerOf struct {
	status int
	header map[string]string
	body   string
}

func newFakeProvider(t *testing.T) *fakeProvider {
	p := &fakeProvider{fakeCloud: newFakeCloud(t), answers: map[string]answerOf{}}
	handle := func(pattern string, usual func(w http.ResponseWriter, r *http.Request)) {
		p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.requests = append(p.requests, r.Method+" "+r.URL.Path)
			if a, ok := p.answers[r.URL.Path]; ok {
				for k, v := range a.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(a.status)
				io.WriteString(w, a.body)
				return
			}
			usual(w, r)
		})
	}
	handle("GET /idp/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		doc := map[string]any{"token_endpoint": p.URL + "/idp/token", "grant_types_supported": []string{"password", "client_credentials"}}
		maps.Copy(doc, p.document)
		json.NewEncoder(w).Encode(doc)
	})
	handle("POST /idp/token", func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		p.form = r.PostForm
		id, secret, _ := r.BasicAuth()
		p.basic = id + ":" + secret
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"id_token":%q,"token_type":"Bearer","expires_in":60}`, accessToken, idToken)
	})
	handle("POST /v3/OS-FEDERATION/identity_providers/{idp}/protocols/{protocol}/auth", func(w http.ResponseWriter, r *http.Request) {
		p.bearer = r.Header.Get("Authorization")
		w.Header().Set("X-Subject-Token", "unscoped-hush")
		w.WriteHeader(201)
		fmt.Fprintf(w, `{"token":{"methods":["openid"],"user":{"id":"fid","name":"demo","domain":{"id":"d","name":"D"},
			"OS-FEDERATION":{"identity_provider":{"id":%q},"protocol":{"id":%q},"groups":[]}},
			"issued_at":"2026-11-22T13:14:23.000000Z","expires_at":"2026-11-23T13:14:23.000000Z"}}`, r.PathValue("idp"), r.PathValue("protocol"))
	})
	return p
}

// values are a configuration for OpenID Connect; "" takes one away.
func (p *fakeProvider) values(kind string, more map[string]string) map[string]string {
	v := map[string]string{"auth_type": kind, "auth_url": p.URL, "identity_provider": "corp", "protocol": "openid",
		"client_id": "lab", "client_secret": clientSecret, "username": "demo", "password": personPassword, "access_token": accessToken,
		"discovery_endpoint": p.URL + "/idp/.well-known/openid-configuration", "project_name": "demo", "region_name": "One"}
	maps.Copy(v, more)
	return v
}

// sawAll is a trace that keeps lines and curl commands.
func (p *fakeProvider) open(t *testing.T, values map[string]string) (*Connection, *strings.Builder) {
	t.Helper()
	cfg, err := FromValues("test", values)
	if err != nil {
		t.Fatal(err)
	}
	var seen strings.Builder
	lines, curls := TraceLines(&seen), TraceCurl(&seen)
	c := New(cfg, Options{Retries: -1, Trace: func(e Event) { lines(e); curls(e) }})
	t.Cleanup(c.Close)
	return c, &seen
}

func noSecrets(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range []string{clientSecret, accessToken, idToken, personPassword, "unscoped-hush", "token-number-1"} {
		if strings.Contains(text, s) {
			t.Errorf("%s shows %s:\n%s", where, s, text)
		}
	}
}

func TestOpenID(t *testing.T) {
	const discover, token = "GET /idp/.well-known/openid-configuration", "POST /idp/token"
	const login = "POST /v3/OS-FEDERATION/identity_providers/corp/protocols/openid/auth"
	tests := []struct {
		name     string
		kind     string
		more     map[string]string
		document map[string]any
		requests []string
		form     string
		basic    string
		bearer   string
		scoped   bool
	}{
		{"password", "v3oidcpassword", nil, nil, []string{discover, token, login},
			"grant_type=password&password=hunter2-secret&scope=openid+profile&username=demo", "lab:" + clientSecret, accessToken, true},
		{"password, known endpoint", "v3oidcpassword", map[string]string{"discovery_endpoint": "", "access_token_endpoint": "+/idp/token", "openid_scope": "openid"}, nil,
			[]string{token, login}, "grant_type=password&password=hunter2-secret&scope=openid&username=demo", "lab:" + clientSecret, accessToken, true},
		{"both endpoints", "v3oidcpassword", map[string]string{"access_token_endpoint": "+/idp/token"}, nil,
			[]string{token, login}, "grant_type=password&password=hunter2-secret&scope=openid+profile&username=demo", "lab:" + clientSecret, accessToken, true},
		{"id token", "v3oidcpassword", map[string]string{"access_token_type": "id_token"}, nil, []string{discover, token, login},
			"grant_type=password&password=hunter2-secret&scope=openid+profile&username=demo", "lab:" + clientSecret, idToken, true},
		{"secret in the form", "v3oidcpassword", nil, map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_post"}},
			[]string{discover, token, login},
			"client_id=lab&client_secret=client-secret-hush&grant_type=password&password=hunter2-secret&scope=openid+profile&username=demo", ":", accessToken, true},
		{"public client", "v3oidcpassword", map[string]string{"client_secret": ""}, nil, []string{discover, token, login},
			"client_id=lab&grant_type=password&password=hunter2-secret&scope=openid+profile&username=demo", ":", accessToken, true},
		{"client credentials", "v3oidcclientcredentials", nil, nil, []string{discover, token, login},
			"grant_type=client_credentials&scope=openid+profile", "lab:" + clientSecret, accessToken, true},
		{"access token", "v3oidcaccesstoken", nil, nil, []string{login}, "", "", accessToken, true},
		{"unscoped", "v3oidcaccesstoken", map[string]string{"project_name": ""}, nil, []string{login}, "", "", accessToken, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newFakeProvider(t)
			p.document = tt.document
			v := p.values(tt.kind, tt.more)
			for k, s := range v {
				if rest, ok := strings.CutPrefix(s, "+"); ok {
					v[k] = p.URL + rest
				}
			}
			c, seen := p.open(t, v)
			tok, err := c.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(p.requests, ", "); got != strings.Join(tt.requests, ", ") {
				t.Errorf("requests: %s", got)
			}
			if p.form.Encode() != tt.form || p.basic != tt.basic || p.bearer != "Bearer "+tt.bearer {
				t.Errorf("sent %s, %s, %s", p.form.Encode(), p.basic, p.bearer)
			}
			if tt.scoped {
				want := `{"auth":{"identity":{"methods":["token"],"token":{"id":"unscoped-hush"}},"scope":{"project":{"domain":{"id":"default"},"name":"demo"}}}}`
				if got := p.lastAuth(); got != want {
					t.Errorf("sent %s", got)
				}
			}
			if (tok.ProjectID == "pid") != tt.scoped {
				t.Errorf("project %q", tok.ProjectID)
			}
			noSecrets(t, "the trace", seen.String())
			for _, r := range tt.requests {
				if !strings.Contains(seen.String(), "auth     "+r+" 20") {
					t.Errorf("the trace lacks %s:\n%s", r, seen)
				}
			}
			var text strings.Builder
			if err := c.Config().WriteExplanation(&text); err != nil {
				t.Fatal(err)
			}
			noSecrets(t, "the explanation", text.String())
			if tt.name == "password, known endpoint" && !strings.Contains(text.String(), "/idp/token") {
				t.Errorf("the explanation hides the endpoint:\n%s", text.String())
			}
		})
	}
}

func TestOpenIDAgain(t *testing.T) {
	p := newFakeProvider(t)
	p.mux.HandleFunc("GET /net/v2.0/networks", p.guarded(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{}`) }))
	c, _ := p.open(t, p.values("v3oidcpassword", nil))
	for range 2 {
		if _, err := c.Do(t.Context(), Request{Service: Network, Path: "networks"}); err != nil {
			t.Fatal(err)
		}
		p.revoke()
	}
	// The second time nothing is discovered again.
	if got := len(p.requests); got != 5 || p.given() != 2 {
		t.Errorf("%d requests of the provider and the federation, %d tokens: %s", got, p.given(), p.requests)
	}
}

func TestOpenIDErrors(t *testing.T) {
	const token, login = "/idp/token", "/v3/OS-FEDERATION/identity_providers/corp/protocols/openid/auth"
	keystone := func(status int, text string) answerOf {
		return answerOf{status, map[string]string{"Content-Type": "application/json"}, fmt.Sprintf(`{"error":{"code":%d,"message":%q,"title":"x"}}`, status, text)}
	}
	oauth := func(status int, code, text string) answerOf {
		return answerOf{status, map[string]string{"Content-Type": "application/json"}, fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, text)}
	}
	tests := []struct {
		name    string
		kind    string
		more    map[string]string
		path    string
		answer  answerOf
		code    errs.Code
		message string
		hint    string
	}{
		{"wrong client secret", "v3oidcpassword", nil, token, oauth(401, "invalid_client", "Wrong secret client-secret-hush"), errs.Unauthorized,
			"the identity provider gave no token: Wrong secret ********", "client_secret"},
		{"wrong password", "v3oidcpassword", nil, token, oauth(400, "invalid_grant", "Invalid user credentials"), errs.Unauthorized,
			"Invalid user credentials (invalid_grant)", `username "demo"`},
		{"grant not allowed", "v3oidcpassword", nil, token, oauth(400, "unauthorized_client", "Client not allowed for direct access grants"), errs.Config,
			"not allowed", "another auth_type"},
		{"grant not offered", "v3oidcpassword", nil, "/idp/.well-known/openid-configuration",
			answerOf{200, nil, `{"token_endpoint":"http://127.0.0.1:1/t","grant_types_supported":["authorization_code"]}`}, errs.Config,
			"does not give tokens for password", "another auth_type"},
		{"wrong scope", "v3oidcclientcredentials", nil, token, oauth(400, "invalid_scope", "Invalid scopes"), errs.Config, "Invalid scopes", "openid_scope"},
		{"provider fails", "v3oidcpassword", nil, token, answerOf{500, nil, "<html><h1>Oops</h1></html>"}, errs.Unavailable, "Oops", "try again later"},
		{"no token endpoint", "v3oidcpassword", nil, token, answerOf{200, map[string]string{"Content-Type": "text/html"}, "<html>Welcome</html>"}, errs.Config,
			"no token endpoint", "access_token_endpoint"},
		{"no id token", "v3oidcpassword", map[string]string{"access_token_type": "id_token"}, token,
			answerOf{200, map[string]string{"Content-Type": "application/json"}, `{"access_token":"x","token_type":"Bearer"}`}, errs.Config, "no id_token", "openid"},
		{"no discovery", "v3oidcpassword", nil, "/idp/.well-known/openid-configuration", answerOf{404, nil, "nothing"}, errs.Config,
			"no OpenID Connect discovery document", ".well-known"},
		{"provider unreachable", "v3oidcpassword", map[string]string{"discovery_endpoint": "http://127.0.0.1:1/x"}, "", answerOf{}, errs.Unavailable,
			"127.0.0.1:1", "discovery_endpoint"},
		{"endpoint unreachable", "v3oidcclientcredentials", map[string]string{"access_token_endpoint": "http://127.0.0.1:1/x"}, "", answerOf{}, errs.Unavailable,
			"127.0.0.1:1", "access_token_endpoint"},
		{"unknown provider", "v3oidcaccesstoken", nil, login, keystone(404, "Could not find Identity Provider: corp."), errs.Config,
			"Could not find Identity Provider: corp.", `identity_provider "corp"`},
		{"unknown protocol", "v3oidcaccesstoken", nil, login, keystone(404, "Could not find federated protocol openid for Identity Provider: corp."), errs.Config,
			"Could not find federated protocol", `protocol "openid"`},
		{"method not configured", "v3oidcaccesstoken", nil, login, keystone(401, "Attempted to authenticate with an unsupported method."), errs.Config,
			"unsupported method", "check protocol"},
		{"mapping gives nothing", "v3oidcaccesstoken", nil, login, keystone(401, "The request you have made requires authentication."), errs.Unauthorized,
			"the cloud knows no user", "mapping"},
		{"token expired", "v3oidcaccesstoken", nil, login, answerOf{401, map[string]string{"WWW-Authenticate": `Bearer error="invalid_token"`}, "<html>No</html>"},
			errs.Unauthorized, "does not accept the provider's token", "get a new one"},
		{"provider of another cloud", "v3oidcpassword", nil, login, answerOf{401, map[string]string{"WWW-Authenticate": `Bearer error="invalid_token"`}, "<html>No</html>"},
			errs.Unauthorized, "does not accept the provider's token", "belong to this provider"},
		{"browser wanted", "v3oidcaccesstoken", nil, login, answerOf{302, map[string]string{"Location": "http://idp/login"}, ""}, errs.Config, "wants a browser", "access tokens"},
		{"disabled", "v3oidcaccesstoken", nil, login, keystone(403, "You are not authorized to perform the requested action."), errs.Forbidden, "not authorized", "disabled"},
		{"not a cloud", "v3oidcaccesstoken", nil, login, answerOf{404, nil, "<h1>Not Found</h1>"}, errs.Config, "no Identity API answers", "auth_url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newFakeProvider(t)
			if tt.path != "" {
				p.answers[tt.path] = tt.answer
			}
			c, seen := p.open(t, p.values(tt.kind, tt.more))
			_, err := c.Token(t.Context())
			var e *errs.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			if e.Code != tt.code || !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("%s: %s\nhint: %s", e.Code, e.Message, e.Hint)
			}
			noSecrets(t, "the error", e.Error()+e.Message+e.Hint+fmt.Sprint(e.Cause))
			noSecrets(t, "the trace", seen.String())
		})
	}
	t.Run("no role in the project", func(t *testing.T) {
		p := newFakeProvider(t)
		p.denyAuth = true
		c, _ := p.open(t, p.values("v3oidcpassword", nil))
		_, err := c.Token(t.Context())
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != errs.Unauthorized || !strings.Contains(e.Hint, `project "demo"`) || !strings.Contains(e.Hint, "mapping") {
			t.Errorf("%#v", err)
		}
	})
}

// openIDEnv is what a sourced file of OS_* sets.
func openIDEnv(kind string) vars {
	return vars{"OS_AUTH_TYPE": kind, "OS_AUTH_URL": "http://c/v3", "OS_IDENTITY_PROVIDER": "corp", "OS_PROTOCOL": "openid", "OS_CLIENT_ID": "lab",
		"OS_CLIENT_SECRET": clientSecret, "OS_USERNAME": "demo", "OS_PASSWORD": personPassword, "OS_ACCESS_TOKEN": accessToken,
		"OS_DISCOVERY_ENDPOINT": "http://c/d"}
}

func TestOpenIDMissing(t *testing.T) {
	tests := []struct{ kind, take, message string }{
		{"v3oidcpassword", "identity_provider", "OS_IDENTITY_PROVIDER"},
		{"v3oidcpassword", "protocol", "OS_PROTOCOL"},
		{"v3oidcpassword", "client_id", "OS_CLIENT_ID"},
		{"v3oidcpassword", "username", "OS_USERNAME"},
		{"v3oidcpassword", "password", "OS_PASSWORD"},
		{"v3oidcpassword", "discovery_endpoint", "OS_DISCOVERY_ENDPOINT"},
		{"v3oidcclientcredentials", "client_secret", "OS_CLIENT_SECRET"},
		{"v3oidcaccesstoken", "access_token", "OS_ACCESS_TOKEN"},
	}
	for _, tt := range tests {
		t.Run(tt.kind+"/"+tt.take, func(t *testing.T) {
			env := openIDEnv(tt.kind)
			delete(env, "OS_"+strings.ToUpper(tt.take))
			_, err := Load(LoadOptions{LookupEnv: env.lookup})
			if err == nil || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("complete", func(t *testing.T) {
		cfg, err := Load(LoadOptions{LookupEnv: openIDEnv("v3oidcpassword").lookup})
		if err != nil || cfg.AuthType != "v3oidcpassword" || cfg.Value("openid_scope") != "openid profile" {
			t.Errorf("%+v, %v", cfg, err)
		}
	})
	t.Run("beside a cloud", func(t *testing.T) {
		file := "clouds:\n  corp:\n    auth_type: v3oidcclientcredentials\n    auth:\n      auth_url: http://c/v3\n      identity_provider: corp\n" +
			"      protocol: openid\n      client_id: lab\n      discovery_endpoint: http://c/d\n"
		cfg, err := load(files{"/project/clouds.yaml": file}, vars{"OS_CLIENT_SECRET": clientSecret}, "corp")
		if err != nil || cfg.Value("client_secret") != clientSecret {
			t.Errorf("%v, %v", cfg, err)
		}
	})
}
