package compute

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// taskRule says which tasks an action may break into.
type taskRule int

const (
	noTask    taskRule = iota // none
	anyTask                   // any
	rebootsOK                 // those a hard reboot may follow
)

// act is what an action works on.
type act struct {
	*call
	s    *server
	task string
	in   *object // the action's own part of the body
	any  any     // the same, where it is no object
	name string
}

// serverAction is one action of servers.
type serverAction struct {
	body        func(minor int) schema // nil: unchecked
	least, most int                    // microversions; 0 for no limit
	rule        string                 // of policy, for administrators alone; "" for the project
	do          func(a *act) (*web.Response, error)
}

func locked(s *server) error { return conflict("Instance %s is locked", s.ID) }

// allowed holds the rules of states: the lock, the state, the task, and that the server ran once.
func (c *call) allowed(s *server, task, name string, tasks taskRule, vms ...string) error {
	if s.LockedBy != "" && !c.admin {
		return locked(s)
	}
	cannot := func(attr, state string) error {
		return conflict("Cannot '%s' instance %s while it is in %s %s", name, s.ID, attr, state)
	}
	if len(vms) > 0 && !slices.Contains(vms, s.VM) {
		return cannot("vm_state", s.VM)
	}
	switch {
	case tasks == noTask && task != "":
		return cannot("task_state", task)
	case tasks == rebootsOK && !slices.Contains([]string{"", "rebooting", "reboot_pending", "reboot_started", "resuming", "rebooting_hard", "unpausing", "pausing", "suspending"}, task):
		return cannot("task_state", task)
	}
	if s.LaunchedAt == nil {
		return conflict("Instance %s is in an invalid state for '%s'", s.ID, name)
	}
	return nil
}

// start begins a change of an action, and notes it.
func (a *act) start(history, event string, percent int, ch change, tasks ...string) error {
	takes := a.call.s.takes(percent)
	a.s.begin(a.Now, takes, ch, tasks...)
	pending := &change{End: a.Now.Add(takes)}
	if err := a.record(a.s, history, event, pending, nil); err != nil {
		return err
	}
	return a.put(a.s)
}

func act409(a *act, name string, tasks taskRule, vms ...string) error {
	return a.allowed(a.s, a.task, name, tasks, vms...)
}

func only(name string, s schema) func(int) schema {
	return func(int) schema { return one(name, s) }
}

