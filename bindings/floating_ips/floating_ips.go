// Package floating_ips is the Lua module floating_ips: the floating IPs of the networking service.
package floating_ips

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("floating_ip")}
	return schema.Module{
		Name: "floating_ips",
		Kind: "floating_ip",
		Doc: "Floating IPs: addresses of an external network that lead to a server's port inside. Such an address is the project's " +
			"from create to delete, whether it is assigned or not. The way in goes through a router that has the server's subnet " +
			"and a gateway on the address's network; and the server's security groups still have to let the traffic through.",
		Example: `local fip = floating_ips.create { network = "public" }
print(fip.floating_ip_address, fip.status)
floating_ips.delete(fip)`,
		Fields: fields(),
		Funcs:  m.funcs(),
	}
}

func (m module) funcs() []schema.Func {
	return append([]schema.Func{
		schema.Fn("list", "List floating IPs. The filters run on the server.", resource.ListBy(m.Collection, m.query),
			schema.Returns("floating_ips", "floating_ip[]", "The floating IPs, in the server's order."),
			schema.Raises("not_found", "ambiguous"),
			schema.REST("GET /v2.0/floatingips"), schema.CLI("openstack floating ip list"),
			schema.Example(`for _, fip in ipairs(floating_ips.list { status = "DOWN" }) do print(fip.floating_ip_address) end`)),
		schema.Fn("each", "Go through floating IPs, fetching a page at a time: for long lists.", resource.EachBy(m.Collection, m.query),
			schema.Returns("iterator", "fun(): floating_ip", "For the generic for."),
			schema.REST("GET /v2.0/floatingips"), schema.CLI("openstack floating ip list"),
			schema.Example(`for fip in floating_ips.each { limit = 100 } do print(fip.floating_ip_address) end`)),
		schema.Fn("get", "Fetch a floating IP anew. Its address will do for it everywhere, as a name does elsewhere.", resource.Get[one](m.Collection), schema.Method(),
			schema.Returns("floating_ip", "floating_ip", "The floating IP as it is now."),
			schema.Raises("not_found", "ambiguous"),
			schema.REST("GET /v2.0/floatingips/{id}", "GET /v2.0/floatingips?floating_ip_address={address}"), schema.CLI("openstack floating ip show ADDRESS"),
			schema.Example(`local fip = floating_ips.create()
print(floating_ips.get(fip.floating_ip_address).status)`)),
		schema.Fn("find", "Look whether there is a floating IP of this address or ID.", resource.Find[one](m.Collection),
			schema.Returns("floating_ip", "floating_ip?", "The floating IP; nil when there is none."),
			schema.Raises("ambiguous"),
			schema.REST("GET /v2.0/floatingips?floating_ip_address={address}"), schema.CLI("openstack floating ip list --floating-ip-address ADDRESS"),
			schema.Example(`local fip = floating_ips.find("172.24.4.9")`)),
		schema.Fn("create", "Get a floating IP: a new one, or with reuse one the project has that leads nowhere yet. With server or port "+
			"it is assigned at once.", m.create,
			schema.Returns("floating_ip", "floating_ip", "The floating IP."),
			schema.Raises("not_found", "ambiguous", "quota", "conflict", "forbidden", "bad_request", "resource_error", "timeout"),
			schema.REST("GET /v2.0/networks?router:external=true", "GET /v2.0/floatingips", "POST /v2.0/floatingips", "PUT /v2.0/floatingips/{id}/tags"),
			schema.CLI("openstack floating ip create NETWORK"),
			schema.Example(`local fip = floating_ips.create { network = "public", description = "for the web server", reuse = true }`)),
		schema.Fn("ensure", "Make sure that there is a floating IP: with server or port one that leads there, with floating_ip_address "+
			"that one, otherwise one that is free. One that is free is used before another is made.", m.ensure,
			schema.Returns("floating_ip", "floating_ip", "The floating IP as it is now."),
			schema.Returns("changed", "boolean", "Whether it was made, assigned or changed."),
			schema.Raises("not_found", "ambiguous", "quota", "conflict", "forbidden", "bad_request"),
			schema.REST("GET /v2.0/floatingips", "POST /v2.0/floatingips", "PUT /v2.0/floatingips/{id}", "PUT /v2.0/floatingips/{id}/tags"),
			schema.CLI("openstack floating ip list || openstack floating ip create NETWORK"),
			schema.Example(`local fip, changed = floating_ips.ensure { network = "public" }
print(fip.floating_ip_address, changed)`)),
		schema.Fn("assign", "Let a floating IP lead to a server or a port. Of a server's ports the one is taken that can be reached from the "+
			"floating IP's network. One that led elsewhere is taken from there.", m.assign, schema.Method(),
			schema.Returns("floating_ip", "floating_ip", "The floating IP as it is now."),
			schema.Raises("not_found", "ambiguous", "conflict", "bad_request", "forbidden"),
			schema.REST("GET /v2.0/ports?device_id={server}", "PUT /v2.0/floatingips/{id}"),
			schema.CLI("openstack server add floating ip SERVER ADDRESS"),
			schema.Example(`local fip = floating_ips.create { network = "public" }
fip = fip:assign("ubuntu20")
print(fip.floating_ip_address .. " leads to " .. fip.fixed_ip_address)`)),
		schema.Fn("unassign", "Let a floating IP lead nowhere. It remains the project's, and counts in its quota: delete gives it back.", m.unassign, schema.Method(),
			schema.Returns("floating_ip", "floating_ip", "The floating IP as it is now."),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("PUT /v2.0/floatingips/{id}"), schema.CLI("openstack server remove floating ip SERVER ADDRESS"),
			schema.Example(`floating_ips.unassign("172.24.4.9")`)),
		schema.Fn("update", "Change a floating IP. The object given stays as it was: use the one returned.", resource.Update(m.Collection, m.change), schema.Method(),
			schema.Returns("floating_ip", "floating_ip", "The floating IP as it is now."),
			schema.Raises("not_found", "ambiguous", "forbidden", "bad_request", "conflict"),
			schema.REST("PUT /v2.0/floatingips/{id}", "PUT /v2.0/floatingips/{id}/tags"), schema.CLI("openstack floating ip set ADDRESS"),
			schema.Example(`floating_ips.update("172.24.4.9", { description = "spare" })`)),
		schema.Fn("delete", "Give a floating IP back. Where it led to can no longer be reached by it, and another project may get the address.", resource.Delete[one](m.Collection), schema.Method(),
			schema.Returns("deleted", "boolean", "Whether it was there."),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("DELETE /v2.0/floatingips/{id}"), schema.CLI("openstack floating ip delete ADDRESS"),
			schema.Example(`floating_ips.delete("172.24.4.9", { missing_ok = true })`)),
		schema.Fn("wait", "Wait until a floating IP has a status: ACTIVE once it leads somewhere.", resource.Wait[one](m.Collection), schema.Method(),
			schema.Returns("floating_ip", "floating_ip?", "The floating IP as it is then; nil when it was to be gone."),
			schema.Raises("not_found", "ambiguous", "timeout", "resource_error"),
			schema.REST("GET /v2.0/floatingips/{id}"), schema.CLI("openstack floating ip show ADDRESS -c status"),
			schema.Example(`floating_ips.wait("172.24.4.9", { status = "ACTIVE", timeout = "1m" })`)),
	}, resource.TagFuncs[one](m.Collection, resource.TagWords{
		Noun: "floating IP", Command: "openstack floating ip", Named: "ADDRESS", Example: "172.24.4.9",
	})...)
}

