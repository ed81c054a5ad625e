package engine_test

import (
	"strings"
	"testing"

	"github.com/oslua/oslua/engine"
)

// entries runs entries one after the other and gives what each printed or failed with.
func entries(t *testing.T, m *engine.Machine, codes ...string) (results []string) {
	t.Helper()
	for _, code := range codes {
		values, err := m.Eval(t.Context(), "entry", code)
		if err != nil {
			results = append(results, "error: "+err.Error())
			continue
		}
		var texts []string
		for _, v := range values {
			texts = append(texts, m.Format(t.Context(), v))
		}
		results = append(results, strings.Join(texts, " "))
	}
	return results
}

func TestLocalsLiveOn(t *testing.T) {
	for _, tt := range []struct {
		name, want string
		entries    []string
	}{
		{"a value", "3", []string{"local x = 3", "x"}},
		{"several, and one without a value", "1 2 nil", []string{"local a, b, c = 1, 2", "return a, b, c"}},
		{"a function that calls itself", "120", []string{"local function f(n) if n < 2 then return 1 end return n * f(n - 1) end", "f(5)"}},
		{"a later assignment reaches an earlier closure", "5", []string{"local x = 1; function get() return x end", "x = 5", "get()"}},
		{"a closure's assignment reaches a later entry", "2", []string{"local n = 0", "function inc() n = n + 1 end", "inc() inc()", "n"}},
		{"shadowing uses the old value and leaves old closures", "2 1", []string{"local x = 1; function old() return x end", "local x = x + 1", "x, old()"}},
		{"shadowing in one entry", "1 2", []string{"local x = 1; function f() return x end local x = 2; function g() return x end", "f(), g()"}},
		{"what is local to a block stays there", "nil", []string{"do local hidden = 1 end", "hidden"}},
		{"those before an error stay", "1 nil", []string{"local a = 1; error('no'); local b = 2", "return a, b"}},
		{"no global is made", "nil", []string{"local x = 3", "_G.x"}},
		{"a later global of the name is the local", "4 nil", []string{"local x = 3", "x = 4", "x, _G.x"}},
		{"varargs are empty", "0", []string{"select('#', ...)"}},
		{"with return at the end", "7", []string{"local x = 7 return x"}},
		{"in a coroutine and after", "3", []string{"local co = coroutine.wrap(function() local y = 1; coroutine.yield(y); coroutine.yield(y + 1) end)", "local s = co() + co()", "s"}},
	} {
		m, err := engine.New(engine.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := entries(t, m, tt.entries...)
		if last := got[len(got)-1]; last != tt.want {
			t.Errorf("%s: %q gave %q, want %q", tt.name, tt.entries, got, tt.want)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestManyLocals(t *testing.T) {
	m, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for i := range 500 {
		name := "v" + strings.Repeat("x", i)
		if got := entries(t, m, "local "+name+" = 1", name); got[1] != "1" {
			t.Fatalf("local %d: %q", i, got)
		}
	}
}

func TestEntriesThatGoOn(t *testing.T) {
	for code, want := range map[string]bool{
		"1 +": true, "{": true, "f(": true, "local function f()": true, "x = [[a": true, "if a then": true, "networks.create {": true,
		"1": false, "x = = 1": false, "foo bar(": false, "'abc": false, "}": false, "f() end": false, "": false,
	} {
		if got := engine.IsIncomplete(engine.CheckEntry("e", code)); got != want {
			t.Errorf("%q goes on: %v, want %v", code, got, want)
		}
	}
}

func TestErrorsInEntriesNameTheirLines(t *testing.T) {
	m, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	_, err = m.Eval(t.Context(), "entry 1", "local a = 1\nlocal b = nil\nb.c = a")
	if err == nil || !strings.Contains(err.Error(), "local 'b'") {
		t.Errorf("got %v", err)
	}
	if text := err.Error(); !strings.Contains(text, "3 | b.c = a") {
		t.Errorf("got %v", text)
	}
}
