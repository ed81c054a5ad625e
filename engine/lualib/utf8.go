package lualib

import (
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

func (l *Library) openUTF8(L *lua.LState) {
	t := register(L, "utf8", functions{
		"char":      l.utf8Char,
		"codepoint": l.utf8Codepoint,
		"codes":     l.utf8Codes,
		"len":       l.utf8Len,
		"offset":    l.utf8Offset,
	})
	setField(t, "charpattern", lua.LString("[%z\x01-\x7F\xC2-\xF4][\x80-\xBF]*"))
}

// continues reports a byte that does not begin a character.
func continues(s string, i int) bool { return i < len(s) && s[i]&0xC0 == 0x80 }

// decode gives the character at i and its length, 0 for bytes that are no UTF-8.
func decode(s string, i int) (rune, int) {
	r, n := utf8.DecodeRuneInString(s[i:])
	if r == utf8.RuneError && n <= 1 {
		return 0, 0
	}
	return r, n
}

func (l *Library) utf8Char(L *lua.LState) int {
	var out []byte
	for i := 1; i <= L.GetTop(); i++ {
		c := l.int(L, i)
		if c < 0 || c > utf8.MaxRune || !utf8.ValidRune(rune(c)) {
			l.argError(L, i, "value out of range")
		}
		out = utf8.AppendRune(out, rune(c))
	}
	L.Push(lua.LString(out))
	return 1
}

func (l *Library) utf8Codepoint(L *lua.LState) int {
	s := l.str(L, 1)
	i := index(l.optInt(L, 2, 1), len(s))
	j := index(l.optInt(L, 3, i), len(s))
	if i < 1 {
		l.argError(L, 2, "out of range")
	}
	if j > len(s) {
		l.argError(L, 3, "out of range")
	}
	n := 0
	for at := i - 1; at < j; {
		r, size := decode(s, at)
		if size == 0 {
			l.raise(L, "invalid UTF-8 code")
		}
		L.Push(lua.LNumber(r))
		at += size
		n++
	}
	return n
}

func (l *Library) utf8Codes(L *lua.LState) int {
	s := l.str(L, 1)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		s, at := l.str(L, 1), l.int(L, 2)
		if at > 0 {
			for continues(s, at) {
				at++
			}
		}
		if at < 0 || at >= len(s) {
			return 0
		}
		r, size := decode(s, at)
		if size == 0 {
			l.raise(L, "invalid UTF-8 code")
		}
		L.Push(lua.LNumber(at + 1))
		L.Push(lua.LNumber(r))
		return 2
	}))
	L.Push(lua.LString(s))
	L.Push(lua.LNumber(0))
	return 3
}

func (l *Library) utf8Len(L *lua.LState) int {
	s := l.str(L, 1)
	i := index(l.optInt(L, 2, 1), len(s))
	j := index(l.optInt(L, 3, -1), len(s))
	if i < 1 || i > len(s)+1 {
		l.argError(L, 2, "initial position out of string")
	}
	if j > len(s) {
		l.argError(L, 3, "final position out of string")
	}
	n := 0
	for at := i - 1; at < j; n++ {
		_, size := decode(s, at)
		if size == 0 {
			L.Push(lua.LNil)
			L.Push(lua.LNumber(at + 1))
			return 2
		}
		at += size
	}
	L.Push(lua.LNumber(n))
	return 1
}

func (l *Library) utf8Offset(L *lua.LState) int {
	s, n := l.str(L, 1), l.int(L, 2)
	def := 1
	if n <= 0 {
		def = len(s) + 1
	}
	at := index(l.optInt(L, 3, def), len(s)) - 1
	if at < 0 || at > len(s) {
		l.argError(L, 3, "position out of range")
	}
	if n == 0 {
		for at > 0 && continues(s, at) {
			at--
		}
		L.Push(lua.LNumber(at + 1))
		return 1
	}
	if continues(s, at) {
		l.raise(L, "initial position is a continuation byte")
	}
	if n > 0 {
		for n--; n > 0 && at < len(s); n-- {
			for at++; continues(s, at); at++ {
			}
		}
	} else {
		for ; n < 0 && at > 0; n++ {
			for at--; at > 0 && continues(s, at); at-- {
			}
		}
	}
	if n != 0 {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(at + 1))
	return 1
}
