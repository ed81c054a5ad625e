// Package guest plays what runs inside the simulator's servers: an SSH server with a small shell, and a web server that
// says the server's name. Who may log in follows from the server: its key, its user data, its image.
//
// The guest is reached through a connection made by whoever knows the network; this package knows nothing of ways and
// rules but what it is told through World.
package guest

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/oslua/oslua/simulator/compute"
)

// World is what a guest can find out about what is around it.
type World interface {
	// Now is the time.
	Now() time.Time
	// Links describes the guest's interfaces.
	Links(ctx context.Context, g compute.Guest) ([]Link, error)
	// Ping says whether an address answers the guest.
	Ping(ctx context.Context, g compute.Guest, to netip.Addr) (bool, error)
	// Print writes to the guest's console.
	Print(ctx context.Context, g compute.Guest, text string) error
}

// Link is one interface as the guest sees it.
type Link struct {
	MAC     string
	MTU     int
	Address netip.Prefix // the zero value when it has none
	Gateway netip.Addr   // the zero value when there is none
}

// Guests plays all guests of a cloud. What they are told to remember (files) lives as long as it does.
type Guests struct {
	world World

	mu    sync.Mutex
	boxes map[string]*box
}

// box is what one running guest has beside what its server says.
type box struct {
	mu       sync.Mutex
	booted   time.Time
	accounts accounts
	files    map[string][]byte
	printed  []byte // by the user data, both its streams
}

// New makes the guests of a world.
func New(w World) *Guests { return &Guests{world: w, boxes: map[string]*box{}} }

// box gives the guest's own state. All of it is in memory, so a reboot undoes it and the user data runs again.
func (s *Guests) box(ctx context.Context, g compute.Guest) *box {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[g.ServerID]
	if b == nil || !b.booted.Equal(g.BootedAt) {
		b = &box{booted: g.BootedAt, accounts: accountsOf(g), files: map[string][]byte{}}
		s.boxes[g.ServerID] = b
		sh := &shell{guests: s, guest: g, box: b, user: "root", stdin: strings.NewReader(""), console: &b.printed}
		for _, line := range b.accounts.commands {
			out, errs, _ := sh.run(ctx, line)
			b.printed = append(append(b.printed, out...), errs...)
		}
	}
	return b
}

// UserData gives what the guest's user data prints.
func (s *Guests) UserData(ctx context.Context, g compute.Guest) string {
	return string(s.box(ctx, g).printed)
}

// Ports are the ports on which a guest listens.
func Ports() []int { return []int{22, 80} }

// Serve plays a guest on a connection to one of its ports, until the connection ends.
func (s *Guests) Serve(ctx context.Context, g compute.Guest, port int, conn net.Conn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if port == 80 {
		s.hello(ctx, g, conn)
		return
	}
	s.ssh(ctx, g, conn)
}

func (s *Guests) hello(ctx context.Context, g compute.Guest, conn net.Conn) {
	if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
		return
	}
	text := "hello from " + s.box(ctx, g).accounts.hostname + "\n"
	fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(text), text)
}

// hostKey is the server's own key: the same as long as the server exists. It protects nothing, the wire is this process.
func hostKey(serverID string) (ssh.Signer, error) {
	seed := sha256.Sum256([]byte("oslua guest host key " + serverID))
	return ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
}

func (s *Guests) ssh(ctx context.Context, g compute.Guest, conn net.Conn) {
	b := s.box(ctx, g)
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-dropbear_2022.83",
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if b.hasKey(c.User(), key) {
				return nil, nil
			}
			return nil, fmt.Errorf("no such key")
		},
	}
	if !b.accounts.noPass {
		config.PasswordCallback = func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if b.hasPassword(c.User(), string(password)) {
				return nil, nil
			}
			return nil, fmt.Errorf("wrong password")
		}
	}
	key, err := hostKey(g.ServerID)
	if err != nil {
		return
	}
	config.AddHostKey(key)
	server, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	defer server.Close()
	go ssh.DiscardRequests(requests)
	var sessions sync.WaitGroup
	defer sessions.Wait()
	for c := range channels {
		if c.ChannelType() != "session" {
			_ = c.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		sh := &shell{guests: s, guest: g, box: b, user: server.User()}
		sessions.Go(func() { sh.session(ctx, channel, requests) })
	}
}

func (b *box) hasKey(user string, key ssh.PublicKey) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accounts.anybody || b.accounts.hasKey(user, key)
}

func (b *box) hasPassword(user, password string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	want, ok := b.accounts.passwords[user]
	return b.accounts.anybody || ok && want == password && password != ""
}
