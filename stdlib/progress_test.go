package stdlib_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oslua/oslua"
)

// remember runs code with progress kept in dir, and gives what was printed and what was told.
func remember(t *testing.T, dir, project, code string) (out, notices string) {
	t.Helper()
	var printed bytes.Buffer
	env := map[string]string{"OS_AUTH_URL": "http://cloud.example/v3", "OS_USERNAME": "u", "OS_PASSWORD": "secret", "OS_PROJECT_NAME": project}
	r, err := oslua.New(oslua.Options{Stdout: &printed, StateDir: dir, Notice: func(line string) { notices += line + "\n" },
		LookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.RunString(t.Context(), "test", `local progress = require "progress"; `+code); err != nil {
		t.Error(err)
	}
	return printed.String(), notices
}

const tell = ` local p = progress.get "x"; local first = {}
	for step in pairs(p.first) do first[#first + 1] = step end
	table.sort(first)
	print(table.concat(p.holds, ","), p.steps, table.concat(first, ","), p.hints.a)`

func TestProgressIsKeptByCloudProjectAndLab(t *testing.T) {
	dir := t.TempDir()
	if got, _ := remember(t, dir, "one", tell); got != "\t0\t\tnil\n" {
		t.Errorf("at first: %q", got)
	}
	remember(t, dir, "one", `progress.looked("x", { holds = { "a", "b" }, steps = 3 }) progress.hinted("x", { step = "a", level = 2 })
		progress.hinted("x", { step = "a", level = 1 })`)
	if got, _ := remember(t, dir, "one", tell); got != "a,b\t3\ta,b\t2\n" {
		t.Errorf("later: %q", got)
	}
	// What was undone holds no more, and was done once all the same.
	remember(t, dir, "one", `progress.looked("x", { holds = {}, steps = 3 })`)
	if got, _ := remember(t, dir, "one", tell); got != "\t3\ta,b\t2\n" {
		t.Errorf("after a reset: %q", got)
	}
	if got, _ := remember(t, dir, "two", tell); got != "\t0\t\tnil\n" {
		t.Errorf("another project knows of it: %q", got)
	}
	files, err := filepath.Glob(filepath.Join(dir, "labs", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files: %v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil || strings.Contains(string(text), "secret") || !strings.Contains(string(text), "http://cloud.example/v3") {
		t.Errorf("the file, %v:\n%s", err, text)
	}
}

func TestBrokenProgressBeginsAnew(t *testing.T) {
	dir := t.TempDir()
	remember(t, dir, "one", `progress.looked("x", { holds = { "a" }, steps = 3 })`)
	files, _ := filepath.Glob(filepath.Join(dir, "labs", "*"))
	for text, want := range map[string]string{
		`{"holds": ["a"`: "\t0\t\tnil\n", "": "\t0\t\tnil\n", `[]`: "\t0\t\tnil\n",
		`{"steps": 2, "holds": null, "first": null}`: "\t2\t\tnil\n",
	} {
		if err := os.WriteFile(files[0], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, notices := remember(t, dir, "one", tell)
		if got != want {
			t.Errorf("%s: %q", text, got)
		}
		if broken := !strings.HasPrefix(text, `{"steps"`); broken != strings.Contains(notices, "begins anew") {
			t.Errorf("%s: told %q", text, notices)
		}
	}
	remember(t, dir, "one", `progress.looked("x", { holds = { "b" }, steps = 3 })`)
	if got, notices := remember(t, dir, "one", tell); got != "b\t3\tb\tnil\n" || notices != "" {
		t.Errorf("after: %q, told %q", got, notices)
	}
}

func TestProgressThatCannotBeKeptIsToldAndNoMore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, notices := remember(t, dir, "one", `progress.looked("x", { holds = { "a" }, steps = 3 })`)
	if !strings.Contains(notices, "lab x") {
		t.Errorf("told %q", notices)
	}
	if got, _ := remember(t, "", "one", `progress.looked("x", { holds = {}, steps = 3 })`+tell); got != "\t0\t\tnil\n" {
		t.Errorf("without a place to keep it: %q", got)
	}
	_, err := os.Stat(dir)
	if err != nil {
		t.Error(err)
	}
}

func TestNamesOfLabsLeadToNoOtherFile(t *testing.T) {
	out, _ := remember(t, t.TempDir(), "one", `for _, name in ipairs { "../x", "", "a/b", ".." } do print(select(2, try(progress.get, name)).code) end`)
	if out != strings.Repeat("bad_argument\n", 4) {
		t.Errorf("got %q", out)
	}
}
