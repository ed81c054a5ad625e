package image

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// quota is how many tags, properties or members an image may have.
const quota = 128

// body reads the request's JSON: an object or a list.
func body(r *web.Request) (any, error) {
	if !hasBody(r) {
		return nil, badRequest("Body expected in request.")
	}
	raw := r.Raw
	if r.Route.Stream {
		var err error
		if raw, err = io.ReadAll(io.LimitReader(r.Body, 1<<20)); err != nil {
			return nil, badRequest("Malformed JSON in request body.")
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if !utf8.Valid(raw) || d.Decode(&v) != nil || d.Decode(new(any)) != io.EOF {
		return nil, badRequest("Malformed JSON in request body.")
	}
	switch v.(type) {
	case map[string]any, []any:
		return v, nil
	}
	return nil, badRequest("Unexpected body type. Expected list/dict.")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func readOnly(name string) *fault { return forbidden("Attribute '%s' is read-only.", name) }

// reserved are names no property may have, nor begin with.
func reserved(name string) bool {
	switch name {
	case "location", "deleted", "deleted_at":
		return true
	}
	return strings.HasPrefix(name, "os_glance_")
}

// titleCase is Python's str.title.
func titleCase(s string) string {
	up := true
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			up = true
			return r
		}
		if up {
			up = false
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, s)
}

// tooWide is the database's word on characters beyond the basic plane.
func tooWide(key string, value *string) error {
	wide := func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r > 0xffff }) }
	if wide(key) {
		return badRequest("Property names can't contain 4 byte unicode.")
	}
	if value != nil && wide(*value) {
		return badRequest("%s can't contain 4 byte unicode characters.", titleCase(key))
	}
	return nil
}

func (s *Image) create(r *web.Request) (*web.Response, error) {
	v, err := body(r)
	if err != nil {
		return nil, err
	}
	in, ok := v.(map[string]any)
	if !ok {
		return nil, badRequest("Expected an image, got a list.")
	}
	for _, name := range []string{"direct_url", "self", "file", "schema", "stores"} {
		if _, given := in[name]; given {
			return nil, readOnly(name)
		}
	}
	if err := imageSchema().check(in); err != nil {
		return nil, err
	}
	i := image{ID: "", Visibility: "shared", Status: queued, Properties: map[string]*string{}, Created: now(r)}
	i.Updated = i.Created
	if p := project(r.Caller); p != "" {
		i.Owner = &p
	}
	for _, name := range sortedKeys(in) {
		if settable(name) || name == "id" || isReadOnly(name) && !strings.HasPrefix(name, "os_hash") {
			continue
		}
		if utf8.RuneCountInString(name) > 255 {
			return nil, badRequest("Custom property should not be greater than 255 characters.")
		}
		if reserved(name) {
			return nil, detailed(http.StatusForbidden, "Attribute '%s' is reserved.", name)
		}
	}
	if owner, given := in["owner"]; given {
		i.Owner = pointer(owner)
	}
	if in["visibility"] == "public" && !r.Caller.Admin() {
		return nil, notAuthorized("publicize_image")
	}
	if !r.Caller.Admin() && (i.Owner == nil || *i.Owner != project(r.Caller)) {
		return nil, forbidden("You are not permitted to create images owned by '%v'.", textOf(in["owner"]))
	}
	if list, ok := in["tags"].([]any); ok {
		i.Tags = tagList(list)
	}
	if err := checkTags(len(i.Tags)); err != nil {
		return nil, err
	}
	for _, name := range []string{"created_at", "updated_at", "status", "checksum", "size", "virtual_size"} {
		if _, given := in[name]; given {
			return nil, readOnly(name)
		}
	}
	if _, given := in["locations"]; given {
		return nil, forbidden("Attribute 'locations' is reserved.")
	}
	for _, name := range sortedKeys(in) {
		switch {
		case name == "owner" || name == "tags" || name == "id":
		case settable(name):
			if err := i.set(name, in[name]); err != nil {
				return nil, err
			}
		default:
			i.Properties[name] = pointer(in[name])
		}
	}
	if err := i.fits(); err != nil {
		return nil, err
	}
	if i.ID, ok = in["id"].(string); !ok {
		i.ID = r.Tx.NewID()
	}
	if taken, err := idTaken(r.Tx, i.ID); err != nil {
		return nil, err
	} else if taken {
		return nil, conflict("Image ID %s already exists!", i.ID)
	}
	if err := store.Put(r.Tx, i); err != nil {
		return nil, err
	}
	return web.Created(i.view(r.Caller)).With("Location", r.URLFor("/v2/images/"+i.ID)).
		With("Openstack-Image-Import-Methods", strings.Join(methods(), ",")).
		With("Openstack-Image-Store-Ids", storeName+",os_glance_staging_store,os_glance_tasks_store"), nil
}

