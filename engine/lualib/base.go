package lualib

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

func (l *Library) openBase(L *lua.LState) {
	g := L.G.Global
	setField(g, "_G", g)
	setField(g, "_VERSION", lua.LString("Lua 5.1"))
	for name, fn := range (functions{
		"assert":         l.baseAssert,
		"collectgarbage": l.baseCollectGarbage,
		"dofile":         l.baseDoFile,
		"error":          l.baseError,
		"gcinfo":         l.baseGCInfo,
		"getfenv":        l.baseGetFEnv,
		"getmetatable":   l.baseGetMetatable,
		"load":           l.baseLoad,
		"loadfile":       l.baseLoadFile,
		"loadstring":     l.baseLoadString,
		"newproxy":       l.baseNewProxy,
		"print":          l.basePrint,
		"rawequal":       l.baseRawEqual,
		"rawget":         l.baseRawGet,
		"rawlen":         l.baseRawLen,
		"rawset":         l.baseRawSet,
		"select":         l.baseSelect,
		"setfenv":        l.baseSetFEnv,
		"setmetatable":   l.baseSetMetatable,
		"tonumber":       l.baseToNumber,
		"tostring":       l.baseToString,
		"type":           l.baseType,
		"unpack":         l.baseUnpack,
	}) {
		setField(g, name, L.NewFunction(fn))
	}
	l.next = L.NewFunction(l.baseNext)
	setField(g, "next", l.next)
	setField(g, "pairs", L.NewFunction(l.basePairs))
	step := L.NewFunction(l.ipairsStep)
	setField(g, "ipairs", L.NewFunction(func(L *lua.LState) int {
		t := l.table(L, 1)
		L.Push(step)
		L.Push(t)
		L.Push(lua.LNumber(0))
		return 3
	}))
}

func (l *Library) baseAssert(L *lua.LState) int {
	if lua.LVAsBool(l.any(L, 1)) {
		return L.GetTop()
	}
	switch msg := L.Get(2).(type) {
	case *lua.LNilType:
		l.raise(L, "assertion failed!")
	case lua.LString, lua.LNumber:
		l.raise(L, "%s", l.ToString(L, msg))
	default:
		L.Error(msg, 0)
	}
	return 0
}

func (l *Library) baseCollectGarbage(L *lua.LState) int {
	var r lua.LValue = lua.LNumber(0)
	switch l.option(L, 1, "collect", "collect", "stop", "restart", "count", "step", "setpause", "setstepmul") {
	case "collect":
		runtime.GC()
	case "step":
		runtime.GC()
		r = lua.LTrue
	case "count":
		r = lua.LNumber(heapKB())
	case "setpause", "setstepmul":
		r = lua.LNumber(200) // the collector is Go's; this is what a fresh Lua answers
	}
	L.Push(r)
	return 1
}

func (l *Library) baseGCInfo(L *lua.LState) int {
	L.Push(lua.LNumber(float64(int(heapKB()))))
	return 1
}

// heapKB is the memory in use by the whole process, without stopping it.
func heapKB() float64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return float64(s[0].Value.Uint64()) / 1024
}

func (l *Library) baseError(L *lua.LState) int {
	level := l.optInt(L, 2, 1)
	v := L.Get(1)
	if s, ok := v.(lua.LNumber); ok {
		v = lua.LString(FormatNumber(float64(s)))
	}
	if s, ok := v.(lua.LString); ok && level > 0 {
		v = lua.LString(l.Where(L, level)) + s
	}
	L.Error(v, 0)
	return 0
}

// environmentOf finds the function that the first argument of getfenv and setfenv means; nil and true for level 0.
func (l *Library) environmentOf(L *lua.LState) (fn *lua.LFunction, thread bool) {
	if fn, ok := L.Get(1).(*lua.LFunction); ok {
		return fn, false
	}
	level := 1
	if L.GetTop() > 0 && L.Get(1) != lua.LNil {
		level = l.int(L, 1)
	}
	if level < 0 {
		l.argError(L, 1, "level must be non-negative")
	}
	if level == 0 {
		return nil, true
	}
	f, ok := l.level(L, level)
	if !ok {
		l.argError(L, 1, "invalid level")
	}
	if f.fn == nil {
		l.raise(L, "no function environment for tail call at level %d", level)
	}
	return f.fn, false
}

func (l *Library) baseGetFEnv(L *lua.LState) int {
	fn, thread := l.environmentOf(L)
	switch {
	case thread:
		L.Push(L.Env)
	case fn.IsG:
		L.Push(L.G.Global)
	default:
		L.Push(fn.Env)
	}
	return 1
}

