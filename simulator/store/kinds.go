package store

// Kinds counts the documents of each kind.
func Kinds(tx *Tx) (counts map[string]int, err error) {
	st, err := tx.c.prepared(tx.ctx, `SELECT kind, count(*) FROM docs GROUP BY kind`)
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(tx.ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts = map[string]int{}
	for rows.Next() {
		kind, n := "", 0
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, err
		}
		counts[kind] = n
	}
	return counts, rows.Err()
}