type module struct{ *rest.Collection }

type filters struct {
	ID             string             `lua:"id" json:"id" doc:"Only the one with this ID."`
	Address        string             `lua:"floating_ip_address" alias:"address" json:"floating_ip_address" doc:"Only the one with this address."`
	FixedAddress   string             `lua:"fixed_ip_address" json:"fixed_ip_address" doc:"Only those that lead to this address inside."`
	Network        schema.Ref         `lua:"network" alias:"floating_network_id" json:"-" ref:"network" doc:"Only those of this external network: object, ID or name."`
	Port           schema.Ref         `lua:"port" alias:"port_id" json:"port_id" ref:"port" doc:"Only those that lead to this port: object, ID or name."`
	Router         schema.Ref         `lua:"router" alias:"router_id" json:"router_id" ref:"router" doc:"Only those that pass through this router: object, ID or name."`
	Status         string             `lua:"status" json:"status" doc:"Only those with this status: ACTIVE, DOWN or ERROR. DOWN are those that lead nowhere."`
	Description    schema.Opt[string] `lua:"description" json:"description" doc:"Only those with exactly this description."`
	Project        schema.Ref         `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Only those of this project; of use to administrators."`
	RevisionNumber schema.Opt[int]    `lua:"revision_number" json:"revision_number" doc:"Only those at this revision."`
	Tags           []string           `lua:"tags" json:"tags" doc:"Only those with all of these tags."`
	TagsAny        []string           `lua:"tags-any" alias:"tags_any" json:"tags-any" doc:"Only those with at least one of these tags."`
	NotTags        []string           `lua:"not-tags" alias:"not_tags" json:"not-tags" doc:"Only those without all of these tags."`
	NotTagsAny     []string           `lua:"not-tags-any" alias:"not_tags_any" json:"not-tags-any" doc:"Only those without any of these tags."`
	SortKey        string             `lua:"sort_key" json:"sort_key" doc:"Field to sort by, on the server."`
	SortDir        string             `lua:"sort_dir" json:"sort_dir" enum:"asc|desc" default:"asc" doc:"Direction to sort in; needs sort_key."`
	Fields         []string           `lua:"fields" json:"fields" doc:"Only these fields of each, to save traffic."`
	Limit          int                `lua:"limit" json:"limit" doc:"At most this many in all; each{} takes it as the number of each page."`
	Marker         string             `lua:"marker" json:"marker" doc:"Begin after the one with this ID."`

	NetworkID string `json:"floating_network_id"` // Network, looked up among the external ones
}

