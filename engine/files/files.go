// Package files stands between scripts and the files of the machine they run on. Usually it is nothing: the nil *Copy is
// the disk itself. A Copy lets a script read what is there and keeps all it writes, removes and renames to itself, for
// runs that may leave nothing behind.
package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/oslua/oslua/engine/errs"
)

// Copy is the disk as one run sees it. The nil *Copy is the disk itself. It is safe on many goroutines.
type Copy struct {
	mu      sync.Mutex
	dir     string            // of what was written; made when first needed
	last    int               // numbers the files in dir
	moved   map[string]string // where what was written is, by its absolute path; "" for what is no longer there
	changes []Change
}

// Change is something a run would have done to the disk.
type Change struct {
	Action string `json:"action"` // write or remove
	Path   string `json:"path"`   // as the script gave it
}

// NewCopy gives a copy in which nothing is changed yet. It must be closed.
func NewCopy() *Copy { return &Copy{moved: map[string]string{}} }

type key struct{}

// With has the calls made with the context work on a copy.
func With(ctx context.Context, c *Copy) context.Context { return context.WithValue(ctx, key{}, c) }

// Of gives the copy to work on, nil for the disk itself.
func Of(ctx context.Context) *Copy {
	c, _ := ctx.Value(key{}).(*Copy) //nolint:errcheck // nil is the disk
	return c
}

// Read gives the path under which a file can be read.
func (c *Copy) Read(path string) string {
	if c == nil {
		return path
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if to, ok := c.moved[absolute(path)]; ok {
		if to == "" {
			return filepath.Join(c.dir, "removed", filepath.Base(path)) // where nothing ever is
		}
		return to
	}
	return path
}

// Write gives the path under which a file can be written. With keep what is in it now is there too: to append, to change
// a part, or to see that it is there.
func (c *Copy) Write(path string, keep bool) (string, error) {
	if c == nil || path == os.DevNull {
		return path, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	abs := absolute(path)
	if c.own(abs) {
		return path, nil
	}
	to, known := c.moved[abs]
	if to != "" {
		c.note("write", path)
		return to, nil
	}
	info, err := os.Stat(abs)
	switch {
	case err == nil && info.IsDir():
		return "", &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case err == nil && !known:
		f, err := os.OpenFile(abs, os.O_WRONLY, 0) // changes nothing, and says whether it may be written
		if err != nil {
			return "", err
		}
		_ = f.Close()
	default:
		if parent, err := os.Stat(filepath.Dir(abs)); err != nil {
			return "", &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		} else if !parent.IsDir() {
			return "", &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
		}
	}
	if to, err = c.place(abs); err != nil {
		return "", err
	}
	if keep && info != nil && !known {
		if err := duplicate(abs, to, info.Mode().Perm()); err != nil {
			return "", err
		}
	}
	c.moved[abs] = to
	c.note("write", path)
	return to, nil
}

// Remove removes a file or an empty folder.
func (c *Copy) Remove(path string) error {
	if c == nil {
		return os.Remove(path)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	abs := absolute(path)
	if c.own(abs) {
		return os.Remove(path)
	}
	missing := &fs.PathError{Op: "remove", Path: path, Err: fs.ErrNotExist}
	to, known := c.moved[abs]
	switch {
	case known && to == "":
		return missing
	case known:
		if err := os.Remove(to); err != nil {
			return missing // given out, and never written
		}
	default:
		info, err := os.Lstat(abs)
		if err != nil {
			return &fs.PathError{Op: "remove", Path: path, Err: cause(err)}
		}
		if info.IsDir() {
			if entries, err := os.ReadDir(abs); err != nil || len(entries) > 0 {
				return &fs.PathError{Op: "remove", Path: path, Err: syscall.ENOTEMPTY}
			}
		}
	}
	if _, err := os.Lstat(abs); err == nil {
		c.moved[abs] = ""
		c.note("remove", path)
		return nil
	}
	delete(c.moved, abs)
	c.changes = slices.DeleteFunc(c.changes, func(ch Change) bool { return absolute(ch.Path) == abs })
	return nil
}

// Rename gives a file another name.
func (c *Copy) Rename(from, to string) error {
	if c == nil {
		return os.Rename(from, to)
	}
	source := c.Read(from)
	info, err := os.Stat(source)
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: cause(err)}
	}
	if info.IsDir() {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: syscall.EPERM}
	}
	target, err := c.Write(to, false)
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: cause(err)}
	}
	if err := duplicate(source, target, info.Mode().Perm()); err != nil {
		return err
	}
	return c.Remove(from)
}

// Temp is where temporary files belong: "" for the system's own place.
func (c *Copy) Temp() (string, error) {
	if c == nil {
		return "", nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.folder()
}

// MayRun refuses programs where nothing may be left behind: what one does cannot be known.
func (c *Copy) MayRun(what string) error {
	if c == nil {
		return nil
	}
	return errs.New(errs.Forbidden, "%s would run a program, and a plan runs none", what).
		WithHint("what a program does cannot be planned; os.getenv(\"OSLUA_PLAN\") is \"1\" in a plan, for scripts that can do without")
}

// Changes are what would have been done to the disk, in order; a file that was removed again is not among them.
func (c *Copy) Changes() []Change {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.changes)
}

// Close throws away what was written.
func (c *Copy) Close() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dir == "" {
		return nil
	}
	return os.RemoveAll(c.dir)
}

func (c *Copy) note(action, path string) {
	abs := absolute(path)
	i := slices.IndexFunc(c.changes, func(ch Change) bool { return absolute(ch.Path) == abs })
	if i >= 0 {
		c.changes[i].Action = action
		return
	}
	c.changes = append(c.changes, Change{Action: action, Path: path})
}

// own tells whether a path is of a temporary file.
func (c *Copy) own(abs string) bool {
	return c.dir != "" && strings.HasPrefix(abs, c.dir+string(filepath.Separator))
}

func (c *Copy) folder() (string, error) {
	if c.dir == "" {
		dir, err := os.MkdirTemp("", "oslua-plan-")
		if err != nil {
			return "", err
		}
		c.dir = dir
	}
	return c.dir, nil
}

// place makes a folder for a file of that name: names tell formats.
func (c *Copy) place(abs string) (string, error) {
	dir, err := c.folder()
	if err != nil {
		return "", err
	}
	c.last++
	dir = filepath.Join(dir, strconv.Itoa(c.last))
	return filepath.Join(dir, filepath.Base(abs)), os.Mkdir(dir, 0o700)
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	return abs
}

func duplicate(from, to string, mode fs.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode|0o200)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// cause is an error without the path in it, which may be one the script does not know.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
