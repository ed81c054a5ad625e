package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// built is the command as a program of its own: tmux starts it.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "oslua-shell")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "oslua")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// person sits before a terminal in which the shell runs, types, and looks at the screen.
type person struct {
	t      *testing.T
	socket string
	state  string
}

// sit starts the shell in a terminal of its own. state is a folder for the shell's state; "" makes one.
func sit(t *testing.T, width, height int, state string, args ...string) *person {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("tmux, which these tests type in, is not here")
	}
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	if state == "" {
		state = t.TempDir()
	}
	home := t.TempDir()
	p := &person{t: t, socket: fmt.Sprintf("oslua-%d-%d", os.Getpid(), time.Now().UnixNano()), state: state}
	command := fmt.Sprintf("cd %q && exec env -i PATH=%q HOME=%q XDG_STATE_HOME=%q TERM=tmux-256color LANG=C.UTF-8 %q", home, os.Getenv("PATH"), home, state, bin)
	for _, a := range args {
		command += fmt.Sprintf(" %q", a)
	}
	p.tmux("-f", os.DevNull, "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), command, ";",
		"set-option", "-g", "remain-on-exit", "on")
	t.Cleanup(func() { p.run("kill-server") }) //nolint:errcheck // it may be gone
	p.wants("oslua>")
	return p
}

func (p *person) run(args ...string) (string, error) {
	out, err := exec.Command("tmux", append([]string{"-u", "-L", p.socket}, args...)...).CombinedOutput()
	return string(out), err
}

func (p *person) tmux(args ...string) string {
	p.t.Helper()
	out, err := p.run(args...)
	if err != nil {
		p.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return out
}

// types types text, key by key as far as the shell can tell.
func (p *person) types(text string) {
	p.t.Helper()
	if rest, ok := strings.CutSuffix(text, ";"); ok {
		text = rest + `\;` // at the end of an argument it would end tmux's command
	}
	p.tmux("send-keys", "-l", "--", text)
}

// presses presses keys by tmux's names: Enter, Tab, C-c, Left.
func (p *person) presses(keys ...string) {
	p.t.Helper()
	p.tmux(append([]string{"send-keys", "--"}, keys...)...)
}

// enters types an entry and presses Enter when the screen shows it.
func (p *person) enters(text string) {
	p.t.Helper()
	p.types(text)
	p.presses("Enter")
}

func (p *person) pastes(text string) {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "pasted")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.tmux("load-buffer", file, ";", "paste-buffer", "-p")
}

// screen gives what is to be seen, and what has scrolled away, without the blank lines at the end.
func (p *person) screen() string {
	p.t.Helper()
	return strings.TrimRight(p.tmux("capture-pane", "-p", "-S", "-"), "\n ") + "\n"
}

// until waits until the screen is as ok wants it.
func (p *person) until(what string, ok func(screen string) bool) string {
	p.t.Helper()
	last := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		if last = p.screen(); ok(last) {
			return last
		}
	}
	p.t.Fatalf("%s; the screen:\n%s", what, last)
	return ""
}

// wants waits until the screen ends in text, but for the prompt.
func (p *person) wants(text string) string {
	p.t.Helper()
	return p.until(fmt.Sprintf("no %q", text), func(s string) bool { return strings.Contains(s, text) })
}

// ends waits until the last lines of the screen are these.
func (p *person) ends(lines ...string) {
	p.t.Helper()
	want := strings.TrimRight(strings.Join(lines, "\n"), " \n") + "\n"
	p.until(fmt.Sprintf("the screen does not end in\n%s", want), func(s string) bool { return strings.HasSuffix(s, want) })
}

// leaves waits until the shell has ended.
func (p *person) leaves() {
	p.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		if out, err := p.run("display-message", "-p", "#{pane_dead}"); err != nil || strings.TrimSpace(out) == "1" {
			return
		}
	}
	p.t.Fatalf("the shell goes on; the screen:\n%s", p.screen())
}

