package twin

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
)

func firstOf(t *testing.T, conn *cloud.Connection, q question, list string) object {
	t.Helper()
	all, _ := inner(get(t, conn, q), "")[list].([]any)
	if len(all) == 0 {
		t.Fatalf("%s: nothing in the list", q)
	}
	o, _ := all[0].(object)
	return o
}

// TestServersInTheMiddleOfSomething copies a server while it is being built: in the copy it ends well, in its time.
func TestServersInTheMiddleOfSomething(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	sim := start(t, simulator.Options{Clock: now, BuildTime: time.Hour})
	real := connect(t, sim, "demo", "demo", cloud.Options{})
	image := firstOf(t, real, question{cloud.Image, "images", ""}, "images")["id"]
	m := &maker{t: t, conn: real}
	m.do(cloud.Compute, "POST", "servers", "server", object{"server": object{"name": "slow", "imageRef": image, "flavorRef": "1", "networks": "none"}})
	mine := clock.NewFake(now.Now())
	tw, trial := copyOf(t, real, Options{Clock: mine})
	list := question{cloud.Compute, "servers/detail", "2.93"}
	before := firstOf(t, trial, list, "servers")
	if want := firstOf(t, real, list, "servers"); before["status"] != "BUILD" || before["OS-EXT-STS:task_state"] != want["OS-EXT-STS:task_state"] {
		t.Errorf("%v %v", before["status"], before["OS-EXT-STS:task_state"])
	}
	if notes := tw.Notes(); len(notes) != 1 || !strings.Contains(notes[0].Text, "in the middle of something") {
		t.Errorf("notes: %v", notes)
	}
	mine.Advance(time.Minute)
	if after := firstOf(t, trial, list, "servers"); after["status"] != "ACTIVE" || after["OS-EXT-STS:task_state"] != nil {
		t.Errorf("afterwards: %v %v", after["status"], after["OS-EXT-STS:task_state"])
	}
}

// TestConsolesElsewhereAreNotMadeUp asks for what servers wrote: one that was there already, and one that is new.
func TestConsolesElsewhereAreNotMadeUp(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	sim := start(t, simulator.Options{Clock: now})
	real := connect(t, sim, "demo", "demo", cloud.Options{})
	image := firstOf(t, real, question{cloud.Image, "images", ""}, "images")["id"]
	in := object{"server": object{"name": "s", "imageRef": image, "flavorRef": "1", "networks": "none"}}
	old := (&maker{t: t, conn: real}).do(cloud.Compute, "POST", "servers", "server", in)["id"].(string)
	now.Advance(time.Minute)
	tw, trial := copyOf(t, real, Options{Clock: now})
	fresh := (&maker{t: t, conn: trial}).do(cloud.Compute, "POST", "servers", "server", in)["id"].(string)
	now.Advance(time.Minute)
	console := func(id string) int {
		_, err := trial.Do(t.Context(), cloud.Request{Service: cloud.Compute, Method: "POST", Path: "servers/" + id + "/action",
			Body: json.RawMessage(`{"os-getConsoleOutput":{}}`)})
		return cloudStatus(err)
	}
	if got := console(fresh); got != 0 {
		t.Errorf("the new server's console: %d", got)
	}
	if len(tw.Notes()) != 0 {
		t.Errorf("notes: %v", tw.Notes())
	}
	if got := console(old); got != http.StatusNotImplemented || len(tw.Notes()) != 1 {
		t.Errorf("the old server's console: %d, notes %v", got, tw.Notes())
	}
	// After a start in the copy the copy knows.
	m := &maker{t: t, conn: trial}
	m.do(cloud.Compute, "POST", "servers/"+old+"/action", "", object{"reboot": object{"type": "HARD"}})
	now.Advance(time.Minute)
	if got := console(old); got != 0 {
		t.Errorf("the old server's console after a reboot: %d", got)
	}
}

// TestDataOfImagesStaysThere downloads an image of the copy.
func TestDataOfImagesStaysThere(t *testing.T) {
	sim := start(t, simulator.Options{})
	real := connect(t, sim, "demo", "demo", cloud.Options{})
	_, trial := copyOf(t, real, Options{})
	id, _ := firstOf(t, trial, question{cloud.Image, "images", ""}, "images")["id"].(string)
	_, err := trial.Do(t.Context(), cloud.Request{Service: cloud.Image, Path: "images/" + id + "/file"})
	if cloudStatus(err) != http.StatusNotImplemented || !strings.Contains(err.Error(), "but not its data") {
		t.Errorf("download: %v", err)
	}
}

