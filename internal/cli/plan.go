package cli

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/internal/plan"
	"github.com/oslua/oslua/internal/term"
	"github.com/spf13/cobra"
)

// planning is how a plan is made and shown.
type planning struct {
	json  bool
	check bool
}

// planCommand tells what a script would change.
func (a *app) planCommand() *cobra.Command {
	var s script
	var p planning
	cmd := &cobra.Command{
		Use:   "plan SCRIPT [ARG]...",
		Short: "Tell what a script would create, change and delete; nothing is touched",
		Long: `plan runs a script on a copy of the cloud: what it asks is read from the cloud, and all it changes is changed on the
copy alone. Then it tells what the script would create, change and delete, in order, how much of the quota that takes,
and what would fail.

What the script prints goes to standard error. Files it writes are thrown away, and programs are not started. The exit
code is the one that the script would have.`,
		Example: `  oslua plan scripts/lab1-4.lua
  oslua plan --check deploy.lua && echo nothing to do
  oslua plan --json -e 'networks.create{ name = "blue" }'
  oslua lab run 1-4 --plan`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			s := s
			s.args = args
			s.isCode = cmd.Flags().Changed("execute")
			if !s.isCode && len(args) == 0 {
				return usage("oslua plan needs a script").withHint("usage: %s, or oslua plan -e CODE", cmd.UseLine())
			}
			return a.planScript(cmd.Context(), s, p)
		},
		ValidArgsFunction: completeScripts,
	}
	cmd.Flags().StringVarP(&s.code, "execute", "e", "", "plan this code; what follows are its arguments")
	cmd.Flags().BoolVar(&p.check, "check", false, "exit code 3 when something would change")
	cmd.Flags().BoolVar(&p.json, "json", false, "print the plan as JSON")
	for _, name := range []string{"check", "json"} {
		cmd.Flags().SetAnnotation(name, anywhere, []string{}) //nolint:errcheck // the flag is there, three lines above
	}
	return cmd
}

// planFlag gives the actions of labs that change something an option to plan them.
func (a *app) planFlag(cmd *cobra.Command, action string) {
	if action == "run" || action == "reset" {
		cmd.Flags().BoolVar(&a.onlyPlan, "plan", false, "tell what would change, and touch nothing")
	}
}

// planScript plans what the command line says.
func (a *app) planScript(ctx context.Context, s script, p planning) error {
	fromFile := !s.isCode && s.args[0] != "-"
	if fromFile {
		if err := a.checkScript(s.args[0]); err != nil {
			return err
		}
	}
	o, err := a.options()
	if err != nil {
		return err
	}
	o.Globals = s.isCode
	return a.planned(ctx, o, p, func(ctx context.Context, rt *oslua.Runtime) error {
		switch {
		case s.isCode:
			_, err := rt.RunExpression(ctx, "-e", s.code, s.args...)
			return err
		case fromFile:
			return rt.RunFile(ctx, s.args[0], s.args[1:]...)
		}
		src, err := io.ReadAll(a.in)
		if err != nil {
			return err
		}
		return rt.RunString(ctx, "stdin", string(src), s.args[1:]...)
	})
}

// planned makes a plan and shows it.
func (a *app) planned(ctx context.Context, o oslua.Options, p planning, run func(context.Context, *oslua.Runtime) error) error {
	said := &margin{w: a.err, with: a.style.Faint("| ")}
	o.Stdout = said
	if a.quiet {
		o.Stdout = io.Discard
	}
	reading := a.display.Add("planning: reading the cloud")
	if a.log == nil {
		o.Watch = nil // the names of calls would sound as if they were done
	}
	r, err := oslua.Plan(ctx, o, run)
	reading.Done()
	said.end()
	if err != nil {
		return err
	}
	if p.json {
		err = r.WriteJSON(a.out)
	} else {
		style := term.Style{On: term.Color(a.out, a.getenv)}
		err = r.WriteText(a.out, plan.Look{Style: style, Width: term.Width(a.out)})
	}
	switch {
	case err != nil:
		return err
	case r.Err != nil:
		return &told{r.Err}
	case p.check && r.Changed():
		return &told{errs.New(checkFailed, "the script would change something")}
	}
	return nil
}

// told is an error that was shown already: only its exit code is left to give.
type told struct{ err error }

func (t *told) Error() string { return t.err.Error() }
func (t *told) Unwrap() error { return t.err }

// margin writes what a script prints with a mark before each line, so that it is not taken for the plan.
type margin struct {
	w    io.Writer
	with string

	mu  sync.Mutex
	mid bool // in the middle of a line
}

// Write marks each line.
func (m *margin) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b bytes.Buffer
	for line := range bytes.Lines(p) {
		if !m.mid {
			b.WriteString(m.with)
		}
		b.Write(line)
		m.mid = line[len(line)-1] != '\n'
	}
	if _, err := m.w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// end ends a line that was begun.
func (m *margin) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mid {
		_, _ = io.WriteString(m.w, "\n") // there is nowhere left to tell
	}
}
