package store

import (
	"encoding/json"
	"strings"
)

// Where narrows a List, Each, First or Count. All of them must hold.
type Where func(*query)

// Project wants documents of a project.
func Project(id string) Where {
	return func(q *query) { q.and("d.project_id=?", id) }
}

// Projects wants documents of one of several projects.
func Projects(ids ...string) Where { return anyOf("d.project_id", ids) }

// Name wants documents of one of the names.
func Name(names ...string) Where { return anyOf("d.name", names) }

// ID wants documents with one of the IDs.
func ID(ids ...string) Where { return anyOf("d.id", ids) }

// By wants documents that have one of the values under a key of Meta.Index.
func By(key string, values ...string) Where {
	return func(q *query) {
		if len(values) == 1 {
			q.and("d.seq IN (SELECT seq FROM keys WHERE kind=? AND key=? AND value=?)", q.kind, key, values[0])
			return
		}
		q.and("d.seq IN (SELECT seq FROM keys WHERE kind=? AND key=? AND value IN (SELECT value FROM json_each(?)))", q.kind, key, list(values))
	}
}

// NameFold leaves out documents whose name is surely none of the names, whatever the case of their letters. The caller
// compares what is left: SQL knows the case of ASCII alone.
func NameFold(names ...string) Where { return foldOf("name", names) }

// ProjectFold is NameFold for projects' IDs.
func ProjectFold(ids ...string) Where { return foldOf("project_id", ids) }

func foldOf(column string, values []string) Where {
	return func(q *query) {
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }) {
				return
			}
		}
		// An index of its own answers it: no document is touched.
		q.and("d.seq IN (SELECT seq FROM docs WHERE kind=? AND ("+
			column+" COLLATE NOCASE IN (SELECT value FROM json_each(?)) OR "+column+" GLOB '*[^ -~]*'))", q.kind, list(values))
	}
}

// Any wants documents for which at least one of the conditions holds.
func Any(where ...Where) Where {
	return func(q *query) {
		var either []string
		var args []any
		for _, w := range where {
			one := &query{kind: q.kind}
			w(one)
			either = append(either, strings.Join(one.conds, " AND "))
			args = append(args, one.args...)
		}
		q.and("("+strings.Join(either, " OR ")+")", args...)
	}
}

// Limit wants at most n documents.
func Limit(n int) Where { return func(q *query) { q.limit = n } }

// After wants documents that come after the one with an ID, in the order of the listing; none if there is no such one.
// With ByID it need not be there.
func After(id string) Where { return func(q *query) { q.after = id } }

// Newest turns the order: the newest document comes first, or with ByID the last.
func Newest() Where { return func(q *query) { q.newest = true } }

// ByID wants the order of the IDs instead of the order in which the documents came.
func ByID() Where { return func(q *query) { q.byID = true } }

func anyOf(column string, values []string) Where {
	return func(q *query) {
		if len(values) == 1 {
			q.and(column+"=?", values[0])
			return
		}
		// One argument however many values: one prepared statement serves them all.
		q.and(column+" IN (SELECT value FROM json_each(?))", list(values))
	}
}

type query struct {
	kind   string
	conds  []string
	args   []any
	after  string
	limit  int
	newest bool
	byID   bool
}

func newQuery(kind string, where []Where) *query {
	q := &query{kind: kind, limit: -1}
	q.and("d.kind=?", kind)
	for _, w := range where {
		w(q)
	}
	if q.after != "" {
		than := ">"
		if q.newest {
			than = "<"
		}
		if q.byID {
			q.and("d.id"+than+"?", q.after)
		} else {
			q.and("d.seq"+than+"(SELECT seq FROM docs WHERE kind=? AND id=?)", kind, q.after)
		}
	}
	if q.limit >= 0 || q.byID {
		q.args = append(q.args, q.limit)
	}
	return q
}

func (q *query) and(cond string, args ...any) {
	q.conds = append(q.conds, cond)
	q.args = append(q.args, args...)
}

func (q *query) sql(what string) string {
	if q.byID {
		// Where no index has the order, places are sorted and not documents; these are read one by one. The inner limit,
		// of -1 for none, keeps SQLite from making one query of the two.
		return "SELECT " + what + " FROM (" + q.places("d.seq", "d.id") + ") o CROSS JOIN docs d ON d.seq=o.seq"
	}
	return q.places(what, "d.seq")
}

func (q *query) places(what, order string) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	b.WriteString(what)
	b.WriteString(" FROM docs d WHERE ")
	b.WriteString(strings.Join(q.conds, " AND "))
	b.WriteString(" ORDER BY ")
	b.WriteString(order)
	if q.newest {
		b.WriteString(" DESC")
	}
	if q.limit >= 0 || q.byID {
		b.WriteString(" LIMIT ?")
	}
	return b.String()
}

func list(values []string) string {
	if values == nil {
		return "[]"
	}
	raw, _ := json.Marshal(values) // strings always encode
	return string(raw)
}
