package identity

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Bearers tells what a bearer token says of its user: the claims of an OpenID Connect provider, nil for a token that is
// not good. It stands where mod_auth_openidc stands before a real Keystone.
type Bearers interface {
	Claims(r *web.Request, token string) (map[string]any, error)
}

// Federate lets users in by bearer tokens.
func (s *Identity) Federate(b Bearers) *Identity {
	s.bearers = b
	return s
}

// remoteIDAttribute is where Keystone looks for the provider that vouches for a user; a protocol may name another.
const remoteIDAttribute = "HTTP_OIDC_ISS"

type identityProvider struct {
	ID, DomainID     string
	Description      *string
	Enabled          bool
	RemoteIDs        []string // one that begins with basePrefix is this simulator's own provider
	AuthorizationTTL *json.Number
}

func (p identityProvider) Meta() store.Meta {
	m := store.Meta{Kind: "identity.identity_provider", ID: p.ID, Index: []store.Key{{Name: "domain", Value: p.DomainID}}}
	for _, id := range p.RemoteIDs {
		m.Unique = append(m.Unique, store.Key{Name: "remote_id", Value: id})
	}
	return m
}

type protocol struct {
	ProviderID, ID, MappingID string
	RemoteIDAttribute         *string
}

func (p protocol) Meta() store.Meta {
	return store.Meta{Kind: "identity.protocol", ID: p.ProviderID + "/" + p.ID, Index: []store.Key{{Name: "provider", Value: p.ProviderID}}}
}

type mapping struct {
	ID    string
	Rules []any
}

func (m mapping) Meta() store.Meta { return store.Meta{Kind: "identity.mapping", ID: m.ID} }

func (s *Identity) federationRoutes() []web.Route {
	const base = "/v3/OS-FEDERATION"
	return []web.Route{
		{Method: "GET", Pattern: base + "/identity_providers", Handler: s.listProviders, Doc: "List identity providers."},
		{Method: "GET", Pattern: base + "/identity_providers/{idp}", Handler: s.showProvider, Doc: "Show an identity provider."},
		{Method: "PUT", Pattern: base + "/identity_providers/{idp}", Handler: s.createProvider, Doc: "Create an identity provider."},
		{Method: "PATCH", Pattern: base + "/identity_providers/{idp}", Handler: s.updateProvider, Doc: "Update an identity provider."},
		{Method: "DELETE", Pattern: base + "/identity_providers/{idp}", Handler: s.deleteProvider, Doc: "Delete an identity provider with its protocols and users."},
		{Method: "GET", Pattern: base + "/identity_providers/{idp}/protocols", Handler: s.listProtocols, Doc: "List an identity provider's protocols."},
		{Method: "GET", Pattern: base + "/identity_providers/{idp}/protocols/{protocol}", Handler: s.showProtocol, Doc: "Show a protocol."},
		{Method: "PUT", Pattern: base + "/identity_providers/{idp}/protocols/{protocol}", Handler: s.createProtocol, Doc: "Create a protocol."},
		{Method: "PATCH", Pattern: base + "/identity_providers/{idp}/protocols/{protocol}", Handler: s.updateProtocol, Doc: "Update a protocol."},
		{Method: "DELETE", Pattern: base + "/identity_providers/{idp}/protocols/{protocol}", Handler: s.deleteProtocol, Doc: "Delete a protocol."},
		{Method: "GET", Pattern: base + "/identity_providers/{idp}/protocols/{protocol}/auth", Handler: s.federatedLogin, Public: true, Write: true,
			Doc: "Give an unscoped token for a provider's access token."},
		{Method: "POST", Pattern: base + "/identity_providers/{idp}/protocols/{protocol}/auth", Handler: s.federatedLogin, Public: true,
			Doc: "Give an unscoped token for a provider's access token."},
		{Method: "GET", Pattern: base + "/mappings", Handler: s.listMappings, Doc: "List mappings."},
		{Method: "GET", Pattern: base + "/mappings/{mapping}", Handler: s.showMapping, Doc: "Show a mapping."},
		{Method: "PUT", Pattern: base + "/mappings/{mapping}", Handler: s.createMapping, Doc: "Create a mapping."},
		{Method: "PATCH", Pattern: base + "/mappings/{mapping}", Handler: s.updateMapping, Doc: "Update a mapping."},
		{Method: "DELETE", Pattern: base + "/mappings/{mapping}", Handler: s.deleteMapping, Doc: "Delete a mapping."},
		{Method: "GET", Pattern: base + "/projects", Handler: s.authProjects, Doc: "List the projects a federated user can scope to."},
		{Method: "GET", Pattern: base + "/domains", Handler: s.authDomains, Doc: "List the domains a federated user can scope to."},
		{Pattern: base + "/service_providers", Missing: true, Doc: "Service providers (Keystone to Keystone)."},
		{Pattern: base + "/service_providers/{id}", Missing: true, Doc: "Service providers (Keystone to Keystone)."},
		{Pattern: base + "/saml2/metadata", Missing: true, Doc: "SAML 2.0."},
		{Pattern: "/v3/auth/OS-FEDERATION/{rest...}", Missing: true, Doc: "Web single sign-on and SAML assertions."},
	}
}

