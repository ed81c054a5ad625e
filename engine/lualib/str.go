package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (l *Library) openString(L *lua.LState) {
	gmatch := L.NewFunction(l.strGmatch)
	t := register(L, "string", functions{
		"byte":    l.strByte,
		"char":    l.strChar,
		"dump":    l.strDump,
		"find":    l.strFind,
		"format":  l.strFormat,
		"gsub":    l.strGsub,
		"len":     l.strLen,
		"lower":   l.strLower,
		"match":   l.strMatch,
		"rep":     l.strRep,
		"reverse": l.strReverse,
		"sub":     l.strSub,
		"upper":   l.strUpper,
	})
	setField(t, "gmatch", gmatch)
	setField(t, "gfind", gmatch) // its name in Lua 5.0
	mt := L.CreateTable(0, 1)
	setField(mt, "__index", t)
	L.SetMetatable(lua.LString(""), mt)
}

// index makes an index of a script, which may count from the end, one from the start.
func index(i, length int) int {
	switch {
	case i >= 0:
		return i
	case -i > length:
		return 0
	}
	return length + i + 1
}

// span makes a range of a script the bounds of a slice.
func span(i, j, length int) (from, to int) {
	i, j = max(index(i, length), 1), min(index(j, length), length)
	if i > j {
		return 0, 0
	}
	return i - 1, j
}

func (l *Library) strByte(L *lua.LState) int {
	s := l.str(L, 1)
	i := l.optInt(L, 2, 1)
	i = index(i, len(s))
	from, to := span(i, l.optInt(L, 3, i), len(s))
	if to-from >= max(L.Options.RegistrySize, L.Options.RegistryMaxSize) {
		l.raise(L, "string slice too long")
	}
	for k := from; k < to; k++ {
		L.Push(lua.LNumber(s[k]))
	}
	return to - from
}

func (l *Library) strChar(L *lua.LState) int {
	b := make([]byte, L.GetTop())
	for i := range b {
		c := l.int(L, i+1)
		if c < 0 || c > 255 {
			l.argError(L, i+1, "invalid value")
		}
		b[i] = byte(c)
	}
	L.Push(lua.LString(b))
	return 1
}

func (l *Library) strDump(L *lua.LState) int {
	l.function(L, 1)
	l.raise(L, "unable to dump given function")
	return 0
}

func (l *Library) strLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(l.str(L, 1))))
	return 1
}

func (l *Library) strLower(L *lua.LState) int {
	L.Push(lua.LString(mapBytes(l.str(L, 1), 'A', 'Z')))
	return 1
}

func (l *Library) strUpper(L *lua.LState) int {
	L.Push(lua.LString(mapBytes(l.str(L, 1), 'a', 'z')))
	return 1
}

// mapBytes changes the case of the letters in a range; bytes that are no ASCII stay, so that UTF-8 does.
func mapBytes(s string, from, to byte) string {
	for i := range len(s) {
		if s[i] < from || s[i] > to {
			continue
		}
		b := []byte(s)
		for j := i; j < len(b); j++ {
			if b[j] >= from && b[j] <= to {
				b[j] ^= 0x20
			}
		}
		return string(b)
	}
	return s
}

func (l *Library) strRep(L *lua.LState) int {
	s, n, sep := l.str(L, 1), l.int(L, 2), l.optStr(L, 3, "")
	if n <= 0 {
		L.Push(lua.LString(""))
		return 1
	}
	if total := float64(len(s))*float64(n) + float64(len(sep))*float64(n-1); total > float64(l.limit) {
		l.raise(L, tooLarge)
	}
	switch {
	case len(s)+len(sep) == 0:
		s = ""
	case sep == "":
		s = strings.Repeat(s, n)
	default:
		s = strings.Repeat(s+sep, n-1) + s
	}
	L.Push(lua.LString(s))
	return 1
}

func (l *Library) strReverse(L *lua.LState) int {
	s := l.str(L, 1)
	b := make([]byte, len(s))
	for i := range b {
		b[i] = s[len(s)-1-i]
	}
	L.Push(lua.LString(b))
	return 1
}

func (l *Library) strSub(L *lua.LState) int {
	s := l.str(L, 1)
	from, to := span(l.int(L, 2), l.optInt(L, 3, -1), len(s))
	L.Push(lua.LString(s[from:to]))
	return 1
}

func (l *Library) matcher(L *lua.LState, s, pattern string, anchors bool) *matcher {
	return newMatcher(s, pattern, anchors, func() error { return cancelled(L) })
}

// pushCapture pushes one capture of a match.
func (l *Library) pushCapture(L *lua.LState, m *matcher, c, start, end int) {
	text, position, err := m.captureText(c, start, end)
	switch {
	case err != nil:
		l.raise(L, "%s", err)
	case position > 0:
		L.Push(lua.LNumber(position))
	default:
		L.Push(lua.LString(text))
	}
}

func (l *Library) strFind(L *lua.LState) int  { return l.search(L, true) }
func (l *Library) strMatch(L *lua.LState) int { return l.search(L, false) }

