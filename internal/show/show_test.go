package show

import (
	"bytes"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
)

func network(id, name string, shared bool) map[string]any {
	return map[string]any{"id": id, "name": name, "shared": shared, "mtu": 1450.0, "subnets": []any{"s1", "s2"}, "status": "ACTIVE"}
}

func TestWrite(t *testing.T) {
	nets := schema.Value{Kind: "network", Data: []any{network("1", "서울", false), network("2", "blue", true)}}
	port := schema.Value{Kind: "port", Data: map[string]any{
		"id": "p", "name": nil, "fixed_ips": []any{map[string]any{"subnet_id": "s", "ip_address": "10.0.0.5"}}, "tags": []any{}, "up": true,
	}}
	server := schema.Value{Kind: "server", Data: []any{map[string]any{
		"id": "v", "name": "web", "status": "ACTIVE", "image": "", "flavor": map[string]any{"original_name": "m1.nano"},
		"addresses": map[string]any{"private": []any{map[string]any{"addr": "10.0.0.5"}, map[string]any{"addr": "172.24.4.3"}}},
	}}}
	for _, tt := range []struct {
		name string
		v    schema.Value
		o    Options
		want string
	}{
		{"list", nets, Options{}, `
+----+------+---------+
| ID | Name | Subnets |
+----+------+---------+
| 1  | 서울 | s1, s2  |
| 2  | blue | s1, s2  |
+----+------+---------+`},
		{"columns by name and heading", nets, Options{Columns: []string{"name", "Subnets", "mtu"}}, `
+------+---------+------+
| Name | Subnets | MTU  |
+------+---------+------+
| 서울 | s1, s2  | 1450 |
| blue | s1, s2  | 1450 |
+------+---------+------+`},
		{"object", port, Options{}, `
+-----------+----------------------------------------+
| Field     | Value                                  |
+-----------+----------------------------------------+
| fixed_ips | ip_address='10.0.0.5', subnet_id='s'   |
| id        | p                                      |
| name      |                                        |
| tags      |                                        |
| up        | true                                   |
+-----------+----------------------------------------+`},
		{"what is inside", port, Options{Format: "value", Columns: []string{"fixed_ips.1.ip_address"}}, "10.0.0.5"},
		{"servers", server, Options{Format: "csv"}, `
ID,Name,Status,Networks,Image,Flavor
v,web,ACTIVE,"private=10.0.0.5, 172.24.4.3",N/A (booted from volume),m1.nano`},
		{"the name the API has for what a table shows", server, Options{Format: "csv", Columns: []string{"name", "addresses", "flavor"}}, `
Name,Networks,Flavor
web,"private=10.0.0.5, 172.24.4.3",m1.nano`},
		{"but all there is in JSON", server, Options{Format: "json", Columns: []string{"flavor"}}, `
[
  {
    "flavor": {
      "original_name": "m1.nano"
    }
  }
]`},
		{"a server's own", schema.Value{Kind: "server", Data: server.Data.([]any)[0]}, Options{Format: "csv"}, `
addresses,flavor,id,image,name,status
"private=10.0.0.5, 172.24.4.3",m1.nano,v,,web,ACTIVE`},
		{"json is all there is", schema.Value{Data: map[string]any{"n": 1e6, "s": "<서울>"}}, Options{Format: "json"}, `
{
  "n": 1000000,
  "s": "<서울>"
}`},
		{"yaml", nets, Options{Format: "yaml", Columns: []string{"name", "mtu"}}, `
- mtu: 1450
  name: 서울
- mtu: 1450
  name: blue`},
		{"json of chosen columns", nets, Options{Format: "json", Columns: []string{"ID"}}, `
[
  {
    "id": "1"
  },
  {
    "id": "2"
  }
]`},
		{"values", nets, Options{Format: "value", Columns: []string{"id", "name"}}, "1 서울\n2 blue"},
		{"nothing of a kind", schema.Value{Kind: "floating_ip", Data: []any{}}, Options{}, "no floating ip"},
		{"nothing as JSON", schema.Value{Kind: "network", Data: []any{}}, Options{Format: "json", Columns: []string{"id"}}, "[]"},
		{"a kind of its own", schema.Value{Data: []any{map[string]any{"name": "x", "a_b": 1.5, "id": 7.0}}}, Options{Format: "csv"}, "ID,Name,A B\n7,x,1.5"},
		{"what is wrong", schema.Value{Data: []any{map[string]any{"message": "no such key", "hint": "make one", "option": "key_name"}}}, Options{Format: "csv"},
			"Option,Message,Hint\nkey_name,no such key,make one"},
		{"texts", schema.Value{Data: []any{"a", 2.0}}, Options{}, "a\n2"},
		{"as many members as fit", nets, Options{Fields: []string{"name", "nosuch"}, Width: 40}, `
+------+----+--------+---------+------+
| name | id | status | subnets | mtu  |
+------+----+--------+---------+------+
| 서울 | 1  | ACTIVE | s1, s2  | 1450 |
| blue | 2  | ACTIVE | s1, s2  | 1450 |
+------+----+--------+---------+------+
2 networks`},
		{"a number", schema.Value{Data: 3.0}, Options{}, "3"},
		{"control characters", schema.Value{Data: []any{map[string]any{"name": "a\x1b[2Jb"}}}, Options{}, `
+--------+
| Name   |
+--------+
| a[2Jb  |
+--------+`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Write(&b, tt.v, tt.o); err != nil {
				t.Fatal(err)
			}
			squeeze := func(s string) string { return strings.Join(strings.Fields(strings.ReplaceAll(s, "-", "")), " ") }
			got, want := strings.TrimSpace(b.String()), strings.TrimSpace(tt.want)
			if squeeze(got) != squeeze(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if tt.o.Format != "" {
				return
			}
			// Every line of a table is as wide as the first, Korean or not.
			if lines := strings.Split(got, "\n"); strings.HasPrefix(lines[0], "+") {
				for _, l := range lines {
					if strings.HasPrefix(l, "2 ") {
						continue // what is counted below
					}
					if term.StringWidth(l) != term.StringWidth(lines[0]) {
						t.Errorf("lines of different widths:\n%s", got)
					}
				}
			}
		})
	}
}

func TestWriteRefuses(t *testing.T) {
	v := schema.Value{Kind: "network", Data: []any{network("1", "x", false)}}
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Format: "jsn"}, `there is no format "jsn"`},
		{Options{Columns: []string{"nam"}}, `there is no column "nam"`},
	} {
		var b bytes.Buffer
		if err := Write(&b, v, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) || b.Len() > 0 {
			t.Errorf("%+v: %v, wrote %q", tt.o, err, b.String())
		}
	}
}

func TestColor(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, schema.Value{Kind: "network", Data: []any{}}, Options{Style: term.Style{On: true}}); err != nil || strings.Contains(b.String(), "\x1b") {
		t.Errorf("%q %v", b.String(), err)
	}
	if err := Write(&b, schema.Value{Kind: "network", Data: []any{network("1", "x", false)}}, Options{Style: term.Style{On: true}}); err != nil || !strings.Contains(b.String(), "\x1b[1m") {
		t.Errorf("%q %v", b.String(), err)
	}
}

func TestNarrowTerminal(t *testing.T) {
	v := schema.Value{Data: map[string]any{"description": strings.Repeat("긴 설명입니다 ", 20)}}
	var b bytes.Buffer
	if err := Write(&b, v, Options{Width: 50}); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if term.StringWidth(strings.TrimSpace(line)) > 50 {
			t.Errorf("too wide: %s", line)
		}
	}
}