// TestOtherProjectsAreFoundByAnAdministrator looks for a server and a private flavor that no plain list has.
func TestOtherProjectsAreFoundByAnAdministrator(t *testing.T) {
	sim := start(t, simulator.Options{})
	demo := connect(t, sim, "demo", "demo", cloud.Options{})
	image := firstOf(t, demo, question{cloud.Image, "images", ""}, "images")["id"]
	id, _ := (&maker{t: t, conn: demo}).do(cloud.Compute, "POST", "servers", "server",
		object{"server": object{"name": "theirs", "imageRef": image, "flavorRef": "1", "networks": "none"}})["id"].(string)
	admin := connect(t, sim, "admin", "admin", cloud.Options{})
	_, trial := copyOf(t, admin, Options{})
	for _, q := range []question{{cloud.Compute, "servers/" + id, "2.93"}, {cloud.Compute, "servers/detail", "2.93"}, {cloud.Compute, "servers/detail?all_tenants=1", "2.93"},
		{cloud.Network, "ports", ""}, {cloud.Compute, "servers/" + strings.Replace(id, id[:4], "0000", 1), "2.93"}} {
		want, got := get(t, admin, q), get(t, trial, q)
		if string(canonicalOf(t, want)) != string(canonicalOf(t, got)) {
			t.Errorf("%s:\n%s\nwant:\n%s", q, got, want)
		}
	}
}

func canonicalOf(t *testing.T, raw []byte) []byte {
	t.Helper()
	b, err := json.Marshal(plain(raw))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWhatTheSimulatorHasNotIsAskedThere asks for an extension the simulator does not know, and a service that it has
// not: reading is passed on, once, and changing is refused.
func TestWhatTheSimulatorHasNotIsAskedThere(t *testing.T) {
	sim := start(t, simulator.Options{})
	admin := connect(t, sim, "admin", "admin", cloud.Options{})
	m := &maker{t: t, conn: admin}
	service, _ := m.do(cloud.Identity, "POST", "services", "service", object{"service": object{"type": "placement", "name": "placement"}})["id"].(string)
	m.do(cloud.Identity, "POST", "endpoints", "endpoint", object{"endpoint": object{"service_id": service, "interface": "public", "region_id": "RegionOne",
		"url": "http://simulator/placement"}})
	w, real := tapped(t, sim, "demo")
	w.answer = func(r *http.Request) *http.Response {
		ok := func(body string) *http.Response {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
		}
		switch r.URL.Path {
		case "/network/v2.0/trunks":
			return ok(`{"trunks":[{"id":"t1","self":"http://simulator/network/v2.0/trunks/t1"}]}`)
		case "/placement/resource_providers":
			return ok(`{"resource_providers":[{"uuid":"u1"}]}`)
		}
		return nil
	}
	tw, trial := copyOf(t, real, Options{})
	w.took()
	for range 2 {
		if got := get(t, trial, question{cloud.Network, "trunks", ""}); !strings.Contains(string(got), `"t1"`) {
			t.Errorf("trunks: %s", got)
		}
		if got := get(t, trial, question{"placement", "resource_providers", ""}); !strings.Contains(string(got), `"u1"`) {
			t.Errorf("placement: %s", got)
		}
	}
	if took := w.took(); !slices.Equal(took, []string{"GET /network/v2.0/trunks", "GET /placement/resource_providers"}) {
		t.Errorf("asked: %v", took)
	}
	for _, r := range []cloud.Request{{Service: cloud.Network, Method: "POST", Path: "trunks", Body: json.RawMessage(`{}`)},
		{Service: "placement", Method: "DELETE", Path: "resource_providers/u1"}} {
		if _, err := trial.Do(t.Context(), r); err == nil {
			t.Errorf("%s %s is answered with success", r.Method, r.Path)
		}
	}
	if took := w.took(); took != nil {
		t.Errorf("reached the cloud: %v", took)
	}
	if notes := tw.Notes(); len(notes) != 2 || !strings.Contains(notes[1].Text, "DELETE resource_providers/u1 cannot be tried") {
		t.Errorf("notes: %v", notes)
	}
}

// TestNetworksWithDHCPGetItInTheCopyToo makes a network in the copy of a cloud whose networks have a port for DHCP.
func TestNetworksWithDHCPGetItInTheCopyToo(t *testing.T) {
	sim := start(t, simulator.Options{})
	admin := &maker{t: t, conn: connect(t, sim, "admin", "demo", cloud.Options{})}
	private := firstOf(t, admin.conn, question{cloud.Network, "networks?name=private", ""}, "networks")
	admin.do(cloud.Network, "POST", "ports", "port", object{"port": object{"network_id": private["id"], "device_owner": "network:dhcp", "device_id": "dhcp-1", "binding:host_id": "h"}})
	_, trial := copyOf(t, connect(t, sim, "demo", "demo", cloud.Options{}), Options{})
	m := &maker{t: t, conn: trial}
	n := m.make(cloud.Network, "networks", "network", object{"name": "n"})
	s := m.make(cloud.Network, "subnets", "subnet", object{"network_id": n, "ip_version": 4, "cidr": "10.99.0.0/24"})
	p := firstOf(t, trial, question{cloud.Network, "ports?network_id=" + n, ""}, "ports")
	if p["device_owner"] != "network:dhcp" {
		t.Errorf("port: %v", p)
	}
	// It is no reason to keep the subnet or the network.
	m.do(cloud.Network, "DELETE", "subnets/"+s, "", nil)
	m.do(cloud.Network, "DELETE", "networks/"+n, "", nil)
}
