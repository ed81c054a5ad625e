// Package ports is the Lua module ports: the ports of the networking service.
package ports

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("port")}
	return schema.Module{
		Name: "ports",
		Kind: "port",
		Doc: "Ports: the sockets of a network. A server, a router or a DHCP service is plugged in with a port each; the port " +
			"has the MAC address, the IP addresses and the security groups.",
		Example: `local net = networks.create { name = "blue" }
subnets.create { network = net, cidr = "10.8.0.0/24" }
local port = ports.create { name = "web", network = net, fixed_ips = { "10.8.0.17" } }
print(port.mac_address, port.fixed_ips[1].ip_address)
ports.delete(port)
networks.delete(net)`,
		Fields: fields(),
		Funcs: append([]schema.Func{
			schema.Fn("list", "List ports. The filters run on the server.", resource.ListBy(m.Collection, m.query),
				schema.Returns("ports", "port[]", "The ports, in the server's order."),
				schema.REST("GET /v2.0/ports"), schema.CLI("openstack port list"),
				schema.Example(`for _, port in ipairs(ports.list { network = "private", status = "ACTIVE" }) do
  print(port.device_owner, port.fixed_ips[1].ip_address)
end
local taken = ports.list { ip_address = "10.0.0.5" }`)),
			schema.Fn("each", "Go through ports, fetching a page at a time: for long lists.", resource.EachBy(m.Collection, m.query),
				schema.Returns("iterator", "fun(): port", "For the generic for."),
				schema.REST("GET /v2.0/ports"), schema.CLI("openstack port list"),
				schema.Example(`for port in ports.each { limit = 100 } do print(port.mac_address) end`)),
			schema.Fn("get", "Fetch a port anew.", resource.Get[one](m.Collection), schema.Method(),
				schema.Returns("port", "port", "The port as it is now."),
				schema.Raises("not_found", "ambiguous"),
				schema.REST("GET /v2.0/ports/{id}", "GET /v2.0/ports?name={name}"), schema.CLI("openstack port show NAME"),
				schema.Example(`print(ports.get("web").status)`)),
			schema.Fn("find", "Look whether there is a port of this name or ID.", resource.Find[one](m.Collection),
				schema.Returns("port", "port?", "The port; nil when there is none."),
				schema.Raises("ambiguous"),
				schema.REST("GET /v2.0/ports?name={name}"), schema.CLI("openstack port list --name NAME"),
				schema.Example(`local port = ports.find("web")`)),
			schema.Fn("create", "Create a port. It is DOWN until something is plugged into it, and can be used all the same.", resource.Create(m.Collection, m.creation),
				schema.Returns("port", "port", "The new port."),
				schema.Raises("not_found", "ambiguous", "conflict", "bad_request", "quota", "forbidden", "resource_error", "timeout"),
				schema.REST("POST /v2.0/ports", "PUT /v2.0/ports/{id}/tags"), schema.CLI("openstack port create --network NET NAME"),
				schema.Example(`local port = ports.create {
  name = "web", network = "blue", fixed_ips = { { subnet = "blue-v4", ip_address = "10.8.0.17" } },
  security_groups = { "default" }, ["binding:vnic_type"] = "normal",
}`)),
			schema.Fn("ensure", "Make sure that there is a port of this name in the network that is as described: create it, or "+
				"change what differs. What the service does not show cannot be compared and is left alone.", resource.Ensure(m.Collection, m.wanted),
				schema.Returns("port", "port", "The port as it is now."),
				schema.Returns("changed", "boolean", "Whether it was created or changed."),
				schema.Raises("ambiguous", "conflict", "not_found", "bad_request", "quota", "forbidden", "resource_error", "timeout"),
				schema.REST("GET /v2.0/ports?name={name}&network_id={id}", "POST /v2.0/ports", "PUT /v2.0/ports/{id}", "PUT /v2.0/ports/{id}/tags"),
				schema.CLI("openstack port show NAME || openstack port create NAME"),
				schema.Example(`local port, changed = ports.ensure { name = "web", network = "blue", security_groups = { "default" } }`)),
			schema.Fn("update", "Change a port. The object given stays as it was: use the one returned. A list given replaces the "+
				"whole list; {} empties it.", resource.Update(m.Collection, m.change), schema.Method(),
				schema.Returns("port", "port", "The port as it is now."),
				schema.Raises("not_found", "ambiguous", "forbidden", "bad_request", "conflict"),
				schema.REST("PUT /v2.0/ports/{id}", "PUT /v2.0/ports/{id}/tags"), schema.CLI("openstack port set NAME"),
				schema.Example(`local port = ports.update("web", { security_groups = {}, port_security_enabled = false })`)),
			schema.Fn("delete", "Delete a port. A router's ports go through the router: router:remove_subnet(subnet).", resource.Delete[one](m.Collection), schema.Method(),
				schema.Returns("deleted", "boolean", "Whether it was there."),
				schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
				schema.REST("DELETE /v2.0/ports/{id}"), schema.CLI("openstack port delete NAME"),
				schema.Example(`ports.delete("web", { missing_ok = true })`)),
			schema.Fn("wait", "Wait until a port has a status: ACTIVE once what is plugged in is wired.", resource.Wait[one](m.Collection), schema.Method(),
				schema.Returns("port", "port?", "The port as it is then; nil when it was to be gone."),
				schema.Raises("not_found", "ambiguous", "timeout", "resource_error"),
				schema.REST("GET /v2.0/ports/{id}"), schema.CLI("openstack port show NAME -c status"),
				schema.Example(`ports.wait("web", { status = "ACTIVE", timeout = "1m" })`)),
		}, resource.TagFuncs[one](m.Collection, resource.TagWords{
			Noun: "port", Command: "openstack port", Named: "NAME", Example: "web",
		})...),
	}
}

