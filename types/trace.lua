---@meta trace

--- The requests behind a script's calls. The labels say what each was for: auth, look-up (a name's ID, or whether something is there), work (what was asked for), wait (polling). On the command line --trace prints them.
---@class trace.module
local trace = {}

--- Call a function and give the requests made by it, tasks it started included and those beside it not. Captures may be inside each other: each has all of its own.
---@param fn function What to call.
---@return any ... What the function returned, and after it the requests in the order they began: a list of tables {label, method, url, path, status, ms, request_id, service, op, where, attempt, error}. status is 0 when there was no answer, op the call that made the request.
function trace.capture(fn) end

return trace
