// Package routers is the Lua module routers: the routers of the networking service.
package routers

import (
	"context"
	"net/netip"
	"net/url"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("router")}
	return schema.Module{
		Name: "routers",
		Kind: "router",
		Doc: "Routers: they join subnets, and lead to an external network through their gateway. A router alone joins " +
			"nothing: add subnets to it and set its gateway.",
		Example: `local net = networks.create { name = "blue" }
local sub = subnets.create { network = net, cidr = "10.8.0.0/24" }
local rtr = routers.create { name = "blue-router" }
rtr:add_subnet(sub)
rtr = rtr:set_gateway("public")
print(rtr.external_gateway_info.external_fixed_ips[1].ip_address)
rtr:remove_subnet(sub)
rtr:delete()
networks.delete(net)`,
		Fields: fields(),
		Funcs: append([]schema.Func{
			schema.Fn("list", "List routers. The filters run on the server.", resource.List[filters](m.Collection),
				schema.Returns("routers", "router[]", "The routers, in the server's order."),
				schema.REST("GET /v2.0/routers"), schema.CLI("openstack router list"),
				schema.Example(`for _, rtr in ipairs(routers.list { sort_key = "name" }) do print(rtr.name, rtr.status) end`)),
			schema.Fn("each", "Go through routers, fetching a page at a time: for long lists.", resource.Each[filters](m.Collection),
				schema.Returns("iterator", "fun(): router", "For the generic for."),
				schema.REST("GET /v2.0/routers"), schema.CLI("openstack router list"),
				schema.Example(`for rtr in routers.each { limit = 100 } do print(rtr.name) end`)),
			schema.Fn("get", "Fetch a router anew.", resource.Get[one](m.Collection), schema.Method(),
				schema.Returns("router", "router", "The router as it is now."),
				schema.Raises("not_found", "ambiguous"),
				schema.REST("GET /v2.0/routers/{id}", "GET /v2.0/routers?name={name}"), schema.CLI("openstack router show NAME"),
				schema.Example(`print(routers.get("router1").status)`)),
			schema.Fn("find", "Look whether there is a router of this name or ID.", resource.Find[one](m.Collection),
				schema.Returns("router", "router?", "The router; nil when there is none."),
				schema.Raises("ambiguous"),
				schema.REST("GET /v2.0/routers?name={name}"), schema.CLI("openstack router list --name NAME"),
				schema.Example(`local rtr = routers.find("router1")`)),
			schema.Fn("create", "Create a router, and wait until it can be used.", resource.Create(m.Collection, m.wanted),
				schema.Returns("router", "router", "The new router."),
				schema.Raises("not_found", "ambiguous", "quota", "conflict", "forbidden", "bad_request", "resource_error", "timeout"),
				schema.REST("POST /v2.0/routers", "PUT /v2.0/routers/{id}/tags"), schema.CLI("openstack router create NAME"),
				schema.Example(`local rtr = routers.create { name = "blue-router", external_network = "public" }`)),
			schema.Fn("ensure", "Make sure that there is a router of this name that is as described: create it, or change what "+
				"differs. What the service does not show cannot be compared and is left alone.", resource.Ensure(m.Collection, m.wanted),
				schema.Returns("router", "router", "The router as it is now."),
				schema.Returns("changed", "boolean", "Whether it was created or changed."),
				schema.Raises("ambiguous", "conflict", "not_found", "quota", "forbidden", "bad_request", "resource_error", "timeout"),
				schema.REST("GET /v2.0/routers?name={name}", "POST /v2.0/routers", "PUT /v2.0/routers/{id}", "PUT /v2.0/routers/{id}/tags"),
				schema.CLI("openstack router show NAME || openstack router create NAME"),
				schema.Example(`local rtr, changed = routers.ensure { name = "blue-router", external_network = "public" }`)),
			schema.Fn("update", "Change a router. The object given stays as it was: use the one returned.", resource.Update(m.Collection, m.change), schema.Method(),
				schema.Returns("router", "router", "The router as it is now."),
				schema.Raises("not_found", "ambiguous", "forbidden", "bad_request", "conflict"),
				schema.REST("PUT /v2.0/routers/{id}", "PUT /v2.0/routers/{id}/tags"), schema.CLI("openstack router set NAME"),
				schema.Example(`local rtr = routers.update("blue-router", { description = "for the lab",
  routes = { "10.1.0.0/16 via 10.8.0.5" } })`)),
			schema.Fn("delete", "Delete a router. Its subnets must be off it; its gateway goes with it.", resource.Delete[one](m.Collection), schema.Method(),
				schema.Returns("deleted", "boolean", "Whether it was there."),
				schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
				schema.REST("DELETE /v2.0/routers/{id}"), schema.CLI("openstack router delete NAME"),
				schema.Example(`routers.delete("blue-router", { missing_ok = true })`)),
			schema.Fn("wait", "Wait until a router has a status.", resource.Wait[one](m.Collection), schema.Method(),
				schema.Returns("router", "router?", "The router as it is then; nil when it was to be gone."),
				schema.Raises("not_found", "ambiguous", "timeout", "resource_error"),
				schema.REST("GET /v2.0/routers/{id}"), schema.CLI("openstack router show NAME -c status"),
				schema.Example(`routers.wait("blue-router", { timeout = "1m" })`)),

			schema.Fn("add_subnet", "Join a subnet to a router: the router gets a port in it, with the subnet's gateway address. "+
				"The router object given stays as it was: routers.get(router) fetches it anew, routers.interfaces(router) shows its ports.",
				m.addSubnet, schema.Method(),
				schema.Returns("interface", "table", "The service's answer: port_id, subnet_id, network_id, and the router's id."),
				schema.Raises("not_found", "ambiguous", "bad_request", "conflict", "forbidden"),
				schema.REST("PUT /v2.0/routers/{id}/add_router_interface"), schema.CLI("openstack router add subnet ROUTER SUBNET"),
				schema.Example(`local rtr = routers.get("blue-router")
local interface = rtr:add_subnet("blue-v4")
print(interface.port_id)`)),
			schema.Fn("remove_subnet", "Take a subnet off a router. The router object given stays as it was.", m.removeSubnet, schema.Method(),
				schema.Returns("interface", "table", "The service's answer: port_id, subnet_id, network_id, and the router's id."),
				schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
				schema.REST("PUT /v2.0/routers/{id}/remove_router_interface"), schema.CLI("openstack router remove subnet ROUTER SUBNET"),
				schema.Example(`routers.remove_subnet("blue-router", "blue-v4")`)),
			schema.Fn("add_port", "Join a network to a router with a port made before: for an address other than the gateway's. "+
				"The router object given stays as it was.", m.addPort, schema.Method(),
				schema.Returns("interface", "table", "The service's answer: port_id, subnet_id, network_id, and the router's id."),
				schema.Raises("not_found", "ambiguous", "bad_request", "conflict", "forbidden"),
				schema.REST("PUT /v2.0/routers/{id}/add_router_interface"), schema.CLI("openstack router add port ROUTER PORT"),
				schema.Example(`local port = ports.create { network = "blue", fixed_ips = { "10.8.0.254" } }
routers.add_port("blue-router", port)`)),
			schema.Fn("remove_port", "Take a port off a router; the port is deleted with it. The router object given stays as it was.",
				m.removePort, schema.Method(),
				schema.Returns("interface", "table", "The service's answer: port_id, subnet_id, network_id, and the router's id."),
				schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
				schema.REST("PUT /v2.0/routers/{id}/remove_router_interface"), schema.CLI("openstack router remove port ROUTER PORT"),
				schema.Example(`for _, port in ipairs(routers.interfaces("blue-router")) do
  routers.remove_port("blue-router", port)
end`)),
			schema.Fn("interfaces", "List the ports that join a router to its subnets; its gateway is not among them.", m.interfaces, schema.Method(),
				schema.Returns("ports", "port[]", "The ports; each has the subnets in fixed_ips."),
				schema.Raises("not_found", "ambiguous"),
				schema.REST("GET /v2.0/ports?device_id={id}&device_owner={kind}"), schema.CLI("openstack port list --router ROUTER"),
				schema.Example(`for _, port in ipairs(routers.interfaces("router1")) do
  print(port.fixed_ips[1].ip_address, port.fixed_ips[1].subnet_id)
end`)),

			schema.Fn("set_gateway", "Make an external network a router's way out, in place of the one it has. The router object "+
				"given stays as it was: use the one returned.", m.setGateway, schema.Method(),
				schema.Returns("router", "router", "The router as it is now, with external_gateway_info."),
				schema.Raises("not_found", "ambiguous", "bad_request", "conflict", "forbidden"),
				schema.REST("PUT /v2.0/routers/{id}"), schema.CLI("openstack router set --external-gateway NET ROUTER"),
				schema.Example(`local rtr = routers.get("blue-router")
rtr = rtr:set_gateway("public", { enable_snat = true })`)),
			schema.Fn("clear_gateway", "Take a router's way out away. No floating IP may need it any more. The router object given "+
				"stays as it was: use the one returned.", m.clearGateway, schema.Method(),
				schema.Returns("router", "router", "The router as it is now."),
				schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
				schema.REST("PUT /v2.0/routers/{id}"), schema.CLI("openstack router unset --external-gateway ROUTER"),
				schema.Example(`local rtr = routers.clear_gateway("blue-router")`)),
			schema.Fn("add_route", "Give a router one static route more; one it has already stays. Others are left alone, even when "+
				"someone changes them at the same moment. The router object given stays as it was: use the one returned.",
				m.addRoute, schema.Method(),
				schema.Returns("router", "router", "The router as it is now, with routes."),
				schema.Raises("bad_argument", "not_found", "ambiguous", "bad_request", "conflict", "forbidden"),
				schema.REST("PUT /v2.0/routers/{id}/add_extraroutes"),
				schema.CLI("openstack router add route --route destination=NET,gateway=IP ROUTER"),
				schema.Example(`local rtr = routers.add_route("blue-router", "10.1.0.0/16", "10.8.0.5")`)),
			schema.Fn("remove_route", "Take a static route from a router; one it does not have is no error. Others are left alone. "+
				"The router object given stays as it was: use the one returned.", m.removeRoute, schema.Method(),
				schema.Returns("router", "router", "The router as it is now, with routes."),
				schema.Raises("bad_argument", "not_found", "ambiguous", "forbidden"),
				schema.REST("PUT /v2.0/routers/{id}/remove_extraroutes"),
				schema.CLI("openstack router remove route --route destination=NET,gateway=IP ROUTER"),
				schema.Example(`local rtr = routers.remove_route("blue-router", "10.1.0.0/16", "10.8.0.5")`)),
		}, resource.TagFuncs[one](m.Collection, resource.TagWords{
			Noun: "router", Command: "openstack router", Named: "NAME", Example: "blue-router",
		})...),
	}
}

