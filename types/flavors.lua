---@meta flavors

---@class flavor
---@field id string Its ID; it may look like a name: "42", "d1".
---@field name string Its name.
---@field vcpus integer Number of processors.
---@field ram integer Memory in MiB.
---@field disk integer Size of the root disk in GiB; 0 takes the image's.
---@field ["OS-FLV-EXT-DATA:ephemeral"] integer Size of a second, empty disk in GiB.
---@field swap integer Size of the swap disk in MiB.
---@field rxtx_factor number Share of bandwidth.
---@field ["os-flavor-access:is_public"] boolean Whether every project may use it.
---@field ["OS-FLV-DISABLED:disabled"] boolean Whether an administrator put it out of use.
---@field description string? A few words about it.
---@field extra_specs table<string,string>? What it asks of hosts beyond its size; nil where you may not see it.
---@field links table[] Its addresses in the API.
local flavor = {}

--- Flavors: the sizes a server can have, in processors, memory and disk. A flavor's ID may look like a name ("42", "d1") and the service cannot search by name, so a flavor given as text is found in one list of all of them: by ID first, then by name. Administrators make flavors; everyone uses them.
---@class flavors.module
local flavors = {}

---@class (exact) flavors.list.options
---@field min_disk? integer Only those with at least so large a disk, in GiB.
---@field minDisk? integer The same as min_disk.
---@field min_ram? integer Only those with at least so much memory, in MiB.
---@field minRam? integer The same as min_ram.
---@field is_public? boolean false lists those that only some projects may use; for administrators. Default: true.
---@field all? boolean Public and private ones alike; for administrators.
---@field sort_key? string Field to sort by, on the server: flavorid, name, memory_mb, root_gb, vcpus … Default: flavorid.
---@field sort_dir? "asc"|"desc" Direction to sort in. Default: asc.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.

--- List flavors. The filters run on the server.
---@param options? flavors.list.options
---@return flavor[] flavors The flavors, by ID.
function flavors.list(options) end

---@class (exact) flavors.each.options
---@field min_disk? integer Only those with at least so large a disk, in GiB.
---@field minDisk? integer The same as min_disk.
---@field min_ram? integer Only those with at least so much memory, in MiB.
---@field minRam? integer The same as min_ram.
---@field is_public? boolean false lists those that only some projects may use; for administrators. Default: true.
---@field all? boolean Public and private ones alike; for administrators.
---@field sort_key? string Field to sort by, on the server: flavorid, name, memory_mb, root_gb, vcpus … Default: flavorid.
---@field sort_dir? "asc"|"desc" Direction to sort in. Default: asc.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.

--- Go through flavors, fetching a page at a time: for long lists.
---@param options? flavors.each.options
---@return fun(): flavor iterator For the generic for.
function flavors.each(options) end

--- Fetch a flavor anew: an object by its ID, text by one list of all flavors.
---@param flavor flavor|string The flavor: object, ID or name.
---@return flavor flavor The flavor as it is now.
function flavors.get(flavor) end

--- Fetch a flavor anew: an object by its ID, text by one list of all flavors.
---@return flavor flavor The flavor as it is now.
function flavor:get() end

--- Look whether there is a flavor of this ID or name.
---@param flavor flavor|string The flavor: object, ID or name.
---@return flavor? flavor The flavor; nil when there is none.
function flavors.find(flavor) end

---@class (exact) flavors.create.options
---@field name string Its name, unlike any other's.
---@field ram integer Memory in MiB.
---@field vcpus integer Number of processors.
---@field disk integer Size of the root disk in GiB; 0 takes the image's.
---@field id? string Its ID; a new UUID when left out.
---@field swap? integer Size of the swap disk in MiB. Default: 0.
---@field ephemeral? integer Size of a second, empty disk in GiB. Default: 0.
---@field ["OS-FLV-EXT-DATA:ephemeral"]? integer The same as ephemeral.
---@field rxtx_factor? number Share of bandwidth; few clouds look at it. Default: 1.
---@field is_public? boolean false lets only the projects of add_access use it. Default: true.
---@field ["os-flavor-access:is_public"]? boolean The same as is_public.
---@field description? string A few words about it.
---@field extra_specs? table<string, string> What it asks of hosts beyond its size: set by a second request.

