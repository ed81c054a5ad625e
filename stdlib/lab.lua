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
--- Since a check looks at the cloud and not at a record, a lab can be run again, goes on where it stopped, and accepts
--- any way of reaching the goal.
local text = require "text"

local M = {}

---@class lab.Step
---@field id string                            the step's name, and its key in the state
---@field title string|table<string,string>    what is done, or one text for each language: {en = ..., ko = ...}
---@field why? string|table<string,string>     why it matters
---@field needs? string[]                      ids of the steps that must have found something
---@field check fun(s: table): any, (string|table<string,string>)?   see above
---@field run? fun(s: table, reason: string?): any
---@field undo? fun(s: table)
---@field show? fun(found: any): string        a line about what was found or made; its name by default

---@class lab.Lab
---@field id string
---@field title string|table<string,string>
---@field steps lab.Step[]

local words = {
  en = {
    lab = "Lab", step = "Step", result = "Result", what = "What", time = "Time",
    made = "done now", found = "already done", holds = "holds", fails = "not done", undone = "undone",
    absent = "nothing there", failed = "failed",
    summary = "%d done now, %d already done, %d checked, in %s.",
    nothing = "Everything was there already: nothing was changed.",
    graded = "%d of %d steps hold.", reset = "%d undone, %d had left nothing.",
    needs = "step '%s' comes first", missing = "not done yet",
    usage = "usage: run | check | reset  [--lang en|ko]",
  },
  ko = {
    lab = "실습", step = "단계", result = "결과", what = "대상", time = "시간",
    made = "지금 완료", found = "이미 완료", holds = "확인됨", fails = "미완료", undone = "되돌림",
    absent = "없음", failed = "실패",
    summary = "지금 완료 %d, 이미 완료 %d, 확인 %d, 걸린 시간 %s.",
    nothing = "모두 이미 되어 있어 아무것도 바꾸지 않았습니다.",
    graded = "%d/%d 단계가 확인되었습니다.", reset = "되돌림 %d, 되돌릴 것 없음 %d.",
    needs = "'%s' 단계가 먼저입니다", missing = "아직 하지 않았습니다",
    usage = "사용법: run | check | reset  [--lang en|ko]",
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

local function describe(step, found)
  if step.show and found ~= nil then return step.show(found) end
  if type(found) == "table" then return found.name ~= nil and found.name ~= "" and found.name or found.id or "" end
  return found == true and "" or tostring(found or "")
end

-- Runs one check, with what it needs looked at first: a check may then rely on what earlier steps found.
local function look(step, s, w)
  for _, need in ipairs(step.needs or {}) do
    if s[need] == nil then return false, string.format(w.needs, need) end
  end
  local found, reason = step.check(s)
  if found == false then found = nil end
  s[step.id] = found
  return found ~= nil and reason == nil, reason
end

local function row(step, n, result, detail, started)
  return { tostring(n), step.id, result, detail, duration(task.now() - started) }
end

local function report(rows, w)
  print()
  print(text.table(rows, { header = { "#", w.step, w.result, w.what, w.time } }))
  print()
end

local function heading(this, w, lang)
  print(string.format("%s %s: %s", w.lab, this.id, say(this.title, lang)))
  print()
end

-- The error of a step that does not hold and that the lab cannot do by itself.
local function failure(this, n, reason)
  return {
    code = "check_failed",
    message = string.format("lab %s, step %d (%s): %s", this.id, n, this.steps[n].id, reason),
    hint = "run the lab again: steps that are done are left as they are",
  }
end

--- Runs each step whose check does not hold yet, and prints a summary. A step that fails ends the run with its error;
--- what was done before stays, and the next run goes on from there.
---@param this lab.Lab
---@param options? {lang?: string}
---@return table state, integer changed what each step found or made, and how many steps did something
function M.run(this, options)
  local lang = language((options or {}).lang)
  local w, s, rows = words[lang], {}, {}
  local made, found, checked, began = 0, 0, 0, task.now()
  heading(this, w, lang)
  for n, step in ipairs(this.steps) do
    local started = task.now()
    print(string.format("[%d/%d] %s", n, #this.steps, say(step.title, lang)))
    local function attempt()
      local holds, reason = look(step, s, w)
      if holds then
        if step.run then
          found = found + 1
          return w.found
        end
        checked = checked + 1
        return w.holds
      end
      if not step.run then
        error(failure(this, n, say(reason, lang) or w.missing), 0)
      end
      s[step.id] = step.run(s, reason)
      made = made + 1
      return w.made
    end
    local result, err = try(attempt)
    if err then
      rows[n] = row(step, n, w.failed, err.message or tostring(err), started)
      report(rows, w)
      error(err, 0)
    end
    rows[n] = row(step, n, result, describe(step, s[step.id]), started)
  end
  report(rows, w)
  if made == 0 then print(w.nothing) end
  print(string.format(w.summary, made, found, checked, duration(task.now() - began)))
  return s, made
end

--- Runs the checks alone and prints which hold: this is grading. Nothing is changed.
---@param this lab.Lab
---@param options? {lang?: string}
---@return boolean passed true when every step holds
function M.check(this, options)
  local lang = language((options or {}).lang)
  local w, s, rows, passed = words[lang], {}, {}, 0
  heading(this, w, lang)
  for n, step in ipairs(this.steps) do
    local started = task.now()
    local holds, reason = look(step, s, w)
    if holds then passed = passed + 1 end
    rows[n] = row(step, n, holds and w.holds or w.fails, holds and describe(step, s[step.id]) or say(reason, lang) or w.missing,
      started)
  end
  report(rows, w)
  print(string.format(w.graded, passed, #this.steps))
  return passed == #this.steps
end

--- Undoes the steps in reverse order, as far as their checks find something.
---@param this lab.Lab
---@param options? {lang?: string}
function M.reset(this, options)
  local lang = language((options or {}).lang)
  local w, s, rows, undone, absent = words[lang], {}, {}, 0, 0
  heading(this, w, lang)
  for _, step in ipairs(this.steps) do look(step, s, w) end
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
      rows[#rows + 1] = row(step, n, was ~= nil and w.undone or w.absent, was ~= nil and describe(step, was) or "", started)
    end
  end
  report(rows, w)
  print(string.format(w.reset, undone, absent))
end

local fields = { id = "string", title = true, why = true, needs = "table", check = "function", run = "function",
  undo = "function", show = "function" }

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

--- Runs a lab as its script's arguments say: `run` (the default), `check` or `reset`, and `--lang en|ko`.
--- `check` ends the script with exit code 3 when a step does not hold.
---@param this lab.Lab
---@param ... string
function M.main(this, ...)
  local action, options = nil, {}
  local words_given = { ... }
  local i = 1
  while i <= #words_given do
    local word = words_given[i]
    local lang = word:match("^%-%-lang=(.*)$")
    if word == "--lang" then
      i = i + 1
      lang = words_given[i]
    end
    if word == "--lang" or lang then
      if not words[lang] then misused(this, "--lang: want en or ko, got '" .. tostring(lang) .. "'", options) end
      options.lang = lang
    elseif not action and (word == "run" or word == "check" or word == "reset") then
      action = word
    else
      misused(this, "'" .. word .. "' is not understood", options)
    end
    i = i + 1
  end
  if action == "check" then
    if not M.check(this, options) then os.exit(3) end
  elseif action == "reset" then
    M.reset(this, options)
  else
    M.run(this, options)
  end
end

lab.__main = M.main

return M
