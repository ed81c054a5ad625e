package files_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		return "!" + errText(err)
	}
	return string(text)
}

func errText(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "missing"
	}
	return err.Error()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func at(t *testing.T, c *files.Copy, path string, keep bool) string {
	t.Helper()
	to, err := c.Write(path, keep)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func TestCopyLeavesTheDiskAlone(t *testing.T) {
	dir := t.TempDir()
	old, other, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "other"), filepath.Join(dir, "fresh")
	write(t, old, "old")
	write(t, other, "other")
	c := files.NewCopy()

	if got := c.Read(old); got != old {
		t.Errorf("what nobody wrote is read at %s", got)
	}
	write(t, at(t, c, fresh, false), "made")
	if got := read(t, c.Read(fresh)); got != "made" {
		t.Errorf("fresh reads %q", got)
	}
	if got := read(t, at(t, c, old, true)); got != "old" {
		t.Errorf("kept %q", got)
	}
	write(t, at(t, c, old, false), "new")
	if got := read(t, c.Read(old)); got != "new" {
		t.Errorf("old reads %q", got)
	}
	if err := c.Rename(other, filepath.Join(dir, "renamed")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, c.Read(other)) + " " + read(t, c.Read(filepath.Join(dir, "renamed"))); got != "!missing other" {
		t.Errorf("after the renaming: %q", got)
	}
	if err := c.Remove(other); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removing what is gone: %v", err)
	}
	if err := c.Remove(fresh); err != nil {
		t.Fatal(err)
	}
	if got := read(t, c.Read(fresh)); got != "!missing" {
		t.Errorf("fresh is removed, and reads %q", got)
	}

	want := []files.Change{{"write", old}, {"write", filepath.Join(dir, "renamed")}, {"remove", other}}
	if got := c.Changes(); !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if got := read(t, old) + " " + read(t, other) + " " + read(t, fresh); got != "old other !missing" {
		t.Errorf("the disk has %q", got)
	}
	temp, err := c.Temp()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, temp); got != "!missing" {
		t.Errorf("%s is left: %q", temp, got)
	}
}

// What would fail on the disk fails in a copy.
func TestCopyRefusesWhatTheDiskWould(t *testing.T) {
	dir := t.TempDir()
	c := files.NewCopy()
	defer c.Close()
	for name, do := range map[string]func() error{
		"write into no folder": func() error { _, err := c.Write(filepath.Join(dir, "no", "x"), false); return err },
		"write a folder":       func() error { _, err := c.Write(dir, false); return err },
		"remove nothing":       func() error { return c.Remove(filepath.Join(dir, "no")) },
		"rename nothing":       func() error { return c.Rename(filepath.Join(dir, "no"), filepath.Join(dir, "x")) },
		"remove a full folder": func() error { write(t, filepath.Join(dir, "in"), ""); return c.Remove(dir) },
		"run a program":        func() error { return c.MayRun("os.execute") },
	} {
		if do() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if got := errs.CodeOf(c.MayRun("os.execute")); got != errs.Forbidden {
		t.Errorf("a program: %s", got)
	}
	if got := c.Changes(); len(got) != 0 {
		t.Errorf("changes %v", got)
	}
}

func TestTemporaryFilesAreNoChange(t *testing.T) {
	c := files.NewCopy()
	defer c.Close()
	dir, err := c.Temp()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "t")
	if got := at(t, c, path, false); got != path {
		t.Errorf("a temporary file is at %s", got)
	}
	write(t, path, "x")
	if err := c.Remove(path); err != nil {
		t.Error(err)
	}
	if got := c.Changes(); len(got) != 0 {
		t.Errorf("changes %v", got)
	}
}

func TestNilIsTheDisk(t *testing.T) {
	var c *files.Copy
	path := filepath.Join(t.TempDir(), "x")
	if got := at(t, c, path, true) + c.Read(path); got != path+path {
		t.Errorf("paths %s", got)
	}
	write(t, path, "x")
	if err := errors.Join(c.Rename(path, path+"2"), c.Remove(path+"2"), c.MayRun("x"), c.Close()); err != nil {
		t.Error(err)
	}
	if dir, err := c.Temp(); dir != "" || err != nil || c.Changes() != nil {
		t.Errorf("Temp() = %q, %v; %v", dir, err, c.Changes())
	}
}
