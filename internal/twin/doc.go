// Package twin is a copy of a real cloud that may be changed: a simulator inside the process, seeded with what the cloud
// has, for trying out what a script would do.
//
//	t, err := twin.New(ctx, conn, twin.Options{Clock: clk})
//	defer t.Close()
//	trial := cloud.New(t.Config(), cloud.Options{DialContext: t.DialContext, …})
//	// every request of trial ends here, however it changes things
//	t.Err(), t.Notes()
//
// New authenticates, where the connection has not yet, and reads nothing else: each service is read when the twin is
// first asked something of it (the network service at once; of the compute service flavors and key pairs alone where no
// more is wanted, else the images and networks too). Lists are read in pages, several at the same time, and once. What is
// read goes through cloud.Connection.ReadOnly, so nothing but GET and what authenticates ever leaves.
//
// The twin answers as the cloud would answer the same user: same IDs, names, addresses, quotas, times and states, at
// t.Config(), which logs in as the same user in the same project and region with a password that only the twin knows.
//
// Whose things are read: of servers, server groups and key pairs those that a plain list shows, which are the project's
// or the user's own. An administrator's twin reads the servers of all projects when a list asks for them, and single
// servers and flavors of others when they are asked for by ID. Networks, images and projects are read as the user sees
// them, an administrator's all: a script finds them by their names, and a name that is missing would be a wrong answer.
//
// A request of which the reading fails is answered with an error of the status 424 that says why, and t.Err gives the
// reason. What the cloud refuses to tell (403) is a note instead. What the twin could not take over, or may differ, is in
// Notes; they grow as more is read.
//
// What differs: what runs inside servers that were there already is not known, so their consoles answer 501, and SSH to
// them lets anybody in; images have sizes and sums but no data; addresses that other projects have on shared and
// external networks are not known to be taken; there is room for any server; ports without a name that came into being
// with a server go with it, for who made them is not told.
package twin
