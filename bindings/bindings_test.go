package bindings_test

import (
	"slices"
	"testing"

	"github.com/oslua/oslua/engine/schema"
)

// TestDescriptors holds every module to the descriptors' rules: tags that decode, a sentence for each option, examples
// that parse.
func TestDescriptors(t *testing.T) {
	for _, m := range on(t).mods {
		if err := schema.Validate(m); err != nil {
			t.Error(err)
		}
		for _, f := range m.Funcs {
			if f.Example == "" {
				t.Errorf("%s.%s: want an example", m.Name, f.Name)
			}
			// These have no twin: no service is behind the first two, and no command draws or watches.
			if slices.Contains([]string{"ssh", "cloud_init", "topology", "trace"}, m.Name) {
				continue
			}
			if f.CLI == "" {
				t.Errorf("%s.%s: want the openstack command that does the same", m.Name, f.Name)
			}
			if len(f.REST) == 0 && !slices.Contains([]string{"auth.explain", "images.inspect", "images.customize"}, m.Name+"."+f.Name) {
				t.Errorf("%s.%s: want the calls behind it", m.Name, f.Name)
			}
		}
	}
}

// TestModuleNames pins the list: a script requires modules by these names.
func TestModuleNames(t *testing.T) {
	var names []string
	for _, m := range on(t).mods {
		names = append(names, m.Name)
	}
	if got := marshal(names); got != `["auth","cloud_init","flavors","floating_ips","images","keypairs","networks","ports","projects","quotas","routers","security_groups","server_groups","servers","ssh","subnets","topology","trace"]` {
		t.Errorf("modules are %s", got)
	}
}
