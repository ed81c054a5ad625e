package identity

import (
	"errors"
	"net/http"
	"slices"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func roleWire(r *web.Request, ro role) web.Object {
	return selfLink(r, roleBody(ro), "/v3/roles/"+ro.ID)
}

// roleBody is a role without its links, as an application credential holds it.
func roleBody(ro role) web.Object {
	o := web.Object{"id": ro.ID, "name": ro.Name, "domain_id": null(ro.DomainID), "description": nil, "options": options(ro.Options)}
	if ro.Description != nil {
		o["description"] = *ro.Description
	}
	return withExtra(o, ro.Extra)
}

func (s *Identity) listRoles(r *web.Request) (*web.Response, error) {
	action := "list_roles"
	domain := r.Query().Get("domain_id")
	if domain != "" {
		action = "list_domain_roles"
	}
	if err := enforce(r, action, systemReader(r)); err != nil {
		return nil, err
	}
	// Without a domain the global roles are listed, not those of domains.
	all, err := store.List[role](r.Tx, store.By("domain", domain))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, ro := range all {
		out = append(out, roleWire(r, ro))
	}
	return collection(r, "roles", filter(r, out, "name", "domain_id")), nil
}

// role finds the role of a path for a caller who may act on it.
func (s *Identity) role(r *web.Request, verb string, or ...bool) (*role, error) {
	ro, err := lookup[role](r.Tx, r.PathValue("role"))
	if err != nil {
		return nil, err
	}
	action := verb + "_role"
	if ro != nil && ro.DomainID != "" {
		action = verb + "_domain_role"
	}
	if err := enforce(r, action, or...); err != nil {
		return nil, err
	}
	if ro == nil {
		return nil, notFound("role", r.PathValue("role"))
	}
	return ro, nil
}

func (s *Identity) showRole(r *web.Request) (*web.Response, error) {
	ro, err := s.role(r, "get", systemReader(r))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"role": roleWire(r, *ro)}), nil
}

func putRole(r *web.Request, ro role) error {
	err := store.Put(r.Tx, ro)
	var c *store.Conflict
	if errors.As(err, &c) {
		return duplicateName("role", ro.Name)
	}
	return err
}

func fillRole(in web.Object, ro *role) {
	setText(in, "name", &ro.Name)
	setPointer(in, "description", &ro.Description)
	setOptions(in, &ro.Options)
	setExtra(in, &ro.Extra, "name", "description", "domain_id")
}

func (s *Identity) createRole(r *web.Request) (*web.Response, error) {
	body, err := object(r)
	if err != nil {
		return nil, err
	}
	raw, _ := body["role"].(web.Object)
	ro := role{ID: r.Tx.NewHexID()}
	setText(raw, "domain_id", &ro.DomainID)
	action := "create_role"
	if ro.DomainID != "" {
		action = "create_domain_role"
	}
	if err := enforce(r, action); err != nil {
		return nil, err
	}
	in, err := member(r, "role", creating(roleSchema(), "name"))
	if err != nil {
		return nil, err
	}
	if ro.DomainID != "" {
		if _, err := must[project](r, "domain", ro.DomainID); err != nil {
			return nil, err
		}
	}
	fillRole(in, &ro)
	if err := putRole(r, ro); err != nil {
		return nil, err
	}
	return web.Created(web.Object{"role": roleWire(r, ro)}), nil
}

func (s *Identity) updateRole(r *web.Request) (*web.Response, error) {
	ro, err := s.role(r, "update")
	if err != nil {
		return nil, err
	}
	in, err := member(r, "role", updating(roleSchema()))
	if err != nil {
		return nil, err
	}
	if o, ok := in["options"].(web.Object); !ok || o["immutable"] != false {
		if err := immutable("role", ro.ID, "update", ro.Options); err != nil {
			return nil, err
		}
	}
	if d, ok := in["domain_id"]; ok && d != null(ro.DomainID) {
		return nil, web.Errorf(400, "Cannot change Domain ID")
	}
	fillRole(in, ro)
	if err := putRole(r, *ro); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"role": roleWire(r, *ro)}), nil
}

func (s *Identity) deleteRole(r *web.Request) (*web.Response, error) {
	ro, err := s.role(r, "delete")
	if err != nil {
		return nil, err
	}
	if err := immutable("role", ro.ID, "delete", ro.Options); err != nil {
		return nil, err
	}
	return web.NoContent(), s.removeRole(r.Tx, ro.ID)
}

