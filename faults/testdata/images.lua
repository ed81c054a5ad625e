-- Keys and images that were not there, servers made of them with user data, and a picture of one.
local images, keypairs, servers, networks, subnets = require "images", require "keypairs", require "servers", require "networks", require "subnets"

local net = networks.create { name = "gallery" }
subnets.create { name = "gallery", network = net, cidr = "10.33.0.0/24" }
local pair = keypairs.create { name = "gallery", public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHk5GZQzYPfMbmTgnMt0sUZkH4FK1hKIpGfD5yF3Xtz gallery" }
for n = 1, 4 do
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(("x"):rep(4096))
  file:close()
  defer(function() os.remove(path) end)
  local image = images.create { name = "gallery-" .. n, disk_format = "raw", container_format = "bare", min_disk = 1, tags = { "gallery" }, file = path }
  local server = servers.create {
    name = "gallery-" .. n, image = image, flavor = "m1.tiny", network = net, key_name = pair,
    user_data = "#!/bin/sh\necho sesame-7c1f-user-data\n", admin_pass = "sesame-7c1f-admin",
    description = "with a secret", tags = { "gallery" },
  }
  if n == 1 then
    server:set_metadata { role = "first" }
    server:create_image { name = "gallery-picture" }
  elseif n == 2 then
    server:stop()
  else
    server:delete()
    image:update { name = "gallery-unused-" .. n, protected = true }
  end
end
