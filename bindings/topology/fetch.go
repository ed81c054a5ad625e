package topology

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/internal/cloud"
	draw "github.com/oslua/oslua/internal/topology"
)

type fixedIP struct {
	SubnetID string `json:"subnet_id"`
	Address  string `json:"ip_address"`
}

type network struct {
	ID, Name, Status string
	ProjectID        string `json:"project_id"`
	External         bool   `json:"router:external"`
	Shared           bool
	Subnets          []string
}

type subnet struct {
	ID, Name, CIDR string
	NetworkID      string `json:"network_id"`
	GatewayIP      string `json:"gateway_ip"`
}

type port struct {
	ID, Name    string
	NetworkID   string    `json:"network_id"`
	FixedIPs    []fixedIP `json:"fixed_ips"`
	DeviceOwner string    `json:"device_owner"`
	DeviceID    string    `json:"device_id"`
}

type router struct {
	ID, Name, Status string
	Gateway          *struct {
		NetworkID string    `json:"network_id"`
		FixedIPs  []fixedIP `json:"external_fixed_ips"`
	} `json:"external_gateway_info"`
}

type floatingIP struct {
	ID, Status string
	Address    string `json:"floating_ip_address"`
	NetworkID  string `json:"floating_network_id"`
	PortID     string `json:"port_id"`
}

type server struct{ ID, Name, Status string }

// fetch asks for everything at once.
func (m module) fetch(ctx context.Context, op string, all bool) (draw.Data, error) {
	project, err := m.client.Conn.ProjectID(ctx)
	if err != nil {
		return draw.Data{}, err
	}
	own := url.Values{}
	if !all {
		// A member sees no others; an administrator would see everybody's.
		own.Set("project_id", project)
	}
	var (
		networks []network
		subnets  []subnet
		ports    []port
		routers  []router
		floating []floatingIP
		servers  []server
		wait     sync.WaitGroup
		failed   = make([]error, 6)
	)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := func(i int, get func() error) {
		wait.Go(func() {
			if failed[i] = get(); failed[i] != nil {
				cancel()
			}
		})
	}
	start(0, func() error { return list(ctx, m, op, "network", nil, &networks) })
	start(1, func() error { return list(ctx, m, op, "subnet", nil, &subnets) })
	start(2, func() error { return list(ctx, m, op, "port", own, &ports) })
	start(3, func() error { return list(ctx, m, op, "router", own, &routers) })
	start(4, func() error { return list(ctx, m, op, "floating_ip", own, &floating) })
	if _, err := m.client.Conn.Endpoint(ctx, cloud.Compute); err == nil {
		start(5, func() error {
			q := url.Values{}
			if all {
				q.Set("all_tenants", "1")
			}
			err := list(ctx, m, op, "server", q, &servers)
			if code := errs.CodeOf(err); code == errs.NotFound || code == errs.Forbidden || code == errs.Unavailable {
				return nil // the ports tell of servers too, if not their names
			}
			return err
		})
	}
	wait.Wait()
	// The first that failed by itself; the others were stopped for its sake.
	var first error
	for _, err := range failed {
		if err != nil && (first == nil || errs.CodeOf(first) == errs.Cancelled) {
			first = err
		}
	}
	if first != nil {
		return draw.Data{}, first
	}
	if !all {
		networks = concerned(networks, project, ports, routers)
	}
	return assemble(networks, subnets, ports, routers, floating, servers), nil
}

// list decodes the resources of a kind.
func list[T any](ctx context.Context, m module, op, kind string, q url.Values, into *[]T) error {
	l, err := m.client.Of(kind).List(ctx, op, q)
	if err != nil {
		return err
	}
	for _, page := range l.Pages {
		var rows []T
		raw, _ := rawjson.Get(page, l.Key)
		if err := json.Unmarshal(raw, &rows); err != nil {
			e := errs.New(errs.Unavailable, "the answer is no list of %s", l.Key)
			e.Op, e.Cause = op, err
			return e
		}
		*into = append(*into, rows...)
	}
	return nil
}

