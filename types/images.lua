---@meta images

---@class image
---@field id string Its ID.
---@field name string? Its name; names need not be unique.
---@field status string queued (no data yet), saving, importing, active, deactivated, killed …
---@field visibility string public, community, shared or private.
---@field disk_format string? qcow2, raw, vmdk, vdi, vhd, iso …
---@field container_format string? bare, nearly always.
---@field size integer? Size of its data, in bytes.
---@field virtual_size integer? Size of the disk it becomes, in bytes: a flavor's disk must hold it.
---@field min_disk integer Disk a flavor must have at least, in GB.
---@field min_ram integer Memory a flavor must have at least, in MB.
---@field protected boolean Whether it cannot be deleted.
---@field os_hidden boolean Whether lists leave it out.
---@field owner string? ID of the project it belongs to.
---@field checksum string? MD5 of its data.
---@field os_hash_algo string? Algorithm of os_hash_value: sha512.
---@field os_hash_value string? Hash of its data.
---@field tags string[] Its tags.
---@field stores string? Where its data is.
---@field created_at string When it was created: "2026-11-22T13:04:04Z".
---@field updated_at string When it was last changed.
local image = {}

--- What the bytes of a file say.
---@class images.Inspection
---@field format? string? qcow2, raw, vmdk, vdi, vhd, vhdx, iso; nil when it is no disk image. raw is also what is not known.
---@field what? string? What it is, when it is no disk image.
---@field size? integer Size of the file, in bytes.
---@field virtual_size? integer? Size of the disk inside, in bytes; nil when it cannot be told.
---@field min_disk? integer? Smallest disk of a flavor that holds it, in GiB.

--- What download did.
---@class images.Download
---@field file? string The file.
---@field size? integer Its size, in bytes.
---@field resumed_at? integer? How much was there from an earlier try, in bytes.
---@field verified? string? Algorithm of the hash that was compared; nil when the service has none.

--- A project that an image is shared with.
---@class images.Member
---@field member_id? string ID of the project.
---@field image_id? string ID of the image.
---@field status? string pending, accepted or rejected.
---@field created_at? string Since when.
---@field updated_at? string When it was last changed.

--- Images: disks that servers start from. An image is made of a file, whose format the first bytes tell; it is stored once and cannot be changed afterwards, only what is said of it.
---@class images.module
local images = {}

---@class (exact) images.list.options
---@field id? string Only the one with this ID; "in:ID1,ID2" for several.
---@field name? string Only those with exactly this name; "in:a,b" for several.
---@field visibility? "public"|"private"|"shared"|"community"|"all" Only those of this visibility; community ones are listed only when asked for.
---@field status? string Only those with this status: active, queued …; "in:saving,queued" for several.
---@field owner? project|string Only those of this project: object or ID.
---@field project? project|string The same as owner.
---@field project_id? project|string The same as owner.
---@field tag? string[] Only those with all of these tags.
---@field tags? string[] The same as tag.
---@field size_min? integer|string Only those of at least this size: bytes, or "1GB".
---@field size_max? integer|string Only those of at most this size: bytes, or "1GB".
---@field os_hidden? boolean Only those that lists leave out otherwise. Default: false.
---@field hidden? boolean The same as os_hidden.
---@field protected? boolean Only those that cannot be deleted, or can.
---@field member_status? "accepted"|"pending"|"rejected"|"all" Only those shared with this project that it has accepted, or not.
---@field disk_format? string Only those of this format; "in:qcow2,raw" for several.
---@field container_format? string Only those of this container format; "in:bare,ovf" for several.
---@field created_at? string Only those created then: "gte:2026-11-22T00:00:00Z"; also gt, lt, lte, eq, neq.
---@field updated_at? string Only those last changed then: "gte:2026-11-22T00:00:00Z".
---@field properties? table<string, string> Only those with these properties: { os_distro = "ubuntu" }.
---@field sort? string Order, on the server: "name:asc,created_at:desc".
---@field sort_key? string Field to sort by, on the server; not together with sort.
---@field sort_dir? "asc"|"desc" Direction to sort in. Default: desc.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.

--- List images: the public ones, one's own, and those accepted from others. The filters run on the server.
---@param options? images.list.options
---@return image[] images The images, in the server's order: newest first.
function images.list(options) end

