package compute

import (
	"net/http"
	"strings"

	"github.com/oslua/oslua/simulator/web"
)

func badRequest(format string, args ...any) *web.Error {
	return web.Errorf(http.StatusBadRequest, format, args...)
}

func forbidden(format string, args ...any) *web.Error {
	return web.Errorf(http.StatusForbidden, format, args...)
}

func notFound(format string, args ...any) *web.Error {
	return web.Errorf(http.StatusNotFound, format, args...)
}

func conflict(format string, args ...any) *web.Error {
	return web.Errorf(http.StatusConflict, format, args...)
}

// disallowed is a refusal by policy; the rule is written without its common beginning.
func disallowed(rule string) *web.Error {
	return forbidden("Policy doesn't allow os_compute_api:%s to be performed.", rule)
}

// unversioned is the 404 for a method that the microversion asked for does not have.
func unversioned() *web.Error { return notFound("The resource could not be found.") }

// gone is the answer of an API that was taken out of Nova.
func gone() *web.Error {
	return web.Errorf(http.StatusGone, "This resource is no longer available. No forwarding address is given.")
}

func noInstance(id string) *web.Error { return notFound("Instance %s could not be found.", id) }

func noFlavor(id string) *web.Error { return notFound("Flavor %s could not be found.", id) }

// unknownPath is the 404 of a path, or a method of it, that Nova's router does not know, in the form the client likes.
func unknownPath(r *web.Request) *web.Error {
	const text = "The resource could not be found.<br /><br />\n\n\n"
	accept := r.Header.Get("Accept")
	answer := &web.Response{Status: http.StatusNotFound, ContentType: "text/html; charset=UTF-8",
		Body: "<html>\n <head>\n  <title>404 Not Found</title>\n </head>\n <body>\n  <h1>404 Not Found</h1>\n  " + text + "\n </body>\n</html>"}
	if strings.Contains(accept, "application/json") {
		answer.ContentType = "application/json"
		answer.Body = web.Object{"message": text, "code": "404 Not Found", "title": "Not Found"}
	}
	return &web.Error{Status: http.StatusNotFound, Answer: answer}
}
