-- What is ours, or later than 5.1; the official suite and the comparison with lua5.1 hold the rest.

-- numbers
assert(tostring(1/0) == "inf" and tostring(-1/0) == "-inf" and tostring(0/0):find("nan"))
assert(tostring(2^53) == "9007199254740992" and tostring(1e15) == "1000000000000000" and tostring(1e100) == "1e+100")
assert(tostring(0.1) == "0.1" and tostring(1/3) == "0.33333333333333" and tostring(-0.0) == "-0")
assert(tonumber("1e2") == 100 and tonumber("0x10") == 16 and tonumber(" 10 ") == 10 and tonumber("010") == 10)
assert(tonumber("0xFFFFFFFFFFFFFFFF") == 2^64 and tonumber("inf") == nil and tonumber("nan") == nil and tonumber("0x") == nil)
assert(tonumber("1_000") == nil and tonumber("0b1") == nil and tonumber("1e") == nil and tonumber("0x1p4") == nil)
assert(tonumber("ff", 16) == 255 and tonumber("zz", 36) == 1295 and tonumber("8", 8) == nil)
assert(math.huge == 1/0 and -math.huge == -1/0)
assert(math.log(8, 2) == 3 and math.log(100, 10) == 2)
for i = 1, 100 do local r = math.random(3) assert(r == 1 or r == 2 or r == 3) end

