package compute

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// hostID hides a host's name from the project.
func hostID(project, host string) string {
	if host == "" {
		return ""
	}
	sum := sha256.Sum224([]byte(project + host))
	return hex.EncodeToString(sum[:])
}

// view is a server with what other services know of it.
type view struct {
	server
	task   string
	ports  []network.Port
	groups map[string]network.Group
	zone   string
}

// wired says whether clients see the server's addresses yet.
func (v *view) wired() bool {
	return v.VM != building || v.task == "block_device_mapping" || v.task == "spawning"
}

// views looks up what the views of some servers need, all at once.
func (c *call) views(all []server, tasks []string) ([]view, error) {
	zone, err := c.hostZone()
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i, s := range all {
		ids[i] = s.ID
	}
	ports := map[string][]network.Port{}
	if len(ids) > 0 {
		if ports, err = c.net().PortsOf(ids...); err != nil {
			return nil, err
		}
	}
	var groups []string
	for _, list := range ports {
		for _, p := range list {
			for _, g := range p.SecurityGroups {
				if !slices.Contains(groups, g) {
					groups = append(groups, g)
				}
			}
		}
	}
	names := map[string]network.Group{}
	if len(groups) > 0 {
		if names, err = c.net().Groups(groups...); err != nil {
			return nil, err
		}
	}
	shown := make([]view, len(all))
	for i, s := range all {
		shown[i] = view{server: s, task: tasks[i], ports: ports[s.ID], groups: names, zone: zone}
	}
	return shown, nil
}

