package story

import (
	"strings"
	"testing"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/schema"
)

type twinArgs struct {
	Network  schema.Ref        `lua:"network,arg" ref:"network"`
	Name     string            `lua:"name"`
	CIDR     string            `lua:"cidr"`
	Shared   schema.Opt[bool]  `lua:"shared"`
	Password string            `lua:"admin_password"`
	Wait     schema.Opt[bool]  `lua:"wait"`
	Meta     map[string]string `lua:"meta"`
}

func TestTwin(t *testing.T) {
	in := &twinArgs{Network: schema.Ref{Text: "it's"}, Name: "파랑", CIDR: "10.0.0.0/24", Shared: schema.Some(false), Password: "hunter2", Wait: schema.Some(true), Meta: map[string]string{"a": "b"}}
	given := schema.GivenTo(in)
	for _, tt := range []struct{ module, cli, want string }{
		{"networks", "openstack network set NAME", "openstack network set --cidr 10.0.0.0/24 --no-share --admin-password '***' --meta a=b '파랑'"},
		{"subnets", "openstack subnet show NETWORK", `openstack subnet show --name '파랑' --subnet-range 10.0.0.0/24 --no-shared --admin-password '***' --meta a=b 'it'\''s'`},
		{"subnets", "", ""},
	} {
		mod := schema.Module{Name: tt.module, Funcs: []schema.Func{schema.Describe("f", "x", nil, schema.CLI(tt.cli))}}
		teller := &teller{Options: Options{Modules: []schema.Module{mod}}}
		got := teller.openstack(call{Call: engine.Call{Module: tt.module, Func: "f"}, given: given})
		if got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.cli, got, tt.want)
		}
	}
	if text := arguments(given); strings.Contains(text, "hunter2") || text != `"it's", { name = "파랑", cidr = "10.0.0.0/24", shared = false, admin_password = ***, wait = true, meta = "a=b" }` {
		t.Errorf("arguments: %s", text)
	}
}
