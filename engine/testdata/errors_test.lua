local parrots = require "parrots"

function test_try()
  local v, e = try(function(a) return a, 2 end, 1)
  equal(v, 1) equal(e, nil)
  v, e = try(parrots.fail)
  equal(v, nil) equal(e.code, "conflict") equal(e.status, 409) equal(e.op, "parrots.fail") equal(e.request_id, "req-1")
  equal(e.hint, "free it") match(e.where, "errors_test.lua:") match(e.traceback, "in function")
  match(tostring(e), "parrots.fail: in use %(HTTP 409%)")
  v, e = try(function() error("plain") end)
  equal(e.code, "error") equal(e.message, "plain") match(e.where, "errors_test.lua:%d+")
  v, e = try(function() error({ code = "own", message = "m" }) end)
  equal(e.code, "own")
  v, e = try(error, nil)
  equal(v, nil) equal(type(e), "table")
end

function test_go_panic_is_an_error()
  local ok, e = pcall(parrots.crash)
  equal(ok, false) match(e.message, "beak broken") match(e.message, "internal error in parrots.crash")
  equal(parrots.say("still here"), "still here")
end

function test_decode_errors_are_tables()
  local ok, e = pcall(parrots.say, { wrod = 1 })
  equal(e.code, "bad_argument")
  ok, e = pcall(parrots.create, { nmae = "x" })
  match(e.message .. (e.hint or ""), "name")
end

function test_stack_overflow()
  local function f() return 1 + f() end
  local ok, e = pcall(f)
  equal(ok, false) match(e, "stack overflow")
  local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. "x"] end
  ok, e = pcall(function() return t.a end)
  equal(ok, false) match(e, "overflow")
end

function test_traceback_sees_through_pcall()
  local seen
  xpcall(function() local x = nil; x.y = 1 end, function(e) seen = debug.traceback(e) return e end)
  match(seen, "attempt to index a nil value %(local 'x'%)") match(seen, "stack traceback")
end

function test_error_levels()
  local function check(v) if not v then error("bad", 2) end end
  local ok, e = pcall(function() check(false) end)
  match(e, "errors_test.lua:%d+: bad")
  ok, e = pcall(error, "bare", 0)
  equal(e, "bare")
  ok, e = pcall(error)
  equal(e, nil)
end

function test_pcall_of_values()
  local ok, e = pcall(3)
  equal(ok, false) match(e, "attempt to call")
  local callable = setmetatable({}, { __call = function(_, v) return v end })
  ok, e = pcall(callable, 7)
  equal(e, 7)
  equal(select("#", pcall(function() return nil, nil end)), 3)
end

function test_json_errors()
  local json = require "json"
  local ok, e = pcall(json.decode, "{")
  equal(ok, false) equal(type(e), "table") equal(type(e.message), "string")
end

function test_objects()
  local p = parrots.create { name = "Polly" }
  equal(p.name, "Polly") equal(p.owner, nil)
  equal(tostring(p), 'parrot "Polly" (id-Polly)')
  equal(p:rename(), "id-Polly")
  equal(#parrots.list(), 3) equal(parrots.list()[3]:rename(), "id-c")
  match(tostring(parrots.list()), 'parrot "a" %(id%-a%)\nparrot "b"')
  equal(tostring(parrots.none()), "no parrot")
  equal(require("json").encode(parrots.none()), "[]")
  local names = {}
  for q in parrots.each() do names[#names + 1] = q.name end
  equal(table.concat(names), "abc")
  local q, changed = parrots.ensure { name = "x" }
  equal(changed, true) equal(q.name, "x")
  equal(parrots.find(), nil)
  local v = parrots.plain()
  equal(v.n, 3) equal(v.list[2], "y") equal(v.deep[1].k, 1.5) equal(v.yes, true)
  equal(parrots.raw().a[2], 2)
  equal(parrots.tags.add("t"), "+t")
  equal(parrots.flock().parrots.create({ name = "z" }):rename(), "flock:id-z")
end

function test_near_names_are_hinted()
  local v, e = try(function() return parrots.craete { name = "x" } end)
  match(e.hint, "did you mean create")
  v, e = try(function() return prnt("x") end)
  match(e.hint, "did you mean print")
end

function test_module_hint()
  parrots = nil
  local v, e = try(function() return Undefined_parrots end)
  v, e = try(loadstring("return parrots.say('x')"))
  match(e.hint, 'local parrots = require "parrots"')
end

function test_pcall_nests_safely()
  local deepest = 0
  local function f(n) deepest = n return pcall(f, n + 1) end
  f(1)
  equal(deepest > 100 and deepest < 300, true)
end

function test_deep_recursion_in_many_protected_calls()
  local levels = 0
  local down
  local t = setmetatable({}, { __index = function(t, n) if n == 0 then return down() end return t[n - 1] end })
  down = function() levels = levels + 1 return pcall(function() return t[900] end) end
  down()
  equal(levels > 3, true)
end