func providerSchema(create bool) schema {
	props := schema{"enabled": boolean(), "description": nullable(anyText()),
		"authorization_ttl": schema{"minimum": 0, "type": list("integer", "null")},
		"remote_ids":        schema{"type": list("array", "null"), "items": anyText(), "uniqueItems": true}}
	if create {
		props["domain_id"] = nullable(idText())
		return closed(objectOf(props))
	}
	return closed(updating(props))
}

func protocolSchema(create bool) schema {
	props := schema{"mapping_id": schema{"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-_]+$"},
		"remote_id_attribute": schema{"type": "string", "maxLength": 64}}
	if create {
		return closed(creating(props, "mapping_id"))
	}
	return closed(updating(props))
}

// remoteIDs are the provider's, ours with the address the client used.
func (p identityProvider) remoteIDs(r *web.Request) []string {
	out := []string{}
	for _, id := range p.RemoteIDs {
		if rest, ok := strings.CutPrefix(id, basePrefix); ok {
			id = r.Base + rest
		}
		out = append(out, id)
	}
	return out
}

func providerWire(r *web.Request, p identityProvider) web.Object {
	o := web.Object{"id": p.ID, "domain_id": p.DomainID, "enabled": p.Enabled, "description": p.Description,
		"remote_ids": p.remoteIDs(r), "authorization_ttl": p.AuthorizationTTL}
	path := "/v3/OS-FEDERATION/identity_providers/" + url.PathEscape(p.ID)
	o["links"] = web.Object{"self": r.URLFor(path), "protocols": r.URLFor(path + "/protocols")}
	return o
}

func (s *Identity) listProviders(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_identity_providers", systemReader(r)); err != nil {
		return nil, err
	}
	all, err := store.List[identityProvider](r.Tx)
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, p := range all {
		out = append(out, providerWire(r, p))
	}
	return collection(r, "identity_providers", filter(r, out, "id", "enabled")), nil
}

func (s *Identity) showProvider(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "get_identity_provider", systemReader(r)); err != nil {
		return nil, err
	}
	p, err := must[identityProvider](r, "Identity Provider", r.PathValue("idp"))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"identity_provider": providerWire(r, *p)}), nil
}

func fillProvider(r *web.Request, in web.Object, p *identityProvider) {
	setBool(in, "enabled", &p.Enabled)
	setPointer(in, "description", &p.Description)
	if v, ok := in["remote_ids"]; ok {
		p.RemoteIDs = stringList(v)
		for i, id := range p.RemoteIDs {
			// The simulator's own provider is known by whatever address the next client uses.
			if rest, ok := strings.CutPrefix(id, r.Base); ok && strings.HasPrefix(rest, "/") {
				p.RemoteIDs[i] = basePrefix + rest
			}
		}
	}
	if v, ok := in["authorization_ttl"]; ok {
		p.AuthorizationTTL = nil
		if n, ok := v.(json.Number); ok {
			p.AuthorizationTTL = &n
		}
	}
}

func putProvider(r *web.Request, p identityProvider) error {
	err := store.Put(r.Tx, p)
	var c *store.Conflict
	if errors.As(err, &c) {
		id := c.Value
		if rest, ok := strings.CutPrefix(id, basePrefix); ok {
			id = r.Base + rest
		}
		return conflict("identity_provider", "Duplicate remote ID: "+id)
	}
	return err
}

