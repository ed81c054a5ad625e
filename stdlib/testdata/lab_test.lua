-- The lab library, on labs that need no cloud.
local lab = require "lab"

-- A lab of three steps over a table that stands for the cloud. It records what was called.
local function exercise(world, calls)
  local function step(id, needs)
    return {
      id = id, needs = needs, title = { en = "make " .. id, ko = id .. " 만들기" },
      check = function()
        calls[#calls + 1] = "check " .. id
        if world[id] == "wrong" then return id, { en = id .. " is wrong", ko = id .. " 틀림" } end
        return world[id]
      end,
      run = function(_, reason)
        calls[#calls + 1] = "run " .. id .. (reason and " because " .. reason.en or "")
        world[id] = "right"
        return world[id]
      end,
      undo = function() calls[#calls + 1] = "undo " .. id; world[id] = nil end,
    }
  end
  return lab.define { id = "t", title = "a test",
    steps = { step "a", step("b", { "a" }), { id = "c", title = "all is there",
      check = function(s) return s.a == "right" and s.b == "right" or nil, s.b ~= "right" and "b is missing" or nil end } } }
end

local tests = {}

function tests.run_does_what_is_missing()
  local calls, world = {}, { a = "right" }
  local s, made = lab.run(exercise(world, calls), { lang = "en" })
  assert(made == 1 and s.b == "right")
  assert(table.concat(calls, ", ") == "check a, check b, run b", table.concat(calls, ", "))
end

function tests.run_again_changes_nothing()
  local world = {}
  lab.run(exercise(world, {}), { lang = "en" })
  local calls = {}
  local _, made = lab.run(exercise(world, calls), { lang = "en" })
  assert(made == 0 and table.concat(calls, ", ") == "check a, check b", table.concat(calls, ", "))
end

function tests.run_mends_what_is_wrong_and_is_told_why()
  local calls = {}
  lab.run(exercise({ a = "wrong", b = "right" }, calls), { lang = "en" })
  assert(calls[2] == "run a because a is wrong", calls[2])
end

function tests.a_failed_step_ends_the_run_with_its_error()
  local this = lab.define { id = "t", title = "t", steps = { { id = "a", title = "a",
    check = function() return nil end, run = function() error({ code = "quota", message = "no more" }) end },
    { id = "b", title = "b", check = function() error("must not be reached") end } } }
  local _, err = try(lab.run, this, { lang = "en" })
  assert(err.code == "quota" and err.message == "no more", tostring(err))
end

function tests.a_check_that_cannot_be_mended_is_a_failed_check()
  local this = lab.define { id = "t", title = "t", steps = { { id = "a", title = "a",
    check = function() return nil, "it rains" end } } }
  local _, err = try(lab.run, this, { lang = "en" })
  assert(err.code == "check_failed" and err.message == "lab t, step 1 (a): it rains", tostring(err))
end

function tests.check_changes_nothing_and_says_what_holds()
  local calls = {}
  assert(lab.check(exercise({ a = "right" }, calls), { lang = "en" }) == false)
  assert(table.concat(calls, ", ") == "check a, check b", table.concat(calls, ", "))
  assert(lab.check(exercise({ a = "right", b = "right" }, {}), { lang = "ko" }) == true)
end

function tests.a_step_is_not_looked_at_before_what_it_needs()
  local calls = {}
  assert(lab.check(exercise({ b = "right" }, calls), { lang = "en" }) == false)
  assert(calls[1] == "check a" and calls[2] == nil, table.concat(calls, ", "))
end

function tests.reset_undoes_in_reverse_what_is_there()
  local calls, world = {}, { a = "right", b = "wrong" }
  lab.reset(exercise(world, calls), { lang = "en" })
  assert(table.concat(calls, ", ") == "check a, check b, undo b, undo a", table.concat(calls, ", "))
  assert(next(world) == nil)
end

function tests.what_the_cloud_has_not_is_passed_over()
  local this = lab.define { id = "t", title = "t", steps = {
    { id = "a", title = "a", check = function() return lab.skip "no consoles here" end },
    { id = "b", title = "b", check = function() return nil end, run = function() return lab.skip "nor guests" end } } }
  local s, made = lab.run(this, { lang = "en" })
  assert(made == 0 and s.a == nil and s.b == nil)
  assert(lab.check(this, { lang = "en" }) == false) -- b was not done; only a says by its check that it cannot be
end

function tests.what_needs_a_step_that_was_passed_over_is_passed_over_too()
  local this = lab.define { id = "t", title = "t", steps = {
    { id = "a", title = "a", check = function() return lab.skip "no guests" end },
    { id = "b", title = "b", needs = { "a" }, check = function() error("must not be looked at") end, run = function() error("must not run") end } } }
  local _, made = lab.run(this, { lang = "en" })
  assert(made == 0 and lab.check(this, { lang = "en" }))
end

function tests.run_step_stops_after_one()
  local calls = {}
  local _, made = lab.run(exercise({}, calls), { lang = "en", step = true })
  assert(made == 1 and table.concat(calls, ", ") == "check a, run a", table.concat(calls, ", "))
end

function tests.hint_and_solve_are_about_the_next_step_and_change_nothing()
  local calls = {}
  assert(lab.hint(exercise({ a = "right" }, calls), nil, 3, { lang = "en" }) == "b")
  assert(lab.solve(exercise({ a = "right" }, calls), nil, { lang = "ko" }) == "b")
  assert(lab.hint(exercise({ a = "right" }, calls), 1) == "a" and lab.solve(exercise({}, calls), "c") == "c")
  assert(lab.hint(exercise({ a = "right", b = "right" }, calls)) == nil)
  assert(not table.concat(calls, ", "):find("run"), table.concat(calls, ", "))
  local _, err = try(lab.hint, exercise({}, calls), "d")
  assert(err.code == "bad_argument" and err.hint == "its steps are a, b, c", tostring(err))
end

function tests.options_of_a_labs_own_reach_its_steps()
  local this = lab.define { id = "t", title = "t", options = { url = "where from" }, steps = { { id = "a", title = "a",
    check = function(s) return s.options.url end } } }
  lab.main(this, "run", "--url=here")
  assert(lab.check(this, { own = { url = "x" } }) and not lab.check(this))
end

function tests.a_description_is_checked()
  local function refused(this, want)
    local _, err = try(lab.define, this)
    assert(err and err.code == "bad_argument" and err.message:find(want, 1, true), want .. ": " .. tostring(err))
  end
  local function check() end
  refused({}, "a lab needs an id")
  refused({ id = "t", steps = {} }, "lab t has no steps")
  refused({ id = "t", steps = { {} } }, "step 1 of lab t has no id")
  refused({ id = "t", steps = { { id = "a" } } }, "step 'a' has no check function")
  refused({ id = "t", steps = { { id = "a", check = check }, { id = "a", check = check } } }, "two steps named 'a'")
  refused({ id = "t", steps = { { id = "a", check = check, undu = check } } }, "unknown field 'undu'")
  refused({ id = "t", steps = { { id = "a", check = check, run = true } } }, "run must be a function")
  refused({ id = "t", steps = { { id = "a", check = check, needs = { "b" } } } }, "needs 'b', which is no earlier step")
end

return tests
