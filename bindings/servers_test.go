package bindings_test

import (
	"encoding/base64"
	"strings"
	"testing"
)

const (
	srvID = "dfa8a4d1-9320-455e-a89f-047bcc763d5c"
	fipID = "7b7a3c2f-6c3a-4d0a-9a57-1d4f6d1c2e11"
)

// server is a server in a status, with something being done to it.
func server(status, task string) string {
	if task == "" {
		task = "null"
	} else {
		task = `"` + task + `"`
	}
	return `{"server":{"id":"s","name":"web","status":"` + status + `","OS-EXT-STS:task_state":` + task + `}}`
}

func row(status string) string {
	return canonical(`{"id":"s","name":"web","status":"` + status + `","OS-EXT-STS:task_state":null}`)
}

// act is what an action sends and waits for.
func act(body string, states ...string) []exchange {
	out := []exchange{{want: "POST servers/s/action", header: "Openstack-Api-Version: compute 2.93", body: body, status: 202}}
	for _, s := range states {
		status, task, _ := strings.Cut(s, " ")
		out = append(out, exchange{want: "GET servers/s", answer: server(status, task)})
	}
	return out
}

func TestServerCreate(t *testing.T) {
	const (
		refs    = `image = { id = "i" }, flavor = { id = "42" }`
		created = `{"server":{"id":"s","adminPass":"pw","links":[]}}`
	)
	body := func(members string) string {
		return `{"server":{"name":"web","imageRef":"i","flavorRef":"42",` + members + `}}`
	}
	user := base64.StdEncoding.EncodeToString([]byte("aGVsbG8="))
	config := base64.StdEncoding.EncodeToString([]byte("#cloud-config\npackages:\n  - curl\n"))
	waited := exchange{want: "GET servers/s", answer: server("ACTIVE", "")}
	running := canonical(`{"id":"s","name":"web","status":"ACTIVE","OS-EXT-STS:task_state":null,"adminPass":"pw"}`)
	post := func(members string) exchange {
		return exchange{want: "POST servers", header: "Openstack-Api-Version: compute 2.93", body: body(members), status: 202, answer: created}
	}
	runWire(t, []wireCase{
		{
			name: "names, and waits", fn: "servers.create",
			args: `{ name = "web", image = "cirros", flavor = "m1.nano", network = "private", key_name = "k", security_groups = { "default", { id = "g" } } }`,
			wire: []exchange{
				{want: "GET images?name=cirros", answer: `{"images":[{"id":"i","name":"cirros"}]}`},
				{want: "GET flavors?is_public=None", answer: `{"flavors":[` + nano + `]}`},
				{want: "GET networks?name=private", answer: `{"networks":[{"id":"n","name":"private"}]}`},
				post(`"networks":[{"uuid":"n"}],"key_name":"k","security_groups":[{"name":"default"},{"name":"g"}]`),
				{want: "GET servers/s", answer: server("BUILD", "spawning")},
				waited,
			},
			want: running,
		},
		{
			name: "no network: the service chooses", fn: "servers.create", args: `{ name = "web", ` + refs + `, wait = false }`,
			wire: []exchange{post(`"networks":"auto"`)},
			want: `{"adminPass":"pw","id":"s","links":[],"name":"web"}`,
		},
		{name: "none", fn: "servers.create", args: `{ name = "web", ` + refs + `, networks = "none" }`, wire: []exchange{post(`"networks":"none"`), waited}, want: running},
		{name: "auto in short", fn: "servers.create", args: `{ name = "web", ` + refs + `, network = "auto" }`, wire: []exchange{post(`"networks":"auto"`), waited}, want: running},
		{
			name: "networks and ports", fn: "servers.create",
			args: `{ name = "web", ` + refs + `, networks = { "` + netID + `", { network = { id = "n" }, fixed_ip = "10.0.0.9", tag = "a" }, { port = { id = "p" } } } }`,
			wire: []exchange{post(`"networks":[{"uuid":"` + netID + `"},{"uuid":"n","fixed_ip":"10.0.0.9","tag":"a"},{"port":"p"}]`), waited},
			want: running,
		},
		{
			name: "every option", fn: "servers.create",
			args: `{ name = "web", ` + refs + `, networks = "none", metadata = { a = "b" }, tags = { "t" }, description = "d", availability_zone = "nova",
				config_drive = false, admin_pass = "secret-password", min_count = 1, max_count = 1, accessIPv4 = "1.2.3.4", accessIPv6 = "::1", hostname = "h", host = "host",
				hypervisor_hostname = "hh", disk_config = "AUTO", trusted_image_certificates = { "c" }, user_data = "aGVsbG8=",
				block_device_mapping_v2 = { { source_type = "volume", uuid = "v", boot_index = 0, delete_on_termination = true, destination_type = "volume",
					volume_size = 1, device_name = "vda", device_type = "disk", disk_bus = "virtio", guest_format = "ext4", volume_type = "fast", tag = "root" },
					{ source_type = "blank", boot_index = false } },
				scheduler_hints = { different_host = { { id = "o" } }, same_host = { { id = "p" } }, query = { ">=", "$free_ram_mb", 1024 }, target_cell = "c",
					different_cell = { "d" }, build_near_host_ip = "10.0.0.1", cidr = "/24", more = { own = "x" } } }`,
			wire: []exchange{{want: "POST servers", status: 202, answer: created, body: `{"server":{"name":"web","imageRef":"i","flavorRef":"42","networks":"none","metadata":{"a":"b"},
				"tags":["t"],"description":"d","availability_zone":"nova","config_drive":false,"adminPass":"secret-password","min_count":1,"max_count":1,"accessIPv4":"1.2.3.4",
				"accessIPv6":"::1","hostname":"h","host":"host","hypervisor_hostname":"hh","OS-DCF:diskConfig":"AUTO","trusted_image_certificates":["c"],"user_data":"` + user + `",
				"block_device_mapping_v2":[{"source_type":"volume","uuid":"v","boot_index":0,"delete_on_termination":true,"destination_type":"volume","volume_size":1,
				"device_name":"vda","device_type":"disk","disk_bus":"virtio","guest_format":"ext4","volume_type":"fast","tag":"root"},{"source_type":"blank","boot_index":null}]},
				"os:scheduler_hints":{"different_host":["o"],"same_host":["p"],"query":[">=","$free_ram_mb",1024],"target_cell":"c","different_cell":["d"],
				"build_near_host_ip":"10.0.0.1","cidr":"/24","own":"x"}}`}, waited},
			want: running,
		},
		{
			name: "files in the disk need an older microversion", fn: "servers.create",
			args: `{ name = "web", ` + refs + `, personality = { { path = "/a", contents = "b" } }, wait = false }`,
			wire: []exchange{{want: "POST servers", header: "Openstack-Api-Version: compute 2.56", body: body(`"networks":"auto","personality":[{"path":"/a","contents":"Yg=="}]`), answer: created}},
			want: `{"adminPass":"pw","id":"s","links":[],"name":"web"}`,
		},
		{
			name: "cloud-init", fn: "servers.create", args: `{ name = "web", ` + refs + `, cloud_init = { packages = { "curl" } } }`,
			wire: []exchange{post(`"networks":"auto","user_data":"` + config + `"`), waited}, want: running,
		},
		{
			name: "several", fn: "servers.create", args: `{ name = "web", ` + refs + `, max_count = 2 }`,
			wire: []exchange{
				{want: "POST servers", body: body(`"networks":"auto","max_count":2,"return_reservation_id":true`), status: 202, answer: `{"reservation_id":"r-1"}`},
				{want: "GET servers/detail?reservation_id=r-1&sort_dir=asc&sort_key=display_name", answer: `{"servers":[{"id":"a","name":"web-1","status":"ACTIVE"},{"id":"b","name":"web-2","status":"BUILD"}]}`},
				{want: "GET servers/b", answer: `{"server":{"id":"b","name":"web-2","status":"ACTIVE"}}`},
			},
			want: `[{"id":"a","name":"web-1","status":"ACTIVE"},{"id":"b","name":"web-2","status":"ACTIVE"}]`,
		},
		{
			name: "an old service is sent what it knows", fn: "servers.create", args: `{ name = "web", ` + refs + ` }`,
			wire: []exchange{
				{want: "POST servers", body: body(`"networks":"auto"`), status: 406, answer: `{"computeFault":{"code":406,"message":"Version 2.93 is not supported by the API. Minimum is 2.1 and maximum is 2.30."}}`},
				{want: "POST servers", header: "Openstack-Api-Version: compute 2.30", body: `{"server":{"name":"web","imageRef":"i","flavorRef":"42"}}`, status: 202, answer: created},
				waited,
			},
			want: running,
		},
		{
			name: "the fault tells", fn: "servers.create", args: `{ name = "web", ` + refs + ` }`,
			wire: []exchange{post(`"networks":"auto"`), {want: "GET servers/s", answer: `{"server":{"id":"s","name":"web","status":"ERROR","flavor":{"original_name":"m1.nano"},
				"fault":{"code":500,"message":"Build of instance s aborted: Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is 2361393152 bytes."}}}`}},
			fail: &failure{"resource_error", "servers.create", "Flavor's disk is too small", `flavor "m1.nano" has a disk of 1 GiB, and the image needs 2.2 GiB: take one with 3 GiB or more`},
		},
		{
			name: "it stays in the quota", fn: "servers.create", args: `{ name = "web", ` + refs + ` }`,
			wire: []exchange{post(`"networks":"auto"`), {want: "GET servers/s", answer: `{"server":{"id":"s","status":"ERROR","fault":{"code":500,"message":"No valid host was found. "}}}`}},
			fail: &failure{"resource_error", "servers.create", "No valid host was found", `servers.delete("s")`},
		},
		{
			name: "quota", fn: "servers.create", args: `{ name = "web", ` + refs + ` }`,
			wire: []exchange{{want: "POST servers", body: body(`"networks":"auto"`), status: 403, answer: `{"forbidden":{"code":403,"message":"Quota exceeded for instances: Requested 1, but already used 10 of 10 instances"}}`}},
			fail: &failure{"quota", "servers.create", "Quota exceeded", "delete servers"},
		},
		{
			name: "min_disk", fn: "servers.create", args: `{ name = "web", ` + refs + ` }`,
			wire: []exchange{{want: "POST servers", body: body(`"networks":"auto"`), status: 400, answer: `{"badRequest":{"code":400,"message":"Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is 1073741824 bytes, minimum size is 5368709120 bytes."}}`}},
			fail: &failure{"bad_request", "servers.create", "minimum size", "5 GiB or more"},
		},
		{
			name: "several networks", fn: "servers.create", args: `{ name = "web", ` + refs + ` }`,
			wire: []exchange{{want: "POST servers", body: body(`"networks":"auto"`), status: 409, answer: `{"conflictingRequest":{"code":409,"message":"Multiple possible networks found, use a Network ID to be more specific."}}`}},
			fail: &failure{"conflict", "servers.create", "Multiple", "network = ..."},
		},
		{name: "no image", fn: "servers.create", args: `{ name = "web", flavor = { id = "42" } }`, fail: &failure{code: "bad_argument", op: "servers.create", hint: "images.list"}},
		{name: "two ways", fn: "servers.create", args: `{ name = "web", ` + refs + `, network = "a", networks = { "b" } }`, fail: &failure{code: "bad_argument", op: "servers.create.network"}},
		{name: "port with an address", fn: "servers.create", args: `{ name = "web", ` + refs + `, networks = { { port = "p", fixed_ip = "10.0.0.9" } } }`, fail: &failure{code: "bad_argument", op: "servers.create.networks[1].fixed_ip"}},
		{name: "two kinds of user data", fn: "servers.create", args: `{ name = "web", ` + refs + `, user_data = "x", cloud_init = { hostname = "x" } }`, fail: &failure{code: "bad_argument", op: "servers.create.user_data"}},
		{name: "header", fn: "servers.create", args: `{ name = "web", ` + refs + `, user_data = "# cloud-config\nx: y" }`, fail: &failure{code: "bad_argument", op: "servers.create.user_data", hint: "exactly"}},
	})
}