func (s *Identity) createProvider(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_identity_provider"); err != nil {
		return nil, err
	}
	in, err := member(r, "identity_provider", providerSchema(true))
	if err != nil {
		return nil, err
	}
	p := identityProvider{ID: r.PathValue("idp")}
	fillProvider(r, in, &p)
	if setText(in, "domain_id", &p.DomainID); p.DomainID != "" {
		d, err := must[project](r, "domain", p.DomainID)
		if err != nil {
			return nil, err
		}
		if !d.IsDomain {
			return nil, notFound("domain", p.DomainID)
		}
	}
	if had, err := store.Has[identityProvider](r.Tx, p.ID); err != nil || had {
		return nil, cmp.Or(err, conflict("identity_provider", "Duplicate entry: "+p.ID))
	}
	if p.DomainID == "" {
		// The users of a provider live in a domain of its own.
		d := project{ID: r.Tx.NewHexID(), Enabled: true, IsDomain: true, Description: "Auto generated federated domain for Identity Provider: " + p.ID}
		d.Name, p.DomainID = d.ID, d.ID
		if err := store.Put(r.Tx, d); err != nil {
			return nil, err
		}
	}
	if err := putProvider(r, p); err != nil {
		return nil, err
	}
	return web.Created(web.Object{"identity_provider": providerWire(r, p)}), nil
}

func (s *Identity) updateProvider(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "update_identity_provider"); err != nil {
		return nil, err
	}
	in, err := member(r, "identity_provider", providerSchema(false))
	if err != nil {
		return nil, err
	}
	p, err := must[identityProvider](r, "Identity Provider", r.PathValue("idp"))
	if err != nil {
		return nil, err
	}
	fillProvider(r, in, p)
	if err := putProvider(r, *p); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"identity_provider": providerWire(r, *p)}), nil
}

func (s *Identity) deleteProvider(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "delete_identity_provider"); err != nil {
		return nil, err
	}
	p, err := must[identityProvider](r, "Identity Provider", r.PathValue("idp"))
	if err != nil {
		return nil, err
	}
	return web.NoContent(), s.removeProvider(r.Tx, p.ID)
}

// removeProvider takes a provider away with its protocols and the users it vouched for.
func (s *Identity) removeProvider(tx *store.Tx, id string) error {
	users, err := store.List[user](tx, store.By("provider", id))
	if err != nil {
		return err
	}
	for _, u := range users {
		if err := s.removeUser(tx, u.ID); err != nil {
			return err
		}
	}
	return errors.Join(deleteAll[protocol](tx, store.By("provider", id)), store.Delete[identityProvider](tx, id))
}

// protocolWire is a protocol. Its links are Keystone's, which lack a part of the path.
func protocolWire(r *web.Request, p protocol, listed bool) web.Object {
	o := web.Object{"id": p.ID, "mapping_id": p.MappingID, "links": web.Object{
		"self": r.URLFor("/v3/protocols/" + url.PathEscape(p.ID)), "identity_provider": r.URLFor("/v3/" + url.PathEscape(p.ProviderID))}}
	if listed {
		o["idp_id"], o["remote_id_attribute"] = p.ProviderID, p.RemoteIDAttribute
	}
	return o
}

func (s *Identity) listProtocols(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_protocols", systemReader(r)); err != nil {
		return nil, err
	}
	all, err := store.List[protocol](r.Tx, store.By("provider", r.PathValue("idp")))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, p := range all {
		out = append(out, protocolWire(r, p, true))
	}
	return collection(r, "protocols", out), nil
}

// findProtocol finds the protocol of a path.
func findProtocol(r *web.Request) (*protocol, error) {
	idp, id := r.PathValue("idp"), r.PathValue("protocol")
	p, err := lookup[protocol](r.Tx, idp+"/"+id)
	if err == nil && p == nil {
		err = web.Errorf(404, "Could not find federated protocol %s for Identity Provider: %s.", id, idp)
	}
	return p, err
}

func (s *Identity) showProtocol(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "get_protocol", systemReader(r)); err != nil {
		return nil, err
	}
	p, err := findProtocol(r)
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"protocol": protocolWire(r, *p, false)}), nil
}

func (s *Identity) fillProtocol(r *web.Request, in web.Object, p *protocol) error {
	setText(in, "mapping_id", &p.MappingID)
	setPointer(in, "remote_id_attribute", &p.RemoteIDAttribute)
	has, err := store.Has[mapping](r.Tx, p.MappingID)
	if err == nil && !has {
		err = web.Errorf(400, "Invalid mapping id: %s", p.MappingID)
	}
	return err
}

