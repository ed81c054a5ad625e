package simulator

import (
	"context"
	"io/fs"
	"path/filepath"

	"github.com/oslua/oslua/simulator/store"
)

// Status says where a cloud is and what is in it.
type Status struct {
	Dir       string // "" for memory
	Size      int64  // bytes of its files
	Services  []string
	Resources []Amount
}

// Amount is how many there are of a kind of resource.
type Amount struct {
	What  string
	Count int
}

// counted are the resources of which Status tells the number, by the names of their documents.
func counted() [][2]string {
	return [][2]string{
		{"projects", "identity.project"}, {"users", "identity.user"},
		{"servers", "compute.server"}, {"flavors", "compute.flavor"}, {"keypairs", "compute.keypair"},
		{"images", "image"},
		{"networks", "network.network"}, {"subnets", "network.subnet"}, {"ports", "network.port"}, {"routers", "network.router"},
		{"floating IPs", "network.floatingip"}, {"security groups", "network.security_group"},
	}
}

// Status looks at the cloud as it is now.
func (s *Simulator) Status(ctx context.Context) (Status, error) {
	st := Status{Dir: s.options.Dir}
	for _, p := range s.parts {
		st.Services = append(st.Services, p.service.Name)
	}
	var kinds map[string]int
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		kinds, err = store.Kinds(tx)
		return err
	})
	if err != nil {
		return st, err
	}
	for _, c := range counted() {
		n := kinds[c[1]]
		if c[0] == "projects" {
			n-- // the domain Default is one to the store
		}
		st.Resources = append(st.Resources, Amount{c[0], n})
	}
	if st.Dir == "" {
		return st, nil
	}
	return st, filepath.WalkDir(st.Dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a file that went away meanwhile takes no place
		}
		if info, err := d.Info(); err == nil {
			st.Size += info.Size()
		}
		return nil
	})
}
