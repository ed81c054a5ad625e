package routers

import (
	"strconv"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/rest"
)

// Route is a static route of a router.
type Route struct {
	Destination string `lua:"destination,required" json:"destination" doc:"Network it leads to: \"10.1.0.0/16\"."`
	NextHop     string `lua:"nexthop,required" json:"nexthop" doc:"Address, in one of the router's subnets, to send packets for it to."`
}

// UnmarshalText takes "10.1.0.0/16 via 10.8.0.5".
func (r *Route) UnmarshalText(text []byte) error {
	var err error
	r.Destination, r.NextHop, err = rest.Route(string(text))
	return err
}

// place is an index as Lua counts.
func place(i int) string { return strconv.Itoa(i + 1) }

// rules gives, for each member that ensure takes, how it is compared and whether it may be changed. Of the gateway only
// what is asked for counts.
func rules() map[string]rest.Rule {
	gateway := rest.Members(map[string]rest.Same{
		"external_fixed_ips": rest.Unordered(rest.Members(map[string]rest.Same{"ip_address": rest.Address})),
	})
	return map[string]rest.Rule{
		"description":             {Update: true},
		"admin_state_up":          {Update: true},
		"external_gateway_info":   {Update: true, Same: gateway},
		"distributed":             {Update: true},
		"ha":                      {Update: true},
		"enable_ndp_proxy":        {Update: true},
		"project_id":              {Same: rest.ID},
		"flavor_id":               {},
		"service_type_id":         {},
		"availability_zone_hints": {Same: rest.Unordered(rest.Equal)},
	}
}

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID."},
		{Name: "name", Type: "string", Doc: "Its name; names need not be unique."},
		{Name: "description", Type: "string", Doc: "A few words about it."},
		{Name: "status", Type: "string", Doc: "ACTIVE, DOWN, ALLOCATING or ERROR."},
		{Name: "admin_state_up", Type: "boolean", Doc: "Whether its owner wants it to carry traffic."},
		{Name: "external_gateway_info", Type: "table?", Doc: "Its way out: network_id, enable_snat and external_fixed_ips; nil for none."},
		{Name: "routes", Type: "table[]", Doc: "Its static routes, each with destination and nexthop."},
		{Name: "distributed", Type: "boolean?", Doc: "Whether it is spread over the hosts; administrators see it."},
		{Name: "ha", Type: "boolean?", Doc: "Whether another stands in when its host fails; administrators see it."},
		{Name: "flavor_id", Type: "string?", Doc: "ID of its flavor."},
		{Name: "service_type_id", Type: "string?", Doc: "ID of the service type of its provider."},
		{Name: "enable_ndp_proxy", Type: "boolean?", Doc: "Whether IPv6 addresses inside can be published outside."},
		{Name: "availability_zone_hints", Type: "string[]", Doc: "Availability zones asked for."},
		{Name: "availability_zones", Type: "string[]", Doc: "Availability zones it runs in."},
		{Name: "tags", Type: "string[]", Doc: "Its tags."},
		{Name: "project_id", Type: "string", Doc: "ID of the project it belongs to."},
		{Name: "tenant_id", Type: "string", Doc: "The same by its older name."},
		{Name: "revision_number", Type: "integer", Doc: "Grows with each change."},
		{Name: "created_at", Type: "string", Doc: "When it was created: \"2026-11-22T13:13:12Z\"."},
		{Name: "updated_at", Type: "string", Doc: "When it was last changed."},
	}
}