// TestFailedServerShowsItsConsole: the end of what it wrote goes with the error, where it wrote something; a cloud that
// keeps no console logs is asked once.
func TestFailedServerShowsItsConsole(t *testing.T) {
	failed := func(launched string) exchange {
		return exchange{want: "GET servers/s", answer: `{"server":{"id":"s","name":"web","status":"ERROR","OS-SRV-USG:launched_at":` + launched +
			`,"fault":{"message":"Resize failed."}}}`}
	}
	console := func(status int, answer string) exchange {
		return exchange{want: "POST servers/s/action", body: `{"os-getConsoleOutput":{"length":8}}`, status: status, answer: answer}
	}
	const ran = `"2026-11-22T13:00:00.000000"`
	wait := `{ id = "s" }`
	t.Run("shown", func(t *testing.T) {
		f := on(t, failed(ran), console(200, `{"output":"1\n2\n3\n4\n5\n6\n7\n8\nlogin: \r\nkernel panic\n"}`))
		_, err := f.call("servers.wait", wait)
		failure{"resource_error", "servers.wait", "Resize failed.", "its console ended with:\n  3\n  4\n  5\n  6\n  7\n  8\n  login: \n  kernel panic"}.check(t, err)
	})
	t.Run("it never ran", func(t *testing.T) {
		_, err := on(t, failed("null")).call("servers.wait", wait)
		failure{"resource_error", "servers.wait", "Resize failed.", "delete it"}.check(t, err)
	})
	t.Run("the cloud keeps none", func(t *testing.T) {
		f := on(t, failed(ran), console(404, `{"itemNotFound":{"message":"Unable to get console"}}`), failed(ran))
		for range 2 {
			_, err := f.call("servers.wait", wait)
			failure{"resource_error", "servers.wait", "Resize failed.", "delete it"}.check(t, err)
		}
	})
}

