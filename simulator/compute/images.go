package compute

import (
	"errors"
	"strings"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// The images as older clients see them through Nova; the API ended with 2.35, its metadata with 2.38.

func (c *call) imageWire(i *Image, full bool) web.Object {
	links := append(c.links("/images/"+i.ID), web.Object{"rel": "alternate", "type": "application/vnd.openstack.image", "href": c.Base + "/image/images/" + i.ID})
	o := web.Object{"id": i.ID, "name": i.Name, "links": links}
	if !full {
		return o
	}
	words := map[string]string{"active": "ACTIVE", "queued": "SAVING", "saving": "SAVING", "deleted": "DELETED", "pending_delete": "DELETED", "killed": "ERROR"}
	word, progress := words[i.Status], 0
	switch word {
	case "":
		word = "UNKNOWN"
	case "ACTIVE":
		progress = 100
	case "SAVING":
		progress = 25
		if i.Status == "saving" {
			progress = 50
		}
	}
	o["minRam"], o["minDisk"], o["metadata"], o["status"], o["progress"] = i.MinRAM, i.MinDisk, emptyMap(i.Properties), word, progress
	o["created"], o["updated"], o["OS-EXT-IMG-SIZE:size"] = isoTime(i.CreatedAt), isoTime(i.UpdatedAt), i.Size
	if id := i.Properties["instance_uuid"]; id != "" {
		o["server"] = web.Object{"id": id, "links": c.links("/servers/" + id)}
	}
	return o
}

func listImages(full bool) func(c *call) (*web.Response, error) {
	return func(c *call) (*web.Response, error) {
		if c.at(36) {
			return nil, unversioned()
		}
		all, err := c.s.options.Images.List(c.Request)
		if err != nil {
			return nil, err
		}
		page, err := c.paging()
		if err != nil {
			return nil, err
		}
		var fit []Image
		q := c.Query()
		for _, i := range all {
			if q.Has("name") && q.Get("name") != i.Name || q.Has("status") && !strings.EqualFold(q.Get("status"), i.Status) {
				continue
			}
			fit = append(fit, i)
		}
		rows, _, _, known := web.Cut(fit, page, func(i Image) string { return i.ID })
		if !known {
			return nil, badRequest("marker [%s] not found", page.Marker)
		}
		shown := []web.Object{}
		for _, i := range rows {
			shown = append(shown, c.imageWire(&i, full))
		}
		answer := web.Object{"images": shown}
		if len(rows) > 0 && len(rows) == page.Limit {
			answer["images_links"] = c.nextLink(c.URL.Path, rows[len(rows)-1].ID)
		}
		return web.OK(answer), nil
	}
}

func (c *call) image() (*Image, error) {
	i, err := c.s.options.Images.Image(c.Request, c.PathValue("id"))
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound("Image not found.")
	}
	return &i, err
}

func showImage(c *call) (*web.Response, error) {
	if c.at(36) {
		return nil, unversioned()
	}
	i, err := c.image()
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"image": c.imageWire(i, true)}), nil
}

func imageMetadata(c *call) (*web.Response, error) {
	if c.at(39) {
		return nil, unversioned()
	}
	i, err := c.image()
	if err != nil {
		return nil, err
	}
	return web.OK(web.Object{"metadata": emptyMap(i.Properties)}), nil
}

func imageMetadataItem(c *call) (*web.Response, error) {
	if c.at(39) {
		return nil, unversioned()
	}
	i, err := c.image()
	if err != nil {
		return nil, err
	}
	v, ok := i.Properties[c.PathValue("key")]
	if !ok {
		return nil, notFound("Metadata item was not found")
	}
	return web.OK(web.Object{"meta": web.Object{c.PathValue("key"): v}}), nil
}
