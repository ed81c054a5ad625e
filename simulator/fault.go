package simulator

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Cut says when a connection is cut.
type Cut string

// The moments at which a connection can be cut.
const (
	CutNone   Cut = ""
	CutBefore Cut = "before" // the service never sees the request
	CutAfter  Cut = "after"  // the service did what was asked and kept it, and the answer is lost
	CutHalf   Cut = "half"   // the same, and half of the answer's body arrives
)

// Fault is a rule: which requests it is about, how many of them, and what happens to them. As text (ParseFault):
//
//	METHOD PATH [after=N] [count=N] [p=0.3] [latency=2s] [status=503 [body=TEXT] [retry-after=1] | cut=before|after|half]
//
// METHOD may be *, and so may any part of PATH; ? is one character. TEXT with spaces in it stands in quotes, single or
// double. A rule whose only effect is a latency delays the request and lets the next rule look at it; any other ends it.
type Fault struct {
	Method string // "" and "*" are any
	Path   string // as in "/network/v2.0/ports/*"; "*" is any number of any characters, "?" is one

	After int     // so many requests pass first
	Count int     // so many are hit, then the rule rests; 0 is no end
	P     float64 // the probability that one is hit, drawn from the cloud's seed; 0 and 1 hit each

	Latency    time.Duration
	Status     int    // answered in the service's place
	Body       string // with Status; the service's own kind of error body when empty
	RetryAfter int    // seconds, in a Retry-After header; with Status
	Cut        Cut
}

// ParseFault reads a rule. Its error says which word of it is wrong.
func ParseFault(rule string) (Fault, error) {
	refuse := func(format string, args ...any) (Fault, error) {
		return Fault{}, fmt.Errorf("fault rule %q: %s", rule, fmt.Sprintf(format, args...))
	}
	words, err := splitRule(rule)
	if err != nil {
		return refuse("%s", err)
	}
	if len(words) < 2 || strings.Contains(words[0], "=") || !strings.HasPrefix(words[1], "/") && !strings.HasPrefix(words[1], "*") {
		return refuse("want METHOD PATH and what happens, as in: POST /network/v2.0/ports status=503")
	}
	f := Fault{Method: strings.ToUpper(words[0]), Path: words[1]}
	seen := map[string]bool{}
	for _, word := range words[2:] {
		key, value, found := strings.Cut(word, "=")
		if !found {
			return refuse("%q: want a word and a value, as in status=503", word)
		}
		if seen[key] {
			return refuse("%s is said twice", key)
		}
		seen[key] = true
		set, ok := faultWords[key]
		if !ok {
			return refuse("there is no %q; there are %s", key, faultWordList)
		}
		if err := set(&f, value); err != nil {
			return refuse("%s=%s: %s", key, value, err)
		}
	}
	if err := f.Check(); err != nil {
		return refuse("%s", err)
	}
	return f, nil
}

const faultWordList = "after, count, p, latency, status, body, retry-after and cut"

// faultWords set a field from a rule's word.
var faultWords = map[string]func(f *Fault, value string) error{
	"after":       func(f *Fault, v string) error { return whole(&f.After, v) },
	"count":       func(f *Fault, v string) error { return whole(&f.Count, v) },
	"status":      func(f *Fault, v string) error { return whole(&f.Status, v) },
	"retry-after": func(f *Fault, v string) error { return whole(&f.RetryAfter, v) },
	"body":        func(f *Fault, v string) error { f.Body = v; return nil },
	"cut":         func(f *Fault, v string) error { f.Cut = Cut(v); return nil },
	"p": func(f *Fault, v string) (err error) {
		if f.P, err = strconv.ParseFloat(v, 64); err != nil || f.P <= 0 || f.P > 1 {
			return fmt.Errorf("want a probability above 0, at most 1")
		}
		return nil
	},
	"latency": func(f *Fault, v string) (err error) {
		if f.Latency, err = time.ParseDuration(v); err != nil {
			return fmt.Errorf("want a duration, as in 500ms or 2s")
		}
		return nil
	},
}

