// Package stdlib is what scripts need besides the cloud: modules written in Lua, and in Go where Lua can't.
package stdlib

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/oslua/oslua/engine/schema"
)

//go:embed *.lua
var files embed.FS

// Sources gives the modules written in Lua: name to source text.
func Sources() map[string]string {
	sources := map[string]string{}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err) // the embedded folder is part of the binary
	}
	for _, e := range entries {
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			panic(err)
		}
		sources[strings.TrimSuffix(e.Name(), ".lua")] = string(text)
	}
	return sources
}

// Modules gives the modules written in Go.
func Modules(o Options) []schema.Module {
	return []schema.Module{textModule(o), progressModule(o)}
}
