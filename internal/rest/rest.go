// Package rest is what the services' APIs have in common: collections that are listed by pages, looked up by name,
// created, compared, changed and deleted. A binding says what its resource is; the requests are made here.
package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/wait"
)

// Client makes the requests of one connection's modules, which share its cache of looked-up names. It is safe on many
// goroutines.
type Client struct {
	Conn  *cloud.Connection
	Clock clock.Clock

	mu     sync.Mutex
	names  map[nameKey]*lookup
	newest map[string]string // the newest microversion of each service that refused a newer one
	boards map[string]*wait.Board
	turns  map[string]chan struct{} // full while somebody is in a call
}

// New gives a client for a connection. A nil clock is the machine's.
func New(conn *cloud.Connection, clk clock.Clock) *Client {
	if clk == nil {
		clk = clock.Real{}
	}
	return &Client{Conn: conn, Clock: clk, names: map[nameKey]*lookup{}, newest: map[string]string{}, boards: map[string]*wait.Board{}, turns: map[string]chan struct{}{}}
}

// Collection is the resources of one kind, through one client.
type Collection struct {
	Kind
	client *Client
}

// Of gives the collection of a kind that KindNamed knows. An unknown kind is a mistake in the house, and every use of
// the collection says so.
func (c *Client) Of(kind string) *Collection {
	k, ok := KindNamed(kind)
	if !ok {
		k = Kind{Name: kind}
	}
	return &Collection{Kind: k, client: c}
}

// Client gives the client the collection works through.
func (c *Collection) Client() *Client { return c.client }

// Do sends a request about the collection's service and adds what to do next to an error.
func (c *Client) Do(ctx context.Context, r cloud.Request) (*cloud.Response, error) {
	res, err := c.negotiate(ctx, r.Service, r.Microversion, func(version string) (cloud.Request, error) {
		r.Microversion = version
		return r, nil
	})
	if err != nil {
		return nil, advise(r, err)
	}
	return res, nil
}

// Describe names a resource for messages: `network "private"`.
func (k Kind) Describe(ref schema.Ref) string { return fmt.Sprintf("%s %q", k.Noun(), ref.String()) }

// object wraps the body of an answer.
func (c *Collection) object(body []byte) schema.Object {
	return c.tidyObject(schema.Object{Kind: c.Name, JSON: json.RawMessage(body), Key: c.Key})
}

// list wraps pages.
func (c *Collection) list(pages []json.RawMessage) schema.List {
	return schema.List{Kind: c.Name, Pages: pages, Key: c.Plural}
}

// wrap puts the members of a resource where the service wants them: most below the kind's own word, Glance's bare.
func (c *Collection) wrap(body map[string]any) map[string]any {
	if c.Key == "" {
		return body
	}
	return map[string]any{c.Key: body}
}

// PathOf is the path of a resource, whose ID is known, and of what is below it.
func (c *Collection) PathOf(ref schema.Ref, below ...string) string { return c.path(ref.ID, below...) }

// Forget drops the names that were found to mean an ID, for a change made past the collection.
func (c *Collection) Forget(id string) { c.client.forgetID(c.Name, id) }

// path is the path of one resource and what is below it. An ID is one step of it, whatever is in the ID.
func (c *Collection) path(id string, below ...string) string {
	step := url.PathEscape(id)
	if step == "." || step == ".." {
		step = strings.ReplaceAll(step, ".", "%2E")
	}
	p := c.Path + "/" + step
	for _, b := range below {
		p += "/" + b
	}
	return p
}

// List gets the resources that match the filters. A limit in the query is the number wanted in all; otherwise all
// pages are fetched.
func (c *Collection) List(ctx context.Context, op string, q url.Values) (schema.List, error) {
	return c.listAt(ctx, op, c.whole(), q)
}

func (c *Collection) listAt(ctx context.Context, op, path string, q url.Values) (schema.List, error) {
	limit, err := limitOf(op, q)
	if err != nil {
		return schema.List{}, err
	}
	p := c.pager(op, path, q)
	var pages []json.RawMessage
	for got := 0; ; {
		page, err := p.next(ctx)
		if err != nil {
			return schema.List{}, err
		}
		if page == nil {
			return c.list(pages), nil
		}
		pages = append(pages, page)
		if limit == 0 {
			continue
		}
		if got += c.count(page); got >= limit {
			return c.list(pages), nil
		}
		p.limit(limit - got)
	}
}

// Each gives the resources page by page, each page fetched when the one before is used up.
func (c *Collection) Each(op string, q url.Values) schema.Iter {
	return schema.Iter{Kind: c.Name, Key: c.Plural, Next: c.pager(op, c.whole(), q).next}
}

// get fetches one resource by ID.
func (c *Collection) get(ctx context.Context, op string, ref schema.Ref) (schema.Object, error) {
	return c.GetOf(ctx, op, ref, nil)
}

// GetOf fetches one resource by ID, with a query: whose it is.
func (c *Collection) GetOf(ctx context.Context, op string, ref schema.Ref, q url.Values) (schema.Object, error) {
	ref = c.known(ref)
	res, err := c.client.Do(ctx, cloud.Request{
		Service: c.Service, Path: c.path(ref.ID), Query: q, Op: op, Resource: c.Describe(ref), Microversion: c.Microversion,
	})
	if err != nil {
		return schema.Object{}, err
	}
	return c.object(res.Body), nil
}

