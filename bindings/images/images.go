// Package images is the Lua module images: the images of the image service, and files that become images.
package images

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/resource"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/wait"
)

// Options are what the module needs besides the connection.
type Options struct {
	Progress Progress // told of uploads and downloads; nil for nobody
	Sandbox  bool     // scripts reach neither files nor programs
}

// Module describes the Lua module.
func Module(c *rest.Client, o Options) schema.Module {
	m := module{c.Of("image"), o}
	return schema.Module{
		Name: "images",
		Kind: "image",
		Doc: "Images: disks that servers start from. An image is made of a file, whose format the first bytes tell; it is stored " +
			"once and cannot be changed afterwards, only what is said of it.",
		Example: `for _, image in ipairs(images.list { status = "active" }) do
  print(image.name, image.disk_format, image.size, image.visibility)
end`,
		Fields:  fields(),
		Classes: classes(),
		Funcs:   m.funcs(),
	}
}

func (m module) funcs() []schema.Func {
	image := schema.Returns("image", "image", "The image as it is now.")
	return []schema.Func{
		schema.Fn("list", "List images: the public ones, one's own, and those accepted from others. The filters run on the server.", resource.ListBy(m.Collection, m.query),
			schema.Returns("images", "image[]", "The images, in the server's order: newest first."),
			schema.REST("GET /v2/images"), schema.CLI("openstack image list"),
			schema.Example(`for _, image in ipairs(images.list { visibility = "public", sort = "name:asc" }) do print(image.name) end`)),
		schema.Fn("each", "Go through images, fetching a page at a time: for long lists.", resource.EachBy(m.Collection, m.query),
			schema.Returns("iterator", "fun(): image", "For the generic for."),
			schema.REST("GET /v2/images"), schema.CLI("openstack image list"),
			schema.Example(`for image in images.each { limit = 25 } do print(image.name) end`)),
		schema.Fn("get", "Fetch an image anew.", resource.Get[one](m.Collection), schema.Method(), image,
			schema.Raises("not_found", "ambiguous"),
			schema.REST("GET /v2/images/{id}", "GET /v2/images?name={name}"), schema.CLI("openstack image show NAME"),
			schema.Example(`print(images.get("cirros-0.5.2-x86_64-disk").virtual_size)`)),
		schema.Fn("find", "Look whether there is an image of this name or ID.", resource.Find[one](m.Collection),
			schema.Returns("image", "image?", "The image; nil when there is none."),
			schema.Raises("ambiguous"),
			schema.REST("GET /v2/images?name={name}"), schema.CLI("openstack image list --name NAME"),
			schema.Example(`if not images.find("ubuntu") then print("it has to be uploaded first") end`)),
		schema.Fn("create", "Create an image, and upload a file into it. What arrived is compared with what was sent; when the upload fails or is "+
			"interrupted, the half image is deleted. Without file the image is empty (queued) until upload or import.", m.create,
			schema.Returns("image", "image", "The new image."),
			schema.Raises("bad_argument", "forbidden", "quota", "bad_request", "unavailable", "resource_error", "timeout"),
			schema.REST("POST /v2/images", "PUT /v2/images/{id}/file", "GET /v2/images/{id}"), schema.CLI("openstack image create --file FILE --disk-format qcow2 NAME"),
			schema.Example(`local image = images.create { name = "ubuntu", file = "focal-server-cloudimg-amd64.img", tags = { "lab" },
  properties = { hw_rng_model = "virtio" } }
print(image.disk_format, image.size)`)),
		schema.Fn("ensure", "Make sure that there is an image of this name that is as described: create it, or change what differs. With file, an "+
			"image whose data is not the file's is a conflict: it cannot be changed.", m.ensure, image,
			schema.Returns("changed", "boolean", "Whether it was created or changed."),
			schema.Raises("bad_argument", "ambiguous", "conflict", "forbidden", "quota", "unavailable", "resource_error", "timeout"),
			schema.REST("GET /v2/images?name={name}", "POST /v2/images", "PUT /v2/images/{id}/file", "PATCH /v2/images/{id}"),
			schema.CLI("openstack image show NAME || openstack image create NAME"),
			schema.Example(`local image, changed = images.ensure { name = "ubuntu", file = "focal-server-cloudimg-amd64.img" }`)),
		schema.Fn("from_url", "Create an image of what an address gives: the service fetches it itself where it can, otherwise it is passed through "+
			"here without being stored.", m.fromURL,
			schema.Returns("image", "image", "The new image."),
			schema.Raises("bad_argument", "forbidden", "quota", "bad_request", "unavailable", "resource_error", "timeout"),
			schema.REST("GET /v2/info/import", "POST /v2/images", "POST /v2/images/{id}/import", "PUT /v2/images/{id}/file"),
			schema.CLI("openstack image create --import --import-method web-download --uri URL NAME"),
			schema.Example(`local image = images.from_url { url = "http://192.0.2.9/focal-server-cloudimg-amd64.img", name = "ubuntu" }`)),
		schema.Fn("upload", "Upload a file into an image that is empty (queued).", m.upload, schema.Method(), image,
			schema.Raises("bad_argument", "not_found", "ambiguous", "conflict", "unavailable", "resource_error", "timeout"),
			schema.REST("PUT /v2/images/{id}/file"), schema.CLI("glance image-upload --file FILE IMAGE"),
			schema.Example(`local image = images.create { name = "small", disk_format = "raw" }
image = image:upload("disk.img")`)),
		schema.Fn("stage", "Upload a file into the staging area of an image that is empty; import with the method \"glance-direct\" takes it from there.", m.stage, schema.Method(), image,
			schema.Raises("bad_argument", "not_found", "ambiguous", "conflict", "unavailable"),
			schema.REST("PUT /v2/images/{id}/stage"), schema.CLI("glance image-stage --file FILE IMAGE"),
			schema.Example(`local image = images.create { name = "staged", disk_format = "raw" }
image = image:stage("disk.img")
image = image:import { method = "glance-direct" }`)),
		schema.Fn("import", "Let the service get the data of an image that is empty: from an address, from its staging area, or into more stores.", m.importData, schema.Method(), image,
			schema.Raises("bad_argument", "not_found", "ambiguous", "conflict", "resource_error", "timeout"),
			schema.REST("POST /v2/images/{id}/import"), schema.CLI("openstack image import --method web-download --uri URL IMAGE"),
			schema.Example(`local image = images.create { name = "fetched", disk_format = "qcow2" }
image = image:import { method = "web-download", uri = "http://192.0.2.9/disk.qcow2" }`)),
		schema.Fn("import_methods", "List the ways in which the service itself can get an image's data.", m.importMethods,
			schema.Returns("methods", "string[]", "glance-direct, web-download, copy-image …"),
			schema.REST("GET /v2/info/import"), schema.CLI("openstack image import info"),
			schema.Example(`print(table.concat(images.import_methods(), " "))`)),
		schema.Fn("download", "Download an image's data into a file, and compare its hash. A download that was cut short is kept beside the file, "+
			"and goes on where it ended when it is tried again.", m.download, schema.Method(),
			schema.Returns("result", "images.Download", "What was done."),
			schema.Raises("bad_argument", "not_found", "ambiguous", "conflict", "forbidden", "unavailable", "resource_error", "error"),
			schema.REST("GET /v2/images/{id}", "GET /v2/images/{id}/file"), schema.CLI("openstack image save --file FILE IMAGE"),
			schema.Example(`local got = images.download("cirros-0.5.2-x86_64-disk", { file = "cirros.img", overwrite = true })
print(got.size, got.verified)`)),
		schema.Fn("update", "Change what is said of an image. The object given stays as it was: use the one returned.", m.update, schema.Method(), image,
			schema.Raises("not_found", "ambiguous", "forbidden", "bad_request", "conflict"),
			schema.REST("PATCH /v2/images/{id}"), schema.CLI("openstack image set NAME"),
			schema.Example(`images.update("ubuntu", { min_disk = 3, properties = { os_distro = "ubuntu" }, remove_properties = { "hw_rng_model" } })`)),
		schema.Fn("delete", "Delete an image and its data.", resource.Delete[one](m.Collection), schema.Method(),
			schema.Returns("deleted", "boolean", "Whether it was there."),
			schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
			schema.REST("DELETE /v2/images/{id}"), schema.CLI("openstack image delete NAME"),
			schema.Example(`images.delete("ubuntu", { missing_ok = true })`)),
		schema.Fn("wait", "Wait until an image has a status: active once its data is there.", m.wait, schema.Method(),
			schema.Returns("image", "image?", "The image as it is then; nil when it was to be gone."),
			schema.Raises("not_found", "ambiguous", "timeout", "resource_error"),
			schema.REST("GET /v2/images/{id}"), schema.CLI("openstack image show NAME -c status"),
			schema.Example(`images.wait("ubuntu", { timeout = "10m" })`)),
		schema.Fn("deactivate", "Keep everyone but administrators from an image's data, so that no server starts from it.", m.deactivate, schema.Method(),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("POST /v2/images/{id}/actions/deactivate"), schema.CLI("openstack image set --deactivate NAME"),
			schema.Example(`images.deactivate("ubuntu")`)),
		schema.Fn("reactivate", "Give an image's data free again.", m.reactivate, schema.Method(),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("POST /v2/images/{id}/actions/reactivate"), schema.CLI("openstack image set --activate NAME"),
			schema.Example(`images.reactivate("ubuntu")`)),
		schema.Fn("members", "List the projects an image is shared with.", m.members, schema.Method(),
			schema.Returns("members", "images.Member[]", "One for each project."),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("GET /v2/images/{id}/members"), schema.CLI("openstack image member list IMAGE"),
			schema.Example(`for _, member in ipairs(images.members("ubuntu")) do print(member.member_id, member.status) end`)),
		schema.Fn("add_member", "Share an image, whose visibility is shared, with a project. Its lists show it once it has accepted.", m.addMember, schema.Method(),
			schema.Returns("member", "images.Member", "The membership: pending."),
			schema.Raises("not_found", "ambiguous", "conflict", "forbidden"),
			schema.REST("POST /v2/images/{id}/members"), schema.CLI("openstack image add project IMAGE PROJECT"),
			schema.Example(`images.add_member("ubuntu", "38d9273c1dc74e86bbf2fba83fdb7338")`)),
		schema.Fn("remove_member", "Share an image no longer with a project; one it was not shared with is not_found.", m.removeMember, schema.Method(),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("DELETE /v2/images/{id}/members/{project}"), schema.CLI("openstack image remove project IMAGE PROJECT"),
			schema.Example(`images.remove_member("ubuntu", "38d9273c1dc74e86bbf2fba83fdb7338")`)),
		schema.Fn("accept", "Accept an image that another project shares with this one: lists show it from now on.", m.accept, schema.Method(),
			schema.Returns("member", "images.Member", "The membership: accepted."),
			schema.Raises("not_found", "forbidden"),
			schema.REST("PUT /v2/images/{id}/members/{project}"), schema.CLI("openstack image set --accept IMAGE"),
			schema.Example(`images.accept("a8354189-536f-4145-81db-f5e6207a9e2b")`)),
		schema.Fn("reject", "Reject an image that another project shares with this one: lists leave it out.", m.reject, schema.Method(),
			schema.Returns("member", "images.Member", "The membership: rejected."),
			schema.Raises("not_found", "forbidden"),
			schema.REST("PUT /v2/images/{id}/members/{project}"), schema.CLI("openstack image set --reject IMAGE"),
			schema.Example(`images.reject("a8354189-536f-4145-81db-f5e6207a9e2b")`)),
		schema.Fn("set_tags", "Give an image these tags in place of those it has.", m.setTags, schema.Method(),
			schema.Raises("not_found", "ambiguous", "bad_request", "forbidden"),
			schema.REST("PATCH /v2/images/{id}"), schema.CLI("openstack image set --tag TAG NAME"),
			schema.Example(`images.set_tags("ubuntu", { "lab" })`)),
		schema.Fn("add_tag", "Give an image one tag more.", resource.AddTag[one](m.Collection), schema.Method(),
			schema.Raises("not_found", "ambiguous", "bad_request", "forbidden"),
			schema.REST("PUT /v2/images/{id}/tags/{tag}"), schema.CLI("openstack image set --tag TAG NAME"),
			schema.Example(`images.add_tag("ubuntu", "lab")`)),
		schema.Fn("remove_tag", "Take a tag from an image; one it does not have is not_found.", resource.RemoveTag[one](m.Collection), schema.Method(),
			schema.Raises("not_found", "ambiguous", "forbidden"),
			schema.REST("DELETE /v2/images/{id}/tags/{tag}"), schema.CLI("openstack image unset --tag TAG NAME"),
			schema.Example(`images.remove_tag("ubuntu", "lab")`)),
		schema.Fn("inspect", "Tell a file's format and the size of the disk in it, from its bytes. Nothing is sent.", m.inspect,
			schema.Returns("inspection", "images.Inspection", "What it is."),
			schema.Raises("bad_argument"),
			schema.CLI("qemu-img info FILE"),
			schema.Example(`local is = images.inspect("focal-server-cloudimg-amd64.img")
print(is.format, is.virtual_size, "needs a disk of " .. is.min_disk .. " GiB")`)),
		schema.Fn("customize", "Change the system inside an image's file with virt-customize, where that is installed: set root's password, install "+
			"packages, run commands. Where it is not, a server can be told the same when it starts, with cloud-init.", m.customize,
			schema.Returns("file", "string", "The file that was changed."),
			schema.Raises("bad_argument", "unavailable", "error", "cancelled"),
			schema.CLI("virt-customize -a FILE --root-password password:PASSWORD"),
			schema.Example(`images.customize { file = "focal-server-cloudimg-amd64.img", output = "ubuntu.img", root_password = "secret" }`)),
	}
}

