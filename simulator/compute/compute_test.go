package compute_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/simulator/compute"
	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// clock is a clock that is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// tokens are callers by name: "demo", "other", "admin".
type tokens struct{}

func (tokens) Authenticate(_ *store.Tx, token string, _ time.Time) (*web.Caller, error) {
	c := &web.Caller{UserID: token + "-user", UserName: token, ProjectID: token + "-project", ProjectName: token, Roles: []string{"member"}}
	switch token {
	case "demo", "other":
		return c, nil
	case "admin":
		c.Roles = []string{"admin"}
		return c, nil
	}
	return nil, nil
}

// images is an image service of a few images.
type images struct {
	mu    sync.Mutex
	all   map[string]compute.Image
	shots []compute.NewImage
}

func (i *images) Image(_ *web.Request, id string) (compute.Image, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if image, ok := i.all[id]; ok {
		return image, nil
	}
	return compute.Image{}, store.ErrNotFound
}

func (i *images) List(*web.Request) ([]compute.Image, error) { return nil, nil }

func (i *images) Snapshot(_ *web.Request, n compute.NewImage) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.shots = append(i.shots, n)
	return "00000000-0000-4000-8000-0000000000ff", nil
}

func (i *images) Delete(*web.Request, string) error { return nil }

const (
	small    = "00000000-0000-4000-8000-000000000001"
	virtual  = "00000000-0000-4000-8000-000000000002"
	large    = "00000000-0000-4000-8000-000000000003"
	hungry   = "00000000-0000-4000-8000-000000000004"
	wide     = "00000000-0000-4000-8000-000000000005"
	queued   = "00000000-0000-4000-8000-000000000006"
	nowhere  = "00000000-0000-4000-8000-0000000000aa"
	buildFor = 10 * time.Second
)

// cloud is a compute and a network service on one state.
type cloud struct {
	t       testing.TB
	handler http.Handler
	clock   *clock
	images  *images
	version string
	private string
	public  string
}

func newCloud(t testing.TB, build time.Duration) *cloud {
	t.Helper()
	ctx := t.Context()
	c := &cloud{t: t, clock: &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}, images: &images{all: map[string]compute.Image{
		small:   {ID: small, Name: "ubuntu", Status: "active", Size: 1 << 20, Properties: map[string]string{}},
		virtual: {ID: virtual, Name: "cloud", Status: "active", Size: 1 << 20, VirtualSize: 2361393152},
		large:   {ID: large, Status: "active", Size: 1<<30 + 1<<20},
		hungry:  {ID: hungry, Status: "active", MinRAM: 1024},
		wide:    {ID: wide, Status: "active", MinDisk: 5},
		queued:  {ID: queued, Status: "queued"},
	}}}
	s, err := store.Open(ctx, store.Options{Path: filepath.Join(t.TempDir(), "state.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	err = s.Update(ctx, func(tx *store.Tx) error {
		if err := compute.Seed(tx, compute.Model{Now: c.clock.Now()}); err != nil {
			return err
		}
		return network.Seed(tx, network.Model{Seed: 1, Now: c.clock.Now(), AdminProject: "admin-project", DemoProject: "demo-project"})
	})
	if err != nil {
		t.Fatal(err)
	}
	c.handler, err = web.NewServer(web.Config{Store: s, Clock: c.clock, Services: []*web.Service{
		network.New(tokens{}), compute.New(tokens{}, compute.Options{BuildTime: build, Images: c.images})}})
	if err != nil {
		t.Fatal(err)
	}
	c.private = c.text("demo", "GET", "/network/v2.0/networks?name=private", "", "networks.0.id")
	c.public = c.text("demo", "GET", "/network/v2.0/networks?name=public", "", "networks.0.id")
	return c
}

// do sends a request and gives its status and body.
func (c *cloud) do(as, method, path, body string) (int, any) {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, "http://cloud"+path, strings.NewReader(body))
	if as != "" {
		r.Header.Set("X-Auth-Token", as)
	}
	r.Header.Set("Accept", "application/json")
	if c.version != "" {
		r.Header.Set("OpenStack-API-Version", "compute "+c.version)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	var v any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			v = w.Body.String()
		}
	}
	return w.Code, v
}

