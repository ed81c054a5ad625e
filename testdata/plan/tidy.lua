-- What is over is taken away: in order, and asked for again where it was in use.
local networks, subnets, routers, ports = require "networks", require "subnets", require "routers", require "ports"

local net = networks.find("plan-tidy")
if not net then
  net = networks.create { name = "plan-tidy" }
  local sub = subnets.create { name = "plan-tidy-subnet", network = net, cidr = "10.85.0.0/24" }
  routers.create { name = "plan-tidy-router" }:add_subnet(sub)
  return
end
local _, used = try(networks.delete, net)
print(used and used.code)
local router = routers.get("plan-tidy-router")
local _, joined = try(routers.delete, router)
print(joined and joined.code)
for _, sub in ipairs(subnets.list { network = net }) do
  router:remove_subnet(sub)
  sub:delete()
end
router:delete()
net:delete()
