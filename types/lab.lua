---@meta lab

---@class lab.Step
---@field id string the step's name, and its key in the state
---@field title string|table<string,string> what is done, or one text for each language: {en = ..., ko = ...}
---@field why? string|table<string,string> why it matters
---@field needs? string[] ids of the steps that must have found something
---@field check? fun(s: table): any, (string|table<string,string>) see above
---@field run? fun(s: table, reason: string?): any
---@field undo? fun(s: table)
---@field show? fun(found: any): string|table<string,string> a line about what was found or made; its name by default
---@field hints? table<string,string[]> three hints for each language, from a nudge to the way itself
---@field lua? string what does the step in Lua
---@field openstack? string what does it with the openstack command
---@field curl? string what does it with curl, where $TOKEN, $NOVA, $NEUTRON and $GLANCE are set

---@class lab.Lab
---@field id string
---@field title string|table<string,string>
---@field steps lab.Step[]
---@field options? table<string,string> options of the lab's own, by name: what each is for
---@field picture? fun(s: table): table what there is so far, as topology.data() has it: drawn round each step that is run

--- Labs: exercises on a cloud that can be run, checked and undone.
---
--- A lab is a list of steps. A step has up to three functions, each given the lab's state `s`, a table that holds under
--- every step's id what that step found or made:
---
---   * `check(s)` looks whether the step is done. It returns what it found, or nil; and, when something is missing or
---     not as it should be, a reason in words. The step holds when something was returned and no reason.
---   * `run(s, reason)` does the step and returns what it made. A step without it only checks.
---   * `undo(s)` takes it back. It is called only when the check found something.
---
--- A check or a run may return `lab.skip(reason)`: this cloud has not what the step is about, and it is passed over.
--- `s.options` holds the lab's own options, as they were given; `s.say(text)` prints a line, or one of each language's,
--- while the lab runs.
---
--- Since a check looks at the cloud and not at a record, a lab can be run again, goes on where it stopped, and accepts
--- any way of reaching the goal. What is remembered of a lab (module progress) is for people to see how far they are.
---@class lab.module
local lab = {}

--- What a check or a run returns when this cloud has not what the step is about: no consoles, no guests.
---@param reason string|table<string,string> what is missing
---@return any
function lab.skip(reason) end

--- What a server wrote to its console; nil where the cloud has no consoles, and so no guests to log in to either.
---@param server table|string
---@return string? text
function lab.console(server) end

--- Writes an empty qcow2 disk: a small file, whatever the size of the disk in it. It stands in for a large image where
--- only the size matters.
---@param path string the file
---@param size integer the disk's size in bytes
function lab.empty_disk(path, size) end

--- Runs each step whose check does not hold yet, and prints a summary. A step that fails ends the run with its error;
--- what was done before stays, and the next run goes on from there.
---@param this lab.Lab
---@param options? {lang?: string, step?: boolean, own?: table} step = true ends the run after the first step that did something
---@return table state
---@return integer changed what each step found or made, and how many steps did something
function lab.run(this, options) end

--- Runs the checks alone and prints which hold: this is grading. Nothing is changed.
---@param this lab.Lab
---@param options? {lang?: string, json?: boolean, own?: table} json = true prints a JSON object
---@return boolean passed true when every step holds
function lab.check(this, options) end

--- Makes a report to hand in: who and where, each step with what was found now, the topology, the requests of the check.
--- It is Markdown, and there is no secret in it. Nothing is changed.
---@param this lab.Lab
---@param options? {lang?: string, own?: table, learner?: string} learner is the name of who hands it in
---@return string markdown
---@return integer held
---@return integer of how many steps hold, of how many
function lab.report(this, options) end

--- Undoes the steps in reverse order, as far as their checks find something.
---@param this lab.Lab
---@param options? {lang?: string, own?: table}
function lab.reset(this, options) end

--- Prints hints for a step: what its check says, and the hints up to a level of three, from a nudge to the way itself.
---@param this lab.Lab
---@param step? string|integer its id or number; the first that does not hold when left out
---@param level? integer 1, the default, to 3
---@param options? {lang?: string, own?: table}
---@return string? step the step's id; nil when all hold
function lab.hint(this, step, level, options) end

--- Prints what does a step: in Lua, with the openstack command and with curl. Nothing is changed.
---@param this lab.Lab
---@param step? string|integer its id or number; the first that does not hold when left out
---@param options? {lang?: string, own?: table}
---@return string? step the step's id; nil when all hold
function lab.solve(this, step, options) end

--- Prints a table of labs: of each its name, its title, how many of its steps held when they were last looked at, and when
--- that was.
---@param labs lab.Lab[]
---@param options? {lang?: string}
function lab.list(labs, options) end

--- The lab to go on with: the first that is not done, as far as is remembered. Says so when all are.
---@param labs lab.Lab[]
---@param options? {lang?: string}
---@return lab.Lab? lab
function lab.next(labs, options) end

--- Makes a lab of its description. A script that returns a lab runs it: `return lab.define { ... }`.
--- Raises bad_argument when a step is not as it should be.
---@param this lab.Lab
---@return lab.Lab
function lab.define(this) end

--- Runs a lab as its script's arguments say: `run` (the default), `check`, `hint`, `solve`, `reset` or `report`, their
--- options, and `--lang en|ko`. `check` ends the script with exit code 3 when a step does not hold.
---@param this lab.Lab
---@param ... string
function lab.main(this, ...) end

return lab
