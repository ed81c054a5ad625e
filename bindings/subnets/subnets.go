// Package subnets is the Lua module subnets: the subnets of the networking service.
package subnets

import (
	"context"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("subnet")}
	return schema.Module{
		Name: "subnets",
		Kind: "subnet",
		Doc: "Subnets: the addresses of a network. A subnet says which addresses its ports get, which of them is the way " +
			"out (the gateway), and which name servers and routes servers learn by DHCP.",
		Example: `local net = networks.create { name = "blue" }
local sub = subnets.create { name = "blue-v4", network = net, cidr = "10.8.0.0/24", dns_nameservers = { "8.8.8.8" } }
print(sub.gateway_ip, sub.allocation_pools[1].start)
subnets.delete(sub)
networks.delete(net)`,
		Fields: fields(),
		Funcs: append([]schema.Func{
			schema.Fn("list", "List subnets. The filters run on the server.", resource.List[filters](m.Collection),
				schema.Returns("subnets", "subnet[]", "The subnets, in the server's order."),
				schema.REST("GET /v2.0/subnets"), schema.CLI("openstack subnet list"),
				schema.Example(`for _, sub in ipairs(subnets.list { network = "private", ip_version = 4 }) do
  print(sub.name, sub.cidr)
end`)),
			schema.Fn("each", "Go through subnets, fetching a page at a time: for long lists.", resource.Each[filters](m.Collection),
				schema.Returns("iterator", "fun(): subnet", "For the generic for."),
				schema.REST("GET /v2.0/subnets"), schema.CLI("openstack subnet list"),
				schema.Example(`for sub in subnets.each { limit = 100 } do print(sub.cidr) end`)),
			schema.Fn("get", "Fetch a subnet anew.", resource.Get[one](m.Collection), schema.Method(),
				schema.Returns("subnet", "subnet", "The subnet as it is now."),
				schema.Raises("not_found", "ambiguous"),
				schema.REST("GET /v2.0/subnets/{id}", "GET /v2.0/subnets?name={name}"), schema.CLI("openstack subnet show NAME"),
				schema.Example(`print(subnets.get("private-subnet").gateway_ip)`)),
			schema.Fn("find", "Look whether there is a subnet of this name or ID.", resource.Find[one](m.Collection),
				schema.Returns("subnet", "subnet?", "The subnet; nil when there is none."),
				schema.Raises("ambiguous"),
				schema.REST("GET /v2.0/subnets?name={name}"), schema.CLI("openstack subnet list --name NAME"),
				schema.Example(`if not subnets.find("blue-v4") then print("not made yet") end`)),
			schema.Fn("create", "Create a subnet in a network. The addresses are looked at before anything is sent. A cidr with "+
				"host bits is taken: the service stores the network it lies in (10.8.0.5/24 becomes 10.8.0.0/24).", resource.Create(m.Collection, m.creation),
				schema.Returns("subnet", "subnet", "The new subnet."),
				schema.Raises("bad_argument", "not_found", "ambiguous", "bad_request", "conflict", "quota", "forbidden"),
				schema.REST("POST /v2.0/subnets", "PUT /v2.0/subnets/{id}/tags"),
				schema.CLI("openstack subnet create --network NET --subnet-range CIDR NAME"),
				schema.Example(`local sub = subnets.create {
  name = "blue-v4", network = "blue", cidr = "10.8.0.0/24", gateway_ip = "10.8.0.1",
  allocation_pools = { "10.8.0.100-10.8.0.199" }, dns_nameservers = { "8.8.8.8" },
}
local closed = subnets.create { network = "blue", cidr = "10.9.0.0/24", gateway_ip = false }`)),
			schema.Fn("ensure", "Make sure that there is a subnet of this name that is as described: create it, or change what "+
				"differs. A cidr cannot be changed: another one raises conflict. What the service does not show cannot be "+
				"compared and is left alone.", resource.Ensure(m.Collection, m.wanted),
				schema.Returns("subnet", "subnet", "The subnet as it is now."),
				schema.Returns("changed", "boolean", "Whether it was created or changed."),
				schema.Raises("bad_argument", "ambiguous", "conflict", "not_found", "bad_request", "quota", "forbidden"),
				schema.REST("GET /v2.0/subnets?name={name}&network_id={id}", "POST /v2.0/subnets", "PUT /v2.0/subnets/{id}", "PUT /v2.0/subnets/{id}/tags"),
				schema.CLI("openstack subnet show NAME || openstack subnet create NAME"),
				schema.Example(`local sub, changed = subnets.ensure { name = "blue-v4", network = "blue", cidr = "10.8.0.0/24",
  dns_nameservers = { "8.8.8.8", "8.8.4.4" } }`)),
			schema.Fn("update", "Change a subnet. The object given stays as it was: use the one returned. A list given replaces "+
				"the whole list; {} empties it.", resource.Update(m.Collection, m.change), schema.Method(),
				schema.Returns("subnet", "subnet", "The subnet as it is now."),
				schema.Raises("bad_argument", "not_found", "ambiguous", "forbidden", "bad_request", "conflict"),
				schema.REST("PUT /v2.0/subnets/{id}", "PUT /v2.0/subnets/{id}/tags"), schema.CLI("openstack subnet set NAME"),
				schema.Example(`local sub = subnets.update("blue-v4", { dns_nameservers = { "1.1.1.1" }, enable_dhcp = false })`)),
			schema.Fn("delete", "Delete a subnet. No port may have an address of it any more, a router's neither.", resource.Delete[one](m.Collection), schema.Method(),
				schema.Returns("deleted", "boolean", "Whether it was there."),
				schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
				schema.REST("DELETE /v2.0/subnets/{id}"), schema.CLI("openstack subnet delete NAME"),
				schema.Example(`subnets.delete("blue-v4", { missing_ok = true })`)),
			schema.Fn("wait", "Wait until a subnet is there, or gone. Subnets have no status of their own: any is ACTIVE as soon "+
				"as the service shows it.", resource.Wait[one](m.Collection), schema.Method(),
				schema.Returns("subnet", "subnet?", "The subnet; nil when it was to be gone."),
				schema.Raises("not_found", "ambiguous", "timeout"),
				schema.REST("GET /v2.0/subnets/{id}"), schema.CLI("openstack subnet show NAME"),
				schema.Example(`subnets.wait("blue-v4", { status = "DELETED", timeout = "1m" })`)),
		}, resource.TagFuncs[one](m.Collection, resource.TagWords{
			Noun: "subnet", Command: "openstack subnet", Named: "NAME", Example: "blue-v4",
		})...),
	}
}

