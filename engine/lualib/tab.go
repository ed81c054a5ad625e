package lualib

import (
	"slices"
	"sort"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (l *Library) openTable(L *lua.LState) {
	t := register(L, "table", functions{
		"concat":   l.tabConcat,
		"foreach":  l.tabForeach,
		"foreachi": l.tabForeachi,
		"getn":     l.tabGetn,
		"insert":   l.tabInsert,
		"maxn":     l.tabMaxn,
		"move":     l.tabMove,
		"pack":     l.tabPack,
		"remove":   l.tabRemove,
		"setn":     l.tabSetn,
		"sort":     l.tabSort,
	})
	setField(t, "unpack", getField(L.G.Global, "unpack"))
}

func (l *Library) tabConcat(L *lua.LState) int {
	t, sep := l.table(L, 1), l.optStr(L, 2, "")
	i := l.optInt(L, 3, 1)
	var j int
	if L.Get(4) == lua.LNil {
		j = rawLen(t)
	} else {
		j = l.int(L, 4)
	}
	// Two passes: the first finds what is wrong and how long the result is.
	size := 0
	for k := i; k <= j; k++ {
		switch v := rawGetInt(t, k).(type) {
		case lua.LString:
			size += len(v)
		case lua.LNumber:
			size += len(FormatNumber(float64(v)))
		default:
			l.raise(L, "invalid value (%s) at index %d in table for 'concat'", v.Type(), k)
		}
		if size += len(sep); size-len(sep) > l.limit {
			l.raise(L, tooLarge)
		}
	}
	var out strings.Builder
	out.Grow(size)
	for k := i; k <= j; k++ {
		if k > i {
			out.WriteString(sep)
		}
		switch v := rawGetInt(t, k).(type) {
		case lua.LString:
			out.WriteString(string(v))
		case lua.LNumber:
			out.WriteString(FormatNumber(float64(v)))
		}
	}
	L.Push(lua.LString(out.String()))
	return 1
}

func (l *Library) tabForeach(L *lua.LState) int {
	t, fn := l.table(L, 1), l.function(L, 2)
	for k, v := rawNext(t, lua.LNil); k != lua.LNil; k, v = rawNext(t, k) {
		if r := call(L, fn, k, v); r != lua.LNil {
			L.Push(r)
			return 1
		}
	}
	return 0
}

func (l *Library) tabForeachi(L *lua.LState) int {
	t, fn := l.table(L, 1), l.function(L, 2)
	n := rawLen(t)
	for i := 1; i <= n; i++ {
		if r := call(L, fn, lua.LNumber(i), rawGetInt(t, i)); r != lua.LNil {
			L.Push(r)
			return 1
		}
	}
	return 0
}

func (l *Library) tabGetn(L *lua.LState) int {
	L.Push(lua.LNumber(rawLen(l.table(L, 1))))
	return 1
}

func (l *Library) tabSetn(L *lua.LState) int {
	l.table(L, 1)
	l.raise(L, "'setn' is obsolete")
	return 0
}

func (l *Library) tabMaxn(L *lua.LState) int {
	most := lua.LNumber(0)
	rawForEach(l.table(L, 1), func(k, _ lua.LValue) {
		if n, ok := k.(lua.LNumber); ok && n > most {
			most = n
		}
	})
	L.Push(most)
	return 1
}

func (l *Library) tabInsert(L *lua.LState) int {
	t := l.table(L, 1)
	switch L.GetTop() {
	case 2:
		rawAppend(t, L.Get(2))
	case 3:
		n, i, v := rawLen(t), l.int(L, 2), L.Get(3)
		switch {
		case i == n+1 && v != lua.LNil:
			rawAppend(t, v)
		case i > n:
			rawSet(t, lua.LNumber(i), v)
		case i >= 1:
			rawInsert(t, i, v)
		case i < -maxShift:
			l.argError(L, 2, "position out of bounds")
		default:
			for k := n + 1; k > i; k-- {
				rawSet(t, lua.LNumber(k), rawGetInt(t, k-1))
			}
			rawSet(t, lua.LNumber(i), v)
		}
	default:
		l.raise(L, "wrong number of arguments to 'insert'")
	}
	return 0
}

// maxShift is how many elements a function moves for a place that lies far outside of a table.
const maxShift = 1 << 26

func (l *Library) tabRemove(L *lua.LState) int {
	t := l.table(L, 1)
	n := rawLen(t)
	i := l.optInt(L, 2, n)
	if i < 1 || i > n {
		return 0
	}
	L.Push(rawRemove(t, i))
	return 1
}

func (l *Library) tabPack(L *lua.LState) int {
	n := L.GetTop()
	t := L.CreateTable(n, 1)
	for i := 1; i <= n; i++ {
		rawSetInt(t, i, L.Get(i))
	}
	setField(t, "n", lua.LNumber(n))
	L.Push(t)
	return 1
}

func (l *Library) tabMove(L *lua.LState) int {
	from, f, e, to := l.table(L, 1), l.int(L, 2), l.int(L, 3), l.int(L, 4)
	dst := from
	if L.Get(5) != lua.LNil {
		dst = l.table(L, 5)
	}
	if e >= f {
		if float64(e)-float64(f) > maxShift {
			l.argError(L, 3, "too many elements to move")
		}
		if float64(to)+float64(e)-float64(f) >= 1<<62 {
			l.argError(L, 4, "destination wrap around")
		}
		if to > e || to <= f || dst != from {
			for i := 0; i <= e-f; i++ {
				rawSet(dst, lua.LNumber(to+i), rawGetInt(from, f+i))
			}
		} else {
			for i := e - f; i >= 0; i-- {
				rawSet(dst, lua.LNumber(to+i), rawGetInt(from, f+i))
			}
		}
	}
	L.Push(dst)
	return 1
}

func (l *Library) tabSort(L *lua.LState) int {
	t := l.table(L, 1)
	var less lua.LValue = lua.LNil
	if L.Get(2) != lua.LNil {
		less = l.function(L, 2)
	}
	n := rawLen(t)
	values := make([]lua.LValue, n)
	for i := range values {
		values[i] = rawGetInt(t, i+1)
	}
	if less != lua.LNil || !sortSimple(values) {
		// The elements are sorted beside the table, so that a comparison that raises, or one that makes no sense, leaves
		// the table as it was or with the same elements.
		sort.Sort(&sorter{l: l, L: L, values: values, less: less})
	}
	for i, v := range values {
		rawSetInt(t, i+1, v)
	}
	return 0
}

// sortSimple sorts values that are all numbers or all strings.
func sortSimple(values []lua.LValue) bool {
	if len(values) == 0 {
		return true
	}
	switch values[0].(type) {
	case lua.LNumber:
		return sortAs[lua.LNumber](values)
	case lua.LString:
		return sortAs[lua.LString](values)
	}
	return false
}

func sortAs[T interface {
	lua.LValue
	~float64 | ~string
}](values []lua.LValue) bool {
	typed := make([]T, len(values))
	for i, v := range values {
		x, ok := v.(T)
		if !ok {
			return false
		}
		typed[i] = x
	}
	slices.Sort(typed)
	for i, x := range typed {
		values[i] = x
	}
	return true
}

type sorter struct {
	l      *Library
	L      *lua.LState
	values []lua.LValue
	less   lua.LValue // nil for the operator
}

func (s *sorter) Len() int      { return len(s.values) }
func (s *sorter) Swap(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] }
func (s *sorter) Less(i, j int) bool {
	a, b := s.values[i], s.values[j]
	if s.less == lua.LNil {
		return s.L.LessThan(a, b)
	}
	s.L.Push(s.less)
	s.L.Push(a)
	s.L.Push(b)
	s.L.Call(2, 1)
	v := s.L.Get(-1)
	s.L.Pop(1)
	return lua.LVAsBool(v)
}
