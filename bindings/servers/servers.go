// Package servers is the Lua module servers: the virtual machines of the compute service.
package servers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/sshclient"
)

// Module describes the Lua module. Sessions are kept in pool. In a sandbox, scripts name no files.
func Module(c *rest.Client, pool *sshclient.Pool, sandbox bool) schema.Module {
	m := module{c.Of("server"), pool, sandbox, new(atomic.Bool)}
	found := []string{"not_found", "ambiguous"}
	funcs := []schema.Func{
		schema.Fn("list", "List servers with all their members. The filters run on the server; name, ip and their like are "+
			"regular expressions.", m.list,
			schema.Returns("servers", "server[]", "The servers, the newest first."),
			schema.REST("GET /v2.1/servers/detail"), schema.CLI("openstack server list"),
			schema.Example(`for _, server in ipairs(servers.list { status = "ACTIVE", name = "^web" }) do print(server.name) end`)),
		schema.Fn("each", "Go through servers, fetching a page at a time: for long lists.", m.each,
			schema.Returns("iterator", "fun(): server", "For the generic for."),
			schema.REST("GET /v2.1/servers/detail"), schema.CLI("openstack server list"),
			schema.Example(`for server in servers.each { limit = 100 } do print(server.name, server.status) end`)),
		schema.Fn("get", "Fetch a server anew.", resource.Get[one](m.Collection), schema.Method(),
			schema.Returns("server", "server", "The server as it is now."), schema.Raises(found...),
			schema.REST("GET /v2.1/servers/{id}", "GET /v2.1/servers/detail?name=^{name}$"), schema.CLI("openstack server show SERVER"),
			schema.Example(`print(servers.get("web").status)`)),
		schema.Fn("find", "Look whether there is a server of this name or ID.", resource.Find[one](m.Collection),
			schema.Returns("server", "server?", "The server; nil when there is none."), schema.Raises("ambiguous"),
			schema.REST("GET /v2.1/servers/detail?name=^{name}$"), schema.CLI("openstack server list --name NAME"),
			schema.Example(`local server = servers.find("web")`)),
		schema.Fn("create", "Create a server, and wait until it runs. When it fails, the error has the service's own text in fault, "+
			"and the server stays, in ERROR, until it is deleted. With min_count or max_count above 1 it makes several.", m.create,
			schema.Returns("server", "server|server[]", "The new server; a list when several were asked for. Its adminPass is never shown again."),
			schema.Raises("not_found", "ambiguous", "quota", "conflict", "forbidden", "bad_request", "bad_argument", "resource_error", "timeout"),
			schema.REST("POST /v2.1/servers", "GET /v2.1/servers/{id}"),
			schema.CLI("openstack server create --image IMAGE --flavor FLAVOR --network NETWORK --wait NAME"),
			schema.Example(`local server = servers.create {
  name = "web", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private",
  cloud_init = { password = "secret", runcmd = { "echo hello" } },
}
print(server.status, server:ip())
server:delete()`)),
		schema.Fn("ensure", "Make sure that there is a server of this name that is as described: create it, or change its "+
			"description, metadata, tags and addresses shown. Another flavor, image or key is a conflict; what it is plugged into "+
			"and was told at its first start is not compared.", m.ensure,
			schema.Returns("server", "server", "The server as it is now."),
			schema.Returns("changed", "boolean", "Whether it was created or changed."),
			schema.Raises("ambiguous", "conflict", "not_found", "quota", "forbidden", "bad_request", "bad_argument", "resource_error", "timeout"),
			schema.REST("GET /v2.1/servers/detail?name=^{name}$", "POST /v2.1/servers", "PUT /v2.1/servers/{id}", "POST /v2.1/servers/{id}/metadata", "PUT /v2.1/servers/{id}/tags"),
			schema.CLI("openstack server show NAME || openstack server create NAME"),
			schema.Example(`local server, changed = servers.ensure { name = "web", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
server:delete()`)),
		schema.Fn("preflight", "Say what would fail, before the service is asked: it takes what create takes. It looks at the flavor "+
			"and the image (disk, memory, status), the quota left, the key, the networks (ambiguous, external, without a subnet, "+
			"without a free address). At most one request each for flavor, image, quota and key, one for the networks or one for each "+
			"that is named, and two for each network's addresses.", m.preflight,
			schema.Returns("problems", "table[]", "One table { option, message, hint } for each; empty when nothing speaks against it."),
			schema.Raises("bad_argument"),
			schema.REST("GET /v2.1/flavors/detail", "GET /v2/images?name={name}", "GET /v2.1/limits", "GET /v2.1/os-keypairs/{name}",
				"GET /v2.0/networks", "GET /v2.0/subnets?network_id={id}", "GET /v2.0/ports?network_id={id}"),
			schema.CLI("openstack flavor show FLAVOR; openstack image show IMAGE; openstack limits show --absolute"),
			schema.Example(`local problems = servers.preflight { name = "web", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
for _, problem in ipairs(problems) do print(problem.option, problem.message, problem.hint) end`)),
		schema.Fn("update", "Change a server's name, description or what it shows. The object given stays as it was: use the one "+
			"returned.", resource.Update(m.Collection, m.change), schema.Method(),
			schema.Returns("server", "server", "The server as it is now."),
			schema.Raises("not_found", "ambiguous", "forbidden", "bad_request"),
			schema.REST("PUT /v2.1/servers/{id}", "PUT /v2.1/servers/{id}/tags"), schema.CLI("openstack server set SERVER"),
			schema.Example(`local server = servers.update("web", { description = "for the lab" })`)),
		schema.Fn("delete", "Delete a server, and wait until it is gone.", m.delete, schema.Method(),
			schema.Returns("deleted", "boolean", "Whether it was there."),
			schema.Raises("not_found", "ambiguous", "conflict", "forbidden", "timeout"),
			schema.REST("DELETE /v2.1/servers/{id}", "GET /v2.1/servers/{id}"), schema.CLI("openstack server delete --wait SERVER"),
			schema.Example(`servers.delete("web", { missing_ok = true })`)),
		schema.Fn("wait", "Wait until a server has a status.", m.wait, schema.Method(),
			schema.Returns("server", "server?", "The server as it is then; nil when it was to be gone."),
			schema.Raises("not_found", "ambiguous", "timeout", "resource_error"),
			schema.REST("GET /v2.1/servers/{id}"), schema.CLI("openstack server show SERVER -c status"),
			schema.Example(`servers.wait("web", { status = "SHUTOFF", timeout = "1m" })`)),
		schema.Fn("wait_console", "Wait until a server's console shows a text.", m.waitConsole, schema.Method(),
			schema.Returns("line", "string", "The line with the text."),
			schema.Raises("not_found", "ambiguous", "timeout"),
			schema.REST("POST /v2.1/servers/{id}/action (os-getConsoleOutput)"), schema.CLI("openstack console log show SERVER"),
			schema.Example(`servers.wait_console("web", "login:", { timeout = "2m" })`)),
		schema.Fn("wait_ssh", "Wait until an SSH server answers at a server's address, without logging in.", m.waitSSH, schema.Method(),
			schema.Returns("address", "string", "The address it answers at."),
			schema.Raises("not_found", "ambiguous", "timeout"),
			schema.REST("GET /v2.1/servers/{id}"), schema.CLI("ssh -o ConnectTimeout=5 ADDRESS"),
			schema.Example(`servers.wait_ssh("web", { timeout = "2m" })`)),
		schema.Fn("ssh", "Log in to a server by SSH. The host key it shows first is taken, and it has to show the same one for the "+
			"rest of the run: which machine answers is the cloud's word. It is tried until the timeout, for a server that just started.",
			m.ssh, schema.Method(),
			schema.Returns("session", "ssh_session", "The session: run, shell, upload, download, close. It ends with the script at the latest."),
			schema.Raises("not_found", "ambiguous", "timeout", "unauthorized", "forbidden", "bad_argument"),
			schema.REST("GET /v2.1/servers/{id}"), schema.CLI("openstack server ssh SERVER -- -l USER"),
			schema.Example(`local session = servers.ssh("web", { user = "cirros", password = "gocubsgo" })
print(session:run("uname -a").stdout)
session:close()`)),
	}
	funcs = append(funcs, m.actions()...)
	state := schema.Raises("not_found", "ambiguous", "conflict", "bad_request", "timeout", "resource_error")
	funcs = append(funcs,
		schema.Fn("reboot", "Restart a server, and wait until it runs.", m.reboot, schema.Method(), then(), state,
			schema.REST("POST /v2.1/servers/{id}/action (reboot)"), schema.CLI("openstack server reboot [--hard] --wait SERVER"),
			schema.Example(`local server = servers.reboot("web", { type = "HARD" })`)),
		schema.Fn("lock", "Refuse actions on a server, except an administrator's, until unlock.", m.lock, schema.Method(), schema.Raises(found...),
			schema.REST("POST /v2.1/servers/{id}/action (lock)"), schema.CLI("openstack server lock SERVER"),
			schema.Example(`servers.lock("web", { locked_reason = "do not touch" })`)),
		schema.Fn("unlock", "Take actions on a server again.", m.unlock, schema.Method(), schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("POST /v2.1/servers/{id}/action (unlock)"), schema.CLI("openstack server unlock SERVER"),
			schema.Example(`servers.unlock("web")`)),
		schema.Fn("rescue", "Start a server from another disk, with its own beside it: to mend it.", m.rescue, schema.Method(), then(), state,
			schema.REST("POST /v2.1/servers/{id}/action (rescue)"), schema.CLI("openstack server rescue SERVER"),
			schema.Example(`local server = servers.rescue("web", { image = "cirros-0.5.2-x86_64-disk" })`)),
		schema.Fn("resize", "Give a server another size. It then is in VERIFY_RESIZE until confirm_resize or revert_resize; confirm = true "+
			"confirms at once.", m.resize, schema.Method(), then(), state,
			schema.REST("POST /v2.1/servers/{id}/action (resize)"), schema.CLI("openstack server resize --flavor FLAVOR --wait SERVER"),
			schema.Example(`local server = servers.resize("web", "m1.micro", { confirm = true })`)),
		schema.Fn("rebuild", "Make a server's disk anew, of the same or another image. It keeps its ID, size and addresses; what was on "+
			"its disk is lost.", m.rebuild, schema.Method(), then(), state,
			schema.REST("POST /v2.1/servers/{id}/action (rebuild)"), schema.CLI("openstack server rebuild --image IMAGE --wait SERVER"),
			schema.Example(`local server = servers.rebuild("web", "cirros-0.5.2-x86_64-disk")`)),
		schema.Fn("unshelve", "Bring a server back that was put away.", m.unshelve, schema.Method(), then(), state,
			schema.REST("POST /v2.1/servers/{id}/action (unshelve)"), schema.CLI("openstack server unshelve --wait SERVER"),
			schema.Example(`local server = servers.unshelve("web")`)),
		schema.Fn("change_password", "Set the password of a server's administrator, where the hypervisor can.", m.changePassword, schema.Method(), then(), state,
			schema.REST("POST /v2.1/servers/{id}/action (changePassword)"), schema.CLI("openstack server set --password PASSWORD SERVER"),
			schema.Example(`servers.change_password("web", "secret")`)),
		schema.Fn("create_image", "Make an image of a server's disk, and wait until it can be used.", m.createImage, schema.Method(),
			schema.Returns("image", "image", "The new image."), state,
			schema.REST("POST /v2.1/servers/{id}/action (createImage)", "GET /v2/images/{id}"), schema.CLI("openstack server image create --name NAME --wait SERVER"),
			schema.Example(`local image = servers.create_image("web", { name = "web-backup" })`)),
		schema.Fn("console_log", "What a server wrote to its console.", m.consoleLog, schema.Method(),
			schema.Returns("log", "string", "The text."), schema.Raises("not_found", "ambiguous", "conflict"),
			schema.REST("POST /v2.1/servers/{id}/action (os-getConsoleOutput)"), schema.CLI("openstack console log show [--lines N] SERVER"),
			schema.Example(`print(servers.console_log("web", { lines = 20 }))`)),
		schema.Fn("console_url", "An address at which a browser shows a server's console. It is a secret: who has it is in.", m.consoleURL, schema.Method(),
			schema.Returns("url", "string", "The address, good for some minutes."), schema.Raises("not_found", "ambiguous", "conflict", "bad_request"),
			schema.REST("POST /v2.1/servers/{id}/remote-consoles"), schema.CLI("openstack console url show SERVER"),
			schema.Example(`print(servers.console_url("web", { type = "novnc" }))`)),
		schema.Fn("actions_log", "What was done to a server, by whom and with what outcome: the newest first.", m.actionsLog, schema.Method(),
			schema.Returns("actions", "table[]", "One table { action, message, request_id, start_time, user_id … } for each; one with events when request_id is given."),
			schema.Raises(found...),
			schema.REST("GET /v2.1/servers/{id}/os-instance-actions", "GET /v2.1/servers/{id}/os-instance-actions/{request_id}"),
			schema.CLI("openstack server event list SERVER"),
			schema.Example(`for _, done in ipairs(servers.actions_log("web")) do print(done.start_time, done.action, done.message) end`)),
		schema.Fn("set_metadata", "Set metadata of a server; what is not named stays, unless replace is true.", m.setMetadata, schema.Method(),
			schema.Returns("metadata", "table<string,string>", "Its metadata now."), schema.Raises("not_found", "ambiguous", "bad_request", "quota"),
			schema.REST("POST /v2.1/servers/{id}/metadata", "PUT /v2.1/servers/{id}/metadata"), schema.CLI("openstack server set --property NAME=VALUE SERVER"),
			schema.Example(`servers.set_metadata("web", { role = "frontend" })`)),
		schema.Fn("delete_metadata", "Take one piece of metadata from a server; one it does not have is not_found.", m.deleteMetadata, schema.Method(),
			schema.Raises(found...),
			schema.REST("DELETE /v2.1/servers/{id}/metadata/{key}"), schema.CLI("openstack server unset --property NAME SERVER"),
			schema.Example(`servers.delete_metadata("web", "role")`)),
		schema.Fn("set_tags", "Give a server these tags in place of those it has.", resource.SetTags[one](m.Collection), schema.Method(),
			schema.Raises("not_found", "ambiguous", "bad_request"),
			schema.REST("PUT /v2.1/servers/{id}/tags"), schema.CLI("openstack server set --tag TAG SERVER"),
			schema.Example(`servers.set_tags("web", { "lab" })`)),
		schema.Fn("add_tag", "Give a server one tag more.", resource.AddTag[one](m.Collection), schema.Method(),
			schema.Raises("not_found", "ambiguous", "bad_request"),
			schema.REST("PUT /v2.1/servers/{id}/tags/{tag}"), schema.CLI("openstack server set --tag TAG SERVER"),
			schema.Example(`servers.add_tag("web", "lab")`)),
		schema.Fn("remove_tag", "Take a tag from a server; one it does not have is not_found.", resource.RemoveTag[one](m.Collection), schema.Method(),
			schema.Raises(found...),
			schema.REST("DELETE /v2.1/servers/{id}/tags/{tag}"), schema.CLI("openstack server unset --tag TAG SERVER"),
			schema.Example(`servers.remove_tag("web", "lab")`)),
		schema.Fn("add_security_group", "Put a security group on all of a server's ports.", m.addGroup, schema.Method(),
			schema.Raises("not_found", "ambiguous", "bad_request", "conflict"),
			schema.REST("POST /v2.1/servers/{id}/action (addSecurityGroup)"), schema.CLI("openstack server add security group SERVER GROUP"),
			schema.Example(`servers.add_security_group("web", "ssh")`)),
		schema.Fn("remove_security_group", "Take a security group off a server's ports.", m.removeGroup, schema.Method(),
			schema.Raises("not_found", "ambiguous", "bad_request", "conflict"),
			schema.REST("POST /v2.1/servers/{id}/action (removeSecurityGroup)"), schema.CLI("openstack server remove security group SERVER GROUP"),
			schema.Example(`servers.remove_security_group("web", "ssh")`)),
		schema.Fn("interfaces", "List the ports a server is plugged in with.", m.interfaces, schema.Method(),
			schema.Returns("interfaces", "table[]", "One table { port_id, net_id, mac_addr, port_state, fixed_ips } for each."), schema.Raises(found...),
			schema.REST("GET /v2.1/servers/{id}/os-interface"), schema.CLI("openstack port list --server SERVER"),
			schema.Example(`for _, interface in ipairs(servers.interfaces("web")) do print(interface.mac_addr, interface.fixed_ips[1].ip_address) end`)),
		schema.Fn("attach_interface", "Plug a running server into one more network, or port.", m.attach, schema.Method(),
			schema.Returns("interface", "table", "The interface: { port_id, net_id, mac_addr, port_state, fixed_ips }."),
			schema.Raises("not_found", "ambiguous", "bad_request", "conflict", "bad_argument"),
			schema.REST("POST /v2.1/servers/{id}/os-interface"), schema.CLI("openstack server add network SERVER NETWORK"),
			schema.Example(`local interface = servers.attach_interface("web", { network = "private" })`)),
		schema.Fn("detach_interface", "Unplug a server from a port, and wait until it is off. A port made for the server is deleted.", m.detach, schema.Method(),
			schema.Raises("not_found", "ambiguous", "conflict", "timeout"),
			schema.REST("DELETE /v2.1/servers/{id}/os-interface/{port_id}"), schema.CLI("openstack server remove port SERVER PORT"),
			schema.Example(`local interfaces = servers.interfaces("web")
servers.detach_interface("web", { id = interfaces[1].port_id })`)),
		schema.Fn("ip", "An address of a server: its floating IP when it has one, otherwise the one inside; IPv4 before IPv6. It looks at "+
			"the server as it is now, and at the networking service when no floating IP shows there: that one knows of it first.",
			m.ip, schema.Method(),
			schema.Returns("address", "string?", "The address; nil when it has none of that kind."), schema.Raises(found...),
			schema.REST("GET /v2.1/servers/{id}", "GET /v2.0/floatingips?fixed_ip_address={address}"), schema.CLI("openstack server show SERVER -c addresses"),
			schema.Example(`print(servers.ip("web", { network = "private", floating = false }))`)),
		schema.Fn("add_floating_ip", "Give a server a floating IP: it is put on the server's port, on the first one it can reach when there "+
			"are several. When the floating IP's network cannot reach the server, the error names the router or gateway that is missing.",
			m.addFloatingIP, schema.Method(),
			schema.Returns("floating_ip", "floating_ip", "The floating IP as it is now."),
			schema.Raises("not_found", "ambiguous", "conflict", "bad_request", "bad_argument"),
			schema.REST("GET /v2.0/ports?device_id={id}", "GET /v2.0/floatingips?floating_ip_address={address}", "PUT /v2.0/floatingips/{id}"),
			schema.CLI("openstack server add floating ip SERVER ADDRESS"),
			schema.Example(`local fip = servers.add_floating_ip("web", "172.24.4.17")
print(fip.fixed_ip_address)`)),
		schema.Fn("remove_floating_ip", "Take a floating IP from a server. It stays the project's: floating_ips.delete gives it back.",
			m.removeFloatingIP, schema.Method(),
			schema.Returns("floating_ip", "floating_ip", "The floating IP as it is now."),
			schema.Raises("not_found", "ambiguous", "conflict"),
			schema.REST("GET /v2.0/floatingips?floating_ip_address={address}", "GET /v2.0/ports?device_id={id}", "PUT /v2.0/floatingips/{id}"),
			schema.CLI("openstack server remove floating ip SERVER ADDRESS"),
			schema.Example(`servers.remove_floating_ip("web", "172.24.4.17")`)),
	)
	return schema.Module{
		Name: "servers",
		Kind: "server",
		Doc: "Servers: virtual machines. A server has a flavor (its size), an image (its disk), and ports on networks (its addresses). " +
			"Functions that change its state wait until it has the new one. Requests ask for compute API 2.93, and for the service's " +
			"own newest where that is older: then tags, description, locked and the flavor's members may be nil.",
		Example: `local server = servers.create { name = "blue", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private" }
print(server.name, server.status, server:ip())
server:stop()
server = server:start()
server:delete()`,
		Fields: fields(),
		Funcs:  funcs,
	}
}

