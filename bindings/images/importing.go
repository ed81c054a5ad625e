package images

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

type importing struct {
	one
	Method    string           `lua:"method" json:"name" enum:"glance-direct|web-download|copy-image|glance-download" doc:"How: from the staging area, from an address, into more stores, or from another cloud; web-download when there is a uri."`
	URI       string           `lua:"uri" alias:"url" json:"uri" doc:"Address to fetch it from, for web-download."`
	Region    string           `lua:"glance_region" json:"glance_region" doc:"Region to fetch it from, for glance-download."`
	RemoteID  string           `lua:"glance_image_id" json:"glance_image_id" doc:"ID of the image there, for glance-download."`
	Stores    []string         `lua:"stores" json:"-" doc:"Stores to put it into; the default one when left out."`
	AllStores schema.Opt[bool] `lua:"all_stores" json:"-" default:"false" doc:"Put it into all stores."`
	MustAll   schema.Opt[bool] `lua:"all_stores_must_succeed" json:"-" default:"true" doc:"Fail when one of the stores fails."`
	rest.Waits
}

type fetching struct {
	creation
	URL      string           `lua:"url,required" alias:"uri" json:"-" doc:"Address of the image's file: http or https."`
	Method   string           `lua:"method" json:"-" enum:"auto|import|stream" default:"auto" doc:"import lets the service fetch it, stream passes it through here, auto takes the first that works."`
	Force    bool             `lua:"force" json:"-" default:"false" doc:"Take the file although its bytes say that it is of another format."`
	Progress schema.Opt[bool] `lua:"progress" json:"-" default:"true" doc:"Show how far it is, when it is passed through here."`
	rest.Waits
}

func (m module) importMethods(ctx context.Context, _ schema.None) ([]string, error) {
	return m.methods(ctx, "images.import_methods")
}

// methods asks how the service itself can get data; a service too old to say cannot.
func (m module) methods(ctx context.Context, op string) ([]string, error) {
	res, err := m.Client().Do(ctx, cloud.Request{Service: m.Service, Path: "info/import", Op: op})
	if errs.CodeOf(err) == errs.NotFound {
		return []string{}, nil
	}
	if err != nil {
		return nil, err
	}
	out := []string{}
	if raw, ok := rawjson.Get(res.Body, "import-methods", "value"); ok {
		if err := json.Unmarshal(raw, &out); err != nil {
			e := errs.New(errs.Unavailable, "the answer lists no methods")
			e.Op, e.Cause = op, err
			return nil, e
		}
	}
	return out, nil
}

func (m module) importData(ctx context.Context, in importing) (schema.Object, error) {
	const op = "images.import"
	switch {
	case in.Method == "" && in.URI != "":
		in.Method = "web-download"
	case in.Method == "":
		return schema.Object{}, refuse(op, "method", "say how").WithHint(`write method = "glance-direct" after stage, or uri = "http://..."`)
	case in.Method == "web-download" && in.URI == "":
		return schema.Object{}, refuse(op, "uri", "web-download needs an address").WithHint(`add uri = "http://..."`)
	}
	if err := m.Resolve(ctx, op, &in.Image, nil); err != nil {
		return schema.Object{}, err
	}
	method, err := schema.Body(&in)
	if err != nil {
		return schema.Object{}, err
	}
	body := map[string]any{"method": method}
	if in.Stores != nil {
		body["stores"] = in.Stores
	}
	if in.AllStores.Set {
		body["all_stores"] = in.AllStores.Value
	}
	if in.MustAll.Set {
		body["all_stores_must_succeed"] = in.MustAll.Value
	}
	if err := m.start(ctx, op, in.Image, body); err != nil {
		return schema.Object{}, err
	}
	return m.settle(ctx, op, in.Image, in.Wait, in.Timeout)
}

func (m module) start(ctx context.Context, op string, ref schema.Ref, body map[string]any) error {
	_, err := m.Client().Do(ctx, cloud.Request{
		Service: m.Service, Method: http.MethodPost, Path: m.PathOf(ref, "import"), Body: body, Op: op, Resource: m.Describe(ref),
	})
	return err
}

func (m module) fromURL(ctx context.Context, in fetching) (schema.Object, error) {
	const op = "images.from_url"
	u, err := url.Parse(in.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return schema.Object{}, refuse(op, "url", "%q is no web address", in.URL).WithHint("write http://HOST/FILE or https://HOST/FILE; a file of this machine goes with images.create{ file = ... }")
	}
	direct := in.Method != "stream"
	if direct {
		ways, err := m.methods(ctx, op)
		if err != nil {
			return schema.Object{}, err
		}
		direct = slices.Contains(ways, "web-download")
		if !direct && in.Method == "import" {
			e := errs.New(errs.BadRequest, "this cloud's image service does not fetch images itself").WithHint(`leave method out: then the image is passed through here`)
			e.Op = op
			return schema.Object{}, e
		}
	}
	w := web{client: http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}, op: op, url: in.URL}
	defer w.client.CloseIdleConnections()
	if direct {
		obj, elsewhere, err := m.byService(ctx, op, &w, in)
		if err == nil || !elsewhere || in.Method == "import" {
			return obj, err
		}
	}
	return m.throughHere(ctx, op, &w, in)
}

