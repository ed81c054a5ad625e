package compute

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// cpuInfo is what the fake driver says of its processor.
const cpuInfo = `{"arch": "x86_64", "model": "Nehalem", "vendor": "Intel", "features": ["pge", "clflush"], "topology": {"cores": 1, "threads": 1, "sockets": 4}}`

// fixedID is the ID of something there is exactly one of.
func fixedID(name string) string {
	sum := sha256.Sum256([]byte("oslua simulator " + name))
	id, _ := uuid.FromBytes(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// daemon is one of Nova's services.
type daemon struct {
	number       int
	binary, zone string
}

func (c *call) daemons() ([]daemon, error) {
	zone, err := c.hostZone()
	return []daemon{{1, "nova-scheduler", "internal"}, {2, "nova-conductor", "internal"}, {4, "nova-compute", zone}}, err
}

func (c *call) idOf(number int, name string) any {
	if c.at(53) {
		return fixedID(name)
	}
	return number
}

func (c *call) daemonWire(d daemon, h hostState) web.Object {
	o := web.Object{"binary": d.binary, "host": hostName, "id": c.idOf(d.number, d.binary), "zone": d.zone, "status": "enabled", "state": "up",
		"updated_at": microTime(c.now()), "disabled_reason": nil}
	forced := false
	if d.binary == "nova-compute" {
		if h.Disabled {
			o["status"], o["disabled_reason"] = "disabled", orNull(h.Reason)
		}
		if h.ForcedDown {
			o["state"] = "down"
		}
		forced = h.ForcedDown
	}
	if c.at(11) {
		o["forced_down"] = forced
	}
	return o
}

func listServices(c *call) (*web.Response, error) {
	if err := checkQuery(queryParams(!c.at(75), map[string]schema{"host": text(), "binary": text()}), c.Request); err != nil {
		return nil, err
	}
	if err := c.may("os-services:list"); err != nil {
		return nil, err
	}
	all, err := c.daemons()
	if err != nil {
		return nil, err
	}
	h, err := c.host()
	if err != nil {
		return nil, err
	}
	shown := []web.Object{}
	host, binary := c.Query().Get("host"), c.Query().Get("binary")
	for _, d := range all {
		if (host == "" || host == hostName) && (binary == "" || binary == d.binary) {
			shown = append(shown, c.daemonWire(d, h))
		}
	}
	return web.OK(web.Object{"services": shown}), nil
}

// updateService is PUT /os-services/{id}: an action until 2.52, the ID of a service from 2.53 on.
func updateService(c *call) (*web.Response, error) {
	h, err := c.host()
	if err != nil {
		return nil, err
	}
	if !c.at(53) {
		return c.oldServiceAction(h)
	}
	body, err := c.bodyIs(schema{typ("object")})
	if err != nil {
		return nil, err
	}
	all := []property{prop("status", schema{typ("string"), enum("enabled", "disabled")}), prop("disabled_reason", schema{typ("string"), length(1, 255)}),
		prop("forced_down", booleanSchema())}
	if err := checkBody(schema{props(all...), closed(all...)}, body); err != nil {
		return nil, err
	}
	if err := c.may("os-services:update"); err != nil {
		return nil, err
	}
	daemons, err := c.daemons()
	if err != nil {
		return nil, err
	}
	id := c.PathValue("id")
	if !isUUID(id) {
		return nil, badRequest("Invalid uuid %s", id)
	}
	at := slices.IndexFunc(daemons, func(d daemon) bool { return fixedID(d.binary) == id })
	if at < 0 {
		return nil, notFound("Service %s could not be found.", id)
	}
	d := daemons[at]
	switch {
	case d.binary != "nova-compute":
		return nil, badRequest("Updating a %s service is not supported. Only nova-compute services can be updated.", d.binary)
	case len(body.keys) == 0:
		return nil, badRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
	case body.text("status") != "disabled" && body.has("disabled_reason"):
		return nil, badRequest("Specifying disabled_reason requires that status is disabled.")
	}
	if body.has("status") {
		h.Disabled, h.Reason = body.text("status") == "disabled", body.text("disabled_reason")
	}
	if body.has("forced_down") {
		h.ForcedDown = truth(body.get("forced_down"))
	}
	return web.OK(web.Object{"service": c.daemonWire(d, h)}), store.Put(c.Tx, h)
}

func (c *call) oldServiceAction(h hostState) (*web.Response, error) {
	action := c.PathValue("id")
	all := []property{prop("host", schema{typ("string"), length(1, 255)}), prop("binary", schema{typ("string"), length(1, 255)})}
	must := []string{"host", "binary"}
	switch action {
	case "disable-log-reason":
		all, must = append(all, prop("disabled_reason", schema{typ("string"), length(1, 255)})), append(must, "disabled_reason")
	case "force-down":
		all, must = append(all, prop("forced_down", booleanSchema())), append(must, "forced_down")
	}
	body, err := c.bodyIs(obj(all, must...))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-services:update"); err != nil {
		return nil, err
	}
	host, binary := body.text("host"), body.text("binary")
	o := web.Object{"host": host, "binary": binary}
	switch {
	case action == "enable":
		h.Disabled, h.Reason = false, ""
		o["status"] = "enabled"
	case action == "disable", action == "disable-log-reason":
		h.Disabled, h.Reason = true, body.text("disabled_reason")
		o["status"] = "disabled"
		if action == "disable-log-reason" {
			o["disabled_reason"] = h.Reason
		}
	case action == "force-down" && c.at(11):
		h.ForcedDown = truth(body.get("forced_down"))
		o["forced_down"] = h.ForcedDown
	default:
		return nil, notFound("Unknown action")
	}
	if host != hostName {
		return nil, notFound("Could not find binary %s on host %s.", binary, host)
	}
	if binary != "nova-compute" {
		return nil, badRequest("Updating a %s service is not supported. Only nova-compute services can be updated.", binary)
	}
	return web.OK(web.Object{"service": o}), store.Put(c.Tx, h)
}

func deleteService(c *call) (*web.Response, error) {
	if err := c.may("os-services:delete"); err != nil {
		return nil, err
	}
	return nil, conflict("The one host of this cloud cannot be taken out of it.")
}

func (c *call) hypervisor(full bool) (web.Object, error) {
	h, err := c.host()
	if err != nil {
		return nil, err
	}
	o := web.Object{"id": c.idOf(1, "hypervisor"), "hypervisor_hostname": hostName, "state": "up", "status": "enabled"}
	if h.Disabled {
		o["status"] = "disabled"
	}
	if h.ForcedDown {
		o["state"] = "down"
	}
	if !full {
		return o, nil
	}
	o["hypervisor_type"], o["hypervisor_version"], o["host_ip"] = "fake", 1000, "127.0.0.1"
	o["service"] = web.Object{"id": c.idOf(4, "nova-compute"), "host": hostName, "disabled_reason": orNull(h.Reason)}
	if c.at(88) {
		o["uptime"] = nil
		return o, nil
	}
	u, err := c.onHost()
	if err != nil {
		return nil, err
	}
	maps.Copy(o, capacity(u))
	o["cpu_info"] = any(cpuInfo)
	if c.at(28) {
		o["cpu_info"] = web.Object{"arch": "x86_64", "model": "Nehalem", "vendor": "Intel", "features": []string{"pge", "clflush"},
			"topology": web.Object{"cores": 1, "threads": 1, "sockets": 4}}
	}
	return o, nil
}

func capacity(u used) web.Object {
	ram := u.RAM + hostKept
	return web.Object{"vcpus": hostVCPUs, "memory_mb": hostMemory, "local_gb": hostDisk, "vcpus_used": u.VCPUs, "memory_mb_used": ram,
		"local_gb_used": u.Disk, "free_ram_mb": hostMemory - ram, "free_disk_gb": hostDisk - u.Disk, "current_workload": 0, "running_vms": u.Servers,
		"disk_available_least": 0}
}

func listHypervisors(full bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		all := map[string]schema{}
		if c.at(33) {
			all["limit"], all["marker"] = nonNegativeSchema(), text()
		}
		if c.at(53) {
			all["hypervisor_hostname_pattern"], all["with_servers"] = schema{typ("string"), length(1, 0)}, booleanText()
		}
		if err := checkQuery(queryParams(!c.at(75), all), c.Request); err != nil {
			return nil, err
		}
		rule := "os-hypervisors:list"
		if full {
			rule = "os-hypervisors:list-detail"
		}
		if err := c.may(rule); err != nil {
			return nil, err
		}
		shown := []web.Object{}
		pattern := c.Query().Get("hypervisor_hostname_pattern")
		if c.at(53) && pattern != "" && !strings.Contains(hostName, pattern) {
			return nil, notFound("No hypervisor matching '%s' could be found.", pattern)
		}
		o, err := c.hypervisor(full)
		if err != nil {
			return nil, err
		}
		if err := c.withServers(o); err != nil {
			return nil, err
		}
		return web.OK(web.Object{"hypervisors": append(shown, o)}), nil
	}
}

