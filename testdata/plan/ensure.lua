-- What may be run as often as one likes.
local networks, subnets, routers, groups = require "networks", require "subnets", require "routers", require "security_groups"

local net = networks.ensure { name = "plan-ensured" }
local sub = subnets.ensure { name = "plan-ensured-subnet", network = net, cidr = "10.78.0.0/24", dns_nameservers = { "8.8.8.8" } }
local router = routers.ensure { name = "plan-ensured-router", external_network = "public" }
local joined = false
for _, port in ipairs(router:interfaces()) do
  for _, ip in ipairs(port.fixed_ips) do joined = joined or ip.subnet_id == sub.id end
end
if not joined then router:add_subnet(sub) end
local web = groups.ensure { name = "plan-web", description = "what the web needs" }
for _, port in ipairs { 80, 443 } do web:allow { protocol = "tcp", port = port } end
