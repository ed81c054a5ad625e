package compute

import (
	"maps"
	"net/http"
	"slices"

	"github.com/oslua/oslua/simulator/web"
)

type handler = func(*call) (*web.Response, error)

func (s *service) routes() []web.Route {
	route := func(method, pattern, doc string, f handler) web.Route {
		return web.Route{Method: method, Pattern: "/v2.1" + pattern, Handler: s.handle(f), Doc: doc}
	}
	get := func(pattern, doc string, f handler) web.Route { return route(http.MethodGet, pattern, doc, f) }
	post := func(pattern, doc string, f handler) web.Route { return route(http.MethodPost, pattern, doc, f) }
	put := func(pattern, doc string, f handler) web.Route { return route(http.MethodPut, pattern, doc, f) }
	del := func(pattern, doc string, f handler) web.Route { return route(http.MethodDelete, pattern, doc, f) }

	root := web.Route{Method: http.MethodGet, Pattern: "/{$}", Handler: s.handle(versions), Public: true, Doc: "List the versions."}
	one := get("", "Show version 2.1.", version)
	one.Public = true
	console := web.Route{Method: http.MethodGet, Pattern: "/console/vnc_lite.html", Handler: s.handle(consolePage), Public: true, Doc: "Show a server's console in a browser."}

	groups := get("/os-security-groups", "List security groups as older clients saw them.", listSecurityGroups)
	groups.Write = true // a project's default group is made when its groups are first looked at

	routes := []web.Route{
		root, one, console,
		get("/versions/{id}", "Show a version.", showVersion),
		get("/extensions", "List extensions.", listExtensions), get("/extensions/{id}", "Show an extension.", showExtension),

		get("/flavors", "List flavors.", listFlavors(false)), get("/flavors/detail", "List flavors in detail.", listFlavors(true)),
		post("/flavors", "Create a flavor.", createFlavor), get("/flavors/{id}", "Show a flavor.", showFlavor),
		put("/flavors/{id}", "Update a flavor's description.", updateFlavor), del("/flavors/{id}", "Delete a flavor.", deleteFlavor),
		post("/flavors/{id}/action", "Let a project use a flavor, or no longer.", flavorAction),
		get("/flavors/{id}/os-extra_specs", "List a flavor's extra specs.", listSpecs), post("/flavors/{id}/os-extra_specs", "Add extra specs to a flavor.", createSpecs),
		get("/flavors/{id}/os-extra_specs/{key}", "Show an extra spec.", showSpec), put("/flavors/{id}/os-extra_specs/{key}", "Set an extra spec.", updateSpec),
		del("/flavors/{id}/os-extra_specs/{key}", "Delete an extra spec.", deleteSpec),
		get("/flavors/{id}/os-flavor-access", "List the projects that may use a flavor.", listAccess),

		get("/os-keypairs", "List keypairs.", listKeypairs), post("/os-keypairs", "Create or import a keypair.", createKeypair),
		get("/os-keypairs/{name}", "Show a keypair.", showKeypair), del("/os-keypairs/{name}", "Delete a keypair.", deleteKeypair),

		get("/servers", "List servers.", listServers(false)), get("/servers/detail", "List servers in detail.", listServers(true)),
		post("/servers", "Create servers.", createServer), get("/servers/{id}", "Show a server.", showServer),
		put("/servers/{id}", "Update a server.", updateServer), del("/servers/{id}", "Delete a server.", deleteServer),
		post("/servers/{id}/action", "Do something with a server.", doAction),
		get("/servers/{id}/ips", "List a server's addresses.", serverAddresses), get("/servers/{id}/ips/{network}", "List a server's addresses of a network.", networkAddresses),
		get("/servers/{id}/metadata", "List a server's metadata.", listMetadata), post("/servers/{id}/metadata", "Add to a server's metadata.", setMetadata(false)),
		put("/servers/{id}/metadata", "Replace a server's metadata.", setMetadata(true)), get("/servers/{id}/metadata/{key}", "Show an item of metadata.", showMetadata),
		put("/servers/{id}/metadata/{key}", "Set an item of metadata.", setMetadataItem), del("/servers/{id}/metadata/{key}", "Delete an item of metadata.", deleteMetadata),
		get("/servers/{id}/tags", "List a server's tags.", listTags), put("/servers/{id}/tags", "Replace a server's tags.", setTags),
		del("/servers/{id}/tags", "Remove a server's tags.", dropTags), get("/servers/{id}/tags/{tag}", "Check a server's tag.", checkTag),
		put("/servers/{id}/tags/{tag}", "Add a tag to a server.", addTag), del("/servers/{id}/tags/{tag}", "Remove a tag from a server.", dropTag),
		get("/servers/{id}/os-interface", "List a server's interfaces.", listInterfaces), post("/servers/{id}/os-interface", "Attach an interface.", attachInterface),
		get("/servers/{id}/os-interface/{port}", "Show an interface.", showInterface), del("/servers/{id}/os-interface/{port}", "Detach an interface.", detachInterface),
		get("/servers/{id}/os-security-groups", "List a server's security groups.", serverGroups),
		get("/servers/{id}/os-instance-actions", "List what was done with a server.", listActions),
		get("/servers/{id}/os-instance-actions/{request}", "Show one thing that was done with a server.", showAction),
		get("/servers/{id}/os-volume_attachments", "List a server's volumes: there are none.", listVolumes),
		post("/servers/{id}/os-volume_attachments", "Refuse a volume: there are none.", attachVolume),
		get("/servers/{id}/os-volume_attachments/{volume}", "Show a server's volume: there are none.", showVolume),
		del("/servers/{id}/os-volume_attachments/{volume}", "Detach a volume: there are none.", showVolume),
		post("/servers/{id}/remote-consoles", "Make a remote console.", remoteConsole),
		get("/servers/{id}/diagnostics", "Show the driver's figures of a server.", diagnostics),
		get("/servers/{id}/os-server-password", "Show the password a server reported: none.", serverPassword),
		del("/servers/{id}/os-server-password", "Forget the password a server reported.", clearPassword),
		get("/servers/{id}/migrations", "List a server's live migrations: there are none.", serverMigrations),
		get("/servers/{id}/migrations/{migration}", "Show a live migration: there are none.", showMigration),
		get("/servers/{id}/topology", "Show a server's NUMA topology.", topology),

		get("/os-server-groups", "List server groups.", listGroups), post("/os-server-groups", "Create a server group.", createGroup),
		get("/os-server-groups/{id}", "Show a server group.", showGroup), del("/os-server-groups/{id}", "Delete a server group.", deleteGroup),

		get("/limits", "Show a project's limits and what it uses.", showLimits),
		get("/os-quota-sets/{id}", "Show a project's quotas.", showQuota), put("/os-quota-sets/{id}", "Change a project's quotas.", updateQuota),
		del("/os-quota-sets/{id}", "Give a project the default quotas again.", deleteQuota),
		get("/os-quota-sets/{id}/detail", "Show a project's quotas and what it uses.", quotaDetail),
		get("/os-quota-sets/{id}/defaults", "Show the default quotas.", defaultQuota),
		get("/os-quota-class-sets/{id}", "Show a quota class.", showClass), put("/os-quota-class-sets/{id}", "Change a quota class.", updateClass),

		get("/os-availability-zone", "List availability zones.", listZones(false)), get("/os-availability-zone/detail", "List availability zones and their hosts.", listZones(true)),
		get("/os-hypervisors", "List hypervisors.", listHypervisors(false)), get("/os-hypervisors/detail", "List hypervisors in detail.", listHypervisors(true)),
		get("/os-hypervisors/statistics", "Sum the hypervisors up.", hypervisorStatistics), get("/os-hypervisors/{id}", "Show a hypervisor.", showHypervisor),
		get("/os-hypervisors/{id}/uptime", "Refuse a hypervisor's uptime, as the fake driver does.", hypervisorUptime),
		get("/os-hypervisors/{id}/search", "Find hypervisors by name.", searchHypervisors(false)),
		get("/os-hypervisors/{id}/servers", "Find hypervisors by name, with their servers.", searchHypervisors(true)),
		get("/os-services", "List Nova's services.", listServices), put("/os-services/{id}", "Disable or enable a service.", updateService),
		del("/os-services/{id}", "Refuse to take the one host out.", deleteService),
		get("/os-hosts", "List hosts.", listHosts), get("/os-hosts/{id}", "Show a host.", showHost),
		get("/os-aggregates", "List aggregates.", listAggregates), post("/os-aggregates", "Create an aggregate.", createAggregate),
		get("/os-aggregates/{id}", "Show an aggregate.", showAggregate), put("/os-aggregates/{id}", "Update an aggregate.", updateAggregate),
		del("/os-aggregates/{id}", "Delete an aggregate.", deleteAggregate), post("/os-aggregates/{id}/action", "Change an aggregate's hosts or metadata.", aggregateAction),
		get("/os-simple-tenant-usage", "List what projects used.", listUsage), get("/os-simple-tenant-usage/{id}", "Show what a project used.", showUsage),
		get("/os-migrations", "List migrations.", listMigrations),
		post("/os-server-external-events", "Refuse events from outside.", externalEvents),
		groups, get("/os-security-groups/{id}", "Show a security group as older clients saw it.", before36(showSecurityGroup)),
		post("/os-security-groups", "Create a security group as older clients did.", before36(createSecurityGroup)),
		put("/os-security-groups/{id}", "Rename a security group as older clients did.", before36(updateSecurityGroup)),
		del("/os-security-groups/{id}", "Delete a security group as older clients did.", before36(deleteSecurityGroup)),
		post("/os-security-group-rules", "Create a security group rule as older clients did.", before36(createSecurityRule)),
		del("/os-security-group-rules/{id}", "Delete a security group rule as older clients did.", before36(deleteSecurityRule)),
		get("/os-floating-ip-pools", "List the pools of floating IPs.", listFloatingPools),

		get("/images", "List images.", listImages(false)), get("/images/detail", "List images in detail.", listImages(true)),
		get("/images/{id}", "Show an image.", showImage), get("/images/{id}/metadata", "List an image's properties.", imageMetadata),
		get("/images/{id}/metadata/{key}", "Show an image's property.", imageMetadataItem),
	}
	// What was taken out of Nova long ago says so itself.
	taken := func(*call) (*web.Response, error) { return nil, gone() }
	for _, path := range []string{"/os-agents", "/os-cells", "/os-certificates/{id}", "/os-cloudpipe", "/os-fixed-ips/{id}", "/os-floating-ip-dns",
		"/os-fping", "/os-security-group-default-rules", "/servers/{id}/os-virtual-interfaces", "/servers/{id}/consoles"} {
		routes = append(routes, get(path, "Taken out of Nova.", taken))
	}
	legacy := map[string]string{
		"/os-assisted-volume-snapshots": "Snapshots of volumes, for block storage.", "/os-assisted-volume-snapshots/{id}": "Snapshots of volumes, for block storage.",
		"/os-baremetal-nodes": "Nodes of bare metal.", "/os-baremetal-nodes/{id}": "Nodes of bare metal.", "/os-instance_usage_audit_log": "The audit log.",
		"/os-instance_usage_audit_log/{id}": "The audit log.", "/os-console-auth-tokens/{id}": "Tokens of consoles.",
		"/os-networks": "Networks as older clients saw them.", "/os-networks/{id}": "Networks as older clients saw them.",
		"/os-tenant-networks": "Networks as older clients saw them.", "/os-tenant-networks/{id}": "Networks as older clients saw them.",
		"/os-floating-ips": "Floating IPs as older clients saw them.", "/os-floating-ips/{id}": "Floating IPs as older clients saw them.",
		"/os-volumes": "Volumes through Nova.", "/os-volumes/{rest...}": "Volumes through Nova.", "/os-volumes_boot": "Servers from volumes.",
		"/os-snapshots": "Snapshots of volumes.", "/os-snapshots/{rest...}": "Snapshots of volumes.",
	}
	for _, path := range slices.Sorted(maps.Keys(legacy)) {
		routes = append(routes, web.Route{Pattern: "/v2.1" + path, Missing: true, Doc: legacy[path]})
	}
	return routes
}
