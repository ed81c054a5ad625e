// Package quotas is the Lua module quotas: how much a project may have, and how much it has.
package quotas

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c}
	row := schema.Returns("quotas", "table<string, quotas.Quota>", "By name: instances, cores, ram, networks, ports, floating_ips …")
	return schema.Module{
		Name: "quotas",
		Doc: "Quotas: how many servers, cores, networks and so on a project may have, and how many it has. Those of the compute " +
			"and the networking service are in one table, by the names the modules have.",
		Example: `local q = quotas.get()
print(q.instances.in_use .. " of " .. q.instances.limit .. " servers")
local ok, short = quotas.check { instances = 1, cores = 2, ram = 2048 }
for _, s in ipairs(short) do print(s.name, "needs", s.needed, "has", s.free) end`,
		Classes: classes(),
		Funcs: []schema.Func{
			schema.Fn("get", "Fetch the quotas of a project and what is in use: one's own, or for administrators another's.", m.get, row,
				schema.Raises("not_found", "forbidden"),
				schema.REST("GET /v2.1/os-quota-sets/{id}/detail", "GET /v2.0/quotas/{id}/details.json"), schema.CLI("openstack quota show --usage"),
				schema.Example(`for name, quota in pairs(quotas.get()) do print(name, quota.in_use, quota.limit) end`)),
			schema.Fn("check", "Tell whether so much more would fit into the quotas. Another may take what is free in between.", m.check,
				schema.Returns("ok", "boolean", "Whether it would."),
				schema.Returns("short", "quotas.Shortage[]", "What is short; empty when nothing is."),
				schema.Raises("not_found", "forbidden"),
				schema.REST("GET /v2.1/os-quota-sets/{id}/detail", "GET /v2.0/quotas/{id}/details.json"), schema.CLI("openstack quota show --usage"),
				schema.Example(`local ok, short = quotas.check { instances = 2, networks = 1, floating_ips = 2 }
if not ok then print("the quota of " .. short[1].name .. " is too small") end`)),
			schema.Fn("update", "Change quotas of a project; for administrators. -1 means no limit.", m.update, row,
				schema.Raises("not_found", "forbidden", "bad_request"),
				schema.REST("PUT /v2.1/os-quota-sets/{id}", "PUT /v2.0/quotas/{id}"), schema.CLI("openstack quota set --instances N PROJECT"),
				schema.Example(`quotas.update("demo", { instances = 20, floating_ips = 10 })`)),
			schema.Fn("reset", "Give a project the default quotas again; for administrators.", m.reset,
				schema.Raises("not_found", "forbidden"),
				schema.REST("DELETE /v2.1/os-quota-sets/{id}", "DELETE /v2.0/quotas/{id}"), schema.CLI("openstack quota delete PROJECT"),
				schema.Example(`quotas.reset("demo")`)),
			schema.Fn("limits", "Fetch what the compute service says of this project's limits, by its own names: also how much metadata "+
				"a server may have.", m.limits,
				schema.Returns("limits", "table<string, integer>", "maxTotalInstances, totalInstancesUsed, maxServerMeta …"),
				schema.Raises("forbidden"),
				schema.REST("GET /v2.1/limits"), schema.CLI("openstack limits show --absolute"),
				schema.Example(`print(quotas.limits().maxServerMeta)`)),
		},
	}
}

func classes() []schema.Class {
	return []schema.Class{
		{Name: "quotas.Quota", Doc: "How much of one thing a project may have, and has.", Fields: []schema.Param{
			{Name: "limit", Type: "integer", Doc: "How much it may have; -1 for no limit."},
			{Name: "in_use", Type: "integer?", Doc: "How much it has."},
			{Name: "reserved", Type: "integer?", Doc: "How much is being made just now."},
			{Name: "free", Type: "integer?", Doc: "How much more fits; nil without a limit."},
			{Name: "service", Type: "string", Doc: "Which service counts it: compute or network."},
		}},
		{Name: "quotas.Shortage", Doc: "What does not fit into a quota.", Fields: []schema.Param{
			{Name: "name", Type: "string", Doc: "Of what: \"instances\"."},
			{Name: "needed", Type: "integer", Doc: "How much more was asked for."},
			{Name: "free", Type: "integer", Doc: "How much more fits."},
			{Name: "limit", Type: "integer", Doc: "How much the project may have."},
			{Name: "in_use", Type: "integer", Doc: "How much it has."},
		}},
	}
}

type module struct{ client *rest.Client }

