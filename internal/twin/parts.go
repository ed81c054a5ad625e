package twin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/simulator/compute"
	"github.com/oslua/oslua/simulator/identity"
	"github.com/oslua/oslua/simulator/image"
	"github.com/oslua/oslua/simulator/network"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// The parts of a cloud that are read by themselves, when something of them is first wanted.
const (
	partIdentity   = "identity"
	partNetwork    = network.Networks
	partAddresses  = network.Addresses
	partImage      = "image"
	partVersion    = "version" // the newest microversion of the compute service
	partFlavors    = compute.Flavors
	partKeypairs   = compute.Keypairs
	partServers    = compute.Servers
	partAllServers = compute.AllServers
)

// source says how a part is read and taken over.
type source struct {
	service string
	after   []string // parts that have to be there before it is taken over; they are read at the same time
	version bool     // its requests want the microversion to be known
	asks    func(web.CopyOf) []web.Ask
	take    func(*store.Tx, web.CopyOf, web.Answers) ([]web.Note, error)
}

func sourceOf(name string) source {
	switch name {
	case partIdentity:
		return source{service: cloud.Identity, asks: identity.Asks, take: identity.Import}
	case partNetwork, partAddresses:
		s := source{service: cloud.Network, asks: func(of web.CopyOf) []web.Ask { return network.Asks(name, of) }}
		s.take = func(tx *store.Tx, of web.CopyOf, in web.Answers) ([]web.Note, error) {
			return network.Import(tx, name, of, in)
		}
		if name == partAddresses {
			s.after = []string{partNetwork}
		}
		return s
	case partImage:
		return source{service: cloud.Image, asks: image.Asks, take: image.Import}
	case partVersion:
		return source{service: cloud.Compute, asks: func(web.CopyOf) []web.Ask { return []web.Ask{{Optional: true}} }}
	}
	s := source{service: cloud.Compute, version: true}
	s.asks = func(of web.CopyOf) []web.Ask { return compute.Asks(name, of) }
	s.take = func(tx *store.Tx, of web.CopyOf, in web.Answers) ([]web.Note, error) {
		return compute.Import(tx, name, of, in)
	}
	switch name {
	case partServers:
		s.after = []string{partFlavors, partKeypairs, partNetwork, partImage}
	case partAllServers:
		s.after = []string{partServers}
	}
	return s
}

// part is one that is wanted: read, or being read.
type part struct {
	done chan struct{}
	err  error
}

// need reads the parts that are not there yet, at the same time.
func (t *Twin) need(ctx context.Context, names ...string) error {
	failures := make([]error, len(names))
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() { failures[i] = t.needOne(ctx, name) })
	}
	all.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// needOne reads a part, or waits for who reads it. What failed stays so: the copy is not to be had then.
func (t *Twin) needOne(ctx context.Context, name string) error {
	return t.once(ctx, name, func() (again bool, err error) {
		err = t.read(ctx, name)
		if cancelled(err) || ctx.Err() != nil && err != nil {
			return true, context.Canceled
		}
		if err != nil {
			t.fail(err)
		}
		return false, err
	})
}

// wanted does something the first time it is wanted. What failed is tried again by whoever wants it next.
func (t *Twin) wanted(ctx context.Context, what string, do func() error) error {
	return t.once(ctx, what, func() (again bool, err error) {
		err = do()
		return err != nil, err
	})
}

