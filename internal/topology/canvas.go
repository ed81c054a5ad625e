package topology

import (
	"strings"

	"github.com/oslua/oslua/internal/term"
)

// canvas is a grid of columns. A wide character takes two, of which the second is empty.
type canvas struct{ rows [][]cell }

type cell struct {
	text  string // "" for the second half of a wide character
	style string
	wide  bool
}

func (c *canvas) cell(row, x int) *cell {
	for len(c.rows) <= row {
		c.rows = append(c.rows, nil)
	}
	for len(c.rows[row]) <= x {
		c.rows[row] = append(c.rows[row], cell{text: " "})
	}
	return &c.rows[row][x]
}

// put writes text over what is there.
func (c *canvas) put(row, x int, text, style string) {
	for _, r := range text {
		s := string(r)
		switch w := term.StringWidth(s); w {
		case 0:
			if x > 0 {
				c.cell(row, x-1).text += s
			}
		default:
			// Half of a wide character is none.
			if old := c.cell(row, x); old.text == "" && x > 0 {
				*c.cell(row, x-1) = cell{text: " "}
			}
			*c.cell(row, x) = cell{text: s, style: style, wide: w == 2}
			if w == 2 {
				*c.cell(row, x+1) = cell{style: style}
			}
			x += w
		}
	}
}

// merge puts a joint on a line; where another wire leaves in the other direction, both show.
func (c *canvas) merge(row, x int, glyph, style string) {
	both := map[string]string{"┷┯": "┿", "┯┷": "┿", "╧╤": "╪", "╤╧": "╪"}
	if g, ok := both[c.cell(row, x).text+glyph]; ok {
		glyph = g
	}
	c.put(row, x, glyph, style)
}

func (c *canvas) has(glyph string) bool {
	for _, row := range c.rows {
		for _, cell := range row {
			if cell.text == glyph {
				return true
			}
		}
	}
	return false
}

// text gives the rows, each without the blanks at its end.
func (c *canvas) text(color bool) string {
	var b strings.Builder
	for _, row := range c.rows {
		end := len(row)
		for end > 0 && row[end-1].text == " " {
			end--
		}
		style := ""
		for _, cell := range row[:end] {
			if color && cell.style != style {
				if style != "" {
					b.WriteString("\x1b[0m")
				}
				if cell.style != "" {
					b.WriteString("\x1b[" + cell.style + "m")
				}
				style = cell.style
			}
			b.WriteString(cell.text)
		}
		if style != "" {
			b.WriteString("\x1b[0m")
		}
		b.WriteByte('\n')
	}
	return b.String()
}
