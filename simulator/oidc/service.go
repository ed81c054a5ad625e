package oidc

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Prefix is where the provider answers; with the address before it, it is the issuer.
const Prefix = "/idp"

const (
	codeLifetime    = time.Minute
	deviceLifetime  = 10 * time.Minute
	refreshLifetime = 24 * time.Hour
	devicePause     = 5 * time.Second
)

// Provider is the provider's code; its state is the store's.
type Provider struct {
	lifetime time.Duration
	keys     keyring
}

// New makes a provider whose access tokens live as long as told, an hour at most.
func New(lifetime time.Duration) *Provider { return &Provider{lifetime: min(lifetime, time.Hour)} }

// Service is the provider for a web.Server.
func (p *Provider) Service() *web.Service {
	return &web.Service{Name: "openid", Prefix: Prefix, Style: style(), Routes: []web.Route{
		{Method: "GET", Pattern: "/{$}", Handler: p.welcome, Public: true, Doc: "Show a page that says what is here."},
		{Method: "GET", Pattern: "/.well-known/openid-configuration", Handler: p.discover, Public: true, Doc: "The discovery document."},
		{Method: "GET", Pattern: "/jwks", Handler: p.jwks, Public: true, Write: true, Doc: "The keys that tokens are signed with."},
		{Method: "GET", Pattern: "/authorize", Handler: p.askLogin, Public: true, Doc: "Show the login page of the authorization code flow."},
		{Method: "POST", Pattern: "/authorize", Handler: p.takeLogin, Public: true, Doc: "Take the login and send the browser back with a code."},
		{Method: "POST", Pattern: "/token", Handler: p.token, Public: true,
			Doc: "Give tokens for a password, client credentials, a code, a refresh token or a device code."},
		{Method: "POST", Pattern: "/device_authorization", Handler: p.beginDevice, Public: true, Doc: "Begin the device flow."},
		{Method: "GET", Pattern: "/device", Handler: p.askDevice, Public: true, Doc: "Show the page on which a device is allowed in."},
		{Method: "POST", Pattern: "/device", Handler: p.takeDevice, Public: true, Doc: "Let a device in."},
		{Method: "GET", Pattern: "/userinfo", Handler: p.userinfo, Public: true, Doc: "Tell who an access token's user is."},
		{Method: "POST", Pattern: "/userinfo", Handler: p.userinfo, Public: true, Doc: "Tell who an access token's user is."},
		{Method: "POST", Pattern: "/introspect", Handler: p.introspect, Public: true, Doc: "Say whether a token is good, and whose."},
		{Method: "POST", Pattern: "/revoke", Handler: p.revoke, Public: true, Doc: "Take a token back."},
	}}
}

// style is how an OAuth 2.0 server speaks of errors (RFC 6749, 5.2).
func style() web.Style {
	plain := func(status int, code, text string) *web.Error {
		return &web.Error{Status: status, Type: code, Message: text}
	}
	return web.Style{
		ContentType: "application/json",
		MaxBody:     64 << 10,
		ErrorBody: func(e *web.Error) (string, []byte) {
			code := e.Type
			if code == "" {
				code = "server_error"
			}
			b, err := json.Marshal(struct {
				Error       string `json:"error"`
				Description string `json:"error_description"`
			}{code, e.Message})
			if err != nil {
				return "text/plain", []byte(err.Error())
			}
			return "application/json", b
		},
		Unauthorized: func(*web.Request) *web.Error { return plain(401, "invalid_token", "The token is not valid.") },
		NotFound: func(r *web.Request) *web.Error {
			return plain(404, "not_found", "The identity provider has no "+r.URL.Path+"; its addresses are in "+Prefix+"/.well-known/openid-configuration.")
		},
		MethodNotAllowed: func(_ *web.Request, allowed []string) *web.Error {
			e := plain(405, "invalid_request", "The method is not allowed here.")
			e.Header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
			return e
		},
		BadJSON:  func(*web.Request) *web.Error { return plain(400, "invalid_request", "The body cannot be read.") },
		TooLarge: func(*web.Request) *web.Error { return plain(413, "invalid_request", "The body is too large.") },
		Internal: func(*web.Request) *web.Error { return plain(500, "server_error", "The provider has failed.") },
	}
}

