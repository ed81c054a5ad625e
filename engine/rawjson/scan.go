package rawjson

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// SyntaxError says where a document stops being JSON.
type SyntaxError struct {
	Offset  int // in bytes, from 0
	Message string
}

// Error is the sentence and the place.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.Message, e.Offset) }

// scanner walks over a document and checks it.
type scanner struct {
	b   []byte
	pos int
}

func (s *scanner) fail(offset int, format string, args ...any) error {
	return &SyntaxError{offset, fmt.Sprintf(format, args...)}
}

// unexpected complains of what stands at pos.
func (s *scanner) unexpected(want string) error {
	if s.pos >= len(s.b) {
		return s.fail(s.pos, "want %s, but it ends", want)
	}
	r, _ := utf8.DecodeRune(s.b[s.pos:])
	return s.fail(s.pos, "want %s, got %q", want, r)
}

// peek skips white space and gives the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.b) {
		switch c := s.b[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// end refuses anything but white space after the document.
func (s *scanner) end() error {
	if s.peek(); s.pos < len(s.b) {
		return s.unexpected("the end")
	}
	return nil
}

// word takes true, false or null.
func (s *scanner) word(w string) error {
	if len(s.b)-s.pos < len(w) || string(s.b[s.pos:s.pos+len(w)]) != w {
		return s.unexpected("a value")
	}
	s.pos += len(w)
	return nil
}

// number takes a number and gives its text.
func (s *scanner) number() ([]byte, error) {
	start := s.pos
	if s.b[s.pos] == '-' {
		s.pos++
	}
	switch {
	case s.pos < len(s.b) && s.b[s.pos] == '0':
		s.pos++
	default:
		if err := s.digits(); err != nil {
			return nil, err
		}
	}
	if s.pos < len(s.b) && s.b[s.pos] == '.' {
		s.pos++
		if err := s.digits(); err != nil {
			return nil, err
		}
	}
	if s.pos < len(s.b) && s.b[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.b) && (s.b[s.pos] == '+' || s.b[s.pos] == '-') {
			s.pos++
		}
		if err := s.digits(); err != nil {
			return nil, err
		}
	}
	return s.b[start:s.pos], nil
}

func (s *scanner) digits() error {
	start := s.pos
	for s.pos < len(s.b) && s.b[s.pos]-'0' <= 9 {
		s.pos++
	}
	if s.pos == start {
		return s.unexpected("a digit")
	}
	return nil
}

// str takes a string and gives what stands between its quotes; plain says that this is the string's value as it stands.
func (s *scanner) str() (text []byte, plain bool, err error) {
	if s.pos >= len(s.b) || s.b[s.pos] != '"' {
		return nil, false, s.unexpected("a string")
	}
	start := s.pos + 1
	plain = true
	ascii := true
	for i := start; i < len(s.b); {
		switch c := s.b[i]; {
		case c == '"':
			s.pos = i + 1
			text = s.b[start:i]
			return text, plain && (ascii || utf8.Valid(text)), nil
		case c == '\\':
			plain = false
			n, err := s.escape(i)
			if err != nil {
				return nil, false, err
			}
			i += n
		case c < ' ':
			return nil, false, s.fail(i, "a control character in a string must be escaped")
		default:
			if c >= utf8.RuneSelf {
				ascii = false
			}
			i++
		}
	}
	return nil, false, s.fail(len(s.b), "a string without an end, begun at byte %d", start-1)
}

// escape checks the escape at i and gives its length.
func (s *scanner) escape(i int) (int, error) {
	if i+1 >= len(s.b) {
		return 0, s.fail(len(s.b), "a string without an end")
	}
	switch s.b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
		if hex4(s.b, i+2) >= 0 {
			return 6, nil
		}
	}
	return 0, s.fail(i, "an escape that JSON does not know")
}

