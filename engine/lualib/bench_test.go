package lualib_test

import (
	"testing"

	"github.com/oslua/oslua/engine/lualib"
	lua "github.com/yuin/gopher-lua"
)

// Each benchmark runs with gopher-lua's own library and with ours: compare the two lines.
var benchmarks = []struct{ name, setup, code string }{
	{"gsub", `local t = {} for i = 1, 26000 do t[i] = "a" .. i % 1000 end s = table.concat(t, " "):sub(1, 114000)`,
		`local r, n = s:gsub("%a", "<%0>")`},
	{"match", `s = ("key = value; "):rep(100) .. "id=1234"`, `for i = 1, 100 do local a, b = s:match("(%w+)=(%d+)") end`},
	{"find", `s = ("abcdefghij"):rep(1000) .. "needle"`, `for i = 1, 100 do local a = s:find("needle", 1, true) end`},
	{"gmatch", `s = ("one two three "):rep(500)`, `local n = 0 for w in s:gmatch("%a+") do n = n + 1 end`},
	{"format", ``, `for i = 1, 1000 do local s = string.format("%5d %-10s %.2f %x", i, "name", i / 3, i) end`},
	{"concat", `t = {} for i = 1, 10000 do t[i] = "item" .. i end`, `local s = table.concat(t, ",")`},
	{"sort", `n = 10000`, `local t, x = {}, 1 for i = 1, n do x = x * 16807 % 2147483647 t[i] = x end table.sort(t)`},
	{"sort by", `n = 2000`,
		`local t, x = {}, 1 for i = 1, n do x = x * 16807 % 2147483647 t[i] = x end
		table.sort(t, function(a, b) return a > b end)`},
	{"tostring", ``, `for i = 1, 1000 do local s = tostring(i / 3) end`},
	{"insert", ``, `local t = {} for i = 1, 5000 do table.insert(t, i) end`},
	{"pairs", `t = {} for i = 1, 1000 do t["k" .. i] = i end`, `for k, v in pairs(t) do end`},
	{"ipairs", `t = {} for i = 1, 1000 do t[i] = i end`, `for k, v in ipairs(t) do end`},
}

func BenchmarkLibrary(b *testing.B) {
	for _, bm := range benchmarks {
		for _, which := range []string{"stock", "ours"} {
			b.Run(bm.name+"/"+which, func(b *testing.B) {
				L := lua.NewState(lua.Options{RegistrySize: 1024 * 64})
				defer L.Close()
				if which == "ours" {
					defer lualib.Open(L, lualib.Options{}).Close()
				}
				if err := L.DoString(bm.setup); err != nil {
					b.Fatal(err)
				}
				fn, err := L.LoadString(bm.code)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					L.Push(fn)
					if err := L.PCall(0, 0, nil); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
