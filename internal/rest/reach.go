package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
)

var unreachable = regexp.MustCompile(`External network (\S+) is not reachable from subnet ([0-9a-f-]+)`)

// Unreachable reports an error of a floating IP whose network has no way to the port.
func Unreachable(err error) bool {
	e := asError(err)
	return e != nil && unreachable.MatchString(e.Message)
}

// ExplainUnreachable says which router or gateway is missing when a floating IP cannot reach a port, and gives any other
// error as it is. It asks for the subnet, the network and the routers between them: four requests at most, and none
// without that failure.
func (c *Client) ExplainUnreachable(ctx context.Context, op string, err error) error {
	e := asError(err)
	if e == nil {
		return err
	}
	m := unreachable.FindStringSubmatch(e.Message)
	if m == nil {
		return err
	}
	ctx = LookingUp(ctx)
	outside := c.nameOf(ctx, op, "network", m[1])
	inside := c.nameOf(ctx, op, "subnet", m[2])
	explained := func(what, format string, args ...any) error {
		e := e.WithHint(format, args...)
		e.Message = fmt.Sprintf("the floating IP's network %q has no way to subnet %q: %s", outside, inside, what)
		e.Code, e.Status, e.Op = errs.Conflict, http.StatusNotFound, op
		return e
	}
	routers, failed := c.routersOf(ctx, op, m[2])
	switch {
	case failed != nil:
		return e.WithHint("the subnet has to be on a router whose gateway is that network: routers.add_subnet and routers.set_gateway")
	case len(routers) == 0:
		return explained("the subnet is on no router",
			"put it on a router that leads there: routers.add_subnet(router, %q), routers.set_gateway(router, %q)", inside, outside)
	}
	for _, r := range routers {
		if r.Gateway == nil || r.Gateway.Network == "" {
			return explained(fmt.Sprintf("its router %q has no gateway", r.Name), "give it one: routers.set_gateway(%q, %q)", r.Name, outside)
		}
	}
	r := routers[0]
	return explained(fmt.Sprintf("its router %q leads to another network, %q", r.Name, c.nameOf(ctx, op, "network", r.Gateway.Network)),
		"take a floating IP of that network, or change the router's gateway: routers.set_gateway(%q, %q)", r.Name, outside)
}

// nameOf is the name of a resource for a message; its ID when it has none or may not be seen.
func (c *Client) nameOf(ctx context.Context, op, kind, id string) string {
	obj, err := c.Of(kind).get(ctx, op, schema.Ref{ID: id})
	if name := text(obj, "name"); err == nil && name != "" {
		return name
	}
	return id
}

type routerRow struct {
	Name    string `json:"name"`
	Gateway *struct {
		Network string `json:"network_id"`
	} `json:"external_gateway_info"`
}

// routersOf lists the routers a subnet is on.
func (c *Client) routersOf(ctx context.Context, op, subnet string) ([]routerRow, error) {
	ports, err := c.Of("port").List(ctx, op, url.Values{
		"fixed_ips": {"subnet_id=" + subnet},
		"device_owner": {
			"network:router_interface", "network:router_interface_distributed", "network:ha_router_replicated_interface",
		},
	})
	if err != nil {
		return nil, err
	}
	q := url.Values{}
	for _, r := range Rows[struct {
		Device string `json:"device_id"`
	}](ports) {
		q.Add("id", r.Device)
	}
	if len(q) == 0 {
		return nil, nil
	}
	list, err := c.Of("router").List(ctx, op, q)
	if err != nil {
		return nil, err
	}
	return Rows[routerRow](list), nil
}

// Rows decodes the resources of a list.
func Rows[T any](list schema.List) []T {
	var all []T
	for _, p := range list.Pages {
		var rows []T
		if list.Key == "" {
			_ = json.Unmarshal(p, &rows)
		} else {
			Member(schema.Object{JSON: p}, list.Key, &rows)
		}
		all = append(all, rows...)
	}
	return all
}
