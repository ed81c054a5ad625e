---@meta simulator

--- Controls of the built-in simulator: its clock, rules for faults, the requests it answered. It is there only when the script works on the built-in simulator; on any other cloud to require it is an error.
---
--- The clock belongs to the cloud and to all processes that share it; faults and the log belong to this process.
---@class simulator.module
local simulator = {}

simulator.clock = {}

simulator.faults = {}

--- The cloud's time.
---@return number seconds seconds since 1970, UTC
function simulator.clock.now() end

--- Sets the cloud's time forward: builds end, tokens expire. A reset takes it back.
---@param by number|string How far: seconds, or as in "90s" and "1h".
---@return number seconds the time it is now
function simulator.clock.advance(by) end

---@class (exact) simulator.faults.add.rule
---@field method? string GET, POST …; any when left out.
---@field path? string Path of the request from its first slash; * stands for anything, ? for one character. Default: *.
---@field after? integer So many requests pass first.
---@field count? integer So many are hit, then the rule rests. Default: no end.
---@field p? number Probability that one is hit, from 0 to 1. Default: 1.
---@field latency? number|string The answer comes so much later: seconds, or as in "2s".
---@field status? integer HTTP status answered in the service's place.
---@field body? string Body of that answer. Default: the service's kind of error.
---@field retry_after? integer Seconds, in that answer's Retry-After header.
---@field cut? "before"|"after"|"half" Cut the connection: before the service sees the request, after it did its work and without an answer, or after half of the answer.

--- Adds a rule for faults, behind those there are. The first rule that hits a request decides; one with a latency only lets the next look too.
---@param rule string|simulator.faults.add.rule The rule: a table, or text as in "POST /network/v2.0/ports count=2 status=503".
function simulator.faults.add(rule) end

--- The rules in force, as text, and how many requests each has hit.
---@return table[] rules each with rule and hits
function simulator.faults.list() end

--- Removes all rules.
function simulator.faults.clear() end

---@class (exact) simulator.log.options
---@field limit? integer At most so many, the last ones. Default: all that are remembered.

--- The last requests that this process's part of the cloud was asked, oldest first.
---@param options? simulator.log.options
---@return table[] requests each with time, method, path, status (absent when the connection was cut), ms, request_id and fault
function simulator.log(options) end

--- Makes the cloud as it was at first. What was created in it is lost, and so are rules for faults.
function simulator.reset() end

return simulator
