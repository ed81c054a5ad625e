package identity_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

const federation = "/v3/OS-FEDERATION"

// bearer gets an access token of the simulator's own provider.
func (c *cloud) bearer(form url.Values) string {
	c.t.Helper()
	r := httptest.NewRequest("POST", "http://cloud:5000/idp/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("oslua", "secret")
	w := httptest.NewRecorder()
	c.sim.Handler().ServeHTTP(w, r)
	var o struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || o.Token == "" {
		c.t.Fatalf("no access token: %d %s", w.Code, w.Body)
	}
	return o.Token
}

func (c *cloud) bearerOf(user string) string {
	c.t.Helper()
	return c.bearer(url.Values{"grant_type": {"password"}, "username": {user}, "password": {"secret"}, "scope": {"openid profile email"}})
}

// federate gives the unscoped token that an access token brings.
func (c *cloud) federate(path, bearer string) (string, object) {
	c.t.Helper()
	status, o, h := c.call("POST", federation+path, "", nil, "Authorization", "Bearer "+bearer)
	if status != 201 {
		c.t.Fatalf("%s: %d %v", path, status, o)
	}
	token, _ := o["token"].(object)
	return h.Get("X-Subject-Token"), token
}

// rescope gives a token of a project for another token.
func (c *cloud) rescope(method, token, project string) (int, object) {
	status, o, _ := c.call("POST", "/v3/auth/tokens", "", object{"auth": object{
		"identity": object{"methods": []string{method}, method: object{"id": token}}, "scope": projectScope(project)}})
	t, _ := o["token"].(object)
	return status, t
}

func names(list any) string {
	var out []string
	all, _ := list.([]any)
	for _, item := range all {
		name, _ := item.(object)["name"].(string)
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

const ownLogin = "/identity_providers/simulator/protocols/openid/auth"

func TestFederatedLogin(t *testing.T) {
	c := newCloud(t)
	tests := []struct{ user, projects, project, roles string }{
		{"demo", "demo", "demo", "member reader"},
		{"alt_demo", "alt_demo", "alt_demo", "member reader"},
		{"admin", "admin demo", "admin", "admin member reader"},
		{"", "demo", "demo", "member reader"}, // the client itself
	}
	for _, tt := range tests {
		t.Run(tt.user, func(t *testing.T) {
			bearer := ""
			if tt.user != "" {
				bearer = c.bearerOf(tt.user)
			} else {
				bearer = c.bearer(url.Values{"grant_type": {"client_credentials"}})
			}
			text, token := c.federate(ownLogin, bearer)
			user, _ := token["user"].(object)
			if fed, _ := user["OS-FEDERATION"].(object); fed == nil || fed["identity_provider"].(object)["id"] != "simulator" ||
				fed["protocol"].(object)["id"] != "openid" || token["project"] != nil {
				t.Fatalf("token %v", token)
			}
			if _, ok := user["password_expires_at"]; ok {
				t.Error("a federated user has no password")
			}
			if got := names(c.want(200, "GET", federation+"/projects", text, nil)["projects"]); got != tt.projects {
				t.Errorf("projects %s", got)
			}
			for _, method := range []string{"token", "mapped"} {
				status, scoped := c.rescope(method, text, tt.project)
				if status != 201 || len(scoped["roles"].([]any)) != len(strings.Fields(tt.roles)) || scoped["user"].(object)["OS-FEDERATION"] == nil {
					t.Errorf("%s: %d %v", method, status, scoped)
				}
			}
			if status, _ := c.rescope("token", text, "service"); status != 401 {
				t.Errorf("a project of others: %d", status)
			}
			again, _ := c.federate(ownLogin, bearer)
			if again == text {
				t.Error("one token for two logins")
			}
		})
	}
	// The provider's demo is another user than Keystone's, who has the password; each was made once.
	found := c.want(200, "GET", "/v3/users?name=demo", adminToken(c), nil)["users"].([]any)
	if len(found) != 2 {
		t.Errorf("users named demo: %v", found)
	}
	if status, _, _ := c.call("POST", "/v3/auth/tokens", "", object{"auth": object{"identity": passwordAuth("demo", "secret")}}); status != 201 {
		t.Errorf("demo's own password: %d", status)
	}
}

func adminToken(c *cloud) string {
	c.t.Helper()
	status, o, h := c.call("POST", "/v3/auth/tokens", "", object{"auth": object{"identity": passwordAuth("admin", "secret"), "scope": projectScope("admin")}})
	if status != 201 {
		c.t.Fatalf("%d %v", status, o)
	}
	return h.Get("X-Subject-Token")
}

func TestFederatedLoginRefused(t *testing.T) {
	c := newCloud(t)
	bearer := c.bearerOf("demo")
	admin := adminToken(c)
	login := func(path, authorization string) (int, string) {
		status, o, h := c.call("POST", federation+path, "", nil, "Authorization", authorization)
		e, _ := o["error"].(object)
		text, _ := e["message"].(string)
		return status, text + h.Get("Www-Authenticate")
	}
	tests := []struct {
		name, path, authorization string
		status                    int
		says                      string
	}{
		{"unknown provider", "/identity_providers/x/protocols/openid/auth", "Bearer " + bearer, 404, "Could not find Identity Provider: x."},
		{"unknown protocol", "/identity_providers/simulator/protocols/x/auth", "Bearer " + bearer, 404, "Could not find federated protocol x for Identity Provider: simulator."},
		{"no token", ownLogin, "", 401, `Bearer error="invalid_request"`},
		{"not a bearer", ownLogin, "Basic eDp5", 401, `Bearer error="invalid_request"`},
		{"forged", ownLogin, "Bearer " + bearer[:len(bearer)-6] + "AAAAAA", 401, `Bearer error="invalid_token"`},
		{"no scope for the name", ownLogin, "Bearer " + c.bearer(url.Values{"grant_type": {"client_credentials"}, "scope": {"openid"}}), 401, "requires authentication"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, text := login(tt.path, tt.authorization); status != tt.status || !strings.Contains(text, tt.says) {
				t.Errorf("%d %s", status, text)
			}
		})
	}
	text, _ := c.federate(ownLogin, bearer)
	c.want(200, "PATCH", federation+"/identity_providers/simulator", admin, object{"identity_provider": object{"enabled": false}})
	if status, _ := login(ownLogin, "Bearer "+bearer); status != 403 {
		t.Errorf("a disabled provider: %d", status)
	}
	if status, _ := c.rescope("token", text, "demo"); status != 404 {
		t.Errorf("a token of a disabled provider: %d", status)
	}
	c.want(200, "PATCH", federation+"/identity_providers/simulator", admin, object{"identity_provider": object{"enabled": true, "remote_ids": []string{"http://elsewhere"}}})
	if status, _ := login(ownLogin, "Bearer "+bearer); status != 403 {
		t.Errorf("a token of another issuer: %d", status)
	}
	c.clock.now = c.clock.now.Add(2 * time.Hour)
	if status, text := login(ownLogin, "Bearer "+bearer); status != 401 || !strings.Contains(text, "invalid_token") {
		t.Errorf("an expired token: %d %s", status, text)
	}
}

// The forms of rules: what each makes of the provider's claims for demo.
func TestMapping(t *testing.T) {
	who := object{"type": "OIDC-preferred_username"}
	local := func(more ...object) []object { return append([]object{{"user": object{"name": "{0}"}}}, more...) }
	onDemo := object{"projects": []object{{"name": "demo", "roles": []object{{"name": "member"}}}}}
	condition := func(claim, key string, regex bool, values ...string) object {
		o := object{"type": claim, key: values}
		if regex {
			o["regex"] = true
		}
		return o
	}
	tests := []struct {
		name   string
		rules  []object
		status int
		user   string
		groups int
		scoped int // status for a token of project demo
	}{
		{"name alone", []object{{"remote": []object{who}, "local": local()}}, 201, "demo", 0, 401},
		{"other names for a claim", []object{{"remote": []object{{"type": "HTTP_OIDC_PREFERRED_USERNAME"}, {"type": "OIDC_CLAIM_email"}}, "local": []object{{"user": object{"name": "{0} of {1}"}}}}}, 201, "demo of demo@example.com", 0, 401},
		{"projects", []object{{"remote": []object{who}, "local": local(onDemo)}}, 201, "demo", 0, 201},
		{"new project", []object{{"remote": []object{who}, "local": local(object{"projects": []object{{"name": "fresh of {0}", "roles": []object{{"name": "member"}}}}})}}, 201, "demo", 0, 401},
		{"unknown role", []object{{"remote": []object{who}, "local": local(object{"projects": []object{{"name": "demo", "roles": []object{{"name": "boss"}}}}})}}, 404, "", 0, 0},
		{"any_one_of fits", []object{{"remote": []object{who, condition("OIDC-groups", "any_one_of", false, "users", "x")}, "local": local()}}, 201, "demo", 0, 401},
		{"any_one_of fits not", []object{{"remote": []object{who, condition("OIDC-groups", "any_one_of", false, "x")}, "local": local()}}, 401, "", 0, 0},
		{"any_one_of by regex", []object{{"remote": []object{who, condition("OIDC-email", "any_one_of", true, "@example\\.com$")}, "local": local()}}, 201, "demo", 0, 401},
		{"not_any_of", []object{{"remote": []object{who, condition("OIDC-groups", "not_any_of", false, "users")}, "local": local()}}, 401, "", 0, 0},
		{"not_any_of others", []object{{"remote": []object{who, condition("OIDC-groups", "not_any_of", false, "admins")}, "local": local()}}, 201, "demo", 0, 401},
		{"missing claim", []object{{"remote": []object{who, {"type": "OIDC-phone"}}, "local": local()}}, 401, "", 0, 0},
		{"second rule", []object{{"remote": []object{{"type": "OIDC-phone"}}, "local": local()}, {"remote": []object{who}, "local": []object{{"user": object{"name": "second {0}"}}}}}, 201, "second demo", 0, 401},
		{"group by name", []object{{"remote": []object{who}, "local": local(object{"group": object{"name": "crew", "domain": object{"name": "Default"}}})}}, 201, "demo", 1, 201},
		{"group that is not there", []object{{"remote": []object{who}, "local": local(object{"group": object{"name": "nobody", "domain": object{"id": "default"}}})}}, 201, "demo", 0, 401},
		{"group by an unknown ID", []object{{"remote": []object{who}, "local": local(object{"group": object{"id": "nothing"}})}}, 401, "", 0, 0},
		{"groups of a claim", []object{{"remote": []object{who, {"type": "OIDC-groups"}}, "local": local(object{"groups": "{1}", "domain": object{"id": "default"}})}}, 201, "demo", 0, 401},
		{"whitelist", []object{{"remote": []object{who, condition("OIDC-groups", "whitelist", false, "users")}, "local": []object{{"user": object{"name": "{0}/{1}"}}}}}, 201, "demo/users", 0, 401},
		{"blacklist", []object{{"remote": []object{who, condition("OIDC-groups", "blacklist", false, "admins")}, "local": []object{{"user": object{"name": "{0}/{1}"}}}}}, 201, "demo/users", 0, 401},
		{"no user", []object{{"remote": []object{who}, "local": []object{onDemo}}}, 401, "", 0, 0},
		{"local user", []object{{"remote": []object{who}, "local": []object{{"user": object{"name": "{0}", "type": "local", "domain": object{"id": "default"}}}}}}, 201, "demo", -1, 201},
		{"unknown local user", []object{{"remote": []object{who}, "local": []object{{"user": object{"name": "no {0}", "type": "local", "domain": object{"id": "default"}}}}}}, 401, "", 0, 0},
		{"a value that is not there", []object{{"remote": []object{who}, "local": []object{{"user": object{"name": "{3}"}}}}}, 500, "", 0, 0},
	}
	c := newCloud(t)
	admin := adminToken(c)
	group := c.want(201, "POST", "/v3/groups", admin, object{"group": object{"name": "crew"}})["group"].(object)["id"].(string)
	demo := c.want(200, "GET", "/v3/projects?name=demo", admin, nil)["projects"].([]any)[0].(object)["id"].(string)
	role := c.want(200, "GET", "/v3/roles?name=member", admin, nil)["roles"].([]any)[0].(object)["id"].(string)
	c.want(204, "PUT", "/v3/projects/"+demo+"/groups/"+group+"/roles/"+role, admin, nil)
	bearer := c.bearerOf("demo")
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id := fmt.Sprint("m", i)
			c.want(201, "PUT", federation+"/mappings/"+id, admin, object{"mapping": object{"rules": tt.rules}})
			c.want(201, "PUT", federation+"/identity_providers/"+id, admin, object{"identity_provider": object{"enabled": true, "domain_id": "default"}})
			c.want(201, "PUT", federation+"/identity_providers/"+id+"/protocols/openid", admin, object{"protocol": object{"mapping_id": id}})
			status, o, h := c.call("GET", federation+"/identity_providers/"+id+"/protocols/openid/auth", "", nil, "Authorization", "Bearer "+bearer)
			if status != tt.status {
				t.Fatalf("%d %v", status, o)
			}
			if status != 201 {
				return
			}
			user := o["token"].(object)["user"].(object)
			groups := -1
			if fed, ok := user["OS-FEDERATION"].(object); ok {
				groups = len(fed["groups"].([]any))
			}
			if user["name"] != tt.user || groups != tt.groups {
				t.Errorf("user %v", user)
			}
			if status, o := c.rescope("token", h.Get("X-Subject-Token"), "demo"); status != tt.scoped {
				t.Errorf("scoped: %d %v", status, o)
			}
		})
	}
}

