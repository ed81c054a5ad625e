// Package plan makes a plan of a script: it listens to what a run changes on the copy of a cloud, and tells what that
// comes to, what quota it takes and what would fail.
package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/rest"
)

// Collector is the cloud.Recorder of a plan. It is safe on many goroutines.
type Collector struct {
	ctx  context.Context   // of the looking: the run's may end before, and has listeners of the script's own
	conn *cloud.Connection // for looking; nobody is told of its requests
	rest *rest.Client

	mu     sync.Mutex
	steps  []*Step
	ids    map[string]string // what stands for the ID of something new
	real   map[string]string // the IDs again, by what stands for them
	made   map[string]int    // of each type
	refs   map[string]string // names, by type and ID
	quotas map[string]*usage // by service
	noted  map[string]bool
	notes  []string
}

// NewCollector gives a collector that looks at what is there through a connection of its own, until ctx ends.
func NewCollector(ctx context.Context, conn *cloud.Connection) *Collector {
	return &Collector{
		ctx: ctx, conn: conn, rest: rest.New(conn, nil),
		ids: map[string]string{}, real: map[string]string{}, made: map[string]int{}, refs: map[string]string{}, quotas: map[string]*usage{}, noted: map[string]bool{},
	}
}

// Note adds something that the plan says once.
func (c *Collector) Note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.noted[text] {
		c.noted[text] = true
		c.notes = append(c.notes, text)
	}
}

// Before is told of each request that is about to be sent.
func (c *Collector) Before(_ context.Context, s cloud.Sending) ([]byte, func(cloud.Outcome) error, error) {
	ctx := c.ctx
	changes := change.Of(s.Service, s.Method, s.Path, s.Body)
	if len(changes) == 0 {
		if bytes.Contains(s.Body, []byte(`"os-getConsoleOutput"`)) {
			c.Note("What consoles show is what a stand-in of the server would: a cloud whose servers run no system shows nothing.")
		}
		return nil, nil, nil
	}
	c.begin(ctx, s.Service)
	steps := make([]*Step, len(changes))
	for i, ch := range changes {
		steps[i] = c.step(ctx, ch)
		steps[i].Where, steps[i].Op = s.Caller.Where, s.Op
		if s.Caller.Op != "" {
			steps[i].Op = s.Caller.Op
		}
	}
	c.mu.Lock()
	c.steps = append(c.steps, steps...)
	c.mu.Unlock()
	return nil, func(o cloud.Outcome) error {
		c.after(ctx, steps, change.Answered(changes, o.Status, o.Body), o)
		return nil
	}, nil
}

// step describes a change before it happens, while what it is about is still there.
func (c *Collector) step(ctx context.Context, ch change.Change) *Step {
	s := &Step{Action: string(ch.Action), Type: ch.Type, ID: ch.ID, Name: ch.Name, Parent: ch.Parent, Attributes: ch.Attributes}
	s.shown, _ = c.named(ctx, "", ch.Attributes).(map[string]any) //nolint:errcheck // a map stays one
	if owner := ownerOf(ch.Type); owner != "" && ch.Parent != "" {
		s.of = &Ref{Type: owner, ID: ch.Parent, Name: c.name(ctx, owner, ch.Parent)}
	}
	if ch.IsRelation() {
		s.label = c.target(ctx, ch)
		return s
	}
	if ch.Action == change.Create || ch.ID == "" {
		return s
	}
	if ch.Type == "quota" {
		s.Name = c.name(ctx, "project", ch.ID)
		return s
	}
	now, err := c.get(ctx, ch.Type, ch.ID)
	if err != nil {
		return s
	}
	s.Name = nameOf(ch.Type, now)
	c.remember(ch.Type, ch.ID, s.Name)
	if id, ok := now["security_group_id"].(string); ok && ch.Type == "security_group_rule" {
		s.of = &Ref{Type: "security_group", ID: id, Name: c.name(ctx, "security_group", id)}
		s.shown = c.ruleOf(ctx, now)
	}
	if ch.Action == change.Update {
		s.before = map[string]any{}
		for k := range ch.Attributes {
			if v, ok := now[k]; ok {
				as := k
				if id, ok := idKeys[k]; ok {
					as = id.as
				}
				s.before[as] = c.named(ctx, k, v)
			}
		}
	}
	return s
}