// Get fetches one resource: by ID when there is one, by name otherwise. None is not_found, two are ambiguous.
func (c *Collection) Get(ctx context.Context, op string, ref schema.Ref) (schema.Object, error) {
	ref = c.known(ref)
	if ref.ID != "" {
		return c.get(ctx, op, ref)
	}
	obj, ok, err := c.one(ctx, op, ref.Text, nil)
	if err != nil {
		return schema.Object{}, err
	}
	if !ok {
		return schema.Object{}, c.notFound(ctx, op, ref.Text, nil)
	}
	return obj, nil
}

// Find fetches one resource, or says that there is none. Text in the form of an ID may be a name all the same, so a
// 404 is followed by a look at the names.
func (c *Collection) Find(ctx context.Context, op string, ref schema.Ref, q url.Values) (schema.Object, bool, error) {
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	ref = c.known(ref)
	if ref.ID != "" {
		obj, err := c.get(ctx, op, ref)
		switch {
		case err == nil:
			return obj, true, nil
		case errs.CodeOf(err) != errs.NotFound:
			return schema.Object{}, false, err
		case ref.Text == "" || c.Names == isID:
			return schema.Object{}, false, nil
		}
	}
	return c.one(ctx, op, ref.Text, q)
}

// Create makes a resource of the members of its body.
func (c *Collection) Create(ctx context.Context, op string, body map[string]any) (schema.Object, error) {
	name, _ := body["name"].(string)
	res, err := c.client.Do(ctx, cloud.Request{
		Service: c.Service, Method: http.MethodPost, Path: c.Path,
		Body: c.wrap(body), Op: op, Resource: c.Describe(schema.Ref{Text: name}),
		Microversion: c.Microversion,
	})
	if err != nil {
		return schema.Object{}, err
	}
	// Another of the same name may be there: what the name means has to be asked again.
	c.client.forgetName(c.Name, name)
	return c.object(res.Body), nil
}

// Revision is the revision_number an update insists on; the zero value insists on none.
type Revision = schema.Opt[int]

// Update changes members of a resource.
func (c *Collection) Update(ctx context.Context, op string, ref schema.Ref, body map[string]any, rev Revision) (schema.Object, error) {
	r := cloud.Request{
		Service: c.Service, Method: http.MethodPut, Path: c.path(ref.ID),
		Body: c.wrap(body), Op: op, Resource: c.Describe(ref),
		Idempotent: !rev.Set, Microversion: c.Microversion,
	}
	if rev.Set {
		r.Header = http.Header{"If-Match": {fmt.Sprintf("revision_number=%d", rev.Value)}}
	}
	res, err := c.client.Do(ctx, r)
	if err != nil {
		return schema.Object{}, err
	}
	if _, renamed := body["name"]; renamed {
		c.client.forgetID(c.Name, ref.ID)
	}
	return c.object(res.Body), nil
}

// Delete removes a resource and reports whether it was there. Nothing there is an error unless missingOK.
func (c *Collection) Delete(ctx context.Context, op string, ref schema.Ref, missingOK bool) (bool, error) {
	return c.DeleteOf(ctx, op, ref, nil, missingOK)
}

// DeleteOf is Delete with a query: whose it is.
func (c *Collection) DeleteOf(ctx context.Context, op string, ref schema.Ref, q url.Values, missingOK bool) (bool, error) {
	err := c.Resolve(ctx, op, &ref, nil)
	if err == nil {
		_, err = c.client.Do(ctx, cloud.Request{
			Service: c.Service, Method: http.MethodDelete, Path: c.path(ref.ID), Query: q, Op: op, Resource: c.Describe(ref),
			Microversion: c.Microversion,
		})
	}
	if err == nil || errs.CodeOf(err) == errs.NotFound {
		c.client.forgetID(c.Name, ref.ID)
	}
	if missingOK && errs.CodeOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Put sends a body to a path below a resource: routers/ID/add_router_interface. It is not repeated when its answer is
// lost, unless again says that doing it twice is as good as once.
func (c *Collection) Put(ctx context.Context, op string, ref schema.Ref, below string, body any, again bool) (*cloud.Response, error) {
	return c.client.Do(ctx, cloud.Request{
		Service: c.Service, Method: http.MethodPut, Path: c.path(ref.ID, below), Body: body, Op: op, Resource: c.Describe(ref),
		Idempotent: again, Microversion: c.Microversion,
	})
}

// text gives a member of the object as text, "" when there is none or it is no text.
func text(obj schema.Object, member string) string {
	raw, ok := field(obj, member)
	if !ok {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// Text gives a member of an object as text, "" when it has none.
func Text(obj schema.Object, member string) string { return text(obj, member) }

// RefOf gives an object as a reference to itself.
func RefOf(obj schema.Object) schema.Ref {
	return schema.Ref{ID: text(obj, "id"), Text: text(obj, "name")}
}

func field(obj schema.Object, member string) (json.RawMessage, bool) {
	if obj.Key == "" {
		return rawjson.Get(obj.JSON, member)
	}
	return rawjson.Get(obj.JSON, obj.Key, member)
}
