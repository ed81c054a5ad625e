package destroy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/wait"
)

const (
	defaultLimit    = 8
	defaultPatience = 2 * time.Minute
	defaultDeadline = 5 * time.Minute
	firstPause      = 500 * time.Millisecond
	longestPause    = 8 * time.Second
)

// removal is one carrying out of a plan.
type removal struct {
	plan *Plan
	o    Options
	room chan struct{}

	mu      sync.Mutex
	results map[*Item]*Result
}

// Remove carries the plan out. An ended context stops what has not begun; what is under way is finished.
func (p *Plan) Remove(ctx context.Context, o Options) *Report {
	o.Limit = cmp.Or(o.Limit, defaultLimit)
	o.Patience = cmp.Or(o.Patience, defaultPatience)
	o.Deadline = cmp.Or(o.Deadline, defaultDeadline)
	r := &removal{plan: p, o: o, room: make(chan struct{}, o.Limit), results: map[*Item]*Result{}}
	clk := p.client.Clock
	start := clk.Now()

	done := make(map[*Item]chan struct{}, len(p.Items))
	place := make(map[*Item]int, len(p.Items))
	users := map[*Item][]*Item{}
	for n, i := range p.Items {
		done[i], place[i] = make(chan struct{}), n
	}
	for _, i := range p.Items {
		for used := range i.uses {
			if place[i] < place[used] {
				users[used] = append(users[used], i)
			}
		}
	}
	var all sync.WaitGroup
	for _, i := range p.Items {
		all.Go(func() {
			defer close(done[i])
			for _, u := range users[i] {
				<-done[u]
			}
			if i.with != nil {
				<-done[i.with]
			}
			r.one(ctx, i, users[i])
		})
	}
	all.Wait()
	report := &Report{Took: clk.Now().Sub(start)}
	for _, i := range p.Items {
		report.Results = append(report.Results, *r.results[i])
	}
	return report
}

// one removes one item, when all that use it are through.
func (r *removal) one(ctx context.Context, i *Item, users []*Item) {
	res := &Result{Resource: i.Resource}
	if r.decided(i, users, res) {
		r.finish(i, res)
		return
	}
	clk := r.plan.client.Clock
	start := clk.Now()
	there, err := r.remove(ctx, i)
	res.Took = clk.Now().Sub(start)
	var held *keptError
	switch {
	case errors.Is(err, errStopped):
		res.Outcome, res.Why = NotBegun, err.Error()
	case errors.As(err, &held):
		res.Outcome, res.Why = Kept, held.why
	case there && errs.CodeOf(err) == errs.Cancelled:
		res.Outcome, res.Why = UnderWay, "nobody waited until it was gone"
	case err != nil:
		res.Outcome, res.Why, res.Err = Failed, err.Error(), err
	case there:
		res.Outcome = Removed
	default:
		res.Outcome = WasGone
	}
	r.finish(i, res)
}

// decided says what needs no request.
func (r *removal) decided(i *Item, users []*Item, res *Result) bool {
	switch h := i.held(); {
	case i.Unknown:
		res.Outcome, res.Why = Unknown, "its request had no answer, and the cloud does not tell: look for it by its name"
		return true
	case i.Action == change.Delete:
		res.Outcome, res.Why = NotUndone, "the run removed it"
		return true
	case !i.made():
		res.Outcome, res.Why = NotUndone, "the run changed it and did not make it"
		return true
	case !i.There:
		res.Outcome = WasGone
		return true
	case h != nil:
		res.Outcome, res.Why = Kept, h.String()
		return true
	}
	for _, u := range users {
		switch was := r.result(u); {
		case was.Outcome == Kept:
			res.Outcome, res.Why = Kept, u.String()+" is kept"
			return true
		case was.Outcome.Left():
			res.Outcome, res.Why = NotBegun, u.String()+" is still there"
			return true
		}
	}
	if i.with == nil {
		return false
	}
	switch owner := r.result(i.with); {
	case !owner.Outcome.Left():
		res.Outcome, res.Why = owner.Outcome, "with "+i.with.String()
		return true
	case i.Type == "subnet":
		return false // it can go without its network
	default:
		res.Outcome, res.Why = owner.Outcome, i.with.String()+" is still there"
		if owner.Outcome == Failed {
			res.Outcome = NotBegun
		}
		return true
	}
}

func (r *removal) result(i *Item) *Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.results[i]
}

func (r *removal) finish(i *Item, res *Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if (res.Outcome == Removed || res.Outcome == WasGone) && r.o.Gone != nil && !i.Implied {
		if err := r.o.Gone(i.Resource); err != nil {
			res.Outcome, res.Why, res.Err = Failed, "it is gone, and that cannot be written down: "+err.Error(), err
		}
	}
	r.results[i] = res
	if r.o.Told != nil {
		r.o.Told(*res)
	}
}

// keptError says that a resource stays for somebody else.
type keptError struct{ why string }

func (e *keptError) Error() string { return e.why }

