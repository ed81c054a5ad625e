---@meta keypairs

---@class keypair
---@field id string Its name again: keypairs are known by it.
---@field name string Its name, one per user.
---@field type string? ssh or x509; nil on services older than 2.2.
---@field public_key string The public half, as a line of authorized_keys.
---@field private_key string? The private half: only in the object of one that was generated just now.
---@field fingerprint string MD5 fingerprint of the public half.
---@field user_id string? ID of the user it belongs to; lists leave it out.
---@field created_at string? When it was created; lists leave it out.
local keypair = {}

--- Keypairs: SSH keys of yours whose public half the compute service puts into servers. They belong to a user, not to a project, and are known by their name, which is their id here. The service can generate one; its private half is in the answer to that and never seen again. Requests ask for compute API 2.35, the newest with all of this: from 2.92 on the service generates no keys.
---@class keypairs.module
local keypairs = {}

---@class (exact) keypairs.list.options
---@field user_id? string Those of the user with this ID; for administrators. Your own when left out.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this name.

--- List your keypairs.
---@param options? keypairs.list.options
---@return keypair[] keypairs The keypairs, by name.
function keypairs.list(options) end

---@class (exact) keypairs.each.options
---@field user_id? string Those of the user with this ID; for administrators. Your own when left out.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this name.

--- Go through your keypairs, fetching a page at a time: for long lists.
---@param options? keypairs.each.options
---@return fun(): keypair iterator For the generic for.
function keypairs.each(options) end

---@class (exact) keypairs.get.options
---@field user_id? string ID of the user it belongs to, for administrators; you when left out.

--- Fetch a keypair anew.
---@param keypair keypair|string The keypair: object or name.
---@param options? keypairs.get.options
---@return keypair keypair The keypair as it is now, without its private half.
function keypairs.get(keypair, options) end

--- Fetch a keypair anew.
---@param options? keypairs.get.options
---@return keypair keypair The keypair as it is now, without its private half.
function keypair:get(options) end

---@class (exact) keypairs.find.options
---@field user_id? string ID of the user it belongs to, for administrators; you when left out.

--- Look whether there is a keypair of this name.
---@param keypair keypair|string The keypair: object or name.
---@param options? keypairs.find.options
---@return keypair? keypair The keypair; nil when there is none.
function keypairs.find(keypair, options) end

---@class (exact) keypairs.create.options
---@field name string Its name: letters, digits, spaces, _ . @ and -.
---@field public_key? string The public key, as a line of authorized_keys; a pair is generated when left out.
---@field public_key_file? string File to read the public key from: "~/.ssh/id_ed25519.pub".
---@field type? "ssh"|"x509" Kind of key. Default: ssh.
---@field user_id? string ID of the user it is for, for administrators; you when left out.
---@field file? string File to write a generated private key to, readable by you alone; it must not be there yet.

--- Bring a public key, or have a pair generated. A generated pair's private half is in the object's private_key, and in file when that was given; it cannot be had again.
---@param options keypairs.create.options
---@return keypair keypair The new keypair; with private_key when it was generated.
function keypairs.create(options) end

---@class (exact) keypairs.ensure.options
---@field name string Its name: letters, digits, spaces, _ . @ and -.
---@field public_key? string The public key, as a line of authorized_keys; a pair is generated when left out.
---@field public_key_file? string File to read the public key from: "~/.ssh/id_ed25519.pub".
---@field type? "ssh"|"x509" Kind of key. Default: ssh.
---@field user_id? string ID of the user it is for, for administrators; you when left out.
---@field file? string File to write a generated private key to, readable by you alone; it must not be there yet.

--- Make sure that there is a keypair of this name: create it when there is none. One that is there must have the public key given, if one is: keys cannot be changed. The private half of one that is there cannot be had.
---@param options keypairs.ensure.options
---@return keypair keypair The keypair; with private_key when it was generated just now.
---@return boolean changed Whether it was created.
function keypairs.ensure(options) end

---@class (exact) keypairs.delete.options
---@field user_id? string ID of the user it belongs to, for administrators; you when left out.
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete a keypair. Servers keep the key they were given.
---@param keypair keypair|string The keypair: object or name.
---@param options? keypairs.delete.options
---@return boolean deleted Whether it was there.
function keypairs.delete(keypair, options) end

--- Delete a keypair. Servers keep the key they were given.
---@param options? keypairs.delete.options
---@return boolean deleted Whether it was there.
function keypair:delete(options) end

return keypairs
