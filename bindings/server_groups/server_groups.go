// Package server_groups is the Lua module server_groups: rules for which host servers run on.
package server_groups

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("server_group")}
	return schema.Module{
		Name: "server_groups",
		Kind: "server_group",
		Doc: "Server groups: which hosts servers run on, seen from each other. Servers of an anti-affinity group run on hosts of their " +
			"own, so that one host's end is not the end of all; those of an affinity group run on the same one. A server is put in " +
			"a group when it is made: servers.create { scheduler_hints = { group = ... } }. A group cannot be changed.",
		Example: `local group = server_groups.create { name = "apart", policy = "soft-anti-affinity" }
local web = servers.create { name = "web-1", image = "cirros-0.5.2-x86_64-disk", flavor = "m1.nano", network = "private",
  scheduler_hints = { group = group } }
print(#server_groups.get(group).members)
web:delete()
group:delete()`,
		Fields: []schema.Field{
			{Name: "id", Type: "string", Doc: "Its ID."},
			{Name: "name", Type: "string", Doc: "Its name; names need not be unique."},
			{Name: "policy", Type: "string?", Doc: "affinity, anti-affinity, soft-affinity or soft-anti-affinity; nil on services older than 2.64, which have policies."},
			{Name: "rules", Type: "table?", Doc: "{ max_server_per_host = ... } where that was given."},
			{Name: "members", Type: "string[]", Doc: "IDs of the servers in it."},
			{Name: "project_id", Type: "string", Doc: "ID of the project it belongs to."},
			{Name: "user_id", Type: "string", Doc: "ID of the user who made it."},
		},
		Funcs: []schema.Func{
			schema.Fn("list", "List server groups. The service gives 1000 at the most.", resource.List[filters](m.Collection),
				schema.Returns("groups", "server_group[]", "The groups, in the server's order."),
				schema.REST("GET /v2.1/os-server-groups"), schema.CLI("openstack server group list"),
				schema.Example(`for _, group in ipairs(server_groups.list()) do print(group.name, group.policy, #group.members) end`)),
			schema.Fn("each", "Go through server groups, limit at a time.", m.each,
				schema.Returns("iterator", "fun(): server_group", "For the generic for."),
				schema.REST("GET /v2.1/os-server-groups"), schema.CLI("openstack server group list"),
				schema.Example(`for group in server_groups.each { limit = 100 } do print(group.name) end`)),
			schema.Fn("get", "Fetch a server group anew.", resource.Get[one](m.Collection), schema.Method(),
				schema.Returns("group", "server_group", "The group as it is now."),
				schema.Raises("not_found", "ambiguous"),
				schema.REST("GET /v2.1/os-server-groups/{id}", "GET /v2.1/os-server-groups"), schema.CLI("openstack server group show NAME"),
				schema.Example(`local function members(name) return server_groups.get(name).members end`)),
			schema.Fn("find", "Look whether there is a server group of this name or ID.", resource.Find[one](m.Collection),
				schema.Returns("group", "server_group?", "The group; nil when there is none."),
				schema.Raises("ambiguous"),
				schema.REST("GET /v2.1/os-server-groups"), schema.CLI("openstack server group list"),
				schema.Example(`if not server_groups.find("apart") then print("not made yet") end`)),
			schema.Fn("create", "Create a server group.", m.create,
				schema.Returns("group", "server_group", "The new group."),
				schema.Raises("quota", "forbidden", "bad_request", "bad_argument"),
				schema.REST("POST /v2.1/os-server-groups"), schema.CLI("openstack server group create --policy POLICY NAME"),
				schema.Example(`local group = server_groups.create { name = "apart", policy = "anti-affinity", rules = { max_server_per_host = 2 } }`)),
			schema.Fn("ensure", "Make sure that there is a server group of this name. One with another policy or other rules is a conflict: "+
				"they cannot be changed.", m.ensure,
				schema.Returns("group", "server_group", "The group as it is now."),
				schema.Returns("changed", "boolean", "Whether it was created."),
				schema.Raises("ambiguous", "conflict", "quota", "forbidden", "bad_request", "bad_argument"),
				schema.REST("GET /v2.1/os-server-groups", "POST /v2.1/os-server-groups"),
				schema.CLI("openstack server group show NAME || openstack server group create NAME"),
				schema.Example(`local group, changed = server_groups.ensure { name = "apart", policy = "soft-anti-affinity" }`)),
			schema.Fn("delete", "Delete a server group. Its servers stay, and where they are.", resource.Delete[one](m.Collection), schema.Method(),
				schema.Returns("deleted", "boolean", "Whether it was there."),
				schema.Raises("not_found", "ambiguous", "forbidden"),
				schema.REST("DELETE /v2.1/os-server-groups/{id}"), schema.CLI("openstack server group delete NAME"),
				schema.Example(`server_groups.delete("apart", { missing_ok = true })`)),
		},
	}
}

