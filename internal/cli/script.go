package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
	"github.com/spf13/cobra"
)

// traceMode is the value of --trace.
type traceMode string

const (
	traceLines traceMode = "lines"
	traceCurl  traceMode = "curl"
)

// String, Set and Type make traceMode a flag's value.
func (t *traceMode) String() string { return string(*t) }

// Set takes lines or curl.
func (t *traceMode) Set(s string) error {
	switch m := traceMode(s); m {
	case traceLines, traceCurl:
		*t = m
		return nil
	}
	return errors.New("want --trace or --trace=curl")
}

// Type is shown in the help.
func (t *traceMode) Type() string { return "mode" }

// script is what to run: a file, "-", code, or nothing.
type script struct {
	args        []string // the script's name, if it is one, and its arguments
	code        string
	isCode      bool
	interactive bool
}

// runScript runs what the command line says, and the shell where it says so.
func (a *app) runScript(ctx context.Context, s script) error {
	o, err := a.options()
	if err != nil {
		return err
	}
	shell := s.interactive
	if len(s.args) == 0 && !s.isCode && !shell {
		if term.IsTerminal(a.in) {
			shell = true
		} else {
			s.args = []string{"-"}
		}
	}
	fromFile := !s.isCode && len(s.args) > 0 && s.args[0] != "-"
	if fromFile {
		if err := a.checkScript(s.args[0]); err != nil {
			return err
		}
	}
	o.Globals = s.isCode || shell
	rt, err := oslua.New(o)
	if err != nil {
		return err
	}
	defer rt.Close()

	switch {
	case s.isCode:
		err = rt.RunString(ctx, "-e", s.code, s.args...)
	case fromFile:
		err = rt.RunFile(ctx, s.args[0], s.args[1:]...)
	case len(s.args) > 0:
		var src []byte
		if src, err = io.ReadAll(a.in); err == nil {
			err = rt.RunString(ctx, "stdin", string(src), s.args[1:]...)
		}
	}
	if !shell {
		return errors.Join(err, rt.Close())
	}
	var exit *engine.ExitError
	if errors.As(err, &exit) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		report(a.err, a.style, err)
	}
	return a.shell(ctx, rt)
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
