package engine

import (
	"context"
	"errors"

	lua "github.com/yuin/gopher-lua"
)

// Eval runs one entry of a shell and gives its values: an expression needs no return. Globals stay for the next one;
// clean-ups wait for Close. When the entry is not complete, IsIncomplete says so of the error. The values belong to the
// machine: look at them in With, or through Format.
func (m *Machine) Eval(ctx context.Context, name, code string) (values []lua.LValue, err error) {
	err = m.enter(ctx, func(L *lua.LState, r *run) error {
		m.session.ctx = context.WithoutCancel(ctx)
		defer func() { m.session.defers = append(m.session.defers, r.defers...) }()
		source := "return " + code
		if _, e := m.compile(name, source); e != nil {
			source = code
		}
		var e error
		values, e = m.chunk(L, name, source, nil)
		return e
	})
	return values, err
}

// IsIncomplete reports whether err says that a chunk ends too early, so that more lines may complete it.
func IsIncomplete(err error) bool {
	var i *incompleteError
	return errors.As(err, &i)
}

// With calls fn with the baton held. fn may read and write tables by raw access; it must not run Lua or keep L.
func (m *Machine) With(fn func(L *lua.LState)) {
	m.baton.Lock()
	defer m.baton.Unlock()
	fn(m.root)
}

// Format gives a value as print would write it, by its __tostring where it has one.
func (m *Machine) Format(ctx context.Context, v lua.LValue) string {
	text := ""
	err := m.enter(ctx, func(L *lua.LState, _ *run) error {
		text, _ = m.text(L, v)
		return nil
	})
	if err != nil {
		return v.String()
	}
	return text
}
