---@meta servers

---@class server
---@field id string Its ID.
---@field name string Its name; names need not be unique.
---@field description string? A few words about it.
---@field status string ACTIVE, BUILD, SHUTOFF, PAUSED, SUSPENDED, RESCUE, RESIZE, VERIFY_RESIZE, REBOOT, SHELVED_OFFLOADED, ERROR …
---@field fault table? Why it is in ERROR: message, code and created.
---@field addresses table<string,table[]> Its addresses by network, each with addr, version and OS-EXT-IPS:type (fixed or floating).
---@field flavor table Its size: original_name, vcpus, ram, disk, ephemeral, swap, extra_specs; only id on services older than 2.47.
---@field image table|string The image it was made of: its id; "" when its disk is a volume.
---@field key_name string? Name of the keypair in it.
---@field metadata table<string,string> Its metadata.
---@field tags string[]? Its tags; nil on services older than 2.26.
---@field security_groups table[]? The security groups of its ports, each with its name.
---@field adminPass string? Password the service made up: only in the object of a server made, rebuilt or rescued just now.
---@field accessIPv4 string IPv4 address its owner says it is reached at; "" for none.
---@field accessIPv6 string IPv6 address its owner says it is reached at; "" for none.
---@field config_drive string "True" when it has a disk with its metadata.
---@field locked boolean? Whether actions on it are refused.
---@field locked_reason string? Why it is locked.
---@field created string When it was created: "2026-11-22T13:09:35Z".
---@field updated string When it last changed.
---@field ["OS-SRV-USG:launched_at"] string? When it first ran.
---@field ["OS-EXT-STS:vm_state"] string Its state as the service counts: active, building, stopped, error …
---@field ["OS-EXT-STS:task_state"] string? What is being done to it: spawning, powering-off …; nil for nothing.
---@field ["OS-EXT-STS:power_state"] integer 0 unknown, 1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended.
---@field ["OS-EXT-AZ:availability_zone"] string Availability zone it runs in.
---@field ["OS-EXT-SRV-ATTR:hostname"] string? Its own name, as its metadata tells it.
---@field ["OS-EXT-SRV-ATTR:host"] string? Host it runs on; administrators see it.
---@field ["OS-DCF:diskConfig"] string AUTO when its disk was grown to the flavor's, MANUAL otherwise.
---@field ["os-extended-volumes:volumes_attached"] table[] Volumes attached to it, each with its id.
---@field server_groups string[]? IDs of the server groups it is in; lists leave it out.
---@field trusted_image_certificates string[]? Certificates its image was checked with.
---@field hostId string Stands for the host it runs on, differently in each project.
---@field progress integer? How far the present task is, in percent.
---@field user_id string ID of the user who made it.
---@field tenant_id string ID of the project it belongs to.
---@field links table[] Its addresses in the API.
local server = {}

--- Servers: virtual machines. A server has a flavor (its size), an image (its disk), and ports on networks (its addresses). Functions that change its state wait until it has the new one. Requests ask for compute API 2.93, and for the service's own newest where that is older: then tags, description, locked and the flavor's members may be nil.
---@class servers.module
local servers = {}

---@class (exact) servers.list.options
---@field name? string Only those whose name has this in it: a regular expression; "^web$" is exactly web.
---@field status? string Only those with this status: ACTIVE, SHUTOFF, ERROR …
---@field flavor? flavor|string Only those of this size: object, ID or name.
---@field image? image|string Only those made of this image: object, ID or name.
---@field ip? string Only those with such an IPv4 address: a regular expression, "10\\.0\\.0\\.".
---@field ip6? string Only those with such an IPv6 address: a regular expression.
---@field host? string Only those on this host; for administrators.
---@field availability_zone? string Only those in this availability zone.
---@field key_name? keypair|string Only those with this keypair.
---@field keypair? keypair|string The same as key_name.
---@field key? keypair|string The same as key_name.
---@field description? string Only those whose description has this in it: a regular expression.
---@field hostname? string Only those with such a host name: a regular expression; for administrators on older clouds.
---@field reservation_id? string Only those made by one call.
---@field locked? boolean Only those that are locked, or not.
---@field changes_since? string Only those that changed since then, deleted ones among them: "2026-11-22T13:00:00Z".
---@field ["changes-since"]? string The same as changes_since.
---@field changes_before? string Only those that changed last before then.
---@field ["changes-before"]? string The same as changes_before.
---@field deleted? boolean Only deleted ones; for administrators.
---@field all_projects? boolean Those of every project; for administrators.
---@field all_tenants? boolean The same as all_projects.
---@field project_id? project|string Only those of this project; for administrators, with all_projects.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field user_id? string Only those made by the user with this ID; for administrators.
---@field tags? string[] Only those with all of these tags.
---@field ["tags-any"]? string[] Only those with at least one of these tags.
---@field tags_any? string[] The same as tags-any.
---@field ["not-tags"]? string[] Only those without all of these tags.
---@field not_tags? string[] The same as not-tags.
---@field ["not-tags-any"]? string[] Only those without any of these tags.
---@field not_tags_any? string[] The same as not-tags-any.
---@field sort_key? string Field to sort by, on the server: created_at, display_name, uuid … Default: created_at.
---@field sort_dir? "asc"|"desc" Direction to sort in. Default: desc.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.
---@field detail? boolean false fetches IDs and names alone, to save traffic. Default: true.

--- List servers with all their members. The filters run on the server; name, ip and their like are regular expressions.
---@param options? servers.list.options
---@return server[] servers The servers, the newest first.
function servers.list(options) end

---@class (exact) servers.each.options
---@field name? string Only those whose name has this in it: a regular expression; "^web$" is exactly web.
---@field status? string Only those with this status: ACTIVE, SHUTOFF, ERROR …
---@field flavor? flavor|string Only those of this size: object, ID or name.
---@field image? image|string Only those made of this image: object, ID or name.
---@field ip? string Only those with such an IPv4 address: a regular expression, "10\\.0\\.0\\.".
---@field ip6? string Only those with such an IPv6 address: a regular expression.
---@field host? string Only those on this host; for administrators.
---@field availability_zone? string Only those in this availability zone.
---@field key_name? keypair|string Only those with this keypair.
---@field keypair? keypair|string The same as key_name.
---@field key? keypair|string The same as key_name.
---@field description? string Only those whose description has this in it: a regular expression.
---@field hostname? string Only those with such a host name: a regular expression; for administrators on older clouds.
---@field reservation_id? string Only those made by one call.
---@field locked? boolean Only those that are locked, or not.
---@field changes_since? string Only those that changed since then, deleted ones among them: "2026-11-22T13:00:00Z".
---@field ["changes-since"]? string The same as changes_since.
---@field changes_before? string Only those that changed last before then.
---@field ["changes-before"]? string The same as changes_before.
---@field deleted? boolean Only deleted ones; for administrators.
---@field all_projects? boolean Those of every project; for administrators.
---@field all_tenants? boolean The same as all_projects.
---@field project_id? project|string Only those of this project; for administrators, with all_projects.
---@field project? project|string The same as project_id.
---@field tenant_id? project|string The same as project_id.
---@field user_id? string Only those made by the user with this ID; for administrators.
---@field tags? string[] Only those with all of these tags.
---@field ["tags-any"]? string[] Only those with at least one of these tags.
---@field tags_any? string[] The same as tags-any.
---@field ["not-tags"]? string[] Only those without all of these tags.
---@field not_tags? string[] The same as not-tags.
---@field ["not-tags-any"]? string[] Only those without any of these tags.
---@field not_tags_any? string[] The same as not-tags-any.
---@field sort_key? string Field to sort by, on the server: created_at, display_name, uuid … Default: created_at.
---@field sort_dir? "asc"|"desc" Direction to sort in. Default: desc.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.
---@field detail? boolean false fetches IDs and names alone, to save traffic. Default: true.

