package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var begin = time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)

// site is a cloud, and runs on it that are written down.
type site struct {
	t    *testing.T
	sim  *simulator.Simulator
	clk  *clock.Fake
	path string
	trip http.RoundTripper // in place of the network, for one that breaks
}

func newSite(t *testing.T) *site {
	clk := clock.NewFake(begin).AutoAdvance()
	return &site{t: t, clk: clk, path: filepath.Join(t.TempDir(), "state", FileName),
		sim: simulatortest.Start(t, simulator.Options{Memory: true, Clock: clk})}
}

func (s *site) connect(rec cloud.Recorder) *cloud.Connection {
	s.t.Helper()
	cfg, err := cloud.FromValues("test", map[string]string{
		"auth_url": s.sim.URL() + "/identity", "username": "admin", "password": "secret", "project_name": "admin",
		"user_domain_name": "Default", "project_domain_name": "Default", "region_name": "RegionOne",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	o := cloud.Options{DialContext: s.sim.DialContext, Clock: s.clk, Retries: -1, Transport: s.trip}
	if rec != nil {
		o.Recorder = rec
	}
	conn := cloud.New(cfg, o)
	s.t.Cleanup(conn.Close)
	return conn
}

// run begins a run.
func (s *site) run() (*Recorder, func(service, method, path, body string) (map[string]any, error)) {
	s.t.Helper()
	rec := NewRecorder(Setup{Path: s.path, Name: "test.lua", Clock: s.clk})
	s.t.Cleanup(func() { rec.Finish(nil) })
	conn := s.connect(rec)
	return rec, func(service, method, path, body string) (map[string]any, error) {
		return send(s.t.Context(), conn, service, method, path, body)
	}
}

func send(ctx context.Context, conn *cloud.Connection, service, method, path, body string) (map[string]any, error) {
	r := cloud.Request{Service: service, Method: method, Path: path, Op: "test.op"}
	if body != "" {
		r.Body = []byte(body)
	}
	if service == cloud.Compute {
		r.Microversion = "2.60"
	}
	res, err := conn.Do(cloud.WithCaller(ctx, cloud.Caller{ID: 1, Op: "test.op", Where: "test.lua:7"}), r)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	_ = json.Unmarshal(res.Body, &doc)
	if len(doc) == 1 {
		for _, v := range doc {
			if m, ok := v.(map[string]any); ok {
				return m, nil
			}
		}
	}
	return doc, nil
}

func (s *site) open() *Journal {
	s.t.Helper()
	j, err := Open(s.t.Context(), s.path, s.clk)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { j.Close() })
	return j
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// left lists what is left of a run, as "type name".
func left(t *testing.T, j *Journal, run string) string {
	t.Helper()
	var out []string
	for _, r := range must[[]Resource](t)(j.Resources(t.Context(), run)) {
		if r.Left {
			out = append(out, strings.TrimSpace(r.Type+" "+r.Name))
		}
	}
	return strings.Join(out, ", ")
}

func TestRunIsWrittenDown(t *testing.T) {
	s := newSite(t)
	rec, do := s.run()
	if _, err := do("network", "GET", "networks", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.path); !errors.Is(err, fs.ErrNotExist) || rec.RunID() != "" {
		t.Fatalf("reading writes a journal: %v, %q", err, rec.RunID())
	}
	if _, err := Open(t.Context(), s.path, s.clk); !errors.Is(err, ErrNone) {
		t.Fatalf("no journal: %v", err)
	}
	net := must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"a"}}`))
	id := net["id"].(string)
	sub := must[map[string]any](t)(do("network", "POST", "subnets", `{"subnet":{"name":"s","ip_version":4,"cidr":"10.9.0.0/24","network_id":"`+id+`"}}`))
	rtr := must[map[string]any](t)(do("network", "POST", "routers", `{"router":{"name":"r","description":"mine"}}`))
	add := must[map[string]any](t)(do("network", "PUT", "routers/"+rtr["id"].(string)+"/add_router_interface", `{"subnet_id":"`+sub["id"].(string)+`"}`))
	must[map[string]any](t)(do("network", "PUT", "networks/"+id, `{"network":{"name":"b"}}`))
	if _, err := do("network", "POST", "subnets", `{"subnet":{"name":"bad"}}`); err == nil {
		t.Fatal("a subnet of nothing was made")
	}
	if want := "oslua run " + rec.RunID() + " #1"; net["description"] != want {
		t.Errorf("description %q, want %q", net["description"], want)
	}
	if rtr["description"] != "mine" {
		t.Errorf("the script's description became %q", rtr["description"])
	}
	if err := rec.Finish(nil); err != nil {
		t.Fatal(err)
	}

	j := s.open()
	run := must[Run](t)(j.Run(t.Context(), "last"))
	if run.ID != rec.RunID() || run.Name != "test.lua" || run.Outcome != OK || run.Made != 4 || run.Left != 4 || run.Ended.IsZero() ||
		len(run.Sites) != 1 || run.Sites[0].Project != "admin" || run.Sites[0].User != "admin" {
		t.Errorf("run %+v", run)
	}
	changes := must[[]Change](t)(j.Changes(t.Context(), run.ID))
	var got []string
	for _, c := range changes {
		got = append(got, fmt.Sprintf("%d %s %s %s %s", c.Seq, c.Action, c.Type, c.Name, c.Outcome))
	}
	want := "1 create network a done|2 create subnet s done|3 create router r done|4 create router_interface  done|5 update network b done|6 create subnet bad refused"
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
	c := changes[0]
	if c.ID != id || c.Status != 201 || c.RequestID == "" || c.Where != "test.lua:7" || c.Op != "test.op" || !c.Marked || c.Attributes["name"] != "a" ||
		c.Attributes["description"] != nil || c.Site.ProjectID == "" || c.Method != "POST" || c.Path != "networks" {
		t.Errorf("change %+v", c)
	}
	if changed := must[[]Change](t)(j.Changed(t.Context(), run.ID)); len(changed) != 0 {
		t.Errorf("its own things count as others': %+v", changed)
	}

	s.clk.Advance(time.Second)
	// Another run removes them: by the port what was added by the subnet, and with a parent what belongs to it.
	_, do = s.run()
	must[map[string]any](t)(do("network", "PUT", "routers/"+rtr["id"].(string)+"/remove_router_interface", `{"port_id":"`+add["port_id"].(string)+`"}`))
	if got := left(t, j, run.ID); got != "network a, subnet s, router r" {
		t.Errorf("left %q", got)
	}
	must[map[string]any](t)(do("network", "DELETE", "networks/"+id, ""))
	if got := left(t, j, run.ID); got != "router r" {
		t.Errorf("left %q", got)
	}
	if err := j.MarkCloudGone(t.Context(), "http://elsewhere/"); err != nil || left(t, j, run.ID) == "" {
		t.Errorf("another cloud's reset: %v, left %q", err, left(t, j, run.ID))
	}
	if err := j.MarkGone(t.Context(), run.ID, "router", "", rtr["id"].(string)); err != nil || left(t, j, run.ID) != "" {
		t.Errorf("%v, left %q", err, left(t, j, run.ID))
	}
	runs := must[[]Run](t)(j.Runs(t.Context()))
	if len(runs) != 2 || runs[1].Left != 0 || runs[1].Made != 4 {
		t.Errorf("runs %+v", runs)
	}
	changed := must[[]Change](t)(j.Changed(t.Context(), runs[0].ID))
	if len(changed) != 2 || changed[1].Action != change.Delete || changed[1].Type != "network" {
		t.Errorf("changed of others' %+v", changed)
	}
}

func TestGatewayAndAssociationAreReplaced(t *testing.T) {
	s := newSite(t)
	rec, do := s.run()
	exts := must[map[string]any](t)(do("network", "GET", "networks?router%3Aexternal=true", ""))
	ext := exts["networks"].([]any)[0].(map[string]any)["id"].(string)
	rtr := must[map[string]any](t)(do("network", "POST", "routers", `{"router":{"name":"r"}}`))["id"].(string)
	set := `{"router":{"external_gateway_info":{"network_id":"` + ext + `"}}}`
	must[map[string]any](t)(do("network", "PUT", "routers/"+rtr, set))
	must[map[string]any](t)(do("network", "PUT", "routers/"+rtr, set))
	j := s.open()
	if got := left(t, j, rec.RunID()); got != "router r, router_gateway" {
		t.Errorf("left %q", got)
	}
	must[map[string]any](t)(do("network", "PUT", "routers/"+rtr, `{"router":{"external_gateway_info":{}}}`))
	if got := left(t, j, rec.RunID()); got != "router r" {
		t.Errorf("left %q", got)
	}
}

func TestMarks(t *testing.T) {
	s := newSite(t)
	conn := s.connect(nil)
	tests := []struct {
		name                      string
		service, path, microversn string
		body                      string
		want                      string // "" for as it was
	}{
		{"network", "network", "networks", "", `{"network":{"name":"a"}}`, `{"network":{"description":"oslua run R #5","name":"a"}}`},
		{"null", "network", "networks", "", `{"network":{"description":null}}`, `{"network":{"description":"oslua run R #5"}}`},
		{"own", "network", "networks", "", `{"network":{"description":"x"}}`, ""},
		{"empty on purpose", "network", "networks", "", `{"network":{"description":""}}`, ""},
		{"bulk", "network", "ports", "", `{"ports":[{"a":1},{"description":"x"},{"a":12345678901234567890}]}`,
			`{"ports":[{"a":1,"description":"oslua run R #5"},{"description":"x"},{"a":12345678901234567890,"description":"oslua run R #7"}]}`},
		{"no description", "network", "rbac-policies", "", `{"rbac_policy":{}}`, ""},
		{"server", "compute", "servers", "2.93", `{"server":{"name":"a","tags":["x"]}}`, `{"server":{"name":"a","tags":["x","oslua-run=R.5"]}}`},
		{"old compute service", "compute", "servers", "2.51", `{"server":{"name":"a"}}`, ""},
		{"oldest compute service", "compute", "servers", "", `{"server":{"name":"a"}}`, ""},
		{"keypair", "compute", "os-keypairs", "2.93", `{"keypair":{"name":"a"}}`, ""},
		{"image", "image", "images", "", `{"name":"a"}`, `{"name":"a","tags":["oslua-run=R.5"]}`},
		{"no JSON", "network", "networks", "", `{`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sending := cloud.Sending{Conn: conn, Service: tt.service, Method: "POST", Path: tt.path, Body: []byte(tt.body), Microversion: tt.microversn}
			body, marked := mark(sending, change.Of(tt.service, "POST", tt.path, sending.Body), "R", 5)
			if string(body) != tt.want || marked != (tt.want != "") {
				t.Errorf("%v %s, want %s", marked, body, tt.want)
			}
		})
	}
	for text, want := range map[string]string{
		"oslua run 261122-130000-abcd #12": "261122-130000-abcd 12", "oslua-run=R.3": "R 3", "oslua run R": "", "my oslua run R #1": "", "oslua-run=R": "",
	} {
		run, seq, ok := ParseMark(text)
		if got := strings.TrimPrefix(fmt.Sprintf("%s %d", run, seq), " 0"); got != want || ok != (want != "") {
			t.Errorf("ParseMark(%q) = %q, %v", text, got, ok)
		}
	}
	if n := len(change.TagMark(newID(begin), 999999)); n > 60 {
		t.Errorf("a tag of %d characters", n)
	}
}

func TestNoSecretIsWritten(t *testing.T) {
	s := newSite(t)
	rec, do := s.run()
	secrets := []string{"hunter2-password", "dGhlLXVzZXItZGF0YQ", "application-secret", "url-password"}
	_, _ = do("compute", "POST", "servers", `{"server":{"name":"w","adminPass":"hunter2-password","user_data":"dGhlLXVzZXItZGF0YQ","personality":[{"path":"/x","contents":"dGhlLXVzZXItZGF0YQ"}]}}`)
	_, _ = do("identity", "POST", "users", `{"user":{"name":"u","password":"hunter2-password"}}`)
	key, err := do("compute", "POST", "os-keypairs", `{"keypair":{"name":"k"}}`)
	if err != nil {
		t.Fatal(err)
	}
	private, _ := key["private_key"].(string)
	if private == "" {
		t.Fatalf("no private key in %v", key)
	}
	secrets = append(secrets, strings.Split(strings.TrimSpace(private), "\n")[2], "PRIVATE KEY")
	_, _ = do("identity", "POST", "users/u/application_credentials", `{"application_credential":{"name":"a","secret":"application-secret"}}`)
	_, _ = do("image", "POST", "images/i/import", `{"method":{"name":"web-download","uri":"https://me:url-password@host/f?sig=url-password"}}`)
	token, err := s.connect(nil).Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, token.ID)
	if err := rec.Finish(errs.New(errs.Runtime, "the password hunter2-password is bad")); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Dir(s.path), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		for _, secret := range secrets {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(s.path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	run := must[Run](t)(s.open().Run(t.Context(), "last"))
	if run.Error != "the password ******** is bad" || run.Outcome != Failed {
		t.Errorf("%s: %q", run.Outcome, run.Error)
	}
}

// breaking is a transport that loses answers.
type breaking struct {
	http.RoundTripper
	before, after bool
}

func (b *breaking) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/auth/tokens") || r.Method == http.MethodGet {
		return b.RoundTripper.RoundTrip(r)
	}
	if b.before {
		return nil, cut(r)
	}
	res, err := b.RoundTripper.RoundTrip(r)
	if b.after && err == nil {
		res.Body.Close()
		return nil, cut(r)
	}
	return res, err
}

// cut is a connection that broke after it was had.
func cut(r *http.Request) error {
	if trace := traceOf(r); trace != nil {
		trace()
	}
	return errors.New("connection reset by peer")
}

func TestResolve(t *testing.T) {
	s := newSite(t)
	b := &breaking{RoundTripper: &http.Transport{DialContext: s.sim.DialContext}}
	t.Cleanup(func() { b.RoundTripper.(*http.Transport).CloseIdleConnections() })
	s.trip = b
	rec, do := s.run()
	image := must[map[string]any](t)(do("image", "GET", "images?name=cirros-0.5.2-x86_64-disk", ""))["images"].([]any)[0].(map[string]any)["id"].(string)
	flavor := must[map[string]any](t)(do("compute", "GET", "flavors", ""))["flavors"].([]any)[0].(map[string]any)["id"].(string)
	rtr := must[map[string]any](t)(do("network", "POST", "routers", `{"router":{"name":"r"}}`))["id"].(string)
	net := must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"n"}}`))["id"].(string)
	sub := must[map[string]any](t)(do("network", "POST", "subnets", `{"subnet":{"name":"s","ip_version":4,"cidr":"10.9.0.0/24","network_id":"`+net+`"}}`))["id"].(string)
	gone := must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"gone"}}`))["id"].(string)
	kept := must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"kept"}}`))["id"].(string)

	lose := func(service, method, path, body string) {
		t.Helper()
		if _, err := do(service, method, path, body); err == nil {
			t.Fatalf("%s %s was answered", method, path)
		}
	}
	b.after = true
	lose("network", "POST", "networks", `{"network":{"name":"same"}}`)
	lose("network", "POST", "networks", `{"network":{"name":"same"}}`)
	lose("network", "POST", "networks", `{"network":{"name":"mine","description":"my own"}}`)
	lose("network", "POST", "networks", `{"networks":[{"name":"b1"},{"name":"b2"}]}`)
	lose("compute", "POST", "servers", `{"server":{"name":"w","imageRef":"`+image+`","flavorRef":"`+flavor+`","networks":"none"}}`)
	lose("compute", "POST", "os-keypairs", `{"keypair":{"name":"k"}}`)
	lose("image", "POST", "images", `{"name":"i","disk_format":"raw","container_format":"bare"}`)
	lose("network", "PUT", "routers/"+rtr+"/add_router_interface", `{"subnet_id":"`+sub+`"}`)
	lose("network", "DELETE", "networks/"+gone, "")
	b.after, b.before = false, true
	lose("network", "POST", "networks", `{"network":{"name":"never"}}`)
	lose("compute", "POST", "os-keypairs", `{"keypair":{"name":"never"}}`)
	lose("network", "DELETE", "networks/"+kept, "")
	b.before = false

	j := s.open()
	open := 0
	for _, c := range must[[]Change](t)(j.Changes(t.Context(), rec.RunID())) {
		if c.Open() {
			open++
		}
	}
	if open != 13 {
		t.Errorf("%d changes are open", open)
	}
	client := rest.New(s.connect(nil), s.clk)
	// What left no trace may come yet.
	if err := j.Resolve(t.Context(), client, rec.RunID()); err != nil {
		t.Fatal(err)
	}
	var waiting []string
	for _, c := range must[[]Change](t)(j.Changes(t.Context(), rec.RunID())) {
		if c.Open() {
			waiting = append(waiting, c.Type+" "+c.Name)
		}
	}
	if got := strings.Join(waiting, ", "); got != "network never, keypair never" {
		t.Errorf("waiting for %s", got)
	}
	s.clk.Advance(Late)
	if err := j.Resolve(t.Context(), client, rec.RunID()); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, c := range must[[]Change](t)(j.Changes(t.Context(), rec.RunID())) {
		if c.Open() {
			t.Errorf("still open: %d %s %s %s %s", c.Seq, c.Action, c.Type, c.Name, c.Outcome)
		}
		if c.Action == change.Create && c.Outcome == Done {
			if c.ID == "" || ids[c.Type+c.ID] {
				t.Errorf("%s %q has ID %q", c.Type, c.Name, c.ID)
			}
			ids[c.Type+c.ID] = true
		}
	}
	want := "router r, network n, subnet s, network kept, network same, network same, network mine, network b1, network b2, server w, keypair k, image i, router_interface"
	if got := left(t, j, rec.RunID()); got != want {
		t.Errorf("left %s\nwant %s", got, want)
	}
}

