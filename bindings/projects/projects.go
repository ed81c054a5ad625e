// Package projects is the Lua module projects: the projects of the identity service and who may work in them.
package projects

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("project")}
	return schema.Module{
		Name: "projects",
		Kind: "project",
		Doc: "Projects: what servers, networks and the rest belong to, and what quotas are for. Who may do what in one is a " +
			"matter of roles. Everyone sees the projects he works in; most of the rest is for administrators.",
		Example: `for _, project in ipairs(projects.list()) do print(project.name, project.id) end`,
		Fields: []schema.Field{
			{Name: "id", Type: "string", Doc: "Its ID."},
			{Name: "name", Type: "string", Doc: "Its name, of which its domain has no other."},
			{Name: "description", Type: "string", Doc: "A few words about it."},
			{Name: "enabled", Type: "boolean", Doc: "Whether anyone can work in it."},
			{Name: "domain_id", Type: "string", Doc: "ID of its domain."},
			{Name: "parent_id", Type: "string?", Doc: "ID of the project it is below, or of its domain."},
			{Name: "is_domain", Type: "boolean", Doc: "Whether it acts as a domain."},
			{Name: "tags", Type: "string[]", Doc: "Its tags."},
			{Name: "options", Type: "table", Doc: "Its options: immutable."},
		},
		Classes: []schema.Class{{Name: "project.Member", Doc: "A role that someone has in a project.", Fields: []schema.Param{
			{Name: "user", Type: "string?", Doc: "Name of the user; nil when a group has it."},
			{Name: "user_id", Type: "string?", Doc: "ID of the user."},
			{Name: "user_domain", Type: "string?", Doc: "Name of the user's domain."},
			{Name: "group", Type: "string?", Doc: "Name of the group."},
			{Name: "group_id", Type: "string?", Doc: "ID of the group."},
			{Name: "role", Type: "string", Doc: "Name of the role."},
			{Name: "role_id", Type: "string", Doc: "ID of the role."},
			{Name: "inherited", Type: "boolean?", Doc: "Whether it counts in the projects below only."},
		}}},
		Funcs: m.funcs(),
	}
}

