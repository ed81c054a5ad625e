---@meta routers

---@class router
---@field id string Its ID.
---@field name string Its name; names need not be unique.
---@field description string A few words about it.
---@field status string ACTIVE, DOWN, ALLOCATING or ERROR.
---@field admin_state_up boolean Whether its owner wants it to carry traffic.
---@field external_gateway_info table? Its way out: network_id, enable_snat and external_fixed_ips; nil for none.
---@field routes table[] Its static routes, each with destination and nexthop.
---@field distributed boolean? Whether it is spread over the hosts; administrators see it.
---@field ha boolean? Whether another stands in when its host fails; administrators see it.
---@field flavor_id string? ID of its flavor.
---@field service_type_id string? ID of the service type of its provider.
---@field enable_ndp_proxy boolean? Whether IPv6 addresses inside can be published outside.
---@field availability_zone_hints string[] Availability zones asked for.
---@field availability_zones string[] Availability zones it runs in.
---@field tags string[] Its tags.
---@field project_id string ID of the project it belongs to.
---@field tenant_id string The same by its older name.
---@field revision_number integer Grows with each change.
---@field created_at string When it was created: "2026-11-22T13:13:12Z".
---@field updated_at string When it was last changed.
local router = {}

--- Routers: they join subnets, and lead to an external network through their gateway. A router alone joins nothing: add subnets to it and set its gateway.
---@class routers.module
local routers = {}

---@class (exact) routers.list.options
---@field id? string Only the one with this ID.
---@field name? string Only those with exactly this name; "" for those without one.
---@field description? string Only those with exactly this description.
---@field project_id? project|string Only those of this project; of use to administrators.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field revision_number? integer Only those at this revision.
---@field tags? string[] Only those with all of these tags.
---@field ["tags-any"]? string[] Only those with at least one of these tags.
---@field tags_any? string[] The same as tags-any.
---@field ["not-tags"]? string[] Only those without all of these tags.
---@field not_tags? string[] The same as not-tags.
---@field ["not-tags-any"]? string[] Only those without any of these tags.
---@field not_tags_any? string[] The same as not-tags-any.
---@field sort_key? string Field to sort by, on the server.
---@field sort_dir? "asc"|"desc" Direction to sort in; needs sort_key. Default: asc.
---@field fields? string[] Only these fields of each, to save traffic.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.
---@field status? string Only those with this status: ACTIVE, DOWN, ALLOCATING or ERROR.
---@field admin_state_up? boolean Only those that are up, or down, by will of their owner.
---@field distributed? boolean Only those spread over the hosts, or not.
---@field ha? boolean Only those with a stand-in, or without.

--- List routers. The filters run on the server.
---@param options? routers.list.options
---@return router[] routers The routers, in the server's order.
function routers.list(options) end

---@class (exact) routers.each.options
---@field id? string Only the one with this ID.
---@field name? string Only those with exactly this name; "" for those without one.
---@field description? string Only those with exactly this description.
---@field project_id? project|string Only those of this project; of use to administrators.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field revision_number? integer Only those at this revision.
---@field tags? string[] Only those with all of these tags.
---@field ["tags-any"]? string[] Only those with at least one of these tags.
---@field tags_any? string[] The same as tags-any.
---@field ["not-tags"]? string[] Only those without all of these tags.
---@field not_tags? string[] The same as not-tags.
---@field ["not-tags-any"]? string[] Only those without any of these tags.
---@field not_tags_any? string[] The same as not-tags-any.
---@field sort_key? string Field to sort by, on the server.
---@field sort_dir? "asc"|"desc" Direction to sort in; needs sort_key. Default: asc.
---@field fields? string[] Only these fields of each, to save traffic.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.
---@field status? string Only those with this status: ACTIVE, DOWN, ALLOCATING or ERROR.
---@field admin_state_up? boolean Only those that are up, or down, by will of their owner.
---@field distributed? boolean Only those spread over the hosts, or not.
---@field ha? boolean Only those with a stand-in, or without.

--- Go through routers, fetching a page at a time: for long lists.
---@param options? routers.each.options
---@return fun(): router iterator For the generic for.
function routers.each(options) end

--- Fetch a router anew.
---@param router router|string The router: object, ID or name.
---@return router router The router as it is now.
function routers.get(router) end

--- Fetch a router anew.
---@return router router The router as it is now.
function router:get() end

