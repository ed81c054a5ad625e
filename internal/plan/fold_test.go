package plan

import (
	"fmt"
	"strings"
	"testing"
)

func step(action, typ, id string, attributes map[string]any) Step {
	return Step{Action: action, Type: typ, ID: id, Name: id, Attributes: attributes, shown: attributes}
}

func on(s Step, typ, id string) Step {
	s.Parent, s.of, s.label, s.ID = id, &Ref{Type: typ, ID: id}, s.ID, ""
	return s
}

func found(s Step, before map[string]any) Step {
	s.before = before
	return s
}

type attrs = map[string]any

func TestFold(t *testing.T) {
	refused := step("create", "network", "", attrs{"name": "x"})
	refused.Error = &Failure{Code: "quota"}
	for _, tt := range []struct {
		name  string
		steps []Step
		want  string
	}{
		{"a creation and its updates", []Step{
			step("create", "network", "n", attrs{"name": "n", "mtu": 1.0}), step("update", "network", "n", attrs{"mtu": 2.0}),
			step("update", "network", "n", attrs{"name": "m"}),
		}, "done create network m map[mtu:2] []"},
		{"metadata adds up", []Step{
			step("create", "server", "s", attrs{"metadata": attrs{"a": "1"}}), step("update", "server", "s", attrs{"metadata": attrs{"b": "2"}}),
			step("update", "server", "s", attrs{"action": "os-stop"}),
		}, "done create server s map[metadata:map[a:1 b:2]] [os-stop]"},
		{"created and deleted", []Step{
			step("create", "router", "r", nil), on(step("create", "router_interface", "s", nil), "router", "r"), step("delete", "router", "r", nil),
		}, "temporary create router r map[] []; temporary create router_interface s map[] []"},
		{"joined and parted", []Step{
			on(step("create", "router_interface", "s", nil), "router", "r"), on(step("delete", "router_interface", "s", nil), "router", "r"),
		}, "temporary create router_interface s map[] []"},
		{"parted and joined again", []Step{
			on(step("delete", "router_interface", "s", nil), "router", "r"), on(step("create", "router_interface", "s", nil), "router", "r"),
		}, "done delete router_interface s map[] []; done create router_interface s map[] []"},
		{"changed and then deleted", []Step{
			found(step("update", "network", "n", attrs{"mtu": 2.0}), attrs{"mtu": 1.0}), step("delete", "network", "n", nil),
		}, "done delete network n map[] []"},
		{"set to what it is", []Step{
			found(step("update", "network", "n", attrs{"name": "n", "description": ""}), attrs{"name": "n"}),
			found(step("update", "server", "s", attrs{"metadata": attrs{"a": "1"}}), attrs{"metadata": attrs{"a": "1", "b": "2"}}),
		}, "done update network n map[description:] []; same update server s map[metadata:map[a:1]] []"},
		{"there and back", []Step{
			found(step("update", "network", "n", attrs{"mtu": 2.0}), attrs{"mtu": 1.0}), found(step("update", "network", "n", attrs{"mtu": 1.0}), attrs{"mtu": 2.0}),
		}, "same update network n map[mtu:1] []"},
		{"renamed", []Step{found(step("update", "network", "n", attrs{"name": "m"}), attrs{"name": "n"})}, "done update network n map[name:m] []"},
		{"refused", []Step{refused, step("create", "network", "y", nil)}, "fails create network  map[] []; done create network y map[] []"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range Fold(tt.steps) {
				got = append(got, fmt.Sprintf("%s %s %s %s %v %v", c.Effect, c.Action, c.Type, c.Name, c.Attributes, c.Actions))
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
		})
	}
}

// A plan of very many changes is folded and written without looking at all of them for each.
func BenchmarkFold(b *testing.B) {
	var steps []Step
	for i := range 10_000 {
		id := fmt.Sprint("r", i)
		steps = append(steps, step("create", "router", id, attrs{"name": id}), on(step("create", "router_interface", "s"+id, nil), "router", id))
	}
	for b.Loop() {
		var text strings.Builder
		r := Result{Changes: Fold(steps)}
		if err := r.WriteText(&text, Look{}); err != nil {
			b.Fatal(err)
		}
	}
}
