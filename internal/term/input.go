package term

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// Input is a terminal that several read one after the other: the shell's editor, then a program on another machine, then
// the editor again. A read that was given up is still waiting for a key; that key goes to who reads next, so none is lost.
type Input struct {
	file *os.File

	mu     sync.Mutex // one reader at a time
	asked  bool       // a read of the file is under way
	answer chan piece
	rest   piece
}

// piece is what one read of the file gave.
type piece struct {
	data []byte
	err  error
}

// NewInput gives the terminal that f is. From then on nobody may read f itself.
func NewInput(f *os.File) *Input { return &Input{file: f, answer: make(chan piece, 1)} }

// Fd lets others ask for its size.
func (in *Input) Fd() uintptr { return in.file.Fd() }

// Read waits for keys.
func (in *Input) Read(p []byte) (int, error) { return in.read(nil, p) }

// ReadContext waits for keys until the context ends.
func (in *Input) ReadContext(ctx context.Context, p []byte) (int, error) {
	n, err := in.read(ctx.Done(), p)
	if err == errGivenUp {
		err = context.Cause(ctx)
	}
	return n, err
}

var errGivenUp = errors.New("given up")

func (in *Input) read(stop <-chan struct{}, p []byte) (int, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.rest.data) == 0 && in.rest.err == nil {
		if !in.asked {
			in.asked = true
			go func() {
				buf := make([]byte, 4096)
				n, err := in.file.Read(buf)
				in.answer <- piece{buf[:n], err}
			}()
		}
		select {
		case in.rest = <-in.answer:
			in.asked = false
		case <-stop:
			return 0, errGivenUp
		}
	}
	n := copy(p, in.rest.data)
	in.rest.data = in.rest.data[n:]
	if len(in.rest.data) > 0 {
		return n, nil
	}
	err := in.rest.err
	in.rest.err = nil
	return n, err
}

// Raw has a terminal give each key as it is pressed and act on none of them, until the function it gives is called.
func Raw(f any) (restore func(), err error) {
	file, ok := f.(interface{ Fd() uintptr })
	if !ok {
		return nil, io.ErrClosedPipe
	}
	before, err := term.MakeRaw(int(file.Fd()))
	if err != nil {
		return nil, err
	}
	return func() { term.Restore(int(file.Fd()), before) }, nil //nolint:errcheck // there is no better state to give it
}