func (m module) funcs() []schema.Func {
	return []schema.Func{
		schema.Fn("list", "List the projects you work in; with all, or with a filter, those of the whole cloud, which is for administrators.", m.list,
			schema.Returns("projects", "project[]", "The projects, in the server's order."),
			schema.Raises("forbidden"),
			schema.REST("GET /v3/auth/projects", "GET /v3/projects"), schema.CLI("openstack project list --my-projects"),
			schema.Example(`for _, project in ipairs(projects.list()) do print(project.name) end`)),
		schema.Fn("each", "Go through projects, fetching a page at a time: for long lists.", m.each,
			schema.Returns("iterator", "fun(): project", "For the generic for."),
			schema.Raises("forbidden"),
			schema.REST("GET /v3/auth/projects", "GET /v3/projects"), schema.CLI("openstack project list"),
			schema.Example(`for project in projects.each() do print(project.name) end`)),
		schema.Fn("get", "Fetch a project anew. Who is no administrator finds those he works in.", m.get, schema.Method(),
			schema.Returns("project", "project", "The project as it is now."),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("GET /v3/projects/{id}", "GET /v3/projects?name={name}", "GET /v3/auth/projects"), schema.CLI("openstack project show NAME"),
			schema.Example(`print(projects.get(auth.whoami().project).id)`)),
		schema.Fn("find", "Look whether there is a project of this name or ID.", m.find,
			schema.Returns("project", "project?", "The project; nil when there is none that you may see."),
			schema.Raises("ambiguous"),
			schema.REST("GET /v3/projects?name={name}", "GET /v3/auth/projects"), schema.CLI("openstack project list"),
			schema.Example(`local project = projects.find("demo")`)),
		schema.Fn("create", "Create a project; for administrators. Nobody works in it before grant.", m.create,
			schema.Returns("project", "project", "The new project."),
			schema.Raises("conflict", "forbidden", "bad_request"),
			schema.REST("POST /v3/projects"), schema.CLI("openstack project create NAME"),
			schema.Example(`local project = projects.create { name = "course", description = "the second week" }
project:grant("demo", "member")`)),
		schema.Fn("ensure", "Make sure that there is a project of this name that is as described: create it, or change what differs; for administrators.", m.ensure,
			schema.Returns("project", "project", "The project as it is now."),
			schema.Returns("changed", "boolean", "Whether it was created or changed."),
			schema.Raises("ambiguous", "conflict", "forbidden", "bad_request"),
			schema.REST("GET /v3/projects?name={name}", "POST /v3/projects", "PATCH /v3/projects/{id}"), schema.CLI("openstack project create --or-show NAME"),
			schema.Example(`local project, changed = projects.ensure { name = "course", enabled = true }`)),
		schema.Fn("update", "Change a project; for administrators. The object given stays as it was: use the one returned.", m.update, schema.Method(),
			schema.Returns("project", "project", "The project as it is now."),
			schema.Raises("not_found", "ambiguous", "conflict", "forbidden", "bad_request"),
			schema.REST("PATCH /v3/projects/{id}"), schema.CLI("openstack project set NAME"),
			schema.Example(`projects.update("course", { enabled = false })`)),
		schema.Fn("delete", "Delete a project; for administrators. What is in it is not deleted: the other services keep it.", m.delete, schema.Method(),
			schema.Returns("deleted", "boolean", "Whether it was there."),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("DELETE /v3/projects/{id}"), schema.CLI("openstack project delete NAME"),
			schema.Example(`projects.delete("course", { missing_ok = true })`)),
		schema.Fn("members", "List who has which role in a project; for administrators.", m.members, schema.Method(),
			schema.Returns("members", "project.Member[]", "One for each role of each user or group."),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("GET /v3/role_assignments?scope.project.id={id}&include_names=true"), schema.CLI("openstack role assignment list --project NAME --names"),
			schema.Example(`for _, member in ipairs(projects.members("demo")) do print(member.user or member.group, member.role) end`)),
		schema.Fn("roles", "List the roles a user has in a project by himself, not by a group; for administrators.", m.roles, schema.Method(),
			schema.Returns("roles", "role[]", "Each with id and name."),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("GET /v3/projects/{id}/users/{user}/roles"), schema.CLI("openstack role list --project NAME --user USER"),
			schema.Example(`for _, role in ipairs(projects.roles("demo", "demo")) do print(role.name) end`)),
		schema.Fn("grant", "Give a user a role in a project; one he has already stays. For administrators.", m.grant, schema.Method(),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("PUT /v3/projects/{id}/users/{user}/roles/{role}"), schema.CLI("openstack role add --project NAME --user USER ROLE"),
			schema.Example(`projects.grant("course", "demo", "member")`)),
		schema.Fn("revoke", "Take a role in a project from a user; one he does not have is not_found. For administrators.", m.revoke, schema.Method(),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("DELETE /v3/projects/{id}/users/{user}/roles/{role}"), schema.CLI("openstack role remove --project NAME --user USER ROLE"),
			schema.Example(`projects.revoke("course", "demo", "member")`)),
		schema.Fn("grant_group", "Give all users of a group a role in a project; for administrators.", m.grantGroup, schema.Method(),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("PUT /v3/projects/{id}/groups/{group}/roles/{role}"), schema.CLI("openstack role add --project NAME --group GROUP ROLE"),
			schema.Example(`projects.grant_group("course", "students", "member")`)),
		schema.Fn("revoke_group", "Take a role in a project from a group; one it does not have is not_found. For administrators.", m.revokeGroup, schema.Method(),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("DELETE /v3/projects/{id}/groups/{group}/roles/{role}"), schema.CLI("openstack role remove --project NAME --group GROUP ROLE"),
			schema.Example(`projects.revoke_group("course", "students", "member")`)),
	}
}

type module struct{ *rest.Collection }

