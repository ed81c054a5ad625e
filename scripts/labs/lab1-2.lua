-- Lab 1-2: an Ubuntu image, and a flavor that is large enough for it.
-- 실습 1-2: Ubuntu 이미지와, 그것이 들어갈 만큼 큰 플레이버.
local lab = require "lab"
local servers, images, floating_ips, security_groups =
  require "servers", require "images", require "floating_ips", require "security_groups"

local IMAGE = "ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret"
local SERVER, FLAVOR, NETWORK = "ubuntu20", "ds512M", "private"
local SMALL, TOO_SMALL = "ubuntu20-nano", "m1.nano"
local VIRTUAL_SIZE = 2361393152 -- of focal-server-cloudimg-amd64.img: 2.2 GiB
local STAND_IN = "oslua_stand_in" -- the property of an image that nothing is in
local PROPERTIES = { os_distro = "ubuntu", os_version = "20.04", os_admin_password = "secret" }
local ROOT = { chpasswd = { expire = false, users = { root = "secret" } }, ssh_pwauth = true, disable_root = false,
  write_files = { { path = "/etc/ssh/sshd_config.d/10-root.conf", content = "PermitRootLogin yes\n" } } }
-- What is opened for a moment to log in carries this, so that it is found again.
local PUBLIC, MARK = "public", "oslua lab 1-2"

local function upload(s, visibility)
  local o = { name = IMAGE, visibility = visibility, properties = PROPERTIES }
  if s.options["image-url"] then
    o.url = s.options["image-url"]
    return images.from_url(o)
  end
  o.file = s.options["image-file"]
  if o.file then return images.create(o) end
  o.file = os.tmpname()
  defer(os.remove, o.file)
  o.properties = {}
  for name, value in pairs(PROPERTIES) do o.properties[name] = value end
  o.properties[STAND_IN] = "yes"
  lab.empty_disk(o.file, VIRTUAL_SIZE)
  return images.create(o)
end

-- Those servers of the lab that failed for want of disk.
local function failed(list)
  for _, server in ipairs(list) do
    if server.status == "ERROR" and server.fault and server.fault.message:find("disk is too small", 1, true) then return server end
  end
end

local EMPTY = { en = "the image is an empty stand-in, and nothing starts from it: --image-url or --image-file takes a real one",
  ko = "이미지가 빈 대체 이미지라 아무것도 부팅되지 않습니다. --image-url 이나 --image-file 로 진짜 이미지를 주세요" }

-- Takes back what was opened for a moment.
local function close_again()
  for _, fip in ipairs(floating_ips.list { description = MARK }) do fip:delete() end
  for _, rule in ipairs(security_groups.rules(nil, { description = MARK })) do security_groups.delete_rule(rule) end
end

-- Logs in as root, and leaves on the console who that is where.
local function greet(s)
  local group = s.server.security_groups and s.server.security_groups[1]
  group = group and group.name ~= "default" and security_groups.get(group.name) or security_groups.default()
  group:allow { protocol = "tcp", port = 22, description = MARK } -- nothing happens where it is allowed already
  local fip = floating_ips.create { network = PUBLIC, description = MARK }
  s.server:add_floating_ip(fip)
  local session = servers.ssh(s.server, { user = "root", password = "secret", address = fip.floating_ip_address, timeout = "5m" })
  local who = "root@" .. session:run("hostname").stdout:gsub("%s+$", "")
  session:run("echo hello from " .. who .. " > /dev/console")
  session:close()
  return who
end