--- Go through servers, fetching a page at a time: for long lists.
---@param options? servers.each.options
---@return fun(): server iterator For the generic for.
function servers.each(options) end

--- Fetch a server anew.
---@param server server|string The server: object, ID or name.
---@return server server The server as it is now.
function servers.get(server) end

--- Fetch a server anew.
---@return server server The server as it is now.
function server:get() end

--- Look whether there is a server of this name or ID.
---@param server server|string The server: object, ID or name.
---@return server? server The server; nil when there is none.
function servers.find(server) end

---@class (exact) servers.create.networks
---@field network? network|string Network to make a port on: object, ID or name.
---@field uuid? network|string The same as network.
---@field network_id? network|string The same as network.
---@field port? port|string Port made before: object, ID or name.
---@field fixed_ip? string Address the new port shall have.
---@field tag? string Word by which the server's metadata tells this interface from others.

---@class (exact) servers.create.cloud_init.chpasswd
---@field expire? boolean Whether each has to be changed at the first login. Default: false.
---@field users? table<string, string> Passwords by user.

---@class (exact) servers.create.cloud_init.write_files
---@field path string Where: an absolute path.
---@field content? string What is in it.
---@field permissions? string Its mode, as text: "0755". Default: 0644.
---@field owner? string Whose it is. Default: root:root.
---@field append? boolean Whether to add to what is there.
---@field defer? boolean Whether to write it last, when users and packages are there.

---@class (exact) servers.create.cloud_init
---@field hostname? string Name the server gives itself.
---@field fqdn? string The same with its domain.
---@field manage_etc_hosts? boolean Whether its name is put into /etc/hosts.
---@field password? string Password of the image's own user. Unless chpasswd and ssh_pwauth say otherwise, it does not expire and SSH takes it.
---@field chpasswd? servers.create.cloud_init.chpasswd Passwords of users: { expire = false, users = { root = "secret" } }.
---@field ssh_pwauth? boolean Whether SSH takes passwords.
---@field disable_root? boolean Whether root may not come in by SSH.
---@field ssh_authorized_keys? string[] Public keys the image's own user takes, as lines of authorized_keys.
---@field groups? string[] Groups to make.
---@field users? any[] Users to make: "default" for the image's own, or tables { name = ..., sudo = ..., ssh_authorized_keys = ... }.
---@field package_update? boolean Whether the list of packages is fetched first.
---@field package_upgrade? boolean Whether all packages are brought up to date.
---@field packages? any[] Packages to install: names, or { name, version }.
---@field write_files? servers.create.cloud_init.write_files[] Files to write: { path = ..., content = ..., permissions = "0644" }.
---@field bootcmd? any[] Commands to run early at each boot: text for the shell, or lists of words.
---@field runcmd? any[] Commands to run at the end of the first boot: text for the shell, or lists of words.
---@field timezone? string Time zone: "Asia/Seoul".
---@field locale? string Locale: "ko_KR.UTF-8".
---@field final_message? string Line for the console when all is done: servers.wait_console can wait for it.
---@field more? table<string, any> Other members of the cloud-config, as its documentation names them.

---@class (exact) servers.create.block_device_mapping_v2
---@field source_type "image"|"volume"|"snapshot"|"blank" What it is made of.
---@field uuid? string ID of the image, volume or snapshot.
---@field boot_index? integer|false 0 for the disk to boot from, -1 for one never to boot from.
---@field delete_on_termination? boolean Whether a volume goes with the server. Default: false.
---@field destination_type? "local"|"volume" Whether it is on the host or a volume.
---@field guest_format? string File system to make on it, or swap.
---@field volume_size? integer Its size in GiB.
---@field device_name? string Name of the device: "/dev/vdb"; few hypervisors look at it.
---@field device_type? string disk, cdrom, lun …
---@field disk_bus? string virtio, scsi, ide, usb …
---@field volume_type? string Type of a volume that is made.
---@field tag? string Word by which the server's metadata tells this disk from others.

---@class (exact) servers.create.scheduler_hints
---@field group? server_group|string Server group to be in: object, ID or name.
---@field different_host? (server|string)[] Servers not to share a host with.
---@field same_host? (server|string)[] Servers to share a host with.
---@field query? any Condition on hosts: { ">=", "$free_ram_mb", 1024 }.
---@field target_cell? string Cell to run in.
---@field different_cell? string[] Cells not to run in.
---@field build_near_host_ip? string Address hosts shall be near to.
---@field cidr? string How near: "/24".
---@field more? table<string, any> Hints of this cloud's own.

---@class (exact) servers.create.personality
---@field path string Where.
---@field contents string What is in it.