// errStopped is why something was not begun.
var errStopped = errors.New("stopped")

// begin waits for room for a request, unless the removal is stopped.
func (r *removal) begin(ctx context.Context) (end func(), err error) {
	select {
	case r.room <- struct{}{}:
	case <-ctx.Done():
		return nil, errStopped
	}
	if ctx.Err() != nil {
		<-r.room
		return nil, errStopped
	}
	return func() { <-r.room }, nil
}

// remove sends what removes an item, until it is gone; false says that it was gone before. What the service says is in
// use is tried again: its ports may be on their way out. When it is used by something that is not of the run there is
// nothing to wait for.
func (r *removal) remove(ctx context.Context, i *Item) (there bool, err error) {
	clk := r.plan.client.Clock
	deadline := clk.Now().Add(r.o.Patience)
	// A request that was sent is finished, and its answer noted, even when the removal is stopped.
	sending := context.WithoutCancel(ctx)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		end, stopped := r.begin(ctx)
		if stopped != nil {
			return false, stopped
		}
		there, err = r.send(sending, i)
		end()
		if errs.CodeOf(err) != errs.Conflict {
			break
		}
		if h := r.lookAgain(sending, i); h != nil {
			return false, &keptError{h.String()}
		}
		if left := deadline.Sub(clk.Now()); left <= 0 {
			return false, err
		} else if clk.Sleep(ctx, min(pause, left)) != nil {
			return false, err
		}
	}
	if err != nil || !there {
		return there, err
	}
	switch i.Type {
	case "server":
		err = r.serverGone(ctx, i)
	case ServerInterface:
		err = r.interfaceGone(ctx, i)
	}
	return true, err
}

// lookAgain finds who uses an item that the service says is in use, if it is somebody of whom the run knows nothing.
func (r *removal) lookAgain(ctx context.Context, i *Item) *Holder {
	var all []Resource
	for _, other := range r.plan.Items {
		all = append(all, other.Resource)
	}
	l := newLook(r.plan.client, all)
	l.only = i // the others only tell what is of the run
	if l.read(cloud.WithLabel(ctx, cloud.LookUp)) != nil {
		return nil
	}
	l.presence()
	l.connect()
	l.strangers()
	for _, fresh := range l.items {
		if fresh.same(i) {
			return fresh.held()
		}
	}
	return nil
}

// send sends the one request that removes an item.
func (r *removal) send(ctx context.Context, i *Item) (there bool, err error) {
	client := r.plan.client
	router, server := client.Of("router"), client.Of("server")
	parent := schema.Ref{ID: i.Parent, Text: i.Parent}
	switch i.Type {
	case RouterInterface:
		body := map[string]any{"subnet_id": i.ID}
		if i.ID == str(i.found["id"]) {
			body = map[string]any{"port_id": i.ID}
		}
		err = client.InTurn(ctx, "router "+i.Parent, func() (err error) {
			there, err = r.do(ctx, i, cloud.Request{Service: router.Service, Method: http.MethodPut, Path: router.PathOf(parent, "remove_router_interface"),
				Body: body, Idempotent: true})
			return err
		})
		return there, err
	case RouterGateway:
		return r.do(ctx, i, cloud.Request{Service: router.Service, Method: http.MethodPut, Path: router.PathOf(parent),
			Body: map[string]any{"router": map[string]any{"external_gateway_info": nil}}, Idempotent: true})
	case RouterRoute:
		to, hop, _ := strings.Cut(i.ID, " via ")
		return r.do(ctx, i, cloud.Request{Service: router.Service, Method: http.MethodPut, Path: router.PathOf(parent, "remove_extraroutes"),
			Body: map[string]any{"router": map[string]any{"routes": []any{map[string]any{"destination": to, "nexthop": hop}}}}, Idempotent: true})
	case FloatingIPAssociation:
		c := client.Of("floating_ip")
		return r.do(ctx, i, cloud.Request{Service: c.Service, Method: http.MethodPut, Path: c.PathOf(parent),
			Body: map[string]any{"floatingip": map[string]any{"port_id": nil}}, Idempotent: true})
	case ServerInterface:
		return r.do(ctx, i, cloud.Request{Service: server.Service, Method: http.MethodDelete, Path: server.PathOf(parent, "os-interface", url.PathEscape(i.ID)), Microversion: server.Microversion})
	case "server_volume":
		return r.do(ctx, i, cloud.Request{Service: server.Service, Method: http.MethodDelete, Path: server.PathOf(parent, "os-volume_attachments", url.PathEscape(i.ID)), Microversion: server.Microversion})
	case ImageMember:
		c := client.Of("image")
		return r.do(ctx, i, cloud.Request{Service: c.Service, Method: http.MethodDelete, Path: c.PathOf(parent, "members", url.PathEscape(i.ID))})
	case FlavorAccess:
		c := client.Of("flavor")
		return r.do(ctx, i, cloud.Request{Service: c.Service, Method: http.MethodPost, Path: c.PathOf(parent, "action"), Microversion: c.Microversion,
			Body: map[string]any{"removeTenantAccess": map[string]any{"tenant": i.ID}}, Idempotent: true})
	case RoleAssignment:
		return r.do(ctx, i, cloud.Request{Service: cloud.Identity, Method: http.MethodDelete, Path: i.ID})
	case "group_member":
		c := client.Of("group")
		return r.do(ctx, i, cloud.Request{Service: c.Service, Method: http.MethodDelete, Path: c.PathOf(parent, "users", url.PathEscape(i.ID))})
	case "image":
		return r.image(ctx, i)
	}
	kind, known := rest.KindNamed(i.Type)
	if !known {
		return false, &keptError{"oslua does not know how a " + noun(i.Type) + " is removed"}
	}
	return client.Of(kind.Name).DeleteOf(ctx, op, schema.Ref{ID: i.ID, Text: cmp.Or(i.Name, i.ID)}, r.query(i), true)
}