type module struct{ *rest.Collection }

type filters struct {
	rest.Filters
	Network        schema.Ref       `lua:"network" alias:"network_id" json:"network_id" ref:"network" doc:"Only those of this network: object, ID or name."`
	Status         string           `lua:"status" json:"status" doc:"Only those with this status: ACTIVE, DOWN, BUILD or ERROR."`
	AdminStateUp   schema.Opt[bool] `lua:"admin_state_up" json:"admin_state_up" doc:"Only those that are up, or down, by will of their owner."`
	DeviceID       string           `lua:"device_id" json:"device_id" doc:"Only those of this device: the ID of a server or a router."`
	DeviceOwner    string           `lua:"device_owner" json:"device_owner" doc:"Only those of this kind of device: \"compute:nova\", \"network:router_interface\"."`
	MACAddress     string           `lua:"mac_address" json:"mac_address" doc:"Only the one with this MAC address."`
	FixedIPs       []fixedIPFilter  `lua:"fixed_ips" json:"-" doc:"Only those with such an address: { { subnet = ..., ip_address = ... } }."`
	Subnet         schema.Ref       `lua:"subnet" json:"-" ref:"subnet" doc:"Only those with an address of this subnet: object, ID or name."`
	IPAddress      string           `lua:"ip_address" json:"-" doc:"Only the one with this address."`
	SecurityGroups []schema.Ref     `lua:"security_groups" json:"security_groups" ref:"security_group" doc:"Only those in one of these security groups: objects, IDs or names."`
	DNSName        string           `lua:"dns_name" json:"dns_name" doc:"Only those with this name in DNS."`
	Host           string           `lua:"binding:host_id" json:"binding:host_id" doc:"Only those on this host; for administrators."`

	Addresses []string `json:"fixed_ips"` // FixedIPs, Subnet and IPAddress as the query has them
}

type fixedIPFilter struct {
	Subnet    schema.Ref `lua:"subnet" alias:"subnet_id" json:"-" ref:"subnet" doc:"Subnet the address is of: object, ID or name."`
	IPAddress string     `lua:"ip_address" json:"-" doc:"The address."`
	Part      string     `lua:"ip_address_substr" json:"-" doc:"A part of the address."`
}