func TestKilledRun(t *testing.T) {
	s := newSite(t)
	rec, do := s.run()
	must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"a"}}`))
	j := s.open()
	if run := must[Run](t)(j.Run(t.Context(), rec.RunID())); run.Outcome != Running {
		t.Errorf("outcome %s while it runs", run.Outcome)
	}
	// A process that has ended: its number may be anybody's by now.
	cmd := exec.Command("go", "version")
	if err := cmd.Run(); err != nil {
		t.Skip("no process can be started")
	}
	for _, born := range []string{bornAt(os.Getpid()), "another"} {
		j.f.mu.Lock()
		err := j.f.exec(t.Context(), `UPDATE runs SET pid = ?, born = ?`, cmd.Process.Pid, born)
		j.f.mu.Unlock()
		if run := must[Run](t)(j.Run(t.Context(), "last")); err != nil || run.Outcome != Killed {
			t.Errorf("outcome %s, %v", run.Outcome, err)
		}
	}
}

func refused(_ map[string]any, err error) bool { return err != nil }

func TestRunIsFoundByPartOfItsID(t *testing.T) {
	s := newSite(t)
	rec, do := s.run()
	must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"a"}}`))
	s.clk.Advance(time.Minute)
	rec2, do := s.run()
	must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"b"}}`))
	j := s.open()
	id := rec.RunID()
	for _, part := range []string{id, id[:len(id)-1], id[len(id)-4:]} {
		if run, err := j.Run(t.Context(), part); err != nil || run.ID != id {
			t.Errorf("%q: %q, %v", part, run.ID, err)
		}
	}
	if run, err := j.Run(t.Context(), "last"); err != nil || run.ID != rec2.RunID() {
		t.Errorf("last: %q, %v", run.ID, err)
	}
	s.clk.Advance(time.Minute)
	if _, do := s.run(); !refused(do("network", "POST", "subnets", `{"subnet":{"name":"bad"}}`)) {
		t.Fatal("a subnet of no network was made")
	}
	if run, err := j.Run(t.Context(), "last"); err != nil || run.ID != rec2.RunID() {
		t.Errorf("last, after a run whose only change was refused: %q, %v", run.ID, err)
	}
	if _, err := j.Run(t.Context(), id[:4]); errs.CodeOf(err) != errs.Ambiguous {
		t.Errorf("ambiguous: %v", err)
	}
	for _, part := range []string{"", "nothing", "%"} {
		if _, err := j.Run(t.Context(), part); errs.CodeOf(err) != errs.NotFound {
			t.Errorf("%q: %v", part, err)
		}
	}
}

func TestJournalThatCannotBeWritten(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, path string)
		want    string
	}{
		{"damaged", func(t *testing.T, path string) { write(t, path, strings.Repeat("not a database ", 300)) }, "damaged"},
		{"another's", func(t *testing.T, path string) { foreign(t, path, 0x1234, 1) }, "another program's"},
		{"newer", func(t *testing.T, path string) { foreign(t, path, applicationID, 99) }, "newer oslua"},
		{"the directory is a file", func(t *testing.T, path string) { write(t, filepath.Dir(path), "x") }, "cannot be used"},
		{"read-only directory", func(t *testing.T, path string) {
			if os.Getuid() == 0 || runtime.GOOS == "windows" {
				t.Skip("root may write anywhere")
			}
			if err := os.MkdirAll(filepath.Dir(path), 0o500); err != nil {
				t.Fatal(err)
			}
		}, "cannot be written"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			tt.prepare(t, s.path)
			_, do := s.run()
			_, err := do("network", "POST", "networks", `{"network":{"name":"a"}}`)
			var e *errs.Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, tt.want) || !strings.Contains(e.Message, "nothing was sent") || !strings.Contains(e.Hint, "--no-journal") {
				t.Fatalf("%v", err)
			}
			s.empty("a")
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// foreign makes a database that is not ours.
func foreign(t *testing.T, path string, app, version int) {
	t.Helper()
	write(t, path, "")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(fmt.Sprintf("PRAGMA application_id=%d; PRAGMA user_version=%d; CREATE TABLE x (y)", app, version)); err != nil {
		t.Fatal(err)
	}
}

// empty fails the test when there is a network of the name.
func (s *site) empty(name string) {
	s.t.Helper()
	doc := must[map[string]any](s.t)(send(s.t.Context(), s.connect(nil), "network", "GET", "networks?name="+name, ""))
	if list := doc["networks"].([]any); len(list) != 0 {
		s.t.Errorf("there are %d networks %q", len(list), name)
	}
}

func TestFullDisk(t *testing.T) {
	s := newSite(t)
	rec, do := s.run()
	must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"first"}}`))
	f := rec.file
	limit := func(pages int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		if _, err := f.conn.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count=%d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // no more than there are
	long := strings.Repeat("x", 3000)
	sent := 0
	var err error
	for ; err == nil && sent < 50; sent++ {
		_, err = do("network", "POST", "networks", fmt.Sprintf(`{"network":{"name":"n%d","description":"%s"}}`, sent, long[:200]))
	}
	var e *errs.Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, "the disk is full") || !strings.Contains(e.Message, "nothing was sent") || !strings.Contains(e.Hint, "Free some space") {
		t.Fatalf("after %d: %v", sent, err)
	}
	s.empty(fmt.Sprintf("n%d", sent-1))

	// With space again the run goes on; the numbers of its changes have no gap that means anything.
	limit(1 << 20)
	if _, err := do("network", "POST", "networks", `{"network":{"name":"again"}}`); err != nil {
		t.Error(err)
	}
}

