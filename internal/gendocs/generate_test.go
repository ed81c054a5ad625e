package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// What is in the repository must be what the descriptors give.
func TestGeneratedFilesAreFresh(t *testing.T) {
	fresh := t.TempDir()
	if err := generate(fresh); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join("..", "..")
	for _, dir := range []string{"types", "docs"} {
		compare(t, os.DirFS(filepath.Join(fresh, dir)), os.DirFS(filepath.Join(root, dir)), dir, "is stale or missing")
	}
	compare(t, os.DirFS(filepath.Join(root, "types")), os.DirFS(filepath.Join(fresh, "types")), "types", "describes a module that is gone")
}

// compare reports each file of want that have does not hold with the same text.
func compare(t *testing.T, want, have fs.FS, dir, complaint string) {
	t.Helper()
	err := fs.WalkDir(want, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		w, err := fs.ReadFile(want, name)
		if err != nil {
			return err
		}
		h, err := fs.ReadFile(have, name)
		if err != nil || !bytes.Equal(w, h) {
			t.Errorf("%s/%s %s: run go generate ./...", dir, name, complaint)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