func (s *Identity) removeRole(tx *store.Tx, id string) error {
	apps, err := store.List[appCredential](tx)
	if err != nil {
		return err
	}
	for _, a := range apps {
		if slices.Contains(a.RoleIDs, id) {
			if err := store.Delete[appCredential](tx, a.ID); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		deleteAll[assignment](tx, store.By("role", id)),
		deleteAll[implied](tx, store.By("prior", id)),
		deleteAll[implied](tx, store.By("implied", id)),
		store.Delete[role](tx, id))
}

func roleRef(r *web.Request, ro role) web.Object {
	return selfLink(r, web.Object{"id": ro.ID, "name": ro.Name}, "/v3/roles/"+ro.ID)
}

// inference is a role with the roles it implies at once.
func inference(r *web.Request, prior role) (web.Object, error) {
	all, err := store.List[implied](r.Tx, store.By("prior", prior.ID))
	if err != nil {
		return nil, err
	}
	implies := []web.Object{}
	for _, i := range all {
		ro, err := must[role](r, "role", i.Implied)
		if err != nil {
			return nil, err
		}
		implies = append(implies, roleRef(r, *ro))
	}
	return web.Object{"prior_role": roleRef(r, prior), "implies": implies}, nil
}

func (s *Identity) listInferences(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_role_inference_rules", systemReader(r)); err != nil {
		return nil, err
	}
	all, err := store.List[role](r.Tx)
	if err != nil {
		return nil, err
	}
	out := []web.Object{}
	for _, ro := range all {
		o, err := inference(r, ro)
		if err != nil {
			return nil, err
		}
		if len(o["implies"].([]web.Object)) > 0 {
			out = append(out, o)
		}
	}
	return web.OK(web.Object{"role_inferences": out}), nil
}

func (s *Identity) listImplied(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_implied_roles", systemReader(r)); err != nil {
		return nil, err
	}
	ro, err := must[role](r, "role", r.PathValue("role"))
	if err != nil {
		return nil, err
	}
	o, err := inference(r, *ro)
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"role_inference": o, "links": web.Object{"self": r.URLFor(r.URL.Path)}}), nil
}

// impliedRole finds the two roles of a path.
func (s *Identity) impliedRole(r *web.Request, action string, or ...bool) (prior, other *role, err error) {
	if err := enforce(r, action, or...); err != nil {
		return nil, nil, err
	}
	if prior, err = must[role](r, "role", r.PathValue("role")); err != nil {
		return nil, nil, err
	}
	other, err = must[role](r, "role", r.PathValue("implied"))
	return prior, other, err
}

func impliedAnswer(r *web.Request, status int, prior, other role) *web.Response {
	return &web.Response{Status: status, Body: web.Object{
		"role_inference": web.Object{"prior_role": roleRef(r, prior), "implies": roleRef(r, other)},
		"links":          web.Object{"self": r.URLFor(r.URL.Path)}}}
}

func (s *Identity) showImplied(r *web.Request) (*web.Response, error) {
	action := "get_implied_role"
	if r.Method == http.MethodHead {
		action = "check_implied_role"
	}
	prior, other, err := s.impliedRole(r, action, systemReader(r))
	if err != nil {
		return nil, err
	}
	is, err := store.Has[implied](r.Tx, implied{Prior: prior.ID, Implied: other.ID}.Meta().ID)
	if err != nil {
		return nil, err
	}
	if !is {
		return nil, web.Errorf(404, "%s does not imply %s.", prior.ID, other.ID)
	}
	if r.Method == http.MethodHead {
		return web.NoContent(), nil
	}
	return impliedAnswer(r, 200, *prior, *other), nil
}

func (s *Identity) createImplied(r *web.Request) (*web.Response, error) {
	prior, other, err := s.impliedRole(r, "create_implied_role")
	if err != nil {
		return nil, err
	}
	// The admin role is what everything rests on: nothing may lead to it by a detour.
	if other.Name == "admin" {
		return nil, web.Errorf(403, "Cannot create an implied role for a prohibited role: %s.", other.ID)
	}
	return impliedAnswer(r, 201, *prior, *other), store.Put(r.Tx, implied{Prior: prior.ID, Implied: other.ID})
}

