// Package flavors is the Lua module flavors: the sizes a server can have.
package flavors

import (
	"context"
	"net/http"
	"net/url"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
)

// Module describes the Lua module.
func Module(c *rest.Client) schema.Module {
	m := module{c.Of("flavor")}
	return schema.Module{
		Name: "flavors",
		Kind: "flavor",
		Doc: "Flavors: the sizes a server can have, in processors, memory and disk. A flavor's ID may look like a name (\"42\", " +
			"\"d1\") and the service cannot search by name, so a flavor given as text is found in one list of all of them: by ID " +
			"first, then by name. Administrators make flavors; everyone uses them.",
		Example: `for _, flavor in ipairs(flavors.list { min_ram = 256 }) do
  print(flavor.name, flavor.vcpus, flavor.ram .. " MiB", flavor.disk .. " GiB")
end
print(flavors.get("m1.nano").id)`,
		Fields: fields(),
		Funcs: []schema.Func{
			schema.Fn("list", "List flavors. The filters run on the server.", resource.ListBy(m.Collection, m.query),
				schema.Returns("flavors", "flavor[]", "The flavors, by ID."),
				schema.REST("GET /v2.1/flavors/detail"), schema.CLI("openstack flavor list --long"),
				schema.Example(`for _, flavor in ipairs(flavors.list { min_disk = 5, min_ram = 512 }) do print(flavor.name) end`)),
			schema.Fn("each", "Go through flavors, fetching a page at a time: for long lists.", resource.EachBy(m.Collection, m.query),
				schema.Returns("iterator", "fun(): flavor", "For the generic for."),
				schema.REST("GET /v2.1/flavors/detail"), schema.CLI("openstack flavor list --long"),
				schema.Example(`for flavor in flavors.each { limit = 100 } do print(flavor.name) end`)),
			schema.Fn("get", "Fetch a flavor anew: an object by its ID, text by one list of all flavors.", resource.Get[one](m.Collection), schema.Method(),
				schema.Returns("flavor", "flavor", "The flavor as it is now."),
				schema.Raises("not_found", "ambiguous"),
				schema.REST("GET /v2.1/flavors/{id}", "GET /v2.1/flavors/detail?is_public=None"), schema.CLI("openstack flavor show FLAVOR"),
				schema.Example(`print(flavors.get("m1.nano").disk)`)),
			schema.Fn("find", "Look whether there is a flavor of this ID or name.", resource.Find[one](m.Collection),
				schema.Returns("flavor", "flavor?", "The flavor; nil when there is none."),
				schema.Raises("ambiguous"),
				schema.REST("GET /v2.1/flavors/detail?is_public=None"), schema.CLI("openstack flavor list --all"),
				schema.Example(`if not flavors.find("ds512M") then print("no ds512M here") end`)),
			schema.Fn("create", "Create a flavor. For administrators.", m.create,
				schema.Returns("flavor", "flavor", "The new flavor."),
				schema.Raises("conflict", "forbidden", "bad_request"),
				schema.REST("POST /v2.1/flavors", "POST /v2.1/flavors/{id}/os-extra_specs"), schema.CLI("openstack flavor create NAME"),
				schema.Example(`local flavor = flavors.create { name = "tiny", ram = 256, vcpus = 1, disk = 1 }
flavor:delete()`)),
			schema.Fn("update", "Change a flavor's description, the one thing of it that can be changed: to change its size, make "+
				"another. The object given stays as it was: use the one returned. For administrators.", resource.Update(m.Collection, m.change), schema.Method(),
				schema.Returns("flavor", "flavor", "The flavor as it is now."),
				schema.Raises("not_found", "ambiguous", "forbidden"),
				schema.REST("PUT /v2.1/flavors/{id}"), schema.CLI("openstack flavor set --description TEXT FLAVOR"),
				schema.Example(`local flavor = flavors.update("tiny", { description = "for the lab" })`)),
			schema.Fn("delete", "Delete a flavor. Servers that have it keep their size. For administrators.", resource.Delete[one](m.Collection), schema.Method(),
				schema.Returns("deleted", "boolean", "Whether it was there."),
				schema.Raises("not_found", "ambiguous", "forbidden"),
				schema.REST("DELETE /v2.1/flavors/{id}"), schema.CLI("openstack flavor delete FLAVOR"),
				schema.Example(`flavors.delete("tiny", { missing_ok = true })`)),
			schema.Fn("extra_specs", "What a flavor asks of hosts beyond its size.", m.extraSpecs, schema.Method(),
				schema.Returns("specs", "table<string,string>", "The extra specs by name."),
				schema.Raises("not_found", "ambiguous", "forbidden"),
				schema.REST("GET /v2.1/flavors/{id}/os-extra_specs"), schema.CLI("openstack flavor show FLAVOR -c properties"),
				schema.Example(`for name, value in pairs(flavors.extra_specs("m1.nano")) do print(name, value) end`)),
			schema.Fn("set_extra_specs", "Set extra specs of a flavor; others stay. For administrators.", m.setExtraSpecs, schema.Method(),
				schema.Returns("specs", "table<string,string>", "Those that were set."),
				schema.Raises("not_found", "ambiguous", "forbidden", "bad_request"),
				schema.REST("POST /v2.1/flavors/{id}/os-extra_specs"), schema.CLI("openstack flavor set --property NAME=VALUE FLAVOR"),
				schema.Example(`flavors.set_extra_specs("tiny", { ["hw:cpu_policy"] = "shared" })`)),
			schema.Fn("remove_extra_spec", "Take an extra spec from a flavor; one it does not have is not_found. For administrators.",
				m.removeExtraSpec, schema.Method(),
				schema.Raises("not_found", "ambiguous", "forbidden"),
				schema.REST("DELETE /v2.1/flavors/{id}/os-extra_specs/{name}"), schema.CLI("openstack flavor unset --property NAME FLAVOR"),
				schema.Example(`flavors.remove_extra_spec("tiny", "hw:cpu_policy")`)),
			schema.Fn("access", "The projects that may use a private flavor. For administrators.", m.access, schema.Method(),
				schema.Returns("projects", "string[]", "IDs of the projects."),
				schema.Raises("not_found", "ambiguous", "forbidden"),
				schema.REST("GET /v2.1/flavors/{id}/os-flavor-access"), schema.CLI("openstack flavor show FLAVOR -c access_project_ids"),
				schema.Example(`for _, project in ipairs(flavors.access("secret")) do print(project) end`)),
			schema.Fn("add_access", "Let a project use a private flavor. For administrators.", m.addAccess, schema.Method(),
				schema.Returns("projects", "string[]", "IDs of the projects that may use it now."),
				schema.Raises("not_found", "ambiguous", "forbidden", "conflict"),
				schema.REST("POST /v2.1/flavors/{id}/action"), schema.CLI("openstack flavor set --project PROJECT FLAVOR"),
				schema.Example(`flavors.add_access("secret", "demo")`)),
			schema.Fn("remove_access", "Let a project use a private flavor no longer. For administrators.", m.removeAccess, schema.Method(),
				schema.Returns("projects", "string[]", "IDs of the projects that may use it still."),
				schema.Raises("not_found", "ambiguous", "forbidden"),
				schema.REST("POST /v2.1/flavors/{id}/action"), schema.CLI("openstack flavor unset --project PROJECT FLAVOR"),
				schema.Example(`flavors.remove_access("secret", "demo")`)),
		},
	}
}

