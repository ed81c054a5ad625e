package network

import (
	"slices"
	"time"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// std is what every document has.
type std struct {
	ID          string
	ProjectID   string
	Name        string
	Description string
	Tags        []string `json:",omitempty"`
	Revision    int
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Kept        web.Kept `json:",omitempty"` // of an object that came from another cloud
}

func (s *std) meta() *std { return s }

// touch notes a change.
func (s *std) touch(now time.Time) {
	s.Revision++
	s.UpdatedAt = now
}

func (s *std) key(kind string, index, unique []store.Key) store.Meta {
	return store.Meta{Kind: "network." + kind, ID: s.ID, ProjectID: s.ProjectID, Name: s.Name, Index: index, Unique: unique}
}

type network struct {
	std
	AdminStateUp, External, IsDefault, PortSecurity bool
	MTU                                             int
	NetworkType, PhysicalNetwork                    string
	SegmentationID                                  int // 0: none
	AZHints                                         []string
}

// Meta is how the store finds it; no two networks share a segment.
func (n network) Meta() store.Meta {
	var unique []store.Key
	switch {
	case n.NetworkType == "flat":
		unique = append(unique, store.Key{Name: "segment", Value: "flat " + n.PhysicalNetwork})
	case n.SegmentationID != 0:
		unique = append(unique, store.Key{Name: "segment", Value: n.NetworkType + " " + python.Str(n.SegmentationID)})
	}
	return n.key("network", nil, unique)
}

type route struct {
	Destination string `json:"destination"`
	NextHop     string `json:"nexthop"`
}

type pool struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

type subnet struct {
	std
	NetworkID, CIDR, Gateway, RAMode, AddressMode, SubnetPoolID string
	IPVersion                                                   int
	DHCP                                                        bool
	Pools                                                       []pool
	DNS, ServiceTypes                                           []string
	Routes                                                      []route
}

// Meta is how the store finds it.
func (s subnet) Meta() store.Meta {
	return s.key("subnet", []store.Key{{Name: "network", Value: s.NetworkID}, {Name: "pool", Value: s.SubnetPoolID}}, nil)
}

type fixedIP struct {
	SubnetID string `json:"subnet_id"`
	IP       string `json:"ip_address"`
}

type addressPair struct {
	IP  string `json:"ip_address"`
	MAC string `json:"mac_address"`
}

type port struct {
	std
	NetworkID, MAC, Status, DeviceID, DeviceOwner, HostID, VNICType string
	AdminStateUp, PortSecurity                                      bool
	FixedIPs                                                        []fixedIP
	Pairs                                                           []addressPair
	SecurityGroups                                                  []string
	DHCPOptions                                                     []any
	Profile                                                         map[string]any
}

// Meta is how the store finds it; no two ports have one address of a subnet, nor one MAC on a network.
func (p port) Meta() store.Meta {
	index := []store.Key{{Name: "network", Value: p.NetworkID}}
	if p.DeviceID != "" {
		index = append(index, store.Key{Name: "device", Value: p.DeviceID})
	}
	var unique []store.Key
	if p.MAC != "" { // one that came from another cloud may have none that can be read
		unique = append(unique, store.Key{Name: "mac", Value: p.NetworkID + " " + p.MAC})
	}
	for _, f := range p.FixedIPs {
		index = append(index, store.Key{Name: "subnet", Value: f.SubnetID})
		unique = append(unique, store.Key{Name: "ip", Value: f.SubnetID + " " + f.IP})
	}
	for _, g := range p.SecurityGroups {
		index = append(index, store.Key{Name: "group", Value: g})
	}
	return p.key("port", index, unique)
}

// on gives the port's addresses on a subnet.
func (p *port) on(subnetID string) []string {
	var ips []string
	for _, f := range p.FixedIPs {
		if f.SubnetID == subnetID {
			ips = append(ips, f.IP)
		}
	}
	return ips
}

type router struct {
	std
	AdminStateUp, SNAT    bool
	GatewayPort, FlavorID string
	Routes                []route
	AZHints               []string
}

// Meta is how the store finds it.
func (r router) Meta() store.Meta { return r.key("router", nil, nil) }

type floatingIP struct {
	std
	NetworkID, Address, FloatingPort, PortID, FixedIP, RouterID, Status string
}

// Meta is how the store finds it; a port's address has one floating IP of an external network.
func (f floatingIP) Meta() store.Meta {
	var index, unique []store.Key
	if f.PortID != "" {
		index = append(index, store.Key{Name: "port", Value: f.PortID})
		unique = append(unique, store.Key{Name: "fixed", Value: f.NetworkID + " " + f.PortID + " " + f.FixedIP})
	}
	if f.RouterID != "" {
		index = append(index, store.Key{Name: "router", Value: f.RouterID})
	}
	return f.key("floatingip", append(index, store.Key{Name: "network", Value: f.NetworkID}), unique)
}

type securityGroup struct {
	std
	Stateful bool
}

// Meta is how the store finds it; a project has one default group.
func (g securityGroup) Meta() store.Meta {
	var unique []store.Key
	if g.Name == defaultGroup {
		unique = append(unique, store.Key{Name: "default", Value: g.ProjectID})
	}
	return g.key("security_group", nil, unique)
}

type securityRule struct {
	std
	Group, Direction, EtherType, Protocol, RemotePrefix, RemoteGroup, RemoteAddressGroup string
	PortMin, PortMax                                                                     *int64
	NoDescription                                                                        bool // made by Neutron itself: null
	AttrID                                                                               int64
	Twice                                                                                bool // another cloud has one like it
}

// Meta is how the store finds it; a group has no rule twice.
func (r securityRule) Meta() store.Meta {
	index := []store.Key{{Name: "group", Value: r.Group}}
	if r.RemoteGroup != "" {
		index = append(index, store.Key{Name: "remote", Value: r.RemoteGroup})
	}
	if r.RemoteAddressGroup != "" {
		index = append(index, store.Key{Name: "addresses", Value: r.RemoteAddressGroup})
	}
	return r.key("security_group_rule", index, []store.Key{{Name: "same", Value: r.same()}})
}

type subnetPool struct {
	std
	Prefixes                   []string
	IPVersion                  int
	DefaultLen, MinLen, MaxLen int64
	Quota                      *int64
	IsDefault, Shared          bool
	AddressScopeID             string
}

// Meta is how the store finds it.
func (p subnetPool) Meta() store.Meta {
	var unique []store.Key
	if p.IsDefault {
		unique = append(unique, store.Key{Name: "default", Value: python.Str(p.IPVersion)})
	}
	return p.key("subnetpool", []store.Key{{Name: "scope", Value: p.AddressScopeID}}, unique)
}

type addressScope struct {
	std
	IPVersion int
}

// Meta is how the store finds it.
func (a addressScope) Meta() store.Meta { return a.key("address_scope", nil, nil) }

type addressGroup struct {
	std
	Addresses []string
}

// Meta is how the store finds it.
func (a addressGroup) Meta() store.Meta { return a.key("address_group", nil, nil) }

// grant is an RBAC policy: what another project may do with an object.
type grant struct {
	std
	ObjectType, ObjectID, Target, Action string
}

// Meta is how the store finds it; the same grant is not given twice.
func (g grant) Meta() store.Meta {
	return g.key("rbac_policy", []store.Key{{Name: "type", Value: g.ObjectType}, {Name: "object", Value: g.ObjectID}},
		[]store.Key{{Name: "same", Value: g.ObjectID + " " + g.Target + " " + g.Action}})
}

// limits are the quotas a project was given; what is not in it is the default.
type limits struct {
	ProjectID string
	Limits    map[string]int
	Names     []string `json:",omitempty"` // of what another cloud limits, in its order
}

// Meta is how the store finds it.
func (l limits) Meta() store.Meta {
	return store.Meta{Kind: "network.quota", ID: l.ProjectID, ProjectID: l.ProjectID}
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