---@class (exact) servers.create.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field image? image|string Image its disk is made of: object, ID or name; may be left out with block_device_mapping_v2.
---@field imageRef? image|string The same as image.
---@field image_id? image|string The same as image.
---@field flavor? flavor|string Its size: object, ID or name.
---@field flavorRef? flavor|string The same as flavor.
---@field flavor_id? flavor|string The same as flavor.
---@field network? network|string Network it is on: object, ID or name. The short form of networks.
---@field networks? string|(string|servers.create.networks)[] What it is plugged into: networks and ports as objects, IDs or names of networks, or tables { network = ..., fixed_ip = ... } and { port = ... }; "none", or "auto": the project's only network, or one made for it where the cloud does that.
---@field key_name? keypair|string Keypair put into it: object or name.
---@field keypair? keypair|string The same as key_name.
---@field key? keypair|string The same as key_name.
---@field security_groups? (security_group|string)[] Security groups of the ports made for it: objects, IDs or names; the project's default when left out.
---@field user_data? string What it is told before its first start, as text: a script, a cloud-config. It is encoded here.
---@field user_data_file? string File to read user_data from.
---@field cloud_init? servers.create.cloud_init The same in options, of which a cloud-config is written: { packages = { "curl" }, runcmd = { ... } }.
---@field metadata? table<string, string> Metadata: text by name.
---@field tags? string[] Tags it shall have.
---@field description? string A few words about it.
---@field availability_zone? string Availability zone to run in.
---@field config_drive? boolean Whether its metadata is on a disk too, for networks without a metadata service.
---@field admin_pass? string Password for its administrator, where the hypervisor can set it; one is made up when left out.
---@field adminPass? string The same as admin_pass.
---@field min_count? integer How many to make at least. Default: 1.
---@field max_count? integer How many to make at most; with more than one the result is a list, and the names end in -1, -2 … Default: 1.
---@field block_device_mapping_v2? servers.create.block_device_mapping_v2[] Its disks, when they are more than the image's.
---@field block_devices? servers.create.block_device_mapping_v2[] The same as block_device_mapping_v2.
---@field scheduler_hints? servers.create.scheduler_hints Wishes about the host it runs on.
---@field accessIPv4? string IPv4 address to show as the one it is reached at.
---@field access_ipv4? string The same as accessIPv4.
---@field accessIPv6? string IPv6 address to show as the one it is reached at.
---@field access_ipv6? string The same as accessIPv6.
---@field hostname? string Name its metadata tells it, in place of one made of name.
---@field host? string Host to run on; for administrators.
---@field hypervisor_hostname? string Hypervisor to run on; for administrators.
---@field disk_config? "AUTO"|"MANUAL" AUTO grows the image's one partition to the flavor's disk.
---@field ["OS-DCF:diskConfig"]? "AUTO"|"MANUAL" The same as disk_config.
---@field personality? servers.create.personality[] Files to put into its disk. Clouds do it no more: it asks for compute API 2.56; use cloud_init.write_files.
---@field trusted_image_certificates? string[] IDs of certificates to check the image with.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Create a server, and wait until it runs. When it fails, the error has the service's own text in fault, and the server stays, in ERROR, until it is deleted. With min_count or max_count above 1 it makes several.
---@param options servers.create.options
---@return server|server[] server The new server; a list when several were asked for. Its adminPass is never shown again.
function servers.create(options) end

---@class (exact) servers.ensure.networks
---@field network? network|string Network to make a port on: object, ID or name.
---@field uuid? network|string The same as network.
---@field network_id? network|string The same as network.
---@field port? port|string Port made before: object, ID or name.
---@field fixed_ip? string Address the new port shall have.
---@field tag? string Word by which the server's metadata tells this interface from others.

---@class (exact) servers.ensure.cloud_init.chpasswd
---@field expire? boolean Whether each has to be changed at the first login. Default: false.
---@field users? table<string, string> Passwords by user.

---@class (exact) servers.ensure.cloud_init.write_files
---@field path string Where: an absolute path.
---@field content? string What is in it.
---@field permissions? string Its mode, as text: "0755". Default: 0644.
---@field owner? string Whose it is. Default: root:root.
---@field append? boolean Whether to add to what is there.
---@field defer? boolean Whether to write it last, when users and packages are there.

---@class (exact) servers.ensure.cloud_init
---@field hostname? string Name the server gives itself.
---@field fqdn? string The same with its domain.
---@field manage_etc_hosts? boolean Whether its name is put into /etc/hosts.
---@field password? string Password of the image's own user. Unless chpasswd and ssh_pwauth say otherwise, it does not expire and SSH takes it.
---@field chpasswd? servers.ensure.cloud_init.chpasswd Passwords of users: { expire = false, users = { root = "secret" } }.
---@field ssh_pwauth? boolean Whether SSH takes passwords.
---@field disable_root? boolean Whether root may not come in by SSH.
---@field ssh_authorized_keys? string[] Public keys the image's own user takes, as lines of authorized_keys.
---@field groups? string[] Groups to make.
---@field users? any[] Users to make: "default" for the image's own, or tables { name = ..., sudo = ..., ssh_authorized_keys = ... }.
---@field package_update? boolean Whether the list of packages is fetched first.
---@field package_upgrade? boolean Whether all packages are brought up to date.
---@field packages? any[] Packages to install: names, or { name, version }.
---@field write_files? servers.ensure.cloud_init.write_files[] Files to write: { path = ..., content = ..., permissions = "0644" }.
---@field bootcmd? any[] Commands to run early at each boot: text for the shell, or lists of words.
---@field runcmd? any[] Commands to run at the end of the first boot: text for the shell, or lists of words.
---@field timezone? string Time zone: "Asia/Seoul".
---@field locale? string Locale: "ko_KR.UTF-8".
---@field final_message? string Line for the console when all is done: servers.wait_console can wait for it.
---@field more? table<string, any> Other members of the cloud-config, as its documentation names them.

---@class (exact) servers.ensure.block_device_mapping_v2
---@field source_type "image"|"volume"|"snapshot"|"blank" What it is made of.
---@field uuid? string ID of the image, volume or snapshot.
---@field boot_index? integer|false 0 for the disk to boot from, -1 for one never to boot from.
---@field delete_on_termination? boolean Whether a volume goes with the server. Default: false.
---@field destination_type? "local"|"volume" Whether it is on the host or a volume.
---@field guest_format? string File system to make on it, or swap.
---@field volume_size? integer Its size in GiB.
---@field device_name? string Name of the device: "/dev/vdb"; few hypervisors look at it.
---@field device_type? string disk, cdrom, lun …
---@field disk_bus? string virtio, scsi, ide, usb …
---@field volume_type? string Type of a volume that is made.
---@field tag? string Word by which the server's metadata tells this disk from others.

---@class (exact) servers.ensure.scheduler_hints
---@field group? server_group|string Server group to be in: object, ID or name.
---@field different_host? (server|string)[] Servers not to share a host with.
---@field same_host? (server|string)[] Servers to share a host with.
---@field query? any Condition on hosts: { ">=", "$free_ram_mb", 1024 }.
---@field target_cell? string Cell to run in.
---@field different_cell? string[] Cells not to run in.
---@field build_near_host_ip? string Address hosts shall be near to.
---@field cidr? string How near: "/24".
---@field more? table<string, any> Hints of this cloud's own.

---@class (exact) servers.ensure.personality
---@field path string Where.
---@field contents string What is in it.

