package network

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func subnetPools() *resource {
	return &resource{
		name: "subnetpool", plural: "subnetpools", path: "subnetpools", attrs: subnetPoolAttrs(), bulk: true, tags: true,
		notFound: func(id string) *web.Error {
			return notFound("SubnetPoolNotFound", "Subnet pool %s could not be found.", id)
		},
		order: []string{"id", "name", "tenant_id", "prefixes", "min_prefixlen", "max_prefixlen", "default_prefixlen", "ip_version", "default_quota",
			"shared", "is_default", "address_scope_id", "description", "tags", "created_at", "updated_at", "revision_number", "project_id"},
		find: func(c *call, id string) (record, error) {
			p, err := store.Get[subnetPool](c.Tx, id)
			if err == nil && !c.seesPool(&p) {
				err = store.ErrNotFound
			}
			return &p, err
		},
		list:   listed((*call).seesPool, func(c *call) (store.Where, error) { return store.ID(c.sharedIDs("subnetpool")...), nil }),
		create: func(c *call, in values) (record, error) { return c.createPool(in) },
		update: func(c *call, r record, in values) error { return c.updatePool(r.(*subnetPool), in) },
		remove: func(c *call, r record) error {
			n, err := store.Count[subnet](c.Tx, store.By("pool", r.meta().ID))
			if err != nil {
				return err
			}
			if n > 0 {
				return fault(400, "SubnetPoolDeleteError", "Unable to delete subnet pool: Subnet pool has existing allocations.")
			}
			if err := c.ungrant("subnetpool", r.meta().ID, func(grant) bool { return true }); err != nil {
				return err
			}
			return store.Delete[subnetPool](c.Tx, r.meta().ID)
		},
		count: countOf[subnetPool],
	}
}

func (c *call) seesPool(p *subnetPool) bool {
	return c.admin || p.ProjectID == c.project && c.project != "" || c.sharedWith("subnetpool", p.ID, c.project)
}

// subnetPool reads a pool once for a call.
func (c *call) subnetPool(id string) (*subnetPool, error) {
	if p := c.pools[id]; p != nil {
		return p, nil
	}
	p, err := store.Get[subnetPool](c.Tx, id)
	if err != nil {
		return nil, err
	}
	c.pools[id] = &p
	return &p, nil
}

// wire gives the attributes.
func (p *subnetPool) wire(c *call) (values, error) {
	v := p.standard(values{
		"prefixes": p.Prefixes, "min_prefixlen": python.Str(p.MinLen), "max_prefixlen": python.Str(p.MaxLen), "default_prefixlen": python.Str(p.DefaultLen),
		"ip_version": p.IPVersion, "default_quota": nil, "shared": c.sharedWith("subnetpool", p.ID, c.project), "is_default": p.IsDefault,
		"address_scope_id": orNull(p.AddressScopeID),
	})
	if p.Quota != nil {
		v["default_quota"] = *p.Quota
	}
	if c.Method == "PUT" { // the answer to an update has them as numbers
		v["min_prefixlen"], v["max_prefixlen"], v["default_prefixlen"] = p.MinLen, p.MaxLen, p.DefaultLen
	}
	return v, nil
}

