// Package security_groups is the Lua module security_groups: the security groups of the networking service and their
// rules.
package security_groups

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("security_group")}
	return schema.Module{
		Name: "security_groups",
		Kind: "security_group",
		Doc: "Security groups: what may reach a server's ports. A group lets through what one of its rules allows, and nothing " +
			"else. A new group lets everything out and nothing in; a server without a group of its own is in its project's " +
			"group \"default\", which lets in only what comes from members of the same group.",
		Example: `local web = security_groups.create { name = "web" }
web:allow { protocol = "tcp", port = 80 }
web:allow { protocol = "tcp", port = 22, remote = "203.0.113.0/24" }
print(web:allows { protocol = "tcp", port = 80, remote = "198.51.100.7" })
security_groups.delete(web)`,
		Fields:  fields(),
		Classes: classes(),
		Funcs:   m.funcs(),
	}
}

func (m module) funcs() []schema.Func {
	return append([]schema.Func{
		schema.Fn("list", "List security groups. The filters run on the server. An administrator sees those of all projects.", resource.List[filters](m.Collection),
			schema.Returns("groups", "security_group[]", "The groups, in the server's order."),
			schema.REST("GET /v2.0/security-groups"), schema.CLI("openstack security group list"),
			schema.Example(`for _, group in ipairs(security_groups.list()) do print(group.name, #group.security_group_rules) end`)),
		schema.Fn("each", "Go through security groups, fetching a page at a time: for long lists.", resource.Each[filters](m.Collection),
			schema.Returns("iterator", "fun(): security_group", "For the generic for."),
			schema.REST("GET /v2.0/security-groups"), schema.CLI("openstack security group list"),
			schema.Example(`for group in security_groups.each { limit = 100 } do print(group.name) end`)),
		schema.Fn("get", "Fetch a security group anew. Of several with a name, the one of this project is meant.", resource.Get[one](m.Collection), schema.Method(),
			schema.Returns("group", "security_group", "The group as it is now, with its rules."),
			schema.Raises("not_found", "ambiguous"),
			schema.REST("GET /v2.0/security-groups/{id}", "GET /v2.0/security-groups?name={name}"), schema.CLI("openstack security group show NAME"),
			schema.Example(`print(#security_groups.get("default").security_group_rules)`)),
		schema.Fn("find", "Look whether there is a security group of this name or ID.", resource.Find[one](m.Collection),
			schema.Returns("group", "security_group?", "The group; nil when there is none."),
			schema.Raises("ambiguous"),
			schema.REST("GET /v2.0/security-groups?name={name}"), schema.CLI("openstack security group list"),
			schema.Example(`local web = security_groups.find("web") or security_groups.create { name = "web" }`)),
		schema.Fn("default", "Fetch the group \"default\" of this project: the one servers are in that name no other.", m.defaultGroup,
			schema.Returns("group", "security_group", "The group, with its rules."),
			schema.Raises("not_found", "forbidden"),
			schema.REST("GET /v2.0/security-groups?name=default&project_id={id}"), schema.CLI("openstack security group show default"),
			schema.Example(`security_groups.default():allow { protocol = "tcp", port = 22 }`)),
		schema.Fn("create", "Create a security group. It lets everything out and nothing in.", resource.Create(m.Collection, m.wanted),
			schema.Returns("group", "security_group", "The new group."),
			schema.Raises("quota", "forbidden", "bad_request"),
			schema.REST("POST /v2.0/security-groups", "PUT /v2.0/security-groups/{id}/tags"), schema.CLI("openstack security group create NAME"),
			schema.Example(`local web = security_groups.create { name = "web", description = "pages for everyone" }`)),
		schema.Fn("ensure", "Make sure that there is a security group of this name that is as described: create it, or change what "+
			"differs. Its rules are left alone: allow is idempotent by itself.", resource.Ensure(m.Collection, m.wanted),
			schema.Returns("group", "security_group", "The group as it is now."),
			schema.Returns("changed", "boolean", "Whether it was created or changed."),
			schema.Raises("ambiguous", "conflict", "quota", "forbidden", "bad_request"),
			schema.REST("GET /v2.0/security-groups?name={name}", "POST /v2.0/security-groups", "PUT /v2.0/security-groups/{id}", "PUT /v2.0/security-groups/{id}/tags"),
			schema.CLI("openstack security group show NAME || openstack security group create NAME"),
			schema.Example(`local web, changed = security_groups.ensure { name = "web" }
web:allow { protocol = "tcp", port = 80 }`)),
		schema.Fn("update", "Change a security group. The object given stays as it was: use the one returned.", resource.Update(m.Collection, m.change), schema.Method(),
			schema.Returns("group", "security_group", "The group as it is now."),
			schema.Raises("not_found", "ambiguous", "forbidden", "bad_request", "conflict"),
			schema.REST("PUT /v2.0/security-groups/{id}", "PUT /v2.0/security-groups/{id}/tags"), schema.CLI("openstack security group set NAME"),
			schema.Example(`security_groups.update("web", { description = "pages for the office" })`)),
		schema.Fn("delete", "Delete a security group and its rules. Nothing may be guarded by it any more.", resource.Delete[one](m.Collection), schema.Method(),
			schema.Returns("deleted", "boolean", "Whether it was there."),
			schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
			schema.REST("DELETE /v2.0/security-groups/{id}"), schema.CLI("openstack security group delete NAME"),
			schema.Example(`security_groups.delete("web", { missing_ok = true })`)),
		schema.Fn("allow", "Let traffic through. When a rule for exactly this is there already, that rule is given and nothing changes, "+
			"so allow may be repeated. IPv4 unless the remote addresses are of IPv6.", m.allow, schema.Method(),
			schema.Returns("rule", "security_group_rule", "The rule: the new one, or the one that was there."),
			schema.Returns("created", "boolean", "Whether it is new."),
			schema.Raises("not_found", "ambiguous", "quota", "forbidden", "bad_request"),
			schema.REST("POST /v2.0/security-group-rules", "GET /v2.0/security-group-rules/{id}"),
			schema.CLI("openstack security group rule create --protocol tcp --dst-port 22 NAME"),
			schema.Example(`local web = security_groups.ensure { name = "web" }
web:allow { protocol = "tcp", port = 22 }
web:allow { protocol = "udp", port = "8000-8100", remote = "10.0.0.0/8" }
web:allow { protocol = "icmp", icmp_type = 8 }
web:allow { protocol = "tcp", port = 443, remote = "::/0", description = "the same for IPv6" }
web:allow { protocol = "tcp", port = 5432, remote = web }`)),
		schema.Fn("deny", "Take away the rules that are as described; what is not described may be anything, so { protocol = \"tcp\", "+
			"port = 22 } takes away the rules for port 22 whatever their other end. A rule for a larger range stays: allows tells "+
			"whether something is still let through.", m.deny, schema.Method(),
			schema.Returns("removed", "integer", "How many rules were taken away."),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("GET /v2.0/security-group-rules?security_group_id={id}", "DELETE /v2.0/security-group-rules/{id}"),
			schema.CLI("openstack security group rule delete RULE"),
			schema.Example(`security_groups.deny("web", { protocol = "tcp", port = 22 })`)),
		schema.Fn("allows", "Tell whether one of the group's rules lets all of this traffic through: without remote from anywhere, "+
			"without port to every port.", m.allows, schema.Method(),
			schema.Returns("allowed", "boolean", "Whether a rule lets it through."),
			schema.Raises("not_found", "ambiguous"),
			schema.REST("GET /v2.0/security-group-rules?security_group_id={id}"), schema.CLI("openstack security group rule list NAME"),
			schema.Example(`if not security_groups.allows("default", { protocol = "tcp", port = 22, remote = "203.0.113.9" }) then
  print("SSH would time out")
end`)),
		schema.Fn("rules", "List rules: those of a group, or of all groups. The filters run on the server.", m.rules, schema.Method(),
			schema.Returns("rules", "security_group_rule[]", "The rules, in the server's order."),
			schema.Raises("not_found", "ambiguous"),
			schema.REST("GET /v2.0/security-group-rules?security_group_id={id}"), schema.CLI("openstack security group rule list NAME"),
			schema.Example(`for _, rule in ipairs(security_groups.rules("default", { direction = "ingress" })) do
  print(rule.protocol or "any", rule.port_range_min or "any", rule.remote_ip_prefix or rule.remote_group_id or "anywhere")
end`)),
		schema.Fn("delete_rule", "Delete one rule.", m.deleteRule,
			schema.Returns("deleted", "boolean", "Whether it was there."),
			schema.Raises("not_found", "forbidden"),
			schema.REST("DELETE /v2.0/security-group-rules/{id}"), schema.CLI("openstack security group rule delete RULE"),
			schema.Example(`for _, rule in ipairs(security_groups.rules("web", { protocol = "udp" })) do
  security_groups.delete_rule(rule)
end`)),
	}, resource.TagFuncs[one](m.Collection, resource.TagWords{
		Noun: "security group", Command: "openstack security group", Named: "NAME", Example: "web",
	})...)
}

