package change

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/oslua/oslua/internal/cloud"
)

// relations are the types that are no resource of their own.
var relations = map[string]bool{
	"router_interface": true, "router_gateway": true, "router_route": true, "server_interface": true, "server_volume": true,
	"floating_ip_association": true, "image_member": true, "flavor_access": true, "group_member": true, "role_assignment": true,
	"implied_role": true,
}

// prefixes are words of paths that group extensions and mean nothing themselves.
var prefixes = map[string]bool{
	"OS-TRUST": true, "OS-FEDERATION": true, "OS-EP-FILTER": true, "OS-OAUTH1": true, "OS-ENDPOINT-POLICY": true, "OS-SIMPLE-CERT": true,
	"qos": true, "fwaas": true, "lbaas": true, "vpn": true, "metering": true, "sfc": true, "bgpvpn": true,
}

// kinds are the collections whose type is not the plain singular of their name, by service and collection.
var kinds = map[string]string{
	"network floatingips": "floating_ip", "network floatingip_pools": "floating_ip_pool",
	"network policies": "qos_policy", "network flavors": "router_flavor",
	"compute os-keypairs": "keypair", "compute os-server-groups": "server_group", "compute os-aggregates": "aggregate",
	"compute os-security-groups": "security_group", "compute os-security-group-rules": "security_group_rule",
	"compute os-floating-ips": "floating_ip", "compute os-quota-sets": "quota", "compute os-quota-class-sets": "quota_class",
	"compute os-services": "compute_service", "compute os-server-external-events": "server_event",
	"block-storage os-quota-sets": "quota",
}

// keys are the members that hold one of a type, where that is another word.
var keys = map[string]string{"floating_ip": "floatingip", "qos_policy": "policy", "router_flavor": "flavor", "quota": "quota_set"}

// owners are the members that name what a resource belongs to.
var owners = map[string]string{"subnet": "network_id", "port": "network_id", "security_group_rule": "security_group_id"}

func keyOf(typ string) string {
	if k := keys[typ]; k != "" {
		return k
	}
	return typ
}

func plural(word string) string {
	if stem, ok := strings.CutSuffix(word, "y"); ok {
		return stem + "ies"
	}
	return word + "s"
}

func singular(word string) string {
	switch {
	case strings.HasSuffix(word, "ies"):
		return word[:len(word)-3] + "y"
	case strings.HasSuffix(word, "sses"), strings.HasSuffix(word, "xes"):
		return word[:len(word)-2]
	case strings.HasSuffix(word, "ss"), strings.HasSuffix(word, "us"):
		return word
	}
	return strings.TrimSuffix(word, "s")
}

// typeNamed gives the type of a collection's members.
func (q *request) typeNamed(collection string) string {
	if t := kinds[q.service+" "+collection]; t != "" {
		return t
	}
	return strings.ReplaceAll(singular(strings.TrimPrefix(strings.ToLower(collection), "os-")), "-", "_")
}

// row is what requests of some methods to some path change. args are the words that stand at the path's stars.
type row struct {
	service, methods, path string
	changes                func(q *request, args []string) []Change
}

const (
	post  = http.MethodPost
	put   = http.MethodPut
	del   = http.MethodDelete
	every = post + " " + put + " " + del + " " + http.MethodPatch
)

