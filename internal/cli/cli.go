// Package cli is the oslua command: it reads the command line, wires the library to the process, and turns what comes
// back into words and an exit code.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/show"
	"github.com/oslua/oslua/internal/term"
	"github.com/oslua/oslua/repl"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// app is one run of the command.
type app struct {
	in        keyboard
	out       *output
	err       io.Writer
	lookupEnv func(string) (string, bool)
	style     term.Style // for stderr
	signals   *signals

	cloud string
	trace traceMode
	quiet bool

	logFormat string
	stderr    *errStream // what err is
	display   *term.Display
	entries   *repl.Status // of the shell; nil without one
	log       *eventLog    // nil without --log-format json

	noJournal bool
	onError   onError // "" keeps

	onlyPlan bool // labs are planned, not done

	format string
	fields []string
}

// Main runs the command on the process's own arguments and streams, and gives its exit code.
func Main() int {
	keepPipeErrors()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	a := &app{
		in:        stdin(),
		out:       &output{w: os.Stdout, stop: cancel},
		lookupEnv: os.LookupEnv,
	}
	a.display = term.NewDisplay(context.Background(), term.DisplayOptions{
		Out: os.Stderr, Live: term.CanDraw(os.Stderr, a.getenv), Clock: clock.Real{},
		Width: func() int { return term.Width(os.Stderr) }, Height: func() int { return term.Height(os.Stderr) },
	})
	a.stderr = &errStream{w: a.display.Wrap(os.Stderr)}
	defer a.stderr.flush()
	a.err = a.stderr
	a.signals = &signals{cancel: cancel, stderr: a.err, exit: os.Exit}
	a.style = term.Style{On: term.Color(os.Stderr, a.getenv)}
	defer a.signals.watch()()
	return a.finish(ctx, a.execute(ctx, os.Args[1:]))
}

