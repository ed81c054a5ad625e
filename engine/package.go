package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// loading is a module on its way in. Another task that requires it waits.
type loading struct {
	owner *strand
	done  chan struct{}
}

// loads has a lock of its own: a coroutine that is abandoned while it loads a module leaves without the baton.
type loads struct {
	mu     sync.Mutex
	byName map[string]*loading
}

func (s *loads) get(name string) *loading {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byName[name]
}

// begin marks a module; end takes the mark away and lets the waiting tasks go on.
func (s *loads) begin(name string, owner *strand) (end func()) {
	l := &loading{owner: owner, done: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byName[name] = l
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.byName, name)
		close(l.done)
	}
}

func (m *Machine) openPackage() {
	p := m.root.CreateTable(0, 8)
	loaded := m.root.CreateTable(0, 16)
	p.RawSetString("loaded", loaded)
	p.RawSetString("preload", m.root.CreateTable(0, 4))
	p.RawSetString("path", lua.LString(""))
	p.RawSetString("cpath", lua.LString(""))
	p.RawSetString("config", lua.LString(string(os.PathSeparator)+"\n;\n?\n!\n-\n"))
	p.RawSetString("searchpath", m.root.NewFunction(m.searchPath))
	p.RawSetString("seeall", m.root.NewFunction(func(L *lua.LState) int {
		t := L.CheckTable(1)
		meta, ok := t.Metatable.(*lua.LTable)
		if !ok {
			meta = L.CreateTable(0, 1)
			t.Metatable = meta
		}
		meta.RawSetString("__index", L.G.Global)
		return 0
	}))
	p.RawSetString("loadlib", m.root.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LNil)
		L.Push(lua.LString("libraries in C cannot be loaded"))
		L.Push(lua.LString("absent"))
		return 3
	}))
	loaders := m.root.CreateTable(3, 0)
	for i, fn := range []lua.LGFunction{m.loadPreload, m.loadBuiltin, m.loadFile} {
		loaders.RawSetInt(i+1, m.root.NewFunction(fn))
	}
	p.RawSetString("loaders", loaders)
	p.RawSetString("searchers", loaders)
	g := m.root.G.Global
	for _, name := range []string{"string", "table", "math", "os", "io", "utf8", "bit32", "debug", "coroutine"} {
		if v := g.RawGetString(name); v != lua.LNil {
			loaded.RawSetString(name, v)
		}
	}
	loaded.RawSetString("_G", g)
	loaded.RawSetString("package", p)
	task := m.openTask()
	loaded.RawSetString("task", task)
	g.RawSetString("task", task)
	g.RawSetString("package", p)
	g.RawSetString("require", m.root.NewFunction(m.require))
	// The registry's names are where Lua's own C code looks.
	m.root.G.Registry.RawSetString("_LOADED", loaded)
	m.root.G.Registry.RawSetString("_LOADERS", loaders)
	if m.o.Globals {
		m.openGlobals()
	}
	m.setPath("")
}

