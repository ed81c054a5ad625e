package cloud

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// places are the folders openstacksdk searches, in its order.
func (l *loader) places() []string {
	var dirs []string
	add := func(parts ...string) {
		if d := filepath.Join(parts...); parts[0] != "" && !slices.Contains(dirs, d) {
			dirs = append(dirs, d)
		}
	}
	add(l.o.WorkDir)
	switch l.o.GOOS {
	case "windows":
		add(l.env("LOCALAPPDATA"), "OpenStack", "openstack")
	case "darwin":
		if l.o.Home != "" {
			add(l.o.Home, "Library", "Application Support", "openstack")
		}
	default:
		add(l.env("XDG_CONFIG_HOME"), "openstack")
	}
	home := l.o.Home
	if real := l.env("SNAP_REAL_HOME"); real != "" {
		home = real
	}
	if home != "" {
		add(home, ".config", "openstack")
	}
	if l.o.GOOS == "darwin" {
		add("/Library/Application Support", "openstack")
	}
	if l.o.GOOS == "windows" {
		add(l.env("PROGRAMDATA"), "OpenStack", "openstack")
	}
	if l.o.SystemDir != "" {
		add(l.o.SystemDir)
	} else if l.o.GOOS != "windows" {
		add("/etc/openstack")
	}
	return dirs
}

// find reads the first file of that name (clouds, secure, clouds-public) there is. The variable names it outright. No
// file gives nil; one that is named or found and cannot be read is an error.
func (l *loader) find(base, variable string) (*document, error) {
	if variable != "" {
		if path := l.env(variable); path != "" {
			doc, err := l.read(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil, configError("%s names %s, which does not exist", variable, path).
					WithHint("Correct %s or unset it.", variable)
			}
			return doc, err
		}
	}
	for _, dir := range l.places() {
		for _, ext := range []string{".yaml", ".yml", ".json"} {
			doc, err := l.read(filepath.Join(dir, base+ext))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return doc, err
		}
	}
	return nil, nil
}

func (l *loader) read(path string) (*document, error) {
	data, err := l.o.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case errors.Is(err, fs.ErrPermission):
		return nil, configError("%s cannot be read: no permission", path).WithHint("Look at the file's owner and mode.")
	case err != nil:
		return nil, configError("%s cannot be read: %s", path, fileTrouble(err))
	}
	return parseDocument(path, data)
}

