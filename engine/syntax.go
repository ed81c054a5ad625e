package engine

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// incompleteError is the cause of a syntax error at the end of a chunk.
type incompleteError struct{ error }

func (e *incompleteError) Unwrap() error { return e.error }

// lookalike is a character that programs for writing put where a plain one is meant.
type lookalike struct{ name, plain string }

var lookalikes = map[rune]lookalike{
	'“': {"left double quotation mark", `"`}, '”': {"right double quotation mark", `"`}, '„': {"low double quotation mark", `"`},
	'«': {"left guillemet", `"`}, '»': {"right guillemet", `"`}, '″': {"double prime", `"`}, '＂': {"full-width quotation mark", `"`},
	'‘': {"left single quotation mark", "'"}, '’': {"right single quotation mark", "'"}, '‚': {"low single quotation mark", "'"},
	'′': {"prime", "'"}, '`': {"grave accent", "'"}, '´': {"acute accent", "'"}, '＇': {"full-width apostrophe", "'"},
	'—': {"em dash", "--"}, '–': {"en dash", "-"}, '‒': {"figure dash", "-"}, '―': {"horizontal bar", "--"}, '−': {"minus sign", "-"},
	'‐': {"hyphen", "-"}, '‑': {"no-break hyphen", "-"},
	'\u00a0': {"no-break space", " "}, '\u202f': {"narrow no-break space", " "}, '\u2007': {"figure space", " "},
	'\u2009': {"thin space", " "}, '\u3000': {"full-width space", " "}, '\u200b': {"zero-width space", ""}, '\ufeff': {"byte order mark", ""},
	'…': {"ellipsis", "..."}, '×': {"multiplication sign", "*"}, '÷': {"division sign", "/"}, '≠': {"not-equal sign", "~="},
	'≤': {"less-or-equal sign", "<="}, '≥': {"greater-or-equal sign", ">="},
	'。': {"ideographic full stop", "."}, '、': {"ideographic comma", ","},
}

// lookalikeOf knows the full-width forms of ASCII beside the list.
func lookalikeOf(r rune) (lookalike, bool) {
	if l, ok := lookalikes[r]; ok {
		return l, true
	}
	if r >= 0xff01 && r <= 0xff5e {
		plain := string(r - 0xff01 + '!')
		return lookalike{"full-width " + plain, plain}, true
	}
	return lookalike{}, false
}

var compileLine = regexp.MustCompile(`line\(?:?(\d+)`)

// syntaxError makes the error of a chunk that does not compile: file:line:col, the line, and a caret.
func syntaxError(name, code string, err error) error {
	e := &errs.Error{Code: errs.Syntax, Cause: err}
	line, col := 0, 0
	var (
		pe *parse.Error
		ce *lua.CompileError
	)
	switch {
	case errors.As(err, &pe):
		line, col = pe.Pos.Line, pe.Pos.Column
		e.Message = pe.Message
		if line == parse.EOF {
			e.Message, line, col = endMessage(pe.Message), lastLine(code), 0
			if !strings.Contains(pe.Message, "unterminated string") {
				e.Cause = &incompleteError{err}
			}
			if text, ok := lineOf(code, line); ok {
				col = len(text) + 1
			}
		} else {
			e.Message = nearMessage(pe)
			if col == 0 && line > 1 {
				line-- // it was noticed at the line's end
			}
			// A chunk that stops inside a long string or comment is unfinished too.
			if strings.Contains(pe.Message, "multiline") {
				e.Cause = &incompleteError{err}
			}
		}
	case errors.As(err, &ce):
		line, e.Message = ce.Line, ce.Message
	default:
		e.Message = strings.TrimPrefix(err.Error(), name+": ")
		if found := compileLine.FindStringSubmatch(e.Message); found != nil {
			line, _ = strconv.Atoi(found[1])
		}
	}
	if line <= 0 {
		e.Where = name
		return e
	}
	if at, r, ok := strange(code, line); ok {
		l, _ := lookalikeOf(r.char)
		line, col = at, r.col
		e.Message = fmt.Sprintf("unexpected character %s (U+%04X, %s)", shown(r.char), r.char, l.name)
		if l.plain == "" {
			e.Hint = "delete it: it cannot be seen, and came with text copied from elsewhere"
		} else {
			e.Hint = fmt.Sprintf("write %s instead: it came with text copied from elsewhere", quotedPlain(l.plain))
		}
		e.Cause = err
	} else if text, ok := lineOf(code, line); ok && col > 0 && col <= len(text) && text[col-1] >= utf8.RuneSelf {
		// A name in letters other than ASCII, cut at its first byte.
		start := col - 1
		for start > 0 && !utf8.RuneStart(text[start]) {
			start--
		}
		r, _ := utf8.DecodeRuneInString(text[start:])
		col = start + 1
		e.Message = fmt.Sprintf("unexpected character %s (U+%04X)", shown(r), r)
		e.Hint = "names are made of the letters a to z, digits and _; other letters go into strings and comments"
	}
	e.Where = fmt.Sprintf("%s:%d", name, line)
	text, ok := lineOf(code, line)
	if !ok {
		return e
	}
	column := 1
	if col > 0 {
		column = utf8.RuneCountInString(text[:min(col-1, len(text))]) + 1
		e.Where += fmt.Sprintf(":%d", column)
	}
	prefix := fmt.Sprintf("%5d | ", line)
	e.Message += "\n" + prefix + text
	if col > 0 {
		// Tabs stay tabs, so that the caret stands below its character however wide they are.
		pad := []rune(strings.Repeat(" ", len(prefix)))
		for _, r := range text[:min(col-1, len(text))] {
			switch {
			case r == '\t':
				pad = append(pad, '\t')
			case wide(r):
				pad = append(pad, ' ', ' ')
			default:
				pad = append(pad, ' ')
			}
		}
		e.Message += "\n" + string(pad) + "^"
	}
	return e
}