type module struct{ *rest.Collection }

type filters struct {
	rest.Filters
	Network      schema.Ref       `lua:"network" alias:"network_id" json:"network_id" ref:"network" doc:"Only those of this network: object, ID or name."`
	CIDR         string           `lua:"cidr" json:"cidr" doc:"Only those with exactly this cidr, as the service writes it: 10.8.0.0/24."`
	IPVersion    int              `lua:"ip_version" json:"ip_version" enum:"4|6" doc:"Only those of IPv4, or of IPv6."`
	GatewayIP    string           `lua:"gateway_ip" json:"gateway_ip" doc:"Only those with this gateway address."`
	EnableDHCP   schema.Opt[bool] `lua:"enable_dhcp" json:"enable_dhcp" doc:"Only those with DHCP, or without."`
	Shared       schema.Opt[bool] `lua:"shared" json:"shared" doc:"Only those of networks that all projects may use, or may not."`
	AddressMode  string           `lua:"ipv6_address_mode" json:"ipv6_address_mode" enum:"slaac|dhcpv6-stateful|dhcpv6-stateless" doc:"Only those that give IPv6 addresses this way."`
	RAMode       string           `lua:"ipv6_ra_mode" json:"ipv6_ra_mode" enum:"slaac|dhcpv6-stateful|dhcpv6-stateless" doc:"Only those whose router advertisements say this."`
	SubnetPool   schema.Ref       `lua:"subnetpool" alias:"subnetpool_id" json:"subnetpool_id" ref:"subnetpool" doc:"Only those from this subnet pool: ID or name."`
	Segment      schema.Ref       `lua:"segment" alias:"segment_id" json:"segment_id" ref:"segment" doc:"Only those of this segment: ID or name."`
	PublishFixed schema.Opt[bool] `lua:"dns_publish_fixed_ip" json:"dns_publish_fixed_ip" doc:"Only those whose fixed addresses are published in DNS, or are not."`
	ServiceTypes []string         `lua:"service_types" json:"service_types" doc:"Only those for these kinds of port, by device_owner."`
}

// settings is what both creation and change take.
type settings struct {
	Description    schema.Opt[string]   `lua:"description" json:"description" doc:"A few words about it."`
	GatewayIP      schema.Opt[string]   `lua:"gateway_ip,nullable" json:"gateway_ip" doc:"Address of the way out; the cidr's first one when left out, false for none."`
	DNSNameservers []string             `lua:"dns_nameservers" json:"dns_nameservers" doc:"Addresses of name servers, the first one first."`
	Pools          []Pool               `lua:"allocation_pools" json:"allocation_pools" doc:"Ranges of addresses to give out: \"10.8.0.2-10.8.0.99\" or { start = ..., [\"end\"] = ... }; all but the gateway when left out."`
	Routes         []Route              `lua:"host_routes" json:"host_routes" doc:"Routes servers learn by DHCP: \"10.1.0.0/16 via 10.8.0.5\" or { destination = ..., nexthop = ... }."`
	EnableDHCP     schema.Opt[bool]     `lua:"enable_dhcp" json:"enable_dhcp" default:"true" doc:"Whether servers get their addresses by DHCP."`
	Segment        schema.Ref           `lua:"segment,nullable" alias:"segment_id" json:"segment_id" ref:"segment" doc:"Segment of the network it is on: ID or name; false for none."`
	ServiceTypes   []string             `lua:"service_types" json:"service_types" doc:"Kinds of port it is for, by device_owner: \"network:floatingip\"; all when left out."`
	PublishFixed   schema.Opt[bool]     `lua:"dns_publish_fixed_ip" json:"dns_publish_fixed_ip" default:"false" doc:"Whether fixed addresses are published in DNS."`
	Tags           schema.Opt[[]string] `lua:"tags" json:"-" doc:"Tags it shall have and no others: set by a second request."`
}

