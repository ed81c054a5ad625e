package lualib

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/oslua/oslua/engine/files"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Options say what the library may reach of the world outside.
type Options struct {
	Stdin  io.Reader // io.read, io.lines; nil reads nothing
	Stdout io.Writer // print, io.write; nil discards
	Stderr io.Writer // io.stderr; nil discards

	Now    func() time.Time    // os.time, os.date, os.clock; its location is the local time zone; nil means time.Now
	Getenv func(string) string // os.getenv, "" for none; nil knows no variable

	// Sandbox takes away files and processes: io.open, io.lines of a name, io.popen, io.tmpfile, os.remove, os.rename,
	// os.tmpname, os.execute, dofile and loadfile raise an error that says so.
	Sandbox bool

	// Files is where the files are that scripts open, write, remove and rename; nil is the disk. With a copy of it
	// os.execute raises an error.
	Files *files.Copy

	// Caller gives the thread that waits for L: the one whose pcall runs L, nil for none. With it error levels, getfenv,
	// debug.traceback and debug.getinfo see through protected calls that run on a thread of their own.
	Caller func(L *lua.LState) *lua.LState

	// Thread gives the thread that runs behind what a script holds as a coroutine, nil for none yet; a nil Thread means that
	// they are the same. The functions of debug that take a coroutine ask it.
	Thread func(handle *lua.LState) *lua.LState
}

// Library is the standard library of one machine. It belongs to the goroutine that runs Lua.
type Library struct {
	o      Options
	limit  int // of the strings that functions make
	opened time.Time
	random *rand.Rand

	next           *lua.LFunction // what pairs gives
	fileMeta       *lua.LTable
	input, output  *lua.LUserData
	dirty          map[*file]struct{} // files with written bytes that are not on the disk yet
	temporaryFiles []string           // to remove at the end, where an open file cannot be
}

// Open puts the library into L's globals: the basic functions and the tables string, table, math, os, io, utf8, bit32 and
// debug. It leaves to its caller what depends on how threads are run and modules are found: pcall, xpcall, coroutine,
// require, package and os.exit. A state is opened once, before it runs anything; close what Open returns at the end.
func Open(L *lua.LState, o Options) *Library {
	if o.Stdin == nil {
		o.Stdin = bytes.NewReader(nil)
	}
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Caller == nil {
		o.Caller = func(*lua.LState) *lua.LState { return nil }
	}
	if o.Thread == nil {
		o.Thread = func(L *lua.LState) *lua.LState { return L }
	}
	l := &Library{
		o:      o,
		limit:  maxString,
		opened: o.Now(),
		random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
		dirty:  map[*file]struct{}{},
	}
	l.openBase(L)
	l.openString(L)
	l.openTable(L)
	l.openMath(L)
	l.openOS(L)
	l.openIO(L)
	l.openUTF8(L)
	l.openBit32(L)
	l.openDebug(L)
	return l
}

// functions is a library's table before it is one.
type functions map[string]lua.LGFunction

// register makes a library of functions, under a global name.
func register(L *lua.LState, name string, fns functions) *lua.LTable {
	t := L.CreateTable(0, len(fns))
	for k, fn := range fns {
		setField(t, k, L.NewFunction(fn))
	}
	setField(L.G.Global, name, t)
	return t
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
	chunk, err := Parse(name, src)
	if err != nil {
		return nil, err
	}
	return lua.Compile(chunk, name)
}

// Parse reads a chunk as Compile does: it refuses one that nests too deep for the compiler, and mends what the compiler
// gets wrong.
func Parse(name string, src []byte) ([]ast.Stmt, error) {
	chunk, err := parse.Parse(bytes.NewReader(stripPrefix(src)), name)
	if err != nil {
		return nil, err
	}
	if line, ok := prepare(chunk); ok {
		return nil, &parse.Error{Pos: ast.Position{Source: name, Line: line}, Message: "chunk has too many syntax levels"}
	}
	return chunk, nil
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