// serverActions is the table of actions.
func serverActions() map[string]serverAction {
	consoleBody := func(name string, kinds ...any) func(int) schema {
		return only(name, obj([]property{prop("type", schema{typ("string"), enum(kinds...)})}, "type"))
	}
	addressBody := func(name string, more ...property) func(int) schema {
		return only(name, obj(append([]property{prop("address", ipSchema())}, more...), "address"))
	}
	goneAction := serverAction{do: func(*act) (*web.Response, error) { return nil, gone() }}
	return map[string]serverAction{
		"reboot":        {body: only("reboot", obj([]property{prop("type", schema{typ("string"), enum("HARD", "Hard", "hard", "SOFT", "Soft", "soft")})}, "type")), do: reboot},
		"os-stop":       {do: stop},
		"os-start":      {do: start},
		"pause":         {do: simple("pause", "pause", "compute_pause_instance", change{VM: paused, Power: isPaused}, "pausing", active)},
		"unpause":       {do: simple("unpause", "unpause", "compute_unpause_instance", change{VM: active, Power: running}, "unpausing", paused)},
		"suspend":       {do: simple("suspend", "suspend", "compute_suspend_instance", change{VM: suspended, Power: shutdown}, "suspending", active)},
		"resume":        {do: simple("resume", "resume", "compute_resume_instance", change{VM: active, Power: running}, "resuming", suspended)},
		"lock":          {body: lockSchema, do: lock},
		"unlock":        {do: unlock},
		"rescue":        {body: only("rescue", schema{typ("object", "null"), props(rescueProps()...), closed(rescueProps()...)}), do: rescue},
		"unrescue":      {do: simple("unrescue", "unrescue", "compute_unrescue_instance", change{VM: active, Power: running, Boot: true}, "unrescuing", rescued)},
		"resize":        {body: only("resize", obj([]property{prop("flavorRef", schema{typ("string", "integer"), length(1, 0)}), prop("OS-DCF:diskConfig", diskConfigSchema())}, "flavorRef")), do: resize},
		"confirmResize": {do: confirmResize},
		"revertResize":  {do: revertResize},
		"rebuild":       {body: rebuildSchema, do: rebuild},
		"shelve":        {do: shelve},
		"shelveOffload": {rule: "os-shelve:shelve_offload", do: shelveOffload},
		"unshelve":      {body: unshelveSchema, do: unshelve},
		"createImage":   {body: only("createImage", obj([]property{prop("name", nameSchema()), prop("metadata", metadataSchema("string"))}, "name")), do: createImage},
		"createBackup": {body: only("createBackup", obj([]property{prop("name", nameSchema()), prop("backup_type", text()), prop("rotation", nonNegativeSchema()),
			prop("metadata", metadataSchema("string"))}, "name", "backup_type", "rotation")), do: createBackup},
		"addSecurityGroup":    {do: addGroup},
		"removeSecurityGroup": {do: removeGroup},
		"os-getConsoleOutput": {body: only("os-getConsoleOutput", obj([]property{prop("length", schema{typ("integer", "string", "null"), pattern(signedRE, "^-?[0-9]+$"), between(-1, 1e300)})})), do: consoleOutput},
		"os-getVNCConsole":    {most: 5, body: consoleBody("os-getVNCConsole", "novnc", "xvpvnc"), do: oldConsole},
		"os-getSPICEConsole":  {most: 5, body: consoleBody("os-getSPICEConsole", "spice-html5"), do: oldConsole},
		"os-getRDPConsole":    {most: 5, body: consoleBody("os-getRDPConsole", "rdp-html5"), do: oldConsole},
		"os-getSerialConsole": {most: 5, body: consoleBody("os-getSerialConsole", "serial"), do: oldConsole},
		"changePassword":      {body: only("changePassword", obj([]property{prop("adminPass", text())}, "adminPass")), do: changePassword},
		"addFloatingIp":       {most: 43, body: addressBody("addFloatingIp", prop("fixed_address", ipSchema())), do: noFloatingIP},
		"removeFloatingIp":    {most: 43, body: addressBody("removeFloatingIp"), do: noFloatingIP},
		"addFixedIp":          {most: 43, body: only("addFixedIp", obj([]property{prop("networkId", schema{typ("string", "integer"), length(1, 0)})}, "networkId")), do: tolerated},
		"removeFixedIp":       {most: 43, body: addressBody("removeFixedIp"), do: tolerated},
		"forceDelete":         {do: forceDelete},
		"restore":             {do: restore},
		"os-resetState":       {rule: "os-admin-actions:reset_state", body: only("os-resetState", obj([]property{prop("state", schema{typ("string"), enum("active", "error")})}, "state")), do: resetState},
		"resetNetwork":        goneAction,
		"injectNetworkInfo":   {rule: "os-admin-actions:inject_network_info", do: tolerated},
		"migrate":             {rule: "os-migrate-server:migrate", body: migrateSchema, do: migrate},
		"os-migrateLive":      {rule: "os-migrate-server:migrate_live", body: migrateLiveSchema, do: migrateLive},
		"evacuate":            {rule: "os-evacuate", body: evacuateSchema, do: evacuate},
		"trigger_crash_dump":  {least: 17, body: only("trigger_crash_dump", schema{typ("null")}), do: crashDump},
	}
}

func doAction(c *call) (*web.Response, error) {
	name, err := c.actionName()
	if err != nil {
		return nil, err
	}
	action, ok := serverActions()[name]
	if !ok {
		return nil, badRequest("There is no such action: %s", name)
	}
	if !c.at(action.least) || action.most != 0 && c.Version.Minor > action.most {
		return nil, unversioned()
	}
	var s schema
	if action.body != nil {
		s = action.body(c.Version.Minor)
	}
	body, err := c.bodyIs(s)
	if err != nil {
		return nil, err
	}
	id := c.PathValue("id")
	srv, task, err := c.server(id)
	if err != nil {
		if (name == "os-start" || name == "os-stop" || name == "trigger_crash_dump") && !c.wasThere(id) {
			return nil, notFound("Instance %s has no mapping to a cell.", id)
		}
		return nil, err
	}
	if action.rule != "" {
		if err := c.may(action.rule); err != nil {
			return nil, err
		}
	}
	return action.do(&act{call: c, s: srv, task: task, in: body.object(name), any: body.get(name), name: name})
}

