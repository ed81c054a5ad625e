package lualib

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"
)

func (l *Library) openOS(L *lua.LState) {
	register(L, "os", functions{
		"clock":     l.osClock,
		"date":      l.osDate,
		"difftime":  l.osDifftime,
		"execute":   l.osExecute,
		"getenv":    l.osGetenv,
		"remove":    l.osRemove,
		"rename":    l.osRename,
		"setlocale": l.osSetlocale,
		"time":      l.osTime,
		"tmpname":   l.osTmpname,
	})
}

// errorText is the system's own words for an error, as strerror has them, and its number, 0 for none.
func errorText(err error) (string, int) {
	number := 0
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		number = int(no)
		err = no
	}
	for _, known := range []struct {
		err  error
		text string
	}{
		{os.ErrNotExist, "No such file or directory"}, // on every system in the same words
		{os.ErrExist, "File exists"},
		{os.ErrPermission, "Permission denied"},
	} {
		if errors.Is(err, known.err) {
			return known.text, number
		}
	}
	text := err.Error()
	if number != 0 && text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return text, number
}

// result pushes true, or nil, what went wrong and its number.
func result(L *lua.LState, err error, path string) int {
	if err == nil {
		L.Push(lua.LTrue)
		return 1
	}
	msg, no := errorText(err)
	if path != "" {
		msg = path + ": " + msg
	}
	L.Push(lua.LNil)
	L.Push(lua.LString(msg))
	L.Push(lua.LNumber(no))
	return 3
}

func (l *Library) osClock(L *lua.LState) int {
	L.Push(lua.LNumber(l.o.Now().Sub(l.opened).Seconds()))
	return 1
}

func (l *Library) osDifftime(L *lua.LState) int {
	a, b := l.number(L, 1), 0.0
	if L.Get(2) != lua.LNil {
		b = l.number(L, 2)
	}
	L.Push(lua.LNumber(a - b))
	return 1
}

func (l *Library) osExecute(L *lua.LState) int {
	l.needFiles(L)
	shell, flag := "/bin/sh", "-c"
	if runtime.GOOS == "windows" {
		shell, flag = "cmd", "/C"
	}
	if L.Get(1) == lua.LNil {
		_, err := exec.LookPath(shell)
		L.Push(lua.LNumber(0))
		if err == nil {
			L.Push(lua.LNumber(1))
		}
		return 1
	}
	command := l.str(L, 1)
	if err := l.o.Files.MayRun("os.execute"); err != nil {
		l.raise(L, "%s", err)
	}
	cmd := exec.Command(shell, flag, command)
	cmd.Stdout, cmd.Stderr = l.o.Stdout, l.o.Stderr
	if f, ok := l.o.Stdin.(*os.File); ok {
		cmd.Stdin = f // any other reader would be read to its end, and waited for
	}
	status := 0
	if err := cmd.Run(); err != nil {
		status = 1
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			status = e.ExitCode()
		}
	}
	L.Push(lua.LNumber(status))
	return 1
}

func (l *Library) osGetenv(L *lua.LState) int {
	if v := l.o.Getenv(l.str(L, 1)); v != "" {
		L.Push(lua.LString(v))
	} else {
		L.Push(lua.LNil)
	}
	return 1
}

func (l *Library) osRemove(L *lua.LState) int {
	path := l.str(L, 1)
	l.needFiles(L)
	return result(L, l.o.Files.Remove(path), path)
}

func (l *Library) osRename(L *lua.LState) int {
	from, to := l.str(L, 1), l.str(L, 2)
	l.needFiles(L)
	return result(L, l.o.Files.Rename(from, to), from)
}

func (l *Library) osTmpname(L *lua.LState) int {
	l.needFiles(L)
	f, err := l.createTemp()
	if err != nil {
		l.raise(L, "unable to generate a unique filename")
	}
	_ = f.Close()
	L.Push(lua.LString(f.Name()))
	return 1
}

func (l *Library) osSetlocale(L *lua.LState) int {
	name := l.optStr(L, 1, "C")
	l.option(L, 2, "all", "all", "collate", "ctype", "monetary", "numeric", "time")
	switch name {
	case "", "C", "POSIX":
		L.Push(lua.LString("C"))
	default:
		L.Push(lua.LNil)
	}
	return 1
}

func (l *Library) osDate(L *lua.LState) int {
	format := l.optStr(L, 1, "%c")
	t := l.o.Now()
	if L.Get(2) != lua.LNil {
		sec := l.number(L, 2)
		if !(sec > -67768040609740800 && sec < 67768036191676800) { // the years that fit C's int
			L.Push(lua.LNil)
			return 1
		}
		t = time.Unix(int64(sec), 0).In(t.Location())
	}
	if strings.HasPrefix(format, "!") {
		format = format[1:]
		t = t.In(time.FixedZone("GMT", 0)) // as C calls it
	}
	if !strings.HasPrefix(format, "*t") {
		L.Push(lua.LString(strftime(t, format)))
		return 1
	}
	r := L.CreateTable(0, 9)
	for k, v := range map[string]int{
		"year": t.Year(), "month": int(t.Month()), "day": t.Day(), "hour": t.Hour(), "min": t.Minute(), "sec": t.Second(),
		"wday": int(t.Weekday()) + 1, "yday": t.YearDay(),
	} {
		setField(r, k, lua.LNumber(v))
	}
	setField(r, "isdst", lua.LBool(t.IsDST()))
	L.Push(r)
	return 1
}

func (l *Library) osTime(L *lua.LState) int {
	now := l.o.Now()
	if L.Get(1) == lua.LNil {
		L.Push(lua.LNumber(now.Unix()))
		return 1
	}
	t := l.table(L, 1)
	field := func(name string, def int) int {
		// A table with __index is as good a date as any.
		switch v := L.GetField(t, name).(type) {
		case lua.LNumber:
			return clampField(float64(v))
		case lua.LString:
			if f, ok := ParseNumber(string(v)); ok {
				return clampField(f)
			}
		}
		if def < 0 {
			l.raise(L, "field '%s' missing in date table", name)
		}
		return def
	}
	sec, minute, hour := field("sec", 0), field("min", 0), field("hour", 12)
	day, month, year := field("day", -1), field("month", -1), field("year", -1)
	when := time.Date(year, time.Month(month), day, hour, minute, sec, 0, now.Location())
	if dst, ok := L.GetField(t, "isdst").(lua.LBool); ok && bool(dst) != when.IsDST() {
		shift := savings(when)
		if dst {
			shift = -shift
		}
		when = when.Add(shift)
	}
	L.Push(lua.LNumber(when.Unix()))
	return 1
}

// clampField keeps a field of a date within what C's int holds.
func clampField(f float64) int {
	return toInt(min(max(f, -1<<31), 1<<31-1))
}

// savings is by how much the clock is put forward in summer where t is, an hour where it never is.
func savings(t time.Time) time.Duration {
	_, here := t.Zone()
	for _, months := range []int{3, 6, 9, -3, -6, -9} {
		other := t.AddDate(0, months, 0)
		if other.IsDST() != t.IsDST() {
			_, there := other.Zone()
			d := time.Duration(there-here) * time.Second
			if d < 0 {
				d = -d
			}
			return d
		}
	}
	return time.Hour
}
