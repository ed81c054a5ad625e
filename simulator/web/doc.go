// Package web is the HTTP plumbing that the simulated services share: routes, transactions, tokens, request ids, error
// bodies, filters and paging. It knows how OpenStack's services answer, and nothing of what they manage.
//
// A service is a value: a name, a prefix, a style (whose error bodies and sentences it uses) and a table of routes.
//
//	func New(auth web.Authenticator) *web.Service {
//		s := &service{}
//		return &web.Service{
//			Name: "network", Prefix: "/network", Style: web.Neutron(), Auth: auth,
//			Routes: []web.Route{
//				{Method: "GET", Pattern: "/{$}", Handler: s.versions, Public: true, Doc: "List the versions."},
//				{Method: "GET", Pattern: "/v2.0/networks", Handler: s.list, Doc: "List networks."},
//				{Method: "GET", Pattern: "/v2.0/networks/{id}", Handler: s.show, Doc: "Show a network."},
//				{Method: "POST", Pattern: "/v2.0/networks", Handler: s.create, Doc: "Create networks."},
//				{Pattern: "/v2.0/qos/{rest...}", Missing: true, Doc: "Quality of service."},
//			},
//		}
//	}
//
//	func (s *service) show(r *web.Request) (*web.Response, error) {
//		n, err := store.Get[network](r.Tx, r.PathValue("id"))
//		if err != nil || !n.visible(r.Caller) {
//			return nil, &web.Error{Status: 404, Type: "NetworkNotFound", Message: "Network " + id + " could not be found."}
//		}
//		return web.OK(web.Object{"network": wire(n)}), nil
//	}
//
// Patterns are net/http's, below the prefix, without a method; a trailing slash of the request is taken off before they
// are looked at. GET answers HEAD too unless HEAD has a route. Two patterns of which neither is more specific than the
// other cannot be served ("/v2.0/{kind}/{id}/tags" and "/v2.0/networks/{id}/x"): NewServer says so.
//
// A handler runs in one transaction of the store, r.Tx: writable for POST, PUT, PATCH and DELETE, or where the route
// says Write; read-only otherwise. Returning an error rolls it back. The answer is sent after the commit, so what a
// client has read is kept. A Stream route gets no transaction and the body unread: it uses r.Store itself, in short
// transactions around its copying.
//
// An error that is a *web.Error is answered in the service's style. store.ErrNotFound or any other error is a
// programming mistake and answered with 500, its text only in the log.
//
// What the table does not have is answered as the real service answers a path or a method it does not know (404, 405);
// what the real service has and this one has not belongs into the table as Missing and answers 501 naming itself. The
// coverage list is made of the tables.
package web
