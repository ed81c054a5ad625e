package bindings_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

// asUser gives the modules of a built-in cloud, as a user whose project has the same name.
func asUser(t *testing.T, sim *simulator.Simulator, user string) *fixture {
	t.Helper()
	cfg, err := cloud.FromValues("test", map[string]string{
		"auth_url": sim.URL() + "/identity", "username": user, "password": "secret", "project_name": user,
		"user_domain_name": "Default", "project_domain_name": "Default", "region_name": "RegionOne",
	})
	if err != nil {
		t.Fatal(err)
	}
	return newFixture(t, cfg, nil, nil, cloud.Options{DialContext: sim.DialContext, Retries: -1})
}

func TestImagesSimulator(t *testing.T) {
	sim := simulatortest.Start(t, simulator.Options{Memory: true})
	exerciseImages(t, asUser(t, sim, "demo"))
	exerciseSharing(t, asUser(t, sim, "admin"), asUser(t, sim, "demo"))
}

func TestImagesRealCloud(t *testing.T) {
	demo := onCloud(t, "OSLUA_TEST_CLOUD")
	exerciseImages(t, demo)
	exerciseSharing(t, onCloud(t, "OSLUA_TEST_CLOUD_ADMIN"), demo)
}

// exerciseImages makes images in each way, changes and reads them, and removes them again.
func exerciseImages(t *testing.T, f *fixture) {
	t.Helper()
	tag := fmt.Sprintf("oslua-test-%08x", rand.Uint32())
	dir := t.TempDir()
	file := filepath.Join(dir, "disk.img")
	disk := append([]byte("QFI\xfb\x00\x00\x00\x02"), make([]byte, 300<<10)...) // more than one block, and a piece
	disk[23], disk[28] = 16, 0x40                                               // clusters of 64 KiB, 1 GiB in all
	for i := 1 << 10; i < len(disk); i++ {
		disk[i] = byte(i * 7)
	}
	if err := os.WriteFile(file, disk, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, end := range []string{"", "-url", "-half", "-late"} {
			_, _ = f.call("images.update", fmt.Sprintf(`%q, { protected = false }`, tag+end))
			_, _ = f.call("images.delete", fmt.Sprintf(`%q, { missing_ok = true }`, tag+end))
		}
	})

	// From a file, in three requests: the record, the bytes, how it is then. A format that is not the file's is refused.
	_, err := f.call("images.create", fmt.Sprintf(`{ name = %q, file = %q, disk_format = "raw" }`, tag, file))
	failure{"bad_argument", "images.create.disk_format", "qcow2", ""}.check(t, err)
	var img map[string]any
	f.must("auth.whoami", ``)
	f.requests(3, func() {
		img = f.must("images.create", `{ name = %q, file = %q, tags = { "b", "a" }, min_disk = 1, properties = { os_distro = "ubuntu", course = "two" }, protected = true }`, tag, file)
	})
	if img["status"] != "active" || img["disk_format"] != "qcow2" || img["size"] != float64(len(disk)) || img["virtual_size"] != float64(1<<30) || img["os_distro"] != "ubuntu" {
		t.Errorf("got %v", img)
	}
	ref := fmt.Sprintf(`{ id = %q }`, img["id"])
	_, err = f.call("images.delete", ref)
	failure{"forbidden", "images.delete", "protected", ""}.check(t, err)

	got := f.must("images.update", `%s, { protected = false, name = %q, min_ram = 64, properties = { os_distro = "debian", os_version = "12" }, remove_properties = { "course" } }`, ref, tag)
	if got["os_distro"] != "debian" || got["os_version"] != "12" || got["course"] != nil || got["min_ram"] != 64.0 || got["protected"] != false {
		t.Errorf("updated to %v", got)
	}
	f.must("images.add_tag", `%s, "c d"`, ref)
	f.must("images.remove_tag", `%s, "b"`, ref)
	if got := f.must("images.get", `%q`, tag); len(got["tags"].([]any)) != 2 {
		t.Errorf("tags are %v", got["tags"])
	}
	f.must("images.set_tags", `%s, { "x" }`, ref)
	if got := f.must("images.list", `{ name = %q, tags = { "x" }, visibility = "shared", status = "active" }`, tag); !strings.Contains(fmt.Sprint(got["result"]), fmt.Sprint(img["id"])) {
		t.Errorf("list with filters gave %v", got)
	}
	if got := f.must("images.ensure", `{ name = %q, file = %q, min_ram = 64 }`, tag, file); got["changed"] != false {
		t.Errorf("ensure changed it")
	}
	_, err = f.call("images.update", ref+`, { visibility = "public" }`)
	failure{"forbidden", "images.update", "", "administrator"}.check(t, err)

	// Back again; half of it is there already.
	copied := filepath.Join(dir, "copy.img")
	part := fmt.Sprintf("%s.%.8s.part", copied, img["id"])
	if err := os.WriteFile(part, disk[:100<<10], 0o600); err != nil {
		t.Fatal(err)
	}
	f.must("images.download", `%s, { file = %q }`, ref, copied)
	if back, err := os.ReadFile(copied); err != nil || string(back) != string(disk) {
		t.Errorf("another image came back: %d bytes, %v", len(back), err)
	}
	_, err = f.call("images.download", fmt.Sprintf(`%s, { file = %q }`, ref, copied))
	failure{"bad_argument", "images.download.file", "there already", "overwrite"}.check(t, err)

	// A record first, the bytes later.
	late := f.must("images.create", `{ name = %q, disk_format = "qcow2" }`, tag+"-late")
	if late["status"] != "queued" {
		t.Errorf("without data it is %v", late["status"])
	}
	_, err = f.call("images.download", fmt.Sprintf(`{ id = %q }, { file = %q }`, late["id"], filepath.Join(dir, "none")))
	failure{"conflict", "images.download", "no data yet", ""}.check(t, err)
	if got := f.must("images.upload", `{ id = %q }, %q`, late["id"], file); got["status"] != "active" {
		t.Errorf("uploaded: %v", got["status"])
	}
	_, err = f.call("images.upload", fmt.Sprintf(`{ id = %q }, %q`, late["id"], file))
	failure{"conflict", "images.upload", "", ""}.check(t, err)

	// From an address; and from one that ends half-way: nothing is left.
	half := false
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(disk)))
		if half && r.Method == http.MethodGet {
			_, _ = w.Write(disk[:len(disk)/2])
			panic(http.ErrAbortHandler)
		}
		if r.Method == http.MethodGet {
			_, _ = w.Write(disk)
		}
	}))
	t.Cleanup(web.Close)
	if got := f.must("images.from_url", `{ name = %q, url = %q, method = "stream", disk_format = "qcow2" }`, tag+"-url", web.URL+"/disk.img"); got["checksum"] != img["checksum"] || got["status"] != "active" {
		t.Errorf("from an address: %v", got)
	}
	half = true
	if got, err := f.call("images.from_url", fmt.Sprintf(`{ name = %q, url = %q, method = "stream", disk_format = "qcow2" }`, tag+"-half", web.URL+"/disk.img")); err == nil {
		t.Errorf("half an image was taken: %v", got)
	}
	if got := f.must("images.find", `%q`, tag+"-half"); got["result"] != "nil" {
		t.Errorf("half an image was left: %v", got)
	}
	f.must("images.import_methods", ``)

	f.must("images.delete", "%s", ref)
	_, err = f.call("images.get", ref)
	failure{"not_found", "images.get", "", ""}.check(t, err)
	if got := f.must("images.delete", "%s", ref+`, { missing_ok = true }`); got["result"] != "false" {
		t.Errorf("deleted twice: %v", got)
	}
}

