package change

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Runs leave marks on what they make: in the description where a type has one, else as a tag. A mark names the run and
// the change, so that of two alike that were made at the same time it can be told which is which.
const (
	descriptionMark = "oslua run "
	tagMark         = "oslua-run="
)

// described are the types that have a description which is theirs alone to set.
var described = map[string]bool{
	"network": true, "subnet": true, "port": true, "router": true, "floating_ip": true, "security_group": true,
	"security_group_rule": true, "subnetpool": true, "address_group": true, "qos_policy": true, "trunk": true,
}

// HasDescription reports whether a type of resource carries its mark in its description.
func HasDescription(typ string) bool { return described[typ] }

// DescriptionMark is the mark for descriptions.
func DescriptionMark(run string, seq int) string {
	return fmt.Sprintf("%s%s #%d", descriptionMark, run, seq)
}

// TagMark is the mark for tags: it has none of the characters that tags may not have.
func TagMark(run string, seq int) string { return fmt.Sprintf("%s%s.%d", tagMark, run, seq) }

// IsTagMark tells a mark from the tags people set.
func IsTagMark(tag string) bool { return strings.HasPrefix(tag, tagMark) }

var (
	inDescription = regexp.MustCompile(`^oslua run ([A-Za-z0-9_-]+) #([0-9]{1,9})$`)
	inTag         = regexp.MustCompile(`^oslua-run=([A-Za-z0-9_-]+)\.([0-9]{1,9})$`)
)

// ParseMark reads a mark, of either form.
func ParseMark(text string) (run string, seq int, ok bool) {
	m := inDescription.FindStringSubmatch(text)
	if m == nil {
		m = inTag.FindStringSubmatch(text)
	}
	if m == nil {
		return "", 0, false
	}
	seq, err := strconv.Atoi(m[2])
	return m[1], seq, err == nil
}
