package destroy

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/journal"
	"github.com/oslua/oslua/simulator"
)

// TestOfRun: what a request without an answer leads to, soon, late and too late, is removed with the rest of the run.
func TestOfRun(t *testing.T) {
	const body = `{"network":{"name":"n"}}`
	for name, c := range map[string]struct {
		comes   time.Duration // after the run; 0 is never
		first   int           // removed the first time, and the second
		second  int
		unknown bool // it is waited for
		status  int  // of the answer; 0 is none
	}{
		"never":                   {first: 1, unknown: true},
		"soon":                    {comes: 20 * time.Second, first: 2, unknown: true},
		"never, says the service": {first: 1, status: http.StatusInternalServerError},
		"never, says a proxy":     {first: 1, status: http.StatusGatewayTimeout, unknown: true},
		"too late":                {comes: time.Hour, first: 1, second: 1, unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := built(t, "demo", simulator.Options{})
			seed := s.everything()
			path := filepath.Join(t.TempDir(), journal.FileName)
			rec := journal.NewRecorder(journal.Setup{Path: path, Name: "test", Clock: s.clock})
			send := func(lost bool) (marked []byte) {
				q := cloud.Sending{Conn: s.client.Conn, Service: cloud.Network, Method: http.MethodPost, Path: "networks", Body: []byte(body)}
				marked, after, err := rec.Before(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if lost {
					if err := after(cloud.Outcome{Status: c.status, Err: errors.New("cut"), Unknown: true}); err != nil {
						t.Fatal(err)
					}
					return marked
				}
				res, err := s.client.Conn.Do(t.Context(), cloud.Request{Service: cloud.Network, Method: http.MethodPost, Path: "networks", Body: marked})
				if err != nil {
					t.Fatal(err)
				}
				if err := after(cloud.Outcome{Status: res.Status, Body: res.Body}); err != nil {
					t.Fatal(err)
				}
				return nil
			}
			send(false)
			lost := send(true)
			id := rec.RunID()
			if err := rec.Finish(errors.New("cut")); err != nil {
				t.Fatal(err)
			}
			j, err := journal.Open(t.Context(), path, s.clock)
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()

			waited := false
			report, err := OfRun(t.Context(), s.client, j, id, Options{Waiting: func(d time.Duration) {
				waited = true
				if c.comes > 0 && c.comes < d {
					s.do(http.MethodPost, cloud.Network, "networks", string(lost))
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			if report.Count(Removed) != c.first || len(report.Left()) > 0 || waited != c.unknown {
				t.Errorf("waited %v:\n%s", waited, outcomes(report))
			}
			if c.second > 0 {
				s.clock.Advance(c.comes)
				s.do(http.MethodPost, cloud.Network, "networks", string(lost))
				if report, err = OfRun(t.Context(), s.client, j, id, Options{}); err != nil || report.Count(Removed) != c.second {
					t.Errorf("%v:\n%s", err, outcomes(report))
				}
			}
			if diff := changedSince(seed, s.everything()); diff != "" {
				t.Errorf("the cloud is not as it was:\n%s", strings.TrimSpace(diff))
			}
		})
	}
}
