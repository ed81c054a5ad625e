-- Lab 1-3: a floating IP.
-- 실습 1-3: 유동 IP.
local lab = require "lab"
local servers, floating_ips, security_groups, ports =
  require "servers", require "floating_ips", require "security_groups", require "ports"

local SERVER, PUBLIC, MARK = "ubuntu20", "public", "oslua lab 1-3"
local UBUNTU, CIRROS = "ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret", "cirros-0.5.2-x86_64-disk"
-- A floating IP that was given back leaves no trace: the address is noted in the server's metadata, under this key.
local NOTE = "lab1-3"

-- What is found of steps that were about an address which is noted as done with.
local PAST = { over = true }
local function past(found) return found == PAST and { en = "done with", ko = "지나간 단계입니다" } or nil end

local NO_GUEST = {
  en = "this cloud runs no guests to connect to: passed over",
  ko = "이 클라우드에는 접속할 게스트가 없어 건너뜁니다",
}

-- Whether there is somebody behind the address: asked once.
local function guests(s)
  if s.guests == nil then s.guests = lab.console(s.server) ~= nil end
  return s.guests
end

-- The group of the server's own that lets SSH in; otherwise the names of its groups, and the first of them.
local function open_group(s)
  local first
  local names = {}
  for _, port in ipairs(ports.list { device_id = s.server.id }) do
    for _, id in ipairs(port.security_groups) do
      local group = security_groups.get(id)
      if group:allows { protocol = "tcp", port = 22 } then return group end
      first = first or group
      names[#names + 1] = group.name
    end
  end
  return nil, #names > 0 and table.concat(names, ", ") or "-", first
end

-- Whether SSH answers at the address within a time.
local function answers(s, timeout)
  local _, err = try(servers.wait_ssh, s.server, { address = s.address.floating_ip_address, timeout = timeout })
  if err and err.code ~= "timeout" then error(err, 0) end
  return err == nil
end

-- Logs in, and gives who that is where; an image with another password still answers. Nil when nobody answers.
local function login(s, timeout)
  local address = s.address.floating_ip_address
  local session, err = try(servers.ssh, s.server, { user = "root", password = "secret", address = address, timeout = timeout })
  if err and err.code == "unauthorized" then return address .. ":22" end
  if err and err.code ~= "timeout" then error(err, 0) end
  if not session then return nil end
  local name = session:run("hostname").stdout:gsub("%s+$", "")
  session:close()
  return "root@" .. name
end

return lab.define {
  id = "1-3",
  title = { en = "Reach a server from outside", ko = "밖에서 서버에 접속하기" },
  steps = {
    {
      id = "server",
      title = { en = "Have the server " .. SERVER .. " running", ko = "서버 " .. SERVER .. " 띄우기" },
      why = {
        en = "It has an address inside, which nobody outside can reach.",
        ko = "서버에는 안쪽 주소가 있지만, 밖에서는 닿을 수 없습니다.",
      },
      hints = {
        en = {
          "Lab 1-2 makes it; any image that listens for SSH will do.",
          "It has to be on private: public is not for servers.",
          "servers.create with image, flavor, network = 'private', and cloud_init for root's password.",
        },
        ko = {
          "실습 1-2 에서 만든 서버입니다. SSH 를 받는 이미지면 됩니다.",
          "private 네트워크에 두어야 합니다. public 은 서버용이 아닙니다.",
          "servers.create 에 image, flavor, network = 'private', 그리고 root 암호를 위한 cloud_init.",
        },
      },
      lua = [[servers.create { name = "ubuntu20", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private",
  cloud_init = { chpasswd = { expire = false, users = { root = "secret" } }, ssh_pwauth = true, disable_root = false } }]],
      openstack = [[openstack server create --image cirros-0.5.2-x86_64-disk --flavor m1.nano --network private \
  --user-data root-password.yaml --wait ubuntu20]],
      curl = [[curl -X POST "$NOVA/servers" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"server": {"name": "ubuntu20", "flavorRef": "FLAVOR_ID", "imageRef": "IMAGE_ID", "user_data": "BASE64",
       "networks": [{"uuid": "NETWORK_ID"}]}}']],
      check = function(s)
        local server = servers.find(SERVER)
        if server and server.status ~= "ACTIVE" then
          local why = server.fault and server.fault.message or server.status
          return server, { en = SERVER .. " is not running: " .. why, ko = SERVER .. " 이(가) 실행 중이 아닙니다: " .. why }
        end
        s.note = server and server.metadata[NOTE]
        return server
      end,
      run = function(s)
        if s.server and s.server.status == "SHUTOFF" then return s.server:start() end
        if s.server and s.server.status == "ERROR" then s.server:delete() end
        if s.server and s.server.status ~= "ERROR" then return s.server:wait() end
        local image = require("images").find(UBUNTU)
        if image and image.oslua_stand_in then image = nil end -- nothing starts from it
        return servers.create { name = SERVER, image = image or CIRROS, flavor = image and "ds512M" or "m1.nano",
          network = "private", metadata = { lab = "1-3" },
          cloud_init = { chpasswd = { expire = false, users = { root = "secret" } }, ssh_pwauth = true, disable_root = false,
            write_files = { { path = "/etc/ssh/sshd_config.d/10-root.conf", content = "PermitRootLogin yes\n" } } } }
      end,
      undo = function(s)
        if s.server.metadata.lab ~= "1-2" then
          s.server:delete()
        elseif s.note then
          servers.delete_metadata(s.server, NOTE) -- lab 1-2 takes its server back itself
        end
      end,
      show = function(server) return SERVER .. " " .. (server.status or "") end,
    },
    {
      id = "address",
      needs = { "server" },
      title = { en = "Create a floating IP from " .. PUBLIC, ko = PUBLIC .. " 에서 유동 IP 만들기" },
      why = {
        en = "A floating IP is an address of the outer network that is the project's until it gives it back.",
        ko = "유동 IP 는 외부 네트워크의 주소로, 돌려줄 때까지 프로젝트의 것입니다.",
      },
      hints = {
        en = { "The address outside is a thing of its own.", "It comes from the external network, public.", "floating_ips.create { network = 'public' }" },
        ko = { "바깥 주소는 서버와 별개의 것입니다.", "외부 네트워크 public 에서 받습니다.", "floating_ips.create { network = 'public' }" },
      },
      lua = [[floating_ips.create { network = "public" }]],
      openstack = "openstack floating ip create public",
      curl = [[curl -X POST "$NEUTRON/v2.0/floatingips" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"floatingip": {"floating_network_id": "PUBLIC_ID"}}']],
      check = function(s)
        local free
        for _, fip in ipairs(floating_ips.list()) do
          if s.note and fip.floating_ip_address == s.note or not s.note and fip.port_details and fip.port_details.device_id == s.server.id then
            return fip
          end
          if not fip.port_id and (not free or fip.description == MARK) then free = fip end
        end
        if s.note then return { floating_ip_address = s.note } end
        if free and free.description ~= MARK then
          -- It may be kept for something else, and this lab ends with deleting its address.
          local ip = free.floating_ip_address
          return free, { en = ip .. " is free: assign it, if it is for this lab", ko = ip .. " 이(가) 비어 있습니다. 이 실습에 쓸 것이면 할당하세요" }
        end
        return free
      end,
      run = function() return floating_ips.create { network = PUBLIC, description = MARK } end,
      undo = function(s)
        -- An address that leads nowhere and is neither noted nor ours may be meant for something else.
        if s.address.id and (s.note or s.address.port_id or s.address.description == MARK) then
          floating_ips.delete(s.address, { missing_ok = true })
        end
      end,
      show = function(fip) return fip.floating_ip_address end,
    },
    {
      id = "assign",
      needs = { "address" },
      title = { en = "Assign it to " .. SERVER, ko = SERVER .. " 에 할당하기" },
      why = {
        en = "The router translates: what arrives at the floating IP goes on to the server's port inside.",
        ko = "라우터가 주소를 바꿉니다. 유동 IP 로 온 것은 서버의 안쪽 포트로 갑니다.",
      },
      hints = {
        en = {
          "The address leads nowhere until it is told where.",
          "Reachable means: the server's subnet is on a router that has a gateway on public. The error says which is missing.",
          "servers.add_floating_ip('ubuntu20', ADDRESS)",
        },
        ko = {
          "어디로 갈지 정하기 전에는 주소가 아무 데도 이어지지 않습니다.",
          "서버의 서브넷이 public 게이트웨이를 가진 라우터에 연결되어 있어야 합니다. 오류가 빠진 것을 알려 줍니다.",
          "servers.add_floating_ip('ubuntu20', 주소)",
        },
      },
      lua = [[servers.add_floating_ip("ubuntu20", ADDRESS)]],
      openstack = "openstack server add floating ip ubuntu20 ADDRESS",
      curl = [[curl -X PUT "$NEUTRON/v2.0/floatingips/FIP_ID" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"floatingip": {"port_id": "PORT_ID"}}']],
      check = function(s)
        if s.note or s.address.port_id then return s.address end
        return nil, { en = s.address.floating_ip_address .. " leads nowhere yet", ko = s.address.floating_ip_address .. " 이(가) 아직 아무 데도 이어지지 않습니다" }
      end,
      run = function(s)
        s.address = s.server:add_floating_ip(s.address)
        return s.address
      end,
      show = function(fip) return fip.floating_ip_address .. (fip.fixed_ip_address and " → " .. fip.fixed_ip_address or "") end,
    },
    {
      id = "timeout",
      needs = { "assign" },
      title = { en = "Try SSH, and see it time out", ko = "SSH 를 시도하고 시간 초과 보기" },
      why = {
        en = "A security group drops what no rule allows. No answer at all is its mark: a closed port would refuse.",
        ko = "보안 그룹은 규칙이 허용하지 않는 것을 버립니다. 아무 응답이 없는 것이 그 표시입니다. 닫힌 포트라면 거절했을 것입니다.",
      },
      hints = {
        en = { "Try it before you open anything.", "ssh root@ADDRESS waits and waits: end it with Ctrl-C. This step is done once port 22 is open.", "try(servers.wait_ssh, 'ubuntu20', { timeout = '3s' })" },
        ko = { "열기 전에 먼저 시도해 보세요.", "ssh root@주소 는 계속 기다립니다. Ctrl-C 로 끝내세요. 22번 포트를 열면 이 단계도 끝납니다.", "try(servers.wait_ssh, 'ubuntu20', { timeout = '3s' })" },
      },
      lua = [[print(select(2, try(servers.wait_ssh, "ubuntu20", { timeout = "3s" })))]],
      openstack = "ssh -o ConnectTimeout=5 root@ADDRESS",
      check = function(s)
        if s.note then return PAST end
        if not guests(s) then return lab.skip(NO_GUEST) end
        s.open, s.groups, s.group = open_group(s)
        return s.open ~= nil, not s.open and { en = "SSH is not let in yet: it would time out", ko = "SSH 가 아직 허용되지 않아 시간이 초과됩니다" } or nil
      end,
      run = function(s)
        if answers(s, "3s") then return { name = s.address.floating_ip_address .. ":22 answers" } end
        return { name = s.address.floating_ip_address .. ":22 did not answer within 3s" }
      end,
      show = function(found) return past(found) or type(found) == "table" and found.name or "" end,
    },
    {
      id = "rule",
      needs = { "server" },
      title = { en = "Open tcp/22 in the server's own security group", ko = "서버의 보안 그룹에 tcp/22 열기" },
      why = {
        en = "Only the groups the server is in count: a rule in another one changes nothing.",
        ko = "서버가 속한 그룹만 효력이 있습니다. 다른 그룹의 규칙은 아무것도 바꾸지 않습니다.",
      },
      hints = {
        en = {
          "What decides which packets reach the server?",
          "See which group the server is in: openstack server show ubuntu20 -c security_groups. An administrator sees several groups named default: take the project's.",
          "security_groups.default():allow { protocol = 'tcp', port = 22 }",
        },
        ko = {
          "어떤 패킷이 서버에 닿을지 누가 정할까요?",
          "서버가 어느 그룹에 있는지 보세요: openstack server show ubuntu20 -c security_groups. 관리자에게는 default 가 여럿 보이니 프로젝트의 것을 고르세요.",
          "security_groups.default():allow { protocol = 'tcp', port = 22 }",
        },
      },
      lua = [[security_groups.default():allow { protocol = "tcp", port = 22 }]],
      openstack = "openstack security group rule create --protocol tcp --dst-port 22 default",
      curl = [[curl -X POST "$NEUTRON/v2.0/security-group-rules" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"security_group_rule": {"security_group_id": "GROUP_ID", "direction": "ingress", "ethertype": "IPv4",
       "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}}']],
      check = function(s)
        if not s.open and not s.groups then s.open, s.groups, s.group = open_group(s) end
        if s.open then return s.open end
        return nil, { en = "none of the server's groups (" .. s.groups .. ") lets tcp/22 in", ko = "서버의 그룹(" .. s.groups .. ") 중 tcp/22 를 허용하는 것이 없습니다" }
      end,
      run = function(s)
        local group = s.group or security_groups.default()
        group:allow { protocol = "tcp", port = 22 }
        return group
      end,
      undo = function(s) security_groups.deny(s.rule, { protocol = "tcp", port = 22 }) end,
    },
    {
      id = "ssh",
      needs = { "assign", "rule" },
      title = { en = "See SSH answer, and log in", ko = "SSH 응답을 보고 로그인하기" },
      why = {
        en = "Address, router and group: all three have to be right at once.",
        ko = "주소, 라우터, 보안 그룹: 셋이 모두 맞아야 합니다.",
      },
      hints = {
        en = {
          "The server may still be booting: its console tells.",
          "It takes a floating IP that is assigned, a router with a gateway, and a rule in the server's own group.",
          "servers.ssh('ubuntu20', { user = 'root', password = 'secret' }):run('hostname')",
        },
        ko = {
          "서버가 아직 부팅 중일 수 있습니다. 콘솔을 보세요.",
          "할당된 유동 IP, 게이트웨이가 있는 라우터, 서버 그룹의 규칙이 필요합니다.",
          "servers.ssh('ubuntu20', { user = 'root', password = 'secret' }):run('hostname')",
        },
      },
      lua = [[print(servers.ssh("ubuntu20", { user = "root", password = "secret" }):run("hostname").stdout)]],
      openstack = "ssh root@ADDRESS hostname",
      check = function(s)
        if s.note then return PAST end
        if not guests(s) then return lab.skip(NO_GUEST) end
        local who = login(s, "3s")
        if who then return who end
        return nil, { en = s.address.floating_ip_address .. ":22 does not answer", ko = s.address.floating_ip_address .. ":22 이(가) 응답하지 않습니다" }
      end,
      run = function(s)
        return login(s, "3m") or servers.wait_ssh(s.server, { address = s.address.floating_ip_address, timeout = "1s" })
      end,
      show = function(found) return past(found) or tostring(found) end,
    },
    {
      id = "noted",
      needs = { "address", "assign" },
      title = { en = "Note the address in the server's metadata", ko = "주소를 서버 메타데이터에 적어 두기" },
      why = {
        en = "An address that is given back leaves no trace in the cloud: the note lets the next checks look for it.",
        ko = "돌려준 주소는 클라우드에 흔적이 남지 않습니다. 적어 두면 다음 확인이 그 주소를 찾아볼 수 있습니다.",
      },
      hints = {
        en = { "Servers carry notes: metadata, or properties, as the command calls them.", "Its name is " .. NOTE .. ", its value the address.", "servers.set_metadata('ubuntu20', { ['" .. NOTE .. "'] = ADDRESS })" },
        ko = { "서버에는 메모를 붙일 수 있습니다: metadata, 명령에서는 property.", "이름은 " .. NOTE .. ", 값은 주소입니다.", "servers.set_metadata('ubuntu20', { ['" .. NOTE .. "'] = 주소 })" },
      },
      lua = [[servers.set_metadata("ubuntu20", { ["lab1-3"] = ADDRESS })]],
      openstack = "openstack server set --property lab1-3=ADDRESS ubuntu20",
      curl = [[curl -X POST "$NOVA/servers/SERVER_ID/metadata" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"metadata": {"lab1-3": "ADDRESS"}}']],
      check = function(s) return s.note end,
      run = function(s)
        s.note = s.address.floating_ip_address
        s.server:set_metadata { [NOTE] = s.note }
        return s.note
      end,
    },
    {
      id = "unassign",
      needs = { "noted" },
      title = { en = "Unassign the address: it remains the project's", ko = "할당 해제: 주소는 프로젝트에 남습니다" },
      why = {
        en = "Unassigning takes the address from the server, not from the project: it still counts, and costs.",
        ko = "할당을 해제해도 주소는 프로젝트의 것입니다. 할당량을 차지하고, 비용도 듭니다.",
      },
      hints = {
        en = { "Take it from the server first.", "To unassign is not to delete.", "servers.remove_floating_ip('ubuntu20', ADDRESS)" },
        ko = { "먼저 서버에서 떼어 내세요.", "해제는 삭제가 아닙니다.", "servers.remove_floating_ip('ubuntu20', 주소)" },
      },
      lua = [[servers.remove_floating_ip("ubuntu20", ADDRESS)]],
      openstack = "openstack server remove floating ip ubuntu20 ADDRESS",
      curl = [[curl -X PUT "$NEUTRON/v2.0/floatingips/FIP_ID" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"floatingip": {"port_id": null}}']],
      check = function(s)
        local fixed = s.address.port_id and s.address.fixed_ip_address
        if fixed then
          return nil, { en = s.note .. " still leads to " .. fixed, ko = s.note .. " 이(가) 아직 " .. fixed .. " (으)로 이어집니다" }
        end
        return s.note
      end,
      run = function(s)
        s.address = floating_ips.unassign(s.address)
        return s.note
      end,
    },
    {
      id = "delete",
      needs = { "unassign" },
      title = { en = "Delete it: the address goes back", ko = "삭제하기: 주소를 돌려줍니다" },
      why = {
        en = "Only delete gives the address back for others to take.",
        ko = "삭제해야 다른 사람이 그 주소를 쓸 수 있습니다.",
      },
      hints = {
        en = { "Is it still in the list of floating IPs?", "Unassigned is not deleted: openstack floating ip list still shows it.", "floating_ips.delete(ADDRESS)" },
        ko = { "유동 IP 목록에 아직 있나요?", "해제는 삭제가 아닙니다. openstack floating ip list 에 아직 보입니다.", "floating_ips.delete(주소)" },
      },
      lua = [[floating_ips.delete(ADDRESS)]],
      openstack = "openstack floating ip delete ADDRESS",
      curl = [[curl -X DELETE "$NEUTRON/v2.0/floatingips/FIP_ID" -H "X-Auth-Token: $TOKEN"]],
      check = function(s)
        if s.address.id then
          return nil, { en = s.note .. " is still the project's: to unassign is not to delete", ko = s.note .. " 이(가) 아직 프로젝트의 것입니다. 해제는 삭제가 아닙니다" }
        end
        return s.note
      end,
      run = function(s)
        floating_ips.delete(s.address)
        return s.note
      end,
    },
  },
}