// concerned leaves out what an administrator sees of others: the project's own networks stay, the shared and external
// ones, and those that something of the project is on.
func concerned(networks []network, project string, ports []port, routers []router) []network {
	used := map[string]bool{}
	for _, p := range ports {
		used[p.NetworkID] = true
	}
	for _, r := range routers {
		if r.Gateway != nil {
			used[r.Gateway.NetworkID] = true
		}
	}
	return slices.DeleteFunc(networks, func(n network) bool {
		return n.ProjectID != project && !n.External && !n.Shared && !used[n.ID]
	})
}

// assemble puts the ports where they belong. A member does not see the ports of gateways: these are known from the
// routers.
func assemble(networks []network, subnets []subnet, ports []port, routers []router, floating []floatingIP, servers []server) draw.Data {
	d := draw.Data{Networks: []draw.Network{}, Routers: []draw.Router{}, Servers: []draw.Server{}, Ports: []draw.Port{}, FloatingIPs: []draw.FloatingIP{}}
	for _, n := range networks {
		out := draw.Network{ID: n.ID, Name: n.Name, Status: n.Status, External: n.External, Shared: n.Shared, Subnets: []draw.Subnet{}}
		for _, s := range subnets {
			if s.NetworkID == n.ID {
				out.Subnets = append(out.Subnets, draw.Subnet{ID: s.ID, Name: s.Name, CIDR: s.CIDR, GatewayIP: s.GatewayIP})
			}
		}
		out.Hidden = len(out.Subnets) == 0 && len(n.Subnets) > 0
		d.Networks = append(d.Networks, out)
	}
	byRouter, byServer := map[string][]draw.Interface{}, map[string][]draw.Interface{}
	for _, p := range ports {
		i := draw.Interface{PortID: p.ID, NetworkID: p.NetworkID, Addresses: addresses(p.FixedIPs)}
		switch {
		case p.DeviceOwner == "network:router_gateway", p.DeviceOwner == "network:floatingip":
		case strings.HasPrefix(p.DeviceOwner, "compute:"):
			byServer[p.DeviceID] = append(byServer[p.DeviceID], i)
		case slices.ContainsFunc(routers, func(r router) bool { return r.ID == p.DeviceID }):
			byRouter[p.DeviceID] = append(byRouter[p.DeviceID], i)
		default:
			d.Ports = append(d.Ports, draw.Port{ID: p.ID, Name: p.Name, NetworkID: p.NetworkID, Addresses: addresses(p.FixedIPs), DeviceOwner: p.DeviceOwner})
		}
	}
	for _, r := range routers {
		out := draw.Router{ID: r.ID, Name: r.Name, Status: r.Status, Interfaces: interfaces(byRouter[r.ID])}
		if r.Gateway != nil {
			out.Gateway = &draw.Interface{NetworkID: r.Gateway.NetworkID, Addresses: addresses(r.Gateway.FixedIPs)}
		}
		d.Routers = append(d.Routers, out)
	}
	for _, s := range servers {
		d.Servers = append(d.Servers, draw.Server{ID: s.ID, Name: s.Name, Status: s.Status, Interfaces: interfaces(byServer[s.ID])})
		delete(byServer, s.ID)
	}
	for id, all := range byServer { // those that the compute service does not show
		d.Servers = append(d.Servers, draw.Server{ID: id, Interfaces: all})
	}
	slices.SortStableFunc(d.Servers, func(a, b draw.Server) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	for _, f := range floating {
		d.FloatingIPs = append(d.FloatingIPs, draw.FloatingIP{ID: f.ID, Address: f.Address, NetworkID: f.NetworkID, PortID: f.PortID, Status: f.Status})
	}
	return d
}

func interfaces(all []draw.Interface) []draw.Interface {
	if all == nil {
		return []draw.Interface{}
	}
	return all
}

func addresses(ips []fixedIP) []string {
	out := make([]string, len(ips))
	for i, ip := range ips {
		out[i] = ip.Address
	}
	return out
}