// amounts are the things that have quotas, by our names; key is the service's.
type amounts struct {
	Instances     schema.Opt[int] `lua:"instances" json:"instances" doc:"Servers."`
	Cores         schema.Opt[int] `lua:"cores" json:"cores" doc:"Virtual processors."`
	RAM           schema.Opt[int] `lua:"ram" json:"ram" doc:"Memory of servers, in MiB."`
	KeyPairs      schema.Opt[int] `lua:"key_pairs" alias:"keypairs" json:"key_pairs" doc:"Key pairs of each user."`
	ServerGroups  schema.Opt[int] `lua:"server_groups" json:"server_groups" doc:"Server groups."`
	GroupMembers  schema.Opt[int] `lua:"server_group_members" json:"server_group_members" doc:"Servers in a server group."`
	MetadataItems schema.Opt[int] `lua:"metadata_items" json:"metadata_items" doc:"Metadata of a server."`
	Injected      schema.Opt[int] `lua:"injected_files" json:"injected_files" doc:"Files put into a server."`
	InjectedSize  schema.Opt[int] `lua:"injected_file_content_bytes" json:"injected_file_content_bytes" doc:"Size of such a file, in bytes."`
	InjectedPath  schema.Opt[int] `lua:"injected_file_path_bytes" json:"injected_file_path_bytes" doc:"Length of such a file's path, in bytes."`
	FixedIPs      schema.Opt[int] `lua:"fixed_ips" json:"fixed_ips" doc:"Addresses of servers, on clouds without a networking service."`

	Networks    schema.Opt[int] `lua:"networks" alias:"network" json:"net:network" doc:"Networks."`
	Subnets     schema.Opt[int] `lua:"subnets" alias:"subnet" json:"net:subnet" doc:"Subnets."`
	SubnetPools schema.Opt[int] `lua:"subnetpools" alias:"subnetpool" json:"net:subnetpool" doc:"Subnet pools."`
	Ports       schema.Opt[int] `lua:"ports" alias:"port" json:"net:port" doc:"Ports: each server, router interface and DHCP service has one or more."`
	Routers     schema.Opt[int] `lua:"routers" alias:"router" json:"net:router" doc:"Routers."`
	FloatingIPs schema.Opt[int] `lua:"floating_ips" alias:"floatingip" json:"net:floatingip" doc:"Floating IPs, whether assigned or not."`
	Groups      schema.Opt[int] `lua:"security_groups" alias:"security_group" json:"net:security_group" doc:"Security groups."`
	Rules       schema.Opt[int] `lua:"security_group_rules" alias:"security_group_rule" json:"net:security_group_rule" doc:"Rules of security groups."`
	Policies    schema.Opt[int] `lua:"rbac_policies" alias:"rbac_policy" json:"net:rbac_policy" doc:"Permissions to use another project's networks."`
	Trunks      schema.Opt[int] `lua:"trunks" alias:"trunk" json:"net:trunk" doc:"Trunks."`
}

// networkKey marks the keys of the networking service among amounts; they do not go over the wire with it.
const networkKey = "net:"

// thing is one of amounts: its name here, and at its service.
type thing struct{ name, service, key string }

// things lists amounts by their tags, so that each is written down once.
func things() []thing {
	var out []thing
	typ := reflect.TypeFor[amounts]()
	for i := range typ.NumField() {
		tag := typ.Field(i).Tag
		t := thing{name: tag.Get("lua"), service: cloud.Compute, key: tag.Get("json")}
		if key, is := strings.CutPrefix(t.key, networkKey); is {
			t.service, t.key = cloud.Network, key
		}
		out = append(out, t)
	}
	return out
}

type oneProject struct {
	Project schema.Ref `lua:"project,arg" json:"-" ref:"project" doc:"The project: object, ID or name; your own when left out."`
}

type needs struct {
	Project schema.Ref `lua:"project" alias:"project_id" json:"-" ref:"project" doc:"Another project than your own, for administrators."`
	amounts
}

type settings struct {
	Project schema.Ref `lua:"project,arg,required" json:"-" ref:"project" doc:"The project: object, ID or name."`
	amounts
	Force bool `lua:"force" json:"force" default:"false" doc:"Set a limit below what is in use."`
}

type which struct {
	Project  schema.Ref `lua:"project" alias:"project_id" json:"tenant_id" ref:"project" doc:"Another project than your own, for administrators."`
	Reserved bool       `lua:"reserved" json:"reserved" doc:"Count what is being made just now too."`
}

// project settles on the project meant. One's own may be named by who may not look others up.
func (m module) project(ctx context.Context, op string, ref *schema.Ref) error {
	t, err := m.client.Conn.Token(ctx)
	if err != nil {
		return err
	}
	if t.ProjectID != "" && (!ref.Given() || ref.ID == "" && ref.Text == t.ProjectName) {
		ref.ID = t.ProjectID
		return nil
	}
	if !ref.Given() {
		e := errs.New(errs.BadArgument, "the token is for no project").WithHint("name a project, or set project_name in the configuration")
		e.Op = op
		return e
	}
	return refused(m.client.Of("project").Resolve(ctx, op, ref, nil))
}