type module struct {
	*rest.Collection
	o Options
}

type filters struct {
	ID           string             `lua:"id" json:"id" doc:"Only the one with this ID; \"in:ID1,ID2\" for several."`
	Name         schema.Opt[string] `lua:"name" json:"name" doc:"Only those with exactly this name; \"in:a,b\" for several."`
	Visibility   string             `lua:"visibility" json:"visibility" enum:"public|private|shared|community|all" doc:"Only those of this visibility; community ones are listed only when asked for."`
	Status       string             `lua:"status" json:"status" doc:"Only those with this status: active, queued …; \"in:saving,queued\" for several."`
	Owner        schema.Ref         `lua:"owner" alias:"project,project_id" json:"owner" ref:"project" doc:"Only those of this project: object or ID."`
	Tags         []string           `lua:"tag" alias:"tags" json:"tag" doc:"Only those with all of these tags."`
	SizeMin      schema.Size        `lua:"size_min" json:"size_min" doc:"Only those of at least this size: bytes, or \"1GB\"."`
	SizeMax      schema.Size        `lua:"size_max" json:"size_max" doc:"Only those of at most this size: bytes, or \"1GB\"."`
	Hidden       schema.Opt[bool]   `lua:"os_hidden" alias:"hidden" json:"os_hidden" default:"false" doc:"Only those that lists leave out otherwise."`
	Protected    schema.Opt[bool]   `lua:"protected" json:"protected" doc:"Only those that cannot be deleted, or can."`
	MemberStatus string             `lua:"member_status" json:"member_status" enum:"accepted|pending|rejected|all" doc:"Only those shared with this project that it has accepted, or not."`
	DiskFormat   string             `lua:"disk_format" json:"disk_format" doc:"Only those of this format; \"in:qcow2,raw\" for several."`
	Container    string             `lua:"container_format" json:"container_format" doc:"Only those of this container format; \"in:bare,ovf\" for several."`
	CreatedAt    string             `lua:"created_at" json:"created_at" doc:"Only those created then: \"gte:2026-11-22T00:00:00Z\"; also gt, lt, lte, eq, neq."`
	UpdatedAt    string             `lua:"updated_at" json:"updated_at" doc:"Only those last changed then: \"gte:2026-11-22T00:00:00Z\"."`
	Properties   map[string]string  `lua:"properties" json:"-" doc:"Only those with these properties: { os_distro = \"ubuntu\" }."`
	Sort         string             `lua:"sort" json:"sort" doc:"Order, on the server: \"name:asc,created_at:desc\"."`
	SortKey      string             `lua:"sort_key" json:"sort_key" doc:"Field to sort by, on the server; not together with sort."`
	SortDir      string             `lua:"sort_dir" json:"sort_dir" enum:"asc|desc" default:"desc" doc:"Direction to sort in."`
	Limit        int                `lua:"limit" json:"limit" doc:"At most this many in all; each{} takes it as the number of each page."`
	Marker       string             `lua:"marker" json:"marker" doc:"Begin after the one with this ID."`
}

