package cloud

import "strings"

// Choice is the endpoint of a service that requests go to, and why.
type Choice struct {
	URL      string  // with the version
	Service  Service // the entry of the catalog; empty when the catalog was not asked
	Endpoint Endpoint
	Override string // the setting that took the catalog's place, "" for none

	Interface, InterfaceFrom string // what was wanted, and where that was said
	Region, RegionFrom       string // "" for any
}

// Choice explains Endpoint from what is known already: nothing is sent. It is false before authentication, and for a
// service that has no endpoint.
func (c *Connection) Choice(service string) (Choice, bool) {
	c.mu.Lock()
	t := c.token
	c.mu.Unlock()
	if t == nil {
		return Choice{}, false
	}
	ch := Choice{
		Interface: c.cfg.Interface, InterfaceFrom: c.cfg.source("interface"),
		Region: c.cfg.Region, RegionFrom: c.cfg.source("region_name"),
	}
	types := typesOf(service)
	for _, typ := range types {
		name := strings.ReplaceAll(typ, "-", "_") + "_endpoint_override"
		if u := c.cfg.plain[name]; u != "" {
			ch.URL, ch.Override = versioned(types[0], u), name
			return ch, true
		}
	}
	for _, typ := range types {
		for _, s := range t.Catalog {
			if s.Type != typ {
				continue
			}
			for _, e := range s.Endpoints {
				if e.Interface == c.cfg.Interface && (c.cfg.Region == "" || e.Region == c.cfg.Region) && e.URL != "" {
					ch.URL, ch.Service, ch.Endpoint = versioned(types[0], e.URL), s, e
					return ch, true
				}
			}
		}
	}
	return ch, false
}

// Authenticated gives the token there is, nil before the first request.
func (c *Connection) Authenticated() *Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token
}
