package network

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// hands is a clock that tests set.
type hands struct{ now time.Time }

func (h *hands) Now() time.Time { return h.now }

// tokens are "admin" and the names of projects.
type tokens struct{}

func (tokens) Authenticate(_ *store.Tx, token string, _ time.Time) (*web.Caller, error) {
	switch token {
	case "admin":
		return &web.Caller{ProjectID: "p-admin", Roles: []string{"admin"}}, nil
	case "demo", "alt":
		return &web.Caller{ProjectID: "p-" + token, Roles: []string{"member"}}, nil
	}
	return nil, nil
}

// cloud is the service with a seeded state behind a handler.
type cloud struct {
	t       testing.TB
	handler http.Handler
	store   *store.Store
	clock   *hands
	ids     map[string]string
}

func start(t testing.TB) *cloud { return startAt(t, "") }

func startAt(t testing.TB, path string) *cloud {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	c := &cloud{t: t, store: st, clock: &hands{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}, ids: map[string]string{}}
	err = st.Update(t.Context(), func(tx *store.Tx) error {
		if n, err := store.Count[network](tx); n > 0 || err != nil {
			return err
		}
		return Seed(tx, Model{Seed: 1, Now: c.clock.now, AdminProject: "p-admin", DemoProject: "p-demo"})
	})
	if err != nil {
		t.Fatal(err)
	}
	c.handler, err = web.NewServer(web.Config{Store: st, Clock: c.clock, Services: []*web.Service{New(tokens{})}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cloud) fill(s string) string {
	for k, v := range c.ids {
		s = strings.ReplaceAll(s, "{"+k+"}", v)
	}
	return s
}

// do sends a request and gives the status and the body.
func (c *cloud) do(token, method, path, body string, header ...string) (int, map[string]any) {
	c.t.Helper()
	r := httptest.NewRequest(method, "http://cloud/network"+c.fill(path), strings.NewReader(c.fill(body)))
	r.Header.Set("X-Auth-Token", token)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	var answer map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil && w.Body.String() != "null" {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, w.Body)
		}
	}
	return w.Code, answer
}

// make creates an object and remembers its ID under a name.
func (c *cloud) make(token, name, path, body string) map[string]any {
	c.t.Helper()
	status, answer := c.do(token, "POST", path, body)
	for _, v := range answer {
		if o, ok := v.(map[string]any); ok && status == 201 {
			c.ids[name], _ = o["id"].(string)
			return o
		}
	}
	c.t.Fatalf("POST %s %s: %d %v", path, body, status, answer)
	return nil
}

func refusal(answer map[string]any) string {
	e, _ := answer["NeutronError"].(map[string]any)
	return fmt.Sprint(e["type"], ": ", e["message"])
}

const nobody = "00000000-0000-4000-8000-000000000000"

// lab makes a network with a router to public, a port with a floating IP, and remembers all IDs.
func lab(t testing.TB) *cloud {
	c := start(t)
	_, found := c.do("demo", "GET", "/v2.0/networks?name=public", "")
	c.ids["public"] = found["networks"].([]any)[0].(map[string]any)["id"].(string)
	c.make("demo", "net", "/v2.0/networks", `{"network": {"name": "lab"}}`)
	c.make("demo", "sub", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 4, "cidr": "10.8.0.0/24"}}`)
	c.make("demo", "nogw", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 4, "cidr": "10.9.0.0/24", "gateway_ip": null}}`)
	c.make("demo", "router", "/v2.0/routers", `{"router": {"name": "r", "external_gateway_info": {"network_id": "{public}"}}}`)
	if status, answer := c.do("demo", "PUT", "/v2.0/routers/{router}/add_router_interface", `{"subnet_id": "{sub}"}`); status != 200 {
		t.Fatal(status, answer)
	} else {
		c.ids["iface"] = answer["port_id"].(string)
	}
	c.make("demo", "port", "/v2.0/ports", `{"port": {"network_id": "{net}", "fixed_ips": [{"ip_address": "10.8.0.9"}], "mac_address": "fa:16:3e:00:00:01"}}`)
	c.make("demo", "fip", "/v2.0/floatingips", `{"floatingip": {"floating_network_id": "{public}", "port_id": "{port}"}}`)
	c.make("demo", "sg", "/v2.0/security-groups", `{"security_group": {"name": "sg"}}`)
	c.make("demo", "rule", "/v2.0/security-group-rules", `{"security_group_rule": {"security_group_id": "{sg}", "direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}}`)
	c.make("alt", "alien", "/v2.0/networks", `{"network": {"name": "alien"}}`)
	return c
}

