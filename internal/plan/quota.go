package plan

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/cloud"
)

// amount is how much there is of one thing, and may be.
type amount struct{ used, limit int }

// usage is a service's amounts when the run first changed something there.
type usage struct {
	done   chan struct{} // closed when it is known
	before map[string]amount
}

// counted are the things that have quotas, in the order they are shown: their names, and the services' words for them.
var counted = []struct{ service, name, key, limit string }{
	{cloud.Compute, "instances", "totalInstancesUsed", "maxTotalInstances"},
	{cloud.Compute, "cores", "totalCoresUsed", "maxTotalCores"},
	{cloud.Compute, "ram", "totalRAMUsed", "maxTotalRAMSize"},
	{cloud.Compute, "server_groups", "totalServerGroupsUsed", "maxServerGroups"},
	{cloud.Network, "networks", "network", ""},
	{cloud.Network, "subnets", "subnet", ""},
	{cloud.Network, "ports", "port", ""},
	{cloud.Network, "routers", "router", ""},
	{cloud.Network, "floating_ips", "floatingip", ""},
	{cloud.Network, "security_groups", "security_group", ""},
	{cloud.Network, "security_group_rules", "security_group_rule", ""},
}

// begin takes down what is used before the first change at a service. Servers take ports.
func (c *Collector) begin(ctx context.Context, service string) {
	switch service {
	case cloud.Compute:
		c.measure(ctx, cloud.Compute)
		c.measure(ctx, cloud.Network)
	case cloud.Network:
		c.measure(ctx, cloud.Network)
	}
}

func (c *Collector) measure(ctx context.Context, service string) {
	c.mu.Lock()
	u := c.quotas[service]
	if u != nil {
		c.mu.Unlock()
		select {
		case <-u.done: // the other task's look comes before this one's change
		case <-ctx.Done():
		}
		return
	}
	u = &usage{done: make(chan struct{})}
	c.quotas[service] = u
	c.mu.Unlock()
	defer close(u.done)
	before, err := c.amounts(ctx, service)
	if err != nil {
		c.Note("The quotas of the %s service cannot be read: %s.", service, strings.TrimSuffix(FailureOf(err).Message, "."))
		return
	}
	u.before = before
}

// amounts asks a service how much is used.
func (c *Collector) amounts(ctx context.Context, service string) (map[string]amount, error) {
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	out := map[string]amount{}
	if service == cloud.Compute {
		var doc struct {
			Limits struct {
				Absolute map[string]json.Number `json:"absolute"`
			} `json:"limits"`
		}
		if err := c.read(ctx, service, "limits", &doc); err != nil {
			return nil, err
		}
		for _, k := range counted {
			if k.service != service {
				continue
			}
			used, ok := doc.Limits.Absolute[k.key]
			limit, has := doc.Limits.Absolute[k.limit]
			if ok && has {
				out[k.name] = amount{whole(used), whole(limit)}
			}
		}
		return out, nil
	}
	tok, err := c.conn.Token(ctx)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Quota map[string]struct {
			Used  json.Number `json:"used"`
			Limit json.Number `json:"limit"`
		} `json:"quota"`
	}
	if err := c.read(ctx, service, "quotas/"+tok.ProjectID+"/details.json", &doc); err != nil {
		return nil, err
	}
	for _, k := range counted {
		if q, ok := doc.Quota[k.key]; ok && k.service == service {
			out[k.name] = amount{whole(q.Used), whole(q.Limit)}
		}
	}
	return out, nil
}

func whole(n json.Number) int {
	i, err := n.Int64()
	if err != nil {
		return 0
	}
	return int(i)
}

func (c *Collector) read(ctx context.Context, service, path string, into any) error {
	resp, err := c.conn.Do(ctx, cloud.Request{Service: service, Path: path, Op: "plan"})
	if err != nil {
		return err
	}
	return json.Unmarshal(resp.Body, into)
}

// quota compares what is used now with what was used before.
func (c *Collector) quota(ctx context.Context, steps []Step) []Quota {
	now := map[string]map[string]amount{}
	c.mu.Lock()
	services := slices.Sorted(maps.Keys(c.quotas))
	c.mu.Unlock()
	for _, s := range services {
		if after, err := c.amounts(ctx, s); err == nil {
			now[s] = after
		}
	}
	refused := map[string]bool{}
	for _, s := range steps {
		if s.Error != nil && s.Error.Code == string(errs.Quota) {
			for _, k := range counted {
				if mentions(s.Error.Message, k.name, k.key) {
					refused[k.name] = true
				}
			}
		}
	}
	out := []Quota{}
	for _, k := range counted {
		after, ok := now[k.service][k.name]
		if !ok || c.quotas[k.service].before == nil {
			continue
		}
		before := c.quotas[k.service].before[k.name]
		if before.used == after.used && !refused[k.name] {
			continue
		}
		out = append(out, Quota{Name: k.name, Service: k.service, Used: before.used, After: after.used, Limit: after.limit, Refused: refused[k.name]})
	}
	return out
}

// mentions looks for a thing among the words of a sentence.
func mentions(sentence, name, key string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(sentence), func(r rune) bool {
		return (r < 'a' || r > 'z') && r != '_'
	}) {
		if w == name || w == key {
			return true
		}
	}
	return false
}
