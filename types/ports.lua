---@meta ports

---@class port
---@field id string Its ID.
---@field name string Its name, "" for none.
---@field description string A few words about it.
---@field status string ACTIVE when what is plugged in is wired, DOWN before; BUILD, ERROR.
---@field admin_state_up boolean Whether its owner wants it to carry traffic.
---@field network_id string ID of the network it is on.
---@field mac_address string Its MAC address.
---@field fixed_ips table[] Its addresses, each with subnet_id and ip_address.
---@field device_id string ID of the server or router it belongs to, "" for none.
---@field device_owner string Kind of device: "compute:nova", "network:router_interface", "network:dhcp"; "" for none.
---@field security_groups string[] IDs of the security groups that guard it.
---@field allowed_address_pairs table[] Other addresses that may be used on it, each with ip_address and mac_address.
---@field extra_dhcp_opts table[] Its DHCP options, each with opt_name, opt_value and ip_version.
---@field port_security_enabled boolean Whether it is guarded by security groups and against forged addresses.
---@field qos_policy_id string? ID of its QoS policy.
---@field qos_network_policy_id string? ID of its network's QoS policy.
---@field dns_name string? Its name in DNS.
---@field dns_domain string? Its DNS domain.
---@field dns_assignment table[]? Its names in DNS, each with hostname, fqdn and ip_address.
---@field ["binding:vnic_type"] string How it is plugged in: normal, direct …
---@field ["binding:host_id"] string? Host it is on; administrators see it.
---@field ["binding:profile"] table? What the host should know; administrators see it.
---@field ["binding:vif_type"] string? How the host plugged it in; administrators see it.
---@field ["binding:vif_details"] table? More of that; administrators see it.
---@field propagate_uplink_status boolean? Whether it goes down with the host's own link.
---@field numa_affinity_policy string? How near to the server's memory its device must be.
---@field device_profile string? Name of the accelerator's device profile.
---@field data_plane_status string? State of the wire underneath.
---@field resource_request table? Bandwidth it needs; administrators see it.
---@field trunk_details table? Its trunk, when it is the parent of one.
---@field trusted boolean? Whether the virtual function is trusted.
---@field tags string[] Its tags.
---@field project_id string ID of the project it belongs to.
---@field tenant_id string The same by its older name.
---@field revision_number integer Grows with each change.
---@field created_at string When it was created: "2026-11-22T13:13:27Z".
---@field updated_at string When it was last changed.
local port = {}

--- Ports: the sockets of a network. A server, a router or a DHCP service is plugged in with a port each; the port has the MAC address, the IP addresses and the security groups.
---@class ports.module
local ports = {}

---@class (exact) ports.list.fixed_ips
---@field subnet? subnet|string Subnet the address is of: object, ID or name.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address.
---@field ip_address_substr? string A part of the address.

---@class (exact) ports.list.options
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
---@field network? network|string Only those of this network: object, ID or name.
---@field network_id? network|string The same as network.
---@field status? string Only those with this status: ACTIVE, DOWN, BUILD or ERROR.
---@field admin_state_up? boolean Only those that are up, or down, by will of their owner.
---@field device_id? string Only those of this device: the ID of a server or a router.
---@field device_owner? string Only those of this kind of device: "compute:nova", "network:router_interface".
---@field mac_address? string Only the one with this MAC address.
---@field fixed_ips? ports.list.fixed_ips[] Only those with such an address: { { subnet = ..., ip_address = ... } }.
---@field subnet? subnet|string Only those with an address of this subnet: object, ID or name.
---@field ip_address? string Only the one with this address.
---@field security_groups? (security_group|string)[] Only those in one of these security groups: objects, IDs or names.
---@field dns_name? string Only those with this name in DNS.
---@field ["binding:host_id"]? string Only those on this host; for administrators.

--- List ports. The filters run on the server.
---@param options? ports.list.options
---@return port[] ports The ports, in the server's order.
function ports.list(options) end

---@class (exact) ports.each.fixed_ips
---@field subnet? subnet|string Subnet the address is of: object, ID or name.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address.
---@field ip_address_substr? string A part of the address.

