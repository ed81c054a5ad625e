-- Two servers on a network of their own, with what is there already counted.
local servers, networks, subnets, keypairs, flavors, images =
  require "servers", require "networks", require "subnets", require "keypairs", require "flavors", require "images"

local net = networks.create { name = "plan-inside" }
subnets.create { name = "plan-inside-subnet", network = net, cidr = "10.82.0.0/24" }
local key = keypairs.create { name = "plan-key", file = os.getenv("PLAN_DIR") and os.getenv("PLAN_DIR") .. "/plan-key" or nil }
local flavor = flavors.find("m1.nano") or flavors.list()[1]
local image
for _, one in ipairs(images.list()) do
  if one.name:find("cirros") then image = one end
end
local there = #servers.list { name = "^plan-vm" }
for i = there + 1, 2 do
  local server = servers.create { name = "plan-vm" .. i, image = image, flavor = flavor, network = net, key_name = key.name }
  server:set_metadata { number = tostring(i) }
  if i == 2 then server:stop() end
end
