package image

import (
	"bytes"
	"crypto/md5"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/google/uuid"
)

// sums are what is known of data when all of it has been seen.
type sums struct {
	Size        int64
	VirtualSize int64 // 0: not known
	MD5, SHA512 string
}

// files keeps the images' data in a directory.
type files struct {
	mu   sync.Mutex
	dir  string // "" until the first file of a cloud in memory
	temp bool   // ours alone: removed at the end
}

// made are the files that are nowhere: their names say what is in them.
const (
	madeCirros = "made/cirros"
	madeZeroes = "made/zeroes"
)

// zeroes is the size of a snapshot of a server.
const zeroes = 1024

// made gives the bytes of a file that is made up.
func made(name string) ([]byte, bool) {
	switch name {
	case madeCirros:
		return emptyQcow2(cirrosDisk), true
	case madeZeroes:
		return make([]byte, zeroes), true
	}
	return nil, false
}

func newFileName() string { return uuid.NewString() }

// path is where a file is, the directory made.
func (f *files) path(name string) (string, error) {
	if name == "" || strings.ContainsAny(name, `/\`) {
		return "", fs.ErrNotExist
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	if f.dir == "" {
		f.temp = true
		f.dir, err = os.MkdirTemp("", "oslua-images-")
	} else {
		err = os.MkdirAll(f.dir, 0o700)
	}
	return filepath.Join(f.dir, name), err
}

// file is data to read.
type file interface {
	io.ReadSeekCloser
}

type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// open opens a file, or says fs.ErrNotExist.
func (f *files) open(name string) (file, error) {
	if b, ok := made(name); ok {
		return inMemory{bytes.NewReader(b)}, nil
	}
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// errTooLarge is data larger than any image may be.
var errTooLarge = errors.New("The provided image is too large.") //nolint:staticcheck // Glance's sentence

// write takes data into a new file, whole or not at all, holding no more of it than a buffer.
func (f *files) write(name string, data io.Reader, look func([]byte), limit int64) (sums, error) {
	path, err := f.path(name)
	if err != nil {
		return sums{}, err
	}
	part := path + partial
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return sums{}, err
	}
	md, sha := md5.New(), sha512.New()
	counted := io.MultiWriter(out, md, sha, seen(look))
	n, err := io.CopyBuffer(struct{ io.Writer }{counted}, io.LimitReader(data, limit+1), make([]byte, 64<<10))
	if err == nil && n > limit {
		err = errTooLarge
	}
	if err = errors.Join(err, out.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		_ = os.Remove(part)
		return sums{}, err
	}
	return sums{Size: n, MD5: hex.EncodeToString(md.Sum(nil)), SHA512: hex.EncodeToString(sha.Sum(nil))}, nil
}

// partial ends the name of a file that is being written.
const partial = ".part"

type seen func([]byte)

func (s seen) Write(b []byte) (int, error) {
	if s != nil {
		s(b)
	}
	return len(b), nil
}

// remove removes a file that no document names any more. Where an open file cannot be removed, Sweep does it later.
func (f *files) remove(name string) {
	if name == "" || strings.Contains(name, "/") {
		return
	}
	if path, err := f.path(name); err == nil {
		_ = os.Remove(path)
		_ = os.Remove(path + partial)
	}
}

// names are the files that are there, complete or not.
func (f *files) names() ([]string, error) {
	f.mu.Lock()
	dir := f.dir
	f.mu.Unlock()
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []string
	for _, e := range entries {
		if !e.IsDir() {
			all = append(all, e.Name())
		}
	}
	return all, err
}

func (f *files) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.temp || f.dir == "" {
		return nil
	}
	return os.RemoveAll(f.dir)
}

// link makes a file of one directory the same in another: a link where the file system can, a copy where it cannot.
// The files never change, so that is all there is to a backup.
func link(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	part := to + partial
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		_ = os.Remove(part)
		return fmt.Errorf("%s: %w", to, err)
	}
	return os.Rename(part, to)
}

// alive says whether a process is there. On Windows one that has ended is not found; elsewhere a signal tells.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	err = p.Signal(syscall.Signal(0))
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}