func booleanText() schema {
	return schema{typ("string"), enum("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no")}
}

// withServers adds the host's servers when they are asked for.
func (c *call) withServers(o web.Object) error {
	if !c.at(53) || !truth(c.Query().Get("with_servers")) {
		return nil
	}
	all, err := c.hostServers()
	if err == nil && len(all) > 0 {
		o["servers"] = all
	}
	return err
}

func (c *call) hostServers() ([]web.Object, error) {
	all := []web.Object{}
	err := c.living(func(s server, _ string) error {
		if s.Host != "" {
			all = append(all, web.Object{"uuid": s.ID, "name": s.instanceName()})
		}
		return nil
	})
	return all, err
}

func (c *call) isHypervisor(id string) bool {
	return c.at(53) && id == fixedID("hypervisor") || !c.at(53) && id == "1"
}

func showHypervisor(c *call) (*web.Response, error) {
	if err := c.may("os-hypervisors:show"); err != nil {
		return nil, err
	}
	id := c.PathValue("id")
	if c.at(53) && !isUUID(id) {
		return nil, badRequest("Invalid uuid %s", id)
	}
	if !c.isHypervisor(id) {
		return nil, notFound("Hypervisor with ID '%s' could not be found.", id)
	}
	o, err := c.hypervisor(true)
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"hypervisor": o}), c.withServers(o)
}

