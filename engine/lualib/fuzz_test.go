package lualib

import (
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// TestLimits has a small limit stand for the real one.
func TestLimits(t *testing.T) {
	for _, code := range []string{
		`string.rep("x", 1001)`, `string.rep("x", 500, "ab")`, `("x"):rep(100):gsub("x", ("y"):rep(100))`, `("x"):rep(900):gsub("", "y")`,
		`table.concat({("x"):rep(600), ("x"):rep(600)})`, `string.format(("%99d"):rep(20), unpack({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}))`,
		`load(function() return "          " end)`, `io.read("*a")`, `io.read("*l")`, `io.read(2000)`,
	} {
		L := lua.NewState()
		l := Open(L, Options{Stdin: strings.NewReader(strings.Repeat("x", 2000))})
		l.limit = 1000
		if err := L.DoString(code); err == nil || !strings.Contains(err.Error(), tooLarge) {
			t.Errorf("%s: %v", code, err)
		}
		L.Close()
	}
}

// FuzzMatch has the matcher take any pattern: it must neither panic nor run for ever, and what it finds must lie within
// the subject.
func FuzzMatch(f *testing.F) {
	for _, c := range [][2]string{
		{"hello world", "(%w+) (%w+)"}, {"aaa", "a-b"}, {"[[x]]", "%b[]"}, {"THE (quick) fox", "%f[%a]%a+"}, {"x", "[]"}, {"x", "[^"},
		{"x", "%"}, {"aaaaaaaaaaaaaaaaaaaaaaaaaa", "a?a?a?a?a?a?a?a?a?aaaaaaaaaaaa"}, {"", "()"}, {"abcabc", "(abc)%1"}, {"x", "%1"},
		{"a.b", "^(.-)%.(.*)$"}, {"x]y", "[]-a]"}, {"%%", "%%%%"}, {"\x00\xff", "%z[\x80-\xff]"}, {"((", "%b(("},
	} {
		f.Add(c[0], c[1])
	}
	f.Fuzz(func(t *testing.T, s, pattern string) {
		budget := 50
		stop := errors.New("enough")
		m := newMatcher(s, pattern, true, func() error {
			if budget--; budget < 0 {
				return stop
			}
			return nil
		})
		for at := 0; at <= len(s); {
			start, end, err := m.find(at)
			if err != nil || start < 0 {
				return
			}
			if start < at || end < start || end > len(s) {
				t.Fatalf("%q %q from %d: %d to %d", s, pattern, at, start, end)
			}
			for c := range m.count() {
				if text, position, err := m.captureText(c, start, end); err == nil && (len(text) > len(s) || position > len(s)+1) {
					t.Fatalf("capture %d: %q %d", c, text, position)
				}
			}
			at = max(end, start+1)
		}
	})
}