// then describes the result of a function that changes a state.
func then() schema.Option {
	return schema.Returns("server", "server?", "The server as it is then; nil with wait = false.")
}

type module struct {
	*rest.Collection
	pool      *sshclient.Pool
	sandbox   bool
	noConsole *atomic.Bool // this cloud keeps no console logs, as was found out
}

type one struct {
	Server schema.Ref `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Server }

type filters struct {
	Name             string           `lua:"name" json:"name" doc:"Only those whose name has this in it: a regular expression; \"^web$\" is exactly web."`
	Status           string           `lua:"status" json:"status" doc:"Only those with this status: ACTIVE, SHUTOFF, ERROR …"`
	Flavor           schema.Ref       `lua:"flavor" json:"flavor" ref:"flavor" doc:"Only those of this size: object, ID or name."`
	Image            schema.Ref       `lua:"image" json:"image" ref:"image" doc:"Only those made of this image: object, ID or name."`
	IP               string           `lua:"ip" json:"ip" doc:"Only those with such an IPv4 address: a regular expression, \"10\\\\.0\\\\.0\\\\.\"."`
	IP6              string           `lua:"ip6" json:"ip6" doc:"Only those with such an IPv6 address: a regular expression."`
	Host             string           `lua:"host" json:"host" doc:"Only those on this host; for administrators."`
	AvailabilityZone string           `lua:"availability_zone" json:"availability_zone" doc:"Only those in this availability zone."`
	KeyName          schema.Ref       `lua:"key_name" alias:"keypair,key" json:"key_name" ref:"keypair" doc:"Only those with this keypair."`
	Description      string           `lua:"description" json:"description" doc:"Only those whose description has this in it: a regular expression."`
	Hostname         string           `lua:"hostname" json:"hostname" doc:"Only those with such a host name: a regular expression; for administrators on older clouds."`
	ReservationID    string           `lua:"reservation_id" json:"reservation_id" doc:"Only those made by one call."`
	Locked           schema.Opt[bool] `lua:"locked" json:"locked" doc:"Only those that are locked, or not."`
	ChangesSince     string           `lua:"changes_since" alias:"changes-since" json:"changes-since" doc:"Only those that changed since then, deleted ones among them: \"2026-11-22T13:00:00Z\"."`
	ChangesBefore    string           `lua:"changes_before" alias:"changes-before" json:"changes-before" doc:"Only those that changed last before then."`
	Deleted          schema.Opt[bool] `lua:"deleted" json:"deleted" doc:"Only deleted ones; for administrators."`
	AllProjects      bool             `lua:"all_projects" alias:"all_tenants" json:"all_tenants" doc:"Those of every project; for administrators."`
	Project          schema.Ref       `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Only those of this project; for administrators, with all_projects."`
	UserID           string           `lua:"user_id" json:"user_id" doc:"Only those made by the user with this ID; for administrators."`
	Tags             []string         `lua:"tags" json:"tags" doc:"Only those with all of these tags."`
	TagsAny          []string         `lua:"tags-any" alias:"tags_any" json:"tags-any" doc:"Only those with at least one of these tags."`
	NotTags          []string         `lua:"not-tags" alias:"not_tags" json:"not-tags" doc:"Only those without all of these tags."`
	NotTagsAny       []string         `lua:"not-tags-any" alias:"not_tags_any" json:"not-tags-any" doc:"Only those without any of these tags."`
	SortKey          string           `lua:"sort_key" json:"sort_key" default:"created_at" doc:"Field to sort by, on the server: created_at, display_name, uuid …"`
	SortDir          string           `lua:"sort_dir" json:"sort_dir" enum:"asc|desc" default:"desc" doc:"Direction to sort in."`
	Limit            int              `lua:"limit" json:"limit" doc:"At most this many in all; each{} takes it as the number of each page."`
	Marker           string           `lua:"marker" json:"marker" doc:"Begin after the one with this ID."`
	Detail           schema.Opt[bool] `lua:"detail" json:"-" default:"true" doc:"false fetches IDs and names alone, to save traffic."`
}

