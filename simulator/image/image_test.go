package image_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/simulator/image"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

const (
	adminProject = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	demoProject  = "dddddddddddddddddddddddddddddddd"
	otherProject = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
)

// users are tokens: the name is the token.
type users struct{}

func (users) Authenticate(_ *store.Tx, token string, _ time.Time) (*web.Caller, error) {
	switch token {
	case "admin":
		return &web.Caller{UserID: "u-admin", ProjectID: adminProject, Roles: []string{"admin", "member", "reader"}}, nil
	case "demo":
		return &web.Caller{UserID: "u-demo", ProjectID: demoProject, Roles: []string{"member", "reader"}}, nil
	case "other":
		return &web.Caller{UserID: "u-other", ProjectID: otherProject, Roles: []string{"member", "reader"}}, nil
	}
	return nil, nil
}

// rig is an image service with nothing around it.
type rig struct {
	t       testing.TB
	store   *store.Store
	clock   *clock.Fake
	service *image.Image
	handler http.Handler
}

type config struct {
	dir     string // of the state and the files; "" for memory
	options image.Options
}

func newRig(t testing.TB, c config) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	path := ""
	if c.dir != "" {
		path = filepath.Join(c.dir, "state.db")
		c.options.Dir = filepath.Join(c.dir, "images")
	}
	var err error
	if r.store, err = store.Open(t.Context(), store.Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	c.options.Clock = r.clock
	r.service = image.New(t.Context(), c.options)
	if r.handler, err = web.NewServer(web.Config{Store: r.store, Clock: r.clock, Services: []*web.Service{r.service.Service(users{})}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	return r
}

func (r *rig) close() {
	if err := errors.Join(r.service.Close(), r.store.Close()); err != nil {
		r.t.Error(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) field(t testing.TB, name string) any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(a.body), &o); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return o[name]
}

func (r *rig) send(user, method, path string, body io.Reader, header ...string) answer {
	r.t.Helper()
	req := httptest.NewRequestWithContext(r.t.Context(), method, "http://cloud/image"+path, body)
	req.Header.Set("X-Auth-Token", user)
	req.Header.Set("Accept", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, req)
	return answer{w.Code, w.Header(), w.Body.String()}
}

func (r *rig) json(user, method, path, body string) answer {
	r.t.Helper()
	if body == "" {
		return r.send(user, method, path, nil)
	}
	kind := "application/json"
	if method == http.MethodPatch {
		kind = "application/openstack-images-v2.1-json-patch"
	}
	return r.send(user, method, path, strings.NewReader(body), "Content-Type", kind)
}

func (r *rig) want(a answer, status int) answer {
	r.t.Helper()
	if a.status != status {
		r.t.Fatalf("got %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// create makes an image and gives its ID.
func (r *rig) create(user, body string) string {
	r.t.Helper()
	id, _ := r.want(r.json(user, "POST", "/v2/images", body), http.StatusCreated).field(r.t, "id").(string)
	return id
}

func (r *rig) raw() string {
	r.t.Helper()
	return r.create("demo", `{"disk_format": "raw", "container_format": "bare"}`)
}

func (r *rig) upload(id string, data io.Reader) answer {
	r.t.Helper()
	return r.send("demo", "PUT", "/v2/images/"+id+"/file", data, "Content-Type", "application/octet-stream")
}

func (r *rig) status(id string) any {
	r.t.Helper()
	return r.want(r.json("admin", "GET", "/v2/images/"+id, ""), http.StatusOK).field(r.t, "status")
}

// left are the files in a directory.
func left(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "images"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestUploadAndDownload(t *testing.T) {
	r := newRig(t, config{dir: t.TempDir()})
	id := r.raw()
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	r.clock.Advance(time.Hour)
	r.want(r.upload(id, bytes.NewReader(data)), http.StatusNoContent)
	a := r.want(r.json("demo", "GET", "/v2/images/"+id, ""), http.StatusOK)
	md, sha := md5.Sum(data), sha512.Sum512(data)
	for name, want := range map[string]any{
		"status": "active", "size": 100_000.0, "virtual_size": 100_000.0, "checksum": hex.EncodeToString(md[:]), "os_hash_algo": "sha512",
		"os_hash_value": hex.EncodeToString(sha[:]), "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T04:04:05Z", "stores": "file",
	} {
		if got := a.field(t, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	got := r.want(r.json("demo", "GET", "/v2/images/"+id+"/file", ""), http.StatusOK)
	if got.body != string(data) || got.header.Get("Content-Length") != "100000" || got.header.Get("Content-Md5") != hex.EncodeToString(md[:]) {
		t.Errorf("downloaded %d bytes, %v", len(got.body), got.header)
	}
	r.want(r.upload(id, strings.NewReader("x")), http.StatusConflict)
	r.want(r.json("demo", "HEAD", "/v2/images/"+id+"/file", ""), http.StatusMethodNotAllowed)
}

func TestRanges(t *testing.T) {
	r := newRig(t, config{})
	id := r.raw()
	r.want(r.upload(id, strings.NewReader("0123456789")), http.StatusNoContent)
	for _, c := range []struct {
		header string
		status int
		body   string
		span   string
	}{
		{"bytes=0-0", 206, "0", "bytes 0-0/10"},
		{"bytes=3-", 206, "3456789", "bytes 3-9/10"},
		{"bytes=-3", 206, "789", "bytes 7-9/10"},
		{"bytes=-30", 206, "0123456789", "bytes 0-9/10"},
		{"bytes=8-99", 206, "89", "bytes 8-9/10"},
		{"bytes=10-", 416, "", ""},
		{"bytes=5-4", 416, "", ""},
		{"bytes=-", 416, "", ""},
		{"lines=1-2", 416, "", ""},
		{"bytes=99999999999999999999-", 416, "", ""},
		{"bytes=0-1,4-5", 400, "", ""},
	} {
		a := r.send("demo", "GET", "/v2/images/"+id+"/file", nil, "Range", c.header)
		if a.status != c.status || c.span != "" && a.body != c.body || a.header.Get("Content-Range") != c.span {
			t.Errorf("%s: %d %q %q", c.header, a.status, a.body, a.header.Get("Content-Range"))
		}
	}
}

// breaking is data that ends in an error.
type breaking struct{ left int }

func (b *breaking) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errors.New("connection reset")
	}
	n := min(b.left, len(p))
	b.left -= n
	return n, nil
}

func TestBrokenUploadCanBeRepeated(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config{dir: dir})
	id := r.raw()
	for _, path := range []string{"file", "stage"} {
		a := r.send("demo", "PUT", "/v2/images/"+id+"/"+path, &breaking{1 << 20}, "Content-Type", "application/octet-stream")
		r.want(a, http.StatusBadRequest)
		if s := r.status(id); s != "queued" {
			t.Fatalf("%s: it is %v", path, s)
		}
		if files := left(t, dir); len(files) != 0 {
			t.Fatalf("%s left %v", path, files)
		}
	}
	r.want(r.upload(id, strings.NewReader("whole")), http.StatusNoContent)
}

func TestSizeLimit(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config{dir: dir, options: image.Options{MaxSize: 10}})
	id := r.raw()
	a := r.want(r.upload(id, strings.NewReader("0123456789X")), http.StatusRequestEntityTooLarge)
	if want := "The incoming image is too large: The provided image is too large.<br /><br />\n\n\n"; a.field(t, "message") != want {
		t.Errorf("got %q", a.field(t, "message"))
	}
	if s := r.status(id); s != "queued" || len(left(t, dir)) != 0 {
		t.Errorf("it is %v, with %v", s, left(t, dir))
	}
	r.want(r.upload(id, strings.NewReader("0123456789")), http.StatusNoContent)
}

// gated is data that stops in the middle until it is told to go on.
type gated struct {
	begun, goOn chan struct{}
	state       int
}

func (g *gated) Read(p []byte) (int, error) {
	switch g.state++; g.state {
	case 1:
		return copy(p, "first "), nil
	case 2:
		close(g.begun)
		<-g.goOn
		return copy(p, "second"), nil
	}
	return 0, io.EOF
}

func TestDeleteWhileUploading(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config{dir: dir})
	id := r.raw()
	g := &gated{begun: make(chan struct{}), goOn: make(chan struct{})}
	done := make(chan answer)
	go func() { done <- r.upload(id, g) }()
	<-g.begun
	if s := r.status(id); s != "saving" {
		t.Errorf("it is %v", s)
	}
	a := r.want(r.upload(id, strings.NewReader("x")), http.StatusConflict)
	if want := "Image status transition from saving to saving is not allowed<br /><br />\n\n\n"; a.field(t, "message") != want {
		t.Errorf("got %q", a.field(t, "message"))
	}
	r.want(r.json("demo", "DELETE", "/v2/images/"+id, ""), http.StatusNoContent)
	close(g.goOn)
	r.want(<-done, http.StatusGone)
	if files := left(t, dir); len(files) != 0 {
		t.Errorf("left %v", files)
	}
}

func TestCloseBreaksUploads(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config{dir: dir})
	id := r.raw()
	g := &gated{begun: make(chan struct{}), goOn: make(chan struct{})}
	done := make(chan answer)
	go func() { done <- r.upload(id, g) }()
	<-g.begun
	closed := make(chan error)
	go func() { closed <- r.service.Close() }()
	<-r.service.Closing()
	close(g.goOn)
	r.want(<-done, http.StatusBadRequest)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if s := r.status(id); s != "queued" || len(left(t, dir)) != 0 {
		t.Errorf("it is %v, with %v", s, left(t, dir))
	}
}

func TestVirtualSize(t *testing.T) {
	vmdk := make([]byte, 2048)
	copy(vmdk, "KDMV\x01\x00\x00\x00")
	vmdk[13] = 8 // 2048 sectors
	vmdk[28], vmdk[36] = 1, 2
	copy(vmdk[512:], "# Disk DescriptorFile\ncreateType=\"monolithicSparse\"\n")
	stream := bytes.Clone(vmdk)
	for i := range 8 {
		stream[56+i] = 0xff
	}
	vhd := make([]byte, 600)
	copy(vhd, "conectix")
	vhd[45] = 3
	vdi := make([]byte, 600)
	copy(vdi[0x40:], "\x7f\x10\xda\xbe")
	vdi[0x172] = 5
	r := newRig(t, config{})
	for _, c := range []struct {
		name, disk, container string
		data                  []byte
		want                  any
	}{
		{"raw", "raw", "bare", make([]byte, 5), 5.0},
		{"empty raw", "raw", "bare", nil, nil},
		{"qcow2", "qcow2", "bare", image.EmptyQcow2(2361393152), 2361393152.0},
		{"qcow2 in name only", "qcow2", "bare", make([]byte, 1000), nil},
		{"short qcow2", "qcow2", "bare", []byte("QFI\xfb"), nil},
		{"qcow2 in an ova", "qcow2", "ova", image.EmptyQcow2(1 << 30), nil},
		{"vmdk", "vmdk", "bare", vmdk, float64(2048 * 512)},
		{"vmdk with its directory at the end", "vmdk", "bare", stream, nil},
		{"vmdk cut short", "vmdk", "bare", vmdk[:600], nil},
		{"vhd", "vhd", "bare", vhd, float64(3 << 16)},
		{"vhdx", "vhdx", "bare", image.SampleVHDX(7 << 30), float64(7 << 30)},
		{"vhdx cut short", "vhdx", "bare", image.SampleVHDX(7 << 30)[:256<<10], nil},
		{"vdi", "vdi", "bare", vdi, float64(5 << 16)},
		{"iso", "iso", "bare", make([]byte, 600), nil},
	} {
		id := r.create("demo", fmt.Sprintf(`{"disk_format": %q, "container_format": %q}`, c.disk, c.container))
		r.want(r.upload(id, bytes.NewReader(c.data)), http.StatusNoContent)
		a := r.json("demo", "GET", "/v2/images/"+id, "")
		if got := a.field(t, "virtual_size"); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if got := a.field(t, "size"); got != float64(len(c.data)) {
			t.Errorf("%s: size %v", c.name, got)
		}
	}
}

func TestImportStaged(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config{dir: dir})
	id := r.raw()
	r.want(r.send("demo", "PUT", "/v2/images/"+id+"/stage", strings.NewReader("staged"), "Content-Type", "application/octet-stream"), 204)
	if s := r.status(id); s != "uploading" {
		t.Errorf("it is %v", s)
	}
	// What is staged belongs to an image and is no leftover.
	if err := r.service.Sweep(t.Context(), r.store); err != nil {
		t.Fatal(err)
	}
	a := r.want(r.json("demo", "POST", "/v2/images/"+id+"/import", `{"method": {"name": "glance-direct"}}`), http.StatusAccepted)
	if a.body != "" {
		t.Errorf("body %q", a.body)
	}
	if got := r.want(r.json("demo", "GET", "/v2/images/"+id+"/file", ""), http.StatusOK).body; got != "staged" {
		t.Errorf("downloaded %q", got)
	}
	var list struct{ Tasks []struct{ ID, Status string } }
	if err := json.Unmarshal([]byte(r.want(r.json("admin", "GET", "/v2/tasks", ""), 200).body), &list); err != nil || len(list.Tasks) != 1 || list.Tasks[0].Status != "success" {
		t.Fatalf("%v %+v", err, list)
	}
	if got := r.want(r.json("admin", "GET", "/v2/tasks/"+list.Tasks[0].ID, ""), 200).field(t, "image_id"); got != id {
		t.Errorf("task of %v", got)
	}
	r.clock.Advance(49 * time.Hour)
	if err := json.Unmarshal([]byte(r.json("admin", "GET", "/v2/tasks", "").body), &list); err != nil || len(list.Tasks) != 0 {
		t.Errorf("old tasks are kept: %v %+v", err, list)
	}
}

func TestWebDownload(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/disk" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "from the web")
	}))
	defer web.Close()
	dir := t.TempDir()
	r := newRig(t, config{dir: dir})
	for _, c := range []struct {
		uri            string
		accept         int
		status, failed any
	}{
		{web.URL + "/disk", 202, "active", ""},
		{web.URL + "/nosuch", 202, "queued", "file"},
		{"http://192.0.2.1/disk", 202, "queued", "file"}, // this machine only
		{"http://192.0.2.1:99/disk", 400, "queued", nil},
		{"file:///etc/passwd", 400, "queued", nil},
		{"http://", 400, "queued", nil},
	} {
		id := r.raw()
		r.want(r.json("demo", "POST", "/v2/images/"+id+"/import", fmt.Sprintf(`{"method": {"name": "web-download", "uri": %q}}`, c.uri)), c.accept)
		a := r.json("demo", "GET", "/v2/images/"+id, "")
		if a.field(t, "status") != c.status || a.field(t, "os_glance_failed_import") != c.failed {
			t.Errorf("%s: %s", c.uri, a.body)
		}
		if c.status == "active" && r.json("demo", "GET", "/v2/images/"+id+"/file", "").body != "from the web" {
			t.Errorf("%s: other data", c.uri)
		}
	}
	if files := left(t, dir); len(files) != 1 {
		t.Errorf("files %v", files)
	}
}

