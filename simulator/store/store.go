package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the driver
)

const (
	// schemaVersion is PRAGMA user_version: raise it with each change of the tables.
	schemaVersion = 1
	// applicationID marks the file as ours ("oslu").
	applicationID = 0x6f736c75
	busyMillis    = 15000
)

var schemaSQL = []string{
	`CREATE TABLE docs (
		seq INTEGER PRIMARY KEY AUTOINCREMENT,
		kind TEXT NOT NULL,
		id TEXT NOT NULL,
		project_id TEXT NOT NULL,
		name TEXT NOT NULL,
		keys TEXT NOT NULL,
		doc TEXT NOT NULL)`,
	`CREATE UNIQUE INDEX docs_id ON docs (kind, id)`,
	`CREATE INDEX docs_kind ON docs (kind, seq)`,
	`CREATE INDEX docs_project ON docs (kind, project_id, seq)`,
	`CREATE INDEX docs_name ON docs (kind, name, seq)`,
	`CREATE TABLE keys (
		kind TEXT NOT NULL,
		key TEXT NOT NULL,
		value TEXT NOT NULL,
		seq INTEGER NOT NULL,
		PRIMARY KEY (kind, key, value, seq)) WITHOUT ROWID`,
	`CREATE INDEX keys_seq ON keys (seq)`,
	`CREATE TABLE uniques (
		kind TEXT NOT NULL,
		key TEXT NOT NULL,
		value TEXT NOT NULL,
		seq INTEGER NOT NULL,
		PRIMARY KEY (kind, key, value)) WITHOUT ROWID`,
	`CREATE INDEX uniques_seq ON uniques (seq)`,
	`CREATE TABLE vars (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`,
}

// tables are what snapshot, restore and Clear go over.
var tables = [...]string{"docs", "keys", "uniques", "vars"}

// Options say where the state is kept.
type Options struct {
	// Path of the file; its directory must exist. Empty keeps the state in memory.
	Path string
	// Seed makes Tx.NewID give the same IDs in the same order when it is not zero.
	Seed int64
}

// Store is an open state. It is safe on any number of goroutines, and a file in any number of processes.
type Store struct {
	path   string
	seed   int64
	db     *sql.DB
	write  sync.Mutex
	writer *conn
	// readers holds the idle reading connections; a nil entry is one not opened yet. Nil for a state in memory, which
	// has one connection and takes turns on it.
	readers chan *conn
	done    chan struct{} // closed by Close
	closing sync.Once
	closed  error
}

// conn is one connection with the statements prepared on it.
type conn struct {
	sql   *sql.Conn
	stmts map[string]*sql.Stmt
}

// Open opens a state, making the file when there is none.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{path: o.Path, seed: o.Seed, done: make(chan struct{})}
	if err := s.open(context.WithoutCancel(ctx)); err != nil {
		err = s.explain(err)
		if s.db != nil {
			_ = s.Close()
		}
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if s.path == "" {
		return s.attach(ctx, ":memory:")
	}
	abs, err := filepath.Abs(s.path)
	if err != nil {
		return err
	}
	s.path = abs
	f, err := os.OpenFile(abs, os.O_RDWR, 0)
	if err == nil {
		err = f.Close()
	} else if errors.Is(err, fs.ErrNotExist) {
		err = createFile(ctx, abs)
	}
	if err != nil {
		return err
	}
	return s.attach(ctx, fileURL(abs))
}

// createFile makes an empty state in one step: it is made aside, and linked to its place whole. Several processes may
// open one new state at the same moment, and turning a file that others have open into a WAL database fails at once.
func createFile(ctx context.Context, path string) error {
	// The state holds password hashes and keys: nobody else's business, whatever the umask. SQLite gives its journal
	// files the same mode.
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return err
	}
	aside := &Store{path: f.Name(), done: make(chan struct{})}
	err = aside.attach(ctx, fileURL(f.Name()))
	if aside.db != nil {
		err = errors.Join(err, aside.Close())
	}
	if err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	// A file system without links: the last one to come wins, which is as good while the file is new.
	return os.Rename(f.Name(), path)
}

// attach opens the database and makes its tables where they are missing.
func (s *Store) attach(ctx context.Context, dsn string) error {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	s.db = db
	db.SetMaxIdleConns(0)
	if s.path != "" {
		s.readers = make(chan *conn, max(4, runtime.GOMAXPROCS(0)))
		for range cap(s.readers) {
			s.readers <- nil
		}
	}
	if s.writer, err = s.connect(ctx, false); err != nil {
		return err
	}
	return s.migrate(ctx)
}