func whole(into *int, v string) (err error) {
	if *into, err = strconv.Atoi(v); err != nil || *into < 1 {
		return fmt.Errorf("want a whole number above 0")
	}
	return nil
}

// Check says what is wrong with a rule that was not parsed but made.
func (f Fault) Check() error {
	ends := 0
	if f.Status != 0 {
		ends++
	}
	if f.Cut != CutNone {
		ends++
	}
	switch {
	case f.Path == "":
		return fmt.Errorf("it has no path; \"*\" is any")
	case f.After < 0 || f.Count < 0 || f.RetryAfter < 0 || f.Latency < 0:
		return fmt.Errorf("a number in it is below 0")
	case !(f.P >= 0 && f.P <= 1):
		return fmt.Errorf("p=%v: want a probability from 0 to 1", f.P)
	case !slices.Contains([]Cut{CutNone, CutBefore, CutAfter, CutHalf}, f.Cut):
		return fmt.Errorf("cut=%s: want before, after or half", f.Cut)
	case ends > 1:
		return fmt.Errorf("a connection that is cut has no status: say status or cut")
	case ends == 0 && f.Latency == 0:
		return fmt.Errorf("nothing happens by it: say status, latency or cut")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status=%d: want 200 to 599", f.Status)
	case f.Status == 0 && (f.Body != "" || f.RetryAfter != 0):
		return fmt.Errorf("body and retry-after need a status")
	}
	return nil
}

// String is the rule as ParseFault reads it.
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(cmp.Or(f.Method, "*") + " " + f.Path)
	word := func(given bool, key string, value any) {
		if given {
			fmt.Fprintf(&b, " %s=%v", key, value)
		}
	}
	word(f.After != 0, "after", f.After)
	word(f.Count != 0, "count", f.Count)
	word(f.P != 0, "p", f.P)
	word(f.Latency != 0, "latency", f.Latency)
	word(f.Status != 0, "status", f.Status)
	body := f.Body
	switch {
	case strings.Contains(body, "'"):
		body = `"` + body + `"`
	case strings.ContainsFunc(body, func(r rune) bool { return unicode.IsSpace(r) || r == '"' }):
		body = "'" + body + "'"
	}
	word(body != "", "body", body)
	word(f.RetryAfter != 0, "retry-after", f.RetryAfter)
	word(f.Cut != CutNone, "cut", f.Cut)
	return b.String()
}

// splitRule cuts a rule into words. A word's value may stand in quotes, which are taken off.
func splitRule(rule string) ([]string, error) {
	var words []string
	var word strings.Builder
	quote, inWord, prev := rune(0), false, ' '
	for _, r := range rule {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case (r == '\'' || r == '"') && prev == '=':
			quote = r
		case unicode.IsSpace(r):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			inWord = true
			word.WriteRune(r)
		}
		prev = r
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is opened and not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// Faults are the rules in force. They may be changed at any time and from any goroutine.
type Faults struct {
	seed int64

	mu    sync.Mutex
	rules []*armed
	made  uint64
}

// armed is a rule with what it has seen.
type armed struct {
	Fault
	path  *regexp.Regexp
	draw  *rand.Rand
	seen  int
	fired int
}

// newFaults makes rules whose chances are drawn from a seed.
func newFaults(seed int64, rules []Fault) (*Faults, error) {
	f := &Faults{seed: seed}
	return f, f.Add(rules...)
}

// Add puts rules behind those there are. When one of them is wrong none is added.
func (f *Faults) Add(rules ...Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var more []*armed
	for _, r := range rules {
		if err := r.Check(); err != nil {
			return fmt.Errorf("fault rule %q: %w", r, err)
		}
		f.made++
		more = append(more, &armed{Fault: r, path: globPattern(r.Path), draw: rand.New(rand.NewPCG(uint64(f.seed), f.made))})
	}
	f.rules = append(f.rules, more...)
	return nil
}

// Clear removes all rules.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// List gives the rules in force and how many requests each has hit.
func (f *Faults) List() (rules []Fault, hits []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		rules, hits = append(rules, r.Fault), append(hits, r.fired)
	}
	return rules, hits
}

