package servers

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/oslua/oslua/engine/errs"
	"github.com/oslua/oslua/engine/files"
	"github.com/oslua/oslua/engine/rawjson"
	"github.com/oslua/oslua/engine/schema"
	"github.com/oslua/oslua/internal/cloud"
	"github.com/oslua/oslua/internal/cloudinit"
	"github.com/oslua/oslua/internal/rest"
	"github.com/oslua/oslua/internal/wait"
)

// Networks are what a server is plugged into, or one of the words "auto" and "none".
type Networks []Network

// UnmarshalText takes "auto", "none", or one network's ID or name.
func (n *Networks) UnmarshalText(text []byte) error {
	*n = Networks{{word: string(text)}}
	if w := string(text); w != auto && w != none {
		return (*n)[0].UnmarshalText(text)
	}
	return nil
}

// The words for networks.
const (
	auto = "auto"
	none = "none"
)

// Network is one thing a server is plugged into.
type Network struct {
	Network schema.Ref `lua:"network" alias:"uuid,network_id" json:"uuid" ref:"network" doc:"Network to make a port on: object, ID or name."`
	Port    schema.Ref `lua:"port" json:"port" ref:"port" doc:"Port made before: object, ID or name."`
	FixedIP string     `lua:"fixed_ip" json:"fixed_ip" doc:"Address the new port shall have."`
	Tag     string     `lua:"tag" json:"tag" doc:"Word by which the server's metadata tells this interface from others."`

	word string
}

