---@meta task

--- Runs functions side by side. A task is plain Lua; while one waits for the cloud or sleeps, others run. The first error stops the other tasks and is raised; no task outlives the call that started it.
---@class task.module
local task = {}

--- Run functions side by side and wait for all.
---@param functions function[] What to run, each in a task of its own.
---@return any[] results the first result of each, in order
function task.all(functions) end

---@class (exact) task.map.options
---@field limit? integer How many may run at once. Default: 8.

--- Call a function for each item of a list, several at once.
---@param list any[] The items.
---@param fn function Called with an item and its index.
---@param options? task.map.options
---@return any[] results the first result of each call, in the order of the list
function task.map(list, fn, options) end

--- Run functions side by side; the first to end decides, and the others are stopped.
---@param functions function[] What to run, each in a task of its own.
---@return any ... what the first returned
function task.race(functions) end

--- Run a function, and raise timeout when it takes too long.
---@param duration number|string Seconds, or text such as "30s".
---@param fn function What to run; further arguments are passed on.
---@return any ... what the function returned
function task.timeout(duration, fn) end

--- Seconds since the program began, for measuring how long something takes.
---@return number seconds with fractions
function task.now() end

return task