// hex4 reads four hexadecimal digits at i, -1 when they are not there.
func hex4(b []byte, i int) rune {
	if i+4 > len(b) {
		return -1
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// skip takes one value of any kind.
func (s *scanner) skip(depth int) error {
	switch c := s.peek(); {
	case c == '"':
		_, _, err := s.str()
		return err
	case c == '{':
		return s.object(depth, func(text []byte, plain bool) error { return s.skip(depth + 1) })
	case c == '[':
		return s.array(depth, func() error { return s.skip(depth + 1) })
	case c == 't':
		return s.word("true")
	case c == 'f':
		return s.word("false")
	case c == 'n':
		return s.word("null")
	case c == '-' || c-'0' <= 9:
		_, err := s.number()
		return err
	}
	return s.unexpected("a value")
}

// object takes an object; each is called at each member's value with the member's name and must take the value.
func (s *scanner) object(depth int, each func(text []byte, plain bool) error) error {
	if depth >= MaxDepth {
		return s.fail(s.pos, "nested deeper than %d", MaxDepth)
	}
	s.pos++
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		if s.peek() != '"' {
			return s.unexpected("a member's name in quotes")
		}
		text, plain, err := s.str()
		if err != nil {
			return err
		}
		if s.peek() != ':' {
			return s.unexpected(`":"`)
		}
		s.pos++
		if err := each(text, plain); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case '}':
			s.pos++
			return nil
		default:
			return s.unexpected(`"," or "}"`)
		}
	}
}

// array takes an array; each is called at each element and must take it.
func (s *scanner) array(depth int, each func() error) error {
	if depth >= MaxDepth {
		return s.fail(s.pos, "nested deeper than %d", MaxDepth)
	}
	s.pos++
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for {
		if err := each(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.pos++
		case ']':
			s.pos++
			return nil
		default:
			return s.unexpected(`"," or "]"`)
		}
	}
}

// unquote writes the value of a string that is not plain: escapes resolved, what is no UTF-8 replaced by U+FFFD.
func unquote(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\\':
			i++
			switch text[i] {
			case 'b':
				dst = append(dst, '\b')
			case 'f':
				dst = append(dst, '\f')
			case 'n':
				dst = append(dst, '\n')
			case 'r':
				dst = append(dst, '\r')
			case 't':
				dst = append(dst, '\t')
			case 'u':
				r := hex4(text, i+1)
				i += 4
				if 0xD800 <= r && r < 0xDC00 && i+2 < len(text) && text[i+1] == '\\' && text[i+2] == 'u' {
					if low := hex4(text, i+3); 0xDC00 <= low && low < 0xE000 {
						r = (r-0xD800)<<10 + (low - 0xDC00) + 0x10000
						i += 6
					}
				}
				dst = utf8.AppendRune(dst, r) // half a pair becomes U+FFFD
			default:
				dst = append(dst, text[i])
			}
			i++
		case c < utf8.RuneSelf:
			dst = append(dst, c)
			i++
		default:
			r, n := utf8.DecodeRune(text[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
		}
	}
	return dst
}

// same reports whether the name between quotes is key.
func same(text []byte, plain bool, key string) bool {
	if plain {
		return string(text) == key
	}
	return string(unquote(nil, text)) == key
}

// Get finds the member of an object, or by several keys the member of a member, without decoding anything. The last
// of several members of one name counts. It is false when there is none, or body is not JSON.
func Get(body []byte, keys ...string) (json.RawMessage, bool) {
	found := json.RawMessage(body)
	for _, key := range keys {
		s := scanner{b: found}
		found = nil
		if s.peek() != '{' {
			return nil, false
		}
		err := s.object(0, func(text []byte, plain bool) error {
			s.peek()
			start := s.pos
			if err := s.skip(1); err != nil {
				return err
			}
			if same(text, plain, key) {
				found = json.RawMessage(s.b[start:s.pos])
			}
			return nil
		})
		if err != nil || s.end() != nil || found == nil {
			return nil, false
		}
	}
	return found, true
}
