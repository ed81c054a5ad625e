package identity

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func projectWire(r *web.Request, p project) web.Object {
	return selfLink(r, withExtra(web.Object{"id": p.ID, "name": p.Name, "domain_id": null(p.DomainID), "description": p.Description,
		"enabled": p.Enabled, "parent_id": null(p.ParentID), "is_domain": p.IsDomain, "tags": orEmpty(p.Tags),
		"options": options(p.Options)}, p.Extra), "/v3/projects/"+p.ID)
}

func domainWire(r *web.Request, d project) web.Object {
	return selfLink(r, withExtra(web.Object{"id": d.ID, "name": d.Name, "description": d.Description, "enabled": d.Enabled,
		"tags": orEmpty(d.Tags), "options": options(d.Options)}, d.Extra), "/v3/domains/"+d.ID)
}

func (s *Identity) listProjects(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_projects", systemReader(r), domainReader(r, r.Query().Get("domain_id"))); err != nil {
		return nil, err
	}
	q := r.Query()
	asDomains := q.Has("is_domain") && fits(true, q.Get("is_domain"))
	all, err := store.List[project](r.Tx, store.By("is_domain", boolText(asDomains)))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, p := range all {
		if tagsFit(p.Tags, q) {
			out = append(out, projectWire(r, p))
		}
	}
	return collection(r, "projects", filter(r, out, "domain_id", "enabled", "name", "parent_id")), nil
}

// tagsFit is the tag filters' meaning: all of tags, any of tags-any, not all of not-tags, none of not-tags-any.
func tagsFit(have []string, q url.Values) bool {
	has := func(t string) bool { return slices.Contains(have, t) }
	for key, values := range q {
		want := strings.Split(strings.Join(values, ","), ",")
		all := !slices.ContainsFunc(want, func(t string) bool { return !has(t) })
		some := slices.ContainsFunc(want, has)
		if key == "tags" && !all || key == "tags-any" && !some || key == "not-tags" && all || key == "not-tags-any" && some {
			return false
		}
	}
	return true
}

// project finds the project of a path for a caller who may act on it; readers of its domain and its own users count
// when reader is set.
func (s *Identity) project(r *web.Request, action string, reader bool) (*project, error) {
	p, err := lookup[project](r.Tx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	mine := p != nil && r.Caller.ProjectID == p.ID
	if err := enforce(r, action, reader && (systemReader(r) || mine || p != nil && domainReader(r, p.DomainID))); err != nil {
		return nil, err
	}
	if p == nil {
		return nil, notFound("project", r.PathValue("id"))
	}
	return p, nil
}

func (s *Identity) showProject(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "get_project", true)
	if err != nil {
		return nil, err
	}
	o := projectWire(r, *p)
	for _, f := range []struct {
		flag, other string
	}{{"parents_as_list", "parents_as_ids"}, {"subtree_as_list", "subtree_as_ids"}} {
		if flag(r, f.flag) && flag(r, f.other) {
			return nil, web.Errorf(400, "Cannot use %s and %s query params at the same time.", f.flag, f.other)
		}
	}
	// The lists hold the projects on which the caller has a role, the trees of IDs hold them all.
	visible, err := targetsOf(r.Tx, r.Caller.UserID, targetProject)
	if err != nil {
		return nil, err
	}
	above, err := ancestors(r.Tx, targetProject, p.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case flag(r, "parents_as_ids"):
		var tree any
		for _, id := range slices.Backward(above) {
			tree = web.Object{id: tree}
		}
		o["parents"] = tree
	case flag(r, "parents_as_list"):
		list := []web.Object{}
		for _, id := range above {
			q, err := lookup[project](r.Tx, id)
			if err != nil {
				return nil, err
			}
			if q != nil && slices.Contains(visible, id) {
				list = append(list, web.Object{"project": projectWire(r, *q)})
			}
		}
		o["parents"] = list
	}
	switch {
	case flag(r, "subtree_as_ids"):
		if o["subtree"], err = treeOfIDs(r.Tx, p.ID); err != nil {
			return nil, err
		}
	case flag(r, "subtree_as_list"):
		below, err := subtree(r.Tx, p.ID)
		if err != nil {
			return nil, err
		}
		list := []web.Object{}
		for _, q := range below {
			if slices.Contains(visible, q.ID) {
				list = append(list, web.Object{"project": projectWire(r, q)})
			}
		}
		o["subtree"] = list
	}
	return web.OK(web.Object{"project": o}), nil
}

