package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
)

// Token is who the connection is, as the identity service said.
type Token struct {
	ID            string // the secret itself
	UserID        string
	UserName      string
	UserDomain    Name
	ProjectID     string // "" when the token is not scoped to a project
	ProjectName   string
	ProjectDomain Name
	Domain        Name // the domain of a domain-scoped token
	System        bool
	Roles         []Name
	Methods       []string
	IssuedAt      time.Time
	ExpiresAt     time.Time
	Catalog       []Service
}

// Name is a thing of the identity service.
type Name struct{ ID, Name string }

// Token gives the token there is, and authenticates where that was not done yet.
func (c *Connection) Token(ctx context.Context) (*Token, error) { return c.authenticated(ctx, "") }

// authenticated gives a token other than the stale one. Many callers wait for one authentication; when the caller that
// runs it is cancelled, the next one goes on. (gophercloud's ProviderClient would hand that caller's error to all.)
func (c *Connection) authenticated(ctx context.Context, stale string) (*Token, error) {
	for {
		c.mu.Lock()
		if c.token != nil && c.token.ID != stale {
			defer c.mu.Unlock()
			return c.token, nil
		}
		if c.denied != nil {
			defer c.mu.Unlock()
			return nil, c.denied
		}
		if wait := c.asking; wait != nil {
			c.mu.Unlock()
			select {
			case <-wait:
				continue
			case <-ctx.Done():
				return nil, interrupted(ctx)
			}
		}
		done := make(chan struct{})
		c.asking = done
		c.mu.Unlock()

		tok, err := c.authenticate(ctx, stale != "")

		c.mu.Lock()
		if err == nil {
			c.token = tok
		} else if errs.CodeOf(err) == errs.Unauthorized {
			c.denied = err
		}
		c.asking = nil
		close(done)
		c.mu.Unlock()
		return tok, err
	}
}

// authenticate asks the identity service for a token.
func (c *Connection) authenticate(ctx context.Context, again bool) (*Token, error) {
	if c.cfg.Source == SourceNone {
		return nil, configError("no cloud is configured").WithHint("Choose one with --cloud or OS_CLOUD, or set OS_*.")
	}
	if again && (c.cfg.AuthType == kindTOTP || c.cfg.AuthType == kindMulti) {
		return nil, errs.New(errs.Unauthorized, "the token is not valid any more, and a passcode works once only").
			WithHint("Start again with a new passcode.")
	}
	ao := c.cfg.auth
	scope, err := ao.ToTokenV3ScopeMap()
	if err != nil {
		return nil, configError("the project and domain given do not make a scope").WithHint("See: oslua auth explain.")
	}
	if isOpenID(c.cfg.AuthType) {
		tok, err := c.federated(ctx)
		if err != nil || len(scope) == 0 {
			return tok, err
		}
		ao.TokenID = tok.ID
	}
	doc, err := ao.ToTokenV3CreateMap(scope)
	if err != nil {
		return nil, configError("the values given do not make a request for a token").WithHint("See: oslua auth explain.")
	}
	k, err := c.newCall(WithLabel(ctx, Auth), Request{Method: http.MethodPost, Path: "auth/tokens", Body: doc}, identityBase(c.cfg.AuthURL))
	if err != nil {
		return nil, err
	}
	// Asking twice spoils nothing, but for a passcode.
	k.idempotent = ao.Passcode == ""
	ans, err := c.exchange(ctx, k)
	if err != nil {
		return nil, err
	}
	if !k.succeeded(ans) {
		return nil, c.authFault(k, ans, again)
	}
	return c.readToken(ans)
}

