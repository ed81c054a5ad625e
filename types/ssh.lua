---@meta ssh

---@class ssh_session
---@field id string Its number in this run.
---@field name string Who is logged in where: "cirros@172.24.4.17".
---@field user string Who is logged in.
---@field address string Where.
local ssh_session = {}

--- Sessions on machines: servers.ssh logs in to a server, ssh.connect to any address. Files go through the shell's own cat, so the smallest machine will do. The host key a machine shows first is taken, and it has to show the same one for the rest of the run.
---@class ssh.module
local ssh = {}

---@class (exact) ssh.connect.options
---@field user string Whom to log in as.
---@field password? string That user's password.
---@field key? string Private key, as text.
---@field private_key? string The same as key.
---@field key_file? string File to read the private key from: "~/.ssh/id_ed25519".
---@field port? integer Port it listens on. Default: 22.
---@field timeout? number|string How long to try at most: seconds, or text such as "90s" or "10m". Default: 30s.

--- Log in to a machine by its address. It is tried until the timeout; a refused login is not tried again.
---@param address string Host name or IP address.
---@param options ssh.connect.options
---@return ssh_session session The session: run, shell, upload, download, close. It ends with the script at the latest.
function ssh.connect(address, options) end

---@class (exact) ssh.run.options
---@field stdin? string Text it reads from its standard input.
---@field check? boolean Raise an error when its code is not 0. Default: false.
---@field timeout? number|string How long it may take; without end when left out.

--- Run a command in the user's shell, and wait for its end. A code other than 0 is a result, not an error, unless check is true.
---@param session ssh_session|string The session, as servers.ssh or ssh.connect gave it.
---@param command string The command, for the user's shell.
---@param options? ssh.run.options
---@return table result stdout and stderr as text, and code: 0 when all went well.
function ssh.run(session, command, options) end

--- Run a command in the user's shell, and wait for its end. A code other than 0 is a result, not an error, unless check is true.
---@param command string The command, for the user's shell.
---@param options? ssh.run.options
---@return table result stdout and stderr as text, and code: 0 when all went well.
function ssh_session:run(command, options) end

--- Give the terminal to the user's shell on the machine, and wait until it ends: exit or Ctrl-D ends it. Every key goes there, Ctrl-C too. When the machine does not answer any more, Enter ~ . ends the session on this side.
---@param session ssh_session|string The session, as servers.ssh or ssh.connect gave it.
---@return integer code The shell's exit code; 255 when ~. ended it.
function ssh.shell(session) end

--- Give the terminal to the user's shell on the machine, and wait until it ends: exit or Ctrl-D ends it. Every key goes there, Ctrl-C too. When the machine does not answer any more, Enter ~ . ends the session on this side.
---@return integer code The shell's exit code; 255 when ~. ended it.
function ssh_session:shell() end

---@class (exact) ssh.upload.options
---@field file? string File to copy.
---@field text? string Text to write, in place of a file.
---@field mode? string Mode of the new file, as text: "0755"; a file's own when left out. Default: 0600.

--- Copy a file to the machine, or a text into a file of it.
---@param session ssh_session|string The session, as servers.ssh or ssh.connect gave it.
---@param to string Path on the machine.
---@param options? ssh.upload.options
function ssh.upload(session, to, options) end

--- Copy a file to the machine, or a text into a file of it.
---@param to string Path on the machine.
---@param options? ssh.upload.options
function ssh_session:upload(to, options) end

---@class (exact) ssh.download.options
---@field file? string File to write; what is there is overwritten when all came.

--- Copy a file of the machine: to a file, or to a text.
---@param session ssh_session|string The session, as servers.ssh or ssh.connect gave it.
---@param from string Path on the machine.
---@param options? ssh.download.options
---@return string? text What was in it; nil when it went to a file.
function ssh.download(session, from, options) end

--- Copy a file of the machine: to a file, or to a text.
---@param from string Path on the machine.
---@param options? ssh.download.options
---@return string? text What was in it; nil when it went to a file.
function ssh_session:download(from, options) end

--- End a session. One that has ended is no error.
---@param session ssh_session|string The session, as servers.ssh or ssh.connect gave it.
function ssh.close(session) end

--- End a session. One that has ended is no error.
function ssh_session:close() end

return ssh
