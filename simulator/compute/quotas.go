package compute

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// classID is the document of the quota class "default", which holds for projects that were given nothing else.
const classID = "class default"

// quotaNames are what is limited, in Nova's order.
func quotaNames(minor int) []string {
	all := []string{"cores", "fixed_ips", "floating_ips", "injected_file_content_bytes", "injected_file_path_bytes", "injected_files", "instances",
		"key_pairs", "metadata_items", "ram", "security_group_rules", "security_groups", "server_group_members", "server_groups"}
	return slices.DeleteFunc(all, func(n string) bool {
		proxied := n == "fixed_ips" || n == "floating_ips" || strings.HasPrefix(n, "security_group")
		return proxied && minor >= 36 || strings.HasPrefix(n, "injected_") && minor >= 57
	})
}

func defaultLimit(name string) int {
	switch name {
	case "cores":
		return 20
	case "injected_file_content_bytes":
		return 10240
	case "injected_file_path_bytes":
		return 255
	case "injected_files":
		return 5
	case "instances", "server_groups", "server_group_members":
		return 10
	case "key_pairs":
		return 100
	case "metadata_items":
		return 128
	case "ram":
		return 51200
	}
	return -1
}

// limit is a project's quota of something; -1 is none. The documents are few, so they are read each time.
func (c *call) limit(project, name string) (int, error) {
	for _, id := range []string{project, classID} {
		l, err := store.Get[limits](c.Tx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if n, ok := l.Limits[name]; ok {
			return n, nil
		}
	}
	return defaultLimit(name), nil
}

// usage is what a project's servers take.
func (c *call) usage(project string) (used, error) { return c.tally("project " + project) }

// enforceQuota says how many servers of least to most the project may have more, or refuses.
func (c *call) enforceQuota(f *flavor, least, most int) (int, error) {
	u, err := c.usage(c.project)
	if err != nil {
		return 0, err
	}
	type resource struct {
		name       string
		limit, use int
		each       int
	}
	all := []resource{{name: "cores", use: u.VCPUs, each: f.VCPUs}, {name: "instances", use: u.Servers, each: 1}, {name: "ram", use: u.RAM, each: f.RAM}}
	allowed := most
	var over []resource
	for i := range all {
		r := &all[i]
		if r.limit, err = c.limit(c.project, r.name); err != nil {
			return 0, err
		}
		if r.limit < 0 || r.each == 0 || r.use+r.each*most <= r.limit {
			continue
		}
		over = append(over, *r)
		allowed = min(allowed, max(0, r.limit-r.use)/r.each)
	}
	if allowed >= least && allowed > 0 {
		return allowed, nil
	}
	var names, asked, have, limit []string
	for _, r := range over {
		names = append(names, r.name)
		have = append(have, strconv.Itoa(r.use))
		limit = append(limit, strconv.Itoa(r.limit))
		switch {
		case r.name == "instances" && least != most:
			asked = append(asked, strconv.Itoa(least)+"-"+strconv.Itoa(most))
		default:
			asked = append(asked, strconv.Itoa(r.each*most))
		}
	}
	return 0, overQuota(names, asked, have, limit)
}

func overQuota(names, asked, have, limit []string) error {
	join := func(s []string) string { return strings.Join(s, ", ") }
	return forbidden("Quota exceeded for %s: Requested %s, but already used %s of %s %s", join(names), join(asked), join(have), join(limit), join(names))
}

// checkMetadata refuses more metadata than the quota allows.
func (c *call) checkMetadata(in *object) error {
	if in == nil {
		return nil
	}
	limit, err := c.limit(c.project, "metadata_items")
	if err == nil && limit >= 0 && len(in.keys) > limit {
		return forbidden("Maximum number of metadata items exceeds %d", limit)
	}
	return err
}

// checkMembers refuses more members of a group than the quota allows.
func (c *call) checkMembers(g *serverGroup, n int) error {
	limit, err := c.limit(c.project, "server_group_members")
	if err != nil || limit < 0 {
		return err
	}
	have, err := c.members(g.ID)
	if err == nil && len(have)+n > limit {
		return forbidden("Quota exceeded, too many servers in group")
	}
	return err
}

func quotaQuery(c *call) error {
	return checkQuery(queryParams(!c.at(75), map[string]schema{"user_id": text()}), c.Request)
}

// mayReadQuota asks the policy and for the project.
func (c *call) mayReadQuota(rule string) error {
	if err := c.owns(c.PathValue("id"), "os-quota-sets:"+rule); err != nil {
		return err
	}
	return c.checkProject(c.PathValue("id"))
}

func (c *call) quotaSet(project string) (web.Object, error) {
	o := web.Object{}
	for _, name := range quotaNames(c.Version.Minor) {
		n, err := c.limit(project, name)
		if err != nil {
			return nil, err
		}
		o[name] = n
	}
	return o, nil
}

func showQuota(c *call) (*web.Response, error) {
	if err := quotaQuery(c); err != nil {
		return nil, err
	}
	if err := c.mayReadQuota("show"); err != nil {
		return nil, err
	}
	o, err := c.quotaSet(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	o["id"] = c.PathValue("id")
	return web.OK(web.Object{"quota_set": o}), nil
}

func defaultQuota(c *call) (*web.Response, error) {
	if err := c.checkProject(c.PathValue("id")); err != nil {
		return nil, err
	}
	o, err := c.quotaSet(classID)
	if err != nil {
		return nil, err
	}
	o["id"] = c.PathValue("id")
	return web.OK(web.Object{"quota_set": o}), nil
}

func quotaDetail(c *call) (*web.Response, error) {
	if err := quotaQuery(c); err != nil {
		return nil, err
	}
	if err := c.mayReadQuota("detail"); err != nil {
		return nil, err
	}
	project := c.PathValue("id")
	u, err := c.usage(project)
	if err != nil {
		return nil, err
	}
	groups, err := store.Count[serverGroup](c.Tx, store.Project(project))
	if err != nil {
		return nil, err
	}
	use := map[string]int{"cores": u.VCPUs, "instances": u.Servers, "ram": u.RAM, "server_groups": groups}
	o := web.Object{"id": project}
	for _, name := range quotaNames(c.Version.Minor) {
		n, err := c.limit(project, name)
		if err != nil {
			return nil, err
		}
		o[name] = web.Object{"limit": n, "in_use": use[name], "reserved": 0}
	}
	return web.OK(web.Object{"quota_set": o}), nil
}

func quotaSchema(minor int, member string) schema {
	value := schema{typ("integer", "string"), pattern(signedRE, "^-?[0-9]+$"), between(-1, 0x7fffffff)}
	names := quotaNames(minor)
	if minor < 36 {
		names = append(names, "networks")
	} else {
		names = append(names, "server_groups", "server_group_members")
	}
	slices.Sort(names)
	var all []property
	for _, n := range slices.Compact(names) {
		all = append(all, prop(n, value))
	}
	if member == "quota_set" {
		all = append(all, prop("force", booleanSchema()))
	}
	return one(member, schema{props(all...), closed(all...)})
}

func updateQuota(c *call) (*web.Response, error) {
	body, err := c.bodyIs(quotaSchema(c.Version.Minor, "quota_set"))
	if err != nil {
		return nil, err
	}
	if err := quotaQuery(c); err != nil {
		return nil, err
	}
	if err := c.may("os-quota-sets:update"); err != nil {
		return nil, err
	}
	project := c.PathValue("id")
	if err := c.checkProject(project); err != nil {
		return nil, err
	}
	in := body.object("quota_set")
	if in == nil {
		return nil, notAnObject("quota_set")
	}
	if in.has("networks") {
		return nil, badRequest("The networks quota has been removed")
	}
	if !truth(in.get("force")) {
		u, err := c.usage(project)
		if err != nil {
			return nil, err
		}
		use := map[string]int{"cores": u.VCPUs, "instances": u.Servers, "ram": u.RAM}
		for _, name := range in.keys {
			n, _ := pyInt(in.get(name))
			if name != "force" && n >= 0 && n < use[name] {
				return nil, badRequest("Quota limit %d for %s must be greater than or equal to already used and reserved %d.", n, name, use[name])
			}
		}
	}
	if err := c.setLimits(project, in); err != nil {
		return nil, err
	}
	o, err := c.quotaSet(project)
	return web.OK(web.Object{"quota_set": o}), err
}

func (c *call) setLimits(id string, in *object) error {
	l, err := store.Get[limits](c.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		l, err = limits{ProjectID: id}, nil
	}
	if err != nil {
		return err
	}
	if l.Limits == nil {
		l.Limits = map[string]int{}
	}
	for _, name := range in.keys {
		if name != "force" {
			l.Limits[name], _ = pyInt(in.get(name))
		}
	}
	return store.Put(c.Tx, l)
}

func deleteQuota(c *call) (*web.Response, error) {
	if err := quotaQuery(c); err != nil {
		return nil, err
	}
	if err := c.may("os-quota-sets:delete"); err != nil {
		return nil, err
	}
	if err := store.Delete[limits](c.Tx, c.PathValue("id")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return accepted(), nil
}

// classNames are what a quota class shows: the groups of servers only from 2.50 on.
func (c *call) classNames() []string {
	names := quotaNames(c.Version.Minor)
	if c.at(50) {
		return names
	}
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.HasPrefix(n, "server_group") })
}

func (c *call) classSet() (web.Object, error) {
	o := web.Object{}
	for _, name := range c.classNames() {
		n, err := c.limit(classID, name)
		if err != nil {
			return nil, err
		}
		o[name] = n
	}
	return o, nil
}

func showClass(c *call) (*web.Response, error) {
	if err := c.may("os-quota-class-sets:show"); err != nil {
		return nil, err
	}
	o, err := c.classSet()
	o["id"] = c.PathValue("id")
	return web.OK(web.Object{"quota_class_set": o}), err
}

func updateClass(c *call) (*web.Response, error) {
	body, err := c.bodyIs(quotaSchema(c.Version.Minor, "quota_class_set"))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-quota-class-sets:update"); err != nil {
		return nil, err
	}
	in := body.object("quota_class_set")
	if in == nil {
		return nil, notAnObject("quota_class_set")
	}
	if c.PathValue("id") == "default" {
		if err := c.setLimits(classID, in); err != nil {
			return nil, err
		}
	}
	o, err := c.classSet()
	return web.OK(web.Object{"quota_class_set": o}), err
}