func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch e := v.(type) {
		case map[string]any:
			v = e[key]
		case []any:
			i := 0
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(e) {
				return nil
			}
			v = e[i]
		default:
			return nil
		}
	}
	return v
}

// text gives one value of an answer that must be a success.
func (c *cloud) text(as, method, path, body, value string) string {
	c.t.Helper()
	status, v := c.do(as, method, path, body)
	if status >= 300 {
		c.t.Fatalf("%s %s: %d %v", method, path, status, v)
	}
	s, ok := at(v, value).(string)
	if !ok {
		c.t.Fatalf("%s %s: no %s in %v", method, path, value, v)
	}
	return s
}

// wants sends a request and compares status and sentence.
func (c *cloud) wants(as, method, path, body string, status int, sentence string) {
	c.t.Helper()
	got, v := c.do(as, method, path, body)
	said := ""
	if m, ok := v.(map[string]any); ok && len(m) == 1 {
		for _, e := range m {
			said, _ = at(e, "message").(string)
		}
	}
	if got != status || sentence != "" && said != sentence {
		c.t.Errorf("%s %s %s:\n got %d %q\nwant %d %q", method, path, body, got, said, status, sentence)
	}
}

// server is the body of a request for a server.
func (c *cloud) server(more map[string]any) string {
	s := map[string]any{"name": "one", "flavorRef": "42", "imageRef": small, "networks": []any{map[string]any{"uuid": c.private}}}
	for k, v := range more {
		if v == nil {
			delete(s, k)
			continue
		}
		s[k] = v
	}
	raw, err := json.Marshal(map[string]any{"server": s})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(raw)
}

func (c *cloud) create(more map[string]any) string {
	c.t.Helper()
	return "/compute/v2.1/servers/" + c.text("demo", "POST", "/compute/v2.1/servers", c.server(more), "server.id")
}

func (c *cloud) state(server string) string {
	c.t.Helper()
	status, v := c.do("demo", "GET", server, "")
	if status != http.StatusOK {
		return fmt.Sprint(status)
	}
	return fmt.Sprintf("%v %v %v %v", at(v, "server.status"), at(v, "server.OS-EXT-STS:vm_state"), at(v, "server.OS-EXT-STS:task_state"), at(v, "server.OS-EXT-STS:power_state"))
}

func TestBuildGoesThroughItsTasks(t *testing.T) {
	c := newCloud(t, buildFor)
	s := c.create(nil)
	for _, want := range []string{
		"BUILD building scheduling 0", "BUILD building networking 0", "BUILD building block_device_mapping 0",
		"BUILD building spawning 0", "BUILD building spawning 0", "BUILD building spawning 0", "ACTIVE active <nil> 1",
	} {
		if got := c.state(s); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		c.clock.advance(buildFor/6 + time.Millisecond)
	}
}