// after fills in what came of a request.
func (c *Collector) after(ctx context.Context, steps []*Step, changes []change.Change, o cloud.Outcome) {
	for i, s := range steps {
		s.Status = o.Status
		if o.Err != nil {
			s.Error = FailureOf(o.Err)
			continue
		}
		ch := changes[i]
		if s.ID == "" {
			s.ID = ch.ID
		}
		if ch.IsRelation() {
			if port, ok := ch.Attributes["port_id"].(string); ok && s.Attributes["port_id"] == nil {
				c.standFor("port", port)
			}
			if s.label == "" || ch.Type == "server_interface" {
				s.label = c.target(ctx, ch)
			}
			s.Attributes = ch.Attributes
			continue
		}
		if s.Action == string(change.Create) && s.ID != "" {
			if s.ID != ch.Name && s.ID != s.Attributes["id"] {
				c.standFor(s.Type, s.ID) // one that the script chose is known
			}
			if s.Type == "floating_ip" {
				s.Name = "" // the cloud chooses another address
				if given, ok := s.Attributes["floating_ip_address"].(string); ok {
					s.Name = given
				} else if ch.Name != "" {
					c.mu.Lock()
					c.ids[ch.Name] = c.ids[s.ID] + ":address"
					c.mu.Unlock()
				}
			} else if ch.Name != "" {
				s.Name = ch.Name
			}
			c.remember(s.Type, s.ID, s.Name)
		} else if s.Action == string(change.Update) && ch.Name != "" && s.Type != "floating_ip" {
			c.remember(s.Type, s.ID, ch.Name)
		}
	}
}

// Steps are what was told so far, with what stands for the IDs of what is new.
func (c *Collector) Steps() []Step {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Step, len(c.steps))
	for i, s := range c.steps {
		out[i] = *s
		out[i].ID, out[i].Parent, out[i].Name = c.standIn(s.ID), c.standIn(s.Parent), c.standIn(s.Name)
		out[i].Attributes, _ = c.standIns(s.Attributes).(map[string]any) //nolint:errcheck // a map stays one
		out[i].shown, _ = c.standIns(s.shown).(map[string]any)           //nolint:errcheck // likewise
		out[i].before, _ = c.standIns(s.before).(map[string]any)         //nolint:errcheck // likewise
		if s.Error != nil {
			e := *s.Error
			e.Message = c.standInText(e.Message)
			out[i].Error = &e
		}
		if s.of != nil {
			of := *s.of
			of.ID = c.standIn(of.ID)
			out[i].of = &of
		}
	}
	return out
}

// standFor gives the ID of something new its stand-in.
func (c *Collector) standFor(typ, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.ids[id]; !ok {
		c.made[typ]++
		standIn := fmt.Sprintf("new:%s:%d", typ, c.made[typ])
		c.ids[id], c.real[standIn] = standIn, id
	}
}

func (c *Collector) standIn(id string) string {
	if s, ok := c.ids[id]; ok {
		return s
	}
	return id
}

// standInText puts names and stand-ins in the place of what is new in a sentence.
func (c *Collector) standInText(text string) string {
	for id, standIn := range c.ids {
		if !strings.Contains(text, id) {
			continue
		}
		typ, _, _ := strings.Cut(strings.TrimPrefix(standIn, "new:"), ":")
		if name := c.refs[typ+"/"+id]; name != "" {
			standIn = name
		}
		text = strings.ReplaceAll(text, id, standIn)
	}
	return text
}

func (c *Collector) standIns(v any) any {
	switch v := v.(type) {
	case string:
		return c.standIn(v)
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for k, m := range v {
			out[k] = c.standIns(m)
		}
		return out
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = c.standIns(out[i])
		}
		return out
	}
	return v
}

