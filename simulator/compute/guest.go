package compute

import (
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Interface is one network interface of a guest.
type Interface struct {
	PortID, NetworkID, MAC string
	IPs                    []string
}

// Guest is what plays inside a server: what its metadata service would tell it, and what its image brought. It is for
// whoever plays the guest (its console, its SSH server).
type Guest struct {
	ServerID, ProjectID, Name, Hostname string
	// User is the image's own user, who gets the key.
	User               string
	KeyName, PublicKey string
	// UserData is decoded.
	UserData string
	// RootPassword is what the image brought for root, AdminPass what Nova gave; either may be "".
	RootPassword, AdminPass string
	ImageName               string
	Metadata                map[string]string
	MemoryMB, VCPUs, DiskGB int
	Addresses               []Interface
	// BootedAt is when it was last switched on; the zero time when it never was or is not running.
	BootedAt time.Time
	// Running says whether it executes: it is not while paused, stopped, shelved or being built.
	Running bool
	// Elsewhere says that it was booted in another cloud: nobody here knows who may log in.
	Elsewhere bool
}

// Ready says whether the guest has booted and answers.
func (g Guest) Ready(now time.Time) bool {
	return g.Running && !g.BootedAt.IsZero() && now.Sub(g.BootedAt) >= BootTime
}

// FindGuest finds the guest of a server by the server's ID, as it is at a moment; store.ErrNotFound when there is none.
func FindGuest(r *web.Request, id string) (Guest, error) {
	s, err := store.Get[server](r.Tx, id)
	if err != nil {
		return Guest{}, err
	}
	now, task := s.at(r.Now)
	if now.isGone() {
		return Guest{}, store.ErrNotFound
	}
	ports, err := network.NewAgent(r).PortsOf(id)
	if err != nil {
		return Guest{}, err
	}
	v := view{server: now, task: task, ports: ports[id]}
	return v.guest(), nil
}

// Guests gives all guests that run, for whoever has to find one by its address.
func Guests(r *web.Request) ([]Guest, error) {
	var ids []string
	for s, err := range store.Each[server](r.Tx, store.By("life", "live")) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, s.ID)
	}
	var all []Guest
	for _, id := range ids {
		g, err := FindGuest(r, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if g.Running {
			all = append(all, g)
		}
	}
	return all, nil
}

func (v *view) guest() Guest {
	g := Guest{ServerID: v.ID, ProjectID: v.ProjectID, Name: v.Name, Hostname: v.Hostname, User: imageUser(v.ImageName), KeyName: v.KeyName,
		PublicKey: v.PublicKey, RootPassword: v.RootPassword, AdminPass: v.AdminPass, ImageName: v.ImageName, Metadata: v.Metadata,
		MemoryMB: v.Flavor.RAM, VCPUs: v.Flavor.VCPUs, DiskGB: v.Flavor.Disk, Running: v.Power == running && v.Host != "",
		Elsewhere: v.bootedElsewhere()}
	if raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v.UserData), "")); err == nil {
		g.UserData = string(raw)
	}
	if v.BootedAt != nil {
		g.BootedAt = *v.BootedAt
	}
	for _, p := range v.ports {
		i := Interface{PortID: p.ID, NetworkID: p.NetworkID, MAC: p.MAC}
		for _, a := range p.Addresses {
			i.IPs = append(i.IPs, a.IP)
		}
		g.Addresses = append(g.Addresses, i)
	}
	return g
}

// imageUser is the user that images of a distribution have.
func imageUser(image string) string {
	for _, d := range []string{"ubuntu", "debian", "fedora", "centos", "rocky", "almalinux", "alpine", "cirros"} {
		if strings.Contains(strings.ToLower(image), d) {
			return d
		}
	}
	return "cirros"
}
