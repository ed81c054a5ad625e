package guest

import (
	"io"
	"testing"
)

// Who presses Ctrl-C right after Enter means the command, whether it runs yet or not.
func TestCtrlCBeforeTheCommandRuns(t *testing.T) {
	keys, typing := io.Pipe()
	defer typing.Close()
	tty := newTTY(struct {
		io.Reader
		io.Writer
	}{keys, io.Discard}, 80, 24)
	tty.mu.Lock()
	tty.take([]byte{ctrlC})
	tty.mu.Unlock()
	ctx, done := tty.running(t.Context())
	if ctx.Err() == nil || !done() {
		t.Error("the command goes on")
	}
	if ctx, done = tty.running(t.Context()); ctx.Err() != nil || done() {
		t.Error("the next command was ended too")
	}
}
