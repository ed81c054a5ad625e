package compute

import (
	"cmp"
	"errors"

	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// filters are what a listing of servers is narrowed by.
type filters struct {
	project       string
	all           bool // projects
	deleted       bool
	withDeleted   bool // changes-since and its like give deleted servers too
	softDeleted   bool
	statuses      []string
	since, before *time.Time
	exact         map[string]string
	patterns      map[string]*regexp.Regexp
	tags          map[string][]string
	locked        *bool
	none          bool // nothing can fit
	flavor        string
	ip4, ip6      *regexp.Regexp
	limit         web.Paging
	markerPassed  bool // the rows begin behind the marker
	keys          []web.SortKey
}

// memberFilters are the filters that are not only for administrators.
func memberFilters(minor int) []string {
	all := []string{"reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants"}
	if minor >= 5 {
		all = append(all, "ip6")
	}
	if minor >= 26 {
		all = append(all, "tags", "tags-any", "not-tags", "not-tags-any")
	}
	if minor >= 66 {
		all = append(all, "changes-before")
	}
	if minor >= 73 {
		all = append(all, "locked")
	}
	if minor >= 83 {
		all = append(all, "availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state", "task_state",
			"vm_state", "progress", "user_id")
	}
	if minor >= 90 {
		all = append(all, "hostname")
	}
	return all
}

// readFilters reads the query of a listing; kind is "index" or "detail".
func (c *call) readFilters(kind string) (*filters, error) {
	if err := checkQuery(serversQuery(c.Version.Minor), c.Request); err != nil {
		return nil, err
	}
	f := &filters{exact: map[string]string{}, patterns: map[string]*regexp.Regexp{}, tags: map[string][]string{}}
	q := map[string]string{}
	for key, all := range c.Query() {
		if slices.Contains([]string{"limit", "marker", "sort_key", "sort_dir"}, key) {
			continue
		}
		if c.admin || slices.Contains(memberFilters(c.Version.Minor), key) {
			q[key] = all[len(all)-1]
		}
	}
	for key := range q {
		if strings.HasPrefix(key, "_") || slices.Contains(joinedFilters(), key) {
			return nil, badRequest("Invalid filter field: %s.", key)
		}
	}
	if statuses := c.Query()["status"]; statuses != nil {
		f.statuses = statuses
		if !slices.ContainsFunc(statuses, knownStatus) {
			if c.at(38) {
				return nil, badRequest("Invalid status value")
			}
			f.none = true
			return f, nil
		}
	}
	instant := func(name string) *time.Time {
		if t, ok := parseTime(q[name]); ok && q[name] != "" {
			return &t
		}
		return nil
	}
	f.since, f.before = instant("changes-since"), instant("changes-before")
	if f.since != nil && f.before != nil && f.before.Before(*f.since) {
		return nil, badRequest("The value of changes-since must be less than or equal to changes-before.")
	}
	if v, ok := q["deleted"]; ok {
		f.deleted, _ = web.ParseBool(v)
	} else {
		f.withDeleted = f.since != nil || f.before != nil
	}
	if len(f.statuses) > 0 && !slices.ContainsFunc(f.statuses, func(s string) bool { return !strings.EqualFold(s, "deleted") }) {
		if !c.admin {
			return nil, forbidden("Only administrators may list deleted instances")
		}
		f.deleted = true
	}
	f.softDeleted, _ = web.ParseBool(q["soft_deleted"])
	for _, name := range []string{"tags", "tags-any", "not-tags", "not-tags-any"} {
		if v, ok := q[name]; ok && c.at(26) {
			f.tags[name] = strings.Split(v, ",")
		}
	}
	if err := c.readScope(f, q, kind); err != nil {
		return nil, err
	}
	return f, c.readRestOfFilters(f, q)
}

// readScope reads whose servers are listed.
func (c *call) readScope(f *filters, q map[string]string, kind string) error {
	if v, ok := q["all_tenants"]; ok {
		all, known := web.ParseBool(v)
		if v == "" {
			all, known = true, true
		}
		if !known {
			return notBoolean(v)
		}
		f.all = all
	}
	switch {
	case f.all && !c.admin:
		return disallowed("servers:" + kind + ":get_all_tenants")
	case f.all:
		f.project = cmp.Or(q["project_id"], q["tenant_id"])
	default:
		f.project = c.project
	}
	return nil
}

func (c *call) readRestOfFilters(f *filters, q map[string]string) error {
	alias := map[string]string{"image_ref": "image", "display_name": "name", "display_description": "description"}
	for key, v := range q {
		if to, ok := alias[key]; ok {
			key = to
		}
		switch key {
		case "image", "uuid", "host", "user_id", "vm_state", "task_state", "launch_index":
			f.exact[key] = v
		case "flavor":
			if _, err := c.flavor(v); err != nil {
				f.none = true
			}
			f.flavor = v
		case "locked":
			b, ok := web.ParseBool(v)
			if !ok {
				return notBoolean(v)
			}
			f.locked = &b
		case "ip":
			f.ip4 = pattern4(v)
		case "ip6":
			f.ip6 = pattern4(v)
		case "name", "hostname", "key_name", "power_state", "node", "reservation_id", "availability_zone", "description", "locked_by",
			"config_drive", "access_ip_v4", "access_ip_v6", "progress", "created_at", "launched_at", "terminated_at", "kernel_id", "ramdisk_id",
			"root_device_name", "auto_disk_config":
			f.patterns[key] = pattern4(v)
		}
	}
	var err error
	if f.limit, err = c.paging(); err != nil {
		return err
	}
	for _, k := range web.SortKeys(c.Query()) {
		if slices.Contains(ignoredSortKeys(c.Version.Minor), any(k.Name)) {
			continue
		}
		if (k.Name == "host" || k.Name == "node") && !c.admin {
			return forbidden("Only administrators can sort servers by %s", k.Name)
		}
		f.keys = append(f.keys, k)
	}
	if len(c.Query()["sort_key"]) > len(c.Query()["sort_dir"]) {
		// What has no direction takes that of the first, or goes down.
		dirs := c.Query()["sort_dir"]
		for i := range f.keys {
			if i >= len(dirs) {
				f.keys[i].Desc = len(dirs) == 0 || strings.EqualFold(dirs[0], "desc")
			}
		}
	}
	return nil
}

func notBoolean(v string) error {
	return badRequest("Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'", v)
}

// pattern4 is a pattern as the database takes it, which knows no case and
// is given no alternatives. It was checked before.
func pattern4(v string) *regexp.Regexp {
	re, err := regexp.Compile("(?i)" + strings.ReplaceAll(v, "|", `\|`))
	if err != nil {
		return regexp.MustCompile(regexp.QuoteMeta(v))
	}
	return re
}

// column is a server's value as the database has it.
func (s *server) column(name, task string) string {
	switch name {
	case "name", "display_name":
		return s.Name
	case "hostname":
		return s.Hostname
	case "key_name":
		return s.KeyName
	case "power_state":
		return strconv.Itoa(s.Power)
	case "host", "node":
		return s.Host
	case "reservation_id":
		return s.ReservationID
	case "availability_zone":
		if s.Zone == "" && s.Host != "" {
			return "nova"
		}
		return s.Zone
	case "description", "display_description":
		if s.Description != nil {
			return *s.Description
		}
		return ""
	case "locked_by":
		return s.LockedBy
	case "config_drive":
		return s.ConfigDrive
	case "access_ip_v4":
		return s.AccessIPv4
	case "access_ip_v6":
		return s.AccessIPv6
	case "progress":
		return "0"
	case "created_at":
		return s.CreatedAt.Format("2006-01-02 15:04:05")
	case "updated_at":
		return s.UpdatedAt.Format("2006-01-02 15:04:05")
	case "launched_at":
		return timeColumn(s.LaunchedAt)
	case "terminated_at":
		return timeColumn(s.TerminatedAt)
	case "image", "image_ref":
		return s.ImageID
	case "uuid":
		return s.ID
	case "user_id":
		return s.UserID
	case "project_id":
		return s.ProjectID
	case "vm_state":
		return s.VM
	case "task_state":
		return task
	case "launch_index":
		return strconv.Itoa(s.LaunchIndex)
	case "root_device_name":
		return "/dev/sda"
	case "instance_type_id":
		return s.Flavor.ID
	case "auto_disk_config":
		return strconv.FormatBool(s.AutoDisk)
	case "locked":
		return strconv.FormatBool(s.LockedBy != "")
	}
	return ""
}

func timeColumn(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format("2006-01-02 15:04:05")
}

func (f *filters) fits(s *server, task string) bool {
	gone := s.isGone()
	switch {
	case f.none, f.deleted != gone && !f.withDeleted, f.since != nil && s.UpdatedAt.Before(*f.since),
		f.before != nil && s.UpdatedAt.After(*f.before), f.locked != nil && *f.locked != (s.LockedBy != ""), f.flavor != "" && f.flavor != s.Flavor.ID:
		return false
	}
	if len(f.statuses) > 0 {
		word := status(s.VM, task)
		// A status that is that of a state whatever the task fits any task of it, as Nova's look-up by states does.
		if !slices.ContainsFunc(f.statuses, func(w string) bool {
			return strings.EqualFold(w, word) || strings.EqualFold(w, status(s.VM, ""))
		}) {
			return false
		}
	}
	for key, want := range f.exact {
		if s.column(key, task) != want {
			return false
		}
	}
	for key, want := range f.patterns {
		if !want.MatchString(s.column(key, task)) {
			return false
		}
	}
	return f.tagsFit(s.Tags)
}

func (f *filters) tagsFit(have []string) bool {
	has := func(t string) bool { return slices.Contains(have, t) }
	all := func(want []string) bool {
		return !slices.ContainsFunc(want, func(t string) bool { return !has(t) })
	}
	if want, ok := f.tags["tags"]; ok && !all(want) {
		return false
	}
	if want, ok := f.tags["tags-any"]; ok && !slices.ContainsFunc(want, has) {
		return false
	}
	if want, ok := f.tags["not-tags"]; ok && all(want) {
		return false
	}
	if want, ok := f.tags["not-tags-any"]; ok && slices.ContainsFunc(want, has) {
		return false
	}
	return true
}

// row is a server of a listing.
type row struct {
	server server
	task   string
}

// rows are the servers of a listing, in its order; the page is not cut yet.
func (c *call) rows(f *filters) ([]row, error) {
	if f.none {
		return nil, nil
	}
	life := []string{"live", "dying"}
	if f.deleted || f.withDeleted {
		life = append(life, "dead")
	}
	where := []store.Where{store.By("life", life...), store.Newest()}
	if f.project != "" {
		where = append(where, store.Project(f.project))
	}
	if f.flavor != "" {
		where = append(where, store.By("flavor", f.flavor))
	}
	// In the order they are kept in, a page's servers are enough.
	inOrder := len(f.keys) == 0 && f.ip4 == nil && f.ip6 == nil
	if inOrder && f.limit.Marker != "" {
		if there, err := store.Has[server](c.Tx, f.limit.Marker); err != nil {
			return nil, err
		} else if there {
			where = append(where, store.After(f.limit.Marker))
			f.markerPassed = true
		}
	}
	var all []row
	for s, err := range store.Each[server](c.Tx, where...) {
		if err != nil {
			return nil, err
		}
		now, task := s.at(c.Now)
		if f.fits(&now, task) {
			all = append(all, row{now, task})
		}
		if inOrder && len(all) == f.limit.Limit && (f.markerPassed || f.limit.Marker == "") {
			break
		}
	}
	if f.ip4 != nil || f.ip6 != nil {
		var err error
		if all, err = c.byAddress(f, all); err != nil {
			return nil, err
		}
	}
	if len(f.keys) > 0 {
		slices.SortStableFunc(all, func(a, b row) int {
			for _, k := range f.keys {
				if n := strings.Compare(strings.ToLower(a.server.column(k.Name, a.task)), strings.ToLower(b.server.column(k.Name, b.task))); n != 0 {
					if k.Desc {
						return -n
					}
					return n
				}
			}
			return 0
		})
	}
	return all, nil
}

// byAddress keeps the servers that have a fixed address that fits.
func (c *call) byAddress(f *filters, all []row) ([]row, error) {
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.server.ID
	}
	if len(ids) == 0 {
		return all, nil
	}
	ports, err := c.net().PortsOf(ids...)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(r row) bool {
		for _, p := range ports[r.server.ID] {
			for _, a := range p.Addresses {
				if f.ip4 != nil && ipVersion(a.IP) == 4 && f.ip4.MatchString(a.IP) || f.ip6 != nil && ipVersion(a.IP) == 6 && f.ip6.MatchString(a.IP) {
					return false
				}
			}
		}
		return true
	}), nil
}