// cursor waits until the cursor is in that column, and so many lines below the last one that begins with text.
func (p *person) cursor(column, below int, text string) {
	p.t.Helper()
	got := ""
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		var x, y int
		fmt.Sscanf(p.tmux("display-message", "-p", "#{cursor_x} #{cursor_y}"), "%d %d", &x, &y) //nolint:errcheck // zero then
		lines := strings.Split(p.tmux("capture-pane", "-p"), "\n")
		row := -1
		for i, l := range lines {
			if strings.HasPrefix(l, text) {
				row = i
			}
		}
		got = fmt.Sprintf("column %d, %d below (line %d)", x, y-row, row)
		if x == column && y-row == below {
			return
		}
	}
	p.t.Fatalf("the cursor is in %s, want column %d, %d below; the screen:\n%s", got, column, below, p.screen())
}

func TestShellTellsWhereItIs(t *testing.T) {
	p := sit(t, 100, 24, "")
	screen := p.wants("oslua>")
	if !strings.Contains(screen, "on the built-in simulator (no cloud is configured).\n") || strings.Count(screen, "\n") != 3 {
		t.Errorf("the banner:\n%s", screen)
	}
	p.enters(`networks.get("private").name`)
	if screen := p.wants("\nprivate\n"); strings.Contains(screen, "--cloud") {
		t.Errorf("told twice:\n%s", screen)
	}
}

func TestShellKeepsLocals(t *testing.T) {
	p := sit(t, 80, 24, "")
	p.enters("local count = 20")
	p.enters("function twice() return count * 2 end")
	p.enters("count = count + 1")
	p.enters("twice();")
	p.enters("_")
	p.ends("oslua> twice();", "oslua> _", "42", "oslua>")
}

func TestShellTypesSeveralLines(t *testing.T) {
	p := sit(t, 80, 24, "")
	for _, line := range []string{"for i = 1, 2 do", "if i == 2 then", "print('at ' .. i)", "end", "end"} {
		p.enters(line)
	}
	p.ends("oslua> for i = 1, 2 do", "   ...   if i == 2 then", "   ...     print('at ' .. i)", "   ...   end", "   ... end", "at 2", "oslua>")
	// It comes back as one, and the cursor walks through its lines.
	p.presses("Up")
	p.wants("at 2\noslua> for i = 1, 2 do")
	p.presses("Up", "Up", "End", "BSpace", "BSpace")
	p.types(", 5 ")
	p.presses("C-c")
	p.wants("   ... end^C")
	p.presses("Up", "Up", "Up", "Up", "Up", "C-e", "Left", "Left", "Left", "BSpace")
	p.types("3")
	p.presses("Enter")
	p.wants("1, 3 do")
}

func TestShellPastesOneEntry(t *testing.T) {
	p := sit(t, 80, 24, "")
	p.pastes("local function f(n)\n\tif n < 2 then return 1 end\n\n\treturn n * f(n - 1)\nend\nprint('f is ' .. f(5))\n")
	p.ends("oslua> local function f(n)", "   ...     if n < 2 then return 1 end", "   ...", "   ...     return n * f(n - 1)", "   ... end", "   ... print('f is ' .. f(5))")
	p.presses("Enter")
	p.wants("\nf is 120\n")
	p.enters("f(3)")
	p.wants("\n6\n")
	p.pastes("print(“hi”)")
	p.presses("Enter")
	p.wants("write the plain \" instead")
}

func TestShellCompletes(t *testing.T) {
	p := sit(t, 100, 30, "")
	p.types("networks.cr")
	p.presses("Tab")
	p.wants("oslua> networks.create")
	p.types("{ sha")
	p.presses("Tab")
	p.wants("{ shared =")
	p.wants("shared: boolean, default false")
	p.presses("C-c")

	// Names of what is there, in a string; the quote that is missing comes with a single one.
	p.types(`networks.get("pu`)
	p.presses("Tab")
	p.wants(`networks.get("public"`)
	p.enters(`).name`)
	p.wants("\npublic\n")
	p.types(`routers.create { external_network = { network = "p`)
	p.presses("C-c")
	p.types(`networks.get "p`)
	p.presses("Tab", "Tab")
	p.wants("private  public\n")
	p.presses("C-c")

	// Fields and methods of what is there; nothing runs.
	p.enters(`local net = networks.get "private"`)
	p.types("net:del")
	p.presses("Tab")
	p.wants("oslua> net:delete")
	p.presses("C-c")
	p.types("net.stat")
	p.presses("Tab", "Enter")
	p.wants("\nACTIVE\n")
	p.types(":tra")
	p.presses("Tab")
	p.types("c")
	p.presses("Tab")
	p.wants("oslua> :trace curl")
}