// wasThere says whether there is or was a server of that ID.
func (c *call) wasThere(id string) bool {
	there, err := store.Has[server](c.Tx, id)
	return err == nil && there
}

// simple is an action that only changes the state.
func simple(name, history, event string, ch change, task string, from ...string) func(a *act) (*web.Response, error) {
	return func(a *act) (*web.Response, error) {
		if err := act409(a, name, noTask, from...); err != nil {
			return nil, err
		}
		return accepted(), a.start(history, event, 33, ch, task)
	}
}

func reboot(a *act) (*web.Response, error) {
	if strings.EqualFold(a.in.text("type"), "soft") {
		if err := act409(a, "reboot", noTask, active); err != nil {
			return nil, err
		}
		return accepted(), a.start("reboot", "compute_reboot_instance", 66, change{VM: active, Power: running, Boot: true}, "rebooting", "reboot_started")
	}
	if err := act409(a, "reboot", rebootsOK, active, stopped, paused, suspended, errored); err != nil {
		return nil, err
	}
	return accepted(), a.start("reboot", "compute_reboot_instance", 66, change{VM: active, Power: running, Boot: true}, "rebooting_hard", "reboot_started_hard")
}

// hosted is allowed for the actions that first want a host.
func (a *act) hosted(name string, vms ...string) error {
	switch {
	case a.s.LockedBy != "" && !a.admin:
		return locked(a.s)
	case a.s.Host == "":
		return conflict("Instance %s is not ready", a.s.ID)
	}
	return act409(a, name, noTask, vms...)
}

func stop(a *act) (*web.Response, error) {
	if err := a.hosted("stop", active, errored); err != nil {
		return nil, err
	}
	return accepted(), a.start("stop", "compute_stop_instance", 33, change{VM: stopped, Power: shutdown}, "powering-off")
}

func start(a *act) (*web.Response, error) {
	if err := a.hosted("start", stopped); err != nil {
		return nil, err
	}
	return accepted(), a.start("start", "compute_start_instance", 33, change{VM: active, Power: running, Boot: true}, "powering-on")
}

func lockSchema(minor int) schema {
	if minor < 73 {
		return nil
	}
	reason := prop("locked_reason", schema{typ("string"), length(1, 255)})
	return one("lock", schema{typ("object", "null"), props(reason), closed(reason)})
}

func lock(a *act) (*web.Response, error) {
	a.s.LockedBy = "owner"
	if a.admin && a.s.ProjectID != a.project {
		a.s.LockedBy = "admin"
	}
	a.s.LockedReason = ""
	if a.at(73) {
		a.s.LockedReason = a.in.text("locked_reason")
	}
	a.s.UpdatedAt = a.now()
	if err := a.record(a.s, "lock", "api_lock", nil, nil); err != nil {
		return nil, err
	}
	return accepted(), a.put(a.s)
}

func unlock(a *act) (*web.Response, error) {
	if a.s.LockedBy == "admin" && !a.admin {
		return nil, disallowed("os-lock-server:unlock:unlock_override")
	}
	a.s.LockedBy, a.s.LockedReason, a.s.UpdatedAt = "", "", a.now()
	if err := a.record(a.s, "unlock", "api_unlock", nil, nil); err != nil {
		return nil, err
	}
	return accepted(), a.put(a.s)
}

func rescueProps() []property {
	return []property{prop("adminPass", text()), prop("rescue_image_ref", uuidSchema())}
}

func rescue(a *act) (*web.Response, error) {
	if err := act409(a, "rescue", noTask, active, stopped, errored); err != nil {
		return nil, err
	}
	pass := a.in.text("adminPass")
	if !a.in.has("adminPass") {
		pass = a.call.s.password(12)
	}
	if ref := a.in.text("rescue_image_ref"); ref != "" {
		if _, err := a.call.s.options.Images.Image(a.Request, ref); errors.Is(err, store.ErrNotFound) {
			return nil, badRequest("Requested rescue image '%s' is not valid", ref)
		} else if err != nil {
			return nil, err
		}
	}
	a.s.RescueImage = a.in.text("rescue_image_ref")
	return web.OK(web.Object{"adminPass": pass}), a.start("rescue", "compute_rescue_instance", 66, change{VM: rescued, Power: running, Boot: true}, "rescuing")
}