// about is what is said of an image, at its creation and later.
type about struct {
	Visibility string               `lua:"visibility" json:"visibility" enum:"public|private|shared|community" default:"shared" doc:"Who may use it: public is everyone, and for administrators; shared is whom it is shared with by add_member."`
	Hidden     schema.Opt[bool]     `lua:"os_hidden" alias:"hidden" json:"os_hidden" default:"false" doc:"Leave it out of lists."`
	Container  string               `lua:"container_format" json:"container_format" default:"bare" doc:"bare; ovf, ova, docker, compressed, ami, ari or aki where the cloud has them."`
	MinDisk    schema.Opt[int]      `lua:"min_disk" json:"min_disk" default:"0" doc:"Disk a flavor must have at least, in GB."`
	MinRAM     schema.Opt[int]      `lua:"min_ram" json:"min_ram" default:"0" doc:"Memory a flavor must have at least, in MB."`
	Protected  schema.Opt[bool]     `lua:"protected" json:"protected" default:"false" doc:"Keep it from being deleted."`
	Tags       schema.Opt[[]string] `lua:"tags" json:"tags" doc:"Tags it shall have and no others."`
	Properties map[string]any       `lua:"properties" json:"-" doc:"Properties, for the compute service and for people: { hw_rng_model = \"virtio\", os_distro = \"ubuntu\" }."`
}

