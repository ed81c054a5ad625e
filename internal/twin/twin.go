package twin

import (
	"cmp"
	"context"
	"crypto/rand"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/compute"
	"github.com/oslua/oslua/simulator/identity"
	"github.com/oslua/oslua/simulator/image"
	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Options are what a twin is made with; the zero value will do.
type Options struct {
	Clock    clock.Clock // the twin's time; clock.Real{} when nil
	Seed     int64       // makes the IDs of what is created: the same number, the same IDs; 0 for random ones
	Parallel int         // requests at the same time while reading; 8 when 0
	Log      io.Writer   // a line for each request the twin answers; nil for none
}

// Note is something the twin could not take over as it is, or that may come out otherwise in the cloud.
type Note struct {
	Service string // cloud.Network, …
	Type    string // "network", "port", …; "" for the whole service
	ID      string // "" for all of the type
	Text    string // one sentence
}

// Twin is a running copy of a cloud. It is safe on many goroutines.
type Twin struct {
	real   *cloud.Connection // reads, and can do nothing else
	config *cloud.Config
	sim    *simulator.Simulator
	login  *cloud.Token
	clock  clock.Clock
	turns  chan struct{} // one for each request that may be under way

	routes   *http.ServeMux // what the simulator answers itself
	forwards sync.Map       // answers of the real cloud that are passed on, by what was asked
	roots    map[string]string

	mu      sync.Mutex
	parts   map[string]*part
	version web.Version // of the compute service's answers
	notes   []Note
	written map[string]bool // collections that were changed here
	err     error
}

// elsewhere is where services are that the simulator has not: they are read where they are, and cannot be changed.
const elsewhere = "/elsewhere/"

// New makes the twin of the cloud a connection leads to. It authenticates, where that was not done yet, and reads nothing
// else. The twin ends with Close; that ctx ends does not end it.
func New(ctx context.Context, conn *cloud.Connection, o Options) (*Twin, error) {
	// The token is asked for on the connection that is given: what follows on it has it then too.
	login, err := conn.Token(ctx)
	if err != nil {
		return nil, err
	}
	t := &Twin{real: conn.ReadOnly(), login: login, clock: o.Clock, turns: make(chan struct{}, cmp.Or(max(o.Parallel, 0), 8)),
		parts: map[string]*part{}, written: map[string]bool{}, roots: map[string]string{}}
	if t.clock == nil {
		t.clock = clock.Real{}
	}
	t.sim, err = simulator.Start(ctx, simulator.Options{Memory: true, Bare: true, Clock: t.clock, Seed: o.Seed, Log: o.Log, Intercept: t.intercept})
	if err != nil {
		return nil, err
	}
	if err := t.open(ctx); err != nil {
		_ = t.Close()
		return nil, err
	}
	return t, nil
}

// open lets the user in.
func (t *Twin) open(ctx context.Context) error {
	t.routes = routes(t.sim)
	password := rand.Text()
	tok := t.login
	l := identity.Login{User: identity.Named{ID: tok.UserID, Name: tok.UserName}, UserDomain: identity.Named(tok.UserDomain),
		Project: identity.Named{ID: tok.ProjectID, Name: tok.ProjectName}, ProjectDomain: identity.Named(tok.ProjectDomain),
		Domain: identity.Named(tok.Domain), System: tok.System, Password: password, Catalog: t.catalog(ctx)}
	for _, r := range tok.Roles {
		l.Roles = append(l.Roles, identity.Named(r))
	}
	if err := t.sim.Store().Update(ctx, func(tx *store.Tx) error { return identity.ImportLogin(tx, l) }); err != nil {
		return err
	}
	real := t.real.Config()
	values := map[string]string{"auth_url": simulator.InProcessURL + identity.Prefix + "/v3", "auth_type": "password",
		"user_id": tok.UserID, "password": password, "region_name": real.Region, "interface": real.Interface}
	switch {
	case tok.ProjectID != "":
		values["project_id"] = tok.ProjectID
	case tok.Domain.ID != "":
		values["domain_id"] = tok.Domain.ID
	case tok.System:
		values["system_scope"] = "all"
	}
	for _, service := range []string{"compute", "image", "network", "identity", "volume", "block_storage"} {
		name := service + "_default_microversion"
		values[name] = real.Value(name)
	}
	maps.DeleteFunc(values, func(_, v string) bool { return v == "" })
	var err error
	t.config, err = cloud.FromValues("copy of the cloud", values)
	return err
}

// catalog is the real one's with the addresses here. What of it is in another region cannot be reached by the user
// either, and is left out.
func (t *Twin) catalog(ctx context.Context) []identity.CatalogEntry {
	here := map[string]string{cloud.Identity: identity.Prefix, cloud.Network: network.Prefix, cloud.Image: image.Prefix, cloud.Compute: compute.Prefix + "/v2.1"}
	region := t.real.Config().Region
	var all []identity.CatalogEntry
	for _, s := range t.login.Catalog {
		e := identity.CatalogEntry{ID: s.ID, Type: s.Type, Name: s.Name, Path: here[s.Type]}
		if e.Path == "" {
			e.Path = elsewhere + url.PathEscape(s.Type)
		}
		for _, p := range s.Endpoints {
			if region == "" || p.Region == region {
				e.Endpoints = append(e.Endpoints, identity.CatalogEndpoint{ID: p.ID, Interface: p.Interface, Region: p.Region})
			}
		}
		all = append(all, e)
	}
	// A service whose address is set by hand need not be in the catalog.
	for _, typ := range slices.Sorted(maps.Keys(here)) {
		there := slices.ContainsFunc(all, func(e identity.CatalogEntry) bool { return e.Type == typ && len(e.Endpoints) > 0 })
		if _, err := t.real.Endpoint(ctx, typ); err == nil && !there {
			all = append(all, identity.CatalogEntry{ID: "set-" + typ, Type: typ, Name: typ, Path: here[typ],
				Endpoints: []identity.CatalogEndpoint{{ID: "set-" + typ, Interface: t.real.Config().Interface, Region: cmp.Or(region, "RegionOne")}}})
		}
	}
	for _, e := range all {
		if base, err := t.real.Endpoint(ctx, e.Type); err == nil {
			t.roots[e.Type] = strings.TrimRight(base, "/")
		}
	}
	return all
}

// Config is the configuration with which a connection talks to the twin, as the same user in the same project and
// region; it needs DialContext too.
func (t *Twin) Config() *cloud.Config { return t.config }

// DialContext reaches the twin, whatever the address; for cloud.Options.DialContext.
func (t *Twin) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	return t.sim.DialContext(ctx, network, addr)
}

