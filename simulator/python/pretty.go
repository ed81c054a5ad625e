package python

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// printWidth is how wide the services let a value get before it is broken into lines.
const printWidth = 72

// Pretty writes a JSON value in lines as Python's pprint does.
func Pretty(v any) string {
	var p printer
	p.write(v, 0, 0, 0)
	return p.b.String()
}

type printer struct{ b strings.Builder }

// write puts a value that starts at a column, with room kept for what follows it.
func (p *printer) write(v any, column, room, level int) {
	flat := Repr(v)
	if width(flat) <= printWidth-column-room {
		p.b.WriteString(flat)
		return
	}
	switch v := v.(type) {
	case map[string]any:
		p.b.WriteByte('{')
		keys := slices.Sorted(maps.Keys(v))
		for i, k := range keys {
			if i > 0 {
				p.newline(column + 1)
			}
			key := Quote(k)
			p.b.WriteString(key + ": ")
			p.write(v[k], column+1+width(key)+2, after(i, len(keys), room+1), level+1)
		}
		p.b.WriteByte('}')
	case []any:
		p.b.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				p.newline(column + 1)
			}
			p.write(e, column+1, after(i, len(v), room+1), level+1)
		}
		p.b.WriteByte(']')
	case string:
		p.text(v, column, room, level+1)
	default:
		p.b.WriteString(flat)
	}
}

func (p *printer) newline(column int) { p.b.WriteString(",\n" + strings.Repeat(" ", column)) }

// after is the room to keep behind element i of n: a comma, or all that closes behind the last.
func after(i, n, room int) int {
	if i == n-1 {
		return room
	}
	return 1
}

var words = regexp.MustCompile(`\S*\s*`)

// text puts a long string, broken between words.
func (p *printer) text(s string, column, room, level int) {
	if s == "" {
		p.b.WriteString(Repr(s))
		return
	}
	if level == 1 {
		column++
		room++
	}
	most := printWidth - column
	var chunks []string
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	for i, line := range lines {
		last := i == len(lines)-1
		limit := most
		if last {
			limit -= room
		}
		if width(Repr(line)) <= limit {
			chunks = append(chunks, Repr(line))
			continue
		}
		parts := slices.DeleteFunc(words.FindAllString(line, -1), func(w string) bool { return w == "" })
		current := ""
		for j, part := range parts {
			limit := most
			if last && j == len(parts)-1 {
				limit -= room
			}
			if width(Repr(current+part)) > limit {
				if current != "" {
					chunks = append(chunks, Repr(current))
				}
				current = part
			} else {
				current += part
			}
		}
		if current != "" {
			chunks = append(chunks, Repr(current))
		}
	}
	out := strings.Join(chunks, "\n"+strings.Repeat(" ", column))
	if level == 1 && len(chunks) > 1 {
		out = "(" + out + ")"
	}
	p.b.WriteString(out)
}

func width(s string) int { return len([]rune(s)) }
