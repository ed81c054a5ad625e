package lualib

import (
	"bytes"
	"fmt"
	"io"
	"time"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// Options say what the library may reach of the world outside.
type Options struct {
	Stdin  io.Reader // io.read, io.lines; nil reads nothing
	Stdout io.Writer // print, io.write; nil discards
	Stderr io.Writer // io.stderr; nil discards

	Now    func() time.Time    // os.time, os.date, os.clock; nil means time.Now
	Getenv func(string) string // os.getenv, "" for none; nil knows no variable

	// Sandbox takes away files and processes: io.open, io.lines of a name, io.popen, io.tmpfile, os.remove, os.rename,
	// os.tmpname, os.execute, dofile and loadfile raise an error that says so.
	Sandbox bool

	// Caller gives the thread that waits for L: the one whose pcall runs L, nil for none. With it error levels, getfenv,
	// debug.traceback and debug.getinfo see through protected calls that run on a thread of their own.
	Caller func(L *lua.LState) *lua.LState
}

// Open puts the library into L's globals: the basic functions and the tables string, table, math, os, io, utf8, bit32 and
// debug. It leaves to its caller what depends on how threads are run and modules are found: pcall, xpcall, coroutine,
// require, package and os.exit. A state is opened once, before it runs anything.
func Open(L *lua.LState, o Options) {
	newLib(o).open(L)
}

// Compile compiles a chunk. A byte order mark and a first line that begins with # are skipped; line numbers stay.
// The name is shown in messages as it is. The error is gopher-lua's own, *parse.Error or *lua.CompileError, so that a
// caller can show line and column.
func Compile(name string, src []byte) (proto *lua.FunctionProto, err error) {
	defer func() {
		// The compiler panics on what its author did not foresee; a script must not end the process.
		if r := recover(); r != nil {
			proto, err = nil, fmt.Errorf("%s: cannot compile: %v", name, r)
		}
	}()
	chunk, err := parse.Parse(bytes.NewReader(stripPrefix(src)), name)
	if err != nil {
		return nil, err
	}
	return lua.Compile(chunk, name)
}

// stripPrefix drops a byte order mark and the text, but not the end, of a first line that begins with #.
func stripPrefix(src []byte) []byte {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	if len(src) > 0 && src[0] == '#' {
		if i := bytes.IndexAny(src, "\r\n"); i >= 0 {
			return src[i:]
		}
		return nil
	}
	return src
}

// lib is the library of one machine.
type lib struct {
	o Options
}

func newLib(o Options) *lib {
	return &lib{o: o}
}

func (l *lib) open(L *lua.LState) {
}
