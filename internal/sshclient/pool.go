package sshclient

import (
	"encoding/json"
	"errors"
	"strconv"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/clock"
)

// Pool holds the open sessions of a run by an ID, and the host keys seen in it. It is safe on many goroutines.
type Pool struct {
	Dial  Dial
	Clock clock.Clock
	Hosts Hosts

	mu       sync.Mutex
	last     int
	sessions map[string]*Session
}

// Add takes a session in and gives its ID.
func (p *Pool) Add(s *Session) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sessions == nil {
		p.sessions = map[string]*Session{}
	}
	p.last++
	id := strconv.Itoa(p.last)
	p.sessions[id] = s
	return id
}

// Describe takes a session in and describes it to Lua.
func (p *Pool) Describe(s *Session, user, address string) (schema.Object, error) {
	text, err := json.Marshal(map[string]string{"id": p.Add(s), "name": user + "@" + address, "user": user, "address": address})
	return schema.Object{Kind: "ssh_session", JSON: text}, err
}

// Get gives the session of an ID.
func (p *Pool) Get(op, id string) (*Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.sessions[id]; ok {
		return s, nil
	}
	e := errs.New(errs.BadArgument, "the session was closed").WithHint("log in again, with servers.ssh or ssh.connect")
	e.Op = op
	return nil, e
}

// Remove closes a session; one that was closed before is no error.
func (p *Pool) Remove(id string) error {
	p.mu.Lock()
	s := p.sessions[id]
	delete(p.sessions, id)
	p.mu.Unlock()
	if s == nil {
		return nil
	}
	return s.Close()
}

// Close closes all sessions.
func (p *Pool) Close() error {
	p.mu.Lock()
	open := p.sessions
	p.sessions = nil
	p.mu.Unlock()
	var err error
	for _, s := range open {
		err = errors.Join(err, s.Close())
	}
	return err
}
