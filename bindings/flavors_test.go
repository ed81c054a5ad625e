package bindings_test

import "testing"

const (
	nano  = `{"id":"42","name":"m1.nano","ram":128,"disk":1}`
	tiny  = `{"id":"tiny","name":"42","ram":512,"disk":1}`
	small = `{"id":"2","name":"m1.small","ram":2048,"disk":20}`
)

func TestFlavors(t *testing.T) {
	const all = `{"flavors":[` + nano + `,` + tiny + `,` + small + `]}`
	everything := exchange{want: "GET flavors/detail?is_public=None", answer: all}
	runWire(t, []wireCase{
		{
			name: "every filter", fn: "flavors.list",
			args: `{ min_disk = 5, min_ram = 512, is_public = false, sort_key = "name", sort_dir = "desc", marker = "1" }`,
			wire: []exchange{{want: "GET flavors/detail?is_public=false&marker=1&minDisk=5&minRam=512&sort_dir=desc&sort_key=name",
				header: "Openstack-Api-Version: compute 2.75", answer: `{"flavors":[` + small + `]}`}},
			want: `[` + canonical(small) + `]`,
		},
		{
			name: "pages", fn: "flavors.each", args: `{ limit = 1, all = true }`,
			wire: []exchange{
				{want: "GET flavors/detail?is_public=None&limit=1", answer: `{"flavors":[{"id":"1"}],"flavors_links":[{"rel":"next","href":"$URL/v2.1/flavors/detail?limit=1&marker=1&is_public=None"}]}`},
				{want: "GET flavors/detail?is_public=None&limit=1&marker=1", answer: `{"flavors":[{"id":"2"}]}`},
			},
			want: `[{"id":"1"}] [{"id":"2"}]`,
		},
		{name: "by name", fn: "flavors.get", args: `"m1.nano"`, wire: []exchange{everything}, want: canonical(nano)},
		{name: "an ID comes before a name", fn: "flavors.get", args: `"42"`, wire: []exchange{everything}, want: canonical(nano)},
		{name: "an object", fn: "flavors.get", args: `{ id = "42" }`, wire: []exchange{{want: "GET flavors/42", answer: `{"flavor":` + nano + `}`}}, want: canonical(nano)},
		{name: "none", fn: "flavors.find", args: `"huge"`, wire: []exchange{everything}, want: `nil`},
		{
			name: "nearest name", fn: "flavors.get", args: `"m1.nao"`,
			wire: []exchange{everything, {want: "GET flavors?is_public=None", answer: all}},
			fail: &failure{"not_found", "flavors.get", `"m1.nao"`, `did you mean "m1.nano"?`},
		},
		{
			name: "every option", fn: "flavors.create",
			args: `{ name = "f", ram = 256, vcpus = 2, disk = 0, id = "f1", swap = 64, ephemeral = 1, rxtx_factor = 2, is_public = false,
				description = "d", extra_specs = { ["hw:cpu_policy"] = "shared" } }`,
			wire: []exchange{
				{want: "POST flavors", body: `{"flavor":{"name":"f","ram":256,"vcpus":2,"disk":0,"id":"f1","swap":64,"OS-FLV-EXT-DATA:ephemeral":1,
					"rxtx_factor":2,"os-flavor-access:is_public":false,"description":"d"}}`, answer: `{"flavor":{"id":"f1","name":"f"}}`},
				{want: "POST flavors/f1/os-extra_specs", body: `{"extra_specs":{"hw:cpu_policy":"shared"}}`, answer: `{"extra_specs":{"hw:cpu_policy":"shared"}}`},
			},
			want: `{"extra_specs":{"hw:cpu_policy":"shared"},"id":"f1","name":"f"}`,
		},
		{
			name: "half done", fn: "flavors.create", args: `{ name = "f", ram = 256, vcpus = 2, disk = 1, extra_specs = { x = "y" } }`,
			wire: []exchange{
				{want: "POST flavors", body: `{"flavor":{"name":"f","ram":256,"vcpus":2,"disk":1}}`, answer: `{"flavor":{"id":"f1","name":"f"}}`},
				{want: "POST flavors/f1/os-extra_specs", body: `{"extra_specs":{"x":"y"}}`, status: 400, answer: `{"badRequest":{"code":400,"message":"no"}}`},
			},
			fail: &failure{"bad_request", "flavors.create", "no", `flavors.delete("f1")`},
		},
		{
			name: "description", fn: "flavors.update", args: `{ id = "f1" }, { description = false }`,
			wire: []exchange{{want: "PUT flavors/f1", body: `{"flavor":{"description":null}}`, answer: `{"flavor":{"id":"f1"}}`}},
			want: `{"id":"f1"}`,
		},
		{
			name: "by name", fn: "flavors.delete", args: `"m1.small"`,
			wire: []exchange{{want: "GET flavors?is_public=None", answer: all}, {want: "DELETE flavors/2", status: 202}},
			want: `true`,
		},
		{
			name: "specs", fn: "flavors.extra_specs", args: `{ id = "f1" }`,
			wire: []exchange{{want: "GET flavors/f1/os-extra_specs", answer: `{"extra_specs":{"a":"b"}}`}}, want: `{"a":"b"}`,
		},
		{
			name: "set", fn: "flavors.set_extra_specs", args: `{ id = "f1" }, { a = "b" }`,
			wire: []exchange{{want: "POST flavors/f1/os-extra_specs", body: `{"extra_specs":{"a":"b"}}`, answer: `{"extra_specs":{"a":"b"}}`}}, want: `{"a":"b"}`,
		},
		{
			name: "take away", fn: "flavors.remove_extra_spec", args: `{ id = "f1" }, "hw:a b"`,
			wire: []exchange{{want: "DELETE flavors/f1/os-extra_specs/hw:a%20b"}}, want: ``,
		},
		{
			name: "who", fn: "flavors.access", args: `{ id = "f1" }`,
			wire: []exchange{{want: "GET flavors/f1/os-flavor-access", answer: `{"flavor_access":[{"flavor_id":"f1","tenant_id":"p1"}]}`}}, want: `["p1"]`,
		},
		{
			name: "one more", fn: "flavors.add_access", args: `{ id = "f1" }, { id = "p1" }`,
			wire: []exchange{{want: "POST flavors/f1/action", body: `{"addTenantAccess":{"tenant":"p1"}}`, answer: `{"flavor_access":[{"tenant_id":"p1"}]}`}}, want: `["p1"]`,
		},
		{
			name: "one less", fn: "flavors.remove_access", args: `{ id = "f1" }, { id = "p1" }`,
			wire: []exchange{{want: "POST flavors/f1/action", body: `{"removeTenantAccess":{"tenant":"p1"}}`, answer: `{"flavor_access":[]}`}}, want: `[]`,
		},
	})
}

// TestOldCompute: a service of older microversions says so once; after that it is asked for its own newest.
func TestOldCompute(t *testing.T) {
	tooNew := `{"computeFault":{"code":406,"message":"Version 2.75 is not supported by the API. Minimum is 2.1 and maximum is 2.1."}}`
	f := on(t,
		exchange{want: "GET flavors/1", header: "Openstack-Api-Version: compute 2.75", status: 406, answer: tooNew},
		exchange{want: "GET flavors/1", header: "Openstack-Api-Version: compute 2.1", answer: `{"flavor":{"id":"1"}}`},
		exchange{want: "GET flavors/2", header: "Openstack-Api-Version: compute 2.1", answer: `{"flavor":{"id":"2"}}`},
		exchange{want: "GET os-keypairs", header: "Openstack-Api-Version: compute 2.1", answer: `{"keypairs":[]}`},
	)
	for _, id := range []string{"1", "2"} {
		if got, err := f.call("flavors.get", `{ id = "`+id+`" }`); err != nil || got != `{"id":"`+id+`"}` {
			t.Errorf("got %s, %v", got, err)
		}
	}
	if _, err := f.call("keypairs.list", ``); err != nil {
		t.Error(err)
	}
}