type filters struct {
	All        bool               `lua:"all" json:"-" default:"false" doc:"Those of the whole cloud; for administrators."`
	Name       schema.Opt[string] `lua:"name" json:"name" doc:"Only those with exactly this name."`
	Domain     schema.Ref         `lua:"domain_id" alias:"domain" json:"domain_id" ref:"domain" doc:"Only those of this domain: object, ID or name."`
	Enabled    schema.Opt[bool]   `lua:"enabled" json:"enabled" doc:"Only those in which one can work, or cannot."`
	IsDomain   schema.Opt[bool]   `lua:"is_domain" json:"is_domain" doc:"Only those that act as domains, or do not."`
	Parent     schema.Ref         `lua:"parent_id" alias:"parent" json:"parent_id" ref:"project" doc:"Only those directly below this project."`
	Tags       []string           `lua:"tags" json:"tags" doc:"Only those with all of these tags."`
	TagsAny    []string           `lua:"tags-any" alias:"tags_any" json:"tags-any" doc:"Only those with at least one of these tags."`
	NotTags    []string           `lua:"not-tags" alias:"not_tags" json:"not-tags" doc:"Only those without all of these tags."`
	NotTagsAny []string           `lua:"not-tags-any" alias:"not_tags_any" json:"not-tags-any" doc:"Only those without any of these tags."`
	Limit      int                `lua:"limit" json:"limit" doc:"At most this many in all; each{} takes it as the number of each page."`
	Marker     string             `lua:"marker" json:"marker" doc:"Begin after the one with this ID."`
}

// settings is what both creation and change take.
type settings struct {
	Description schema.Opt[string]   `lua:"description" json:"description" doc:"A few words about it."`
	Enabled     schema.Opt[bool]     `lua:"enabled" json:"enabled" default:"true" doc:"Whether anyone can work in it."`
	Domain      schema.Ref           `lua:"domain_id" alias:"domain" json:"domain_id" ref:"domain" doc:"Its domain: object, ID or name; your own when left out. It cannot be changed later."`
	IsDomain    schema.Opt[bool]     `lua:"is_domain" json:"is_domain" default:"false" doc:"Whether it acts as a domain. It cannot be changed later."`
	Parent      schema.Ref           `lua:"parent_id" alias:"parent" json:"parent_id" ref:"project" doc:"Project it is below: object, ID or name. It cannot be changed later."`
	Tags        schema.Opt[[]string] `lua:"tags" json:"tags" doc:"Tags it shall have and no others."`
	Options     map[string]any       `lua:"options" json:"options" doc:"Options: { immutable = true } keeps it from being changed."`
	Extra       map[string]any       `lua:"extra" json:"-" doc:"Other members, which the service keeps and shows as they are."`
}

type creation struct {
	Name string `lua:"name,required" json:"name" doc:"Its name, of which its domain may have no other."`
	settings
}

type change struct {
	Project schema.Ref `lua:"project,arg,required" json:"-" ref:"project" doc:"The project: object, ID or name."`
	Name    string     `lua:"name" json:"name" doc:"New name."`
	settings
}

type one struct {
	Project schema.Ref `lua:"project,arg,required" json:"-" ref:"project" doc:"The project: object, ID or name."`
}

type removal struct {
	one
	rest.Removal
}

type withUser struct {
	one
	User schema.Ref `lua:"user,arg,required" json:"-" ref:"user" doc:"The user: object, ID or name."`
}

type userRole struct {
	withUser
	Role schema.Ref `lua:"role,arg,required" json:"-" ref:"role" doc:"The role: object, ID or name (\"member\", \"reader\", \"admin\")."`
}

type groupRole struct {
	one
	Group schema.Ref `lua:"group,arg,required" json:"-" ref:"group" doc:"The group: object, ID or name."`
	Role  schema.Ref `lua:"role,arg,required" json:"-" ref:"role" doc:"The role: object, ID or name (\"member\", \"reader\", \"admin\")."`
}

// refused says who may do it, where the service only says that this user may not.
func refused(err error) error {
	var e *errs.Error
	if !errors.As(err, &e) || e.Code != errs.Forbidden {
		return err
	}
	return e.WithHint("only an administrator may do this: use an administrator's cloud (auth.connect); projects.list() shows the projects you work in")
}

