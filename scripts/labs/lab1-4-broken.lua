-- Lab 1-4, broken on purpose: a network that does not reach the outside.
-- 일부러 망가뜨린 실습 1-4: 밖으로 나가지 못하는 네트워크.
local lab = require "lab"
local networks, subnets, ports, routers =
  require "networks", require "subnets", require "ports", require "routers"

local NETWORK, SUBNET, ROUTER, CIDR, PUBLIC = "office", "office-subnet", "office-router", "10.9.0.0/24", "public"

return lab.define {
  id = "1-4-broken",
  title = { en = "Find the fault: the office does not reach the outside", ko = "고장 찾기: 밖으로 나가지 못하는 사무실" },
  steps = {
    {
      id = "office",
      title = { en = "A colleague built the network " .. NETWORK, ko = "동료가 네트워크 " .. NETWORK .. " 를 만들었습니다" },
      why = {
        en = "Network, subnet, router and its port are there, all ACTIVE. 'It is done', says the colleague.",
        ko = "네트워크, 서브넷, 라우터와 그 포트가 모두 ACTIVE 입니다. 동료는 '다 됐다'고 합니다.",
      },
      check = function()
        local found = { net = networks.find(NETWORK), rtr = routers.find(ROUTER), name = NETWORK }
        if not found.net and not found.rtr then return nil end
        found.sub = found.net and found.net.subnets[1]
        if found.rtr then
          for _, port in ipairs(ports.list { device_id = found.rtr.id }) do
            if port.fixed_ips[1] and port.fixed_ips[1].subnet_id == found.sub then found.port = port end
          end
        end
        if not (found.net and found.sub and found.port) then
          return found, { en = "it is half built", ko = "절반만 만들어져 있습니다" }
        end
        return found
      end,
      run = function(s)
        local found = s.office or { name = NETWORK }
        found.net = found.net or networks.create { name = NETWORK }
        found.sub = found.sub or subnets.create { name = SUBNET, network = found.net, cidr = CIDR }.id
        found.rtr = found.rtr or routers.create { name = ROUTER }
        found.port = found.port or found.rtr:add_subnet(found.sub)
        return found
      end,
      undo = function(s)
        local found = s.office
        if found.port then found.rtr:remove_subnet(found.sub) end
        if found.rtr then found.rtr:delete() end
        if found.net then found.net:delete() end
      end,
    },
    {
      id = "outside",
      needs = { "office" },
      title = { en = "Find what is missing, and mend it", ko = "빠진 것을 찾아 고치세요" },
      why = {
        en = "Servers there get addresses and see each other, yet nothing answers from outside.",
        ko = "서버들은 주소를 받고 서로 보이지만, 밖에서는 아무 응답이 없습니다.",
      },
      hints = {
        en = {
          "Follow the way of a packet: server, subnet, router, and then? topology.show() draws it.",
          "Look at the router: openstack router show " .. ROUTER .. ". Which field is empty?",
          "external_gateway_info is: routers.set_gateway('" .. ROUTER .. "', '" .. PUBLIC .. "')",
        },
        ko = {
          "패킷의 길을 따라가 보세요: 서버, 서브넷, 라우터, 그다음은? topology.show() 가 그려 줍니다.",
          "라우터를 보세요: openstack router show " .. ROUTER .. ". 어느 항목이 비어 있나요?",
          "external_gateway_info 입니다: routers.set_gateway('" .. ROUTER .. "', '" .. PUBLIC .. "')",
        },
      },
      lua = [[routers.set_gateway("office-router", "public")]],
      openstack = "openstack router set --external-gateway public office-router",
      curl = [[curl -X PUT "$NEUTRON/v2.0/routers/ROUTER_ID" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"router": {"external_gateway_info": {"network_id": "PUBLIC_ID"}}}']],
      check = function(s)
        if not s.office.rtr then return nil, { en = "the office is half built", ko = "사무실이 절반만 만들어져 있습니다" } end
        local out = s.office.rtr.external_gateway_info
        local public = out and networks.find(PUBLIC)
        if public and out.network_id == public.id then return ROUTER .. " → " .. PUBLIC end
        return nil, { en = "a floating IP cannot be assigned here: public is not reachable from " .. SUBNET,
          ko = "유동 IP 를 할당할 수 없습니다. " .. SUBNET .. " 에서 public 에 닿지 않습니다" }
      end,
    },
  },
}