func hypervisorStatistics(c *call) (*web.Response, error) {
	if c.at(88) {
		return nil, unversioned()
	}
	if err := c.may("os-hypervisors:statistics"); err != nil {
		return nil, err
	}
	u, err := c.onHost()
	if err != nil {
		return nil, err
	}
	o := capacity(u)
	o["count"] = 1
	return web.OK(web.Object{"hypervisor_statistics": o}), nil
}

func hypervisorUptime(c *call) (*web.Response, error) {
	if c.at(88) {
		return nil, unversioned()
	}
	if err := c.may("os-hypervisors:uptime"); err != nil {
		return nil, err
	}
	id := c.PathValue("id")
	if c.at(53) && !isUUID(id) {
		return nil, badRequest("Invalid uuid %s", id)
	}
	if !c.isHypervisor(id) {
		return nil, notFound("Hypervisor with ID '%s' could not be found.", id)
	}
	return nil, web.Errorf(http.StatusNotImplemented, "The requested functionality is not supported.")
}

func searchHypervisors(servers bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		if c.at(53) {
			return nil, unversioned()
		}
		rule := "os-hypervisors:search"
		if servers {
			rule = "os-hypervisors:servers"
		}
		if err := c.may(rule); err != nil {
			return nil, err
		}
		if !strings.Contains(hostName, c.PathValue("id")) {
			return nil, notFound("No hypervisor matching '%s' could be found.", c.PathValue("id"))
		}
		o, err := c.hypervisor(false)
		if err != nil {
			return nil, err
		}
		if servers {
			all, err := c.hostServers()
			if err != nil {
				return nil, err
			}
			if len(all) > 0 {
				o["servers"] = all
			}
		}
		return web.OK(web.Object{"hypervisors": []web.Object{o}}), nil
	}
}

func listZones(detail bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		zone, err := c.hostZone()
		if err != nil {
			return nil, err
		}
		h, err := c.host()
		if err != nil {
			return nil, err
		}
		info := func(name string, hosts any) web.Object {
			return web.Object{"zoneName": name, "zoneState": web.Object{"available": name == "internal" || !h.Disabled}, "hosts": hosts}
		}
		if !detail {
			return web.OK(web.Object{"availabilityZoneInfo": []web.Object{info(zone, nil)}}), nil
		}
		if err := c.may("os-availability-zone:detail"); err != nil {
			return nil, err
		}
		up := func(ok bool) web.Object {
			return web.Object{"available": ok, "active": true, "updated_at": microTime(c.now())}
		}
		return web.OK(web.Object{"availabilityZoneInfo": []web.Object{
			info("internal", web.Object{hostName: web.Object{"nova-scheduler": up(true), "nova-conductor": up(true)}}),
			info(zone, web.Object{hostName: web.Object{"nova-compute": up(!h.ForcedDown)}})}}), nil
	}
}

// Aggregates.