---@class (exact) ports.each.options
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
---@field network? network|string Only those of this network: object, ID or name.
---@field network_id? network|string The same as network.
---@field status? string Only those with this status: ACTIVE, DOWN, BUILD or ERROR.
---@field admin_state_up? boolean Only those that are up, or down, by will of their owner.
---@field device_id? string Only those of this device: the ID of a server or a router.
---@field device_owner? string Only those of this kind of device: "compute:nova", "network:router_interface".
---@field mac_address? string Only the one with this MAC address.
---@field fixed_ips? ports.each.fixed_ips[] Only those with such an address: { { subnet = ..., ip_address = ... } }.
---@field subnet? subnet|string Only those with an address of this subnet: object, ID or name.
---@field ip_address? string Only the one with this address.
---@field security_groups? (security_group|string)[] Only those in one of these security groups: objects, IDs or names.
---@field dns_name? string Only those with this name in DNS.
---@field ["binding:host_id"]? string Only those on this host; for administrators.

--- Go through ports, fetching a page at a time: for long lists.
---@param options? ports.each.options
---@return fun(): port iterator For the generic for.
function ports.each(options) end

--- Fetch a port anew.
---@param port port|string The port: object, ID or name.
---@return port port The port as it is now.
function ports.get(port) end

--- Fetch a port anew.
---@return port port The port as it is now.
function port:get() end

--- Look whether there is a port of this name or ID.
---@param port port|string The port: object, ID or name.
---@return port? port The port; nil when there is none.
function ports.find(port) end

---@class (exact) ports.create.fixed_ips
---@field subnet? subnet|string Subnet the address is of: object, ID or name; the one it lies in when left out.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address; a free one when left out.

---@class (exact) ports.create.allowed_address_pairs
---@field ip_address string Address, or network in CIDR form.
---@field mac_address? string MAC address it is used with; the port's own when left out.

---@class (exact) ports.create.extra_dhcp_opts
---@field opt_name string Its name: "bootfile-name".
---@field opt_value? string|false Its value; in update, false takes the option away.
---@field ip_version? 4|6 Version of IP it is for. Default: 4.

---@class (exact) ports.create.options
---@field name? string Its name; none when left out.
---@field network? network|string Network it is on: object, ID or name.
---@field network_id? network|string The same as network.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field mac_address? string|false MAC address, for administrators; a new one when left out. In update, false makes a new one.
---@field fixed_ips? (string|ports.create.fixed_ips)[] Its addresses: "10.8.0.17" or { subnet = ..., ip_address = ... }; one of each IP version when left out, {} for none.
---@field device_id? string ID of the server or router it belongs to.
---@field device_owner? string Kind of device it belongs to: "compute:nova".
---@field security_groups? (security_group|string)[] Security groups that guard it: objects, IDs or names; the project's default when left out, {} for none.
---@field allowed_address_pairs? (string|ports.create.allowed_address_pairs)[] Other addresses that may be used on it: "10.8.0.100" or { ip_address = ..., mac_address = ... }.
---@field extra_dhcp_opts? ports.create.extra_dhcp_opts[] DHCP options of its own: { opt_name = ..., opt_value = ... }.
---@field port_security_enabled? boolean Whether it is guarded by security groups and against forged addresses; as the network when left out.
---@field qos_policy_id? qos_policy|string|false QoS policy; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field dns_name? string Name in DNS, without the domain.
---@field dns_domain? string DNS domain, with a dot at the end; the network's when left out.
---@field ["binding:host_id"]? string Host it is on; for administrators.
---@field ["binding:vnic_type"]? string How it is plugged in: normal, direct, macvtap, baremetal, direct-physical, virtio-forwarder, smart-nic, vdpa, remote-managed … Default: normal.
---@field ["binding:profile"]? table<string, any>|false What the host should know to plug it in; for administrators.
---@field propagate_uplink_status? boolean Whether it goes down with the host's own link.
---@field numa_affinity_policy? "required"|"preferred"|"legacy"|"socket"|false How near to the server's memory its device must be.
---@field trusted? boolean Whether the virtual function is trusted; for administrators.
---@field value_specs? table<string, any> Other members for the request's body, for extensions not named here.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field device_profile? string Name of the accelerator's device profile.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Create a port. It is DOWN until something is plugged into it, and can be used all the same.
---@param options ports.create.options
---@return port port The new port.
function ports.create(options) end

