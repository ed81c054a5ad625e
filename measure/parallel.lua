-- N servers with a port and a floating IP each, LIMIT at once, and their removal. Prints what that took, and what the
-- cloud itself took for the servers, from its own times.
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

local function seconds(time)
  local y, mo, d, h, mi, s = time:match "(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)"
  return os.time { year = y, month = mo, day = d, hour = h, min = mi, sec = s }
end

local addresses, building = {}, 0
local began = task.now()
local ok, err = pcall(task.map, names, function(name)
  local port = ports.create { name = name, network = private }
  local server = servers.create {
    name = name, image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", networks = { { port = port } }, timeout = "15m",
  }
  building = building + seconds(server["OS-SRV-USG:launched_at"]) - seconds(server.created)
  local address = floating_ips.create { network = public, port = port }
  addresses[#addresses + 1] = address
end, { limit = limit })
print(("%d servers, ports and floating IPs with a limit of %d after %.1f s"):format(n, limit, task.now() - began))
print(("the cloud built %.1f s in all: %.1f s at that width"):format(building, building / limit))

-- By name, not by what came back: what was stopped in the middle may be there too.
began = task.now()
task.map(addresses, function(a) floating_ips.delete(a) end, { limit = limit })
task.map(servers.list { name = "^" .. prefix .. "-" }, function(s) servers.delete(s, { timeout = "15m" }) end, { limit = limit })
task.map(names, function(name) ports.delete(name, { missing_ok = true }) end, { limit = limit })
print(("removed after %.1f s"):format(task.now() - began))
if not ok then error(err, 0) end
