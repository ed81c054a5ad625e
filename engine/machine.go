package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/lualib"
	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// Machine runs scripts that share globals and modules. One run at a time; make a machine with New.
type Machine struct {
	o     Options
	baton sync.Mutex // who holds it runs Lua and touches what is below
	busy  sync.Mutex // held by the run there is

	root      *lua.LState // runs nothing itself: the threads are made from it
	lib       *lualib.Library
	idle      []*lua.LState
	began     time.Time // what task.now counts from
	closed    bool
	scriptDir string // for require in a sandbox
	session   *run   // what Eval leaves to Close
	locals    locals // what Eval's entries declared

	errorMeta *lua.LTable
	tostring  *lua.LFunction
	mods      *moduleSet
	named     map[*lua.LFunction]string // "networks.create", for help
	loads     loads
	texts     map[string]string // chunks by name: messages show their lines
	raised    *record           // the error raised last that crossed threads

	coroutines sync.WaitGroup // goroutines of coroutines
	living     livingSet
}

// run is one call of RunFile, RunString or Eval.
type run struct {
	machine      *Machine
	ctx          context.Context
	cancel       context.CancelCauseFunc
	defers       []*lua.LFunction
	instructions uint64
	looks        uint64
}

// gopher-lua keeps this limit in a package variable that every table of the process reads, so it is set once, before the
// first machine has a table, and never again. At its default t[67108863] = 1 takes 6 GB.
var limitArrays = sync.OnceFunc(func() { lua.MaxArrayIndex = 4 << 20 })

// New makes a machine. It must be closed.
func New(o Options) (*Machine, error) {
	limitArrays()
	if o.Clock == nil {
		o.Clock = realClock{}
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.CleanupTimeout <= 0 {
		o.CleanupTimeout = 30 * time.Second
	}
	root := lua.NewState(lua.Options{
		CallStackSize: frames, RegistrySize: 256, RegistryMaxSize: 1 << 20, RegistryGrowStep: 1024,
		MinimizeStackMemory: true, SkipOpenLibs: true,
	})
	root.G.MainThread, root.G.CurrentThread = root, root
	m := &Machine{
		o: o, root: root, began: o.Clock.Now(),
		named:  map[*lua.LFunction]string{},
		loads:  loads{byName: map[string]*loading{}},
		texts:  map[string]string{},
		living: livingSet{all: map[*coroutine]struct{}{}},
	}
	m.mods = &moduleSet{machine: m, kinds: map[string]*lua.LTable{}, tables: map[string]*lua.LTable{}}
	m.session = &run{machine: m}
	m.lib = lualib.Open(root, lualib.Options{
		Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr,
		Now: o.Clock.Now, Getenv: o.Getenv, Sandbox: o.Sandbox, Files: o.Files, Caller: callerOf, Thread: threadOf,
	})
	m.openErrors()
	m.openBase()
	m.openCoroutine()
	m.openPackage()
	for _, fn := range o.Functions {
		root.G.Global.RawSetString(fn.Name, m.mods.bind(schema.Module{Name: schema.Globals}, fn))
	}
	return m, nil
}

// realClock is the time of the machine oslua runs on.
type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// watch waits for a limit of time.
func (m *Machine) watch(ctx context.Context, d time.Duration) error {
	if w, ok := m.o.Clock.(Watcher); ok {
		return w.Watch(ctx, d)
	}
	return m.o.Clock.Sleep(ctx, d)
}

// Busy reports whether Lua runs at this moment.
func (m *Machine) Busy() bool {
	if m.baton.TryLock() {
		m.baton.Unlock()
		return false
	}
	return true
}

// Close runs the clean-ups that Eval left, ends all coroutines and frees the machine. Further calls do nothing.
func (m *Machine) Close() error {
	m.busy.Lock()
	defer m.busy.Unlock()
	m.baton.Lock()
	defer m.baton.Unlock()
	if m.closed {
		return nil
	}
	err := m.cleanUp(m.session.ctx, m.session, nil)
	m.closed = true
	m.living.end()
	m.coroutines.Wait()
	if e := m.lib.Close(); err == nil && e != nil {
		err = e
	}
	m.root.Close()
	return err
}

// Register adds a Go module, or replaces the one of that name that nobody has required yet.
func (m *Machine) Register(mod schema.Module) {
	m.baton.Lock()
	defer m.baton.Unlock()
	m.mods.extra = append(m.mods.extra, mod)
	m.mods.byName = nil
}

// RunFile runs a script. Its arguments are in arg and in "...". The error is an *ExitError when the script called
// os.exit, else an *errs.Error. Clean-ups have run when it returns.
//
// A script may return a value whose metatable has __main: that is then called with the value and the arguments.
func (m *Machine) RunFile(ctx context.Context, path string, args ...string) error {
	src, err := readScript(path)
	if err != nil {
		return err
	}
	return m.run(ctx, path, string(src), filepath.Dir(path), args, nil)
}

// RunString runs a chunk as RunFile does a file; name is what messages call it. require looks beside no script.
func (m *Machine) RunString(ctx context.Context, name, code string, args ...string) error {
	return m.run(ctx, name, code, "", args, nil)
}

// RunExpression runs a chunk as RunString does, and gives the values it returns. An expression is a chunk too.
func (m *Machine) RunExpression(ctx context.Context, name, code string, args ...string) (values []schema.Value, err error) {
	source := "return " + code
	if _, e := lualib.Compile(name, []byte(source)); e != nil {
		source = code
	}
	err = m.run(ctx, name, source, "", args, func(all []lua.LValue) {
		for _, v := range all {
			values = append(values, schema.ValueOf(v))
		}
	})
	return values, err
}

func readScript(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		e := errs.New(errs.BadArgument, "%s is a directory, not a script", path)
		e.Cause = fs.ErrInvalid
		for _, name := range []string{"init.lua", "main.lua"} {
			if _, err := os.Stat(filepath.Join(path, name)); err == nil {
				return nil, e.WithHint("run %s", filepath.Join(path, name))
			}
		}
		return nil, e.WithHint("name a file in it")
	}
	src := []byte(nil)
	if err == nil {
		src, err = os.ReadFile(path)
	}
	if err == nil {
		return src, nil
	}
	cause := err
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		cause = pe.Err
	}
	e := errs.New(errs.BadArgument, "cannot read %s: %v", path, cause)
	e.Cause = err
	if errors.Is(err, fs.ErrNotExist) {
		e.Message = fmt.Sprintf("there is no script %s", path)
		return nil, e.WithHint("%s", missingHint(path))
	}
	return nil, e
}

