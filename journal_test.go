package oslua_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/oslua/oslua"
)

// left names what a run left, one after another.
func left(t *testing.T, rt *oslua.Runtime) string {
	t.Helper()
	made, err := rt.Left(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range made {
		names = append(names, strings.TrimSpace(m.Type+" "+m.Name))
	}
	return strings.Join(names, ", ")
}

func TestRunsAreWrittenDown(t *testing.T) {
	dir := t.TempDir()
	begin := func(o oslua.Options) *oslua.Runtime {
		t.Helper()
		o.StateDir, o.Globals, o.RunName = dir, true, "test"
		rt, err := oslua.New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { rt.Close() })
		return rt
	}
	const two = `networks.create { name = "mine" }
local admin = auth.connect { username = "admin", project_name = "admin", password = "secret" }
admin.networks.create { name = "admin's" }
security_groups.update("default", { description = "changed" })
error "no more"`

	// Without one there is nothing, and nothing to take back.
	rt := begin(oslua.Options{NoJournal: true})
	if err := rt.RunString(t.Context(), "x", two); err == nil || rt.RunID() != "" || left(t, rt) != "" {
		t.Errorf("%v, %q, %q", err, rt.RunID(), left(t, rt))
	}
	if removed, err := rt.Rollback(t.Context(), nil); len(removed) != 0 || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
	if _, err := os.Stat(oslua.JournalFile(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a journal: %v", err)
	}

	// With one: what was made as somebody else is taken back too, and what others made stays.
	rt = begin(oslua.Options{})
	if err := rt.RunString(t.Context(), "x", two); err == nil || rt.RunID() == "" {
		t.Fatalf("%v, run %q", err, rt.RunID())
	}
	if got := left(t, rt); got != "network mine, network admin's" {
		t.Errorf("left %s", got)
	}
	told := 0
	removed, err := rt.Rollback(t.Context(), func(oslua.Removal) { told++ })
	if err != nil || told != len(removed) || left(t, rt) != "" {
		t.Errorf("removed %v, told %d, %v; left %s", removed, told, err, left(t, rt))
	}
	const check = `assert(#networks.list { name = "mine" } == 1, "what the first run made is gone")
local admin = auth.connect { username = "admin", project_name = "admin", password = "secret" }
assert(#admin.networks.list { name = "admin's" } == 1, "likewise")`
	if err := rt.RunString(t.Context(), "check", check); err != nil {
		t.Error(err)
	}
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
}
