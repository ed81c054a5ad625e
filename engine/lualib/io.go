package lualib

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"
)

// file is what a file handle holds.
type file struct {
	name   string // "input" or "output" for a stream of the host
	disk   *os.File
	in     io.Reader
	out    io.Writer
	reader *bufio.Reader
	writer *bufio.Writer // nil while writes go straight through
	lines  bool          // setvbuf("line")
	closed bool
	remove bool // a temporary file
}

var errBadFile = fmt.Errorf("file: %w", syscall.EBADF)

func (l *Library) openIO(L *lua.LState) {
	methods := functions{
		"close":   l.fileClose,
		"flush":   l.fileFlush,
		"lines":   l.fileLines,
		"read":    l.fileRead,
		"seek":    l.fileSeek,
		"setvbuf": l.fileSetvbuf,
		"write":   l.fileWrite,
	}
	l.fileMeta = L.CreateTable(0, len(methods)+3)
	for name, fn := range methods {
		setField(l.fileMeta, name, L.NewFunction(fn))
	}
	setField(l.fileMeta, "__index", l.fileMeta)
	setField(l.fileMeta, "__tostring", L.NewFunction(l.fileToString))
	setField(l.fileMeta, "__gc", L.NewFunction(func(L *lua.LState) int {
		l.handle(L)
		return 0
	}))
	t := register(L, "io", functions{
		"close":   l.ioClose,
		"flush":   l.ioFlush,
		"input":   l.ioInput,
		"lines":   l.ioLines,
		"open":    l.ioOpen,
		"output":  l.ioOutput,
		"popen":   l.ioPopen,
		"read":    l.ioRead,
		"tmpfile": l.ioTmpfile,
		"type":    l.ioType,
		"write":   l.ioWrite,
	})
	l.input = l.newFile(L, &file{name: "stdin", in: l.o.Stdin})
	l.output = l.newFile(L, &file{name: "stdout", out: l.o.Stdout})
	setField(t, "stdin", l.input)
	setField(t, "stdout", l.output)
	setField(t, "stderr", l.newFile(L, &file{name: "stderr", out: l.o.Stderr}))
}

