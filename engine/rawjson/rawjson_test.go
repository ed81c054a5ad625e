package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
)

func newState(t testing.TB) *lua.LState {
	t.Helper()
	L := lua.NewState()
	t.Cleanup(L.Close)
	L.PreloadModule("json", Loader)
	return L
}

// same compares a Lua value with what encoding/json made of the same bytes.
func equal(t testing.TB, path string, got lua.LValue, want any) {
	t.Helper()
	fail := func() { t.Errorf("%s: got %v (%s), want %v", path, got, got.Type(), want) }
	switch w := want.(type) {
	case nil:
		if got != Null {
			fail()
		}
	case bool:
		if got != lua.LBool(w) {
			fail()
		}
	case float64:
		if got != lua.LNumber(w) {
			fail()
		}
	case string:
		if got != lua.LString(w) {
			fail()
		}
	case []any:
		l, ok := got.(*lua.LTable)
		if !ok || l.Len() != len(w) {
			fail()
			return
		}
		for i := range w {
			equal(t, fmt.Sprintf("%s[%d]", path, i), l.RawGetInt(i+1), w[i])
		}
	case map[string]any:
		l, ok := got.(*lua.LTable)
		if !ok {
			fail()
			return
		}
		n := 0
		l.ForEach(func(k, v lua.LValue) { n++ })
		for k, v := range w {
			if v == nil {
				if l.RawGetString(k) != lua.LNil {
					t.Errorf("%s.%s: null is not absent", path, k)
				}
				continue
			}
			n--
			equal(t, path+"."+k, l.RawGetString(k), v)
		}
		if n != 0 {
			t.Errorf("%s: %d members too many", path, n)
		}
	}
}

var documents = []string{
	`null`, `true`, `false`, `0`, `-0`, `1`, `-12`, `1.5`, `1e3`, `1E-3`, `1e+2`, `123456789012`, `0.1`, `1e308`, `1e-400`, `9007199254740993`,
	`""`, `"a"`, `"\"\\\/\b\f\n\r\t"`, `"\u0041\u00e9\uD55C"`, `"한글"`, `"\uD83D\uDE00"`, `"\uD83D"`, `"\uDE00\uD83D"`, `"\uD83D\uD83D\uDE00"`, `"\uD83Dx"`,
	"\"\xff\"", "\"a\xc3\"", "\"\xed\xa0\x80\"", `"\u0000"`, "\"\x7f\"",
	`[]`, `{}`, `[1,2,3]`, `[null,1,null]`, `{"a":1,"b":[{"c":{}}]}`, `{"a":null}`, `{"a":1,"a":2}`, `{"a":1,"a":null}`, `{"a":null,"a":1}`,
	"  [ 1 ,\t2 ]\r\n", `{"":"empty","a b":1}`, `[[[[[]]]]]`, `{"\u0061":1}`, `[0.0,-1.25e2,"x",true,false]`,
	// and what is no JSON
	``, ` `, `nul`, `tru`, `nulls`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `+1`, `--1`, `0x10`, `NaN`, `1e999`, `-1e999`,
	`"`, `"a`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\n\"", "\"\x00\"", `'a'`,
	`[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `]`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{1:1}`, `{"a" 1}`, `{"a":1 "b":2}`, `}`,
	`1 2`, `{} {}`, `[] x`, "\ufeff1", `/**/1`,
}