// treeOfIDs is the tree below a project, nil for a leaf.
func treeOfIDs(tx *store.Tx, id string) (any, error) {
	below, err := store.List[project](tx, store.By("parent", id))
	if err != nil || len(below) == 0 {
		return nil, err
	}
	tree := web.Object{}
	for _, p := range below {
		if tree[p.ID], err = treeOfIDs(tx, p.ID); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func fillProject(in web.Object, p *project) {
	setText(in, "name", &p.Name)
	setText(in, "description", &p.Description)
	setBool(in, "enabled", &p.Enabled)
	setOptions(in, &p.Options)
	if _, ok := in["tags"]; ok {
		p.Tags = stringList(in["tags"])
	}
	setExtra(in, &p.Extra, "name", "description", "enabled", "tags", "domain_id", "parent_id", "is_domain")
}

func putProject(r *web.Request, p project) error {
	err := store.Put(r.Tx, p)
	var c *store.Conflict
	if !errors.As(err, &c) {
		return err
	}
	if p.IsDomain {
		return conflict("project", "it is not permitted to have two projects acting as domains with the same name: "+p.Name)
	}
	return conflict("project", "it is not permitted to have two projects with either the same name or same id in the same domain: name is "+
		p.Name+", project id "+p.ID)
}

func (s *Identity) createProject(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_project"); err != nil {
		return nil, err
	}
	in, err := member(r, "project", creating(projectSchema(), "name"))
	if err != nil {
		return nil, err
	}
	if in["is_domain"] == true {
		return s.addDomain(r, in, "project")
	}
	p := project{ID: r.Tx.NewHexID(), Enabled: true}
	setText(in, "parent_id", &p.ParentID)
	if p.ParentID != "" {
		parent, err := lookup[project](r.Tx, p.ParentID)
		if err != nil {
			return nil, err
		}
		if parent == nil {
			return nil, web.Errorf(400, "Could not find project: %s.", p.ParentID)
		}
		p.DomainID = parent.DomainID
		if parent.IsDomain {
			p.DomainID = parent.ID
		}
		if d, _ := in["domain_id"].(string); d != "" && d != p.DomainID {
			return nil, web.Errorf(400, "Cannot create project, since it specifies its domain_id %s, but specifies a parent in a different domain (%s).", d, p.DomainID)
		}
		if !parent.Enabled {
			return nil, web.Errorf(403, "Cannot create project in a branch containing a disabled project: %s", parent.ID)
		}
	} else {
		if p.DomainID, err = s.domainFor(r, in); err != nil {
			d, _ := in["domain_id"].(string)
			return nil, web.Errorf(400, "Could not find domain: %s.", d)
		}
		p.ParentID = p.DomainID
	}
	fillProject(in, &p)
	if err := putProject(r, p); err != nil {
		return nil, err
	}
	return web.Created(web.Object{"project": projectWire(r, p)}), nil
}

func (s *Identity) updateProject(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "update_project", false)
	if err != nil {
		return nil, err
	}
	in, err := member(r, "project", updating(projectSchema()))
	if err != nil {
		return nil, err
	}
	if err := changeable(in, p); err != nil {
		return nil, err
	}
	fillProject(in, p)
	if err := putProject(r, *p); err != nil {
		return nil, err
	}
	o := projectWire(r, *p)
	o["extra"] = options(maps.Clone(p.Extra))
	return web.OK(web.Object{"project": o}), nil
}