// narrowed reports whether the list is of more than one's own projects.
func (f *filters) narrowed() bool {
	return f.All || f.Name.Set || f.Domain.Given() || f.Enabled.Set || f.IsDomain.Set || f.Parent.Given() ||
		f.Tags != nil || f.TagsAny != nil || f.NotTags != nil || f.NotTagsAny != nil || f.Marker != ""
}

func (m module) list(ctx context.Context, in filters) (schema.List, error) {
	const op = "projects.list"
	if !in.narrowed() {
		page, err := m.own(ctx, op)
		if err == nil && in.Limit > 0 {
			page, err = first(page, in.Limit)
		}
		if err != nil {
			return schema.List{}, err
		}
		return schema.List{Kind: m.Name, Key: m.Plural, Pages: []json.RawMessage{page}}, nil
	}
	q, err := m.Client().Query(ctx, op, &in)
	if err != nil {
		return schema.List{}, refused(err)
	}
	list, err := m.List(ctx, op, q)
	return list, refused(err)
}

func (m module) each(ctx context.Context, in filters) (schema.Iter, error) {
	const op = "projects.each"
	if !in.narrowed() {
		sent := false
		return schema.Iter{Kind: m.Name, Key: m.Plural, Next: func(ctx context.Context) (json.RawMessage, error) {
			if sent {
				return nil, nil
			}
			sent = true
			return m.own(ctx, op)
		}}, nil
	}
	q, err := m.Client().Query(ctx, op, &in)
	if err != nil {
		return schema.Iter{}, refused(err)
	}
	it := m.Each(op, q)
	next := it.Next
	it.Next = func(ctx context.Context) (json.RawMessage, error) {
		page, err := next(ctx)
		return page, refused(err)
	}
	return it, nil
}

// first cuts a list of projects short: the service gives one's own all at once.
func first(page json.RawMessage, n int) (json.RawMessage, error) {
	var doc struct {
		Projects []json.RawMessage `json:"projects"`
	}
	if err := json.Unmarshal(page, &doc); err != nil {
		return nil, err
	}
	doc.Projects = doc.Projects[:min(n, len(doc.Projects))]
	return json.Marshal(doc)
}

