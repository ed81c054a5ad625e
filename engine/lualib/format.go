package lualib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// spec is one conversion of a format: %-10.3f.
type spec struct {
	left, plus, space, alternate, zero bool
	width, precision                   int // precision is -1 when there is none
	verb                               byte
}

func (l *Library) strFormat(L *lua.LState) int {
	f := l.str(L, 1)
	out := make([]byte, 0, len(f)+16)
	arg := 1
	for {
		i := strings.IndexByte(f, '%')
		if i < 0 {
			out = append(out, f...)
			break
		}
		out = append(out, f[:i]...)
		f = f[i+1:]
		if strings.HasPrefix(f, "%") {
			out = append(out, '%')
			f = f[1:]
			continue
		}
		sp, n := l.parseSpec(L, f)
		f = f[n:]
		arg++
		if arg > L.GetTop() {
			l.argError(L, arg, "no value")
		}
		switch sp.verb {
		case 'c':
			out = sp.pad(out, "", string([]byte{byte(l.int(L, arg))}), false)
		case 'd', 'i':
			out = sp.integer(out, l.number(L, arg))
		case 'o', 'u', 'x', 'X':
			out = sp.unsigned(out, l.number(L, arg))
		case 'e', 'E', 'f', 'F', 'g', 'G', 'a', 'A':
			out = sp.float(out, l.number(L, arg))
		case 'q':
			out = quote(out, l.str(L, arg))
		case 's':
			s := l.ToString(L, L.Get(arg))
			if sp.precision >= 0 && sp.precision < len(s) {
				s = s[:sp.precision]
			}
			out = sp.pad(out, "", s, false)
		default:
			name := string([]byte{sp.verb})
			if sp.verb == 0 {
				name = ""
			}
			l.raise(L, "invalid option '%%%s' to 'format'", name)
		}
		if len(out) > l.limit {
			l.raise(L, tooLarge)
		}
	}
	L.Push(lua.LString(out))
	return 1
}

// parseSpec reads what follows a percent sign and gives its length.
func (l *Library) parseSpec(L *lua.LState, f string) (sp spec, n int) {
	for ; n < len(f) && strings.IndexByte("-+ #0", f[n]) >= 0; n++ {
		switch f[n] {
		case '-':
			sp.left = true
		case '+':
			sp.plus = true
		case ' ':
			sp.space = true
		case '#':
			sp.alternate = true
		case '0':
			sp.zero = true
		}
	}
	if n > 5 {
		l.raise(L, "invalid format (repeated flags)")
	}
	digits := func() (v int) {
		start := n
		for ; n < len(f) && isDigit(f[n]) && n < start+2; n++ {
			v = v*10 + int(f[n]-'0')
		}
		if n < len(f) && isDigit(f[n]) {
			l.raise(L, "invalid format (width or precision too long)")
		}
		return v
	}
	sp.width = digits()
	sp.precision = -1
	if n < len(f) && f[n] == '.' {
		n++
		sp.precision = digits()
	}
	if n < len(f) {
		sp.verb = f[n]
		n++
	}
	return sp, n
}

// pad appends a sign or prefix and digits, filled to the width.
func (sp spec) pad(out []byte, prefix, digits string, zeros bool) []byte {
	fill := sp.width - len(prefix) - len(digits)
	if fill <= 0 {
		return append(append(out, prefix...), digits...)
	}
	switch {
	case sp.left:
		out = append(append(out, prefix...), digits...)
		return append(out, strings.Repeat(" ", fill)...)
	case zeros && sp.zero:
		out = append(append(out, prefix...), strings.Repeat("0", fill)...)
		return append(out, digits...)
	}
	out = append(out, strings.Repeat(" ", fill)...)
	return append(append(out, prefix...), digits...)
}

// sign is what stands before a number that is not negative.
func (sp spec) sign() string {
	switch {
	case sp.plus:
		return "+"
	case sp.space:
		return " "
	}
	return ""
}

