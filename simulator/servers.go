package simulator

import (
	"github.com/oslua/oslua/simulator/compute"
	"github.com/oslua/oslua/simulator/identity"
	"github.com/oslua/oslua/simulator/image"
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// computeOptions is what the compute service is made with.
func (s *Simulator) computeOptions() compute.Options {
	return compute.Options{BuildTime: s.options.BuildTime, Images: serverImages{}, ProjectExists: identity.ProjectExists, RunUserData: s.runUserData}
}

// seedCompute makes the flavors.
func (s *Simulator) seedCompute(tx *store.Tx) error {
	return compute.Seed(tx, compute.Model{Now: s.options.Clock.Now()})
}

// serverImages are the image service's images as the compute service wants them.
type serverImages struct{}

func imageOf(i image.Info) compute.Image {
	return compute.Image{ID: i.ID, Name: i.Name, Status: i.Status, Visibility: i.Visibility, Owner: i.Owner, DiskFormat: i.DiskFormat,
		ContainerFormat: i.ContainerFormat, MinDisk: int(i.MinDisk), MinRAM: int(i.MinRAM), Size: i.Size, VirtualSize: i.VirtualSize,
		Properties: i.Properties, CreatedAt: i.Created, UpdatedAt: i.Updated}
}

// Image finds an image the caller may see.
func (serverImages) Image(r *web.Request, id string) (compute.Image, error) {
	i, err := image.Find(r.Tx, r.Caller, id)
	return imageOf(i), err
}

// List gives the images the caller may see.
func (serverImages) List(r *web.Request) ([]compute.Image, error) {
	found, err := image.All(r.Tx, r.Caller)
	var all []compute.Image
	for _, i := range found {
		all = append(all, imageOf(i))
	}
	return all, err
}

// Snapshot makes an image of a server.
func (serverImages) Snapshot(r *web.Request, n compute.NewImage) (string, error) {
	s := image.Snapshot{Name: n.Name, Owner: r.Caller.ProjectID, MinDisk: int64(n.MinDisk), Properties: n.Properties, Now: r.Now}
	if n.From != nil {
		s.MinRAM, s.DiskFormat, s.ContainerFormat = int64(n.From.MinRAM), n.From.DiskFormat, n.From.ContainerFormat
	}
	i, err := image.CreateSnapshot(r.Tx, s)
	return i.ID, err
}

// Delete removes an image that Snapshot made.
func (serverImages) Delete(r *web.Request, id string) error { return image.DropSnapshot(r.Tx, id) }
