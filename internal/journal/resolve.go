package journal

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// Resolve asks the cloud what became of the changes of a run that nobody knows the outcome of: whether what they were to
// make is there, by its mark, else by its name and the time it was made; whether what they were to remove is gone. It
// writes the answer to the journal and leaves open what cannot be told, and what may come yet (Late). Only changes on the
// client's own project are looked at, and only requests that read are sent.
func (j *Journal) Resolve(ctx context.Context, client *rest.Client, run string) error {
	changes, err := j.Changes(ctx, run)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(changes, Change.Open) {
		return nil
	}
	project, err := client.Conn.ProjectID(ctx)
	if err != nil {
		return err
	}
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	r := &resolver{client: client, run: run, project: project, known: map[string]bool{}}
	for _, c := range changes {
		if c.ID != "" && c.Action == change.Create {
			r.known[c.Type+" "+c.ID] = true
		}
	}
	for _, c := range changes {
		if !c.Open() || c.Site.ProjectID != project || c.Action == change.Update {
			continue
		}
		found, err := r.look(ctx, c)
		if err != nil {
			return err
		}
		if found.outcome == Refused && c.MayCome(j.clock.Now()) {
			continue // it may be at work on it
		}
		if err := j.resolved(ctx, run, c, found); err != nil {
			return err
		}
	}
	return nil
}

// Late is how long after a request without an answer the service may still do what it asked: so long a change that
// left no trace stays open.
const Late = time.Minute

// finding is what the cloud says of a change.
type finding struct {
	outcome  Outcome // Done, Refused, or Unknown when it cannot be told
	id, name string
}