type module struct{ *rest.Collection }

type filters struct {
	rest.Filters
	Status       string           `lua:"status" json:"status" doc:"Only those with this status: ACTIVE, DOWN, ALLOCATING or ERROR."`
	AdminStateUp schema.Opt[bool] `lua:"admin_state_up" json:"admin_state_up" doc:"Only those that are up, or down, by will of their owner."`
	Distributed  schema.Opt[bool] `lua:"distributed" json:"distributed" doc:"Only those spread over the hosts, or not."`
	HA           schema.Opt[bool] `lua:"ha" json:"ha" doc:"Only those with a stand-in, or without."`
}

// settings is what both creation and change take.
type settings struct {
	Description  schema.Opt[string]   `lua:"description" json:"description" doc:"A few words about it."`
	AdminStateUp schema.Opt[bool]     `lua:"admin_state_up" json:"admin_state_up" default:"true" doc:"false stops its traffic."`
	External     schema.Ref           `lua:"external_network,nullable" json:"-" ref:"network" doc:"External network that is its way out: object, ID or name; false for none. The short form of external_gateway_info."`
	GatewayInfo  *gatewayInfo         `lua:"external_gateway_info" json:"-" doc:"Its way out: { network = ..., enable_snat = ..., external_fixed_ips = ... }."`
	Distributed  schema.Opt[bool]     `lua:"distributed" json:"distributed" doc:"Whether it is spread over the hosts; for administrators."`
	HA           schema.Opt[bool]     `lua:"ha" json:"ha" doc:"Whether another stands in when its host fails; for administrators."`
	NDPProxy     schema.Opt[bool]     `lua:"enable_ndp_proxy" json:"enable_ndp_proxy" doc:"Whether IPv6 addresses inside can be published outside."`
	Tags         schema.Opt[[]string] `lua:"tags" json:"-" doc:"Tags it shall have and no others: set by a second request."`

	Gateway map[string]any `json:"external_gateway_info"` // External or GatewayInfo as the body has them
}

