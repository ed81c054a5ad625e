package bindings_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/quotasets"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/projects"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/dns"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/external"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/extradhcpopts"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/routers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/mtu"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/portsbinding"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/portsecurity"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/portstrustedvif"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/provider"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/qos/policies"
	netquotas "github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/quotas"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/groups"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/security/rules"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/vlantransparent"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"

	"github.com/oslua/oslua/engine/schema"
)

// TestEveryOption: what gophercloud's create, update and list take, ours take under the same words.
func TestEveryOption(t *testing.T) {
	mods := on(t).mods
	// The group is the first argument.
	left := map[string][]string{"security_groups.allow": {"security_group_id"}, "security_groups.rules": {"security_group_id"}}
	for fn, opts := range map[string][]any{
		"networks.create": {networks.CreateOpts{}, external.CreateOptsExt{}, mtu.CreateOptsExt{}, provider.CreateOptsExt{}, portsecurity.NetworkCreateOptsExt{},
			policies.NetworkCreateOptsExt{}, dns.NetworkCreateOptsExt{}, vlantransparent.CreateOptsExt{}},
		"networks.update": {networks.UpdateOpts{}, external.UpdateOptsExt{}, mtu.UpdateOptsExt{}, provider.UpdateOptsExt{}, portsecurity.NetworkUpdateOptsExt{},
			policies.NetworkUpdateOptsExt{}, dns.NetworkUpdateOptsExt{}, vlantransparent.UpdateOptsExt{}},
		"networks.list":                        {networks.ListOpts{}, external.ListOptsExt{}, mtu.ListOptsExt{}, vlantransparent.ListOptsExt{}},
		"networks.create.segments":             {provider.Segment{}},
		"subnets.create":                       {subnets.CreateOpts{}},
		"subnets.update":                       {subnets.UpdateOpts{}},
		"subnets.list":                         {subnets.ListOpts{}},
		"subnets.create.host_routes":           {subnets.HostRoute{}},
		"ports.create":                         {ports.CreateOpts{}, portsbinding.CreateOptsExt{}, portsecurity.PortCreateOptsExt{}, policies.PortCreateOptsExt{}, dns.PortCreateOptsExt{}, extradhcpopts.CreateOptsExt{}, portstrustedvif.PortCreateOptsExt{}},
		"ports.update":                         {ports.UpdateOpts{}, portsbinding.UpdateOptsExt{}, portsecurity.PortUpdateOptsExt{}, policies.PortUpdateOptsExt{}, dns.PortUpdateOptsExt{}, extradhcpopts.UpdateOptsExt{}, portstrustedvif.PortUpdateOptsExt{}},
		"ports.list":                           {ports.ListOpts{}, dns.PortListOptsExt{}},
		"ports.create.fixed_ips":               {ports.IP{}},
		"ports.create.extra_dhcp_opts":         {extradhcpopts.CreateExtraDHCPOpt{}},
		"routers.create":                       {routers.CreateOpts{}},
		"routers.update":                       {routers.UpdateOpts{}},
		"routers.list":                         {routers.ListOpts{}},
		"routers.create.external_gateway_info": {routers.GatewayInfo{}},
		"routers.create.external_gateway_info.external_fixed_ips": {routers.ExternalFixedIP{}},
		"floating_ips.create":    {floatingips.CreateOpts{}, dns.FloatingIPCreateOptsExt{}},
		"floating_ips.update":    {floatingips.UpdateOpts{}},
		"floating_ips.list":      {floatingips.ListOpts{}},
		"security_groups.create": {groups.CreateOpts{}},
		"security_groups.update": {groups.UpdateOpts{}},
		"security_groups.list":   {groups.ListOpts{}},
		"security_groups.allow":  {rules.CreateOpts{}},
		"security_groups.rules":  {rules.ListOpts{}},
		"projects.create":        {projects.CreateOpts{}},
		"projects.update":        {projects.UpdateOpts{}},
		"projects.list":          {projects.ListOpts{}},
		"quotas.update":          {quotasets.UpdateOpts{}, netquotas.UpdateOpts{}},
		"images.create":          {images.CreateOpts{}},
		"images.update": {images.UpdateVisibility{}, images.ReplaceImageHidden{}, images.ReplaceImageName{}, images.ReplaceImageChecksum{}, images.ReplaceImageTags{},
			images.ReplaceImageMinDisk{}, images.ReplaceImageMinRam{}, images.ReplaceImageProtected{}, images.UpdateImageProperty{}},
		"images.list":           {images.ListOpts{}},
		"routers.update.routes": {routers.Route{}},
	} {
		takes(t, mods, fn, opts, left[fn])
	}
}

// takes fails for each word of gophercloud's options that a function, or one of its options' tables, does not take. The
// words left are no options of it.
func takes(t *testing.T, mods []schema.Module, fn string, opts []any, left []string) {
	t.Helper()
	path := strings.Split(fn, ".")
	i := slices.IndexFunc(mods, func(m schema.Module) bool { return m.Name == path[0] })
	f, ok := mods[i].Lookup(path[1])
	if !ok {
		t.Fatalf("there is no %s", fn)
	}
	params := f.Params()
	for _, step := range path[2:] {
		j := slices.IndexFunc(params, func(p schema.Param) bool { return p.Name == step })
		if j < 0 {
			t.Fatalf("there is no %s", fn)
		}
		params = params[j].Fields
	}
	for _, o := range opts {
		for word := range words(reflect.TypeOf(o)) {
			if slices.Contains(left, word) {
				continue
			}
			if !slices.ContainsFunc(params, func(p schema.Param) bool { return p.Name == word || slices.Contains(p.Aliases, word) }) {
				t.Errorf("%s does not take %q, which %T has", fn, word, o)
			}
		}
	}
}

// words are the names of a struct's fields in the query, the body or a header.
func words(typ reflect.Type) map[string]bool {
	out := map[string]bool{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		word := f.Tag.Get("q")
		if word == "" {
			word, _, _ = strings.Cut(f.Tag.Get("json"), ",")
		}
		if f.Tag.Get("h") == "If-Match" {
			word = "revision_number"
		}
		if word == "" || word == "-" {
			name := typ.String() + "." + f.Name
			if f.Anonymous || strings.HasSuffix(f.Name, "Builder") || slices.Contains(bare, name) {
				continue
			}
			if word = untagged[name]; word == "" {
				word = "no word for " + name
			}
		}
		out[word] = true
	}
	return out
}