func agree(t testing.TB, L *lua.LState, doc []byte) {
	t.Helper()
	var want any
	wantErr := json.Unmarshal(doc, &want)
	got, err := ToLua(L, doc, "", nil)
	if err != nil && strings.Contains(err.Error(), "nested deeper") {
		return
	}
	if (err != nil) != (wantErr != nil) {
		t.Fatalf("%q: err %v, encoding/json %v", doc, err, wantErr)
	}
	var se *SyntaxError
	if err != nil {
		if !errors.As(err, &se) || se.Offset < 0 || se.Offset > len(doc) {
			t.Fatalf("%q: error without a good offset: %v", doc, err)
		}
		return
	}
	equal(t, "$", got, want)
	out, err := FromLua(got, Options{})
	if err != nil {
		t.Fatalf("%q: does not go back: %v", doc, err)
	}
	if !json.Valid(out) {
		t.Fatalf("%q: became %q, no JSON", doc, out)
	}
	var back any
	if err := json.Unmarshal(out, &back); err != nil {
		t.Fatal(err)
	}
	var bare any
	if err := json.Unmarshal(doc, &bare); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, withoutNulls(bare)) {
		t.Fatalf("%.200q: became %.200q", doc, out)
	}
	if m, ok := want.(map[string]any); ok {
		for k, v := range m {
			raw, ok := Get(doc, k)
			if !ok {
				t.Fatalf("%q: Get(%q) finds nothing", doc, k)
			}
			var one any
			if err := json.Unmarshal(raw, &one); err != nil || !reflect.DeepEqual(one, v) {
				t.Fatalf("%.200q: Get(%q) = %.200q", doc, k, raw)
			}
			if k == "" {
				continue
			}
			member, err := ToLua(L, doc, k, nil)
			if err != nil {
				t.Fatal(err)
			}
			if v == nil {
				if member != lua.LNil {
					t.Fatalf("%q: member %q is %v, want nil", doc, k, member)
				}
				continue
			}
			equal(t, "$."+k, member, v)
		}
	}
}

func withoutNulls(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			if e == nil {
				delete(x, k)
			} else {
				x[k] = withoutNulls(e)
			}
		}
	case []any:
		for i := range x {
			x[i] = withoutNulls(x[i])
		}
	}
	return v
}

func TestAgreesWithEncodingJSON(t *testing.T) {
	L := newState(t)
	for _, doc := range documents {
		agree(t, L, []byte(doc))
	}
	agree(t, L, serversBody(20))
}

func FuzzToLua(f *testing.F) {
	for _, doc := range documents {
		f.Add([]byte(doc))
	}
	L := newState(f)
	f.Fuzz(func(t *testing.T, doc []byte) { agree(t, L, doc) })
}

// Both ways of filling a table give the same, to next and to later changes too.
func TestFilledDirectly(t *testing.T) {
	if !direct {
		t.Error("gopher-lua's table has another shape: tables are filled slowly")
	}
	L := newState(t)
	str := func(s string) lua.LValue { return lua.LString(s) }
	for _, members := range [][]pair{
		{},
		{{str("a"), str("1")}},
		{{str("a"), Null}},
		{{str("a"), str("1")}, {str("b"), str("2")}, {str("a"), str("3")}},
		{{str("a"), str("1")}, {str("b"), str("2")}, {str("a"), Null}, {str("c"), str("3")}, {str("a"), str("4")}},
		{{str("a"), Null}, {str("a"), str("1")}, {str("b"), Null}, {str("c"), str("3")}},
	} {
		walk := func(table *lua.LTable) string {
			table.RawSetString("new", str("n"))
			table.RawSetString("b", str("changed"))
			table.RawSetString("c", lua.LNil)
			table.RawSetInt(1, str("one"))
			var b strings.Builder
			for k, v := table.Next(lua.LNil); k != lua.LNil; k, v = table.Next(k) {
				fmt.Fprintf(&b, "%s=%s ", k, v)
			}
			return b.String()
		}
		fast, slow := walk(newObject(L, members, true)), walk(newObject(L, members, false))
		if fast != slow {
			t.Errorf("%v: %s, by methods %s", members, fast, slow)
		}
	}
	if sameShape(reflect.TypeFor[shape](), reflect.TypeFor[struct{ Metatable lua.LValue }]()) {
		t.Error("any shape will do")
	}
}

