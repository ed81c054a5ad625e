// Package cloud is the connection to one OpenStack: where its configuration comes from, who we are there, how a request
// is sent, repeated and traced, and what an answer that is no success means.
package cloud
