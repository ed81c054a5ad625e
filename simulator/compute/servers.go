package compute

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/oslua/oslua/simulator/python"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// anyServer finds a server the caller may see, as its document is.
func (c *call) anyServer(id string) (*server, error) {
	s, err := store.Get[server](c.Tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && !c.admin && s.ProjectID != c.project {
		return nil, noInstance(id)
	}
	return &s, err
}

// server finds a server that is there, as it is now, and its task. The change under way stays in the document.
func (c *call) server(id string) (*server, string, error) {
	s, err := c.anyServer(id)
	if err != nil {
		return nil, "", err
	}
	now, task := s.at(c.Now)
	if now.isGone() {
		return nil, "", noInstance(id)
	}
	return &now, task, nil
}

func showServer(c *call) (*web.Response, error) {
	s, task, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v, err := c.view(*s, task)
	if err != nil {
		return nil, err
	}
	o, err := c.withGroups(v, c.serverWire(v, true))
	return web.OK(web.Object{"server": o}), err
}

func updateServer(c *call) (*web.Response, error) {
	body, err := c.bodyIs(updateSchema(c.Version.Minor))
	if err != nil {
		return nil, err
	}
	s, task, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	in := body.object("server")
	if in.has("name") {
		s.Name = strings.TrimSpace(in.text("name"))
	}
	if in.has("description") {
		s.Description = nil
		if d, ok := in.get("description").(string); ok {
			s.Description = &d
		}
	}
	if in.has("hostname") {
		s.Hostname = in.text("hostname")
	}
	if in.has("accessIPv4") {
		s.AccessIPv4 = in.text("accessIPv4")
	}
	if in.has("accessIPv6") {
		s.AccessIPv6 = in.text("accessIPv6")
	}
	if in.has("OS-DCF:diskConfig") {
		s.AutoDisk = in.text("OS-DCF:diskConfig") == "AUTO"
	}
	if len(in.keys) > 0 {
		s.UpdatedAt = c.now()
	}
	if err := c.put(s); err != nil {
		return nil, err
	}
	v, err := c.view(*s, task)
	if err != nil {
		return nil, err
	}
	o, err := c.withGroups(v, c.serverWire(v, c.at(75)))
	return web.OK(web.Object{"server": o}), err
}

func deleteServer(c *call) (*web.Response, error) {
	s, task, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if s.LockedBy != "" && !c.admin {
		return nil, locked(s)
	}
	if task == "deleting" {
		return noContent(), nil
	}
	return noContent(), c.kill(s, "delete")
}

// kill begins a server's deletion. Its ports are given back at once.
func (c *call) kill(s *server, name string) error {
	if err := c.unplugAll(s); err != nil {
		return err
	}
	if s.ShelvedImage != "" {
		if err := c.s.options.Images.Delete(c.Request, s.ShelvedImage); err != nil {
			return err
		}
	}
	takes := c.s.takes(33)
	if s.Change != nil && s.VM == building {
		takes = 0
	}
	s.Change = nil
	s.Dying = true
	s.begin(c.Now, takes, change{VM: deleted, Gone: true}, "deleting")
	if err := c.record(s, name, "compute_terminate_instance", s.Change, nil); err != nil {
		return err
	}
	if err := c.put(s); err != nil {
		return err
	}
	return c.bury()
}

// bury takes the servers whose deletion has come to its end out of the way of listings.
func (c *call) bury() error {
	dying, err := store.List[server](c.Tx, store.By("life", "dying"))
	if err != nil {
		return err
	}
	for _, s := range dying {
		now, _ := s.at(c.Now)
		if now.isGone() {
			if err := c.put(&now); err != nil {
				return err
			}
		}
	}
	return nil
}

func serverAddresses(c *call) (*web.Response, error) {
	v, err := c.addressesView()
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"addresses": v.addresses(false)}), nil
}

func (c *call) addressesView() (*view, error) {
	s, task, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return c.view(*s, task)
}

func networkAddresses(c *call) (*web.Response, error) {
	v, err := c.addressesView()
	if err != nil {
		return nil, err
	}
	name := c.PathValue("network")
	list, ok := v.addresses(false)[name]
	if !ok {
		return nil, notFound("Instance is not a member of specified network")
	}
	return web.OK(web.Object{name: list}), nil
}

func listMetadata(c *call) (*web.Response, error) {
	s, _, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"metadata": emptyMap(s.Metadata)}), nil
}

func showMetadata(c *call) (*web.Response, error) {
	s, _, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v, ok := s.Metadata[c.PathValue("key")]
	if !ok {
		return nil, notFound("Metadata item was not found")
	}
	return web.OK(web.Object{"meta": web.Object{c.PathValue("key"): v}}), nil
}

// changeMetadata adds to the metadata, or replaces all of it.
func (c *call) changeMetadata(s *server, in *object, replace bool) error {
	if err := c.allowed(s, "", "update metadata", anyTask, active, paused, suspended, stopped); err != nil {
		return err
	}
	merged := map[string]string{}
	if !replace {
		for k, v := range s.Metadata {
			merged[k] = v
		}
	}
	for k, v := range in.texts() {
		merged[k] = v
	}
	limit, err := c.limit(c.project, "metadata_items")
	if err != nil {
		return err
	}
	if limit >= 0 && len(merged) > limit {
		return forbidden("Maximum number of metadata items exceeds %d", limit)
	}
	s.Metadata, s.UpdatedAt = merged, c.now()
	return c.put(s)
}

