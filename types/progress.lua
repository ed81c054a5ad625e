---@meta progress

--- How far the labs of the course have been done, by cloud, project and lab: a small file each in the state directory. It is a memory for people: whether a step holds only the cloud knows, and lab.check asks it.
---@class progress.module
local progress = {}

--- What is remembered of a lab.
---@param lab string The lab's id.
---@return table progress holds (the steps that held when last looked at), steps (how many there are), looked, first (by step, when it was first done) and hints (by step, the plainest hint asked for); times as 2026-11-22T19:30:00Z.
function progress.get(lab) end

---@class (exact) progress.looked.options
---@field holds string[] The steps that hold.
---@field steps integer How many steps the lab has.

--- Remember which steps of a lab hold now.
---@param lab string The lab's id.
---@param options progress.looked.options
---@return table progress holds (the steps that held when last looked at), steps (how many there are), looked, first (by step, when it was first done) and hints (by step, the plainest hint asked for); times as 2026-11-22T19:30:00Z.
function progress.looked(lab, options) end

---@class (exact) progress.hinted.options
---@field step string The step's id.
---@field level integer How plain the hint was, 1 to 3.

--- Remember that a hint was asked for.
---@param lab string The lab's id.
---@param options progress.hinted.options
---@return table progress holds (the steps that held when last looked at), steps (how many there are), looked, first (by step, when it was first done) and hints (by step, the plainest hint asked for); times as 2026-11-22T19:30:00Z.
function progress.hinted(lab, options) end

return progress
