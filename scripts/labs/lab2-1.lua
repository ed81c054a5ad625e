-- Lab 2-1: how `server list` works.
-- 실습 2-1: `server list` 는 어떻게 동작하는가.
local lab = require "lab"
local auth, servers, trace = require "auth", require "servers", require "trace"

-- One list of servers, watched: every question is answered by it.
local function watch(s)
  if not s.requests then s.servers, s.requests = trace.capture(function() return servers.list() end) end
  return s.requests
end

-- The request that brought the list.
local function listing(s)
  local requests = watch(s)
  return requests[#requests]
end

-- The same list by the real command: what of its --debug output answers the questions, or nil and why there is none.
-- Nothing else of that output is shown: it is long, and has tokens in it.
local function debugged(s)
  if s.debugged or s.undebugged then return s.debugged, s.undebugged end
  local function none(en, ko)
    s.undebugged = { en = en, ko = ko }
    return nil, s.undebugged
  end
  if auth.endpoint("identity"):find("^http://simulator/") then
    return none("the openstack command does not reach the cloud inside this process: oslua simulator serve makes one it does",
      "openstack 명령은 이 프로세스 안의 클라우드에 닿지 못합니다. oslua simulator serve 로 닿을 수 있는 클라우드를 띄우세요")
  end
  local file = os.tmpname()
  defer(os.remove, file)
  local windows = package.config:sub(1, 1) == "\\"
  if os.execute((windows and "where" or "command -v") .. " openstack >" .. file .. " 2>&1") ~= 0 then
    return none("the openstack command is not installed here", "이 컴퓨터에는 openstack 명령이 없습니다")
  end
  local cloud = auth.whoami().cloud
  cloud = cloud and cloud:find("^[%w._-]+$") and "--os-cloud " .. cloud .. " " or ""
  local code = os.execute("openstack " .. cloud .. "--debug server list >" .. file .. " 2>&1")
  local found = { requests = 0 }
  for line in io.lines(file) do
    found.group = found.group or line:match("^compute API version .*cmd group (%S+)")
    found.class = found.class or line:match("^command: server list %-> (%S+)")
    found.table = found.table or line:match("Namespace%(formatter='(%w+)'")
    local method, url = line:match("^REQ: curl .-%-X (%u+) (%S+)")
    if method then
      found.requests = found.requests + 1
      if url:find("/servers") then found.uri = method .. " " .. url:gsub("^['\"]", ""):gsub("['\"]$", "") end
    end
    if line:find('^{"token"') then
      local body = try(require("json").decode, line)
      for _, service in ipairs(body and body.token and body.token.catalog or {}) do
        for _, e in ipairs(service.type == "compute" and service.endpoints or {}) do
          if e.interface == "public" then found.compute = e.url end
        end
      end
    end
  end
  if code ~= 0 or not found.class then
    return none("openstack --debug server list did not work: try it by hand", "openstack --debug server list 가 실패했습니다. 직접 실행해 보세요")
  end
  s.debugged = found
  return found
end

-- What the real command shows of a question, as a line; nothing where there is no such command.
local function seen(s, lines, format, ...)
  local found = debugged(s)
  if not found then return lines end
  local values = {}
  for i, key in ipairs { ... } do
    values[i] = found[key]
    if values[i] == nil then return lines end
  end
  lines[#lines + 1] = "openstack --debug: " .. string.format(format, unpack(values))
  return lines
end

-- What ListServer.take_action returns: columns, and a row for each server. The exercise starts from this.
local TEMPLATE = [[
-- openstack's ListServer.take_action does this: columns, and a row for each server.
return function(servers)
  local columns = { "ID", "Name", "Status" }
  local rows = {}
  for i, s in ipairs(servers) do
    rows[i] = { s.id, s.name, s.status }
  end
  return columns, rows
end
]]

-- Two servers that differ in everything, so that a column can be told from a constant.
local SAMPLE = {}
for i, name in ipairs { "web", "db" } do
  SAMPLE[i] = { id = "0000000" .. i, name = name, status = i == 1 and "ACTIVE" or "SHUTOFF", created = "2026-01-0" .. i .. "T00:00:00Z",
    updated = "2026-02-0" .. i .. "T00:00:00Z", key_name = "key" .. i, hostId = "host" .. i, progress = i, tenant_id = "project" .. i, user_id = "user" .. i,
    accessIPv4 = "10.0.0." .. i, accessIPv6 = "fd00::" .. i, config_drive = tostring(i == 1), description = "number " .. i, locked = i == 1,
    metadata = { n = tostring(i) }, tags = { "tag" .. i }, image = { id = "image" .. i }, flavor = { id = "flavor" .. i, original_name = "m1." .. i },
    security_groups = { { name = "group" .. i } }, addresses = { private = { { addr = "10.0.0." .. i, version = 4 } } },
    ["OS-EXT-AZ:availability_zone"] = "zone" .. i, ["OS-EXT-STS:vm_state"] = "state" .. i, ["OS-EXT-STS:task_state"] = "task" .. i,
    ["OS-EXT-STS:power_state"] = i, ["OS-SRV-USG:launched_at"] = "2026-03-0" .. i, ["OS-DCF:diskConfig"] = "disk" .. i }
end

-- The learner's columns and rows of the sample; nil and what is wrong with them.
local function listed(file)
  local function wrong(en, ko) return nil, { en = file .. ": " .. en, ko = file .. ": " .. ko } end
  local chunk, problem = loadfile(file)
  if not chunk then
    if problem:find("No such file", 1, true) then return wrong("there is no such file", "그런 파일이 없습니다") end
    return wrong(problem, problem)
  end
  -- It makes rows of servers: it needs no files and no cloud for that.
  local env = { ipairs = ipairs, pairs = pairs, tostring = tostring, tonumber = tonumber, type = type, next = next, select = select,
    string = string, table = table, math = math, unpack = unpack }
  setfenv(chunk, env)
  local action, err = try(chunk)
  if err then return wrong(err.message or tostring(err), err.message or tostring(err)) end
  if type(action) ~= "function" then return wrong("it returns no function", "함수를 돌려주지 않습니다") end
  local result, failed = try(function() return { action(SAMPLE) } end)
  if failed then return wrong(failed.message or tostring(failed), failed.message or tostring(failed)) end
  local columns, rows = result[1], result[2]
  if type(columns) ~= "table" or type(rows) ~= "table" then return wrong("the function returns no columns and rows", "함수가 열과 행을 돌려주지 않습니다") end
  if #rows ~= #SAMPLE then return wrong("a row for each server is wanted", "서버마다 한 행이 있어야 합니다") end
  local width = {}
  for r, cells in ipairs(rows) do
    for c = 1, type(cells) == "table" and table.maxn(cells) or 0 do if cells[c] ~= nil then width[r] = c end end
    if width[r] ~= #columns then
      return wrong(string.format("row %d has %d cells for %d columns", r, width[r] or 0, #columns), string.format("%d번째 행의 칸은 %d개인데 열은 %d개입니다", r, width[r] or 0, #columns))
    end
  end
  if #columns < 4 then
    local all = table.concat(columns, ", ")
    return wrong("its columns are " .. all .. ": add one", "열이 " .. all .. " 입니다. 하나를 더하세요")
  end
  for c, name in ipairs(columns) do
    if tostring(rows[1][c]) == tostring(rows[2][c]) then
      return wrong("the column " .. tostring(name) .. " says the same of every server", "열 " .. tostring(name) .. " 이(가) 모든 서버에 같은 값입니다")
    end
  end
  return columns
end

local function both(f) return { en = f "en", ko = f "ko" } end

-- A step that asks: it shows what there is to see, the question and three answers, and is done with the right one.
local function question(q)
  return {
    id = q.id,
    title = q.title,
    why = q.why,
    hints = { en = { q.hint.en, "oslua --trace -e 'servers.list()' shows every request.", q.because.en .. " (" .. q.right .. ")" },
      ko = { q.hint.ko, "oslua --trace -e 'servers.list()' 가 모든 요청을 보여 줍니다.", q.because.ko .. " (" .. q.right .. ")" } },
    lua = q.lua,
    openstack = q.openstack,
    show = function(answer) return both(function(l) return answer .. ": " .. q.because[l] end) end,
    check = function(s)
      local answer = (s.options.answers or ""):lower():sub(q.n, q.n)
      if answer == "" then return nil, { en = "not answered: --answers takes a letter for each question", ko = "답이 없습니다. --answers 에 문제마다 글자 하나를 주세요" } end
      if answer == q.right then return answer end
      return nil, both(function(l)
        local why = q.wrong[answer] and q.wrong[answer][l] .. " " or ""
        return "'" .. answer .. "' " .. (l == "ko" and "는 틀렸습니다. " or "is wrong. ") .. why .. q.hint[l]
      end)
    end,
    run = function(s, reason)
      for _, line in ipairs(q.see(s)) do
        s.say(both(function(l) return "  | " .. (type(line) == "table" and line[l] or line) end))
      end
      local _, none = debugged(s)
      if none and not s.excused then
        s.excused = true
        s.say(both(function(l) return "  | " .. none[l] end))
      end
      s.say(q.ask)
      for _, letter in ipairs { "a", "b", "c" } do
        s.say(both(function(l) return "  " .. letter .. ") " .. (q.choices[letter][l] or q.choices[letter].en) end))
      end
      return lab.skip(reason)
    end,
  }
end

return lab.define {
  id = "2-1",
  title = { en = "How 'server list' works", ko = "'server list' 는 어떻게 동작하는가" },
  options = { answers = "a letter for each question, such as abcab", list = "the file with a column added" },
  steps = {
    question {
      n = 1, id = "words", right = "b",
      title = { en = "How are the words 'server list' recognised?", ko = "'server list' 라는 말은 어떻게 인식될까요?" },
      why = { en = "A command is a name that something looks up.", ko = "명령은 어딘가에서 찾아지는 이름입니다." },
      ask = { en = "The openstack command knows 'server list' from", ko = "openstack 명령이 'server list' 를 아는 곳은" },
      choices = {
        a = { en = "the compute service, which it asks for its commands", ko = "명령 목록을 알려 주는 컴퓨트 서비스" },
        b = { en = "entry points of its Python package: server_list = a class", ko = "파이썬 패키지의 엔트리 포인트: server_list = 클래스" },
        c = { en = "a long if … elif over the words", ko = "단어를 비교하는 긴 if … elif" },
      },
      wrong = {
        a = { en = "Nova knows no commands, only URIs.", ko = "Nova 는 명령을 모르고 URI 만 압니다." },
        c = { en = "Other packages add commands of their own, without a change in this one.", ko = "다른 패키지가 이 패키지를 고치지 않고도 명령을 더할 수 있습니다." },
      },
      see = function(s)
        watch(s)
        local named = {}
        for name, value in pairs(servers) do
          if type(value) == "function" and name:match "^l" then named[#named + 1] = "servers." .. name end
        end
        table.sort(named)
        return seen(s, { { en = "oslua: 'servers' is a table of functions: " .. table.concat(named, ", "), ko = "oslua: 'servers' 는 함수의 테이블: " .. table.concat(named, ", ") },
          "openstack: entry_points.txt: [openstack.compute.v2] server_list = openstackclient.compute.v2.server:ListServer" },
          "cmd group %s, command: server list -> %s", "group", "class")
      end,
      hint = { en = "Look into entry_points.txt of python-openstackclient.", ko = "python-openstackclient 의 entry_points.txt 를 보세요." },
      because = {
        en = "The words are joined with '_' and looked up among the entry points of openstack.compute.v2; in Lua a name is looked up in a table",
        ko = "단어들을 '_' 로 이어 openstack.compute.v2 의 엔트리 포인트에서 찾습니다. Lua 에서는 테이블에서 이름을 찾습니다",
      },
      openstack = "grep -n server_list $(python3 -c 'import os, openstackclient as o; print(os.path.dirname(o.__file__))')*/entry_points.txt",
    },
    question {
      n = 2, id = "file", right = "c",
      title = { en = "Which file handles them?", ko = "어느 파일이 처리할까요?" },
      why = { en = "Who knows the file can read what the command really does.", ko = "파일을 알면 명령이 실제로 하는 일을 읽을 수 있습니다." },
      ask = { en = "'server list' is carried out by", ko = "'server list' 를 수행하는 것은" },
      choices = {
        a = { en = "openstackclient/shell.py, main()" },
        b = { en = "novaclient/v2/shell.py, do_list()" },
        c = { en = "openstackclient/compute/v2/server.py, ListServer.take_action()" },
      },
      wrong = {
        a = { en = "main() is where every command begins; it finds who carries it out.", ko = "main() 은 모든 명령의 시작이고, 누가 수행할지 찾을 뿐입니다." },
        b = { en = "That is the old nova command; openstack uses novaclient or the SDK only to send requests.", ko = "그것은 예전 nova 명령입니다. openstack 은 요청을 보낼 때만 novaclient 나 SDK 를 씁니다." },
      },
      see = function(s)
        local r = listing(s)
        local lines = { { en = "oslua: the request was made by " .. tostring(r.op) .. ", called at " .. tostring(r.where),
          ko = "oslua: 요청을 보낸 것은 " .. tostring(r.op) .. ", 부른 곳은 " .. tostring(r.where) } }
        local found = debugged(s)
        if not found then return lines end
        found.file = found.class:gsub("%.[^.]+$", ""):gsub("%.", "/") .. ".py"
        return seen(s, lines, "%s is in %s", "class", "file")
      end,
      hint = { en = "The entry point names a module and a class: the module is the file.", ko = "엔트리 포인트는 모듈과 클래스를 가리킵니다. 모듈이 곧 파일입니다." },
      because = {
        en = "openstackclient.compute.v2.server:ListServer is class ListServer in openstackclient/compute/v2/server.py",
        ko = "openstackclient.compute.v2.server:ListServer 는 openstackclient/compute/v2/server.py 의 클래스 ListServer 입니다",
      },
      openstack = "python3 -c 'import openstackclient.compute.v2.server as m; print(m.__file__, m.ListServer)'",
    },
    question {
      n = 3, id = "address", right = "a",
      title = { en = "How is Nova's address found?", ko = "Nova 의 주소는 어떻게 찾을까요?" },
      why = { en = "Only Keystone's address is configured: clouds.yaml or openrc names no other.", ko = "설정에는 Keystone 주소만 있습니다. clouds.yaml 이나 openrc 에 다른 주소는 없습니다." },
      ask = { en = "The address of the compute service comes from", ko = "컴퓨트 서비스의 주소는 어디서 올까요?" },
      choices = {
        a = { en = "the service catalog that Keystone sends with the token", ko = "Keystone 이 토큰과 함께 보내는 서비스 카탈로그" },
        b = { en = "a fixed port, 8774, on Keystone's host", ko = "Keystone 호스트의 고정 포트 8774" },
        c = { en = "OS_COMPUTE_URL in openrc", ko = "openrc 의 OS_COMPUTE_URL" },
      },
      wrong = {
        b = { en = "8774 is only where Nova listens by custom; DevStack has it under /compute on port 80.", ko = "8774 는 관례일 뿐입니다. DevStack 에서는 80번 포트의 /compute 아래에 있습니다." },
        c = { en = "openrc has OS_AUTH_URL alone: the address of Keystone.", ko = "openrc 에는 Keystone 주소인 OS_AUTH_URL 만 있습니다." },
      },
      see = function(s)
        local first = watch(s)[1]
        return seen(s, { first.method .. " " .. first.url .. " " .. first.status .. "  (" .. first.label .. ")",
          { en = "in its answer: compute = " .. auth.endpoint("compute"), ko = "그 응답 안에: compute = " .. auth.endpoint("compute") } }, "in the token's catalog: compute, public = %s", "compute")
      end,
      hint = { en = "What does the very first request bring, beside a token?", ko = "맨 처음 요청은 토큰 말고 무엇을 가져올까요?" },
      because = {
        en = "the token's catalog lists each service by type, region and interface: compute, public",
        ko = "토큰의 카탈로그에는 서비스마다 종류, 리전, 인터페이스별 주소가 있습니다: compute, public",
      },
      lua = [[print(require("auth").endpoint("compute"))]],
      openstack = "openstack catalog show compute",
    },
    question {
      n = 4, id = "uri", right = "b",
      title = { en = "Which URI is called?", ko = "어떤 URI 를 호출할까요?" },
      why = { en = "The service has two lists: a short one and one with everything.", ko = "서비스에는 짧은 목록과 모든 것이 든 목록이 있습니다." },
      ask = { en = "The servers come from", ko = "서버 목록은 어디서 올까요?" },
      choices = {
        a = { en = "POST …/v2.1/servers/list" },
        b = { en = "GET …/v2.1/servers/detail" },
        c = { en = "GET …/v2.1/servers/{id}, for each", ko = "서버마다 GET …/v2.1/servers/{id}" },
      },
      wrong = {
        a = { en = "What only reads is a GET, and there is no word list in Nova's URIs.", ko = "읽기만 하는 것은 GET 이고, Nova 의 URI 에 list 라는 말은 없습니다." },
        c = { en = "A request for each would take as many as there are servers.", ko = "서버마다 조회하면 서버 수만큼 요청이 필요합니다." },
      },
      see = function(s)
        local lines = {}
        for i, r in ipairs(watch(s)) do lines[i] = string.format("%-7s %s %s %d", r.label, r.method, r.url, r.status) end
        return seen(s, lines, "%s  (one of %d requests)", "uri", "requests")
      end,
      hint = { en = "Count the requests and read the last one.", ko = "요청을 세고 마지막 것을 읽어 보세요." },
      because = {
        en = "one GET of /servers/detail brings all servers with all their members; the openstack command asks /images and /flavors too, for names",
        ko = "GET /servers/detail 한 번이 모든 서버의 모든 항목을 가져옵니다. openstack 명령은 이름을 위해 /images 와 /flavors 도 조회합니다",
      },
      lua = [[local list, requests = require("trace").capture(function() return servers.list() end)
for _, r in ipairs(requests) do print(r.method, r.url, r.status) end]],
      openstack = "openstack --debug server list 2>&1 | grep 'REQ: curl'",
    },
    question {
      n = 5, id = "table", right = "c",
      title = { en = "What draws the table?", ko = "표는 누가 그릴까요?" },
      why = { en = "The service sends JSON; rows and lines are made here.", ko = "서비스는 JSON 을 보냅니다. 표는 여기서 만듭니다." },
      ask = { en = "The table is drawn by", ko = "표를 그리는 것은" },
      choices = {
        a = { en = "Nova, which sends text when asked for it", ko = "텍스트로 보내 달라고 하면 보내는 Nova" },
        b = { en = "the terminal", ko = "터미널" },
        c = { en = "cliff's table formatter, from columns and rows; in oslua it is show", ko = "열과 행을 받는 cliff 의 표 포매터. oslua 에서는 show" },
      },
      wrong = {
        a = { en = "Nova sends JSON and nothing else.", ko = "Nova 는 JSON 만 보냅니다." },
        b = { en = "A terminal shows the characters it is sent: the lines are there in a file, too.", ko = "터미널은 받은 글자를 보여 줄 뿐입니다. 파일로 보내도 선이 그대로 있습니다." },
      },
      see = function(s)
        watch(s)
        local lines = { "#servers = " .. #s.servers }
        show(s.servers, { "name", "status", "created" })
        lines[2] = 'show(servers.list(), { "name", "status", "created" })'
        return seen(s, lines, "ListServer runs with formatter='%s'", "table")
      end,
      hint = { en = "The same list as JSON: openstack server list -f json. What changed?", ko = "같은 목록을 JSON 으로: openstack server list -f json. 무엇이 바뀌었나요?" },
      because = {
        en = "ListServer returns columns and rows, and cliff's formatter that -f names draws them: a table by default",
        ko = "ListServer 가 열과 행을 돌려주면 -f 로 고른 cliff 포매터가 그립니다. 기본은 표입니다",
      },
      lua = [[show(servers.list(), { "name", "status", "created" })]],
      openstack = "openstack server list -c Name -c Status --sort-column Name\nopenstack server list -f json",
    },
    {
      id = "column",
      title = { en = "Add a column", ko = "열 하나 더하기" },
      why = {
        en = "A command is columns and rows: who adds to both adds a column to the table.",
        ko = "명령은 열과 행을 만듭니다. 둘 다에 더하면 표에 열이 생깁니다.",
      },
      hints = {
        en = {
          "oslua lab run 2-1 --list my.lua writes what ListServer does into my.lua: change it there.",
          "A name in columns, and a cell in each row. servers.list()[1] shows what a server has: created, key_name, updated …",
          'columns = { "ID", "Name", "Status", "Created" } and rows[i] = { s.id, s.name, s.status, s.created }; then: oslua lab check 2-1 --list my.lua',
        },
        ko = {
          "oslua lab run 2-1 --list my.lua 는 ListServer 가 하는 일을 my.lua 에 써 줍니다. 거기서 고치세요.",
          "columns 에 이름 하나, 각 행에 칸 하나. servers.list()[1] 을 보면 서버에 무엇이 있는지 알 수 있습니다: created, key_name, updated …",
          'columns = { "ID", "Name", "Status", "Created" } 와 rows[i] = { s.id, s.name, s.status, s.created }. 그다음: oslua lab check 2-1 --list my.lua',
        },
      },
      lua = (TEMPLATE:gsub('"Status" }', '"Status", "Created" }'):gsub("s%.status }", "s.status, s.created }")),
      openstack = "openstack server list --long\nopenstack server list -c Name -c Status --sort-column Name",
      check = function(s)
        if not s.options.list then
          return nil, { en = "no list yet: --list FILE takes your file", ko = "목록이 아직 없습니다. --list 파일 로 주세요" }
        end
        local columns, reason = listed(s.options.list)
        return columns and table.concat(columns, ", "), reason
      end,
      run = function(s, reason)
        local file = s.options.list
        local there = file and io.open(file)
        if there then
          there:close()
        elseif file then
          local out, problem = io.open(file, "w")
          if not out then error({ code = "bad_argument", message = "cannot write " .. problem, hint = "is there such a folder, and may you write there?" }, 0) end
          assert(out:write(TEMPLATE))
          assert(out:close())
          reason = { en = file .. " was written: it does what ListServer does. Add a column to it.",
            ko = file .. " 을(를) 썼습니다. ListServer 가 하는 일입니다. 열 하나를 더하세요." }
        end
        return lab.skip(reason)
      end,
    },
  },
}