type creation struct {
	Name       string     `lua:"name,required" json:"name" doc:"Its name. Names need not be unique, but one name for two things has to be told apart by ID."`
	ID         string     `lua:"id" json:"id" doc:"Its ID, a UUID; a new one when left out."`
	DiskFormat string     `lua:"disk_format" json:"disk_format" doc:"qcow2, raw, vmdk, vdi, vhd, vhdx, iso, ami, ari, aki or ploop; told from the file's bytes when left out."`
	Owner      schema.Ref `lua:"owner" alias:"project,project_id" json:"owner" ref:"project" doc:"Project it belongs to, for administrators; your own when left out."`
	about
}

type making struct {
	creation
	File string `lua:"file" json:"-" doc:"File to upload."`
	sending
	rest.Waits
}

type sending struct {
	Force    bool             `lua:"force" json:"-" default:"false" doc:"Send the file although its bytes say that it is of another format."`
	Progress schema.Opt[bool] `lua:"progress" json:"-" default:"true" doc:"Show how far it is."`
}

type changing struct {
	Image      schema.Ref         `lua:"image,arg,required" json:"-" ref:"image" doc:"The image: object, ID or name."`
	Name       schema.Opt[string] `lua:"name" json:"name" doc:"New name."`
	DiskFormat string             `lua:"disk_format" json:"disk_format" doc:"Disk format; only while it has no data."`
	Owner      schema.Ref         `lua:"owner" alias:"project,project_id" json:"owner" ref:"project" doc:"Project it shall belong to; for administrators."`
	about
	Remove []string `lua:"remove_properties" json:"-" doc:"Properties to take away."`
}

