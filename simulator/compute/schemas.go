package compute

import (
	"strings"

	"github.com/oslua/oslua/simulator/python"
)

// The bodies and queries of the servers' part of the API.

func bdmProps(minor int, v2 bool) []property {
	all := []property{
		prop("virtual_name", schema{typ("string"), length(0, 255)}), prop("volume_id", uuidSchema()), prop("snapshot_id", uuidSchema()),
		prop("volume_size", sizeSchema(1)),
		prop("device_name", schema{typ("string"), length(1, 255), pattern(deviceRE, "^[a-zA-Z0-9._-r/]*$")}),
		prop("delete_on_termination", booleanSchema()), prop("no_device", schema{}),
		prop("connection_info", schema{typ("string"), length(0, 16777215)}),
	}
	if !v2 {
		return all
	}
	short := schema{typ("string"), length(0, 255)}
	all = append(all,
		prop("source_type", schema{typ("string"), enum("volume", "image", "snapshot", "blank")}),
		prop("uuid", schema{typ("string"), length(1, 255), pattern(bdmIDRE, "^[a-zA-Z0-9._-]*$")}),
		prop("image_id", uuidSchema()), prop("destination_type", schema{typ("string"), enum("local", "volume")}),
		prop("guest_format", short), prop("device_type", short), prop("disk_bus", short),
		prop("boot_index", schema{typ("integer", "string", "null"), pattern(signedRE, "^-?[0-9]+$")}))
	if minor == 32 || minor >= 42 {
		all = append(all, prop("tag", tagSchema()))
	}
	if minor >= 67 {
		all = append(all, prop("volume_type", schema{typ("string", "null"), length(0, 255)}))
	}
	return all
}

func networksSchema(minor int) schema {
	id := text()
	if minor >= 37 {
		id = uuidSchema()
	}
	one := []property{prop("fixed_ip", ipSchema()), prop("port", schema{oneOf(uuidSchema(), schema{typ("null")})}), prop("uuid", id)}
	if minor >= 32 && minor <= 36 || minor >= 42 {
		one = append(one, prop("tag", tagSchema()))
	}
	list := schema{typ("array"), items(obj(one))}
	if minor < 37 {
		return list
	}
	return schema{oneOf(list, schema{typ("string"), enum("none", "auto")})}
}

func personalitySchema() schema {
	return schema{typ("array"), items(obj([]property{prop("path", text()), prop("contents", schema{typ("string"), fits("base64", isBase64)})}))}
}

func diskConfigSchema() schema { return schema{typ("string"), enum("AUTO", "MANUAL")} }

func userDataSchema() schema {
	return schema{typ("string"), fits("base64", isBase64), length(0, 65535)}
}

func hostnameSchema() schema {
	return schema{typ("string"), length(2, 63), pattern(hostnameRE, "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$")}
}

func certificatesSchema() schema {
	return schema{typ("array", "null"), count(1, 50), unique(), items(schema{typ("string"), length(1, 0)})}
}

func hintsSchema() schema {
	ids := schema{typ("string", "array"), items(uuidSchema())}
	return schema{typ("object"), props(prop("group", uuidSchema()), prop("different_host", schema{oneOf(uuidSchema(), schema{typ("array"), items(uuidSchema())})}),
		prop("same_host", ids), prop("query", schema{typ("string", "object")}), prop("target_cell", nameSchema()),
		prop("different_cell", schema{typ("string", "array"), items(text())}), prop("build_near_host_ip", ipSchema()))}
}

func createSchema(minor int) schema {
	fqdn := schema{typ("string"), length(1, 255), pattern(fqdnRE, "^[a-zA-Z0-9-._]*$")}
	all := []property{
		prop("name", nameSchema()), prop("imageRef", schema{oneOf(uuidSchema(), schema{typ("string"), empty()})}),
		prop("flavorRef", schema{typ("string", "integer"), length(1, 0)}), prop("adminPass", text()), prop("metadata", metadataSchema("string")),
		prop("networks", networksSchema(minor)), prop("OS-DCF:diskConfig", diskConfigSchema()),
		prop("accessIPv4", schema{typ("string"), fits("ipv4", isIPv4)}), prop("accessIPv6", schema{typ("string"), fits("ipv6", isIPv6)}),
	}
	if minor < 57 {
		all = append(all, prop("personality", personalitySchema()))
	}
	all = append(all,
		prop("availability_zone", nameSchema()),
		prop("block_device_mapping", schema{typ("array"), items(obj(bdmProps(minor, false)))}),
		prop("block_device_mapping_v2", schema{typ("array"), items(obj(bdmProps(minor, true)))}),
		prop("config_drive", booleanSchema()), prop("key_name", nameSchema()), prop("min_count", positiveSchema()), prop("max_count", positiveSchema()),
		prop("return_reservation_id", booleanSchema()),
		prop("security_groups", schema{typ("array"), items(obj([]property{prop("name", nameSchema())}))}),
		prop("user_data", userDataSchema()))
	if minor >= 19 {
		all = append(all, prop("description", descriptionSchema(255)))
	}
	if minor >= 52 {
		all = append(all, prop("tags", schema{typ("array"), items(tagSchema()), count(0, 50)}))
	}
	if minor >= 63 {
		all = append(all, prop("trusted_image_certificates", certificatesSchema()))
	}
	if minor >= 74 {
		all = append(all, prop("host", fqdn), prop("hypervisor_hostname", fqdn))
	}
	if minor >= 90 {
		all = append(all, prop("hostname", hostnameSchema()))
	}
	must := []string{"name", "flavorRef"}
	if minor >= 37 {
		must = append(must, "networks")
	}
	return obj([]property{prop("server", obj(all, must...)), prop("os:scheduler_hints", hintsSchema()), prop("OS-SCH-HNT:scheduler_hints", hintsSchema())}, "server")
}

