package cloud

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/oslua/oslua/engine/errs"
)

// Service is one entry of the catalog.
type Service struct {
	ID, Type, Name string
	Endpoints      []Endpoint
}

// Endpoint is one address of a service.
type Endpoint struct {
	ID, Interface, Region, URL string
}

// Catalog is the services there are, as the token lists them.
func (c *Connection) Catalog(ctx context.Context) ([]Service, error) {
	t, err := c.Token(ctx)
	if err != nil {
		return nil, err
	}
	return t.Catalog, nil
}

// Endpoint is the address of a service's API with its version and a slash at the end: what Request.Path follows.
func (c *Connection) Endpoint(ctx context.Context, service string) (string, error) {
	t, err := c.Token(ctx)
	if err != nil {
		return "", err
	}
	types := typesOf(service)
	for _, typ := range types {
		if u := c.cfg.plain[strings.ReplaceAll(typ, "-", "_")+"_endpoint_override"]; u != "" {
			return versioned(types[0], u), nil
		}
	}
	for _, typ := range types {
		for _, s := range t.Catalog {
			if s.Type != typ {
				continue
			}
			for _, e := range s.Endpoints {
				if e.Interface == c.cfg.Interface && (c.cfg.Region == "" || e.Region == c.cfg.Region) && e.URL != "" {
					return versioned(types[0], e.URL), nil
				}
			}
		}
	}
	// A token without a scope has no catalog, and its holder still may ask which projects there are.
	if service == Identity {
		return identityBase(c.cfg.AuthURL), nil
	}
	return "", c.noEndpoint(t, service, types)
}

// typesOf lists the catalog types of a service, the wanted first: "volumev3" comes before "volume".
func typesOf(service string) []string {
	out := []string{service}
	for typ, others := range gophercloud.ServiceTypeAliases {
		if typ != service && !slices.Contains(others, service) {
			continue
		}
		others := slices.Sorted(slices.Values(others))
		slices.Reverse(others)
		for _, t := range append([]string{typ}, others...) {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
		break
	}
	return out
}

var (
	versionPart = regexp.MustCompile(`/v\d+(\.\d+)?(/|$)`)
	versionTail = regexp.MustCompile(`/v\d+(\.\d+)?/*$`)
)

// versioned completes an endpoint: most catalogs leave the version of some services to discovery, and a request for it
// would only tell what is the same everywhere.
func versioned(service, raw string) string {
	if service == Identity {
		return identityBase(raw)
	}
	raw = strings.TrimRight(raw, "/")
	if u, err := url.Parse(raw); err == nil && !versionPart.MatchString(u.Path) {
		switch service {
		case Network:
			raw += "/v2.0"
		case Image:
			raw += "/v2"
		case Compute:
			raw += "/v2.1"
		}
	}
	return raw + "/"
}

// identityBase is the address of the Identity API v3, whether or not the version is given.
func identityBase(raw string) string {
	raw = strings.TrimRight(strings.TrimSpace(raw), "/")
	return versionTail.ReplaceAllString(raw, "") + "/v3/"
}

// noEndpoint says what the catalog has in place of what is wanted.
func (c *Connection) noEndpoint(t *Token, service string, types []string) error {
	e := errs.New(errs.Config, "the catalog has no service %q", service)
	if len(t.Catalog) == 0 {
		e.Message = "the token has no catalog"
		if t.ProjectID == "" && !t.System && t.Domain.ID == "" {
			return e.WithHint("It is not scoped to a project: set project_name or project_id.")
		}
		return e.WithHint("Ask the operator of the cloud for endpoints, or set %s_endpoint_override.", strings.ReplaceAll(service, "-", "_"))
	}
	var there, regions, interfaces, all []string
	for _, s := range t.Catalog {
		all = append(all, s.Type)
		for _, ep := range s.Endpoints {
			regions, interfaces = append(regions, ep.Region), append(interfaces, ep.Interface)
			if slices.Contains(types, s.Type) {
				there = append(there, ep.Region+" ("+ep.Interface+")")
			}
		}
	}
	if len(there) > 0 {
		e.Message = fmt.Sprintf("service %q has no %s endpoint", service, c.cfg.Interface)
		if c.cfg.Region != "" {
			e.Message += fmt.Sprintf(" in region %q (%s)", c.cfg.Region, c.cfg.source("region_name"))
		}
		return e.WithHint("This service has: %s. Set region_name or interface.", list(there))
	}
	return e.WithHint("There are the types %s; the regions %s; the interfaces %s.", list(all), list(regions), list(interfaces))
}

// list sorts words for a sentence, each once.
func list(words []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(words))), ", ")
}

func quoted(s string) string { return `"` + s + `"` }

// ProjectID is the project the token is scoped to, "" for none.
func (c *Connection) ProjectID(ctx context.Context) (string, error) {
	t, err := c.Token(ctx)
	if err != nil {
		return "", err
	}
	return t.ProjectID, nil
}

// UserID is the user the token was given to.
func (c *Connection) UserID(ctx context.Context) (string, error) {
	t, err := c.Token(ctx)
	if err != nil {
		return "", err
	}
	return t.UserID, nil
}
