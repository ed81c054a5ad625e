package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator"
	"github.com/oslua/oslua/simulator/web"
)

const coverageHead = `# What the simulator answers

Written from the services' tables of routes by ` + "`go generate ./...`" + `; do not edit. Paths are below the service's prefix. What
the real service has and the simulator has not answers 501 and names itself. A path that is in neither list is answered
as the real service answers a path it does not know.
`

// coverage describes what the simulator answers, from its routes and from what its packages say about themselves.
func coverage() (_ []byte, err error) {
	sim, err := simulator.Start(context.Background(), simulator.Options{Memory: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sim.Close()) }()
	source, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(coverageHead)
	b.WriteString("\n| service | prefix | answered | 501 |\n| --- | --- | --- | --- |\n")
	for _, s := range sim.Services() {
		answered, missing := split(s.Routes)
		fmt.Fprintf(&b, "| [%s](#%s) | `%s` | %d | %d |\n", s.Name, s.Name, s.Prefix, len(answered), len(missing))
	}
	for _, s := range sim.Services() {
		if err := writeService(&b, s, source); err != nil {
			return nil, err
		}
	}
	return []byte(b.String()), nil
}

func writeService(b *strings.Builder, s *web.Service, source string) error {
	answered, missing := split(s.Routes)
	fmt.Fprintf(b, "\n## %s\n", s.Name)
	differs, err := onPurpose(filepath.Join(source, "simulator", packageOf(s.Name), "doc.go"))
	if err != nil {
		return err
	}
	if differs != "" {
		fmt.Fprintf(b, "\nWhat differs on purpose: %s\n", differs)
	}
	b.WriteString("\n| method | path | |\n| --- | --- | --- |\n")
	for _, r := range answered {
		note := r.Doc
		if r.Public && s.Auth != nil {
			note += " Needs no token."
		}
		fmt.Fprintf(b, "| %s | `%s` | %s |\n", r.Method, readable(r.Pattern), note)
	}
	if len(missing) == 0 {
		return nil
	}
	b.WriteString("\nNot implemented (501):\n\n| method | path | |\n| --- | --- | --- |\n")
	for _, r := range missing {
		fmt.Fprintf(b, "| %s | `%s` | %s |\n", cmp.Or(r.Method, "any"), readable(r.Pattern), r.Doc)
	}
	return nil
}

// packageOf is the package that a service is written in.
func packageOf(service string) string {
	if service == "openid" {
		return "oidc"
	}
	return service
}

// readable is a pattern as people write paths.
func readable(pattern string) string {
	pattern = strings.TrimSuffix(pattern, "{$}")
	return strings.ReplaceAll(pattern, "...}", "}")
}

// split tells the routes that are answered from those that are missing, each in the order of paths.
func split(routes []web.Route) (answered, missing []web.Route) {
	sorted := slices.Clone(routes)
	slices.SortStableFunc(sorted, func(a, b web.Route) int { return cmp.Compare(a.Pattern, b.Pattern) })
	for _, r := range sorted {
		if r.Missing {
			missing = append(missing, r)
		} else {
			answered = append(answered, r)
		}
	}
	return answered, missing
}

// onPurpose finds what a package's own description says about differences: the text behind "differs on purpose".
func onPurpose(file string) (string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	_, text, found := strings.Cut(f.Doc.Text(), "differs on purpose")
	if !found {
		return "", nil
	}
	text = strings.TrimLeft(text, ":\n ")
	text, _, _ = strings.Cut(text, "\n\n")
	return strings.Join(strings.Fields(text), " "), nil
}

// moduleRoot is the directory of go.mod, here or above.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("go.mod is nowhere above the working directory")
		}
		dir = up
	}
}
