package cloud

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine/errs"
)

// realConfig is the cloud OSLUA_TEST_CLOUD names, changed as told. The test is skipped without one.
func realConfig(t *testing.T, change map[string]string) *Config {
	t.Helper()
	name := os.Getenv("OSLUA_TEST_CLOUD")
	if name == "" {
		t.Skip("OSLUA_TEST_CLOUD names no cloud of clouds.yaml")
	}
	wd, _ := os.Getwd()
	home, _ := os.UserHomeDir()
	cfg, err := Load(LoadOptions{Cloud: name, LookupEnv: os.LookupEnv, WorkDir: wd, Home: home, GOOS: runtime.GOOS})
	if err != nil {
		t.Fatal(err)
	}
	values := maps.Clone(cfg.plain)
	delete(values, "cloud")
	for k, v := range change {
		values[k] = v
		if v == "" {
			delete(values, k)
		}
	}
	if cfg, err = FromValues("test", values); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func realConnection(t *testing.T, change map[string]string) *Connection {
	t.Helper()
	c := New(realConfig(t, change), Options{})
	t.Cleanup(c.Close)
	return c
}

func TestRealServices(t *testing.T) {
	c := realConnection(t, nil)
	for _, r := range []Request{
		{Service: Network, Path: "networks"}, {Service: Image, Path: "images"}, {Service: Identity, Path: "auth/projects"},
		{Service: Compute, Path: "servers", Microversion: "2.79"},
	} {
		resp, err := c.Do(t.Context(), r)
		if err != nil {
			t.Errorf("%s: %v", r.Service, err)
			continue
		}
		if !json.Valid(resp.Body) || resp.RequestID == "" {
			t.Errorf("%s: %d bytes, request %q", r.Service, len(resp.Body), resp.RequestID)
		}
		if r.Microversion != "" && resp.Header.Get("Openstack-Api-Version") != "compute 2.79" {
			t.Errorf("microversion %q", resp.Header.Get("Openstack-Api-Version"))
		}
	}
	if n := c.Requests(); n != 5 {
		t.Errorf("%d requests", n)
	}
}

func TestRealCredentials(t *testing.T) {
	c := realConnection(t, nil)
	tok, err := c.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]string{"username": "", "user_id": tok.UserID, "project_name": "", "project_id": tok.ProjectID}
	with := func(base map[string]string, more ...string) map[string]string {
		m := maps.Clone(base)
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	noUser := map[string]string{"auth_type": "", "username": "", "password": ""}

	// An application credential of our own, taken away at the end.
	body := map[string]any{"application_credential": map[string]any{"name": "oslua-connection-test", "secret": "oslua-test-secret"}}
	path := "users/" + tok.UserID + "/application_credentials"
	resp, err := c.Do(t.Context(), Request{Service: Identity, Method: http.MethodPost, Path: path, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Cred struct{ ID string } `json:"application_credential"`
	}
	if err := json.Unmarshal(resp.Body, &made); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := c.Do(t.Context(), Request{Service: Identity, Method: http.MethodDelete, Path: path + "/" + made.Cred.ID}); err != nil {
			t.Error(err)
		}
	}()
	base := strings.TrimSuffix(identityBase(c.cfg.AuthURL), "/v3/")
	tests := []struct {
		name   string
		change map[string]string
		code   errs.Code // "" for success
	}{
		{"as configured", nil, ""},
		{"by IDs", byID, ""},
		{"token", with(noUser, "token", tok.ID), ""},
		{"application credential", with(noUser, "application_credential_id", made.Cred.ID, "application_credential_secret", "oslua-test-secret"), ""},
		{"application credential by name", map[string]string{"auth_type": "", "application_credential_name": "oslua-connection-test", "application_credential_secret": "oslua-test-secret"}, ""},
		{"address without a version", map[string]string{"auth_url": base}, ""},
		{"address with a slash", map[string]string{"auth_url": base + "/v3/"}, ""},
		{"wrong password", map[string]string{"password": "wrong-password"}, errs.Unauthorized},
		{"wrong project", map[string]string{"project_name": "no-such-project"}, errs.Unauthorized},
		{"wrong token", with(noUser, "token", "no-such-token"), errs.Unauthorized},
		{"wrong secret", with(noUser, "application_credential_id", made.Cred.ID, "application_credential_secret", "wrong-secret"), errs.Unauthorized},
		{"wrong path", map[string]string{"auth_url": base + "/no/such/path"}, errs.Config},
		{"wrong port", map[string]string{"auth_url": "http://127.0.0.1:9"}, errs.Unavailable},
		{"wrong region", map[string]string{"region_name": "no-such-region"}, errs.Config},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := realConnection(t, tt.change)
			_, err := c.Do(t.Context(), Request{Service: Network, Path: "networks"})
			if tt.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				if who, _ := c.Token(t.Context()); who.UserID != tok.UserID || who.ProjectID != tok.ProjectID {
					t.Errorf("we are %s in %s", who.UserName, who.ProjectName)
				}
				return
			}
			if e := wantError(t, err, tt.code); e.Hint == "" || strings.Contains(e.Message+e.Hint, "wrong-") {
				t.Errorf("%s / %s", e.Message, e.Hint)
			}
		})
	}
}

func TestRealTokenRevokedInMidRun(t *testing.T) {
	c := realConnection(t, nil)
	first, err := c.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), Request{Service: Identity, Method: http.MethodDelete, Path: "auth/tokens",
		Header: http.Header{"X-Subject-Token": {first.ID}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), Request{Service: Identity, Path: "auth/projects"}); err != nil {
		t.Fatal(err)
	}
	if now, _ := c.Token(t.Context()); now.ID == first.ID {
		t.Error("the revoked token is still in use")
	}
	if n := c.Requests(); n != 5 { // token, revoke, 401, token, again
		t.Errorf("%d requests", n)
	}
}

func TestRealUploadAndDownload(t *testing.T) {
	c := realConnection(t, nil)
	resp, err := c.Do(t.Context(), Request{Service: Image, Method: http.MethodPost, Path: "images",
		Body: map[string]any{"name": "oslua-connection-test", "disk_format": "raw", "container_format": "bare"}})
	if err != nil {
		t.Fatal(err)
	}
	var img struct{ ID string }
	if err := json.Unmarshal(resp.Body, &img); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := c.Do(t.Context(), Request{Service: Image, Method: http.MethodDelete, Path: "images/" + img.ID}); err != nil {
			t.Error(err)
		}
	}()
	file := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(file, []byte("not much of an image"), 0o600); err != nil {
		t.Fatal(err)
	}
	up := &Upload{Size: -1, Open: func() (io.ReadCloser, error) { return os.Open(file) }}
	if _, err := c.Do(t.Context(), Request{Service: Image, Method: http.MethodPut, Path: "images/" + img.ID + "/file", Upload: up}); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if _, err := c.Do(t.Context(), Request{Service: Image, Path: "images/" + img.ID + "/file", Sink: &got}); err != nil || got.String() != "not much of an image" {
		t.Errorf("%q, %v", got.String(), err)
	}
}
