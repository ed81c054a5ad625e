package image

import (
	"errors"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// stamp is a time as Glance shows it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }

// null gives what a pointer points at, or JSON's null.
func null[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// view is an image as Glance shows it.
func (i *image) view(c *web.Caller) web.Object {
	o := web.Object{}
	for k, v := range i.Properties {
		switch {
		case v != nil:
			o[k] = *v
		case imageSchema().isBase(k):
			o[k] = nil
		default:
			o[k] = ""
		}
	}
	self := "/v2/images/" + i.ID
	for k, v := range map[string]any{
		"name": null(i.Name), "disk_format": null(i.DiskFormat), "container_format": null(i.ContainerFormat),
		"visibility": i.Visibility, "size": null(i.Size), "virtual_size": null(i.VirtualSize), "status": i.Status,
		"checksum": text(i.Checksum), "protected": i.Protected, "min_ram": i.MinRAM, "min_disk": i.MinDisk,
		"owner": null(i.Owner), "os_hidden": i.Hidden, "os_hash_algo": nil, "os_hash_value": text(i.HashValue),
		"id": i.ID, "created_at": stamp(i.Created), "updated_at": stamp(i.Updated), "tags": i.Tags,
		"self": self, "file": self + "/file", "schema": "/v2/schemas/image",
	} {
		o[k] = v
	}
	if i.Tags == nil {
		o["tags"] = []string{}
	}
	if i.HashValue != "" {
		o["os_hash_algo"] = "sha512"
	}
	if i.Status == active || i.Status == deactivated && c.Admin() {
		o["stores"] = storeName
	}
	i.Kept.Apply(o, nil)
	return o
}

func (m member) view() web.Object {
	return web.Object{"member_id": m.MemberID, "image_id": m.ImageID, "status": m.Status,
		"created_at": stamp(m.Created), "updated_at": stamp(m.Updated), "schema": "/v2/schemas/member"}
}

// brief is a task in a listing.
func (t task) brief() web.Object {
	o := web.Object{"id": t.ID, "type": t.Type, "status": t.Status, "owner": t.Owner, "created_at": stamp(t.Created),
		"updated_at": stamp(t.Updated), "self": "/v2/tasks/" + t.ID, "schema": "/v2/schemas/task"}
	if t.Status == taskDone || t.Status == taskFailed {
		o["expires_at"] = stamp(t.Created.Add(lifetime))
	}
	return o
}

func (t task) view() web.Object {
	o := t.brief()
	o["input"], o["result"], o["message"] = t.Input, t.Result, t.Message
	o["request_id"], o["user_id"] = t.RequestID, t.UserID
	if t.ImageID != "" {
		o["image_id"] = t.ImageID
	}
	return o
}

// row is a task as the database has it: an image's tasks are shown that way.
func (t task) row() web.Object {
	const micro = "2006-01-02T15:04:05.000000"
	o := t.view()
	delete(o, "self")
	delete(o, "schema")
	o["created_at"], o["updated_at"] = t.Created.UTC().Format(micro), t.Updated.UTC().Format(micro)
	o["expires_at"] = t.Created.Add(lifetime).UTC().Format(micro)
	o["deleted"], o["deleted_at"] = false, nil
	return o
}