return lab.define {
  id = "1-2",
  title = { en = "Bring an Ubuntu image, and boot it", ko = "Ubuntu 이미지를 올리고 부팅하기" },
  options = { ["image-url"] = "where to download the image", ["image-file"] = "the image's file" },
  steps = {
    {
      id = "image",
      title = { en = "Upload the image " .. IMAGE, ko = "이미지 " .. IMAGE .. " 올리기" },
      why = {
        en = "Cloud images have no password: root's is put into the image, or given to cloud-init at the first boot.",
        ko = "클라우드 이미지에는 암호가 없습니다. 이미지에 넣거나, 첫 부팅 때 cloud-init 에 줍니다.",
      },
      hints = {
        en = {
          "Ubuntu publishes cloud images: search for focal-server-cloudimg-amd64.img.",
          "The .img is a qcow2, whatever its name says: uploaded as raw it boots to nothing. virt-customize --root-password password:secret puts the password in.",
          "images.create { name = '" .. IMAGE .. "', file = 'focal-server-cloudimg-amd64.img', visibility = 'public' }; leave visibility out where only administrators may publish.",
        },
        ko = {
          "Ubuntu 는 클라우드 이미지를 배포합니다: focal-server-cloudimg-amd64.img 를 찾아보세요.",
          ".img 는 이름과 달리 qcow2 입니다. raw 로 올리면 부팅되지 않습니다. 암호는 virt-customize --root-password password:secret 로 넣습니다.",
          "images.create { name = '" .. IMAGE .. "', file = 'focal-server-cloudimg-amd64.img', visibility = 'public' }. 관리자만 공개할 수 있으면 visibility 를 빼세요.",
        },
      },
      lua = [[images.create { name = "ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret", visibility = "public",
  file = "focal-server-cloudimg-amd64.img", properties = { os_admin_password = "secret" } }]],
      openstack = [[wget https://cloud-images.ubuntu.com/focal/current/focal-server-cloudimg-amd64.img
virt-customize -a focal-server-cloudimg-amd64.img --root-password password:secret
openstack image create --disk-format qcow2 --public --progress --file focal-server-cloudimg-amd64.img \
  ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret]],
      curl = [[curl -X POST "$GLANCE/v2/images" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"name": "ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret", "disk_format": "qcow2", "container_format": "bare"}'
curl -X PUT "$GLANCE/v2/images/IMAGE_ID/file" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/octet-stream" \
  -T focal-server-cloudimg-amd64.img]],
      check = function()
        local image = images.find(IMAGE)
        if image and image.status ~= "active" then
          return image, { en = "it is " .. image.status .. ": nothing was uploaded into it", ko = "상태가 " .. image.status .. " 입니다. 파일이 올라가지 않았습니다" }
        end
        if image and image.disk_format ~= "qcow2" then
          return image, { en = "its format is given as " .. image.disk_format .. "; the file is a qcow2", ko = "형식이 " .. image.disk_format .. "(으)로 되어 있습니다. 파일은 qcow2 입니다" }
        end
        return image
      end,
      run = function(s)
        if s.image then s.image:delete() end
        if not s.options["image-url"] and not s.options["image-file"] then
          s.say { en = "An empty stand-in of the same virtual size is used: --image-url URL or --image-file FILE takes the real image.",
            ko = "같은 가상 크기의 빈 대체 이미지를 씁니다. 진짜 이미지는 --image-url URL 이나 --image-file FILE 로 줍니다." }
        end
        local image, err = try(upload, s, "public")
        if not err then return image end
        if err.code ~= "forbidden" then error(err, 0) end
        s.say { en = "This cloud lets only administrators publish images: it is uploaded for this project alone.",
          ko = "이 클라우드에서는 관리자만 이미지를 공개할 수 있어, 이 프로젝트에만 올립니다." }
        return upload(s, "private")
      end,
      undo = function(s) s.image:delete() end,
      show = function(image) return image.name .. " " .. (image.visibility or "") end,
    },
    {
      id = "small",
      needs = { "image" },
      title = { en = "Boot it on " .. TOO_SMALL .. ", see it fail, and read why", ko = TOO_SMALL .. " 로 띄워 실패를 보고 이유 읽기" },
      why = {
        en = "Status ERROR alone says nothing: the reason is in the server's fault.",
        ko = "ERROR 상태만으로는 알 수 없습니다. 이유는 서버의 fault 에 있습니다.",
      },
      hints = {
        en = {
          "The create is accepted; the failure comes later. Keep the server: it is what this step looks for.",
          "openstack server show has a field named fault; Horizon shows it too.",
          "try(servers.create, { name = '" .. SMALL .. "', image = '" .. IMAGE .. "', flavor = '" .. TOO_SMALL .. "', network = 'private' })",
        },
        ko = {
          "요청은 받아들여지고 실패는 나중에 옵니다. 이 단계가 찾는 것이니 서버를 지우지 마세요.",
          "openstack server show 에 fault 라는 항목이 있습니다. Horizon 에도 보입니다.",
          "try(servers.create, { name = '" .. SMALL .. "', image = '" .. IMAGE .. "', flavor = '" .. TOO_SMALL .. "', network = 'private' })",
        },
      },
      lua = [[print(select(2, try(servers.create, { name = "ubuntu20-nano", flavor = "m1.nano", network = "private",
  image = "ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret" })))]],
      openstack = [[openstack server create --flavor m1.nano --image ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret \
  --network private --wait ubuntu20-nano
openstack server show ubuntu20-nano -c status -c fault]],
      curl = [[curl "$NOVA/servers/SERVER_ID" -H "X-Auth-Token: $TOKEN"]],
      check = function(s)
        s.all = servers.list { name = "^ubuntu20" }
        local server = failed(s.all)
        if server then return server end
        for _, other in ipairs(s.all) do
          if other.name == SMALL then
            return other, { en = SMALL .. " is " .. other.status .. ", and does not say that its disk is too small", ko = SMALL .. " 상태가 " .. other.status .. " 이고, 디스크가 작다는 fault 가 없습니다" }
          end
        end
        return nil
      end,
      run = function(s)
        if s.small then s.small:delete() end
        local server, err = try(servers.create, { name = SMALL, image = s.image, flavor = TOO_SMALL, network = NETWORK })
        if err and err.code ~= "resource_error" then error(err, 0) end
        server = server or servers.find(SMALL)
        if not failed { server } then
          error({ code = "check_failed", message = SMALL .. " did not fail for want of disk: it is " .. server.status,
            hint = "the image's virtual size has to be more than the flavor's disk of 1 GiB" }, 0)
        end
        return server
      end,
      undo = function(s) s.small:delete() end,
      show = function(server)
        return server.fault and server.fault.message:match("Flavor's disk.*") or server.name
      end,
    },
    {
      id = "server",
      needs = { "image" },
      title = { en = "Boot " .. SERVER .. " on " .. FLAVOR, ko = FLAVOR .. " 로 " .. SERVER .. " 띄우기" },
      why = {
        en = "The disk of " .. FLAVOR .. ", 5 GiB, holds the image's 2.2: the file is smaller, but the disk in it counts.",
        ko = FLAVOR .. " 의 디스크 5 GiB 에는 이미지의 2.2 GiB 가 들어갑니다. 파일이 아니라 그 안의 디스크 크기가 중요합니다.",
      },
      hints = {
        en = {
          "Which flavors have a disk of at least 3 GiB?",
          "Virtual size and file size are two things: qemu-img info, or images.inspect, tells both.",
          "servers.create with flavor = '" .. FLAVOR .. "'; a server in ERROR is deleted first.",
        },
        ko = {
          "디스크가 3 GiB 이상인 플레이버는?",
          "가상 크기와 파일 크기는 다릅니다. qemu-img info 나 images.inspect 로 볼 수 있습니다.",
          "servers.create 에 flavor = '" .. FLAVOR .. "'. ERROR 인 서버는 먼저 지웁니다.",
        },
      },
      lua = [[servers.create { name = "ubuntu20", flavor = "ds512M", network = "private",
  image = "ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret",
  cloud_init = { chpasswd = { expire = false, users = { root = "secret" } }, ssh_pwauth = true, disable_root = false } }]],
      openstack = [[openstack server create --flavor ds512M --image ubuntu.focal-server-cloudimg-amd64-root-pw-is-secret \
  --network private --wait ubuntu20]],
      curl = [[curl -X POST "$NOVA/servers" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"server": {"name": "ubuntu20", "flavorRef": "d1", "imageRef": "IMAGE_ID", "networks": [{"uuid": "NETWORK_ID"}]}}']],
      check = function(s)
        local server
        for _, one in ipairs(s.all or servers.list { name = "^ubuntu20$" }) do
          if one.name == SERVER then server = one end
        end
        if not server then return nil end
        if s.small and server.id == s.small.id then
          return nil, { en = SERVER .. " is the one that failed: its flavor is too small. Call that one " .. SMALL,
            ko = SERVER .. " 이(가) 실패한 그 서버입니다. 플레이버가 너무 작습니다. 그것은 " .. SMALL .. " (으)로 이름을 바꾸세요" }
        end
        if server.status ~= "ACTIVE" then
          local why = server.fault and server.fault.message or server.status
          return server, { en = SERVER .. " is not running: " .. why, ko = SERVER .. " 이(가) 실행 중이 아닙니다: " .. why }
        end
        if server.image.id ~= s.image.id then
          return server, { en = SERVER .. " is made of another image", ko = SERVER .. " 이(가) 다른 이미지로 만들어졌습니다" }
        end
        return server
      end,
      run = function(s)
        if s.small and s.small.name == SERVER then s.small:update { name = SMALL } end
        local was = s.server
        if was and was.status == "ERROR" then
          was:delete()
        elseif was and was.image.id ~= s.image.id then
          error({ code = "conflict", message = SERVER .. " is there, made of another image",
            hint = "oslua lab reset 1-3 takes back the one of that lab; otherwise delete or rename it" }, 0)
        elseif was then
          if was.status == "SHUTOFF" then was:start() end
          return was:wait()
        end
        return servers.create { name = SERVER, image = s.image, flavor = FLAVOR, network = NETWORK, metadata = { lab = "1-2" },
          cloud_init = ROOT }
      end,
      undo = function(s)
        close_again()
        if s.server.image.id == s.image.id then s.server:delete() end -- that of lab 1-3 is for that lab to take back
      end,
      show = function(server) return SERVER .. " " .. server.status end,
    },
    {
      id = "prompt",
      needs = { "server" },
      title = { en = "Find the login prompt", ko = "로그인 프롬프트 찾기" },
      why = {
        en = "On the console one logs in without any network: root, secret.",
        ko = "콘솔에서는 네트워크 없이 로그인할 수 있습니다: root, secret.",
      },
      hints = {
        en = { "The console shows what a screen would.", "Horizon has it under Console; openstack console url show ubuntu20 gives its address.", "print(servers.wait_console('ubuntu20', 'login:'))" },
        ko = { "콘솔은 모니터가 보여 줄 것을 보여 줍니다.", "Horizon 의 콘솔 탭, 또는 openstack console url show ubuntu20 의 주소입니다.", "print(servers.wait_console('ubuntu20', 'login:'))" },
      },
      lua = [[print(servers.wait_console("ubuntu20", "login:"))
print(servers.console_url("ubuntu20"))]],
      openstack = "openstack console log show ubuntu20\nopenstack console url show ubuntu20",
      curl = [[curl -X POST "$NOVA/servers/SERVER_ID/action" -H "X-Auth-Token: $TOKEN" -H "Content-Type: application/json" \
  -d '{"os-getConsoleOutput": {"length": 10}}']],
      check = function(s)
        local log = lab.console(s.server)
        if not log then
          return lab.skip { en = "this cloud has no consoles: passed over", ko = "이 클라우드에는 콘솔이 없어 건너뜁니다" }
        end
        local line = log:match("[^\n]*login:")
        if not line and s.image[STAND_IN] and not log:find("Linux", 1, true) then return nil, EMPTY end
        s.log = line and log
        return line and line:match("[^\n]*login:"), not line and { en = "no login prompt yet: it is booting", ko = "아직 로그인 프롬프트가 없습니다. 부팅 중입니다" } or nil
      end,
      run = function(s)
        if not s.image[STAND_IN] then return s.server:wait_console("login:", { timeout = "5m" }) end
        -- The built-in cloud plays a guest whatever is in the image; elsewhere nothing starts.
        local line, err = try(s.server.wait_console, s.server, "login:", { timeout = "15s" })
        if err and err.code ~= "timeout" then error(err, 0) end
        return line or lab.skip(EMPTY)
      end,
    },
    {
      id = "login",
      needs = { "server", "prompt" },
      title = { en = "Log in as root, and leave a word on the console", ko = "root 로 로그인해 콘솔에 한마디 남기기" },
      why = {
        en = "That the password is right shows when somebody is in. For a moment the lab opens a way for SSH; lab 1-3 does that in full.",
        ko = "암호가 맞는지는 들어가 봐야 압니다. 실습은 잠시 SSH 의 길을 엽니다. 자세한 것은 실습 1-3 에서 합니다.",
      },
      hints = {
        en = {
          "The console takes a user name and a password: root, secret.",
          "openstack console url show ubuntu20, or Horizon's Console; once in, write: echo hello from root@ubuntu20 > /dev/console",
          "Or over SSH, with a floating IP and a rule for port 22: ssh root@ADDRESS 'echo hello from root@ubuntu20 > /dev/console'",
        },
        ko = {
          "콘솔은 사용자 이름과 암호를 묻습니다: root, secret.",
          "openstack console url show ubuntu20, 또는 Horizon 의 콘솔. 들어가서 입력하세요: echo hello from root@ubuntu20 > /dev/console",
          "또는 SSH 로, 유동 IP 와 22번 포트 규칙이 있을 때: ssh root@주소 'echo hello from root@ubuntu20 > /dev/console'",
        },
      },
      lua = [[local session = servers.ssh("ubuntu20", { user = "root", password = "secret" })
session:run("echo hello from root@ubuntu20 > /dev/console")]],
      openstack = "openstack server ssh --login root ubuntu20\necho hello from root@ubuntu20 > /dev/console",
      check = function(s)
        local log = s.log or lab.console(s.server)
        if not log then
          return lab.skip { en = "this cloud has no guests to log in to: passed over", ko = "이 클라우드에는 로그인할 게스트가 없어 건너뜁니다" }
        end
        local who = log:match("hello from (root@[%w-]+)") -- the keys of SSH, which images print there, have the name alone
        return who, not who and { en = "nobody has logged in as root yet", ko = "아직 아무도 root 로 로그인하지 않았습니다" } or nil
      end,
      run = function(s)
        local who, err = try(greet, s)
        close_again()
        if err and err.code == "unauthorized" then
          error({ code = "check_failed", message = "SSH does not let root in with the password secret",
            hint = "on the console it may: openstack console url show ubuntu20, and once in: echo hello from root@ubuntu20 > /dev/console" }, 0)
        end
        if err then error(err, 0) end
        return who
      end,
    },
  },
}