type gatewayInfo struct {
	Network schema.Ref `lua:"network,required" alias:"network_id" json:"network_id" ref:"network" doc:"External network: object, ID or name."`
	gatewayOptions
}

type gatewayOptions struct {
	EnableSNAT schema.Opt[bool]  `lua:"enable_snat" json:"enable_snat" default:"true" doc:"Whether servers without a floating IP reach the outside under the router's address."`
	FixedIPs   []ExternalFixedIP `lua:"external_fixed_ips" json:"external_fixed_ips" doc:"Addresses outside: \"172.24.4.9\" or { subnet = ..., ip_address = ... }; for administrators."`
	QoSPolicy  schema.Ref        `lua:"qos_policy_id,nullable" alias:"qos_policy" json:"qos_policy_id" ref:"qos_policy" doc:"QoS policy of the gateway; false takes it away."`
}

// ExternalFixedIP asks for an address of the gateway.
type ExternalFixedIP struct {
	Subnet    schema.Ref `lua:"subnet" alias:"subnet_id" json:"subnet_id" ref:"subnet" doc:"Subnet of the external network: object, ID or name."`
	IPAddress string     `lua:"ip_address" json:"ip_address" doc:"The address; a free one when left out."`
}

// UnmarshalText takes the address alone.
func (f *ExternalFixedIP) UnmarshalText(text []byte) error { f.IPAddress = string(text); return nil }

