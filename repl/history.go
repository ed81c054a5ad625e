package repl

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	historyLimit = 1000
	historyBytes = 1 << 20 // what is read of the file's end
)

// history is the file of what was typed. An entry begins a line; its further lines begin with a tab. Several shells
// append to it at once, each entry in one write at the end, so none is lost; and nobody rewrites it.
type history struct {
	path string // "" keeps nothing
}

// load gives the entries of earlier sessions, oldest first.
func (h history) load() ([]string, error) {
	if h.path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(h.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if n := len(text) - historyBytes; n > 0 {
		_, text, _ = bytes.Cut(text[n:], []byte("\n"))
	}
	var entries []string
	for line := range bytes.Lines(text) {
		entry := strings.TrimRight(string(line), "\r\n")
		more, further := strings.CutPrefix(entry, "\t")
		switch {
		case further && len(entries) > 0:
			entries[len(entries)-1] += "\n" + more
		case entry != "" && !further:
			entries = append(entries, entry)
		}
	}
	return entries[max(0, len(entries)-historyLimit):], nil
}

// add appends an entry, unless it holds a secret.
func (h history) add(entry string) error {
	entry = strings.TrimSpace(entry)
	if h.path == "" || entry == "" || setsSecret(entry) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if info, e := f.Stat(); e == nil && info.Mode().Perm()&0o077 != 0 {
		// One that was there before, for others to read.
		if err := f.Chmod(0o600); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return errors.Join(err, f.Close())
		}
	}
	_, err = f.WriteString(strings.ReplaceAll(entry, "\n", "\n\t") + "\n")
	return errors.Join(err, f.Close())
}

var secretWord = regexp.MustCompile(`(?i)(passw(or)?d|passphrase|passcode|secret|token|private_?key|admin_?pass)\w*(["'\]]*\s*[=,]|\s*\(\s*["'\[])`)

// setsSecret reports whether a line looks as if a password or its like were in it. It rather forgets a line too many.
func setsSecret(line string) bool { return secretWord.MatchString(line) }
