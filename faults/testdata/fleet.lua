-- Servers side by side, each on a port of its own with a floating IP.
local networks, subnets, routers, ports = require "networks", require "subnets", require "routers", require "ports"
local servers, floating_ips = require "servers", require "floating_ips"

local net = networks.create { name = "fleet", mtu = 1400 }
local sub = subnets.create { name = "fleet", network = net, cidr = "10.31.0.0/24" }
local rtr = routers.create { name = "fleet", external_network = "public" }
rtr:add_subnet(sub)

local names = {}
for n = 1, 5 do names[n] = "fleet-" .. n end
task.map(names, function(name)
  local port = ports.create { name = name, network = net, tags = { "fleet", name } }
  local server = servers.create { name = name, image = "cirros-0.5.2-x86_64-disk", flavor = "m1.tiny", networks = { { port = port } } }
  local ip = floating_ips.create { network = "public" }
  server:add_floating_ip(ip)
end, { limit = 3 })
