// Package oidc is a small OpenID Connect provider beside the simulated cloud: discovery, keys, the token endpoint with
// its grants (password, client_credentials, authorization_code with PKCE, refresh_token, device_code), a login page,
// userinfo, introspection and revocation. It is there so that the whole way from a provider to a Keystone token can be
// walked, and seen, on one port.
//
// It knows nothing of Keystone: the identity service asks it what a bearer token says (Claims) and maps the answer to a
// user by rules of its own, as mod_auth_openidc and Keystone do.
//
// Access tokens and ID tokens are JSON Web Tokens signed with RS256. The key is made when it is first needed and kept in
// the store, as are codes, refresh tokens and device codes, these under their hashes.
package oidc
