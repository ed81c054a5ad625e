package twin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
)

// tap is the wire to a cloud: it notes what goes over it, and may answer itself.
type tap struct {
	next   http.RoundTripper
	answer func(*http.Request) *http.Response

	mu  sync.Mutex
	all []string
	now int // under way
	top int // most at the same time
}

func (w *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.all = append(w.all, r.Method+" "+r.URL.Path)
	w.now++
	w.top = max(w.top, w.now)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.now--
		w.mu.Unlock()
	}()
	if w.answer != nil {
		if resp := w.answer(r); resp != nil {
			resp.Request = r
			return resp, nil
		}
	}
	return w.next.RoundTrip(r)
}

// CloseIdleConnections is for http.Client.
func (w *tap) CloseIdleConnections() {
	if c, ok := w.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// took gives what went over the wire since it was last asked, sorted.
func (w *tap) took() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Sorted(slices.Values(w.all))
	w.all = nil
	return all
}

func tapped(t *testing.T, sim *simulator.Simulator, user string) (*tap, *cloud.Connection) {
	t.Helper()
	w := &tap{next: &http.Transport{DialContext: sim.DialContext}}
	return w, connect(t, sim, user, "demo", cloud.Options{Transport: w, Retries: -1})
}

// TestOnlyReadsAtTheWire goes through a whole life of changes in a copy, as two users: nothing but GET, and the one
// request for a token, reaches the cloud, and the cloud is what it was.
func TestOnlyReadsAtTheWire(t *testing.T) {
	for _, user := range []string{"demo", "admin"} {
		t.Run(user, func(t *testing.T) {
			sim := start(t, simulator.Options{})
			(&maker{t: t, conn: connect(t, sim, "demo", "demo", cloud.Options{})}).furnish()
			w, real := tapped(t, sim, user)
			before := snapshot(t, sim)
			_, trial := copyOf(t, real, Options{})
			c := &changer{t: t, conn: trial, ids: map[string]string{}, news: map[string]string{}}
			c.look()
			c.ids["image cirros-0"] = c.ids["image cirros-0.5.2-x86_64-disk"]
			c.change()
			// What the simulator does not know, and a service that it does not have, are no way out either.
			for _, r := range []cloud.Request{
				{Service: cloud.Network, Method: "POST", Path: "trunks", Body: json.RawMessage(`{"trunk":{}}`)},
				{Service: cloud.Network, Method: "PUT", Path: "agents/1", Body: json.RawMessage(`{}`)},
				{Service: cloud.Network, Method: "DELETE", Path: "extensions/x"},
				{Service: cloud.Compute, Method: "POST", Path: "os-aggregates", Body: json.RawMessage(`{"aggregate":{"name":"a"}}`)},
				{Service: cloud.Identity, Method: "POST", Path: "projects", Body: json.RawMessage(`{"project":{"name":"another"}}`)},
				{Service: cloud.Identity, Method: "POST", Path: "auth/tokens", Body: json.RawMessage(`{}`)},
				{Service: cloud.Image, Method: "PATCH", Path: "images/" + c.ids["image cirros-0"], Body: json.RawMessage(`[]`)},
			} {
				_, _ = trial.Do(t.Context(), r) // however it is answered
			}
			took := w.took()
			tokens := 0
			for _, line := range took {
				method, path, _ := strings.Cut(line, " ")
				switch {
				case method == http.MethodGet || method == http.MethodHead:
				case line == "POST /identity/v3/auth/tokens":
					tokens++
				default:
					t.Errorf("%s %s reached the cloud", method, path)
				}
			}
			if tokens != 1 {
				t.Errorf("%d requests for a token", tokens)
			}
			if diff := cmp.Diff(before, snapshot(t, sim)); diff != "" {
				t.Errorf("the cloud was changed:\n%s", diff)
			}
			t.Logf("%d changes in the copy, %d requests to the cloud", len(c.told), len(took))
		})
	}
}

// snapshot is what the cloud's project has, as its member sees it.
func snapshot(t *testing.T, sim *simulator.Simulator) []string {
	t.Helper()
	conn := connect(t, sim, "demo", "demo", cloud.Options{})
	defer conn.Close()
	var all []string
	for _, q := range lists() {
		if shows[q.path] != "" {
			all = append(all, q.String()+" "+string(get(t, conn, q)))
		}
	}
	return all
}

