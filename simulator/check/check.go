// Package check walks a cloud from outside, over its API, and says where it contradicts itself: two ports with one
// address, a quota that counts wrong, an interface without its router. A cloud at rest has no contradictions, whatever
// was done to it before.
package check

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Walker looks at a cloud. It remembers the revisions it saw, so that the next walk can tell when one went back.
type Walker struct {
	client *http.Client
	base   string // "http://simulator"
	token  string // an administrator's
	seen   map[string]int64
	wrong  []string
}

// New makes a walker; base is the URL that the services' prefixes are below.
func New(client *http.Client, base, token string) *Walker {
	return &Walker{client: client, base: base, token: token, seen: map[string]int64{}}
}

type network struct {
	ID, Name  string
	ProjectID string `json:"project_id"`
	Subnets   []string
	Revision  int64 `json:"revision_number"`
}

type subnet struct {
	ID        string
	NetworkID string `json:"network_id"`
	ProjectID string `json:"project_id"`
	CIDR      string
	GatewayIP string                        `json:"gateway_ip"`
	Pools     []struct{ Start, End string } `json:"allocation_pools"`
	Revision  int64                         `json:"revision_number"`
}

type fixedIP struct {
	Subnet  string `json:"subnet_id"`
	Address string `json:"ip_address"`
}

type port struct {
	ID        string
	NetworkID string    `json:"network_id"`
	ProjectID string    `json:"project_id"`
	MAC       string    `json:"mac_address"`
	DeviceID  string    `json:"device_id"`
	Owner     string    `json:"device_owner"`
	FixedIPs  []fixedIP `json:"fixed_ips"`
	Groups    []string  `json:"security_groups"`
	Revision  int64     `json:"revision_number"`
}

type router struct {
	ID        string
	ProjectID string `json:"project_id"`
	Gateway   *struct {
		Network string    `json:"network_id"`
		IPs     []fixedIP `json:"external_fixed_ips"`
	} `json:"external_gateway_info"`
	Revision int64 `json:"revision_number"`
}

type floatingIP struct {
	ID        string
	ProjectID string `json:"project_id"`
	Network   string `json:"floating_network_id"`
	Address   string `json:"floating_ip_address"`
	Fixed     string `json:"fixed_ip_address"`
	Port      string `json:"port_id"`
	Router    string `json:"router_id"`
	Revision  int64  `json:"revision_number"`
}

type group struct {
	ID, Name  string
	ProjectID string `json:"project_id"`
	Rules     []struct {
		ID    string
		Group string `json:"security_group_id"`
	} `json:"security_group_rules"`
	Revision int64 `json:"revision_number"`
}

type server struct {
	ID, Status string
	ProjectID  string `json:"tenant_id"`
	Addresses  map[string][]struct {
		Addr string
		Type string `json:"OS-EXT-IPS:type"`
		MAC  string `json:"OS-EXT-IPS-MAC:mac_addr"`
	}
}

