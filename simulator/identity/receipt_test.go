package identity_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

// code is what a user's device shows (RFC 6238).
func code(t *testing.T, secret string, at time.Time) string {
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

// Rules for several factors: what is not enough brings a receipt, the receipt and the rest a token.
func TestFactors(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	c := newCloud(t)
	admin := adminToken(c)
	demo := c.want(200, "GET", "/v3/users?name=demo", admin, nil)["users"].([]any)[0].(object)["id"].(string)
	c.want(201, "POST", "/v3/credentials", admin, object{"credential": object{"type": "totp", "blob": secret, "user_id": demo}})
	set := func(o object) { c.want(200, "PATCH", "/v3/users/"+demo, admin, object{"user": object{"options": o}}) }
	totp := func(code string) object {
		return object{"methods": []string{"totp"}, "totp": object{"user": object{"id": demo, "passcode": code}}}
	}
	ask := func(identity object, headers ...string) (int, object, string) {
		status, o, h := c.call("POST", "/v3/auth/tokens", "", object{"auth": object{"identity": identity, "scope": projectScope("demo")}}, headers...)
		return status, o, h.Get("Openstack-Auth-Receipt")
	}
	if status, _, receipt := ask(passwordAuth("demo", "secret")); status != 201 || receipt != "" {
		t.Fatalf("without rules: %d", status)
	}
	set(object{"multi_factor_auth_rules": [][]string{{"password", "totp"}}})
	status, o, receipt := ask(passwordAuth("demo", "secret"))
	if status != 401 || receipt == "" || fmt.Sprint(o["required_auth_methods"]) != "[[password totp]]" || o["receipt"].(object)["user"].(object)["name"] != "demo" {
		t.Fatalf("password alone: %d %v", status, o)
	}
	now := code(t, secret, c.clock.now)
	if status, _, more := ask(passwordAuth("demo", "wrong")); status != 401 || more != "" {
		t.Error("a wrong password brings a receipt")
	}
	if status, _, _ := ask(totp("000000"), "Openstack-Auth-Receipt", receipt); status != 401 {
		t.Errorf("a wrong code: %d", status)
	}
	if status, _, _ := ask(totp(now), "Openstack-Auth-Receipt", "x"); status != 401 {
		t.Errorf("a receipt that is none: %d", status)
	}
	status, o, _ = ask(totp(now), "Openstack-Auth-Receipt", receipt)
	if status != 201 || len(o["token"].(object)["methods"].([]any)) != 2 {
		t.Errorf("receipt and code: %d %v", status, o)
	}
	both := passwordAuth("demo", "secret")
	both["methods"] = []string{"password", "totp"}
	both["totp"] = totp(now)["totp"]
	if status, o, _ := ask(both); status != 201 {
		t.Errorf("both at once: %d %v", status, o)
	}
	_, _, receipt = ask(passwordAuth("demo", "secret"))
	c.clock.now = c.clock.now.Add(6 * time.Minute)
	if status, _, _ := ask(totp(code(t, secret, c.clock.now)), "Openstack-Auth-Receipt", receipt); status != 401 {
		t.Errorf("an old receipt: %d", status)
	}
	set(object{"multi_factor_auth_enabled": false})
	if status, _, _ := ask(passwordAuth("demo", "secret")); status != 201 {
		t.Errorf("rules switched off: %d", status)
	}
}
