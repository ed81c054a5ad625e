package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// The ways of importing.
const (
	direct   = "glance-direct"
	download = "web-download"
	copying  = "copy-image"
)

func methods() []string { return []string{direct, download, copying} }

// The properties that an import leaves behind.
const (
	propImporting = "os_glance_importing_to_stores"
	propFailed    = "os_glance_failed_import"
)

func (s *Image) importImage(r *web.Request) (*web.Response, error) {
	v, err := body(r)
	if err != nil {
		return nil, err
	}
	in, _ := v.(map[string]any)
	method, uri, err := readImport(in)
	if err != nil {
		return nil, err
	}
	took := intake{Image: s, r: r, at: s.watch(r)}
	var job task
	err = r.Store.Update(r.Context(), func(tx *store.Tx) error {
		i, err := s.checkImport(tx, r, in, method)
		if err != nil {
			return err
		}
		took.image = i
		if method == copying {
			return nil // it is everywhere it can be
		}
		if method == download && !allowedURI(uri) {
			return badRequest("URI for web-download does not pass filtering: %s", uri)
		}
		job = task{ID: tx.NewID(), Type: "api_image_import", Status: taskRunning, Owner: project(r.Caller), ImageID: i.ID,
			RequestID: r.ID, UserID: r.Caller.UserID, Created: now(r), Updated: now(r),
			Input: map[string]any{"image_id": i.ID, "import_req": in, "backend": []string{storeName}}}
		if method == download {
			i.Status = importing
			i.reserve(now(r))
			return errors.Join(store.Put(tx, *i), store.Put(tx, job))
		}
		if i.Staged == nil {
			return conflict("Image needs to be staged before '%s' method can be used", direct)
		}
		job.done(i.Staged.Size, now(r))
		i.complete(*i.Staged)
		i.imported("")
		i.Updated = now(r)
		return errors.Join(store.Put(tx, *i), store.Put(tx, job))
	})
	if err != nil {
		return nil, err
	}
	if method == download {
		s.writes.Add(1)
		defer s.writes.Done()
		if err := took.settle(job, took.fetch(uri)); err != nil {
			return nil, err
		}
	}
	return empty(http.StatusAccepted), nil
}

// readImport checks the form of an import request.
func readImport(in map[string]any) (method, uri string, err error) {
	spec, ok := in["method"]
	if !ok {
		return "", "", badRequest("Import request requires a 'method' field.")
	}
	m, _ := spec.(map[string]any)
	name, ok := m["name"]
	if !ok {
		return "", "", badRequest("Import request requires a 'name' field.")
	}
	method, _ = name.(string)
	if !slices.Contains(methods(), method) {
		return "", "", badRequest("Unknown import method name '%s'.", textOf(name))
	}
	for _, key := range []string{"all_stores_must_succeed", "all_stores"} {
		if v, given := in[key]; given && !isKind(v, "boolean") {
			return "", "", badRequest("'%s' must be boolean value only", key)
		}
	}
	uri = textOf(m["uri"]) // "None" where there is none
	return method, uri, nil
}

// checkImport finds the image and refuses what Glance refuses, in its order.
func (s *Image) checkImport(tx *store.Tx, r *web.Request, in map[string]any, method string) (*image, error) {
	i, err := must(tx, r.Caller, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	switch {
	case i.Status == active && method != copying:
		return nil, conflict("Image with status active cannot be target for import")
	case i.Status != active && method == copying:
		return nil, conflict("Only images with status active can be targeted for copying")
	case i.Status != queued && method == download:
		return nil, conflict("Image needs to be in 'queued' state to use '%s' method", method)
	case i.Status != uploading && method == direct:
		return nil, conflict("Image needs to be staged before '%s' method can be used", method)
	case i.ContainerFormat == nil || *i.ContainerFormat == "":
		return nil, conflict("'container_format' needs to be set before import")
	case i.DiskFormat == nil || *i.DiskFormat == "":
		return nil, conflict("'disk_format' needs to be set before import")
	case method == copying && !r.Caller.Admin():
		return nil, notAuthorized("copy_image")
	case method != copying && !owns(r.Caller, i):
		return nil, notOwner()
	}
	header := r.Header.Get("X-Image-Meta-Store")
	everywhere, _ := in["all_stores"].(bool)
	list, listed := in["stores"]
	switch {
	case everywhere && (listed || header != ""):
		return nil, badRequest("All_stores parameter can't be used with x-image-meta-store header or stores parameter")
	case listed && header != "":
		return nil, badRequest("Stores parameter and x-image-meta-store header can't be both specified")
	case header != "":
		list = []any{header}
	}
	if names, ok := list.([]any); ok && !everywhere {
		for _, name := range names {
			if name != storeName {
				return nil, conflict("Store for identifier %s not found", textOf(name))
			}
		}
	}
	if method == copying && !everywhere {
		return nil, badRequest("Image is already present at store '%s'", storeName)
	}
	return i, nil
}

// imported leaves the properties of an import that is over.
func (i *image) imported(failed string) {
	none := ""
	i.Properties[propImporting], i.Properties[propFailed] = &none, &failed
}

// allowedURI says whether Glance would fetch from an address. It wants port 80 or 443; a loopback address may have any
// port here, for there is where a learner can have a server.
func allowedURI(uri string) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	switch u.Port() {
	case "", "80", "443":
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// fetch copies what an address gives into the image.
func (in *intake) fetch(uri string) error {
	ctx, cancel := context.WithCancel(in.r.Context())
	defer cancel()
	defer context.AfterFunc(in.closing, cancel)()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		in.undo()
		return err
	}
	client := in.options.Client
	if client == nil {
		transport := loopbackTransport()
		defer transport.CloseIdleConnections()
		client = &http.Client{Transport: transport}
	}
	resp, err := client.Do(req)
	if err != nil {
		in.undo()
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		in.undo()
		return fmt.Errorf("%s answered %s", uri, resp.Status)
	}
	return in.take(resp.Body, importing)
}

// loopbackTransport reaches this machine and nothing else: a simulator must not be a way into a network.
func loopbackTransport() *http.Transport {
	d := net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !at.Addr().IsLoopback() {
			return fmt.Errorf("%s is not a loopback address", address)
		}
		return nil
	}}
	return &http.Transport{DialContext: d.DialContext, ResponseHeaderTimeout: 30 * time.Second}
}

// settle writes down how a download ended.
func (in *intake) settle(job task, failure error) error {
	return in.r.Store.Update(in.r.Context(), func(tx *store.Tx) error {
		now, err := store.Get[image](tx, in.image.ID)
		switch {
		case isNotFound(err):
			failure = errors.New("the image was deleted")
		case err != nil:
			return err
		case failure != nil:
			now.imported(storeName)
		default:
			now.imported("")
		}
		if err == nil {
			if err := store.Put(tx, now); err != nil {
				return err
			}
		}
		if failure != nil {
			job.Status, job.Message, job.Updated = taskFailed, failure.Error(), in.at()
		} else {
			job.done(*now.Size, in.at())
		}
		return store.Put(tx, job)
	})
}
