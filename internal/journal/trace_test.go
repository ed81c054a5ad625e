package journal

import (
	"net/http"
	"net/http/httptrace"
)

// traceOf gives what tells the sender that a connection was had.
func traceOf(r *http.Request) func() {
	t := httptrace.ContextClientTrace(r.Context())
	if t == nil || t.GotConn == nil {
		return nil
	}
	return func() { t.GotConn(httptrace.GotConnInfo{}) }
}