func TestAddressesComeWithThePort(t *testing.T) {
	c := newCloud(t, buildFor)
	s := c.create(nil)
	if _, v := c.do("demo", "GET", s, ""); len(at(v, "server.addresses").(map[string]any)) != 0 || at(v, "server.hostId") != "" {
		t.Errorf("a server being scheduled has addresses or a host: %v", v)
	}
	c.clock.advance(buildFor)
	_, v := c.do("demo", "GET", s, "")
	if at(v, "server.addresses.private.0.OS-EXT-IPS:type") != "fixed" || at(v, "server.hostId") == "" {
		t.Errorf("an active server has no address or no host: %v", v)
	}
	id := strings.TrimPrefix(s, "/compute/v2.1/servers/")
	_, v = c.do("demo", "GET", "/network/v2.0/ports?device_id="+id, "")
	if at(v, "ports.0.device_owner") != "compute:nova" || at(v, "ports.0.status") != "ACTIVE" {
		t.Errorf("the port is not bound: %v", v)
	}
	c.wants("demo", "DELETE", s, "", http.StatusNoContent, "")
	if _, v = c.do("demo", "GET", "/network/v2.0/ports?device_id="+id, ""); len(at(v, "ports").([]any)) != 0 {
		t.Errorf("the port is left behind: %v", v)
	}
	if got := c.state(s); got != "ACTIVE active deleting 1" {
		t.Errorf("got %s while it is deleted", got)
	}
	c.clock.advance(buildFor)
	c.wants("demo", "GET", s, "", http.StatusNotFound, "Instance "+id+" could not be found.")
	if _, v = c.do("demo", "GET", "/compute/v2.1/servers", ""); len(at(v, "servers").([]any)) != 0 {
		t.Errorf("a deleted server is listed: %v", v)
	}
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		server map[string]any
		want   string
	}{
		{"virtual size", map[string]any{"imageRef": virtual}, "Build of instance %s aborted: Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is 2361393152 bytes."},
		{"external network", map[string]any{"networks": "public"}, "Build of instance %s aborted: Failed to allocate the network(s), not rescheduling."},
		{"address outside", map[string]any{"networks": "outside"}, "Build of instance %s aborted: Failed to allocate the network(s), not rescheduling."},
		{"no host", map[string]any{"flavorRef": "huge"}, "No valid host was found. "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCloud(t, buildFor)
			if tt.server["flavorRef"] == "huge" {
				c.wants("admin", "POST", "/compute/v2.1/flavors", `{"flavor":{"name":"huge","id":"huge","ram":900000,"vcpus":1,"disk":1}}`, 200, "")
				c.wants("admin", "PUT", "/compute/v2.1/os-quota-sets/demo-project", `{"quota_set":{"ram":-1}}`, 200, "")
			}
			switch tt.server["networks"] {
			case "public":
				tt.server["networks"] = []any{map[string]any{"uuid": c.public}}
			case "outside":
				tt.server["networks"] = []any{map[string]any{"uuid": c.private, "fixed_ip": "192.0.2.1"}}
			}
			s := c.create(tt.server)
			if got := c.state(s); !strings.HasPrefix(got, "BUILD") {
				t.Errorf("the fault shows at once: %s", got)
			}
			c.clock.advance(buildFor)
			_, v := c.do("demo", "GET", s, "")
			id := strings.TrimPrefix(s, "/compute/v2.1/servers/")
			want := tt.want
			if strings.Contains(want, "%s") {
				want = fmt.Sprintf(want, id)
			}
			if at(v, "server.status") != "ERROR" || at(v, "server.fault.code") != 500.0 || at(v, "server.fault.message") != want {
				t.Errorf("got %v %v, want %q", at(v, "server.status"), at(v, "server.fault"), want)
			}
			if _, v = c.do("demo", "GET", "/network/v2.0/ports?device_id="+id, ""); len(at(v, "ports").([]any)) != 0 {
				t.Errorf("a failed server keeps a port: %v", v)
			}
			c.wants("demo", "DELETE", s, "", http.StatusNoContent, "")
		})
	}
}

func TestCreateRefusals(t *testing.T) {
	c := newCloud(t, 0)
	for _, tt := range []struct {
		server map[string]any
		status int
		want   string
	}{
		{map[string]any{"imageRef": large}, 400, "Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is 1074790400 bytes."},
		{map[string]any{"imageRef": hungry}, 400, "Flavor's memory is too small for requested image."},
		{map[string]any{"imageRef": wide}, 400, "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is 1073741824 bytes, minimum size is 5368709120 bytes."},
		{map[string]any{"imageRef": queued}, 400, "Image " + queued + " is not active."},
		{map[string]any{"imageRef": nowhere}, 400, "Can not find requested image"},
		{map[string]any{"imageRef": nil}, 400, "Missing imageRef attribute"},
		{map[string]any{"name": ""}, 400, "Invalid input for field/attribute name. Value: . '' is too short"},
		{map[string]any{"flavorRef": "nosuch"}, 400, "Flavor nosuch could not be found."},
		{map[string]any{"key_name": "nosuch"}, 400, "Invalid key_name provided."},
		{map[string]any{"availability_zone": "nosuch"}, 400, "The requested availability zone is not available"},
		{map[string]any{"networks": []any{map[string]any{"uuid": nowhere}}}, 400, "Network " + nowhere + " could not be found."},
		{map[string]any{"security_groups": []any{map[string]any{"name": "nosuch"}}}, 400, "Unable to find security_group with name or id 'nosuch'"},
		{map[string]any{"min_count": 11}, 403, "Quota exceeded for instances: Requested 11, but already used 0 of 10 instances"},
		{map[string]any{"flavorRef": "5", "min_count": 3}, 403, "Quota exceeded for cores: Requested 24, but already used 0 of 20 cores"},
		{map[string]any{"min_count": 3, "max_count": 1}, 400, "min_count must be <= max_count"},
		{map[string]any{"imageRef": nil, "block_device_mapping_v2": []any{map[string]any{"source_type": "volume", "uuid": nowhere, "destination_type": "volume", "boot_index": 0}}}, 400,
			"Block Device Mapping is Invalid: failed to get volume " + nowhere + "."},
	} {
		c.wants("demo", "POST", "/compute/v2.1/servers", c.server(tt.server), tt.status, tt.want)
	}
	c.wants("other", "POST", "/compute/v2.1/servers", c.server(nil), 400, "Network "+c.private+" could not be found.")
}

