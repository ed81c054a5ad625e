package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/term"
	lua "github.com/yuin/gopher-lua"
)

// command is one of the shell's own, typed with a colon before it.
type command struct {
	name, args, doc string
}

// commands are in the order :help lists them.
var commands = []command{
	{"help", "[WORDS]", "this list, or what the reference says about WORDS"},
	{"trace", "on|off|curl", "show each request, as a line or as a curl command"},
	{"explain", "EXPR", "run EXPR and tell which requests it takes and why"},
	{"time", "EXPR", "run EXPR and tell how long it takes"},
	{"source", "FUNC", "show the code of a function"},
	{"bt", "", "show the traceback of the last error"},
	{"cloud", "[NAME]", "tell which cloud this is, or go on on another one"},
	{"topology", "", "draw the networks, routers and servers"},
	{"lab", "NAME [ARG]...", "run a lab of the course or a file, and what it is to do: run, check, hint, reset"},
	{"load", "FILE", "run a script as if it were typed here"},
	{"save", "FILE", "write the session to a script that runs"},
	{"clear", "", "clear the screen"},
	{"quit", "", "leave, as Ctrl-D does"},
}

var (
	askedAfter  = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_.:]*)\s*\?+\s*$`)
	askedBefore = regexp.MustCompile(`^\s*\?+\s*(.*?)\s*$`)
)

// special carries out what is no Lua: a question, or a command.
func (s *shell) special(ctx context.Context, code string) (done bool, err error) {
	text := strings.TrimSpace(code)
	if m := askedAfter.FindStringSubmatch(text); m != nil {
		return true, s.help(m[1])
	}
	if m := askedBefore.FindStringSubmatch(text); m != nil {
		return true, s.help(m[1])
	}
	if !strings.HasPrefix(text, ":") || strings.HasPrefix(text, "::") {
		return false, nil
	}
	name, rest, _ := strings.Cut(text[1:], " ")
	return true, s.command(ctx, name, strings.TrimSpace(rest))
}

func (s *shell) command(ctx context.Context, name, rest string) error {
	run := map[string]func(context.Context, string) error{
		"help":    func(_ context.Context, rest string) error { return s.helpCommand(rest) },
		"trace":   s.trace,
		"explain": s.explain,
		"time":    s.time,
		"source":  s.source,
		"bt":      s.traceback,
		"cloud":   s.cloud,
		"lab":     s.lab,
		"load":    s.load,
		"save":    s.save,
		"clear": func(context.Context, string) error {
			_, err := io.WriteString(s.Out, "\x1b[H\x1b[2J\x1b[3J")
			return err
		},
		"quit":     func(context.Context, string) error { return errQuit },
		"topology": func(ctx context.Context, _ string) error { return s.topology(ctx) },
	}
	do := run[name]
	if do == nil {
		var names []string
		for _, c := range commands {
			names = append(names, c.name)
		}
		e := errs.New(errs.BadArgument, "there is no command :%s", name)
		if near := nearest(name, names); near != "" {
			return s.problem(e.WithHint("did you mean :%s?", near))
		}
		return s.problem(e.WithHint(":help lists the commands"))
	}
	i := slices.IndexFunc(commands, func(c command) bool { return c.name == name })
	if c := commands[i]; rest == "" && c.args != "" && !strings.HasPrefix(c.args, "[") {
		return s.problem(errs.New(errs.BadArgument, ":%s needs %s", c.name, c.args).WithHint("it is to %s", c.doc))
	}
	return do(ctx, rest)
}

// nearest takes a beginning for the whole, too.
func nearest(name string, names []string) string {
	for _, n := range names {
		if name != "" && strings.HasPrefix(n, name) {
			return n
		}
	}
	return schema.Nearest(name, names)
}

// problem reports what a command could not do. The shell goes on.
func (s *shell) problem(err error) error {
	s.fail(err)
	return nil
}

// help shows what the reference says about a name, a variable or words.
func (s *shell) help(topic string) error {
	topic = strings.Trim(topic, `"' `)
	s.Machine.With(func(L *lua.LState) {
		head, method, isMethod := strings.Cut(topic, ":")
		v := s.Machine.Lookup(head)
		for i, part := range strings.Split(head, ".") {
			if i == 0 {
				v = s.Machine.Lookup(part)
			} else if t, ok := v.(*lua.LTable); ok {
				v = t.RawGetString(part)
			} else {
				v = lua.LNil
			}
		}
		switch v := v.(type) {
		case *lua.LTable:
			if kind := schema.KindOf(v); kind != "" && kind != "module" {
				if topic = kind; isMethod {
					topic += ":" + method
				}
			}
		case *lua.LFunction:
			if name := s.Machine.NameOf(v); name != "" {
				topic = name
			}
		}
	})
	return s.page(schema.Help(s.Machine.Modules(), topic))
}