type module struct{ *rest.Collection }

type filters struct {
	rest.Filters
	Stateful schema.Opt[bool] `lua:"stateful" json:"stateful" doc:"Only those that let answers through by themselves, or do not."`
	Shared   schema.Opt[bool] `lua:"shared" json:"shared" doc:"Only those shared by other projects, or not."`
}

// settings is what both creation and change take.
type settings struct {
	Description schema.Opt[string]   `lua:"description" json:"description" doc:"A few words about it."`
	Stateful    schema.Opt[bool]     `lua:"stateful" json:"stateful" default:"true" doc:"Whether answers to what was let through pass by themselves; cannot be changed while the group is in use."`
	Tags        schema.Opt[[]string] `lua:"tags" json:"-" doc:"Tags it shall have and no others: set by a second request."`
}

type creation struct {
	Name string `lua:"name,required" json:"name" doc:"Its name. Names need not be unique, but one name for two things has to be told apart by ID."`
	settings
	Project schema.Ref `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Project it belongs to, for administrators; your own when left out."`
}

type change struct {
	Group schema.Ref `lua:"group,arg,required" json:"-" ref:"security_group" doc:"The security group: object, ID or name."`
	Name  string     `lua:"name" json:"name" doc:"New name."`
	settings
	Revision rest.Revision `lua:"revision_number" json:"-" doc:"Change it only if it is at this revision still; otherwise raise conflict."`
}

