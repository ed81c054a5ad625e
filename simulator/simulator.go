// Package simulator is an OpenStack in one process, for any client: on a loopback port, or inside the process without
// one. It starts as DevStack leaves a cloud: users admin, demo and alt_demo with password "secret", a project of each
// name, network public and private.
//
//	sim, err := simulator.Start(ctx, simulator.Options{Memory: true})
//	defer sim.Close()
//	client := sim.Client() // http://simulator/identity/v3 and so on
//
// The services are packages of one shape (identity, network): a table of routes with their handlers, documents that are
// the state, and what they look like on the wire. What they share is in web (HTTP) and store (state).
package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/oslua/oslua/simulator/identity"
	"github.com/oslua/oslua/simulator/image"
	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/oidc"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// InProcessURL is where a simulator without a port is, for clients that dial with DialContext.
const InProcessURL = "http://simulator"

// DefaultTokenLifetime is how long a token is good for.
const DefaultTokenLifetime = 24 * time.Hour

// Options say what to start. One of Dir and Memory must be given.
type Options struct {
	// Dir keeps the cloud; it is made if it is missing. Any number of processes may use one at the same time.
	Dir string
	// Memory keeps nothing: a fresh cloud that ends with the process.
	Memory bool
	// Listen is an address to serve on, as in "127.0.0.1:5000"; port 0 takes a free one. It must be a loopback address,
	// for the passwords are known to everyone. Empty serves inside the process only.
	Listen string
	// Clock tells the time; nil is the machine's.
	Clock web.Clock
	// Seed makes the IDs: the same number, the same IDs of what is there at first. With a number other than 0 what is
	// created later also gets the same IDs in the same order.
	Seed int64
	// Log gets a line for each request. Nil for none.
	Log io.Writer
	// TokenLifetime is how long a token is good for; 0 is DefaultTokenLifetime.
	TokenLifetime time.Duration
	// Intercept, when set, sees each request first; it may answer it itself and return true, or delay it.
	Intercept func(w http.ResponseWriter, r *http.Request) bool
}

// Simulator is a running cloud.
type Simulator struct {
	options Options
	store   *store.Store
	parts   []part
	images  *image.Image
	handler *web.Server
	http    *http.Server
	pipe    *pipeListener
	url     string
	serving sync.WaitGroup
	close   sync.Once
	closed  error
}

// part is a service with what it puts into a new cloud.
type part struct {
	service *web.Service
	entry   identity.Entry // in the catalog
	seed    func(*store.Tx) error
}

// services is the list of what is simulated. A service that is not in it is not in the catalog either.
func (s *Simulator) services() []part {
	provider := oidc.New(s.options.TokenLifetime)
	keystone := identity.New(s.options.TokenLifetime).Federate(provider)
	return []part{
		{service: keystone.Service(), entry: identity.Entry{Type: "identity", Name: "keystone", Path: identity.Prefix}},
		{service: provider.Service(), seed: func(tx *store.Tx) error { return oidc.Seed(tx, s.options.Seed) }}, // in no catalog
		{service: network.New(keystone), entry: identity.Entry{Type: "network", Name: "neutron", Path: network.Prefix}, seed: s.seedNetwork},
		{service: s.images.Service(keystone), entry: identity.Entry{Type: "image", Name: "glance", Path: image.Prefix}, seed: s.seedImages},
	}
}

// seedNetwork makes the first networks.
func (s *Simulator) seedNetwork(tx *store.Tx) error {
	return network.Seed(tx, network.Model{Seed: s.options.Seed, Now: s.options.Clock.Now(),
		AdminProject: identity.ProjectID(s.options.Seed, "admin"), DemoProject: identity.ProjectID(s.options.Seed, "demo")})
}

// seedImages makes the first image.
func (s *Simulator) seedImages(tx *store.Tx) error {
	return image.Seed(tx, image.Model{Seed: s.options.Seed, Now: s.options.Clock.Now(), AdminProject: identity.ProjectID(s.options.Seed, "admin")})
}