// refused says who may do it, where the service only says that this user may not.
func refused(err error) error {
	var e *errs.Error
	if !errors.As(err, &e) || e.Code != errs.Forbidden {
		return err
	}
	return e.WithHint("another project's quotas, and changing any, are for administrators: quotas.get() shows your own project's")
}

func (m module) get(ctx context.Context, in oneProject) (map[string]any, error) {
	const op = "quotas.get"
	if err := m.project(ctx, op, &in.Project); err != nil {
		return nil, err
	}
	all, err := m.fetch(ctx, op, in.Project, "")
	if err != nil {
		return nil, err
	}
	return shown(all), nil
}

// quota is one quota as a service counts it.
type quota struct {
	service  string
	limit    int
	used     *int // nil when nobody counted
	reserved int
}

// fetch gets the quotas of both services, or of the one named.
func (m module) fetch(ctx context.Context, op string, project schema.Ref, only string) (map[string]quota, error) {
	out := map[string]quota{}
	missing := 0
	for _, service := range []string{cloud.Compute, cloud.Network} {
		if only != "" && only != service {
			continue
		}
		rows, err := m.of(ctx, op, service, project)
		if err != nil {
			// A cloud without a compute service has quotas all the same.
			if errs.CodeOf(err) == errs.Config && only == "" && missing == 0 {
				missing++
				continue
			}
			return nil, refused(err)
		}
		for _, t := range things() {
			if t.service != service {
				continue
			}
			if q, ok := rows[t.key]; ok {
				out[t.name] = q
			}
		}
	}
	return out, nil
}

// of gets the quotas of one service, by its own names.
func (m module) of(ctx context.Context, op, service string, project schema.Ref) (map[string]quota, error) {
	resource := m.client.Of("project").Describe(project)
	id := url.PathEscape(project.ID)
	path, key := "os-quota-sets/"+id+"/detail", "quota_set"
	if service == cloud.Network {
		path, key = "quotas/"+id+"/details.json", "quota"
	}
	res, err := m.client.Do(ctx, cloud.Request{Service: service, Path: path, Op: op, Resource: resource})
	if service == cloud.Network && errs.CodeOf(err) == errs.NotFound { // without the extension that counts
		res, err = m.client.Do(ctx, cloud.Request{Service: service, Path: "quotas/" + id, Op: op, Resource: resource})
	}
	if err != nil {
		return nil, err
	}
	raw, _ := rawjson.Get(res.Body, key)
	var rows map[string]json.RawMessage
	if err := json.Unmarshal(raw, &rows); err != nil {
		e := errs.New(errs.Unavailable, "the %s service's answer has no quotas", service)
		e.Op, e.Cause = op, err
		return nil, e
	}
	out := map[string]quota{}
	for name, row := range rows {
		if q, ok := read(row); ok {
			q.service = service
			out[name] = q
		}
	}
	return out, nil
}

// read takes a quota: an object, or the limit alone.
func read(row json.RawMessage) (quota, bool) {
	var q quota
	if json.Unmarshal(row, &q.limit) == nil {
		return q, true
	}
	var wire struct {
		Limit    *int
		InUse    *int `json:"in_use"` // compute's word
		Used     *int // networking's
		Reserved int
	}
	if json.Unmarshal(row, &wire) != nil || wire.Limit == nil {
		return q, false // the project's ID is among them
	}
	q.limit, q.used, q.reserved = *wire.Limit, wire.InUse, wire.Reserved
	if q.used == nil {
		q.used = wire.Used
	}
	return q, true
}

// free is how much more fits; false without a limit, or when nobody counted.
func (q quota) free() (int, bool) {
	if q.limit < 0 || q.used == nil {
		return 0, false
	}
	return max(q.limit-*q.used-q.reserved, 0), true
}

func shown(all map[string]quota) map[string]any {
	out := map[string]any{}
	for name, q := range all {
		row := map[string]any{"limit": q.limit, "service": q.service}
		if q.used != nil {
			row["in_use"], row["reserved"] = *q.used, q.reserved
		}
		if free, ok := q.free(); ok {
			row["free"] = free
		}
		out[name] = row
	}
	return out
}

func (m module) check(ctx context.Context, in needs) (schema.Values, error) {
	const op = "quotas.check"
	wanted, err := given(&in.amounts)
	if err != nil {
		return nil, err
	}
	if len(wanted) == 0 {
		e := errs.New(errs.BadArgument, "say how much is needed").WithHint("write check{ instances = 1, networks = 1 }; help(%q) lists the names", op)
		e.Op = op
		return nil, e
	}
	if err := m.project(ctx, op, &in.Project); err != nil {
		return nil, err
	}
	only := ""
	for i, w := range wanted {
		if i > 0 && only != w.service {
			only = ""
			break
		}
		only = w.service
	}
	all, err := m.fetch(ctx, op, in.Project, only)
	if err != nil {
		return nil, err
	}
	short := []any{}
	for _, w := range wanted {
		q, ok := all[w.name]
		if !ok {
			continue // this cloud does not count it
		}
		if free, limited := q.free(); limited && w.amount > free {
			short = append(short, map[string]any{"name": w.name, "needed": w.amount, "free": free, "limit": q.limit, "in_use": *q.used})
		}
	}
	return schema.Values{len(short) == 0, short}, nil
}