func (s *Identity) deleteImplied(r *web.Request) (*web.Response, error) {
	prior, other, err := s.impliedRole(r, "delete_implied_role")
	if err != nil {
		return nil, err
	}
	err = store.Delete[implied](r.Tx, implied{Prior: prior.ID, Implied: other.ID}.Meta().ID)
	if errors.Is(err, store.ErrNotFound) {
		err = web.Errorf(404, "%s does not imply %s.", prior.ID, other.ID)
	}
	return web.NoContent(), err
}

// grantRoutes are the routes of the assignments of every kind of actor on every kind of target.
func (s *Identity) grantRoutes() []web.Route {
	var routes []web.Route
	for _, target := range []string{targetProject, targetDomain, targetSystem} {
		for _, actor := range []string{actorUser, actorGroup} {
			for _, inherited := range []bool{false, true} {
				g := grants{s, actor, target, inherited}
				path := "/v3/" + target + "/{target}/" + actor + "/{actor}/roles"
				if target == targetSystem {
					path = "/v3/system/" + actor + "/{actor}/roles"
				}
				one := path + "/{role}"
				if inherited {
					if target == targetSystem {
						continue
					}
					path = "/v3/OS-INHERIT" + path[len("/v3"):] + "/inherited_to_projects"
					one = "/v3/OS-INHERIT" + one[len("/v3"):] + "/inherited_to_projects"
					if target == targetProject {
						path = "" // Keystone has no list of these
					}
				}
				what := "of " + actor + " on " + target
				if path != "" {
					routes = append(routes, web.Route{Method: "GET", Pattern: path, Handler: g.list, Doc: "List roles " + what + "."})
				}
				routes = append(routes,
					web.Route{Method: "GET", Pattern: one, Handler: g.check, Doc: "Check a role " + what + "."},
					web.Route{Method: "PUT", Pattern: one, Handler: g.add, Doc: "Assign a role " + what + "."},
					web.Route{Method: "DELETE", Pattern: one, Handler: g.remove, Doc: "Revoke a role " + what + "."})
			}
		}
	}
	return routes
}

// grants are the assignments of one kind of actor on one kind of target.
type grants struct {
	*Identity
	actor, target string
	inherited     bool
}

// assignment finds what a path speaks of, for a caller who may do it. reader lets readers with a fitting scope through.
func (g grants) assignment(r *web.Request, verb string, reader bool) (assignment, error) {
	a := assignment{Actor: g.actor, ActorID: r.PathValue("actor"), Target: g.target, TargetID: r.PathValue("target"),
		RoleID: r.PathValue("role"), Inherited: g.inherited}
	action := verb + "_grant"
	if g.target == targetSystem {
		a.TargetID = "system"
		action = verb + "_system_grant_for_" + g.actor[:len(g.actor)-1]
	}
	if verb == "list" {
		action = "list_grants"
		if g.target == targetSystem {
			action = "list_system_grants_for_" + g.actor[:len(g.actor)-1]
		}
	}
	if err := enforce(r, action, reader && systemReader(r)); err != nil {
		return a, err
	}
	if a.RoleID != "" {
		if _, err := must[role](r, "role", a.RoleID); err != nil {
			return a, err
		}
	}
	// What is to be taken back may concern a user that is gone.
	if verb != "revoke" {
		var err error
		if g.actor == actorUser {
			_, err = must[user](r, "user", a.ActorID)
		} else {
			_, err = must[group](r, "group", a.ActorID)
		}
		if err != nil {
			return a, err
		}
	}
	switch g.target {
	case targetProject:
		_, err := must[project](r, "project", a.TargetID)
		return a, err
	case targetDomain:
		_, err := must[project](r, "domain", a.TargetID)
		return a, err
	}
	return a, nil
}

func noAssignment(a assignment) error {
	return web.Errorf(404, "Could not find role assignment with role: %s, user or group: %s, project, domain, or system: %s.", a.RoleID, a.ActorID, a.TargetID)
}

func (g grants) list(r *web.Request) (*web.Response, error) {
	want, err := g.assignment(r, "list", true)
	if err != nil {
		return nil, err
	}
	all, err := store.List[assignment](r.Tx, store.By("actor", want.ActorID), store.By("target", want.TargetID))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, a := range all {
		if a.Actor == g.actor && a.Target == g.target && a.Inherited == g.inherited {
			ro, err := must[role](r, "role", a.RoleID)
			if err != nil {
				return nil, err
			}
			out = append(out, roleWire(r, *ro))
		}
	}
	return collection(r, "roles", out), nil
}

