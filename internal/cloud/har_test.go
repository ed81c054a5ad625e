package cloud

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/clock"
)

func event() Event {
	return Event{
		Label: Work, Method: "POST", URL: "http://c/v3/auth/tokens?a=1&b=2", Path: "/v3/auth/tokens?a=1&b=2", Status: 201,
		Start: time.Date(2030, 1, 2, 3, 4, 5, 6e6, time.UTC), Duration: 1500 * time.Microsecond,
		Caller:    Caller{ID: 1, Op: "networks.create", Where: "x.lua:3"},
		reqHeader: http.Header{"X-Auth-Token": {"tok3n"}, "Content-Type": {"application/json"}}, reqBody: []byte(`{"auth":{"password":"hunter2"}}`),
		respHeader: http.Header{"X-Subject-Token": {"tok4n"}, "Content-Type": {"application/json"}}, respBody: []byte(`{"token":{"id":"tok5n","name":"서울"}}`),
	}
}

func TestHAR(t *testing.T) {
	h := NewHAR("v1")
	late, early := event(), event()
	late.Method = "PUT"
	late.Start = late.Start.Add(time.Second)
	h.Add(late)
	h.Add(early)
	file := filepath.Join(t.TempDir(), "x.har")
	if err := h.Save(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"tok3n", "tok4n", "tok5n", "hunter2"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is in the file", secret)
		}
	}
	var doc struct {
		Log struct {
			Version string
			Entries []struct {
				StartedDateTime string
				Time            float64
				Comment         string
				Request         struct {
					Method      string
					QueryString []harPair
				}
				Response struct {
					Status  int
					Content struct{ Text string }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	e := doc.Log.Entries
	if doc.Log.Version != "1.2" || len(e) != 2 || e[0].Request.Method != "POST" || e[0].StartedDateTime != "2030-01-02T03:04:05.006Z" ||
		e[0].Time != 1.5 || e[0].Comment != "work networks.create x.lua:3" || len(e[0].Request.QueryString) != 2 || !strings.Contains(e[0].Response.Content.Text, "서울") {
		t.Errorf("got %s", text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v %v", info.Mode(), err)
	}
}

func TestHARThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "no", "x.har")} {
		if err := NewHAR("v1").Save(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if err := NewHAR("v1").Save("/dev/full"); err == nil || !strings.Contains(err.Error(), "no space") {
			t.Errorf("a full disk: %v", err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTraceInContext(t *testing.T) {
	var outer, inner []string
	ctx := WithTrace(t.Context(), func(e Event) { outer = append(outer, e.Method) })
	within := WithCaller(WithTrace(ctx, func(e Event) { inner = append(inner, e.Method+" "+e.Caller.Op) }), Caller{Op: "x.y"})
	c := &Connection{}
	c.opts.Clock = clock.NewFake(time.Time{})
	k := &call{method: "GET", url: "http://c/"}
	c.report(within, k, &answer{status: 200}, nil, 1, time.Time{})
	c.report(ctx, k, &answer{status: 200}, nil, 1, time.Time{})
	c.report(t.Context(), k, &answer{status: 200}, nil, 1, time.Time{})
	if strings.Join(inner, ",") != "GET x.y" || strings.Join(outer, ",") != "GET,GET" {
		t.Errorf("inner %v, outer %v", inner, outer)
	}
}
