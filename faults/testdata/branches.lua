-- Loops that try, fail on purpose, clean up some of it and go on.
local networks, subnets, ports, routers = require "networks", require "subnets", require "ports", require "routers"

local kept = {}
for n = 1, 6 do
  local name = "branch-" .. n
  local ok = pcall(function()
    local net = networks.create { name = name, description = n % 2 == 0 and "even" or "" }
    local sub = subnets.create { name = name, network = net, cidr = "10.34." .. n .. ".0/24" }
    if n == 3 then error("a mistake of the script's own") end
    if n == 4 then subnets.create { name = name .. "-twin", network = net, cidr = "10.34." .. n .. ".0/25" } end
    kept[#kept + 1] = { net = net, sub = sub }
  end)
  if not ok and n == 4 then
    local gone = networks.find(name)
    if gone then gone:delete() end
  end
end
for i, k in ipairs(kept) do
  if i % 2 == 1 then
    local rtr = routers.ensure { name = "branch-" .. i }
    rtr:add_subnet(k.sub)
  else
    for m = 1, 2 do
      local port = ports.ensure { name = "branch-" .. i .. "-" .. m, network = k.net }
      if m == 2 then port:update { name = "branch-" .. i .. "-renamed", admin_state_up = false } end
    end
  end
end
local value, problem = try(networks.get, "branch-that-is-not-there")
if problem and problem.code == "not_found" then networks.create { name = "branch-last" } end
