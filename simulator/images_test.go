package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/simulatortest"
)

// imageOf uploads an image and gives its path.
func imageOf(t *testing.T, sim *simulator.Simulator, data string) string {
	t.Helper()
	token := tokenOf(t, sim)
	status, body := ask(t, sim, token, http.MethodPost, "/image/v2/images", "application/json", `{"disk_format": "raw", "container_format": "bare"}`)
	_, rest, _ := strings.Cut(body, `"self":"`)
	path, _, _ := strings.Cut(rest, `"`)
	if status != http.StatusCreated || path == "" {
		t.Fatalf("%d %s", status, body)
	}
	if status, body = ask(t, sim, token, http.MethodPut, "/image"+path+"/file", "application/octet-stream", data); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, body)
	}
	return "/image" + path + "/file"
}

func tokenOf(t *testing.T, sim *simulator.Simulator) string {
	t.Helper()
	client := sim.Client()
	defer client.CloseIdleConnections()
	resp, err := client.Post(sim.URL()+"/identity/v3/auth/tokens", "application/json", strings.NewReader(`{"auth": {
		"identity": {"methods": ["password"], "password": {"user": {"name": "demo", "domain": {"id": "default"}, "password": "secret"}}},
		"scope": {"project": {"name": "demo", "domain": {"id": "default"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.Header.Get("X-Subject-Token")
}

func ask(t *testing.T, sim *simulator.Simulator, token, method, path, kind, body string) (int, string) {
	t.Helper()
	client := sim.Client()
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), method, sim.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", token)
	req.Header.Set("Content-Type", kind)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

func TestSnapshotsHoldImages(t *testing.T) {
	dir, snapshot := t.TempDir(), filepath.Join(t.TempDir(), "snapshot")
	sim := simulatortest.Start(t, simulator.Options{Dir: dir})
	first := imageOf(t, sim, "first")
	if err := sim.Snapshot(t.Context(), snapshot); err != nil {
		t.Fatal(err)
	}
	second := imageOf(t, sim, "second")
	if err := sim.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(filepath.Join(dir, "images")); err != nil || len(files) != 0 {
		t.Errorf("a reset leaves %v, %v", files, err)
	}
	for name, options := range map[string]simulator.Options{"here": {}, "in memory": {Memory: true}, "elsewhere": {Dir: t.TempDir()}} {
		to := sim
		if name != "here" {
			to = simulatortest.Start(t, options)
		}
		if err := to.Restore(t.Context(), snapshot); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		token := tokenOf(t, to)
		if status, body := ask(t, to, token, http.MethodGet, first, "", ""); status != http.StatusOK || body != "first" {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if status, _ := ask(t, to, token, http.MethodGet, second, "", ""); status != http.StatusNotFound {
			t.Errorf("%s: what came later is %d", name, status)
		}
		if got := fmt.Sprint(imageOf(t, to, "third")); got == first {
			t.Errorf("%s: the same image again", name)
		}
	}
}
