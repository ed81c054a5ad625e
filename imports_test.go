package oslua_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/oslua/oslua"

// Other people's modules, by the short names the rules use.
var thirdParty = map[string]string{
	"gopher-lua":  "github.com/yuin/gopher-lua",
	"gophercloud": "github.com/gophercloud/gophercloud/v2",
	"readline":    "github.com/chzyer/readline",
	"cobra":       "github.com/spf13/cobra",
	"pflag":       "github.com/spf13/pflag",
	"go-pretty":   "github.com/jedib0t/go-pretty/v6",
	"x/term":      "golang.org/x/term",
	"x/crypto":    "golang.org/x/crypto",
	"x/oauth2":    "golang.org/x/oauth2",
	"x/sync":      "golang.org/x/sync",
	"x/sys":       "golang.org/x/sys",
	"x/time":      "golang.org/x/time",
	"sqlite":      "modernc.org/sqlite",
	"uuid":        "github.com/google/uuid",
	"yaml":        "go.yaml.in/yaml/v3",
}

// rules say, for each package, what it may import beside the standard library: packages of this module by their path
// ("engine/..." for a whole tree), others by their names in thirdParty. The first row whose package matches holds, and
// a package without a row is an error, so that each new one is thought about. "." is the module's own root.
var rules = []struct{ pkg, may string }{
	// The engine knows no OpenStack.
	{"engine/errs", ""},
	{"engine/rawjson", "engine/errs gopher-lua"},
	{"engine/schema", "engine/errs engine/rawjson gopher-lua"},
	{"engine/files", "engine/errs"},
	{"engine/lualib", "engine/errs engine/files gopher-lua"},
	{"engine/...", "engine/... gopher-lua"},

	// The way to a cloud.
	{"internal/clock", ""},
	{"internal/cloud", "engine/errs engine/schema internal/clock gophercloud x/oauth2 x/time yaml"},
	{"internal/rest", "engine/... internal/change internal/cloud internal/clock internal/wait gophercloud"},
	{"internal/resource", "engine/schema internal/rest"},
	{"internal/plan", "engine/... internal/change internal/clock internal/cloud internal/rest internal/term"},
	{"internal/wait", "engine/... internal/cloud internal/clock gophercloud"},
	{"internal/change", "internal/cloud"},
	{"internal/journal", "engine/errs engine/schema internal/change internal/clock internal/cloud internal/rest sqlite x/sys"},

	// What a server is told before its first start, and how to log in to it after.
	{"internal/cloudinit", "engine/errs engine/schema yaml"},
	{"internal/sshclient", "engine/errs engine/schema internal/clock internal/wait x/crypto"},

	// Bindings know neither the simulator, nor the terminal, nor each other; only the list knows them all.
	{"bindings", "bindings/... engine/... internal/cloud internal/clock internal/rest internal/sshclient internal/wait"},
	{"bindings/topology", "engine/... internal/cloud internal/rest internal/topology"},
	{"bindings/...", "engine/... internal/cloud internal/cloudinit internal/clock internal/resource internal/rest internal/sshclient internal/wait gophercloud"},

	{"internal/destroy", "engine/... internal/change internal/cloud internal/journal internal/rest internal/wait x/sync"},

	// What people look at.
	{"internal/show", "engine/... internal/term yaml"},
	{"internal/topology", "internal/term"},
	{"internal/story", "engine/... internal/cloud internal/term"},

	// The simulator is reached over HTTP or not at all.
	{"simulator/...", "simulator/... sqlite uuid x/crypto x/term yaml"},

	{"stdlib/...", "stdlib/... engine/... internal/clock internal/term"},
	// The line being typed and the tables must agree on what a column is: internal/term says.
	{"repl", "engine/... internal/show internal/term gopher-lua readline"},
	{"internal/term", "go-pretty x/term"},

	// Here it all meets: the library for Go programs, and the command on top of it.
	{"internal/controls", "engine/... simulator"},
	{"internal/twin", "engine/errs internal/clock internal/cloud internal/rest simulator/..."},
	{".", "bindings bindings/topology engine/... internal/clock internal/cloud internal/controls internal/destroy internal/journal internal/rest internal/plan internal/show internal/sshclient internal/story internal/term internal/twin simulator simulator/store stdlib"},
	{"internal/gendocs", ". bindings engine/... internal/cloud stdlib simulator/..."},
	{"scripts/...", ""},
	{"internal/cli", ". bindings engine/... internal/clock internal/cloud internal/destroy internal/journal internal/plan internal/rest internal/show internal/term internal/wait repl scripts simulator stdlib cobra pflag"},
	{"cmd/oslua", "internal/cli"},

	// What is compared with the command, and how: programs of their own.
	{"contract/...", "contract/... engine/errs internal/cloud internal/clock simulator"},
	{"measure/...", "measure/plain x/sync"},
}