func (a *aggregate) wire(c *call) web.Object {
	meta := emptyMap(maps.Clone(a.Metadata))
	o := web.Object{"id": a.Number, "name": a.Name, "availability_zone": orNull(a.Zone), "hosts": emptyTexts(a.Hosts), "metadata": meta,
		"created_at": microTime(a.CreatedAt), "updated_at": nil, "deleted": false, "deleted_at": nil}
	if a.Zone != "" {
		meta["availability_zone"] = a.Zone
	}
	if a.Updated {
		o["updated_at"] = microTime(a.UpdatedAt)
	}
	if c.at(41) {
		o["uuid"] = a.UUID
	}
	return o
}

func (c *call) aggregate() (*aggregate, error) {
	id := c.PathValue("id")
	a, err := store.Get[aggregate](c.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound("Aggregate %s could not be found.", id)
	}
	return &a, err
}

func listAggregates(c *call) (*web.Response, error) {
	if err := c.may("os-aggregates:index"); err != nil {
		return nil, err
	}
	all, err := store.List[aggregate](c.Tx)
	if err != nil {
		return nil, err
	}
	shown := []web.Object{}
	for _, a := range all {
		shown = append(shown, a.wire(c))
	}
	return web.OK(web.Object{"aggregates": shown}), nil
}

func showAggregate(c *call) (*web.Response, error) {
	if err := c.may("os-aggregates:show"); err != nil {
		return nil, err
	}
	a, err := c.aggregate()
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"aggregate": a.wire(c)}), nil
}

func aggregateProps() []property {
	return []property{prop("name", nameSchema()), prop("availability_zone", schema{oneOf(zoneNameSchema(), schema{typ("null")})})}
}

func (c *call) sameName(name, own string) (bool, error) {
	all, err := store.List[aggregate](c.Tx, store.Name(name))
	return slices.ContainsFunc(all, func(a aggregate) bool { return a.UUID != own }), err
}

func createAggregate(c *call) (*web.Response, error) {
	body, err := c.bodyIs(one("aggregate", obj(aggregateProps(), "name")))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-aggregates:create"); err != nil {
		return nil, err
	}
	in := body.object("aggregate")
	a := aggregate{UUID: c.Tx.NewID(), Name: strings.TrimSpace(in.text("name")), Zone: in.text("availability_zone"), CreatedAt: c.now()}
	if taken, err := c.sameName(a.Name, a.UUID); err != nil {
		return nil, err
	} else if taken {
		return nil, conflict("Aggregate %s already exists.", a.Name)
	}
	if a.Number, err = c.Tx.Counter("compute.aggregate"); err != nil {
		return nil, err
	}
	if err := store.Put(c.Tx, a); err != nil {
		return nil, err
	}
	o := a.wire(c)
	// What was just made has neither yet.
	delete(o, "hosts")
	delete(o, "metadata")
	return web.OK(web.Object{"aggregate": o}), nil
}

func updateAggregate(c *call) (*web.Response, error) {
	body, err := c.bodyIs(one("aggregate", append(obj(aggregateProps()), oneOf(schema{required("name")}, schema{required("availability_zone")}))))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-aggregates:update"); err != nil {
		return nil, err
	}
	a, err := c.aggregate()
	if err != nil {
		return nil, err
	}
	in := body.object("aggregate")
	if in.has("name") {
		a.Name = strings.TrimSpace(in.text("name"))
		if taken, err := c.sameName(a.Name, a.UUID); err != nil {
			return nil, err
		} else if taken {
			return nil, conflict("Aggregate %s already exists.", a.Name)
		}
	}
	if in.has("availability_zone") {
		a.Zone = in.text("availability_zone")
	}
	return c.putAggregate(a)
}

func (c *call) putAggregate(a *aggregate) (*web.Response, error) {
	a.Updated, a.UpdatedAt = true, c.now()
	return web.OK(web.Object{"aggregate": a.wire(c)}), store.Put(c.Tx, *a)
}

func deleteAggregate(c *call) (*web.Response, error) {
	if err := c.may("os-aggregates:delete"); err != nil {
		return nil, err
	}
	a, err := c.aggregate()
	if err != nil {
		return nil, err
	}
	if len(a.Hosts) > 0 {
		return nil, badRequest("Cannot remove aggregate %d: not empty", a.Number)
	}
	return done(), store.Delete[aggregate](c.Tx, a.Meta().ID)
}