---@class (exact) servers.ensure.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field image? image|string Image its disk is made of: object, ID or name; may be left out with block_device_mapping_v2.
---@field imageRef? image|string The same as image.
---@field image_id? image|string The same as image.
---@field flavor? flavor|string Its size: object, ID or name.
---@field flavorRef? flavor|string The same as flavor.
---@field flavor_id? flavor|string The same as flavor.
---@field network? network|string Network it is on: object, ID or name. The short form of networks.
---@field networks? string|(string|servers.ensure.networks)[] What it is plugged into: networks and ports as objects, IDs or names of networks, or tables { network = ..., fixed_ip = ... } and { port = ... }; "none", or "auto": the project's only network, or one made for it where the cloud does that.
---@field key_name? keypair|string Keypair put into it: object or name.
---@field keypair? keypair|string The same as key_name.
---@field key? keypair|string The same as key_name.
---@field security_groups? (security_group|string)[] Security groups of the ports made for it: objects, IDs or names; the project's default when left out.
---@field user_data? string What it is told before its first start, as text: a script, a cloud-config. It is encoded here.
---@field user_data_file? string File to read user_data from.
---@field cloud_init? servers.ensure.cloud_init The same in options, of which a cloud-config is written: { packages = { "curl" }, runcmd = { ... } }.
---@field metadata? table<string, string> Metadata: text by name.
---@field tags? string[] Tags it shall have.
---@field description? string A few words about it.
---@field availability_zone? string Availability zone to run in.
---@field config_drive? boolean Whether its metadata is on a disk too, for networks without a metadata service.
---@field admin_pass? string Password for its administrator, where the hypervisor can set it; one is made up when left out.
---@field adminPass? string The same as admin_pass.
---@field min_count? integer How many to make at least. Default: 1.
---@field max_count? integer How many to make at most; with more than one the result is a list, and the names end in -1, -2 … Default: 1.
---@field block_device_mapping_v2? servers.ensure.block_device_mapping_v2[] Its disks, when they are more than the image's.
---@field block_devices? servers.ensure.block_device_mapping_v2[] The same as block_device_mapping_v2.
---@field scheduler_hints? servers.ensure.scheduler_hints Wishes about the host it runs on.
---@field accessIPv4? string IPv4 address to show as the one it is reached at.
---@field access_ipv4? string The same as accessIPv4.
---@field accessIPv6? string IPv6 address to show as the one it is reached at.
---@field access_ipv6? string The same as accessIPv6.
---@field hostname? string Name its metadata tells it, in place of one made of name.
---@field host? string Host to run on; for administrators.
---@field hypervisor_hostname? string Hypervisor to run on; for administrators.
---@field disk_config? "AUTO"|"MANUAL" AUTO grows the image's one partition to the flavor's disk.
---@field ["OS-DCF:diskConfig"]? "AUTO"|"MANUAL" The same as disk_config.
---@field personality? servers.ensure.personality[] Files to put into its disk. Clouds do it no more: it asks for compute API 2.56; use cloud_init.write_files.
---@field trusted_image_certificates? string[] IDs of certificates to check the image with.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Make sure that there is a server of this name that is as described: create it, or change its description, metadata, tags and addresses shown. Another flavor, image or key is a conflict; what it is plugged into and was told at its first start is not compared.
---@param options servers.ensure.options
---@return server server The server as it is now.
---@return boolean changed Whether it was created or changed.
function servers.ensure(options) end

---@class (exact) servers.preflight.networks
---@field network? network|string Network to make a port on: object, ID or name.
---@field uuid? network|string The same as network.
---@field network_id? network|string The same as network.
---@field port? port|string Port made before: object, ID or name.
---@field fixed_ip? string Address the new port shall have.
---@field tag? string Word by which the server's metadata tells this interface from others.

---@class (exact) servers.preflight.cloud_init.chpasswd
---@field expire? boolean Whether each has to be changed at the first login. Default: false.
---@field users? table<string, string> Passwords by user.

---@class (exact) servers.preflight.cloud_init.write_files
---@field path string Where: an absolute path.
---@field content? string What is in it.
---@field permissions? string Its mode, as text: "0755". Default: 0644.
---@field owner? string Whose it is. Default: root:root.
---@field append? boolean Whether to add to what is there.
---@field defer? boolean Whether to write it last, when users and packages are there.

---@class (exact) servers.preflight.cloud_init
---@field hostname? string Name the server gives itself.
---@field fqdn? string The same with its domain.
---@field manage_etc_hosts? boolean Whether its name is put into /etc/hosts.
---@field password? string Password of the image's own user. Unless chpasswd and ssh_pwauth say otherwise, it does not expire and SSH takes it.
---@field chpasswd? servers.preflight.cloud_init.chpasswd Passwords of users: { expire = false, users = { root = "secret" } }.
---@field ssh_pwauth? boolean Whether SSH takes passwords.
---@field disable_root? boolean Whether root may not come in by SSH.
---@field ssh_authorized_keys? string[] Public keys the image's own user takes, as lines of authorized_keys.
---@field groups? string[] Groups to make.
---@field users? any[] Users to make: "default" for the image's own, or tables { name = ..., sudo = ..., ssh_authorized_keys = ... }.
---@field package_update? boolean Whether the list of packages is fetched first.
---@field package_upgrade? boolean Whether all packages are brought up to date.
---@field packages? any[] Packages to install: names, or { name, version }.
---@field write_files? servers.preflight.cloud_init.write_files[] Files to write: { path = ..., content = ..., permissions = "0644" }.
---@field bootcmd? any[] Commands to run early at each boot: text for the shell, or lists of words.
---@field runcmd? any[] Commands to run at the end of the first boot: text for the shell, or lists of words.
---@field timezone? string Time zone: "Asia/Seoul".
---@field locale? string Locale: "ko_KR.UTF-8".
---@field final_message? string Line for the console when all is done: servers.wait_console can wait for it.
---@field more? table<string, any> Other members of the cloud-config, as its documentation names them.

---@class (exact) servers.preflight.block_device_mapping_v2
---@field source_type "image"|"volume"|"snapshot"|"blank" What it is made of.
---@field uuid? string ID of the image, volume or snapshot.
---@field boot_index? integer|false 0 for the disk to boot from, -1 for one never to boot from.
---@field delete_on_termination? boolean Whether a volume goes with the server. Default: false.
---@field destination_type? "local"|"volume" Whether it is on the host or a volume.
---@field guest_format? string File system to make on it, or swap.
---@field volume_size? integer Its size in GiB.
---@field device_name? string Name of the device: "/dev/vdb"; few hypervisors look at it.
---@field device_type? string disk, cdrom, lun …
---@field disk_bus? string virtio, scsi, ide, usb …
---@field volume_type? string Type of a volume that is made.
---@field tag? string Word by which the server's metadata tells this disk from others.

---@class (exact) servers.preflight.scheduler_hints
---@field group? server_group|string Server group to be in: object, ID or name.
---@field different_host? (server|string)[] Servers not to share a host with.
---@field same_host? (server|string)[] Servers to share a host with.
---@field query? any Condition on hosts: { ">=", "$free_ram_mb", 1024 }.
---@field target_cell? string Cell to run in.
---@field different_cell? string[] Cells not to run in.
---@field build_near_host_ip? string Address hosts shall be near to.
---@field cidr? string How near: "/24".
---@field more? table<string, any> Hints of this cloud's own.

