package lualib

import (
	"math"
	"math/bits"

	lua "github.com/yuin/gopher-lua"
)

func (l *Library) openBit32(L *lua.LState) {
	fold := func(start uint32, f func(a, b uint32) uint32) lua.LGFunction {
		return func(L *lua.LState) int {
			r := start
			for i := 1; i <= L.GetTop(); i++ {
				r = f(r, l.bits(L, i))
			}
			L.Push(lua.LNumber(r))
			return 1
		}
	}
	and := func(a, b uint32) uint32 { return a & b }
	shift := func(f func(x uint32, by int) uint32) lua.LGFunction {
		return func(L *lua.LState) int {
			x := l.bits(L, 1)
			L.Push(lua.LNumber(f(x, l.int(L, 2))))
			return 1
		}
	}
	band := fold(math.MaxUint32, and)
	register(L, "bit32", functions{
		"band": band,
		"bor":  fold(0, func(a, b uint32) uint32 { return a | b }),
		"bxor": fold(0, func(a, b uint32) uint32 { return a ^ b }),
		"bnot": func(L *lua.LState) int {
			L.Push(lua.LNumber(^l.bits(L, 1)))
			return 1
		},
		"btest": func(L *lua.LState) int {
			band(L)
			L.Push(lua.LBool(L.Get(-1) != lua.LNumber(0)))
			return 1
		},
		"lshift":  shift(shiftLeft),
		"rshift":  shift(func(x uint32, by int) uint32 { return shiftLeft(x, -by) }),
		"arshift": shift(shiftArithmetic),
		"lrotate": shift(func(x uint32, by int) uint32 { return bits.RotateLeft32(x, by%32) }),
		"rrotate": shift(func(x uint32, by int) uint32 { return bits.RotateLeft32(x, -(by % 32)) }),
		"extract": func(L *lua.LState) int {
			x := l.bits(L, 1)
			at, mask := l.field(L, 2)
			L.Push(lua.LNumber(x >> at & mask))
			return 1
		},
		"replace": func(L *lua.LState) int {
			x, v := l.bits(L, 1), l.bits(L, 2)
			at, mask := l.field(L, 3)
			L.Push(lua.LNumber(x&^(mask<<at) | v&mask<<at))
			return 1
		},
	})
}

// bits is an argument modulo 2^32.
func (l *Library) bits(L *lua.LState, n int) uint32 {
	f := math.Mod(math.Floor(l.number(L, n)), 1<<32)
	if f < 0 {
		f += 1 << 32
	}
	if f != f {
		return 0
	}
	return uint32(f)
}

// field is the place and the mask of the bits that extract and replace are about.
func (l *Library) field(L *lua.LState, n int) (at int, mask uint32) {
	at, width := l.int(L, n), l.optInt(L, n+1, 1)
	if at < 0 || at > 31 {
		l.argError(L, n, "field must be in range 0 to 31")
	}
	if width < 1 {
		l.argError(L, n+1, "width must be positive")
	}
	if width > 32-at {
		l.raise(L, "trying to access non-existent bits")
	}
	return at, math.MaxUint32 >> (32 - width)
}

func shiftLeft(x uint32, by int) uint32 {
	switch {
	case by >= 32 || by <= -32:
		return 0
	case by < 0:
		return x >> -by
	}
	return x << by
}

func shiftArithmetic(x uint32, by int) uint32 {
	if by < 0 {
		return shiftLeft(x, -max(by, -32))
	}
	return uint32(int32(x) >> min(by, 31))
}
