package identity

import (
	"github.com/oslua/oslua/simulator/web"
)

// Keystone's sentences that more than one handler says.
const (
	malformed = " The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error."
	mustAuth  = "The request you have made requires authentication."
)

func notFound(kind, id string) error {
	return web.Errorf(404, "Could not find %s: %s.", kind, id)
}

func forbidden(action string) error {
	return web.Errorf(403, "You are not authorized to perform the requested action: %s.", action)
}

func expecting(attribute, target string) error {
	return web.Errorf(400, "Expecting to find %s in %s."+malformed, attribute, target)
}

func conflict(kind, details string) error {
	return web.Errorf(409, "Conflict occurred attempting to store %s - %s.", kind, details)
}

func duplicateName(kind, name string) error {
	return conflict(kind, "Duplicate entry found with name "+name)
}

// denied is Keystone's answer to credentials that are not good, whatever is wrong with them.
func denied(r *web.Request) error { return r.Service.Style.Unauthorized(r) }