type module struct{ *rest.Collection }

type filters struct {
	MinDisk  int              `lua:"min_disk" alias:"minDisk" json:"minDisk" doc:"Only those with at least so large a disk, in GiB."`
	MinRAM   int              `lua:"min_ram" alias:"minRam" json:"minRam" doc:"Only those with at least so much memory, in MiB."`
	IsPublic schema.Opt[bool] `lua:"is_public" json:"is_public" default:"true" doc:"false lists those that only some projects may use; for administrators."`
	All      bool             `lua:"all" json:"-" doc:"Public and private ones alike; for administrators."`
	SortKey  string           `lua:"sort_key" json:"sort_key" default:"flavorid" doc:"Field to sort by, on the server: flavorid, name, memory_mb, root_gb, vcpus …"`
	SortDir  string           `lua:"sort_dir" json:"sort_dir" enum:"asc|desc" default:"asc" doc:"Direction to sort in."`
	Limit    int              `lua:"limit" json:"limit" doc:"At most this many in all; each{} takes it as the number of each page."`
	Marker   string           `lua:"marker" json:"marker" doc:"Begin after the one with this ID."`
}

type one struct {
	Flavor schema.Ref `lua:"flavor,arg,required" json:"-" ref:"flavor" doc:"The flavor: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Flavor }

type creation struct {
	Name        string             `lua:"name,required" json:"name" doc:"Its name, unlike any other's."`
	RAM         int                `lua:"ram,required" json:"ram" doc:"Memory in MiB."`
	VCPUs       int                `lua:"vcpus,required" json:"vcpus" doc:"Number of processors."`
	Disk        schema.Opt[int]    `lua:"disk,required" json:"disk" doc:"Size of the root disk in GiB; 0 takes the image's."`
	ID          string             `lua:"id" json:"id" doc:"Its ID; a new UUID when left out."`
	Swap        int                `lua:"swap" json:"swap" default:"0" doc:"Size of the swap disk in MiB."`
	Ephemeral   int                `lua:"ephemeral" alias:"OS-FLV-EXT-DATA:ephemeral" json:"OS-FLV-EXT-DATA:ephemeral" default:"0" doc:"Size of a second, empty disk in GiB."`
	RxTxFactor  float64            `lua:"rxtx_factor" json:"rxtx_factor" default:"1" doc:"Share of bandwidth; few clouds look at it."`
	IsPublic    schema.Opt[bool]   `lua:"is_public" alias:"os-flavor-access:is_public" json:"os-flavor-access:is_public" default:"true" doc:"false lets only the projects of add_access use it."`
	Description schema.Opt[string] `lua:"description" json:"description" doc:"A few words about it."`
	ExtraSpecs  map[string]string  `lua:"extra_specs" json:"-" doc:"What it asks of hosts beyond its size: set by a second request."`
}

type change struct {
	one
	Description schema.Opt[string] `lua:"description,required,nullable" json:"description" doc:"A few words about it; false for none."`
}

type specs struct {
	one
	Specs map[string]string `lua:"specs,arg,required" json:"extra_specs" doc:"The extra specs by name; their values are text."`
}

type spec struct {
	one
	Name string `lua:"name,arg,required" json:"-" doc:"Name of the extra spec."`
}

type sharing struct {
	one
	Project schema.Ref `lua:"project,arg,required" json:"tenant" ref:"project" doc:"The project: object, ID or name."`
}

func (m module) query(ctx context.Context, op string, in *filters) (url.Values, error) {
	q, err := m.Client().Query(ctx, op, in)
	if err == nil && in.All {
		q.Set("is_public", "None")
	}
	return q, err
}

func (m module) create(ctx context.Context, in creation) (schema.Object, error) {
	const op = "flavors.create"
	body, err := schema.Body(&in)
	if err != nil {
		return schema.Object{}, err
	}
	obj, err := m.Create(ctx, op, body)
	if err != nil || len(in.ExtraSpecs) == 0 {
		return obj, err
	}
	if _, err := m.Send(ctx, op, http.MethodPost, rest.RefOf(obj), map[string]any{"extra_specs": in.ExtraSpecs}, "os-extra_specs"); err != nil {
		return schema.Object{}, rest.Hinted(err, "the flavor is there all the same, without its extra specs: flavors.delete(%q) removes it", rest.Text(obj, "id"))
	}
	return rest.WithMember(obj, "extra_specs", in.ExtraSpecs)
}

func (m module) extraSpecs(ctx context.Context, in one) (schema.Raw, error) {
	const op = "flavors.extra_specs"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.Raw{}, err
	}
	res, err := m.Send(ctx, op, http.MethodGet, in.Flavor, nil, "os-extra_specs")
	return answer(res, err, "extra_specs")
}

func (m module) setExtraSpecs(ctx context.Context, in specs) (schema.Raw, error) {
	const op = "flavors.set_extra_specs"
	body, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return schema.Raw{}, err
	}
	res, err := m.Send(ctx, op, http.MethodPost, in.Flavor, body, "os-extra_specs")
	return answer(res, err, "extra_specs")
}

func (m module) removeExtraSpec(ctx context.Context, in spec) (schema.None, error) {
	const op = "flavors.remove_extra_spec"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.None{}, err
	}
	_, err := m.Send(ctx, op, http.MethodDelete, in.Flavor, nil, "os-extra_specs", url.PathEscape(in.Name))
	return schema.None{}, err
}

func (m module) access(ctx context.Context, in one) ([]string, error) {
	const op = "flavors.access"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return nil, err
	}
	res, err := m.Send(ctx, op, http.MethodGet, in.Flavor, nil, "os-flavor-access")
	return projects(res, err)
}

func (m module) addAccess(ctx context.Context, in sharing) ([]string, error) {
	return m.share(ctx, "flavors.add_access", "addTenantAccess", in)
}

func (m module) removeAccess(ctx context.Context, in sharing) ([]string, error) {
	return m.share(ctx, "flavors.remove_access", "removeTenantAccess", in)
}

func (m module) share(ctx context.Context, op, action string, in sharing) ([]string, error) {
	body, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return nil, err
	}
	res, err := m.Send(ctx, op, http.MethodPost, in.Flavor, map[string]any{action: body}, "action")
	return projects(res, err)
}

// answer gives a member of an answer as plain values.
func answer(res *cloud.Response, err error, key string) (schema.Raw, error) {
	if err != nil {
		return schema.Raw{}, err
	}
	return schema.Raw{JSON: res.Body, Key: key}, nil
}

// projects gives the IDs in a list of who may use a flavor.
func projects(res *cloud.Response, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	var who []struct {
		Tenant string `json:"tenant_id"`
	}
	ids := []string{}
	if rest.Member(schema.Object{JSON: res.Body}, "flavor_access", &who) {
		for _, w := range who {
			ids = append(ids, w.Tenant)
		}
	}
	return ids, nil
}

func (m module) change(_ context.Context, op string, in *change) (rest.Change, error) {
	body, err := schema.Body(in)
	return rest.Change{Op: op, Ref: in.Flavor, Body: body}, err
}
