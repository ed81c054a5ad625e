package plan

import (
	"github.com/oslua/oslua/engine/files"
)

// Version is the version of the JSON a Result is written as; it grows when a member's meaning changes.
const Version = 1

// Result is a plan: what a script would do to a cloud.
type Result struct {
	Version int    `json:"version"`
	Cloud   string `json:"cloud"`             // which cloud, in a few words
	Project string `json:"project,omitempty"` // the project's name
	Region  string `json:"region,omitempty"`

	Changes  []Change       `json:"changes"`         // what is different in the end, in order
	Steps    []Step         `json:"steps"`           // each request that changes something, as they follow
	Quota    []Quota        `json:"quota"`           // of what the run takes or gives back
	Files    []files.Change `json:"files"`           // on this machine
	Warnings []string       `json:"warnings"`        // what would succeed, and not do what was meant
	Notes    []string       `json:"notes"`           // what was assumed, and cannot be known before
	Error    *Failure       `json:"error,omitempty"` // how the run would end; nil when it would succeed
	Summary  Summary        `json:"summary"`
	Requests Requests       `json:"requests"`

	// Err is the error the run would end with, as the run would give it; nil when it would succeed.
	Err error `json:"-"`
}

// Effect is what a Change comes to.
type Effect string

// The effects.
const (
	Done      Effect = "done"      // it would be done
	Same      Effect = "same"      // an update that leaves all as it is
	Temporary Effect = "temporary" // created, and deleted again by the same run
	Fails     Effect = "fails"     // the cloud would refuse it; the script may have gone on all the same
)

// Change is what becomes of one resource, or of one relation of two.
type Change struct {
	Action     string         `json:"action"`               // create, update or delete
	Effect     Effect         `json:"effect"`               // what it comes to
	Type       string         `json:"type"`                 // as the modules' objects have it, or a relation's: "router_interface"
	ID         string         `json:"id"`                   // "new:TYPE:N" for the Nth of what is not there yet
	Name       string         `json:"name,omitempty"`       // "" for what has none, or none before the run
	Of         *Ref           `json:"of,omitempty"`         // what a relation, rule or part belongs to
	Attributes map[string]any `json:"attributes,omitempty"` // what is set in the end; names in place of IDs, secrets masked
	Before     map[string]any `json:"before,omitempty"`     // what they were, for an update
	Actions    []string       `json:"actions,omitempty"`    // what it is told to do beside: "os-stop"
	Where      string         `json:"where,omitempty"`      // file:line of the first step
	Op         string         `json:"op,omitempty"`         // the function called there: "networks.create"
	Error      *Failure       `json:"error,omitempty"`      // why it fails
}

// Ref names a resource.
type Ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Step is one request's change of one thing.
type Step struct {
	Action     string         `json:"action"`
	Type       string         `json:"type"`
	ID         string         `json:"id,omitempty"`
	Name       string         `json:"name,omitempty"`
	Parent     string         `json:"parent,omitempty"`     // ID of what it belongs to
	Attributes map[string]any `json:"attributes,omitempty"` // as they are sent, secrets masked
	Where      string         `json:"where,omitempty"`
	Op         string         `json:"op,omitempty"`
	Status     int            `json:"status"` // of the answer; 0 for none
	Error      *Failure       `json:"error,omitempty"`

	shown  map[string]any // Attributes with names in place of IDs
	before map[string]any // what an update found
	label  string         // what a relation leads to, in a word
	of     *Ref
}

// Failure is an error.
type Failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Where   string `json:"where,omitempty"`
	Op      string `json:"op,omitempty"`
	Status  int    `json:"status,omitempty"`
	Exit    *int   `json:"exit,omitempty"` // the code of a script that calls os.exit
}

// Quota is one of the project's quotas.
type Quota struct {
	Name    string `json:"name"` // as the module quotas has it: "instances"
	Service string `json:"service"`
	Used    int    `json:"used"`    // now
	After   int    `json:"after"`   // when the run has ended
	Limit   int    `json:"limit"`   // -1 for none
	Refused bool   `json:"refused"` // the run wants more
}

// Summary counts the changes that would be done, relations too.
type Summary struct {
	Create    int `json:"create"`
	Update    int `json:"update"`
	Delete    int `json:"delete"`
	Temporary int `json:"temporary"`
	Fails     int `json:"fails"`
}

// Requests counts requests.
type Requests struct {
	Cloud int `json:"cloud"` // read from the cloud, those for a token included
	Twin  int `json:"twin"`  // of the script, answered by its copy
}

// Changed reports whether the run would leave anything different: in the cloud, or on this machine.
func (r *Result) Changed() bool {
	return r.Summary.Create+r.Summary.Update+r.Summary.Delete+r.Summary.Temporary+len(r.Files) > 0
}