---@class (exact) servers.preflight.personality
---@field path string Where.
---@field contents string What is in it.

---@class (exact) servers.preflight.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field image? image|string Image its disk is made of: object, ID or name; may be left out with block_device_mapping_v2.
---@field imageRef? image|string The same as image.
---@field image_id? image|string The same as image.
---@field flavor? flavor|string Its size: object, ID or name.
---@field flavorRef? flavor|string The same as flavor.
---@field flavor_id? flavor|string The same as flavor.
---@field network? network|string Network it is on: object, ID or name. The short form of networks.
---@field networks? string|(string|servers.preflight.networks)[] What it is plugged into: networks and ports as objects, IDs or names of networks, or tables { network = ..., fixed_ip = ... } and { port = ... }; "none", or "auto": the project's only network, or one made for it where the cloud does that.
---@field key_name? keypair|string Keypair put into it: object or name.
---@field keypair? keypair|string The same as key_name.
---@field key? keypair|string The same as key_name.
---@field security_groups? (security_group|string)[] Security groups of the ports made for it: objects, IDs or names; the project's default when left out.
---@field user_data? string What it is told before its first start, as text: a script, a cloud-config. It is encoded here.
---@field user_data_file? string File to read user_data from.
---@field cloud_init? servers.preflight.cloud_init The same in options, of which a cloud-config is written: { packages = { "curl" }, runcmd = { ... } }.
---@field metadata? table<string, string> Metadata: text by name.
---@field tags? string[] Tags it shall have.
---@field description? string A few words about it.
---@field availability_zone? string Availability zone to run in.
---@field config_drive? boolean Whether its metadata is on a disk too, for networks without a metadata service.
---@field admin_pass? string Password for its administrator, where the hypervisor can set it; one is made up when left out.
---@field adminPass? string The same as admin_pass.
---@field min_count? integer How many to make at least. Default: 1.
---@field max_count? integer How many to make at most; with more than one the result is a list, and the names end in -1, -2 … Default: 1.
---@field block_device_mapping_v2? servers.preflight.block_device_mapping_v2[] Its disks, when they are more than the image's.
---@field block_devices? servers.preflight.block_device_mapping_v2[] The same as block_device_mapping_v2.
---@field scheduler_hints? servers.preflight.scheduler_hints Wishes about the host it runs on.
---@field accessIPv4? string IPv4 address to show as the one it is reached at.
---@field access_ipv4? string The same as accessIPv4.
---@field accessIPv6? string IPv6 address to show as the one it is reached at.
---@field access_ipv6? string The same as accessIPv6.
---@field hostname? string Name its metadata tells it, in place of one made of name.
---@field host? string Host to run on; for administrators.
---@field hypervisor_hostname? string Hypervisor to run on; for administrators.
---@field disk_config? "AUTO"|"MANUAL" AUTO grows the image's one partition to the flavor's disk.
---@field ["OS-DCF:diskConfig"]? "AUTO"|"MANUAL" The same as disk_config.
---@field personality? servers.preflight.personality[] Files to put into its disk. Clouds do it no more: it asks for compute API 2.56; use cloud_init.write_files.
---@field trusted_image_certificates? string[] IDs of certificates to check the image with.

--- Say what would fail, before the service is asked: it takes what create takes. It looks at the flavor and the image (disk, memory, status), the quota left, the key, the networks (ambiguous, external, without a subnet, without a free address). At most one request each for flavor, image, quota and key, one for the networks or one for each that is named, and two for each network's addresses.
---@param options servers.preflight.options
---@return table[] problems One table { option, message, hint } for each; empty when nothing speaks against it.
function servers.preflight(options) end

---@class (exact) servers.update.options
---@field name? string New name.
---@field description? string|false A few words about it; false for none.
---@field accessIPv4? string IPv4 address to show as the one it is reached at.
---@field access_ipv4? string The same as accessIPv4.
---@field accessIPv6? string IPv6 address to show as the one it is reached at.
---@field access_ipv6? string The same as accessIPv6.
---@field hostname? string Name its metadata tells it.
---@field disk_config? "AUTO"|"MANUAL" How its disk is made when it is rebuilt or resized.
---@field ["OS-DCF:diskConfig"]? "AUTO"|"MANUAL" The same as disk_config.
---@field tags? string[] Tags it shall have and no others: set by a second request.

--- Change a server's name, description or what it shows. The object given stays as it was: use the one returned.
---@param server server|string The server: object, ID or name.
---@param options? servers.update.options
---@return server server The server as it is now.
function servers.update(server, options) end

--- Change a server's name, description or what it shows. The object given stays as it was: use the one returned.
---@param options? servers.update.options
---@return server server The server as it is now.
function server:update(options) end

---@class (exact) servers.delete.options
---@field force? boolean Delete it for good even where the cloud keeps deleted servers for a while. Default: false.
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.
---@field wait? boolean Wait until it is gone; false returns at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Delete a server, and wait until it is gone.
---@param server server|string The server: object, ID or name.
---@param options? servers.delete.options
---@return boolean deleted Whether it was there.
function servers.delete(server, options) end

--- Delete a server, and wait until it is gone.
---@param options? servers.delete.options
---@return boolean deleted Whether it was there.
function server:delete(options) end

---@class (exact) servers.wait.options
---@field status? string Status to wait for; "DELETED" waits until it is gone. Default: ACTIVE.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until a server has a status.
---@param server server|string The server: object, ID or name.
---@param options? servers.wait.options
---@return server? server The server as it is then; nil when it was to be gone.
function servers.wait(server, options) end

--- Wait until a server has a status.
---@param options? servers.wait.options
---@return server? server The server as it is then; nil when it was to be gone.
function server:wait(options) end

---@class (exact) servers.wait_console.options
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until a server's console shows a text.
---@param server server|string The server: object, ID or name.
---@param text string Text to wait for, as it is: "login:".
---@param options? servers.wait_console.options
---@return string line The line with the text.
function servers.wait_console(server, text, options) end

--- Wait until a server's console shows a text.
---@param text string Text to wait for, as it is: "login:".
---@param options? servers.wait_console.options
---@return string line The line with the text.
function server:wait_console(text, options) end

---@class (exact) servers.wait_ssh.options
---@field port? integer Port it listens on. Default: 22.
---@field address? string Address to reach it at; its floating IP, or the one inside, when left out.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until an SSH server answers at a server's address, without logging in.
---@param server server|string The server: object, ID or name.
---@param options? servers.wait_ssh.options
---@return string address The address it answers at.
function servers.wait_ssh(server, options) end

--- Wait until an SSH server answers at a server's address, without logging in.
---@param options? servers.wait_ssh.options
---@return string address The address it answers at.
function server:wait_ssh(options) end

