---@meta text

--- Text as it stands on a terminal, where a Hangul or Han character takes two columns.
---@class text.module
local text = {}

--- The number of columns a text takes on a terminal.
---@param text string The text.
---@return integer width columns
function text.width(text) end

--- The language to speak to people in: what was asked for, else what OSLUA_LANG, LC_ALL, LC_MESSAGES or LANG say.
---@param asked? string What was asked for: en or ko; nothing leaves it to the environment.
---@return "en"|"ko" language English, unless it is Korean
function text.language(asked) end

--- Fills a text with spaces on its right to a number of columns. A longer text stays as it is.
---@param text string The text.
---@param width integer Columns to fill.
---@return string text the padded text
function text.pad(text, width) end

---@class (exact) text.table.options
---@field header string[] The columns' names.
---@field width? integer Columns the table may take at the most; longer cells are wrapped. Default: those of the terminal; no limit where the output is none.

--- Lays rows of texts out as a table with a header and lines, columns aligned.
---@param rows string[][] A list of rows, each a list of texts.
---@param options text.table.options
---@return string text the table, without a newline at its end
function text.table(rows, options) end

return text