---@class (exact) images.each.options
---@field id? string Only the one with this ID; "in:ID1,ID2" for several.
---@field name? string Only those with exactly this name; "in:a,b" for several.
---@field visibility? "public"|"private"|"shared"|"community"|"all" Only those of this visibility; community ones are listed only when asked for.
---@field status? string Only those with this status: active, queued …; "in:saving,queued" for several.
---@field owner? project|string Only those of this project: object or ID.
---@field project? project|string The same as owner.
---@field project_id? project|string The same as owner.
---@field tag? string[] Only those with all of these tags.
---@field tags? string[] The same as tag.
---@field size_min? integer|string Only those of at least this size: bytes, or "1GB".
---@field size_max? integer|string Only those of at most this size: bytes, or "1GB".
---@field os_hidden? boolean Only those that lists leave out otherwise. Default: false.
---@field hidden? boolean The same as os_hidden.
---@field protected? boolean Only those that cannot be deleted, or can.
---@field member_status? "accepted"|"pending"|"rejected"|"all" Only those shared with this project that it has accepted, or not.
---@field disk_format? string Only those of this format; "in:qcow2,raw" for several.
---@field container_format? string Only those of this container format; "in:bare,ovf" for several.
---@field created_at? string Only those created then: "gte:2026-11-22T00:00:00Z"; also gt, lt, lte, eq, neq.
---@field updated_at? string Only those last changed then: "gte:2026-11-22T00:00:00Z".
---@field properties? table<string, string> Only those with these properties: { os_distro = "ubuntu" }.
---@field sort? string Order, on the server: "name:asc,created_at:desc".
---@field sort_key? string Field to sort by, on the server; not together with sort.
---@field sort_dir? "asc"|"desc" Direction to sort in. Default: desc.
---@field limit? integer At most this many in all; each{} takes it as the number of each page.
---@field marker? string Begin after the one with this ID.

--- Go through images, fetching a page at a time: for long lists.
---@param options? images.each.options
---@return fun(): image iterator For the generic for.
function images.each(options) end

--- Fetch an image anew.
---@param image image|string The image: object, ID or name.
---@return image image The image as it is now.
function images.get(image) end

--- Fetch an image anew.
---@return image image The image as it is now.
function image:get() end

--- Look whether there is an image of this name or ID.
---@param image image|string The image: object, ID or name.
---@return image? image The image; nil when there is none.
function images.find(image) end

---@class (exact) images.create.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field id? string Its ID, a UUID; a new one when left out.
---@field disk_format? string qcow2, raw, vmdk, vdi, vhd, vhdx, iso, ami, ari, aki or ploop; told from the file's bytes when left out.
---@field owner? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as owner.
---@field project_id? project|string The same as owner.
---@field visibility? "public"|"private"|"shared"|"community" Who may use it: public is everyone, and for administrators; shared is whom it is shared with by add_member. Default: shared.
---@field os_hidden? boolean Leave it out of lists. Default: false.
---@field hidden? boolean The same as os_hidden.
---@field container_format? string bare; ovf, ova, docker, compressed, ami, ari or aki where the cloud has them. Default: bare.
---@field min_disk? integer Disk a flavor must have at least, in GB. Default: 0.
---@field min_ram? integer Memory a flavor must have at least, in MB. Default: 0.
---@field protected? boolean Keep it from being deleted. Default: false.
---@field tags? string[] Tags it shall have and no others.
---@field properties? table<string, any> Properties, for the compute service and for people: { hw_rng_model = "virtio", os_distro = "ubuntu" }.
---@field file? string File to upload.
---@field force? boolean Send the file although its bytes say that it is of another format. Default: false.
---@field progress? boolean Show how far it is. Default: true.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Create an image, and upload a file into it. What arrived is compared with what was sent; when the upload fails or is interrupted, the half image is deleted. Without file the image is empty (queued) until upload or import.
---@param options images.create.options
---@return image image The new image.
function images.create(options) end

