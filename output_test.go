package oslua_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
)

// printed gives what code prints on a cloud of its own.
func printed(t *testing.T, o oslua.Options, code string) string {
	t.Helper()
	var out bytes.Buffer
	o.Stdout, o.Globals = &out, true
	rt, err := oslua.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.RunString(t.Context(), "t.lua", code); err != nil {
		t.Error(err)
	}
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
	return out.String()
}

func TestShow(t *testing.T) {
	got := printed(t, oslua.Options{}, `show(networks.list { name = "private" }, { "name", "status" })`)
	want := "+---------+--------+\n| Name    | Status |\n+---------+--------+\n| private | ACTIVE |\n+---------+--------+\n"
	if got != want {
		t.Errorf("got\n%s", got)
	}
	got = printed(t, oslua.Options{Format: "value", Columns: []string{"name"}}, `
		show(networks.get "private")
		show(networks.list { name = "nosuch" })
		show(networks.list { name = "public" }, { format = "csv" })
		show(networks.list { name = "nosuch" }, { format = "table" })`)
	if want := "private\nName\npublic\nno network\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTraceCapture(t *testing.T) {
	got := printed(t, oslua.Options{}, `
		local function line(r) return table.concat({ r.label, r.method, r.status, r.op }, " ") end
		local a, b, all = trace.capture(function()
			networks.list()
			local inner = trace.capture(function() networks.find "private" end)
			print("inner", #inner, line(inner[1]))
			task.all { function() routers.list() end, function() subnets.list() end }
			return "a", nil
		end)
		print(a, b)
		for _, r in ipairs(all) do if r.op ~= "routers.list" and r.op ~= "subnets.list" then print(line(r)) end end
		print(#all, all[2].where, all[2].service, all[2].ms >= 0, #all[2].request_id > 10, all[2].url:match("^http://simulator/") ~= nil)
		print(#select(2, trace.capture(function() return 1 end)))
		-- Tasks beside a capture do not count, and what a function raises stays what it was.
		local counts = task.all {
			function() return #select(1, trace.capture(function() networks.list() networks.list() end)) end,
			function() for _ = 1, 5 do routers.list() end end,
		}
		print(counts[1])
		print(select(2, try(trace.capture, function() networks.get "nosuch" end)).op)
		local e = {}
		print(select(2, pcall(trace.capture, function() error(e) end)) == e)`)
	want := `inner	1	look-up GET 200 networks.find
a	nil
auth POST 201 networks.list
work GET 200 networks.list
look-up GET 200 networks.find
5	t.lua:4	network	true	true	true
0
2
networks.get
true
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// masked puts fixed words in the place of what differs from run to run.
func masked(s string) string {
	for _, m := range [][2]string{
		{`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, "UUID"}, {`\d+ ms`, "N ms"}, {`\d{4}-\d\d-\d\d \d\d:\d\d UTC`, "TIME"},
		{`catalog of \d+`, "catalog of N"}, {`서비스 \d+개`, "서비스 N개"}, {`with \d+ fields`, "with N fields"}, {`필드 \d+개`, "필드 N개"},
	} {
		s = regexp.MustCompile(m[0]).ReplaceAllString(s, m[1])
	}
	return s
}

func TestExplain(t *testing.T) {
	for _, lang := range []string{"en", "ko"} {
		got := masked(printed(t, oslua.Options{}, `
			local net = explain(function()
				local net = networks.create { name = "파랑 망", shared = false }
				subnets.create { network = "파랑 망", cidr = "10.8.0.0/24", dns_nameservers = { "8.8.8.8", "1.1.1.1" } }
				for _ in networks.each { limit = 2, sort_key = "name", sort_dir = "asc" } do end
				try(networks.get, "99999999-0000-0000-0000-000000000000")
				return net
			end, { lang = "`+lang+`" })
			print(net.name)`))
		file := filepath.Join("testdata", "explain-"+lang+".txt")
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", lang, got, want)
		}
		if strings.Contains(got, `"password":"secret"`) {
			t.Errorf("the story tells the password:\n%s", got)
		}
	}
}

