package cloud

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
)

func TestLimitsAreRead(t *testing.T) {
	load := func(yaml string, env map[string]string) (*Config, error) {
		o := LoadOptions{WorkDir: "/w", ReadFile: func(path string) ([]byte, error) {
			if path == "/w/clouds.yaml" {
				return []byte(yaml), nil
			}
			return nil, fs.ErrNotExist
		}, LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
		if env == nil {
			o.Cloud = "c"
		}
		return Load(o)
	}
	const auth = "clouds: {c: {auth: {auth_url: 'http://h', username: u, password: p, project_name: n}, "
	for _, tt := range []struct {
		name, yaml        string
		env               map[string]string
		network, volume   float64 // calls a second
		computeConcurrent float64
		message           string // of the error
	}{
		{name: "none", yaml: auth + "}}"},
		{name: "one for all", yaml: auth + "rate_limit: 2.5, concurrency: 4}}", network: 2.5, volume: 2.5, computeConcurrent: 4},
		{name: "one for each", yaml: auth + "rate_limit: {network: 10, block-storage: 3}, concurrency: {compute: 2}}}", network: 10, volume: 3, computeConcurrent: 2},
		{name: "by an older name", yaml: auth + "rate_limit: {volumev3: 7}}}", volume: 7},
		{name: "of the region", yaml: auth + "rate_limit: {network: 10}, regions: [{name: r, values: {rate_limit: {network: 1}}}]}}", network: 1},
		{name: "from the environment", env: map[string]string{"OS_AUTH_URL": "http://h", "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_RATE_LIMIT": "6"}, network: 6, volume: 6},
		{name: "no number", yaml: auth + "rate_limit: {network: fast}}}", message: `rate_limit.network "fast": want calls a second`},
		{name: "half a request", yaml: auth + "concurrency: 0.5}}", message: `concurrency "0.5": want a whole number`},
		{name: "negative", yaml: auth + "rate_limit: -1}}", message: `rate_limit "-1": want`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := load(tt.yaml, tt.env)
			if tt.message != "" {
				if e := wantError(t, err, errs.Config); !strings.Contains(e.Message, tt.message) {
					t.Errorf("message %q, want %q", e.Message, tt.message)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := cfg.limit(settingRate, typesOf(Network)); n != tt.network {
				t.Errorf("network: %v a second, want %v", n, tt.network)
			}
			if n := cfg.limit(settingRate, typesOf(Volume)); n != tt.volume {
				t.Errorf("block-storage: %v a second, want %v", n, tt.volume)
			}
			if n := cfg.limit(settingConcurrency, typesOf(Compute)); n != tt.computeConcurrent {
				t.Errorf("compute: %v at once, want %v", n, tt.computeConcurrent)
			}
		})
	}
	cfg, err := load(auth+"rate_limit: {network: 10}}}", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(cfg.Explain(), func(s Setting) bool {
		return s.Name == "rate_limit.network" && s.Value == "10" && strings.Contains(s.Source, "clouds.yaml")
	}) {
		t.Errorf("Explain does not show it: %+v", cfg.Explain())
	}
}

// limited is a fake cloud whose network service notes when it is asked, by a clock that stands still.
type limited struct {
	*fakeCloud
	clock *clock.Fake
	conn  *Connection

	mu     sync.Mutex
	times  []time.Duration // since the clock began
	answer func(n int, w http.ResponseWriter) (status int)
}

var limitedEpoch = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newLimited(t *testing.T, settings map[string]string, o Options) *limited {
	l := &limited{fakeCloud: newFakeCloud(t), clock: clock.NewFake(limitedEpoch)}
	l.mux.HandleFunc("/net/", l.guarded(func(w http.ResponseWriter, _ *http.Request) {
		l.mu.Lock()
		l.times = append(l.times, l.clock.Now().Sub(limitedEpoch))
		n, answer := len(l.times), l.answer
		l.mu.Unlock()
		status := 200
		if answer != nil {
			status = answer(n, w)
		}
		w.WriteHeader(status)
		io.WriteString(w, "{}")
	}))
	o.Clock = l.clock
	l.conn = New(l.config(t, settings), o)
	t.Cleanup(l.conn.Close)
	if _, err := l.conn.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *limited) get(ctx context.Context) error {
	_, err := l.conn.Do(ctx, Request{Service: Network, Path: "networks"})
	return err
}

func (l *limited) asked() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.times)
}

// sleepers advances the clock by d when n goroutines sleep.
func (l *limited) advance(t *testing.T, n int, d time.Duration) {
	t.Helper()
	if err := l.clock.WaitForSleepers(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	l.clock.Advance(d)
}

func wantTimes(t *testing.T, got []time.Duration, want ...time.Duration) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("asked at %v, want %v", got, want)
	}
}

