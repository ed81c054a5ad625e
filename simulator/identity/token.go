package identity

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// tokenPrefix begins every token, as it does Keystone's.
const tokenPrefix = "gAAAAAB"

// newTokenText makes what the client gets, never from the seed: it is a secret.
func newTokenText() string {
	b := make([]byte, 132)
	_, _ = rand.Read(b) // never fails
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

func tokenHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func newAuditID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashPassword is for secrets that users choose. bcrypt takes 72 bytes; Keystone cuts there too.
func hashPassword(password string) (string, error) {
	h, err := bcrypt.GenerateFromPassword([]byte(password)[:min(len(password), 72)], bcrypt.MinCost)
	return string(h), err
}

func passwordFits(hash, password string) bool {
	return hash != "" && bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)[:min(len(password), 72)]) == nil
}

// revisionVar changes whenever something does that a token's meaning hangs on.
const revisionVar = "identity:revision"

// Touch makes every process forget what it remembers of tokens. Whoever changes users, projects or roles other than by
// a request (a seed, a restored snapshot) calls it.
func Touch(tx *store.Tx) error { return tx.SetVar(revisionVar, rand.Text()) }

// callers remembers who the tokens' owners are while nothing changes: most requests then need one look-up, not ten.
type callers struct {
	mu       sync.Mutex
	revision string
	byHash   map[string]*web.Caller
}

func (c *callers) get(revision, hash string) *web.Caller {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revision != revision {
		return nil
	}
	return c.byHash[hash]
}

func (c *callers) put(revision, hash string, caller *web.Caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revision != revision || len(c.byHash) >= 4096 {
		c.revision, c.byHash = revision, map[string]*web.Caller{}
	}
	c.byHash[hash] = caller
}

// Authenticate finds the caller of a token.
func (s *Identity) Authenticate(tx *store.Tx, text string, now time.Time) (*web.Caller, error) {
	if text == "" {
		return nil, nil
	}
	revision, err := tx.Var(revisionVar)
	if err != nil {
		return nil, err
	}
	hash := tokenHash(text)
	if c := s.callers.get(revision, hash); c != nil {
		if !now.Before(c.Expires) {
			return nil, nil
		}
		return c, nil
	}
	m, err := s.resolve(tx, text, now)
	if err != nil || m == nil {
		return nil, err
	}
	c := m.caller()
	s.callers.put(revision, hash, c)
	return c, nil
}

// meaning is a token with all it stands for at the moment.
type meaning struct {
	token   token
	user    user
	domain  project  // the user's
	project *project // scope
	of      project  // the project's domain
	scope   *project // domain scope
	roles   []role   // with the implied ones, by ID
	app     *appCredential
	trust   *trust
}

// resolve gives a token's meaning, nil when it has none any more.
func (s *Identity) resolve(tx *store.Tx, text string, now time.Time) (*meaning, error) {
	t, err := lookup[token](tx, tokenHash(text))
	if err != nil || t == nil || !now.Before(t.Expires) {
		return nil, err
	}
	return s.meaningOf(tx, *t, now)
}

// meaningOf gives what a token stands for; nil when its user, scope or roles are gone.
func (s *Identity) meaningOf(tx *store.Tx, t token, now time.Time) (*meaning, error) {
	u, err := lookup[user](tx, t.UserID)
	if err != nil || u == nil || !u.Enabled {
		return nil, err
	}
	m := &meaning{token: t, user: *u}
	d, err := lookup[project](tx, u.DomainID)
	if err != nil || d == nil || !d.Enabled {
		return nil, err
	}
	m.domain = *d
	if t.ProviderID != "" {
		p, err := lookup[identityProvider](tx, t.ProviderID)
		if err != nil || p == nil || !p.Enabled {
			return nil, err
		}
	}
	var trustRoles []string
	if t.TrustID != "" {
		if m.trust, trustRoles, err = trusted(tx, t, now); err != nil || m.trust == nil {
			return nil, err
		}
	}
	kind, id := "", ""
	switch {
	case t.ProjectID != "":
		p, err := lookup[project](tx, t.ProjectID)
		if err != nil || p == nil || !p.Enabled {
			return nil, err
		}
		of, err := lookup[project](tx, p.DomainID)
		if err != nil || of == nil || !of.Enabled {
			return nil, err
		}
		m.project, m.of = p, *of
		kind, id = targetProject, p.ID
	case t.DomainID != "":
		d, err := lookup[project](tx, t.DomainID)
		if err != nil || d == nil || !d.Enabled {
			return nil, err
		}
		m.scope = d
		kind, id = targetDomain, d.ID
	case t.System:
		kind, id = targetSystem, "system"
	default:
		return m, nil
	}
	ids, err := rolesOn(tx, u.ID, kind, id, t.Groups...)
	if err != nil {
		return nil, err
	}
	if t.AppCredentialID != "" {
		a, err := lookup[appCredential](tx, t.AppCredentialID)
		if err != nil || a == nil || !a.Expires.IsZero() && !now.Before(a.Expires) {
			return nil, err
		}
		m.app = a
		if ids, err = withImplied(tx, a.RoleIDs); err != nil {
			return nil, err
		}
	}
	if m.trust != nil {
		ids = trustRoles
	}
	if len(ids) == 0 {
		return nil, nil
	}
	m.roles, err = store.List[role](tx, store.ID(ids...))
	slices.SortFunc(m.roles, func(a, b role) int { return cmp.Compare(a.ID, b.ID) })
	return m, err
}

