package schema

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func BenchmarkDecode(b *testing.B) {
	f := fn[everything]("make")
	L := lua.NewState()
	defer L.Close()
	if err := L.DoString(`return {name = "a", tags = {"x"}, network = "private", networks = {{network = "n"}}, count = 3}`); err != nil {
		b.Fatal(err)
	}
	args := []lua.LValue{L.Get(1)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Decode("things.make", args); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBody(b *testing.B) {
	in := everything{Name: "a", NICs: []nic{{Network: Ref{ID: "x"}}}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Body(&in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFn(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		fn[everything]("make")
	}
}
