-- A network of one's own that leads outside, a server on it, and a floating IP with SSH let in. Run again, it changes
-- nothing.
local networks, subnets, routers, servers, security_groups, floating_ips =
  require "networks", require "subnets", require "routers", require "servers", require "security_groups", require "floating_ips"

local net = networks.ensure { name = "reach" }
local sub, made = subnets.ensure { name = "reach", network = net, cidr = "10.21.0.0/24" }
local server, new
task.all {
  function()
    local router = routers.ensure { name = "reach", external_network = "public" }
    if made then router:add_subnet(sub) end
  end,
  function()
    local group = security_groups.ensure { name = "reach" }
    group:allow { protocol = "tcp", port = 22 }
    server, new = servers.ensure { name = "reach", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = net,
      security_groups = { group } }
  end,
}
if new then floating_ips.create { network = "public", server = server } end