func TestServers(t *testing.T) {
	const have = `{"servers":[{"id":"s","name":"web","status":"ACTIVE","description":"d","metadata":{"a":"b"},"tags":["t"],"key_name":"k",
		"flavor":{"original_name":"m1.nano"},"image":{"id":"i"}}]}`
	named := exchange{want: "GET servers/detail?name=%5Eweb%24", answer: have}
	same := canonical(`{"id":"s","name":"web","status":"ACTIVE","description":"d","metadata":{"a":"b"},"tags":["t"],"key_name":"k","flavor":{"original_name":"m1.nano"},"image":{"id":"i"}}`)
	cases := []wireCase{
		{
			name: "every filter", fn: "servers.list",
			args: `{ name = "^w", status = "ACTIVE", flavor = { id = "42" }, image = { id = "i" }, ip = "10.", ip6 = "fe80", host = "h", availability_zone = "nova", key_name = "k",
				description = "d", hostname = "hn", reservation_id = "r", locked = true, ["changes-since"] = "2026-11-22T13:00:00Z", changes_before = "2026-11-23T13:00:00Z", deleted = false,
				all_tenants = true, project_id = { id = "p" }, user_id = "u", tags = { "a", "b" }, ["tags-any"] = { "c" }, not_tags = { "d" }, ["not-tags-any"] = { "e" },
				sort_key = "display_name", sort_dir = "asc", limit = 5, marker = "m" }`,
			wire: []exchange{{want: "GET servers/detail?all_tenants=true&availability_zone=nova&changes-before=2026-11-23T13:00:00Z&changes-since=2026-11-22T13:00:00Z&deleted=false&description=d" +
				"&flavor=42&host=h&hostname=hn&image=i&ip=10.&ip6=fe80&key_name=k&limit=5&locked=true&marker=m&name=%5Ew&not-tags=d&not-tags-any=e&project_id=p&reservation_id=r" +
				"&sort_dir=asc&sort_key=display_name&status=ACTIVE&tags=a,b&tags-any=c&user_id=u", answer: `{"servers":[]}`}},
			want: `[]`,
		},
		{name: "names alone", fn: "servers.list", args: `{ detail = false }`, wire: []exchange{{want: "GET servers", answer: `{"servers":[{"id":"s"}]}`}}, want: `[{"id":"s"}]`},
		{
			name: "pages", fn: "servers.each", args: `{ limit = 1 }`,
			wire: []exchange{
				{want: "GET servers/detail?limit=1", answer: `{"servers":[{"id":"a"}],"servers_links":[{"rel":"next","href":"http://elsewhere/v2.1/servers/detail?limit=1&marker=a"}]}`},
				{want: "GET servers/detail?limit=1&marker=a", answer: `{"servers":[]}`},
			},
			want: `[{"id":"a"}] []`,
		},
		{name: "by name", fn: "servers.get", args: `"web"`, wire: []exchange{named}, want: same},
		{name: "a name is no pattern", fn: "servers.find", args: `"a.b"`, wire: []exchange{{want: `GET servers/detail?name=%5Ea%5C.b%24`, answer: `{"servers":[{"id":"x","name":"aXb"}]}`}}, want: `nil`},
		{
			name: "by ID", fn: "servers.get", args: `"` + srvID + `"`,
			wire: []exchange{{want: "GET servers/" + srvID, answer: `{"server":{"id":"x"}}`}}, want: `{"id":"x"}`,
		},
		{
			name: "as it is", fn: "servers.ensure", args: `{ name = "web", image = { id = "i" }, flavor = "m1.nano", description = "d", metadata = { a = "b" }, tags = { "t" }, key_name = "k", network = "private" }`,
			wire: []exchange{named}, want: same + ` false`,
		},
		{
			name: "what differs", fn: "servers.ensure", args: `{ name = "web", image = { id = "i" }, flavor = "m1.nano", description = "e", metadata = { c = "d" } }`,
			wire: []exchange{
				named,
				{want: "PUT servers/s", body: `{"server":{"description":"e"}}`, answer: `{"server":{"id":"s","metadata":{"a":"b"}}}`},
				{want: "POST servers/s/metadata", body: `{"metadata":{"c":"d"}}`, answer: `{"metadata":{"a":"b","c":"d"}}`},
			},
			want: `{"id":"s","metadata":{"a":"b","c":"d"}} true`,
		},
		{
			name: "another size", fn: "servers.ensure", args: `{ name = "web", image = { id = "i" }, flavor = { id = "2" } }`,
			wire: []exchange{named, {want: "GET flavors/2", answer: `{"flavor":` + small + `}`}},
			fail: &failure{"conflict", "servers.ensure", "flavor is \"m1.nano\"", `servers.resize("s", ...)`},
		},
		{
			name: "another image", fn: "servers.ensure", args: `{ name = "web", image = { id = "j" }, flavor = "m1.nano" }`, wire: []exchange{named},
			fail: &failure{"conflict", "servers.ensure", "image is i", "servers.rebuild"},
		},
		{
			name: "broken", fn: "servers.ensure", args: `{ name = "web", image = { id = "i" }, flavor = "m1.nano" }`,
			wire: []exchange{{want: "GET servers/detail?name=%5Eweb%24", answer: `{"servers":[{"id":"s","name":"web","status":"ERROR","fault":{"message":"No valid host was found."}}]}`}},
			fail: &failure{"resource_error", "servers.ensure", "No valid host", `servers.delete("s")`},
		},
		{
			name: "every option", fn: "servers.update", args: `{ id = "s" }, { name = "n", description = false, accessIPv4 = "", hostname = "h", disk_config = "MANUAL" }`,
			wire: []exchange{{want: "PUT servers/s", body: `{"server":{"name":"n","description":null,"accessIPv4":"","hostname":"h","OS-DCF:diskConfig":"MANUAL"}}`, answer: `{"server":{"id":"s"}}`}},
			want: `{"id":"s"}`,
		},
		{
			name: "waits until it is gone", fn: "servers.delete", args: `{ id = "s" }`,
			wire: []exchange{
				{want: "DELETE servers/s", status: 204},
				{want: "GET servers/s", answer: server("ERROR", "deleting")},
				{want: "GET servers/s", status: 404, answer: `{"itemNotFound":{"code":404,"message":"Instance s could not be found."}}`},
			},
			want: `true`,
		},
		{name: "at once", fn: "servers.delete", args: `{ id = "s" }, { wait = false }`, wire: []exchange{{want: "DELETE servers/s", status: 204}}, want: `true`},
		{name: "by force", fn: "servers.delete", args: `{ id = "s" }, { force = true, wait = false }`, wire: act(`{"forceDelete":null}`), want: `true`},
		{
			name: "not there", fn: "servers.delete", args: `{ id = "s" }, { missing_ok = true }`,
			wire: []exchange{{want: "DELETE servers/s", status: 404, answer: `{"itemNotFound":{"code":404,"message":"Instance s could not be found."}}`}}, want: `false`,
		},
		{
			name: "a status", fn: "servers.wait", args: `{ id = "s" }, { status = "SHUTOFF" }`,
			wire: []exchange{{want: "GET servers/s", answer: server("ACTIVE", "")}, {want: "GET servers/s", answer: server("SHUTOFF", "")}}, want: row("SHUTOFF"),
		},
		{
			name: "a failure", fn: "servers.wait", args: `{ id = "s" }`,
			wire: []exchange{{want: "GET servers/s", answer: `{"server":{"id":"s","status":"ERROR","fault":{"message":"No valid host was found."}}}`}},
			fail: &failure{"resource_error", "servers.wait", "No valid host", "smaller flavor"},
		},
		// A status alone changes late: what is being done has to be over.
		{name: "until it is off", fn: "servers.stop", args: `{ id = "s" }`, wire: act(`{"os-stop":null}`, "ACTIVE powering-off", "SHUTOFF powering-off", "SHUTOFF"), want: row("SHUTOFF")},
		{name: "at once", fn: "servers.stop", args: `{ id = "s" }, { wait = false }`, wire: act(`{"os-stop":null}`), want: `nil`},
		{
			name: "too long", fn: "servers.stop", args: `{ id = "s" }, { timeout = 0.4 }`, wire: act(`{"os-stop":null}`, "ACTIVE powering-off", "ACTIVE powering-off"),
			fail: &failure{"timeout", "servers.stop", "still ACTIVE (powering-off)", "timeout"},
		},
		{
			name: "in the wrong state", fn: "servers.stop", args: `{ id = "s" }`,
			wire: []exchange{{want: "POST servers/s/action", body: `{"os-stop":null}`, status: 409, answer: `{"conflictingRequest":{"code":409,"message":"Cannot 'stop' instance s while it is in vm_state stopped"}}`}},
			fail: &failure{"conflict", "servers.stop", "vm_state stopped", "another state"},
		},
		{name: "soft", fn: "servers.reboot", args: `{ id = "s" }`, wire: act(`{"reboot":{"type":"SOFT"}}`, "REBOOT rebooting", "ACTIVE"), want: row("ACTIVE")},
		{name: "hard", fn: "servers.reboot", args: `{ id = "s" }, { type = "HARD", wait = false }`, wire: act(`{"reboot":{"type":"HARD"}}`), want: `nil`},
		{name: "why", fn: "servers.lock", args: `{ id = "s" }, { reason = "r" }`, wire: act(`{"lock":{"locked_reason":"r"}}`), want: ``},
		{name: "open", fn: "servers.unlock", args: `{ id = "s" }`, wire: act(`{"unlock":null}`), want: ``},
		{
			name: "password", fn: "servers.rescue", args: `{ id = "s" }, { image = { id = "i" } }`,
			wire: []exchange{{want: "POST servers/s/action", body: `{"rescue":{"rescue_image_ref":"i"}}`, answer: `{"adminPass":"pw"}`}, {want: "GET servers/s", answer: server("RESCUE", "")}},
			want: `{"OS-EXT-STS:task_state":null,"adminPass":"pw","id":"s","name":"web","status":"RESCUE"}`,
		},
		{
			name: "confirmed", fn: "servers.resize", args: `{ id = "s" }, { id = "2" }, { confirm = true, disk_config = "AUTO" }`,
			wire: append(act(`{"resize":{"flavorRef":"2","OS-DCF:diskConfig":"AUTO"}}`, "RESIZE resize_prep", "VERIFY_RESIZE"), act(`{"confirmResize":null}`, "ACTIVE")...), want: row("ACTIVE"),
		},
		{
			name: "taken back", fn: "servers.resize", args: `{ id = "s" }, { id = "2" }`,
			wire: append(act(`{"resize":{"flavorRef":"2"}}`, "RESIZE resize_prep", "ACTIVE"),
				exchange{want: "GET servers/s/os-instance-actions", answer: `{"instanceActions":[{"action":"resize","message":"Error"}]}`}),
			fail: &failure{"resource_error", "servers.resize", "gave up: Error", "actions_log"},
		},
		{
			name: "every option", fn: "servers.rebuild",
			args: `{ id = "s" }, { id = "i" }, { name = "n", description = "d", admin_pass = "pw", metadata = {}, key_name = false, user_data = "x", hostname = "h", accessIPv4 = "1.2.3.4", wait = false }`,
			wire: act(`{"rebuild":{"imageRef":"i","name":"n","description":"d","adminPass":"pw","metadata":{},"key_name":null,"user_data":"eA==","hostname":"h","accessIPv4":"1.2.3.4"}}`), want: `nil`,
		},
		{name: "somewhere", fn: "servers.unshelve", args: `{ id = "s" }, { availability_zone = "z", wait = false }`, wire: act(`{"unshelve":{"availability_zone":"z"}}`), want: `nil`},
		{name: "anywhere", fn: "servers.unshelve", args: `{ id = "s" }`, wire: act(`{"unshelve":null}`, "SHELVED_OFFLOADED spawning", "ACTIVE"), want: row("ACTIVE")},
		{name: "new", fn: "servers.change_password", args: `{ id = "s" }, "secret-password"`, wire: act(`{"changePassword":{"adminPass":"secret-password"}}`, "ACTIVE"), want: row("ACTIVE")},
		{
			name: "waits for the image", fn: "servers.create_image", args: `{ id = "s" }, { name = "b", metadata = { x = "y" } }`,
			wire: []exchange{
				{want: "POST servers/s/action", body: `{"createImage":{"name":"b","metadata":{"x":"y"}}}`, status: 202, answer: `{"image_id":"i"}`},
				{want: "GET images/i", answer: `{"id":"i","status":"queued"}`}, {want: "GET images/i", answer: `{"id":"i","status":"active"}`},
			},
			want: `{"id":"i","status":"active"}`,
		},
		{
			name: "lines", fn: "servers.console_log", args: `{ id = "s" }, { lines = 2 }`,
			wire: []exchange{{want: "POST servers/s/action", body: `{"os-getConsoleOutput":{"length":2}}`, answer: `{"output":"a\nb\n"}`}}, want: `"a\nb\n"`,
		},
		{
			name: "until it shows", fn: "servers.wait_console", args: `{ id = "s" }, "login:"`,
			wire: []exchange{
				{want: "POST servers/s/action", body: `{"os-getConsoleOutput":{}}`, status: 409, answer: `{"conflictingRequest":{"code":409,"message":"Instance s is not ready"}}`},
				{want: "POST servers/s/action", body: `{"os-getConsoleOutput":{}}`, answer: `{"output":"booting\n"}`},
				{want: "POST servers/s/action", body: `{"os-getConsoleOutput":{}}`, answer: `{"output":"booting\r\nweb login: \r\n"}`},
			},
			want: `"web login: "`,
		},
		{
			name: "kind", fn: "servers.console_url", args: `{ id = "s" }, { type = "serial" }`,
			wire: []exchange{{want: "POST servers/s/remote-consoles", body: `{"remote_console":{"protocol":"serial","type":"serial"}}`, answer: `{"remote_console":{"url":"ws://x"}}`}}, want: `"ws://x"`,
		},
		{
			name: "newest", fn: "servers.actions_log", args: `{ id = "s" }, { limit = 1 }`,
			wire: []exchange{{want: "GET servers/s/os-instance-actions", answer: `{"instanceActions":[{"action":"stop"},{"action":"create"}]}`}}, want: `[{"action":"stop"}]`,
		},
		{
			name: "events", fn: "servers.actions_log", args: `{ id = "s" }, { request_id = "req-1" }`,
			wire: []exchange{{want: "GET servers/s/os-instance-actions/req-1", answer: `{"instanceAction":{"events":[]}}`}}, want: `{"events":[]}`,
		},
		{
			name: "some", fn: "servers.set_metadata", args: `{ id = "s" }, { a = "b" }`,
			wire: []exchange{{want: "POST servers/s/metadata", body: `{"metadata":{"a":"b"}}`, answer: `{"metadata":{"a":"b"}}`}}, want: `{"a":"b"}`,
		},
		{
			name: "all", fn: "servers.set_metadata", args: `{ id = "s" }, {}, { replace = true }`,
			wire: []exchange{{want: "PUT servers/s/metadata", body: `{"metadata":{}}`, answer: `{"metadata":{}}`}}, want: `{}`,
		},
		{name: "one", fn: "servers.delete_metadata", args: `{ id = "s" }, "a b"`, wire: []exchange{{want: "DELETE servers/s/metadata/a%20b", status: 204}}, want: ``},
		{name: "all", fn: "servers.set_tags", args: `{ id = "s" }, { "a" }`, wire: []exchange{{want: "PUT servers/s/tags", body: `{"tags":["a"]}`, answer: `{"tags":["a"]}`}}, want: ``},
		{name: "by name", fn: "servers.add_security_group", args: `{ id = "s" }, "default"`, wire: act(`{"addSecurityGroup":{"name":"default"}}`), want: ``},
		{name: "an object", fn: "servers.remove_security_group", args: `{ id = "s" }, { id = "g" }`, wire: act(`{"removeSecurityGroup":{"name":"g"}}`), want: ``},
		{
			name: "ports", fn: "servers.interfaces", args: `{ id = "s" }`,
			wire: []exchange{{want: "GET servers/s/os-interface", answer: `{"interfaceAttachments":[{"port_id":"p"}]}`}}, want: `[{"port_id":"p"}]`,
		},
		{
			name: "a network", fn: "servers.attach_interface", args: `{ id = "s" }, { network = { id = "n" }, fixed_ips = { "10.0.0.9" }, tag = "t" }`,
			wire: []exchange{{want: "POST servers/s/os-interface", body: `{"interfaceAttachment":{"net_id":"n","fixed_ips":[{"ip_address":"10.0.0.9"}],"tag":"t"}}`, answer: `{"interfaceAttachment":{"port_id":"p"}}`}},
			want: `{"port_id":"p"}`,
		},
		{name: "neither", fn: "servers.attach_interface", args: `{ id = "s" }`, fail: &failure{code: "bad_argument", op: "servers.attach_interface"}},
		{
			name: "until it is off", fn: "servers.detach_interface", args: `{ id = "s" }, { id = "p" }`,
			wire: []exchange{
				{want: "DELETE servers/s/os-interface/p", status: 202}, {want: "GET servers/s/os-interface/p", answer: `{"interfaceAttachment":{}}`},
				{want: "GET servers/s/os-interface/p", status: 404, answer: `{"itemNotFound":{"code":404,"message":"gone"}}`},
			},
			want: ``,
		},
	}
	for _, c := range []struct{ fn, body, status string }{
		{"start", `{"os-start":null}`, "ACTIVE"}, {"pause", `{"pause":null}`, "PAUSED"}, {"unpause", `{"unpause":null}`, "ACTIVE"}, {"suspend", `{"suspend":null}`, "SUSPENDED"},
		{"resume", `{"resume":null}`, "ACTIVE"}, {"unrescue", `{"unrescue":null}`, "ACTIVE"}, {"confirm_resize", `{"confirmResize":null}`, "ACTIVE"},
		{"revert_resize", `{"revertResize":null}`, "SHUTOFF"}, {"shelve", `{"shelve":null}`, "SHELVED_OFFLOADED"},
	} {
		cases = append(cases, wireCase{name: "waits", fn: "servers." + c.fn, args: `{ id = "s" }`, wire: act(c.body, c.status+" busy", c.status), want: row(c.status)})
	}
	runWire(t, cases)
}