--- Look whether there is a router of this name or ID.
---@param router router|string The router: object, ID or name.
---@return router? router The router; nil when there is none.
function routers.find(router) end

---@class (exact) routers.create.external_gateway_info.external_fixed_ips
---@field subnet? subnet|string Subnet of the external network: object, ID or name.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address; a free one when left out.

---@class (exact) routers.create.external_gateway_info
---@field network? network|string External network: object, ID or name.
---@field network_id? network|string The same as network.
---@field enable_snat? boolean Whether servers without a floating IP reach the outside under the router's address. Default: true.
---@field external_fixed_ips? (string|routers.create.external_gateway_info.external_fixed_ips)[] Addresses outside: "172.24.4.9" or { subnet = ..., ip_address = ... }; for administrators.
---@field qos_policy_id? qos_policy|string|false QoS policy of the gateway; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.

---@class (exact) routers.create.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field external_network? network|string|false External network that is its way out: object, ID or name; false for none. The short form of external_gateway_info.
---@field external_gateway_info? routers.create.external_gateway_info Its way out: { network = ..., enable_snat = ..., external_fixed_ips = ... }.
---@field distributed? boolean Whether it is spread over the hosts; for administrators.
---@field ha? boolean Whether another stands in when its host fails; for administrators.
---@field enable_ndp_proxy? boolean Whether IPv6 addresses inside can be published outside.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field flavor? router_flavor|string Flavor of the router: ID or name.
---@field flavor_id? router_flavor|string The same as flavor.
---@field service_type_id? string ID of the service type of its provider.
---@field availability_zone_hints? string[] Availability zones it should run in.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Create a router, and wait until it can be used.
---@param options routers.create.options
---@return router router The new router.
function routers.create(options) end

---@class (exact) routers.ensure.external_gateway_info.external_fixed_ips
---@field subnet? subnet|string Subnet of the external network: object, ID or name.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address; a free one when left out.

---@class (exact) routers.ensure.external_gateway_info
---@field network? network|string External network: object, ID or name.
---@field network_id? network|string The same as network.
---@field enable_snat? boolean Whether servers without a floating IP reach the outside under the router's address. Default: true.
---@field external_fixed_ips? (string|routers.ensure.external_gateway_info.external_fixed_ips)[] Addresses outside: "172.24.4.9" or { subnet = ..., ip_address = ... }; for administrators.
---@field qos_policy_id? qos_policy|string|false QoS policy of the gateway; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.

---@class (exact) routers.ensure.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field external_network? network|string|false External network that is its way out: object, ID or name; false for none. The short form of external_gateway_info.
---@field external_gateway_info? routers.ensure.external_gateway_info Its way out: { network = ..., enable_snat = ..., external_fixed_ips = ... }.
---@field distributed? boolean Whether it is spread over the hosts; for administrators.
---@field ha? boolean Whether another stands in when its host fails; for administrators.
---@field enable_ndp_proxy? boolean Whether IPv6 addresses inside can be published outside.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field flavor? router_flavor|string Flavor of the router: ID or name.
---@field flavor_id? router_flavor|string The same as flavor.
---@field service_type_id? string ID of the service type of its provider.
---@field availability_zone_hints? string[] Availability zones it should run in.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Make sure that there is a router of this name that is as described: create it, or change what differs. What the service does not show cannot be compared and is left alone.
---@param options routers.ensure.options
---@return router router The router as it is now.
---@return boolean changed Whether it was created or changed.
function routers.ensure(options) end

---@class (exact) routers.update.external_gateway_info.external_fixed_ips
---@field subnet? subnet|string Subnet of the external network: object, ID or name.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address; a free one when left out.

---@class (exact) routers.update.external_gateway_info
---@field network? network|string External network: object, ID or name.
---@field network_id? network|string The same as network.
---@field enable_snat? boolean Whether servers without a floating IP reach the outside under the router's address. Default: true.
---@field external_fixed_ips? (string|routers.update.external_gateway_info.external_fixed_ips)[] Addresses outside: "172.24.4.9" or { subnet = ..., ip_address = ... }; for administrators.
---@field qos_policy_id? qos_policy|string|false QoS policy of the gateway; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.

---@class (exact) routers.update.routes
---@field destination string Network it leads to: "10.1.0.0/16".
---@field nexthop string Address, in one of the router's subnets, to send packets for it to.

