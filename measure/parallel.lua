-- N servers with a port and a floating IP each, LIMIT at once, and their removal. Prints what the run took.
--
--   oslua measure/parallel.lua [N] [LIMIT] [NAME]
local floating_ips, networks, ports, servers, task =
  require "floating_ips", require "networks", require "ports", require "servers", require "task"

local n, limit, prefix = tonumber(arg[1]) or 50, tonumber(arg[2]) or 8, arg[3] or "measured"
local names = {}
for i = 1, n do
  names[i] = ("%s-%02d"):format(prefix, i)
end
local private, public = networks.get "private", networks.get "public"
local addresses = {}

-- By name, not by what came back: what was stopped in the middle may be there too.
defer(function()
  local began = task.now()
  task.map(addresses, function(a) floating_ips.delete(a) end, { limit = limit })
  task.map(servers.list { name = "^" .. prefix .. "-" }, function(s) servers.delete(s) end, { limit = limit })
  task.map(names, function(name) ports.delete(name, { missing_ok = true }) end, { limit = limit })
  print(("removed after %.1f s"):format(task.now() - began))
end)

local began = task.now()
task.map(names, function(name)
  local port = ports.create { name = name, network = private }
  servers.create {
    name = name, image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", networks = { { port = port } }, timeout = "10m",
  }
  addresses[#addresses + 1] = floating_ips.create { network = public, port = port }
end, { limit = limit })
print(("%d servers, ports and floating IPs with a limit of %d after %.1f s"):format(n, limit, task.now() - began))
