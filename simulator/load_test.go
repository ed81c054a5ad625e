package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/check"
	"github.com/oslua/oslua/simulator/simulatortest"
)

var (
	loadTime    = flag.Duration("load", time.Second, "how long TestLoad loads the cloud")
	loadClients = flag.Int("clients", 64, "how many clients TestLoad has")
	killRounds  = flag.Int("kills", 4, "how often TestKill kills the cloud")
)

// caller is a client that counts what it got.
type caller struct {
	http  *http.Client
	base  string
	token string

	mu       sync.Mutex
	statuses map[int]int
	bad      []string
}

func (c *caller) call(method, path string, body any, into any) int {
	var in io.Reader
	if body != nil {
		raw, _ := json.Marshal(body)
		in = bytes.NewReader(raw)
	}
	r, err := http.NewRequest(method, c.base+path, in)
	if err != nil {
		return c.note(0, err.Error())
	}
	r.Header.Set("X-Auth-Token", c.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return c.note(0, method+" "+path+": "+err.Error())
	}
	raw, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return c.note(0, method+" "+path+": "+err.Error())
	}
	if resp.StatusCode >= 500 {
		return c.note(resp.StatusCode, fmt.Sprintf("%s %s: %s: %s", method, path, resp.Status, raw))
	}
	if into != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(raw, into); err != nil {
			return c.note(0, method+" "+path+": "+err.Error())
		}
	}
	return c.note(resp.StatusCode, "")
}

func (c *caller) note(status int, bad string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statuses[status]++
	if bad != "" && len(c.bad) < 20 {
		c.bad = append(c.bad, bad)
	}
	return status
}

type object map[string]any

type ided struct{ ID string }

// life is what one client does: it makes a network of its own, lives on it, and takes most of it away again.
func (c *caller) life(n int, rnd *rand.Rand, public, image string, kept *sync.Map) {
	var net struct{ Network ided }
	if c.call("POST", "/network/v2.0/networks", object{"network": object{"name": fmt.Sprintf("n%d", n)}}, &net) != 201 {
		return
	}
	var sub struct{ Subnet ided }
	c.call("POST", "/network/v2.0/subnets", object{"subnet": object{"network_id": net.Network.ID, "ip_version": 4, "cidr": "10.9.0.0/24"}}, &sub)
	var rtr struct{ Router ided }
	c.call("POST", "/network/v2.0/routers", object{"router": object{"external_gateway_info": object{"network_id": public}}}, &rtr)
	c.call("PUT", "/network/v2.0/routers/"+rtr.Router.ID+"/add_router_interface", object{"subnet_id": sub.Subnet.ID}, nil)
	type aPort struct {
		ID  string
		IPs []struct {
			Address string `json:"ip_address"`
		} `json:"fixed_ips"`
	}
	var ports []aPort
	for range 3 + rnd.IntN(3) {
		var p struct{ Port aPort }
		if c.call("POST", "/network/v2.0/ports", object{"port": object{"network_id": net.Network.ID}}, &p) == 201 {
			ports = append(ports, p.Port)
		}
	}
	var fip struct{ FloatingIP ided }
	if c.call("POST", "/network/v2.0/floatingips", object{"floatingip": object{"floating_network_id": public}}, &fip) == 201 && len(ports) > 0 {
		c.call("PUT", "/network/v2.0/floatingips/"+fip.FloatingIP.ID, object{"floatingip": object{"port_id": ports[0].ID}}, nil)
	}
	var srv struct{ Server ided }
	if len(ports) == 0 {
		return
	}
	server := c.call("POST", "/compute/v2.1/servers", object{"server": object{"name": fmt.Sprintf("s%d", n), "flavorRef": "42", "imageRef": image,
		"networks": []object{{"port": ports[len(ports)-1].ID}}}}, &srv)
	for _, path := range []string{"/network/v2.0/ports?network_id=" + net.Network.ID, "/network/v2.0/networks/" + net.Network.ID,
		"/network/v2.0/networks?limit=10", "/identity/v3/auth/projects", "/network/v2.0/routers?fields=id", "/compute/v2.1/servers/detail?limit=5", "/image/v2/images"} {
		if rnd.IntN(2) == 0 {
			c.call("GET", path, nil, nil)
		}
	}
	c.call("PUT", "/network/v2.0/networks/"+net.Network.ID, object{"network": object{"name": "renamed"}}, nil)
	keep := n%8 == 0 // a cloud has about a thousand numbers for networks
	if server == 202 && (!keep || rnd.IntN(2) == 0) {
		c.call("DELETE", "/compute/v2.1/servers/"+srv.Server.ID, nil, nil)
	}
	if !keep || rnd.IntN(3) > 0 {
		c.call("DELETE", "/network/v2.0/floatingips/"+fip.FloatingIP.ID, nil, nil)
		c.call("PUT", "/network/v2.0/routers/"+rtr.Router.ID+"/remove_router_interface", object{"subnet_id": sub.Subnet.ID}, nil)
		c.call("DELETE", "/network/v2.0/routers/"+rtr.Router.ID, nil, nil)
	}
	if keep {
		if len(ports) > 1 {
			c.call("DELETE", "/network/v2.0/ports/"+ports[0].ID, nil, nil)
			for _, p := range ports[1 : len(ports)-1] {
				kept.Store(p.ID, p.IPs[0].Address)
			}
		}
		return
	}
	for _, p := range ports {
		c.call("DELETE", "/network/v2.0/ports/"+p.ID, nil, nil)
	}
	c.call("DELETE", "/network/v2.0/networks/"+net.Network.ID, nil, nil)
}