func TestExplainAnError(t *testing.T) {
	got := printed(t, oslua.Options{}, `
		local _, err = try(explain, function() networks.get "nosuch" end)
		print("raised", err.code)`)
	if !strings.Contains(got, "raised\tnot_found") || !strings.Contains(got, "It failed (not_found)") {
		t.Errorf("got\n%s", got)
	}
}

func TestHARIsWrittenWhenTheScriptFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.har")
	rt, err := oslua.New(oslua.Options{HAR: file, Globals: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := rt.RunString(t.Context(), "t", `networks.list() error("no")`); err == nil {
		t.Error("no error")
	}
	if err := rt.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct{ Log struct{ Entries []any } }
	if err := json.Unmarshal(text, &doc); err != nil || len(doc.Log.Entries) != 2 {
		t.Errorf("%v, %d entries", err, len(doc.Log.Entries))
	}
	if bytes.Contains(text, []byte(`"secret"`)) {
		t.Error("the password is in the file")
	}
}

func TestRunExpression(t *testing.T) {
	rt := fresh(t)
	for code, want := range map[string]string{
		"networks.list()": "network", "return networks.get 'private'": "network", "local x = 1": "", "1 + 1": "", `networks.list { name = "no" }`: "network",
	} {
		values, err := rt.RunExpression(t.Context(), "-e", code)
		if err != nil || len(values) > 0 && values[0].Kind != want || len(values) == 0 && want != "" {
			t.Errorf("%s: %+v %v", code, values, err)
		}
	}
	_, err := rt.RunExpression(t.Context(), "-e", "1 +")
	if e := (*errs.Error)(nil); !errors.As(err, &e) || e.Code != errs.Syntax {
		t.Errorf("got %v", err)
	}
}

func TestTopology(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "x.svg")
	got := printed(t, oslua.Options{}, `
		local before = topology.data()
		local value, made, requests
		requests = select(2, trace.capture(function()
			value, made = topology.capture(function()
				local net = networks.create { name = "blue" }
				local sub = subnets.create { network = net, cidr = "10.8.0.0/24" }
				local rtr = routers.create { name = "blue-router", external_network = "public" }
				rtr:add_subnet(sub)
				return net.name
			end)
			return true
		end))
		for _, m in ipairs(made) do print(m.kind, m.name) end
		print(value, #topology.diff(before, topology.data()).added)
		topology.show { highlight = made, lang = "en", width = 100 }
		topology.svg("`+filepath.ToSlash(svg)+`", { highlight = made })
		assert(topology.text { data = before } ~= topology.text())
		assert(topology.mermaid():match("flowchart") and topology.dot():match("^graph"))
		routers.clear_gateway("blue-router")
		local changed = topology.diff(before, topology.data())
		print(#changed.removed, #changed.changed, #topology.data().routers)
		local n = select(2, trace.capture(function() topology.data() return 1 end))
		local paths = {}
		for _, r in ipairs(n) do paths[#paths + 1] = r.label == "work" and (r.path:match("/([%w%-]+)%?") or r.path:match("/([%w%-]+)$")) or nil end
		table.sort(paths)
		print(#paths <= 6, table.concat(paths, " "):match("floatingips") , table.concat(paths, " "):match("networks ports routers"))`)
	want := []string{"network\tblue\n", "subnet\t\n", "router\tblue-router\n", "port\t10.8.0.1\n", "blue\t4\n", "★ just made", "│ blue-router ★ │", "0\t0\t2\n", "true\tfloatingips\tnetworks ports routers\n"}
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("there is no %q in\n%s", w, got)
		}
	}
	if text, err := os.ReadFile(svg); err != nil || !strings.HasPrefix(string(text), "<svg ") {
		t.Errorf("%v: %.100s", err, text)
	}
}
