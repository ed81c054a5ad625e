package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/oslua/oslua/simulator/web"
)

// fault is an error as WebOb renders it: an explanation, a detail below it, in the type the client accepts.
type fault struct {
	status      int
	explanation string
	detail      string
	bare        bool // the explanation is the whole text, already with its line breaks
	header      http.Header
}

func (f *fault) Error() string { return fmt.Sprintf("%d %s %s", f.status, f.explanation, f.detail) }

func failf(status int, format string, args ...any) *fault {
	return &fault{status: status, explanation: fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) *fault {
	return failf(http.StatusBadRequest, format, args...)
}

func forbidden(format string, args ...any) *fault {
	return failf(http.StatusForbidden, format, args...)
}

func notFound(format string, args ...any) *fault {
	return failf(http.StatusNotFound, format, args...)
}

func conflict(format string, args ...any) *fault {
	return failf(http.StatusConflict, format, args...)
}

func tooLarge(format string, args ...any) *fault {
	return failf(http.StatusRequestEntityTooLarge, format, args...)
}

// detailed is an error whose sentence stands below the status' own.
func detailed(status int, format string, args ...any) *fault {
	return &fault{status: status, explanation: map[int]string{
		http.StatusForbidden:                    "Access was denied to this resource.",
		http.StatusConflict:                     "There was a conflict when trying to complete your request.",
		http.StatusRequestedRangeNotSatisfiable: "The Range requested is not available.",
	}[status], detail: fmt.Sprintf(format, args...)}
}

func nothingHere() *fault { return notFound("The resource could not be found.") }

func notOwner() *fault { return forbidden("You do not own this image") }

func notAuthorized(action string) *fault {
	return forbidden("You are not authorized to complete %s action.", action)
}

func noImage(id string) *fault { return notFound("No image found with ID %s", id) }

func unsupportedMedia(r *web.Request) *fault {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if kind == "" {
		kind = "text/plain"
	}
	return &fault{status: http.StatusUnsupportedMediaType, bare: true,
		explanation: fmt.Sprintf("The request media type %s is not supported by this server.\n<br /><br />\n", kind)}
}

func notAllowed(method string, allowed []string) *fault {
	return &fault{status: http.StatusMethodNotAllowed, bare: true,
		explanation: fmt.Sprintf("The method %s is not allowed for this resource. <br /><br />\n", method),
		header:      http.Header{"Allow": {strings.Join(allowed, ", ")}}}
}

// render turns an error into what web sends; errors that are no faults pass.
func render(r *web.Request, err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	return f.answer(r)
}

var (
	breaks = regexp.MustCompile(`(?i)<br[^>]*>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
)

// escaper escapes as Python's html.escape does.
func escape(s string) string {
	return strings.NewReplacer("&#34;", "&quot;", "&#39;", "&#x27;").Replace(html.EscapeString(s))
}

func (f *fault) answer(r *web.Request) *web.Error {
	text := func(change func(string) string) string {
		if f.bare {
			return f.explanation
		}
		return change(f.explanation) + "<br /><br />\n" + change(f.detail) + "\n\n"
	}
	same := func(s string) string { return s }
	title := http.StatusText(f.status)
	if f.status == http.StatusRequestedRangeNotSatisfiable {
		title = "Request Range Not Satisfiable"
	}
	status := strconv.Itoa(f.status) + " " + title
	resp := &web.Response{Status: f.status, Header: f.header}
	switch kind := accepted(r.Header.Values("Accept")); kind {
	case "application/json":
		raw, _ := json.Marshal(map[string]string{"message": text(same), "code": status, "title": title}) // strings always encode
		resp.ContentType, resp.Body = kind, raw
	case "text/html":
		resp.ContentType = "text/html; charset=UTF-8"
		resp.Body = fmt.Sprintf("<html>\n <head>\n  <title>%s</title>\n </head>\n <body>\n  <h1>%s</h1>\n  %s\n </body>\n</html>",
			status, status, text(escape))
	default:
		plain := strings.ReplaceAll(strings.ReplaceAll(text(same), "\n", " "), "\r", "")
		plain = tags.ReplaceAllString(breaks.ReplaceAllString(plain, "\n"), "")
		resp.ContentType, resp.Body = "text/plain; charset=UTF-8", status+"\n\n"+plain
	}
	return &web.Error{Status: f.status, Message: f.explanation, Answer: resp}
}

// accepted chooses between HTML and JSON as the Accept header wishes; "" when it wants neither or says nothing.
func accepted(lines []string) string {
	best, chosen := 0.0, ""
	for _, offer := range []string{"text/html", "application/json"} {
		if q := quality(lines, offer); q > best {
			best, chosen = q, offer
		}
	}
	return chosen
}

// quality is the weight that the most specific range of an Accept header gives to a type.
func quality(lines []string, offer string) float64 {
	major, _, _ := strings.Cut(offer, "/")
	rank, weight := -1, 0.0
	for part := range strings.SplitSeq(strings.Join(lines, ","), ",") {
		kind, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		at := -1
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case offer:
			at = 2
		case major + "/*":
			at = 1
		case "*/*":
			at = 0
		}
		if at <= rank {
			continue
		}
		rank, weight = at, 1
		for p := range strings.SplitSeq(params, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				weight, _ = strconv.ParseFloat(v, 64)
			}
		}
	}
	return weight
}
