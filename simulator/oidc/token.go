package oidc

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

const deviceCodeGrant = "urn:ietf:params:oauth:grant-type:device_code"

// granted is what a grant has proved.
type granted struct {
	who      person
	scope    string
	nonce    string
	authTime time.Time
	refresh  bool // give a refresh token too
}

// token is the token endpoint.
func (p *Provider) token(r *web.Request) (*web.Response, error) {
	in, err := form(r)
	if err != nil {
		return nil, err
	}
	kind := in.Get("grant_type")
	if kind == "" {
		return nil, refuse(400, "invalid_request", "The parameter grant_type is missing.")
	}
	c, err := p.client(r, in)
	if err != nil {
		return nil, err
	}
	var g *granted
	switch kind {
	case "password":
		g, err = p.byPassword(r, in)
	case "client_credentials":
		g, err = p.byClient(r, in, c)
	case "authorization_code":
		g, err = p.byCode(r, in, c)
	case "refresh_token":
		g, err = p.byRefresh(r, in, c)
	case deviceCodeGrant:
		var answer *web.Response
		if g, answer, err = p.byDevice(r, in, c); answer != nil {
			return answer, err
		}
	default:
		return nil, refuse(400, "unsupported_grant_type", "The grant type is not one of "+strings.Join(grants(), ", ")+".")
	}
	if err != nil {
		return nil, err
	}
	return p.issue(r, c, g)
}

func (p *Provider) issue(r *web.Request, c *client, g *granted) (*web.Response, error) {
	now, expires := r.Now.Unix(), r.Now.Add(p.lifetime).Unix()
	claims := claimsOf(g.who, g.scope)
	claims["iss"], claims["aud"], claims["azp"], claims["client_id"] = issuer(r), c.ID, c.ID, c.ID
	claims["iat"], claims["exp"], claims["jti"], claims["scope"] = now, expires, newSecret(), g.scope
	access, err := p.keys.sign(r.Tx, "at+jwt", claims)
	if err != nil {
		return nil, err
	}
	out := web.Object{"access_token": access, "token_type": "Bearer", "expires_in": int64(p.lifetime / time.Second), "scope": g.scope}
	if slices.Contains(strings.Fields(g.scope), "openid") {
		claims = claimsOf(g.who, g.scope)
		claims["iss"], claims["aud"], claims["azp"] = issuer(r), c.ID, c.ID
		claims["iat"], claims["exp"], claims["auth_time"] = now, expires, g.authTime.Unix()
		sum := sha256.Sum256([]byte(access))
		claims["at_hash"] = encode(sum[:16])
		if g.nonce != "" {
			claims["nonce"] = g.nonce
		}
		if out["id_token"], err = p.keys.sign(r.Tx, "JWT", claims); err != nil {
			return nil, err
		}
	}
	if g.refresh {
		text := newSecret()
		out["refresh_token"] = text
		err = keep(r.Tx, grant{Hash: hashOf(text), Kind: refreshGrant, ClientID: c.ID, Subject: g.who.Subject, Scope: g.scope,
			AuthTime: g.authTime, Expires: r.Now.Add(refreshLifetime)}, r.Now)
	}
	return web.OK(out).With("Cache-Control", "no-store").With("Pragma", "no-cache"), err
}

// scopeOf reads the scope that is asked for; without one it is what a login is for.
func scopeOf(in url.Values) string {
	if s := strings.Join(strings.Fields(in.Get("scope")), " "); s != "" {
		return s
	}
	return "openid profile"
}

// login finds a person by user name and password.
func (p *Provider) login(tx *store.Tx, name, password string) (*person, error) {
	who, err := owned[person](tx, "username", name)
	if err != nil || who == nil || !fits(who.PasswordHash, password) {
		return nil, err
	}
	return who, nil
}

func (p *Provider) byPassword(r *web.Request, in url.Values) (*granted, error) {
	if in.Get("username") == "" || in.Get("password") == "" {
		return nil, refuse(400, "invalid_request", "The parameters username and password are needed.")
	}
	who, err := p.login(r.Tx, in.Get("username"), in.Get("password"))
	if err != nil {
		return nil, err
	}
	if who == nil {
		return nil, refuse(400, "invalid_grant", "No such user, or not with what was given.")
	}
	return &granted{who: *who, scope: scopeOf(in), authTime: r.Now, refresh: true}, nil
}

func (p *Provider) byClient(r *web.Request, in url.Values, c *client) (*granted, error) {
	who, err := lookup[person](r.Tx, c.Account)
	if err != nil {
		return nil, err
	}
	if who == nil {
		return nil, refuse(400, "unauthorized_client", "The client has no service account.")
	}
	return &granted{who: *who, scope: scopeOf(in), authTime: r.Now}, nil
}

