-- Each of these fails, or crashes, on gopher-lua as it comes.

function test_pcall_keeps_upvalues()
  local count = 0
  local function fail() count = count + 1 error("no") end
  pcall(fail) pcall(fail) pcall(fail)
  count = count + 1
  equal(count, 4)
end

function test_cleanup_closure_sees_its_variable()
  local handle
  local function close() return handle end
  pcall(function() error("x") end)
  handle = "open"
  equal(close(), "open")
end

function test_xpcall_keeps_escaping_closures()
  local get
  xpcall(function()
    local mine = "mine"
    get = function() return mine end
    error("x")
  end, function(e) return e end)
  local a, b, c, d = 1, 2, 3, 4
  equal(get(), "mine")
  equal(a + b + c + d, 10)
  local ok, extra = xpcall(function(v) return v end, function(e) return e end, 5)
  equal(extra, 5)
end

function test_yield_across_pcall()
  local co = coroutine.wrap(function() return pcall(function() return coroutine.yield(1) + 1 end) end)
  equal(co(), 1)
  local ok, v = co(41)
  equal(ok, true) equal(v, 42)
end

function test_error_after_yield_across_pcall()
  local co = coroutine.wrap(function()
    local ok, e = pcall(function() coroutine.yield(1) error("late", 0) end)
    coroutine.yield(e)
    return "end"
  end)
  equal(co(), 1) equal(co(), "late") equal(co(), "end")
end

function test_yield_in_metamethod()
  local t = setmetatable({}, { __index = function(_, k) return coroutine.yield(k) end })
  local co = coroutine.wrap(function() return t.field .. "!" end)
  equal(co(), "field") equal(co("v"), "v!")
end

function test_yield_in_iterator()
  local co = coroutine.wrap(function()
    local sum = 0
    for v in function() return coroutine.yield("more") end do sum = sum + v end
    return sum
  end)
  co() co(1) co(2)
  equal(co(nil), 3)
end

function test_yield_in_sort()
  local co = coroutine.wrap(function()
    local t = { 3, 1, 2 }
    table.sort(t, function(a, b) coroutine.yield("cmp") return a < b end)
    return table.concat(t, ",")
  end)
  local v repeat v = co() until v ~= "cmp"
  equal(v, "1,2,3")
end

function test_yield_in_gsub()
  local co = coroutine.wrap(function() return (("a-b"):gsub("%a", function(c) return coroutine.yield(c) end)) end)
  equal(co(), "a") equal(co("x"), "b") equal(co("y"), "x-y")
end

function test_yield_in_tail_call()
  local co = coroutine.wrap(function() return coroutine.yield(1) end)
  equal(co(), 1) equal(co(2), 2)
end

function test_recursion_is_deep_enough()
  local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
  equal(depth(3000), 3000)
end

function test_errors_name_variables()
  local ok, e = pcall(function() return nothing.field end)
  match(e, "attempt to index a nil value %(global 'nothing'%)")
  local t = { inner = {} }
  ok, e = pcall(function() return t.inner.x.y end)
  match(e, "attempt to index a nil value %(field 'x'%)")
  ok, e = pcall(function() t.inner.go() end)
  match(e, "attempt to call a nil value %(field 'go'%)")
  ok, e = pcall(function() t:go() end)
  match(e, "attempt to call a nil value %(method 'go'%)")
  ok, e = pcall(function() local n return n + 1 end)
  match(e, "attempt to perform arithmetic on a nil value %(local 'n'%)")
  ok, e = pcall(function() return "a" .. missing end)
  match(e, "attempt to concatenate a nil value %(global 'missing'%)")
end

function test_no_channels() equal(channel, nil) end

function test_coroutine_in_coroutine_keeps_status()
  local outer
  outer = coroutine.create(function()
    local inner = coroutine.create(function() return coroutine.status(outer), pcall(coroutine.yield) end)
    local _, status = coroutine.resume(inner)
    coroutine.yield()
    local _, s2 = coroutine.resume(inner)
    return coroutine.status(inner)
  end)
  equal(coroutine.resume(outer), true)
  local _, s = coroutine.resume(outer)
  equal(s, "dead")
end

function test_module_error_does_not_stick()
  local n = 0
  package.preload.flaky = function() n = n + 1 if n == 1 then error("first") end return { n = n } end
  equal(pcall(require, "flaky"), false)
  equal(require("flaky").n, 2)
end

function test_for_over_a_call_inside_a_call()
  local function iterator(n) local i = 0 return function() i = i + 1 if i <= n then return i end end end
  local t = { each = iterator, list = function() return { 5, 6 } end }
  local function give() return t end
  local function twice(...) return ... end
  local sum = 0
  for n in give().each(3) do sum = sum + n end
  for _, n in ipairs(give().list()) do sum = sum + n end
  for _, n in ipairs({ twice(7, 8) }) do sum = sum + n if n == 7 then break end end
  for _, n in twice(ipairs(give().list())) do sum = sum + n end
  equal(sum, 6 + 11 + 7 + 11)
end
