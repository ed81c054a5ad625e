package identity

import (
	"maps"
	"slices"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Named is a thing of another cloud's identity service.
type Named struct{ ID, Name string }

// Login is who somebody is in another cloud, as a token says, and the password with which they are let in here.
type Login struct {
	User, UserDomain       Named
	Project, ProjectDomain Named // of a token for a project
	Domain                 Named // of a token for a domain
	System                 bool
	Roles                  []Named
	Password               string
	Catalog                []CatalogEntry
}

// CatalogEntry is a service of another cloud's catalog, and where it is here.
type CatalogEntry struct {
	ID, Type, Name string
	Path           string // "/network"
	Endpoints      []CatalogEndpoint
}

// CatalogEndpoint is one of its endpoints; where it was does not matter.
type CatalogEndpoint struct{ ID, Interface, Region string }

// ImportLogin lets somebody of another cloud in, with the same IDs, names, roles, regions and interfaces. It puts nothing
// else into an empty state.
func ImportLogin(tx *store.Tx, l Login) error {
	hash, err := hashPassword(l.Password)
	if err != nil {
		return err
	}
	s := &seeder{tx: tx}
	for _, d := range []Named{l.UserDomain, l.ProjectDomain, l.Domain} {
		if d.ID != "" {
			put(s, project{ID: d.ID, Name: d.Name, Enabled: true, IsDomain: true})
		}
	}
	target, id := targetSystem, "system"
	switch {
	case l.Project.ID != "":
		target, id = targetProject, l.Project.ID
		put(s, project{ID: l.Project.ID, Name: l.Project.Name, DomainID: l.ProjectDomain.ID, ParentID: l.ProjectDomain.ID, Enabled: true})
	case l.Domain.ID != "":
		target, id = targetDomain, l.Domain.ID
	}
	put(s, user{ID: l.User.ID, Name: l.User.Name, DomainID: l.UserDomain.ID, Enabled: true, PasswordHash: hash})
	for _, r := range l.Roles {
		put(s, role{ID: r.ID, Name: r.Name})
		put(s, assignment{Actor: actorUser, ActorID: l.User.ID, Target: target, TargetID: id, RoleID: r.ID})
	}
	regions := map[string]bool{}
	for _, e := range l.Catalog {
		put(s, service{ID: e.ID, Name: e.Name, Type: e.Type, Enabled: true})
		for _, p := range e.Endpoints {
			regions[p.Region] = true
			put(s, endpoint{ID: p.ID, ServiceID: e.ID, RegionID: p.Region, Interface: p.Interface, URL: basePrefix + e.Path, Enabled: true})
		}
	}
	for _, id := range slices.Sorted(maps.Keys(regions)) {
		put(s, region{ID: id})
	}
	if s.err != nil {
		return s.err
	}
	return Touch(tx)
}

// Asks are what Import wants to know. Who is no administrator is refused most of it.
func Asks(of web.CopyOf) []web.Ask {
	asks := []web.Ask{{Path: "auth/projects", List: "projects", Optional: true}, {Path: "users/" + of.User, Optional: true}}
	if of.Project != "" {
		asks = append(asks, web.Ask{Path: "projects/" + of.Project, Optional: true})
	}
	if of.Admin {
		for _, name := range []string{"domains", "projects", "users", "groups", "roles", "role_assignments", "role_inferences"} {
			asks = append(asks, web.Ask{Path: name, List: name, Optional: true})
		}
	}
	return asks
}

func textIn(o web.Object, name string) string { s, _ := o[name].(string); return s }

func idIn(o web.Object, names ...string) string {
	for _, n := range names {
		o, _ = o[n].(web.Object)
	}
	return textIn(o, "id")
}

// Import adds what else the user sees of the other cloud's identity service: projects, domains, users, groups, roles. The
// assignments of roles are taken over as they are where they can be read; elsewhere the user has its roles on every
// project it may choose.
func Import(tx *store.Tx, of web.CopyOf, in web.Answers) ([]web.Note, error) {
	s := &seeder{tx: tx}
	var notes []web.Note
	addProject := func(o web.Object, domain bool) {
		p := project{ID: textIn(o, "id"), Name: textIn(o, "name"), Description: textIn(o, "description"), Enabled: o["enabled"] != false, IsDomain: domain,
			Tags: stringList(o["tags"])}
		if !domain {
			p.DomainID, p.ParentID = textIn(o, "domain_id"), textIn(o, "parent_id")
		}
		if p.ID == "" {
			return
		}
		setOptions(o, &p.Options)
		setExtra(o, &p.Extra, "name", "description", "enabled", "is_domain", "tags", "domain_id", "parent_id")
		put(s, p)
	}
	for _, o := range in.Items("domains") {
		addProject(o, true)
	}
	for _, path := range []string{"auth/projects", "projects"} {
		for _, o := range in.Items(path) {
			addProject(o, false)
		}
	}
	if o := in.Object("projects/"+of.Project, "project"); o != nil {
		addProject(o, false)
	}
	users := in.Items("users")
	if o := in.Object("users/"+of.User, "user"); o != nil {
		users = append(users, o)
	}
	for _, o := range users {
		u, err := lookup[user](tx, textIn(o, "id"))
		if err != nil {
			return nil, err
		}
		if u == nil {
			u = &user{ID: textIn(o, "id")}
		}
		u.Name, u.DomainID, u.DefaultProjectID, u.Enabled = textIn(o, "name"), textIn(o, "domain_id"), textIn(o, "default_project_id"), o["enabled"] != false
		u.Options, u.Extra = nil, nil
		setOptions(o, &u.Options)
		setExtra(o, &u.Extra, "name", "domain_id", "default_project_id", "enabled", "password_expires_at", "federated")
		put(s, *u)
	}
	for _, o := range in.Items("groups") {
		g := group{ID: textIn(o, "id"), Name: textIn(o, "name"), DomainID: textIn(o, "domain_id"), Description: textIn(o, "description")}
		setExtra(o, &g.Extra, "name", "domain_id", "description")
		put(s, g)
	}
	if len(in.Items("groups")) > 0 {
		notes = append(notes, web.Note{Type: "group", Text: "who is in which group is not read: groups are taken over without members"})
	}
	for _, o := range in.Items("roles") {
		r := role{ID: textIn(o, "id"), Name: textIn(o, "name"), DomainID: textIn(o, "domain_id")}
		if d, ok := o["description"].(string); ok {
			r.Description = &d
		}
		setOptions(o, &r.Options)
		setExtra(o, &r.Extra, "name", "domain_id", "description")
		put(s, r)
	}
	if s.err != nil {
		return nil, s.err
	}
	if err := importAssignments(s, of, in); err != nil {
		return nil, err
	}
	return notes, Touch(tx)
}

func importAssignments(s *seeder, of web.CopyOf, in web.Answers) error {
	had, err := rolesOn(s.tx, of.User, targetProject, of.Project)
	if err != nil {
		return err
	}
	if in["role_assignments"] == nil {
		for _, o := range in.Items("auth/projects") {
			for _, r := range had {
				put(s, assignment{Actor: actorUser, ActorID: of.User, Target: targetProject, TargetID: textIn(o, "id"), RoleID: r})
			}
		}
		return s.err
	}
	for _, o := range in.Items("role_inferences") {
		list, _ := o["implies"].([]any)
		for _, item := range list {
			if i, ok := item.(web.Object); ok {
				put(s, implied{Prior: idIn(o, "prior_role"), Implied: textIn(i, "id")})
			}
		}
	}
	made, err := store.List[assignment](s.tx)
	if err != nil {
		return err
	}
	for _, a := range made {
		if err := store.Delete[assignment](s.tx, a.Meta().ID); err != nil {
			return err
		}
	}
	for _, o := range in.Items("role_assignments") {
		a := assignment{Actor: actorUser, ActorID: idIn(o, "user"), RoleID: idIn(o, "role")}
		if a.ActorID == "" {
			a.Actor, a.ActorID = actorGroup, idIn(o, "group")
		}
		scope, _ := o["scope"].(web.Object)
		switch {
		case idIn(scope, "project") != "":
			a.Target, a.TargetID = targetProject, idIn(scope, "project")
		case idIn(scope, "domain") != "":
			a.Target, a.TargetID = targetDomain, idIn(scope, "domain")
		default:
			a.Target, a.TargetID = targetSystem, "system"
		}
		a.Inherited = scope["OS-INHERIT:inherited_to"] != nil
		put(s, a)
	}
	if s.err != nil {
		return s.err
	}
	// Roles that come by a group are not found again without its members: the user keeps what the token had.
	have, err := rolesOn(s.tx, of.User, targetProject, of.Project)
	if err != nil {
		return err
	}
	for _, a := range made {
		if a.ActorID == of.User && !slices.Contains(have, a.RoleID) {
			put(s, a)
		}
	}
	return s.err
}