// redeem takes a grant out of the store: it works once.
func (p *Provider) redeem(r *web.Request, kind, secret string, c *client) (*grant, error) {
	g, err := lookup[grant](r.Tx, hashOf(secret))
	if err != nil {
		return nil, err
	}
	if g == nil || g.Kind != kind || g.ClientID != c.ID || !r.Now.Before(g.Expires) {
		return nil, refuse(400, "invalid_grant", "The "+kind+" is wrong, was used already, or has expired.")
	}
	return g, store.Delete[grant](r.Tx, g.Hash)
}

func (p *Provider) granted(r *web.Request, g *grant) (*granted, error) {
	who, err := lookup[person](r.Tx, g.Subject)
	if err != nil {
		return nil, err
	}
	if who == nil {
		return nil, refuse(400, "invalid_grant", "The user is gone.")
	}
	return &granted{who: *who, scope: g.Scope, nonce: g.Nonce, authTime: g.AuthTime, refresh: true}, nil
}

func (p *Provider) byCode(r *web.Request, in url.Values, c *client) (*granted, error) {
	g, err := p.redeem(r, codeGrant, in.Get("code"), c)
	if err != nil {
		return nil, err
	}
	if in.Get("redirect_uri") != g.RedirectURI {
		return nil, refuse(400, "invalid_grant", "The redirect_uri is not the one the code was asked for with.")
	}
	if g.Challenge != "" && !proves(in.Get("code_verifier"), g) {
		return nil, refuse(400, "invalid_grant", "The code_verifier does not fit the code_challenge.")
	}
	return p.granted(r, g)
}

// proves is PKCE (RFC 7636).
func proves(verifier string, g *grant) bool {
	if g.Method == "S256" {
		sum := sha256.Sum256([]byte(verifier))
		verifier = encode(sum[:])
	}
	return subtle.ConstantTimeCompare([]byte(verifier), []byte(g.Challenge)) == 1
}

func (p *Provider) byRefresh(r *web.Request, in url.Values, c *client) (*granted, error) {
	g, err := p.redeem(r, refreshGrant, in.Get("refresh_token"), c)
	if err != nil {
		return nil, err
	}
	if asked := strings.Fields(in.Get("scope")); len(asked) > 0 {
		had := strings.Fields(g.Scope)
		if slices.ContainsFunc(asked, func(s string) bool { return !slices.Contains(had, s) }) {
			return nil, refuse(400, "invalid_scope", "The scope is wider than the one that was granted.")
		}
		g.Scope = strings.Join(asked, " ")
	}
	return p.granted(r, g)
}

// byDevice answers a device that asks whether it was let in. "Not yet" changes the state (when it last asked), so it
// is an answer and no error.
func (p *Provider) byDevice(r *web.Request, in url.Values, c *client) (*granted, *web.Response, error) {
	g, err := lookup[grant](r.Tx, hashOf(in.Get("device_code")))
	if err != nil {
		return nil, nil, err
	}
	switch {
	case g == nil || g.Kind != deviceGrant || g.ClientID != c.ID:
		return nil, nil, refuse(400, "invalid_grant", "The device code is wrong or was used already.")
	case !r.Now.Before(g.Expires):
		return nil, nil, refuse(400, "expired_token", "The device code has expired.")
	case g.Denied:
		return nil, nil, refuse(400, "access_denied", "The user said no.")
	case g.Subject == "":
		e := refuse(400, "authorization_pending", "The user has not said yes or no yet.")
		if !g.Polled.IsZero() && r.Now.Sub(g.Polled) < devicePause {
			e = refuse(400, "slow_down", "Ask less often.")
		}
		g.Polled = r.Now
		kind, body := r.Service.Style.ErrorBody(e)
		return nil, &web.Response{Status: e.Status, ContentType: kind, Body: body}, store.Put(r.Tx, *g)
	}
	if err := store.Delete[grant](r.Tx, g.Hash); err != nil {
		return nil, nil, err
	}
	out, err := p.granted(r, g)
	return out, nil, err
}

func (p *Provider) beginDevice(r *web.Request) (*web.Response, error) {
	in, err := form(r)
	if err != nil {
		return nil, err
	}
	c, err := p.client(r, in)
	if err != nil {
		return nil, err
	}
	code, userCode := newSecret(), newUserCode()
	err = keep(r.Tx, grant{Hash: hashOf(code), Kind: deviceGrant, ClientID: c.ID, Scope: scopeOf(in), UserCode: userCode,
		Expires: r.Now.Add(deviceLifetime)}, r.Now)
	page := issuer(r) + "/device"
	return web.OK(web.Object{"device_code": code, "user_code": userCode, "verification_uri": page,
		"verification_uri_complete": page + "?user_code=" + userCode, "expires_in": int64(deviceLifetime / time.Second),
		"interval": int64(devicePause / time.Second)}).With("Cache-Control", "no-store"), err
}
