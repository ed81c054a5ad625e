package identity

import (
	"github.com/oslua/oslua/simulator/web"
)

// enforce lets the admin through, and whoever one of the conditions holds for; others are told the action's name.
func enforce(r *web.Request, action string, or ...bool) error {
	if r.Caller.Admin() {
		return nil
	}
	for _, ok := range or {
		if ok {
			return nil
		}
	}
	return forbidden("identity:" + action)
}

// systemReader holds for a reader with system scope.
func systemReader(r *web.Request) bool { return r.Caller.System && r.Caller.Has("reader") }

// domainReader holds for a reader with the scope of the domain that all the domains are.
func domainReader(r *web.Request, domains ...string) bool {
	c := r.Caller
	if c.DomainID == "" || !c.Has("reader") {
		return false
	}
	for _, d := range domains {
		if d != c.DomainID {
			return false
		}
	}
	return true
}

// owner holds for the user itself.
func owner(r *web.Request, userID string) bool { return userID != "" && r.Caller.UserID == userID }
