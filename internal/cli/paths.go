package cli

import (
	"os"
	"path/filepath"

	"github.com/oslua/oslua/engine/errs"
)

// stateDir is where the simulator's cloud and the shell's history are kept: the system's usual place for state.
func stateDir(lookup func(string) (string, bool), goos string) (string, error) {
	get := func(name string) string { v, _ := lookup(name); return v }
	home := get("HOME")
	if goos == "windows" {
		home = get("USERPROFILE")
	}
	switch {
	case filepath.IsAbs(get("XDG_STATE_HOME")):
		return filepath.Join(get("XDG_STATE_HOME"), "oslua"), nil
	case goos == "windows" && get("LocalAppData") != "":
		return filepath.Join(get("LocalAppData"), "oslua"), nil
	case home == "":
		return "", errs.New(errs.Config, "there is no home directory to keep state in").
			WithHint("set HOME, or XDG_STATE_HOME to a directory of your own")
	case goos == "windows":
		return filepath.Join(home, "AppData", "Local", "oslua"), nil
	case goos == "darwin":
		return filepath.Join(home, "Library", "Application Support", "oslua"), nil
	default:
		return filepath.Join(home, ".local", "state", "oslua"), nil
	}
}

// searchPath splits OSLUA_PATH, a list of directories as PATH is one. Empty members are dropped: they would mean the
// current directory.
func searchPath(value string) []string {
	var dirs []string
	for _, d := range filepath.SplitList(value) {
		if d != "" {
			dirs = append(dirs, d)
		}
	}
	return dirs
}

// checkScript tells early, in words, why a script cannot be run.
func checkScript(path string) *usageError {
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		e := usage("%s: there is no such file", path)
		if _, err := os.Stat(path + ".lua"); err == nil {
			return e.withHint("did you mean %s.lua?", path)
		}
		return e
	case err != nil:
		return usage("%s", err)
	case info.IsDir():
		return usage("%s is a directory, not a script", path)
	}
	return nil
}
