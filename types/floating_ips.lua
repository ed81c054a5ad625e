---@meta floating_ips

---@class floating_ip
---@field id string Its ID.
---@field floating_ip_address string The address outside.
---@field fixed_ip_address string? The address inside that it leads to; nil while it is unassigned.
---@field floating_network_id string ID of the external network it is from.
---@field port_id string? ID of the port it leads to; nil while it is unassigned.
---@field port_details table? That port's name, network_id, mac_address, status, device_id and device_owner.
---@field router_id string? ID of the router it passes through.
---@field status string ACTIVE when it leads somewhere, DOWN when not; ERROR.
---@field description string A few words about it.
---@field qos_policy_id string? ID of its QoS policy.
---@field dns_name string? Its name in DNS.
---@field dns_domain string? Its DNS domain.
---@field port_forwardings table[]? Single ports that are led on.
---@field tags string[] Its tags.
---@field project_id string ID of the project it belongs to.
---@field tenant_id string The same by its older name.
---@field revision_number integer Grows with each change.
---@field created_at string When it was created: "2026-11-22T13:13:28Z".
---@field updated_at string When it was last changed.
local floating_ip = {}

--- Floating IPs: addresses of an external network that lead to a server's port inside. Such an address is the project's from create to delete, whether it is assigned or not. The way in goes through a router that has the server's subnet and a gateway on the address's network; and the server's security groups still have to let the traffic through.
---@class floating_ips.module
local floating_ips = {}

---@class (exact) floating_ips.list.options
---@field id? string Only the one with this ID.
---@field floating_ip_address? string Only the one with this address.
---@field address? string The same as floating_ip_address.
---@field fixed_ip_address? string Only those that lead to this address inside.
---@field network? network|string Only those of this external network: object, ID or name.
---@field floating_network_id? network|string The same as network.
---@field port? port|string Only those that lead to this port: object, ID or name.
---@field port_id? port|string The same as port.
---@field router? router|string Only those that pass through this router: object, ID or name.
---@field router_id? router|string The same as router.
---@field status? string Only those with this status: ACTIVE, DOWN or ERROR. DOWN are those that lead nowhere.
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

--- List floating IPs. The filters run on the server.
---@param options? floating_ips.list.options
---@return floating_ip[] floating_ips The floating IPs, in the server's order.
function floating_ips.list(options) end

---@class (exact) floating_ips.each.options
---@field id? string Only the one with this ID.
---@field floating_ip_address? string Only the one with this address.
---@field address? string The same as floating_ip_address.
---@field fixed_ip_address? string Only those that lead to this address inside.
---@field network? network|string Only those of this external network: object, ID or name.
---@field floating_network_id? network|string The same as network.
---@field port? port|string Only those that lead to this port: object, ID or name.
---@field port_id? port|string The same as port.
---@field router? router|string Only those that pass through this router: object, ID or name.
---@field router_id? router|string The same as router.
---@field status? string Only those with this status: ACTIVE, DOWN or ERROR. DOWN are those that lead nowhere.
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

--- Go through floating IPs, fetching a page at a time: for long lists.
---@param options? floating_ips.each.options
---@return fun(): floating_ip iterator For the generic for.
function floating_ips.each(options) end

--- Fetch a floating IP anew. Its address will do for it everywhere, as a name does elsewhere.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@return floating_ip floating_ip The floating IP as it is now.
function floating_ips.get(floating_ip) end

--- Fetch a floating IP anew. Its address will do for it everywhere, as a name does elsewhere.
---@return floating_ip floating_ip The floating IP as it is now.
function floating_ip:get() end

--- Look whether there is a floating IP of this address or ID.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@return floating_ip? floating_ip The floating IP; nil when there is none.
function floating_ips.find(floating_ip) end

---@class (exact) floating_ips.create.options
---@field network? network|string External network it is from: object, ID or name; when left out, the only one there is, or the default one.
---@field floating_network_id? network|string The same as network.
---@field floating_network? network|string The same as network.
---@field floating_ip_address? string The address wanted, where policy lets one choose; a free one when left out.
---@field address? string The same as floating_ip_address.
---@field subnet? subnet|string Subnet of the external network that the address is from: object, ID or name.
---@field subnet_id? subnet|string The same as subnet.
---@field server? server|string Server it leads to: object, ID or name.
---@field port? port|string Port it leads to: object, ID or name.
---@field port_id? port|string The same as port.
---@field fixed_ip_address? string Which of the port's addresses, when it has several.
---@field description? string A few words about it.
---@field qos_policy_id? qos_policy|string|false QoS policy.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field dns_name? string Name in DNS, without the domain.
---@field dns_domain? string DNS domain, with a dot at the end.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field reuse? boolean Take a floating IP that the project has and that leads nowhere, when there is one. Two tasks that do so at once may take the same one. Default: false.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Get a floating IP: a new one, or with reuse one the project has that leads nowhere yet. With server or port it is assigned at once.
---@param options? floating_ips.create.options
---@return floating_ip floating_ip The floating IP.
function floating_ips.create(options) end