-- __tostring, __pairs, __metatable
local named = setmetatable({}, { __tostring = function() return "network \"private\"" end, __metatable = "locked" })
assert(tostring(named) == 'network "private"' and getmetatable(named) == "locked")
assert(string.format("%s|%20s|%.3s", named, named, named) == 'network "private"|   network "private"|net')
assert(string.format("%s %s", nil, true) == "nil true")
local order = {}
for k, v in pairs(setmetatable({}, { __pairs = function(t) return function(_, k) if not k then return 1, "one" end end, t, nil end })) do
  order[#order + 1] = k .. v
end
assert(table.concat(order) == "1one")

-- load
assert(load("return ...", "x")(5) == 5 and load("return x", "x", "t", { x = 7 })() == 7)
local pieces = { "return ", "1", " + 1" }
assert(load(function() return table.remove(pieces, 1) end)() == 2)
assert(loadstring("#!/bin/x\nreturn 1")() == 1 and loadstring("\239\187\191return 1")() == 1)
assert(select(2, pcall(loadstring("\n\nerror('x')", "@a.lua"))) == "a.lua:3: x")

-- strings
assert(("ab"):rep(3, ",") == "ab,ab,ab" and ("x"):rep(0) == "" and ("x"):rep(-5) == "" and (""):rep(1e9) == "")
assert(("Ünïcode"):upper() == "ÜNïCODE" and ("ÄB"):lower() == "Äb")
assert(string.format("%a %A", 1, 0.5) == "0x1p+0 0X1P-1" and string.format("%.2a", 1/3) == "0x1.55p-2")
assert(string.format("%x %X %o", -1, 255, 8) == "ffffffffffffffff FF 10" and string.format("%u", 5) == "5")
assert(string.format("%q", 'a"\\\n\r\0b') == '"a\\"\\\\\\\n\\r\\000b"')
assert(string.format("%5c|%-5c|", 65, 66) == "    A|B    |" and string.format("%c", 0) == "\0")
assert(string.format("%d", 3.99) == "3" and string.format("%5.1f|%+d|% d", 3.14159, 5, 5) == "  3.1|+5| 5")
assert(("hello"):find("") == 1 and ("hello"):find("", 10) == 6 and ("a.b"):find(".", 1, true) == 2)
assert(("hello world"):match("^(%w+)") == "hello" and ("key=val"):match("()=") == 4)
assert(("THE (quick) fox"):find("%((%a+)%)") == 5)
assert(("abc"):gsub("", "-") == "-a-b-c-" and ("abc"):gsub("%w", "%0%0") == "aabbcc" and ("abc"):gsub("b", "%%") == "a%c")
assert(("a\0b"):gsub("%z", "0") == "a0b" and ("a\0b"):find("\0b") == 2)
assert(("x = 1"):gsub("(%w+) = (%w+)", "%2 = %1") == "1 = x")
assert(("hello"):gsub("l", { l = 7 }) == "he77o" and ("hello"):gsub("l", { l = false }) == "hello")
assert(("abc"):gsub("%w", "x", 2) == "xxc" and ("abc"):gsub("^%w", "x") == "xbc")
local s = ("a"):rep(300000)
assert(#s:gsub("a", "bb") == 600000 and not s:find(".-b") and not s:find("a*b") and not s:find("(a+)()b") and not s:find("%a-%d"))
assert(not (s .. "\n"):find(".*x"))
assert(("%d"):rep(3):gsub("%%d", tostring) == "%d%d%d")
local words = {}
for w in ("one two  three"):gmatch("%a+") do words[#words + 1] = w end
assert(table.concat(words, ",") == "one,two,three")
-- a pattern inside of a callback, and a callback that raises
assert(("a-b"):gsub("%w", function(c) return (c:gsub(".", string.upper)) end) == "A-B")
assert(select(2, pcall(string.gsub, "x", "x", function() error("mine", 0) end)) == "mine")

-- tables
local p = table.pack(1, nil, 3)
assert(p.n == 3 and p[3] == 3 and select("#", table.unpack(p, 1, p.n)) == 3 and table.unpack == unpack)
local m = table.move({ 1, 2, 3 }, 1, 3, 2)
assert(m[1] == 1 and m[2] == 1 and m[4] == 3 and #table.move({ 1, 2, 3 }, 2, 3, 1) == 3)
local big = {}
for i = 1, 100000 do big[i] = "x" end
assert(#table.concat(big, ",") == 199999 and select("#", unpack(big)) == 100000)
-- a comparison that makes no sense ends, and loses nothing
local odd = {}
for i = 1, 1000 do odd[i] = i end
table.sort(odd, function() return true end)
table.sort(odd, function() return math.random() < 0.5 end)
table.sort(odd)
for i = 1, 1000 do assert(odd[i] == i) end
local kept = { 3, 1, 2 }
assert(not pcall(table.sort, kept, function() error("x") end) and table.concat(kept) == "312")
local objects = {}
for i = 1, 50 do objects[i] = setmetatable({ n = i * 7 % 50 }, { __lt = nil }) end
table.sort(objects, function(a, b) return a.n < b.n end)
for i = 2, 50 do assert(objects[i - 1].n <= objects[i].n) end
local t = { 1, 2, 3 }
assert(table.remove(t) == 3 and table.remove(t, 1) == 1 and #t == 1 and table.remove({}) == nil and table.remove(t, 5) == nil)
table.insert(t, 1, "a") table.insert(t, "z")
assert(table.concat(t, ",") == "a,2,z")
assert(rawlen({ 1, 2 }) == 2 and rawlen("abc") == 3)

-- utf8
assert(utf8.char(72, 228, 8364, 128512) == "Hä€😀" and utf8.len("Hä€😀") == 4 and utf8.codepoint("€") == 8364)
assert(select("#", utf8.codepoint("한국어", 1, -1)) == 3 and utf8.offset("한국어", 2) == 4 and utf8.offset("한국어", -1) == 7)
assert(utf8.len("\255") == nil and select(2, utf8.len("a\255")) == 2)
local codes = {}
for at, c in utf8.codes("aä") do codes[#codes + 1] = at .. ":" .. c end
assert(table.concat(codes, " ") == "1:97 2:228")
local n = 0
for c in ("한국어"):gmatch(utf8.charpattern) do n = n + 1 end
assert(n == 3 and not pcall(utf8.codepoint, "\255") and not pcall(utf8.char, -1))

-- bit32
assert(bit32.band(0xff, 0x0f) == 15 and bit32.bor(1, 2) == 3 and bit32.bxor(3, 1) == 2 and bit32.bnot(0) == 0xffffffff)
assert(bit32.lshift(1, 31) == 2^31 and bit32.lshift(1, 32) == 0 and bit32.rshift(2^31, 31) == 1 and bit32.arshift(2^31, 31) == 0xffffffff)
assert(bit32.lrotate(2^31, 1) == 1 and bit32.extract(0xabcd, 4, 8) == 0xbc and bit32.replace(0, 7, 4, 4) == 0x70 and bit32.btest(6, 2))
assert(bit32.band(-1) == 0xffffffff and bit32.band() == 0xffffffff)

-- os
assert(os.time() == 1000000000 and os.date("!%Y-%m-%d %H:%M:%S") == "2001-09-09 01:46:40")
assert(os.time { year = 2001, month = 9, day = 9, hour = 1, min = 46, sec = 40 } == 1000000000)
assert(os.time { year = 2000, month = 14, day = 31, hour = 0 } == os.time { year = 2001, month = 3, day = 3, hour = 0 })
assert(os.getenv("HOME") == "/home/demo" and os.getenv("NONE") == nil and os.clock() == 0 and os.exit == nil)
assert(os.setlocale() == "C" and os.setlocale("de_DE") == nil and os.date("%Q") == "%Q" and os.date("%c", 0) == "Thu Jan  1 00:00:00 1970")

-- io
assert(io.read() == "first" and io.read("*n") == 42 and io.read("*l") == " rest" and io.read("*a") == "last" and io.read() == nil)
local path = DIR .. "/file"
local f = assert(io.open(path, "w+"))
assert(f:write("one\n", 2, "\n", 0.5, "\n") == true and f:seek("set") == 0)
assert(f:read("*l") == "one" and f:read("*n") == 2 and f:read("*n") == 0.5 and f:read(1) == "\n" and f:read(0) == nil)
assert(f:seek("set", 4) == 4 and f:read(1) == "2" and f:write("X") and f:seek("set", 4) == 4 and f:read("*a") == "2X0.5\n")
assert(io.type(f) == "file" and tostring(f):find("^file %(") and f:close() and io.type(f) == "closed file" and io.type(1) == nil)
assert(not pcall(f.read, f) and not pcall(f.write, f, "x"))
local lines = {}
for l in io.lines(path) do lines[#lines + 1] = l end
assert(#lines == 2 and lines[1] == "one" and lines[2] == "2X0.5")
local ok, msg, no = io.open(DIR .. "/none")
assert(ok == nil and msg == DIR .. "/none: No such file or directory" and no == 2)
assert(not io.open(DIR):read(1)) -- a directory opens but does not read
local tmp = assert(io.tmpfile())
assert(tmp:write("x") and tmp:seek("set") == 0 and tmp:read("*a") == "x" and tmp:close())
assert(select(2, io.stdout:close()) == "cannot close standard file")
assert(io.stdin:write("x") == nil and io.stdout:read() == nil and io.stdout:seek() == nil)
assert(os.rename(path, path .. "2") and os.remove(path .. "2") and not os.remove(path .. "2"))
assert(os.execute() == 1 and os.execute("exit 3") == 3 and os.execute("exit 0") == 0)

-- chunks in files
local chunk = assert(io.open(path, "w"))
chunk:write("#!/usr/bin/env oslua\nX = (X or 0) + 1\nreturn X, 'two'\n")
chunk:close()
local x, two = dofile(path)
assert(x == 1 and two == "two" and assert(loadfile(path))() == 2 and select("#", dofile(path)) == 2 and X == 3)
assert(loadfile(DIR .. "/none") == nil and select(2, loadfile(DIR .. "/none")):find("^cannot open .*No such file"))
chunk = assert(io.open(path, "w"))
chunk:write("\n\nx = = 1")
chunk:close()
assert(select(2, loadfile(path)) == path .. ":3: syntax error near '='" and select(2, pcall(dofile, path)) == path .. ":3: syntax error near '='")

-- debug
local function here() return debug.getinfo(1, "Sl"), debug.getinfo(2, "n") end
local info = here()
assert(info.short_src:find("library_test.lua$") and info.what == "Lua" and info.currentline == info.linedefined)
assert(debug.getinfo(print).what == "C" and debug.getinfo(99) == nil)
assert(debug.traceback("msg"):find("^msg\nstack traceback:\n\t.-library_test.lua:%d+: in main chunk$"))
assert(debug.gethook() == nil and debug.sethook() == nil)
local function first(x) return debug.getlocal(1, 1) end
local a, b = first("value")
assert(a == "x" and b == "value" and debug.getupvalue(function() return p end, 1) == "p")

assert(collectgarbage("count") > 0 and collectgarbage() == 0 and collectgarbage("step") == true)
