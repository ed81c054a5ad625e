// Package engine runs Lua scripts: the machine under oslua. It knows no OpenStack; modules come to it as descriptors.
//
// Concurrency is one contract. A machine has one baton, and who holds it runs Lua. A call into a Go module decodes its
// arguments, gives the baton up, works, takes it back, and makes Lua values of the result; nobody touches a Lua value
// without it. A task is a thread of Lua on a goroutine of its own, a coroutine too. Tasks switch at calls into Go
// modules, at sleep and at waits for other tasks, nowhere else, so between two of these a script has the state for itself.
package engine

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/engine/schema"
)

// Options say what a machine is made of. The zero value is a machine without modules that prints nowhere.
type Options struct {
	Modules func() []schema.Module // Go modules; asked for once, when first needed, so that start-up stays fast
	Sources map[string]string      // modules written in Lua: the name for require, and the source

	Functions []schema.Func // global functions in Go
	Path      []string      // folders where require looks after the script's own

	Stdin  io.Reader // nil reads nothing
	Stdout io.Writer // print and help; nil discards
	Stderr io.Writer // nil discards

	Clock  Clock                                                               // nil is the real time
	Getenv func(name string) string                                            // os.getenv; nil knows no variable
	OnCall func(ctx context.Context, call Call) (context.Context, func(error)) // round each call into a Go module; nil for none

	Globals bool        // Go modules and Sources are globals, loaded when first used
	Sandbox bool        // no processes, no files, and no require outside the script's folder
	Files   *files.Copy // where scripts' files are; nil is the disk

	MaxHeap         uint64        // bytes the process may hold before a script is stopped; 0 means no limit
	MaxInstructions uint64        // instructions a run may take, tasks included; 0 means no limit
	CleanupTimeout  time.Duration // what all of defer's clean-ups of a run may take; 0 means 30 s
}

// Clock is where a machine gets its time.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error // gives ctx's error when that ends first
}

// Watcher is what a Clock is beside when its time passes because somebody sleeps. Watch waits as Sleep does, but no time
// passes for its sake: limits of time are waited for with it.
type Watcher interface {
	Watch(ctx context.Context, d time.Duration) error
}

// Call is one call into a Go module, as OnCall sees it. OnCall and the function it gives are called without the baton,
// on the goroutine of the call, and may be called for several tasks at once.
type Call struct {
	Module string // "networks"
	Func   string // "create"
	Kind   string // the kind of object the module makes
	In     any    // pointer to the decoded struct; not to be changed
	Where  string // file:line of the script
	Page   int    // for an iterator: the page fetched, from 1; 0 is the call itself
}

// Op is how messages call the function: "networks.create".
func (c Call) Op() string {
	if c.Module == schema.Globals {
		return c.Func
	}
	return c.Module + "." + c.Func
}

// ExitError is what a run gives when the script called os.exit.
type ExitError struct{ Code int }

// Error says which code the script left with.
func (e *ExitError) Error() string { return fmt.Sprintf("exit %d", e.Code) }
