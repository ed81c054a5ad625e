package servers

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/wait"
)

type attaching struct {
	one
	Network  schema.Ref `lua:"network" alias:"net_id,network_id" json:"net_id" ref:"network" doc:"Network to make a port on: object, ID or name."`
	Port     schema.Ref `lua:"port" alias:"port_id" json:"port_id" ref:"port" doc:"Port made before, in place of a network: object, ID or name."`
	FixedIPs []FixedIP  `lua:"fixed_ips" json:"fixed_ips" doc:"Address the new port shall have: { \"10.0.0.9\" }."`
	Tag      string     `lua:"tag" json:"tag" doc:"Word by which the server's metadata tells this interface from others."`
}

// FixedIP is an address of a port.
type FixedIP struct {
	IPAddress string `lua:"ip_address,required" json:"ip_address" doc:"The address."`
}

// UnmarshalText takes the address alone.
func (f *FixedIP) UnmarshalText(text []byte) error { f.IPAddress = string(text); return nil }

func (m module) attach(ctx context.Context, in attaching) (schema.Raw, error) {
	const op = "servers.attach_interface"
	if in.Network.Given() == in.Port.Given() {
		return schema.Raw{}, argument(op, "want a network or a port", "give one of the two")
	}
	body, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return schema.Raw{}, err
	}
	res, err := m.Send(ctx, op, http.MethodPost, in.Server, map[string]any{"interfaceAttachment": body}, "os-interface")
	if err != nil {
		return schema.Raw{}, err
	}
	return schema.Raw{JSON: res.Body, Key: "interfaceAttachment"}, nil
}

type detaching struct {
	Server  schema.Ref       `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	Port    schema.Ref       `lua:"port,arg,required" json:"-" ref:"port" doc:"The port: object, ID or name."`
	Wait    schema.Opt[bool] `lua:"wait" json:"-" default:"true" doc:"Wait until it is off; false returns at once."`
	Timeout schema.Duration  `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

func (m module) detach(ctx context.Context, in detaching) (schema.None, error) {
	const op = "servers.detach_interface"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.None{}, err
	}
	if _, err := m.Send(ctx, op, http.MethodDelete, in.Server, nil, "os-interface", escape(in.Port.ID)); err != nil || !in.Wait.Or(true) {
		return schema.None{}, err
	}
	_, err := wait.For(ctx, m.Client().Clock, wait.Spec{
		Op: op, Resource: "the interface of " + m.Describe(in.Server), Type: "server_interface", ID: in.Port.ID, Target: []string{wait.Deleted}, Timeout: in.Timeout.Or(0),
		Start: &wait.State{Status: "attached"},
		Look: func(ctx context.Context) (wait.State, error) {
			_, err := m.Send(ctx, op, http.MethodGet, in.Server, nil, "os-interface", escape(in.Port.ID))
			return wait.State{Status: "attached"}, err
		},
	})
	return schema.None{}, err
}

type addressing struct {
	one
	Version  int              `lua:"version" json:"-" enum:"4|6" doc:"Version of IP; 4 before 6 when left out."`
	Network  string           `lua:"network" json:"-" doc:"Name of the network the address is on."`
	Floating schema.Opt[bool] `lua:"floating" json:"-" doc:"true for a floating IP only, false for one inside only."`
}

// address is one of a server's, as the service shows it.
type address struct {
	Addr    string `json:"addr"`
	Version int    `json:"version"`
	Type    string `json:"OS-EXT-IPS:type"`
}

func (a address) floating() bool { return a.Type == "floating" }

func (m module) ip(ctx context.Context, in addressing) (schema.Values, error) {
	obj, err := m.Get(ctx, "servers.ip", in.Server)
	if err != nil {
		return nil, err
	}
	a, err := m.address(ctx, "servers.ip", in, obj)
	if err != nil || a == "" {
		return schema.Values{nil}, err
	}
	return schema.Values{a}, nil
}

// address picks an address of a server. The compute service hears of a new floating IP late, so the networking service is
// asked when none is seen where one may be wanted.
func (m module) address(ctx context.Context, op string, in addressing, obj schema.Object) (string, error) {
	found, floating := in.choose(obj)
	if floating || in.Version == 6 || !in.Floating.Or(true) {
		return found, nil
	}
	inside, _ := addressing{Network: in.Network, Version: 4, Floating: schema.Some(false)}.choose(obj)
	if inside == "" {
		return found, nil
	}
	list, err := m.Client().Of("floating_ip").List(rest.LookingUp(ctx), op, url.Values{"fixed_ip_address": {inside}})
	if err != nil {
		return "", err
	}
	for _, f := range rest.Rows[struct {
		Address string `json:"floating_ip_address"`
		Port    struct {
			Device string `json:"device_id"`
		} `json:"port_details"`
	}](list) {
		if f.Port.Device == rest.Text(obj, "id") {
			return f.Address, nil
		}
	}
	return found, nil
}

