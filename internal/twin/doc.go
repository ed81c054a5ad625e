// Package twin is a copy of a real cloud that may be changed: a simulator inside the process, seeded with what the cloud
// has, for trying out what a script would do.
//
//	t, err := twin.New(ctx, conn, twin.Options{Clock: clk, Version: version})
//	defer t.Close()
//	trial := cloud.New(t.Config(), cloud.Options{DialContext: t.DialContext, …})
//	// every request of trial ends here, however it changes things
//	t.Err(), t.Notes()
//
// New authenticates, where the connection has not yet, and reads nothing else: each service is read when the twin is
// first asked something of it (the network service at once; of the compute service flavors and key pairs alone where no
// more is wanted, else the images and networks too). What is read goes through cloud.Connection.ReadOnly, so nothing but
// GET and what authenticates ever leaves.
//
// The twin answers as the cloud would answer the same user: same IDs, names, addresses, quotas, times and states, at
// t.Config(), which logs in as the same user in the same project and region with a password that only the twin knows.
//
// A request of which the reading fails is answered with an error of the status 424 that says why, and t.Err gives the
// reason. What the twin could not take over, or may differ, is in Notes; they grow as more is read.
package twin
