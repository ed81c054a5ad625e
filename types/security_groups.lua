---@meta security_groups

---@class security_group
---@field id string Its ID.
---@field name string Its name; names need not be unique.
---@field description string A few words about it.
---@field security_group_rules table[] Its rules, each with id, direction, ethertype, protocol, port_range_min, port_range_max, remote_ip_prefix, remote_group_id and description.
---@field stateful boolean Whether answers to what was let through pass by themselves.
---@field shared boolean? Whether it was shared with this project by another.
---@field tags string[] Its tags.
---@field project_id string ID of the project it belongs to.
---@field tenant_id string The same by its older name.
---@field revision_number integer Grows with each change.
---@field created_at string When it was created: "2026-11-22T13:13:05Z".
---@field updated_at string When it was last changed.
local security_group = {}

--- One rule of a security group.
---@class security_group_rule
---@field id? string Its ID.
---@field security_group_id? string ID of its group.
---@field direction? string ingress or egress.
---@field ethertype? string IPv4 or IPv6.
---@field protocol? string? tcp, udp, icmp …; nil for any.
---@field port_range_min? integer? First port, or the type for ICMP; nil for any.
---@field port_range_max? integer? Last port, or the code for ICMP; nil for any.
---@field remote_ip_prefix? string? Addresses at the other end; nil for any, or when a group is.
---@field remote_group_id? string? Group at the other end.
---@field remote_address_group_id? string? Address group at the other end.
---@field normalized_cidr? string? remote_ip_prefix without its host bits.
---@field description? string? A few words about it.
---@field project_id? string ID of the project it belongs to.

--- Security groups: what may reach a server's ports. A group lets through what one of its rules allows, and nothing else. A new group lets everything out and nothing in; a server without a group of its own is in its project's group "default", which lets in only what comes from members of the same group.
---@class security_groups.module
local security_groups = {}

---@class (exact) security_groups.list.options
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
---@field stateful? boolean Only those that let answers through by themselves, or do not.
---@field shared? boolean Only those shared by other projects, or not.

--- List security groups. The filters run on the server. An administrator sees those of all projects.
---@param options? security_groups.list.options
---@return security_group[] groups The groups, in the server's order.
function security_groups.list(options) end

---@class (exact) security_groups.each.options
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
---@field stateful? boolean Only those that let answers through by themselves, or do not.
---@field shared? boolean Only those shared by other projects, or not.

--- Go through security groups, fetching a page at a time: for long lists.
---@param options? security_groups.each.options
---@return fun(): security_group iterator For the generic for.
function security_groups.each(options) end

--- Fetch a security group anew. Of several with a name, the one of this project is meant.
---@param group security_group|string The security group: object, ID or name.
---@return security_group group The group as it is now, with its rules.
function security_groups.get(group) end

--- Fetch a security group anew. Of several with a name, the one of this project is meant.
---@return security_group group The group as it is now, with its rules.
function security_group:get() end

--- Look whether there is a security group of this name or ID.
---@param group security_group|string The security group: object, ID or name.
---@return security_group? group The group; nil when there is none.
function security_groups.find(group) end

---@class (exact) security_groups.default.options
---@field project? project|string Another project's, for administrators.
---@field project_id? project|string The same as project.

--- Fetch the group "default" of this project: the one servers are in that name no other.
---@param options? security_groups.default.options
---@return security_group group The group, with its rules.
function security_groups.default(options) end

---@class (exact) security_groups.create.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field description? string A few words about it.
---@field stateful? boolean Whether answers to what was let through pass by themselves; cannot be changed while the group is in use. Default: true.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.

--- Create a security group. It lets everything out and nothing in.
---@param options security_groups.create.options
---@return security_group group The new group.
function security_groups.create(options) end

---@class (exact) security_groups.ensure.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field description? string A few words about it.
---@field stateful? boolean Whether answers to what was let through pass by themselves; cannot be changed while the group is in use. Default: true.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field project_id? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.

--- Make sure that there is a security group of this name that is as described: create it, or change what differs. Its rules are left alone: allow is idempotent by itself.
---@param options security_groups.ensure.options
---@return security_group group The group as it is now.
---@return boolean changed Whether it was created or changed.
function security_groups.ensure(options) end

---@class (exact) security_groups.update.options
---@field name? string New name.
---@field description? string A few words about it.
---@field stateful? boolean Whether answers to what was let through pass by themselves; cannot be changed while the group is in use. Default: true.
---@field tags? string[] Tags it shall have and no others: set by a second request.
---@field revision_number? integer Change it only if it is at this revision still; otherwise raise conflict.

--- Change a security group. The object given stays as it was: use the one returned.
---@param group security_group|string The security group: object, ID or name.
---@param options? security_groups.update.options
---@return security_group group The group as it is now.
function security_groups.update(group, options) end