// realClock is the machine's.
type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

// StateFile is the file that keeps the cloud of a directory.
func StateFile(dir string) string { return filepath.Join(dir, "state.db") }

// Start starts a cloud: that of the directory as it was left, or a new one. It ends with Close.
func Start(ctx context.Context, o Options) (*Simulator, error) {
	if o.Clock == nil {
		o.Clock = realClock{}
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = DefaultTokenLifetime
	}
	s := &Simulator{options: o, url: InProcessURL}
	var listener net.Listener
	if o.Listen != "" {
		var err error
		if listener, err = listen(ctx, o.Listen); err != nil {
			return nil, err
		}
		s.url = "http://" + listener.Addr().String()
	}
	err := s.open(ctx)
	if err != nil {
		if listener != nil {
			err = errors.Join(err, listener.Close())
		}
		if s.images != nil {
			err = errors.Join(err, s.images.Close())
		}
		if s.store != nil {
			err = errors.Join(err, s.store.Close())
		}
		return nil, err
	}
	s.serve(ctx, listener)
	return s, nil
}

// open opens the state, seeds a new one, and makes the handler.
func (s *Simulator) open(ctx context.Context) error {
	path := ""
	switch {
	case s.options.Memory && s.options.Dir != "":
		return errors.New("simulator: give a directory or ask for memory, not both")
	case s.options.Memory:
	case s.options.Dir == "":
		return errors.New("simulator: say where to keep the cloud (Dir), or that nothing is to be kept (Memory)")
	default:
		if err := os.MkdirAll(s.options.Dir, 0o700); err != nil {
			return &store.Error{Path: s.options.Dir, Message: "the directory cannot be made (" + reason(err) + ")",
				Hint: "choose another state directory", Cause: err}
		}
		path = StateFile(s.options.Dir)
	}
	var err error
	if s.store, err = store.Open(ctx, store.Options{Path: path, Seed: s.options.Seed}); err != nil {
		return err
	}
	images := ""
	if path != "" {
		images = filepath.Join(s.options.Dir, "images")
	}
	s.images = image.New(ctx, image.Options{Dir: images, Clock: s.options.Clock})
	s.parts = s.services()
	if err := s.seedOnce(ctx); err != nil {
		return err
	}
	// What a process that died left of an upload belongs to nobody.
	if err := s.images.Sweep(ctx, s.store); err != nil {
		return err
	}
	var services []*web.Service
	for _, p := range s.parts {
		services = append(services, p.service)
	}
	s.handler, err = web.NewServer(web.Config{Store: s.store, Clock: s.options.Clock, Services: services, Log: s.options.Log,
		Root: http.HandlerFunc(s.root), Intercept: s.options.Intercept})
	return err
}

func reason(err error) string {
	var e *os.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}

// seededVar says that the state has its first contents.
const seededVar = "seeded"

func (s *Simulator) seedOnce(ctx context.Context) error {
	done := ""
	look := func(tx *store.Tx) (err error) {
		done, err = tx.Var(seededVar)
		return err
	}
	if err := s.store.View(ctx, look); err != nil || done != "" {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		// Another process may have been first.
		if err := look(tx); err != nil || done != "" {
			return err
		}
		return s.seed(tx)
	})
}

// seed fills an empty state, in one transaction.
func (s *Simulator) seed(tx *store.Tx) error {
	var catalog []identity.Entry
	for _, p := range s.parts {
		catalog = append(catalog, p.entry)
	}
	if err := identity.Seed(tx, s.options.Seed, catalog); err != nil {
		return err
	}
	for _, p := range s.parts {
		if p.seed == nil {
			continue
		}
		if err := p.seed(tx); err != nil {
			return fmt.Errorf("seed of %s: %w", p.service.Name, err)
		}
	}
	return tx.SetVar(seededVar, "devstack")
}

