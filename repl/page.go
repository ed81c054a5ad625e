package repl

import (
	"fmt"
	"io"
	"strings"

	"github.com/oslua/oslua/internal/term"
)

// keyReader is a LineReader that can wait for a single key.
type keyReader interface {
	ReadKey() (rune, error)
}

// page writes a text a screen at a time, where there is a screen and somebody to press a key.
func page(out io.Writer, keys keyReader, width, height int, style term.Style, text string) error {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if keys == nil || height < 4 || rowsOf(lines, width) < height {
		_, err := io.WriteString(out, strings.Join(lines, "\n")+"\n")
		return err
	}
	step := height - 1
	for at := 0; at < len(lines); {
		to, rows := at, 0
		for to < len(lines) && (rows+rowsOf(lines[to:to+1], width) <= step || to == at) {
			rows += rowsOf(lines[to:to+1], width)
			to++
		}
		if _, err := io.WriteString(out, strings.Join(lines[at:to], "\n")+"\n"); err != nil {
			return err
		}
		if at = to; at == len(lines) {
			return nil
		}
		prompt := fmt.Sprintf("-- %d of %d lines: space for more, Enter for a line, a for all, q to stop --", at, len(lines))
		io.WriteString(out, style.Faint(term.Cut(prompt, width-1))) //nolint:errcheck // the next write tells
		key, err := nextKey(keys)
		if _, werr := io.WriteString(out, "\r\x1b[K"); werr != nil {
			return werr
		}
		switch {
		case err != nil || key == 'q' || key == 'Q' || key == 0x03 || key == 0x04:
			return nil
		case key == 'a':
			step = rowsOf(lines, width) + 1
		case key == '\r' || key == '\n':
			step = 1
		default:
			step = height - 1
		}
	}
	return nil
}

// nextKey waits for a key that means something.
func nextKey(keys keyReader) (rune, error) {
	for {
		key, err := keys.ReadKey()
		if err != nil || strings.ContainsRune("qQaA \r\n\x03\x04f", key) {
			return key, err
		}
	}
}

// rowsOf counts the rows that lines take on the screen.
func rowsOf(lines []string, width int) int {
	n := 0
	for _, l := range lines {
		n += 1 + max(0, term.StringWidth(l)-1)/max(1, width)
	}
	return n
}
