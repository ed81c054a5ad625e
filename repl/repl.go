// Package repl is the shell: it reads entries, runs them on a machine and prints what they give.
package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/oslua/oslua/engine"
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

	// Report prints an error for people.
	Report func(error)
	// Interruptible gives a context that Ctrl-C ends while an entry runs, and a function that lets go of it.
	Interruptible func(context.Context) (context.Context, context.CancelFunc)
}

// Run reads and runs entries until the input ends, os.exit is called, or ctx ends.
func Run(ctx context.Context, o Options) error {
	s := &shell{Options: o, history: history{path: o.History}}
	if o.Banner != "" {
		fmt.Fprintln(o.Out, o.Banner)
	}
	for ctx.Err() == nil {
		err := s.entry(ctx)
		var exit *engine.ExitError
		switch {
		case errors.Is(err, io.EOF):
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

type shell struct {
	Options
	history history
	warned  bool
}

// entry reads one entry, which may take several lines, and runs it. The error is one that ends the shell.
func (s *shell) entry(ctx context.Context) error {
	code, err := s.readLine(ctx, prompt)
	if errors.Is(err, ErrInterrupt) {
		return nil
	}
	if err != nil {
		return err
	}
	if strings.TrimSpace(code) == "" {
		return nil
	}
	for {
		values, err := s.run(ctx, code)
		if !engine.IsIncomplete(err) {
			s.remember(code)
			return s.finish(ctx, values, err)
		}
		line, lineErr := s.readLine(ctx, moreprompt)
		if errors.Is(lineErr, ErrInterrupt) {
			return nil
		}
		if errors.Is(lineErr, io.EOF) {
			s.Report(err)
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

func (s *shell) run(ctx context.Context, code string) ([]lua.LValue, error) {
	ctx, done := s.Interruptible(ctx)
	defer done()
	return s.Machine.Eval(ctx, "stdin", code)
}

// finish prints the values or the error of an entry.
func (s *shell) finish(ctx context.Context, values []lua.LValue, err error) error {
	var exit *engine.ExitError
	if errors.As(err, &exit) {
		return exit
	}
	if err != nil {
		s.Report(err)
		return nil
	}
	if len(values) == 0 {
		return nil
	}
	if len(values) == 1 && values[0] == lua.LNil {
		return nil
	}
	s.Machine.With(func(L *lua.LState) { L.G.Global.RawSetString("_", values[0]) })
	texts := make([]string, len(values))
	for i, v := range values {
		ctx, done := s.Interruptible(ctx)
		texts[i] = s.Machine.Format(ctx, v)
		done()
	}
	_, err = fmt.Fprintln(s.Out, strings.Join(texts, "\t"))
	return err
}

// remember keeps an entry for the arrow keys and for later sessions.
func (s *shell) remember(code string) {
	entry := oneLine(code)
	if entry == "" || setsSecret(entry) {
		return
	}
	s.Lines.Remember(entry)
	if err := s.history.add(entry); err != nil && !s.warned {
		s.warned = true
		fmt.Fprintf(s.Err, "oslua: the history cannot be kept: %v\n", err)
	}
}

// LoadHistory gives what earlier sessions typed, oldest first.
func LoadHistory(path string) ([]string, error) { return history{path: path}.load() }

// ScopeOf looks into a machine's globals by raw access.
func ScopeOf(m *engine.Machine) Scope { return machineScope{m} }

type machineScope struct{ m *engine.Machine }

func (s machineScope) Names(path []string) (names []string, kind string) {
	s.m.With(func(L *lua.LState) {
		t := L.G.Global
		for _, name := range path {
			next, ok := t.RawGetString(name).(*lua.LTable)
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
		if mt, ok := t.Metatable.(*lua.LTable); ok && len(path) > 0 {
			kind = lua.LVAsString(mt.RawGetString("__name"))
		}
	})
	return names, kind
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