func TestSweepRemovesOrphans(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config{dir: dir})
	kept, staged := r.raw(), r.raw()
	r.want(r.upload(kept, strings.NewReader("kept")), 204)
	r.want(r.send("demo", "PUT", "/v2/images/"+staged+"/stage", strings.NewReader("staged"), "Content-Type", "application/octet-stream"), 204)
	for _, name := range []string{"orphan", "half.part"} {
		if err := os.WriteFile(filepath.Join(dir, "images", name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.service.Sweep(t.Context(), r.store); err != nil {
		t.Fatal(err)
	}
	if files := left(t, dir); len(files) != 2 {
		t.Errorf("left %v", files)
	}
	if got := r.json("demo", "GET", "/v2/images/"+kept+"/file", "").body; got != "kept" {
		t.Errorf("kept is %q", got)
	}
}

func TestSaveAndLoadFiles(t *testing.T) {
	dir, saved := t.TempDir(), filepath.Join(t.TempDir(), "files")
	r := newRig(t, config{dir: dir})
	if err := r.service.SaveFiles(saved); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(saved); err == nil {
		t.Error("a directory for nothing")
	}
	id := r.raw()
	r.want(r.upload(id, strings.NewReader("data")), 204)
	snapshot := filepath.Join(t.TempDir(), "snapshot")
	if err := errors.Join(r.service.SaveFiles(saved), r.store.Snapshot(t.Context(), snapshot)); err != nil {
		t.Fatal(err)
	}
	r.want(r.json("demo", "DELETE", "/v2/images/"+id, ""), 204)
	if files := left(t, dir); len(files) != 0 {
		t.Fatalf("left %v", files)
	}
	// Into another cloud, one in memory.
	other := newRig(t, config{})
	if err := errors.Join(other.service.LoadFiles(saved), other.store.Restore(t.Context(), snapshot)); err != nil {
		t.Fatal(err)
	}
	if got := other.want(other.json("demo", "GET", "/v2/images/"+id+"/file", ""), 200).body; got != "data" {
		t.Errorf("got %q", got)
	}
}

func TestSeedAndCompute(t *testing.T) {
	r := newRig(t, config{})
	now := r.clock.Now()
	err := r.store.Update(t.Context(), func(tx *store.Tx) error {
		return image.Seed(tx, image.Model{Seed: 7, Now: now, AdminProject: adminProject})
	})
	if err != nil {
		t.Fatal(err)
	}
	id := image.CirrosID(7)
	file := r.want(r.json("demo", "GET", "/v2/images/"+id+"/file", ""), http.StatusOK)
	a := r.want(r.json("demo", "GET", "/v2/images/"+id, ""), http.StatusOK)
	sum := md5.Sum([]byte(file.body))
	if a.field(t, "checksum") != hex.EncodeToString(sum[:]) || a.field(t, "size") != float64(len(file.body)) || !strings.HasPrefix(file.body, "QFI\xfb") {
		t.Errorf("the file and the image differ: %s", a.body)
	}
	demo := &web.Caller{ProjectID: demoProject, Roles: []string{"member"}}
	other := &web.Caller{ProjectID: otherProject, Roles: []string{"member"}}
	var snap image.Info
	err = r.store.Update(t.Context(), func(tx *store.Tx) error {
		found, err := image.Find(tx, demo, id)
		if err != nil {
			return err
		}
		if found.Name != image.CirrosName || found.VirtualSize != 117440512 || found.Properties["hw_rng_model"] != "virtio" || found.Owner != adminProject {
			t.Errorf("found %+v", found)
		}
		if snap, err = image.CreateSnapshot(tx, image.Snapshot{Name: "snap", Owner: demoProject, MinDisk: 1, Now: now,
			Properties: map[string]string{"image_type": "snapshot"}}); err != nil {
			return err
		}
		if _, err := image.Find(tx, other, snap.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another finds it: %v", err)
		}
		list, err := image.All(tx, other)
		if len(list) != 1 {
			t.Errorf("another lists %d", len(list))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.want(r.json("demo", "GET", "/v2/images/"+snap.ID+"/file", ""), 200).body; got != strings.Repeat("\x00", 1024) {
		t.Errorf("a snapshot of %d bytes", len(got))
	}
	if err := r.store.Update(t.Context(), func(tx *store.Tx) error { return image.DropSnapshot(tx, snap.ID) }); err != nil {
		t.Error(err)
	}
	r.want(r.json("demo", "GET", "/v2/images/"+snap.ID, ""), http.StatusNotFound)
}

func TestQuotas(t *testing.T) {
	r := newRig(t, config{})
	many := func(n int, item string) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(item, i))
		}
		return strings.Join(parts, ", ")
	}
	for _, c := range []struct {
		body, message string
	}{
		{`{"tags": [` + many(129, `"t%d"`) + `]}`, "The limit has been exceeded on the number of allowed image tags. Attempted: 129, Maximum: 128"},
		{`{` + many(129, `"p%d": ""`) + `}`, "The limit has been exceeded on the number of allowed image properties. Attempted: 129, Maximum: 128"},
	} {
		a := r.want(r.json("demo", "POST", "/v2/images", c.body), http.StatusRequestEntityTooLarge)
		if got := a.field(t, "message"); got != c.message+"<br /><br />\n\n\n" {
			t.Errorf("got %q", got)
		}
	}
	id := r.create("demo", `{"tags": [`+many(128, `"t%d"`)+`]}`)
	r.want(r.json("demo", "PUT", "/v2/images/"+id+"/tags/more", ""), http.StatusRequestEntityTooLarge)
	r.want(r.json("demo", "PUT", "/v2/images/"+id+"/tags/t5", ""), http.StatusNoContent)
	for i := range 128 {
		r.want(r.json("demo", "POST", "/v2/images/"+id+"/members", fmt.Sprintf(`{"member": "m%d"}`, i)), http.StatusOK)
	}
	r.want(r.json("demo", "POST", "/v2/images/"+id+"/members", `{"member": "more"}`), http.StatusRequestEntityTooLarge)
}

func TestPagesFollowEachOther(t *testing.T) {
	r := newRig(t, config{})
	want := map[string]bool{}
	for i := range 60 {
		want[r.create("demo", fmt.Sprintf(`{"name": "n%d"}`, i%7))] = true
		r.clock.Advance(300 * time.Millisecond)
	}
	for _, start := range []string{"/v2/images", "/v2/images?limit=7&sort=name:asc", "/v2/images?limit=13&sort_key=size&sort_dir=asc"} {
		seen := map[string]bool{}
		for next := start; next != ""; {
			a := r.want(r.json("demo", "GET", next, ""), http.StatusOK)
			var page struct {
				Images []struct{ ID string }
				Next   string
			}
			if err := json.Unmarshal([]byte(a.body), &page); err != nil {
				t.Fatal(err)
			}
			for _, i := range page.Images {
				if seen[i.ID] || !want[i.ID] {
					t.Fatalf("%s: %s twice", start, i.ID)
				}
				seen[i.ID] = true
			}
			next = page.Next
		}
		if len(seen) != len(want) {
			t.Errorf("%s: %d of %d", start, len(seen), len(want))
		}
	}
}

func FuzzRequests(f *testing.F) {
	f.Add("POST", "/v2/images", `{"tags": ["a"], "min_disk": 1e400, "x": "y"}`)
	f.Add("GET", "/v2/images?name=in:%22a,b%22,c&size_min=-9223372036854775809&created_at=gt:2000", "")
	f.Add("PATCH", "/v2/images/x", `[{"op": "add", "path": "/~", "value": {}}]`)
	f.Add("POST", "/v2/images/x/import", `{"method": [], "stores": {}}`)
	f.Add("GET", "/v2/images?sort=,:&limit=1&marker=%zz", "")
	r := newRig(f, config{})
	id := r.create("demo", `{"id": "11111111-1111-4111-8111-111111111111", "disk_format": "raw", "container_format": "bare"}`)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, "http://cloud/image"+strings.ReplaceAll(path, "x", id), strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		req.RequestURI = req.URL.RequestURI()
		req.Header.Set("X-Auth-Token", "demo")
		req.Header.Set("Content-Type", "application/openstack-images-v2.1-json-patch")
		if strings.Contains(body, "web-download") {
			t.Skip()
		}
		w := httptest.NewRecorder()
		r.handler.ServeHTTP(w, req)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func TestTaskWithNumberNothingHolds(t *testing.T) {
	r := newRig(t, config{dir: t.TempDir()})
	r.want(r.json("admin", "POST", "/v2/tasks", `{"type": "import", "input": {"import_from": 1e400}}`), http.StatusBadRequest)
	r.want(r.json("admin", "GET", "/v2/tasks", ""), http.StatusOK)
}
