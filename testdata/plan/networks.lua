-- As many networks as are missing to three, each with its subnet, on one router.
local networks, subnets, routers = require "networks", require "subnets", require "routers"

local have = {}
for _, net in ipairs(networks.list()) do have[net.name] = net end
local router = routers.find("plan-router") or routers.create { name = "plan-router" }
for i = 1, 3 do
  local name = "plan-net" .. i
  local net = have[name] or networks.create { name = name }
  local sub = subnets.find(name .. "-subnet")
  if not sub then
    sub = subnets.create { name = name .. "-subnet", network = net, cidr = ("10.77.%d.0/24"):format(i) }
    router:add_subnet(sub)
  end
end
if not router.external_gateway_info then router:set_gateway("public") end
