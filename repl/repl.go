// Package repl is the shell: it reads entries, runs them on a machine and prints what they give.
package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/show"
	"github.com/oslua/oslua/internal/term"
	lua "github.com/yuin/gopher-lua"
)

// Prompts of an entry's first line and of the lines that complete it.
const (
	prompt     = "oslua> "
	moreprompt = "   ... "
)

// Options are what a shell works with.
type Options struct {
	Machine *engine.Machine
	Lines   LineReader
	Out     io.Writer // what entries give
	Err     io.Writer // the shell's own remarks
	Banner  string    // printed first, without a newline at its end
	History string    // the file to append entries to; "" for none

	Style  term.Style
	Width  func() int // columns of the terminal; nil for the usual ones
	Height func() int // lines of it; nil, or 0, where nothing is paged
	Clock  term.Clock // for :time; nil for none
	Status *Status    // what entries wait for
	Live   *Live      // names in the cloud, forgotten after each entry; nil for none
	Cloud  Cloud      // the cloud the machine works on; nil where there is none to speak of

	// Report prints an error for people, in few words or with all there is to say.
	Report func(err error, whole bool)
	// Interruptible gives a context that Ctrl-C ends while an entry runs, and a function that lets go of it.
	Interruptible func(context.Context) (context.Context, context.CancelFunc)
	// Lab gives a lab of the course by its name: what it is called in messages, and its script. nil takes files only.
	Lab func(name string) (file, code string, ok bool)
}

// Cloud is the cloud a shell works on.
type Cloud interface {
	Describe() string        // which one, and why
	Names() []string         // those there are beside it
	Use(name string) error   // go on on another one
	Trace(mode string) error // show requests: "on", "curl", or "off"
	Requests() int64         // sent so far
}