// fileURL is a path as SQLite's URI, so that no character of it has a meaning.
func fileURL(path string) string {
	p := filepath.ToSlash(path)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p // C:/x
	}
	return (&url.URL{Scheme: "file", Path: p}).String()
}

// connect opens one connection and sets it up.
func (s *Store) connect(ctx context.Context, readOnly bool) (*conn, error) {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	pragmas := []string{
		fmt.Sprintf("PRAGMA busy_timeout=%d", busyMillis),
		"PRAGMA synchronous=NORMAL",
		"PRAGMA temp_store=MEMORY",
		"PRAGMA cache_size=-8000",
	}
	switch {
	case readOnly:
		pragmas = append(pragmas, "PRAGMA query_only=1")
	case s.path != "":
		pragmas = append(pragmas, "PRAGMA journal_mode=WAL")
	}
	for _, p := range pragmas {
		if _, err := c.ExecContext(ctx, p); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	return &conn{sql: c, stmts: map[string]*sql.Stmt{}}, nil
}

// migrate makes the tables in a new file and refuses a file that is not ours or is from a newer version.
func (s *Store) migrate(ctx context.Context) error {
	done, err := s.checkVersion(ctx)
	if err != nil || done {
		return err
	}
	if _, err := s.writer.sql.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	// Another process may have made the tables while this one waited for its turn.
	done, err = s.checkVersion(ctx)
	if err == nil && !done {
		err = s.create(ctx)
	}
	return s.writer.end(ctx, err)
}

func (s *Store) create(ctx context.Context) error {
	statements := append([]string{
		fmt.Sprintf("PRAGMA application_id=%d", applicationID),
		fmt.Sprintf("PRAGMA user_version=%d", schemaVersion),
	}, schemaSQL...)
	for _, q := range statements {
		if _, err := s.writer.sql.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// checkVersion says whether the tables are there already.
func (s *Store) checkVersion(ctx context.Context) (bool, error) {
	app, version, objects := 0, 0, 0
	for q, into := range map[string]*int{
		"PRAGMA application_id":              &app,
		"PRAGMA user_version":                &version,
		"SELECT count(*) FROM sqlite_master": &objects,
	} {
		if err := s.writer.sql.QueryRowContext(ctx, q).Scan(into); err != nil {
			return false, err
		}
	}
	switch {
	case app == 0 && version == 0 && objects == 0:
		return false, nil
	case app != applicationID:
		return false, &Error{Path: s.path, Message: "the file is another program's database",
			Hint: "choose another state directory"}
	case version > schemaVersion:
		return false, &Error{Path: s.path,
			Message: fmt.Sprintf("it was written by a newer oslua (format %d, this one knows %d)", version, schemaVersion),
			Hint:    "update oslua, or choose another state directory"}
	}
	return true, nil
}

// Path is the file's absolute path, "" for a state in memory.
func (s *Store) Path() string { return s.path }

// Close waits for the transactions under way and closes the state. Further calls do nothing.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.done)
		var all []error
		for range cap(s.readers) {
			if c := <-s.readers; c != nil {
				all = append(all, c.close())
			}
		}
		s.write.Lock()
		defer s.write.Unlock()
		if s.writer != nil {
			all = append(all, s.writer.close())
			s.writer = nil
		}
		s.closed = errors.Join(append(all, s.db.Close())...)
	})
	return s.closed
}

// View runs fn on one snapshot of the state. fn must not call View or Update.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	ctx = context.WithoutCancel(ctx)
	if s.readers == nil {
		s.write.Lock()
		defer s.write.Unlock()
		if s.writer == nil {
			return errClosed
		}
		return fn(&Tx{ctx: ctx, store: s, c: s.writer})
	}
	select {
	case <-s.done:
		return errClosed
	default:
	}
	var c *conn
	select {
	case c = <-s.readers:
	case <-s.done:
		return errClosed
	}
	defer func() { s.readers <- c }()
	if c == nil {
		fresh, err := s.connect(ctx, true)
		if err != nil {
			return s.explain(err)
		}
		c = fresh
	}
	if err := c.exec(ctx, "BEGIN"); err != nil {
		return s.explain(err)
	}
	err := s.protect(ctx, c, func() error { return fn(&Tx{ctx: ctx, store: s, c: c}) })
	return s.explain(c.end(ctx, err))
}

