package image

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// repr writes a JSON value as Python's repr does: Glance's sentences about schemas quote values so. Keys are sorted.
func repr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case json.Number:
		return v.String()
	case string:
		return reprString(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = repr(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, reprString(k)+": "+repr(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

func reprString(s string) string {
	quote := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	var b strings.Builder
	b.WriteByte(quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0x7f && !unicode.IsPrint(r):
			if r < 0x100 {
				fmt.Fprintf(&b, `\x%02x`, r)
			} else if r < 0x10000 {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				fmt.Fprintf(&b, `\U%08x`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte(quote)
	return b.String()
}

// printWidth is how wide jsonschema lets a value get before it is broken into lines.
const printWidth = 72

// pretty writes a JSON value in lines as Python's pprint does.
func pretty(v any) string {
	var p printer
	p.write(v, 0, 0, 0)
	return p.b.String()
}

type printer struct{ b strings.Builder }

// write puts a value that starts at a column, with room kept for what follows it.
func (p *printer) write(v any, column, room, level int) {
	flat := repr(v)
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
			key := reprString(k)
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
		p.b.WriteString(repr(s))
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
		if width(repr(line)) <= limit {
			chunks = append(chunks, repr(line))
			continue
		}
		parts := slices.DeleteFunc(words.FindAllString(line, -1), func(w string) bool { return w == "" })
		current := ""
		for j, part := range parts {
			limit := most
			if last && j == len(parts)-1 {
				limit -= room
			}
			if width(repr(current+part)) > limit {
				if current != "" {
					chunks = append(chunks, repr(current))
				}
				current = part
			} else {
				current += part
			}
		}
		if current != "" {
			chunks = append(chunks, repr(current))
		}
	}
	out := strings.Join(chunks, "\n"+strings.Repeat(" ", column))
	if level == 1 && len(chunks) > 1 {
		out = "(" + out + ")"
	}
	p.b.WriteString(out)
}

func width(s string) int { return len([]rune(s)) }
