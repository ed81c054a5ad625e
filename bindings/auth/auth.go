// Package auth is the Lua module auth: who the script is, what the cloud offers, and other clouds beside it.
package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// Connect makes the modules of another cloud: its name in clouds.yaml, and values that override the file's, by the
// names clouds.yaml uses.
type Connect func(ctx context.Context, name string, overrides map[string]string) (schema.Modules, error)

// Module describes the Lua module. Without connect there are no other clouds.
func Module(c *rest.Client, connect Connect) schema.Module {
	m := module{c, connect}
	return schema.Module{
		Name: "auth",
		Doc: "Who the script is at the cloud, what the cloud offers, where the configuration came from, and other clouds " +
			"beside it. All modules of a script share one connection, which authenticates when it is first used.",
		Example: `local me = auth.whoami()
print(me.user .. " in project " .. me.project)
print(auth.endpoint("network"))`,
		Funcs: []schema.Func{
			schema.Fn("whoami", "Tell who the script is, in a few words.", m.whoami,
				schema.Returns("who", "table", "user, user_id, user_domain, project, project_id, project_domain, roles (names), cloud, region, expires_at."),
				schema.Raises("unauthorized", "config"),
				schema.REST("POST /v3/auth/tokens"), schema.CLI("openstack token issue"),
				schema.Example(`local me = auth.whoami()
print(me.user, me.project, table.concat(me.roles, " "))`)),
			schema.Fn("token", "Tell all that the identity service said of the token. The token itself is shown only when asked for: "+
				"who has it can do all that you can.", m.token,
				schema.Returns("token", "table", "user, project and domain (each id, name, domain), roles (each id, name), methods, issued_at, expires_at, system; id with reveal."),
				schema.Raises("unauthorized", "config"),
				schema.REST("POST /v3/auth/tokens"), schema.CLI("openstack token issue"),
				schema.Example(`print(auth.token().expires_at)`)),
			schema.Fn("catalog", "List the services of the cloud and their addresses.", m.catalog,
				schema.Returns("services", "table[]", "Each with type, name, id and endpoints; an endpoint has interface, region, url and id."),
				schema.Raises("unauthorized", "config"),
				schema.REST("POST /v3/auth/tokens"), schema.CLI("openstack catalog list"),
				schema.Example(`for _, service in ipairs(auth.catalog()) do print(service.type, service.name) end`)),
			schema.Fn("endpoint", "Give the address of a service: the one requests go to, or with options the catalog's for another "+
				"interface or region.", m.endpoint,
				schema.Returns("url", "string", "The address."),
				schema.Raises("unauthorized", "config", "not_found"),
				schema.REST("POST /v3/auth/tokens"), schema.CLI("openstack catalog show SERVICE"),
				schema.Example(`print(auth.endpoint("network"))
print(auth.endpoint("compute", { interface = "internal" }))`)),
			schema.Fn("projects", "List the projects the user may work in.", m.projects,
				schema.Returns("projects", "project[]", "Each with id, name, domain_id, description and enabled."),
				schema.Raises("unauthorized", "config"),
				schema.REST("GET /v3/auth/projects"), schema.CLI("openstack project list --my-projects"),
				schema.Example(`for _, project in ipairs(auth.projects()) do print(project.name, project.id) end`)),
			schema.Fn("explain", "Tell which file, key or variable gave each value of the configuration, and what it overrides. "+
				"Secrets are masked, and nothing is sent.", m.explain,
				schema.Returns("settings", "table[]|string", "Each with name, value, source and overrides; or the same as text."),
				schema.CLI("openstack configuration show"),
				schema.Example(`print(auth.explain { text = true })
for _, setting in ipairs(auth.explain()) do print(setting.name, setting.source) end`)),
			schema.Fn("connect", "Connect to another cloud, or to the same one otherwise, as another user, by another way to authenticate: it gives that connection's modules, to be "+
				"used beside this one's. Objects belong to the cloud they came from.", m.connect,
				schema.Returns("modules", "table<string, table>", "Its modules by name: networks, subnets, auth …"),
				schema.Raises("config", "bad_argument"),
				schema.REST("POST /v3/auth/tokens"), schema.CLI("openstack --os-cloud NAME ..."),
				schema.Example(`local other = auth.connect { cloud = "devstack-admin" }
for _, net in ipairs(other.networks.list {}) do print(net.name) end

-- As somebody else at the same cloud: by password, by token, by OpenID Connect.
local admin = auth.connect { username = "admin", password = "secret", project_name = "admin" }
local again = auth.connect { auth_type = "token", token = auth.token { reveal = true }.id }
local person = auth.connect {
  auth_type = "v3oidcpassword", identity_provider = "simulator", protocol = "openid",
  discovery_endpoint = "http://simulator/idp/.well-known/openid-configuration",
  client_id = "oslua", client_secret = "secret", username = "demo", password = "secret",
}
print(person.auth.whoami().user)`)),
		},
	}
}