type one struct {
	Image schema.Ref `lua:"image,arg,required" json:"-" ref:"image" doc:"The image: object, ID or name."`
}

// Ref says which it is.
func (o one) Ref() schema.Ref { return o.Image }

type until struct {
	one
	Status  string          `lua:"status" json:"-" default:"active" doc:"Status to wait for; \"deleted\" waits until it is gone."`
	Timeout schema.Duration `lua:"timeout" json:"-" default:"5m" doc:"How long to wait at most: seconds, or text such as \"90s\" or \"10m\"."`
}

type uploading struct {
	one
	File string `lua:"file,arg,required" json:"-" doc:"File to upload."`
	sending
	rest.Waits
}

func (m module) query(ctx context.Context, op string, in *filters) (url.Values, error) {
	q, err := m.Client().Query(ctx, op, in)
	if err != nil {
		return nil, err
	}
	for k, v := range in.Properties {
		if q.Has(k) {
			return nil, refuse(op, "properties", "%s is an option of its own", k).WithHint("give it outside properties")
		}
		q.Set(k, v)
	}
	return q, nil
}

func (m module) create(ctx context.Context, in making) (schema.Object, error) {
	return m.make(ctx, "images.create", in)
}

func (m module) make(ctx context.Context, op string, in making) (schema.Object, error) {
	var src *source
	if in.File != "" {
		var is found
		var err error
		if src, is, err = m.fromFile(ctx, op, in.File); err != nil {
			return schema.Object{}, err
		}
		if in.DiskFormat, err = checkFormat(op, in.File, in.DiskFormat, in.Container, is, in.Force); err != nil {
			return schema.Object{}, err
		}
		src.prog = m.progress("uploading "+in.Name, src.size, in.Progress)
	}
	obj, err := m.queued(ctx, op, &in.creation)
	if err != nil || src == nil {
		return obj, err
	}
	return m.fill(ctx, op, obj, src, in.Protected.Or(false), in.Wait, in.Timeout)
}