// get fetches one resource's members.
func (c *Collector) get(ctx context.Context, typ, id string) (map[string]any, error) {
	obj, err := c.rest.Of(typ).GetOf(ctx, "plan", schema.Ref{ID: id}, nil)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(obj.JSON, &doc); err != nil {
		return nil, err
	}
	if obj.Key != "" {
		doc, _ = doc[obj.Key].(map[string]any) //nolint:errcheck // nil has no members
	}
	return doc, nil
}

func (c *Collector) remember(typ, id, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refs[typ+"/"+id] = name
}

// name gives what people call a resource by, "" when it has no name.
func (c *Collector) name(ctx context.Context, typ, id string) string {
	c.mu.Lock()
	name, ok := c.refs[typ+"/"+id]
	c.mu.Unlock()
	if ok {
		return name
	}
	doc, err := c.get(ctx, typ, id)
	if err != nil {
		return ""
	}
	name = nameOf(typ, doc)
	if typ == "port" && name == "" {
		name = c.portName(ctx, doc)
	}
	c.remember(typ, id, name)
	return name
}

// portName says whose a port without a name is.
func (c *Collector) portName(ctx context.Context, port map[string]any) string {
	device, _ := port["device_id"].(string)   //nolint:errcheck // "" is nobody
	owner, _ := port["device_owner"].(string) //nolint:errcheck // likewise
	typ := ""
	c.mu.Lock()
	_, fresh := c.ids[device]
	c.mu.Unlock()
	if id, ok := port["id"].(string); ok && fresh {
		c.standFor("port", id) // the cloud made it for something new
	}
	switch {
	case strings.HasPrefix(owner, "compute:"):
		typ = "server"
	case strings.HasPrefix(owner, "network:router"):
		typ = "router"
	}
	if typ == "" || device == "" {
		return ""
	}
	return c.name(ctx, typ, device)
}

func nameOf(typ string, doc map[string]any) string {
	member := "name"
	if typ == "floating_ip" {
		member = "floating_ip_address"
	}
	name, _ := doc[member].(string) //nolint:errcheck // "" is none
	if name == "" && typ == "subnet" {
		name, _ = doc["cidr"].(string) //nolint:errcheck // likewise
	}
	return name
}

// ownerOf is the type of what a relation or a part belongs to.
func ownerOf(typ string) string {
	switch typ {
	case "router_interface", "router_gateway", "router_route":
		return "router"
	case "server_interface", "server_volume":
		return "server"
	case "floating_ip_association":
		return "floating_ip"
	case "image_member":
		return "image"
	case "flavor_access":
		return "flavor"
	case "security_group_rule":
		return "security_group"
	case "subnet", "port":
		return "network"
	case "group_member":
		return "group"
	}
	return ""
}

// target says in a word what a relation leads to.
func (c *Collector) target(ctx context.Context, ch change.Change) string {
	text := func(key string) string { s, _ := ch.Attributes[key].(string); return s } //nolint:errcheck // "" is none
	or := func(name, id string) string {
		if name == "" {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.standIn(id)
		}
		return name
	}
	switch ch.Type {
	case "router_interface":
		subnet := text("subnet_id")
		if subnet == "" {
			subnet = c.subnetOf(ctx, ch.ID)
		}
		if subnet != "" {
			return or(c.name(ctx, "subnet", subnet), subnet)
		}
		return or(c.name(ctx, "port", ch.ID), ch.ID)
	case "router_gateway":
		network := ch.ID
		if network == "" {
			router, _ := c.get(ctx, "router", ch.Parent)                //nolint:errcheck // nil has no members
			info, _ := router["external_gateway_info"].(map[string]any) //nolint:errcheck // likewise
			network, _ = info["network_id"].(string)                    //nolint:errcheck // "" is none
		}
		return or(c.name(ctx, "network", network), network)
	case "server_interface":
		if net := text("net_id"); net != "" {
			return or(c.name(ctx, "network", net), net)
		}
		if ch.ID == "" {
			return ""
		}
		doc, err := c.get(ctx, "port", ch.ID)
		if net, ok := doc["network_id"].(string); err == nil && ok {
			if name := nameOf("port", doc); name != "" {
				return name
			}
			return or(c.name(ctx, "network", net), net)
		}
	case "floating_ip_association":
		port := ch.ID
		if port == "" {
			fip, _ := c.get(ctx, "floating_ip", ch.Parent) //nolint:errcheck // nil has no members
			port, _ = fip["port_id"].(string)              //nolint:errcheck // "" is none
		}
		if port == "" {
			return ""
		}
		return or(c.name(ctx, "port", port), port)
	case "flavor_access", "image_member":
		return or(c.name(ctx, "project", ch.ID), ch.ID)
	}
	return ch.ID
}

