package schema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	lua "github.com/yuin/gopher-lua"
)

// pool can be given as text.
type pool struct {
	Start string `lua:"start,required" json:"start" doc:"First address."`
	End   string `lua:"end" json:"end" doc:"Last address."`
}

func (p *pool) UnmarshalText(text []byte) error {
	var ok bool
	if p.Start, p.End, ok = strings.Cut(string(text), "-"); !ok {
		return fmt.Errorf("want FIRST-LAST, got %q", text)
	}
	return nil
}

// nets is a list that can be given as text, of members that can be given as text or as objects.
type nets []net

type net struct {
	Network Ref `lua:"network" json:"uuid" ref:"network" doc:"Network."`
	Port    Ref `lua:"port" json:"port" ref:"port" doc:"Port."`
}

func (n *nets) UnmarshalText(text []byte) error {
	*n = nets{{Network: Ref{Text: string(text)}}}
	return nil
}

func (n *net) UnmarshalText(text []byte) error { n.Network.Text = string(text); return nil }

func (n *net) UnmarshalObject(kind, id string) error {
	switch kind {
	case "network":
		n.Network.ID = id
	case "port":
		n.Port.ID = id
	default:
		return fmt.Errorf("want a network or a port, got a %s", kind)
	}
	return nil
}

// TestObjectsInPlaceOfStructs: an element that stands for several kinds is given as any of them, or as text.
func TestObjectsInPlaceOfStructs(t *testing.T) {
	type in struct {
		Networks nets `lua:"networks" json:"networks" doc:"Networks."`
	}
	f := Fn("create", "Create.", func(context.Context, in) (None, error) { return None{}, nil })
	l := lua.NewState()
	defer l.Close()
	object := func(kind string) *lua.LTable {
		mt, o := l.NewTable(), l.NewTable()
		mt.RawSetString("__name", lua.LString(kind))
		o.RawSetString("id", lua.LString(kind+"-id"))
		o.RawSetString("status", lua.LString("ACTIVE"))
		o.Metatable = mt
		return o
	}
	list := l.NewTable()
	list.Append(object("port"))
	list.Append(lua.LString("private"))
	list.Append(object("network"))
	bad := l.NewTable()
	bad.Append(object("router"))
	for _, c := range []struct {
		given lua.LValue
		want  nets
		fail  string
	}{
		{given: lua.LString("auto"), want: nets{{Network: Ref{Text: "auto"}}}},
		{given: list, want: nets{{Port: Ref{ID: "port-id"}}, {Network: Ref{Text: "private"}}, {Network: Ref{ID: "network-id"}}}},
		{given: bad, fail: "want a network or a port, got a router"},
	} {
		options := l.NewTable()
		options.RawSetString("networks", c.given)
		got, err := f.Decode("servers.create", []lua.LValue{options})
		if c.fail != "" {
			if err == nil || !strings.Contains(err.Error(), c.fail) {
				t.Errorf("got %v, want %q", err, c.fail)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if in := got.(*in); !reflect.DeepEqual(in.Networks, c.want) {
			t.Errorf("got %+v, want %+v", in.Networks, c.want)
		}
	}
}

type common struct {
	Description Opt[string] `lua:"description" json:"description" doc:"Description."`
	Tags        []string    `lua:"tags" json:"tags" doc:"Tags."`
}

type nic struct {
	Network Ref    `lua:"network" json:"uuid" ref:"network" doc:"Network."`
	FixedIP string `lua:"fixed_ip" json:"fixed_ip" doc:"Address."`
}

type everything struct {
	common
	Name     string            `lua:"name,required" json:"name" doc:"Name."`
	CIDR     string            `lua:"cidr" json:"cidr" doc:"CIDR."`
	Network  Ref               `lua:"network" json:"network_id" ref:"network" alias:"network_id" doc:"Network."`
	Gateway  Opt[string]       `lua:"gateway_ip,nullable" json:"gateway_ip" doc:"Gateway."`
	External Ref               `lua:"external,nullable" json:"external_id" ref:"network" doc:"External network."`
	DHCP     Opt[bool]         `lua:"enable_dhcp,nullable" json:"enable_dhcp" doc:"DHCP."`
	Version  Opt[int]          `lua:"ip_version" json:"ip_version" enum:"4|6" doc:"IP version."`
	Count    int               `lua:"count" json:"count" doc:"Count."`
	Small    uint8             `lua:"small" json:"small" doc:"Small."`
	Ratio    float64           `lua:"ratio" json:"ratio" doc:"Ratio."`
	Shared   bool              `lua:"shared" json:"shared" doc:"Shared."`
	Mode     string            `lua:"mode" json:"mode" enum:"slaac|dhcpv6-stateful" doc:"Mode."`
	Timeout  Duration          `lua:"timeout" json:"timeout" doc:"Timeout."`
	Pause    time.Duration     `lua:"pause" json:"pause" doc:"Pause."`
	Size     Size              `lua:"size" json:"size" doc:"Size."`
	Groups   []Ref             `lua:"groups" json:"groups" ref:"security_group" doc:"Groups."`
	Pools    []pool            `lua:"pools" json:"pools" doc:"Pools."`
	NICs     []nic             `lua:"networks" json:"networks" doc:"NICs."`
	Gate     *nic              `lua:"gate" json:"gate" doc:"One NIC."`
	Meta     map[string]string `lua:"metadata" json:"metadata" doc:"Metadata."`
	Refs     map[string]Ref    `lua:"refs" json:"refs" ref:"network" doc:"Networks by name."`
	Any      any               `lua:"any" json:"any" doc:"Anything."`
	OptAny   Opt[any]          `lua:"opt_any" json:"opt_any" doc:"Anything, null too."`
	Raw      json.RawMessage   `lua:"raw" json:"raw" doc:"Anything, encoded."`
	Data     []byte            `lua:"data" json:"data" doc:"Bytes."`
	OptList  Opt[[]string]     `lua:"opt_list,nullable" json:"opt_list" doc:"A list, empty too."`
	RExt     Opt[bool]         `lua:"router:external" json:"router:external" alias:"is_external" doc:"External."`
	Computed string            `json:"computed"`
	Hidden   string            `lua:"hidden" json:"-" doc:"Not sent."`
}

type twoArgs struct {
	Router Ref `lua:"router,arg,required" ref:"router" doc:"Router."`
	Subnet Ref `lua:"subnet,arg,required" ref:"subnet" doc:"Subnet."`
}

type waitArgs struct {
	Server  Ref         `lua:"server,arg,required" ref:"server" doc:"Server."`
	Status  Opt[string] `lua:"status,arg" doc:"Status."`
	Timeout Duration    `lua:"timeout" doc:"Timeout."`
}

func fn[In any](name string, opts ...Option) Func {
	return Fn(name, "Does it.", func(context.Context, In) (None, error) { return None{}, nil }, opts...)
}

const uuid = "0a1b2c3d-0000-4000-8000-0123456789ab"

// eval runs Lua that returns arguments. net, router and null are there, and a module m with the function list.
func eval(t *testing.T, code string) []lua.LValue {
	t.Helper()
	L := lua.NewState()
	t.Cleanup(L.Close)
	kind := func(name, id string) {
		meta := L.NewTable()
		meta.RawSetString("__name", lua.LString(name))
		obj := L.NewTable()
		obj.Metatable = meta
		obj.RawSetString("id", lua.LString(id))
		obj.RawSetString("name", lua.LString("some "+name))
		L.SetGlobal(name, obj)
	}
	kind("network", uuid)
	kind("router", "r-1")
	kind("server", "s-1")
	kind("address", "a-1")
	kind("subnet", "sub-1")
	L.SetGlobal("null", rawjson.Null)
	L.PreloadModule("json", rawjson.Loader)
	if err := L.DoString(`m = { list = function() end, make = function() end }  json = require "json"`); err != nil {
		t.Fatal(err)
	}
	if err := L.DoString("return " + code); err != nil {
		t.Fatal(err)
	}
	var args []lua.LValue
	for i := range L.GetTop() {
		args = append(args, L.Get(i+1))
	}
	return args
}

// which and about show options of a generic struct, which cannot embed its parameter.
type which struct {
	Network Ref `lua:"network,arg,required" ref:"network" doc:"Network."`
}

type about[T any] struct {
	One T      `lua:",inline"`
	Tag string `lua:"tag,arg" json:"tag" doc:"Tag."`
}

// TestInline: the fields of an inline struct stand beside the others, for decoding, references and help alike.
func TestInline(t *testing.T) {
	f := Fn("tag", "Tag.", func(context.Context, about[which]) (None, error) { return None{}, nil }, Method())
	l := lua.NewState()
	defer l.Close()
	got, err := f.Decode("networks.tag", []lua.LValue{lua.LString("blue"), lua.LString("lab")})
	if err != nil {
		t.Fatal(err)
	}
	in := got.(*about[which])
	if in.One.Network.Text != "blue" || in.Tag != "lab" {
		t.Errorf("got %+v", in)
	}
	var refs []string
	if err := EachRef(in, func(path, kind string, ref *Ref) error { refs = append(refs, path+" "+kind+" "+ref.Text); return nil }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(refs) != "[network network blue]" {
		t.Errorf("references: %v", refs)
	}
	if params := f.Params(); len(params) != 2 || params[0].Name != "network" || params[1].Name != "tag" {
		t.Errorf("parameters: %+v", params)
	}
}

func TestDecodeValues(t *testing.T) {
	f := fn[everything]("make")
	for _, c := range []struct {
		code string
		want func(*everything)
	}{
		{`{name = "a"}`, func(e *everything) {}},
		{`{name = "a"}, nil, nil`, func(e *everything) {}},
		{`{name = "a", description = "", tags = {"x", "y"}}`, func(e *everything) { e.Description = Some(""); e.Tags = []string{"x", "y"} }},
		{`{name = "a", tags = {}}`, func(e *everything) { e.Tags = []string{} }},
		{`{name = "a", network = network}`, func(e *everything) { e.Network = Ref{ID: uuid} }},
		{`{name = "a", network_id = network}`, func(e *everything) { e.Network = Ref{ID: uuid} }},
		{`{name = "a", network_id = "x", network = "x"}`, func(e *everything) { e.Network = Ref{Text: "x"} }},
		{`{name = "a", network = {id = "x"}}`, func(e *everything) { e.Network = Ref{ID: "x"} }},
		{`{name = "a", network = {id = 42}}`, func(e *everything) { e.Network = Ref{ID: "42"} }},
		{`{name = "a", network = "private"}`, func(e *everything) { e.Network = Ref{Text: "private"} }},
		{`{name = "a", network = 42}`, func(e *everything) { e.Network = Ref{Text: "42"} }},
		{`{name = "a", network = "` + uuid + `"}`, func(e *everything) { e.Network = Ref{ID: uuid, Text: uuid} }},
		{`{name = "a", network = "0A1b2c3d00004000800000123456789a"}`, func(e *everything) {
			e.Network = Ref{ID: "0A1b2c3d00004000800000123456789a", Text: "0A1b2c3d00004000800000123456789a"}
		}},
		{`{name = "a", network = "0A1b2c3d00004000800000123456789g"}`, func(e *everything) { e.Network = Ref{Text: "0A1b2c3d00004000800000123456789g"} }},
		{`{name = "a", gateway_ip = false}`, func(e *everything) { e.Gateway = Opt[string]{Set: true, Null: true} }},
		{`{name = "a", gateway_ip = null, external = null}`, func(e *everything) {
			e.Gateway = Opt[string]{Set: true, Null: true}
			e.External = Ref{Null: true}
		}},
		{`{name = "a", external = false, enable_dhcp = false}`, func(e *everything) { e.External = Ref{Null: true}; e.DHCP = Some(false) }},
		{`{name = "a", enable_dhcp = null}`, func(e *everything) { e.DHCP = Opt[bool]{Set: true, Null: true} }},
		{`{name = "a", opt_list = {}}`, func(e *everything) { e.OptList = Some([]string{}) }},
		{`{name = "a", opt_list = false}`, func(e *everything) { e.OptList = Opt[[]string]{Set: true, Null: true} }},
		{`{name = "a", ip_version = 6, count = -3, small = 255, ratio = 1.5, shared = true}`, func(e *everything) {
			e.Version, e.Count, e.Small, e.Ratio, e.Shared = Some(6), -3, 255, 1.5, true
		}},
		{`{name = "a", mode = "slaac"}`, func(e *everything) { e.Mode = "slaac" }},
		{`{name = "a", timeout = 90}`, func(e *everything) { e.Timeout = Some(90 * time.Second) }},
		{`{name = "a", timeout = 0}`, func(e *everything) { e.Timeout = Some(time.Duration(0)) }},
		{`{name = "a", timeout = "1h30m", pause = 0.25}`, func(e *everything) { e.Timeout = Some(90 * time.Minute); e.Pause = 250 * time.Millisecond }},
		{`{name = "a", size = "2GB"}`, func(e *everything) { e.Size = 2e9 }},
		{`{name = "a", size = "1.5 GiB"}`, func(e *everything) { e.Size = 3 << 29 }},
		{`{name = "a", size = "512mb"}`, func(e *everything) { e.Size = 512e6 }},
		{`{name = "a", size = 1024}`, func(e *everything) { e.Size = 1024 }},
		{`{name = "a", size = "7B"}`, func(e *everything) { e.Size = 7 }},
		{`{name = "a", groups = {"default", {id = "g"}}}`, func(e *everything) { e.Groups = []Ref{{Text: "default"}, {ID: "g"}} }},
		{`{name = "a", pools = {{start = "1", ["end"] = "2"}, "3-4"}}`, func(e *everything) { e.Pools = []pool{{"1", "2"}, {"3", "4"}} }},
		{`{name = "a", networks = {{network = "n", fixed_ip = "1.2.3.4"}}, gate = {fixed_ip = "x"}}`, func(e *everything) {
			e.NICs = []nic{{Ref{Text: "n"}, "1.2.3.4"}}
			e.Gate = &nic{FixedIP: "x"}
		}},
		{`{name = "a", metadata = {a = "b"}, refs = {x = network}}`, func(e *everything) {
			e.Meta = map[string]string{"a": "b"}
			e.Refs = map[string]Ref{"x": {ID: uuid}}
		}},
		{`{name = "a", any = {1, 2.5, "x", true, null, {a = {}}, json.array{}}}`, func(e *everything) {
			e.Any = []any{int64(1), 2.5, "x", true, nil, map[string]any{"a": map[string]any{}}, []any{}}
		}},
		{`{name = "a", any = null, opt_any = null}`, func(e *everything) { e.OptAny = Opt[any]{Set: true} }},
		{`{name = "a", raw = {a = {1}}, data = "\255"}`, func(e *everything) { e.Raw = json.RawMessage(`{"a":[1]}`); e.Data = []byte{255} }},
		{`{name = "a", ["router:external"] = true}`, func(e *everything) { e.RExt = Some(true) }},
		{`{name = "a", is_external = true}`, func(e *everything) { e.RExt = Some(true) }},
	} {
		want := everything{Name: "a"}
		c.want(&want)
		got, err := f.Decode("things.make", eval(t, c.code))
		if err != nil {
			t.Errorf("%s: %v", c.code, err)
			continue
		}
		if !reflect.DeepEqual(got, &want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.code, got, &want)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	made, two, wait, none := fn[everything]("make"), fn[twoArgs]("add_subnet", Method()), fn[waitArgs]("wait", Method()), fn[None]("list")
	for _, c := range []struct {
		f          Func
		code       string
		want, hint string // hint: a part of it
	}{
		{made, `{name = "a", chidr = "x"}`, `things.make: unknown option "chidr"; did you mean "cidr"?`, ""},
		{made, `{name = "a", netwrk_id = "x"}`, `things.make: unknown option "netwrk_id"; did you mean "network_id"?`, ""},
		{made, `{name = "a", zzzzzz = "x"}`, `things.make: unknown option "zzzzzz"`, "it takes description, tags, name, cidr"},
		{made, `{name = "a", tags = {"x", 2}}`, `things.make.tags[2]: want string, got number`, ""},
		{made, `{name = "a", tags = {"x", nil, "y"}}`, `things.make.tags[2]: is nil: a list has no holes`, ""},
		{made, `{name = "a", tags = {"x", k = "y"}}`, `things.make.tags: want list, got a table with the key "k"`, ""},
		{made, `{name = "a", tags = "x"}`, `things.make.tags: want list, got string`, "braces"},
		{made, `{name = "a", groups = network}`, `things.make.groups: want list, got a network`, "{ network }"},
		{made, `{name = "a", groups = {network}}`, `things.make.groups[1]: want a security_group, got a network`, ""},
		{made, `{name = 12}`, `things.make.name: want string, got number`, ""},
		{made, `{name = null}`, `things.make.name: cannot be null`, ""},
		{made, `{name = network}`, `things.make.name: want string, got a network`, ""},
		{made, `{}`, `things.make: missing option "name"`, "things.make{ name = ..., ... }"},
		{made, ``, `things.make: missing option "name"`, ""},
		{made, `"a"`, `things.make: want a table of options, got string`, "things.make{ name = ..., ... }"},
		{made, `network`, `things.make: want a table of options, got a network`, ""},
		{made, `{"a"}`, `things.make: an option needs a name, got string without one`, ""},
		{made, `{name = "a"}, 2`, `things.make: want at most 1 argument, got 2 arguments`, ""},
		{made, `{name = "a", count = 1.5}`, `things.make.count: want integer, got 1.5`, ""},
		{made, `{name = "a", count = "1"}`, `things.make.count: want integer, got string`, ""},
		{made, `{name = "a", count = 1/0}`, `things.make.count: want integer, got +Inf`, ""},
		{made, `{name = "a", count = 0/0}`, `things.make.count: want integer, got NaN`, ""},
		{made, `{name = "a", count = 2^63}`, `things.make.count: 9.2233720368548e+18 is too large`, ""},
		{made, `{name = "a", small = 256}`, `things.make.small: 256 is too large`, ""},
		{made, `{name = "a", small = -1}`, `things.make.small: must not be negative, got -1`, ""},
		{made, `{name = "a", ip_version = 5}`, `things.make.ip_version: "5" is not one of its values`, "4, 6"},
		{made, `{name = "a", mode = "slac"}`, `things.make.mode: "slac" is not one of its values; did you mean "slaac"?`, ""},
		{made, `{name = "a", shared = "true"}`, `things.make.shared: want boolean, got string`, ""},
		{made, `{name = "a", gateway_ip = true}`, `things.make.gateway_ip: want string, got boolean`, ""},
		{made, `{name = "a", network = true}`, `things.make.network: want a network, got boolean`, "an object, an ID or a name"},
		{made, `{name = "a", network = ""}`, `things.make.network: want a network, got an empty string`, ""},
		{made, `{name = "a", network = router}`, `things.make.network: want a network, got a router`, ""},
		{made, `{name = "a", network = address}`, `things.make.network: want a network, got an address`, ""},
		{made, `{name = "a", network = {}}`, `things.make.network: want a network, got a table without id`, ""},
		{made, `{name = "a", network = 1.5}`, `things.make.network: want a network, got 1.5`, ""},
		{made, `{name = "a", network = "x", network_id = "y"}`, `things.make.network: given as "network_id" too, with another value`, "one of the two"},
		{made, `{name = "a", timeout = "abc"}`, `things.make.timeout: "abc" is no duration`, "1h30m"},
		{made, `{name = "a", timeout = "90"}`, `things.make.timeout: "90" has no unit`, `"90s"`},
		{made, `{name = "a", timeout = -1}`, `things.make.timeout: must not be negative`, ""},
		{made, `{name = "a", timeout = 1e300}`, `things.make.timeout: want duration, got 1e+300`, ""},
		{made, `{name = "a", timeout = {}}`, `things.make.timeout: want duration, got table`, ""},
		{made, `{name = "a", size = "2 apples"}`, `things.make.size: "2 apples" is no size`, "2GiB"},
		{made, `{name = "a", size = "2G"}`, `things.make.size: "2G" is no size`, "2GB"},
		{made, `{name = "a", size = ""}`, `things.make.size: "" is no size`, ""},
		{made, `{name = "a", size = -5}`, `things.make.size: must not be negative`, ""},
		{made, `{name = "a", size = 1.5}`, `things.make.size: want whole bytes, got 1.5`, ""},
		{made, `{name = "a", size = "9999999999TB"}`, `things.make.size: 9.999999999e+21 is too large`, ""},
		{made, `{name = "a", pools = {{["end"] = "2"}}}`, `things.make.pools[1]: missing option "start"`, ""},
		{made, `{name = "a", pools = {"3"}}`, `things.make.pools[1]: want FIRST-LAST, got "3"`, ""},
		{made, `{name = "a", networks = {{}, {netwrk = "n"}}}`, `things.make.networks[2]: unknown option "netwrk"; did you mean "network"?`, ""},
		{made, `{name = "a", networks = {{network = router}}}`, `things.make.networks[1].network: want a network, got a router`, ""},
		{made, `{name = "a", metadata = {a = "x", b = 1}}`, `things.make.metadata.b: want string, got number`, ""},
		{made, `{name = "a", metadata = {["a b"] = 1}}`, `things.make.metadata["a b"]: want string, got number`, ""},
		{made, `{name = "a", metadata = {"x"}}`, `things.make.metadata: want names as keys, got the number 1`, ""},
		{made, `{name = "a", any = {f = print}}`, `things.make.any.f: want a plain value, got function`, ""},
		{made, `{name = "a", any = {1, x = 2}}`, `things.make.any: want list, got a table with the key "x"`, ""},
		{made, `{name = "a", any = (function() local t = {} t.t = t return t end)()}`, `things.make.any.t: the table holds itself`, ""},
		{made, `{name = "a", any = 0/0}`, `things.make.any: want a finite number, got NaN`, ""},
		{made, `{name = "a", raw = print}`, `things.make.raw: JSON has no function`, ""},
		{made, `{name = "a", ["router:external"] = 1}`, `things.make["router:external"]: want boolean, got number`, ""},
		{made, `{name = "a", is_external = 1}`, `things.make.is_external: want boolean, got number`, ""},
		{made, `m, {name = "a"}`, `things.make: called with a colon`, "a dot"},

		{none, `m`, `things.list: called with a colon`, "things.list()"},
		{none, `1`, `things.list: want no arguments, got 1 argument`, "things.list()"},
		{none, `{}`, `things.list: want no arguments, got 1 argument`, "no options"},

		{two, ``, `things.add_subnet: argument 1, router, is missing`, "router:add_subnet(...)"},
		{two, `subnet`, `things.add_subnet.router: want a router, got a subnet`, "router:add_subnet(...)"},
		{two, `router`, `things.add_subnet: argument 2, subnet, is missing`, "things.add_subnet(router, subnet)"},
		{two, `router, network`, `things.add_subnet.subnet: want a subnet, got a network`, ""},
		{two, `router, nil`, `things.add_subnet: argument 2, subnet, is missing`, ""},
		{two, `router, subnet, 3`, `things.add_subnet: want 2 arguments, got 3 arguments`, ""},
		{two, `router, subnet, {}`, `things.add_subnet: want 2 arguments, got 3 arguments`, "takes no options"},
		{two, `nil, subnet`, `things.add_subnet: argument 1, router, is missing`, ""},

		{wait, `server, {timout = 3}`, `things.wait: unknown option "timout"; did you mean "timeout"?`, ""},
		{wait, `server, {server = 3}`, `things.wait: "server" is an argument, not an option`, "by place"},
		{wait, `{timeout = 3}`, `things.wait.server: want a server, got a table without id`, ""},
		{wait, `server, "ACTIVE", 5`, `things.wait: want a table of options, got number`, "things.wait(server, status, { ... })"},
	} {
		args := []lua.LValue(nil)
		if c.code != "" {
			args = eval(t, c.code)
		}
		_, err := c.f.Decode("things."+c.f.Name, args)
		var e *errs.Error
		if !errors.As(err, &e) {
			t.Errorf("%s %s: no error but %v", c.f.Name, c.code, err)
			continue
		}
		if e.Error() != c.want || e.Code != errs.BadArgument || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%s %s:\n got %s (%s; hint %q)\nwant %s (hint with %q)", c.f.Name, c.code, e, e.Code, e.Hint, c.want, c.hint)
		}
	}
}

func TestDecodeArguments(t *testing.T) {
	wait := fn[waitArgs]("wait")
	for code, want := range map[string]waitArgs{
		`server`:                          {Server: Ref{ID: "s-1"}},
		`"web"`:                           {Server: Ref{Text: "web"}},
		`{id = "x"}`:                      {Server: Ref{ID: "x"}},
		`server, "ACTIVE"`:                {Server: Ref{ID: "s-1"}, Status: Some("ACTIVE")},
		`server, {timeout = 5}`:           {Server: Ref{ID: "s-1"}, Timeout: Some(5 * time.Second)},
		`server, {}`:                      {Server: Ref{ID: "s-1"}},
		`server, nil, {timeout = 5}`:      {Server: Ref{ID: "s-1"}, Timeout: Some(5 * time.Second)},
		`server, "ACTIVE", {timeout = 5}`: {Server: Ref{ID: "s-1"}, Status: Some("ACTIVE"), Timeout: Some(5 * time.Second)},
	} {
		got, err := wait.Decode("servers.wait", eval(t, code))
		if err != nil || !reflect.DeepEqual(got, &want) {
			t.Errorf("%s: %+v %v", code, got, err)
		}
	}
}

func TestCall(t *testing.T) {
	f := Fn("greet", "Greets.", func(_ context.Context, in struct {
		Name string `lua:"name,arg" doc:"Who."`
	}) (string, error) {
		return "hello " + in.Name, nil
	})
	m := Module{Name: "hi", Funcs: []Func{f}}
	g, ok := m.Lookup("greet")
	if !ok {
		t.Fatal("greet is not found")
	}
	in, err := g.Decode("hi.greet", eval(t, `"you"`))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := g.Call(t.Context(), in); err != nil || out != "hello you" {
		t.Errorf("%v %v", out, err)
	}
	if _, ok := m.Lookup("leave"); ok {
		t.Error("leave is found")
	}
	d := Describe("x", "Described.", nil)
	if _, err := d.Call(t.Context(), nil); err == nil || d.Callable() {
		t.Error("a described function can be called")
	}
	if _, err := d.Decode("m.x", nil); err == nil {
		t.Error("a described function decodes")
	}
}

func TestBody(t *testing.T) {
	for _, c := range []struct {
		in   everything
		want string
	}{
		{everything{}, `{}`},
		{everything{Name: "a", common: common{Description: Some(""), Tags: []string{}}}, `{"name":"a","description":"","tags":[]}`},
		{everything{Gateway: Opt[string]{Set: true, Null: true}, External: Ref{Null: true}, DHCP: Some(false)}, `{"gateway_ip":null,"external_id":null,"enable_dhcp":false}`},
		{everything{Network: Ref{ID: "n", Text: "private"}, Version: Some(0), Count: 3, Ratio: 0.5, Shared: true}, `{"network_id":"n","ip_version":0,"count":3,"ratio":0.5,"shared":true}`},
		{everything{Timeout: Some(time.Duration(0)), Pause: 1500 * time.Millisecond, Size: 5}, `{"timeout":0,"pause":1.5,"size":5}`},
		{everything{Groups: []Ref{{ID: "x"}, {ID: "y"}}, Pools: []pool{{"1", ""}, {}}}, `{"groups":["x","y"],"pools":[{"start":"1"},{}]}`},
		{everything{NICs: []nic{{Network: Ref{ID: "n"}}}, Gate: &nic{}}, `{"networks":[{"uuid":"n"}],"gate":{}}`},
		{everything{Meta: map[string]string{"a": ""}, Refs: map[string]Ref{"x": {ID: "n"}}}, `{"metadata":{"a":""},"refs":{"x":"n"}}`},
		{everything{Any: map[string]any{"a": nil}, OptAny: Opt[any]{Set: true}, Raw: json.RawMessage(`[1]`), Data: []byte("x")}, `{"any":{"a":null},"opt_any":null,"raw":[1],"data":"x"}`},
		{everything{OptList: Some([]string{}), RExt: Some(true), Computed: "c", Hidden: "h"}, `{"opt_list":[],"router:external":true,"computed":"c"}`},
	} {
		for _, in := range []any{c.in, &c.in} {
			body, err := Body(in)
			if err != nil {
				t.Errorf("%s: %v", c.want, err)
				continue
			}
			b, err := json.Marshal(body)
			var got, want any
			if err == nil {
				err = errors.Join(json.Unmarshal(b, &got), json.Unmarshal([]byte(c.want), &want))
			}
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %s %v\nwant %s", b, err, c.want)
			}
		}
	}
	_, err := Body(everything{NICs: []nic{{Network: Ref{Text: "private"}}}})
	if err == nil || err.Error() != `networks[1].network: "private" was not looked up` {
		t.Errorf("a name went into a body: %v", err)
	}
	if _, err := Body(3); err == nil {
		t.Error("Body takes a number")
	}
}

func TestEachRef(t *testing.T) {
	in := everything{
		Network:  Ref{Text: "a"},
		External: Ref{Null: true},
		Groups:   []Ref{{Text: "b"}, {ID: "c"}},
		NICs:     []nic{{}, {Network: Ref{Text: "d"}}},
		Gate:     &nic{Network: Ref{Text: "e"}},
		Refs:     map[string]Ref{"y": {Text: "g"}, "x": {Text: "f"}},
	}
	var seen []string
	err := EachRef(&in, func(path, kind string, ref *Ref) error {
		seen = append(seen, path+" "+kind+" "+ref.String())
		ref.ID = "id of " + ref.String()
		return nil
	})
	want := []string{"network network a", "groups[1] security_group b", "groups[2] security_group c", "networks[2].network network d",
		"gate.network network e", "refs.x network f", "refs.y network g"}
	if err != nil || !reflect.DeepEqual(seen, want) {
		t.Errorf("%v %q", err, seen)
	}
	for _, r := range []Ref{in.Network, in.Groups[0], in.NICs[1].Network, in.Gate.Network, in.Refs["x"]} {
		if !strings.HasPrefix(r.ID, "id of ") {
			t.Errorf("%+v was not changed", r)
		}
	}
	stop := errors.New("stop")
	n := 0
	if err := EachRef(&in, func(string, string, *Ref) error { n++; return stop }); err != stop || n != 1 {
		t.Errorf("went on after an error: %v, %d", err, n)
	}
	if err := EachRef(in, nil); err == nil {
		t.Error("takes a struct that cannot be changed")
	}
}

func TestParams(t *testing.T) {
	got := map[string]string{}
	var walk func(prefix string, params []Param)
	walk = func(prefix string, params []Param) {
		for _, p := range params {
			got[prefix+p.Name] = p.Type
			walk(prefix+p.Name+".", p.Fields)
		}
	}
	walk("", fn[everything]("make").Params())
	for name, want := range map[string]string{
		"name": "string", "network": "network|string", "gateway_ip": "string", "ip_version": "4|6", "count": "integer", "ratio": "number",
		"mode": `"slaac"|"dhcpv6-stateful"`, "timeout": "number|string", "pause": "number|string", "size": "integer|string",
		"groups": "(security_group|string)[]", "pools": "(string|table)[]", "pools.end": "string", "networks": "table[]",
		"networks.network": "network|string", "gate": "table", "metadata": "table<string, string>", "any": "any", "raw": "any", "data": "string",
		"opt_list": "string[]", "tags": "string[]", "router:external": "boolean",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if _, ok := got["computed"]; ok {
		t.Error("a field without a lua tag is an option")
	}
	args := fn[waitArgs]("wait").Params()
	if len(args) != 3 || !args[0].Positional || !args[1].Positional || args[2].Positional || !args[0].Required {
		t.Errorf("%+v", args)
	}
}

func TestValidate(t *testing.T) {
	type loop struct {
		Next []any `lua:"next" doc:"d"`
	}
	good := Module{Name: "things", Doc: "Things.", Kind: "router", Funcs: []Func{fn[everything]("make"), fn[twoArgs]("add", Method()), fn[loop]("l")}}
	if err := Validate(good); err != nil {
		t.Errorf("a good module: %v", err)
	}
	for _, c := range []struct {
		m    Module
		want string
	}{
		{Module{Name: "a-b", Doc: "x"}, "no name in Lua"},
		{Module{Name: "a"}, "no doc"},
		{Module{Name: "a", Doc: "x", Example: "local = 2"}, "example"},
		{Module{Name: "a", Doc: "x", Fields: []Field{{Name: "id"}}}, "field"},
		{Module{Name: "a", Doc: "x", Funcs: []Func{fn[None]("end")}}, "no name in Lua"},
		{Module{Name: "a", Doc: "x", Funcs: []Func{fn[None]("b"), fn[None]("b")}}, "twice"},
		{Module{Name: "a", Doc: "x", Funcs: []Func{Fn("b", "", func(context.Context, None) (None, error) { return None{}, nil })}}, "no doc"},
		{Module{Name: "a", Doc: "x", Funcs: []Func{fn[None]("b", Example("for"))}}, "example"},
		{Module{Name: "a", Doc: "x", Funcs: []Func{fn[None]("b", Returns("x", "", ""))}}, "no type"},
		{Module{Name: "a", Doc: "x", Funcs: []Func{fn[twoArgs]("b", Method())}}, "no kind"},
		{Module{Name: "a", Doc: "x", Kind: "subnet", Funcs: []Func{fn[twoArgs]("b", Method())}}, "takes a subnet first"},
		{Module{Name: "a", Doc: "x", Kind: "subnet", Funcs: []Func{fn[None]("b", Method())}}, "object first"},
		{bad1[struct {
			A string `lua:"a,requierd" doc:"d"`
		}](), "unknown word"},
		{bad1[struct {
			A string `lua:"a"`
		}](), "things.b.a: no doc"},
		{bad1[struct {
			A chan int `lua:"a" doc:"d"`
		}](), "cannot decode"},
		{bad1[struct {
			A map[int]string `lua:"a" doc:"d"`
		}](), "cannot decode"},
		{bad1[struct {
			A string `lua:"a,nullable" doc:"d"`
		}](), "nullable"},
		{bad1[struct {
			A string `lua:"a" ref:"network" doc:"d"`
		}](), "ref tag"},
		{bad1[struct {
			A string `lua:"a" doc:"d"`
			B string `lua:"a" doc:"d"`
		}](), "twice"},
		{bad1[struct {
			A string `lua:"a" doc:"d"`
			B string `lua:"b" alias:"a" doc:"d"`
		}](), "twice"},
		{bad1[struct {
			A string `lua:"a,arg" doc:"d"`
			B string `lua:"b,arg,required" doc:"d"`
		}](), "after an optional"},
		{bad1[struct {
			A string `lua:"a:b,arg" doc:"d"`
		}](), "no name in Lua"},
		{bad1[selfish](), "contains itself"},
		{bad1[struct {
			A struct {
				B string `lua:"b,arg" doc:"d"`
			} `lua:"a" doc:"d"`
		}](), "arg inside"},
		{bad1[int](), "no struct"},
	} {
		if err := Validate(c.m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	if _, err := bad1[selfish]().Funcs[0].Decode("a.b", nil); err == nil {
		t.Error("a malformed descriptor decodes")
	}
}

type selfish struct {
	Sub []selfish `lua:"sub" doc:"d"`
}

func bad1[In any]() Module {
	return Module{Name: "things", Doc: "x", Funcs: []Func{fn[In]("b")}}
}

func TestNearest(t *testing.T) {
	options := []string{"cidr", "name", "network", "gateway_ip", "description", "dns_nameservers", "enable_dhcp", "id", "tags"}
	for word, want := range map[string]string{
		"chidr": "cidr", "cdir": "cidr", "nmae": "name", "Name": "name", "netwrok": "network", "network_id": "network", "gatewayip": "gateway_ip",
		"gateway-ip": "gateway_ip", "GatewayIP": "gateway_ip", "desc": "description", "dns_servers": "dns_nameservers", "tag": "tags", "dhcp": "enable_dhcp",
		"zzz": "", "": "", "x": "", "flavor": "", "ids": "id",
	} {
		if got := Nearest(word, options); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if got := Nearest("x", nil); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

func TestKindOf(t *testing.T) {
	for code, want := range map[string]string{`network`: "network", `{}`: "", `"x"`: "", `json.array{}`: "", `null`: "", `setmetatable({}, {})`: ""} {
		if got := KindOf(eval(t, code)[0]); got != want {
			t.Errorf("%s: %q", code, got)
		}
	}
}