// resolved writes a finding down.
func (j *Journal) resolved(ctx context.Context, run string, c Change, found finding) error {
	if found.outcome == Unknown {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	now := j.clock.Now().UnixNano()
	f := j.f
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.explain(f.tx(ctx, func() error {
		if err := f.exec(ctx, `UPDATE changes SET outcome = ?, id = CASE id WHEN '' THEN ? ELSE id END, name = CASE name WHEN '' THEN ? ELSE name END
			WHERE run = ? AND seq = ?`, string(found.outcome), found.id, found.name, run, c.Seq); err != nil {
			return err
		}
		if c.ID == "" {
			c.ID = found.id
		}
		return f.settle(ctx, c.Change, found.outcome, 0, now, run, c.Seq)
	}))
}

// resolver looks things up for one run.
type resolver struct {
	client       *rest.Client
	run, project string
	known        map[string]bool // what other changes of the run made, by type and ID
}

// object is what a service shows of a resource.
type object map[string]any

func (o object) text(member string) string { s, _ := o[member].(string); return s }

func (r *resolver) look(ctx context.Context, c Change) (finding, error) {
	open := finding{outcome: Unknown}
	if c.Action == change.Delete {
		if c.ID == "" || c.IsRelation() {
			return open, nil
		}
		_, there, err := r.get(ctx, c, c.Type, c.ID)
		switch {
		case err != nil:
			return open, unanswered(err)
		case there:
			return finding{outcome: Refused}, nil
		}
		return finding{outcome: Done}, nil
	}
	if c.IsRelation() {
		return r.relation(ctx, c)
	}
	if c.ID != "" {
		o, there, err := r.get(ctx, c, c.Type, c.ID)
		if err != nil {
			return open, unanswered(err)
		}
		if !there {
			return finding{outcome: Refused}, nil
		}
		if made, ok := born(o); ok && made.Before(r.since(c)) {
			return finding{outcome: Refused}, nil // it was there before
		}
		return finding{outcome: Done}, nil
	}
	return r.find(ctx, c)
}

// find looks for what a change made, among those of its type and name.
func (r *resolver) find(ctx context.Context, c Change) (finding, error) {
	kind, ok := rest.KindNamed(c.Type)
	if !ok {
		return finding{outcome: Unknown}, nil
	}
	q := url.Values{}
	if kind.Service == cloud.Network && c.Type != "address_group" {
		q.Set("project_id", r.project)
	}
	if c.Name != "" {
		if c.Type == "server" {
			q.Set("name", "^"+regexp.QuoteMeta(c.Name)+"$")
		} else if c.Type != "server_group" && c.Type != "flavor" && c.Type != "floating_ip" {
			q.Set("name", c.Name)
		}
	}
	if c.Type == "security_group_rule" && c.Parent != "" {
		q.Set("security_group_id", c.Parent)
	}
	rows, err := r.list(ctx, c.Type, q)
	if err != nil {
		return finding{outcome: Unknown}, unanswered(err)
	}
	var marked, alike []object
	for _, o := range rows {
		if r.known[c.Type+" "+o.text("id")] || c.Name != "" && c.Type != "floating_ip" && o.text("name") != c.Name {
			continue
		}
		run, seq, ok := markOf(o)
		switch {
		case ok && run == r.run && (seq == c.Seq || c.Type == "server" && seq == c.Request):
			marked = append(marked, o)
		case ok, c.Marked:
			// Another's, or without the mark it would have.
		default:
			if made, ok := born(o); ok && !made.Before(r.since(c)) {
				alike = append(alike, o)
			}
		}
	}
	found := marked
	if !c.Marked {
		found = append(found, alike...)
	}
	switch len(found) {
	case 0:
		if !c.Marked && len(rows) > 0 && !datable(rows) {
			return finding{outcome: Unknown}, nil
		}
		return finding{outcome: Refused}, nil
	case 1:
	default:
		if len(marked) == 0 {
			return finding{outcome: Unknown}, nil
		}
	}
	o := found[0]
	r.known[c.Type+" "+o.text("id")] = true
	name := o.text("name")
	if c.Type == "floating_ip" {
		name = o.text("floating_ip_address")
	}
	return finding{Done, o.text("id"), name}, nil
}

func datable(rows []object) bool {
	_, ok := born(rows[0])
	return ok
}

// since is the time of a change by the service's clock, which counts in seconds.
func (r *resolver) since(c Change) time.Time { return c.Before.Truncate(time.Second).Add(-skew) }

// skew is what the clocks of the cloud and of this machine may differ by.
const skew = 2 * time.Second

// relation looks whether two resources belong together as the change wanted.
func (r *resolver) relation(ctx context.Context, c Change) (finding, error) {
	open := finding{outcome: Unknown}
	is := func(there bool, id string, err error) (finding, error) {
		switch {
		case err != nil:
			return open, unanswered(err)
		case there:
			return finding{outcome: Done, id: id}, nil
		}
		return finding{outcome: Refused}, nil
	}
	switch c.Type {
	case "router_gateway":
		o, there, err := r.get(ctx, c, "router", c.Parent)
		info, _ := o["external_gateway_info"].(map[string]any) //nolint:errcheck // nil is none
		return is(there && info["network_id"] == c.ID, "", err)
	case "floating_ip_association":
		o, there, err := r.get(ctx, c, "floating_ip", c.Parent)
		return is(there && o.text("port_id") == c.ID, "", err)
	case "router_interface":
		ports, err := r.list(ctx, "port", url.Values{"device_id": {c.Parent}})
		return is(slices.ContainsFunc(ports, func(p object) bool { return p.text("id") == c.ID || onSubnet(p, c.ID) }), "", err)
	case "server_interface":
		ports, err := r.list(ctx, "port", url.Values{"device_id": {c.Parent}})
		for _, p := range ports {
			made, ok := born(p)
			if c.ID == p.text("id") || c.ID == "" && ok && !made.Before(r.since(c)) && p.text("network_id") == c.Attributes["net_id"] {
				return is(true, p.text("id"), err)
			}
		}
		return is(false, "", err)
	}
	return open, nil
}

func onSubnet(port object, subnet string) bool {
	ips, _ := port["fixed_ips"].([]any) //nolint:errcheck // none are none
	return slices.ContainsFunc(ips, func(ip any) bool {
		m, ok := ip.(map[string]any)
		return ok && m["subnet_id"] == subnet
	})
}

// unanswered keeps what may be asked by somebody else from ending everything: a service that refuses to tell leaves a
// change open.
func unanswered(err error) error {
	switch errs.CodeOf(err) {
	case errs.Forbidden, errs.BadRequest, errs.NotFound:
		return nil
	}
	return err
}

// get fetches a resource of a type; without a kind of its own by the request's path.
func (r *resolver) get(ctx context.Context, c Change, typ, id string) (object, bool, error) {
	req := cloud.Request{Service: c.Service, Path: strings.TrimSuffix(c.Path, "/"), Op: "runs.resolve"}
	key := ""
	if kind, ok := rest.KindNamed(typ); ok {
		req.Service, req.Path, req.Microversion, key = kind.Service, kind.Path+"/"+url.PathEscape(id), kind.Microversion, kind.Key
	} else if c.Method == http.MethodPost {
		req.Path += "/" + url.PathEscape(id)
	}
	res, err := r.client.Do(ctx, req)
	if err != nil {
		if errs.CodeOf(err) == errs.NotFound {
			return nil, false, nil
		}
		return nil, false, err
	}
	var o object
	if key == "" {
		_ = json.Unmarshal(res.Body, &o)
		return o, true, nil
	}
	var doc map[string]json.RawMessage
	if json.Unmarshal(res.Body, &doc) == nil {
		_ = json.Unmarshal(doc[key], &o)
	}
	return o, true, nil
}

func (r *resolver) list(ctx context.Context, typ string, q url.Values) ([]object, error) {
	list, err := r.client.Of(typ).List(ctx, "runs.resolve", q)
	if err != nil {
		return nil, err
	}
	return objectsOf(list), nil
}

func objectsOf(list schema.List) []object {
	var out []object
	for _, page := range list.Pages {
		var rows []object
		raw := page
		if list.Key != "" {
			var doc map[string]json.RawMessage
			if json.Unmarshal(page, &doc) != nil {
				continue
			}
			raw = doc[list.Key]
		}
		if json.Unmarshal(raw, &rows) == nil {
			out = append(out, rows...)
		}
	}
	return out
}

// markOf reads the mark of what a service shows.
func markOf(o object) (run string, seq int, ok bool) {
	if run, seq, ok = ParseMark(o.text("description")); ok {
		return run, seq, true
	}
	tags, _ := o["tags"].([]any) //nolint:errcheck // none are none
	for _, t := range tags {
		text, _ := t.(string) //nolint:errcheck // likewise
		if run, seq, ok = ParseMark(text); ok {
			return run, seq, true
		}
	}
	return "", 0, false
}

// born is when a resource was made, as its service tells.
func born(o object) (time.Time, bool) {
	for _, k := range []string{"created_at", "created"} {
		text := o.text(k)
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999999"} {
			if t, err := time.Parse(layout, text); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}