// queued creates an image without data.
func (m module) queued(ctx context.Context, op string, in *creation) (schema.Object, error) {
	if in.Container == "" {
		in.Container = "bare"
	}
	body, err := m.Client().Body(ctx, op, in)
	if err != nil {
		return schema.Object{}, err
	}
	if err := addProperties(op, body, in.Properties); err != nil {
		return schema.Object{}, err
	}
	return m.Create(ctx, op, body)
}

// addProperties puts properties beside the options of a body: the service has them side by side.
func addProperties(op string, body, properties map[string]any) error {
	for k, v := range properties {
		text, err := property(op, k, v)
		if err != nil {
			return err
		}
		if _, there := body[k]; there {
			return refuse(op, "properties", "%s is an option of its own", k).WithHint("give it outside properties")
		}
		body[k] = text
	}
	return nil
}

// property gives the text that the service wants a property's value to be.
func property(op, name string, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool, int, int64:
		return fmt.Sprint(v), nil
	case float64:
		return strings.TrimSuffix(fmt.Sprintf("%.14g", v), ".0"), nil
	}
	return "", refuse(op, "properties."+name, "want text, got %T", v).WithHint("properties are texts")
}

// fill uploads into an image that was just made, and deletes it when that fails.
func (m module) fill(ctx context.Context, op string, obj schema.Object, src *source, protected bool, waits schema.Opt[bool], timeout schema.Duration) (schema.Object, error) {
	ref := rest.RefOf(obj)
	err := m.send(ctx, op, ref, "file", src)
	if err == nil {
		obj, err = m.settle(ctx, op, ref, waits, timeout)
	}
	if err == nil {
		err = m.verify(op, obj, src)
	}
	if err != nil {
		return schema.Object{}, m.cleanUp(ctx, op, ref, protected, err)
	}
	return obj, nil
}

// settle waits until an image has its data.
func (m module) settle(ctx context.Context, op string, ref schema.Ref, waits schema.Opt[bool], timeout schema.Duration) (schema.Object, error) {
	if !waits.Or(true) {
		return m.Get(ctx, op, ref)
	}
	return m.until(ctx, op, ref, "active", timeout.Or(0))
}

// until waits for a status. An import that failed leaves an image as it was before, with a member that names the store.
func (m module) until(ctx context.Context, op string, ref schema.Ref, status string, timeout time.Duration) (schema.Object, error) {
	st, err := wait.For(ctx, m.Client().Clock, wait.Spec{
		Op: op, Resource: m.Describe(ref), Type: m.Name, ID: ref.ID, Target: []string{status}, Failed: []string{"killed", "deleted", "failed"}, Timeout: timeout,
		Look: func(ctx context.Context) (wait.State, error) {
			obj, err := m.Get(ctx, op, schema.Ref{ID: ref.ID})
			if err != nil {
				return wait.State{}, err
			}
			st := wait.State{Status: rest.Text(obj, "status"), Body: obj.JSON}
			if stores := rest.Text(obj, "os_glance_failed_import"); stores != "" {
				st.Status, st.Fault = "failed", "the service could not import its data into "+stores
			}
			return st, nil
		},
	})
	if err != nil || st.Body == nil {
		return schema.Object{}, err
	}
	return schema.Object{Kind: m.Name, JSON: st.Body}, nil
}

func (m module) ensure(ctx context.Context, in making) (schema.Values, error) {
	const op = "images.ensure"
	obj, ok, err := m.Find(ctx, op, schema.Ref{Text: in.Name}, nil)
	if err != nil {
		return nil, err
	}
	if !ok {
		obj, err = m.make(ctx, op, in)
		return rest.Ensured(obj, true, err)
	}
	ref := rest.RefOf(obj)
	if in.File != "" {
		if obj, err = m.sameData(ctx, op, obj, in); err != nil {
			return nil, err
		}
	}
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return nil, err
	}
	body, err := schema.Body(&in.creation)
	if err != nil {
		return nil, err
	}
	rules := map[string]rest.Rule{
		"disk_format": {}, "container_format": {}, "id": {}, "owner": {Same: rest.ID},
		"tags": {Update: true, Same: rest.SameTags},
	}
	for _, k := range []string{"visibility", "os_hidden", "min_disk", "min_ram", "protected"} {
		rules[k] = rest.Rule{Update: true}
	}
	wanted, err := m.Differences(rest.Wanted{Op: op, Name: in.Name, Body: body, Rules: rules}, obj)
	if err != nil {
		return nil, err
	}
	for k, v := range in.Properties {
		text, err := property(op, k, v)
		if err != nil {
			return nil, err
		}
		if raw, there := rawjson.Get(obj.JSON, k); !there || rest.Text(obj, k) != text || len(raw) == 0 {
			wanted[k] = text
		}
	}
	if len(wanted) == 0 {
		return rest.Ensured(obj, false, nil)
	}
	obj, err = m.patch(ctx, op, ref, edits(wanted))
	return rest.Ensured(obj, true, err)
}

