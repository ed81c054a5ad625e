package network

import (
	"fmt"
	"net/http"

	"github.com/oslua/oslua/simulator/web"
)

func fault(status int, kind, format string, args ...any) *web.Error {
	return &web.Error{Status: status, Type: kind, Message: fmt.Sprintf(format, args...)}
}

// malformed is what the API layer says about a request it cannot read.
func malformed(format string, args ...any) *web.Error {
	return fault(http.StatusBadRequest, "HTTPBadRequest", format, args...)
}

// invalidInput is what the converters and the plugins say about a value.
func invalidInput(format string, args ...any) *web.Error {
	return fault(http.StatusBadRequest, "InvalidInput", "Invalid input for operation: %s.", fmt.Sprintf(format, args...))
}

// badRequest is what the plugins say about a request for a resource.
func badRequest(resource, format string, args ...any) *web.Error {
	return fault(http.StatusBadRequest, "BadRequest", "Bad %s request: %s.", resource, fmt.Sprintf(format, args...))
}

func notFound(kind, format string, args ...any) *web.Error {
	return fault(http.StatusNotFound, kind, format, args...)
}

func conflict(kind, format string, args ...any) *web.Error {
	return fault(http.StatusConflict, kind, format, args...)
}

func disallowed(rule string) *web.Error {
	return fault(http.StatusForbidden, "PolicyNotAuthorized", "%s is disallowed by policy", rule)
}

// hidden is the 404 for what the caller may not know of.
func hidden() *web.Error { return notFound("HTTPNotFound", "The resource could not be found.") }
