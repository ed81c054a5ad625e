-- 20 networks with subnets on one router, and 10 servers: eight at a time. Run again, it changes nothing.
local networks, subnets, routers, servers =
  require "networks", require "subnets", require "routers", require "servers"

local function name(i) return string.format("fleet-%02d", i) end

local numbers = {}
for i = 1, 20 do numbers[i] = i end

local router = routers.ensure { name = "fleet", external_network = "public" }
task.map(numbers, function(i)
  local net = networks.ensure { name = name(i) }
  local sub, made = subnets.ensure { name = name(i), network = net, cidr = "10.20." .. i .. ".0/24" }
  if made then router:add_subnet(sub) end
  if i <= 10 then
    servers.ensure { name = name(i), image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = net }
  end
end, { limit = 8 })