func (g grants) check(r *web.Request) (*web.Response, error) {
	a, err := g.assignment(r, "check", true)
	if err != nil {
		return nil, err
	}
	is, err := store.Has[assignment](r.Tx, a.Meta().ID)
	if err == nil && !is {
		err = noAssignment(a)
	}
	return web.NoContent(), err
}

func (g grants) add(r *web.Request) (*web.Response, error) {
	a, err := g.assignment(r, "create", false)
	if err != nil {
		return nil, err
	}
	return web.NoContent(), store.Put(r.Tx, a)
}

func (g grants) remove(r *web.Request) (*web.Response, error) {
	a, err := g.assignment(r, "revoke", false)
	if err != nil {
		return nil, err
	}
	err = store.Delete[assignment](r.Tx, a.Meta().ID)
	if errors.Is(err, store.ErrNotFound) {
		err = noAssignment(a)
	}
	return web.NoContent(), err
}

// shown is an assignment as a list shows it: given, or following from others.
type shown struct {
	assignment
	group string // the group it comes by, when effective
	prior string // the role that implies it
	from  string // the target it is inherited from
}

func (s *Identity) listAssignments(r *web.Request) (*web.Response, error) {
	q := r.Query()
	project, domain := q.Get("scope.project.id"), q.Get("scope.domain.id")
	action := "list_role_assignments"
	if flag(r, "include_subtree") {
		action = "list_role_assignments_for_tree"
	}
	if err := enforce(r, action, systemReader(r), domain != "" && domainReader(r, domain)); err != nil {
		return nil, err
	}
	userID, groupID, roleID := q.Get("user.id"), q.Get("group.id"), q.Get("role.id")
	isEffective, inheritedOnly := flag(r, "effective"), q.Get("scope.OS-INHERIT:inherited_to") != ""
	switch {
	case userID != "" && groupID != "":
		return nil, web.Errorf(400, "Specify a user or group, not both")
	case domain != "" && project != "":
		return nil, web.Errorf(400, "Specify a domain or project, not both")
	case q.Get("scope.system") != "" && project != "":
		return nil, web.Errorf(400, "Specify system or project, not both")
	case q.Get("scope.system") != "" && domain != "":
		return nil, web.Errorf(400, "Specify system or domain, not both")
	case isEffective && groupID != "":
		return nil, web.Errorf(400, "Combining effective and group filter will always result in an empty list.")
	case isEffective && inheritedOnly:
		return nil, web.Errorf(400, "Combining effective and inherited filter will always result in an empty list.")
	case flag(r, "include_subtree") && project == "":
		return nil, web.Errorf(400, "scope.project.id must be specified if include_subtree is also specified")
	}
	all, err := store.List[assignment](r.Tx)
	if err != nil {
		return nil, err
	}
	list := make([]shown, 0, len(all))
	for _, a := range all {
		list = append(list, shown{assignment: a})
	}
	if isEffective {
		if list, err = expandAssignments(r.Tx, list); err != nil {
			return nil, err
		}
	}
	targets := []string{project}
	if flag(r, "include_subtree") {
		below, err := subtree(r.Tx, project)
		if err != nil {
			return nil, err
		}
		for _, p := range below {
			targets = append(targets, p.ID)
		}
	}
	names := flag(r, "include_names")
	var out []web.Object
	for _, a := range list {
		if userID != "" && (a.Actor != actorUser || a.ActorID != userID) ||
			groupID != "" && (a.Actor != actorGroup || a.ActorID != groupID) ||
			roleID != "" && a.RoleID != roleID ||
			project != "" && (a.Target != targetProject || !slices.Contains(targets, a.TargetID)) ||
			domain != "" && (a.Target != targetDomain || a.TargetID != domain) ||
			q.Get("scope.system") != "" && a.Target != targetSystem ||
			inheritedOnly && !a.Inherited {
			continue
		}
		o, err := assignmentWire(r, a, names)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return collection(r, "role_assignments", out), nil
}

// expandAssignments turns groups into their users, inherited roles into the projects below, and adds implied roles.
func expandAssignments(tx *store.Tx, list []shown) ([]shown, error) {
	var users []shown
	for _, a := range list {
		if a.Actor == actorUser {
			users = append(users, a)
			continue
		}
		members, err := store.List[membership](tx, store.By("group", a.ActorID))
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			b := a
			b.Actor, b.ActorID, b.group = actorUser, m.UserID, a.ActorID
			users = append(users, b)
		}
	}
	var here []shown
	for _, a := range users {
		if !a.Inherited {
			here = append(here, a)
			continue
		}
		below, err := subtree(tx, a.TargetID)
		if err != nil {
			return nil, err
		}
		for _, p := range below {
			b := a
			b.Target, b.TargetID, b.Inherited, b.from = targetProject, p.ID, false, a.Target+"/"+a.TargetID
			here = append(here, b)
		}
	}
	var out []shown
	seen := map[string]bool{}
	for i := 0; i < len(here); i++ {
		a := here[i]
		key := a.Meta().ID
		if seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, a)
		more, err := store.List[implied](tx, store.By("prior", a.RoleID))
		if err != nil {
			return nil, err
		}
		next := make([]shown, 0, len(more))
		for _, m := range more {
			b := a
			b.prior, b.RoleID = a.RoleID, m.Implied
			next = append(next, b)
		}
		here = slices.Insert(here, i+1, next...)
	}
	return out, nil
}

