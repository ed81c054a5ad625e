---@meta cloud_init

--- What a server is told before its first start, for images with cloud-init in them. servers.create takes the same options in cloud_init; here they become text, to look at or to keep. cloud_init{ ... } is short for cloud_init.text{ ... }.
---@class cloud_init.module
---@overload fun(options: cloud_init.text.options): string
local cloud_init = {}

---@class (exact) cloud_init.text.chpasswd
---@field expire? boolean Whether each has to be changed at the first login. Default: false.
---@field users? table<string, string> Passwords by user.

---@class (exact) cloud_init.text.write_files
---@field path string Where: an absolute path.
---@field content? string What is in it.
---@field permissions? string Its mode, as text: "0755". Default: 0644.
---@field owner? string Whose it is. Default: root:root.
---@field append? boolean Whether to add to what is there.
---@field defer? boolean Whether to write it last, when users and packages are there.

---@class (exact) cloud_init.text.options
---@field hostname? string Name the server gives itself.
---@field fqdn? string The same with its domain.
---@field manage_etc_hosts? boolean Whether its name is put into /etc/hosts.
---@field password? string Password of the image's own user. Unless chpasswd and ssh_pwauth say otherwise, it does not expire and SSH takes it.
---@field chpasswd? cloud_init.text.chpasswd Passwords of users: { expire = false, users = { root = "secret" } }.
---@field ssh_pwauth? boolean Whether SSH takes passwords.
---@field disable_root? boolean Whether root may not come in by SSH.
---@field ssh_authorized_keys? string[] Public keys the image's own user takes, as lines of authorized_keys.
---@field groups? string[] Groups to make.
---@field users? any[] Users to make: "default" for the image's own, or tables { name = ..., sudo = ..., ssh_authorized_keys = ... }.
---@field package_update? boolean Whether the list of packages is fetched first.
---@field package_upgrade? boolean Whether all packages are brought up to date.
---@field packages? any[] Packages to install: names, or { name, version }.
---@field write_files? cloud_init.text.write_files[] Files to write: { path = ..., content = ..., permissions = "0644" }.
---@field bootcmd? any[] Commands to run early at each boot: text for the shell, or lists of words.
---@field runcmd? any[] Commands to run at the end of the first boot: text for the shell, or lists of words.
---@field timezone? string Time zone: "Asia/Seoul".
---@field locale? string Locale: "ko_KR.UTF-8".
---@field final_message? string Line for the console when all is done: servers.wait_console can wait for it.
---@field more? table<string, any> Other members of the cloud-config, as its documentation names them.

--- Write a cloud-config: the header and YAML, the same for the same options, checked.
---@param options? cloud_init.text.options
---@return string text The cloud-config, for servers.create{ user_data = ... }.
function cloud_init.text(options) end

--- Check user data: a cloud-config needs its header and has to be YAML, and none may be too long. Other kinds, such as scripts, are taken as they are.
---@param text string The user data.
---@return string text The same text.
function cloud_init.check(text) end

return cloud_init
