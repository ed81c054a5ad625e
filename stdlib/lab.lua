--- Labs: exercises on a cloud that can be run, checked and undone.
---
--- A lab is a list of steps. A step has up to three functions, each given the lab's state `s`, a table that holds under
--- every step's id what that step found or made:
---
---   * `check(s)` looks whether the step is done. It returns what it found, or nil; and, when something is missing or
---     not as it should be, a reason in words. The step holds when something was returned and no reason.
---   * `run(s, reason)` does the step and returns what it made. A step without it only checks.
---   * `undo(s)` takes it back. It is called only when the check found something.
---
--- A check or a run may return `lab.skip(reason)`: this cloud has not what the step is about, and it is passed over.
--- `s.options` holds the lab's own options, as they were given; `s.say(text)` prints a line, or one of each language's,
--- while the lab runs.
---
--- Since a check looks at the cloud and not at a record, a lab can be run again, goes on where it stopped, and accepts
--- any way of reaching the goal. What is remembered of a lab (module progress) is for people to see how far they are.
local json, progress, text = require "json", require "progress", require "text"

local M = {}

---@class lab.Step
---@field id string                            the step's name, and its key in the state
---@field title string|table<string,string>    what is done, or one text for each language: {en = ..., ko = ...}
---@field why? string|table<string,string>     why it matters
---@field needs? string[]                      ids of the steps that must have found something
---@field check fun(s: table): any, (string|table<string,string>)?   see above
---@field run? fun(s: table, reason: string?): any
---@field undo? fun(s: table)
---@field show? fun(found: any): string|table<string,string>   a line about what was found or made; its name by default
---@field hints? table<string,string[]>        three hints for each language, from a nudge to the way itself
---@field lua? string                          what does the step in Lua
---@field openstack? string                    what does it with the openstack command
---@field curl? string                         what does it with curl, where $TOKEN, $NOVA, $NEUTRON and $GLANCE are set

---@class lab.Lab
---@field id string
---@field title string|table<string,string>
---@field steps lab.Step[]
---@field options? table<string,string>        options of the lab's own, by name: what each is for
---@field picture? fun(s: table): table         what there is so far, as topology.data() has it: drawn round each step that is run

