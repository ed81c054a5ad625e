package simulator_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

func model(t *testing.T, text string) (*simulator.Model, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return simulator.ReadModel(path)
}

func TestModelErrorsNameThePlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "EOF",
		"{\n\"projects\": [,]}":       "line 2",
		"[]":                          "the file: want an object",
		"{} {}":                       "more after the end",
		`{"project": []}`:             "project: there is no such field; there are projects, users",
		`{"projects": {}}`:            "projects: want a list",
		`{"projects": [{"name": 1}]}`: "projects[0].name: want a text",
		`{"projects": [{}]}`:          "projects[0].name: it is missing",
		`{"users": [{"name": "a"}, {"name": "a"}]}`:                                             `users[1].name: there are two users named "a"`,
		`{"networks": [{"name": "n", "shared": 1}]}`:                                            "networks[0].shared: want true or false",
		`{"networks": [{"name": "n", "mtu": -1}]}`:                                              "networks[0].mtu: want a whole number",
		`{"networks": [{"name": "n", "subnets": [{"name": "s", "cidr": "x"}]}]}`:                "networks[0].subnets[0].cidr: want an address range",
		`{"networks": [{"name": "n", "subnets": [{"name": "s", "cird": "10.0.0.0/8"}]}]}`:       "networks[0].subnets[0].cird: there is no such field",
		`{"flavors": [{"name": "f", "ram": 1, "vcpus": 1, "disk": 1, "extra_specs": {"a":1}}]}`: "flavors[0].extra_specs.a: want a text",
	} {
		m, err := model(t, text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "m.json") {
			t.Errorf("%s: %+v, %v; want %q", text, m, err, want)
		}
	}
	if _, err := simulator.ReadModel(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

const lab = `{
	"projects": [{"name": "lab"}],
	"users": [{"name": "kim", "password": "pw", "project": "lab", "roles": ["member", "reader"]}, {"name": "lee"}],
	"networks": [{"name": "lab-net", "project": "lab", "mtu": 1400, "subnets": [
		{"name": "lab-subnet", "cidr": "10.7.0.0/24", "gateway_ip": "10.7.0.9", "enable_dhcp": false, "dns_nameservers": ["9.9.9.9"],
		 "allocation_pools": [{"start": "10.7.0.20", "end": "10.7.0.30"}]},
		{"name": "six", "cidr": "fd00::/64", "gateway_ip": "none"}]}],
	"routers": [{"name": "lab-router", "project": "lab", "external_network": "public", "subnets": ["lab-subnet"]}]
}`

func TestModel(t *testing.T) {
	m, err := model(t, lab)
	if err != nil {
		t.Fatal(err)
	}
	o := simulator.Options{Dir: t.TempDir(), Model: m}
	look := func(sim *simulator.Simulator) {
		t.Helper()
		k := connect(t, sim.Client(), sim.URL())
		for _, c := range []struct{ path, key, want string }{
			{projects, "projects", "lab"},
			{"/identity/v3/users", "users", "kim lee"},
			{"/network/v2.0/networks", "networks", "lab-net"},
			{"/network/v2.0/subnets", "subnets", "lab-subnet six"},
			{"/network/v2.0/routers", "routers", "lab-router"},
		} {
			got := " " + k.names(c.path, c.key) + " "
			for name := range strings.FieldsSeq(c.want) {
				if strings.Count(got, " "+name+" ") != 1 {
					t.Errorf("%s: %s, want one %s", c.path, got, name)
				}
			}
		}
		if got := k.names("/network/v2.0/subnets?gateway_ip=10.7.0.9&enable_dhcp=False", "subnets"); got != "lab-subnet" {
			t.Error(got)
		}
	}
	for range 2 { // the second time all is there
		sim, err := simulator.Start(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		look(sim)
		if err := sim.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// A process that knows nothing of the model resets the cloud to it all the same.
	sim := simulatortest.Start(t, simulator.Options{Dir: o.Dir})
	connect(t, sim.Client(), sim.URL()).create("later")
	if err := sim.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	look(sim)
}

func TestModelRefusedByAService(t *testing.T) {
	for text, want := range map[string]string{
		`{"networks": [{"name": "n", "subnets": [{"name": "s", "cidr": "10.0.0.0/24", "gateway_ip": "nonsense"}]}]}`: `networks[0].subnets[0]: POST /network/v2.0/subnets answers 400`,
		`{"users": [{"name": "u", "project": "nosuch"}]}`:                                                            `users[0].project: there is no project named "nosuch"`,
		`{"users": [{"name": "u", "roles": ["member", "boss"]}]}`:                                                    `users[0].roles[1]: there is no role named "boss"`,
		`{"routers": [{"name": "r", "subnets": ["nosuch"]}]}`:                                                        `routers[0].subnets[0]: there is no subnet named "nosuch"`,
		`{"routers": [{"name": "r", "external_network": "private"}]}`:                                                `routers[0]: POST /network/v2.0/routers answers 400`,
	} {
		m, err := model(t, text)
		if err != nil {
			t.Fatal(err)
		}
		sim, err := simulator.Start(t.Context(), simulator.Options{Memory: true, Model: m})
		if err == nil {
			_ = sim.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