---@class (exact) ports.ensure.fixed_ips
---@field subnet? subnet|string Subnet the address is of: object, ID or name; the one it lies in when left out.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address; a free one when left out.

---@class (exact) ports.ensure.allowed_address_pairs
---@field ip_address string Address, or network in CIDR form.
---@field mac_address? string MAC address it is used with; the port's own when left out.

---@class (exact) ports.ensure.extra_dhcp_opts
---@field opt_name string Its name: "bootfile-name".
---@field opt_value? string|false Its value; in update, false takes the option away.
---@field ip_version? 4|6 Version of IP it is for. Default: 4.

---@class (exact) ports.ensure.options
---@field name string Its name, by which it is found.
---@field network? network|string Network it is on: object, ID or name.
---@field network_id? network|string The same as network.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field mac_address? string|false MAC address, for administrators; a new one when left out. In update, false makes a new one.
---@field fixed_ips? (string|ports.ensure.fixed_ips)[] Its addresses: "10.8.0.17" or { subnet = ..., ip_address = ... }; one of each IP version when left out, {} for none.
---@field device_id? string ID of the server or router it belongs to.
---@field device_owner? string Kind of device it belongs to: "compute:nova".
---@field security_groups? (security_group|string)[] Security groups that guard it: objects, IDs or names; the project's default when left out, {} for none.
---@field allowed_address_pairs? (string|ports.ensure.allowed_address_pairs)[] Other addresses that may be used on it: "10.8.0.100" or { ip_address = ..., mac_address = ... }.
---@field extra_dhcp_opts? ports.ensure.extra_dhcp_opts[] DHCP options of its own: { opt_name = ..., opt_value = ... }.
---@field port_security_enabled? boolean Whether it is guarded by security groups and against forged addresses; as the network when left out.
---@field qos_policy_id? qos_policy|string|false QoS policy; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field dns_name? string Name in DNS, without the domain.
---@field dns_domain? string DNS domain, with a dot at the end; the network's when left out.
---@field ["binding:host_id"]? string Host it is on; for administrators.
---@field ["binding:vnic_type"]? string How it is plugged in: normal, direct, macvtap, baremetal, direct-physical, virtio-forwarder, smart-nic, vdpa, remote-managed … Default: normal.
---@field ["binding:profile"]? table<string, any>|false What the host should know to plug it in; for administrators.
---@field propagate_uplink_status? boolean Whether it goes down with the host's own link.
---@field numa_affinity_policy? "required"|"preferred"|"legacy"|"socket"|false How near to the server's memory its device must be.
---@field trusted? boolean Whether the virtual function is trusted; for administrators.
---@field value_specs? table<string, any> Other members for the request's body, for extensions not named here.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field device_profile? string Name of the accelerator's device profile.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Make sure that there is a port of this name in the network that is as described: create it, or change what differs. What the service does not show cannot be compared and is left alone.
---@param options ports.ensure.options
---@return port port The port as it is now.
---@return boolean changed Whether it was created or changed.
function ports.ensure(options) end

---@class (exact) ports.update.fixed_ips
---@field subnet? subnet|string Subnet the address is of: object, ID or name; the one it lies in when left out.
---@field subnet_id? subnet|string The same as subnet.
---@field ip_address? string The address; a free one when left out.

---@class (exact) ports.update.allowed_address_pairs
---@field ip_address string Address, or network in CIDR form.
---@field mac_address? string MAC address it is used with; the port's own when left out.

---@class (exact) ports.update.extra_dhcp_opts
---@field opt_name string Its name: "bootfile-name".
---@field opt_value? string|false Its value; in update, false takes the option away.
---@field ip_version? 4|6 Version of IP it is for. Default: 4.

