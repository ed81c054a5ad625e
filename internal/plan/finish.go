package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/internal/cloud"
)

// Finish tells what was collected, once the run has ended. It looks at what the run left on the copy.
func (c *Collector) Finish(ctx context.Context) *Result {
	steps := c.Steps()
	changes := Fold(steps)
	r := &Result{
		Version: Version, Changes: changes, Steps: steps, Quota: c.quota(ctx, steps), Summary: Count(changes),
		Warnings: []string{},
	}
	for _, ch := range changes {
		if ch.Effect == Done {
			r.Warnings = append(r.Warnings, c.warn(ctx, &ch, changes)...)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, w := range r.Warnings {
		r.Warnings[i] = c.standInText(w)
	}
	r.Notes = append([]string{}, c.notes...)
	return r
}

// Assumed says what a plan takes for granted, of what the run did.
func Assumed(r *Result, passed time.Duration) []string {
	var servers, created bool
	for _, c := range r.Changes {
		created = created || c.Action == "create" && c.Effect != Fails
		servers = servers || c.Type == "server" && c.Action == "create" && c.Effect != Fails
	}
	var out []string
	if created {
		out = append(out, "IDs, and the addresses that the cloud chooses, are known after the run.")
	}
	if servers {
		out = append(out, "Servers are taken to become ACTIVE at once, and to find room on the cloud's machines.")
	}
	if passed >= time.Second {
		out = append(out, fmt.Sprintf("Waiting and sleeping were passed over: %s of them.", brief(passed)))
	}
	return out
}

// realID gives the ID on the copy of what has a stand-in.
func (c *Collector) realID(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if real, ok := c.real[id]; ok {
		return real
	}
	return id
}

// warn looks at one thing the run leaves behind, for what no answer of the cloud would tell.
func (c *Collector) warn(ctx context.Context, ch *Change, all []Change) []string {
	ctx = cloud.WithLabel(ctx, cloud.LookUp)
	switch {
	case ch.Type == "server" && ch.Action == "create":
		return c.warnServer(ctx, ch)
	case ch.Type == "floating_ip" && ch.Action == "create":
		return c.warnFloatingIP(ctx, ch)
	case ch.Type == "floating_ip_association" && ch.Action == "create":
		if ch.Of != nil && !slices.ContainsFunc(all, func(o Change) bool { return o.Type == "floating_ip" && o.ID == ch.Of.ID && o.Action == "create" }) {
			return c.warnFloatingIP(ctx, &Change{ID: ch.Of.ID, Name: ch.Of.Name, Type: "floating_ip"})
		}
	case ch.Type == "router" && ch.Action == "create":
		return c.warnRouter(ctx, ch, all)
	}
	return nil
}

func (c *Collector) warnServer(ctx context.Context, ch *Change) []string {
	doc, err := c.get(ctx, "server", c.realID(ch.ID))
	if err != nil || doc["status"] != "ERROR" {
		return nil
	}
	why := "it says no reason"
	if fault, ok := doc["fault"].(map[string]any); ok {
		if message, ok := fault["message"].(string); ok {
			why = strings.TrimSuffix(message, ".")
		}
	}
	return []string{fmt.Sprintf("Server %s would go to ERROR: %s.", ch.Name, why)}
}

func (c *Collector) warnFloatingIP(ctx context.Context, ch *Change) []string {
	called := "The new floating IP"
	if ch.Name != "" {
		called = "Floating IP " + ch.Name
	}
	doc, err := c.get(ctx, "floating_ip", c.realID(ch.ID))
	if err != nil {
		return nil
	}
	portID, _ := doc["port_id"].(string) //nolint:errcheck // "" for none
	if portID == "" {
		return []string{called + " leads nowhere: it is assigned to no port."}
	}
	port, err := c.get(ctx, "port", portID)
	if err != nil {
		return nil
	}
	whose := c.name(ctx, "port", portID)
	if whose == "" {
		whose = "its port"
	}
	var out []string
	if router, ok := doc["router_id"].(string); ok && router != "" {
		if r, err := c.get(ctx, "router", router); err == nil && r["external_gateway_info"] == nil {
			out = append(out, fmt.Sprintf("%s does not reach %s: router %s has no gateway.", called, whose, nameOf("router", r)))
		}
	}
	if !c.letsIn(ctx, port) {
		out = append(out, fmt.Sprintf("Nobody outside reaches %s at its floating IP: none of its security groups has a rule that lets anything in from there.", whose))
	}
	return out
}

// letsIn tells whether some rule of a port's security groups lets something in from outside the cloud.
func (c *Collector) letsIn(ctx context.Context, port map[string]any) bool {
	if on, ok := port["port_security_enabled"].(bool); ok && !on {
		return true
	}
	groups, _ := port["security_groups"].([]any) //nolint:errcheck // none let nothing in
	for _, g := range groups {
		id, _ := g.(string) //nolint:errcheck // "" is not found
		doc, err := c.get(ctx, "security_group", id)
		if err != nil {
			return true // nobody knows
		}
		rules, _ := doc["security_group_rules"].([]any) //nolint:errcheck // likewise
		for _, r := range rules {
			rule, _ := r.(map[string]any) //nolint:errcheck // nil has no members
			if rule["direction"] != "ingress" || rule["remote_group_id"] != nil || rule["ethertype"] == "IPv6" {
				continue
			}
			return true
		}
	}
	return false
}

func (c *Collector) warnRouter(ctx context.Context, ch *Change, all []Change) []string {
	joined := slices.ContainsFunc(all, func(o Change) bool {
		return o.Type == "router_interface" && o.Action == "create" && o.Effect == Done && o.Of != nil && o.Of.ID == ch.ID
	})
	doc, err := c.get(ctx, "router", c.realID(ch.ID))
	if err != nil || !joined || doc["external_gateway_info"] != nil {
		return nil
	}
	return []string{fmt.Sprintf("Router %s has no gateway: what is behind it does not reach outside.", ch.Name)}
}

// brief writes a duration without the units that are 0 at its end: 1h, not 1h0m0s.
func brief(d time.Duration) string {
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
