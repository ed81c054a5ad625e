package change_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oslua/oslua/internal/change"
)

type attrs = map[string]any

const (
	create = change.Create
	update = change.Update
	del    = change.Delete
)

func TestOf(t *testing.T) {
	tests := []struct {
		service, method, path, body string
		want                        []change.Change
	}{
		// What changes nothing.
		{"network", "GET", "networks", "", nil},
		{"network", "", "networks", "", nil},
		{"image", "HEAD", "images/i", "", nil},
		{"identity", "POST", "auth/tokens", `{"auth":{}}`, nil},
		{"identity", "DELETE", "auth/tokens", "", nil},
		{"compute", "POST", "servers/s/action", `{"os-getConsoleOutput":{"length":5}}`, nil},
		{"compute", "POST", "servers/s/remote-consoles", `{"remote_console":{"type":"novnc"}}`, nil},

		// Networking.
		{"network", "POST", "networks", `{"network":{"name":"a","shared":false}}`,
			[]change.Change{{Action: create, Type: "network", Name: "a", Attributes: attrs{"name": "a", "shared": false}}}},
		{"network", "POST", "networks", `{"networks":[{"name":"a"},{"name":"b"}]}`,
			[]change.Change{{Action: create, Type: "network", Name: "a", Attributes: attrs{"name": "a"}}, {Action: create, Type: "network", Name: "b", Attributes: attrs{"name": "b"}}}},
		{"network", "PUT", "networks/n", `{"network":{"name":"b"}}`,
			[]change.Change{{Action: update, Type: "network", ID: "n", Name: "b", Attributes: attrs{"name": "b"}}}},
		{"network", "DELETE", "networks/n", "", []change.Change{{Action: del, Type: "network", ID: "n"}}},
		{"network", "DELETE", "networks/n.json", "", []change.Change{{Action: del, Type: "network", ID: "n"}}},
		{"network", "POST", "subnets", `{"subnet":{"name":"s","network_id":"n"}}`,
			[]change.Change{{Action: create, Type: "subnet", Name: "s", Parent: "n", Attributes: attrs{"name": "s", "network_id": "n"}}}},
		{"network", "POST", "ports", `{"port":{"network_id":"n"}}`,
			[]change.Change{{Action: create, Type: "port", Parent: "n", Attributes: attrs{"network_id": "n"}}}},
		{"network", "PUT", "routers/r/add_router_interface", `{"subnet_id":"s"}`,
			[]change.Change{{Action: create, Type: "router_interface", Parent: "r", ID: "s", Attributes: attrs{"subnet_id": "s"}}}},
		{"network", "PUT", "routers/r/remove_router_interface", `{"port_id":"p"}`,
			[]change.Change{{Action: del, Type: "router_interface", Parent: "r", ID: "p", Attributes: attrs{"port_id": "p"}}}},
		{"network", "PUT", "routers/r", `{"router":{"external_gateway_info":{"network_id":"x"}}}`,
			[]change.Change{{Action: create, Type: "router_gateway", Parent: "r", ID: "x", Attributes: attrs{"network_id": "x"}}}},
		{"network", "PUT", "routers/r", `{"router":{"external_gateway_info":null}}`,
			[]change.Change{{Action: del, Type: "router_gateway", Parent: "r"}}},
		{"network", "PUT", "routers/r", `{"router":{"name":"n","external_gateway_info":{}}}`,
			[]change.Change{{Action: update, Type: "router", ID: "r", Name: "n", Attributes: attrs{"name": "n"}}, {Action: del, Type: "router_gateway", Parent: "r"}}},
		{"network", "PUT", "routers/r", `{"router":{"routes":[]}}`,
			[]change.Change{{Action: update, Type: "router", ID: "r", Attributes: attrs{"routes": []any{}}}}},
		{"network", "PUT", "routers/r/add_extraroutes", `{"router":{"routes":[{"destination":"10.9.0.0/24","nexthop":"10.0.0.5"}]}}`,
			[]change.Change{{Action: create, Type: "router_route", Parent: "r", ID: "10.9.0.0/24 via 10.0.0.5", Attributes: attrs{"destination": "10.9.0.0/24", "nexthop": "10.0.0.5"}}}},
		{"network", "PUT", "routers/r/remove_extraroutes", `{"router":{"routes":[{"destination":"d","nexthop":"h"}]}}`,
			[]change.Change{{Action: del, Type: "router_route", Parent: "r", ID: "d via h", Attributes: attrs{"destination": "d", "nexthop": "h"}}}},
		{"network", "POST", "floatingips", `{"floatingip":{"floating_network_id":"x","port_id":"p"}}`,
			[]change.Change{{Action: create, Type: "floating_ip", Attributes: attrs{"floating_network_id": "x", "port_id": "p"}}}},
		{"network", "PUT", "floatingips/f", `{"floatingip":{"port_id":"p"}}`,
			[]change.Change{{Action: create, Type: "floating_ip_association", Parent: "f", ID: "p", Attributes: attrs{"port_id": "p"}}}},
		{"network", "PUT", "floatingips/f", `{"floatingip":{"port_id":null}}`,
			[]change.Change{{Action: del, Type: "floating_ip_association", Parent: "f"}}},
		{"network", "PUT", "floatingips/f", `{"floatingip":{"description":"d"}}`,
			[]change.Change{{Action: update, Type: "floating_ip", ID: "f", Attributes: attrs{"description": "d"}}}},
		{"network", "DELETE", "floatingips/f", "", []change.Change{{Action: del, Type: "floating_ip", ID: "f"}}},
		{"network", "POST", "security-groups", `{"security_group":{"name":"g"}}`,
			[]change.Change{{Action: create, Type: "security_group", Name: "g", Attributes: attrs{"name": "g"}}}},
		{"network", "POST", "security-group-rules", `{"security_group_rule":{"security_group_id":"g"}}`,
			[]change.Change{{Action: create, Type: "security_group_rule", Parent: "g", Attributes: attrs{"security_group_id": "g"}}}},
		{"network", "DELETE", "security-group-rules/r", "", []change.Change{{Action: del, Type: "security_group_rule", ID: "r"}}},
		{"network", "PUT", "networks/n/tags", `{"tags":["a"]}`,
			[]change.Change{{Action: update, Type: "network", ID: "n", Attributes: attrs{"tags": []any{"a"}}}}},
		{"network", "DELETE", "networks/n/tags", "",
			[]change.Change{{Action: update, Type: "network", ID: "n", Attributes: attrs{"tags": []any{}}}}},
		{"network", "PUT", "security-groups/g/tags/a%2Fb", "",
			[]change.Change{{Action: update, Type: "security_group", ID: "g", Attributes: attrs{"add_tag": "a/b"}}}},
		{"network", "DELETE", "routers/r/tags/a", "",
			[]change.Change{{Action: update, Type: "router", ID: "r", Attributes: attrs{"remove_tag": "a"}}}},
		{"network", "POST", "rbac-policies", `{"rbac_policy":{"object_id":"n"}}`,
			[]change.Change{{Action: create, Type: "rbac_policy", Attributes: attrs{"object_id": "n"}}}},
		{"network", "DELETE", "subnetpools/p", "", []change.Change{{Action: del, Type: "subnetpool", ID: "p"}}},
		{"network", "PUT", "subnetpools/p/add_prefixes", `{"prefixes":["10.0.0.0/8"]}`,
			[]change.Change{{Action: update, Type: "subnetpool", ID: "p", Attributes: attrs{"action": "add_prefixes", "prefixes": []any{"10.0.0.0/8"}}}}},
		{"network", "POST", "address-scopes", `{"address_scope":{"name":"a"}}`,
			[]change.Change{{Action: create, Type: "address_scope", Name: "a", Attributes: attrs{"name": "a"}}}},
		{"network", "POST", "address-groups", `{"address_group":{"name":"a"}}`,
			[]change.Change{{Action: create, Type: "address_group", Name: "a", Attributes: attrs{"name": "a"}}}},
		{"network", "PUT", "quotas/p", `{"quota":{"network":"5"}}`,
			[]change.Change{{Action: update, Type: "quota", ID: "p", Attributes: attrs{"network": "5"}}}},
		{"network", "DELETE", "quotas/p", "", []change.Change{{Action: update, Type: "quota", ID: "p", Attributes: attrs{"reset": true}}}},
		{"network", "POST", "qos/policies", `{"policy":{"name":"q"}}`,
			[]change.Change{{Action: create, Type: "qos_policy", Name: "q", Attributes: attrs{"name": "q"}}}},
		{"network", "POST", "qos/policies/q/bandwidth_limit_rules", `{"bandwidth_limit_rule":{"max_burst_kbps":"1"}}`,
			[]change.Change{{Action: create, Type: "bandwidth_limit_rule", Parent: "q", Attributes: attrs{"max_burst_kbps": "1"}}}},
		{"network", "POST", "floatingips/f/port_forwardings", `{"port_forwarding":{"protocol":"tcp"}}`,
			[]change.Change{{Action: create, Type: "port_forwarding", Parent: "f", Attributes: attrs{"protocol": "tcp"}}}},

		// Compute.
		{"compute", "POST", "servers", `{"server":{"name":"w","adminPass":"pw","user_data":"c2VjcmV0"},"os:scheduler_hints":{}}`,
			[]change.Change{{Action: create, Type: "server", Name: "w", Attributes: attrs{"name": "w", "adminPass": "********", "user_data": "********"}}}},
		{"compute", "DELETE", "servers/s", "", []change.Change{{Action: del, Type: "server", ID: "s"}}},
		{"compute", "POST", "servers/s/action", `{"forceDelete":null}`, []change.Change{{Action: del, Type: "server", ID: "s"}}},
		{"compute", "POST", "servers/s/action", `{"os-stop":null}`,
			[]change.Change{{Action: update, Type: "server", ID: "s", Attributes: attrs{"action": "os-stop"}}}},
		{"compute", "POST", "servers/s/action", `{"resize":{"flavorRef":"2"}}`,
			[]change.Change{{Action: update, Type: "server", ID: "s", Attributes: attrs{"action": "resize", "flavorRef": "2"}}}},
		{"compute", "POST", "servers/s/action", `{"rebuild":{"imageRef":"i","adminPass":"x"}}`,
			[]change.Change{{Action: update, Type: "server", ID: "s", Attributes: attrs{"action": "rebuild", "imageRef": "i", "adminPass": "********"}}}},
		{"compute", "POST", "servers/s/action", `{"changePassword":{"adminPass":"x"}}`,
			[]change.Change{{Action: update, Type: "server", ID: "s", Attributes: attrs{"action": "changePassword"}}}},
		{"compute", "POST", "servers/s/action", `{"createImage":{"name":"snap"}}`,
			[]change.Change{{Action: create, Type: "image", Name: "snap", Parent: "s", Attributes: attrs{"name": "snap"}}}},
		{"compute", "POST", "servers/s/os-interface", `{"interfaceAttachment":{"port_id":"p"}}`,
			[]change.Change{{Action: create, Type: "server_interface", Parent: "s", ID: "p", Attributes: attrs{"port_id": "p"}}}},
		{"compute", "DELETE", "servers/s/os-interface/p", "", []change.Change{{Action: del, Type: "server_interface", Parent: "s", ID: "p"}}},
		{"compute", "POST", "servers/s/metadata", `{"metadata":{"a":"b"}}`,
			[]change.Change{{Action: update, Type: "server", ID: "s", Attributes: attrs{"metadata": attrs{"a": "b"}}}}},
		{"compute", "DELETE", "servers/s/metadata/a", "",
			[]change.Change{{Action: update, Type: "server", ID: "s", Attributes: attrs{"remove_metadata": "a"}}}},
		{"compute", "PUT", "servers/s/tags/a", "", []change.Change{{Action: update, Type: "server", ID: "s", Attributes: attrs{"add_tag": "a"}}}},
		{"compute", "POST", "os-keypairs", `{"keypair":{"name":"k","public_key":"ssh-rsa A"}}`,
			[]change.Change{{Action: create, Type: "keypair", ID: "k", Name: "k", Attributes: attrs{"name": "k", "public_key": "ssh-rsa A"}}}},
		{"compute", "DELETE", "os-keypairs/k", "", []change.Change{{Action: del, Type: "keypair", ID: "k"}}},
		{"compute", "POST", "os-server-groups", `{"server_group":{"name":"g"}}`,
			[]change.Change{{Action: create, Type: "server_group", Name: "g", Attributes: attrs{"name": "g"}}}},
		{"compute", "POST", "flavors", `{"flavor":{"name":"f"}}`,
			[]change.Change{{Action: create, Type: "flavor", Name: "f", Attributes: attrs{"name": "f"}}}},
		{"compute", "POST", "flavors/f/os-extra_specs", `{"extra_specs":{"a":"b"}}`,
			[]change.Change{{Action: update, Type: "flavor", ID: "f", Attributes: attrs{"extra_specs": attrs{"a": "b"}}}}},
		{"compute", "DELETE", "flavors/f/os-extra_specs/a", "",
			[]change.Change{{Action: update, Type: "flavor", ID: "f", Attributes: attrs{"remove_extra_spec": "a"}}}},
		{"compute", "POST", "flavors/f/action", `{"addTenantAccess":{"tenant":"p"}}`,
			[]change.Change{{Action: create, Type: "flavor_access", Parent: "f", ID: "p"}}},
		{"compute", "POST", "flavors/f/action", `{"removeTenantAccess":{"tenant":"p"}}`,
			[]change.Change{{Action: del, Type: "flavor_access", Parent: "f", ID: "p"}}},
		{"compute", "PUT", "os-quota-sets/p", `{"quota_set":{"force":true}}`,
			[]change.Change{{Action: update, Type: "quota", ID: "p", Attributes: attrs{"force": true}}}},
		{"compute", "POST", "os-aggregates/1/action", `{"add_host":{"host":"h"}}`,
			[]change.Change{{Action: update, Type: "aggregate", ID: "1", Attributes: attrs{"action": "add_host", "host": "h"}}}},

		// Images.
		{"image", "POST", "images", `{"name":"i","tags":[]}`,
			[]change.Change{{Action: create, Type: "image", Name: "i", Attributes: attrs{"name": "i", "tags": []any{}}}}},
		{"image", "PUT", "images/i/file", "", []change.Change{{Action: update, Type: "image", ID: "i", Attributes: attrs{"upload": "file"}}}},
		{"image", "POST", "images/i/import", `{"method":{"name":"web-download","uri":"https://me:pw@h/f?sig=abc"}}`,
			[]change.Change{{Action: update, Type: "image", ID: "i", Attributes: attrs{"import": attrs{"name": "web-download", "uri": "https://********@h/f"}}}}},
		{"image", "PATCH", "images/i", `[{"op":"add","path":"/min_disk","value":"1"},{"op":"remove","path":"/a~1b"},{"op":"add","path":"/password","value":"x"}]`,
			[]change.Change{{Action: update, Type: "image", ID: "i", Attributes: attrs{"min_disk": "1", "a/b": nil, "password": "********"}}}},
		{"image", "DELETE", "images/i", "", []change.Change{{Action: del, Type: "image", ID: "i"}}},
		{"image", "POST", "images/i/actions/deactivate", "",
			[]change.Change{{Action: update, Type: "image", ID: "i", Attributes: attrs{"action": "deactivate"}}}},
		{"image", "POST", "images/i/members", `{"member":"p"}`,
			[]change.Change{{Action: create, Type: "image_member", Parent: "i", ID: "p", Attributes: attrs{"member": "p"}}}},
		{"image", "DELETE", "images/i/members/p", "", []change.Change{{Action: del, Type: "image_member", Parent: "i", ID: "p"}}},
		{"image", "PUT", "images/i/tags/t", "", []change.Change{{Action: update, Type: "image", ID: "i", Attributes: attrs{"add_tag": "t"}}}},
		{"image", "POST", "tasks", `{"type":"import"}`, []change.Change{{Action: create, Type: "task", Attributes: attrs{"type": "import"}}}},

		// Identity.
		{"identity", "POST", "projects", `{"project":{"name":"p"}}`,
			[]change.Change{{Action: create, Type: "project", Name: "p", Attributes: attrs{"name": "p"}}}},
		{"identity", "PATCH", "users/u", `{"user":{"password":"x"}}`,
			[]change.Change{{Action: update, Type: "user", ID: "u", Attributes: attrs{"password": "********"}}}},
		{"identity", "POST", "users/u/password", `{"user":{"password":"x","original_password":"y"}}`,
			[]change.Change{{Action: update, Type: "user", ID: "u", Attributes: attrs{"password": "********"}}}},
		{"identity", "POST", "users/u/application_credentials", `{"application_credential":{"name":"a","secret":"s"}}`,
			[]change.Change{{Action: create, Type: "application_credential", Name: "a", Parent: "u", Attributes: attrs{"name": "a", "secret": "********"}}}},
		{"identity", "DELETE", "users/u/application_credentials/a", "",
			[]change.Change{{Action: del, Type: "application_credential", Parent: "u", ID: "a"}}},
		{"identity", "POST", "OS-TRUST/trusts", `{"trust":{"impersonation":true}}`,
			[]change.Change{{Action: create, Type: "trust", Attributes: attrs{"impersonation": true}}}},
		{"identity", "DELETE", "OS-TRUST/trusts/t", "", []change.Change{{Action: del, Type: "trust", ID: "t"}}},
		{"identity", "PUT", "projects/p/users/u/roles/r", "",
			[]change.Change{{Action: create, Type: "role_assignment", ID: "projects/p/users/u/roles/r", Parent: "p", Attributes: attrs{"project": "p", "user": "u", "role": "r"}}}},
		{"identity", "DELETE", "system/groups/g/roles/r", "",
			[]change.Change{{Action: del, Type: "role_assignment", ID: "system/groups/g/roles/r", Parent: "system", Attributes: attrs{"group": "g", "role": "r"}}}},
		{"identity", "PUT", "groups/g/users/u", "", []change.Change{{Action: create, Type: "group_member", Parent: "g", ID: "u"}}},
		{"identity", "PUT", "OS-FEDERATION/mappings/m", `{"mapping":{"rules":[]}}`,
			[]change.Change{{Action: create, Type: "mapping", ID: "m", Attributes: attrs{"rules": []any{}}}}},
		{"identity", "POST", "services", `{"service":{"type":"x"}}`,
			[]change.Change{{Action: create, Type: "service", Attributes: attrs{"type": "x"}}}},
		{"identity", "DELETE", "policies/x", "", []change.Change{{Action: del, Type: "policy", ID: "x"}}},

		// What nobody thought of has a name all the same.
		{"volumev3", "POST", "volumes", `{"volume":{"size":"1"}}`, []change.Change{{Action: create, Type: "volume", Attributes: attrs{"size": "1"}}}},
		{"block-storage", "POST", "volumes/v/action", `{"os-extend":{"new_size":"2"}}`,
			[]change.Change{{Action: update, Type: "volume", ID: "v", Attributes: attrs{"action": "os-extend", "new_size": "2"}}}},
		{"dns", "POST", "zones/z/recordsets", `{"name":"a."}`,
			[]change.Change{{Action: create, Type: "recordset", Name: "a.", Parent: "z", Attributes: attrs{"name": "a."}}}},
		{"dns", "POST", "zones/z/tasks/export", "", []change.Change{{Action: update, Type: "task", ID: "export", Parent: "z"}}},
		{"object-store", "PUT", "box", "", []change.Change{{Action: update, Type: "box"}}},
		{"odd", "DELETE", "", "", []change.Change{{Action: update, Type: "odd"}}},
		{"network", "POST", "networks", `not JSON`, []change.Change{{Action: create, Type: "network"}}},
		{"network", "PUT", "routers/r/add_router_interface", ``, []change.Change{{Action: create, Type: "router_interface", Parent: "r"}}},
	}
	for _, tt := range tests {
		got := change.Of(tt.service, tt.method, tt.path, []byte(tt.body))
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s %s %s %s (-want +got):\n%s", tt.service, tt.method, tt.path, tt.body, diff)
		}
	}
}