func TestServerAddresses(t *testing.T) {
	both := exchange{want: "GET servers/s", answer: `{"server":{"id":"s","addresses":{"b":[{"addr":"fd00::5","version":6,"OS-EXT-IPS:type":"fixed"},
		{"addr":"10.0.0.5","version":4,"OS-EXT-IPS:type":"fixed"},{"addr":"172.24.4.9","version":4,"OS-EXT-IPS:type":"floating"}],"a":[{"addr":"10.1.0.5","version":4,"OS-EXT-IPS:type":"fixed"}]}}}`}
	late := exchange{want: "GET servers/s", answer: `{"server":{"id":"s","addresses":{"a":[{"addr":"10.1.0.5","version":4,"OS-EXT-IPS:type":"fixed"}]}}}`}
	asked := func(device string) exchange {
		return exchange{want: "GET floatingips?fixed_ip_address=10.1.0.5", answer: `{"floatingips":[{"id":"f","floating_ip_address":"172.24.4.9","port_details":{"device_id":"` + device + `"}}]}`}
	}
	ports := exchange{want: "GET ports?device_id=s&fields=id&fields=network_id&fields=fixed_ips",
		answer: `{"ports":[{"id":"p","network_id":"n","fixed_ips":[{"subnet_id":"` + subID + `","ip_address":"10.0.0.5"}]}]}`}
	put := func(status int, body, answer string) exchange {
		return exchange{want: "PUT floatingips/" + fipID, body: `{"floatingip":` + body + `}`, status: status, answer: answer}
	}
	refused := put(404, `{"port_id":"p"}`, neutronError("ExternalGatewayForFloatingIPNotFound", "External network "+pubID+" is not reachable from subnet "+subID+".  Therefore, cannot associate Port p with a Floating IP."))
	outside := exchange{want: "GET networks/" + pubID, answer: `{"network":{"id":"` + pubID + `","name":"public"}}`}
	inside := exchange{want: "GET subnets/" + subID, answer: `{"subnet":{"id":"` + subID + `","name":"blue"}}`}
	joints := func(ports string) exchange {
		return exchange{want: "GET ports?device_owner=network:router_interface&device_owner=network:router_interface_distributed&device_owner=network:ha_router_replicated_interface&fixed_ips=subnet_id=" + subID,
			answer: `{"ports":[` + ports + `]}`}
	}
	fip := `{"floatingip":{"id":"` + fipID + `","floating_ip_address":"172.24.4.9","port_id":"p"}}`
	done := canonical(`{"id":"` + fipID + `","floating_ip_address":"172.24.4.9","port_id":"p"}`)
	runWire(t, []wireCase{
		{name: "floating first", fn: "servers.ip", args: `{ id = "s" }`, wire: []exchange{both}, want: `"172.24.4.9"`},
		{name: "inside", fn: "servers.ip", args: `{ id = "s" }, { floating = false, network = "b" }`, wire: []exchange{both}, want: `"10.0.0.5"`},
		{name: "version", fn: "servers.ip", args: `{ id = "s" }, { version = 6 }`, wire: []exchange{both}, want: `"fd00::5"`},
		{name: "compute hears late", fn: "servers.ip", args: `{ id = "s" }`, wire: []exchange{late, asked("s")}, want: `"172.24.4.9"`},
		{name: "another's", fn: "servers.ip", args: `{ id = "s" }`, wire: []exchange{late, asked("t")}, want: `"10.1.0.5"`},
		{name: "none of the kind", fn: "servers.ip", args: `{ id = "s" }, { network = "c" }`, wire: []exchange{both}, want: `nil`},
		{
			name: "by address", fn: "servers.add_floating_ip", args: `{ id = "s" }, "172.24.4.9"`,
			wire: []exchange{{want: "GET floatingips?floating_ip_address=172.24.4.9", answer: `{"floatingips":[{"id":"` + fipID + `","floating_ip_address":"172.24.4.9"}]}`}, ports, put(200, `{"port_id":"p"}`, fip)},
			want: done,
		},
		{
			name: "port and address", fn: "servers.add_floating_ip", args: `{ id = "s" }, { id = "` + fipID + `" }, { port = { id = "p" }, fixed_ip = "10.0.0.5" }`,
			wire: []exchange{put(200, `{"port_id":"p","fixed_ip_address":"10.0.0.5"}`, fip)}, want: done,
		},
		{
			name: "no router", fn: "servers.add_floating_ip", args: `{ id = "s" }, { id = "` + fipID + `" }`,
			wire: []exchange{ports, refused, outside, inside, joints(``)},
			fail: &failure{"conflict", "servers.add_floating_ip", `"public" has no way to subnet "blue": the subnet is on no router`, `routers.add_subnet(router, "blue")`},
		},
		{
			name: "no gateway", fn: "servers.add_floating_ip", args: `{ id = "s" }, { id = "` + fipID + `" }`,
			wire: []exchange{ports, refused, outside, inside, joints(`{"id":"j","device_id":"r"}`), {want: "GET routers?id=r", answer: `{"routers":[{"id":"r","name":"gate","external_gateway_info":null}]}`}},
			fail: &failure{"conflict", "servers.add_floating_ip", `router "gate" has no gateway`, `routers.set_gateway("gate", "public")`},
		},
		{
			name: "another network", fn: "servers.add_floating_ip", args: `{ id = "s" }, { id = "` + fipID + `" }`,
			wire: []exchange{ports, refused, outside, inside, joints(`{"id":"j","device_id":"r"}`), {want: "GET routers?id=r", answer: `{"routers":[{"id":"r","name":"gate","external_gateway_info":{"network_id":"o"}}]}`},
				{want: "GET networks/o", answer: `{"network":{"id":"o","name":"other"}}`}},
			fail: &failure{"conflict", "servers.add_floating_ip", `leads to another network, "other"`, "set_gateway"},
		},
		{
			name: "no port", fn: "servers.add_floating_ip", args: `{ id = "s" }, { id = "` + fipID + `" }`, wire: []exchange{{want: ports.want, answer: `{"ports":[]}`}},
			fail: &failure{"not_found", "servers.add_floating_ip", "no port with an IPv4 address", "attach_interface"},
		},
		{
			name: "its own", fn: "servers.remove_floating_ip", args: `{ id = "s" }, { id = "` + fipID + `" }`,
			wire: []exchange{{want: "GET floatingips/" + fipID, answer: fip}, ports, put(200, `{"port_id":null}`, fip)}, want: done,
		},
		{
			name: "its own, as the address tells", fn: "servers.remove_floating_ip", args: `{ id = "s" }, { id = "` + fipID + `" }`,
			wire: []exchange{{want: "GET floatingips/" + fipID, answer: strings.Replace(fip, `"port_id"`, `"port_details":{"device_id":"s"},"port_id"`, 1)}, put(200, `{"port_id":null}`, fip)}, want: done,
		},
		{
			name: "another server's", fn: "servers.remove_floating_ip", args: `{ id = "s" }, { id = "` + fipID + `" }`,
			wire: []exchange{{want: "GET floatingips/" + fipID, answer: strings.Replace(fip, `"p"`, `"q"`, 1)}, ports},
			fail: &failure{"not_found", "servers.remove_floating_ip", "on another port, q", "floating = true"},
		},
	})
}

