-- N resources: for each twenty of them a network, its subnet and eighteen ports, made side by side, listed and removed.
-- Prints how long that took. (DevStack has room for a thousand networks: more than that are not made.)
--
--   oslua measure/scale.lua [N] [LIMIT]
local networks, ports, subnets, task = require "networks", require "ports", require "subnets", require "task"

local n, limit = tonumber(arg[1]) or 1000, tonumber(arg[2]) or 16
local items = {}
for i = 1, n / 20 do items[i] = i end

local function measured(what, fn)
  local began = task.now()
  local result = fn()
  local took = task.now() - began
  print(("%-14s %8.2f s %8.2f ms each"):format(what, took, 1000 * took / n))
  return result
end

measured("created", function()
  task.map(items, function(i)
    local net = networks.create { name = ("scale-%05d"):format(i) }
    subnets.create { name = net.name, network = net, cidr = ("10.%d.%d.0/24"):format(math.floor(i / 256), i % 256) }
    for p = 1, 18 do
      ports.create { name = net.name .. "-" .. p, network = net }
    end
  end, { limit = limit })
end)
local all = measured("listed", function()
  local list = { networks = {}, ports = {} }
  for net in networks.each() do
    if net.name:find "^scale%-" then table.insert(list.networks, net) end
  end
  for port in ports.each() do
    if port.name:find "^scale%-" then table.insert(list.ports, port) end
  end
  return list
end)
assert(#all.networks == #items and #all.ports == 18 * #items)
measured("removed", function()
  task.map(all.ports, function(port) ports.delete(port) end, { limit = limit })
  task.map(all.networks, function(net) networks.delete(net) end, { limit = limit })
end)
