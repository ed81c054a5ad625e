package schema

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	lua "github.com/yuin/gopher-lua"
)

type makeRouter struct {
	Name     string         `lua:"name,required" json:"name" doc:"Name of the router."`
	External Ref            `lua:"external_network" ref:"network" alias:"gateway" doc:"Network to use as the gateway: object, ID or name."`
	HA       Opt[bool]      `lua:"ha,nullable" json:"ha" doc:"Highly available." default:"the cloud's"`
	Routes   []route        `lua:"routes,nullable2" doc:"Extra routes."`
	Mode     Opt[string]    `lua:"mode" enum:"legacy|dvr" doc:"How it is placed."`
	Binding  map[string]any `lua:"binding:profile" doc:"Binding."`
	Named    map[string]nic `lua:"named" doc:"NICs by name."`
}

type route struct {
	Destination string      `lua:"destination,required" json:"destination" doc:"CIDR."`
	NextHop     Opt[string] `lua:"nexthop,nullable" json:"nexthop" doc:"Address."`
}

const labSource = `#!/usr/bin/env oslua
--- Labs: exercises on a cloud. Each can be undone.
---
---   * one thing
---   * another
local M = {}

---@class lab.Step
---@field id string                            the step's name
---@field title string|table<string,string>    what is done: {en = ..., ko = ...}
---@field check fun(s: table): any, (string|table)?   see above
---@field undo? fun(s: table)

--- Not for others.
---@param asked? string
local function language(asked) return asked end

--- Runs a lab, step by step.
---
--- Steps that hold are left alone.
---@param this lab.Step[]
---@param options? {lang?: string, step: boolean} how to run
---@return table state, integer changed what was found, and how much changed
---@raises check_failed
---@openstack openstack lab run
---@example
--- local lab = require "lab"
--- lab.run({}, { lang = "en" })
function M.run(this, options)
  ---- no comment of ours
  return language(this), options
end

--- Says whether all is done.
M.check = function(this, ...) return this, ... end

function M._hidden() end

return M
`

// library is what the generators are tried on.
func library(t *testing.T) []Module {
	t.Helper()
	type get struct {
		Router Ref `lua:"router,arg,required" ref:"router" doc:"Router: object, ID or name."`
	}
	type wait struct {
		Router  Ref         `lua:"router,arg,required" ref:"router" doc:"Router: object, ID or name."`
		Status  Opt[string] `lua:"status,arg" doc:"Status to wait for." default:"ACTIVE"`
		Timeout Duration    `lua:"timeout" doc:"How long to wait: seconds or \"5m\"." default:"5m"`
	}
	object := func(context.Context, get) (Object, error) { return Object{}, nil }
	routers := Module{
		Name: "routers", Kind: "router",
		Doc:    "Routers join networks. A router has interfaces on subnets and, as a gateway, a port on an external network, through which floating IPs work.",
		Fields: []Field{{"id", "string", "Its ID."}, {"name", "string", "Its name."}, {"router:external", "boolean", ""}},
		Funcs: []Func{
			Fn("create", "Create a router.\n\nIt has no interface yet.", func(context.Context, makeRouter) (Object, error) { return Object{}, nil },
				Raises("quota", "conflict"), REST("POST /v2.0/routers", "GET /v2.0/networks?name="), CLI("openstack router create NAME"),
				Example("local routers = require \"routers\"\nlocal r = routers.create { name = \"r1\" }")),
			Fn("get", "The router of an ID or name. Raises not_found when there is none.", object, Raises("not_found"), CLI("openstack router show ROUTER")),
			Fn("wait", "Wait until a router is usable.", func(context.Context, wait) (Object, error) { return Object{}, nil }, Method()),
			Fn("list", "List routers.", func(context.Context, None) (List, error) { return List{}, nil }),
			Fn("each", "Go through routers, page by page.", func(context.Context, None) (Iter, error) { return Iter{}, nil }),
			Fn("delete", "Delete a router.", func(context.Context, get) (None, error) { return None{}, nil }, Method(), CLI("openstack router delete ROUTER")),
			Fn("ensure", "Create a router where none has the name.", func(context.Context, makeRouter) (Values, error) { return nil, nil },
				Returns("router", "router", "As it is now."), Returns("changed", "boolean", "Whether anything was done.")),
		},
	}
	floating := Module{Name: "floating_ips", Kind: "floating_ip", Doc: "Addresses of an external network that lead to servers.", Funcs: []Func{
		Fn("create", "Create a floating IP.", func(context.Context, None) (Object, error) { return Object{}, nil }),
	}}
	globals := Module{Name: Globals, Doc: "Functions that are always there.", Funcs: []Func{
		Describe("try", "Calls a function and catches what it raises.", []Param{
			{Name: "fn", Type: "function", Doc: "What to call.", Required: true, Positional: true},
			{Name: "...", Type: "any", Doc: "Its arguments.", Positional: true},
		}, Returns("value", "any", ""), Returns("err", "table?", "")),
	}}
	lab, err := ParseLua("lab", labSource)
	if err != nil {
		t.Fatal(err)
	}
	json, err := ParseLua("json", rawjson.Doc)
	if err != nil {
		t.Fatal(err)
	}
	return []Module{routers, floating, lab, json, globals}
}

