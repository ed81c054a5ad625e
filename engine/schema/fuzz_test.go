package schema

import (
	"testing"

	"github.com/oslua/oslua/engine/errs"
	lua "github.com/yuin/gopher-lua"
)

// Whatever text or number stands for an option, decoding gives a value or a bad_argument, and never panics.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"", "1h30m", "2GiB", "1.5 GB", "90", "-1s", "NaN", "infGB", "1e308PB", uuid, "한글", "\xff"} {
		f.Add(s, 1.5)
	}
	made := fn[everything]("make")
	names := []string{"name", "network", "ip_version", "count", "small", "ratio", "shared", "mode", "timeout", "pause", "size", "groups", "pools", "networks", "gate", "metadata", "refs", "any", "raw", "data", "opt_list"}
	f.Fuzz(func(t *testing.T, s string, n float64) {
		for _, value := range []lua.LValue{lua.LString(s), lua.LNumber(n)} {
			for _, name := range append(names, s) {
				for _, wrap := range []bool{false, true} {
					table, v := &lua.LTable{Metatable: lua.LNil}, value
					if wrap {
						inner := &lua.LTable{Metatable: lua.LNil}
						inner.RawSetInt(1, v)
						v = inner
					}
					table.RawSetString("name", lua.LString("a"))
					table.RawSetString(name, v)
					in, err := made.Decode("things.make", []lua.LValue{table})
					if err != nil {
						if errs.CodeOf(err) != errs.BadArgument || err.Error() == "" {
							t.Fatalf("%s = %v: %v", name, v, err)
						}
						continue
					}
					got := in.(*everything)
					if got.Pause < 0 || got.Timeout.Value < 0 || got.Size < 0 {
						t.Fatalf("%s = %v: negative", name, v)
					}
					err = EachRef(got, func(_, _ string, ref *Ref) error { ref.ID = "x"; return nil })
					if err == nil {
						_, err = Body(got)
					}
					if err != nil {
						t.Fatalf("%s = %v: %v", name, v, err)
					}
				}
			}
		}
	})
}