// execute carries a command line out.
func (a *app) execute(ctx context.Context, args []string) error {
	root := a.command()
	root.InitDefaultHelpCmd()
	isCommand := func(word string) bool {
		if strings.HasPrefix(word, cobra.ShellCompRequestCmd) {
			return true
		}
		for _, c := range root.Commands() {
			if c.Name() == word || c.HasAlias(word) {
				return true
			}
		}
		return false
	}
	root.InitDefaultHelpFlag()
	root.InitDefaultVersionFlag()
	scripted := map[string]*pflag.FlagSet{}
	for _, c := range root.Commands() {
		if c.Name() == "explain" || c.Name() == "plan" {
			c.InitDefaultHelpFlag()
			scripted[c.Name()] = c.Flags()
		}
	}
	args, err := arrange(args, root.PersistentFlags(), root.Flags(), isCommand, scripted)
	if err != nil {
		return err
	}
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// finish reports what is to be reported and gives the exit code.
func (a *app) finish(ctx context.Context, err error) int {
	code := exitCode(ctx, err)
	var exit *engine.ExitError
	var said *told
	if err != nil && !errors.As(err, &exit) && !errors.As(err, &said) && !silenced(ctx, err) && !a.out.Told(err) {
		a.report(err)
	}
	if werr := a.out.Err(); werr != nil {
		a.report(werr)
		if code == exitOK {
			code = exitScript
		}
	}
	return code
}

// report tells an error, or logs it.
func (a *app) report(err error) {
	if a.logFormat == logJSON {
		a.openLog()
		a.log.failed(err)
		return
	}
	report(a.err, a.style, err)
}

// command builds the command tree.
func (a *app) command() *cobra.Command {
	var code string
	var interactive bool
	root := &cobra.Command{
		Use:   "oslua [SCRIPT [ARG]...]",
		Short: "Lua for OpenStack",
		Long: `oslua runs Lua scripts for OpenStack, and is a shell where they can be tried.

Without a script it is interactive; "-" reads the script from standard input.
With no cloud configured it works on a built-in one, which needs nothing else.`,
		Example: `  oslua scripts/lab1-4.lua
  oslua --cloud devstack scripts/lab1-4.lua
  oslua -e 'for _, n in ipairs(networks.list()) do print(n) end'`,
		Version:           oslua.Version(),
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		ValidArgsFunction: completeScripts,
		RunE: func(cmd *cobra.Command, args []string) error {
			s := script{args: args, interactive: interactive}
			if cmd.Flags().Changed("execute") {
				s.code, s.isCode = code, true
			}
			return a.runScript(cmd.Context(), s)
		},
	}
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetIn(a.in)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.Flags().SortFlags = false

	global := root.PersistentFlags()
	global.SortFlags = false
	global.StringVar(&a.cloud, "cloud", "", "work on this cloud of clouds.yaml")
	global.Var(&a.trace, "trace", "print each request on standard error: lines, or curl commands; har:FILE keeps them for a browser")
	global.Lookup("trace").NoOptDefVal = string(oslua.TraceLines)
	global.StringVar(&a.format, "format", "", "how show and the value of -e are written: table, json, yaml, csv or value")
	global.StringArrayVarP(&a.fields, "column", "c", nil, "a column that show and -e write; may be repeated")
	global.BoolVar(&a.quiet, "quiet", false, "no notices on standard error, only errors")
	global.StringVar(&a.logFormat, "log-format", logText, "what standard error gets: text, or json, a line for each event")

	global.BoolVar(&a.noJournal, "no-journal", false, "do not write down what is made and changed")
	global.Var(&a.onError, "on-error", "what happens to what a run made when it fails: keep, rollback or ask")

	root.Flags().StringVarP(&code, "execute", "e", "", "run this code; what follows are its arguments")
	root.Flags().BoolVarP(&interactive, "interactive", "i", false, "stay in the shell when the script has ended")

	root.RegisterFlagCompletionFunc("cloud", a.completeClouds)                                                                              //nolint:errcheck // the flag is there, three lines above
	root.RegisterFlagCompletionFunc("trace", cobra.FixedCompletions([]string{"lines", "curl", "har:"}, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // likewise

	root.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(show.Formats(), cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // likewise

	root.RegisterFlagCompletionFunc("log-format", cobra.FixedCompletions([]string{logText, logJSON}, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // likewise

	root.RegisterFlagCompletionFunc("on-error", cobra.FixedCompletions([]string{"keep", "rollback", "ask"}, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // likewise

	root.AddCommand(a.labCommand(), a.explainCommand(), a.planCommand(), a.runsCommand(), a.leftoversCommand(), a.authCommand(), a.simulatorCommand(), a.typesCommand(), a.docCommand(), a.completionCommand(), a.versionCommand())
	return root
}

// flagError turns cobra's words for a bad option into ours.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		name := "--" + unknown.GetSpecifiedName()
		if s := unknown.GetSpecifiedShortnames(); s != "" {
			name = "-" + s
		}
		return unknownOption(name, cmd.Flags(), cmd.InheritedFlags())
	}
	return usage("%s", err).withHint("%s --help lists the options", cmd.CommandPath())
}

// exactly, atMost: cobra's argument checks, with our errors.
func exactly(words ...string) cobra.PositionalArgs { return between(len(words), words...) }

func atMost(words ...string) cobra.PositionalArgs { return between(0, words...) }

func between(least int, words ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usage("%s needs %s", cmd.CommandPath(), strings.Join(words[len(args):], " and ")).
				withHint("usage: %s", cmd.UseLine())
		case len(args) > len(words):
			return usage("%s: what is %q for?", cmd.CommandPath(), args[len(words)]).withHint("usage: %s", cmd.UseLine())
		}
		return nil
	}
}

// group makes a command that only holds others: alone it shows its help, and a word that is none of them gets the
// nearest.
func group(c *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	c.AddCommand(subs...)
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownWord(cmd, args[0])
	}
	return c
}

// unknownWord is the error for a word that is no command below cmd.
func unknownWord(cmd *cobra.Command, word string) *usageError {
	e := usage("%s has no command %q", cmd.CommandPath(), word)
	if near := nearestCommand(cmd, word); near != "" {
		return e.withHint("did you mean %s %s?", cmd.CommandPath(), near)
	}
	return e.withHint("%s --help lists what there is", cmd.CommandPath())
}

func (a *app) getenv(name string) string {
	v, _ := a.lookupEnv(name)
	return v
}

// options are what every Runtime of this process has in common.
func (a *app) options() (oslua.Options, error) {
	if a.format != "" && !slices.Contains(show.Formats(), a.format) {
		return oslua.Options{}, usage("--format %s: want %s", a.format, strings.Join(show.Formats(), ", "))
	}
	dir, err := stateDir(a.lookupEnv, runtime.GOOS)
	if err != nil {
		return oslua.Options{}, err
	}
	wd, err := os.Getwd()
	if err != nil {
		wd = "" // it was removed under us; only clouds.yaml there is lost
	}
	home, _ := os.UserHomeDir() //nolint:errcheck // without one its clouds.yaml is not there either
	o := oslua.Options{
		Cloud:     a.cloud,
		LookupEnv: a.lookupEnv,
		WorkDir:   wd,
		Home:      home,
		StateDir:  dir,
		NoJournal: a.noJournal,
		Stdin:     a.in,
		Terminal:  a.terminal(a.display.Pause),
		Stdout:    a.out,
		Stderr:    a.err,
		Trace:     a.trace.print,
		HAR:       a.trace.har,
		Format:    a.format,
		Columns:   a.fields,
		Path:      searchPath(a.getenv("OSLUA_PATH")),
	}
	return o, a.tell(&o)
}