// fileTrouble is why a file could not be read, without the path that a Go error repeats.
func fileTrouble(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// cloudNames lists the clouds of clouds.yaml.
func (l *loader) cloudNames() (names []string, where string, err error) {
	doc, err := l.find("clouds", "OS_CLIENT_CONFIG_FILE")
	if err != nil || doc == nil {
		return nil, "", err
	}
	names, err = doc.names("clouds")
	return names, filepath.Base(doc.path), err
}

// loadCloud takes the values of one cloud from the files.
func (l *loader) loadCloud(name, chosenBy string) error {
	clouds, err := l.find("clouds", "OS_CLIENT_CONFIG_FILE")
	if err != nil {
		return err
	}
	secure, err := l.find("secure", "OS_CLIENT_SECURE_FILE")
	if err != nil {
		return err
	}
	if clouds == nil && secure == nil {
		return configError("%s says %q, but there is no clouds.yaml", chosenBy, name).
			WithHint("Put clouds.yaml into one of %s, or name it with OS_CLIENT_CONFIG_FILE.", strings.Join(l.places(), ", "))
	}
	l.cfg.Source, l.cfg.Cloud = SourceFile, name

	var own []leaf
	found := false
	for _, doc := range []*document{clouds, secure} {
		if doc == nil {
			continue
		}
		names, err := doc.names("clouds")
		if err != nil {
			return err
		}
		if doc == clouds {
			l.cfg.CloudNames = names
		}
		leaves, ok, err := doc.entry("clouds", name)
		if err != nil {
			return err
		}
		found = found || ok
		own = append(own, leaves...)
	}
	if !found {
		e := configError("there is no cloud %q in %s", name, firstPath(clouds, secure))
		if near := nearest(name, l.cfg.CloudNames); near != "" {
			return e.WithHint("Did you mean %q? The clouds there are: %s.", near, strings.Join(l.cfg.CloudNames, ", "))
		}
		if len(l.cfg.CloudNames) > 0 {
			return e.WithHint("The clouds there are: %s.", strings.Join(l.cfg.CloudNames, ", "))
		}
		return e.WithHint("The file lists no cloud at all.")
	}

	base, err := l.profile(own)
	if err != nil {
		return err
	}
	l.set("cloud", name, chosenBy)
	all := append(base, own...)
	l.setLeaves(all)
	if err := l.setRegion(all); err != nil {
		return err
	}
	l.fromEnvironmentBeside()
	return nil
}

func firstPath(docs ...*document) string {
	for _, d := range docs {
		if d != nil {
			return d.path
		}
	}
	return ""
}

// profile gives the values of the public cloud an entry builds on.
func (l *loader) profile(own []leaf) ([]leaf, error) {
	var ref leaf
	hasURL := false
	for _, v := range own {
		switch v.key {
		case "profile":
			ref = v
		case "cloud":
			if ref.key == "" {
				ref = v
			}
		case "auth_url":
			hasURL = true
		}
	}
	if ref.key == "" {
		return nil, nil
	}
	public, err := l.find("clouds-public", "")
	if err != nil {
		return nil, err
	}
	if public != nil {
		leaves, ok, err := public.entry("public-clouds", ref.value)
		if err != nil || ok {
			return leaves, err
		}
	}
	if hasURL {
		// openstacksdk knows some clouds by name; an entry with an address of its own does not need them.
		return nil, nil
	}
	return nil, configError("%s: profile %q is not in clouds-public.yaml", ref.source(), ref.value).
		WithHint("Give the cloud auth.auth_url, or put a clouds-public.yaml beside clouds.yaml.")
}

// setLeaves sets what a cloud's entry says. Values inside auth win over the same words outside it.
func (l *loader) setLeaves(leaves []leaf) {
	for _, inAuth := range []bool{false, true} {
		for _, v := range leaves {
			if v.key == "cloud" {
				v.key = "profile" // an older word
			}
			if v.inAuth == inAuth && v.region == "" && v.key != "regions" {
				l.set(v.key, v.value, v.source())
			}
		}
	}
}

// setRegion picks one of several regions: the one wanted, else the one the file prefers, else the first, as openstacksdk
// does.
func (l *loader) setRegion(leaves []leaf) error {
	var known []leaf
	for _, v := range leaves {
		if v.key == "regions" {
			// secure.yaml or a profile may repeat the list.
			if !slices.ContainsFunc(known, func(o leaf) bool { return o.value == v.value }) {
				known = append(known, v)
			}
		}
	}
	if len(known) == 0 {
		return nil
	}
	index := func(name string) int {
		return slices.IndexFunc(known, func(v leaf) bool { return v.value == name })
	}
	chosen := known[max(index(l.cfg.plain["region_name"]), 0)]
	for _, by := range []struct{ region, from string }{
		{l.o.Overrides["region_name"], overrideSource}, {l.env("OS_REGION_NAME"), "OS_REGION_NAME"},
	} {
		if by.region == "" {
			continue
		}
		i := index(by.region)
		if i < 0 {
			var names []string
			for _, v := range known {
				names = append(names, v.value)
			}
			return configError("%s says region %q, but cloud %q has %s", by.from, by.region, l.cfg.Cloud, alternatives(names)).
				WithHint("Names of regions are case-sensitive.")
		}
		chosen = known[i]
		break
	}
	if l.cfg.plain["region_name"] != chosen.value {
		l.set("region_name", chosen.value, chosen.source())
	}
	for _, v := range leaves {
		if v.region == chosen.value && v.key != "regions" {
			l.set(v.key, v.value, v.source())
		}
	}
	return nil
}