func TestShellDrawsHangul(t *testing.T) {
	for _, width := range []int{60, 30} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			p := sit(t, width, 24, "")
			p.types("s = '가나다라'")
			p.cursor(7+5+8+1, 0, "oslua>")
			p.presses("Left", "Left", "Left")
			p.cursor(7+5+4, 0, "oslua>")
			p.types("하a")
			p.cursor(7+5+7, 0, "oslua>")
			p.wants("oslua> s = '가나하a다라'")
			p.presses("BSpace", "BSpace", "DC")
			p.wants("oslua> s = '가나라'")
			p.cursor(7+5+4, 0, "oslua>")
			p.presses("C-a")
			p.cursor(7, 0, "oslua>")
			p.presses("C-e", "Enter")
			p.enters("s")
			p.wants("\n가나라\n")

			// A line that wraps, and a wide letter that does not fit at its end.
			long := "x = '" + strings.Repeat("가나다라마", 7) + "'"
			p.types(long)
			p.wants("라마'")
			columns, rows := 7, 0
			for _, r := range long {
				w := 1
				if r > 0x7f {
					w = 2
				}
				if columns+w > width {
					columns, rows = 0, rows+1
				}
				columns += w
			}
			p.cursor(columns, rows, "oslua> x")
			p.presses("Left", "Left")
			p.cursor(columns-3, rows, "oslua> x")
			p.presses("C-a")
			p.cursor(7, 0, "oslua> x")
			p.presses("M-f", "M-f", "C-w")
			p.cursor(11, 0, "oslua> x")
			p.pastes("붙여넣기")
			p.cursor(19, 0, "oslua> x")
			p.presses("C-c")
			p.enters("1 + 1")
			p.ends("oslua> 1 + 1", "2", "oslua>")
		})
	}
}

func TestShellFollowsTheWidth(t *testing.T) {
	p := sit(t, 80, 20, "")
	p.types("x = '" + strings.Repeat("가나다라마바사", 4) + "'")
	p.wants("바사'")
	p.tmux("resize-window", "-x", "40", "-y", "20")
	p.cursor(29, 1, "oslua> x")
	p.presses("Left", "Left")
	p.types("z")
	p.wants("바z사'")
	p.tmux("resize-window", "-x", "70", "-y", "20")
	p.cursor(67, 0, "oslua> x")
	p.presses("BSpace")
	p.types("y")
	screen := p.wants("바y사'")
	if n := strings.Count(screen, "oslua> "); n != 1 {
		t.Errorf("%d prompts:\n%s", n, screen)
	}
	p.presses("C-c")
	p.enters("networks.list()")
	p.wants("2 networks")
	for line := range strings.Lines(p.screen()) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 70 {
			t.Errorf("a line too wide: %q", line)
		}
	}
}

func TestShellStopsAWait(t *testing.T) {
	p := sit(t, 100, 24, "")
	p.enters(`simulator.faults.add("POST /network/v2.0/networks* latency=60s")`)
	p.enters(`networks.create { name = "half" }`)
	p.wants(`networks.create "half"  `)
	p.wants(` s (Ctrl-C stops)`)
	p.presses("C-c")
	screen := p.wants(`networks.create was stopped: "half" may have been made`)
	if strings.Contains(screen, "Ctrl-C stops") {
		t.Errorf("the block stayed:\n%s", screen)
	}
	p.enters("print('looping') while true do end")
	p.wants("\nlooping\n")
	p.presses("C-c")
	p.wants("stopped\noslua>")
	p.enters("'alive'")
	p.wants("\nalive\n")
	p.presses("C-c")
	p.wants("Ctrl-C once more leaves")
	p.presses("C-c")
	p.leaves()
}