local words = {
  en = {
    lab = "Lab", step = "Step", result = "Result", what = "What", time = "Time",
    made = "done now", found = "already done", holds = "holds", fails = "not done", undone = "undone",
    absent = "nothing there", failed = "failed",
    summary = "%d done now, %d already done, %d checked, in %s.",
    nothing = "Everything was there already: nothing was changed.",
    graded = "%d of %d steps hold.", reset = "%d undone, %d had left nothing.",
    needs = "step '%s' comes first", missing = "not done yet",
    usage = "usage: run [--step] | check [--json] | hint [STEP] [--level 1|2|3] | solve [STEP] | reset | report [-o FILE] [--learner NAME]  [--lang en|ko]",
    skipped = "passed over", why = "Why: ", hint = "Hint", more = "A plainer hint: --level %d.",
    whole = "All steps hold: there is nothing left to do.", nohints = "There is no hint for this step.",
    notwin = "This step only looks: there is nothing to type.", begins = "The exercise begins with: oslua lab run %s", state = "It stands so: ",
    next = "Stopped after step %d of %d. Run it again for the next one: %s.", last = "That was the last step.",
    title = "Title", done = "Done", looked = "Looked at", before = "Before:", after = "After:",
    failure = "lab %s, step %d (%s): %s", helps = "oslua lab hint %s helps; then run the lab again: steps that are done are left as they are",
    stays = "what was done stays: run the lab again, or take it back with: oslua lab reset %s",
    unwritten = "cannot write the report: %s", writable = "is there such a folder, room on the disk, and may you write there?",
    all = "All labs are done.", written = "%s: %d of %d steps hold.",
    report = "Report on lab %s: %s", learner = "Learner", builtin = "the built-in simulator", project = "Project", cloud = "Cloud", when = "Checked", held = "%d of %d steps hold",
    hints = "Hints used", none = "none", hinted = "%s (level %d)", found_ = "Found", first = "First done", topology = "Topology", astext = "As text",
    requests = "Requests of the check", purpose = "For", request = "Request", status = "Status", noanswer = "none",
    remark = "What was found was looked for when the report was made. Times of the first success and hints are as this computer remembers them.",
  },
  ko = {
    lab = "실습", step = "단계", result = "결과", what = "대상", time = "시간",
    made = "지금 완료", found = "이미 완료", holds = "확인됨", fails = "미완료", undone = "되돌림",
    absent = "없음", failed = "실패",
    summary = "지금 완료 %d, 이미 완료 %d, 확인 %d, 걸린 시간 %s.",
    nothing = "모두 이미 되어 있어 아무것도 바꾸지 않았습니다.",
    graded = "%d/%d 단계가 확인되었습니다.", reset = "되돌림 %d, 되돌릴 것 없음 %d.",
    needs = "'%s' 단계가 먼저입니다", missing = "아직 하지 않았습니다",
    usage = "사용법: run [--step] | check [--json] | hint [단계] [--level 1|2|3] | solve [단계] | reset | report [-o 파일] [--learner 이름]  [--lang en|ko]",
    skipped = "건너뜀", why = "이유: ", hint = "힌트", more = "더 자세한 힌트: --level %d.",
    whole = "모든 단계가 확인되었습니다. 더 할 일이 없습니다.", nohints = "이 단계에는 힌트가 없습니다.",
    notwin = "이 단계는 보기만 합니다. 입력할 것이 없습니다.", begins = "이렇게 시작합니다: oslua lab run %s", state = "지금 상태: ",
    next = "%d/%d 단계에서 멈췄습니다. 다시 실행하면 다음 단계를 합니다: %s.", last = "마지막 단계였습니다.",
    title = "제목", done = "완료", looked = "확인한 날", before = "이전:", after = "이후:",
    failure = "실습 %s, %d단계 (%s): %s", helps = "힌트를 보려면: oslua lab hint %s. 고친 뒤 실습을 다시 실행하세요. 끝난 단계는 그대로 둡니다",
    stays = "지금까지 한 것은 남아 있습니다. 실습을 다시 실행하거나, 되돌리려면: oslua lab reset %s",
    unwritten = "보고서를 쓸 수 없습니다: %s", writable = "폴더가 있는지, 디스크에 자리가 있는지, 쓸 권한이 있는지 보세요",
    all = "모든 실습을 마쳤습니다.", written = "%s: %d/%d 단계 확인.",
    report = "실습 %s 보고서: %s", learner = "학습자", builtin = "내장 시뮬레이터", project = "프로젝트", cloud = "클라우드", when = "확인 시각", held = "%d/%d 단계 확인",
    hints = "사용한 힌트", none = "없음", hinted = "%s (수준 %d)", found_ = "확인한 내용", first = "처음 완료", topology = "토폴로지", astext = "텍스트로 보기",
    requests = "확인에 쓴 요청", purpose = "용도", request = "요청", status = "상태", noanswer = "없음",
    remark = "확인한 내용은 보고서를 만들 때 클라우드에서 직접 본 것입니다. 처음 완료한 시각과 힌트는 이 컴퓨터의 기록입니다.",
  },
}

local language = text.language

local function say(t, lang)
  if type(t) == "table" then return t[lang] or t.en end
  return t
end

local function duration(seconds)
  if seconds < 1 then return string.format("%d ms", math.floor(seconds * 1000 + 0.5)) end
  return string.format("%.1f s", seconds)
end

local function describe(step, found, lang)
  if step.show and found ~= nil then return say(step.show(found), lang) end
  if type(found) == "table" then return found.name ~= nil and found.name ~= "" and found.name or found.id or "" end
  return found == true and "" or tostring(found or "")
end

local skip = {}

