package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/oslua/oslua/engine/errs"
)

// OpenID Connect goes in three steps, each of which the trace shows: the provider gives an access token (its address may
// have to be discovered first), the identity service takes that for an unscoped token, and this for one of the project.

// discovery is what a provider says of itself.
type discovery struct {
	TokenEndpoint string   `json:"token_endpoint"`
	GrantTypes    []string `json:"grant_types_supported"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
}

// isOpenID tells the ways to authenticate that go by a provider.
func isOpenID(kind string) bool {
	return kind == kindOIDCPassword || kind == kindOIDCClient || kind == kindOIDCToken
}

// resolveOpenID checks the values that OpenID Connect needs.
func (l *loader) resolveOpenID() error {
	p := l.cfg.plain
	need := func(keys ...string) error {
		for _, key := range keys {
			if p[key] == "" {
				return l.missing(key, key, "OS_"+strings.ToUpper(key))
			}
		}
		return nil
	}
	if err := need("identity_provider", "protocol"); err != nil {
		return err
	}
	if l.cfg.AuthType == kindOIDCToken {
		return need("access_token")
	}
	if err := need("client_id"); err != nil {
		return err
	}
	if l.cfg.AuthType == kindOIDCPassword {
		if err := need("username", "password"); err != nil {
			return err
		}
	} else if err := need("client_secret"); err != nil {
		return err
	}
	if p["access_token_endpoint"] == "" && p["discovery_endpoint"] == "" {
		err := need("discovery_endpoint")
		var e *errs.Error
		if errors.As(err, &e) {
			return e.WithHint("Set discovery_endpoint (OS_DISCOVERY_ENDPOINT): the provider's address with /.well-known/openid-configuration; or access_token_endpoint.")
		}
		return err
	}
	for _, key := range []string{"access_token_endpoint", "discovery_endpoint"} {
		if u, err := url.Parse(p[key]); p[key] != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil) {
			return l.at(configError("%s is not a plain http or https address", key), key)
		}
	}
	switch p["access_token_type"] {
	case "":
		l.fill("access_token_type", "access_token", "default")
	case "access_token", "id_token":
	default:
		return l.at(configError("access_token_type %q is not one of access_token, id_token", p["access_token_type"]), "access_token_type")
	}
	l.fill("openid_scope", "openid profile", "default")
	return nil
}

// federated gives the unscoped token that the identity service has for the provider's.
func (c *Connection) federated(ctx context.Context) (*Token, error) {
	ctx = WithLabel(ctx, Auth)
	bearer, err := c.bearer(ctx)
	if err != nil {
		return nil, err
	}
	p := c.cfg.plain
	path := "OS-FEDERATION/identity_providers/" + url.PathEscape(p["identity_provider"]) + "/protocols/" + url.PathEscape(p["protocol"]) + "/auth"
	k, err := c.newCall(ctx, Request{Method: http.MethodPost, Path: path}, identityBase(c.cfg.AuthURL))
	if err != nil {
		return nil, err
	}
	k.header.Set("Authorization", "Bearer "+bearer)
	k.idempotent = true
	ans, err := c.exchange(ctx, k)
	if err != nil {
		return nil, err
	}
	if !k.succeeded(ans) {
		return nil, c.federationFault(k, ans)
	}
	return c.readToken(ans)
}

// bearer gives what shows the identity service who the user is.
func (c *Connection) bearer(ctx context.Context) (string, error) {
	p := c.cfg.plain
	if c.cfg.AuthType == kindOIDCToken {
		return p["access_token"], nil
	}
	d, err := c.discover(ctx)
	if err != nil {
		return "", err
	}
	want := "password"
	if c.cfg.AuthType == kindOIDCClient {
		want = "client_credentials"
	}
	if len(d.GrantTypes) > 0 && !slices.Contains(d.GrantTypes, want) {
		return "", configError("the provider at %s does not give tokens for %s: it knows %s", hostOf(d.TokenEndpoint), want, strings.Join(d.GrantTypes, ", ")).
			WithHint("Use another auth_type, or ask the provider's operator to allow it for the client %s.", quoted(p["client_id"]))
	}
	setting := "access_token_endpoint"
	if p[setting] == "" {
		setting = "discovery_endpoint"
	}
	client := &http.Client{Transport: &tokenTransport{c, setting}, CheckRedirect: c.client.CheckRedirect}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
	style := oauth2.AuthStyleInHeader
	onlyPost := len(d.AuthMethods) > 0 && !slices.Contains(d.AuthMethods, "client_secret_basic")
	if onlyPost || p["client_secret"] == "" {
		style = oauth2.AuthStyleInParams
	}
	scopes := strings.Fields(p["openid_scope"])
	var tok *oauth2.Token
	if c.cfg.AuthType == kindOIDCClient {
		cfg := clientcredentials.Config{ClientID: p["client_id"], ClientSecret: p["client_secret"], TokenURL: d.TokenEndpoint, Scopes: scopes, AuthStyle: style}
		tok, err = cfg.Token(ctx)
	} else {
		cfg := oauth2.Config{ClientID: p["client_id"], ClientSecret: p["client_secret"], Scopes: scopes,
			Endpoint: oauth2.Endpoint{TokenURL: d.TokenEndpoint, AuthStyle: style}}
		tok, err = cfg.PasswordCredentialsToken(ctx, p["username"], p["password"])
	}
	if err != nil {
		return "", c.providerFault(d.TokenEndpoint, err)
	}
	if p["access_token_type"] != "id_token" {
		return tok.AccessToken, nil
	}
	id, _ := tok.Extra("id_token").(string)
	if id == "" {
		return "", configError("the provider gave no id_token").WithHint("It gives one when openid_scope has the word openid; or use access_token_type: access_token.")
	}
	return id, nil
}

// discover asks the provider where its token endpoint is, once, and not at all where the configuration says so.
func (c *Connection) discover(ctx context.Context) (discovery, error) {
	p := c.cfg.plain
	if p["access_token_endpoint"] != "" {
		return discovery{TokenEndpoint: p["access_token_endpoint"]}, nil
	}
	c.mu.Lock()
	known := c.provider
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	k, err := c.newCall(ctx, Request{}, p["discovery_endpoint"])
	if err != nil {
		return discovery{}, err
	}
	k.setting = "discovery_endpoint"
	ans, err := c.exchange(ctx, k)
	if err != nil {
		return discovery{}, err
	}
	var d discovery
	if !k.succeeded(ans) || json.Unmarshal(ans.body, &d) != nil || d.TokenEndpoint == "" {
		e := configError("%s: there is no OpenID Connect discovery document at %s", c.origin("discovery_endpoint"), k.url).
			WithHint("It ends with /.well-known/openid-configuration.")
		if !k.succeeded(ans) {
			e.Status = ans.status
		}
		return d, e
	}
	if u, err := url.Parse(d.TokenEndpoint); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return d, configError("the discovery document at %s names no usable token endpoint", k.url).WithHint("Set access_token_endpoint.")
	}
	c.mu.Lock()
	c.provider = &d
	c.mu.Unlock()
	return d, nil
}

// origin names a setting and where it came from, for messages.
func (c *Connection) origin(key string) string {
	if src := c.cfg.source(key); src != "" {
		return src
	}
	return key
}

// tokenTransport sends the requests of the OAuth library as all others are sent: traced, repeated, with our errors.
type tokenTransport struct {
	c       *Connection
	setting string
}

// RoundTrip answers a request for a token.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	// A password or a client's secret can be sent again without harm.
	k := &call{label: Auth, method: req.Method, url: req.URL.String(), header: req.Header.Clone(), idempotent: true, setting: t.setting}
	k.header.Set("Accept", "application/json")
	k.header.Set("User-Agent", "oslua/"+t.c.opts.Version)
	if req.Body != nil {
		defer req.Body.Close()
		var err error
		if k.body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	ans, err := t.c.exchange(req.Context(), k)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: ans.status, Status: http.StatusText(ans.status), Header: ans.header, Request: req,
		Body: io.NopCloser(bytes.NewReader(ans.body)), ContentLength: int64(len(ans.body))}, nil
}

// providerFault is why the provider gave no token.
func (c *Connection) providerFault(endpoint string, err error) error {
	var ours *errs.Error
	if errors.As(err, &ours) {
		return ours
	}
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response == nil {
		return configError("what answers at %s is no token endpoint", endpoint).WithHint("Check access_token_endpoint or discovery_endpoint.")
	}
	p := c.cfg.plain
	status := refused.Response.StatusCode
	sentence := refused.ErrorDescription
	if sentence == "" {
		sentence = plainText(string(refused.Body))
	}
	for _, secret := range c.cfg.secrets() {
		if len(secret) >= 4 {
			sentence = strings.ReplaceAll(sentence, secret, masked)
		}
	}
	if sentence = shorten(sentenceOf(sentence)); sentence == "" {
		sentence = strings.ToLower(http.StatusText(status))
	}
	e := &errs.Error{Code: errs.Config, Status: status, Message: "the identity provider gave no token: " + sentence,
		Cause: &ServiceError{Service: "identity provider", Status: status, Type: refused.ErrorCode}}
	if refused.ErrorCode != "" {
		e.Message += " (" + refused.ErrorCode + ")"
	}
	switch refused.ErrorCode {
	case "invalid_client":
		e.Code = errs.Unauthorized
		e.Hint = "Check client_id " + quoted(p["client_id"]) + " and client_secret; oslua auth explain shows where each value comes from."
	case "invalid_grant":
		e.Code = errs.Unauthorized
		e.Hint = "Check username " + quoted(p["username"]) + " and password: they are the provider's, not the cloud's."
	case "unauthorized_client", "unsupported_grant_type":
		e.Hint = "The provider does not allow this way to the client " + quoted(p["client_id"]) + ": use another auth_type, or ask its operator."
	case "invalid_scope":
		e.Hint = "Check openid_scope (" + p["openid_scope"] + ")."
	default:
		switch {
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			e.Code = errs.Unauthorized
			e.Hint = "Check client_id, client_secret, username and password."
		case status >= 500:
			e.Code = errs.Unavailable
			e.Hint = "The provider has failed, not your script: try again later."
		default:
			e.Hint = "Is " + endpoint + " the provider's token endpoint? Check access_token_endpoint or discovery_endpoint."
		}
	}
	return e
}

// federationFault is why the identity service did not take the provider's token.
func (c *Connection) federationFault(k *call, ans *answer) error {
	p := c.cfg.plain
	e := c.fault(k, ans)
	which := "identity_provider " + quoted(p["identity_provider"]) + " and protocol " + quoted(p["protocol"])
	challenge := ans.header.Get("Www-Authenticate")
	switch {
	case ans.status == http.StatusNotFound && json.Valid(ans.body):
		e.Code = errs.Config
		e.Hint = "Check " + which + ": the cloud's operator knows their names."
	case ans.status == http.StatusNotFound, ans.status == http.StatusMethodNotAllowed:
		e.Code = errs.Config
		e.Message = "no Identity API answers at " + k.url + ": " + e.Message
		e.Hint = "Check auth_url, it often ends with /v3 or /identity/v3; and " + which + "."
	case ans.status/100 == 3:
		e.Code = errs.Config
		e.Message = "the cloud wants a browser for this protocol, and no token of the provider"
		e.Hint = "Check " + which + ": the cloud's operator knows which protocol takes access tokens."
	case ans.status == http.StatusUnauthorized && strings.HasPrefix(strings.ToLower(challenge), "bearer"):
		e.Message = "the cloud does not accept the provider's token: " + e.Message
		e.Hint = "Do " + which + " belong to this provider? It may also want access_token_type: id_token."
		if c.cfg.AuthType == kindOIDCToken {
			e.Hint = "The access token is wrong or has expired: get a new one from the provider."
		}
	case ans.status == http.StatusUnauthorized && strings.Contains(e.Message, "unsupported method"):
		e.Code = errs.Config
		e.Hint = "The cloud does not know the protocol " + quoted(p["protocol"]) + " as a way to authenticate: check protocol."
	case ans.status == http.StatusUnauthorized:
		e.Message = "the cloud knows no user for the provider's token: " + e.Message
		e.Hint = "The mapping of " + which + " gives this user nothing: the cloud's operator can look at it with openstack mapping list. " +
			"More openid_scope (now " + quoted(p["openid_scope"]) + ") may give it what it asks for."
	case ans.status == http.StatusForbidden:
		e.Hint = "The identity provider may be disabled in the cloud, or not be the one that gave the token: check " + which + "."
	}
	return e
}
