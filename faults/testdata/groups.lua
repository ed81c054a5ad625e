-- Security groups that name each other, and routers between their networks.
local security_groups, networks, subnets, routers, ports = require "security_groups", require "networks", require "subnets", require "routers", require "ports"
local floating_ips = require "floating_ips"

local groups = {}
for n = 1, 4 do groups[n] = security_groups.create { name = "ring-" .. n } end
for n, g in ipairs(groups) do
  local after = groups[n % #groups + 1]
  g:allow { protocol = "tcp", port = 1000 + n, remote_group = after }
  g:allow { protocol = "icmp" }
  security_groups.ensure { name = "ring-" .. n, description = "knows the next" }
end
groups[4]:deny { protocol = "icmp" }

for n = 1, 3 do
  local net = networks.create { name = "ring-" .. n }
  local sub = subnets.create { name = "ring-" .. n, network = net, cidr = "10.35." .. n .. ".0/24" }
  local rtr = routers.create { name = "ring-" .. n, external_network = n < 3 and "public" or nil }
  rtr:add_subnet(sub)
  local port = ports.create { name = "ring-" .. n, network = net, security_groups = { groups[n], groups[n + 1] } }
  if n < 3 then floating_ips.create { network = "public", port = port, description = "in the ring" } end
  if n == 3 then
    rtr:set_gateway("public")
    rtr:clear_gateway()
  end
end