// Close writes out and closes what the script left open, and removes its temporary files. Nothing runs after it.
func (l *Library) Close() error {
	var errs []error
	for f := range l.dirty {
		errs = append(errs, l.close(f))
	}
	for _, name := range l.temporaryFiles {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (l *Library) newFile(L *lua.LState, f *file) *lua.LUserData {
	if f.disk != nil {
		f.in, f.out = f.disk, f.disk
	}
	if f.in != nil {
		f.reader = bufio.NewReader(f.in)
	}
	ud := L.NewUserData()
	ud.Value, ud.Metatable = f, l.fileMeta
	return ud
}

// handle gives the file of the first argument, open or closed.
func (l *Library) handle(L *lua.LState) *file {
	if ud, ok := L.Get(1).(*lua.LUserData); ok {
		if f, ok := ud.Value.(*file); ok {
			return f
		}
	}
	l.argError(L, 1, "FILE* expected, got "+typeName(L, 1))
	return nil
}

func (l *Library) open(L *lua.LState) *file {
	f := l.handle(L)
	if f.closed {
		l.raise(L, "attempt to use a closed file")
	}
	return f
}

func (l *Library) fileToString(L *lua.LState) int {
	f := l.handle(L)
	if f.closed {
		L.Push(lua.LString("file (closed)"))
	} else {
		L.Push(lua.LString(fmt.Sprintf("file (%p)", f)))
	}
	return 1
}

func (l *Library) ioType(L *lua.LState) int {
	var r lua.LValue = lua.LNil
	if ud, ok := l.any(L, 1).(*lua.LUserData); ok {
		if f, ok := ud.Value.(*file); ok {
			r = lua.LString("file")
			if f.closed {
				r = lua.LString("closed file")
			}
		}
	}
	L.Push(r)
	return 1
}

// openFile opens as fopen does.
func (l *Library) openFile(path, mode string) (*file, error) {
	flags := 0
	switch mode[0] {
	case 'r':
		flags = os.O_RDONLY
	case 'w':
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	case 'a':
		flags = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	}
	if strings.Contains(mode, "+") {
		flags = flags&^os.O_WRONLY | os.O_RDWR
	}
	path, err := l.place(path, flags)
	if err != nil {
		return nil, err
	}
	disk, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return nil, err
	}
	return &file{disk: disk}, nil
}

// place is where a file really is.
func (l *Library) place(path string, flags int) (string, error) {
	if flags&(os.O_WRONLY|os.O_RDWR) == 0 {
		return l.o.Files.Read(path), nil
	}
	if flags&os.O_CREATE == 0 {
		// Like fopen's "r+", which makes no file.
		if _, err := os.Stat(l.o.Files.Read(path)); err != nil {
			return "", err
		}
	}
	return l.o.Files.Write(path, flags&os.O_TRUNC == 0)
}

func (l *Library) createTemp() (*os.File, error) {
	dir, err := l.o.Files.Temp()
	if err != nil {
		return nil, err
	}
	return os.CreateTemp(dir, "lua_*")
}

func validMode(mode string) bool {
	switch strings.TrimSuffix(mode, "b") {
	case "r", "w", "a", "r+", "w+", "a+", "rb+", "wb+", "ab+":
		return true
	}
	return false
}

func (l *Library) ioOpen(L *lua.LState) int {
	path, mode := l.str(L, 1), l.optStr(L, 2, "r")
	l.needFiles(L)
	if !validMode(mode) {
		l.argError(L, 2, "invalid mode")
	}
	f, err := l.openFile(path, mode)
	if err != nil {
		return result(L, err, path)
	}
	L.Push(l.newFile(L, f))
	return 1
}

func (l *Library) ioPopen(L *lua.LState) int {
	l.raise(L, "'popen' not supported")
	return 0
}

func (l *Library) ioTmpfile(L *lua.LState) int {
	l.needFiles(L)
	disk, err := l.createTemp()
	if err != nil {
		return result(L, err, "")
	}
	f := &file{disk: disk}
	if os.Remove(disk.Name()) != nil { // where an open file cannot be removed
		f.remove = true
		l.temporaryFiles = append(l.temporaryFiles, disk.Name())
	}
	L.Push(l.newFile(L, f))
	return 1
}

// standard gives the default input or output, which must be open.
func (l *Library) standard(L *lua.LState, ud *lua.LUserData, name string) *file {
	f := ud.Value.(*file)
	if f.closed {
		l.raise(L, "standard %s file is closed", name)
	}
	return f
}

// redirect is io.input and io.output: set the default file by name or handle, and give it.
func (l *Library) redirect(L *lua.LState, which **lua.LUserData, mode string) int {
	switch v := L.Get(1).(type) {
	case *lua.LNilType:
	case lua.LString, lua.LNumber:
		path := l.str(L, 1)
		l.needFiles(L)
		f, err := l.openFile(path, mode)
		if err != nil {
			msg, _ := errorText(err)
			l.argError(L, 1, path+": "+msg)
		}
		*which = l.newFile(L, f)
	default:
		l.handle(L)
		*which = v.(*lua.LUserData)
	}
	L.Push(*which)
	return 1
}

func (l *Library) ioInput(L *lua.LState) int  { return l.redirect(L, &l.input, "r") }
func (l *Library) ioOutput(L *lua.LState) int { return l.redirect(L, &l.output, "w") }

func (l *Library) ioRead(L *lua.LState) int {
	return l.read(L, l.standard(L, l.input, "input"), 1)
}

func (l *Library) fileRead(L *lua.LState) int { return l.read(L, l.open(L), 2) }

func (l *Library) ioWrite(L *lua.LState) int {
	return l.write(L, l.standard(L, l.output, "output"), 1)
}

func (l *Library) fileWrite(L *lua.LState) int { return l.write(L, l.open(L), 2) }

func (l *Library) ioFlush(L *lua.LState) int {
	return result(L, l.flush(l.standard(L, l.output, "output")), "")
}

func (l *Library) fileFlush(L *lua.LState) int { return result(L, l.flush(l.open(L)), "") }

func (l *Library) ioClose(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		return l.closeHandle(L, l.standard(L, l.output, "output"))
	}
	return l.closeHandle(L, l.open(L))
}

