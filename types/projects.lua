---@meta projects

---@class project
---@field id string Its ID.
---@field name string Its name, of which its domain has no other.
---@field description string A few words about it.
---@field enabled boolean Whether anyone can work in it.
---@field domain_id string ID of its domain.
---@field parent_id string? ID of the project it is below, or of its domain.
---@field is_domain boolean Whether it acts as a domain.
---@field tags string[] Its tags.
---@field options table Its options: immutable.
local project = {}

--- A role that someone has in a project.
---@class project.Member
---@field user? string? Name of the user; nil when a group has it.
---@field user_id? string? ID of the user.
---@field user_domain? string? Name of the user's domain.
---@field group? string? Name of the group.
---@field group_id? string? ID of the group.
---@field role? string Name of the role.
---@field role_id? string ID of the role.
---@field inherited? boolean? Whether it counts in the projects below only.

--- Projects: what servers, networks and the rest belong to, and what quotas are for. Who may do what in one is a matter of roles. Everyone sees the projects he works in; most of the rest is for administrators.
---@class projects.module
local projects = {}

---@class (exact) projects.list.options
---@field all? boolean Those of the whole cloud; for administrators. Default: false.
---@field name? string Only those with exactly this name.
---@field domain_id? domain|string Only those of this domain: object, ID or name.
---@field domain? domain|string The same as domain_id.
---@field enabled? boolean Only those in which one can work, or cannot.
---@field is_domain? boolean Only those that act as domains, or do not.
---@field parent_id? project|string Only those directly below this project.
---@field parent? project|string The same as parent_id.
---@field tags? string[] Only those with all of these tags.
---@field ["tags-any"]? string[] Only those with at least one of these tags.
---@field tags_any? string[] The same as tags-any.
---@field ["not-tags"]? string[] Only those without all of these tags.
---@field not_tags? string[] The same as not-tags.
---@field ["not-tags-any"]? string[] Only those without any of these tags.
---@field not_tags_any? string[] The same as not-tags-any.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.

--- List the projects you work in; with all, or with a filter, those of the whole cloud, which is for administrators.
---@param options? projects.list.options
---@return project[] projects The projects, in the server's order.
function projects.list(options) end

---@class (exact) projects.each.options
---@field all? boolean Those of the whole cloud; for administrators. Default: false.
---@field name? string Only those with exactly this name.
---@field domain_id? domain|string Only those of this domain: object, ID or name.
---@field domain? domain|string The same as domain_id.
---@field enabled? boolean Only those in which one can work, or cannot.
---@field is_domain? boolean Only those that act as domains, or do not.
---@field parent_id? project|string Only those directly below this project.
---@field parent? project|string The same as parent_id.
---@field tags? string[] Only those with all of these tags.
---@field ["tags-any"]? string[] Only those with at least one of these tags.
---@field tags_any? string[] The same as tags-any.
---@field ["not-tags"]? string[] Only those without all of these tags.
---@field not_tags? string[] The same as not-tags.
---@field ["not-tags-any"]? string[] Only those without any of these tags.
---@field not_tags_any? string[] The same as not-tags-any.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.

--- Go through projects, fetching a page at a time: for long lists.
---@param options? projects.each.options
---@return fun(): project iterator For the generic for.
function projects.each(options) end

--- Fetch a project anew. Who is no administrator finds those he works in.
---@param project project|string The project: object, ID or name.
---@return project project The project as it is now.
function projects.get(project) end

--- Fetch a project anew. Who is no administrator finds those he works in.
---@return project project The project as it is now.
function project:get() end

--- Look whether there is a project of this name or ID.
---@param project project|string The project: object, ID or name.
---@return project? project The project; nil when there is none that you may see.
function projects.find(project) end

---@class (exact) projects.create.options
---@field name string Its name, of which its domain may have no other.
---@field description? string A few words about it.
---@field enabled? boolean Whether anyone can work in it. Default: true.
---@field domain_id? domain|string Its domain: object, ID or name; your own when left out. It cannot be changed later.
---@field domain? domain|string The same as domain_id.
---@field is_domain? boolean Whether it acts as a domain. It cannot be changed later. Default: false.
---@field parent_id? project|string Project it is below: object, ID or name. It cannot be changed later.
---@field parent? project|string The same as parent_id.
---@field tags? string[] Tags it shall have and no others.
---@field options? table<string, any> Options: { immutable = true } keeps it from being changed.
---@field extra? table<string, any> Other members, which the service keeps and shows as they are.

--- Create a project; for administrators. Nobody works in it before grant.
---@param options projects.create.options
---@return project project The new project.
function projects.create(options) end

