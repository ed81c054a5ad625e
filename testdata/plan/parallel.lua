-- Side by side: the order is the cloud's, the result is not.
local networks, subnets = require "networks", require "subnets"

local names = {}
for i = 1, 6 do names[i] = "plan-side" .. i end
local nets = task.map(names, function(name)
  sleep(#name % 3)
  return networks.create { name = name }
end, { limit = 3 })
task.map(nets, function(net, i)
  return subnets.create { name = net.name .. "-subnet", network = net, cidr = ("10.84.%d.0/24"):format(i) }
end)
local first = task.race { function() sleep(20); return "slow" end, function() sleep(2); return "quick" end }
networks.create { name = "plan-" .. first }
local _, late = try(task.timeout, "5s", function() sleep("1m") end)
if late then networks.create { name = "plan-" .. late.code } end
