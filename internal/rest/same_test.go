package rest

import (
	"encoding/json"
	"testing"
)

func TestSame(t *testing.T) {
	ips := Unordered(Members(map[string]Same{"ip_address": Address}))
	for _, c := range []struct {
		name       string
		same       Same
		want, have string
		equal      bool
	}{
		{"numbers", Equal, `1`, `1.0`, true},
		{"numbers differ", Equal, `1`, `2`, false},
		{"a number is no text", Equal, `1`, `"1"`, false},
		{"nothing and empty text", Equal, `null`, `""`, true},
		{"nothing and an empty list", Equal, `[]`, `null`, true},
		{"nothing and an empty object", Equal, `{}`, `null`, true},
		{"nothing and false", Equal, `false`, `null`, false},
		{"nothing and zero", Equal, `0`, `null`, false},
		{"nested", Equal, `{"a":[1,{"b":null}]}`, `{"a":[1,{"b":null}]}`, true},
		{"case", Fold, `"FA:16"`, `"fa:16"`, true},
		{"case and nothing", Fold, `"x"`, `null`, false},
		{"addresses", Address, `"2001:DB8:0::1"`, `"2001:db8::1"`, true},
		{"addresses differ", Address, `"10.0.0.1"`, `"10.0.0.10"`, false},
		{"an address and none", Address, `null`, `"10.0.0.1"`, false},
		{"no addresses", Address, `"x"`, `"x"`, true},
		{"host bits", Network, `"10.8.0.77/24"`, `"10.8.0.0/24"`, true},
		{"another length", Network, `"10.8.0.0/25"`, `"10.8.0.0/24"`, false},
		{"address as network", Network, `"10.8.0.1"`, `"10.8.0.1"`, true},
		{"IDs with dashes", ID, `"00000000-0000-4000-8000-000000000000"`, `"00000000000040008000000000000000"`, true},
		{"IDs", ID, `"a"`, `"b"`, false},
		{"ordered", Ordered(Address), `["::1","10.0.0.1"]`, `["0::1","10.0.0.1"]`, true},
		{"out of order", Ordered(Address), `["10.0.0.1","::1"]`, `["::1","10.0.0.1"]`, false},
		{"longer", Ordered(Equal), `[1]`, `[1,2]`, false},
		{"unordered", Unordered(Equal), `[1,2]`, `[2,1]`, true},
		{"twice one", Unordered(Equal), `[1,1]`, `[1,2]`, false},
		{"one left over", Unordered(Equal), `[1]`, `[1,2]`, false},
		{"only what is wanted counts", Members(nil), `{"a":1}`, `{"a":1,"b":2}`, true},
		{"a member differs", Members(nil), `{"a":1}`, `{"a":2}`, false},
		{"a member is missing", Members(nil), `{"a":1}`, `{}`, false},
		{"an object and nothing", Members(nil), `{"a":1}`, `null`, false},
		{"nothing is wanted", Members(nil), `{}`, `{"a":1}`, false},
		{"any of the subnet", ips, `[{"subnet_id":"s"}]`, `[{"subnet_id":"s","ip_address":"10.0.0.1"}]`, true},
		{"the vague one gives way", ips, `[{"subnet_id":"s"},{"subnet_id":"s","ip_address":"10.0.0.1"}]`,
			`[{"subnet_id":"s","ip_address":"10.0.0.1"},{"subnet_id":"s","ip_address":"10.0.0.2"}]`, true},
		{"and not to two", ips, `[{"ip_address":"10.0.0.1"},{"ip_address":"10.0.0.1"}]`,
			`[{"subnet_id":"s","ip_address":"10.0.0.1"},{"subnet_id":"s","ip_address":"10.0.0.2"}]`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want, have any
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(c.have), &have); err != nil {
				t.Fatal(err)
			}
			if got := c.same(want, have); got != c.equal {
				t.Errorf("%s and %s: %v", c.want, c.have, got)
			}
		})
	}
}

func TestSetMember(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"id":"n", "tags":[], "z":1.50}`, `{"id":"n","tags":["a"],"z":1.50}`},
		{`{"id":"n"}`, `{"id":"n","tags":["a"]}`},
		{`{}`, `{"tags":["a"]}`},
	} {
		got, err := setMember([]byte(c.in), "tags", []byte(`["a"]`))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v", c.in, got, err)
		}
	}
	for _, bad := range []string{``, `[]`, `{"a"`, `{"a":`} {
		if got, err := setMember([]byte(bad), "tags", []byte(`[]`)); err == nil {
			t.Errorf("%q: got %s, want an error", bad, got)
		}
	}
}

func TestPolicyHint(t *testing.T) {
	for message, want := range map[string]string{
		"(rule:create_network and rule:create_network:router:external) is disallowed by policy":                                                           "may set router:external:",
		"((rule:create_network and rule:create_network:provider:network_type) and rule:create_network:provider:physical_network) is disallowed by policy": "provider:network_type and provider:physical_network:",
		"(rule:update_port and rule:update_port:mac_address) is disallowed by policy":                                                                     "may set mac_address:",
		"rule:delete_network is disallowed by policy":                                                                                                     "another project",
	} {
		if got := policyHint(message); !contains(got, want) {
			t.Errorf("%s: got %q, want %q in it", message, got, want)
		}
	}
}

func TestEveryKindIsWhole(t *testing.T) {
	for _, name := range []string{"network", "subnet", "port", "router", "security_group", "subnetpool", "qos_policy", "segment", "router_flavor", "project"} {
		k, ok := KindNamed(name)
		if !ok || k.Name != name || k.Service == "" || k.Path == "" || k.Key == "" || k.Plural == "" {
			t.Errorf("%s: %+v", name, k)
		}
	}
	if _, ok := KindNamed("no such"); ok {
		t.Error("an unknown kind is known")
	}
}
