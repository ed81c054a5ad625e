package floating_ips

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// port is what is needed of a port to choose among a server's, and to say why it cannot be reached.
type port struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	NetworkID string `json:"network_id"`
	DeviceID  string `json:"device_id"`
	FixedIPs  []struct {
		SubnetID  string `json:"subnet_id"`
		IPAddress string `json:"ip_address"`
	} `json:"fixed_ips"`
}

// subnets are the subnets of the port's IPv4 addresses: only those can have a floating IP.
func (p port) subnets() []string {
	var out []string
	for _, f := range p.FixedIPs {
		if a, err := netip.ParseAddr(f.IPAddress); err == nil && a.Is4() {
			out = append(out, f.SubnetID)
		}
	}
	return out
}

// Target is what a floating IP leads to: a server or a port.
type Target struct {
	Server schema.Ref `lua:"server" json:"-" ref:"server" doc:"A server: object, ID or name; its port is found."`
	Port   schema.Ref `lua:"port" alias:"port_id" json:"-" ref:"port" doc:"A port: object, ID or name."`

	text string // an ID or a name alone, which may be either's
}

// UnmarshalText takes an ID or a name.
func (t *Target) UnmarshalText(text []byte) error { t.text = string(text); return nil }

// UnmarshalObject takes a server or a port.
func (t *Target) UnmarshalObject(kind, id string) error {
	switch kind {
	case "server":
		t.Server.ID = id
	case "port":
		t.Port.ID = id
	default:
		return fmt.Errorf("want a server or a port, got a %s", strings.ReplaceAll(kind, "_", " "))
	}
	return nil
}

func (t Target) given() bool { return t.text != "" || t.Server.Given() || t.Port.Given() }