func TestActionsFollowTheState(t *testing.T) {
	type step struct{ action, during, after string }
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"stop and start", []step{{`{"os-stop": null}`, "ACTIVE active powering-off 1", "SHUTOFF stopped <nil> 4"}, {`{"os-start": null}`, "SHUTOFF stopped powering-on 4", "ACTIVE active <nil> 1"}}},
		{"pause", []step{{`{"pause": null}`, "ACTIVE active pausing 1", "PAUSED paused <nil> 3"}, {`{"unpause": null}`, "PAUSED paused unpausing 3", "ACTIVE active <nil> 1"}}},
		{"suspend", []step{{`{"suspend": null}`, "ACTIVE active suspending 1", "SUSPENDED suspended <nil> 4"}, {`{"resume": null}`, "SUSPENDED suspended resuming 4", "ACTIVE active <nil> 1"}}},
		{"reboot", []step{{`{"reboot": {"type": "SOFT"}}`, "REBOOT active rebooting 1", "ACTIVE active <nil> 1"}, {`{"reboot": {"type": "HARD"}}`, "HARD_REBOOT active rebooting_hard 1", "ACTIVE active <nil> 1"}}},
		{"rescue", []step{{`{"rescue": null}`, "ACTIVE active rescuing 1", "RESCUE rescued <nil> 1"}, {`{"unrescue": null}`, "RESCUE rescued unrescuing 1", "ACTIVE active <nil> 1"}}},
		{"resize", []step{{`{"resize": {"flavorRef": "84"}}`, "RESIZE active resize_prep 1", "VERIFY_RESIZE resized <nil> 1"}, {`{"confirmResize": null}`, "ACTIVE active <nil> 1", "ACTIVE active <nil> 1"}}},
		{"revert", []step{{`{"resize": {"flavorRef": "84"}}`, "RESIZE active resize_prep 1", "VERIFY_RESIZE resized <nil> 1"}, {`{"revertResize": null}`, "REVERT_RESIZE resized resize_reverting 1", "ACTIVE active <nil> 1"}}},
		{"rebuild", []step{{`{"rebuild": {"imageRef": "` + small + `"}}`, "REBUILD active rebuilding 1", "ACTIVE active <nil> 1"}}},
		{"shelve", []step{{`{"shelve": null}`, "ACTIVE active shelving 1", "SHELVED_OFFLOADED shelved_offloaded <nil> 4"}, {`{"unshelve": null}`, "SHELVED_OFFLOADED shelved_offloaded unshelving 4", "ACTIVE active <nil> 1"}}},
		{"image", []step{{`{"createImage": {"name": "shot"}}`, "ACTIVE active image_snapshot 1", "ACTIVE active <nil> 1"}}},
		{"password", []step{{`{"changePassword": {"adminPass": "x"}}`, "PASSWORD active updating_password 1", "ACTIVE active <nil> 1"}}},
		{"lock", []step{{`{"lock": null}`, "ACTIVE active <nil> 1", "ACTIVE active <nil> 1"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCloud(t, buildFor)
			s := c.create(nil)
			c.clock.advance(buildFor)
			for _, step := range tt.steps {
				if status, v := c.do("demo", "POST", s+"/action", step.action); status >= 300 {
					t.Fatalf("%s: %d %v", step.action, status, v)
				}
				if got := c.state(s); got != step.during {
					t.Errorf("%s: got %s, want %s", step.action, got, step.during)
				}
				c.clock.advance(buildFor)
				if got := c.state(s); got != step.after {
					t.Errorf("after %s: got %s, want %s", step.action, got, step.after)
				}
			}
		})
	}
}

