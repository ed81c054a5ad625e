package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/oslua/oslua"
)

// askedKeyboard tells when it is read, and never has anything.
type askedKeyboard struct {
	io.Reader
	asked func()
}

func (k askedKeyboard) Read(p []byte) (int, error) {
	k.asked()
	return k.Reader.Read(p)
}

func (askedKeyboard) Fd() uintptr { return ^uintptr(0) }

// Ctrl-C at the question of --on-error=ask is a no: the command ends, and says what is left.
func TestCtrlCAtTheQuestionKeepsWhatTheRunMade(t *testing.T) {
	rt, err := oslua.New(oslua.Options{StateDir: t.TempDir(), RunName: "x.lua"})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	failed := rt.RunString(t.Context(), "x", `require("networks").create { name = "a" } error "no"`)
	if failed == nil {
		t.Fatal("it succeeded")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	silent, w := io.Pipe()
	defer w.Close()
	var said bytes.Buffer
	a := &app{onError: askFirst, err: &said, lookupEnv: os.LookupEnv}
	a.in = askedKeyboard{silent, func() { cancel(&stopped{signal: os.Interrupt, code: exitInterrupted}) }}
	done := make(chan error, 1)
	go func() { done <- a.settle(ctx, rt, failed) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it waits for an answer")
	}
	if !strings.Contains(said.String(), "[y/N]") || !strings.Contains(said.String(), `left: network "a"`) {
		t.Errorf("said %q", said.String())
	}
}
