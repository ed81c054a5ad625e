package servers

import (
	"context"
	"fmt"
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

type preflighting struct{ making }

// problem is one thing that speaks against a creation.
type problem struct{ option, message, hint string }

// preflight looks at everything that can be known to fail. What cannot be looked at is left to the service.
func (m module) preflight(ctx context.Context, in preflighting) ([]any, error) {
	const op = "servers.preflight"
	ctx = rest.LookingUp(ctx)
	if _, err := m.userData(ctx, op, in.making); err != nil {
		return nil, err
	}
	word, err := in.plugs(op)
	if err != nil {
		return nil, err
	}
	c := check{m, ctx, op, nil}
	flavor := c.fetch("flavor", "flavor", in.Flavor)
	image := c.fetch("image", "image", in.Image)
	if !in.Image.Given() && len(in.BlockDevices) == 0 {
		c.add("image", "no image is named", "images.list{} shows the images there are")
	}
	if flavor != nil && image != nil {
		c.size(*flavor, *image)
	}
	if flavor != nil {
		c.quota(*flavor, max(in.MinCount, in.MaxCount, 1))
	}
	if in.KeyName.Given() {
		c.fetch("key_name", "keypair", in.KeyName)
	}
	if err := c.networks(in.making, word); err != nil {
		return nil, err
	}
	out := []any{}
	for _, p := range c.problems {
		out = append(out, map[string]any{"option": p.option, "message": p.message, "hint": p.hint})
	}
	return out, nil
}

type check struct {
	m        module
	ctx      context.Context
	op       string
	problems []problem
}

func (c *check) add(option, message, hint string) {
	c.problems = append(c.problems, problem{option, message, hint})
}

// fetch gets what an option means, or notes that there is none.
func (c *check) fetch(option, kind string, ref schema.Ref) *schema.Object {
	if !ref.Given() {
		return nil
	}
	obj, err := c.m.Client().Of(kind).Get(c.ctx, c.op, ref)
	if err != nil {
		c.failed(option, err)
		return nil
	}
	return &obj
}

// failed notes an error as a problem.
func (c *check) failed(option string, err error) {
	if e := asError(err); e != nil {
		c.add(option, e.Message, e.Hint)
		return
	}
	c.add(option, err.Error(), "")
}

func (c *check) networks(in making, word string) error {
	nets := c.m.Client().Of("network")
	switch {
	case word == none:
		return nil
	case len(in.Networks) == 0:
		return c.anyNetwork(nets)
	}
	for _, n := range in.Networks {
		if n.Port.Given() {
			c.port(n.Port)
			continue
		}
		obj, err := nets.Get(c.ctx, c.op, n.Network)
		if err != nil {
			c.failed("networks", err)
			continue
		}
		c.network(obj, n.FixedIP)
	}
	return nil
}

// anyNetwork looks at what the service would choose from: the project's own networks, and shared ones.
func (c *check) anyNetwork(nets *rest.Collection) error {
	project, err := c.m.Client().Conn.ProjectID(c.ctx)
	if err != nil {
		return err
	}
	list, err := nets.List(c.ctx, c.op, nil)
	if err != nil {
		c.failed("networks", err)
		return nil
	}
	var names []string
	var only schema.Object
	for _, raw := range rest.Rows[rawRow](list) {
		obj := schema.Object{Kind: "network", JSON: raw.text}
		var shared bool
		rest.Member(obj, "shared", &shared)
		if shared || rest.Text(obj, "project_id") == project {
			names = append(names, rest.Text(obj, "name"))
			only = obj
		}
	}
	switch len(names) {
	case 0:
		c.add("networks", "the project has no network", "networks.create{ name = ... } and subnets.create{ network = ..., cidr = ... } make one")
	case 1:
		c.network(only, "")
	default:
		slices.Sort(names)
		c.add("networks", "there are several networks ("+strings.Join(names, ", ")+") and none is named", `say which: network = "`+names[0]+`"`)
	}
	return nil
}

func (c *check) port(ref schema.Ref) {
	obj, err := c.m.Client().Of("port").Get(c.ctx, c.op, ref)
	switch {
	case err != nil:
		c.failed("networks", err)
	case rest.Text(obj, "device_id") != "":
		c.add("networks", "port "+ref.String()+" is in use by "+rest.Text(obj, "device_id"), "take another port, or take this one off first")
	}
}

// rawRow keeps a row as it came.
type rawRow struct{ text []byte }

// UnmarshalJSON keeps the text.
func (r *rawRow) UnmarshalJSON(text []byte) error {
	r.text = slices.Clone(text)
	return nil
}

// size compares a flavor with an image, as the service and the hypervisor do.
func (c *check) size(flavor, image schema.Object) {
	var disk, ram, minDisk, minRAM, size, virtual int64
	for _, v := range []struct {
		obj  schema.Object
		key  string
		into *int64
	}{
		{flavor, "disk", &disk}, {flavor, "ram", &ram}, {image, "min_disk", &minDisk}, {image, "min_ram", &minRAM},
		{image, "size", &size}, {image, "virtual_size", &virtual},
	} {
		rest.Member(v.obj, v.key, v.into)
	}
	name, of := rest.Text(flavor, "name"), rest.Text(image, "name")
	need := max(minDisk, (max(size, virtual)+1<<30-1)>>30)
	if disk > 0 && need > disk {
		why := "unpacks to " + gib(max(size, virtual))
		if need == minDisk {
			why = fmt.Sprintf("asks for %d GiB", minDisk)
		}
		c.add("flavor", fmt.Sprintf("flavor %q has a disk of %d GiB, and image %q %s", name, disk, of, why),
			fmt.Sprintf("take one with %d GiB or more: flavors.list{ min_disk = %d } shows them", need, need))
	}
	if minRAM > ram {
		c.add("flavor", fmt.Sprintf("flavor %q has %d MiB of memory, and image %q asks for %d", name, ram, of, minRAM),
			fmt.Sprintf("take one with more: flavors.list{ min_ram = %d } shows them", minRAM))
	}
	if status := rest.Text(image, "status"); status != "" && status != "active" {
		c.add("image", fmt.Sprintf("image %q is %s", of, status), "only an active image can be used: its upload has to be finished first")
	}
}

// quota compares what is left with what is asked for. A limit of -1 is none.
func (c *check) quota(flavor schema.Object, count int) {
	res, err := c.m.Client().Do(c.ctx, cloud.Request{Service: cloud.Compute, Method: http.MethodGet, Path: "limits", Op: c.op, Microversion: c.m.Microversion})
	if err != nil {
		c.failed("quota", err)
		return
	}
	var limits map[string]int64
	rest.Member(schema.Object{JSON: res.Body, Key: "limits"}, "absolute", &limits)
	var vcpus, ram int64
	rest.Member(flavor, "vcpus", &vcpus)
	rest.Member(flavor, "ram", &ram)
	n := int64(count)
	for _, q := range []struct {
		limit, used, what string
		need              int64
	}{
		{"maxTotalInstances", "totalInstancesUsed", "servers", n},
		{"maxTotalCores", "totalCoresUsed", "processors", n * vcpus},
		{"maxTotalRAMSize", "totalRAMUsed", "MiB of memory", n * ram},
	} {
		limit, known := limits[q.limit]
		if left := limit - limits[q.used]; known && limit >= 0 && q.need > left {
			c.add("quota", fmt.Sprintf("it needs %d %s, and the project has %d of %d left", q.need, q.what, max(left, 0), limit),
				"delete servers that are not needed, also those in ERROR, or ask an administrator for more")
		}
	}
}

type subnetRow struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	CIDR  string `json:"cidr"`
	Pools []struct {
		Start string `json:"start"`
		End   string `json:"end"`
	} `json:"allocation_pools"`
}