// exerciseSharing has an administrator share an image with a user, and take it away.
func exerciseSharing(t *testing.T, admin, user *fixture) {
	t.Helper()
	tag := fmt.Sprintf("oslua-test-%08x", rand.Uint32())
	file := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(file, []byte(strings.Repeat("bytes ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	project := fmt.Sprint(user.must("auth.whoami", ``)["project_id"])
	img := admin.must("images.create", `{ name = %q, file = %q, visibility = "shared", disk_format = "raw" }`, tag, file)
	ref := fmt.Sprintf(`{ id = %q }`, img["id"])
	t.Cleanup(func() { _, _ = admin.call("images.delete", ref+`, { missing_ok = true }`) })

	_, err := user.call("images.get", ref)
	failure{"not_found", "images.get", "", ""}.check(t, err)
	if got := admin.must("images.add_member", `%s, { id = %q }`, ref, project); got["status"] != "pending" {
		t.Errorf("added: %v", got)
	}
	_, err = admin.call("images.add_member", fmt.Sprintf(`%s, { id = %q }`, ref, project))
	failure{"conflict", "images.add_member", "", ""}.check(t, err)
	user.must("images.get", "%s", ref)
	listed := func() bool {
		return strings.Contains(fmt.Sprint(user.must("images.list", `{ name = %q }`, tag)["result"]), fmt.Sprint(img["id"]))
	}
	if listed() {
		t.Error("it is listed before it was accepted")
	}
	if got := user.must("images.accept", "%s", ref); got["status"] != "accepted" {
		t.Errorf("accepted: %v", got)
	}
	if !listed() {
		t.Error("it is not listed after it was accepted")
	}
	_, err = user.call("images.delete", ref)
	failure{"forbidden", "images.delete", "", ""}.check(t, err)
	if got := user.must("images.reject", "%s", ref); got["status"] != "rejected" {
		t.Errorf("rejected: %v", got)
	}
	if got := admin.must("images.members", "%s", ref); !strings.Contains(fmt.Sprint(got["result"]), project) {
		t.Errorf("members are %v", got)
	}

	// Without its data nobody but an administrator gets it.
	user.must("images.accept", "%s", ref)
	admin.must("images.deactivate", "%s", ref)
	_, err = user.call("images.download", fmt.Sprintf(`%s, { file = %q }`, ref, file+".copy"))
	failure{"forbidden", "images.download", "", ""}.check(t, err)
	if got := user.must("images.get", "%s", ref); got["status"] != "deactivated" {
		t.Errorf("it is %v", got["status"])
	}
	admin.must("images.reactivate", "%s", ref)
	user.must("images.download", `%s, { file = %q }`, ref, file+".copy")

	admin.must("images.remove_member", `%s, { id = %q }`, ref, project)
	_, err = user.call("images.get", ref)
	failure{"not_found", "images.get", "", ""}.check(t, err)
	if got := admin.must("images.update", `%s, { visibility = "public" }`, ref); got["visibility"] != "public" {
		t.Errorf("published: %v", got["visibility"])
	}
	user.must("images.get", `%q`, tag)
	admin.must("images.delete", "%s", ref)
}