// byService lets the service fetch the data. Which format it is is looked at from here where that is possible. When the
// service will not or cannot have it, elsewhere says that this machine can.
func (m module) byService(ctx context.Context, op string, w *web, in fetching) (obj schema.Object, elsewhere bool, err error) {
	head, size, err := w.head(ctx)
	reached := err == nil
	switch {
	case reached:
		if in.DiskFormat, err = checkFormat(op, w.file(), in.DiskFormat, in.Container, sniff(head, size), in.Force); err != nil {
			return schema.Object{}, false, err
		}
	case ctx.Err() != nil:
		return schema.Object{}, false, err
	case in.DiskFormat == "": // the service may reach what we cannot
		e := asError(err)
		return schema.Object{}, false, e.WithHint("the service may reach what this machine does not: say disk_format = ..., since nobody can look here")
	}
	if obj, err = m.queued(ctx, op, &in.creation); err != nil {
		return schema.Object{}, false, err
	}
	ref := rest.RefOf(obj)
	err = m.start(ctx, op, ref, map[string]any{"method": map[string]any{"name": "web-download", "uri": in.URL}})
	if err == nil {
		obj, err = m.settle(ctx, op, ref, in.Wait, in.Timeout)
	}
	if err == nil {
		return obj, false, nil
	}
	switch errs.CodeOf(err) {
	case errs.BadRequest, errs.Forbidden, errs.ResourceError: // it may fetch from some ports only, or not reach the place
		elsewhere = reached
	}
	return schema.Object{}, elsewhere, m.cleanUp(ctx, op, ref, in.Protected.Or(false), err)
}

// throughHere passes the data on as it comes.
func (m module) throughHere(ctx context.Context, op string, w *web, in fetching) (schema.Object, error) {
	body, size, err := w.open(ctx, 0)
	if err != nil {
		return schema.Object{}, err
	}
	first := body // the answer at hand serves the first attempt
	defer func() {
		if first != nil {
			first.Close()
		}
	}()
	head := make([]byte, headSize)
	n, err := io.ReadFull(body, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return schema.Object{}, w.fail(err)
	}
	head = head[:n]
	if in.DiskFormat, err = checkFormat(op, w.file(), in.DiskFormat, in.Container, sniff(head, size), in.Force); err != nil {
		return schema.Object{}, err
	}
	obj, err := m.queued(ctx, op, &in.creation)
	if err != nil {
		return schema.Object{}, err
	}
	src := &source{name: in.URL, size: size, prog: m.progress("passing on "+in.Name, size, in.Progress)}
	src.open = func() (io.ReadCloser, error) {
		if first == nil {
			again, _, err := w.open(ctx, 0)
			return again, err
		}
		r := &joined{Reader: io.MultiReader(bytes.NewReader(head), first), Closer: first}
		first = nil
		return r, nil
	}
	return m.fill(ctx, op, obj, src, in.Protected.Or(false), in.Wait, in.Timeout)
}

type joined struct {
	io.Reader
	io.Closer
}

// web fetches what an address gives.
type web struct {
	client  http.Client
	op, url string
}

func (w *web) file() string {
	if u, err := url.Parse(w.url); err == nil {
		if name := path.Base(u.Path); name != "." && name != "/" {
			return name
		}
	}
	return w.url
}

// open begins to fetch; with upTo only the first bytes are asked for. size is that of the whole, -1 when unknown.
func (w *web) open(ctx context.Context, upTo int) (body io.ReadCloser, size int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url, nil)
	if err != nil {
		cancel()
		return nil, 0, w.fail(err)
	}
	req.Header.Set("Accept-Encoding", "identity") // or an image would come unpacked, and be of another size
	if upTo > 0 {
		req.Header.Set("Range", "bytes=0-"+itoa(int64(upTo-1)))
	}
	resp, err := w.client.Do(req)
	if err != nil {
		cancel()
		return nil, 0, w.fail(err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent {
		resp.Body.Close()
		cancel()
		e := errs.New(errs.Unavailable, "%s answers %s", w.url, strings.ToLower(resp.Status))
		e.Op = w.op
		if resp.StatusCode == http.StatusNotFound {
			e.Code = errs.NotFound
			return nil, 0, e.WithHint("there is nothing at that address: look whether the file has another name by now")
		}
		return nil, 0, e.WithHint("look at the address in a browser")
	}
	size = resp.ContentLength
	if _, whole, ok := strings.Cut(resp.Header.Get("Content-Range"), "/"); ok {
		size = atoi(whole)
	}
	if t, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil && t == "text/html" {
		resp.Body.Close()
		cancel()
		e := errs.New(errs.BadArgument, "%s gives a web page, not a file", w.url).WithHint("look at it in a browser: it may want a login, or lead to the file by a link")
		e.Op = w.op
		return nil, 0, e
	}
	return &cancelled{resp.Body, cancel}, size, nil
}

// cancelled ends the exchange when it is closed: closing the body alone would wait for who reads it.
type cancelled struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *cancelled) Close() error {
	c.cancel()
	return c.ReadCloser.Close()
}

// head fetches the beginning.
func (w *web) head(ctx context.Context) ([]byte, int64, error) {
	body, size, err := w.open(ctx, headSize)
	if err != nil {
		return nil, 0, err
	}
	defer body.Close()
	head, err := io.ReadAll(io.LimitReader(body, headSize))
	if err != nil {
		return nil, 0, w.fail(err)
	}
	return head, size, nil
}

func (w *web) fail(err error) error {
	code := errs.Unavailable
	if errors.Is(err, context.Canceled) {
		code = errs.Cancelled
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	e := errs.New(code, "%s cannot be fetched: %s", w.url, err).WithHint("look at the address in a browser, and whether this machine reaches it")
	e.Op, e.Cause = w.op, err
	return e
}

func asError(err error) *errs.Error {
	var e *errs.Error
	if errors.As(err, &e) {
		return e
	}
	return errs.New(errs.Unavailable, "%s", err)
}
