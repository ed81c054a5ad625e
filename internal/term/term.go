// Package term knows the terminal: whether there is one, how wide it is, whether colour is welcome, and how wide text
// is on it.
package term

import (
	"io"
	"runtime"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// DefaultWidth is assumed where the terminal does not say.
const DefaultWidth = 80

// IsTerminal reports whether f, a reader or writer, is a terminal.
func IsTerminal(f any) bool {
	file, ok := f.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}

// IsDumb reports whether the terminal named by TERM cannot move the cursor.
func IsDumb(getenv func(string) string) bool {
	return getenv("TERM") == "dumb"
}

// Width is the number of columns of f, or 0 when f is not a terminal.
func Width(f any) int {
	if !IsTerminal(f) {
		return 0
	}
	w, _, err := term.GetSize(int(f.(interface{ Fd() uintptr }).Fd()))
	if err != nil || w <= 0 {
		return DefaultWidth
	}
	return w
}

// Color reports whether text written to w may carry colour: only a terminal, and not when NO_COLOR or TERM=dumb says
// otherwise. The old console of Windows shows escape sequences as they are; a newer one announces itself.
func Color(w io.Writer, getenv func(string) string) bool {
	return getenv("NO_COLOR") == "" && CanDraw(w, getenv)
}

// CanDraw reports whether lines on w can be drawn over.
func CanDraw(w io.Writer, getenv func(string) string) bool {
	if !IsTerminal(w) || IsDumb(getenv) {
		return false
	}
	return runtime.GOOS != "windows" || getenv("WT_SESSION") != "" || getenv("TERM") != ""
}

// Style paints text, or leaves it alone when colour is off.
type Style struct{ On bool }

// Error paints what went wrong.
func (s Style) Error(t string) string { return s.paint("\x1b[1;31m", t) }

// Hint paints advice.
func (s Style) Hint(t string) string { return s.paint("\x1b[36m", t) }

// Faint paints what may be passed over.
func (s Style) Faint(t string) string { return s.paint("\x1b[2m", t) }

// Bold paints what should be seen first.
func (s Style) Bold(t string) string { return s.paint("\x1b[1m", t) }

func (s Style) paint(code, t string) string {
	if !s.On || t == "" {
		return t
	}
	return code + t + "\x1b[0m"
}

// StringWidth is the number of columns s takes: two for each Hangul or Han character, none for escape sequences.
func StringWidth(s string) int { return text.StringWidthWithoutEscSequences(s) }

// RuneWidth is the number of columns r takes after what stands before it.
func RuneWidth(r rune) int {
	switch {
	case r < 0x20 || r >= 0x7f && r < 0xa0:
		return 0
	case r < 0x7f:
		return 1
	case r >= 0x1160 && r <= 0x11ff || r >= 0xd7b0 && r <= 0xd7ff:
		return 0 // vowels and finals of Hangul, which join the initial before them
	}
	return text.RuneWidth(r)
}

// Cut shortens s to width columns; an ellipsis says so.
func Cut(s string, width int) string {
	if StringWidth(s) <= width {
		return s
	}
	if width <= 1 {
		return ""
	}
	at := 0
	for i, r := range s {
		if at+RuneWidth(r) > width-1 {
			return s[:i] + "…"
		}
		at += RuneWidth(r)
	}
	return s
}

// Height is the number of lines of f, or 0 when f is not a terminal or does not say.
func Height(f any) int {
	if !IsTerminal(f) {
		return 0
	}
	_, h, err := term.GetSize(int(f.(interface{ Fd() uintptr }).Fd()))
	if err != nil {
		return 0
	}
	return h
}

// Pad fills s with spaces to width columns.
func Pad(s string, width int) string {
	if n := width - StringWidth(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}

// Table writes rows under a header, columns aligned by their width on the screen. A width above zero wraps cells so
// that no line is longer.
func Table(w io.Writer, width int, header []string, rows [][]string) error {
	t := table.NewWriter()
	t.SetStyle(table.StyleDefault)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(row(header))
	for _, r := range rows {
		t.AppendRow(row(r))
	}
	if width > 0 {
		t.SetColumnConfigs(fit(width, header, rows))
	}
	_, err := io.WriteString(w, t.Render()+"\n")
	return err
}

// Columns writes rows as plain aligned columns without lines, for terminals and pipes alike.
func Columns(w io.Writer, rows [][]string) error {
	var widths []int
	for _, r := range rows {
		for i, cell := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], StringWidth(cell))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		var line strings.Builder
		for i, cell := range r {
			if i < len(r)-1 {
				cell = Pad(cell, widths[i]+2)
			}
			line.WriteString(cell)
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// fit gives the widest columns a limit until the table is no wider than width.
func fit(width int, header []string, rows [][]string) []table.ColumnConfig {
	widths := make([]int, len(header))
	for _, r := range append([][]string{header}, rows...) {
		for i, cell := range r {
			if i < len(widths) {
				widths[i] = max(widths[i], text.LongestLineLen(cell))
			}
		}
	}
	room := width - 3*len(header) - 1
	for {
		total, widest := 0, 0
		for i, w := range widths {
			total += w
			if w > widths[widest] {
				widest = i
			}
		}
		// A column of a few letters is no use to anyone: rather let the terminal wrap.
		if total <= room || widths[widest] <= 8 {
			break
		}
		widths[widest] -= min(total-room, max(1, widths[widest]-8), 1+widths[widest]/8)
	}
	configs := make([]table.ColumnConfig, len(header))
	for i, w := range widths {
		configs[i] = table.ColumnConfig{Number: i + 1, WidthMax: w, WidthMaxEnforcer: text.WrapSoft}
	}
	return configs
}

func row(cells []string) table.Row {
	r := make(table.Row, len(cells))
	for i, c := range cells {
		r[i] = c
	}
	return r
}
