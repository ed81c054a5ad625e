function test_values_pass_both_ways()
  local co = coroutine.create(function(a, b)
    local c = coroutine.yield(a + b)
    local d, e = coroutine.yield(c * 2)
    return d, e, "end"
  end)
  local ok, v = coroutine.resume(co, 1, 2) equal(v, 3)
  ok, v = coroutine.resume(co, 10) equal(v, 20)
  local _, d, e, last = coroutine.resume(co, "d", "e")
  equal(d .. e .. last, "deend")
  equal(coroutine.status(co), "dead")
  local ok2, err = coroutine.resume(co)
  equal(ok2, false) equal(err, "cannot resume dead coroutine")
end

function test_status_and_running()
  equal(coroutine.running(), nil)
  equal(coroutine.isyieldable(), false)
  local co
  co = coroutine.create(function()
    equal(coroutine.running(), co) equal(coroutine.status(co), "running") equal(coroutine.isyieldable(), true)
    coroutine.wrap(function() equal(coroutine.status(co), "normal") end)()
    equal(coroutine.status(co), "running")
    local ok, e = coroutine.resume(co)
    equal(ok, false) equal(e, "cannot resume non-suspended coroutine")
  end)
  equal(type(co), "thread") equal(coroutine.status(co), "suspended")
  local ok, e = coroutine.resume(co)
  equal(ok, true, tostring(e))
end

function test_errors_come_out_of_wrap()
  local f = coroutine.wrap(function() coroutine.yield() error({ code = "mine" }) end)
  f()
  local ok, e = pcall(f)
  equal(ok, false) equal(e.code, "mine")
  ok, e = pcall(f)
  match(e, "cannot resume dead coroutine")
end

function test_yield_outside()
  local ok, e = pcall(coroutine.yield)
  equal(ok, false) match(e, "outside a coroutine")
end

function test_close()
  local co = coroutine.create(function() coroutine.yield() end)
  coroutine.resume(co)
  equal(coroutine.close(co), true) equal(coroutine.status(co), "dead")
  equal(coroutine.close(co), true)
  local fresh = coroutine.create(print)
  equal(coroutine.close(fresh), true)
  equal(coroutine.resume(fresh), false)
end

function test_nests_safely()
  local function nest(n) return coroutine.wrap(function() return nest(n + 1) end)() end
  local ok, e = pcall(nest, 1)
  equal(ok, false) match(e, "stack overflow")
end

function test_many_generators_abandoned()
  for i = 1, 2000 do
    local f = coroutine.wrap(function() for j = 1, 3 do coroutine.yield(j) end end)
    equal(f(), 1)
  end
end

function test_upvalues_are_shared()
  local n = 0
  local co = coroutine.wrap(function() while true do n = n + 1 coroutine.yield() end end)
  co() n = n + 10 co()
  equal(n, 12)
end

function test_binding_call_in_coroutine()
  local parrots = require "parrots"
  local co = coroutine.wrap(function() local w = parrots.say("hi") coroutine.yield(w) return parrots.say("ho") end)
  equal(co(), "hi") equal(co(), "ho")
end

function test_traceback_of_a_coroutine()
  local co = coroutine.create(function() local function inner() coroutine.yield() end inner() end)
  coroutine.resume(co)
  match(debug.traceback(co), "in function 'inner'")
  local bad = coroutine.create(function() local x = nil; x() end)
  coroutine.resume(bad)
  match(debug.traceback(bad), "coroutine_test.lua:%d+")
  equal(type(debug.traceback(coroutine.create(print))), "string")
end

function test_require_can_yield_and_be_abandoned()
  package.preload.stops = function() coroutine.yield("half") return "whole" end
  local co = coroutine.wrap(function() return require "stops" end)
  equal(co(), "half")
  equal(co(), "whole")
  package.loaded.stops = nil
  local left = coroutine.wrap(function() return require "stops" end)
  equal(left(), "half")
end
