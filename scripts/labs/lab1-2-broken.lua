-- Lab 1-2, broken on purpose: a server that failed at once.
-- 일부러 망가뜨린 실습 1-2: 뜨자마자 실패한 서버.
local lab = require "lab"
local servers, images = require "servers", require "images"

local SERVER, IMAGE, SMALL, NETWORK, SIZE = "report", "report-disk", "m1.nano", "private", 2361393152

return lab.define {
  id = "1-2-broken",
  title = { en = "Find the fault: the report server is in ERROR", ko = "고장 찾기: ERROR 상태인 report 서버" },
  steps = {
    {
      id = "report",
      title = { en = "A colleague made the image " .. IMAGE .. " and booted " .. SERVER, ko = "동료가 이미지 " .. IMAGE .. " 를 만들고 " .. SERVER .. " 를 띄웠습니다" },
      why = {
        en = "The image's file is small, 256 KiB: 'it fits anywhere', says the colleague.",
        ko = "이미지 파일은 256 KiB 로 작습니다. 동료는 '어디에나 들어간다'고 합니다.",
      },
      check = function() return images.find(IMAGE) end,
      run = function()
        local file = os.tmpname()
        defer(os.remove, file)
        lab.empty_disk(file, SIZE)
        local image = images.create { name = IMAGE, file = file, visibility = "private" }
        local _, err = try(servers.create, { name = SERVER, image = image, flavor = SMALL, network = NETWORK })
        if err and err.code ~= "resource_error" then error(err, 0) end
        return image
      end,
      undo = function(s)
        for _, server in ipairs(servers.list { name = "^" .. SERVER .. "$" }) do server:delete() end
        s.report:delete()
      end,
    },
    {
      id = "runs",
      needs = { "report" },
      title = { en = "Find why, and have " .. SERVER .. " running from that image", ko = "이유를 찾아, 그 이미지로 " .. SERVER .. " 를 실행하세요" },
      why = {
        en = "ERROR is the end of many ways; only the fault says which.",
        ko = "ERROR 로 끝나는 길은 많습니다. fault 만이 어느 길인지 말해 줍니다.",
      },
      hints = {
        en = {
          "openstack server show " .. SERVER .. " -c fault",
          "The size of the file is not the size of the disk in it: compare the image's virtual_size with the flavor's disk.",
          "Delete it, and create it with a flavor of 3 GiB or more: ds512M has 5.",
        },
        ko = {
          "openstack server show " .. SERVER .. " -c fault",
          "파일 크기와 그 안의 디스크 크기는 다릅니다. 이미지의 virtual_size 와 플레이버의 disk 를 비교하세요.",
          "지우고, 디스크가 3 GiB 이상인 플레이버로 다시 만드세요. ds512M 은 5 GiB 입니다.",
        },
      },
      lua = [[servers.delete("report")
servers.create { name = "report", image = "report-disk", flavor = "ds512M", network = "private" }]],
      openstack = "openstack server delete --wait report\nopenstack server create --image report-disk --flavor ds512M --network private --wait report",
      curl = [[curl -X DELETE "$NOVA/servers/SERVER_ID" -H "X-Auth-Token: $TOKEN"
curl -X POST "$NOVA/servers" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"server": {"name": "report", "flavorRef": "d1", "imageRef": "IMAGE_ID", "networks": [{"uuid": "NETWORK_ID"}]}}']],
      check = function(s)
        local last
        for _, server in ipairs(servers.list { name = "^" .. SERVER .. "$" }) do
          if server.status == "ACTIVE" and server.image.id == s.report.id then return server end
          last = server
        end
        if not last then return nil, { en = "there is no server " .. SERVER, ko = "서버 " .. SERVER .. " 가 없습니다" } end
        if last.status == "ACTIVE" then
          return nil, { en = SERVER .. " is made of another image", ko = SERVER .. " 가 다른 이미지로 만들어졌습니다" }
        end
        return nil, { en = SERVER .. " is in " .. last.status .. "; its fault says why", ko = SERVER .. " 상태가 " .. last.status .. " 입니다. 이유는 fault 에 있습니다" }
      end,
    },
  },
}
