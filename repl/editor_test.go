package repl

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/oslua/oslua/internal/term"
)

// chunks gives what a terminal sends, a read at a time.
type chunks []string

func (c *chunks) Read(p []byte) (int, error) {
	if len(*c) == 0 {
		return 0, io.EOF
	}
	n := copy(p, (*c)[0])
	*c = (*c)[1:]
	return n, nil
}

func TestInput(t *testing.T) {
	for _, tt := range []struct {
		sent   chunks
		want   string
		pasted string
	}{
		{chunks{"abc\r"}, "abc\r", ""},
		{chunks{"a\rb\r"}, "a\r|b\r", ""},
		{chunks{"\x1b[200~one\rtwo\x1b[201~\r"}, string(keyPaste) + "\r", "one\ntwo"},
		{chunks{"\x1b[20", "0~one\r\n\ttw", "o\x07\r\r\x1b[20", "1~"}, string(keyPaste), "one\n\ttwo"},
		{chunks{"x\x1b[3~"}, "x" + string(keyDelete), ""},
		{chunks{"\x1b", "[3~"}, string(keyDelete), ""},
		{chunks{"\x1b[1;5D\x1b[D"}, "\x1bb\x1b[D", ""},
		{chunks{"\x1b\r"}, string(keyNewline), ""},
		{chunks{"가\x1b[A"}, "가\x1b[A", ""},
	} {
		in := &input{from: &tt.sent}
		var got []string
		p := make([]byte, 64)
		for {
			n, err := in.Read(p)
			if err != nil {
				break
			}
			got = append(got, string(p[:n]))
		}
		all := strings.Join(got, "|")
		if strings.Contains(tt.want, "|") && all != tt.want || strings.ReplaceAll(all, "|", "") != strings.ReplaceAll(tt.want, "|", "") {
			t.Errorf("%q became %q, want %q", tt.sent, all, tt.want)
		}
		if text := in.pasted(); text != tt.pasted {
			t.Errorf("pasted %q, want %q", text, tt.pasted)
		}
	}
}

func TestLayout(t *testing.T) {
	for _, tt := range []struct {
		line   string
		pos    int
		cursor cell
		end    cell
	}{
		{"", 0, cell{0, 2}, cell{0, 2}},
		{"abc", 1, cell{0, 3}, cell{0, 5}},
		{"가나다", 1, cell{0, 4}, cell{0, 8}},
		{"가나다라", 4, cell{1, 0}, cell{1, 0}},  // the row is just full
		{"가나다a라", 4, cell{1, 0}, cell{1, 2}}, // a wide letter that does not fit
		{"abcdefghij", 9, cell{1, 1}, cell{1, 2}},
		{"a" + string(keyNewline) + "b", 2, cell{1, 2}, cell{1, 3}},
		{"e\u0301x", 2, cell{0, 3}, cell{0, 4}},
	} {
		s := &screen{width: func() int { return 10 }, prompt: "> ", more: ". ", line: []rune(tt.line), pos: tt.pos}
		if _, cursor, end := s.layout(); cursor != tt.cursor || end != tt.end {
			t.Errorf("%q: cursor %v, end %v, want %v, %v", tt.line, cursor, end, tt.cursor, tt.end)
		}
	}
}

func TestMovesInALine(t *testing.T) {
	line := []rune(coded("local 이름 = net.name\n  둘째 줄"))
	for _, tt := range []struct {
		name string
		got  int
		want int
	}{
		{"word before", wordBefore(line, 8), 6},
		{"word after", wordAfter(line, 5), 8},
		{"start of the second row", startOfRow(line, len(line)), 20},
		{"end of the first row", endOfRow(line, 3), 19},
		{"space before", spaceBefore(line, 19), 11},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, tt.got, tt.want)
		}
	}
	if to, ok := vertical(line, 22, true); !ok || to != 2 {
		t.Errorf("up: %d, %v", to, ok)
	}
	if _, ok := vertical(line, 3, true); ok {
		t.Error("there is no row above the first")
	}
	if to, ok := vertical(line, 2, false); !ok || to != 22 {
		t.Errorf("down: %d, %v", to, ok)
	}
}

func TestStatusKnowsWhatWasStopped(t *testing.T) {
	s := NewStatus(quiet(t))
	for _, tt := range []struct {
		name, resource, state string
		stopped               bool
		want                  []string
	}{
		{"web", `server "web"`, "BUILD", true, []string{`servers.create was stopped: server "web" is there and was BUILD`}},
		{"web", "", "", true, []string{`servers.create was stopped: "web" may have been made, or changed, or not; look before you try again`}},
		{"", "", "", true, []string{`servers.create was stopped: it may have taken effect or not; look before you try again`}},
		{"web", `server "web"`, "ACTIVE", false, nil},
	} {
		progress, end := s.Call("servers.create", tt.name)
		progress(tt.resource, tt.state)
		end(tt.stopped)
		if got := s.Halted(); !slices.Equal(got, tt.want) {
			t.Errorf("halted %q, want %q", got, tt.want)
		}
	}
}

func TestPagerWithoutKeysWritesAll(t *testing.T) {
	var b bytes.Buffer
	text := strings.Repeat("row\n", 100)
	if err := page(&b, nil, 80, 20, term.Style{}, text); err != nil || b.String() != text {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}

func TestSavedScriptRuns(t *testing.T) {
	text, kept := script([]logged{
		{"local net = networks.get 'private'", false}, {"net.name", false}, {"net:update { name = 'x' }", false},
		{"password = 'x'", true}, {"1 + 1;", false},
	}, testModules())
	want := savedHead + "local networks = require \"networks\"\n\nlocal net = networks.get 'private'\nprint(net.name)\n" +
		"net:update { name = 'x' }\n-- an entry with a secret in it was left out\nlocal _ = 1 + 1\n"
	if text != want || kept != 4 {
		t.Errorf("kept %d:\n%s\nwant\n%s", kept, text, want)
	}
}
