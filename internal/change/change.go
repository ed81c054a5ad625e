// Package change says what a request changes: which resource of which kind it would create, update or delete. It reads
// the request alone, asks nobody, and knows no journal and no plan.
package change

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Action is what happens to a resource.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Change is one thing that a request does to one resource, or to a relation of two.
//
// The types of relations, and how they are identified:
//
//	router_interface         Parent router, ID the port or the subnet given
//	router_gateway           Parent router, ID the external network ("" when it is cleared)
//	router_route             Parent router, ID "DESTINATION via NEXTHOP"
//	server_interface         Parent server, ID the port ("" until the answer tells it)
//	server_volume            Parent server, ID the volume
//	floating_ip_association  Parent floating IP, ID the port ("" when it is cleared)
//	image_member             Parent image, ID the project
//	flavor_access            Parent flavor, ID the project
//	group_member             Parent group, ID the user
//	implied_role             Parent role, ID the role that comes with it
//	role_assignment          Parent the scope (a project's or domain's ID, "system"), ID the request's path
type Change struct {
	Action     Action         `json:"action"`
	Type       string         `json:"type"`                 // as the modules' objects have it: "network", "floating_ip"
	ID         string         `json:"id,omitempty"`         // "" while the service has not given one
	Name       string         `json:"name,omitempty"`       // a floating IP's is its address
	Parent     string         `json:"parent,omitempty"`     // ID of what it belongs to: a subnet's network
	Attributes map[string]any `json:"attributes,omitempty"` // what the body sets, secrets masked
}

// IsRelation tells a relation of two resources from a resource of its own.
func (c Change) IsRelation() bool { return relations[c.Type] }

// Of gives what a request would change: nothing for one that only reads or asks for a token. path is relative to the
// service's versioned endpoint, as cloud.Request has it. A request nobody thought of gives a change too, named by the
// words of its path.
func Of(service, method, path string, body []byte) []Change {
	method = strings.ToUpper(method)
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	q := read(service, method, path, body)
	if len(q.words) == 0 {
		return []Change{{Action: Update, Type: service, Attributes: q.attributes()}}
	}
	for _, r := range rows {
		if r.service != q.service || !strings.Contains(r.methods, method) {
			continue
		}
		if args, ok := match(r.path, q.words); ok {
			return r.changes(q, args)
		}
	}
	return q.generic()
}

// Answered fills in what the answer tells: the IDs and names of what was made. An answer that is no success tells
// nothing.
func Answered(changes []Change, status int, body []byte) []Change {
	out := slices.Clone(changes)
	if status < 200 || status > 299 {
		return out
	}
	doc, ok := decode(body).(map[string]any)
	if !ok {
		return out
	}
	creates := 0
	for i := range out {
		c := &out[i]
		nth := 0
		if c.Action == Create {
			nth = creates
			creates++
		}
		answered(c, doc, nth)
	}
	return out
}

// answered fills in one change; it is the nth of those the request makes.
func answered(c *Change, doc map[string]any, nth int) {
	if c.Action == Delete || c.Action == Update && c.Name != "" {
		return
	}
	switch c.Type {
	case "router_interface":
		c.add("port_id", doc["port_id"])
		c.add("subnet_id", doc["subnet_id"])
		return
	case "server_interface":
		if a, ok := doc["interfaceAttachment"].(map[string]any); ok {
			fill(&c.ID, a["port_id"])
			c.add("port_id", a["port_id"])
		}
		return
	case "image":
		if id, ok := doc["image_id"]; ok {
			fill(&c.ID, id)
			return
		}
	}
	if relations[c.Type] {
		return
	}
	members := unwrap(c.Type, doc)
	if nth >= len(members) {
		return
	}
	m := members[nth]
	if c.Action == Update {
		if text(m["id"]) == c.ID {
			c.Name = nameOf(c.Type, m)
		}
		return
	}
	if c.ID == "" {
		fill(&c.ID, m["id"])
	}
	if name := nameOf(c.Type, m); name != "" {
		c.Name = name
	}
}

// add sets an attribute, leaving the map of the change it was copied from alone.
func (c *Change) add(key string, v any) {
	if text(v) == "" {
		return
	}
	attrs := maps.Clone(c.Attributes)
	if attrs == nil {
		attrs = map[string]any{}
	}
	attrs[key] = v
	c.Attributes = attrs
}

func fill(s *string, v any) {
	if *s == "" {
		*s = text(v)
	}
}

// nameOf is what people call a resource by.
func nameOf(typ string, m map[string]any) string {
	if typ == "floating_ip" {
		return text(m["floating_ip_address"])
	}
	return text(m["name"])
}