---@class (exact) images.ensure.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field id? string Its ID, a UUID; a new one when left out.
---@field disk_format? string qcow2, raw, vmdk, vdi, vhd, vhdx, iso, ami, ari, aki or ploop; told from the file's bytes when left out.
---@field owner? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as owner.
---@field project_id? project|string The same as owner.
---@field visibility? "public"|"private"|"shared"|"community" Who may use it: public is everyone, and for administrators; shared is whom it is shared with by add_member. Default: shared.
---@field os_hidden? boolean Leave it out of lists. Default: false.
---@field hidden? boolean The same as os_hidden.
---@field container_format? string bare; ovf, ova, docker, compressed, ami, ari or aki where the cloud has them. Default: bare.
---@field min_disk? integer Disk a flavor must have at least, in GB. Default: 0.
---@field min_ram? integer Memory a flavor must have at least, in MB. Default: 0.
---@field protected? boolean Keep it from being deleted. Default: false.
---@field tags? string[] Tags it shall have and no others.
---@field properties? table<string, any> Properties, for the compute service and for people: { hw_rng_model = "virtio", os_distro = "ubuntu" }.
---@field file? string File to upload.
---@field force? boolean Send the file although its bytes say that it is of another format. Default: false.
---@field progress? boolean Show how far it is. Default: true.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Make sure that there is an image of this name that is as described: create it, or change what differs. With file, an image whose data is not the file's is a conflict: it cannot be changed.
---@param options images.ensure.options
---@return image image The image as it is now.
---@return boolean changed Whether it was created or changed.
function images.ensure(options) end

---@class (exact) images.from_url.options
---@field name string Its name. Names need not be unique, but one name for two things has to be told apart by ID.
---@field id? string Its ID, a UUID; a new one when left out.
---@field disk_format? string qcow2, raw, vmdk, vdi, vhd, vhdx, iso, ami, ari, aki or ploop; told from the file's bytes when left out.
---@field owner? project|string Project it belongs to, for administrators; your own when left out.
---@field project? project|string The same as owner.
---@field project_id? project|string The same as owner.
---@field visibility? "public"|"private"|"shared"|"community" Who may use it: public is everyone, and for administrators; shared is whom it is shared with by add_member. Default: shared.
---@field os_hidden? boolean Leave it out of lists. Default: false.
---@field hidden? boolean The same as os_hidden.
---@field container_format? string bare; ovf, ova, docker, compressed, ami, ari or aki where the cloud has them. Default: bare.
---@field min_disk? integer Disk a flavor must have at least, in GB. Default: 0.
---@field min_ram? integer Memory a flavor must have at least, in MB. Default: 0.
---@field protected? boolean Keep it from being deleted. Default: false.
---@field tags? string[] Tags it shall have and no others.
---@field properties? table<string, any> Properties, for the compute service and for people: { hw_rng_model = "virtio", os_distro = "ubuntu" }.
---@field url? string Address of the image's file: http or https.
---@field uri? string The same as url.
---@field method? "auto"|"import"|"stream" import lets the service fetch it, stream passes it through here, auto takes the first that works. Default: auto.
---@field force? boolean Take the file although its bytes say that it is of another format. Default: false.
---@field progress? boolean Show how far it is, when it is passed through here. Default: true.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Create an image of what an address gives: the service fetches it itself where it can, otherwise it is passed through here without being stored.
---@param options images.from_url.options
---@return image image The new image.
function images.from_url(options) end

---@class (exact) images.upload.options
---@field force? boolean Send the file although its bytes say that it is of another format. Default: false.
---@field progress? boolean Show how far it is. Default: true.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Upload a file into an image that is empty (queued).
---@param image image|string The image: object, ID or name.
---@param file string File to upload.
---@param options? images.upload.options
---@return image image The image as it is now.
function images.upload(image, file, options) end

--- Upload a file into an image that is empty (queued).
---@param file string File to upload.
---@param options? images.upload.options
---@return image image The image as it is now.
function image:upload(file, options) end

---@class (exact) images.stage.options
---@field force? boolean Send the file although its bytes say that it is of another format. Default: false.
---@field progress? boolean Show how far it is. Default: true.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Upload a file into the staging area of an image that is empty; import with the method "glance-direct" takes it from there.
---@param image image|string The image: object, ID or name.
---@param file string File to upload.
---@param options? images.stage.options
---@return image image The image as it is now.
function images.stage(image, file, options) end

--- Upload a file into the staging area of an image that is empty; import with the method "glance-direct" takes it from there.
---@param file string File to upload.
---@param options? images.stage.options
---@return image image The image as it is now.
function image:stage(file, options) end

