package cli

import (
	"context"
	"io"
	"runtime"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/repl"
)

// shell reads entries from the terminal and runs them.
func (a *app) shell(ctx context.Context, rt *oslua.Runtime) error {
	dir, err := stateDir(a.lookupEnv, runtime.GOOS)
	if err != nil {
		return err
	}
	path := historyFile(dir)
	lines, err := a.lineReader(rt, path)
	if err != nil {
		return err
	}
	defer lines.Close()
	defer a.signals.shell()()
	return repl.Run(ctx, repl.Options{
		Machine: rt.Machine(),
		Lines:   lines,
		Out:     a.out,
		Err:     a.err,
		Banner: "oslua " + oslua.Version() + ", on " + rt.Cloud() + ".\n" +
			`help() and help "networks" explain, Tab completes, Ctrl-D leaves.`,
		History:       path,
		Report:        func(err error) { report(a.err, a.style, err) },
		Interruptible: a.signals.entryContext,
	})
}

func (a *app) lineReader(rt *oslua.Runtime, history string) (repl.LineReader, error) {
	if !term.IsTerminal(a.in) || !term.IsTerminal(a.out) || term.IsDumb(a.getenv) {
		return repl.NewPlainReader(a.in, a.out), nil
	}
	past, err := repl.LoadHistory(history)
	if err != nil {
		io.WriteString(a.err, "oslua: the history cannot be read: "+err.Error()+"\n") //nolint:errcheck // there is nowhere left to tell
	}
	m := rt.Machine()
	completer := repl.NewCompleter(m.Modules(), repl.ScopeOf(m))
	return repl.NewEditor(repl.EditorOptions{In: a.in, Out: a.out, History: past, Complete: completer.Complete})
}
