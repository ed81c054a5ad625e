package bindings_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oslua/oslua/bindings"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
)

const imgID = "a8354189-536f-4145-81db-f5e6207a9e2b"

func TestImages(t *testing.T) {
	obj := `{ id = "i" }`
	patch := "Content-Type: application/openstack-images-v2.1-json-patch"
	runWire(t, []wireCase{
		{
			name: "every option", fn: "images.create",
			args: `{ name = "x", id = "` + imgID + `", disk_format = "raw", container_format = "ovf", visibility = "private", os_hidden = false, min_disk = 1, min_ram = 2, protected = false,
				owner = "` + noID + `", tags = { "a" }, properties = { os_distro = "y", n = 3, b = true } }`,
			wire: []exchange{{want: "POST images", body: `{"name":"x","id":"` + imgID + `","disk_format":"raw","container_format":"ovf","visibility":"private","os_hidden":false,"min_disk":1,"min_ram":2,
				"protected":false,"owner":"` + noID + `","tags":["a"],"os_distro":"y","n":"3","b":"true"}`, status: 201, answer: `{"id":"i","status":"queued"}`}},
			want: `{"id":"i","status":"queued"}`,
		},
		{name: "a property is an option", fn: "images.create", args: `{ name = "x", properties = { name = "y" } }`, fail: &failure{"bad_argument", "images.create.properties", "option of its own", ""}},
		{name: "a property is no text", fn: "images.create", args: `{ name = "x", properties = { a = {} } }`, fail: &failure{"bad_argument", "images.create.properties.a", "want text", ""}},
		{
			name: "pages", fn: "images.list", args: `{ sort = "name:asc" }`,
			wire: []exchange{
				{want: "GET images?sort=name:asc", answer: `{"images":[{"id":"a"}],"next":"/v2/images?sort=name%3Aasc&marker=a"}`},
				{want: "GET images?marker=a&sort=name:asc", answer: `{"images":[{"id":"b"}]}`},
			},
			want: `[{"id":"a"},{"id":"b"}]`,
		},
		{
			name: "every filter", fn: "images.list",
			args: `{ id = "in:a,b", name = "x", visibility = "all", status = "active", owner = "` + noID + `", tags = { "a", "b" }, size_min = 1, size_max = "1GB", hidden = true, protected = false,
				member_status = "pending", disk_format = "in:qcow2,raw", container_format = "bare", created_at = "gt:2026-01-01T00:00:00Z", updated_at = "lt:2027-01-01T00:00:00Z",
				properties = { os_distro = "u" }, sort_key = "name", sort_dir = "asc", limit = 5, marker = "m" }`,
			wire: []exchange{{want: "GET images?container_format=bare&created_at=gt:2026-01-01T00:00:00Z&disk_format=in:qcow2,raw&id=in:a,b&limit=5&marker=m&member_status=pending&name=x&os_distro=u&os_hidden=true&owner=" + noID +
				"&protected=false&size_max=1000000000&size_min=1&sort_dir=asc&sort_key=name&status=active&tag=a&tag=b&updated_at=lt:2027-01-01T00:00:00Z&visibility=all", answer: `{"images":[]}`}},
			want: `[]`,
		},
		{
			name: "the nearest name", fn: "images.get", args: `"ubunto"`,
			wire: []exchange{{want: "GET images?name=ubunto", answer: `{"images":[]}`}, {want: "GET images", answer: `{"images":[{"id":"i","name":"ubuntu"}]}`}},
			fail: &failure{"not_found", "images.get", "no image is named", `did you mean "ubuntu"?`},
		},
		{
			name: "a patch", fn: "images.update",
			args: obj + `, { name = "y", visibility = "shared", os_hidden = true, min_disk = 0, min_ram = 5, protected = true, tags = {}, properties = { ["a/b~c"] = "d" }, remove_properties = { "n" } }`,
			wire: []exchange{{want: "PATCH images/i", header: patch, body: `[{"op":"add","path":"/a~1b~0c","value":"d"},{"op":"add","path":"/min_disk","value":0},{"op":"add","path":"/min_ram","value":5},
				{"op":"add","path":"/name","value":"y"},{"op":"add","path":"/os_hidden","value":true},{"op":"add","path":"/protected","value":true},{"op":"add","path":"/tags","value":[]},
				{"op":"add","path":"/visibility","value":"shared"},{"op":"remove","path":"/n"}]`, answer: `{"id":"i"}`}},
			want: `{"id":"i"}`,
		},
		{name: "nothing", fn: "images.update", args: obj + `, {}`, fail: &failure{"bad_argument", "images.update", "nothing to change", ""}},
		{
			name: "protected", fn: "images.delete", args: obj,
			wire: []exchange{{want: "DELETE images/i", status: 403, answer: `{"message":"Image i is protected and cannot be deleted.<br /><br />","code":"403 Forbidden","title":"Forbidden"}`}},
			fail: &failure{"forbidden", "images.delete", "protected", "protected = false"},
		},
		{name: "tags", fn: "images.set_tags", args: obj + `, {}`, wire: []exchange{{want: "PATCH images/i", header: patch, body: `[{"op":"replace","path":"/tags","value":[]}]`, answer: `{"id":"i"}`}}},
		{name: "tag", fn: "images.add_tag", args: obj + `, "a"`, wire: []exchange{{want: "PUT images/i/tags/a", status: 204}}},
		{name: "tag", fn: "images.remove_tag", args: obj + `, "a"`, wire: []exchange{{want: "DELETE images/i/tags/a", status: 204}}},
		{name: "now", fn: "images.deactivate", args: obj, wire: []exchange{{want: "POST images/i/actions/deactivate", status: 204}}},
		{name: "now", fn: "images.reactivate", args: obj, wire: []exchange{{want: "POST images/i/actions/reactivate", status: 204}}},
		{name: "list", fn: "images.members", args: obj, wire: []exchange{{want: "GET images/i/members", answer: `{"members":[{"member_id":"p"}]}`}}, want: `[{"member_id":"p"}]`},
		{name: "add", fn: "images.add_member", args: obj + `, { id = "p" }`, wire: []exchange{{want: "POST images/i/members", body: `{"member":"p"}`, answer: `{"status":"pending"}`}}, want: `{"status":"pending"}`},
		{name: "remove", fn: "images.remove_member", args: obj + `, { id = "p" }`, wire: []exchange{{want: "DELETE images/i/members/p", status: 204}}},
		{name: "as this project", fn: "images.accept", args: obj, wire: []exchange{{want: "PUT images/i/members/pid", body: `{"status":"accepted"}`, answer: `{"status":"accepted"}`}}, want: `{"status":"accepted"}`},
		{name: "as another", fn: "images.reject", args: obj + `, { project = { id = "p" } }`, wire: []exchange{{want: "PUT images/i/members/p", body: `{"status":"rejected"}`, answer: `{"status":"rejected"}`}}, want: `{"status":"rejected"}`},
		{name: "named", fn: "images.import_methods", wire: []exchange{{want: "GET info/import", answer: `{"import-methods":{"value":["web-download"]}}`}}, want: `["web-download"]`},
		{name: "an old service", fn: "images.import_methods", wire: []exchange{{want: "GET info/import", status: 404}}, want: `[]`},
		{
			name: "waits", fn: "images.import", args: obj + `, { uri = "http://x.invalid/y", stores = { "a" }, all_stores_must_succeed = false }`,
			wire: []exchange{
				{want: "POST images/i/import", body: `{"method":{"name":"web-download","uri":"http://x.invalid/y"},"stores":["a"],"all_stores_must_succeed":false}`, status: 202},
				{want: "GET images/i", answer: `{"id":"i","status":"importing"}`}, {want: "GET images/i", answer: `{"id":"i","status":"active"}`},
			},
			want: `{"id":"i","status":"active"}`,
		},
		{
			name: "fails", fn: "images.import", args: obj + `, { method = "glance-direct" }`,
			wire: []exchange{
				{want: "POST images/i/import", body: `{"method":{"name":"glance-direct"}}`, status: 202},
				{want: "GET images/i", answer: `{"id":"i","status":"queued","os_glance_failed_import":"file"}`},
			},
			fail: &failure{"resource_error", "images.import", "could not import", ""},
		},
		{name: "how", fn: "images.import", args: obj + `, {}`, fail: &failure{"bad_argument", "images.import.method", "say how", "stage"}},
		{name: "status in small letters", fn: "images.wait", args: obj, wire: []exchange{{want: "GET images/i", answer: `{"id":"i","status":"active"}`}}, want: `{"id":"i","status":"active"}`},
		{name: "gone", fn: "images.wait", args: obj + `, { status = "deleted" }`, wire: []exchange{{want: "GET images/i", status: 404}}, want: `nil`},
		{name: "no address", fn: "images.from_url", args: `{ name = "x", url = "disk.img" }`, fail: &failure{"bad_argument", "images.from_url.url", "no web address", "images.create"}},
	})
}