func (l *Library) baseSetFEnv(L *lua.LState) int {
	env := l.table(L, 2)
	fn, thread := l.environmentOf(L)
	if thread {
		L.Env = env
		return 0
	}
	if fn.IsG {
		l.raise(L, "'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	L.Push(fn)
	return 1
}

func (l *Library) baseGetMetatable(L *lua.LState) int {
	L.Push(L.GetMetatable(l.any(L, 1)))
	return 1
}

func (l *Library) baseSetMetatable(L *lua.LState) int {
	t := l.table(L, 1)
	mt := L.Get(2)
	if _, ok := mt.(*lua.LTable); !ok && (mt != lua.LNil || L.GetTop() < 2) {
		l.argError(L, 2, "nil or table expected")
	}
	if metaField(L, t, "__metatable") != lua.LNil {
		l.raise(L, "cannot change a protected metatable")
	}
	t.Metatable = mt
	L.SetTop(1)
	return 1
}

func (l *Library) ipairsStep(L *lua.LState) int {
	t := l.table(L, 1)
	i := l.int(L, 2) + 1
	v := rawGetInt(t, i)
	if v == lua.LNil {
		return 0
	}
	L.Push(lua.LNumber(i))
	L.Push(v)
	return 2
}

func (l *Library) baseNext(L *lua.LState) int {
	k, v := rawNext(l.table(L, 1), L.Get(2))
	L.Push(k)
	if k == lua.LNil {
		return 1
	}
	L.Push(v)
	return 2
}

func (l *Library) basePairs(L *lua.LState) int {
	v := l.any(L, 1)
	if fn := metaField(L, v, "__pairs"); fn != lua.LNil {
		L.Push(fn)
		L.Push(v)
		L.Call(1, 3)
		return 3
	}
	t := l.table(L, 1)
	L.Push(l.next)
	L.Push(t)
	L.Push(lua.LNil)
	return 3
}

func (l *Library) basePrint(L *lua.LState) int {
	var b strings.Builder
	for i := 1; i <= L.GetTop(); i++ {
		if i > 1 {
			b.WriteByte('\t')
		}
		b.WriteString(l.ToString(L, L.Get(i)))
	}
	b.WriteByte('\n')
	if _, err := io.WriteString(l.o.Stdout, b.String()); err != nil {
		msg, _ := errorText(err)
		l.raise(L, "cannot print: %s", msg)
	}
	return 0
}

func (l *Library) baseRawEqual(L *lua.LState) int {
	L.Push(lua.LBool(L.RawEqual(l.any(L, 1), l.any(L, 2))))
	return 1
}

func (l *Library) baseRawGet(L *lua.LState) int {
	L.Push(rawGet(l.table(L, 1), l.any(L, 2)))
	return 1
}

func (l *Library) baseRawLen(L *lua.LState) int {
	switch v := L.Get(1).(type) {
	case *lua.LTable:
		L.Push(lua.LNumber(rawLen(v)))
	case lua.LString:
		L.Push(lua.LNumber(len(v)))
	default:
		l.argError(L, 1, "table or string expected")
	}
	return 1
}

func (l *Library) baseRawSet(L *lua.LState) int {
	t, k, v := l.table(L, 1), l.any(L, 2), l.any(L, 3)
	l.checkKey(L, k)
	rawSet(t, k, v)
	L.SetTop(1)
	return 1
}

// checkKey raises for a value that cannot be a key.
func (l *Library) checkKey(L *lua.LState, k lua.LValue) {
	if k == lua.LNil {
		l.raise(L, "table index is nil")
	}
	if n, ok := k.(lua.LNumber); ok && n != n {
		l.raise(L, "table index is NaN")
	}
}

func (l *Library) baseSelect(L *lua.LState) int {
	if s, ok := L.Get(1).(lua.LString); ok && s == "#" {
		L.Push(lua.LNumber(L.GetTop() - 1))
		return 1
	}
	top := L.GetTop()
	i := l.int(L, 1)
	switch {
	case i < 0:
		i = top + i
	case i > top:
		i = top
	}
	if i < 1 {
		l.argError(L, 1, "index out of range")
	}
	return top - i
}

func (l *Library) baseToNumber(L *lua.LState) int {
	base := l.optInt(L, 2, 10)
	if base == 10 {
		switch v := l.any(L, 1).(type) {
		case lua.LNumber:
			L.Push(v)
			return 1
		case lua.LString:
			if f, ok := ParseNumber(string(v)); ok {
				L.Push(lua.LNumber(f))
				return 1
			}
		}
		L.Push(lua.LNil)
		return 1
	}
	s := l.str(L, 1)
	if base < 2 || base > 36 {
		l.argError(L, 2, "base out of range")
	}
	if f, ok := parseBase(s, base); ok {
		L.Push(lua.LNumber(f))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

func (l *Library) baseToString(L *lua.LState) int {
	L.Push(l.toString(L, l.any(L, 1)))
	return 1
}

func (l *Library) baseType(L *lua.LState) int {
	L.Push(lua.LString(l.any(L, 1).Type().String()))
	return 1
}

func (l *Library) baseUnpack(L *lua.LState) int {
	t := l.table(L, 1)
	i := l.optInt(L, 2, 1)
	var j int
	if L.Get(3) == lua.LNil {
		j = rawLen(t)
	} else {
		j = l.int(L, 3)
	}
	if i > j {
		return 0
	}
	room := max(L.Options.RegistrySize, L.Options.RegistryMaxSize)
	// The difference of two integers may not be one.
	if n := float64(j) - float64(i) + 1; n >= float64(room) {
		l.raise(L, "too many results to unpack")
	}
	for k := i; ; k++ {
		L.Push(rawGetInt(t, k))
		if k == j {
			return j - i + 1
		}
	}
}

func (l *Library) baseNewProxy(L *lua.LState) int {
	ud := L.NewUserData()
	switch v := L.Get(1).(type) {
	case lua.LBool:
		if v {
			ud.Metatable = L.CreateTable(0, 0)
		}
	case *lua.LNilType:
	case *lua.LUserData:
		ud.Metatable = v.Metatable
	default:
		l.argError(L, 1, "boolean or proxy expected")
	}
	L.Push(ud)
	return 1
}

// load compiles a chunk and pushes the function, or nil and the message.
func (l *Library) load(L *lua.LState, src []byte, chunkName string) int {
	name := shortSource(chunkName)
	proto, err := Compile(name, src)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(syntaxMessage(name, src, err)))
		return 2
	}
	L.Push(L.NewFunctionFromProto(proto))
	return 1
}

func (l *Library) baseLoadString(L *lua.LState) int {
	s := l.str(L, 1)
	return l.load(L, []byte(s), l.optStr(L, 2, s))
}

func (l *Library) baseLoad(L *lua.LState) int {
	var src []byte
	var name string
	if s, ok := L.Get(1).(lua.LString); ok {
		src, name = []byte(s), l.optStr(L, 2, string(s))
	} else {
		fn := l.function(L, 1)
		name = l.optStr(L, 2, "=(load)")
		for {
			v := call(L, fn)
			if v == lua.LNil {
				break
			}
			if !lua.LVCanConvToString(v) {
				L.Push(lua.LNil)
				L.Push(lua.LString("reader function must return a string"))
				return 2
			}
			piece := l.ToString(L, v)
			if piece == "" {
				break
			}
			if len(src)+len(piece) > l.limit {
				l.raise(L, tooLarge)
			}
			src = append(src, piece...)
		}
	}
	switch l.optStr(L, 3, "bt") {
	case "bt", "tb", "t":
	case "b":
		L.Push(lua.LNil)
		L.Push(lua.LString("attempt to load a text chunk (mode is 'b')"))
		return 2
	default:
		l.argError(L, 3, "invalid mode")
	}
	env, hasEnv := L.Get(4).(*lua.LTable)
	n := l.load(L, src, name)
	if fn, ok := L.Get(-1).(*lua.LFunction); ok && hasEnv {
		fn.Env = env
	}
	return n
}

// readChunk reads the file a script names, or standard input.
func (l *Library) readChunk(L *lua.LState) (src []byte, name string, err error) {
	if L.Get(1) == lua.LNil {
		src, err = io.ReadAll(l.o.Stdin)
		return src, "=stdin", err
	}
	path := l.str(L, 1)
	l.needFiles(L)
	src, err = os.ReadFile(l.o.Files.Read(path))
	if err != nil {
		msg, _ := errorText(err)
		err = fmt.Errorf("cannot open %s: %s", path, msg)
	}
	return src, "@" + path, err
}

func (l *Library) baseLoadFile(L *lua.LState) int {
	src, name, err := l.readChunk(L)
	if err != nil {
		L.Push(lua.LNil)
		L.Push(lua.LString(err.Error()))
		return 2
	}
	return l.load(L, src, name)
}

func (l *Library) baseDoFile(L *lua.LState) int {
	src, name, err := l.readChunk(L)
	if err != nil {
		L.Error(lua.LString(err.Error()), 0)
	}
	if l.load(L, src, name) == 2 {
		L.Error(L.Get(-1), 0)
	}
	base := L.GetTop() - 1
	L.Call(0, lua.MultRet)
	return L.GetTop() - base
}

// needFiles raises in a sandbox.
func (l *Library) needFiles(L *lua.LState) {
	if l.o.Sandbox {
		f, _ := l.level(L, 0)
		name := f.name
		if name == "" {
			name = "function"
		}
		l.raise(L, "'%s' is not available in the sandbox", name)
	}
}
