package compute

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// The parts of the service that a copy can be made of by themselves. Servers wants the others, and the network and image
// services, to be there first.
const (
	Flavors  = "flavors"
	Keypairs = "keypairs"
	Servers  = "servers"
	// AllServers are those of all projects, for an administrator; it wants Servers to be there first.
	AllServers = "all servers"
)

// In a copy of another cloud: that it is one, the newest microversion there, and its availability zones.
const (
	copiedVar = "compute.copied"
	newestVar = "compute.newest"
	zonesVar  = "compute.zones"
)

// Newest is the newest microversion there is here.
func Newest() web.Version { return web.Version{Major: 2, Minor: newest} }

// Asks are what Import wants to know for a part.
func Asks(part string, of web.CopyOf) []web.Ask {
	page := url.Values{"limit": {strconv.Itoa(maxLimit)}}
	switch part {
	case Flavors:
		q := maps.Clone(page)
		if of.Admin {
			q.Set("is_public", "None")
		}
		return []web.Ask{{Path: "flavors/detail", Query: q, List: "flavors"}}
	case Keypairs:
		ask := web.Ask{Path: "os-keypairs", List: "keypairs", Optional: true}
		if of.Version.AtLeast(2, 35) {
			ask.Query = page
		}
		return []web.Ask{ask}
	case AllServers:
		page.Set("all_tenants", "1")
		return []web.Ask{{Path: "servers/detail", Query: page, List: "servers"}}
	}
	return []web.Ask{
		{Path: "servers/detail", Query: page, List: "servers"}, {Path: "os-server-groups", List: "server_groups", Optional: true},
		{Path: "limits", Optional: true}, {Path: "os-availability-zone", List: "availabilityZoneInfo", Optional: true},
	}
}

// copier takes the objects of another cloud over.
type copier struct {
	*call
	in    web.Answers
	notes []web.Note
	// groups are the server groups by their members.
	groups map[string]string
}

// Import puts what a cloud answered to the questions of a part into the state.
func Import(tx *store.Tx, part string, of web.CopyOf, in web.Answers) ([]web.Note, error) {
	if of.Version.Major == 0 {
		of.Version = web.Version{Major: 2, Minor: oldest}
	}
	caller := &web.Caller{UserID: of.User, ProjectID: of.Project}
	if of.Admin {
		caller.Roles = []string{"admin"}
	}
	hr, err := http.NewRequest(http.MethodGet, "http://copy/v2.1", nil) //nolint:noctx // it goes nowhere
	if err != nil {
		return nil, err
	}
	r := &web.Request{Request: hr, Service: &web.Service{Prefix: Prefix}, Tx: tx, Now: of.Now, Caller: caller, Version: of.Version}
	c := &copier{in: in, groups: map[string]string{}, call: &call{Request: r, s: &service{options: Options{Images: noImages{}}}, admin: of.Admin, project: of.Project, user: of.User}}
	for name, value := range map[string]string{copiedVar: "yes", newestVar: strconv.Itoa(of.Version.Minor)} {
		if err := tx.SetVar(name, value); err != nil {
			return nil, err
		}
	}
	steps := map[string][]func() error{Flavors: {c.copyFlavors}, Keypairs: {c.copyKeypairs},
		Servers: {c.copyZones, c.copyQuota, c.copyGroups, c.copyServers, c.copyUsage}, AllServers: {c.copyServers}}[part]
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return c.notes, nil
}

func (c *copier) note(kind, id, format string, args ...any) {
	c.notes = append(c.notes, web.Note{Type: kind, ID: id, Text: fmt.Sprintf(format, args...)})
}

func textOf(o web.Object, name string) string { s, _ := o[name].(string); return s }

func numberOf(o web.Object, name string) int { n, _ := pyInt(o[name]); return n }