func TestLibraryIsValid(t *testing.T) {
	for _, m := range library(t) {
		err := Validate(m)
		if m.Name == "routers" {
			if err == nil || !strings.Contains(err.Error(), "nullable2") {
				t.Errorf("a misspelt tag is taken: %v", err)
			}
			continue
		}
		if m.Name == "lab" {
			continue
		}
		if err != nil {
			t.Error(err)
		}
	}
}

func TestHelp(t *testing.T) {
	mods := library(t)
	for _, c := range []struct {
		topic string
		want  []string
	}{
		{"", []string{"Modules\n  routers       Routers join networks.\n", "Global functions\n  try  Calls a function", `help "routers"`}},
		{"routers", []string{"routers\n\n  Routers join networks. A router has", "Functions\n  routers.create  Create a router.\n", "Methods of a router\n  router:wait    Wait", "Fields of a router\n", "id               string: Its ID."}},
		{"router", []string{"routers\n\n"}},
		{"routers.create", []string{
			"routers.create{ name = ..., ... } -> router\n",
			"  Create a router.\n\n  It has no interface yet.\n",
			"Options\n  name  string, required\n      Name of the router.\n",
			"  external_network  network|string, also gateway\n",
			"  ha  boolean, default the cloud's, json.null for none\n",
			"      destination  string, required\n          CIDR.\n",
			"      nexthop  string, false for none\n",
			"  mode  \"legacy\"|\"dvr\"\n",
			"Returns\n  router\n", "Raises\n  quota, conflict\n",
			"Example\n  local routers = require \"routers\"\n  local r =",
			"The same with the openstack command\n  openstack router create NAME\n", "REST\n  POST /v2.0/routers\n  GET /v2.0/networks?name=\n",
		}},
		{"routers.wait", []string{"routers.wait(router, [status], { [options] }) -> router\nrouter:wait([status], { [options] }) -> router\n", "Arguments\n  router  router|string, required\n"}},
		{"router:wait", []string{"routers.wait("}},
		{"routers.list()", []string{"routers.list() -> router[]\n"}},
		{"routers.each", []string{"routers.each() -> fun(): router?\n"}},
		{"routers.delete", []string{"routers.delete(router)\nrouter:delete()\n"}},
		{"routers.ensure", []string{"-> router, boolean\n", "Returns\n  router  router: As it is now.\n  changed  boolean: Whether anything was done.\n"}},
		{"try", []string{"try(fn, ...) -> any, table?\n"}},
		{"lab", []string{"lab\n\n  Labs: exercises on a cloud. Each can be undone.\n\n  * one thing\n  * another\n", "  lab.run    Runs a lab, step by step.\n"}},
		{"lab.run", []string{"lab.run(this, [options]) -> table, integer\n", "options  {lang?: string, step: boolean}", "lang  string\n", "Raises\n  check_failed\n", "  lab.run({}, { lang = \"en\" })\n", "openstack lab run"}},
		{"json.encode", []string{"json.encode(value, [options]) -> string\n", "indent  integer\n          Spaces for each level"}},
		{"json", []string{"json\n\n  JSON to Lua values and back.\n", "Values\n  null  any: Null: give"}},
		{"floating ip", []string{"Found for \"floating ip\"\n  floating_ips", "floating_ips.create  Create a floating IP.\n", "routers"}},
		{"extra routes", []string{"routers.create", "routers.ensure"}},
		{"openstack router show", []string{"routers.get(router) -> router"}},
		{"router", []string{"routers\n"}},
		{"routrs", []string{`Nothing is known about "routrs". Did you mean "routers"?`}},
		{"router.craete", []string{`Did you mean "routers.create"?`}},
		{"qqqqq", []string{"Nothing is known", "help() lists"}},
		{"...", []string{"Nothing is known"}},
	} {
		got := Help(mods, c.topic)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("help %q has no %q:\n%s", c.topic, want, got)
			}
		}
		for line := range strings.Lines(got) {
			if len([]rune(strings.TrimRight(line, "\n"))) > 80 || strings.HasSuffix(line, " \n") {
				t.Errorf("help %q: line too long or with spaces at its end: %q", c.topic, line)
			}
		}
	}
	if got := Help(nil, ""); !strings.Contains(got, "Modules") {
		t.Errorf("without modules: %q", got)
	}
}