// What is refused, with the real one's status, type and sentence.
func TestRefusals(t *testing.T) {
	c := lab(t)
	tests := []struct {
		token, method, path, body string
		status                    int
		want                      string
	}{
		{"demo", "POST", "/v2.0/networks", `{`, 400, "HTTPBadRequest: Body contains invalid data"},
		{"demo", "POST", "/v2.0/networks", `[]`, 400, "HTTPBadRequest: Body contains invalid data"},
		{"demo", "POST", "/v2.0/networks", `{}`, 400, "HTTPBadRequest: Unable to find 'network' in request body"},
		{"demo", "POST", "/v2.0/networks", `{"networks": []}`, 400, "HTTPBadRequest: Resources required"},
		{"demo", "PUT", "/v2.0/networks/{net}", `{"networks": [{}]}`, 400, "HTTPBadRequest: Bulk operation not supported"},
		{"demo", "POST", "/v2.0/networks", `{"network": {"chidr": 1}}`, 400, "HTTPBadRequest: Unrecognized attribute(s) 'chidr'"},
		{"demo", "POST", "/v2.0/networks", `{"network": {"name": 3}}`, 400, "HTTPBadRequest: Invalid input for name. Reason: '3' is not a valid string."},
		{"demo", "POST", "/v2.0/networks", `{"network": {"id": "x"}}`, 400, "HTTPBadRequest: Attribute 'id' not allowed in POST"},
		{"demo", "POST", "/v2.0/networks", `{"network": {"admin_state_up": "perhaps"}}`, 400, "InvalidInput: Invalid input for operation: 'perhaps' cannot be converted to boolean."},
		{"demo", "POST", "/v2.0/networks", `{"network": {"tenant_id": "x"}}`, 400, "HTTPBadRequest: Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or advsvc privileges"},
		{"demo", "POST", "/v2.0/networks", `{"network": {"shared": true}}`, 403, "PolicyNotAuthorized: (rule:create_network and rule:create_network:shared) is disallowed by policy"},
		{"demo", "POST", "/v2.0/networks", `{"network": {"provider:network_type": "flat", "provider:physical_network": "public"}}`, 403,
			"PolicyNotAuthorized: ((rule:create_network and rule:create_network:provider:network_type) and rule:create_network:provider:physical_network) is disallowed by policy"},
		{"demo", "PUT", "/v2.0/networks/{net}", `{"network": {"status": "DOWN"}}`, 400, "HTTPBadRequest: Cannot update read-only attribute status"},
		{"demo", "PUT", "/v2.0/networks/{public}", `{"network": {"name": "x"}}`, 403, "PolicyNotAuthorized: rule:update_network is disallowed by policy"},
		{"demo", "DELETE", "/v2.0/networks/{public}", ``, 403, "PolicyNotAuthorized: rule:delete_network is disallowed by policy"},
		{"demo", "GET", "/v2.0/networks/{alien}", ``, 404, "NetworkNotFound: Network {alien} could not be found."},
		{"admin", "POST", "/v2.0/networks", `{"network": {"provider:network_type": "flat", "provider:physical_network": "public"}}`, 409,
			"FlatNetworkInUse: Unable to create the flat network. Physical network public is in use."},
		{"demo", "DELETE", "/v2.0/networks/{net}", ``, 409, "NetworkInUse: "},
		{"demo", "GET", "/v2.0/nosuch", ``, 404, "HTTPNotFound: The resource could not be found."},
		{"demo", "DELETE", "/v2.0/networks", ``, 404, "NetworkNotFound: Network None could not be found."},

		{"demo", "POST", "/v2.0/subnets", `{"subnet": {"ip_version": 4, "cidr": "10.1.0.0/24"}}`, 400, "HTTPBadRequest: Failed to parse request. Required attribute 'network_id' not specified"},
		{"demo", "POST", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 4, "cidr": "banana"}}`, 400, "InvalidInput: Invalid input for operation: banana is not in a CIDR format."},
		{"demo", "POST", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 4, "cidr": "10.8.0.0/25"}}`, 400,
			"InvalidInput: Invalid input for operation: Requested subnet with cidr: 10.8.0.0/25 for network: {net} overlaps with another subnet."},
		{"demo", "POST", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 4, "cidr": "10.1.0.0/24", "gateway_ip": "10.1.0.0"}}`, 400, "InvalidInput: Invalid input for operation: Gateway is not valid on subnet."},
		{"demo", "POST", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 4, "cidr": "10.1.0.0/24", "gateway_ip": "10.1.0.5", "allocation_pools": [{"start": "10.1.0.2", "end": "10.1.0.9"}]}}`, 409,
			"GatewayConflictWithAllocationPools: Gateway ip 10.1.0.5 conflicts with allocation pool 10.1.0.2-10.1.0.9."},
		{"demo", "POST", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 4, "cidr": "10.1.0.0/24", "allocation_pools": [{"start": "10.2.0.2", "end": "10.2.0.9"}]}}`, 400,
			"OutOfBoundsAllocationPool: The allocation pool 10.2.0.2-10.2.0.9 spans beyond the subnet cidr 10.1.0.0/24."},
		{"demo", "POST", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 6, "cidr": "fd00::/80", "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}}`, 400,
			"InvalidInput: Invalid input for operation: Invalid CIDR fd00::/80 for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64."},
		{"demo", "PUT", "/v2.0/subnets/{sub}", `{"subnet": {"gateway_ip": "10.8.0.200"}}`, 409, "GatewayIpInUse: Current gateway ip 10.8.0.1 already in use by port {iface}. Unable to update."},
		{"demo", "DELETE", "/v2.0/subnets/{sub}", ``, 409, "SubnetInUse: Unable to complete operation on subnet {sub}: One or more ports have an IP allocation from this subnet."},
		{"alt", "DELETE", "/v2.0/subnets/{sub}", ``, 404, "SubnetNotFound: Subnet {sub} could not be found."},

		{"demo", "POST", "/v2.0/ports", `{"port": {"network_id": "{net}", "fixed_ips": [{"ip_address": "10.8.0.9"}]}}`, 409, "IpAddressAlreadyAllocated: IP address 10.8.0.9 already allocated in subnet {sub}"},
		{"demo", "POST", "/v2.0/ports", `{"port": {"network_id": "{net}", "fixed_ips": [{"ip_address": "192.0.2.9"}]}}`, 400, "InvalidIpForNetwork: IP address 192.0.2.9 is not a valid IP for any of the subnets on the specified network."},
		{"demo", "POST", "/v2.0/ports", `{"port": {"network_id": "{net}", "mac_address": "fa:16:3e:00:00:01"}}`, 409, "MacAddressInUse: Unable to complete operation for network {net}. The mac address fa:16:3e:00:00:01 is in use."},
		{"demo", "POST", "/v2.0/ports", `{"port": {"network_id": "{public}"}}`, 403, "HTTPForbidden: Tenant p-demo not allowed to create port on this network"},
		{"demo", "POST", "/v2.0/ports", `{"port": {"network_id": "{net}", "binding:host_id": "h"}}`, 403, "PolicyNotAuthorized: (rule:create_port and rule:create_port:binding:host_id) is disallowed by policy"},
		{"demo", "POST", "/v2.0/ports", `{"port": {"network_id": "{net}", "security_groups": ["` + nobody + `"]}}`, 404, "SecurityGroupNotFound: Security group " + nobody + " does not exist"},
		{"demo", "DELETE", "/v2.0/ports/{iface}", ``, 409, "ServicePortInUse: Port {iface} cannot be deleted directly via the port API: has device owner network:router_interface."},
		{"demo", "PUT", "/v2.0/ports/{iface}", `{"port": {"fixed_ips": []}}`, 400, "BadRequest: Bad ports request: IP updates for port {iface} are not allowed."},
		{"demo", "PUT", "/v2.0/ports/{port}", `{"port": {"port_security_enabled": false}}`, 409, "PortSecurityPortHasSecurityGroup: Port has security group associated."},

		{"demo", "POST", "/v2.0/routers", `{"router": {"external_gateway_info": {"network_id": "{net}"}}}`, 400, "BadRequest: Bad router request: Network {net} is not an external network."},
		{"demo", "PUT", "/v2.0/routers/{router}", `{"router": {"external_gateway_info": {"network_id": "{public}", "enable_snat": false}}}`, 403,
			"PolicyNotAuthorized: (rule:update_router and (rule:update_router:external_gateway_info and (rule:update_router:external_gateway_info:network_id and rule:update_router:external_gateway_info:enable_snat))) is disallowed by policy"},
		{"demo", "PUT", "/v2.0/routers/{router}/add_router_interface", `{}`, 400, "BadRequest: Bad router request: Either subnet_id or port_id must be specified."},
		{"demo", "PUT", "/v2.0/routers/{router}/add_router_interface", `{"subnet_id": "{sub}"}`, 400, "BadRequest: Bad router request: Router already has a port on subnet {sub}."},
		{"demo", "PUT", "/v2.0/routers/{router}/add_router_interface", `{"subnet_id": "{nogw}"}`, 400, "BadRequest: Bad router request: Subnet for router interface must have a gateway IP."},
		{"demo", "PUT", "/v2.0/routers/{router}", `{"router": {"routes": [{"destination": "10.99.0.0/16", "nexthop": "192.0.2.1"}]}}`, 400,
			"InvalidRoutes: Invalid format for routes: [{'destination': '10.99.0.0/16', 'nexthop': '192.0.2.1'}], the nexthop is not connected with router"},
		{"demo", "DELETE", "/v2.0/routers/{router}", ``, 409, "RouterInUse: Router {router} has ports still attached: {iface}"},
		{"demo", "PUT", "/v2.0/routers/{router}", `{"router": {"external_gateway_info": {}}}`, 409, "RouterExternalGatewayInUseByFloatingIp: Gateway cannot be updated for router {router}, since a gateway to external network {public} is required by one or more floating IPs."},
		{"demo", "PUT", "/v2.0/routers/{router}/remove_router_interface", `{"subnet_id": "{sub}"}`, 409, "RouterInterfaceInUseByFloatingIP: Router interface for subnet {sub} on router {router} cannot be deleted, as it is required by one or more floating IPs."},
		{"demo", "PUT", "/v2.0/routers/{router}/remove_router_interface", `{"subnet_id": "{nogw}"}`, 404, "RouterInterfaceNotFoundForSubnet: Router {router} has no interface on subnet {nogw}"},

		{"demo", "POST", "/v2.0/floatingips", `{"floatingip": {"floating_network_id": "{net}"}}`, 400, "BadRequest: Bad floatingip request: Network {net} is not a valid external network."},
		{"demo", "POST", "/v2.0/floatingips", `{"floatingip": {"floating_network_id": "{public}", "port_id": "{port}"}}`, 409, "FloatingIPPortAlreadyAssociated: "},
		{"demo", "POST", "/v2.0/floatingips", `{"floatingip": {"floating_network_id": "{public}", "floating_ip_address": "172.24.4.200"}}`, 403,
			"PolicyNotAuthorized: (rule:create_floatingip and rule:create_floatingip:floating_ip_address) is disallowed by policy"},
		{"alt", "GET", "/v2.0/floatingips/{fip}", ``, 404, "FloatingIPNotFound: Floating IP {fip} could not be found"},

		{"demo", "POST", "/v2.0/security-groups", `{"security_group": {"name": "Default"}}`, 409, "SecurityGroupDefaultAlreadyExists: Default security group already exists."},
		{"demo", "POST", "/v2.0/security-group-rules", `{"security_group_rule": {"security_group_id": "{sg}", "direction": "ingress", "protocol": "6", "port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "0.0.0.0/0"}}`, 409,
			"SecurityGroupRuleExists: Security group rule already exists. Rule id is {rule}."},
		{"demo", "POST", "/v2.0/security-group-rules", `{"security_group_rule": {"security_group_id": "{sg}", "direction": "ingress", "port_range_min": 22, "port_range_max": 22}}`, 400,
			"SecurityGroupProtocolRequiredWithPorts: Must also specify protocol if port range is given."},
		{"demo", "POST", "/v2.0/security-group-rules", `{"security_group_rule": {"security_group_id": "{sg}", "direction": "ingress", "protocol": "tcp", "port_range_min": 30, "port_range_max": 20}}`, 400,
			"SecurityGroupInvalidPortRange: For TCP/UDP protocols, port_range_min must be <= port_range_max"},

		{"demo", "GET", "/v2.0/networks?limit=x", ``, 400, "BadRequest: Bad limit request: Limit must be an integer 0 or greater and not 'x'."},
		{"demo", "GET", "/v2.0/networks?sort_key=name", ``, 400, "HTTPBadRequest: The number of sort_keys and sort_dirs must be same"},
		{"demo", "GET", "/v2.0/networks?sort_key=x&sort_dir=asc", ``, 400, "HTTPBadRequest: ['x'] is invalid attribute for sort_keys"},
		{"demo", "GET", "/v2.0/networks?marker=x&limit=1", ``, 404, "NetworkNotFound: Network x could not be found."},
		{"demo", "GET", "/v2.0/networks/{net}/tags/x", ``, 404, "TagNotFound: Tag x could not be found."},
		{"demo", "PUT", "/v2.0/quotas/p-demo", `{"quota": {"network": 5}}`, 403, "PolicyNotAuthorized: rule:update_quota is disallowed by policy"},
		{"demo", "GET", "/v2.0/ports/{port}/bindings", ``, 501, "HTTPNotImplemented: The simulator does not implement"},
	}
	for _, tt := range tests {
		status, answer := c.do(tt.token, tt.method, tt.path, tt.body)
		if got := refusal(answer); status != tt.status || !strings.HasPrefix(got, c.fill(tt.want)) {
			t.Errorf("%s %s %s %s:\n got %d %s\nwant %d %s", tt.token, tt.method, tt.path, tt.body, status, got, tt.status, c.fill(tt.want))
		}
	}
}

