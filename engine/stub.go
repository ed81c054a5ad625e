package engine

import (
	"context"

	"github.com/oslua/oslua/engine/schema"
	lua "github.com/yuin/gopher-lua"
)

// Machine runs scripts that share globals and modules. One run at a time; make a machine with New.
type Machine struct{}

// New makes a machine. It must be closed.
func New(o Options) (*Machine, error) { return &Machine{}, nil }

// Close runs the clean-ups that Eval left, ends all coroutines and frees the machine.
func (m *Machine) Close() error { return nil }

// Register adds a Go module, or replaces the one of that name that nobody has required yet.
func (m *Machine) Register(mod schema.Module) {}

// RunFile runs a script. Its arguments are in arg and in "...". The error is an *ExitError when the script called
// os.exit, else an *errs.Error. Clean-ups have run when it returns.
func (m *Machine) RunFile(ctx context.Context, path string, args ...string) error { return nil }

// RunString runs a chunk as RunFile does a file; name is what messages call it. require looks beside no script.
func (m *Machine) RunString(ctx context.Context, name, code string, args ...string) error { return nil }

// Eval runs one entry of a shell and gives its values: an expression needs no return. Globals stay for the next one;
// clean-ups wait for Close. When the entry is not complete, IsIncomplete says so of the error. The values belong to the
// machine: look at them in With, or through Format.
func (m *Machine) Eval(ctx context.Context, name, code string) ([]lua.LValue, error) { return nil, nil }

// IsIncomplete reports whether err says that a chunk ends too early, so that more lines may complete it.
func IsIncomplete(err error) bool { return false }

// With calls fn with the baton held. fn may read and write tables by raw access; it must not run Lua or keep L.
func (m *Machine) With(fn func(L *lua.LState)) {}

// Format gives a value as print would write it, by its __tostring where it has one.
func (m *Machine) Format(ctx context.Context, v lua.LValue) string { return "" }

// Modules gives the descriptors of all modules there are: for help, completion and documents.
func (m *Machine) Modules() []schema.Module { return nil }
