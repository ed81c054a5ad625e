package cloud

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oslua/oslua/engine/errs"
)

// HAR collects requests for a file in the HTTP Archive format 1.2, which the network panels of browsers open. Secrets
// are masked before anything is kept. It is safe on many goroutines.
type HAR struct {
	version string
	mu      sync.Mutex
	entries []harEntry
}

// NewHAR gives an empty archive; version is oslua's own.
func NewHAR(version string) *HAR { return &HAR{version: version} }

type harPair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type harPost struct {
	MimeType string `json:"mimeType"`
	Text     string `json:"text"`
}

type harContent struct {
	Size     int    `json:"size"`
	MimeType string `json:"mimeType"`
	Text     string `json:"text,omitempty"`
	Comment  string `json:"comment,omitempty"`
}

type harRequest struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"`
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []harPair `json:"cookies"`
	Headers     []harPair `json:"headers"`
	QueryString []harPair `json:"queryString"`
	PostData    *harPost  `json:"postData,omitempty"`
	HeadersSize int       `json:"headersSize"`
	BodySize    int       `json:"bodySize"`
}

type harResponse struct {
	Status      int        `json:"status"`
	StatusText  string     `json:"statusText"`
	HTTPVersion string     `json:"httpVersion"`
	Cookies     []harPair  `json:"cookies"`
	Headers     []harPair  `json:"headers"`
	Content     harContent `json:"content"`
	RedirectURL string     `json:"redirectURL"`
	HeadersSize int        `json:"headersSize"`
	BodySize    int        `json:"bodySize"`
	Error       string     `json:"_error,omitempty"`
}

type harEntry struct {
	Started  string      `json:"startedDateTime"`
	Time     float64     `json:"time"`
	Request  harRequest  `json:"request"`
	Response harResponse `json:"response"`
	Cache    struct{}    `json:"cache"`
	Timings  struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	} `json:"timings"`
	Comment string `json:"comment,omitempty"`
	start   time.Time
}

// Add keeps a request: it is a function for Options.Trace.
func (h *HAR) Add(e Event) {
	ms := float64(e.Duration.Microseconds()) / 1000
	entry := harEntry{Started: e.Start.Format("2006-01-02T15:04:05.000Z07:00"), Time: ms, start: e.Start}
	entry.Timings.Wait = ms
	words := []string{string(e.Label)}
	if e.Caller.Op != "" {
		words = append(words, e.Caller.Op)
	}
	if e.Caller.Where != "" {
		words = append(words, e.Caller.Where)
	}
	entry.Comment = strings.Join(words, " ")
	entry.Request = harRequest{
		Method: e.Method, URL: e.URL, HTTPVersion: "HTTP/1.1", Cookies: []harPair{}, Headers: harHeaders(e.reqHeader),
		QueryString: []harPair{}, HeadersSize: -1, BodySize: len(e.reqBody),
	}
	if u, err := url.Parse(e.URL); err == nil {
		for _, name := range slices.Sorted(maps.Keys(u.Query())) {
			for _, v := range u.Query()[name] {
				entry.Request.QueryString = append(entry.Request.QueryString, harPair{name, v})
			}
		}
	}
	if e.streamed {
		entry.Request.BodySize = -1
	}
	if e.reqBody != nil {
		text, _ := harText(e.reqBody)
		entry.Request.PostData = &harPost{MimeType: e.reqHeader.Get("Content-Type"), Text: text}
	}
	text, comment := harText(e.respBody)
	entry.Response = harResponse{
		Status: e.Status, StatusText: http.StatusText(e.Status), HTTPVersion: "HTTP/1.1", Cookies: []harPair{},
		Headers: harHeaders(e.respHeader), HeadersSize: -1, BodySize: len(e.respBody), RedirectURL: e.respHeader.Get("Location"),
		Content: harContent{Size: len(e.respBody), MimeType: e.respHeader.Get("Content-Type"), Text: text, Comment: comment},
	}
	if e.Err != nil {
		entry.Response.Error = e.Err.Error()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = append(h.entries, entry)
}

// harText is a body without its secrets; what is no JSON may be anything, so it is left out.
func harText(body []byte) (text, comment string) {
	if len(body) == 0 {
		return "", ""
	}
	b, ok := maskBody(body)
	if !ok {
		return "", "not shown: it is not JSON"
	}
	return string(b), ""
}

func harHeaders(h http.Header) []harPair {
	out := []harPair{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			out = append(out, harPair{name, maskHeader(name, v)})
		}
	}
	return out
}

// Save writes the archive to a file, readable by its owner alone. The file appears whole or not at all.
func (h *HAR) Save(path string) error {
	h.mu.Lock()
	entries := slices.Clone(h.entries)
	h.mu.Unlock()
	slices.SortStableFunc(entries, func(a, b harEntry) int { return a.start.Compare(b.start) })
	if entries == nil {
		entries = []harEntry{}
	}
	doc, err := json.MarshalIndent(map[string]any{"log": map[string]any{
		"version": "1.2", "creator": harCreator{"oslua", h.version}, "pages": []any{}, "entries": entries,
	}}, "", " ")
	if err == nil {
		err = saveFile(path, append(doc, '\n'))
	}
	if err != nil {
		e := errs.New(errs.Runtime, "the trace cannot be written to %s: %s", path, fileTrouble(err))
		e.Cause = err
		return e.WithHint("is there room on the disk, and may you write there?")
	}
	return nil
}

type harCreator struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// saveFile writes beside the file first, and puts that in its place.
func saveFile(path string, data []byte) (err error) {
	if info, e := os.Stat(path); e == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return &fs.PathError{Op: "write", Path: path, Err: errors.New("it is a directory")}
		}
		return os.WriteFile(path, data, 0o600) // a pipe or a device
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
