// Package contract holds the calls that the built-in simulator and a real OpenStack must answer alike.
//
// A file in cases/ is a scenario: requests in order, with what later ones need saved from the answers. Its twin in
// recorded/ is what a real OpenStack answered, with ids, times, addresses and tokens masked. `go test ./contract` plays
// every scenario on an in-memory simulator and compares. With a real cloud at hand,
//
//	OSLUA_CONTRACT_IDENTITY=http://127.0.0.1:5000 go test ./contract
//
// plays them there too and compares that with the recording, and `-record` writes the recordings anew. The cloud must
// be seeded as DevStack seeds one: users admin, demo and alt_demo, their password in OSLUA_CONTRACT_PASSWORD ("secret").
//
// # The form of a scenario
//
// Blocks are separated by blank lines; a line that starts with # is a comment. A block is a request:
//
//	POST network /v2.0/networks
//	> X-Some-Header: value
//	{"network": {"name": "contract-net"}}
//	save net = network.id
//
// The request line names the method, the service (identity, network, compute, image) and the path below the service's
// root; {net} in a path, header or body stands for what was saved. Behind the body stand directives:
//
//	as admin            ask as this user, here and from here on (admin, demo, alt_demo, nobody); demo at first
//	save net = a.b.0.c  keep a value of the answer's body, by keys and indexes (counted from 0)
//	mask a.b.*.c        leave out a value that differs for good reason; * is every element
//	ordered             the order of the list matters
//	differs REASON      the simulator answers otherwise on purpose; the answer is not compared
//	until PATH VALUE    ask again until the value is there (a state the cloud needs time for)
//
// The block "cleanup" starts the requests that are sent even when an earlier one went wrong; their answers count too.
package contract
