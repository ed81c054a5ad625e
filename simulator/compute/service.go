package compute

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Prefix is where the service answers.
const Prefix = "/compute"

// The microversions there are.
const (
	oldest = 1
	newest = 93
)

// Options say how the service behaves.
type Options struct {
	// BuildTime is how long a server takes to become ACTIVE; other changes take a part of it. 0 is at once.
	BuildTime time.Duration
	// Images are the images servers are made of. Without them there are none.
	Images Images
	// ProjectExists says whether there is a project; nil takes any for one.
	ProjectExists func(tx *store.Tx, id string) (bool, error)
	// RunUserData runs the user data of a guest that has just booted and gives what it printed. Nil runs none.
	RunUserData func(r *web.Request, g Guest) string
	// Random is the source of generated keys and passwords; nil is crypto/rand's.
	Random io.Reader
}

// Image is what the compute service wants to know of an image.
type Image struct {
	ID, Name, Status, Visibility, Owner, DiskFormat, ContainerFormat string
	MinDisk, MinRAM                                                  int   // GB, MB
	Size, VirtualSize                                                int64 // bytes; 0: not known
	Properties                                                       map[string]string
	CreatedAt, UpdatedAt                                             time.Time
}

// NewImage is an image to make of a server.
type NewImage struct {
	Name       string
	Properties map[string]string
	// From is the image the server was made of; the new one takes over its format and needs. Nil when it is gone.
	From *Image
	// MinDisk is the size of the server's disk in GB.
	MinDisk int
}

// Images is the image service, in the transaction of a request.
type Images interface {
	// Image finds an image the caller may see, or store.ErrNotFound.
	Image(r *web.Request, id string) (Image, error)
	// List gives the images the caller may see.
	List(r *web.Request) ([]Image, error)
	// Snapshot makes an image of a server, owned by the caller's project, and gives its ID.
	Snapshot(r *web.Request, image NewImage) (string, error)
	// Delete removes an image that Snapshot made; none of that ID is no error.
	Delete(r *web.Request, id string) error
}

// service is the code; the state is the store's.
type service struct {
	options Options
}

// New is the service for a web.Server.
func New(auth web.Authenticator, o Options) *web.Service {
	if o.Images == nil {
		o.Images = noImages{}
	}
	s := &service{options: o}
	style := web.Nova()
	style.NotFound = unknownPath
	style.MethodNotAllowed = func(r *web.Request, _ []string) *web.Error { return unknownPath(r) }
	return &web.Service{Name: "compute", Prefix: Prefix, Style: style, Auth: auth, Routes: s.routes(), Prepare: negotiate, Finish: finish}
}

// noImages is an image service without images.
type noImages struct{}

func (noImages) Image(*web.Request, string) (Image, error) { return Image{}, store.ErrNotFound }
func (noImages) List(*web.Request) ([]Image, error)        { return nil, nil }
func (noImages) Snapshot(*web.Request, NewImage) (string, error) {
	return "", web.Errorf(http.StatusServiceUnavailable, "There is no image service.")
}
func (noImages) Delete(*web.Request, string) error { return nil }

// negotiate settles the microversion.
func negotiate(r *web.Request) error {
	if !versioned(r) {
		return nil
	}
	v, found, ok := web.AskedVersion(r.Header, "compute", "X-OpenStack-Nova-API-Version", web.Version{Major: 2, Minor: newestFor(r)})
	if !ok {
		asked := r.Header.Get("X-OpenStack-Nova-API-Version")
		for line := range strings.SplitSeq(strings.Join(r.Header.Values("OpenStack-API-Version"), ","), ",") {
			if rest, cut := strings.CutPrefix(strings.TrimSpace(line), "compute "); cut {
				asked = strings.TrimSpace(rest)
			}
		}
		return badRequest("API Version String %s is of invalid format. Must be of format MajorNum.MinorNum.", asked)
	}
	if !found {
		v = web.Version{Major: 2, Minor: oldest}
	}
	r.Version = v
	if most := newestFor(r); v.Major != 2 || v.Minor < oldest || v.Minor > most {
		return web.Errorf(http.StatusNotAcceptable, "Version %s is not supported by the API. Minimum is 2.%d and maximum is 2.%d.", v, oldest, most)
	}
	return nil
}

