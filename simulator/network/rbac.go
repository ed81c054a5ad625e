package network

import (
	"errors"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func rbacPolicies() *resource {
	return &resource{
		name: "rbac_policy", plural: "rbac_policies", path: "rbac-policies", attrs: grantAttrs(), emulated: true,
		notFound: func(id string) *web.Error {
			return notFound("RbacPolicyNotFound", "RBAC policy of type unknown with ID %s not found", id)
		},
		order: []string{"id", "project_id", "action", "object_id", "target_tenant", "object_type", "tenant_id"},
		find: func(c *call, id string) (record, error) {
			g, err := own[grant](c, id)
			if errors.Is(err, store.ErrNotFound) {
				if hidden, err := store.Get[grant](c.Tx, id); err == nil {
					return nil, notFound("RbacPolicyNotFound", "RBAC policy of type %s with ID %s not found", hidden.ObjectType, id)
				}
			}
			return g, err
		},
		list:   listed(mine[*grant], nil),
		create: func(c *call, in values) (record, error) { return c.createGrant(in) },
		update: func(c *call, r record, in values) error {
			g := r.(*grant)
			if in.set("target_tenant") {
				if !c.admin && in.text("target_tenant") == "*" {
					return disallowed("(rule:update_rbac_policy and rule:update_rbac_policy:target_tenant)")
				}
				g.Target = in.text("target_tenant")
			}
			return c.putGrant(g)
		},
		remove: func(c *call, r record) error {
			g := r.(*grant)
			if g.ObjectType == "network" && g.Action == "access_as_shared" {
				if n, err := store.Get[network](c.Tx, g.ObjectID); err == nil {
					if err := c.checkUnshare(&n, g.Target); err != nil {
						return conflict("RbacPolicyInUse", "RBAC policy on object %s cannot be removed because other objects depend on it.\nDetails: %s", g.ObjectID, err.(*web.Error).Message)
					}
				}
			}
			c.grants = nil
			if err := store.Delete[grant](c.Tx, g.ID); err != nil {
				return err
			}
			return c.syncExternal(g)
		},
		count: countOf[grant],
	}
}

// wire gives the attributes.
func (g *grant) wire(*call) (values, error) {
	return values{"id": g.ID, "project_id": g.ProjectID, "tenant_id": g.ProjectID, "action": g.Action, "object_id": g.ObjectID,
		"target_tenant": g.Target, "object_type": g.ObjectType}, nil
}

func objectTypes() []string {
	return []string{"address_group", "address_scope", "network", "security_group", "subnetpool"}
}

func toObjectType(v any) (any, error) {
	if s, ok := v.(string); ok {
		if t := strings.ToLower(strings.TrimSpace(s)); slices.Contains(objectTypes(), t) {
			return t, nil
		}
	}
	return nil, invalidInput("'%s' is not a valid RBAC object type", python.Str(v))
}

func (c *call) createGrant(in values) (*grant, error) {
	g := &grant{std: std{ID: c.freshID(), ProjectID: in.text("tenant_id")}, ObjectType: in.text("object_type"), ObjectID: in.text("object_id"),
		Target: in.text("target_tenant"), Action: in.text("action")}
	if !c.admin && g.Target == "*" {
		return nil, disallowed("((((rule:create_rbac_policy and rule:create_rbac_policy:object_type) and rule:create_rbac_policy:object_id) and rule:create_rbac_policy:target_tenant) and rule:create_rbac_policy:action)")
	}
	if err := c.grantable(g); err != nil {
		return nil, err
	}
	if err := c.putGrant(g); err != nil {
		return nil, err
	}
	return g, c.syncExternal(g)
}

// grantable looks whether the object is there, the caller's, and knows the action.
func (c *call) grantable(g *grant) error {
	var r record
	var err error
	actions := []string{"access_as_shared"}
	switch g.ObjectType {
	case "network":
		actions = append(actions, "access_as_external")
		r, err = c.s.networks.get(c, g.ObjectID)
	case "security_group":
		r, err = c.s.groups.get(c, g.ObjectID)
	case "subnetpool":
		r, err = c.s.pools.get(c, g.ObjectID)
	case "address_scope":
		r, err = c.s.scopes.get(c, g.ObjectID)
	case "address_group":
		r, err = c.s.addressGroups.get(c, g.ObjectID)
	}
	if err != nil {
		return err
	}
	if !slices.Contains(actions, g.Action) {
		return fault(400, "InvalidActionForType", "Invalid action '%s' for object type '%s'. Valid actions: %s", g.Action, g.ObjectType, python.Tuple(actions))
	}
	if !c.admin && r.meta().ProjectID != c.project {
		return invalidInput("Callback neutron.db.rbac_db_mixin failed with \"Only admins can manipulate policies on objects they do not own\"")
	}
	return nil
}

func (c *call) putGrant(g *grant) error {
	c.grants = nil
	err := store.Put(c.Tx, *g)
	var taken *store.Conflict
	if errors.As(err, &taken) {
		return conflict("DuplicateRbacPolicy", "An RBAC policy already exists with those values.")
	}
	return err
}

// syncExternal makes a network external when somebody may use it so, and internal when nobody may.
func (c *call) syncExternal(g *grant) error {
	if g.ObjectType != "network" || g.Action != "access_as_external" {
		return nil
	}
	n, err := store.Get[network](c.Tx, g.ObjectID)
	if err != nil {
		return err
	}
	n.External = slices.ContainsFunc(c.grantsOf("network", n.ID), func(g grant) bool { return g.Action == "access_as_external" })
	return c.putNetwork(&n)
}

// grant gives what an object's own attribute (shared, router:external) stands for.
func (c *call) grant(project, objectType, id, target, action string) error {
	if c.granted(objectType, id, action, "") && target == "*" {
		return nil
	}
	return c.putGrant(&grant{std: std{ID: c.freshID(), ProjectID: project}, ObjectType: objectType, ObjectID: id, Target: target, Action: action})
}

// ungrant takes the grants on an object back that fit.
func (c *call) ungrant(objectType, id string, fits func(grant) bool) error {
	for _, g := range slices.Clone(c.grantsOf(objectType, id)) {
		if !fits(g) {
			continue
		}
		if err := store.Delete[grant](c.Tx, g.ID); err != nil {
			return err
		}
	}
	c.grants = nil
	return nil
}