func idTaken(tx *store.Tx, id string) (bool, error) {
	has, err := store.Has[image](tx, id)
	if err != nil || has {
		return has, err
	}
	return store.Has[gone](tx, id)
}

func textOf(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return python.Repr(v)
}

// pointer is a JSON string, or nil for null.
func pointer(v any) *string {
	if s, ok := v.(string); ok {
		return &s
	}
	return nil
}

func tagList(list []any) []string {
	var all []string
	for _, t := range list {
		if s, ok := t.(string); ok && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

func checkTags(n int) error {
	if n > quota {
		return tooLarge("The limit has been exceeded on the number of allowed image tags. Attempted: %d, Maximum: %d", n, quota)
	}
	return nil
}

// settable are the attributes that a client may change.
func settable(name string) bool {
	switch name {
	case "name", "visibility", "os_hidden", "min_disk", "min_ram", "protected", "owner", "disk_format", "container_format", "tags":
		return true
	}
	return false
}

// isReadOnly are the attributes that a client may not change.
func isReadOnly(name string) bool {
	switch name {
	case "created_at", "updated_at", "status", "checksum", "size", "virtual_size", "direct_url", "self", "file", "schema", "id",
		"os_hash_algo", "os_hash_value":
		return true
	}
	return false
}

// set gives a settable attribute a value that the schema has passed.
func (i *image) set(name string, v any) error {
	switch name {
	case "name":
		i.Name = pointer(v)
	case "owner":
		i.Owner = pointer(v)
		if i.Owner != nil && *i.Owner == "" {
			i.Owner = nil
		}
	case "visibility":
		i.Visibility, _ = v.(string)
	case "os_hidden":
		i.Hidden, _ = v.(bool)
	case "protected":
		i.Protected, _ = v.(bool)
	case "min_disk", "min_ram":
		n, _ := integer(v)
		if n < 0 {
			return badRequest("Invalid value '%s' for parameter '%s': Cannot be a negative value", python.Repr(v), name)
		}
		if name == "min_disk" {
			i.MinDisk = n
		} else {
			i.MinRAM = n
		}
	case "disk_format", "container_format":
		if i.Status != queued && i.Status != importing {
			return forbidden("Attribute %s can be only replaced for a queued image.", name)
		}
		if name == "disk_format" {
			i.DiskFormat = pointer(v)
		} else {
			i.ContainerFormat = pointer(v)
		}
	case "tags":
		list, _ := v.([]any)
		i.Tags = tagList(list)
		return checkTags(len(i.Tags))
	}
	return nil
}

// fits checks what only the database would refuse.
func (i *image) fits() error {
	n := 0
	for _, name := range sortedKeys(i.Properties) {
		if !strings.HasPrefix(name, "os_glance_") {
			n++
		}
	}
	if n > quota {
		return tooLarge("The limit has been exceeded on the number of allowed image properties. Attempted: %d, Maximum: %d", n, quota)
	}
	if err := tooWide("name", i.Name); err != nil {
		return err
	}
	for _, name := range sortedKeys(i.Properties) {
		if err := tooWide(name, i.Properties[name]); err != nil {
			return err
		}
	}
	const most = 1<<31 - 1
	for _, c := range []struct {
		name  string
		value int64
	}{{"min_disk", i.MinDisk}, {"min_ram", i.MinRAM}} {
		if c.value > most {
			return badRequest("'%s' value out of range, must not exceed %d.", c.name, most)
		}
	}
	return nil
}

func (s *Image) show(r *web.Request) (*web.Response, error) {
	i, err := must(r.Tx, r.Caller, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(i.view(r.Caller)), nil
}

// change is one operation of a PATCH.
type change struct {
	op, name string
	deep     bool // the path goes on below the name
	value    any
	strict   bool // version 2.0 of the patches: add only what is not there
}

func (s *Image) update(r *web.Request) (*web.Response, error) {
	changes, err := readPatch(r)
	if err != nil {
		return nil, err
	}
	i, err := must(r.Tx, r.Caller, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if err := s.apply(r, i, c); err != nil {
			return nil, err
		}
	}
	if len(changes) == 0 {
		return web.OK(i.view(r.Caller)), nil
	}
	if err := i.fits(); err != nil {
		return nil, err
	}
	i.Updated = now(r)
	if ok, err := sees(r.Tx, r.Caller, i); err != nil {
		return nil, err
	} else if !ok {
		return nil, forbidden("Forbidding request, image %s not visible", i.ID)
	}
	if err := store.Put(r.Tx, *i); err != nil {
		return nil, err
	}
	return web.OK(i.view(r.Caller)), nil
}

func (s *Image) apply(r *web.Request, i *image, c change) error {
	if c.name == "locations" {
		list, isList := c.value.([]any)
		if c.op == "replace" && (!isList || len(list) == 0) {
			return detailed(http.StatusForbidden, "Cannot set locations to empty list.")
		}
		if c.op == "remove" && !owns(r.Caller, i) {
			return notOwner()
		}
		verb := map[string]string{"replace": "update", "add": "add", "remove": "remove"}[c.op]
		return forbidden("It's not allowed to %s locations if locations are invisible.", verb)
	}
	if c.op == "replace" && c.name == "owner" && !r.Caller.Admin() {
		return detailed(http.StatusForbidden, "Owner can't be updated by non admin.")
	}
	if c.name == "visibility" && c.value == "public" && !r.Caller.Admin() {
		return notAuthorized("publicize_image")
	}
	if !owns(r.Caller, i) {
		return notOwner()
	}
	_, has := i.Properties[c.name]
	base := settable(c.name)
	switch {
	case c.op == "remove" && base:
		return detailed(http.StatusForbidden, "Property %s may not be removed.", c.name)
	case c.op != "add" && !base && !has:
		return detailed(http.StatusConflict, "Property %s does not exist.", c.name)
	case c.op == "add" && c.strict && (base || has):
		return detailed(http.StatusConflict, "Property %s already present.", c.name)
	case c.op == "remove":
		delete(i.Properties, c.name)
	case base:
		return i.set(c.name, c.value)
	default:
		i.Properties[c.name] = pointer(c.value)
	}
	return nil
}

const patchType = "application/openstack-images-v2.%d-json-patch"

func readPatch(r *web.Request) ([]change, error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	strict := false
	switch strings.TrimSpace(kind) {
	case fmt.Sprintf(patchType, 0):
		strict = true
	case fmt.Sprintf(patchType, 1):
	default:
		f := unsupportedMedia(r)
		f.header = http.Header{"Accept-Patch": {fmt.Sprintf(patchType+", "+patchType, 0, 1)}}
		return nil, f
	}
	v, err := body(r)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, badRequest("Request body must be a JSON array of operation objects.")
	}
	var changes []change
	for _, raw := range list {
		o, ok := raw.(map[string]any)
		if !ok {
			return nil, badRequest("Operations must be JSON objects.")
		}
		c, err := readChange(o, strict)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func operations() []string { return []string{"add", "remove", "replace"} }

func readChange(o map[string]any, strict bool) (change, error) {
	c := change{strict: strict}
	var path any
	if strict {
		for _, op := range operations() {
			if p, ok := o[op]; ok {
				if c.op != "" {
					return c, badRequest(`Operation objects must contain only one member named "add", "remove", or "replace".`)
				}
				c.op, path = op, p
			}
		}
		if c.op == "" {
			return c, badRequest(`Operation objects must contain exactly one member named "add", "remove", or "replace".`)
		}
	} else {
		available := strings.Join(operations(), ", ")
		if o["op"] == nil {
			return c, badRequest("Unable to find `op` in JSON Schema change. It must be one of the following: %s.", available)
		}
		var ok bool
		if c.op, ok = o["op"].(string); !ok || !slices.Contains(operations(), c.op) {
			return c, badRequest("Invalid operation: `%s`. It must be one of the following: %s.", textOf(o["op"]), available)
		}
		if path, ok = o["path"]; !ok {
			return c, badRequest("Unable to find 'path' in JSON Schema change")
		}
	}
	pointer, ok := path.(string)
	if !ok {
		return c, badRequest("Pointer `%s` does not start with \"/\".", textOf(path))
	}
	parts, err := decodePointer(pointer)
	if err != nil {
		return c, err
	}
	c.name = parts[0]
	depth := 1
	if c.name == "locations" && c.op != "replace" {
		depth = 2
	}
	if len(parts) != depth {
		return c, badRequest("Invalid JSON pointer for this resource: '/%s'", strings.Join(parts, "/"))
	}
	c.deep = depth > 1
	if c.op != "remove" {
		if c.value, ok = o["value"]; !ok {
			return c, badRequest(`Operation "%s" requires a member named "value".`, c.op)
		}
	}
	switch {
	case isReadOnly(c.name):
		return c, readOnly(c.name)
	case reserved(c.name):
		return c, forbidden("Attribute '%s' is reserved.", c.name)
	case c.op == "remove":
		return c, nil
	case c.deep:
		return c, imageSchema().check(map[string]any{c.name: []any{c.value}})
	}
	return c, imageSchema().check(map[string]any{c.name: c.value})
}

var (
	adjacent = regexp.MustCompile(`/\s*/`)
	badTilde = regexp.MustCompile(`~([^01]|$)`)
)

// decodePointer reads a JSON pointer as strictly as Glance does.
func decodePointer(p string) ([]string, error) {
	switch {
	case !strings.HasPrefix(p, "/"):
		return nil, badRequest("Pointer `%s` does not start with \"/\".", p)
	case adjacent.MatchString(p[1:]):
		return nil, badRequest("Pointer `%s` contains adjacent \"/\".", p)
	case len(p) > 1 && strings.HasSuffix(p, "/"):
		return nil, badRequest("Pointer `%s` end with \"/\".", p)
	case badTilde.MatchString(p):
		return nil, badRequest("Pointer `%s` contains \"~\" not part of a recognized escape sequence.", p)
	}
	parts := strings.Split(strings.TrimLeft(p, "/"), "/")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
	}
	return parts, nil
}

func (s *Image) remove(r *web.Request) (*web.Response, error) {
	id, file := r.PathValue("id"), ""
	err := r.Store.Update(r.Context(), func(tx *store.Tx) error {
		i, err := look(tx, r.Caller, id)
		switch {
		case err != nil:
			return err
		case i == nil:
			return notFound("Failed to find image %s to delete", id)
		case !owns(r.Caller, i):
			return notOwner()
		case i.Protected:
			return forbidden("Image %s is protected and cannot be deleted.", id)
		}
		file = i.File
		return discard(tx, i.ID)
	})
	if err != nil {
		return nil, err
	}
	s.files.remove(file)
	return noContent(), nil
}

// discard removes an image's documents and keeps its ID from being used again.
func discard(tx *store.Tx, id string) error {
	members, err := store.List[member](tx, store.By("image", id))
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := store.Delete[member](tx, m.Meta().ID); err != nil {
			return err
		}
	}
	if err := store.Delete[image](tx, id); err != nil {
		return err
	}
	return store.Put(tx, gone{ID: id})
}

func (s *Image) dropFromStore(r *web.Request) (*web.Response, error) {
	if name := r.PathValue("store"); name != storeName {
		return nil, conflict("The selected store %s is not available on this node.", name)
	}
	i, err := look(r.Tx, r.Caller, r.PathValue("id"))
	switch {
	case err != nil:
		return nil, err
	case i == nil:
		return nil, notFound("Failed to find image %s", r.PathValue("id"))
	case !owns(r.Caller, i):
		return nil, notOwner()
	case i.Status != active:
		return nil, conflict("It's not allowed to remove image data from store if image status is not 'active'")
	}
	return nil, forbidden("Cannot delete image data from the only store containing it. Consider deleting the image instead.")
}

func (s *Image) addTag(r *web.Request) (*web.Response, error) {
	tag := r.PathValue("tag")
	if err := imageSchema().check(map[string]any{"tags": []any{tag}}); err != nil {
		return nil, err
	}
	i, err := s.tagged(r, "update")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(i.Tags, tag) {
		i.Tags = append(i.Tags, tag)
	}
	if err := checkTags(len(i.Tags)); err != nil {
		return nil, tooLarge("Image tag limit exceeded for image %s: %s:", i.ID, err.(*fault).explanation) //nolint:errorlint // ours
	}
	i.Updated = now(r)
	return noContent(), store.Put(r.Tx, *i)
}

func (s *Image) dropTag(r *web.Request) (*web.Response, error) {
	i, err := s.tagged(r, "delete")
	if err != nil {
		return nil, err
	}
	at := slices.Index(i.Tags, r.PathValue("tag"))
	if at < 0 {
		return nil, nothingHere()
	}
	i.Tags = slices.Delete(i.Tags, at, at+1)
	i.Updated = now(r)
	return noContent(), store.Put(r.Tx, *i)
}

func (s *Image) tagged(r *web.Request, verb string) (*image, error) {
	id := r.PathValue("id")
	i, err := look(r.Tx, r.Caller, id)
	switch {
	case err != nil:
		return nil, err
	case i == nil:
		return nil, notFound("Image %s not found.", id)
	case !owns(r.Caller, i):
		return nil, forbidden("Not allowed to %s tags for image %s.", verb, id)
	}
	return i, nil
}

func (s *Image) deactivate(r *web.Request) (*web.Response, error) {
	return s.toggle(r, active, deactivated, "deactivate")
}

func (s *Image) reactivate(r *web.Request) (*web.Response, error) {
	return s.toggle(r, deactivated, active, "reactivate")
}

func (s *Image) toggle(r *web.Request, from, to, verb string) (*web.Response, error) {
	i, err := mine(r.Tx, r.Caller, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	switch i.Status {
	case to:
		return noContent(), nil
	case from:
		i.Status, i.Updated = to, now(r)
		return noContent(), store.Put(r.Tx, *i)
	}
	return nil, forbidden("Not allowed to %s image in status '%s'", verb, i.Status)
}