func TestSeed(t *testing.T) {
	ids := func() (all []string) {
		c := start(t)
		for _, kind := range []string{"networks", "subnets", "routers", "ports"} {
			_, answer := c.do("admin", "GET", "/v2.0/"+kind, "")
			for _, o := range answer[kind].([]any) {
				m := o.(map[string]any)
				all = append(all, fmt.Sprint(kind, m["name"], m["id"], m["cidr"], m["mac_address"], m["fixed_ips"], m["router:external"]))
			}
		}
		slices.Sort(all)
		return all
	}
	a, b := ids(), ids()
	if !slices.Equal(a, b) || len(a) != 7 {
		t.Errorf("two seeds of one number differ, or are not two networks, two subnets, a router and two ports:\n%v\n%v", a, b)
	}
}

func TestMembersSeeLess(t *testing.T) {
	c := lab(t)
	for path, hidden := range map[string]string{"/v2.0/networks/{net}": "provider:network_type", "/v2.0/ports/{port}": "binding:host_id", "/v2.0/routers/{router}": "ha"} {
		for token, want := range map[string]bool{"demo": false, "admin": true} {
			_, answer := c.do(token, "GET", path, "")
			for _, o := range answer {
				if _, got := o.(map[string]any)[hidden]; got != want {
					t.Errorf("%s sees %s of %s: %v", token, hidden, path, got)
				}
			}
		}
	}
}

