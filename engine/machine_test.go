package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// quickClock sleeps no time but remembers how much it was asked for; a sleep of an hour or more waits for its context.
type quickClock struct {
	slept atomic.Int64
}

func (c *quickClock) Now() time.Time {
	return time.Unix(1_700_000_000+c.slept.Load()/int64(time.Second), 0)
}

func (c *quickClock) Sleep(ctx context.Context, d time.Duration) error {
	if d >= time.Hour || d == 30*time.Second {
		<-ctx.Done()
		return ctx.Err()
	}
	c.slept.Add(int64(d))
	return ctx.Err()
}

type machineT struct {
	*Machine
	out *bytes.Buffer
}

func newMachine(t testing.TB, change ...func(*Options)) machineT {
	t.Helper()
	out := new(bytes.Buffer)
	o := Options{Stdout: out, Stderr: out, Clock: &quickClock{}, Modules: func() []schema.Module { return []schema.Module{parrots()} }}
	for _, f := range change {
		f(&o)
	}
	m, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return machineT{m, out}
}

// say is the input of parrots.say.
type say struct {
	Word  string `lua:"word,arg,required" doc:"What it says."`
	Times int    `lua:"times" doc:"How often."`
}

type create struct {
	Name string `lua:"name,required" doc:"Its name."`
}

type on struct {
	Parrot schema.Ref `lua:"parrot,arg,required" ref:"parrot" doc:"The parrot."`
}

// parrots is a module of another program, with one function for each kind of result.
func parrots() schema.Module {
	object := func(name string) schema.Object {
		return schema.Object{Kind: "parrot", Key: "parrot", JSON: fmt.Appendf(nil, `{"parrot":{"id":"id-%s","name":%q,"owner":null,"tags":[]}}`, name, name)}
	}
	page := func(names ...string) []byte {
		var rows []string
		for _, n := range names {
			rows = append(rows, fmt.Sprintf(`{"id":"id-%s","name":%q}`, n, n))
		}
		return []byte(`{"parrots":[` + strings.Join(rows, ",") + `]}`)
	}
	return schema.Module{
		Name: "parrots", Doc: "Birds that talk.", Kind: "parrot", Call: "create",
		Funcs: []schema.Func{
			schema.Fn("say", "Say a word.", func(_ context.Context, in say) (string, error) {
				return strings.Repeat(in.Word, max(in.Times, 1)), nil
			}),
			schema.Fn("create", "Create a parrot.", func(_ context.Context, in create) (schema.Object, error) {
				return object(in.Name), nil
			}),
			schema.Fn("rename", "Say its ID.", func(_ context.Context, in on) (string, error) {
				return in.Parrot.ID, nil
			}, schema.Method()),
			schema.Fn("list", "All parrots.", func(context.Context, schema.None) (schema.List, error) {
				return schema.List{Kind: "parrot", Key: "parrots", Pages: []json.RawMessage{page("a", "b"), page("c")}}, nil
			}),
			schema.Fn("none", "No parrots.", func(context.Context, schema.None) (schema.List, error) {
				return schema.List{Kind: "parrot", Key: "parrots", Pages: []json.RawMessage{page()}}, nil
			}),
			schema.Fn("each", "All parrots, page by page.", func(context.Context, schema.None) (schema.Iter, error) {
				pages := [][]byte{page("a", "b"), page(), page("c")}
				return schema.Iter{Kind: "parrot", Key: "parrots", Next: func(context.Context) (json.RawMessage, error) {
					if len(pages) == 0 {
						return nil, nil
					}
					p := pages[0]
					pages = pages[1:]
					return p, nil
				}}, nil
			}),
			schema.Fn("ensure", "Two results.", func(_ context.Context, in create) (schema.Values, error) {
				return schema.Values{object(in.Name), true}, nil
			}),
			schema.Fn("find", "Nothing.", func(context.Context, schema.None) (schema.Object, error) { return schema.Object{}, nil }),
			schema.Fn("plain", "Go values.", func(context.Context, schema.None) (map[string]any, error) {
				return map[string]any{"n": 3, "list": []string{"x", "y"}, "yes": true, "deep": []any{map[string]any{"k": 1.5}}}, nil
			}),
			schema.Fn("raw", "A document.", func(context.Context, schema.None) (schema.Raw, error) {
				return schema.Raw{JSON: []byte(`{"a":[1,2]}`)}, nil
			}),
			schema.Fn("flock", "Another set of modules.", func(context.Context, schema.None) (schema.Modules, error) {
				return schema.Modules{{Name: "parrots", Kind: "parrot", Funcs: []schema.Func{
					schema.Fn("create", "Create.", func(_ context.Context, in create) (schema.Object, error) { return object(in.Name), nil }),
					schema.Fn("rename", "Other.", func(_ context.Context, in on) (string, error) {
						return "flock:" + in.Parrot.ID, nil
					}, schema.Method()),
				}}}, nil
			}),
			schema.Fn("fail", "Fail.", func(context.Context, schema.None) (schema.None, error) {
				return schema.None{}, (&errs.Error{Code: errs.Conflict, Status: 409, Message: "in use", RequestID: "req-1", Cause: fs.ErrExist}).WithHint("free it")
			}),
			schema.Fn("crash", "Panic.", func(context.Context, schema.None) (schema.None, error) { panic("beak broken") }),
			schema.Fn("wait", "Wait for the end.", func(ctx context.Context, _ schema.None) (schema.None, error) {
				<-ctx.Done()
				return schema.None{}, ctx.Err()
			}),
			schema.Fn("tags.add", "A nested function.", func(_ context.Context, in say) (string, error) { return "+" + in.Word, nil }),
		},
	}
}