// globPattern is a glob as a regular expression: it matches in linear time whatever the stars.
func globPattern(glob string) *regexp.Regexp {
	p := regexp.QuoteMeta(glob)
	p = strings.ReplaceAll(p, `\*`, `.*`)
	p = strings.ReplaceAll(p, `\?`, `.`)
	return regexp.MustCompile(`(?s)^` + p + `$`)
}

// choose gives the delay of a request and the rule that ends it, if one does.
func (f *Faults) choose(method, path string) (delay time.Duration, end *Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if r.Method != "" && r.Method != "*" && r.Method != method || !r.path.MatchString(path) {
			continue
		}
		if r.seen++; r.seen <= r.After || r.Count != 0 && r.fired >= r.Count {
			continue
		}
		if r.P != 0 && r.draw.Float64() >= r.P {
			continue
		}
		r.fired++
		delay += r.Latency
		if r.Status != 0 || r.Cut != CutNone {
			rule := r.Fault
			return delay, &rule
		}
	}
	return delay, nil
}

// apply does to a request what a rule says. next is the cloud; failure writes an error body in the manner of the service
// the path belongs to.
func (f *Fault) apply(w http.ResponseWriter, r *http.Request, next http.Handler, failure func(w http.ResponseWriter, r *http.Request, status int)) {
	switch f.Cut {
	case CutBefore:
		panic(http.ErrAbortHandler)
	case CutAfter:
		next.ServeHTTP(&lostAnswer{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	case CutHalf:
		next.ServeHTTP(&halfAnswer{ResponseWriter: w}, r)
		panic(http.ErrAbortHandler)
	}
	if f.RetryAfter != 0 {
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	if f.Body == "" {
		failure(w, r, f.Status)
		return
	}
	contentType := "text/plain; charset=utf-8"
	if b := bytes.TrimSpace([]byte(f.Body)); bytes.HasPrefix(b, []byte("{")) || bytes.HasPrefix(b, []byte("[")) {
		contentType = "application/json"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(f.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(f.Body)) // the client is gone: nobody to tell
	}
}

// lostAnswer takes an answer and keeps nothing of it.
type lostAnswer struct{ header http.Header }

func (l *lostAnswer) Header() http.Header         { return l.header }
func (l *lostAnswer) Write(p []byte) (int, error) { return len(p), nil }
func (l *lostAnswer) WriteHeader(int)             {}

// halfAnswer lets half of the announced body through and cuts the connection. Without an announced length it lets half
// of the first piece through.
type halfAnswer struct {
	http.ResponseWriter
	started, known bool
	left           int64
}

func (h *halfAnswer) WriteHeader(status int) {
	if n, err := strconv.ParseInt(h.Header().Get("Content-Length"), 10, 64); err == nil {
		h.known, h.left = true, n/2
	}
	h.started = true
	h.ResponseWriter.WriteHeader(status)
}

func (h *halfAnswer) Write(p []byte) (int, error) {
	if !h.started {
		h.WriteHeader(http.StatusOK)
	}
	if !h.known {
		h.known, h.left = true, int64(len(p)/2)
	}
	if int64(len(p)) <= h.left {
		h.left -= int64(len(p))
		return h.ResponseWriter.Write(p)
	}
	_, _ = h.ResponseWriter.Write(p[:h.left])
	_ = http.NewResponseController(h.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// sleeper is a clock that can also wait.
type sleeper interface {
	Sleep(ctx context.Context, d time.Duration) error
}
