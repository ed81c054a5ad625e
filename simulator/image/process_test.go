package image_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/oslua/oslua/simulator/image"
	"github.com/oslua/oslua/simulator/store"
)

// generator is data that is nowhere.
type generator struct{ left int64 }

func (g *generator) Read(p []byte) (int, error) {
	if g.left == 0 {
		return 0, io.EOF
	}
	n := int(min(g.left, int64(len(p))))
	g.left -= int64(n)
	return n, nil
}

// watched reads another reader and remembers how large the heap got.
type watched struct {
	io.Reader
	peak  uint64
	reads int
}

func (w *watched) Read(p []byte) (int, error) {
	if w.reads++; w.reads%256 == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.peak = max(w.peak, m.HeapAlloc)
	}
	return w.Reader.Read(p)
}

func TestLargeImageIsNotHeldInMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 256 MiB")
	}
	const size = 256 << 20
	r := newRig(t, config{dir: t.TempDir()})
	id := r.raw()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	data := &watched{Reader: &generator{size}}
	r.want(r.upload(id, data), http.StatusNoContent)
	if grown := int64(data.peak) - int64(before.HeapAlloc); data.peak == 0 || grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	req := r.json("demo", "GET", "/v2/images/"+id, "")
	if got := req.field(t, "size"); got != float64(size) {
		t.Errorf("size %v", got)
	}
}

// TestProcess is the other process of the tests below.
func TestProcess(t *testing.T) {
	dir := os.Getenv("OSLUA_TEST_IMAGE_DIR")
	switch os.Getenv("OSLUA_TEST_IMAGE_ROLE") {
	case "hang":
		r := newRig(t, config{dir: dir})
		id := r.raw()
		g := &gated{begun: make(chan struct{}), goOn: make(chan struct{})}
		go func() { <-g.begun; fmt.Println("uploading", id) }()
		r.upload(id, g) // until somebody kills the process
	case "race":
		race(newRig(t, config{dir: dir}), os.Getenv("OSLUA_TEST_IMAGE_IDS"), 2)
	}
}

func process(t *testing.T, role, dir string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Skipf("cannot start another process: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestProcess$")
	cmd.Env = append(os.Environ(), append(env, "OSLUA_TEST_IMAGE_ROLE="+role, "OSLUA_TEST_IMAGE_DIR="+dir)...)
	return cmd
}

func TestUploadOfKilledProcessCanBeRepeated(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config{dir: dir})
	cmd := process(t, "hang", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	id, ok := strings.CutPrefix(strings.TrimSpace(line), "uploading ")
	if err != nil || !ok {
		t.Fatalf("%v %q", err, line)
	}
	// While it lives its upload is left alone.
	if err := r.service.Sweep(t.Context(), r.store); err != nil {
		t.Fatal(err)
	}
	if s := r.status(id); s != "saving" || len(left(t, dir)) != 1 {
		t.Fatalf("it is %v, with %v", s, left(t, dir))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if err := r.service.Sweep(t.Context(), r.store); err != nil {
		t.Fatal(err)
	}
	if s := r.status(id); s != "queued" || len(left(t, dir)) != 0 {
		t.Fatalf("it is %v, with %v", s, left(t, dir))
	}
	r.want(r.upload(id, strings.NewReader("again")), http.StatusNoContent)
}

// race uploads, deletes, sweeps and reads the same images from several goroutines, and gives the strangest answer.
func race(r *rig, ids string, workers int) {
	all := strings.Fields(ids)
	var strange atomic.Value
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), uint64(os.Getpid())))
			for _, n := range rnd.Perm(len(all) * 3) {
				id := all[n%len(all)]
				var a answer
				switch rnd.IntN(5) {
				case 0, 1:
					a = r.upload(id, bytes.NewReader(bytes.Repeat([]byte{'x'}, 100_000)))
				case 2:
					a = r.json("demo", "GET", "/v2/images/"+id+"/file", "")
					if a.status == 200 && len(a.body) != 100_000 {
						strange.Store(fmt.Sprintf("downloaded %d bytes", len(a.body)))
					}
				case 3:
					a = r.json("demo", "DELETE", "/v2/images/"+id, "")
				case 4:
					if err := r.service.Sweep(r.t.Context(), r.store); err != nil {
						strange.Store(err.Error())
					}
				}
				if a.status >= 500 {
					strange.Store(fmt.Sprintf("%d %s", a.status, a.body))
				}
			}
		})
	}
	wg.Wait()
	if s := strange.Load(); s != nil {
		r.t.Error(s)
	}
}

func TestTwoProcessesUploadAndDelete(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, config{dir: dir})
	var ids []string
	for range 20 {
		ids = append(ids, r.raw())
	}
	list := strings.Join(ids, " ")
	cmd := process(t, "race", dir, "OSLUA_TEST_IMAGE_IDS="+list)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	race(r, list, 2)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the other process: %v\n%s", err, out.String())
	}
	files := left(t, dir)
	active := 0
	for _, id := range ids {
		a := r.json("demo", "GET", "/v2/images/"+id, "")
		if a.status == http.StatusNotFound {
			continue
		}
		switch s := a.field(t, "status"); s {
		case "active":
			active++
			if data := r.want(r.json("demo", "GET", "/v2/images/"+id+"/file", ""), 200).body; len(data) != 100_000 {
				t.Errorf("%s has %d bytes", id, len(data))
			}
		case "queued":
		default:
			t.Errorf("%s is %v", id, s)
		}
	}
	if len(files) != active {
		t.Errorf("%d files for %d images", len(files), active)
	}
	var used int
	if err := r.store.View(t.Context(), func(tx *store.Tx) (err error) { used, err = image.Images(tx); return err }); err != nil || used < active {
		t.Errorf("%d images in the state: %v", used, err)
	}
}