func resize(a *act) (*web.Response, error) {
	if err := act409(a, "resize", noTask, active, stopped); err != nil {
		return nil, err
	}
	f, err := a.flavor(lastSegment(a.in.get("flavorRef")))
	if err != nil {
		return nil, asStatus(err, http.StatusBadRequest)
	}
	old := a.s.Flavor
	switch {
	case f.Disk == 0 && old.Disk != 0:
		return nil, badRequest("Server disk was unable to be resized because: Resize to zero disk flavor is not allowed.")
	case f.ID == old.ID:
		return nil, badRequest("When resizing, instances must change flavor!")
	}
	if err := a.enforceUpsize(&old, f); err != nil {
		return nil, err
	}
	image, err := a.call.s.options.Images.Image(a.Request, a.s.ImageID)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		image.Status = "active"
		if err := checkFit(f, &image); err != nil {
			return nil, err
		}
	}
	if a.in.has("OS-DCF:diskConfig") {
		a.s.AutoDisk = a.in.text("OS-DCF:diskConfig") == "AUTO"
	}
	reason, err := a.schedule(f, nil, "")
	if err != nil {
		return nil, err
	}
	// A disk does not shrink, and a host may be too small: the server stays as it is and says why.
	if f.Disk < old.Disk && reason == "" {
		reason = "Resize error: Unable to resize disk down."
	}
	if reason != "" {
		a.s.Fault = &fault{Code: 500, Message: reason, Created: a.now()}
		return accepted(), a.start("resize", "cold_migrate", 33, change{}, "resize_prep")
	}
	a.s.OldFlavor, a.s.OldVM = &old, a.s.VM
	if a.s.Migration, err = a.Tx.Counter("compute.migration"); err != nil {
		return nil, err
	}
	return accepted(), a.start("resize", "compute_finish_resize", 100, change{VM: resized, Power: a.s.Power, Flavor: f, Boot: a.s.VM == active},
		"resize_prep", "resize_migrating", "resize_migrated", "resize_finish")
}

// enforceUpsize holds the quota against what a larger flavor needs more.
func (c *call) enforceUpsize(from, to *flavor) error {
	u, err := c.usage(c.project)
	if err != nil {
		return err
	}
	var names, asked, have, limit []string
	for _, r := range []struct {
		name      string
		use, more int
	}{{"cores", u.VCPUs, to.VCPUs - from.VCPUs}, {"ram", u.RAM, to.RAM - from.RAM}} {
		most, err := c.limit(c.project, r.name)
		if err != nil {
			return err
		}
		if r.more > 0 && most >= 0 && r.use+r.more > most {
			names, asked = append(names, r.name), append(asked, fmt.Sprint(r.more))
			have, limit = append(have, fmt.Sprint(r.use)), append(limit, fmt.Sprint(most))
		}
	}
	if names == nil {
		return nil
	}
	return overQuota(names, asked, have, limit)
}

func confirmResize(a *act) (*web.Response, error) {
	if err := act409(a, "confirmResize", noTask, resized); err != nil {
		return nil, err
	}
	vm, power := a.s.OldVM, a.s.Power
	if vm == "" {
		vm = active
	}
	a.s.OldFlavor, a.s.OldVM = nil, ""
	// The confirmation is over before the answer: the old half has nothing left to do.
	return noContent(), a.start("confirmResize", "compute_confirm_resize", 0, change{VM: vm, Power: power})
}

func revertResize(a *act) (*web.Response, error) {
	if err := act409(a, "revertResize", noTask, resized); err != nil {
		return nil, err
	}
	vm, old := a.s.OldVM, a.s.OldFlavor
	if vm == "" {
		vm = active
	}
	a.s.OldFlavor, a.s.OldVM = nil, ""
	return accepted(), a.start("revertResize", "compute_finish_revert_resize", 66, change{VM: vm, Power: a.s.Power, Flavor: old, Boot: vm == active}, "resize_reverting")
}