func TestPreflight(t *testing.T) {
	image := exchange{want: "GET images/i", answer: `{"id":"i","name":"ubuntu","status":"active","size":536870912,"virtual_size":2361393152,"min_disk":0,"min_ram":256}`}
	flavor := exchange{want: "GET flavors/42", answer: `{"flavor":{"id":"42","name":"m1.nano","vcpus":1,"ram":128,"disk":1}}`}
	limits := exchange{want: "GET limits", answer: `{"limits":{"absolute":{"maxTotalInstances":10,"totalInstancesUsed":10,"maxTotalCores":-1,"totalCoresUsed":3,"maxTotalRAMSize":51200,"totalRAMUsed":1280}}}`}
	good := []exchange{
		{want: "GET flavors/42", answer: `{"flavor":{"id":"42","name":"ds4G","vcpus":1,"ram":4096,"disk":20}}`}, image,
		{want: "GET limits", answer: `{"limits":{"absolute":{"maxTotalInstances":10,"totalInstancesUsed":0}}}`},
	}
	subnet := `{"subnets":[{"id":"s","cidr":"10.0.0.0/29","allocation_pools":[{"start":"10.0.0.2","end":"10.0.0.3"}]}]}`
	const refs = `name = "web", image = { id = "i" }, flavor = { id = "42" }`
	network := exchange{want: "GET networks/n", answer: `{"network":{"id":"n","name":"blue","router:external":false,"shared":false}}`}
	taken := func(ips string) exchange {
		return exchange{want: "GET ports?fields=id&fields=fixed_ips&network_id=n", answer: `{"ports":[` + ips + `]}`}
	}
	at := func(ip string) string { return `{"id":"x","fixed_ips":[{"subnet_id":"s","ip_address":"` + ip + `"}]}` }
	for _, c := range []struct {
		name, args string
		wire       []exchange
		says       []string
	}{
		{"all is well", `{ ` + refs + `, network = { id = "n" } }`, append(good[:3:3], network, exchange{want: "GET subnets?network_id=n", answer: subnet}, taken(at("10.0.0.2"))), nil},
		{
			"size, quota and key", `{ ` + refs + `, networks = "none", key_name = "k" }`,
			[]exchange{flavor, image, limits, {want: "GET os-keypairs/k", status: 404, answer: `{"itemNotFound":{"code":404,"message":"Keypair k not found for user u"}}`}},
			[]string{`disk of 1 GiB, and image \"ubuntu\" unpacks to 2.2 GiB`, `min_disk = 3`, `128 MiB of memory, and image \"ubuntu\" asks for 256`, `needs 1 servers, and the project has 0 of 10 left`, `Keypair k not found`},
		},
		{
			"no address left", `{ ` + refs + `, network = { id = "n" } }`,
			append(good[:3:3], network, exchange{want: "GET subnets?network_id=n", answer: subnet}, taken(at("10.0.0.2")+","+at("10.0.0.3")+","+at("10.0.0.1"))), []string{"no free address left"},
		},
		{
			"an address taken", `{ ` + refs + `, networks = { { network = { id = "n" }, fixed_ip = "10.0.0.2" } } }`,
			append(good[:3:3], network, exchange{want: "GET subnets?network_id=n", answer: subnet}, taken(at("10.0.0.2"))), []string{"10.0.0.2 is taken"},
		},
		{
			"external", `{ ` + refs + `, network = { id = "n" } }`,
			append(good[:3:3], exchange{want: "GET networks/n", answer: `{"network":{"id":"n","name":"public","router:external":true}}`}), []string{`network \"public\" is external`},
		},
		{"no subnet", `{ ` + refs + `, network = { id = "n" } }`, append(good[:3:3], network, exchange{want: "GET subnets?network_id=n", answer: `{"subnets":[]}`}), []string{"has no subnet"}},
		{
			"several networks", `{ ` + refs + ` }`,
			append(good[:3:3], exchange{want: "GET networks", answer: `{"networks":[{"id":"a","name":"red","project_id":"pid"},{"id":"b","name":"blue","project_id":"pid"},{"id":"c","name":"public","project_id":"x"}]}`}),
			[]string{"several networks (blue, red)"},
		},
		{"no network", `{ ` + refs + ` }`, append(good[:3:3], exchange{want: "GET networks", answer: `{"networks":[]}`}), []string{"has no network"}},
		{"a port in use", `{ ` + refs + `, networks = { { port = { id = "p" } } } }`, append(good[:3:3], exchange{want: "GET ports/p", answer: `{"port":{"id":"p","device_id":"d"}}`}), []string{"in use by d"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := on(t, c.wire...).call("servers.preflight", c.args)
			if err != nil {
				t.Fatal(err)
			}
			if c.says == nil && got != "[]" {
				t.Errorf("got %s", got)
			}
			for _, s := range c.says {
				if !strings.Contains(got, s) {
					t.Errorf("%s does not say %s", got, s)
				}
			}
		})
	}
}
