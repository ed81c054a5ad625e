package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/oslua/oslua/engine/errs"
)

// output is the process's standard output. Nothing is held back, so what a script printed is there whatever happens
// next. The first failed write is kept, and stop is told of it: a closed pipe ends the run quietly, a full disk is an
// error at the end even if the script does not look.
type output struct {
	w    io.Writer
	stop func(cause error)

	mu  sync.Mutex
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.mu.Lock()
		first := o.err == nil
		if first {
			o.err = err
		}
		o.mu.Unlock()
		if first && isClosedPipe(err) {
			o.stop(errClosedPipe)
		}
	}
	return n, err
}

// Fd lets term look at the file behind.
func (o *output) Fd() uintptr {
	if f, ok := o.w.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// Err is what went wrong with the output, nil for nothing or for a reader that had seen enough.
func (o *output) Err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil || isClosedPipe(o.err) {
		return nil
	}
	err := o.err
	if p := (*fs.PathError)(nil); errors.As(err, &p) { // whose path is but a name of standard output
		err = p.Err
	}
	return fmt.Errorf("cannot write the output: %w", err)
}

// Told reports whether an error is no more than the one that Err gives.
func (o *output) Told(err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err != nil && errors.Is(err, o.err) && errs.CodeOf(err) == ""
}
