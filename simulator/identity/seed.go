package identity

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/oslua/oslua/simulator/store"
)

// DefaultDomain is the ID of the domain Default.
const DefaultDomain = "default"

// secretHash is bcrypt of "secret" at the least cost, worked out beforehand: the seed is to take no time.
const secretHash = "$2a$04$yBwDod6Ju.WbGqkrZYo33.OnuZahJBReLYiu7m9h4v4KXLB/hdwAq"

// SeedID is the ID of a seeded thing: the same for the same seed number and name, in Keystone's form (no dashes).
func SeedID(seed int64, kind, name string) string {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(seed))
	h.Write(n[:])
	h.Write([]byte(kind + "/" + name))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// ProjectID is the ID of a seeded project: admin, demo, alt_demo or service.
func ProjectID(seed int64, name string) string { return SeedID(seed, "project", name) }

// UserID is the ID of a seeded user: admin, demo or alt_demo.
func UserID(seed int64, name string) string { return SeedID(seed, "user", name) }

// Entry is a service of the catalog.
type Entry struct {
	Type, Name string
	Path       string // "/network"; may hold $(project_id)s
}

// Seed puts in what DevStack leaves: domain Default, its projects, users and roles, RegionOne, and a catalog of the
// entries.
func Seed(tx *store.Tx, seed int64, catalog []Entry) error {
	s := &seeder{tx: tx, seed: seed}
	put(s, project{ID: DefaultDomain, Name: "Default", Description: "The default domain", Enabled: true, IsDomain: true})
	for _, name := range []string{"admin", "demo", "service", "alt_demo"} {
		p := project{ID: ProjectID(seed, name), Name: name, DomainID: DefaultDomain, ParentID: DefaultDomain, Enabled: true}
		if name == "admin" {
			p.Description = "Bootstrap project for initializing the cloud."
		}
		put(s, p)
	}
	for _, name := range []string{"admin", "member", "reader", "service", "anotherrole"} {
		r := role{ID: s.role(name), Name: name}
		if name != "service" && name != "anotherrole" {
			r.Options = map[string]any{"immutable": true}
		}
		put(s, r)
	}
	put(s, implied{Prior: s.role("admin"), Implied: s.role("member")})
	put(s, implied{Prior: s.role("member"), Implied: s.role("reader")})
	for _, u := range []struct {
		name   string
		grants [][2]string // project, role
	}{
		{"admin", [][2]string{{"admin", "admin"}, {"demo", "admin"}}},
		{"demo", [][2]string{{"demo", "member"}, {"demo", "anotherrole"}}},
		{"alt_demo", [][2]string{{"alt_demo", "member"}}},
	} {
		put(s, user{ID: UserID(seed, u.name), Name: u.name, DomainID: DefaultDomain, Enabled: true, PasswordHash: secretHash})
		for _, g := range u.grants {
			put(s, assignment{Actor: actorUser, ActorID: UserID(seed, u.name), Target: targetProject,
				TargetID: ProjectID(seed, g[0]), RoleID: s.role(g[1])})
		}
	}
	put(s, assignment{Actor: actorUser, ActorID: UserID(seed, "admin"), Target: targetSystem, TargetID: "system", RoleID: s.role("admin")})
	put(s, region{ID: "RegionOne"})
	seedFederation(s)
	for _, e := range catalog {
		if e.Type == "" {
			continue // answers, but is no service of OpenStack
		}
		id := SeedID(seed, "service", e.Type)
		put(s, service{ID: id, Name: e.Name, Type: e.Type, Enabled: true})
		for _, i := range []string{"public", "internal", "admin"} {
			put(s, endpoint{ID: SeedID(seed, "endpoint", e.Type+"/"+i), ServiceID: id, RegionID: "RegionOne",
				Interface: i, URL: basePrefix + e.Path, Enabled: true})
		}
	}
	if s.err != nil {
		return s.err
	}
	return Touch(tx)
}

// seeder carries the first error through the seed.
type seeder struct {
	tx   *store.Tx
	seed int64
	err  error
}

func (s *seeder) role(name string) string { return SeedID(s.seed, "role", name) }

func put[T store.Document](s *seeder, doc T) {
	if s.err == nil {
		s.err = store.Put(s.tx, doc)
	}
}