// rows are the requests that mean something else than their path alone says; the first that matches holds.
var rows = []row{
	{cloud.Network, put, "routers/*/add_router_interface", routerInterface(Create)},
	{cloud.Network, put, "routers/*/remove_router_interface", routerInterface(Delete)},
	{cloud.Network, put, "routers/*/add_extraroutes", routes(Create)},
	{cloud.Network, put, "routers/*/remove_extraroutes", routes(Delete)},
	{cloud.Network, put, "routers/*", router},
	{cloud.Network, put, "floatingips/*", floatingIP},
	{cloud.Network, put, "*/*/tags/*", tag("add_tag")},
	{cloud.Network, del, "*/*/tags/*", tag("remove_tag")},
	{cloud.Network, put + del, "*/*/tags", replaceTags},
	{cloud.Network, del, "quotas/*", resetQuota},
	{cloud.Network, put, "*/*/*", action},

	{cloud.Compute, post, "servers", servers},
	{cloud.Compute, post, "servers/*/action", serverAction},
	{cloud.Compute, post, "servers/*/remote-consoles", nothing},
	{cloud.Compute, post, "servers/*/os-interface", attach("server_interface", "interfaceAttachment", "port_id")},
	{cloud.Compute, del, "servers/*/os-interface/*", relation(Delete, "server_interface")},
	{cloud.Compute, post, "servers/*/os-volume_attachments", attach("server_volume", "volumeAttachment", "volumeId")},
	{cloud.Compute, put, "servers/*/os-volume_attachments/*", relation(Update, "server_volume")},
	{cloud.Compute, del, "servers/*/os-volume_attachments/*", relation(Delete, "server_volume")},
	{cloud.Compute, post, "servers/*/metadata", part("metadata")},
	{cloud.Compute, put, "servers/*/metadata", part("metadata")},
	{cloud.Compute, put, "servers/*/metadata/*", part("metadata")},
	{cloud.Compute, del, "servers/*/metadata/*", part("remove_metadata")},
	{cloud.Compute, put, "servers/*/tags/*", tag("add_tag")},
	{cloud.Compute, del, "servers/*/tags/*", tag("remove_tag")},
	{cloud.Compute, put + del, "servers/*/tags", replaceTags},
	{cloud.Compute, post, "os-keypairs", keypair},
	{cloud.Compute, post, "flavors/*/os-extra_specs", part("extra_specs")},
	{cloud.Compute, put, "flavors/*/os-extra_specs/*", part("extra_specs")},
	{cloud.Compute, del, "flavors/*/os-extra_specs/*", part("remove_extra_spec")},
	{cloud.Compute, post, "flavors/*/action", flavorAccess},
	{cloud.Compute, del, "os-quota-sets/*", resetQuota},
	{cloud.Compute, post, "*/*/action", action},
	{cloud.Compute, del, "servers/*/os-server-password", part("remove_password")},

	{cloud.Image, put, "images/*/file", upload},
	{cloud.Image, put, "images/*/stage", upload},
	{cloud.Image, post, "images/*/import", part("import")},
	{cloud.Image, post, "images/*/actions/*", imageAction},
	{cloud.Image, post, "images/*/members", imageMember},
	{cloud.Image, put, "images/*/members/*", relation(Update, "image_member")},
	{cloud.Image, del, "images/*/members/*", relation(Delete, "image_member")},
	{cloud.Image, put, "images/*/tags/*", tag("add_tag")},
	{cloud.Image, del, "images/*/tags/*", tag("remove_tag")},

	{cloud.Identity, every, "auth/tokens", nothing},
	{cloud.Identity, every, "ec2tokens", nothing},
	{cloud.Identity, every, "s3tokens", nothing},
	{cloud.Identity, every, "identity_providers/*/protocols/*/auth", nothing},
	{cloud.Identity, post, "users/*/password", part("password")},
	{cloud.Identity, put, "groups/*/users/*", relation(Create, "group_member")},
	{cloud.Identity, del, "groups/*/users/*", relation(Delete, "group_member")},
	{cloud.Identity, put, "*/*/tags/*", tag("add_tag")},
	{cloud.Identity, del, "*/*/tags/*", tag("remove_tag")},
	{cloud.Identity, put + del, "*/*/tags", replaceTags},
	{cloud.Identity, put + del, "*/*/users/*/roles/*", role},
	{cloud.Identity, put + del, "*/*/groups/*/roles/*", role},
	{cloud.Identity, put + del, "system/users/*/roles/*", role},
	{cloud.Identity, put + del, "system/groups/*/roles/*", role},
	{cloud.Identity, put + del, "OS-INHERIT/*/*/users/*/roles/*/inherited_to_projects", role},
	{cloud.Identity, put + del, "OS-INHERIT/*/*/groups/*/roles/*/inherited_to_projects", role},
	{cloud.Identity, put, "roles/*/implies/*", implied(Create)},
	{cloud.Identity, del, "roles/*/implies/*", implied(Delete)},
	{cloud.Identity, put, "regions/*", named("region")},
	{cloud.Identity, put, "identity_providers/*", named("identity_provider")},
	{cloud.Identity, put, "identity_providers/*/protocols/*", named("protocol")},
	{cloud.Identity, put, "mappings/*", named("mapping")},
	{cloud.Identity, put, "service_providers/*", named("service_provider")},

	{cloud.Volume, post, "*/*/action", action},
	{cloud.Volume, del, "os-quota-sets/*", resetQuota},
}

