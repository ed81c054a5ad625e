package repl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oslua/oslua/engine"
	"github.com/oslua/oslua/internal/term"
)

// typed gives lines as if they were typed, and then the end of the input.
type typed struct {
	lines   []any // a string, or an error
	prompts []string
	kept    []string
}

func (t *typed) ReadLine(prompt string) (string, error) {
	t.prompts = append(t.prompts, prompt)
	if len(t.lines) == 0 {
		return "", io.EOF
	}
	next := t.lines[0]
	t.lines = t.lines[1:]
	if err, ok := next.(error); ok {
		return "", err
	}
	return next.(string), nil
}

func (t *typed) Remember(entry string) { t.kept = append(t.kept, entry) }

func (t *typed) Close() error { return nil }

// quiet is a display that shows nothing.
func quiet(t *testing.T) *term.Display {
	return term.NewDisplay(t.Context(), term.DisplayOptions{Quiet: true})
}

// session runs a shell on what is typed, and gives what it printed and reported.
func session(t *testing.T, lines *typed, history string) (out string, reported []error, err error) {
	t.Helper()
	var b bytes.Buffer
	m, err := engine.New(engine.Options{Stdout: &b, Globals: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	err = Run(t.Context(), Options{
		Machine: m, Lines: lines, Out: &b, Err: &b, History: history, Status: NewStatus(quiet(t)),
		Report:        func(err error, _ bool) { reported = append(reported, err) },
		Interruptible: func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) },
	})
	return b.String(), reported, err
}

func TestShellPrintsValues(t *testing.T) {
	for _, tt := range []struct {
		lines []any
		want  string
	}{
		{[]any{"1 + 2"}, "3\n"},
		{[]any{"1, 'two', nil"}, "1\ttwo\tnil\n"},
		{[]any{"nil"}, ""},
		{[]any{"x = 4"}, ""},
		{[]any{"6 * 7", "_ + 1"}, "42\n43\n"},
		{[]any{"5", "nil", "_"}, "5\n5\n"},
		{[]any{"print 'p'"}, "p\n"},
		{[]any{"for i = 1, 2 do", "print(i)", "end"}, "1\n2\n"},
		{[]any{"  ", "1"}, "1\n"},
		{[]any{"for i = 1, 2 do", ErrInterrupt, "7"}, "7\n"},
		{[]any{ErrInterrupt, "8", ErrInterrupt}, "Ctrl-C once more leaves, as Ctrl-D does\n8\nCtrl-C once more leaves, as Ctrl-D does\n"},
		{[]any{ErrInterrupt, ErrInterrupt, "print('not read')"}, "Ctrl-C once more leaves, as Ctrl-D does\n"},
		{[]any{"local x = 1", "x", "_ + 1;", "_"}, "1\n2\n"},
		{[]any{"{ a = 1, b = { 1, 2 } }"}, "{\n  a = 1,\n  b = { 1, 2 },\n}\n"},
		{[]any{"{}", "{ 1, 'two', x = false }"}, "{}\n{ 1, \"two\", x = false }\n"},
		{[]any{"local t = {}; t.t = t", "t"}, "{\n  t = { -- the table it is in\n  },\n}\n"},
		{[]any{"local count = 1", "cuont"}, "cuont is nil; did you mean count?\n"},
		{[]any{"pritn"}, "pritn is nil; did you mean print?\n"},
		{[]any{"1 +", "2"}, "3\n"},
		{[]any{"print"}, "function print\n"},
	} {
		out, reported, err := session(t, &typed{lines: tt.lines}, "")
		if err != nil || len(reported) != 0 || out != tt.want {
			t.Errorf("%q printed %q, reported %v, ended with %v; want %q", tt.lines, out, reported, err, tt.want)
		}
	}
}

func TestShellGoesOnAfterAnError(t *testing.T) {
	out, reported, err := session(t, &typed{lines: []any{"error('no')", "x = = 1", "9"}}, "")
	if err != nil || len(reported) != 2 || !strings.Contains(out, "9") {
		t.Errorf("printed %q, reported %v, ended with %v", out, reported, err)
	}
}

func TestShellLeaves(t *testing.T) {
	_, _, err := session(t, &typed{lines: []any{"os.exit(6)", "print('never')"}}, "")
	var exit *engine.ExitError
	if !errors.As(err, &exit) || exit.Code != 6 {
		t.Errorf("ended with %v, want exit 6", err)
	}
}

func TestShellEndsInTheMiddleOfAnEntry(t *testing.T) {
	_, reported, err := session(t, &typed{lines: []any{"for i = 1, 2 do"}}, "")
	if err != nil || len(reported) != 1 {
		t.Errorf("reported %v, ended with %v", reported, err)
	}
}

func TestShellKeepsHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	lines := &typed{lines: []any{"x = 1", "for i = 1, 2 do", "  x = i", "end", `password = "hunter2"`, "error('no')"}}
	if _, _, err := session(t, lines, path); err != nil {
		t.Fatal(err)
	}
	kept, err := LoadHistory(path)
	want := "x = 1|for i = 1, 2 do\n  x = i\nend|error('no')"
	if err != nil || strings.Join(kept, "|") != want || strings.Join(lines.kept, "|") != want {
		t.Errorf("file %q, editor %q, %v; want %q", kept, lines.kept, err, want)
	}
	if got := strings.Join(lines.prompts[:4], "|"); got != prompt+"|"+prompt+"|"+moreprompt+"|"+moreprompt {
		t.Errorf("prompts %q", got)
	}
}

// hanging never gives a line.
type hanging struct{ typed }

func (h *hanging) ReadLine(string) (string, error) { select {} }

func TestShellHeedsTheEndOfItsContext(t *testing.T) {
	m, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ctx, Options{Machine: m, Status: NewStatus(quiet(t)), Lines: &hanging{}, Out: io.Discard}); err != nil {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- Run(ctx, Options{Machine: m, Status: NewStatus(quiet(t)), Lines: &hanging{}, Out: io.Discard})
	}()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestScopeRunsNothing(t *testing.T) {
	m, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Eval(t.Context(), "t", `
		thing = setmetatable({ id = 1, ["not a name"] = 2, inner = { deep = 1 } },
			{ __name = "network", __index = function() error("completion ran code") end })`); err != nil {
		t.Fatal(err)
	}
	scope := ScopeOf(m)
	names, kind := scope.Names([]string{"thing"})
	if kind != "network" || len(names) != 2 {
		t.Errorf("Names(thing) = %q, %q", names, kind)
	}
	if names, _ := scope.Names([]string{"thing", "inner"}); len(names) != 1 || names[0] != "deep" {
		t.Errorf("Names(thing.inner) = %q", names)
	}
	if names, kind := scope.Names([]string{"nosuch", "x"}); names != nil || kind != "" {
		t.Errorf("Names(nosuch.x) = %q, %q", names, kind)
	}
}