func versioned(r *web.Request) bool {
	return r.Route != nil && (r.URL.Path == "/v2.1" || strings.HasPrefix(r.URL.Path, "/v2.1/"))
}

// finish adds the headers of microversions and Nova's own request id.
func finish(r *web.Request, h http.Header) {
	if !strings.HasPrefix(r.URL.Path, "/v2.1") {
		h.Del("X-Openstack-Request-Id")
		return
	}
	h.Set("X-Compute-Request-Id", r.ID)
	if r.Version.Major == 0 {
		return
	}
	h.Set("OpenStack-API-Version", "compute "+r.Version.String())
	h.Set("X-OpenStack-Nova-API-Version", r.Version.String())
	h.Add("Vary", "OpenStack-API-Version")
	h.Add("Vary", "X-OpenStack-Nova-API-Version")
}

// call is a request with what Nova wants to know about its caller.
type call struct {
	*web.Request
	s             *service
	admin         bool
	project, user string
	body          any // the decoded body
	nets          *network.Agent
}

// at says whether the request's microversion is 2.minor or later.
func (c *call) at(minor int) bool { return c.Version.Minor >= minor }

// now is the request's instant in the precision of Nova's database.
func (c *call) now() time.Time { return c.Now.UTC().Truncate(time.Second) }

// net is the network service.
func (c *call) net() *network.Agent {
	if c.nets == nil {
		c.nets = network.NewAgent(c.Request)
	}
	return c.nets
}

// link is an object's URL, with and without the version.
func (c *call) link(path string) string     { return c.URLFor("/v2.1" + path) }
func (c *call) bookmark(path string) string { return c.URLFor(path) }

func (c *call) links(path string) []web.Object {
	return []web.Object{{"rel": "self", "href": c.link(path)}, {"rel": "bookmark", "href": c.bookmark(path)}}
}

// may asks the policy for something only an administrator may do.
func (c *call) may(rule string) error {
	if c.admin {
		return nil
	}
	return disallowed(rule)
}

// owns asks the policy for something the project itself may do too.
func (c *call) owns(project, rule string) error {
	if c.admin || project == c.project && project != "" {
		return nil
	}
	return disallowed(rule)
}

// bodyIs reads the body and checks it.
func (c *call) bodyIs(s schema) (*object, error) {
	if len(bytes.TrimSpace(c.Raw)) == 0 {
		c.body = nil
	} else {
		v, err := decodeJSON(c.Raw)
		if err != nil || !strings.Contains(c.contentType(), "json") {
			return nil, badRequest("Malformed request body")
		}
		c.body = v
	}
	if s != nil {
		if err := checkBody(s, c.body); err != nil {
			return nil, err
		}
	}
	o, _ := c.body.(*object)
	return o, nil
}

func (c *call) contentType() string {
	if t := c.Header.Get("Content-Type"); t != "" {
		return t
	}
	return "application/json"
}

// handle makes a web handler of a method.
func (s *service) handle(f func(c *call) (*web.Response, error)) web.Handler {
	return func(r *web.Request) (*web.Response, error) {
		c := &call{Request: r, s: s}
		if r.Caller != nil {
			c.admin, c.project, c.user = r.Caller.Admin(), r.Caller.ProjectID, r.Caller.UserID
		}
		return f(c)
	}
}

func versionDoc(r *web.Request, detail bool) web.Object {
	o := web.Object{"id": "v2.1", "status": "CURRENT", "version": fmt.Sprintf("2.%d", newestFor(r)), "min_version": "2.1", "updated": "2013-07-23T11:33:21Z"}
	links := []web.Object{{"rel": "self", "href": r.URLFor("/v2.1/")}}
	if detail {
		links = append(links, web.Object{"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
		o["media-types"] = []web.Object{{"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"}}
	}
	o["links"] = links
	return o
}

func versions(c *call) (*web.Response, error) {
	return web.OK(web.Object{"versions": []web.Object{versionDoc(c.Request, false)}}), nil
}

func version(c *call) (*web.Response, error) {
	return web.OK(web.Object{"version": versionDoc(c.Request, true)}), nil
}

func showVersion(c *call) (*web.Response, error) {
	if c.PathValue("id") != "v2.1" {
		return nil, notFound("The resource could not be found.")
	}
	return version(c)
}
