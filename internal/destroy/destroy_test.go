package destroy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a cloud with a run on it, whose changes are kept as a journal would keep them, and somebody else.
type site struct {
	t      *testing.T
	sim    *simulator.Simulator
	client *rest.Client
	clock  *clock.Fake
	made   []Resource
}

// built gives the built-in cloud as a user whose project has the same name.
func built(t *testing.T, user string, o simulator.Options) *site {
	t.Helper()
	clk := clock.NewFake(time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)).AutoAdvance()
	o.Memory, o.Clock = true, clk
	sim := simulatortest.Start(t, o)
	cfg, err := cloud.FromValues("test", map[string]string{
		"auth_url": sim.URL() + "/identity", "username": user, "password": "secret", "project_name": user,
		"user_domain_name": "Default", "project_domain_name": "Default", "region_name": "RegionOne",
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := cloud.New(cfg, cloud.Options{DialContext: sim.DialContext, Clock: clk})
	t.Cleanup(conn.Close)
	return &site{t: t, sim: sim, client: rest.New(conn, clk), clock: clk}
}

// do sends a request and gives the answer's one resource.
func (s *site) do(method, service, path, body string) object {
	s.t.Helper()
	r := cloud.Request{Service: service, Method: method, Path: path, Op: "test"}
	if body != "" {
		r.Body = []byte(body)
	}
	if service == cloud.Compute {
		r.Microversion = "2.60"
	}
	res, err := s.client.Conn.Do(s.t.Context(), r)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	var doc object
	if len(res.Body) > 0 {
		if err := json.Unmarshal(res.Body, &doc); err != nil {
			s.t.Fatal(err)
		}
	}
	if len(doc) == 1 {
		for _, v := range doc {
			if m, ok := v.(object); ok {
				doc = m
			}
		}
	}
	return doc
}

// run is do, by the run: its changes are kept.
func (s *site) run(method, service, path, body string) object {
	s.t.Helper()
	changes := change.Of(service, method, path, []byte(body))
	o := s.do(method, service, path, body)
	raw, err := json.Marshal(o)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range change.Answered(changes, http.StatusOK, raw) {
		made := slices.ContainsFunc(s.made, func(r Resource) bool { return r.Type == c.Type && r.ID == c.ID })
		if c.Action == change.Delete || c.Action == change.Update && made {
			continue
		}
		s.made = append(s.made, Resource{Type: c.Type, ID: c.ID, Name: c.Name, Parent: c.Parent, Attributes: c.Attributes, Action: c.Action})
	}
	return o
}

func (s *site) post(path, body string) string {
	s.t.Helper()
	return str(s.run(http.MethodPost, cloud.Network, path, body)["id"])
}

// other is post by somebody else.
func (s *site) other(path, body string) string {
	s.t.Helper()
	return str(s.do(http.MethodPost, cloud.Network, path, body)["id"])
}

// one finds a resource that is there from the beginning.
func (s *site) one(service, path, member string) string {
	s.t.Helper()
	res, err := s.client.Conn.Do(s.t.Context(), cloud.Request{Service: service, Path: path, Op: "test"})
	if err != nil {
		s.t.Fatal(err)
	}
	var doc map[string]json.RawMessage
	var rows []object
	if json.Unmarshal(res.Body, &doc) != nil || json.Unmarshal(doc[member], &rows) != nil || len(rows) == 0 {
		s.t.Fatalf("%s has no %s: %s", path, member, res.Body)
	}
	return str(rows[0]["id"])
}

func (s *site) server(run bool, name, networks string) string {
	s.t.Helper()
	do := s.do
	if run {
		do = s.run
	}
	image := s.one(cloud.Image, "images?name=cirros-0.5.2-x86_64-disk", "images")
	flavor := s.one(cloud.Compute, "flavors", "flavors")
	return str(do(http.MethodPost, cloud.Compute, "servers",
		fmt.Sprintf(`{"server":{"name":%q,"imageRef":%q,"flavorRef":%q,"networks":%s}}`, name, image, flavor, networks))["id"])
}

// everything lists what there is of each type, by ID.
func (s *site) everything() []string {
	s.t.Helper()
	var all []string
	for _, typ := range []string{"network", "subnet", "port", "router", "floating_ip", "security_group", "security_group_rule", "server",
		"keypair", "image", "server_group"} {
		kind, _ := rest.KindNamed(typ)
		list, err := s.client.Of(typ).ListAt(s.t.Context(), "test", kind.Path, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		rows, err := objectsOf(list)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, o := range rows {
			if str(o["device_owner"]) != "network:dhcp" { // comes and goes with its network
				all = append(all, typ+" "+str(o["id"])+" "+str(o["name"]))
			}
		}
	}
	slices.Sort(all)
	return all
}

func (s *site) look() *Plan {
	s.t.Helper()
	plan, err := Look(s.t.Context(), s.client, s.made)
	if err != nil {
		s.t.Fatal(err)
	}
	return plan
}

// topology makes, as the run, a network with a subnet on a router with a gateway, and a server with a floating IP.
func (s *site) topology() (net, sub, rtr, srv, fip string) {
	s.t.Helper()
	public := s.one(cloud.Network, "networks?router:external=true", "networks")
	net = s.post("networks", `{"network":{"name":"n"}}`)
	sub = s.post("subnets", fmt.Sprintf(`{"subnet":{"name":"s","network_id":%q,"ip_version":4,"cidr":"10.77.0.5/24"}}`, net))
	rtr = s.post("routers", fmt.Sprintf(`{"router":{"name":"r","external_gateway_info":{"network_id":%q}}}`, public))
	s.run(http.MethodPut, cloud.Network, "routers/"+rtr+"/add_router_interface", fmt.Sprintf(`{"subnet_id":%q}`, sub))
	sg := s.post("security-groups", `{"security_group":{"name":"g"}}`)
	s.post("security-group-rules", fmt.Sprintf(`{"security_group_rule":{"security_group_id":%q,"direction":"ingress","protocol":"tcp","port_range_min":22,"port_range_max":22,"remote_group_id":%[1]q}}`, sg))
	port := s.post("ports", fmt.Sprintf(`{"port":{"name":"p","network_id":%q,"security_groups":[%q]}}`, net, sg))
	s.run(http.MethodPost, cloud.Compute, "os-keypairs", `{"keypair":{"name":"k","public_key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHk5GZQzYPfMbmTgnMt0sUZkH4FK1hKIpGfD5yF3Xtz a"}}`)
	srv = s.server(true, "web", fmt.Sprintf(`[{"port":%q},{"uuid":%q}]`, port, net))
	fip = s.post("floatingips", fmt.Sprintf(`{"floatingip":{"floating_network_id":%q}}`, public))
	s.run(http.MethodPut, cloud.Network, "floatingips/"+fip, fmt.Sprintf(`{"floatingip":{"port_id":%q}}`, port))
	return net, sub, rtr, srv, fip
}

func outcomes(r *Report) string {
	var b strings.Builder
	for _, res := range r.Results {
		fmt.Fprintf(&b, "%s: %s", res.Resource, res.Outcome)
		if res.Why != "" {
			fmt.Fprintf(&b, " (%s)", res.Why)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestRemovesWhatARunMadeAndNothingElse(t *testing.T) {
	for _, user := range []string{"demo", "admin"} {
		t.Run(user, func(t *testing.T) {
			s := built(t, user, simulator.Options{})
			s.other("ports", fmt.Sprintf(`{"port":{"name":"other","network_id":%q}}`, s.other("networks", `{"network":{"name":"other"}}`)))
			seed := s.everything()
			s.topology()
			plan := s.look()
			if plan.Troubled() {
				for _, i := range plan.Items {
					t.Errorf("%s: changed %v, held %v, loses %v", i.Resource, i.Changed, i.Holders, i.Loses)
				}
			}
			before := s.client.Conn.Requests()
			var told []Resource
			report := plan.Remove(t.Context(), Options{Gone: func(r Resource) error { told = append(told, r); return nil }})
			if len(report.Left()) > 0 || len(told) != len(s.made) {
				t.Errorf("%d of %d told gone:\n%s", len(told), len(s.made), outcomes(report))
			}
			// The subnet, the rule and the association go with what they belong to.
			if n := s.client.Conn.Requests() - before; n > len(s.made)-3+2 {
				t.Errorf("%d requests for %d resources", n, len(s.made))
			}
			if diff := changedSince(seed, s.everything()); diff != "" {
				t.Errorf("the cloud is not as it was:\n%s\n%s", diff, outcomes(report))
			}
			again := s.look().Remove(t.Context(), Options{})
			if again.Count(WasGone) != len(s.made) {
				t.Errorf("the second time:\n%s", outcomes(again))
			}
		})
	}
}

// changedSince says what is in one list and not in the other.
func changedSince(before, after []string) string {
	var b strings.Builder
	for _, x := range before {
		if !slices.Contains(after, x) {
			b.WriteString("- " + x + "\n")
		}
	}
	for _, x := range after {
		if !slices.Contains(before, x) {
			b.WriteString("+ " + x + "\n")
		}
	}
	return b.String()
}

// TestStrangers: what others put on the run's resources keeps what it needs, and nothing more.
func TestStrangers(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(s *site, net, sub, rtr, srv, fip string)
		kept []string // the types of what is kept, but not begun or failed
		why  string
	}{
		"port on the network": {
			do: func(s *site, net, _, _, _, _ string) {
				s.other("ports", fmt.Sprintf(`{"port":{"name":"theirs","network_id":%q}}`, net))
			},
			kept: []string{"network", "subnet"}, why: `port "theirs" is on it`,
		},
		"server on the network": {
			do:   func(s *site, net, _, _, _, _ string) { s.server(false, "theirs", fmt.Sprintf(`[{"uuid":%q}]`, net)) },
			kept: []string{"network", "subnet"}, why: "has a port on it",
		},
		"subnet on the network": {
			do: func(s *site, net, _, _, _, _ string) {
				s.other("subnets", fmt.Sprintf(`{"subnet":{"name":"theirs","network_id":%q,"ip_version":4,"cidr":"10.78.0.0/24"}}`, net))
			},
			kept: []string{"network"}, why: `subnet "theirs" is on it`,
		},
		"subnet on the router": {
			do: func(s *site, _, _, rtr, _, _ string) {
				net := s.other("networks", `{"network":{"name":"theirs"}}`)
				sub := s.other("subnets", fmt.Sprintf(`{"subnet":{"network_id":%q,"ip_version":4,"cidr":"10.78.0.0/24"}}`, net))
				s.do(http.MethodPut, cloud.Network, "routers/"+rtr+"/add_router_interface", fmt.Sprintf(`{"subnet_id":%q}`, sub))
			},
			kept: []string{"router"}, why: "is an interface of it",
		},
		"router on the subnet": {
			do: func(s *site, net, sub, _, _, _ string) {
				rtr := s.other("routers", `{"router":{"name":"theirs"}}`)
				port := s.other("ports", fmt.Sprintf(`{"port":{"network_id":%q,"fixed_ips":[{"subnet_id":%q}]}}`, net, sub))
				s.do(http.MethodPut, cloud.Network, "routers/"+rtr+"/add_router_interface", fmt.Sprintf(`{"port_id":%q}`, port))
			},
			kept: []string{"network", "subnet"}, why: "has an interface on it",
		},
		"server at the port": {
			do: func(s *site, net, _, _, _, _ string) {
				port := s.post("ports", fmt.Sprintf(`{"port":{"name":"lent","network_id":%q}}`, net))
				s.server(false, "theirs", fmt.Sprintf(`[{"port":%q}]`, port))
			},
			kept: []string{"network", "port", "subnet"}, why: "uses it",
		},
		"port in the security group": {
			do: func(s *site, _, _, _, _, _ string) {
				net := s.other("networks", `{"network":{"name":"theirs"}}`)
				s.other("ports", fmt.Sprintf(`{"port":{"name":"theirs","network_id":%q,"security_groups":[%q]}}`, net, s.id("security_group")))
			},
			kept: []string{"security_group", "security_group_rule"}, why: "uses it",
		},
		"rule that names the security group": {
			do: func(s *site, _, _, _, _, _ string) {
				g := s.other("security-groups", `{"security_group":{"name":"theirs"}}`)
				s.other("security-group-rules", fmt.Sprintf(`{"security_group_rule":{"security_group_id":%q,"direction":"ingress","protocol":"tcp","remote_group_id":%q}}`, g, s.id("security_group")))
			},
			kept: []string{"security_group", "security_group_rule"}, why: "has a rule that names it",
		},
		"floating IP through the router": {
			do: func(s *site, net, sub, _, _, _ string) {
				port := s.other("ports", fmt.Sprintf(`{"port":{"name":"theirs","network_id":%q,"fixed_ips":[{"subnet_id":%q}]}}`, net, sub))
				public := s.one(cloud.Network, "networks?router:external=true", "networks")
				s.other("floatingips", fmt.Sprintf(`{"floatingip":{"floating_network_id":%q,"port_id":%q}}`, public, port))
			},
			kept: []string{"network", "router", "router_interface", "subnet"}, why: "goes through it",
		},
		"floating IP at the server": {
			do: func(s *site, _, _, _, srv, _ string) {
				public := s.one(cloud.Network, "networks?router:external=true", "networks")
				ports, err := s.client.Of("port").List(s.t.Context(), "test", map[string][]string{"device_id": {srv}})
				if err != nil {
					s.t.Fatal(err)
				}
				rows, err := objectsOf(ports)
				if err != nil {
					s.t.Fatal(err)
				}
				for _, p := range rows {
					if str(p["name"]) != "p" {
						s.other("floatingips", fmt.Sprintf(`{"floatingip":{"floating_network_id":%q,"port_id":%q}}`, public, p["id"]))
					}
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := built(t, "demo", simulator.Options{})
			net, sub, rtr, srv, fip := s.topology()
			c.do(s, net, sub, rtr, srv, fip)
			var theirs []string
			for _, line := range s.everything() {
				id := strings.Fields(line)[1]
				if !slices.ContainsFunc(s.made, func(r Resource) bool { return r.ID == id }) && !strings.HasPrefix(line, "port") {
					theirs = append(theirs, line)
				}
			}
			plan := s.look()
			if !plan.Troubled() {
				t.Error("nobody would be asked")
			}
			report := plan.Remove(t.Context(), Options{})
			var kept []string
			for _, r := range report.Results {
				if r.Outcome == Kept {
					kept = append(kept, r.Type)
				} else if r.Outcome != Removed {
					t.Errorf("%s: %s, %s", r.Resource, r.Outcome, r.Why)
				}
			}
			slices.Sort(kept)
			if kept = slices.Compact(kept); !slices.Equal(kept, c.kept) {
				t.Errorf("kept %v, want %v:\n%s", kept, c.kept, outcomes(report))
			}
			if !strings.Contains(outcomes(report), c.why) {
				t.Errorf("%q is not said:\n%s", c.why, outcomes(report))
			}
			now := s.everything()
			for _, line := range theirs {
				if strings.HasPrefix(line, "security_group_rule") {
					continue
				}
				if !slices.Contains(now, line) {
					t.Errorf("%s is gone:\n%s", line, outcomes(report))
				}
			}
		})
	}
}

// id is the ID of the first of a type that the run made.
func (s *site) id(typ string) string {
	for _, r := range s.made {
		if r.Type == typ {
			return r.ID
		}
	}
	s.t.Fatalf("the run made no %s", typ)
	return ""
}

func TestTellsWhatWasChanged(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	net, sub, _, srv, _ := s.topology()
	s.do(http.MethodPut, cloud.Network, "networks/"+net, `{"network":{"name":"renamed"}}`)
	s.do(http.MethodPut, cloud.Network, "subnets/"+sub, `{"subnet":{"dns_nameservers":["8.8.8.8"]}}`) // the run did not set it
	s.do(http.MethodPut, cloud.Compute, "servers/"+srv, `{"server":{"name":"db"}}`)
	s.other("security-group-rules", fmt.Sprintf(`{"security_group_rule":{"security_group_id":%q,"direction":"ingress","protocol":"udp"}}`, s.id("security_group")))
	plan := s.look()
	var told []string
	for _, i := range plan.Items {
		for _, d := range i.Changed {
			told = append(told, i.Type+": "+d.String())
		}
	}
	slices.Sort(told)
	want := []string{`network: name was "n", is "renamed"`, `security_group: rules was 1, is 2`, `server: name was "web", is "db"`}
	if !slices.Equal(told, want) || !plan.Troubled() {
		t.Errorf("told %q, want %q", told, want)
	}
	refused := errors.New("no")
	if report, err := Run(t.Context(), s.client, s.made, Options{Confirm: func(*Plan) error { return refused }}); report != nil || !errors.Is(err, refused) {
		t.Errorf("went on with %v, %v", report, err)
	}
	if report := plan.Remove(t.Context(), Options{}); len(report.Left()) > 0 {
		t.Errorf("left:\n%s", outcomes(report))
	}
}

// TestUpdatesStay: what the run only changed is told of and stays.
func TestUpdatesStay(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	net := s.other("networks", `{"network":{"name":"theirs"}}`)
	sub := s.other("subnets", fmt.Sprintf(`{"subnet":{"network_id":%q,"ip_version":4,"cidr":"10.78.0.0/24"}}`, net))
	rtr := s.other("routers", `{"router":{"name":"theirs"}}`)
	s.run(http.MethodPut, cloud.Network, "networks/"+net, `{"network":{"name":"other"}}`)
	s.run(http.MethodPut, cloud.Network, "routers/"+rtr+"/add_router_interface", fmt.Sprintf(`{"subnet_id":%q}`, sub))
	report := s.look().Remove(t.Context(), Options{})
	if report.Count(NotUndone) != 1 || report.Count(Removed) != 1 || len(report.Left()) != 0 {
		t.Errorf("%s", outcomes(report))
	}
	if left := s.everything(); strings.Contains(strings.Join(left, "\n"), "port") && s.interfaces(rtr) != 0 {
		t.Errorf("the interface is still there:\n%s", strings.Join(left, "\n"))
	}
}

func (s *site) interfaces(router string) int {
	list, err := s.client.Of("port").List(s.t.Context(), "test", map[string][]string{"device_id": {router}})
	if err != nil {
		s.t.Fatal(err)
	}
	rows, err := objectsOf(list)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(rows)
}

// TestBorrowedPort: a port that was there before is not deleted by taking it off a router again.
func TestBorrowedPort(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	net := s.other("networks", `{"network":{"name":"theirs"}}`)
	s.other("subnets", fmt.Sprintf(`{"subnet":{"network_id":%q,"ip_version":4,"cidr":"10.78.0.0/24"}}`, net))
	port := s.other("ports", fmt.Sprintf(`{"port":{"name":"theirs","network_id":%q}}`, net))
	rtr := s.post("routers", `{"router":{"name":"r"}}`)
	s.run(http.MethodPut, cloud.Network, "routers/"+rtr+"/add_router_interface", fmt.Sprintf(`{"port_id":%q}`, port))
	report := s.look().Remove(t.Context(), Options{})
	if report.Count(Kept) != 2 || !strings.Contains(outcomes(report), "would be deleted with it") {
		t.Errorf("%s", outcomes(report))
	}
}

// TestFaults: what the services say in passing is lived with; what stands is reported, and may be tried again.
func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		rule string
		left int
	}{
		"in use for a while": {rule: "DELETE /network/v2.0/networks/* status=409 count=6"},
		"in use for ever":    {rule: "DELETE /network/v2.0/networks/* status=409", left: 1},
		"broken":             {rule: "DELETE /network/v2.0/routers/* status=500", left: 1},
		"busy":               {rule: "* /compute/* status=429 retry-after=3 count=3"},
		"cut after it acted": {rule: "PUT */remove_router_interface cut=after count=1"},
		"refused":            {rule: "DELETE /compute/v2.1/servers/* status=403", left: 6},
	} {
		t.Run(name, func(t *testing.T) {
			s := built(t, "demo", simulator.Options{})
			seed := s.everything()
			s.topology()
			plan := s.look()
			fault, err := simulator.ParseFault(c.rule)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.sim.Faults().Add(fault); err != nil {
				t.Fatal(err)
			}
			report := plan.Remove(t.Context(), Options{})
			s.sim.Faults().Clear()
			if n := report.Count(Failed) + report.Count(NotBegun); n != c.left {
				t.Errorf("%d left, want %d:\n%s", n, c.left, outcomes(report))
			}
			if again := s.look().Remove(t.Context(), Options{}); len(again.Left()) > 0 {
				t.Errorf("and again:\n%s", outcomes(again))
			}
			if diff := changedSince(seed, s.everything()); diff != "" {
				t.Errorf("the cloud is not as it was:\n%s", diff)
			}
		})
	}
}

// TestStrangerComesMeanwhile: a port that appears between the look and the removal is found when the service refuses.
func TestStrangerComesMeanwhile(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	net, _, _, _, _ := s.topology()
	plan := s.look()
	s.other("ports", fmt.Sprintf(`{"port":{"name":"late","network_id":%q}}`, net))
	report := plan.Remove(t.Context(), Options{})
	if !strings.Contains(outcomes(report), `network "n": kept (port "late" is on it)`) {
		t.Errorf("%s", outcomes(report))
	}
}

// TestStops: an ended context begins nothing more, and the next time the rest goes.
func TestStops(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	seed := s.everything()
	s.topology()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := true
	report := s.look().Remove(ctx, Options{Limit: 1, Told: func(Result) {
		if first {
			cancel()
		}
		first = false
	}})
	if report.Count(Removed) == 0 || report.Count(NotBegun) < 5 || report.Count(Failed) != 0 {
		t.Errorf("%s", outcomes(report))
	}
	if again := s.look().Remove(t.Context(), Options{}); len(again.Left()) > 0 {
		t.Errorf("and again:\n%s", outcomes(again))
	}
	if diff := changedSince(seed, s.everything()); diff != "" {
		t.Errorf("the cloud is not as it was:\n%s", diff)
	}
}

// TestMany: a list for many, not a request for each.
func TestMany(t *testing.T) {
	s := built(t, "admin", simulator.Options{})
	for _, kind := range []string{"network", "router", "port", "security_group"} {
		s.do(http.MethodPut, cloud.Network, "quotas/"+s.project(), fmt.Sprintf(`{"quota":{%q:-1}}`, kind))
	}
	seed := s.everything()
	for n := range 60 {
		s.post("networks", fmt.Sprintf(`{"network":{"name":"n%d"}}`, n))
	}
	before := s.client.Conn.Requests()
	plan := s.look()
	if n := s.client.Conn.Requests() - before; n > 8 {
		t.Errorf("%d requests to look at 60 networks", n)
	}
	if report := plan.Remove(t.Context(), Options{}); len(report.Left()) > 0 {
		t.Errorf("%s", outcomes(report))
	}
	if diff := changedSince(seed, s.everything()); diff != "" {
		t.Error(diff)
	}
}

func (s *site) project() string {
	id, err := s.client.Conn.ProjectID(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// TestRoutes: a router does not let go of a subnet that a route leads through, whoever made the route.
func TestRoutes(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	seed := s.everything()
	_, _, rtr, _, _ := s.topology()
	route := func(to string) string {
		return fmt.Sprintf(`{"router":{"routes":[{"destination":%q,"nexthop":"10.77.0.9"}]}}`, to)
	}
	s.run(http.MethodPut, cloud.Network, "routers/"+rtr+"/add_extraroutes", route("10.98.0.0/24"))
	s.do(http.MethodPut, cloud.Network, "routers/"+rtr+"/add_extraroutes", route("10.99.0.0/24"))
	plan := s.look()
	if !plan.Troubled() {
		t.Error("the other's route is not told")
	}
	if report := plan.Remove(t.Context(), Options{}); len(report.Left()) > 0 {
		t.Errorf("%s", outcomes(report))
	}
	if diff := changedSince(seed, s.everything()); diff != "" {
		t.Error(diff)
	}
}

// TestProjects: the identity service removes a project whatever is in it, so somebody has to look.
func TestProjects(t *testing.T) {
	s := built(t, "admin", simulator.Options{})
	seed := s.everything()
	project := str(s.run(http.MethodPost, cloud.Identity, "projects", `{"project":{"name":"p"}}`)["id"])
	s.post("networks", fmt.Sprintf(`{"network":{"name":"mine","project_id":%q}}`, project))
	theirs := s.other("networks", fmt.Sprintf(`{"network":{"name":"theirs","project_id":%q}}`, project))
	report := s.look().Remove(t.Context(), Options{})
	if report.Count(Removed) != 1 || !strings.Contains(outcomes(report), `project "p": kept (network "theirs" is in it)`) {
		t.Errorf("%s", outcomes(report))
	}
	s.do(http.MethodDelete, cloud.Network, "networks/"+theirs, "")
	if report := s.look().Remove(t.Context(), Options{}); len(report.Left()) > 0 {
		t.Errorf("%s", outcomes(report))
	}
	for _, line := range s.everything() {
		if !slices.Contains(seed, line) && !strings.HasSuffix(line, " default") && !strings.HasPrefix(line, "security_group_rule") {
			t.Errorf("left: %s", line)
		}
	}
}

// TestServerBeingMade: the compute service makes a port for a server first, and says whose it is a moment later.
func TestServerBeingMade(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	net, _, _, srv, _ := s.topology()
	s.other("ports", fmt.Sprintf(`{"port":{"network_id":%q,"device_id":%q}}`, net, srv))
	if plan := s.look(); plan.Troubled() {
		t.Error("the server's own port is taken for somebody else's")
	}
}

// TestFindMarked: what carries a run's mark is found with a request for each type, and ties are found out.
func TestFindMarked(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	seed := s.everything()
	net := s.other("networks", `{"network":{"name":"n","description":"oslua run 7 #1"}}`)
	sub := s.other("subnets", fmt.Sprintf(`{"subnet":{"name":"s","description":"oslua run 7 #1","network_id":%q,"ip_version":4,"cidr":"10.77.0.0/24"}}`, net))
	public := s.one(cloud.Network, "networks?router:external=true", "networks")
	rtr := s.other("routers", fmt.Sprintf(`{"router":{"name":"r","description":"oslua run 7 #1","external_gateway_info":{"network_id":%q}}}`, public))
	s.do(http.MethodPut, cloud.Network, "routers/"+rtr+"/add_router_interface", fmt.Sprintf(`{"subnet_id":%q}`, sub))
	srv := s.server(false, "web", fmt.Sprintf(`[{"uuid":%q}]`, net))
	s.do(http.MethodPut, cloud.Compute, "servers/"+srv+"/tags", `{"tags":["x","oslua-run=8.2"]}`)
	s.do(http.MethodPost, cloud.Image, "images", `{"name":"i","disk_format":"raw","container_format":"bare","tags":["oslua-run=8.2"]}`)
	s.other("floatingips", fmt.Sprintf(`{"floatingip":{"floating_network_id":%q,"description":"oslua run 8 #1"}}`, public))
	s.other("networks", `{"network":{"name":"oslua run 9","description":"about oslua run 9"}}`)

	before := s.client.Conn.Requests()
	marked, err := FindMarked(t.Context(), s.client)
	if err != nil {
		t.Fatal(err)
	}
	if n := s.client.Conn.Requests() - before; n != 9 {
		t.Errorf("%d requests", n)
	}
	var got []string
	var all []Resource
	for _, m := range marked {
		got = append(got, m.Run+" "+m.Type)
		all = append(all, m.Resource)
		if m.Created.IsZero() || m.Name == "" {
			t.Errorf("%+v", m)
		}
	}
	if want := []string{"7 network", "7 subnet", "7 router", "8 floating_ip", "8 server", "8 image"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	plan, err := Look(t.Context(), s.client, all)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Troubled() {
		t.Error("somebody would be asked")
	}
	if report := plan.Remove(t.Context(), Options{}); len(report.Left()) > 0 {
		t.Errorf("%s", outcomes(report))
	}
	if diff := changedSince(seed, s.everything()); strings.Count(diff, "\n") != 1 || !strings.Contains(diff, "oslua run 9") {
		t.Errorf("left:\n%s", diff)
	}
}

// TestJournalCannotBeWritten: what is gone and could not be noted is reported.
func TestJournalCannotBeWritten(t *testing.T) {
	s := built(t, "demo", simulator.Options{})
	s.post("networks", `{"network":{"name":"n"}}`)
	report := s.look().Remove(t.Context(), Options{Gone: func(Resource) error { return errs.New(errs.Runtime, "disk full") }})
	if report.Count(Failed) != 1 || !strings.Contains(outcomes(report), "disk full") {
		t.Errorf("%s", outcomes(report))
	}
}

// TestRealCloud makes and removes the same on a real OpenStack.
func TestRealCloud(t *testing.T) {
	name := os.Getenv("OSLUA_TEST_CLOUD")
	if name == "" {
		t.Skip("set OSLUA_TEST_CLOUD to a cloud of clouds.yaml (OS_CLIENT_CONFIG_FILE) to run this on a real OpenStack")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := cloud.Load(cloud.LoadOptions{Cloud: name, LookupEnv: os.LookupEnv, WorkDir: dir, GOOS: runtime.GOOS})
	if err != nil {
		t.Fatal(err)
	}
	conn := cloud.New(cfg, cloud.Options{})
	t.Cleanup(conn.Close)
	s := &site{t: t, client: rest.New(conn, nil)}
	t.Cleanup(func() {
		if report, err := Run(context.WithoutCancel(t.Context()), s.client, s.made, Options{}); err != nil || len(report.Left()) > 0 {
			t.Errorf("left on the cloud: %v", err)
		}
	})
	net, _, _, _, _ := s.topology()
	theirs := s.other("ports", fmt.Sprintf(`{"port":{"name":"theirs","network_id":%q}}`, net))
	plan := s.look()
	report := plan.Remove(t.Context(), Options{})
	t.Logf("with a stranger's port on the network, in %s:\n%s", report.Took, outcomes(report))
	if report.Count(Kept) != 2 || report.Count(Failed) != 0 {
		t.Error("the network and the subnet should be kept, and nothing else")
	}
	s.do(http.MethodDelete, cloud.Network, "ports/"+theirs, "")
	report = s.look().Remove(t.Context(), Options{})
	t.Logf("without it, in %s:\n%s", report.Took, outcomes(report))
	if len(report.Left()) > 0 {
		t.Error("something is left")
	}
}
