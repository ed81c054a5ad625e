package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/oslua/oslua/engine/errs"
)

const (
	// schemaVersion is PRAGMA user_version: raise it with each change of the tables.
	schemaVersion = 1
	// applicationID marks the file as ours ("oslj").
	applicationID = 0x6f736c6a
	busyMillis    = 15000
	// FileName is what the journal is called in the state directory.
	FileName = "journal.db"
)

var schemaSQL = []string{
	`CREATE TABLE runs (
		id TEXT PRIMARY KEY,
		name TEXT NOT NULL,
		started INTEGER NOT NULL,
		ended INTEGER NOT NULL DEFAULT 0,
		outcome TEXT NOT NULL,
		error TEXT NOT NULL DEFAULT '',
		host TEXT NOT NULL,
		pid INTEGER NOT NULL,
		born TEXT NOT NULL) WITHOUT ROWID`,
	`CREATE TABLE sites (
		run TEXT NOT NULL,
		n INTEGER NOT NULL,
		cloud TEXT NOT NULL,
		auth_url TEXT NOT NULL,
		region TEXT NOT NULL,
		project_id TEXT NOT NULL,
		project TEXT NOT NULL,
		user TEXT NOT NULL,
		PRIMARY KEY (run, n)) WITHOUT ROWID`,
	`CREATE TABLE changes (
		run TEXT NOT NULL,
		seq INTEGER NOT NULL,
		request INTEGER NOT NULL,
		site INTEGER NOT NULL,
		before INTEGER NOT NULL,
		after INTEGER NOT NULL DEFAULT 0,
		action TEXT NOT NULL,
		type TEXT NOT NULL,
		id TEXT NOT NULL,
		name TEXT NOT NULL,
		parent TEXT NOT NULL,
		op TEXT NOT NULL,
		at TEXT NOT NULL,
		service TEXT NOT NULL,
		method TEXT NOT NULL,
		path TEXT NOT NULL,
		attributes TEXT NOT NULL,
		marked INTEGER NOT NULL,
		status INTEGER NOT NULL DEFAULT 0,
		request_id TEXT NOT NULL DEFAULT '',
		outcome TEXT NOT NULL,
		gone INTEGER NOT NULL DEFAULT 0,
		PRIMARY KEY (run, seq)) WITHOUT ROWID`,
	`CREATE INDEX changes_id ON changes (id) WHERE action = 'create'`,
	`CREATE INDEX changes_parent ON changes (parent) WHERE action = 'create'`,
}

// file is an open database: one connection, and the statements prepared on it. It is safe on many goroutines.
type file struct {
	path  string
	mu    sync.Mutex
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// openFile opens a journal, and makes one where there is none and create says so.
func openFile(ctx context.Context, path string, create bool) (*file, error) {
	ctx = context.WithoutCancel(ctx)
	f := &file{path: path, stmts: map[string]*sql.Stmt{}}
	err := f.open(ctx, create)
	if err != nil {
		err = f.explain(err)
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *file) open(ctx context.Context, create bool) error {
	abs, err := filepath.Abs(f.path)
	if err != nil {
		return err
	}
	f.path = abs
	switch _, err := os.Stat(abs); {
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist) || !create:
		return err
	default:
		if err := os.MkdirAll(filepath.Dir(abs), 0o700); err != nil {
			return err
		}
		if err := createFile(ctx, abs); err != nil {
			return err
		}
	}
	return f.attach(ctx)
}

// createFile makes an empty journal aside and links it to its place whole: several runs may begin at the same moment,
// and turning a file that others have open into a WAL database fails at once.
func createFile(ctx context.Context, path string) error {
	t, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*") // of mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(t.Name())
	if err := t.Close(); err != nil {
		return err
	}
	aside := &file{path: t.Name(), stmts: map[string]*sql.Stmt{}}
	err = aside.attach(ctx)
	aside.Close()
	if err != nil {
		return err
	}
	err = os.Link(t.Name(), path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	// A file system without links: the last one to come wins, which is as good while the file is new.
	return os.Rename(t.Name(), path)
}

func (f *file) attach(ctx context.Context) error {
	p := filepath.ToSlash(f.path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/x
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: p}).String())
	if err != nil {
		return err
	}
	f.db = db
	if f.conn, err = db.Conn(ctx); err != nil {
		return err
	}
	for _, p := range []string{fmt.Sprintf("PRAGMA busy_timeout=%d", busyMillis), "PRAGMA synchronous=NORMAL", "PRAGMA journal_mode=WAL"} {
		if _, err := f.conn.ExecContext(ctx, p); err != nil {
			return err
		}
	}
	return f.migrate(ctx)
}