func TestParseLua(t *testing.T) {
	m, err := ParseLua("lab", labSource)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range m.Funcs {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"run", "check"}) {
		t.Errorf("functions: %v", names)
	}
	if len(m.Classes) != 1 || m.Classes[0].Name != "lab.Step" || len(m.Classes[0].Fields) != 4 {
		t.Fatalf("classes: %+v", m.Classes)
	}
	for i, want := range []Param{
		{Name: "id", Type: "string", Doc: "the step's name", Required: true},
		{Name: "title", Type: "string|table<string,string>", Doc: "what is done: {en = ..., ko = ...}", Required: true},
		{Name: "check", Type: "fun(s: table): any, (string|table)", Doc: "see above"},
		{Name: "undo", Type: "fun(s: table)"},
	} {
		got := m.Classes[0].Fields[i]
		if got.Name != want.Name || got.Type != want.Type || got.Doc != want.Doc {
			t.Errorf("field %d: %+v, want %+v", i, got, want)
		}
	}
	run := m.Funcs[0]
	if run.Doc != "Runs a lab, step by step.\n\nSteps that hold are left alone." || run.CLI != "openstack lab run" || !slices.Equal(run.Raises, []string{"check_failed"}) {
		t.Errorf("run: %+v", run)
	}
	if want := []Field{{"state", "table", ""}, {"changed", "integer", "what was found, and how much changed"}}; !slices.Equal(run.Returns, want) {
		t.Errorf("returns: %+v", run.Returns)
	}
	if p := run.Params(); len(p) != 2 || !p[0].Required || p[1].Required || len(p[0].Fields) != 4 || len(p[1].Fields) != 2 || p[1].Doc != "how to run" {
		t.Errorf("params: %+v", p)
	}
	if p := m.Funcs[1].Params(); len(p) != 2 || p[0].Type != "any" || p[1].Name != "..." || p[1].Required {
		t.Errorf("params without tags: %+v", p)
	}
	if _, err := ParseLua("broken", "function"); errs.CodeOf(err) != errs.Syntax {
		t.Errorf("no Lua: %v", err)
	}
	if m, err := ParseLua("empty", ""); err != nil || len(m.Funcs) != 0 {
		t.Errorf("empty: %v %v", m, err)
	}
}

func FuzzParseLua(f *testing.F) {
	f.Add(labSource, "run")
	f.Add(rawjson.Doc, "json.encode")
	f.Add("---@param\n---@return\n---@field\n---@class\n---@param a? {x: {y: \"}\", },}|nil d\nfunction M.a(a, ...) end return M", "a")
	f.Fuzz(func(t *testing.T, src, topic string) {
		m, err := ParseLua("m", src)
		if err != nil {
			return
		}
		mods := []Module{m}
		_ = Validate(m)
		_, _, _ = Help(mods, topic), Stubs(mods), Complete(mods)
		if err := WriteReference(io.Discard, mods); err != nil {
			t.Error(err)
		}
	})
}