func rebuild(a *act) (*web.Response, error) {
	if err := act409(a, "rebuild", noTask, active, stopped, errored); err != nil {
		return nil, err
	}
	image, err := a.call.s.options.Images.Image(a.Request, a.in.text("imageRef"))
	if errors.Is(err, store.ErrNotFound) {
		return nil, badRequest("Cannot find image for rebuild")
	}
	if err != nil {
		return nil, err
	}
	if err := a.checkMetadata(a.in.object("metadata")); err != nil {
		return nil, err
	}
	if err := checkFit(&a.s.Flavor, &image); err != nil {
		return nil, err
	}
	if a.in.has("key_name") {
		a.s.KeyName, a.s.PublicKey = "", ""
		if name := a.in.text("key_name"); name != "" {
			k, err := store.Get[keypair](a.Tx, keypairID(a.s.UserID, name))
			if errors.Is(err, store.ErrNotFound) {
				return nil, badRequest("Invalid key_name provided.")
			}
			if err != nil {
				return nil, err
			}
			a.s.KeyName, a.s.PublicKey = k.Name, k.PublicKey
		}
	}
	a.rewrite()
	pass := a.in.text("adminPass")
	if !a.in.has("adminPass") {
		pass = a.call.s.password(12)
	}
	a.s.AdminPass, a.s.ImageID, a.s.ImageName, a.s.RootPassword, a.s.Fault = pass, image.ID, image.Name, image.Properties["os_admin_password"], nil
	vm, power := active, running
	if a.s.VM == stopped {
		vm, power = stopped, shutdown
	}
	// The answer shows the server at its beginning, however short it takes.
	before := *a.s
	before.UpdatedAt = a.now()
	if err := a.start("rebuild", "compute_rebuild_instance", 100, change{VM: vm, Power: power, Launch: true, Boot: vm == active},
		"rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"); err != nil {
		return nil, err
	}
	v, err := a.view(before, "rebuilding")
	if err != nil {
		return nil, err
	}
	o := a.serverWire(v, a.at(75))
	o["adminPass"] = pass
	if a.at(54) {
		o["key_name"] = orNull(a.s.KeyName)
	}
	if a.at(57) {
		o["user_data"] = orNull(a.s.UserData)
	}
	if o, err = a.withGroups(v, o); err != nil {
		return nil, err
	}
	return web.Accepted(web.Object{"server": o}).With("Location", a.link("/servers/"+a.s.ID)), nil
}

// rewrite takes over what a rebuild says of the server itself.
func (a *act) rewrite() {
	s, in := a.s, a.in
	if in.has("name") {
		s.Name = strings.TrimSpace(in.text("name"))
	}
	if in.has("description") {
		s.Description = nil
		if d, ok := in.get("description").(string); ok {
			s.Description = &d
		}
	}
	if in.has("metadata") {
		s.Metadata = in.object("metadata").texts()
	}
	if in.has("accessIPv4") {
		s.AccessIPv4 = in.text("accessIPv4")
	}
	if in.has("accessIPv6") {
		s.AccessIPv6 = in.text("accessIPv6")
	}
	if in.has("OS-DCF:diskConfig") {
		s.AutoDisk = in.text("OS-DCF:diskConfig") == "AUTO"
	}
	if in.has("user_data") {
		s.UserData = in.text("user_data")
	}
	if in.has("hostname") {
		s.Hostname = in.text("hostname")
	}
	if in.has("trusted_image_certificates") {
		s.Certificates = nil
		for _, c := range in.list("trusted_image_certificates") {
			s.Certificates = append(s.Certificates, python.Str(c))
		}
	}
}

