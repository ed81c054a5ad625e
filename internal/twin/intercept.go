package twin

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/compute"
	"github.com/oslua/oslua/simulator/identity"
	"github.com/oslua/oslua/simulator/image"
	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// intercept stands before the simulator: it reads what of the real cloud a request wants to be there, and passes questions
// on that the simulator cannot answer. It says true when it answered itself.
func (t *Twin) intercept(w http.ResponseWriter, r *http.Request) bool {
	ctx := r.Context()
	service, path := split(r.URL.Path)
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !reads {
		t.changed(service, path)
	}
	if service == "" || !t.authentic(ctx, r) {
		return false
	}
	switch {
	case strings.HasPrefix(r.URL.Path, elsewhere), !t.simulates(r):
		if reads {
			return t.forward(w, r, service, path)
		}
		t.note(Note{Service: service, Text: r.Method + " " + path + " cannot be tried: the simulator does not have it"})
		if strings.HasPrefix(r.URL.Path, elsewhere) {
			answer(w, http.StatusNotImplemented, "This is a copy of a cloud, without its service "+service+": "+r.Method+" "+path+" cannot be tried.")
			return true
		}
		return false
	case reads && t.passed(service, path):
		return t.forward(w, r, service, path)
	}
	err := t.need(ctx, t.wants(service, path, r.URL.Query())...)
	if err == nil {
		err = t.details(ctx, r, service, path)
	}
	if err != nil {
		if !cancelled(err) && ctx.Err() == nil {
			t.fail(err)
		}
		// Not one of the statuses that are tried again: the next try would bring the same.
		answer(w, http.StatusFailedDependency, "The cloud could not be read: "+message(err))
		return true
	}
	return false
}

func message(err error) string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

