package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/repl"
	"github.com/spf13/cobra"
)

// traceMode is the value of --trace: how requests are printed, and the file they are kept in.
type traceMode struct {
	print oslua.Trace
	har   string
}

// String, Set and Type make traceMode a flag's value.
func (t *traceMode) String() string { return string(t.print) }

// Set takes lines, curl or har:FILE; the last may stand beside one of the others.
func (t *traceMode) Set(s string) error {
	if file, ok := strings.CutPrefix(s, "har:"); ok && file != "" {
		t.har = file
		return nil
	}
	switch m := oslua.Trace(s); m {
	case oslua.TraceLines, oslua.TraceCurl:
		t.print = m
		return nil
	}
	return errors.New("want --trace, --trace=curl or --trace=har:FILE")
}

// Type is shown in the help.
func (t *traceMode) Type() string { return "mode" }

// script is what to run: a file, "-", code, or nothing.
type script struct {
	args        []string // the script's name, if it is one, and its arguments
	code        string
	isCode      bool
	interactive bool
	explain     bool
	lang        string // of the story
}

// runScript runs what the command line says, and the shell where it says so.
func (a *app) runScript(ctx context.Context, s script) error {
	shell := s.interactive
	if len(s.args) == 0 && !s.isCode && !shell {
		if term.IsTerminal(a.in) {
			shell = true
		} else {
			s.args = []string{"-"}
		}
	}
	if shell {
		a.entries = repl.NewStatus(a.display)
	}
	o, err := a.options()
	if err != nil {
		return err
	}
	fromFile := !s.isCode && len(s.args) > 0 && s.args[0] != "-"
	if fromFile {
		if err := a.checkScript(s.args[0]); err != nil {
			return err
		}
	}
	if err := a.checkOnError(); err != nil {
		return err
	}
	o.Globals, o.RunName = s.isCode || shell, runName(s)
	rt, err := oslua.New(o)
	if err != nil {
		return err
	}
	defer rt.Close()

	var tell func(string) error
	if s.explain {
		ctx, tell = rt.Record(ctx)
	}
	switch {
	case s.isCode:
		err = a.runCode(ctx, rt, s)
	case fromFile:
		err = rt.RunFile(ctx, s.args[0], s.args[1:]...)
	case len(s.args) > 0:
		var src []byte
		if src, err = io.ReadAll(a.in); err == nil {
			err = rt.RunString(ctx, "stdin", string(src), s.args[1:]...)
		}
	}
	if tell != nil {
		err = errors.Join(err, tell(s.lang))
	}
	if !shell {
		return a.close(ctx, rt, err)
	}
	var exit *engine.ExitError
	if errors.As(err, &exit) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		report(a.err, a.style, err)
	}
	return a.shell(ctx, rt, o)
}

// runCode runs -e, and shows the value that the code has. A bare true or false, which calls such as io.write give, is
// shown with --format alone.
func (a *app) runCode(ctx context.Context, rt *oslua.Runtime, s script) error {
	values, err := rt.RunExpression(ctx, "-e", s.code, s.args...)
	if err != nil || len(values) == 0 || s.interactive {
		return err
	}
	v := values[0]
	_, isBool := v.Data.(bool)
	if v.Kind == "module" || isBool && a.format == "" {
		return nil
	}
	return rt.Show(v)
}

// close ends a run. A trace that cannot be kept is told of even when the run failed too.
func (a *app) close(ctx context.Context, rt *oslua.Runtime, err error) error {
	err = a.settle(ctx, rt, err)
	closed := rt.Close()
	if err == nil {
		return closed
	}
	if closed != nil && a.trace.har != "" {
		report(a.err, a.style, closed)
	}
	return err
}

// explainCommand runs a script and tells what it did.
func (a *app) explainCommand() *cobra.Command {
	var s script
	cmd := &cobra.Command{
		Use:   "explain SCRIPT [ARG]...",
		Short: "Run a script, then tell its requests as a story",
		Long: `explain runs a script as oslua alone does, and then tells what happened between it and the cloud: who authenticated
where and how, which endpoint was used and why, each request with what came back, and the openstack and curl commands
that would do the same. Secrets are masked.`,
		Example: `  oslua explain scripts/lab1-4.lua
  oslua explain --lang ko -e 'networks.list()'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			s := s
			s.args, s.explain = args, true
			s.isCode = cmd.Flags().Changed("execute")
			if !s.isCode && len(args) == 0 {
				return usage("oslua explain needs a script").withHint("usage: %s, or oslua explain -e CODE", cmd.UseLine())
			}
			if s.lang != "" && !slices.Contains(term.Languages(), s.lang) {
				return usage("--lang %s: want %s", s.lang, strings.Join(term.Languages(), " or "))
			}
			return a.runScript(cmd.Context(), s)
		},
		ValidArgsFunction: completeScripts,
	}
	cmd.Flags().StringVarP(&s.code, "execute", "e", "", "run this code; what follows are its arguments")
	cmd.Flags().StringVar(&s.lang, "lang", "", "language of the story: en or ko (OSLUA_LANG and LANG say otherwise)")
	return cmd
}

// checkScript adds a guess at what was meant: a word that is no file may be a command misspelt.
func (a *app) checkScript(path string) error {
	bad := checkScript(path)
	if bad == nil {
		return nil
	}
	if _, err := os.Stat(path); err == nil || bad.hint != "" || strings.ContainsAny(path, `/\.`) {
		return bad
	}
	bad = usage("%q is neither a script nor a command", path)
	if near := nearestCommand(a.command(), path); near != "" {
		return bad.withHint("did you mean oslua %s?", near)
	}
	return bad.withHint("oslua --help lists the commands")
}

// nearestCommand is the command below cmd that word was most likely meant to be.
func nearestCommand(cmd *cobra.Command, word string) string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return schema.Nearest(word, names)
}

// completeScripts completes Lua files where a script stands, and any file after it.
func completeScripts(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return []string{"lua"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return nil, cobra.ShellCompDirectiveDefault
}

// historyFile is where the shell keeps what was typed.
func historyFile(stateDir string) string { return filepath.Join(stateDir, "history") }