func TestIfMatchAndClock(t *testing.T) {
	c := lab(t)
	_, before := c.do("demo", "GET", "/v2.0/networks/{net}", "")
	revision := before["network"].(map[string]any)["revision_number"]
	if status, _ := c.do("demo", "PUT", "/v2.0/networks/{net}", `{"network": {"name": "x"}}`, "If-Match", "revision_number=77"); status != 412 {
		t.Errorf("a wrong revision gave %d", status)
	}
	c.clock.now = c.clock.now.Add(time.Hour)
	status, after := c.do("demo", "PUT", "/v2.0/networks/{net}", `{"network": {"name": "x"}}`, "If-Match", fmt.Sprintf("revision_number=%v", revision))
	n, _ := after["network"].(map[string]any)
	if status != 200 || n["updated_at"] != "2026-01-02T04:04:05Z" || n["created_at"] != "2026-01-02T03:04:05Z" {
		t.Errorf("%d %v", status, after)
	}
}

func TestPages(t *testing.T) {
	c := start(t)
	for i := range 7 {
		c.make("demo", fmt.Sprint(i), "/v2.0/networks", fmt.Sprintf(`{"network": {"name": "n%d"}}`, i))
	}
	var names []string
	path := "/v2.0/networks?limit=2&sort_key=name&sort_dir=desc&fields=name&fields=id&tenant_id=p-demo"
	for range 10 {
		_, answer := c.do("demo", "GET", path, "")
		list := answer["networks"].([]any)
		for _, o := range list {
			names = append(names, o.(map[string]any)["name"].(string))
		}
		path = ""
		links, _ := answer["networks_links"].([]any)
		for _, l := range links {
			if m := l.(map[string]any); m["rel"] == "next" {
				_, path, _ = strings.Cut(m["href"].(string), "/network/")
				path = "/" + path
			}
		}
		if path == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "private n6 n5 n4 n3 n2 n1 n0" {
		t.Errorf("pages gave %q", got)
	}
}

func TestSLAAC(t *testing.T) {
	c := start(t)
	c.make("demo", "net", "/v2.0/networks", `{"network": {"name": "six"}}`)
	c.make("demo", "early", "/v2.0/ports", `{"port": {"network_id": "{net}", "mac_address": "fa:16:3e:45:4b:58"}}`)
	c.make("demo", "sub", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 6, "cidr": "fd00:1::/64", "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}}`)
	_, early := c.do("demo", "GET", "/v2.0/ports/{early}?fields=fixed_ips", "")
	if got := fmt.Sprint(early); !strings.Contains(got, "fd00:1::f816:3eff:fe45:4b58") {
		t.Errorf("a port that was there has %s", got)
	}
	p := c.make("demo", "late", "/v2.0/ports", `{"port": {"network_id": "{net}", "mac_address": "fa:16:3e:00:00:02"}}`)
	if got := fmt.Sprint(p["fixed_ips"]); !strings.Contains(got, "fd00:1::f816:3eff:fe00:2") {
		t.Errorf("a new port has %s", got)
	}
}

func TestNewMAC(t *testing.T) {
	c := lab(t)
	status, answer := c.do("admin", "PUT", "/v2.0/ports/{port}", `{"port": {"mac_address": null}}`)
	mac, _ := answer["port"].(map[string]any)["mac_address"].(string)
	if status != 200 || mac == "fa:16:3e:00:00:01" || !strings.HasPrefix(mac, "fa:16:3e:") {
		t.Errorf("%d %q", status, mac)
	}
}

// A deleted port leaves nothing behind that a floating IP or a network would still point to.
func TestTakingDown(t *testing.T) {
	c := lab(t)
	for _, step := range []struct{ method, path, body string }{
		{"DELETE", "/v2.0/ports/{port}", ""},
		{"DELETE", "/v2.0/floatingips/{fip}", ""},
		{"PUT", "/v2.0/routers/{router}/remove_router_interface", `{"subnet_id": "{sub}"}`},
		{"DELETE", "/v2.0/routers/{router}", ""},
		{"DELETE", "/v2.0/networks/{net}", ""},
		{"DELETE", "/v2.0/security-groups/{sg}", ""},
	} {
		if step.path == "/v2.0/floatingips/{fip}" {
			if _, answer := c.do("demo", "GET", step.path, ""); answer["floatingip"].(map[string]any)["port_id"] != nil {
				t.Errorf("the floating IP still leads to the port: %v", answer)
			}
		}
		if status, answer := c.do("demo", step.method, step.path, step.body); status >= 300 {
			t.Fatalf("%s %s: %d %v", step.method, step.path, status, answer)
		}
	}
	for _, kind := range []string{"subnets", "ports", "routers", "floatingips"} {
		_, answer := c.do("admin", "GET", "/v2.0/"+kind, "")
		want := map[string]int{"subnets": 2, "ports": 2, "routers": 1, "floatingips": 0}[kind]
		if n := len(answer[kind].([]any)); n != want {
			t.Errorf("%d %s left, want %d", n, kind, want)
		}
	}
}

// Two processes on one state: no address twice, none lost, no more than the quota, one default group.
func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	one, two := startAt(t, path), startAt(t, path)
	one.make("demo", "net", "/v2.0/networks", `{"network": {"name": "busy"}}`)
	one.make("demo", "sub", "/v2.0/subnets", `{"subnet": {"network_id": "{net}", "ip_version": 4, "cidr": "10.8.0.0/27"}}`)
	two.ids = one.ids
	codes := make([]int, 48)
	var wg sync.WaitGroup
	for i := range codes {
		c := []*cloud{one, two}[i%2]
		wg.Go(func() { codes[i], _ = c.do("demo", "POST", "/v2.0/ports", `{"port": {"network_id": "{net}"}}`) })
	}
	routers := make([]int, 24)
	for i := range routers {
		c := []*cloud{one, two}[i%2]
		wg.Go(func() { routers[i], _ = c.do("alt", "POST", "/v2.0/routers", `{"router": {"name": "r"}}`) })
	}
	wg.Wait()
	made := func(all []int) int {
		return len(slices.DeleteFunc(slices.Clone(all), func(n int) bool { return n != 201 }))
	}
	if made(codes) != 29 || made(routers) != 10 {
		t.Errorf("%d ports of 29 addresses, %d routers of a quota of 10: %v %v", made(codes), made(routers), codes, routers)
	}
	_, answer := two.do("demo", "GET", "/v2.0/ports?network_id={net}", "")
	seen := map[any]bool{}
	for _, p := range answer["ports"].([]any) {
		ip := p.(map[string]any)["fixed_ips"].([]any)[0].(map[string]any)["ip_address"]
		if seen[ip] {
			t.Errorf("%v was given twice", ip)
		}
		seen[ip] = true
	}
	_, groups := one.do("demo", "GET", "/v2.0/security-groups?name=default", "")
	if n := len(groups["security_groups"].([]any)); n != 1 {
		t.Errorf("%d default groups", n)
	}
}

// Whatever a body or a query holds, the answer is never a 500.
func FuzzRequests(f *testing.F) {
	kinds := []string{"networks", "subnets", "ports", "routers", "floatingips", "security-groups", "security-group-rules", "subnetpools",
		"address-scopes", "address-groups", "rbac-policies"}
	for i, body := range []string{`{"network": {"name": null, "mtu": 1e99}}`, `{"subnet": {"network_id": 1, "allocation_pools": [1], "host_routes": {}}}`,
		`{"port": {"fixed_ips": [null], "allowed_address_pairs": [{"ip_address": 1}], "extra_dhcp_opts": [null], "binding:profile": 5}}`,
		`{"router": {"external_gateway_info": {"network_id": null, "external_fixed_ips": [3]}}}`, `{"floatingip": {"floating_network_id": {}}}`,
		`{"security_group": {"name": []}}`, `{"security_group_rule": {"security_group_id": "x", "direction": {}, "protocol": 1.5, "port_range_min": []}}`,
		`{"subnetpool": {"name": "x", "prefixes": [null]}}`, `{"address_scope": {"ip_version": true}}`, `{"address_group": {"addresses": [[]]}}`,
		`{"rbac_policy": {"object_type": 3}}`} {
		f.Add(i, body, "limit=1&name=%00")
	}
	c := lab(f)
	f.Fuzz(func(t *testing.T, i int, body, query string) {
		path := "/v2.0/" + kinds[(i%len(kinds)+len(kinds))%len(kinds)]
		r := httptest.NewRequest("POST", "http://cloud/network"+path, bytes.NewBufferString(c.fill(body)))
		r.URL.RawQuery = query
		for _, method := range []string{"POST", "GET"} {
			r.Method = method
			r.Header.Set("X-Auth-Token", "admin")
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			if w.Code >= 500 && w.Code != 501 && !strings.Contains(w.Body.String(), "SubnetAllocationError") {
				t.Fatalf("%s %s?%s %s: %d %s", method, path, query, body, w.Code, w.Body)
			}
		}
	})
}
