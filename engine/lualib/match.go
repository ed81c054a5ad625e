package lualib

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A pattern is compiled into a list of items once for each call, and matched by backtracking as the manual describes.
// What is wrong with a pattern is found where matching reaches it, as in Lua.

const (
	maxCaptures = 32
	// maxMatchDepth bounds the recursion, which grows with the pattern, not with the subject.
	maxMatchDepth = 200_000
)

var (
	errTooComplex        = errors.New("pattern too complex")
	errTooManyCaptures   = errors.New("too many captures")
	errUnfinishedCapture = errors.New("unfinished capture")
	errInvalidCapture    = errors.New("invalid capture index")
	errInvalidClose      = errors.New("invalid pattern capture")
)

type itemKind uint8

const (
	itemEnd      itemKind = iota // the whole pattern matched
	itemError                    // the pattern is malformed here
	itemChar                     // one byte
	itemAny                      // .
	itemSet                      // a class or a set
	itemOpen                     // (
	itemPosition                 // ()
	itemClose                    // )
	itemBack                     // %1
	itemBalance                  // %bxy
	itemFrontier                 // %f[set]
	itemAnchor                   // $ at the end
)

type item struct {
	kind  itemKind
	times byte // 0 for once, or one of * + - ?
	c, d  byte
	set   *byteSet
	err   error
}

// byteSet says of each byte whether it belongs.
type byteSet [256]bool

// classes are the sets of %a, %c and the like, by their small letter; the large one is the complement.
var classes = func() (table [256]*byteSet) {
	for letter, in := range map[byte]func(c byte) bool{
		'a': isAlpha,
		'c': func(c byte) bool { return c < 32 || c == 127 },
		'd': isDigit,
		'l': func(c byte) bool { return c >= 'a' && c <= 'z' },
		'p': func(c byte) bool { return c > 32 && c < 127 && !isAlpha(c) && !isDigit(c) },
		's': func(c byte) bool { return c == ' ' || c >= 9 && c <= 13 },
		'u': func(c byte) bool { return c >= 'A' && c <= 'Z' },
		'w': func(c byte) bool { return isAlpha(c) || isDigit(c) },
		'x': isHex,
		'z': func(c byte) bool { return c == 0 },
	} {
		table[letter], table[letter-0x20] = &byteSet{}, &byteSet{}
		for c := range 256 {
			table[letter][c] = in(byte(c))
			table[letter-0x20][c] = !in(byte(c))
		}
	}
	return table
}()

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// compilePattern reads a pattern, without the ^ that anchors it.
func compilePattern(p string) []item {
	items := make([]item, 0, len(p)+1)
	for i := 0; i < len(p); {
		var it item
		switch c := p[i]; c {
		case '(':
			if i+1 < len(p) && p[i+1] == ')' {
				items = append(items, item{kind: itemPosition})
				i += 2
			} else {
				items = append(items, item{kind: itemOpen})
				i++
			}
			continue
		case ')':
			items = append(items, item{kind: itemClose})
			i++
			continue
		case '$':
			if i+1 == len(p) {
				items = append(items, item{kind: itemAnchor})
				i++
				continue
			}
			it = item{kind: itemChar, c: c}
			i++
		case '.':
			it = item{kind: itemAny}
			i++
		case '[':
			set, n, err := compileSet(p[i:])
			if err != nil {
				return append(items, item{kind: itemError, err: err})
			}
			it = item{kind: itemSet, set: set}
			i += n
		case '%':
			if i+1 == len(p) {
				return append(items, item{kind: itemError, err: errors.New("malformed pattern (ends with '%')")})
			}
			c = p[i+1]
			i += 2
			switch {
			case c == 'b':
				if len(p)-i < 2 {
					return append(items, item{kind: itemError, err: errors.New("unbalanced pattern")})
				}
				items = append(items, item{kind: itemBalance, c: p[i], d: p[i+1]})
				i += 2
				continue
			case c == 'f':
				if i == len(p) || p[i] != '[' {
					return append(items, item{kind: itemError, err: errors.New("missing '[' after '%f' in pattern")})
				}
				set, n, err := compileSet(p[i:])
				if err != nil {
					return append(items, item{kind: itemError, err: err})
				}
				items = append(items, item{kind: itemFrontier, set: set})
				i += n
				continue
			case isDigit(c):
				items = append(items, item{kind: itemBack, c: c})
				continue
			case classes[c] != nil:
				it = item{kind: itemSet, set: classes[c]}
			default:
				it = item{kind: itemChar, c: c}
			}
		default:
			it = item{kind: itemChar, c: c}
			i++
		}
		if i < len(p) {
			switch p[i] {
			case '*', '+', '-', '?':
				it.times = p[i]
				i++
			}
		}
		items = append(items, it)
	}
	return append(items, item{kind: itemEnd})
}

