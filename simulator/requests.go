package simulator

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Record is a request that was answered, or whose connection was cut.
type Record struct {
	Time      time.Time // when it came
	Method    string
	Path      string // with its query
	Status    int    // 0: cut before an answer
	Took      time.Duration
	RequestID string
	Fault     string // the rule that ended it
}

// String is the record in one line.
func (r Record) String() string {
	status := "cut"
	if r.Status != 0 {
		status = fmt.Sprint(r.Status)
	}
	line := fmt.Sprintf("%s %s %s %s %.1fms", r.Time.UTC().Format("15:04:05.000"), r.Method, oneLine(r.Path), status, float64(r.Took)/float64(time.Millisecond))
	if r.RequestID != "" {
		line += " " + r.RequestID
	}
	if r.Fault != "" {
		line += " (fault: " + oneLine(r.Fault) + ")"
	}
	return line
}

// oneLine keeps a client from writing lines of its own.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// recent remembers the last requests and writes each down.
type recent struct {
	mu   sync.Mutex
	out  io.Writer // nil for none
	ring []Record
	next int
}

// keptRecords is how many requests are remembered.
const keptRecords = 500

func (l *recent) add(r Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < keptRecords {
		l.ring = append(l.ring, r)
	} else {
		l.ring[l.next] = r
		l.next = (l.next + 1) % keptRecords
	}
	if l.out != nil {
		_, _ = io.WriteString(l.out, r.String()+"\n") // a log that cannot be written stops no cloud
	}
}

// Write takes the texts of errors, between the lines of requests.
func (l *recent) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out == nil {
		return len(p), nil
	}
	return l.out.Write(p)
}

// list gives the last requests, oldest first.
func (l *recent) list() []Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(slices.Clone(l.ring[l.next:]), l.ring[:l.next]...)
}

// watched is an answer on its way, with its status.
type watched struct {
	http.ResponseWriter
	status int
}

func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// ReadFrom keeps the short way from a file to a connection.
func (w *watched) ReadFrom(src io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return io.Copy(w.ResponseWriter, src)
}

// Unwrap is for http.ResponseController.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// gate stands before the services: it delays, does what the rules say, and writes each request down.
type gate struct {
	sim    *Simulator
	next   http.Handler
	faults *Faults
	recent *recent
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	clock := g.sim.options.Clock
	record := Record{Time: clock.Now(), Method: r.Method, Path: r.URL.RequestURI()}
	seen := &watched{ResponseWriter: w}
	defer func() {
		record.Took = clock.Now().Sub(record.Time)
		record.Status = seen.status
		record.RequestID = w.Header().Get("X-Openstack-Request-Id")
		g.recent.add(record)
	}()
	delay, fault := g.faults.choose(r.Method, r.URL.Path)
	if delay += g.sim.options.Latency; delay > 0 {
		if g.sim.wait.Sleep(r.Context(), delay) != nil {
			panic(http.ErrAbortHandler) // the client went away while it waited
		}
	}
	if fault != nil {
		record.Fault = fault.String()
		fault.apply(seen, r, g.next, g.sim.failure)
	} else {
		g.next.ServeHTTP(seen, r)
	}
}
