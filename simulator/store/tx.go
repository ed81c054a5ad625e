package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Document is a struct the store can keep. The zero value's Meta must give the Kind.
type Document interface{ Meta() Meta }

// Meta is what the store has to know about a document.
type Meta struct {
	Kind      string // "network"; unique over all services
	ID        string
	ProjectID string // "" when it belongs to no project
	Name      string
	Index     []Key // further look-ups; one key may have several values
	Unique    []Key // values no other document of the kind may have
}

// Key is one look-up value of a document.
type Key struct{ Name, Value string }

// Tx is one transaction. It is for one goroutine and ends with the function it was given to.
type Tx struct {
	ctx   context.Context
	store *Store
	c     *conn
	write bool
}

// Writable says whether the transaction may change anything.
func (tx *Tx) Writable() bool { return tx.write }

// NewID gives a new ID in UUID form: random, or the next of the seed when the store has one.
func (tx *Tx) NewID() string {
	if tx.store.seed == 0 {
		return uuid.NewString()
	}
	n, err := tx.Counter("ids")
	if err != nil {
		return uuid.NewString() // the write that follows meets the same error
	}
	return seededID(tx.store.seed, n)
}

// NewHexID gives a new ID without dashes, as Keystone's are.
func (tx *Tx) NewHexID() string { return strings.ReplaceAll(tx.NewID(), "-", "") }

// Counter adds one to a counter and gives its new value.
func (tx *Tx) Counter(name string) (int64, error) {
	v, err := tx.Var("counter:" + name)
	if err != nil {
		return 0, err
	}
	n, _ := strconv.ParseInt(v, 10, 64)
	n++
	return n, tx.SetVar("counter:"+name, strconv.FormatInt(n, 10))
}

