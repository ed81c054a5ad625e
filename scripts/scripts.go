// Package scripts holds the course: its labs are scripts, and are built into the command too.
package scripts

import (
	"embed"
	"io/fs"
	"slices"
	"strings"
)

//go:embed labs/*.lua
var files embed.FS

const prefix, suffix = "lab", ".lua"

// Labs gives the names of the labs in the course's order: "1-4".
func Labs() []string {
	entries, err := fs.ReadDir(files, "labs")
	if err != nil {
		panic(err) // the embedded folder is part of the binary
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutPrefix(e.Name(), prefix); ok {
			names = append(names, strings.TrimSuffix(name, suffix))
		}
	}
	slices.Sort(names) // files come with their suffix in the order, which puts "1-4-broken" before "1-4"
	return names
}

// Lab gives the script of a lab, and the name it goes by in errors.
func Lab(name string) (file, code string, ok bool) {
	file = prefix + name + suffix
	text, err := fs.ReadFile(files, "labs/"+file)
	return file, string(text), err == nil
}