---@class (exact) routers.update.options
---@field name? string New name.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field external_network? network|string|false External network that is its way out: object, ID or name; false for none. The short form of external_gateway_info.
---@field external_gateway_info? routers.update.external_gateway_info Its way out: { network = ..., enable_snat = ..., external_fixed_ips = ... }.
---@field distributed? boolean Whether it is spread over the hosts; for administrators.
---@field ha? boolean Whether another stands in when its host fails; for administrators.
---@field enable_ndp_proxy? boolean Whether IPv6 addresses inside can be published outside.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field routes? (string|routers.update.routes)[] Its static routes and no others: "10.1.0.0/16 via 10.8.0.5" or { destination = ..., nexthop = ... }.
---@field revision_number? integer Change it only if it is at this revision still; otherwise raise conflict.

--- Change a router. The object given stays as it was: use the one returned.
---@param router router|string The router: object, ID or name.
---@param options? routers.update.options
---@return router router The router as it is now.
function routers.update(router, options) end

--- Change a router. The object given stays as it was: use the one returned.
---@param options? routers.update.options
---@return router router The router as it is now.
function router:update(options) end

---@class (exact) routers.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a router. Its subnets must be off it; its gateway goes with it.
---@param router router|string The router: object, ID or name.
---@param options? routers.delete.options
---@return boolean deleted Whether it was there.
function routers.delete(router, options) end

--- Delete a router. Its subnets must be off it; its gateway goes with it.
---@param options? routers.delete.options
---@return boolean deleted Whether it was there.
function router:delete(options) end

---@class (exact) routers.wait.options
---@field status? string Status to wait for; "DELETED" waits until it is gone. Default: ACTIVE.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until a router has a status.
---@param router router|string The router: object, ID or name.
---@param options? routers.wait.options
---@return router? router The router as it is then; nil when it was to be gone.
function routers.wait(router, options) end

--- Wait until a router has a status.
---@param options? routers.wait.options
---@return router? router The router as it is then; nil when it was to be gone.
function router:wait(options) end

--- Join a subnet to a router: the router gets a port in it, with the subnet's gateway address. The router object given stays as it was: routers.get(router) fetches it anew, routers.interfaces(router) shows its ports.
---@param router router|string The router: object, ID or name.
---@param subnet subnet|string The subnet: object, ID or name.
---@return table interface The service's answer: port_id, subnet_id, network_id, and the router's id.
function routers.add_subnet(router, subnet) end

--- Join a subnet to a router: the router gets a port in it, with the subnet's gateway address. The router object given stays as it was: routers.get(router) fetches it anew, routers.interfaces(router) shows its ports.
---@param subnet subnet|string The subnet: object, ID or name.
---@return table interface The service's answer: port_id, subnet_id, network_id, and the router's id.
function router:add_subnet(subnet) end

--- Take a subnet off a router. The router object given stays as it was.
---@param router router|string The router: object, ID or name.
---@param subnet subnet|string The subnet: object, ID or name.
---@return table interface The service's answer: port_id, subnet_id, network_id, and the router's id.
function routers.remove_subnet(router, subnet) end

--- Take a subnet off a router. The router object given stays as it was.
---@param subnet subnet|string The subnet: object, ID or name.
---@return table interface The service's answer: port_id, subnet_id, network_id, and the router's id.
function router:remove_subnet(subnet) end

--- Join a network to a router with a port made before: for an address other than the gateway's. The router object given stays as it was.
---@param router router|string The router: object, ID or name.
---@param port port|string The port: object, ID or name.
---@return table interface The service's answer: port_id, subnet_id, network_id, and the router's id.
function routers.add_port(router, port) end

--- Join a network to a router with a port made before: for an address other than the gateway's. The router object given stays as it was.
---@param port port|string The port: object, ID or name.
---@return table interface The service's answer: port_id, subnet_id, network_id, and the router's id.
function router:add_port(port) end

--- Take a port off a router; the port is deleted with it. The router object given stays as it was.
---@param router router|string The router: object, ID or name.
---@param port port|string The port: object, ID or name.
---@return table interface The service's answer: port_id, subnet_id, network_id, and the router's id.
function routers.remove_port(router, port) end

--- Take a port off a router; the port is deleted with it. The router object given stays as it was.
---@param port port|string The port: object, ID or name.
---@return table interface The service's answer: port_id, subnet_id, network_id, and the router's id.
function router:remove_port(port) end