func aggregateAction(c *call) (*web.Response, error) {
	name, err := c.actionName()
	if err != nil {
		return nil, err
	}
	host := obj([]property{prop("host", schema{typ("string"), length(1, 255), pattern(fqdnRE, "^[a-zA-Z0-9-._]*$")})}, "host")
	meta := obj([]property{prop("metadata", schema{typ("object"), keyed(metaRE, metaShown, schema{typ("string", "null"), length(0, 255)})})}, "metadata")
	rules := map[string]string{"add_host": "add_host", "remove_host": "remove_host", "set_metadata": "set_metadata"}
	if rules[name] == "" {
		return nil, badRequest("There is no such action: %s", name)
	}
	s := host
	if name == "set_metadata" {
		s = meta
	}
	body, err := c.bodyIs(one(name, s))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-aggregates:" + rules[name]); err != nil {
		return nil, err
	}
	a, err := c.aggregate()
	if err != nil {
		return nil, err
	}
	in := body.object(name)
	at := slices.Index(a.Hosts, in.text("host"))
	switch name {
	case "add_host":
		if in.text("host") != hostName {
			return nil, notFound("Compute host %s could not be found.", in.text("host"))
		}
		if at >= 0 {
			return nil, conflict("Aggregate %d already has host %s.", a.Number, hostName)
		}
		a.Hosts = append(a.Hosts, hostName)
	case "remove_host":
		if at < 0 {
			return nil, notFound("Aggregate %d has no host %s.", a.Number, in.text("host"))
		}
		a.Hosts = slices.Delete(a.Hosts, at, at+1)
	default:
		if a.Metadata == nil {
			a.Metadata = map[string]string{}
		}
		set := in.object("metadata")
		for _, k := range set.keys {
			switch v := set.get(k).(type) {
			case string:
				a.Metadata[k] = v
				if k == "availability_zone" {
					a.Zone = v
				}
			default:
				delete(a.Metadata, k)
				if k == "availability_zone" {
					a.Zone = ""
				}
			}
		}
		delete(a.Metadata, "availability_zone")
	}
	return c.putAggregate(a)
}

// What servers took over a time.

func (c *call) usageWindow() (start, stop time.Time, err error) {
	read := func(name string, otherwise time.Time) (time.Time, error) {
		s := c.Query().Get(name)
		if s == "" {
			return otherwise, nil
		}
		for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999"} {
			if t, err := time.Parse(layout, s); err == nil {
				return t, nil
			}
		}
		return otherwise, badRequest("Datetime is in invalid format")
	}
	if start, err = read("start", c.now()); err != nil {
		return start, stop, err
	}
	if stop, err = read("end", c.now()); err != nil {
		return start, stop, err
	}
	if stop.Before(start) {
		return start, stop, badRequest("Invalid start time. The start time cannot occur after the end time.")
	}
	return start, stop, nil
}

// tenantUsage sums what a project's servers took; nil when it had none.
func (c *call) tenantUsages(project string, detailed bool, start, stop time.Time) ([]web.Object, error) {
	where := []store.Where{}
	if project != "" {
		where = append(where, store.Project(project))
	}
	sums := map[string]web.Object{}
	var order []string
	for s, err := range store.Each[server](c.Tx, where...) {
		if err != nil {
			return nil, err
		}
		now, _ := s.at(c.Now)
		if now.LaunchedAt == nil || now.LaunchedAt.After(stop) || now.TerminatedAt != nil && now.TerminatedAt.Before(start) {
			continue
		}
		from, to := *now.LaunchedAt, stop
		if from.Before(start) {
			from = start
		}
		if now.TerminatedAt != nil && now.TerminatedAt.Before(stop) {
			to = *now.TerminatedAt
		}
		hours := max(0, to.Sub(from).Hours())
		sum := sums[s.ProjectID]
		if sum == nil {
			sum = web.Object{"tenant_id": s.ProjectID, "total_local_gb_usage": 0.0, "total_vcpus_usage": 0.0, "total_memory_mb_usage": 0.0,
				"total_hours": 0.0, "start": microTime(start), "stop": microTime(stop)}
			if detailed {
				sum["server_usages"] = []web.Object{}
			}
			sums[s.ProjectID] = sum
			order = append(order, s.ProjectID)
		}
		f := now.Flavor
		for key, n := range map[string]int{"total_local_gb_usage": f.Disk + f.Ephemeral, "total_vcpus_usage": f.VCPUs, "total_memory_mb_usage": f.RAM, "total_hours": 1} {
			sum[key] = sum[key].(float64) + float64(n)*hours
		}
		if detailed {
			state, ended := now.VM, c.now()
			if now.TerminatedAt != nil {
				state, ended = "terminated", *now.TerminatedAt
			}
			sum["server_usages"] = append(sum["server_usages"].([]web.Object), web.Object{"hours": hours, "flavor": f.Name, "instance_id": s.ID, "name": now.Name,
				"tenant_id": s.ProjectID, "memory_mb": f.RAM, "local_gb": f.Disk + f.Ephemeral, "vcpus": f.VCPUs, "started_at": microTime(*now.LaunchedAt),
				"ended_at": microTimeOrNull(now.TerminatedAt), "state": state, "uptime": int(ended.Sub(*now.LaunchedAt).Seconds())})
		}
	}
	all := []web.Object{}
	for _, p := range order {
		all = append(all, sums[p])
	}
	return all, nil
}