// What Keystone answers to those who manage federation.
func TestManageFederation(t *testing.T) {
	c := newCloud(t)
	admin := adminToken(c)
	demo, _ := c.federate(ownLogin, c.bearerOf("demo"))
	rules := object{"rules": []object{{"remote": []object{{"type": "X"}}, "local": []object{{"user": object{"name": "{0}"}}}}}}
	provider := func(o object) object { return object{"identity_provider": o} }
	tests := []struct {
		method, path string
		token        string
		body         any
		status       int
		says         string
	}{
		{"GET", "/identity_providers", demo, nil, 403, "identity:list_identity_providers"},
		{"PUT", "/mappings/m", admin, object{"mapping": rules}, 201, ""},
		{"PUT", "/mappings/m", admin, object{"mapping": rules}, 409, "Conflict occurred attempting to store mapping - Duplicate entry."},
		{"PUT", "/mappings/n", admin, object{"mapping": object{}}, 400, "'rules' is a required property\n"},
		{"PUT", "/mappings/n", admin, object{"mapping": object{"rules": []any{}}}, 400, "[] is too short\n"},
		{"PUT", "/mappings/n", admin, object{"mapping": object{"rules": []object{{"remote": []object{{"typ": "x"}}, "local": []object{}}}}}, 400, "{'typ': 'x'} is not valid under any of the given schemas\n"},
		{"GET", "/mappings/n", admin, nil, 404, "Could not find mapping: n."},
		{"PATCH", "/mappings/n", admin, object{"mapping": rules}, 404, "Could not find mapping: n."},
		{"PUT", "/identity_providers/p", admin, provider(object{"remote_ids": []string{"http://p"}, "enabled": true}), 201, ""},
		{"PUT", "/identity_providers/p", admin, provider(object{}), 409, "Conflict occurred attempting to store identity_provider - Duplicate entry: p."},
		{"PUT", "/identity_providers/q", admin, provider(object{"remote_ids": []string{"http://p"}}), 409, "Conflict occurred attempting to store identity_provider - Duplicate remote ID: http://p."},
		{"PUT", "/identity_providers/q", admin, provider(object{"remote_ids": []string{"http://cloud:5000/idp"}}), 409, "Duplicate remote ID: http://cloud:5000/idp."},
		{"PUT", "/identity_providers/q", admin, provider(object{"domain_id": "nowhere"}), 404, "Could not find domain: nowhere."},
		{"PUT", "/identity_providers/q", admin, provider(object{"bad": 1}), 400, "Additional properties are not allowed ('bad' was unexpected)"},
		{"PATCH", "/identity_providers/p", admin, provider(object{}), 400, "{} does not have enough properties"},
		{"PATCH", "/identity_providers/q", admin, provider(object{"enabled": true}), 404, "Could not find Identity Provider: q."},
		{"PUT", "/identity_providers/p/protocols/o", admin, object{"protocol": object{"mapping_id": "n"}}, 400, "Invalid mapping id: n"},
		{"PUT", "/identity_providers/q/protocols/o", admin, object{"protocol": object{"mapping_id": "m"}}, 404, "Could not find Identity Provider: q."},
		{"PUT", "/identity_providers/p/protocols/o", admin, object{"protocol": object{}}, 400, "'mapping_id' is a required property"},
		{"PUT", "/identity_providers/p/protocols/o", admin, object{"protocol": object{"mapping_id": "m"}}, 201, ""},
		{"PUT", "/identity_providers/p/protocols/o", admin, object{"protocol": object{"mapping_id": "m"}}, 409, "Duplicate entry found with ID o."},
		{"GET", "/identity_providers/p/protocols/x", admin, nil, 404, "Could not find federated protocol x for Identity Provider: p."},
		{"GET", "/identity_providers/x/protocols", admin, nil, 200, ""},
		{"PATCH", "/identity_providers/p/protocols/o", admin, object{"protocol": object{"mapping_id": "m"}}, 200, ""},
		{"DELETE", "/identity_providers/p/protocols/o", admin, nil, 204, ""},
		{"DELETE", "/identity_providers/p", admin, nil, 204, ""},
		{"DELETE", "/identity_providers/p", admin, nil, 404, "Could not find Identity Provider: p."},
		{"DELETE", "/mappings/m", admin, nil, 204, ""},
		{"GET", "/service_providers", admin, nil, 501, "GET /identity/v3/OS-FEDERATION/service_providers"},
	}
	for _, tt := range tests {
		status, o, _ := c.call(tt.method, federation+tt.path, tt.token, tt.body)
		e, _ := o["error"].(object)
		text, _ := e["message"].(string)
		if status != tt.status || !strings.Contains(text, tt.says) {
			t.Errorf("%s %s: %d %v", tt.method, tt.path, status, o)
		}
	}
	if status, _, _ := c.call("GET", "/v3/auth/OS-FEDERATION/websso/openid?origin=http://x", "", nil); status != 501 && status != 401 {
		t.Errorf("web single sign-on: %d", status)
	}
	// Who takes the provider away takes its users' tokens with it.
	c.want(204, "DELETE", federation+"/identity_providers/simulator", admin, nil)
	if status, _, _ := c.call("GET", federation+"/projects", demo, nil); status != 401 {
		t.Errorf("the token outlives its provider: %d", status)
	}
}