func TestAnswerThatCannotBeWritten(t *testing.T) {
	s := newSite(t)
	rec, do := s.run()
	must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"first"}}`))
	f := rec.file
	f.mu.Lock()
	_, err := f.conn.ExecContext(t.Context(), `CREATE TRIGGER full BEFORE UPDATE ON changes BEGIN SELECT RAISE(FAIL, 'no room'); END`)
	f.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	_, err = do("network", "POST", "networks", `{"network":{"name":"second"}}`)
	var e *errs.Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, `create of network "second" (`) || !strings.Contains(e.Message, "could not be written down") {
		t.Fatal(err)
	}
	// It is there, and pending: by its mark it is found.
	j := s.open()
	f.mu.Lock()
	_, err = f.conn.ExecContext(t.Context(), `DROP TRIGGER full`)
	f.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Resolve(t.Context(), rest.New(s.connect(nil), s.clk), rec.RunID()); err != nil {
		t.Fatal(err)
	}
	if c := must[[]Change](t)(j.Changes(t.Context(), rec.RunID()))[1]; c.Outcome != Done || !strings.Contains(e.Message, c.ID) {
		t.Errorf("resolved as %s %q", c.Outcome, c.ID)
	}
}

func TestWhatIsTakenBackNeedsNoJournal(t *testing.T) {
	s := newSite(t)
	rec, do := s.run()
	id := must[map[string]any](t)(do("network", "POST", "networks", `{"network":{"name":"first"}}`))["id"].(string)
	f := rec.file
	for _, event := range []string{"INSERT", "UPDATE"} {
		f.mu.Lock()
		_, err := f.conn.ExecContext(t.Context(), `CREATE TRIGGER full_`+event+` BEFORE `+event+` ON changes BEGIN SELECT RAISE(FAIL, 'no room'); END`)
		f.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := do("network", "DELETE", "networks/"+id, ""); err == nil {
		t.Fatal("a change was sent that was not written down")
	}
	rec.Leniently()
	if _, err := do("network", "DELETE", "networks/"+id, ""); err != nil {
		t.Fatal(err)
	}
	s.empty("first")
}

func TestManyTasksAndProcessesAtOnce(t *testing.T) {
	s := newSite(t)
	const runs, each = 4, 15
	var wg sync.WaitGroup
	var ids []string
	for range runs {
		rec := NewRecorder(Setup{Path: s.path, Name: "many", Clock: s.clk})
		conn := s.connect(rec)
		var inner sync.WaitGroup
		for n := range each {
			inner.Add(1)
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer inner.Done()
				if _, err := send(t.Context(), conn, "network", "POST", "security-groups", fmt.Sprintf(`{"security_group":{"name":"g%d"}}`, n)); err != nil && errs.CodeOf(err) != errs.Quota {
					t.Error(err)
				}
			}()
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			inner.Wait()
			if err := rec.Finish(nil); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	j := s.open()
	for _, r := range must[[]Run](t)(j.Runs(t.Context())) {
		ids = append(ids, r.ID)
		changes := must[[]Change](t)(j.Changes(t.Context(), r.ID))
		if len(changes) != each {
			t.Errorf("%d changes", len(changes))
		}
		for i, c := range changes {
			if c.Seq != i+1 || c.Outcome != Done && c.Outcome != Refused {
				t.Errorf("%d: %+v", i, c)
			}
		}
	}
	if len(ids) != runs {
		t.Errorf("runs %v", ids)
	}
}

// BenchmarkChange is what a change costs beyond its request: two writes.
func BenchmarkChange(b *testing.B) {
	sim := simulatortest.Start(b, simulator.Options{Memory: true})
	cfg, err := cloud.FromValues("test", map[string]string{
		"auth_url": sim.URL() + "/identity", "username": "admin", "password": "secret", "project_name": "admin",
		"user_domain_name": "Default", "project_domain_name": "Default", "region_name": "RegionOne",
	})
	if err != nil {
		b.Fatal(err)
	}
	conn := cloud.New(cfg, cloud.Options{DialContext: sim.DialContext})
	defer conn.Close()
	rec := NewRecorder(Setup{Path: filepath.Join(b.TempDir(), FileName), Name: "bench", Clock: clock.Real{}})
	defer rec.Finish(nil)
	body := []byte(`{"network":{"name":"private_10.8.0.0","shared":false,"admin_state_up":true}}`)
	answer := []byte(`{"network":{"id":"5f0f0c5e-0e2c-4f9a-9b6e-0b1d1f0c7a11","name":"private_10.8.0.0","status":"ACTIVE","subnets":[]}}`)
	for b.Loop() {
		_, after, err := rec.Before(b.Context(), cloud.Sending{Conn: conn, Service: "network", Method: "POST", Path: "networks", Body: body, Op: "networks.create"})
		if err != nil {
			b.Fatal(err)
		}
		if err := after(cloud.Outcome{Status: 201, Body: answer}); err != nil {
			b.Fatal(err)
		}
	}
}