--- List the ports that join a router to its subnets; its gateway is not among them.
---@param router router|string The router: object, ID or name.
---@return port[] ports The ports; each has the subnets in fixed_ips.
function routers.interfaces(router) end

--- List the ports that join a router to its subnets; its gateway is not among them.
---@return port[] ports The ports; each has the subnets in fixed_ips.
function router:interfaces() end

---@class (exact) routers.set_gateway.external_fixed_ips
---@field subnet? subnet|string Subnet of the external network: object, ID or name.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address; a free one when left out.

---@class (exact) routers.set_gateway.options
---@field enable_snat? boolean Whether servers without a floating IP reach the outside under the router's address. Default: true.
---@field external_fixed_ips? (string|routers.set_gateway.external_fixed_ips)[] Addresses outside: "172.24.4.9" or { subnet = ..., ip_address = ... }; for administrators.
---@field qos_policy_id? qos_policy|string|false QoS policy of the gateway; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.

--- Make an external network a router's way out, in place of the one it has. The router object given stays as it was: use the one returned.
---@param router router|string The router: object, ID or name.
---@param network network|string The external network: object, ID or name.
---@param options? routers.set_gateway.options
---@return router router The router as it is now, with external_gateway_info.
function routers.set_gateway(router, network, options) end

--- Make an external network a router's way out, in place of the one it has. The router object given stays as it was: use the one returned.
---@param network network|string The external network: object, ID or name.
---@param options? routers.set_gateway.options
---@return router router The router as it is now, with external_gateway_info.
function router:set_gateway(network, options) end

--- Take a router's way out away. No floating IP may need it any more. The router object given stays as it was: use the one returned.
---@param router router|string The router: object, ID or name.
---@return router router The router as it is now.
function routers.clear_gateway(router) end

--- Take a router's way out away. No floating IP may need it any more. The router object given stays as it was: use the one returned.
---@return router router The router as it is now.
function router:clear_gateway() end

--- Give a router one static route more; one it has already stays. Others are left alone, even when someone changes them at the same moment. The router object given stays as it was: use the one returned.
---@param router router|string The router: object, ID or name.
---@param destination string Network the route leads to: "10.1.0.0/16".
---@param nexthop string Address, in one of the router's subnets, to send packets for it to.
---@return router router The router as it is now, with routes.
function routers.add_route(router, destination, nexthop) end

--- Give a router one static route more; one it has already stays. Others are left alone, even when someone changes them at the same moment. The router object given stays as it was: use the one returned.
---@param destination string Network the route leads to: "10.1.0.0/16".
---@param nexthop string Address, in one of the router's subnets, to send packets for it to.
---@return router router The router as it is now, with routes.
function router:add_route(destination, nexthop) end

--- Take a static route from a router; one it does not have is no error. Others are left alone. The router object given stays as it was: use the one returned.
---@param router router|string The router: object, ID or name.
---@param destination string Network the route leads to: "10.1.0.0/16".
---@param nexthop string Address, in one of the router's subnets, to send packets for it to.
---@return router router The router as it is now, with routes.
function routers.remove_route(router, destination, nexthop) end

--- Take a static route from a router; one it does not have is no error. Others are left alone. The router object given stays as it was: use the one returned.
---@param destination string Network the route leads to: "10.1.0.0/16".
---@param nexthop string Address, in one of the router's subnets, to send packets for it to.
---@return router router The router as it is now, with routes.
function router:remove_route(destination, nexthop) end

--- Give a router these tags in place of those it has.
---@param router router|string The router: object, ID or name.
---@param tags string[] The tags; an empty table takes all away.
function routers.set_tags(router, tags) end

--- Give a router these tags in place of those it has.
---@param tags string[] The tags; an empty table takes all away.
function router:set_tags(tags) end

--- Give a router one tag more.
---@param router router|string The router: object, ID or name.
---@param tag string The tag.
function routers.add_tag(router, tag) end

--- Give a router one tag more.
---@param tag string The tag.
function router:add_tag(tag) end

--- Take a tag from a router; one it does not have is not_found.
---@param router router|string The router: object, ID or name.
---@param tag string The tag.
function routers.remove_tag(router, tag) end

--- Take a tag from a router; one it does not have is not_found.
---@param tag string The tag.
function router:remove_tag(tag) end

return routers
