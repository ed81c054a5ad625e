package compute

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Seed makes the flavors DevStack makes.
func Seed(tx *store.Tx, m Model) error {
	for i, f := range []flavor{
		{ID: "1", Name: "m1.tiny", RAM: 512, Disk: 1, VCPUs: 1}, {ID: "2", Name: "m1.small", RAM: 2048, Disk: 20, VCPUs: 1},
		{ID: "3", Name: "m1.medium", RAM: 4096, Disk: 40, VCPUs: 2}, {ID: "4", Name: "m1.large", RAM: 8192, Disk: 80, VCPUs: 4},
		{ID: "5", Name: "m1.xlarge", RAM: 16384, Disk: 160, VCPUs: 8}, {ID: "42", Name: "m1.nano", RAM: 128, Disk: 1, VCPUs: 1},
		{ID: "84", Name: "m1.micro", RAM: 192, Disk: 1, VCPUs: 1}, {ID: "c1", Name: "cirros256", RAM: 256, Disk: 1, VCPUs: 1},
		{ID: "d1", Name: "ds512M", RAM: 512, Disk: 5, VCPUs: 1}, {ID: "d2", Name: "ds1G", RAM: 1024, Disk: 10, VCPUs: 1},
		{ID: "d3", Name: "ds2G", RAM: 2048, Disk: 10, VCPUs: 2}, {ID: "d4", Name: "ds4G", RAM: 4096, Disk: 20, VCPUs: 4},
	} {
		f.Public, f.RxTx, f.CreatedAt, f.Number = true, "1.0", m.Now, int64(i+1)
		f.Specs = map[string]string{"hw_rng:allowed": "True"}
		if err := store.Put(tx, f); err != nil {
			return err
		}
	}
	return tx.SetVar("counter:compute.flavor", "12")
}

func (f *flavor) visible(c *call) bool {
	return c.admin || f.Public || slices.Contains(f.Access, c.project)
}

// flavor finds a flavor the caller may see.
func (c *call) flavor(id string) (*flavor, error) {
	f, err := store.Get[flavor](c.Tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !f.visible(c) {
		return nil, noFlavor(id)
	}
	return &f, err
}

func (f *flavor) wire(c *call, full bool) web.Object {
	o := web.Object{"id": f.ID, "name": f.Name, "links": c.links("/flavors/" + f.ID)}
	if c.at(55) {
		o["description"] = f.Description
	}
	if !full {
		return o
	}
	o["ram"], o["disk"], o["vcpus"] = f.RAM, f.Disk, f.VCPUs
	o["OS-FLV-EXT-DATA:ephemeral"], o["OS-FLV-DISABLED:disabled"] = f.Ephemeral, false
	o["os-flavor-access:is_public"], o["rxtx_factor"] = f.Public, json.RawMessage(f.RxTx)
	switch {
	case f.Swap != 0 || c.at(75):
		o["swap"] = f.Swap
	default:
		o["swap"] = ""
	}
	if c.at(61) {
		o["extra_specs"] = emptyMap(f.Specs)
	}
	f.Kept.Apply(o, nil)
	return o
}

func emptyMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func flavorSortKeys() []any {
	return []any{"created_at", "description", "disabled", "ephemeral_gb", "flavorid", "id", "is_public", "memory_mb", "name", "root_gb",
		"rxtx_factor", "swap", "updated_at", "vcpu_weight", "vcpus"}
}

func listFlavors(full bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		err := checkQuery(queryParams(!c.at(75), map[string]schema{"limit": nonNegativeSchema(), "marker": text(), "is_public": text(),
			"minRam": text(), "minDisk": text(), "sort_key": {typ("string"), enum(flavorSortKeys()...)}, "sort_dir": {typ("string"), enum("asc", "desc")}}), c.Request)
		if err != nil {
			return nil, err
		}
		q := c.Query()
		page, err := c.paging()
		if err != nil {
			return nil, err
		}
		var public *bool
		yes := true
		public = &yes
		if c.admin && q.Has("is_public") {
			switch s := q.Get("is_public"); {
			case strings.EqualFold(s, "none"):
				public = nil
			default:
				b, ok := web.ParseBool(s)
				if !ok {
					return nil, badRequest("Invalid is_public filter [%s]", s)
				}
				public = &b
			}
		}
		minimum := func(name string) (int, error) {
			if !q.Has(name) {
				return 0, nil
			}
			n, err := strconv.Atoi(q.Get(name))
			if err != nil {
				return 0, badRequest("Invalid %s filter [%s]", name, q.Get(name))
			}
			return n, nil
		}
		ram, err := minimum("minRam")
		if err != nil {
			return nil, err
		}
		disk, err := minimum("minDisk")
		if err != nil {
			return nil, err
		}
		all, err := store.List[flavor](c.Tx)
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(f flavor) bool {
			seen := public == nil || f.Public == *public || *public && slices.Contains(f.Access, c.project)
			return !seen || f.RAM < ram || f.Disk < disk
		})
		sortFlavors(all, q.Get("sort_key"), q.Get("sort_dir") == "desc")
		rows, _, more, known := web.Cut(all, page, func(f flavor) string { return f.ID })
		if !known {
			return nil, badRequest("marker [%s] not found", page.Marker)
		}
		shown := []web.Object{}
		for _, f := range rows {
			shown = append(shown, f.wire(c, full))
		}
		answer := web.Object{"flavors": shown}
		if more || page.Limit > 0 && len(rows) == page.Limit {
			answer["flavors_links"] = c.nextLink(c.URL.Path, rows[len(rows)-1].ID)
		}
		return web.OK(answer), nil
	}
}