func textsOf(v any) []string {
	var all []string
	list, _ := v.([]any)
	for _, item := range list {
		if s, ok := item.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

func mapOf(v any) map[string]string {
	all := map[string]string{}
	o, _ := v.(map[string]any)
	for k, v := range o {
		all[k] = python.Str(v)
	}
	return all
}

func pointerTo(o web.Object, name string) *string {
	if s, ok := o[name].(string); ok {
		return &s
	}
	return nil
}

// timeOf reads a time in any of the forms Nova has.
func timeOf(o web.Object, name string) *time.Time {
	s := textOf(o, name)
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999"} {
		if t, err := time.Parse(form, s); err == nil {
			t = t.UTC()
			return &t
		}
	}
	return nil
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func (c *copier) copyFlavors() error {
	for i, o := range c.in.Items("flavors/detail") {
		f := flavor{ID: python.Str(o["id"]), Name: textOf(o, "name"), RAM: numberOf(o, "ram"), VCPUs: numberOf(o, "vcpus"), Disk: numberOf(o, "disk"),
			Ephemeral: numberOf(o, "OS-FLV-EXT-DATA:ephemeral"), Swap: numberOf(o, "swap"), RxTx: "1.0", Public: true,
			Description: pointerTo(o, "description"), Specs: mapOf(o["extra_specs"]), CreatedAt: c.now(), Number: int64(i + 1)}
		if n, ok := o["rxtx_factor"].(json.Number); ok {
			f.RxTx = n.String()
		}
		if public, ok := o["os-flavor-access:is_public"].(bool); ok && !public {
			f.Public = false
			if !c.admin {
				f.Access = []string{c.project}
			}
		}
		var err error
		if f.Kept, err = web.Keep(f.wire(c.call, true), o, "links"); err != nil {
			return err
		}
		if err := store.Put(c.Tx, f); err != nil {
			c.note("flavor", f.ID, "flavor %s has the name %q, as another has; it is left out", f.ID, f.Name)
			continue
		}
		if _, err := c.Tx.Counter("compute.flavor"); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) copyKeypairs() error {
	for _, item := range c.in.Items("os-keypairs") {
		o, _ := item["keypair"].(web.Object)
		if o == nil {
			continue
		}
		n, err := c.Tx.Counter("compute.keypair")
		if err != nil {
			return err
		}
		k := keypair{UserID: c.user, Name: textOf(o, "name"), Type: "ssh", PublicKey: textOf(o, "public_key"), Fingerprint: textOf(o, "fingerprint"),
			Number: n, CreatedAt: c.now()}
		if t := textOf(o, "type"); t != "" {
			k.Type = t
		}
		if err := store.Put(c.Tx, k); err != nil {
			return err
		}
	}
	return nil
}

// ImportKeypair adds what only the answer to a question for one key pair tells.
func ImportKeypair(tx *store.Tx, of web.CopyOf, body json.RawMessage) error {
	o := web.Answers{"": body}.Object("", "keypair")
	k, err := store.Get[keypair](tx, keypairID(of.User, textOf(o, "name")))
	if err != nil {
		return nil //nolint:nilerr // it was deleted here meanwhile
	}
	if at := timeOf(o, "created_at"); at != nil {
		k.CreatedAt = *at
	}
	if n := numberOf(o, "id"); n != 0 {
		k.Number = int64(n)
	}
	return store.Put(tx, k)
}

func (c *copier) copyZones() error {
	var zones []string
	for _, o := range c.in.Items("os-availability-zone") {
		state, _ := o["zoneState"].(web.Object)
		if name := textOf(o, "zoneName"); name != "" && state["available"] != false {
			zones = append(zones, name)
		}
	}
	if zones == nil {
		return nil
	}
	raw, err := json.Marshal(zones)
	if err != nil {
		return err
	}
	return c.Tx.SetVar(zonesVar, string(raw))
}

func (c *copier) copyQuota() error {
	top := c.in.Object("limits", "limits")
	absolute, _ := top["absolute"].(web.Object)
	if absolute == nil {
		c.note("quota", "", "the project's compute quotas cannot be read: Nova's usual ones are taken")
		return nil
	}
	l := limits{ProjectID: c.project, Limits: map[string]int{}}
	for name, shown := range limitNames(oldest) {
		if n, ok := pyInt(absolute[shown]); ok {
			l.Limits[name] = n
		}
	}
	if n, ok := pyInt(absolute["maxServerMeta"]); ok {
		l.Limits["metadata_items"] = n
	}
	return store.Put(c.Tx, l)
}

// copyUsage corrects what the project uses by what the cloud says it does.
func (c *copier) copyUsage() error {
	top := c.in.Object("limits", "limits")
	absolute, _ := top["absolute"].(web.Object)
	if absolute == nil {
		return nil
	}
	sum, err := c.usage(c.project)
	if err != nil {
		return err
	}
	for name, into := range map[string]*int{"totalInstancesUsed": &sum.Servers, "totalCoresUsed": &sum.VCPUs, "totalRAMUsed": &sum.RAM} {
		if n, ok := pyInt(absolute[name]); ok {
			*into = n
		}
	}
	return store.Put(c.Tx, tally{"project " + c.project, sum})
}

// settling is how long a server that was in the middle of something takes to end it.
const settling = 10 * time.Second

func (c *copier) copyGroups() error {
	for _, o := range c.in.Items("os-server-groups") {
		g := serverGroup{ID: textOf(o, "id"), Name: textOf(o, "name"), ProjectID: textOf(o, "project_id"), UserID: textOf(o, "user_id"), Policy: textOf(o, "policy")}
		if all := textsOf(o["policies"]); len(all) > 0 {
			g.Policy = all[0]
		}
		if g.ProjectID == "" {
			g.ProjectID = c.project
		}
		if g.ID == "" {
			continue
		}
		if rules, _ := o["rules"].(web.Object); rules["max_server_per_host"] != nil {
			g.MaxPerHost = python.Str(rules["max_server_per_host"])
		}
		for _, id := range textsOf(o["members"]) {
			c.groups[id] = g.ID
		}
		if err := store.Put(c.Tx, g); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) copyServers() error {
	byName := map[string]flavor{}
	for f, err := range store.Each[flavor](c.Tx) {
		if err != nil {
			return err
		}
		byName[f.Name] = f
	}
	all := c.in.Items("servers/detail")
	slices.Reverse(all) // the list has the newest first, and here the newest is what came last
	for _, o := range all {
		if there, err := store.Has[server](c.Tx, textOf(o, "id")); err != nil {
			return err
		} else if there {
			continue
		}
		if textOf(o, "id") == "" {
			c.note("server", "", "a server has no ID that can be read; it is left out")
			continue
		}
		s := c.serverOf(o, byName)
		s.GroupID = c.groups[s.ID]
		booted := orZero(s.BootedAt)
		s.Elsewhere = &booted
		var err error
		if s.OwnPorts, err = network.PortsMadeFor(c.Tx, s.ID, s.CreatedAt); err != nil {
			return err
		}
		if k, err := store.Get[keypair](c.Tx, keypairID(c.user, s.KeyName)); err == nil {
			s.PublicKey = k.PublicKey
		}
		now, task := s.at(c.Now)
		v, err := c.view(now, task)
		if err != nil {
			return err
		}
		if s.Kept, err = web.Keep(c.serverWire(v, true), o, "links", "server_groups"); err != nil {
			return err
		}
		if err := c.put(s); err != nil {
			return err
		}
	}
	return nil
}

// serverOf reads a server. Where it runs the user need not see, so all run on the one host there is here.
func (c *copier) serverOf(o web.Object, flavors map[string]flavor) *server {
	now := c.now()
	s := &server{ID: textOf(o, "id"), ProjectID: textOf(o, "tenant_id"), UserID: textOf(o, "user_id"), Name: textOf(o, "name"),
		Hostname: textOf(o, "OS-EXT-SRV-ATTR:hostname"), Description: pointerTo(o, "description"), KeyName: textOf(o, "key_name"),
		UserData: textOf(o, "OS-EXT-SRV-ATTR:user_data"), ConfigDrive: textOf(o, "config_drive"), AutoDisk: textOf(o, "OS-DCF:diskConfig") == "AUTO",
		AccessIPv4: textOf(o, "accessIPv4"), AccessIPv6: textOf(o, "accessIPv6"), Metadata: mapOf(o["metadata"]), Tags: textsOf(o["tags"]),
		ReservationID: textOf(o, "OS-EXT-SRV-ATTR:reservation_id"), LaunchIndex: numberOf(o, "OS-EXT-SRV-ATTR:launch_index"),
		Certificates: textsOf(o["trusted_image_certificates"]), CreatedAt: orZero(timeOf(o, "created")), UpdatedAt: orZero(timeOf(o, "updated")),
		LaunchedAt: timeOf(o, "OS-SRV-USG:launched_at"), TerminatedAt: timeOf(o, "OS-SRV-USG:terminated_at"), BootedAt: timeOf(o, "OS-SRV-USG:launched_at"),
		VM: textOf(o, "OS-EXT-STS:vm_state"), Power: numberOf(o, "OS-EXT-STS:power_state"), LockedReason: textOf(o, "locked_reason")}
	if s.VM == "" {
		s.VM = stateOf(textOf(o, "status"))
	}
	if s.Hostname == "" {
		s.Hostname = s.Name
	}
	if o["locked"] == true {
		s.LockedBy = "owner"
	}
	if textOf(o, "hostId") != "" {
		s.Host = hostName
	}
	if id, err := strconv.ParseInt(strings.TrimPrefix(textOf(o, "OS-EXT-SRV-ATTR:instance_name"), "instance-"), 16, 64); err == nil {
		s.Number = id
	}
	if image, _ := o["image"].(web.Object); image != nil {
		s.ImageID = python.Str(image["id"])
	}
	if f, _ := o["flavor"].(web.Object); f != nil {
		s.Flavor = flavors[textOf(f, "original_name")]
		if id := textOf(f, "id"); id != "" {
			s.Flavor, _ = store.Get[flavor](c.Tx, id) // gone flavors leave no trace in old microversions
			s.Flavor.ID = id
		} else {
			s.Flavor.Name, s.Flavor.VCPUs, s.Flavor.RAM, s.Flavor.Disk = textOf(f, "original_name"), numberOf(f, "vcpus"), numberOf(f, "ram"), numberOf(f, "disk")
			s.Flavor.Ephemeral, s.Flavor.Swap, s.Flavor.Specs = numberOf(f, "ephemeral"), numberOf(f, "swap"), mapOf(f["extra_specs"])
		}
		s.Flavor.Kept = nil
	}
	if f, _ := o["fault"].(web.Object); f != nil {
		s.Fault = &fault{Code: numberOf(f, "code"), Message: textOf(f, "message"), Created: orZero(timeOf(f, "created")), Details: textOf(f, "details")}
	}
	if s.VM == resized {
		old := s.Flavor // what it was before is not told
		s.OldFlavor, s.OldVM = &old, active
	}
	task := textOf(o, "OS-EXT-STS:task_state")
	if task == "" && s.VM != building {
		return s
	}
	if task == "" {
		task = "scheduling"
	}
	ch := &change{Start: now, End: now.Add(settling), Tasks: []string{task}}
	host := hostName
	switch {
	case task == "deleting" || task == "soft-deleting":
		s.Dying, ch.Gone = true, true
	case s.VM == building:
		ch.VM, ch.Power, ch.Host, ch.Launch = active, running, &host, true
	}
	s.Change = ch
	c.note("server", s.ID, "server %s is in the middle of something (%s): it is taken to end well", s.Name, task)
	return s
}

// bootedElsewhere tells whether what runs in a server was started in another cloud.
func (s *server) bootedElsewhere() bool {
	return s.Elsewhere != nil && orZero(s.BootedAt).Equal(*s.Elsewhere)
}

// ImportOne adds a server or a flavor that the lists did not have, of the answer to a question for it alone.
func ImportOne(tx *store.Tx, of web.CopyOf, kind string, body json.RawMessage) error {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(body, &doc); err != nil || doc[kind] == nil {
		return err
	}
	path, part := "servers/detail", AllServers
	if kind == "flavor" {
		path, part = "flavors/detail", Flavors
	}
	_, err := Import(tx, part, of, web.Answers{path: append(append([]byte{'['}, doc[kind]...), ']')})
	return err
}

// Known tells whether a server or a flavor is there, or was.
func Known(tx *store.Tx, kind, id string) (bool, error) {
	if kind == "flavor" {
		return store.Has[flavor](tx, id)
	}
	return store.Has[server](tx, id)
}

// BootedElsewhere tells whether what runs in a server was started in another cloud, so that nobody here knows what it
// says and does.
func BootedElsewhere(tx *store.Tx, id string) (bool, error) {
	s, err := store.Get[server](tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && s.bootedElsewhere(), err
}

// stateOf is the state behind a status, for clouds that show no more.
func stateOf(word string) string {
	for _, vm := range []string{active, building, stopped, resized, paused, suspended, rescued, errored, softDeleted, shelved, shelvedOffloaded} {
		if status(vm, "") == word {
			return vm
		}
	}
	return active
}

// copied says whether the state is a copy of another cloud's, where hosts are not what is here.
func (c *call) copied() bool {
	v, err := c.Tx.Var(copiedVar)
	return err == nil && v != ""
}

// newestFor is the newest microversion as the state has it.
func newestFor(r *web.Request) int {
	if r.Tx == nil {
		return newest
	}
	v, err := r.Tx.Var(newestVar)
	if n, bad := strconv.Atoi(v); err == nil && bad == nil {
		return min(n, newest)
	}
	return newest
}
