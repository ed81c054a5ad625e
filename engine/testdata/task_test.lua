function test_all_keeps_order()
  local r = task.all { function() sleep(0.02) return "a" end, function() return "b" end, function() end, function() return false end }
  equal(r[1], "a") equal(r[2], "b") equal(r[3], nil) equal(r[4], false)
  equal(#task.all {}, 0)
end

function test_map_gives_item_and_index()
  local r = task.map({ "x", "y", "z" }, function(v, i) sleep(0.01) return v .. i end, { limit = 2 })
  equal(table.concat(r, ","), "x1,y2,z3")
end

function test_map_respects_limit()
  local now, most = 0, 0
  task.map({ 1, 2, 3, 4, 5, 6, 7, 8, 9 }, function()
    now = now + 1
    most = math.max(most, now)
    sleep(0.001)
    now = now - 1
  end, { limit = 3 })
  equal(most <= 3, true)
end

function test_first_error_cancels_the_rest()
  local finished = false
  local ok, e = pcall(task.all, {
    function() sleep("2h") finished = true end,
    function() sleep(0.01) error("boom") end,
  })
  equal(ok, false) match(e, "boom") equal(finished, false)
end

function test_cancelled_task_cannot_catch()
  local caught = 0
  pcall(task.all, {
    function() while true do pcall(sleep, "2h") caught = caught + 1 end end,
    function() while true do local v, err = try(sleep, "2h") caught = caught + 1 end end,
    function() error("x") end,
  })
  equal(caught, 0)
end

function test_race()
  local who, n = task.race { function() sleep("2h") return "slow" end, function() return "fast", 2 end }
  equal(who, "fast") equal(n, 2)
  local ok, e = pcall(task.race, { function() sleep("2h") end, function() error("lost") end })
  match(e, "lost")
end

function test_timeout()
  equal(task.timeout(7200, function(a, b) return a + b end, 1, 2), 3)
  local ok, e = pcall(task.timeout, "5s", function() sleep("2h") end)
  equal(ok, false) equal(e.code, "timeout") match(e.message, "5s")
  local ok2, e2 = pcall(task.timeout, "2h", function() error("own") end)
  match(e2, "own")
end

function test_timeout_of_busy_loop()
  local ok, e = pcall(task.timeout, "1s", function() while true do end end)
  equal(e.code, "timeout")
end

function test_task_in_coroutine_and_coroutine_in_task()
  local co = coroutine.wrap(function()
    local r = task.all { function() return coroutine.wrap(function() coroutine.yield(1) end)() end, function() return 2 end }
    coroutine.yield(r[1] + r[2])
    return task.map({ 1 }, function(v) return v end)[1]
  end)
  equal(co(), 3) equal(co(), 1)
end

function test_tasks_nest()
  local r = task.map({ 1, 2 }, function(v) return task.map({ 1, 2 }, function(w) sleep(0.001) return v * 10 + w end) end)
  equal(r[2][1], 21)
end

function test_bad_arguments()
  local ok, e = pcall(task.all, { print, 3 })
  equal(e.code, "bad_argument") equal(e.op, "task.all[2]")
  ok, e = pcall(task.map, { 1 }, print, { limti = 3 })
  match(e.message, "unknown option limti")
  ok, e = pcall(sleep, "soon")
  equal(e.code, "bad_argument") match(e.message, "duration")
  equal(pcall(sleep, -1), false)
end

function test_two_tasks_require_one_module()
  local loads = 0
  package.preload.slow = function() loads = loads + 1 sleep(0.01) return { n = loads } end
  local r = task.all { function() return require "slow" end, function() return require "slow" end }
  equal(r[1], r[2]) equal(loads, 1)
end

function test_coroutine_moves_between_tasks()
  local co = coroutine.create(function() for i = 1, 10 do sleep(0.001) coroutine.yield(i) end end)
  local r = task.map({ 1, 2 }, function() local ok, v = coroutine.resume(co) return v end, { limit = 1 })
  equal(r[1], 1) equal(r[2], 2)
end

function test_now_counts_on()
  local start = task.now()
  sleep(3)
  equal(task.now() - start, 3)
end