func (l *Library) fileClose(L *lua.LState) int { return l.closeHandle(L, l.open(L)) }

func (l *Library) closeHandle(L *lua.LState, f *file) int {
	if f.disk == nil {
		L.Push(lua.LNil)
		L.Push(lua.LString("cannot close standard file"))
		return 2
	}
	return result(L, l.close(f), "")
}

func (l *Library) close(f *file) error {
	err := l.flush(f)
	f.closed = true
	delete(l.dirty, f)
	if e := f.disk.Close(); err == nil {
		err = e
	}
	if f.remove {
		_ = os.Remove(f.disk.Name())
	}
	return err
}

// flush writes out what setvbuf lets a file hold back.
func (l *Library) flush(f *file) error {
	if f.writer == nil || f.writer.Buffered() == 0 {
		return nil
	}
	delete(l.dirty, f)
	err := f.writer.Flush()
	if err != nil {
		f.writer.Reset(f.out) // a bufio.Writer that failed once fails forever
	}
	return err
}

func (l *Library) write(L *lua.LState, f *file, first int) int {
	for i := first; i <= L.GetTop(); i++ {
		if err := l.writeString(f, l.str(L, i)); err != nil {
			return result(L, err, "")
		}
	}
	L.Push(lua.LTrue)
	return 1
}

func (l *Library) writeString(f *file, s string) error {
	if f.out == nil {
		return errBadFile
	}
	if f.disk != nil && f.reader != nil && f.reader.Buffered() > 0 {
		// What was read ahead is not read yet for the script.
		if _, err := f.disk.Seek(-int64(f.reader.Buffered()), io.SeekCurrent); err != nil {
			return err
		}
		f.reader.Reset(f.in)
	}
	if f.writer == nil {
		_, err := io.WriteString(f.out, s)
		return err
	}
	if _, err := f.writer.WriteString(s); err != nil {
		f.writer.Reset(f.out)
		return err
	}
	l.dirty[f] = struct{}{}
	if f.lines && strings.Contains(s, "\n") {
		return l.flush(f)
	}
	if f.writer.Buffered() == 0 {
		delete(l.dirty, f)
	}
	return nil
}

func (l *Library) fileSetvbuf(L *lua.LState) int {
	f := l.open(L)
	mode := l.option(L, 2, "", "no", "full", "line")
	size := min(max(l.optInt(L, 3, 4096), 16), 1<<20)
	err := l.flush(f)
	f.writer, f.lines = nil, mode == "line"
	if mode != "no" && f.out != nil {
		f.writer = bufio.NewWriterSize(f.out, size)
	}
	return result(L, err, "")
}

func (l *Library) fileSeek(L *lua.LState) int {
	f := l.open(L)
	whence := l.option(L, 2, "cur", "set", "cur", "end")
	offset := int64(l.optInt(L, 3, 0))
	if f.disk == nil {
		return result(L, syscall.ESPIPE, "")
	}
	if err := l.flush(f); err != nil {
		return result(L, err, "")
	}
	from := io.SeekStart
	switch whence {
	case "cur":
		from = io.SeekCurrent
		offset -= int64(f.reader.Buffered())
	case "end":
		from = io.SeekEnd
	}
	at, err := f.disk.Seek(offset, from)
	if err != nil {
		return result(L, err, "")
	}
	f.reader.Reset(f.in)
	L.Push(lua.LNumber(at))
	return 1
}

func (l *Library) fileLines(L *lua.LState) int {
	l.pushLines(L, l.open(L), false)
	return 1
}

func (l *Library) ioLines(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		l.pushLines(L, l.standard(L, l.input, "input"), false)
		return 1
	}
	path := l.str(L, 1)
	l.needFiles(L)
	f, err := l.openFile(path, "r")
	if err != nil {
		msg, _ := errorText(err)
		l.argError(L, 1, path+": "+msg)
	}
	l.newFile(L, f)
	l.pushLines(L, f, true)
	return 1
}

