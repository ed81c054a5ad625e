package identity

import (
	"net/http"
	"slices"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// receiptHeader carries a receipt both ways.
const receiptHeader = "Openstack-Auth-Receipt"

// receiptLifetime is how long a user has for the second step.
const receiptLifetime = 5 * time.Minute

// A receipt says which methods a user has gone through whose rules want more. It is kept under its hash, as tokens are.
type receipt struct {
	Hash, UserID    string
	Methods         []string
	Issued, Expires time.Time
}

func (r receipt) Meta() store.Meta {
	return store.Meta{Kind: "identity.receipt", ID: r.Hash, Index: []store.Key{{Name: "user", Value: r.UserID}}}
}

// factors are the user's rules: each a list of methods that together let the user in. No rules, no demands.
func (u user) factors() [][]string {
	if enabled, ok := u.Options["multi_factor_auth_enabled"].(bool); ok && !enabled {
		return nil
	}
	var rules [][]string
	all, _ := u.Options["multi_factor_auth_rules"].([]any)
	for _, item := range all {
		rule := stringList(item)
		if len(rule) == 0 {
			continue
		}
		// A method that no longer exists shuts nobody out.
		rules = append(rules, slices.DeleteFunc(rule, func(m string) bool { return !slices.Contains(knownMethods(), m) && m != "openid" }))
	}
	return rules
}

// enough tells whether the methods make up one of the rules.
func enough(rules [][]string, methods []string) bool {
	return len(rules) == 0 || slices.ContainsFunc(rules, func(rule []string) bool {
		return !slices.ContainsFunc(rule, func(m string) bool { return !slices.Contains(methods, m) })
	})
}

// redeem adds to a proof what its receipt brings.
func (s *Identity) redeem(r *web.Request, p *proof) error {
	text := r.Header.Get(receiptHeader)
	if text == "" {
		return nil
	}
	had, err := lookup[receipt](r.Tx, tokenHash(text))
	if err != nil {
		return err
	}
	if had == nil || !r.Now.Before(had.Expires) || had.UserID != p.user.ID {
		e := r.Service.Style.Unauthorized(r)
		e.Answer.Body = web.Object{"error": web.Object{"code": 401, "title": "Unauthorized", "message": "Could not find auth receipt: " + text + "."}}
		return e
	}
	for _, m := range had.Methods {
		if !slices.Contains(p.methods, m) {
			p.methods = append(p.methods, m)
		}
	}
	return nil
}

// askMore gives a receipt for what a user has shown, and says what is missing. It is an answer and no error: the
// receipt is kept.
func (s *Identity) askMore(r *web.Request, p *proof, rules [][]string) (*web.Response, error) {
	m, err := s.meaningOf(r.Tx, token{UserID: p.user.ID}, r.Now)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, denied(r)
	}
	old, err := store.List[receipt](r.Tx, store.Limit(4))
	if err != nil {
		return nil, err
	}
	for _, o := range old {
		if r.Now.After(o.Expires) {
			if err := store.Delete[receipt](r.Tx, o.Hash); err != nil {
				return nil, err
			}
		}
	}
	text := newTokenText()
	rc := receipt{Hash: tokenHash(text), UserID: p.user.ID, Methods: p.methods, Issued: r.Now.Truncate(time.Second)}
	rc.Expires = rc.Issued.Add(receiptLifetime)
	if err := store.Put(r.Tx, rc); err != nil {
		return nil, err
	}
	required := [][]string{}
	for _, rule := range rules {
		if slices.ContainsFunc(rule, func(m string) bool { return slices.Contains(p.methods, m) }) {
			required = append(required, rule)
		}
	}
	resp := &web.Response{Status: http.StatusUnauthorized, Body: web.Object{
		"receipt": web.Object{"methods": rc.Methods, "expires_at": timeText(rc.Expires), "issued_at": timeText(rc.Issued),
			"user": web.Object{"id": p.user.ID, "name": p.user.Name, "domain": web.Object{"id": m.domain.ID, "name": m.domain.Name}}},
		"required_auth_methods": required}}
	return resp.With(receiptHeader, text), nil
}
