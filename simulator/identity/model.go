package identity

import (
	"errors"
	"time"

	"github.com/oslua/oslua/simulator/store"
)

// A project is a project or a domain: to Keystone a domain is a project without a parent that acts as one.
type project struct {
	ID, Name, DomainID, ParentID, Description string
	Enabled, IsDomain                         bool
	Tags                                      []string
	Options, Extra                            map[string]any
}

func (p project) Meta() store.Meta {
	scope := p.DomainID
	if p.IsDomain {
		scope = "\x00domain"
	}
	return store.Meta{Kind: "identity.project", ID: p.ID, Name: p.Name,
		Index: []store.Key{{Name: "parent", Value: p.ParentID}, {Name: "is_domain", Value: boolText(p.IsDomain)},
			{Name: "domain", Value: p.DomainID}},
		Unique: []store.Key{{Name: "name", Value: scope + "/" + p.Name}}}
}

type user struct {
	ID, Name, DomainID, DefaultProjectID string
	Enabled                              bool
	PasswordHash                         string
	Options, Extra                       map[string]any
	// Of a user that stands for one of an identity provider.
	ProviderID, ProtocolID, UniqueID string
}

func (u user) Meta() store.Meta {
	m := store.Meta{Kind: "identity.user", ID: u.ID, Name: u.Name,
		Index:  []store.Key{{Name: "domain", Value: u.DomainID}},
		Unique: []store.Key{{Name: "name", Value: u.DomainID + "/" + u.Name}}}
	if u.ProviderID != "" {
		// Its name is for showing: a local user may have the same, and only that one has a password.
		m.Index = append(m.Index, store.Key{Name: "provider", Value: u.ProviderID})
		m.Unique[0].Value = federatedName(u.ProviderID, u.ProtocolID, u.UniqueID)
	}
	return m
}

type group struct {
	ID, Name, DomainID, Description string
	Extra                           map[string]any
}

func (g group) Meta() store.Meta {
	return store.Meta{Kind: "identity.group", ID: g.ID, Name: g.Name,
		Index:  []store.Key{{Name: "domain", Value: g.DomainID}},
		Unique: []store.Key{{Name: "name", Value: g.DomainID + "/" + g.Name}}}
}

type membership struct{ GroupID, UserID string }

func (m membership) Meta() store.Meta {
	return store.Meta{Kind: "identity.membership", ID: m.GroupID + "/" + m.UserID,
		Index: []store.Key{{Name: "group", Value: m.GroupID}, {Name: "user", Value: m.UserID}}}
}

type role struct {
	ID, Name, DomainID string
	Description        *string
	Options, Extra     map[string]any
}

func (r role) Meta() store.Meta {
	return store.Meta{Kind: "identity.role", ID: r.ID, Name: r.Name,
		Index:  []store.Key{{Name: "domain", Value: r.DomainID}},
		Unique: []store.Key{{Name: "name", Value: r.DomainID + "/" + r.Name}}}
}

// An implied says that who has the role Prior has the role Implied too.
type implied struct{ Prior, Implied string }

func (i implied) Meta() store.Meta {
	return store.Meta{Kind: "identity.implied", ID: i.Prior + "/" + i.Implied,
		Index: []store.Key{{Name: "prior", Value: i.Prior}, {Name: "implied", Value: i.Implied}}}
}

// The kinds of actor and target an assignment has.
const (
	actorUser, actorGroup                     = "users", "groups"
	targetProject, targetDomain, targetSystem = "projects", "domains", "system"
)

type assignment struct {
	Actor, ActorID   string // actorUser or actorGroup
	Target, TargetID string // targetProject, targetDomain or targetSystem with ID "system"
	RoleID           string
	Inherited        bool // to the projects below
}

func (a assignment) Meta() store.Meta {
	id := a.Actor + "/" + a.ActorID + "/" + a.Target + "/" + a.TargetID + "/" + a.RoleID
	if a.Inherited {
		id += "/inherited"
	}
	return store.Meta{Kind: "identity.assignment", ID: id,
		Index: []store.Key{{Name: "actor", Value: a.ActorID}, {Name: "target", Value: a.TargetID}, {Name: "role", Value: a.RoleID}}}
}

type service struct {
	ID, Type    string
	Name        string
	Description *string
	Enabled     bool
	Extra       map[string]any
}

func (s service) Meta() store.Meta {
	return store.Meta{Kind: "identity.service", ID: s.ID, Name: s.Name}
}

// An endpoint's URL that begins with basePrefix is one of this simulator's: the address the client used goes there.
type endpoint struct {
	ID, ServiceID, RegionID, Interface, URL string
	Enabled                                 bool
	Extra                                   map[string]any
}

const basePrefix = "{base}"

func (e endpoint) Meta() store.Meta {
	return store.Meta{Kind: "identity.endpoint", ID: e.ID,
		Index: []store.Key{{Name: "service", Value: e.ServiceID}, {Name: "region", Value: e.RegionID}}}
}

type region struct {
	ID, Description, ParentID string
	Extra                     map[string]any
}

func (r region) Meta() store.Meta {
	return store.Meta{Kind: "identity.region", ID: r.ID, Index: []store.Key{{Name: "parent", Value: r.ParentID}}}
}

type credential struct {
	ID, UserID, ProjectID, Type, Blob string
	Extra                             map[string]any
}

func (c credential) Meta() store.Meta {
	return store.Meta{Kind: "identity.credential", ID: c.ID,
		Index: []store.Key{{Name: "user", Value: c.UserID}, {Name: "project", Value: c.ProjectID}}}
}

type appCredential struct {
	ID, Name, UserID, ProjectID string
	Description                 *string
	SecretHash                  string
	RoleIDs                     []string
	Expires                     time.Time // zero: never
	Unrestricted                *bool
}

func (a appCredential) Meta() store.Meta {
	return store.Meta{Kind: "identity.application_credential", ID: a.ID, Name: a.Name,
		Index:  []store.Key{{Name: "user", Value: a.UserID}, {Name: "project", Value: a.ProjectID}},
		Unique: []store.Key{{Name: "name", Value: a.UserID + "/" + a.Name}}}
}

// A token is kept under the hash of what the client has, so that the file gives no token away.
type token struct {
	Hash                string
	UserID              string
	Methods             []string
	AuditIDs            []string
	ProjectID, DomainID string
	System              bool
	AppCredentialID     string
	TrustID             string
	Issued, Expires     time.Time
	// Of a federated user's token; Groups are those the provider puts the user into.
	ProviderID, ProtocolID string
	Groups                 []string
}

func (t token) Meta() store.Meta {
	return store.Meta{Kind: "identity.token", ID: t.Hash, Index: []store.Key{{Name: "user", Value: t.UserID}}}
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// lookup is Get for what may be missing: it gives nil then.
func lookup[T store.Document](tx *store.Tx, id string) (*T, error) {
	doc, err := store.Get[T](tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &doc, nil
}

// owned finds the document with a unique name, nil when there is none.
func owned[T store.Document](tx *store.Tx, name string) (*T, error) {
	id, err := store.Owner[T](tx, "name", name)
	if err != nil || id == "" {
		return nil, err
	}
	return lookup[T](tx, id)
}

// deleteAll removes the documents that fit.
func deleteAll[T store.Document](tx *store.Tx, where ...store.Where) error {
	all, err := store.List[T](tx, where...)
	if err != nil {
		return err
	}
	for _, d := range all {
		if err := store.Delete[T](tx, d.Meta().ID); err != nil {
			return err
		}
	}
	return nil
}
