package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/oslua/oslua/simulator/store"
)

// SaveFiles puts the images' data into a directory beside a snapshot of the state. Called before and after the snapshot
// is taken, it has all that the snapshot names. Where there is no data no directory is made.
func (s *Image) SaveFiles(dir string) error {
	names, err := s.files.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, partial) {
			continue
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return unsaved(dir, err)
		}
		from, err := s.files.path(name)
		if err != nil {
			return err
		}
		// What is deleted just now is not needed.
		if err := link(from, filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unsaved(dir, err)
		}
	}
	return nil
}

func unsaved(dir string, err error) error {
	return &store.Error{Path: dir, Message: "the images' data cannot be saved", Hint: "choose another place for the snapshot", Cause: err}
}

// LoadFiles takes back what SaveFiles put into a directory, before the state that names it is restored.
func (s *Image) LoadFiles(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasSuffix(e.Name(), partial) {
			continue
		}
		to, err := s.files.path(e.Name())
		if err != nil {
			return err
		}
		if err := link(filepath.Join(dir, e.Name()), to); err != nil {
			return err
		}
	}
	return nil
}