--- Change a security group. The object given stays as it was: use the one returned.
---@param options? security_groups.update.options
---@return security_group group The group as it is now.
function security_group:update(options) end

---@class (exact) security_groups.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a security group and its rules. Nothing may be guarded by it any more.
---@param group security_group|string The security group: object, ID or name.
---@param options? security_groups.delete.options
---@return boolean deleted Whether it was there.
function security_groups.delete(group, options) end

--- Delete a security group and its rules. Nothing may be guarded by it any more.
---@param options? security_groups.delete.options
---@return boolean deleted Whether it was there.
function security_group:delete(options) end

---@class (exact) security_groups.allow.options
---@field protocol? any Protocol by name or number: "tcp", "udp", "icmp", 6 …; any when left out.
---@field port? any Port or range of ports: 22, "8000-8100" or { from = 8000, to = 8100 }; any when left out.
---@field ports? any The same as port.
---@field port_range_min? any First port, in place of port.
---@field port_range_max? any Last port, in place of port.
---@field icmp_type? any Type of ICMP: 8 is an echo request; any when left out.
---@field type? any The same as icmp_type.
---@field icmp_code? any Code of ICMP; any when left out.
---@field code? any The same as icmp_code.
---@field remote? security_group|string The other end: "10.0.0.0/8", "192.0.2.7", or a security group (object, ID or name) whose members are meant; anywhere when left out.
---@field remote_ip_prefix? string Addresses of the other end, in place of remote.
---@field remote_group_id? security_group|string Security group of the other end, in place of remote.
---@field remote_group? security_group|string The same as remote_group_id.
---@field remote_address_group_id? address_group|string Address group of the other end, in place of remote.
---@field remote_address_group? address_group|string The same as remote_address_group_id.
---@field direction? "ingress"|"egress" ingress is what comes in, egress what goes out. Default: ingress.
---@field ethertype? "IPv4"|"IPv6" Version of IP; as remote's addresses, else IPv4.
---@field description? string A few words about the rule.
---@field project_id? project|string Project the rule belongs to, for administrators; your own when left out.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.

--- Let traffic through. When a rule for exactly this is there already, that rule is given and nothing changes, so allow may be repeated. IPv4 unless the remote addresses are of IPv6.
---@param group security_group|string The security group: object, ID or name.
---@param options? security_groups.allow.options
---@return security_group_rule rule The rule: the new one, or the one that was there.
---@return boolean created Whether it is new.
function security_groups.allow(group, options) end

--- Let traffic through. When a rule for exactly this is there already, that rule is given and nothing changes, so allow may be repeated. IPv4 unless the remote addresses are of IPv6.
---@param options? security_groups.allow.options
---@return security_group_rule rule The rule: the new one, or the one that was there.
---@return boolean created Whether it is new.
function security_group:allow(options) end

---@class (exact) security_groups.deny.options
---@field protocol? any Protocol by name or number: "tcp", "udp", "icmp", 6 …; any when left out.
---@field port? any Port or range of ports: 22, "8000-8100" or { from = 8000, to = 8100 }; any when left out.
---@field ports? any The same as port.
---@field port_range_min? any First port, in place of port.
---@field port_range_max? any Last port, in place of port.
---@field icmp_type? any Type of ICMP: 8 is an echo request; any when left out.
---@field type? any The same as icmp_type.
---@field icmp_code? any Code of ICMP; any when left out.
---@field code? any The same as icmp_code.
---@field remote? security_group|string The other end: "10.0.0.0/8", "192.0.2.7", or a security group (object, ID or name) whose members are meant; anywhere when left out.
---@field remote_ip_prefix? string Addresses of the other end, in place of remote.
---@field remote_group_id? security_group|string Security group of the other end, in place of remote.
---@field remote_group? security_group|string The same as remote_group_id.
---@field remote_address_group_id? address_group|string Address group of the other end, in place of remote.
---@field remote_address_group? address_group|string The same as remote_address_group_id.
---@field direction? "ingress"|"egress" ingress is what comes in, egress what goes out. Default: ingress.
---@field ethertype? "IPv4"|"IPv6" Version of IP; as remote's addresses, else IPv4.

--- Take away the rules that are as described; what is not described may be anything, so { protocol = "tcp", port = 22 } takes away the rules for port 22 whatever their other end. A rule for a larger range stays: allows tells whether something is still let through.
---@param group security_group|string The security group: object, ID or name.
---@param options? security_groups.deny.options
---@return integer removed How many rules were taken away.
function security_groups.deny(group, options) end

--- Take away the rules that are as described; what is not described may be anything, so { protocol = "tcp", port = 22 } takes away the rules for port 22 whatever their other end. A rule for a larger range stays: allows tells whether something is still let through.
---@param options? security_groups.deny.options
---@return integer removed How many rules were taken away.
function security_group:deny(options) end

