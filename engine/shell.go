package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine/lualib"
	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// Eval runs one entry of a shell and gives its values: an expression needs no return. Globals stay for the next entry,
// and so do the locals declared outside of any block: the entries are parts of one chunk, as it were. Clean-ups wait
// for Close. When the entry is not complete, IsIncomplete says so of the error. The values belong to the machine: look
// at them in With, or through Format.
func (m *Machine) Eval(ctx context.Context, name, code string) (values []lua.LValue, err error) {
	err = m.enter(ctx, func(L *lua.LState, r *run) error {
		m.session.ctx = context.WithoutCancel(ctx)
		defer func() { m.session.defers = append(m.session.defers, r.defers...) }()
		fn, e := m.entry(name, code)
		if e != nil {
			return e
		}
		values, e = m.invoke(L, fn, nil)
		return e
	})
	return values, err
}

// IsIncomplete reports whether err says that a chunk ends too early, so that more lines may complete it.
func IsIncomplete(err error) bool {
	var i *incompleteError
	return errors.As(err, &i)
}

// CheckEntry says what is wrong with the form of an entry, nil for nothing, without running it.
func CheckEntry(name, code string) error {
	_, err := parseEntry(name, code)
	return err
}

// IsExpression reports whether an entry is one that gives values without a return.
func IsExpression(code string) bool {
	_, err := lualib.Parse("", []byte("return "+code))
	return err == nil
}

// parseEntry reads an entry as an expression first, then as statements.
func parseEntry(name, code string) ([]ast.Stmt, error) {
	asValue, valueErr := lualib.Parse(name, []byte("return "+code))
	if valueErr == nil {
		return asValue, nil
	}
	stmts, err := lualib.Parse(name, []byte(code))
	if err == nil {
		return stmts, nil
	}
	err = syntaxError(name, code, err)
	if unfinished := syntaxError(name, code, valueErr); !IsIncomplete(err) && IsIncomplete(unfinished) {
		return nil, unfinished // "1 +" is the beginning of an expression only
	}
	return nil, err
}

// locals are the variables that entries of a shell declared, by name. A variable is the very upvalue its closures have,
// so an assignment in a later entry reaches a function of an earlier one, and a second "local x" leaves the functions
// of the first alone, as in a script.
type locals map[string]*lua.Upvalue

// keepName is the function that entries call to hand their locals over. No script can have a variable of that name.
const keepName = "(keep)"

var word = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// entry makes the function of an entry: one in which the locals of earlier entries are upvalues, and which hands over
// each local it declares, at once, so that those before an error stay.
func (m *Machine) entry(name, code string) (*lua.LFunction, error) {
	m.texts[name] = code
	stmts, err := parseEntry(name, code)
	if err != nil {
		return nil, err
	}
	known := []string{keepName}
	for _, w := range word.FindAllString(code, -1) {
		if m.locals[w] != nil && !slices.Contains(known, w) {
			known = append(known, w)
		}
	}
	proto, err := compileEntry(name, known, keepLocals(stmts))
	if err != nil {
		return nil, syntaxError(name, code, err)
	}
	fn := m.root.NewFunctionFromProto(proto)
	for i, up := range proto.DbgUpvalues {
		if up == keepName {
			fn.Upvalues[i] = &lua.Upvalue{}
			fn.Upvalues[i].SetValue(m.root.NewFunction(m.keep))
		} else {
			fn.Upvalues[i] = m.locals[up]
		}
	}
	return fn, nil
}

// compileEntry compiles the statements inside of a function that declares the known names, and gives the inner one.
func compileEntry(name string, known []string, stmts []ast.Stmt) (proto *lua.FunctionProto, err error) {
	defer func() {
		if r := recover(); r != nil {
			proto, err = nil, fmt.Errorf("%s: cannot compile: %v", name, r)
		}
	}()
	inner := &ast.FunctionExpr{ParList: &ast.ParList{HasVargs: true}, Stmts: stmts}
	if n := len(stmts); n > 0 {
		inner.SetLastLine(stmts[n-1].LastLine() + 1)
	}
	outer, err := lua.Compile([]ast.Stmt{
		&ast.LocalAssignStmt{Names: known},
		&ast.ReturnStmt{Exprs: []ast.Expr{inner}},
	}, name)
	if err != nil {
		return nil, err
	}
	return outer.FunctionPrototypes[0], nil
}