// Many clients at once: no 5xx, no lost or doubled address, and the cloud does not contradict itself.
//
//	go test ./simulator -run TestLoad -load 1m -v
func TestLoad(t *testing.T) {
	for name, o := range map[string]simulator.Options{"memory": {}, "file": {Dir: t.TempDir()}} {
		t.Run(name, func(t *testing.T) { load(t, o) })
	}
}

func load(t *testing.T, o simulator.Options) {
	sim := simulatortest.Start(t, o)
	client := sim.Client()
	admin := connect(t, client, sim.URL())
	var public struct{ Networks []ided }
	if err := json.NewDecoder(admin.do("GET", "/network/v2.0/networks?name=public", "").Body).Decode(&public); err != nil {
		t.Fatal(err)
	}
	var images struct{ Images []ided }
	if err := json.NewDecoder(admin.do("GET", "/image/v2/images", "").Body).Decode(&images); err != nil || len(images.Images) == 0 {
		t.Fatal(images, err)
	}
	var me struct{ Projects []ided }
	if err := json.NewDecoder(admin.do("GET", projects+"?name=demo", "").Body).Decode(&me); err != nil {
		t.Fatal(err)
	}
	admin.do("PUT", "/network/v2.0/quotas/"+me.Projects[0].ID, `{"quota":{"network":-1,"subnet":-1,"port":-1,"router":-1,"floatingip":-1}}`)
	admin.do("PUT", "/compute/v2.1/os-quota-sets/"+me.Projects[0].ID, `{"quota_set":{"instances":-1,"cores":-1,"ram":-1}}`)
	c := &caller{http: client, base: sim.URL(), token: demoToken(t, sim), statuses: map[int]int{}}

	ctx, cancel := context.WithTimeout(t.Context(), *loadTime)
	defer cancel()
	var kept sync.Map
	var lives atomic.Int64
	var clients sync.WaitGroup
	started := time.Now()
	for i := range *loadClients {
		clients.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(i)))
			for ctx.Err() == nil {
				c.life(int(lives.Add(1)), rnd, public.Networks[0].ID, images.Images[0].ID, &kept)
			}
		})
	}
	walker := check.New(client, sim.URL(), admin.token)
	clients.Wait()
	took := time.Since(started)
	for range 2 {
		wrong, err := walker.Walk(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wrong[:min(len(wrong), 20)] {
			t.Error(w)
		}
	}
	for _, bad := range c.bad {
		t.Error(bad)
	}
	var ports struct {
		Ports []struct {
			ID  string
			IPs []struct {
				Address string `json:"ip_address"`
			} `json:"fixed_ips"`
		}
	}
	if err := json.NewDecoder(admin.do("GET", "/network/v2.0/ports?fields=id&fields=fixed_ips", "").Body).Decode(&ports); err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, p := range ports.Ports {
		if len(p.IPs) > 0 {
			have[p.ID] = p.IPs[0].Address
		}
	}
	kept.Range(func(id, address any) bool {
		if have[id.(string)] != address {
			t.Errorf("port %s was answered with %s, and has %q", id, address, have[id.(string)])
		}
		return true
	})
	total := 0
	for _, n := range c.statuses {
		total += n
	}
	var parts []string
	for _, s := range slices.Sorted(maps.Keys(c.statuses)) {
		parts = append(parts, fmt.Sprintf("%d: %d", s, c.statuses[s]))
	}
	t.Logf("%d clients, %d requests in %.1f s, %.0f a second; %s", *loadClients, total, took.Seconds(), float64(total)/took.Seconds(), strings.Join(parts, ", "))
}

