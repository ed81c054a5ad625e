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
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oslua/oslua/simulator/compute"
	"github.com/oslua/oslua/simulator/guest"
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
	// Clock tells the time; nil is the machine's. Latency waits on it when it has a method Sleep(ctx, duration) error.
	Clock web.Clock
	// Seed makes the IDs: the same number, the same IDs of what is there at first. With a number other than 0 what is
	// created later also gets the same IDs in the same order.
	Seed int64
	// Log gets a line for each request, and the text behind each 500. Nil for none.
	Log io.Writer
	// TokenLifetime is how long a token is good for; 0 is DefaultTokenLifetime.
	TokenLifetime time.Duration
	// BuildTime is how long a server takes to become ACTIVE; other changes of it take a part of that. 0 is at once.
	BuildTime time.Duration
	// Latency is added to each request.
	Latency time.Duration
	// Faults are the rules in force at first; Simulator.Faults changes them.
	Faults []Fault
	// Model is what a new cloud has beside what DevStack leaves; what an old one lacks of it is added.
	Model *Model
	// Bare leaves out what DevStack leaves: nothing is there but the services, until a copy of another cloud is put in with
	// the Import functions of the services' packages.
	Bare bool
	// Intercept, when set, sees each request before the services; it may answer it itself and return true.
	Intercept func(w http.ResponseWriter, r *http.Request) bool
}

// Simulator is a running cloud.
type Simulator struct {
	options Options
	store   *store.Store
	parts   []part
	images  *image.Image
	server  *web.Server // the services
	gate    *gate       // faults and the log, in front of them
	wait    sleeper
	shift   atomic.Int64 // how far the cloud's time is ahead, as the last request found it
	http    *http.Server
	pipe    *pipeListener
	url     string
	serving sync.WaitGroup
	guests  *guest.Guests
	living  context.Context // of the guests' connections; ended by Close
	kill    context.CancelFunc
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
		{service: compute.New(keystone, s.computeOptions()), entry: identity.Entry{Type: "compute", Name: "nova", Path: compute.Prefix + "/v2.1"}, seed: s.seedCompute},
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

// StateFile is the file that keeps the cloud of a directory.
func StateFile(dir string) string { return filepath.Join(dir, "state.db") }

// Start starts a cloud: that of the directory as it was left, or a new one with what DevStack leaves and the model. When
// it returns the cloud answers, at URL on the port it listens on and in any case through Client and DialContext. It
// ends with Close; that ctx ends does not end it. An error that a user can do something about is a *store.Error, or has
// ErrModel in its chain.
func Start(ctx context.Context, o Options) (*Simulator, error) {
	if o.Clock == nil {
		o.Clock = realClock{}
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = DefaultTokenLifetime
	}
	s := &Simulator{options: o, url: InProcessURL}
	if o.Latency < 0 || o.BuildTime < 0 || o.TokenLifetime < 0 {
		return nil, errors.New("simulator: a duration is below 0")
	}
	var ok bool
	if s.wait, ok = o.Clock.(sleeper); !ok {
		s.wait = realClock{}
	}
	faults, err := newFaults(o.Seed, o.Faults)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	s.gate = &gate{sim: s, faults: faults, recent: &recent{out: o.Log}}
	var listener net.Listener
	if o.Listen != "" {
		if listener, err = listen(ctx, o.Listen); err != nil {
			return nil, err
		}
		s.url = "http://" + listener.Addr().String()
	}
	if err := s.open(ctx); err != nil {
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
	s.images = image.New(ctx, image.Options{Dir: images, Clock: shifted{s}})
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
	s.server, err = web.NewServer(web.Config{Store: s.store, Clock: s.options.Clock, Services: services, Log: s.gate.recent,
		Root: http.HandlerFunc(s.root), Intercept: s.options.Intercept, Shift: s.readShift})
	if err != nil {
		return err
	}
	s.gate.next = s.server
	if s.options.Model == nil {
		return nil
	}
	if err := s.furnish(ctx, s.options.Model); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx *store.Tx) error {
		raw, err := json.Marshal(s.options.Model)
		if err != nil {
			return err
		}
		return tx.SetVar(modelVar, string(raw))
	})
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
	if s.options.Bare {
		return tx.SetVar(seededVar, "bare")
	}
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
	base := context.WithoutCancel(ctx)
	s.living, s.kill = context.WithCancel(base)
	s.guests = guest.New(world{s})
	s.http = &http.Server{Handler: s.gate, ErrorLog: log.New(s.gate.recent, "", 0), ReadHeaderTimeout: 30 * time.Second,
		IdleTimeout: 2 * time.Minute, BaseContext: func(net.Listener) context.Context { return base }}
	s.pipe = newPipeListener()
	for _, l := range []net.Listener{s.pipe, listener} {
		if l != nil {
			s.serving.Go(func() { _ = s.http.Serve(l) }) // always http.ErrServerClosed
		}
	}
}

// Handler answers requests without any connection. A connection that a rule cuts is a panic with http.ErrAbortHandler.
func (s *Simulator) Handler() http.Handler { return s.gate }

// Store is the cloud's state.
func (s *Simulator) Store() *store.Store { return s.store }

// Routes are the services' tables of routes, by the services' names.
func (s *Simulator) Routes() map[string][]web.Route { return s.server.Routes() }

// Services are what is simulated, in the catalog's order.
func (s *Simulator) Services() []*web.Service {
	var all []*web.Service
	for _, p := range s.parts {
		all = append(all, p.service)
	}
	return all
}

// Faults are the rules in force.
func (s *Simulator) Faults() *Faults { return s.gate.faults }

// Requests are the last requests, oldest first: some hundreds of those this process answered.
func (s *Simulator) Requests() []Record { return s.gate.recent.list() }

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

// Reset makes the cloud as it was at first: what DevStack leaves, and the model it was given.
func (s *Simulator) Reset(ctx context.Context) error {
	kept := ""
	err := s.store.Update(ctx, func(tx *store.Tx) (err error) {
		if kept, err = tx.Var(modelVar); err != nil {
			return err
		}
		if err := s.store.Clear(tx); err != nil {
			return err
		}
		if err := s.seed(tx); err != nil || kept == "" {
			return err
		}
		return tx.SetVar(modelVar, kept)
	})
	if err != nil {
		return err
	}
	if err := s.images.Sweep(ctx, s.store); err != nil || kept == "" {
		return err
	}
	model := &Model{}
	if err := json.Unmarshal([]byte(kept), model); err != nil {
		return err
	}
	return s.furnish(ctx, model)
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
		s.kill()
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

// failure answers a status in the manner of the service a path belongs to.
func (s *Simulator) failure(w http.ResponseWriter, r *http.Request, status int) {
	contentType, body := "text/plain; charset=utf-8", []byte(http.StatusText(status)+"\n")
	for _, p := range s.parts {
		if strings.HasPrefix(r.URL.Path, p.service.Prefix+"/") {
			contentType, body = p.service.Style.ErrorBody(web.Errorf(status, "A fault rule of the simulator answered this request."))
		}
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone: nobody to tell
	}
}
