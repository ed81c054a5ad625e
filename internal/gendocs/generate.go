package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/schema"
)

// generate writes the files below root, and removes stubs of modules that are gone.
func generate(root string) (err error) {
	rt, err := oslua.New(oslua.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Close()) }()
	mods := rt.Modules()

	types := filepath.Join(root, "types")
	if err := os.MkdirAll(types, 0o755); err != nil {
		return err
	}
	stubs := schema.Stubs(mods)
	entries, err := os.ReadDir(types)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, ok := stubs[e.Name()]; !ok && strings.HasSuffix(e.Name(), ".lua") {
			if err := os.Remove(filepath.Join(types, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := schema.WriteStubs(types, mods); err != nil {
		return err
	}
	var reference bytes.Buffer
	if err := schema.WriteReference(&reference, mods); err != nil {
		return err
	}
	docs := filepath.Join(root, "docs")
	if err := os.MkdirAll(docs, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(docs, "reference.md"), reference.Bytes(), 0o644); err != nil {
		return err
	}
	covered, err := coverage()
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, "simulator-coverage.md"), covered, 0o644)
}
