package bindings_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/attachinterfaces"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/keypairs"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"

	"github.com/oslua/oslua/engine/schema"
)

// TestEveryComputeOption: what gophercloud takes for servers, flavors and keypairs, ours take under the same words.
func TestEveryComputeOption(t *testing.T) {
	mods := on(t).mods
	// Words that are no options here: the service has never looked at the first, and the others are arguments.
	left := map[string][]string{"flavors.list": {"changes-since"}, "servers.resize": {"flavorRef"}, "servers.rebuild": {"imageRef"}}
	for fn, opts := range map[string][]any{
		"servers.create":                         {servers.CreateOpts{}, keypairs.CreateOptsExt{}},
		"servers.create.block_device_mapping_v2": {servers.BlockDevice{}},
		"servers.create.scheduler_hints":         {servers.SchedulerHintOpts{}},
		"servers.list":                           {servers.ListOpts{}},
		"servers.update":                         {servers.UpdateOpts{}},
		"servers.reboot":                         {servers.RebootOpts{}},
		"servers.rebuild":                        {servers.RebuildOpts{}},
		"servers.resize":                         {servers.ResizeOpts{}},
		"servers.create_image":                   {servers.CreateImageOpts{}},
		"servers.console_log":                    {servers.ShowConsoleOutputOpts{}},
		"servers.rescue":                         {servers.RescueOpts{}},
		"servers.unshelve":                       {servers.UnshelveOpts{}},
		"servers.attach_interface":               {attachinterfaces.CreateOpts{}},
		"flavors.create":                         {flavors.CreateOpts{}},
		"flavors.update":                         {flavors.UpdateOpts{}},
		"flavors.list":                           {flavors.ListOpts{}},
		"keypairs.create":                        {keypairs.CreateOpts{}},
		"keypairs.list":                          {keypairs.ListOpts{}},
		"keypairs.get":                           {keypairs.GetOpts{}},
		"keypairs.delete":                        {keypairs.DeleteOpts{}},
	} {
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
				if slices.Contains(left[fn], word) {
					continue
				}
				if !slices.ContainsFunc(params, func(p schema.Param) bool { return p.Name == word || slices.Contains(p.Aliases, word) }) {
					t.Errorf("%s does not take %q, which %T has", fn, word, o)
				}
			}
		}
	}
}