// UnmarshalText takes a network's ID or name.
func (n *Network) UnmarshalText(text []byte) error {
	*n = Network{Network: schema.Ref{Text: string(text)}}
	if uuid.Match(text) {
		n.Network.ID = string(text)
	}
	return nil
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$`)

// UnmarshalObject takes a network or a port.
func (n *Network) UnmarshalObject(kind, id string) error {
	switch kind {
	case "network":
		n.Network.ID = id
	case "port":
		n.Port.ID = id
	default:
		return fmt.Errorf("want a network or a port, got a %s", kind)
	}
	return nil
}

// BlockDevice is a disk of a server.
type BlockDevice struct {
	SourceType          string           `lua:"source_type,required" json:"source_type" enum:"image|volume|snapshot|blank" doc:"What it is made of."`
	UUID                string           `lua:"uuid" json:"uuid" doc:"ID of the image, volume or snapshot."`
	BootIndex           schema.Opt[int]  `lua:"boot_index,nullable" json:"boot_index" doc:"0 for the disk to boot from, -1 for one never to boot from."`
	DeleteOnTermination schema.Opt[bool] `lua:"delete_on_termination" json:"delete_on_termination" default:"false" doc:"Whether a volume goes with the server."`
	DestinationType     string           `lua:"destination_type" json:"destination_type" enum:"local|volume" doc:"Whether it is on the host or a volume."`
	GuestFormat         string           `lua:"guest_format" json:"guest_format" doc:"File system to make on it, or swap."`
	VolumeSize          int              `lua:"volume_size" json:"volume_size" doc:"Its size in GiB."`
	DeviceName          string           `lua:"device_name" json:"device_name" doc:"Name of the device: \"/dev/vdb\"; few hypervisors look at it."`
	DeviceType          string           `lua:"device_type" json:"device_type" doc:"disk, cdrom, lun …"`
	DiskBus             string           `lua:"disk_bus" json:"disk_bus" doc:"virtio, scsi, ide, usb …"`
	VolumeType          string           `lua:"volume_type" json:"volume_type" doc:"Type of a volume that is made."`
	Tag                 string           `lua:"tag" json:"tag" doc:"Word by which the server's metadata tells this disk from others."`
}

// Hints are wishes about the host a server runs on.
type Hints struct {
	Group           schema.Ref     `lua:"group" json:"group" ref:"server_group" doc:"Server group to be in: object, ID or name."`
	DifferentHost   []schema.Ref   `lua:"different_host" json:"different_host" ref:"server" doc:"Servers not to share a host with."`
	SameHost        []schema.Ref   `lua:"same_host" json:"same_host" ref:"server" doc:"Servers to share a host with."`
	Query           any            `lua:"query" json:"query" doc:"Condition on hosts: { \">=\", \"$free_ram_mb\", 1024 }."`
	TargetCell      string         `lua:"target_cell" json:"target_cell" doc:"Cell to run in."`
	DifferentCell   []string       `lua:"different_cell" json:"different_cell" doc:"Cells not to run in."`
	BuildNearHostIP string         `lua:"build_near_host_ip" json:"build_near_host_ip" doc:"Address hosts shall be near to."`
	CIDR            string         `lua:"cidr" json:"cidr" doc:"How near: \"/24\"."`
	More            map[string]any `lua:"more" json:"-" doc:"Hints of this cloud's own."`
}

// File is a file put into the server's disk.
type File struct {
	Path     string `lua:"path,required" json:"path" doc:"Where."`
	Contents string `lua:"contents,required" json:"contents" doc:"What is in it."`
}

// making are the options of create that say what the server is.
type making struct {
	Name               string             `lua:"name,required" json:"name" doc:"Its name. Names need not be unique, but one name for two things has to be told apart by ID."`
	Image              schema.Ref         `lua:"image" alias:"imageRef,image_id" json:"imageRef" ref:"image" doc:"Image its disk is made of: object, ID or name; may be left out with block_device_mapping_v2."`
	Flavor             schema.Ref         `lua:"flavor,required" alias:"flavorRef,flavor_id" json:"flavorRef" ref:"flavor" doc:"Its size: object, ID or name."`
	Network            schema.Ref         `lua:"network" json:"-" ref:"network" doc:"Network it is on: object, ID or name. The short form of networks."`
	Networks           Networks           `lua:"networks" json:"-" doc:"What it is plugged into: networks and ports as objects, IDs or names of networks, or tables { network = ..., fixed_ip = ... } and { port = ... }; \"none\", or \"auto\": the project's only network, or one made for it where the cloud does that."`
	KeyName            schema.Ref         `lua:"key_name" alias:"keypair,key" json:"key_name" ref:"keypair" doc:"Keypair put into it: object or name."`
	SecurityGroups     []schema.Ref       `lua:"security_groups" json:"-" ref:"security_group" doc:"Security groups of the ports made for it: objects, IDs or names; the project's default when left out."`
	UserData           string             `lua:"user_data" json:"-" doc:"What it is told before its first start, as text: a script, a cloud-config. It is encoded here."`
	UserDataFile       string             `lua:"user_data_file" json:"-" doc:"File to read user_data from."`
	CloudInit          *cloudinit.Config  `lua:"cloud_init" json:"-" doc:"The same in options, of which a cloud-config is written: { packages = { \"curl\" }, runcmd = { ... } }."`
	Metadata           map[string]string  `lua:"metadata" json:"metadata" doc:"Metadata: text by name."`
	Tags               []string           `lua:"tags" json:"tags" doc:"Tags it shall have."`
	Description        schema.Opt[string] `lua:"description" json:"description" doc:"A few words about it."`
	AvailabilityZone   string             `lua:"availability_zone" json:"availability_zone" doc:"Availability zone to run in."`
	ConfigDrive        schema.Opt[bool]   `lua:"config_drive" json:"config_drive" doc:"Whether its metadata is on a disk too, for networks without a metadata service."`
	AdminPass          string             `lua:"admin_pass" alias:"adminPass" json:"adminPass" doc:"Password for its administrator, where the hypervisor can set it; one is made up when left out."`
	MinCount           int                `lua:"min_count" json:"min_count" default:"1" doc:"How many to make at least."`
	MaxCount           int                `lua:"max_count" json:"max_count" default:"1" doc:"How many to make at most; with more than one the result is a list, and the names end in -1, -2 …"`
	BlockDevices       []BlockDevice      `lua:"block_device_mapping_v2" alias:"block_devices" json:"block_device_mapping_v2" doc:"Its disks, when they are more than the image's."`
	Hints              *Hints             `lua:"scheduler_hints" json:"-" doc:"Wishes about the host it runs on."`
	AccessIPv4         string             `lua:"accessIPv4" alias:"access_ipv4" json:"accessIPv4" doc:"IPv4 address to show as the one it is reached at."`
	AccessIPv6         string             `lua:"accessIPv6" alias:"access_ipv6" json:"accessIPv6" doc:"IPv6 address to show as the one it is reached at."`
	Hostname           string             `lua:"hostname" json:"hostname" doc:"Name its metadata tells it, in place of one made of name."`
	Host               string             `lua:"host" json:"host" doc:"Host to run on; for administrators."`
	HypervisorHostname string             `lua:"hypervisor_hostname" json:"hypervisor_hostname" doc:"Hypervisor to run on; for administrators."`
	DiskConfig         string             `lua:"disk_config" alias:"OS-DCF:diskConfig" json:"OS-DCF:diskConfig" enum:"AUTO|MANUAL" doc:"AUTO grows the image's one partition to the flavor's disk."`
	Personality        []File             `lua:"personality" json:"personality" doc:"Files to put into its disk. Clouds do it no more: it asks for compute API 2.56; use cloud_init.write_files."`
	TrustedCerts       []string           `lua:"trusted_image_certificates" json:"trusted_image_certificates" doc:"IDs of certificates to check the image with."`
}

type creation struct {
	making
	rest.Waits
}

// blueprint is what a creation comes to: all looked up, ready to be written for any microversion.
type blueprint struct {
	op       string
	name     string
	body     map[string]any
	hints    map[string]any
	networks any // a word, or a list; nil when left to the service
	want     string
	many     bool
}

// plan looks up what the options name and makes the members of the request.
func (m module) plan(ctx context.Context, op string, in making) (*blueprint, error) {
	b := &blueprint{op: op, name: in.Name, many: max(in.MinCount, in.MaxCount) > 1}
	if in.MaxCount > 0 && in.MinCount > in.MaxCount {
		return nil, argument(op+".min_count", "it is more than max_count", "make max_count the larger one")
	}
	if !in.Image.Given() && len(in.BlockDevices) == 0 {
		return nil, argument(op, `missing option "image"`, "images.list{} shows the images there are; block_device_mapping_v2 makes a server of a volume")
	}
	data, err := m.userData(ctx, op, in)
	if err != nil {
		return nil, err
	}
	word, err := in.plugs(op)
	if err != nil {
		return nil, err
	}
	// The service takes security groups by name: no look-up.
	groups := in.SecurityGroups
	in.SecurityGroups = nil
	if err := m.Client().ResolveAll(ctx, op, &in); err != nil {
		return nil, err
	}
	if b.body, err = schema.Body(&in); err != nil {
		return nil, err
	}
	switch {
	case word != "":
		b.networks = word
	case len(in.Networks) > 0:
		list := make([]any, len(in.Networks))
		for i := range in.Networks {
			if list[i], err = schema.Body(&in.Networks[i]); err != nil {
				return nil, err
			}
		}
		b.networks = list
	}
	if groups != nil {
		list := []any{}
		for _, g := range groups {
			list = append(list, map[string]any{"name": cmp.Or(g.ID, g.Text)})
		}
		b.body["security_groups"] = list
	}
	if data != "" {
		b.body["user_data"] = encoded(data)
	}
	if len(in.Personality) > 0 {
		b.body["personality"], b.want = personality(in.Personality), personalityVersion
	}
	if in.Hints != nil {
		if b.hints, err = schema.Body(in.Hints); err != nil {
			return nil, err
		}
		for k, v := range in.Hints.More {
			b.hints[k] = v
		}
	}
	if b.many {
		b.body["return_reservation_id"] = true
	}
	return b, nil
}

// plugs puts the short form of networks into the long one, and checks it. It gives the word, when it is one.
func (in *making) plugs(op string) (word string, err error) {
	if in.Network.Given() {
		if len(in.Networks) > 0 {
			return "", argument(op+".network", "networks says it too", "give one of the two")
		}
		in.Networks = Networks{{Network: in.Network}}
		if w := in.Network.Text; in.Network.ID == "" && (w == auto || w == none) {
			in.Networks[0].word = w
		}
		in.Network = schema.Ref{}
	}
	if len(in.Networks) == 1 {
		n := in.Networks[0]
		if w := n.Network.Text; n.word == "" && n.Network.ID == "" && (w == auto || w == none) {
			n.word = w
		}
		if n.word == auto || n.word == none {
			in.Networks = nil
			return n.word, nil
		}
	}
	for i, n := range in.Networks {
		at := fmt.Sprintf("%s.networks[%d]", op, i+1)
		switch {
		case !n.Network.Given() && !n.Port.Given():
			return "", argument(at, "want a network or a port", `{ network = "private" } or { port = port }`)
		case n.Network.Given() && n.Port.Given():
			return "", argument(at, "it has a network and a port", "a port is on a network already: give one of the two")
		case n.Port.Given() && n.FixedIP != "":
			return "", argument(at+".fixed_ip", "a port has its addresses already", "leave it out, or give a network in place of the port")
		}
	}
	return "", nil
}

// personalityVersion is the last microversion in which files could be put into a server's disk.
const personalityVersion = "2.56"

func personality(files []File) []any {
	list := make([]any, len(files))
	for i, f := range files {
		list[i] = map[string]any{"path": f.Path, "contents": encoded(f.Contents)}
	}
	return list
}

// encoded is text as the service takes it. What looks like base64 is encoded all the same: it is the text that was meant.
func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// request writes the creation for a microversion.
func (b *blueprint) request(version string) (cloud.Request, error) {
	body := map[string]any{}
	for k, v := range b.body {
		body[k] = v
	}
	switch {
	case !rest.Older(version, "2.37"):
		body["networks"] = b.networks
		if b.networks == nil {
			body["networks"] = auto
		}
	case b.networks == none:
		e := argument(b.op+".networks", "this cloud's compute service, at "+version+", has no servers without a network", "it needs 2.37: name a network")
		return cloud.Request{}, e
	case b.networks != nil && b.networks != auto:
		body["networks"] = b.networks
	}
	doc := map[string]any{"server": body}
	if len(b.hints) > 0 {
		doc["os:scheduler_hints"] = b.hints
	}
	return cloud.Request{
		Method: http.MethodPost, Path: "servers", Body: doc, Op: b.op, Resource: fmt.Sprintf("server %q", b.name),
	}, nil
}

// userData is the text given in one of three ways, checked.
func (m module) userData(ctx context.Context, op string, in making) (string, error) {
	given := 0
	for _, is := range []bool{in.UserData != "", in.UserDataFile != "", in.CloudInit != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return "", argument(op+".user_data", "it is given in two ways", "give one of user_data, user_data_file and cloud_init")
	case in.CloudInit != nil:
		return in.CloudInit.Text(op + ".cloud_init")
	case in.UserDataFile != "" && m.sandbox:
		return "", rest.NoFiles(op + ".user_data_file")
	case in.UserDataFile != "":
		text, err := os.ReadFile(files.Of(ctx).Read(rest.Home(in.UserDataFile)))
		if err != nil {
			e := errs.New(errs.BadArgument, "%s", err)
			e.Op, e.Cause = op+".user_data_file", err
			return "", e
		}
		return string(text), cloudinit.Check(op+".user_data_file", string(text))
	}
	return in.UserData, cloudinit.Check(op+".user_data", in.UserData)
}

func (m module) create(ctx context.Context, in creation) (schema.Values, error) {
	return m.make(ctx, "servers.create", in)
}

func (m module) make(ctx context.Context, op string, in creation) (schema.Values, error) {
	b, err := m.plan(ctx, op, in.making)
	if err != nil {
		return nil, err
	}
	deadline := m.Client().Clock.Now().Add(in.Timeout.Or(wait.DefaultTimeout))
	res, err := m.Versioned(ctx, b.want, b.request)
	if err != nil {
		return nil, tooSmall(err, in.Flavor.String())
	}
	if b.many {
		list, err := m.reserved(ctx, op, res.Body, in, deadline)
		return schema.Values{list}, err
	}
	answer := m.Object(res.Body)
	if !in.Wait.Or(true) {
		// The service answers with little more than the ID.
		obj, err := rest.WithMember(answer, "name", in.Name)
		return schema.Values{obj}, err
	}
	ref := schema.Ref{ID: rest.Text(answer, "id"), Text: in.Name}
	obj, err := m.await(ctx, op, ref, awaited{target: []string{"ACTIVE"}, timeout: in.Timeout, start: &wait.State{Status: "BUILD", Updated: dated(res.Header)}})
	if err != nil {
		return nil, leftBehind(err, ref.ID)
	}
	if pass := rest.Text(answer, "adminPass"); pass != "" {
		obj, err = rest.WithMember(obj, "adminPass", pass)
	}
	return schema.Values{obj}, err
}

// dated is the service's time of an answer, as servers show theirs, less what its machines' clocks may differ; "" when
// it does not say.
func dated(h http.Header) string {
	t, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return ""
	}
	return t.UTC().Add(-time.Minute).Format(time.RFC3339)
}

// reserved gives the servers of one reservation, after waiting for all of them.
func (m module) reserved(ctx context.Context, op string, answer []byte, in creation, deadline time.Time) (schema.List, error) {
	q := url.Values{
		"reservation_id": {rest.Text(schema.Object{JSON: answer}, "reservation_id")}, "sort_key": {"display_name"}, "sort_dir": {"asc"},
	}
	list, err := m.List(ctx, op, q)
	if err != nil || !in.Wait.Or(true) {
		return list, err
	}
	page := []json.RawMessage{}
	for _, p := range list.Pages {
		var rows []json.RawMessage
		if !rest.Member(schema.Object{JSON: p}, m.Plural, &rows) {
			continue
		}
		for _, row := range rows {
			obj := schema.Object{Kind: m.Name, JSON: row}
			if rest.Text(obj, "status") == "ACTIVE" {
				page = append(page, row)
				continue
			}
			left := max(deadline.Sub(m.Client().Clock.Now()), time.Millisecond)
			got, err := m.await(ctx, op, rest.RefOf(obj), awaited{target: []string{"ACTIVE"}, timeout: schema.Some(left), start: stateOf(obj)})
			if err != nil {
				return schema.List{}, leftBehind(err, rest.Text(obj, "id"))
			}
			whole, _ := rawjson.Get(got.JSON, got.Key)
			page = append(page, whole)
		}
	}
	all, err := json.Marshal(map[string]any{m.Plural: page})
	return schema.List{Kind: m.Name, Pages: []json.RawMessage{all}, Key: m.Plural}, err
}

var sizes = regexp.MustCompile(`Flavor disk is (\d+) bytes, (?:image|minimum size) is (\d+) bytes`)

// tooSmall says how large a disk has to be, when that is what a sentence complains of.
func tooSmall(err error, flavor string) error {
	e := asError(err)
	if e == nil {
		return err
	}
	m := sizes.FindStringSubmatch(e.Message + " " + e.Fault)
	if m == nil {
		return err
	}
	have, _ := strconv.ParseInt(m[1], 10, 64)
	need, _ := strconv.ParseInt(m[2], 10, 64)
	whole := (need + 1<<30 - 1) >> 30
	return e.WithHint("flavor %q has a disk of %s, and the image needs %s: take one with %d GiB or more; flavors.list{ min_disk = %d } shows them",
		flavor, gib(have), gib(need), whole, whole)
}

func gib(bytes int64) string {
	return strings.TrimSuffix(strconv.FormatFloat(float64(bytes)/(1<<30), 'f', 1, 64), ".0") + " GiB"
}

// leftBehind says that a server is there although its creation failed: it counts in the quota until it is deleted.
func leftBehind(err error, id string) error {
	e := asError(err)
	if e == nil {
		return err
	}
	if e.Code == errs.ResourceError {
		hint, console, _ := strings.Cut(e.Hint, "\n")
		hint = fmt.Sprintf("%s. It counts in the quota until it is deleted: servers.delete(%q)", strings.TrimSuffix(hint, "."), id)
		return e.WithHint("%s", strings.TrimSpace(hint+"\n"+console))
	}
	return err
}

// wanted compares what ensure can see.
func (m module) ensure(ctx context.Context, in creation) (schema.Values, error) {
	const op = "servers.ensure"
	if max(in.MinCount, in.MaxCount) > 1 {
		return nil, argument(op+".max_count", "ensure looks after one server", "call it once for each")
	}
	changed := false
	obj, created, err := m.Ensure(ctx, rest.Wanted{
		Op: op, Name: in.Name, Body: in.shown(), Tags: in.tags(), Rules: rules(),
		Check: func(ctx context.Context, obj schema.Object) error { return m.same(ctx, op, in, obj) },
		Create: func(ctx context.Context) (schema.Object, error) {
			made, err := m.make(ctx, op, in)
			if err != nil {
				return schema.Object{}, err
			}
			changed = true
			return made[0].(schema.Object), nil
		},
	})
	if err != nil || changed {
		return rest.Ensured(obj, true, err)
	}
	var have map[string]string
	rest.Member(obj, "metadata", &have)
	missing := map[string]string{}
	for k, v := range in.Metadata {
		if old, ok := have[k]; !ok || old != v {
			missing[k] = v
		}
	}
	if len(missing) > 0 {
		res, err := m.Send(ctx, op, http.MethodPost, rest.RefOf(obj), map[string]any{"metadata": missing}, "metadata")
		if err != nil {
			return nil, err
		}
		raw, _ := rawjson.Get(res.Body, "metadata")
		obj, err = rest.WithMember(obj, "metadata", raw)
		return rest.Ensured(obj, true, err)
	}
	return rest.Ensured(obj, created, nil)
}

// shown are the members that ensure compares as they are.
func (in making) shown() map[string]any {
	body := map[string]any{"name": in.Name}
	if in.Description.Set {
		body["description"] = in.Description.Value
	}
	for key, value := range map[string]string{
		"accessIPv4": in.AccessIPv4, "accessIPv6": in.AccessIPv6, "key_name": cmp.Or(in.KeyName.ID, in.KeyName.Text),
	} {
		if value != "" {
			body[key] = value
		}
	}
	return body
}

func (in making) tags() *[]string {
	if in.Tags == nil {
		return nil
	}
	return &in.Tags
}

func rules() map[string]rest.Rule {
	return map[string]rest.Rule{
		"description": {Update: true},
		"accessIPv4":  {Update: true, Same: rest.Address},
		"accessIPv6":  {Update: true, Same: rest.Address},
		"key_name":    {},
	}
}

// same complains of a server that is not what is wanted and cannot become it: another size, another image, or broken.
func (m module) same(ctx context.Context, op string, in creation, obj schema.Object) error {
	conflict := func(hint, format string, args ...any) error {
		e := errs.New(errs.Conflict, "server %q is there, but %s", in.Name, fmt.Sprintf(format, args...)).WithHint("%s", hint)
		e.Op, e.Resource = op, m.Describe(rest.RefOf(obj))
		return e
	}
	id := rest.Text(obj, "id")
	if rest.Text(obj, "status") == "ERROR" {
		e := asError(conflict(fmt.Sprintf("delete it and run this again: servers.delete(%q)", id), "is in ERROR: %s", faultOf(obj)))
		e.Code, e.Fault = errs.ResourceError, faultOf(obj)
		return e
	}
	var flavor struct{ ID, Name string }
	var members struct {
		ID   string `json:"id"`
		Name string `json:"original_name"`
	}
	rest.Member(obj, "flavor", &members)
	flavor.ID, flavor.Name = members.ID, members.Name
	if in.Flavor.Text == "" || in.Flavor.Text != flavor.Name && in.Flavor.Text != flavor.ID {
		want, err := m.Client().Of("flavor").Get(rest.LookingUp(ctx), op, in.Flavor)
		if err != nil {
			return err
		}
		if rest.Text(want, "name") != flavor.Name && rest.Text(want, "id") != flavor.ID {
			return conflict(fmt.Sprintf("change its size with servers.resize(%q, ...), or delete it first: servers.delete(%q)", id, id),
				"its flavor is %q, not %q", cmp.Or(flavor.Name, flavor.ID), in.Flavor.String())
		}
	}
	var image struct {
		ID string `json:"id"`
	}
	if in.Image.Given() && rest.Member(obj, "image", &image) && image.ID != "" {
		if err := m.Client().Of("image").Resolve(ctx, op, &in.Image, nil); err != nil {
			return err
		}
		if in.Image.ID != image.ID {
			return conflict(fmt.Sprintf("put another image on it with servers.rebuild(%q, ...), or delete it first: servers.delete(%q)", id, id),
				"its image is %s, not %s", image.ID, in.Image.ID)
		}
	}
	return nil
}
