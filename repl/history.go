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

const historyLimit = 1000

// history is the file of what was typed, an entry a line. Several shells may append to it at once.
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
	var entries []string
	for line := range bytes.Lines(text) {
		if entry := strings.TrimRight(string(line), "\r\n"); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries[max(0, len(entries)-historyLimit):], nil
}

// add appends an entry, unless it holds a secret.
func (h history) add(entry string) error {
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
	_, err = f.WriteString(entry + "\n")
	return errors.Join(err, f.Close())
}

// oneLine joins the lines of an entry, since both the file and the editor hold one line for each. A comment would
// swallow what follows it, and a long string would change, so such an entry is not kept: "" is returned.
func oneLine(entry string) string {
	if !strings.Contains(entry, "\n") {
		return entry
	}
	if strings.Contains(entry, "--") || longBracket.MatchString(entry) || strings.Contains(entry, "\\\n") {
		return ""
	}
	lines := strings.Split(entry, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.TrimSpace(strings.Join(lines, " "))
}

var (
	longBracket = regexp.MustCompile(`\[=*\[`)
	secretWord  = regexp.MustCompile(`(?i)(passw(or)?d|passphrase|passcode|secret|token|private_?key|admin_?pass)\w*(["'\]]*\s*[=,]|\s*\(\s*["'\[])`)
)

// setsSecret reports whether a line looks as if a password or its like were in it. It rather forgets a line too many.
func setsSecret(line string) bool { return secretWord.MatchString(line) }
