package identity_test

import (
	"strings"
	"testing"
	"time"
)

// A trust from its making to its end: what the trustee may do with it, and who may see it.
func TestTrusts(t *testing.T) {
	const trusts = "/v3/OS-TRUST/trusts"
	c := newCloud(t)
	login := func(identity, scope object) (int, object, string) {
		status, o, h := c.call("POST", "/v3/auth/tokens?nocatalog", "", object{"auth": object{"identity": identity, "scope": scope}})
		token, _ := o["token"].(object)
		return status, token, h.Get("X-Subject-Token")
	}
	_, info, demo := login(passwordAuth("demo", "secret"), projectScope("demo"))
	me, project := info["user"].(object)["id"].(string), info["project"].(object)["id"].(string)
	_, info, other := login(passwordAuth("alt_demo", "secret"), projectScope("alt_demo"))
	you := info["user"].(object)["id"].(string)
	admin := adminToken(c)
	wanted := func(more object) object {
		o := object{"trustor_user_id": me, "trustee_user_id": you, "impersonation": true, "project_id": project, "roles": []object{{"name": "member"}}}
		for k, v := range more {
			o[k] = v
		}
		return object{"trust": o}
	}
	byTrust := func(user, id string) (int, object, string) {
		return login(passwordAuth(user, "secret"), object{"OS-TRUST:trust": object{"id": id}})
	}

	refused := []struct {
		name, token string
		body        object
		status      int
		says        string
	}{
		{"nothing", demo, object{"trust": object{}}, 403, "identity:create_trust"},
		{"for somebody else", admin, wanted(nil), 403, "identity:create_trust"},
		{"no roles", demo, wanted(object{"roles": []object{}}), 403, "At least one role should be specified"},
		{"unknown trustee", demo, wanted(object{"trustee_user_id": "nobody"}), 404, "Could not find user: nobody."},
		{"a role one has not", demo, wanted(object{"roles": []object{{"name": "admin"}}}), 404, "Could not find role: "},
		{"no impersonation said", demo, wanted(object{"impersonation": nil}), 400, "impersonation"},
		{"in the past", demo, wanted(object{"expires_at": "2020-01-01T00:00:00Z"}), 400, "expires_at"},
		{"uses and redelegation", demo, wanted(object{"remaining_uses": 2, "allow_redelegation": true}), 400, "remaining_uses must not be set"},
	}
	for _, tt := range refused {
		status, o, _ := c.call("POST", trusts, tt.token, tt.body)
		e, _ := o["error"].(object)
		if text, _ := e["message"].(string); status != tt.status || !strings.Contains(text, tt.says) {
			t.Errorf("%s: %d %v", tt.name, status, o)
		}
	}

	made := c.want(201, "POST", trusts, demo, wanted(object{"remaining_uses": 2}))["trust"].(object)
	id := made["id"].(string)
	if made["redelegation_count"] != 0.0 || made["expires_at"] != nil || len(made["roles"].([]any)) != 1 {
		t.Errorf("%v", made)
	}
	c.want(403, "GET", trusts, demo, nil)
	c.want(403, "GET", trusts+"?trustee_user_id="+you, demo, nil)
	for _, token := range []string{demo, other, admin} {
		c.want(200, "GET", trusts+"/"+id, token, nil)
	}
	if all := c.want(200, "GET", trusts+"?trustor_user_id="+me, demo, nil)["trusts"].([]any); len(all) != 1 {
		t.Errorf("%v", all)
	}

	status, token, text := byTrust("alt_demo", id)
	if status != 201 || token["user"].(object)["name"] != "demo" || token["project"].(object)["name"] != "demo" || len(token["roles"].([]any)) != 2 ||
		token["OS-TRUST:trust"].(object)["trustee_user"].(object)["id"] != you {
		t.Fatalf("%d %v", status, token)
	}
	if status, _ := c.rescope("token", text, "demo"); status != 403 {
		t.Errorf("a trust's token makes another: %d", status)
	}
	if status, _, _ := byTrust("demo", id); status != 403 {
		t.Errorf("the trustor by the trust: %d", status)
	}
	if status, _, _ := byTrust("alt_demo", "nothing"); status != 401 {
		t.Errorf("no such trust: %d", status)
	}
	if status, _, _ := byTrust("alt_demo", id); status != 201 {
		t.Errorf("the second use: %d", status)
	}
	if status, _, _ := byTrust("alt_demo", id); status != 401 {
		t.Errorf("a use too many: %d", status)
	}
	c.want(404, "GET", trusts+"/"+id, demo, nil)

	// As oneself, passed on, and over.
	self := c.want(201, "POST", trusts, demo, wanted(object{"impersonation": false, "expires_at": "2026-11-22T12:30:00Z", "allow_redelegation": true}))["trust"].(object)
	id = self["id"].(string)
	status, token, text = byTrust("alt_demo", id)
	if status != 201 || token["user"].(object)["name"] != "alt_demo" || self["redelegation_count"] != 3.0 {
		t.Fatalf("%d %v", status, token)
	}
	c.want(403, "DELETE", trusts+"/"+id, other, nil)
	c.want(200, "GET", "/v3/auth/projects", text, nil)
	c.clock.now = c.clock.now.Add(31 * time.Minute)
	if status, _, _ := c.call("GET", "/v3/auth/projects", text, nil); status != 401 {
		t.Errorf("the token outlives its trust: %d", status)
	}

	last := c.want(201, "POST", trusts, demo, wanted(nil))["trust"].(object)["id"].(string)
	_, _, text = byTrust("alt_demo", last)
	c.want(204, "DELETE", trusts+"/"+last, demo, nil)
	if status, _, _ := c.call("GET", "/v3/auth/projects", text, nil); status != 401 {
		t.Errorf("the token outlives its trust: %d", status)
	}
}