---@class (exact) images.import.options
---@field method? "glance-direct"|"web-download"|"copy-image"|"glance-download" How: from the staging area, from an address, into more stores, or from another cloud; web-download when there is a uri.
---@field uri? string Address to fetch it from, for web-download.
---@field url? string The same as uri.
---@field glance_region? string Region to fetch it from, for glance-download.
---@field glance_image_id? string ID of the image there, for glance-download.
---@field stores? string[] Stores to put it into; the default one when left out.
---@field all_stores? boolean Put it into all stores. Default: false.
---@field all_stores_must_succeed? boolean Fail when one of the stores fails. Default: true.
---@field wait? boolean Wait until it can be used; false returns what the service answered at once. Default: true.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Let the service get the data of an image that is empty: from an address, from its staging area, or into more stores.
---@param image image|string The image: object, ID or name.
---@param options? images.import.options
---@return image image The image as it is now.
function images.import(image, options) end

--- Let the service get the data of an image that is empty: from an address, from its staging area, or into more stores.
---@param options? images.import.options
---@return image image The image as it is now.
function image:import(options) end

--- List the ways in which the service itself can get an image's data.
---@return string[] methods glance-direct, web-download, copy-image …
function images.import_methods() end

---@class (exact) images.download.options
---@field file string File to write.
---@field resume? boolean Go on where an earlier try ended; false begins anew. Default: true.
---@field overwrite? boolean Replace the file when it is there. Default: false.
---@field progress? boolean Show how far it is. Default: true.

--- Download an image's data into a file, and compare its hash. A download that was cut short is kept beside the file, and goes on where it ended when it is tried again.
---@param image image|string The image: object, ID or name.
---@param options images.download.options
---@return images.Download result What was done.
function images.download(image, options) end

--- Download an image's data into a file, and compare its hash. A download that was cut short is kept beside the file, and goes on where it ended when it is tried again.
---@param options images.download.options
---@return images.Download result What was done.
function image:download(options) end

---@class (exact) images.update.options
---@field name? string New name.
---@field disk_format? string Disk format; only while it has no data.
---@field owner? project|string Project it shall belong to; for administrators.
---@field project? project|string The same as owner.
---@field project_id? project|string The same as owner.
---@field visibility? "public"|"private"|"shared"|"community" Who may use it: public is everyone, and for administrators; shared is whom it is shared with by add_member. Default: shared.
---@field os_hidden? boolean Leave it out of lists. Default: false.
---@field hidden? boolean The same as os_hidden.
---@field container_format? string bare; ovf, ova, docker, compressed, ami, ari or aki where the cloud has them. Default: bare.
---@field min_disk? integer Disk a flavor must have at least, in GB. Default: 0.
---@field min_ram? integer Memory a flavor must have at least, in MB. Default: 0.
---@field protected? boolean Keep it from being deleted. Default: false.
---@field tags? string[] Tags it shall have and no others.
---@field properties? table<string, any> Properties, for the compute service and for people: { hw_rng_model = "virtio", os_distro = "ubuntu" }.
---@field remove_properties? string[] Properties to take away.

--- Change what is said of an image. The object given stays as it was: use the one returned.
---@param image image|string The image: object, ID or name.
---@param options? images.update.options
---@return image image The image as it is now.
function images.update(image, options) end

--- Change what is said of an image. The object given stays as it was: use the one returned.
---@param options? images.update.options
---@return image image The image as it is now.
function image:update(options) end

---@class (exact) images.delete.options
---@field missing_ok? boolean Do not raise not_found when there is none. Default: false.

--- Delete an image and its data.
---@param image image|string The image: object, ID or name.
---@param options? images.delete.options
---@return boolean deleted Whether it was there.
function images.delete(image, options) end

--- Delete an image and its data.
---@param options? images.delete.options
---@return boolean deleted Whether it was there.
function image:delete(options) end

---@class (exact) images.wait.options
---@field status? string Status to wait for; "deleted" waits until it is gone. Default: active.
---@field timeout? number|string How long to wait at most: seconds, or text such as "90s" or "10m". Default: 5m.

--- Wait until an image has a status: active once its data is there.
---@param image image|string The image: object, ID or name.
---@param options? images.wait.options
---@return image? image The image as it is then; nil when it was to be gone.
function images.wait(image, options) end

--- Wait until an image has a status: active once its data is there.
---@param options? images.wait.options
---@return image? image The image as it is then; nil when it was to be gone.
function image:wait(options) end

