package repl

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/oslua/oslua/internal/term"
)

// mark stands for the whole line in what readline writes. It is a character nobody types.
const mark rune = 0xe000

// screen draws the line being edited, in readline's place: readline counts a cursor's columns by its own, wrong widths,
// and knows no entry of several lines. It is readline's painter, which tells it the line and the cursor, and readline's
// output, where it puts its own drawing into the place of what readline meant to write.
type screen struct {
	out   io.Writer
	width func() int
	style term.Style
	hint  func(line string, cursor int) string // a few words below the line; nil for none

	mu           sync.Mutex
	prompt, more string
	line         []rune
	pos          int
	row          int  // of the cursor, below the first row drawn
	plain        bool // no hint for now
	rows         int  // that were drawn
	drawn        bool // something is on the screen that has to be cleared
	drawnFor     int  // the width it was drawn for
}

// Paint keeps the line and gives the mark.
func (s *screen) Paint(line []rune, pos int) []rune {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line, s.pos = append(s.line[:0], line...), pos
	return []rune{mark}
}

// Write puts out what readline writes, but draws and clears the line itself.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := ""
	switch {
	case bytes.ContainsRune(b, mark):
		text = s.draw()
	case bytes.HasPrefix(b, []byte("\x1b[J\x1b[2K")):
		text = s.erase()
	case bytes.Equal(b, []byte("\x1b[H")):
		text = "\x1b[H\x1b[2J"
		s.row, s.drawn = 0, false
	default:
		return s.out.Write(b)
	}
	if _, err := io.WriteString(s.out, text); err != nil {
		return 0, err
	}
	return len(b), nil
}

// current gives the line and the cursor as they were drawn last.
func (s *screen) current() ([]rune, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]rune(nil), s.line...), s.pos
}

// setPrompt says what stands before the line and before the further lines of an entry.
func (s *screen) setPrompt(prompt, more string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prompt, s.more = prompt, more
	s.line, s.pos, s.row, s.drawn, s.plain = s.line[:0], 0, 0, false, false
}

func (s *screen) erase() string {
	if !s.drawn {
		return ""
	}
	// Not "clear to the end of the screen" from its first cell: tmux would keep what it held, at each key.
	text := "\r\x1b[K"
	if s.rows > 1 {
		text += "\x1b[B\x1b[J\x1b[A"
	}
	if width := s.width(); width != s.drawnFor {
		// The terminal has laid out anew what is on it.
		_, cursor, _ := s.layout()
		s.row = cursor.row
		text = "\r\x1b[J"
	}
	if s.row > 0 {
		text = fmt.Sprintf("\x1b[%dA", s.row) + text
	}
	s.row, s.drawn = 0, false
	return text
}

// cell is a place on the screen, counted from where the prompt begins.
type cell struct{ row, col int }

// layout gives what to write for the prompt and the line, where the cursor belongs, and where writing ends.
func (s *screen) layout() (text string, cursor, end cell) {
	width := s.width()
	if width <= 1 {
		width = term.DefaultWidth
	}
	var b strings.Builder
	at := cell{}
	put := func(r rune, w int) {
		if at.col+w > width {
			at = cell{at.row + 1, 0} // the terminal does so too
		}
		b.WriteRune(r)
		at.col += w
	}
	puts := func(t string) {
		for _, r := range t {
			put(r, term.RuneWidth(r))
		}
	}
	// A prompt is not painted here: escape sequences would count as columns.
	puts(s.prompt)
	for i, r := range s.line {
		w := term.RuneWidth(r)
		if r == keyTab {
			w = 4
		}
		if i == s.pos {
			cursor = at
			if r != keyNewline && r != '\n' && at.col+w > width {
				cursor = cell{at.row + 1, 0}
			} else if at.col >= width {
				cursor.col = width - 1
			}
		}
		switch r {
		case keyNewline:
			b.WriteString("\r\n")
			at = cell{at.row + 1, 0}
			puts(s.more)
		case keyTab:
			for range w {
				put(' ', 1)
			}
		case '\n':
			b.WriteString("\r\n")
			at = cell{at.row + 1, 0}
		default:
			put(r, w)
		}
	}
	if at.col >= width {
		// The terminal still holds the cursor in the last column: make it go on.
		b.WriteString(" \r")
		at = cell{at.row + 1, 0}
	}
	if s.pos >= len(s.line) {
		cursor = at
	}
	return b.String(), cursor, at
}

func (s *screen) draw() string {
	text, cursor, end := s.layout()
	if s.prompt != "" {
		text = s.style.Bold(s.prompt) + strings.TrimPrefix(text, s.prompt)
	}
	if n := len(s.line); n > 0 && s.line[n-1] == '\n' {
		// The entry is finished: what is drawn stays.
		s.row, s.drawn = 0, false
		return text
	}
	if s.hint != nil && !s.plain {
		if h := s.hint(string(s.line), len(string(s.line[:min(s.pos, len(s.line))]))); h != "" {
			text += "\r\n" + s.style.Faint(term.Cut(h, s.width()-1))
			end = cell{end.row + 1, 0}
		}
	}
	if up := end.row - cursor.row; up > 0 {
		text += fmt.Sprintf("\x1b[%dA", up)
	}
	if end != cursor || text != "" {
		text += "\r"
		if cursor.col > 0 {
			text += fmt.Sprintf("\x1b[%dC", cursor.col)
		}
	}
	s.row, s.rows, s.drawn, s.drawnFor = cursor.row, end.row+1, true, s.width()
	return text
}