func (s *Identity) createProtocol(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_protocol"); err != nil {
		return nil, err
	}
	in, err := member(r, "protocol", protocolSchema(true))
	if err != nil {
		return nil, err
	}
	p := protocol{ProviderID: r.PathValue("idp"), ID: r.PathValue("protocol")}
	if err := s.fillProtocol(r, in, &p); err != nil {
		return nil, err
	}
	if _, err := must[identityProvider](r, "Identity Provider", p.ProviderID); err != nil {
		return nil, err
	}
	if had, err := store.Has[protocol](r.Tx, p.Meta().ID); err != nil || had {
		return nil, cmp.Or(err, conflict("federation_protocol", "Duplicate entry found with ID "+p.ID))
	}
	return web.Created(web.Object{"protocol": protocolWire(r, p, false)}), store.Put(r.Tx, p)
}

func (s *Identity) updateProtocol(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "update_protocol"); err != nil {
		return nil, err
	}
	in, err := member(r, "protocol", protocolSchema(false))
	if err != nil {
		return nil, err
	}
	p, err := findProtocol(r)
	if err != nil {
		return nil, err
	}
	if err := s.fillProtocol(r, in, p); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"protocol": protocolWire(r, *p, false)}), store.Put(r.Tx, *p)
}

func (s *Identity) deleteProtocol(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "delete_protocol"); err != nil {
		return nil, err
	}
	p, err := findProtocol(r)
	if err != nil {
		return nil, err
	}
	return web.NoContent(), store.Delete[protocol](r.Tx, p.Meta().ID)
}

func mappingWire(r *web.Request, m mapping) web.Object {
	return selfLink(r, web.Object{"id": m.ID, "rules": m.Rules}, "/v3/OS-FEDERATION/mappings/"+url.PathEscape(m.ID))
}

func (s *Identity) listMappings(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "list_mappings", systemReader(r)); err != nil {
		return nil, err
	}
	all, err := store.List[mapping](r.Tx)
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, m := range all {
		out = append(out, mappingWire(r, m))
	}
	return collection(r, "mappings", out), nil
}

func (s *Identity) showMapping(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "get_mapping", systemReader(r)); err != nil {
		return nil, err
	}
	m, err := must[mapping](r, "mapping", r.PathValue("mapping"))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"mapping": mappingWire(r, *m)}), nil
}

// rulesOf reads the rules of a request.
func rulesOf(r *web.Request) ([]any, error) {
	in, err := member(r, "mapping", schema{"type": "object"})
	if err != nil {
		return nil, err
	}
	if wrong := mappingFaults(in); wrong != "" {
		return nil, web.Errorf(400, "%s", wrong)
	}
	rules, _ := in["rules"].([]any)
	return rules, nil
}

func (s *Identity) createMapping(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "create_mapping"); err != nil {
		return nil, err
	}
	rules, err := rulesOf(r)
	if err != nil {
		return nil, err
	}
	m := mapping{ID: r.PathValue("mapping"), Rules: rules}
	if had, err := store.Has[mapping](r.Tx, m.ID); err != nil || had {
		return nil, cmp.Or(err, conflict("mapping", "Duplicate entry"))
	}
	return web.Created(web.Object{"mapping": mappingWire(r, m)}), store.Put(r.Tx, m)
}

func (s *Identity) updateMapping(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "update_mapping"); err != nil {
		return nil, err
	}
	rules, err := rulesOf(r)
	if err != nil {
		return nil, err
	}
	m, err := must[mapping](r, "mapping", r.PathValue("mapping"))
	if err != nil {
		return nil, err
	}
	m.Rules = rules
	return web.OK(web.Object{"mapping": mappingWire(r, *m)}), store.Put(r.Tx, *m)
}

func (s *Identity) deleteMapping(r *web.Request) (*web.Response, error) {
	if err := enforce(r, "delete_mapping"); err != nil {
		return nil, err
	}
	m, err := must[mapping](r, "mapping", r.PathValue("mapping"))
	if err != nil {
		return nil, err
	}
	return web.NoContent(), store.Delete[mapping](r.Tx, m.ID)
}

// noBearer is how mod_auth_openidc turns a request away before Keystone sees it.
func noBearer(code, text string) error {
	h := http.Header{}
	h.Set("Www-Authenticate", fmt.Sprintf("Bearer error=%q, error_description=%q", code, text))
	return &web.Error{Status: 401, Message: text, Answer: &web.Response{Status: 401, ContentType: "text/html; charset=iso-8859-1", Header: h,
		Body: "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>401 Unauthorized</title>\n</head><body>\n" +
			"<h1>Unauthorized</h1>\n<p>" + text + ".</p>\n</body></html>\n"}}
}

