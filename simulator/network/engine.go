package network

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// values are the attributes of one object, from a request's body or on their way to an answer.
type values map[string]any

// has says whether an attribute was given and is not null.
func (v values) has(name string) bool { return v[name] != nil }

// set says whether an attribute was given, null included.
func (v values) set(name string) bool { _, ok := v[name]; return ok }

func (v values) text(name string) string    { s, _ := v[name].(string); return s }
func (v values) yes(name string) bool       { b, _ := v[name].(bool); return b }
func (v values) number(name string) int64   { n, _ := pyInt(v[name]); return n }
func (v values) texts(name string) []string { return texts(v[name]) }

func texts(v any) []string {
	list, _ := v.([]any)
	all := make([]string, 0, len(list))
	for _, item := range list {
		all = append(all, python.Str(item))
	}
	return all
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// record is a document the engine can show.
type record interface {
	meta() *std
	// wire gives the object's attributes, all of them; the engine leaves out what the caller may not see.
	wire(c *call) (values, error)
}

// unset and required stand for a default that is none: left out, or an error.
type unset struct{}
type required struct{}

// perm is who may give an attribute, or see it.
type perm int

const (
	anyone perm = iota
	adminOnly
	networkOwner   // the owner of the port's network, or admin
	networkSharer  // the same, or anyone when the network is shared
	deviceOwnerish // anyone for a value that does not begin with network:, else the network's owner
)

// attr is one attribute of a resource. The order of a table is the order in which Neutron looks at them.
type attr struct {
	name      string
	post, put bool
	def       any // required{}: no default; unset{}: left out; anything else: the default
	conv      convert
	check     check
	verify    func(v any) (string, error) // a check that has errors of its own
	filter    bool
	sort      bool
	keyValue  bool // filtered by key=value
	enforce   bool // policy looks at it
	create    perm
	update    perm
	see       perm
	sub       map[string]perm // policy of the keys of a dictionary, or of a list of them
}

// resource is one kind of object.
type resource struct {
	name, plural, path string
	attrs              []attr
	order              []string // of an answer's keys
	notFound           func(id string) *web.Error
	bulk               bool
	emulated           bool // paging is done by the API layer: an unknown marker gives an empty page
	onNetwork          bool // POST asks whether the project may use the network
	tags               bool
	list               func(c *call, where ...store.Where) iter.Seq2[record, error] // what the caller may see
	index              map[string]string                                            // attributes the store finds objects by, and its names of them
	find               func(c *call, id string) (record, error)
	owns               func(c *call, action string, r record) bool // who beside the project may update or delete
	together           func(c *call, all []values) error           // what the objects of one request must have in common
	create             func(c *call, in values) (record, error)
	update             func(c *call, r record, in values) error
	remove             func(c *call, r record) error
	count              func(c *call, project string) (int, error) // for the quota; nil: no quota
	filterBy           map[string]func(have any, want []string) bool
}

func (res *resource) attr(name string) *attr {
	for i := range res.attrs {
		if res.attrs[i].name == name {
			return &res.attrs[i]
		}
	}
	return nil
}

// call is a request with what the plugins want to know about its caller.
type call struct {
	*web.Request
	s       *service
	admin   bool
	project string
	grants  map[string]map[string][]grant // by object type and object, read once
	nets    map[string]*network
	pools   map[string]*subnetPool
	newID   func() string // the seed's; nil otherwise
}

func (c *call) freshID() string {
	if c.newID != nil {
		return c.newID()
	}
	return c.Tx.NewID()
}

// elevated is the same call without the caller's limits.
func (c *call) elevated() *call {
	up := *c
	up.admin = true
	return &up
}

// handle makes a web handler of a method.
func (s *service) handle(f func(c *call) (*web.Response, error)) web.Handler {
	return func(r *web.Request) (*web.Response, error) {
		c := &call{Request: r, s: s, nets: map[string]*network{}, pools: map[string]*subnetPool{}}
		if r.Caller != nil {
			c.admin, c.project = r.Caller.Admin(), r.Caller.ProjectID
		}
		return f(c)
	}
}

func (c *call) id() string { return strings.TrimSuffix(c.PathValue("id"), ".json") }

// get finds an object the caller may see.
func (res *resource) get(c *call, id string) (record, error) {
	r, err := res.find(c, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, res.notFound(id)
	}
	return r, err
}

func (res *resource) showOne(c *call) (*web.Response, error) {
	if err := res.firstTouch(c); err != nil {
		return nil, err
	}
	r, err := res.get(c, c.id())
	if err != nil {
		return nil, err
	}
	o, err := res.view(c, r)
	if err != nil {
		return nil, err
	}
	return web.OK(ordered{{res.name, o.only(c.fields())}}), nil
}

// firstTouch makes a project's default group when security groups are looked at.
func (res *resource) firstTouch(c *call) error {
	if res.name == "security_group" && c.Tx.Writable() && c.project != "" {
		_, err := c.ensureDefaultGroup(c.project)
		return err
	}
	return nil
}

func (c *call) fields() []string {
	return slices.DeleteFunc(slices.Clone(c.Query()["fields"]), func(f string) bool { return f == "" })
}

// view is an object as the caller may see it.
func (res *resource) view(c *call, r record) (ordered, error) {
	v, err := shown(c, r)
	if err != nil {
		return nil, err
	}
	return res.render(c, v), nil
}

// addedKey is where an object on its way to an answer has the names of members that are none of its resource's.
const addedKey = "\x00added"

// shown is an object's attributes, and what was kept of how another cloud showed them.
func shown(c *call, r record) (values, error) {
	v, err := r.wire(c)
	if kept := r.meta().Kept; err == nil && kept != nil {
		v[addedKey] = kept.Apply(v, nil)
	}
	return v, err
}

func (res *resource) render(c *call, v values) ordered {
	added, _ := v[addedKey].([]string)
	o := make(ordered, 0, len(res.order))
	for _, name := range res.order {
		have, ok := v[name]
		if !ok {
			continue
		}
		if a := res.attr(name); a != nil && a.see == adminOnly && !c.admin && !slices.Contains(added, name) {
			continue
		}
		o = append(o, member{name, have})
	}
	for _, name := range added {
		if !slices.Contains(res.order, name) {
			o = append(o, member{name, v[name]})
		}
	}
	return o
}

// standard adds the attributes that all objects have.
func (s *std) standard(v values) values {
	v["id"], v["tenant_id"], v["project_id"] = s.ID, s.ProjectID, s.ProjectID
	v["name"], v["description"] = s.Name, s.Description
	v["tags"] = emptyList(s.Tags)
	v["created_at"], v["updated_at"] = s.CreatedAt.Format(time.RFC3339), s.UpdatedAt.Format(time.RFC3339)
	v["revision_number"] = s.Revision
	return v
}

func emptyList[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// newStd is the beginning of a new document.
func (c *call) newStd(in values) std {
	return std{ID: c.freshID(), ProjectID: in.text("tenant_id"), Name: in.text("name"), Description: in.text("description"),
		CreatedAt: c.now(), UpdatedAt: c.now()}
}

func (c *call) now() time.Time { return c.Now.UTC().Truncate(time.Second) }

// rename takes over the attributes that all objects have.
func (s *std) rename(in values) {
	if in.set("name") {
		s.Name = in.text("name")
	}
	if in.set("description") {
		s.Description = in.text("description")
	}
}

// prepare reads one object of a body: who owns it, what is unknown, what is missing, what cannot be.
func (res *resource) prepare(c *call, body any, post bool) (values, error) {
	raw, ok := body.(map[string]any)
	if !ok {
		return nil, malformed("Object '%s' contains invalid data", res.name)
	}
	in := values(raw)
	if in.set("tenant_id") && in.set("project_id") && python.Repr(in["tenant_id"]) != python.Repr(in["project_id"]) {
		return nil, malformed("'project_id' and 'tenant_id' do not match")
	}
	if in.set("project_id") {
		in["tenant_id"] = in["project_id"]
		delete(in, "project_id")
	}
	if in.set("tenant_id") && in["tenant_id"] != c.project && !c.admin {
		return nil, malformed("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin or advsvc privileges")
	}
	if post && !in.set("tenant_id") && c.project != "" {
		in["tenant_id"] = c.project
	}
	var unknown []string
	for _, name := range sortedKeys(in) {
		if res.attr(name) == nil {
			unknown = append(unknown, name)
		}
	}
	if unknown != nil {
		return nil, malformed("Unrecognized attribute(s) '%s'", strings.Join(unknown, ", "))
	}
	for _, a := range res.attrs {
		switch {
		case post && a.post && !in.set(a.name):
			switch a.def.(type) {
			case required:
				return nil, malformed("Failed to parse request. Required attribute '%s' not specified", a.name)
			case unset:
			default:
				in[a.name] = a.def
			}
		case post && !a.post && in.set(a.name):
			return nil, malformed("Attribute '%s' not allowed in POST", a.name)
		case !post && !a.put && in.set(a.name):
			return nil, malformed("Cannot update read-only attribute %s", a.name)
		}
	}
	for _, a := range res.attrs {
		if err := a.accept(in); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// accept converts and checks the attribute's value where there is one.
func (a *attr) accept(in values) error {
	v, ok := in[a.name]
	if !ok {
		return nil
	}
	if a.conv != nil {
		var err error
		if v, err = a.conv(v); err != nil {
			return err
		}
		in[a.name] = v
	}
	reason := ""
	if a.check != nil {
		reason = a.check(v)
	}
	if a.verify != nil && reason == "" {
		var err error
		if reason, err = a.verify(v); err != nil {
			return err
		}
	}
	if reason != "" {
		return malformed("Invalid input for %s. Reason: %s.", a.name, reason)
	}
	return nil
}

// body reads the request's body: the objects in it, and whether there are several.
func (res *resource) body(c *call, post bool) (all []values, bulk bool, err error) {
	var raw any
	if len(bytes.TrimSpace(c.Raw)) > 0 {
		if err := c.Decode(&raw); err != nil {
			return nil, false, err
		}
	} else {
		raw = map[string]any{}
	}
	body, ok := raw.(map[string]any)
	if !ok {
		return nil, false, malformed("Body contains invalid data")
	}
	one, hasOne := body[res.name]
	many, hasMany := body[res.plural]
	switch {
	case hasMany && !post:
		return nil, false, malformed("Bulk operation not supported")
	case hasMany:
		list, ok := many.([]any)
		if s, text := many.(string); text && s != "" {
			return nil, false, malformed("Object '%s' contains invalid data", res.name)
		}
		if d, dict := many.(map[string]any); !ok && many != nil && !(dict && len(d) == 0) {
			return nil, false, malformed("Body contains invalid data")
		}
		if len(list) == 0 {
			return nil, false, malformed("Resources required")
		}
		for _, item := range list {
			if _, isNumber := item.(json.Number); isNumber {
				return nil, false, malformed("Body contains invalid data")
			}
			if wrapped, ok := item.(map[string]any); ok {
				if inner, ok := wrapped[res.name]; ok {
					item = inner
				}
			}
			in, err := res.prepare(c, item, post)
			if err != nil {
				return nil, false, err
			}
			all = append(all, in)
		}
		return all, true, nil
	case !hasOne || one == nil:
		return nil, false, malformed("Unable to find '%s' in request body", res.name)
	}
	in, err := res.prepare(c, one, post)
	if err != nil {
		return nil, false, err
	}
	return []values{in}, false, nil
}

func (res *resource) createAll(c *call) (*web.Response, error) {
	all, bulk, err := res.body(c, true)
	if err != nil {
		return nil, err
	}
	perProject := map[string]int{}
	for _, in := range all {
		if res.onNetwork {
			if err := c.mayUseNetwork(res.name, in); err != nil {
				return nil, err
			}
		}
		perProject[in.text("tenant_id")]++
	}
	if res.count != nil {
		for _, project := range sortedKeys(perProject) {
			if err := c.checkQuota(res, project, perProject[project]); err != nil {
				return nil, err
			}
		}
	}
	for _, in := range all {
		if err := res.enforce(c, "create", in, sortedKeys(in), true); err != nil {
			return nil, err
		}
	}
	if res.together != nil && bulk {
		if err := res.together(c, all); err != nil {
			return nil, err
		}
	}
	var made []ordered
	for _, in := range all {
		r, err := res.create(c, in)
		if err != nil {
			return nil, err
		}
		o, err := res.view(c, r)
		if err != nil {
			return nil, err
		}
		made = append(made, o.only(c.fields()))
	}
	if bulk {
		return web.Created(ordered{{res.plural, made}}), nil
	}
	return web.Created(ordered{{res.name, made[0]}}), nil
}

func (res *resource) updateOne(c *call) (*web.Response, error) {
	all, _, err := res.body(c, false)
	missing := err
	if err != nil && !strings.HasPrefix(err.Error(), "400 Unable to find") {
		return nil, err
	}
	r, err := res.get(c, c.id())
	if err != nil {
		return nil, err
	}
	in := values{}
	if missing == nil {
		in = all[0]
	}
	given := sortedKeys(in)
	target := maps.Clone(in)
	if v, err := shown(c, r); err != nil {
		return nil, err
	} else if !target.set("network_id") {
		target["network_id"] = v["network_id"]
	}
	if err := res.enforce(c, "update", target, given, res.mayChange(c, "update", r) == nil); err != nil {
		return nil, err
	}
	if missing != nil {
		return nil, missing
	}
	if err := c.matches(r); err != nil {
		return nil, err
	}
	if err := res.update(c, r, in); err != nil {
		return nil, err
	}
	if r, err = res.find(c.elevated(), r.meta().ID); err != nil {
		return nil, err
	}
	o, err := res.view(c, r)
	if err != nil {
		return nil, err
	}
	return web.OK(ordered{{res.name, o.only(c.fields())}}), nil
}

func (res *resource) deleteOne(c *call) (*web.Response, error) {
	r, err := res.get(c, c.id())
	if err != nil {
		return nil, err
	}
	if err := res.mayChange(c, "delete", r); err != nil {
		return nil, err
	}
	if err := c.matches(r); err != nil {
		return nil, err
	}
	if err := res.remove(c, r); err != nil {
		return nil, err
	}
	return web.NoContent(), nil
}

// matches holds an If-Match: revision_number=N against the object.
func (c *call) matches(r record) error {
	want := -1
	for _, etag := range strings.Split(strings.Join(c.Header.Values("If-Match"), ","), ",") {
		n, ok := strings.CutPrefix(strings.Trim(strings.TrimSpace(etag), `"`), "revision_number=")
		if !ok {
			continue
		}
		if want >= 0 {
			return badRequest("if-match", "Multiple revision_number etags are not supported.")
		}
		v, err := strconv.Atoi(n)
		if err != nil {
			return badRequest("if-match", "Revision number etag must be in the format of revision_number=<int>")
		}
		want = v
	}
	if have := r.meta().Revision; want >= 0 && have != want {
		return fault(http.StatusPreconditionFailed, "RevisionNumberConstraintFailed",
			"Constrained to %d, but current revision is %d", want, have)
	}
	return nil
}

// listAll answers a listing: filters, order, page, fields.
func (res *resource) listAll(c *call) (*web.Response, error) {
	if err := res.firstTouch(c); err != nil {
		return nil, err
	}
	want, err := res.filters(c)
	if err != nil {
		return nil, err
	}
	order, err := res.sorting(c)
	if err != nil {
		return nil, err
	}
	limit := 0
	if s, ok := c.lastQuery("limit"); ok {
		if limit, err = strconv.Atoi(strings.TrimSpace(s)); err != nil || limit < 0 {
			return nil, badRequest("limit", "Limit must be an integer 0 or greater and not '%s'", s)
		}
	}
	key := "id"
	if !slices.Contains(res.order, "id") {
		key = res.order[0]
	}
	where := res.narrow(want)
	var rows []values
	// In the order of IDs a page costs what its rows cost.
	if limit > 0 && key == "id" && !slices.ContainsFunc(order, func(k web.SortKey) bool { return k.Name != "id" }) {
		rows, err = res.pageByID(c, want, where, limit, len(order) > 0 && order[0].Desc)
	} else {
		rows, err = res.sorted(c, want, where, order, key)
		if err == nil && limit > 0 {
			rows, err = res.page(c, rows, limit, key)
		}
	}
	if err != nil {
		return nil, err
	}
	var answer ordered
	if limit > 0 {
		if links := res.links(c, rows, limit, key); links != nil {
			answer = ordered{{res.plural + "_links", links}}
		}
	}
	fields := c.fields()
	shown := make([]ordered, len(rows))
	for i, v := range rows {
		shown[i] = res.render(c, v).only(fields)
	}
	return web.OK(append(ordered{{res.plural, shown}}, answer...)), nil
}

// narrow is what of the filters the store can apply itself. It may leave too much, never too little: fits decides.
func (res *resource) narrow(want map[string][]string) []store.Where {
	var where []store.Where
	for _, key := range sortedKeys(want) {
		all := want[key]
		index := res.index[key]
		switch {
		case key == "name":
			where = append(where, store.NameFold(all...))
		case key == "tenant_id" || key == "project_id":
			where = append(where, store.ProjectFold(all...))
		case slices.ContainsFunc(all, func(v string) bool { return v == "" || v != strings.ToLower(v) }):
		case key == "id":
			where = append(where, store.ID(all...))
		case index != "":
			where = append(where, store.By(index, all...))
		}
	}
	return where
}

// rows reads the objects that fit, at most so many; 0 is all.
func (res *resource) rows(c *call, want map[string][]string, most int, where []store.Where) ([]values, error) {
	var rows []values
	for r, err := range res.list(c, where...) {
		if err != nil {
			return nil, err
		}
		v, err := shown(c, r)
		if err != nil {
			return nil, err
		}
		if res.fits(v, want) {
			if rows = append(rows, v); len(rows) == most {
				break
			}
		}
	}
	return rows, nil
}

// sorted reads all objects that fit, in an order.
func (res *resource) sorted(c *call, want map[string][]string, where []store.Where, order []web.SortKey, key string) ([]values, error) {
	rows, err := res.rows(c, want, 0, where)
	slices.SortStableFunc(rows, func(a, b values) int {
		for _, k := range order {
			if n := compareValues(a[k.Name], b[k.Name]); n != 0 {
				if k.Desc {
					return -n
				}
				return n
			}
		}
		return strings.Compare(python.Str(a[key]), python.Str(b[key]))
	})
	return rows, err
}

// pageByID reads one page in the order of IDs, and nothing behind it.
func (res *resource) pageByID(c *call, want map[string][]string, where []store.Where, limit int, desc bool) ([]values, error) {
	marker, _ := c.lastQuery("marker")
	reverse := c.reverse()
	ordered := append(slices.Clone(where), store.ByID(), store.After(marker))
	if desc != reverse {
		ordered = append(ordered, store.Newest())
	}
	if marker != "" {
		there, err := res.rows(c, want, 1, append(slices.Clone(where), store.ID(marker)))
		if err != nil {
			return nil, err
		}
		if len(there) == 0 {
			if res.emulated {
				return nil, nil
			}
			// The marker need not fit the filters, but it must be an object the caller sees.
			if _, err := res.get(c, marker); err != nil {
				return nil, err
			}
		}
	}
	rows, err := res.rows(c, want, limit, ordered)
	if reverse {
		slices.Reverse(rows)
	}
	return rows, err
}

func (c *call) reverse() bool { return strings.EqualFold(c.Query().Get("page_reverse"), "true") }

func (c *call) lastQuery(key string) (string, bool) {
	all := c.Query()[key]
	if len(all) == 0 {
		return "", false
	}
	return all[len(all)-1], true
}

// page cuts one page out of sorted rows.
func (res *resource) page(c *call, rows []values, limit int, key string) ([]values, error) {
	marker, _ := c.lastQuery("marker")
	reverse := c.reverse()
	first, last := 0, len(rows)
	if marker != "" {
		at := slices.IndexFunc(rows, func(v values) bool { return v[key] == marker })
		switch {
		case at >= 0 && reverse:
			last = at
		case at >= 0:
			first = at + 1
		case res.emulated:
			first, last = 0, 0
		default:
			// The marker need not fit the filters, but it must be an object the caller sees.
			r, err := res.get(c, marker)
			if err != nil {
				return nil, err
			}
			at = slices.IndexFunc(rows, func(v values) bool { return python.Str(v[key]) > r.meta().ID })
			if at < 0 {
				at = len(rows)
			}
			if reverse {
				last = at
			} else {
				first = at
			}
		}
	}
	if last-first > limit {
		if reverse {
			first = last - limit
		} else {
			last = first + limit
		}
	}
	return rows[first:last], nil
}

// links are those to a page's neighbours as Neutron makes them, which does not look whether there is anything on the
// other side.
func (res *resource) links(c *call, rows []values, limit int, key string) []ordered {
	reverse := c.reverse()
	link := func(rel string, back bool) ordered {
		var pairs []string
		for pair := range strings.SplitSeq(c.URL.RawQuery, "&") {
			k, v, _ := strings.Cut(pair, "=")
			name, _ := url.QueryUnescape(k)
			value, _ := url.QueryUnescape(v)
			if pair != "" && name != "marker" && name != "page_reverse" {
				pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(value))
			}
		}
		if len(rows) > 0 {
			at := rows[len(rows)-1]
			if back {
				at = rows[0]
			}
			pairs = append(pairs, "marker="+url.QueryEscape(python.Str(at[key])))
		}
		if back {
			pairs = append(pairs, "page_reverse=True")
		}
		return ordered{{"rel", rel}, {"href", c.URLFor(c.URL.Path) + "?" + strings.Join(pairs, "&")}}
	}
	var links []ordered
	if len(rows) >= limit || reverse {
		links = append(links, link("next", false))
	}
	if len(rows) >= limit || !reverse {
		links = append(links, link("previous", true))
	}
	return links
}

// filters reads the query's filters, converted as a body's values would be. What is no attribute is passed over.
func (res *resource) filters(c *call) (map[string][]string, error) {
	want := map[string][]string{}
	for key, all := range c.Query() {
		if web.IsListOption(key) {
			continue
		}
		name := key
		if name == "project_id" {
			name = "tenant_id"
		}
		a := res.attr(name)
		if a == nil || !a.filter {
			continue
		}
		for _, v := range all {
			switch {
			case a.keyValue:
				if k, _, ok := strings.Cut(v, "="); !ok || strings.TrimSpace(k) == "" {
					return nil, invalidInput("'%s' is not of the form <key>=[value]", v)
				}
			case a.conv != nil:
				converted, err := a.conv(v)
				if err != nil {
					return nil, err
				}
				v = python.Str(converted)
			}
			want[key] = append(want[key], v)
		}
	}
	return want, nil
}

func (res *resource) fits(v values, want map[string][]string) bool {
	for key, all := range want {
		if special := res.filterBy[key]; special != nil {
			if !special(v[key], all) {
				return false
			}
			continue
		}
		if tagged, ok := tagFilter(key, v["tags"], all); ok {
			if !tagged {
				return false
			}
			continue
		}
		if !slices.ContainsFunc(all, func(w string) bool { return sameValue(v[key], w) }) {
			return false
		}
	}
	return true
}

// sameValue compares as the database does, which knows no case; null equals nothing.
func sameValue(have any, want string) bool {
	switch h := have.(type) {
	case nil:
		return false
	case string:
		return strings.EqualFold(h, want)
	case []string:
		return slices.Contains(h, want)
	case bool:
		b, ok := web.ParseBool(want)
		return ok && b == h
	}
	return fmt.Sprint(have) == want
}

func compareValues(a, b any) int {
	if a == nil || b == nil {
		switch {
		case a == nil && b == nil:
			return 0
		case a == nil:
			return -1
		}
		return 1
	}
	x, xok := pyInt(a)
	y, yok := pyInt(b)
	if _, text := a.(string); xok && yok && !text {
		return int(min(1, max(-1, x-y)))
	}
	return strings.Compare(strings.ToLower(python.Str(a)), strings.ToLower(python.Str(b)))
}

func (res *resource) sorting(c *call) ([]web.SortKey, error) {
	notEmpty := func(name string) []string {
		return slices.DeleteFunc(slices.Clone(c.Query()[name]), func(s string) bool { return s == "" })
	}
	names, dirs := notEmpty("sort_key"), notEmpty("sort_dir")
	if len(names) != len(dirs) {
		return nil, malformed("The number of sort_keys and sort_dirs must be same")
	}
	bad := slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		if n == "project_id" {
			n = "tenant_id"
		}
		a := res.attr(n)
		return a != nil && a.sort
	})
	if len(bad) > 0 {
		return nil, malformed("%s is invalid attribute for sort_keys", python.Repr(bad))
	}
	bad = slices.DeleteFunc(slices.Clone(dirs), func(d string) bool { return d == "asc" || d == "desc" })
	if len(bad) > 0 {
		return nil, malformed("%s is invalid value for sort_dirs, valid value is 'asc' and 'desc'", python.Repr(bad))
	}
	var order []web.SortKey
	for i, n := range names {
		order = append(order, web.SortKey{Name: n, Desc: dirs[i] == "desc"})
	}
	return order, nil
}

// member and ordered are a JSON object whose keys keep their order.
type member struct {
	key   string
	value any
}

type ordered []member

// only keeps the named members; no names keep all.
func (o ordered) only(names []string) ordered {
	if len(names) == 0 {
		return o
	}
	kept := ordered{}
	for _, m := range o {
		if slices.Contains(names, m.key) {
			kept = append(kept, m)
		}
	}
	return kept
}

// MarshalJSON writes the members in their order.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(m.key); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
		b.WriteByte(':')
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