type module struct {
	client *rest.Client
	open   Connect
}

type tokenOptions struct {
	Reveal bool `lua:"reveal" json:"-" default:"false" doc:"Show the token itself as id."`
}

type endpointOptions struct {
	Service   string `lua:"service,arg,required" json:"-" doc:"Type of the service: \"network\", \"compute\", \"image\", \"identity\"."`
	Interface string `lua:"interface" json:"-" enum:"public|internal|admin" doc:"Interface; the configured one when left out."`
	Region    string `lua:"region" json:"-" doc:"Region; the configured one when left out."`
}

type explainOptions struct {
	Text bool `lua:"text" json:"-" default:"false" doc:"Give text for people instead of a table."`
}

type connectOptions struct {
	Cloud       string `lua:"cloud" json:"-" doc:"Its name in clouds.yaml; this connection's when left out."`
	Region      string `lua:"region_name" alias:"region" json:"-" doc:"Region in place of the configured one."`
	Interface   string `lua:"interface" json:"-" enum:"public|internal|admin" doc:"Interface in place of the configured one."`
	ProjectName string `lua:"project_name" alias:"project" json:"-" doc:"Project in place of the configured one, by name."`
	ProjectID   string `lua:"project_id" json:"-" doc:"Project in place of the configured one, by ID."`

	AuthType          string `lua:"auth_type" json:"-" doc:"How to authenticate: password, token, v3applicationcredential, v3totp, v3multifactor, v3oidcpassword, v3oidcclientcredentials or v3oidcaccesstoken."`
	AuthURL           string `lua:"auth_url" json:"-" doc:"Address of the identity service."`
	Username          string `lua:"username" json:"-" doc:"Name of the user; with OpenID Connect at the provider."`
	UserDomain        string `lua:"user_domain_name" json:"-" doc:"Name of the user's domain."`
	Password          string `lua:"password" json:"-" doc:"Password of the user."`
	Passcode          string `lua:"passcode" json:"-" doc:"One-time code of the user's device (v3totp, v3multifactor)."`
	Token             string `lua:"token" json:"-" doc:"Token to get another one with."`
	CredentialID      string `lua:"application_credential_id" json:"-" doc:"ID of an application credential."`
	CredentialSecret  string `lua:"application_credential_secret" json:"-" doc:"Its secret."`
	IdentityProvider  string `lua:"identity_provider" json:"-" doc:"OpenID Connect: the provider's name in the cloud."`
	Protocol          string `lua:"protocol" json:"-" doc:"OpenID Connect: the protocol's name in the cloud, often openid."`
	ClientID          string `lua:"client_id" json:"-" doc:"OpenID Connect: the client's name at the provider."`
	ClientSecret      string `lua:"client_secret" json:"-" doc:"OpenID Connect: the client's secret."`
	DiscoveryEndpoint string `lua:"discovery_endpoint" json:"-" doc:"OpenID Connect: address of the provider's discovery document."`
	TokenEndpoint     string `lua:"access_token_endpoint" json:"-" doc:"OpenID Connect: address of the provider's token endpoint, in place of the one discovered."`
	TokenType         string `lua:"access_token_type" json:"-" enum:"access_token|id_token" doc:"OpenID Connect: which of the provider's tokens the cloud wants."`
	Scope             string `lua:"openid_scope" json:"-" doc:"OpenID Connect: what the cloud may learn of the user; openid profile when left out."`
	AccessToken       string `lua:"access_token" json:"-" doc:"OpenID Connect: an access token the provider gave already (v3oidcaccesstoken)."`
}

