package rest

import (
	"fmt"
	"strings"

	"github.com/oslua/oslua/engine/schema"
)

// Waits are the options of a function that waits for what it made.
type Waits struct {
	Wait    schema.Opt[bool] `lua:"wait" json:"-" default:"true" doc:"Wait until it can be used; false returns what the service answered at once."`
	Timeout schema.Duration  `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

// Until are the options of wait.
type Until struct {
	Status  string          `lua:"status" json:"-" default:"ACTIVE" doc:"Status to wait for; \"DELETED\" waits until it is gone."`
	Timeout schema.Duration `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

// Target is the status waited for.
func (u Until) Target() string {
	if u.Status == "" {
		return "ACTIVE"
	}
	return u.Status
}

// Route reads a route as text: "10.1.0.0/16 via 10.8.0.5".
func Route(text string) (destination, nexthop string, err error) {
	destination, nexthop, ok := strings.Cut(text, " via ")
	if !ok {
		return "", "", fmt.Errorf("want a route (10.1.0.0/16 via 10.8.0.5), got %q", text)
	}
	return strings.TrimSpace(destination), strings.TrimSpace(nexthop), nil
}

// Removal are the options of delete.
type Removal struct {
	MissingOK bool `lua:"missing_ok" json:"-" default:"false" doc:"Do not raise not_found when there is none."`
}

// Filters are the filters that every list of the networking service takes. They run on the server.
type Filters struct {
	ID             string             `lua:"id" json:"id" doc:"Only the one with this ID."`
	Name           schema.Opt[string] `lua:"name" json:"name" doc:"Only those with exactly this name; \"\" for those without one."`
	Description    schema.Opt[string] `lua:"description" json:"description" doc:"Only those with exactly this description."`
	Project        schema.Ref         `lua:"project_id" alias:"project,tenant_id" json:"project_id" ref:"project" doc:"Only those of this project; of use to administrators."`
	RevisionNumber schema.Opt[int]    `lua:"revision_number" json:"revision_number" doc:"Only those at this revision."`
	Tags           []string           `lua:"tags" json:"tags" doc:"Only those with all of these tags."`
	TagsAny        []string           `lua:"tags-any" alias:"tags_any" json:"tags-any" doc:"Only those with at least one of these tags."`
	NotTags        []string           `lua:"not-tags" alias:"not_tags" json:"not-tags" doc:"Only those without all of these tags."`
	NotTagsAny     []string           `lua:"not-tags-any" alias:"not_tags_any" json:"not-tags-any" doc:"Only those without any of these tags."`
	SortKey        string             `lua:"sort_key" json:"sort_key" doc:"Field to sort by, on the server."`
	SortDir        string             `lua:"sort_dir" json:"sort_dir" enum:"asc|desc" default:"asc" doc:"Direction to sort in; needs sort_key."`
	Fields         []string           `lua:"fields" json:"fields" doc:"Only these fields of each, to save traffic."`
	Limit          int                `lua:"limit" json:"limit" doc:"At most this many in all; each{} takes it as the number of each page."`
	Marker         string             `lua:"marker" json:"marker" doc:"Begin after the one with this ID."`
}