func TestStubs(t *testing.T) {
	mods := library(t)
	stubs := Stubs(mods)
	for name, text := range stubs {
		L := lua.NewState()
		if _, err := L.LoadString(text); err != nil {
			t.Errorf("%s is no Lua: %v\n%s", name, err, text)
		}
		L.Close()
	}
	for name, want := range map[string][]string{
		"routers.lua": {
			"---@meta routers\n", "---@class router\n---@field id string Its ID.\n", "---@field [\"router:external\"] boolean\n",
			"---@class (exact) routers.create.routes\n---@field destination string CIDR.\n---@field nexthop? string|false Address.\n",
			"---@class (exact) routers.create.options\n---@field name string Name of the router.\n---@field external_network? network|string ",
			"---@field gateway? network|string The same as external_network.\n", "---@field ha? boolean Highly available. Default: the cloud's.\n",
			"---@field routes? routers.create.routes[] Extra routes.\n", "---@field [\"binding:profile\"]? table<string, any> Binding.\n",
			"---@field named? table<string, routers.create.named> NICs by name.\n",
			"--- Create a router.\n---\n--- It has no interface yet.\n---@param options routers.create.options\n---@return router\nfunction routers.create(options) end\n",
			"---@param router router|string Router: object, ID or name.\n---@param status? string Status to wait for.\n---@param options? routers.wait.options\n---@return router\nfunction routers.wait(router, status, options) end\n",
			"function router:wait(status, options) end\n", "function router:delete() end\n", "\nreturn routers\n",
		},
		"lab.lua":     {"---@class lab.Step\n", "---@param options? {lang?: string, step: boolean} how to run\n", "function lab.run(this, options) end"},
		"globals.lua": {"---@meta\n", "---@param ... any Its arguments.\n", "function try(fn, ...) end"},
		"kinds.lua":   {"---@class network\n"},
		"json.lua":    {"---@class json.module\n---@field null any Null: give", "---@param options? json.encode.options how to write it\n"},
	} {
		for _, w := range want {
			if !strings.Contains(stubs[name], w) {
				t.Errorf("%s has no %q:\n%s", name, w, stubs[name])
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "types")
	if err := WriteStubs(dir, mods); err != nil {
		t.Fatal(err)
	}
	for name, text := range stubs {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != text {
			t.Errorf("%s: not as Stubs has it: %v", name, err)
		}
	}
}

func TestReference(t *testing.T) {
	mods := library(t)
	var a, b strings.Builder
	if err := WriteReference(&a, mods); err != nil {
		t.Fatal(err)
	}
	Stubs(mods)
	if err := WriteReference(&b, mods); err != nil || a.String() != b.String() {
		t.Error("the second time differs from the first")
	}
	for _, want := range []string{
		"- [routers](#routers) Routers join networks.\n", "\n## routers\n", "| `id` | `string` | Its ID. |\n",
		"\n### routers.create\n\n```\nrouters.create{ name = ..., ... } -> router\n```\n",
		"| `name` | `string` |  | Required. Name of the router. |\n", "| `external_network` | `network\\|string` |  | Network to use as the gateway: object, ID or name. Also `gateway`. |\n",
		"| `routes[].nexthop` | `string` |  | Address. `false` for none. |\n", "Returns router `router`: As it is now; changed `boolean`: Whether anything was done.\n",
		"Raises `quota`, `conflict`.\n", "The same with the openstack command: `openstack router create NAME`\n", "REST: `POST /v2.0/routers`, `GET", "```lua\nlocal routers = require",
		"## Global functions\n", "### try\n", "### lab.Step\n",
	} {
		if !strings.Contains(a.String(), want) {
			t.Errorf("no %q in:\n%s", want, a.String())
		}
	}
}

func TestComplete(t *testing.T) {
	c := Complete(library(t))
	names := func(cs []Candidate) string {
		var out []string
		for _, c := range cs {
			out = append(out, c.Name)
		}
		return strings.Join(out, " ")
	}
	for _, x := range []struct{ got, want string }{
		{names(c.Modules), "routers floating_ips lab json"},
		{names(c.Globals), "try"},
		{names(c.Funcs["routers"]), "create get wait list each delete ensure"},
		{names(c.Options["routers.create"]), "name external_network ha routes mode binding:profile named"},
		{names(c.Options["routers.create.routes"]), "destination nexthop"},
		{names(c.Options["routers.wait"]), "timeout"},
		{names(c.Options["router:wait"]), "timeout"},
		{names(c.Funcs["json"]), "null decode encode array object"},
		{names(c.Options["json.encode"]), "indent empty_array"},
		{names(c.Members["router"]), "id name router:external wait delete"},
		{c.Funcs["routers"][2].Detail, "routers.wait(router, [status], { [options] }) -> router"},
	} {
		if x.got != x.want {
			t.Errorf("got %q, want %q", x.got, x.want)
		}
	}
}