// openGlobals makes modules appear as globals when they are first used.
func (m *Machine) openGlobals() {
	meta := m.root.CreateTable(0, 1)
	meta.RawSetString("__index", m.root.NewFunction(func(L *lua.LState) int {
		name, ok := L.Get(2).(lua.LString)
		if !ok || !m.mods.has(string(name)) {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(L.G.Global.RawGetString("require"))
		L.Push(name)
		L.Call(1, 1)
		L.G.Global.RawSetString(string(name), L.Get(-1))
		return 1
	}))
	m.root.G.Global.Metatable = meta
}

// setPath makes package.path: the script's folder, then those of the options. Never the current folder.
func (m *Machine) setPath(dir string) {
	var templates []string
	add := func(d string) {
		templates = append(templates, filepath.Join(d, "?.lua"), filepath.Join(d, "?", "init.lua"))
	}
	if dir != "" {
		add(dir)
	}
	if !m.o.Sandbox {
		for _, d := range m.o.Path {
			switch {
			case d == "":
			case strings.Contains(d, "?"):
				templates = append(templates, d)
			default:
				add(d)
			}
		}
	}
	if p, ok := m.root.G.Global.RawGetString("package").(*lua.LTable); ok {
		p.RawSetString("path", lua.LString(strings.Join(templates, ";")))
	}
	m.scriptDir = dir
}

// packageField reads a field of the package table, which a script may have replaced.
func (m *Machine) packageField(L *lua.LState, name string) lua.LValue {
	loaded, _ := m.root.G.Registry.RawGetString("_LOADED").(*lua.LTable)
	if p, ok := loaded.RawGetString("package").(*lua.LTable); ok {
		return p.RawGetString(name)
	}
	return lua.LNil
}

func (m *Machine) require(L *lua.LState) int {
	name := L.CheckString(1)
	s := fiberOf(L).strand
	loaded, _ := m.root.G.Registry.RawGetString("_LOADED").(*lua.LTable)
	for {
		if v := loaded.RawGetString(name); lua.LVAsBool(v) {
			L.Push(v)
			return 1
		}
		l := m.loads.get(name)
		if l == nil {
			break
		}
		if loops(s, l) {
			L.Error(lua.LString(m.lib.Where(L, 1)+"loop while loading module '"+name+"': it is required by a module that it requires"), 0)
		}
		s.waits = l
		err := m.blocking(L, func(ctx context.Context) error {
			select {
			case <-l.done:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		s.waits = nil
		if err != nil {
			m.raiseGo(L, err)
		}
	}
	// On a thread of its own, so that the mark goes whatever happens.
	th, fail := func() (*lua.LState, *failure) {
		defer m.loads.begin(name, s)()
		L.Push(lua.LString(name))
		return m.protect(L, L.NewFunction(m.load), 1)
	}()
	if fail != nil {
		m.rethrow(L, fail, fail.trace)
	}
	return m.give(L, th)
}

// loops reports whether a strand that waits for l would wait for itself.
func loops(s *strand, l *loading) bool {
	for range 1000 {
		for up := s; up != nil; up = up.parent {
			if l.owner == up {
				return true
			}
		}
		if l = l.owner.waits; l == nil {
			return false
		}
	}
	return true
}

// load asks the loaders, in order, runs what the first of them found, and keeps its value.
func (m *Machine) load(L *lua.LState) int {
	name := L.CheckString(1)
	loaders, ok := m.packageField(L, "loaders").(*lua.LTable)
	if !ok {
		L.RaiseError("'package.loaders' must be a table")
	}
	var tried strings.Builder
	for i := 1; ; i++ {
		loader := loaders.RawGetInt(i)
		if loader == lua.LNil {
			m.notFound(L, name, tried.String())
		}
		L.SetTop(1)
		L.Push(loader)
		L.Push(lua.LString(name))
		L.Call(1, 2)
		switch found := L.Get(2).(type) {
		case *lua.LFunction:
			extra := L.Get(3)
			loaded, _ := m.root.G.Registry.RawGetString("_LOADED").(*lua.LTable)
			L.SetTop(1)
			L.Push(found)
			L.Push(lua.LString(name))
			L.Push(extra)
			L.Call(2, 1)
			v := L.Get(2)
			if v == lua.LNil {
				// The module may have put itself there.
				if v = loaded.RawGetString(name); !lua.LVAsBool(v) {
					v = lua.LTrue
				}
			}
			loaded.RawSetString(name, v)
			L.Push(v)
			return 1
		case lua.LString:
			tried.WriteString(string(found))
		}
	}
}

func (m *Machine) notFound(L *lua.LState, name, tried string) {
	e := errs.New(errs.Runtime, "module '%s' not found:%s", name, tried)
	e.Op = "require"
	if near := schema.Nearest(name, m.mods.names()); near != "" {
		e = e.WithHint("did you mean require %q?", near)
	} else {
		e = e.WithHint("put %s.lua beside the script, or into a folder of OSLUA_PATH; help() lists the built-in modules", strings.ReplaceAll(name, ".", "/"))
	}
	m.unlessStopped(L)
	e.Where = m.callerWhere(L)
	m.raiseGo(L, e)
}

// callerWhere is the position of the first Lua function below L's Go functions.
func (m *Machine) callerWhere(L *lua.LState) string {
	return strings.TrimSuffix(m.lib.Where(L, 1), ": ")
}

func (m *Machine) loadPreload(L *lua.LState) int {
	name := L.CheckString(1)
	if t, ok := m.packageField(L, "preload").(*lua.LTable); ok {
		if fn := t.RawGetString(name); fn != lua.LNil {
			L.Push(fn)
			return 1
		}
	}
	L.Push(lua.LString("\n\tno field package.preload['" + name + "']"))
	return 1
}

// loadBuiltin finds modules of Go and those that came as source.
func (m *Machine) loadBuiltin(L *lua.LState) int {
	name := L.CheckString(1)
	if src, ok := m.o.Sources[name]; ok {
		fn, err := m.compile("built-in/"+name+".lua", src)
		if err != nil {
			m.raiseGo(L, err)
		}
		L.Push(fn)
		return 1
	}
	if name == "json" {
		L.Push(L.NewFunction(rawjson.Loader))
		return 1
	}
	if mod, ok := m.mods.find(name); ok {
		L.Push(L.NewFunction(func(L *lua.LState) int {
			L.Push(m.mods.table(mod))
			return 1
		}))
		return 1
	}
	L.Push(lua.LString("\n\tno built-in module '" + name + "'"))
	return 1
}

func (m *Machine) loadFile(L *lua.LState) int {
	name := L.CheckString(1)
	path, ok := m.packageField(L, "path").(lua.LString)
	if !ok {
		L.RaiseError("'package.path' must be a string")
	}
	file, tried := m.search(name, string(path))
	if file == "" {
		L.Push(lua.LString(tried))
		return 1
	}
	src, err := os.ReadFile(file)
	if err != nil {
		e := errs.New(errs.Runtime, "cannot read module '%s': %v", name, err)
		e.Cause = err
		m.raiseGo(L, e)
	}
	fn, err := m.compile(file, string(src))
	if err != nil {
		if e := (*errs.Error)(nil); errors.As(err, &e) {
			e.Traceback = m.traceback(L)
		}
		m.raiseGo(L, err)
	}
	L.Push(fn)
	L.Push(lua.LString(file))
	return 2
}

func (m *Machine) searchPath(L *lua.LState) int {
	file, tried := m.search(L.CheckString(1), L.CheckString(2))
	if file != "" {
		L.Push(lua.LString(file))
		return 1
	}
	L.Push(lua.LNil)
	L.Push(lua.LString(tried))
	return 2
}

// search finds the file of a module: a dot in its name is a folder.
func (m *Machine) search(name, path string) (file, tried string) {
	if name == "" || strings.ContainsAny(name, "/\\\x00") || strings.Contains(name, "..") {
		return "", "\n\t'" + name + "' is no name of a module: use dots between folders"
	}
	part := strings.ReplaceAll(name, ".", string(os.PathSeparator))
	var b strings.Builder
	for template := range strings.SplitSeq(path, ";") {
		if template == "" {
			continue
		}
		file := strings.ReplaceAll(template, "?", part)
		if m.o.Sandbox && !m.inside(file) {
			b.WriteString("\n\t'" + file + "' is outside the script's folder")
			continue
		}
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			return file, ""
		}
		b.WriteString("\n\tno file '" + file + "'")
	}
	return "", b.String()
}

// inside reports whether a file, links followed, lies in the script's folder.
func (m *Machine) inside(file string) bool {
	if m.scriptDir == "" {
		return false
	}
	dir, err := filepath.EvalSymlinks(m.scriptDir)
	if err != nil {
		return false
	}
	if f, err := filepath.EvalSymlinks(file); err == nil {
		file = f
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return false
	}
	if file, err = filepath.Abs(file); err != nil {
		return false
	}
	rel, err := filepath.Rel(dir, file)
	return err == nil && filepath.IsLocal(rel)
}