func (m module) whoami(ctx context.Context, _ schema.None) (map[string]any, error) {
	t, err := m.signed(ctx, "auth.whoami")
	if err != nil {
		return nil, err
	}
	cfg := m.client.Conn.Config()
	roles := make([]any, len(t.Roles))
	for i, r := range t.Roles {
		roles[i] = r.Name
	}
	out := map[string]any{"roles": roles}
	put(out, "user", t.UserName)
	put(out, "user_id", t.UserID)
	put(out, "user_domain", t.UserDomain.Name)
	put(out, "project", t.ProjectName)
	put(out, "project_id", t.ProjectID)
	put(out, "project_domain", t.ProjectDomain.Name)
	put(out, "domain", t.Domain.Name)
	put(out, "cloud", cfg.Cloud)
	put(out, "region", cfg.Region)
	put(out, "expires_at", stamp(t.ExpiresAt))
	return out, nil
}

func (m module) token(ctx context.Context, in tokenOptions) (map[string]any, error) {
	t, err := m.signed(ctx, "auth.token")
	if err != nil {
		return nil, err
	}
	out := map[string]any{"user": thing(t.UserID, t.UserName, t.UserDomain)}
	if t.ProjectID != "" {
		out["project"] = thing(t.ProjectID, t.ProjectName, t.ProjectDomain)
	}
	if t.Domain.ID != "" {
		out["domain"] = thing(t.Domain.ID, t.Domain.Name, cloud.Name{})
	}
	if t.System {
		out["system"] = true
	}
	var roles, methods []any
	for _, r := range t.Roles {
		roles = append(roles, thing(r.ID, r.Name, cloud.Name{}))
	}
	for _, method := range t.Methods {
		methods = append(methods, method)
	}
	out["roles"], out["methods"] = roles, methods
	put(out, "issued_at", stamp(t.IssuedAt))
	put(out, "expires_at", stamp(t.ExpiresAt))
	if in.Reveal {
		out["id"] = t.ID
	}
	return out, nil
}

func (m module) catalog(ctx context.Context, _ schema.None) ([]any, error) {
	t, err := m.signed(ctx, "auth.catalog")
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, s := range t.Catalog {
		endpoints := []any{}
		for _, e := range s.Endpoints {
			endpoints = append(endpoints, map[string]any{"id": e.ID, "interface": e.Interface, "region": e.Region, "url": e.URL})
		}
		out = append(out, map[string]any{"id": s.ID, "type": s.Type, "name": s.Name, "endpoints": endpoints})
	}
	return out, nil
}

func (m module) endpoint(ctx context.Context, in endpointOptions) (string, error) {
	const op = "auth.endpoint"
	if in.Interface == "" && in.Region == "" {
		url, err := m.client.Conn.Endpoint(ctx, in.Service)
		return url, named(op, err)
	}
	t, err := m.signed(ctx, op)
	if err != nil {
		return "", err
	}
	cfg := m.client.Conn.Config()
	if in.Interface == "" {
		in.Interface = cfg.Interface
	}
	if in.Region == "" {
		in.Region = cfg.Region
	}
	var there, types []string
	for _, s := range t.Catalog {
		types = append(types, s.Type)
		if s.Type != in.Service && s.Name != in.Service {
			continue
		}
		for _, e := range s.Endpoints {
			if e.Interface == in.Interface && (in.Region == "" || e.Region == in.Region) {
				return e.URL, nil
			}
			there = append(there, e.Interface+" in "+e.Region)
		}
	}
	e := errs.New(errs.NotFound, "the catalog has no service %q", in.Service)
	if there != nil {
		e.Message = fmt.Sprintf("%s has no %s endpoint in region %q", in.Service, in.Interface, in.Region)
		e.Hint = "there is " + strings.Join(there, ", ")
	} else if near := schema.Nearest(in.Service, types); near != "" {
		e.Hint = fmt.Sprintf("did you mean %q?", near)
	} else {
		slices.Sort(types)
		e.Hint = "there is " + strings.Join(types, ", ")
	}
	e.Op = op
	return "", e
}

