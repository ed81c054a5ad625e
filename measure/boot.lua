-- A server, a floating IP that leads to it, a rule that lets SSH in; and all of it taken back.
local servers, floating_ips, security_groups = require "servers", require "floating_ips", require "security_groups"

local server = servers.create { name = "measure-boot", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
local address = floating_ips.create { network = "public" }
server:add_floating_ip(address)
local group = security_groups.default()
group:allow { protocol = "tcp", port = 22 }

group:deny { protocol = "tcp", port = 22 }
server:remove_floating_ip(address)
address:delete()
server:delete()