// changeable refuses changes of what stays as it was made.
func changeable(in web.Object, p *project) error {
	if o, ok := in["options"].(web.Object); !ok || o["immutable"] != false {
		kind := "project"
		if p.IsDomain {
			kind = "domain"
		}
		if err := immutable(kind, p.ID, "update", p.Options); err != nil {
			return err
		}
	}
	if d, ok := in["domain_id"]; ok && d != p.DomainID {
		return web.Errorf(400, "Cannot change Domain ID")
	}
	if id, ok := in["parent_id"]; ok && id != p.ParentID {
		return web.Errorf(403, "Update of `parent_id` is not allowed.")
	}
	if d, ok := in["is_domain"]; ok && d != p.IsDomain {
		return web.Errorf(400, "Update of `is_domain` is not allowed.")
	}
	return nil
}

func (s *Identity) deleteProject(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "delete_project", false)
	if err != nil {
		return nil, err
	}
	if err := immutable("project", p.ID, "delete", p.Options); err != nil {
		return nil, err
	}
	if p.IsDomain {
		if p.Enabled {
			return nil, web.Errorf(403, "Cannot delete a project acting as a domain that has not been disabled.")
		}
		return web.NoContent(), s.removeDomain(r.Tx, p.ID)
	}
	n, err := store.Count[project](r.Tx, store.By("parent", p.ID))
	if err != nil {
		return nil, err
	}
	if n > 0 {
		return nil, web.Errorf(403, "Cannot delete the project %s since it is not a leaf in the hierarchy. Use the cascade option if you want to delete a whole subtree.", p.ID)
	}
	return web.NoContent(), s.removeProject(r.Tx, p.ID)
}

func (s *Identity) removeProject(tx *store.Tx, id string) error {
	users, err := store.List[user](tx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.DefaultProjectID == id {
			u.DefaultProjectID = ""
			if err := store.Put(tx, u); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		deleteAll[assignment](tx, store.By("target", id)),
		deleteAll[appCredential](tx, store.By("project", id)),
		deleteAll[credential](tx, store.By("project", id)),
		store.Delete[project](tx, id))
}

func (s *Identity) listTags(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "list_project_tags", true)
	if err != nil {
		return nil, err
	}
	return tagsAnswer(r, p), nil
}

func tagsAnswer(r *web.Request, p *project) *web.Response {
	return web.OK(web.Object{"tags": orEmpty(p.Tags), "links": web.Object{"self": r.URLFor("/v3")}})
}

func (s *Identity) setTags(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "update_project_tags", false)
	if err != nil {
		return nil, err
	}
	body, err := object(r)
	if err != nil {
		return nil, err
	}
	if body["tags"] == nil {
		body["tags"] = []any{}
	}
	if err := check(tagList(), body["tags"]); err != nil {
		return nil, err
	}
	p.Tags = stringList(body["tags"])
	return tagsAnswer(r, p), store.Put(r.Tx, *p)
}

func (s *Identity) deleteTags(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "delete_project_tags", false)
	if err != nil {
		return nil, err
	}
	p.Tags = nil
	return web.NoContent(), store.Put(r.Tx, *p)
}

func (s *Identity) checkTag(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "get_project_tag", true)
	if err != nil {
		return nil, err
	}
	if tag := r.PathValue("tag"); !slices.Contains(p.Tags, tag) {
		return nil, notFound("project tag", tag)
	}
	return web.NoContent(), nil
}

func (s *Identity) addTag(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "create_project_tag", false)
	if err != nil {
		return nil, err
	}
	tag := r.PathValue("tag")
	if err := check(tagText(), tag); err != nil {
		return nil, err
	}
	if !slices.Contains(p.Tags, tag) {
		p.Tags = append(p.Tags, tag)
	}
	resp := (&web.Response{Status: 201, Body: ""}).With("Location", r.URLFor(r.URL.Path))
	return resp, store.Put(r.Tx, *p)
}

