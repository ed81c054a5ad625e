package identity

import (
	"errors"
	"maps"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func userWire(r *web.Request, u user) web.Object {
	o := web.Object{"id": u.ID, "name": u.Name, "domain_id": u.DomainID, "enabled": u.Enabled,
		"password_expires_at": nil, "options": options(u.Options)}
	if u.DefaultProjectID != "" {
		o["default_project_id"] = u.DefaultProjectID
	}
	if u.ProviderID != "" {
		o["federated"] = []web.Object{{"idp_id": u.ProviderID, "protocols": []web.Object{{"protocol_id": u.ProtocolID, "unique_id": u.UniqueID}}}}
	}
	return selfLink(r, withExtra(o, u.Extra), "/v3/users/"+u.ID)
}

func (s *Identity) listUsers(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_users", systemReader(r), domainReader(r, r.Query().Get("domain_id"))); err != nil {
		return nil, err
	}
	all, err := store.List[user](r.Tx)
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, u := range all {
		out = append(out, userWire(r, u))
	}
	return collection(r, "users", filter(r, out, "domain_id", "enabled", "idp_id", "name", "password_expires_at", "protocol_id", "unique_id")), nil
}

func (s *Identity) showUser(r *web.Request) (*web.Response, error) {
	u, err := lookup[user](r.Tx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := enforce(r, "get_user", systemReader(r), u != nil && (owner(r, u.ID) || domainReader(r, u.DomainID))); err != nil {
		return nil, err
	}
	if u == nil {
		return nil, notFound("user", r.PathValue("id"))
	}
	return web.OK(web.Object{"user": userWire(r, *u)}), nil
}

func (s *Identity) createUser(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_user"); err != nil {
		return nil, err
	}
	in, err := member(r, "user", userKeyword(creating(userSchema(), "name")))
	if err != nil {
		return nil, err
	}
	u := user{ID: r.Tx.NewHexID(), Enabled: true}
	if u.DomainID, err = s.domainFor(r, in); err != nil {
		return nil, err
	}
	if err := s.fillUser(in, &u); err != nil {
		return nil, err
	}
	if err := putUser(r, u); err != nil {
		return nil, err
	}
	return web.Created(web.Object{"user": userWire(r, u)}), nil
}

func putUser(r *web.Request, u user) error {
	err := store.Put(r.Tx, u)
	var c *store.Conflict
	if errors.As(err, &c) {
		if r.Method == "POST" {
			return conflict("user", "Duplicate entry found with name "+u.Name+" at domain ID "+u.DomainID)
		}
		return duplicateName("user", u.Name)
	}
	return err
}

// domainFor is the domain a new user, group or project belongs to: named, the token's, or the default one.
func (s *Identity) domainFor(r *web.Request, in web.Object) (string, error) {
	id, _ := in["domain_id"].(string)
	if id == "" {
		switch {
		case r.Caller.DomainID != "":
			id = r.Caller.DomainID
		case r.Caller.ProjectDomainID != "":
			id = r.Caller.ProjectDomainID
		default:
			id = DefaultDomain
		}
	}
	d, err := lookup[project](r.Tx, id)
	if err != nil {
		return "", err
	}
	if d == nil || !d.IsDomain {
		return "", notFound("domain", id)
	}
	return id, nil
}

func (s *Identity) fillUser(in web.Object, u *user) error {
	setText(in, "name", &u.Name)
	setText(in, "default_project_id", &u.DefaultProjectID)
	setBool(in, "enabled", &u.Enabled)
	setOptions(in, &u.Options)
	setExtra(in, &u.Extra, "name", "default_project_id", "enabled", "password", "domain_id", "password_expires_at", "federated")
	if v, ok := in["password"]; ok {
		u.PasswordHash = ""
		if p, ok := v.(string); ok {
			h, err := hashPassword(p)
			if err != nil {
				return err
			}
			u.PasswordHash = h
		}
	}
	return nil
}

func (s *Identity) updateUser(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "update_user"); err != nil {
		return nil, err
	}
	u, err := must[user](r, "user", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	in, err := member(r, "user", userKeyword(updating(userSchema())))
	if err != nil {
		return nil, err
	}
	if d, ok := in["domain_id"].(string); ok && d != u.DomainID {
		return nil, web.Errorf(400, "Cannot change Domain ID")
	}
	was := u.Enabled
	if err := s.fillUser(in, u); err != nil {
		return nil, err
	}
	if err := putUser(r, *u); err != nil {
		return nil, err
	}
	// A new password or a disabled account ends what was begun with the old one.
	if _, ok := in["password"]; ok || was && !u.Enabled {
		if err := deleteAll[token](r.Tx, store.By("user", u.ID)); err != nil {
			return nil, err
		}
	}
	o := userWire(r, *u)
	o["extra"] = options(maps.Clone(u.Extra))
	return web.OK(web.Object{"user": o}), nil
}