func demoToken(t testing.TB, sim *simulator.Simulator) string {
	t.Helper()
	c := sim.Client()
	defer c.CloseIdleConnections()
	return tokenAt(t, c, sim.URL(), "demo")
}

func tokenAt(t testing.TB, c *http.Client, base, user string) string {
	t.Helper()
	resp, err := c.Post(base+"/identity/v3/auth/tokens", "application/json", strings.NewReader(fmt.Sprintf(
		`{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":%q,"domain":{"id":"default"},"password":"secret"}}},
		"scope":{"project":{"name":%q,"domain":{"id":"default"}}}}}`, user, user)))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.Header.Get("X-Subject-Token")
}

// killedDir makes the test binary a server to kill.
const killedDir = "OSLUA_TEST_KILLED_DIR"

// serveToBeKilled serves the cloud of a directory until the process is killed or its standard input ends.
func serveToBeKilled(dir string) error {
	sim, err := simulator.Start(context.Background(), simulator.Options{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		return err
	}
	fmt.Println(sim.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return sim.Close()
}

// A process that is killed at any moment loses nothing that was answered.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cloud")
	rnd := rand.New(rand.NewPCG(7, 7))
	var mu sync.Mutex
	there := map[string]bool{} // ID -> whether it must be there; what was never answered is not in it
	for round := range *killRounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killedDir+"="+dir)
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 256)
		n, err := out.Read(line)
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSpace(string(line[:n]))
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
		token := tokenAt(t, client, base, "admin")
		var writers sync.WaitGroup
		answered := make(chan struct{}, 1<<16)
		for range 6 {
			writers.Go(func() {
				c := &caller{http: client, base: base, token: token, statuses: map[int]int{}}
				for {
					var p struct{ Project ided }
					switch c.call("POST", projects, object{"project": object{"name": fmt.Sprintf("p%d", rand.Uint64())}}, &p) {
					case 201:
					case 0:
						return
					default:
						t.Errorf("%v", c.statuses)
						return
					}
					mu.Lock()
					there[p.Project.ID] = true
					mu.Unlock()
					answered <- struct{}{}
					if len(p.Project.ID) > 0 && p.Project.ID[0] < '4' {
						mu.Lock()
						delete(there, p.Project.ID) // while the answer is outstanding it may or may not be
						mu.Unlock()
						if c.call("DELETE", projects+"/"+p.Project.ID, nil, nil) != 204 {
							return
						}
						mu.Lock()
						there[p.Project.ID] = false
						mu.Unlock()
					}
				}
			})
		}
		for range 20 + rnd.IntN(60) {
			<-answered
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		writers.Wait()
		_ = cmd.Wait() // it says that it was killed
		_ = stdin.Close()
		client.CloseIdleConnections()

		sim, err := simulator.Start(t.Context(), simulator.Options{Dir: dir})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		k := connect(t, sim.Client(), sim.URL())
		var all struct{ Projects []ided }
		if err := json.NewDecoder(k.do("GET", projects, "").Body).Decode(&all); err != nil {
			t.Fatal(err)
		}
		have := map[string]bool{}
		for _, p := range all.Projects {
			have[p.ID] = true
		}
		for id, must := range there {
			if have[id] != must {
				t.Errorf("round %d: project %s: there %v, want %v", round, id, have[id], must)
			}
		}
		k.http.CloseIdleConnections()
		if err := sim.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, %d answers, none lost", *killRounds, len(there))
}