// defaults are the packages that take the real time where no clock is given: each in one place.
var defaults = []string{"engine", "engine/lualib", "simulator"}

// calls are names that only some packages may use, because they end the process, write where the caller did not say, or
// make a test wait.
var calls = []struct {
	names []string
	only  []string
	why   string
}{
	{[]string{"os.Exit", "os.Stdin", "os.Stdout", "os.Stderr", "os.Args"}, []string{"cmd/...", "internal/cli", "internal/gendocs", "measure/..."}, "the process belongs to the command"},
	{[]string{"context.Background", "context.TODO"}, []string{"cmd/...", "internal/cli", "internal/gendocs", "measure/..."}, "a context is given"},
	{[]string{"time.Now", "time.Sleep", "time.Since", "time.Until", "time.After", "time.Tick"}, []string{"cmd/...", "internal/clock", "measure/..."}, "the time comes from a Clock"},
	{[]string{"log.Print", "log.Printf", "log.Println", "log.Fatal", "log.Fatalf"}, []string{"measure/..."}, "errors are returned"},
}

func TestImportRules(t *testing.T) {
	eachFile(t, 0, func(pkg, file string, f *ast.File, fset *token.FileSet) {
		may, ok := ruleFor(pkg)
		if !ok {
			t.Errorf("%s: package %s has no row in rules", file, pkg)
			return
		}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !allowed(imp, pkg, may) {
				t.Errorf("%s: %s may not import %s (it may: %s)", fset.Position(spec.Pos()), pkg, imp, may)
			}
		}
	})
}

func TestHouseRules(t *testing.T) {
	eachFile(t, 0, func(pkg, _ string, f *ast.File, fset *token.FileSet) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: init(): nothing registers itself here, say it where it is used", fset.Position(fn.Pos()))
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			name := x.Name + "." + sel.Sel.Name
			for _, c := range calls {
				for _, banned := range c.names {
					if name == "time.Now" && matchesAny(pkg, defaults) {
						continue
					}
					if name == banned && !matchesAny(pkg, c.only) {
						t.Errorf("%s: %s in %s: %s", fset.Position(n.Pos()), name, pkg, c.why)
					}
				}
			}
			return true
		})
	})
}

// eachFile parses the Go files of the module, without its tests.
func eachFile(t *testing.T, mode parser.Mode, visit func(pkg, file string, f *ast.File, fset *token.FileSet)) {
	t.Helper()
	fset := token.NewFileSet()
	n := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "dist") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, filepath.FromSlash(name), nil, mode|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		n++
		visit(path.Dir(name), name, f, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Fatal("no Go files found")
	}
}

func ruleFor(pkg string) (may string, ok bool) {
	for _, r := range rules {
		if matches(pkg, r.pkg) {
			return r.may, true
		}
	}
	return "", false
}

func allowed(imp, pkg, may string) bool {
	if own, ok := strings.CutPrefix(imp+"/", module+"/"); ok {
		own = strings.TrimSuffix(own, "/")
		if own == "" {
			own = "."
		}
		return matchesAny(own, strings.Fields(may))
	}
	if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	for _, name := range strings.Fields(may) {
		if root, ok := thirdParty[name]; ok && (imp == root || strings.HasPrefix(imp, root+"/")) {
			return true
		}
	}
	return false
}

func matchesAny(pkg string, patterns []string) bool {
	for _, p := range patterns {
		if matches(pkg, p) {
			return true
		}
	}
	return false
}

func matches(pkg, pattern string) bool {
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == tree || strings.HasPrefix(pkg, tree+"/")
	}
	return pkg == pattern
}

func TestRulesCatchAnOffender(t *testing.T) {
	for _, tt := range []struct {
		pkg, imp string
		want     bool
	}{
		{"engine", "github.com/yuin/gopher-lua/parse", true},
		{"engine", "net/http", true},
		{"engine", module + "/bindings", false},
		{"engine", "github.com/gophercloud/gophercloud/v2", false},
		{"bindings/networks", module + "/bindings/subnets", false},
		{"bindings/networks", module + "/simulator", false},
		{"bindings/networks", module + "/internal/cloud", true},
		{"simulator/network", "github.com/gophercloud/gophercloud/v2", false},
		{"simulator/network", module + "/engine", false},
		{"repl", module, false},
		{".", module + "/internal/cli", false},
		{"cmd/oslua", module + "/internal/cli", true},
	} {
		may, _ := ruleFor(tt.pkg)
		if got := allowed(tt.imp, tt.pkg, may); got != tt.want {
			t.Errorf("may %s import %s? got %v", tt.pkg, tt.imp, got)
		}
	}
}