// query says whose a keypair is, where an administrator made it for another user.
func (r *removal) query(i *Item) url.Values {
	if user := str(i.Attributes["user_id"]); i.Type == "keypair" && user != "" {
		return url.Values{"user_id": {user}}
	}
	return nil
}

func (r *removal) do(ctx context.Context, i *Item, q cloud.Request) (there bool, err error) {
	q.Op, q.Resource = op, i.String()
	_, err = r.plan.client.Do(ctx, q)
	if errs.CodeOf(err) == errs.NotFound {
		return false, nil
	}
	return err == nil, err
}

// image takes the protection off an image that the run itself protected.
func (r *removal) image(ctx context.Context, i *Item) (there bool, err error) {
	c := r.plan.client.Of("image")
	if i.found["protected"] == true {
		if i.Attributes["protected"] != true && i.Maybe["protected"] != true {
			return false, &keptError{"it is protected, and the run did not do that"}
		}
		there, err = r.do(ctx, i, cloud.Request{Service: c.Service, Method: http.MethodPatch, Path: c.PathOf(schema.Ref{ID: i.ID}), Idempotent: true,
			Header: http.Header{"Content-Type": {"application/openstack-images-v2.1-json-patch"}},
			Body:   []any{map[string]any{"op": "replace", "path": "/protected", "value": false}}})
		if err != nil || !there {
			return there, err
		}
	}
	return c.DeleteOf(ctx, op, schema.Ref{ID: i.ID, Text: cmp.Or(i.Name, i.ID)}, nil, true)
}

// serverGone waits until the service no longer knows a server that was deleted. One in ERROR says so until it is gone:
// only when nothing is being done to it any more the deletion has failed.
func (r *removal) serverGone(ctx context.Context, i *Item) error {
	idle := 0
	read := func(_ context.Context, body json.RawMessage) (wait.State, error) {
		o, err := objectOf(schema.Object{Kind: "server", JSON: body, Key: "server"})
		if err != nil {
			return wait.State{}, err
		}
		fault, _ := o["fault"].(object)
		st := wait.State{Status: str(o["status"]), Fault: str(fault["message"]), Body: body, Updated: str(o["updated"])}
		if st.Status == "ERROR" {
			if o["OS-EXT-STS:task_state"] == nil {
				idle++
			}
			if idle < 4 {
				st.Status = "DELETING"
			}
		}
		return st, nil
	}
	servers := r.plan.client.Of("server")
	return r.gone(ctx, i, wait.Spec{
		Type: "server", ID: i.ID, Target: []string{wait.Deleted, "SOFT_DELETED"}, Board: servers.Board(), Read: read,
	}, servers.PathOf(schema.Ref{ID: i.ID}), read)
}

func (r *removal) interfaceGone(ctx context.Context, i *Item) error {
	return r.gone(ctx, i, wait.Spec{Target: []string{wait.Deleted}},
		r.plan.client.Of("server").PathOf(schema.Ref{ID: i.Parent}, "os-interface", url.PathEscape(i.ID)),
		func(_ context.Context, body json.RawMessage) (wait.State, error) {
			return wait.State{Status: "attached", Body: body}, nil
		})
}

// gone waits until what is at a path of the compute service is not there any more.
func (r *removal) gone(ctx context.Context, i *Item, s wait.Spec, path string, read func(context.Context, json.RawMessage) (wait.State, error)) error {
	servers := r.plan.client.Of("server")
	s.Op, s.Resource, s.Timeout = op, i.String(), r.o.Deadline
	s.Look = func(ctx context.Context) (wait.State, error) {
		res, err := r.plan.client.Do(context.WithoutCancel(ctx), cloud.Request{
			Service: servers.Service, Path: path, Op: op, Resource: i.String(), Microversion: servers.Microversion,
		})
		if err != nil {
			return wait.State{}, err
		}
		return read(ctx, res.Body)
	}
	_, err := wait.For(ctx, r.plan.client.Clock, s)
	return err
}
