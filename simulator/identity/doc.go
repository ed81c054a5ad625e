// Package identity is the simulator's Keystone: tokens, users, projects, domains, groups, roles, the catalog, credentials.
//
// Routes are in service.go, the state's documents in model.go, how they look on the wire beside their handlers. Other
// services know it by New's Service, which finds the callers of tokens, and by Seed and the names of what it seeds.
package identity