---@class (exact) servers.ssh.options
---@field user string Whom to log in as: images have a user of their own (cirros, ubuntu, debian).
---@field password? string That user's password.
---@field key? string Private key, as text: keypair.private_key of one just generated.
---@field private_key? string The same as key.
---@field key_file? string File to read the private key from: "~/.ssh/id_ed25519".
---@field port? integer Port it listens on. Default: 22.
---@field address? string Address to reach it at; its floating IP, or the one inside, when left out.
---@field timeout? number|string How long to try at most: seconds, or text such as "90s" or "10m". Default: 1m.

--- Log in to a server by SSH. The host key it shows first is taken, and it has to show the same one for the rest of the run: which machine answers is the cloud's word. It is tried until the timeout, for a server that just started.
---@param server server|string The server: object, ID or name.
---@param options servers.ssh.options
---@return ssh_session session The session: run, shell, upload, download, close. It ends with the script at the latest.
function servers.ssh(server, options) end

--- Log in to a server by SSH. The host key it shows first is taken, and it has to show the same one for the rest of the run: which machine answers is the cloud's word. It is tried until the timeout, for a server that just started.
---@param options servers.ssh.options
---@return ssh_session session The session: run, shell, upload, download, close. It ends with the script at the latest.
function server:ssh(options) end

---@class (exact) servers.start.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Start a server that is shut off, and wait until it runs.
---@param server server|string The server: object, ID or name.
---@param options? servers.start.options
---@return server? server The server as it is then; nil with wait = false.
function servers.start(server, options) end

--- Start a server that is shut off, and wait until it runs.
---@param options? servers.start.options
---@return server? server The server as it is then; nil with wait = false.
function server:start(options) end

---@class (exact) servers.stop.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Shut a server down, and wait until it is off. It keeps its host and its place in the quota.
---@param server server|string The server: object, ID or name.
---@param options? servers.stop.options
---@return server? server The server as it is then; nil with wait = false.
function servers.stop(server, options) end

--- Shut a server down, and wait until it is off. It keeps its host and its place in the quota.
---@param options? servers.stop.options
---@return server? server The server as it is then; nil with wait = false.
function server:stop(options) end

---@class (exact) servers.pause.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Stop a server in the middle of what it does; its memory stays on the host.
---@param server server|string The server: object, ID or name.
---@param options? servers.pause.options
---@return server? server The server as it is then; nil with wait = false.
function servers.pause(server, options) end

--- Stop a server in the middle of what it does; its memory stays on the host.
---@param options? servers.pause.options
---@return server? server The server as it is then; nil with wait = false.
function server:pause(options) end

---@class (exact) servers.unpause.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Let a paused server go on.
---@param server server|string The server: object, ID or name.
---@param options? servers.unpause.options
---@return server? server The server as it is then; nil with wait = false.
function servers.unpause(server, options) end

--- Let a paused server go on.
---@param options? servers.unpause.options
---@return server? server The server as it is then; nil with wait = false.
function server:unpause(options) end

---@class (exact) servers.suspend.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Write a server's memory to disk and stop it.
---@param server server|string The server: object, ID or name.
---@param options? servers.suspend.options
---@return server? server The server as it is then; nil with wait = false.
function servers.suspend(server, options) end

--- Write a server's memory to disk and stop it.
---@param options? servers.suspend.options
---@return server? server The server as it is then; nil with wait = false.
function server:suspend(options) end

---@class (exact) servers.resume.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Let a suspended server go on.
---@param server server|string The server: object, ID or name.
---@param options? servers.resume.options
---@return server? server The server as it is then; nil with wait = false.
function servers.resume(server, options) end

--- Let a suspended server go on.
---@param options? servers.resume.options
---@return server? server The server as it is then; nil with wait = false.
function server:resume(options) end

---@class (exact) servers.unrescue.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Start a server from its own disk again.
---@param server server|string The server: object, ID or name.
---@param options? servers.unrescue.options
---@return server? server The server as it is then; nil with wait = false.
function servers.unrescue(server, options) end

--- Start a server from its own disk again.
---@param options? servers.unrescue.options
---@return server? server The server as it is then; nil with wait = false.
function server:unrescue(options) end

---@class (exact) servers.confirm_resize.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Keep a server's new size, and free what the old one held.
---@param server server|string The server: object, ID or name.
---@param options? servers.confirm_resize.options
---@return server? server The server as it is then; nil with wait = false.
function servers.confirm_resize(server, options) end

--- Keep a server's new size, and free what the old one held.
---@param options? servers.confirm_resize.options
---@return server? server The server as it is then; nil with wait = false.
function server:confirm_resize(options) end

---@class (exact) servers.revert_resize.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Give a server its old size back.
---@param server server|string The server: object, ID or name.
---@param options? servers.revert_resize.options
---@return server? server The server as it is then; nil with wait = false.
function servers.revert_resize(server, options) end

--- Give a server its old size back.
---@param options? servers.revert_resize.options
---@return server? server The server as it is then; nil with wait = false.
function server:revert_resize(options) end

---@class (exact) servers.shelve.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Put a server away: its disk becomes an image, its host is free for others.
---@param server server|string The server: object, ID or name.
---@param options? servers.shelve.options
---@return server? server The server as it is then; nil with wait = false.
function servers.shelve(server, options) end

--- Put a server away: its disk becomes an image, its host is free for others.
---@param options? servers.shelve.options
---@return server? server The server as it is then; nil with wait = false.
function server:shelve(options) end

---@class (exact) servers.reboot.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.
---@field type? "SOFT"|"HARD" SOFT asks the server to shut down first, HARD pulls the plug. Default: SOFT.

--- Restart a server, and wait until it runs.
---@param server server|string The server: object, ID or name.
---@param options? servers.reboot.options
---@return server? server The server as it is then; nil with wait = false.
function servers.reboot(server, options) end

--- Restart a server, and wait until it runs.
---@param options? servers.reboot.options
---@return server? server The server as it is then; nil with wait = false.
function server:reboot(options) end

---@class (exact) servers.lock.options
---@field locked_reason? string Why; those whose actions are refused can read it.
---@field reason? string The same as locked_reason.

--- Refuse actions on a server, except an administrator's, until unlock.
---@param server server|string The server: object, ID or name.
---@param options? servers.lock.options
function servers.lock(server, options) end

--- Refuse actions on a server, except an administrator's, until unlock.
---@param options? servers.lock.options
function server:lock(options) end

--- Take actions on a server again.
---@param server server|string The server: object, ID or name.
function servers.unlock(server) end

--- Take actions on a server again.
function server:unlock() end

---@class (exact) servers.rescue.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.
---@field image? image|string Image to boot in its place: object, ID or name; its own when left out.
---@field rescue_image_ref? image|string The same as image.
---@field admin_pass? string Password for its administrator; one is made up when left out.
---@field adminPass? string The same as admin_pass.