// refuse is an error of the protocol.
func refuse(status int, code, text string) *web.Error {
	return &web.Error{Status: status, Type: code, Message: text}
}

// issuer is the provider's name, which depends on the address the client used.
func issuer(r *web.Request) string { return r.Base + Prefix }

// Claims says what a bearer token says of its user, nil when the token is not good. It is for the services beside the
// provider, whatever address either was reached by.
func (p *Provider) Claims(r *web.Request, token string) (map[string]any, error) {
	claims, err := p.keys.verify(r.Tx, token, r.Now)
	if claims != nil {
		claims["iss"] = issuer(r)
	}
	return claims, err
}

func grants() []string {
	return []string{"authorization_code", "client_credentials", "password", "refresh_token", deviceCodeGrant}
}

func (p *Provider) discover(r *web.Request) (*web.Response, error) {
	at := func(path string) string { return issuer(r) + path }
	methods := []string{"client_secret_basic", "client_secret_post"}
	return web.OK(web.Object{
		"issuer":                                issuer(r),
		"authorization_endpoint":                at("/authorize"),
		"token_endpoint":                        at("/token"),
		"userinfo_endpoint":                     at("/userinfo"),
		"jwks_uri":                              at("/jwks"),
		"introspection_endpoint":                at("/introspect"),
		"revocation_endpoint":                   at("/revoke"),
		"device_authorization_endpoint":         at("/device_authorization"),
		"grant_types_supported":                 grants(),
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "profile", "email", "groups", "offline_access"},
		"claims_supported": []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "preferred_username", "name", "email",
			"email_verified", "groups"},
		"token_endpoint_auth_methods_supported":          methods,
		"introspection_endpoint_auth_methods_supported":  methods,
		"revocation_endpoint_auth_methods_supported":     methods,
		"code_challenge_methods_supported":               []string{"S256", "plain"},
		"authorization_response_iss_parameter_supported": true,
	}), nil
}

func (p *Provider) jwks(r *web.Request) (*web.Response, error) {
	keys, err := p.keys.public(r.Tx)
	return web.OK(web.Object{"keys": keys}), err
}

// form reads the request's form; a parameter that comes twice is refused (RFC 6749, 3.2).
func form(r *web.Request) (url.Values, error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		return nil, refuse(400, "invalid_request", "The request wants Content-Type: application/x-www-form-urlencoded.")
	}
	values, err := url.ParseQuery(string(r.Raw))
	if err != nil {
		return nil, refuse(400, "invalid_request", "The form cannot be read.")
	}
	for name, all := range values {
		if len(all) > 1 {
			return nil, refuse(400, "invalid_request", "The parameter "+name+" is given more than once.")
		}
	}
	return values, nil
}

// client finds the client that makes a request, by basic authentication or by the form.
func (p *Provider) client(r *web.Request, in url.Values) (*client, error) {
	id, secret := in.Get("client_id"), in.Get("client_secret")
	basic := false
	if name, password, ok := basicAuth(r.Header.Get("Authorization")); ok {
		id, secret, basic = name, password, true
	}
	c, err := lookup[client](r.Tx, id)
	if err != nil {
		return nil, err
	}
	if c == nil || !fits(c.SecretHash, secret) {
		e := refuse(401, "invalid_client", "No such client, or it did not prove itself.")
		if basic {
			e.Header = http.Header{"Www-Authenticate": {`Basic realm="` + issuer(r) + `"`}}
		}
		return nil, e
	}
	return c, nil
}

// basicAuth reads the header. Both parts are form-encoded (RFC 6749, 2.3.1); many clients send them as they are.
func basicAuth(header string) (id, secret string, ok bool) {
	word, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(word, "Basic") {
		return "", "", false
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(rest))
	if err != nil {
		return "", "", false
	}
	id, secret, ok = strings.Cut(string(raw), ":")
	if s, err := url.QueryUnescape(id); err == nil {
		id = s
	}
	if s, err := url.QueryUnescape(secret); err == nil {
		secret = s
	}
	return id, secret, ok
}