// Run reads and runs entries until the input ends, os.exit is called, or ctx ends.
func Run(ctx context.Context, o Options) error {
	s := &shell{Options: o, history: history{path: o.History}}
	if s.Width == nil {
		s.Width = func() int { return term.DefaultWidth }
	}
	if o.Banner != "" {
		fmt.Fprintln(o.Out, o.Banner)
	}
	s.resume = o.Status.display.Pause()
	defer func() { s.resume() }()
	for ctx.Err() == nil {
		err := s.entry(ctx)
		var exit *engine.ExitError
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, errQuit):
			return nil
		case errors.As(err, &exit):
			return exit
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

// errQuit ends the shell.
var errQuit = errors.New("quit")

type shell struct {
	Options
	history    history
	warned     bool
	interrupts int      // Ctrl-C at an empty prompt, in a row
	count      int      // of entries
	log        []logged // what ran without an error
	last       error    // for :bt
	resume     func()   // has the display draw; it does while an entry runs
}

// logged is an entry of the session, for :save.
type logged struct {
	code   string
	secret bool
}

// entry reads one entry, which may take several lines, and runs it. The error is one that ends the shell.
func (s *shell) entry(ctx context.Context) error {
	if s.Status.display.MidLine() {
		io.WriteString(s.Out, "\n") //nolint:errcheck // the prompt tells
	}
	code, err := s.readLine(ctx, prompt)
	if errors.Is(err, ErrInterrupt) {
		if code != "" {
			s.interrupts = 0
			return nil
		}
		if s.interrupts++; s.interrupts > 1 {
			return errQuit
		}
		s.note("Ctrl-C once more leaves, as Ctrl-D does")
		return nil
	}
	s.interrupts = 0
	if err != nil {
		return err
	}
	code = strings.TrimRight(code, " \t\n")
	if strings.TrimSpace(code) == "" {
		return nil
	}
	for {
		if done, err := s.special(ctx, code); done {
			s.remember(code)
			return err
		}
		err := engine.CheckEntry("entry", code)
		if !engine.IsIncomplete(err) {
			s.remember(code)
			return s.execute(ctx, code)
		}
		line, lineErr := s.readLine(ctx, moreprompt)
		if errors.Is(lineErr, ErrInterrupt) {
			return nil
		}
		if errors.Is(lineErr, io.EOF) {
			s.fail(err)
			return lineErr
		}
		if lineErr != nil {
			return lineErr
		}
		code += "\n" + line
	}
}

// readLine gives up waiting when ctx ends: a shell at its prompt must heed SIGTERM too. The reader is then left to
// LineReader.Close.
func (s *shell) readLine(ctx context.Context, prompt string) (string, error) {
	type result struct {
		line string
		err  error
	}
	ch := make(chan result, 1)
	go func() {
		line, err := s.Lines.ReadLine(prompt)
		ch <- result{line, err}
	}()
	select {
	case r := <-ch:
		return r.line, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// execute runs an entry and prints what it gives, unless it ends in a semicolon.
func (s *shell) execute(ctx context.Context, code string) error {
	values, err := s.run(ctx, code)
	if err := s.finish(err); err != nil || s.last != nil {
		return err
	}
	s.log = append(s.log, logged{code, setsSecret(code)})
	return s.print(ctx, code, values)
}

// run runs code; what was stopped in the middle is told.
func (s *shell) run(ctx context.Context, code string) ([]lua.LValue, error) {
	s.count++
	return s.runAs(ctx, fmt.Sprintf("entry %d", s.count), code)
}

func (s *shell) runAs(ctx context.Context, name, code string) (values []lua.LValue, err error) {
	err = s.guard(ctx, func(ctx context.Context) error {
		values, err = s.Machine.Eval(ctx, name, code)
		return err
	})
	return values, err
}

// guard does something that may take long and that Ctrl-C stops.
func (s *shell) guard(ctx context.Context, work func(context.Context) error) error {
	ctx, done := s.Interruptible(ctx)
	defer done()
	over := s.Status.display.Busy("running", "(Ctrl-C stops)")
	s.resume()
	err := work(ctx)
	s.resume = s.Status.display.Pause()
	over()
	if s.Live != nil {
		s.Live.Forget()
	}
	return err
}

// finish reports the error of an entry. What it gives ends the shell.
func (s *shell) finish(err error) error {
	var exit *engine.ExitError
	if errors.As(err, &exit) {
		return exit
	}
	s.last = nil
	if err != nil {
		s.fail(err)
	}
	for _, half := range s.Status.Halted() {
		s.note(half)
	}
	return nil
}

func (s *shell) fail(err error) {
	if e := (*errs.Error)(nil); errors.As(err, &e) && e.Code == errs.Cancelled && e.Message == "cancelled" {
		c := *e
		c.Message, err = "stopped", &c
	}
	s.last = err
	s.Report(err, false)
}

// note says something in the shell's own name.
func (s *shell) note(text string) { fmt.Fprintln(s.Err, s.Style.Faint(text)) }

// print shows the values of an entry and keeps the first for the next one.
func (s *shell) print(ctx context.Context, code string, values []lua.LValue) error {
	if len(values) == 1 && values[0] == lua.LNil {
		s.guess(code)
		return nil
	}
	if len(values) == 0 {
		return nil
	}
	s.Machine.With(func(L *lua.LState) { L.G.Global.RawSetString("_", values[0]) })
	if strings.HasSuffix(code, ";") {
		return nil
	}
	texts := make([]string, len(values))
	long := false
	for i, v := range values {
		texts[i] = s.text(ctx, v)
		long = long || strings.Contains(texts[i], "\n")
	}
	between := "\t"
	if long {
		between = "\n"
	}
	return s.page(strings.Join(texts, between))
}

// page prints a text, a screen at a time where it is longer.
func (s *shell) page(text string) error {
	height := 0
	if s.Height != nil {
		height = s.Height()
	}
	keys, _ := s.Lines.(keyReader)
	return page(s.Out, keys, s.Width(), height, s.Style, text)
}

// text is a value in words: objects and lists of them in tables, other tables as Lua would read them.
func (s *shell) text(ctx context.Context, v lua.LValue) string {
	kind := ""
	s.Machine.With(func(*lua.LState) { kind = objectKind(v) })
	if fields := fieldsOf(kind, s.Machine.Modules); fields != nil {
		return s.objects(v, fields)
	}
	text, ok := "", false
	s.Machine.With(func(*lua.LState) {
		sh := &shower{width: max(20, s.Width()), nameOf: s.Machine.NameOf}
		text, ok = sh.show(v)
	})
	if ok {
		return text
	}
	ctx, done := s.Interruptible(ctx)
	defer done()
	return s.Machine.Format(ctx, v)
}

// objects lays objects out, by the fields that their kind has.
func (s *shell) objects(v lua.LValue, fields []string) string {
	var value schema.Value
	s.Machine.With(func(*lua.LState) { value = schema.ValueOf(v) })
	var b strings.Builder
	if err := show.Write(&b, value, show.Options{Width: max(20, s.Width()), Fields: fields}); err != nil {
		return err.Error()
	}
	return strings.TrimRight(b.String(), "\n")
}

// fieldsOf gives the fields of a kind of object; nil when there is no such kind. The modules are asked for only where
// there is a kind: the first time takes a moment.
func fieldsOf(kind string, mods func() []schema.Module) (names []string) {
	if kind == "" {
		return nil
	}
	for _, m := range mods() {
		if m.Kind == kind {
			for _, f := range m.Fields {
				names = append(names, f.Name)
			}
			return names
		}
		for _, c := range m.Classes {
			if c.Name == kind {
				for _, f := range c.Fields {
					names = append(names, f.Name)
				}
				return names
			}
		}
	}
	return nil
}

// guess says what was likely meant by a name that is nothing.
func (s *shell) guess(code string) {
	name := strings.TrimSuffix(strings.TrimSpace(code), ";")
	if !isName(name) || slices.Contains(keywords, name) {
		return
	}
	var names []string
	for _, m := range s.Machine.Modules() {
		names = append(names, m.Name)
	}
	known := false
	s.Machine.With(func(L *lua.LState) {
		names = append(names, s.Machine.LocalNames()...)
		known = slices.Contains(names, name)
		L.G.Global.ForEach(func(k, _ lua.LValue) {
			if n, ok := k.(lua.LString); ok {
				names = append(names, string(n))
			}
		})
	})
	if known {
		return // a variable that is nil
	}
	if near := schema.Nearest(name, names); near != "" && near != name {
		s.note(fmt.Sprintf("%s is nil; did you mean %s?", name, near))
	}
}

// remember keeps an entry for the arrow keys and for later sessions.
func (s *shell) remember(code string) {
	code = strings.TrimSpace(code)
	if code == "" || setsSecret(code) {
		return
	}
	s.Lines.Remember(code)
	if err := s.history.add(code); err != nil && !s.warned {
		s.warned = true
		fmt.Fprintf(s.Err, "oslua: the history cannot be kept: %v\n", err)
	}
}

// LoadHistory gives what earlier sessions typed, oldest first.
func LoadHistory(path string) ([]string, error) { return history{path: path}.load() }

// ScopeOf looks into a machine's variables by raw access.
func ScopeOf(m *engine.Machine) Scope { return machineScope{m} }

type machineScope struct{ m *engine.Machine }

func (s machineScope) Names(path []string) (names []string, kind string) {
	s.m.With(func(L *lua.LState) {
		t := L.G.Global
		for i, name := range path {
			v := t.RawGetString(name)
			if i == 0 {
				v = s.m.Lookup(name)
			}
			if str, ok := v.(lua.LString); ok && i == len(path)-1 && str != "" {
				v = L.G.Global.RawGetString("string") // ("text"):upper()
			}
			next, ok := v.(*lua.LTable)
			if !ok {
				return
			}
			t = next
		}
		t.ForEach(func(k, _ lua.LValue) {
			if name, ok := k.(lua.LString); ok && isName(string(name)) {
				names = append(names, string(name))
			}
		})
		if len(path) == 0 {
			names = append(names, s.m.LocalNames()...)
		} else {
			kind = schema.KindOf(t)
			names = append(names, methods(t)...)
		}
	})
	return names, kind
}

// methods gives the names behind a table's __index, where that is a table too.
func methods(t *lua.LTable) (names []string) {
	for range 5 {
		meta, ok := t.Metatable.(*lua.LTable)
		if !ok {
			break
		}
		if t, ok = meta.RawGetString("__index").(*lua.LTable); !ok {
			break
		}
		t.ForEach(func(k, _ lua.LValue) {
			if name, ok := k.(lua.LString); ok && isName(string(name)) {
				names = append(names, string(name))
			}
		})
	}
	return names
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
