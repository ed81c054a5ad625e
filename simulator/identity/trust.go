package identity

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// maxRedelegation is how many times a trust can be passed on.
const maxRedelegation = 3

// A trust lets the trustee act in a project with roles of the trustor, as the trustor or as itself.
type trust struct {
	ID, TrustorID, TrusteeID, ProjectID string
	Impersonation                       bool
	RoleIDs                             []string
	Expires                             time.Time // zero: never
	Uses                                *int      // left; nil: without end
	Redelegations                       int       // left
	RedelegatedID                       string    // the trust this one was made with
	Extra                               map[string]any
}

func (t trust) Meta() store.Meta {
	return store.Meta{Kind: "identity.trust", ID: t.ID, Index: []store.Key{{Name: "user", Value: t.TrustorID}, {Name: "user", Value: t.TrusteeID},
		{Name: "trustor", Value: t.TrustorID}, {Name: "trustee", Value: t.TrusteeID}, {Name: "project", Value: t.ProjectID}, {Name: "from", Value: t.RedelegatedID}}}
}

// holds tells whether the trust is good for another token.
func (t trust) holds(now time.Time) bool {
	return (t.Expires.IsZero() || now.Before(t.Expires)) && (t.Uses == nil || *t.Uses > 0)
}

func (s *Identity) trustRoutes() []web.Route {
	const base = "/v3/OS-TRUST/trusts"
	return []web.Route{
		{Method: "GET", Pattern: base, Handler: s.listTrusts, Doc: "List trusts."},
		{Method: "POST", Pattern: base, Handler: s.createTrust, Doc: "Create a trust."},
		{Method: "GET", Pattern: base + "/{trust}", Handler: s.showTrust, Doc: "Show a trust."},
		{Method: "DELETE", Pattern: base + "/{trust}", Handler: s.deleteTrust, Doc: "Delete a trust and those made with it."},
		{Method: "GET", Pattern: base + "/{trust}/roles", Handler: s.trustRoles, Doc: "List a trust's roles."},
		{Method: "GET", Pattern: base + "/{trust}/roles/{role}", Handler: s.trustRole, Doc: "Show a trust's role."},
	}
}

func trustSchema() schema {
	id := func() schema { return schema{"type": "string", "minLength": 1, "maxLength": 64} }
	role := closed(objectOf(schema{"id": idText(), "name": text(255)}))
	role["minProperties"], role["maxProperties"] = 1, 1
	return creating(schema{"trustor_user_id": id(), "trustee_user_id": id(), "impersonation": boolean(), "project_id": nullable(idText()),
		"remaining_uses": schema{"type": list("integer", "null"), "minimum": 1}, "expires_at": schema{"type": list("null", "string")},
		"allow_redelegation": schema{"type": list("boolean", "null")}, "redelegation_count": schema{"type": list("integer", "null"), "minimum": 0},
		"roles": schema{"type": "array", "items": role}}, "trustor_user_id", "trustee_user_id", "impersonation")
}

func trustWire(r *web.Request, t trust) web.Object {
	o := web.Object{"id": t.ID, "trustor_user_id": t.TrustorID, "trustee_user_id": t.TrusteeID, "project_id": null(t.ProjectID),
		"impersonation": t.Impersonation, "expires_at": nil, "remaining_uses": t.Uses, "deleted_at": nil,
		"redelegated_trust_id": null(t.RedelegatedID), "redelegation_count": t.Redelegations}
	if !t.Expires.IsZero() {
		o["expires_at"] = timeText(t.Expires)
	}
	return selfLink(r, withExtra(o, t.Extra), "/v3/OS-TRUST/trusts/"+t.ID)
}

// rolesLinks are Keystone's, which lack a part of the path.
func (t trust) rolesLinks(r *web.Request) web.Object {
	return web.Object{"self": r.URLFor("/v3/" + t.ID + "/roles"), "next": nil, "previous": nil}
}

func (t trust) roles(r *web.Request) ([]web.Object, error) {
	out := []web.Object{}
	for _, id := range t.RoleIDs {
		ro, err := lookup[role](r.Tx, id)
		if err != nil {
			return nil, err
		}
		if ro != nil {
			out = append(out, roleWire(r, *ro))
		}
	}
	return out, nil
}

func wholeTrust(r *web.Request, t trust) (web.Object, error) {
	o := trustWire(r, t)
	roles, err := t.roles(r)
	o["roles"], o["roles_links"] = roles, t.rolesLinks(r)
	return web.Object{"trust": o}, err
}