---@class (exact) projects.ensure.options
---@field name string Its name, of which its domain may have no other.
---@field description? string A few words about it.
---@field enabled? boolean Whether anyone can work in it. Default: true.
---@field domain_id? domain|string Its domain: object, ID or name; your own when left out. It cannot be changed later.
---@field domain? domain|string The same as domain_id.
---@field is_domain? boolean Whether it acts as a domain. It cannot be changed later. Default: false.
---@field parent_id? project|string Project it is below: object, ID or name. It cannot be changed later.
---@field parent? project|string The same as parent_id.
---@field tags? string[] Tags it shall have and no others.
---@field options? table<string, any> Options: { immutable = true } keeps it from being changed.
---@field extra? table<string, any> Other members, which the service keeps and shows as they are.

--- Make sure that there is a project of this name that is as described: create it, or change what differs; for administrators.
---@param options projects.ensure.options
---@return project project The project as it is now.
---@return boolean changed Whether it was created or changed.
function projects.ensure(options) end

---@class (exact) projects.update.options
---@field name? string New name.
---@field description? string A few words about it.
---@field enabled? boolean Whether anyone can work in it. Default: true.
---@field domain_id? domain|string Its domain: object, ID or name; your own when left out. It cannot be changed later.
---@field domain? domain|string The same as domain_id.
---@field is_domain? boolean Whether it acts as a domain. It cannot be changed later. Default: false.
---@field parent_id? project|string Project it is below: object, ID or name. It cannot be changed later.
---@field parent? project|string The same as parent_id.
---@field tags? string[] Tags it shall have and no others.
---@field options? table<string, any> Options: { immutable = true } keeps it from being changed.
---@field extra? table<string, any> Other members, which the service keeps and shows as they are.

--- Change a project; for administrators. The object given stays as it was: use the one returned.
---@param project project|string The project: object, ID or name.
---@param options? projects.update.options
---@return project project The project as it is now.
function projects.update(project, options) end

--- Change a project; for administrators. The object given stays as it was: use the one returned.
---@param options? projects.update.options
---@return project project The project as it is now.
function project:update(options) end

---@class (exact) projects.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a project; for administrators. What is in it is not deleted: the other services keep it.
---@param project project|string The project: object, ID or name.
---@param options? projects.delete.options
---@return boolean deleted Whether it was there.
function projects.delete(project, options) end

--- Delete a project; for administrators. What is in it is not deleted: the other services keep it.
---@param options? projects.delete.options
---@return boolean deleted Whether it was there.
function project:delete(options) end

--- List who has which role in a project; for administrators.
---@param project project|string The project: object, ID or name.
---@return project.Member[] members One for each role of each user or group.
function projects.members(project) end

--- List who has which role in a project; for administrators.
---@return project.Member[] members One for each role of each user or group.
function project:members() end

--- List the roles a user has in a project by himself, not by a group; for administrators.
---@param project project|string The project: object, ID or name.
---@param user user|string The user: object, ID or name.
---@return role[] roles Each with id and name.
function projects.roles(project, user) end

--- List the roles a user has in a project by himself, not by a group; for administrators.
---@param user user|string The user: object, ID or name.
---@return role[] roles Each with id and name.
function project:roles(user) end

--- Give a user a role in a project; one he has already stays. For administrators.
---@param project project|string The project: object, ID or name.
---@param user user|string The user: object, ID or name.
---@param role role|string The role: object, ID or name ("member", "reader", "admin").
function projects.grant(project, user, role) end

--- Give a user a role in a project; one he has already stays. For administrators.
---@param user user|string The user: object, ID or name.
---@param role role|string The role: object, ID or name ("member", "reader", "admin").
function project:grant(user, role) end

--- Take a role in a project from a user; one he does not have is not_found. For administrators.
---@param project project|string The project: object, ID or name.
---@param user user|string The user: object, ID or name.
---@param role role|string The role: object, ID or name ("member", "reader", "admin").
function projects.revoke(project, user, role) end

--- Take a role in a project from a user; one he does not have is not_found. For administrators.
---@param user user|string The user: object, ID or name.
---@param role role|string The role: object, ID or name ("member", "reader", "admin").
function project:revoke(user, role) end

--- Give all users of a group a role in a project; for administrators.
---@param project project|string The project: object, ID or name.
---@param group group|string The group: object, ID or name.
---@param role role|string The role: object, ID or name ("member", "reader", "admin").
function projects.grant_group(project, group, role) end

--- Give all users of a group a role in a project; for administrators.
---@param group group|string The group: object, ID or name.
---@param role role|string The role: object, ID or name ("member", "reader", "admin").
function project:grant_group(group, role) end

--- Take a role in a project from a group; one it does not have is not_found. For administrators.
---@param project project|string The project: object, ID or name.
---@param group group|string The group: object, ID or name.
---@param role role|string The role: object, ID or name ("member", "reader", "admin").
function projects.revoke_group(project, group, role) end

--- Take a role in a project from a group; one it does not have is not_found. For administrators.
---@param group group|string The group: object, ID or name.
---@param role role|string The role: object, ID or name ("member", "reader", "admin").
function project:revoke_group(group, role) end

return projects
