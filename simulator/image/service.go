package image

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/oslua/oslua/simulator/web"
)

// Prefix is where the service answers.
const Prefix = "/image"

// storeName is Glance's name for where images are.
const storeName = "file"

// Options say how the service works.
type Options struct {
	// Dir keeps the images' data; it is made when it is needed. Empty takes a temporary directory that Close removes.
	Dir string
	// Clock tells how long an upload takes; when it began its request says.
	Clock web.Clock
	// Client fetches what a web-download names. Nil reaches loopback addresses only.
	Client *http.Client
	// MaxSize is the most bytes an image may have; 0 is Glance's 1 TiB.
	MaxSize int64
}

// Image is the image service.
type Image struct {
	options Options
	files   files
	allowed map[string][]string // methods by pattern
	writes  sync.WaitGroup      // data on its way into a file
	closing context.Context
	close   context.CancelFunc
}

// New makes the service; Close ends it.
func New(ctx context.Context, o Options) *Image {
	if o.MaxSize == 0 {
		o.MaxSize = 1 << 40
	}
	s := &Image{options: o, files: files{dir: o.Dir}}
	s.closing, s.close = context.WithCancel(context.WithoutCancel(ctx))
	return s
}

// Close breaks uploads that are still under way, as a client that goes away would, and removes temporary files.
func (s *Image) Close() error {
	s.close()
	s.writes.Wait()
	return s.files.close()
}

// now is the time of a request, as Glance keeps it: in seconds.
func now(r *web.Request) time.Time { return r.Now.UTC().Truncate(time.Second) }

// watch tells the time of a request whose data takes a while.
func (s *Image) watch(r *web.Request) func() time.Time {
	began := s.options.Clock.Now()
	return func() time.Time { return r.Now.Add(s.options.Clock.Now().Sub(began)).UTC().Truncate(time.Second) }
}

// Service is the service for a web.Server.
func (s *Image) Service(auth web.Authenticator) *web.Service {
	routes := s.routes()
	s.allowed = map[string][]string{}
	for _, r := range routes {
		if r.Method != "" {
			s.allowed[r.Pattern] = append(s.allowed[r.Pattern], r.Method)
		}
	}
	style := web.Glance()
	style.MaxBody = 1 << 20
	challenge := style.Unauthorized
	style.Unauthorized = func(r *web.Request) *web.Error {
		e := failf(http.StatusUnauthorized, "%s", "This server could not verify that you are authorized to access the document you requested. "+
			"Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.")
		if known := challenge(r); known.Answer != nil {
			e.header = known.Answer.Header
		}
		return e.answer(r)
	}
	style.NotFound = func(r *web.Request) *web.Error { return nothingHere().answer(r) }
	style.MethodNotAllowed = func(r *web.Request, allowed []string) *web.Error {
		if slices.Contains(allowed, http.MethodOptions) || strings.HasSuffix(pathOf(r), "/") {
			return nothingHere().answer(r) // the rest of the paths
		}
		return notAllowed(r.Method, allowed).answer(r)
	}
	style.TooLarge = func(r *web.Request) *web.Error {
		return failf(http.StatusRequestEntityTooLarge, "Request is too large.").answer(r)
	}
	return &web.Service{Name: "image", Prefix: Prefix, Style: style, Auth: auth, Routes: routes, Finish: func(r *web.Request, h http.Header) {
		if r.Caller == nil || r.URL.Path != "/v2" && !strings.HasPrefix(r.URL.Path, "/v2/") {
			h.Del("X-Openstack-Request-Id")
		}
	}}
}

// flag says how a route is served.
type flag int

const (
	plain    flag = iota
	bodyless      // a body is refused
	stream        // the handler reads the body and makes its transactions itself
)

