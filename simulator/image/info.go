package image

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oslua/oslua/simulator/web"
)

// minors are the versions of the API, the newest first; 2.14 and 2.16 need a cache.
func minors() []string {
	all := []string{"v2.15"}
	for n := 13; n >= 0; n-- {
		all = append(all, "v2."+strconv.Itoa(n))
	}
	return all
}

func versions(status int) web.Handler {
	return func(r *web.Request) (*web.Response, error) { return versionList(r, status), nil }
}

func versionList(r *web.Request, status int) *web.Response {
	var all []web.Object
	for i, v := range minors() {
		state := "SUPPORTED"
		if i == 0 {
			state = "CURRENT"
		}
		all = append(all, web.Object{"id": v, "status": state, "links": []web.Object{{"rel": "self", "href": r.URLFor("/v2/")}}})
	}
	return &web.Response{Status: status, Body: web.Object{"versions": all}}
}

// elsewhere answers what is no path of the API: the versions where the path names none, and 404 below one.
func (s *Image) elsewhere(r *web.Request) (*web.Response, error) {
	version, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	known := version == "v2" || slices.Contains(minors(), version)
	switch {
	case !known:
		return versionList(r, http.StatusMultipleChoices), nil
	case r.Caller == nil:
		return nil, r.Service.Style.Unauthorized(r)
	case version != "v2":
		return nil, web.Errorf(http.StatusNotImplemented,
			"The simulator does not implement %s%s: use %s/v2/%s. See docs/simulator-coverage.md for what it does.", Prefix, r.URL.Path, Prefix, rest)
	case rest == "" && !strings.HasSuffix(r.RequestURI, "/"):
		return (&web.Response{Status: http.StatusFound}).With("Location", r.URLFor("/v2/")).With("Content-Type", "text/plain; charset=utf8"), nil
	}
	return nil, render(r, nothingHere())
}

func importMethods(*web.Request) (*web.Response, error) {
	return web.OK(web.Object{"import-methods": web.Object{"description": "Import methods available.", "type": "array",
		"value": methods()}}), nil
}

func storeList() web.Object { return web.Object{"id": storeName, "default": "true"} }

func stores(*web.Request) (*web.Response, error) {
	return web.OK(web.Object{"stores": []web.Object{storeList()}}), nil
}

func (s *Image) storesDetail(r *web.Request) (*web.Response, error) {
	if !r.Caller.Admin() {
		return nil, notAuthorized("stores_info_detail")
	}
	o := storeList()
	o["type"] = "file"
	o["properties"] = web.Object{"data_dir": s.options.Dir, "chunk_size": 65536, "thin_provisioning": false}
	return web.OK(web.Object{"stores": []web.Object{o}}), nil
}

func usage(*web.Request) (*web.Response, error) {
	return web.OK(web.Object{"usage": web.Object{}}), nil
}

func noCache(policy string) web.Handler {
	return func(r *web.Request) (*web.Response, error) {
		if !r.Caller.Admin() {
			return nil, notAuthorized(policy)
		}
		return nil, notFound("Caching via API is not supported at this site.")
	}
}
