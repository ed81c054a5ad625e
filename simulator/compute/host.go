package compute

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/oslua/oslua/simulator/store"
)

// The one host there is, with what the fake driver of the reference cloud says it has.
const (
	hostName   = "openstack-dev"
	hostVCPUs  = 1000
	hostMemory = 800000 // MB
	hostDisk   = 600000 // GB
	hostKept   = 512    // MB for itself
)

// How much more than it has a host is given.
const (
	cpuRatio = 16
	ramRatio = 1.5
)

// used is what servers take.
type used struct{ Servers, VCPUs, RAM, Disk int }

func of(f *flavor) used { return used{1, f.VCPUs, f.RAM, f.Disk + f.Ephemeral + f.Swap/1024} }

// plus gives the sum with n times of another.
func (u used) plus(o used, n int) used {
	return used{u.Servers + n*o.Servers, u.VCPUs + n*o.VCPUs, u.RAM + n*o.RAM, u.Disk + n*o.Disk}
}

// tally is what the servers of a project, or of the host, take together: counting them each time would make each server
// dearer than the one before it.
type tally struct {
	ID  string
	Sum used
}

// Meta is how the store finds it.
func (t tally) Meta() store.Meta { return store.Meta{Kind: "compute.tally", ID: t.ID} }

// share is what the server takes of its project, from the moment it was asked for, and of its host.
func (s *server) share() (project, host used) {
	if s.Dying {
		return used{}, used{}
	}
	f, where := &s.Flavor, s.Host
	if ch := s.Change; ch != nil {
		if ch.Flavor != nil {
			f = ch.Flavor
		}
		if ch.Host != nil {
			where = *ch.Host
		}
	}
	project = of(f)
	if where != "" {
		host = project
	}
	return project, host
}

// put keeps a server, and the sums it is part of. Every change of one goes through here.
func (c *call) put(s *server) error {
	project, host := s.share()
	for _, t := range []struct {
		id       string
		old, now used
	}{{"project " + s.ProjectID, s.OfProject, project}, {hostTally, s.OfHost, host}} {
		if t.old == t.now {
			continue
		}
		sum, err := c.tally(t.id)
		if err != nil {
			return err
		}
		if err := store.Put(c.Tx, tally{t.id, sum.plus(t.old, -1).plus(t.now, 1)}); err != nil {
			return err
		}
	}
	s.OfProject, s.OfHost = project, host
	return store.Put(c.Tx, *s)
}

const hostTally = "host " + hostName

func (c *call) tally(id string) (used, error) {
	t, err := store.Get[tally](c.Tx, id)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return t.Sum, err
}

// living goes over the servers that are there, as they are now.
func (c *call) living(yield func(server, string) error, where ...store.Where) error {
	for s, err := range store.Each[server](c.Tx, append(where, store.By("life", "live", "dying"))...) {
		if err != nil {
			return err
		}
		now, task := s.at(c.Now)
		if now.isGone() {
			continue
		}
		if err := yield(now, task); err != nil {
			return err
		}
	}
	return nil
}

// onHost is what the servers on the host take.
func (c *call) onHost() (used, error) { return c.tally(hostTally) }

// schedule says why no host can take a server; "" when one can.
func (c *call) schedule(f *flavor, group *serverGroup, _ string) (string, error) {
	const none, filtered = "No valid host was found. ", "No valid host was found. There are not enough hosts available."
	u, err := c.onHost()
	if err != nil {
		return "", err
	}
	disk := f.Disk + f.Ephemeral + f.Swap/1024
	if c.copied() {
		return "", nil // what room there is only the other cloud knows
	}
	if f.VCPUs > hostVCPUs || f.RAM > hostMemory || disk > hostDisk || u.VCPUs+f.VCPUs > hostVCPUs*cpuRatio ||
		float64(u.RAM+f.RAM) > (hostMemory-hostKept)*ramRatio || u.Disk+disk > hostDisk {
		return none, nil
	}
	h, err := c.host()
	if err != nil {
		return "", err
	}
	if h.Disabled || h.ForcedDown {
		return none, nil
	}
	if group == nil || group.Policy != "anti-affinity" {
		return "", nil
	}
	members, err := c.members(group.ID)
	if err != nil {
		return "", err
	}
	most := 1
	if group.MaxPerHost != "" {
		_, _ = fmt.Sscan(group.MaxPerHost, &most) // checked when it was given
	}
	if len(members) >= most {
		return filtered, nil
	}
	return "", nil
}

// members are a group's servers, the oldest first.
func (c *call) members(group string) ([]string, error) {
	all := []string{}
	err := c.living(func(s server, _ string) error {
		all = append(all, s.ID)
		return nil
	}, store.By("group", group))
	return all, err
}

func (c *call) host() (hostState, error) {
	h, err := store.Get[hostState](c.Tx, hostName)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return h, err
}

// hostZone is the availability zone the host is in.
func (c *call) hostZone() (string, error) {
	for a, err := range store.Each[aggregate](c.Tx) {
		if err != nil {
			return "", err
		}
		if a.Zone != "" && slices.Contains(a.Hosts, hostName) {
			return a.Zone, nil
		}
	}
	return "nova", nil
}

// zones are the availability zones that can be asked for.
func (c *call) zones() ([]string, error) {
	if known, err := c.Tx.Var(zonesVar); err != nil || known != "" {
		var all []string
		return all, errors.Join(err, json.Unmarshal([]byte(known), &all))
	}
	zone, err := c.hostZone()
	if err != nil {
		return nil, err
	}
	h, err := c.host()
	if err != nil || h.Disabled {
		return nil, err
	}
	return []string{zone}, nil
}
