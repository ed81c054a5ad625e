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

-- A step that asks: it shows what there is to see, the question and three answers, and is done with the right one.
local function question(q)
  local function both(f) return { en = f "en", ko = f "ko" } end
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
      return nil, both(function(l) return "'" .. answer .. "' " .. (l == "ko" and "는 틀렸습니다. " or "is wrong. ") .. q.hint[l] end)
    end,
    run = function(s, reason)
      for _, line in ipairs(q.see(s)) do s.say("  | " .. line) end
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
  options = { answers = "a letter for each question, such as abcab" },
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
      see = function(s)
        watch(s)
        local named = {}
        for name, value in pairs(servers) do
          if type(value) == "function" and name:match "^l" then named[#named + 1] = "servers." .. name end
        end
        table.sort(named)
        return { "oslua: 'servers' is a table of functions: " .. table.concat(named, ", "),
          "openstack: entry_points.txt has [openstack.compute.v2] server_list = openstackclient.compute.v2.server:ListServer" }
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
      see = function(s)
        local r = listing(s)
        return { "oslua: the request was made by " .. tostring(r.op) .. ", called at " .. tostring(r.where) }
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
      see = function(s)
        local first = watch(s)[1]
        return { first.method .. " " .. first.url .. " " .. first.status .. "  (" .. first.label .. ")",
          "in its answer: compute = " .. auth.endpoint("compute") }
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
      see = function(s)
        local lines = {}
        for i, r in ipairs(watch(s)) do lines[i] = string.format("%-7s %s %s %d", r.label, r.method, r.url, r.status) end
        return lines
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
      title = { en = "What draws the table? Add a column", ko = "표는 누가 그릴까요? 열을 더해 보기" },
      why = { en = "The service sends JSON; rows and lines are made here.", ko = "서비스는 JSON 을 보냅니다. 표는 여기서 만듭니다." },
      ask = { en = "The table is drawn by", ko = "표를 그리는 것은" },
      choices = {
        a = { en = "Nova, which sends text when asked for it", ko = "텍스트로 보내 달라고 하면 보내는 Nova" },
        b = { en = "the terminal", ko = "터미널" },
        c = { en = "cliff's table formatter, from columns and rows; in oslua it is show", ko = "열과 행을 받는 cliff 의 표 포매터. oslua 에서는 show" },
      },
      see = function(s)
        watch(s)
        local lines = { "#servers = " .. #s.servers }
        show(s.servers, { "name", "status", "created" })
        lines[2] = 'show(servers.list(), { "name", "status", "created" })'
        return lines
      end,
      hint = { en = "The same list as JSON: openstack server list -f json. What changed?", ko = "같은 목록을 JSON 으로: openstack server list -f json. 무엇이 바뀌었나요?" },
      because = {
        en = "ListServer returns columns and rows, and cliff's formatter that -f names draws them: a table by default",
        ko = "ListServer 가 열과 행을 돌려주면 -f 로 고른 cliff 포매터가 그립니다. 기본은 표입니다",
      },
      lua = [[show(servers.list(), { "name", "status", "created" })]],
      openstack = "openstack server list -c Name -c Status --sort-column Name\nopenstack server list -f json",
    },
  },
}
