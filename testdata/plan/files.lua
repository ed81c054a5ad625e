-- Notes on this machine decide what is made.
local networks = require "networks"
local dir = os.getenv("PLAN_DIR")

local path = dir .. "/count"
local count = 0
local file = io.open(path)
if file then
  count = file:read("*n")
  file:close()
end
for i = count + 1, count + 2 do networks.create { name = "plan-noted" .. i } end
file = assert(io.open(path, "w"))
file:write(count + 2, "\n")
file:close()
assert(os.rename(path, path .. ".new"))
assert(os.rename(path .. ".new", path))
for line in io.lines(path) do networks.create { name = "plan-read-" .. line } end
local scratch = os.tmpname()
assert(io.open(scratch, "w")):close()
os.remove(scratch)
