---@meta subnets

---@class subnet
---@field id string Its ID.
---@field name string Its name, "" for none.
---@field description string A few words about it.
---@field network_id string ID of the network it is for.
---@field cidr string Its addresses: "10.8.0.0/24".
---@field ip_version integer 4 or 6.
---@field gateway_ip string? Address of the way out; nil for none.
---@field allocation_pools table[] Ranges of addresses that are given out, each with start and end.
---@field dns_nameservers string[] Addresses of name servers, the first one first.
---@field host_routes table[] Routes servers learn, each with destination and nexthop.
---@field enable_dhcp boolean Whether servers get their addresses by DHCP.
---@field ipv6_address_mode string? How servers get IPv6 addresses.
---@field ipv6_ra_mode string? What router advertisements say of IPv6 addresses.
---@field subnetpool_id string? ID of the subnet pool its addresses came from.
---@field segment_id string? ID of the segment it is on.
---@field service_types string[] Kinds of port it is for; empty for all.
---@field dns_publish_fixed_ip boolean? Whether fixed addresses are published in DNS.
---@field tags string[] Its tags.
---@field project_id string ID of the project it belongs to.
---@field tenant_id string The same by its older name.
---@field revision_number integer Grows with each change.
---@field created_at string When it was created: "2026-11-22T13:13:07Z".
---@field updated_at string When it was last changed.
local subnet = {}

--- Subnets: the addresses of a network. A subnet says which addresses its ports get, which of them is the way out (the gateway), and which name servers and routes servers learn by DHCP.
---@class subnets.module
local subnets = {}

---@class (exact) subnets.list.options
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
---@field cidr? string Only those with exactly this cidr, as the service writes it: 10.8.0.0/24.
---@field ip_version? 4|6 Only those of IPv4, or of IPv6.
---@field gateway_ip? string Only those with this gateway address.
---@field enable_dhcp? boolean Only those with DHCP, or without.
---@field shared? boolean Only those of networks that all projects may use, or may not.
---@field ipv6_address_mode? "slaac"|"dhcpv6-stateful"|"dhcpv6-stateless" Only those that give IPv6 addresses this way.
---@field ipv6_ra_mode? "slaac"|"dhcpv6-stateful"|"dhcpv6-stateless" Only those whose router advertisements say this.
---@field subnetpool? subnetpool|string Only those from this subnet pool: ID or name.
---@field subnetpool_id? subnetpool|string The same as subnetpool.
---@field segment? segment|string Only those of this segment: ID or name.
---@field segment_id? segment|string The same as segment.
---@field dns_publish_fixed_ip? boolean Only those whose fixed addresses are published in DNS, or are not.
---@field service_types? string[] Only those for these kinds of port, by device_owner.

--- List subnets. The filters run on the server.
---@param options? subnets.list.options
---@return subnet[] subnets The subnets, in the server's order.
function subnets.list(options) end

---@class (exact) subnets.each.options
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
---@field cidr? string Only those with exactly this cidr, as the service writes it: 10.8.0.0/24.
---@field ip_version? 4|6 Only those of IPv4, or of IPv6.
---@field gateway_ip? string Only those with this gateway address.
---@field enable_dhcp? boolean Only those with DHCP, or without.
---@field shared? boolean Only those of networks that all projects may use, or may not.
---@field ipv6_address_mode? "slaac"|"dhcpv6-stateful"|"dhcpv6-stateless" Only those that give IPv6 addresses this way.
---@field ipv6_ra_mode? "slaac"|"dhcpv6-stateful"|"dhcpv6-stateless" Only those whose router advertisements say this.
---@field subnetpool? subnetpool|string Only those from this subnet pool: ID or name.
---@field subnetpool_id? subnetpool|string The same as subnetpool.
---@field segment? segment|string Only those of this segment: ID or name.
---@field segment_id? segment|string The same as segment.
---@field dns_publish_fixed_ip? boolean Only those whose fixed addresses are published in DNS, or are not.
---@field service_types? string[] Only those for these kinds of port, by device_owner.

--- Go through subnets, fetching a page at a time: for long lists.
---@param options? subnets.each.options
---@return fun(): subnet iterator For the generic for.
function subnets.each(options) end

--- Fetch a subnet anew.
---@param subnet subnet|string The subnet: object, ID or name.
---@return subnet subnet The subnet as it is now.
function subnets.get(subnet) end

--- Fetch a subnet anew.
---@return subnet subnet The subnet as it is now.
function subnet:get() end

--- Look whether there is a subnet of this name or ID.
---@param subnet subnet|string The subnet: object, ID or name.
---@return subnet? subnet The subnet; nil when there is none.
function subnets.find(subnet) end