--- What a check or a run returns when this cloud has not what the step is about: no consoles, no guests.
---@param reason string|table<string,string> what is missing
---@return any
function M.skip(reason)
  return setmetatable({ reason = reason }, skip)
end

local function skipped(v) return type(v) == "table" and getmetatable(v) == skip end

--- What a server wrote to its console; nil where the cloud has no consoles, and so no guests to log in to either.
---@param server table|string
---@return string? text
function M.console(server)
  local log, err = try(require("servers").console_log, server)
  if err and err.code == "conflict" then return "" end -- it does not run yet
  if err and (err.status == 501 or err.code == "forbidden") then return nil end
  if err then error(err, 0) end
  -- Nova's driver for tests writes this and runs no guest.
  if log:find("FAKE CONSOLE OUTPUT", 1, true) then return nil end
  return log
end

-- An integer as so many bytes, the highest first.
local function bytes(n, width)
  local all = {}
  for i = width, 1, -1 do
    all[i] = string.char(n % 256)
    n = math.floor(n / 256)
  end
  return table.concat(all)
end

--- Writes an empty qcow2 disk: a small file, whatever the size of the disk in it. It stands in for a large image where
--- only the size matters.
---@param path string   the file
---@param size integer  the disk's size in bytes
function M.empty_disk(path, size)
  -- A header, the table and block that count clusters, and a first table of data that says there are none: four clusters.
  local cluster = 65536
  local tables = math.ceil(size / (cluster * cluster / 8))
  local function padded(s) return s .. string.rep("\0", cluster - #s) end
  local header = "QFI\251" .. bytes(2, 4) .. bytes(0, 8) .. bytes(0, 4) .. bytes(16, 4) .. bytes(size, 8) .. bytes(0, 4)
    .. bytes(tables, 4) .. bytes(3 * cluster, 8) .. bytes(cluster, 8) .. bytes(1, 4) .. bytes(0, 4) .. bytes(0, 8)
  local file = assert(io.open(path, "wb"))
  assert(file:write(padded(header), padded(bytes(2 * cluster, 8)), padded(string.rep(bytes(1, 2), 4)), padded("")))
  assert(file:close())
end

-- The steps that were passed over, by the lab's state: what needs one of them is passed over too.
local over = setmetatable({}, { __mode = "k" })

local function pass_over(step, s, why)
  over[s] = over[s] or {}
  over[s][step.id] = why
end

-- Runs one check, with what it needs looked at first: a check may then rely on what earlier steps found.
local function look(step, s, w)
  for _, need in ipairs(step.needs or {}) do
    local why = over[s] and over[s][need]
    if s[need] == nil and why then
      pass_over(step, s, why)
      return true, nil, why
    end
    if s[need] == nil then return false, string.format(w.needs, need) end
  end
  local found, reason = step.check(s)
  if found == false then found = nil end
  if skipped(found) then
    pass_over(step, s, found)
    return true, nil, found
  end
  s[step.id] = found
  return found ~= nil and reason == nil, reason
end

local function row(step, n, result, detail, started)
  return { tostring(n), step.id, result, detail, duration(task.now() - started) }
end

local function report(rows, w)
  print(text.table(rows, { header = { "#", w.step, w.result, w.what, w.time } }))
  print()
end

local function heading(this, w, lang)
  print(string.format("%s %s: %s", w.lab, this.id, say(this.title, lang)))
  print()
end

-- Remembers which steps hold. A lab whose name cannot be remembered does without.
local function remember(this, holds)
  try(progress.looked, this.id, { holds = holds, steps = #this.steps })
end

local function recall(this)
  local known = try(progress.get, this.id)
  return known or { holds = {}, steps = 0, first = {}, hints = {} }
end

-- Draws what a step made: before it, unless that is on the screen already, and after it.
local function pictures(this, lang, w)
  local topology, last = nil, nil
  local album = {}
  function album.before(s)
    if not this.picture then return end
    topology = topology or require "topology"
    album.was = this.picture(s)
  end
  function album.after(s)
    if not this.picture then return end
    local now = this.picture(s)
    local diff = topology.diff(album.was, now)
    if #diff.added + #diff.changed == 0 then return end
    if not last then
      print(w.before)
      topology.show { data = album.was, lang = lang }
    end
    local new = {}
    for _, list in ipairs { diff.added, diff.changed } do
      for _, item in ipairs(list) do new[#new + 1] = item end
    end
    print(w.after)
    topology.show { data = now, highlight = new, lang = lang }
    print()
    last = now
  end
  return album
end

-- The error of a step that does not hold and that the lab cannot do by itself.
local function failure(this, n, reason, w)
  return {
    code = "check_failed",
    message = string.format(w.failure, this.id, n, this.steps[n].id, reason),
    hint = string.format(w.helps, this.id),
  }
end

--- Runs each step whose check does not hold yet, and prints a summary. A step that fails ends the run with its error;
--- what was done before stays, and the next run goes on from there.
---@param this lab.Lab
---@param options? {lang?: string, step?: boolean, own?: table} step = true ends the run after the first step that did something
---@return table state, integer changed what each step found or made, and how many steps did something
function M.run(this, options)
  options = options or {}
  local lang = language(options.lang)
  local w, s, rows = words[lang], { options = options.own or {} }, {}
  function s.say(t) print("      " .. say(t, lang)) end
  local made, found, checked, began = 0, 0, 0, task.now()
  local told = false -- a step ran, and said that it cannot be done
  local holds, album = {}, pictures(this, lang, w)
  heading(this, w, lang)
  for n, step in ipairs(this.steps) do
    local started = task.now()
    print(string.format("[%d/%d] %s", n, #this.steps, say(step.title, lang)))
    if step.why then print("      " .. w.why .. say(step.why, lang)) end
    local pass, missing
    local done = true
    local function attempt()
      local held, reason, why = look(step, s, w)
      pass = why
      if why then return w.skipped end
      if held then
        if step.run then
          found = found + 1
          return w.found
        end
        checked = checked + 1
        return w.holds
      end
      if not step.run then
        missing = say(reason, lang) or w.missing
        error(failure(this, n, missing, w), 0)
      end
      album.before(s)
      local result = step.run(s, reason)
      if skipped(result) then
        pass, told, done = result, true, false
        pass_over(step, s, result)
        return w.skipped
      end
      s[step.id] = result
      made = made + 1
      return w.made
    end
    local result, err = try(attempt)
    if not err then
      if done then holds[#holds + 1] = step.id end
      if result == w.made then album.after(s) end
    end
    if err then
      if type(err) == "table" and err.code ~= "check_failed" and err.code ~= "cancelled" then
        err.hint = (err.hint and err.hint .. "\n" or "") .. string.format(w.stays, this.id)
      end
      remember(this, holds)
      rows[n] = row(step, n, w.failed, missing or err.message or tostring(err), started)
      print()
      report(rows, w)
      error(err, 0)
    end
    rows[n] = row(step, n, result, pass and say(pass.reason, lang) or describe(step, s[step.id], lang), started)
    if options.step and (made > 0 or told) then
      remember(this, holds)
      print()
      report(rows, w)
      local following = this.steps[n + 1]
      print(following and string.format(w.next, n, #this.steps, say(following.title, lang)) or w.last)
      return s, made
    end
  end
  remember(this, holds)
  print()
  report(rows, w)
  if made == 0 and not told then print(w.nothing) end
  print(string.format(w.summary, made, found, checked, duration(task.now() - began)))
  return s, made
end

-- Runs the checks alone: of each step whether it holds and what was found, how many hold, and the lab's state.
local function grade(this, options, lang, w)
  local s, steps, ids = { options = options.own or {} }, {}, {}
  for n, step in ipairs(this.steps) do
    local started = task.now()
    local holds, reason, why = look(step, s, w)
    if holds then ids[#ids + 1] = step.id end
    steps[n] = { step = step.id, title = say(step.title, lang), holds = holds, skipped = why ~= nil,
      detail = why and say(why.reason, lang) or holds and describe(step, s[step.id], lang) or say(reason, lang) or w.missing }
    steps[n].row = row(step, n, why and w.skipped or holds and w.holds or w.fails, steps[n].detail, started)
  end
  remember(this, ids)
  return steps, #ids, s
end

--- Runs the checks alone and prints which hold: this is grading. Nothing is changed.
---@param this lab.Lab
---@param options? {lang?: string, json?: boolean, own?: table} json = true prints a JSON object
---@return boolean passed true when every step holds
function M.check(this, options)
  options = options or {}
  local lang = language(options.lang)
  local w, rows = words[lang], {}
  if not options.json then heading(this, w, lang) end
  local steps, held = grade(this, options, lang, w)
  for n, step in ipairs(steps) do rows[n], step.row = step.row, nil end
  if options.json then
    print(json.encode { lab = this.id, title = say(this.title, lang), passed = held == #steps, held = held, of = #steps, steps = steps })
    return held == #steps
  end
  report(rows, w)
  print(string.format(w.graded, held, #steps))
  return held == #steps
end

-- Text as it stands in Markdown: nothing in it is markup.
local function markdown(s)
  s = tostring(s):gsub("%s+", " "):gsub("[\\`*_{}%[%]<>|~#!@]", "\\%0")
  -- Inside a word an underscore is one; and an address stays text.
  return (s:gsub("(%w)\\_%f[%w]", "%1_"):gsub("://", ":\\//"))
end

local function cells(...)
  return "| " .. table.concat({ ... }, " | ") .. " |"
end

-- A block of code that nothing in it can end.
local function fenced(kind, code)
  local fence = "```"
  while code:find(fence, 1, true) do fence = fence .. "`" end
  return fence .. kind .. "\n" .. code:gsub("%s+$", "") .. "\n" .. fence
end

--- Makes a report to hand in: who and where, each step with what was found now, the topology, the requests of the check.
--- It is Markdown, and there is no secret in it. Nothing is changed.
---@param this lab.Lab
---@param options? {lang?: string, own?: table, learner?: string} learner is the name of who hands it in
---@return string markdown, integer held, integer of how many steps hold, of how many
function M.report(this, options)
  options = options or {}
  local lang = language(options.lang)
  local w, auth = words[lang], require "auth"
  local who, steps, held, s, requests = require("trace").capture(function()
    return auth.whoami(), grade(this, options, lang, w)
  end)
  local known, lines = recall(this), {}
  local address = auth.endpoint("identity")
  if address:find("^http://simulator/") then address = w.builtin end
  local function add(...) for _, line in ipairs { ... } do lines[#lines + 1] = line end end

  local hinted, new = {}, {}
  for _, step in ipairs(this.steps) do
    if known.hints[step.id] then hinted[#hinted + 1] = string.format(w.hinted, markdown(step.id), known.hints[step.id]) end
    if type(s[step.id]) == "table" and s[step.id].id then new[#new + 1] = s[step.id].id end
  end
  add("# " .. markdown(string.format(w.report, this.id, say(this.title, lang))), "",
    cells("", ""), "| --- | --- |",
    cells(w.result, "**" .. string.format(w.held, held, #steps) .. "**"),
    cells(w.learner, markdown(options.learner and options.learner .. " (" .. who.user .. ")" or who.user)),
    cells(w.project, markdown(who.project or "-")),
    cells(w.cloud, markdown(who.cloud and who.cloud .. ", " .. address or address)),
    cells(w.when, os.date("!%Y-%m-%d %H:%M UTC")),
    cells(w.hints, #hinted > 0 and table.concat(hinted, ", ") or w.none), "",
    cells("#", w.step, w.result, w.found_, w.first), "| --- | --- | --- | --- | --- |")
  for n, step in ipairs(steps) do
    local first = known.first[step.step]
    add(cells(tostring(n), markdown(step.title), (step.skipped and "➖ " .. w.skipped) or (step.holds and "✅ " .. w.holds) or "❌ " .. w.fails,
      markdown(step.detail), first and first:gsub("T(%d+:%d+):.*", " %1") or ""))
  end

  local topology = require "topology"
  local data = topology.data()
  add("", "## " .. w.topology, "", fenced("mermaid", topology.mermaid { data = data, highlight = new, lang = lang }), "",
    "<details><summary>" .. w.astext .. "</summary>", "",
    fenced("text", topology.text { data = data, lang = lang, width = 100 }), "", "</details>", "",
    "## " .. w.requests, "", cells("#", w.purpose, w.request, w.status, "ms"), "| --- | --- | --- | --- | --- |")
  for n, r in ipairs(requests) do
    add(cells(tostring(n), r.label, markdown(r.method .. " " .. r.path), r.status == 0 and w.noanswer or tostring(r.status), string.format("%.0f", r.ms)))
  end
  add("", w.remark, "")
  return table.concat(lines, "\n"), held, #steps
end

-- Writes the report where it was asked for.
local function hand_in(this, options)
  local w = words[language(options.lang)]
  local function written(done, problem)
    if not done then
      error({ code = "bad_argument", message = string.format(w.unwritten, options.output .. ": " .. problem:gsub("^.*: ", "")), hint = w.writable }, 0)
    end
    return done
  end
  if options.output then
    -- What cannot be written is known before anything is asked.
    written(io.open(options.output, "a")):close()
  end
  local markdown, held, of = M.report(this, options)
  if not options.output then
    io.write(markdown)
    return
  end
  local file = written(io.open(options.output, "w"))
  written(file:write(markdown))
  written(file:close())
  print(string.format(w.written, options.output, held, of))
end

--- Undoes the steps in reverse order, as far as their checks find something.
---@param this lab.Lab
---@param options? {lang?: string, own?: table}
function M.reset(this, options)
  options = options or {}
  local lang = language(options.lang)
  local w, s, rows, undone, absent = words[lang], { options = options.own or {} }, {}, 0, 0
  heading(this, w, lang)
  for _, step in ipairs(this.steps) do look(step, s, w) end
  remember(this, {})
  for n = #this.steps, 1, -1 do
    local step, started = this.steps[n], task.now()
    if step.undo then
      local was = s[step.id]
      if was ~= nil then
        step.undo(s)
        undone = undone + 1
      else
        absent = absent + 1
      end
      rows[#rows + 1] = row(step, n, was ~= nil and w.undone or w.absent, was ~= nil and describe(step, was, lang) or "", started)
    end
  end
  report(rows, w)
  print(string.format(w.reset, undone, absent))
end

-- The step of that name or number, and why it does not hold; without a name the first that does not hold.
local function find(this, name, options, w)
  local s = { options = options.own or {} }
  for n, step in ipairs(this.steps) do
    if not name then
      local holds, reason = look(step, s, w)
      if not holds then return step, n, reason end
    elseif step.id == name or tostring(n) == tostring(name) then
      return step, n
    end
  end
  if name then
    local ids = {}
    for i, step in ipairs(this.steps) do ids[i] = step.id end
    error({ code = "bad_argument", message = string.format("lab %s has no step '%s'", this.id, name),
      hint = "its steps are " .. table.concat(ids, ", ") }, 0)
  end
end

local function introduce(this, step, n, reason, w, lang)
  print(string.format("[%d/%d] %s", n, #this.steps, say(step.title, lang)))
  if step.why then print("      " .. w.why .. say(step.why, lang)) end
  if reason then print("      " .. w.state .. say(reason, lang)) end
  print()
end

--- Prints hints for a step: what its check says, and the hints up to a level of three, from a nudge to the way itself.
---@param this lab.Lab
---@param step? string|integer  its id or number; the first that does not hold when left out
---@param level? integer        1, the default, to 3
---@param options? {lang?: string, own?: table}
---@return string? step the step's id; nil when all hold
function M.hint(this, step, level, options)
  options = options or {}
  local lang = language(options.lang)
  local w = words[lang]
  local found, n, reason = find(this, step, options, w)
  heading(this, w, lang)
  if not found then
    print(w.whole)
    return nil
  end
  introduce(this, found, n, reason, w, lang)
  local hints = found.hints and (found.hints[lang] or found.hints.en)
  if not hints then
    print(found.run and string.format(w.begins, this.id) or w.nohints)
    return found.id
  end
  local shown = math.min(level or 1, #hints)
  try(progress.hinted, this.id, { step = found.id, level = shown })
  for i = 1, shown do print(string.format("%s %d: %s", w.hint, i, hints[i])) end
  if shown < #hints then print(string.format(w.more, shown + 1)) end
  return found.id
end

-- Where the curl commands have their addresses and token from.
local CURL_SETUP = [[
# $NOVA, $NEUTRON and $GLANCE are the public addresses of these services in: openstack catalog list
TOKEN=$(openstack token issue -f value -c id)]]

local function block(name, code)
  print("# " .. name)
  for line in (code:gsub("%s+$", "") .. "\n"):gmatch("(.-)\n") do print("  " .. line) end
  print()
end

--- Prints what does a step: in Lua, with the openstack command and with curl. Nothing is changed.
---@param this lab.Lab
---@param step? string|integer  its id or number; the first that does not hold when left out
---@param options? {lang?: string, own?: table}
---@return string? step the step's id; nil when all hold
function M.solve(this, step, options)
  options = options or {}
  local lang = language(options.lang)
  local w = words[lang]
  local found, n, reason = find(this, step, options, w)
  heading(this, w, lang)
  if not found then
    print(w.whole)
    return nil
  end
  introduce(this, found, n, reason, w, lang)
  if found.lua then block("Lua", found.lua) end
  if found.openstack then block("openstack", found.openstack) end
  if found.curl then block("curl", CURL_SETUP .. "\n" .. found.curl) end
  if not (found.lua or found.openstack or found.curl) then print(found.run and string.format(w.begins, this.id) or w.notwin) end
  return found.id
end

--- Prints a table of labs: of each its name, its title, how many of its steps held when they were last looked at, and when
--- that was.
---@param labs lab.Lab[]
---@param options? {lang?: string}
function M.list(labs, options)
  local lang = language((options or {}).lang)
  local w, rows = words[lang], {}
  for n, this in ipairs(labs) do
    local known = recall(this)
    rows[n] = { this.id, string.format("%d/%d", #known.holds, #this.steps), known.looked and known.looked:sub(1, 10) or "", say(this.title, lang) }
  end
  print(text.table(rows, { header = { w.lab, w.done, w.looked, w.title } }))
end

--- The lab to go on with: the first that is not done, as far as is remembered. Says so when all are.
---@param labs lab.Lab[]
---@param options? {lang?: string}
---@return lab.Lab? lab
function M.next(labs, options)
  for _, this in ipairs(labs) do
    if #recall(this).holds < #this.steps then return this end
  end
  print(words[language((options or {}).lang)].all)
end

local fields = { id = "string", title = true, why = true, needs = "table", check = "function", run = "function",
  undo = "function", show = "function", hints = "table", lua = "string", openstack = "string", curl = "string" }

local lab = {}
lab.__index = lab
lab.__name = "lab"

--- Makes a lab of its description. A script that returns a lab runs it: `return lab.define { ... }`.
--- Raises bad_argument when a step is not as it should be.
---@param this lab.Lab
---@return lab.Lab
function M.define(this)
  local function refuse(format, ...)
    error({ code = "bad_argument", message = "lab.define: " .. string.format(format, ...) }, 3)
  end
  if type(this) ~= "table" or type(this.id) ~= "string" then refuse("a lab needs an id") end
  if type(this.steps) ~= "table" or #this.steps == 0 then refuse("lab %s has no steps", this.id) end
  local seen = {}
  for n, step in ipairs(this.steps) do
    local id = tostring(step.id)
    if type(step.id) ~= "string" then refuse("step %d of lab %s has no id", n, this.id) end
    if seen[id] then refuse("lab %s has two steps named '%s'", this.id, id) end
    if id == "options" or id == "say" then refuse("'%s' cannot be a step's name: s.%s is the lab's own", id, id) end
    if type(step.check) ~= "function" then refuse("step '%s' has no check function", id) end
    for key, value in pairs(step) do
      local want = fields[key]
      if not want then refuse("step '%s' has an unknown field '%s'", id, tostring(key)) end
      if want ~= true and type(value) ~= want then refuse("step '%s': %s must be a %s", id, key, want) end
    end
    for _, need in ipairs(step.needs or {}) do
      if not seen[need] then refuse("step '%s' needs '%s', which is no earlier step", id, need) end
    end
    seen[id] = true
  end
  return setmetatable(this, lab)
end

-- A mistake on the command line is the caller's, not the script's: it has no place in a file, and exit code 2.
local function misused(this, what, options)
  io.stderr:write(string.format("lab %s: %s\n  %s\n", this.id, what, words[language(options.lang)].usage))
  os.exit(2)
end

-- What each action takes beside --lang.
local actions = {
  run = { step = true }, check = { json = true }, hint = { level = true, name = true }, solve = { name = true }, reset = {},
  report = { output = true },
}

--- Runs a lab as its script's arguments say: `run` (the default), `check`, `hint`, `solve`, `reset` or `report`, their
--- options, and `--lang en|ko`. `check` ends the script with exit code 3 when a step does not hold.
---@param this lab.Lab
---@param ... string
function M.main(this, ...)
  local action, options, given = nil, { own = {} }, { ... }
  local i, name = 1, nil
  local function value(word, inline)
    if inline then return inline end
    i = i + 1
    if given[i] == nil then misused(this, word .. " needs a value", options) end
    return given[i]
  end
  while i <= #given do
    local word, inline = given[i]:match("^(%-%-[^=]+)=(.*)$")
    word = word or given[i]
    local can = actions[action or "run"]
    if word == "--lang" then
      local lang = value(word, inline)
      if not words[lang] then misused(this, "--lang: want en or ko, got '" .. lang .. "'", options) end
      options.lang = lang
    elseif word == "--step" and can.step then
      options.step = true
    elseif word == "--json" and can.json then
      options.json = true
    elseif (word == "--output" or word == "-o") and can.output then
      options.output = value(word, inline)
    elseif word == "--learner" and can.output then
      options.learner = value(word, inline)
    elseif word == "--level" and can.level then
      local level = value(word, inline)
      if not level:match("^[123]$") then misused(this, "--level: want 1, 2 or 3, got '" .. level .. "'", options) end
      options.level = tonumber(level)
    elseif word:match("^%-%-") and this.options and this.options[word:sub(3)] then
      options.own[word:sub(3)] = value(word, inline)
    elseif not action and actions[word] then
      action = word
    elseif can.name and not name and not word:match("^%-") then
      name = word
    elseif word:match("^\226\128[\144-\149]") then
      local plain = "--" .. word:gsub("^[\226\128\144-\149-]+", "")
      misused(this, string.format("'%s' begins with a typographic dash, as web pages make them: type %s", word, plain), options)
    else
      misused(this, "'" .. word .. "' is not understood", options)
    end
    i = i + 1
  end
  if action == "check" then
    if not M.check(this, options) then os.exit(3) end
  elseif action == "hint" then
    M.hint(this, name, options.level, options)
  elseif action == "solve" then
    M.solve(this, name, options)
  elseif action == "reset" then
    M.reset(this, options)
  elseif action == "report" then
    hand_in(this, options)
  else
    M.run(this, options)
  end
end

lab.__main = M.main

return M