const ms = time.Millisecond

func TestRateLimit(t *testing.T) {
	l := newLimited(t, map[string]string{"rate_limit.network": "2"}, Options{})
	done := make(chan error, 5)
	for range 5 {
		go func() { done <- l.get(t.Context()) }()
	}
	for n := 4; n > 0; n-- {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		l.advance(t, n, 500*ms)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantTimes(t, l.asked(), 0, 500*ms, 1000*ms, 1500*ms, 2000*ms)
	// Other services are none of its business.
	if _, err := l.conn.Do(t.Context(), Request{Service: Identity, Path: "nowhere"}); errs.CodeOf(err) != errs.NotFound {
		t.Error(err)
	}
}

func TestRateLimitGivesThePlaceOfTheCancelledBack(t *testing.T) {
	l := newLimited(t, map[string]string{"rate_limit": "1", "concurrency": "3"}, Options{})
	if err := l.get(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.get(ctx) }()
	if err := l.clock.WaitForSleepers(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; errs.CodeOf(err) != errs.Cancelled {
		t.Fatal(err)
	}
	go func() { done <- l.get(t.Context()) }()
	l.advance(t, 1, time.Second)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantTimes(t, l.asked(), 0, time.Second)
}

func TestConcurrency(t *testing.T) {
	var now, most atomic.Int64
	release := make(chan struct{})
	entered := make(chan struct{}, 8)
	l := newLimited(t, map[string]string{"concurrency.network": "2"}, Options{})
	l.answer = func(int, http.ResponseWriter) int {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		entered <- struct{}{}
		<-release
		now.Add(-1)
		return 200
	}
	done := make(chan error, 8)
	for range 8 {
		go func() { done <- l.get(t.Context()) }()
	}
	<-entered
	<-entered
	// One that waits for its place can be stopped, and takes none.
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- l.get(ctx) }()
	cancel()
	if err := <-stopped; errs.CodeOf(err) != errs.Cancelled {
		t.Error(err)
	}
	close(release)
	for range 8 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if most.Load() != 2 || len(l.asked()) != 8 {
		t.Errorf("%d at once, %d in all", most.Load(), len(l.asked()))
	}
}

// TestRetryAfterHoldsEverybodyBack: one request is told to wait, and no other goes out before that time; then they come
// back one by one.
func TestRetryAfterHoldsEverybodyBack(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			delays := make(chan Delay, 9)
			l := newLimited(t, nil, Options{Delayed: func(d Delay) { delays <- d }})
			l.answer = func(n int, w http.ResponseWriter) int {
				if n > 1 {
					return 200
				}
				w.Header().Set("Retry-After", "10")
				return status
			}
			done := make(chan error, 5)
			go func() { done <- l.get(t.Context()) }()
			if err := l.clock.WaitForSleepers(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if d := <-delays; !d.All || d.Wait != 10*time.Second || d.Status != status || d.Service != Network || d.Path != "/net/v2.0/networks" {
				t.Errorf("told %+v", d)
			}
			ctx, cancel := context.WithCancel(t.Context())
			go func() { done <- l.get(ctx) }()
			if err := l.clock.WaitForSleepers(t.Context(), 2); err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				go func() { done <- l.get(t.Context()) }()
				if err := l.clock.WaitForSleepers(t.Context(), 3+i); err != nil {
					t.Fatal(err)
				}
			}
			cancel()
			if err := <-done; errs.CodeOf(err) != errs.Cancelled {
				t.Fatal(err)
			}
			l.advance(t, 4, 10*time.Second-ms)
			wantTimes(t, l.asked(), 0)
			l.clock.Advance(ms)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			for n := 3; n > 0; n-- {
				l.advance(t, n, 100*ms)
				if n == 3 {
					continue // the place of the one that was cancelled
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			}
			l.advance(t, 1, 100*ms)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			wantTimes(t, l.asked(), 0, 10*time.Second, 10*time.Second+200*ms, 10*time.Second+300*ms, 10*time.Second+400*ms)
			// Then it goes as it always did.
			l.clock.Advance(time.Second)
			if err := l.get(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestRetryAfterThatGrows: who waits already obeys a longer time that another is told.
func TestRetryAfterThatGrows(t *testing.T) {
	l := newLimited(t, nil, Options{})
	g := l.conn.gateOf(Network)
	g.pause(10 * time.Second)
	done := make(chan error, 1)
	go func() { done <- l.get(t.Context()) }()
	if err := l.clock.WaitForSleepers(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	g.pause(30 * time.Second)
	g.pause(time.Second) // a shorter one changes nothing
	l.advance(t, 1, 10*time.Second)
	l.advance(t, 1, 20*time.Second)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantTimes(t, l.asked(), 30*time.Second)
}

// TestOneRefusalDoesNotSlowTheRest: the requests that come when the pause is over go at once, even while those that waited
// come back one by one.
func TestOneRefusalDoesNotSlowTheRest(t *testing.T) {
	l := newLimited(t, nil, Options{})
	l.conn.gateOf(Network).pause(10 * time.Second)
	done := make(chan error, 3)
	for i := range 3 {
		go func() { done <- l.get(t.Context()) }()
		if err := l.clock.WaitForSleepers(t.Context(), 1+i); err != nil {
			t.Fatal(err)
		}
	}
	l.advance(t, 3, 10*time.Second)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 20 {
		if err := l.get(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for n := 2; n > 0; n-- {
		l.advance(t, n, 100*ms)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.asked()); n != 23 {
		t.Errorf("%d requests", n)
	}
}

// TestGrace: a change that was sent is given a time for its answer when its caller is cancelled; a read is not.
func TestGrace(t *testing.T) {
	for _, tt := range []struct {
		name, method string
		answers      bool // while there is time
		code         errs.Code
		hint         string
	}{
		{"answered in time", "POST", true, "", ""},
		{"not answered", "POST", false, errs.Cancelled, "it may have been carried out"},
		{"deletion", "DELETE", true, "", ""},
		{"read", "GET", false, errs.Cancelled, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked, answer := make(chan struct{}), make(chan struct{})
			l := newLimited(t, nil, Options{})
			l.answer = func(int, http.ResponseWriter) int { close(asked); <-answer; return 200 }
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				_, err := l.conn.Do(ctx, Request{Service: Network, Method: tt.method, Path: "networks"})
				if err == nil {
					// Nothing new begins.
					if err := l.get(ctx); errs.CodeOf(err) != errs.Cancelled {
						t.Errorf("a request after the end: %v", err)
					}
				}
				done <- err
			}()
			<-asked
			cancel()
			if tt.method != "GET" {
				if err := l.clock.WaitForSleepers(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
			if tt.answers {
				close(answer)
			} else if tt.method != "GET" {
				l.clock.Advance(5 * time.Second)
			}
			err := <-done
			if !tt.answers {
				close(answer)
			}
			if errs.CodeOf(err) != tt.code {
				t.Fatalf("got %v", err)
			}
			var e *errs.Error
			if errors.As(err, &e) && !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("hint %q", e.Hint)
			}
			if len(l.asked()) != 1 {
				t.Errorf("%d requests", len(l.asked()))
			}
		})
	}
}
