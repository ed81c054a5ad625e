package identity

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// knownMethods are the ways to authenticate, in the order in which an answer lists them. Those of other parties
// (external, oauth1) are named as Keystone names them, and refused; mapped takes a federated user's token.
func knownMethods() []string {
	return []string{"external", "password", "token", "oauth1", "mapped", "application_credential", "totp"}
}

// proof is what authenticating found out.
type proof struct {
	user    user
	methods []string
	audit   string // of the first token in a chain
	expires time.Time
	app     *appCredential
	from    *token
}

// issueToken is POST /v3/auth/tokens.
func (s *Identity) issueToken(r *web.Request) (*web.Response, error) {
	body, err := object(r)
	if err != nil {
		return nil, err
	}
	auth, ok := body["auth"].(web.Object)
	if !ok {
		if body["auth"] == nil {
			return nil, expecting("auth", "request body")
		}
		return nil, invalid(body["auth"], "object")
	}
	if err := check(authSchema(), auth); err != nil {
		return nil, err
	}
	identity, _ := auth["identity"].(web.Object)
	p, err := s.authenticate(r, identity)
	if err != nil {
		return nil, err
	}
	if err := s.redeem(r, p); err != nil {
		return nil, err
	}
	if rules := p.user.factors(); !enough(rules, p.methods) {
		return s.askMore(r, p, rules)
	}
	t := token{UserID: p.user.ID, Methods: p.methods, Issued: r.Now.Truncate(time.Second)}
	t.Expires = t.Issued.Add(s.lifetime)
	if !p.expires.IsZero() && p.expires.Before(t.Expires) {
		t.Expires = p.expires
	}
	t.AuditIDs = []string{newAuditID()}
	if p.audit != "" {
		t.AuditIDs = append(t.AuditIDs, p.audit)
	}
	if p.from != nil {
		t.ProviderID, t.ProtocolID, t.Groups = p.from.ProviderID, p.from.ProtocolID, p.from.Groups
	}
	if err := s.scope(r, auth["scope"], p, &t); err != nil {
		return nil, err
	}
	m, err := s.meaningOf(r.Tx, t, r.Now)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, denied(r)
	}
	text := newTokenText()
	t.Hash = tokenHash(text)
	m.token.Hash = t.Hash
	if err := s.keep(r.Tx, t, r.Now); err != nil {
		return nil, err
	}
	o, err := m.wire(r, !r.Query().Has("nocatalog"))
	if err != nil {
		return nil, err
	}
	return web.Created(o).With("X-Subject-Token", text), nil
}

// keep stores a token and clears away a few that have expired, so that their number stays that of the living.
func (s *Identity) keep(tx *store.Tx, t token, now time.Time) error {
	old, err := store.List[token](tx, store.Limit(4))
	if err != nil {
		return err
	}
	for _, o := range old {
		if now.After(o.Expires) {
			if err := store.Delete[token](tx, o.Hash); err != nil {
				return err
			}
		}
	}
	return store.Put(tx, t)
}

// authenticate goes through the methods; all of them must hold and be the same user's.
func (s *Identity) authenticate(r *web.Request, identity web.Object) (*proof, error) {
	names := stringList(identity["methods"])
	// As Keystone does: what a method needs is looked for before any method is tried.
	for _, name := range names {
		if identity[name] == nil {
			return nil, expecting(name, "identity")
		}
		data, _ := identity[name].(web.Object)
		rescoping := (name == "mapped" || name == "openid") && data["id"] != nil
		if !rescoping && !slices.Contains([]string{"password", "token", "totp", "application_credential"}, name) {
			return nil, unsupportedMethod(r)
		}
	}
	if len(names) == 0 {
		return nil, denied(r)
	}
	p := &proof{}
	for _, name := range names {
		if slices.Contains(p.methods, name) {
			continue
		}
		data, _ := identity[name].(web.Object)
		var u *user
		var err error
		switch name {
		case "password":
			u, err = s.byPassword(r, data)
		case "totp":
			u, err = s.byTOTP(r, data)
		case "token", "mapped", "openid":
			u, err = s.byToken(r, data, p)
		case "application_credential":
			u, err = s.byAppCredential(r, data, p)
		}
		if err != nil {
			return nil, err
		}
		if u == nil || !u.Enabled || len(p.methods) > 0 && p.user.ID != u.ID {
			return nil, denied(r)
		}
		p.user = *u
		if !slices.Contains(p.methods, name) {
			p.methods = append(p.methods, name)
		}
	}
	if p.from != nil {
		for _, m := range p.from.Methods {
			if !slices.Contains(p.methods, m) {
				p.methods = append(p.methods, m)
			}
		}
		slices.Sort(p.methods)
	}
	return p, nil
}