// once does something, or waits for who does it, and remembers what came of it unless it is to be done again. One that was
// cancelled spoils it for nobody else.
func (t *Twin) once(ctx context.Context, what string, do func() (again bool, err error)) error {
	for {
		t.mu.Lock()
		p := t.parts[what]
		mine := p == nil
		if mine {
			p = &part{done: make(chan struct{})}
			t.parts[what] = p
		}
		t.mu.Unlock()
		if mine {
			var again bool
			if again, p.err = do(); again {
				t.mu.Lock()
				delete(t.parts, what)
				t.mu.Unlock()
			}
			close(p.done)
			return p.err
		}
		select {
		case <-p.done:
			if !cancelled(p.err) {
				return p.err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func cancelled(err error) bool {
	return errors.Is(err, context.Canceled) || errs.CodeOf(err) == errs.Cancelled
}

// read asks the cloud for a part and takes it over.
func (t *Twin) read(ctx context.Context, name string) error {
	s := sourceOf(name)
	if s.version {
		if err := t.needOne(ctx, partVersion); err != nil {
			return err
		}
	}
	var before error
	var others sync.WaitGroup
	others.Go(func() { before = t.need(ctx, s.after...) })
	of := t.of()
	in, err := t.ask(ctx, s.service, s.asks(of))
	others.Wait()
	if err = errors.Join(err, before); err != nil {
		return first(err)
	}
	if name == partVersion {
		t.settle(in[""])
		return nil
	}
	return t.take(ctx, s.service, func(tx *store.Tx) ([]web.Note, error) { return s.take(tx, of, in) })
}

// first is the error that is worth telling of several.
func first(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()[0]
	}
	return err
}

// take changes the state of the twin, and keeps the notes.
func (t *Twin) take(ctx context.Context, service string, change func(*store.Tx) ([]web.Note, error)) error {
	var notes []web.Note
	err := t.sim.Store().Update(ctx, func(tx *store.Tx) (err error) {
		notes, err = change(tx)
		return err
	})
	if err != nil {
		return &errs.Error{Code: errs.Runtime, Message: "what the cloud's " + service + " service answered cannot be taken over: " + err.Error(), Cause: err}
	}
	for _, n := range notes {
		t.note(Note{Service: service, Type: n.Type, ID: n.ID, Text: n.Text})
	}
	return nil
}

// settle finds the microversion that both clouds know.
func (t *Twin) settle(body json.RawMessage) {
	var doc struct {
		Version struct{ Version string }
	}
	v := web.Version{Major: 2, Minor: 1}
	if json.Unmarshal(body, &doc) == nil {
		if newest, ok := web.ParseVersion(doc.Version.Version); ok && newest.Major == 2 {
			v = newest
		}
	}
	if most := compute.Newest(); v.AtLeast(most.Major, most.Minor) {
		v = most
	}
	t.mu.Lock()
	t.version = v
	t.mu.Unlock()
}

// ask puts questions to a service, several at the same time, and gives the answers. What the user may not see is noted.
func (t *Twin) ask(ctx context.Context, service string, asks []web.Ask) (web.Answers, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var failed error
	in := web.Answers{}
	var all sync.WaitGroup
	for _, a := range asks {
		all.Go(func() {
			body, err := t.answer(ctx, service, a)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil && failed == nil:
				failed = err
				cancel(err)
			case body != nil:
				in[a.Path] = body
			}
		})
	}
	all.Wait()
	return in, failed
}

// answer is that to one question, nil for none.
func (t *Twin) answer(ctx context.Context, service string, a web.Ask) (json.RawMessage, error) {
	items := []json.RawMessage{}
	query := a.Query
	for {
		body, err := t.get(ctx, service, a.Path, query)
		var e *errs.Error
		switch {
		case errors.As(err, &e) && e.Status == http.StatusForbidden:
			if service != cloud.Identity {
				t.note(Note{Service: service, Type: a.List, Text: "the cloud does not let this user read " + a.Path + ": the copy has none of it"})
			}
			return nil, nil
		case a.Optional && e != nil && e.Status == http.StatusNotFound:
			return nil, nil
		case err != nil:
			return nil, err
		case a.List == "":
			return body, nil
		}
		page, next, err := pageOf(body, a.List)
		if err != nil {
			return nil, &errs.Error{Code: errs.Unavailable, Message: "the answer to GET " + a.Path + " of the " + service + " service cannot be read", Cause: err}
		}
		items = append(items, page...)
		// A link to the page just read would go on for ever.
		if next == nil || len(page) == 0 || next.Encode() == query.Encode() {
			return json.Marshal(items)
		}
		query = next
	}
}

// get reads a path of the real cloud.
func (t *Twin) get(ctx context.Context, service, path string, query url.Values) ([]byte, error) {
	select {
	case t.turns <- struct{}{}:
		defer func() { <-t.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r := cloud.Request{Service: service, Path: path, Query: query, Op: "reading the cloud"}
	if v := t.of().Version; service == cloud.Compute && v.Major != 0 {
		r.Microversion = v.String()
	}
	resp, err := t.real.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// pageOf reads a page of a list, and the query of the next one: nil after the last. Only the query of a link counts, for
// behind a proxy its host may be one that cannot be reached.
func pageOf(body []byte, list string) (items []json.RawMessage, next url.Values, err error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(doc[list], &items); err != nil {
		return nil, nil, err
	}
	href := ""
	var links []struct{ Rel, Href string }
	var keystone struct{ Next string }
	if json.Unmarshal(doc[list+"_links"], &links) == nil {
		for _, l := range links {
			if l.Rel == "next" {
				href = l.Href
			}
		}
	} else if json.Unmarshal(doc["links"], &keystone) == nil {
		href = keystone.Next
	} else {
		_ = json.Unmarshal(doc["next"], &href) // Glance's; none on the last page
	}
	if href == "" {
		return items, nil, nil
	}
	_, query, _ := strings.Cut(href, "?")
	next, err = url.ParseQuery(query)
	return items, next, err
}
