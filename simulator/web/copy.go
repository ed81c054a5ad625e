package web

import (
	"bytes"
	"encoding/json"
	"net/url"
	"time"
)

// Ask is a GET that tells something a copy of another cloud needs.
type Ask struct {
	Path     string     // below the service's versioned endpoint: "networks"
	Query    url.Values // nil for none
	List     string     // the answer's member with the list, which may come in pages; "" for an object
	Optional bool       // a cloud without it, or that refuses it, can be copied all the same
}

// Answers are the answers by the paths of their questions: of a list the items of all pages, of an object the whole body.
// What was refused or is not there is missing.
type Answers map[string]json.RawMessage

// Items reads a list's items, and gives those that are no objects the caller can do nothing about.
func (a Answers) Items(path string) []Object {
	var all []json.RawMessage
	if !decodeNumbers(a[path], &all) {
		return nil
	}
	items := make([]Object, 0, len(all))
	for _, raw := range all {
		var o Object
		if decodeNumbers(raw, &o) && o != nil {
			items = append(items, o)
		}
	}
	return items
}

// Object reads the object under a member of an answer.
func (a Answers) Object(path, key string) Object {
	var o Object
	if !decodeNumbers(a[path], &o) {
		return nil
	}
	inner, _ := o[key].(Object)
	return inner
}

func decodeNumbers(raw json.RawMessage, into any) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into) == nil
}

// CopyOf says whose view of the other cloud is taken over.
type CopyOf struct {
	Project, User string
	Admin         bool
	Now           time.Time
	Version       Version // the microversion the answers have, where there are any
}

// Note says what could not be taken over as it is.
type Note struct {
	Type string // "port"; "" for all of the service
	ID   string // "" for all of the type
	Text string // a sentence
}