// checkMarker refuses a marker that is no server the caller sees, and takes it off where the rows begin behind it.
func (c *call) checkMarker(f *filters) error {
	if f.limit.Marker == "" {
		return nil
	}
	s, err := c.anyServer(f.limit.Marker)
	var refused *web.Error
	if errors.As(err, &refused) || err == nil && s.Dying && s.Change == nil && !f.deleted && !f.withDeleted {
		return badRequest("marker [%s] not found", f.limit.Marker)
	}
	if f.markerPassed {
		f.limit.Marker = ""
	}
	return err
}

func listServers(full bool) func(c *call) (*web.Response, error) {
	kind, path := "index", "/v2.1/servers"
	if full {
		kind, path = "detail", "/v2.1/servers/detail"
	}
	return func(c *call) (*web.Response, error) {
		f, err := c.readFilters(kind)
		if err != nil {
			return nil, err
		}
		all, err := c.rows(f)
		if err != nil {
			return nil, err
		}
		if err := c.checkMarker(f); err != nil {
			return nil, err
		}
		page, _, _, known := web.Cut(all, f.limit, func(r row) string { return r.server.ID })
		if !known {
			// It is there, but the filters leave it out.
			page = nil
		}
		shown := []web.Object{}
		if full {
			servers, tasks := make([]server, len(page)), make([]string, len(page))
			for i, r := range page {
				servers[i], tasks[i] = r.server, r.task
			}
			vs, err := c.views(servers, tasks)
			if err != nil {
				return nil, err
			}
			for i := range vs {
				shown = append(shown, c.serverWire(&vs[i], true))
			}
		} else {
			for _, r := range page {
				shown = append(shown, c.brief(&r.server))
			}
		}
		answer := web.Object{"servers": shown}
		if len(page) > 0 && len(page) == f.limit.Limit {
			answer["servers_links"] = c.nextLink(path, page[len(page)-1].server.ID)
		}
		return web.OK(answer), nil
	}
}