// federatedLogin makes an unscoped token of a provider's access token.
func (s *Identity) federatedLogin(r *web.Request) (*web.Response, error) {
	idp, err := must[identityProvider](r, "Identity Provider", r.PathValue("idp"))
	if err != nil {
		return nil, err
	}
	proto, err := findProtocol(r)
	if err != nil {
		return nil, err
	}
	word, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(word, "Bearer") || strings.TrimSpace(text) == "" {
		return nil, noBearer("invalid_request", "No bearer token found in the request")
	}
	if s.bearers == nil {
		return nil, denied(r)
	}
	claims, err := s.bearers.Claims(r, strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	if claims == nil {
		return nil, noBearer("invalid_token", "Reference token could not be introspected, or it has expired")
	}
	if !idp.Enabled {
		return nil, web.Errorf(403, "You are not authorized to perform the requested action.")
	}
	assertion := assertionOf(claims)
	if err := vouched(r, idp, proto, assertion); err != nil {
		return nil, err
	}
	m, err := must[mapping](r, "mapping", proto.MappingID)
	if err != nil {
		return nil, err
	}
	who, err := applyRules(m.Rules, assertion)
	if err != nil {
		return nil, err
	}
	if who == nil {
		return nil, denied(r)
	}
	t := token{Methods: []string{proto.ID}, AuditIDs: []string{newAuditID()}, Issued: r.Now.Truncate(1e9)}
	t.Expires = t.Issued.Add(s.lifetime)
	var u *user
	if who.user["type"] == "local" {
		u, err = s.findUser(r, "mapped", web.Object{"user": who.user})
	} else {
		if t.Groups, err = s.groupsOf(r, who, m.ID); err != nil {
			return nil, err
		}
		t.ProviderID, t.ProtocolID = idp.ID, proto.ID
		u, err = s.shadow(r, idp, proto, who)
	}
	if err != nil {
		return nil, err
	}
	if u == nil || !u.Enabled {
		return nil, denied(r)
	}
	t.UserID = u.ID
	meaning, err := s.meaningOf(r.Tx, t, r.Now)
	if err != nil {
		return nil, err
	}
	if meaning == nil {
		return nil, denied(r)
	}
	secret := newTokenText()
	t.Hash = tokenHash(secret)
	if err := s.keep(r.Tx, t, r.Now); err != nil {
		return nil, err
	}
	if err := Touch(r.Tx); err != nil {
		return nil, err
	}
	o, err := meaning.wire(r, false)
	if err != nil {
		return nil, err
	}
	return web.Created(o).With("X-Subject-Token", secret), nil
}

// vouched holds the provider that a token comes from against those the identity provider may have.
func vouched(r *web.Request, idp *identityProvider, proto *protocol, assertion map[string][]string) error {
	if len(idp.RemoteIDs) == 0 {
		return nil
	}
	attribute := remoteIDAttribute
	if proto.RemoteIDAttribute != nil && *proto.RemoteIDAttribute != "" {
		attribute = *proto.RemoteIDAttribute
	}
	from := strings.Join(assertion[attribute], ";")
	if from == "" {
		return denied(r)
	}
	if !slices.Contains(idp.remoteIDs(r), from) {
		return web.Errorf(403, "You are not authorized to perform the requested action.")
	}
	return nil
}

// groupsOf gives the IDs of the groups a mapping puts a user into. One named that is not there is passed over, one of
// an ID that is not there is a mistake of the mapping.
func (s *Identity) groupsOf(r *web.Request, who *mapped, mappingID string) ([]string, error) {
	var ids []string
	add := func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, id := range who.groupIDs {
		has, err := store.Has[group](r.Tx, id)
		if err != nil {
			return nil, err
		}
		if !has {
			return nil, web.Errorf(401, "Group %s returned by mapping %s was not found in the backend.", id, mappingID)
		}
		add(id)
	}
	for _, named := range who.groups {
		in, _ := named["domain"].(web.Object)
		d, err := findDomain(r, in)
		if err != nil {
			return nil, err
		}
		if d == nil {
			id, _ := in["id"].(string)
			name, _ := in["name"].(string)
			return nil, notFound("domain", cmp.Or(id, name))
		}
		name, _ := named["name"].(string)
		g, err := owned[group](r.Tx, d.ID+"/"+name)
		if err != nil {
			return nil, err
		}
		if g != nil {
			add(g.ID)
		}
	}
	return ids, nil
}

// shadow finds the user that stands for a provider's, makes it at its first login, and gives it the projects that the
// mapping tells.
func (s *Identity) shadow(r *web.Request, idp *identityProvider, proto *protocol, who *mapped) (*user, error) {
	id, _ := who.user["id"].(string)
	name, _ := who.user["name"].(string)
	name = cmp.Or(name, id)
	unique := url.PathEscape(cmp.Or(id, name))
	if unique == "" {
		return nil, nil
	}
	sum := sha256.Sum256([]byte(idp.DomainID + "user" + unique))
	u, err := owned[user](r.Tx, federatedName(idp.ID, proto.ID, unique))
	if err != nil {
		return nil, err
	}
	if u == nil {
		u = &user{ID: hex.EncodeToString(sum[:]), DomainID: idp.DomainID, Enabled: true,
			ProviderID: idp.ID, ProtocolID: proto.ID, UniqueID: unique}
		if had, err := store.Has[user](r.Tx, u.ID); err != nil {
			return nil, err
		} else if had {
			// The same person by another protocol.
			u.ID = r.Tx.NewHexID()
		}
	}
	u.Name = name
	if email, _ := who.user["email"].(string); email != "" {
		u.Extra = map[string]any{"email": email}
	}
	if err := store.Put(r.Tx, *u); err != nil {
		return nil, err
	}
	return u, s.provision(r, idp, u, who.projects)
}

// provision gives a user the roles on projects that a mapping tells; a project that is missing is made.
func (s *Identity) provision(r *web.Request, idp *identityProvider, u *user, projects []web.Object) error {
	type grant struct{ project, role string }
	var grants []grant
	for _, in := range projects {
		name, _ := in["name"].(string)
		roles, _ := in["roles"].([]any)
		for _, item := range roles {
			o, _ := item.(web.Object)
			roleName, _ := o["name"].(string)
			found, err := owned[role](r.Tx, "/"+roleName)
			if err == nil && found == nil {
				found, err = owned[role](r.Tx, idp.DomainID+"/"+roleName)
			}
			if err != nil {
				return err
			}
			if found == nil {
				return notFound("role", roleName)
			}
			grants = append(grants, grant{name, found.ID})
		}
		p, err := owned[project](r.Tx, idp.DomainID+"/"+name)
		if err != nil {
			return err
		}
		if p == nil {
			err := store.Put(r.Tx, project{ID: r.Tx.NewHexID(), Name: name, DomainID: idp.DomainID, ParentID: idp.DomainID, Enabled: true})
			if err != nil {
				return err
			}
		}
	}
	for _, g := range grants {
		p, err := owned[project](r.Tx, idp.DomainID+"/"+g.project)
		if err != nil {
			return err
		}
		err = store.Put(r.Tx, assignment{Actor: actorUser, ActorID: u.ID, Target: targetProject, TargetID: p.ID, RoleID: g.role})
		if err != nil {
			return err
		}
	}
	return nil
}

// groupsOfToken are the groups that the caller's token brings from its provider.
func groupsOfToken(r *web.Request) ([]string, error) {
	t, err := lookup[token](r.Tx, tokenHash(r.Header.Get("X-Auth-Token")))
	if err != nil || t == nil {
		return nil, err
	}
	return t.Groups, nil
}

func federatedName(idp, protocol, unique string) string {
	return "\x00federated/" + idp + "/" + protocol + "/" + unique
}

// seedFederation lets the users of the simulator's own provider in: demo and the client's service account as members
// of project demo, alt_demo of its own, admin as the admin.
func seedFederation(s *seeder) {
	rule := func(names []any, projects ...any) any {
		return web.Object{
			"remote": []any{web.Object{"type": "OIDC-preferred_username"}, web.Object{"type": "OIDC-preferred_username", "any_one_of": names}},
			"local":  []any{web.Object{"user": web.Object{"name": "{0}"}}, web.Object{"projects": projects}}}
	}
	on := func(project, role string) any {
		return web.Object{"name": project, "roles": []any{web.Object{"name": role}}}
	}
	put(s, mapping{ID: "simulator", Rules: []any{
		rule([]any{"demo", "service-account-oslua"}, on("demo", "member")),
		rule([]any{"alt_demo"}, on("alt_demo", "member")),
		rule([]any{"admin"}, on("admin", "admin"), on("demo", "admin")),
	}})
	description := "The simulator's own OpenID Connect provider"
	put(s, identityProvider{ID: "simulator", DomainID: DefaultDomain, Enabled: true, Description: &description,
		RemoteIDs: []string{basePrefix + "/idp"}})
	put(s, protocol{ProviderID: "simulator", ID: "openid", MappingID: "simulator"})
}
