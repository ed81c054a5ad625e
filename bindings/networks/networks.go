// Package networks is the Lua module networks: the networks of the networking service.
package networks

import (
	"context"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("network")}
	return schema.Module{
		Name: "networks",
		Kind: "network",
		Doc: "Networks: wires of your own, which servers' ports are plugged into. A network has no addresses before it " +
			"has a subnet, and leads nowhere before a router joins it to another.",
		Example: `local net = networks.create { name = "blue" }
print(net.id, net.status)
for _, n in ipairs(networks.list { external = true }) do print(n.name) end
networks.delete(net)`,
		Fields: fields(),
		Funcs: append([]schema.Func{
			schema.Fn("list", "List networks. The filters run on the server.", resource.List[filters](m.Collection),
				schema.Returns("networks", "network[]", "The networks, in the server's order."),
				schema.REST("GET /v2.0/networks"), schema.CLI("openstack network list"),
				schema.Example(`for _, net in ipairs(networks.list { shared = false, sort_key = "name" }) do
  print(net.name, net.id)
end`)),
			schema.Fn("each", "Go through networks, fetching a page at a time: for long lists.", resource.Each[filters](m.Collection),
				schema.Returns("iterator", "fun(): network", "For the generic for."),
				schema.REST("GET /v2.0/networks"), schema.CLI("openstack network list"),
				schema.Example(`for net in networks.each { limit = 100 } do print(net.name) end`)),
			schema.Fn("get", "Fetch a network anew.", resource.Get[one](m.Collection), schema.Method(),
				schema.Returns("network", "network", "The network as it is now."),
				schema.Raises("not_found", "ambiguous"),
				schema.REST("GET /v2.0/networks/{id}", "GET /v2.0/networks?name={name}"), schema.CLI("openstack network show NAME"),
				schema.Example(`print(networks.get("private").status)`)),
			schema.Fn("find", "Look whether there is a network of this name or ID.", resource.Find[one](m.Collection),
				schema.Returns("network", "network?", "The network; nil when there is none."),
				schema.Raises("ambiguous"),
				schema.REST("GET /v2.0/networks?name={name}"), schema.CLI("openstack network list --name NAME"),
				schema.Example(`local net = networks.find("blue") or networks.create { name = "blue" }`)),
			schema.Fn("create", "Create a network, and wait until it can be used.", resource.Create(m.Collection, m.wanted),
				schema.Returns("network", "network", "The new network."),
				schema.Raises("quota", "forbidden", "bad_request", "resource_error", "timeout"),
				schema.REST("POST /v2.0/networks", "PUT /v2.0/networks/{id}/tags"), schema.CLI("openstack network create NAME"),
				schema.Example(`local net = networks.create { name = "blue", description = "for the lab", shared = false }`)),
			schema.Fn("ensure", "Make sure that there is a network of this name that is as described: create it, or change "+
				"what differs. What the service does not show cannot be compared and is left alone.", resource.Ensure(m.Collection, m.wanted),
				schema.Returns("network", "network", "The network as it is now."),
				schema.Returns("changed", "boolean", "Whether it was created or changed."),
				schema.Raises("ambiguous", "conflict", "quota", "forbidden", "bad_request", "resource_error", "timeout"),
				schema.REST("GET /v2.0/networks?name={name}", "POST /v2.0/networks", "PUT /v2.0/networks/{id}", "PUT /v2.0/networks/{id}/tags"),
				schema.CLI("openstack network show NAME || openstack network create NAME"),
				schema.Example(`local net, changed = networks.ensure { name = "blue", mtu = 1400 }
print(changed and "made it so" or "it was so already")`)),
			schema.Fn("update", "Change a network. The object given stays as it was: use the one returned.", resource.Update(m.Collection, m.change), schema.Method(),
				schema.Returns("network", "network", "The network as it is now."),
				schema.Raises("not_found", "ambiguous", "forbidden", "bad_request", "conflict"),
				schema.REST("PUT /v2.0/networks/{id}", "PUT /v2.0/networks/{id}/tags"), schema.CLI("openstack network set NAME"),
				schema.Example(`local net = networks.create { name = "blue" }
net = net:update { name = "green", description = "was blue" }`)),
			schema.Fn("delete", "Delete a network and its subnets. Nothing may be plugged into it any more.", resource.Delete[one](m.Collection), schema.Method(),
				schema.Returns("deleted", "boolean", "Whether it was there."),
				schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
				schema.REST("DELETE /v2.0/networks/{id}"), schema.CLI("openstack network delete NAME"),
				schema.Example(`networks.delete("blue", { missing_ok = true })`)),
			schema.Fn("wait", "Wait until a network has a status.", resource.Wait[one](m.Collection), schema.Method(),
				schema.Returns("network", "network?", "The network as it is then; nil when it was to be gone."),
				schema.Raises("not_found", "ambiguous", "timeout", "resource_error"),
				schema.REST("GET /v2.0/networks/{id}"), schema.CLI("openstack network show NAME -c status"),
				schema.Example(`local net = networks.create { name = "blue", wait = false }
net:wait { timeout = "1m" }`)),
		}, resource.TagFuncs[one](m.Collection, resource.TagWords{
			Noun: "network", Command: "openstack network", Named: "NAME", Example: "blue",
		})...),
	}
}

type module struct{ *rest.Collection }

