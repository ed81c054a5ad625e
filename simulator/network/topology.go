package network

import (
	"math/big"
	"slices"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// availability counts the addresses of a network.
func (c *call) availability(n *network) (ordered, error) {
	subnets, err := c.subnetsOf(n.ID)
	if err != nil {
		return nil, err
	}
	total, used := new(big.Int), 0
	each := []ordered{}
	for _, s := range subnets {
		ports, err := store.List[port](c.Tx, store.By("subnet", s.ID))
		if err != nil {
			return nil, err
		}
		u := 0
		for _, p := range ports {
			u += len(p.on(s.ID))
		}
		t := new(big.Int)
		for _, p := range s.spans() {
			t.Add(t, p.size())
		}
		each = append(each, ordered{{"subnet_id", s.ID}, {"ip_version", s.IPVersion}, {"cidr", s.CIDR}, {"subnet_name", s.Name}, {"used_ips", u}, {"total_ips", t}})
		total.Add(total, t)
		used += u
	}
	return ordered{{"network_id", n.ID}, {"network_name", n.Name}, {"tenant_id", n.ProjectID}, {"project_id", n.ProjectID},
		{"subnet_ip_availability", each}, {"used_ips", used}, {"total_ips", total}}, nil
}

func (s *service) listAvailability(c *call) (*web.Response, error) {
	all := []ordered{}
	if !c.admin {
		return web.OK(ordered{{"network_ip_availabilities", all}}), nil
	}
	q := c.Query()
	where := []store.Where{store.ByID()}
	if ids := q["id"]; len(ids) > 0 {
		where = append(where, store.ID(ids...))
	}
	for r, err := range s.networks.list(c, where...) {
		if err != nil {
			return nil, err
		}
		n := r.(*network)
		wants := func(have string, keys ...string) bool {
			for _, k := range keys {
				if want := q[k]; len(want) > 0 && !slices.Contains(want, have) {
					return false
				}
			}
			return true
		}
		if !wants(n.ID, "network_id") || !wants(n.Name, "network_name") || !wants(n.ProjectID, "tenant_id", "project_id") {
			continue
		}
		o, err := c.availability(n)
		if err != nil {
			return nil, err
		}
		all = append(all, o.only(c.fields()))
	}
	return web.OK(ordered{{"network_ip_availabilities", all}}), nil
}

func (s *service) showAvailability(c *call) (*web.Response, error) {
	r, err := s.networks.get(c, c.id())
	if err != nil {
		return nil, err
	}
	if !c.admin {
		return nil, hidden()
	}
	o, err := c.availability(r.(*network))
	return web.OK(ordered{{"network_ip_availability", o.only(c.fields())}}), err
}

// topology remembers what was made for a project that asked for a network of its own.
type topology struct{ ProjectID, NetworkID, RouterID string }

// Meta is how the store finds it.
func (t topology) Meta() store.Meta {
	return store.Meta{Kind: "network.topology", ID: t.ProjectID, ProjectID: t.ProjectID}
}

// topologyProject is whose topology a request is about.
func (c *call) topologyProject() (string, error) {
	id := c.id()
	if id == "null" || id == "None" {
		id = c.project
	}
	if id != c.project && !c.admin {
		return "", fault(403, "NotAuthorized", "Not authorized.")
	}
	return id, nil
}

func autoFailure(reason string) error {
	return conflict("AutoAllocationFailure", "Deployment error: %s.", reason)
}

func autoTopology(c *call) (*web.Response, error) {
	project, err := c.topologyProject()
	if err != nil {
		return nil, err
	}
	if t, err := store.Get[topology](c.Tx, project); err == nil {
		return web.OK(topologyAnswer(t.NetworkID, project)), nil
	}
	external, pools, err := c.topologyNeeds()
	if err != nil {
		return nil, err
	}
	if slices.Contains(c.Query()["fields"], "dry-run") {
		return web.OK(topologyAnswer("dry-run=pass", project)), nil
	}
	up := c.elevated()
	up.project = project
	n, err := up.createNetwork(values{"tenant_id": project, "name": "auto_allocated_network", "admin_state_up": true, "port_security_enabled": true})
	if err != nil {
		return nil, err
	}
	r, err := up.createRouter(values{"tenant_id": project, "name": "auto_allocated_router", "admin_state_up": true,
		"external_gateway_info": map[string]any{"network_id": external}})
	if err != nil {
		return nil, err
	}
	for _, id := range pools {
		p, err := c.subnetPool(id)
		if err != nil {
			return nil, err
		}
		s, err := up.createSubnet(values{"tenant_id": project, "name": "auto_allocated_subnet_v" + python.Str(p.IPVersion), "network_id": n.ID,
			"ip_version": p.IPVersion, "subnetpool_id": id, "enable_dhcp": true})
		if err != nil {
			return nil, err
		}
		if _, err := up.attachSubnet(r, s.ID); err != nil {
			return nil, err
		}
	}
	if err := store.Put(c.Tx, topology{project, n.ID, r.ID}); err != nil {
		return nil, err
	}
	return web.OK(topologyAnswer(n.ID, project)), nil
}

func topologyAnswer(id, project string) ordered {
	return ordered{{"auto_allocated_topology", ordered{{"id", id}, {"tenant_id", project}, {"project_id", project}}}}
}

// topologyNeeds finds the default external network and the default pools.
func (c *call) topologyNeeds() (external string, pools []string, err error) {
	for n, err := range store.Each[network](c.Tx) {
		if err != nil {
			return "", nil, err
		}
		if n.External && n.IsDefault {
			external = n.ID
		}
	}
	for _, v := range []string{"4", "6"} {
		id, err := store.Owner[subnetPool](c.Tx, "default", v)
		if err != nil {
			return "", nil, err
		}
		if id != "" {
			pools = append(pools, id)
		}
	}
	switch {
	case len(pools) == 0:
		return "", nil, autoFailure("Unable to provide tenant private network")
	case external == "":
		return "", nil, autoFailure("No default router:external network")
	}
	return external, pools, nil
}

func deleteTopology(c *call) (*web.Response, error) {
	project, err := c.topologyProject()
	if err != nil {
		return nil, err
	}
	t, err := store.Get[topology](c.Tx, project)
	if err != nil {
		return web.NoContent(), nil
	}
	up := c.elevated()
	if r, err := store.Get[router](c.Tx, t.RouterID); err == nil {
		ports, err := c.attached(&r)
		if err != nil {
			return nil, err
		}
		for _, p := range ports {
			if p.DeviceOwner == interfaceOwner {
				if err := c.dropPort(&p); err != nil {
					return nil, err
				}
			}
		}
		if err := up.deleteRouter(&r); err != nil {
			return nil, err
		}
	}
	if n, err := store.Get[network](c.Tx, t.NetworkID); err == nil {
		if err := up.deleteNetwork(&n); err != nil {
			return nil, err
		}
	}
	return web.NoContent(), store.Delete[topology](c.Tx, project)
}
