---@meta networks

---@class network
---@field id string Its ID.
---@field name string Its name; names need not be unique.
---@field description string A few words about it.
---@field status string ACTIVE, DOWN, BUILD or ERROR.
---@field admin_state_up boolean Whether its owner wants it to carry traffic.
---@field shared boolean Whether all projects may use it.
---@field ["router:external"] boolean Whether it is a way out that routers can have as gateway.
---@field is_default boolean? Whether it is the default external network.
---@field subnets string[] IDs of its subnets.
---@field mtu integer Largest packet, in bytes.
---@field port_security_enabled boolean Whether new ports are guarded by security groups.
---@field dns_domain string? DNS domain of its ports.
---@field qos_policy_id string? ID of its QoS policy.
---@field vlan_transparent boolean? Whether servers' own VLAN tags pass.
---@field ["provider:network_type"] string? flat, vlan, vxlan …; administrators see it.
---@field ["provider:physical_network"] string? Physical network it is on; administrators see it.
---@field ["provider:segmentation_id"] integer? VLAN ID or tunnel key; administrators see it.
---@field segments table[]? Its segments, when it has several; administrators see them.
---@field availability_zone_hints string[] Availability zones asked for.
---@field availability_zones string[] Availability zones its DHCP service runs in.
---@field ipv4_address_scope string? ID of its address scope for IPv4.
---@field ipv6_address_scope string? ID of its address scope for IPv6.
---@field tags string[] Its tags.
---@field project_id string ID of the project it belongs to.
---@field tenant_id string The same by its older name.
---@field revision_number integer Grows with each change.
---@field created_at string When it was created: "2026-11-22T13:13:05Z".
---@field updated_at string When it was last changed.
local network = {}

--- Networks: wires of your own, which servers' ports are plugged into. A network has no addresses before it has a subnet, and leads nowhere before a router joins it to another.
---@class networks.module
local networks = {}

---@class (exact) networks.list.options
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
---@field status? string Only those with this status: ACTIVE, DOWN, BUILD or ERROR.
---@field admin_state_up? boolean Only those that are up, or down, by will of their owner.
---@field shared? boolean Only those that all projects may use, or may not.
---@field ["router:external"]? boolean Only external networks, or only internal ones.
---@field external? boolean The same as router:external.
---@field is_default? boolean Only the external network that is the default one.
---@field mtu? integer Only those with this MTU, in bytes.
---@field vlan_transparent? boolean Only those that let servers' own VLAN tags through.
---@field ["provider:network_type"]? string Only those of this type; for administrators.
---@field ["provider:physical_network"]? string Only those on this physical network; for administrators.
---@field ["provider:segmentation_id"]? integer Only those with this VLAN ID or tunnel key; for administrators.

--- List networks. The filters run on the server.
---@param options? networks.list.options
---@return network[] networks The networks, in the server's order.
function networks.list(options) end

---@class (exact) networks.each.options
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
---@field status? string Only those with this status: ACTIVE, DOWN, BUILD or ERROR.
---@field admin_state_up? boolean Only those that are up, or down, by will of their owner.
---@field shared? boolean Only those that all projects may use, or may not.
---@field ["router:external"]? boolean Only external networks, or only internal ones.
---@field external? boolean The same as router:external.
---@field is_default? boolean Only the external network that is the default one.
---@field mtu? integer Only those with this MTU, in bytes.
---@field vlan_transparent? boolean Only those that let servers' own VLAN tags through.
---@field ["provider:network_type"]? string Only those of this type; for administrators.
---@field ["provider:physical_network"]? string Only those on this physical network; for administrators.
---@field ["provider:segmentation_id"]? integer Only those with this VLAN ID or tunnel key; for administrators.

--- Go through networks, fetching a page at a time: for long lists.
---@param options? networks.each.options
---@return fun(): network iterator For the generic for.
function networks.each(options) end

--- Fetch a network anew.
---@param network network|string The network: object, ID or name.
---@return network network The network as it is now.
function networks.get(network) end

--- Fetch a network anew.
---@return network network The network as it is now.
function network:get() end

--- Look whether there is a network of this name or ID.
---@param network network|string The network: object, ID or name.
---@return network? network The network; nil when there is none.
function networks.find(network) end

---@class (exact) networks.create.segments
---@field ["provider:network_type"]? string flat, vlan, vxlan, gre, geneve or local.
---@field ["provider:physical_network"]? string Physical network the segment is on.
---@field ["provider:segmentation_id"]? integer VLAN ID or tunnel key.

---@class (exact) networks.create.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field shared? boolean Let all projects use it; for administrators. Default: false.
---@field ["router:external"]? boolean Make it a way out that routers can have as gateway; for administrators. Default: false.
---@field external? boolean The same as router:external.
---@field is_default? boolean Make it the default external network; for administrators. Default: false.
---@field mtu? integer Largest packet, in bytes; the service chooses when it is left out.
---@field port_security_enabled? boolean Whether new ports are guarded by security groups and against forged addresses. Default: true.
---@field dns_domain? string DNS domain of its ports, with a dot at the end: "example.org.".
---@field qos_policy_id? qos_policy|string|false QoS policy; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field vlan_transparent? boolean Let servers' own VLAN tags through.
---@field ["provider:network_type"]? string flat, vlan, vxlan, gre, geneve or local; for administrators.
---@field ["provider:physical_network"]? string Physical network it is on; for administrators.
---@field ["provider:segmentation_id"]? integer VLAN ID or tunnel key; for administrators.
---@field segments? networks.create.segments[] Several physical networks that are one; for administrators, in place of the provider options.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field availability_zone_hints? string[] Availability zones its DHCP service should run in.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Create a network, and wait until it can be used.
---@param options networks.create.options
---@return network network The new network.
function networks.create(options) end

