-- Failures that are met: each is refused, and the script goes on another way.
local networks, subnets = require "networks", require "subnets"

local net = networks.create { name = "plan-tried" }
local sub = subnets.create { name = "plan-tried-a", network = net, cidr = "10.79.0.0/24" }
-- The same range again overlaps; the next one is taken.
local ok, err = pcall(subnets.create, { name = "plan-tried-b", network = net, cidr = "10.79.0.0/25" })
if not ok then
  print(err.code)
  subnets.create { name = "plan-tried-b", network = net, cidr = "10.79.1.0/24" }
end
local _, missing = try(networks.get, "plan-not-there")
if missing and missing.code == "not_found" then networks.update(net, { description = "alone" }) end
local _, refused = try(networks.create, { name = "plan-bad", mtu = -5 })
print(refused and refused.code)