func TestShellsShareTheHistory(t *testing.T) {
	state := t.TempDir()
	one, two := sit(t, 80, 24, state), sit(t, 80, 24, state)
	one.enters("print('from one')")
	two.enters("print('from two')")
	one.enters("password = 'hunter2'")
	one.enters("for i = 1, 1 do")
	one.enters("print('row') end")
	one.wants("\nrow\n")
	two.wants("\nfrom two\n")
	one.presses("C-d")
	two.presses("C-d")
	one.leaves()
	two.leaves()
	path := filepath.Join(state, "oslua", "history")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "hunter2") {
		t.Errorf("%s, %v", text, err)
	}
	p := sit(t, 80, 24, state)
	p.presses("C-r")
	p.types("from t")
	p.wants("(search) from t: print('from two')")
	p.presses("Enter")
	p.wants("\nfrom two\n")
	p.presses("C-r")
	p.types("ONE")
	p.presses("C-e")
	p.wants("oslua> print('from one')")
	p.presses("C-u", "Up", "Up")
	p.ends("oslua> for i = 1, 1 do", "   ...   print('row') end")
}

func TestShellCommands(t *testing.T) {
	p := sit(t, 100, 40, "")
	for _, step := range []struct{ entry, want string }{
		{":bt", "there was no error"},
		{":help", ":explain EXPR"},
		{":hlep", "did you mean :help?"},
		{"local function inner() error('ouch') end; function outer() inner() end", "oslua>"},
		{"outer()", "ouch"},
		{":bt", "in function 'inner'"},
		{":source outer", "-- entry 1:1"},
		{":source networks.list", "networks.list is written in Go"},
		{":source 1", "wants a function, got a number"},
		{":time networks.list();", "requests\n"},
		{":trace on", "oslua>"},
		{`networks.find("public").name`, "GET /network/v2.0/networks?name=public 200"},
		{":trace curl", "oslua>"},
		{`networks.find("private").name`, "curl -i"},
		{":trace off", "oslua>"},
		{":trace sideways", "want :trace on, off or curl"},
		{":explain networks.get 'private'", "What the script did"},
		{":cloud", "on the built-in simulator"},
		{":cloud nosuch", "nosuch"},
		{":topology", "router1"},
		{":save session.lua", "oslua session.lua runs them"},
		{"outer = nil", "oslua>"},
		{":load session.lua", "oslua>"},
		{"type(outer)", "function\n"},
		{":load nosuch.lua", "cannot read nosuch.lua"},
		{":lab nosuch.lua", "there is no script nosuch.lua"},
		{":save", ":save needs FILE"},
		{"netwrok", "did you mean networks?"},
		{"netwrok.list()", "did you mean networks?"},
		{"networks.find?", "networks.find(network)"},
		{"?networks.find", "networks.find(network)"},
	} {
		p.presses("C-l")
		p.tmux("clear-history")
		p.ends("oslua>")
		p.enters(step.entry)
		p.until(fmt.Sprintf("%s: no %q", step.entry, step.want), func(s string) bool {
			_, after, _ := strings.Cut(s, "\n")
			return strings.Contains(after, step.want) && strings.HasSuffix(s, "oslua>\n")
		})
	}
	p.enters(":clear")
	p.ends("oslua>")
	p.enters(":quit")
	p.leaves()
}

func TestShellRunsALab(t *testing.T) {
	lab, err := filepath.Abs(filepath.Join("..", "..", "scripts", "lab1-4.lua"))
	if err != nil {
		t.Fatal(err)
	}
	p := sit(t, 120, 40, "")
	p.enters(":lab " + lab)
	p.enters(`networks.get("private_10.8.0.0").status`)
	p.wants("\nACTIVE\n")
}

func TestShellPages(t *testing.T) {
	p := sit(t, 80, 20, "")
	p.enters("local t = {}; for i = 1, 60 do t[i] = 'row ' .. i .. string.rep('.', 40) end return t")
	p.wants("space for more")
	p.presses("Space")
	p.wants(`"row 35`)
	p.presses("q")
	p.ends("oslua>")
	if screen := p.screen(); strings.Contains(screen, `"row 60`) || strings.Contains(screen, "space for more") {
		t.Errorf("the screen:\n%s", screen)
	}
}

func TestShellAfterAScript(t *testing.T) {
	script := filepath.Join(t.TempDir(), "set.lua")
	if err := os.WriteFile(script, []byte("made = 'by the script'\nlocal hidden = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := sit(t, 80, 24, "", "-i", script)
	p.enters("made")
	p.wants("\nby the script\n")
}