func endMessage(message string) string {
	switch message {
	case "syntax error":
		return "the chunk ends too early: something is not closed, or an 'end' is missing"
	case "unterminated string":
		return "the string is not closed"
	}
	return message + " at the end of the chunk"
}

func nearMessage(pe *parse.Error) string {
	token := strings.TrimSpace(pe.Token)
	switch {
	case pe.Message == "syntax error" && token != "":
		return "unexpected '" + token + "'"
	case pe.Message == "unterminated string":
		return "the string is not closed on its line"
	case pe.Message == "multiline string" || strings.Contains(pe.Message, "multiline"):
		return "a long string or comment is not closed"
	case token != "" && utf8.ValidString(token):
		return strings.TrimSpace(pe.Message) + " near '" + token + "'"
	}
	return strings.TrimSpace(pe.Message)
}

func lastLine(code string) int {
	return max(1, strings.Count(strings.TrimRight(code, "\r\n \t"), "\n")+1)
}

func quotedPlain(s string) string {
	if s == " " {
		return "a plain space"
	}
	return "the plain " + s
}

func shown(r rune) string {
	if l, ok := lookalikeOf(r); ok && (l.plain == " " || l.plain == "") {
		return "(unseen)"
	}
	return string(r)
}

// wide reports the characters that take two columns: Hangul, Han, Kana, full-width forms.
func wide(r rune) bool {
	return r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 && r <= 0x1faff
}

// found is a character at a byte column, from 1.
type found struct {
	char rune
	col  int
}

// strange finds the first typographic character outside strings and comments, on the line of the error or before it.
func strange(code string, until int) (line int, f found, ok bool) {
	line = 1
	start := 0 // of the line
	for i := 0; i < len(code); {
		rest := code[i:]
		switch c := code[i]; {
		case c == '\n':
			if line++; line > until {
				return 0, found{}, false
			}
			start = i + 1
			i++
		case strings.HasPrefix(rest, "--"):
			if n, ok := longBracket(rest[2:]); ok {
				line, start = advance(code, i, i+2+n, line, start)
				i += 2 + n
			} else if n := strings.IndexByte(rest, '\n'); n >= 0 {
				i += n
			} else {
				return 0, found{}, false
			}
		case c == '[':
			if n, ok := longBracket(rest); ok {
				line, start = advance(code, i, i+n, line, start)
				i += n
			} else {
				i++
			}
		case c == '"' || c == '\'':
			i++
			for i < len(code) && code[i] != c && code[i] != '\n' {
				if code[i] == '\\' {
					i++
				}
				i++
			}
			if i < len(code) && code[i] == c {
				i++
			}
		case c < utf8.RuneSelf && c != '`':
			i++
		default:
			r, size := utf8.DecodeRuneInString(rest)
			if _, odd := lookalikeOf(r); odd && !(r == '\ufeff' && i == 0) {
				return line, found{r, i - start + 1}, true
			}
			i += size
		}
	}
	return 0, found{}, false
}

// advance counts the lines of code[from:to].
func advance(code string, from, to, line, start int) (int, int) {
	part := code[from:min(to, len(code))]
	if n := strings.Count(part, "\n"); n > 0 {
		return line + n, from + strings.LastIndexByte(part, '\n') + 1
	}
	return line, start
}

// longBracket gives the length of a [==[ long string ]==] that s begins with; all of s when it is not closed.
func longBracket(s string) (int, bool) {
	if s == "" || s[0] != '[' {
		return 0, false
	}
	n := 1
	for n < len(s) && s[n] == '=' {
		n++
	}
	if n >= len(s) || s[n] != '[' {
		return 0, false
	}
	if end := strings.Index(s, "]"+strings.Repeat("=", n-1)+"]"); end >= 0 {
		return end + n + 1, true
	}
	return len(s), true
}
