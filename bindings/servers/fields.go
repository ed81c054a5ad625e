package servers

import "github.com/oslua/oslua/engine/schema"

func fields() []schema.Field {
	return []schema.Field{
		{Name: "id", Type: "string", Doc: "Its ID."},
		{Name: "name", Type: "string", Doc: "Its name; names need not be unique."},
		{Name: "description", Type: "string?", Doc: "A few words about it."},
		{Name: "status", Type: "string", Doc: "ACTIVE, BUILD, SHUTOFF, PAUSED, SUSPENDED, RESCUE, RESIZE, VERIFY_RESIZE, REBOOT, SHELVED_OFFLOADED, ERROR …"},
		{Name: "fault", Type: "table?", Doc: "Why it is in ERROR: message, code and created."},
		{Name: "addresses", Type: "table<string,table[]>", Doc: "Its addresses by network, each with addr, version and OS-EXT-IPS:type (fixed or floating)."},
		{Name: "flavor", Type: "table", Doc: "Its size: original_name, vcpus, ram, disk, ephemeral, swap, extra_specs; only id on services older than 2.47."},
		{Name: "image", Type: "table|string", Doc: "The image it was made of: its id; \"\" when its disk is a volume."},
		{Name: "key_name", Type: "string?", Doc: "Name of the keypair in it."},
		{Name: "metadata", Type: "table<string,string>", Doc: "Its metadata."},
		{Name: "tags", Type: "string[]?", Doc: "Its tags; nil on services older than 2.26."},
		{Name: "security_groups", Type: "table[]?", Doc: "The security groups of its ports, each with its name."},
		{Name: "adminPass", Type: "string?", Doc: "Password the service made up: only in the object of a server made, rebuilt or rescued just now."},
		{Name: "accessIPv4", Type: "string", Doc: "IPv4 address its owner says it is reached at; \"\" for none."},
		{Name: "accessIPv6", Type: "string", Doc: "IPv6 address its owner says it is reached at; \"\" for none."},
		{Name: "config_drive", Type: "string", Doc: "\"True\" when it has a disk with its metadata."},
		{Name: "locked", Type: "boolean?", Doc: "Whether actions on it are refused."},
		{Name: "locked_reason", Type: "string?", Doc: "Why it is locked."},
		{Name: "created", Type: "string", Doc: "When it was created: \"2026-11-22T13:09:35Z\"."},
		{Name: "updated", Type: "string", Doc: "When it last changed."},
		{Name: "OS-SRV-USG:launched_at", Type: "string?", Doc: "When it first ran."},
		{Name: "OS-EXT-STS:vm_state", Type: "string", Doc: "Its state as the service counts: active, building, stopped, error …"},
		{Name: "OS-EXT-STS:task_state", Type: "string?", Doc: "What is being done to it: spawning, powering-off …; nil for nothing."},
		{Name: "OS-EXT-STS:power_state", Type: "integer", Doc: "0 unknown, 1 running, 3 paused, 4 shut down, 6 crashed, 7 suspended."},
		{Name: "OS-EXT-AZ:availability_zone", Type: "string", Doc: "Availability zone it runs in."},
		{Name: "OS-EXT-SRV-ATTR:hostname", Type: "string?", Doc: "Its own name, as its metadata tells it."},
		{Name: "OS-EXT-SRV-ATTR:host", Type: "string?", Doc: "Host it runs on; administrators see it."},
		{Name: "OS-DCF:diskConfig", Type: "string", Doc: "AUTO when its disk was grown to the flavor's, MANUAL otherwise."},
		{Name: "os-extended-volumes:volumes_attached", Type: "table[]", Doc: "Volumes attached to it, each with its id."},
		{Name: "server_groups", Type: "string[]?", Doc: "IDs of the server groups it is in; lists leave it out."},
		{Name: "trusted_image_certificates", Type: "string[]?", Doc: "Certificates its image was checked with."},
		{Name: "hostId", Type: "string", Doc: "Stands for the host it runs on, differently in each project."},
		{Name: "progress", Type: "integer?", Doc: "How far the present task is, in percent."},
		{Name: "user_id", Type: "string", Doc: "ID of the user who made it."},
		{Name: "tenant_id", Type: "string", Doc: "ID of the project it belongs to."},
		{Name: "links", Type: "table[]", Doc: "Its addresses in the API."},
	}
}