func (m module) projects(ctx context.Context, _ schema.None) (schema.List, error) {
	res, err := m.client.Do(ctx, cloud.Request{Service: cloud.Identity, Path: "auth/projects", Op: "auth.projects"})
	if err != nil {
		return schema.List{}, err
	}
	return schema.List{Kind: "project", Key: "projects", Pages: []json.RawMessage{res.Body}}, nil
}

func (m module) explain(_ context.Context, in explainOptions) (any, error) {
	cfg := m.client.Conn.Config()
	if in.Text {
		var b strings.Builder
		err := cfg.WriteExplanation(&b)
		return strings.TrimRight(b.String(), "\n"), err
	}
	return settings(cfg.Explain()), nil
}

func settings(list []cloud.Setting) []any {
	out := []any{}
	for _, s := range list {
		row := map[string]any{"name": s.Name, "value": s.Value, "source": s.Source}
		if len(s.Overrides) > 0 {
			row["overrides"] = settings(s.Overrides)
		}
		out = append(out, row)
	}
	return out
}

func (m module) connect(ctx context.Context, in connectOptions) (schema.Modules, error) {
	const op = "auth.connect"
	overrides := map[string]string{}
	for name, value := range map[string]string{
		"region_name": in.Region, "interface": in.Interface, "project_name": in.ProjectName, "project_id": in.ProjectID,
		"auth_type": in.AuthType, "auth_url": in.AuthURL, "username": in.Username, "user_domain_name": in.UserDomain,
		"password": in.Password, "passcode": in.Passcode, "token": in.Token,
		"application_credential_id": in.CredentialID, "application_credential_secret": in.CredentialSecret,
		"identity_provider": in.IdentityProvider, "protocol": in.Protocol, "client_id": in.ClientID, "client_secret": in.ClientSecret,
		"discovery_endpoint": in.DiscoveryEndpoint, "access_token_endpoint": in.TokenEndpoint, "access_token_type": in.TokenType,
		"openid_scope": in.Scope, "access_token": in.AccessToken,
	} {
		if value != "" {
			overrides[name] = value
		}
	}
	if in.Cloud == "" && len(overrides) == 0 {
		e := errs.New(errs.BadArgument, "name a cloud").WithHint(`write auth.connect{ cloud = "..." }`)
		if names := m.client.Conn.Config().CloudNames; len(names) > 0 {
			e.Hint += "; clouds.yaml has " + strings.Join(names, ", ")
		}
		e.Op = op
		return nil, e
	}
	if m.open == nil {
		e := errs.New(errs.Config, "this program connects to one cloud only").
			WithHint("the program that runs the script gave no way to connect to others")
		e.Op = op
		return nil, e
	}
	if in.Cloud == "" {
		in.Cloud = m.client.Conn.Config().Cloud
	}
	mods, err := m.open(ctx, in.Cloud, overrides)
	return mods, named(op, err)
}

// signed gives the token, authenticating first where that was not done yet.
func (m module) signed(ctx context.Context, op string) (*cloud.Token, error) {
	t, err := m.client.Conn.Token(ctx)
	return t, named(op, err)
}

// named says which call an error came from.
func named(op string, err error) error {
	if e, ok := err.(*errs.Error); ok && e.Op == "" {
		c := *e
		c.Op = op
		return &c
	}
	return err
}

func put(m map[string]any, key, value string) {
	if value != "" {
		m[key] = value
	}
}

func thing(id, name string, domain cloud.Name) map[string]any {
	out := map[string]any{}
	put(out, "id", id)
	put(out, "name", name)
	if domain.ID != "" || domain.Name != "" {
		out["domain"] = thing(domain.ID, domain.Name, cloud.Name{})
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
