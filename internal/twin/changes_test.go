package twin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
)

// changer does the same to a cloud and to its copy, and tells what came of it with the IDs of new things taken out.
type changer struct {
	t    *testing.T
	conn *cloud.Connection
	ids  map[string]string // of what is there at first, by kind and name; of what is made, by the name it is made with
	told []string
	news map[string]string // IDs of what was made, and their names
}

var (
	uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	moved = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+|fd91:[0-9a-f:]+|fa:16:3e:[0-9a-f:]+|\d{4}-\d\d-\d\dT[\d:.]+Z?`)
)

// mask takes out of a text what a copy cannot foresee: IDs of new things, times, and addresses nobody asked for.
func (c *changer) mask(s string, known map[string]bool) string {
	s = uuids.ReplaceAllStringFunc(s, func(id string) string {
		switch {
		case c.news[id] != "":
			return "<" + c.news[id] + ">"
		case known[id]:
			return id
		}
		return "<new>"
	})
	return moved.ReplaceAllString(s, "<moved>")
}

// do sends a request whose path and body may have {kind name} for an ID, and notes the outcome. The ID of what it makes
// is kept under a name.
func (c *changer) do(as, service, method, path, body string) {
	c.t.Helper()
	fill := func(s string) string {
		return regexp.MustCompile(`\{[a-z]+ [a-z0-9-]+\}`).ReplaceAllStringFunc(s, func(w string) string {
			id := c.ids[strings.Trim(w, "{}")]
			if id == "" {
				c.t.Fatalf("%s %s: there is no %s", method, path, w)
			}
			return id
		})
	}
	r := cloud.Request{Service: service, Method: method, Path: fill(path), Microversion: microversion(service)}
	if body != "" {
		r.Body = json.RawMessage(fill(body))
	}
	resp, err := c.conn.Do(c.t.Context(), r)
	var e *errs.Error
	switch {
	case errors.As(err, &e) && e.Status != 0:
		c.told = append(c.told, fmt.Sprintf("%s %s: %d %s", method, path, e.Status, c.mask(e.Message, nil)))
		return
	case err != nil:
		c.t.Fatal(err)
	}
	c.told = append(c.told, fmt.Sprintf("%s %s: %d", method, path, resp.Status))
	if as == "" {
		return
	}
	var doc map[string]json.RawMessage
	var o struct{ ID string }
	if err := json.Unmarshal(resp.Body, &doc); err != nil {
		c.t.Fatal(err)
	}
	kind, _, _ := strings.Cut(as, " ")
	if json.Unmarshal(doc[kind], &o) != nil || o.ID == "" {
		c.t.Fatalf("%s %s: no ID in %s", method, path, resp.Body)
	}
	c.ids[as], c.news[o.ID] = o.ID, as
}

// look learns the IDs of what has a name.
func (c *changer) look() {
	for _, q := range []struct{ kind, service, path, list string }{{"network", cloud.Network, "networks", "networks"}, {"subnet", cloud.Network, "subnets", "subnets"},
		{"router", cloud.Network, "routers", "routers"}, {"port", cloud.Network, "ports", "ports"}, {"group", cloud.Network, "security-groups", "security_groups"},
		{"server", cloud.Compute, "servers", "servers"}, {"image", cloud.Image, "images", "images"}, {"pool", cloud.Network, "subnetpools", "subnetpools"}} {
		var doc map[string]json.RawMessage
		var all []struct{ ID, Name string }
		if json.Unmarshal(get(c.t, c.conn, question{q.service, q.path, microversion(q.service)}), &doc) != nil || json.Unmarshal(doc[q.list], &all) != nil {
			c.t.Fatalf("%s cannot be read", q.path)
		}
		for _, o := range all {
			c.ids[q.kind+" "+strings.TrimPrefix(o.Name, "twin-")] = o.ID
		}
	}
	var fips struct {
		FloatingIPs []struct {
			ID     string
			PortID *string `json:"port_id"`
		}
	}
	if err := json.Unmarshal(get(c.t, c.conn, question{cloud.Network, "floatingips", ""}), &fips); err != nil {
		c.t.Fatal(err)
	}
	for _, f := range fips.FloatingIPs {
		if f.PortID != nil {
			c.ids["fip used"] = f.ID
		} else {
			c.ids["fip free"] = f.ID
		}
	}
}

// change goes through what one does to a project, and through what a cloud refuses.
func (c *changer) change() {
	n, s, i := cloud.Network, cloud.Compute, cloud.Image
	// What is in use is not deleted.
	c.do("", n, "DELETE", "networks/{network net}", "")
	c.do("", n, "DELETE", "subnets/{subnet four}", "")
	c.do("", n, "DELETE", "routers/{router router}", "")
	c.do("", n, "DELETE", "security-groups/{group web}", "")
	c.do("", n, "DELETE", "subnetpools/{pool pool}", "")
	c.do("", n, "PUT", "routers/{router router}", `{"router":{"external_gateway_info":null}}`)
	c.do("", n, "PUT", "routers/{router router}/remove_router_interface", `{"subnet_id":"{subnet four}"}`)
	c.do("", n, "PUT", "routers/{router router}", `{"router":{"routes":[]}}`)
	c.do("", n, "PUT", "routers/{router router}/remove_router_interface", `{"subnet_id":"{subnet four}"}`)
	c.do("", n, "POST", "ports", `{"port":{"network_id":"{network net}","fixed_ips":[{"subnet_id":"{subnet four}","ip_address":"10.91.0.50"}]}}`)
	c.do("", n, "POST", "subnets", `{"subnet":{"network_id":"{network net}","ip_version":4,"cidr":"10.91.0.128/25"}}`)
	c.do("", n, "POST", "security-group-rules", `{"security_group_rule":{"security_group_id":"{group web}","direction":"ingress","protocol":"tcp","port_range_min":80,"port_range_max":90}}`)
	c.do("", n, "PUT", "routers/{router router}/add_router_interface", `{"subnet_id":"{subnet four}"}`)
	c.do("", s, "POST", "servers/{server off}/action", `{"os-start":null}`)
	c.do("", s, "POST", "servers/{server web}/action", `{"os-start":null}`)
	c.do("", s, "POST", "os-keypairs", `{"keypair":{"name":"twin-key","type":"ssh","public_key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGh0l1mNnPq5c0uBqO8D2bCkYH2mM3bGkY0J3mWqT0aK twin"}}`)
	c.do("", s, "POST", "servers", `{"server":{"name":"big","imageRef":"{image image}","flavorRef":"42","networks":"none"}}`)
	c.do("", s, "POST", "servers", `{"server":{"name":"key","imageRef":"{image image}","flavorRef":"1","key_name":"nobody","networks":"none"}}`)

	// New things on old ones.
	c.do("server new", s, "POST", "servers", `{"server":{"name":"new","imageRef":"{image cirros-0}","flavorRef":"1","key_name":"twin-key","networks":[{"uuid":"{network net}"}],"security_groups":[{"name":"twin-web"}]}}`)
	c.do("port new", n, "POST", "ports", `{"port":{"name":"new","network_id":"{network net}","security_groups":["{group web}"]}}`)
	c.do("", s, "POST", "servers/{server new}/os-interface", `{"interfaceAttachment":{"port_id":"{port new}"}}`)
	c.do("", n, "PUT", "floatingips/{fip free}", `{"floatingip":{"port_id":"{port new}"}}`)
	c.do("floatingip more", n, "POST", "floatingips", `{"floatingip":{"floating_network_id":"{network public}"}}`)
	c.do("subnet pooled2", n, "POST", "subnets", `{"subnet":{"name":"pooled2","network_id":"{network pooled}","ip_version":4,"subnetpool_id":"{pool pool}"}}`)
	c.do("network fresh", n, "POST", "networks", `{"network":{"name":"fresh"}}`)
	c.do("subnet fresh", n, "POST", "subnets", `{"subnet":{"name":"fresh","network_id":"{network fresh}","ip_version":4,"cidr":"10.96.0.0/24"}}`)
	c.do("", n, "PUT", "routers/{router router}/add_router_interface", `{"subnet_id":"{subnet fresh}"}`)
	c.do("", n, "PUT", "networks/{network net}", `{"network":{"name":"twin-renamed","description":"another"}}`)
	c.do("", n, "PUT", "ports/{port port}", `{"port":{"security_groups":[],"allowed_address_pairs":[],"fixed_ips":[{"subnet_id":"{subnet four}","ip_address":"10.91.0.55"}]}}`)
	c.do("", n, "PUT", "networks/{network net}/tags/c", "")

	// Old things changed and removed.
	c.do("", s, "POST", "servers/{server paused}/action", `{"unpause":null}`)
	c.do("", s, "POST", "servers/{server off}/action", `{"unlock":null}`)
	c.do("", s, "POST", "servers/{server off}/action", `{"os-start":null}`)
	c.do("", s, "PUT", "servers/{server off}/metadata", `{"metadata":{"a":"b"}}`)
	c.do("", s, "POST", "servers/{server port}/action", `{"resize":{"flavorRef":"1"}}`)
	c.do("", s, "DELETE", "servers/{server web}", "")
	c.do("", s, "DELETE", "os-keypairs/twin-key", "")
	c.do("", n, "DELETE", "floatingips/{fip used}", "")
	c.do("", i, "DELETE", "images/{image image}", "")
	c.do("", i, "DELETE", "images/{image image}", "")
	c.do("", n, "DELETE", "networks/{network lone}", "")

	// Until the quotas are used up.
	for k := range 12 {
		c.do("", n, "POST", "routers", fmt.Sprintf(`{"router":{"name":"r%d"}}`, k))
		c.do("", n, "POST", "security-groups", fmt.Sprintf(`{"security_group":{"name":"g%d"}}`, k))
		c.do("", s, "POST", "servers", fmt.Sprintf(`{"server":{"name":"s%d","imageRef":"{image cirros-0}","flavorRef":"3","networks":"none"}}`, k))
		c.do("", s, "POST", "os-server-groups", fmt.Sprintf(`{"server_group":{"name":"sg%d","policy":"affinity"}}`, k))
	}
}

// state is all there is afterwards, each thing in a line of its own.
func (c *changer) state(known map[string]bool) []string {
	var lines []string
	for _, q := range lists() {
		member := shows[q.path]
		if member == "" || q.version == "2.1" {
			continue
		}
		doc, _ := plain(get(c.t, c.conn, q)).(object)
		list, _ := doc[member].([]any)
		for _, o := range list {
			if thing, ok := o.(object); ok {
				drop(thing)
			}
			raw, err := json.Marshal(o)
			if err != nil {
				c.t.Fatal(err)
			}
			lines = append(lines, q.path+" "+c.mask(string(raw), known))
		}
	}
	for _, path := range []string{"limits", "os-quota-sets/" + projectOf(c.t, c.conn) + "/detail"} {
		lines = append(lines, path+" "+string(get(c.t, c.conn, question{cloud.Compute, path, "2.93"})))
	}
	slices.Sort(lines)
	return lines
}

// drop removes what is made by chance or counted differently.
func drop(o object) {
	for _, name := range []string{"standard_attr_id", "subnets", "hostId"} {
		delete(o, name)
	}
	rules, _ := o["security_group_rules"].([]any)
	o["security_group_rules"] = len(rules)
	for _, name := range []string{"fixed_ips", "allocation_pools"} {
		if list, ok := o[name].([]any); ok && name == "fixed_ips" {
			o[name] = len(list)
		}
	}
}

func projectOf(t *testing.T, conn *cloud.Connection) string {
	t.Helper()
	tok, err := conn.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tok.ProjectID
}

// TestCopyChangesAlike does the same to a cloud and to its copy. What is refused is refused in the same words, and what
// is there afterwards is the same.
func TestCopyChangesAlike(t *testing.T) {
	sim := start(t, simulator.Options{})
	real := connect(t, sim, "demo", "demo", cloud.Options{})
	(&maker{t: t, conn: real}).furnish()
	_, trial := copyOf(t, real, Options{})
	clouds := []*changer{}
	known := map[string]bool{}
	for _, conn := range []*cloud.Connection{real, trial} {
		c := &changer{t: t, conn: conn, ids: map[string]string{}, news: map[string]string{}}
		c.look()
		c.ids["image cirros-0"] = c.ids["image cirros-0.5.2-x86_64-disk"]
		clouds = append(clouds, c)
		for _, id := range c.ids {
			known[id] = true
		}
	}
	// The copy first: it must not need the cloud any more that the other changes are made in.
	for _, c := range []*changer{clouds[1], clouds[0]} {
		c.change()
	}
	if diff := cmp.Diff(clouds[0].told, clouds[1].told); diff != "" {
		t.Errorf("the copy (+) does something else:\n%s", diff)
	}
	refused := 0
	for _, line := range clouds[0].told {
		if regexp.MustCompile(`: 4\d\d`).MatchString(line) {
			refused++
		}
	}
	if diff := cmp.Diff(clouds[0].state(known), clouds[1].state(known)); diff != "" {
		t.Errorf("the copy (+) is something else afterwards:\n%s", diff)
	}
	t.Logf("%d changes, %d of them refused", len(clouds[0].told), refused)
}

// TestNextAddressIsFree asks the copy for addresses until a subnet has none left: each must be one that is free there.
func TestNextAddressIsFree(t *testing.T) {
	sim := start(t, simulator.Options{})
	real := connect(t, sim, "demo", "demo", cloud.Options{})
	(&maker{t: t, conn: real}).furnish()
	taken := map[string]bool{}
	for _, p := range portsOf(t, real) {
		for _, ip := range p.FixedIPs {
			taken[ip.IP] = true
		}
	}
	_, trial := copyOf(t, real, Options{})
	c := &changer{t: t, conn: trial, ids: map[string]string{}, news: map[string]string{}}
	c.look()
	for range 40 {
		c.do("", cloud.Network, http.MethodPost, "ports", `{"port":{"network_id":"{network net}","name":"many"}}`)
	}
	many := 0
	for _, p := range portsOf(t, trial) {
		if p.Name != "many" {
			continue
		}
		many++
		for _, ip := range p.FixedIPs {
			if taken[ip.IP] {
				t.Errorf("address %s is given twice", ip.IP)
			}
			taken[ip.IP] = true
		}
	}
	if last := c.told[len(c.told)-1]; !strings.Contains(last, "409 No more IP addresses") || many == 0 {
		t.Errorf("%d ports were made, the last: %s", many, last)
	}
}

type portDoc struct {
	ID, Name string
	FixedIPs []struct {
		IP string `json:"ip_address"`
	} `json:"fixed_ips"`
}

func portsOf(t *testing.T, conn *cloud.Connection) []portDoc {
	t.Helper()
	var doc struct{ Ports []portDoc }
	if err := json.Unmarshal(get(t, conn, question{cloud.Network, "ports", ""}), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Ports
}
