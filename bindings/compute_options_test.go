package bindings_test

import (
	"testing"

	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/attachinterfaces"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/keypairs"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
)

// untagged are the words of fields that a struct's own method puts into the body: they have no tag to read.
var untagged = map[string]string{
	"servers.CreateOpts.SecurityGroups": "security_groups", "servers.CreateOpts.UserData": "user_data", "servers.CreateOpts.Networks": "networks",
	"servers.Network.UUID": "uuid", "servers.Network.Port": "port", "servers.Network.FixedIP": "fixed_ip", "servers.Network.Tag": "tag",
	"servers.File.Path": "path", "servers.File.Contents": "contents",
	"servers.SchedulerHintOpts.Group": "group", "servers.SchedulerHintOpts.DifferentHost": "different_host", "servers.SchedulerHintOpts.SameHost": "same_host",
	"servers.SchedulerHintOpts.Query": "query", "servers.SchedulerHintOpts.BuildNearHostIP": "build_near_host_ip",
	"images.CreateOpts.Properties": "properties", "images.ListOpts.CreatedAtQuery": "created_at", "images.ListOpts.UpdatedAtQuery": "updated_at",
	"images.UpdateVisibility.Visibility": "visibility", "images.ReplaceImageHidden.NewHidden": "os_hidden", "images.ReplaceImageName.NewName": "name",
	"images.ReplaceImageTags.NewTags": "tags", "images.ReplaceImageMinDisk.NewMinDisk": "min_disk", "images.ReplaceImageMinRam.NewMinRam": "min_ram",
	"images.ReplaceImageProtected.NewProtected": "protected", "images.UpdateImageProperty.Name": "properties",
	"ports.ListOpts.FixedIPs": "fixed_ips", "projects.CreateOpts.Extra": "extra", "projects.UpdateOpts.Extra": "extra",
}

// bare are fields without a word of ours: the server's hints take any other member as it is; projects
// are not listed by parts of their names; the rest says how a member of an image is changed, and a checksum is the
// service's own.
var bare = []string{"servers.SchedulerHintOpts.AdditionalProperties", "images.UpdateImageProperty.Op", "images.UpdateImageProperty.Value", "images.ReplaceImageChecksum.Checksum", "projects.ListOpts.Filters"}

// TestEveryComputeOption: what gophercloud takes for servers, flavors and keypairs, ours take under the same words.
func TestEveryComputeOption(t *testing.T) {
	mods := on(t).mods
	// Words that are no options here: the service has never looked at the first, and the others are arguments.
	left := map[string][]string{"flavors.list": {"changes-since"}, "servers.resize": {"flavorRef"}, "servers.rebuild": {"imageRef"}}
	for fn, opts := range map[string][]any{
		"servers.create":                         {servers.CreateOpts{}, keypairs.CreateOptsExt{}},
		"servers.create.networks":                {servers.Network{}},
		"servers.create.personality":             {servers.File{}},
		"servers.create.block_device_mapping_v2": {servers.BlockDevice{}},
		"servers.create.scheduler_hints":         {servers.SchedulerHintOpts{}},
		"servers.list":                           {servers.ListOpts{}},
		"servers.update":                         {servers.UpdateOpts{}},
		"servers.reboot":                         {servers.RebootOpts{}},
		"servers.rebuild":                        {servers.RebuildOpts{}},
		"servers.resize":                         {servers.ResizeOpts{}},
		"servers.create_image":                   {servers.CreateImageOpts{}},
		"servers.console_log":                    {servers.ShowConsoleOutputOpts{}},
		"servers.rescue":                         {servers.RescueOpts{}},
		"servers.unshelve":                       {servers.UnshelveOpts{}},
		"servers.attach_interface":               {attachinterfaces.CreateOpts{}},
		"flavors.create":                         {flavors.CreateOpts{}},
		"flavors.update":                         {flavors.UpdateOpts{}},
		"flavors.list":                           {flavors.ListOpts{}},
		"keypairs.create":                        {keypairs.CreateOpts{}},
		"keypairs.list":                          {keypairs.ListOpts{}},
		"keypairs.get":                           {keypairs.GetOpts{}},
		"keypairs.delete":                        {keypairs.DeleteOpts{}},
	} {
		takes(t, mods, fn, opts, left[fn])
	}
}
