package schema

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// WriteReference writes the reference of all modules in Markdown, in the order given. The same modules give the same
// bytes.
func WriteReference(w io.Writer, mods []Module) error {
	var b strings.Builder
	b.WriteString("# Lua reference\n\nGenerated from the descriptors; do not edit.\n\n")
	for _, m := range mods {
		fmt.Fprintf(&b, "- [%s](#%s) %s\n", title(m), anchor(title(m)), summary(m.Doc))
	}
	for _, m := range mods {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", title(m), m.Doc)
		fence(&b, m.Example)
		if len(m.Fields) > 0 {
			fmt.Fprintf(&b, "\n%s:\n\n| Name | Type | |\n| --- | --- | --- |\n", fieldsTitle(m))
			for _, f := range m.Fields {
				fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", f.Name, cell(f.Type), cell(f.Doc))
			}
		}
		for _, f := range m.Funcs {
			referenceFunc(&b, m, f)
		}
		for _, c := range m.Classes {
			fmt.Fprintf(&b, "\n### %s\n", c.Name)
			if c.Doc != "" {
				fmt.Fprintf(&b, "\n%s\n", c.Doc)
			}
			referenceParams(&b, "Field", c.Fields)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func title(m Module) string {
	if m.Name == Globals {
		return "Global functions"
	}
	return m.Name
}

func anchor(title string) string {
	return strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(title, ".", "")), " ", "-")
}

func referenceFunc(b *strings.Builder, m Module, f Func) {
	fmt.Fprintf(b, "\n### %s\n\n```\n%s\n```\n\n%s\n", qualified(m, f), strings.Join(signatures(m, f), "\n"), f.Doc)
	var args, opts []Param
	for _, p := range f.Params() {
		if p.Positional {
			args = append(args, p)
		} else {
			opts = append(opts, p)
		}
	}
	referenceParams(b, "Argument", args)
	referenceParams(b, "Option", opts)
	if rs := results(m, f); len(rs) > 0 {
		b.WriteString("\nReturns")
		for i, r := range rs {
			if i > 0 {
				b.WriteString(";")
			}
			if r.Name != "" {
				b.WriteString(" " + r.Name)
			}
			fmt.Fprintf(b, " `%s`", r.Type)
			if r.Doc != "" {
				b.WriteString(": " + strings.TrimSuffix(r.Doc, "."))
			}
		}
		b.WriteString(".\n")
	}
	if len(f.Raises) > 0 {
		fmt.Fprintf(b, "\nRaises `%s`.\n", strings.Join(f.Raises, "`, `"))
	}
	if f.CLI != "" {
		fmt.Fprintf(b, "\nThe same with the openstack command: `%s`\n", f.CLI)
	}
	if len(f.REST) > 0 {
		fmt.Fprintf(b, "\nREST: `%s`\n", strings.Join(f.REST, "`, `"))
	}
	fence(b, f.Example)
}

func referenceParams(b *strings.Builder, what string, params []Param) {
	if len(params) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | Type | Default | |\n| --- | --- | --- | --- |\n", what)
	var rows func(prefix string, params []Param)
	rows = func(prefix string, params []Param) {
		for _, p := range params {
			var notes []string
			if p.Required {
				notes = append(notes, "Required.")
			}
			if p.Doc != "" {
				notes = append(notes, p.Doc)
			}
			if p.Nullable {
				notes = append(notes, "`"+nullWord(p)+"` for none.")
			}
			if len(p.Aliases) > 0 {
				notes = append(notes, "Also `"+strings.Join(p.Aliases, "`, `")+"`.")
			}
			fmt.Fprintf(b, "| `%s` | `%s` | %s | %s |\n", prefix+p.Name, cell(p.Type), cell(p.Default), cell(strings.Join(notes, " ")))
			inner := prefix + p.Name
			if strings.HasSuffix(p.Type, "[]") {
				inner += "[]"
			}
			rows(inner+".", p.Fields)
		}
	}
	rows("", params)
}

// cell writes text so that a table of Markdown holds it.
func cell(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "|", `\|`)
}

func fence(b *strings.Builder, code string) {
	if code != "" {
		fmt.Fprintf(b, "\n```lua\n%s\n```\n", strings.Trim(code, "\n"))
	}
}

// Stubs gives the LuaCATS files of the modules for editors: file name ("networks.lua") to text.
func Stubs(mods []Module) map[string]string {
	out := map[string]string{}
	kinds := map[string]bool{}
	for _, m := range mods {
		kinds[m.Kind] = true
	}
	var strangers []string
	for _, m := range mods {
		for _, f := range m.Funcs {
			for _, kind := range refKinds(f.Params()) {
				if !kinds[kind] {
					kinds[kind] = true
					strangers = append(strangers, kind)
				}
			}
		}
	}
	for _, m := range mods {
		file := m.Name + ".lua"
		if m.Name == Globals {
			file = "globals.lua"
		}
		out[file] = stub(m)
	}
	if len(strangers) > 0 {
		slices.Sort(strangers)
		text := "---@meta\n"
		for _, kind := range strangers {
			text += "\n---@class " + kind + "\n---@field id string\n"
		}
		out["kinds.lua"] = text
	}
	return out
}

func refKinds(params []Param) (kinds []string) {
	for _, p := range params {
		if p.Ref != "" {
			kinds = append(kinds, p.Ref)
		}
		kinds = append(kinds, refKinds(p.Fields)...)
	}
	return kinds
}

