package compute

import (
	"strconv"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// flavor is a size of servers.
type flavor struct {
	ID, Name         string
	RAM, VCPUs, Disk int
	Ephemeral, Swap  int
	RxTx             string // a number as it is shown
	Public           bool
	Description      *string
	Specs            map[string]string
	Access           []string // projects that may use it when it is not public
	CreatedAt        time.Time
	Number           int64
	Kept             web.Kept `json:",omitempty"` // of one that came from another cloud
}

// Meta is how the store finds it; no two have one name.
func (f flavor) Meta() store.Meta {
	return store.Meta{Kind: "compute.flavor", ID: f.ID, Name: f.Name, Unique: []store.Key{{Name: "name", Value: f.Name}}}
}

// keypair is a user's key. Its name is unique for the user only.
type keypair struct {
	UserID, Name, Type, PublicKey, Fingerprint string
	Number                                     int64
	CreatedAt                                  time.Time
}

func keypairID(user, name string) string { return user + "/" + name }

// Meta is how the store finds it.
func (k keypair) Meta() store.Meta {
	return store.Meta{Kind: "compute.keypair", ID: keypairID(k.UserID, k.Name), Name: k.Name, Index: []store.Key{{Name: "user", Value: k.UserID}}}
}

// fault is why a server is in ERROR.
type fault struct {
	Code    int
	Message string
	Created time.Time
	Details string
}

// change is what is under way with a server: the task states that are seen in turn until its end, and what is so then.
type change struct {
	Start, End time.Time
	Tasks      []string
	// What holds from the end on; VM "" leaves the state as it is.
	VM     string
	Power  int
	Host   *string
	Flavor *flavor
	Fault  *fault
	// Launch sets the time of launch, Boot starts the console log anew, Gone ends the server.
	Launch, Boot, Gone bool
	// Away says that the server has no host before its first task is over, as when it is being scheduled.
	Away bool
}

// server is an instance.
type server struct {
	ID, ProjectID, UserID, Name, Hostname string
	Description                           *string
	Flavor                                flavor
	OldFlavor                             *flavor // while a resize waits for its confirmation
	OldVM                                 string
	ImageID                               string
	ImageName                             string
	RootPassword                          string // the image's own
	KeyName, PublicKey                    string
	UserData                              string
	AdminPass                             string
	ConfigDrive                           string
	Zone                                  string // asked for
	AutoDisk                              bool
	AccessIPv4, AccessIPv6                string
	Metadata                              map[string]string
	Tags                                  []string
	Host                                  string
	Number                                int64
	ReservationID                         string
	LaunchIndex                           int
	GroupID                               string
	Certificates                          []string
	CreatedAt, UpdatedAt                  time.Time
	LaunchedAt, TerminatedAt, BootedAt    *time.Time
	VM                                    string
	Power                                 int
	LockedBy, LockedReason                string
	Fault                                 *fault
	Change                                *change
	RescueImage                           string
	ShelvedImage                          string
	OwnPorts                              []string          // made for it, and deleted with it
	PortTags                              map[string]string // port -> tag
	Asked                                 []string          // names of security groups, as they were asked for
	NoNetwork                             bool
	Migration                             int64
	Dying                                 bool     // its deletion was asked for
	OfProject, OfHost                     used     // its share of the sums it is part of
	Kept                                  web.Kept `json:",omitempty"` // of one that came from another cloud
	// Elsewhere is the boot that was another cloud's; nil when there was none. Nobody here knows what came of it.
	Elsewhere *time.Time `json:",omitempty"`
}

// Meta is how the store finds it. What is being deleted, or is, is kept apart from what lives.
func (s server) Meta() store.Meta {
	life := "live"
	switch {
	case s.Dying && s.Change == nil:
		life = "dead"
	case s.Dying:
		life = "dying"
	}
	index := []store.Key{{Name: "life", Value: life}, {Name: "flavor", Value: s.Flavor.ID}}
	if s.GroupID != "" {
		index = append(index, store.Key{Name: "group", Value: s.GroupID})
	}
	return store.Meta{Kind: "compute.server", ID: s.ID, ProjectID: s.ProjectID, Name: s.Name, Index: index}
}

// action is one line of a server's history.
type action struct {
	ID, ServerID, ProjectID, UserID string
	Action, RequestID               string
	Event                           string
	Start, End                      time.Time
	Failed                          bool   // the action
	Message                         string // of the action, "" for none
	Host                            string
}

// Meta is how the store finds it.
func (a action) Meta() store.Meta {
	return store.Meta{Kind: "compute.action", ID: a.ID, ProjectID: a.ProjectID, Index: []store.Key{{Name: "server", Value: a.ServerID}}}
}

// serverGroup is a rule for where servers may be together.
type serverGroup struct {
	ID, Name, ProjectID, UserID, Policy string
	MaxPerHost                          string // a number, "" for none
}

// Meta is how the store finds it.
func (g serverGroup) Meta() store.Meta {
	return store.Meta{Kind: "compute.server_group", ID: g.ID, ProjectID: g.ProjectID, Name: g.Name}
}

// limits are the quotas a project was given, or of the class "default".
type limits struct {
	ProjectID string
	Limits    map[string]int
}

// Meta is how the store finds it.
func (l limits) Meta() store.Meta { return store.Meta{Kind: "compute.quota", ID: l.ProjectID} }

// aggregate is a set of hosts.
type aggregate struct {
	Number               int64
	UUID, Name           string
	Zone                 string
	Hosts                []string
	Metadata             map[string]string
	CreatedAt, UpdatedAt time.Time
	Updated              bool
}

// Meta is how the store finds it.
func (a aggregate) Meta() store.Meta {
	return store.Meta{Kind: "compute.aggregate", ID: strconv.FormatInt(a.Number, 10), Name: a.Name}
}

// hostState is what an administrator said of the compute service on the host.
type hostState struct {
	Disabled, ForcedDown bool
	Reason               string
}

// Meta is how the store finds it.
func (hostState) Meta() store.Meta { return store.Meta{Kind: "compute.host", ID: hostName} }
