package lualib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const spaces = " \t\n\v\f\r"

// FormatNumber is a number as tostring shows it: an integer in full, anything else with 14 significant digits, infinity
// and not-a-number as C prints them.
func FormatNumber(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<63 {
		if f == 0 && math.Signbit(f) {
			return "-0"
		}
		return strconv.FormatInt(int64(f), 10)
	}
	if s, ok := notFinite(f); ok {
		return s
	}
	return strconv.FormatFloat(f, 'g', 14, 64)
}

// notFinite is how C prints what is no number to calculate with.
func notFinite(f float64) (string, bool) {
	switch {
	case math.IsInf(f, 1):
		return "inf", true
	case math.IsInf(f, -1):
		return "-inf", true
	case f != f && math.Signbit(f):
		return "-nan", true
	case f != f:
		return "nan", true
	}
	return "", false
}

// ParseNumber reads a number as the lexer would, with spaces around it and a sign before it: "10", " 0x1F ", "-1e2".
func ParseNumber(s string) (float64, bool) {
	s = strings.Trim(s, spaces)
	digits := s
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if len(digits) > 2 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		for i := 2; i < len(digits); i++ {
			if !isHex(digits[i]) {
				return 0, false
			}
		}
		s += "p0"
	} else {
		// strconv takes more than Lua does: underscores, inf, nan, hexadecimal fractions.
		for i := range len(digits) {
			switch c := digits[i]; {
			case c >= '0' && c <= '9', c == '.', c == 'e', c == 'E', c == '+', c == '-':
			default:
				return 0, false
			}
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && (f == 0 || !math.IsInf(f, 0)) {
		return 0, false // out of range is infinity, as strtod has it; anything else is no number
	}
	return f, true
}

// parseBase reads an integer in a base, as strtoul does, with a sign.
func parseBase(s string, base int) (float64, bool) {
	s = strings.Trim(s, spaces)
	negative := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		negative = s[0] == '-'
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	if s == "" {
		return 0, false
	}
	var f float64
	for i := range len(s) {
		d := 0
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			d = int(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			d = int(c|0x20-'a') + 10
		default:
			return 0, false
		}
		if d >= base {
			return 0, false
		}
		f = f*float64(base) + float64(d)
	}
	if negative {
		f = -f
	}
	return f, true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// ToString is what print shows of a value: __tostring first, numbers by FormatNumber. It raises when __tostring gives no
// string.
func (l *Library) ToString(L *lua.LState, v lua.LValue) string {
	switch v := l.toString(L, v).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return FormatNumber(float64(v))
	}
	l.raise(L, "'__tostring' must return a string")
	return ""
}

// toString is what tostring gives: a string, or whatever __tostring does.
func (l *Library) toString(L *lua.LState, v lua.LValue) lua.LValue {
	switch v := v.(type) {
	case lua.LString:
		return v
	case lua.LNumber:
		return lua.LString(FormatNumber(float64(v)))
	case *lua.LTable, *lua.LUserData:
		if fn := metaField(L, v, "__tostring"); fn != lua.LNil {
			return call(L, fn, v)
		}
	}
	return lua.LString(v.String())
}