// compileSet reads a set that begins with [ and gives its length.
func compileSet(p string) (*byteSet, int, error) {
	i := 1
	complement := i < len(p) && p[i] == '^'
	if complement {
		i++
	}
	// The end comes first: whatever it finds there, a ] that stands first or behind a % belongs to the set.
	end := i
	for {
		if end < len(p) && p[end] == '%' {
			end++
		}
		if end++; end >= len(p) {
			return nil, 0, errors.New("malformed pattern (missing ']')")
		}
		if p[end] == ']' {
			break
		}
	}
	set := &byteSet{}
	for i < end {
		switch {
		case p[i] == '%':
			if class := classes[p[i+1]]; class != nil {
				for c, in := range class {
					set[c] = set[c] || in
				}
			} else {
				set[p[i+1]] = true
			}
			i += 2
		case i+2 < end && p[i+1] == '-':
			for c := int(p[i]); c <= int(p[i+2]); c++ {
				set[c] = true
			}
			i += 3
		default:
			set[p[i]] = true
			i++
		}
	}
	if complement {
		for c := range set {
			set[c] = !set[c]
		}
	}
	return set, end + 1, nil
}

const (
	captureOpen     = -1
	capturePosition = -2
)

type capture struct{ start, length int }

// matcher matches one pattern, at as many places of a subject as its user likes.
type matcher struct {
	s        string
	items    []item
	anchored bool
	lead     int // the item that decides where a match can begin
	level    int // how many captures there are
	captures [maxCaptures]capture
	depth    int
	steps    int
	check    func() error // asked now and then; an error ends the match
	err      error
}

// newMatcher compiles a pattern for a subject. When anchors is false a leading ^ is an ordinary character.
func newMatcher(s, pattern string, anchors bool, check func() error) *matcher {
	m := &matcher{s: s, check: check}
	if anchors && strings.HasPrefix(pattern, "^") {
		m.anchored = true
		pattern = pattern[1:]
	}
	m.items = compilePattern(pattern)
	if !slices.ContainsFunc(m.items, func(it item) bool { return it.kind == itemBack }) {
		// Where nothing refers to a capture, it does not matter where one begins.
		for m.items[m.lead].kind == itemOpen || m.items[m.lead].kind == itemPosition {
			m.lead++
		}
	}
	return m
}

// at matches at a place and gives the end, -1 for no match. The error is about the pattern.
func (m *matcher) at(start int) (int, error) {
	m.level, m.depth = 0, 0
	end := m.match(start, 0)
	if m.err != nil {
		return -1, m.err
	}
	return end, nil
}

// find gives the first match from a place on, start = -1 for none.
func (m *matcher) find(from int) (start, end int, err error) {
	first := &m.items[m.lead]
	for start = from; start <= len(m.s); start++ {
		if first.kind == itemChar && (first.times == 0 || first.times == '+') && !m.anchored {
			// Most places do not begin with the first character: skip them at once.
			i := strings.IndexByte(m.s[start:], first.c)
			if i < 0 {
				break
			}
			start += i
		}
		end, err = m.at(start)
		if err != nil || end >= 0 {
			return start, end, err
		}
		if m.anchored {
			break
		}
		switch first.times {
		case '*', '+', '-':
			// What failed behind a run of characters fails behind each rest of it: go on where the run ends.
			if first.kind <= itemSet {
				start = m.run(start, first)
			}
		}
	}
	return -1, -1, nil
}

func (m *matcher) fail(err error) int {
	if m.err == nil {
		m.err = err
	}
	return -1
}

// work counts steps, and asks now and then whether to go on.
func (m *matcher) work(steps int) bool {
	const often = 1 << 14
	if m.steps += steps; m.steps >= often {
		m.steps = 0
		if m.check != nil {
			if err := m.check(); err != nil {
				m.fail(err)
			}
		}
	}
	return m.err == nil
}

// match matches the items from i on at s and gives the end, -1 for no match.
func (m *matcher) match(s, i int) int {
	if m.depth++; m.depth > maxMatchDepth {
		return m.fail(errTooComplex)
	}
	end := -1
	if m.work(1) {
		end = m.follow(s, i)
	}
	m.depth--
	return end
}