// candidates gives the ports that the floating IP may be assigned to, the likeliest first.
func (m module) candidates(ctx context.Context, op string, t Target) ([]port, error) {
	if t.Server.Given() && t.Port.Given() {
		e := errs.New(errs.BadArgument, "both a server and a port").WithHint("give one: a server's port is found by itself")
		e.Op = op
		return nil, e
	}
	servers, ports := m.Client().Of("server"), m.Client().Of("port")
	var found []port // of the server
	var err error
	switch {
	case isID(t.text):
		// A server's ports name it; when none does, it is a port's ID.
		t.Server.ID = t.text
		if found, err = m.portsOf(ctx, op, url.Values{"device_id": {t.text}}); err == nil && len(found) == 0 {
			t.Server, t.Port = schema.Ref{}, schema.Ref{ID: t.text}
		}
	case t.text != "":
		t, err = m.named(ctx, op, t.text)
	}
	if err != nil {
		return nil, err
	}
	if t.Port.Given() {
		if err := ports.Resolve(ctx, op, &t.Port, nil); err != nil {
			return nil, err
		}
		return []port{{ID: t.Port.ID, Name: t.Port.Text}}, nil
	}
	if err := servers.Resolve(ctx, op, &t.Server, nil); err != nil {
		return nil, err
	}
	if found == nil {
		if found, err = m.portsOf(ctx, op, url.Values{"device_id": {t.Server.ID}}); err != nil {
			return nil, err
		}
	}
	var out []port
	for _, p := range found {
		if len(p.subnets()) > 0 {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		e := errs.New(errs.NotFound, "%s has no port with an IPv4 address", servers.Describe(t.Server)).
			WithHint("wait until it is ACTIVE, and look at ports.list{ device_id = server.id }: it needs a port in a network with an IPv4 subnet")
		if len(found) == 0 {
			e.Message = servers.Describe(t.Server) + " has no port"
		}
		e.Op, e.Resource = op, servers.Describe(t.Server)
		return nil, e
	}
	return out, nil
}

// named finds what a name means: a server, or else a port.
func (m module) named(ctx context.Context, op, text string) (Target, error) {
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	server := schema.Ref{Text: text}
	notServer := m.Client().Of("server").Resolve(ctx, op, &server, nil)
	if notServer == nil {
		return Target{Server: server}, nil
	}
	if c := errs.CodeOf(notServer); c != errs.NotFound && c != errs.Config {
		return Target{}, notServer
	}
	p := schema.Ref{Text: text}
	err := m.Client().Of("port").Resolve(ctx, op, &p, nil)
	if errs.CodeOf(err) == errs.NotFound && errs.CodeOf(notServer) == errs.NotFound {
		e := errs.New(errs.NotFound, "neither a server nor a port is named %q", text)
		e.Op = op
		var s *errs.Error
		if errors.As(notServer, &s) {
			e.Hint = s.Hint
		}
		return Target{}, e
	}
	return Target{Port: p}, err
}

// isID reports text in the form of an ID.
func isID(text string) bool {
	hex := strings.ReplaceAll(text, "-", "")
	return len(hex) == 32 && strings.Trim(strings.ToLower(hex), "0123456789abcdef") == ""
}

func (m module) portsOf(ctx context.Context, op string, q url.Values) ([]port, error) {
	var out []port
	err := m.rows(ctx, op, "port", q, &out)
	return out, err
}

// rows lists resources of a kind into a slice of structs.
func (m module) rows(ctx context.Context, op, kind string, q url.Values, into any) error {
	list, err := m.Client().Of(kind).List(ctx, op, q)
	if err != nil {
		return err
	}
	all := []json.RawMessage{}
	for _, page := range list.Pages {
		raw, _ := rawjson.Get(page, list.Key)
		var rows []json.RawMessage
		if err := json.Unmarshal(raw, &rows); err != nil {
			return unreadable(op, list.Key, err)
		}
		all = append(all, rows...)
	}
	joined, err := json.Marshal(all)
	if err == nil {
		err = json.Unmarshal(joined, into)
	}
	if err != nil {
		return unreadable(op, list.Key, err)
	}
	return nil
}

func unreadable(op, what string, cause error) error {
	e := errs.New(errs.Unavailable, "the answer is no list of %s", what)
	e.Op, e.Cause = op, cause
	return e
}

// notReached reports the networking service's word for a port that no router leads to from outside.
func notReached(err error) bool { return serviceWord(err) == "ExternalGatewayForFloatingIPNotFound" }

// taken reports the word for a port that has a floating IP already.
func taken(err error) bool { return serviceWord(err) == "FloatingIPPortAlreadyAssociated" }

func serviceWord(err error) string {
	var s *cloud.ServiceError
	if errors.As(err, &s) {
		return s.Type
	}
	return ""
}

// explain says which router or gateway is missing on the way from the floating IP's network to a port. What it needs to
// know it asks; when that fails too, the service's own sentence has to do.
func (m module) explain(ctx context.Context, op, external string, p port, cause error) error {
	var e *errs.Error
	if !errors.As(cause, &e) || external == "" {
		return cause
	}
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	ports := m.Client().Of("port")
	if p.NetworkID == "" {
		obj, err := ports.Get(ctx, op, schema.Ref{ID: p.ID})
		if err != nil {
			return cause
		}
		raw, _ := rawjson.Get(obj.JSON, obj.Key)
		if json.Unmarshal(raw, &p) != nil {
			return cause
		}
	}
	outside := m.nameOf(ctx, op, "network", external)
	subnets := p.subnets()
	if len(subnets) == 0 {
		e := e.WithHint("the port has no IPv4 address: give it one, or take another port")
		e.Message = fmt.Sprintf("port %s has no IPv4 address that a floating IP could lead to", p.ID)
		return e
	}
	inside := m.nameOf(ctx, op, "subnet", subnets[0])
	var routers []string
	for _, owner := range []string{"network:router_interface", "network:router_interface_distributed", "network:ha_router_replicated_interface"} {
		found, err := m.portsOf(ctx, op, url.Values{"network_id": {p.NetworkID}, "device_owner": {owner}})
		if err != nil {
			return cause
		}
		for _, i := range found {
			for _, f := range i.FixedIPs {
				if f.SubnetID == subnets[0] {
					routers = append(routers, i.DeviceID)
				}
			}
		}
	}
	if len(routers) == 0 {
		out := e.WithHint("join it to a router: router:add_subnet(%q), and give the router a way out: router:set_gateway(%q)", inside, outside)
		out.Message = fmt.Sprintf("nothing leads from network %q to subnet %q: the subnet is on no router", outside, inside)
		return out
	}
	var router struct {
		ID, Name string
		Gateway  *struct {
			NetworkID string `json:"network_id"`
		} `json:"external_gateway_info"`
	}
	obj, err := m.Client().Of("router").Get(ctx, op, schema.Ref{ID: routers[0]})
	if err != nil {
		return cause
	}
	raw, _ := rawjson.Get(obj.JSON, obj.Key)
	if json.Unmarshal(raw, &router) != nil {
		return cause
	}
	name := router.Name
	if name == "" {
		name = router.ID
	}
	switch {
	case router.Gateway == nil || router.Gateway.NetworkID == "":
		out := e.WithHint("give it one: routers.set_gateway(%q, %q)", name, outside)
		out.Message = fmt.Sprintf("nothing leads from network %q to subnet %q: its router %q has no gateway", outside, inside, name)
		return out
	case router.Gateway.NetworkID != external:
		other := m.nameOf(ctx, op, "network", router.Gateway.NetworkID)
		out := e.WithHint("take a floating IP from %q: floating_ips.create{ network = %q }, or change the gateway", other, other)
		out.Message = fmt.Sprintf("nothing leads from network %q to subnet %q: the gateway of its router %q is on network %q", outside, inside, name, other)
		return out
	}
	return cause
}

// nameOf is the name of a resource, its ID when that cannot be told.
func (m module) nameOf(ctx context.Context, op, kind, id string) string {
	obj, err := m.Client().Of(kind).Get(ctx, op, schema.Ref{ID: id})
	if err != nil {
		return id
	}
	if name := rest.Text(obj, "name"); name != "" {
		return name
	}
	return id
}