func usageQuery(c *call) error {
	all := map[string]schema{"start": text(), "end": text(), "detailed": text()}
	if c.at(40) {
		all["limit"], all["marker"] = nonNegativeSchema(), text()
	}
	return checkQuery(queryParams(!c.at(75), all), c.Request)
}

func listUsage(c *call) (*web.Response, error) {
	if err := usageQuery(c); err != nil {
		return nil, err
	}
	if err := c.may("os-simple-tenant-usage:list"); err != nil {
		return nil, err
	}
	start, stop, err := c.usageWindow()
	if err != nil {
		return nil, err
	}
	all, err := c.tenantUsages("", c.Query().Get("detailed") == "1", start, stop)
	return web.OK(web.Object{"tenant_usages": all}), err
}

func showUsage(c *call) (*web.Response, error) {
	if err := usageQuery(c); err != nil {
		return nil, err
	}
	if err := c.owns(c.PathValue("id"), "os-simple-tenant-usage:show"); err != nil {
		return nil, err
	}
	start, stop, err := c.usageWindow()
	if err != nil {
		return nil, err
	}
	all, err := c.tenantUsages(c.PathValue("id"), true, start, stop)
	if err != nil {
		return nil, err
	}
	o := web.Object{}
	if len(all) > 0 {
		o = all[0]
	}
	return web.OK(web.Object{"tenant_usage": o}), nil
}

// The rest of what belongs to a server.

func serverGroups(c *call) (*web.Response, error) {
	v, err := c.addressesView()
	if err != nil {
		return nil, err
	}
	all := []web.Object{}
	seen := map[string]bool{}
	for _, p := range v.ports {
		for _, id := range p.SecurityGroups {
			g, ok := v.groups[id]
			if !ok || seen[id] {
				continue
			}
			seen[id] = true
			o, err := c.securityGroupWire(g)
			if err != nil {
				return nil, err
			}
			all = append(all, o)
		}
	}
	return web.OK(web.Object{"security_groups": all}), nil
}

// securityGroupWire has a group's rules as nova-network had them.
func (c *call) securityGroupWire(group network.Group) (web.Object, error) {
	rules, err := c.net().Incoming(group.ID)
	if err != nil {
		return nil, err
	}
	shown := []web.Object{}
	for _, r := range rules {
		o, err := c.securityRuleWire(group.ID, r)
		if err != nil {
			return nil, err
		}
		shown = append(shown, o)
	}
	return web.Object{"id": group.ID, "name": group.Name, "description": group.Description, "tenant_id": group.ProjectID, "rules": shown}, nil
}

func (c *call) securityRuleWire(group string, r network.GroupRule) (web.Object, error) {
	o := web.Object{"id": r.ID, "parent_group_id": group, "ip_protocol": orNull(r.Protocol), "from_port": nil, "to_port": nil, "group": web.Object{},
		"ip_range": web.Object{}}
	if r.PortMin != nil {
		o["from_port"] = *r.PortMin
	}
	if r.PortMax != nil {
		o["to_port"] = *r.PortMax
	}
	if r.Protocol != "" && r.PortMin == nil {
		o["from_port"], o["to_port"] = -1, -1
		if r.Protocol == "tcp" || r.Protocol == "udp" {
			o["from_port"], o["to_port"] = 1, 65535
		}
	}
	switch {
	case r.RemoteGroup != "":
		groups, err := c.net().Groups(r.RemoteGroup)
		if err != nil {
			return nil, err
		}
		g := groups[r.RemoteGroup]
		o["group"] = web.Object{"name": g.Name, "tenant_id": g.ProjectID}
	case r.RemotePrefix != "":
		o["ip_range"] = web.Object{"cidr": r.RemotePrefix}
	case r.EtherType == "IPv6":
		o["ip_range"] = web.Object{"cidr": "::/0"}
	default:
		o["ip_range"] = web.Object{"cidr": "0.0.0.0/0"}
	}
	return o, nil
}

