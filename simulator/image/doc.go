// Package image is Glance's v2 API inside the simulator.
//
// service.go has the table of routes; images.go, listing.go, data.go, importing.go, members.go and tasks.go the handlers;
// model.go the documents that are the state and wire.go what they look like to a client. files.go keeps the images' data,
// formats.go reads a disk's virtual size from its bytes, and compute.go is what the compute service uses.
//
// # Data
//
// An image's data is a file that is written once under a random name and never changed. The name is put into the image's
// document, in a transaction of its own, before the file is made: a file that no document names belongs to nobody and is
// removed by Sweep. That makes uploads and deletions safe in any order and any number of processes, and a snapshot is
// a matter of links. The data of the seeded image and of snapshots of servers is made up when it is read and takes no file.
//
// # What differs on purpose
//
// An import is done when its request is answered, where Glance needs a moment. A web-download reaches loopback addresses
// only, on any port; Glance takes any host, on ports 80 and 443. A tag in a path is read as UTF-8, where Glance reads it
// byte by byte. Paths of older minor versions (/v2.7/images) and metadata definitions are not implemented.
package image