type module struct{ *rest.Collection }

type filters struct {
	AllProjects bool `lua:"all_projects" json:"all_projects" doc:"Those of every project; for administrators."`
	Limit       int  `lua:"limit" json:"limit" doc:"At most this many; each{} takes it as the number of each page."`
	Offset      int  `lua:"offset" json:"offset" doc:"Leave out this many at the beginning."`
}

type one struct {
	Group schema.Ref `lua:"group,arg,required" json:"-" ref:"server_group" doc:"The server group: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Group }

type creation struct {
	Name   string `lua:"name,required" json:"name" doc:"Its name."`
	Policy string `lua:"policy,required" json:"policy" enum:"affinity|anti-affinity|soft-affinity|soft-anti-affinity" doc:"affinity: on one host; anti-affinity: each on a host of its own; the soft ones where that can be had."`
	Rules  *rules `lua:"rules" json:"rules" doc:"{ max_server_per_host = ... }, for anti-affinity alone."`
}

type rules struct {
	MaxPerHost int `lua:"max_server_per_host,required" json:"max_server_per_host" doc:"How many of its servers may be on one host."`
}

// each pages by offset: the service links no next page.
func (m module) each(ctx context.Context, in filters) (schema.Iter, error) {
	const op = "server_groups.each"
	q, err := m.Client().Query(ctx, op, &in)
	if err != nil {
		return schema.Iter{}, err
	}
	it := m.Each(op, q)
	if in.Limit == 0 {
		return it, nil
	}
	offset, done := in.Offset, false
	it.Next = func(ctx context.Context) (json.RawMessage, error) {
		if done {
			return nil, nil
		}
		q.Set("offset", strconv.Itoa(offset))
		page, err := m.Each(op, q).Next(ctx)
		if err != nil {
			return nil, err
		}
		var rows []json.RawMessage
		raw, _ := rawjson.Get(page, m.Plural)
		if err := json.Unmarshal(raw, &rows); err != nil {
			return page, nil // who reads it says what it is not
		}
		offset += len(rows)
		done = len(rows) < in.Limit
		return page, nil
	}
	return it, nil
}

func (m module) create(ctx context.Context, in creation) (schema.Object, error) {
	return m.make(ctx, "server_groups.create", in)
}

// make creates a group, in the form of the service's age.
func (m module) make(ctx context.Context, op string, in creation) (schema.Object, error) {
	res, err := m.Versioned(ctx, "", func(version string) (cloud.Request, error) {
		body, err := schema.Body(&in)
		if rest.Older(version, "2.64") {
			if in.Rules != nil {
				e := errs.New(errs.BadArgument, "this cloud's compute service (%s) knows no rules of server groups", version).WithHint("leave rules out")
				e.Op = op + ".rules"
				return cloud.Request{}, e
			}
			delete(body, "policy")
			body["policies"] = []string{in.Policy}
		}
		return cloud.Request{
			Method: http.MethodPost, Path: m.Path, Body: map[string]any{m.Key: body}, Op: op, Resource: m.Describe(schema.Ref{Text: in.Name}),
		}, err
	})
	if err != nil {
		return schema.Object{}, err
	}
	return m.Object(res.Body), nil
}

func (m module) ensure(ctx context.Context, in creation) (schema.Values, error) {
	const op = "server_groups.ensure"
	body, err := schema.Body(&in)
	if err != nil {
		return nil, err
	}
	return rest.Ensured(m.Ensure(ctx, rest.Wanted{
		Op: op, Name: in.Name, Body: body,
		Create: func(ctx context.Context) (schema.Object, error) { return m.make(ctx, op, in) },
	}))
}
