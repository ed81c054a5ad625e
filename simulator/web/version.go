package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Version is a microversion.
type Version struct{ Major, Minor int }

// String is "2.93".
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// AtLeast says whether v is that version or a later one.
func (v Version) AtLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}

// ParseVersion reads "2.93".
func ParseVersion(s string) (Version, bool) {
	a, b, ok := strings.Cut(s, ".")
	major, err1 := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || major < 0 || minor < 0 || a[0] == '+' || b[0] == '+' {
		return Version{}, false
	}
	return Version{major, minor}, true
}

// AskedVersion finds the microversion a request wants: OpenStack-API-Version with the service's type, then the older
// header of the service's own, if it has one. ok is false when a header is there and is no version; found is false when
// none is. "latest" is the newest.
func AskedVersion(h http.Header, serviceType, legacyHeader string, newest Version) (v Version, found, ok bool) {
	asked := ""
	for _, line := range h.Values("OpenStack-API-Version") {
		for one := range strings.SplitSeq(line, ",") {
			if kind, version, cut := strings.Cut(strings.TrimSpace(one), " "); cut && kind == serviceType {
				asked = strings.TrimSpace(version)
			}
		}
	}
	if asked == "" && legacyHeader != "" {
		asked = h.Get(legacyHeader)
	}
	switch asked {
	case "":
		return Version{}, false, true
	case "latest":
		return newest, true, true
	}
	v, ok = ParseVersion(asked)
	return v, true, ok
}
