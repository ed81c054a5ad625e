package image

import (
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// The states of an image.
const (
	queued      = "queued"
	saving      = "saving"
	uploading   = "uploading" // staged, or being staged
	importing   = "importing"
	active      = "active"
	deactivated = "deactivated"
)

// image is an image's state. What Glance may show as null is a pointer.
type image struct {
	ID              string
	Owner           *string
	Name            *string
	Visibility      string
	Status          string
	DiskFormat      *string
	ContainerFormat *string
	MinDisk         int64
	MinRAM          int64
	Protected       bool
	Hidden          bool
	Size            *int64
	VirtualSize     *int64
	Checksum        string
	HashValue       string // sha512
	Tags            []string
	Properties      map[string]*string
	Created         time.Time
	Updated         time.Time

	// File names the data: of an active image what it is, before that where it is written to or staged.
	File string `json:",omitempty"`
	// Writer is the process that is writing File just now; 0 when none is.
	Writer int `json:",omitempty"`
	// Staged are the sums of a staged file, until it is imported.
	Staged *sums `json:",omitempty"`
	// Kept is how another cloud shows an image that came from there.
	Kept web.Kept `json:",omitempty"`
}

// Meta is the store's view.
func (i image) Meta() store.Meta {
	m := store.Meta{Kind: "image", ID: i.ID}
	if i.Owner != nil {
		m.ProjectID = *i.Owner
	}
	if i.Name != nil {
		m.Name = *i.Name
	}
	if i.Writer != 0 {
		m.Index = []store.Key{{Name: "written", Value: "now"}}
	}
	return m
}

func (i *image) hasData() bool { return i.Status == active || i.Status == deactivated }

// requeue puts an image whose data did not come back to its beginning.
func (i *image) requeue() {
	i.Status, i.File, i.Writer, i.Staged = queued, "", 0, nil
	i.Size, i.VirtualSize = nil, nil
}

// gone remembers the ID of a deleted image: Glance never gives one away twice.
type gone struct{ ID string }

// Meta is the store's view.
func (g gone) Meta() store.Meta { return store.Meta{Kind: "image_gone", ID: g.ID} }

// member is a project an image is shared with.
type member struct {
	ImageID, MemberID, Status string
	Created, Updated          time.Time
}

// Meta is the store's view.
func (m member) Meta() store.Meta {
	return store.Meta{Kind: "image_member", ID: memberKey(m.ImageID, m.MemberID), ProjectID: m.MemberID,
		Index: []store.Key{{Name: "image", Value: m.ImageID}}}
}

func memberKey(image, project string) string { return image + " " + project }

// task is an import that was asked for.
type task struct {
	ID, Type, Status, Owner, Message string
	ImageID, RequestID, UserID       string
	Input, Result                    map[string]any
	Created, Updated                 time.Time
}

// Meta is the store's view.
func (t task) Meta() store.Meta {
	return store.Meta{Kind: "image_task", ID: t.ID, ProjectID: t.Owner, Index: []store.Key{{Name: "image", Value: t.ImageID}}}
}

// lifetime is how long Glance keeps a finished task.
const lifetime = 48 * time.Hour

func project(c *web.Caller) string {
	if c == nil {
		return ""
	}
	return c.ProjectID
}

// owns says whether the caller may change an image: its owner and admins may.
func owns(c *web.Caller, i *image) bool {
	return c.Admin() || i.Owner != nil && *i.Owner == project(c) && project(c) != ""
}

// sees says whether the caller may know of an image.
func sees(tx *store.Tx, c *web.Caller, i *image) (bool, error) {
	if owns(c, i) || i.Owner == nil || i.Visibility == "public" || i.Visibility == "community" {
		return true, nil
	}
	if i.Visibility != "shared" || project(c) == "" {
		return false, nil
	}
	return store.Has[member](tx, memberKey(i.ID, project(c)))
}

// look finds an image that the caller may know of; nil when there is none.
func look(tx *store.Tx, c *web.Caller, id string) (*image, error) {
	i, err := store.Get[image](tx, id)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ok, err := sees(tx, c, &i)
	if err != nil || !ok {
		return nil, err
	}
	return &i, nil
}

// must is look with Glance's 404.
func must(tx *store.Tx, c *web.Caller, id string) (*image, error) {
	i, err := look(tx, c, id)
	if err == nil && i == nil {
		err = noImage(id)
	}
	return i, err
}

// mine is must with the 403 for what is another's.
func mine(tx *store.Tx, c *web.Caller, id string) (*image, error) {
	i, err := must(tx, c, id)
	if err == nil && !owns(c, i) {
		err = notOwner()
	}
	return i, err
}
