package flavors

import "github.com/oslua/oslua/engine/schema"

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID; it may look like a name: \"42\", \"d1\"."},
		{Name: "name", Type: "string", Doc: "Its name."},
		{Name: "vcpus", Type: "integer", Doc: "Number of processors."},
		{Name: "ram", Type: "integer", Doc: "Memory in MiB."},
		{Name: "disk", Type: "integer", Doc: "Size of the root disk in GiB; 0 takes the image's."},
		{Name: "OS-FLV-EXT-DATA:ephemeral", Type: "integer", Doc: "Size of a second, empty disk in GiB."},
		{Name: "swap", Type: "integer", Doc: "Size of the swap disk in MiB."},
		{Name: "rxtx_factor", Type: "number", Doc: "Share of bandwidth."},
		{Name: "os-flavor-access:is_public", Type: "boolean", Doc: "Whether every project may use it."},
		{Name: "OS-FLV-DISABLED:disabled", Type: "boolean", Doc: "Whether an administrator put it out of use."},
		{Name: "description", Type: "string?", Doc: "A few words about it."},
		{Name: "extra_specs", Type: "table<string,string>?", Doc: "What it asks of hosts beyond its size; nil where you may not see it."},
		{Name: "links", Type: "table[]", Doc: "Its addresses in the API."},
	}
}