---@class (exact) floating_ips.ensure.options
---@field network? network|string External network it is from: object, ID or name; when left out, the only one there is, or the default one.
---@field floating_network_id? network|string The same as network.
---@field floating_network? network|string The same as network.
---@field floating_ip_address? string The address wanted, where policy lets one choose; a free one when left out.
---@field address? string The same as floating_ip_address.
---@field subnet? subnet|string Subnet of the external network that the address is from: object, ID or name.
---@field subnet_id? subnet|string The same as subnet.
---@field server? server|string Server it leads to: object, ID or name.
---@field port? port|string Port it leads to: object, ID or name.
---@field port_id? port|string The same as port.
---@field fixed_ip_address? string Which of the port's addresses, when it has several.
---@field description? string A few words about it.
---@field qos_policy_id? qos_policy|string|false QoS policy.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field dns_name? string Name in DNS, without the domain.
---@field dns_domain? string DNS domain, with a dot at the end.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field tags? string[] Tags it shall have and no others: set by a second request.

--- Make sure that there is a floating IP: with server or port one that leads there, with floating_ip_address that one, otherwise one that is free. One that is free is used before another is made.
---@param options? floating_ips.ensure.options
---@return floating_ip floating_ip The floating IP as it is now.
---@return boolean changed Whether it was made, assigned or changed.
function floating_ips.ensure(options) end

---@class (exact) floating_ips.assign.to
---@field server? server|string A server: object, ID or name; its port is found.
---@field port? port|string A port: object, ID or name.
---@field port_id? port|string The same as port.

---@class (exact) floating_ips.assign.options
---@field fixed_ip_address? string Which of the port's addresses, when it has several.

--- Let a floating IP lead to a server or a port. Of a server's ports the one is taken that can be reached from the floating IP's network. One that led elsewhere is taken from there.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param to string|floating_ips.assign.to The server or port it shall lead to: object, ID or name; { port = ... } or { server = ... } says which is meant.
---@param options? floating_ips.assign.options
---@return floating_ip floating_ip The floating IP as it is now.
function floating_ips.assign(floating_ip, to, options) end

--- Let a floating IP lead to a server or a port. Of a server's ports the one is taken that can be reached from the floating IP's network. One that led elsewhere is taken from there.
---@param to string|floating_ips.assign.to The server or port it shall lead to: object, ID or name; { port = ... } or { server = ... } says which is meant.
---@param options? floating_ips.assign.options
---@return floating_ip floating_ip The floating IP as it is now.
function floating_ip:assign(to, options) end

--- Let a floating IP lead nowhere. It remains the project's, and counts in its quota: delete gives it back.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@return floating_ip floating_ip The floating IP as it is now.
function floating_ips.unassign(floating_ip) end

--- Let a floating IP lead nowhere. It remains the project's, and counts in its quota: delete gives it back.
---@return floating_ip floating_ip The floating IP as it is now.
function floating_ip:unassign() end

---@class (exact) floating_ips.update.options
---@field description? string A few words about it.
---@field port_id? port|string|false Port it leads to: object, ID or name; false for none. assign and unassign do the same.
---@field port? port|string|false The same as port_id.
---@field fixed_ip_address? string Which of the port's addresses, when it has several; needs port_id.
---@field qos_policy_id? qos_policy|string|false QoS policy; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field revision_number? integer Change it only if it is at this revision still; otherwise raise conflict.

--- Change a floating IP. The object given stays as it was: use the one returned.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param options? floating_ips.update.options
---@return floating_ip floating_ip The floating IP as it is now.
function floating_ips.update(floating_ip, options) end

--- Change a floating IP. The object given stays as it was: use the one returned.
---@param options? floating_ips.update.options
---@return floating_ip floating_ip The floating IP as it is now.
function floating_ip:update(options) end

---@class (exact) floating_ips.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Give a floating IP back. Where it led to can no longer be reached by it, and another project may get the address.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param options? floating_ips.delete.options
---@return boolean deleted Whether it was there.
function floating_ips.delete(floating_ip, options) end

--- Give a floating IP back. Where it led to can no longer be reached by it, and another project may get the address.
---@param options? floating_ips.delete.options
---@return boolean deleted Whether it was there.
function floating_ip:delete(options) end

---@class (exact) floating_ips.wait.options
---@field status? string Status to wait for; "DELETED" waits until it is gone. Default: ACTIVE.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until a floating IP has a status: ACTIVE once it leads somewhere.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param options? floating_ips.wait.options
---@return floating_ip? floating_ip The floating IP as it is then; nil when it was to be gone.
function floating_ips.wait(floating_ip, options) end

--- Wait until a floating IP has a status: ACTIVE once it leads somewhere.
---@param options? floating_ips.wait.options
---@return floating_ip? floating_ip The floating IP as it is then; nil when it was to be gone.
function floating_ip:wait(options) end

--- Give a floating IP these tags in place of those it has.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param tags string[] The tags; an empty table takes all away.
function floating_ips.set_tags(floating_ip, tags) end

--- Give a floating IP these tags in place of those it has.
---@param tags string[] The tags; an empty table takes all away.
function floating_ip:set_tags(tags) end

--- Give a floating IP one tag more.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param tag string The tag.
function floating_ips.add_tag(floating_ip, tag) end

--- Give a floating IP one tag more.
---@param tag string The tag.
function floating_ip:add_tag(tag) end

--- Take a tag from a floating IP; one it does not have is not_found.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param tag string The tag.
function floating_ips.remove_tag(floating_ip, tag) end

--- Take a tag from a floating IP; one it does not have is not_found.
---@param tag string The tag.
function floating_ip:remove_tag(tag) end

return floating_ips