// Walk looks at everything and gives what is wrong, a sentence each. Nothing else may be changing the cloud meanwhile.
func (w *Walker) Walk(ctx context.Context) ([]string, error) {
	w.wrong = nil
	var (
		networks []network
		subnets  []subnet
		ports    []port
		routers  []router
		floating []floatingIP
		groups   []group
		servers  []server
	)
	for _, l := range []struct {
		path, key string
		into      any
	}{
		{"/network/v2.0/networks", "networks", &networks},
		{"/network/v2.0/subnets", "subnets", &subnets},
		{"/network/v2.0/ports", "ports", &ports},
		{"/network/v2.0/routers", "routers", &routers},
		{"/network/v2.0/floatingips", "floatingips", &floating},
		{"/network/v2.0/security-groups", "security_groups", &groups},
	} {
		if _, err := w.list(ctx, l.path, l.key, l.into); err != nil {
			return nil, err
		}
	}
	hasCompute, err := w.servers(ctx, &servers)
	if err != nil {
		return nil, err
	}

	netByID := byID(networks, func(n network) string { return n.ID })
	subByID := byID(subnets, func(s subnet) string { return s.ID })
	portByID := byID(ports, func(p port) string { return p.ID })
	routerByID := byID(routers, func(r router) string { return r.ID })
	groupByID := byID(groups, func(g group) string { return g.ID })

	for _, n := range networks {
		w.revision("network", n.ID, n.Revision)
		var have []string
		for _, s := range subnets {
			if s.NetworkID == n.ID {
				have = append(have, s.ID)
			}
		}
		if !sameSet(have, n.Subnets) {
			w.say("network %s names the subnets %v, and has %v", n.ID, n.Subnets, have)
		}
	}
	w.subnets(subnets, netByID)
	w.ports(ports, netByID, subByID, groupByID)
	w.routers(routers, ports, subByID, routerByID)
	w.floating(floating, ports, portByID, routerByID)
	for _, g := range groups {
		w.revision("security group", g.ID, g.Revision)
		for _, r := range g.Rules {
			if r.Group != g.ID {
				w.say("rule %s of security group %s says it is of %s", r.ID, g.ID, r.Group)
			}
		}
	}
	if hasCompute {
		w.instances(servers, ports, netByID)
	}
	counts := map[string]map[string]int{}
	count := func(project, what string) {
		if counts[project] == nil {
			counts[project] = map[string]int{}
		}
		counts[project][what]++
	}
	for _, n := range networks {
		count(n.ProjectID, "network")
	}
	for _, s := range subnets {
		count(s.ProjectID, "subnet")
	}
	for _, p := range ports {
		count(p.ProjectID, "port")
	}
	for _, r := range routers {
		count(r.ProjectID, "router")
	}
	for _, f := range floating {
		count(f.ProjectID, "floatingip")
	}
	for _, g := range groups {
		count(g.ProjectID, "security_group")
		for range g.Rules {
			count(g.ProjectID, "security_group_rule")
		}
	}
	return w.wrong, w.quotas(ctx, counts)
}