func answer(w http.ResponseWriter, status int, sentence string) {
	body, err := json.Marshal(map[string]any{"message": sentence})
	if err != nil {
		body = nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody to tell
}

// split finds the service of a path, and what comes below its versioned endpoint.
func split(path string) (service, rest string) {
	if rest, ok := strings.CutPrefix(path, elsewhere); ok {
		service, rest, _ := strings.Cut(rest, "/")
		return service, rest
	}
	for _, s := range []struct{ service, prefix string }{{cloud.Network, network.Prefix + "/v2.0/"}, {cloud.Image, image.Prefix + "/v2/"},
		{cloud.Compute, compute.Prefix + "/v2.1/"}, {cloud.Identity, identity.Prefix + "/v3/"}} {
		if rest, ok := strings.CutPrefix(path, s.prefix); ok {
			return s.service, strings.Trim(rest, "/")
		}
	}
	if strings.Trim(path, "/") == strings.Trim(compute.Prefix, "/")+"/v2.1" {
		return cloud.Compute, ""
	}
	return "", ""
}

// authentic tells whether a request has a token of this cloud: for nobody else is anything read.
func (t *Twin) authentic(ctx context.Context, r *http.Request) bool {
	if r.URL.Path == compute.Prefix+"/v2.1" || r.URL.Path == compute.Prefix+"/v2.1/" {
		return true // everybody may see the version
	}
	token := r.Header.Get("X-Auth-Token")
	if token == "" {
		return false
	}
	known := false
	err := t.sim.Store().View(ctx, func(tx *store.Tx) error {
		caller, err := identity.New(simulator.DefaultTokenLifetime).Authenticate(tx, token, t.clock.Now().UTC())
		known = caller != nil
		return err
	})
	return err == nil && known
}

// routes is a table of what the simulator answers itself.
func routes(sim *simulator.Simulator) *http.ServeMux {
	mux := http.NewServeMux()
	for _, s := range sim.Services() {
		for _, r := range s.Routes {
			if r.Missing || strings.HasPrefix(r.Pattern, "/{rest") {
				continue
			}
			mux.Handle(r.Method+" "+s.Prefix+r.Pattern, http.NotFoundHandler())
		}
	}
	return mux
}

func (t *Twin) simulates(r *http.Request) bool {
	probe := &http.Request{Method: r.Method, Host: r.Host, URL: &url.URL{Path: strings.TrimRight(r.URL.Path, "/")}}
	_, pattern := t.routes.Handler(probe)
	return pattern != ""
}

// wants are the parts that have to be there before a request is answered.
func (t *Twin) wants(service, path string, query url.Values) []string {
	head, _, _ := strings.Cut(path, "/")
	switch service {
	case cloud.Identity:
		if path != "auth/tokens" && path != "auth/catalog" {
			return []string{partIdentity}
		}
	case cloud.Network:
		if slices.Contains([]string{"address-scopes", "address-groups", "subnetpools", "security-group-rules", "rbac-policies"}, head) {
			return []string{partAddresses}
		}
		return []string{partNetwork}
	case cloud.Image:
		return []string{partImage}
	case cloud.Compute:
		switch {
		case path == "":
			return []string{partVersion}
		case head == "flavors":
			return []string{partFlavors}
		case head == "os-keypairs":
			return []string{partKeypairs}
		case query.Has("all_tenants") && t.of().Admin:
			return []string{partAllServers}
		}
		return []string{partServers}
	}
	return nil
}

// changed remembers what was changed here, and from then on is only here what it is.
func (t *Twin) changed(service, path string) {
	head, _, _ := strings.Cut(path, "/")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written[service+" "+head] = true
}

func (t *Twin) isWritten(service, collection string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written[service+" "+collection]
}

// passed tells of which questions the real cloud's own answer is the better one, because the state here says nothing of
// what they are about.
func (t *Twin) passed(service, path string) bool {
	head, rest, _ := strings.Cut(path, "/")
	if t.isWritten(service, head) {
		return false
	}
	own := t.login.ProjectID
	switch service {
	case cloud.Identity:
		return slices.Contains([]string{"services", "endpoints", "regions"}, head)
	case cloud.Image:
		return slices.Contains([]string{"schemas", "info"}, head)
	case cloud.Network:
		if head == "quotas" {
			return rest != own && rest != own+"/details" && rest != own+"/details.json" && rest != "tenant" && rest != "project"
		}
		return slices.Contains([]string{"extensions", "agents", "availability_zones", "service-providers", "flavors", "floatingip_pools"}, head)
	case cloud.Compute:
		if head == "os-quota-sets" {
			return rest != own && rest != own+"/detail"
		}
		return slices.Contains([]string{"os-availability-zone", "os-hypervisors", "os-services", "os-aggregates", "os-quota-class-sets",
			"os-simple-tenant-usage", "os-hosts", "extensions"}, head)
	}
	return false
}

// passedOn is an answer of the real cloud.
type passedOn struct {
	status int
	header http.Header
	body   []byte
}

// anyStatus has the real cloud's refusals passed on too.
func anyStatus() []int {
	var all []int
	for s := http.StatusOK; s < 600; s++ {
		if s != http.StatusUnauthorized {
			all = append(all, s)
		}
	}
	return all
}

// forward lets the real cloud answer a question, with the addresses of this one in the answer. It is asked once.
func (t *Twin) forward(w http.ResponseWriter, r *http.Request, service, path string) bool {
	version := r.Header.Get("OpenStack-API-Version")
	key := service + " " + path + "?" + r.URL.RawQuery + " " + version
	err := t.wanted(r.Context(), "passed on: "+key, func() error {
		got, err := t.fetch(r, service, path)
		if err == nil {
			t.forwards.Store(key, got)
		}
		return err
	})
	known, ok := t.forwards.Load(key)
	if !ok {
		if err == nil {
			err = errs.New(errs.Unavailable, "the cloud did not answer")
		}
		if !cancelled(err) {
			t.fail(err)
		}
		answer(w, http.StatusFailedDependency, "The cloud could not be read: "+message(err))
		return true
	}
	got, _ := known.(*passedOn)
	for _, name := range []string{"Content-Type", "Openstack-Api-Version", "X-Openstack-Nova-Api-Version", "X-Openstack-Request-Id", "X-Compute-Request-Id"} {
		if v := got.header.Values(name); v != nil {
			w.Header()[name] = v
		}
	}
	w.WriteHeader(got.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(got.body) // the client is gone: nobody to tell
	}
	return true
}

func (t *Twin) fetch(r *http.Request, service, path string) (*passedOn, error) {
	header := http.Header{}
	for _, name := range []string{"Openstack-Api-Version", "X-Openstack-Nova-Api-Version"} {
		if v := r.Header.Values(name); v != nil {
			header[name] = v
		}
	}
	escaped := (&url.URL{Path: path}).EscapedPath()
	resp, err := t.real.Do(r.Context(), cloud.Request{Service: service, Path: escaped, Query: r.URL.Query(), Header: header, OK: anyStatus(), Op: "reading the cloud"})
	if err != nil {
		return nil, err
	}
	return &passedOn{resp.Status, resp.Header, t.here(service, resp.Body)}, nil
}

// here puts this cloud's address in the place of the real one's.
func (t *Twin) here(service string, body []byte) []byte {
	prefix := map[string]string{cloud.Identity: identity.Prefix + "/v3", cloud.Network: network.Prefix + "/v2.0", cloud.Image: image.Prefix + "/v2",
		cloud.Compute: compute.Prefix + "/v2.1"}[service]
	root := t.roots[service]
	if root == "" || service == cloud.Identity {
		return body
	}
	return bytes.ReplaceAll(body, []byte(root), []byte(simulator.InProcessURL+cmp.Or(prefix, elsewhere+service)))
}

// details reads single things that lists leave out, where a request is about one.
func (t *Twin) details(ctx context.Context, r *http.Request, service, path string) error {
	segments := strings.Split(path, "/")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if service == cloud.Compute && len(segments) > 1 && (segments[0] == "servers" || segments[0] == "flavors") {
		if err := t.computeDetail(ctx, strings.TrimSuffix(segments[0], "s"), segments[1]); err != nil {
			return err
		}
	}
	switch {
	case service == cloud.Image && path == "images" && reads:
		q := r.URL.Query()
		if q.Has("visibility") || q.Has("member_status") || q.Has("os_hidden") {
			return t.otherImages(ctx, q)
		}
	case service == cloud.Image && segments[0] == "images" && len(segments) > 1:
		if err := t.imageDetail(ctx, segments[1]); err != nil || len(segments) < 3 || segments[2] != "members" {
			return err
		}
		return t.wanted(ctx, "members "+segments[1], func() error {
			in, err := t.ask(ctx, cloud.Image, []web.Ask{{Path: "images/" + segments[1] + "/members", List: "members", Optional: true}})
			if err != nil {
				return err
			}
			return t.take(ctx, cloud.Image, func(tx *store.Tx) ([]web.Note, error) { return nil, image.ImportMembers(tx, segments[1], in) })
		})
	case service == cloud.Compute && segments[0] == "os-keypairs" && len(segments) == 2 && reads && !r.URL.Query().Has("user_id"):
		return t.wanted(ctx, "keypair "+segments[1], func() error {
			return t.one(ctx, cloud.Compute, "os-keypairs/"+url.PathEscape(segments[1]), func(tx *store.Tx, of web.CopyOf, body json.RawMessage) error {
				return compute.ImportKeypair(tx, of, body)
			})
		})
	case service == cloud.Compute && segments[len(segments)-1] == "action" && r.Method == http.MethodPost:
		body, err := peek(r)
		if err != nil || !bytes.Contains(body, []byte("os-getConsoleOutput")) {
			return err
		}
		return t.sim.Store().View(ctx, func(tx *store.Tx) error {
			there, err := compute.BootedElsewhere(tx, segments[1])
			if there {
				t.note(Note{Service: service, Type: "server", Text: "the consoles of servers that were there already were not read"})
			}
			return err
		})
	case service == cloud.Compute && path == "servers" && r.Method == http.MethodPost:
		body, err := peek(r)
		if err != nil {
			return err
		}
		if bytes.Contains(body, []byte(`"volume"`)) {
			t.note(Note{Service: service, Type: "server", Text: "the simulator has no volumes: a server with one is refused here, whatever the cloud would do"})
		}
		var in struct {
			Server struct{ ImageRef string }
		}
		if json.Unmarshal(body, &in) == nil && in.Server.ImageRef != "" {
			return t.imageDetail(ctx, in.Server.ImageRef)
		}
	}
	return nil
}

// peek reads a request's body and leaves it there.
func peek(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body))
	return body, err
}