func (s *shell) helpCommand(rest string) error {
	if rest != "" {
		return s.help(rest)
	}
	var rows [][]string
	for _, c := range commands {
		rows = append(rows, []string{strings.TrimSpace(":" + c.name + " " + c.args), c.doc})
	}
	rows = append(rows, []string{"help()", "the modules; help(networks.create) or networks.create? one function"},
		[]string{"help \"floating ip\"", "what the reference has on these words"},
		[]string{"_", "the last value; a ; at the end of an entry prints none"},
		[]string{"Tab, Ctrl-R", "complete; search what was typed. Alt-Enter begins a new line"})
	var b strings.Builder
	if err := term.Columns(&b, rows); err != nil {
		return err
	}
	return s.page(b.String())
}

func (s *shell) trace(_ context.Context, mode string) error {
	if s.Cloud == nil {
		return s.problem(errs.New(errs.BadArgument, "there is no cloud here whose requests could be shown"))
	}
	if !slices.Contains([]string{"on", "off", "curl"}, mode) {
		return s.problem(errs.New(errs.BadArgument, "want :trace on, off or curl, got %q", mode))
	}
	if err := s.Cloud.Trace(mode); err != nil {
		return s.problem(err)
	}
	return nil
}

// inFunction makes code the body of a function.
func inFunction(code string) string {
	if engine.IsExpression(code) {
		code = "return " + code
	}
	return "function() " + code + "\nend"
}

func (s *shell) explain(ctx context.Context, code string) error {
	var mods []string
	for _, m := range s.Machine.Modules() {
		for _, f := range m.Funcs {
			if f.Name == "explain" && m.Name != "auth" {
				mods = append(mods, m.Name)
			}
		}
	}
	call := ""
	switch {
	case slices.Contains(mods, schema.Globals):
		call = "explain"
	case slices.Contains(mods, "trace"):
		call = `require("trace").explain`
	}
	if call != "" {
		values, err := s.run(ctx, call+"("+inFunction(code)+")")
		if err := s.finish(err); err != nil || s.last != nil {
			return err
		}
		return s.print(ctx, ";", values) // the value itself is not what was asked for
	}
	if s.Cloud == nil {
		return s.problem(errs.New(errs.BadArgument, "there is no cloud here whose requests could be explained"))
	}
	if err := s.Cloud.Trace("curl"); err != nil {
		return s.problem(err)
	}
	defer s.Cloud.Trace("back") //nolint:errcheck // to what it was
	return s.execute(ctx, code)
}

func (s *shell) time(ctx context.Context, code string) error {
	if s.Clock == nil {
		return s.problem(errs.New(errs.BadArgument, "there is no clock here"))
	}
	requests := int64(0)
	if s.Cloud != nil {
		requests = s.Cloud.Requests()
	}
	start := s.Clock.Now()
	values, err := s.run(ctx, code)
	took := s.Clock.Now().Sub(start)
	if err := s.finish(err); err != nil {
		return err
	}
	if s.last == nil {
		if err := s.print(ctx, code, values); err != nil {
			return err
		}
	}
	text := took.Round(time.Microsecond).String()
	if took > 10*time.Millisecond {
		text = took.Round(100 * time.Microsecond).String()
	}
	if s.Cloud != nil {
		n := s.Cloud.Requests() - requests
		text += fmt.Sprintf(", %d request", n)
		if n != 1 {
			text += "s"
		}
	}
	s.note(text)
	return nil
}

func (s *shell) source(ctx context.Context, code string) error {
	values, err := s.run(ctx, code)
	if err := s.finish(err); err != nil || s.last != nil {
		return err
	}
	if len(values) == 0 {
		return s.problem(errs.New(errs.BadArgument, ":source wants a function"))
	}
	fn, ok := values[0].(*lua.LFunction)
	if !ok {
		return s.problem(errs.New(errs.BadArgument, ":source wants a function, got a %s", values[0].Type()))
	}
	var text, where, name string
	s.Machine.With(func(*lua.LState) {
		text, where, ok = s.Machine.SourceOf(fn)
		name = s.Machine.NameOf(fn)
	})
	switch {
	case ok:
		return s.page("-- " + where + "\n" + text)
	case name != "":
		return s.problem(errs.New(errs.BadArgument, "%s is written in Go", name).WithHint("%s? tells about it", name))
	}
	return s.problem(errs.New(errs.BadArgument, "the source of this function is not at hand"))
}

func (s *shell) traceback(context.Context, string) error {
	if s.last == nil {
		s.note("there was no error")
		return nil
	}
	s.Report(s.last, true)
	return nil
}

func (s *shell) cloud(_ context.Context, name string) error {
	if s.Cloud == nil {
		return s.problem(errs.New(errs.BadArgument, "there is no cloud here"))
	}
	if name != "" {
		if err := s.Cloud.Use(name); err != nil {
			return s.problem(err)
		}
		if s.Live != nil {
			s.Live.Forget()
		}
	}
	fmt.Fprintln(s.Out, "on "+s.Cloud.Describe())
	if names := s.Cloud.Names(); name == "" && len(names) > 0 {
		s.note(fmt.Sprintf("clouds.yaml has %s", strings.Join(names, ", ")))
	}
	return nil
}