// Update runs fn in the one writing transaction there can be and keeps what it did unless it returns an error. fn must
// not call View or Update.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	// A request that went away must not leave half a transaction, and a context that can end costs a goroutine for each
	// statement: the work is short, so it is done to its end.
	ctx = context.WithoutCancel(ctx)
	s.write.Lock()
	defer s.write.Unlock()
	if s.writer == nil {
		return errClosed
	}
	if err := s.writer.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return s.explain(err)
	}
	err := s.protect(ctx, s.writer, func() error { return fn(&Tx{ctx: ctx, store: s, c: s.writer, write: true}) })
	return s.explain(s.writer.end(ctx, err))
}

var errClosed = errors.New("store: closed")

// protect rolls back when fn panics, so that the connection can be used again, and lets the panic go on.
func (s *Store) protect(ctx context.Context, c *conn, fn func() error) error {
	finished := false
	defer func() {
		if !finished {
			_ = c.exec(ctx, "ROLLBACK")
		}
	}()
	err := fn()
	finished = true
	return err
}

// Clear removes every document and variable.
func (s *Store) Clear(tx *Tx) error {
	if !tx.write {
		return errReadOnly
	}
	for _, t := range tables {
		if err := tx.c.exec(tx.ctx, "DELETE FROM main."+t); err != nil {
			return err
		}
	}
	return nil
}

// Snapshot writes a copy of the state, as it is now, to a new file.
func (s *Store) Snapshot(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return &Error{Path: path, Message: "the file exists already", Hint: "give the snapshot a new name"}
	}
	ctx = context.WithoutCancel(ctx)
	s.write.Lock()
	defer s.write.Unlock()
	if s.writer == nil {
		return errClosed
	}
	target := &Store{path: path}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return target.explain(err)
	}
	if err := f.Close(); err != nil {
		return target.explain(err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if _, err = s.writer.sql.ExecContext(ctx, "VACUUM INTO ?", fileURL(abs)); err != nil {
		_ = os.Remove(path)
		return target.explain(err)
	}
	return nil
}

// Restore replaces the whole state by that of a snapshot, in one transaction: whoever reads sees the one or the other.
func (s *Store) Restore(ctx context.Context, path string) error {
	ctx = context.WithoutCancel(ctx)
	if _, err := os.Stat(path); err != nil {
		return (&Store{path: path}).explain(err)
	}
	// Opening it as a state checks that it is one, of a version we know.
	from, err := Open(ctx, Options{Path: path})
	if err != nil {
		return err
	}
	abs := from.path
	if err := from.Close(); err != nil {
		return from.explain(err)
	}
	s.write.Lock()
	defer s.write.Unlock()
	if s.writer == nil {
		return errClosed
	}
	c := s.writer
	if _, err := c.sql.ExecContext(ctx, "ATTACH ? AS snapshot", fileURL(abs)); err != nil {
		return s.explain(err)
	}
	defer func() { _, _ = c.sql.ExecContext(ctx, "DETACH snapshot") }()
	if err := c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return s.explain(err)
	}
	for _, t := range tables {
		for _, q := range []string{"DELETE FROM main." + t, "INSERT INTO main." + t + " SELECT * FROM snapshot." + t} {
			if err == nil {
				_, err = c.sql.ExecContext(ctx, q)
			}
		}
	}
	return s.explain(c.end(ctx, err))
}

// seededID is the n-th ID of a seed, in UUID form.
func seededID(seed, n int64) string {
	var in [16]byte
	binary.BigEndian.PutUint64(in[:8], uint64(seed))
	binary.BigEndian.PutUint64(in[8:], uint64(n))
	sum := sha256.Sum256(in[:])
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}

// prepared gives the connection's statement for a query.
func (c *conn) prepared(ctx context.Context, q string) (*sql.Stmt, error) {
	if st := c.stmts[q]; st != nil {
		return st, nil
	}
	st, err := c.sql.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	c.stmts[q] = st
	return st, nil
}

func (c *conn) exec(ctx context.Context, q string, args ...any) error {
	st, err := c.prepared(ctx, q)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(ctx, args...)
	return err
}

// end commits, or rolls back when err is set, and returns the first error.
func (c *conn) end(ctx context.Context, err error) error {
	if err == nil {
		if err = c.exec(ctx, "COMMIT"); err == nil {
			return nil
		}
	}
	// SQLite may have rolled back on its own (a full disk); then this fails and means nothing.
	_ = c.exec(ctx, "ROLLBACK")
	return err
}

func (c *conn) close() error {
	for _, st := range c.stmts {
		_ = st.Close()
	}
	return c.sql.Close()
}
