package rest

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"strconv"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/internal/cloud"
)

// pager fetches the pages of a list one after the other.
type pager struct {
	c    *Collection
	op   string
	path string
	q    url.Values
	done bool
}

func (c *Collection) pager(op, path string, q url.Values) *pager {
	return &pager{c: c, op: op, path: path, q: maps.Clone(q)}
}

// next gives the next page, nil after the last.
func (p *pager) next(ctx context.Context) (json.RawMessage, error) {
	if p.done {
		return nil, nil
	}
	res, err := p.c.client.Do(ctx, cloud.Request{
		Service: p.c.Service, Path: p.path, Query: p.q, Op: p.op, Microversion: p.c.Microversion,
	})
	if err != nil {
		return nil, err
	}
	before := p.q.Encode()
	p.q, err = p.c.nextQuery(p.op, res.Body)
	if err != nil {
		return nil, err
	}
	// A link to the page just read would go on for ever.
	p.done = p.q == nil || p.q.Encode() == before
	return p.c.tidyPage(res.Body)
}

// limit asks the pages still to come for no more than n.
func (p *pager) limit(n int) {
	if p.q != nil {
		p.q.Set("limit", strconv.Itoa(n))
	}
}

// nextQuery gives the query of the page after this one, nil when it is the last. Only the query of the link is taken:
// behind a proxy its host may be one that we cannot reach.
func (c *Collection) nextQuery(op string, page []byte) (url.Values, error) {
	href := ""
	if raw, ok := rawjson.Get(page, c.Plural+"_links"); ok {
		var links []struct{ Rel, Href string }
		if err := json.Unmarshal(raw, &links); err == nil {
			for _, l := range links {
				if l.Rel == "next" {
					href = l.Href
				}
			}
		}
	} else if raw, ok := rawjson.Get(page, "links", "next"); ok { // keystone's form
		_ = json.Unmarshal(raw, &href) // null: the last page
	} else if raw, ok := rawjson.Get(page, "next"); ok { // Glance's
		_ = json.Unmarshal(raw, &href)
	}
	if href == "" {
		return nil, nil
	}
	u, err := url.Parse(href)
	if err != nil {
		e := errs.New(errs.Unavailable, "the link to the next page cannot be read: %s", href)
		e.Op, e.Cause = op, err
		return nil, e
	}
	return u.Query(), nil
}

// count is the number of resources in a page.
func (c *Collection) count(page []byte) int {
	raw, ok := rawjson.Get(page, c.Plural)
	if !ok {
		return 0
	}
	var rows []json.RawMessage
	if json.Unmarshal(raw, &rows) != nil {
		return 0
	}
	return len(rows)
}

func limitOf(op string, q url.Values) (int, error) {
	s := q.Get("limit")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n <= 0 {
		e := errs.New(errs.BadArgument, "want a number above 0, got %s", s).WithHint("leave it out for all")
		e.Op = op + ".limit"
		return 0, e
	}
	return n, nil
}
