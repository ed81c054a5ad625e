package compute

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/oslua/oslua/simulator/web"
)

// maxLimit is the most objects a page of a listing has.
const maxLimit = 1000

// Model says what the first flavors are made with.
type Model struct{ Now time.Time }

// paging reads limit and marker; a limit of 0, or none, is the largest page.
func (c *call) paging() (web.Paging, error) {
	p := web.Paging{Marker: c.Query().Get("marker"), Limit: maxLimit}
	if s := c.Query().Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return p, badRequest("limit must be an integer")
		}
		if n > 0 {
			p.Limit = min(n, maxLimit)
		}
	}
	return p, nil
}

// nextLink is the link to the page after an object; the query stays as it is.
func (c *call) nextLink(path, marker string) []web.Object {
	var pairs []string
	for pair := range strings.SplitSeq(c.URL.RawQuery, "&") {
		k, v, _ := strings.Cut(pair, "=")
		name, _ := url.QueryUnescape(k)
		value, _ := url.QueryUnescape(v)
		if pair != "" && name != "marker" {
			pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(value))
		}
	}
	pairs = append(pairs, "marker="+url.QueryEscape(marker))
	return []web.Object{{"rel": "next", "href": c.URLFor(path) + "?" + strings.Join(pairs, "&")}}
}

// actionName is the first key of an action's body.
func (c *call) actionName() (string, error) {
	v, err := decodeJSON(c.Raw)
	o, ok := v.(*object)
	if err != nil || !ok || len(o.keys) == 0 {
		return "", badRequest("Malformed request body")
	}
	return o.keys[0], nil
}

// checkProject refuses a project there is not.
func (c *call) checkProject(id string) error {
	if c.s.options.ProjectExists == nil {
		return nil
	}
	there, err := c.s.options.ProjectExists(c.Tx, id)
	if err != nil || there {
		return err
	}
	return badRequest("Project ID %s is not a valid project.", id)
}

func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// microTime is how Nova shows times that it passes on as they are.
func microTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000") }

func microTimeOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return microTime(*t)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
