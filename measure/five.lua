-- The five plain calls of the README: network, subnet, router, interface, gateway.
local networks, subnets, routers = require "networks", require "subnets", require "routers"

local net = networks.create { name = "private_10.8.0.0", shared = false }
local sub = subnets.create { name = "private_10.8.0.0-subnet", network = net, cidr = "10.8.0.0/24",
  gateway_ip = "10.8.0.1", dns_nameservers = { "8.8.8.8" } }
local rtr = routers.create { name = "router_10.8.0.0" }
rtr:add_subnet(sub)
rtr:set_gateway("public")