func (c *call) view(s server, task string) (*view, error) {
	all, err := c.views([]server{s}, []string{task})
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

func ipVersion(ip string) int {
	if a, err := netip.ParseAddr(ip); err == nil && a.Is6() {
		return 6
	}
	return 4
}

// addresses are a server's addresses by the names of its networks.
func (v *view) addresses(full bool) web.Object {
	o := web.Object{}
	if !v.wired() {
		return o
	}
	for _, p := range v.ports {
		list, _ := o[p.NetworkName].([]web.Object)
		if list == nil {
			list = []web.Object{}
		}
		add := func(ip, kind string) {
			a := web.Object{"version": ipVersion(ip), "addr": ip}
			if full {
				a["OS-EXT-IPS:type"], a["OS-EXT-IPS-MAC:mac_addr"] = kind, p.MAC
			}
			list = append(list, a)
		}
		for _, a := range p.Addresses {
			add(a.IP, "fixed")
		}
		for _, a := range p.Addresses {
			if a.Floating != "" {
				add(a.Floating, "floating")
			}
		}
		o[p.NetworkName] = list
	}
	return o
}

// securityGroups are the names of the groups on the server's ports, port by port.
func (v *view) securityGroups() []web.Object {
	if !v.wired() {
		return nil
	}
	var all []web.Object
	for _, p := range v.ports {
		for _, id := range p.SecurityGroups {
			if g, ok := v.groups[id]; ok {
				all = append(all, web.Object{"name": g.Name})
			}
		}
	}
	return all
}

func (c *call) flavorOf(v *view) web.Object {
	if !c.at(47) {
		return web.Object{"id": v.Flavor.ID, "links": []web.Object{{"rel": "bookmark", "href": c.bookmark("/flavors/" + v.Flavor.ID)}}}
	}
	f := v.Flavor
	return web.Object{"vcpus": f.VCPUs, "ram": f.RAM, "disk": f.Disk, "ephemeral": f.Ephemeral, "swap": f.Swap, "original_name": f.Name,
		"extra_specs": emptyMap(f.Specs)}
}

func faultWire(f *fault, admin bool) web.Object {
	o := web.Object{"code": f.Code, "created": isoTime(f.Created), "message": f.Message}
	if f.Details != "" && (f.Code != 500 || admin) {
		o["details"] = f.Details
	}
	return o
}

// wire is the detailed form. all is false in the answers to an update or a rebuild before 2.75.
func (c *call) serverWire(v *view, all bool) web.Object {
	word := status(v.VM, v.task)
	var image any = ""
	if v.ImageID != "" {
		image = web.Object{"id": v.ImageID, "links": []web.Object{{"rel": "bookmark", "href": c.bookmark("/images/" + v.ImageID)}}}
	}
	o := web.Object{"id": v.ID, "name": v.Name, "status": word, "tenant_id": v.ProjectID, "user_id": v.UserID, "metadata": emptyMap(v.Metadata),
		"hostId": hostID(v.ProjectID, v.Host), "image": image, "flavor": c.flavorOf(v), "created": isoTime(v.CreatedAt), "updated": isoTime(v.UpdatedAt),
		"addresses": v.addresses(all), "accessIPv4": v.AccessIPv4, "accessIPv6": v.AccessIPv6, "links": c.links("/servers/" + v.ID),
		"OS-DCF:diskConfig": diskConfig(v.AutoDisk)}
	if (word == "ERROR" || word == "DELETED") && v.Fault != nil {
		o["fault"] = faultWire(v.Fault, c.admin)
	}
	switch word {
	case "ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING":
		o["progress"] = 0
	}
	if all {
		c.fullWire(v, o)
	}
	if c.at(9) {
		o["locked"] = v.LockedBy != ""
	}
	if c.at(73) {
		o["locked_reason"] = orNull(v.LockedReason)
	}
	if c.at(19) {
		o["description"] = v.Description
	}
	if c.at(26) {
		o["tags"] = emptyTexts(v.Tags)
	}
	if c.at(63) {
		o["trusted_image_certificates"] = nil
		if len(v.Certificates) > 0 {
			o["trusted_image_certificates"] = v.Certificates
		}
	}
	if c.at(90) && (!c.admin || !all) {
		o["OS-EXT-SRV-ATTR:hostname"] = v.Hostname
	}
	v.Kept.Apply(o, func(string) bool { return all && v.Change == nil })
	return o
}

// fullWire adds what extensions of Nova once added.
func (c *call) fullWire(v *view, o web.Object) {
	o["OS-EXT-AZ:availability_zone"] = v.Zone
	if v.Host != "" {
		o["OS-EXT-AZ:availability_zone"] = v.zone
	}
	o["config_drive"] = v.ConfigDrive
	o["key_name"] = orNull(v.KeyName)
	o["OS-SRV-USG:launched_at"], o["OS-SRV-USG:terminated_at"] = microTimeOrNull(v.LaunchedAt), microTimeOrNull(v.TerminatedAt)
	if groups := v.securityGroups(); groups != nil {
		o["security_groups"] = groups
	}
	if c.admin {
		o["OS-EXT-SRV-ATTR:host"], o["OS-EXT-SRV-ATTR:hypervisor_hostname"] = orNull(v.Host), orNull(v.Host)
		o["OS-EXT-SRV-ATTR:instance_name"] = v.instanceName()
		if c.at(3) {
			o["OS-EXT-SRV-ATTR:reservation_id"], o["OS-EXT-SRV-ATTR:launch_index"] = v.ReservationID, v.LaunchIndex
			o["OS-EXT-SRV-ATTR:hostname"], o["OS-EXT-SRV-ATTR:kernel_id"], o["OS-EXT-SRV-ATTR:ramdisk_id"] = v.Hostname, "", ""
			o["OS-EXT-SRV-ATTR:root_device_name"], o["OS-EXT-SRV-ATTR:user_data"] = v.rootDevice(), orNull(v.UserData)
		}
	}
	o["OS-EXT-STS:task_state"], o["OS-EXT-STS:vm_state"], o["OS-EXT-STS:power_state"] = orNull(v.task), v.VM, v.Power
	o["os-extended-volumes:volumes_attached"] = []any{}
	if c.at(16) && c.admin {
		o["host_status"] = ""
		if v.Host != "" {
			o["host_status"] = "UP"
		}
	}
}

func (s *server) instanceName() string { return fmt.Sprintf("instance-%08x", s.Number) }

// rootDevice is known once there is a host.
func (s *server) rootDevice() any {
	if s.Host == "" {
		return nil
	}
	return "/dev/sda"
}

func emptyTexts(all []string) []string {
	if all == nil {
		return []string{}
	}
	return all
}

// withGroups adds the server's group, from 2.71 on.
func (c *call) withGroups(v *view, o web.Object) (web.Object, error) {
	if !c.at(71) {
		return o, nil
	}
	groups := []string{}
	if v.GroupID != "" {
		there, err := store.Has[serverGroup](c.Tx, v.GroupID)
		if err != nil {
			return nil, err
		}
		if there {
			groups = append(groups, v.GroupID)
		}
	}
	o["server_groups"] = groups
	return o, nil
}

func (c *call) brief(s *server) web.Object {
	return web.Object{"id": s.ID, "name": s.Name, "links": c.links("/servers/" + s.ID)}
}
