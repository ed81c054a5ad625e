package journal

import (
	"bytes"
	"encoding/json"
	"net/http"

	"github.com/oslua/oslua/internal/change"
	"github.com/oslua/oslua/internal/cloud"
)

// ParseMark reads the mark of a run, in a description or a tag.
func ParseMark(text string) (run string, seq int, ok bool) { return change.ParseMark(text) }

// tagged is the microversion from which on servers take tags when they are made.
const tagged = "2.52"

// mark puts marks into a body that makes something; nil when it stays as it is.
func mark(s cloud.Sending, changes []change.Change, run string, first int) (body []byte, marked bool) {
	if s.Method != http.MethodPost || len(s.Body) == 0 || changes[0].Action != change.Create {
		return nil, false
	}
	typ := changes[0].Type
	switch {
	case s.Service == cloud.Network && change.HasDescription(typ):
	case s.Service == cloud.Compute && s.Path == "servers" && !older(s.Microversion, tagged):
	case s.Service == cloud.Image && s.Path == "images":
	default:
		return nil, false
	}
	var doc map[string]any
	dec := json.NewDecoder(bytes.NewReader(s.Body))
	dec.UseNumber()
	if dec.Decode(&doc) != nil || dec.More() {
		return nil, false
	}
	switch s.Service {
	case cloud.Network:
		n := 0
		for _, v := range doc {
			switch v := v.(type) {
			case map[string]any:
				marked = describeWith(v, change.DescriptionMark(run, first)) || marked
			case []any:
				for _, m := range v {
					if m, ok := m.(map[string]any); ok {
						marked = describeWith(m, change.DescriptionMark(run, first+n)) || marked
						n++
					}
				}
			}
		}
	case cloud.Compute:
		server, ok := doc["server"].(map[string]any)
		marked = ok && tagWith(server, change.TagMark(run, first))
	case cloud.Image:
		marked = tagWith(doc, change.TagMark(run, first))
	}
	if !marked {
		return nil, false
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return nil, false
	}
	return body, true
}

// describeWith sets the description where the script gave none. One that it gave as empty stays empty: it asked for
// that, and would find a difference the next time.
func describeWith(m map[string]any, text string) bool {
	if m["description"] != nil {
		return false
	}
	m["description"] = text
	return true
}

func tagWith(m map[string]any, tag string) bool {
	switch tags := m["tags"].(type) {
	case nil:
		m["tags"] = []any{tag}
	case []any:
		m["tags"] = append(tags, tag)
	default:
		return false
	}
	return true
}