func (m *meaning) caller() *web.Caller {
	c := &web.Caller{UserID: m.user.ID, UserName: m.user.Name, UserDomainID: m.domain.ID, UserDomainName: m.domain.Name,
		System: m.token.System, Expires: m.token.Expires}
	if m.trust != nil && !m.trust.Expires.IsZero() && m.trust.Expires.Before(c.Expires) {
		c.Expires = m.trust.Expires
	}
	if m.project != nil {
		c.ProjectID, c.ProjectName, c.ProjectDomainID, c.ProjectDomainName = m.project.ID, m.project.Name, m.of.ID, m.of.Name
	}
	if m.scope != nil {
		c.DomainID, c.DomainName = m.scope.ID, m.scope.Name
	}
	for _, r := range m.roles {
		c.Roles = append(c.Roles, r.Name)
	}
	return c
}

// timeText is a token's time: with microseconds that are always zero.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// wire is the token's body.
func (m *meaning) wire(r *web.Request, withCatalog bool) (web.Object, error) {
	domain := func(p project) web.Object { return web.Object{"id": p.ID, "name": p.Name} }
	o := web.Object{
		"methods":    m.token.Methods,
		"user":       web.Object{"domain": domain(m.domain), "id": m.user.ID, "name": m.user.Name, "password_expires_at": nil},
		"audit_ids":  m.token.AuditIDs,
		"expires_at": timeText(m.token.Expires),
		"issued_at":  timeText(m.token.Issued),
	}
	if m.token.ProviderID != "" {
		groups := []web.Object{}
		for _, id := range m.token.Groups {
			groups = append(groups, web.Object{"id": id})
		}
		o["user"] = web.Object{"domain": domain(m.domain), "id": m.user.ID, "name": m.user.Name, "OS-FEDERATION": web.Object{
			"groups": groups, "identity_provider": web.Object{"id": m.token.ProviderID}, "protocol": web.Object{"id": m.token.ProtocolID}}}
	}
	if m.trust != nil {
		o["OS-TRUST:trust"] = web.Object{"id": m.trust.ID, "trustor_user": web.Object{"id": m.trust.TrustorID},
			"trustee_user": web.Object{"id": m.trust.TrusteeID}, "impersonation": m.trust.Impersonation}
	}
	switch {
	case m.project != nil:
		o["project"] = web.Object{"domain": domain(m.of), "id": m.project.ID, "name": m.project.Name}
		if m.trust == nil {
			o["is_domain"] = m.project.IsDomain
		}
	case m.scope != nil:
		o["domain"] = domain(*m.scope)
	case m.token.System:
		o["system"] = web.Object{"all": true}
	default:
		return web.Object{"token": o}, nil
	}
	roles := []web.Object{}
	for _, role := range m.roles {
		if m.trust != nil {
			roles = append(roles, roleBody(role)) // whole, for no reason but Keystone's
			continue
		}
		roles = append(roles, web.Object{"id": role.ID, "name": role.Name})
	}
	o["roles"] = roles
	if m.app != nil {
		o["application_credential"] = web.Object{"id": m.app.ID, "name": m.app.Name,
			"restricted": m.app.Unrestricted == nil || !*m.app.Unrestricted}
	}
	if withCatalog {
		c, err := catalog(r, m.token.ProjectID)
		if err != nil {
			return nil, err
		}
		o["catalog"] = c
	}
	return web.Object{"token": o}, nil
}

// catalog is the enabled services with their enabled endpoints, with addresses for a project.
func catalog(r *web.Request, projectID string) ([]web.Object, error) {
	services, err := store.List[service](r.Tx)
	if err != nil {
		return nil, err
	}
	endpoints, err := store.List[endpoint](r.Tx)
	if err != nil {
		return nil, err
	}
	out := []web.Object{}
	for _, sv := range services {
		if !sv.Enabled {
			continue
		}
		list := []web.Object{}
		for _, e := range endpoints {
			if e.ServiceID != sv.ID || !e.Enabled {
				continue
			}
			url, ok := expandURL(e.url(r), projectID, r.Caller)
			if !ok {
				continue
			}
			list = append(list, web.Object{"id": e.ID, "interface": e.Interface, "region": null(e.RegionID), "region_id": null(e.RegionID), "url": url})
		}
		out = append(out, web.Object{"id": sv.ID, "type": sv.Type, "name": sv.Name, "endpoints": list})
	}
	return out, nil
}

// url is the endpoint's address as it is stored, ours with the address the client used.
func (e endpoint) url(r *web.Request) string {
	if rest, ok := strings.CutPrefix(e.URL, basePrefix); ok {
		return r.Base + rest
	}
	return e.URL
}

// expandURL puts the project into an address; ok is false when the address needs one and there is none.
func expandURL(url, projectID string, c *web.Caller) (string, bool) {
	for _, name := range []string{"project_id", "tenant_id"} {
		for _, form := range []string{"$(" + name + ")s", "%(" + name + ")s"} {
			if strings.Contains(url, form) {
				if projectID == "" {
					return "", false
				}
				url = strings.ReplaceAll(url, form, projectID)
			}
		}
	}
	if c != nil {
		url = strings.NewReplacer("$(user_id)s", c.UserID, "%(user_id)s", c.UserID).Replace(url)
	}
	return url, true
}

// null is a JSON null for an empty string.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}