// pushLines pushes an iterator over lines, which closes the file at its end when it is its own.
func (l *Library) pushLines(L *lua.LState, f *file, own bool) {
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if f.closed {
			l.raise(L, "file is already closed")
		}
		v, err := l.readLine(L, f, false)
		if err != nil {
			msg, _ := errorText(err)
			l.raise(L, "%s", msg)
		}
		if v == lua.LNil && own {
			_ = l.close(f)
		}
		L.Push(v)
		return 1
	}))
}

// read reads by the formats from an argument on.
func (l *Library) read(L *lua.LState, f *file, first int) int {
	top := L.GetTop()
	if f.reader == nil {
		return result(L, errBadFile, "")
	}
	if err := l.flush(f); err != nil {
		return result(L, err, "")
	}
	if top < first {
		top = first
		L.SetTop(first - 1)
		L.Push(lua.LString("*l"))
	}
	n := 0
	for i := first; i <= top; i++ {
		var v lua.LValue
		var err error
		if count, ok := L.Get(i).(lua.LNumber); ok {
			v, err = l.readCount(L, f, toInt(float64(count)))
		} else {
			switch strings.TrimPrefix(l.str(L, i), "*") + " " {
			case "n ":
				v, err = readNumber(f.reader)
			case "l ":
				v, err = l.readLine(L, f, false)
			case "L ":
				v, err = l.readLine(L, f, true)
			case "a ", "all ":
				v, err = l.readAll(L, f)
			default:
				l.argError(L, i, "invalid format")
			}
		}
		if err != nil {
			return result(L, err, "")
		}
		L.Push(v)
		n++
		if v == lua.LNil {
			break
		}
	}
	return n
}

func (l *Library) readLine(L *lua.LState, f *file, keep bool) (lua.LValue, error) {
	var line []byte
	for {
		part, err := f.reader.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > l.limit {
			l.raise(L, tooLarge)
		}
		switch {
		case err == nil:
			if !keep {
				line = line[:len(line)-1]
			}
			return lua.LString(line), nil
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF:
			if len(line) == 0 {
				return lua.LNil, nil
			}
			return lua.LString(line), nil
		default:
			return nil, err
		}
	}
}

func (l *Library) readCount(L *lua.LState, f *file, n int) (lua.LValue, error) {
	if n <= 0 {
		if _, err := f.reader.Peek(1); err == io.EOF {
			return lua.LNil, nil
		} else if err != nil {
			return nil, err
		}
		return lua.LString(""), nil
	}
	v, err := l.readAtMost(L, f, int64(min(n, l.limit+1)))
	if v == lua.LString("") {
		v = lua.LNil
	}
	return v, err
}

func (l *Library) readAll(L *lua.LState, f *file) (lua.LValue, error) {
	return l.readAtMost(L, f, int64(l.limit)+1)
}

func (l *Library) readAtMost(L *lua.LState, f *file, n int64) (lua.LValue, error) {
	data, err := io.ReadAll(io.LimitReader(f.reader, n))
	if err != nil {
		return nil, err
	}
	if len(data) > l.limit {
		l.raise(L, tooLarge)
	}
	return lua.LString(data), nil
}

// readNumber reads the longest text that can begin a number, after spaces, and gives nil when it is none.
func readNumber(r *bufio.Reader) (lua.LValue, error) {
	peek := func() byte {
		b, err := r.Peek(1)
		if err != nil {
			return 0
		}
		return b[0]
	}
	var text []byte
	take := func(ok func(c byte) bool) {
		const longest = 200
		for c := peek(); c != 0 && len(text) < longest && ok(c); c = peek() {
			text = append(text, c)
			_, _ = r.Discard(1)
		}
	}
	one := func(set string) bool {
		c := peek()
		if c == 0 || strings.IndexByte(set, c) < 0 {
			return false
		}
		text = append(text, c)
		_, _ = r.Discard(1)
		return true
	}
	for c := peek(); c != 0 && strings.IndexByte(spaces, c) >= 0; c = peek() {
		_, _ = r.Discard(1)
	}
	one("+-")
	if one("0") && one("xX") {
		take(isHex)
	} else {
		take(isDigit)
		if one(".") {
			take(isDigit)
		}
		if one("eE") {
			one("+-")
			take(isDigit)
		}
	}
	if f, ok := ParseNumber(string(text)); ok {
		return lua.LNumber(f), nil
	}
	return lua.LNil, nil
}