// settings is what both creation and change take.
type settings struct {
	Description    schema.Opt[string]         `lua:"description" json:"description" doc:"A few words about it."`
	AdminStateUp   schema.Opt[bool]           `lua:"admin_state_up" json:"admin_state_up" default:"true" doc:"false stops its traffic."`
	MACAddress     schema.Opt[string]         `lua:"mac_address,nullable" json:"mac_address" doc:"MAC address, for administrators; a new one when left out. In update, false makes a new one."`
	FixedIPs       []FixedIP                  `lua:"fixed_ips" json:"fixed_ips" doc:"Its addresses: \"10.8.0.17\" or { subnet = ..., ip_address = ... }; one of each IP version when left out, {} for none."`
	DeviceID       schema.Opt[string]         `lua:"device_id" json:"device_id" doc:"ID of the server or router it belongs to."`
	DeviceOwner    schema.Opt[string]         `lua:"device_owner" json:"device_owner" doc:"Kind of device it belongs to: \"compute:nova\"."`
	SecurityGroups []schema.Ref               `lua:"security_groups" json:"security_groups" ref:"security_group" doc:"Security groups that guard it: objects, IDs or names; the project's default when left out, {} for none."`
	AddressPairs   []AddressPair              `lua:"allowed_address_pairs" json:"allowed_address_pairs" doc:"Other addresses that may be used on it: \"10.8.0.100\" or { ip_address = ..., mac_address = ... }."`
	DHCPOptions    []DHCPOption               `lua:"extra_dhcp_opts" json:"extra_dhcp_opts" doc:"DHCP options of its own: { opt_name = ..., opt_value = ... }."`
	PortSecurity   schema.Opt[bool]           `lua:"port_security_enabled" json:"port_security_enabled" doc:"Whether it is guarded by security groups and against forged addresses; as the network when left out."`
	QoSPolicy      schema.Ref                 `lua:"qos_policy_id,nullable" alias:"qos_policy" json:"qos_policy_id" ref:"qos_policy" doc:"QoS policy; false takes it away."`
	DNSName        schema.Opt[string]         `lua:"dns_name" json:"dns_name" doc:"Name in DNS, without the domain."`
	DNSDomain      schema.Opt[string]         `lua:"dns_domain" json:"dns_domain" doc:"DNS domain, with a dot at the end; the network's when left out."`
	Host           schema.Opt[string]         `lua:"binding:host_id" json:"binding:host_id" doc:"Host it is on; for administrators."`
	VNICType       string                     `lua:"binding:vnic_type" json:"binding:vnic_type" default:"normal" doc:"How it is plugged in: normal, direct, macvtap, baremetal, direct-physical, virtio-forwarder, smart-nic, vdpa, remote-managed …"`
	Profile        schema.Opt[map[string]any] `lua:"binding:profile,nullable" json:"binding:profile" doc:"What the host should know to plug it in; for administrators."`
	Uplink         schema.Opt[bool]           `lua:"propagate_uplink_status" json:"propagate_uplink_status" doc:"Whether it goes down with the host's own link."`
	NUMA           schema.Opt[string]         `lua:"numa_affinity_policy,nullable" json:"numa_affinity_policy" enum:"required|preferred|legacy|socket" doc:"How near to the server's memory its device must be."`
	Trusted        schema.Opt[bool]           `lua:"trusted" json:"trusted" doc:"Whether the virtual function is trusted; for administrators."`
	ValueSpecs     map[string]any             `lua:"value_specs" json:"-" doc:"Other members for the request's body, for extensions not named here."`
	Tags           schema.Opt[[]string]       `lua:"tags" json:"-" doc:"Tags it shall have and no others: set by a second request."`
}

// FixedIP asks for an address of a port.
type FixedIP struct {
	Subnet    schema.Ref `lua:"subnet" alias:"subnet_id" json:"subnet_id" ref:"subnet" doc:"Subnet the address is of: object, ID or name; the one it lies in when left out."`
	IPAddress string     `lua:"ip_address" json:"ip_address" doc:"The address; a free one when left out."`
}

// UnmarshalText takes the address alone.
func (f *FixedIP) UnmarshalText(text []byte) error { f.IPAddress = string(text); return nil }

// AddressPair is an address that may be used on a port beside its own.
type AddressPair struct {
	IPAddress  string `lua:"ip_address,required" json:"ip_address" doc:"Address, or network in CIDR form."`
	MACAddress string `lua:"mac_address" json:"mac_address" doc:"MAC address it is used with; the port's own when left out."`
}

// UnmarshalText takes the address alone.
func (p *AddressPair) UnmarshalText(text []byte) error { p.IPAddress = string(text); return nil }