// TestLua runs the tests that are written in Lua: each global function whose name begins with test, on a machine of
// its own.
func TestLua(t *testing.T) {
	files, err := filepath.Glob("testdata/*_test.lua")
	if err != nil || len(files) == 0 {
		t.Fatal("no tests in testdata", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range testNames(string(src)) {
			t.Run(strings.TrimSuffix(filepath.Base(file), "_test.lua")+"/"+strings.TrimPrefix(name, "test_"), func(t *testing.T) {
				m := newMachine(t)
				if err := m.RunString(t.Context(), file, luaAssertions+string(src)+"\n"+name+"()"); err != nil {
					t.Fatalf("%v\n%s", err, traceOf(err))
				}
			})
		}
	}
}

func testNames(src string) (names []string) {
	for line := range strings.Lines(src) {
		if rest, ok := strings.CutPrefix(line, "function test_"); ok {
			name, _, _ := strings.Cut(rest, "(")
			names = append(names, "test_"+name)
		}
	}
	return names
}

// luaAssertions stands on the first line, so that lines of the file are one too high by nothing.
const luaAssertions = `function equal(got, want, what) if got ~= want then error((what or "value") .. ": got " .. tostring(got) .. ", want " .. tostring(want), 2) end end ` +
	`function match(text, pattern) if not tostring(text):find(pattern) then error("got " .. tostring(text) .. ", want a match for " .. pattern, 2) end end `

func traceOf(err error) string {
	if e := (*errs.Error)(nil); errors.As(err, &e) {
		return e.Where + "\n" + e.Traceback
	}
	return ""
}

// runStock runs a script on gopher-lua as it comes.
func runStock(src string) (err error) {
	L := lua.NewState()
	defer L.Close()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the process would have crashed: %v", r)
		}
	}()
	return L.DoString(src)
}

// TestTrapsOfStock holds that the Lua tests of traps test something: gopher-lua as it comes fails each of them.
func TestTrapsOfStock(t *testing.T) {
	src, err := os.ReadFile("testdata/traps_test.lua")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range testNames(string(src)) {
		t.Run(strings.TrimPrefix(name, "test_"), func(t *testing.T) {
			if err := runStock(luaAssertions + string(src) + "\n" + name + "()"); err == nil {
				t.Error("stock gopher-lua passes: this is no trap, move the test to another file")
			}
		})
	}
}