func (w *Walker) say(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

func byID[T any](all []T, id func(T) string) map[string]T {
	m := make(map[string]T, len(all))
	for _, o := range all {
		m[id(o)] = o
	}
	return m
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// revision sees that a revision number never goes back.
func (w *Walker) revision(kind, id string, n int64) {
	if n < w.seen[id] {
		w.say("%s %s has revision %d, and had %d", kind, id, n, w.seen[id])
	}
	w.seen[id] = n
}

func (w *Walker) subnets(subnets []subnet, networks map[string]network) {
	ranges := map[string][]netip.Prefix{}
	for _, s := range subnets {
		w.revision("subnet", s.ID, s.Revision)
		if _, ok := networks[s.NetworkID]; !ok {
			w.say("subnet %s is of network %s, which is not there", s.ID, s.NetworkID)
		}
		cidr, err := netip.ParsePrefix(s.CIDR)
		if err != nil {
			w.say("subnet %s has the range %q", s.ID, s.CIDR)
			continue
		}
		for _, other := range ranges[s.NetworkID] {
			if other.Overlaps(cidr) {
				w.say("network %s has two subnets that overlap, %s and %s", s.NetworkID, other, cidr)
			}
		}
		ranges[s.NetworkID] = append(ranges[s.NetworkID], cidr)
		for _, p := range s.Pools {
			for _, end := range []string{p.Start, p.End} {
				if a, err := netip.ParseAddr(end); err != nil || !cidr.Contains(a) {
					w.say("subnet %s has a pool end %s outside of %s", s.ID, end, cidr)
				}
			}
		}
	}
}

func (w *Walker) ports(ports []port, networks map[string]network, subnets map[string]subnet, groups map[string]group) {
	addresses, macs := map[string]string{}, map[string]string{}
	for _, p := range ports {
		w.revision("port", p.ID, p.Revision)
		if _, ok := networks[p.NetworkID]; !ok {
			w.say("port %s is on network %s, which is not there", p.ID, p.NetworkID)
		}
		if other, ok := macs[p.NetworkID+p.MAC]; ok {
			w.say("ports %s and %s have one MAC address, %s", p.ID, other, p.MAC)
		}
		macs[p.NetworkID+p.MAC] = p.ID
		for _, g := range p.Groups {
			if _, ok := groups[g]; !ok {
				w.say("port %s has the security group %s, which is not there", p.ID, g)
			}
		}
		for _, ip := range p.FixedIPs {
			s, ok := subnets[ip.Subnet]
			if !ok || s.NetworkID != p.NetworkID {
				w.say("port %s has an address of subnet %s, which is not of its network", p.ID, ip.Subnet)
				continue
			}
			cidr, _ := netip.ParsePrefix(s.CIDR)
			if a, err := netip.ParseAddr(ip.Address); err != nil || !cidr.Contains(a) {
				w.say("port %s has the address %s outside of %s", p.ID, ip.Address, s.CIDR)
			}
			if other, ok := addresses[ip.Subnet+ip.Address]; ok {
				w.say("ports %s and %s have one address, %s", p.ID, other, ip.Address)
			}
			addresses[ip.Subnet+ip.Address] = p.ID
		}
	}
}

func (w *Walker) routers(routers []router, ports []port, subnets map[string]subnet, byID map[string]router) {
	attached := map[string]string{}
	gateways := map[string][]port{}
	for _, p := range ports {
		switch p.Owner {
		case "network:router_interface":
			if _, ok := byID[p.DeviceID]; !ok {
				w.say("port %s is an interface of router %s, which is not there", p.ID, p.DeviceID)
			}
			for _, ip := range p.FixedIPs {
				if other, ok := attached[p.DeviceID+ip.Subnet]; ok && other != p.ID {
					w.say("router %s is attached twice to subnet %s", p.DeviceID, ip.Subnet)
				}
				attached[p.DeviceID+ip.Subnet] = p.ID
			}
		case "network:router_gateway":
			if _, ok := byID[p.DeviceID]; !ok {
				w.say("port %s is the gateway of router %s, which is not there", p.ID, p.DeviceID)
			}
			gateways[p.DeviceID] = append(gateways[p.DeviceID], p)
		}
	}
	for _, r := range routers {
		w.revision("router", r.ID, r.Revision)
		switch have := gateways[r.ID]; {
		case r.Gateway == nil && len(have) > 0:
			w.say("router %s has no gateway, and a port for one", r.ID)
		case r.Gateway != nil && len(have) != 1:
			w.say("router %s has %d ports for its gateway", r.ID, len(have))
		case r.Gateway != nil:
			if !slices.Equal(r.Gateway.IPs, have[0].FixedIPs) || r.Gateway.Network != have[0].NetworkID {
				w.say("router %s says its gateway is %v, and its port %v", r.ID, r.Gateway.IPs, have[0].FixedIPs)
			}
		}
	}
}

func (w *Walker) floating(all []floatingIP, ports []port, portByID map[string]port, routers map[string]router) {
	owners := map[string]port{}
	for _, p := range ports {
		if p.Owner == "network:floatingip" {
			owners[p.DeviceID] = p
		}
	}
	addresses, fixed := map[string]string{}, map[string]string{}
	for _, f := range all {
		w.revision("floating IP", f.ID, f.Revision)
		if other, ok := addresses[f.Network+f.Address]; ok {
			w.say("floating IPs %s and %s have one address, %s", f.ID, other, f.Address)
		}
		addresses[f.Network+f.Address] = f.ID
		own, ok := owners[f.ID]
		if !ok || !slices.ContainsFunc(own.FixedIPs, func(ip fixedIP) bool { return ip.Address == f.Address }) {
			w.say("floating IP %s has no port with its address %s", f.ID, f.Address)
		}
		delete(owners, f.ID)
		if f.Port == "" {
			continue
		}
		p, ok := portByID[f.Port]
		if !ok || !slices.ContainsFunc(p.FixedIPs, func(ip fixedIP) bool { return ip.Address == f.Fixed }) {
			w.say("floating IP %s leads to %s of port %s, which has no such address", f.ID, f.Fixed, f.Port)
		}
		if other, ok := fixed[f.Port+f.Fixed]; ok {
			w.say("floating IPs %s and %s lead to one address", f.ID, other)
		}
		fixed[f.Port+f.Fixed] = f.ID
		if _, ok := routers[f.Router]; !ok {
			w.say("floating IP %s goes over router %s, which is not there", f.ID, f.Router)
		}
	}
	for id, p := range owners {
		w.say("port %s is that of floating IP %s, which is not there", p.ID, id)
	}
}

func (w *Walker) instances(servers []server, ports []port, networks map[string]network) {
	there := byID(servers, func(s server) string { return s.ID })
	own := map[string][]string{}
	for _, p := range ports {
		if !strings.HasPrefix(p.Owner, "compute:") {
			continue
		}
		if _, ok := there[p.DeviceID]; !ok {
			w.say("port %s is that of server %s, which is not there", p.ID, p.DeviceID)
		}
		for _, ip := range p.FixedIPs {
			own[p.DeviceID] = append(own[p.DeviceID], networks[p.NetworkID].Name+" "+ip.Address)
		}
	}
	for _, s := range servers {
		if s.Status == "ERROR" || s.Status == "BUILD" || s.Status == "SHELVED_OFFLOADED" {
			continue
		}
		var says []string
		for name, all := range s.Addresses {
			for _, a := range all {
				if a.Type == "fixed" {
					says = append(says, name+" "+a.Addr)
				}
			}
		}
		if !sameSet(says, own[s.ID]) {
			w.say("server %s shows the addresses %v, and its ports have %v", s.ID, says, own[s.ID])
		}
	}
}

// quotas compares what the service counts with what is there.
func (w *Walker) quotas(ctx context.Context, counts map[string]map[string]int) error {
	for project, have := range counts {
		if project == "" {
			continue
		}
		var answer struct {
			Quota map[string]struct{ Used int }
		}
		if _, err := w.get(ctx, "/network/v2.0/quotas/"+project+"/details", &answer); err != nil {
			return err
		}
		for _, what := range []string{"network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule"} {
			if used := answer.Quota[what].Used; used != have[what] {
				w.say("the quota of project %s counts %d of %s, and there are %d", project, used, what, have[what])
			}
		}
	}
	return nil
}

func (w *Walker) servers(ctx context.Context, into *[]server) (bool, error) {
	marker := ""
	for {
		var page struct{ Servers []server }
		status, err := w.get(ctx, "/compute/v2.1/servers/detail?all_tenants=1&limit=500&marker="+url.QueryEscape(marker), &page)
		if status == http.StatusNotFound {
			return false, nil // no compute service here
		}
		if err != nil || len(page.Servers) == 0 {
			return true, err
		}
		*into = append(*into, page.Servers...)
		marker = page.Servers[len(page.Servers)-1].ID
	}
}

func (w *Walker) list(ctx context.Context, path, key string, into any) (int, error) {
	var page map[string]json.RawMessage
	status, err := w.get(ctx, path, &page)
	if err != nil {
		return status, err
	}
	return status, json.Unmarshal(page[key], into)
}

func (w *Walker) get(ctx context.Context, path string, into any) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.base+path, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("X-Auth-Token", w.token)
	resp, err := w.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, fmt.Errorf("GET %s: %s: %s", path, resp.Status, raw)
	}
	return resp.StatusCode, json.Unmarshal(raw, into)
}