// listSecurityGroups are a project's security groups as clients saw them before 2.36.
func listSecurityGroups(c *call) (*web.Response, error) {
	if c.at(36) {
		return nil, unversioned()
	}
	err := checkQuery(queryParams(true, map[string]schema{"limit": nonNegativeSchema(), "offset": nonNegativeSchema(), "all_tenants": text()}), c.Request)
	if err != nil {
		return nil, err
	}
	groups, err := c.net().GroupsOf(c.project)
	if err != nil {
		return nil, err
	}
	all := []web.Object{}
	for _, g := range pageByOffset(c, groups) {
		o, err := c.securityGroupWire(g)
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return web.OK(web.Object{"security_groups": all}), nil
}

func listVolumes(c *call) (*web.Response, error) {
	if _, _, err := c.server(c.PathValue("id")); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"volumeAttachments": []any{}}), nil
}

func showVolume(c *call) (*web.Response, error) {
	s, _, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return nil, notFound("Instance %s is not attached to volume %s.", s.ID, c.PathValue("volume"))
}

func attachVolume(c *call) (*web.Response, error) {
	all := []property{prop("volumeId", uuidSchema()), prop("device", schema{typ("string", "null"), pattern(deviceNameRE, "(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$")})}
	if c.at(49) {
		all = append(all, prop("tag", tagSchema()))
	}
	if c.at(79) {
		all = append(all, prop("delete_on_termination", booleanSchema()))
	}
	body, err := c.bodyIs(one("volumeAttachment", obj(all, "volumeId")))
	if err != nil {
		return nil, err
	}
	if _, _, err := c.server(c.PathValue("id")); err != nil {
		return nil, err
	}
	return nil, notFound("Volume %s could not be found.", body.object("volumeAttachment").text("volumeId"))
}

var deviceNameRE = regexp.MustCompile(`(^/dev/x?[a-z]?d?)([a-z]+)[0-9]*$`)

func diagnostics(c *call) (*web.Response, error) {
	s, task, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-server-diagnostics"); err != nil {
		return nil, err
	}
	if s.Host == "" {
		return nil, conflict("Instance %s is not ready", s.ID)
	}
	if s.VM != active && s.VM != rescued || task == "deleting" {
		return nil, conflict("Cannot 'get_diagnostics' instance %s while it is in power state %s", s.ID, powerWord(s.Power))
	}
	if !c.at(48) {
		return web.OK(web.Object{"cpu0_time": 17300000000, "memory": 524288, "vda_errors": -1, "vda_read": 262144, "vda_read_req": 112,
			"vda_write": 5778432, "vda_write_req": 488, "vnet1_rx": 2070139, "vnet1_rx_drop": 0, "vnet1_rx_errors": 0, "vnet1_rx_packets": 26701,
			"vnet1_tx": 140208, "vnet1_tx_drop": 0, "vnet1_tx_errors": 0, "vnet1_tx_packets": 662}), nil
	}
	return web.OK(web.Object{"state": "running", "driver": "fake", "hypervisor": "fake-hypervisor", "hypervisor_os": "ubuntu", "uptime": 46664,
		"config_drive": true, "num_cpus": 1, "num_nics": 1, "num_disks": 1,
		"cpu_details":    []web.Object{{"id": 0, "time": 17300000000, "utilisation": 15}},
		"nic_details":    []web.Object{{"mac_address": "01:23:45:67:89:ab", "rx_octets": 2070139, "rx_errors": 100, "rx_drop": 200, "rx_packets": 26701, "rx_rate": 300, "tx_octets": 140208, "tx_errors": 400, "tx_drop": 500, "tx_packets": 662, "tx_rate": 600}},
		"disk_details":   []web.Object{{"read_bytes": 262144, "read_requests": 112, "write_bytes": 5778432, "write_requests": 488, "errors_count": 1}},
		"memory_details": web.Object{"maximum": 524288, "used": 0}}), nil
}

func powerWord(p int) string {
	switch p {
	case running:
		return "running"
	case isPaused:
		return "paused"
	case shutdown:
		return "shutdown"
	}
	return "pending"
}

func serverPassword(c *call) (*web.Response, error) {
	if _, _, err := c.server(c.PathValue("id")); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"password": ""}), nil
}

func clearPassword(c *call) (*web.Response, error) {
	if _, _, err := c.server(c.PathValue("id")); err != nil {
		return nil, err
	}
	return noContent(), nil
}