func assignmentWire(r *web.Request, a shown, names bool) (web.Object, error) {
	named := func(o web.Object, name, domainID string) (web.Object, error) {
		if !names {
			return o, nil
		}
		o["name"] = name
		if domainID != "" {
			d, err := must[project](r, "domain", domainID)
			if err != nil {
				return nil, err
			}
			o["domain"] = web.Object{"id": d.ID, "name": d.Name}
		}
		return o, nil
	}
	o := web.Object{}
	ro, err := must[role](r, "role", a.RoleID)
	if err != nil {
		return nil, err
	}
	if o["role"], err = named(web.Object{"id": ro.ID}, ro.Name, ro.DomainID); err != nil {
		return nil, err
	}
	switch a.Actor {
	case actorUser:
		u, err := must[user](r, "user", a.ActorID)
		if err != nil {
			return nil, err
		}
		if o["user"], err = named(web.Object{"id": u.ID}, u.Name, u.DomainID); err != nil {
			return nil, err
		}
	default:
		g, err := must[group](r, "group", a.ActorID)
		if err != nil {
			return nil, err
		}
		if o["group"], err = named(web.Object{"id": g.ID}, g.Name, g.DomainID); err != nil {
			return nil, err
		}
	}
	scope := web.Object{}
	switch a.Target {
	case targetSystem:
		scope["system"] = web.Object{"all": true}
	default:
		p, err := must[project](r, "project", a.TargetID)
		if err != nil {
			return nil, err
		}
		if scope[a.Target[:len(a.Target)-1]], err = named(web.Object{"id": p.ID}, p.Name, p.DomainID); err != nil {
			return nil, err
		}
	}
	if a.Inherited || a.from != "" {
		scope["OS-INHERIT:inherited_to"] = "projects"
	}
	o["scope"] = scope
	o["links"] = a.links(r)
	return o, nil
}

// links say where an assignment comes from. An implied role's own assignment is its prior's.
func (a shown) links(r *web.Request) web.Object {
	target := a.Target + "/" + a.TargetID
	if a.Target == targetSystem {
		target = targetSystem
	}
	given := a.RoleID
	if a.prior != "" {
		given = a.prior
	}
	actor := a.Actor + "/" + a.ActorID
	links := web.Object{}
	if a.group != "" {
		actor = actorGroup + "/" + a.group
		links["membership"] = r.URLFor("/v3/groups/" + a.group + "/users/" + a.ActorID)
	}
	path := target + "/" + actor + "/roles/" + given
	switch {
	case a.from != "":
		path = "OS-INHERIT/" + a.from + "/" + actor + "/roles/" + given + "/inherited_to_projects"
	case a.Inherited:
		path = "OS-INHERIT/" + path + "/inherited_to_projects"
	}
	links["assignment"] = r.URLFor("/v3/" + path)
	if a.prior != "" {
		links["prior_role"] = r.URLFor("/v3/prior_role/" + a.RoleID + "/implies/" + a.prior)
	}
	return links
}
