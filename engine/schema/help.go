package schema

import "io"

// Help is the text for a topic: the modules for "", a module, a function ("networks.create"), or whatever the words
// of the topic are found in ("floating ip"). Plain text in 80 columns.
func Help(mods []Module, topic string) string { return "" }

// WriteReference writes the reference of all modules in Markdown. The same modules give the same bytes.
func WriteReference(w io.Writer, mods []Module) error { return nil }

// Stubs gives the LuaCATS files of the modules for editors: file name ("networks.lua") to text.
func Stubs(mods []Module) map[string]string { return nil }

// WriteStubs writes the files of Stubs into dir.
func WriteStubs(dir string, mods []Module) error { return nil }

// ParseLua describes a module written in Lua by its doc comments: a text at the top, and `---` blocks above each
// `function M.name(...)` with @param, @return, @class and @field as LuaCATS has them, and our @raises, @example,
// @openstack and @rest.
func ParseLua(name, src string) (Module, error) { return Module{Name: name}, nil }

// Candidate is one completion: what is typed, and a few words beside it.
type Candidate struct {
	Name   string
	Detail string
}

// Completions is what a shell completes from.
type Completions struct {
	Modules []Candidate
	Funcs   map[string][]Candidate // module → its functions
	Options map[string][]Candidate // "networks.create", "ports.create.fixed_ips" → the options of that table
	Members map[string][]Candidate // kind → fields and methods of its objects
}

// Complete gathers the completions of modules.
func Complete(mods []Module) Completions { return Completions{} }
