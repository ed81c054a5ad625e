package twin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
)

// rewrite has a tap change the answer to a path before it is seen.
func rewrite(w *tap, path string, change func(object)) {
	w.answer = func(r *http.Request) *http.Response {
		if r.Method != http.MethodGet || r.URL.Path != path {
			return nil
		}
		resp, err := w.next.RoundTrip(r)
		if err != nil {
			return nil
		}
		defer resp.Body.Close()
		var o object
		d := json.NewDecoder(resp.Body)
		d.UseNumber()
		if d.Decode(&o) != nil {
			return nil
		}
		change(o)
		raw, err := json.Marshal(o)
		if err != nil {
			return nil
		}
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		resp.Header.Del("Content-Length")
		return resp
	}
}

// TestWhatCannotBeSeenIsMadeUp copies a cloud that does not tell its users about the subnets of external networks.
func TestWhatCannotBeSeenIsMadeUp(t *testing.T) {
	sim := start(t, simulator.Options{})
	w, real := tapped(t, sim, "demo")
	w.answer = refuse("/floatingip_pools", http.StatusNotFound, "no such thing")
	tw, trial := copyOf(t, real, Options{})
	m := &maker{t: t, conn: trial}
	public, _ := firstOf(t, trial, question{cloud.Network, "networks?router:external=true", ""}, "networks")["id"].(string)
	fip := m.do(cloud.Network, "POST", "floatingips", "floatingip", object{"floatingip": object{"floating_network_id": public}})
	if address, _ := fip["floating_ip_address"].(string); !strings.HasPrefix(address, "172.24.4.") {
		t.Errorf("address %s: a router's gateway tells what is there", address)
	}
	if notes := tw.Notes(); len(notes) != 1 || !strings.Contains(notes[0].Text, "its addresses are taken to be 172.24.4.0/24") {
		t.Errorf("notes: %v", notes)
	}
	compare(t, real, trial, func(q question) bool {
		return q.service != cloud.Network || !strings.HasPrefix(q.path, "subnets") && q.path != "networks"
	})
}

// TestMembersNobodyKnowsStay copies a cloud whose networks have members the simulator has never heard of.
func TestMembersNobodyKnowsStay(t *testing.T) {
	sim := start(t, simulator.Options{})
	w, real := tapped(t, sim, "demo")
	rewrite(w, "/network/v2.0/networks", func(o object) {
		for _, n := range o["networks"].([]any) {
			n := n.(object)
			n["l2_adjacency"], n["qos_policy_id"], n["availability_zones"] = true, nil, []string{"az1", "az2"}
			delete(n, "tags")
		}
	})
	_, trial := copyOf(t, real, Options{})
	private := firstOf(t, trial, question{cloud.Network, "networks?name=private", ""}, "networks")
	_, tagged := private["tags"]
	if private["l2_adjacency"] != true || fmt.Sprint(private["availability_zones"]) != "[az1 az2]" || tagged {
		t.Errorf("network: %v", private)
	}
	// They stay when others change, and what is changed is what it was changed to.
	id, _ := private["id"].(string)
	out := (&maker{t: t, conn: trial}).do(cloud.Network, "PUT", "networks/"+id, "network", object{"network": object{"name": "renamed"}})
	if out["l2_adjacency"] != true || out["name"] != "renamed" {
		t.Errorf("network: %v", out)
	}
	(&maker{t: t, conn: trial}).do(cloud.Network, "PUT", "networks/"+id+"/tags/x", "", nil)
	if out := firstOf(t, trial, question{cloud.Network, "networks?name=renamed", ""}, "networks"); fmt.Sprint(out["tags"]) != "[x]" {
		t.Errorf("tags: %v", out["tags"])
	}
}

