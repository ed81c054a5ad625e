---@meta topology

--- Pictures of the project's networks: what is joined to what, and which address each end has. In the terminal, as SVG, or for Mermaid and Graphviz. A picture takes five requests, and one more where there is a compute service.
---@class topology.module
local topology = {}

---@class (exact) topology.show.options
---@field data? any What data() gave at some time; then nothing is asked. Default: as it is now.
---@field highlight? (table|string)[] What stands out: objects, IDs, or what capture and diff gave.
---@field all_projects? boolean Everything the service shows, not this project's alone: for administrators.
---@field lang? "en"|"ko" Language of the few words in it. Default: OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG.
---@field width? integer Columns it may take. Default: the terminal's, else 80.

--- Draw the picture in the terminal: networks as lines, what hangs on them below, routers in boxes between.
---@param options? topology.show.options
function topology.show(options) end

---@class (exact) topology.text.options
---@field data? any What data() gave at some time; then nothing is asked. Default: as it is now.
---@field highlight? (table|string)[] What stands out: objects, IDs, or what capture and diff gave.
---@field all_projects? boolean Everything the service shows, not this project's alone: for administrators.
---@field lang? "en"|"ko" Language of the few words in it. Default: OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG.
---@field width? integer Columns it may take. Default: the terminal's, else 80.

--- Give the picture that show draws, without colours.
---@param options? topology.text.options
---@return string text The picture's source.
function topology.text(options) end

---@class (exact) topology.svg.options
---@field data? any What data() gave at some time; then nothing is asked. Default: as it is now.
---@field highlight? (table|string)[] What stands out: objects, IDs, or what capture and diff gave.
---@field all_projects? boolean Everything the service shows, not this project's alone: for administrators.
---@field lang? "en"|"ko" Language of the few words in it. Default: OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG.

--- Write the picture to a file as SVG, or give it when there is no file.
---@param file? string The file to write.
---@param options? topology.svg.options
---@return string? svg The picture, when it was not written to a file.
function topology.svg(file, options) end

---@class (exact) topology.mermaid.options
---@field data? any What data() gave at some time; then nothing is asked. Default: as it is now.
---@field highlight? (table|string)[] What stands out: objects, IDs, or what capture and diff gave.
---@field all_projects? boolean Everything the service shows, not this project's alone: for administrators.
---@field lang? "en"|"ko" Language of the few words in it. Default: OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG.

--- Give the picture as a flowchart of Mermaid, which many web pages and editors draw.
---@param options? topology.mermaid.options
---@return string text The picture's source.
function topology.mermaid(options) end

---@class (exact) topology.dot.options
---@field data? any What data() gave at some time; then nothing is asked. Default: as it is now.
---@field highlight? (table|string)[] What stands out: objects, IDs, or what capture and diff gave.
---@field all_projects? boolean Everything the service shows, not this project's alone: for administrators.
---@field lang? "en"|"ko" Language of the few words in it. Default: OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG.

--- Give the picture in the language of Graphviz.
---@param options? topology.dot.options
---@return string text The picture's source.
function topology.dot(options) end

---@class (exact) topology.data.options
---@field all_projects? boolean Everything the service shows, not this project's alone: for administrators.

--- Give what the picture shows as a table: networks with their subnets, routers, servers, ports, floating_ips.
---@param options? topology.data.options
---@return table data To be looked at, kept, compared or drawn later.
function topology.data(options) end

--- Tell what one moment has and another has not.
---@param before any What data() gave first.
---@param after any What it gave later.
---@return table diff Lists added, removed and changed of {kind, id, name}.
function topology.diff(before, after) end

---@class (exact) topology.capture.options
---@field all_projects? boolean Everything the service shows, not this project's alone: for administrators.

--- Call a function and tell what it made, for the option highlight of the others. Anything others make in the project meanwhile counts too.
---@param fn function What to call.
---@param options? topology.capture.options
---@return any ... What the function returned, and after it a list of {kind, id, name}: what was made, or led elsewhere.
function topology.capture(fn, options) end

return topology