// search is find, which gives the place too and knows plain text, and match.
func (l *Library) search(L *lua.LState, find bool) int {
	s, p := l.str(L, 1), l.str(L, 2)
	init := min(max(index(l.optInt(L, 3, 1), len(s))-1, 0), len(s))
	if find && (lua.LVAsBool(L.Get(4)) || isPlain(p)) {
		i := strings.Index(s[init:], p)
		if i < 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(init + i + 1))
		L.Push(lua.LNumber(init + i + len(p)))
		return 2
	}
	m := l.matcher(L, s, p, true)
	start, end, err := m.find(init)
	if err != nil {
		l.raise(L, "%s", err)
	}
	if start < 0 {
		L.Push(lua.LNil)
		return 1
	}
	n := m.count()
	if find {
		L.Push(lua.LNumber(start + 1))
		L.Push(lua.LNumber(end))
		n = m.level
	}
	for c := range n {
		l.pushCapture(L, m, c, start, end)
	}
	if find {
		n += 2
	}
	return n
}

func (l *Library) strGmatch(L *lua.LState) int {
	s, p := l.str(L, 1), l.str(L, 2)
	at := 0
	var m *matcher
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if m == nil {
			m = newMatcher(s, p, false, nil)
		}
		m.check = func() error { return cancelled(L) }
		if at > len(s) {
			return 0
		}
		start, end, err := m.find(at)
		if err != nil {
			l.raise(L, "%s", err)
		}
		if start < 0 {
			at = len(s) + 1
			return 0
		}
		at = end
		if end == start {
			at++ // an empty match: go on, or it is found forever
		}
		n := m.count()
		for c := range n {
			l.pushCapture(L, m, c, start, end)
		}
		return n
	}))
	return 1
}

func (l *Library) strGsub(L *lua.LState) int {
	s, p := l.str(L, 1), l.str(L, 2)
	repl := L.Get(3)
	switch v := repl.(type) {
	case lua.LNumber:
		repl = lua.LString(FormatNumber(float64(v)))
	case lua.LString, *lua.LTable, *lua.LFunction:
	default:
		l.argError(L, 3, "string/function/table expected")
	}
	limit := l.optInt(L, 4, len(s)+1)
	m := l.matcher(L, s, p, true)
	var out []byte // what is behind copied; nil while nothing has changed
	copied, at, n := 0, 0, 0
	for n < limit {
		start, end, err := m.find(at)
		if err != nil {
			l.raise(L, "%s", err)
		}
		if start < 0 {
			break
		}
		n++
		out = append(out, s[copied:start]...)
		out = l.replace(L, out, m, repl, start, end)
		if len(out)+len(s)-end > l.limit {
			l.raise(L, tooLarge)
		}
		copied, at = end, end
		if end == start {
			at++
		}
		if m.anchored || at > len(s) {
			break
		}
	}
	if n == 0 {
		L.Push(lua.LString(s))
	} else {
		L.Push(lua.LString(append(out, s[copied:]...)))
	}
	L.Push(lua.LNumber(n))
	return 2
}

// replace appends what takes the place of one match.
func (l *Library) replace(L *lua.LState, out []byte, m *matcher, repl lua.LValue, start, end int) []byte {
	var v lua.LValue
	switch r := repl.(type) {
	case lua.LString:
		return l.replaceText(L, out, m, string(r), start, end)
	case *lua.LTable:
		l.pushCapture(L, m, 0, start, end)
		k := L.Get(-1)
		L.Pop(1)
		v = L.GetTable(r, k)
	default:
		L.Push(r)
		n := m.count()
		for c := range n {
			l.pushCapture(L, m, c, start, end)
		}
		L.Call(n, 1)
		v = L.Get(-1)
		L.Pop(1)
	}
	switch v := v.(type) {
	case lua.LString:
		return append(out, v...)
	case lua.LNumber:
		return append(out, FormatNumber(float64(v))...)
	}
	if lua.LVAsBool(v) {
		l.raise(L, "%s", errInvalidReplacement(v.Type().String()))
	}
	return append(out, m.s[start:end]...)
}

// replaceText appends a replacement string, with %0 to %9 for the match and its captures.
func (l *Library) replaceText(L *lua.LState, out []byte, m *matcher, r string, start, end int) []byte {
	for {
		i := strings.IndexByte(r, '%')
		if i < 0 {
			return append(out, r...)
		}
		out = append(out, r[:i]...)
		if i+1 == len(r) {
			l.raise(L, "invalid use of '%%' in replacement string")
		}
		c := r[i+1]
		r = r[i+2:]
		switch {
		case c == '0':
			out = append(out, m.s[start:end]...)
		case isDigit(c):
			text, position, err := m.captureText(int(c-'1'), start, end)
			switch {
			case err != nil:
				l.raise(L, "%s", err)
			case position > 0:
				out = append(out, FormatNumber(float64(position))...)
			default:
				out = append(out, text...)
			}
		default:
			out = append(out, c)
		}
	}
}
