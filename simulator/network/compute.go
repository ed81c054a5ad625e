package network

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Agent is how the compute service works on networks: in the same transaction, some of it as its caller and some with
// an administrator's rights, as Nova does with Neutron.
type Agent struct{ caller, admin *call }

// ErrAmbiguous says that a name is that of several security groups.
var ErrAmbiguous = errors.New("more than one security group has the name")

// Net is what the compute service wants to know of a network.
type Net struct {
	ID, Name, ProjectID            string
	External, Shared, PortSecurity bool
	Subnets                        int
}

// Address is one fixed address of a port.
type Address struct {
	SubnetID, IP string
	Floating     string // the floating IP on it, if any
}

// Port is what the compute service wants to know of a port.
type Port struct {
	ID, ProjectID, NetworkID, NetworkName, MAC, Status, DeviceID, DeviceOwner, Name string
	Addresses                                                                       []Address
	SecurityGroups                                                                  []string
	PortSecurity                                                                    bool
}

// Group is a security group by its names.
type Group struct{ ID, Name, Description, ProjectID string }

// GroupRule is a security group's rule for incoming traffic.
type GroupRule struct {
	ID, EtherType, Protocol, RemotePrefix string
	RemoteGroup                           string // its ID
	PortMin, PortMax                      *int64
}

// PortSpec says what port to make for a server.
type PortSpec struct {
	NetworkID, ProjectID, FixedIP, DeviceID, DeviceOwner, Host string
	SecurityGroups                                             []string // nil: the project's default
}

// NewAgent gives the agent of a request.
func NewAgent(r *web.Request) *Agent {
	c := &call{Request: r, s: newService(), nets: map[string]*network{}, pools: map[string]*subnetPool{}}
	if r.Caller != nil {
		c.admin, c.project = r.Caller.Admin(), r.Caller.ProjectID
	}
	return &Agent{caller: c, admin: c.elevated()}
}

func (a *Agent) net(n *network) (Net, error) {
	subnets, err := a.admin.subnetsOf(n.ID)
	return Net{ID: n.ID, Name: n.Name, ProjectID: n.ProjectID, External: n.External, PortSecurity: n.PortSecurity,
		Shared: a.caller.sharedWith("network", n.ID, a.caller.project), Subnets: len(subnets)}, err
}

// Network finds a network the caller may see, or store.ErrNotFound.
func (a *Agent) Network(id string) (Net, error) {
	n, err := a.caller.network(id)
	if err != nil {
		return Net{}, err
	}
	return a.net(n)
}