// own fetches the projects the user works in.
func (m module) own(ctx context.Context, op string) (json.RawMessage, error) {
	res, err := m.Client().Do(ctx, cloud.Request{Service: m.Service, Path: "auth/projects", Op: op})
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// amongOwn finds a project by name or ID among those the user works in: all that the service shows to a member.
func (m module) amongOwn(ctx context.Context, op string, ref schema.Ref) (schema.Object, bool, error) {
	page, err := m.own(cloud.WithLabel(ctx, cloud.LookUp), op)
	if err != nil {
		return schema.Object{}, false, err
	}
	raw, _ := rawjson.Get(page, m.Plural)
	var rows []json.RawMessage
	if err := json.Unmarshal(raw, &rows); err != nil {
		e := errs.New(errs.Unavailable, "the answer is no list of projects")
		e.Op, e.Cause = op, err
		return schema.Object{}, false, e
	}
	for _, r := range rows {
		obj := schema.Object{Kind: m.Name, JSON: r}
		if id := rest.Text(obj, "id"); ref.Text != "" && rest.Text(obj, "name") == ref.Text || id == ref.ID && id != "" {
			return obj, true, nil
		}
	}
	return schema.Object{}, false, nil
}

func (m module) get(ctx context.Context, in one) (schema.Object, error) {
	const op = "projects.get"
	obj, err := m.Get(ctx, op, in.Project)
	if errs.CodeOf(err) != errs.Forbidden {
		return obj, err
	}
	own, ok, ownErr := m.amongOwn(ctx, op, in.Project)
	if ownErr != nil || !ok {
		return schema.Object{}, refused(err)
	}
	return own, nil
}

func (m module) find(ctx context.Context, in one) (schema.Values, error) {
	const op = "projects.find"
	obj, ok, err := m.Find(ctx, op, in.Project, nil)
	if errs.CodeOf(err) == errs.Forbidden {
		obj, ok, err = m.amongOwn(ctx, op, in.Project)
	}
	return rest.Found(obj, ok, err)
}

func (m module) create(ctx context.Context, in creation) (schema.Object, error) {
	const op = "projects.create"
	body, err := m.body(ctx, op, &in.settings, &in)
	if err != nil {
		return schema.Object{}, refused(err)
	}
	obj, err := m.Create(ctx, op, body)
	return obj, refused(err)
}

func (m module) ensure(ctx context.Context, in creation) (schema.Values, error) {
	const op = "projects.ensure"
	body, err := m.body(ctx, op, &in.settings, &in)
	if err != nil {
		return nil, refused(err)
	}
	q := url.Values{}
	if in.Domain.ID != "" {
		q.Set("domain_id", in.Domain.ID)
	}
	obj, ok, err := m.Find(ctx, op, schema.Ref{Text: in.Name}, q)
	if err != nil {
		return nil, refused(err)
	}
	if !ok {
		obj, err = m.Create(ctx, op, body)
		return rest.Ensured(obj, true, refused(err))
	}
	changes, err := m.Differences(rest.Wanted{Op: op, Name: in.Name, Body: body, Rules: map[string]rest.Rule{
		"description": {Update: true}, "enabled": {Update: true}, "options": {Update: true},
		"tags": {Update: true, Same: rest.Unordered(rest.Equal)}, "domain_id": {Same: rest.ID}, "parent_id": {Same: rest.ID},
	}}, obj)
	if err != nil || len(changes) == 0 {
		return rest.Ensured(obj, false, err)
	}
	obj, err = m.patch(ctx, op, rest.RefOf(obj), changes)
	return rest.Ensured(obj, true, refused(err))
}

func (m module) update(ctx context.Context, in change) (schema.Object, error) {
	const op = "projects.update"
	body, err := m.body(ctx, op, &in.settings, &in)
	if err != nil {
		return schema.Object{}, refused(err)
	}
	if len(body) == 0 {
		e := errs.New(errs.BadArgument, "nothing to change").WithHint("name at least one option: help(%q) lists them", op)
		e.Op = op
		return schema.Object{}, e
	}
	if err := m.Resolve(ctx, op, &in.Project, nil); err != nil {
		return schema.Object{}, refused(err)
	}
	obj, err := m.patch(ctx, op, in.Project, body)
	return obj, refused(err)
}

// patch changes members of a project: the identity service wants another method than the networking service.
func (m module) patch(ctx context.Context, op string, ref schema.Ref, body map[string]any) (schema.Object, error) {
	res, err := m.Client().Do(ctx, cloud.Request{
		Service: m.Service, Method: http.MethodPatch, Path: m.PathOf(ref), Body: map[string]any{m.Key: body},
		Op: op, Resource: m.Describe(ref), Idempotent: true,
	})
	if err != nil {
		return schema.Object{}, err
	}
	if _, renamed := body["name"]; renamed {
		m.Forget(ref.ID)
	}
	return schema.Object{Kind: m.Name, JSON: res.Body, Key: m.Key}, nil
}

func (m module) delete(ctx context.Context, in removal) (bool, error) {
	gone, err := m.Delete(ctx, "projects.delete", in.Project, in.MissingOK)
	return gone, refused(err)
}

func (m module) members(ctx context.Context, in one) ([]any, error) {
	const op = "projects.members"
	if err := m.Resolve(ctx, op, &in.Project, nil); err != nil {
		return nil, refused(err)
	}
	res, err := m.Client().Do(ctx, cloud.Request{
		Service: m.Service, Path: "role_assignments", Op: op, Resource: m.Describe(in.Project),
		Query: url.Values{"scope.project.id": {in.Project.ID}, "include_names": {"true"}},
	})
	if err != nil {
		return nil, refused(err)
	}
	type named struct {
		ID, Name string
		Domain   struct{ ID, Name string }
	}
	var doc struct {
		All []struct {
			User, Group *named
			Role        named
			Scope       map[string]json.RawMessage
		} `json:"role_assignments"`
	}
	if err := json.Unmarshal(res.Body, &doc); err != nil {
		e := errs.New(errs.Unavailable, "the answer is no list of role assignments")
		e.Op, e.Cause = op, err
		return nil, e
	}
	out := []any{}
	for _, a := range doc.All {
		row := map[string]any{"role": a.Role.Name, "role_id": a.Role.ID}
		if a.User != nil {
			row["user"], row["user_id"], row["user_domain"] = a.User.Name, a.User.ID, a.User.Domain.Name
		}
		if a.Group != nil {
			row["group"], row["group_id"], row["group_domain"] = a.Group.Name, a.Group.ID, a.Group.Domain.Name
		}
		if _, inherited := a.Scope["OS-INHERIT:inherited_to"]; inherited {
			row["inherited"] = true
		}
		out = append(out, row)
	}
	slices.SortStableFunc(out, func(a, b any) int {
		return compare(a.(map[string]any), b.(map[string]any), "user", "group", "role")
	})
	return out, nil
}

func compare(a, b map[string]any, keys ...string) int {
	for _, k := range keys {
		x, y := fmt.Sprint(a[k]), fmt.Sprint(b[k])
		if x != y {
			if x < y {
				return -1
			}
			return 1
		}
	}
	return 0
}

func (m module) roles(ctx context.Context, in withUser) (schema.List, error) {
	const op = "projects.roles"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.List{}, refused(err)
	}
	res, err := m.Client().Do(ctx, cloud.Request{
		Service: m.Service, Path: m.PathOf(in.Project, "users", url.PathEscape(in.User.ID), "roles"), Op: op, Resource: m.Describe(in.Project),
	})
	if err != nil {
		return schema.List{}, refused(err)
	}
	return schema.List{Kind: "role", Key: "roles", Pages: []json.RawMessage{res.Body}}, nil
}

