-- Lab 1-4: network → subnet → router → gateway, and a server inside that reaches the outside.
-- 실습 1-4: 네트워크 → 서브넷 → 라우터 → 게이트웨이, 그리고 밖에 닿는 안쪽 서버.
local lab = require "lab"
local networks, subnets, ports, routers, servers =
  require "networks", require "subnets", require "ports", require "routers", require "servers"

local NETWORK, SUBNET, ROUTER = "private_10.8.0.0", "private_10.8.0.0-subnet", "router_10.8.0.0"
local CIDR, GATEWAY, DNS, PUBLIC = "10.8.0.0/24", "10.8.0.1", "8.8.8.8", "public"
local SERVER, FLAVOR, IMAGE = "inside", "m1.nano", "cirros-0.5.2-x86_64-disk"

-- The router's port in the subnet, or nil.
local function interface(s)
  for _, port in ipairs(ports.list { device_id = s.router.id }) do
    for _, ip in ipairs(port.fixed_ips) do
      if ip.subnet_id == s.subnet.id then return port end
    end
  end
end

-- The address outside that the server tries: the first of the router's network there, where most clouds, DevStack too,
-- have somebody who answers.
local function outside(s)
  if s.options.outside then return s.options.outside end
  local ips = s.gateway and s.gateway.external_fixed_ips
  return ips and ips[1] and ips[1].ip_address:gsub("%d+$", "1") or "172.24.4.1"
end

-- What the server does when it starts. It tries more than once: the router needs a moment for its new port.
local function user_data(address)
  local ping = "ping -c 3 " .. address
  return "#!/bin/sh\n" .. table.concat({ ping, ping, ping, ping }, " || ") .. "\n"
end