func unsupportedMethod(r *web.Request) error {
	e := r.Service.Style.Unauthorized(r)
	e.Answer.Body = web.Object{"error": web.Object{"code": 401, "title": "Unauthorized",
		"identity": web.Object{"methods": knownMethods()}, "message": "Attempted to authenticate with an unsupported method."}}
	return e
}

// findUser finds the user that a method names by ID, or by name and domain.
func (s *Identity) findUser(r *web.Request, method string, data web.Object) (*user, error) {
	in, _ := data["user"].(web.Object)
	if in == nil {
		return nil, expecting("user", method)
	}
	id, hasID := in["id"].(string)
	name, hasName := in["name"].(string)
	switch {
	case hasID && id != "":
		return lookup[user](r.Tx, id)
	case !hasName || name == "":
		return nil, web.Errorf(400, "Invalid input for field identity/password/user: id or name must be present.")
	}
	in, _ = in["domain"].(web.Object)
	if in == nil {
		return nil, expecting("domain", "user")
	}
	d, err := findDomain(r, in)
	if err != nil || d == nil {
		return nil, err
	}
	return owned[user](r.Tx, d.ID+"/"+name)
}

// findDomain finds a domain by ID or name.
func findDomain(r *web.Request, in web.Object) (*project, error) {
	id, _ := in["id"].(string)
	name, hasName := in["name"].(string)
	var d *project
	var err error
	switch {
	case id != "":
		d, err = lookup[project](r.Tx, id)
	case hasName:
		d, err = owned[project](r.Tx, "\x00domain/"+name)
	default:
		return nil, expecting("id or name", "domain")
	}
	if err != nil || d == nil || !d.IsDomain {
		return nil, err
	}
	return d, nil
}

func (s *Identity) byPassword(r *web.Request, data web.Object) (*user, error) {
	u, err := s.findUser(r, "password", data)
	if err != nil || u == nil {
		return nil, err
	}
	in, _ := data["user"].(web.Object)
	password, _ := in["password"].(string)
	if !passwordFits(u.PasswordHash, password) {
		return nil, nil
	}
	return u, nil
}

func (s *Identity) byTOTP(r *web.Request, data web.Object) (*user, error) {
	u, err := s.findUser(r, "totp", data)
	if err != nil || u == nil {
		return nil, err
	}
	in, _ := data["user"].(web.Object)
	passcode := fmt.Sprint(in["passcode"])
	all, err := store.List[credential](r.Tx, store.By("user", u.ID))
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Type != "totp" {
			continue
		}
		for _, at := range []time.Time{r.Now, r.Now.Add(-totpPeriod)} {
			if code, err := totp(c.Blob, at); err == nil && hmac.Equal([]byte(code), []byte(passcode)) {
				return u, nil
			}
		}
	}
	return nil, nil
}

const totpPeriod = 30 * time.Second

// totp is RFC 6238 with SHA-1, six digits and periods of 30 seconds; the secret is base32.
func totp(secret string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(secret), "="))
	if err != nil {
		return "", err
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix()/int64(totpPeriod/time.Second)))
	h := hmac.New(sha1.New, key)
	h.Write(counter[:])
	sum := h.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	code := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", code%1000000), nil
}

func (s *Identity) byToken(r *web.Request, data web.Object, p *proof) (*user, error) {
	text, ok := data["id"].(string)
	if !ok {
		return nil, expecting("id", "token")
	}
	m, err := s.resolve(r.Tx, text, r.Now)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, noToken(text)
	}
	if m.token.AppCredentialID != "" {
		return nil, web.Errorf(403, "You are not authorized to perform the requested action: Using method application_credential is not allowed for rescoping.")
	}
	if m.token.TrustID != "" {
		return nil, forbidden("Using trust-scoped token to create another token. Create a new trust-scoped token instead")
	}
	p.from = &m.token
	p.audit = m.token.AuditIDs[len(m.token.AuditIDs)-1]
	p.expires = m.token.Expires
	return &m.user, nil
}