---@class (exact) networks.ensure.segments
---@field ["provider:network_type"]? string flat, vlan, vxlan, gre, geneve or local.
---@field ["provider:physical_network"]? string Physical network the segment is on.
---@field ["provider:segmentation_id"]? integer VLAN ID or tunnel key.

---@class (exact) networks.ensure.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field shared? boolean Let all projects use it; for administrators. Default: false.
---@field ["router:external"]? boolean Make it a way out that routers can have as gateway; for administrators. Default: false.
---@field external? boolean The same as router:external.
---@field is_default? boolean Make it the default external network; for administrators. Default: false.
---@field mtu? integer Largest packet, in bytes; the service chooses when it is left out.
---@field port_security_enabled? boolean Whether new ports are guarded by security groups and against forged addresses. Default: true.
---@field dns_domain? string DNS domain of its ports, with a dot at the end: "example.org.".
---@field qos_policy_id? qos_policy|string|false QoS policy; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field vlan_transparent? boolean Let servers' own VLAN tags through.
---@field ["provider:network_type"]? string flat, vlan, vxlan, gre, geneve or local; for administrators.
---@field ["provider:physical_network"]? string Physical network it is on; for administrators.
---@field ["provider:segmentation_id"]? integer VLAN ID or tunnel key; for administrators.
---@field segments? networks.ensure.segments[] Several physical networks that are one; for administrators, in place of the provider options.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field availability_zone_hints? string[] Availability zones its DHCP service should run in.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Make sure that there is a network of this name that is as described: create it, or change what differs. What the service does not show cannot be compared and is left alone.
---@param options networks.ensure.options
---@return network network The network as it is now.
---@return boolean changed Whether it was created or changed.
function networks.ensure(options) end

---@class (exact) networks.update.segments
---@field ["provider:network_type"]? string flat, vlan, vxlan, gre, geneve or local.
---@field ["provider:physical_network"]? string Physical network the segment is on.
---@field ["provider:segmentation_id"]? integer VLAN ID or tunnel key.

---@class (exact) networks.update.options
---@field name? string New name.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field shared? boolean Let all projects use it; for administrators. Default: false.
---@field ["router:external"]? boolean Make it a way out that routers can have as gateway; for administrators. Default: false.
---@field external? boolean The same as router:external.
---@field is_default? boolean Make it the default external network; for administrators. Default: false.
---@field mtu? integer Largest packet, in bytes; the service chooses when it is left out.
---@field port_security_enabled? boolean Whether new ports are guarded by security groups and against forged addresses. Default: true.
---@field dns_domain? string DNS domain of its ports, with a dot at the end: "example.org.".
---@field qos_policy_id? qos_policy|string|false QoS policy; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field vlan_transparent? boolean Let servers' own VLAN tags through.
---@field ["provider:network_type"]? string flat, vlan, vxlan, gre, geneve or local; for administrators.
---@field ["provider:physical_network"]? string Physical network it is on; for administrators.
---@field ["provider:segmentation_id"]? integer VLAN ID or tunnel key; for administrators.
---@field segments? networks.update.segments[] Several physical networks that are one; for administrators, in place of the provider options.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field revision_number? integer Change it only if it is at this revision still; otherwise raise conflict.

--- Change a network. The object given stays as it was: use the one returned.
---@param network network|string The network: object, ID or name.
---@param options? networks.update.options
---@return network network The network as it is now.
function networks.update(network, options) end

--- Change a network. The object given stays as it was: use the one returned.
---@param options? networks.update.options
---@return network network The network as it is now.
function network:update(options) end

---@class (exact) networks.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a network and its subnets. Nothing may be plugged into it any more.
---@param network network|string The network: object, ID or name.
---@param options? networks.delete.options
---@return boolean deleted Whether it was there.
function networks.delete(network, options) end

--- Delete a network and its subnets. Nothing may be plugged into it any more.
---@param options? networks.delete.options
---@return boolean deleted Whether it was there.
function network:delete(options) end

---@class (exact) networks.wait.options
---@field status? string Status to wait for; "DELETED" waits until it is gone. Default: ACTIVE.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until a network has a status.
---@param network network|string The network: object, ID or name.
---@param options? networks.wait.options
---@return network? network The network as it is then; nil when it was to be gone.
function networks.wait(network, options) end

--- Wait until a network has a status.
---@param options? networks.wait.options
---@return network? network The network as it is then; nil when it was to be gone.
function network:wait(options) end

--- Give a network these tags in place of those it has.
---@param network network|string The network: object, ID or name.
---@param tags string[] The tags; an empty table takes all away.
function networks.set_tags(network, tags) end

--- Give a network these tags in place of those it has.
---@param tags string[] The tags; an empty table takes all away.
function network:set_tags(tags) end

--- Give a network one tag more.
---@param network network|string The network: object, ID or name.
---@param tag string The tag.
function networks.add_tag(network, tag) end

--- Give a network one tag more.
---@param tag string The tag.
function network:add_tag(tag) end

--- Take a tag from a network; one it does not have is not_found.
---@param network network|string The network: object, ID or name.
---@param tag string The tag.
function networks.remove_tag(network, tag) end

--- Take a tag from a network; one it does not have is not_found.
---@param tag string The tag.
function network:remove_tag(tag) end

return networks
