// Package compute is Nova's v2.1 API inside the simulator, microversions 2.1 to 2.93.
//
// A request goes through one shape: the route's handler reads and checks the body (schemas.go says what Nova accepts,
// schema.go checks it and finds Nova's own words for what is wrong), looks at the documents (docs.go), changes them and
// answers in wire form (views.go, flavors.go, ...).
//
// Nothing happens by itself. A server's document holds the state it was last put in and the change that is under way;
// what a client sees at a moment is computed from the two and the clock (states.go). What a change does elsewhere (a
// port bound or deleted, an image made) is done when it is asked for.
//
// There is one host, with the capacity of the machine the reference cloud runs on, and a driver that always succeeds
// unless the real one would have refused (scheduling, networks, the size of the image).
//
// What differs on purpose: ports are there as soon as a server was asked for; there is no block storage service, so
// volumes are refused as in a cloud without one; servers are not migrated, since there is nowhere to go; where Nova
// breaks with a 500 on a body of another shape (a quota set or a security group that is a text), the answer is a 400.
package compute
