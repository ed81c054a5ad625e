-- Everything of a prefix is taken away, and made anew.
local networks, subnets, ports = require "networks", require "subnets", require "ports"

local gone = 0
for _, net in ipairs(networks.list()) do
  if net.name:find("^plan%-old") then
    for _, port in ipairs(ports.list { network_id = net.id }) do
      if port.device_owner == "" then port:delete() end
    end
    networks.delete(net)
    gone = gone + 1
  end
end
local net = networks.create { name = "plan-old" .. gone + 1 }
local sub = subnets.create { name = net.name .. "-subnet", network = net, cidr = "10.80.0.0/24" }
for i = 1, 2 do ports.create { name = net.name .. "-port" .. i, network = net } end