func TestActionsRefused(t *testing.T) {
	c := newCloud(t, buildFor)
	s := c.create(nil)
	id := strings.TrimPrefix(s, "/compute/v2.1/servers/")
	c.wants("demo", "POST", s+"/action", `{"pause": null}`, 409, "Cannot 'pause' instance "+id+" while it is in vm_state building")
	c.clock.advance(buildFor)
	for action, name := range map[string]string{"os-start": "start", "unpause": "unpause", "resume": "resume", "unrescue": "unrescue", "unshelve": "unshelve",
		"confirmResize": "confirmResize", "revertResize": "revertResize", "restore": "restore"} {
		c.wants("demo", "POST", s+"/action", `{"`+action+`": null}`, 409, "Cannot '"+name+"' instance "+id+" while it is in vm_state active")
	}
	c.wants("demo", "POST", s+"/action", `{"os-stop": null}`, 202, "")
	c.wants("demo", "POST", s+"/action", `{"pause": null}`, 409, "Cannot 'pause' instance "+id+" while it is in task_state powering-off")
	c.wants("demo", "POST", s+"/action", `{"os-resetState": {"state": "error"}}`, 403, "Policy doesn't allow os_compute_api:os-admin-actions:reset_state to be performed.")
	c.wants("demo", "POST", s+"/action", `{"migrate": null}`, 403, "Policy doesn't allow os_compute_api:os-migrate-server:migrate to be performed.")
	c.wants("other", "POST", s+"/action", `{"os-stop": null}`, 404, "Instance "+id+" could not be found.")
	c.wants("demo", "POST", s+"/action", `{"os-nosuch": null}`, 400, "There is no such action: os-nosuch")
	c.clock.advance(buildFor)
	c.wants("demo", "POST", s+"/action", `{"lock": null}`, 202, "")
	c.wants("demo", "POST", s+"/action", `{"os-start": null}`, 409, "Instance "+id+" is locked")
	c.wants("demo", "DELETE", s, "", 409, "Instance "+id+" is locked")
	c.wants("demo", "POST", s+"/action", `{"unlock": null}`, 202, "")
	c.wants("admin", "POST", s+"/action", `{"lock": null}`, 202, "")
	c.wants("demo", "POST", s+"/action", `{"unlock": null}`, 403, "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.")
}

func TestConsoleGrows(t *testing.T) {
	c := newCloud(t, buildFor)
	s := c.create(map[string]any{"name": "My Server_1"})
	output := func(length string) string {
		return c.text("demo", "POST", s+"/action", `{"os-getConsoleOutput": {`+length+`}}`, "output")
	}
	c.clock.advance(buildFor)
	first := output("")
	c.clock.advance(2 * time.Second)
	second := output("")
	c.clock.advance(3 * time.Second)
	last := output("")
	if !strings.HasPrefix(second, first) || !strings.HasPrefix(last, second) || len(first) >= len(second) || len(second) >= len(last) {
		t.Errorf("the log does not grow:\n%s\n---\n%s\n---\n%s", first, second, last)
	}
	if !strings.HasSuffix(last, "my-server-1 login: ") {
		t.Errorf("no prompt at the end:\n%s", last)
	}
	if got := output(`"length": 1`); got != "my-server-1 login: " {
		t.Errorf("the last line is %q", got)
	}
}

