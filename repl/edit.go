package repl

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/chzyer/readline"
)

// editor is a LineReader with editing, history and completion.
type editor struct {
	rl *readline.Instance
	in *readline.CancelableStdin
}

// EditorOptions are what an editor works with.
type EditorOptions struct {
	In       *os.File
	Out      io.Writer
	History  []string                                                  // what earlier sessions typed, oldest first
	Complete func(line string, cursor int) (word string, all []string) // see Completer.Complete
}

// NewEditor gives a LineReader on a terminal.
func NewEditor(o EditorOptions) (LineReader, error) {
	e := &editor{in: readline.NewCancelableStdin(o.In)}
	rl, err := readline.NewEx(&readline.Config{
		Stdin:                  e.in,
		Stdout:                 o.Out,
		Stderr:                 o.Out,
		HistoryLimit:           historyLimit,
		DisableAutoSaveHistory: true,
		HistorySearchFold:      true,
		InterruptPrompt:        "^C",
		EOFPrompt:              "",
		FuncFilterInputRune:    keepRunning,
		AutoComplete:           tab{editor: e, complete: o.Complete, width: readline.GetScreenWidth},
	})
	if err != nil {
		return nil, err
	}
	e.rl = rl
	for _, entry := range o.History {
		e.Remember(entry)
	}
	return e, nil
}

// keepRunning drops Ctrl-Z: readline would stop the parent process too.
func keepRunning(r rune) (rune, bool) { return r, r != readline.CharCtrlZ }

func (e *editor) ReadLine(prompt string) (string, error) {
	e.rl.SetPrompt(prompt)
	line, err := e.rl.Readline()
	if errors.Is(err, readline.ErrInterrupt) {
		err = ErrInterrupt
	}
	return line, err
}

func (e *editor) Remember(entry string) {
	e.rl.SaveHistory(entry) //nolint:errcheck // it goes to memory only
}

// Close gives up a read that waits for a key first: readline wraps its input and then does not reach it any more, and
// would wait for ever.
func (e *editor) Close() error { return errors.Join(e.in.Close(), e.rl.Close()) }

// tab answers the Tab key. readline's own menu panics where a candidate is wider than the terminal, so it is given at
// most what all candidates share, and the list is printed here.
type tab struct {
	editor   *editor
	complete func(line string, cursor int) (word string, all []string)
	width    func() int
}

// Do gives what is to be inserted at the cursor.
func (t tab) Do(line []rune, pos int) ([][]rune, int) {
	if t.complete == nil {
		return nil, 0
	}
	before := string(line[:pos])
	word, all := t.complete(string(line), len(before))
	if len(all) == 0 {
		return nil, 0
	}
	common := commonPrefix(all)
	if len(common) > len(word) && strings.HasPrefix(common, word) {
		return [][]rune{[]rune(common[len(word):])}, len([]rune(word))
	}
	if len(all) > 1 {
		io.WriteString(t.editor.rl.Stdout(), menu(all, t.width())) //nolint:errcheck // the terminal is gone then
	}
	return nil, 0
}

func commonPrefix(words []string) string {
	p := words[0]
	for _, w := range words[1:] {
		n := 0
		for n < min(len(p), len(w)) && p[n] == w[n] {
			n++
		}
		p = p[:n]
	}
	return p
}

// menu lays words out in columns, down and then right, in a terminal of that width.
func menu(words []string, width int) string {
	widest := len(slices.MaxFunc(words, func(a, b string) int { return len(a) - len(b) })) + 2
	columns := max(1, width/widest)
	rows := (len(words) + columns - 1) / columns
	var b strings.Builder
	for r := range rows {
		for c := range columns {
			i := c*rows + r
			if i >= len(words) {
				break
			}
			b.WriteString(words[i])
			if i+rows < len(words) {
				b.WriteString(strings.Repeat(" ", widest-len(words[i])))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