// sameData compares a file with the data of an image; one that is empty gets it.
func (m module) sameData(ctx context.Context, op string, obj schema.Object, in making) (schema.Object, error) {
	src, is, err := m.fromFile(ctx, op, in.File)
	if err != nil {
		return obj, err
	}
	if _, err := checkFormat(op, in.File, in.DiskFormat, in.Container, is, in.Force); err != nil {
		return obj, err
	}
	sum := rest.Text(obj, "checksum")
	if rest.Text(obj, "status") == "queued" || sum == "" {
		src.prog = m.progress("uploading "+in.Name, src.size, in.Progress)
		ref := rest.RefOf(obj)
		if err := m.send(ctx, op, ref, "file", src); err != nil {
			return obj, err
		}
		if obj, err = m.settle(ctx, op, ref, in.Wait, in.Timeout); err != nil {
			return obj, err
		}
		return obj, m.verify(op, obj, src)
	}
	have, err := hashFile(ctx, op, in.File, "md5")
	if err != nil {
		return obj, err
	}
	if have != sum {
		e := errs.New(errs.Conflict, "%s is there, but its data is not that of %s, and an image's data cannot be changed", m.Describe(rest.RefOf(obj)), in.File).
			WithHint("take another name, or delete it first: images.delete(%q)", rest.Text(obj, "id"))
		e.Op, e.Resource = op, m.Describe(rest.RefOf(obj))
		return obj, e
	}
	return obj, nil
}

// edit is one step of a JSON patch.
type edit struct {
	op, path string
	value    any
}

// MarshalJSON leaves the value out of a removal.
func (e edit) MarshalJSON() ([]byte, error) {
	m := map[string]any{"op": e.op, "path": e.path}
	if e.op != "remove" {
		m["value"] = e.value
	}
	return json.Marshal(m)
}