--- Start a server from another disk, with its own beside it: to mend it.
---@param server server|string The server: object, ID or name.
---@param options? servers.rescue.options
---@return server? server The server as it is then; nil with wait = false.
function servers.rescue(server, options) end

--- Start a server from another disk, with its own beside it: to mend it.
---@param options? servers.rescue.options
---@return server? server The server as it is then; nil with wait = false.
function server:rescue(options) end

---@class (exact) servers.resize.options
---@field disk_config? "AUTO"|"MANUAL" AUTO grows its one partition to the new disk.
---@field ["OS-DCF:diskConfig"]? "AUTO"|"MANUAL" The same as disk_config.
---@field confirm? boolean Confirm at once; otherwise confirm_resize or revert_resize has to follow. Default: false.
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Give a server another size. It then is in VERIFY_RESIZE until confirm_resize or revert_resize; confirm = true confirms at once.
---@param server server|string The server: object, ID or name.
---@param flavor flavor|string Its new size: object, ID or name.
---@param options? servers.resize.options
---@return server? server The server as it is then; nil with wait = false.
function servers.resize(server, flavor, options) end

--- Give a server another size. It then is in VERIFY_RESIZE until confirm_resize or revert_resize; confirm = true confirms at once.
---@param flavor flavor|string Its new size: object, ID or name.
---@param options? servers.resize.options
---@return server? server The server as it is then; nil with wait = false.
function server:resize(flavor, options) end

---@class (exact) servers.rebuild.personality
---@field path string Where.
---@field contents string What is in it.

---@class (exact) servers.rebuild.options
---@field name? string New name.
---@field description? string|false A few words about it; false for none.
---@field admin_pass? string Password for its administrator; one is made up when left out.
---@field adminPass? string The same as admin_pass.
---@field metadata? table<string, string> Metadata in place of what it has.
---@field accessIPv4? string IPv4 address to show as the one it is reached at.
---@field access_ipv4? string The same as accessIPv4.
---@field accessIPv6? string IPv6 address to show as the one it is reached at.
---@field access_ipv6? string The same as accessIPv6.
---@field disk_config? "AUTO"|"MANUAL" AUTO grows the image's one partition to the flavor's disk.
---@field ["OS-DCF:diskConfig"]? "AUTO"|"MANUAL" The same as disk_config.
---@field key_name? keypair|string|false Keypair in place of the one in it; false for none.
---@field keypair? keypair|string|false The same as key_name.
---@field key? keypair|string|false The same as key_name.
---@field user_data? string What it is told before its new first start, as text.
---@field user_data_file? string File to read user_data from.
---@field personality? servers.rebuild.personality[] Files to put into its disk. It asks for compute API 2.56, the last that does it.
---@field hostname? string Name its metadata tells it.
---@field trusted_image_certificates? string[] IDs of certificates to check the image with.
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Make a server's disk anew, of the same or another image. It keeps its ID, size and addresses; what was on its disk is lost.
---@param server server|string The server: object, ID or name.
---@param image image|string Image its disk is made of anew: object, ID or name.
---@param options? servers.rebuild.options
---@return server? server The server as it is then; nil with wait = false.
function servers.rebuild(server, image, options) end

--- Make a server's disk anew, of the same or another image. It keeps its ID, size and addresses; what was on its disk is lost.
---@param image image|string Image its disk is made of anew: object, ID or name.
---@param options? servers.rebuild.options
---@return server? server The server as it is then; nil with wait = false.
function server:rebuild(image, options) end

---@class (exact) servers.unshelve.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.
---@field availability_zone? string Availability zone to come back in.
---@field host? string Host to come back on; for administrators.

--- Bring a server back that was put away.
---@param server server|string The server: object, ID or name.
---@param options? servers.unshelve.options
---@return server? server The server as it is then; nil with wait = false.
function servers.unshelve(server, options) end

--- Bring a server back that was put away.
---@param options? servers.unshelve.options
---@return server? server The server as it is then; nil with wait = false.
function server:unshelve(options) end

---@class (exact) servers.change_password.options
---@field wait? boolean Wait until it is done; false returns nil at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Set the password of a server's administrator, where the hypervisor can.
---@param server server|string The server: object, ID or name.
---@param password string The new password of its administrator.
---@param options? servers.change_password.options
---@return server? server The server as it is then; nil with wait = false.
function servers.change_password(server, password, options) end

--- Set the password of a server's administrator, where the hypervisor can.
---@param password string The new password of its administrator.
---@param options? servers.change_password.options
---@return server? server The server as it is then; nil with wait = false.
function server:change_password(password, options) end

---@class (exact) servers.create_image.options
---@field name string Name of the new image.
---@field metadata? table<string, string> Properties of the new image.
---@field wait? boolean Wait until the image can be used; false returns it as it is. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 10m.

--- Make an image of a server's disk, and wait until it can be used.
---@param server server|string The server: object, ID or name.
---@param options servers.create_image.options
---@return image image The new image.
function servers.create_image(server, options) end

--- Make an image of a server's disk, and wait until it can be used.
---@param options servers.create_image.options
---@return image image The new image.
function server:create_image(options) end

---@class (exact) servers.console_log.options
---@field lines? integer Only this many of the last lines.
---@field length? integer The same as lines.

--- What a server wrote to its console.
---@param server server|string The server: object, ID or name.
---@param options? servers.console_log.options
---@return string log The text.
function servers.console_log(server, options) end

--- What a server wrote to its console.
---@param options? servers.console_log.options
---@return string log The text.
function server:console_log(options) end

---@class (exact) servers.console_url.options
---@field type? "novnc"|"xvpvnc"|"spice-html5"|"rdp-html5"|"serial"|"webmks" Kind of console; the cloud has one or two. Default: novnc.

--- An address at which a browser shows a server's console. It is a secret: who has it is in.
---@param server server|string The server: object, ID or name.
---@param options? servers.console_url.options
---@return string url The address, good for some minutes.
function servers.console_url(server, options) end

--- An address at which a browser shows a server's console. It is a secret: who has it is in.
---@param options? servers.console_url.options
---@return string url The address, good for some minutes.
function server:console_url(options) end

---@class (exact) servers.actions_log.options
---@field request_id? string Only the action of this request, with its events.
---@field limit? integer At most this many, the newest first.

--- What was done to a server, by whom and with what outcome: the newest first.
---@param server server|string The server: object, ID or name.
---@param options? servers.actions_log.options
---@return table[] actions One table { action, message, request_id, start_time, user_id … } for each; one with events when request_id is given.
function servers.actions_log(server, options) end

--- What was done to a server, by whom and with what outcome: the newest first.
---@param options? servers.actions_log.options
---@return table[] actions One table { action, message, request_id, start_time, user_id … } for each; one with events when request_id is given.
function server:actions_log(options) end