type creation struct {
	Name    schema.Opt[string] `lua:"name" json:"name" doc:"Its name; none when left out."`
	Network schema.Ref         `lua:"network,required" alias:"network_id" json:"network_id" ref:"network" doc:"Network it is for: object, ID or name."`
	source
	settings
}

type wanted struct {
	Name    string     `lua:"name,required" json:"name" doc:"Its name, by which it is found."`
	Network schema.Ref `lua:"network,required" alias:"network_id" json:"network_id" ref:"network" doc:"Network it is for: object, ID or name."`
	source
	settings
}

// source is where the addresses come from: what only creation takes.
type source struct {
	CIDR        string           `lua:"cidr" json:"cidr" doc:"Its addresses: \"10.8.0.0/24\". Needed unless they come from a subnet pool."`
	IPVersion   int              `lua:"ip_version" json:"ip_version" enum:"4|6" default:"the cidr's, or 4" doc:"IPv4 or IPv6."`
	SubnetPool  schema.Ref       `lua:"subnetpool" alias:"subnetpool_id" json:"subnetpool_id" ref:"subnetpool" doc:"Subnet pool to take the addresses from: ID or name."`
	PrefixLen   int              `lua:"prefixlen" json:"prefixlen" doc:"How large a piece of the subnet pool to take, as a prefix length in bits."`
	DefaultPool schema.Opt[bool] `lua:"use_default_subnetpool" json:"use_default_subnetpool" default:"false" doc:"Take the addresses from the default subnet pool."`
	AddressMode string           `lua:"ipv6_address_mode" json:"ipv6_address_mode" enum:"slaac|dhcpv6-stateful|dhcpv6-stateless" doc:"How servers get IPv6 addresses."`
	RAMode      string           `lua:"ipv6_ra_mode" json:"ipv6_ra_mode" enum:"slaac|dhcpv6-stateful|dhcpv6-stateless" doc:"What the router's advertisements say of IPv6 addresses."`
	Project     schema.Ref       `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Project it belongs to, for administrators; your own when left out."`
}

type change struct {
	Subnet schema.Ref         `lua:"subnet,arg,required" json:"-" ref:"subnet" doc:"The subnet: object, ID or name."`
	Name   schema.Opt[string] `lua:"name" json:"name" doc:"New name."`
	settings
	Revision rest.Revision `lua:"revision_number" json:"-" doc:"Change it only if it is at this revision still; otherwise raise conflict."`
}

type one struct {
	Subnet schema.Ref `lua:"subnet,arg,required" json:"-" ref:"subnet" doc:"The subnet: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Subnet }

// body checks the addresses, looks up what is named, and makes the request's body of in, a pointer to the struct that
// src and s are parts of.
func (m module) body(ctx context.Context, op string, src *source, s *settings, in any) (map[string]any, error) {
	if err := src.check(op); err != nil {
		return nil, err
	}
	if err := s.check(op, src.IPVersion); err != nil {
		return nil, err
	}
	if err := m.Client().ResolveAll(ctx, op, in); err != nil {
		return nil, err
	}
	return schema.Body(in)
}

func (m module) creation(ctx context.Context, op string, in *creation) (rest.Wanted, error) {
	body, err := m.body(ctx, op, &in.source, &in.settings, in)
	return rest.Wanted{Op: op, Body: body, Tags: rest.Tags(in.Tags)}, err
}

func (m module) wanted(ctx context.Context, op string, in *wanted) (rest.Wanted, error) {
	body, err := m.body(ctx, op, &in.source, &in.settings, in)
	return rest.Wanted{
		Op: op, Name: in.Name, Query: rest.Within("network_id", in.Network, in.Project), Body: body, Tags: rest.Tags(in.Tags), Rules: rules(),
	}, err
}

func (m module) change(ctx context.Context, op string, in *change) (rest.Change, error) {
	if err := in.settings.check(op, 0); err != nil {
		return rest.Change{}, err
	}
	body, err := m.Client().Body(ctx, op, in)
	return rest.Change{Op: op, Ref: in.Subnet, Body: body, Tags: rest.Tags(in.Tags), Revision: in.Revision}, err
}
