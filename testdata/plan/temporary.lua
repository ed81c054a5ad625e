-- Made, changed and taken away again: only one thing is left in the end.
local networks, subnets, groups = require "networks", require "subnets", require "security_groups"

local net = networks.create { name = "plan-passing" }
defer(networks.delete, net)
local sub = subnets.create { name = "plan-passing-subnet", network = net, cidr = "10.81.0.0/24" }
defer(subnets.delete, sub)
sub:update { name = "plan-passing-renamed" }
local group = groups.create { name = "plan-left" }
group:allow { protocol = "icmp" }
group:deny { protocol = "icmp" }
group:allow { protocol = "tcp", port = 22 }
group:update { description = "what is left" }