func serverMigrations(c *call) (*web.Response, error) {
	if !c.at(23) {
		return nil, unversioned()
	}
	if err := c.may("servers:migrations:index"); err != nil {
		return nil, err
	}
	if _, _, err := c.server(c.PathValue("id")); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"migrations": []any{}}), nil
}

func showMigration(c *call) (*web.Response, error) {
	if !c.at(23) {
		return nil, unversioned()
	}
	if err := c.may("servers:migrations:show"); err != nil {
		return nil, err
	}
	s, _, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return nil, notFound("In-progress live migration %s is not found for server %s.", c.PathValue("migration"), s.ID)
}

func listMigrations(c *call) (*web.Response, error) {
	if err := c.may("os-migrations:index"); err != nil {
		return nil, err
	}
	all := []web.Object{}
	for s, err := range store.Each[server](c.Tx, store.By("life", "live", "dying")) {
		if err != nil {
			return nil, err
		}
		now, _ := s.at(c.Now)
		if s.Migration == 0 || now.isGone() {
			continue
		}
		word := "confirmed"
		if now.VM == resized {
			word = "finished"
		} else if now.Change != nil {
			word = "migrating"
		}
		o := web.Object{"id": s.Migration, "instance_uuid": s.ID, "status": word, "source_compute": hostName, "source_node": hostName,
			"dest_compute": hostName, "dest_node": hostName, "dest_host": "127.0.0.1", "old_instance_type_id": 1, "new_instance_type_id": 2,
			"created_at": microTime(s.UpdatedAt), "updated_at": microTime(s.UpdatedAt)}
		if c.at(23) {
			o["migration_type"], o["links"] = "resize", []any{}
			delete(o, "links")
		}
		if c.at(59) {
			o["uuid"] = fixedID(fmt.Sprint("migration ", s.Migration))
		}
		if c.at(80) {
			o["project_id"], o["user_id"] = s.ProjectID, s.UserID
		}
		all = append(all, o)
	}
	return web.OK(web.Object{"migrations": all}), nil
}

func topology(c *call) (*web.Response, error) {
	if !c.at(78) {
		return nil, unversioned()
	}
	if _, _, err := c.server(c.PathValue("id")); err != nil {
		return nil, err
	}
	o := web.Object{"nodes": []any{}, "pagesize_kb": nil}
	return web.OK(o), nil
}

func listHosts(c *call) (*web.Response, error) {
	if c.at(43) {
		return nil, unversioned()
	}
	if err := c.may("os-hosts:list"); err != nil {
		return nil, err
	}
	all, err := c.daemons()
	if err != nil {
		return nil, err
	}
	shown := []web.Object{}
	for _, d := range all {
		if z := c.Query().Get("zone"); z == "" || z == d.zone {
			shown = append(shown, web.Object{"host_name": hostName, "service": strings.TrimPrefix(d.binary, "nova-"), "zone": d.zone})
		}
	}
	return web.OK(web.Object{"hosts": shown}), nil
}

func showHost(c *call) (*web.Response, error) {
	if c.at(43) {
		return nil, unversioned()
	}
	if err := c.may("os-hosts:show"); err != nil {
		return nil, err
	}
	if c.PathValue("id") != hostName {
		return nil, notFound("Compute host %s could not be found.", c.PathValue("id"))
	}
	u, err := c.onHost()
	if err != nil {
		return nil, err
	}
	row := func(project string, cpu, ram, disk int) web.Object {
		return web.Object{"resource": web.Object{"host": hostName, "project": project, "cpu": cpu, "memory_mb": ram, "disk_gb": disk}}
	}
	return web.OK(web.Object{"host": []web.Object{row("(total)", hostVCPUs, hostMemory, hostDisk), row("(used_now)", u.VCPUs, u.RAM+hostKept, u.Disk),
		row("(used_max)", u.VCPUs, u.RAM, u.Disk)}}), nil
}

// externalEvents takes what the network service would say of ports; here it has nothing to say.
func externalEvents(c *call) (*web.Response, error) {
	if err := c.may("os-server-external-events:create"); err != nil {
		return nil, err
	}
	return nil, badRequest("No events were given that this cloud knows of.")
}

func listFloatingPools(c *call) (*web.Response, error) {
	if c.at(36) {
		return nil, unversioned()
	}
	return web.OK(web.Object{"floating_ip_pools": []web.Object{{"name": "public"}}}), nil
}