func (s *Identity) listTrusts(r *web.Request) (*web.Response, error) {
	trustor, trustee := r.Query().Get("trustor_user_id"), r.Query().Get("trustee_user_id")
	var where []store.Where
	var err error
	switch {
	case trustor != "":
		err = enforce(r, "list_trusts_for_trustor", systemReader(r), owner(r, trustor))
		where = append(where, store.By("trustor", trustor))
	case trustee != "":
		err = enforce(r, "list_trusts_for_trustee", systemReader(r), owner(r, trustee))
		where = append(where, store.By("trustee", trustee))
	default:
		err = enforce(r, "list_trusts", systemReader(r))
	}
	if err != nil {
		return nil, err
	}
	all, err := store.List[trust](r.Tx, where...)
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, t := range all {
		if t.holds(r.Now) {
			out = append(out, trustWire(r, t))
		}
	}
	return collection(r, "trusts", out), nil
}

// trustOf finds the trust of a path. One that is over is as good as none, and missing comes before forbidden.
func (s *Identity) trustOf(r *web.Request, action string, change bool) (*trust, error) {
	t, err := must[trust](r, "trust", r.PathValue("trust"))
	if err != nil {
		return nil, err
	}
	if !t.holds(r.Now) {
		return nil, notFound("trust", t.ID)
	}
	return t, enforce(r, action, !change && systemReader(r), owner(r, t.TrustorID), !change && owner(r, t.TrusteeID))
}

func (s *Identity) showTrust(r *web.Request) (*web.Response, error) {
	t, err := s.trustOf(r, "get_trust", false)
	if err != nil {
		return nil, err
	}
	o, err := wholeTrust(r, *t)
	return web.OK(o), err
}

func (s *Identity) trustRoles(r *web.Request) (*web.Response, error) {
	t, err := s.trustOf(r, "list_roles_for_trust", false)
	if err != nil {
		return nil, err
	}
	roles, err := t.roles(r)
	return web.OK(web.Object{"roles": roles, "links": t.rolesLinks(r)}), err
}

func (s *Identity) trustRole(r *web.Request) (*web.Response, error) {
	t, err := s.trustOf(r, "get_role_for_trust", false)
	if err != nil {
		return nil, err
	}
	id := r.PathValue("role")
	if !slices.Contains(t.RoleIDs, id) {
		return nil, notFound("role", id)
	}
	ro, err := must[role](r, "role", id)
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"role": roleWire(r, *ro)}), nil
}

func (s *Identity) createTrust(r *web.Request) (*web.Response, error) {
	body, err := object(r)
	if err != nil {
		return nil, err
	}
	in, _ := body["trust"].(web.Object)
	trustor, _ := in["trustor_user_id"].(string)
	// Not even an admin trusts in somebody else's name.
	if !owner(r, trustor) {
		return nil, forbidden("identity:create_trust")
	}
	if in, err = member(r, "trust", trustSchema()); err != nil {
		return nil, err
	}
	if err := s.restricted(r, "Using method 'application_credential' is not allowed for managing trusts."); err != nil {
		return nil, err
	}
	t := trust{ID: r.Tx.NewHexID(), TrustorID: trustor}
	setText(in, "trustee_user_id", &t.TrusteeID)
	setText(in, "project_id", &t.ProjectID)
	setBool(in, "impersonation", &t.Impersonation)
	roles, _ := in["roles"].([]any)
	if t.ProjectID != "" && len(roles) == 0 {
		return nil, forbidden("At least one role should be specified")
	}
	if _, err := must[user](r, "user", t.TrusteeID); err != nil {
		return nil, err
	}
	if t.RoleIDs, err = s.trustedRoles(r, t, roles); err != nil {
		return nil, err
	}
	if when, _ := in["expires_at"].(string); when != "" {
		if t.Expires, err = parseTime(when); err != nil {
			return nil, err
		}
		if !r.Now.Before(t.Expires) {
			return nil, web.Errorf(400, "The 'expires_at' must not be before now."+malformed)
		}
	}
	if err := s.limits(r, in, &t); err != nil {
		return nil, err
	}
	setExtra(in, &t.Extra, "trustor_user_id", "trustee_user_id", "impersonation", "project_id", "remaining_uses", "expires_at",
		"allow_redelegation", "redelegation_count", "roles", "roles_links", "redelegated_trust_id", "deleted_at")
	o, err := wholeTrust(r, t)
	if err != nil {
		return nil, err
	}
	return web.Created(o), store.Put(r.Tx, t)
}