// one reads a single thing, and takes it over where there is one.
func (t *Twin) one(ctx context.Context, service, path string, take func(*store.Tx, web.CopyOf, json.RawMessage) error) error {
	in, err := t.ask(ctx, service, []web.Ask{{Path: path, Optional: true}})
	if err != nil || in[path] == nil {
		return err
	}
	of := t.of()
	return t.take(ctx, service, func(tx *store.Tx) ([]web.Note, error) { return nil, take(tx, of, in[path]) })
}

// computeDetail looks for a server or a flavor that the lists did not have: those of other projects, and flavors that are
// not public, are found by their IDs alone.
func (t *Twin) computeDetail(ctx context.Context, kind, id string) error {
	if !t.of().Admin || id == "detail" || kind == "flavor" && t.isWritten(cloud.Compute, "flavors") {
		return nil
	}
	known := false
	err := t.sim.Store().View(ctx, func(tx *store.Tx) (err error) {
		known, err = compute.Known(tx, kind, id)
		return err
	})
	if err != nil || known {
		return err
	}
	return t.wanted(ctx, kind+" "+id, func() error {
		return t.one(ctx, cloud.Compute, kind+"s/"+url.PathEscape(id), func(tx *store.Tx, of web.CopyOf, body json.RawMessage) error {
			return compute.ImportOne(tx, of, kind, body)
		})
	})
}

// imageDetail looks for an image that the list did not have: one of the community, or a hidden one.
func (t *Twin) imageDetail(ctx context.Context, id string) error {
	known := false
	err := t.sim.Store().View(ctx, func(tx *store.Tx) (err error) {
		known, err = image.Known(tx, id)
		return err
	})
	if err != nil || known {
		return err
	}
	return t.wanted(ctx, "image "+id, func() error {
		return t.one(ctx, cloud.Image, "images/"+url.PathEscape(id), image.ImportOne)
	})
}

// otherImages reads the images that a list asks for and that a plain list does not have.
func (t *Twin) otherImages(ctx context.Context, query url.Values) error {
	ask := image.AskOther(query)
	return t.wanted(ctx, "images "+ask.Query.Encode(), func() error {
		in, err := t.ask(ctx, cloud.Image, []web.Ask{ask})
		if err != nil {
			return err
		}
		of := t.of()
		return t.take(ctx, cloud.Image, func(tx *store.Tx) ([]web.Note, error) { return image.Import(tx, of, in) })
	})
}
