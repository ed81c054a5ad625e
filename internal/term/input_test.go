package term

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
)

// TestInputLosesNoKey: what a reader that gave up waited for goes to the next one.
func TestInputLosesNoKey(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in := NewInput(r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var p [2]byte
	if n, err := in.ReadContext(ctx, p[:]); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := w.WriteString("abc"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ab", "c"} {
		if n, err := in.Read(p[:]); err != nil || string(p[:n]) != want {
			t.Errorf("got %q, %v, want %q", p[:n], err, want)
		}
	}
	w.Close()
	for range 2 {
		if n, err := in.ReadContext(t.Context(), p[:]); n != 0 || err != io.EOF {
			t.Errorf("at the end: %d, %v", n, err)
		}
	}
}