type change struct {
	one
	Name        string               `lua:"name" json:"name" doc:"New name."`
	Description schema.Opt[string]   `lua:"description,nullable" json:"description" doc:"A few words about it; false for none."`
	AccessIPv4  schema.Opt[string]   `lua:"accessIPv4" alias:"access_ipv4" json:"accessIPv4" doc:"IPv4 address to show as the one it is reached at."`
	AccessIPv6  schema.Opt[string]   `lua:"accessIPv6" alias:"access_ipv6" json:"accessIPv6" doc:"IPv6 address to show as the one it is reached at."`
	Hostname    string               `lua:"hostname" json:"hostname" doc:"Name its metadata tells it."`
	DiskConfig  string               `lua:"disk_config" alias:"OS-DCF:diskConfig" json:"OS-DCF:diskConfig" enum:"AUTO|MANUAL" doc:"How its disk is made when it is rebuilt or resized."`
	Tags        schema.Opt[[]string] `lua:"tags" json:"-" doc:"Tags it shall have and no others: set by a second request."`
}

func (m module) list(ctx context.Context, in filters) (schema.List, error) {
	q, err := m.Client().Query(ctx, "servers.list", &in)
	if err != nil {
		return schema.List{}, err
	}
	return m.ListAt(ctx, "servers.list", in.path(), q)
}

