package repl

import (
	"bufio"
	"errors"
	"io"
)

// ErrInterrupt is what ReadLine gives when Ctrl-C was typed at the prompt.
var ErrInterrupt = errors.New("interrupted")

// LineReader reads what is typed, a line at a time.
type LineReader interface {
	// ReadLine shows a prompt and gives the line typed, without its end. io.EOF means that nothing more will come,
	// ErrInterrupt that the line was given up.
	ReadLine(prompt string) (string, error)
	// Remember adds an entry to the history that can be called back.
	Remember(entry string)
	// Close gives the terminal back.
	Close() error
}

// plainReader reads lines as they come, for terminals that cannot move the cursor and for tests.
type plainReader struct {
	in  *bufio.Reader
	out io.Writer
}

// NewPlainReader gives a LineReader without editing, history or completion.
func NewPlainReader(in io.Reader, out io.Writer) LineReader {
	return &plainReader{in: bufio.NewReader(in), out: out}
}

func (r *plainReader) ReadLine(prompt string) (string, error) {
	if _, err := io.WriteString(r.out, prompt); err != nil {
		return "", err
	}
	line, err := r.in.ReadString('\n')
	if err != nil && line == "" {
		// What follows is not to stand beside the prompt.
		_, _ = io.WriteString(r.out, "\n")
		return "", err
	}
	return trimEnd(line), nil
}

func trimEnd(line string) string {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

func (r *plainReader) Remember(string) {}

func (r *plainReader) Close() error { return nil }
