---@meta server_groups

---@class server_group
---@field id string Its ID.
---@field name string Its name; names need not be unique.
---@field policy string? affinity, anti-affinity, soft-affinity or soft-anti-affinity; nil on services older than 2.64, which have policies.
---@field rules table? { max_server_per_host = ... } where that was given.
---@field members string[] IDs of the servers in it.
---@field project_id string ID of the project it belongs to.
---@field user_id string ID of the user who made it.
local server_group = {}

--- Server groups: which hosts servers run on, seen from each other. Servers of an anti-affinity group run on hosts of their own, so that one host's end is not the end of all; those of an affinity group run on the same one. A server is put in a group when it is made: servers.create { scheduler_hints = { group = ... } }. A group cannot be changed.
---@class server_groups.module
local server_groups = {}

---@class (exact) server_groups.list.options
---@field all_projects? boolean Those of every project; for administrators.
---@field limit? integer At most this many; each{} takes it as the number of each page.
---@field offset? integer Leave out this many at the beginning.

--- List server groups. The service gives 1000 at the most.
---@param options? server_groups.list.options
---@return server_group[] groups The groups, in the server's order.
function server_groups.list(options) end

---@class (exact) server_groups.each.options
---@field all_projects? boolean Those of every project; for administrators.
---@field limit? integer At most this many; each{} takes it as the number of each page.
---@field offset? integer Leave out this many at the beginning.

--- Go through server groups, limit at a time.
---@param options? server_groups.each.options
---@return fun(): server_group iterator For the generic for.
function server_groups.each(options) end

--- Fetch a server group anew.
---@param group server_group|string The server group: object, ID or name.
---@return server_group group The group as it is now.
function server_groups.get(group) end

--- Fetch a server group anew.
---@return server_group group The group as it is now.
function server_group:get() end

--- Look whether there is a server group of this name or ID.
---@param group server_group|string The server group: object, ID or name.
---@return server_group? group The group; nil when there is none.
function server_groups.find(group) end

---@class (exact) server_groups.create.rules
---@field max_server_per_host integer How many of its servers may be on one host.

---@class (exact) server_groups.create.options
---@field name string Its name.
---@field policy "affinity"|"anti-affinity"|"soft-affinity"|"soft-anti-affinity" affinity: on one host; anti-affinity: each on a host of its own; the soft ones where that can be had.
---@field rules? server_groups.create.rules { max_server_per_host = ... }, for anti-affinity alone.

--- Create a server group.
---@param options server_groups.create.options
---@return server_group group The new group.
function server_groups.create(options) end

---@class (exact) server_groups.ensure.rules
---@field max_server_per_host integer How many of its servers may be on one host.

---@class (exact) server_groups.ensure.options
---@field name string Its name.
---@field policy "affinity"|"anti-affinity"|"soft-affinity"|"soft-anti-affinity" affinity: on one host; anti-affinity: each on a host of its own; the soft ones where that can be had.
---@field rules? server_groups.ensure.rules { max_server_per_host = ... }, for anti-affinity alone.

--- Make sure that there is a server group of this name. One with another policy or other rules is a conflict: they cannot be changed.
---@param options server_groups.ensure.options
---@return server_group group The group as it is now.
---@return boolean changed Whether it was created.
function server_groups.ensure(options) end

---@class (exact) server_groups.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a server group. Its servers stay, and where they are.
---@param group server_group|string The server group: object, ID or name.
---@param options? server_groups.delete.options
---@return boolean deleted Whether it was there.
function server_groups.delete(group, options) end

--- Delete a server group. Its servers stay, and where they are.
---@param options? server_groups.delete.options
---@return boolean deleted Whether it was there.
function server_group:delete(options) end

return server_groups
