package oslua

import (
	"runtime/debug"
	"strings"
)

// Version is the version of this module as the Go toolchain recorded it: "v1.2.0", or "devel" and the commit for a build
// from a work tree.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	const path = "github.com/oslua/oslua"
	version := info.Main.Version
	if info.Main.Path != path {
		for _, d := range info.Deps {
			if d.Path == path {
				version = d.Version
			}
		}
	}
	if version != "" && version != "(devel)" {
		return version
	}
	var b strings.Builder
	b.WriteString("devel")
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			b.WriteString(" " + s.Value[:12])
		case s.Key == "vcs.modified" && s.Value == "true":
			b.WriteString("+")
		}
	}
	return b.String()
}
