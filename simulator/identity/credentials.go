package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

func credentialWire(r *web.Request, c credential) web.Object {
	return selfLink(r, withExtra(web.Object{"id": c.ID, "user_id": c.UserID, "project_id": null(c.ProjectID), "type": c.Type, "blob": c.Blob},
		c.Extra), "/v3/credentials/"+c.ID)
}

func (s *Identity) listCredentials(r *web.Request) (*web.Response, error) {
	all, err := store.List[credential](r.Tx)
	if err != nil {
		return nil, err
	}
	sees := r.Caller.Admin() || systemReader(r)
	var out []web.Object
	for _, c := range all {
		// The others' are left out, not refused.
		if sees || owner(r, c.UserID) {
			out = append(out, credentialWire(r, c))
		}
	}
	return collection(r, "credentials", filter(r, out, "user_id", "type")), nil
}

func (s *Identity) credential(r *web.Request, action string, reader bool) (*credential, error) {
	c, err := lookup[credential](r.Tx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if err := enforce(r, action, reader && systemReader(r), c != nil && owner(r, c.UserID)); err != nil {
		return nil, err
	}
	if c == nil {
		return nil, notFound("credential", r.PathValue("id"))
	}
	return c, nil
}

func (s *Identity) showCredential(r *web.Request) (*web.Response, error) {
	c, err := s.credential(r, "get_credential", true)
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"credential": credentialWire(r, *c)}), nil
}

func (s *Identity) createCredential(r *web.Request) (*web.Response, error) {
	body, err := object(r)
	if err != nil {
		return nil, err
	}
	in, _ := body["credential"].(web.Object)
	c := credential{}
	setText(in, "user_id", &c.UserID)
	if err := enforce(r, "create_credential", owner(r, c.UserID)); err != nil {
		return nil, err
	}
	if in, err = member(r, "credential", creating(credentialSchema())); err != nil {
		return nil, err
	}
	for _, name := range []string{"blob", "type", "user_id", "project_id"} {
		if _, ok := in[name]; !ok && (name != "project_id" || in["type"] == "ec2") {
			p := place{schema: newCredentialSchema(), value: in}
			return nil, p.say("oneOf", python.Repr(in)+" is not valid under any of the given schemas")
		}
	}
	setText(in, "project_id", &c.ProjectID)
	setText(in, "type", &c.Type)
	setText(in, "blob", &c.Blob)
	setExtra(in, &c.Extra, "user_id", "project_id", "type", "blob")
	c.ID = r.Tx.NewHexID()
	if c.Type == "ec2" {
		// Its ID is the hash of the access key, so that the key finds it.
		var blob struct{ Access string }
		if err := json.Unmarshal([]byte(c.Blob), &blob); err != nil {
			return nil, web.Errorf(400, "Invalid blob in credential")
		}
		sum := sha256.Sum256([]byte(blob.Access))
		c.ID = hex.EncodeToString(sum[:])
	}
	return web.Created(web.Object{"credential": credentialWire(r, c)}), store.Put(r.Tx, c)
}

func (s *Identity) updateCredential(r *web.Request) (*web.Response, error) {
	c, err := s.credential(r, "update_credential", false)
	if err != nil {
		return nil, err
	}
	in, err := member(r, "credential", updating(credentialSchema()))
	if err != nil {
		return nil, err
	}
	setText(in, "user_id", &c.UserID)
	setText(in, "project_id", &c.ProjectID)
	setText(in, "type", &c.Type)
	setText(in, "blob", &c.Blob)
	setExtra(in, &c.Extra, "user_id", "project_id", "type", "blob")
	// Nobody gives a credential away by changing whose it is.
	if err := enforce(r, "update_credential", owner(r, c.UserID)); err != nil {
		return nil, err
	}
	return web.OK(web.Object{"credential": credentialWire(r, *c)}), store.Put(r.Tx, *c)
}

func (s *Identity) deleteCredential(r *web.Request) (*web.Response, error) {
	c, err := s.credential(r, "delete_credential", false)
	if err != nil {
		return nil, err
	}
	return web.NoContent(), store.Delete[credential](r.Tx, c.ID)
}

func appCredentialWire(r *web.Request, a appCredential) (web.Object, error) {
	roles := []web.Object{}
	for _, id := range a.RoleIDs {
		ro, err := must[role](r, "role", id)
		if err != nil {
			return nil, err
		}
		roles = append(roles, roleBody(*ro))
	}
	o := web.Object{"id": a.ID, "name": a.Name, "description": nil, "user_id": a.UserID, "project_id": a.ProjectID, "system": nil,
		"expires_at": nil, "unrestricted": nil, "roles": roles}
	if a.Description != nil {
		o["description"] = *a.Description
	}
	if a.Unrestricted != nil {
		o["unrestricted"] = *a.Unrestricted
	}
	if !a.Expires.IsZero() {
		o["expires_at"] = a.Expires.UTC().Format("2006-01-02T15:04:05.000000")
	}
	return selfLink(r, o, "/v3/application_credentials/"+a.ID), nil
}