func (m *matcher) follow(s, i int) int {
	for {
		it := &m.items[i]
		switch it.kind {
		case itemEnd:
			return s
		case itemError:
			return m.fail(it.err)
		case itemAnchor:
			if s == len(m.s) {
				return s
			}
			return -1
		case itemOpen, itemPosition:
			if m.level == maxCaptures {
				return m.fail(errTooManyCaptures)
			}
			length := captureOpen
			if it.kind == itemPosition {
				length = capturePosition
			}
			m.captures[m.level] = capture{s, length}
			m.level++
			end := m.match(s, i+1)
			if end < 0 {
				m.level--
			}
			return end
		case itemClose:
			c := m.level - 1
			for c >= 0 && m.captures[c].length != captureOpen {
				c--
			}
			if c < 0 {
				return m.fail(errInvalidClose)
			}
			m.captures[c].length = s - m.captures[c].start
			end := m.match(s, i+1)
			if end < 0 {
				m.captures[c].length = captureOpen
			}
			return end
		case itemBack:
			c := int(it.c) - '1'
			if c < 0 || c >= m.level || m.captures[c].length == captureOpen {
				return m.fail(errInvalidCapture)
			}
			if n := m.captures[c].length; n == capturePosition {
				return -1
			} else if n > 0 {
				if !strings.HasPrefix(m.s[s:], m.s[m.captures[c].start:m.captures[c].start+n]) {
					return -1
				}
				s += n
			}
		case itemBalance:
			if s = m.balance(s, it.c, it.d); s < 0 {
				return -1
			}
		case itemFrontier:
			var before, here byte
			if s > 0 {
				before = m.s[s-1]
			}
			if s < len(m.s) {
				here = m.s[s]
			}
			if it.set[before] || !it.set[here] {
				return -1
			}
		default:
			switch it.times {
			case 0:
				if s >= len(m.s) || !it.is(m.s[s]) {
					return -1
				}
				s++
			case '?':
				if s < len(m.s) && it.is(m.s[s]) {
					if end := m.match(s+1, i+1); end >= 0 || m.err != nil {
						return end
					}
				}
			case '-':
				for {
					if end := m.match(s, i+1); end >= 0 || m.err != nil {
						return end
					}
					if s >= len(m.s) || !it.is(m.s[s]) {
						return -1
					}
					s++
				}
			default:
				return m.most(s, i, it)
			}
		}
		i++
	}
}

// most matches x* and x+: as many as there are, then fewer.
func (m *matcher) most(s, i int, it *item) int {
	end := m.run(s, it)
	if !m.work((end - s) >> 4) {
		return -1
	}
	if it.times == '+' {
		s++
	}
	next := &m.items[i+1]
	switch {
	case next.kind == itemEnd:
		if end < s {
			return -1
		}
		return end
	case next.kind == itemChar && next.times == 0:
		// Only the places with the next character are worth a try.
		for ; end >= s; end-- {
			if end < len(m.s) && m.s[end] == next.c {
				if r := m.match(end, i+1); r >= 0 || m.err != nil {
					return r
				}
			}
		}
		return -1
	}
	for ; end >= s; end-- {
		if r := m.match(end, i+1); r >= 0 || m.err != nil {
			return r
		}
	}
	return -1
}

// run gives the end of the characters from s on that an item takes.
func (m *matcher) run(s int, it *item) int {
	switch it.kind {
	case itemAny:
		return len(m.s)
	case itemChar:
		for s < len(m.s) && m.s[s] == it.c {
			s++
		}
	default:
		for s < len(m.s) && it.set[m.s[s]] {
			s++
		}
	}
	return s
}

func (it *item) is(c byte) bool {
	switch it.kind {
	case itemAny:
		return true
	case itemChar:
		return it.c == c
	}
	return it.set[c]
}

// balance matches %bxy and gives its end.
func (m *matcher) balance(s int, open, closing byte) int {
	if s >= len(m.s) || m.s[s] != open {
		return -1
	}
	if !m.work((len(m.s) - s) >> 4) {
		return -1
	}
	n := 1
	for i := s + 1; i < len(m.s); i++ {
		switch m.s[i] {
		case closing: // first: both may be the same character
			if n--; n == 0 {
				return i + 1
			}
		case open:
			n++
		}
	}
	return -1
}

// captureText gives one capture of a match: its text, or its place when it is a position. A pattern without captures has
// one, the whole match.
func (m *matcher) captureText(c, start, end int) (text string, position int, err error) {
	if c >= m.level {
		if c == 0 {
			return m.s[start:end], 0, nil
		}
		return "", 0, errInvalidCapture
	}
	cp := m.captures[c]
	switch cp.length {
	case captureOpen:
		return "", 0, errUnfinishedCapture
	case capturePosition:
		return "", cp.start + 1, nil
	}
	return m.s[cp.start : cp.start+cp.length], 0, nil
}

// count is how many captures a match has, the whole match being one when there is no other.
func (m *matcher) count() int { return max(m.level, 1) }

// isPlain reports a pattern without magic characters.
func isPlain(p string) bool { return !strings.ContainsAny(p, "^$*+?.([%-") }

func errInvalidReplacement(kind string) error {
	return fmt.Errorf("invalid replacement value (a %s)", kind)
}
