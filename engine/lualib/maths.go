package lualib

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"
)

func (l *Library) openMath(L *lua.LState) {
	one := func(f func(float64) float64) lua.LGFunction {
		return func(L *lua.LState) int {
			L.Push(lua.LNumber(f(l.number(L, 1))))
			return 1
		}
	}
	two := func(f func(x, y float64) float64) lua.LGFunction {
		return func(L *lua.LState) int {
			x := l.number(L, 1)
			L.Push(lua.LNumber(f(x, l.number(L, 2))))
			return 1
		}
	}
	t := register(L, "math", functions{
		"abs":        one(math.Abs),
		"acos":       one(math.Acos),
		"asin":       one(math.Asin),
		"atan":       one(math.Atan),
		"atan2":      two(math.Atan2),
		"ceil":       one(math.Ceil),
		"cos":        one(math.Cos),
		"cosh":       one(math.Cosh),
		"deg":        one(func(x float64) float64 { return x / (math.Pi / 180) }),
		"exp":        one(math.Exp),
		"floor":      one(math.Floor),
		"fmod":       two(math.Mod),
		"frexp":      l.mathFrexp,
		"ldexp":      l.mathLdexp,
		"log":        l.mathLog,
		"log10":      one(math.Log10),
		"max":        l.mathMax,
		"min":        l.mathMin,
		"mod":        two(math.Mod), // its name in Lua 5.0
		"modf":       l.mathModf,
		"pow":        two(math.Pow),
		"rad":        one(func(x float64) float64 { return x * (math.Pi / 180) }),
		"random":     l.mathRandom,
		"randomseed": l.mathRandomSeed,
		"sin":        one(math.Sin),
		"sinh":       one(math.Sinh),
		"sqrt":       one(math.Sqrt),
		"tan":        one(math.Tan),
		"tanh":       one(math.Tanh),
	})
	setField(t, "pi", lua.LNumber(math.Pi))
	setField(t, "huge", lua.LNumber(math.Inf(1)))
}

func (l *Library) mathFrexp(L *lua.LState) int {
	f, e := math.Frexp(l.number(L, 1))
	L.Push(lua.LNumber(f))
	L.Push(lua.LNumber(e))
	return 2
}

func (l *Library) mathLdexp(L *lua.LState) int {
	f := l.number(L, 1)
	L.Push(lua.LNumber(math.Ldexp(f, l.int(L, 2))))
	return 1
}

func (l *Library) mathLog(L *lua.LState) int {
	x := l.number(L, 1)
	r := math.Log(x)
	if L.Get(2) != lua.LNil {
		switch base := l.number(L, 2); base {
		case 2:
			r = math.Log2(x)
		case 10:
			r = math.Log10(x)
		default:
			r /= math.Log(base)
		}
	}
	L.Push(lua.LNumber(r))
	return 1
}

func (l *Library) mathMax(L *lua.LState) int {
	most := l.number(L, 1)
	for i := 2; i <= L.GetTop(); i++ {
		if v := l.number(L, i); v > most {
			most = v
		}
	}
	L.Push(lua.LNumber(most))
	return 1
}

func (l *Library) mathMin(L *lua.LState) int {
	least := l.number(L, 1)
	for i := 2; i <= L.GetTop(); i++ {
		if v := l.number(L, i); v < least {
			least = v
		}
	}
	L.Push(lua.LNumber(least))
	return 1
}

func (l *Library) mathModf(L *lua.LState) int {
	x := l.number(L, 1)
	whole, part := x, math.Copysign(0, x)
	if !math.IsInf(x, 0) {
		whole = math.Trunc(x)
		if x != whole {
			part = x - whole
		}
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(part))
	return 2
}

func (l *Library) mathRandom(L *lua.LState) int {
	r := l.random.Float64()
	low, high := 1.0, 0.0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(r))
		return 1
	case 1:
		high = float64(l.int(L, 1))
	case 2:
		low, high = float64(l.int(L, 1)), float64(l.int(L, 2))
	default:
		l.raise(L, "wrong number of arguments")
	}
	if low > high {
		l.argError(L, L.GetTop(), "interval is empty")
	}
	L.Push(lua.LNumber(math.Floor(r*(high-low+1)) + low))
	return 1
}

func (l *Library) mathRandomSeed(L *lua.LState) int {
	l.random = rand.New(rand.NewPCG(math.Float64bits(l.number(L, 1)), 0))
	return 0
}
