-- A server, a floating IP that leads to it, a rule that lets SSH in; and all of it taken back.
local servers, floating_ips, security_groups = require "servers", require "floating_ips", require "security_groups"

local server = servers.create { name = "measure-boot", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
local address = floating_ips.create { network = "public", server = server }
local rule = security_groups.default():allow { protocol = "tcp", port = 22 }

security_groups.delete_rule(rule)
address:unassign()
address:delete()
server:delete()
