package compute

import (
	"maps"
	"net/url"
	"slices"
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

// nextLink is the link to the page after an object: the query in the order of its names, with the new marker in the
// place of the old one, or at the end.
func (c *call) nextLink(path, marker string) []web.Object {
	var pairs []string
	q := c.Query()
	for _, name := range slices.Sorted(maps.Keys(q)) {
		value := q[name][len(q[name])-1]
		if name == "marker" {
			value = marker
		}
		pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	if !q.Has("marker") {
		pairs = append(pairs, "marker="+url.QueryEscape(marker))
	}
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