func nothing(*request, []string) []Change { return nil }

func routerInterface(a Action) func(*request, []string) []Change {
	return func(q *request, args []string) []Change {
		c := Change{Action: a, Type: "router_interface", Parent: args[0], Attributes: q.object()}
		fill(&c.ID, c.Attributes["port_id"])
		fill(&c.ID, c.Attributes["subnet_id"])
		return []Change{c}
	}
}

func routes(a Action) func(*request, []string) []Change {
	return func(q *request, args []string) []Change {
		var out []Change
		list, _ := q.attributes()["routes"].([]any) //nolint:errcheck // none are none
		for _, r := range objects(list) {
			out = append(out, Change{Action: a, Type: "router_route", Parent: args[0], ID: routeID(r), Attributes: r})
		}
		if out == nil {
			out = []Change{{Action: Update, Type: "router", ID: args[0], Attributes: q.attributes()}}
		}
		return out
	}
}

// related splits an update that sets a relation into that and the rest: member names the relation.
func related(q *request, id, typ, member, relation string, target func(any) (string, map[string]any)) []Change {
	c := q.one(Update, typ, id)[0]
	v, there := c.Attributes[member]
	if !there {
		return []Change{c}
	}
	var out []Change
	if len(c.Attributes) > 1 {
		c.Attributes = maps.Clone(c.Attributes)
		delete(c.Attributes, member)
		out = append(out, c)
	}
	r := Change{Action: Delete, Type: relation, Parent: id}
	if to, attrs := target(v); to != "" {
		r.Action, r.ID, r.Attributes = Create, to, attrs
	}
	return append(out, r)
}

func router(q *request, args []string) []Change {
	return related(q, args[0], "router", "external_gateway_info", "router_gateway", func(v any) (string, map[string]any) {
		m, _ := v.(map[string]any) //nolint:errcheck // nil clears it
		return text(m["network_id"]), m
	})
}

func floatingIP(q *request, args []string) []Change {
	return related(q, args[0], "floating_ip", "port_id", "floating_ip_association", func(v any) (string, map[string]any) {
		return text(v), map[string]any{"port_id": v}
	})
}

func tag(word string) func(*request, []string) []Change {
	return func(q *request, args []string) []Change {
		n := len(args)
		return []Change{{Action: Update, Type: q.typeNamed(q.words[0]), ID: args[n-2], Attributes: map[string]any{word: args[n-1]}}}
	}
}

func replaceTags(q *request, args []string) []Change {
	tags, ok := q.object()["tags"]
	if !ok {
		tags = []any{}
	}
	return []Change{{Action: Update, Type: q.typeNamed(q.words[0]), ID: args[len(args)-1], Attributes: map[string]any{"tags": tags}}}
}

func resetQuota(_ *request, args []string) []Change {
	return []Change{{Action: Update, Type: "quota", ID: args[0], Attributes: map[string]any{"reset": true}}}
}

// action is what a resource is told to do: by the path's last word, or by the body's one member.
func action(q *request, args []string) []Change {
	c := Change{Action: Update, Type: q.typeNamed(q.words[0]), ID: q.words[1]}
	if q.words[2] != "action" {
		c.Attributes = map[string]any{"action": q.words[2]}
		maps.Copy(c.Attributes, q.attributes())
		return []Change{c}
	}
	name, params := act(q)
	c.Attributes = map[string]any{"action": name}
	if m, ok := params.(map[string]any); ok {
		for k, v := range m {
			if k != "action" {
				c.Attributes[k] = v
			}
		}
	} else if params != nil {
		c.Attributes["value"] = params
	}
	return []Change{c}
}

// act is the action a body names, and its parameters.
func act(q *request) (name string, params any) {
	doc := q.object()
	for _, k := range slices.Sorted(maps.Keys(doc)) {
		return k, doc[k]
	}
	return "", nil
}

// servers counts: one request can ask for many, which the service numbers.
func servers(q *request, _ []string) []Change {
	out := q.creates("server", "")
	if len(out) != 1 {
		return out
	}
	n := 1
	for _, k := range []string{"min_count", "max_count"} {
		n = max(n, count(out[0].Attributes[k]))
	}
	if n == 1 {
		return out
	}
	many := make([]Change, n)
	for i := range many {
		many[i] = out[0]
		many[i].Name = numbered(out[0].Name, i+1)
	}
	return many
}