// noToken is the answer to a token that means nothing: it does not look like one, or it does.
func noToken(text string) error {
	if text == "" {
		return web.Errorf(404, "No token in the request")
	}
	if !strings.HasPrefix(text, tokenPrefix) || len(text) < 100 {
		return web.Errorf(404, "Could not recognize Fernet token")
	}
	return web.Errorf(404, "Failed to validate token")
}

func (s *Identity) byAppCredential(r *web.Request, data web.Object, p *proof) (*user, error) {
	var a *appCredential
	var err error
	if id, _ := data["id"].(string); id != "" {
		if a, err = lookup[appCredential](r.Tx, id); err == nil && a == nil {
			return nil, notFound("Application Credential", id)
		}
	} else {
		name, _ := data["name"].(string)
		if name == "" {
			return nil, expecting("id or name", "application_credential")
		}
		u, uerr := s.findUser(r, "application_credential", data)
		if uerr != nil || u == nil {
			return nil, uerr
		}
		a, err = owned[appCredential](r.Tx, u.ID+"/"+name)
	}
	if err != nil || a == nil {
		return nil, err
	}
	secret, _ := data["secret"].(string)
	if !passwordFits(a.SecretHash, secret) || !a.Expires.IsZero() && !r.Now.Before(a.Expires) {
		return nil, nil
	}
	p.app, p.expires = a, a.Expires
	return lookup[user](r.Tx, a.UserID)
}

// scope reads the scope asked for into the token. Without one the application credential's project, or the user's
// default project where it has a role, is taken.
func (s *Identity) scope(r *web.Request, in any, p *proof, t *token) error {
	scope, given := in.(web.Object)
	if p.app != nil {
		t.ProjectID, t.AppCredentialID = p.app.ProjectID, p.app.ID
		if in != nil {
			return noScope(r)
		}
		return nil
	}
	if in == "unscoped" || given && scope["unscoped"] != nil {
		return nil
	}
	if !given {
		return s.defaultScope(r, p, t)
	}
	if len(scope) != 1 {
		return expecting("system, project, domain, OS-TRUST:trust or unscoped", "scope")
	}
	if in, ok := scope["project"].(web.Object); ok {
		project, err := s.findProject(r, in)
		if err != nil {
			return err
		}
		if project == nil || !project.Enabled {
			return denied(r)
		}
		t.ProjectID = project.ID
		return nil
	}
	if in, ok := scope["domain"].(web.Object); ok {
		d, err := findDomain(r, in)
		if err != nil {
			return err
		}
		if d == nil || !d.Enabled {
			return denied(r)
		}
		t.DomainID = d.ID
		return nil
	}
	if in, ok := scope["system"].(web.Object); ok {
		if in["all"] != true {
			return expecting("all", "system")
		}
		t.System = true
		return nil
	}
	if in, ok := scope["OS-TRUST:trust"].(web.Object); ok {
		id, _ := in["id"].(string)
		if id == "" {
			return expecting("trust_id", "trust")
		}
		return s.byTrust(r, id, p, t)
	}
	return expecting("system, project, domain, OS-TRUST:trust or unscoped", "scope")
}

// noScope refuses a scope beside an application credential, which has its own.
func noScope(r *web.Request) error {
	e := r.Service.Style.Unauthorized(r)
	e.Answer.Body = web.Object{"error": web.Object{"code": 401, "title": "Unauthorized", "identity": web.Object{},
		"message": "Error authenticating with application credential: Application credentials cannot request a scope."}}
	return e
}

func (s *Identity) defaultScope(r *web.Request, p *proof, t *token) error {
	// A token asked for with a token and no scope has none.
	if p.from != nil || p.user.DefaultProjectID == "" {
		return nil
	}
	project, err := lookup[project](r.Tx, p.user.DefaultProjectID)
	if err != nil || project == nil || !project.Enabled {
		return err
	}
	roles, err := rolesOn(r.Tx, p.user.ID, targetProject, project.ID)
	if err == nil && len(roles) > 0 {
		t.ProjectID = project.ID
	}
	return err
}

