package network

import (
	"net/http"
	"strings"

	"github.com/oslua/oslua/simulator/web"
)

// Prefix is where the service answers.
const Prefix = "/network"

// service is the code; the state is the store's.
type service struct {
	networks, subnets, ports, routers, floatingIPs, groups, rules, pools, scopes, addressGroups, grants *resource
}

func newService() *service {
	return &service{networks: networks(), subnets: subnets(), ports: ports(), routers: routers(), floatingIPs: floatingIPs(),
		groups: securityGroups(), rules: securityRules(), pools: subnetPools(), scopes: addressScopes(), addressGroups: addressGroups(),
		grants: rbacPolicies()}
}

func (s *service) all() []*resource {
	return []*resource{s.networks, s.subnets, s.pools, s.ports, s.routers, s.floatingIPs, s.groups, s.rules, s.scopes, s.addressGroups, s.grants}
}

func (s *service) byName(name string) *resource {
	for _, r := range s.all() {
		if r.name == name {
			return r
		}
	}
	return nil
}

// New is the service for a web.Server.
func New(auth web.Authenticator) *web.Service {
	s := newService()
	style := web.Neutron()
	unknown := style.NotFound
	style.NotFound = func(r *web.Request) *web.Error {
		if strings.HasPrefix(r.URL.Path, "/v2.0/") || r.URL.Path == "/v2.0" {
			return unknown(r)
		}
		// Outside the API it is the versions' own page.
		e := unknown(r)
		e.Answer = &web.Response{Status: http.StatusNotFound, ContentType: "application/json",
			Body: ordered{{"code", 404}, {"title", "Not Found"}, {"description", nil}}}
		return e
	}
	return &web.Service{Name: "network", Prefix: Prefix, Style: style, Auth: auth, Routes: s.routes(), Finish: func(r *web.Request, h http.Header) {
		if !strings.HasPrefix(r.URL.Path, "/v2.0") {
			h.Del("X-Openstack-Request-Id")
		}
	}}
}