// missingHint names the file that was likely meant.
func missingHint(path string) string {
	if _, err := os.Stat(path + ".lua"); err == nil {
		return "did you mean " + path + ".lua?"
	}
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "there is no folder " + dir + " either"
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".lua" {
			names = append(names, e.Name())
		}
	}
	if near := schema.Nearest(filepath.Base(path), names); near != "" {
		return "did you mean " + filepath.Join(dir, near) + "?"
	}
	return "check the path; it is taken from the current folder"
}

func (m *Machine) run(ctx context.Context, name, code, dir string, args []string, result func([]lua.LValue)) error {
	return m.enter(ctx, func(L *lua.LState, r *run) error {
		m.setPath(dir)
		arg := L.CreateTable(len(args), 1)
		arg.RawSetInt(0, lua.LString(name))
		for i, a := range args {
			arg.RawSetInt(i+1, lua.LString(a))
		}
		m.root.G.Global.RawSetString("arg", arg)
		values, err := m.chunk(L, name, code, args)
		if err == nil && len(values) > 0 {
			err = m.main(L, values[0], args)
		}
		if err == nil && result != nil {
			result(values)
		}
		return m.cleanUp(ctx, r, err)
	})
}

// enter makes a run and holds the baton while fn drives it.
func (m *Machine) enter(ctx context.Context, fn func(L *lua.LState, r *run) error) error {
	if !m.busy.TryLock() {
		return errs.New(errs.Runtime, "this machine is running a script already").WithHint("a machine takes one run at a time")
	}
	defer m.busy.Unlock()
	m.baton.Lock()
	defer m.baton.Unlock()
	if m.closed {
		return errs.New(errs.Runtime, "this machine is closed")
	}
	m.raised = nil
	r := &run{machine: m}
	r.ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	f := &fiber{strand: &strand{run: r, ctx: r.ctx}}
	L := m.thread(f, nil)
	return fn(L, r)
}

// chunk compiles and runs code on L and gives its values.
func (m *Machine) chunk(L *lua.LState, name, code string, args []string) ([]lua.LValue, error) {
	fn, err := m.compile(name, code)
	if err != nil {
		return nil, err
	}
	values := make([]lua.LValue, len(args))
	for i, a := range args {
		values[i] = lua.LString(a)
	}
	return m.invoke(L, fn, values)
}