func (s *shell) topology(ctx context.Context) error {
	for _, m := range s.Machine.Modules() {
		if m.Name == "topology" {
			_, err := s.run(ctx, `require("topology").show()`)
			return s.finish(err)
		}
	}
	return s.problem(errs.New(errs.BadArgument, "this oslua cannot draw the topology"))
}

func (s *shell) lab(ctx context.Context, rest string) error {
	args := strings.Fields(rest)
	name := args[0]
	if _, err := os.Stat(name); err != nil && s.Lab != nil {
		if file, code, ok := s.Lab(name); ok {
			return s.finish(s.guard(ctx, func(ctx context.Context) error { return s.Machine.RunString(ctx, file, code, args[1:]...) }))
		}
	}
	return s.finish(s.guard(ctx, func(ctx context.Context) error { return s.Machine.RunFile(ctx, name, args[1:]...) }))
}

func (s *shell) load(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return s.problem(unreadable("read", path, err))
	}
	_, err = s.runAs(ctx, path, string(text))
	if err := s.finish(err); err != nil || s.last != nil {
		return err
	}
	s.log = append(s.log, logged{strings.TrimSpace(withoutFirst(string(text))), setsSecret(string(text))})
	return nil
}

// withoutFirst drops a #! line.
func withoutFirst(text string) string {
	if strings.HasPrefix(text, "#") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}

func unreadable(verb, path string, err error) error {
	cause := err
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		cause = pe.Err
	}
	e := errs.New(errs.BadArgument, "cannot %s %s: %v", verb, path, cause)
	e.Cause = err
	return e
}

// savedHead begins what :save wrote, so that it writes over nothing else.
const savedHead = "#!/usr/bin/env oslua\n-- A session of oslua's shell.\n"

func (s *shell) save(_ context.Context, path string) error {
	if len(s.log) == 0 {
		return s.problem(errs.New(errs.BadArgument, "nothing has run yet that could be saved"))
	}
	if old, err := os.ReadFile(path); err == nil && !strings.HasPrefix(string(old), savedHead) {
		return s.problem(errs.New(errs.BadArgument, "%s is there already", path).WithHint("give another name, or remove it first"))
	}
	text, kept := script(s.log, s.Machine.Modules())
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil { //nolint:gosec // a script is to be run
		return s.problem(unreadable("write", path, err))
	}
	s.note(fmt.Sprintf("%d entries in %s; oslua %s runs them", kept, path, path))
	return nil
}

var usesLast = regexp.MustCompile(`(^|[^A-Za-z0-9_.:])_($|[^A-Za-z0-9_])`)

// script puts entries together so that they run as one script: modules are required, and values that were printed are
// printed.
func script(log []logged, mods []schema.Module) (text string, kept int) {
	var b strings.Builder
	b.WriteString(savedHead)
	var body strings.Builder
	last := false
	for _, e := range log {
		last = last || usesLast.MatchString(e.code)
	}
	for _, e := range log {
		switch {
		case e.secret:
			body.WriteString("-- an entry with a secret in it was left out\n")
			continue
		case !engine.IsExpression(e.code):
			body.WriteString(e.code)
		default:
			code := strings.TrimRight(e.code, "; ")
			called := strings.HasSuffix(code, ")") || strings.HasSuffix(code, "}") || strings.HasSuffix(code, `"`)
			switch {
			case last:
				body.WriteString("_ = " + code)
			case called && engine.CheckEntry("", "do "+code+" end") == nil:
				body.WriteString(code)
			case strings.HasSuffix(e.code, ";"):
				body.WriteString("local _ = " + code)
			default:
				body.WriteString("print(" + code + ")")
			}
		}
		body.WriteString("\n")
		kept++
	}
	var names []string
	for _, m := range mods {
		if m.Name != schema.Globals && m.Name != "task" && regexp.MustCompile(`(^|[^A-Za-z0-9_.:])`+m.Name+`[.:]`).MatchString(body.String()) {
			names = append(names, m.Name)
		}
	}
	if len(names) > 0 {
		b.WriteString("local " + strings.Join(names, ", ") + " = ")
		for i, n := range names {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(`require "` + n + `"`)
		}
		b.WriteString("\n\n")
	}
	b.WriteString(body.String())
	return b.String(), kept
}

// GoesOn reports whether what was typed so far wants a further line.
func GoesOn(entry string) bool {
	text := strings.TrimSpace(entry)
	if strings.HasPrefix(text, ":") && !strings.HasPrefix(text, "::") || strings.HasPrefix(text, "?") || askedAfter.MatchString(text) {
		return false
	}
	return engine.IsIncomplete(engine.CheckEntry("", entry))
}