--- Keep everyone but administrators from an image's data, so that no server starts from it.
---@param image image|string The image: object, ID or name.
function images.deactivate(image) end

--- Keep everyone but administrators from an image's data, so that no server starts from it.
function image:deactivate() end

--- Give an image's data free again.
---@param image image|string The image: object, ID or name.
function images.reactivate(image) end

--- Give an image's data free again.
function image:reactivate() end

--- List the projects an image is shared with.
---@param image image|string The image: object, ID or name.
---@return images.Member[] members One for each project.
function images.members(image) end

--- List the projects an image is shared with.
---@return images.Member[] members One for each project.
function image:members() end

--- Share an image, whose visibility is shared, with a project. Its lists show it once it has accepted.
---@param image image|string The image: object, ID or name.
---@param project project|string The project: object or ID; by name for administrators.
---@return images.Member member The membership: pending.
function images.add_member(image, project) end

--- Share an image, whose visibility is shared, with a project. Its lists show it once it has accepted.
---@param project project|string The project: object or ID; by name for administrators.
---@return images.Member member The membership: pending.
function image:add_member(project) end

--- Share an image no longer with a project; one it was not shared with is not_found.
---@param image image|string The image: object, ID or name.
---@param project project|string The project: object or ID; by name for administrators.
function images.remove_member(image, project) end

--- Share an image no longer with a project; one it was not shared with is not_found.
---@param project project|string The project: object or ID; by name for administrators.
function image:remove_member(project) end

---@class (exact) images.accept.options
---@field project? project|string Another project than your own, for administrators.
---@field project_id? project|string The same as project.

--- Accept an image that another project shares with this one: lists show it from now on.
---@param image image|string The image: object, ID or name.
---@param options? images.accept.options
---@return images.Member member The membership: accepted.
function images.accept(image, options) end

--- Accept an image that another project shares with this one: lists show it from now on.
---@param options? images.accept.options
---@return images.Member member The membership: accepted.
function image:accept(options) end

---@class (exact) images.reject.options
---@field project? project|string Another project than your own, for administrators.
---@field project_id? project|string The same as project.

--- Reject an image that another project shares with this one: lists leave it out.
---@param image image|string The image: object, ID or name.
---@param options? images.reject.options
---@return images.Member member The membership: rejected.
function images.reject(image, options) end

--- Reject an image that another project shares with this one: lists leave it out.
---@param options? images.reject.options
---@return images.Member member The membership: rejected.
function image:reject(options) end

--- Give an image these tags in place of those it has.
---@param image image|string The image: object, ID or name.
---@param tags string[] The tags; an empty table takes all away.
function images.set_tags(image, tags) end

--- Give an image these tags in place of those it has.
---@param tags string[] The tags; an empty table takes all away.
function image:set_tags(tags) end

--- Give an image one tag more.
---@param image image|string The image: object, ID or name.
---@param tag string The tag.
function images.add_tag(image, tag) end

--- Give an image one tag more.
---@param tag string The tag.
function image:add_tag(tag) end

--- Take a tag from an image; one it does not have is not_found.
---@param image image|string The image: object, ID or name.
---@param tag string The tag.
function images.remove_tag(image, tag) end

--- Take a tag from an image; one it does not have is not_found.
---@param tag string The tag.
function image:remove_tag(tag) end

--- Tell a file's format and the size of the disk in it, from its bytes. Nothing is sent.
---@param file string The file.
---@return images.Inspection inspection What it is.
function images.inspect(file) end

---@class (exact) images.customize.options
---@field file string File of the image.
---@field output? string Change a copy with this name in place of the file itself; it must not be there yet.
---@field root_password? string Password root shall have. It is on no command line and in no trace.
---@field packages? string[] Packages to install; the image's system needs a network for that.
---@field run_command? string[] Shell commands to run inside, in order.
---@field run_commands? string[] The same as run_command.
---@field runcmd? string[] The same as run_command.
---@field hostname? string Host name to set.
---@field timezone? string Time zone to set: "Asia/Seoul".
---@field selinux_relabel? boolean Label the files anew, for systems with SELinux. Default: false.

--- Change the system inside an image's file with virt-customize, where that is installed: set root's password, install packages, run commands. Where it is not, a server can be told the same when it starts, with cloud-init.
---@param options images.customize.options
---@return string file The file that was changed.
function images.customize(options) end

return images
