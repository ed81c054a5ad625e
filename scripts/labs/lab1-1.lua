-- Lab 1-1: the first server.
-- 실습 1-1: 첫 서버.
local lab = require "lab"
local servers, flavors, images, networks = require "servers", require "flavors", require "images", require "networks"

local SERVER, FLAVOR, IMAGE, NETWORK = "cirros", "m1.nano", "cirros-0.5.2-x86_64-disk", "private"

local NO_CONSOLE = { en = "this cloud has no consoles: passed over", ko = "이 클라우드에는 콘솔이 없어 건너뜁니다" }

-- The one of that name in a list, and the names of all when it is not there.
local function named(list, name)
  local names = {}
  for i, x in ipairs(list) do
    if x.name == name then return x end
    names[i] = x.name
  end
  local all = #names > 0 and table.concat(names, ", ") or "-"
  return nil, { en = "there is no " .. name .. " here, only: " .. all, ko = name .. " 이(가) 없습니다. 있는 것: " .. all }
end

local function fault(server)
  local why = server.fault and server.fault.message or server.status
  return { en = SERVER .. " is in ERROR: " .. why, ko = SERVER .. " 이(가) ERROR 상태입니다: " .. why }
end

return lab.define {
  id = "1-1",
  title = { en = "Start the first server", ko = "첫 서버 띄우기" },
  steps = {
    {
      id = "flavor",
      title = { en = "List the flavors and find " .. FLAVOR, ko = "플레이버 목록에서 " .. FLAVOR .. " 찾기" },
      why = {
        en = "A flavor is the size of a server: processors, memory, disk.",
        ko = "플레이버는 서버의 크기입니다: 프로세서, 메모리, 디스크.",
      },
      hints = {
        en = {
          "Sizes are called flavors.",
          "If the openstack command says 'Missing value auth-url', you forgot: source openrc admin demo. oslua takes --cloud NAME.",
          "show(flavors.list())",
        },
        ko = {
          "서버의 크기를 플레이버(flavor)라고 합니다.",
          "openstack 명령이 'Missing value auth-url'이라고 하면 source openrc 를 잊은 것입니다. oslua 에는 --cloud 이름 을 줍니다.",
          "show(flavors.list())",
        },
      },
      lua = "show(flavors.list())",
      openstack = "openstack flavor list",
      curl = [[curl "$NOVA/flavors/detail" -H "X-Auth-Token: $TOKEN"]],
      check = function() return named(flavors.list(), FLAVOR) end,
      show = function(f) return string.format("%s: %d vCPU, %d MiB, %d GiB", f.name, f.vcpus, f.ram, f.disk) end,
    },
    {
      id = "image",
      title = { en = "List the images and find " .. IMAGE, ko = "이미지 목록에서 " .. IMAGE .. " 찾기" },
      why = {
        en = "An image is what the server's disk is copied from. It must fit into the flavor's disk.",
        ko = "이미지는 서버 디스크의 원본입니다. 플레이버의 디스크에 들어가야 합니다.",
      },
      hints = {
        en = { "What is on the disk of a new server?", "Images are kept by a service of their own, Glance.", "show(images.list())" },
        ko = { "새 서버의 디스크에는 무엇이 들어 있을까요?", "이미지는 Glance 라는 별도의 서비스가 보관합니다.", "show(images.list())" },
      },
      lua = "show(images.list())",
      openstack = "openstack image list",
      curl = [[curl "$GLANCE/v2/images" -H "X-Auth-Token: $TOKEN"]],
      check = function() return named(images.list(), IMAGE) end,
    },
    {
      id = "network",
      title = { en = "List the networks and find " .. NETWORK, ko = "네트워크 목록에서 " .. NETWORK .. " 찾기" },
      why = {
        en = "A server gets its address from the network it is plugged into. public is for routers, not for servers.",
        ko = "서버는 연결된 네트워크에서 주소를 받습니다. public 은 서버가 아니라 라우터를 위한 것입니다.",
      },
      hints = {
        en = { "Where does a server's address come from?", "There are two networks; servers go on the project's own.", "show(networks.list())" },
        ko = { "서버의 주소는 어디서 올까요?", "네트워크가 둘 있고, 서버는 프로젝트의 것에 둡니다.", "show(networks.list())" },
      },
      lua = "show(networks.list())",
      openstack = "openstack network list",
      curl = [[curl "$NEUTRON/v2.0/networks" -H "X-Auth-Token: $TOKEN"]],
      check = function() return named(networks.list(), NETWORK) end,
    },
    {
      id = "server",
      needs = { "flavor", "image", "network" },
      title = { en = "Create the server " .. SERVER, ko = "서버 " .. SERVER .. " 만들기" },
      why = {
        en = "Nova answers at once, long before the server runs: it is in BUILD.",
        ko = "Nova 는 서버가 뜨기 훨씬 전에 바로 응답합니다. 이때 상태는 BUILD 입니다.",
      },
      hints = {
        en = {
          "Flavor, image, network: with a name that is all a server needs.",
          "A refused '—flavor' is a long dash from a web page: type two '-'. A server in ERROR has its reason in fault.",
          "servers.create { name = 'cirros', flavor = 'm1.nano', image = 'cirros-0.5.2-x86_64-disk', network = 'private' }",
        },
        ko = {
          "플레이버, 이미지, 네트워크: 이름까지 있으면 서버에 필요한 것은 다 있습니다.",
          "'—flavor'가 거부되면 웹에서 복사한 긴 줄표입니다. '-'를 두 번 입력하세요. ERROR 인 서버는 fault 에 이유가 있습니다.",
          "servers.create { name = 'cirros', flavor = 'm1.nano', image = 'cirros-0.5.2-x86_64-disk', network = 'private' }",
        },
      },
      lua = [[servers.create { name = "cirros", flavor = "m1.nano", image = "cirros-0.5.2-x86_64-disk", network = "private" }]],
      openstack = [[openstack server create --flavor m1.nano --image cirros-0.5.2-x86_64-disk --network private cirros]],
      curl = [[curl -X POST "$NOVA/servers" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"server": {"name": "cirros", "flavorRef": "FLAVOR_ID", "imageRef": "IMAGE_ID", "networks": [{"uuid": "NETWORK_ID"}]}}']],
      check = function()
        local server = servers.find(SERVER)
        if server and server.status == "ERROR" then return server, fault(server) end
        return server
      end,
      run = function(s)
        if s.server then s.server:delete() end
        return servers.create { name = SERVER, flavor = s.flavor, image = s.image, network = s.network, wait = false }
      end,
      undo = function(s) s.server:delete() end,
      show = function(server) return (server.name or SERVER) .. " " .. server.id end,
    },
    {
      id = "active",
      needs = { "server" },
      title = { en = "Wait until it is ACTIVE", ko = "ACTIVE 가 될 때까지 기다리기" },
      why = {
        en = "ACTIVE means that the virtual machine was started; the system in it boots only now.",
        ko = "ACTIVE 는 가상 머신이 켜졌다는 뜻입니다. 안의 시스템은 이제 부팅을 시작합니다.",
      },
      hints = {
        en = { "Ask for the server again: its status changes.", "A server that was stopped is SHUTOFF: start it.", "servers.wait('cirros')" },
        ko = { "서버를 다시 조회해 보세요. 상태가 바뀝니다.", "멈춘 서버는 SHUTOFF 입니다. 다시 시작하세요.", "servers.wait('cirros')" },
      },
      lua = [[print(servers.wait("cirros").status)]],
      openstack = "openstack server show cirros -c status",
      curl = [[curl "$NOVA/servers/SERVER_ID" -H "X-Auth-Token: $TOKEN"]],
      check = function(s)
        if s.server.status ~= "ACTIVE" then s.server = s.server:get() end
        if s.server.status == "ERROR" then return nil, fault(s.server) end
        if s.server.status ~= "ACTIVE" then
          return nil, { en = "it is " .. s.server.status, ko = "상태가 " .. s.server.status .. " 입니다" }
        end
        return s.server
      end,
      run = function(s)
        if s.server.status == "SHUTOFF" then s.server:start() end
        s.server = s.server:wait()
        return s.server
      end,
      show = function(server) return server.status end,
    },
    {
      id = "console",
      needs = { "active" },
      title = { en = "See the login prompt on the console", ko = "콘솔에서 로그인 프롬프트 보기" },
      why = {
        en = "The console shows what a screen would: it tells of a boot that hangs when the status still says ACTIVE.",
        ko = "콘솔은 모니터가 보여 줄 것을 보여 줍니다. 상태가 ACTIVE 여도 부팅이 멈췄다면 여기서 보입니다.",
      },
      hints = {
        en = { "A server without a screen still has a console.", "Nova keeps what it wrote: the console log.", "print(servers.console_log('cirros', { lines = 10 }))" },
        ko = { "모니터가 없는 서버에도 콘솔이 있습니다.", "Nova 가 출력된 내용을 보관합니다: 콘솔 로그.", "print(servers.console_log('cirros', { lines = 10 }))" },
      },
      lua = [[print(servers.wait_console("cirros", "login:"))]],
      openstack = "openstack console log show --lines 10 cirros",
      curl = [[curl -X POST "$NOVA/servers/SERVER_ID/action" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"os-getConsoleOutput": {"length": 10}}']],
      check = function(s)
        local log = lab.console(s.server)
        if not log then return lab.skip(NO_CONSOLE) end
        return log:match("[^\n]*login:"), not log:find("login:", 1, true)
          and { en = "no login prompt yet: it is booting", ko = "아직 로그인 프롬프트가 없습니다. 부팅 중입니다" } or nil
      end,
      run = function(s) return s.server:wait_console("login:", { timeout = "3m" }) end,
    },
  },
}