type filters struct {
	rest.Filters
	Status       string           `lua:"status" json:"status" doc:"Only those with this status: ACTIVE, DOWN, BUILD or ERROR."`
	AdminStateUp schema.Opt[bool] `lua:"admin_state_up" json:"admin_state_up" doc:"Only those that are up, or down, by will of their owner."`
	Shared       schema.Opt[bool] `lua:"shared" json:"shared" doc:"Only those that all projects may use, or may not."`
	External     schema.Opt[bool] `lua:"router:external" alias:"external" json:"router:external" doc:"Only external networks, or only internal ones."`
	IsDefault    schema.Opt[bool] `lua:"is_default" json:"is_default" doc:"Only the external network that is the default one."`
	MTU          int              `lua:"mtu" json:"mtu" doc:"Only those with this MTU, in bytes."`
	VLAN         schema.Opt[bool] `lua:"vlan_transparent" json:"vlan_transparent" doc:"Only those that let servers' own VLAN tags through."`
	NetworkType  string           `lua:"provider:network_type" json:"provider:network_type" doc:"Only those of this type; for administrators."`
	Physical     string           `lua:"provider:physical_network" json:"provider:physical_network" doc:"Only those on this physical network; for administrators."`
	Segmentation schema.Opt[int]  `lua:"provider:segmentation_id" json:"provider:segmentation_id" doc:"Only those with this VLAN ID or tunnel key; for administrators."`
}

// settings is what both creation and change take.
type settings struct {
	Description  schema.Opt[string]   `lua:"description" json:"description" doc:"A few words about it."`
	AdminStateUp schema.Opt[bool]     `lua:"admin_state_up" json:"admin_state_up" default:"true" doc:"false stops its traffic."`
	Shared       schema.Opt[bool]     `lua:"shared" json:"shared" default:"false" doc:"Let all projects use it; for administrators."`
	External     schema.Opt[bool]     `lua:"router:external" alias:"external" json:"router:external" default:"false" doc:"Make it a way out that routers can have as gateway; for administrators."`
	IsDefault    schema.Opt[bool]     `lua:"is_default" json:"is_default" default:"false" doc:"Make it the default external network; for administrators."`
	MTU          schema.Opt[int]      `lua:"mtu" json:"mtu" doc:"Largest packet, in bytes; the service chooses when it is left out."`
	PortSecurity schema.Opt[bool]     `lua:"port_security_enabled" json:"port_security_enabled" default:"true" doc:"Whether new ports are guarded by security groups and against forged addresses."`
	DNSDomain    schema.Opt[string]   `lua:"dns_domain" json:"dns_domain" doc:"DNS domain of its ports, with a dot at the end: \"example.org.\"."`
	QoSPolicy    schema.Ref           `lua:"qos_policy_id,nullable" alias:"qos_policy" json:"qos_policy_id" ref:"qos_policy" doc:"QoS policy; false takes it away."`
	VLAN         schema.Opt[bool]     `lua:"vlan_transparent" json:"vlan_transparent" doc:"Let servers' own VLAN tags through."`
	NetworkType  string               `lua:"provider:network_type" json:"provider:network_type" doc:"flat, vlan, vxlan, gre, geneve or local; for administrators."`
	Physical     string               `lua:"provider:physical_network" json:"provider:physical_network" doc:"Physical network it is on; for administrators."`
	Segmentation schema.Opt[int]      `lua:"provider:segmentation_id" json:"provider:segmentation_id" doc:"VLAN ID or tunnel key; for administrators."`
	Segments     []segment            `lua:"segments" json:"segments" doc:"Several physical networks that are one; for administrators, in place of the provider options."`
	Tags         schema.Opt[[]string] `lua:"tags" json:"-" doc:"Tags it shall have and no others: set by a second request."`
}

type segment struct {
	NetworkType  string          `lua:"provider:network_type" json:"provider:network_type" doc:"flat, vlan, vxlan, gre, geneve or local."`
	Physical     string          `lua:"provider:physical_network" json:"provider:physical_network" doc:"Physical network the segment is on."`
	Segmentation schema.Opt[int] `lua:"provider:segmentation_id" json:"provider:segmentation_id" doc:"VLAN ID or tunnel key."`
}

type creation struct {
	Name string `lua:"name,required" json:"name" doc:"Its name. Names need not be unique, but one name for two things has to be told apart by ID."`
	settings
	Project           schema.Ref `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Project it belongs to, for administrators; your own when left out."`
	AvailabilityHints []string   `lua:"availability_zone_hints" json:"availability_zone_hints" doc:"Availability zones its DHCP service should run in."`
	rest.Waits
}

type change struct {
	Network schema.Ref         `lua:"network,arg,required" json:"-" ref:"network" doc:"The network: object, ID or name."`
	Name    schema.Opt[string] `lua:"name" json:"name" doc:"New name."`
	settings
	Revision rest.Revision `lua:"revision_number" json:"-" doc:"Change it only if it is at this revision still; otherwise raise conflict."`
}

type one struct {
	Network schema.Ref `lua:"network,arg,required" json:"-" ref:"network" doc:"The network: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Network }

func (m module) wanted(ctx context.Context, op string, in *creation) (rest.Wanted, error) {
	body, err := m.Client().Body(ctx, op, in)
	return rest.Wanted{
		Op: op, Name: in.Name, Query: rest.OfProject(in.Project), Body: body, Tags: rest.Tags(in.Tags), Rules: rules(), Waits: in.Waits,
	}, err
}

func (m module) change(ctx context.Context, op string, in *change) (rest.Change, error) {
	body, err := m.Client().Body(ctx, op, in)
	return rest.Change{Op: op, Ref: in.Network, Body: body, Tags: rest.Tags(in.Tags), Revision: in.Revision}, err
}