func (m module) grant(ctx context.Context, in userRole) (schema.None, error) {
	return m.role(ctx, "projects.grant", http.MethodPut, &in, &in.Project, "users", &in.User, &in.Role)
}

func (m module) revoke(ctx context.Context, in userRole) (schema.None, error) {
	return m.role(ctx, "projects.revoke", http.MethodDelete, &in, &in.Project, "users", &in.User, &in.Role)
}

func (m module) grantGroup(ctx context.Context, in groupRole) (schema.None, error) {
	return m.role(ctx, "projects.grant_group", http.MethodPut, &in, &in.Project, "groups", &in.Group, &in.Role)
}

func (m module) revokeGroup(ctx context.Context, in groupRole) (schema.None, error) {
	return m.role(ctx, "projects.revoke_group", http.MethodDelete, &in, &in.Project, "groups", &in.Group, &in.Role)
}

// role gives or takes a role. in is a pointer to the options, the references are among them.
func (m module) role(ctx context.Context, op, method string, in any, project *schema.Ref, kind string, who, role *schema.Ref) (schema.None, error) {
	if err := m.Client().ResolveAll(ctx, op, in); err != nil {
		return schema.None{}, refused(err)
	}
	_, err := m.Client().Do(ctx, cloud.Request{
		Service: m.Service, Method: method, Op: op, Resource: m.Describe(*project), Idempotent: true,
		Path: m.PathOf(*project, kind, url.PathEscape(who.ID), "roles", url.PathEscape(role.ID)),
	})
	return schema.None{}, refused(err)
}

// body makes the request's body of in, a pointer to the struct that s is part of.
func (m module) body(ctx context.Context, op string, s *settings, in any) (map[string]any, error) {
	body, err := m.Client().Body(ctx, op, in)
	if err != nil {
		return nil, err
	}
	for k, v := range s.Extra {
		if _, there := body[k]; there || k == "name" {
			e := errs.New(errs.BadArgument, "%s is an option of its own", k).WithHint("give it outside extra")
			e.Op = op + ".extra"
			return nil, e
		}
		body[k] = v
	}
	return body, nil
}