// snapshot makes an image of the server.
func (a *act) snapshot(name string, properties map[string]string) (string, error) {
	n := NewImage{Name: name, Properties: properties, MinDisk: a.s.Flavor.Disk}
	image, err := a.call.s.options.Images.Image(a.Request, a.s.ImageID)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return "", err
	default:
		n.From = &image
	}
	all := map[string]string{"image_type": "snapshot", "instance_uuid": a.s.ID, "user_id": a.user, "base_image_ref": a.s.ImageID,
		"boot_roles": strings.Join(a.Caller.Roles, ","), "owner_project_name": a.Caller.ProjectName, "owner_user_name": a.Caller.UserName,
		"image_state": "available", "image_location": "snapshot", "owner_id": a.s.ProjectID}
	for k, v := range properties {
		all[k] = v
	}
	n.Properties = all
	return a.call.s.options.Images.Snapshot(a.Request, n)
}

func createImage(a *act) (*web.Response, error) {
	if err := a.stateOnly("createImage", active, stopped, paused, suspended); err != nil {
		return nil, err
	}
	id, err := a.snapshot(strings.TrimSpace(a.in.text("name")), a.in.object("metadata").texts())
	if err != nil {
		return nil, err
	}
	if err := a.start("createImage", "compute_snapshot_instance", 50, change{}, "image_snapshot", "image_pending_upload", "image_uploading"); err != nil {
		return nil, err
	}
	if a.at(45) {
		return web.Accepted(web.Object{"image_id": id}), nil
	}
	return accepted().With("Location", a.Base+"/image/images/"+id), nil
}

// stateOnly is allowed for the actions that a lock does not stop.
func (a *act) stateOnly(name string, vms ...string) error {
	open := *a.s
	open.LockedBy = ""
	return a.allowed(&open, a.task, name, noTask, vms...)
}

func createBackup(a *act) (*web.Response, error) {
	if err := a.stateOnly("createBackup", active, stopped, paused, suspended); err != nil {
		return nil, err
	}
	properties := a.in.object("metadata").texts()
	properties["backup_type"] = a.in.text("backup_type")
	id, err := a.snapshot(strings.TrimSpace(a.in.text("name")), properties)
	if err != nil {
		return nil, err
	}
	if err := a.start("createBackup", "compute_backup_instance", 50, change{}, "image_backup"); err != nil {
		return nil, err
	}
	if a.at(45) {
		return web.Accepted(web.Object{"image_id": id}), nil
	}
	return accepted().With("Location", a.Base+"/image/images/"+id), nil
}

func shelve(a *act) (*web.Response, error) {
	if err := act409(a, "shelve", noTask, active, stopped, paused, suspended); err != nil {
		return nil, err
	}
	id, err := a.snapshot(a.s.Name+"-shelved", nil)
	if err != nil {
		return nil, err
	}
	a.s.ShelvedImage = id
	// The reference cloud offloads at once.
	none := ""
	return accepted(), a.start("shelve", "compute_shelve_instance", 66, change{VM: shelvedOffloaded, Power: shutdown, Host: &none},
		"shelving", "shelving_image_pending_upload", "shelving_image_uploading", "shelving_offloading")
}

func shelveOffload(a *act) (*web.Response, error) {
	if err := act409(a, "shelveOffload", noTask, shelved); err != nil {
		return nil, err
	}
	none := ""
	return accepted(), a.start("shelveOffload", "compute_shelve_offload_instance", 33, change{VM: shelvedOffloaded, Power: shutdown, Host: &none}, "shelving_offloading")
}

func unshelveSchema(minor int) schema {
	zone := prop("availability_zone", nameSchema())
	switch {
	case minor < 77:
		return nil
	case minor < 91:
		return one("unshelve", schema{typ("object", "null"), props(zone), required("availability_zone"), closed(zone)})
	}
	free := []property{prop("availability_zone", schema{oneOf(schema{typ("null")}, text())}), prop("host", text())}
	return one("unshelve", schema{oneOf(schema{typ("object"), props(free...), closed(free...)}, schema{typ("null")})})
}