func TestConsolePage(t *testing.T) {
	c := newCloud(t, 0)
	s := c.create(nil)
	c.clock.advance(compute.BootTime)
	url := c.text("demo", "POST", s+"/action", `{"os-getVNCConsole": {"type": "novnc"}}`, "console.url")
	path := strings.TrimPrefix(url, "http://cloud")
	if status, v := c.do("", "GET", path, ""); status != 200 || !strings.Contains(fmt.Sprint(v), "one login: ") {
		t.Errorf("the page is %d %v", status, v)
	}
	c.wants("", "GET", "/compute/console/vnc_lite.html?path=%3Ftoken%3Dx", "", 404, "The token 'x' is invalid or has expired")
	c.clock.advance(time.Hour)
	if status, _ := c.do("", "GET", path, ""); status != 404 {
		t.Errorf("the page can be seen an hour later: %d", status)
	}
}

func TestKeypairs(t *testing.T) {
	c := newCloud(t, 0)
	_, v := c.do("demo", "POST", "/compute/v2.1/os-keypairs", `{"keypair": {"name": "made"}}`)
	key, err := ssh.ParsePrivateKey([]byte(at(v, "keypair.private_key").(string)))
	if err != nil {
		t.Fatal(err)
	}
	if got := ssh.FingerprintLegacyMD5(key.PublicKey()); got != at(v, "keypair.fingerprint") {
		t.Errorf("fingerprint %v, want %s", at(v, "keypair.fingerprint"), got)
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey([]byte(at(v, "keypair.public_key").(string)))
	if err != nil || !bytes.Equal(pub.Marshal(), key.PublicKey().Marshal()) {
		t.Errorf("the public key is another's: %v", err)
	}
	c.wants("demo", "POST", "/compute/v2.1/os-keypairs", `{"keypair": {"name": "made"}}`, 409, "Key pair 'made' already exists.")
	c.wants("other", "GET", "/compute/v2.1/os-keypairs/made", "", 404, "Keypair made not found for user other-user")
	c.version = "2.92"
	c.wants("demo", "POST", "/compute/v2.1/os-keypairs", `{"keypair": {"name": "x"}}`, 400, "Invalid input for field/attribute keypair. Value: {'name': 'x'}. 'public_key' is a required property")
}

func TestListPages(t *testing.T) {
	c := newCloud(t, 0)
	for i := range 5 {
		c.create(map[string]any{"name": fmt.Sprint("n", i)})
		c.clock.advance(time.Second)
	}
	var names []string
	path := "/compute/v2.1/servers?limit=2"
	for path != "" {
		_, v := c.do("demo", "GET", path, "")
		for _, s := range at(v, "servers").([]any) {
			names = append(names, at(s, "name").(string))
		}
		next, _ := at(v, "servers_links.0.href").(string)
		path = strings.TrimPrefix(next, "http://cloud")
	}
	if want := []string{"n4", "n3", "n2", "n1", "n0"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if _, v := c.do("other", "GET", "/compute/v2.1/servers", ""); len(at(v, "servers").([]any)) != 0 {
		t.Errorf("another project's servers are listed: %v", v)
	}
	c.wants("demo", "GET", "/compute/v2.1/servers?marker="+nowhere, "", 400, "marker ["+nowhere+"] not found")
	c.wants("demo", "GET", "/compute/v2.1/servers?all_tenants=1", "", 403, "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.")
}

func TestServersAtOnce(t *testing.T) {
	c := newCloud(t, 0)
	c.wants("admin", "PUT", "/compute/v2.1/os-quota-sets/demo-project", `{"quota_set":{"instances":-1,"cores":-1}}`, 200, "")
	body := c.server(nil)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { c.do("demo", "POST", "/compute/v2.1/servers", body) })
	}
	wg.Wait()
	_, v := c.do("demo", "GET", "/compute/v2.1/servers/detail", "")
	seen := map[any]bool{}
	for _, s := range at(v, "servers").([]any) {
		ip := at(s, "addresses.private.0.addr")
		if ip == nil || seen[ip] {
			t.Errorf("address %v is missing or given twice", ip)
		}
		seen[ip] = true
	}
	if len(seen) != 16 {
		t.Errorf("%d servers of 16", len(seen))
	}
}

