---@meta json

---@class json.encode.options
---@field indent? integer Spaces for each level; without it everything is on one line.
---@field empty_array? boolean An empty table is [], not {}.

--- JSON to Lua values and back.
---
--- Null members of an object are absent in the table; in an array they are json.null, so that positions hold.
---@class json.module
---@field null any Null: give a member or an option this value to send null.
local json = {}

--- Decodes a JSON document.
---@param text string the document
---@return any value tables, strings, numbers, booleans
function json.decode(text) end

--- Encodes a value. A table with the keys 1..n is an array, any other an object with its keys sorted.
---@param value any what to encode
---@param options? json.encode.options how to write it
---@return string text the document
function json.encode(value, options) end

--- Marks a table as an array, so that it is [] when it is empty.
---@param t table the table
---@return table t the same table
function json.array(t) end

--- Marks a table as an object, so that it is {} when it is empty.
---@param t table the table
---@return table t the same table
function json.object(t) end

return json
