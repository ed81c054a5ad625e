-- As many as the quota lets through; the error is the end of the script.
local groups = require "security_groups"

for i = 1, 200 do groups.create { name = "plan-many" .. i } end