type amount struct {
	thing
	amount int
}

// given lists the amounts that were given, in the order they are declared.
func given(in *amounts) ([]amount, error) {
	body, err := schema.Body(in)
	if err != nil {
		return nil, err
	}
	var out []amount
	for _, t := range things() {
		key := t.key
		if t.service == cloud.Network {
			key = networkKey + key
		}
		if v, ok := body[key]; ok {
			n, isInt := v.(int)
			if !isInt {
				return nil, fmt.Errorf("%s is a %T", t.name, v)
			}
			out = append(out, amount{t, n})
		}
	}
	return out, nil
}

func (m module) update(ctx context.Context, in settings) (map[string]any, error) {
	const op = "quotas.update"
	wanted, err := given(&in.amounts)
	if err != nil {
		return nil, err
	}
	bodies := map[string]map[string]any{}
	for _, w := range wanted {
		if w.amount < -1 {
			e := errs.New(errs.BadArgument, "want a limit, or -1 for none, got %d", w.amount)
			e.Op = op + "." + w.name
			return nil, e
		}
		if bodies[w.service] == nil {
			bodies[w.service] = map[string]any{}
		}
		bodies[w.service][w.key] = w.amount
	}
	if len(bodies) == 0 {
		e := errs.New(errs.BadArgument, "nothing to change").WithHint("name at least one quota: help(%q) lists them", op)
		e.Op = op
		return nil, e
	}
	if err := m.project(ctx, op, &in.Project); err != nil {
		return nil, err
	}
	for _, service := range []string{cloud.Compute, cloud.Network} {
		body := bodies[service]
		if body == nil {
			continue
		}
		path, key := "os-quota-sets/", "quota_set"
		if service == cloud.Network {
			path, key = "quotas/", "quota" // which minds no limit below what is in use
		} else if in.Force {
			body["force"] = true
		}
		_, err := m.client.Do(ctx, cloud.Request{
			Service: service, Method: http.MethodPut, Path: path + url.PathEscape(in.Project.ID), Body: map[string]any{key: body},
			Op: op, Resource: m.client.Of("project").Describe(in.Project), Idempotent: true,
		})
		if err != nil {
			return nil, refused(err)
		}
	}
	all, err := m.fetch(ctx, op, in.Project, "")
	if err != nil {
		return nil, err
	}
	return shown(all), nil
}

func (m module) reset(ctx context.Context, in resetting) (schema.None, error) {
	const op = "quotas.reset"
	if err := m.project(ctx, op, &in.Project); err != nil {
		return schema.None{}, err
	}
	for _, service := range []string{cloud.Compute, cloud.Network} {
		path := "os-quota-sets/"
		if service == cloud.Network {
			path = "quotas/"
		}
		_, err := m.client.Do(ctx, cloud.Request{
			Service: service, Method: http.MethodDelete, Path: path + url.PathEscape(in.Project.ID),
			Op: op, Resource: m.client.Of("project").Describe(in.Project),
		})
		// The networking service says 404 when the project has the defaults already.
		if err != nil && !(service == cloud.Network && errs.CodeOf(err) == errs.NotFound) {
			return schema.None{}, refused(err)
		}
	}
	return schema.None{}, nil
}

type resetting struct {
	Project schema.Ref `lua:"project,arg,required" json:"-" ref:"project" doc:"The project: object, ID or name."`
}

func (m module) limits(ctx context.Context, in which) (schema.Raw, error) {
	const op = "quotas.limits"
	if in.Project.Given() {
		if err := m.project(ctx, op, &in.Project); err != nil {
			return schema.Raw{}, err
		}
	}
	q, err := m.client.Query(ctx, op, &in)
	if err != nil {
		return schema.Raw{}, err
	}
	if in.Reserved {
		q.Set("reserved", "1")
	}
	res, err := m.client.Do(ctx, cloud.Request{Service: cloud.Compute, Path: "limits", Query: q, Op: op})
	if err != nil {
		return schema.Raw{}, refused(err)
	}
	raw, ok := rawjson.Get(res.Body, "limits", "absolute")
	if !ok {
		e := errs.New(errs.Unavailable, "the answer has no limits")
		e.Op = op
		return schema.Raw{}, e
	}
	return schema.Raw{JSON: raw}, nil
}
