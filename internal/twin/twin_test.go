package twin

import (
	"context"
	"errors"
	"maps"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect makes a connection to a simulator as one of DevStack's users.
func connect(t *testing.T, sim *simulator.Simulator, user, project string, o cloud.Options) *cloud.Connection {
	t.Helper()
	cfg, err := cloud.FromValues("test", map[string]string{"auth_url": sim.URL() + "/identity/v3", "username": user, "password": "secret",
		"project_name": project, "user_domain_id": "default", "project_domain_id": "default", "region_name": "RegionOne"})
	if err != nil {
		t.Fatal(err)
	}
	if o.Transport == nil {
		o.DialContext = sim.DialContext
	}
	conn := cloud.New(cfg, o)
	t.Cleanup(conn.Close)
	return conn
}

// start starts a cloud to be copied.
func start(t *testing.T, o simulator.Options) *simulator.Simulator {
	t.Helper()
	o.Memory = true
	sim, err := simulator.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

// copyOf makes the twin of a connection's cloud, and a connection to it.
func copyOf(t *testing.T, conn *cloud.Connection, o Options) (*Twin, *cloud.Connection) {
	t.Helper()
	tw, err := New(t.Context(), conn, o)
	if err != nil {
		t.Fatal(err)
	}
	trial := cloud.New(tw.Config(), cloud.Options{DialContext: tw.DialContext})
	t.Cleanup(func() {
		trial.Close()
		if err := tw.Close(); err != nil {
			t.Error(err)
		}
	})
	return tw, trial
}

func testContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}

func wait(ctx context.Context, d time.Duration) { _ = (clock.Real{}).Sleep(ctx, d) }

func cloudStatus(err error) int {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// TestCopyAnswersAlike holds the copy of a cloud with some of everything against the cloud.
func TestCopyAnswersAlike(t *testing.T) {
	for _, user := range []string{"demo", "admin"} {
		t.Run(user, func(t *testing.T) {
			sim := start(t, simulator.Options{})
			(&maker{t: t, conn: connect(t, sim, "demo", "demo", cloud.Options{})}).furnish()
			real := connect(t, sim, user, "demo", cloud.Options{})
			tw, trial := copyOf(t, real, Options{})
			asked := compare(t, real, trial, nil)
			t.Logf("%d answers compared, %d requests for the copy, notes: %v", asked, tw.Requests(), tw.Notes())
		})
	}
}

// TestRealCloud compares a real cloud with its copy. Nothing is changed there, unless OSLUA_TWIN_FURNISH is set: then some
// of everything is made there for the comparison, and removed.
func TestRealCloud(t *testing.T) {
	name := os.Getenv("OSLUA_TEST_CLOUD")
	if name == "" {
		t.Skip("set OSLUA_TEST_CLOUD to a cloud of clouds.yaml")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	home, _ := os.UserHomeDir()
	cfg, err := cloud.Load(cloud.LoadOptions{Cloud: name, LookupEnv: os.LookupEnv, WorkDir: dir, Home: home, GOOS: runtime.GOOS})
	if err != nil {
		t.Fatal(err)
	}
	real := cloud.New(cfg, cloud.Options{})
	t.Cleanup(real.Close)
	if os.Getenv("OSLUA_TWIN_FURNISH") != "" {
		(&maker{t: t, conn: real, undo: true}).furnish()
	}
	// Others may be at work in the cloud: what differs is looked at again with a new copy.
	var left map[string]string
	for range 3 {
		tw, trial := copyOf(t, real, Options{})
		asked, differences := differ(t, real, trial, func(q question) bool { return left != nil && !concerns(left, q) })
		t.Logf("%d answers compared, %d differ, %d requests for the copy, notes: %v", asked, len(differences), tw.Requests(), tw.Notes())
		if left != nil {
			maps.DeleteFunc(differences, func(q, _ string) bool { return left[q] == "" })
		}
		if left = differences; len(left) == 0 {
			break
		}
	}
	for q, diff := range left {
		t.Errorf("%s: the copy (+) differs, again and again:\n%s", q, diff)
	}
}

// concerns tells whether a question, or one about an object of its list, is among those with differences.
func concerns(differences map[string]string, q question) bool {
	for d := range differences {
		if strings.HasPrefix(d, q.service+" "+strings.TrimSuffix(q.path, "/detail")) {
			return true
		}
	}
	return false
}