func (s *Identity) deleteTag(r *web.Request) (*web.Response, error) {
	p, err := s.project(r, "delete_project_tag", false)
	if err != nil {
		return nil, err
	}
	tag := r.PathValue("tag")
	i := slices.Index(p.Tags, tag)
	if i < 0 {
		return nil, notFound("project tag", tag)
	}
	p.Tags = slices.Delete(p.Tags, i, i+1)
	return web.NoContent(), store.Put(r.Tx, *p)
}

func (s *Identity) listDomains(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_domains", systemReader(r)); err != nil {
		return nil, err
	}
	all, err := store.List[project](r.Tx, store.By("is_domain", "true"))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, d := range all {
		out = append(out, domainWire(r, d))
	}
	return collection(r, "domains", filter(r, out, "name", "enabled")), nil
}

// domain finds the domain of a path for a caller who may act on it.
func (s *Identity) domain(r *web.Request, action string, or ...bool) (*project, error) {
	if err := enforce(r, action, or...); err != nil {
		return nil, err
	}
	d, err := lookup[project](r.Tx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if d == nil || !d.IsDomain {
		return nil, notFound("domain", r.PathValue("id"))
	}
	return d, nil
}

func (s *Identity) showDomain(r *web.Request) (*web.Response, error) {
	id := r.PathValue("id")
	d, err := s.domain(r, "get_domain", systemReader(r), r.Caller.DomainID == id, r.Caller.ProjectDomainID == id)
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"domain": domainWire(r, *d)}), nil
}

func (s *Identity) createDomain(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_domain"); err != nil {
		return nil, err
	}
	in, err := member(r, "domain", creating(domainSchema(), "name"))
	if err != nil {
		return nil, err
	}
	return s.addDomain(r, in, "domain")
}

func (s *Identity) addDomain(r *web.Request, in web.Object, key string) (*web.Response, error) {
	d := project{ID: r.Tx.NewHexID(), Enabled: true, IsDomain: true}
	if id, ok := in["explicit_domain_id"].(string); ok && id != "" {
		d.ID = id
		delete(in, "explicit_domain_id")
	}
	fillProject(in, &d)
	if err := putProject(r, d); err != nil {
		return nil, err
	}
	if key == "project" {
		return web.Created(web.Object{key: projectWire(r, d)}), nil
	}
	return web.Created(web.Object{key: domainWire(r, d)}), nil
}

func (s *Identity) updateDomain(r *web.Request) (*web.Response, error) {
	d, err := s.domain(r, "update_domain")
	if err != nil {
		return nil, err
	}
	in, err := member(r, "domain", updating(domainSchema()))
	if err != nil {
		return nil, err
	}
	if err := changeable(in, d); err != nil {
		return nil, err
	}
	fillProject(in, d)
	if err := putProject(r, *d); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"domain": domainWire(r, *d)}), nil
}

func (s *Identity) deleteDomain(r *web.Request) (*web.Response, error) {
	d, err := s.domain(r, "delete_domain")
	if err != nil {
		return nil, err
	}
	if d.Enabled {
		return nil, web.Errorf(403, "Cannot delete a domain that is enabled, please disable it first.")
	}
	return web.NoContent(), s.removeDomain(r.Tx, d.ID)
}

// removeDomain takes a domain away with its users, groups, projects and roles.
func (s *Identity) removeDomain(tx *store.Tx, id string) error {
	users, err1 := store.List[user](tx, store.By("domain", id))
	groups, err2 := store.List[group](tx, store.By("domain", id))
	projects, err3 := store.List[project](tx, store.By("domain", id))
	roles, err4 := store.List[role](tx, store.By("domain", id))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	var all []error
	for _, u := range users {
		all = append(all, s.removeUser(tx, u.ID))
	}
	for _, g := range groups {
		all = append(all, s.removeGroup(tx, g.ID))
	}
	for _, p := range projects {
		all = append(all, s.removeProject(tx, p.ID))
	}
	for _, ro := range roles {
		all = append(all, s.removeRole(tx, ro.ID))
	}
	all = append(all, deleteAll[assignment](tx, store.By("target", id)), store.Delete[project](tx, id))
	return errors.Join(all...)
}
