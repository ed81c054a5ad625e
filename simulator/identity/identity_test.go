package identity_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/identity"
	"github.com/oslua/oslua/simulator/simulatortest"
)

type fakeClock struct{ now time.Time }

func (c *fakeClock) Now() time.Time { return c.now }

type object = map[string]any

// cloud is a simulator asked by hand.
type cloud struct {
	t     *testing.T
	sim   *simulator.Simulator
	clock *fakeClock
}

func newCloud(t *testing.T) *cloud {
	clock := &fakeClock{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	return &cloud{t, simulatortest.Start(t, simulator.Options{Clock: clock, TokenLifetime: time.Hour}), clock}
}

// call sends a request and gives the status, the body and the headers.
func (c *cloud) call(method, path, token string, body any, headers ...string) (int, object, http.Header) {
	c.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		in = bytes.NewReader(raw)
	}
	r := httptest.NewRequest(method, "http://cloud:5000/identity"+path, in)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("X-Auth-Token", token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	c.sim.Handler().ServeHTTP(w, r)
	var out object
	_ = json.Unmarshal(w.Body.Bytes(), &out)
	return w.Code, out, w.Header()
}

// want is call for an expected status.
func (c *cloud) want(status int, method, path, token string, body any, headers ...string) object {
	c.t.Helper()
	got, out, _ := c.call(method, path, token, body, headers...)
	if got != status {
		c.t.Fatalf("%s %s: %d %v, want %d", method, path, got, out, status)
	}
	return out
}

func passwordAuth(user, password string) object {
	return object{"methods": []string{"password"}, "password": object{"user": object{
		"name": user, "domain": object{"name": "Default"}, "password": password}}}
}

func projectScope(name string) object {
	return object{"project": object{"name": name, "domain": object{"id": "default"}}}
}

// authenticate asks for a token, "" when it is refused.
func (c *cloud) authenticate(auth, scope any) (string, object) {
	c.t.Helper()
	in := object{"identity": auth}
	if scope != nil {
		in["scope"] = scope
	}
	status, out, h := c.call("POST", "/v3/auth/tokens", "", object{"auth": in})
	if status != 201 {
		return "", out
	}
	return h.Get("X-Subject-Token"), out["token"].(object)
}

func (c *cloud) login(user string) string {
	c.t.Helper()
	token, out := c.authenticate(passwordAuth(user, "secret"), projectScope(user))
	if token == "" {
		c.t.Fatalf("login of %s: %v", user, out)
	}
	return token
}

func TestTokenExpiresAndIsRevoked(t *testing.T) {
	c := newCloud(t)
	demo, admin := c.login("demo"), c.login("admin")
	c.want(200, "GET", "/v3/auth/tokens", demo, nil, "X-Subject-Token", demo)
	c.want(200, "GET", "/v3/auth/tokens", admin, nil, "X-Subject-Token", demo)
	c.want(403, "GET", "/v3/auth/tokens", demo, nil, "X-Subject-Token", admin)
	other := c.login("demo")
	c.want(204, "DELETE", "/v3/auth/tokens", demo, nil, "X-Subject-Token", demo)
	c.want(401, "GET", "/v3/auth/projects", demo, nil)
	c.want(404, "GET", "/v3/auth/tokens", admin, nil, "X-Subject-Token", demo)
	c.want(200, "GET", "/v3/auth/projects", other, nil)

	c.clock.now = c.clock.now.Add(59 * time.Minute)
	c.want(200, "GET", "/v3/auth/projects", other, nil)
	rescoped, _ := c.authenticate(object{"methods": []string{"token"}, "token": object{"id": other}}, projectScope("demo"))
	c.clock.now = c.clock.now.Add(time.Minute)
	c.want(401, "GET", "/v3/auth/projects", other, nil)
	c.want(401, "GET", "/v3/auth/projects", rescoped, nil) // does not outlive the one it came from
}

func TestWhatEndsAToken(t *testing.T) {
	for _, x := range []struct {
		name   string
		change func(c *cloud, admin, demo string)
		ends   bool
	}{
		{"nothing", func(*cloud, string, string) {}, false},
		{"user disabled", func(c *cloud, admin, id string) {
			c.want(200, "PATCH", "/v3/users/"+id, admin, object{"user": object{"enabled": false}})
		}, true},
		{"user renamed", func(c *cloud, admin, id string) {
			c.want(200, "PATCH", "/v3/users/"+id, admin, object{"user": object{"name": "other"}})
		}, false},
		{"password set", func(c *cloud, admin, id string) {
			c.want(200, "PATCH", "/v3/users/"+id, admin, object{"user": object{"password": "x"}})
		}, true},
		{"password changed", func(c *cloud, _, id string) {
			c.want(204, "POST", "/v3/users/"+id+"/password", "", object{"user": object{"original_password": "secret", "password": "x"}})
		}, true},
		{"wrong password", func(c *cloud, _, id string) {
			c.want(401, "POST", "/v3/users/"+id+"/password", "", object{"user": object{"original_password": "no", "password": "x"}})
		}, false},
		{"user deleted", func(c *cloud, admin, id string) { c.want(204, "DELETE", "/v3/users/"+id, admin, nil) }, true},
		{"project disabled", func(c *cloud, admin, _ string) {
			c.want(200, "PATCH", "/v3/projects/"+identity.ProjectID(0, "demo"), admin, object{"project": object{"enabled": false}})
		}, true},
		{"roles revoked", func(c *cloud, admin, id string) {
			for _, role := range []string{"member", "anotherrole"} {
				c.want(204, "DELETE", "/v3/projects/"+identity.ProjectID(0, "demo")+"/users/"+id+"/roles/"+identity.SeedID(0, "role", role), admin, nil)
			}
		}, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newCloud(t)
			demo := c.login("demo")
			c.want(200, "GET", "/v3/auth/projects", demo, nil) // remembered from here on
			x.change(c, c.login("admin"), identity.UserID(0, "demo"))
			status, _, _ := c.call("GET", "/v3/auth/projects", demo, nil)
			if ended := status == 401; ended != x.ends {
				t.Errorf("ended: %v (%d), want %v", ended, status, x.ends)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	c := newCloud(t)
	for _, x := range []struct {
		name  string
		user  string
		scope any
		key   string // in the token; "" when it is refused
		roles int
	}{
		{"none", "demo", nil, "user", 0},
		{"unscoped", "demo", "unscoped", "user", 0},
		{"project", "demo", projectScope("demo"), "project", 3},
		{"another's project", "demo", projectScope("admin"), "", 0},
		{"no such project", "demo", projectScope("nosuch"), "", 0},
		{"system", "admin", object{"system": object{"all": true}}, "system", 3},
		{"system without a role", "demo", object{"system": object{"all": true}}, "", 0},
		{"domain without a role", "admin", object{"domain": object{"id": "default"}}, "", 0},
	} {
		token, out := c.authenticate(passwordAuth(x.user, "secret"), x.scope)
		if (token != "") != (x.key != "") {
			t.Errorf("%s: got %v", x.name, out)
			continue
		}
		if token == "" {
			continue
		}
		roles, _ := out["roles"].([]any)
		if out[x.key] == nil || len(roles) != x.roles {
			t.Errorf("%s: %v", x.name, out)
		}
		if (out["catalog"] != nil) != (x.roles > 0) {
			t.Errorf("%s: catalog %v", x.name, out["catalog"])
		}
	}
}

func TestCatalogHasTheClientsAddress(t *testing.T) {
	c := newCloud(t)
	_, out := c.authenticate(passwordAuth("demo", "secret"), projectScope("demo"))
	raw, _ := json.Marshal(out["catalog"])
	if !strings.Contains(string(raw), `"url":"http://cloud:5000/identity"`) || strings.Contains(string(raw), "{base}") {
		t.Errorf("%s", raw)
	}
}

func TestApplicationCredential(t *testing.T) {
	c := newCloud(t)
	demo := c.login("demo")
	path := "/v3/users/" + identity.UserID(0, "demo") + "/application_credentials"
	made := c.want(201, "POST", path, demo, object{"application_credential": object{
		"name": "a", "roles": []object{{"name": "reader"}}, "expires_at": "2026-11-22T12:30:00"}})["application_credential"].(object)
	auth := func(secret any) object {
		return object{"methods": []string{"application_credential"},
			"application_credential": object{"id": made["id"], "secret": secret}}
	}
	if token, _ := c.authenticate(auth("wrong"), nil); token != "" {
		t.Error("a wrong secret was taken")
	}
	token, out := c.authenticate(auth(made["secret"]), nil)
	if roles, _ := out["roles"].([]any); len(roles) != 1 || out["expires_at"] != "2026-11-22T12:30:00.000000Z" {
		t.Fatalf("%v", out)
	}
	c.want(403, "POST", path, token, object{"application_credential": object{"name": "b"}}) // a restricted one makes no others
	byName := object{"methods": []string{"application_credential"}, "application_credential": object{
		"name": "a", "secret": made["secret"], "user": object{"name": "demo", "domain": object{"id": "default"}}}}
	if token, out := c.authenticate(byName, nil); token == "" {
		t.Error(out)
	}
	c.clock.now = c.clock.now.Add(30 * time.Minute)
	if token, _ := c.authenticate(auth(made["secret"]), nil); token != "" {
		t.Error("an expired one was taken")
	}
	c.want(401, "GET", "/v3/auth/projects", token, nil)
}

// RFC 6238's own example: its secret gives 94287082 at 59 s with eight digits, so 287082 with six.
func TestTOTP(t *testing.T) {
	c := newCloud(t)
	c.clock.now = time.Unix(59, 0)
	admin := c.login("admin")
	c.want(201, "POST", "/v3/credentials", admin, object{"credential": object{"type": "totp",
		"blob": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "user_id": identity.UserID(0, "demo")}})
	auth := func(code string, methods ...string) object {
		a := passwordAuth("demo", "secret")
		a["methods"] = methods
		a["totp"] = object{"user": object{"id": identity.UserID(0, "demo"), "passcode": code}}
		return a
	}
	for _, x := range []struct {
		code  string
		after time.Duration
		good  bool
	}{{"287082", 0, true}, {"287083", 0, false}, {"287082", 29 * time.Second, true}, {"287082", 61 * time.Second, false}} {
		c.clock.now = time.Unix(59, 0).Add(x.after)
		token, out := c.authenticate(auth(x.code, "totp"), projectScope("demo"))
		if (token != "") != x.good {
			t.Errorf("%s after %s: %v", x.code, x.after, out)
		}
	}
	c.clock.now = time.Unix(59, 0)
	token, out := c.authenticate(auth("287082", "password", "totp"), projectScope("demo"))
	if methods, _ := out["methods"].([]any); token == "" || len(methods) != 2 {
		t.Errorf("both methods: %v", out)
	}
	if token, _ := c.authenticate(auth("000000", "password", "totp"), projectScope("demo")); token != "" {
		t.Error("one of two methods was enough")
	}
}

func TestPolicy(t *testing.T) {
	c := newCloud(t)
	demo := c.login("demo")
	me, you := identity.UserID(0, "demo"), identity.UserID(0, "admin")
	system, _ := c.authenticate(passwordAuth("admin", "secret"), object{"system": object{"all": true}})
	for _, x := range []struct {
		method, path, token string
		status              int
		action              string
	}{
		{"GET", "/v3/users", demo, 403, "identity:list_users"},
		{"GET", "/v3/users", system, 200, ""},
		{"GET", "/v3/users", "", 401, ""},
		{"GET", "/v3/users/" + me, demo, 200, ""},
		{"GET", "/v3/users/" + you, demo, 403, "identity:get_user"},
		{"GET", "/v3/users/nosuch", demo, 403, "identity:get_user"},
		{"GET", "/v3/users/nosuch", system, 404, ""},
		{"POST", "/v3/projects", demo, 403, "identity:create_project"},
		{"GET", "/v3/projects/" + identity.ProjectID(0, "demo"), demo, 200, ""},
		{"GET", "/v3/projects/" + identity.ProjectID(0, "admin"), demo, 403, "identity:get_project"},
		{"GET", "/v3/domains/default", demo, 200, ""},
		{"GET", "/v3/regions", demo, 200, ""},
		{"GET", "/v3/services", demo, 403, "identity:list_services"},
		{"GET", "/v3/role_assignments", demo, 403, "identity:list_role_assignments"},
		{"PUT", "/v3/projects/x/users/y/roles/z", demo, 403, "identity:create_grant"},
		{"GET", "/v3/users/" + you + "/application_credentials", demo, 403, "identity:list_application_credentials"},
		{"POST", "/v3/users/" + me + "/application_credentials", system, 403, "identity:create_application_credential"},
	} {
		var body any
		if x.method == "POST" {
			body = object{}
		}
		status, out, _ := c.call(x.method, x.path, x.token, body)
		if status != x.status {
			t.Errorf("%s %s: %d %v, want %d", x.method, x.path, status, out, x.status)
		}
		if x.action != "" {
			if e, _ := out["error"].(object); e["message"] != "You are not authorized to perform the requested action: "+x.action+"." {
				t.Errorf("%s %s: %v", x.method, x.path, out)
			}
		}
	}
}

// What a group, an inherited role and an implied role give arrives in the token and in the effective assignments.
func TestRolesByDetours(t *testing.T) {
	c := newCloud(t)
	admin := c.login("admin")
	id := func(o object, key string) string { return o[key].(object)["id"].(string) }
	user := id(c.want(201, "POST", "/v3/users", admin, object{"user": object{"name": "u", "password": "secret"}}), "user")
	group := id(c.want(201, "POST", "/v3/groups", admin, object{"group": object{"name": "g"}}), "group")
	project := id(c.want(201, "POST", "/v3/projects", admin, object{"project": object{"name": "u"}}), "project")
	c.want(204, "PUT", "/v3/groups/"+group+"/users/"+user, admin, nil)
	if token, _ := c.authenticate(passwordAuth("u", "secret"), projectScope("u")); token != "" {
		t.Fatal("a scope without a role")
	}
	c.want(204, "PUT", "/v3/OS-INHERIT/domains/default/groups/"+group+"/roles/"+identity.SeedID(0, "role", "member")+"/inherited_to_projects", admin, nil)
	token, out := c.authenticate(passwordAuth("u", "secret"), projectScope("u"))
	if roles, _ := out["roles"].([]any); len(roles) != 2 {
		t.Fatalf("%v", out)
	}
	list := c.want(200, "GET", "/v3/role_assignments?effective&user.id="+user+"&scope.project.id="+project, admin, nil)
	if n := len(list["role_assignments"].([]any)); n != 2 {
		t.Errorf("%d effective assignments: %v", n, list)
	}
	if n := len(c.want(200, "GET", "/v3/auth/projects", token, nil)["projects"].([]any)); n != 5 {
		t.Errorf("%d projects, want the 5 of the domain", n)
	}
	c.want(204, "DELETE", "/v3/groups/"+group, admin, nil)
	c.want(401, "GET", "/v3/auth/projects", token, nil)
}

func TestSecretsAreNotInTheFile(t *testing.T) {
	dir := t.TempDir()
	sim := simulatortest.Start(t, simulator.Options{Dir: dir})
	c := &cloud{t: t, sim: sim}
	token := c.login("demo")
	c.want(201, "POST", "/v3/users/"+identity.UserID(0, "demo")+"/application_credentials", token,
		object{"application_credential": object{"name": "a", "secret": "correct-horse"}})
	snapshot := dir + "/snapshot"
	if err := sim.Snapshot(t.Context(), snapshot); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(open(t, snapshot))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{token, "correct-horse", `:"secret"`} {
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%.20q is in the state", secret)
		}
	}
}

// Whatever comes in, nothing panics and nothing is a 500.
func FuzzRequests(f *testing.F) {
	f.Add("POST", "/v3/auth/tokens", `{"auth":{"identity":{"methods":["password"],"password":{"user":[]}}}}`)
	f.Add("POST", "/v3/auth/tokens", `{"auth":{"identity":{"methods":["token"],"token":{}},"scope":{"system":{}}}}`)
	f.Add("POST", "/v3/users", `{"user":{"name":null,"options":{"multi_factor_auth_rules":[[]]}}}`)
	f.Add("POST", "/v3/credentials", `{"credential":{"type":"ec2","blob":"[]","user_id":"x","project_id":"y"}}`)
	f.Add("PATCH", "/v3/projects/default", `{"project":{"tags":["a","a"]}}`)
	f.Add("GET", "/v3/role_assignments?effective&include_names&user.id=%00", ``)
	f.Add("PUT", "/v3/regions/%2F..", `{"region":{"parent_region_id":"RegionOne"}}`)
	sim, err := simulator.Start(f.Context(), simulator.Options{Memory: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = sim.Close() })
	f.Fuzz(func(t *testing.T, method, path, body string) {
		c := &cloud{t: t, sim: sim}
		token, _ := c.authenticate(passwordAuth("admin", "secret"), projectScope("admin"))
		r, err := http.NewRequest(method, "http://cloud/identity/"+strings.TrimPrefix(path, "/"), strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		r.Header.Set("X-Auth-Token", token)
		w := httptest.NewRecorder()
		sim.Handler().ServeHTTP(w, r)
		if w.Code == 500 {
			t.Errorf("%s %s %s: %d %s", method, path, body, w.Code, w.Body)
		}
	})
}
