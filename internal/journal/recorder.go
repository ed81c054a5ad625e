package journal

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
)

// Setup is where a run is written, and what it is called.
type Setup struct {
	Path  string // of the journal's file
	Name  string // of the script; it is written as it is, so no arguments
	Clock clock.Clock
}

// Recorder writes down what one run changes. It is a cloud.Recorder for every connection of the run.
type Recorder struct {
	o Setup

	mu      sync.Mutex
	ctx     context.Context // of the first change, without its end: for what is written when nobody gives one
	file    *file
	id      string
	seq     int
	sites   map[siteKey]int
	secrets map[string]bool // that went out or came back
	lenient bool            // a journal that cannot be written keeps nothing from being sent
}

type siteKey struct {
	conn    *cloud.Connection
	project string
}

// NewRecorder prepares to write down a run. Nothing is opened before the first change.
func NewRecorder(o Setup) *Recorder {
	return &Recorder{o: o, sites: map[siteKey]int{}, secrets: map[string]bool{}}
}

// RunID is the run's ID, "" before its first change.
func (r *Recorder) RunID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.id
}

// Before writes down what a request is about to change, and puts marks into what it makes.
func (r *Recorder) Before(ctx context.Context, s cloud.Sending) ([]byte, func(cloud.Outcome) error, error) {
	changes := change.Of(s.Service, s.Method, s.Path, s.Body)
	if len(changes) == 0 {
		return nil, nil, nil
	}
	ctx = context.WithoutCancel(ctx)
	attrs := make([]string, len(changes))
	for i, c := range changes {
		attrs[i] = encode(c.Attributes)
	}
	token, err := s.Conn.Token(ctx)
	if err != nil {
		return nil, nil, err
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range cloud.Secrets(s.Body) {
		r.secrets[secret] = true
	}
	first := r.seq + 1
	if err := r.begin(ctx); err != nil {
		return nil, nil, r.unsent(err)
	}
	body, marked := mark(s, changes, r.id, first)
	now := r.o.Clock.Now().UnixNano()
	f := r.file
	f.mu.Lock()
	defer f.mu.Unlock()
	write := func() error {
		site, err := r.site(ctx, s.Conn, token)
		if err != nil {
			return err
		}
		for i, c := range changes {
			if err := f.exec(ctx, `INSERT INTO changes (run, seq, request, site, before, action, type, id, name, parent, op, at, service, method, path, attributes, marked, outcome)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				r.id, first+i, first, site, now, string(c.Action), c.Type, c.ID, c.Name, c.Parent, s.Op, s.Caller.Where, s.Service, s.Method, s.Path,
				attrs[i], marked, string(Pending)); err != nil {
				return err
			}
		}
		return nil
	}
	_, known := r.sites[siteKey{s.Conn, token.ProjectID}]
	if len(changes) == 1 && known {
		err = write() // a transaction of its own
	} else if err = f.tx(ctx, write); err != nil && !known {
		delete(r.sites, siteKey{s.Conn, token.ProjectID})
	}
	if err != nil {
		return nil, nil, r.unsent(f.explain(err))
	}
	r.seq += len(changes)
	return body, func(o cloud.Outcome) error { return r.after(ctx, changes, first, o) }, nil
}

// Leniently has the run go on from now on when the journal cannot be written: it is removing what it made.
func (r *Recorder) Leniently() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lenient = true
}

// unsent says that the request stayed here.
func (r *Recorder) unsent(err error) error {
	if r.lenient {
		return nil
	}
	e := (*errs.Error)(nil)
	if errors.As(err, &e) {
		c := *e
		c.Message += "; nothing was sent"
		return &c
	}
	return err
}

// begin opens the journal and writes the run's row, with the first change.
func (r *Recorder) begin(ctx context.Context) error {
	if r.file == nil {
		f, err := openFile(ctx, r.o.Path, true)
		if err != nil {
			return err
		}
		r.file, r.ctx = f, ctx
	}
	if r.id != "" {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	f := r.file
	f.mu.Lock()
	defer f.mu.Unlock()
	now := r.o.Clock.Now()
	id := newID(now)
	err = f.exec(ctx, `INSERT INTO runs (id, name, started, outcome, host, pid, born) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, r.o.Name, now.UnixNano(), string(Running), host, os.Getpid(), bornAt(os.Getpid()))
	if err != nil {
		return f.explain(err)
	}
	r.id = id
	return nil
}

// newID makes an ID that sorts by time and can be read aloud.
func newID(now time.Time) string {
	var b [5]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails
	word := strings.ToLower(base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").EncodeToString(b[:]))
	return now.UTC().Format("060102-150405-") + word[:4]
}

// site gives the number of the connection's cloud and project in this run, and writes it down the first time.
func (r *Recorder) site(ctx context.Context, conn *cloud.Connection, t *cloud.Token) (int, error) {
	key := siteKey{conn, t.ProjectID}
	if n, ok := r.sites[key]; ok {
		return n, nil
	}
	n := len(r.sites) + 1
	cfg := conn.Config()
	err := r.file.exec(ctx, `INSERT INTO sites (run, n, cloud, auth_url, region, project_id, project, user) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.id, n, cfg.Cloud, userInfo.ReplaceAllString(cfg.AuthURL, "//"), cfg.Region, t.ProjectID, t.ProjectName, t.UserName)
	if err == nil {
		r.sites[key] = n
	}
	return n, err
}

var userInfo = regexp.MustCompile(`//[^/]*@`)

// after writes down how a request has ended.
func (r *Recorder) after(ctx context.Context, changes []change.Change, first int, o cloud.Outcome) error {
	outcome := Done
	switch {
	case o.Unknown:
		outcome = Unknown
	case o.Err != nil:
		outcome = Refused
	}
	answered := changes
	if outcome == Done {
		status := o.Status
		if status == 0 {
			status = 200
		}
		answered = change.Answered(changes, status, o.Body)
	}
	secrets := cloud.Secrets(o.Body)
	now := r.o.Clock.Now().UnixNano()

	r.mu.Lock()
	for _, s := range secrets {
		r.secrets[s] = true
	}
	f, lenient := r.file, r.lenient
	r.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	write := func() error {
		for i, c := range answered {
			attrs := any(nil)
			if len(c.Attributes) != len(changes[i].Attributes) {
				attrs = encode(c.Attributes)
			}
			if err := f.exec(ctx, `UPDATE changes SET after = ?, id = ?, name = ?, attributes = coalesce(?, attributes), status = ?, request_id = ?, outcome = ?
				WHERE run = ? AND seq = ?`, now, c.ID, c.Name, attrs, o.Status, o.RequestID, string(outcome), r.id, first+i); err != nil {
				return err
			}
			if err := f.settle(ctx, c, outcome, o.Status, now, r.id, first+i); err != nil {
				return err
			}
		}
		return nil
	}
	var err error
	if len(answered) == 1 && answered[0].Action == change.Create && !replacing[answered[0].Type] {
		err = write()
	} else {
		err = f.tx(ctx, write)
	}
	if err == nil || lenient {
		return nil
	}
	var e *errs.Error
	if !errors.As(f.explain(err), &e) {
		return err
	}
	c := *e
	var there []string
	for _, a := range answered {
		if outcome != Refused {
			there = append(there, describe(a))
		}
	}
	if len(there) > 0 {
		c.Message = fmt.Sprintf("%s: done, but it could not be written down: %s", strings.Join(there, ", "), c.Message)
	} else {
		c.Message = "what the service refused could not be written down: " + c.Message
	}
	c.Cause = errors.Join(err, o.Err)
	return &c
}

// replacing are the relations of which there is one at most: a new one ends the one before.
var replacing = map[string]bool{"router_gateway": true, "floating_ip_association": true}

// settle notes what is gone because of a change, in whichever run made it.
func (f *file) settle(ctx context.Context, c change.Change, outcome Outcome, status int, now int64, run string, seq int) error {
	switch {
	case c.Action == change.Delete && (outcome == Done || status == 404):
		return f.gone(ctx, c.Type, c.Parent, idsOf(c), now)
	case c.Action == change.Create && outcome == Done && replacing[c.Type]:
		return f.exec(ctx, `UPDATE changes SET gone = ? WHERE action = 'create' AND gone = 0 AND type = ? AND parent = ? AND NOT (run = ? AND seq = ?)`,
			now, c.Type, c.Parent, run, seq)
	}
	return nil
}

// gone notes that a resource is there no more, and what belonged to it. Without an ID all of the type that the parent
// has is meant.
func (f *file) gone(ctx context.Context, typ, parent string, ids []string, now int64) error {
	if len(ids) == 0 {
		if parent == "" {
			return nil
		}
		return f.exec(ctx, `UPDATE changes SET gone = ? WHERE action = 'create' AND gone = 0 AND type = ? AND parent = ?`, now, typ, parent)
	}
	for _, id := range ids {
		if err := f.exec(ctx, `UPDATE changes SET gone = ? WHERE action = 'create' AND gone = 0 AND id = ? AND type = ? AND (? = '' OR parent = ?)`,
			now, id, typ, parent, parent); err != nil {
			return err
		}
		if typ == "router_interface" {
			// It may have been added by its subnet and be removed by its port.
			if err := f.exec(ctx, `UPDATE changes SET gone = ? WHERE action = 'create' AND gone = 0 AND parent = ? AND type = 'router_interface'
				AND (attributes ->> 'port_id' = ? OR attributes ->> 'subnet_id' = ?)`, now, parent, id, id); err != nil {
				return err
			}
			continue
		}
		// An image made of a server outlives it.
		if err := f.exec(ctx, `UPDATE changes SET gone = ? WHERE action = 'create' AND gone = 0 AND parent = ? AND type <> 'image'`, now, id); err != nil {
			return err
		}
	}
	return nil
}

func idsOf(c change.Change) []string {
	if c.ID == "" {
		return nil
	}
	ids := []string{c.ID}
	if c.Type == "router_interface" {
		for _, k := range []string{"port_id", "subnet_id"} {
			if id, ok := c.Attributes[k].(string); ok && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// Finish writes how the run has ended, and closes the journal. It does nothing for a run that changed nothing.
func (r *Recorder) Finish(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.file
	if f == nil {
		return nil
	}
	defer f.Close()
	if r.id == "" {
		return nil
	}
	outcome, text := OK, ""
	if err != nil {
		outcome, text = Failed, r.clean(err.Error())
		if errs.CodeOf(err) == errs.Cancelled || errors.Is(err, context.Canceled) {
			outcome = Interrupted
		}
	}
	f.mu.Lock()
	werr := f.exec(r.ctx, `UPDATE runs SET ended = ?, outcome = ?, error = ? WHERE id = ?`,
		r.o.Clock.Now().UnixNano(), string(outcome), text, r.id)
	f.mu.Unlock()
	return f.explain(werr)
}

// clean takes the secrets of the run out of a text, and all but its beginning.
func (r *Recorder) clean(text string) string {
	for _, s := range slices.SortedFunc(maps.Keys(r.secrets), func(a, b string) int { return len(b) - len(a) }) {
		if len(s) >= 4 {
			text = strings.ReplaceAll(text, s, cloud.Masked)
		}
	}
	if r := []rune(text); len(r) > 400 {
		text = string(r[:400]) + "…"
	}
	return text
}

// Journal is the journal that the run is written to, once it has changed something; nil before. It is closed by Finish.
func (r *Recorder) Journal() *Journal {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.file == nil {
		return nil
	}
	return &Journal{f: r.file, clock: r.o.Clock}
}

// Left gives what the run made and what of it is left, as far as is known.
func (r *Recorder) Left(ctx context.Context) ([]Resource, error) {
	r.mu.Lock()
	f, id := r.file, r.id
	r.mu.Unlock()
	if f == nil || id == "" {
		return nil, nil
	}
	all, err := r.Journal().Resources(context.WithoutCancel(ctx), id)
	return slices.DeleteFunc(all, func(r Resource) bool { return !r.Left }), err
}

func encode(attrs map[string]any) string {
	if len(attrs) == 0 {
		return ""
	}
	b, err := json.Marshal(attrs)
	if err != nil {
		return ""
	}
	return string(b)
}

// describe names a resource for messages.
func describe(c change.Change) string {
	noun := strings.ReplaceAll(c.Type, "_", " ")
	switch {
	case c.Name != "" && c.ID != "" && c.Name != c.ID:
		return fmt.Sprintf("%s of %s %q (%s)", c.Action, noun, c.Name, c.ID)
	case c.Name != "":
		return fmt.Sprintf("%s of %s %q", c.Action, noun, c.Name)
	case c.ID != "":
		return fmt.Sprintf("%s of %s %s", c.Action, noun, c.ID)
	}
	return fmt.Sprintf("%s of a %s", c.Action, noun)
}

func older(version, than string) bool {
	number := func(v string) int {
		major, minor, _ := strings.Cut(v, ".")
		x, _ := strconv.Atoi(major)
		y, _ := strconv.Atoi(minor)
		return x*100000 + y
	}
	return number(version) < number(than)
}
