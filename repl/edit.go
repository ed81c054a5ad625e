package repl

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/chzyer/readline"
	"github.com/oslua/oslua/internal/term"
)

// editor is a LineReader with editing, history and completion. readline reads the keys and keeps the line; what it does
// badly is done here: see screen for drawing, key for the keys.
type editor struct {
	o      EditorOptions
	rl     *readline.Instance
	tty    *readline.CancelableStdin
	in     *input
	screen *screen

	past   []string // entries, oldest first
	edit   func(line []rune, pos int) ([]rune, int)
	search *search
	killed []rune

	mu      sync.Mutex
	reading bool
}

// EditorOptions are what an editor works with.
type EditorOptions struct {
	In       io.Reader // the terminal
	Out      io.Writer
	Style    term.Style
	Width    func() int                               // columns of the terminal
	History  []string                                 // what earlier sessions typed, oldest first
	Complete func(line string, cursor int) Completion // see Completer.Complete
	Hint     func(line string, cursor int) string     // a few words about what is being typed
	Goes     func(entry string) bool                  // whether an entry goes on on a further line
}

// search is a search through the history under way.
type search struct {
	query  []rune
	at     int // the entry found, len(past) for none yet
	failed bool
	before []rune // the line as it was
	prompt string
}

// NewEditor gives a LineReader on a terminal.
func NewEditor(o EditorOptions) (LineReader, error) {
	from := o.In
	out := o.Out
	if runtime.GOOS == "windows" {
		// There readline makes keys of the console's events, and acts on escape sequences itself.
		from, out = readline.Stdin, readline.Stdout
	}
	e := &editor{o: o, tty: readline.NewCancelableStdin(from)}
	e.in = &input{from: e.tty}
	e.screen = &screen{out: out, width: o.Width, style: o.Style, hint: o.Hint}
	if h := o.Hint; h != nil {
		e.screen.hint = func(line string, cursor int) string {
			return h(plain(line), cursor-2*strings.Count(line[:cursor], string(keyNewline))-2*strings.Count(line[:cursor], string(keyTab)))
		}
	}
	rl, err := readline.NewEx(&readline.Config{
		Stdin:                  io.NopCloser(e.in),
		Stdout:                 e.screen,
		Stderr:                 e.screen,
		Painter:                e.screen,
		FuncGetWidth:           o.Width,
		FuncOnWidthChanged:     e.onResize,
		HistoryLimit:           historyLimit,
		DisableAutoSaveHistory: true,
		InterruptPrompt:        "^C",
		EOFPrompt:              "",
		ForceUseInteractive:    true,
		FuncFilterInputRune:    func(r rune) (rune, bool) { return e.key(r), true },
		Listener:               e,
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

func (e *editor) onResize(f func()) {
	readline.DefaultOnWidthChanged(func() {
		f()
		if e.rl != nil {
			e.rl.Refresh()
		}
	})
}

// coded makes text fit for readline's buffer, where a line's end would end the entry; plain makes it text again.
func coded(text string) string {
	return strings.NewReplacer("\n", string(keyNewline), "\t", string(keyTab)).Replace(text)
}

func plain(line string) string {
	return strings.NewReplacer(string(keyNewline), "\n", string(keyTab), "\t").Replace(line)
}

// ReadLine reads an entry, which may have several lines. Pasted text comes between brackets, where the terminal can.
func (e *editor) ReadLine(prompt string) (string, error) {
	e.screen.setPrompt(prompt, moreprompt)
	e.rl.SetPrompt(prompt)
	e.search, e.edit = nil, nil
	io.WriteString(e.o.Out, "\x1b[?2004h") //nolint:errcheck // the terminal is gone then
	e.setReading(true)
	line, err := e.rl.Readline()
	e.setReading(false)
	io.WriteString(e.o.Out, "\x1b[?2004l") //nolint:errcheck // likewise
	if errors.Is(err, readline.ErrInterrupt) {
		if line == "" {
			return "", ErrInterrupt
		}
		return plain(line), ErrInterrupt
	}
	return plain(line), err
}

func (e *editor) setReading(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reading = on
}

func (e *editor) Remember(entry string) {
	if n := len(e.past); n > 0 && e.past[n-1] == entry {
		return
	}
	e.past = append(e.past, entry)
	e.rl.SaveHistory(coded(entry)) //nolint:errcheck // it goes to memory only
}

// ReadKey waits for one key, outside of a line.
func (e *editor) ReadKey() (rune, error) {
	if err := e.rl.Terminal.EnterRawMode(); err != nil {
		return 0, err
	}
	defer e.rl.Terminal.ExitRawMode() //nolint:errcheck // there is no better state to give it
	var b [1]byte
	if _, err := e.in.Read(b[:]); err != nil {
		return 0, err
	}
	return rune(b[0]), nil
}

// Close gives up a read that waits for a key first: readline wraps its input and then does not reach it any more, and
// would wait for ever.
func (e *editor) Close() error {
	e.mu.Lock()
	if e.reading {
		io.WriteString(e.o.Out, "\x1b[?2004l") //nolint:errcheck // the terminal is gone then
	}
	e.mu.Unlock()
	return errors.Join(e.tty.Close(), e.rl.Close())
}

// nothing is a key on which readline does nothing but ask OnChange.
const nothing = readline.CharBell

// then has the line changed as soon as readline lets it.
func (e *editor) then(edit func(line []rune, pos int) ([]rune, int)) rune {
	e.edit = edit
	return nothing
}

// OnChange is readline's question after each key whether the line is to be another one.
func (e *editor) OnChange(line []rune, pos int, key rune) ([]rune, int, bool) {
	if key == 0 {
		return nil, 0, false
	}
	if edit := e.edit; edit != nil {
		e.edit = nil
		line, pos = edit(slices.Clone(line), pos)
		return line, pos, true
	}
	return dedent(line, pos, key)
}

// key says what readline is to take a key for.
func (e *editor) key(r rune) rune {
	if e.search != nil {
		return e.searchKey(r)
	}
	line, pos := e.screen.current()
	switch r {
	case readline.CharEnter, readline.CharCtrlJ:
		if entry := plain(string(line)); e.o.Goes == nil || !e.o.Goes(entry) {
			return r
		}
		e.rl.Terminal.KickRead() // readline waits for leave to read on after this key
		return e.then(breakLine)
	case keyPaste:
		text := []rune(coded(e.in.pasted()))
		return e.then(func(line []rune, pos int) ([]rune, int) {
			return slices.Insert(line, pos, text...), pos + len(text)
		})
	case keyDelete:
		return e.then(func(line []rune, pos int) ([]rune, int) {
			if pos < len(line) {
				line = slices.Delete(line, pos, pos+1)
			}
			return line, pos
		})
	case readline.CharTab:
		return e.tab(line, pos)
	case readline.CharPrev, readline.CharNext:
		if to, ok := vertical(line, pos, r == readline.CharPrev); ok {
			return e.move(to)
		}
	case readline.CharLineStart:
		return e.move(startOfRow(line, pos))
	case readline.CharLineEnd:
		return e.move(endOfRow(line, pos))
	case readline.MetaBackward:
		return e.move(wordBefore(line, pos))
	case readline.MetaForward:
		return e.move(wordAfter(line, pos))
	case readline.CharCtrlW:
		return e.kill(spaceBefore(line, pos), pos)
	case readline.MetaBackspace:
		return e.kill(wordBefore(line, pos), pos)
	case readline.MetaDelete:
		return e.kill(pos, wordAfter(line, pos))
	case readline.CharCtrlU:
		return e.kill(startOfRow(line, pos), pos)
	case readline.CharKill:
		return e.kill(pos, endOfRow(line, pos))
	case readline.CharCtrlY:
		return e.then(func(line []rune, pos int) ([]rune, int) {
			return slices.Insert(line, pos, e.killed...), pos + len(e.killed)
		})
	case readline.CharBckSearch, readline.CharFwdSearch:
		e.search = &search{at: len(e.past), before: line, prompt: e.screen.prompt}
		return e.showSearch()
	case readline.CharCtrlZ:
		return nothing // readline would stop the parent process too
	case readline.CharTranspose, readline.CharEsc:
	default:
		if r > 0 && r < ' ' && !known(r) {
			return nothing
		}
	}
	return r
}

// known are the control characters that readline acts on by itself; it would put any other into the line.
func known(r rune) bool {
	switch r {
	case readline.CharBackward, readline.CharInterrupt, readline.CharDelete, readline.CharForward, readline.CharBell,
		readline.CharCtrlH, readline.CharCtrlL, readline.CharNext, readline.CharPrev:
		return true
	}
	return false
}

func (e *editor) move(to int) rune {
	return e.then(func(line []rune, _ int) ([]rune, int) { return line, to })
}

func (e *editor) kill(from, to int) rune {
	return e.then(func(line []rune, pos int) ([]rune, int) {
		if from < to {
			e.killed = slices.Clone(line[from:to])
		}
		return slices.Delete(line, from, to), from
	})
}

func startOfRow(line []rune, pos int) int {
	for pos > 0 && line[pos-1] != keyNewline {
		pos--
	}
	return pos
}

func endOfRow(line []rune, pos int) int {
	for pos < len(line) && line[pos] != keyNewline {
		pos++
	}
	return pos
}

// vertical is the cursor a row up or down inside of an entry; false where there is no such row.
func vertical(line []rune, pos int, up bool) (int, bool) {
	start := startOfRow(line, pos)
	if up {
		if start == 0 {
			return 0, false
		}
		above := startOfRow(line, start-1)
		return min(above+pos-start, start-1), true
	}
	end := endOfRow(line, pos)
	if end == len(line) {
		return 0, false
	}
	return min(end+1+pos-start, endOfRow(line, end+1)), true
}

func isWord(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) && r != keyNewline
}

func wordBefore(line []rune, pos int) int {
	for pos > 0 && !isWord(line[pos-1]) {
		pos--
	}
	for pos > 0 && isWord(line[pos-1]) {
		pos--
	}
	return pos
}

func wordAfter(line []rune, pos int) int {
	for pos < len(line) && !isWord(line[pos]) {
		pos++
	}
	for pos < len(line) && isWord(line[pos]) {
		pos++
	}
	return pos
}

func spaceBefore(line []rune, pos int) int {
	space := func(r rune) bool { return r == ' ' || r == keyNewline || r == keyTab }
	for pos > 0 && space(line[pos-1]) {
		pos--
	}
	for pos > 0 && !space(line[pos-1]) {
		pos--
	}
	return pos
}

// breakLine begins a further line of the entry, as far in as the one above, or further where that opens something.
func breakLine(line []rune, pos int) ([]rune, int) {
	row := string(line[startOfRow(line, pos):pos])
	indent := len(row) - len(strings.TrimLeft(row, " "))
	if opens(strings.TrimSpace(row)) {
		indent += 2
	}
	insert := append([]rune{keyNewline}, []rune(strings.Repeat(" ", indent))...)
	return slices.Insert(line, pos, insert...), pos + len(insert)
}

func opens(row string) bool {
	for _, end := range []string{"then", "do", "else", "repeat", "{", "("} {
		if row == end || strings.HasSuffix(row, " "+end) || len(end) == 1 && strings.HasSuffix(row, end) {
			return true
		}
	}
	open := strings.Contains(row, "function(") || strings.Contains(row, "function (") || strings.HasPrefix(row, "function ") || strings.HasPrefix(row, "local function ")
	return open && strings.HasSuffix(row, ")")
}

// dedent moves a line out again when what was typed on it closes a block.
func dedent(line []rune, pos int, key rune) ([]rune, int, bool) {
	if !strings.ContainsRune("dlefi})", key) || pos != endOfRow(line, pos) {
		return nil, 0, false
	}
	start := startOfRow(line, pos)
	row := string(line[start:pos])
	switch strings.TrimLeft(row, " ") {
	case "end", "else", "elseif", "until", "}", ")":
	default:
		return nil, 0, false
	}
	if start == 0 || !strings.HasPrefix(row, "  ") {
		return nil, 0, false
	}
	if key == 'f' || key == 'i' { // "elseif" was moved at its "else"
		return nil, 0, false
	}
	return slices.Delete(slices.Clone(line), start, start+2), pos - 2, true
}

// tab completes, or indents where nothing is typed yet.
func (e *editor) tab(line []rune, pos int) rune {
	if strings.TrimSpace(string(line[startOfRow(line, pos):pos])) == "" || e.o.Complete == nil {
		return e.then(func(line []rune, pos int) ([]rune, int) { return slices.Insert(line, pos, ' ', ' '), pos + 2 })
	}
	text := plain(string(line))
	cursor := len(plain(string(line[:pos])))
	c := e.o.Complete(text, cursor)
	if c.Later != nil {
		go e.late(c.Later, line, pos)
	}
	return e.offer(c, line, pos)
}

// offer inserts what all candidates share, and shows them where that is nothing.
func (e *editor) offer(c Completion, line []rune, pos int) rune {
	if len(c.Candidates) == 0 {
		return nothing
	}
	word := plain(string(line[:pos]))[c.From:]
	common := c.common()
	if len(c.Candidates) == 1 {
		common += c.Candidates[0].After
	}
	if common != word && strings.HasPrefix(strings.ToLower(common), strings.ToLower(strings.Trim(word, "["))) || len(c.Candidates) == 1 && common != word {
		from := pos - len([]rune(coded(word)))
		insert := []rune(coded(common))
		if rest := []rune(c.swallow); len(rest) > 0 && pos+len(rest) <= len(line) && slices.Equal(line[pos:pos+len(rest)], rest) {
			return e.then(func(line []rune, _ int) ([]rune, int) {
				return slices.Replace(line, from, pos+len(rest), insert...), from + len(insert)
			})
		}
		return e.then(func(line []rune, _ int) ([]rune, int) {
			return slices.Replace(line, from, pos, insert...), from + len(insert)
		})
	}
	if len(c.Candidates) > 1 {
		io.WriteString(e.rl.Stdout(), menu(c.Candidates, e.o.Width(), e.o.Style)) //nolint:errcheck // the terminal is gone then
	}
	return nothing
}

// late shows candidates that had to be fetched, if the line is still the one they were asked for.
func (e *editor) late(wait func() Completion, line []rune, pos int) {
	c := wait()
	if len(c.Candidates) == 0 && c.Note == "" {
		return
	}
	now, at := e.screen.current()
	e.mu.Lock()
	reading := e.reading
	e.mu.Unlock()
	if !reading || at != pos || !slices.Equal(now, line) {
		return
	}
	text := c.Note
	if text == "" {
		text = menu(c.Candidates, e.o.Width(), e.o.Style)
	}
	io.WriteString(e.rl.Stdout(), text) //nolint:errcheck // the terminal is gone then
}

// searchKey is a key while the history is searched.
func (e *editor) searchKey(r rune) rune {
	s := e.search
	switch r {
	case readline.CharBckSearch:
		s.find(e.past, s.at-1, -1)
		return e.showSearch()
	case readline.CharFwdSearch:
		s.find(e.past, s.at+1, 1)
		return e.showSearch()
	case readline.CharBackspace, readline.CharCtrlH:
		if n := len(s.query); n > 0 {
			s.query = s.query[:n-1]
			s.find(e.past, len(e.past)-1, -1)
		}
		return e.showSearch()
	case readline.CharInterrupt, readline.CharBell:
		if r == readline.CharInterrupt {
			e.rl.Terminal.KickRead()
		}
		e.endSearch()
		return e.then(func([]rune, int) ([]rune, int) { return s.before, len(s.before) })
	case readline.CharEnter, readline.CharCtrlJ:
		e.endSearch()
		return e.key(r)
	}
	if r >= ' ' && r != 0x7f && (r < 0xe000 || r > 0xf8ff) {
		s.query = append(s.query, r)
		s.find(e.past, min(s.at, len(e.past)-1), -1)
		return e.showSearch()
	}
	e.endSearch()
	return e.key(r)
}

// find looks for the query from an entry on.
func (s *search) find(past []string, from, step int) {
	query := strings.ToLower(string(s.query))
	for i := from; i >= 0 && i < len(past); i += step {
		if strings.Contains(strings.ToLower(past[i]), query) {
			s.at, s.failed = i, false
			return
		}
	}
	s.failed = true
}

func (e *editor) showSearch() rune {
	s := e.search
	word := "search"
	if s.failed {
		word = "not found"
	}
	e.screen.mu.Lock()
	e.screen.prompt = fmt.Sprintf("(%s) %s: ", word, string(s.query))
	e.screen.plain = true
	e.screen.mu.Unlock()
	return e.then(func(line []rune, pos int) ([]rune, int) {
		if s.at >= len(e.past) || len(s.query) == 0 {
			return s.before, len(s.before)
		}
		found := []rune(coded(e.past[s.at]))
		return found, len(found)
	})
}

func (e *editor) endSearch() {
	e.screen.mu.Lock()
	e.screen.prompt, e.screen.plain = e.search.prompt, false
	e.screen.mu.Unlock()
	e.search = nil
	e.rl.Refresh()
}
