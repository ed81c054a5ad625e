-- Three networks behind one router, with a way from tier to tier, and a server in each.
local networks, subnets, routers, ports = require "networks", require "subnets", require "routers", require "ports"
local security_groups, servers = require "security_groups", require "servers"

local rtr = routers.create { name = "tiers", description = "between the tiers" }
rtr:set_gateway("public")
local before
for n, tier in ipairs { "web", "app", "db" } do
  local net = networks.ensure { name = "tier-" .. tier }
  local sub = subnets.ensure { name = "tier-" .. tier, network = net, cidr = "10.32." .. n .. ".0/24", dns_nameservers = { "8.8.8.8" } }
  rtr:add_subnet(sub)
  local group = security_groups.create { name = "tier-" .. tier, description = "what reaches " .. tier }
  if before then
    group:allow { protocol = "tcp", port = 8000 + n, remote_group = before }
  else
    group:allow { protocol = "tcp", port = 80 }
  end
  local port = ports.create { name = "tier-" .. tier, network = net, security_groups = { group }, fixed_ips = { { subnet = sub, ip_address = "10.32." .. n .. ".10" } } }
  servers.create { name = "tier-" .. tier, image = "cirros-0.5.2-x86_64-disk", flavor = "m1.tiny", networks = { { port = port } }, metadata = { tier = tier } }
  before = group
end
rtr:add_route("10.99.0.0/24", "10.32.1.10")
rtr:update { name = "tiers-done" }