---@class (exact) subnets.create.allocation_pools
---@field start string First address.
---@field ["end"] string Last address.

---@class (exact) subnets.create.host_routes
---@field destination string Network it leads to: "10.1.0.0/16".
---@field nexthop string Address of the router to send packets for it to.

---@class (exact) subnets.create.options
---@field name? string Its name; none when left out.
---@field network? network|string Network it is for: object, ID or name.
---@field network_id? network|string The same as network.
---@field cidr? string Its addresses: "10.8.0.0/24". Needed unless they come from a subnet pool.
---@field ip_version? 4|6 IPv4 or IPv6. Default: the cidr's, or 4.
---@field subnetpool? subnetpool|string Subnet pool to take the addresses from: ID or name.
---@field subnetpool_id? subnetpool|string The same as subnetpool.
---@field prefixlen? integer How large a piece of the subnet pool to take, as a prefix length in bits.
---@field use_default_subnetpool? boolean Take the addresses from the default subnet pool. Default: false.
---@field ipv6_address_mode? "slaac"|"dhcpv6-stateful"|"dhcpv6-stateless" How servers get IPv6 addresses.
---@field ipv6_ra_mode? "slaac"|"dhcpv6-stateful"|"dhcpv6-stateless" What the router's advertisements say of IPv6 addresses.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field description? string A few words about it.
---@field gateway_ip? string|false Address of the way out; the cidr's first one when left out, false for none.
---@field dns_nameservers? string[] Addresses of name servers, the first one first.
---@field allocation_pools? (string|subnets.create.allocation_pools)[] Ranges of addresses to give out: "10.8.0.2-10.8.0.99" or { start = ..., ["end"] = ... }; all but the gateway when left out.
---@field host_routes? (string|subnets.create.host_routes)[] Routes servers learn by DHCP: "10.1.0.0/16 via 10.8.0.5" or { destination = ..., nexthop = ... }.
---@field enable_dhcp? boolean Whether servers get their addresses by DHCP. Default: true.
---@field segment? segment|string|false Segment of the network it is on: ID or name; false for none.
---@field segment_id? segment|string|false The same as segment.
---@field service_types? string[] Kinds of port it is for, by device_owner: "network:floatingip"; all when left out.
---@field dns_publish_fixed_ip? boolean Whether fixed addresses are published in DNS. Default: false.
---@field tags? string[] Tags it shall have and no others: set by a second request.

--- Create a subnet in a network. The addresses are looked at before anything is sent. A cidr with host bits is taken: the service stores the network it lies in (10.8.0.5/24 becomes 10.8.0.0/24).
---@param options subnets.create.options
---@return subnet subnet The new subnet.
function subnets.create(options) end

---@class (exact) subnets.ensure.allocation_pools
---@field start string First address.
---@field ["end"] string Last address.

---@class (exact) subnets.ensure.host_routes
---@field destination string Network it leads to: "10.1.0.0/16".
---@field nexthop string Address of the router to send packets for it to.

---@class (exact) subnets.ensure.options
---@field name string Its name, by which it is found.
---@field network? network|string Network it is for: object, ID or name.
---@field network_id? network|string The same as network.
---@field cidr? string Its addresses: "10.8.0.0/24". Needed unless they come from a subnet pool.
---@field ip_version? 4|6 IPv4 or IPv6. Default: the cidr's, or 4.
---@field subnetpool? subnetpool|string Subnet pool to take the addresses from: ID or name.
---@field subnetpool_id? subnetpool|string The same as subnetpool.
---@field prefixlen? integer How large a piece of the subnet pool to take, as a prefix length in bits.
---@field use_default_subnetpool? boolean Take the addresses from the default subnet pool. Default: false.
---@field ipv6_address_mode? "slaac"|"dhcpv6-stateful"|"dhcpv6-stateless" How servers get IPv6 addresses.
---@field ipv6_ra_mode? "slaac"|"dhcpv6-stateful"|"dhcpv6-stateless" What the router's advertisements say of IPv6 addresses.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field description? string A few words about it.
---@field gateway_ip? string|false Address of the way out; the cidr's first one when left out, false for none.
---@field dns_nameservers? string[] Addresses of name servers, the first one first.
---@field allocation_pools? (string|subnets.ensure.allocation_pools)[] Ranges of addresses to give out: "10.8.0.2-10.8.0.99" or { start = ..., ["end"] = ... }; all but the gateway when left out.
---@field host_routes? (string|subnets.ensure.host_routes)[] Routes servers learn by DHCP: "10.1.0.0/16 via 10.8.0.5" or { destination = ..., nexthop = ... }.
---@field enable_dhcp? boolean Whether servers get their addresses by DHCP. Default: true.
---@field segment? segment|string|false Segment of the network it is on: ID or name; false for none.
---@field segment_id? segment|string|false The same as segment.
---@field service_types? string[] Kinds of port it is for, by device_owner: "network:floatingip"; all when left out.
---@field dns_publish_fixed_ip? boolean Whether fixed addresses are published in DNS. Default: false.
---@field tags? string[] Tags it shall have and no others: set by a second request.