func TestErrorsHaveAPlace(t *testing.T) {
	L := newState(t)
	for _, c := range []struct{ doc, want string }{
		{`{"a":1,}`, `want a member's name in quotes, got '}' at byte 7`},
		{`[1,2`, `want "," or "]", but it ends at byte 4`},
		{`{"a":tru}`, `want a value, got 't' at byte 5`},
		{`[1] x`, `want the end, got 'x' at byte 4`},
		{`"abc`, `a string without an end, begun at byte 0 at byte 4`},
		{"\"a\nb\"", `a control character in a string must be escaped at byte 2`},
		{`["\q"]`, `an escape that JSON does not know at byte 2`},
		{`[1e999]`, `the number 1e999 is too large at byte 1`},
		{`<html>`, `want a value, got '<' at byte 0`},
		{`[한]`, `want a value, got '한' at byte 1`},
	} {
		_, err := Decode(L, []byte(c.doc))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.doc, err, c.want)
		}
	}
	_, err := ToLua(L, []byte(`<html>`), "network", nil)
	if errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("a web page for an answer: %v", err)
	}
	_, err = ToLua(L, []byte(`{"network":{}} x`), "network", nil)
	if err == nil {
		t.Error("garbage after the answer is taken")
	}
}

func TestDepth(t *testing.T) {
	L := newState(t)
	for _, open := range []string{"[", `{"a":`} {
		_, err := Decode(L, []byte(strings.Repeat(open, 100_000)))
		if err == nil || !strings.Contains(err.Error(), "nested deeper") {
			t.Errorf("100,000 %s: %v", open, err)
		}
		if _, ok := Get([]byte(`{"x":`+strings.Repeat(open, 100_000)), "x"); ok {
			t.Errorf("Get takes 100,000 %s", open)
		}
	}
	if _, err := Decode(L, []byte(strings.Repeat("[", MaxDepth)+strings.Repeat("]", MaxDepth))); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

func TestMetatables(t *testing.T) {
	L := newState(t)
	meta := L.NewTable()
	one, err := ToLua(L, []byte(`{"network":{"id":"x","sub":{}}}`), "network", meta)
	if err != nil || one.(*lua.LTable).Metatable != meta {
		t.Fatalf("object: %v %v", one, err)
	}
	if sub := one.(*lua.LTable).RawGetString("sub").(*lua.LTable); sub.Metatable != lua.LNil {
		t.Error("an inner table has the metatable too")
	}
	many, err := ToLua(L, []byte(`{"networks":[{"id":"x"},{"id":"y"}],"networks_links":[]}`), "networks", meta)
	if err != nil || many.(*lua.LTable).Metatable != lua.LNil || many.(*lua.LTable).Len() != 2 {
		t.Fatalf("list: %v %v", many, err)
	}
	for i := 1; i <= 2; i++ {
		if row := many.(*lua.LTable).RawGetInt(i).(*lua.LTable); row.Metatable != meta {
			t.Errorf("row %d lacks the metatable", i)
		}
	}
	for body, want := range map[string]lua.LValue{`{"a":1}`: lua.LNil, `{"network":null}`: lua.LNil, `{"network":false}`: lua.LFalse} {
		if v, err := ToLua(L, []byte(body), "network", meta); err != nil || v != want {
			t.Errorf("%s: %v %v", body, v, err)
		}
	}
}

func TestGet(t *testing.T) {
	for _, c := range []struct {
		body string
		keys []string
		want string
		ok   bool
	}{
		{`{"a": {"b": [1, 2]} }`, []string{"a"}, `{"b": [1, 2]}`, true},
		{`{"a": {"b": [1, 2]} }`, []string{"a", "b"}, `[1, 2]`, true},
		{`{"a": {"b": 1}}`, []string{"a", "c"}, ``, false},
		{`{"a":1,"a":2}`, []string{"a"}, `2`, true},
		{`{"\u0061":"}"}`, []string{"a"}, `"}"`, true},
		{`{"a":null}`, []string{"a"}, `null`, true},
		{`[1]`, []string{"a"}, ``, false},
		{`{"a":1`, []string{"a"}, ``, false},
		{`{"a":1} x`, []string{"a"}, ``, false},
		{``, []string{"a"}, ``, false},
		{`7`, nil, `7`, true},
	} {
		got, ok := Get([]byte(c.body), c.keys...)
		if string(got) != c.want || ok != c.ok {
			t.Errorf("Get(%s, %v) = %s, %v", c.body, c.keys, got, ok)
		}
	}
}

func TestModule(t *testing.T) {
	L := newState(t)
	for _, c := range []struct{ code, want string }{
		{`return json.encode({})`, `{}`},
		{`return json.encode({}, {empty_array = true})`, `[]`},
		{`return json.encode(json.array{})`, `[]`},
		{`return json.encode(json.object{}, {empty_array = true})`, `{}`},
		{`return json.encode({1, 2, {three = true}})`, `[1,2,{"three":true}]`},
		{`return json.encode({b = 1, a = json.null, c = "x"})`, `{"a":null,"b":1,"c":"x"}`},
		{`return json.encode(nil)`, `null`},
		{`return json.encode(1e15) .. json.encode(-0.5) .. json.encode(2^53) .. json.encode(1e300)`, `1000000000000000-0.590071992547409921e+300`},
		{`return json.encode("\"\\\n\1한글")`, `"\"\\\n\u0001한글"`},
		{`return json.encode({a = {1, {}}, b = {}}, {indent = 2})`, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {}\n}"},
		{`return json.encode(json.decode('{"a":[],"b":{},"c":[null,1]}'))`, `{"a":[],"b":{},"c":[null,1]}`},
		{`return tostring(json.null)`, `null`},
		{`return tostring(json.decode("null") == json.null)`, `true`},
		{`return tostring(json.decode('{"a":null}').a)`, `nil`},
		{`return tostring(json.decode('[null, 2]')[1] == json.null) .. #json.decode('[null, 2, null]')`, `true3`},
		{`local t = {} t.x = {t} return json.encode(t)`, `!json.encode: x[1]: the table holds itself`},
		{`local t = {} local x = t for i = 1, 2000 do x.a = {} x = x.a end return json.encode(t)`, `!json.encode: a.a.a.a.a.a.a.a: nested deeper than 1000`},
		{`local shared = {} return json.encode({shared, shared})`, `[{},{}]`},
		{`return json.encode({1, nil, 3})`, `!json.encode: [2]: is nil: an array has no holes; json.null says null`},
		{`return json.encode({a = {[1] = 1, x = 2}})`, `!json.encode: a: the table has both numbers and names ("x") as keys`},
		{`return json.encode({[0] = 1})`, `!json.encode: JSON has no member for the key 0`},
		{`return json.encode({[true] = 1})`, `!json.encode: JSON has no member for the key true`},
		{`return json.encode({[1.5] = 1})`, `!json.encode: JSON has no member for the key 1.5`},
		{`return json.encode(json.array{a = 1})`, `!json.encode: the table was marked as an array, but has the key "a"`},
		{`return json.encode(json.object{1})`, `!json.encode: the table was marked as an object, but has numbers as keys`},
		{`return json.encode({f = print})`, `!json.encode: f: JSON has no function`},
		{`return json.encode(0/0)`, `!json.encode: JSON has no number for NaN`},
		{`return json.encode({x = 1/0})`, `!json.encode: x: JSON has no number for +Inf`},
		{`return json.encode("\255")`, `!json.encode: the string is not UTF-8`},
		{`return json.encode({}, {ident = 2})`, `!json.encode: unknown option "ident"`},
		{`return json.encode({}, {indent = "2"})`, `!json.encode.indent: want integer from 0 to 16, got 2`},
		{`return json.encode({}, 2)`, `!json.encode.options: want table, got number`},
		{`return json.encode()`, `!json.encode: argument 1, value, is missing`},
		{`return json.decode('{\n  "a": 1,\n  }')`, `!json.decode: want a member's name in quotes, got '}' at line 3, column 3`},
		{`return json.decode(12)`, `!json.decode.text: want string, got number`},
		{`return json.array("x")`, `!json.array.t: want table, got string`},
		{`return json.array(setmetatable({}, {}))`, `!json.array: the table has a metatable already`},
	} {
		top := L.GetTop()
		err := L.DoString("local json = require 'json'\n" + c.code)
		var got string
		if err == nil {
			got = L.Get(top + 1).String()
		} else if api := (*lua.ApiError)(nil); errors.As(err, &api) {
			if ud, ok := api.Object.(*lua.LUserData); ok {
				got = "!" + ud.Value.(*errs.Error).Error()
			} else {
				got = err.Error()
			}
		}
		L.SetTop(top)
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.code, got, c.want)
		}
	}
}

