package network

import (
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
)

// mayChange says whether the caller may update or delete an object it sees.
func (res *resource) mayChange(c *call, action string, r record) error {
	if c.admin || r.meta().ProjectID == c.project && c.project != "" || res.owns != nil && res.owns(c, action, r) {
		return nil
	}
	return disallowed("rule:" + action + "_" + res.name)
}

// enforce asks the policy for each attribute that was given, and refuses with the rule as Neutron writes it: all that
// had to hold, nested in the order of the attributes.
func (res *resource) enforce(c *call, action string, in values, given []string, allowed bool) error {
	base := action + "_" + res.name
	rule := "rule:" + base
	for _, a := range res.attrs {
		if !a.enforce || !slices.Contains(given, a.name) {
			continue
		}
		v := in[a.name]
		if action == "create" {
			switch a.def.(type) {
			case unset, required:
			default:
				if python.Repr(v) == python.Repr(a.def) {
					continue
				}
			}
		}
		one := "rule:" + base + ":" + a.name
		who := a.create
		if action == "update" {
			who = a.update
		}
		allowed = allowed && c.allowed(who, in, v)
		if a.sub != nil {
			var subs []string
			collect := func(d map[string]any) {
				for _, k := range res.subKeys(a, d) {
					subs = append(subs, "rule:"+base+":"+a.name+":"+k)
					allowed = allowed && c.allowed(a.sub[k], in, d[k])
				}
			}
			switch x := v.(type) {
			case map[string]any:
				collect(x)
				one = "(" + one + " and (" + strings.Join(subs, " and ") + "))"
			case []any:
				for _, item := range x {
					if d, ok := item.(map[string]any); ok {
						collect(d)
					}
				}
				if subs != nil {
					one = "(" + one + " and (" + strings.Join(subs, " and ") + "))"
				}
			}
		}
		rule = "(" + rule + " and " + one + ")"
	}
	if allowed {
		return nil
	}
	return disallowed(rule)
}

// subKeys are the keys of a dictionary in the order their rules are written in.
func (res *resource) subKeys(a attr, d map[string]any) []string {
	var names []string
	for _, k := range []string{"network_id", "enable_snat", "external_fixed_ips", "subnet_id", "ip_address", "mac_address"} {
		if _, known := a.sub[k]; known {
			if _, ok := d[k]; ok {
				names = append(names, k)
			}
		}
	}
	return names
}

func (c *call) allowed(who perm, in values, v any) bool {
	if c.admin || who == anyone {
		return true
	}
	if who == adminOnly {
		return false
	}
	if who == deviceOwnerish {
		if s, _ := v.(string); !strings.HasPrefix(s, "network:") {
			return true
		}
	}
	n, err := store.Get[network](c.Tx, in.text("network_id"))
	if err != nil {
		return true // the plugin says that there is no such network
	}
	if n.ProjectID == c.project {
		return true
	}
	return who == networkSharer && c.sharedWith("network", n.ID, c.project)
}

// mayUseNetwork is asked before a port or subnet is made: the network must be the owner's, or shared.
func (c *call) mayUseNetwork(name string, in values) error {
	if c.admin {
		return nil
	}
	n, err := c.seeNetwork(in.text("network_id"))
	if err != nil {
		return err
	}
	if n.ProjectID == in.text("tenant_id") || c.sharedWith("network", n.ID, c.project) {
		return nil
	}
	return fault(403, "HTTPForbidden", "Tenant %s not allowed to create %s on this network", in.text("tenant_id"), name)
}

// grantsOf reads the RBAC policies of a type, once for a call.
func (c *call) grantsOf(objectType, id string) []grant {
	if c.grants == nil {
		c.grants = map[string]map[string][]grant{}
	}
	if c.grants[objectType] == nil {
		byObject := map[string][]grant{}
		for g, err := range store.Each[grant](c.Tx, store.By("type", objectType)) {
			if err != nil {
				break
			}
			byObject[g.ObjectID] = append(byObject[g.ObjectID], g)
		}
		c.grants[objectType] = byObject
	}
	return c.grants[objectType][id]
}

func (c *call) granted(objectType, id, action, project string) bool {
	return slices.ContainsFunc(c.grantsOf(objectType, id), func(g grant) bool {
		return g.Action == action && (g.Target == "*" || g.Target == project && project != "")
	})
}

// sharedIDs are the objects of a type that the caller was granted anything on.
func (c *call) sharedIDs(objectType string) []string {
	c.grantsOf(objectType, "") // reads them
	var ids []string
	for id, all := range c.grants[objectType] {
		if slices.ContainsFunc(all, func(g grant) bool { return g.Target == "*" || g.Target == c.project }) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (c *call) sharedWith(objectType, id, project string) bool {
	return c.granted(objectType, id, "access_as_shared", project)
}