// TestReadsWhatIsWanted says what is asked of the cloud for what is asked of the copy, and that it is asked once.
func TestReadsWhatIsWanted(t *testing.T) {
	network := []string{"floatingip_pools", "floatingips", "networks", "ports", "quotas/{project}", "rbac-policies",
		"routers", "security-groups", "subnetpools", "subnets"}
	for i, p := range network {
		network[i] = "/network/v2.0/" + p
	}
	flavors, keys := []string{"/compute/v2.1/", "/compute/v2.1/flavors/detail"}, []string{"/compute/v2.1/", "/compute/v2.1/os-keypairs"}
	images := []string{"/image/v2/images"}
	servers := slices.Concat(network, flavors, keys[1:], images, []string{"/compute/v2.1/servers/detail", "/compute/v2.1/os-server-groups",
		"/compute/v2.1/limits", "/compute/v2.1/os-availability-zone"})
	for _, tt := range []struct {
		name    string
		request cloud.Request
		want    []string
	}{
		{"a network", cloud.Request{Service: cloud.Network, Method: "POST", Path: "networks", Body: json.RawMessage(`{"network":{"name":"n"}}`)}, network},
		{"subnet pools", cloud.Request{Service: cloud.Network, Path: "subnetpools"}, append(slices.Clone(network), "/network/v2.0/address-groups", "/network/v2.0/address-scopes")},
		{"flavors", cloud.Request{Service: cloud.Compute, Path: "flavors/detail"}, flavors},
		{"key pairs", cloud.Request{Service: cloud.Compute, Path: "os-keypairs"}, keys},
		{"images", cloud.Request{Service: cloud.Image, Path: "images"}, images},
		{"servers", cloud.Request{Service: cloud.Compute, Path: "servers/detail"}, servers},
		{"limits", cloud.Request{Service: cloud.Compute, Path: "limits"}, servers},
		{"extensions", cloud.Request{Service: cloud.Network, Path: "extensions"}, []string{"/network/v2.0/extensions"}},
		{"zones", cloud.Request{Service: cloud.Compute, Path: "os-availability-zone"}, []string{"/compute/v2.1/os-availability-zone"}},
		{"the catalog", cloud.Request{Service: cloud.Identity, Path: "auth/catalog"}, nil},
		{"projects", cloud.Request{Service: cloud.Identity, Path: "auth/projects"}, []string{"/identity/v3/auth/projects", "/identity/v3/projects/{project}", "/identity/v3/users/{user}"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim := start(t, simulator.Options{})
			w, real := tapped(t, sim, "demo")
			tw, trial := copyOf(t, real, Options{})
			if took := w.took(); !slices.Equal(took, []string{"POST /identity/v3/auth/tokens"}) {
				t.Errorf("at first: %v", took)
			}
			tok, err := real.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			fill := strings.NewReplacer("{project}", tok.ProjectID, "{user}", tok.UserID)
			var want []string
			for _, p := range tt.want {
				want = append(want, "GET "+fill.Replace(p))
			}
			var all sync.WaitGroup
			for range 5 { // at the same time: it is read once all the same
				all.Go(func() {
					if _, err := trial.Do(t.Context(), tt.request); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if diff := cmp.Diff(slices.Sorted(slices.Values(want)), w.took()); diff != "" {
				t.Errorf("asked (+), want (-):\n%s", diff)
			}
			if tw.Requests() != len(want) {
				t.Errorf("%d requests counted, %d sent", tw.Requests(), len(want))
			}
			if w.top > 8 {
				t.Errorf("%d requests at the same time", w.top)
			}
		})
	}
}

// refuse answers a path with a status in Neutron's manner.
func refuse(path string, status int, message string) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		if !strings.HasSuffix(r.URL.Path, path) {
			return nil
		}
		body := fmt.Sprintf(`{"NeutronError":{"type":"X","message":%q,"detail":""}}`, message)
		return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
	}
}

func TestRefusalIsANote(t *testing.T) {
	sim := start(t, simulator.Options{})
	w, real := tapped(t, sim, "demo")
	w.answer = refuse("/routers", http.StatusForbidden, "not for you")
	tw, trial := copyOf(t, real, Options{})
	if _, err := trial.Do(t.Context(), cloud.Request{Service: cloud.Network, Path: "networks"}); err != nil {
		t.Fatal(err)
	}
	if got := get(t, trial, question{cloud.Network, "routers", ""}); string(got) != `{"routers":[]}` {
		t.Errorf("routers: %s", got)
	}
	notes := tw.Notes()
	if len(notes) != 1 || notes[0].Service != cloud.Network || notes[0].Type != "routers" || tw.Err() != nil {
		t.Errorf("notes %v, error %v", notes, tw.Err())
	}
}

func TestFailureStopsWithOneError(t *testing.T) {
	sim := start(t, simulator.Options{})
	w, real := tapped(t, sim, "demo")
	w.answer = refuse("/subnets", http.StatusInternalServerError, "the database is gone")
	tw, trial := copyOf(t, real, Options{})
	for range 2 {
		_, err := trial.Do(t.Context(), cloud.Request{Service: cloud.Network, Path: "networks"})
		if err == nil || cloudStatus(err) != http.StatusFailedDependency || !strings.Contains(err.Error(), "the database is gone") {
			t.Errorf("error: %v", err)
		}
	}
	if err := tw.Err(); err == nil || cloudStatus(err) != http.StatusInternalServerError {
		t.Errorf("Err: %v", err)
	}
	reads := 0
	for _, line := range w.took() {
		if line == "GET /network/v2.0/subnets" {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("asked %d times", reads)
	}
}

// TestCancelledReaderSpoilsNothing cancels the request that was the first to want the networks.
func TestCancelledReaderSpoilsNothing(t *testing.T) {
	sim := start(t, simulator.Options{})
	w, real := tapped(t, sim, "demo")
	entered, hold := make(chan struct{}), make(chan struct{})
	var first sync.Once
	w.answer = func(r *http.Request) *http.Response {
		if strings.HasSuffix(r.URL.Path, "/networks") {
			first.Do(func() {
				close(entered)
				select {
				case <-hold:
				case <-r.Context().Done():
				}
			})
			if r.Context().Err() != nil {
				return refuse("/networks", http.StatusTeapot, "cancelled")(r)
			}
		}
		return nil
	}
	tw, trial := copyOf(t, real, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := trial.Do(ctx, cloud.Request{Service: cloud.Network, Path: "networks"})
		done <- err
	}()
	<-entered
	cancel()
	if err := <-done; errs.CodeOf(err) != errs.Cancelled {
		t.Fatalf("error: %v", err)
	}
	if _, err := trial.Do(t.Context(), cloud.Request{Service: cloud.Network, Path: "networks"}); err != nil {
		t.Fatal(err)
	}
	close(hold)
	if tw.Err() != nil {
		t.Error(tw.Err())
	}
}

// TestAThousandServers copies a project with 1,000 servers, each with a port.
func TestAThousandServers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	sim := start(t, simulator.Options{})
	admin := &maker{t: t, conn: connect(t, sim, "admin", "demo", cloud.Options{})}
	project := projectOf(t, admin.conn)
	admin.do(cloud.Compute, "PUT", "os-quota-sets/"+project, "", object{"quota_set": object{"instances": -1, "cores": -1, "ram": -1}})
	admin.do(cloud.Network, "PUT", "quotas/"+project, "", object{"quota": object{"port": -1, "subnet": -1, "network": -1}})
	m := &maker{t: t, conn: connect(t, sim, "demo", "demo", cloud.Options{})}
	n := m.make(cloud.Network, "networks", "network", object{"name": "wide"})
	m.make(cloud.Network, "subnets", "subnet", object{"network_id": n, "ip_version": 4, "cidr": "10.97.0.0/20"})
	const servers = 1000
	for range servers / 100 {
		m.do(cloud.Compute, "POST", "servers", "", object{"server": object{"name": "s", "imageRef": inner(get(t, m.conn, question{cloud.Image, "images", ""}), "")["images"].([]any)[0].(object)["id"],
			"flavorRef": "42", "networks": []object{{"uuid": n}}, "min_count": 100, "max_count": 100}})
	}
	w, real := tapped(t, sim, "demo")
	tw, trial := copyOf(t, real, Options{})
	begun := time.Now()
	got := plain(get(t, trial, question{cloud.Compute, "servers/detail", "2.93"}))
	took := time.Since(begun)
	list, _ := got.(object)["servers"].([]any)
	if len(list) != servers {
		t.Fatalf("%d servers", len(list))
	}
	if diff := cmp.Diff(plain(get(t, real, question{cloud.Compute, "servers/detail", "2.93"})), got); diff != "" {
		t.Errorf("the copy (+) differs:\n%s", diff)
	}
	if limit := 25; tw.Requests() > limit {
		t.Errorf("%d requests, want %d at most: %v", tw.Requests(), limit, w.took())
	}
	t.Logf("%d servers: %d requests, %v", servers, tw.Requests(), took.Round(time.Millisecond))
}