func updateSchema(minor int) schema {
	all := []property{prop("name", nameSchema()), prop("OS-DCF:diskConfig", diskConfigSchema()),
		prop("accessIPv4", schema{typ("string"), fits("ipv4", isIPv4)}), prop("accessIPv6", schema{typ("string"), fits("ipv6", isIPv6)})}
	if minor >= 19 {
		all = append(all, prop("description", descriptionSchema(255)))
	}
	if minor >= 90 {
		all = append(all, prop("hostname", hostnameSchema()))
	}
	return one("server", obj(all))
}

func rebuildSchema(minor int) schema {
	all := []property{
		prop("name", nameSchema()), prop("imageRef", uuidSchema()), prop("adminPass", text()), prop("metadata", metadataSchema("string")),
		prop("preserve_ephemeral", booleanSchema()), prop("OS-DCF:diskConfig", diskConfigSchema()),
		prop("accessIPv4", schema{typ("string"), fits("ipv4", isIPv4)}), prop("accessIPv6", schema{typ("string"), fits("ipv6", isIPv6)}),
	}
	if minor < 57 {
		all = append(all, prop("personality", personalitySchema()))
	}
	if minor >= 19 {
		all = append(all, prop("description", descriptionSchema(255)))
	}
	if minor >= 54 {
		all = append(all, prop("key_name", schema{oneOf(schema{typ("string"), length(1, 255)}, schema{typ("null")})}))
	}
	if minor >= 57 {
		all = append(all, prop("user_data", schema{oneOf(userDataSchema(), schema{typ("null")})}))
	}
	if minor >= 63 {
		all = append(all, prop("trusted_image_certificates", certificatesSchema()))
	}
	if minor >= 90 {
		all = append(all, prop("hostname", hostnameSchema()))
	}
	return one("rebuild", obj(all, "imageRef"))
}

// ignoredSortKeys are taken and passed over until 2.75.
func ignoredSortKeys(minor int) []any {
	all := []any{"architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted", "deleted_at",
		"disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on"}
	if minor < 73 {
		all = append(all, "locked")
	}
	return append(all, "memory_mb", "os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus", "vm_mode")
}

func sortKeys(minor int) []any {
	all := []any{"access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at", "display_description",
		"display_name", "host", "hostname", "image_ref", "instance_type_id", "kernel_id", "key_name", "launch_index", "launched_at", "locked_by",
		"node", "power_state", "progress", "project_id", "ramdisk_id", "root_device_name", "task_state", "terminated_at", "updated_at", "user_id",
		"uuid", "vm_state"}
	if minor >= 73 {
		all = append([]any{"locked"}, all...)
	}
	if minor < 75 {
		all = append(all, ignoredSortKeys(minor)...)
	}
	return all
}

// joinedFilters are names of tables that were filters once.
func joinedFilters() []string {
	return []string{"block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups", "pci_devices"}
}

func serversQuery(minor int) schema {
	regex := schema{typ("string"), fits("regex", isRegex)}
	date := schema{typ("string"), fits("date-time", isDateTime)}
	all := map[string]schema{"limit": nonNegativeSchema(), "marker": text(), "sort_key": {typ("string"), enum(sortKeys(minor)...)}, "changes-since": date}
	for _, name := range append(joinedFilters(), "user_id", "project_id", "tenant_id", "launch_index", "image_ref", "image", "vm_state", "task_state",
		"host", "uuid", "sort_dir", "all_tenants", "soft_deleted", "deleted", "status") {
		all[name] = text()
	}
	for _, name := range []string{"kernel_id", "ramdisk_id", "hostname", "key_name", "power_state", "node", "flavor", "reservation_id", "launched_at",
		"terminated_at", "availability_zone", "name", "display_name", "description", "display_description", "locked_by", "root_device_name",
		"config_drive", "access_ip_v4", "access_ip_v6", "auto_disk_config", "progress", "ip", "ip6", "created_at"} {
		all[name] = regex
	}
	if minor >= 26 {
		for _, name := range []string{"tags", "tags-any", "not-tags", "not-tags-any"} {
			all[name] = regex
		}
	}
	if minor >= 66 {
		all["changes-before"] = date
	}
	if minor >= 73 {
		all["locked"] = text()
	}
	if minor < 75 {
		return queryParams(true, all)
	}
	return append(queryParams(true, all), func(_ schema, v any) *violation {
		var extra []string
		for _, k := range v.(*object).keys {
			if _, ok := all[k]; !ok && !strings.HasPrefix(k, "_") {
				extra = append(extra, python.Quote(k))
			}
		}
		return unmatched(v, extra, "^_")
	})
}
