package identity

import (
	"net/http"
	"time"

	"github.com/oslua/oslua/simulator/web"
)

// Prefix is where the service answers.
const Prefix = "/identity"

// Identity is the service's code; its state is the store's.
type Identity struct {
	lifetime time.Duration
	callers  callers
	bearers  Bearers // nil: no federation
}

// New makes the service. Its tokens live as long as told. It is the Authenticator of the other services.
func New(lifetime time.Duration) *Identity { return &Identity{lifetime: lifetime} }

// Service is the service for a web.Server.
func (s *Identity) Service() *web.Service {
	return &web.Service{
		Name: "identity", Prefix: Prefix, Style: web.Keystone(), Auth: s, Routes: s.routes(),
		Finish: func(_ *web.Request, h http.Header) { h.Set("Vary", "X-Auth-Token") },
	}
}

func (s *Identity) routes() []web.Route {
	routes := []web.Route{
		{Method: "GET", Pattern: "/{$}", Handler: s.versions, Public: true, Doc: "List the versions."},
		{Method: "GET", Pattern: "/v3", Handler: s.version, Public: true, Doc: "Show version 3."},

		{Method: "POST", Pattern: "/v3/auth/tokens", Handler: s.issueToken, Public: true, Doc: "Authenticate and issue a token."},
		{Method: "GET", Pattern: "/v3/auth/tokens", Handler: s.showToken, Doc: "Validate a token and show it."},
		{Method: "DELETE", Pattern: "/v3/auth/tokens", Handler: s.revokeToken, Doc: "Revoke a token."},
		{Method: "GET", Pattern: "/v3/auth/tokens/OS-PKI/revoked", Handler: s.revokedTokens, Doc: "Refuse the list of revoked tokens, as Keystone does since it has none."},
		{Method: "GET", Pattern: "/v3/auth/catalog", Handler: s.showCatalog, Doc: "Show the catalog of a token's project."},
		{Method: "GET", Pattern: "/v3/auth/projects", Handler: s.authProjects, Doc: "List the projects a token's user can scope to."},
		{Method: "GET", Pattern: "/v3/auth/domains", Handler: s.authDomains, Doc: "List the domains a token's user can scope to."},
		{Method: "GET", Pattern: "/v3/auth/system", Handler: s.authSystem, Doc: "Say whether a token's user can scope to the system."},

		{Method: "GET", Pattern: "/v3/users", Handler: s.listUsers, Doc: "List users."},
		{Method: "POST", Pattern: "/v3/users", Handler: s.createUser, Doc: "Create a user."},
		{Method: "GET", Pattern: "/v3/users/{id}", Handler: s.showUser, Doc: "Show a user."},
		{Method: "PATCH", Pattern: "/v3/users/{id}", Handler: s.updateUser, Doc: "Update a user."},
		{Method: "DELETE", Pattern: "/v3/users/{id}", Handler: s.deleteUser, Doc: "Delete a user."},
		{Method: "POST", Pattern: "/v3/users/{id}/password", Handler: s.changePassword, Public: true, Doc: "Change one's password."},
		{Method: "GET", Pattern: "/v3/users/{id}/projects", Handler: s.userProjects, Doc: "List a user's projects."},
		{Method: "GET", Pattern: "/v3/users/{id}/groups", Handler: s.userGroups, Doc: "List a user's groups."},

		{Method: "GET", Pattern: "/v3/groups", Handler: s.listGroups, Doc: "List groups."},
		{Method: "POST", Pattern: "/v3/groups", Handler: s.createGroup, Doc: "Create a group."},
		{Method: "GET", Pattern: "/v3/groups/{group}", Handler: s.showGroup, Doc: "Show a group."},
		{Method: "PATCH", Pattern: "/v3/groups/{group}", Handler: s.updateGroup, Doc: "Update a group."},
		{Method: "DELETE", Pattern: "/v3/groups/{group}", Handler: s.deleteGroup, Doc: "Delete a group."},
		{Method: "GET", Pattern: "/v3/groups/{group}/users", Handler: s.groupUsers, Doc: "List a group's users."},
		{Method: "GET", Pattern: "/v3/groups/{group}/users/{user}", Handler: s.checkMember, Doc: "Check that a user is in a group."},
		{Method: "PUT", Pattern: "/v3/groups/{group}/users/{user}", Handler: s.addMember, Doc: "Add a user to a group."},
		{Method: "DELETE", Pattern: "/v3/groups/{group}/users/{user}", Handler: s.removeMember, Doc: "Remove a user from a group."},

		{Method: "GET", Pattern: "/v3/projects", Handler: s.listProjects, Doc: "List projects."},
		{Method: "POST", Pattern: "/v3/projects", Handler: s.createProject, Doc: "Create a project."},
		{Method: "GET", Pattern: "/v3/projects/{id}", Handler: s.showProject, Doc: "Show a project."},
		{Method: "PATCH", Pattern: "/v3/projects/{id}", Handler: s.updateProject, Doc: "Update a project."},
		{Method: "DELETE", Pattern: "/v3/projects/{id}", Handler: s.deleteProject, Doc: "Delete a project."},
		{Method: "GET", Pattern: "/v3/projects/{id}/tags", Handler: s.listTags, Doc: "List a project's tags."},
		{Method: "PUT", Pattern: "/v3/projects/{id}/tags", Handler: s.setTags, Doc: "Replace a project's tags."},
		{Method: "DELETE", Pattern: "/v3/projects/{id}/tags", Handler: s.deleteTags, Doc: "Remove a project's tags."},
		{Method: "GET", Pattern: "/v3/projects/{id}/tags/{tag}", Handler: s.checkTag, Doc: "Check a project's tag."},
		{Method: "PUT", Pattern: "/v3/projects/{id}/tags/{tag}", Handler: s.addTag, Doc: "Add a tag to a project."},
		{Method: "DELETE", Pattern: "/v3/projects/{id}/tags/{tag}", Handler: s.deleteTag, Doc: "Remove a tag from a project."},

		{Method: "GET", Pattern: "/v3/domains", Handler: s.listDomains, Doc: "List domains."},
		{Method: "POST", Pattern: "/v3/domains", Handler: s.createDomain, Doc: "Create a domain."},
		{Method: "GET", Pattern: "/v3/domains/{id}", Handler: s.showDomain, Doc: "Show a domain."},
		{Method: "PATCH", Pattern: "/v3/domains/{id}", Handler: s.updateDomain, Doc: "Update a domain."},
		{Method: "DELETE", Pattern: "/v3/domains/{id}", Handler: s.deleteDomain, Doc: "Delete a domain."},
		{Pattern: "/v3/domains/{id}/config", Missing: true, Doc: "A domain's own configuration."},
		{Pattern: "/v3/domains/{id}/config/{rest...}", Missing: true, Doc: "A domain's own configuration."},

		{Method: "GET", Pattern: "/v3/roles", Handler: s.listRoles, Doc: "List roles."},
		{Method: "POST", Pattern: "/v3/roles", Handler: s.createRole, Doc: "Create a role."},
		{Method: "GET", Pattern: "/v3/roles/{role}", Handler: s.showRole, Doc: "Show a role."},
		{Method: "PATCH", Pattern: "/v3/roles/{role}", Handler: s.updateRole, Doc: "Update a role."},
		{Method: "DELETE", Pattern: "/v3/roles/{role}", Handler: s.deleteRole, Doc: "Delete a role."},
		{Method: "GET", Pattern: "/v3/roles/{role}/implies", Handler: s.listImplied, Doc: "List the roles a role implies."},
		{Method: "GET", Pattern: "/v3/roles/{role}/implies/{implied}", Handler: s.showImplied, Doc: "Check that a role implies another."},
		{Method: "PUT", Pattern: "/v3/roles/{role}/implies/{implied}", Handler: s.createImplied, Doc: "Let a role imply another."},
		{Method: "DELETE", Pattern: "/v3/roles/{role}/implies/{implied}", Handler: s.deleteImplied, Doc: "Let a role no longer imply another."},
		{Method: "GET", Pattern: "/v3/role_inferences", Handler: s.listInferences, Doc: "List all implied roles."},
		{Method: "GET", Pattern: "/v3/role_assignments", Handler: s.listAssignments, Doc: "List role assignments."},

		{Method: "GET", Pattern: "/v3/services", Handler: s.listServices, Doc: "List services."},
		{Method: "POST", Pattern: "/v3/services", Handler: s.createService, Doc: "Create a service."},
		{Method: "GET", Pattern: "/v3/services/{id}", Handler: s.showService, Doc: "Show a service."},
		{Method: "PATCH", Pattern: "/v3/services/{id}", Handler: s.updateService, Doc: "Update a service."},
		{Method: "DELETE", Pattern: "/v3/services/{id}", Handler: s.deleteService, Doc: "Delete a service and its endpoints."},

		{Method: "GET", Pattern: "/v3/endpoints", Handler: s.listEndpoints, Doc: "List endpoints."},
		{Method: "POST", Pattern: "/v3/endpoints", Handler: s.createEndpoint, Doc: "Create an endpoint."},
		{Method: "GET", Pattern: "/v3/endpoints/{id}", Handler: s.showEndpoint, Doc: "Show an endpoint."},
		{Method: "PATCH", Pattern: "/v3/endpoints/{id}", Handler: s.updateEndpoint, Doc: "Update an endpoint."},
		{Method: "DELETE", Pattern: "/v3/endpoints/{id}", Handler: s.deleteEndpoint, Doc: "Delete an endpoint."},

		{Method: "GET", Pattern: "/v3/regions", Handler: s.listRegions, Doc: "List regions."},
		{Method: "POST", Pattern: "/v3/regions", Handler: s.createRegion, Doc: "Create a region."},
		{Method: "GET", Pattern: "/v3/regions/{id}", Handler: s.showRegion, Doc: "Show a region."},
		{Method: "PUT", Pattern: "/v3/regions/{id}", Handler: s.createRegion, Doc: "Create a region of a given ID."},
		{Method: "PATCH", Pattern: "/v3/regions/{id}", Handler: s.updateRegion, Doc: "Update a region."},
		{Method: "DELETE", Pattern: "/v3/regions/{id}", Handler: s.deleteRegion, Doc: "Delete a region."},

		{Method: "GET", Pattern: "/v3/credentials", Handler: s.listCredentials, Doc: "List credentials."},
		{Method: "POST", Pattern: "/v3/credentials", Handler: s.createCredential, Doc: "Create a credential (TOTP secrets among them)."},
		{Method: "GET", Pattern: "/v3/credentials/{id}", Handler: s.showCredential, Doc: "Show a credential."},
		{Method: "PATCH", Pattern: "/v3/credentials/{id}", Handler: s.updateCredential, Doc: "Update a credential."},
		{Method: "DELETE", Pattern: "/v3/credentials/{id}", Handler: s.deleteCredential, Doc: "Delete a credential."},

		{Method: "GET", Pattern: "/v3/users/{id}/application_credentials", Handler: s.listAppCredentials, Doc: "List a user's application credentials."},
		{Method: "POST", Pattern: "/v3/users/{id}/application_credentials", Handler: s.createAppCredential, Doc: "Create an application credential."},
		{Method: "GET", Pattern: "/v3/users/{id}/application_credentials/{credential}", Handler: s.showAppCredential, Doc: "Show an application credential."},
		{Method: "DELETE", Pattern: "/v3/users/{id}/application_credentials/{credential}", Handler: s.deleteAppCredential, Doc: "Delete an application credential."},

		{Pattern: "/v3/OS-OAUTH1/{rest...}", Missing: true, Doc: "OAuth 1.0a."},
		{Pattern: "/v3/OS-OAUTH2/{rest...}", Missing: true, Doc: "OAuth 2.0."},
		{Pattern: "/v3/OS-EP-FILTER/{rest...}", Missing: true, Doc: "Endpoint filters."},
		{Pattern: "/v3/OS-REVOKE/{rest...}", Missing: true, Doc: "Revocation events."},
		{Pattern: "/v3/users/{id}/credentials/OS-EC2", Missing: true, Doc: "EC2 credentials."},
		{Pattern: "/v3/users/{id}/credentials/OS-EC2/{credential}", Missing: true, Doc: "EC2 credentials."},
		{Pattern: "/v3/users/{id}/access_rules", Missing: true, Doc: "Access rules of application credentials."},
		{Pattern: "/v3/users/{id}/access_rules/{rule}", Missing: true, Doc: "Access rules of application credentials."},
		{Method: "POST", Pattern: "/v3/ec2tokens", Missing: true, Doc: "EC2 signatures."},
		{Method: "POST", Pattern: "/v3/s3tokens", Missing: true, Doc: "S3 signatures."},
		{Pattern: "/v3/policies", Missing: true, Doc: "Stored policies."},
		{Pattern: "/v3/policies/{rest...}", Missing: true, Doc: "Stored policies."},
		{Pattern: "/v3/limits", Missing: true, Doc: "Unified limits."},
		{Pattern: "/v3/limits/{rest...}", Missing: true, Doc: "Unified limits."},
		{Pattern: "/v3/registered_limits", Missing: true, Doc: "Unified limits."},
		{Pattern: "/v3/registered_limits/{rest...}", Missing: true, Doc: "Unified limits."},
	}
	routes = append(routes, s.grantRoutes()...)
	routes = append(routes, s.federationRoutes()...)
	routes = append(routes, s.trustRoutes()...)
	for i := range routes {
		if r := &routes[i]; r.Handler != nil && r.Method != "GET" && r.Pattern != "/v3/auth/tokens" || r.Method == "DELETE" {
			r.Handler = touching(r.Handler)
		}
	}
	return routes
}

// touching makes every remembered caller be looked up again after a change that went well.
func touching(h web.Handler) web.Handler {
	return func(r *web.Request) (*web.Response, error) {
		resp, err := h(r)
		if err == nil {
			err = Touch(r.Tx)
		}
		return resp, err
	}
}

func versionWire(r *web.Request) web.Object {
	return web.Object{"id": "v3.14", "status": "stable", "updated": "2020-04-07T00:00:00Z",
		"links":       []web.Object{{"rel": "self", "href": r.URLFor("/v3/")}},
		"media-types": []web.Object{{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}}}
}

// versions is GET /identity: 300, for a client is to choose.
func (s *Identity) versions(r *web.Request) (*web.Response, error) {
	resp := &web.Response{Status: http.StatusMultipleChoices, Body: web.Object{"versions": web.Object{"values": []web.Object{versionWire(r)}}}}
	return resp.With("Location", r.URLFor("/v3/")), nil
}

func (s *Identity) version(r *web.Request) (*web.Response, error) {
	return web.OK(web.Object{"version": versionWire(r)}), nil
}