func serverAction(q *request, args []string) []Change {
	name, params := act(q)
	m, _ := params.(map[string]any) //nolint:errcheck // some take none
	switch name {
	case "os-getConsoleOutput", "os-getVNCConsole", "os-getSPICEConsole", "os-getRDPConsole", "os-getSerialConsole", "os-getMKSConsole":
		return nil
	case "createImage", "createBackup":
		return []Change{{Action: Create, Type: "image", Name: text(m["name"]), Parent: args[0], Attributes: m}}
	case "forceDelete":
		return []Change{{Action: Delete, Type: "server", ID: args[0]}}
	case "changePassword", "os-changePassword":
		return []Change{{Action: Update, Type: "server", ID: args[0], Attributes: map[string]any{"action": name}}}
	}
	return action(q, args)
}

func attach(typ, key, member string) func(*request, []string) []Change {
	return func(q *request, args []string) []Change {
		m, _ := q.object()[key].(map[string]any) //nolint:errcheck // the service refuses another shape
		return []Change{{Action: Create, Type: typ, Parent: args[0], ID: text(m[member]), Attributes: m}}
	}
}

func relation(a Action, typ string) func(*request, []string) []Change {
	return func(q *request, args []string) []Change {
		c := Change{Action: a, Type: typ, Parent: args[0], ID: args[1]}
		if a == Update {
			c.Attributes = q.attributes()
		}
		return []Change{c}
	}
}

// part is a part of a resource that has a path of its own: metadata, extra specs.
func part(word string) func(*request, []string) []Change {
	return func(q *request, args []string) []Change {
		var v any = q.attributes()
		if len(args) > 1 && q.method == del {
			v = args[1]
		} else if q.doc == nil {
			v = true
		}
		if word == "password" {
			v = cloud.Masked
		}
		return []Change{{Action: Update, Type: q.typeNamed(q.words[0]), ID: args[0], Attributes: map[string]any{word: v}}}
	}
}

func keypair(q *request, _ []string) []Change {
	out := q.creates("keypair", "")
	for i := range out {
		out[i].ID = out[i].Name // the API takes no other
	}
	return out
}

func flavorAccess(q *request, args []string) []Change {
	name, params := act(q)
	m, _ := params.(map[string]any) //nolint:errcheck // the service refuses another shape
	c := Change{Action: Create, Type: "flavor_access", Parent: args[0], ID: text(m["tenant"])}
	switch name {
	case "addTenantAccess":
	case "removeTenantAccess":
		c.Action = Delete
	default:
		return action(q, args)
	}
	return []Change{c}
}

func upload(q *request, args []string) []Change {
	return []Change{{Action: Update, Type: "image", ID: args[0], Attributes: map[string]any{"upload": q.words[2]}}}
}

func imageAction(_ *request, args []string) []Change {
	return []Change{{Action: Update, Type: "image", ID: args[0], Attributes: map[string]any{"action": args[1]}}}
}

func imageMember(q *request, args []string) []Change {
	return []Change{{Action: Create, Type: "image_member", Parent: args[0], ID: text(q.object()["member"]), Attributes: q.object()}}
}

// role is a role given to a user or group, or taken away. The path is all that identifies it.
func role(q *request, _ []string) []Change {
	c := Change{Action: Create, Type: "role_assignment", ID: q.path, Attributes: map[string]any{}}
	if q.method == del {
		c.Action = Delete
	}
	words := q.words
	if words[0] == "OS-INHERIT" {
		c.Attributes["inherited"] = true
		words = words[1:]
	}
	if words[0] == "system" {
		c.Parent, words = "system", words[1:]
	} else {
		c.Parent = words[1]
		c.Attributes[singular(words[0])] = words[1]
		words = words[2:]
	}
	c.Attributes[singular(words[0])], c.Attributes["role"] = words[1], words[3]
	return []Change{c}
}

func implied(a Action) func(*request, []string) []Change {
	return func(_ *request, args []string) []Change {
		return []Change{{Action: a, Type: "implied_role", Parent: args[0], ID: args[1]}}
	}
}

// named is a resource that is made by PUT, with an ID of the caller's.
func named(typ string) func(*request, []string) []Change {
	return func(q *request, args []string) []Change {
		c := q.one(Create, typ, args[len(args)-1])[0]
		if len(args) > 1 {
			c.Parent = args[0]
		}
		return []Change{c}
	}
}
