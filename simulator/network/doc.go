// Package network is Neutron's v2.0 API inside the simulator.
//
// Every resource is one value of type resource: a table of attributes (attrs_*.go), which drives reading, checking,
// policy, filtering and showing, and a few functions that know what the resource means (networks.go, ports.go, …).
// engine.go is the one place that lists, shows, creates, updates and deletes; ipam.go knows addresses and nothing else.
//
// The sentences of errors are those Neutron's clients see, so they follow Python's way of writing values (python.go).
//
// What differs on purpose: addresses are handed out in turn instead of at random; no network has a DHCP port, since no
// agent is there to own one; what an agent would report a moment later (a router port's binding, a floating IP's
// status) is there at once.
package network