// keepLocals puts a call of keep behind each declaration of locals: (keep)(function() return a, b end).
func keepLocals(stmts []ast.Stmt) []ast.Stmt {
	out := make([]ast.Stmt, 0, len(stmts))
	for _, s := range stmts {
		out = append(out, s)
		local, ok := s.(*ast.LocalAssignStmt)
		if !ok {
			continue
		}
		line := max(s.Line(), s.LastLine())
		values := &ast.ReturnStmt{}
		values.SetLine(line)
		for _, name := range local.Names {
			values.Exprs = append(values.Exprs, ident(name, line))
		}
		fn := &ast.FunctionExpr{ParList: &ast.ParList{}, Stmts: []ast.Stmt{values}}
		fn.SetLine(line)
		fn.SetLastLine(line)
		call := &ast.FuncCallExpr{Func: ident(keepName, line), Args: []ast.Expr{fn}}
		call.SetLine(line)
		call.SetLastLine(line)
		keep := &ast.FuncCallStmt{Expr: call}
		keep.SetLine(line)
		keep.SetLastLine(line)
		out = append(out, keep)
	}
	return out
}

func ident(name string, line int) *ast.IdentExpr {
	e := &ast.IdentExpr{Value: name}
	e.SetLine(line)
	e.SetLastLine(line)
	return e
}

// keep takes over the upvalues of the function it is given.
func (m *Machine) keep(L *lua.LState) int {
	fn := L.CheckFunction(1)
	if m.locals == nil {
		m.locals = locals{}
	}
	for i, name := range fn.Proto.DbgUpvalues {
		m.locals[name] = fn.Upvalues[i]
	}
	return 0
}

// LocalNames gives the names of the locals that entries declared, sorted. Call it in With.
func (m *Machine) LocalNames() []string { return slices.Sorted(maps.Keys(m.locals)) }

// Lookup gives the value of a variable of the shell: a local of an entry, or else a global. Call it in With.
func (m *Machine) Lookup(name string) lua.LValue {
	if up := m.locals[name]; up != nil {
		return up.Value()
	}
	return m.root.G.Global.RawGetString(name)
}

// NameOf gives what a function of a module or of the library is called: "networks.create". Call it in With.
func (m *Machine) NameOf(fn *lua.LFunction) string {
	if name := m.named[fn]; name != "" {
		return name
	}
	return m.builtinName(fn)
}

// SourceOf gives the text of a function written in Lua, and where it stands ("entry 3:1"). Call it in With.
func (m *Machine) SourceOf(fn *lua.LFunction) (text, where string, ok bool) {
	if fn.IsG || fn.Proto == nil {
		return "", "", false
	}
	name, first, last := fn.Proto.SourceName, fn.Proto.LineDefined, fn.Proto.LastLineDefined
	whole, ok := m.texts[name]
	if !ok {
		return "", "", false
	}
	lines := strings.Split(whole, "\n")
	first = max(first, 1)
	if first > len(lines) {
		return "", "", false
	}
	last = min(max(last, first), len(lines))
	return strings.Join(lines[first-1:last], "\n"), fmt.Sprintf("%s:%d", name, first), true
}

// Replace puts modules into the place of those of the same names, those that are loaded too: a shell goes on on another
// cloud. Variables that hold objects or functions of the old ones keep them.
func (m *Machine) Replace(mods []schema.Module) {
	m.baton.Lock()
	defer m.baton.Unlock()
	old := m.mods
	m.mods = &moduleSet{machine: m, kinds: map[string]*lua.LTable{}, tables: map[string]*lua.LTable{}}
	m.mods.extra = append(slices.Clone(old.extra), mods...)
	loaded, _ := m.root.G.Registry.RawGetString("_LOADED").(*lua.LTable)
	for _, mod := range mods {
		t := old.tables[mod.Name]
		if t == nil {
			continue
		}
		if loaded != nil && loaded.RawGetString(mod.Name) == lua.LValue(t) {
			loaded.RawSetString(mod.Name, lua.LNil)
		}
		if m.root.G.Global.RawGetString(mod.Name) == lua.LValue(t) {
			m.root.G.Global.RawSetString(mod.Name, lua.LNil)
		}
		delete(m.loads.byName, mod.Name)
	}
}

// With calls fn with the baton held. fn may read and write tables by raw access; it must not run Lua or keep L.
func (m *Machine) With(fn func(L *lua.LState)) {
	m.baton.Lock()
	defer m.baton.Unlock()
	fn(m.root)
}

// Format gives a value as print would write it, by its __tostring where it has one.
func (m *Machine) Format(ctx context.Context, v lua.LValue) string {
	text := ""
	err := m.enter(ctx, func(L *lua.LState, _ *run) error {
		text, _ = m.text(L, v)
		return nil
	})
	if err != nil {
		return v.String()
	}
	return text
}