func TestMicroversions(t *testing.T) {
	c := newCloud(t, 0)
	s := c.create(nil)
	for _, tt := range []struct {
		version string
		has     []string
		not     []string
	}{
		{"2.1", nil, []string{"locked", "description", "tags", "locked_reason", "server_groups", "OS-EXT-SRV-ATTR:hostname"}},
		{"2.9", []string{"locked"}, []string{"description"}},
		{"2.19", []string{"locked", "description"}, []string{"tags"}},
		{"2.26", []string{"tags"}, []string{"trusted_image_certificates"}},
		{"2.63", []string{"trusted_image_certificates"}, []string{"server_groups"}},
		{"2.71", []string{"server_groups"}, []string{"locked_reason"}},
		{"2.73", []string{"locked_reason"}, nil},
		{"2.90", []string{"OS-EXT-SRV-ATTR:hostname"}, nil},
		{"latest", []string{"OS-EXT-SRV-ATTR:hostname"}, nil},
	} {
		c.version = tt.version
		_, v := c.do("demo", "GET", s, "")
		doc, _ := at(v, "server").(map[string]any)
		for _, key := range tt.has {
			if _, ok := doc[key]; !ok {
				t.Errorf("%s has no %s", tt.version, key)
			}
		}
		for _, key := range tt.not {
			if _, ok := doc[key]; ok {
				t.Errorf("%s has %s", tt.version, key)
			}
		}
	}
	c.version = "2.94"
	c.wants("demo", "GET", s, "", 406, "Version 2.94 is not supported by the API. Minimum is 2.1 and maximum is 2.93.")
	c.version = "x"
	c.wants("demo", "GET", s, "", 400, "API Version String x is of invalid format. Must be of format MajorNum.MinorNum.")
}

func FuzzRequests(f *testing.F) {
	f.Add("POST", "/servers", `{"server": {"name": "x", "flavorRef": "42", "imageRef": "`+small+`", "networks": "auto"}}`, "2.93")
	f.Add("GET", "/servers/detail", "", "2.1")
	f.Add("GET", "/servers?name=%28&limit=1&sort_key=uuid&status=x&changes-since=1", "", "2.75")
	f.Add("POST", "/os-server-groups", `{"server_group": {"name": "g", "policies": []}}`, "2.1")
	f.Add("PUT", "/os-quota-sets/x", `{"quota_set": {"cores": "1e9", "force": []}}`, "2.57")
	f.Add("POST", "/flavors", `{"flavor": {"name": "f", "ram": 1, "vcpus": 1, "disk": 1, "rxtx_factor": 1e300}}`, "2.55")
	f.Add("POST", "/os-aggregates", `{"aggregate": {"name": "a", "availability_zone": null}}`, "2.1")
	c := newCloud(f, 0)
	f.Fuzz(func(t *testing.T, method, path, body, version string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://cloud/compute/v2.1/", strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		p, query, _ := strings.Cut(path, "?")
		r.URL.Path = "/compute/v2.1" + p
		r.URL.RawQuery = query
		r.Header.Set("X-Auth-Token", "admin")
		r.Header["Openstack-Api-Version"] = []string{"compute " + version}
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("%s %s %s: %d %s", method, path, body, w.Code, w.Body)
		}
	})
}