func (s *Identity) listAppCredentials(r *web.Request) (*web.Response, error) {
	userID := r.PathValue("id")
	if err := enforce(r, "list_application_credentials", systemReader(r), owner(r, userID)); err != nil {
		return nil, err
	}
	all, err := store.List[appCredential](r.Tx, store.By("user", userID))
	if err != nil {
		return nil, err
	}
	var out []web.Object
	for _, a := range all {
		o, err := appCredentialWire(r, a)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return collection(r, "application_credentials", filter(r, out, "name")), nil
}

func (s *Identity) appCredential(r *web.Request, action string, or ...bool) (*appCredential, error) {
	if err := enforce(r, action, append(or, owner(r, r.PathValue("id")))...); err != nil {
		return nil, err
	}
	a, err := lookup[appCredential](r.Tx, r.PathValue("credential"))
	if err == nil && (a == nil || a.UserID != r.PathValue("id")) {
		err = notFound("Application Credential", r.PathValue("credential"))
	}
	return a, err
}

func (s *Identity) showAppCredential(r *web.Request) (*web.Response, error) {
	a, err := s.appCredential(r, "get_application_credential", systemReader(r))
	if err != nil {
		return nil, err
	}
	o, err := appCredentialWire(r, *a)
	return web.OK(web.Object{"application_credential": o}), err
}

// restricted refuses to make or delete application credentials with a restricted one.
func (s *Identity) restricted(r *web.Request, action string) error {
	t, err := lookup[token](r.Tx, tokenHash(r.Header.Get("X-Auth-Token")))
	if err != nil || t == nil || t.AppCredentialID == "" {
		return err
	}
	a, err := lookup[appCredential](r.Tx, t.AppCredentialID)
	if err == nil && a != nil && (a.Unrestricted == nil || !*a.Unrestricted) {
		err = forbidden(action)
	}
	return err
}

func (s *Identity) createAppCredential(r *web.Request) (*web.Response, error) {
	userID := r.PathValue("id")
	// Not even an admin makes one for somebody else.
	if !owner(r, userID) {
		return nil, forbidden("identity:create_application_credential")
	}
	in, err := member(r, "application_credential", creating(appCredentialSchema(), "name"))
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(in)) {
		switch k {
		case "name", "description", "secret", "expires_at", "unrestricted", "roles", "access_rules", "project_id", "user_id", "id":
		default:
			return nil, web.Errorf(400, "'%s' is an invalid keyword argument for ApplicationCredentialModel", k)
		}
	}
	if err := s.restricted(r, "identity:create_application_credential"); err != nil {
		return nil, err
	}
	if r.Caller.ProjectID == "" {
		return nil, web.Errorf(400, "Invalid application credential: A project-scoped token is required to create one")
	}
	a := appCredential{ID: r.Tx.NewHexID(), UserID: userID, ProjectID: r.Caller.ProjectID}
	setText(in, "name", &a.Name)
	setPointer(in, "description", &a.Description)
	if b, ok := in["unrestricted"].(bool); ok {
		a.Unrestricted = &b
	}
	if text, ok := in["expires_at"].(string); ok {
		if a.Expires, err = parseTime(text); err != nil {
			return nil, err
		}
		if !r.Now.Before(a.Expires) {
			return nil, web.Errorf(400, "The 'expires_at' must not be before now."+malformed)
		}
	}
	if a.RoleIDs, err = s.appRoles(r, in); err != nil {
		return nil, err
	}
	secret, _ := in["secret"].(string)
	if secret == "" {
		b := make([]byte, 64)
		_, _ = rand.Read(b) // never fails
		secret = base64.RawURLEncoding.EncodeToString(b)
	}
	if a.SecretHash, err = hashPassword(secret); err != nil {
		return nil, err
	}
	var c *store.Conflict
	if err := store.Put(r.Tx, a); errors.As(err, &c) {
		return nil, duplicateName("application_credential", a.Name)
	} else if err != nil {
		return nil, err
	}
	o, err := appCredentialWire(r, a)
	if err != nil {
		return nil, err
	}
	o["secret"] = secret
	return web.Created(web.Object{"application_credential": o}), nil
}

// appRoles are the roles asked for, which the user must have, or all it has.
func (s *Identity) appRoles(r *web.Request, in web.Object) ([]string, error) {
	have, err := rolesOn(r.Tx, r.Caller.UserID, targetProject, r.Caller.ProjectID)
	if err != nil {
		return nil, err
	}
	asked, _ := in["roles"].([]any)
	if len(asked) == 0 {
		slices.Sort(have)
		return have, nil
	}
	var ids []string
	for _, v := range asked {
		o, _ := v.(web.Object)
		id, _ := o["id"].(string)
		if id == "" {
			name, _ := o["name"].(string)
			ro, err := owned[role](r.Tx, "/"+name)
			if err != nil {
				return nil, err
			}
			if ro == nil {
				return nil, web.Errorf(404, "Role %s is not defined", name)
			}
			id = ro.ID
		} else if _, err := must[role](r, "role", id); err != nil {
			return nil, err
		}
		if !slices.Contains(have, id) {
			return nil, web.Errorf(400, "Invalid application credential: Cannot create an application credential with unassigned role")
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// parseTime reads ISO 8601, without a zone as UTC.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, web.Errorf(400, "Timestamp not in expected format."+malformed)
}

func (s *Identity) deleteAppCredential(r *web.Request) (*web.Response, error) {
	a, err := s.appCredential(r, "delete_application_credential")
	if err != nil {
		return nil, err
	}
	if err := s.restricted(r, "identity:delete_application_credential"); err != nil {
		return nil, err
	}
	return web.NoContent(), store.Delete[appCredential](r.Tx, a.ID)
}