func (s *Identity) deleteUser(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "delete_user"); err != nil {
		return nil, err
	}
	u, err := must[user](r, "user", r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := s.removeUser(r.Tx, u.ID); err != nil {
		return nil, err
	}
	return web.NoContent(), nil
}

// removeUser takes a user away with all that hangs on it.
func (s *Identity) removeUser(tx *store.Tx, id string) error {
	return errors.Join(
		deleteAll[token](tx, store.By("user", id)),
		deleteAll[receipt](tx, store.By("user", id)),
		deleteAll[trust](tx, store.By("user", id)),
		deleteAll[assignment](tx, store.By("actor", id)),
		deleteAll[membership](tx, store.By("user", id)),
		deleteAll[appCredential](tx, store.By("user", id)),
		deleteAll[credential](tx, store.By("user", id)),
		store.Delete[user](tx, id))
}

func (s *Identity) changePassword(r *web.Request) (*web.Response, error) {
	in, err := member(r, "user", closed(creating(schema{"original_password": anyText(), "password": anyText()}, "original_password", "password")))
	if err != nil {
		return nil, err
	}
	u, err := lookup[user](r.Tx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	original, _ := in["original_password"].(string)
	if u == nil || !u.Enabled || !passwordFits(u.PasswordHash, original) {
		return nil, denied(r)
	}
	password, _ := in["password"].(string)
	if u.PasswordHash, err = hashPassword(password); err != nil {
		return nil, err
	}
	if err := store.Put(r.Tx, *u); err != nil {
		return nil, err
	}
	if err := deleteAll[token](r.Tx, store.By("user", u.ID)); err != nil {
		return nil, err
	}
	return web.NoContent(), nil
}

func (s *Identity) userProjects(r *web.Request) (*web.Response, error) {
	u, err := lookup[user](r.Tx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := enforce(r, "list_user_projects", systemReader(r), u != nil && (owner(r, u.ID) || domainReader(r, u.DomainID))); err != nil {
		return nil, err
	}
	if u == nil {
		return nil, notFound("user", r.PathValue("id"))
	}
	return s.projectsOfUser(r, u.ID)
}

// projectsOfUser lists the enabled projects on which a user has a role.
func (s *Identity) projectsOfUser(r *web.Request, userID string, groups ...string) (*web.Response, error) {
	ids, err := targetsOf(r.Tx, userID, targetProject, groups...)
	if err != nil {
		return nil, err
	}
	all, err := store.List[project](r.Tx, store.ID(ids...))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, p := range all {
		if p.Enabled {
			out = append(out, projectWire(r, p))
		}
	}
	return collection(r, "projects", filter(r, out, "domain_id", "enabled", "name")), nil
}

func (s *Identity) userGroups(r *web.Request) (*web.Response, error) {
	u, err := lookup[user](r.Tx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := enforce(r, "list_groups_for_user", systemReader(r), owner(r, r.PathValue("id")), u != nil && domainReader(r, u.DomainID)); err != nil {
		return nil, err
	}
	if u == nil {
		return nil, notFound("user", r.PathValue("id"))
	}
	members, err := store.List[membership](r.Tx, store.By("user", u.ID))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, m := range members {
		g, err := lookup[group](r.Tx, m.GroupID)
		if err != nil {
			return nil, err
		}
		if g != nil {
			o := groupWire(r, *g)
			o["membership_expires_at"] = nil
			out = append(out, o)
		}
	}
	return collection(r, "groups", filter(r, out, "name")), nil
}

func groupWire(r *web.Request, g group) web.Object {
	return selfLink(r, withExtra(web.Object{"id": g.ID, "name": g.Name, "domain_id": g.DomainID, "description": g.Description}, g.Extra), "/v3/groups/"+g.ID)
}

func (s *Identity) listGroups(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_groups", systemReader(r), domainReader(r, r.Query().Get("domain_id"))); err != nil {
		return nil, err
	}
	all, err := store.List[group](r.Tx)
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, g := range all {
		out = append(out, groupWire(r, g))
	}
	return collection(r, "groups", filter(r, out, "domain_id", "name")), nil
}

// group finds the group of a path for a caller who may act on it.
func (s *Identity) group(r *web.Request, action string, reader bool) (*group, error) {
	g, err := lookup[group](r.Tx, r.PathValue("group"))
	if err != nil {
		return nil, err
	}
	if err := enforce(r, action, reader && (systemReader(r) || g != nil && domainReader(r, g.DomainID))); err != nil {
		return nil, err
	}
	if g == nil {
		return nil, notFound("group", r.PathValue("group"))
	}
	return g, nil
}

func (s *Identity) showGroup(r *web.Request) (*web.Response, error) {
	g, err := s.group(r, "get_group", true)
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"group": groupWire(r, *g)}), nil
}