func (s *service) routes() []web.Route {
	get := func(pattern, doc string, f func(*call) (*web.Response, error)) web.Route {
		return web.Route{Method: http.MethodGet, Pattern: pattern, Handler: s.handle(f), Doc: doc}
	}
	put := func(pattern, doc string, f func(*call) (*web.Response, error)) web.Route {
		return web.Route{Method: http.MethodPut, Pattern: pattern, Handler: s.handle(f), Doc: doc}
	}
	del := func(pattern, doc string, f func(*call) (*web.Response, error)) web.Route {
		return web.Route{Method: http.MethodDelete, Pattern: pattern, Handler: s.handle(f), Doc: doc}
	}
	missing := func(pattern, doc string) web.Route { return web.Route{Pattern: pattern, Missing: true, Doc: doc} }

	versions := get("/{$}", "List the versions.", versions)
	versions.Public = true
	routes := []web.Route{
		versions, get("/v2.0", "List the core resources.", root),
		get("/v2.0/extensions", "List extensions.", listExtensions), get("/v2.0/extensions/{id}", "Show an extension.", showExtension),

		put("/v2.0/routers/{id}/add_router_interface", "Attach a subnet or a port to a router.", addInterface),
		put("/v2.0/routers/{id}/remove_router_interface", "Detach a subnet or a port from a router.", removeInterface),
		put("/v2.0/routers/{id}/add_extraroutes", "Add routes to a router.", changeRoutes(s.routers, true)),
		put("/v2.0/routers/{id}/remove_extraroutes", "Remove routes from a router.", changeRoutes(s.routers, false)),
		get("/v2.0/routers/{id}/l3-agents", "List a router's agents: there are none.", noAgents("l3-agents")),
		get("/v2.0/networks/{id}/dhcp-agents", "List a network's agents: there are none.", noAgents("dhcp-agents")),

		put("/v2.0/subnetpools/{id}/add_prefixes", "Add prefixes to a subnet pool.", changePrefixes(true)),
		put("/v2.0/subnetpools/{id}/remove_prefixes", "Remove prefixes from a subnet pool.", changePrefixes(false)),
		put("/v2.0/address-groups/{id}/add_addresses", "Add addresses to an address group.", changeAddresses(true)),
		put("/v2.0/address-groups/{id}/remove_addresses", "Remove addresses from an address group.", changeAddresses(false)),

		get("/v2.0/quotas", "List the quotas that differ from the defaults.", listQuotas),
		get("/v2.0/quotas/{id}", "Show a project's quotas.", showQuota),
		get("/v2.0/quotas/{id}/default", "Show the default quotas.", defaultQuota),
		get("/v2.0/quotas/{id}/details", "Show a project's quotas and what it uses.", quotaDetails),
		get("/v2.0/quotas/{id}/details.json", "The same, as older clients ask.", quotaDetails),
		put("/v2.0/quotas/{id}", "Change a project's quotas.", updateQuota),
		del("/v2.0/quotas/{id}", "Give a project the default quotas again.", deleteQuota),

		get("/v2.0/agents", "List agents: there are none.", emptyListing("agents")),
		get("/v2.0/agents/{id}", "Show an agent: there are none.", noAgent),
		get("/v2.0/availability_zones", "List availability zones: without agents there are none.", availabilityZones),
		get("/v2.0/service-providers", "List service providers.", serviceProviders),
		get("/v2.0/flavors", "List router flavors: there are none.", emptyListing("flavors")),
		get("/v2.0/flavors/{id}", "Show a router flavor: there are none.", noFlavor),
		get("/v2.0/floatingip_pools", "List the pools of floating IPs.", listPools),
		get("/v2.0/network-ip-availabilities", "List how many addresses networks have and use.", s.listAvailability),
		get("/v2.0/network-ip-availabilities/{id}", "Show how many addresses a network has and uses.", s.showAvailability),
		get("/v2.0/auto-allocated-topology/{id}", "Show a project's automatic topology, making it when there is none.", autoTopology),
		del("/v2.0/auto-allocated-topology/{id}", "Delete a project's automatic topology.", deleteTopology),

		missing("/v2.0/ports/{id}/bindings", "Several bindings of a port."),
		missing("/v2.0/ports/{id}/bindings/{rest...}", "Several bindings of a port."),
		missing("/v2.0/floatingips/{id}/port_forwardings", "Port forwarding."),
		missing("/v2.0/floatingips/{id}/port_forwardings/{rest...}", "Port forwarding."),
		missing("/v2.0/subnetpools/{id}/onboard_network_subnets", "Taking a network's subnets into a subnet pool."),
		missing("/v2.0/service_profiles", "Profiles of router flavors."),
	}
	for i := range routes {
		if routes[i].Pattern == "/v2.0/auto-allocated-topology/{id}" {
			routes[i].Write = true
		}
	}
	for _, res := range s.all() {
		list, one := "/v2.0/"+res.path, "/v2.0/"+res.path+"/{id}"
		what := res.plural
		listing := get(list, "List "+what+".", res.listAll)
		// A project's default group is made when its groups are first looked at.
		listing.Write = res == s.groups
		plain := listing
		plain.Pattern += ".json"
		routes = append(routes, listing, plain, get(one, "Show one of the "+what+".", res.showOne),
			web.Route{Method: http.MethodPost, Pattern: list, Handler: s.handle(res.createAll), Doc: "Create " + what + "."},
			web.Route{Method: http.MethodPost, Pattern: list + ".json", Handler: s.handle(res.createAll), Doc: "The same, as older clients ask."},
			put(one, "Update one of the "+what+".", res.updateOne), del(one, "Delete one of the "+what+".", res.deleteOne),
			web.Route{Method: http.MethodPut, Pattern: list, Handler: s.handle(res.nameless), Doc: "Refuse what names no object."},
			web.Route{Method: http.MethodDelete, Pattern: list, Handler: s.handle(res.nameless), Doc: "Refuse what names no object."})
		if res.tags {
			all := one + "/tags"
			tag := all + "/{tag}"
			routes = append(routes, get(all, "List an object's tags.", res.listTags), put(all, "Replace an object's tags.", res.setTags),
				del(all, "Remove an object's tags.", res.dropTags), get(tag, "Check an object's tag.", res.showTag),
				put(tag, "Add a tag to an object.", res.addTag), del(tag, "Remove a tag from an object.", res.dropTag))
		}
	}
	return routes
}