--- Create a flavor. For administrators.
---@param options flavors.create.options
---@return flavor flavor The new flavor.
function flavors.create(options) end

---@class (exact) flavors.update.options
---@field description string|false A few words about it; false for none.

--- Change a flavor's description, the one thing of it that can be changed: to change its size, make another. The object given stays as it was: use the one returned. For administrators.
---@param flavor flavor|string The flavor: object, ID or name.
---@param options flavors.update.options
---@return flavor flavor The flavor as it is now.
function flavors.update(flavor, options) end

--- Change a flavor's description, the one thing of it that can be changed: to change its size, make another. The object given stays as it was: use the one returned. For administrators.
---@param options flavors.update.options
---@return flavor flavor The flavor as it is now.
function flavor:update(options) end

---@class (exact) flavors.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a flavor. Servers that have it keep their size. For administrators.
---@param flavor flavor|string The flavor: object, ID or name.
---@param options? flavors.delete.options
---@return boolean deleted Whether it was there.
function flavors.delete(flavor, options) end

--- Delete a flavor. Servers that have it keep their size. For administrators.
---@param options? flavors.delete.options
---@return boolean deleted Whether it was there.
function flavor:delete(options) end

--- What a flavor asks of hosts beyond its size.
---@param flavor flavor|string The flavor: object, ID or name.
---@return table<string,string> specs The extra specs by name.
function flavors.extra_specs(flavor) end

--- What a flavor asks of hosts beyond its size.
---@return table<string,string> specs The extra specs by name.
function flavor:extra_specs() end

--- Set extra specs of a flavor; others stay. For administrators.
---@param flavor flavor|string The flavor: object, ID or name.
---@param specs table<string, string> The extra specs by name; their values are text.
---@return table<string,string> specs Those that were set.
function flavors.set_extra_specs(flavor, specs) end

--- Set extra specs of a flavor; others stay. For administrators.
---@param specs table<string, string> The extra specs by name; their values are text.
---@return table<string,string> specs Those that were set.
function flavor:set_extra_specs(specs) end

--- Take an extra spec from a flavor; one it does not have is not_found. For administrators.
---@param flavor flavor|string The flavor: object, ID or name.
---@param name string Name of the extra spec.
function flavors.remove_extra_spec(flavor, name) end

--- Take an extra spec from a flavor; one it does not have is not_found. For administrators.
---@param name string Name of the extra spec.
function flavor:remove_extra_spec(name) end

--- The projects that may use a private flavor. For administrators.
---@param flavor flavor|string The flavor: object, ID or name.
---@return string[] projects IDs of the projects.
function flavors.access(flavor) end

--- The projects that may use a private flavor. For administrators.
---@return string[] projects IDs of the projects.
function flavor:access() end

--- Let a project use a private flavor. For administrators.
---@param flavor flavor|string The flavor: object, ID or name.
---@param project project|string The project: object, ID or name.
---@return string[] projects IDs of the projects that may use it now.
function flavors.add_access(flavor, project) end

--- Let a project use a private flavor. For administrators.
---@param project project|string The project: object, ID or name.
---@return string[] projects IDs of the projects that may use it now.
function flavor:add_access(project) end

--- Let a project use a private flavor no longer. For administrators.
---@param flavor flavor|string The flavor: object, ID or name.
---@param project project|string The project: object, ID or name.
---@return string[] projects IDs of the projects that may use it still.
function flavors.remove_access(flavor, project) end

--- Let a project use a private flavor no longer. For administrators.
---@param project project|string The project: object, ID or name.
---@return string[] projects IDs of the projects that may use it still.
function flavor:remove_access(project) end

return flavors