---@class (exact) ports.update.options
---@field name? string New name.
---@field description? string A few words about it.
---@field admin_state_up? boolean false stops its traffic. Default: true.
---@field mac_address? string|false MAC address, for administrators; a new one when left out. In update, false makes a new one.
---@field fixed_ips? (string|ports.update.fixed_ips)[] Its addresses: "10.8.0.17" or { subnet = ..., ip_address = ... }; one of each IP version when left out, {} for none.
---@field device_id? string ID of the server or router it belongs to.
---@field device_owner? string Kind of device it belongs to: "compute:nova".
---@field security_groups? (security_group|string)[] Security groups that guard it: objects, IDs or names; the project's default when left out, {} for none.
---@field allowed_address_pairs? (string|ports.update.allowed_address_pairs)[] Other addresses that may be used on it: "10.8.0.100" or { ip_address = ..., mac_address = ... }.
---@field extra_dhcp_opts? ports.update.extra_dhcp_opts[] DHCP options of its own: { opt_name = ..., opt_value = ... }.
---@field port_security_enabled? boolean Whether it is guarded by security groups and against forged addresses; as the network when left out.
---@field qos_policy_id? qos_policy|string|false QoS policy; false takes it away.
---@field qos_policy? qos_policy|string|false The same as qos_policy_id.
---@field dns_name? string Name in DNS, without the domain.
---@field dns_domain? string DNS domain, with a dot at the end; the network's when left out.
---@field ["binding:host_id"]? string Host it is on; for administrators.
---@field ["binding:vnic_type"]? string How it is plugged in: normal, direct, macvtap, baremetal, direct-physical, virtio-forwarder, smart-nic, vdpa, remote-managed … Default: normal.
---@field ["binding:profile"]? table<string, any>|false What the host should know to plug it in; for administrators.
---@field propagate_uplink_status? boolean Whether it goes down with the host's own link.
---@field numa_affinity_policy? "required"|"preferred"|"legacy"|"socket"|false How near to the server's memory its device must be.
---@field trusted? boolean Whether the virtual function is trusted; for administrators.
---@field value_specs? table<string, any> Other members for the request's body, for extensions not named here.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field data_plane_status? "ACTIVE"|"DOWN"|false State of the wire underneath, as an administrator's tool knows it.
---@field revision_number? integer Change it only if it is at this revision still; otherwise raise conflict.

--- Change a port. The object given stays as it was: use the one returned. A list given replaces the whole list; {} empties it.
---@param port port|string The port: object, ID or name.
---@param options? ports.update.options
---@return port port The port as it is now.
function ports.update(port, options) end

--- Change a port. The object given stays as it was: use the one returned. A list given replaces the whole list; {} empties it.
---@param options? ports.update.options
---@return port port The port as it is now.
function port:update(options) end

---@class (exact) ports.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a port. A router's ports go through the router: router:remove_subnet(subnet).
---@param port port|string The port: object, ID or name.
---@param options? ports.delete.options
---@return boolean deleted Whether it was there.
function ports.delete(port, options) end

--- Delete a port. A router's ports go through the router: router:remove_subnet(subnet).
---@param options? ports.delete.options
---@return boolean deleted Whether it was there.
function port:delete(options) end

---@class (exact) ports.wait.options
---@field status? string Status to wait for; "DELETED" waits until it is gone. Default: ACTIVE.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until a port has a status: ACTIVE once what is plugged in is wired.
---@param port port|string The port: object, ID or name.
---@param options? ports.wait.options
---@return port? port The port as it is then; nil when it was to be gone.
function ports.wait(port, options) end

--- Wait until a port has a status: ACTIVE once what is plugged in is wired.
---@param options? ports.wait.options
---@return port? port The port as it is then; nil when it was to be gone.
function port:wait(options) end

--- Give a port these tags in place of those it has.
---@param port port|string The port: object, ID or name.
---@param tags string[] The tags; an empty table takes all away.
function ports.set_tags(port, tags) end

--- Give a port these tags in place of those it has.
---@param tags string[] The tags; an empty table takes all away.
function port:set_tags(tags) end

--- Give a port one tag more.
---@param port port|string The port: object, ID or name.
---@param tag string The tag.
function ports.add_tag(port, tag) end

--- Give a port one tag more.
---@param tag string The tag.
function port:add_tag(tag) end

--- Take a tag from a port; one it does not have is not_found.
---@param port port|string The port: object, ID or name.
---@param tag string The tag.
function ports.remove_tag(port, tag) end

--- Take a tag from a port; one it does not have is not_found.
---@param tag string The tag.
function port:remove_tag(tag) end

return ports