// TestOldSecurityGroups holds the proxies for security groups to what Nova answers before 2.36.
func TestOldSecurityGroups(t *testing.T) {
	c := newCloud(t, buildFor)
	const groups, rules = "/compute/v2.1/os-security-groups", "/compute/v2.1/os-security-group-rules"
	for _, tt := range []struct{ body, want string }{
		{`{}`, "The request body can't be empty"},
		{`{"other":{}}`, "Missing parameter security_group"},
		{`{"security_group":{"name":"g"}}`, "description is not a string or unicode"},
		{`{"security_group":{"name":3,"description":""}}`, "name is not a string or unicode"},
		{`{"security_group":"g"}`, "security_group is not an object"},
	} {
		c.wants("demo", "POST", groups, tt.body, 400, tt.want)
	}
	c.wants("demo", "POST", groups, `{"security_group":{"name":"default","description":""}}`, 403, "")
	_, v := c.do("demo", "POST", groups, `{"security_group":{"name":"g","description":"d"}}`)
	id, _ := at(v, "security_group.id").(string)
	if id == "" {
		t.Fatalf("no group was made: %v", v)
	}
	c.wants("demo", "PUT", groups+"/"+id, `{"security_group":{"name":"h"}}`, 400, "description is not a string or unicode")
	if _, v := c.do("demo", "PUT", groups+"/"+id, `{"security_group":{"name":"h","description":"e"}}`); at(v, "security_group.name") != "h" {
		t.Errorf("renamed: %v", v)
	}
	rule := func(more string) string {
		return `{"security_group_rule":{"parent_group_id":"` + id + `"` + more + `}}`
	}
	ssh := rule(`,"from_port":22,"to_port":22,"ip_protocol":"TCP"`)
	_, v = c.do("demo", "POST", rules, ssh)
	if at(v, "security_group_rule.ip_range.cidr") != "0.0.0.0/0" || at(v, "security_group_rule.ip_protocol") != "tcp" {
		t.Errorf("a rule: %v", v)
	}
	made, _ := at(v, "security_group_rule.id").(string)
	for _, tt := range []struct {
		body   string
		status int
		want   string
	}{
		{ssh, 400, "This rule already exists in group " + id},
		{rule(``), 400, "Not enough parameters to build a valid rule."},
		{rule(`,"from_port":80,"to_port":79,"ip_protocol":"tcp"`), 400, "Invalid port range 80:79. Former value cannot be greater than the later"},
		{rule(`,"from_port":1,"to_port":70000,"ip_protocol":"udp"`), 400, "Invalid port range 1:70000. Valid UDP ports should be between 1-65535"},
		{rule(`,"from_port":1,"to_port":300,"ip_protocol":"icmp"`), 400, "Invalid port range 1:300. For ICMP, the type:code must be valid"},
		{rule(`,"from_port":"a","to_port":7,"ip_protocol":"udp"`), 400, "Invalid input received: To and From ports must be integers"},
		{rule(`,"from_port":1,"to_port":2,"ip_protocol":"sctp"`), 400, "Invalid IP protocol sctp."},
		{rule(`,"from_port":1,"to_port":2,"ip_protocol":"tcp","cidr":"hello"`), 400, "hello is not a valid IP network."},
		{rule(`,"from_port":1,"to_port":2,"ip_protocol":"tcp","cidr":"10.0.0.0/0"`), 400, "Bad prefix for network in cidr 10.0.0.0/0"},
		{`{"security_group_rule":{"parent_group_id":"x"}}`, 400, "Security group id should be uuid"},
		{rule(`,"from_port":-1,"to_port":-1,"ip_protocol":"icmp","cidr":"10.0.0.0/8"`), 200, ""},
		{rule(`,"from_port":22,"to_port":22,"ip_protocol":"tcp","cidr":"fe80::/64"`), 200, ""},
		{rule(`,"group_id":"` + id + `"`), 200, ""},
		{rule(`,"group_id":"` + id + `","ip_protocol":"tcp"`), 200, ""},
		{rule(`,"group_id":"` + id + `","ip_protocol":"tcp"`), 403, ""},
	} {
		c.wants("demo", "POST", rules, tt.body, tt.status, tt.want)
	}
	c.wants("demo", "DELETE", rules+"/x", "", 400, "Security group id should be uuid")
	c.wants("demo", "DELETE", rules+"/"+made, "", 202, "")
	c.wants("demo", "DELETE", rules+"/"+made, "", 404, "")
	c.wants("demo", "DELETE", groups+"/"+id, "", 202, "")
	c.wants("demo", "DELETE", groups+"/"+id, "", 404, "")
}

// TestQuotaThatIsNoObject holds that a body of another shape is refused, not a fault.
func TestQuotaThatIsNoObject(t *testing.T) {
	c := newCloud(t, buildFor)
	for _, bad := range []string{`"x"`, `null`, `[]`, `3`} {
		c.wants("admin", "PUT", "/compute/v2.1/os-quota-sets/demo-project", `{"quota_set":`+bad+`}`, 400, "quota_set is not an object")
		c.wants("admin", "PUT", "/compute/v2.1/os-quota-class-sets/default", `{"quota_class_set":`+bad+`}`, 400, "quota_class_set is not an object")
	}
}
