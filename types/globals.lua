---@meta

--- Call a function and give its first result, or nil and the error as a table with code, message and hint.
---@param fn function What to call; further arguments are passed on.
---@return any value what the function returned
---@return table err the error, nil when there was none
function try(fn) end

--- Call a function at the end of the run, also after an error, os.exit or Ctrl-C; the last one first.
---@param fn function What to call; further arguments are passed on.
function defer(fn) end

--- Wait while other tasks run.
---@param duration number|string Seconds, or text such as "30s".
function sleep(duration) end

--- Print the reference of a module, a function, an object or a topic.
---@param topic? any What to look up; nothing lists the modules.
function help(topic) end
