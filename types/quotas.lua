---@meta quotas

--- How much of one thing a project may have, and has.
---@class quotas.Quota
---@field limit? integer How much it may have; -1 for no limit.
---@field in_use? integer? How much it has.
---@field reserved? integer? How much is being made just now.
---@field free? integer? How much more fits; nil without a limit.
---@field service? string Which service counts it: compute or network.

--- What does not fit into a quota.
---@class quotas.Shortage
---@field name? string Of what: "instances".
---@field needed? integer How much more was asked for.
---@field free? integer How much more fits.
---@field limit? integer How much the project may have.
---@field in_use? integer How much it has.

--- Quotas: how many servers, cores, networks and so on a project may have, and how many it has. Those of the compute and the networking service are in one table, by the names the modules have.
---@class quotas.module
local quotas = {}

--- Fetch the quotas of a project and what is in use: one's own, or for administrators another's.
---@param project? project|string The project: object, ID or name; your own when left out.
---@return table<string, quotas.Quota> quotas By name: instances, cores, ram, networks, ports, floating_ips …
function quotas.get(project) end

---@class (exact) quotas.check.options
---@field project? project|string Another project than your own, for administrators.
---@field project_id? project|string The same as project.
---@field instances? integer Servers.
---@field cores? integer Virtual processors.
---@field ram? integer Memory of servers, in MiB.
---@field key_pairs? integer Key pairs of each user.
---@field keypairs? integer The same as key_pairs.
---@field server_groups? integer Server groups.
---@field server_group_members? integer Servers in a server group.
---@field metadata_items? integer Metadata of a server.
---@field injected_files? integer Files put into a server.
---@field injected_file_content_bytes? integer Size of such a file, in bytes.
---@field injected_file_path_bytes? integer Length of such a file's path, in bytes.
---@field fixed_ips? integer Addresses of servers, on clouds without a networking service.
---@field networks? integer Networks.
---@field network? integer The same as networks.
---@field subnets? integer Subnets.
---@field subnet? integer The same as subnets.
---@field subnetpools? integer Subnet pools.
---@field subnetpool? integer The same as subnetpools.
---@field ports? integer Ports: each server, router interface and DHCP service has one or more.
---@field port? integer The same as ports.
---@field routers? integer Routers.
---@field router? integer The same as routers.
---@field floating_ips? integer Floating IPs, whether assigned or not.
---@field floatingip? integer The same as floating_ips.
---@field security_groups? integer Security groups.
---@field security_group? integer The same as security_groups.
---@field security_group_rules? integer Rules of security groups.
---@field security_group_rule? integer The same as security_group_rules.
---@field rbac_policies? integer Permissions to use another project's networks.
---@field rbac_policy? integer The same as rbac_policies.
---@field trunks? integer Trunks.
---@field trunk? integer The same as trunks.

--- Tell whether so much more would fit into the quotas. Another may take what is free in between.
---@param options? quotas.check.options
---@return boolean ok Whether it would.
---@return quotas.Shortage[] short What is short; empty when nothing is.
function quotas.check(options) end

---@class (exact) quotas.update.options
---@field instances? integer Servers.
---@field cores? integer Virtual processors.
---@field ram? integer Memory of servers, in MiB.
---@field key_pairs? integer Key pairs of each user.
---@field keypairs? integer The same as key_pairs.
---@field server_groups? integer Server groups.
---@field server_group_members? integer Servers in a server group.
---@field metadata_items? integer Metadata of a server.
---@field injected_files? integer Files put into a server.
---@field injected_file_content_bytes? integer Size of such a file, in bytes.
---@field injected_file_path_bytes? integer Length of such a file's path, in bytes.
---@field fixed_ips? integer Addresses of servers, on clouds without a networking service.
---@field networks? integer Networks.
---@field network? integer The same as networks.
---@field subnets? integer Subnets.
---@field subnet? integer The same as subnets.
---@field subnetpools? integer Subnet pools.
---@field subnetpool? integer The same as subnetpools.
---@field ports? integer Ports: each server, router interface and DHCP service has one or more.
---@field port? integer The same as ports.
---@field routers? integer Routers.
---@field router? integer The same as routers.
---@field floating_ips? integer Floating IPs, whether assigned or not.
---@field floatingip? integer The same as floating_ips.
---@field security_groups? integer Security groups.
---@field security_group? integer The same as security_groups.
---@field security_group_rules? integer Rules of security groups.
---@field security_group_rule? integer The same as security_group_rules.
---@field rbac_policies? integer Permissions to use another project's networks.
---@field rbac_policy? integer The same as rbac_policies.
---@field trunks? integer Trunks.
---@field trunk? integer The same as trunks.
---@field force? boolean Set a limit below what is in use. Default: false.

--- Change quotas of a project; for administrators. -1 means no limit.
---@param project project|string The project: object, ID or name.
---@param options? quotas.update.options
---@return table<string, quotas.Quota> quotas By name: instances, cores, ram, networks, ports, floating_ips …
function quotas.update(project, options) end

--- Give a project the default quotas again; for administrators.
---@param project project|string The project: object, ID or name.
function quotas.reset(project) end

---@class (exact) quotas.limits.options
---@field project? project|string Another project than your own, for administrators.
---@field project_id? project|string The same as project.
---@field reserved? boolean Count what is being made just now too.

--- Fetch what the compute service says of this project's limits, by its own names: also how much metadata a server may have.
---@param options? quotas.limits.options
---@return table<string, integer> limits maxTotalInstances, totalInstancesUsed, maxServerMeta …
function quotas.limits(options) end

return quotas