func showLimits(c *call) (*web.Response, error) {
	if err := checkQuery(queryParams(!c.at(75), map[string]schema{"tenant_id": text(), "reserved": text()}), c.Request); err != nil {
		return nil, err
	}
	project := c.project
	if id := c.Query().Get("tenant_id"); id != "" && id != project {
		if err := c.may("limits:other_project"); err != nil {
			return nil, err
		}
		project = id
	}
	o := web.Object{}
	for name, shown := range limitNames(c.Version.Minor) {
		n, err := c.limit(project, name)
		if err != nil {
			return nil, err
		}
		o[shown] = n
	}
	meta, err := c.limit(project, "metadata_items")
	if err != nil {
		return nil, err
	}
	o["maxServerMeta"] = meta
	if !c.at(39) {
		o["maxImageMeta"] = meta
	}
	u, err := c.usage(project)
	if err != nil {
		return nil, err
	}
	groups, err := store.Count[serverGroup](c.Tx, store.Project(project))
	if err != nil {
		return nil, err
	}
	o["totalRAMUsed"], o["totalCoresUsed"], o["totalInstancesUsed"], o["totalServerGroupsUsed"] = u.RAM, u.VCPUs, u.Servers, groups
	if !c.at(36) {
		o["totalFloatingIpsUsed"], o["totalSecurityGroupsUsed"] = 0, 0
	}
	return web.OK(web.Object{"limits": web.Object{"rate": []any{}, "absolute": o}}), nil
}

// limitNames are the quotas among the limits, by the names they have there.
func limitNames(minor int) map[string]string {
	names := map[string]string{"instances": "maxTotalInstances", "cores": "maxTotalCores", "ram": "maxTotalRAMSize", "key_pairs": "maxTotalKeypairs",
		"server_groups": "maxServerGroups", "server_group_members": "maxServerGroupMembers"}
	if minor < 36 {
		maps.Copy(names, map[string]string{"floating_ips": "maxTotalFloatingIps", "security_groups": "maxSecurityGroups", "security_group_rules": "maxSecurityGroupRules"})
	}
	if minor < 57 {
		maps.Copy(names, map[string]string{"injected_files": "maxPersonality", "injected_file_content_bytes": "maxPersonalitySize"})
	}
	return names
}