// whole applies the precision of an integer: that many digits at least, and none for nothing.
func (sp spec) whole(digits string) string {
	if sp.precision == 0 && digits == "0" {
		return ""
	}
	if n := sp.precision - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	return digits
}

func (sp spec) integer(out []byte, f float64) []byte {
	i := int64(math.MinInt64) // what a processor gives for a number that is too large
	if f >= -(1<<63) && f < 1<<63 {
		i = int64(f)
	}
	sign, u := sp.sign(), uint64(i)
	if i < 0 {
		sign, u = "-", -uint64(i)
	}
	return sp.pad(out, sign, sp.whole(strconv.FormatUint(u, 10)), sp.precision < 0)
}

func (sp spec) unsigned(out []byte, f float64) []byte {
	u := uint64(1) << 63
	switch {
	case f >= 0 && f < 1<<64:
		u = uint64(f)
	case f >= -(1<<63) && f < 0:
		u = uint64(int64(f)) // two's complement
	}
	base, prefix := 10, ""
	switch sp.verb {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
	}
	digits := sp.whole(strconv.FormatUint(u, base))
	if sp.alternate {
		switch {
		case base == 16 && u != 0:
			prefix = "0x"
		case base == 8 && !strings.HasPrefix(digits, "0"):
			digits = "0" + digits
		}
	}
	if sp.verb == 'X' {
		digits, prefix = strings.ToUpper(digits), strings.ToUpper(prefix)
	}
	return sp.pad(out, prefix, digits, sp.precision < 0)
}

func (sp spec) float(out []byte, f float64) []byte {
	verb := sp.verb | 0x20
	upper := sp.verb != verb
	sign := sp.sign()
	if math.Signbit(f) {
		sign = "-"
	}
	digits, special := notFinite(math.Abs(f))
	if !special {
		digits = sp.digits(verb, math.Abs(f))
	}
	prefix := sign
	if verb == 'a' && !special {
		prefix, digits = sign+"0x", strings.TrimPrefix(digits, "0x")
	}
	if upper {
		prefix, digits = strings.ToUpper(prefix), strings.ToUpper(digits)
	}
	return sp.pad(out, prefix, digits, !special)
}

// digits writes a number that is not negative.
func (sp spec) digits(verb byte, f float64) string {
	precision := sp.precision
	switch verb {
	case 'a':
		s := strconv.FormatFloat(f, 'x', precision, 64)
		// C writes the exponent with as few digits as it takes.
		if i := strings.IndexByte(s, 'p'); i >= 0 && len(s) == i+4 && s[i+2] == '0' {
			s = s[:i+2] + s[i+3:]
		}
		return s
	case 'g':
		if precision < 0 {
			precision = 6
		}
		precision = max(precision, 1)
		s := strconv.FormatFloat(f, 'g', precision, 64)
		if sp.alternate {
			s = keepZeros(s, precision)
		}
		return s
	}
	if precision < 0 {
		precision = 6
	}
	s := strconv.FormatFloat(f, verb, precision, 64)
	if sp.alternate && precision == 0 {
		mantissa, exponent, found := strings.Cut(s, "e")
		s = mantissa + "."
		if found {
			s += "e" + exponent
		}
	}
	return s
}

// keepZeros gives %#g its trailing zeros.
func keepZeros(s string, precision int) string {
	mantissa, exponent, found := strings.Cut(s, "e")
	n := 0
	for _, c := range strings.TrimLeft(strings.Replace(mantissa, ".", "", 1), "0") {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	if n == 0 {
		n = 1 // zero has one digit
	}
	if !strings.Contains(mantissa, ".") {
		mantissa += "."
	}
	mantissa += strings.Repeat("0", max(precision-n, 0))
	if found {
		mantissa += "e" + exponent
	}
	return mantissa
}

// quote appends a string as a literal that Lua reads back.
func quote(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