// bearer is the token of the Authorization header or the form, "" when there is none.
func bearer(r *web.Request) string {
	word, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(word, "Bearer") {
		return strings.TrimSpace(token)
	}
	if r.Method == http.MethodPost {
		if in, err := form(r); err == nil {
			return in.Get("access_token")
		}
	}
	return ""
}

// claimsOf is what a scope lets a client know of a person.
func claimsOf(who person, scope string) web.Object {
	o := web.Object{"sub": who.Subject}
	has := func(word string) bool {
		for _, s := range strings.Fields(scope) {
			if s == word {
				return true
			}
		}
		return false
	}
	if has("profile") {
		o["preferred_username"], o["name"] = who.UserName, who.Name
	}
	if has("email") && who.Email != "" {
		o["email"], o["email_verified"] = who.Email, true
	}
	if (has("groups") || has("profile")) && len(who.Groups) > 0 {
		o["groups"] = who.Groups
	}
	return o
}

func (p *Provider) userinfo(r *web.Request) (*web.Response, error) {
	token := bearer(r)
	denied := func(text string) error {
		e := refuse(401, "invalid_token", text)
		e.Header = http.Header{"Www-Authenticate": {`Bearer error="invalid_token", error_description="` + text + `"`}}
		return e
	}
	if token == "" {
		return nil, denied("No access token is given")
	}
	claims, err := p.keys.verify(r.Tx, token, r.Now)
	if err != nil {
		return nil, err
	}
	scope, isAccess := claims["scope"].(string)
	if claims == nil || !isAccess {
		return nil, denied("The access token is not valid or has expired")
	}
	subject, _ := claims["sub"].(string)
	who, err := lookup[person](r.Tx, subject)
	if err != nil {
		return nil, err
	}
	if who == nil {
		return nil, denied("The user is gone")
	}
	return web.OK(claimsOf(*who, scope)), nil
}

func (p *Provider) introspect(r *web.Request) (*web.Response, error) {
	in, err := form(r)
	if err != nil {
		return nil, err
	}
	if _, err := p.client(r, in); err != nil {
		return nil, err
	}
	claims, err := p.keys.verify(r.Tx, in.Get("token"), r.Now)
	if err != nil {
		return nil, err
	}
	if claims != nil {
		claims["active"] = true
		if name, ok := claims["preferred_username"]; ok {
			claims["username"] = name
		}
		return web.OK(claims), nil
	}
	g, err := lookup[grant](r.Tx, hashOf(in.Get("token")))
	if err != nil {
		return nil, err
	}
	if g == nil || g.Kind != refreshGrant || !r.Now.Before(g.Expires) {
		return web.OK(web.Object{"active": false}), nil
	}
	return web.OK(web.Object{"active": true, "token_type": "refresh_token", "client_id": g.ClientID, "sub": g.Subject,
		"scope": g.Scope, "exp": g.Expires.Unix()}), nil
}

// revoke is RFC 7009: a token that means nothing is revoked already.
func (p *Provider) revoke(r *web.Request) (*web.Response, error) {
	in, err := form(r)
	if err != nil {
		return nil, err
	}
	c, err := p.client(r, in)
	if err != nil {
		return nil, err
	}
	g, err := lookup[grant](r.Tx, hashOf(in.Get("token")))
	if err != nil {
		return nil, err
	}
	if g != nil && g.ClientID == c.ID {
		return &web.Response{Status: 200}, store.Delete[grant](r.Tx, g.Hash)
	}
	claims, err := p.keys.verify(r.Tx, in.Get("token"), r.Now)
	if err != nil {
		return nil, err
	}
	if id, _ := claims["jti"].(string); id != "" {
		err = store.Put(r.Tx, revoked{ID: id, Expires: r.Now.Add(p.lifetime)})
	}
	return &web.Response{Status: 200}, err
}