// subnetOf is the subnet a port is in.
func (c *Collector) subnetOf(ctx context.Context, port string) string {
	doc, err := c.get(ctx, "port", port)
	if err != nil {
		return ""
	}
	ips, _ := doc["fixed_ips"].([]any) //nolint:errcheck // none is none
	for _, ip := range ips {
		m, _ := ip.(map[string]any) //nolint:errcheck // nil has no members
		if id, ok := m["subnet_id"].(string); ok {
			return id
		}
	}
	return ""
}

// idKeys are the members that hold IDs: of what type, and what they are called once a name stands there.
var idKeys = map[string]struct{ typ, as string }{
	"network_id": {"network", "network"}, "floating_network_id": {"network", "floating_network"}, "uuid": {"network", "network"},
	"net_id": {"network", "network"}, "subnet_id": {"subnet", "subnet"}, "router_id": {"router", "router"}, "port_id": {"port", "port"},
	"port": {"port", "port"}, "security_group_id": {"security_group", "security_group"},
	"remote_group_id": {"security_group", "remote_group"}, "security_groups": {"security_group", "security_groups"},
	"project_id": {"project", "project"}, "flavorRef": {"flavor", "flavor"}, "imageRef": {"image", "image"}, "server_id": {"server", "server"}, "image_id": {"image", "image"},
}

// named puts names in the place of IDs, where there are any.
func (c *Collector) named(ctx context.Context, key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for k, m := range v {
			as := k
			if id, ok := idKeys[k]; ok && m != nil {
				as = id.as
			}
			out[as] = c.named(ctx, k, m)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			if group, ok := v[i].(map[string]any); ok && key == "security_groups" {
				out[i] = c.named(ctx, key, group["name"]) // of a server: an ID goes by the name of name
				continue
			}
			out[i] = c.named(ctx, key, v[i])
		}
		return out
	case string:
		id, ok := idKeys[key]
		if !ok || !isID(v) {
			return v
		}
		if name := c.name(ctx, id.typ, v); name != "" {
			return name
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.standIn(v)
	case json.Number:
		return number(v)
	}
	return v
}

// isID tells what may be an ID from names: those of Nova's own security groups stand where IDs do elsewhere.
func isID(s string) bool { return s != "" && s != "default" }

func number(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return float64(i)
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return f
}

// ruleOf are the members of a rule that say what it allows.
func (c *Collector) ruleOf(ctx context.Context, doc map[string]any) map[string]any {
	out := map[string]any{}
	for _, k := range []string{"direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix", "remote_group_id"} {
		if v := doc[k]; v != nil {
			as := k
			if id, ok := idKeys[k]; ok {
				as = id.as
			}
			out[as] = c.named(ctx, k, v)
		}
	}
	return out
}

// Failure describes an error of the run, with what stands for what is new.
func (c *Collector) Failure(err error) *Failure {
	f := FailureOf(err)
	if f != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		f.Message = c.standInText(f.Message)
	}
	return f
}

// FailureOf describes an error.
func FailureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	f := &Failure{Code: "runtime", Message: err.Error()}
	var e *errs.Error
	if errors.As(err, &e) {
		f.Code, f.Message, f.Hint, f.Where, f.Op, f.Status = string(e.Code), e.Message, e.Hint, e.Where, e.Op, e.Status
	}
	return f
}