func (c *call) createPool(in values) (*subnetPool, error) {
	p := &subnetPool{std: c.newStd(in), IsDefault: in.yes("is_default")}
	if err := c.fillPool(p, in); err != nil {
		return nil, err
	}
	if err := c.putPool(p); err != nil {
		return nil, err
	}
	if in.yes("shared") {
		if err := c.grant(p.ProjectID, "subnetpool", p.ID, "*", "access_as_shared"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (c *call) putPool(p *subnetPool) error {
	delete(c.pools, p.ID)
	err := store.Put(c.Tx, *p)
	var taken *store.Conflict
	if errors.As(err, &taken) {
		return invalidInput("A default subnetpool for this IP family has already been set. Only one default may exist per IP family")
	}
	return err
}

// fillPool reads prefixes and bounds of a new pool, or those that change.
func (c *call) fillPool(p *subnetPool, in values) error {
	if in.set("prefixes") {
		var all []netip.Prefix
		for _, s := range in.texts("prefixes") {
			x, _ := parseCIDR(s)
			if len(all) > 0 && all[0].Addr().Is4() != x.Addr().Is4() {
				return fault(400, "PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.")
			}
			all = append(all, x)
		}
		if len(all) == 0 {
			return fault(400, "EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.")
		}
		all = compact(all)
		p.Prefixes = nil
		for _, x := range all {
			p.Prefixes = append(p.Prefixes, x.String())
		}
		if p.IPVersion == 0 {
			p.IPVersion, p.MinLen, p.MaxLen = 4, 8, 32
			if all[0].Addr().Is6() {
				p.IPVersion, p.MinLen, p.MaxLen = 6, 64, 128
			}
		}
	}
	bound := func(name string, at *int64) bool {
		if in.has(name) {
			*at = in.number(name)
		}
		return in.has(name)
	}
	bound("min_prefixlen", &p.MinLen)
	bound("max_prefixlen", &p.MaxLen)
	if !bound("default_prefixlen", &p.DefaultLen) && p.DefaultLen == 0 {
		p.DefaultLen = p.MinLen
	}
	illegal := func(kind string, n int64, base string, m int64) error {
		return fault(400, "IllegalSubnetPoolPrefixBounds", "Illegal prefix bounds: %s=%d, %s=%d.", kind, n, base, m)
	}
	most := int64(32)
	if p.IPVersion == 6 {
		most = 128
	}
	switch {
	case p.MinLen > p.MaxLen:
		return illegal("min_prefixlen", p.MinLen, "max_prefixlen", p.MaxLen)
	case p.MaxLen > most:
		return illegal("max_prefixlen", p.MaxLen, "ip_version_max", most)
	case p.DefaultLen < p.MinLen:
		return illegal("default_prefixlen", p.DefaultLen, "min_prefixlen", p.MinLen)
	case p.DefaultLen > p.MaxLen:
		return illegal("default_prefixlen", p.DefaultLen, "max_prefixlen", p.MaxLen)
	}
	if in.set("default_quota") {
		n := in.number("default_quota")
		p.Quota = &n
	}
	if in.set("address_scope_id") {
		return c.joinScope(p, in.text("address_scope_id"))
	}
	return nil
}

func (c *call) joinScope(p *subnetPool, id string) error {
	p.AddressScopeID = id
	if id == "" {
		return nil
	}
	r, err := c.s.scopes.get(c, id)
	if err != nil {
		return err
	}
	scope := r.(*addressScope)
	if scope.IPVersion != p.IPVersion {
		return fault(400, "IllegalSubnetPoolIpVersionAssociationToAddressScope",
			"Illegal subnetpool association: subnetpool %s cannot associate with address scope %s because subnetpool ip_version is not %d.", p.ID, id, scope.IPVersion)
	}
	others, err := store.List[subnetPool](c.Tx, store.By("scope", id))
	if err != nil {
		return err
	}
	for _, o := range others {
		for _, a := range o.Prefixes {
			for _, b := range p.Prefixes {
				if o.ID != p.ID && netip.MustParsePrefix(a).Overlaps(netip.MustParsePrefix(b)) {
					return conflict("AddressScopePrefixConflict", "Failed to associate address scope: subnetpools within an address scope must have unique prefixes.")
				}
			}
		}
	}
	return nil
}

func (c *call) updatePool(p *subnetPool, in values) error {
	old := slices.Clone(p.Prefixes)
	if err := c.fillPool(p, in); err != nil {
		return err
	}
	if in.set("prefixes") {
		for _, o := range old {
			was := netip.MustParsePrefix(o)
			if !slices.ContainsFunc(p.Prefixes, func(s string) bool {
				now := netip.MustParsePrefix(s)
				return now.Bits() <= was.Bits() && now.Contains(was.Addr())
			}) {
				return fault(400, "IllegalSubnetPoolPrefixUpdate", "Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.")
			}
		}
	}
	p.rename(in)
	if in.set("is_default") {
		p.IsDefault = in.yes("is_default")
	}
	if len(in) > 0 {
		p.touch(c.now())
	}
	return c.putPool(p)
}

// poolFor finds which pool a new subnet comes from, if any.
func (c *call) poolFor(in values, s *subnet) (string, error) {
	id := in.text("subnetpool_id")
	byDefault := in.yes("use_default_subnetpool")
	switch {
	case byDefault && id != "":
		return "", badRequest("subnets", "subnetpool_id and use_default_subnetpool cannot both be specified")
	case id == "prefix_delegation":
		return "", badRequest("subnets", "Prefix Delegation is not available in the simulator")
	case !byDefault:
		return id, nil
	}
	id, err := store.Owner[subnetPool](c.Tx, "default", python.Str(s.IPVersion))
	if err == nil && id == "" {
		return "", badRequest("subnets", "No default subnetpool found for IPv%d", s.IPVersion)
	}
	return id, err
}

// allocatePrefix takes a subnet's network out of a pool: the one asked for, or the first that is free.
func (c *call) allocatePrefix(id string, s *subnet, in values) (*subnetPool, error) {
	r, err := c.s.pools.get(c, id)
	if err != nil {
		return nil, err
	}
	p := r.(*subnetPool)
	if s.IPVersion != p.IPVersion {
		return nil, badRequest("subnets", "Cannot allocate IPv%d subnet from IPv%d subnet pool", s.IPVersion, p.IPVersion)
	}
	length := p.DefaultLen
	if in.has("prefixlen") {
		length = in.number("prefixlen")
	}
	if s.CIDR != "" {
		length = int64(s.prefix().Bits())
	}
	switch {
	case length > p.MaxLen:
		return nil, fault(400, "MaxPrefixSubnetAllocationError", "Unable to allocate subnet with prefix length %d, maximum allowed prefix is %d.", length, p.MaxLen)
	case length < p.MinLen:
		return nil, fault(400, "MinPrefixSubnetAllocationError", "Unable to allocate subnet with prefix length %d, minimum allowed prefix is %d.", length, p.MinLen)
	}
	used, err := store.List[subnet](c.Tx, store.By("pool", id))
	if err != nil {
		return nil, err
	}
	var taken, all []netip.Prefix
	units := 0.0
	unit := 32
	if p.IPVersion == 6 {
		unit = 64
	}
	size := func(bits int) float64 {
		n := 1.0
		for ; bits < unit; bits++ {
			n *= 2
		}
		return n
	}
	for _, u := range used {
		taken = append(taken, u.prefix())
		if u.ProjectID == s.ProjectID {
			units += size(u.prefix().Bits())
		}
	}
	if p.Quota != nil && *p.Quota > 0 && units+size(int(length)) > float64(*p.Quota) {
		return nil, conflict("SubnetPoolQuotaExceeded", "Per-tenant subnet pool prefix quota exceeded.")
	}
	for _, x := range p.Prefixes {
		all = append(all, netip.MustParsePrefix(x))
	}
	for _, free := range subtract(all, taken) {
		if s.CIDR != "" {
			if want := s.prefix(); free.Bits() <= want.Bits() && free.Contains(want.Addr()) {
				return p, nil
			}
			continue
		}
		if int64(free.Bits()) <= length {
			s.CIDR = netip.PrefixFrom(free.Addr(), int(length)).String()
			return p, nil
		}
	}
	if s.CIDR != "" {
		return nil, fault(500, "SubnetAllocationError", "Failed to allocate subnet: Cannot allocate requested subnet from the available set of prefixes.")
	}
	return nil, fault(500, "SubnetAllocationError", "Failed to allocate subnet: Insufficient prefix space to allocate subnet size /%d.", length)
}

// changePrefixes answers add_prefixes and remove_prefixes.
func changePrefixes(add bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		r, err := c.s.pools.get(c, c.id())
		if err != nil {
			return nil, err
		}
		if err := c.s.pools.mayChange(c, "update", r); err != nil {
			return nil, err
		}
		p := r.(*subnetPool)
		body, err := c.Object()
		if err != nil {
			return nil, err
		}
		if reason := listOf(isSubnet)(body["prefixes"]); reason != "" {
			return nil, malformed("Invalid input for prefixes. Reason: %s.", reason)
		}
		var have, change []netip.Prefix
		for _, x := range p.Prefixes {
			have = append(have, netip.MustParsePrefix(x))
		}
		for _, s := range texts(body["prefixes"]) {
			x, _ := parseCIDR(s)
			if x.Addr().Is4() != (p.IPVersion == 4) {
				return nil, fault(400, "PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool.")
			}
			change = append(change, x)
		}
		if add {
			have = compact(append(have, change...))
		} else {
			used, err := store.List[subnet](c.Tx, store.By("pool", p.ID))
			if err != nil {
				return nil, err
			}
			for _, u := range used {
				if slices.ContainsFunc(change, u.prefix().Overlaps) {
					return nil, fault(400, "IllegalSubnetPoolPrefixUpdate", "Illegal update to prefixes: One or more the prefixes to be removed is in use by a subnet..")
				}
			}
			have = subtract(have, change)
			slices.SortFunc(have, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
		}
		p.Prefixes = []string{}
		for _, x := range have {
			p.Prefixes = append(p.Prefixes, x.String())
		}
		p.touch(c.now())
		if err := c.putPool(p); err != nil {
			return nil, err
		}
		return web.OK(ordered{{"prefixes", p.Prefixes}}), nil
	}
}

func addressScopes() *resource {
	return &resource{
		name: "address_scope", plural: "address_scopes", path: "address-scopes", attrs: addressScopeAttrs(), bulk: true, emulated: true,
		notFound: func(id string) *web.Error {
			return notFound("AddressScopeNotFound", "Address scope %s could not be found.", id)
		},
		order: []string{"id", "name", "tenant_id", "shared", "ip_version", "project_id"},
		find: func(c *call, id string) (record, error) {
			a, err := store.Get[addressScope](c.Tx, id)
			if err == nil && !c.seesScope(&a) {
				err = store.ErrNotFound
			}
			return &a, err
		},
		list: listed((*call).seesScope, func(c *call) (store.Where, error) { return store.ID(c.sharedIDs("address_scope")...), nil }),
		create: func(c *call, in values) (record, error) {
			a := &addressScope{std: c.newStd(in), IPVersion: int(in.number("ip_version"))}
			if in.yes("shared") {
				if err := c.grant(a.ProjectID, "address_scope", a.ID, "*", "access_as_shared"); err != nil {
					return nil, err
				}
			}
			return a, store.Put(c.Tx, *a)
		},
		update: func(c *call, r record, in values) error {
			a := r.(*addressScope)
			shared := c.granted("address_scope", a.ID, "access_as_shared", "")
			if in.set("shared") && in.yes("shared") != shared {
				if shared {
					return fault(400, "AddressScopeUpdateError", "Unable to update address scope %s : Shared address scope can't be unshared.", a.ID)
				}
				if err := c.grant(a.ProjectID, "address_scope", a.ID, "*", "access_as_shared"); err != nil {
					return err
				}
			}
			a.rename(in)
			return store.Put(c.Tx, *a)
		},
		remove: func(c *call, r record) error {
			n, err := store.Count[subnetPool](c.Tx, store.By("scope", r.meta().ID))
			if err != nil {
				return err
			}
			if n > 0 {
				return conflict("AddressScopeInUse", "Unable to complete operation on address scope %s. There are one or more subnet pools in use on the address scope.", r.meta().ID)
			}
			if err := c.ungrant("address_scope", r.meta().ID, func(grant) bool { return true }); err != nil {
				return err
			}
			return store.Delete[addressScope](c.Tx, r.meta().ID)
		},
	}
}

func (c *call) seesScope(a *addressScope) bool {
	return c.admin || a.ProjectID == c.project && c.project != "" || c.sharedWith("address_scope", a.ID, c.project)
}

// wire gives the attributes.
func (a *addressScope) wire(c *call) (values, error) {
	return a.standard(values{"shared": c.sharedWith("address_scope", a.ID, c.project), "ip_version": a.IPVersion}), nil
}

func (c *call) seesAddressGroup(a *addressGroup) bool {
	return c.admin || a.ProjectID == c.project || c.sharedWith("address_group", a.ID, c.project)
}

func addressGroups() *resource {
	return &resource{
		name: "address_group", plural: "address_groups", path: "address-groups", attrs: addressGroupAttrs(), bulk: true, emulated: true,
		notFound: func(id string) *web.Error {
			return notFound("AddressGroupNotFound", "Address group %s could not be found.", id)
		},
		order: []string{"id", "name", "description", "project_id", "addresses", "tenant_id"},
		find: func(c *call, id string) (record, error) {
			a, err := store.Get[addressGroup](c.Tx, id)
			if err == nil && !c.seesAddressGroup(&a) {
				err = store.ErrNotFound
			}
			return &a, err
		},
		list: listed((*call).seesAddressGroup, func(c *call) (store.Where, error) { return store.ID(c.sharedIDs("address_group")...), nil }),
		create: func(c *call, in values) (record, error) {
			a := &addressGroup{std: c.newStd(in), Addresses: canonicalCIDRs(in["addresses"])}
			return a, store.Put(c.Tx, *a)
		},
		update: func(c *call, r record, in values) error {
			a := r.(*addressGroup)
			a.rename(in)
			a.touch(c.now())
			return store.Put(c.Tx, *a)
		},
		remove: func(c *call, r record) error {
			n, err := store.Count[securityRule](c.Tx, store.By("addresses", r.meta().ID))
			if err != nil {
				return err
			}
			if n > 0 {
				return conflict("AddressGroupInUse", "Address group %s is in use on one or more security group rules.", r.meta().ID)
			}
			return store.Delete[addressGroup](c.Tx, r.meta().ID)
		},
	}
}

func canonicalCIDRs(v any) []string {
	var all []string
	for _, s := range texts(v) {
		if p, ok := parseCIDR(s); ok {
			all = append(all, p.String())
		}
	}
	return all
}

// wire gives the attributes.
func (a *addressGroup) wire(*call) (values, error) {
	return a.standard(values{"addresses": emptyList(a.Addresses)}), nil
}

// changeAddresses answers add_addresses and remove_addresses.
func changeAddresses(add bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		res := c.s.addressGroups
		r, err := res.get(c, c.id())
		if err != nil {
			return nil, err
		}
		if err := res.mayChange(c, "update", r); err != nil {
			return nil, err
		}
		a := r.(*addressGroup)
		body, err := c.Object()
		if err != nil {
			return nil, err
		}
		if reason := listOf(isSubnet)(body["addresses"]); reason != "" {
			return nil, invalidInput("%s", reason)
		}
		var wrong []string
		for _, s := range canonicalCIDRs(body["addresses"]) {
			at := slices.Index(a.Addresses, s)
			switch {
			case add && at < 0:
				a.Addresses = append(a.Addresses, s)
			case !add && at >= 0:
				a.Addresses = slices.Delete(a.Addresses, at, at+1)
			default:
				wrong = append(wrong, s)
			}
		}
		if wrong != nil && add {
			return nil, fault(400, "AddressesAlreadyExist", "Addresses %s already exist in the address group %s.", python.Repr(wrong), a.ID)
		} else if wrong != nil {
			return nil, notFound("AddressesNotFound", "Addresses %s not found in the address group %s.", python.Repr(wrong), a.ID)
		}
		slices.Sort(a.Addresses)
		a.touch(c.now())
		if err := store.Put(c.Tx, *a); err != nil {
			return nil, err
		}
		o, err := res.view(c, a)
		if err != nil {
			return nil, err
		}
		o = append(o, member{"shared", c.sharedWith("address_group", a.ID, c.project)}, member{"created_at", a.CreatedAt.Format(time.RFC3339)},
			member{"updated_at", a.UpdatedAt.Format(time.RFC3339)}, member{"revision_number", a.Revision})
		return web.OK(ordered{{"address_group", o}}), nil
	}
}
