package identity

import (
	"errors"

	"github.com/oslua/oslua/simulator/store"
)

// ProjectExists says whether there is a project of that ID.
func ProjectExists(tx *store.Tx, id string) (bool, error) {
	p, err := store.Get[project](tx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && !p.IsDomain, err
}