func unshelve(a *act) (*web.Response, error) {
	if err := act409(a, "unshelve", noTask, shelved, shelvedOffloaded); err != nil {
		return nil, err
	}
	if host := a.in.text("host"); host != "" && a.at(91) {
		if err := a.may("os-shelve:unshelve_to_host"); err != nil {
			return nil, err
		}
		if host != hostName {
			return nil, badRequest("Compute host %s could not be found.", host)
		}
	}
	if zone := a.in.text("availability_zone"); zone != "" && a.at(77) {
		zones, err := a.zones()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(zones, zone) {
			return nil, badRequest("The requested availability zone is not available")
		}
		a.s.Zone = zone
	}
	if a.s.ShelvedImage != "" {
		if err := a.call.s.options.Images.Delete(a.Request, a.s.ShelvedImage); err != nil {
			return nil, err
		}
		a.s.ShelvedImage = ""
	}
	host := hostName
	return accepted(), a.start("unshelve", "compute_unshelve_instance", 66, change{VM: active, Power: running, Host: &host, Launch: true, Boot: true}, "unshelving", "spawning")
}

func changePassword(a *act) (*web.Response, error) {
	if err := act409(a, "changePassword", noTask, active); err != nil {
		return nil, err
	}
	a.s.AdminPass = a.in.text("adminPass")
	return accepted(), a.start("changePassword", "compute_set_admin_password", 10, change{}, "updating_password")
}

func noFloatingIP(a *act) (*web.Response, error) { return nil, notFound("floating IP not found") }

// tolerated is what Nova takes and does nothing about that is seen here.
func tolerated(*act) (*web.Response, error) { return accepted(), nil }

func forceDelete(a *act) (*web.Response, error) {
	if a.s.LockedBy != "" && !a.admin {
		return nil, locked(a.s)
	}
	if a.task == "deleting" {
		return accepted(), nil
	}
	return accepted(), a.kill(a.s, "forceDelete")
}

func restore(a *act) (*web.Response, error) {
	if err := act409(a, "restore", noTask, softDeleted); err != nil {
		return nil, err
	}
	return accepted(), nil
}

func resetState(a *act) (*web.Response, error) {
	a.s.VM = a.in.text("state")
	a.s.Change = nil
	if err := a.record(a.s, "resetState", "api_reset_state", nil, nil); err != nil {
		return nil, err
	}
	a.s.UpdatedAt = a.now()
	return accepted(), a.put(a.s)
}

func migrateSchema(minor int) schema {
	if minor < 56 {
		return nil
	}
	host := prop("host", schema{typ("string", "null"), length(1, 255), pattern(fqdnRE, "^[a-zA-Z0-9-._]*$")})
	return one("migrate", schema{typ("object", "null"), props(host), closed(host)})
}

func migrateLiveSchema(minor int) schema {
	host := prop("host", schema{typ("string", "null"), length(1, 255), pattern(fqdnRE, "^[a-zA-Z0-9-._]*$")})
	if minor < 25 {
		return one("os-migrateLive", obj([]property{prop("block_migration", booleanSchema()), prop("disk_over_commit", booleanSchema()), host},
			"block_migration", "disk_over_commit", "host"))
	}
	auto := schema{typ("boolean", "string"), enum(true, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes",
		false, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "auto")}
	all := []property{prop("block_migration", auto), host}
	if minor >= 30 && minor < 68 {
		all = append(all, prop("force", booleanSchema()))
	}
	return one("os-migrateLive", obj(all, "block_migration", "host"))
}

func evacuateSchema(minor int) schema {
	all := []property{prop("host", schema{typ("string"), length(1, 255), pattern(fqdnRE, "^[a-zA-Z0-9-._]*$")})}
	var must []string
	if minor < 14 {
		all, must = append(all, prop("onSharedStorage", booleanSchema())), []string{"onSharedStorage"}
	}
	all = append(all, prop("adminPass", text()))
	if minor >= 29 && minor < 68 {
		all = append(all, prop("force", booleanSchema()))
	}
	return one("evacuate", obj(all, must...))
}

// noOtherHost is what becomes of a migration where there is one host: it is taken, and the server says that it failed.
func (a *act) noOtherHost(history, event string) (*web.Response, error) {
	a.s.Fault = &fault{Code: 500, Message: "No valid host was found. ", Created: a.now()}
	return accepted(), a.start(history, event, 20, change{}, "migrating")
}

func migrate(a *act) (*web.Response, error) {
	if err := act409(a, "migrate", noTask, active, stopped); err != nil {
		return nil, err
	}
	return a.noOtherHost("migrate", "cold_migrate")
}