// Networks are those a project's server may be put on without being told: its own and the shared ones.
func (a *Agent) Networks(project string) ([]Net, error) {
	var all []Net
	for n, err := range store.Each[network](a.admin.Tx) {
		if err != nil {
			return nil, err
		}
		if n.ProjectID != project && !a.admin.sharedWith("network", n.ID, project) {
			continue
		}
		one, err := a.net(&n)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// AutoNetwork gives the network of the caller's automatic topology, making it when there is none.
func (a *Agent) AutoNetwork() (string, error) {
	c := *a.caller
	hr := a.caller.Request.Clone(a.caller.Context())
	hr.SetPathValue("id", "null")
	r := *a.caller.Request
	r.Request = hr
	c.Request = &r
	resp, err := autoTopology(&c)
	if err != nil {
		return "", err
	}
	answer, _ := resp.Body.(ordered)
	for _, m := range answer {
		inner, _ := m.value.(ordered)
		for _, f := range inner {
			if id, ok := f.value.(string); ok && f.key == "id" {
				return id, nil
			}
		}
	}
	return "", store.ErrNotFound
}

// Port finds a port the caller may see, or store.ErrNotFound.
func (a *Agent) Port(id string) (Port, error) {
	p, err := a.caller.port(id)
	if err != nil {
		return Port{}, err
	}
	all, err := a.show([]port{*p})
	if err != nil {
		return Port{}, err
	}
	return all[0], nil
}

// PortsOf gives the ports of servers, by server, the oldest first.
func (a *Agent) PortsOf(devices ...string) (map[string][]Port, error) {
	found, err := store.List[port](a.admin.Tx, store.By("device", devices...))
	if err != nil {
		return nil, err
	}
	all, err := a.show(found)
	if err != nil {
		return nil, err
	}
	byDevice := map[string][]Port{}
	for _, p := range all {
		byDevice[p.DeviceID] = append(byDevice[p.DeviceID], p)
	}
	return byDevice, nil
}

// show adds what of other objects belongs to ports: the names of their networks and their floating IPs.
func (a *Agent) show(found []port) ([]Port, error) {
	if len(found) == 0 {
		return nil, nil
	}
	var ids, nets []string
	for _, p := range found {
		ids = append(ids, p.ID)
		if !slices.Contains(nets, p.NetworkID) {
			nets = append(nets, p.NetworkID)
		}
	}
	names := map[string]string{}
	for n, err := range store.Each[network](a.admin.Tx, store.ID(nets...)) {
		if err != nil {
			return nil, err
		}
		names[n.ID] = n.Name
	}
	floating := map[string]string{}
	for f, err := range store.Each[floatingIP](a.admin.Tx, store.By("port", ids...)) {
		if err != nil {
			return nil, err
		}
		floating[f.PortID+" "+f.FixedIP] = f.Address
	}
	all := make([]Port, len(found))
	for i, p := range found {
		one := Port{ID: p.ID, ProjectID: p.ProjectID, NetworkID: p.NetworkID, NetworkName: names[p.NetworkID], MAC: p.MAC, Status: p.Status,
			DeviceID: p.DeviceID, DeviceOwner: p.DeviceOwner, Name: p.Name, SecurityGroups: p.SecurityGroups, PortSecurity: p.PortSecurity}
		for _, f := range p.FixedIPs {
			one.Addresses = append(one.Addresses, Address{SubnetID: f.SubnetID, IP: f.IP, Floating: floating[p.ID+" "+f.IP]})
		}
		all[i] = one
	}
	return all, nil
}

// FreePorts says how many ports a project may still make; -1 is any number.
func (a *Agent) FreePorts(project string) (int, error) {
	limit, err := a.admin.limit(project, "port")
	if err != nil || limit < 0 {
		return -1, err
	}
	used, err := a.admin.s.ports.count(a.admin, project)
	return max(0, limit-used), err
}

// CreatePort makes and binds a port. Its errors are the network service's own.
func (a *Agent) CreatePort(spec PortSpec) (Port, error) {
	in := map[string]any{"tenant_id": spec.ProjectID, "network_id": spec.NetworkID, "device_id": spec.DeviceID,
		"device_owner": spec.DeviceOwner, "admin_state_up": true, "binding:host_id": spec.Host}
	if spec.FixedIP != "" {
		in["fixed_ips"] = []any{map[string]any{"ip_address": spec.FixedIP}}
	}
	if spec.SecurityGroups != nil {
		groups := []any{}
		for _, g := range spec.SecurityGroups {
			groups = append(groups, g)
		}
		in["security_groups"] = groups
	}
	res := a.admin.s.ports
	values, err := res.prepare(a.admin, in, true)
	if err != nil {
		return Port{}, err
	}
	if err := a.admin.checkQuota(res, spec.ProjectID, 1); err != nil {
		return Port{}, err
	}
	p, err := a.admin.createPort(values)
	if err != nil {
		return Port{}, err
	}
	all, err := a.show([]port{*p})
	if err != nil {
		return Port{}, err
	}
	return all[0], nil
}

// BindPort gives a port to a server, or takes it back with empty values.
func (a *Agent) BindPort(id, device, owner, host string) error {
	p, err := a.admin.port(id)
	if err != nil {
		return err
	}
	return a.admin.updatePort(p, values{"device_id": device, "device_owner": owner, "binding:host_id": host})
}

// DropPort deletes a port.
func (a *Agent) DropPort(id string) error {
	p, err := a.admin.port(id)
	if err != nil {
		return err
	}
	return a.admin.dropPort(p)
}

// SetGroups gives a port its security groups.
func (a *Agent) SetGroups(id string, groups []string) error {
	p, err := a.admin.port(id)
	if err != nil {
		return err
	}
	list := []any{}
	for _, g := range groups {
		list = append(list, g)
	}
	return a.admin.updatePort(p, values{"security_groups": list})
}

// FindGroup finds a project's security group by ID or name: store.ErrNotFound, or ErrAmbiguous.
func (a *Agent) FindGroup(project, ref string) (Group, error) {
	if ref == defaultGroup && a.admin.Tx.Writable() {
		if _, err := a.admin.ensureDefaultGroup(project); err != nil {
			return Group{}, err
		}
	}
	if g, err := store.Get[securityGroup](a.admin.Tx, ref); err == nil && a.caller.seesGroup(&g) {
		return groupOf(&g), nil
	} else if err != nil && !errors.Is(err, store.ErrNotFound) {
		return Group{}, err
	}
	all, err := store.List[securityGroup](a.admin.Tx, store.Project(project), store.Name(ref))
	switch {
	case err != nil:
		return Group{}, err
	case len(all) == 0:
		return Group{}, store.ErrNotFound
	case len(all) > 1:
		return Group{}, ErrAmbiguous
	}
	return groupOf(&all[0]), nil
}

func groupOf(g *securityGroup) Group {
	return Group{ID: g.ID, Name: g.Name, Description: g.Description, ProjectID: g.ProjectID}
}

// Groups gives security groups by their IDs.
func (a *Agent) Groups(ids ...string) (map[string]Group, error) {
	all := map[string]Group{}
	for g, err := range store.Each[securityGroup](a.admin.Tx, store.ID(ids...)) {
		if err != nil {
			return nil, err
		}
		all[g.ID] = groupOf(&g)
	}
	return all, nil
}

// CountGroups says how many security groups a project has.
func (a *Agent) CountGroups(project string) (int, error) {
	return store.Count[securityGroup](a.admin.Tx, store.Project(project))
}

// Incoming are a group's rules for incoming traffic.
func (a *Agent) Incoming(group string) ([]GroupRule, error) {
	var all []GroupRule
	for r, err := range store.Each[securityRule](a.admin.Tx, store.By("group", group)) {
		if err != nil {
			return nil, err
		}
		if r.Direction == "ingress" {
			all = append(all, ruleOf(&r))
		}
	}
	return all, nil
}

// IsOverQuota says whether an error of the network service is that of a quota.
func IsOverQuota(err error) bool {
	var e *web.Error
	return errors.As(err, &e) && e.Status == http.StatusConflict && strings.HasPrefix(e.Type, "OverQuota")
}

// PortAt finds the port that has an address of a network; nil when none has.
func (a *Agent) PortAt(networkID, ip string) (*Port, error) {
	subnets, err := a.admin.subnetsOf(networkID)
	if err != nil {
		return nil, err
	}
	for _, s := range subnets {
		id, err := store.Owner[port](a.admin.Tx, "ip", s.ID+" "+ip)
		if err != nil {
			return nil, err
		}
		if id != "" {
			p, err := a.admin.port(id)
			if err != nil {
				return nil, err
			}
			return &Port{ID: p.ID, ProjectID: p.ProjectID, NetworkID: p.NetworkID, DeviceID: p.DeviceID, DeviceOwner: p.DeviceOwner}, nil
		}
	}
	return nil, nil
}

// GroupsOf are a project's security groups, its default one first made when it has none.
func (a *Agent) GroupsOf(project string) ([]Group, error) {
	if a.admin.Tx.Writable() {
		if _, err := a.admin.ensureDefaultGroup(project); err != nil {
			return nil, err
		}
	}
	var all []Group
	for g, err := range store.Each[securityGroup](a.admin.Tx, store.Project(project)) {
		if err != nil {
			return nil, err
		}
		all = append(all, groupOf(&g))
	}
	return all, nil
}

// NewGroup makes a security group in the caller's project. Its errors, as those of the four functions that follow, are
// the network service's own.
func (a *Agent) NewGroup(name, description string) (Group, error) {
	c, res := a.caller, a.caller.s.groups
	in, err := res.prepare(c, map[string]any{"name": name, "description": description}, true)
	if err != nil {
		return Group{}, err
	}
	if _, err := c.ensureDefaultGroup(c.project); err != nil {
		return Group{}, err
	}
	if err := c.checkQuota(res, c.project, 1); err != nil {
		return Group{}, err
	}
	g, err := c.newGroup(in)
	if err != nil {
		return Group{}, err
	}
	return groupOf(g), nil
}

// EditGroup gives a security group another name and description.
func (a *Agent) EditGroup(id, name, description string) (Group, error) {
	c, res := a.caller, a.caller.s.groups
	in, err := res.prepare(c, map[string]any{"name": name, "description": description}, false)
	if err != nil {
		return Group{}, err
	}
	r, err := res.get(c, id)
	if err != nil {
		return Group{}, err
	}
	g := r.(*securityGroup)
	if err := c.updateGroup(g, in); err != nil {
		return Group{}, err
	}
	return groupOf(g), nil
}

// DropGroup deletes a security group.
func (a *Agent) DropGroup(id string) error { return a.caller.s.groups.drop(a.caller, id) }

// NewRule adds a rule for incoming traffic to a security group.
func (a *Agent) NewRule(group string, rule GroupRule) (GroupRule, error) {
	c, res := a.caller, a.caller.s.rules
	body := map[string]any{"security_group_id": group, "direction": "ingress", "ethertype": rule.EtherType}
	for name, v := range map[string]string{"protocol": rule.Protocol, "remote_ip_prefix": rule.RemotePrefix, "remote_group_id": rule.RemoteGroup} {
		if v != "" {
			body[name] = v
		}
	}
	for name, p := range map[string]*int64{"port_range_min": rule.PortMin, "port_range_max": rule.PortMax} {
		if p != nil {
			body[name] = strconv.FormatInt(*p, 10)
		}
	}
	in, err := res.prepare(c, body, true)
	if err != nil {
		return GroupRule{}, err
	}
	if err := c.checkQuota(res, c.project, 1); err != nil {
		return GroupRule{}, err
	}
	r, err := c.createRule(in)
	if err != nil {
		return GroupRule{}, err
	}
	return ruleOf(r), nil
}

// DropRule deletes a security group's rule.
func (a *Agent) DropRule(id string) error { return a.caller.s.rules.drop(a.caller, id) }

func (res *resource) drop(c *call, id string) error {
	r, err := res.get(c, id)
	if err != nil {
		return err
	}
	if err := res.mayChange(c, "delete", r); err != nil {
		return err
	}
	return res.remove(c, r)
}

func ruleOf(r *securityRule) GroupRule {
	return GroupRule{ID: r.ID, EtherType: r.EtherType, Protocol: r.Protocol, RemotePrefix: r.RemotePrefix, RemoteGroup: r.RemoteGroup,
		PortMin: r.PortMin, PortMax: r.PortMax}
}