// Null is shared by all machines: using it on several at once is no race.
func TestNullOnManyMachines(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			L := lua.NewState()
			defer L.Close()
			L.PreloadModule("json", Loader)
			err := L.DoString(`
				local json = require "json"
				for i = 1, 50 do
					assert(tostring(json.null) == "null" and json.null == json.decode("null"))
					assert(not pcall(function() return json.null.x end) and not pcall(function() json.null.x = 1 end))
					assert(getmetatable(json.null) == "json.null" and not pcall(setmetatable, json.null, {}))
					local t = { [json.null] = json.null }
					assert(json.encode({ t[json.null] }) == "[null]")
				end`)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func FuzzFromLua(f *testing.F) {
	f.Add("a\"\\\n\x00", 1.5)
	f.Add("한글\x7f", -1e20)
	L := newState(f)
	f.Fuzz(func(t *testing.T, s string, n float64) {
		tb := L.NewTable()
		tb.RawSetString(s, lua.LNumber(n))
		tb.RawSetString("s", lua.LString(s))
		out, err := FromLua(tb, Options{})
		bad := !utf8.ValidString(s) || math.IsNaN(n) && s != "s" || math.IsInf(n, 0) && s != "s"
		if (err != nil) != bad {
			t.Fatalf("%q %v: %v", s, n, err)
		}
		if err != nil {
			return
		}
		var back map[string]any
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if back["s"] != s || s != "s" && back[s] != n {
			t.Fatalf("%q %v became %q", s, n, out)
		}
	})
}

// serversBody is a list of n servers as a service would send it, 800 bytes or so each.
func serversBody(n int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"servers": [`)
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		id := func(salt int) string {
			return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", i*2654435761+salt, i&0xffff, salt, i%4096, i*7919+salt)
		}
		fmt.Fprintf(&b, `{"id": %q, "name": "server-%d", "status": "ACTIVE", "tenant_id": "f6ebb8d1e2b74a16a6b2c0c8d1f7a3b1", "user_id": "8a2f7c53b8a3432c9a2bd0b5c1d2e3f4", "metadata": {}, "hostId": "%032x", "image": {"id": %q}, "flavor": {"id": "42"}, "created": "2026-03-04T05:%02d:%02dZ", "updated": "2026-03-04T06:%02d:%02dZ", "addresses": {"private": [{"version": 4, "addr": "10.0.%d.%d", "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:%02x:%02x:%02x"}]}, "accessIPv4": "", "accessIPv6": "", "OS-DCF:diskConfig": "MANUAL", "progress": 0, "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": null, "OS-SRV-USG:launched_at": "2026-03-04T05:06:07.000000", "OS-SRV-USG:terminated_at": null, "security_groups": [{"name": "default"}], "OS-EXT-STS:task_state": null, "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:power_state": 1}`,
			id(1), i, i*31, id(2), i/60%60, i%60, i/60%60, i%60, i/250, i%250, i&255, i>>8&255, i*7&255)
	}
	b.WriteString("]}")
	return b.Bytes()
}

func TestFewerAllocationsThanEncodingJSON(t *testing.T) {
	L := newState(t)
	body := serversBody(50)
	ours := testing.AllocsPerRun(5, func() {
		if _, err := ToLua(L, body, "servers", nil); err != nil {
			t.Fatal(err)
		}
	})
	theirs := testing.AllocsPerRun(5, func() {
		var m map[string]any
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
	})
	if ours >= theirs {
		t.Errorf("%v allocations, encoding/json makes %v", ours, theirs)
	}
}

func BenchmarkToLua(b *testing.B) {
	L := newState(b)
	body := serversBody(1000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ToLua(L, body, "servers", nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	body := serversBody(1000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var m map[string]any
		if err := json.Unmarshal(body, &m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	body := serversBody(1000)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, ok := Get(body, "servers"); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkFromLua(b *testing.B) {
	L := newState(b)
	v, err := ToLua(L, serversBody(1000), "servers", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FromLua(v, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
