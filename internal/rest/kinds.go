package rest

import (
	"strings"

	"github.com/oslua/oslua/internal/cloud"
)

// Kind says where the resources of a kind live.
type Kind struct {
	Name    string // "network": the kind of objects and of schema's ref tag
	Service string // cloud.Network
	Path    string // "networks", below the service's endpoint
	Key     string // "network": the member that holds one
	Plural  string // "networks": the member that holds many
	Module  string // "networks": the Lua module that lists them, "" while there is none
	Called  string // the member people know one by, where that is not "name": a floating IP's address

	// OwnFirst takes the one of the own project when several have a name: every project has a security group "default",
	// and an administrator sees them all.
	OwnFirst bool

	Detail       string    // where its resources are listed whole, when Path lists only IDs and names: "servers/detail"
	Microversion string    // the newest its requests ask for; an older service gets its own newest
	Names        nameStyle // how one is found by its name
}

// Noun is the kind in words.
func (k Kind) Noun() string { return strings.ReplaceAll(k.Name, "_", " ") }

// called is the member people know one by.
func (k Kind) called() string {
	if k.Called != "" {
		return k.Called
	}
	return "name"
}

// KindNamed gives the kind by its name.
func KindNamed(name string) (Kind, bool) {
	net := func(path, key, plural, module string) (Kind, bool) {
		return Kind{Name: name, Service: cloud.Network, Path: path, Key: key, Plural: plural, Module: module}, true
	}
	identity := func(path, key, plural, module string) (Kind, bool) {
		return Kind{Name: name, Service: cloud.Identity, Path: path, Key: key, Plural: plural, Module: module}, true
	}
	switch name {
	case "network":
		return net("networks", "network", "networks", "networks")
	case "subnet":
		return net("subnets", "subnet", "subnets", "subnets")
	case "port":
		return net("ports", "port", "ports", "ports")
	case "router":
		return net("routers", "router", "routers", "routers")
	case "security_group":
		k, ok := net("security-groups", "security_group", "security_groups", "security_groups")
		k.OwnFirst = true
		return k, ok
	case "security_group_rule":
		return net("security-group-rules", "security_group_rule", "security_group_rules", "security_groups")
	case "address_group":
		return net("address-groups", "address_group", "address_groups", "")
	case "floating_ip":
		k, ok := net("floatingips", "floatingip", "floatingips", "floating_ips")
		k.Called = "floating_ip_address"
		return k, ok
	case "image":
		return Kind{Name: name, Service: cloud.Image, Path: "images", Plural: "images", Module: "images"}, true
	case "subnetpool":
		return net("subnetpools", "subnetpool", "subnetpools", "")
	case "qos_policy":
		return net("qos/policies", "policy", "policies", "")
	case "segment":
		return net("segments", "segment", "segments", "")
	case "router_flavor":
		return net("flavors", "flavor", "flavors", "")
	case "project":
		return identity("projects", "project", "projects", "projects")
	case "user":
		return identity("users", "user", "users", "")
	case "group":
		return identity("groups", "group", "groups", "")
	case "role":
		return identity("roles", "role", "roles", "")
	case "domain":
		return identity("domains", "domain", "domains", "")
	}
	return computeKind(name)
}