func (m module) each(ctx context.Context, in filters) (schema.Iter, error) {
	q, err := m.Client().Query(ctx, "servers.each", &in)
	if err != nil {
		return schema.Iter{}, err
	}
	return m.EachAt("servers.each", in.path(), q), nil
}

// path is where the list is.
func (in filters) path() string {
	if in.Detail.Or(true) {
		return "servers/detail"
	}
	return "servers"
}

func (m module) interfaces(ctx context.Context, in one) (schema.Raw, error) {
	const op = "servers.interfaces"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return schema.Raw{}, err
	}
	res, err := m.Send(ctx, op, http.MethodGet, in.Server, nil, "os-interface")
	if err != nil {
		return schema.Raw{}, err
	}
	return schema.Raw{JSON: res.Body, Key: "interfaceAttachments"}, nil
}

func argument(op, message, hint string) error {
	e := errs.New(errs.BadArgument, "%s", message).WithHint("%s", hint)
	e.Op = op
	return e
}

func asError(err error) *errs.Error {
	var e *errs.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// escape makes one step of a path.
func escape(s string) string { return url.PathEscape(s) }

// lastStep is what follows the last slash of an address.
func lastStep(address string) string {
	return address[strings.LastIndex(address, "/")+1:]
}

// lineWith finds the line of a text that has another in it.
func lineWith(text, part string) (string, bool) {
	i := strings.Index(text, part)
	if i < 0 {
		return "", false
	}
	start := strings.LastIndex(text[:i], "\n") + 1
	end := strings.Index(text[i:], "\n")
	if end < 0 {
		return text[start:], true
	}
	return strings.TrimRight(text[start:i+end], "\r"), true
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

func (m module) change(_ context.Context, op string, in *change) (rest.Change, error) {
	body, err := schema.Body(in)
	return rest.Change{Op: op, Ref: in.Server, Body: body, Tags: rest.Tags(in.Tags)}, err
}
