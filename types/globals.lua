---@meta

--- Call a function and give its first result, or nil and the error as a table.
---@param fn function What to call; further arguments are passed on.
---@return any value what the function returned
---@return table err the error, nil when there was none: code, message and, as far as there is one, status, op, resource, request_id, fault, hint, task, where and traceback
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

---@class (exact) show.options
---@field format? "table"|"json"|"yaml"|"csv"|"value" How it is written. Default: what --format says, else table.

--- Print an object or a list as the table the openstack command would. JSON and YAML hold everything the service sent, unless columns are chosen.
---@param value any An object, a list, or anything else.
---@param columns? string[] The columns of a list, or the fields of an object: the API's names, or headings.
---@param options? show.options
function show(value, columns, options) end

---@class (exact) explain.options
---@field lang? "en"|"ko" Language of the story. Default: OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG.

--- Call a function, then tell what it did as a story: who authenticated where, which endpoint was used and why, each request with what came back, and the openstack and curl commands that would do the same. Secrets are masked.
---@param fn function What to call.
---@param options? explain.options
---@return any ... What the function returned.
function explain(fn, options) end
