package image

import (
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// Info is what a server that boots from an image, or a list of servers, has to know of it.
type Info struct {
	ID, Name, Owner, Visibility, Status string
	Size, VirtualSize                   int64 // 0 where it is not known
	MinDisk, MinRAM                     int64 // GB, MB
	DiskFormat, ContainerFormat         string
	Checksum                            string
	Properties                          map[string]string
	Tags                                []string
	Protected                           bool
	Created, Updated                    time.Time
}

// Find gives an image that the caller may see, or store.ErrNotFound.
func Find(tx *store.Tx, caller *web.Caller, id string) (Info, error) {
	i, err := look(tx, caller, id)
	if err != nil {
		return Info{}, err
	}
	if i == nil {
		return Info{}, store.ErrNotFound
	}
	return i.info(), nil
}

func (i *image) info() Info {
	value := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	info := Info{ID: i.ID, Name: value(i.Name), Owner: value(i.Owner), Visibility: i.Visibility, Status: i.Status, MinDisk: i.MinDisk, MinRAM: i.MinRAM,
		DiskFormat: value(i.DiskFormat), ContainerFormat: value(i.ContainerFormat), Checksum: i.Checksum, Properties: map[string]string{},
		Tags: i.Tags, Protected: i.Protected, Created: i.Created, Updated: i.Updated}
	if i.Size != nil {
		info.Size = *i.Size
	}
	if i.VirtualSize != nil {
		info.VirtualSize = *i.VirtualSize
	}
	for k, v := range i.Properties {
		info.Properties[k] = value(v)
	}
	return info
}

// Snapshot says what the image of a server is to be like.
type Snapshot struct {
	Name, Owner                 string // Owner is the server's project
	MinDisk, MinRAM             int64
	DiskFormat, ContainerFormat string // raw and bare when empty
	Properties                  map[string]string
	Now                         time.Time
}

// CreateSnapshot makes the image of a server: private, active, and a kilobyte of zeroes, for there is no disk behind a
// simulated server.
func CreateSnapshot(tx *store.Tx, s Snapshot) (Info, error) {
	if s.DiskFormat == "" {
		s.DiskFormat = "raw"
	}
	if s.ContainerFormat == "" {
		s.ContainerFormat = "bare"
	}
	i := image{ID: tx.NewID(), Owner: &s.Owner, Name: &s.Name, Visibility: "private", DiskFormat: &s.DiskFormat, ContainerFormat: &s.ContainerFormat,
		MinDisk: s.MinDisk, MinRAM: s.MinRAM, Properties: map[string]*string{}, Created: s.Now.UTC().Truncate(time.Second)}
	i.Updated = i.Created
	for k, v := range s.Properties {
		i.Properties[k] = &v
	}
	virtual := int64(0)
	if s.DiskFormat == "raw" {
		virtual = zeroes
	}
	i.use(madeZeroes, virtual)
	return i.info(), store.Put(tx, i)
}