// DialGuest reaches a server of the twin as somebody outside it would.
func (t *Twin) DialGuest(ctx context.Context, network, addr string) (net.Conn, error) {
	return t.sim.DialGuest(ctx, network, addr)
}

// Simulator is the simulator behind the twin.
func (t *Twin) Simulator() *simulator.Simulator { return t.sim }

// Notes are what could not be taken over so far, in the order it was found.
func (t *Twin) Notes() []Note {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.notes)
}

func (t *Twin) note(n Note) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !slices.Contains(t.notes, n) {
		t.notes = append(t.notes, n)
	}
}

// Err is the first error of reading the cloud, nil where all went well. It is an *errs.Error.
func (t *Twin) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *Twin) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil && errs.CodeOf(err) != errs.Cancelled {
		t.err = err
	}
}

// Requests is how many requests were sent to the real cloud so far.
func (t *Twin) Requests() int { return t.real.Requests() }

// Close ends the twin.
func (t *Twin) Close() error {
	t.real.Close()
	return t.sim.Close()
}

// of says whose view is copied.
func (t *Twin) of() web.CopyOf {
	t.mu.Lock()
	defer t.mu.Unlock()
	return web.CopyOf{Project: t.login.ProjectID, User: t.login.UserID, Now: t.clock.Now().UTC(), Version: t.version,
		Admin: slices.ContainsFunc(t.login.Roles, func(r cloud.Name) bool { return r.Name == "admin" })}
}