// Var gives a variable's value, "" when it was never set.
func (tx *Tx) Var(name string) (string, error) {
	st, err := tx.c.prepared(tx.ctx, `SELECT value FROM vars WHERE name=?`)
	if err != nil {
		return "", err
	}
	var v string
	err = st.QueryRowContext(tx.ctx, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

// SetVar sets a variable.
func (tx *Tx) SetVar(name, value string) error {
	if !tx.write {
		return errReadOnly
	}
	return tx.c.exec(tx.ctx, `INSERT INTO vars (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value=excluded.value`, name, value)
}

// Get gives the document with an ID, or ErrNotFound.
func Get[T Document](tx *Tx, id string) (T, error) {
	var doc T
	st, err := tx.c.prepared(tx.ctx, `SELECT doc FROM docs WHERE kind=? AND id=?`)
	if err != nil {
		return doc, err
	}
	var raw sql.RawBytes
	rows, err := st.QueryContext(tx.ctx, doc.Meta().Kind, id)
	if err != nil {
		return doc, err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return doc, err
		}
		return doc, ErrNotFound
	}
	if err := rows.Scan(&raw); err != nil {
		return doc, err
	}
	return doc, decode(raw, &doc, id)
}

// Has says whether there is a document with an ID.
func Has[T Document](tx *Tx, id string) (bool, error) {
	_, err := Get[T](tx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// First gives the oldest document that fits, or ErrNotFound.
func First[T Document](tx *Tx, where ...Where) (T, error) {
	for doc, err := range Each[T](tx, append(slices.Clone(where), Limit(1))...) {
		return doc, err
	}
	var none T
	return none, ErrNotFound
}

// List gives all documents that fit, oldest first.
func List[T Document](tx *Tx, where ...Where) ([]T, error) {
	var all []T
	for doc, err := range Each[T](tx, where...) {
		if err != nil {
			return nil, err
		}
		all = append(all, doc)
	}
	return all, nil
}

// Each goes over the documents that fit, oldest first, one in memory at a time. The loop may read other documents; what
// it writes of the same kind may or may not be seen by it.
func Each[T Document](tx *Tx, where ...Where) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		q := newQuery(zero.Meta().Kind, where)
		st, err := tx.c.prepared(tx.ctx, q.sql("d.doc"))
		if err != nil {
			yield(zero, err)
			return
		}
		rows, err := st.QueryContext(tx.ctx, q.args...)
		if err != nil {
			yield(zero, err)
			return
		}
		defer func() { _ = rows.Close() }()
		var raw sql.RawBytes
		for rows.Next() {
			var doc T
			err := rows.Scan(&raw)
			if err == nil {
				err = decode(raw, &doc, "")
			}
			if !yield(doc, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(zero, err)
		}
	}
}

// IDs gives the IDs of the documents that fit, in the order of List, without reading the documents.
func IDs[T Document](tx *Tx, where ...Where) ([]string, error) {
	var zero T
	q := newQuery(zero.Meta().Kind, where)
	st, err := tx.c.prepared(tx.ctx, q.sql("d.id"))
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(tx.ctx, q.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		id := ""
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		all = append(all, id)
	}
	return all, rows.Err()
}

// Count says how many documents fit.
func Count[T Document](tx *Tx, where ...Where) (int, error) {
	var zero T
	q := newQuery(zero.Meta().Kind, where)
	st, err := tx.c.prepared(tx.ctx, "SELECT count(*) FROM ("+q.sql("1")+")")
	if err != nil {
		return 0, err
	}
	n := 0
	return n, scanOne(st.QueryRowContext(tx.ctx, q.args...), &n)
}

func scanOne(row *sql.Row, n *int) error { return row.Scan(n) }

// Put adds a document, or replaces the one of its ID, which keeps its place. A unique value that is another's is a
// *Conflict.
func Put[T Document](tx *Tx, doc T) error {
	if !tx.write {
		return errReadOnly
	}
	m := doc.Meta()
	if m.ID == "" {
		return fmt.Errorf("store: a %s without an ID", m.Kind)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	seq, oldKeys, err := tx.row(m.Kind, m.ID)
	if err != nil {
		return err
	}
	keys := m.encodeKeys()
	if seq != 0 {
		err = tx.c.exec(tx.ctx, `UPDATE docs SET project_id=?, name=?, keys=?, doc=? WHERE seq=?`,
			m.ProjectID, m.Name, keys, string(raw), seq)
		if err != nil || keys == oldKeys {
			return err
		}
		if err := tx.dropKeys(seq); err != nil {
			return err
		}
		return tx.addKeys(m, seq)
	}
	st, err := tx.c.prepared(tx.ctx, `INSERT INTO docs (kind, id, project_id, name, keys, doc) VALUES (?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	res, err := st.ExecContext(tx.ctx, m.Kind, m.ID, m.ProjectID, m.Name, keys, string(raw))
	if err != nil {
		return err
	}
	if seq, err = res.LastInsertId(); err != nil {
		return err
	}
	return tx.addKeys(m, seq)
}

// Delete removes the document with an ID, or returns ErrNotFound.
func Delete[T Document](tx *Tx, id string) error {
	if !tx.write {
		return errReadOnly
	}
	var zero T
	seq, keys, err := tx.row(zero.Meta().Kind, id)
	if err != nil {
		return err
	}
	if seq == 0 {
		return ErrNotFound
	}
	if keys != "" {
		if err := tx.dropKeys(seq); err != nil {
			return err
		}
	}
	return tx.c.exec(tx.ctx, `DELETE FROM docs WHERE seq=?`, seq)
}

// row finds a document's place and keys; 0 when there is none.
func (tx *Tx) row(kind, id string) (seq int64, keys string, err error) {
	st, err := tx.c.prepared(tx.ctx, `SELECT seq, keys FROM docs WHERE kind=? AND id=?`)
	if err != nil {
		return 0, "", err
	}
	err = st.QueryRowContext(tx.ctx, kind, id).Scan(&seq, &keys)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, "", nil
	}
	return seq, keys, err
}

func (tx *Tx) dropKeys(seq int64) error {
	if err := tx.c.exec(tx.ctx, `DELETE FROM keys WHERE seq=?`, seq); err != nil {
		return err
	}
	return tx.c.exec(tx.ctx, `DELETE FROM uniques WHERE seq=?`, seq)
}

func (tx *Tx) addKeys(m Meta, seq int64) error {
	for _, k := range m.Index {
		if err := tx.c.exec(tx.ctx, `INSERT OR IGNORE INTO keys (kind, key, value, seq) VALUES (?, ?, ?, ?)`, m.Kind, k.Name, k.Value, seq); err != nil {
			return err
		}
	}
	for _, k := range m.Unique {
		st, err := tx.c.prepared(tx.ctx, `INSERT OR IGNORE INTO uniques (kind, key, value, seq) VALUES (?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		res, err := st.ExecContext(tx.ctx, m.Kind, k.Name, k.Value, seq)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			owner, err := tx.owner(m.Kind, k)
			if err != nil {
				return err
			}
			if owner == m.ID {
				continue // the same value twice in one document
			}
			return &Conflict{Kind: m.Kind, Key: k.Name, Value: k.Value, Owner: owner}
		}
	}
	return nil
}

// Owner gives the ID of the document of a kind that has a unique value, "" when none has.
func Owner[T Document](tx *Tx, key, value string) (string, error) {
	var zero T
	return tx.owner(zero.Meta().Kind, Key{key, value})
}

func (tx *Tx) owner(kind string, k Key) (string, error) {
	st, err := tx.c.prepared(tx.ctx, `SELECT d.id FROM uniques u JOIN docs d ON d.seq=u.seq WHERE u.kind=? AND u.key=? AND u.value=?`)
	if err != nil {
		return "", err
	}
	var id string
	err = st.QueryRowContext(tx.ctx, kind, k.Name, k.Value).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// encodeKeys is the index and unique values in one string, to see cheaply whether they changed.
func (m Meta) encodeKeys() string {
	if len(m.Index)+len(m.Unique) == 0 {
		return ""
	}
	var b strings.Builder
	for i, keys := range [...][]Key{m.Index, m.Unique} {
		if i > 0 {
			b.WriteByte(0x1e)
		}
		for _, k := range keys {
			b.WriteString(k.Name)
			b.WriteByte(0x1f)
			b.WriteString(k.Value)
			b.WriteByte(0x1f)
		}
	}
	return b.String()
}

func decode(raw []byte, into any, id string) error {
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("store: document %s: %w", id, err)
	}
	return nil
}