func fillGroup(in web.Object, g *group) {
	setText(in, "name", &g.Name)
	setText(in, "description", &g.Description)
	setExtra(in, &g.Extra, "name", "description", "domain_id")
}

func putGroup(r *web.Request, g group) error {
	err := store.Put(r.Tx, g)
	var c *store.Conflict
	if errors.As(err, &c) {
		return duplicateName("group", g.Name)
	}
	return err
}

func (s *Identity) createGroup(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_group"); err != nil {
		return nil, err
	}
	in, err := member(r, "group", creating(groupSchema(), "name"))
	if err != nil {
		return nil, err
	}
	g := group{ID: r.Tx.NewHexID()}
	if g.DomainID, err = s.domainFor(r, in); err != nil {
		return nil, err
	}
	fillGroup(in, &g)
	if err := putGroup(r, g); err != nil {
		return nil, err
	}
	return web.Created(web.Object{"group": groupWire(r, g)}), nil
}

func (s *Identity) updateGroup(r *web.Request) (*web.Response, error) {
	g, err := s.group(r, "update_group", false)
	if err != nil {
		return nil, err
	}
	in, err := member(r, "group", updating(groupSchema()))
	if err != nil {
		return nil, err
	}
	if d, ok := in["domain_id"].(string); ok && d != g.DomainID {
		return nil, web.Errorf(400, "Cannot change Domain ID")
	}
	fillGroup(in, g)
	if err := putGroup(r, *g); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"group": groupWire(r, *g)}), nil
}

func (s *Identity) deleteGroup(r *web.Request) (*web.Response, error) {
	g, err := s.group(r, "delete_group", false)
	if err != nil {
		return nil, err
	}
	return web.NoContent(), s.removeGroup(r.Tx, g.ID)
}

func (s *Identity) removeGroup(tx *store.Tx, id string) error {
	return errors.Join(
		deleteAll[assignment](tx, store.By("actor", id)),
		deleteAll[membership](tx, store.By("group", id)),
		store.Delete[group](tx, id))
}

func (s *Identity) groupUsers(r *web.Request) (*web.Response, error) {
	g, err := s.group(r, "list_users_in_group", true)
	if err != nil {
		return nil, err
	}
	members, err := store.List[membership](r.Tx, store.By("group", g.ID))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, m := range members {
		u, err := lookup[user](r.Tx, m.UserID)
		if err != nil {
			return nil, err
		}
		if u != nil {
			out = append(out, userWire(r, *u))
		}
	}
	return collection(r, "users", filter(r, out, "domain_id", "enabled", "name", "password_expires_at")), nil
}

// memberOf finds the group and the user of a path.
func (s *Identity) memberOf(r *web.Request, action string, reader bool) (membership, bool, error) {
	g, err := s.group(r, action, reader)
	if err != nil {
		return membership{}, false, err
	}
	u, err := must[user](r, "user", r.PathValue("user"))
	if err != nil {
		return membership{}, false, err
	}
	m := membership{GroupID: g.ID, UserID: u.ID}
	is, err := store.Has[membership](r.Tx, m.Meta().ID)
	return m, is, err
}

func noMember(m membership) error {
	return web.Errorf(404, "User '%s' not found in group '%s'", m.UserID, m.GroupID)
}

func (s *Identity) checkMember(r *web.Request) (*web.Response, error) {
	m, is, err := s.memberOf(r, "check_user_in_group", true)
	if err == nil && !is {
		err = noMember(m)
	}
	return web.NoContent(), err
}

func (s *Identity) addMember(r *web.Request) (*web.Response, error) {
	m, _, err := s.memberOf(r, "add_user_to_group", false)
	if err != nil {
		return nil, err
	}
	return web.NoContent(), store.Put(r.Tx, m)
}

func (s *Identity) removeMember(r *web.Request) (*web.Response, error) {
	m, is, err := s.memberOf(r, "remove_user_from_group", false)
	if err != nil {
		return nil, err
	}
	if !is {
		return nil, noMember(m)
	}
	return web.NoContent(), store.Delete[membership](r.Tx, m.Meta().ID)
}
