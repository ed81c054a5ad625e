-- Takes back what the measured programs made, so that each run starts from the same cloud.
local networks, subnets, routers = require "networks", require "subnets", require "routers"

for _, rtr in ipairs(routers.list { name = "router_10.8.0.0" }) do
  rtr:clear_gateway()
  for _, sub in ipairs(subnets.list { name = "private_10.8.0.0-subnet" }) do
    try(function() rtr:remove_subnet(sub) end)
  end
  rtr:delete()
end
for _, net in ipairs(networks.list { name = "private_10.8.0.0" }) do net:delete() end
