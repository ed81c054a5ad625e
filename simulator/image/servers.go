package image

import (
	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// All gives the images the caller may see, oldest first.
func All(tx *store.Tx, caller *web.Caller) ([]Info, error) {
	var all []Info
	for i, err := range store.Each[image](tx) {
		if err != nil {
			return nil, err
		}
		ok, err := sees(tx, caller, &i)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, i.info())
		}
	}
	return all, nil
}

// DropSnapshot removes an image that CreateSnapshot made; it has no file of its own. None of that ID is no error.
func DropSnapshot(tx *store.Tx, id string) error {
	err := discard(tx, id)
	if isNotFound(err) {
		return nil
	}
	return err
}