type one struct {
	Group schema.Ref `lua:"group,arg,required" json:"-" ref:"security_group" doc:"The security group: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Group }

type ofProject struct {
	Project schema.Ref `lua:"project" alias:"project_id" json:"-" ref:"project" doc:"Another project's, for administrators."`
}

type permission struct {
	one
	traffic
	Description string     `lua:"description" json:"-" doc:"A few words about the rule."`
	Project     schema.Ref `lua:"project_id" alias:"project,tenant_id" json:"-" ref:"project" doc:"Project the rule belongs to, for administrators; your own when left out."`
}

type question struct {
	one
	traffic
}

type ruleFilters struct {
	Group       schema.Ref         `lua:"group,arg" json:"security_group_id" ref:"security_group" doc:"The security group: object, ID or name; all groups when left out."`
	ID          string             `lua:"id" json:"id" doc:"Only the one with this ID."`
	Direction   string             `lua:"direction" json:"direction" enum:"ingress|egress" doc:"Only those for what comes in, or goes out."`
	EtherType   string             `lua:"ethertype" json:"ethertype" enum:"IPv4|IPv6" doc:"Only those for this version of IP."`
	Protocol    string             `lua:"protocol" json:"protocol" doc:"Only those for this protocol, by the word they were made with: \"tcp\"."`
	PortMin     int                `lua:"port_range_min" json:"port_range_min" doc:"Only those that begin at this port."`
	PortMax     int                `lua:"port_range_max" json:"port_range_max" doc:"Only those that end at this port."`
	RemoteIP    string             `lua:"remote_ip_prefix" json:"remote_ip_prefix" doc:"Only those for exactly these addresses."`
	RemoteSG    schema.Ref         `lua:"remote_group_id" alias:"remote_group" json:"remote_group_id" ref:"security_group" doc:"Only those for members of this group."`
	RemoteList  schema.Ref         `lua:"remote_address_group_id" alias:"remote_address_group" json:"remote_address_group_id" ref:"address_group" doc:"Only those for this address group."`
	Description schema.Opt[string] `lua:"description" json:"description" doc:"Only those with exactly this description."`
	Project     schema.Ref         `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Only those of this project; of use to administrators."`
	Revision    schema.Opt[int]    `lua:"revision_number" json:"revision_number" doc:"Only those at this revision."`
	SortKey     string             `lua:"sort_key" json:"sort_key" doc:"Field to sort by, on the server."`
	SortDir     string             `lua:"sort_dir" json:"sort_dir" enum:"asc|desc" default:"asc" doc:"Direction to sort in; needs sort_key."`
	Limit       int                `lua:"limit" json:"limit" doc:"At most this many in all."`
	Marker      string             `lua:"marker" json:"marker" doc:"Begin after the one with this ID."`
}