---@class (exact) servers.set_metadata.options
---@field replace? boolean Take away what is not among these. Default: false.

--- Set metadata of a server; what is not named stays, unless replace is true.
---@param server server|string The server: object, ID or name.
---@param metadata table<string, string> Metadata: text by name.
---@param options? servers.set_metadata.options
---@return table<string,string> metadata Its metadata now.
function servers.set_metadata(server, metadata, options) end

--- Set metadata of a server; what is not named stays, unless replace is true.
---@param metadata table<string, string> Metadata: text by name.
---@param options? servers.set_metadata.options
---@return table<string,string> metadata Its metadata now.
function server:set_metadata(metadata, options) end

--- Take one piece of metadata from a server; one it does not have is not_found.
---@param server server|string The server: object, ID or name.
---@param key string Name of what to take away.
function servers.delete_metadata(server, key) end

--- Take one piece of metadata from a server; one it does not have is not_found.
---@param key string Name of what to take away.
function server:delete_metadata(key) end

--- Give a server these tags in place of those it has.
---@param server server|string The server: object, ID or name.
---@param tags string[] The tags; an empty table takes all away.
function servers.set_tags(server, tags) end

--- Give a server these tags in place of those it has.
---@param tags string[] The tags; an empty table takes all away.
function server:set_tags(tags) end

--- Give a server one tag more.
---@param server server|string The server: object, ID or name.
---@param tag string The tag.
function servers.add_tag(server, tag) end

--- Give a server one tag more.
---@param tag string The tag.
function server:add_tag(tag) end

--- Take a tag from a server; one it does not have is not_found.
---@param server server|string The server: object, ID or name.
---@param tag string The tag.
function servers.remove_tag(server, tag) end

--- Take a tag from a server; one it does not have is not_found.
---@param tag string The tag.
function server:remove_tag(tag) end

--- Put a security group on all of a server's ports.
---@param server server|string The server: object, ID or name.
---@param security_group security_group|string The security group: object, ID or name.
function servers.add_security_group(server, security_group) end

--- Put a security group on all of a server's ports.
---@param security_group security_group|string The security group: object, ID or name.
function server:add_security_group(security_group) end

--- Take a security group off a server's ports.
---@param server server|string The server: object, ID or name.
---@param security_group security_group|string The security group: object, ID or name.
function servers.remove_security_group(server, security_group) end

--- Take a security group off a server's ports.
---@param security_group security_group|string The security group: object, ID or name.
function server:remove_security_group(security_group) end

--- List the ports a server is plugged in with.
---@param server server|string The server: object, ID or name.
---@return table[] interfaces One table { port_id, net_id, mac_addr, port_state, fixed_ips } for each.
function servers.interfaces(server) end

--- List the ports a server is plugged in with.
---@return table[] interfaces One table { port_id, net_id, mac_addr, port_state, fixed_ips } for each.
function server:interfaces() end

---@class (exact) servers.attach_interface.fixed_ips
---@field ip_address string The address.

---@class (exact) servers.attach_interface.options
---@field network? network|string Network to make a port on: object, ID or name.
---@field net_id? network|string The same as network.
---@field network_id? network|string The same as network.
---@field port? port|string Port made before, in place of a network: object, ID or name.
---@field port_id? port|string The same as port.
---@field fixed_ips? (string|servers.attach_interface.fixed_ips)[] Address the new port shall have: { "10.0.0.9" }.
---@field tag? string Word by which the server's metadata tells this interface from others.

--- Plug a running server into one more network, or port.
---@param server server|string The server: object, ID or name.
---@param options? servers.attach_interface.options
---@return table interface The interface: { port_id, net_id, mac_addr, port_state, fixed_ips }.
function servers.attach_interface(server, options) end

--- Plug a running server into one more network, or port.
---@param options? servers.attach_interface.options
---@return table interface The interface: { port_id, net_id, mac_addr, port_state, fixed_ips }.
function server:attach_interface(options) end

---@class (exact) servers.detach_interface.options
---@field wait? boolean Wait until it is off; false returns at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Unplug a server from a port, and wait until it is off. A port made for the server is deleted.
---@param server server|string The server: object, ID or name.
---@param port port|string The port: object, ID or name.
---@param options? servers.detach_interface.options
function servers.detach_interface(server, port, options) end

--- Unplug a server from a port, and wait until it is off. A port made for the server is deleted.
---@param port port|string The port: object, ID or name.
---@param options? servers.detach_interface.options
function server:detach_interface(port, options) end

---@class (exact) servers.ip.options
---@field version? 4|6 Version of IP; 4 before 6 when left out.
---@field network? string Name of the network the address is on.
---@field floating? boolean true for a floating IP only, false for one inside only.

--- An address of a server: its floating IP when it has one, otherwise the one inside; IPv4 before IPv6. It looks at the server as it is now, and at the networking service when no floating IP shows there: that one knows of it first.
---@param server server|string The server: object, ID or name.
---@param options? servers.ip.options
---@return string? address The address; nil when it has none of that kind.
function servers.ip(server, options) end

--- An address of a server: its floating IP when it has one, otherwise the one inside; IPv4 before IPv6. It looks at the server as it is now, and at the networking service when no floating IP shows there: that one knows of it first.
---@param options? servers.ip.options
---@return string? address The address; nil when it has none of that kind.
function server:ip(options) end

---@class (exact) servers.add_floating_ip.options
---@field port? port|string Port of the server to put it on: object, ID or name; the first one it can reach when left out.
---@field fixed_ip? string Address of the server to put it on, when its port has several.
---@field fixed_ip_address? string The same as fixed_ip.

--- Give a server a floating IP: it is put on the server's port, on the first one it can reach when there are several. When the floating IP's network cannot reach the server, the error names the router or gateway that is missing.
---@param server server|string The server: object, ID or name.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param options? servers.add_floating_ip.options
---@return floating_ip floating_ip The floating IP as it is now.
function servers.add_floating_ip(server, floating_ip, options) end

--- Give a server a floating IP: it is put on the server's port, on the first one it can reach when there are several. When the floating IP's network cannot reach the server, the error names the router or gateway that is missing.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@param options? servers.add_floating_ip.options
---@return floating_ip floating_ip The floating IP as it is now.
function server:add_floating_ip(floating_ip, options) end

--- Take a floating IP from a server. It stays the project's: floating_ips.delete gives it back.
---@param server server|string The server: object, ID or name.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@return floating_ip floating_ip The floating IP as it is now.
function servers.remove_floating_ip(server, floating_ip) end

--- Take a floating IP from a server. It stays the project's: floating_ips.delete gives it back.
---@param floating_ip floating_ip|string The floating IP: object, ID or address.
---@return floating_ip floating_ip The floating IP as it is now.
function server:remove_floating_ip(floating_ip) end

return servers