func migrateLive(a *act) (*web.Response, error) {
	if err := act409(a, "os-migrateLive", noTask, active, paused); err != nil {
		return nil, err
	}
	return a.noOtherHost("live-migration", "conductor_live_migrate_instance")
}

func evacuate(a *act) (*web.Response, error) {
	if err := act409(a, "evacuate", anyTask, active, stopped, errored); err != nil {
		return nil, err
	}
	if h := a.in.text("host"); h != "" && h != hostName {
		return nil, badRequest("Compute host %s not found.", h)
	}
	if a.in.text("host") == hostName {
		return nil, badRequest("The target host can't be the same one.")
	}
	return nil, badRequest("Compute service of %s is still in use.", hostName)
}

func crashDump(a *act) (*web.Response, error) {
	if err := act409(a, "trigger_crash_dump", noTask, active, paused, rescued, resized, errored); err != nil {
		return nil, err
	}
	return accepted(), nil
}

// groupName reads the body of an action on security groups.
func (a *act) groupName() (string, error) {
	if a.in == nil {
		return "", badRequest("Missing parameter dict")
	}
	if !a.in.has("name") {
		return "", badRequest("Security group not specified")
	}
	name := python.Str(a.in.get("name"))
	if a.in.get("name") == nil || strings.TrimSpace(name) == "" {
		return "", badRequest("Security group name cannot be empty")
	}
	return name, nil
}

// groupError is what Nova says when it does not find the group.
func (a *act) groupError(err error, name string) error {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return notFound("Security group %s is not found for project %s", name, a.s.ProjectID)
	case errors.Is(err, network.ErrAmbiguous):
		return conflict("Multiple security groups found matching '%s'. Use an ID to be more specific.", name)
	}
	return err
}

// changeGroups changes the security groups of the server's ports.
func (a *act) changeGroups(f func(have []string, id string) ([]string, bool)) (*web.Response, error) {
	name, err := a.groupName()
	if err != nil {
		return nil, err
	}
	g, err := a.net().FindGroup(a.s.ProjectID, name)
	if err != nil {
		return nil, a.groupError(err, name)
	}
	ports, err := a.net().PortsOf(a.s.ID)
	if err != nil {
		return nil, err
	}
	if len(ports[a.s.ID]) == 0 {
		return nil, notFound("instance_id %s could not be found as device id on any ports", a.s.ID)
	}
	found := false
	for _, p := range ports[a.s.ID] {
		groups, changed := f(p.SecurityGroups, g.ID)
		if !changed {
			continue
		}
		found = true
		if err := a.net().SetGroups(p.ID, groups); err != nil {
			return nil, err
		}
	}
	if !found && a.name == "removeSecurityGroup" {
		return nil, notFound("Security group %s not associated with the instance %s", g.Name, a.s.ID)
	}
	return accepted(), nil
}

func addGroup(a *act) (*web.Response, error) {
	twice := ""
	resp, err := a.changeGroups(func(have []string, id string) ([]string, bool) {
		if slices.Contains(have, id) {
			twice = id
			return have, false
		}
		return append(slices.Clone(have), id), true
	})
	if err == nil && twice != "" {
		err = badRequest("Invalid input for security_groups. Reason: Duplicate items in the list: '%s'.\nNeutron server returns request_ids: ['%s']", twice, a.ID)
	}
	return resp, err
}

func removeGroup(a *act) (*web.Response, error) {
	return a.changeGroups(func(have []string, id string) ([]string, bool) {
		at := slices.Index(have, id)
		if at < 0 {
			return have, false
		}
		return slices.Delete(slices.Clone(have), at, at+1), true
	})
}

func consoleOutput(a *act) (*web.Response, error) {
	if a.s.Host == "" {
		return nil, conflict("Instance %s is not ready", a.s.ID)
	}
	if a.s.bootedElsewhere() {
		return nil, web.Errorf(http.StatusNotImplemented, "This is a copy of another cloud: what server %s has written to its console there is not known here.", a.s.ID)
	}
	n := -1
	if v := a.in.get("length"); v != nil {
		n, _ = pyInt(v)
	}
	v, err := a.view(*a.s, a.task)
	if err != nil {
		return nil, err
	}
	log, err := a.console(v.guest())
	return web.OK(web.Object{"output": lastLines(log, n)}), err
}