// pointer writes a member's name as a JSON pointer.
func pointer(name string) string {
	return "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// edits sets members: "add" also replaces what is there.
func edits(members map[string]any) []edit {
	var out []edit
	for _, k := range slices.Sorted(maps.Keys(members)) {
		out = append(out, edit{"add", pointer(k), members[k]})
	}
	return out
}

func (m module) patch(ctx context.Context, op string, ref schema.Ref, steps []edit) (schema.Object, error) {
	res, err := m.Client().Do(ctx, cloud.Request{
		Service: m.Service, Method: http.MethodPatch, Path: m.PathOf(ref), Body: steps, Op: op, Resource: m.Describe(ref),
		Header: http.Header{"Content-Type": {"application/openstack-images-v2.1-json-patch"}},
	})
	if err != nil {
		return schema.Object{}, err
	}
	for _, s := range steps {
		if s.path == "/name" {
			m.Forget(ref.ID)
		}
	}
	return schema.Object{Kind: m.Name, JSON: res.Body}, nil
}

func (m module) update(ctx context.Context, in changing) (schema.Object, error) {
	const op = "images.update"
	body, err := m.Client().Body(ctx, op, &in)
	if err != nil {
		return schema.Object{}, err
	}
	if err := addProperties(op, body, in.Properties); err != nil {
		return schema.Object{}, err
	}
	steps := edits(body)
	for _, name := range in.Remove {
		if _, both := in.Properties[name]; both {
			return schema.Object{}, refuse(op, "remove_properties", "%s is among properties too", name).WithHint("either set it or take it away")
		}
		steps = append(steps, edit{op: "remove", path: pointer(name)})
	}
	if len(steps) == 0 {
		e := errs.New(errs.BadArgument, "nothing to change").WithHint("name at least one option: help(%q) lists them", op)
		e.Op = op
		return schema.Object{}, e
	}
	return m.patch(ctx, op, in.Image, steps)
}

func (m module) wait(ctx context.Context, in until) (schema.Values, error) {
	const op = "images.wait"
	if in.Status == "" {
		in.Status = "active"
	}
	gone := strings.EqualFold(in.Status, wait.Deleted)
	if err := m.Resolve(ctx, op, &in.Image, nil); err != nil {
		if gone && errs.CodeOf(err) == errs.NotFound {
			return schema.Values{nil}, nil
		}
		return nil, err
	}
	if gone {
		in.Status = wait.Deleted
	}
	obj, err := m.until(ctx, op, in.Image, in.Status, in.Timeout.Or(0))
	return rest.Found(obj, obj.JSON != nil, err)
}

func (m module) upload(ctx context.Context, in uploading) (schema.Object, error) {
	const op = "images.upload"
	ref, src, err := m.into(ctx, op, in)
	if err != nil {
		return schema.Object{}, err
	}
	if err := m.send(ctx, op, ref, "file", src); err != nil {
		return schema.Object{}, err
	}
	obj, err := m.settle(ctx, op, ref, in.Wait, in.Timeout)
	if err == nil {
		err = m.verify(op, obj, src)
	}
	return obj, err
}

func (m module) stage(ctx context.Context, in uploading) (schema.Object, error) {
	const op = "images.stage"
	ref, src, err := m.into(ctx, op, in)
	if err != nil {
		return schema.Object{}, err
	}
	if err := m.send(ctx, op, ref, "stage", src); err != nil {
		return schema.Object{}, err
	}
	return m.Get(ctx, op, ref)
}

// into looks at an image and at the file that is to go into it.
func (m module) into(ctx context.Context, op string, in uploading) (schema.Ref, *source, error) {
	src, is, err := m.fromFile(ctx, op, in.File)
	if err != nil {
		return schema.Ref{}, nil, err
	}
	obj, err := m.Get(ctx, op, in.Image)
	if err != nil {
		return schema.Ref{}, nil, err
	}
	if status := rest.Text(obj, "status"); status != "queued" {
		e := errs.New(errs.Conflict, "%s is %s, and takes data only while it is queued", m.Describe(rest.RefOf(obj)), status).
			WithHint("an image's data is written once: create another image, and delete this one")
		e.Op = op
		return schema.Ref{}, nil, e
	}
	format := rest.Text(obj, "disk_format")
	if _, err := checkFormat(op, in.File, format, rest.Text(obj, "container_format"), is, in.Force); err != nil {
		return schema.Ref{}, nil, err
	}
	ref := rest.RefOf(obj)
	if format == "" { // it was made without: the service takes no data before it knows
		if _, err := m.patch(ctx, op, ref, edits(map[string]any{"disk_format": is.format, "container_format": "bare"})); err != nil {
			return schema.Ref{}, nil, err
		}
	}
	src.prog = m.progress("uploading "+ref.String(), src.size, in.Progress)
	return ref, src, nil
}

func (m module) deactivate(ctx context.Context, in one) (schema.None, error) {
	return m.action(ctx, "images.deactivate", in.Image, "deactivate")
}

func (m module) reactivate(ctx context.Context, in one) (schema.None, error) {
	return m.action(ctx, "images.reactivate", in.Image, "reactivate")
}

func (m module) action(ctx context.Context, op string, ref schema.Ref, action string) (schema.None, error) {
	if err := m.Resolve(ctx, op, &ref, nil); err != nil {
		return schema.None{}, err
	}
	_, err := m.Client().Do(ctx, cloud.Request{
		Service: m.Service, Method: http.MethodPost, Path: m.PathOf(ref, "actions", action), Op: op, Resource: m.Describe(ref), Idempotent: true,
	})
	return schema.None{}, err
}

func (m module) setTags(ctx context.Context, in resource.Tags[one]) (schema.None, error) {
	const op = "images.set_tags"
	image := in.One.Image
	if err := m.Resolve(ctx, op, &image, nil); err != nil {
		return schema.None{}, err
	}
	if in.Tags == nil {
		in.Tags = []string{}
	}
	_, err := m.patch(ctx, op, image, []edit{{"replace", "/tags", in.Tags}})
	return schema.None{}, err
}

type file struct {
	File string `lua:"file,arg,required" json:"-" doc:"The file."`
}

func (m module) inspect(ctx context.Context, in file) (map[string]any, error) {
	const op = "images.inspect"
	if err := m.filesAllowed(op); err != nil {
		return nil, err
	}
	is, size, err := inspectFile(ctx, op, in.File)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"size": size}
	if is.format != "" {
		out["format"] = is.format
	} else {
		out["what"] = is.what
	}
	if is.virtual > 0 {
		out["virtual_size"], out["min_disk"] = is.virtual, (is.virtual+1<<30-1)>>30
	}
	return out, nil
}