--- Make sure that there is a subnet of this name that is as described: create it, or change what differs. A cidr cannot be changed: another one raises conflict. What the service does not show cannot be compared and is left alone.
---@param options subnets.ensure.options
---@return subnet subnet The subnet as it is now.
---@return boolean changed Whether it was created or changed.
function subnets.ensure(options) end

---@class (exact) subnets.update.allocation_pools
---@field start string First address.
---@field ["end"] string Last address.

---@class (exact) subnets.update.host_routes
---@field destination string Network it leads to: "10.1.0.0/16".
---@field nexthop string Address of the router to send packets for it to.

---@class (exact) subnets.update.options
---@field name? string New name.
---@field description? string A few words about it.
---@field gateway_ip? string|false Address of the way out; the cidr's first one when left out, false for none.
---@field dns_nameservers? string[] Addresses of name servers, the first one first.
---@field allocation_pools? (string|subnets.update.allocation_pools)[] Ranges of addresses to give out: "10.8.0.2-10.8.0.99" or { start = ..., ["end"] = ... }; all but the gateway when left out.
---@field host_routes? (string|subnets.update.host_routes)[] Routes servers learn by DHCP: "10.1.0.0/16 via 10.8.0.5" or { destination = ..., nexthop = ... }.
---@field enable_dhcp? boolean Whether servers get their addresses by DHCP. Default: true.
---@field segment? segment|string|false Segment of the network it is on: ID or name; false for none.
---@field segment_id? segment|string|false The same as segment.
---@field service_types? string[] Kinds of port it is for, by device_owner: "network:floatingip"; all when left out.
---@field dns_publish_fixed_ip? boolean Whether fixed addresses are published in DNS. Default: false.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field revision_number? integer Change it only if it is at this revision still; otherwise raise conflict.

--- Change a subnet. The object given stays as it was: use the one returned. A list given replaces the whole list; {} empties it.
---@param subnet subnet|string The subnet: object, ID or name.
---@param options? subnets.update.options
---@return subnet subnet The subnet as it is now.
function subnets.update(subnet, options) end

--- Change a subnet. The object given stays as it was: use the one returned. A list given replaces the whole list; {} empties it.
---@param options? subnets.update.options
---@return subnet subnet The subnet as it is now.
function subnet:update(options) end

---@class (exact) subnets.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a subnet. No port may have an address of it any more, a router's neither.
---@param subnet subnet|string The subnet: object, ID or name.
---@param options? subnets.delete.options
---@return boolean deleted Whether it was there.
function subnets.delete(subnet, options) end

--- Delete a subnet. No port may have an address of it any more, a router's neither.
---@param options? subnets.delete.options
---@return boolean deleted Whether it was there.
function subnet:delete(options) end

---@class (exact) subnets.wait.options
---@field status? string Status to wait for; "DELETED" waits until it is gone. Default: ACTIVE.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until a subnet is there, or gone. Subnets have no status of their own: any is ACTIVE as soon as the service shows it.
---@param subnet subnet|string The subnet: object, ID or name.
---@param options? subnets.wait.options
---@return subnet? subnet The subnet; nil when it was to be gone.
function subnets.wait(subnet, options) end

--- Wait until a subnet is there, or gone. Subnets have no status of their own: any is ACTIVE as soon as the service shows it.
---@param options? subnets.wait.options
---@return subnet? subnet The subnet; nil when it was to be gone.
function subnet:wait(options) end

--- Give a subnet these tags in place of those it has.
---@param subnet subnet|string The subnet: object, ID or name.
---@param tags string[] The tags; an empty table takes all away.
function subnets.set_tags(subnet, tags) end

--- Give a subnet these tags in place of those it has.
---@param tags string[] The tags; an empty table takes all away.
function subnet:set_tags(tags) end

--- Give a subnet one tag more.
---@param subnet subnet|string The subnet: object, ID or name.
---@param tag string The tag.
function subnets.add_tag(subnet, tag) end

--- Give a subnet one tag more.
---@param tag string The tag.
function subnet:add_tag(tag) end

--- Take a tag from a subnet; one it does not have is not_found.
---@param subnet subnet|string The subnet: object, ID or name.
---@param tag string The tag.
function subnets.remove_tag(subnet, tag) end

--- Take a tag from a subnet; one it does not have is not_found.
---@param tag string The tag.
function subnet:remove_tag(tag) end

return subnets