func TestManyServersOfOneRequest(t *testing.T) {
	got := change.Of("compute", "POST", "servers", []byte(`{"server":{"name":"w","min_count":2,"max_count":3}}`))
	var names []string
	for _, c := range got {
		names = append(names, c.Name)
	}
	if s := strings.Join(names, " "); s != "w-1 w-2 w-3" {
		t.Errorf("names are %q", s)
	}
	if n := len(change.Of("compute", "POST", "servers", []byte(`{"server":{"max_count":99999999999}}`))); n != 1 {
		t.Errorf("a count past reason gives %d changes", n)
	}
}

func TestAnswered(t *testing.T) {
	tests := []struct {
		name                  string
		service, method, path string
		body                  string
		status                int
		answer                string
		ids, names            string
	}{
		{"one", "network", "POST", "networks", `{"network":{"name":"a"}}`, 201, `{"network":{"id":"1","name":"a"}}`, "1", "a"},
		{"many", "network", "POST", "ports", `{"ports":[{"name":"a"},{"name":"b"}]}`, 201, `{"ports":[{"id":"1","name":"a"},{"id":"2","name":"b"}]}`, "1 2", "a b"},
		{"refused", "network", "POST", "networks", `{"network":{"name":"a"}}`, 409, `{"NeutronError":{"id":"x"}}`, "", "a"},
		{"address", "network", "POST", "floatingips", `{"floatingip":{}}`, 201, `{"floatingip":{"id":"1","floating_ip_address":"172.24.4.9"}}`, "1", "172.24.4.9"},
		{"server", "compute", "POST", "servers", `{"server":{"name":"w"}}`, 202, `{"server":{"id":"1","adminPass":"p"}}`, "1", "w"},
		{"reservation", "compute", "POST", "servers", `{"server":{"name":"w","max_count":2}}`, 202, `{"reservation_id":"r-1"}`, " ", "w-1 w-2"},
		{"image", "image", "POST", "images", `{"name":"i"}`, 201, `{"id":"1","name":"i","status":"queued"}`, "1", "i"},
		{"snapshot", "compute", "POST", "servers/s/action", `{"createImage":{"name":"i"}}`, 202, `{"image_id":"1"}`, "1", "i"},
		{"keypair", "compute", "POST", "os-keypairs", `{"keypair":{"name":"k"}}`, 201, `{"keypair":{"name":"k","private_key":"x"}}`, "k", "k"},
		{"update", "network", "PUT", "networks/1", `{"network":{"mtu":1400}}`, 200, `{"network":{"id":"1","name":"a"}}`, "1", "a"},
		{"interface", "compute", "POST", "servers/s/os-interface", `{"interfaceAttachment":{"net_id":"n"}}`, 200, `{"interfaceAttachment":{"port_id":"p"}}`, "p", ""},
		{"router interface", "network", "PUT", "routers/r/add_router_interface", `{"subnet_id":"s"}`, 200, `{"id":"r","port_id":"p","subnet_id":"s"}`, "s", ""},
		{"delete", "network", "DELETE", "networks/1", ``, 204, ``, "1", ""},
		{"gateway", "network", "PUT", "routers/r", `{"router":{"external_gateway_info":{"network_id":"x"}}}`, 200, `{"router":{"id":"r","name":"n"}}`, "x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := change.Of(tt.service, tt.method, tt.path, []byte(tt.body))
			got := change.Answered(before, tt.status, []byte(tt.answer))
			var ids, names []string
			for _, c := range got {
				ids, names = append(ids, c.ID), append(names, c.Name)
			}
			if s := strings.Join(ids, " "); s != tt.ids {
				t.Errorf("IDs are %q, want %q", s, tt.ids)
			}
			if s := strings.Join(names, " "); s != tt.names {
				t.Errorf("names are %q, want %q", s, tt.names)
			}
		})
	}
}

func TestAnsweredLeavesWhatItWasGiven(t *testing.T) {
	before := change.Of("network", "PUT", "routers/r/add_router_interface", []byte(`{"subnet_id":"s"}`))
	after := change.Answered(before, 200, []byte(`{"port_id":"p","subnet_id":"s"}`))
	if after[0].Attributes["port_id"] != "p" || before[0].Attributes["port_id"] != nil {
		t.Errorf("before %v, after %v", before, after)
	}
}

func FuzzOf(f *testing.F) {
	f.Add("compute", "POST", "servers/s/action", `{"resize":{}}`, `{"server":[1,null,{"id":2}]}`)
	f.Add("network", "PUT", "routers/r", `{"router":[]}`, `[]`)
	f.Fuzz(func(t *testing.T, service, method, path, body, answer string) {
		change.Answered(change.Of(service, method, path, []byte(body)), 200, []byte(answer))
	})
}
