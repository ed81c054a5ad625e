package cli

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/oslua/oslua"
	"github.com/oslua/oslua/internal/clock"
	"github.com/oslua/oslua/internal/term"
)

// keyboard is standard input.
type keyboard interface {
	io.Reader
	Fd() uintptr
}

// stdin gives standard input so that several can read it one after the other where it is a terminal.
func stdin() keyboard {
	if term.IsTerminal(os.Stdin) {
		return term.NewInput(os.Stdin)
	}
	return os.Stdin
}

// lookEvery is how often the size of a terminal that was lent is looked at. Not every system tells of changes.
const lookEvery = 250 * time.Millisecond

// terminal lends the terminal to a login on a server. quiet keeps what else draws on it away until the function it gives
// is called; nil where nothing does. Without a terminal it is nil.
func (a *app) terminal(quiet func() (resume func())) func(context.Context) (oslua.Terminal, func(), error) {
	keys, ok := a.in.(*term.Input)
	if !ok || !term.IsTerminal(a.out) {
		return nil
	}
	return func(ctx context.Context) (oslua.Terminal, func(), error) {
		restore, err := term.Raw(keys)
		if err != nil {
			return oslua.Terminal{}, nil, err
		}
		resume := func() {}
		if quiet != nil {
			resume = quiet()
		}
		ctx, stop := context.WithCancel(ctx)
		look := make(chan struct{})
		go func() {
			for (clock.Real{}).Sleep(ctx, lookEvery) == nil {
				select {
				case look <- struct{}{}:
				case <-ctx.Done():
				}
			}
		}()
		kind := a.getenv("TERM")
		if kind == "" {
			kind = "xterm"
		}
		t := oslua.Terminal{
			Read: keys.ReadContext, Out: a.out, Type: kind, Resized: look,
			Size: func() (int, int) { return a.screenWidth(), max(1, term.Height(a.out)) },
		}
		return t, func() {
			stop()
			restore()
			resume()
		}, nil
	}
}
