package term

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStringWidth(t *testing.T) {
	for text, want := range map[string]int{
		"":                   0,
		"router":             6,
		"네트워크":               8,
		"net-네트":             8,
		"\x1b[31mred\x1b[0m": 3,
		"e\u0301":            1,
		"サブネット":              10,
		"private_10.8.0.0 망": 19,
	} {
		if got := StringWidth(text); got != want {
			t.Errorf("StringWidth(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestTableAlignsWideText(t *testing.T) {
	var b bytes.Buffer
	if err := Table(&b, 0, []string{"Name", "상태"}, [][]string{{"사설망", "ACTIVE"}, {"public", "사용 가능"}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for _, l := range lines {
		if StringWidth(l) != StringWidth(lines[0]) {
			t.Errorf("line %q is %d wide, the first is %d", l, StringWidth(l), StringWidth(lines[0]))
		}
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	var b bytes.Buffer
	long := strings.Repeat("word ", 40)
	if err := Table(&b, 60, []string{"Name", "Description"}, [][]string{{"a", long}, {"가나다", long}}); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(b.String()) {
		if w := StringWidth(strings.TrimRight(l, "\n")); w > 60 {
			t.Errorf("line of %d columns in a terminal of 60: %q", w, l)
		}
	}
}

func TestColumns(t *testing.T) {
	var b bytes.Buffer
	if err := Columns(&b, [][]string{{"망", "one"}, {"abcd", "two"}, {"x"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "망    one\nabcd  two\nx\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNotATerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	none := func(string) string { return "" }
	if IsTerminal(f) || IsTerminal(&bytes.Buffer{}) || Width(f) != 0 || Color(f, none) {
		t.Error("a file is taken for a terminal")
	}
}

func TestStyle(t *testing.T) {
	if got := (Style{}).Error("x"); got != "x" {
		t.Errorf("colour is off, got %q", got)
	}
	if got := (Style{On: true}).Error("x"); !strings.Contains(got, "\x1b[") || StringWidth(got) != 1 {
		t.Errorf("colour is on, got %q", got)
	}
}
