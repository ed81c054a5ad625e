package twin

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/cloud"
)

// object is JSON's.
type object = map[string]any

// maker makes things in a cloud and takes them away at the end of the test.
type maker struct {
	t    *testing.T
	conn *cloud.Connection
	undo bool // a real cloud is left as it was
}

// do sends a request, and gives the object under a key of the answer.
func (m *maker) do(service, method, path, key string, body any) object {
	m.t.Helper()
	resp, err := m.conn.Do(m.t.Context(), cloud.Request{Service: service, Method: method, Path: path, Body: body, Microversion: microversion(service)})
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	return inner(resp.Body, key)
}

func microversion(service string) string {
	if service == cloud.Compute {
		return "2.93"
	}
	return ""
}

func inner(body []byte, key string) object {
	var doc object
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&doc) != nil || key == "" {
		return doc
	}
	o, _ := doc[key].(object)
	return o
}

// make creates an object and gives its ID.
func (m *maker) make(service, collection, key string, in object) string {
	m.t.Helper()
	body := any(object{key: in})
	if service == cloud.Image {
		body, key = in, ""
	}
	out := m.do(service, http.MethodPost, collection, key, body)
	id, _ := out["id"].(string)
	if id == "" {
		id, _ = out["name"].(string) // of a key pair
	}
	m.later(service, http.MethodDelete, collection+"/"+id, nil)
	return id
}

// later is done when the test is over, in a real cloud.
func (m *maker) later(service, method, path string, body any) {
	if !m.undo {
		return
	}
	m.t.Cleanup(func() {
		ctx, cancel := testContext()
		defer cancel()
		for range 20 {
			_, err := m.conn.Do(ctx, cloud.Request{Service: service, Method: method, Path: path, Body: body, Microversion: microversion(service)})
			if err == nil || cloudStatus(err) == http.StatusNotFound {
				return
			}
			if cloudStatus(err) != http.StatusConflict {
				m.t.Logf("%s %s: %v", method, path, err)
				return
			}
			wait(ctx, time.Second)
		}
	})
}

// settled waits until a server is in the middle of nothing.
func (m *maker) settled(id string) object {
	m.t.Helper()
	for range 120 {
		o := m.do(cloud.Compute, http.MethodGet, "servers/"+id, "server", nil)
		if o["OS-EXT-STS:task_state"] == nil && o["status"] != "BUILD" {
			return o
		}
		wait(m.t.Context(), time.Second)
	}
	m.t.Fatalf("server %s does not settle", id)
	return nil
}