type oneRule struct {
	Rule schema.Ref `lua:"rule,arg,required" json:"-" ref:"security_group_rule" doc:"The rule: object or ID."`
	rest.Removal
}

func (m module) defaultGroup(ctx context.Context, in ofProject) (schema.Object, error) {
	const op = "security_groups.default"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.Object{}, err
	}
	id := in.Project.ID
	if id == "" {
		var err error
		if id, err = m.Client().Conn.ProjectID(ctx); err != nil {
			return schema.Object{}, err
		}
	}
	obj, ok, err := m.Find(ctx, op, schema.Ref{Text: "default"}, url.Values{"project_id": {id}})
	if err == nil && !ok {
		e := errs.New(errs.NotFound, "project %s has no security group named \"default\"", id).
			WithHint("it may have been renamed: security_groups.list{} shows the ones there are")
		e.Op = op
		err = e
	}
	return obj, err
}

// ruleThere finds the rule in the service's refusal to make it twice.
var ruleThere = regexp.MustCompile(`Rule id is ([0-9a-f-]{36})`)

func (m module) allow(ctx context.Context, in permission) (schema.Values, error) {
	const op = "security_groups.allow"
	traffic, err := m.read(ctx, op, &in.traffic)
	if err != nil {
		return nil, err
	}
	if err := m.Resolve(ctx, op, &in.Group, nil); err != nil {
		return nil, err
	}
	body := traffic.body(in.Group.ID)
	if in.Description != "" {
		body["description"] = in.Description
	}
	if in.Project.Given() {
		if err := m.Client().Of("project").Resolve(ctx, op, &in.Project, nil); err != nil {
			return nil, err
		}
		body["project_id"] = in.Project.ID
	}
	all := m.Client().Of("security_group_rule")
	res, err := m.Client().Do(ctx, cloud.Request{
		Service: all.Service, Method: http.MethodPost, Path: all.Path, Body: map[string]any{all.Key: body},
		Op: op, Resource: m.Describe(in.Group),
	})
	if err == nil {
		return schema.Values{schema.Object{Kind: all.Name, JSON: res.Body, Key: all.Key}, true}, nil
	}
	if errs.CodeOf(err) == errs.Conflict {
		if id := ruleThere.FindStringSubmatch(err.Error()); id != nil {
			there, err := all.Get(ctx, op, schema.Ref{ID: id[1]})
			if err != nil {
				return nil, err
			}
			return schema.Values{there, false}, nil
		}
	}
	return nil, err
}