// nameless is a PUT or DELETE of a whole collection, which Neutron takes for one of an object without a name.
func (res *resource) nameless(*call) (*web.Response, error) { return nil, res.notFound("None") }

func versions(c *call) (*web.Response, error) {
	return web.OK(ordered{{"versions", []ordered{{{"id", "v2.0"}, {"status", "CURRENT"},
		{"links", []ordered{{{"rel", "self"}, {"href", c.URLFor("/v2.0/")}}}}}}}}), nil
}

func root(c *call) (*web.Response, error) {
	if path, _, _ := strings.Cut(c.RequestURI, "?"); !strings.HasSuffix(path, "/") {
		return nil, hidden()
	}
	var all []ordered
	for _, name := range []string{"network", "subnet", "subnetpool", "port"} {
		all = append(all, ordered{{"name", name}, {"collection", name + "s"}, {"links", []ordered{{{"rel", "self"}, {"href", c.URLFor("/v2.0/" + name + "s")}}}}})
	}
	return web.OK(ordered{{"resources", all}}), nil
}

func listExtensions(c *call) (*web.Response, error) {
	var all []ordered
	for _, e := range extensions() {
		all = append(all, e.wire().only(c.fields()))
	}
	return web.OK(ordered{{"extensions", all}}), nil
}

func showExtension(c *call) (*web.Response, error) {
	for _, e := range extensions() {
		if e.alias == c.id() {
			return web.OK(ordered{{"extension", e.wire().only(c.fields())}}), nil
		}
	}
	return nil, &web.Error{Status: http.StatusNotFound, Message: "Extension with alias " + c.id() + " does not exist", Answer: &web.Response{
		Status: http.StatusNotFound, ContentType: "application/json", Body: ordered{
			{"message", "The resource could not be found.<br /><br />\nExtension with alias " + c.id() + " does not exist\n\n"},
			{"code", "404 Not Found"}, {"title", "Not Found"}}}}
}

func emptyListing(plural string) func(c *call) (*web.Response, error) {
	return func(*call) (*web.Response, error) { return web.OK(ordered{{plural, []ordered{}}}), nil }
}

func noAgents(kind string) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		if !c.admin {
			return nil, disallowed("rule:get_" + kind)
		}
		return web.OK(ordered{{"agents", []ordered{}}}), nil
	}
}

func noAgent(c *call) (*web.Response, error) {
	return nil, notFound("AgentNotFound", "Agent %s could not be found.", c.id())
}

func noFlavor(c *call) (*web.Response, error) {
	return nil, notFound("FlavorNotFound", "Flavor %s could not be found.", c.id())
}

func availabilityZones(c *call) (*web.Response, error) {
	for key := range c.Query() {
		if !web.IsListOption(key) && key != "name" && key != "resource" && key != "state" {
			return nil, invalidInput("'%s' is not supported for filtering", key)
		}
	}
	return web.OK(ordered{{"availability_zones", []ordered{}}}), nil
}

func serviceProviders(*call) (*web.Response, error) {
	var all []ordered
	for _, name := range []string{"dvrha", "dvr", "ha", "single_node"} {
		all = append(all, ordered{{"service_type", "L3_ROUTER_NAT"}, {"name", name}, {"default", false}})
	}
	return web.OK(ordered{{"service_providers", all}}), nil
}

func listPools(c *call) (*web.Response, error) {
	all, err := c.floatingPools()
	return web.OK(ordered{{"floatingip_pools", all}}), err
}
