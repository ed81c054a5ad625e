package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/oslua/oslua/simulator/compute"
	"github.com/oslua/oslua/simulator/guest"
	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// outside is where whoever dials stands: DevStack's host, on the network public.
var outside = netip.MustParseAddr("172.24.4.1")

// DialGuest connects to a port of a server as somebody outside the cloud would, who stands on the network public: through
// a floating IP, its router and gateway, past the security groups of the server's port. As in life, what they do not
// allow hangs until ctx ends, an address that nobody has is unreachable, and a guest that has not booted refuses.
func (s *Simulator) DialGuest(ctx context.Context, netw, address string) (net.Conn, error) {
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: netw, Addr: guestAddr(address), Err: err}
	}
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return fail(err)
	}
	to, err := netip.ParseAddr(host)
	if err != nil {
		return fail(&net.DNSError{Err: "no such host", Name: host, IsNotFound: true})
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return fail(fmt.Errorf("unknown port %q", portText))
	}
	var arrival network.Arrival
	var g compute.Guest
	ready := false
	err = s.look(ctx, func(r *web.Request) error {
		arrival, err = network.FromOutside(r.Tx, network.Traffic{Protocol: "tcp", From: outside, To: to, Port: port})
		if err != nil || arrival.Verdict != network.Delivered {
			return err
		}
		g, err = compute.FindGuest(r, arrival.Device)
		ready = g.Ready(r.Now)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && arrival.Verdict == network.Unreachable:
		return fail(os.NewSyscallError("connect", syscall.EHOSTUNREACH))
	case err != nil:
		return fail(err)
	case arrival.Verdict == network.Dropped:
		<-ctx.Done()
		return fail(ctx.Err())
	case !g.Running:
		return fail(os.NewSyscallError("connect", syscall.EHOSTUNREACH))
	case !ready || !slices.Contains(guest.Ports(), port):
		return fail(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	near, far, err := socketPair(ctx)
	if err != nil {
		return fail(err)
	}
	s.serving.Go(func() { s.guests.Serve(s.living, g, port, far) })
	return near, nil
}

type guestAddr string

func (guestAddr) Network() string  { return "tcp" }
func (a guestAddr) String() string { return string(a) }

// socketPair makes two ends of a loopback connection. Unlike those of a net.Pipe they have room: both ends of an SSH
// connection begin by writing.
func socketPair(ctx context.Context) (near, far net.Conn, err error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	var d net.Dialer
	if near, err = d.DialContext(ctx, "tcp", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	for {
		if far, err = l.Accept(); err != nil {
			return nil, nil, errors.Join(err, near.Close())
		}
		if far.RemoteAddr().String() == near.LocalAddr().String() {
			return near, far, nil
		}
		far.Close() // somebody else on this machine was quicker
	}
}

// look runs fn on the state as it is now.
func (s *Simulator) look(ctx context.Context, fn func(r *web.Request) error) error {
	return s.store.View(ctx, func(tx *store.Tx) error {
		shift, err := s.readShift(tx)
		if err != nil {
			return err
		}
		hr, err := http.NewRequestWithContext(ctx, http.MethodGet, InProcessURL, nil)
		if err != nil {
			return err
		}
		return fn(&web.Request{Request: hr, Store: s.store, Tx: tx, Now: s.options.Clock.Now().Add(shift).UTC()})
	})
}

// world is what the guests find out about the cloud around them.
type world struct{ s *Simulator }

func (w world) Now() time.Time { return shifted{w.s}.Now() }

func (w world) Links(ctx context.Context, g compute.Guest) (links []guest.Link, err error) {
	err = w.s.look(ctx, func(r *web.Request) error {
		links, err = moment{r}.Links(ctx, g)
		return err
	})
	return links, err
}

func (w world) Ping(ctx context.Context, g compute.Guest, to netip.Addr) (answers bool, err error) {
	err = w.s.look(ctx, func(r *web.Request) error {
		answers, err = moment{r}.Ping(ctx, g, to)
		return err
	})
	return answers, err
}

func (w world) Print(ctx context.Context, g compute.Guest, text string) error {
	return w.s.store.Update(ctx, func(tx *store.Tx) error { return compute.Print(tx, g, text) })
}

// moment is the world as it is while a request is answered.
type moment struct{ r *web.Request }

func (m moment) Now() time.Time { return m.r.Now }

func (m moment) Links(_ context.Context, g compute.Guest) ([]guest.Link, error) {
	found, err := network.Links(m.r.Tx, g.ServerID)
	var links []guest.Link
	for _, l := range found {
		links = append(links, guest.Link{MAC: l.MAC, MTU: l.MTU, Address: l.Address, Gateway: l.Gateway})
	}
	return links, err
}

// Print does nothing: what user data writes to the console is told in another way.
func (moment) Print(context.Context, compute.Guest, string) error { return nil }

func (m moment) Ping(_ context.Context, g compute.Guest, to netip.Addr) (bool, error) {
	for _, i := range g.Addresses {
		a, err := network.FromPort(m.r.Tx, i.PortID, network.Traffic{Protocol: "icmp", To: to})
		if err != nil || a.Verdict != network.Unreachable {
			return a.Verdict == network.Delivered, err
		}
	}
	return false, nil
}

// runUserData runs a guest's user data in a guest of its own, which knows the world as this request sees it.
func (s *Simulator) runUserData(r *web.Request, g compute.Guest) string {
	return guest.New(moment{r}).UserData(r.Context(), g)
}

// GuestAddress finds the address under which a server can be dialed from outside: given its name, its ID or an address.
func (s *Simulator) GuestAddress(ctx context.Context, server string) (string, error) {
	if _, err := netip.ParseAddr(server); err == nil {
		return server, nil
	}
	var found []string
	known := 0
	err := s.look(ctx, func(r *web.Request) error {
		all, err := compute.Guests(r)
		if err != nil {
			return err
		}
		for _, g := range all {
			if g.ServerID != server && g.Name != server {
				continue
			}
			known++
			ports, err := network.NewAgent(r).PortsOf(g.ServerID)
			if err != nil {
				return err
			}
			for _, p := range ports[g.ServerID] {
				for _, a := range p.Addresses {
					if a.Floating != "" {
						found = append(found, a.Floating)
					} else if ip, err := netip.ParseAddr(a.IP); err == nil && reachable(r, ip) {
						found = append(found, a.IP)
					}
				}
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case known == 0:
		return "", fmt.Errorf("no running server has the name or ID %q", server)
	case known > 1:
		return "", fmt.Errorf("%d running servers are named %q: give an ID", known, server)
	case len(found) == 0:
		return "", fmt.Errorf("the server %q has no address that can be reached from outside: it needs a floating IP", server)
	}
	return found[0], nil
}

func reachable(r *web.Request, ip netip.Addr) bool {
	a, err := network.FromOutside(r.Tx, network.Traffic{Protocol: "tcp", From: outside, To: ip, Port: 22})
	return err == nil && a.Verdict != network.Unreachable
}