// imageFile writes a file that begins with magic.
func imageFile(t testing.TB, name string, size int, magic map[int]string) string {
	t.Helper()
	b := make([]byte, size)
	for at, m := range magic {
		copy(b[at:], m)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func be64(n uint64) string { return string(binary.BigEndian.AppendUint64(nil, n)) }
func le64(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }

// TestHome: "~/" is the user's own directory in the names of files, as in a shell.
func TestHome(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("USERPROFILE", dir)
	if err := os.WriteFile(filepath.Join(dir, "x.img"), []byte("QFI\xfb"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := on(t).call("images.inspect", `"~/x.img"`); err != nil || !strings.Contains(got, `"size":4`) {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestInspect(t *testing.T) {
	for _, c := range []struct {
		name  string
		size  int
		magic map[int]string
		want  string
	}{
		{"qcow2", 512, map[int]string{0: "QFI\xfb\x00\x00\x00\x03", 24: be64(3 << 30)}, `{"format":"qcow2","min_disk":3,"size":512,"virtual_size":3221225472}`},
		{"vmdk", 512, map[int]string{0: "KDMV", 12: le64(4)}, `{"format":"vmdk","min_disk":1,"size":512,"virtual_size":2048}`},
		{"vdi", 512, map[int]string{0x40: "\x7f\x10\xda\xbe", 0x170: le64(1<<30 + 1)}, `{"format":"vdi","min_disk":2,"size":512,"virtual_size":1073741825}`},
		{"vhd", 2048, map[int]string{0: "conectix", 48: be64(7)}, `{"format":"vhd","min_disk":1,"size":2048,"virtual_size":7}`},
		{"vhd, fixed", 2048, map[int]string{1536: "conectix", 1584: be64(7)}, `{"format":"vhd","min_disk":1,"size":2048,"virtual_size":7}`},
		{"vhdx", 512, map[int]string{0: "vhdxfile"}, `{"format":"vhdx","size":512}`},
		{"iso", 40000, map[int]string{0x8001: "CD001"}, `{"format":"iso","min_disk":1,"size":40000,"virtual_size":40000}`},
		{"raw", 3, nil, `{"format":"raw","min_disk":1,"size":3,"virtual_size":3}`},
		{"cut short", 20, map[int]string{0: "QFI\xfb\x00\x00\x00\x03"}, `{"format":"qcow2","size":20}`},
		{"gzip", 20, map[int]string{0: "\x1f\x8b"}, `{"size":20,"what":"compressed with gzip"}`},
		{"page", 40, map[int]string{0: "\n <!DOCTYPE html>"}, `{"size":40,"what":"a web page: whatever gave it to you meant to say something"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := on(t).call("images.inspect", fmt.Sprintf("%q", imageFile(t, "f", c.size, c.magic)))
			if err != nil || got != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
}

// TestFormatsAreChecked: nothing is sent of a file that is not what it is said to be.
func TestFormatsAreChecked(t *testing.T) {
	qcow := imageFile(t, "q.img", 512, map[int]string{0: "QFI\xfb\x00\x00\x00\x03"})
	raw := imageFile(t, "r.img", 512, nil)
	zip := imageFile(t, "z.img", 512, map[int]string{0: "\xfd7zXZ\x00"})
	empty := imageFile(t, "e.img", 0, nil)
	for _, c := range []struct{ file, more, option, says, hint string }{
		{qcow, `disk_format = "raw"`, "disk_format", "is a qcow2 image, not raw", `disk_format = "qcow2"`},
		{raw, `disk_format = "qcow2"`, "disk_format", "is raw", "force = true"},
		{zip, ``, "file", "compressed with xz", "unpack"},
		{empty, ``, "file", "is empty", "cut short"},
		{filepath.Dir(raw), ``, "file", "is a folder", ""},
		{raw + ".nosuch", ``, "", "there is no file", ""},
	} {
		_, err := on(t).call("images.create", fmt.Sprintf(`{ name = "x", file = %q, %s }`, c.file, c.more))
		op := "images.create"
		if c.option != "" {
			op += "." + c.option
		}
		failure{"bad_argument", op, c.says, c.hint}.check(t, err)
	}
}

// glance is an image service in a few lines, which can break off.
type glance struct {
	*httptest.Server
	breakAt int64 // an upload, or each download, breaks off after so many bytes; 0 never
	wrong   bool  // it stores something else
	whole   bool  // it knows no ranges

	mu      sync.Mutex
	data    []byte
	keep    bool // whether to keep what was uploaded
	size    int64
	sums    [2]string
	there   bool
	asked   []string
	deleted bool
}

func newGlance(t testing.TB) *glance {
	g := &glance{keep: true}
	f := &fakeCloud{t: t}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v3/auth/tokens" {
			f.authenticate(w)
			return
		}
		g.serve(w, r)
	}))
	f.Server = g.Server
	t.Cleanup(g.Close)
	return g
}

func (g *glance) serve(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.asked = append(g.asked, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/v2/"))
	g.mu.Unlock()
	switch {
	case r.Method == "POST":
		g.there = true
		w.WriteHeader(http.StatusCreated)
		g.show(w, "queued")
	case r.Method == "PUT":
		g.receive(w, r)
	case r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/file"):
		g.give(w, r)
	case r.Method == "GET":
		g.show(w, "active")
	case r.Method == "PATCH":
		_, _ = io.Copy(io.Discard, r.Body)
		g.show(w, "queued")
	case r.Method == "DELETE":
		g.there, g.deleted = false, true
		w.WriteHeader(http.StatusNoContent)
	}
}

func (g *glance) show(w io.Writer, status string) {
	_, _ = fmt.Fprintf(w, `{"id":%q,"name":"x","status":%q,"size":%d,"disk_format":"raw","checksum":%q,"os_hash_algo":"sha512","os_hash_value":%q}`, imgID, status, g.size, g.sums[0], g.sums[1])
}

func (g *glance) receive(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if g.breakAt > 0 {
		_, _ = io.CopyN(io.Discard, body, g.breakAt)
		panic(http.ErrAbortHandler)
	}
	m, s, b := md5.New(), sha512.New(), &bytes.Buffer{}
	to := io.MultiWriter(m, s)
	if g.keep {
		to = io.MultiWriter(m, s, b)
	}
	n, err := io.Copy(to, body)
	if err != nil {
		return
	}
	if g.wrong {
		s.Write([]byte("x"))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.data, g.size, g.sums = b.Bytes(), n, [2]string{hex.EncodeToString(m.Sum(nil)), hex.EncodeToString(s.Sum(nil))}
	w.WriteHeader(http.StatusNoContent)
}

func (g *glance) give(w http.ResponseWriter, r *http.Request) {
	data := g.data
	if from, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok && !g.whole {
		n, _ := strconv.Atoi(strings.TrimSuffix(from, "-"))
		w.Header().Set("Content-Length", strconv.Itoa(len(data)-n))
		w.WriteHeader(http.StatusPartialContent)
		data = data[n:]
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	}
	if g.breakAt > 0 && int64(len(data)) > g.breakAt {
		_, _ = w.Write(data[:g.breakAt])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(data)
}

// fixture gives the modules on this service.
func (g *glance) fixture(t testing.TB, o bindings.Options) *fixture {
	f := &fakeCloud{Server: g.Server, t: t}
	o.Clock = clock.NewFake(time.Date(2026, 11, 22, 13, 15, 0, 0, time.UTC)).AutoAdvance()
	return fixtureOf(t, configOf(t, f), o, cloud.Options{Retries: -1})
}

func randomFile(t testing.TB, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.raw")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<20)
	_, _ = rand.Read(block)
	for size > 0 {
		n := min(size, int64(len(block)))
		if _, err := f.Write(block[:n]); err != nil {
			t.Fatal(err)
		}
		size -= n
	}
	return path
}

func TestUpload(t *testing.T) {
	g := newGlance(t)
	var mu sync.Mutex
	var told []string
	var sum int64
	progress := func(what string, total int64) (func(int64), func()) {
		told = append(told, fmt.Sprint(what, " ", total))
		return func(n int64) { mu.Lock(); sum += n; mu.Unlock() }, func() { told = append(told, "done") }
	}
	file := randomFile(t, 3<<20+17)
	f := g.fixture(t, bindings.Options{Progress: progress})
	got, err := f.call("images.create", fmt.Sprintf(`{ name = "x", file = %q }`, file))
	if err != nil || !strings.Contains(got, `"active"`) {
		t.Fatalf("got %s, %v", got, err)
	}
	want, _ := os.ReadFile(file)
	if !bytes.Equal(g.data, want) {
		t.Error("other bytes arrived")
	}
	if fmt.Sprint(told) != "[uploading x 3145745 done]" || sum != 3145745 {
		t.Errorf("told %v, %d bytes", told, sum)
	}
	told = nil
	if _, err = f.call("images.create", fmt.Sprintf(`{ name = "x", file = %q, progress = false }`, file)); err != nil || told != nil {
		t.Errorf("told %v, %v", told, err)
	}
}

// TestUploadThatBreaks: whatever ends an upload, the half image goes away and the error says so.
func TestUploadThatBreaks(t *testing.T) {
	file := randomFile(t, 8<<20)
	for _, c := range []struct {
		name, more string
		set        func(*glance)
		code, says string
		asked      string
	}{
		{"the connection is cut", "", func(g *glance) { g.breakAt = 1 << 20 }, "unavailable", "broke", "POST images PUT images/ID/file DELETE images/ID"},
		{"a protected image", "protected = true", func(g *glance) { g.breakAt = 1 << 20 }, "unavailable", "broke", "POST images PUT images/ID/file PATCH images/ID DELETE images/ID"},
		{"something else is stored", "", func(g *glance) { g.wrong = true }, "resource_error", "not what was sent: its sha512", "POST images PUT images/ID/file GET images/ID DELETE images/ID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGlance(t)
			c.set(g)
			_, err := g.fixture(t, bindings.Options{}).call("images.create", fmt.Sprintf(`{ name = "x", file = %q, %s }`, file, c.more))
			failure{c.code, "images.create", c.says, "half image was removed"}.check(t, err)
			if got := strings.ReplaceAll(strings.Join(g.asked, " "), imgID, "ID"); got != c.asked || g.there {
				t.Errorf("asked %s; the image is there: %v", got, g.there)
			}
		})
	}
}

// TestUploadInterrupted: Ctrl-C in the middle ends the upload, and still the half image goes away.
func TestUploadInterrupted(t *testing.T) {
	g := newGlance(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f := g.fixture(t, bindings.Options{Progress: func(string, int64) (func(int64), func()) {
		return func(int64) { cancel() }, func() {}
	}})
	_, err := f.raw(ctx, "images.create", fmt.Sprintf(`{ name = "x", file = %q }`, randomFile(t, 8<<20)))
	failure{"cancelled", "images.create", "cancelled", "half image was removed"}.check(t, err)
	if !g.deleted {
		t.Errorf("the half image is still there: %v", g.asked)
	}
}

// TestUploadMemory: however large the file, the memory stays as it is.
func TestUploadMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("uploads 256 MiB")
	}
	g := newGlance(t)
	g.keep = false
	path := filepath.Join(t.TempDir(), "large.raw")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 256<<20); err != nil {
		t.Fatal(err)
	}
	var most uint64
	f := g.fixture(t, bindings.Options{Progress: func(string, int64) (func(int64), func()) {
		var sum, next int64
		return func(n int64) {
			if sum += n; sum >= next {
				next += 16 << 20
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}, func() {}
	}})
	if _, err := f.call("images.create", fmt.Sprintf(`{ name = "x", file = %q }`, path)); err != nil {
		t.Fatal(err)
	}
	if most == 0 || most > 32<<20 {
		t.Errorf("%d MiB of heap while uploading", most>>20)
	}
}

func BenchmarkUpload(b *testing.B) {
	g := newGlance(b)
	g.keep = false
	path := randomFile(b, 64<<20)
	f := g.fixture(b, bindings.Options{})
	b.SetBytes(64 << 20)
	for b.Loop() {
		if _, err := f.call("images.create", fmt.Sprintf(`{ name = "x", file = %q }`, path)); err != nil {
			b.Fatal(err)
		}
	}
}

func (g *glance) store(data []byte) {
	m, s := md5.Sum(data), sha512.Sum512(data)
	g.data, g.size, g.sums = data, int64(len(data)), [2]string{hex.EncodeToString(m[:]), hex.EncodeToString(s[:])}
}

func TestDownload(t *testing.T) {
	data := make([]byte, 1<<20)
	_, _ = rand.Read(data)
	for _, c := range []struct {
		name string
		had  int // bytes of an earlier try
		more string
		set  func(*glance)
		want string
		fail *failure
	}{
		{name: "whole", want: `"verified":"sha512"`},
		{name: "goes on", had: 1000, want: `"resumed_at":1000`},
		{name: "has all", had: 1 << 20, want: `"resumed_at":1048576`},
		{name: "had too much", had: 1<<20 + 1, want: `"size":1048576,"verified"`},
		{name: "anew", had: 1000, more: `resume = false`, want: `"size":1048576,"verified"`},
		{name: "no ranges", had: 1000, set: func(g *glance) { g.whole = true }, want: `"size":1048576,"verified"`},
		{name: "breaks off, and goes on by itself", set: func(g *glance) { g.breakAt = 400 << 10 }, want: `"verified":"sha512"`},
		{name: "breaks off too often", set: func(g *glance) { g.breakAt = 100 << 10 }, fail: &failure{"unavailable", "images.download", "broke", "bytes are kept in"}},
		{name: "other bytes", set: func(g *glance) { g.sums[1] = "00" }, fail: &failure{"resource_error", "images.download", "what came is not", "try again"}},
		{name: "other checksum alone", set: func(g *glance) { g.sums = [2]string{"00", ""} }, fail: &failure{"resource_error", "images.download", "its md5 is", ""}},
		{name: "nothing to compare with", set: func(g *glance) { g.sums = [2]string{} }, want: `"size":1048576}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGlance(t)
			g.store(data)
			if c.set != nil {
				c.set(g)
			}
			path := filepath.Join(t.TempDir(), "out.img")
			part := path + "." + imgID[:8] + ".part"
			if c.had > 0 {
				had := append(bytes.Clone(data), 0)[:c.had]
				if err := os.WriteFile(part, had, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := g.fixture(t, bindings.Options{}).call("images.download", fmt.Sprintf(`{ id = %q }, { file = %q, %s }`, imgID, path, c.more))
			if c.fail != nil {
				c.fail.check(t, err)
				if _, err := os.Stat(path); err == nil {
					t.Error("the file is there all the same")
				}
				return
			}
			if err != nil || !strings.Contains(got, c.want) {
				t.Fatalf("got %s, %v, want %s", got, err, c.want)
			}
			if have, _ := os.ReadFile(path); !bytes.Equal(have, data) {
				t.Error("other bytes arrived")
			}
			if _, err := os.Stat(part); err == nil {
				t.Error("the part is still there")
			}
		})
	}
}

func TestDownloadIsCareful(t *testing.T) {
	g := newGlance(t)
	g.store([]byte("data"))
	f := g.fixture(t, bindings.Options{})
	file := imageFile(t, "there", 3, nil)
	_, err := f.call("images.download", fmt.Sprintf(`{ id = %q }, { file = %q }`, imgID, file))
	failure{"bad_argument", "images.download.file", "there already", "overwrite"}.check(t, err)
	if _, err = f.call("images.download", fmt.Sprintf(`{ id = %q }, { file = %q, overwrite = true }`, imgID, file)); err != nil {
		t.Error(err)
	}
	_, err = f.call("images.download", fmt.Sprintf(`{ id = %q }, { file = %q }`, imgID, filepath.Join(file+"-no", "x")))
	failure{"bad_argument", "images.download", "there is no folder", ""}.check(t, err)
	if runtime.GOOS == "linux" {
		if _, err := os.Stat("/dev/full"); err == nil { // which never ends
			full := filepath.Join(t.TempDir(), "full")
			if err := os.Symlink("/dev/full", full+"."+imgID[:8]+".part"); err != nil {
				t.Fatal(err)
			}
			_, err = f.call("images.download", fmt.Sprintf(`{ id = %q }, { file = %q }`, imgID, full))
			failure{"bad_argument", "images.download.file", "no ordinary file", ""}.check(t, err)
		}
	}
}

// TestSandboxedImages: a script that may not reach files reaches none by way of images.
func TestSandboxedImages(t *testing.T) {
	file := imageFile(t, "f", 3, nil)
	f := newGlance(t).fixture(t, bindings.Options{Sandbox: true})
	for fn, args := range map[string]string{
		"images.create":    fmt.Sprintf(`{ name = "x", file = %q }`, file),
		"images.ensure":    fmt.Sprintf(`{ name = "x", file = %q }`, file),
		"images.upload":    fmt.Sprintf(`{ id = "i" }, %q`, file),
		"images.stage":     fmt.Sprintf(`{ id = "i" }, %q`, file),
		"images.download":  fmt.Sprintf(`{ id = "i" }, { file = %q, overwrite = true }`, file),
		"images.inspect":   fmt.Sprintf(`%q`, file),
		"images.customize": fmt.Sprintf(`{ file = %q }`, file),
	} {
		if fn == "images.ensure" {
			continue // asks for the name first; create, which it goes on to, is here
		}
		_, err := f.call(fn, args)
		failure{"forbidden", fn, "no files", ""}.check(t, err)
	}
}

func TestFromURL(t *testing.T) {
	data := make([]byte, 300<<10)
	copy(data, "QFI\xfb\x00\x00\x00\x03")
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/page":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>")
		case "/disk.img":
			http.ServeContent(w, r, "disk.img", time.Time{}, bytes.NewReader(data))
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(files.Close)
	disk := fmt.Sprintf(`{ name = "x", url = "%s/disk.img" }`, files.URL)
	offers := exchange{want: "GET info/import", answer: `{"import-methods":{"value":["web-download"]}}`}
	none := exchange{want: "GET info/import", answer: `{"import-methods":{"value":[]}}`}
	made := exchange{want: "POST images", body: `{"name":"x","disk_format":"qcow2","container_format":"bare"}`, status: 201, answer: `{"id":"i","status":"queued"}`}
	begun := exchange{want: "POST images/i/import", body: `{"method":{"name":"web-download","uri":"` + files.URL + `/disk.img"}}`, status: 202}
	active := exchange{want: "GET images/i", answer: `{"id":"i","status":"active"}`}
	sent := exchange{want: "PUT images/i/file", body: string(data), status: 204}
	gone := exchange{want: "DELETE images/i", status: 204}
	refused := begun
	refused.status, refused.answer = 400, `{"message":"URI for web-download does not pass filtering","code":"400","title":"x"}`
	failed := exchange{want: "GET images/i", answer: `{"id":"i","status":"queued","os_glance_failed_import":"file"}`}
	runWire(t, []wireCase{
		{name: "by the service", fn: "images.from_url", args: disk, wire: []exchange{offers, made, begun, active}, want: active.answer},
		{name: "through here", fn: "images.from_url", args: disk, wire: []exchange{none, made, sent, active}, want: active.answer},
		{name: "the service may not", fn: "images.from_url", args: disk, wire: []exchange{offers, made, refused, gone, made, sent, active}, want: active.answer},
		{name: "the service cannot", fn: "images.from_url", args: disk, wire: []exchange{offers, made, begun, failed, gone, made, sent, active}, want: active.answer},
		{
			name: "only the service", fn: "images.from_url", args: strings.Replace(disk, " }", `, method = "import" }`, 1), wire: []exchange{offers, made, refused, gone},
			fail: &failure{"bad_request", "images.from_url", "filtering", "half image was removed"},
		},
		{name: "a page", fn: "images.from_url", args: strings.Replace(disk, "disk.img", "page", 1), wire: []exchange{none}, fail: &failure{"bad_argument", "images.from_url", "a web page", ""}},
		{name: "nothing", fn: "images.from_url", args: strings.Replace(disk, "disk.img", "no", 1), wire: []exchange{none}, fail: &failure{"not_found", "images.from_url", "answers 404", ""}},
		{
			name: "another format", fn: "images.from_url", args: strings.Replace(disk, " }", `, disk_format = "raw" }`, 1), wire: []exchange{none},
			fail: &failure{"bad_argument", "images.from_url.disk_format", "is a qcow2 image", `"qcow2"`},
		},
	})
}

// TestCustomize: the password goes by a file of our own, never by the command line.
func TestCustomize(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	file := imageFile(t, "f.img", 512, map[int]string{0: "QFI\xfb\x00\x00\x00\x03"})
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	args := fmt.Sprintf(`{ file = %q, output = %q, root_password = "hunter22", packages = { "a", "b" }, run_command = { "c d" } }`, file, file+".out")
	_, err := on(t).call("images.customize", args)
	failure{"unavailable", "images.customize", "virt-customize is not installed", "cloud_init = { chpasswd"}.check(t, err)
	script := "#!/bin/sh\necho \"$@\" >" + dir + "/args\nfor a; do case $a in file:*) while read -r l; do echo \"$l\" >" + dir + "/password; done <${a#file:};; esac; done\n"
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "virt-customize"), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(script)
	if got, err := on(t).call("images.customize", args); err != nil || got != marshal(file+".out") {
		t.Fatalf("got %s, %v", got, err)
	}
	said, _ := os.ReadFile(filepath.Join(dir, "args"))
	password, _ := os.ReadFile(filepath.Join(dir, "password"))
	if strings.Contains(string(said), "hunter22") || string(password) != "hunter22\n" {
		t.Errorf("arguments %q, password %q", said, password)
	}
	if !strings.Contains(string(said), "--format qcow2 -a "+file+".out --root-password file:") || !strings.HasSuffix(string(said), "--install a,b --run-command c d\n") {
		t.Errorf("arguments %q", said)
	}
	_, secret, _ := strings.Cut(string(said), "file:")
	secret, _, _ = strings.Cut(secret, " ")
	if _, err := os.Stat(secret); err == nil {
		t.Error("the password's file is still there")
	}
	write("#!/bin/sh\necho working\necho 'virt-customize: error: no operating systems were found' >&2\necho more >&2\nexit 1\n")
	_, err = on(t).call("images.customize", strings.Replace(args, ".out", ".two", 1))
	failure{"error", "images.customize", "no operating systems were found", ""}.check(t, err)
	if _, err := os.Stat(file + ".two"); err == nil {
		t.Error("the half copy is still there")
	}
}