local function addresses(server, network)
  local ips = {}
  for _, address in ipairs(server.addresses and server.addresses[network.name] or {}) do ips[#ips + 1] = address.addr end
  return ips
end

-- What of the lab is there, as topology.data() has it.
local function picture(s)
  local data = { networks = { { id = PUBLIC, name = PUBLIC, external = true, hidden = true } } }
  if s.network then
    local sub = s.subnet
    data.networks[2] = { id = s.network.id, name = s.network.name,
      subnets = sub and { { id = sub.id, name = sub.name, cidr = sub.cidr, gateway_ip = sub.gateway_ip } } or nil }
  end
  if s.router then
    local out = s.gateway and s.gateway.external_fixed_ips
    data.routers = { { id = s.router.id, name = s.router.name,
      gateway = s.gateway and { network_id = PUBLIC, port_id = "gateway", addresses = { out and out[1] and out[1].ip_address } } or nil,
      interfaces = s.interface and { { network_id = s.network.id, port_id = "interface", addresses = { s.subnet.gateway_ip } } } or nil } }
  end
  if s.server then
    data.servers = { { id = s.server.id, name = s.server.name,
      interfaces = { { network_id = s.network.id, port_id = "server", addresses = addresses(s.server, s.network) } } } }
  end
  return data
end

local function first_dns(subnet)
  return subnet.dns_nameservers and subnet.dns_nameservers[1] or "none"
end

return lab.define {
  id = "1-4",
  title = {
    en = "Join a private network to the public one",
    ko = "사설 네트워크를 공용 네트워크에 연결하기",
  },
  options = { outside = "the address outside that the server tries" },
  picture = picture,
  steps = {
    {
      id = "network",
      title = {
        en = "Create the network " .. NETWORK .. ", for this project alone",
        ko = "이 프로젝트만 쓰는 네트워크 " .. NETWORK .. " 만들기",
      },
      why = {
        en = "A network is a wire of your own. Nothing is on it yet, not even addresses.",
        ko = "네트워크는 나만의 전선입니다. 아직 아무것도, 주소조차 없습니다.",
      },
      hints = {
        en = {
          "What comes before addresses? Look for 'network create'.",
          "Give it the name " .. NETWORK .. " and do not share it: a shared network is every project's.",
          "networks.create { name = \"" .. NETWORK .. "\", shared = false }; a refused '—no-share' is a long dash from a web page: type two '-'.",
        },
        ko = {
          "주소보다 먼저 필요한 것은? 'network create'를 찾아보세요.",
          "이름은 " .. NETWORK .. ", 공유하지 않습니다. 공유 네트워크는 모든 프로젝트의 것입니다.",
          "networks.create { name = \"" .. NETWORK .. "\", shared = false }. '—no-share'가 거부되면 웹에서 복사한 긴 줄표입니다. '-'를 두 번 입력하세요.",
        },
      },
      lua = [[networks.create { name = "private_10.8.0.0", shared = false }]],
      openstack = [[openstack network create --no-share private_10.8.0.0]],
      curl = [[curl -X POST "$NEUTRON/v2.0/networks" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"network": {"name": "private_10.8.0.0", "shared": false}}']],
      check = function()
        local net = networks.find(NETWORK)
        if net and net.shared then
          return net, { en = NETWORK .. " is shared; it should be private", ko = NETWORK .. " 이(가) 공유되어 있습니다. 비공유여야 합니다" }
        end
        if net and net["router:external"] then
          return net, { en = NETWORK .. " is external; it should be internal", ko = NETWORK .. " 이(가) 외부 네트워크입니다. 내부여야 합니다" }
        end
        return net
      end,
      run = function(s)
        if s.network then return networks.update(s.network, { shared = false, external = false }) end
        return networks.create { name = NETWORK, shared = false }
      end,
      undo = function(s) networks.delete(s.network) end,
    },
    {
      id = "subnet",
      needs = { "network" },
      title = {
        en = "Create the subnet " .. SUBNET .. " with " .. CIDR .. ", gateway " .. GATEWAY .. ", DNS " .. DNS,
        ko = SUBNET .. " 서브넷 만들기: " .. CIDR .. ", 게이트웨이 " .. GATEWAY .. ", DNS " .. DNS,
      },
      why = {
        en = "A subnet gives the network its addresses, and tells each server where the way out is.",
        ko = "서브넷은 네트워크에 주소를 주고, 밖으로 나가는 길을 서버에 알려 줍니다.",
      },
      hints = {
        en = {
          "A network without a subnet has no addresses to give.",
          "The subnet belongs to the network of the first step; its range is " .. CIDR .. ".",
          "subnets.create with network, cidr, gateway_ip = \"" .. GATEWAY .. "\" and dns_nameservers = { \"" .. DNS .. "\" }; one that is wrong is mended by subnets.update.",
        },
        ko = {
          "서브넷이 없는 네트워크는 줄 주소가 없습니다.",
          "서브넷은 첫 단계의 네트워크에 속하고, 범위는 " .. CIDR .. " 입니다.",
          "subnets.create 에 network, cidr, gateway_ip = \"" .. GATEWAY .. "\", dns_nameservers = { \"" .. DNS .. "\" }. 잘못된 것은 subnets.update 로 고칩니다.",
        },
      },
      lua = [[subnets.create { name = "private_10.8.0.0-subnet", network = "private_10.8.0.0", cidr = "10.8.0.0/24",
  gateway_ip = "10.8.0.1", dns_nameservers = { "8.8.8.8" } }]],
      openstack = [[openstack subnet create --network private_10.8.0.0 --subnet-range 10.8.0.0/24 \
  --gateway 10.8.0.1 --dns-nameserver 8.8.8.8 private_10.8.0.0-subnet]],
      curl = [[curl -X POST "$NEUTRON/v2.0/subnets" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"subnet": {"name": "private_10.8.0.0-subnet", "network_id": "NETWORK_ID", "ip_version": 4,
       "cidr": "10.8.0.0/24", "gateway_ip": "10.8.0.1", "dns_nameservers": ["8.8.8.8"]}}']],
      check = function(s)
        if #s.network.subnets == 0 then return nil end
        for _, sub in ipairs(subnets.list { network = s.network }) do
          if sub.cidr == CIDR then
            if sub.gateway_ip ~= GATEWAY then
              return sub, { en = "its gateway is " .. tostring(sub.gateway_ip) .. ", not " .. GATEWAY,
                ko = "게이트웨이가 " .. GATEWAY .. " 이 아니라 " .. tostring(sub.gateway_ip) .. " 입니다" }
            elseif first_dns(sub) ~= DNS then
              return sub, { en = "its DNS server is " .. first_dns(sub) .. ", not " .. DNS,
                ko = "DNS 서버가 " .. DNS .. " 이 아니라 " .. first_dns(sub) .. " 입니다" }
            end
            return sub
          end
        end
        return nil, { en = "the network has no subnet with " .. CIDR, ko = "네트워크에 " .. CIDR .. " 서브넷이 없습니다" }
      end,
      run = function(s)
        if s.subnet then
          return subnets.update(s.subnet, { gateway_ip = GATEWAY, dns_nameservers = { DNS } })
        end
        return subnets.create { name = SUBNET, network = s.network, cidr = CIDR, gateway_ip = GATEWAY,
          dns_nameservers = { DNS } }
      end,
      undo = function(s) subnets.delete(s.subnet) end,
      show = function(sub) return (sub.name ~= "" and sub.name .. " " or "") .. sub.cidr end,
    },
    {
      id = "router",
      title = { en = "Create the router " .. ROUTER, ko = ROUTER .. " 라우터 만들기" },
      why = {
        en = "A router joins networks. Alone it joins none: that is what the next two steps are for.",
        ko = "라우터는 네트워크를 잇습니다. 혼자서는 아무것도 잇지 않으니, 다음 두 단계가 필요합니다.",
      },
      hints = {
        en = {
          "What joins two networks?",
          "Only a name is needed: " .. ROUTER .. ".",
          "routers.create { name = \"" .. ROUTER .. "\" }",
        },
        ko = {
          "두 네트워크를 잇는 것은?",
          "이름만 있으면 됩니다: " .. ROUTER .. ".",
          "routers.create { name = \"" .. ROUTER .. "\" }",
        },
      },
      lua = [[routers.create { name = "router_10.8.0.0" }]],
      openstack = [[openstack router create router_10.8.0.0]],
      curl = [[curl -X POST "$NEUTRON/v2.0/routers" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" -d '{"router": {"name": "router_10.8.0.0"}}']],
      check = function() return routers.find(ROUTER) end,
      run = function() return routers.create { name = ROUTER } end,
      undo = function(s) routers.delete(s.router) end,
    },
    {
      id = "interface",
      needs = { "subnet", "router" },
      title = { en = "Add the subnet to the router", ko = "서브넷을 라우터에 연결하기" },
      why = {
        en = "The router gets a port in the subnet, with the gateway's address " .. GATEWAY .. ".",
        ko = "라우터가 서브넷 안에 게이트웨이 주소 " .. GATEWAY .. " 을 가진 포트를 얻습니다.",
      },
      hints = {
        en = {
          "The router does not know of the subnet yet.",
          "The subnet is added to the router, which then has a port in it.",
          "routers.add_subnet(\"" .. ROUTER .. "\", \"" .. SUBNET .. "\")",
        },
        ko = {
          "라우터는 아직 서브넷을 모릅니다.",
          "서브넷을 라우터에 추가하면 라우터가 그 안에 포트를 갖습니다.",
          "routers.add_subnet(\"" .. ROUTER .. "\", \"" .. SUBNET .. "\")",
        },
      },
      lua = [[routers.add_subnet("router_10.8.0.0", "private_10.8.0.0-subnet")]],
      openstack = [[openstack router add subnet router_10.8.0.0 private_10.8.0.0-subnet]],
      curl = [[curl -X PUT "$NEUTRON/v2.0/routers/ROUTER_ID/add_router_interface" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"subnet_id": "SUBNET_ID"}']],
      check = interface,
      run = function(s) return s.router:add_subnet(s.subnet) end,
      undo = function(s) s.router:remove_subnet(s.subnet) end,
      show = function() return ROUTER .. " - " .. SUBNET end,
    },
    {
      id = "gateway",
      needs = { "router" },
      title = { en = "Set the router's external gateway to " .. PUBLIC, ko = "라우터의 외부 게이트웨이를 " .. PUBLIC .. " 으로 정하기" },
      why = {
        en = "Without it the router leads nowhere. It is the step most often forgotten.",
        ko = "이것이 없으면 라우터는 어디로도 나가지 못합니다. 가장 자주 잊는 단계입니다.",
      },
      hints = {
        en = {
          "Servers reach the router. And from there?",
          "The subnet's gateway and the router's external gateway are two things: the second is what is missing.",
          "routers.set_gateway(\"" .. ROUTER .. "\", \"" .. PUBLIC .. "\")",
        },
        ko = {
          "서버는 라우터까지 갑니다. 그다음은?",
          "서브넷의 게이트웨이와 라우터의 외부 게이트웨이는 다른 것입니다. 빠진 것은 둘째입니다.",
          "routers.set_gateway(\"" .. ROUTER .. "\", \"" .. PUBLIC .. "\")",
        },
      },
      lua = [[routers.set_gateway("router_10.8.0.0", "public")]],
      openstack = [[openstack router set --external-gateway public router_10.8.0.0]],
      curl = [[curl -X PUT "$NEUTRON/v2.0/routers/ROUTER_ID" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"router": {"external_gateway_info": {"network_id": "PUBLIC_ID"}}}']],
      check = function(s)
        local info = s.router.external_gateway_info
        if not info then
          return nil, { en = "the router has no external gateway", ko = "라우터에 외부 게이트웨이가 없습니다" }
        end
        local public = networks.find(PUBLIC)
        if not public or info.network_id ~= public.id then
          return nil, { en = "the router's gateway is on another network than " .. PUBLIC,
            ko = "라우터의 게이트웨이가 " .. PUBLIC .. " 이 아닌 네트워크에 있습니다" }
        end
        return info
      end,
      run = function(s) return s.router:set_gateway(PUBLIC).external_gateway_info end,
      undo = function(s) s.router:clear_gateway() end,
      show = function(info)
        local ip = info.external_fixed_ips and info.external_fixed_ips[1]
        return ROUTER .. " - " .. PUBLIC .. (ip and " " .. ip.ip_address or "")
      end,
    },
    {
      id = "way",
      needs = { "network", "subnet", "router", "interface", "gateway" },
      title = { en = "Check the way: network → subnet → router → " .. PUBLIC, ko = "경로 확인: 네트워크 → 서브넷 → 라우터 → " .. PUBLIC },
      why = {
        en = "Asked anew, the cloud itself must show every link of the way.",
        ko = "클라우드에 다시 물어, 경로의 모든 고리가 정말 있는지 봅니다.",
      },
      hints = {
        en = {
          "Which link of network → subnet → router → public is missing? The check says it.",
          "Ask oslua for a picture: topology.show().",
          "Run the lab again: it does what is missing and leaves the rest.",
        },
        ko = {
          "네트워크 → 서브넷 → 라우터 → public 중 어느 고리가 빠졌을까요? 확인 결과가 알려 줍니다.",
          "그림으로 보세요: topology.show().",
          "실습을 다시 실행하면 빠진 것만 합니다.",
        },
      },
      lua = [[require("topology").show()]],
      openstack = [[openstack router show router_10.8.0.0]],
      curl = [[curl "$NEUTRON/v2.0/ports?device_id=ROUTER_ID" -H "X-Auth-Token: $TOKEN"]],
      check = function(s)
        local router = routers.get(s.router.id)
        if router.status ~= "ACTIVE" then
          return nil, { en = "the router is " .. router.status, ko = "라우터 상태가 " .. router.status .. " 입니다" }
        end
        local out = router.external_gateway_info
        if not out or out.network_id ~= s.gateway.network_id then
          return nil, { en = "the router does not lead to " .. PUBLIC, ko = "라우터가 " .. PUBLIC .. " 으로 이어지지 않습니다" }
        end
        local port = interface(s)
        if not port or port.network_id ~= s.network.id then
          return nil, { en = "the router has no port in the subnet", ko = "라우터에 이 서브넷의 포트가 없습니다" }
        end
        return true
      end,
      show = function() return CIDR .. " → " .. ROUTER .. " → " .. PUBLIC end,
    },
    {
      id = "server",
      needs = { "network", "subnet" },
      title = { en = "Start a server inside that tries the outside", ko = "밖으로 나가 보는 서버를 안쪽에 띄우기" },
      why = {
        en = "A way is proved by a packet. The server pings an address outside as soon as it runs, and its console shows the answer.",
        ko = "길은 패킷으로 증명됩니다. 서버는 켜지자마자 바깥 주소로 ping 을 보내고, 응답은 콘솔에 보입니다.",
      },
      hints = {
        en = {
          "Which network does a new server have to be plugged into?",
          "User data is what a server runs at its first start: a script that begins with #!/bin/sh.",
          "servers.create { name = \"inside\", flavor = \"m1.nano\", image = \"cirros-0.5.2-x86_64-disk\", network = \"private_10.8.0.0\", user_data = \"#!/bin/sh\\nping -c 3 172.24.4.1\\n\" }",
        },
        ko = {
          "새 서버를 어느 네트워크에 연결해야 할까요?",
          "user data 는 서버가 처음 켜질 때 실행하는 것입니다: #!/bin/sh 로 시작하는 스크립트.",
          "servers.create { name = \"inside\", flavor = \"m1.nano\", image = \"cirros-0.5.2-x86_64-disk\", network = \"private_10.8.0.0\", user_data = \"#!/bin/sh\\nping -c 3 172.24.4.1\\n\" }",
        },
      },
      lua = [[servers.create { name = "inside", flavor = "m1.nano", image = "cirros-0.5.2-x86_64-disk",
  network = "private_10.8.0.0", user_data = "#!/bin/sh\nping -c 3 172.24.4.1\n" }]],
      openstack = [[printf '#!/bin/sh\nping -c 3 172.24.4.1\n' > ping.sh
openstack server create --flavor m1.nano --image cirros-0.5.2-x86_64-disk --network private_10.8.0.0 \
  --user-data ping.sh --wait inside]],
      curl = [[curl -X POST "$NOVA/servers" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"server": {"name": "inside", "flavorRef": "FLAVOR_ID", "imageRef": "IMAGE_ID", "networks": [{"uuid": "NETWORK_ID"}],
       "user_data": "'$(printf '#!/bin/sh\nping -c 3 172.24.4.1\n' | base64)'"}}']],
      check = function(s)
        local found
        for _, server in ipairs(servers.list()) do
          -- One that failed has no addresses.
          if #addresses(server, s.network) > 0 or server.name == SERVER and next(server.addresses or {}) == nil then
            if server.name == SERVER or not found then found = server end
          end
        end
        if found and found.status ~= "ACTIVE" then
          local why = found.fault and found.fault.message or found.status
          return found, { en = found.name .. " is not running: " .. why, ko = found.name .. " 이(가) 실행 중이 아닙니다: " .. why }
        end
        return found
      end,
      run = function(s)
        if s.server and s.server.status == "SHUTOFF" then return s.server:start() end
        if s.server and s.server.status ~= "ERROR" then return s.server:wait() end
        if s.server then s.server:delete() end
        return servers.create { name = SERVER, flavor = FLAVOR, image = IMAGE, network = s.network, user_data = user_data(outside(s)) }
      end,
      undo = function(s) s.server:delete() end,
      show = function(server) return server.name .. " " .. (server.status or "") end,
    },
    {
      id = "outside",
      needs = { "gateway", "interface", "server" },
      title = { en = "See on its console that the outside answers", ko = "콘솔에서 바깥의 응답 보기" },
      why = {
        en = "Server, subnet, router, gateway: if one is missing, no answer comes back.",
        ko = "서버, 서브넷, 라우터, 게이트웨이: 하나라도 빠지면 응답이 오지 않습니다.",
      },
      hints = {
        en = {
          "What did the server write when it started?",
          "'64 bytes from' is an answer, '100% packet loss' is none. A server started before the way was whole has to be started anew.",
          "servers.reboot(\"inside\", { hard = true }), then print(servers.wait_console(\"inside\", \"64 bytes from\"))",
        },
        ko = {
          "서버가 켜질 때 무엇을 출력했나요?",
          "'64 bytes from'은 응답이 있다는 뜻이고 '100% packet loss'는 없다는 뜻입니다. 길이 완성되기 전에 켠 서버는 다시 시작해야 합니다.",
          "servers.reboot(\"inside\", { hard = true }) 다음에 print(servers.wait_console(\"inside\", \"64 bytes from\"))",
        },
      },
      lua = [[print(servers.wait_console("inside", "64 bytes from"))]],
      openstack = "openstack console log show inside",
      curl = [[curl -X POST "$NOVA/servers/SERVER_ID/action" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"os-getConsoleOutput": {"length": 30}}']],
      check = function(s)
        local log = lab.console(s.server)
        if not log then
          return lab.skip { en = "this cloud has no consoles: passed over", ko = "이 클라우드에는 콘솔이 없어 건너뜁니다" }
        end
        local address = outside(s)
        for line in log:gmatch("[^\r\n]+") do
          if line:find("64 bytes from " .. address, 1, true) then return line:match("64 bytes from [^:]+") end
        end
        s.silent = log:find("100%% packet loss") ~= nil
        if s.silent then
          return nil, { en = address .. " did not answer: it says '100% packet loss'", ko = address .. " 이(가) 응답하지 않았습니다: '100% packet loss'" }
        end
        return nil, { en = "its console does not show an answer of " .. address .. " yet", ko = "콘솔에 " .. address .. " 의 응답이 아직 보이지 않습니다" }
      end,
      run = function(s)
        -- It tried before the way was whole, or was given nothing to try: a new one does.
        if s.silent or s.server.name ~= SERVER then
          s.say { en = "Starting it anew: it tried before there was a way.", ko = "길이 생기기 전에 시도했으므로 서버를 다시 시작합니다." }
          if s.server.name == SERVER then s.server:delete() end
          s.server = servers.create { name = SERVER, flavor = FLAVOR, image = IMAGE, network = s.network, user_data = user_data(outside(s)) }
        end
        local line = s.server:wait_console("64 bytes from", { timeout = "3m" })
        return line:match("64 bytes from [^:]+") or line
      end,
      show = function(line) return line end,
    },
  },
}
