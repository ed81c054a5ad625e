package oslua_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oslua/oslua"
)

// fresh gives a runtime on a cloud of its own, with all modules as globals.
func fresh(t *testing.T) *oslua.Runtime {
	t.Helper()
	rt, err := oslua.New(oslua.Options{Globals: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
	})
	return rt
}

// What the documents show must run as it stands.
func TestDocumentedLua(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, file := range append(files, "README.md") {
		if filepath.Base(file) == "reference.md" {
			continue // its examples are the descriptors', below
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split(string(text), "```lua\n")[1:] {
			code, _, _ := strings.Cut(part, "```")
			blocks++
			if err := fresh(t).RunString(t.Context(), file, code); err != nil {
				t.Errorf("%s, block %d: %v\n%s", file, i+1, err, code)
			}
		}
	}
	if blocks == 0 {
		t.Error("no Lua found in the documents")
	}
}

// A module's example runs on a new cloud.
func TestModuleExamples(t *testing.T) {
	for _, m := range fresh(t).Modules() {
		if m.Example == "" {
			continue
		}
		if err := fresh(t).RunString(t.Context(), m.Name, m.Example); err != nil {
			t.Errorf("the example of %s: %v\n%s", m.Name, err, m.Example)
		}
	}
}
