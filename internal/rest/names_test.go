package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

// answers is a cloud in a function: it gives a status and a body for a path with its query.
type answers func(ctx context.Context, request string) (int, string)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body, header := 201, `{"token":{"user":{"id":"u","name":"demo"},"project":{"id":"pid","name":"demo"},"expires_at":"2099-01-01T00:00:00.000000Z",
		"catalog":[{"type":"network","name":"n","endpoints":[{"interface":"public","region":"One","url":"http://net.invalid/v2.0"}]}]}}`, http.Header{"X-Subject-Token": {"t"}}
	if !strings.HasSuffix(r.URL.Path, "/auth/tokens") {
		header = http.Header{}
		status, body = a(r.Context(), strings.TrimPrefix(r.URL.RequestURI(), "/v2.0/"))
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func newClient(t *testing.T, a answers) *Client {
	cfg, err := cloud.FromValues("test", map[string]string{
		"auth_url": "http://id.invalid/v3", "username": "demo", "password": "p", "project_name": "demo",
		"user_domain_id": "default", "project_domain_id": "default",
	})
	if err != nil {
		t.Fatal(err)
	}
	conn := cloud.New(cfg, cloud.Options{Transport: a, Retries: -1})
	t.Cleanup(conn.Close)
	return New(conn, nil)
}

// TestOneLookUpForManyTasks: tasks that need the same name at the same moment share one request.
func TestOneLookUpForManyTasks(t *testing.T) {
	var asked atomic.Int32
	release := make(chan struct{})
	c := newClient(t, func(context.Context, string) (int, string) {
		asked.Add(1)
		<-release
		return 200, `{"networks":[{"id":"n","name":"public"}]}`
	})
	var wg sync.WaitGroup
	var started sync.WaitGroup
	for range 20 {
		started.Add(1)
		wg.Go(func() {
			started.Done()
			ref := schema.Ref{Text: "public"}
			if err := c.Of("network").Resolve(t.Context(), "op", &ref, nil); err != nil || ref.ID != "n" {
				t.Errorf("got %v, %v", ref, err)
			}
		})
	}
	started.Wait()
	close(release)
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestLookUpOfACancelledTask: who waited for the look-up of a task that was cancelled asks itself.
func TestLookUpOfACancelledTask(t *testing.T) {
	var asked atomic.Int32
	first := make(chan struct{})
	c := newClient(t, func(ctx context.Context, _ string) (int, string) {
		if asked.Add(1) == 1 {
			close(first)
			<-ctx.Done()
		}
		return 200, `{"networks":[{"id":"n","name":"public"}]}`
	})
	ctx, cancel := context.WithCancel(t.Context())
	failed, found := make(chan error, 1), make(chan error, 1)
	go func() {
		failed <- c.Of("network").Resolve(ctx, "op", &schema.Ref{Text: "public"}, nil)
	}()
	<-first
	go func() {
		found <- c.Of("network").Resolve(t.Context(), "op", &schema.Ref{Text: "public"}, nil)
	}()
	cancel()
	if err := <-failed; errs.CodeOf(err) != errs.Cancelled {
		t.Errorf("the cancelled one got %v", err)
	}
	if err := <-found; err != nil {
		t.Errorf("the other got %v", err)
	}
}

// TestCancelledWhileAnotherAsks: a task that waits for another's look-up ends with its own context.
func TestCancelledWhileAnotherAsks(t *testing.T) {
	asking, release := make(chan struct{}), make(chan struct{})
	c := newClient(t, func(context.Context, string) (int, string) {
		close(asking)
		<-release
		return 200, `{"networks":[{"id":"n","name":"public"}]}`
	})
	done := make(chan error, 1)
	go func() {
		done <- c.Of("network").Resolve(t.Context(), "op", &schema.Ref{Text: "public"}, nil)
	}()
	<-asking
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.Of("network").Resolve(ctx, "op", &schema.Ref{Text: "public"}, nil)
	if errs.CodeOf(err) != errs.Cancelled || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestOddAnswers: what is no answer of the service is an error with a hint, never a panic.
func TestOddAnswers(t *testing.T) {
	for _, body := range []string{`<html>login</html>`, `{}`, `{"networks":{}}`, `{"networks":[1]}`, `{"networks":[{"id":5}]}`, `null`, ``} {
		c := newClient(t, func(context.Context, string) (int, string) { return 200, body })
		_, _, err := c.Of("network").Find(t.Context(), "networks.find", schema.Ref{Text: "x"}, nil)
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != errs.Unavailable || e.Hint == "" {
			t.Errorf("%q: got %v", body, err)
		}
	}
}

// TestUnknownKind: a mistake in a binding's tags is an error too.
func TestUnknownKind(t *testing.T) {
	c := newClient(t, func(context.Context, string) (int, string) { return 404, `{}` })
	if err := c.Of("volume").Resolve(t.Context(), "op", &schema.Ref{Text: "x"}, nil); err == nil {
		t.Error("an unknown kind was resolved")
	}
}

// TestNoNames: with nothing to suggest, the hint still says what to do.
func TestNoNames(t *testing.T) {
	for body, hint := range map[string]string{
		`{"networks":[]}`: "there is no network",
		`{"networks":[{"id":"1","name":"alpha"},{"id":"2","name":""},{"id":"3","name":"beta"},{"id":"4","name":"beta"}]}`: `there is "alpha" and "beta"`,
		`{"networks":5}`: "networks.list{}",
	} {
		c := newClient(t, func(_ context.Context, request string) (int, string) {
			if contains(request, "fields=") {
				return 200, body
			}
			return 200, `{"networks":[]}`
		})
		_, err := c.Of("network").Get(t.Context(), "networks.get", schema.Ref{Text: "zzzzzzzz"})
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != errs.NotFound || !contains(e.Hint, hint) {
			t.Errorf("%s: got %v", body, err)
		}
	}
}
