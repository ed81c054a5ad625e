package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/oslua/oslua/internal/rest"
)

// isRelation tells what only exists between two resources.
func isRelation(s *Step) bool {
	return s.label != "" || s.Parent != "" && s.ID == "" && s.Action == "delete"
}

// Fold tells of steps what is different in the end: what was created and then changed is one creation, what was created
// and deleted again is temporary, and what is set to what it was is the same.
func Fold(steps []Step) []Change {
	f := &folding{at: map[string]*Change{}, made: map[Ref]*Change{}}
	for i := range steps {
		f.add(&steps[i])
	}
	out := make([]Change, len(f.all))
	for i, c := range f.all {
		f.settle(c)
		out[i] = *c
	}
	return out
}

type folding struct {
	all  []*Change
	at   map[string]*Change // what has become so far of what there is, by type and ID
	made map[Ref]*Change    // what was created, whatever became of it; by type and ID alone
}

func (f *folding) add(s *Step) {
	c := &Change{
		Action: s.Action, Effect: Done, Type: s.Type, ID: s.ID, Name: s.Name, Of: s.of, Where: s.Where, Op: s.Op, Error: s.Error,
	}
	if isRelation(s) {
		c.Name = s.label
	}
	if strings.HasPrefix(c.Name, "new:") {
		c.Name = "" // an address that nobody knows yet
	}
	if c.Name == "" && s.Type == "router_route" {
		c.Name = s.ID
	}
	attributes := maps.Clone(s.shown)
	if action, ok := attributes["action"].(string); ok && s.Action == "update" {
		delete(attributes, "action")
		c.Actions = []string{action}
	}
	if upload, ok := attributes["upload"]; ok && s.Type == "image" {
		delete(attributes, "upload")
		c.Actions = []string{fmt.Sprintf("upload %v", upload)}
	}
	c.Attributes, c.Before = tidy(s, attributes), s.before
	key := keyOf(s)
	before := f.at[key]
	switch {
	case s.Error != nil:
		c.Effect = Fails
		f.all = append(f.all, c)
		return
	case s.Action == "create":
		if before != nil && before.Action == "delete" {
			key += "again" // deleted, and made anew under the same key: both are to be seen
		}
	case s.Action == "update" && before != nil && before.Action != "delete":
		before.merge(c)
		return
	case s.Action == "delete" && before != nil && before.Action == "create":
		before.Effect = Temporary
		delete(f.at, key)
		return
	case s.Action == "delete" && before != nil && before.Action == "update":
		before.Action, before.Attributes, before.Before, before.Actions = "delete", nil, nil, nil
		return
	case s.Action == "delete" && isRelation(s):
		// Taken away by the other one of port and subnet, or by nothing but the owner: what was there is known by that.
		if made := f.last(s); made != nil {
			made.Effect = Temporary
			return
		}
	}
	f.at[key] = c
	if s.Action == "create" && !isRelation(s) {
		f.made[Ref{Type: c.Type, ID: c.ID}] = c
	}
	f.all = append(f.all, c)
}

// last finds the relation of the same owner that was created in this run and is still there: the one to the same thing,
// or the only one.
func (f *folding) last(s *Step) *Change {
	for _, c := range slices.Backward(f.all) {
		if c.Type == s.Type && c.Action == "create" && c.Effect == Done && c.Of != nil && c.Of.ID == s.Parent &&
			(s.label == "" || c.Name == s.label) {
			return c
		}
	}
	return nil
}

func keyOf(s *Step) string {
	if isRelation(s) {
		return s.Type + " " + s.Parent + " " + s.label
	}
	return s.Type + " " + s.ID
}

// merge adds a later update.
func (c *Change) merge(later *Change) {
	if c.Attributes == nil {
		c.Attributes = map[string]any{}
	}
	for k, v := range later.Attributes {
		if k == "name" && c.Action == "create" {
			c.Name, _ = v.(string) //nolint:errcheck // it is no text only where the service refuses it
			continue
		}
		have, known := c.Attributes[k].(map[string]any)
		if more, ok := v.(map[string]any); ok && known && k == "metadata" {
			have = maps.Clone(have)
			maps.Copy(have, more)
			v = have
		}
		if _, seen := c.Attributes[k]; !seen && c.Action == "update" {
			if was, ok := later.Before[k]; ok {
				if c.Before == nil {
					c.Before = map[string]any{}
				}
				c.Before[k] = was
			}
		}
		c.Attributes[k] = v
	}
	c.Actions = append(c.Actions, later.Actions...)
}

// settle says what a change comes to, once all is known.
func (f *folding) settle(c *Change) {
	if c.Of != nil && c.Effect == Done {
		if owner := f.made[Ref{Type: c.Of.Type, ID: c.Of.ID}]; owner != nil && owner.Effect == Temporary {
			c.Effect = Temporary
		}
	}
	if c.Action != "update" || c.Effect != Done || len(c.Actions) > 0 {
		return
	}
	for k, v := range c.Attributes {
		was, known := c.Before[k]
		if !known || !rest.Equal(was, v) && !within(was, v) {
			return
		}
	}
	c.Effect = Same
}

// within tells whether all members of one map are in another: what is put into metadata leaves the rest of it alone.
func within(all, some any) bool {
	a, ok := all.(map[string]any)
	s, isMap := some.(map[string]any)
	if !ok || !isMap {
		return false
	}
	for k, v := range s {
		if was, there := a[k]; !there || !rest.Equal(was, v) {
			return false
		}
	}
	return true
}

// tidy leaves out what the rest of a change says already.
func tidy(s *Step, attributes map[string]any) map[string]any {
	if s.Action == "create" || attributes["name"] == s.Name {
		delete(attributes, "name")
	}
	switch s.Type {
	case "router_interface", "router_gateway", "floating_ip_association", "server_interface":
		for _, k := range []string{"subnet", "port", "network", "subnet_id", "port_id", "network_id"} {
			delete(attributes, k)
		}
	case "security_group_rule":
		delete(attributes, "security_group")
	case "server":
		// Each of them is a change of its own.
		for _, k := range []string{"min_count", "max_count", "return_reservation_id"} {
			delete(attributes, k)
		}
	}
	if len(attributes) == 0 {
		return nil
	}
	return attributes
}

// Count sums changes up.
func Count(changes []Change) Summary {
	var s Summary
	for _, c := range changes {
		switch c.Effect {
		case Temporary:
			s.Temporary++
		case Fails:
			s.Fails++
		case Same:
		case Done:
			switch c.Action {
			case "create":
				s.Create++
			case "update":
				s.Update++
			case "delete":
				s.Delete++
			}
		}
	}
	return s
}
