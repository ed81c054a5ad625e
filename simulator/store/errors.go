package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrNotFound is what Get, First and Delete return when there is no such document.
var ErrNotFound = errors.New("not found")

// errReadOnly is a programming error: a write in a View.
var errReadOnly = errors.New("store: write in a read-only transaction")

// Conflict is what Put returns when a unique value of the document is already another document's.
type Conflict struct {
	Kind  string // of both documents
	Key   string // the name in Meta.Unique
	Value string
	Owner string // ID of the document that has it
}

// Error says what exists already.
func (c *Conflict) Error() string {
	return fmt.Sprintf("%s: %s %q is already taken by %s", c.Kind, c.Key, c.Value, c.Owner)
}

// Error is a state file that cannot be used. Hint says what to do about it.
type Error struct {
	Path    string
	Message string
	Hint    string
	Cause   error
}

// Error is the whole story in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("simulator state %s: %s; %s", e.Path, e.Message, e.Hint)
}

// Unwrap gives SQLite's or the operating system's error.
func (e *Error) Unwrap() error { return e.Cause }

// explain turns the errors a user can do something about into an *Error and leaves the others alone.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	say := func(message, hint string) error {
		return &Error{Path: s.path, Message: message, Hint: hint, Cause: err}
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return say("it cannot be written", "make the directory and its files writable, or choose another state directory")
	case errors.Is(err, fs.ErrNotExist):
		return say("its directory does not exist", "create it, or choose another state directory")
	}
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		return say(pathErr.Err.Error(), "choose another state directory")
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_CORRUPT:
		return say("the file is damaged", "remove it to start afresh, or restore a snapshot")
	case lib.SQLITE_NOTADB:
		return say("the file is not a simulator state", "remove it to start afresh, or choose another state directory")
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return say("it cannot be written", "make the directory and its files writable, or choose another state directory")
	case lib.SQLITE_CANTOPEN:
		return say("it cannot be opened", "make sure that the directory exists and is writable, or choose another state directory")
	case lib.SQLITE_FULL:
		return say("the disk is full", "free some space and try again; nothing of what was answered before is lost")
	case lib.SQLITE_IOERR:
		return say("the disk could not be read or written", "check the disk, or choose a state directory on another one")
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return say("another process has kept it locked for too long", "stop the other simulator on this state, or choose another state directory")
	}
	return err
}