// TestInterfacesOfOtherRoutersAreInterfaces copies a cloud whose routers are highly available.
func TestInterfacesOfOtherRoutersAreInterfaces(t *testing.T) {
	const owner = "network:ha_router_replicated_interface"
	sim := start(t, simulator.Options{})
	w, real := tapped(t, sim, "demo")
	rewrite(w, "/network/v2.0/ports", func(o object) {
		for _, p := range o["ports"].([]any) {
			if p := p.(object); p["device_owner"] == "network:router_interface" {
				p["device_owner"] = owner
			}
		}
	})
	_, trial := copyOf(t, real, Options{})
	p := firstOf(t, trial, question{cloud.Network, "ports?device_owner=" + owner, ""}, "ports")
	if p["device_owner"] != owner {
		t.Errorf("port: %v", p)
	}
	router, _ := p["device_id"].(string)
	m := &maker{t: t, conn: trial}
	m.do(cloud.Network, "PUT", "routers/"+router+"/remove_router_interface", "", object{"port_id": p["id"]})
	m.do(cloud.Network, "DELETE", "routers/"+router, "", nil)
}

// TestShapesNobodyExpects replaces each member of each kind of object by something else: the copy is made all the same,
// and answers.
func TestShapesNobodyExpects(t *testing.T) {
	sim := start(t, simulator.Options{})
	(&maker{t: t, conn: connect(t, sim, "demo", "demo", cloud.Options{})}).furnish()
	odd := []any{nil, 17, "?", []any{}, object{}, []any{object{"id": 3}}, true, -1.5}
	all := os.Getenv("OSLUA_TWIN_SHAPES") != "" // some thousand copies
	n := 0
	for _, list := range []struct{ path, member string }{{"/network/v2.0/networks", "networks"}, {"/network/v2.0/subnets", "subnets"}, {"/network/v2.0/ports", "ports"},
		{"/network/v2.0/routers", "routers"}, {"/network/v2.0/floatingips", "floatingips"}, {"/network/v2.0/security-groups", "security_groups"},
		{"/network/v2.0/subnetpools", "subnetpools"}, {"/compute/v2.1/servers/detail", "servers"}, {"/compute/v2.1/flavors/detail", "flavors"},
		{"/compute/v2.1/os-server-groups", "server_groups"}, {"/compute/v2.1/os-keypairs", "keypairs"}, {"/compute/v2.1/limits", "limits"},
		{"/image/v2/images", "images"}} {
		names := map[string]bool{"": true}
		w, real := tapped(t, sim, "demo")
		rewrite(w, list.path, func(o object) {
			items, _ := o[list.member].([]any)
			for _, item := range items {
				for name := range item.(object) {
					names[name] = true
				}
			}
		})
		tw, trial := copyOf(t, real, Options{})
		get(t, trial, question{cloud.Compute, "servers", "2.93"})
		if tw.Err() != nil {
			t.Fatal(tw.Err())
		}
		for i, name := range slices.Sorted(maps.Keys(names)) {
			for j, v := range odd {
				if !all && (i%len(odd) != j || i%5 != 0) {
					continue
				}
				n++
				w, real := tapped(t, sim, "demo")
				rewrite(w, list.path, func(o object) {
					if name == "" {
						o[list.member] = []any{v, object{"id": "x"}, object{}}
						return
					}
					items, _ := o[list.member].([]any)
					for _, item := range items {
						item.(object)[name] = v
					}
				})
				tw, err := New(t.Context(), real, Options{})
				if err != nil {
					t.Fatal(err)
				}
				trial := cloud.New(tw.Config(), cloud.Options{DialContext: tw.DialContext, Retries: -1})
				for _, q := range []question{{cloud.Compute, "servers/detail", "2.93"}, {cloud.Compute, "flavors/detail", "2.93"}, {cloud.Compute, "limits", "2.93"},
					{cloud.Network, "networks", ""}, {cloud.Network, "subnets", ""}, {cloud.Network, "ports", ""}, {cloud.Network, "routers", ""},
					{cloud.Network, "floatingips", ""}, {cloud.Network, "security-groups", ""}, {cloud.Network, "floatingip_pools", ""}, {cloud.Image, "images", ""}} {
					if _, err := trial.Do(t.Context(), cloud.Request{Service: q.service, Path: q.path, Microversion: q.version}); err != nil {
						t.Errorf("%s, member %q as %v: %s: %v", list.path, name, v, q, err)
						break
					}
				}
				trial.Close()
				if err := tw.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	t.Logf("%d shapes", n)
}