func (m module) deny(ctx context.Context, in question) (int, error) {
	const op = "security_groups.deny"
	if !in.said() {
		e := errs.New(errs.BadArgument, "say what to deny").
			WithHint(`write deny(group, { protocol = "tcp", port = 22 }); security_groups.delete_rule takes a rule away whatever it is`)
		e.Op = op
		return 0, e
	}
	traffic, err := m.read(ctx, op, &in.traffic)
	if err != nil {
		return 0, err
	}
	there, err := m.rulesOf(ctx, op, &in.Group)
	if err != nil {
		return 0, err
	}
	all := m.Client().Of("security_group_rule")
	n := 0
	for _, r := range there {
		if !r.is(traffic, &in.traffic) {
			continue
		}
		gone, err := all.Delete(ctx, op, schema.Ref{ID: r.ID}, true)
		if err != nil {
			return n, err
		}
		if gone {
			n++
		}
	}
	return n, nil
}

func (m module) allows(ctx context.Context, in question) (bool, error) {
	const op = "security_groups.allows"
	traffic, err := m.read(ctx, op, &in.traffic)
	if err != nil {
		return false, err
	}
	there, err := m.rulesOf(ctx, op, &in.Group)
	if err != nil {
		return false, err
	}
	for _, r := range there {
		if r.admits(traffic) {
			return true, nil
		}
	}
	return false, nil
}

// rulesOf fetches the rules of a group.
func (m module) rulesOf(ctx context.Context, op string, group *schema.Ref) ([]rule, error) {
	if err := m.Resolve(ctx, op, group, nil); err != nil {
		return nil, err
	}
	list, err := m.Client().Of("security_group_rule").List(ctx, op, ofGroup(group.ID))
	if err != nil {
		return nil, err
	}
	var out []rule
	for _, page := range list.Pages {
		raw, _ := rawjson.Get(page, list.Key)
		var rows []rule
		if err := json.Unmarshal(raw, &rows); err != nil {
			e := errs.New(errs.Unavailable, "the answer is no list of rules")
			e.Op, e.Cause = op, err
			return nil, e
		}
		out = append(out, rows...)
	}
	return out, nil
}

func (m module) rules(ctx context.Context, in ruleFilters) (schema.List, error) {
	const op = "security_groups.rules"
	q, err := m.Client().Query(ctx, op, &in)
	if err != nil {
		return schema.List{}, err
	}
	return m.Client().Of("security_group_rule").List(ctx, op, q)
}

func (m module) deleteRule(ctx context.Context, in oneRule) (bool, error) {
	// A rule has no name: what is no ID is sent as one, and the service says that there is none.
	if in.Rule.ID == "" {
		in.Rule.ID = in.Rule.Text
	}
	return m.Client().Of("security_group_rule").Delete(ctx, "security_groups.delete_rule", in.Rule, in.MissingOK)
}

func (m module) wanted(ctx context.Context, op string, in *creation) (rest.Wanted, error) {
	body, err := m.Client().Body(ctx, op, in)
	return rest.Wanted{
		Op: op, Name: in.Name, Query: rest.OfProject(in.Project), Body: body, Tags: rest.Tags(in.Tags), Rules: rules(),
	}, err
}

func (m module) change(ctx context.Context, op string, in *change) (rest.Change, error) {
	body, err := m.Client().Body(ctx, op, in)
	return rest.Change{Op: op, Ref: in.Group, Body: body, Tags: rest.Tags(in.Tags), Revision: in.Revision}, err
}
