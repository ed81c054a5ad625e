// Package destroy removes what a run made, and nothing else.
//
// Look reads what there is of a list of resources, in a few requests: what is gone already, what was changed since the
// run, and what others put on it. Its Plan says in which order the rest is removed; Plan.Remove does it, several at a
// time. What is held by something that is not of the run is kept, and so is whatever that holds in turn.
//
//	plan, err := destroy.Look(ctx, client, resources)
//	if plan.Troubled() { … show plan.Items, ask … }
//	report := plan.Remove(ctx, destroy.Options{Gone: func(r destroy.Resource) error { … note it in the journal … }})
//
// Run is all of it in one call. Everything may be done again: what was removed the first time is found gone.
package destroy

import (
	"context"
	"strings"
	"time"

	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/rest"
)

// Relations are types of what is no resource of its own, but a tie between two. Their ID is that of one end and their
// Parent that of the other.
const (
	RouterInterface       = "router_interface"        // Parent is the router, ID the subnet or the port
	RouterGateway         = "router_gateway"          // Parent is the router, ID the external network
	RouterRoute           = "router_route"            // Parent is the router, ID "DESTINATION via NEXTHOP"
	ServerInterface       = "server_interface"        // Parent is the server, ID the port
	FloatingIPAssociation = "floating_ip_association" // Parent is the floating IP, ID the port
	ImageMember           = "image_member"            // Parent is the image, ID the project
	FlavorAccess          = "flavor_access"           // Parent is the flavor, ID the project
	RoleAssignment        = "role_assignment"         // Parent is the scope, ID the request's path
)

// Resource is something that a run made, or only changed or removed.
type Resource struct {
	Type       string         `json:"type"` // as the kinds of package rest are called, or a relation
	ID         string         `json:"id"`
	Name       string         `json:"name,omitempty"`
	Parent     string         `json:"parent,omitempty"`
	Attributes map[string]any `json:"-"` // what the run set, secrets masked; nil when nobody knows
	Maybe      map[string]any `json:"-"` // what it set later by requests that had no answer
	// Action is what the run did to it; "" is change.Create. Any other was done to what the run did not make: it is told
	// of, and stays as it is.
	Action change.Action `json:"-"`
}

// made reports whether the run made it.
func (r Resource) made() bool { return r.Action == "" || r.Action == change.Create }

// String is the resource in words: `network "private"`.
func (r Resource) String() string {
	name := r.Name
	if name == "" {
		name = r.ID
	}
	return noun(r.Type) + ` "` + name + `"`
}

// noun is a type in words.
func noun(typ string) string {
	return strings.NewReplacer("floating_ip", "floating IP", "_", " ").Replace(typ)
}

// Outcome is what became of a resource.
type Outcome string

// The outcomes.
const (
	Removed   Outcome = "removed"
	WasGone   Outcome = "was gone"   // nobody had to remove it
	Kept      Outcome = "kept"       // something that is not of the run needs it
	Failed    Outcome = "failed"     // the service refused, or did not answer
	UnderWay  Outcome = "under way"  // the service is removing it, and the wait for that was stopped
	NotBegun  Outcome = "not begun"  // the removal was stopped before its turn
	Unknown   Outcome = "unknown"    // nobody knows whether the run made it
	NotUndone Outcome = "not undone" // the run changed or removed what it had not made
)

// Left reports whether something that should be gone is still there.
func (o Outcome) Left() bool {
	return o == Kept || o == Failed || o == UnderWay || o == NotBegun || o == Unknown
}

// Result is what became of one resource.
type Result struct {
	Resource
	Outcome Outcome       `json:"outcome"`
	Why     string        `json:"why,omitempty"` // for what is kept, failed or went with something else
	Err     error         `json:"-"`             // for what failed
	Took    time.Duration `json:"-"`
}

// Report is what became of all of them, in the order of the plan.
type Report struct {
	Results []Result
	Took    time.Duration
}

// Count is the number of resources with an outcome.
func (r *Report) Count(o Outcome) int {
	n := 0
	for _, res := range r.Results {
		if res.Outcome == o {
			n++
		}
	}
	return n
}

// Left is what should be gone and is still there.
func (r *Report) Left() []Result {
	var left []Result
	for _, res := range r.Results {
		if res.Outcome.Left() {
			left = append(left, res)
		}
	}
	return left
}

// Options say how a plan is carried out. The zero value is good.
type Options struct {
	// Limit is how many are removed at the same time; 8 when 0.
	Limit int
	// Gone is told of each resource that is not there any more, as soon as that is known: of what was gone before, too.
	// Its error fails the resource. It is called by one goroutine at a time. nil for nobody.
	Gone func(Resource) error
	// Told is given each result as it is there, by one goroutine at a time. nil for nobody.
	Told func(Result)
	// Confirm is asked by Run before anything is removed; its error ends Run. nil goes on.
	Confirm func(*Plan) error
	// Waiting is told once when OfRun waits for what may come yet, and how long at most. nil for nobody.
	Waiting func(time.Duration)
	// Patience is how long a resource is tried again that the service says is in use; 2 minutes when 0.
	Patience time.Duration
	// Deadline is how long a server may take to be gone; 5 minutes when 0.
	Deadline time.Duration
}

// Run looks at the resources, asks o.Confirm, and removes what may be removed. The report is nil when it did not come to
// that. An ended context stops what has not begun; what is under way is finished.
func Run(ctx context.Context, client *rest.Client, resources []Resource, o Options) (*Report, error) {
	plan, err := Look(ctx, client, resources)
	if err != nil {
		return nil, err
	}
	if o.Confirm != nil {
		if err := o.Confirm(plan); err != nil {
			return nil, err
		}
	}
	return plan.Remove(ctx, o), nil
}
