// Package store keeps the simulator's state: documents in one SQLite file, or in memory.
//
// A document is a Go struct with a Meta method and JSON tags; the struct is the service's state, never its wire form.
// Documents of a kind keep the order in which they were first put.
//
//	type network struct {
//		ID, ProjectID, Name string
//		Subnets             []string
//	}
//
//	func (n network) Meta() store.Meta {
//		return store.Meta{Kind: "network", ID: n.ID, ProjectID: n.ProjectID, Name: n.Name}
//	}
//
//	err := s.Update(ctx, func(tx *store.Tx) error {
//		return store.Put(tx, network{ID: tx.NewID(), ProjectID: p, Name: "private"})
//	})
//	err = s.View(ctx, func(tx *store.Tx) error {
//		all, err := store.List[network](tx, store.Project(p), store.Name("private"))
//		one, err := store.Get[network](tx, id) // store.ErrNotFound when there is none
//		...
//	})
//
// What has to be found by another field goes into Meta.Index (any number of values for each key) and is found with
// store.By("network_id", id). What must not exist twice goes into Meta.Unique: Put then returns a *Conflict and the
// transaction rolls back, whichever process came first.
//
// # Transactions
//
// Update begins with BEGIN IMMEDIATE: it waits for any other writer, of this process or another, and from then on reads
// and writes one state that nobody changes under it. View reads one snapshot. When the function returns an error nothing
// is kept. The web package runs each request in one of the two, so a service never opens one itself.
//
// # What survives
//
// The file is in WAL mode with synchronous=NORMAL. A commit has been handed to the operating system before Update
// returns, so a killed process (kill -9) loses nothing that was answered. A power failure may lose the last commits,
// never the file's consistency; a simulator need not pay an fsync for each request to prevent that.
package store
