package image

import (
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/oslua/oslua/simulator/store"
	"github.com/oslua/oslua/simulator/web"
)

// elsewhereFile is the file of an image that came from another cloud, without its data.
const elsewhereFile = "made/elsewhere"

// Asks are what Import wants to know. The lists have what the user sees without asking for more: its own images, the
// public ones, and those it accepted.
func Asks(web.CopyOf) []web.Ask {
	return []web.Ask{{Path: "images", Query: url.Values{"limit": {strconv.Itoa(pageSizeMax)}}, List: "images"}}
}

// AskOther is the question for images that a plain list leaves out: hidden ones, those of the community, those that wait
// to be accepted.
func AskOther(query url.Values) web.Ask {
	q := url.Values{"limit": {strconv.Itoa(pageSizeMax)}}
	for _, name := range []string{"visibility", "member_status", "os_hidden"} {
		if v, ok := query[name]; ok {
			q[name] = v
		}
	}
	return web.Ask{Path: "images", Query: q, List: "images", Optional: true}
}

// Import puts the images a cloud answered with into the state, with their sizes and sums and without their data.
func Import(tx *store.Tx, of web.CopyOf, in web.Answers) ([]web.Note, error) {
	for _, o := range in.Items("images") {
		if err := importOne(tx, of, o); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// Known tells whether an image is there, or was.
func Known(tx *store.Tx, id string) (bool, error) {
	there, err := store.Has[image](tx, id)
	if err != nil || there {
		return there, err
	}
	return store.Has[gone](tx, id)
}

// ImportOne adds a single image, where it is not there yet.
func ImportOne(tx *store.Tx, of web.CopyOf, body json.RawMessage) error {
	o := web.Object{}
	if items := (web.Answers{"": append(append([]byte{'['}, body...), ']')}).Items(""); len(items) == 1 {
		o = items[0]
	}
	return importOne(tx, of, o)
}

func importOne(tx *store.Tx, of web.CopyOf, o web.Object) error {
	id := stringIn(o, "id")
	if id == "" {
		return nil
	}
	if known, err := Known(tx, id); err != nil || known {
		return err
	}
	pointer := func(name string) *string {
		if s, ok := o[name].(string); ok {
			return &s
		}
		return nil
	}
	number := func(name string) *int64 {
		if n, ok := o[name].(json.Number); ok {
			if v, err := n.Int64(); err == nil {
				return &v
			}
		}
		return nil
	}
	at := func(name string) time.Time {
		t, _ := time.Parse(time.RFC3339, stringIn(o, name))
		return t
	}
	i := image{ID: id, Owner: pointer("owner"), Name: pointer("name"), Visibility: stringIn(o, "visibility"), Status: stringIn(o, "status"),
		DiskFormat: pointer("disk_format"), ContainerFormat: pointer("container_format"), Protected: o["protected"] == true, Hidden: o["os_hidden"] == true,
		Size: number("size"), VirtualSize: number("virtual_size"), Checksum: stringIn(o, "checksum"), HashValue: stringIn(o, "os_hash_value"),
		Properties: map[string]*string{}, Created: at("created_at"), Updated: at("updated_at")}
	for name, into := range map[string]*int64{"min_disk": &i.MinDisk, "min_ram": &i.MinRAM} {
		if n := number(name); n != nil {
			*into = *n
		}
	}
	tags, _ := o["tags"].([]any)
	for _, t := range tags {
		if s, ok := t.(string); ok {
			i.Tags = append(i.Tags, s)
		}
	}
	own := i.view(nil)
	for name, v := range o {
		if _, known := own[name]; known || name == "stores" || name == "os_hash_algo" || name == "locations" || name == "direct_url" {
			continue
		}
		switch s := v.(type) {
		case string:
			i.Properties[name] = &s
		case nil:
			i.Properties[name] = nil
		}
	}
	if i.hasData() {
		i.File = elsewhereFile
	}
	caller := &web.Caller{ProjectID: of.Project, UserID: of.User}
	if of.Admin {
		caller.Roles = []string{"admin"}
	}
	var err error
	if i.Kept, err = web.Keep(i.view(caller), o); err != nil {
		return err
	}
	// Whoever sees an image of somebody else that is only shared is a member of it, and has accepted it where the list
	// has it without being asked.
	if i.Visibility == "shared" && i.Owner != nil && *i.Owner != of.Project && !of.Admin {
		m := member{ImageID: i.ID, MemberID: of.Project, Status: "accepted", Created: i.Created, Updated: i.Updated}
		if err := store.Put(tx, m); err != nil {
			return err
		}
	}
	return store.Put(tx, i)
}

// ImportMembers puts the members of an image in the place of those that are known.
func ImportMembers(tx *store.Tx, id string, in web.Answers) error {
	if there, err := store.Has[image](tx, id); err != nil || !there {
		return err
	}
	for _, o := range in.Items("images/" + id + "/members") {
		at := func(name string) time.Time {
			t, _ := time.Parse(time.RFC3339, stringIn(o, name))
			return t
		}
		m := member{ImageID: id, MemberID: stringIn(o, "member_id"), Status: stringIn(o, "status"), Created: at("created_at"), Updated: at("updated_at")}
		if m.MemberID == "" {
			continue
		}
		if err := store.Put(tx, m); err != nil {
			return err
		}
	}
	return nil
}

func stringIn(o web.Object, name string) string { s, _ := o[name].(string); return s }