type creation struct {
	Network      schema.Ref           `lua:"network" alias:"floating_network_id,floating_network" json:"floating_network_id" ref:"network" doc:"External network it is from: object, ID or name; when left out, the only one there is, or the default one."`
	Address      string               `lua:"floating_ip_address" alias:"address" json:"floating_ip_address" doc:"The address wanted, where policy lets one choose; a free one when left out."`
	Subnet       schema.Ref           `lua:"subnet" alias:"subnet_id" json:"subnet_id" ref:"subnet" doc:"Subnet of the external network that the address is from: object, ID or name."`
	Server       schema.Ref           `lua:"server" json:"-" ref:"server" doc:"Server it leads to: object, ID or name."`
	Port         schema.Ref           `lua:"port" alias:"port_id" json:"-" ref:"port" doc:"Port it leads to: object, ID or name."`
	FixedAddress string               `lua:"fixed_ip_address" json:"fixed_ip_address" doc:"Which of the port's addresses, when it has several."`
	Description  schema.Opt[string]   `lua:"description" json:"description" doc:"A few words about it."`
	QoSPolicy    schema.Ref           `lua:"qos_policy_id,nullable" alias:"qos_policy" json:"qos_policy_id" ref:"qos_policy" doc:"QoS policy."`
	DNSName      string               `lua:"dns_name" json:"dns_name" doc:"Name in DNS, without the domain."`
	DNSDomain    string               `lua:"dns_domain" json:"dns_domain" doc:"DNS domain, with a dot at the end."`
	Project      schema.Ref           `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Project it belongs to, for administrators; your own when left out."`
	Tags         schema.Opt[[]string] `lua:"tags" json:"-" doc:"Tags it shall have and no others: set by a second request."`
}

type making struct {
	creation
	Reuse bool `lua:"reuse" json:"-" default:"false" doc:"Take a floating IP that the project has and that leads nowhere, when there is one. Two tasks that do so at once may take the same one."`
	rest.Waits
}