// listen opens a port on a loopback address and on nothing else.
func listen(ctx context.Context, address string) (net.Listener, error) {
	refuse := func(why string) error {
		return fmt.Errorf("simulator: cannot serve on %s: %s", address, why)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, refuse("want an address and a port, as in 127.0.0.1:5000")
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, refuse("only a loopback address will do, for its passwords are known to everyone; use 127.0.0.1:" + port)
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("simulator: cannot serve on %s: %w; choose another port, or 0 for a free one", address, err)
	}
	return l, nil
}

func (s *Simulator) serve(ctx context.Context, listener net.Listener) {
	logTo := io.Discard
	if s.options.Log != nil {
		logTo = s.options.Log
	}
	base := context.WithoutCancel(ctx)
	s.http = &http.Server{Handler: s.handler, ErrorLog: log.New(logTo, "", 0), ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, BaseContext: func(net.Listener) context.Context { return base }}
	s.pipe = newPipeListener()
	for _, l := range []net.Listener{s.pipe, listener} {
		if l != nil {
			s.serving.Go(func() { _ = s.http.Serve(l) }) // always http.ErrServerClosed
		}
	}
}

// Handler answers requests without any connection.
func (s *Simulator) Handler() http.Handler { return s.handler }

// Store is the cloud's state.
func (s *Simulator) Store() *store.Store { return s.store }

// Routes are the services' tables of routes, by the services' names.
func (s *Simulator) Routes() map[string][]web.Route { return s.handler.Routes() }

// URL is where the cloud is: of its port, or InProcessURL.
func (s *Simulator) URL() string { return s.url }

// DialContext connects to the cloud inside the process, whatever the address; it fits http.Transport.
func (s *Simulator) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return s.pipe.dial(ctx)
}

// Client is a new HTTP client that reaches this cloud and nothing else. Whoever takes it closes its idle connections.
func (s *Simulator) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: s.DialContext, MaxIdleConnsPerHost: 64}}
}

// Reset makes the cloud as it was at first.
func (s *Simulator) Reset(ctx context.Context) error {
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		if err := s.store.Clear(tx); err != nil {
			return err
		}
		return s.seed(tx)
	})
	if err != nil {
		return err
	}
	return s.images.Sweep(ctx, s.store)
}

// filesOf is where the images' data of a snapshot are: beside it.
func filesOf(snapshot string) string { return snapshot + ".images" }

// Snapshot writes the cloud as it is now to a new file, and the images' data, if there are any, to a directory beside
// it with the name of the file and ".images".
func (s *Simulator) Snapshot(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err != nil {
		if err := s.images.SaveFiles(filesOf(path)); err != nil {
			return err
		}
	}
	if err := s.store.Snapshot(ctx, path); err != nil {
		return err
	}
	return s.images.SaveFiles(filesOf(path))
}

// Restore makes the cloud that of a snapshot.
func (s *Simulator) Restore(ctx context.Context, path string) error {
	if err := s.images.LoadFiles(filesOf(path)); err != nil {
		return err
	}
	if err := s.store.Restore(ctx, path); err != nil {
		return err
	}
	if err := s.store.Update(ctx, identity.Touch); err != nil {
		return err
	}
	return s.images.Sweep(ctx, s.store)
}

// Close lets requests under way end, for a moment, and stops. It may be called more than once.
func (s *Simulator) Close() error {
	s.close.Do(func() {
		ctx, cancel := context.WithTimeout(s.http.BaseContext(nil), 2*time.Second)
		defer cancel()
		if err := s.http.Shutdown(ctx); err != nil {
			// Somebody keeps a connection busy: it is cut.
			_ = s.http.Close()
		}
		s.serving.Wait()
		s.closed = errors.Join(s.images.Close(), s.store.Close())
	})
	return s.closed
}

// root answers what is no service's: the list of those there are.
func (s *Simulator) root(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "oslua simulator\n\n")
	for _, p := range s.parts {
		fmt.Fprintf(w, "%-9s http://%s%s\n", p.service.Name, r.Host, p.service.Prefix)
	}
}
