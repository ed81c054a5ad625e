package network

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Model says what the first networks are made of.
type Model struct {
	Seed                      int64
	Now                       time.Time
	AdminProject, DemoProject string
}

// Seed makes what DevStack leaves: the external network public, and for demo the network private on router1. The same
// seed gives the same IDs.
func Seed(tx *store.Tx, m Model) error {
	n := 0
	c := &call{s: newService(), admin: true, project: m.AdminProject, nets: map[string]*network{}, pools: map[string]*subnetPool{},
		Request: &web.Request{Request: &http.Request{Method: http.MethodPost}, Tx: tx, Now: m.Now}, newID: func() string {
			n++
			sum := sha256.Sum256(fmt.Appendf(nil, "network %d %d", m.Seed, n))
			id, _ := uuid.FromBytes(sum[:16])
			id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
			return id.String()
		}}
	make := func(res *resource, project string, in values) (record, error) {
		in["tenant_id"] = project
		in, err := res.prepare(c, map[string]any(in), true)
		if err != nil {
			return nil, err
		}
		return res.create(c, in)
	}
	public, err := make(c.s.networks, m.AdminProject, values{"name": "public", "router:external": true, "is_default": true,
		"provider:network_type": "flat", "provider:physical_network": physicalNetwork})
	if err != nil {
		return err
	}
	_, err = make(c.s.subnets, m.AdminProject, values{"name": "public-subnet", "network_id": public.meta().ID, "ip_version": 4,
		"cidr": "172.24.4.0/24", "gateway_ip": "172.24.4.1", "enable_dhcp": false})
	if err != nil {
		return err
	}
	private, err := make(c.s.networks, m.DemoProject, values{"name": "private"})
	if err != nil {
		return err
	}
	sub, err := make(c.s.subnets, m.DemoProject, values{"name": "private-subnet", "network_id": private.meta().ID, "ip_version": 4, "cidr": "10.0.0.0/26"})
	if err != nil {
		return err
	}
	r, err := make(c.s.routers, m.DemoProject, values{"name": "router1",
		"external_gateway_info": map[string]any{"network_id": public.meta().ID}})
	if err != nil {
		return err
	}
	router1 := r.(*router)
	if _, err := c.attachSubnet(router1, sub.meta().ID); err != nil {
		return err
	}
	router1.touch(c.now())
	return store.Put(tx, *router1)
}