type change struct {
	FloatingIP   schema.Ref           `lua:"floating_ip,arg,required" json:"-" ref:"floating_ip" doc:"The floating IP: object, ID or address."`
	Description  schema.Opt[string]   `lua:"description" json:"description" doc:"A few words about it."`
	Port         schema.Ref           `lua:"port_id,nullable" alias:"port" json:"port_id" ref:"port" doc:"Port it leads to: object, ID or name; false for none. assign and unassign do the same."`
	FixedAddress string               `lua:"fixed_ip_address" json:"fixed_ip_address" doc:"Which of the port's addresses, when it has several; needs port_id."`
	QoSPolicy    schema.Ref           `lua:"qos_policy_id,nullable" alias:"qos_policy" json:"qos_policy_id" ref:"qos_policy" doc:"QoS policy; false takes it away."`
	Tags         schema.Opt[[]string] `lua:"tags" json:"-" doc:"Tags it shall have and no others: set by a second request."`
	Revision     rest.Revision        `lua:"revision_number" json:"-" doc:"Change it only if it is at this revision still; otherwise raise conflict."`
}

type one struct {
	FloatingIP schema.Ref `lua:"floating_ip,arg,required" json:"-" ref:"floating_ip" doc:"The floating IP: object, ID or address."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.FloatingIP }

type assignment struct {
	one
	To           Target `lua:"to,arg,required" json:"-" doc:"The server or port it shall lead to: object, ID or name; { port = ... } or { server = ... } says which is meant."`
	FixedAddress string `lua:"fixed_ip_address" json:"-" doc:"Which of the port's addresses, when it has several."`
}

func (m module) query(ctx context.Context, op string, in *filters) (url.Values, error) {
	if in.Network.Given() {
		if err := m.external(ctx, op, &in.Network); err != nil {
			return nil, err
		}
		in.NetworkID = in.Network.ID
	}
	return m.Client().Query(ctx, op, in)
}

func (m module) create(ctx context.Context, in making) (schema.Object, error) {
	const op = "floating_ips.create"
	body, ports, err := m.prepare(ctx, op, &in.creation)
	if err != nil {
		return schema.Object{}, err
	}
	var obj schema.Object
	if in.Reuse {
		free, ok, err := m.free(ctx, op, in.creation)
		if err != nil {
			return schema.Object{}, err
		}
		if ok {
			obj, _, err = m.adopt(ctx, op, free, in.creation, ports)
			return obj, err
		}
	}
	if obj, err = m.make(ctx, op, body, in.creation, ports); err != nil {
		return schema.Object{}, err
	}
	return m.Settle(ctx, op, obj, in.Wait, in.Timeout)
}

func (m module) ensure(ctx context.Context, in creation) (schema.Values, error) {
	const op = "floating_ips.ensure"
	body, ports, err := m.prepare(ctx, op, &in)
	if err != nil {
		return nil, err
	}
	for _, p := range ports {
		there, ok, err := m.first(ctx, op, url.Values{"floating_network_id": {in.Network.ID}, "port_id": {p.ID}}, func(row) bool { return true })
		if err != nil {
			return nil, err
		}
		if ok {
			return rest.Ensured(m.adopt(ctx, op, there, in, nil))
		}
	}
	free, ok, err := m.free(ctx, op, in)
	if err != nil {
		return nil, err
	}
	if ok {
		return rest.Ensured(m.adopt(ctx, op, free, in, ports))
	}
	obj, err := m.make(ctx, op, body, in, ports)
	return rest.Ensured(obj, true, err)
}

// prepare looks the names up, and gives the request's body and the ports that may be led to.
func (m module) prepare(ctx context.Context, op string, in *creation) (map[string]any, []port, error) {
	if err := m.from(ctx, op, &in.Network); err != nil {
		return nil, nil, err
	}
	var ports []port
	if to := (Target{Server: in.Server, Port: in.Port}); to.given() {
		var err error
		if ports, err = m.candidates(ctx, op, to); err != nil {
			return nil, nil, err
		}
	}
	in.Server, in.Port = schema.Ref{}, schema.Ref{}
	body, err := m.Client().Body(ctx, op, in)
	return body, ports, err
}

// make creates a floating IP, leading to the first of the ports that can be reached.
func (m module) make(ctx context.Context, op string, body map[string]any, in creation, ports []port) (schema.Object, error) {
	return m.toOne(ctx, op, func() string { return in.Network.ID }, ports, func(p *port) (schema.Object, error) {
		if p != nil {
			body["port_id"] = p.ID
		}
		return m.CreateTagged(ctx, op, body, in.Tags.Value)
	})
}

// toOne tries the ports until one can be reached. Only the service knows which can.
func (m module) toOne(ctx context.Context, op string, network func() string, ports []port, try func(*port) (schema.Object, error)) (schema.Object, error) {
	if len(ports) == 0 {
		return try(nil)
	}
	var first error
	var at port
	for _, p := range ports {
		obj, err := try(&p)
		if err == nil {
			return obj, nil
		}
		if !notReached(err) && !taken(err) {
			return schema.Object{}, err
		}
		// That a port has one already says more than that another cannot be reached.
		if first == nil || notReached(first) && taken(err) {
			first, at = err, p
		}
	}
	if !notReached(first) {
		return schema.Object{}, first
	}
	return schema.Object{}, m.explain(ctx, op, network(), at, first)
}

// row is what is needed of a floating IP to choose one.
type row struct {
	PortID      *string  `json:"port_id"`
	Address     string   `json:"floating_ip_address"`
	Description string   `json:"description"`
	QoSPolicy   *string  `json:"qos_policy_id"`
	Tags        []string `json:"tags"`
}

// free finds a floating IP of the project that leads nowhere, or the one whose address is wanted.
func (m module) free(ctx context.Context, op string, in creation) (schema.Object, bool, error) {
	project := in.Project.ID
	if project == "" {
		var err error
		if project, err = m.Client().Conn.ProjectID(ctx); err != nil {
			return schema.Object{}, false, err
		}
	}
	q := url.Values{"floating_network_id": {in.Network.ID}, "project_id": {project}}
	if in.Address != "" {
		q.Set("floating_ip_address", in.Address)
		return m.first(ctx, op, q, func(r row) bool { return r.Address == in.Address })
	}
	return m.first(ctx, op, q, func(r row) bool { return r.PortID == nil })
}

func (m module) first(ctx context.Context, op string, q url.Values, ok func(row) bool) (schema.Object, bool, error) {
	var all []json.RawMessage
	if err := m.rows(cloud.WithLabel(ctx, cloud.LookUp), op, m.Name, q, &all); err != nil {
		return schema.Object{}, false, err
	}
	for _, raw := range all {
		var r row
		if json.Unmarshal(raw, &r) == nil && ok(r) {
			return schema.Object{Kind: m.Name, JSON: raw}, true, nil
		}
	}
	return schema.Object{}, false, nil
}

// adopt makes a floating IP that is there as it was asked for.
func (m module) adopt(ctx context.Context, op string, obj schema.Object, in creation, ports []port) (schema.Object, bool, error) {
	var r row
	if err := json.Unmarshal(obj.JSON, &r); err != nil {
		return schema.Object{}, false, unreadable(op, "floating IPs", err)
	}
	body := map[string]any{}
	if in.Description.Set && in.Description.Value != r.Description {
		body["description"] = in.Description.Value
	}
	if in.QoSPolicy.Null && r.QoSPolicy != nil {
		body["qos_policy_id"] = nil
	} else if in.QoSPolicy.ID != "" && (r.QoSPolicy == nil || *r.QoSPolicy != in.QoSPolicy.ID) {
		body["qos_policy_id"] = in.QoSPolicy.ID
	}
	if r.PortID != nil { // leads there already, when it is one of those wanted
		for _, p := range ports {
			if p.ID == *r.PortID {
				ports = nil
				break
			}
		}
	}
	ref, changed := rest.RefOf(obj), false
	if len(body) > 0 || len(ports) > 0 {
		var err error
		obj, err = m.toOne(ctx, op, func() string { return in.Network.ID }, ports, func(p *port) (schema.Object, error) {
			if p != nil {
				body["port_id"] = p.ID
				if in.FixedAddress != "" {
					body["fixed_ip_address"] = in.FixedAddress
				}
			}
			return m.Update(ctx, op, ref, body, rest.Revision{})
		})
		if err != nil {
			return schema.Object{}, false, err
		}
		changed = true
	}
	if in.Tags.Set && !sameSet(in.Tags.Value, r.Tags) {
		var err error
		if obj, err = m.SetTags(ctx, op, obj, in.Tags.Value); err != nil {
			return schema.Object{}, changed, err
		}
		changed = true
	}
	return obj, changed, nil
}

func sameSet(a, b []string) bool {
	set := map[string]bool{}
	for _, s := range a {
		set[s] = true
	}
	for _, s := range b {
		if !set[s] {
			return false
		}
		delete(set, s)
	}
	return len(set) == 0
}

// from settles on the network to take an address from.
func (m module) from(ctx context.Context, op string, ref *schema.Ref) error {
	if ref.Given() {
		return m.external(ctx, op, ref)
	}
	var networks []struct {
		ID, Name  string
		IsDefault bool `json:"is_default"`
	}
	if err := m.rows(cloud.WithLabel(ctx, cloud.LookUp), op, "network", url.Values{"router:external": {"true"}}, &networks); err != nil {
		return err
	}
	if len(networks) == 1 {
		ref.ID = networks[0].ID
		return nil
	}
	var names []string
	for _, n := range networks {
		if n.IsDefault {
			ref.ID = n.ID
			return nil
		}
		names = append(names, `"`+n.Name+`"`)
	}
	e := errs.New(errs.Ambiguous, "there are %d external networks: %s", len(names), strings.Join(names, ", ")).
		WithHint("say which: network = ...")
	if len(names) == 0 {
		e = errs.New(errs.NotFound, "there is no external network that you may see").
			WithHint("a floating IP is an address of one: ask the cloud's operator which network leads outside")
	}
	e.Op = op
	return e
}

// external looks a network up among the external ones.
func (m module) external(ctx context.Context, op string, ref *schema.Ref) error {
	return m.Client().Of("network").Resolve(ctx, op, ref, url.Values{"router:external": {"true"}})
}

func (m module) assign(ctx context.Context, in assignment) (schema.Object, error) {
	const op = "floating_ips.assign"
	if !in.To.given() {
		e := errs.New(errs.BadArgument, "want a server or a port").WithHint(`write assign(fip, "NAME"), assign(fip, server) or assign(fip, { port = ... })`)
		e.Op = op + ".to"
		return schema.Object{}, e
	}
	if err := m.Resolve(ctx, op, &in.FloatingIP, nil); err != nil {
		return schema.Object{}, err
	}
	ports, err := m.candidates(ctx, op, in.To)
	if err != nil {
		return schema.Object{}, err
	}
	// Which network it is from matters only when no port can be reached: then it is asked.
	external := func() string {
		fip, err := m.Get(cloud.WithLabel(ctx, cloud.LookUp), op, schema.Ref{ID: in.FloatingIP.ID})
		if err != nil {
			return ""
		}
		return rest.Text(fip, "floating_network_id")
	}
	return m.toOne(ctx, op, external, ports, func(p *port) (schema.Object, error) {
		body := map[string]any{"port_id": p.ID}
		if in.FixedAddress != "" {
			body["fixed_ip_address"] = in.FixedAddress
		}
		return m.Update(ctx, op, in.FloatingIP, body, rest.Revision{})
	})
}

func (m module) unassign(ctx context.Context, in one) (schema.Object, error) {
	const op = "floating_ips.unassign"
	if err := m.Resolve(ctx, op, &in.FloatingIP, nil); err != nil {
		return schema.Object{}, err
	}
	return m.Update(ctx, op, in.FloatingIP, map[string]any{"port_id": nil}, rest.Revision{})
}

func (m module) change(ctx context.Context, op string, in *change) (rest.Change, error) {
	body, err := m.Client().Body(ctx, op, in)
	return rest.Change{Op: op, Ref: in.FloatingIP, Body: body, Tags: rest.Tags(in.Tags), Revision: in.Revision}, err
}