// authFault is why there is no token, with a hint for what was given.
func (c *Connection) authFault(k *call, ans *answer, again bool) error {
	e := c.fault(k, ans)
	// Keystone does not find a token that it cannot read; an address that is not there is answered with a page.
	unknownToken := ans.status == http.StatusNotFound && c.cfg.AuthType == kindToken && json.Valid(ans.body)
	switch {
	case ans.status == http.StatusBadRequest && plainToTLS.MatchString(e.Message):
		e.Code = errs.Config
		e.Hint = "Check auth_url: it wants https:// in place of http://."
	case ans.status == http.StatusUnauthorized && ans.header.Get("Openstack-Auth-Receipt") != "":
		// What was given is right, and not enough.
		var doc struct {
			Required [][]string `json:"required_auth_methods"`
		}
		e.Message, e.Hint = "the user has to show more than that", "Use auth_type: v3multifactor, with password and passcode."
		if json.Unmarshal(ans.body, &doc) == nil && len(doc.Required) > 0 {
			var ways []string
			for _, w := range doc.Required {
				ways = append(ways, strings.Join(w, " and "))
			}
			e.Message += ": " + strings.Join(ways, ", or ")
		}
	case ans.status == http.StatusUnauthorized, unknownToken:
		e.Code = errs.Unauthorized
		if again {
			e.Message = "the token is not valid any more, and there is no new one: " + e.Message
		}
		switch c.cfg.AuthType {
		case kindToken:
			e.Hint = "The token is wrong or has expired, or may not be used for this project: get a new one."
		case kindAppCred:
			e.Hint = "Check application_credential_id and application_credential_secret; it may have expired or been deleted."
		case kindOIDCPassword, kindOIDCClient, kindOIDCToken:
			e.Message = "the cloud knows the user, but gives no token for this scope: " + e.Message
			e.Hint = "The mapping of identity_provider " + quoted(c.cfg.plain["identity_provider"]) + " may give the user no role there"
			if c.cfg.Project != "" {
				e.Hint += ": does project " + quoted(c.cfg.Project) + " exist, and is the user in it?"
			} else {
				e.Hint += "."
			}
			e.Hint += " Without a project, auth.projects() lists those there are."
		case kindTOTP, kindMulti:
			e.Hint = "Check the user and the passcode: it is valid for half a minute, and once."
		default:
			who := c.cfg.UserName
			if c.cfg.UserID != "" {
				who = c.cfg.UserID
			}
			e.Hint = "Check the password and the domain of user " + quoted(who)
			if c.cfg.Project != "" {
				e.Hint += ", and whether project " + quoted(c.cfg.Project) + " exists for it"
			}
			e.Hint += "; oslua auth explain shows where each value comes from."
		}
	case ans.status == http.StatusNotFound, ans.status == http.StatusMethodNotAllowed, ans.status/100 == 3:
		e.Code = errs.Config
		e.Message = "no Identity API answers at " + k.url + ": " + e.Message
		if ans.status/100 == 3 && ans.header.Get("Location") != "" {
			return e // its hint says where to
		}
		e.Hint = "Check auth_url: it often ends with /v3 or /identity/v3."
	}
	return e
}

// plainToTLS is how servers say that plain HTTP came to their TLS port.
var plainToTLS = regexp.MustCompile(`(?i)https server|https port|ssl-enabled`)

// tokenDocument is the answer to a request for a token.
type tokenDocument struct {
	Token struct {
		User    domained
		Project domained
		Domain  Name
		System  map[string]any
		Roles   []Name
		Methods []string
		Issued  time.Time `json:"issued_at"`
		Expires time.Time `json:"expires_at"`
		Catalog []struct {
			ID, Type, Name string
			Endpoints      []struct {
				ID, Interface, Region, URL string
				RegionID                   string `json:"region_id"`
			}
		}
	}
}

type domained struct {
	ID, Name string
	Domain   Name
}

func (c *Connection) readToken(ans *answer) (*Token, error) {
	var doc tokenDocument
	id := ans.header.Get("X-Subject-Token")
	if err := json.Unmarshal(ans.body, &doc); err != nil || id == "" {
		return nil, configError("what answers at %s is not an Identity API", identityBase(c.cfg.AuthURL)).
			WithHint("Check auth_url: it often ends with /v3 or /identity/v3.")
	}
	d := doc.Token
	t := &Token{
		ID: id, UserID: d.User.ID, UserName: d.User.Name, UserDomain: d.User.Domain,
		ProjectID: d.Project.ID, ProjectName: d.Project.Name, ProjectDomain: d.Project.Domain, Domain: d.Domain,
		System: len(d.System) > 0, Roles: d.Roles, Methods: d.Methods, IssuedAt: d.Issued, ExpiresAt: d.Expires,
	}
	for _, s := range d.Catalog {
		svc := Service{ID: s.ID, Type: s.Type, Name: s.Name}
		for _, e := range s.Endpoints {
			if e.Region == "" {
				e.Region = e.RegionID
			}
			svc.Endpoints = append(svc.Endpoints, Endpoint{ID: e.ID, Interface: e.Interface, Region: e.Region, URL: e.URL})
		}
		t.Catalog = append(t.Catalog, svc)
	}
	return t, nil
}

// describe adds what a request was for to its error.
func describe(err error, op, resource string) error {
	var e *errs.Error
	if !errors.As(err, &e) || (op == "" && resource == "") {
		return err
	}
	c := *e
	if c.Op == "" {
		c.Op = op
	}
	if c.Resource == "" {
		c.Resource = resource
	}
	return &c
}

// hostOf is the host of an address, for messages.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return strings.TrimSpace(raw)
	}
	return u.Host
}