// main calls what a script returned with the script's arguments, where its metatable has a __main: a file may so define
// something that require gives to others and that runs when the file is the script itself.
func (m *Machine) main(L *lua.LState, value lua.LValue, args []string) error {
	t, ok := value.(*lua.LTable)
	if !ok {
		return nil
	}
	meta, ok := t.Metatable.(*lua.LTable)
	if !ok {
		return nil
	}
	fn, ok := meta.RawGetString("__main").(*lua.LFunction)
	if !ok {
		return nil
	}
	values := []lua.LValue{value}
	for _, a := range args {
		values = append(values, lua.LString(a))
	}
	_, err := m.invoke(L, fn, values)
	return err
}

// invoke calls a function on L and gives its values.
func (m *Machine) invoke(L *lua.LState, fn *lua.LFunction, args []lua.LValue) ([]lua.LValue, error) {
	s := fiberOf(L).strand
	if s.ctx.Err() != nil {
		return nil, m.goError(L, &failure{value: m.stopValue(s), thread: L})
	}
	L.Push(fn)
	fail := m.call(L, push(L, args))
	m.root.G.CurrentThread = m.root
	if fail != nil {
		return nil, m.goError(L, fail)
	}
	values := make([]lua.LValue, L.GetTop())
	for i := range values {
		values[i] = L.Get(i + 1)
	}
	L.SetTop(0)
	// A context that ended in the last instructions still counts.
	if s := fiberOf(L).strand; s.ctx.Err() != nil {
		return nil, m.goError(L, &failure{value: m.stopValue(s), thread: L})
	}
	return values, nil
}

// compile makes a function of a chunk, and keeps its text for messages.
func (m *Machine) compile(name, code string) (*lua.LFunction, error) {
	m.texts[name] = code
	proto, err := lualib.Compile(name, []byte(code))
	if err != nil {
		return nil, syntaxError(name, code, err)
	}
	return m.root.NewFunctionFromProto(proto), nil
}

// cleanUp runs what defer collected, last first. The script's context may be over, so clean-ups have one of their own
// that ends in time. Each runs whatever the others did. The script's own error is given, else the first of theirs; what
// else went wrong is written to Stderr.
func (m *Machine) cleanUp(ctx context.Context, r *run, first error) error {
	if len(r.defers) == 0 {
		return first
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	var watch sync.WaitGroup
	watch.Go(func() {
		if m.watch(ctx, m.o.CleanupTimeout) == nil {
			cancel(errs.New(errs.Timeout, "the clean-ups took longer than %v", m.o.CleanupTimeout).
				WithHint("look for what the script left behind"))
		}
	})
	defer watch.Wait()
	defer cancel(nil)
	for len(r.defers) > 0 {
		fn := r.defers[len(r.defers)-1]
		r.defers = r.defers[:len(r.defers)-1]
		cr := &run{machine: m, ctx: ctx, cancel: cancel}
		L := m.thread(&fiber{strand: &strand{run: cr, ctx: ctx}}, nil)
		L.Push(fn)
		fail := m.call(L, 0)
		m.root.G.CurrentThread = m.root
		r.defers = append(r.defers, cr.defers...)
		if fail == nil {
			m.done(L)
			continue
		}
		err := m.goError(L, fail)
		e := (*errs.Error)(nil)
		if errors.As(err, &e) {
			e.Message = "a clean-up failed: " + e.Message
		}
		if first == nil {
			first = err
		} else if e != nil {
			where := ""
			if e.Where != "" {
				where = e.Where + ": "
			}
			fmt.Fprintf(m.o.Stderr, "%s%s\n", where, e.Error()) //nolint:errcheck // there is nowhere left to tell
		}
		if ctx.Err() != nil {
			r.defers = nil
		}
	}
	return first
}

// tooMuch reports whether live objects take more than limit. What is garbage is collected before it counts; nine tenths
// of the limit are too much then, or a script near it would collect all the time.
func tooMuch(limit uint64) bool {
	if heapInUse() <= limit {
		return false
	}
	runtime.GC()
	return heapInUse() > limit/10*9
}

// heapInUse is the memory that live and not yet collected objects take.
func heapInUse() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return s[0].Value.Uint64()
}

// Modules gives the descriptors of all modules there are: for help, completion and documents.
func (m *Machine) Modules() []schema.Module {
	m.baton.Lock()
	defer m.baton.Unlock()
	return slices.Clone(m.mods.list())
}