// choose picks the address: floating before fixed, IPv4 before IPv6, and the networks by name.
func (in addressing) choose(obj schema.Object) (best string, floating bool) {
	var networks map[string][]address
	if !rest.Member(obj, "addresses", &networks) {
		return "", false
	}
	var names []string
	for name := range networks {
		if in.Network == "" || name == in.Network {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	rank := -1
	for _, name := range names {
		for _, a := range networks[name] {
			if in.Version != 0 && a.Version != in.Version || in.Floating.Set && a.floating() != in.Floating.Value {
				continue
			}
			r := 0
			if a.floating() {
				r += 2
			}
			if a.Version == 4 {
				r++
			}
			if r > rank {
				best, floating, rank = a.Addr, a.floating(), r
			}
		}
	}
	return best, floating
}

type floatingIn struct {
	Server     schema.Ref `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	FloatingIP schema.Ref `lua:"floating_ip,arg,required" json:"-" ref:"floating_ip" doc:"The floating IP: object, ID or address."`
	Port       schema.Ref `lua:"port" json:"-" ref:"port" doc:"Port of the server to put it on: object, ID or name; the first one it can reach when left out."`
	FixedIP    string     `lua:"fixed_ip" alias:"fixed_ip_address" json:"-" doc:"Address of the server to put it on, when its port has several."`
}

// plug is one of a server's ports.
type plug struct {
	ID      string `json:"id"`
	Network string `json:"network_id"`
	IPs     []struct {
		Subnet  string `json:"subnet_id"`
		Address string `json:"ip_address"`
	} `json:"fixed_ips"`
}

// has reports an address of the port; any of IPv4 when none is given.
func (p plug) has(wanted string) bool {
	for _, ip := range p.IPs {
		a, err := netip.ParseAddr(ip.Address)
		if err == nil && (wanted == "" && a.Is4() || ip.Address == wanted) {
			return true
		}
	}
	return false
}

func (m module) plugs(ctx context.Context, op string, server schema.Ref) ([]plug, error) {
	list, err := m.Client().Of("port").List(rest.LookingUp(ctx), op, url.Values{"device_id": {server.ID}, "fields": {"id", "network_id", "fixed_ips"}})
	return rest.Rows[plug](list), err
}

func (m module) addFloatingIP(ctx context.Context, in floatingIn) (schema.Object, error) {
	const op = "servers.add_floating_ip"
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return schema.Object{}, err
	}
	ports := []plug{{ID: in.Port.ID}}
	if in.Port.ID == "" {
		all, err := m.plugs(ctx, op, in.Server)
		if err != nil {
			return schema.Object{}, err
		}
		ports = slices.DeleteFunc(all, func(p plug) bool { return !p.has(in.FixedIP) })
		if len(ports) == 0 {
			what, hint := "an IPv4 address", "attach it to a network first: servers.attach_interface(server, { network = ... })"
			if in.FixedIP != "" {
				what, hint = "the address "+in.FixedIP, "servers.interfaces(server) shows its addresses"
			}
			e := errs.New(errs.NotFound, "%s has no port with %s", m.Describe(in.Server), what).WithHint("%s", hint)
			e.Op, e.Resource = op, m.Describe(in.Server)
			return schema.Object{}, e
		}
	}
	var first error
	for _, p := range ports {
		obj, err := m.putFloating(ctx, op, in.FloatingIP, p.ID, in.FixedIP)
		if err == nil {
			return obj, nil
		}
		if first == nil {
			first = err
		}
		if !rest.Unreachable(err) {
			return schema.Object{}, err
		}
	}
	return schema.Object{}, m.Client().ExplainUnreachable(ctx, op, first)
}

// putFloating puts a floating IP on a port, or takes it off when there is none.
func (m module) putFloating(ctx context.Context, op string, fip schema.Ref, port, fixed string) (schema.Object, error) {
	body := map[string]any{"port_id": nil}
	if port != "" {
		body["port_id"] = port
	}
	if fixed != "" {
		body["fixed_ip_address"] = fixed
	}
	return m.Client().Of("floating_ip").Update(ctx, op, fip, body, rest.Revision{})
}

type floatingOut struct {
	Server     schema.Ref `lua:"server,arg,required" json:"-" ref:"server" doc:"The server: object, ID or name."`
	FloatingIP schema.Ref `lua:"floating_ip,arg,required" json:"-" ref:"floating_ip" doc:"The floating IP: object, ID or address."`
}

func (m module) removeFloatingIP(ctx context.Context, in floatingOut) (schema.Object, error) {
	const op = "servers.remove_floating_ip"
	if err := m.Resolve(ctx, op, &in.Server, nil); err != nil {
		return schema.Object{}, err
	}
	// One that is on another server must not be taken from that.
	obj, err := m.Client().Of("floating_ip").Get(rest.LookingUp(ctx), op, in.FloatingIP)
	if err != nil {
		return schema.Object{}, err
	}
	fip := schema.Ref{ID: rest.Text(obj, "id"), Text: rest.Text(obj, "floating_ip_address")}
	port := rest.Text(obj, "port_id")
	// A newer service tells whose port that is; an older one has to be asked for the server's ports.
	var details struct {
		Device string `json:"device_id"`
	}
	mine := rest.Member(obj, "port_details", &details) && details.Device == in.Server.ID
	if !mine && port != "" {
		ports, err := m.plugs(ctx, op, in.Server)
		if err != nil {
			return schema.Object{}, err
		}
		mine = slices.ContainsFunc(ports, func(p plug) bool { return p.ID == port })
	}
	if !mine {
		where := "it is on nothing"
		if port != "" {
			where = "it is on another port, " + port
		}
		e := errs.New(errs.NotFound, "floating IP %s is not on %s: %s", fip, m.Describe(in.Server), where).
			WithHint("server:ip{ floating = true } shows the one it has")
		e.Op, e.Resource = op, m.Describe(in.Server)
		return schema.Object{}, e
	}
	return m.putFloating(ctx, op, fip, "", "")
}
