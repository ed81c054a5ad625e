package rest

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
)

// Query makes the query of a list from its options, resolving the references among them first. in is a pointer to a
// struct with json tags, as for a body.
func (c *Client) Query(ctx context.Context, op string, in any) (url.Values, error) {
	if err := c.ResolveAll(ctx, op, in); err != nil {
		return nil, err
	}
	m, err := schema.Body(in)
	if err != nil {
		return nil, err
	}
	// Neutron refuses a key without a direction.
	if m["sort_key"] != nil && m["sort_dir"] == nil {
		m["sort_dir"] = "asc"
	}
	return queryOf(op, m)
}

// Body makes the request's body of a function's options, resolving the references among them first. in is a pointer to a
// struct with json tags.
func (c *Client) Body(ctx context.Context, op string, in any) (map[string]any, error) {
	if err := c.ResolveAll(ctx, op, in); err != nil {
		return nil, err
	}
	return schema.Body(in)
}

func queryOf(op string, m map[string]any) (url.Values, error) {
	q := url.Values{}
	for k, v := range m {
		switch v := v.(type) {
		case nil:
			q.Set(k, "")
		case []any:
			texts := make([]string, len(v))
			for i, e := range v {
				t, err := scalar(op, k, e)
				if err != nil {
					return nil, err
				}
				texts[i] = t
			}
			if isTags(k) {
				q.Set(k, strings.Join(texts, ","))
			} else {
				q[k] = texts
			}
		case []string:
			l := make([]any, len(v))
			for i := range v {
				l[i] = v[i]
			}
			sub, err := queryOf(op, map[string]any{k: l})
			if err != nil {
				return nil, err
			}
			q[k] = sub[k]
		default:
			t, err := scalar(op, k, v)
			if err != nil {
				return nil, err
			}
			q.Set(k, t)
		}
	}
	return q, nil
}

// isTags: the tag filters take their values in one parameter, with commas.
func isTags(key string) bool {
	switch key {
	case "tags", "tags-any", "not-tags", "not-tags-any":
		return true
	}
	return false
}

func scalar(op, key string, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int, int64, float64, schema.Size:
		return fmt.Sprint(v), nil
	}
	e := errs.New(errs.BadArgument, "%s: cannot be a filter", key)
	e.Op = op
	return "", e
}