func (s *Image) routes() []web.Route {
	route := func(method, pattern string, how flag, doc string, h web.Handler) web.Route {
		return web.Route{Method: method, Pattern: "/v2" + pattern, Stream: how&stream != 0, Doc: doc, Handler: s.handle("/v2"+pattern, how&bodyless != 0, h)}
	}
	missing := func(pattern, doc string) web.Route {
		return web.Route{Pattern: "/v2" + pattern, Missing: true, Doc: doc}
	}
	public := func(pattern, doc string, status int) []web.Route {
		var all []web.Route
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			r := web.Route{Method: m, Pattern: pattern, Public: true, Handler: versions(status)}
			if m == http.MethodGet {
				r.Doc = doc
			}
			all = append(all, r)
		}
		return all
	}
	const image = "/images/{id}"
	routes := []web.Route{
		route("GET", "/images", plain, "List images.", s.list),
		route("POST", "/images", plain, "Create an image.", s.create),
		route("GET", image, bodyless, "Show an image.", s.show),
		route("PATCH", image, plain, "Change an image.", s.update),
		route("DELETE", image, bodyless|stream, "Delete an image.", s.remove),
		route("GET", image+"/file", bodyless|stream, "Download an image's data, or a range of it.", s.download),
		route("PUT", image+"/file", stream, "Upload an image's data.", s.upload),
		route("PUT", image+"/stage", stream, "Upload data to be imported.", s.stage),
		route("POST", image+"/import", stream, "Import staged data or data from the web.", s.importImage),
		route("GET", image+"/tasks", bodyless, "List the imports of an image.", s.imageTasks),
		route("POST", image+"/actions/deactivate", bodyless, "Keep an image's data from being downloaded.", s.deactivate),
		route("POST", image+"/actions/reactivate", bodyless, "Let an image's data be downloaded again.", s.reactivate),
		route("PUT", image+"/tags/{tag}", bodyless, "Add a tag.", s.addTag),
		route("DELETE", image+"/tags/{tag}", bodyless, "Remove a tag.", s.dropTag),
		route("GET", image+"/members", bodyless, "List the projects an image is shared with.", s.listMembers),
		route("POST", image+"/members", plain, "Share an image with a project.", s.addMember),
		route("GET", image+"/members/{member}", bodyless, "Show a project an image is shared with.", s.showMember),
		route("PUT", image+"/members/{member}", plain, "Accept or reject a shared image.", s.updateMember),
		route("DELETE", image+"/members/{member}", bodyless, "Stop sharing an image with a project.", s.dropMember),
		route("DELETE", "/stores/{store}/{id}", bodyless, "Remove an image from a store: there is only one, so it is refused.", s.dropFromStore),
		route("GET", "/tasks", plain, "List imports.", s.listTasks),
		route("POST", "/tasks", plain, "Take a task that will fail.", createTask),
		route("GET", "/tasks/{id}", plain, "Show an import.", s.showTask),
		route("DELETE", "/tasks/{id}", plain, "Refuse to delete an import.", s.dropTask),
		route("GET", "/info/import", bodyless, "List the ways of importing.", importMethods),
		route("GET", "/info/stores", bodyless, "List the stores.", stores),
		route("GET", "/info/stores/detail", bodyless, "List the stores with their settings.", s.storesDetail),
		route("GET", "/info/usage", plain, "Show usage: no limits are set.", usage),
		route("GET", "/cache", bodyless, "Say that there is no cache.", noCache("cache_list")),
		route("DELETE", "/cache", plain, "Say that there is no cache.", noCache("cache_delete")),
		route("DELETE", "/cache/{id}", plain, "Say that there is no cache.", noCache("cache_delete")),
		route("PUT", "/cache/{id}", plain, "Say that there is no cache.", noCache("cache_image")),
		missing("/metadefs/{rest...}", "Metadata definitions."),
	}
	for _, name := range []string{"image", "images", "member", "members"} {
		routes = append(routes, route("GET", "/schemas/"+name, bodyless, "Show the schema of "+name+".", showSchema(name)))
	}
	for _, name := range []string{"namespace", "namespaces", "resource_type", "resource_types", "property", "properties", "object", "objects", "tag", "tags"} {
		name = "metadefs/" + name
		routes = append(routes, route("GET", "/schemas/"+name, bodyless, "Show the schema of "+name+".", showSchema(name)))
	}
	for _, name := range []string{"task", "tasks"} {
		routes = append(routes, route("GET", "/schemas/"+name, plain, "Show the schema of "+name+".", showSchema(name)))
	}
	routes = append(routes, public("/{$}", "List the versions.", http.StatusMultipleChoices)...)
	routes = append(routes, public("/versions", "List the versions.", http.StatusOK)...)
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"} {
		r := web.Route{Method: m, Pattern: "/{rest...}", Public: true, Handler: s.elsewhere}
		if m == http.MethodGet {
			r.Doc = "List the versions, for paths of none of them."
		}
		routes = append(routes, r)
	}
	return routes
}

// handle does what every route has in common.
func (s *Image) handle(pattern string, bodyless bool, h web.Handler) web.Handler {
	return func(r *web.Request) (*web.Response, error) {
		resp, err := func() (*web.Response, error) {
			switch {
			case strings.HasSuffix(pathOf(r), "/"):
				return nil, nothingHere()
			case r.Method == http.MethodHead:
				return nil, notAllowed(r.Method, s.allowed[pattern])
			case bodyless && hasBody(r):
				return nil, badRequest("A body is not expected with this request.")
			}
			return h(r)
		}()
		if err != nil {
			return nil, render(r, err)
		}
		return resp, nil
	}
}

// pathOf is the path as the client wrote it: web takes a last slash off, with which Glance knows no path.
func pathOf(r *web.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

func hasBody(r *web.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		if slices.Contains(r.TransferEncoding, "chunked") {
			return true
		}
	}
	return r.ContentLength > 0
}

// noContent is a 204 as WebOb sends it: with the type of the body that is not there.
func noContent() *web.Response { return empty(http.StatusNoContent) }

func empty(status int) *web.Response {
	return (&web.Response{Status: status}).With("Content-Type", "text/html; charset=UTF-8")
}