// network looks at a network a port is to be made on.
func (c *check) network(net schema.Object, fixed string) {
	name, id := rest.Text(net, "name"), rest.Text(net, "id")
	var external, shared bool
	rest.Member(net, "router:external", &external)
	rest.Member(net, "shared", &shared)
	if external && !shared {
		c.add("networks", fmt.Sprintf("network %q is external", name),
			"servers go on a network of the project's own; a floating IP makes them reachable: server:add_floating_ip(...)")
		return
	}
	list, err := c.m.Client().Of("subnet").List(c.ctx, c.op, url.Values{"network_id": {id}})
	if err != nil {
		c.failed("networks", err)
		return
	}
	subnets := rest.Rows[subnetRow](list)
	if len(subnets) == 0 {
		c.add("networks", fmt.Sprintf("network %q has no subnet, so no addresses", name), fmt.Sprintf("subnets.create{ network = %q, cidr = \"10.8.0.0/24\" }", name))
		return
	}
	ports, err := c.m.Client().Of("port").List(c.ctx, c.op, url.Values{"network_id": {id}, "fields": {"id", "fixed_ips"}})
	if err != nil {
		c.failed("networks", err)
		return
	}
	taken := map[string]map[netip.Addr]bool{}
	for _, p := range rest.Rows[plug](ports) {
		for _, ip := range p.IPs {
			if a, err := netip.ParseAddr(ip.Address); err == nil {
				if taken[ip.Subnet] == nil {
					taken[ip.Subnet] = map[netip.Addr]bool{}
				}
				taken[ip.Subnet][a] = true
			}
		}
	}
	if fixed != "" {
		c.address(name, fixed, subnets, taken)
		return
	}
	// Ports of other projects on a shared network are not seen: then the service has the last word.
	for _, s := range subnets {
		if s.free(taken[s.ID]).Sign() > 0 {
			return
		}
	}
	c.add("networks", fmt.Sprintf("network %q has no free address left", name),
		"delete ports that are not needed (ports.list{ network = ... } shows them), or add a subnet")
}

// address looks at one that is asked for.
func (c *check) address(name, fixed string, subnets []subnetRow, taken map[string]map[netip.Addr]bool) {
	a, err := netip.ParseAddr(fixed)
	if err != nil {
		c.add("networks", fmt.Sprintf("%q is no IP address", fixed), `write one: "10.0.0.9"`)
		return
	}
	for _, s := range subnets {
		if taken[s.ID][a] {
			c.add("networks", "the address "+fixed+" is taken", "ports.list{ ip_address = ... } shows by what; leave fixed_ip out to get a free one")
			return
		}
		if p, err := netip.ParsePrefix(s.CIDR); err == nil && p.Contains(a) {
			return
		}
	}
	c.add("networks", fmt.Sprintf("no subnet of network %q has the address %s", name, fixed), "subnets.list{ network = ... } shows their cidr")
}

// free counts the addresses of the subnet's pools that nothing has.
func (s subnetRow) free(taken map[netip.Addr]bool) *big.Int {
	n := new(big.Int)
	for _, p := range s.Pools {
		first, err1 := netip.ParseAddr(p.Start)
		last, err2 := netip.ParseAddr(p.End)
		if err1 != nil || err2 != nil || last.Less(first) {
			continue
		}
		width := new(big.Int).Sub(new(big.Int).SetBytes(last.AsSlice()), new(big.Int).SetBytes(first.AsSlice()))
		n.Add(n, width.Add(width, big.NewInt(1)))
		for a := range taken {
			if !a.Less(first) && !last.Less(a) {
				n.Sub(n, big.NewInt(1))
			}
		}
	}
	return n
}