// DHCPOption is a DHCP option of a port's own.
type DHCPOption struct {
	Name      string             `lua:"opt_name,required" json:"opt_name" doc:"Its name: \"bootfile-name\"."`
	Value     schema.Opt[string] `lua:"opt_value,nullable" json:"opt_value" doc:"Its value; in update, false takes the option away."`
	IPVersion int                `lua:"ip_version" json:"ip_version" enum:"4|6" default:"4" doc:"Version of IP it is for."`
}

type creation struct {
	Name schema.Opt[string] `lua:"name" json:"name" doc:"Its name; none when left out."`
	made
}

type wanted struct {
	Name string `lua:"name,required" json:"name" doc:"Its name, by which it is found."`
	made
}

// made is what only creation takes, and the rest with it.
type made struct {
	Network schema.Ref `lua:"network,required" alias:"network_id" json:"network_id" ref:"network" doc:"Network it is on: object, ID or name."`
	settings
	DeviceProfile string     `lua:"device_profile" json:"device_profile" doc:"Name of the accelerator's device profile."`
	Project       schema.Ref `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Project it belongs to, for administrators; your own when left out."`
	rest.Waits
}

type change struct {
	Port schema.Ref         `lua:"port,arg,required" json:"-" ref:"port" doc:"The port: object, ID or name."`
	Name schema.Opt[string] `lua:"name" json:"name" doc:"New name."`
	settings
	DataPlane schema.Opt[string] `lua:"data_plane_status,nullable" json:"data_plane_status" enum:"ACTIVE|DOWN" doc:"State of the wire underneath, as an administrator's tool knows it."`
	Revision  rest.Revision      `lua:"revision_number" json:"-" doc:"Change it only if it is at this revision still; otherwise raise conflict."`
}

type one struct {
	Port schema.Ref `lua:"port,arg,required" json:"-" ref:"port" doc:"The port: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Port }

// query writes the filters by address as the service has them: fixed_ips=subnet_id=ID, fixed_ips=ip_address=IP.
func (m module) query(ctx context.Context, op string, in *filters) (url.Values, error) {
	if err := m.Client().ResolveAll(ctx, op, in); err != nil {
		return nil, err
	}
	add := func(key, value string) {
		if value != "" {
			in.Addresses = append(in.Addresses, key+"="+value)
		}
	}
	add("subnet_id", in.Subnet.ID)
	add("ip_address", in.IPAddress)
	for _, f := range in.FixedIPs {
		add("subnet_id", f.Subnet.ID)
		add("ip_address", f.IPAddress)
		add("ip_address_substr", f.Part)
	}
	return m.Client().Query(ctx, op, in)
}

// body makes the request's body of in, a pointer to the struct that s is part of.
func (m module) body(ctx context.Context, op string, s *settings, in any) (map[string]any, error) {
	body, err := m.Client().Body(ctx, op, in)
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(s.ValueSpecs)) {
		if _, there := body[k]; there {
			e := errs.New(errs.BadArgument, "%s is an option of its own", k).WithHint("give it outside value_specs")
			e.Op = op + ".value_specs"
			return nil, e
		}
		body[k] = s.ValueSpecs[k]
	}
	return body, nil
}

func (m module) creation(ctx context.Context, op string, in *creation) (rest.Wanted, error) {
	body, err := m.body(ctx, op, &in.settings, in)
	return rest.Wanted{Op: op, Body: body, Tags: rest.Tags(in.Tags), Waits: in.Waits}, err
}

func (m module) wanted(ctx context.Context, op string, in *wanted) (rest.Wanted, error) {
	body, err := m.body(ctx, op, &in.settings, in)
	return rest.Wanted{
		Op: op, Name: in.Name, Query: rest.Within("network_id", in.Network, in.Project), Body: body,
		Tags: rest.Tags(in.Tags), Rules: rules(), Waits: in.Waits,
	}, err
}

func (m module) change(ctx context.Context, op string, in *change) (rest.Change, error) {
	body, err := m.body(ctx, op, &in.settings, in)
	return rest.Change{Op: op, Ref: in.Port, Body: body, Tags: rest.Tags(in.Tags), Revision: in.Revision}, err
}