type creation struct {
	Name string `lua:"name,required" json:"name" doc:"Its name. Names need not be unique, but one name for two things has to be told apart by ID."`
	settings
	Project           schema.Ref `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Project it belongs to, for administrators; your own when left out."`
	Flavor            schema.Ref `lua:"flavor" alias:"flavor_id" json:"flavor_id" ref:"router_flavor" doc:"Flavor of the router: ID or name."`
	ServiceType       string     `lua:"service_type_id" json:"service_type_id" doc:"ID of the service type of its provider."`
	AvailabilityHints []string   `lua:"availability_zone_hints" json:"availability_zone_hints" doc:"Availability zones it should run in."`
	rest.Waits
}

type change struct {
	Router schema.Ref         `lua:"router,arg,required" json:"-" ref:"router" doc:"The router: object, ID or name."`
	Name   schema.Opt[string] `lua:"name" json:"name" doc:"New name."`
	settings
	Routes   []Route       `lua:"routes" json:"routes" doc:"Its static routes and no others: \"10.1.0.0/16 via 10.8.0.5\" or { destination = ..., nexthop = ... }."`
	Revision rest.Revision `lua:"revision_number" json:"-" doc:"Change it only if it is at this revision still; otherwise raise conflict."`
}

type one struct {
	Router schema.Ref `lua:"router,arg,required" json:"-" ref:"router" doc:"The router: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Router }

type withSubnet struct {
	Router schema.Ref `lua:"router,arg,required" json:"-" ref:"router" doc:"The router: object, ID or name."`
	Subnet schema.Ref `lua:"subnet,arg,required" json:"subnet_id" ref:"subnet" doc:"The subnet: object, ID or name."`
}

type withPort struct {
	Router schema.Ref `lua:"router,arg,required" json:"-" ref:"router" doc:"The router: object, ID or name."`
	Port   schema.Ref `lua:"port,arg,required" json:"port_id" ref:"port" doc:"The port: object, ID or name."`
}

type withGateway struct {
	Router  schema.Ref `lua:"router,arg,required" json:"-" ref:"router" doc:"The router: object, ID or name."`
	Network schema.Ref `lua:"network,arg,required" json:"network_id" ref:"network" doc:"The external network: object, ID or name."`
	gatewayOptions
}

type withRoute struct {
	Router      schema.Ref `lua:"router,arg,required" json:"-" ref:"router" doc:"The router: object, ID or name."`
	Destination string     `lua:"destination,arg,required" json:"destination" doc:"Network the route leads to: \"10.1.0.0/16\"."`
	NextHop     string     `lua:"nexthop,arg,required" json:"nexthop" doc:"Address, in one of the router's subnets, to send packets for it to."`
}

func (m module) addSubnet(ctx context.Context, in withSubnet) (schema.Raw, error) {
	return m.join(ctx, "routers.add_subnet", &in.Router, "add_router_interface", &in)
}

func (m module) removeSubnet(ctx context.Context, in withSubnet) (schema.Raw, error) {
	return m.join(ctx, "routers.remove_subnet", &in.Router, "remove_router_interface", &in)
}

func (m module) addPort(ctx context.Context, in withPort) (schema.Raw, error) {
	return m.join(ctx, "routers.add_port", &in.Router, "add_router_interface", &in)
}

func (m module) removePort(ctx context.Context, in withPort) (schema.Raw, error) {
	return m.join(ctx, "routers.remove_port", &in.Router, "remove_router_interface", &in)
}

// join adds or removes an interface. in is a pointer to the options, router one of them.
func (m module) join(ctx context.Context, op string, router *schema.Ref, action string, in any) (schema.Raw, error) {
	body, err := m.Client().Body(ctx, op, in)
	if err != nil {
		return schema.Raw{}, err
	}
	var res *cloud.Response
	err = m.Client().InTurn(ctx, "router "+router.ID, func() (err error) {
		res, err = m.Put(ctx, op, *router, action, body, false)
		return err
	})
	if err != nil {
		return schema.Raw{}, err
	}
	return schema.Raw{JSON: res.Body}, nil
}

func (m module) interfaces(ctx context.Context, in one) (schema.List, error) {
	const op = "routers.interfaces"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.List{}, err
	}
	return m.Client().Of("port").List(ctx, op, url.Values{
		"device_id": {in.Router.ID},
		"device_owner": {
			"network:router_interface",
			"network:router_interface_distributed",
			"network:ha_router_replicated_interface",
		},
	})
}

func (m module) setGateway(ctx context.Context, in withGateway) (schema.Object, error) {
	const op = "routers.set_gateway"
	if err := m.external(ctx, op, &in.Network); err != nil {
		return schema.Object{}, err
	}
	info, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return schema.Object{}, err
	}
	return m.Update(ctx, op, in.Router, map[string]any{"external_gateway_info": info}, rest.Revision{})
}

func (m module) clearGateway(ctx context.Context, in one) (schema.Object, error) {
	const op = "routers.clear_gateway"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.Object{}, err
	}
	return m.Update(ctx, op, in.Router, map[string]any{"external_gateway_info": map[string]any{}}, rest.Revision{})
}

func (m module) addRoute(ctx context.Context, in withRoute) (schema.Object, error) {
	return m.route(ctx, "routers.add_route", "add_extraroutes", in)
}

func (m module) removeRoute(ctx context.Context, in withRoute) (schema.Object, error) {
	return m.route(ctx, "routers.remove_route", "remove_extraroutes", in)
}

func (m module) route(ctx context.Context, op, action string, in withRoute) (schema.Object, error) {
	r := Route{in.Destination, in.NextHop}
	if err := r.check(op, -1); err != nil {
		return schema.Object{}, err
	}
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.Object{}, err
	}
	res, err := m.Put(ctx, op, in.Router, action, map[string]any{"router": map[string]any{"routes": []Route{r}}}, true)
	if err != nil {
		return schema.Object{}, err
	}
	return schema.Object{Kind: m.Name, JSON: res.Body, Key: m.Key}, nil
}

// body makes the request's body of in, a pointer to the struct that s is part of.
func (m module) body(ctx context.Context, op string, s *settings, in any) (map[string]any, error) {
	if s.External.Given() && s.GatewayInfo != nil {
		e := errs.New(errs.BadArgument, "external_gateway_info says it too").WithHint("both mean the router's way out: give one")
		e.Op = op + ".external_network"
		return nil, e
	}
	if err := m.external(ctx, op, &s.External); err != nil {
		return nil, err
	}
	if s.GatewayInfo != nil {
		if err := m.external(ctx, op, &s.GatewayInfo.Network); err != nil {
			return nil, err
		}
	}
	if err := m.Client().ResolveAll(ctx, op, in); err != nil {
		return nil, err
	}
	switch {
	case s.External.Null:
		s.Gateway = map[string]any{}
	case s.External.Given():
		s.Gateway = map[string]any{"network_id": s.External.ID}
	case s.GatewayInfo != nil:
		info, err := schema.Body(s.GatewayInfo)
		if err != nil {
			return nil, err
		}
		s.Gateway = info
	}
	return schema.Body(in)
}

// external resolves the name of a network among the external ones, so that one's own network of the same name is not
// in the way.
func (m module) external(ctx context.Context, op string, ref *schema.Ref) error {
	if !ref.Given() {
		return nil
	}
	return m.Client().Of("network").Resolve(ctx, op, ref, url.Values{"router:external": {"true"}})
}

// check looks at the addresses of a route; i is its place in the list, -1 for none.
func (r Route) check(op string, i int) error {
	if i >= 0 {
		op += ".routes[" + place(i) + "]"
	}
	if _, err := netip.ParsePrefix(r.Destination); err != nil {
		e := errs.New(errs.BadArgument, "%q is no network in CIDR form", r.Destination).
			WithHint("write an address and a prefix length: 10.1.0.0/16")
		e.Op = op + ".destination"
		return e
	}
	if _, err := netip.ParseAddr(r.NextHop); err != nil {
		e := errs.New(errs.BadArgument, "%q is no IP address", r.NextHop).WithHint("write the address of the next router: 10.8.0.5")
		e.Op = op + ".nexthop"
		return e
	}
	return nil
}

func (m module) wanted(ctx context.Context, op string, in *creation) (rest.Wanted, error) {
	body, err := m.body(ctx, op, &in.settings, in)
	return rest.Wanted{
		Op: op, Name: in.Name, Query: rest.OfProject(in.Project), Body: body, Tags: rest.Tags(in.Tags), Rules: rules(), Waits: in.Waits,
	}, err
}

func (m module) change(ctx context.Context, op string, in *change) (rest.Change, error) {
	for i := range in.Routes {
		if err := in.Routes[i].check(op, i); err != nil {
			return rest.Change{}, err
		}
	}
	body, err := m.body(ctx, op, &in.settings, in)
	return rest.Change{Op: op, Ref: in.Router, Body: body, Tags: rest.Tags(in.Tags), Revision: in.Revision}, err
}
