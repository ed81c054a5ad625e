package web

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
)

// Style is how a service answers what no handler of it answers, and the shape of its error bodies.
type Style struct {
	ContentType string // of JSON answers
	MaxBody     int64  // bytes; more is TooLarge
	// AuthFirst looks at the token before the path, as the services do that have keystonemiddleware in front.
	AuthFirst bool
	// ErrorBody writes an error's body and names its content type.
	ErrorBody func(*Error) (contentType string, body []byte)
	// Unauthorized, NotFound and MethodNotAllowed are the answers to a bad token, an unknown path, an unknown method.
	Unauthorized     func(*Request) *Error
	NotFound         func(*Request) *Error
	MethodNotAllowed func(r *Request, allowed []string) *Error
	BadJSON          func(*Request) *Error
	TooLarge         func(*Request) *Error
	Internal         func(*Request) *Error
}

const (
	// maxRequestBody is the limit of the services that have oslo.middleware's in front.
	maxRequestBody = 114688
	// largeBody is ours for those that have none: memory is not theirs to fill.
	largeBody = 16 << 20
)

func tooLarge(r *Request) *Error {
	return htmlError(413, fmt.Sprintf("Request is too large. Larger than max_request_body_size (%d).<br /><br />\n\n\n", r.Service.Style.MaxBody))
}

// Keystone is the identity service's style.
func Keystone() Style {
	return Style{
		ContentType: "application/json",
		MaxBody:     maxRequestBody,
		ErrorBody: func(e *Error) (string, []byte) {
			return jsonBody(Object{"error": Object{"code": e.Status, "message": e.Message, "title": e.title()}})
		},
		Unauthorized: func(r *Request) *Error { return unauthorized(r) },
		NotFound: func(*Request) *Error {
			return &Error{Status: 404, Answer: &Response{Status: 404, ContentType: "text/html; charset=utf-8",
				Body: "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n" +
					"<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n"}}
		},
		MethodNotAllowed: func(_ *Request, allowed []string) *Error {
			return &Error{Status: 405, Answer: (&Response{Status: 405,
				Body: Object{"message": "The method is not allowed for the requested URL."}}).
				With("Allow", flaskAllow(allowed))}
		},
		BadJSON: func(*Request) *Error {
			return Errorf(400, "Expecting to find valid JSON in request body. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.")
		},
		TooLarge: tooLarge,
		Internal: func(*Request) *Error {
			return Errorf(500, "An unexpected error prevented the server from fulfilling your request.")
		},
	}
}

// flaskAllow is the Allow header of Keystone's framework: HEAD where there is GET, OPTIONS always. It comes out of a set
// there, in no order to rely on.
func flaskAllow(allowed []string) string {
	var all []string
	for _, m := range []string{"HEAD", "PATCH", "POST", "PUT", "DELETE", "GET"} {
		if slices.Contains(allowed, m) || m == "HEAD" && slices.Contains(allowed, "GET") {
			all = append(all, m)
		}
	}
	return strings.Join(append(all, "OPTIONS"), ", ")
}

// Neutron is the network service's style.
func Neutron() Style {
	body := func(e *Error) (string, []byte) {
		kind := e.Type
		if kind == "" {
			kind = map[int]string{400: "HTTPBadRequest", 403: "HTTPForbidden", 404: "HTTPNotFound", 405: "HTTPMethodNotAllowed",
				409: "HTTPConflict", 413: "HTTPRequestEntityTooLarge", 429: "HTTPTooManyRequests", 500: "HTTPInternalServerError", 501: "HTTPNotImplemented",
				502: "HTTPBadGateway", 503: "HTTPServiceUnavailable", 504: "HTTPGatewayTimeout"}[e.Status]
		}
		return jsonBody(Object{"NeutronError": Object{"type": kind, "message": e.Message, "detail": e.Detail}})
	}
	return Style{
		ContentType:  "application/json",
		MaxBody:      largeBody,
		AuthFirst:    true,
		ErrorBody:    body,
		Unauthorized: func(r *Request) *Error { return unauthorized(r) },
		NotFound: func(r *Request) *Error {
			if !strings.HasPrefix(r.URL.Path, "/v2.0") {
				return htmlError(404, "The resource could not be found.<br /><br />\n\n\n")
			}
			return Errorf(404, "The resource could not be found.")
		},
		MethodNotAllowed: func(*Request, []string) *Error {
			return Errorf(405, "The server could not comply with the request since it is either malformed or otherwise incorrect.")
		},
		BadJSON:  func(*Request) *Error { return Errorf(400, "Body contains invalid data") },
		TooLarge: tooLarge,
		Internal: func(*Request) *Error {
			return Errorf(500, "Request Failed: internal server error while processing your request.")
		},
	}
}