// WriteStubs writes the files of Stubs into dir, which it makes.
func WriteStubs(dir string, mods []Module) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range Stubs(mods) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func stub(m Module) string {
	var b strings.Builder
	if m.Name == Globals {
		b.WriteString("---@meta\n")
	} else {
		fmt.Fprintf(&b, "---@meta %s\n", m.Name)
	}
	if m.Kind != "" {
		fmt.Fprintf(&b, "\n---@class %s\n", m.Kind)
		stubFields(&b, m.Fields)
		fmt.Fprintf(&b, "local %s = {}\n", m.Kind)
	}
	for _, c := range m.Classes {
		stubClass(&b, c.Name, c.Name, c.Doc, c.Fields)
	}
	if m.Name != Globals {
		b.WriteString("\n")
		comment(&b, m.Doc)
		fmt.Fprintf(&b, "---@class %s.module\n", m.Name)
		if f, ok := m.Lookup(m.Call); ok {
			for _, r := range results(m, f) {
				fmt.Fprintf(&b, "---@overload fun(options: %s.options): %s\n", qualified(m, f), r.Type)
			}
		}
		if m.Kind == "" {
			stubFields(&b, m.Fields)
		}
		fmt.Fprintf(&b, "local %s = {}\n", local(m))
	}
	inner := map[string]bool{}
	for _, f := range m.Funcs {
		if table, _, nested := strings.Cut(f.Name, "."); nested && !inner[table] {
			inner[table] = true
			fmt.Fprintf(&b, "\n%s.%s = {}\n", local(m), table)
		}
	}
	for _, f := range m.Funcs {
		params := f.Params()
		var args, opts []Param
		for _, p := range params {
			if p.Positional {
				p.Type = stubType(&b, qualified(m, f)+"."+p.Name, p)
				args = append(args, p)
			} else {
				opts = append(opts, p)
			}
		}
		if len(opts) > 0 {
			class := qualified(m, f) + ".options"
			stubClass(&b, "(exact) "+class, qualified(m, f), "", opts)
			required := slices.ContainsFunc(opts, func(p Param) bool { return p.Required })
			args = append(args, Param{Name: "options", Type: class, Required: required})
		}
		name := local(m) + "." + f.Name
		if m.Name == Globals {
			name = f.Name
		}
		stubFunc(&b, m, f, name, args)
		if f.Method && len(args) > 0 {
			stubFunc(&b, m, f, m.Kind+":"+f.Name, args[1:])
		}
	}
	if m.Name != Globals {
		fmt.Fprintf(&b, "\nreturn %s\n", local(m))
	}
	return lineEnd.ReplaceAllLiteralString(b.String(), "\n")
}

func stubFields(b *strings.Builder, fields []Field) {
	for _, f := range fields {
		fmt.Fprintf(b, "---@field %s %s %s\n", optionKey(f.Name), f.Type, oneLine(f.Doc))
	}
}

// local is the name of the module's table in its stub, apart from its objects'.
func local(m Module) string {
	if m.Name == m.Kind {
		return m.Name + "_module"
	}
	return m.Name
}

func stubFunc(b *strings.Builder, m Module, f Func, name string, args []Param) {
	b.WriteString("\n")
	comment(b, f.Doc)
	var names []string
	for _, a := range args {
		mark := ""
		if !a.Required && a.Name != "..." {
			mark = "?"
		}
		fmt.Fprintf(b, "---@param %s%s %s %s\n", a.Name, mark, a.Type, oneLine(a.Doc))
		names = append(names, a.Name)
	}
	for _, r := range results(m, f) {
		fmt.Fprintf(b, "---@return %s %s %s\n", r.Type, r.Name, oneLine(r.Doc))
	}
	fmt.Fprintf(b, "function %s(%s) end\n", name, strings.Join(names, ", "))
}

// stubClass writes a class; the classes of the tables in it are named after path.
func stubClass(b *strings.Builder, class, path, doc string, fields []Param) {
	fields = slices.Clone(fields)
	for i := range fields {
		fields[i].Type = stubType(b, path+"."+fields[i].Name, fields[i])
	}
	b.WriteString("\n")
	comment(b, doc)
	fmt.Fprintf(b, "---@class %s\n", class)
	for _, f := range fields {
		mark := "?"
		if f.Required && len(f.Aliases) == 0 { // editors cannot say "one of these"
			mark = ""
		}
		doc := oneLine(f.Doc)
		if f.Default != "" {
			doc = strings.TrimSpace(doc + " Default: " + f.Default + ".")
		}
		fmt.Fprintf(b, "---@field %s%s %s %s\n", optionKey(f.Name), mark, f.Type, doc)
		for _, a := range f.Aliases {
			fmt.Fprintf(b, "---@field %s? %s The same as %s.\n", optionKey(a), f.Type, f.Name)
		}
	}
}

var lineEnd = regexp.MustCompile(` +\n`)

var tableWord = regexp.MustCompile(`\btable\b`)

// stubType names a parameter's type, and writes a class for the table in it.
func stubType(b *strings.Builder, class string, p Param) string {
	typ := p.Type
	if len(p.Fields) > 0 && tableWord.MatchString(typ) && !strings.HasPrefix(typ, "{") {
		stubClass(b, "(exact) "+class, class, "", p.Fields)
		if strings.HasPrefix(typ, "table<") {
			typ = "table<string, " + strings.Replace(strings.TrimPrefix(typ, "table<string, "), "table", class, 1)
		} else {
			typ = tableWord.ReplaceAllLiteralString(typ, class)
		}
	}
	if p.Nullable && !strings.Contains(typ, "boolean") {
		typ += "|false"
	}
	return typ
}

func comment(b *strings.Builder, doc string) {
	if doc == "" {
		return
	}
	for _, line := range strings.Split(doc, "\n") {
		b.WriteString(strings.TrimRight("--- "+line, " ") + "\n")
	}
}

func oneLine(doc string) string { return strings.Join(strings.Fields(doc), " ") }