---@class (exact) security_groups.allows.options
---@field protocol? any Protocol by name or number: "tcp", "udp", "icmp", 6 …; any when left out.
---@field port? any Port or range of ports: 22, "8000-8100" or { from = 8000, to = 8100 }; any when left out.
---@field ports? any The same as port.
---@field port_range_min? any First port, in place of port.
---@field port_range_max? any Last port, in place of port.
---@field icmp_type? any Type of ICMP: 8 is an echo request; any when left out.
---@field type? any The same as icmp_type.
---@field icmp_code? any Code of ICMP; any when left out.
---@field code? any The same as icmp_code.
---@field remote? security_group|string The other end: "10.0.0.0/8", "192.0.2.7", or a security group (object, ID or name) whose members are meant; anywhere when left out.
---@field remote_ip_prefix? string Addresses of the other end, in place of remote.
---@field remote_group_id? security_group|string Security group of the other end, in place of remote.
---@field remote_group? security_group|string The same as remote_group_id.
---@field remote_address_group_id? address_group|string Address group of the other end, in place of remote.
---@field remote_address_group? address_group|string The same as remote_address_group_id.
---@field direction? "ingress"|"egress" ingress is what comes in, egress what goes out. Default: ingress.
---@field ethertype? "IPv4"|"IPv6" Version of IP; as remote's addresses, else IPv4.

--- Tell whether one of the group's rules lets all of this traffic through: without remote from anywhere, without port to every port.
---@param group security_group|string The security group: object, ID or name.
---@param options? security_groups.allows.options
---@return boolean allowed Whether a rule lets it through.
function security_groups.allows(group, options) end

--- Tell whether one of the group's rules lets all of this traffic through: without remote from anywhere, without port to every port.
---@param options? security_groups.allows.options
---@return boolean allowed Whether a rule lets it through.
function security_group:allows(options) end

---@class (exact) security_groups.rules.options
---@field id? string Only the one with this ID.
---@field direction? "ingress"|"egress" Only those for what comes in, or goes out.
---@field ethertype? "IPv4"|"IPv6" Only those for this version of IP.
---@field protocol? string Only those for this protocol, by the word they were made with: "tcp".
---@field port_range_min? integer Only those that begin at this port.
---@field port_range_max? integer Only those that end at this port.
---@field remote_ip_prefix? string Only those for exactly these addresses.
---@field remote_group_id? security_group|string Only those for members of this group.
---@field remote_group? security_group|string The same as remote_group_id.
---@field remote_address_group_id? address_group|string Only those for this address group.
---@field remote_address_group? address_group|string The same as remote_address_group_id.
---@field description? string Only those with exactly this description.
---@field project_id? project|string Only those of this project; of use to administrators.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field revision_number? integer Only those at this revision.
---@field sort_key? string Field to sort by, on the server.
---@field sort_dir? "asc"|"desc" Direction to sort in; needs sort_key. Default: asc.
---@field limit? integer At most this many in all.
---@field marker? string Begin after the one with this ID.

--- List rules: those of a group, or of all groups. The filters run on the server.
---@param group? security_group|string The security group: object, ID or name; all groups when left out.
---@param options? security_groups.rules.options
---@return security_group_rule[] rules The rules, in the server's order.
function security_groups.rules(group, options) end

--- List rules: those of a group, or of all groups. The filters run on the server.
---@param options? security_groups.rules.options
---@return security_group_rule[] rules The rules, in the server's order.
function security_group:rules(options) end

---@class (exact) security_groups.delete_rule.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete one rule.
---@param rule security_group_rule|string The rule: object or ID.
---@param options? security_groups.delete_rule.options
---@return boolean deleted Whether it was there.
function security_groups.delete_rule(rule, options) end

--- Give a security group these tags in place of those it has.
---@param group security_group|string The security group: object, ID or name.
---@param tags string[] The tags; an empty table takes all away.
function security_groups.set_tags(group, tags) end

--- Give a security group these tags in place of those it has.
---@param tags string[] The tags; an empty table takes all away.
function security_group:set_tags(tags) end

--- Give a security group one tag more.
---@param group security_group|string The security group: object, ID or name.
---@param tag string The tag.
function security_groups.add_tag(group, tag) end

--- Give a security group one tag more.
---@param tag string The tag.
function security_group:add_tag(tag) end

--- Take a tag from a security group; one it does not have is not_found.
---@param group security_group|string The security group: object, ID or name.
---@param tag string The tag.
function security_groups.remove_tag(group, tag) end

--- Take a tag from a security group; one it does not have is not_found.
---@param tag string The tag.
function security_group:remove_tag(tag) end

return security_groups