// Nova is the compute service's style.
func Nova() Style {
	return Style{
		ContentType: "application/json",
		MaxBody:     maxRequestBody,
		AuthFirst:   true,
		ErrorBody: func(e *Error) (string, []byte) {
			key := e.Type
			if key == "" {
				key = map[int]string{400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
					409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 429: "overLimit", 501: "notImplemented", 503: "serviceUnavailable"}[e.Status]
			}
			if key == "" {
				key = "computeFault"
			}
			_, b := jsonBody(Object{key: Object{"code": e.Status, "message": e.Message}})
			return "application/json; charset=UTF-8", b
		},
		Unauthorized: func(r *Request) *Error { return unauthorized(r) },
		// Nova's mapper knows paths and methods together: a method it does not know is a path it does not know.
		NotFound: func(*Request) *Error { return htmlError(404, "The resource could not be found.<br /><br />\n\n\n") },
		MethodNotAllowed: func(*Request, []string) *Error {
			return htmlError(404, "The resource could not be found.<br /><br />\n\n\n")
		},
		BadJSON:  func(*Request) *Error { return Errorf(400, "Malformed request body") },
		TooLarge: tooLarge,
		Internal: func(*Request) *Error {
			return Errorf(500, "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log if possible.")
		},
	}
}

// Glance is the image service's style.
func Glance() Style {
	return Style{
		ContentType: "application/json",
		MaxBody:     largeBody,
		AuthFirst:   true,
		ErrorBody: func(e *Error) (string, []byte) {
			return "text/html; charset=UTF-8", htmlPage(e.Status, html.EscapeString(e.Message)+"<br /><br />\n\n\n")
		},
		Unauthorized: func(r *Request) *Error {
			e := htmlError(401, "This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.<br /><br />\n\n\n")
			e.Answer.With("WWW-Authenticate", keystoneURI(r))
			return e
		},
		NotFound: func(*Request) *Error { return htmlError(404, "The resource could not be found.<br /><br />\n\n\n") },
		MethodNotAllowed: func(r *Request, allowed []string) *Error {
			e := htmlError(405, fmt.Sprintf("The method %s is not allowed for this resource. <br /><br />\n\n", r.Method))
			e.Answer.With("Allow", strings.Join(allowed, ", "))
			return e
		},
		BadJSON:  func(r *Request) *Error { return Errorf(400, "Malformed JSON in request body.") },
		TooLarge: tooLarge,
		Internal: func(*Request) *Error {
			return htmlError(500, "The server has either erred or is incapable of performing the requested operation.<br /><br />\n\n\n")
		},
	}
}

func (e *Error) title() string {
	if e.Title != "" {
		return e.Title
	}
	return statusText(e.Status)
}

func keystoneURI(r *Request) string { return `Keystone uri="` + r.Base + `/identity/v3"` }

func unauthorized(r *Request) *Error {
	h := http.Header{}
	h.Set("WWW-Authenticate", keystoneURI(r))
	_, body := jsonBody(Object{"error": Object{"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}})
	return &Error{Status: 401, Message: "The request you have made requires authentication.",
		Answer: &Response{Status: 401, Body: body, ContentType: "application/json", Header: h}}
}

// htmlError is an error page as WebOb makes it; text is HTML.
func htmlError(status int, text string) *Error {
	return &Error{Status: status, Answer: &Response{Status: status, ContentType: "text/html; charset=UTF-8", Body: htmlPage(status, text)}}
}

func htmlPage(status int, text string) []byte {
	title := fmt.Sprintf("%d %s", status, statusText(status))
	return fmt.Appendf(nil, "<html>\n <head>\n  <title>%s</title>\n </head>\n <body>\n  <h1>%s</h1>\n  %s\n </body>\n</html>", title, title, text)
}

func jsonBody(v any) (string, []byte) {
	b, err := marshal(v)
	if err != nil {
		return "text/plain", []byte(err.Error())
	}
	return "application/json", b
}