// trustedRoles are the IDs of the roles asked for; the trustor must have them.
func (s *Identity) trustedRoles(r *web.Request, t trust, roles []any) ([]string, error) {
	var have, ids []string
	var err error
	if t.ProjectID != "" {
		if _, err := must[project](r, "project", t.ProjectID); err != nil {
			return nil, err
		}
		if have, err = rolesOn(r.Tx, t.TrustorID, targetProject, t.ProjectID); err != nil {
			return nil, err
		}
	}
	for _, item := range roles {
		in, _ := item.(web.Object)
		id, _ := in["id"].(string)
		if name, ok := in["name"].(string); ok && id == "" {
			ro, err := owned[role](r.Tx, "/"+name)
			if err != nil {
				return nil, err
			}
			if ro == nil {
				return nil, notFound("role", name)
			}
			id = ro.ID
		}
		if !slices.Contains(have, id) {
			return nil, notFound("role", id)
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// limits reads how often a trust may be used and passed on, and holds it to the trust it is made with.
func (s *Identity) limits(r *web.Request, in web.Object, t *trust) error {
	number := func(key string) *int {
		n, ok := in[key].(json.Number)
		if !ok {
			return nil
		}
		i, err := strconv.Atoi(n.String())
		if err != nil {
			return nil
		}
		return &i
	}
	t.Uses = number("remaining_uses")
	count := number("redelegation_count")
	again := in["allow_redelegation"] == true && (count == nil || *count != 0)
	switch {
	case t.Uses != nil && *t.Uses < 1:
		return web.Errorf(400, "remaining_uses must be a positive integer or null.")
	case !again:
	case count != nil && *count > maxRedelegation:
		return forbiddenPlain()
	case t.Uses != nil:
		return web.Errorf(400, "remaining_uses must not be set if redelegation is allowed")
	default:
		t.Redelegations = maxRedelegation
		if count != nil {
			t.Redelegations = *count
		}
	}
	tok, err := lookup[token](r.Tx, tokenHash(r.Header.Get("X-Auth-Token")))
	if err != nil || tok == nil || tok.TrustID == "" {
		return err
	}
	from, err := must[trust](r, "trust", tok.TrustID)
	if err != nil {
		return err
	}
	t.RedelegatedID = from.ID
	inRoles := !slices.ContainsFunc(t.RoleIDs, func(id string) bool { return !slices.Contains(from.RoleIDs, id) })
	tooLong := !from.Expires.IsZero() && t.Expires.After(from.Expires)
	if from.Redelegations < 1 || t.Uses != nil || !inRoles || tooLong || t.Impersonation && !from.Impersonation ||
		again && count != nil && *count != from.Redelegations-1 {
		return forbiddenPlain()
	}
	if t.Expires.IsZero() {
		t.Expires = from.Expires
	}
	if again {
		t.Redelegations = from.Redelegations - 1
	}
	return nil
}

// forbiddenPlain is what Keystone says where it keeps the reason to itself.
func forbiddenPlain() error {
	return web.Errorf(403, "You are not authorized to perform the requested action.")
}

func (s *Identity) deleteTrust(r *web.Request) (*web.Response, error) {
	t, err := s.trustOf(r, "delete_trust", true)
	if err != nil {
		return nil, err
	}
	return web.NoContent(), removeTrust(r.Tx, t.ID)
}

// removeTrust takes a trust away with those made with it. Their tokens mean nothing from then on.
func removeTrust(tx *store.Tx, id string) error {
	below, err := store.List[trust](tx, store.By("from", id))
	if err != nil {
		return err
	}
	for _, t := range below {
		if err := removeTrust(tx, t.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return store.Delete[trust](tx, id)
}

// byTrust gives a token the scope of a trust, and uses it up by one.
func (s *Identity) byTrust(r *web.Request, id string, p *proof, t *token) error {
	tr, err := lookup[trust](r.Tx, id)
	if err != nil {
		return err
	}
	if tr == nil || !tr.holds(r.Now) {
		return denied(r)
	}
	if tr.TrusteeID != p.user.ID {
		return forbiddenPlain()
	}
	t.TrustID, t.ProjectID = tr.ID, tr.ProjectID
	if tr.Impersonation {
		t.UserID = tr.TrustorID
	}
	if tr.Uses == nil {
		return nil
	}
	left := *tr.Uses - 1
	tr.Uses = &left
	return store.Put(r.Tx, *tr)
}

// trusted gives the trust of a token and the roles it is still worth; no trust when it is over.
func trusted(tx *store.Tx, t token, now time.Time) (*trust, []string, error) {
	tr, err := lookup[trust](tx, t.TrustID)
	if err != nil || tr == nil || !tr.Expires.IsZero() && !now.Before(tr.Expires) {
		return nil, nil, err
	}
	for _, id := range []string{tr.TrustorID, tr.TrusteeID} {
		u, err := lookup[user](tx, id)
		if err != nil || u == nil || !u.Enabled {
			return nil, nil, err
		}
	}
	if tr.ProjectID == "" {
		return tr, nil, nil
	}
	have, err := rolesOn(tx, tr.TrustorID, targetProject, tr.ProjectID)
	if err != nil {
		return nil, nil, err
	}
	// A role that the trustor has lost takes the whole trust with it.
	for _, id := range tr.RoleIDs {
		if !slices.Contains(have, id) {
			return nil, nil, nil
		}
	}
	ids, err := withImplied(tx, tr.RoleIDs)
	return tr, ids, err
}