func sortFlavors(all []flavor, key string, desc bool) {
	slices.SortStableFunc(all, func(a, b flavor) int {
		n := 0
		switch key {
		case "", "flavorid":
			n = strings.Compare(a.ID, b.ID)
		case "name":
			n = strings.Compare(a.Name, b.Name)
		case "memory_mb":
			n = a.RAM - b.RAM
		case "vcpus":
			n = a.VCPUs - b.VCPUs
		case "root_gb":
			n = a.Disk - b.Disk
		case "ephemeral_gb":
			n = a.Ephemeral - b.Ephemeral
		case "swap":
			n = a.Swap - b.Swap
		default:
			n = int(a.Number - b.Number)
		}
		if desc {
			return -n
		}
		return n
	})
}

func showFlavor(c *call) (*web.Response, error) {
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"flavor": f.wire(c, true)}), nil
}

func flavorSchema(minor int) schema {
	all := []property{
		prop("name", nameSchema()),
		prop("id", schema{typ("string", "number", "null"), length(1, 255), pattern(flavorIDRE, "^(?! )[a-zA-Z0-9. _-]+(?<! )$")}),
		prop("ram", sizeSchema(1)), prop("vcpus", sizeSchema(1)), prop("disk", sizeSchema(0)),
		prop("OS-FLV-EXT-DATA:ephemeral", sizeSchema(0)), prop("swap", sizeSchema(0)),
		prop("rxtx_factor", schema{typ("number", "string"), pattern(decimalRE, `^[0-9]+(\.[0-9]+)?$`), func(s schema, v any) *violation {
			if bad := between(0, 3.40282e+38)(s, v); bad != nil {
				return bad
			}
			if f, err := strconv.ParseFloat(python.Str(v), 64); err == nil && f == 0 {
				return wrong(v, "%s is less than or equal to the minimum of 0", python.Str(v))
			}
			return nil
		}}),
		prop("os-flavor-access:is_public", booleanSchema()),
	}
	if minor >= 55 {
		all = append(all, prop("description", descriptionSchema(65535)))
	}
	return one("flavor", obj(all, "name", "ram", "vcpus", "disk"))
}

func createFlavor(c *call) (*web.Response, error) {
	body, err := c.bodyIs(flavorSchema(c.Version.Minor))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-flavor-manage:create"); err != nil {
		return nil, err
	}
	in := body.object("flavor")
	number := func(name string) int { n, _ := pyInt(in.get(name)); return n }
	f := flavor{Name: strings.TrimSpace(in.text("name")), RAM: number("ram"), VCPUs: number("vcpus"), Disk: number("disk"),
		Ephemeral: number("OS-FLV-EXT-DATA:ephemeral"), Swap: number("swap"), Public: true, RxTx: "1.0", CreatedAt: c.now()}
	if v := in.get("rxtx_factor"); v != nil {
		n, _ := strconv.ParseFloat(python.Str(v), 64)
		f.RxTx = python.Number(json.Number(strconv.FormatFloat(n, 'f', -1, 64) + floatTail(n)))
	}
	if in.has("os-flavor-access:is_public") {
		f.Public = truth(in.get("os-flavor-access:is_public"))
	}
	if d, ok := in.get("description").(string); ok {
		f.Description = &d
	}
	switch id := in.get("id"); id {
	case nil, "auto":
		f.ID = c.Tx.NewID()
	default:
		f.ID = python.Str(id)
	}
	if owner, err := store.Owner[flavor](c.Tx, "name", f.Name); err != nil {
		return nil, err
	} else if owner != "" {
		return nil, conflict("Flavor with name %s already exists.", f.Name)
	}
	if there, err := store.Has[flavor](c.Tx, f.ID); err != nil {
		return nil, err
	} else if there {
		return nil, conflict("Flavor with ID %s already exists.", f.ID)
	}
	if f.Number, err = c.Tx.Counter("compute.flavor"); err != nil {
		return nil, err
	}
	if err := store.Put(c.Tx, f); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"flavor": f.wire(c, true)}), nil
}

