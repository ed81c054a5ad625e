-- Lab 1-3, broken on purpose: a server that does not answer on SSH.
-- 일부러 망가뜨린 실습 1-3: SSH 로 응답하지 않는 서버.
local lab = require "lab"
local servers, floating_ips, security_groups =
  require "servers", require "floating_ips", require "security_groups"

local SERVER, GROUP, MARK = "shop", "shop", "oslua lab 1-3-broken"
local IMAGE, FLAVOR, NETWORK, PUBLIC = "cirros-0.5.2-x86_64-disk", "m1.nano", "private", "public"

return lab.define {
  id = "1-3-broken",
  title = { en = "Find the fault: the shop does not let its keeper in", ko = "고장 찾기: 주인이 들어가지 못하는 가게" },
  steps = {
    {
      id = "shop",
      title = { en = "A colleague started the server " .. SERVER, ko = "동료가 서버 " .. SERVER .. " 을 띄웠습니다" },
      why = {
        en = "It is ACTIVE, has a floating IP, and its web pages are let through.",
        ko = "ACTIVE 이고, 유동 IP 가 있으며, 웹 페이지도 통과합니다.",
      },
      check = function()
        local found = { name = SERVER, server = servers.find(SERVER), group = security_groups.find(GROUP),
          fip = floating_ips.list { description = MARK }[1] }
        if not found.server and not found.group and not found.fip then return nil end
        if not (found.server and found.group and found.fip and found.fip.port_id) or found.server.status == "ERROR" then
          return found, { en = "it is half built", ko = "절반만 만들어져 있습니다" }
        end
        return found
      end,
      run = function(s)
        local found = s.shop or { name = SERVER }
        if found.server and found.server.status == "ERROR" then
          found.server:delete()
          found.server = nil
        end
        if not found.group then
          found.group = security_groups.create { name = GROUP, description = MARK }
          found.group:allow { protocol = "tcp", port = 80 }
          found.group:allow { protocol = "icmp" }
        end
        found.server = found.server or servers.create { name = SERVER, image = IMAGE, flavor = FLAVOR, network = NETWORK,
          security_groups = { found.group } }
        found.fip = found.fip or floating_ips.create { network = PUBLIC, description = MARK }
        if not found.fip.port_id then found.fip = found.server:add_floating_ip(found.fip) end
        return found
      end,
      undo = function(s)
        if s.shop.fip then s.shop.fip:delete() end
        if s.shop.server then s.shop.server:delete() end
        if s.shop.group then s.shop.group:delete() end
      end,
    },
    {
      id = "ssh",
      needs = { "shop" },
      title = { en = "Find why SSH does not answer, and mend it", ko = "SSH 가 응답하지 않는 이유를 찾아 고치세요" },
      why = {
        en = "The colleague opened port 22, too: in the group default. It still times out.",
        ko = "동료는 22번 포트도 열었다고 합니다: default 그룹에. 여전히 시간이 초과됩니다.",
      },
      hints = {
        en = {
          "It does not refuse, it does not answer: who drops packets without a word?",
          "Which groups is the server in? openstack server show " .. SERVER .. " -c security_groups. Only those count.",
          "security_groups.allow('" .. GROUP .. "', { protocol = 'tcp', port = 22 })",
        },
        ko = {
          "거절이 아니라 무응답입니다. 말없이 패킷을 버리는 것은?",
          "서버는 어느 그룹에 있나요? openstack server show " .. SERVER .. " -c security_groups. 그 그룹만 효력이 있습니다.",
          "security_groups.allow('" .. GROUP .. "', { protocol = 'tcp', port = 22 })",
        },
      },
      lua = [[security_groups.allow("shop", { protocol = "tcp", port = 22 })]],
      openstack = "openstack security group rule create --protocol tcp --dst-port 22 shop",
      curl = [[curl -X POST "$NEUTRON/v2.0/security-group-rules" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"security_group_rule": {"security_group_id": "GROUP_ID", "direction": "ingress", "ethertype": "IPv4",
       "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}}']],
      check = function(s)
        if not (s.shop.server and s.shop.fip) then return nil, { en = "the shop is half built", ko = "가게가 절반만 만들어져 있습니다" } end
        local names = {}
        for _, group in ipairs(s.shop.server.security_groups or {}) do names[group.name] = true end
        for name in pairs(names) do
          local group = name == GROUP and s.shop.group or security_groups.find(name)
          if group and group:allows { protocol = "tcp", port = 22 } then return s.shop.fip.floating_ip_address .. ":22" end
        end
        return nil, { en = s.shop.fip.floating_ip_address .. ":22 does not answer; :80 does", ko = s.shop.fip.floating_ip_address .. ":22 이(가) 응답하지 않습니다. :80 은 됩니다" }
      end,
    },
  },
}
