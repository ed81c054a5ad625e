package compute

import (
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
type used struct{ servers, vcpus, ram, disk int }

func (u *used) add(f *flavor) {
	u.servers++
	u.vcpus += f.VCPUs
	u.ram += f.RAM
	u.disk += f.Disk + f.Ephemeral + f.Swap/1024
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
func (c *call) onHost() (used, error) {
	var u used
	err := c.living(func(s server, _ string) error {
		if s.Host != "" || s.VM == building {
			u.add(&s.Flavor)
		}
		return nil
	})
	return u, err
}

// schedule says why no host can take a server; "" when one can.
func (c *call) schedule(f *flavor, group *serverGroup, _ string) (string, error) {
	const none, filtered = "No valid host was found. ", "No valid host was found. There are not enough hosts available."
	u, err := c.onHost()
	if err != nil {
		return "", err
	}
	disk := f.Disk + f.Ephemeral + f.Swap/1024
	if f.VCPUs > hostVCPUs || f.RAM > hostMemory || disk > hostDisk || u.vcpus+f.VCPUs > hostVCPUs*cpuRatio ||
		float64(u.ram+f.RAM) > (hostMemory-hostKept)*ramRatio || u.disk+disk > hostDisk {
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
