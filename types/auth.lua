---@meta auth

--- Who the script is at the cloud, what the cloud offers, where the configuration came from, and other clouds beside it. All modules of a script share one connection, which authenticates when it is first used.
---@class auth.module
local auth = {}

--- Tell who the script is, in a few words.
---@return table who user, user_id, user_domain, project, project_id, project_domain, roles (names), cloud, region, expires_at.
function auth.whoami() end

---@class (exact) auth.token.options
---@field reveal? boolean Show the token itself as id. Default: false.

--- Tell all that the identity service said of the token. The token itself is shown only when asked for: who has it can do all that you can.
---@param options? auth.token.options
---@return table token user, project and domain (each id, name, domain), roles (each id, name), methods, issued_at, expires_at, system; id with reveal.
function auth.token(options) end

--- List the services of the cloud and their addresses.
---@return table[] services Each with type, name, id and endpoints; an endpoint has interface, region, url and id.
function auth.catalog() end

---@class (exact) auth.endpoint.options
---@field interface? "public"|"internal"|"admin" Interface; the configured one when left out.
---@field region? string Region; the configured one when left out.

--- Give the address of a service: the one requests go to, or with options the catalog's for another interface or region.
---@param service string Type of the service: "network", "compute", "image", "identity".
---@param options? auth.endpoint.options
---@return string url The address.
function auth.endpoint(service, options) end

--- List the projects the user may work in.
---@return project[] projects Each with id, name, domain_id, description and enabled.
function auth.projects() end

---@class (exact) auth.explain.options
---@field text? boolean Give text for people instead of a table. Default: false.

--- Tell which file, key or variable gave each value of the configuration, and what it overrides. Secrets are masked, and nothing is sent.
---@param options? auth.explain.options
---@return table[]|string settings Each with name, value, source and overrides; or the same as text.
function auth.explain(options) end

---@class (exact) auth.connect.options
---@field cloud? string Its name in clouds.yaml; this connection's when left out.
---@field region_name? string Region in place of the configured one.
---@field region? string The same as region_name.
---@field interface? "public"|"internal"|"admin" Interface in place of the configured one.
---@field project_name? string Project in place of the configured one, by name.
---@field project? string The same as project_name.
---@field project_id? string Project in place of the configured one, by ID.
---@field auth_type? string How to authenticate: password, token, v3applicationcredential, v3totp, v3multifactor, v3oidcpassword, v3oidcclientcredentials or v3oidcaccesstoken.
---@field auth_url? string Address of the identity service.
---@field username? string Name of the user; with OpenID Connect at the provider.
---@field user_domain_name? string Name of the user's domain.
---@field password? string Password of the user.
---@field passcode? string One-time code of the user's device (v3totp, v3multifactor).
---@field token? string Token to get another one with.
---@field application_credential_id? string ID of an application credential.
---@field application_credential_secret? string Its secret.
---@field identity_provider? string OpenID Connect: the provider's name in the cloud.
---@field protocol? string OpenID Connect: the protocol's name in the cloud, often openid.
---@field client_id? string OpenID Connect: the client's name at the provider.
---@field client_secret? string OpenID Connect: the client's secret.
---@field discovery_endpoint? string OpenID Connect: address of the provider's discovery document.
---@field access_token_endpoint? string OpenID Connect: address of the provider's token endpoint, in place of the one discovered.
---@field access_token_type? "access_token"|"id_token" OpenID Connect: which of the provider's tokens the cloud wants.
---@field openid_scope? string OpenID Connect: what the cloud may learn of the user; openid profile when left out.
---@field access_token? string OpenID Connect: an access token the provider gave already (v3oidcaccesstoken).

--- Connect to another cloud, or to the same one otherwise, as another user, by another way to authenticate: it gives that connection's modules, to be used beside this one's. Objects belong to the cloud they came from.
---@param options? auth.connect.options
---@return table<string, table> modules Its modules by name: networks, subnets, auth …
function auth.connect(options) end

return auth
