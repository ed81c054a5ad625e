package cloud

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
)

const (
	firstDelay = 500 * time.Millisecond
	maxDelay   = 8 * time.Second
	maxPatient = 2 * time.Minute // the longest Retry-After that is waited for
)

// retry decides whether a call is sent again, and after which time. What may have been done by the first attempt is
// repeated only where that does no harm; a service that says it refused the request (429, or 503 with Retry-After) did
// nothing.
func (c *Connection) retry(k *call, ans *answer, fail *failure, attempt int) (time.Duration, bool) {
	if attempt > c.opts.Retries {
		return 0, false
	}
	if fail != nil {
		return backOff(attempt), c.worthRepeating(k, fail)
	}
	wait, told := retryAfter(ans.header.Get("Retry-After"), c.opts.Clock.Now())
	again := false
	switch ans.status {
	case http.StatusTooManyRequests:
		again = true
	case http.StatusServiceUnavailable:
		again = told || k.repeatable()
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		again = k.repeatable()
		k.lost = k.lost || again
	}
	if !told {
		wait = backOff(attempt)
	}
	return wait, again && wait <= maxPatient
}

// asksToWait tells whether a service refused a request because there are too many of them, or because it is not able to
// answer any: then all requests to it wait.
func asksToWait(a *answer) bool {
	return a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != ""
}

// Delay is a request that waits before it is sent again.
type Delay struct {
	Service string // "compute"; "" for authentication
	Method  string
	Path    string        // with the query
	Status  int           // of the answer, 0 when none came
	Err     error         // why none came
	Attempt int           // that brought this about, from 1
	Wait    time.Duration // until the next
	All     bool          // the service asked for it: all requests to it wait
	Caller  Caller
}

// delayed tells of a request that waits.
func (c *Connection) delayed(ctx context.Context, k *call, ans *answer, fail *failure, attempt int, wait time.Duration, all bool) {
	if c.opts.Delayed == nil {
		return
	}
	d := Delay{Service: k.service, Method: k.method, Attempt: attempt, Wait: wait, All: all}
	d.Caller, _ = ctx.Value(callerKey{}).(Caller) //nolint:errcheck // requests may be nobody's
	if u, err := url.Parse(k.url); err == nil {
		d.Path = u.RequestURI()
	}
	if ans != nil {
		d.Status = ans.status
	}
	if fail != nil {
		d.Err = c.netError(k, fail, 1)
	}
	c.opts.Delayed(d)
}

// worthRepeating tells whether an attempt without an answer is repeated.
func (c *Connection) worthRepeating(k *call, fail *failure) bool {
	var ours *errs.Error
	if fail.sunk || errors.As(fail.err, &ours) || errors.Is(fail.err, errSlow) || tlsTrouble(fail.err) != "" {
		return false
	}
	if !fail.sent {
		// A host that never answered is wrong rather than busy: its user should not wait to be told.
		_, known := c.reached.Load(hostOf(k.url))
		return known
	}
	return k.repeatable()
}

// backOff is the time before a repeat: it doubles, and a part of it is chance, so that many tasks do not come back at
// once.
func backOff(attempt int) time.Duration {
	d := min(firstDelay<<(attempt-1), maxDelay)
	return d/2 + rand.N(d/2+1)
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(v string, now time.Time) (time.Duration, bool) {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0, false
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		if s < 0 || s > 1e6 {
			return maxPatient + 1, s > 0
		}
		return time.Duration(s * float64(time.Second)), true
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(t.Sub(now), 0), true
}
