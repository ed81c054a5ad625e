package image

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/oslua/oslua/simulator/store"
)

// The image that DevStack leaves.
const (
	CirrosName = "cirros-0.5.2-x86_64-disk"
	cirrosDisk = 117440512
)

// Model says what the first image is made of.
type Model struct {
	Seed         int64
	Now          time.Time
	AdminProject string
}

// CirrosID is the ID of the seeded image: the same for the same seed.
func CirrosID(seed int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "image %d %s", seed, CirrosName))
	id, _ := uuid.FromBytes(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id.String()
}

// Seed makes the image that DevStack leaves. Its file is an empty disk: nobody can boot it, and nobody has to.
func Seed(tx *store.Tx, m Model) error {
	name, disk, container, rng := CirrosName, "qcow2", "bare", "virtio"
	i := image{ID: CirrosID(m.Seed), Owner: &m.AdminProject, Name: &name, Visibility: "public", DiskFormat: &disk, ContainerFormat: &container,
		Properties: map[string]*string{"hw_rng_model": &rng}, Created: m.Now.UTC().Truncate(time.Second)}
	none, object := "", "images/"+CirrosName
	i.Properties["owner_specified.openstack.md5"], i.Properties["owner_specified.openstack.sha256"] = &none, &none
	i.Properties["owner_specified.openstack.object"] = &object
	i.Updated = i.Created
	i.use(madeCirros, cirrosDisk)
	return store.Put(tx, i)
}

// use makes an image active with data that is made up.
func (i *image) use(name string, virtual int64) {
	data, _ := made(name)
	md, sha := md5.Sum(data), sha512.Sum512(data)
	i.File = name
	i.complete(sums{Size: int64(len(data)), VirtualSize: virtual, MD5: hex.EncodeToString(md[:]), SHA512: hex.EncodeToString(sha[:])})
}
