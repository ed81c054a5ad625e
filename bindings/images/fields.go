package images

import "github.com/oslua/oslua/engine/schema"

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID."},
		{Name: "name", Type: "string?", Doc: "Its name; names need not be unique."},
		{Name: "status", Type: "string", Doc: "queued (no data yet), saving, importing, active, deactivated, killed …"},
		{Name: "visibility", Type: "string", Doc: "public, community, shared or private."},
		{Name: "disk_format", Type: "string?", Doc: "qcow2, raw, vmdk, vdi, vhd, iso …"},
		{Name: "container_format", Type: "string?", Doc: "bare, nearly always."},
		{Name: "size", Type: "integer?", Doc: "Size of its data, in bytes."},
		{Name: "virtual_size", Type: "integer?", Doc: "Size of the disk it becomes, in bytes: a flavor's disk must hold it."},
		{Name: "min_disk", Type: "integer", Doc: "Disk a flavor must have at least, in GB."},
		{Name: "min_ram", Type: "integer", Doc: "Memory a flavor must have at least, in MB."},
		{Name: "protected", Type: "boolean", Doc: "Whether it cannot be deleted."},
		{Name: "os_hidden", Type: "boolean", Doc: "Whether lists leave it out."},
		{Name: "owner", Type: "string?", Doc: "ID of the project it belongs to."},
		{Name: "checksum", Type: "string?", Doc: "MD5 of its data."},
		{Name: "os_hash_algo", Type: "string?", Doc: "Algorithm of os_hash_value: sha512."},
		{Name: "os_hash_value", Type: "string?", Doc: "Hash of its data."},
		{Name: "tags", Type: "string[]", Doc: "Its tags."},
		{Name: "stores", Type: "string?", Doc: "Where its data is."},
		{Name: "created_at", Type: "string", Doc: "When it was created: \"2026-11-22T13:04:04Z\"."},
		{Name: "updated_at", Type: "string", Doc: "When it was last changed."},
	}
}

func classes() []schema.Class {
	return []schema.Class{
		{Name: "images.Inspection", Doc: "What the bytes of a file say.", Fields: []schema.Param{
			{Name: "format", Type: "string?", Doc: "qcow2, raw, vmdk, vdi, vhd, vhdx, iso; nil when it is no disk image. raw is also what is not known."},
			{Name: "what", Type: "string?", Doc: "What it is, when it is no disk image."},
			{Name: "size", Type: "integer", Doc: "Size of the file, in bytes."},
			{Name: "virtual_size", Type: "integer?", Doc: "Size of the disk inside, in bytes; nil when it cannot be told."},
			{Name: "min_disk", Type: "integer?", Doc: "Smallest disk of a flavor that holds it, in GiB."},
		}},
		{Name: "images.Download", Doc: "What download did.", Fields: []schema.Param{
			{Name: "file", Type: "string", Doc: "The file."},
			{Name: "size", Type: "integer", Doc: "Its size, in bytes."},
			{Name: "resumed_at", Type: "integer?", Doc: "How much was there from an earlier try, in bytes."},
			{Name: "verified", Type: "string?", Doc: "Algorithm of the hash that was compared; nil when the service has none."},
		}},
		{Name: "images.Member", Doc: "A project that an image is shared with.", Fields: []schema.Param{
			{Name: "member_id", Type: "string", Doc: "ID of the project."},
			{Name: "image_id", Type: "string", Doc: "ID of the image."},
			{Name: "status", Type: "string", Doc: "pending, accepted or rejected."},
			{Name: "created_at", Type: "string", Doc: "Since when."},
			{Name: "updated_at", Type: "string", Doc: "When it was last changed."},
		}},
	}
}