func setMetadata(replace bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		body, err := c.bodyIs(one("metadata", metadataSchema("string")))
		if err != nil {
			return nil, err
		}
		s, _, err := c.server(c.PathValue("id"))
		if err != nil {
			return nil, err
		}
		if err := c.changeMetadata(s, body.object("metadata"), replace); err != nil {
			return nil, err
		}
		return web.OK(web.Object{"metadata": s.Metadata}), nil
	}
}

func setMetadataItem(c *call) (*web.Response, error) {
	body, err := c.bodyIs(one("meta", append(metadataSchema("string"), members(1, 1))))
	if err != nil {
		return nil, err
	}
	s, _, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	in := body.object("meta")
	if !in.has(c.PathValue("key")) {
		return nil, badRequest("Request body and URI mismatch")
	}
	return web.OK(web.Object{"meta": in}), c.changeMetadata(s, in, false)
}

func deleteMetadata(c *call) (*web.Response, error) {
	s, _, err := c.server(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	key := c.PathValue("key")
	if _, ok := s.Metadata[key]; !ok {
		return nil, notFound("Metadata item was not found")
	}
	if err := c.allowed(s, "", "delete metadata", anyTask, active, paused, suspended, stopped); err != nil {
		return nil, err
	}
	delete(s.Metadata, key)
	s.UpdatedAt = c.now()
	return noContent(), c.put(s)
}

// tagged finds the server of a request for tags, which came with 2.26.
func (c *call) tagged() (*server, error) {
	if !c.at(26) {
		return nil, unversioned()
	}
	s, _, err := c.server(c.PathValue("id"))
	return s, err
}

func noTag(what string, s *server, tag string) error {
	return notFound("%s %s has no tag '%s'", what, s.ID, tag)
}

// tagAnswer is an answer to adding a tag, which has a content type by an oversight of Nova's.
func tagAnswer(status int) *web.Response {
	return (&web.Response{Status: status}).With("Content-Type", "text/html; charset=UTF-8")
}

func listTags(c *call) (*web.Response, error) {
	s, err := c.tagged()
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"tags": emptyTexts(s.Tags)}), nil
}

func checkTag(c *call) (*web.Response, error) {
	s, err := c.tagged()
	if err != nil {
		return nil, err
	}
	if !slices.Contains(s.Tags, c.PathValue("tag")) {
		return nil, noTag("Server", s, c.PathValue("tag"))
	}
	return noContent(), nil
}

// mayTag holds the rule for changing tags: any state but those in which a server is hardly one.
func (c *call) mayTag(s *server) error {
	if s.VM == active || s.VM == paused || s.VM == suspended || s.VM == stopped {
		return nil
	}
	return conflict("Cannot 'update tags' instance %s while it is in vm_state %s", s.ID, s.VM)
}

func addTag(c *call) (*web.Response, error) {
	if !c.at(26) {
		return nil, unversioned()
	}
	if _, err := c.bodyIs(schema{typ("null")}); err != nil {
		return nil, err
	}
	s, err := c.tagged()
	if err != nil {
		return nil, err
	}
	if err := c.mayTag(s); err != nil {
		return nil, err
	}
	tag := c.PathValue("tag")
	if bad := tagSchema().check(tag); bad != nil {
		return nil, badRequest("Tag '%s' is invalid. It must be a non empty string without characters '/' and ','. Validation error message: %s", tag, bad.message)
	}
	if slices.Contains(s.Tags, tag) {
		return tagAnswer(http.StatusNoContent), nil
	}
	if len(s.Tags) >= 50 {
		return nil, badRequest("The number of tags exceeded the per-server limit 50")
	}
	s.Tags = append(s.Tags, tag)
	slices.Sort(s.Tags)
	return tagAnswer(http.StatusCreated).With("Location", c.link("/servers/"+s.ID+"/tags/"+tag)), c.put(s)
}

func setTags(c *call) (*web.Response, error) {
	if !c.at(26) {
		return nil, unversioned()
	}
	body, err := c.bodyIs(one("tags", schema{typ("array"), items(tagSchema()), count(0, 50)}))
	if err != nil {
		return nil, err
	}
	s, err := c.tagged()
	if err != nil {
		return nil, err
	}
	if err := c.mayTag(s); err != nil {
		return nil, err
	}
	s.Tags = nil
	for _, t := range body.list("tags") {
		s.Tags = append(s.Tags, python.Str(t))
	}
	slices.Sort(s.Tags)
	s.Tags = slices.Compact(s.Tags)
	return web.OK(web.Object{"tags": emptyTexts(s.Tags)}), c.put(s)
}

func dropTags(c *call) (*web.Response, error) {
	s, err := c.tagged()
	if err != nil {
		return nil, err
	}
	if err := c.mayTag(s); err != nil {
		return nil, err
	}
	s.Tags = nil
	return noContent(), c.put(s)
}

func dropTag(c *call) (*web.Response, error) {
	s, err := c.tagged()
	if err != nil {
		return nil, err
	}
	if err := c.mayTag(s); err != nil {
		return nil, err
	}
	at := slices.Index(s.Tags, c.PathValue("tag"))
	if at < 0 {
		return nil, noTag("Instance", s, c.PathValue("tag"))
	}
	s.Tags = slices.Delete(s.Tags, at, at+1)
	return noContent(), c.put(s)
}
