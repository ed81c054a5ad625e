-- From the outside to a server: network, router, server, group, floating IP.
local networks, subnets, routers, servers, groups, floating_ips =
  require "networks", require "subnets", require "routers", require "servers", require "security_groups", require "floating_ips"

local net = networks.create { name = "plan-reach" }
local sub = subnets.create { name = "plan-reach-subnet", network = net, cidr = "10.83.0.0/24" }
local router = routers.create { name = "plan-reach-router", external_network = "public" }
router:add_subnet(sub)
local group = groups.create { name = "plan-reach-ssh" }
group:allow { protocol = "tcp", port = 22 }
local server = servers.create { name = "plan-reach-vm", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = net,
  security_groups = { group } }
local free
for _, fip in ipairs(floating_ips.list()) do
  if not fip.port_id and fip.description == "plan" then free = fip end
end
local fip = free or floating_ips.create { network = "public", description = "plan" }
server:add_floating_ip(fip)
server:set_metadata { address = fip.floating_ip_address }