// migrate makes the tables in a new file, and refuses one that is not ours or of a newer version.
func (f *file) migrate(ctx context.Context) error {
	done, err := f.checkVersion(ctx)
	if err != nil || done {
		return err
	}
	return f.tx(ctx, func() error {
		// Another process may have made the tables while this one waited for its turn.
		if done, err := f.checkVersion(ctx); err != nil || done {
			return err
		}
		for _, q := range append([]string{
			fmt.Sprintf("PRAGMA application_id=%d", applicationID), fmt.Sprintf("PRAGMA user_version=%d", schemaVersion),
		}, schemaSQL...) {
			if _, err := f.conn.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *file) checkVersion(ctx context.Context) (bool, error) {
	app, version, objects := 0, 0, 0
	for q, into := range map[string]*int{
		"PRAGMA application_id": &app, "PRAGMA user_version": &version, "SELECT count(*) FROM sqlite_master": &objects,
	} {
		if err := f.conn.QueryRowContext(ctx, q).Scan(into); err != nil {
			return false, err
		}
	}
	switch {
	case app == 0 && version == 0 && objects == 0:
		return false, nil
	case app != applicationID:
		return false, f.trouble("it is another program's database", nil)
	case version > schemaVersion:
		return false, f.trouble(fmt.Sprintf("it was written by a newer oslua (format %d, this one knows %d)", version, schemaVersion), nil)
	}
	return true, nil
}

// tx runs fn in one transaction. The caller holds f.mu, or nobody else has the file yet.
func (f *file) tx(ctx context.Context, fn func() error) error {
	if err := f.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		if err = f.exec(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	// SQLite may have rolled back on its own (a full disk); then this fails and means nothing.
	_ = f.exec(ctx, "ROLLBACK")
	return err
}

// exec runs a statement, prepared once. The caller holds f.mu.
func (f *file) exec(ctx context.Context, q string, args ...any) error {
	if f.conn == nil {
		return errors.New("the journal is closed")
	}
	st := f.stmts[q]
	if st == nil {
		var err error
		if st, err = f.conn.PrepareContext(ctx, q); err != nil {
			return err
		}
		f.stmts[q] = st
	}
	_, err := st.ExecContext(ctx, args...)
	return err
}

// query calls each for every row.
func (f *file) query(ctx context.Context, q string, args []any, each func(scan func(...any) error) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn == nil {
		return errors.New("the journal is closed")
	}
	rows, err := f.conn.QueryContext(ctx, q, args...)
	if err != nil {
		return f.explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return f.explain(err)
		}
	}
	return f.explain(rows.Err())
}

// Close closes the file. Further calls do nothing.
func (f *file) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []error
	for _, st := range f.stmts {
		all = append(all, st.Close())
	}
	f.stmts = map[string]*sql.Stmt{}
	if f.conn != nil {
		all = append(all, f.conn.Close())
		f.conn = nil
	}
	if f.db != nil {
		all = append(all, f.db.Close())
		f.db = nil
	}
	return errors.Join(all...)
}

// trouble is a journal that cannot be used, and how to go on.
func (f *file) trouble(why string, cause error) *errs.Error {
	e := errs.New(errs.Runtime, "the journal %s cannot be used: %s", f.path, why)
	e.Cause = cause
	return e.WithHint("Choose another state directory (XDG_STATE_HOME), or go on without a journal: --no-journal.")
}

// explain turns the errors a user can do something about into words.
func (f *file) explain(err error) error {
	if err == nil {
		return nil
	}
	var known *errs.Error
	if errors.As(err, &known) {
		return err
	}
	say := func(why, hint string) error {
		return f.trouble(why, err).WithHint("%s", hint)
	}
	const orWithout = ", choose another state directory (XDG_STATE_HOME), or go on without a journal: --no-journal."
	var sq *sqlite.Error
	if errors.As(err, &sq) {
		switch sq.Code() & 0xff {
		case lib.SQLITE_FULL:
			return say("the disk is full", "Free some space"+orWithout)
		case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
			return say("the file is damaged", "Move it away"+orWithout+" What it knew of earlier runs is lost: their marks are still on what they made.")
		case lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_CANTOPEN:
			return say("it cannot be written", "Make the directory and the file writable"+orWithout)
		case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
			return say("another process keeps it locked", "Try again when that has ended"+orWithout)
		case lib.SQLITE_IOERR:
			return say("the disk does not work, or is full", "Look at the disk"+orWithout)
		}
		return say(sq.Error(), "Move it away"+orWithout)
	}
	var pe *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return say("it is not there", "Create its directory"+orWithout)
	case errors.Is(err, fs.ErrPermission):
		return say("it cannot be written", "Make the directory and the file writable"+orWithout)
	case errors.As(err, &pe):
		return say(pe.Err.Error(), "Free some space if the disk is full"+orWithout)
	}
	return say(err.Error(), "Look at the disk"+orWithout)
}