func floatTail(f float64) string {
	if f == float64(int64(f)) {
		return ".0"
	}
	return ""
}

func updateFlavor(c *call) (*web.Response, error) {
	if !c.at(55) {
		return nil, unversioned()
	}
	body, err := c.bodyIs(one("flavor", obj([]property{prop("description", descriptionSchema(65535))}, "description")))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-flavor-manage:update"); err != nil {
		return nil, err
	}
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f.Description = nil
	if d, ok := body.object("flavor").get("description").(string); ok {
		f.Description = &d
	}
	if err := store.Put(c.Tx, *f); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"flavor": f.wire(c, true)}), nil
}

func deleteFlavor(c *call) (*web.Response, error) {
	if err := c.may("os-flavor-manage:delete"); err != nil {
		return nil, err
	}
	err := store.Delete[flavor](c.Tx, c.PathValue("id"))
	if errors.Is(err, store.ErrNotFound) {
		return nil, noFlavor(c.PathValue("id"))
	}
	return accepted(), err
}

func listSpecs(c *call) (*web.Response, error) {
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"extra_specs": emptyMap(f.Specs)}), nil
}

func noSpec(flavor, key string) error {
	return notFound("Flavor %s has no extra specs with key %s.", flavor, key)
}

func showSpec(c *call) (*web.Response, error) {
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v, ok := f.Specs[c.PathValue("key")]
	if !ok {
		return nil, noSpec(f.ID, c.PathValue("key"))
	}
	return web.OK(web.Object{c.PathValue("key"): v}), nil
}

func createSpecs(c *call) (*web.Response, error) {
	body, err := c.bodyIs(one("extra_specs", metadataSchema("string", "number")))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-flavor-extra-specs:create"); err != nil {
		return nil, err
	}
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(body), c.addSpecs(f, body.object("extra_specs"))
}

func (c *call) addSpecs(f *flavor, in *object) error {
	f.Specs = emptyMap(f.Specs)
	maps.Copy(f.Specs, in.texts())
	return store.Put(c.Tx, *f)
}

func updateSpec(c *call) (*web.Response, error) {
	body, err := c.bodyIs(append(metadataSchema("string", "number"), members(1, 1)))
	if err != nil {
		return nil, err
	}
	if err := c.may("os-flavor-extra-specs:update"); err != nil {
		return nil, err
	}
	if !body.has(c.PathValue("key")) {
		return nil, badRequest("Request body and URI mismatch")
	}
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(body), c.addSpecs(f, body)
}

func deleteSpec(c *call) (*web.Response, error) {
	if err := c.may("os-flavor-extra-specs:delete"); err != nil {
		return nil, err
	}
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	key := c.PathValue("key")
	if _, ok := f.Specs[key]; !ok {
		return nil, noSpec(f.ID, key)
	}
	delete(f.Specs, key)
	return done(), store.Put(c.Tx, *f)
}

func (f *flavor) accessList() web.Object {
	all := []web.Object{}
	for _, p := range f.Access {
		all = append(all, web.Object{"flavor_id": f.ID, "tenant_id": p})
	}
	return web.Object{"flavor_access": all}
}

func listAccess(c *call) (*web.Response, error) {
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if f.Public {
		return nil, notFound("Access list not available for public flavors.")
	}
	return web.OK(f.accessList()), nil
}

func flavorAction(c *call) (*web.Response, error) {
	name, err := c.actionName()
	if err != nil {
		return nil, err
	}
	if name != "addTenantAccess" && name != "removeTenantAccess" {
		return nil, badRequest("There is no such action: %s", name)
	}
	body, err := c.bodyIs(one(name, obj([]property{prop("tenant", schema{typ("string"), length(1, 255)})}, "tenant")))
	if err != nil {
		return nil, err
	}
	rule := "os-flavor-access:add_tenant_access"
	if name == "removeTenantAccess" {
		rule = "os-flavor-access:remove_tenant_access"
	}
	if err := c.may(rule); err != nil {
		return nil, err
	}
	project := body.object(name).text("tenant")
	if err := c.checkProject(project); err != nil {
		return nil, err
	}
	f, err := c.flavor(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	at := slices.Index(f.Access, project)
	switch {
	case name == "addTenantAccess" && at >= 0:
		// Nova names the flavor by its number in the database here.
		return nil, conflict("Flavor access already exists for flavor %d and project %s combination.", f.Number, project)
	case name == "addTenantAccess":
		f.Access = append(f.Access, project)
	case at < 0:
		return nil, notFound("Flavor access not found for %d / %s combination.", f.Number, project)
	default:
		f.Access = slices.Delete(f.Access, at, at+1)
	}
	return web.OK(f.accessList()), store.Put(c.Tx, *f)
}