// findProject finds the project that a scope names by ID, or by name and domain.
func (s *Identity) findProject(r *web.Request, in web.Object) (*project, error) {
	id, _ := in["id"].(string)
	name, hasName := in["name"].(string)
	if id != "" {
		return lookup[project](r.Tx, id)
	}
	if !hasName {
		return nil, expecting("id or name", "project")
	}
	in, _ = in["domain"].(web.Object)
	if in == nil {
		return nil, expecting("domain", "project")
	}
	d, err := findDomain(r, in)
	if err != nil || d == nil {
		return nil, err
	}
	return owned[project](r.Tx, d.ID+"/"+name)
}

// subject finds the token of X-Subject-Token for a caller who may see it.
func (s *Identity) subject(r *web.Request, action string, or ...bool) (*meaning, string, error) {
	text := r.Header.Get("X-Subject-Token")
	m, err := s.resolve(r.Tx, text, r.Now)
	if err != nil {
		return nil, "", err
	}
	// The policy speaks of the token's owner, so a token that means nothing is found out before it is asked.
	if m == nil && text != "" {
		return nil, "", noToken(text)
	}
	if err := enforce(r, action, append(or, m != nil && owner(r, m.user.ID))...); err != nil {
		return nil, "", err
	}
	if m == nil {
		return nil, "", noToken(text)
	}
	return m, text, nil
}

// showToken is GET and HEAD /v3/auth/tokens.
func (s *Identity) showToken(r *web.Request) (*web.Response, error) {
	action := "validate_token"
	if r.Method == http.MethodHead {
		action = "check_token"
	}
	m, text, err := s.subject(r, action, systemReader(r), action == "validate_token" && r.Caller.Has("service"))
	if err != nil {
		return nil, err
	}
	o, err := m.wire(r, !r.Query().Has("nocatalog"))
	if err != nil {
		return nil, err
	}
	return web.OK(o).With("X-Subject-Token", text), nil
}

// revokeToken is DELETE /v3/auth/tokens.
func (s *Identity) revokeToken(r *web.Request) (*web.Response, error) {
	m, _, err := s.subject(r, "revoke_token")
	if err != nil {
		return nil, err
	}
	if err := store.Delete[token](r.Tx, m.token.Hash); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return web.NoContent(), nil
}

// revokedTokens is GET /v3/auth/tokens/OS-PKI/revoked.
func (s *Identity) revokedTokens(*web.Request) (*web.Response, error) {
	return nil, web.Errorf(403, "You are not authorized to perform the requested action.")
}

// showCatalog is GET /v3/auth/catalog.
func (s *Identity) showCatalog(r *web.Request) (*web.Response, error) {
	if r.Caller.ProjectID == "" {
		return nil, web.Errorf(403, "You are not authorized to perform the requested action.")
	}
	c, err := catalog(r, r.Caller.ProjectID)
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"catalog": c, "links": web.Object{"self": r.URLFor("/v3/auth/catalog")}}), nil
}

// authProjects is GET /v3/auth/projects.
func (s *Identity) authProjects(r *web.Request) (*web.Response, error) {
	groups, err := groupsOfToken(r)
	if err != nil {
		return nil, err
	}
	return s.projectsOfUser(r, r.Caller.UserID, groups...)
}

// authDomains is GET /v3/auth/domains.
func (s *Identity) authDomains(r *web.Request) (*web.Response, error) {
	groups, err := groupsOfToken(r)
	if err != nil {
		return nil, err
	}
	ids, err := targetsOf(r.Tx, r.Caller.UserID, targetDomain, groups...)
	if err != nil {
		return nil, err
	}
	all, err := store.List[project](r.Tx, store.ID(ids...))
	if err != nil {
		return nil, err
	}
	out := []web.Object{}
	for _, d := range all {
		if d.Enabled {
			out = append(out, domainWire(r, d))
		}
	}
	return collection(r, "domains", out), nil
}

// authSystem is GET /v3/auth/system.
func (s *Identity) authSystem(r *web.Request) (*web.Response, error) {
	ids, err := targetsOf(r.Tx, r.Caller.UserID, targetSystem)
	if err != nil {
		return nil, err
	}
	system := []web.Object{}
	if len(ids) > 0 {
		system = append(system, web.Object{"all": true})
	}
	return web.OK(web.Object{"system": system, "links": web.Object{"self": r.URLFor("/v3/auth/system")}}), nil
}
