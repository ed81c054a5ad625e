package engine

import (
	"testing"

	"github.com/oslua/oslua/engine/lualib"
	lua "github.com/yuin/gopher-lua"
)

func benchmark(b *testing.B, code string, change ...func(*Options)) {
	m := newMachine(b, change...)
	m.With(func(L *lua.LState) { L.G.Global.RawSetString("N", lua.LNumber(b.N)) })
	b.ReportAllocs()
	b.ResetTimer()
	if err := m.RunString(b.Context(), "bench.lua", code); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkTasks runs 200 tasks of five waits of 20 ms: 100 ms is the floor.
func BenchmarkTasks(b *testing.B) {
	benchmark(b, `local list = {} for i = 1, 200 do list[i] = i end
for i = 1, N do task.map(list, function(v) for j = 1, 5 do sleep(0.02) end return v end, {limit = 200}) end`,
		func(o *Options) { o.Clock = realClock{} })
}

func BenchmarkTaskSwitch(b *testing.B) {
	benchmark(b, "task.map({1, 2, 3, 4}, function() for i = 1, N / 4 do sleep(0) end end)", func(o *Options) { o.Clock = realClock{} })
}

func BenchmarkPcall(b *testing.B) {
	benchmark(b, "local f = function() end for i = 1, N do pcall(f) end")
}

func BenchmarkPcallError(b *testing.B) {
	benchmark(b, "for i = 1, N do pcall(error, 'x') end")
}

func BenchmarkCoroutineSwitch(b *testing.B) {
	benchmark(b, "local f = coroutine.wrap(function() while true do coroutine.yield() end end) for i = 1, N do f() end")
}

func BenchmarkCoroutineCreate(b *testing.B) {
	benchmark(b, "for i = 1, N do coroutine.wrap(function() end)() end")
}

func BenchmarkBindingCall(b *testing.B) {
	benchmark(b, "local say = require('parrots').say for i = 1, N do say('x') end")
}

const loop = "local s = 0 for i = 1, N do s = s + i % 7 end"

// BenchmarkCounting measures what the counting context costs: the same loop with it and without any.
func BenchmarkCounting(b *testing.B) {
	b.Run("with", func(b *testing.B) { benchmark(b, loop) })
	b.Run("without", func(b *testing.B) {
		L := lua.NewState()
		defer L.Close()
		L.SetGlobal("N", lua.LNumber(b.N))
		proto, err := lualib.Compile("bench.lua", []byte(loop))
		if err != nil {
			b.Fatal(err)
		}
		L.Push(L.NewFunctionFromProto(proto))
		b.ResetTimer()
		L.Call(0, 0)
	})
	b.Run("standard", func(b *testing.B) {
		L := lua.NewState()
		defer L.Close()
		L.SetContext(b.Context())
		L.SetGlobal("N", lua.LNumber(b.N))
		proto, err := lualib.Compile("bench.lua", []byte(loop))
		if err != nil {
			b.Fatal(err)
		}
		L.Push(L.NewFunctionFromProto(proto))
		b.ResetTimer()
		L.Call(0, 0)
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		m, err := New(Options{})
		if err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}
