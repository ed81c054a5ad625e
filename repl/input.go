package repl

import (
	"bytes"
	"io"
	"sync"
)

// Keys that readline does not know are given to it as characters of the private use area, one for each.
const (
	keyNewline rune = 0xe00a // a line's end inside of an entry; it stands in the buffer
	keyTab     rune = 0xe009 // a tab that was pasted; it stands in the buffer
	keyDelete  rune = 0xe003 // the Delete key: readline takes it for Ctrl-D, and leaves at an empty line
	keyPaste   rune = 0xe004 // something was pasted: see input.pasted
)

var (
	pasteBegins = []byte("\x1b[200~")
	pasteEnds   = []byte("\x1b[201~")
)

// sequences of terminals that mean a key readline knows by another one.
var sequences = []struct{ from, to string }{
	{"\x1b[3~", string(keyDelete)},
	{"\x1b[1~", "\x1b[H"}, {"\x1b[7~", "\x1b[H"}, {"\x1b[4~", "\x1b[F"}, {"\x1b[8~", "\x1b[F"},
	{"\x1b[1;5D", "\x1bb"}, {"\x1b[1;3D", "\x1bb"}, {"\x1b[1;5C", "\x1bf"}, {"\x1b[1;3C", "\x1bf"},
	{"\x1b\r", string(keyNewline)}, {"\x1b\n", string(keyNewline)},
}

// input stands between the terminal and readline. It takes what is pasted out of the stream as a whole, so that a
// line's end in it runs nothing, and gives readline no more than a line at a time, so that the rest is left to whoever
// reads next.
type input struct {
	from io.Reader

	raw   []byte // read, not yet looked at
	ready []byte // for readline

	mu     sync.Mutex
	pastes []string
}

// Read gives keys, up to and with the next one that ends a line.
func (in *input) Read(p []byte) (int, error) {
	var buf [4096]byte
	for len(in.ready) == 0 {
		n, err := in.from.Read(buf[:])
		in.raw = append(in.raw, buf[:n]...)
		in.take()
		if err != nil && len(in.ready) == 0 {
			return 0, err
		}
	}
	n := len(in.ready)
	if i := bytes.IndexAny(in.ready, "\r\n\x03\x04"); i >= 0 {
		n = i + 1
	}
	n = copy(p, in.ready[:n])
	in.ready = in.ready[n:]
	return n, nil
}

// take moves what is understood from raw to ready. The beginning of a sequence waits for its rest.
func (in *input) take() {
	for len(in.raw) > 0 {
		if in.raw[0] != 0x1b {
			n := bytes.IndexByte(in.raw, 0x1b)
			if n < 0 {
				n = len(in.raw)
			}
			in.ready = append(in.ready, in.raw[:n]...)
			in.raw = in.raw[n:]
			continue
		}
		if bytes.HasPrefix(in.raw, pasteBegins) {
			end := bytes.Index(in.raw, pasteEnds)
			if end < 0 {
				return
			}
			in.paste(in.raw[len(pasteBegins):end])
			in.raw = in.raw[end+len(pasteEnds):]
			continue
		}
		n, to, partial := sequence(in.raw)
		if partial {
			return
		}
		in.ready = append(in.ready, to...)
		in.raw = in.raw[n:]
	}
}

// sequence looks at an escape at the beginning of s: how long it is and what stands for it.
func sequence(s []byte) (n int, to []byte, partial bool) {
	for _, q := range sequences {
		if bytes.HasPrefix(s, []byte(q.from)) {
			return len(q.from), []byte(q.to), false
		}
		partial = partial || bytes.HasPrefix([]byte(q.from), s)
	}
	if partial || bytes.HasPrefix(pasteBegins, s) {
		return 0, nil, true
	}
	return 1, s[:1], false
}

// paste keeps a pasted text. The line's end after its last line is left out: it would only be in the way.
func (in *input) paste(text []byte) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	text = bytes.TrimRight(text, "\n")
	text = bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	if len(text) == 0 {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.pastes = append(in.pastes, string(text))
	in.ready = append(in.ready, string(keyPaste)...)
}

// pasted gives the text that the oldest keyPaste stands for.
func (in *input) pasted() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.pastes) == 0 {
		return ""
	}
	text := in.pastes[0]
	in.pastes = in.pastes[1:]
	return text
}