// furnish makes some of everything a project can have.
func (m *maker) furnish() {
	t := m.t
	t.Helper()
	net := func(path, key string, in object) string { t.Helper(); return m.make(cloud.Network, path, key, in) }
	put := func(path string, in object) object {
		t.Helper()
		return m.do(cloud.Network, http.MethodPut, path, "", in)
	}

	external := ""
	resp, err := m.conn.Do(t.Context(), cloud.Request{Service: cloud.Network, Path: "networks", Query: map[string][]string{"router:external": {"true"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range inner(resp.Body, "")["networks"].([]any) {
		external, _ = item.(object)["id"].(string)
	}

	group := net("security-groups", "security_group", object{"name": "twin-web", "description": "for the web"})
	for _, rule := range []object{
		{"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 90},
		{"direction": "ingress", "protocol": "icmp", "port_range_min": 8},
		{"direction": "ingress", "protocol": "udp", "remote_ip_prefix": "10.1.0.0/16", "description": "inside"},
		{"direction": "egress", "ethertype": "IPv6", "protocol": "tcp", "remote_group_id": group},
		{"direction": "ingress", "protocol": "112"},
	} {
		rule["security_group_id"] = group
		net("security-group-rules", "security_group_rule", rule)
	}
	stateless := net("security-groups", "security_group", object{"name": "twin-stateless", "stateful": false})

	n := net("networks", "network", object{"name": "twin-net", "description": "a network", "mtu": 1400})
	put("networks/"+n+"/tags", object{"tags": []string{"b", "a"}})
	s4 := net("subnets", "subnet", object{"name": "twin-four", "network_id": n, "ip_version": 4, "cidr": "10.91.0.0/24",
		"allocation_pools": []object{{"start": "10.91.0.10", "end": "10.91.0.20"}, {"start": "10.91.0.40", "end": "10.91.0.60"}},
		"dns_nameservers":  []string{"9.9.9.9", "1.1.1.1"}, "host_routes": []object{{"destination": "10.92.0.0/24", "nexthop": "10.91.0.2"}}})
	net("subnets", "subnet", object{"name": "twin-six", "network_id": n, "ip_version": 6, "cidr": "fd91::/64", "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"})
	lone := net("networks", "network", object{"name": "twin-lone", "admin_state_up": false, "port_security_enabled": false})
	bare := net("subnets", "subnet", object{"network_id": lone, "ip_version": 4, "cidr": "10.93.0.0/28", "gateway_ip": nil, "enable_dhcp": false})

	pool := net("subnetpools", "subnetpool", object{"name": "twin-pool", "prefixes": []string{"10.94.0.0/16"}, "default_prefixlen": 26, "min_prefixlen": 24})
	pooled := net("networks", "network", object{"name": "twin-pooled"})
	net("subnets", "subnet", object{"name": "twin-pooled", "network_id": pooled, "ip_version": 4, "subnetpool_id": pool})

	router := net("routers", "router", object{"name": "twin-router", "external_gateway_info": object{"network_id": external}})
	m.later(cloud.Network, http.MethodPut, "routers/"+router+"/remove_router_interface", object{"subnet_id": s4})
	put("routers/"+router+"/add_router_interface", object{"subnet_id": s4})
	m.later(cloud.Network, http.MethodPut, "routers/"+router, object{"router": object{"routes": []object{}}})
	put("routers/"+router, object{"router": object{"routes": []object{{"destination": "10.95.0.0/24", "nexthop": "10.91.0.5"}}}})
	net("routers", "router", object{"name": "twin-island", "admin_state_up": false, "description": "leads nowhere"})

	port := net("ports", "port", object{"name": "twin-port", "network_id": n, "fixed_ips": []object{{"subnet_id": s4, "ip_address": "10.91.0.50"}},
		"allowed_address_pairs": []object{{"ip_address": "10.91.0.99"}}, "security_groups": []string{group, stateless}[:1],
		"extra_dhcp_opts": []object{{"opt_name": "mtu", "opt_value": "1300"}}, "tags": []string{"p"}})
	net("ports", "port", object{"network_id": lone, "fixed_ips": []object{{"subnet_id": bare}}, "device_id": "something", "device_owner": "vendor:thing"})
	net("ports", "port", object{"name": "twin-no-address", "network_id": n, "fixed_ips": []object{}, "admin_state_up": false})
	net("floatingips", "floatingip", object{"floating_network_id": external, "port_id": port, "description": "to the port"})
	net("floatingips", "floatingip", object{"floating_network_id": external})

	compute := func(path, key string, in object) string { t.Helper(); return m.make(cloud.Compute, path, key, in) }
	act := func(id string, in object) {
		t.Helper()
		m.do(cloud.Compute, http.MethodPost, "servers/"+id+"/action", "", in)
	}
	key := compute("os-keypairs", "keypair", object{"name": "twin-key", "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGh0l1mNnPq5c0uBqO8D2bCkYH2mM3bGkY0J3mWqT0aK twin"})
	near := compute("os-server-groups", "server_group", object{"name": "twin-apart", "policy": "soft-anti-affinity"})
	image := ""
	resp, err = m.conn.Do(t.Context(), cloud.Request{Service: cloud.Image, Path: "images"})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range inner(resp.Body, "")["images"].([]any) {
		image, _ = item.(object)["id"].(string)
	}
	server := func(name string, more object, hints object) string {
		t.Helper()
		in := object{"name": name, "imageRef": image, "flavorRef": "42", "networks": []object{{"uuid": n}}}
		maps.Copy(in, more)
		body := object{"server": in}
		if hints != nil {
			body["os:scheduler_hints"] = hints
		}
		id, _ := m.do(cloud.Compute, http.MethodPost, "servers", "server", body)["id"].(string)
		m.later(cloud.Compute, http.MethodDelete, "servers/"+id, nil)
		m.settled(id)
		return id
	}
	web := server("twin-web", object{"key_name": key, "metadata": object{"role": "web", "n": "1"}, "tags": []string{"blue", "green"}, "description": "the web",
		"config_drive": true, "security_groups": []object{{"name": group}}}, object{"group": near})
	server("twin-port", object{"networks": []object{{"port": net("ports", "port", object{"name": "twin-boot", "network_id": n})}}, "accessIPv4": "192.0.2.7"}, nil)
	off := server("twin-off", nil, nil)
	act(off, object{"os-stop": nil})
	m.settled(off)
	act(off, object{"lock": object{"locked_reason": "hands off"}})
	m.later(cloud.Compute, http.MethodPost, "servers/"+off+"/action", object{"unlock": nil})
	paused := server("twin-paused", object{"networks": "none"}, nil)
	act(paused, object{"pause": nil})
	m.settled(paused)
	m.do(cloud.Compute, http.MethodPost, "servers/"+web+"/os-interface", "", object{"interfaceAttachment": object{"net_id": pooled}})

	own := m.make(cloud.Image, "images", "", object{"name": "twin-image", "disk_format": "raw", "container_format": "bare", "visibility": "shared",
		"min_disk": 3, "tags": []string{"x"}, "os_distro": "toy", "my_own": "property"})
	m.do(cloud.Image, http.MethodPost, "images/"+own+"/members", "", object{"member": "0123456789abcdef0123456789abcdef"})
	m.make(cloud.Image, "images", "", object{"name": "twin-community", "disk_format": "qcow2", "container_format": "bare", "visibility": "community"})
	m.make(cloud.Image, "images", "", object{"name": "twin-hidden", "os_hidden": true})
	resp, err = m.conn.Do(t.Context(), cloud.Request{Service: cloud.Image, Method: http.MethodPut, Path: "images/" + own + "/file",
		Header: http.Header{"Content-Type": {"application/octet-stream"}}, Body: bytes.Repeat([]byte{7}, 2048)})
	if err != nil {
		t.Fatal(err)
	}
	if resp.Status != http.StatusNoContent {
		t.Fatalf("upload: %d", resp.Status)
	}
}
