package network

import (
	"errors"
	"slices"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// quotaNames are the resources with a quota, in the order they are shown.
func quotaNames() []string {
	return []string{"network", "subnet", "subnetpool", "port", "router", "floatingip", "rbac_policy", "security_group", "security_group_rule"}
}

// defaultLimit is Neutron's own; -1 is no limit.
func defaultLimit(name string) int {
	return map[string]int{"network": 100, "subnet": 100, "subnetpool": -1, "port": 500, "router": 10, "floatingip": 50, "rbac_policy": 10,
		"security_group": 10, "security_group_rule": 100}[name]
}

func (c *call) limit(project, name string) (int, error) {
	q, err := store.Get[limits](c.Tx, project)
	if errors.Is(err, store.ErrNotFound) {
		return defaultLimit(name), nil
	}
	if n, ok := q.Limits[name]; ok {
		return n, err
	}
	return defaultLimit(name), err
}

// checkQuota refuses n more of a resource when the project has too many then.
func (c *call) checkQuota(res *resource, project string, n int) error {
	limit, err := c.limit(project, res.name)
	if err != nil || limit < 0 {
		return err
	}
	have, err := res.count(c, project)
	if err != nil {
		return err
	}
	if have+n > limit {
		return conflict("OverQuota", "Quota exceeded for resources: ['%s'].", res.name)
	}
	return nil
}

// limited are the resources that a project's quotas are shown for.
func (c *call) limited(project string) ([]string, error) {
	q, err := store.Get[limits](c.Tx, project)
	if errors.Is(err, store.ErrNotFound) {
		return quotaNames(), nil
	}
	if q.Names != nil {
		return q.Names, err
	}
	return quotaNames(), err
}

func (c *call) quota(project string) (ordered, error) {
	names, err := c.limited(project)
	if err != nil {
		return nil, err
	}
	var o ordered
	for _, name := range names {
		n, err := c.limit(project, name)
		if err != nil {
			return nil, err
		}
		o = append(o, member{name, n})
	}
	return o, nil
}

// mayReadQuota lets members see their own project's.
func (c *call) mayReadQuota(project string) error {
	if c.admin || project == c.project {
		return nil
	}
	return disallowed("rule:get_quota")
}

func listQuotas(c *call) (*web.Response, error) {
	if !c.admin {
		return nil, disallowed("rule:get_quota")
	}
	all := []ordered{}
	for q, err := range store.Each[limits](c.Tx) {
		if err != nil {
			return nil, err
		}
		o, err := c.quota(q.ProjectID)
		if err != nil {
			return nil, err
		}
		all = append(all, append(o, member{"tenant_id", q.ProjectID}, member{"project_id", q.ProjectID}))
	}
	return web.OK(ordered{{"quotas", all}}), nil
}

func showQuota(c *call) (*web.Response, error) {
	id := c.id()
	if id == "tenant" || id == "project" {
		return web.OK(ordered{{"tenant", ordered{{"tenant_id", c.project}}}}), nil
	}
	if err := c.mayReadQuota(id); err != nil {
		return nil, err
	}
	o, err := c.quota(id)
	return web.OK(ordered{{"quota", o}}), err
}

func defaultQuota(c *call) (*web.Response, error) {
	if err := c.mayReadQuota(c.id()); err != nil {
		return nil, err
	}
	var o ordered
	for _, name := range quotaNames() {
		o = append(o, member{name, defaultLimit(name)})
	}
	return web.OK(ordered{{"quota", o}}), nil
}

func quotaDetails(c *call) (*web.Response, error) {
	if err := c.mayReadQuota(c.id()); err != nil {
		return nil, err
	}
	names, err := c.limited(c.id())
	if err != nil {
		return nil, err
	}
	var o ordered
	for _, name := range names {
		limit, err := c.limit(c.id(), name)
		if err != nil {
			return nil, err
		}
		used := 0
		if res := c.s.byName(name); res != nil && res.count != nil {
			if used, err = res.count(c, c.id()); err != nil {
				return nil, err
			}
		}
		o = append(o, member{name, ordered{{"limit", limit}, {"used", used}, {"reserved", 0}}})
	}
	return web.OK(ordered{{"quota", o}}), nil
}

func updateQuota(c *call) (*web.Response, error) {
	body, err := c.Object()
	if err != nil {
		return nil, err
	}
	in, ok := body["quota"].(map[string]any)
	if !ok {
		return nil, malformed("Unable to find 'quota' in request body")
	}
	force := false
	for _, name := range sortedKeys(in) {
		switch {
		case name == "tenant_id" || name == "project_id":
		case name == "force" || name == "check_limit":
			b, err := toBool(in[name])
			if err != nil {
				return nil, err
			}
			force = force || name == "check_limit" && b.(bool)
		case !slices.Contains(quotaNames(), name):
			return nil, malformed("Unrecognized attribute(s) '%s'", name)
		default:
			n, err := toInt(in[name])
			if err != nil {
				return nil, err
			}
			switch n := n.(int64); {
			case n < -1:
				return nil, malformed("Invalid input for %s. Reason: '%d' is too small - must be at least '-1'.", name, n)
			case n > 0x7FFFFFFF:
				return nil, malformed("Invalid input for %s. Reason: '%d' is too large - must be no larger than '2147483647'.", name, n)
			}
		}
	}
	if !c.admin {
		return nil, disallowed("rule:update_quota")
	}
	q, err := store.Get[limits](c.Tx, c.id())
	if errors.Is(err, store.ErrNotFound) {
		q, err = limits{ProjectID: c.id(), Limits: map[string]int{}}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, name := range sortedKeys(in) {
		if !slices.Contains(quotaNames(), name) {
			continue
		}
		n, _ := pyInt(in[name])
		if force && n >= 0 {
			used, err := c.s.byName(name).count(c, c.id())
			if err != nil {
				return nil, err
			}
			if int64(used) > n {
				return nil, malformed("Quota limit %d for %s must be greater than or equal to already used %d", n, name, used)
			}
		}
		q.Limits[name] = int(n)
	}
	if err := store.Put(c.Tx, q); err != nil {
		return nil, err
	}
	o, err := c.quota(c.id())
	return web.OK(ordered{{"quota", o}}), err
}

func deleteQuota(c *call) (*web.Response, error) {
	if !c.admin {
		return nil, disallowed("rule:delete_quota")
	}
	err := store.Delete[limits](c.Tx, c.id())
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound("TenantQuotaNotFound", "Quota for tenant %s could not be found.", c.id())
	}
	return web.NoContent(), err
}
